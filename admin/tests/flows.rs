//! The workflows and the wrapper action that `kvstore.json` comes to, and what is missing for them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use env_kvstore_admin::kvstore::generate::{Generated, Target, generate};
use env_kvstore_admin::kvstore::reader::Text;
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");
const RELEASED: &str = "org/env-kvstore@0123456789abcdef0123456789abcdef01234567 # v1.0.0";
const POOL: &str = "us-west-2:12345678-1234-1234-1234-1234567890ab";

/// What is made of the example with its pool's id and a change.
fn made(target: Target, released: Option<&str>, change: impl FnOnce(&mut Value)) -> Generated {
    let mut document: Value = serde_json::from_str(EXAMPLE).unwrap();
    document["aws"]["pool_id"] = json!(POOL);
    change(&mut document);
    let text = serde_json::to_string_pretty(&document).unwrap();
    generate(&[Text { name: "kvstore.json".to_owned(), text }], target, released)
}

fn files(target: Target, change: impl FnOnce(&mut Value)) -> BTreeMap<String, String> {
    let generated = made(target, Some(RELEASED), change);
    assert_eq!(generated.problems, []);
    assert!(generated.failed.is_empty());
    generated.files.into_iter().map(|made| (made.path, made.text)).collect()
}

fn problems(target: Target, released: Option<&str>, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let generated = made(target, released, change);
    assert!(generated.files.is_empty());
    generated.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_workflow_has_its_events_environment_role_and_pin_and_nothing_else() {
    let files = files(Target::Workflows, |_| {});
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "workflows/README.md",
            "workflows/billing.yml",
            "workflows/main.yml",
            "workflows/platform-caller.yml",
            "workflows/platform.yml",
            "workflows/pr.yml",
            "workflows/stages.yml"
        ]
    );
    let expected = "\
# Made by env-kvstore generate workflows from kvstore.json. Do not edit: copy it to
# .github/workflows/env-kvstore-pr.yml in octo-org/app
#
# The binding pr
# AWS gives its values to jobs with these claims alone:
#   repository: octo-org/app
#   environment: pull-request
#   event_name: pull_request
name: Values of pr
on:
  pull_request:
permissions: {}
jobs:
  load:
    runs-on: ubuntu-latest
    environment: pull-request
    timeout-minutes: 5
    permissions:
      id-token: write # for the token that AWS is shown
    steps:
      - id: values
        uses: org/env-kvstore@0123456789abcdef0123456789abcdef01234567 # v1.0.0
        with:
          cognito-identity-pool-id: us-west-2:12345678-1234-1234-1234-1234567890ab
          cognito-role-arn: arn:aws:iam::123456789012:role/github-pull-requests
          github-enterprise-name: octo-enterprise
          namespace: octo-enterprise
          secrets: |
            STORE_1=arn:aws:secretsmanager:us-west-2:123456789012:secret:octo-enterprise/repo/octo-org/app/env/pull-request/secrets
          export-env: false # nothing for later steps
      - name: How many
        env:
          VALUES_LOADED: ${{ steps.values.outputs.values-loaded }}
        run: echo \"Loaded $VALUES_LOADED values.\"
";
    assert_eq!(files["workflows/pr.yml"], expected);
    assert!(files["workflows/main.yml"].contains("on:\n  workflow_dispatch:\npermissions"));
    assert!(files["workflows/main.yml"].contains("          values: \"*,secret\"\n"));
    let stages = &files["workflows/stages.yml"];
    assert!(stages.contains(
        "max-parallel: 1\n      matrix:\n        environment:\n          - staging\n          - production\n"
    ));
    assert!(stages.contains("    environment: ${{ matrix.environment }}\n"));
    let caller = &files["workflows/platform-caller.yml"];
    assert!(
        caller.contains("    uses: octo-org/platform/.github/workflows/deploy.yml@v1 # zizmor: ignore[unpinned-uses]")
    );
    assert!(files["workflows/platform.yml"].contains("# .github/workflows/deploy.yml in octo-org/platform\n"));
    assert!(files["workflows/platform.yml"].contains("on:\n  workflow_call:\n"));
    assert!(files["workflows/billing.yml"].contains("# .github/workflows/billing.yml in octo-org/mono\n"));
}

