//! `init --from`: files of `oidc_bindings` become a `kvstore.json` for Vault that generates and proves.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use env_kvstore_admin::kvstore::generate::{Target, generate};
use env_kvstore_admin::kvstore::init::answers::Answers;
use env_kvstore_admin::kvstore::init::{Place, Plan, Step, step};
use env_kvstore_admin::kvstore::reader::Text;
use serde_json::{Value, json};

fn place(from: &[(&str, String)]) -> Place {
    let from = from.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    Place { file: "kvstore.json".to_owned(), folder: "generated".to_owned(), made: vec![], from }
}

fn answers(more: &[(&str, &str)]) -> Value {
    let own = [
        ("tenant", "organization"),
        ("organization", "octo-org"),
        ("organization_id", "9919"),
        ("url", "https://vault.example.com"),
    ];
    own.iter()
        .chain(more)
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn stepped(from: &[(&str, String)], answers: &Value) -> Step {
    let answers = Answers::read(&Text { name: "answers.json".to_owned(), text: answers.to_string() }).unwrap();
    step(&[], &answers, &place(from))
}

fn planned(from: &[(&str, String)], more: &[(&str, &str)]) -> Plan {
    let step = stepped(from, &answers(more));
    assert!(step.problems.is_empty(), "{:#?}", step.problems);
    let plan = step.plan.unwrap();
    let text = Text { name: "kvstore.json".to_owned(), text: plan.text.clone() };
    let generated = generate(&[text], Target::Terraform, None);
    assert!(
        generated.problems.is_empty() && generated.failed.is_empty(),
        "{:?} {:?}",
        generated.problems,
        generated.failed
    );
    plan
}

fn binding(name: &str, subject: &str) -> Value {
    json!({ "audience": "https://github.com/octo-org", "vault_role_name": name, "bound_subject": subject, "vault_policies": ["app"] })
}

fn list(bindings: &[Value]) -> String {
    serde_json::to_string_pretty(&bindings).unwrap()
}

fn notes(plan: &Plan) -> Vec<String> {
    plan.notes.iter().map(ToString::to_string).collect()
}

const ID: (&str, &str) = ("id of octo-org/app", "456789");

#[test]
fn files_of_teams_become_bindings_and_their_policies_what_is_read() {
    let policy = "path \"kv/data/app/deploy\" {\n  capabilities = [\"read\", \"list\"]\n}\n\npath \"kv/data/shared/*\" {\n  capabilities = [\"read\"]\n}\n";
    let mut shared = binding("shared", "repo:octo-org/*");
    shared["additional_claims"] =
        json!({ "job_workflow_ref": "octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1" });
    let mut main = binding("app-main", "repo:octo-org/app:ref:refs/heads/main");
    main["ttl"] = json!(60);
    main["user_claim"] = json!("job_workflow_ref");
    let files = [
        ("bindings/one.json", list(&[binding("app-nonprod", "repo:octo-org/app:environment:nonprod"), main])),
        ("bindings/two.json", list(&[binding("app-pr", "repo:octo-org/web:pull_request"), shared])),
        ("policies/app.hcl", policy.to_owned()),
    ];
    // What pull requests read, others may not: so in its own words the file would be refused.
    let refused = stepped(&files, &answers(&[ID, ("id of octo-org/web", "456790")]));
    assert!(refused.problems[0].message.starts_with("pull requests would read app/deploy"), "{:?}", refused.problems);

    let files = [files[0].clone(), ("two.json", files[1].1.replace("pull_request", "environment:x")), files[2].clone()];
    let plan = planned(&files, &[ID, ("id of octo-org/web", "456790")]);
    let document: Value = serde_json::from_str(&plan.text).unwrap();
    assert_eq!(
        document["vault"],
        json!({ "url": "https://vault.example.com", "mount": "kv", "auth_path": "github-actions", "user_claim": "job_workflow_ref" })
    );
    assert_eq!(
        document["bindings"],
        json!([
            { "name": "app-nonprod", "repository": "octo-org/app", "when": { "environment": "nonprod" }, "read": ["secret:app/deploy"] },
            { "name": "app-main", "repository": "octo-org/app", "when": { "ref": "refs/heads/main" }, "read": ["secret:app/deploy"] },
            { "name": "app-pr", "repository": "octo-org/web", "when": { "environment": "x" }, "read": ["secret:app/deploy"] },
            {
                "name": "shared",
                "repository": "*",
                "when": { "job_workflow_ref": "octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1" },
                "read": ["secret:app/deploy"]
            }
        ])
    );
    assert_eq!(plan.targets, ["terraform", "matrix"]);
    assert_eq!(plan.bindings, ["app-nonprod", "app-main", "app-pr", "shared"]);
    let notes = notes(&plan);
    for (place, said) in [
        ("policies/app.hcl:1", "`kv/data/app/deploy`: list is left out: jobs only read"),
        ("policies/app.hcl:5", "`kv/data/shared/*`: is left out: only a whole path"),
        ("bindings/one.json:5 /0/bound_subject", "jobs of pull requests in this environment are kept out"),
        ("bindings/one.json:13 /1/bound_subject", "has an environment is let in too"),
        ("bindings/one.json:17 /1/ttl", "60 seconds become 300"),
        ("bindings/one.json:3", "the audience `https://github.com/octo-org` is requested for others too"),
        ("two.json:13 /1/bound_subject", "every repository of the owner becomes every repository of the tenant"),
    ] {
        let found = notes.iter().find(|note| note.contains(said)).unwrap_or_else(|| panic!("{said}: {notes:#?}"));
        assert!(found.starts_with(place), "{place}: {found}");
    }
    let next: Vec<_> = plan.next.iter().flat_map(|next| &next.commands).map(|words| words.join(" ")).collect();
    assert!(next.contains(&"terraform -chdir=generated/terraform/vault apply".to_owned()), "{next:?}");
    assert!(next.contains(&"vault kv put -mount kv app/deploy DATABASE_URL=-".to_owned()), "{next:?}");
}

#[test]
fn without_its_policy_a_binding_reads_what_the_convention_has() {
    let files = [(
        "a.json",
        json!({ "oidc_bindings": [binding("prod", "repo:octo-org/app:environment:production"), binding("main", "repo:octo-org/app:ref:refs/heads/main")] }).to_string(),
    )];
    let plan = planned(&files, &[ID, ("set_up", "vault")]);
    let document: Value = serde_json::from_str(&plan.text).unwrap();
    assert_eq!(
        (&document["bindings"][0]["read"], &document["bindings"][1]["read"]),
        (&json!(["env:production"]), &json!(["repo"]))
    );
    assert_eq!(plan.targets, ["vault", "matrix"]);
    assert!(
        notes(&plan)
            .iter()
            .any(|note| note.contains("/oidc_bindings/0/vault_policies: app `read` is env:production by convention")),
        "{:?}",
        notes(&plan)
    );
}

#[test]
fn what_would_let_in_other_jobs_is_left_out_with_its_line() {
    let with = |subject: &str, claims: Value| {
        let mut one = binding("odd", subject);
        one["additional_claims"] = claims;
        one
    };
    let cases = [
        (binding("odd", "repo:octo-org/app:ref:refs/heads/*"), "has a wildcard: name each value"),
        (binding("odd", "repo:octo-org/app*"), "names no single repository"),
        (binding("odd", "repo:octo*/app:pull_request"), "is for any owner"),
        (binding("odd", "repo:octo-org/*"), "which needs a job_workflow_ref"),
        (binding("odd", "job_workflow_ref:x"), "is no subject"),
        (binding("odd", "repo:octo-org/app:environment:a,b"), "has a comma"),
        (with("repo:octo-org/app:environment:x", json!({ "ref": "refs/heads/*" })), "has a wildcard: name each value"),
        (with("repo:octo-org/app:environment:x", json!({ "reff": "y" })), "no token has a claim `reff`"),
        (with("repo:octo-org/app:ref:refs/heads/x", json!({ "ref": "refs/heads/y" })), "wants another `ref`"),
        (
            with("repo:octo-org/app:environment:x", json!({ "repository": "octo-org/web" })),
            "wants another `repository`",
        ),
        (
            with(
                "repo:octo-org/*",
                json!({ "job_workflow_ref": "o/p/.github/workflows/x.yml@v1", "repository_id": "1" }),
            ),
            "one `repository_id`",
        ),
        (
            json!({ "bound_subject": "repo:octo-org/app:environment:x", "vault_policies": [] }),
            "`vault_role_name` is missing",
        ),
        (json!({ "vault_role_name": "odd" }), "`bound_subject` is missing"),
        (binding("GOOD", "repo:octo-org/app:environment:x"), "`GOOD` is there twice"),
    ];
    for (odd, said) in cases {
        let files = [("a.json", list(&[binding("good", "repo:octo-org/app:environment:production"), odd.clone()]))];
        let plan = planned(&files, &[ID]);
        assert_eq!(plan.bindings, ["good"], "{odd}");
        let notes = notes(&plan);
        let found = notes.iter().find(|note| note.contains(said)).unwrap_or_else(|| panic!("{odd}: {notes:#?}"));
        assert!(found.contains(" /1") && found.ends_with("the binding is left out"), "{found}");
        let alone = stepped(&[("a.json", list(&[odd]))], &answers(&[ID]));
        assert!(
            alone
                .problems
                .first()
                .is_none_or(|problem| problem.message == "no binding can be carried over" || said.contains("GOOD")),
            "{:?}",
            alone.problems
        );
    }
}

#[test]
fn ids_in_the_files_are_not_asked_for_and_others_are() {
    let mut by_claim = binding("one", "repo:octo-org/app:environment:x");
    by_claim["additional_claims"] = json!([{ "repository_id": "456789" }, { "repository": "octo-org/app" }]);
    let files = [("a.json", list(&[by_claim, binding("two", "repo:octo-org@9919/web@456790:environment:y")]))];
    let plan = planned(&files, &[]);
    let document: Value = serde_json::from_str(&plan.text).unwrap();
    assert_eq!(
        document["repositories"],
        json!({ "octo-org/app": { "id": "456789" }, "octo-org/web": { "id": "456790" } })
    );
    assert!(document["bindings"][0]["when"].get("repository_id").is_none());
    let missing = stepped(&[("a.json", list(&[binding("one", "repo:octo-org/app:environment:x")]))], &answers(&[]));
    let said: Vec<_> = missing.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        said,
        ["`id of octo-org/app` is missing: Id of octo-org/app. To print it: gh api repos/octo-org/app --jq .id"]
    );
}

