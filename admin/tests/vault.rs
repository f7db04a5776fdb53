//! `kvstore.json` for Vault: what it comes to, what is wrong with it, and the proof of its roles and policies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use env_kvstore_admin::kvstore::generate::{Generated, Target, generate};
use env_kvstore_admin::kvstore::plan::plan;
use env_kvstore_admin::kvstore::proof::prove_on_vault;
use env_kvstore_admin::kvstore::reader::{Text, read};
use env_kvstore_admin::kvstore::set_up::DEFAULT_EVENTS;
use env_kvstore_admin::kvstore::vault::VaultSetUp;
use serde_json::{Value, json};

/// The five use cases, on AWS.
const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");
const PINNED: &str = "org/env-kvstore@0123456789abcdef0123456789abcdef01234567";

/// The same on Vault alone.
const ON_VAULT: &str = include_str!("../../docs/use-cases/vault.json");

/// With a change.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(ON_VAULT).unwrap();
    change(&mut document);
    serde_json::to_string_pretty(&document).unwrap()
}

fn on_vault() -> String {
    ON_VAULT.to_owned()
}

fn on_both() -> String {
    let mut document: Value = serde_json::from_str(EXAMPLE).unwrap();
    document["vault"] = json!({ "url": "https://vault.example.com:8200", "mount": "secret" });
    document.to_string()
}

fn texts(document: &str) -> Vec<Text> {
    vec![Text { name: "kvstore.json".to_owned(), text: document.to_owned() }]
}

fn made(document: &str, target: Target) -> Generated {
    generate(&texts(document), target, Some(PINNED))
}

fn problems(document: &str) -> Vec<String> {
    made(document, Target::Matrix).problems.iter().map(ToString::to_string).collect()
}

fn file<'g>(generated: &'g Generated, path: &str) -> &'g str {
    let found = generated.files.iter().find(|made| made.path == path);
    &found.unwrap_or_else(|| panic!("{path}: {:?} {:?}", generated.problems, generated.files)).text
}

fn set_up(document: &str) -> VaultSetUp {
    plan(&read(&texts(document)).unwrap()).unwrap_or_else(|problems| panic!("{problems:#?}")).vault.unwrap()
}

#[test]
fn the_file_for_vault_has_the_bindings_of_that_for_aws() {
    let mut aws: Value = serde_json::from_str(EXAMPLE).unwrap();
    let mut vault: Value = serde_json::from_str(ON_VAULT).unwrap();
    aws.as_object_mut().unwrap().remove("aws");
    vault.as_object_mut().unwrap().remove("vault");
    for binding in aws["bindings"].as_array_mut().unwrap() {
        binding.as_object_mut().unwrap().remove("role");
    }
    assert_eq!(vault, aws);
}

#[test]
fn the_five_use_cases_are_allowed_what_they_say_and_nothing_else() {
    let alone = made(&on_vault(), Target::Matrix);
    assert!(alone.problems.is_empty() && alone.failed.is_empty(), "{:#?} {:#?}", alone.problems, alone.failed.first());
    println!("{} allowed, {} denied", alone.allowed, alone.denied);
    assert!(alone.allowed >= 11 && alone.denied >= 150, "{} {}", alone.allowed, alone.denied);
    let on_aws = made(EXAMPLE, Target::Matrix);
    let on_both = made(&on_both(), Target::Matrix);
    assert!(on_both.failed.is_empty());
    assert!(on_both.allowed >= on_aws.allowed + 11 && on_both.denied >= on_aws.denied + 150);
    let matrix: Value = serde_json::from_str(file(&on_both, "matrix.json")).unwrap();
    let is_on_vault = |case: &&Value| case["on"] == "vault";
    assert_eq!(
        matrix["cases"].as_array().unwrap().iter().filter(|case| !is_on_vault(case)).count(),
        on_aws.allowed + on_aws.denied
    );
}