#[test]
fn events_have_the_filters_that_spare_refused_jobs() {
    let events = json!(["push", "schedule", "release", "workflow_run", "repository_dispatch"]);
    let files = files(Target::Workflows, |document| {
        document["bindings"][1]["role"] = json!("main");
        document["bindings"][1]["when"]["ref"] = json!(["refs/heads/main", "refs/tags/v1+2", "refs/heads/release 1"]);
        document["bindings"][1]["when"]["event_name"] = events.clone();
        document["bindings"][0]["when"]["base_ref"] = json!("main");
    });
    let on = "on: # zizmor: ignore[dangerous-triggers] it checks nothing out and runs no code of a pull request\n  push:\n    branches:\n      - main\n      - release 1\n    tags:\n      - \"v1\\\\+2\"\n  schedule:\n    - cron: 17 5 * * 1\n  release:\n    types:\n      - published\n";
    assert!(files["workflows/main.yml"].contains(on), "{}", files["workflows/main.yml"]);
    assert!(files["workflows/pr.yml"].contains("on:\n  pull_request:\n    branches:\n      - main\n"));
}

#[test]
fn stars_are_written_only_where_they_ask_for_no_store_of_another_binding() {
    let files = files(Target::Workflows, |document| {
        let bindings = document["bindings"].as_array_mut().unwrap();
        // The repository's store exists now, and jobs of production may not read it.
        bindings.push(json!({ "name": "staging alone", "repository": "octo-org/app", "when": { "environment": "staging" }, "read": ["repo"] }));
        bindings.push(json!({ "name": "all", "repository": "octo-org/mono", "read": ["repo"] }));
    });
    assert!(files["workflows/main.yml"].contains(
        "          secrets: |\n            STORE_1=arn:aws:secretsmanager:us-west-2:123456789012:secret:octo-enterprise/repo/octo-org/app/env/production/secrets\n"
    ));
    assert!(files["workflows/staging-alone.yml"].contains("values: \"*,secret\""));
    assert!(files["workflows/all.yml"].contains("values: \"*,secret\""));
    assert!(files["workflows/billing.yml"].contains("secrets: |"));
}

#[test]
fn a_file_that_is_wanted_at_several_refs_is_made_once_and_called_at_each() {
    let at = |file: &str, reference: &str| json!(format!("octo-org/platform/.github/workflows/{file}@{reference}"));
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let files = files(Target::Workflows, |document| {
        let refs = [at("a.yml", "refs/tags/v1"), at("b.yml", "refs/heads/main"), at("a.yml", commit)];
        document["bindings"][4]["when"]["job_workflow_ref"] = json!(refs);
    });
    let names: Vec<_> = files.keys().filter(|name| name.contains("platform")).collect();
    assert_eq!(names, ["workflows/platform-2.yml", "workflows/platform-caller.yml", "workflows/platform.yml"]);
    let caller = &files["workflows/platform-caller.yml"];
    for uses in ["a.yml@v1", "b.yml@main", &format!("a.yml@{commit}")] {
        assert!(caller.contains(&format!("    uses: octo-org/platform/.github/workflows/{uses} #")), "{caller}");
    }
    assert!(caller.contains("\n  call:\n") && caller.contains("\n  call-2:\n") && caller.contains("\n  call-3:\n"));
}

#[test]
fn text_of_others_is_text_everywhere() {
    let hostile = "x: ${{ github.token }}\n      - run: curl evil # \u{2028}'\"`$(id)` | a \u{202e}";
    let change = |document: &mut Value| {
        document["bindings"][1]["name"] = json!(hostile);
        document["bindings"][3]["name"] = json!("../../../etc/passwd");
        document["bindings"][1]["because"] = json!(hostile);
        document["bindings"][1]["when"]["workflow"] = json!("on: push #");
    };
    let mut document: Value = serde_json::from_str(EXAMPLE).unwrap();
    change(&mut document);
    assert_eq!(
        problems(Target::Workflows, Some(RELEASED), change),
        [
            "kvstore.json:45 /bindings/1/when/workflow: `on: push #` has a character that STS refuses in session tags: letters, digits, spaces and _.:/=+-@ are allowed"
        ]
    );
    for target in [Target::Workflows, Target::Wrapper] {
        let files = files(target, |document| {
            change(document);
            document["bindings"][1]["when"]["workflow"] = json!("on: push");
        });
        for (path, text) in &files {
            assert!(!path.contains(".."), "{path}");
            let harmless = [
                "steps.values.outputs",
                "matrix.environment",
                "inputs.",
                "toJSON(steps.values.outputs)",
                "fromJSON(steps.ID",
            ];
            for expression in text.split("${{ ").skip(1) {
                let is_ours = harmless.iter().any(|ours| expression.starts_with(ours))
                    || path.ends_with(".md") && expression.starts_with("github.token");
                assert!(is_ours, "{path}: {expression}");
            }
            for line in text.lines() {
                assert!(!line.trim_start().starts_with("- run"), "{path}: {line}");
                assert!(!line.contains(['\u{2028}', '\u{202e}']), "{path}: {line}");
            }
        }
        if target == Target::Workflows {
            let named = files.iter().find(|(_, text)| text.contains("The binding x: ")).unwrap();
            assert_eq!(named.0, "workflows/x-github-token-run-curl-evil-id-a.yml");
            assert!(named.1.contains("name: \"on: push\"\n"));
        }
    }
}