#[test]
fn one_audience_that_is_vaults_own_is_kept_and_several_are_not() {
    let with = |audience: &str, name: &str, environment: &str| {
        let mut one = binding(name, &format!("repo:octo-org/app:environment:{environment}"));
        one["audience"] = json!(audience);
        one
    };
    let document = |files: &[Value]| -> (Value, Vec<String>) {
        let plan = planned(&[("a.json", list(files))], &[ID]);
        (serde_json::from_str(&plan.text).unwrap(), notes(&plan))
    };
    let (one, _) = document(&[with("octo:security", "a", "x"), with("octo:security", "b", "y")]);
    assert_eq!(one["vault"]["audience"], "octo:security");
    let (several, said) = document(&[with("octo:a", "a", "x"), with("octo:b", "b", "y")]);
    assert!(several["vault"].get("audience").is_none());
    assert_eq!(said.iter().filter(|note| note.contains("is one of several")).count(), 2, "{said:?}");
}

#[test]
fn what_is_nothing_of_the_kind_is_refused() {
    for (name, text, said) in [
        ("a.json", "{}", "is no list of oidc_bindings"),
        ("a.json", "[1]", "is no object"),
        ("a.json", "[", "is not JSON"),
        ("p.hcl", "path {", "is not HCL"),
    ] {
        let step = stepped(&[(name, text.to_owned())], &answers(&[]));
        assert!(step.problems[0].message.contains(said), "{said}: {:?}", step.problems);
    }
    let text = Text { name: "kvstore.json".to_owned(), text: "{}".to_owned() };
    let files = [("a.json", list(&[binding("a", "repo:octo-org/app:environment:x")]))];
    let step = step(&[text], &Answers::at_terminal([]), &place(&files));
    assert!(step.problems[0].message.contains("--from makes a new file"), "{:?}", step.problems);
}
