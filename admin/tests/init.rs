//! `init`: answers become a file that generates and proves, whichever way they come.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use env_kvstore_admin::kvstore::generate::{Target, generate};
use env_kvstore_admin::kvstore::init::answers::Answers;
use env_kvstore_admin::kvstore::init::{Place, Plan, Step, step};
use env_kvstore_admin::kvstore::reader::Text;
use proptest::prelude::*;
use serde_json::{Value, json};

const HEAD: [(&str, &str); 5] = [
    ("tenant", "organization"),
    ("organization", "octo-org"),
    ("organization_id", "9919"),
    ("account", "123456789012"),
    ("region", "us-west-2"),
];

/// The answers of each task that have no default.
const TASKS: [(&str, &[(&str, &str)]); 5] = [
    ("pull-requests", &[("repository", "octo-org/app"), ("repository_id", "1")]),
    ("main", &[("repository", "octo-org/app"), ("repository_id", "1")]),
    ("stages", &[("repository", "octo-org/web"), ("repository_id", "2")]),
    ("monorepo", &[("repository", "octo-org/mono"), ("repository_id", "3"), ("teams", "billing, search")]),
    ("shared-workflow", &[("workflow_repository", "octo-org/platform")]),
];

fn place() -> Place {
    Place { file: "kvstore.json".to_owned(), folder: "generated".to_owned(), made: vec![], from: vec![] }
}

fn text(name: &str, text: impl Into<String>) -> Text {
    Text { name: name.to_owned(), text: text.into() }
}

fn by_file(texts: &[Text], answers: &Value) -> Step {
    match Answers::read(&text("answers.json", answers.to_string())) {
        Ok(answers) => step(texts, &answers, &place()),
        Err(problems) => Step { problems, ..Step::default() },
    }
}

fn planned(step: Step) -> Plan {
    assert!(step.problems.is_empty(), "{:?}", step.problems);
    step.plan.unwrap()
}

/// What the file of answers has for a task, with what a new `kvstore.json` needs or without.
fn answers(task: &str, is_new: bool) -> Value {
    let (_, own) = TASKS.iter().find(|(name, _)| *name == task).unwrap();
    let head = if is_new { HEAD.as_slice() } else { &[] };
    let pairs = head.iter().chain(*own).copied().chain([("task", task)]);
    pairs.map(|(key, value)| (key.to_owned(), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

/// Answers question for question, and takes the default where nothing is known.
fn by_terminal(texts: &[Text], known: &Value) -> Plan {
    let mut given: Vec<(String, String)> = vec![];
    loop {
        let asked = step(texts, &Answers::at_terminal(given.clone()), &place());
        assert!(asked.problems.is_empty(), "{:?}", asked.problems);
        let Some(question) = asked.question else { return asked.plan.unwrap() };
        let answer = known[&question.key].as_str().map(str::to_owned).or(question.default);
        given.push((question.key.clone(), answer.unwrap_or_else(|| panic!("{}", question.key))));
    }
}

fn messages(step: &Step) -> Vec<String> {
    assert!(step.plan.is_none());
    step.problems.iter().map(ToString::to_string).collect()
}

fn proves(texts: &[Text]) -> (usize, usize) {
    let made = generate(texts, Target::CloudFormation, None);
    assert!(made.problems.is_empty() && made.failed.is_empty(), "{:?} {:?}", made.problems, made.failed);
    assert!(made.files.len() >= 2);
    (made.allowed, made.denied)
}

#[test]
fn each_task_alone_generates_and_proves_and_a_terminal_comes_to_the_same_bytes() {
    for (task, _) in TASKS {
        let given = answers(task, true);
        let plan = planned(by_file(&[], &given));
        assert_eq!(by_terminal(&[], &given).text, plan.text, "{task}");
        let (allowed, denied) = proves(&[text("kvstore.json", plan.text.clone())]);
        assert!(allowed >= 1 && denied > allowed, "{task}: {allowed} {denied}");
        assert_eq!(plan.targets, ["cloudformation", "matrix"]);
        assert!(serde_json::to_string(&plan.next).unwrap().contains("org/env-kvstore@v1"), "{task}");
    }
}

#[test]
fn a_new_file_reads_as_one_that_a_person_writes() {
    let plan = planned(by_file(&[], &answers("main", true)));
    assert_eq!(
        plan.text,
        r#"{
  "$schema": "https://raw.githubusercontent.com/org/env-kvstore/v1/docs/kvstore.schema.json",
  "version": 1,
  "github": { "organization": "octo-org", "organization_id": "9919" },
  "aws": { "account": "123456789012", "region": "us-west-2", "pool": "github-actions", "role": "github-actions" },
  "repositories": {
    "octo-org/app": { "id": "1" }
  },
  "bindings": [
    {
      "name": "app production",
      "repository": "octo-org/app",
      "because": "only this branch or tag is deployed",
      "when": { "environment": "production", "ref": "refs/heads/main" },
      "read": ["env:production"]
    }
  ]
}
"#
    );
}

#[test]
fn tasks_added_one_after_another_keep_what_was_there_and_prove_together() {
    let mut file = planned(by_file(&[], &answers("pull-requests", true))).text;
    for (task, _) in TASKS.iter().skip(1) {
        let texts = [text("kvstore.json", file.clone())];
        let given = answers(task, false);
        let plan = planned(by_file(&texts, &given));
        assert_eq!(by_terminal(&texts, &given).text, plan.text);
        let mut rest = plan.text.chars();
        assert!(file.chars().all(|kept| rest.any(|character| character == kept)), "{task}");
        assert!(plan.text.len() > file.len());
        file = plan.text;
    }
    let (allowed, denied) = proves(&[text("kvstore.json", file)]);
    assert!(allowed >= 7 && denied > 100, "{allowed} {denied}");
}

#[test]
fn a_file_that_a_person_has_formatted_stays_as_it_is() {
    let example = include_str!("../../docs/use-cases/kvstore.json");
    let given = json!({ "task": "main", "repository": "octo-org/docs", "repository_id": "77" });
    let after = planned(by_file(&[text("kvstore.json", example)], &given)).text;
    let inserted = [
        ",\n    \"octo-org/docs\": { \"id\": \"77\" }",
        ",\n    {\n      \"name\": \"docs production\",\n      \"repository\": \"octo-org/docs\",\n      \"because\": \"only this branch or tag is deployed\",\n      \"when\": { \"environment\": \"production\", \"ref\": \"refs/heads/main\" },\n      \"read\": [\"env:production\"]\n    }",
    ];
    assert_eq!(inserted.iter().fold(after, |text, inserted| text.replacen(inserted, "", 1)), example);
}

#[test]
fn every_missing_answer_is_named_with_its_key() {
    let said = messages(&by_file(&[], &json!({})));
    for key in ["tenant", "account", "region", "task"] {
        assert!(said.iter().any(|line| line.starts_with(&format!("answers.json:1: `{key}` is missing"))), "{said:?}");
    }
    let mut given = answers("monorepo", true);
    for key in ["organization_id", "repository_id", "teams"] {
        given.as_object_mut().unwrap().remove(key);
    }
    let said = messages(&by_file(&[], &given));
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said[0].contains("`organization_id` is missing: Id of octo-org. To print it: gh api orgs/octo-org --jq .id")
    );
}

#[test]
fn an_unknown_answer_and_one_of_another_task_are_refused() {
    let mut given = answers("main", true);
    given["regoin"] = json!("us-west-2");
    given["teams"] = json!("a");
    let said = messages(&by_file(&[], &given));
    assert!(said[0].ends_with("/regoin: nothing asks for `regoin` here. Did you mean `region`?"), "{said:?}");
    assert!(said[1].ends_with("/teams: nothing asks for `teams` here."), "{said:?}");
    let twice = Answers::read(&text("a", "{\"task\": \"main\",\n\"task\": \"main\", \"x\": 1}")).unwrap_err();
    let said: Vec<_> = twice.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["a:2 /task: is there twice", "a:2 /x: must be a string, or a list of strings without commas"]);
}

