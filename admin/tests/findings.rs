//! Each finding: the smallest rules that have it, and a near miss that has not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use env_kvstore_admin::account::rules::{Ruled, Rules};
use env_kvstore_admin::account::{Account, Document, Pool, Provider, Role, Store, TagMap};
use env_kvstore_admin::audit::findings::{Finding, RULES, Severity, findings};
use env_kvstore_admin::audit::report::{Question, report};
use env_kvstore_admin::audit::{Audit, By, text};
use env_kvstore_admin::kvstore::reader::Text;
use serde_json::{Value, json};

const POOL: &str = "us-west-2:12345678-1234-1234-1234-1234567890ab";
const HOST: &str = "token.actions.githubusercontent.com";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
const SECRETS: &str = "arn:aws:secretsmanager:us-west-2:123456789012:secret:";

/// An account in which nothing is wrong: one repository's store, read by pushes to it.
fn clean() -> Account {
    let claims =
        ["repository_owner_id", "repository", "repository_id", "environment", "event_name", "ref", "run_id", "sha"];
    let map = TagMap { uses_defaults: false, claims: claims.map(|claim| (claim.to_owned(), claim.to_owned())).into() };
    Account {
        id: "123456789012".to_owned(),
        partition: "aws".to_owned(),
        region: "us-west-2".to_owned(),
        providers: vec![Provider {
            arn: PROVIDER.to_owned(),
            issuer: format!("https://{HOST}"),
            audiences: vec!["cognito-identity.amazonaws.com".to_owned()],
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
        roles: vec![role(trusting(
            json!({ "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/event_name": "push" }),
        ))],
        stores: vec![store("octo/repo/octo/app/secrets")],
        ..Account::default()
    }
}

/// A trust policy for Cognito's tokens with these values beside the audience.
fn trusting(wanted: Value) -> Value {
    let mut equals = json!({ "cognito-identity.amazonaws.com:aud": POOL });
    equals.as_object_mut().unwrap().extend(wanted.as_object().unwrap().clone());
    trust("cognito-identity.amazonaws.com", json!({ "StringEquals": equals }))
}

/// A trust policy that lets in and lets tags in, by this condition.
fn trust(principal: &str, condition: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Federated": principal },
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        "Condition": condition
    }] })
}

/// One for GitHub's own tokens, with the audience.
fn direct(mut condition: Value) -> Account {
    condition["StringEquals"][format!("{HOST}:aud")] = json!("sts.amazonaws.com");
    let mut account = clean();
    account.providers[0].audiences = vec!["sts.amazonaws.com".to_owned()];
    account.pools.clear();
    account.roles = vec![role(trust(PROVIDER, condition))];
    account.roles[0].policies = vec![reading("octo/repo/octo/app/secrets-??????")];
    account
}

fn role(trust: Value) -> Role {
    Role {
        name: "r".to_owned(),
        arn: "arn:aws:iam::123456789012:role/r".to_owned(),
        trust: document("trust policy of the role r", &trust),
        policies: vec![reading("octo/repo/${aws:PrincipalTag/repository}/secrets-??????")],
        tags: BTreeMap::new(),
        boundary: None,
    }
}

fn reading(pattern: &str) -> Document {
    allowing("secretsmanager:GetSecretValue", &format!("{SECRETS}{pattern}"))
}

fn allowing(action: &str, resource: &str) -> Document {
    policy(json!([{ "Effect": "Allow", "Action": action, "Resource": resource }]))
}

fn policy(statements: Value) -> Document {
    document("inline policy p of the role r", &json!({ "Version": "2012-10-17", "Statement": statements }))
}

fn document(name: &str, policy: &Value) -> Document {
    Document::parse(name, policy.to_string()).unwrap()
}

fn store(name: &str) -> Store {
    Store {
        name: name.to_owned(),
        arn: format!("{SECRETS}{name}-AbCdEf"),
        tags: BTreeMap::new(),
        kms_key: None,
        policy: None,
    }
}

fn found(account: &Account) -> Vec<Finding> {
    findings(&Audit::new(account, None, false))
}

fn ids(found: &[Finding]) -> Vec<&'static str> {
    found.iter().map(|finding| finding.id).collect()
}

/// The finding that there is of this id; there must be one, and those that are named beside it.
#[track_caller]
fn one<'f>(found: &'f [Finding], id: &str) -> &'f Finding {
    let mut of = found.iter().filter(|finding| finding.id == id);
    let first = of.next().unwrap_or_else(|| panic!("no {id}: {found:#?}"));
    assert!(of.next().is_none(), "{found:#?}");
    first
}

#[track_caller]
fn assert_none(account: &Account) {
    let found = found(account);
    assert!(found.is_empty(), "{found:#?}");
}