#[test]
fn a_binding_is_a_role_with_exact_claims_and_a_policy_of_its_paths() {
    let set_up = set_up(&on_vault());
    let names: Vec<_> = set_up.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["pr", "main", "stages-staging", "stages-production", "billing", "platform"]);
    let generated = made(&on_vault(), Target::Vault);
    let role: Value = serde_json::from_str(file(&generated, "vault/roles/main.json")).unwrap();
    assert_eq!(
        role,
        json!({
            "role_type": "jwt",
            "bound_audiences": ["https://vault.example.com:8200"],
            "bound_claims_type": "string",
            "bound_claims": {
                "enterprise_id": ["9266"],
                "environment": ["production"],
                "event_name": DEFAULT_EVENTS,
                "ref": ["refs/heads/main"],
                "repository": ["octo-org/app"],
                "repository_id": ["456789"]
            },
            "user_claim": "repository_id",
            "claim_mappings": { "actor": "actor", "repository": "repository", "run_id": "run_id", "sha": "sha" },
            "token_type": "batch",
            "token_ttl": 300,
            "token_max_ttl": 300,
            "token_policies": ["jwt-main"],
            "token_no_default_policy": true
        })
    );
    assert_eq!(
        file(&generated, "vault/policies/jwt-main.hcl"),
        "path \"secret/data/octo-enterprise/repo/octo-org/app/env/production/secrets\" {\n  capabilities = [\"read\"]\n}\n\n\
         path \"secret/data/octo-enterprise/repo/octo-org/app/env/production/variables\" {\n  capabilities = [\"read\"]\n}\n"
    );
    let platform: Value = serde_json::from_str(file(&generated, "vault/roles/platform.json")).unwrap();
    let bound = platform["bound_claims"].as_object().unwrap();
    assert!(!bound.contains_key("repository") && bound.contains_key("job_workflow_ref"));
    let staging: Value = serde_json::from_str(file(&generated, "vault/roles/stages-staging.json")).unwrap();
    assert_eq!(staging["bound_claims"]["environment"], json!(["staging"]));
    assert!(!file(&generated, "vault/policies/jwt-stages-staging.hcl").contains("production"));
}

#[test]
fn a_job_of_an_environment_reads_its_store_and_what_all_jobs_of_the_binding_read() {
    let document = changed(|d| d["bindings"][2]["read"] = json!(["repo", "env:$environment", "secret:shared/x"]));
    let set_up = set_up(&document);
    let staging = set_up.roles.iter().find(|role| role.name == "stages-staging").unwrap();
    let stores: Vec<_> = staging.grants[0].stores.iter().map(|name| name.rsplit("octo-org/").next().unwrap()).collect();
    assert_eq!(stores.len(), 5, "{stores:?}");
    for wanted in ["web/env/staging/secrets", "web/secrets", "web/variables", "shared/x"] {
        assert!(stores.contains(&wanted), "{stores:?}");
    }
    assert!(made(&document, Target::Matrix).failed.is_empty());
}

#[test]
fn what_aws_needs_a_role_of_its_own_for_vault_does_not() {
    let document = changed(|d| {
        d["bindings"][1]["when"]["ref"] = json!(["refs/heads/main", "refs/tags/v1"]);
        d["bindings"][1]["when"]["actor"] = json!("dependabot[bot]");
        d["bindings"][1]["read"] = json!(["env:production", "repo", "secret:shared"]);
    });
    let role: Value = serde_json::from_str(file(&made(&document, Target::Vault), "vault/roles/main.json")).unwrap();
    assert_eq!(role["bound_claims"]["ref"], json!(["refs/heads/main", "refs/tags/v1"]));
    assert_eq!(role["bound_claims"]["actor"], json!(["dependabot[bot]"]));
}

#[test]
fn a_policy_that_opens_more_than_the_file_says_is_found() {
    let without = changed(|document| drop(document.as_object_mut().unwrap().remove("expect")));
    let merged = read(&texts(&without)).unwrap();
    let broken = |change: fn(&mut VaultSetUp)| {
        let mut broken = set_up(&without);
        change(&mut broken);
        prove_on_vault(&broken, &merged).unwrap().failed
    };
    let failed = broken(|set_up| {
        let main = set_up.roles.iter_mut().find(|role| role.name == "main").unwrap();
        main.grants[0].stores.push("octo-enterprise/repo/octo-org/+/env/production/secrets".to_owned());
    });
    assert!(failed.iter().any(|case| !case.allowed && case.store.contains("/web/env/production/")), "{failed:#?}");
    // Two roles of one name are one role of Vault.
    let failed = broken(|set_up| set_up.roles.iter_mut().for_each(|role| role.name = "one".to_owned()));
    assert!(failed.iter().any(|case| case.allowed), "{failed:#?}");
}

