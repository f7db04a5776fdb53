//! `explain` and `audit` of Vault: by `kvstore.json`, and by a snapshot of a Vault that exists.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use env_kvstore_admin::account::rules::Rules;
use env_kvstore_admin::audit::answer::{self, Format};
use env_kvstore_admin::audit::findings::{Finding, Severity};
use env_kvstore_admin::audit::report::{Question, Report, report};
use env_kvstore_admin::explain::ask::{Explained, ask};
use env_kvstore_admin::explain::{Answer, Explanation};
use env_kvstore_admin::kvstore::reader::Text;
use serde_json::{Value, json};

mod asking;

use asking::{MAIN, stopped, with};

const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");
const PRODUCTION: &str = "secret/data/octo-enterprise/repo/octo-org/app/env/production/secrets";

fn file(text: String) -> Rules {
    Rules::of("file", vec![Text { name: "kvstore.json".to_owned(), text }]).unwrap()
}

fn on_both() -> Value {
    let mut document: Value = serde_json::from_str(EXAMPLE).unwrap();
    document["vault"] = json!({ "url": "https://vault.example.com:8200", "mount": "secret" });
    document
}

fn on_vault() -> Rules {
    file(include_str!("../../docs/use-cases/vault.json").to_owned())
}

fn asked(rules: &Rules, question: Value) -> Explained {
    ask(rules, &serde_json::from_value(question).unwrap())
}

fn explained(rules: &Rules, question: Value) -> Explanation {
    let explained = asked(rules, question);
    assert!(
        explained.problems.is_empty() && explained.wrong.is_none(),
        "{:?} {:?}",
        explained.problems,
        explained.wrong
    );
    println!("{}", explained.text);
    explained.explanation.unwrap()
}

#[test]
fn a_job_that_the_file_lets_in_passes_every_gate() {
    let explanation = explained(&on_vault(), json!({ "pairs": MAIN, "read": "env:production" }));
    assert_eq!(explanation.answer, Answer::Allow);
    assert_eq!((explanation.role.as_deref(), explanation.store.as_deref()), (Some("main"), Some(PRODUCTION)));
    assert_eq!(explanation.assumed["repository_id"], "456789");
    assert!(explanation.not_evaluated.iter().any(|what| what.contains("identity store")), "{explanation:#?}");
}

#[test]
fn another_ref_is_stopped_by_the_bound_claim_that_names_it() {
    let explanation = explained(&on_vault(), json!({ "pairs": with(&["ref=refs/heads/x"]), "read": "env:production" }));
    let gate = stopped(&explanation);
    assert_eq!(serde_json::to_value(gate.gate).unwrap(), "bound-claims");
    let [failure] = gate.failures.as_slice() else { panic!("{gate:#?}") };
    assert_eq!((failure.element.as_str(), failure.key.as_deref()), ("bound_claims", Some("ref")));
    assert_eq!(
        (failure.wants.as_slice(), failure.has.as_deref()),
        (&["refs/heads/main".to_owned()][..], Some(&["refs/heads/x".to_owned()][..]))
    );
    assert!(gate.remedy[0].contains("add its value to the binding's `when`"), "{:?}", gate.remedy);
    let others = gate.also_admits.as_deref().unwrap();
    assert!(
        others.starts_with(
            "every job for which ref is refs/heads/x and enterprise_id is 9266 and environment is production"
        ),
        "{others}"
    );
    let absent = explained(&on_vault(), json!({ "pairs": with(&["ref="]), "read": "env:production" }));
    assert_eq!(stopped(&absent).failures[0].has, None);
}

#[test]
fn a_role_that_is_named_is_asked_alone() {
    let pull_request = ["repository=octo-org/app", "environment=pull-request", "event_name=pull_request"];
    let by_any = explained(&on_vault(), json!({ "pairs": pull_request, "read": "env:pull-request" }));
    assert_eq!((by_any.answer, by_any.role.as_deref()), (Answer::Allow, Some("pr")));
    let by_main = explained(&on_vault(), json!({ "pairs": pull_request, "role": "main", "read": "env:pull-request" }));
    let failing: Vec<_> = stopped(&by_main).failures.iter().map(|failure| failure.key.as_deref().unwrap()).collect();
    assert_eq!(failing, ["environment", "event_name", "ref"]);
    let elsewhere = explained(&on_vault(), json!({ "pairs": MAIN, "role": "main", "read": "secret:platform/deploy" }));
    assert_eq!(serde_json::to_value(stopped(&elsewhere).gate).unwrap(), "policies");
    assert!(stopped(&elsewhere).failures[0].wants.contains(&PRODUCTION.to_owned()));
    let unknown = asked(&on_vault(), json!({ "pairs": MAIN, "role": "nobody" }));
    assert!(unknown.wrong.unwrap().1.starts_with("no role of Vault is called `nobody`: pr, main, "));
}

