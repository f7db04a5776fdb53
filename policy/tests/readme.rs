//! The policies that the README and docs/ tell a platform team to create, asked what jobs of all kinds would ask.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use env_kvstore_policy::{Context, Decision, Evaluation, Policy, Principal, Request, evaluate};

const PAGES: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/shared-workflow.md"),
];
const POOL: &str = "us-west-2:12345678-1234-1234-1234-1234567890ab";
const SHA: &str = "8f3b1c2d4e5f60718293a4b5c6d7e8f901234567";

/// The policy in the `json` block after the line `<!-- cloud: NAME -->`.
fn policy(name: &str) -> Policy {
    let pages = PAGES.map(|page| std::fs::read_to_string(page).unwrap());
    let marker = format!("<!-- cloud: {name} -->\n```json\n");
    let (_, after) =
        pages.iter().find_map(|page| page.split_once(&marker)).unwrap_or_else(|| panic!("no page has a block {name}"));
    let (block, _) = after.split_once("\n```").unwrap();
    Policy::parse(name, block).unwrap()
}

/// A context key and its one value.
type Entry<'a> = (&'a str, &'a str);

/// `entries` with those of the same key replaced by `change`, where an empty value takes the key out.
fn changed<'a>(entries: &[Entry<'a>], change: &[Entry<'a>]) -> Vec<Entry<'a>> {
    let kept = entries.iter().filter(|(key, _)| change.iter().all(|(changed, _)| changed != key));
    kept.chain(change.iter().filter(|(_, value)| !value.is_empty())).copied().collect()
}

fn context(entries: &[Entry]) -> Context {
    let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]));
    Context::try_from_iter(entries).unwrap()
}

fn assume_role(change: &[Entry]) -> Evaluation {
    trust("sts:AssumeRoleWithWebIdentity", change)
}

/// A job of `octo/app`, changed so, asks the trust policy.
fn trust(action: &str, change: &[Entry]) -> Evaluation {
    trust_of("trust-policy", action, change)
}

/// A job of the shared workflow, called by `octo/app` and changed so, asks the trust policy of the platform's role.
fn assume_platform_role(change: &[Entry]) -> Evaluation {
    let shared = [
        ("aws:RequestTag/job_workflow_ref", "octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1"),
        ("aws:RequestTag/runner_environment", "github-hosted"),
    ];
    let kept = shared.iter().filter(|(key, _)| change.iter().all(|(changed, _)| changed != key));
    let change: Vec<Entry> = kept.chain(change).copied().collect();
    trust_of("shared-trust-policy", "sts:AssumeRoleWithWebIdentity", &change)
}

fn trust_of(policy_name: &str, action: &str, change: &[Entry]) -> Evaluation {
    let session = format!("16543210987@{SHA}");
    let job = [
        ("cognito-identity.amazonaws.com:aud", POOL),
        ("aws:RequestTag/actor_id", "583231"),
        ("aws:RequestTag/enterprise", "octo-enterprise"),
        ("aws:RequestTag/event_name", "push"),
        ("aws:RequestTag/ref", "refs/heads/main"),
        ("aws:RequestTag/repository", "octo/app"),
        ("aws:RequestTag/run_id", "16543210987"),
        ("aws:RequestTag/sha", SHA),
        ("sts:RoleSessionName", session.as_str()),
    ];
    let request = Request {
        action: action.to_owned(),
        principal: Some(Principal::Federated("cognito-identity.amazonaws.com".to_owned())),
        resource: None,
        context: context(&changed(&job, change)),
    };
    evaluate(&[policy(policy_name)], &request)
}

/// The request is refused for the value of this key and for nothing else.
fn assert_refused_for(evaluation: &Evaluation, key: &str) {
    assert_eq!(evaluation.decision, Decision::ImplicitDeny);
    let nearest = &evaluation.statements[evaluation.nearest.unwrap()];
    let failed: Vec<&str> = nearest.mismatches.iter().map(|mismatch| mismatch.key.as_deref().unwrap()).collect();
    assert_eq!(failed, [key]);
}

/// The tags of a session for a job of `octo/app` without an environment.
const SESSION: [Entry; 2] =
    [("aws:PrincipalTag/enterprise", "octo-enterprise"), ("aws:PrincipalTag/repository", "octo/app")];

fn may_read(policy_name: &str, secret: &str, entries: &[Entry]) -> bool {
    let request = Request {
        action: "secretsmanager:GetSecretValue".to_owned(),
        principal: None,
        resource: Some(format!("arn:aws:secretsmanager:us-west-2:123456789012:secret:{secret}")),
        context: context(entries),
    };
    evaluate(&[policy(policy_name)], &request).decision == Decision::Allow
}

