//! The way out of GitHub's own secrets and variables, against a scripted host.

use crate::scripted_host::*;
use serde_json::{Value, json};

const SECRETS: &str = "octo-org/repo/octo-org/app/secrets";
const VARIABLES: &str = "octo-org/repo/octo-org/app/variables";
const ENVIRONMENTS_SECRETS: &str = "octo-org/repo/octo-org/app/env/production/secrets";
const ENVIRONMENTS_VARIABLES: &str = "octo-org/repo/octo-org/app/env/production/variables";
const BUCKET: &str = "https://s3.us-west-2.amazonaws.com/migration";
/// As GitHub gives it to a job.
const JOBS_TOKEN: &str = "ghs_CANARY-of-the-job";

/// What `toJSON` makes of a context: an object on several lines.
fn context(value: Value) -> String {
    serde_json::to_string_pretty(&value).unwrap()
}

fn secrets(value: Value) -> String {
    let Value::Object(mut object) = value else { panic!("no object") };
    object.insert("github_token".to_owned(), JOBS_TOKEN.into());
    context(Value::Object(object))
}

/// A step that migrates what it is given, and must not send the job's token.
fn migrating(values: &str, existing: Value, variables: Value) -> Script {
    Script::new(values)
        .input("existing-gh-secrets", &secrets(existing))
        .input("existing-gh-variables", &context(variables))
        .never_sends(JOBS_TOKEN)
}

fn to_bucket(existing: Value, variables: Value) -> Script {
    let script = migrating("", existing, variables);
    script.input("migrate-age-recipient", RECIPIENT).input("migrate-s3-bucket", "migration")
}

fn to_stores(existing: Value, variables: Value) -> Script {
    migrating("", existing, variables).input("migrate-to", "stores")
}

/// The object that holds these texts.
fn object(secrets: &str, variables: &str) -> Value {
    json!({ "agePublicKey": RECIPIENT, "vars": encrypted(variables), "secrets": encrypted(secrets) })
}

fn config() -> String {
    json!({ "kvstore_migrate_age_public": RECIPIENT, "kvstore_migrate_s3_bucket": "migration" }).to_string()
}

/// What the log says of each key, in its order.
fn told(run: &Run) -> Vec<String> {
    let migrated = &run.outcome().migrated;
    let lines: Vec<_> = migrated.iter().map(|migrated| format!("{} in {}", migrated.line(), migrated.to)).collect();
    for migrated in migrated {
        assert!(run.log_text().contains(&migrated.line()), "{}", run.log_text());
        assert!(
            run.plan().summary.contains(&migrated.result.told().replace('`', ""))
                || migrated.result.told().contains('`')
        );
    }
    lines
}

// Inputs

#[test]
fn a_step_without_these_inputs_sends_nothing_for_a_migration() {
    for script in [
        Script::new(""),
        Script::new("").input("existing-gh-secrets", "{}").input("existing-gh-variables", "{}"),
        Script::new("").input("existing-gh-secrets", &secrets(json!({}))),
    ] {
        let run = script.run();
        assert!(run.requests.is_empty());
        assert!(run.notices()[0].contains("No value was loaded"), "{}", run.log_text());
    }
    let run = Script::new("A,secret")
        .input("existing-gh-secrets", "{}")
        .input("migrate-to", "bucket")
        .with_session(&Job::push())
        .then(store(SECRETS, &document(&["A"])))
        .run();
    assert!(run.outcome().migrated.is_empty());
    assert!(run.notices().is_empty(), "{}", run.log_text());
    assert!(!run.plan().summary.contains("Migrated"));
}

