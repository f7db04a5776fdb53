//! `audit`: who can read each store of docs/use-cases/kvstore.json.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use env_kvstore_admin::account::rules::Rules;
use env_kvstore_admin::account::{Account, Document, Provider, Role, Store};
use env_kvstore_admin::audit::report::{Question, Report, of as of_audit, report};
use env_kvstore_admin::audit::{Audit, page, readers};
use env_kvstore_admin::kvstore::reader::Text;
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");

#[test]
fn each_store_is_read_by_the_jobs_of_its_binding() {
    let rules = Rules::File(vec![Text { name: "kvstore.json".to_owned(), text: EXAMPLE.to_owned() }]);
    let ruled = rules.read().unwrap();
    let all = readers(&ruled.account);
    let one_way = |name: &str, role: &str, expected: &str| {
        let found = all.iter().find(|readers| readers.store.name == name).unwrap();
        let [way] = &found.ways[..] else { panic!("{name}: {}", found.ways.len()) };
        assert_eq!((way.role.name.as_str(), way.when.to_string().as_str(), &way.notes[..]), (role, expected, &[][..]));
    };
    const EVENTS: &str =
        "deployment or merge_group or push or release or repository_dispatch or schedule or workflow_dispatch";
    one_way(
        "octo-enterprise/repo/octo-org/app/env/production/secrets",
        "github-actions",
        &format!(
            "enterprise_id is 9266 and environment is production and event_name is {EVENTS} and ref is refs/heads/main and repository is octo-org/app and repository_id is 456789"
        ),
    );
    one_way(
        "octo-enterprise/repo/octo-org/app/env/pull-request/variables",
        "github-pull-requests",
        "enterprise_id is 9266 and environment is pull-request and event_name is pull_request and repository is octo-org/app and repository_id is 456789",
    );
    one_way(
        "platform/deploy",
        "platform-deploy",
        &format!(
            "enterprise_id is 9266 and event_name is {EVENTS} and job_workflow_ref is octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1 and runner_environment is github-hosted"
        ),
    );
    assert!(all.iter().all(|readers| readers.ways.len() == 1));
}

/// The cells of a repository's read: by environment, how many jobs and under which condition.
fn cells(report: &Report, repository: &str, store: &str) -> Vec<String> {
    let repository = report.repositories.iter().find(|one| one.name == repository).unwrap();
    let reads = repository.reads.iter().filter(|read| read.store == store);
    let mut cells = Vec::new();
    for jobs in reads.flat_map(|read| &read.jobs) {
        for environment in &jobs.environments {
            let name = serde_json::to_value(environment).unwrap();
            let name = name.get("name").unwrap_or(&name["kind"]).as_str().unwrap().to_owned();
            cells.push(format!("{name}, {:?}: {}", jobs.extent, jobs.sentence));
        }
    }
    cells
}

const EVERY: &str = "every job that may assume the role";

#[test]
fn jobs_of_a_repository_are_told_by_environment() {
    let rules = Rules::File(vec![Text { name: "kvstore.json".to_owned(), text: EXAMPLE.to_owned() }]);
    let report = report(&rules.read().unwrap(), None, &Question::default());
    let own = |repository: &str, rest: &str| {
        cells(&report, repository, &format!("octo-enterprise/repo/{repository}/{rest}/secrets"))
    };
    assert_eq!(own("octo-org/app", "env/production"), ["production, Some: ref is refs/heads/main"]);
    assert_eq!(own("octo-org/web", "env/staging"), [format!("staging, All: {EVERY}")]);
    let workflow = "job_workflow_ref is octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1 and runner_environment is github-hosted";
    assert_eq!(
        cells(&report, "*", "platform/deploy"),
        [format!("none, Some: {workflow}"), format!("other, Some: {workflow}")]
    );
    let production = report.repositories.iter().find(|one| one.name == "octo-org/app").unwrap().reads.first().unwrap();
    let allowed: Vec<_> = production.jobs[0].allowed_by.iter().map(String::as_str).collect();
    assert!(
        allowed.iter().any(|by| by.starts_with("trust policy of the role github-actions, statement 1")),
        "{allowed:?}"
    );
}

