use super::*;

#[test]
fn members_stay_as_they_are_written() {
    let object =
        Object::parse(br#" {"n": 1.10, "s": "a\"b", "o": {"k":[1, 2]}, "l": [{"x":1}, 2], "n": 2.50} "#).unwrap();
    assert_eq!(object.json("n"), Some("2.50"));
    assert_eq!(object.text("s").as_deref(), Some("a\"b"));
    assert_eq!(object.text("n"), None);
    assert_eq!(object.object("o").unwrap().json("k"), Some("[1, 2]"));
    assert_eq!(object.objects("l").unwrap().len(), 1);
    assert_eq!(object.names().collect::<Vec<_>>(), ["l", "n", "o", "s"]);
}

#[test]
fn numbers_and_booleans_are_text_where_that_is_wanted() {
    let object = Object::parse(br#"{"n": 1.10, "s": "a", "t": true, "o": {}, "l": ["x", 7, null, [1]], "z": null}"#);
    let object = object.unwrap();
    let shown = ["n", "s", "t", "o", "l", "z"].map(|name| object.scalar(name).unwrap_or_default());
    assert_eq!(shown, ["1.10", "a", "true", "", "", ""]);
    assert_eq!(object.texts("l"), Some(vec!["x".to_owned(), "7".to_owned()]));
    assert_eq!(object.texts("s"), None);
}

#[test]
fn what_is_no_object_is_refused() {
    for json in ["", "[]", "[1]", "1", "\"{}\"", "null", "{", "{} {}", "{\"a\":}"] {
        assert!(Object::parse(json.as_bytes()).is_none(), "{json}");
    }
}

#[test]
fn debug_shows_no_member() {
    assert!(!format!("{:?}", Object::parse(br#"{"a":"canary"}"#)).contains("canary"));
}

#[test]
fn an_object_of_strings_is_escaped() {
    assert_eq!(object_of(&[("a", "x\"\n"), ("b", "")]), r#"{"a":"x\"\n","b":""}"#);
}
