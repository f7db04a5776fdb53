//! Parameter Store in the input `secrets`, against a scripted host: which calls read which parameters, and what becomes of
//! each refusal.

use std::time::Duration;

use crate::scripted_host::*;
use env_kvstore::host::http::Log;
use serde_json::{Value, json};

const HERE: &str = "arn:aws:ssm:us-west-2:123456789012:parameter";
const THEIRS: &str = "arn:aws:ssm:eu-central-1:210987654321:parameter/shared/key";
const SSM: &str = "https://ssm.us-west-2.amazonaws.com/";
const SSM_FRANKFURT: &str = "https://ssm.eu-central-1.amazonaws.com/";

const DENIED: (&str, &str) = (
    "AccessDeniedException",
    "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: ssm:GetParameters on resource: x",
);
const KMS: (&str, &str) = (
    "AccessDeniedException",
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not \
     allowed to access. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)",
);

/// A run with lines of `secrets` and none of `values`, in a session; `@` stands for the ARN up to `parameter`.
fn secrets(lines: &str) -> Script {
    Script::new("").input("secrets", &lines.replace('@', HERE)).with_session(&Job::push())
}

fn loaded(run: &Run) -> Vec<(String, String)> {
    read_file_commands(&run.plan().environment)
}

fn pair(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

fn secure(name: &str) -> Value {
    parameter(name, "SecureString", &value_of(name))
}

/// `/app/p0`, `/app/p1`, ...
fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("/app/p{number}")).collect()
}

fn lines(names: &[String]) -> String {
    names.iter().enumerate().map(|(number, name)| format!("V{number}=@{name}\n")).collect()
}

/// One call for these, of which `invalid` do not exist.
fn call(names: &[String], invalid: &[&str]) -> Expectation {
    let asked: Vec<_> = names.iter().map(String::as_str).collect();
    // In another order than they were asked for.
    let mut found: Vec<_> = asked.iter().filter(|name| !invalid.contains(name)).map(|name| secure(name)).collect();
    found.reverse();
    parameters(&asked, &found, invalid)
}

#[test]
fn parameters_are_read_together_decrypted_whatever_their_type() {
    let found = [
        secure("/app/key"),
        parameter("/app/list", "StringList", "CANARY-a,CANARY-b"),
        parameter("plain", "String", "v"),
    ];
    let run = secrets("KEY=@/app/key\nLIST=@/app/list\nPLAIN=@/plain\nOLD=@/app/key:2\nNEW=@/app/key:live")
        .together([
            parameters(&["/app/key", "/app/list", "plain", "/plain"], &found, &["/plain"]),
            parameters(&["/app/key:2"], &[json!({ "Name": "/app/key", "Value": "CANARY-2", "Version": 2 })], &[]),
            parameters(&["/app/key:live"], &[secure("/app/key")], &[]),
        ])
        .run();
    let key = value_of("/app/key");
    let expected = [
        ("KEY", key.as_str()),
        ("LIST", "CANARY-a,CANARY-b"),
        ("PLAIN", "v"),
        ("OLD", "CANARY-2"),
        ("NEW", key.as_str()),
    ];
    assert_eq!(loaded(&run), expected.map(|(name, text)| pair(name, text)));
    assert!(run.log_text().contains("KEY (secret) from parameter /app/key, version 3"), "{}", run.log_text());
    assert!(run.log_text().contains(&format!("Read plain ({HERE}/plain)")), "{}", run.log_text());
    let summary = &run.plan().summary;
    assert!(summary.contains("### Values from AWS Parameter Store\n"), "{summary}");
    assert!(summary.contains("| `OLD` | secret | parameter: `/app/key` | `2` | yes |"), "{summary}");
}

#[test]
fn what_a_parameter_holds_is_masked_and_the_items_of_a_list_are_as_lines_are() {
    let run = secrets("LIST=@/list\nPLAIN=@/app/plain")
        .then(parameters(
            &["list", "/list", "/app/plain"],
            &[
                parameter("list", "StringList", "CANARY-one,abc,CANARY-two"),
                parameter("/app/plain", "String", "CANARY-plain,no-list"),
            ],
            &["/list"],
        ))
        .run();
    let masks: Vec<_> = run.plan().masks.iter().map(|mask| mask.secret()).collect();
    for mask in ["CANARY-one,abc,CANARY-two", "CANARY-one", "CANARY-two", "CANARY-plain,no-list"] {
        assert!(masks.contains(&mask), "{mask}");
    }
    // Shorter than min-mask-length, and no list.
    assert!(!masks.contains(&"abc") && !masks.contains(&"CANARY-plain") && !masks.contains(&"no-list"));
}