#[test]
fn expectations_are_asked_of_every_role_that_a_job_could_name() {
    let opened = changed(|d| {
        let mut second = d["bindings"][1].clone();
        second["name"] = json!("anywhere");
        second["when"].as_object_mut().unwrap().remove("ref");
        d["bindings"].as_array_mut().unwrap().push(second);
    });
    assert_eq!(problems(&opened).len(), 1);
    assert!(problems(&opened)[0].ends_with("/expect/0/deny/0: Vault's policies allow it"), "{:?}", problems(&opened));
    let allowed = changed(|d| {
        d["expect"] = json!([{ "job": { "repository": "octo-org/app", "environment": "production", "ref": "refs/heads/main" },
                               "allow": ["env:production"], "deny": ["repo", "env:pull-request"] }]);
    });
    assert_eq!(problems(&allowed), [""; 0]);
    let by_role = changed(|d| {
        d["expect"] = json!([
            { "job": { "repository": "octo-org/app", "environment": "production" }, "role": "pr", "deny": ["env:production"] },
            { "job": { "repository": "octo-org/app" }, "role": "prr", "deny": ["env:production"] }
        ]);
    });
    assert_eq!(problems(&by_role).len(), 1);
    assert!(problems(&by_role)[0].ends_with("/expect/1/role: no binding has this role"), "{:?}", problems(&by_role));
}

#[test]
fn what_cannot_be_built_says_where_and_what_instead() {
    type Change = fn(&mut Value);
    let cases: &[(&str, Change, &str)] = &[
        ("nowhere", |d| drop(d.as_object_mut().unwrap().remove("vault")), "`aws` or `vault` is missing"),
        ("no url", |d| d["vault"] = json!({ "mount": "secret" }), "/vault: `url` is missing"),
        ("no mount", |d| d["vault"] = json!({ "url": "https://v" }), "/vault: `mount` is missing"),
        ("an unknown key", |d| d["vault"]["auth-path"] = json!("jwt"), "Did you mean `auth_path`?"),
        ("plain http", |d| d["vault"]["url"] = json!("http://vault.example.com"), "/vault/url: must be https"),
        ("no address", |d| d["vault"]["url"] = json!("vault"), "/vault/url: must be an https URL"),
        (
            "a mount that is a path of KV",
            |d| d["vault"]["mount"] = json!("secret/data"),
            "/vault/mount: is the path of the engine",
        ),
        ("a mount with a wildcard", |d| d["vault"]["mount"] = json!("+"), "/vault/mount: must be a path"),
        ("a slash", |d| d["vault"]["mount"] = json!("secret/"), "/vault/mount: must be a path"),
        ("auth/", |d| d["vault"]["auth_path"] = json!("auth/jwt"), "/vault/auth_path: is what follows auth/"),
        ("a namespace", |d| d["vault"]["namespace"] = json!("a b"), "/vault/namespace: must be a path"),
        (
            "an audience of AWS",
            |d| d["vault"]["audience"] = json!("sts.amazonaws.com"),
            "/vault/audience: is an audience of AWS",
        ),
        (
            "AWS as Vault",
            |d| d["vault"]["url"] = json!("https://x.amazonaws.com"),
            "/vault/audience: is an audience of AWS",
        ),
        ("a user claim", |d| d["vault"]["user_claim"] = json!("repository-id"), "Did you mean `repository_id`?"),
        ("a role of AWS", |d| d["bindings"][1]["role"] = json!("r"), "/bindings/1/role: is a role of AWS"),
        ("a wildcard", |d| d["bindings"][1]["when"]["ref"] = json!("refs/heads/*"), "has a wildcard: name each value"),
        ("a comma", |d| d["bindings"][1]["when"]["ref"] = json!("refs/heads/a,b"), "has a comma"),
        ("a space at an end", |d| d["bindings"][1]["when"]["workflow"] = json!("x "), "spaces at an end"),
        ("an event", |d| d["bindings"][1]["when"]["event_name"] = json!("pushed"), "Did you mean `push`?"),
        (
            "mixed events",
            |d| d["bindings"][0]["when"]["event_name"] = json!(["pull_request", "push"]),
            "/bindings/0/when/event_name: names events of pull requests and others",
        ),
        (
            "a store of pull requests that others read",
            |d| d["bindings"][0]["read"] = json!(["env:production"]),
            "/bindings/0/read: pull requests would read octo-enterprise/repo/octo-org/app/env/production/secrets",
        ),
        ("a name without letters", |d| d["bindings"][1]["name"] = json!("Ü"), "/bindings/1/name: `` has no letter"),
        (
            "one name",
            |d| d["bindings"][1]["name"] = json!("PR"),
            "/bindings/1/name: gives the Vault role `pr`, as `pr` does",
        ),
        (
            "a name that a role of an environment has",
            |d| d["bindings"][1]["name"] = json!("stages / staging"),
            "gives the Vault role `stages-staging`, as `stages / staging` does",
        ),
        ("a wildcard in a path", |d| d["bindings"][1]["read"] = json!(["secret:a/+/b"]), "`a/+/b` is no path of Vault"),
        ("dots", |d| d["bindings"][1]["read"] = json!(["secret:a/../b"]), "`a/../b` is no path of Vault"),
        (
            "a star alone",
            |d| d["bindings"][4]["when"] = json!({ "runner_environment": "github-hosted" }),
            "* needs `job_workflow_ref`",
        ),
    ];
    for (what, change, expected) in cases {
        let problems = problems(&changed(change));
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{what}: {problems:#?}");
    }
}

#[test]
fn what_is_for_aws_alone_says_so() {
    for target in [Target::CloudFormation, Target::Wrapper] {
        let generated = made(&on_vault(), target);
        let problems: Vec<_> = generated.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            ["kvstore.json:1: `aws` is missing: this is about AWS, and the stores are on Vault alone"]
        );
    }
    assert_eq!(made(EXAMPLE, Target::Vault).problems[0].message, "`vault` is missing: where is Vault?");
}

