//! The input `secrets` against a scripted host: which calls read which secrets, and what becomes of each refusal.

use std::time::Duration;

use crate::scripted_host::*;
use env_kvstore::host::http::{Log, SendFailure};
use serde_json::json;

const STORE: &str = "octo-org/repo/octo-org/app/secrets";
const PRODUCTION_STORE: &str = "octo-org/repo/octo-org/app/env/production/secrets";
const OREGON: &str = "https://secretsmanager.us-west-2.amazonaws.com/";
const FRANKFURT: &str = "https://secretsmanager.eu-central-1.amazonaws.com/";
/// A secret of another account in another region.
const DATADOG: &str = "arn:aws:secretsmanager:eu-central-1:210987654321:secret:shared/datadog-AbCdEf";
const VERSION: &str = "9d4cb84b-ad69-40c0-a0ab-cead36b967e8";

const DENIED: (&str, &str) = ("AccessDeniedException", "User is not authorized to perform this");
const NOT_FOUND: (&str, &str) = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
const THROTTLED: (&str, &str) = ("ThrottlingException", "Rate exceeded");

/// A run with lines of `secrets` and none of `values`.
fn secrets(lines: &str) -> Script {
    Script::new("").input("secrets", lines)
}

fn loaded(run: &Run) -> Vec<(String, String)> {
    read_file_commands(&run.plan().environment)
}

fn pair(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

/// The names of `count` secrets.
fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("shared/s{number}")).collect()
}

/// A line for each, into `V0`, `V1`, ...
fn lines(secret_ids: &[String]) -> String {
    secret_ids.iter().enumerate().map(|(number, id)| format!("V{number}={id}\n")).collect()
}

/// What [`lines`] load if every secret is read.
fn all_of(secret_ids: &[String]) -> Vec<(String, String)> {
    secret_ids.iter().enumerate().map(|(number, id)| pair(&format!("V{number}"), &value_of(id))).collect()
}

fn text_of(secret_id: &str) -> Item {
    Item::Text(value_of(secret_id))
}

/// Each of them with a call of its own.
fn single(secret_ids: &[String]) -> Vec<Expectation> {
    secret_ids.iter().map(|id| store(id, &value_of(id))).collect()
}

fn batch_denied(secret_ids: &[String]) -> Expectation {
    batch(secret_ids, text_of).refused(
        400,
        "AccessDeniedException",
        "User is not authorized to perform: secretsmanager:BatchGetSecretValue",
    )
}

/// In the role's own account, in Frankfurt.
fn in_frankfurt(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}")
}

// One by one

#[test]
fn a_secret_is_asked_for_by_name_key_stage_and_version_id() {
    let text = document(&["api-key"]);
    let run = secrets(&format!(
        "A=shared/a\nB=shared/b:api-key\nC=shared/c::AWSPREVIOUS\nD=shared/d:::{VERSION}\n\
         E=shared/e:api-key:AWSPENDING:{VERSION}"
    ))
    .with_session(&Job::push())
    .together([
        store("shared/a", "CANARY-a"),
        store("shared/b", &text),
        version("shared/c", Some("AWSPREVIOUS"), None, "CANARY-c"),
        version("shared/d", None, Some(VERSION), "CANARY-d"),
        version("shared/e", Some("AWSPENDING"), Some(VERSION), &text),
    ])
    .run();
    let key = value_of("api-key");
    let expected = [("A", "CANARY-a"), ("B", key.as_str()), ("C", "CANARY-c"), ("D", "CANARY-d"), ("E", key.as_str())];
    assert_eq!(loaded(&run), expected.map(|(name, text)| pair(name, text)));
}

#[test]
fn a_secret_by_arn_is_asked_for_in_its_region_and_signed_for_that() {
    let run = secrets(&format!("A={DATADOG}:api-key"))
        .with_session(&Job::push())
        .then(store(DATADOG, &document(&["api-key"])).at(FRANKFURT).signed_for("eu-central-1"))
        .run();
    assert_eq!(loaded(&run), [pair("A", &value_of("api-key"))]);
    assert!(run.early_connections.iter().all(|early| !early.origin.contains("secretsmanager.us-west-2")));
}

#[test]
fn a_secret_by_name_is_in_the_region_and_account_of_the_inputs() {
    let secret_id = "arn:aws:secretsmanager:eu-central-1:210987654321:secret:shared/a";
    let run = secrets("A=shared/a")
        .input("secrets-manager-region", "eu-central-1")
        .input("secrets-manager-account-id", "210987654321")
        .with_session(&Job::push())
        .then(store(secret_id, "CANARY").at(FRANKFURT).signed_for("eu-central-1"))
        .run();
    assert_eq!(loaded(&run), [pair("A", MARKER)]);
}

#[test]
fn secrets_alone_read_no_store() {
    let run = secrets("A=shared/a").with_session(&Job::production()).then(store("shared/a", MARKER)).run();
    assert_eq!(loaded(&run), [pair("A", MARKER)]);
    assert!(run.warnings().is_empty() && run.notices().is_empty(), "{}", run.log_text());
}