#[test]
fn the_wrapper_has_the_ids_built_in_and_takes_the_role_by_its_name() {
    let files = files(Target::Wrapper, |_| {});
    let action = &files["wrapper/action.yml"];
    assert!(action.contains(
        "      cognito-role-arn: arn:aws:iam::123456789012:role/${{ inputs.role || 'github-actions' }}\n".trim_start()
    ));
    assert!(action.contains(&format!("        cognito-identity-pool-id: {POOL}\n")));
    assert!(action.contains(&format!("      uses: {RELEASED}\n")));
    let page = &files["wrapper/README.md"];
    assert!(page.contains("| `pr` | `octo-org/app` | `github-pull-requests` |\n| `main` | `octo-org/app` |  |\n"));
    let of_a_server = self::files(Target::Wrapper, |document| {
        document["github"] = json!({ "organization": "octo-org", "organization_id": "9919", "issuer": "https://ghes.example/_services/token" });
    });
    let action = &of_a_server["wrapper/action.yml"];
    assert!(
        action.contains("        oidc-issuer: https://ghes.example/_services/token\n        namespace: octo-org\n")
            && !action.contains("github-enterprise-name")
    );
}

#[test]
fn what_is_not_known_yet_is_said_with_where_to_get_it() {
    let missing = problems(Target::Wrapper, None, |document| {
        document["aws"].as_object_mut().unwrap().remove("pool_id");
    });
    assert_eq!(missing.len(), 2);
    assert!(
        missing[0].contains("`action` is missing")
            && missing[0].contains("gh api repos/org/env-kvstore/commits/v1 --jq .sha"),
        "{missing:?}"
    );
    assert!(
        missing[1].starts_with("kvstore.json:8 /aws: `pool_id` is missing") && missing[1].contains("IdentityPoolId"),
        "{missing:?}"
    );
    // Neither is needed for the stacks, and what is wrong with one is said there too.
    assert!(
        made(Target::CloudFormation, None, |document| drop(document["aws"].as_object_mut().unwrap().remove("pool_id")))
            .problems
            .is_empty()
    );
    for action in ["org/env-kvstore@v1", "org/env-kvstore@0123456", "org/env-kvstore"] {
        for target in [Target::CloudFormation, Target::Workflows] {
            let found = problems(target, Some(RELEASED), |document| document["action"] = json!(action));
            assert!(found.len() == 1 && found[0].contains(" /action: must be OWNER/REPO@SHA"), "{found:?}");
        }
    }
    let elsewhere = problems(Target::Workflows, Some(RELEASED), |document| {
        document["aws"]["pool_id"] = json!("eu-west-1:12345678-1234-1234-1234-1234567890ab")
    });
    assert!(
        elsewhere[0].contains("/aws/pool_id: is a pool of eu-west-1, and `region` is `us-west-2`"),
        "{elsewhere:?}"
    );
    let malformed = problems(Target::Workflows, Some(RELEASED), |document| {
        document["aws"]["pool_id"] = json!("us-west-2:x\n- run")
    });
    assert!(malformed[0].contains("/aws/pool_id: must be REGION:UUID"), "{malformed:?}");
    let issuer = problems(Target::Wrapper, Some(RELEASED), |document| {
        document["github"]["issuer"] = json!("https://${{ github.token }}")
    });
    assert!(issuer[0].contains("/github/issuer: must be an https URL"), "{issuer:?}");
    // What the file names wins over the release.
    let own = "octo-org/fork/sub@89abcdef0123456789abcdef0123456789abcdef";
    assert!(
        files(Target::Wrapper, |document| document["action"] = json!(own))["wrapper/action.yml"]
            .contains(&format!("uses: {own}\n"))
    );
}
