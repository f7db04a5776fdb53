//! `kvstore.json`: what it comes to, what is wrong with it, and the proof of its policies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use env_kvstore_admin::kvstore::policies::{MAX_POLICY, MAX_TRUST_POLICY, size};
use env_kvstore_admin::kvstore::proof::{Proof, prove};
use env_kvstore_admin::kvstore::reader::{Text, read};
use env_kvstore_admin::kvstore::set_up::{SetUp, set_up};
use serde_json::{Value, json};

/// The example of docs/kvstore.md: the five use cases.
const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");

fn text(name: &str, text: impl Into<String>) -> Text {
    Text { name: name.to_owned(), text: text.into() }
}

fn problems_of(texts: &[Text]) -> Vec<String> {
    let shown = |problems: Vec<env_kvstore_admin::kvstore::problem::Problem>| {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let merged = match read(texts) {
        Ok(merged) => merged,
        Err(problems) => return shown(problems),
    };
    match set_up(&merged).and_then(|set_up| prove(&set_up, &merged)) {
        Ok(proof) => proof.failed.iter().map(|case| format!("{case:?}")).collect(),
        Err(problems) => shown(problems),
    }
}

fn built(document: &str) -> (SetUp, Proof) {
    let merged = read(&[text("kvstore.json", document)]).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let set_up = set_up(&merged).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let proof = prove(&set_up, &merged).unwrap_or_else(|problems| panic!("{problems:#?}"));
    (set_up, proof)
}

/// The example with a change.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(EXAMPLE).unwrap();
    change(&mut document);
    serde_json::to_string_pretty(&document).unwrap()
}

#[test]
fn the_five_use_cases_are_allowed_what_they_say_and_nothing_else() {
    let (set_up, proof) = built(EXAMPLE);
    assert_eq!(proof.failed, [], "{:#?}", proof.failed.first());
    let (allowed, denied) = proof.counts();
    println!("{allowed} allowed, {denied} denied");
    assert!(allowed >= 11 && denied >= 150, "{allowed} {denied}");
    for role in &set_up.roles {
        let (policy, trust) = (size(&set_up.role_policy(role)), size(&set_up.trust_policy(role, "us-west-2:00000000")));
        println!("role {}: policy {policy} characters, trust policy {trust}", role.name);
        assert!(policy <= MAX_POLICY && trust <= MAX_TRUST_POLICY);
    }
    let store = &set_up.stores["octo-enterprise/repo/octo-org/app/env/production/secrets"];
    assert_eq!(store.tags["github:repository_id"], "456789");
    assert_eq!(store.tags["github:ref"], "refs/heads/main");
    assert!(set_up.stores["octo-enterprise/repo/octo-org/app/env/pull-request/secrets"].tags.is_empty());
}

#[test]
fn a_policy_that_opens_more_than_the_file_says_is_found() {
    // The evaluator is asked about the policies, and the file is read by other code: each must see a fault of the other.
    let without = changed(|document| drop(document.as_object_mut().unwrap().remove("expect")));
    let merged = read(&[text("kvstore.json", without)]).unwrap();
    let mut broken = set_up(&merged).unwrap();
    broken.guards.clear();
    let failed = prove(&broken, &merged).unwrap_or_else(|problems| panic!("{problems:#?}")).failed;
    assert!(failed.iter().any(|case| case.what == "main: another ref" && !case.allowed), "{failed:#?}");
    let mut broken = set_up(&merged).unwrap();
    broken.stores.values_mut().for_each(|store| drop(store.tags.remove("github:repository_id")));
    assert!(prove(&broken, &merged).unwrap().failed.iter().any(|case| case.what == "main reads what it says"));
    let mut broken = set_up(&merged).unwrap();
    broken.roles[0].events.push("pull_request".to_owned());
    broken.mapped.remove("ref");
    assert!(!prove(&broken, &merged).unwrap().failed.is_empty());
}

