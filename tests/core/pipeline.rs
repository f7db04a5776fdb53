//! The path of a run against a scripted host: what is asked of whom, in what order, and what each refusal ends in.

use std::time::Duration;

use crate::scripted_host::*;
use env_kvstore::host::http::{Log, SendFailure};
use serde_json::{Value, json};

const REPOSITORY_SECRETS: &str = "octo-org/repo/octo-org/app/secrets";
const REPOSITORY_VARIABLES: &str = "octo-org/repo/octo-org/app/variables";
const PRODUCTION_SECRETS: &str = "octo-org/repo/octo-org/app/env/production/secrets";
const PRODUCTION_VARIABLES: &str = "octo-org/repo/octo-org/app/env/production/variables";

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn texts(masks: &[env_kvstore::text::secret::Secret]) -> Vec<&str> {
    masks.iter().map(|mask| mask.secret()).collect()
}

// The whole path

#[test]
fn a_job_in_an_environment_gets_its_values_by_calls_in_order() {
    let job = Job::production();
    let run = Script::new("A,secret\nB,secret,KEY_B\nC,variable\nD,variable")
        .with_session(&job)
        .together([
            store(PRODUCTION_SECRETS, &document(&["A"])),
            store(REPOSITORY_SECRETS, r#"{"A":"CANARY-repository","KEY_B":"CANARY-b\nline two of b"}"#),
            store(PRODUCTION_VARIABLES, r#"{"C":1.10,"X":null}"#),
            store(REPOSITORY_VARIABLES, r#"{"C":"CANARY-repository","D":{ "k": [1, "CANARY"] }}"#),
        ])
        .run();
    let plan = run.plan();
    let expected = pairs(&[
        ("A", "CANARY-value-of-A"),
        ("B", "CANARY-b\nline two of b"),
        ("C", "1.10"),
        ("D", r#"{"k":[1,"CANARY"]}"#),
    ]);
    assert_eq!(read_file_commands(&plan.environment), expected);
    let outputs = [("aws-account-id", "123456789012"), ("role-session-name", SESSION_NAME), ("values-loaded", "4")];
    assert_eq!(read_file_commands(&plan.outputs), pairs(&outputs));
    assert!(run.sleeps.is_empty());
    assert_eq!(run.requests.len(), 9);
}

#[test]
fn secrets_are_masked_line_by_line_and_variables_are_not() {
    let run = Script::new("A,secret\nB,secret\nC,variable")
        .with_session(&Job::push())
        .together([
            store(REPOSITORY_SECRETS, r#"{"A":"CANARY-a","B":"{\n  CANARY-b\n}\n"}"#),
            store(REPOSITORY_VARIABLES, r#"{"C":"CANARY-variable"}"#),
        ])
        .run();
    let masks = texts(&run.plan().masks);
    assert!(masks.contains(&"CANARY-a") && masks.contains(&"CANARY-b"), "{masks:?}");
    assert!(!masks.iter().any(|mask| *mask == "{" || mask.contains('\n') || mask.contains("variable")), "{masks:?}");
}

#[test]
fn values_become_outputs_only_if_asked_and_environment_unless_refused() {
    let run = Script::new("A,secret")
        .input("export-env", "false")
        .input("export-outputs", "true")
        .with_session(&Job::push())
        .then(store(REPOSITORY_SECRETS, &document(&["A"])))
        .run();
    assert_eq!(run.plan().environment.secret(), "");
    let outputs = read_file_commands(&run.plan().outputs);
    assert_eq!(outputs.last().unwrap(), &("A".to_owned(), "CANARY-value-of-A".to_owned()));
    assert!(texts(&run.plan().masks).contains(&"CANARY-value-of-A"));
}

#[test]
fn the_summary_says_where_each_value_is_from() {
    let run = Script::new("A,secret\nB,secret")
        .with_session(&Job::production())
        .together([store(PRODUCTION_SECRETS, &document(&["A"])), store(REPOSITORY_SECRETS, &document(&["B"]))])
        .run();
    let version = "00000000-0000-0000-0000-00000000000a";
    for (name, scope, store) in [("A", "environment", PRODUCTION_SECRETS), ("B", "repository", REPOSITORY_SECRETS)] {
        let row = format!("| `{name}` | secret | {scope}: `{store}` | `{version}` | yes |");
        assert!(run.plan().summary.contains(&row), "{}", run.plan().summary);
    }
}

#[test]
fn the_log_names_stores_with_their_arns_and_both_tokens_claims() {
    let run = Script::new("A,secret")
        .with_session(&Job::production())
        .together([store(PRODUCTION_SECRETS, &document(&["A"])), store(REPOSITORY_SECRETS, &document(&["A"]))])
        .run();
    run.plan();
    for name in [PRODUCTION_SECRETS, REPOSITORY_SECRETS] {
        assert!(run.logs.contains(&Log::Info(format!("Read {name} ({})", arn_of(name)))), "{}", run.log_text());
    }
    let group = |title: &str| {
        let lines = run.logs.iter().find_map(|log| match log {
            Log::Group(name, lines) if name == title => Some(lines.join("\n")),
            _ => None,
        });
        lines.unwrap_or_else(|| panic!("{title} is not in: {}", run.log_text()))
    };
    assert!(group("Claims of the GitHub token").contains("repository: octo-org/app"));
    assert!(group("Session tags in Cognito's token").contains("environment: production"));
    assert!(run.log_text().contains(&format!("assumed-role/github-actions/{SESSION_NAME} until 2026-11-22T03:15:00Z")));
}

#[test]
fn connections_to_the_three_services_are_opened_while_the_token_is_waited_for() {
    let run = Script::new("A,secret")
        .input("secrets-manager-region", "eu-central-1")
        .with_session(&Job::push())
        .then(
            store(REPOSITORY_SECRETS, &document(&["A"]))
                .at("https://secretsmanager.eu-central-1.amazonaws.com/")
                .signed_for("eu-central-1"),
        )
        .run();
    run.plan();
    let at_once = run.early_connections.iter().filter(|early| early.at.is_zero());
    let at_once: Vec<_> = at_once.map(|early| (early.origin.as_str(), early.count)).collect();
    assert_eq!(
        at_once,
        [
            ("https://cognito-identity.us-west-2.amazonaws.com", 1),
            ("https://sts.us-west-2.amazonaws.com", 1),
            ("https://secretsmanager.eu-central-1.amazonaws.com", 1),
        ]
    );
}

#[test]
fn the_requests_for_token_and_keys_leave_before_any_connection_is_opened() {
    let job = Job::push();
    let rest = |script: Script| {
        let script = script.exchanged(&job);
        script.then(store(REPOSITORY_SECRETS, &document(&["A"]))).run()
    };
    let run = rest(Script::new("A,secret").signed_in(&job));
    assert!(run.early_connections.iter().all(|early| early.after_requests == 2), "{:?}", run.early_connections);
    let given = rest(Script::new("A,secret").input("github-token", job.jwt()).then(jwks()));
    assert!(given.early_connections.iter().all(|early| early.after_requests == 1), "{:?}", given.early_connections);
    for run in [run, given] {
        run.plan();
        assert_eq!(run.early_connections.len(), 4);
    }
}

#[test]
fn signing_is_rehearsed_while_the_token_is_waited_for() {
    let job = Job::push();
    let rest = |script: Script| {
        let script = script.exchanged(&job);
        let run = script.then(store(REPOSITORY_SECRETS, &document(&["A"]))).run();
        run.plan();
        run.waited_for
    };
    // What is asked for first has to leave, and nothing that comes after it.
    assert_eq!(rest(Script::new("A,secret").signed_in(&job)), [2]);
    assert_eq!(rest(Script::new("A,secret").input("github-token", job.jwt()).then(jwks())), [1]);
}

#[test]
fn the_issuers_keys_are_requested_beside_the_token() {
    let job = Job::push();
    for (token_takes, keys_take) in [(200, 10), (10, 200)] {
        let run = Script::new("A,secret")
            .together([
                job.github_token().after(Duration::from_millis(token_takes)),
                jwks().after(Duration::from_millis(keys_take)),
            ])
            .exchanged(&job)
            .then(store(REPOSITORY_SECRETS, &document(&["A"])))
            .run();
        run.plan();
        assert_eq!((run.requests[0].at, run.requests[1].at), (Duration::ZERO, Duration::ZERO));
        assert_eq!(run.requests[2].at, Duration::from_millis(200));
    }
}

#[test]
fn all_stores_are_requested_before_any_answers() {
    let run = Script::new("A,secret\nB,variable")
        .with_session(&Job::production())
        .together([
            store(PRODUCTION_SECRETS, &document(&["A"])).after(Duration::from_millis(40)),
            store(REPOSITORY_SECRETS, &document(&["A"])).after(Duration::from_millis(10)),
            store(PRODUCTION_VARIABLES, &document(&["B"])).after(Duration::from_millis(30)),
            store(REPOSITORY_VARIABLES, &document(&["B"])).after(Duration::from_millis(20)),
        ])
        .run();
    run.plan();
    let stores = &run.requests[5..];
    let last_sent = stores.iter().map(|sent| sent.at).max().unwrap();
    let first_answered = stores.iter().map(|sent| sent.answered_at.unwrap()).min().unwrap();
    assert!(last_sent < first_answered, "{stores:?}");
    assert_eq!(run.elapsed, Duration::from_millis(4 * 10 + 40));
}

#[test]
fn only_the_stores_that_values_need_are_read() {
    let run = |values, job: &Job, stores: &[&str]| {
        let stores = stores.iter().map(|name| store(name, &document(&["A", "B"])));
        let run = Script::new(values).with_session(job).together(stores.collect::<Vec<_>>()).run();
        run.plan();
    };
    run("A,secret", &Job::push(), &[REPOSITORY_SECRETS]);
    run("A,variable", &Job::push(), &[REPOSITORY_VARIABLES]);
    run("A,secret\nB,variable", &Job::push(), &[REPOSITORY_SECRETS, REPOSITORY_VARIABLES]);
    run("*,variable", &Job::push(), &[REPOSITORY_VARIABLES]);
    run("A,secret", &Job::production(), &[PRODUCTION_SECRETS, REPOSITORY_SECRETS]);
    run("A,variable", &Job::production(), &[PRODUCTION_VARIABLES, REPOSITORY_VARIABLES]);
}

#[test]
fn stores_are_named_by_namespace_then_enterprise_then_owner() {
    let run = |script: Script, job: &Job, name: &str| {
        script.with_session(job).then(store(name, &document(&["A"]))).run().plan();
    };
    let script = || Script::new("A,secret");
    run(script(), &Job::push(), "octo-org/repo/octo-org/app/secrets");
    run(script(), &Job::push().claim("enterprise", "octo"), "octo/repo/octo-org/app/secrets");
    let job = Job::push().claim("enterprise", "octo");
    run(script().input("namespace", "team/a"), &job, "team/a/repo/octo-org/app/secrets");
    let job = Job::push().issued_by(&format!("{ISSUER}/octo-inc")).claim("enterprise", "other");
    run(script().input("github-enterprise-name", "octo-inc"), &job, "octo-inc/repo/octo-org/app/secrets");
}

#[test]
fn the_enterprises_slug_is_part_of_issuer_and_login_key_but_not_of_the_keys_address() {
    let job = Job::push().issued_by(&format!("{ISSUER}/octo-inc"));
    let login_key = "token.actions.githubusercontent.com/octo-inc";
    let wanted = json!({ "AccountId": "123456789012", "IdentityPoolId": POOL, "Logins": { login_key: job.jwt() } });
    let run = Script::new("A,secret")
        .input("github-enterprise-name", "octo-inc")
        .together([
            job.github_token(),
            jwks_at("https://token.actions.githubusercontent.com/.well-known/jwks", &github_keys()),
        ])
        .then(job.get_id().body(wanted))
        .then(job.get_open_id_token())
        .then(job.assume_role())
        .then(store("octo-inc/repo/octo-org/app/secrets", &document(&["A"])))
        .run();
    run.plan();
}

#[test]
fn a_secret_of_another_account_is_named_by_an_arn_without_suffix() {
    let secret_id = format!("arn:aws:secretsmanager:eu-west-1:210987654321:secret:{REPOSITORY_SECRETS}");
    let run = Script::new("A,secret")
        .input("secrets-manager-account-id", "210987654321")
        .input("secrets-manager-region", "eu-west-1")
        .with_session(&Job::push())
        .then(
            store(&secret_id, &document(&["A"]))
                .at("https://secretsmanager.eu-west-1.amazonaws.com/")
                .signed_for("eu-west-1"),
        )
        .run();
    // The output is the role's account all the same.
    assert_eq!(read_file_commands(&run.plan().outputs)[0].1, "123456789012");
}

#[test]
fn the_pools_account_may_be_another_than_the_roles() {
    let job = Job::push();
    let logins = json!({ "token.actions.githubusercontent.com": job.jwt() });
    let wanted = json!({ "AccountId": "333333333333", "IdentityPoolId": POOL, "Logins": logins });
    let run = Script::new("A,secret")
        .input("cognito-account-id", "333333333333")
        .signed_in(&job)
        .then(job.get_id().body(wanted))
        .then(job.get_open_id_token())
        .then(job.assume_role())
        .then(store(REPOSITORY_SECRETS, &document(&["A"])))
        .run();
    run.plan();
}

#[test]
fn another_partition_has_its_own_hosts() {
    let pool = "cn-north-1:12345678-1234-1234-1234-1234567890ab";
    let role = "arn:aws-cn:iam::123456789012:role/github-actions";
    let job = Job::push();
    let logins = json!({ "token.actions.githubusercontent.com": job.jwt() });
    let wanted = json!({ "AccountId": "123456789012", "IdentityPoolId": pool, "Logins": logins });
    let cognito = "https://cognito-identity.cn-north-1.amazonaws.com.cn/";
    let secret_id = format!("arn:aws-cn:secretsmanager:cn-north-1:210987654321:secret:{REPOSITORY_SECRETS}");
    let run = Script::new("A,secret")
        .input("cognito-identity-pool-id", pool)
        .input("cognito-role-arn", role)
        .input("secrets-manager-account-id", "210987654321")
        .signed_in(&job)
        .then(job.get_id().body(wanted).at(cognito))
        .then(job.get_open_id_token().at(cognito))
        .then(job.assume_role().form_field("RoleArn", role).at("https://sts.cn-north-1.amazonaws.com.cn/"))
        .then(
            store(&secret_id, &document(&["A"]))
                .at("https://secretsmanager.cn-north-1.amazonaws.com.cn/")
                .signed_for("cn-north-1"),
        )
        .run();
    run.plan();
}

#[test]
fn endpoints_of_the_environment_are_used_and_signed_for_the_region() {
    let job = Job::push();
    let run = Script::new("A,secret")
        .environment("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
        .environment("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:4567")
        .signed_in(&job)
        .then(job.get_id().at("http://127.0.0.1:4566/"))
        .then(job.get_open_id_token().at("http://127.0.0.1:4566/"))
        .then(job.assume_role().at("http://127.0.0.1:4567/"))
        .then(store(REPOSITORY_SECRETS, &document(&["A"])).at("http://127.0.0.1:4566/"))
        .run();
    run.plan();
}

#[test]
fn session_name_duration_and_audience_are_as_asked() {
    let job = Job::push().claim("aud", "my-audience");
    let run = Script::new("A,secret")
        .input("role-session-name", "ci-{actor}={run_id}")
        .input("role-duration-seconds", "3600")
        .input("audience", "my-audience")
        .together([job.github_token().for_audience("my-audience"), jwks()])
        .with_cognito_token(&job)
        .then(job.assume_role().form_field("RoleSessionName", "ci-mona=7001").form_field("DurationSeconds", "3600"))
        .then(store(REPOSITORY_SECRETS, &document(&["A"])))
        .run();
    assert_eq!(read_file_commands(&run.plan().outputs)[1].1, "ci-mona=7001");
}

#[test]
fn a_given_token_is_verified_and_used_and_none_is_requested() {
    let job = Job::push();
    let run = Script::new("A,secret")
        .input("github-token", job.jwt())
        .then(jwks())
        .exchanged(&job)
        .then(store(REPOSITORY_SECRETS, &document(&["A"])))
        .run();
    run.plan();
}

#[test]
fn an_opaque_token_of_cognito_is_passed_on_without_being_read() {
    let job = Job::push();
    let opaque = "CANARY-opaque+token/of=an emulator";
    let run = Script::new("A,secret")
        .signed_in(&job)
        .then(job.get_id())
        .then(job.get_open_id_token().answers(200, &json!({ "IdentityId": "x", "Token": opaque }).to_string()))
        .then(job.assume_role_with(opaque))
        .then(store(REPOSITORY_SECRETS, &document(&["A"])))
        .run();
    run.plan();
    assert!(!run.log_text().contains("Session tags"));
}

#[test]
fn a_binary_store_is_read_as_the_text_that_it_is() {
    use base64::Engine;
    let binary = base64::engine::general_purpose::STANDARD.encode(document(&["A"]));
    let body = json!({ "ARN": arn_of(REPOSITORY_SECRETS), "VersionId": "v", "SecretBinary": binary }).to_string();
    let run = Script::new("A,secret")
        .with_session(&Job::push())
        .then(store(REPOSITORY_SECRETS, "").answers(200, &body))
        .run();
    assert_eq!(read_file_commands(&run.plan().environment), pairs(&[("A", "CANARY-value-of-A")]));
}

// Inputs

#[test]
fn wrong_inputs_are_all_reported_and_nothing_is_sent() {
    let run = Script::new("A,secret\nB,secrt\nA,variable\nPATH,secret")
        .input("cognito-role-arn", "github-actions")
        .input("role-duration-seconds", "1")
        .input("oidc-issuer", "http://ghes.example.com/_services/token")
        .input("github-token", "CANARY two words")
        .input("namespce", "x")
        .environment("AWS_MAX_ATTEMPTS", "0")
        .environment("AWS_ENDPOINT_URL_STS", "http://sts.example.com")
        .run();
    let text = run.fails_with("invalid-input");
    for part in [
        "values: line 2, `B,secrt`",
        "values: line 3, `A,variable`",
        "values: line 4, `PATH,secret`",
        "cognito-role-arn: `github-actions`",
        "role-duration-seconds: `1`",
        "oidc-issuer: `http://ghes.example.com/_services/token`",
        "github-token: ",
        "namespce: is not an input",
        "AWS_MAX_ATTEMPTS: ",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(run.requests.is_empty() && run.early_connections.is_empty());
}

#[test]
fn each_wrong_input_alone_sends_nothing() {
    for (name, text) in [
        ("cognito-identity-pool-id", ""),
        ("cognito-identity-pool-id", "us-west-2"),
        ("cognito-role-arn", "arn:aws:iam::123456789012:user/x"),
        ("values", "A"),
        ("values", "A-B,secret"),
        ("values", "GITHUB_PATH,secret"),
        ("values", "A,secret\nA,secret"),
        ("namespace", "a b"),
        ("github-enterprise-name", "a/b"),
        ("oidc-issuer", "ghes.example.com"),
        ("aws-account-id", "12345"),
        ("cognito-region", "Oregon"),
        ("secrets-manager-region", "us-west-2.example.com"),
        ("role-session-name", "{run_id"),
        ("environment-store", "maybe"),
        ("export-env", "yes"),
        ("timeout-seconds", "0"),
        ("min-mask-length", "-1"),
    ] {
        let run = Script::new("A,secret").input(name, text).run();
        let said = run.fails_with("invalid-input");
        assert!(said.contains(name), "{name}: {said}");
        assert!(run.requests.is_empty() && run.early_connections.is_empty(), "{name}");
    }
}

// The GitHub token: whatever is wrong with it, it goes nowhere. No script below expects a call to Cognito.

/// A run whose token and keys are as given, and which ends there.
fn rejected(job: &Job) -> Run {
    Script::new("A,secret").signed_in(job).run()
}

#[test]
fn forged_token_is_named_by_its_signature() {
    let job = Job::push();
    let forged = sign(&job.header, &job.claims, forger_key());
    let text = rejected(&job.with_jwt(forged)).fails_with("github-token-signature");
    assert!(text.contains("it was not signed with the issuer's key"), "{text}");
}

#[test]
fn token_whose_claims_were_changed_after_signing_is_refused() {
    let (job, other) = (Job::push(), Job::push().claim("repository", "octo-org/other"));
    let theirs: Vec<_> = job.jwt().split('.').collect();
    let changed = format!("{}.{}.{}", theirs[0], base64url(other.claims.to_string()), theirs[2]);
    rejected(&job.clone().with_jwt(changed)).fails_with("github-token-signature");
}

#[test]
fn unsigned_token_is_refused_for_its_algorithm() {
    for algorithm in ["none", "None", "", "RS512", "ES256", "PS256"] {
        let job = Job::push().header("alg", algorithm);
        let unsigned = format!("{}.{}.", base64url(job.header.to_string()), base64url(job.claims.to_string()));
        rejected(&job.clone().with_jwt(unsigned)).fails_with("github-token-algorithm");
        // A true signature of the key under another algorithm's name is no better.
        rejected(&job).fails_with("github-token-algorithm");
    }
}

#[test]
fn token_signed_with_the_public_key_as_a_shared_secret_is_refused() {
    let job = Job::push().header("alg", "HS256");
    let message = format!("{}.{}", base64url(job.header.to_string()), base64url(job.claims.to_string()));
    let keys = github_keys();
    let modulus = keys["keys"][0]["n"].as_str().unwrap();
    let signature = hmac_sha256(modulus.as_bytes(), message.as_bytes());
    let forged = format!("{message}.{}", base64url(signature));
    rejected(&job.with_jwt(forged)).fails_with("github-token-algorithm");
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    use rsa::sha2::{Digest, Sha256};
    let mut block = [0; 64];
    let key = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block[..key.len()].copy_from_slice(&key);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

#[test]
fn expired_token_names_the_exp_claim() {
    let text = rejected(&Job::push().claim("exp", START - 100)).fails_with("github-token-expired");
    assert!(text.contains("`exp`") && text.contains("100 seconds ago"), "{text}");
}

#[test]
fn token_that_expires_this_very_second_is_expired() {
    for (expires, code) in [(START, "github-token-expired"), (START + 1, "github-token-audience")] {
        let job = Job::push().claim("exp", expires).claim("aud", "another");
        let at_once = [job.github_token().after(Duration::ZERO), jwks().after(Duration::ZERO)];
        Script::new("A,secret").together(at_once).run().fails_with(code);
    }
}

#[test]
fn token_of_the_future_names_the_nbf_claim() {
    let text = rejected(&Job::push().claim("nbf", START + 100)).fails_with("github-token-expired");
    assert!(text.contains("`nbf`"), "{text}");
}

#[test]
fn token_without_a_time_or_with_a_time_that_is_none_is_malformed() {
    for (claim, value) in [("exp", Value::Null), ("exp", json!("soon")), ("exp", json!(-1)), ("nbf", json!("now"))] {
        rejected(&Job::push().claim(claim, value)).fails_with("github-token-malformed");
    }
}

#[test]
fn token_under_the_enterprises_name_hints_at_the_input() {
    let job = Job::push().claim("iss", format!("{ISSUER}/octo-inc"));
    let text = rejected(&job).fails_with("github-token-issuer");
    assert!(text.contains("`iss`") && text.contains("github-enterprise-name: octo-inc"), "{text}");
}

#[test]
fn token_without_the_enterprises_name_hints_to_leave_the_input_out() {
    let job = Job::push();
    let run = Script::new("A,secret").input("github-enterprise-name", "octo-inc").signed_in(&job).run();
    let text = run.fails_with("github-token-issuer");
    assert!(text.contains("remove `github-enterprise-name`"), "{text}");
}

#[test]
fn token_of_another_issuer_hints_at_oidc_issuer() {
    for issuer in ["https://token.actions.example.com", "https://token.actions.githubusercontent.com.example.com"] {
        let text = rejected(&Job::push().claim("iss", issuer)).fails_with("github-token-issuer");
        assert!(text.contains(issuer) && text.contains("Set `oidc-issuer`"), "{text}");
    }
    rejected(&Job::push().claim("iss", Value::Null)).fails_with("github-token-issuer");
}

#[test]
fn token_for_another_audience_names_both() {
    let text = rejected(&Job::push().claim("aud", "sts.amazonaws.com")).fails_with("github-token-audience");
    assert!(text.contains("`sts.amazonaws.com`") && text.contains("`cognito-identity.amazonaws.com`"), "{text}");
    rejected(&Job::push().claim("aud", Value::Null)).fails_with("github-token-audience");
    rejected(&Job::push().claim("aud", json!(["a", "b"]))).fails_with("github-token-audience");
}

#[test]
fn an_audience_among_others_is_the_audience() {
    for audiences in [json!([AUDIENCE]), json!(["a", AUDIENCE]), json!([AUDIENCE, 7])] {
        let job = Job::push().claim("aud", audiences);
        let run = Script::new("A,secret").with_session(&job).then(store(REPOSITORY_SECRETS, &document(&["A"]))).run();
        run.plan();
    }
    let text = rejected(&Job::push().claim("aud", json!(["a", 7]))).fails_with("github-token-audience");
    assert!(text.contains("`a, 7`"), "{text}");
}

#[test]
fn claims_that_are_numbers_or_booleans_name_things_as_text() {
    // As an issuer that is not GitHub's may write them.
    let job = Job::push().claim("run_id", 7001).claim("repository_owner", 42).claim("environment", true);
    let base = "42/repo/octo-org/app";
    let run = Script::new("A,secret")
        .with_session(&job)
        .together([
            store(&format!("{base}/env/true/secrets"), &document(&["A"])),
            store(&format!("{base}/secrets"), "{}"),
        ])
        .run();
    assert_eq!(read_file_commands(&run.plan().environment), [("A".to_owned(), value_of("A"))]);
    assert!(run.log_text().contains("run_id: 7001"), "{}", run.log_text());
    for nothing in [json!({}), json!(["x"])] {
        let job = Job::push().claim("repository_owner", nothing);
        let text = Script::new("A,secret").signed_in(&job).run().fails_with("claim-unusable");
        assert!(text.contains("`repository_owner`"), "{text}");
    }
}

#[test]
fn a_token_that_demands_an_extension_is_refused() {
    for critical in [json!(["b64"]), json!([]), json!("exp"), Value::Null] {
        let text = rejected(&Job::push().header("crit", critical)).fails_with("github-token-malformed");
        assert!(text.contains("`crit`"), "{text}");
    }
}

#[test]
fn a_key_that_is_not_for_rs256_signatures_verifies_nothing() {
    let job = Job::push();
    let with = |name: &str, value: Value| {
        let mut key = jwk(KEY_ID, &github_key().to_public_key());
        key[name] = value;
        Script::new("A,secret")
            .together([job.github_token(), jwks_at(JWKS, &json!({ "keys": [key] })).again_and_again()])
    };
    for (name, value) in [
        ("alg", json!("RS512")),
        ("alg", json!("PS256")),
        ("alg", json!("none")),
        ("alg", json!(256)),
        ("use", json!("enc")),
        ("use", json!(["sig"])),
        ("key_ops", json!(["encrypt", "wrapKey"])),
        ("key_ops", json!([])),
        ("key_ops", json!("verify")),
    ] {
        let text = with(name, value.clone()).run().fails_with("answer-unusable");
        assert!(text.contains("RSA key for RS256"), "{name} {value}: {text}");
    }
    // Members that leave it open.
    let mut key = jwk(KEY_ID, &github_key().to_public_key());
    key["key_ops"] = json!(["sign", "verify"]);
    ["alg", "use"].iter().for_each(|name| drop(key.as_object_mut().unwrap().remove(*name)));
    let run = Script::new("A,secret").together([job.github_token(), jwks_at(JWKS, &json!({ "keys": [key] }))]);
    let run = run.exchanged(&job);
    run.then(store(REPOSITORY_SECRETS, &document(&["A"]))).run().plan();
}

#[test]
fn a_thousand_keys_of_one_id_are_not_all_tried() {
    let job = Job::push();
    let mut keys = vec![jwk(KEY_ID, &forger_key().to_public_key()); 1000];
    keys.push(jwk(KEY_ID, &github_key().to_public_key()));
    let run = Script::new("A,secret").together([job.github_token(), jwks_at(JWKS, &json!({ "keys": keys }))]).run();
    run.fails_with("github-token-signature");
}

#[test]
fn malformed_token_is_not_quoted() {
    let signed = Job::push();
    let (header, _) = signed.jwt().split_once('.').unwrap();
    for token in [
        "ghp_CANARY0123456789abcdef".to_owned(),
        "CANARY.CANARY.CANARY".to_owned(),
        "e30.e30.CANARY".to_owned(),
        format!("{header}.CANARY"),
        format!("{header}.{}.CANARY", base64url("CANARY")),
        format!("{}.CANARY", signed.jwt()),
        format!("{}=", signed.jwt()),
    ] {
        let run = rejected(&signed.clone().with_jwt(token.clone()));
        let code = run.error().code().as_str();
        assert!(matches!(code, "github-token-malformed" | "github-token-signature"), "{code}");
        let run = Script::new("A,secret").input("github-token", &token).then(jwks()).run();
        assert!(run.error().code().as_str().starts_with("github-token-"), "{}", run.error());
    }
}

#[test]
fn unknown_key_is_looked_up_once_more_and_then_found() {
    let job = Job::push();
    let old = json!({ "keys": [jwk("key-0", &forger_key().to_public_key())] });
    let run = Script::new("A,secret")
        .together([job.github_token(), jwks_at(JWKS, &old)])
        .then(jwks())
        .exchanged(&job)
        .then(store(REPOSITORY_SECRETS, &document(&["A"])))
        .run();
    run.plan();
}

#[test]
fn unknown_key_is_looked_up_no_more_than_once_more() {
    let job = Job::push();
    let old = json!({ "keys": [jwk("key-0", &github_key().to_public_key())] });
    let run =
        Script::new("A,secret").together([job.github_token(), jwks_at(JWKS, &old)]).then(jwks_at(JWKS, &old)).run();
    let text = run.fails_with("github-token-signature");
    assert!(text.contains("`key-1`"), "{text}");
}

#[test]
fn keys_of_other_kinds_beside_the_right_one_do_no_harm() {
    let job = Job::push();
    let keys = json!({ "keys": [
        { "kty": "EC", "kid": "key-1", "crv": "P-256", "x": "AA", "y": "AA" },
        { "kty": "oct", "kid": "key-1", "k": "AA" },
        { "kty": "RSA", "kid": "key-1", "n": "not base64!", "e": "AQAB" },
        { "kty": "RSA" },
        "a string",
        jwk("key-1", &github_key().to_public_key()),
        { "kty": "OKP", "kid": "key-1", "crv": "Ed25519", "x": "AA" },
        jwk("key-2", &forger_key().to_public_key()),
    ] });
    let run = Script::new("A,secret")
        .together([job.github_token(), jwks_at(JWKS, &keys)])
        .exchanged(&job)
        .then(store(REPOSITORY_SECRETS, &document(&["A"])))
        .run();
    run.plan();
}

#[test]
fn short_key_verifies_nothing() {
    let job = Job::push();
    let job = job.clone().with_jwt(sign(&job.header, &job.claims, short_key()));
    let short = jwk("key-1", &short_key().to_public_key());
    // Alone it leaves no key at all; beside a good one the token's key is unknown.
    let alone = jwks_at(JWKS, &json!({ "keys": [short] })).again_and_again();
    let run = Script::new("A,secret").together([job.github_token(), alone]).run();
    run.fails_with("answer-unusable");
    let beside = jwks_at(JWKS, &json!({ "keys": [short, jwk("key-2", &forger_key().to_public_key())] }));
    let run = Script::new("A,secret").together([job.github_token(), beside.clone()]).then(beside).run();
    run.fails_with("github-token-signature");
}

#[test]
fn key_set_without_a_usable_key_is_an_error_that_quotes_nothing() {
    for body in [
        r#"{"keys":[]}"#.to_owned(),
        r#"{"keys":[{"kty":"EC","kid":"CANARY"}]}"#.to_owned(),
        r#"{"error":"CANARY"}"#.to_owned(),
        "<html>CANARY</html>".to_owned(),
        String::new(),
        "[".repeat(10_000),
    ] {
        let keys = jwks().answers(200, &body).again_and_again();
        let run = Script::new("A,secret").together([Job::push().github_token(), keys]).run();
        run.fails_with("answer-unusable");
    }
}

// Discovery, for issuers whose keys are elsewhere

const GHES: &str = "https://ghes.example.com/_services/token";

fn ghes(job: &Job, configuration: &Value) -> Script {
    Script::new("A,secret").input("oidc-issuer", GHES).together([
        job.github_token(),
        jwks_at(&format!("{GHES}/.well-known/jwks"), &json!({})).answers(404, "<html>CANARY</html>"),
        jwks_at(&format!("{GHES}/.well-known/openid-configuration"), configuration).again_and_again(),
    ])
}

#[test]
fn keys_are_found_by_discovery_where_the_usual_address_has_none() {
    let job = Job::push().issued_by(GHES);
    let uri = "https://ghes.example.com/keys";
    let run = Script::new("A,secret")
        .input("oidc-issuer", GHES)
        .together([
            job.github_token(),
            jwks_at(&format!("{GHES}/.well-known/jwks"), &json!({})).answers(404, "not found"),
            jwks_at(
                &format!("{GHES}/.well-known/openid-configuration"),
                &json!({ "issuer": GHES, "jwks_uri": uri, "claims_supported": [] }),
            ),
            jwks_at(uri, &github_keys()),
        ])
        .exchanged(&job)
        .then(store(REPOSITORY_SECRETS, &document(&["A"])))
        .run();
    run.plan();
}

#[test]
fn configuration_of_another_issuer_is_refused() {
    let job = Job::push().issued_by(GHES);
    for issuer in ["https://evil.example.com", "https://ghes.example.com", "https://ghes.example.com/_services/token/x"]
    {
        let configuration = json!({ "issuer": issuer, "jwks_uri": "https://evil.example.com/keys" });
        let text = ghes(&job, &configuration).run().fails_with("answer-unusable");
        assert!(text.contains("another issuer"), "{text}");
    }
}

#[test]
fn keys_are_not_fetched_over_plain_http() {
    let job = Job::push().issued_by(GHES);
    for uri in ["http://ghes.example.com/keys", "ftp://ghes.example.com/keys", "//ghes.example.com/keys", "CANARY"] {
        let text = ghes(&job, &json!({ "issuer": GHES, "jwks_uri": uri })).run().fails_with("answer-unusable");
        assert!(text.contains("jwks_uri"), "{text}");
    }
}

#[test]
fn issuer_with_neither_keys_nor_configuration_is_named() {
    let job = Job::push().issued_by(GHES);
    let run = Script::new("A,secret")
        .input("oidc-issuer", GHES)
        .together([
            job.github_token(),
            jwks_at(&format!("{GHES}/.well-known/jwks"), &json!({})).answers(404, "CANARY"),
            jwks_at(&format!("{GHES}/.well-known/openid-configuration"), &json!({})).answers(404, "CANARY"),
        ])
        .run();
    let text = run.fails_with("issuer-keys-unavailable");
    assert!(text.contains(GHES) && text.contains("oidc-issuer"), "{text}");
}

// The runner's clock

#[test]
fn clock_that_is_an_hour_off_is_corrected_by_the_keys_date() {
    for off in [3600, -3600] {
        let job = Job::push();
        let run = Script::new("A,secret")
            .clock_off(off)
            .together([job.github_token(), jwks().header("date", &http_date(START))])
            .exchanged(&job)
            .then(store(REPOSITORY_SECRETS, &document(&["A"])).signed_at(START))
            .run();
        run.plan();
    }
}

#[test]
fn expired_token_stays_expired_by_the_issuers_clock() {
    for date in [http_date(START), http_date(START + 20), http_date(START + 9000), "CANARY".to_owned()] {
        let job = Job::push().claim("exp", START - 100);
        let keys = jwks().header("date", &date);
        let run = Script::new("A,secret").together([job.github_token(), keys]).run();
        run.fails_with("github-token-expired");
    }
}

#[test]
fn clock_is_not_touched_by_a_date_while_the_token_is_valid() {
    let job = Job::push();
    let run = Script::new("A,secret")
        .together([job.github_token(), jwks().header("date", &http_date(START + 7200))])
        .exchanged(&job)
        .then(store(REPOSITORY_SECRETS, &document(&["A"])).signed_at(START))
        .run();
    run.plan();
}

// Claims that the run needs

#[test]
fn claims_that_cannot_be_used_are_named_before_any_call_to_aws() {
    for (claim, value) in [
        ("environment", json!("prod eu")),
        ("environment", json!("prod\n::add-mask::x")),
        ("repository", Value::Null),
        ("repository_owner", Value::Null),
        ("enterprise", json!("octo inc")),
        ("run_id", Value::Null),
        ("sha", json!("0123 4567")),
    ] {
        let job = Job::push().claim(claim, value);
        let run = Script::new("A,secret").input("environment-store", "required").signed_in(&job).run();
        let text = run.fails_with("claim-unusable");
        assert!(text.contains(&format!("`{claim}`")) && !text.contains("\n::"), "{text}");
    }
}

#[test]
fn an_environment_that_no_store_can_be_named_after_counts_as_one_without_a_store() {
    for rule in ["", "not-found-ok", "optional"] {
        let job = Job::push().claim("environment", "prod eu");
        let run = Script::new("A,secret\nB,variable")
            .input("environment-store", rule)
            .with_session(&job)
            .together([store(REPOSITORY_SECRETS, &document(&["A"])), store(REPOSITORY_VARIABLES, &document(&["B"]))])
            .run();
        let expected = pairs(&[("A", "CANARY-value-of-A"), ("B", "CANARY-value-of-B")]);
        assert_eq!(read_file_commands(&run.plan().environment), expected);
        let [warning] = run.warnings()[..] else { panic!("{}", run.log_text()) };
        assert!(warning.contains("`prod eu` has no store, because the name of a secret"), "{warning}");
    }
}

#[test]
fn a_step_that_names_nothing_succeeds_and_says_so_without_a_request() {
    for nothing in ["", " \n", "# a comment\n"] {
        let run = Script::new(nothing).input("secrets", nothing).run();
        assert_eq!(read_file_commands(&run.plan().environment), []);
        let outputs = read_file_commands(&run.plan().outputs);
        assert_eq!(
            outputs,
            pairs(&[("aws-account-id", "123456789012"), ("role-session-name", ""), ("values-loaded", "0")])
        );
        assert!(run.requests.is_empty() && run.early_connections.is_empty());
        let [notice] = run.notices()[..] else { panic!("{}", run.log_text()) };
        assert!(notice.starts_with("No value was loaded"), "{notice}");
    }
}

#[test]
fn one_value_is_not_told_as_several() {
    for (lines, told) in [("A,secret", "1 value loaded"), ("A,secret\nB,secret", "2 values loaded")] {
        let job = Job::push();
        let run = Script::new(lines).with_session(&job).then(store(REPOSITORY_SECRETS, &document(&["A", "B"]))).run();
        run.plan();
        assert!(run.log_text().contains(told), "{}", run.log_text());
    }
}

#[test]
fn a_null_under_a_star_is_passed_over_with_a_notice() {
    let run = Script::new("*,secret")
        .with_session(&Job::push())
        .then(store(REPOSITORY_SECRETS, r#"{"A":"CANARY-value-of-A","B":null}"#))
        .run();
    assert_eq!(read_file_commands(&run.plan().environment), pairs(&[("A", "CANARY-value-of-A")]));
    assert_eq!(run.notices(), [format!("`*` skipped keys of {REPOSITORY_SECRETS} that are null: `B`.")]);
}

#[test]
fn a_token_for_githubs_api_is_told_from_one_that_is_broken() {
    for token in ["ghs_16C7e42F292c6912E7710c838347Ae178B4a", "github_pat_11AAAAAAA0123", "ghs_1_eyJh.eyJi.c2ln"] {
        let run = Script::new("A,secret").input("github-token", token).then(jwks()).run();
        let text = run.fails_with("github-token-malformed");
        for says in ["`github.token`", "Remove `github-token`:", "id-token: write"] {
            assert!(text.contains(says) && !text.contains(token), "{says} is not in: {text}");
        }
    }
}

#[test]
fn a_denial_of_a_store_by_another_first_word_than_the_sessions_tag_says_namespace() {
    let denied = |namespace: &str| {
        let name = format!("{namespace}/repo/octo-org/app/secrets");
        let run = Script::new("A,secret")
            .input("namespace", namespace)
            .with_session(&Job::push().claim("enterprise", "octo-inc"))
            .then(store(&name, "{}").refused(400, DENIED.0, DENIED.1))
            .run();
        run.fails_with("store-access-denied")
    };
    for other in ["octo-org", "Octo-Inc", "octo-inc/prod"] {
        let text = denied(other);
        let says = format!("The store's name begins with {other}, the session's tag enterprise is octo-inc");
        assert!(text.contains(&says) && text.contains("set `namespace: octo-inc`"), "{text}");
    }
    let text = denied("octo-inc");
    assert!(!text.contains("`namespace:"), "{text}");
}

#[test]
fn claims_cannot_write_commands_into_the_log() {
    let job = Job::push().claim("head_ref", "x\n::add-mask::y").claim("ref", "##[add-mask]z");
    let run = Script::new("A,secret").with_session(&job).then(store(REPOSITORY_SECRETS, &document(&["A"]))).run();
    run.plan();
    let log = run.log_text();
    assert!(!log.contains("\n::") && !log.contains("##["), "{log}");
}

#[test]
fn tag_that_sts_refuses_is_named_before_sts_is_called() {
    let too_long = "x".repeat(257);
    for (claim, value) in [("actor", "dependabot[bot]"), ("workflow", "build & deploy"), ("workflow", &too_long)] {
        let job = Job::push().claim(claim, value);
        let run = Script::new("A,secret").signed_in(&job).with_cognito_token(&job).run();
        let text = run.fails_with("claim-unusable");
        assert!(text.contains(&format!("`{claim}`")) && text.contains("tag map"), "{text}");
    }
}

// What each refusal of Cognito means

fn refused_get_id(code: &str, message: &str) -> Run {
    let job = Job::push();
    Script::new("A,secret").signed_in(&job).then(job.get_id().refused(400, code, message)).run()
}

#[test]
fn refusals_of_get_id_have_codes() {
    for (code, message, expected, hint) in [
        (
            "ResourceNotFoundException",
            "IdentityPool 'us-west-2:12345678-1234-1234-1234-1234567890ab' not found.",
            "identity-pool-not-found",
            "cognito-account-id",
        ),
        (
            "NotAuthorizedException",
            "Token is not from a supported provider of this identity pool.",
            "issuer-not-in-identity-pool",
            "token.actions.githubusercontent.com",
        ),
        (
            "NotAuthorizedException",
            "Invalid login token. Issuer doesn't match providerName",
            "issuer-not-in-identity-pool",
            "github-enterprise-name",
        ),
        (
            "NotAuthorizedException",
            "Invalid login token. Incorrect token audience.",
            "issuer-not-in-identity-pool",
            "client ids",
        ),
        (
            "NotAuthorizedException",
            "Unauthenticated access is not supported for this identity pool.",
            "issuer-not-in-identity-pool",
            "provider",
        ),
        (
            "NotAuthorizedException",
            "Invalid login token. Token expired: 1 >= 0",
            "github-token-refused",
            "OIDC provider",
        ),
        ("ExternalServiceException", "Unable to reach", "issuer-not-reachable-by-cognito", "reachable from AWS"),
        ("InvalidIdentityPoolConfigurationException", "Invalid", "identity-pool-misconfigured", "tag map"),
        ("ResourceConflictException", "Conflict", "cognito-refused", "docs/set-up-aws.md"),
    ] {
        let run = refused_get_id(code, message);
        let text = run.fails_with(expected);
        assert!(text.contains(hint), "{hint} is not in: {text}");
        for part in ["GetId", POOL, "123456789012", code, message, "req-1"] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }
}

#[test]
fn refusals_of_get_open_id_token_have_codes() {
    let job = Job::push();
    for (code, message, expected, hint) in [
        (
            "InvalidParameterException",
            "Basic (classic) flow is not enabled, please use enhanced flow.",
            "classic-flow-disabled",
            "AllowClassicFlow",
        ),
        (
            "NotAuthorizedException",
            "Basic (classic) flow is not enabled, please use enhanced flow.",
            "classic-flow-disabled",
            "AllowClassicFlow",
        ),
        ("ResourceNotFoundException", "Identity not found.", "identity-pool-not-found", "cognito-identity-pool-id"),
        ("NotAuthorizedException", "Logins don't match.", "issuer-not-in-identity-pool", "OIDC provider"),
    ] {
        let run = Script::new("A,secret")
            .signed_in(&job)
            .then(job.get_id())
            .then(job.get_open_id_token().refused(400, code, message))
            .run();
        let text = run.fails_with(expected);
        assert!(text.contains(hint) && text.contains("GetOpenIdToken"), "{text}");
    }
}

// What each refusal of STS means

#[test]
fn denial_of_the_role_names_the_tags_that_the_token_carries() {
    let job = Job::production().claim("enterprise", "octo");
    let run = Script::new("A,secret")
        .signed_in(&job)
        .with_cognito_token(&job)
        .then(job.assume_role().refused_by_sts(
            403,
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        ))
        .run();
    let text = run.fails_with("assume-role-denied");
    for part in [
        ROLE,
        POOL,
        SESSION_NAME,
        "enterprise=octo",
        "environment=production",
        "event_name=push",
        "repository=octo-org/app",
        "sts:TagSession",
        "sts-2",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

/// The command that a denial ends with.
fn command_in(text: &str) -> &str {
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("  env-kvstore explain ")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    lines[0]
}

#[test]
fn denials_end_with_the_command_that_explains_them() {
    let job = Job::production();
    let run = Script::new("A,secret")
        .signed_in(&job)
        .with_cognito_token(&job)
        .then(job.assume_role().refused_by_sts(403, "AccessDenied", "Not authorized"))
        .run();
    let text = run.fails_with("assume-role-denied");
    let command = command_in(&text);
    for part in ["--job 'repository=octo-org/app'", "--job 'environment=production'", &format!("--role '{ROLE}'")] {
        assert!(command.contains(part), "{part} is not in: {command}");
    }
    assert!(!command.contains("'exp=") && !command.contains("'jti=") && !command.contains("--read"), "{command}");

    let run = Script::new("A,variable")
        .input("environment-store", "required")
        .with_session(&job)
        .together([without(PRODUCTION_VARIABLES, DENIED), without(REPOSITORY_VARIABLES, DENIED)])
        .run();
    let text = run.fails_with("store-access-denied");
    assert!(command_in(&text).ends_with(" --read 'env:production' --variable"), "{text}");
}

#[test]
fn the_command_of_a_denial_is_inert_whatever_the_claims_say() {
    let job = Job::push().claim("head_ref", "a'$(id)'`id`\"\n::error::x\u{1b}[2J;\u{202e}");
    let run = Script::new("A,secret").with_session(&job).then(without(REPOSITORY_SECRETS, DENIED)).run();
    let text = run.fails_with("store-access-denied");
    let command = command_in(&text);
    assert!(command.contains(r#"--job 'head_ref=a'\''$(id)'\''`id`"\u{a}::error::x\u{1b}[2J;\u{202e}'"#), "{command}");
}

fn denial_for_event(event: &str) -> String {
    let job = Job::push().claim("event_name", event);
    let run = Script::new("A,secret")
        .signed_in(&job)
        .with_cognito_token(&job)
        .then(job.assume_role().refused_by_sts(403, "AccessDenied", "Not authorized"))
        .run();
    run.fails_with("assume-role-denied")
}

#[test]
fn denial_for_a_pull_request_says_so() {
    for event in ["pull_request", "pull_request_review", "pull_request_review_comment"] {
        let text = denial_for_event(event);
        assert!(text.contains(&format!("The job runs for {event}, ")), "{text}");
        assert!(text.contains("Load values in jobs of those events"), "{text}");
    }
}

#[test]
fn denial_for_an_event_that_the_trust_policy_does_not_list_names_it_and_those_that_are() {
    for event in ["pull_request_target", "workflow_run", "issue_comment", "watch"] {
        let text = denial_for_event(event);
        assert!(text.contains(&format!("The job runs for {event}, ")), "{text}");
        assert!(
            text.contains(
                "allows only push, workflow_dispatch, repository_dispatch, schedule, release, merge_group, deployment."
            ),
            "{text}"
        );
        assert!(text.contains(POOL) && text.contains("run_id="), "{text}");
    }
    for event in ["push", "deployment"] {
        let text = denial_for_event(event);
        assert!(!text.contains("The job runs for"), "{text}");
    }
}

#[test]
fn denial_of_a_token_without_tags_points_at_the_tag_map() {
    let job = Job::push();
    let bare = format!("{}.{}.CANARY", base64url("{}"), base64url(r#"{"aud":"x"}"#));
    for (token, says) in [(bare.as_str(), "no session tags"), ("CANARY-opaque", "cannot be read")] {
        let given = json!({ "IdentityId": IDENTITY, "Token": token }).to_string();
        let run = Script::new("A,secret")
            .signed_in(&job)
            .then(job.get_id())
            .then(job.get_open_id_token().answers(200, &given))
            .then(job.assume_role_with(token).refused_by_sts(403, "AccessDenied", "Not authorized"))
            .run();
        let text = run.fails_with("assume-role-denied");
        assert!(text.contains(says), "{says} is not in: {text}");
    }
}

#[test]
fn refusals_of_sts_have_codes() {
    let job = Job::push();
    for (code, message, expected) in [
        ("ExpiredTokenException", "Token expired", "cognito-token-expired"),
        ("InvalidIdentityToken", "No OpenIDConnect provider found", "cognito-token-refused"),
        ("PackedPolicyTooLarge", "Packed size of session tags consumes 110%", "session-tags-too-large"),
        ("RegionDisabledException", "STS is not activated in this region", "sts-region-disabled"),
        (
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            "role-duration-refused",
        ),
        ("ValidationError", "1 validation error detected", "assume-role-refused"),
        ("", "", "answer-unusable"),
    ] {
        let run = Script::new("A,secret")
            .signed_in(&job)
            .with_cognito_token(&job)
            .then(job.assume_role().refused_by_sts(400, code, message))
            .run();
        let text = run.fails_with(expected);
        assert!(text.contains(code) && text.contains(ROLE), "{text}");
    }
}

// What each refusal of Secrets Manager means

const NOT_FOUND: (&str, &str) = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
const DENIED: (&str, &str) =
    ("AccessDeniedException", "User is not authorized to perform: secretsmanager:GetSecretValue");

fn without(name: &str, (code, message): (&str, &str)) -> Expectation {
    store(name, "{}").refused(400, code, message)
}

#[test]
fn refusals_of_the_only_store_have_codes() {
    for (code, expected) in [
        ("ResourceNotFoundException", "store-not-found"),
        ("AccessDeniedException", "store-access-denied"),
        ("UnrecognizedClientException", "credentials-refused"),
        ("ExpiredTokenException", "credentials-refused"),
        ("InvalidSignatureException", "signature-refused"),
        ("DecryptionFailure", "store-not-decryptable"),
        ("InvalidRequestException", "store-not-readable"),
        ("InvalidParameterException", "store-refused"),
    ] {
        let run = Script::new("A,secret")
            .with_session(&Job::push())
            .then(store(REPOSITORY_SECRETS, "{}").refused(400, code, "no"))
            .run();
        let text = run.fails_with(expected);
        assert!(text.contains(REPOSITORY_SECRETS), "{text}");
    }
}

#[test]
fn denial_of_a_store_names_the_sessions_tags() {
    let job = Job::push();
    let run = Script::new("A,secret").with_session(&job).then(without(REPOSITORY_SECRETS, DENIED)).run();
    let text = run.fails_with("store-access-denied");
    for part in [ROLE, REPOSITORY_SECRETS, "repository=octo-org/app", "123456789012", "us-west-2", "req-1"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains("resource policy"), "{text}");
}

#[test]
fn denial_of_another_accounts_store_names_both_accounts_and_the_resource_policy() {
    let secret_id = format!("arn:aws:secretsmanager:us-west-2:210987654321:secret:{REPOSITORY_SECRETS}");
    let run = Script::new("A,secret")
        .input("secrets-manager-account-id", "210987654321")
        .with_session(&Job::push())
        .then(store(&secret_id, "{}").refused(400, DENIED.0, DENIED.1))
        .run();
    let text = run.fails_with("store-access-denied");
    for part in ["210987654321", "123456789012", "resource policy", "KMS"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn an_environment_without_a_store_falls_back_only_as_the_input_says() {
    let with = |rule: &str, refusal| {
        Script::new("A,secret")
            .input("environment-store", rule)
            .with_session(&Job::production())
            .together([without(PRODUCTION_SECRETS, refusal), store(REPOSITORY_SECRETS, &document(&["A"]))])
            .run()
    };
    let falls_back = |run: Run| {
        assert_eq!(read_file_commands(&run.plan().environment), pairs(&[("A", "CANARY-value-of-A")]));
        assert_eq!(run.warnings().len(), 1, "{}", run.log_text());
        assert!(run.warnings()[0].contains(PRODUCTION_SECRETS));
    };
    falls_back(with("", NOT_FOUND));
    falls_back(with("not-found-ok", NOT_FOUND));
    falls_back(with("optional", NOT_FOUND));
    falls_back(with("optional", DENIED));
    with("required", NOT_FOUND).fails_with("store-not-found");
    with("required", DENIED).fails_with("store-access-denied");
    with("", DENIED).fails_with("store-access-denied");
    with("optional", ("InvalidRequestException", "deleted")).fails_with("store-not-readable");
}

#[test]
fn throttling_and_faults_of_an_environments_store_never_fall_back() {
    let with = |refusal: Expectation| {
        Script::new("A,secret")
            .input("environment-store", "optional")
            .with_session(&Job::production())
            .together([refusal.again_and_again(), store(REPOSITORY_SECRETS, &document(&["A"]))])
            .run()
    };
    with(without(PRODUCTION_SECRETS, ("ThrottlingException", "Rate exceeded"))).fails_with("throttled");
    with(store(PRODUCTION_SECRETS, "").answers(500, "")).fails_with("service-fault");
    with(store(PRODUCTION_SECRETS, "").silent()).fails_with("service-unreachable");
    with(store(PRODUCTION_SECRETS, "").fails(SendFailure::Connection("ECONNRESET".to_owned())))
        .fails_with("service-unreachable");
}

#[test]
fn the_repositorys_store_is_missed_only_by_keys_that_the_environment_lacks() {
    let with = |values, refusal| {
        Script::new(values)
            .with_session(&Job::production())
            .together([store(PRODUCTION_SECRETS, &document(&["A"])), without(REPOSITORY_SECRETS, refusal)])
            .run()
    };
    with("A,secret", NOT_FOUND).plan();
    with("A,secret", DENIED).plan();
    let text = with("A,secret\nB,secret", NOT_FOUND).fails_with("key-missing");
    assert!(text.contains("B: no key `B`"), "{text}");
    with("A,secret\nB,secret", DENIED).fails_with("store-access-denied");
}

#[test]
fn every_missing_key_of_every_store_is_listed_and_nothing_is_exported() {
    let run = Script::new("A,secret\nB,secret,KEY_B\nC,variable\nD,variable,,optional\nE,secret")
        .with_session(&Job::production())
        .together([
            store(PRODUCTION_SECRETS, "{}"),
            store(REPOSITORY_SECRETS, &document(&["E"])),
            store(PRODUCTION_VARIABLES, "{}"),
            store(REPOSITORY_VARIABLES, "{}"),
        ])
        .run();
    let text = run.fails_with("key-missing");
    for part in ["A: no key `A`", "B: no key `KEY_B`", "C: no key `C`", PRODUCTION_SECRETS, REPOSITORY_VARIABLES] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains("D: ") && !text.contains("E: "), "{text}");
}

#[test]
fn stores_that_are_no_objects_are_all_named_and_not_quoted() {
    for content in ["", "CANARY", "[\"CANARY\"]", "\"CANARY\"", "{\"A\":\"CANARY\"", "{\"A\":CANARY}", "null"] {
        let run = Script::new("A,secret\nB,variable")
            .with_session(&Job::push())
            .together([store(REPOSITORY_SECRETS, content), store(REPOSITORY_VARIABLES, content)])
            .run();
        let text = run.fails_with("store-not-an-object");
        assert!(text.contains(REPOSITORY_SECRETS) && text.contains(REPOSITORY_VARIABLES), "{text}");
    }
}

#[test]
fn null_is_an_error_only_for_the_key_that_is_asked_for() {
    let run = |values| {
        Script::new(values)
            .with_session(&Job::push())
            .then(store(REPOSITORY_SECRETS, r#"{"A":null,"B":"CANARY"}"#))
            .run()
    };
    run("B,secret").plan();
    let text = run("A,secret\nB,secret").fails_with("value-unusable");
    assert!(text.contains("`A`") && text.contains("null") && text.contains(REPOSITORY_SECRETS), "{text}");
}

// Hostile and broken answers

#[test]
fn answers_that_are_not_what_was_promised_are_errors_without_an_excerpt() {
    let job = Job::push();
    let long = format!("{{\"IdentityId\":\"{MARKER}");
    for body in ["", "CANARY", "{\"CANARY\":1}", "<html>CANARY</html>", "\"CANARY\"", long.as_str()] {
        let before = || Script::new("A,secret").signed_in(&job);
        before().then(job.get_id().answers(200, body).again_and_again()).run().fails_with("answer-unusable");
        let before = || before().then(job.get_id());
        before().then(job.get_open_id_token().answers(200, body).again_and_again()).run().fails_with("answer-unusable");
        let before = || before().then(job.get_open_id_token());
        before().then(job.assume_role().answers(200, body).again_and_again()).run().fails_with("answer-unusable");
        let last = store(REPOSITORY_SECRETS, "").answers(200, body).again_and_again();
        before().then(job.assume_role()).then(last).run().fails_with("answer-unusable");
    }
}

#[test]
fn a_document_type_in_the_xml_of_sts_is_refused() {
    let job = Job::push();
    let body = "<!DOCTYPE x [<!ENTITY a \"CANARY\">]><AssumeRoleWithWebIdentityResponse><AccessKeyId>&a;</AccessKeyId>\
                </AssumeRoleWithWebIdentityResponse>";
    let run = Script::new("A,secret")
        .signed_in(&job)
        .with_cognito_token(&job)
        .then(job.assume_role().answers(200, body).again_and_again())
        .run();
    run.fails_with("answer-unusable");
}

#[test]
fn error_bodies_that_are_not_aws_show_their_status_and_nothing_else() {
    let job = Job::push();
    for body in ["CANARY", "<html>CANARY</html>", "{\"error\":\"CANARY\"}", "{\"message\":[\"CANARY\"]}"] {
        let run = Script::new("A,secret").signed_in(&job).then(job.get_id().answers(403, body)).run();
        let text = run.fails_with("answer-unusable");
        assert!(text.contains("HTTP 403"), "{text}");
        let run = Script::new("A,secret")
            .signed_in(&job)
            .with_cognito_token(&job)
            .then(job.assume_role().answers(403, body))
            .run();
        run.fails_with("answer-unusable");
    }
}

#[test]
fn messages_that_repeat_a_credential_are_left_out() {
    let job = Job::push();
    let echo = |secret: &str| format!("Invalid login token: {secret}");
    let refused = "NotAuthorizedException";
    let run = Script::new("A,secret").signed_in(&job).then(job.get_id().refused(400, refused, &echo(job.jwt()))).run();
    assert!(run.fails_with("github-token-refused").contains("left out"));
    // Not even a beginning of it, nor in the place of a code or of a request's id.
    let run = Script::new("A,secret")
        .signed_in(&job)
        .then(job.get_id().refused(400, job.jwt(), &job.jwt()[..40]).header("x-amzn-errortype", job.jwt()))
        .run();
    run.fails_with("answer-unusable");

    let opaque = "CANARY-opaque-token-of-an-emulator";
    let given = json!({ "IdentityId": "x", "Token": opaque }).to_string();
    let run = Script::new("A,secret")
        .signed_in(&job)
        .then(job.get_id())
        .then(job.get_open_id_token().answers(200, &given))
        .then(job.assume_role_with(opaque).refused_by_sts(400, "ValidationError", &echo(opaque)))
        .run();
    assert!(run.fails_with("assume-role-refused").contains("left out"));
}

#[test]
fn the_canonical_request_that_a_signature_error_quotes_is_left_out() {
    let first_line = "The request signature we calculated does not match the signature you provided.";
    let quoted = format!("x-amz-date:20261122T030000Z\nx-amz-security-token:{SESSION_TOKEN}\n");
    for message in [
        format!("{first_line}\n\nThe Canonical String for this request should have been\n'POST\n/\n\n{quoted}'"),
        format!("{first_line} {}", quoted.replace('\n', " ")),
        format!("{first_line} {SECRET_ACCESS_KEY}"),
        SESSION_TOKEN[..20].to_owned(),
    ] {
        let run = Script::new("A,secret")
            .with_session(&Job::push())
            .then(store(REPOSITORY_SECRETS, "").refused(403, "InvalidSignatureException", &message))
            .run();
        run.fails_with("signature-refused");
    }
}

#[test]
fn failures_of_the_way_there_have_codes() {
    let job = Job::push();
    for (failure, expected) in [
        (SendFailure::Tls("DEPTH_ZERO_SELF_SIGNED_CERT".to_owned()), "tls-not-trusted"),
        (SendFailure::Proxy(407), "proxy-refused"),
        (SendFailure::Proxy(403), "proxy-refused"),
        (SendFailure::TooLarge, "answer-unusable"),
    ] {
        let run = Script::new("A,secret").signed_in(&job).then(job.get_id().fails(failure).again_and_again()).run();
        let text = run.fails_with(expected);
        assert!(text.contains("cognito-identity.us-west-2.amazonaws.com"), "{text}");
    }
}