#[test]
fn what_is_wrong_with_the_inputs_is_reported_at_once_and_shows_no_context() {
    let run = Script::new("")
        .input("existing-gh-secrets", "CANARY=secret")
        .input("existing-gh-variables", r#"{"A":{"CANARY":1}}"#)
        .input("migrate-to", "s3")
        .input("migrate-age-recipient", "age1pq1qqqq")
        .input("migrate-s3-bucket", "Bucket")
        .input("migrate-config-from-store", "yes")
        .input("migrate-overwrite", "1")
        .input("migrate-keys", "A B")
        .run();
    let text = run.fails_with("invalid-input");
    for expected in [
        "existing-gh-secrets: is not a JSON object of strings: set it to ${{ toJSON(secrets) }}",
        "existing-gh-variables: is not a JSON object of strings: set it to ${{ toJSON(vars) }}",
        "- migrate-to: ",
        "- migrate-age-recipient: ",
        "- migrate-s3-bucket: ",
        "- migrate-config-from-store: ",
        "- migrate-overwrite: ",
        "- migrate-keys: ",
    ] {
        assert!(text.contains(expected), "{expected} is not in: {text}");
    }
}

#[test]
fn recipient_and_bucket_go_together_and_inputs_of_the_other_way_are_refused() {
    for (inputs, expected) in [
        (&[("migrate-age-recipient", RECIPIENT)][..], "migrate-s3-bucket: is required with `migrate-age-recipient`"),
        (&[("migrate-s3-bucket", "migration")], "migrate-age-recipient: is required with `migrate-s3-bucket`"),
        (&[("migrate-overwrite", "true")], "migrate-overwrite: is for `migrate-to: stores`"),
        (&[("migrate-keys", "A")], "migrate-keys: is for `migrate-to: stores`"),
        (
            &[("migrate-to", "stores"), ("migrate-age-recipient", RECIPIENT), ("migrate-s3-bucket", "migration")],
            "migrate-s3-bucket: is for `migrate-to: bucket`",
        ),
        (
            &[("migrate-to", "stores"), ("migrate-config-from-store", "true")],
            "migrate-config-from-store: is for `migrate-to: bucket`",
        ),
    ] {
        let script = Script::new("").input("migrate-overwrite", "FALSE").input("migrate-config-from-store", "False");
        let script = inputs.iter().fold(script, |script, (name, text)| script.input(name, text));
        let text = script.run().fails_with("invalid-input");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_bucket_without_an_account_that_it_must_belong_to_is_refused() {
    let script = || to_bucket(json!({ "A": "CANARY" }), json!({})).with_environment_identity(ENVIRONMENT);
    let text = script().input("aws-region", "us-west-2").run().fails_with("invalid-input");
    assert!(text.contains("aws-account-id: is required for a migration to a bucket"), "{text}");
    let job = Job::push();
    let key = format!("{BUCKET}/octo-org/octo-org/app/deploy/__noenv__/7001.json");
    let put = put_object(&key, object(&context(json!({ "A": "CANARY" })), "{}")).signed_by(ENVIRONMENT);
    let run = script()
        .input("aws-region", "us-west-2")
        .input("aws-account-id", "123456789012")
        .signed_in(&job)
        .then(put)
        .run();
    assert_eq!(run.outcome().migrated.len(), 1);
}

#[test]
fn empty_contexts_are_a_notice_whatever_the_way() {
    let job = Job::push();
    for script in [to_bucket(json!({}), json!({})), to_stores(json!({}), json!({})), {
        migrating("", json!({}), json!({})).input("migrate-config-from-store", "true")
    }] {
        let run = script.with_session(&job).run();
        assert!(run.outcome().migrated.is_empty());
        let notices = run.notices();
        assert_eq!(notices.len(), 1);
        assert!(
            notices[0].contains("`existing-gh-secrets` and `existing-gh-variables` name nothing"),
            "{}",
            notices[0]
        );
    }
}

// To a bucket

#[test]
fn both_contexts_are_encrypted_apart_and_put_under_the_names_of_the_job() {
    let job = Job::production().claim("enterprise", "octo-enterprise").claim("workflow", "Über uns / deploy+1");
    let (existing, variables) = (json!({ "A": "CANARY-a\n\"é" }), json!({ "V": "CANARY-v" }));
    let key = "octo-enterprise/octo-org/app/%C3%9Cber%20uns%20/%20deploy%2B1/production/7001.json";
    let run = to_bucket(existing.clone(), variables.clone())
        .with_session(&job)
        .then(put_object(&format!("{BUCKET}/{key}"), object(&context(existing), &context(variables))))
        .run();
    let to = "s3://migration/octo-enterprise/octo-org/app/Über uns / deploy+1/production/7001.json";
    assert_eq!(told(&run), [format!("secret A: encrypted in {to}"), format!("variable V: encrypted in {to}")]);
    assert!(run.log_text().contains(&format!("{to}, for {RECIPIENT}")), "{}", run.log_text());
    assert!(run.plan().summary.contains(&format!("| `A` | secret | `{to}` | encrypted |")), "{}", run.plan().summary);
}

#[test]
fn a_slash_in_an_environments_name_does_not_look_like_the_end_of_a_workflows() {
    let job = Job::production().claim("environment", "prod/eu");
    let key = "octo-org/octo-org/app/deploy/prod%252Feu/7001.json";
    let run = to_bucket(json!({ "A": "CANARY" }), json!({}))
        .with_session(&job)
        .then(put_object(&format!("{BUCKET}/{key}"), object(&context(json!({ "A": "CANARY" })), "{}")))
        .run();
    assert_eq!(run.outcome().migrated.len(), 1);
}

#[test]
fn a_name_that_a_url_would_not_keep_is_refused_before_anything_is_sent_to_s3() {
    for name in ["..", ".", "a/../../other", "./x"] {
        let job = Job::push().claim("workflow", name);
        let run = to_bucket(json!({ "A": "CANARY" }), json!({})).with_session(&job).run();
        assert!(run.fails_with("claim-unusable").contains("workflow"));
    }
}

#[test]
fn the_store_names_recipient_and_bucket_only_if_the_step_allows_it() {
    let existing = json!({ "A": "CANARY" });
    let script = || migrating("", existing.clone(), json!({})).with_session(&Job::push());
    let refused = script().then(store(VARIABLES, &config())).run();
    assert!(refused.outcome().migrated.is_empty());
    assert!(refused.notices()[0].contains("set `migrate-config-from-store: true`"), "{}", refused.log_text());
    let allowed = migrating("", existing.clone(), json!({}))
        .input("migrate-config-from-store", "true")
        .with_session(&Job::push())
        .then(store(VARIABLES, &config()))
        .then(put_object(
            &format!("{BUCKET}/octo-org/octo-org/app/deploy/__noenv__/7001.json"),
            object(&context(existing.clone()), "{}"),
        ))
        .run();
    assert_eq!(allowed.outcome().migrated.len(), 1);
    let silent = script().then(store(VARIABLES, &document(&["X"]))).run();
    assert!(silent.notices()[0].contains("nothing says where to"), "{}", silent.log_text());
    // What the inputs name is not asked of a store.
    let named = to_bucket(existing.clone(), json!({}))
        .input("migrate-config-from-store", "true")
        .with_session(&Job::push())
        .then(put_object(
            &format!("{BUCKET}/octo-org/octo-org/app/deploy/__noenv__/7001.json"),
            object(&context(existing), "{}"),
        ))
        .run();
    assert_eq!(named.outcome().migrated.len(), 1);
}

#[test]
fn an_environments_variables_come_before_the_repositorys() {
    let script = || {
        let script = migrating("", json!({ "A": "CANARY" }), json!({})).input("migrate-config-from-store", "true");
        script.with_session(&Job::production())
    };
    let put = || {
        let key = format!("{BUCKET}/octo-org/octo-org/app/deploy/production/7001.json");
        put_object(&key, object(&context(json!({ "A": "CANARY" })), "{}"))
    };
    let own = script().then(store(ENVIRONMENTS_VARIABLES, &config())).then(put()).run();
    assert_eq!(own.outcome().migrated.len(), 1);
    let absent = store(ENVIRONMENTS_VARIABLES, "{}").refused(400, "ResourceNotFoundException", "none");
    let of_repository = script().then(absent).then(store(VARIABLES, &config())).then(put()).run();
    assert_eq!(of_repository.outcome().migrated.len(), 1);
    let other = script().then(store(ENVIRONMENTS_VARIABLES, "{}")).then(store(VARIABLES, &config())).then(put()).run();
    assert_eq!(other.outcome().migrated.len(), 1);
}

#[test]
fn a_store_that_means_nothing_or_cannot_be_read_stops_a_migration_that_it_directs() {
    let script = |allowed: &str| {
        let script = migrating("", json!({ "A": "CANARY" }), json!({})).input("migrate-config-from-store", allowed);
        script.with_session(&Job::push())
    };
    for (key, text) in [
        (
            "kvstore_migrate_age_public",
            r#"{"kvstore_migrate_age_public":"CANARY","kvstore_migrate_s3_bucket":"migration"}"#.to_owned(),
        ),
        ("kvstore_migrate_age_public", r#"{"kvstore_migrate_s3_bucket":"migration"}"#.to_owned()),
        ("kvstore_migrate_s3_bucket", format!(r#"{{"kvstore_migrate_age_public":"{RECIPIENT}"}}"#)),
        (
            "kvstore_migrate_s3_bucket",
            format!(r#"{{"kvstore_migrate_age_public":"{RECIPIENT}","kvstore_migrate_s3_bucket":"s3://CANARY"}}"#),
        ),
    ] {
        let text_of_error = script("true").then(store(VARIABLES, &text)).run().fails_with("migration-misconfigured");
        assert!(text_of_error.contains(&format!("key `{key}` of {VARIABLES}")), "{text_of_error}");
        let noticed = script("false").then(store(VARIABLES, &text)).run();
        assert!(noticed.notices()[0].contains("migrate-config-from-store: true"), "{}", noticed.log_text());
    }
    let denied = || store(VARIABLES, "{}").refused(400, "AccessDeniedException", "no");
    script("true").then(denied()).run().fails_with("store-access-denied");
    let noticed = script("false").then(denied()).run();
    assert!(noticed.notices()[0].contains("nothing says where to"), "{}", noticed.log_text());
}

#[test]
fn a_recipient_that_nothing_can_be_encrypted_to_sends_nothing() {
    let mistyped = RECIPIENT.replace("cac8p", "cac8q");
    let run = to_bucket(json!({ "A": "CANARY" }), json!({}))
        .input("migrate-age-recipient", &mistyped)
        .with_session(&Job::push())
        .run();
    assert!(run.fails_with("recipient-unusable").contains(&mistyped));
}

#[test]
fn what_s3_refuses_is_told_with_its_cause_and_exports_nothing() {
    let key = format!("{BUCKET}/octo-org/octo-org/app/deploy/__noenv__/7001.json");
    for (code, expected, cause) in [
        (
            "AccessDenied",
            "bucket-refused",
            "It must belong to account 123456789012|bucket must belong to account 123456789012",
        ),
        ("NoSuchBucket", "bucket-refused", "no bucket of this name"),
        ("PermanentRedirect", "bucket-refused", "not in region us-west-2"),
        ("AuthorizationHeaderMalformed", "bucket-refused", "not in region us-west-2"),
        ("InvalidAccessKeyId", "credentials-refused", "does not know the session's credentials"),
        ("ExpiredToken", "credentials-refused", "does not know the session's credentials"),
        ("EntityTooLarge", "bucket-refused", "S3 refused the request"),
    ] {
        let body = format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message><Detail>CANARY</Detail></Error>"
        );
        let put = put_object(&key, object(&context(json!({ "A": "CANARY" })), "{}")).answers(403, &body);
        let run = to_bucket(json!({ "A": "CANARY" }), json!({})).with_session(&Job::push()).then(put).run();
        let text = run.fails_with(expected);
        assert!(cause.split('|').any(|cause| text.contains(cause)), "{text}");
        assert!(text.contains("s3://migration/octo-org"), "{text}");
    }
}

#[test]
fn an_object_that_s3_did_not_confirm_is_put_again() {
    let key = format!("{BUCKET}/octo-org/octo-org/app/deploy/__noenv__/7001.json");
    let put = || put_object(&key, object(&context(json!({ "A": "CANARY" })), "{}"));
    let slow = "<Error><Code>SlowDown</Code><Message>no</Message></Error>";
    let run = to_bucket(json!({ "A": "CANARY" }), json!({}))
        .with_session(&Job::push())
        .then(put().answers(503, slow))
        .then(put())
        .run();
    assert_eq!(run.outcome().migrated.len(), 1);
}

// Into the stores

#[test]
fn what_is_absent_is_filled_and_nothing_is_overwritten() {
    let existing = json!({ "NEW": "CANARY-new", "SAME": "CANARY-same", "OTHER": "CANARY-theirs", "PATH": "CANARY-path", "Mixed": "CANARY-mixed" });
    let before = r#"{ "SAME": "CANARY-same", "OTHER": "CANARY-ours", "MIXED": "CANARY-ours", "n": 1.10 }"#;
    let after = json!({ "SAME": "CANARY-same", "OTHER": "CANARY-ours", "MIXED": "CANARY-ours", "n": 1.10, "NEW": "CANARY-new" });
    let run = to_stores(existing, json!({ "V": "CANARY-v" }))
        .with_session(&Job::push())
        .then(store(SECRETS, before))
        .then(store(VARIABLES, "{}"))
        .then(put(SECRETS, after))
        .then(becomes_current(SECRETS))
        .then(put(VARIABLES, json!({ "V": "CANARY-v" })))
        .then(becomes_current(VARIABLES))
        .run();
    let told = told(&run);
    assert_eq!(told.len(), 6);
    for (key, result) in [
        ("secret NEW", "added"),
        ("secret SAME", "already there"),
        ("secret OTHER", "kept: the store has another value"),
        ("secret PATH", "not migrated: the name is refused as a name for a variable"),
        ("secret Mixed", "not migrated: the name differs only in case from `MIXED`"),
        ("variable V", "added"),
    ] {
        assert!(told.iter().any(|line| line.starts_with(&format!("{key}: {result}"))), "{key}: {told:?}");
    }
    assert!(run.log_text().contains(&format!("Migrated from GitHub to {SECRETS}\n")), "{}", run.log_text());
}

#[test]
fn another_value_is_overwritten_only_if_that_is_asked_for() {
    let run = to_stores(json!({ "A": "CANARY-theirs" }), json!({}))
        .input("migrate-overwrite", "true")
        .with_session(&Job::push())
        .then(store(SECRETS, r#"{"A":"CANARY-ours"}"#))
        .then(put(SECRETS, json!({ "A": "CANARY-theirs" })))
        .then(becomes_current(SECRETS))
        .run();
    assert_eq!(told(&run), [format!("secret A: overwritten in {SECRETS}")]);
}

#[test]
fn a_store_that_has_all_of_it_is_not_written() {
    let run = to_stores(json!({ "A": "CANARY-a" }), json!({}))
        .input("migrate-overwrite", "true")
        .with_session(&Job::push())
        .then(store(SECRETS, r#"{"A":"CANARY-a"}"#))
        .run();
    assert_eq!(told(&run), [format!("secret A: already there in {SECRETS}")]);
}

#[test]
fn an_environment_gets_what_differs_from_the_repositorys_store() {
    let existing = json!({ "SHARED": "CANARY-shared", "OWN": "CANARY-own", "DIFFERS": "CANARY-of-env" });
    let run = to_stores(existing, json!({}))
        .with_session(&Job::production())
        .then(store(SECRETS, r#"{"SHARED":"CANARY-shared","DIFFERS":"CANARY-of-repo"}"#))
        .then(store(ENVIRONMENTS_SECRETS, "{}"))
        .then(put(ENVIRONMENTS_SECRETS, json!({ "OWN": "CANARY-own", "DIFFERS": "CANARY-of-env" })))
        .then(becomes_current(ENVIRONMENTS_SECRETS))
        .run();
    let told = told(&run);
    assert!(told.contains(&format!("secret SHARED: in the repository's store in {ENVIRONMENTS_SECRETS}")), "{told:?}");
    assert_eq!(told.iter().filter(|line| line.contains(": added in")).count(), 2, "{told:?}");
}

#[test]
fn a_repository_without_a_store_is_no_reason_against_an_environments() {
    let run = to_stores(json!({ "A": "CANARY-a" }), json!({}))
        .with_session(&Job::production())
        .then(store(SECRETS, "{}").refused(400, "ResourceNotFoundException", "none"))
        .then(absent(SECRETS))
        .then(store(ENVIRONMENTS_SECRETS, "{}"))
        .then(put(ENVIRONMENTS_SECRETS, json!({ "A": "CANARY-a" })))
        .then(becomes_current(ENVIRONMENTS_SECRETS))
        .run();
    assert_eq!(told(&run), [format!("secret A: added in {ENVIRONMENTS_SECRETS}")]);
}

#[test]
fn the_keys_that_are_named_are_migrated_and_no_others() {
    let run = to_stores(json!({ "A": "CANARY-a", "B": "CANARY-b" }), json!({ "C": "CANARY-c" }))
        .input("migrate-keys", "a,\nnone")
        .with_session(&Job::push())
        .then(store(SECRETS, "{}"))
        .then(put(SECRETS, json!({ "A": "CANARY-a" })))
        .then(becomes_current(SECRETS))
        .run();
    assert_eq!(told(&run), [format!("secret A: added in {SECRETS}")]);
    assert_eq!(run.warnings(), ["`migrate-keys` names what this job does not have: none"]);
}

#[test]
fn the_jobs_token_is_not_migrated_even_if_it_is_named() {
    let run = to_stores(json!({}), json!({ "V": "CANARY-v" }))
        .input("migrate-keys", "GITHUB_TOKEN,github_token")
        .with_session(&Job::push())
        .run();
    assert!(run.outcome().migrated.is_empty());
    assert!(run.warnings()[0].contains("GITHUB_TOKEN, github_token"), "{:?}", run.warnings());
}

#[test]
fn nothing_is_written_if_one_of_the_stores_cannot_be_read() {
    for (code, expected) in
        [("AccessDeniedException", "store-access-denied"), ("ResourceNotFoundException", "store-not-found")]
    {
        let script = to_stores(json!({ "A": "CANARY-a" }), json!({ "V": "CANARY-v" }))
            .with_session(&Job::push())
            .then(store(SECRETS, "{}"))
            .then(store(VARIABLES, "{}").refused(400, code, "no"));
        let script = if expected == "store-not-found" { script.then(absent(VARIABLES)) } else { script };
        assert!(script.run().fails_with(expected).contains(VARIABLES));
    }
}

#[test]
fn what_was_just_migrated_is_loaded_by_the_same_step() {
    let run = migrating("A,secret", json!({ "A": "CANARY-a" }), json!({}))
        .input("migrate-to", "stores")
        .with_session(&Job::push())
        .then(store(SECRETS, "{}"))
        .then(put(SECRETS, json!({ "A": "CANARY-a" })))
        .then(becomes_current(SECRETS))
        .then(store(SECRETS, r#"{"A":"CANARY-a"}"#))
        .run();
    assert_eq!(read_file_commands(&run.plan().environment), [("A".to_owned(), "CANARY-a".to_owned())]);
    let summary = &run.plan().summary;
    assert!(summary.find("Migrated from GitHub") < summary.find("Values from AWS"), "{summary}");
}

#[test]
fn a_migration_that_fails_loads_and_exports_nothing_and_says_what_it_had_done() {
    let run = migrating("A,secret", json!({ "A": "CANARY-a" }), json!({ "V": "CANARY-v" }))
        .input("migrate-to", "stores")
        .with_session(&Job::push())
        .then(store(SECRETS, "{}"))
        .then(store(VARIABLES, "{}"))
        .then(put(SECRETS, json!({ "A": "CANARY-a" })))
        .then(becomes_current(SECRETS))
        .then(put(VARIABLES, json!({ "V": "CANARY-v" })).refused(400, "AccessDeniedException", "no"))
        .run();
    run.fails_with("store-access-denied");
    assert!(
        run.log_text().contains(&format!("Migrated from GitHub to {SECRETS}\nsecret A: added\n")),
        "{}",
        run.log_text()
    );
    assert!(!run.log_text().contains("variable V"), "{}", run.log_text());
}

#[test]
fn an_environments_migration_reads_its_variables_stores_too() {
    let run = to_stores(json!({}), json!({ "V": "CANARY-v" }))
        .with_session(&Job::production())
        .then(store(VARIABLES, r#"{"V":"CANARY-other"}"#))
        .then(store(ENVIRONMENTS_VARIABLES, "{}"))
        .then(put(ENVIRONMENTS_VARIABLES, json!({ "V": "CANARY-v" })))
        .then(becomes_current(ENVIRONMENTS_VARIABLES))
        .run();
    assert_eq!(told(&run), [format!("variable V: added in {ENVIRONMENTS_VARIABLES}")]);
}
