use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::cell::RefCell;

fn response(body: &str) -> Response {
    Response { status: 200, headers: vec![], body: body.as_bytes().to_vec() }
}

#[test]
fn the_pools_region_is_its_prefix() {
    let pool = PoolId::parse("us-west-2:12345678-1234-1234-1234-1234567890ab").unwrap();
    assert_eq!(pool.region().name(), "us-west-2");
    for wrong in ["", "us-west-2", "us-west-2:", "us-west-2:x y", "here:12345678-1234", ":12345678"] {
        assert_eq!(PoolId::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn get_id_names_account_pool_and_login() {
    let endpoint = BaseUrl::parse("https://cognito-identity.us-west-2.amazonaws.com").unwrap();
    let issuer = BaseUrl::parse("https://token.actions.githubusercontent.com/octo").unwrap();
    let (pool, account) = (PoolId::parse("us-west-2:ab").unwrap(), AccountId::parse("123456789012").unwrap());
    let token = RefCell::new(Secret::new("jwt"));
    let login = Login { issuer: &issuer, token: &token };
    let operation = GetId { endpoint: &endpoint, account: Some(&account), pool: &pool, login };
    let request = operation.request(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(request.url, "https://cognito-identity.us-west-2.amazonaws.com/");
    assert_eq!(
        request.body.secret(),
        r#"{"AccountId":"123456789012","IdentityPoolId":"us-west-2:ab","Logins":{"token.actions.githubusercontent.com/octo":"jwt"}}"#
    );
    assert!(operation.parse(&response(r#"{"IdentityId":"us-west-2:id"}"#)).is_ok());
    assert_eq!(operation.parse(&response("canary")), Err("no IdentityId in it"));
}

#[test]
fn session_tags_are_read_from_a_jwt_and_not_from_an_opaque_token() {
    let payload = r#"{"https://aws.amazon.com/tags":{"principal_tags":{"sha":["abc"],"repository":["o/r"]}}}"#;
    let token = OpenIdToken::of(&format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload)));
    let tags = [("repository", "o/r"), ("sha", "abc")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(token.session_tags(), Some(tags.to_vec()));
    let payload = r#"{"https://aws.amazon.com/tags":{"principal_tags":{"run_id":[7],"sha":"abc"}}}"#;
    let token = OpenIdToken::of(&format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload)));
    let tags = [("run_id", "7"), ("sha", "abc")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(token.session_tags(), Some(tags.to_vec()));
    // Issuers without nested claims write one claim for each tag.
    let payload = r#"{"https://aws.amazon.com/tags/principal_tags/sha":"abc","https://aws.amazon.com/tags/principal_tags/repository":["o/r"],"https://aws.amazon.com/tags/transitive_tag_keys":["SHA"]}"#;
    let token = Secret::new(format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload)));
    let flat = SessionTags::of_token(&token).unwrap();
    assert_eq!(flat.lines(), ["repository: o/r", "sha: abc (transitive)"]);
    assert_eq!(flat.transitive(), [("sha".to_owned(), "abc".to_owned())]);
    assert_eq!(OpenIdToken::of("opaque").session_tags(), None);
    assert_eq!(OpenIdToken::of("e30.e30.x").session_tags(), Some(vec![]));
}
