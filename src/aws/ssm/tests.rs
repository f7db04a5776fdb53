use super::*;
use crate::aws::names::Region;
use crate::aws::sigv4::Credentials;

const HERE: &str = "arn:aws:ssm:us-west-2:123456789012:parameter/";

fn wanted(resource: &str) -> ParameterVersion {
    match Parameters::parse(&format!("{HERE}{resource}")).unwrap() {
        Parameters::One(wanted) => wanted,
        Parameters::Below(path) => panic!("{path}"),
    }
}

fn with_access<T>(role: Option<&str>, test: impl FnOnce(&Access<'_>) -> T) -> T {
    let (region, secret) = (Region::parse("us-west-2").unwrap(), Secret::new);
    let credentials =
        Credentials { access_key_id: secret("ASIA"), secret_access_key: secret("key"), session_token: None };
    test(&Access {
        endpoint: &BaseUrl::parse("https://ssm.us-west-2.amazonaws.com").unwrap(),
        region: &region,
        role: role.and_then(RoleArn::parse).as_ref(),
        credentials: &credentials,
        session_tags: None,
    })
}

const OWN: Option<&str> = Some("arn:aws:iam::123456789012:role/r");
const OTHER: Option<&str> = Some("arn:aws:iam::210987654321:role/r");

fn answer(body: &str) -> Response {
    Response { status: 200, headers: vec![], body: body.as_bytes().to_vec() }
}

/// What is read of an answer for each: `NAME=VALUE vVERSION`, the code of its refusal, or `-`.
fn read(role: Option<&str>, resources: &[&str], body: &str) -> Result<Vec<String>, &'static str> {
    let wanted: Vec<_> = resources.iter().map(|resource| wanted(resource)).collect();
    let page = with_access(role, |access| {
        ReadParameters { access, asked: Asked::Named(wanted.iter().collect()) }.parse(&answer(body))
    })?;
    let role = role.and_then(RoleArn::parse);
    let own = role.as_ref().map(RoleArn::account);
    let outcomes: Vec<_> = wanted.iter().map(|wanted| page.outcome(wanted, own)).collect();
    let shown = |outcome: Option<Result<Parameter, Answer>>| match outcome {
        None => "-".to_owned(),
        Some(Err(answer)) => answer.code,
        Some(Ok(Parameter { name, value })) => format!("{name}={} v{}", value.whole().secret(), value.version_id()),
    };
    Ok(outcomes.into_iter().map(shown).collect())
}

fn found(name: &str, arn: &str, version: u8) -> String {
    format!(r#"{{"Name":"{name}","Type":"String","Value":"of {name}","Version":{version},"ARN":"{arn}"}}"#)
}

#[test]
fn each_parameter_of_an_answer_is_told_by_its_name_or_its_arn() {
    let parameters =
        [found("b", &format!("{HERE}b"), 1), found("/a/b", &format!("{HERE}a/b"), 2), found("/c", "", 3)].join(",");
    let body = format!(r#"{{"Parameters":[{parameters}],"InvalidParameters":["/x/y","/b","c","/l:prod"]}}"#);
    assert_eq!(
        read(OWN, &["x/y", "c", "a/b", "b", "l:prod", "m"], &body).unwrap(),
        ["InvalidParameters", "/c=of /c v3", "/a/b=of /a/b v2", "b=of b v1", "InvalidParameters", "-"]
    );
    // Parameter Store answers a name for the ARN of one's own, and the ARN for that of another account.
    let arn = format!("{HERE}a/b");
    for name in ["/a/b", &arn] {
        let body = format!(r#"{{"Parameters":[{}]}}"#, found(name, &arn, 1));
        assert_eq!(read(OTHER, &["a/b"], &body).unwrap(), [format!("/a/b=of {name} v1")]);
    }
    let body = format!(r#"{{"InvalidParameters":["{arn}:7"]}}"#);
    assert_eq!(read(None, &["a/b:7", "a/b"], &body).unwrap(), ["InvalidParameters", "-"]);
}

#[test]
fn another_parameter_or_version_than_was_asked_for_is_not_taken() {
    let elsewhere = "arn:aws:ssm:us-west-2:999999999999:parameter/a/b";
    let body = |name: &str, arn: &str| format!(r#"{{"Parameters":[{}]}}"#, found(name, arn, 2));
    assert_eq!(read(OTHER, &["a/b"], &body("/a/b", elsewhere)).unwrap(), ["-"]);
    assert_eq!(read(OWN, &["a/c"], &body("/a/b", "")).unwrap(), ["-"]);
    assert_eq!(read(OWN, &["a/b:1"], &body("/a/b", "")).unwrap(), ["-"]);
    assert_eq!(read(OWN, &["a/b:2"], &body("/a/b", "")).unwrap(), ["/a/b=of /a/b v2"]);
}

#[test]
fn an_answer_without_parameters_is_unusable() {
    for body in ["", "[]", "{}", r#"{"Parameters":"x"}"#] {
        assert_eq!(read(OWN, &["a"], body), Err("no parameters in it"), "{body}");
    }
    for parameter in [r#"{"Name":"a"}"#, r#"{"Value":"v"}"#, r#"{"Name":"a","Value":1}"#] {
        let body = format!(r#"{{"Parameters":[{parameter}]}}"#);
        assert_eq!(read(OWN, &["a"], &body), Err("a parameter without a value in it"), "{body}");
    }
}

#[test]
fn a_refusal_of_kms_is_told_from_one_of_parameter_store() {
    let code = |message: &str| {
        with_access(OWN, |access| {
            let response = Response { status: 400, ..answer("") };
            let answer = Answer::new(&response, "AccessDeniedException", message, None, &[]);
            ReadParameters { access, asked: Asked::Named(vec![&wanted("kms/a")]) }.diagnose(&answer).code
        })
    };
    assert_eq!(
        code("The ciphertext refers to a customer master key that does not exist (Service: AWSKMS; Status Code: 400)"),
        Code::StoreNotDecryptable
    );
    assert_eq!(
        code(
            "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x"
        ),
        Code::StoreNotDecryptable
    );
    assert_eq!(
        code(
            "User: arn:aws:sts::1:assumed-role/kms/s is not authorized to perform: ssm:GetParameters on resource: kms/a"
        ),
        Code::StoreAccessDenied
    );
    assert_eq!(code(""), Code::StoreAccessDenied);
}