/// An account in which a role trusts GitHub's own tokens under `condition`, and reads one store.
fn direct(condition: &Value) -> Account {
    let host = "token.actions.githubusercontent.com";
    let provider = format!("arn:aws:iam::123456789012:oidc-provider/{host}");
    let document = |name: &str, statement: Value| {
        Document::parse(name, json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()).unwrap()
    };
    let trust = json!({
        "Effect": "Allow", "Principal": { "Federated": provider }, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition
    });
    let read = json!({ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*" });
    Account {
        id: "123456789012".to_owned(),
        partition: "aws".to_owned(),
        region: "us-west-2".to_owned(),
        providers: vec![Provider {
            arn: provider.clone(),
            issuer: format!("https://{host}"),
            audiences: vec!["sts.amazonaws.com".to_owned()],
        }],
        roles: vec![Role {
            name: "r".to_owned(),
            arn: "arn:aws:iam::123456789012:role/r".to_owned(),
            trust: document("trust policy", trust),
            policies: vec![document("inline policy", read)],
            tags: BTreeMap::new(),
            boundary: None,
        }],
        stores: vec![Store {
            name: "s".to_owned(),
            arn: "arn:aws:secretsmanager:us-west-2:123456789012:secret:s-AbCdEf".to_owned(),
            tags: BTreeMap::new(),
            kms_key: None,
            policy: None,
        }],
        ..Account::default()
    }
}

#[test]
fn environments_follow_from_the_claim_or_the_subject() {
    let host = "token.actions.githubusercontent.com";
    let of = |operator: &str, claims: &[(&str, Value)]| {
        let wanted = claims.iter().map(|(claim, value)| (format!("{host}:{claim}"), value.clone()));
        let account = direct(&json!({ operator: wanted.collect::<serde_json::Map<_, _>>() }));
        let report = of_audit(&Audit::new(&account, None, false), None, &Question::default());
        let name = &report.repositories.first().unwrap().name;
        let environments = cells(&report, name, "s").into_iter().map(|cell| cell.split(':').next().unwrap().to_owned());
        (name.clone(), environments.collect::<Vec<_>>())
    };
    let is =
        |name: &str, cells: &[&str]| (name.to_owned(), cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
    let repository = ("repository", json!("o/r"));
    assert_eq!(of("StringEquals", std::slice::from_ref(&repository)), is("o/r", &["none, All", "other, All"]));
    let listed = ("environment", json!(["production", "staging"]));
    assert_eq!(
        of("StringEquals", &[repository.clone(), listed.clone()]),
        is("o/r", &["production, All", "staging, All"])
    );
    let absent = of("StringEqualsIfExists", &[repository.clone(), listed]);
    assert_eq!(absent, is("o/r", &["none, All", "production, All", "staging, All"]));
    let pattern = of("StringLike", &[repository.clone(), ("environment", json!("prod-*"))]);
    assert_eq!(pattern, is("o/r", &["other, Some"]));
    let subject = |text: &str| of("StringLike", &[("sub", json!(text))]);
    assert_eq!(subject("repo:o/r:environment:production"), is("o/r", &["production, Some"]));
    assert_eq!(subject("repo:o/r:ref:refs/heads/*"), is("o/r", &["none, Some"]));
    assert_eq!(subject("repo:o/r:environment:prod*"), is("o/r", &["other, Some"]));
    assert_eq!(subject("repo:o/r:*"), is("o/r", &["none, Some", "other, Some"]));
    let both = of("StringLike", &[("sub", json!(["repo:o/r:environment:production", "repo:o/r:environment:prod*"]))]);
    assert_eq!(both, is("o/r", &["production, Some", "other, Some"]));
}

#[test]
fn an_environment_that_is_kept_out_is_said_to_be() {
    let host = "token.actions.githubusercontent.com";
    let account = direct(&json!({
        "StringEquals": { format!("{host}:repository"): "o/r" },
        "StringNotEquals": { format!("{host}:environment"): "production" }
    }));
    let report = of_audit(&Audit::new(&account, None, false), None, &Question::default());
    assert_eq!(
        cells(&report, "o/r", "s"),
        [format!("none, All: {EVERY}"), "other, Some: environment is absent or not production".to_owned()]
    );
    let page = page(&report, "account", "1.0.0").unwrap();
    let row = page.split("<tr class=\"row\" data-row=\"0\">").nth(1).unwrap().split("</tr>").next().unwrap();
    let classes: Vec<_> = row.split("<td class=\"").skip(1).map(|cell| cell.split('"').next().unwrap()).collect();
    assert_eq!(classes, ["all", "no", "some"], "{row}");
}
