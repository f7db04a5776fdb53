//! A step that reads from Vault, against a scripted host: the answers are those that OpenBao 2.7.2 and Vault 1.21.4 give.

use std::time::Duration;

use crate::scripted_host::*;
use env_kvstore::host::http::{Log, SendFailure};
use env_kvstore::inputs::Goal;
use serde_json::{Value, json};

const VAULT: &str = "https://vault.example:8200";
const OTHER: &str = "https://vault-2.example:8200";
const LOGIN: &str = "POST https://vault.example:8200/v1/auth/jwt/login";
const REVOKE: &str = "POST https://vault.example:8200/v1/auth/token/revoke-self";
const TOKEN: &str = "hvs.CANARY0123456789abcdefghijkl";
const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

fn job() -> Job {
    Job::production().claim("aud", VAULT)
}

/// The inputs of Vault, up to the token and the keys.
fn script(secrets: &str) -> Script {
    script_of(&job(), secrets)
}

fn script_of(job: &Job, secrets: &str) -> Script {
    Script::without_aws()
        .input("vault-url", VAULT)
        .input("vault-role", "deploy")
        .input("vault-secrets", secrets)
        .together([job.github_token().for_audience(VAULT), jwks()])
}

fn login() -> Expectation {
    login_as("service")
}

fn login_as(kind: &str) -> Expectation {
    let auth = json!({
        "client_token": TOKEN, "accessor": "CANARY-accessor", "policies": ["default", "reader"],
        "lease_duration": 300, "token_type": kind, "num_uses": 0,
    });
    Job::vault(LOGIN, 200, &json!({ "data": null, "auth": auth }).to_string())
        .body(json!({ "jwt": job().jwt(), "role": "deploy" }))
        .check(|request| {
            assert_eq!(header(request, "content-type"), Some("application/json"));
            assert_eq!(header(request, "x-vault-token"), None);
            assert_eq!(header(request, "x-vault-namespace"), None);
        })
}

fn get(path: &str, status: u16, body: &Value) -> Expectation {
    with_token(Job::vault(&format!("GET {VAULT}/v1/{path}"), status, &body.to_string()))
}

fn with_token(expectation: Expectation) -> Expectation {
    expectation.check(|request| assert_eq!(header(request, "x-vault-token"), Some(TOKEN)))
}

/// A secret of KV version 2.
fn v2(path: &str, secret: Value) -> Expectation {
    let metadata =
        json!({ "created_time": "2026-11-22T03:00:00Z", "deletion_time": "", "destroyed": false, "version": 7 });
    let data = json!({ "data": secret, "metadata": metadata });
    get(path, 200, &json!({ "lease_id": "", "lease_duration": 0, "data": data, "warnings": null }))
}

/// A secret of KV version 1, or of an engine that makes one.
fn v1(path: &str, lease: &str, secret: Value) -> Expectation {
    get(path, 200, &json!({ "lease_id": lease, "lease_duration": 2_764_800, "data": secret }))
}

fn refused(path: &str, status: u16, error: &str) -> Expectation {
    get(path, status, &json!({ "errors": [error] }))
}

fn revoke() -> Expectation {
    with_token(Job::vault(REVOKE, 204, ""))
}

