//! `explain`: gate by gate, on the rules of docs/use-cases/kvstore.json.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use env_kvstore_admin::account::rules::Rules;
use env_kvstore_admin::account::{Account, Document, Provider, Role};
use env_kvstore_admin::explain::ask::{Asked, Explained, ask};
use env_kvstore_admin::explain::job::Job;
use env_kvstore_admin::explain::{Answer, Explanation, GateName, GateResult, Question, explain};
use env_kvstore_admin::kvstore::reader::Text;
use serde_json::{Value, json};

mod asking;

use asking::{MAIN, stopped, with};

const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");

fn rules(text: &str) -> Rules {
    Rules::File(vec![Text { name: "kvstore.json".to_owned(), text: text.to_owned() }])
}

fn asked(asked: Value) -> Explained {
    ask(&rules(EXAMPLE), &serde_json::from_value::<Asked>(asked).unwrap())
}

fn explained(question: Value) -> Explanation {
    let explained = asked(question);
    if std::env::var_os("SHOW").is_some() {
        println!("{}", explained.text);
    }
    explained.explanation.unwrap_or_else(|| panic!("{:?} {:?}", explained.wrong, explained.problems))
}

#[test]
fn a_job_that_the_file_lets_in_passes_every_gate() {
    let explanation = explained(json!({ "pairs": MAIN, "read": "env:production" }));
    assert_eq!(explanation.answer, Answer::Allow, "{explanation:#?}");
    assert_eq!(explanation.store.as_deref(), Some("octo-enterprise/repo/octo-org/app/env/production/secrets"));
    assert_eq!(explanation.assumed["event_name"], "push");
    assert_eq!(explanation.assumed["repository_id"], "456789");
    let results: Vec<_> = explanation.gates.iter().map(|gate| gate.result).collect();
    assert_eq!(results[..2], [GateResult::NotEvaluated; 2]);
    assert!(results[2..].iter().all(|result| *result == GateResult::Passed));
}

#[test]
fn another_ref_is_stopped_by_the_tags_of_the_store() {
    let explanation = explained(json!({ "pairs": with(&["ref=refs/heads/x"]), "read": "env:production" }));
    let gate = stopped(&explanation);
    assert_eq!(gate.gate, GateName::StoreTags);
    let [failure] = &gate.failures[..] else { panic!("{gate:#?}") };
    assert_eq!(failure.key.as_deref(), Some("secretsmanager:ResourceTag/github:ref"));
    assert_eq!(failure.has.as_deref(), Some(&["refs/heads/main".to_owned()][..]));
    assert_eq!(failure.wants, ["refs/heads/x"]);
    let others = gate.also_admits.as_deref().unwrap();
    assert!(others.contains("repository_id is 456789 and ref is refs/heads/x"), "{others}");
    assert!(gate.remedy[0].contains("`github:ref` of the store to refs/heads/x (it is refs/heads/main)"), "{gate:#?}");
}

#[test]
fn a_pull_request_is_stopped_by_the_trust_policy() {
    let pairs = with(&["event_name=pull_request", "ref=refs/pull/7/merge"]);
    let explanation = explained(json!({ "pairs": pairs, "read": "env:production" }));
    let gate = stopped(&explanation);
    assert_eq!((gate.gate, explanation.role.as_deref()), (GateName::TrustPolicy, Some("github-actions")));
    assert_eq!(gate.failures[0].key.as_deref(), Some("aws:RequestTag/event_name"));
    assert_eq!(gate.failures[0].has.as_deref(), Some(&["pull_request".to_owned()][..]));
    let others = gate.also_admits.as_deref().unwrap();
    assert!(others.contains("enterprise_id is 9266") && others.contains("event_name is pull_request"), "{others}");
    let after = explanation.gates.iter().skip_while(|gate| gate.result != GateResult::Failed).skip(1);
    assert!(after.into_iter().all(|gate| gate.result == GateResult::NotReached));
}

#[test]
fn another_binding_s_store_is_stopped_by_the_role_policy() {
    let explanation = explained(json!({ "pairs": MAIN, "read": "secret:platform/deploy", "role": "github-actions" }));
    assert_eq!(stopped(&explanation).gate, GateName::RolePolicy);
}

#[test]
fn a_recycled_name_is_stopped_by_the_tags_of_the_store() {
    let explanation = explained(json!({ "pairs": with(&["repository_id=1"]), "read": "env:production" }));
    let gate = stopped(&explanation);
    assert_eq!(gate.failures[0].key.as_deref(), Some("secretsmanager:ResourceTag/github:repository_id"));
}

#[test]
fn what_the_token_itself_says_is_asked_first() {
    let claims = json!({
        "iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "repository": "octo-org/app",
        "repository_id": "456789", "enterprise_id": "9266", "event_name": "push", "run_id": "1", "sha": "a", "actor_id": "7"
    });
    let explanation = explained(json!({ "claims": claims.to_string(), "read": "repo" }));
    assert_eq!(stopped(&explanation).gate, GateName::Issuer);
    let mut right = claims;
    right["iss"] = json!("https://token.actions.githubusercontent.com/octo-enterprise");
    let explanation = explained(json!({ "claims": right.to_string(), "read": "repo" }));
    assert_eq!(stopped(&explanation).gate, GateName::Audience);
    assert!(explanation.assumed.is_empty());
}

