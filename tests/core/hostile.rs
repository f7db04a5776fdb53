//! Answers that are not what they should be: echoes of credentials, lists for objects, keys of the wrong kind, clocks that
//! are wrong for several calls at once.

use crate::scripted_host::*;
use env_kvstore::host::http::SendFailure;
use serde_json::{Value, json};
const STORE: &str = "octo-org/repo/octo-org/app/secrets";
const PRODUCTION: &str = "octo-org/repo/octo-org/app/env/production/secrets";

#[test]
fn stores_refused_for_the_clock_together_are_all_signed_anew() {
    let theirs = START + 3600;
    let bad = |name| {
        store(name, "")
            .refused(403, "InvalidSignatureException", "Signature expired")
            .header("date", &http_date(theirs))
    };
    let run = Script::new("A,secret")
        .with_session(&Job::production())
        .together([
            bad(PRODUCTION),
            bad(STORE),
            store(PRODUCTION, &document(&["A"])).signed_at(theirs),
            store(STORE, "{}").signed_at(theirs),
        ])
        .run();
    run.plan();
}
#[test]
fn a_step_of_five_seconds_is_out_of_time_after_five_seconds() {
    let job = Job::push();
    let run =
        Script::new("A,secret").input("timeout-seconds", "5").together([job.github_token(), jwks().silent()]).run();
    run.fails_with("deadline-exceeded");
}
#[test]
fn a_list_is_no_error_of_aws() {
    let job = Job::push();
    let run = Script::new("A,secret").signed_in(&job).then(job.get_id().answers(403, "[\"CANARY\"]")).run();
    run.fails_with("answer-unusable");
}
#[test]
fn a_list_is_no_answer() {
    let job = Job::push();
    let run =
        Script::new("A,secret").signed_in(&job).then(job.get_id().answers(200, "[\"x\"]").again_and_again()).run();
    run.fails_with("answer-unusable");
}
#[test]
fn a_short_key_with_leading_zeros_is_short() {
    use rsa::traits::PublicKeyParts;
    let job = Job::push();
    let job = job.clone().with_jwt(sign(&job.header, &job.claims, short_key()));
    let mut key = jwk(KEY_ID, &short_key().to_public_key());
    let n = short_key().n().to_bytes_be();
    key["n"] = Value::from(base64url([vec![0; 256 - n.len()], n].concat()));
    let run = Script::new("A,secret")
        .together([job.github_token(), jwks_at(JWKS, &json!({"keys":[key]})).again_and_again()])
        .run();
    run.fails_with("answer-unusable");
}
fn echo(code: &str, message: &str) -> Run {
    Script::new("A,secret").with_session(&Job::push()).then(store(STORE, "").refused(400, code, message)).run()
}
#[test]
fn session_token_as_code() {
    echo(SESSION_TOKEN, "no").error();
}
#[test]
fn access_key_id_in_message() {
    echo("UnrecognizedClientException", &format!("key {ACCESS_KEY_ID} is unknown")).error();
}
#[test]
fn authorization_header_in_message() {
    echo("IncompleteSignatureException", &format!("Authorization=AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/x"))
        .error();
}
#[test]
fn uri_escaped_session_token() {
    echo("X", &format!("got {}", SESSION_TOKEN.replace('/', "%2F").replace('+', "%2B"))).error();
}
#[test]
fn tail_of_a_credential() {
    let run = Script::new("A,secret")
        .with_session(&Job::push())
        .forbid(&SESSION_TOKEN[20..40])
        .then(store(STORE, "").refused(400, "X", &SESSION_TOKEN[14..]))
        .run();
    run.error();
}
#[test]
fn idp_communication_error_is_explained() {
    let job = Job::push();
    let run = Script::new("A,secret")
        .signed_in(&job)
        .with_cognito_token(&job)
        .then(job.assume_role().refused_by_sts(400, "IDPCommunicationError", "x").again_and_again())
        .run();
    run.fails_with("service-fault");
    assert!(!run.error().hint().contains("refused the request itself"));
}
#[test]
fn wrong_clock_and_unknown_key_together() {
    let job = Job::push();
    let old = json!({ "keys": [jwk("key-0", &forger_key().to_public_key())] });
    let run = Script::new("A,secret")
        .clock_off(3600)
        .together([job.github_token(), jwks_at(JWKS, &old).header("date", &http_date(START))])
        .then(jwks().header("date", &http_date(START)))
        .exchanged(&job)
        .then(store(STORE, &document(&["A"])).signed_at(START))
        .run();
    run.plan();
}
#[test]
fn a_retry_when_the_token_is_about_to_end_has_a_new_one() {
    let old = Job::push().claim("exp", START + 8);
    let new = Job::push();
    let run = Script::new("A,secret")
        .together([old.github_token(), jwks()])
        .then(old.get_id().silent())
        .together([new.github_token(), jwks()])
        .exchanged(&new)
        .then(store(STORE, &document(&["A"])))
        .run();
    run.plan();
}
#[test]
fn unusable_key_is_not_the_tokens_fault() {
    let job = Job::push();
    let mut key = jwk(KEY_ID, &github_key().to_public_key());
    key["n"] = Value::from(base64url([0xff; 1024]));
    let run = Script::new("A,secret")
        .together([job.github_token(), jwks_at(JWKS, &json!({"keys":[key]})).again_and_again()])
        .run();
    assert_ne!(run.error().code().as_str(), "github-token-malformed", "{}", run.error());
}
#[test]
fn early_connection_is_an_origin() {
    let job = Job::push();
    let run = Script::new("A,secret")
        .environment("AWS_ENDPOINT_URL", "https://gateway.example.com/aws")
        .signed_in(&job)
        .then(job.get_id().at("https://gateway.example.com/aws/").fails(SendFailure::TooLarge).again_and_again())
        .run();
    let origins: Vec<_> = run.early_connections.iter().map(|early| early.origin.as_str()).collect();
    assert_eq!(origins, ["https://gateway.example.com"; 4]);
}
#[test]
fn password_in_oidc_issuer_is_not_shown() {
    Script::new("A,secret")
        .input("oidc-issuer", "https://user:CANARY@ghes.example.com")
        .run()
        .fails_with("invalid-input");
}
#[test]
fn another_issuers_configuration_is_permanent() {
    let ghes = "https://ghes.example.com/_services/token";
    let job = Job::push().issued_by(ghes);
    let c = json!({"issuer":"https://evil.example.com","jwks_uri":"https://evil.example.com/k"});
    let run = Script::new("A,secret")
        .input("oidc-issuer", ghes)
        .together([
            job.github_token(),
            jwks_at(&format!("{ghes}/.well-known/jwks"), &json!({})).answers(404, ""),
            jwks_at(&format!("{ghes}/.well-known/openid-configuration"), &c).again_and_again(),
        ])
        .run();
    run.fails_with("answer-unusable");
    assert_eq!(run.count("GET https://ghes.example.com/_services/token/.well-known/openid"), 1);
}
#[test]
fn two_keys_with_one_id_are_both_tried() {
    let job = Job::push();
    let keys = json!({"keys":[jwk(KEY_ID, &github_key().to_public_key()), jwk(KEY_ID, &forger_key().to_public_key())]});
    let run = Script::new("A,secret")
        .together([job.github_token(), jwks_at(JWKS, &keys)])
        .exchanged(&job)
        .then(store(STORE, &document(&["A"])))
        .run();
    run.plan();
}
#[test]
fn key_for_encryption_verifies_nothing() {
    let job = Job::push();
    let mut key = jwk(KEY_ID, &github_key().to_public_key());
    key["use"] = Value::from("enc");
    let run = Script::new("A,secret")
        .together([job.github_token(), jwks_at(JWKS, &json!({"keys":[key]})).again_and_again()])
        .run();
    run.error();
}
