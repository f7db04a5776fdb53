//! `audit --cloudtrail`: events as AWS documents them, judged by the rules of docs/use-cases/kvstore.json.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use env_kvstore_admin::account::Account;
use env_kvstore_admin::account::rules::{Ruled, Rules};
use env_kvstore_admin::audit::cloudtrail::{Trail, Usage, Use};
use env_kvstore_admin::audit::report::{Question, Report, report};
use env_kvstore_admin::kvstore::reader::Text;

const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");
const SESSIONS: &str = include_str!("../../tests/vectors/cloudtrail/sessions.json");
const READS: &str = include_str!("../../tests/vectors/cloudtrail/reads.json");
const WITHOUT_TAGS: &str = include_str!("../../tests/vectors/cloudtrail/without-tags.json");

const PRODUCTION: &str = "octo-enterprise/repo/octo-org/app/env/production/secrets";
const STAGING: &str = "octo-enterprise/repo/octo-org/web/env/staging/secrets";

fn ruled(kvstore: &str) -> Ruled {
    Rules::File(vec![Text { name: "kvstore.json".to_owned(), text: kvstore.to_owned() }]).read().unwrap()
}

fn report_of(kvstore: &str) -> Report {
    report(&ruled(kvstore), None, &Question::default())
}

fn account(kvstore: &str) -> Account {
    ruled(kvstore).account
}

fn usage_by(kvstore: &str, files: &[&str]) -> Usage {
    let mut trail = Trail::new(account(kvstore));
    for file in files {
        trail.add("log.json", file).unwrap();
    }
    trail.finish(&report_of(kvstore))
}

fn usage(files: &[&str]) -> Usage {
    usage_by(EXAMPLE, files)
}

fn of<'u>(usage: &'u Usage, store: &str, repository: Option<&str>) -> Vec<&'u Use> {
    usage.uses.iter().filter(|sum| sum.store == store && sum.repository.as_deref() == repository).collect()
}

#[test]
fn reads_are_joined_with_the_job_of_their_session_in_any_order_of_files() {
    let usage = usage(&[SESSIONS, READS]);
    assert_eq!(usage, self::usage(&[READS, SESSIONS]));
    let expected = Use {
        store: PRODUCTION.to_owned(),
        principal: "github-actions".to_owned(),
        repository: Some("octo-org/app".to_owned()),
        environment: Some("production".to_owned()),
        // By name and by ARN; the event that came twice counts once.
        reads: 2,
        denied: 0,
        sessions: 2,
        last_read: Some("2026-11-26T11:00:02Z".to_owned()),
        last_denied: None,
        run_id: Some("102".to_owned()),
        workflow: Some("octo-org/app/.github/workflows/ci.yml@refs/heads/main".to_owned()),
    };
    assert_eq!(of(&usage, PRODUCTION, Some("octo-org/app")), [&expected]);
    assert_eq!(usage.from.as_deref(), Some("2026-11-26T10:00:00Z"));
    assert_eq!(usage.to.as_deref(), Some("2026-11-26T13:00:00Z"));
    assert_eq!(usage.events, 12);
}

#[test]
fn a_denied_read_is_counted_apart_and_an_absent_secret_is_no_denial() {
    let usage = usage(&[SESSIONS, READS]);
    let [denied] = of(&usage, PRODUCTION, Some("octo-org/web"))[..] else { panic!("{usage:#?}") };
    assert_eq!((denied.reads, denied.denied, denied.last_read.as_deref()), (0, 1, None));
    assert_eq!(denied.last_denied.as_deref(), Some("2026-11-26T12:00:02Z"));
    assert!(!usage.uses.iter().any(|sum| sum.store.contains("app/env/staging")));
}

#[test]
fn a_batch_counts_where_no_event_of_its_own_says_more() {
    let usage = usage(&[SESSIONS, READS]);
    assert_eq!(of(&usage, STAGING, Some("octo-org/web"))[0].reads, 1);
    let variables = STAGING.replace("secrets", "variables");
    assert_eq!(of(&usage, &variables, Some("octo-org/web"))[0].reads, 1);
    let filter = READS.replace("\"secretIdList\"", "\"filters\"");
    assert!(self::usage(&[SESSIONS, &filter]).notes.iter().any(|note| note.starts_with("1 batches of secrets")));
}

#[test]
fn who_is_not_a_job_is_named_too() {
    let usage = usage(&[SESSIONS, READS]);
    let [alice] = of(&usage, PRODUCTION, None)[..] else { panic!("{usage:#?}") };
    assert_eq!((alice.principal.as_str(), alice.reads), ("arn:aws:iam::123456789012:user/Alice", 1));
}