fn exported(run: &Run) -> Vec<(String, String)> {
    read_file_commands(&run.plan().environment)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// How a login ends that is refused with this text.
fn login_refused(status: u16, error: &str) -> Run {
    script("secret/data/ci a | A").then(Job::vault(LOGIN, status, &json!({ "errors": [error] }).to_string())).run()
}

/// How a read ends that is answered so. The token is revoked all the same.
fn read_refused(status: u16, body: &Value) -> Run {
    script("secret/data/ci a | A").then(login()).then(get("secret/data/ci", status, body)).then(revoke()).run()
}

// The whole path

#[test]
fn a_job_logs_in_reads_both_versions_of_the_engine_and_revokes_its_token() {
    let run = script("secret/data/ci token | TOKEN ;\nkv1/ci db.password | DB ; secret/data/ci user ;\nsecret/data/ci?version=3 token | OLD")
        .then(login())
        .together([
            v2("secret/data/ci", json!({ "token": "CANARY-token", "user": "CANARY-user" })),
            v2("secret/data/ci?version=3", json!({ "token": "CANARY-old" })),
            v1("kv1/ci", "", json!({ "db": { "password": "CANARY-db" } })),
        ])
        .then(revoke())
        .run();
    let expected = [("TOKEN", "CANARY-token"), ("DB", "CANARY-db"), ("USER", "CANARY-user"), ("OLD", "CANARY-old")];
    assert_eq!(exported(&run), pairs(&expected));
    for (_, secret) in expected {
        assert!(run.plan().masks.iter().any(|mask| mask.secret() == secret), "{secret}");
    }
    assert!(run.plan().summary.contains("### Values from Vault"), "{}", run.plan().summary);
    assert!(run.plan().summary.contains("| `TOKEN` | secret | secret: `secret/data/ci` | `7` | yes |"));
    let log = run.log_text();
    assert!(
        log.contains(
            "Logged in to https://vault.example:8200 as role deploy for 300 seconds (policies default, reader)"
        )
    );
    assert!(log.contains("Read secret/data/ci?version=3 (version 7)") && log.contains("Read kv1/ci\n"), "{log}");
    assert!(log.contains("Claims of the GitHub token") && log.contains("4 values loaded"), "{log}");
    assert!(run.notices().is_empty() && run.warnings().is_empty());
}

#[test]
fn reads_are_side_by_side_and_at_most_eight_at_once() {
    let entries: String = (0..20).map(|number| format!("secret/data/s{number} a | A{number} ;")).collect();
    let reads = (0..20).map(|number| v2(&format!("secret/data/s{number}"), json!({ "a": "CANARY-a" })));
    let run = script(&entries).then(login()).together(reads).then(revoke()).run();
    assert_eq!(exported(&run).len(), 20);
    let reads: Vec<_> = run.requests.iter().filter(|sent| sent.name.starts_with("GET https://vault")).collect();
    let at_once = reads.iter().filter(|sent| sent.at == reads[0].at).count();
    assert_eq!(at_once, 8);
}

#[test]
fn connections_are_opened_while_the_token_and_then_the_login_are_waited_for() {
    let run = script("secret/data/a k | A; secret/data/b k | B")
        .then(login())
        .together([v2("secret/data/a", json!({ "k": "CANARY" })), v2("secret/data/b", json!({ "k": "CANARY" }))])
        .then(revoke())
        .run();
    let early: Vec<_> = run.early_connections.iter().map(|early| (early.origin.as_str(), early.count)).collect();
    assert_eq!(early, [(VAULT, 1), (VAULT, 2)]);
    assert!(run.early_connections[0].at.is_zero() && run.early_connections[0].after_requests == 2);
}

#[test]
fn path_namespace_audience_and_certificate_are_as_given() {
    let job = Job::production().claim("aud", "https://vault.internal");
    let namespace = |request: &_| assert_eq!(header(request, "x-vault-namespace"), Some("team/ci"));
    let url = "POST https://vault.example:8200/v1/auth/github/actions/login";
    let auth = json!({ "client_token": TOKEN, "token_type": "batch", "lease_duration": 300, "policies": [] });
    let run = Script::without_aws()
        .input("vault-url", &format!("{VAULT} {OTHER}"))
        .input("vault-role", "deploy")
        .input("vault-auth-path", "auth/github/actions/")
        .input("vault-namespace", "/team/ci/")
        .input("vault-audience", "https://vault.internal")
        .input("vault-ca-certificate", PEM)
        .input("vault-secrets", "secret/data/ci token")
        .together([job.github_token().for_audience("https://vault.internal"), jwks()])
        .then(Job::vault(url, 200, &json!({ "auth": auth }).to_string()).check(namespace))
        .then(v2("secret/data/ci", json!({ "token": "CANARY" })).check(namespace))
        .run();
    assert_eq!(exported(&run), pairs(&[("TOKEN", "CANARY")]));
    let pem = PEM.trim();
    assert_eq!(run.trusted, [(VAULT.to_owned(), pem.to_owned()), (OTHER.to_owned(), pem.to_owned())]);
}

#[test]
fn a_certificate_that_openssl_cannot_read_is_a_wrong_input() {
    let run = Script::without_aws()
        .input("vault-url", VAULT)
        .input("vault-role", "deploy")
        .input("vault-secrets", "s/x k")
        .input("vault-ca-certificate", &PEM.replace("MIIB", "unreadable"))
        .run();
    assert!(run.fails_with("invalid-input").contains("vault-ca-certificate"));
}

#[test]
fn a_program_gets_the_values_with_their_paths() {
    let run = script("secret/data/ci token")
        .goal(Goal::Values)
        .then(login())
        .then(v2("secret/data/ci", json!({ "token": "CANARY-token" })))
        .then(revoke())
        .run();
    let value = &run.outcome().values[0];
    assert_eq!(
        (value.secret_name.as_str(), value.version_id.as_str(), value.level.name()),
        ("secret/data/ci", "7", "secret")
    );
    assert_eq!(value.secret_arn, "https://vault.example:8200/v1/secret/data/ci");
}

#[test]
fn nothing_is_sent_where_nothing_is_named() {
    let run = Script::without_aws().input("vault-url", VAULT).input("vault-role", "deploy").run();
    assert!(run.requests.is_empty() && run.notices()[0].contains("`vault-secrets` names none"), "{}", run.log_text());
}

#[test]
fn a_number_that_vault_may_have_rewritten_is_told_once() {
    let run = script("secret/data/ci a ; secret/data/ci b ; secret/data/ci c")
        .then(login())
        .then(v2("secret/data/ci", json!({ "a": 1.1, "b": 2.5, "c": "1.10" })))
        .then(revoke())
        .run();
    assert_eq!(exported(&run), pairs(&[("A", "1.1"), ("B", "2.5"), ("C", "1.10")]));
    assert!(run.notices().len() == 1 && run.notices()[0].starts_with("A, B: "), "{:?}", run.notices());
}

// The token's end

#[test]
fn a_batch_token_is_left_to_end() {
    let run = script("kv1/ci a | A").then(login_as("batch")).then(v1("kv1/ci", "", json!({ "a": "CANARY" }))).run();
    assert_eq!(exported(&run).len(), 1);
    assert!(run.log_text().contains("a batch token") && run.notices().is_empty(), "{}", run.log_text());
}

#[test]
fn a_token_that_leases_depend_on_is_left_to_end() {
    let lease = "database/creds/ci/CANARY-lease";
    let run = script("database/creds/ci username | U; database/creds/ci password | P")
        .then(login())
        .then(v1("database/creds/ci", lease, json!({ "username": "CANARY-u", "password": "CANARY-p" })))
        .run();
    assert_eq!(exported(&run), pairs(&[("U", "CANARY-u"), ("P", "CANARY-p")]));
    assert!(run.log_text().contains("not revoked: the secrets of database/creds/ci would end with it"));
}

#[test]
fn after_a_failure_nothing_keeps_the_token_alive() {
    let lease = |path: &str| v1(path, "database/creds/ci/x1", json!({ "password": "CANARY-p" }));
    let entries = "database/creds/ci password | P; database/creds/ci gone | Q";
    for (name, text) in [("vault-role", "deploy"), ("export-vault-token", "true")] {
        let run = script(entries).input(name, text).then(login()).then(lease("database/creds/ci")).then(revoke()).run();
        run.fails_with("key-missing");
    }
}

#[test]
fn a_token_that_is_exported_is_masked_and_not_revoked() {
    let run = script("kv1/ci a | A")
        .input("export-vault-token", "true")
        .then(login())
        .then(v1("kv1/ci", "", json!({ "a": "CANARY-a" })))
        .run();
    assert_eq!(exported(&run), pairs(&[("VAULT_TOKEN", TOKEN), ("A", "CANARY-a")]));
    assert!(run.plan().masks.iter().any(|mask| mask.secret() == TOKEN));
    assert!(run.plan().summary.contains("VAULT_TOKEN"));
    let alone = script("").input("export-vault-token", "true").then(login()).run();
    assert_eq!(exported(&alone), pairs(&[("VAULT_TOKEN", TOKEN)]));
}

#[test]
fn a_value_does_not_take_the_exported_tokens_place() {
    let run = script("kv1/ci a | vault_token")
        .input("export-vault-token", "true")
        .then(login())
        .then(v1("kv1/ci", "", json!({ "a": "CANARY-a" })))
        .then(revoke())
        .run();
    assert!(run.fails_with("value-unusable").contains("`export-vault-token`"));
    // No later step has the token.
    assert_eq!(run.count(REVOKE), 1);
}

#[test]
fn a_revocation_that_fails_is_a_notice() {
    let told = |revocation: Expectation| {
        let run = script("kv1/ci a | A")
            .then(login())
            .then(v1("kv1/ci", "", json!({ "a": "CANARY" })))
            .then(revocation)
            .run();
        assert_eq!(exported(&run).len(), 1);
        assert_eq!(run.notices().len(), 1, "{}", run.log_text());
        run.notices()[0].to_owned()
    };
    let denied = Job::vault(REVOKE, 403, r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#);
    let notice = told(denied);
    assert!(notice.contains("ends in 300 seconds") && notice.contains("permission denied"), "{notice}");
    assert!(
        told(Job::vault(REVOKE, 204, "").fails(SendFailure::Connection("ECONNRESET".to_owned())).again_and_again())
            .contains("ECONNRESET")
    );
}

#[test]
fn the_token_is_revoked_when_a_read_has_failed_too() {
    let run = read_refused(403, &json!({ "errors": ["1 error occurred:\n\t* permission denied\n\n"] }));
    run.fails_with("vault-access-denied");
    assert_eq!(run.count(REVOKE), 1);
}

#[test]
fn a_revocation_takes_no_more_than_what_is_left_of_the_steps_time() {
    let run = script("kv1/ci a | A")
        .input("timeout-seconds", "4")
        .then(login())
        .then(v1("kv1/ci", "", json!({ "a": "CANARY" })))
        .then(revoke().silent())
        .run();
    assert_eq!(exported(&run).len(), 1);
    assert!(run.elapsed <= Duration::from_secs(4), "{:?}", run.elapsed);
    assert_eq!(run.notices().len(), 1);
}

// Logins that are refused

#[test]
fn a_refused_login_says_what_the_role_wants_and_what_the_token_has() {
    let signature = "error validating token: error verifying token signature: no known key successfully validated the token signature";
    for (error, code, told) in [
        (
            "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience",
            "vault-audience-refused",
            "Add `https://vault.example:8200` to the role's `bound_audiences`",
        ),
        (
            "audience claim found in JWT but no audiences bound to the role",
            "vault-audience-refused",
            "`vault-audience`",
        ),
        (
            "error validating claims: claim \"environment\" does not match any associated bound claim values",
            "vault-claim-refused",
            "`environment` than this job's, `production`",
        ),
        (
            "error validating claims: claim \"/repository\" does not match any associated bound claim values",
            "vault-claim-refused",
            "`repository` than this job's, `octo-org/app`",
        ),
        (
            "error validating token: invalid subject (sub) claim",
            "vault-claim-refused",
            "repo:octo-org/app:ref:refs/heads/main",
        ),
        ("error validating claims: claim \"enterprise\" is missing", "vault-claim-missing", "`enterprise`"),
        ("claim \"actor_id\" not found in token", "vault-claim-missing", "`actor_id`"),
        ("role \"deploy\" could not be found", "vault-role-not-found", "vault list auth/jwt/role"),
        (signature, "vault-token-refused", ISSUER),
        ("error validating token: invalid issuer (iss) claim", "vault-token-refused", "`bound_issuer`"),
        (
            "error validating token: invalid expiration time (exp) claim: token is expired",
            "vault-token-refused",
            "clock",
        ),
        ("error validating token: failed to verify id token signature", "vault-token-refused", ISSUER),
        ("something new", "vault-login-refused", "vault read auth/jwt/role/deploy"),
    ] {
        let run = login_refused(400, error);
        let shown = run.fails_with(code);
        assert!(shown.contains(told) && shown.contains(error), "{shown}");
        assert_eq!(run.count(LOGIN), 1, "{error}");
    }
    assert!(login_refused(403, "permission denied").fails_with("vault-auth-not-found").contains("auth/jwt"));
    assert!(
        login_refused(404, "namespace not found").fails_with("vault-auth-not-found").contains("namespace not found")
    );
}

#[test]
fn a_login_that_can_pass_is_tried_again() {
    let unreachable = "error validating token: error verifying token signature: fetching keys oidc: get keys failed Get \
                       \"https://token.actions.githubusercontent.com/.well-known/jwks\": dial tcp: connection refused";
    for (status, error, code) in [
        (400, unreachable, "vault-issuer-unreachable"),
        (503, "Vault is sealed", "vault-sealed"),
        (500, "internal error", "service-fault"),
        (429, "request path \"auth/jwt/login\": rate limit quota exceeded", "throttled"),
    ] {
        let failing = || Job::vault(LOGIN, status, &json!({ "errors": [error] }).to_string());
        let run = script("kv1/ci a | A")
            .then(failing())
            .then(login())
            .then(v1("kv1/ci", "", json!({ "a": "CANARY" })))
            .then(revoke())
            .run();
        assert_eq!(exported(&run).len(), 1, "{error}");
        let run = script("kv1/ci a | A").then(failing().again_and_again()).run();
        run.fails_with(code);
        assert_eq!(run.count(LOGIN), 3, "{error}");
    }
}

#[test]
fn an_answer_that_repeats_the_token_is_not_shown() {
    let job = job();
    let echo = format!("the token {} is wrong", job.jwt());
    assert!(login_refused(400, &echo).fails_with("vault-login-refused").contains("repeats a credential"));
    let run = read_refused(403, &json!({ "errors": [format!("bad token {TOKEN}")] }));
    assert!(run.fails_with("vault-access-denied").contains("repeats a credential"));
}

#[test]
fn a_login_without_a_token_in_its_answer_is_unusable() {
    for auth in [json!(null), json!({ "client_token": "" }), json!({ "client_token": "a\r\nX: y" })] {
        let answer = Job::vault(LOGIN, 200, &json!({ "auth": auth }).to_string()).again_and_again();
        script("kv1/ci a | A").then(answer).run().fails_with("answer-unusable");
    }
}

// Reads that are refused

#[test]
fn a_refused_read_says_why_and_what_to_do() {
    let gone = |time: &str, destroyed: bool| {
        let metadata = json!({ "deletion_time": time, "destroyed": destroyed, "version": 2 });
        json!({ "data": { "data": null, "metadata": metadata }, "warnings": null })
    };
    let warnings =
        json!({ "data": null, "warnings": ["Invalid path for a versioned K/V secrets engine. See the API docs."] });
    let errors = |text: &str| json!({ "errors": [text] });
    for (status, body, code, told) in [
        (404, json!({ "errors": [] }), "vault-secret-not-found", "no `data/` in its paths"),
        (404, gone("2026-11-26T06:12:52Z", false), "vault-secret-deleted", "2026-11-26T06:12:52Z"),
        (404, gone("", true), "vault-secret-deleted", "destroyed"),
        (404, warnings, "vault-path-wrong", "`secret/data/data/ci`"),
        (
            404,
            errors("no handler for route \"secret/data/ci\". route entry not found."),
            "vault-path-wrong",
            "vault secrets list",
        ),
        (
            403,
            errors("1 error occurred:\n\t* permission denied\n\n"),
            "vault-access-denied",
            "path \"secret/data/ci\" { capabilities",
        ),
        (405, errors("1 error occurred:\n\t* unsupported operation\n\n"), "vault-path-wrong", "cannot be read"),
        (400, errors("Forbidden"), "vault-policy-refused", "allow_slashes_in_identity_templates"),
        (400, errors("something new"), "vault-refused", "something new"),
    ] {
        let run = read_refused(status, &body);
        let shown = run.fails_with(code);
        assert!(shown.contains(told), "{shown}");
        assert_eq!(run.count("GET https://vault.example"), 1, "{shown}");
    }
    let page = script("secret/data/ci a | A")
        .then(login())
        .then(Job::vault(&format!("GET {VAULT}/v1/secret/data/ci"), 404, "<html>not here</html>"))
        .then(revoke())
        .run();
    assert!(page.fails_with("answer-unusable").contains("`vault-url`"));
}

#[test]
fn a_denied_path_without_data_is_told_where_version_2_has_it() {
    let run = script("secret/ci a | A")
        .then(login())
        .then(refused("secret/ci", 403, "permission denied"))
        .then(revoke())
        .run();
    assert!(run.fails_with("vault-access-denied").contains("`secret/data/ci`"));
}

#[test]
fn a_read_that_can_pass_is_tried_again() {
    for (status, error, code) in [
        (412, "required index state not present", "service-fault"),
        (500, "internal error", "service-fault"),
        (502, "bad gateway", "service-fault"),
        (503, "Vault is sealed", "vault-sealed"),
        (504, "timeout", "service-fault"),
        (429, "rate limit quota exceeded", "throttled"),
    ] {
        let failing = || refused("kv1/ci", status, error);
        let run = script("kv1/ci a | A")
            .then(login())
            .then(failing())
            .then(v1("kv1/ci", "", json!({ "a": "CANARY" })))
            .then(revoke())
            .run();
        assert_eq!(exported(&run).len(), 1, "{error}");
        let run = script("kv1/ci a | A").then(login()).then(failing().again_and_again()).then(revoke()).run();
        run.fails_with(code);
        assert_eq!(run.count("GET https://vault.example"), 3, "{error}");
    }
}

#[test]
fn a_quota_is_left_alone_for_as_long_as_it_wants() {
    let run = script("kv1/ci a | A")
        .then(login())
        .then(refused("kv1/ci", 429, "rate limit quota exceeded").header("retry-after", "3"))
        .then(v1("kv1/ci", "", json!({ "a": "CANARY" })))
        .then(revoke())
        .run();
    assert_eq!(exported(&run).len(), 1);
    assert!(run.sleeps[0] >= Duration::from_secs(3), "{:?}", run.sleeps);
}

#[test]
fn every_path_that_cannot_be_read_is_told_and_nothing_is_exported() {
    let run = script("secret/data/a k | A; secret/data/b k | B; secret/data/c x | C")
        .then(login())
        .together([
            get("secret/data/a", 404, &json!({ "errors": [] })),
            refused("secret/data/b", 403, "permission denied"),
            v2("secret/data/c", json!({ "k": "CANARY" })),
        ])
        .then(revoke())
        .run();
    let shown = run.fails_with("vault-secret-not-found");
    assert!(
        shown.contains("secret/data/a") && shown.contains("secret/data/b") && shown.contains("no key `x`"),
        "{shown}"
    );
}

#[test]
fn a_namespace_is_named_where_it_may_be_what_is_wrong() {
    let with_namespace = |expectation: Expectation| {
        script("secret/data/ci a | A").input("vault-namespace", "team").then(expectation).run()
    };
    let not_found = |name: &str| {
        let auth = json!({ "client_token": TOKEN, "token_type": "batch", "policies": [] });
        let login = Job::vault(LOGIN, 200, &json!({ "auth": auth }).to_string());
        script("secret/data/ci a | A")
            .input("vault-namespace", "team")
            .then(login)
            .then(get(name, 404, &json!({ "errors": [] })))
            .run()
    };
    for run in [
        with_namespace(Job::vault(LOGIN, 403, r#"{"errors":["permission denied"]}"#)),
        with_namespace(Job::vault(LOGIN, 400, r#"{"errors":["role \"deploy\" could not be found"]}"#)),
        not_found("secret/data/ci"),
    ] {
        let error = run.error();
        assert!(error.hint().contains("ignores it without a word"), "{}", error.hint());
    }
}

// Redirects

#[test]
fn a_standby_node_is_followed_to_a_listed_node_which_is_asked_from_then_on() {
    let redirected = |path: &str| {
        let name = format!("{} {VAULT}/v1/{path}", if path.contains("login") { "POST" } else { "GET" });
        Job::vault(&name, 307, "").header("location", &format!("{OTHER}/v1/{path}"))
    };
    let elsewhere = |method: &str, path: &str, answer: Value| {
        Job::vault(&format!("{method} {OTHER}/v1/{path}"), 200, &answer.to_string())
    };
    let auth = json!({ "client_token": TOKEN, "token_type": "service", "lease_duration": 300, "policies": [] });
    let run = script("kv1/ci a | A")
        .input("vault-url", &format!("{VAULT},{OTHER}"))
        .then(redirected("auth/jwt/login"))
        .then(
            elsewhere("POST", "auth/jwt/login", json!({ "auth": auth }))
                .body(json!({ "jwt": job().jwt(), "role": "deploy" })),
        )
        .then(with_token(elsewhere("GET", "kv1/ci", json!({ "data": { "a": "CANARY" } }))))
        .then(with_token(elsewhere("POST", "auth/token/revoke-self", json!({}))))
        .run();
    assert_eq!(exported(&run), pairs(&[("A", "CANARY")]));
}

#[test]
fn a_redirect_elsewhere_is_refused_and_no_token_is_sent_there() {
    for location in
        ["https://evil.example/v1/kv1/ci", "http://vault.example:8200/v1/kv1/ci", "https://vault.example/v1/kv1/ci"]
    {
        let run = script("kv1/ci a | A")
            .then(login())
            .then(get("kv1/ci", 307, &json!(null)).header("location", location))
            .then(revoke())
            .run();
        let shown = run.fails_with("vault-redirect-refused");
        assert!(shown.contains("`vault-url`") && shown.contains(location), "{shown}");
        let run = script("kv1/ci a | A").then(Job::vault(LOGIN, 307, "").header("location", location)).run();
        run.fails_with("vault-redirect-refused");
    }
}

#[test]
fn redirects_that_go_in_a_circle_end() {
    let circle = get("kv1/ci", 307, &json!(null)).header("location", "/v1/kv1/ci").again_and_again();
    let run = script("kv1/ci a | A").then(login()).then(circle).then(revoke()).run();
    assert!(run.fails_with("vault-redirect-refused").contains("more than 3 times"));
    assert_eq!(run.count("GET https://vault.example"), 4);
}

// Inputs

fn wrong(inputs: &[(&str, &str)]) -> String {
    let script = inputs.iter().fold(Script::without_aws(), |script, (name, text)| script.input(name, text));
    script.run().fails_with("invalid-input")
}

fn wrong_beside(inputs: &[(&str, &str)]) -> String {
    let required = [("vault-url", VAULT), ("vault-role", "deploy"), ("vault-secrets", "kv1/ci a | A")];
    let others: Vec<_> =
        required.into_iter().filter(|(name, _)| inputs.iter().all(|(other, _)| other != name)).collect();
    wrong(&[others.as_slice(), inputs].concat())
}

#[test]
fn both_backends_in_one_step_are_refused_with_the_reason() {
    for (name, text) in [
        ("cognito-identity-pool-id", POOL),
        ("cognito-role-arn", ROLE),
        ("values", "A,secret"),
        ("secrets", "A=b"),
        ("identity", "web-identity"),
        ("chain-role-arn", CHAINED_ROLE),
        ("export-aws-credentials", "env"),
        ("migrate-to", "stores"),
        ("existing-gh-secrets", "{\"A\":\"b\"}"),
        ("aws-region", "us-west-2"),
        ("role-duration-seconds", "3600"),
    ] {
        let shown = wrong_beside(&[(name, text)]);
        assert!(shown.contains(&format!("{name}: is for AWS, and `vault-url` for Vault")), "{shown}");
    }
}

#[test]
fn what_a_runner_gives_by_default_is_of_no_backend() {
    let defaults = env_kvstore::inputs::table::INPUT_DEFAULTS;
    let script = defaults.iter().fold(script("kv1/ci a | A"), |script, (name, text)| script.input(name, text));
    let run = script.then(login()).then(v1("kv1/ci", "", json!({ "a": "CANARY" }))).then(revoke()).run();
    assert_eq!(exported(&run).len(), 1);
}

#[test]
fn audiences_of_aws_are_refused_with_the_reason() {
    for audience in [
        "cognito-identity.amazonaws.com",
        "sts.amazonaws.com",
        "https://sts.us-east-1.amazonaws.com/",
        "STS.cn-north-1.amazonaws.com.cn",
        "sts.eusc-de-east-1.amazonaws.eu",
        "sts.us-iso-east-1.c2s.ic.gov",
        "sts.us-west-2.api.aws",
        "amazonaws.com.",
    ] {
        let shown = wrong_beside(&[("vault-audience", audience)]);
        assert!(shown.contains("is an audience of AWS"), "{audience}: {shown}");
    }
    assert!(wrong_beside(&[("vault-url", "https://x.elb.amazonaws.com:8200")]).contains("vault-audience: "));
    assert!(
        wrong_beside(&[("audience", "x")]).contains("audience: is for AWS: with `vault-url`, give `vault-audience`")
    );
}

#[test]
fn wrong_inputs_of_vault_are_told_all_at_once() {
    let shown = wrong(&[
        ("vault-url", "http://vault.example vault"),
        ("vault-auth-path", "jwt/../x"),
        ("vault-namespace", "a b"),
        ("vault-ca-certificate", "CANARY-a-private-key-by-mistake"),
        ("vault-secrets", "kv1/ci"),
        ("namespace", "x"),
    ]);
    for told in [
        "vault-url: `http://vault.example` must be https",
        "vault-url: `vault` must be",
        "vault-role: is required",
        "vault-auth-path: ",
        "vault-namespace: ",
        "vault-ca-certificate: ",
        "vault-secrets: `kv1/ci`: is not `PATH KEY | NAME`",
        "`vault-namespace`",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert!(wrong(&[("vault-role", "deploy")]).contains("vault-url: is required"));
    assert!(!wrong(&[("vault-url", "https://me:CANARY@vault.example"), ("vault-role", "r")]).contains("CANARY"));
}

#[test]
fn vault_actions_names_are_errors_that_name_ours() {
    for (theirs, ours) in [
        ("url", "`vault-url`"),
        ("role", "`vault-role`"),
        ("path", "`vault-auth-path`"),
        ("jwtGithubAudience", "`vault-audience`"),
        ("caCertificate", "`vault-ca-certificate`"),
        ("exportEnv", "`export-env`"),
        ("exportToken", "`export-vault-token`"),
        ("outputToken", "`export-vault-token: true`"),
        ("method", "JWT"),
        ("token", "`vault-role`"),
        ("tlsSkipVerify", "`vault-ca-certificate`"),
    ] {
        let shown = wrong(&[(theirs, "CANARY"), ("secrets", "secret/data/ci token | TOKEN ;")]);
        assert!(shown.contains(&format!("{theirs}: is an input of vault-action")) && shown.contains(ours), "{shown}");
        assert!(shown.contains("secrets: is in Vault's notation") && shown.contains("`vault-secrets`"), "{shown}");
    }
    assert!(wrong_beside(&[("secrets", "secret/data/ci token | TOKEN")]).contains("secrets: is in Vault's notation"));
    assert!(wrong_beside(&[("namespace", "x")]).contains("namespace: is the first segment of AWS stores' names"));
}

#[test]
fn credentials_are_not_asked_of_vault() {
    for goal in [Goal::Credentials, Goal::WebIdentityToken] {
        let run = Script::without_aws().goal(goal).input("vault-url", VAULT).input("vault-role", "deploy").run();
        assert!(run.fails_with("invalid-input").contains("vault-url: is only for reading values"));
    }
}

#[test]
fn a_certificate_may_be_in_base64_as_vault_action_takes_it() {
    use base64::Engine;
    let base64 = base64::engine::general_purpose::STANDARD.encode(PEM);
    let run = script("kv1/ci a | A")
        .input("vault-ca-certificate", &base64)
        .then(login())
        .then(v1("kv1/ci", "", json!({ "a": "CANARY" })))
        .then(revoke())
        .run();
    assert_eq!(run.trusted, [(VAULT.to_owned(), PEM.to_owned())]);
    assert!(!run.logs.iter().any(|log| matches!(log, Log::Warning(_))));
}
