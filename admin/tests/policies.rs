//! Policies that nobody here wrote (tests/vectors/policies), and what a specialist would say of each.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use env_kvstore_admin::account::{Account, Document, Pool, Provider, Role, TagMap};
use env_kvstore_admin::audit::Audit;
use env_kvstore_admin::audit::findings::{Severity, findings};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Vector {
    source: String,
    trust: Value,
    policy: Option<Value>,
    #[serde(default)]
    map: BTreeMap<String, String>,
    #[serde(default)]
    role_tags: BTreeMap<String, String>,
}

const POOL: &str = "us-west-2:12345678-1234-1234-1234-1234567890ab";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/policies")
}

fn account(vector: &Vector) -> Account {
    let document = |name: &str, policy: &Value| Document::parse(name, policy.to_string()).unwrap();
    let map = TagMap { uses_defaults: false, claims: vector.map.clone() };
    let audience = if vector.map.is_empty() { "sts.amazonaws.com" } else { "cognito-identity.amazonaws.com" };
    Account {
        id: "123456789012".to_owned(),
        partition: "aws".to_owned(),
        region: "us-west-2".to_owned(),
        providers: vec![Provider {
            arn: PROVIDER.to_owned(),
            issuer: "https://token.actions.githubusercontent.com".to_owned(),
            audiences: vec![audience.to_owned()],
        }],
        pools: vec![Pool {
            id: POOL.to_owned(),
            name: "github".to_owned(),
            allows_classic_flow: true,
            allows_unauthenticated: false,
            tags: BTreeMap::from([(PROVIDER.to_owned(), map)]),
            providers: vec![PROVIDER.to_owned()],
            other_providers: vec![],
        }],
        roles: vec![Role {
            name: "r".to_owned(),
            arn: "arn:aws:iam::123456789012:role/r".to_owned(),
            trust: document("trust policy of the role r", &vector.trust),
            policies: vector.policy.iter().map(|policy| document("inline policy p of the role r", policy)).collect(),
            tags: vector.role_tags.clone(),
            boundary: None,
        }],
        ..Account::default()
    }
}

use Severity::{High, Low, Medium};

type Expected = (&'static str, &'static [(&'static str, Severity)], &'static str);

/// What is found of each, and a part of what is said of the first.
#[rustfmt::skip]
const EXPECTED: [Expected; 26] = [
    // Who started the run says nothing of the repository that it runs in.
    ("issue-306", &[("tenant-missing", High), ("pull-requests-let-in", High)], "actor is tve"),
    // The action's tokens are made for sts.amazonaws.com.
    ("issue-317", &[("role-nobody-assumes", Medium)], "must be https://github.com/octo-org, and of a job it is sts.amazonaws.com"),
    // ForAllValues also holds for a key that is not there: of sub nobody's token lacks it, but of one that is misspelt all do.
    ("issue-318", &[("pull-requests-let-in", High), ("tenant-by-name", Medium), ("wildcard-in-claim", Medium), ("absent-claim-passes", Low), ("audience-missing", Low)], ""),
    ("issue-345", &[("tenant-by-name", Medium), ("audience-missing", Low)], "sub is repo:octo-org/app:ref:refs/heads/master"),
    ("issue-452", &[("tenant-by-name", Medium), ("wildcard-in-claim", Medium), ("absent-claim-passes", Low), ("audience-missing", Low)], ""),
    ("issue-511", &[("tenant-by-name", Medium)], ""),
    // AWS has no key for the issuer.
    ("issue-672", &[("claim-not-mapped", Medium)], "never holds"),
    // ... and under ForAllValues it is not missed.
    ("issue-690", &[("pull-requests-let-in", High), ("claim-not-mapped", High), ("tenant-by-name", Medium), ("wildcard-in-claim", Medium), ("audience-missing", Low)], ""),
    ("issue-701", &[("claim-not-mapped", Medium), ("audience-missing", Low)], "job_workflow_sha"),
    ("issue-1137", &[("tenant-by-name", Medium), ("wildcard-without-like", Medium)], ""),
    ("pull-1889", &[], ""),
    ("terraform-aws-iam-659", &[("tenant-by-name", Medium)], ""),
    ("terraform-aws-oidc-github-21", &[("pull-requests-let-in", High), ("tenant-by-name", Medium), ("wildcard-in-claim", Medium), ("audience-missing", Low)], ""),
    ("modernisation-platform-3909", &[("pull-requests-let-in", High), ("tenant-by-name", Medium), ("wildcard-in-claim", Medium), ("audience-missing", Low)], ""),
    ("gitbook-pull-request", &[("pull-requests-let-in", High), ("tenant-by-name", Medium)], ""),
    ("datadog-missing-sub", &[("tenant-missing", High), ("pull-requests-let-in", High)], "every repository on GitHub"),
    ("datadog-remediation", &[("pull-requests-let-in", High), ("tenant-by-name", Medium), ("wildcard-in-claim", Medium)], ""),
    ("zerotouch-admin", &[("pull-requests-let-in", High), ("wildcard-over-slash", High), ("job-may-open-access", High), ("tenant-by-name", Medium), ("wildcard-in-claim", Medium), ("job-may-write", Medium)], ""),
    ("secrets-manager-limited", &[("job-may-open-access", High), ("job-may-write", Medium)], "secretsmanager:DeleteResourcePolicy"),
    ("cognito-unauthenticated", &[("role-nobody-assumes", Medium)], "must be unauthenticated"),
    // The console's own: and no job can assume it, for want of sts:TagSession.
    ("catnekaise-default", &[("only-authenticated", High), ("tag-session-missing", Medium)], "Any job of any repository"),
    ("catnekaise-organization", &[("pull-requests-let-in", High), ("tenant-by-name", Medium), ("wildcard-in-claim", Medium)], ""),
    ("catnekaise-repository", &[("pull-requests-let-in", Medium), ("tenant-by-name", Medium)], "catnekaise/example-repo"),
    ("catnekaise-subject", &[("pull-requests-let-in", Medium), ("tenant-by-name", Medium), ("wildcard-in-claim", Medium)], ""),
    ("catnekaise-role-tag", &[("pull-requests-let-in", High), ("role-tag-shadows-claim", High), ("tenant-by-name", Medium), ("wildcard-in-claim", Medium)], ""),
    ("aidansteele-session-tags", &[("tenant-missing", High), ("pull-requests-let-in", High)], "every repository on GitHub"),
];

#[test]
fn policies_of_others_have_the_findings_that_a_specialist_would_name() {
    let mut wrong = Vec::new();
    for (name, expected, said) in EXPECTED {
        let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
        let vector: Vector = serde_json::from_str(&text).unwrap();
        let account = account(&vector);
        let found = findings(&Audit::new(&account, None, false));
        let mut ids: Vec<_> = found.iter().map(|finding| (finding.id, finding.severity)).collect();
        ids.dedup();
        let mut wanted: Vec<_> = expected.to_vec();
        ids.sort_unstable();
        wanted.sort_unstable();
        let is_said = found.first().map_or(said.is_empty(), |first| first.cause.contains(said));
        if ids != wanted || !is_said {
            wrong.push(format!(
                "{name}: {ids:?}\n  {:?}",
                found.iter().map(|finding| &finding.cause).collect::<Vec<_>>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_vector_names_its_source_and_is_in_the_table() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let vector: Vector = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            assert!(vector.source.starts_with("https://"), "{path:?}");
            names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    names.sort_unstable();
    let mut listed: Vec<_> = EXPECTED.iter().map(|(name, ..)| (*name).to_owned()).collect();
    listed.sort_unstable();
    assert_eq!(names, listed);
}
