//! The policies that docs/ tells a platform team to create, asked what jobs of all kinds would ask.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use env_kvstore_policy::{Context, Decision, Evaluation, Policy, Principal, Request, evaluate};

const PAGES: [&str; 4] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/set-up-aws.md"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/organization.md"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/shared-workflow.md"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/other-identities.md"),
];
const POOL: &str = "us-west-2:12345678-1234-1234-1234-1234567890ab";
const SHA: &str = "8f3b1c2d4e5f60718293a4b5c6d7e8f901234567";
const TRUSTED_EVENTS: [&str; 7] =
    ["push", "workflow_dispatch", "repository_dispatch", "schedule", "release", "merge_group", "deployment"];
/// Of those that run the code of a pull request, of others that strangers can start, and of misspelt ones.
const OTHER_EVENTS: [&str; 10] = [
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_target",
    "workflow_run",
    "issue_comment",
    "watch",
    "Push",
    "push ",
    "",
];

/// The policy in the `json` block after the line `<!-- cloud: NAME -->`.
fn policy(name: &str) -> Policy {
    Policy::parse(name, &block(name)).unwrap()
}

fn block(name: &str) -> String {
    let pages = PAGES.map(|page| std::fs::read_to_string(page).unwrap());
    let marker = format!("<!-- cloud: {name} -->\n```json\n");
    let (_, after) =
        pages.iter().find_map(|page| page.split_once(&marker)).unwrap_or_else(|| panic!("no page has a block {name}"));
    let (block, _) = after.split_once("\n```").unwrap();
    block.to_owned()
}

/// All that let somebody do something.
const POLICIES: [&str; 10] = [
    "trust-policy",
    "role-policy",
    "role-policy-by-tags",
    "role-policy-for-secrets",
    "chain-trust-policy",
    "organization-trust-policy",
    "organization-role-policy",
    "organization-role-policy-by-tags",
    "shared-trust-policy",
    "shared-role-policy",
];

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
    assume_under(&policy("shared-trust-policy"), change)
}

/// As [`assume_platform_role`], but of this policy.
fn assume_under(policy: &Policy, change: &[Entry]) -> Evaluation {
    let shared = [
        ("aws:RequestTag/job_workflow_ref", "octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1"),
        ("aws:RequestTag/runner_environment", "github-hosted"),
    ];
    let kept = shared.iter().filter(|(key, _)| change.iter().all(|(changed, _)| changed != key));
    let change: Vec<Entry> = kept.chain(change).copied().collect();
    asked(policy, "sts:AssumeRoleWithWebIdentity", &change)
}

fn trust_of(policy_name: &str, action: &str, change: &[Entry]) -> Evaluation {
    asked(&policy(policy_name), action, change)
}

