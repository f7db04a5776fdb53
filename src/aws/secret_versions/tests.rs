use super::*;

#[test]
fn a_description_has_versions_and_tags() {
    let body = r#"{"ARN":"a","VersionIdsToStages":{"v1":["AWSPREVIOUS"],"v2":["x","AWSCURRENT"]},
        "Tags":[{"Key":"k","Value":"v"},{"Key":"empty"}],"DeletedDate":1.5}"#;
    let description = Description::of(&Object::parse(body.as_bytes()).unwrap()).unwrap();
    assert_eq!((description.version_of(CURRENT), description.version_of(PENDING)), (Some("v2"), None));
    assert_eq!(description.tags, [("k".to_owned(), "v".to_owned()), ("empty".to_owned(), String::new())]);
    assert!(description.in_deletion);
    let empty = Description::of(&Object::parse(br#"{"ARN":"a"}"#).unwrap()).unwrap();
    assert!(!empty.in_deletion && empty.version_of(CURRENT).is_none());
}
