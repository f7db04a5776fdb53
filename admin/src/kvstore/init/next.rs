//! What is to be done once the files are written, and by whom.

use serde::Serialize;

use crate::kvstore::cloudformation;
use crate::kvstore::init::Place;
use crate::kvstore::init::tasks::{Binding, Task, Work};
use crate::kvstore::set_up::SetUp;
use crate::kvstore::vault::VaultSetUp;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Next {
    /// Who does it.
    pub who: String,
    /// What.
    pub what: String,
    /// Commands, each in its words.
    pub commands: Vec<Vec<String>>,
    /// The text of a workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
}

impl Next {
    fn new(who: &str, what: impl Into<String>) -> Self {
        Self { who: who.to_owned(), what: what.into(), commands: vec![], workflow: None }
    }

    fn command<'w>(mut self, words: impl IntoIterator<Item = &'w str>) -> Self {
        self.commands.push(words.into_iter().map(str::to_owned).collect());
        self
    }
}

const PLATFORM: &str = "Platform team";

/// What a value is called in what is shown.
const KEY: &str = "DATABASE_URL";

pub(crate) fn next(set_up: &SetUp, work: &Work, targets: &[String], place: &Place) -> Vec<Next> {
    let mut steps = vec![Next::new(
        PLATFORM,
        format!("review {0}/matrix.md, which says who reads what, and commit {1} and {0}", place.folder, place.file),
    )];
    steps.extend(targets.iter().filter_map(|target| deployment(set_up, target, &place.folder)));
    let owner = match work.task {
        Task::SharedWorkflow => PLATFORM.to_owned(),
        _ => format!("Maintainers of {}", work.repository),
    };
    steps.extend(protection(work, &owner));
    let writing = Next::new(&owner, "write values into the new stores");
    steps.push(work.bindings.iter().fold(writing, |next, binding| with_writers(next, set_up, binding)));
    steps.extend(work.bindings.iter().map(|binding| Next {
        workflow: Some(workflow(set_up, work, binding)),
        ..Next::new(&owner, reading(work, binding))
    }));
    steps
}

/// The same on Vault, for bindings that were carried over.
pub(crate) fn next_on_vault(set_up: &VaultSetUp, targets: &[String], place: &Place) -> Vec<Next> {
    let review =
        format!("review {0}/matrix.md, which says who reads what, and commit {1} and {0}", place.folder, place.file);
    let apply = targets.iter().filter_map(|target| match target.as_str() {
        "terraform" => {
            let chdir = format!("-chdir={}/terraform/vault", place.folder);
            let next = Next::new(PLATFORM, "apply it with VAULT_ADDR and a token of an administrator; set create_auth_backend to false if the auth method is enabled already");
            Some(next.command(["terraform", &chdir, "init"]).command(["terraform", &chdir, "apply"]))
        }
        "vault" => {
            let script = format!("{}/vault/apply.sh", place.folder);
            let next = Next::new(PLATFORM, "write it with VAULT_ADDR and a token of an administrator");
            Some(next.command(["sh", &script]))
        }
        _ => None,
    });
    let secret = set_up.roles.iter().find_map(|role| role.grants.first()?.stores.first());
    let filling = Next::new(PLATFORM, "write values at the paths, where there are none yet");
    let filling = secret.iter().fold(filling, |next, store| {
        next.command(["vault", "kv", "put", "-mount", &set_up.mount, store.as_str(), &format!("{KEY}=-")])
    });
    let workflows =
        Next::new(PLATFORM, "make a first workflow for each binding, and change the ones that use vault-action");
    let workflows = workflows.command(["env-kvstore", "generate", "workflows", "--file", &place.file]);
    [Next::new(PLATFORM, review)].into_iter().chain(apply).chain([filling, workflows]).collect()
}

fn reading(work: &Work, binding: &Binding) -> String {
    let place = binding.workflow.as_deref().unwrap_or("a workflow");
    let callers = match work.task {
        Task::SharedWorkflow => "; each caller must grant it permissions: id-token: write",
        _ => "",
    };
    format!("read the values in {place}; replace the id of the pool{callers}")
}

fn deployment(set_up: &SetUp, target: &str, folder: &str) -> Option<Next> {
    let region = set_up.region.name();
    match target {
        "cloudformation" => {
            let deployment = Next::new(
                PLATFORM,
                "deploy the stacks with an administrator's credentials; the last command prints the id of the pool",
            );
            let deploy = ["aws", "cloudformation", "deploy", "--region", region, "--stack-name"];
            let stacks = cloudformation::stacks(set_up);
            let deployment = stacks.iter().fold(deployment, |next, made| {
                let template = format!("{folder}/{}", made.path);
                let stem = made.path.rsplit('/').next().and_then(|file| file.strip_suffix(".json")).unwrap_or_default();
                let stack = format!("env-kvstore-{stem}");
                let words = deploy.into_iter().chain([stack.as_str(), "--template-file", template.as_str()]);
                // Roles with names of their own are in the first.
                let allowed = if stem == "base" { vec!["--capabilities", "CAPABILITY_NAMED_IAM"] } else { vec![] };
                next.command(words.chain(allowed))
            });
            let outputs =
                ["aws", "cloudformation", "describe-stacks", "--region", region, "--stack-name", "env-kvstore-base"];
            Some(deployment.command(outputs.into_iter().chain(["--query", "Stacks[0].Outputs"])))
        }
        "terraform" => {
            let chdir = format!("-chdir={folder}/terraform");
            let deployment = Next::new(
                PLATFORM,
                "apply it with an administrator's credentials; its outputs have the id of the pool",
            );
            Some(deployment.command(["terraform", &chdir, "init"]).command(["terraform", &chdir, "apply"]))
        }
        _ => None,
    }
}