#[test]
fn a_claim_that_sts_refuses_is_stopped_before_any_policy() {
    let pairs = with(&["ref=refs/heads/a#b"]);
    let gate = stopped(&explained(json!({ "pairs": pairs, "read": "env:production" }))).clone();
    assert_eq!(gate.gate, GateName::SessionTags);
    assert!(gate.text.contains("ref (claim ref)") && !gate.text.contains("a#b"), "{}", gate.text);
}

#[test]
fn a_claim_that_is_said_to_be_absent_is_not_assumed() {
    let gate = stopped(&explained(json!({ "pairs": with(&["event_name="]), "read": "env:production" }))).clone();
    assert_eq!((gate.gate, &gate.failures[0].has), (GateName::TrustPolicy, &None));
}

#[test]
fn a_store_that_the_file_does_not_have_has_no_tags() {
    let gate = stopped(&explained(json!({ "pairs": with(&["environment=qa"]), "read": "env:qa" }))).clone();
    assert_eq!(gate.gate, GateName::StoreTags);
    assert!(gate.text.starts_with("There is no store "), "{}", gate.text);
}

#[test]
fn a_role_alone_can_be_asked_for() {
    let explanation = explained(json!({ "pairs": MAIN, "role": "arn:aws:iam::123456789012:role/github-actions" }));
    assert_eq!((explanation.answer, explanation.gates.len()), (Answer::Allow, 5));
}

#[test]
fn wrong_questions_say_which_part_is_wrong() {
    for (question, part) in [
        (json!({ "pairs": [], "read": "repo" }), "job"),
        (json!({ "pairs": ["repository"], "read": "repo" }), "job"),
        (json!({ "pairs": ["ref=x"], "read": "repo" }), "job"),
        (json!({ "pairs": MAIN, "read": "production" }), "read"),
        (json!({ "pairs": ["repository=octo-org/app"], "read": "env:$environment" }), "job"),
        (json!({ "pairs": MAIN, "read": "repo", "role": "nobody" }), "role"),
        (json!({ "claims": "{", "read": "repo" }), "claims"),
    ] {
        let wrong = asked(question.clone()).wrong.unwrap_or_else(|| panic!("{question}"));
        assert_eq!(wrong.0, part, "{question}: {}", wrong.1);
    }
}

#[test]
fn what_others_wrote_cannot_write_to_the_terminal() {
    let hostile = "refs/heads/\u{1b}[31m\u{202e}$(id)'\"\n::error::x";
    let explained = asked(json!({ "pairs": with(&[&format!("ref={hostile}")]), "read": "env:production" }));
    assert!(!explained.text.contains('\u{1b}') && !explained.text.contains('\u{202e}'), "{}", explained.text);
    assert!(explained.text.lines().all(|line| !line.starts_with("::")));
}

/// An account with a role for the tokens of an issuer, which its trust policy lets in by a tag.
fn trusting(issuers: &[&str]) -> Account {
    let arn =
        |issuer: &str| format!("arn:aws:iam::123456789012:oidc-provider/{}", issuer.trim_start_matches("https://"));
    let role = |issuer: &&str| {
        let name = format!("of-{}", issuer.trim_start_matches("https://").split('.').next().unwrap());
        let trust = json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": { "Federated": arn(issuer) },
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            "Condition": { "StringEquals": { "aws:RequestTag/repository": "octo-org/app" } },
        } });
        Role {
            arn: format!("arn:aws:iam::123456789012:role/{name}"),
            trust: Document::parse("trust policy", trust.to_string()).unwrap(),
            policies: vec![],
            tags: BTreeMap::new(),
            boundary: None,
            name,
        }
    };
    let provider = |issuer: &&str| Provider { arn: arn(issuer), issuer: (*issuer).to_owned(), audiences: vec![] };
    Account {
        roles: issuers.iter().map(role).collect(),
        providers: issuers.iter().map(provider).collect(),
        ..Account::default()
    }
}

#[test]
fn the_role_of_a_token_exchange_is_said_not_to_be_explained_and_not_to_deny() {
    let job =
        || Job { claims: BTreeMap::from([("repository".to_owned(), "octo-org/app".to_owned())]), ..Job::default() };
    let ask = |issuers: &[&str], role: Option<&str>| {
        explain(
            &trusting(issuers),
            &Question { job: job(), role: role.map(str::to_owned), store: None },
            BTreeMap::new(),
        )
    };
    let says =
        "The role of-jwtex takes tokens of https://jwtex.example.com, which is not GitHub: a token exchange decides";
    let (exchange, github) = ("https://jwtex.example.com", "https://token.actions.githubusercontent.com");
    assert!(ask(&[exchange], None).unwrap_err().starts_with(says));
    assert!(ask(&[exchange, github], Some("of-jwtex")).unwrap_err().starts_with(says));
    // GitHub's own token brings no tags, so the other role denies.
    let both = ask(&[exchange, github], None).unwrap();
    assert_eq!((both.answer, both.role.as_deref()), (Answer::Deny, Some("of-token")));
    assert!(both.not_explained[0].starts_with(says) && both.text().contains(&format!("\nNot explained:\n- {says}")));
    for github in [github, "https://token.actions.octo.ghe.com", "https://ghes.example.com/_services/token"] {
        assert!(ask(&[github], None).unwrap().not_explained.is_empty(), "{github}");
    }
}