#[test]
fn answers_that_the_file_has_already_may_be_repeated_and_not_changed() {
    let texts = [text("kvstore.json", planned(by_file(&[], &answers("main", true))).text)];
    let mut given = answers("stages", true);
    planned(by_file(&texts, &given));
    given["account"] = json!("999999999999");
    assert_eq!(messages(&by_file(&texts, &given)), ["answers.json:1 /account: is already `123456789012`"]);
    // The terminal does not ask for it at all.
    let asked = step(&texts, &Answers::at_terminal([]), &Place { made: vec!["cloudformation".to_owned()], ..place() });
    assert_eq!(asked.question.unwrap().key, "task");
}

#[test]
fn a_task_that_is_there_already_and_another_owner_are_said_where_they_are_answered() {
    let texts = [text("kvstore.json", planned(by_file(&[], &answers("main", true))).text)];
    let said = messages(&by_file(&texts, &json!({ "task": "main", "repository": "octo-org/app" })));
    assert_eq!(
        said,
        ["answers.json:1 /environment: the binding `app production` already says who reads the values of production"]
    );
    for (repository, message) in [
        ("octo-org/App", "is `octo-org/app` in the file: write it the same"),
        ("Octo-org/web", "must be a repository of octo-org, whose jobs alone are let in: octo-org/NAME"),
    ] {
        let said =
            messages(&by_file(&texts, &json!({ "task": "stages", "repository": repository, "repository_id": "5" })));
        assert_eq!(said, [format!("answers.json:1 /repository: {message}")]);
    }
    let said =
        messages(&by_file(&texts, &json!({ "task": "stages", "repository": "octo-org/web", "repository_id": "1" })));
    assert_eq!(said, ["answers.json:1 /repository_id: is the id of `octo-org/app`"]);
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_own_problems() {
    let wrong = planned(by_file(&[], &answers("main", true))).text.replace("refs/heads/main", "refs/heads/*");
    let said = messages(&by_file(&[text("kvstore.json", wrong)], &answers("stages", false)));
    assert!(said[0].starts_with("kvstore.json:14 /bindings/0/when/ref: "), "{said:?}");
}

#[test]
fn an_enterprise_is_asked_for_by_its_slug() {
    let mut given = answers("main", true);
    let members = given.as_object_mut().unwrap();
    members.retain(|key, _| !key.starts_with("organization"));
    members.insert("tenant".to_owned(), json!("enterprise"));
    members.insert("enterprise".to_owned(), json!("octo-enterprise"));
    members.insert("enterprise_id".to_owned(), json!("9266"));
    let plan = planned(by_file(&[], &given));
    proves(&[text("kvstore.json", plan.text)]);
    assert!(serde_json::to_string(&plan.next).unwrap().contains("github-enterprise-name: octo-enterprise"));
}

#[test]
fn names_that_cannot_be_are_refused_one_by_one() {
    for (task, key, answer) in [
        ("main", "environment", "Prod uction"),
        ("main", "environment", "-"),
        ("main", "environment", ""),
        ("main", "ref", "main"),
        ("main", "ref", "refs/heads/*"),
        ("main", "ref", "refs/pull/1/merge"),
        ("main", "account", "12345678901"),
        ("main", "organization", "octo org"),
        ("main", "tenant", "Organization"),
        ("main", "role", "a/b"),
        ("stages", "environments", "production"),
        ("stages", "environments", "production, Production"),
        ("stages", "environments", "staging,,production"),
        ("monorepo", "workflow.search", ".github/workflows/billing.yml"),
        ("monorepo", "workflow.billing", "../billing.yml"),
        ("monorepo", "workflow.billing", ".github/workflows/.yml"),
        ("pull-requests", "task_role", "github-actions"),
        ("shared-workflow", "runners", "self-hosted"),
        ("shared-workflow", "secret", "platform deploy"),
    ] {
        let mut given = answers(task, true);
        given[key] = json!(answer);
        let said = messages(&by_file(&[], &given));
        assert!(
            said.iter().any(|line| line.starts_with(&format!("answers.json:1 /{key}: "))),
            "{key} {answer}: {said:?}"
        );
    }
}

#[test]
fn a_list_of_answers_is_as_good_as_one_between_commas() {
    let mut given = answers("monorepo", true);
    let between_commas = planned(by_file(&[], &given)).text;
    given["teams"] = json!(["billing", "search"]);
    assert_eq!(planned(by_file(&[], &given)).text, between_commas);
}

/// Whatever is typed.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        Just("$(touch ran)"),
        Just("`id`"),
        Just("'"),
        Just("\""),
        Just("\\"),
        Just("\n"),
        Just("\u{1b}[2J"),
        Just("\u{202e}"),
        Just("::add-mask::x"),
        Just("refs/heads/"),
        Just("octo-org/"),
        Just(".github/workflows/"),
        Just(".yml"),
        Just("*"),
        Just("${x}"),
        Just("a"),
        Just("1"),
        Just(","),
        Just("{{"),
        Just("\0"),
        Just("é"),
    ];
    prop_oneof![
        prop::collection::vec(parts, 0..6).prop_map(|parts| parts.concat()),
        Just("x".repeat(100_000)),
        ".{0,40}",
    ]
}