/// Whether the session, changed so, may read this store of `octo-enterprise` under the policy by name.
fn may_read_by_name(store: &str, change: &[Entry]) -> bool {
    may_read("role-policy", &format!("octo-enterprise/repo/{store}"), &changed(&SESSION, change))
}

/// Whether the session may read a secret of `octo/app` under the policy by tags, tags of either changed so.
fn may_read_by_tags(change: &[Entry]) -> bool {
    let secret = [
        ("secretsmanager:ResourceTag/github:enterprise", "octo-enterprise"),
        ("secretsmanager:ResourceTag/github:repository", "octo/app"),
    ];
    may_read("role-policy-by-tags", "any/name-AbCdEf", &changed(&[SESSION, secret].concat(), change))
}

#[test]
fn trust_policy_admits_a_job_of_the_enterprise() {
    assert_eq!(assume_role(&[]).decision, Decision::Allow);
    assert_eq!(trust("sts:TagSession", &[]).decision, Decision::Allow);
}

#[test]
fn trust_policy_refuses_another_enterprise_or_none() {
    for enterprise in ["mallory", "Octo-Enterprise", "octo-enterprise2", ""] {
        let evaluation = assume_role(&[("aws:RequestTag/enterprise", enterprise)]);
        assert_refused_for(&evaluation, "aws:RequestTag/enterprise");
    }
}

#[test]
fn trust_policy_refuses_a_session_name_that_is_not_of_the_run() {
    for name in ["session", "16543210987@", "1@8f3b1c2"] {
        let evaluation = assume_role(&[("sts:RoleSessionName", name)]);
        assert_refused_for(&evaluation, "sts:RoleSessionName");
    }
    let evaluation = assume_role(&[("aws:RequestTag/sha", "")]);
    assert_refused_for(&evaluation, "sts:RoleSessionName");
}

#[test]
fn trust_policy_refuses_pull_requests() {
    let evaluation = assume_role(&[("aws:RequestTag/event_name", "pull_request")]);
    assert_refused_for(&evaluation, "aws:RequestTag/event_name");
}

#[test]
fn trust_policy_refuses_a_job_without_an_event() {
    let evaluation = assume_role(&[("aws:RequestTag/event_name", "")]);
    assert_refused_for(&evaluation, "aws:RequestTag/event_name");
}

#[test]
fn trust_policy_refuses_another_pool() {
    let change = [("cognito-identity.amazonaws.com:aud", "us-west-2:99999999-1234-1234-1234-1234567890ab")];
    assert_refused_for(&assume_role(&change), "cognito-identity.amazonaws.com:aud");
    assert_refused_for(&trust("sts:TagSession", &change), "cognito-identity.amazonaws.com:aud");
}

#[test]
fn trust_policy_refuses_other_actions() {
    assert_eq!(trust("sts:AssumeRole", &[]).decision, Decision::ImplicitDeny);
}

#[test]
fn job_reads_the_stores_of_its_repository() {
    assert!(may_read_by_name("octo/app/secrets-AbCdEf", &[]));
    assert!(may_read_by_name("octo/app/variables-AbCdEf", &[]));
}

#[test]
fn job_reads_no_store_of_another_repository_or_enterprise() {
    assert!(!may_read_by_name("octo/other/secrets-AbCdEf", &[]));
    assert!(!may_read_by_name("octo/app2/secrets-AbCdEf", &[]));
    assert!(!may_read_by_name("octo/app/secrets-old-AbCdEf", &[]));
    let other = [("aws:PrincipalTag/repository", "octo/other")];
    assert!(!may_read_by_name("octo/app/secrets-AbCdEf", &other));
    let other = [("aws:PrincipalTag/enterprise", "mallory")];
    assert!(!may_read_by_name("octo/app/secrets-AbCdEf", &other));
    let none = [("aws:PrincipalTag/enterprise", "")];
    assert!(!may_read_by_name("octo/app/secrets-AbCdEf", &none));
    assert!(!may_read("role-policy", "/repo/octo/app/secrets-AbCdEf", &changed(&SESSION, &none)));
}

#[test]
fn job_without_an_environment_reads_no_store_of_one() {
    for store in ["octo/app/env//x", "octo/app/env//secrets-AbCdEf", "octo/app/env/production/secrets-AbCdEf"] {
        assert!(!may_read_by_name(store, &[]), "{store}");
    }
}

