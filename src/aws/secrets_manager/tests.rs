use super::*;
use crate::aws::names::AccountId;

fn credentials() -> Credentials {
    let secret = Secret::new;
    Credentials { access_key_id: secret("ASIA"), secret_access_key: secret("key"), session_token: None }
}

fn with_access<T>(test: impl FnOnce(&Access<'_>) -> T) -> T {
    let (region, credentials) = (Region::parse("us-west-2").unwrap(), credentials());
    test(&Access {
        endpoint: &BaseUrl::parse("https://secretsmanager.us-west-2.amazonaws.com").unwrap(),
        region: &region,
        role: RoleArn::parse("arn:aws:iam::123456789012:role/r").as_ref(),
        credentials: &credentials,
        session_tags: None,
    })
}

fn id(name: &str, arn: Option<&str>) -> SecretId {
    SecretId {
        region: Region::parse("us-west-2").unwrap(),
        account: AccountId::parse("123456789012"),
        name: name.to_owned(),
        arn: arn.map(str::to_owned),
    }
}

fn answer(body: &str) -> Response {
    Response { status: 200, headers: vec![], body: body.as_bytes().to_vec() }
}

#[test]
fn a_namespace_is_held_against_the_tag_of_the_enterprise_or_else_of_the_owner() {
    let hint = |store: &str, tags: &[(&str, &str)]| {
        let tags: Vec<_> = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        namespace_hint(store, &tags)
    };
    // A set-up by owners, for a token that has an enterprise: stores are named by the enterprise unless told.
    let owner = [("repository", "o/r"), ("repository_owner", "o")];
    assert!(hint("e/repo/o/r/secrets", &owner).contains("tag repository_owner is o: "));
    assert!(hint("e/repo/o/r/secrets", &owner).contains("‹namespace: o›"));
    assert_eq!(hint("o/repo/o/r/secrets", &owner), "");
    let both = [("Enterprise", "e"), ("repository_owner", "o")];
    assert!(hint("x/repo/o/r/secrets", &both).contains("‹namespace: e›"));
    assert_eq!(hint("e/repo/o/r/secrets", &both), "");
    assert_eq!(hint("o/repo/o/r/secrets", &both), "");
    assert_eq!(hint("shared/datadog", &owner), "");
    assert_eq!(hint("e/repo/o/r/secrets", &[("repository", "o/r")]), "");
}

#[test]
fn a_version_is_asked_for_by_stage_and_id() {
    let wanted = SecretVersion { secret: id("a", None), stage: Some("S".to_owned()), id: Some("v".repeat(32)) };
    let body = with_access(|access| {
        let operation = GetSecretValue { access, wanted: &wanted };
        operation.request(SystemTime::UNIX_EPOCH).unwrap().body
    });
    let expected = format!(r#"{{"SecretId":"a","VersionId":"{}","VersionStage":"S"}}"#, "v".repeat(32));
    assert_eq!(body.secret(), expected);
}

#[test]
fn a_batch_is_told_apart_by_name_and_arn_in_any_order() {
    let arn = |suffix: &str| format!("arn:aws:secretsmanager:us-west-2:123456789012:secret:{suffix}");
    let (full, partial) = (arn("b-AbCdEf"), arn("c"));
    let ids = [id("a", None), id("b-AbCdEf", Some(&full)), id("c", Some(&partial)), id("d", None), id("e", None)];
    let entry = |name: &str, value: &str| {
        format!(r#"{{"ARN":"{}","Name":"{name}","SecretString":"{value}","VersionId":"v"}}"#, arn(name) + "-AbCdEf")
    };
    let body = format!(
        r#"{{"SecretValues":[{},{},{}],"Errors":[{{"SecretId":"d","ErrorCode":"ResourceNotFoundException","Message":"no"}}]}}"#,
        entry("c", "3"),
        entry("b", "2"),
        entry("a", "1"),
    );
    let outcomes = with_access(|access| {
        BatchGetSecretValue { access, secrets: ids.iter().collect() }.parse(&answer(&body)).unwrap()
    });
    let value = |index: usize| match &outcomes[index] {
        Some(Ok(value)) => value.whole().secret().to_owned(),
        Some(Err(answer)) => answer.code.clone(),
        None => "nothing".to_owned(),
    };
    assert_eq!([0, 1, 2, 3, 4].map(value), ["1", "2", "3", "ResourceNotFoundException", "nothing"]);
}

#[test]
fn an_answer_that_is_no_batch_is_unusable() {
    with_access(|access| {
        let operation = BatchGetSecretValue { access, secrets: vec![] };
        for body in ["", "[]", "{}", r#"{"SecretValues":1}"#, r#"{"SecretValues":[{"ARN":"a"}]}"#] {
            assert!(operation.parse(&answer(body)).is_err(), "{body}");
        }
    });
}

#[test]
fn binary_is_base64_as_a_whole_and_text_for_its_keys() {
    let value = |body: &str| secret_value(&Object::parse(body.as_bytes()).unwrap());
    let binary = value(r#"{"ARN":"a","SecretBinary":"eyJrIjoxfQ=="}"#).unwrap();
    assert_eq!((binary.whole().secret(), binary.text().secret()), ("eyJrIjoxfQ==", r#"{"k":1}"#));
    let no_text = value(r#"{"ARN":"a","SecretBinary":"/w=="}"#).unwrap();
    assert_eq!((no_text.whole().secret(), no_text.text().secret()), ("/w==", ""));
    for wrong in [r#"{"ARN":"a"}"#, r#"{"SecretString":"s"}"#, r#"{"ARN":"a","SecretBinary":"?"}"#] {
        assert_eq!(value(wrong), None, "{wrong}");
    }
}