#[test]
fn a_secret_that_many_lines_name_is_fetched_once() {
    let run = secrets("A=shared/a:x\nB=shared/a:y\nC=shared/a\nD=shared/a:x:AWSPREVIOUS\nE=shared/a:y:AWSPREVIOUS")
        .with_session(&Job::push())
        .together([
            store("shared/a", r#"{"x":"CANARY-x","y":2}"#),
            version("shared/a", Some("AWSPREVIOUS"), None, r#"{"x":"CANARY-old","y":1}"#),
        ])
        .run();
    let whole = r#"{"x":"CANARY-x","y":2}"#;
    let expected = [("A", "CANARY-x"), ("B", "2"), ("C", whole), ("D", "CANARY-old"), ("E", "1")];
    assert_eq!(loaded(&run), expected.map(|(name, text)| pair(name, text)));
}

#[test]
fn a_store_that_a_line_names_too_is_fetched_once() {
    let run = Script::new("A,secret")
        .input("secrets", &format!("B={STORE}:B\nC={STORE}"))
        .with_session(&Job::push())
        .then(store(STORE, &document(&["A", "B"])))
        .run();
    let whole = document(&["A", "B"]);
    assert_eq!(loaded(&run), [pair("A", &value_of("A")), pair("B", &value_of("B")), pair("C", &whole)]);
}

#[test]
fn all_keys_of_a_store_leave_alone_what_a_line_of_secrets_names() {
    let run = Script::new("*,secret")
        .input("secrets", "A=shared/a")
        .with_session(&Job::push())
        .together([store(STORE, &document(&["A", "B"])), store("shared/a", "CANARY-of-the-line")])
        .run();
    assert_eq!(loaded(&run), [pair("B", &value_of("B")), pair("A", "CANARY-of-the-line")]);
}

#[test]
fn a_secret_is_masked_and_the_summary_and_log_say_where_it_is_from() {
    let run = secrets("A=shared/a").with_session(&Job::push()).then(store("shared/a", "CANARY-a")).run();
    let plan = run.plan();
    assert!(plan.masks.iter().any(|mask| mask.secret() == "CANARY-a"));
    assert!(plan.summary.contains("| `A` | secret | secret: `shared/a` | `0000"), "{}", plan.summary);
    assert!(run.logs.contains(&Log::Info(format!("Read shared/a ({})", arn_of("shared/a")))), "{}", run.log_text());
    assert!(run.log_text().contains("A (secret) from secret shared/a"), "{}", run.log_text());
}

#[test]
fn a_binary_secret_is_exported_as_base64_and_its_keys_as_the_text_that_it_is() {
    use base64::Engine;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let binary = |name: &str, bytes: &[u8]| {
        let body = json!({ "ARN": arn_of(name), "VersionId": "v", "SecretBinary": base64(bytes) }).to_string();
        store(name, "").answers(200, &body)
    };
    let text = document(&["k"]);
    let run = secrets("A=shared/key\nB=shared/json\nC=shared/json:k")
        .with_session(&Job::push())
        .forbid(&base64(&[0xff; 24]))
        .together([binary("shared/key", &[0xff; 24]), binary("shared/json", text.as_bytes())])
        .run();
    let expected = [pair("A", &base64(&[0xff; 24])), pair("B", &base64(text.as_bytes())), pair("C", &value_of("k"))];
    assert_eq!(loaded(&run), expected);
}

#[test]
fn a_handful_needs_no_permission_to_batch() {
    let five = names(5);
    let run = secrets(&lines(&five)).with_session(&Job::push()).together(single(&five)).run();
    assert_eq!(loaded(&run), all_of(&five));
    assert!(run.requests[5..].iter().all(|sent| sent.at == run.requests[5].at), "{:?}", run.requests);
}

// Many in a call

#[test]
fn six_are_one_call() {
    let six = names(6);
    let run = secrets(&lines(&six)).with_session(&Job::push()).then(batch(&six, text_of)).run();
    assert_eq!(loaded(&run), all_of(&six));
    assert!(run.notices().is_empty(), "{}", run.log_text());
}

#[test]
fn forty_five_are_three_calls_and_a_store_beside_them_a_fourth() {
    let all = names(45);
    let run = Script::new("A,secret")
        .input("secrets", &lines(&all))
        .with_session(&Job::push())
        .together([
            store(STORE, &document(&["A"])),
            batch(&all[..20], text_of),
            batch(&all[20..40], text_of),
            batch(&all[40..], text_of),
        ])
        .run();
    assert_eq!(loaded(&run), [vec![pair("A", &value_of("A"))], all_of(&all)].concat());
    assert!(run.requests[5..].iter().all(|sent| sent.at == run.requests[5].at), "{:?}", run.requests);
}

#[test]
fn versions_and_secrets_of_other_accounts_are_read_one_by_one_beside_a_batch() {
    let (six, old) = (names(6), version("shared/s0", Some("AWSPREVIOUS"), None, "CANARY-old"));
    let elsewhere = "arn:aws:secretsmanager:us-west-2:210987654321:secret:theirs";
    let run = secrets(&format!("{}OLD=shared/s0::AWSPREVIOUS\nTHEIRS={elsewhere}", lines(&six)))
        .with_session(&Job::push())
        .together([batch(&six, text_of), old, store(elsewhere, "CANARY-theirs")])
        .run();
    assert_eq!(loaded(&run)[6..], [pair("OLD", "CANARY-old"), pair("THEIRS", "CANARY-theirs")]);
}

#[test]
fn secrets_by_arn_are_told_apart_in_a_batch_with_or_without_their_suffix() {
    let mut ids: Vec<_> = names(4).iter().map(|name| in_frankfurt(name)).collect();
    // One beginning with the name of another, and one whose name ends as an ARN may.
    ids.extend([in_frankfurt("shared/s1-AbCdEf"), in_frankfurt("shared/s10"), in_frankfurt("shared/s1/x")]);
    let mut whole = ids.clone();
    whole[0] += "-AbCdEf";
    // The name of an ARN whose suffix was asked for is without it.
    let entry = |asked: &str, name: &str| json!({ "ARN": in_frankfurt(&format!("{name}-AbCdEf")), "Name": name, "SecretString": value_of(asked) });
    let values: Vec<_> =
        whole.iter().zip(&ids).map(|(asked, id)| entry(asked, id.rsplit(":secret:").next().unwrap())).collect();
    // `shared/s1` is asked for twice, by ARN without the suffix and with it. What its name begins stands before it.
    let values: Vec<_> = (0..values.len()).rev().filter(|index| *index != 4).map(|index| &values[index]).collect();
    let body = json!({ "SecretValues": values, "Errors": [] }).to_string();
    let run = secrets(&lines(&whole))
        .with_session(&Job::push())
        .then(batch(&whole, text_of).at(FRANKFURT).signed_for("eu-central-1").answers(200, &body))
        .run();
    let mut expected = all_of(&whole);
    expected[4].1 = value_of(&whole[1]);
    assert_eq!(loaded(&run), expected);
}

#[test]
fn twenty_secrets_of_the_largest_size_are_not_too_much() {
    let twenty = names(20);
    // 65,536 bytes, of which JSON makes six times as many.
    let large = |secret_id: &str| value_of(secret_id) + &"\u{1}".repeat(65_536 - value_of(secret_id).len());
    let run =
        secrets(&lines(&twenty)).with_session(&Job::push()).then(batch(&twenty, |id| Item::Text(large(id)))).run();
    let expected: Vec<_> =
        twenty.iter().enumerate().map(|(number, id)| pair(&format!("V{number}"), &large(id))).collect();
    assert!(loaded(&run) == expected);
}

#[test]
fn an_answer_larger_than_any_batch_is_unusable() {
    let six = names(6);
    let run = secrets(&lines(&six))
        .with_session(&Job::push())
        .then(batch(&six, |_| Item::Text(format!("{MARKER}{}", "x".repeat(2 * 1024 * 1024)))).again_and_again())
        .run();
    run.fails_with("answer-unusable");
    assert_eq!(run.count("BatchGetSecretValue"), 3);
}

#[test]
fn a_batch_that_fails_is_tried_again_as_a_batch() {
    let six = names(6);
    for bad in [
        batch(&six, text_of).answers(500, "CANARY"),
        batch(&six, text_of).refused(400, THROTTLED.0, THROTTLED.1),
        batch(&six, text_of).fails(SendFailure::Connection("ECONNRESET".to_owned())),
        batch(&six, text_of).answers(200, "CANARY"),
        batch(&six, text_of).silent(),
    ] {
        let run = secrets(&lines(&six)).with_session(&Job::push()).then(bad).then(batch(&six, text_of)).run();
        assert_eq!(loaded(&run), all_of(&six));
        assert_eq!(run.sleeps.len(), 1);
        assert!(run.notices().is_empty(), "{}", run.log_text());
    }
}

// How many calls at once

#[test]
fn no_more_than_eight_calls_are_under_way_in_a_region() {
    let sixty = names(60);
    let run = secrets(&sixty.iter().enumerate().map(|(n, id)| format!("V{n}={id}::AWSPREVIOUS\n")).collect::<String>())
        .with_session(&Job::push())
        .together(sixty.iter().enumerate().map(|(number, id)| {
            let takes = Duration::from_millis(5 + 7 * (number as u64 % 5));
            version(id, Some("AWSPREVIOUS"), None, &value_of(id)).after(takes)
        }))
        .run();
    assert_eq!(loaded(&run), all_of(&sixty));
    assert_eq!(run.most_under_way(OREGON), 8);
    // A call that has ended makes room for the next at once: in the mean 19 ms each, eight at a time.
    assert!(run.elapsed < Duration::from_millis(40 + 60 * 19 / 8 + 40), "{:?}", run.elapsed);
}

#[test]
fn two_regions_are_read_side_by_side() {
    let there: Vec<_> = names(12).iter().map(|name| format!("{}::AWSPREVIOUS", in_frankfurt(name))).collect();
    let here: Vec<_> = names(12).iter().map(|name| format!("{name}::AWSPREVIOUS")).collect();
    let all = [here, there].concat();
    let slow = |id: &String| {
        let id = id.strip_suffix("::AWSPREVIOUS").unwrap();
        let call = version(id, Some("AWSPREVIOUS"), None, &value_of(id)).after(Duration::from_millis(100));
        if id.starts_with("arn:") { call.at(FRANKFURT).signed_for("eu-central-1") } else { call }
    };
    let run = secrets(&lines(&all)).with_session(&Job::push()).together(all.iter().map(slow)).run();
    run.plan();
    assert_eq!((run.most_under_way(OREGON), run.most_under_way(FRANKFURT)), (8, 8));
    // Sixteen leave at once, and eight when those are answered.
    let sent = |after: u64| run.requests.iter().filter(|sent| sent.at == Duration::from_millis(40 + after)).count();
    assert_eq!((sent(0), sent(100)), (16, 8));
}

#[test]
fn batches_of_two_regions_are_each_regions_own() {
    let here = names(6);
    let there: Vec<_> = here.iter().map(|name| in_frankfurt(name)).collect();
    let all = [here.clone(), there.clone()].concat();
    let run = secrets(&lines(&all))
        .with_session(&Job::push())
        .together([batch(&here, text_of), batch(&there, text_of).at(FRANKFURT).signed_for("eu-central-1")])
        .run();
    assert_eq!(loaded(&run), all_of(&all));
}

#[test]
fn a_connection_to_each_origin_is_opened_at_first_and_one_for_each_call_once_they_are_known() {
    let job = Job::push();
    let many: Vec<_> = names(12).iter().map(|name| format!("{name}::AWSPREVIOUS")).collect();
    let run = Script::new("A,secret")
        .input("secrets", &format!("{}DATADOG={DATADOG}\nTHEIRS={DATADOG}::AWSPREVIOUS", lines(&many)))
        .together([job.github_token().after(Duration::from_millis(30)), jwks()])
        .exchanged(&job)
        .together(
            names(12)
                .iter()
                .map(|id| version(id, Some("AWSPREVIOUS"), None, MARKER))
                .chain([
                    store(STORE, &document(&["A"])),
                    store(DATADOG, MARKER).at(FRANKFURT).signed_for("eu-central-1"),
                    version(DATADOG, Some("AWSPREVIOUS"), None, MARKER).at(FRANKFURT).signed_for("eu-central-1"),
                ])
                .collect::<Vec<_>>(),
        )
        .run();
    run.plan();
    let opened = |at: u64| {
        let early = run.early_connections.iter().filter(|early| early.at == Duration::from_millis(at));
        early.map(|early| (early.origin.trim_start_matches("https://"), early.count)).collect::<Vec<_>>()
    };
    let first = [
        ("cognito-identity.us-west-2.amazonaws.com", 1),
        ("sts.us-west-2.amazonaws.com", 1),
        ("secretsmanager.us-west-2.amazonaws.com", 1),
        ("secretsmanager.eu-central-1.amazonaws.com", 1),
    ];
    assert_eq!(opened(0), first);
    let then = [("secretsmanager.us-west-2.amazonaws.com", 8), ("secretsmanager.eu-central-1.amazonaws.com", 2)];
    assert_eq!(opened(30), then);
    assert_eq!(run.early_connections.len(), 6);
}

#[test]
fn a_batch_is_one_connection_however_many_it_reads() {
    let all = names(25);
    let run = secrets(&lines(&all))
        .with_session(&Job::push())
        .together([batch(&all[..20], text_of), batch(&all[20..], text_of)])
        .run();
    run.plan();
    assert_eq!(run.early_connections.last().unwrap().count, 2);
}

#[test]
fn no_call_leaves_when_the_steps_time_is_up() {
    let many = names(20);
    let silent = many.iter().map(|id| version(id, Some("AWSPREVIOUS"), None, "").silent().again_and_again());
    let calls: String = many.iter().enumerate().map(|(n, id)| format!("V{n}={id}::AWSPREVIOUS\n")).collect();
    let run = secrets(&calls)
        .input("timeout-seconds", "3")
        .with_session(&Job::push())
        .together(silent.take(8).collect::<Vec<_>>())
        .run();
    run.fails_with("deadline-exceeded");
    assert_eq!(run.elapsed, Duration::from_secs(3));
}

// Batches that are refused

#[test]
fn a_role_that_may_not_batch_reads_each_secret_once_with_one_notice() {
    let all = names(45);
    let run = secrets(&lines(&all))
        .with_session(&Job::push())
        .together([batch_denied(&all[..20]), batch_denied(&all[20..40]), batch_denied(&all[40..])])
        .together(single(&all))
        .run();
    assert_eq!(loaded(&run), all_of(&all));
    assert_eq!(run.most_under_way(OREGON), 8);
    assert!(run.sleeps.is_empty());
    let [notice] = run.notices()[..] else { panic!("{}", run.log_text()) };
    for part in ["45 secrets", "us-west-2", "AccessDeniedException", "`secretsmanager:BatchGetSecretValue` on `*`"] {
        assert!(notice.contains(part), "{part} is not in: {notice}");
    }
}

#[test]
fn batches_that_have_not_left_are_not_sent_after_one_is_refused() {
    let all = names(45);
    // Seven calls that take long leave one place for batches.
    let slow = (0..7).map(|number| format!("other{number}")).collect::<Vec<_>>();
    let slow_lines = slow.iter().enumerate().map(|(n, id)| format!("W{n}={id}::AWSPREVIOUS\n")).collect::<String>();
    let beside = slow.iter().map(|id| version(id, Some("AWSPREVIOUS"), None, MARKER).after(Duration::from_secs(1)));
    let run = secrets(&format!("{}{slow_lines}", lines(&all)))
        .with_session(&Job::push())
        .together(beside.chain([batch_denied(&all[..20])]).collect::<Vec<_>>())
        .together(single(&all))
        .run();
    assert_eq!(loaded(&run)[..45], all_of(&all));
    assert_eq!(run.count("BatchGetSecretValue"), 1);
    let [notice] = run.notices()[..] else { panic!("{}", run.log_text()) };
    assert!(notice.contains("45 secrets"), "{notice}");
}

#[test]
fn a_batch_refused_in_one_region_is_no_matter_of_another() {
    let here = names(6);
    let there: Vec<_> = here.iter().map(|name| in_frankfurt(name)).collect();
    let all = [here.clone(), there.clone()].concat();
    let mut together = vec![batch(&there, text_of).at(FRANKFURT).signed_for("eu-central-1"), batch_denied(&here)];
    together.extend(single(&here));
    let run = secrets(&lines(&all)).with_session(&Job::push()).together(together).run();
    assert_eq!(loaded(&run), all_of(&all));
    assert_eq!(run.notices().len(), 1, "{}", run.log_text());
}

#[test]
fn a_batch_that_is_refused_for_one_of_its_secrets_is_read_one_by_one() {
    let six = names(6);
    for code in
        ["InvalidParameterException", "InvalidRequestException", "DecryptionFailure", "ResourceNotFoundException"]
    {
        let run = secrets(&lines(&six))
            .with_session(&Job::push())
            .then(batch(&six, text_of).refused(400, code, "no"))
            .together(single(&six))
            .run();
        assert_eq!(loaded(&run), all_of(&six));
        assert_eq!(run.notices().len(), 1, "{}", run.log_text());
    }
}

#[test]
fn what_single_reads_after_a_refused_batch_are_refused_is_named_for_each() {
    let six = names(6);
    let mut singly = single(&six[2..]);
    singly.push(store(&six[0], "").refused(400, DENIED.0, DENIED.1));
    singly.push(store(&six[1], "").refused(400, NOT_FOUND.0, NOT_FOUND.1));
    let run = secrets(&lines(&six)).with_session(&Job::push()).then(batch_denied(&six)).together(singly).run();
    let text = run.fails_with("store-access-denied");
    assert!(text.contains("shared/s0 (") && text.contains("shared/s1 ("), "{text}");
    assert_eq!(run.notices().len(), 1, "{}", run.log_text());
}

#[test]
fn credentials_that_a_batch_finds_wrong_end_the_run_without_single_reads() {
    let all = names(45);
    for (code, expected) in [
        ("UnrecognizedClientException", "credentials-refused"),
        ("ExpiredTokenException", "credentials-refused"),
        ("InvalidSignatureException", "signature-refused"),
    ] {
        let refused = |ids: &[String]| batch(ids, text_of).refused(400, code, &format!("{SESSION_TOKEN} is wrong"));
        let run = secrets(&lines(&all))
            .with_session(&Job::push())
            .together([refused(&all[..20]), refused(&all[20..40]), refused(&all[40..])])
            .run();
        run.fails_with(expected);
        assert_eq!((run.count("BatchGetSecretValue"), run.count("GetSecretValue")), (3, 0));
        assert!(run.notices().is_empty() && run.sleeps.is_empty(), "{}", run.log_text());
    }
}

#[test]
fn a_proxys_page_in_place_of_a_batch_is_no_permission_that_lacks() {
    let six = names(6);
    let page = batch(&six, text_of).answers(403, "<html>CANARY</html>");
    let run = secrets(&lines(&six)).with_session(&Job::push()).then(page).run();
    run.fails_with("answer-unusable");
    assert!(run.notices().is_empty(), "{}", run.log_text());
}

#[test]
fn a_batch_that_no_attempt_gets_through_ends_the_run() {
    let six = names(6);
    for (bad, expected) in [
        (batch(&six, text_of).answers(500, "CANARY"), "service-fault"),
        (batch(&six, text_of).refused(400, THROTTLED.0, THROTTLED.1), "throttled"),
        (batch(&six, text_of).silent(), "service-unreachable"),
        (batch(&six, text_of).answers(200, "{\"SecretValues\":[{\"ARN\":\"CANARY\"}]}"), "answer-unusable"),
    ] {
        let run = secrets(&lines(&six)).with_session(&Job::push()).then(bad.again_and_again()).run();
        run.fails_with(expected);
        assert_eq!((run.count("BatchGetSecretValue"), run.count("GetSecretValue")), (3, 0));
    }
}

#[test]
fn a_batch_signed_for_the_wrong_hour_is_signed_anew() {
    let six = names(6);
    let theirs = START + 3600;
    let run = secrets(&lines(&six))
        .with_session(&Job::push())
        .then(
            batch(&six, text_of)
                .refused(403, "InvalidSignatureException", "Signature expired")
                .header("date", &http_date(theirs)),
        )
        .then(batch(&six, text_of).signed_at(theirs))
        .run();
    assert_eq!(loaded(&run), all_of(&six));
}

// Items of a batch that have no value

#[test]
fn all_items_that_are_denied_or_do_not_exist_are_named_in_one_error() {
    let all = names(25);
    let item = |id: &str| match id {
        "shared/s3" | "shared/s24" => Item::Refused(DENIED.0, DENIED.1),
        "shared/s7" => Item::Refused(NOT_FOUND.0, NOT_FOUND.1),
        id => text_of(id),
    };
    let run = secrets(&lines(&all))
        .with_session(&Job::push())
        .together([batch(&all[..20], item), batch(&all[20..], item)])
        .run();
    let text = run.fails_with("store-access-denied");
    for part in
        ["shared/s3 (", "shared/s7 (", "shared/s24 (", DENIED.0, NOT_FOUND.0, "repository=octo-org/app", "req-1"]
    {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert_eq!(text.matches("\n- ").count(), 3, "{text}");
    assert!(!text.contains("HTTP 200"), "{text}");
    assert_eq!(run.count("GetSecretValue"), 0);
    assert!(run.sleeps.is_empty());
}

/// A run of secrets in a batch, which throttles `shared/s4`.
fn with_s4_throttled(secret_ids: &[String]) -> Script {
    let item = |id: &str| if id == "shared/s4" { Item::Refused(THROTTLED.0, THROTTLED.1) } else { text_of(id) };
    secrets(&lines(secret_ids)).with_session(&Job::push()).then(batch(secret_ids, item))
}

#[test]
fn a_throttled_item_is_read_singly_after_a_pause() {
    let six = names(6);
    let run = with_s4_throttled(&six).then(store("shared/s4", &value_of("shared/s4"))).run();
    assert_eq!(loaded(&run), all_of(&six));
    assert_eq!(run.sleeps.len(), 1);
    assert!(run.sleeps[0] <= Duration::from_secs(1), "{:?}", run.sleeps);
    let [.., in_batch, singly] = run.requests.as_slice() else { panic!("{:?}", run.requests) };
    assert_eq!(singly.at, in_batch.answered_at.unwrap() + run.sleeps[0]);
    assert!(run.notices().is_empty(), "{}", run.log_text());
}

#[test]
fn an_item_throttled_until_attempts_are_used_up_fails_as_throttled() {
    let six = names(6);
    let run = with_s4_throttled(&six)
        .then(store("shared/s4", "").refused(400, THROTTLED.0, THROTTLED.1).again_and_again())
        .run();
    let text = run.fails_with("throttled");
    assert!(text.contains("shared/s4") && text.contains("tried 3 times"), "{text}");
    // The batch was the first attempt of three.
    assert_eq!((run.count("GetSecretValue"), run.sleeps.len()), (2, 2));
}

#[test]
fn a_faulty_item_is_read_singly_too() {
    let six = names(6);
    let item = |id: &str| if id == "shared/s4" { Item::Refused("InternalServiceError", "no") } else { text_of(id) };
    let run = secrets(&lines(&six))
        .with_session(&Job::push())
        .then(batch(&six, item))
        .then(store("shared/s4", &value_of("shared/s4")))
        .run();
    assert_eq!(loaded(&run), all_of(&six));
    assert!(run.sleeps.iter().all(|pause| *pause <= Duration::from_millis(50)), "{:?}", run.sleeps);
}

#[test]
fn items_missing_from_an_answer_are_read_singly_at_once() {
    let all = names(22);
    let is_missing = |id: &str| id.ends_with('5');
    let item = |id: &str| if is_missing(id) { Item::Missing } else { text_of(id) };
    let missing: Vec<_> = all.iter().filter(|id| is_missing(id)).cloned().collect();
    let run = secrets(&lines(&all))
        .with_session(&Job::push())
        .together([batch(&all[..20], item), batch(&all[20..], item)])
        .together(single(&missing))
        .run();
    assert_eq!(loaded(&run), all_of(&all));
    assert_eq!(missing.len(), 2);
    assert!(run.sleeps.is_empty() && run.notices().is_empty(), "{}", run.log_text());
}

#[test]
fn an_item_that_repeats_a_credential_is_shown_without_it() {
    let six = names(6);
    let mut refused = [("AccessDeniedException", SESSION_TOKEN), (SESSION_TOKEN, "no")].into_iter().cycle();
    let pairs: Vec<_> = six.iter().map(|_| refused.next().unwrap()).collect();
    let run = secrets(&lines(&six))
        .with_session(&Job::push())
        .then(batch(&six, |id| {
            let (code, message) = pairs[six.iter().position(|other| other == id).unwrap()];
            Item::Refused(code, message)
        }))
        .run();
    run.fails_with("store-access-denied");
}

// What was read is not what was meant

#[test]
fn keys_that_a_secret_lacks_are_all_named_beside_those_that_a_store_lacks() {
    let run = Script::new("A,secret\nB,secret")
        .input("secrets", "C=shared/c:x\nD=shared/c:y\nE=shared/text:x\nF=shared/c:z\nG=shared/nul")
        .with_session(&Job::push())
        .together([
            store(STORE, &document(&["A"])),
            store("shared/c", r#"{"x":"CANARY","z":null}"#),
            store("shared/text", "CANARY, which is no JSON"),
            store("shared/nul", "CANARY\0"),
        ])
        .run();
    let text = run.fails_with("key-missing");
    for part in [
        "B: no key `B`",
        "D: no key `y` in shared/c",
        "shared/text is not JSON",
        "F: key `z` of shared/c is null",
        "G: shared/nul has a NUL character",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains("A:") && !text.contains("C:"), "{text}");
}

#[test]
fn a_secret_that_is_no_object_is_exported_whole() {
    for content in ["CANARY", "[\"CANARY\"]", "\"CANARY\"", "{\"CANARY\"", "CANARY\r\nline two\n", "", " "] {
        let run = secrets("A=shared/a").with_session(&Job::push()).then(store("shared/a", content)).run();
        assert_eq!(loaded(&run), [pair("A", content)]);
    }
}

// Refusals

#[test]
fn refusals_of_a_secret_name_it_its_version_and_what_another_account_must_do() {
    let refused = |line: &str, call: Expectation, (code, message): (&'static str, &str)| {
        secrets(line).with_session(&Job::push()).then(call.refused(400, code, message)).run()
    };
    let run = refused("A=shared/a", store("shared/a", ""), NOT_FOUND);
    assert!(run.fails_with("store-not-found").contains("shared/a (account 123456789012, region us-west-2)"));
    let run = refused("A=shared/a::OLD", version("shared/a", Some("OLD"), None, ""), NOT_FOUND);
    let text = run.fails_with("store-not-found");
    assert!(text.contains("version stage OLD") && text.contains("no such version"), "{text}");
    let run = refused(&format!("A=shared/a:::{VERSION}"), version("shared/a", None, Some(VERSION), ""), NOT_FOUND);
    assert!(run.fails_with("store-not-found").contains(&format!("version id {VERSION}")));
    let theirs = store(DATADOG, "").at(FRANKFURT).signed_for("eu-central-1");
    let text = refused(&format!("A={DATADOG}"), theirs, DENIED).fails_with("store-access-denied");
    for part in ["account 210987654321", "region eu-central-1", "resource policy", "KMS", ROLE] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn refusals_of_a_secret_that_many_lines_name_are_one() {
    let run = secrets("A=shared/a:x\nB=shared/a:y")
        .with_session(&Job::push())
        .then(store("shared/a", "").refused(400, DENIED.0, DENIED.1))
        .run();
    let text = run.fails_with("store-access-denied");
    assert_eq!(text.matches("GetSecretValue for").count(), 1, "{text}");
}

#[test]
fn refusals_of_an_environments_store_and_of_secrets_are_in_one_error() {
    for (secrets, count) in [("B=shared/b", 2), ("B=shared/b\nC=shared/c", 3)] {
        let mut calls = vec![
            store(PRODUCTION_STORE, "").refused(400, DENIED.0, DENIED.1),
            store(STORE, &document(&["A"])),
            store("shared/b", "").refused(400, NOT_FOUND.0, NOT_FOUND.1),
            store("shared/c", "").refused(400, DENIED.0, DENIED.1),
        ];
        calls.truncate(count + 1);
        let run =
            Script::new("A,secret").input("secrets", secrets).with_session(&Job::production()).together(calls).run();
        let text = run.fails_with("store-access-denied");
        assert!(text.contains(PRODUCTION_STORE) && text.contains("shared/b ("), "{text}");
        assert_eq!(text.matches("\n- ").count(), count, "{text}");
    }
}

#[test]
fn refusals_of_the_repositorys_store_and_of_a_secret_are_in_one_error() {
    let run = Script::new("A,secret")
        .input("secrets", "B=shared/b")
        .with_session(&Job::push())
        .together([
            store(STORE, "").refused(400, DENIED.0, DENIED.1),
            store("shared/b", "").refused(400, DENIED.0, DENIED.1),
        ])
        .run();
    let text = run.fails_with("store-access-denied");
    assert!(text.contains(STORE) && text.contains("shared/b ("), "{text}");
}

#[test]
fn what_a_store_lacks_and_what_a_secret_is_refused_are_in_one_error() {
    for (stores, says) in [
        (store(STORE, &document(&["X"])), "A: no key `A`"),
        (store(STORE, "").refused(400, NOT_FOUND.0, NOT_FOUND.1), STORE),
        (store(STORE, "CANARY"), "is not JSON"),
    ] {
        let run = Script::new("A,secret")
            .input("secrets", "B=shared/b")
            .with_session(&Job::push())
            .together([stores, store("shared/b", "").refused(400, DENIED.0, DENIED.1)])
            .run();
        let text = format!("{}\n{}", run.error(), run.error().hint());
        assert!(text.contains(says) && text.contains("shared/b (") && text.contains(DENIED.0), "{text}");
    }
}

#[test]
fn a_store_that_a_line_names_too_is_refused_once() {
    let run = Script::new("A,secret")
        .input("secrets", &format!("B={PRODUCTION_STORE}:B"))
        .with_session(&Job::production())
        .together([store(PRODUCTION_STORE, "").refused(400, DENIED.0, DENIED.1), store(STORE, &document(&["A"]))])
        .run();
    let text = run.fails_with("store-access-denied");
    assert_eq!(text.matches("GetSecretValue for").count(), 1, "{text}");
}

#[test]
fn an_environments_store_that_falls_back_for_values_does_not_for_a_line_of_secrets() {
    let run = Script::new("A,secret")
        .input("secrets", &format!("B={PRODUCTION_STORE}:B"))
        .with_session(&Job::production())
        .together([
            store(PRODUCTION_STORE, "").refused(400, NOT_FOUND.0, NOT_FOUND.1),
            store(STORE, &document(&["A", "B"])),
        ])
        .run();
    run.fails_with("store-not-found");
}

// Inputs

#[test]
fn wrong_lines_of_secrets_are_all_reported_and_nothing_is_sent() {
    let run = Script::new("A,secret")
        .input(
            "secrets",
            "B\nC=\nB=x y\nPATH=x\nD=a\nD=b\nE=a:k:s:short\n\
             F=arn:aws:ssm:us-west-2:1234:parameter/x\nG=a:k:s:v:more",
        )
        .run();
    let text = run.fails_with("invalid-input");
    for part in [
        "secrets: line 1, `B`: is not `ENV_VAR=",
        "secrets: line 2, `C=`: has no secret's name or ARN",
        "secrets: line 3, `B=x y`",
        "secrets: line 4, `PATH=x`",
        "secrets: line 6, `D=b`: `D` is already set on line 5",
        "secrets: line 7, `E=a:k:s:short`: has a version id",
        "secrets: line 8, `F=arn:aws:ssm",
        "secrets: line 9, `G=a:k:s:v:more`",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(run.requests.is_empty() && run.early_connections.is_empty());
}

#[test]
fn a_name_in_values_and_in_secrets_is_refused() {
    let run = Script::new("A,secret\nB,variable").input("secrets", "B=shared/b\nC=shared/c\nA=shared/a").run();
    let text = run.fails_with("invalid-input");
    for name in ["A", "B"] {
        assert!(text.contains(&format!("secrets: `{name}` is already set in `values`")), "{text}");
    }
    assert!(!text.contains("`C`"), "{text}");
    assert!(run.requests.is_empty() && run.early_connections.is_empty());
}

#[test]
fn an_arn_of_another_partition_than_the_roles_is_refused() {
    let arn = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:shared/a";
    let run = secrets(&format!("A={arn}\nB={DATADOG}")).run();
    let text = run.fails_with("invalid-input");
    assert!(text.contains("secrets: `A` is in partition aws-cn, the role in aws"), "{text}");
    assert!(!text.contains("`B`"), "{text}");
    assert!(run.requests.is_empty() && run.early_connections.is_empty());
}

// No error holds a value

#[test]
fn secrets_that_were_read_are_in_no_error_about_others() {
    // Every text below holds the marker, which the script looks for in all that is shown.
    let six = names(6);
    for refused in [DENIED, NOT_FOUND, ("DecryptionFailure", "no"), ("", ""), ("a code", "no")] {
        let item = |id: &str| if id == "shared/s2" { Item::Refused(refused.0, refused.1) } else { text_of(id) };
        secrets(&lines(&six)).with_session(&Job::push()).then(batch(&six, item)).run().error();
    }
    let whole = |secret_id: &str| Item::Text(format!("{{\"k\":\"{}\"", value_of(secret_id)));
    let with_keys: String = six.iter().enumerate().map(|(n, id)| format!("V{n}={id}:k\n")).collect();
    let run = secrets(&with_keys).with_session(&Job::push()).then(batch(&six, whole)).run();
    let text = run.fails_with("store-not-an-object");
    assert!(six.iter().all(|id| text.contains(&format!("{id} is not"))), "{text}");
}

#[test]
fn an_answer_cut_off_in_a_value_is_not_quoted() {
    let six = names(6);
    for body in [
        r#"{"SecretValues":[{"ARN":"a","Name":"shared/s0","SecretString":"CANARY"#,
        r#"{"SecretValues":["CANARY",{"Name":"CANARY"}]}"#,
        r#"{"SecretValues":"CANARY"}"#,
        "CANARY",
    ] {
        let bad = batch(&six, text_of).answers(200, body).again_and_again();
        secrets(&lines(&six)).with_session(&Job::push()).then(bad).run().fails_with("answer-unusable");
    }
}