fn asked(policy: &Policy, action: &str, change: &[Entry]) -> Evaluation {
    let session = format!("16543210987@{SHA}");
    let job = [
        ("cognito-identity.amazonaws.com:aud", POOL),
        ("aws:RequestTag/actor_id", "583231"),
        ("aws:RequestTag/enterprise", "octo-enterprise"),
        ("aws:RequestTag/enterprise_id", "1234"),
        ("aws:RequestTag/event_name", "push"),
        ("aws:RequestTag/ref", "refs/heads/main"),
        ("aws:RequestTag/repository", "octo/app"),
        ("aws:RequestTag/repository_id", "1296269"),
        ("aws:RequestTag/repository_owner", "octo"),
        ("aws:RequestTag/repository_owner_id", "9919"),
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
    evaluate(std::slice::from_ref(policy), &request)
}

/// The request is refused for the value of this key and for nothing else.
fn assert_refused_for(evaluation: &Evaluation, key: &str) {
    assert_eq!(evaluation.decision, Decision::ImplicitDeny);
    let nearest = &evaluation.statements[evaluation.nearest.unwrap()];
    let failed: Vec<&str> = nearest.mismatches.iter().map(|mismatch| mismatch.key.as_deref().unwrap()).collect();
    assert_eq!(failed, [key]);
}

/// The tags of a session for a job of `octo/app` without an environment.
const SESSION: [Entry; 4] = [
    ("aws:PrincipalTag/enterprise", "octo-enterprise"),
    ("aws:PrincipalTag/repository", "octo/app"),
    ("aws:PrincipalTag/repository_id", "1296269"),
    ("aws:PrincipalTag/repository_owner_id", "9919"),
];
const ENVIRONMENT: &str = "aws:PrincipalTag/environment";
const REPOSITORY_ID: &str = "aws:PrincipalTag/repository_id";
const GUARD: &str = "secretsmanager:ResourceTag/github:repository_id";

fn may_read(policy_name: &str, secret: &str, entries: &[Entry]) -> bool {
    may("secretsmanager:GetSecretValue", policy_name, secret, entries)
}

fn may(action: &str, policy_name: &str, secret: &str, entries: &[Entry]) -> bool {
    let request = Request {
        action: action.to_owned(),
        principal: None,
        resource: Some(format!("arn:aws:secretsmanager:us-west-2:123456789012:secret:{secret}")),
        context: context(entries),
    };
    evaluate(&[policy(policy_name)], &request).decision == Decision::Allow
}

/// The session and the tag of the store's repository, changed so.
fn guarded<'a>(change: &[Entry<'a>]) -> Vec<Entry<'a>> {
    changed(&[SESSION.as_slice(), &[(GUARD, "1296269")]].concat(), change)
}

/// Whether the session, or the store's tags, changed so, may read this store of `octo-enterprise` under the policy by name.
fn may_read_by_name(store: &str, change: &[Entry]) -> bool {
    may_read("role-policy", &format!("octo-enterprise/repo/{store}"), &guarded(change))
}

/// Whether the session, or the store's tags, changed so, may read this store under either policy by name.
fn may_read_guarded(store: &str, change: &[Entry]) -> bool {
    let by_enterprise = may_read_by_name(store, change);
    let secret = format!("octo-org/repo/{store}");
    assert_eq!(may_read("organization-role-policy", &secret, &guarded(change)), by_enterprise, "{store}");
    by_enterprise
}

/// Whether the session may read a secret of `octo/app` under the policy by tags, tags of either changed so.
fn may_read_by_tags(change: &[Entry]) -> bool {
    let secret = [
        ("secretsmanager:ResourceTag/github:enterprise", "octo-enterprise"),
        ("secretsmanager:ResourceTag/github:repository", "octo/app"),
    ];
    may_read("role-policy-by-tags", "any/name-AbCdEf", &changed(&[SESSION.as_slice(), &secret].concat(), change))
}

#[test]
fn trust_policy_admits_a_job_of_the_enterprise() {
    assert_eq!(assume_role(&[]).decision, Decision::Allow);
    assert_eq!(trust("sts:TagSession", &[]).decision, Decision::Allow);
}

#[test]
fn trust_policy_refuses_another_enterprise_or_none_by_its_id() {
    for id in ["4321", "12345", "octo-enterprise", ""] {
        let evaluation = assume_role(&[("aws:RequestTag/enterprise_id", id)]);
        assert_refused_for(&evaluation, "aws:RequestTag/enterprise_id");
    }
    let renamed = assume_role(&[("aws:RequestTag/enterprise", "octo-new")]);
    assert_eq!(renamed.decision, Decision::Allow);
}