#[test]
fn what_the_token_itself_says_is_asked_first() {
    let issuer = explained(&on_vault(), json!({ "pairs": with(&["iss=https://token.actions.githubusercontent.com"]) }));
    assert_eq!(serde_json::to_value(stopped(&issuer).gate).unwrap(), "issuer");
    let audience =
        explained(&on_vault(), json!({ "pairs": with(&["aud=cognito-identity.amazonaws.com"]), "role": "main" }));
    assert_eq!(serde_json::to_value(stopped(&audience).gate).unwrap(), "audience");
    assert!(stopped(&audience).remedy[0].contains("vault-audience"));
    assert_eq!(
        explained(&on_vault(), json!({ "pairs": with(&["aud=https://vault.example.com:8200"]), "role": "main" }))
            .answer,
        Answer::Allow
    );
}

#[test]
fn a_file_with_both_is_about_aws_unless_vault_is_asked() {
    let both = file(on_both().to_string());
    let aws = explained(&both, json!({ "pairs": MAIN, "read": "env:production" }));
    assert_eq!(aws.role.as_deref(), Some("github-actions"));
    let vault = explained(&both, json!({ "pairs": MAIN, "read": "env:production", "vault": true }));
    assert_eq!((vault.answer, vault.role.as_deref()), (Answer::Allow, Some("main")));
    let neither = asked(&file(EXAMPLE.to_owned()), json!({ "pairs": MAIN, "vault": true }));
    assert_eq!(neither.wrong, Some(("vault", "the rules have no Vault".to_owned())));
}

/// A role of a Vault that exists, and what its policy says.
fn snapshot(roles: Value, policies: Value) -> Rules {
    let document = json!({
        "auth_path": "github-actions",
        "config": { "bound_issuer": "https://token.actions.githubusercontent.com" },
        "roles": roles,
        "policies": policies
    });
    Rules::of("vault", vec![Text { name: "vault.json".to_owned(), text: document.to_string() }]).unwrap()
}

fn role(change: Value) -> Value {
    let mut role = json!({
        "bound_audiences": ["https://vault.example.com"],
        "bound_claims_type": "string",
        "bound_claims": { "repository_id": ["1"], "event_name": ["push"] },
        "bound_subject": "",
        "user_claim": "repository_id",
        "token_type": "batch",
        "token_ttl": 300,
        "token_policies": ["p"],
        "token_no_default_policy": true
    });
    for (key, value) in change.as_object().unwrap() {
        role[key] = value.clone();
    }
    role
}

fn exact() -> Value {
    json!({ "p": "path \"secret/data/a\" {\n  capabilities = [\"read\"]\n}\n" })
}

#[test]
fn a_snapshot_with_globs_and_subjects_is_asked_as_the_server_does() {
    let by_glob = role(json!({ "bound_claims_type": "glob", "bound_claims": { "sub": "repo:octo-org/app:*" } }));
    let by_subject =
        role(json!({ "bound_subject": "repo:octo-org/app:environment:production", "token_policies": ["q"] }));
    let rules = snapshot(json!({ "glob": by_glob, "subject": by_subject }), exact());
    let sub = "sub=repo:octo-org/app:pull_request";
    let job = json!([sub, "repository_id=1", "event_name=push"]);
    let allowed = explained(&rules, json!({ "pairs": job, "read": "secret/data/a" }));
    assert_eq!((allowed.answer, allowed.role.as_deref()), (Answer::Allow, Some("glob")));
    let other = explained(&rules, json!({ "pairs": ["sub=repo:octo-org/application:x"], "role": "glob" }));
    assert_eq!(stopped(&other).failures[0].operator.as_deref(), Some("glob"));
    let subject = explained(&rules, json!({ "pairs": job, "role": "subject", "read": "secret/data/a" }));
    assert_eq!(serde_json::to_value(stopped(&subject).gate).unwrap(), "bound-subject");
    let right = json!(["sub=repo:octo-org/app:environment:production", "repository_id=1", "event_name=push"]);
    let unknown = explained(&rules, json!({ "pairs": right, "role": "subject", "read": "secret/data/a" }));
    assert!(unknown.not_evaluated[0].contains("The issuer"), "{:?}", unknown.not_evaluated);
    assert!(unknown.not_evaluated.iter().any(|what| what.contains("policies q")), "{:?}", unknown.not_evaluated);
    let wrong = asked(&rules, json!({ "pairs": job, "read": "repo" })).wrong.unwrap();
    assert_eq!(wrong.0, "read");
}