/// What GitHub itself has to keep, since the file rests on it.
fn protection(work: &Work, owner: &str) -> Option<Next> {
    let environments: Vec<_> =
        work.bindings.iter().flat_map(|binding| &binding.environments).map(String::as_str).collect();
    let plural = if environments.len() > 1 { "environments" } else { "environment" };
    let create = format!("create the {plural} {} of {} on GitHub", environments.join(", "), work.repository);
    let what = match work.task {
        Task::PullRequests => {
            format!("{create}. Whoever opens a pull request can read its values, so store nothing there that matters")
        }
        Task::Stages => format!(
            "{create}, and set the branches that may deploy to each and its reviewers: nothing else keeps a branch out"
        ),
        Task::Main => format!("{create}, and protect the branch or tag that is deployed"),
        Task::Monorepo => {
            format!(
                "{create}, and name the owners of each workflow in CODEOWNERS: whoever changes it can read its values"
            )
        }
        Task::SharedWorkflow => {
            format!("protect the branch or tag of {} by which the workflow is called", work.repository)
        }
    };
    Some(Next::new(owner, what))
}

fn with_writers(next: Next, set_up: &SetUp, binding: &Binding) -> Next {
    let region = set_up.region.name();
    match &binding.secret {
        // No store by the convention, so `put` has no name for it.
        Some(secret) => next.command([
            "aws",
            "secretsmanager",
            "put-secret-value",
            "--region",
            region,
            "--secret-id",
            secret,
            "--secret-string",
            "file://secret.json",
        ]),
        None => binding.environments.iter().fold(next, |next, environment| {
            next.command([
                "env-kvstore",
                "put",
                KEY,
                "--repository",
                &binding.repository,
                "--environment",
                environment,
                "--namespace",
                &set_up.namespace,
                "--aws-region",
                region,
            ])
        }),
    }
}

/// A workflow, from what starts it to the step. Only what the checks of answers let through is in it.
fn workflow(set_up: &SetUp, work: &Work, binding: &Binding) -> String {
    let named = |prefix| binding.git_ref.as_deref().and_then(|git_ref| git_ref.strip_prefix(prefix));
    let on = match (work.task, named("refs/heads/"), named("refs/tags/")) {
        (Task::PullRequests, ..) => "on: pull_request".to_owned(),
        (Task::SharedWorkflow, ..) => "on: workflow_call".to_owned(),
        (_, Some(branch), _) => format!("on:\n  push:\n    branches: [{}]", pattern(branch)),
        (_, _, Some(tag)) => format!("on:\n  push:\n    tags: [{}]", pattern(tag)),
        _ => "on: push".to_owned(),
    };
    let mut lines = vec![on, "permissions:".to_owned(), "  id-token: write".to_owned(), "jobs:".to_owned()];
    let jobs: Vec<Option<&str>> = match binding.environments.as_slice() {
        [] => vec![None],
        names => names.iter().map(|name| Some(name.as_str())).collect(),
    };
    let mut before: Option<String> = None;
    for (place, environment) in jobs.iter().enumerate() {
        let job = if jobs.len() > 1 { format!("deploy-{}", place + 1) } else { "job".to_owned() };
        lines.push(format!("  {job}:"));
        if let Some(before) = &before {
            lines.push(format!("    needs: {before}"));
        }
        lines.push("    runs-on: ubuntu-latest".to_owned());
        lines.extend(environment.map(|name| format!("    environment: {}", quoted(name))));
        lines.push("    steps:".to_owned());
        lines.push("      - uses: org/env-kvstore@v1".to_owned());
        lines.push("        with:".to_owned());
        lines.extend(inputs(set_up, binding).into_iter().map(|(name, value)| format!("          {name}: {value}")));
        before = Some(job);
    }
    lines.join("\n") + "\n"
}

fn inputs(set_up: &SetUp, binding: &Binding) -> Vec<(&'static str, String)> {
    let role = binding.role.as_deref().or(set_up.roles.first().map(|role| role.name.as_str())).unwrap_or_default();
    let arn = format!("arn:{}:iam::{}:role/{role}", set_up.region.partition(), set_up.account);
    let mut inputs = vec![
        ("cognito-identity-pool-id", quoted(&format!("{}:00000000-0000-0000-0000-000000000000", set_up.region))),
        ("cognito-role-arn", quoted(&arn)),
    ];
    if set_up.tenant.is_enterprise {
        inputs.push(("github-enterprise-name", quoted(&set_up.tenant.name)));
    }
    match &binding.secret {
        Some(secret) => inputs.push(("secrets", quoted(&format!("{KEY}={secret}:{KEY}")))),
        None => {
            inputs.push(("namespace", quoted(&set_up.namespace)));
            inputs.push(("values", format!("{KEY},secret")));
        }
    }
    inputs
}

/// A filter of GitHub that matches this name alone.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet>
fn pattern(name: &str) -> String {
    quoted(&name.replace('+', "\\+"))
}

/// As YAML takes every text.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_.:-".contains(&byte))
        && !text.ends_with(':')
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