#[test]
fn each_region_and_service_has_its_calls_and_connections_beside_the_others() {
    let of_theirs = json!([{ "ARN": THEIRS, "Name": THEIRS, "Type": "SecureString", "Value": "CANARY", "Version": 1 }]);
    let theirs = parameters(&[THEIRS], of_theirs.as_array().unwrap(), &[]).at(SSM_FRANKFURT).signed_for("eu-central-1");
    let later = Duration::from_millis(500);
    let run = Script::new("A,secret")
        .input("secrets", &format!("B={HERE}/app/b\nC={THEIRS}\nD=shared/d"))
        .with_session(&Job::push())
        .together([
            parameters(&["/app/b"], &[secure("/app/b")], &[]).after(later),
            theirs.after(later),
            store("octo-org/repo/octo-org/app/secrets", &document(&["A"])).after(later),
            store("shared/d", "CANARY-d").after(later),
        ])
        .run();
    let expected =
        [("A", value_of("A")), ("B", value_of("/app/b")), ("C", MARKER.to_owned()), ("D", "CANARY-d".to_owned())];
    assert_eq!(loaded(&run), expected.map(|(name, text)| pair(name, &text)));
    let reads: Vec<_> = run.requests.iter().filter(|sent| sent.url == SSM || sent.url == SSM_FRANKFURT).collect();
    let secret = run.requests.iter().find(|sent| sent.name == "GetSecretValue shared/d").unwrap();
    assert!(reads.len() == 2 && reads.iter().all(|read| read.at == secret.at), "{:?}", run.requests);
    let origins: Vec<_> = run.early_connections.iter().map(|early| early.origin.as_str()).collect();
    for origin in [SSM, SSM_FRANKFURT].map(|url| url.trim_end_matches('/')) {
        assert_eq!(origins.iter().filter(|other| **other == origin).count(), 2, "{origins:?}");
    }
    assert!(run.plan().summary.contains("### Values from AWS Secrets Manager and Parameter Store\n"));
    assert!(run.log_text().contains("C (secret) from parameter /shared/key, version 1"), "{}", run.log_text());
}