/// The clean account with a change.
fn with(change: impl FnOnce(&mut Account)) -> Account {
    let mut account = clean();
    change(&mut account);
    account
}

/// The clean account with another trust policy.
fn trusted(trust: Value) -> Account {
    with(|account| account.roles[0].trust = document("trust policy of the role r", &trust))
}

/// The clean account with another policy.
fn reads(statements: Value) -> Account {
    with(|account| account.roles[0].policies = vec![policy(statements)])
}

#[test]
fn every_id_is_one_rule_s_and_is_kebab_case() {
    let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), RULES.len());
}

#[test]
fn rules_that_follow_the_advice_have_no_finding() {
    assert_none(&clean());
    assert_none(&direct(
        json!({ "StringEquals": { format!("{HOST}:sub"): "repo:octo@9919/app@456:ref:refs/heads/main" } }),
    ));
}

#[test]
fn tenant_missing_is_a_role_that_anybody_s_jobs_may_assume() {
    let account = trusted(trusting(json!({ "aws:RequestTag/event_name": "push" })));
    let found = found(&account);
    let finding = one(&found, "tenant-missing");
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(finding.place.statement, Some(1));
    assert_eq!(finding.place.role.as_deref(), Some("r"));
    // A workflow says what runs, and not who calls it.
    let called = direct(
        json!({ "StringEquals": { format!("{HOST}:job_workflow_ref"): "octo/w/.github/workflows/d.yml@refs/tags/v1" } }),
    );
    let found = self::found(&called);
    assert!(one(&found, "tenant-missing").cause.contains("job_workflow_ref"));
    // The owner's name is not whole before the wildcard.
    for (sub, is_found) in [("repo:*", true), ("repo:octo*", true), ("repo:octo/*", false), ("repo:octo@9919/*", false)]
    {
        let account = direct(json!({ "StringLike": { format!("{HOST}:sub"): sub } }));
        assert_eq!(ids(&self::found(&account)).contains(&"tenant-missing"), is_found, "{sub}");
    }
    // A server of one's own has no jobs of others.
    let mut ours = trusted(trusting(json!({ "aws:RequestTag/event_name": "push" })));
    ours.providers[0].issuer = "https://github.example.com/_services/token".to_owned();
    assert_none(&ours);
}

#[test]
fn tenant_by_name_is_a_condition_on_what_can_change_hands() {
    for claim in ["repository", "repository_id"] {
        let account = trusted(trusting(
            json!({ format!("aws:RequestTag/{claim}"): "octo/app", "aws:RequestTag/event_name": "push" }),
        ));
        let found = found(&account);
        assert_eq!(ids(&found).contains(&"tenant-by-name"), claim == "repository", "{found:#?}");
    }
    for (sub, is_found) in [
        ("repo:octo/app:ref:refs/heads/main", true),
        ("repo:octo@9919/app@456:ref:refs/heads/main", false),
        ("repository_owner_id:9919:repository_id:456", false),
    ] {
        let account = direct(json!({ "StringEquals": { format!("{HOST}:sub"): sub } }));
        assert_eq!(ids(&found(&account)).contains(&"tenant-by-name"), is_found, "{sub}");
    }
    // The slug of an enterprise in the issuer is a name as well.
    let mut account = trusted(trusting(json!({ "aws:RequestTag/event_name": "push" })));
    account.providers[0].issuer = format!("https://{HOST}/octo-enterprise");
    assert_eq!(ids(&found(&account)), ["tenant-by-name"]);
}

#[test]
fn only_authenticated_is_a_trust_policy_that_wants_a_sign_in_and_no_more() {
    let amr = |value: &str| json!({ "cognito-identity.amazonaws.com:amr": value });
    let of = |wanted: Value| {
        let condition =
            json!({ "StringEquals": { "cognito-identity.amazonaws.com:aud": POOL }, "ForAnyValue:StringLike": wanted });
        found(&trusted(trust("cognito-identity.amazonaws.com", condition)))
    };
    assert_eq!(one(&of(amr("authenticated")), "only-authenticated").severity, Severity::High);
    assert!(!ids(&of(amr("authenticated"))).contains(&"tenant-missing"));
    // Cognito puts the subject there too.
    let subject = of(amr(&format!("{PROVIDER}:OIDC:repo:octo/app:*")));
    assert!(!ids(&subject).contains(&"only-authenticated"), "{subject:#?}");
    assert!(ids(&subject).contains(&"tenant-by-name"), "{subject:#?}");
}