#[test]
fn a_refused_session_is_listed_with_its_repository() {
    let usage = usage(&[SESSIONS]);
    let [refused] = &usage.refused[..] else { panic!("{usage:#?}") };
    assert_eq!((refused.role.as_str(), refused.error.as_str(), refused.count), ("github-actions", "AccessDenied", 1));
    assert_eq!((refused.repository.as_deref(), refused.run_id.as_deref()), (Some("octo-org/app"), Some("104")));
}

#[test]
fn grants_that_nobody_used_are_those_that_are_left() {
    let usage = usage(&[SESSIONS, READS]);
    let all = report_of(EXAMPLE)
        .stores
        .iter()
        .flat_map(|store| &store.readers)
        .map(|reader| reader.cases.len())
        .sum::<usize>();
    let unused: Vec<_> = usage.unused.iter().map(|unused| unused.store.as_str()).collect();
    assert!(!unused.contains(&PRODUCTION) && !unused.contains(&STAGING), "{unused:?}");
    assert!(
        unused.contains(&"platform/deploy")
            && unused.contains(&"octo-enterprise/repo/octo-org/web/env/production/secrets")
    );
    assert_eq!(self::usage(&[]).unused.len(), all);
    // A denied read uses no grant.
    let denied = READS.replace(
        "\"eventTime\": \"2026-11-26T1",
        "\"errorCode\": \"AccessDeniedException\", \"eventTime\": \"2026-11-26T1",
    );
    let denied = denied
        .replace("\"errorCode\": \"AccessDenied\",", "")
        .replace("\"errorCode\": \"ResourceNotFoundException\",", "");
    assert_eq!(self::usage(&[SESSIONS, &denied]).unused.len(), all);
}

#[test]
fn a_read_that_the_rules_of_today_would_deny_says_what_would_deny_it() {
    assert_eq!(usage(&[SESSIONS, READS]).unexplained, []);
    let changed = EXAMPLE.replace(
        r#""ref": "refs/heads/main" }, "read": ["env:production"]"#,
        r#""ref": "refs/heads/next" }, "read": ["env:production"]"#,
    );
    let changed = changed.replacen("refs/heads/main", "refs/heads/next", 1);
    let usage = usage_by(&changed, &[SESSIONS, READS]);
    let [unexplained] = &usage.unexplained[..] else { panic!("{usage:#?}") };
    assert_eq!((unexplained.by.store.as_str(), unexplained.by.reads, unexplained.by.sessions), (PRODUCTION, 2, 2));
    assert!(unexplained.why.contains("tags"), "{}", unexplained.why);
    let gone = EXAMPLE.replace("octo-org/app", "octo-org/other");
    let why = usage_by(&gone, &[SESSIONS, READS]).unexplained;
    assert!(why.iter().all(|read| read.why.contains("There is no secret")), "{why:#?}");
    assert!(!why.is_empty());
}

#[test]
fn a_session_without_tags_is_of_nobody_and_is_not_judged() {
    let usage = usage(&[WITHOUT_TAGS]);
    let [read] = &usage.uses[..] else { panic!("{usage:#?}") };
    assert_eq!((read.repository.as_deref(), read.reads, read.run_id.as_deref()), (None, 1, None));
    assert_eq!(usage.unexplained, []);
    assert!(usage.notes.iter().any(|note| note.starts_with("1 sessions have no session tags")), "{:?}", usage.notes);
}

#[test]
fn a_read_without_a_key_is_joined_by_the_session_and_the_time() {
    let keyless = READS.replace("\"accessKeyId\": \"ASIAAPPPRODUCTION001\"", "\"accessKeyId\": \"\"");
    assert_ne!(keyless, READS);
    let usage = usage(&[&keyless, SESSIONS]);
    assert_eq!(of(&usage, PRODUCTION, Some("octo-org/app"))[0].reads, 2);
    // One that began later is another one.
    let later = SESSIONS.replace("\"eventTime\": \"2026-11-26T10:00:00Z\"", "\"eventTime\": \"2026-11-26T10:30:00Z\"");
    assert_ne!(later, SESSIONS);
    assert_eq!(of(&self::usage(&[&keyless, &later]), PRODUCTION, Some("octo-org/app"))[0].reads, 1);
}

#[test]
fn sessions_of_one_name_are_many_in_the_enhanced_flow_and_each_counts() {
    let name = "101@8f3b1c2d4e5f60718293a4b5c6d7e8f901234567";
    let [sessions, reads] = [SESSIONS, READS].map(|file| file.replace(name, "CognitoIdentityCredentials"));
    assert_ne!(sessions, SESSIONS);
    let mut trail = Trail::new(account(EXAMPLE));
    for number in 0..200 {
        for file in [&sessions, &reads] {
            let own = file
                .replace("ASIA", &format!("ASIA{number}"))
                .replace("\"eventID\": \"", &format!("\"eventID\": \"{number}"));
            trail.add("log.json", &own).unwrap();
        }
    }
    let usage = trail.finish(&report_of(EXAMPLE));
    assert_eq!(of(&usage, PRODUCTION, Some("octo-org/app"))[0].reads, 400);
}