#[test]
fn every_problem_has_its_file_pointer_and_line() {
    let document = r#"{
  "version": 2,
  "github": { "organization": "octo-org", "organisation_id": "1" },
  "aws": { "account": "1234", "region": "us-west-2", "pool": "p", "role": "r" },
  "repositories": { "octo-org/app": { "id": 456789 } },
  "bindings": [
    { "name": "a", "repository": "octo-org/app", "when": { "environment": [] }, "read": ["env:production"] },
    { "name": "b", "repository": "octo-org/ap", "wen": {}, "read": ["repo"] },
    { "name": "b", "name": "c", "repository": "octo-org/app" }
  ]
}"#;
    let problems = problems_of(&[text("kvstore.json", document)]);
    assert_eq!(
        problems,
        [
            "kvstore.json:2 /version: must be 1, the version of this format",
            "kvstore.json:3 /github/organisation_id: `organisation_id` is not known here. Did you mean `organization_id`?",
            "kvstore.json:5 /repositories/octo-org~1app/id: must be a string: \"456789\"",
            "kvstore.json:7 /bindings/0/when/environment: is an empty list, which no job satisfies",
            "kvstore.json:8 /bindings/1/wen: `wen` is not known here. Did you mean `when`?",
            "kvstore.json:9 /bindings/2/name: `name` is there twice",
            "kvstore.json:9 /bindings/2: `read` is missing",
        ]
    );
}