#[test]
fn job_reads_the_stores_of_its_environment_and_of_no_other() {
    let staging = [("aws:PrincipalTag/environment", "staging")];
    for (store, expected) in [
        ("octo/app/env/staging/secrets-AbCdEf", true),
        ("octo/app/env/staging/variables-AbCdEf", true),
        ("octo/app/secrets-AbCdEf", true),
        ("octo/app/env/production/secrets-AbCdEf", false),
        ("octo/app/env/staging2/secrets-AbCdEf", false),
        ("octo/app/env/staging/eu/secrets-AbCdEf", false),
        ("octo/app/env/staging/secrets/secrets-AbCdEf", false),
        ("octo/other/env/staging/secrets-AbCdEf", false),
    ] {
        assert_eq!(may_read_by_name(store, &staging), expected, "{store}");
    }
}

#[test]
fn store_tagged_without_an_environment_opens_for_every_job_of_the_repository() {
    assert!(may_read_by_tags(&[]));
    assert!(may_read_by_tags(&[("aws:PrincipalTag/environment", "staging")]));
}

#[test]
fn store_tagged_with_an_environment_opens_for_that_one_only() {
    let tag = ("secretsmanager:ResourceTag/github:environment", "production");
    assert!(may_read_by_tags(&[tag, ("aws:PrincipalTag/environment", "production")]));
    assert!(!may_read_by_tags(&[tag, ("aws:PrincipalTag/environment", "staging")]));
    assert!(!may_read_by_tags(&[tag]));
}

#[test]
fn store_tagged_for_another_repository_or_enterprise_or_not_at_all_stays_shut() {
    for (tag, value) in [
        ("secretsmanager:ResourceTag/github:repository", "octo/other"),
        ("secretsmanager:ResourceTag/github:repository", ""),
        ("secretsmanager:ResourceTag/github:enterprise", "mallory"),
        ("secretsmanager:ResourceTag/github:enterprise", ""),
    ] {
        assert!(!may_read_by_tags(&[(tag, value)]), "{tag} {value}");
    }
}

#[test]
fn platform_role_admits_the_shared_workflow_whoever_calls_it() {
    assert_eq!(assume_platform_role(&[]).decision, Decision::Allow);
    assert_eq!(assume_platform_role(&[("aws:RequestTag/repository", "octo/other")]).decision, Decision::Allow);
    assert_eq!(trust_of("shared-trust-policy", "sts:TagSession", &[]).decision, Decision::Allow);
}

#[test]
fn platform_role_refuses_other_workflows_and_other_refs_of_the_shared_one() {
    for workflow in [
        "octo/app/.github/workflows/deploy.yml@refs/tags/v1",
        "octo-org/platform/.github/workflows/test.yml@refs/tags/v1",
        "octo-org/platform/.github/workflows/deploy.yml@refs/heads/v1",
        "octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1.1",
        "octo-org/platform/.github/workflows/deploy.yml@8f3b1c2d4e5f60718293a4b5c6d7e8f901234567",
        "octo-org/platform/.github/workflows/Deploy.yml@refs/tags/v1",
        "",
    ] {
        let evaluation = assume_platform_role(&[("aws:RequestTag/job_workflow_ref", workflow)]);
        assert_refused_for(&evaluation, "aws:RequestTag/job_workflow_ref");
    }
}

#[test]
fn platform_role_refuses_self_hosted_runners_and_pull_requests() {
    for (tag, value) in [
        ("aws:RequestTag/runner_environment", "self-hosted"),
        ("aws:RequestTag/runner_environment", ""),
        ("aws:RequestTag/event_name", "pull_request"),
        ("aws:RequestTag/event_name", ""),
        ("aws:RequestTag/enterprise", "mallory"),
    ] {
        assert_refused_for(&assume_platform_role(&[(tag, value)]), tag);
    }
}

#[test]
fn platform_role_reads_the_secret_of_the_platform_and_no_store() {
    assert!(may_read("shared-role-policy", "platform/deploy-AbCdEf", &SESSION));
    for secret in
        ["platform/other-AbCdEf", "platform/deploy-old-AbCdEf", "octo-enterprise/repo/octo/app/secrets-AbCdEf"]
    {
        assert!(!may_read("shared-role-policy", secret, &SESSION), "{secret}");
    }
    assert!(!may_read_by_name("octo/platform/deploy-AbCdEf", &[]));
    assert!(!may_read("role-policy", "platform/deploy-AbCdEf", &SESSION));
}