#[test]
fn audience_missing_is_a_trust_policy_that_takes_any_pool_s_tokens() {
    let wanted = json!({ "StringEquals": { "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/event_name": "push" } });
    let found = found(&trusted(trust("cognito-identity.amazonaws.com", wanted)));
    assert_eq!(one(&found, "audience-missing").severity, Severity::High);
    assert_eq!(ids(&found), ["audience-missing"]);
    let mut account =
        direct(json!({ "StringEquals": { format!("{HOST}:sub"): "repo:octo@9919/app@456:ref:refs/heads/main" } }));
    let condition = json!({ "StringEquals": { format!("{HOST}:sub"): "repo:octo@9919/app@456:ref:refs/heads/main" } });
    account.roles[0].trust = document("trust policy of the role r", &trust(PROVIDER, condition));
    assert_eq!(one(&self::found(&account), "audience-missing").severity, Severity::Low);
}

#[test]
fn pull_requests_let_in_is_a_role_that_their_jobs_may_assume() {
    let of = |event: Value| {
        found(&trusted(trusting(
            json!({ "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/event_name": event }),
        )))
    };
    let among_others = of(json!(["push", "pull_request"]));
    assert_eq!(one(&among_others, "pull-requests-let-in").severity, Severity::High);
    assert!(one(&among_others, "pull-requests-let-in").cause.contains("octo/repo/octo/app/secrets"));
    assert!(of(json!(["push", "pull_request_target"])).is_empty());
    // A role of their own whose stores nobody else reads is as it should be.
    assert!(of(json!("pull_request")).is_empty());
    let both = with(|account| {
        let own = json!({ "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/event_name": "pull_request" });
        let mut requests = role(trusting(own));
        requests.name = "requests".to_owned();
        requests.trust = document(
            "trust policy of the role requests",
            &trusting(
                json!({ "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/event_name": "pull_request" }),
            ),
        );
        account.roles.push(requests);
    });
    let found = found(&both);
    assert_eq!(one(&found, "pull-requests-let-in").place.role.as_deref(), Some("requests"));
    // No list of events, but one of refs that no pull request has.
    let by_ref = |reference: &str| {
        self::found(&trusted(trusting(
            json!({ "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/ref": reference }),
        )))
    };
    assert!(by_ref("refs/heads/main").is_empty());
    assert!(ids(&by_ref("refs/pull/7/merge")).contains(&"pull-requests-let-in"));
}

#[test]
fn pull_requests_are_let_in_by_subjects_that_are_open_for_them() {
    for (sub, severity) in [
        ("repo:octo@9919/app@456:*", Some(Severity::High)),
        ("repo:octo@9919/app@456:pull_request", Some(Severity::High)),
        ("repo:octo@9919/app@456:environment:production", Some(Severity::Medium)),
        ("repo:octo@9919/app@456:ref:refs/heads/*", None),
        ("repo:octo@9919/app@456:ref:refs/heads/main", None),
    ] {
        let account = direct(json!({ "StringLike": { format!("{HOST}:sub"): sub } }));
        let found = found(&account);
        let of_requests = found.iter().find(|finding| finding.id == "pull-requests-let-in");
        assert_eq!(of_requests.map(|finding| finding.severity), severity, "{sub}");
    }
}