#[test]
fn what_cannot_be_built_says_where_and_what_instead() {
    type Change = fn(&mut Value);
    let cases: &[(&str, Change, &str)] = &[
        (
            "a claim that does not exist",
            |d| d["bindings"][1]["when"]["reff"] = json!("x"),
            "/bindings/1/when/reff: no token has a claim `reff` that can be compared. Did you mean `ref`?",
        ),
        ("sub", |d| d["bindings"][1]["when"]["sub"] = json!("repo:octo-org/app"), "/when/sub: no token has a claim"),
        (
            "a wildcard",
            |d| d["bindings"][1]["when"]["ref"] = json!("refs/heads/*"),
            "/bindings/1/when/ref: `refs/heads/*` has a wildcard",
        ),
        ("a variable", |d| d["bindings"][1]["when"]["ref"] = json!("${aws:x}"), "has a wildcard or a variable"),
        (
            "the value of an absent claim",
            |d| d["bindings"][1]["when"]["ref"] = json!("-"),
            "`-` stands for an absent claim",
        ),
        (
            "a value longer than a tag",
            |d| d["bindings"][1]["when"]["ref"] = json!("r".repeat(257)),
            "is longer than a session tag",
        ),
        (
            "a character that STS refuses",
            |d| d["bindings"][1]["when"]["actor"] = json!("dependabot[bot]"),
            "a character that STS refuses",
        ),
        (
            "an event that is not let in",
            |d| d["bindings"][1]["when"]["event_name"] = json!("issue_comment"),
            "does not let `issue_comment` in",
        ),
        (
            "an event that does not exist",
            |d| d["events"] = json!(["push", "pushed"]),
            "/events/1: no event is called `pushed`. Did you mean `push`?",
        ),
        (
            "a pull request event for all",
            |d| d["events"] = json!(["push", "pull_request"]),
            "/events/1: `pull_request` runs the code of a pull request",
        ),
        (
            "a pull request that reads what others read",
            |d| d["bindings"][0]["read"] = json!(["env:production"]),
            "pull requests would read",
        ),
        (
            "one role for pull requests and others",
            |d| d["bindings"][4]["role"] = json!("github-pull-requests"),
            "/bindings/4/role: the role `github-pull-requests` would let in pull requests and other events",
        ),
        (
            "two bindings for one store",
            |d| {
                let mut other = d["bindings"][1].clone();
                other["name"] = json!("again");
                d["bindings"].as_array_mut().unwrap().push(other);
            },
            "`main` already says who reads",
        ),
        (
            "two bindings of one name",
            |d| d["bindings"][2]["name"] = json!("main"),
            "/bindings/2/name: another binding is called `main`",
        ),
        (
            "a repository without an id",
            |d| d["bindings"][1]["repository"] = json!("octo-org/apps"),
            "`octo-org/apps` is not in `repositories`, so its id is not known. Did you mean `octo-org/app`?",
        ),
        (
            "two repositories with one id",
            |d| d["repositories"]["octo-org/web"]["id"] = json!("456789"),
            "has this id too",
        ),
        (
            "a list that no tag holds",
            |d| d["bindings"][1]["when"]["ref"] = json!(["refs/heads/main", "refs/heads/next"]),
            "a tag of the store holds one value and not 2",
        ),
        (
            "an environment that the job does not have",
            |d| d["bindings"][1]["read"] = json!(["env:staging"]),
            "reads only the environment that the job has",
        ),
        (
            "environments that nobody names",
            |d| {
                d["bindings"][2]["when"] = json!({});
            },
            "needs `environment` in `when`",
        ),
        ("a secret without a role", |d| d["bindings"][1]["read"] = json!(["secret:shared"]), "needs a role of its own"),
        ("all repositories without a workflow", |d| d["bindings"][4]["when"] = json!({}), "* needs `job_workflow_ref`"),
        ("a store of all repositories", |d| d["bindings"][4]["read"] = json!(["repo"]), "read secret:NAME"),
        (
            "a name that Secrets Manager cannot hold",
            |d| d["bindings"][4]["read"] = json!(["secret:a b"]),
            "cannot be the name of a secret",
        ),
        (
            "an environment that no secret is named after",
            |d| d["bindings"][1]["when"]["environment"] = json!("prod eu"),
            "no secret can be named after `prod eu`",
        ),
        ("a role that IAM cannot hold", |d| d["bindings"][0]["role"] = json!("a b"), "at most 64 letters"),
        (
            "no id of the tenant",
            |d| {
                d["github"].as_object_mut().unwrap().remove("enterprise_id");
            },
            "`enterprise_id` is missing: a name alone can be taken over",
        ),
        ("two tenants", |d| d["github"]["organization"] = json!("octo-org"), "names an enterprise and an organization"),
        ("an account that is none", |d| d["aws"]["account"] = json!("1234"), "/aws/account: must be the 12 digits"),
        (
            "an expectation that does not hold",
            |d| d["expect"][0] = json!({ "job": { "repository": "octo-org/app", "environment": "production", "ref": "refs/heads/main" }, "deny": ["env:production"] }),
            "/expect/0/deny/0: the policies allow it",
        ),
        (
            "the alias of a key",
            |d| d["aws"]["kms_key"] = json!("arn:aws:kms:us-west-2:123456789012:alias/stores"),
            "/aws/kms_key: must be the ARN of a key",
        ),
        (
            "a key of another region",
            |d| d["aws"]["kms_key"] = json!("arn:aws:kms:eu-west-1:123456789012:key/1234abcd"),
            "/aws/kms_key: must be the ARN of a key",
        ),
        (
            "an issuer that templates would evaluate",
            |d| d["github"]["issuer"] = json!("https://example.com/$${x}"),
            "/github/issuer: must be an https URL",
        ),
        (
            "an enterprise that is no slug",
            |d| d["github"]["enterprise"] = json!("octo enterprise"),
            "/github/enterprise: must have letters",
        ),
        ("a reading that is none", |d| d["bindings"][1]["read"] = json!(["production"]), "is none of repo, env:NAME"),
    ];
    for (what, change, expected) in cases {
        let problems = problems_of(&[text("kvstore.json", changed(change))]);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{what}: {problems:#?}");
    }
}

#[test]
fn a_teams_file_speaks_for_its_repositories_alone() {
    let root = changed(|document| document["files"] = json!({ "kvstore.d/docs.json": ["octo-org/docs"] }));
    let team = |change: &str| {
        let document = json!({
            "repositories": { "octo-org/docs": { "id": "77" } },
            "bindings": [{ "name": "docs", "repository": "octo-org/docs", "read": ["repo"] }]
        });
        text("kvstore.d/docs.json", document.to_string().replace("\"read\":[\"repo\"]", change))
    };
    let root = || text("kvstore.json", root.clone());
    assert_eq!(problems_of(&[root(), team(r#""read":["repo"]"#)]), Vec::<String>::new());
    for (change, expected) in [
        (r#""role":"x","read":["repo"]"#, "/bindings/0/role: is for kvstore.json alone"),
        (r#""read":["secret:x"]"#, "is for kvstore.json alone"),
        (r#""read":["repo"],"repository":"*""#, "is there twice"),
    ] {
        let problems = problems_of(&[root(), team(change)]);
        assert!(
            problems.iter().any(|problem| problem.starts_with("kvstore.d/docs.json:1 ") && problem.contains(expected)),
            "{problems:#?}"
        );
    }
    let foreign = text(
        "kvstore.d/docs.json",
        r#"{ "bindings": [{ "name": "x", "repository": "octo-org/app", "read": ["repo"] }] }"#,
    );
    assert!(problems_of(&[root(), foreign])[0].contains("may not speak for `octo-org/app`"));
    let unknown = text("kvstore.d/other.json", "{}");
    assert!(problems_of(&[root(), unknown])[0].contains("does not say for which repositories"));
}

#[test]
fn hostile_json_is_refused_in_bounded_time() {
    for document in
        ["", "null", "[]", "{", &"[".repeat(60_000), "{\"version\":1,}", "// no\n{}", "{'version': 1}", "\u{feff}{}"]
    {
        assert!(!problems_of(&[text("kvstore.json", document)]).is_empty(), "{:.20}", document);
    }
}

/// So many bindings, five for each repository.
fn of_many(bindings: usize) -> String {
    let repositories: serde_json::Map<_, _> =
        (0..bindings / 5).map(|n| (format!("octo-org/r{n}"), json!({ "id": (1000 + n).to_string() }))).collect();
    let binding = |n: usize| {
        let (repository, environment) = (format!("octo-org/r{}", n / 5), format!("e{}", n % 5));
        json!({ "name": format!("b{n}"), "repository": repository, "read": [format!("env:{environment}")],
                "when": { "environment": environment, "ref": "refs/heads/main" } })
    };
    changed(|document| {
        document["repositories"] = Value::Object(repositories);
        document["bindings"] = (0..bindings).map(binding).collect();
        document["expect"] = json!([]);
    })
}

#[test]
fn a_policy_does_not_grow_with_the_number_of_repositories() {
    let size_for = |bindings: usize| {
        let merged = read(&[text("kvstore.json", of_many(bindings))]).unwrap();
        let planned = set_up(&merged).unwrap_or_else(|problems| panic!("{:#?}", problems.first()));
        assert_eq!(planned.stores.len(), 2 * bindings);
        size(&planned.role_policy(&planned.roles[0]))
    };
    assert_eq!(size_for(5000), size_for(5));
}

#[test]
fn a_key_is_used_through_secrets_manager_alone() {
    let key = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let (set_up, proof) = built(&changed(|document| document["aws"]["kms_key"] = json!(key)));
    assert!(proof.failed.is_empty());
    for role in &set_up.roles {
        let policy = set_up.role_policy(role);
        let statement = policy["Statement"].as_array().unwrap().last().unwrap();
        assert_eq!((&statement["Action"], &statement["Resource"]), (&json!("kms:Decrypt"), &json!(key)));
        assert_eq!(statement["Condition"]["StringLike"]["kms:ViaService"], json!("secretsmanager.us-west-2.*"));
    }
    let (without, _) = built(EXAMPLE);
    assert!(!without.role_policy(&without.roles[0]).to_string().contains("kms:"));
}

#[test]
fn many_bindings_are_proved() {
    let (_, proof) = built(&of_many(100));
    assert_eq!((proof.failed.len(), proof.counts().0), (0, 200));
    assert!(proof.counts().1 > 5000, "{:?}", proof.counts());
}