#[test]
fn trust_policy_of_an_organization_refuses_others_by_the_id_whatever_their_name() {
    let assume = |change: &[Entry]| trust_of("organization-trust-policy", "sts:AssumeRoleWithWebIdentity", change);
    for enterprise in ["octo-enterprise", ""] {
        assert_eq!(assume(&[("aws:RequestTag/enterprise", enterprise)]).decision, Decision::Allow);
    }
    for id in ["4321", "99190", "octo", ""] {
        let stranger = [("aws:RequestTag/repository_owner_id", id), ("aws:RequestTag/repository_owner", "octo")];
        assert_refused_for(&assume(&stranger), "aws:RequestTag/repository_owner_id");
    }
    assert_eq!(trust_of("organization-trust-policy", "sts:TagSession", &[]).decision, Decision::Allow);
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
fn trust_policies_let_in_the_events_of_the_list_and_no_other() {
    for name in ["trust-policy", "organization-trust-policy", "shared-trust-policy"] {
        let policy = policy(name);
        for event in TRUSTED_EVENTS {
            assert_eq!(
                assume_under(&policy, &[("aws:RequestTag/event_name", event)]).decision,
                Decision::Allow,
                "{event}"
            );
        }
        for event in OTHER_EVENTS {
            let evaluation = assume_under(&policy, &[("aws:RequestTag/event_name", event)]);
            assert_refused_for(&evaluation, "aws:RequestTag/event_name");
        }
    }
}

#[test]
fn trust_policies_refuse_a_merged_pull_request_though_its_ref_is_the_base() {
    let closed = [("aws:RequestTag/event_name", "pull_request"), ("aws:RequestTag/ref", "refs/heads/main")];
    assert_refused_for(&assume_role(&closed), "aws:RequestTag/event_name");
}

/// Such a condition holds for what is absent and for what its author did not think of.
#[test]
fn no_policy_has_a_negation() {
    for name in POLICIES {
        let block = block(name);
        let said = block.lines().filter(|line| !line.trim_start().starts_with("\"Sid\"")).collect::<String>();
        for negation in ["Not", "\"Null\"", "Deny"] {
            assert!(!said.contains(negation), "{name} has {negation}");
        }
    }
}

/// A trust policy may have 2,048 characters, a role's inline policies 10,240 in all.
#[test]
fn every_policy_is_as_short_as_iam_wants_it() {
    for name in POLICIES {
        let characters = block(name).chars().filter(|character| !character.is_whitespace()).count();
        let most = if name.contains("trust") { 2048 } else { 10_240 };
        assert!(characters <= most, "{name} has {characters}");
    }
}

/// A list of events to add, as the page says, lets in what is added.
#[test]
fn event_that_is_added_to_the_list_is_let_in() {
    for event in ["pull_request_target", "workflow_run", "issue_comment"] {
        let longer = block("trust-policy").replace("\"push\"", &format!("\"push\", \"{event}\""));
        let policy = Policy::parse("trust-policy", &longer).unwrap();
        assert_eq!(assume_under(&policy, &[("aws:RequestTag/event_name", event)]).decision, Decision::Allow, "{event}");
        let pull_request = assume_under(&policy, &[("aws:RequestTag/event_name", "pull_request")]);
        assert_refused_for(&pull_request, "aws:RequestTag/event_name");
    }
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
fn job_reads_no_store_of_another_repository_or_namespace() {
    assert!(!may_read_by_name("octo/other/secrets-AbCdEf", &[]));
    assert!(!may_read_by_name("octo/app2/secrets-AbCdEf", &[]));
    assert!(!may_read_by_name("octo/app/secrets-old-AbCdEf", &[]));
    let other = [("aws:PrincipalTag/repository", "octo/other")];
    assert!(!may_read_by_name("octo/app/secrets-AbCdEf", &other));
    // The first part of the names is text, so that no claim chooses it.
    for enterprise in ["mallory", ""] {
        let session = guarded(&[("aws:PrincipalTag/enterprise", enterprise)]);
        assert!(may_read("role-policy", "octo-enterprise/repo/octo/app/secrets-AbCdEf", &session));
        for namespace in ["mallory/", "/", ""] {
            let secret = format!("{namespace}repo/octo/app/secrets-AbCdEf");
            assert!(!may_read("role-policy", &secret, &session), "{secret}");
        }
    }
}

/// AWS then says that there is no such secret, and a job in an environment without a store gets the repository's values.
#[test]
fn job_may_ask_for_its_stores_without_their_suffix_which_match_none_that_exists() {
    let job = [(ENVIRONMENT, "staging"), (GUARD, "")];
    for store in
        ["octo/app/secrets", "octo/app/variables", "octo/app/env/staging/secrets", "octo/app/env/staging/variables"]
    {
        assert!(may_read_guarded(store, &job), "{store}");
        assert!(!may_read_guarded(&format!("{store}-AbCdEf"), &job), "{store}");
    }
    for store in ["octo/app/env/production/secrets", "octo/other/secrets"] {
        assert!(!may_read_guarded(store, &job), "{store}");
    }
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
fn store_with_the_id_of_its_repository_opens_for_that_one_only_whatever_its_name() {
    let production = (ENVIRONMENT, "production");
    for store in ["octo/app/secrets-AbCdEf", "octo/app/env/production/variables-AbCdEf"] {
        assert!(!may_read_guarded(store, &[production, (GUARD, "")]), "{store} has no tag");
        assert!(may_read_guarded(store, &[production, (GUARD, "1296269")]), "{store}");
        for id in ["4321", ""] {
            let recycled = [production, (GUARD, "1296269"), (REPOSITORY_ID, id)];
            assert!(!may_read_guarded(store, &recycled), "{store} {id}");
        }
    }
    let environmentless = [(GUARD, "1296269"), (ENVIRONMENT, "")];
    assert!(!may_read_guarded("octo/app/env/production/secrets-AbCdEf", &environmentless));
    assert!(may_read_by_tags(&[(GUARD, "1296269")]));
    assert!(!may_read_by_tags(&[(GUARD, "4321")]));
    assert!(!may_read_by_tags(&[(GUARD, "1296269"), (REPOSITORY_ID, "")]));
}

#[test]
fn store_with_the_tag_of_a_ref_or_a_workflow_opens_for_those_jobs_only() {
    let workflow = "octo/app/.github/workflows/release.yml@refs/heads/main";
    for (claim, value, other) in [
        ("ref", "refs/heads/main", "refs/heads/wip"),
        ("job_workflow_ref", workflow, "octo/app/.github/workflows/ci.yml@refs/heads/main"),
    ] {
        let (tag, claim) = (format!("secretsmanager:ResourceTag/github:{claim}"), format!("aws:PrincipalTag/{claim}"));
        for (is, expected) in [(value, true), (other, false), ("", false)] {
            let job = [(ENVIRONMENT, "production"), (tag.as_str(), value), (claim.as_str(), is)];
            for store in ["octo/app/secrets-AbCdEf", "octo/app/env/production/variables-AbCdEf"] {
                assert_eq!(may_read_guarded(store, &job), expected, "{store} {claim} {is}");
                assert!(may_read_guarded(store, &[job[0], job[2]]), "{store} has no such tag");
            }
        }
    }
}

/// What `'-'` stands for is what no claim is, so that no store is to have it as a tag.
#[test]
fn absent_claim_is_compared_with_a_hyphen() {
    let none = (REPOSITORY_ID, "");
    assert!(may_read_guarded("octo/app/secrets-AbCdEf", &[none, (GUARD, "-")]));
    assert!(!may_read_guarded("octo/app/secrets-AbCdEf", &[(GUARD, "-")]));
    assert!(may_read_by_tags(&[("secretsmanager:ResourceTag/github:environment", "-")]));
}

#[test]
fn environment_in_another_case_is_another_environment() {
    for spelling in ["Production", "PRODUCTION"] {
        let job = [(ENVIRONMENT, spelling)];
        assert!(!may_read_guarded("octo/app/env/production/secrets-AbCdEf", &job));
        let tagged = [(ENVIRONMENT, spelling), ("secretsmanager:ResourceTag/github:environment", "production")];
        assert!(!may_read_by_tags(&tagged));
    }
}

/// An organisation may belong to an enterprise, which its tokens then name.
#[test]
fn token_with_an_enterprise_reads_the_stores_that_the_policy_of_an_organization_names() {
    for enterprise in ["octo-enterprise", ""] {
        let session = guarded(&[("aws:PrincipalTag/enterprise", enterprise)]);
        let may = |secret: &str| may_read("organization-role-policy", secret, &session);
        assert!(may("octo-org/repo/octo/app/secrets-AbCdEf"));
        assert!(may("octo-org/repo/octo/app/secrets"));
        for other in ["octo-enterprise/repo/octo/app/secrets-AbCdEf", "octo-org/repo/octo/other/secrets-AbCdEf"] {
            assert!(!may(other), "{other}");
        }
    }
}

#[test]
fn stores_by_tags_of_an_organization_open_for_the_owner_by_its_id() {
    let secret = [
        ("secretsmanager:ResourceTag/github:repository_owner_id", "9919"),
        ("secretsmanager:ResourceTag/github:repository", "octo/app"),
    ];
    let may = |change: &[Entry]| {
        let entries = changed(&[SESSION.as_slice(), &secret].concat(), change);
        may_read("organization-role-policy-by-tags", "any/name-AbCdEf", &entries)
    };
    assert!(may(&[]));
    for (key, value) in [
        ("aws:PrincipalTag/repository_owner_id", "4321"),
        ("aws:PrincipalTag/repository_owner_id", ""),
        ("aws:PrincipalTag/repository", "octo/other"),
        ("aws:PrincipalTag/repository", ""),
        ("secretsmanager:ResourceTag/github:repository_owner_id", ""),
        ("secretsmanager:ResourceTag/github:environment", "production"),
        (GUARD, "4321"),
    ] {
        assert!(!may(&[(key, value)]), "{key} {value}");
    }
}

#[test]
fn jobs_may_neither_write_a_store_nor_change_its_tags() {
    let session = changed(&SESSION, &[(ENVIRONMENT, "production")]);
    for name in POLICIES.into_iter().filter(|name| name.contains("role-policy")) {
        for action in ["PutSecretValue", "UpdateSecret", "TagResource", "UntagResource", "CreateSecret", "DeleteSecret"]
        {
            for secret in ["octo-enterprise/repo/octo/app/secrets-AbCdEf", "octo-org/repo/octo/app/secrets-AbCdEf"] {
                assert!(!may(&format!("secretsmanager:{action}"), name, secret, &session), "{name} {action}");
            }
        }
    }
}

/// In either policy a tag is what opens a store: whoever may change it decides who reads.
#[test]
fn whoever_tags_or_untags_a_store_decides_who_reads_it() {
    let tag = "secretsmanager:ResourceTag/github:repository";
    assert!(!may_read_by_tags(&[(tag, "octo/other")]));
    assert!(may_read_by_tags(&[(tag, "octo/app")]));
    let recycled = (REPOSITORY_ID, "4321");
    assert!(!may_read_guarded("octo/app/secrets-AbCdEf", &[recycled, (GUARD, "1296269")]));
    assert!(may_read_guarded("octo/app/secrets-AbCdEf", &[recycled, (GUARD, "4321")]));
}

#[test]
fn second_role_takes_no_claim_that_the_first_session_does_not_have() {
    let claims = [
        ("aws:PrincipalTag/enterprise", "octo-enterprise"),
        ("aws:RequestTag/enterprise", "octo-enterprise"),
        ("aws:PrincipalTag/environment", "production"),
        ("aws:RequestTag/environment", "production"),
        ("aws:PrincipalTag/repository", "octo/app"),
        ("aws:RequestTag/repository", "octo/app"),
        ("aws:PrincipalTag/repository_id", "1296269"),
        ("aws:RequestTag/repository_id", "1296269"),
    ];
    let assume = |change: &[Entry]| {
        let request = Request {
            action: "sts:AssumeRole".to_owned(),
            principal: Some(Principal::Aws("arn:aws:iam::123456789012:role/github-actions".to_owned())),
            resource: None,
            context: context(&changed(&claims, change)),
        };
        evaluate(&[policy("chain-trust-policy")], &request).decision == Decision::Allow
    };
    assert!(assume(&[]));
    assert!(assume(&[("aws:PrincipalTag/environment", ""), ("aws:RequestTag/environment", "")]));
    assert!(assume(&[("aws:RequestTag/environment", "")]), "a claim may be left out where it only opens");
    for (key, _) in claims {
        assert!(!assume(&[(key, "other")]), "{key}");
        if key != "aws:RequestTag/environment" {
            assert!(!assume(&[(key, "")]), "no {key}");
        }
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
fn platform_role_refuses_self_hosted_runners_and_other_enterprises() {
    for (tag, value) in [
        ("aws:RequestTag/runner_environment", "self-hosted"),
        ("aws:RequestTag/runner_environment", ""),
        ("aws:RequestTag/enterprise_id", "4321"),
        ("aws:RequestTag/enterprise_id", ""),
    ] {
        assert_refused_for(&assume_platform_role(&[(tag, value)]), tag);
    }
}

/// The page's words: the owner's id in place of the enterprise's.
#[test]
fn platform_role_of_an_organization_trusts_its_owner_by_the_id() {
    let block = block("shared-trust-policy");
    let of_organization = block.replace(r#"enterprise_id": "1234""#, r#"repository_owner_id": "9919""#);
    assert_ne!(block, of_organization);
    let policy = Policy::parse("shared-trust-policy", &of_organization).unwrap();
    assert_eq!(assume_under(&policy, &[("aws:RequestTag/enterprise_id", "")]).decision, Decision::Allow);
    let stranger = [("aws:RequestTag/repository_owner_id", "4321")];
    assert_refused_for(&assume_under(&policy, &stranger), "aws:RequestTag/repository_owner_id");
}

/// The conditions that the page offers, put into the policy.
#[test]
fn platform_role_can_be_kept_to_some_repositories_and_to_one_branch() {
    let page = std::fs::read_to_string(PAGES[2]).unwrap();
    for (condition, key, other) in [
        (r#""aws:RequestTag/repository_id": ["1296269"]"#, "aws:RequestTag/repository_id", "4321"),
        (r#""aws:RequestTag/ref": "refs/heads/main""#, "aws:RequestTag/ref", "refs/heads/wip"),
    ] {
        assert!(page.contains(condition), "{condition}");
        assert_eq!(assume_platform_role(&[(key, other)]).decision, Decision::Allow);
        let opened = "\"StringEquals\": {";
        let narrower = block("shared-trust-policy").replacen(opened, &format!("{opened} {condition},"), 1);
        let policy = Policy::parse("shared-trust-policy", &narrower).unwrap();
        assert_eq!(assume_under(&policy, &[]).decision, Decision::Allow);
        for value in [other, ""] {
            assert_refused_for(&assume_under(&policy, &[(key, value)]), key);
        }
    }
}

#[test]
fn platform_role_reads_the_secret_of_the_platform_and_no_store() {
    let workflow = ("aws:PrincipalTag/job_workflow_ref", "octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1");
    let session = changed(&SESSION, &[workflow, ("aws:PrincipalTag/runner_environment", "github-hosted")]);
    let may = |secret: &str, change: &[Entry]| may_read("shared-role-policy", secret, &changed(&session, change));
    assert!(may("platform/deploy-AbCdEf", &[]));
    assert!(may("platform/deploy-AbCdEf", &[("aws:PrincipalTag/repository", "octo/other")]));
    for (key, other) in [
        (workflow.0, "octo/app/.github/workflows/ci.yml@refs/heads/main"),
        ("aws:PrincipalTag/runner_environment", "self-hosted"),
    ] {
        for value in [other, ""] {
            assert!(!may("platform/deploy-AbCdEf", &[(key, value)]), "{key} {value}");
        }
    }
    for secret in
        ["platform/other-AbCdEf", "platform/deploy-old-AbCdEf", "octo-enterprise/repo/octo/app/secrets-AbCdEf"]
    {
        assert!(!may(secret, &[(GUARD, "1296269")]), "{secret}");
    }
    assert!(!may_read_by_name("octo/platform/deploy-AbCdEf", &[]));
    assert!(!may_read("role-policy", "platform/deploy-AbCdEf", &SESSION));
}