#[test]
fn absent_claim_passes_is_a_condition_that_holds_without_the_claim() {
    let with_condition = |operator: &str, key: &str, value: &str, more: Value| {
        let mut condition = json!({ "StringEquals": {
            "cognito-identity.amazonaws.com:aud": POOL,
            "aws:RequestTag/repository_owner_id": "9919",
            "aws:RequestTag/event_name": "push"
        } });
        condition[operator][key] = json!(value);
        condition.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        found(&trusted(trust("cognito-identity.amazonaws.com", condition)))
    };
    let key = "aws:RequestTag/environment";
    for operator in ["StringNotEquals", "StringEqualsIfExists", "ForAllValues:StringEquals"] {
        let found = with_condition(operator, key, "production", json!({}));
        let finding = one(&found, "absent-claim-passes");
        assert_eq!((finding.severity, finding.place.key.as_deref()), (Severity::Medium, Some(key)), "{operator}");
        assert_eq!(with_condition(operator, key, "production", json!({ "Null": { key: "false" } })), []);
    }
    assert_eq!(with_condition("ForAnyValue:StringNotEquals", key, "production", json!({})), []);
    // Every token has some claims: only a change of the map, or a slip, opens these.
    let always = with_condition("StringEqualsIfExists", "aws:RequestTag/repository", "octo/app", json!({}));
    assert_eq!(one(&always, "absent-claim-passes").severity, Severity::Low);
    // What is denied if it is listed is not denied if it is absent.
    let mut denying = trusting(json!({ "aws:RequestTag/repository_owner_id": "9919" }));
    let deny = json!({ "Effect": "Deny", "Principal": { "Federated": "cognito-identity.amazonaws.com" }, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringLike": { "aws:RequestTag/event_name": "pull_request*" } } });
    denying["Statement"].as_array_mut().unwrap().push(deny);
    assert_eq!(one(&found(&trusted(denying)), "absent-claim-passes").place.statement, Some(2));
    // In the role's policy too.
    let statement = |operator: &str| {
        json!([{ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
            "Resource": format!("{SECRETS}octo/repo/${{aws:PrincipalTag/repository}}/secrets-??????"),
            "Condition": { operator: { "aws:PrincipalTag/environment": "test" } } }])
    };
    assert!(
        one(&found(&reads(statement("StringNotEquals"))), "absent-claim-passes")
            .place
            .policy
            .as_deref()
            .unwrap()
            .contains("inline")
    );
    assert_none(&reads(statement("StringEquals")));
}

#[test]
fn claim_not_mapped_is_a_key_that_no_session_has() {
    let mut unmapped = clean();
    let map = unmapped.pools[0].tags.get_mut(PROVIDER).unwrap();
    map.claims.remove("repository");
    let found = found(&unmapped);
    assert_eq!(one(&found, "claim-not-mapped").place.key.as_deref(), Some("aws:PrincipalTag/repository"));
    assert_eq!(one(&found, "claim-not-mapped").severity, Severity::Medium);
    // Keys ignore case, and what has a default needs no claim.
    let other_case = reads(json!([{ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
        "Resource": format!("{SECRETS}octo/repo/${{AWS:principaltag/REPOSITORY}}/secrets-??????") }]));
    assert_none(&other_case);
    // A negation on it always holds: that opens.
    let negated = trusted(trust(
        "cognito-identity.amazonaws.com",
        json!({
        "StringEquals": { "cognito-identity.amazonaws.com:aud": POOL, "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/event_name": "push" },
        "StringNotEquals": { "aws:RequestTag/actor": "evil" } }),
    ));
    assert_eq!(one(&self::found(&negated), "claim-not-mapped").severity, Severity::High);
    // With GitHub's own token AWS knows some claims, and iss is none of them.
    for (claim, is_found) in [("iss", true), ("event_name", true), ("environment", false)] {
        let account = direct(json!({ "StringEquals": {
            format!("{HOST}:sub"): "repo:octo@9919/app@456:ref:refs/heads/main", format!("{HOST}:{claim}"): "x" } }));
        assert_eq!(ids(&self::found(&account)).contains(&"claim-not-mapped"), is_found, "{claim}");
    }
}

#[test]
fn wildcard_in_claim_is_a_pattern_for_its_values() {
    let of = |key: &str, pattern: &str| {
        let condition = json!({
            "StringEquals": { "cognito-identity.amazonaws.com:aud": POOL, "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/event_name": "push" },
            "StringLike": { key: pattern } });
        found(&trusted(trust("cognito-identity.amazonaws.com", condition)))
    };
    assert_eq!(
        one(&of("aws:RequestTag/environment", "prod*"), "wildcard-in-claim").place.key.as_deref(),
        Some("aws:RequestTag/environment")
    );
    assert!(
        one(&of("aws:RequestTag/ref", "refs/heads/release/*"), "wildcard-in-claim")
            .cause
            .contains("refs/heads/release/")
    );
    for plain in ["production", "prod${*}", "*"] {
        assert_eq!(of("aws:RequestTag/environment", plain), [], "{plain}");
    }
}

#[test]
fn wildcards_in_names_of_secrets_reach_over_slashes_and_environments() {
    let of = |pattern: &str| {
        let resource = if pattern == "*" { "*".to_owned() } else { format!("{SECRETS}{pattern}") };
        let found = found(&reads(
            json!([{ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": resource }]),
        ));
        let of_pattern = found.into_iter().filter(|finding| finding.id.starts_with("wildcard"));
        of_pattern.map(|finding| (finding.id, finding.severity)).collect::<Vec<_>>()
    };
    let repository = "octo/repo/${aws:PrincipalTag/repository}";
    assert_eq!(
        of(&format!("{repository}/env/${{aws:PrincipalTag/environment}}/*")),
        [("wildcard-after-environment", Severity::High)]
    );
    assert_eq!(
        of(&format!("{repository}/env/${{aws:PrincipalTag/environment}}*")),
        [("wildcard-after-environment", Severity::High)]
    );
    assert_eq!(of(&format!("{repository}/env/${{aws:PrincipalTag/environment}}/secrets-??????")), []);
    assert_eq!(of(&format!("{repository}/*")), [("wildcard-over-slash", Severity::High)]);
    assert_eq!(of("shared/*"), [("wildcard-over-slash", Severity::Medium)]);
    assert_eq!(of("shared/key-*"), [("wildcard-over-slash", Severity::Low)]);
    assert_eq!(of("shared/key-??????"), []);
    assert_eq!(of("*"), [("wildcard-over-slash", Severity::High)]);
    // Where the store's tags decide, its name need not.
    let by_tags = reads(
        json!([{ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": format!("{SECRETS}*"),
        "Condition": { "StringEquals": { "secretsmanager:ResourceTag/github:repository_id": "${aws:PrincipalTag/repository_id}" } } }]),
    );
    assert!(ids(&found(&by_tags)).iter().all(|id| !id.starts_with("wildcard")));
}

#[test]
fn uses_defaults_is_a_map_of_cognito_s_own() {
    let account = with(|account| account.pools[0].tags.get_mut(PROVIDER).unwrap().uses_defaults = true);
    let found = found(&account);
    assert_eq!(one(&found, "uses-defaults").place.pool.as_deref(), Some(POOL));
    assert!(!ids(&found).contains(&"claim-not-mapped"), "{found:#?}");
}

#[test]
fn role_tag_shadows_claim_whatever_its_case() {
    let tagged =
        |key: &str| with(|account| drop(account.roles[0].tags.insert(key.to_owned(), "production".to_owned())));
    let found = found(&tagged("Environment"));
    let finding = one(&found, "role-tag-shadows-claim");
    assert_eq!((finding.severity, finding.place.key.as_deref()), (Severity::High, Some("Environment")));
    assert_none(&tagged("Stage"));
}

#[test]
fn tag_session_missing_is_a_role_that_no_job_can_assume() {
    let mut trust =
        trusting(json!({ "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/event_name": "push" }));
    trust["Statement"][0]["Action"] = json!("sts:AssumeRoleWithWebIdentity");
    let found = found(&trusted(trust.clone()));
    assert_eq!(ids(&found), ["tag-session-missing", "store-nobody-reads"]);
    // Without a map no session brings tags.
    let mut account = trusted(trust);
    account.pools[0].tags.clear();
    assert!(!ids(&self::found(&account)).contains(&"tag-session-missing"));
}

#[test]
fn further_providers_audiences_and_strangers_of_a_pool_are_found() {
    let user_pool = with(|account| account.pools[0].other_providers.push("graph.facebook.com".to_owned()));
    assert_eq!(ids(&found(&user_pool)), ["further-providers"]);
    let gitlab = with(|account| {
        account.providers.push(Provider {
            arn: "arn:gitlab".to_owned(),
            issuer: "https://gitlab.com".to_owned(),
            audiences: vec![],
        });
    });
    assert_none(&gitlab);
    let both = with(|account| {
        account.providers.push(Provider {
            arn: "arn:gitlab".to_owned(),
            issuer: "https://gitlab.com".to_owned(),
            audiences: vec![],
        });
        account.pools[0].providers.push("arn:gitlab".to_owned());
    });
    assert_eq!(ids(&found(&both)), ["further-providers"]);
    let audience = with(|account| account.providers[0].audiences.push("sts.amazonaws.com".to_owned()));
    assert_eq!(ids(&found(&audience)), ["further-audiences"]);
    let strangers = with(|account| account.pools[0].allows_unauthenticated = true);
    assert_eq!(ids(&found(&strangers)), ["unauthenticated-identities"]);
}

#[test]
fn rights_to_change_who_reads_are_found_by_what_the_policies_decide() {
    let may = |action: &str, resource: &str| {
        let mut account = clean();
        account.roles[0].policies.push(allowing(action, resource));
        found(&account)
    };
    for (action, resource) in [
        ("secretsmanager:UntagResource", format!("{SECRETS}octo/*")),
        ("iam:*", "*".to_owned()),
        ("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/r".to_owned()),
        ("cognito-identity:Set*", "arn:aws:cognito-identity:us-west-2:123456789012:identitypool/x".to_owned()),
    ] {
        let found = may(action, &resource);
        assert_eq!(one(&found, "job-may-open-access").severity, Severity::High, "{action}");
    }
    assert_eq!(
        ids(&may(
            "secretsmanager:PutSecretValue",
            &format!("{SECRETS}octo/repo/${{aws:PrincipalTag/repository}}/secrets-??????")
        )),
        ["job-may-write"]
    );
    assert_eq!(may("secretsmanager:DescribeSecret", &format!("{SECRETS}octo/*")), []);
    // Of no resource of the service.
    assert_eq!(may("secretsmanager:TagResource", "arn:aws:s3:::bucket"), []);
    // Taken away again, by a statement or by a boundary.
    let mut denied = clean();
    denied.roles[0].policies.push(allowing("secretsmanager:*", "*"));
    denied.roles[0]
        .policies
        .push(policy(json!([{ "Effect": "Deny", "NotAction": "secretsmanager:GetSecretValue", "Resource": "*" }])));
    assert!(ids(&found(&denied)).iter().all(|id| !id.starts_with("job-may")));
    let mut bounded = clean();
    bounded.roles[0].policies.push(allowing("iam:*", "*"));
    bounded.roles[0].boundary = Some(allowing("secretsmanager:GetSecretValue", "*"));
    assert_none(&bounded);
}

#[test]
fn store_nobody_reads_is_one_that_no_way_leads_to() {
    let account = with(|account| account.stores.push(store("other")));
    let found = found(&account);
    let finding = one(&found, "store-nobody-reads");
    assert_eq!((finding.severity, finding.place.store.as_deref()), (Severity::Low, Some("other")));
    assert_eq!(ids(&found), ["store-nobody-reads"]);
}

#[test]
fn store_shared_by_repositories_is_one_that_nothing_ties_to_one() {
    let statement = |condition: Value| {
        let mut account = reads(json!([{ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
            "Resource": format!("{SECRETS}octo/repo/octo/app/secrets-??????"), "Condition": condition }]));
        account.roles[0].tags.clear();
        account
    };
    let two = statement(json!({ "StringEquals": { "aws:PrincipalTag/repository": ["octo/app", "octo/web"] } }));
    assert!(one(&found(&two), "store-shared-by-repositories").cause.contains("octo/app, octo/web"));
    let any = statement(json!({ "StringEquals": { "aws:PrincipalTag/environment": "production" } }));
    assert_eq!(ids(&found(&any)), ["store-shared-by-repositories"]);
    assert_none(&statement(json!({ "StringEquals": { "aws:PrincipalTag/repository_id": "456" } })));
}

#[test]
fn environments_differ_in_case_only_if_they_are_one_on_github() {
    let stores = |names: [&str; 2]| {
        let mut account =
            with(|account| account.stores = names.map(|name| store(&format!("octo/repo/octo/app/{name}"))).into());
        account.roles[0].policies = vec![policy(
            json!([{ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
            "Resource": format!("{SECRETS}octo/repo/${{aws:PrincipalTag/repository}}/env/${{aws:PrincipalTag/environment}}/secrets-??????") }]),
        )];
        found(&account)
    };
    let found = stores(["env/Production/secrets", "env/production/secrets"]);
    assert_eq!(ids(&found), ["environments-differ-in-case"]);
    assert!(found[0].cause.contains("octo/repo/octo/app/env/production/secrets"));
    assert_eq!(stores(["env/prod/secrets", "env/production/secrets"]), []);
}

#[test]
fn policy_near_limit_counts_each_kind_by_its_own() {
    let statement = |characters: usize| {
        let action = format!("s3:{}", "x".repeat(characters));
        json!([{ "Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::b" }])
    };
    let with_policy = |name: &str, characters: usize| {
        let document = Document::parse(name, policy(statement(characters)).text).unwrap();
        found(&with(|account| account.roles[0].policies.push(document)))
    };
    assert_eq!(ids(&with_policy("inline policy of the role r", 9000)), ["policy-near-limit"]);
    assert_eq!(with_policy("inline policy of the role r", 8000), []);
    assert_eq!(ids(&with_policy("managed policy m of the role r", 5500)), ["policy-near-limit"]);
    assert_eq!(with_policy("managed policy m of the role r", 5000), []);
    let trust = |characters: usize| {
        found(&trusted(trusting(
            json!({ "aws:RequestTag/repository_owner_id": "9919", "aws:RequestTag/event_name": ["push", "x".repeat(characters)] }),
        )))
    };
    assert_eq!(ids(&trust(1600)), ["policy-near-limit"]);
    assert_eq!(trust(1000), []);
    // The quota was raised already.
    assert_eq!(trust(2000), []);
}

const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");

fn ruled(text: &str) -> Ruled {
    Rules::File(vec![Text { name: "kvstore.json".to_owned(), text: text.to_owned() }]).read().unwrap()
}

/// The account of the example as it would be found, with a change.
fn deployed(change: impl FnOnce(&mut Account)) -> Ruled {
    let mut ruled = ruled(EXAMPLE);
    ruled.set_up = None;
    change(&mut ruled.account);
    ruled
}

#[test]
fn store_that_lacks_a_guard_of_its_binding_is_high() {
    let file = ruled(EXAMPLE);
    let ask = |change: fn(&mut Account)| report(&deployed(change), Some(&file), &Question::default());
    let untouched = ask(|_| ());
    assert_eq!((untouched.findings, untouched.differences), (vec![], Some(vec![])));
    let untagged = ask(|account| {
        let store = account.stores.iter_mut().find(|store| store.tags.contains_key("github:ref")).unwrap();
        store.tags.remove("github:ref");
        // What else is tagged does not matter.
        store.tags.insert("team".to_owned(), "x".to_owned());
    });
    let finding = one(&untagged.findings, "guard-missing");
    assert_eq!((finding.severity, finding.place.key.as_deref()), (Severity::High, Some("github:ref")));
    let differences = serde_json::to_value(untagged.differences.unwrap()).unwrap();
    assert_eq!(differences.as_array().unwrap().len(), 2, "{differences:#}");
    assert_eq!((&differences[0]["what"], &differences[0]["effect"]), (&json!("readers"), &json!("wider")));
    assert!(differences[0]["expected"].as_str().unwrap().contains("ref is refs/heads/main"));
    assert!(!differences[0]["actual"].as_str().unwrap().contains("ref is refs/heads/main"));
    assert_eq!((&differences[1]["what"], &differences[1]["expected"]), (&json!("tag"), &json!("refs/heads/main")));
}

#[test]
fn store_without_binding_is_found_beside_a_snapshot_alone() {
    let file = ruled(EXAMPLE);
    let left = |name: &'static str, tag: Option<&'static str>| {
        let ruled = deployed(|account| {
            let mut left = store(name);
            left.tags.extend(tag.map(|id| ("github:repository_id".to_owned(), id.to_owned())));
            account.stores.push(left);
            account.stores.sort_by(|one, other| one.name.cmp(&other.name));
        });
        report(&ruled, Some(&file), &Question::default()).findings
    };
    let read = left("octo-enterprise/repo/octo-org/app/env/old/secrets", Some("456789"));
    assert_eq!(ids(&read), ["store-without-binding"]);
    assert_eq!(read[0].severity, Severity::Medium);
    let unread = left("octo-enterprise/repo/octo-org/gone/secrets", None);
    assert_eq!(ids(&unread), ["store-without-binding", "store-nobody-reads"]);
    assert_eq!(unread[0].severity, Severity::Low);
    // Secrets of others are in an account too.
    assert_eq!(ids(&left("database", None)), ["store-nobody-reads"]);
}

#[test]
fn the_example_of_the_documentation_has_no_finding() {
    let ruled = ruled(EXAMPLE);
    assert_eq!(report(&ruled, None, &Question::default()).findings, []);
}

#[test]
fn wildcard_without_like_is_a_pattern_that_nothing_matches() {
    let account = direct(json!({ "StringEquals": { format!("{HOST}:sub"): "repo:octo/*" } }));
    assert_eq!(one(&found(&account), "wildcard-without-like").severity, Severity::Medium);
    let account = direct(json!({ "StringLike": { format!("{HOST}:sub"): "repo:octo/*" } }));
    assert!(!ids(&found(&account)).contains(&"wildcard-without-like"));
}

#[test]
fn role_nobody_assumes_wants_what_no_token_says() {
    let of = |audience: &str| {
        let mut account =
            direct(json!({ "StringEquals": { format!("{HOST}:sub"): "repo:octo@9919/app@456:ref:refs/heads/main" } }));
        account.providers[0].audiences = vec![audience.to_owned()];
        found(&account)
    };
    let other = of("https://github.com/octo");
    assert!(
        one(&other, "role-nobody-assumes")
            .cause
            .contains("must be sts.amazonaws.com, and of a job it is https://github.com/octo")
    );
    assert_eq!(of("sts.amazonaws.com"), []);
    // A role that is for others is none of ours.
    let mut others = clean();
    let trust = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" } });
    others.roles[0].trust = document("trust policy of the role r", &trust);
    assert_eq!(ids(&found(&others)), ["store-nobody-reads"]);
}

/// The `json` block of a page of docs/ after the line `<!-- cloud: NAME -->`.
fn block(name: &str) -> Value {
    let pages = ["set-up-aws.md", "organization.md", "shared-workflow.md"];
    let pages =
        pages.map(|page| std::fs::read_to_string(format!("{}/../docs/{page}", env!("CARGO_MANIFEST_DIR"))).unwrap());
    let marker = format!("<!-- cloud: {name} -->\n```json\n");
    let (_, after) =
        pages.iter().find_map(|page| page.split_once(&marker)).unwrap_or_else(|| panic!("no block {name}"));
    serde_json::from_str(after.split_once("\n```").unwrap().0).unwrap()
}

/// The account of the set-up that docs/ shows, with these policies and stores.
fn documented(trust: &str, policy: &str, stores: Vec<Store>) -> Account {
    with(|account| {
        let claims = block("tag-map")["PrincipalTags"].as_object().unwrap().clone();
        let others = ["repository_owner", "repository_owner_id", "runner_environment"];
        let names = claims.keys().cloned().chain(others.map(str::to_owned));
        account.pools[0].tags.get_mut(PROVIDER).unwrap().claims = names.map(|name| (name.clone(), name)).collect();
        account.roles = vec![role(block(trust))];
        account.roles[0].policies = vec![document("inline policy p of the role r", &block(policy))];
        account.stores = stores;
    })
}

fn tagged(name: &str, tags: &[(&str, &str)]) -> Store {
    let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Store { tags, ..store(name) }
}

#[test]
fn the_documented_set_ups_have_no_finding() {
    let base = "octo-enterprise/repo/octo/app";
    let id = [("github:repository_id", "456")];
    let stores =
        || vec![tagged(&format!("{base}/env/production/secrets"), &id), tagged(&format!("{base}/secrets"), &id)];
    assert_none(&documented("trust-policy", "role-policy", stores()));
    let by_tags = tagged(
        "any/name",
        &[("github:enterprise", "octo-enterprise"), ("github:repository", "octo/app"), ("github:repository_id", "456")],
    );
    assert_none(&documented("trust-policy", "role-policy-by-tags", vec![by_tags]));
    let of_organization = || {
        vec![
            tagged("octo-org/repo/octo-org/app/env/production/secrets", &id),
            tagged("octo-org/repo/octo-org/app/secrets", &id),
        ]
    };
    assert_none(&documented("organization-trust-policy", "organization-role-policy", of_organization()));
    // A shared workflow's callers are meant, and only kvstore.json can say so.
    let shared = found(&documented("shared-trust-policy", "shared-role-policy", vec![store("platform/deploy")]));
    assert!(
        shared
            .iter()
            .all(|finding| finding.severity < Severity::Medium || finding.id == "store-shared-by-repositories"),
        "{shared:#?}"
    );
}

#[test]
fn a_repository_reads_what_no_condition_keeps_from_it() {
    let read_by = |account: Account, repository: &str| {
        let question = Question { repository: Some(repository.to_owned()), role: None };
        let report = report(&Ruled::on_aws(account, None), None, &question);
        report.stores.iter().map(|store| (store.name.clone(), store.readers[0].sentence.clone())).collect::<Vec<_>>()
    };
    let by_subject = |sub: &str| direct(json!({ "StringLike": { format!("{HOST}:sub"): sub } }));
    for (sub, repository, is_read) in [
        ("repo:octo/*", "octo/web", true),
        ("repo:octo/*", "octopus/web", false),
        ("repo:octo/app:*", "octo/app", true),
        ("repo:octo/app:*", "octo/app-two", false),
        ("repo:octo@9919/app@456:*", "octo/app", true),
        ("repo:octo@9919/app@456:*", "evil/app", false),
        ("*", "evil/app", true),
    ] {
        assert_eq!(!read_by(by_subject(sub), repository).is_empty(), is_read, "{sub} {repository}");
    }
    let all = report(&Ruled::on_aws(clean(), None), None, &Question::default());
    assert_eq!(all.roles[0].requires, "repository_owner_id is 9919 and event_name is push");
    // By its claims, which the sentence then leaves out.
    let name = "octo/repo/octo/app/secrets".to_owned();
    assert_eq!(read_by(clean(), "octo/app"), [(name, "every job that may assume the role".to_owned())]);
    assert_eq!(read_by(clean(), "octo/web"), []);
}

#[test]
fn texts_of_others_do_not_reach_a_terminal_as_they_are() {
    let evil = "x\u{1b}[31m\n::stop-commands::y\u{202e}";
    let mut account = trusted(trusting(json!({ "aws:RequestTag/repository": evil })));
    account.roles[0].tags.insert("Environment".to_owned(), evil.to_owned());
    account.roles[0]
        .policies
        .push(policy(json!([{ "Sid": evil, "Effect": "Allow", "Action": "iam:*", "Resource": "*" }])));
    let report = report(&Ruled::on_aws(account, None), None, &Question::default());
    assert!(report.findings.len() >= 4);
    for by in [By::Store, By::Repository, By::Role] {
        let shown = text(&report, by, 80);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
        assert!(shown.lines().all(|line| !line.trim_start().starts_with("::")), "{shown}");
    }
}

#[test]
fn lines_are_as_wide_as_the_terminal_but_for_words_that_are_longer() {
    let report = report(&ruled(EXAMPLE), None, &Question::default());
    for columns in [40, 72, 120] {
        let shown = text(&report, By::Store, columns);
        let wide = shown.lines().filter(|line| line.chars().count() > columns);
        let words = |line: &str| line.split_whitespace().count();
        assert!(wide.clone().all(|line| words(line) == 1), "{columns}: {:#?}", wide.collect::<Vec<_>>());
    }
}