/// What a terminal or a log would obey.
const OBEYED: [char; 4] = ['\n', '\u{1b}', '\u{202e}', '\0'];

/// What a shell would.
const QUOTING: [char; 3] = ['`', '\'', '$'];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_hostile_answer_is_refused_or_inert(task in 0..TASKS.len(), place in 0..20usize, hostile in hostile()) {
        let (task, _) = TASKS[task];
        let mut given = answers(task, true);
        let mut keys: Vec<String> = given.as_object().unwrap().keys().cloned().collect();
        keys.extend(["environment", "ref", "pool", "role", "task_role", "secret", "workflow", "workflow.billing", "environments"].map(str::to_owned));
        let key = &keys[place % keys.len()];
        given[key] = json!(hostile);
        let step = by_file(&[], &given);
        let shown = serde_json::to_string(&step.problems).unwrap() + &serde_json::to_string(&step.plan.as_ref().map(|plan| &plan.next)).unwrap();
        prop_assert!(shown.len() < 60_000);
        let said: Vec<_> = step.problems.iter().map(ToString::to_string).collect();
        prop_assert!(!said.iter().any(|line| line.contains(OBEYED)));
        if let Some(plan) = step.plan {
            // What gets through is what IAM, STS and Secrets Manager can hold; a shell or YAML sees nothing in it.
            let meant = ["$schema", "env:$environment"].map(|meant| plan.text.matches(meant).count());
            prop_assert_eq!(plan.text.matches('$').count(), meant.iter().sum::<usize>());
            prop_assert!(!plan.text.replace('\n', "").contains(OBEYED));
            for workflow in plan.next.iter().filter_map(|next| next.workflow.as_ref()) {
                prop_assert!(!workflow.replace('\n', "").contains(OBEYED) && !workflow.contains(QUOTING));
            }
            let made = generate(&[text("kvstore.json", plan.text)], Target::Matrix, None);
            prop_assert!(made.problems.is_empty() && made.failed.is_empty(), "{:?} {:?}", made.problems, made.failed);
        }
    }
}