#[test]
fn terraform_is_a_module_for_each() {
    let paths = |document: &str| -> Vec<String> {
        made(document, Target::Terraform).files.into_iter().map(|file| file.path).collect()
    };
    let vault = ["outputs", "roles", "variables", "versions"].map(|name| format!("terraform/vault/{name}.tf"));
    let mut alone = paths(&on_vault());
    alone.sort();
    assert_eq!(alone, vault);
    let both = paths(&on_both());
    assert!(vault.iter().all(|path| both.contains(path)) && both.contains(&"terraform/stores.tf".to_owned()));
    assert!(!paths(EXAMPLE).iter().any(|path| path.contains("vault")));
    let generated = made(&on_vault(), Target::Terraform);
    let roles = file(&generated, "terraform/vault/roles.tf");
    assert!(roles.contains("        \"environment\"   = [\"production\"]\n"), "{roles}");
    assert!(roles.contains("policy_name = \"jwt-main\""), "{roles}");
}

#[test]
fn workflows_read_by_the_role_of_the_binding() {
    let generated = made(&on_vault(), Target::Workflows);
    let main = file(&generated, "workflows/main.yml");
    let step = "        with:\n          vault-url: https://vault.example.com:8200\n          vault-role: main\n          \
                github-enterprise-name: octo-enterprise\n          vault-secrets: |\n            \
                secret/data/octo-enterprise/repo/octo-org/app/env/production/secrets ** ;\n          export-env: false";
    assert!(main.contains(step), "{main}");
    assert!(
        main.contains("# Vault gives its values to jobs with these claims alone:") && !main.contains("AWS"),
        "{main}"
    );
    let stages = file(&generated, "workflows/stages.yml");
    assert!(stages.contains("          - environment: staging\n            role: stages-staging\n"), "{stages}");
    assert!(
        stages.contains("vault-role: ${{ matrix.role }}")
            && stages.contains("/env/${{ matrix.environment }}/secrets **"),
        "{stages}"
    );
    assert!(!file(&generated, "workflows/README.md").contains("AWS"));
    let both = changed(|d| {
        d["vault"] =
            json!({ "url": "https://v", "mount": "kv", "auth_path": "gh", "namespace": "team", "audience": "vault" });
        let example: Value = serde_json::from_str(EXAMPLE).unwrap();
        d["aws"] = example["aws"].clone();
        d["aws"]["pool_id"] = json!("us-west-2:12345678-1234-1234-1234-1234567890ab");
        d["bindings"] = example["bindings"].clone();
    });
    let both = made(&both, Target::Workflows);
    assert!(file(&both, "workflows/main.yml").contains("cognito-role-arn"));
    let vault = file(&both, "workflows/main-vault.yml");
    for line in ["vault-auth-path: gh", "vault-namespace: team", "vault-audience: vault", "kv/data/octo-enterprise"] {
        assert!(vault.contains(line), "{line} {vault}");
    }
    assert!(file(&both, "workflows/platform-vault-caller.yml").contains("Vault trusts the workflow at this ref"));
}