#[test]
fn a_run_without_parameters_has_nothing_to_do_with_parameter_store() {
    let run = Script::new("").input("secrets", "A=ssm:NAME").with_session(&Job::push());
    let run = run.then(store("ssm", r#"{"NAME":"CANARY"}"#)).run();
    assert_eq!(loaded(&run), [pair("A", MARKER)]);
    assert!(run.early_connections.iter().all(|early| !early.origin.contains("//ssm.")));
    assert!(run.plan().summary.contains("### Values from AWS Secrets Manager\n"));
}

#[test]
fn ten_parameters_are_one_call_and_eight_calls_are_under_way() {
    let all = names(95);
    let run = secrets(&lines(&all)).together(all.chunks(10).map(|chunk| call(chunk, &[]))).run();
    assert_eq!(loaded(&run).len(), 95);
    assert_eq!(run.count("GetParameters"), 10);
    assert_eq!(run.most_under_way(SSM), 8);
    assert_eq!(run.early_connections.last().unwrap().count, 8);
}

#[test]
fn an_unknown_role_is_asked_for_by_arn() {
    let arn = format!("{HERE}/b:2");
    let found = json!({ "ARN": format!("{HERE}/b"), "Name": "b", "Value": "CANARY", "Version": 2 });
    let run = Script::new("")
        .goal(env_kvstore::inputs::Goal::Values)
        .with_environment_identity(SESSION)
        .input("aws-region", "us-west-2")
        .input("secrets", &format!("A={arn}"))
        .then(parameters(&[&arn], &[found], &[]))
        .run();
    assert_eq!(loaded(&run), [pair("A", MARKER)]);
}

// Refusals

#[test]
fn every_parameter_that_is_missing_is_named_beside_every_missing_secret() {
    let all = names(12);
    let run = Script::new("")
        .input("secrets", &format!("{}W=@/app/w:9\nX=@/x\nY=shared/y\n", lines(&all)).replace('@', HERE))
        .with_session(&Job::push())
        .together([
            call(&all[..10], &["/app/p3", "/app/p7"]),
            parameters(
                &["/app/p10", "/app/p11", "/app/w:9", "x", "/x"],
                &[secure("/app/p10")],
                &["/app/p11", "/app/w:9", "x", "/x"],
            ),
            store("shared/y", "").refused(400, "ResourceNotFoundException", "none"),
        ])
        .run();
    let text = run.fails_with("store-not-found");
    for name in ["/app/p3 (account 123456789012", "/app/p7 (", "/app/p11 (", "x (account", "shared/y ("] {
        assert!(text.contains(&format!("for {name}")), "{name} is not in: {text}");
    }
    assert!(text.contains("/app/w (account 123456789012, region us-west-2), version 9"), "{text}");
    assert!(text.contains("no such version or label") && text.contains("InvalidParameters"), "{text}");
    assert_eq!(text.matches("\n- ").count(), 6, "{text}");
    assert_eq!(run.count("GetParameters"), 2, "each is refused by the answer that lists it");
    assert!(run.sleeps.is_empty());
}

#[test]
fn a_call_that_is_denied_for_some_of_its_parameters_names_exactly_these() {
    let all = names(4);
    let single = |name: &String| {
        let one = call(std::slice::from_ref(name), &[]);
        if name == "/app/p1" || name == "/app/p3" { one.refused(400, DENIED.0, DENIED.1) } else { one }
    };
    let run = secrets(&lines(&all))
        .then(call(&all, &[]).refused(400, DENIED.0, DENIED.1))
        .together(all.iter().map(single))
        .run();
    let text = run.fails_with("store-access-denied");
    for part in
        ["for /app/p1 (", "for /app/p3 (", "`ssm:GetParameters`", &format!("{HERE}/app/p1"), "repository=octo-org/app"]
    {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains("/app/p0") && !text.contains("/app/p2") && !text.contains("env-kvstore explain"), "{text}");
    assert!(run.notices().is_empty(), "{}", run.log_text());
}

#[test]
fn other_calls_are_made_although_one_is_refused() {
    let all = names(12);
    let run = secrets(&lines(&all))
        .together([call(&all[..10], &[]).refused(400, DENIED.0, DENIED.1), call(&all[10..], &[])])
        .together(all[..10].iter().map(|name| call(std::slice::from_ref(name), &[])))
        .run();
    assert_eq!(loaded(&run).len(), 12, "a policy may change between two calls");
}

#[test]
fn a_parameter_is_refused_in_words_of_parameter_store() {
    let refused = |(code, message): (&str, &str)| {
        let one = parameters(&["/app/a"], &[], &[]).refused(400, code, message);
        secrets("A=@/app/a").then(one).run()
    };
    for (answer, code, says) in [
        (DENIED, "store-access-denied", "`ssm:GetParameters` on arn:aws:ssm:us-west-2:123456789012:parameter/app/a"),
        (KMS, "store-not-decryptable", "`kms:Decrypt`"),
        (("InvalidKeyId", "arn:aws:kms:x is disabled."), "store-not-decryptable", "disabled"),
        (("ParameterVersionNotFound", "no"), "store-not-found", "no parameter of this name"),
        (("ValidationException", "Parameter name: can't be prefixed"), "store-refused", "Parameter Store refused"),
        (("UnrecognizedClientException", "no"), "credentials-refused", "Parameter Store does not know the session"),
        (("InvalidSignatureException", "no"), "signature-refused", "Parameter Store does not accept"),
    ] {
        let text = refused(answer).fails_with(code);
        assert!(text.contains(says), "{says} is not in: {text}");
        assert!(!text.contains("Secrets Manager"), "{text}");
    }
}

#[test]
fn a_parameter_of_another_account_says_what_that_account_must_do() {
    let theirs = |expectation: Expectation| {
        let call = expectation.at(SSM_FRANKFURT).signed_for("eu-central-1");
        secrets(&format!("A={THEIRS}")).then(call).run()
    };
    let denied = theirs(parameters(&[THEIRS], &[], &[]).refused(400, DENIED.0, DENIED.1));
    let absent = theirs(parameters(&[THEIRS], &[], &[THEIRS]));
    for text in [denied.fails_with("store-access-denied"), absent.fails_with("store-not-found")] {
        assert!(
            text.contains("in account 210987654321, the role in 123456789012") && text.contains("AWS RAM"),
            "{text}"
        );
    }
}

#[test]
fn what_can_pass_is_tried_again_and_a_call_stays_together() {
    let all = names(3);
    for (status, code) in [
        (400, "ThrottlingException"),
        (400, "TooManyUpdates"),
        (500, "InternalServerError"),
        (400, "InternalServerError"),
        (503, "ServiceUnavailable"),
    ] {
        let run = secrets(&lines(&all))
            .then(call(&all, &[]).refused(status, code, "Rate exceeded"))
            .then(call(&all, &[]))
            .run();
        assert_eq!(loaded(&run).len(), 3, "{code}");
        assert_eq!((run.count("GetParameters"), run.sleeps.len()), (2, 1), "{code}");
    }
    let run = secrets(&lines(&all))
        .then(call(&all, &[]).refused(400, "ThrottlingException", "Rate exceeded").again_and_again());
    let text = run.run().fails_with("throttled");
    assert!(text.contains("3 parameters (region us-west-2)") && text.contains("tried 3 times"), "{text}");
}

#[test]
fn credentials_that_a_call_finds_wrong_end_the_run_without_single_reads() {
    let all = names(3);
    let run = secrets(&lines(&all)).then(call(&all, &[]).refused(400, "ExpiredTokenException", "expired")).run();
    run.fails_with("credentials-refused");
    assert_eq!(run.count("GetParameters"), 1);
}

#[test]
fn an_answer_without_what_was_asked_for_is_unusable() {
    let all = names(2);
    let run = secrets(&lines(&all))
        .then(parameters(&["/app/p0", "/app/p1"], &[secure("/app/p0")], &[]))
        .then(parameters(&["/app/p1"], &[secure("/app/other")], &[]).again_and_again())
        .run();
    let text = run.fails_with("answer-unusable");
    assert!(text.contains("for /app/p1 (") && !text.contains("CANARY"), "{text}");
}

#[test]
fn a_value_with_a_nul_is_an_error_that_names_the_parameter() {
    let run =
        secrets("A=@/app/a").then(parameters(&["/app/a"], &[parameter("/app/a", "String", "CANARY\0")], &[])).run();
    assert!(run.fails_with("value-unusable").contains("A: /app/a has a NUL character"));
}

// Paths

#[test]
fn a_path_is_read_page_by_page_and_its_parameters_are_named_by_their_last_parts() {
    let run = secrets("*=@/app/*\nOWN=@/app/x/OWN:2")
        .together([
            page("/app/", None, &[secure("/app/A"), secure("/app/deep/er/B")], Some("more")),
            // A page may be empty and have another one behind it.
            page("/app/", Some("more"), &[], Some("last")),
            page("/app/", Some("last"), &[secure("/app/x/OWN"), parameter("/app/C", "StringList", "CANARY-c,d")], None),
            parameters(&["/app/x/OWN:2"], &[json!({ "Name": "/app/x/OWN", "Value": "CANARY-2", "Version": 2 })], &[]),
        ])
        .run();
    let expected = [
        ("A", value_of("/app/A")),
        ("B", value_of("/app/deep/er/B")),
        ("C", "CANARY-c,d".to_owned()),
        ("OWN", "CANARY-2".to_owned()),
    ];
    assert_eq!(loaded(&run), expected.map(|(name, text)| pair(name, &text)));
    assert!(run.log_text().contains("B (secret) from parameter /app/deep/er/B, version 3"), "{}", run.log_text());
}

#[test]
fn names_of_a_path_that_are_refused_or_taken_are_all_told() {
    let found = ["/app/PATH", "/app/not-a-name", "/app/A", "/app/b/A", "/app/c/a", "/app/AWS_REGION"].map(secure);
    let run = secrets("*=@/app/*").then(page("/app/", None, &found, None)).run();
    let text = run.fails_with("name-unusable");
    for part in [
        "`PATH` of /app/PATH is refused",
        "`not-a-name` of /app/not-a-name is not a name",
        "`A` of /app/b/A has the same name as a value that `*` loads from /app/A",
        "`a` of /app/c/a has a name that another `*` has loaded: key `A` of /app/A differs only in case",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn a_star_of_values_and_one_of_secrets_do_not_take_one_name() {
    let run = Script::new("*,secret")
        .input("secrets", &format!("*={HERE}/app/*"))
        .with_session(&Job::push())
        .together([
            store("octo-org/repo/octo-org/app/secrets", &document(&["A", "B"])),
            page("/app/", None, &[secure("/app/a"), secure("/app/C")], None),
        ])
        .run();
    let text = run.fails_with("name-unusable");
    assert!(text.contains("`a` of /app/a") && text.contains("`A` of octo-org/repo/octo-org/app/secrets"), "{text}");
}

#[test]
fn a_line_of_values_wins_over_a_path() {
    let run = Script::new("A,secret")
        .input("secrets", &format!("*={HERE}/app/*"))
        .with_session(&Job::push())
        .together([
            store("octo-org/repo/octo-org/app/secrets", &document(&["A"])),
            page("/app/", None, &[secure("/app/A"), secure("/app/B")], None),
        ])
        .run();
    assert_eq!(loaded(&run), [pair("A", &value_of("A")), pair("B", &value_of("/app/B"))]);
}

#[test]
fn an_empty_path_is_no_success() {
    let run = secrets("*=@/app/*\nA=@/x/a")
        .together([page("/app/", None, &[], None), parameters(&["/x/a"], &[], &["/x/a"])])
        .run();
    let text = run.fails_with("store-not-found");
    assert!(text.contains("no parameter is below /app/* (account 123456789012, region us-west-2)"), "{text}");
    assert!(text.contains("/x/a ("), "{text}");
}

#[test]
fn a_path_that_goes_on_for_ever_ends_the_run() {
    let run = secrets("*=@/app/*")
        .then(page("/app/", None, &[secure("/app/A")], Some("again")))
        .then(page("/app/", Some("again"), &[], Some("again")).again_and_again())
        .run();
    assert!(run.fails_with("value-unusable").contains("more than 100 pages"));
    assert_eq!(run.count("GetParametersByPath"), 100);
}

#[test]
fn a_denied_path_says_what_to_allow() {
    let run =
        secrets("*=@/app/team/*").then(page("/app/team/", None, &[], None).refused(400, DENIED.0, DENIED.1)).run();
    let text = run.fails_with("store-access-denied");
    assert!(text.contains(&format!("`ssm:GetParametersByPath` on {HERE}/app/team/*")), "{text}");
    let stale = page("/app/team/", Some("more"), &[], None).refused(400, "InvalidNextToken", "no");
    let run = secrets("*=@/app/team/*")
        .then(page("/app/team/", None, &[secure("/app/team/A")], Some("more")))
        .then(stale)
        .run();
    run.fails_with("store-refused");
}

#[test]
fn a_path_of_another_account_is_refused_before_anything_is_sent_or_by_its_answer() {
    let run = Script::new("").input("secrets", &format!("*={}", THEIRS.replace("/key", "/*"))).run();
    let text = run.fails_with("invalid-input");
    assert!(text.contains("`*` has a path of account 210987654321, the role is in 123456789012"), "{text}");
    assert!(run.requests.is_empty());
    // Whoever the environment's credentials are of, the path is read in their account.
    let mut other = secure("/app/A");
    other["ARN"] = "arn:aws:ssm:us-west-2:999999999999:parameter/app/A".into();
    let run = Script::new("")
        .goal(env_kvstore::inputs::Goal::Values)
        .with_environment_identity(SESSION)
        .input("aws-region", "us-west-2")
        .input("secrets", &format!("*={HERE}/app/*"))
        .then(page("/app/", None, &[other], None))
        .run();
    assert!(run.fails_with("value-unusable").contains("in another account or region"));
}

#[test]
fn an_answer_with_parameters_of_elsewhere_is_unusable() {
    for name in ["/other/A", "/app", "/app/a\n::add-mask::x"] {
        let run = secrets("*=@/app/*").then(page("/app/", None, &[secure(name)], None).again_and_again()).run();
        let text = run.fails_with("answer-unusable");
        assert!(!text.contains("::"), "{text}");
    }
}

#[test]
fn a_wrong_partition_is_told_for_parameters_too() {
    let arn = "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/app";
    let run = Script::new("").input("secrets", &format!("A={arn}/a\n*={arn}/*")).run();
    let text = run.fails_with("invalid-input");
    assert!(text.contains("`A` is in partition aws-cn") && text.contains("`*` is in partition aws-cn"), "{text}");
}

#[test]
fn no_error_has_a_value_of_a_parameter_that_was_read() {
    let run = secrets("A=@/app/a\nB=@/app/b\n*=@/app/*")
        .together([
            parameters(&["/app/a", "/app/b"], &[secure("/app/a")], &["/app/b"]),
            page("/app/", None, &[secure("/app/x-y")], None),
        ])
        .run();
    let text = run.fails_with("name-unusable");
    assert!(!text.contains(MARKER), "{text}");
    assert!(!run.logs.iter().any(|log| matches!(log, Log::Info(text) if text.contains(MARKER))));
}
