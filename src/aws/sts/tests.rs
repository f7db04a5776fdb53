use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const ANSWER: &str = r#"<?xml version="1.0"?>
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
<Credentials>
  <AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>a/b+c&amp;d</SecretAccessKey>
  <SessionToken>token==</SessionToken><Expiration>2026-11-22T04:00:00Z</Expiration>
</Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/7@abc</Arn><AssumedRoleId>AROA:7@abc</AssumedRoleId></AssumedRoleUser>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>"#;

fn with_operation<T>(token: &str, check: impl FnOnce(&AssumeRoleWithWebIdentity<'_>) -> T) -> T {
    check(&AssumeRoleWithWebIdentity {
        endpoint: &BaseUrl::parse("https://sts.us-west-2.amazonaws.com").unwrap(),
        role: &RoleArn::parse("arn:aws:iam::123456789012:role/r").unwrap(),
        session_name: &RoleSessionName::parse("7@abc".to_owned()).unwrap(),
        duration_seconds: 900,
        identity: WebIdentity::Cognito {
            token: &OpenIdToken::of(token),
            pool: &PoolId::parse("us-west-2:ab").unwrap(),
        },
    })
}

fn response(status: u16, body: &str) -> Response {
    Response { status, headers: vec![], body: body.as_bytes().to_vec() }
}

#[test]
fn the_form_is_encoded_as_sts_reads_it() {
    let request = with_operation("a+b", |operation| operation.request(SystemTime::UNIX_EPOCH).unwrap());
    assert_eq!(
        request.body.secret(),
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr\
         &RoleSessionName=7%40abc&DurationSeconds=900&WebIdentityToken=a%2Bb"
    );
}

#[test]
fn credentials_are_read_with_their_entities() {
    let session = with_operation("opaque", |operation| operation.parse(&response(200, ANSWER)).unwrap());
    assert_eq!(session.credentials.secret_access_key.secret(), "a/b+c&d");
    assert_eq!(session.arn, "arn:aws:sts::123456789012:assumed-role/r/7@abc");
    assert!(!format!("{session:?}").contains("ASIAX"));
}

#[test]
fn a_session_keeps_the_date_of_the_answer_that_brought_it() {
    let date = "Sun, 22 Nov 2026 03:15:00 GMT";
    let response = Response { headers: vec![("date".to_owned(), date.to_owned())], ..response(200, ANSWER) };
    let session = with_operation("opaque", |operation| operation.parse(&response).unwrap());
    assert_eq!(session.answered.as_deref(), Some(date));
}

#[test]
fn an_answer_that_is_not_the_promised_xml_is_refused() {
    for wrong in [
        "",
        "canary",
        "<html></html>",
        "<AssumeRoleWithWebIdentityResponse>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><AssumeRoleWithWebIdentityResponse/>",
        "<AssumeRoleWithWebIdentityResponse></AssumeRoleWithWebIdentityResponse>",
        r#"{"AccessKeyId":"x"}"#,
    ] {
        let parsed = with_operation("opaque", |operation| operation.parse(&response(200, wrong)).is_err());
        assert!(parsed, "{wrong}");
    }
}

#[test]
fn a_denial_says_what_the_tags_lack() {
    let payload =
        r#"{"https://aws.amazon.com/tags":{"principal_tags":{"run_id":["8"],"sha":["abc"],"event_name":["push"]}}}"#;
    let token = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload));
    let body = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
    let diagnosis = with_operation(&token, |operation| operation.diagnose(&Aws.refusal(&response(403, body), &[])));
    assert_eq!(diagnosis.code.as_str(), "assume-role-denied");
    let tags = "The session's tags:\n  event_name=push\n  run_id=8\n  sha=abc";
    assert!(diagnosis.next.ends_with(tags), "{}", diagnosis.next);
    assert!(diagnosis.cause.starts_with("The session has no tags enterprise_id, repository: "), "{}", diagnosis.cause);
    assert!(diagnosis.cause.contains("run_id@sha as 8@abc, but the session has another name"), "{}", diagnosis.cause);
}

#[test]
fn a_denial_misses_no_enterprise_in_the_tags_of_an_organization() {
    let payload =
        r#"{"https://aws.amazon.com/tags":{"principal_tags":{"repository_owner_id":["9919"],"event_name":["push"]}}}"#;
    let token = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload));
    let body = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
    let diagnosis = with_operation(&token, |operation| operation.diagnose(&Aws.refusal(&response(403, body), &[])));
    assert!(diagnosis.cause.contains("has no tags repository, run_id, sha: "), "{}", diagnosis.cause);
}

#[test]
fn trusted_events_are_those_of_the_documented_policy() {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/set-up-aws.md"));
    let (_, after) = page.split_once("\"aws:RequestTag/event_name\": [").unwrap();
    let (list, _) = after.split_once(']').unwrap();
    let listed: Vec<_> = list.split(',').map(|event| event.trim().trim_matches('"')).collect();
    assert_eq!(listed, TRUSTED_EVENTS);
}

#[test]
fn a_denial_of_tag_session_says_so() {
    let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized to perform sts:TagSession</Message></Error></ErrorResponse>";
    let diagnosis = with_operation("opaque", |operation| operation.diagnose(&Aws.refusal(&response(403, body), &[])));
    assert!(diagnosis.next.starts_with("Allow `sts:TagSession`"), "{}", diagnosis.next);
}

#[test]
fn a_refusal_is_read_from_xml() {
    let body = r#"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized</Message></Error><RequestId>id-2</RequestId></ErrorResponse>"#;
    let answer = Aws.refusal(&response(403, body), &[]);
    assert_eq!(answer.to_string(), "HTTP 403 AccessDenied: Not authorized (request id id-2)");
}