#[test]
fn sessions_are_let_go_a_day_after_their_last_event_and_still_counted() {
    let mut trail = Trail::new(account(EXAMPLE));
    for day in 1..=28 {
        for file in [SESSIONS, READS] {
            let dated = file
                .replace("2026-11-26T", &format!("2026-12-{day:02}T"))
                .replace("\"eventID\": \"", &format!("\"eventID\": \"{day}"));
            let dated = dated.replace("ASIA", &format!("ASIA{day}"));
            trail.add("log.json", &dated).unwrap();
        }
        assert!(trail.open_sessions() <= 12, "{}", trail.open_sessions());
    }
    let usage = trail.finish(&report_of(EXAMPLE));
    assert_eq!(
        (
            of(&usage, PRODUCTION, Some("octo-org/app"))[0].reads,
            of(&usage, PRODUCTION, Some("octo-org/app"))[0].sessions
        ),
        (56, 56)
    );
}

#[test]
fn a_file_that_is_not_cloudtrails_is_an_error_with_its_name_and_line() {
    for (text, line) in [
        ("", 1),
        ("[]", 1),
        ("{}", 1),
        ("{\n\"Records\": 3}", 2),
        ("{\"Records\": [\n{\"eventName\": \"x\"},\n{\"eventTime\": 3}]}", 3),
        ("{\"Records\": []} x", 1),
    ] {
        let problem = Trail::new(account(EXAMPLE)).add("a/b.json.gz", text).unwrap_err();
        assert_eq!((problem.file.as_str(), problem.line), ("a/b.json.gz", line), "{text:?}: {}", problem.message);
    }
}

#[test]
fn hostile_events_neither_exhaust_nor_pass_for_others() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let long = "x".repeat(1_000_000);
    let event = |parameters: &str| {
        format!(
            r#"{{"eventTime": "2026-11-26T10:00:00Z", "eventID": "1", "eventSource": "secretsmanager.amazonaws.com",
                "eventName": "GetSecretValue", "additionalEventData": {deep}, "userIdentity": {{"arn": "{long}"}},
                "requestParameters": {parameters}}}"#
        )
    };
    let files = [event(&deep), event("3"), event("null"), event(&format!("{{\"secretId\": \"{long}\"}}"))];
    for file in files {
        let usage = usage(&[&format!("{{\"Records\": [{file}], \"other\": {deep}}}")]);
        assert!(usage.uses.len() <= 1);
        assert!(usage.uses.iter().all(|sum| sum.store.len() <= 2048 && sum.principal.len() <= 2048));
    }
    let odd = r#"{"Records": [{"eventTime": "yesterday", "eventSource": "sts.amazonaws.com", "eventName": "AssumeRoleWithWebIdentity", "requestParameters": {"roleArn": "x"}}]}"#;
    assert_eq!(usage(&[odd]).from, None);
}

#[test]
fn the_text_names_who_read_last_what_nobody_used_and_what_no_rule_explains() {
    let usage = usage(&[SESSIONS, READS]);
    let text = usage.text(80);
    let says = |lines: &str| assert!(text.contains(lines), "{lines}\n\n{text}");
    says("\nWhat CloudTrail shows (12 events, 2026-11-26T10:00:00Z to 2026-11-26T13:00:00Z)\n\n");
    // A store is named once.
    says(&format!(
        "\n{PRODUCTION}\n  arn:aws:iam::123456789012:user/Alice, without the tag `repository`: 1 read,\n    \
         last 2026-11-26T13:00:00Z\n  octo-org/app in production by github-actions: 2 reads, last\n    \
         2026-11-26T11:00:02Z, run 102 of\n    octo-org/app/.github/workflows/ci.yml@refs/heads/main\n  \
         octo-org/web in staging by github-actions: 1 denial, last\n"
    ));
    says("\nAllowed, but never read\n\n");
    says("\nplatform/deploy\n  platform-deploy: enterprise_id is 9266 and ");
    says(
        "\nRefused by a trust policy\n\ngithub-actions: octo-org/app, 1 time, last 2026-11-26T12:30:00Z (AccessDenied)\n",
    );
    assert!(usage.unexplained.is_empty() && !text.contains("not allowed by the rules of today"));
    let narrow = EXAMPLE.replace("refs/heads/main", "refs/heads/next");
    assert_ne!(narrow, EXAMPLE);
    let text = usage_by(&narrow, &[SESSIONS, READS]).text(80);
    assert!(
        text.contains(&format!("\nRead, but not allowed by the rules of today\n\n{PRODUCTION}\n  octo-org/app in ")),
        "{text}"
    );
}