fn reported(rules: &Rules, against: Option<&Rules>) -> Report {
    let against = against.map(|rules| rules.read().unwrap());
    report(&rules.read().unwrap_or_else(|problems| panic!("{problems:#?}")), against.as_ref(), &Question::default())
}

fn ids(rules: &Rules) -> Vec<(&'static str, Severity)> {
    reported(rules, None).findings.iter().map(|finding: &Finding| (finding.id, finding.severity)).collect()
}

#[test]
fn what_is_generated_has_no_finding_and_says_who_reads_each_path() {
    let report = reported(&on_vault(), None);
    assert_eq!(report.findings, []);
    let vault = report.vault.unwrap();
    let path = vault.paths.iter().find(|path| path.path == PRODUCTION).unwrap();
    let [reader] = path.readers.as_slice() else { panic!("{path:#?}") };
    assert_eq!((reader.role.as_str(), reader.policy.as_str()), ("main", "jwt-main"));
    assert!(reader.sentence.contains("enterprise_id is 9266 and environment is production"), "{}", reader.sentence);
    assert_eq!(vault.roles.len(), 6);
}

#[test]
fn each_finding_is_found_and_none_where_the_advice_is_followed() {
    use Severity::{High, Low, Medium};
    assert_eq!(ids(&snapshot(json!({ "r": role(json!({})) }), exact())), []);
    let claims = |claims: Value| json!({ "bound_claims": claims });
    let globs = |claims: Value| json!({ "bound_claims_type": "glob", "bound_claims": claims });
    type Found = Vec<(&'static str, Severity)>;
    let cases: Vec<(Value, Value, Found)> = vec![
        (claims(json!({ "ref": "refs/heads/main" })), exact(), vec![("vault-tenant-missing", High)]),
        (
            claims(json!({ "job_workflow_ref": "o/p/.github/workflows/x.yml@refs/tags/v1", "event_name": "push" })),
            exact(),
            vec![("vault-tenant-missing", High)],
        ),
        (claims(json!({ "repository": "o/r", "event_name": "push" })), exact(), vec![("vault-tenant-by-name", Medium)]),
        (claims(json!({ "sub": "repo:o@1/r@2:ref:refs/heads/main" })), exact(), vec![]),
        (
            claims(json!({ "sub": "repo:o/r:environment:x" })),
            exact(),
            vec![("vault-tenant-by-name", Medium), ("vault-pull-requests-let-in", Medium)],
        ),
        (claims(json!({ "repository_id": "1" })), exact(), vec![("vault-pull-requests-let-in", High)]),
        (claims(json!({ "repository_id": "1", "ref": ["refs/heads/main", "refs/tags/v1"] })), exact(), vec![]),
        (claims(json!({ "repository_id": "1", "event_name": "pull_request" })), exact(), vec![]),
        (
            claims(json!({ "repository_id": "1", "event_name": ["push", "pull_request"] })),
            exact(),
            vec![("vault-pull-requests-let-in", High)],
        ),
        (
            globs(json!({ "sub": "repo:o/*" })),
            exact(),
            vec![
                ("vault-pull-requests-let-in", High),
                ("vault-tenant-by-name", Medium),
                ("vault-wildcard-in-claim", Low),
            ],
        ),
        (
            globs(json!({ "repository_id": "*", "repository": "o/r", "ref": "refs/heads/*" })),
            exact(),
            vec![
                ("vault-tenant-by-name", Medium),
                ("vault-wildcard-in-claim", Medium),
                ("vault-wildcard-in-claim", Low),
            ],
        ),
        (json!({ "bound_audiences": [] }), exact(), vec![("vault-role-nobody-uses", Medium)]),
        (json!({ "bound_audiences": ["sts.amazonaws.com"] }), exact(), vec![("vault-audience-of-others", High)]),
        (json!({ "bound_audiences": "https://github.com/octo-org" }), exact(), vec![("vault-audience-of-others", Low)]),
        (json!({ "token_type": "service", "token_ttl": 0 }), exact(), vec![("vault-token-lives-long", Low)]),
        (json!({ "token_ttl": 7200 }), exact(), vec![("vault-token-lives-long", Low)]),
        (
            json!({}),
            json!({ "p": "path \"secret/data/*\" { capabilities = [\"read\", \"update\"] }\npath \"kv/+/x\" { capabilities = [\"list\"] }" }),
            vec![("vault-job-may-write", High), ("vault-policy-is-wide", Medium)],
        ),
        (
            json!({}),
            json!({ "p": "path \"secret/data/{{identity.entity.name}}/*\" { capabilities = [\"read\"] }" }),
            vec![("vault-policy-is-template", Medium)],
        ),
    ];
    for (change, policies, expected) in cases {
        let found = ids(&snapshot(json!({ "r": role(change.clone()) }), policies));
        assert_eq!(found, expected, "{change}");
    }
}

#[test]
fn what_pull_requests_and_others_read_is_found() {
    let requests = role(json!({ "bound_claims": { "repository_id": "1", "event_name": "pull_request" } }));
    let found = reported(&snapshot(json!({ "pr": requests, "main": role(json!({})) }), exact()), None).findings;
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((finding.id, finding.place.role.as_deref()), ("vault-pull-requests-let-in", Some("pr")));
    assert!(finding.cause.contains("reads what other roles read too: secret/data/a"), "{}", finding.cause);
}

#[test]
fn a_snapshot_is_compared_with_the_file() {
    let wide = role(json!({ "bound_claims": { "repository_id": ["456789"] }, "token_policies": ["jwt-main"] }));
    let there = snapshot(json!({ "main": wide, "other": role(json!({})) }), json!({ "jwt-main": exact()["p"] }));
    let differences = reported(&there, Some(&on_vault())).vault.unwrap().differences.unwrap();
    let found: Vec<_> = differences.iter().map(|one| (one.role.as_str(), one.what)).collect();
    assert_eq!(
        found,
        [
            ("billing", "missing"),
            ("main", "bound claims"),
            ("main", "bound audiences"),
            ("main", "paths"),
            ("other", "further"),
            ("platform", "missing"),
            ("pr", "missing"),
            ("stages-production", "missing"),
            ("stages-staging", "missing")
        ]
    );
    assert_eq!(reported(&on_vault(), Some(&file(on_both().to_string()))).vault.unwrap().differences.unwrap(), []);
}

#[test]
fn the_forms_of_a_report_have_vault() {
    let by = |format| {
        let asked = answer::Asked { format, columns: 100, ..answer::Asked::default() };
        answer::answer(&on_vault(), None, &asked)
    };
    let table = by(Format::Table).text;
    assert!(table.starts_with("Roles of Vault, at auth/jwt: 6\n"), "{table}");
    assert!(table.contains(&format!("{PRODUCTION}\n  main by the policy jwt-main\n")), "{table}");
    let data: Value = serde_json::from_str(&by(Format::Json).text).unwrap();
    assert_eq!(data["vault"]["roles"][1]["claims"]["ref"], json!(["refs/heads/main"]));
    assert!(by(Format::Sarif).text.contains("vault-tenant-missing"));
    assert!(by(Format::Html).problems[0].message.contains("the page shows AWS"));
    let aws = answer::answer(
        &file(EXAMPLE.to_owned()),
        None,
        &answer::Asked { format: Format::Json, ..answer::Asked::default() },
    );
    assert!(!aws.text.contains("\"vault\""));
}

#[test]
fn a_snapshot_that_is_none_says_where() {
    let read = |text: &str| {
        let rules = Rules::of("vault", vec![Text { name: "v.json".to_owned(), text: text.to_owned() }]).unwrap();
        rules.read().unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(read("{").first().unwrap().starts_with("v.json:1: is no folder of a snapshot, and no snapshot of Vault"));
    assert!(read("{\n\"auth_path\": \"jwt\" }")[0].contains("missing field `roles`"));
    let policy = read(r#"{"auth_path": "jwt", "roles": {}, "policies": {"p": "path {"}}"#);
    assert_eq!(policy, ["v.json:1 /policies/p: is not HCL"]);
    // Named by --against it is known by what is in it.
    let text = Text { name: "v.json".to_owned(), text: r#"{"auth_path": "jwt", "roles": {}}"#.to_owned() };
    assert!(matches!(Rules::of("file", vec![text]), Some(Rules::Vault(_))));
}
