//! For each binding a workflow that loads what it reads and prints how much that was: the shortest way to see that the set-up
//! works, and a start for the real one.

use std::collections::BTreeSet;

use crate::kvstore::file::Binding;
use crate::kvstore::made::{Made, code};
use crate::kvstore::plan::Plan;
use crate::kvstore::published::Published;
use crate::kvstore::reader::Merged;
use crate::kvstore::reading::{Reading, stores_of};
use crate::kvstore::set_up::{Grant, Role, SetUp, Tenant};
use crate::kvstore::vault::VaultSetUp;
use crate::kvstore::yaml::{inert, scalar};

/// The lines of `with:` that a step of this set-up always has: which pool, whose issuer, which stores.
pub(crate) fn identity_lines(set_up: &SetUp, merged: &Merged, published: &Published) -> Vec<String> {
    // Without it nothing is published.
    let pool = published.pool.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut lines = vec![format!("cognito-identity-pool-id: {}", scalar(&pool))];
    lines.extend(issuer_lines(&set_up.tenant, merged));
    // Whatever claim `enterprise` the token of an organization's job has.
    lines.push(format!("namespace: {}", scalar(&set_up.namespace)));
    lines
}

/// Whose tokens a step shows.
fn issuer_lines(tenant: &Tenant, merged: &Merged) -> Vec<String> {
    let enterprise = tenant.is_enterprise.then(|| format!("github-enterprise-name: {}", scalar(&tenant.name)));
    let issuer = merged.file.github.issuer.as_ref().map(|issuer| format!("oidc-issuer: {}", scalar(issuer)));
    enterprise.into_iter().chain(issuer).collect()
}

/// A workflow for each binding, a caller for each that is called, and a page that says where each belongs.
pub(crate) fn workflows(plan: &Plan, merged: &Merged, published: &Published) -> Vec<Made> {
    let mut names = Names::default();
    let mut files = Vec::new();
    let mut rows = String::new();
    for binding in &merged.file.bindings {
        let on_aws = plan.aws.as_ref().and_then(|set_up| {
            let mut roles = set_up.roles.iter();
            let role = roles.find(|known| binding.role.as_ref().map_or(known.is_shared, |name| known.name == *name))?;
            Some(Side::Aws { set_up, role })
        });
        let on_vault = plan.vault.as_ref().map(|set_up| {
            let roles = set_up.roles_of(&binding.name).collect();
            Side::Vault { set_up, roles, is_beside: plan.aws.is_some() }
        });
        for side in on_aws.into_iter().chain(on_vault) {
            let writer = Writer { side, merged, published, binding };
            for flow in writer.flows(&mut names) {
                let (file, name) = (code(&flow.file), code(&inert(&binding.name)));
                let (path, repository) = flow.goes_to.split_once(" in ").unwrap_or((&flow.goes_to, ""));
                let goes_to = format!("{} in {}", code(path), inert(repository));
                rows.push_str(&format!("| {file} | {name} | {goes_to} |\n"));
                files.push(Made { path: format!("workflows/{}", flow.file), text: flow.text });
            }
        }
    }
    files.push(Made { path: "workflows/README.md".to_owned(), text: page(plan, &rows) });
    files
}

fn page(plan: &Plan, rows: &str) -> String {
    let (written, refused) = match plan.aws {
        Some(_) => (
            "`env-kvstore put`. A job that AWS refuses, such as one from another branch, fails with `assume-role-denied`\nor `store-access-denied`",
            "",
        ),
        None => (
            "`vault kv put`, or `bao kv put`. A job that Vault refuses, such as one from another branch, fails",
            " at its login",
        ),
    };
    format!(
        "# A first workflow for each binding\n\n\
         Made by `env-kvstore generate workflows` from kvstore.json. Do not edit: copy a file to where it belongs, and change the copy.\n\n\
         Each loads what its binding reads, hands it to no later step, and prints how many values it loaded. Before it runs, the\n\
         stores must have values: {written}{refused}.\n\n\
         An environment that does not exist yet is made by the first job that names it, without protection rules. Create it before.\n\n\
         | file | binding | copy it to |\n|---|---|---|\n{rows}"
    )
}

/// File names that are in use.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    /// A name after that of a binding, of lower-case letters, digits and hyphens, which no other file has on any file system.
    fn take(&mut self, binding: &str, suffix: &str) -> String {
        let words = binding.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let slug: String = words.collect::<Vec<_>>().join("-").to_ascii_lowercase().chars().take(60).collect();
        let slug = slug.trim_end_matches('-');
        let base = match slug {
            "" => "binding".to_owned(),
            // Names of devices on Windows, whatever follows the dot.
            "con" | "prn" | "aux" | "nul" => format!("binding-{slug}"),
            _ if slug.len() == 4 && (slug.starts_with("com") || slug.starts_with("lpt")) => format!("binding-{slug}"),
            _ => slug.to_owned(),
        };
        let mut name = format!("{base}{suffix}.yml");
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{base}{suffix}-{number}.yml");
            number += 1;
        }
        name
    }
}

/// A file, and where people copy it to.
struct Flow {
    file: String,
    goes_to: String,
    text: String,
}

/// A workflow file of a repository at a ref, as the claims `job_workflow_ref` and `workflow_ref` name it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WorkflowRef<'r> {
    repository: &'r str,
    path: &'r str,
    reference: &'r str,
}

impl<'r> WorkflowRef<'r> {
    fn parse(text: &'r str) -> Option<Self> {
        let (file, reference) = text.split_once('@')?;
        let (repository, path) = file.split_once("/.github/workflows/")?;
        let name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let is_repository =
            repository.split('/').count() == 2 && repository.split('/').all(|part| !part.is_empty() && name(part));
        let is_file = name(path) && (path.ends_with(".yml") || path.ends_with(".yaml"));
        let is_reference = !reference.is_empty() && !reference.contains(char::is_whitespace);
        (is_repository && is_file && is_reference).then_some(Self { repository, path, reference })
    }

    /// As a calling job writes it: a branch or a tag by its short name, a commit as it is.
    fn uses(&self) -> String {
        let Self { repository, path, reference } = self;
        let short = reference.strip_prefix("refs/heads/").or_else(|| reference.strip_prefix("refs/tags/"));
        format!("{repository}/.github/workflows/{path}@{}", short.unwrap_or(reference))
    }

    fn file(&self) -> String {
        format!(".github/workflows/{} in {}", self.path, self.repository)
    }
}

/// Where the stores of a workflow are, and by which roles a job reads them.
enum Side<'w> {
    Aws {
        set_up: &'w SetUp,
        role: &'w Role,
    },
    Vault {
        set_up: &'w VaultSetUp,
        /// Of the binding: one, or one for each of its environments.
        roles: Vec<&'w Role>,
        /// Whether the binding has a workflow for AWS too.
        is_beside: bool,
    },
}

impl Side<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Aws { .. } => "AWS",
            Self::Vault { .. } => "Vault",
        }
    }

    /// What the names of its files end with.
    fn suffix(&self) -> &'static str {
        match self {
            Self::Vault { is_beside: true, .. } => "-vault",
            _ => "",
        }
    }

    fn events(&self) -> &[String] {
        match self {
            Self::Aws { role, .. } => &role.events,
            Self::Vault { roles, .. } => roles.first().map(|role| role.events.as_slice()).unwrap_or_default(),
        }
    }

    fn namespace(&self) -> &str {
        match self {
            Self::Aws { set_up, .. } => &set_up.namespace,
            Self::Vault { set_up, .. } => &set_up.namespace,
        }
    }
}

/// Writes the workflows of one binding.
struct Writer<'w> {
    side: Side<'w>,
    merged: &'w Merged,
    published: &'w Published,
    binding: &'w Binding,
}

impl Writer<'_> {
    fn wanted(&self, claim: &str) -> &[String] {
        self.binding.when.get(claim).map(|values| values.values()).unwrap_or_default()
    }

    fn flows(&self, names: &mut Names) -> Vec<Flow> {
        let called: Vec<_> =
            self.wanted("job_workflow_ref").iter().filter_map(|text| WorkflowRef::parse(text)).collect();
        let is_own = |workflow: &WorkflowRef<'_>| workflow.repository == self.binding.repository;
        // A job of the repository's own workflow needs no caller: the workflow starts by itself.
        let (own, shared): (Vec<_>, Vec<_>) = called.into_iter().partition(is_own);
        let started = self.wanted("workflow_ref").iter().filter_map(|text| WorkflowRef::parse(text));
        // The same file may be wanted at several refs.
        let own: BTreeSet<_> =
            own.into_iter().chain(started.filter(|_| shared.is_empty())).map(|workflow| workflow.file()).collect();
        let mut flows = Vec::new();
        for goes_to in own {
            let file = names.take(&self.binding.name, self.side.suffix());
            let text = self.workflow(&goes_to, &self.on());
            flows.push(Flow { file, goes_to, text });
        }
        for goes_to in shared.iter().map(WorkflowRef::file).collect::<BTreeSet<_>>() {
            let file = names.take(&self.binding.name, self.side.suffix());
            let text = self.workflow(&goes_to, "on:\n  workflow_call:\n");
            flows.push(Flow { file, goes_to, text });
        }
        if !shared.is_empty() {
            let file = names.take(&self.binding.name, &format!("{}-caller", self.side.suffix()));
            let goes_to = self.new_file(&file);
            let text = self.caller(&goes_to, &shared);
            flows.push(Flow { file, goes_to, text });
        }
        if flows.is_empty() {
            let file = names.take(&self.binding.name, self.side.suffix());
            let goes_to = self.new_file(&file);
            let text = self.workflow(&goes_to, &self.on());
            flows.push(Flow { file, goes_to, text });
        }
        flows
    }

    fn new_file(&self, name: &str) -> String {
        let repository = match self.binding.repository.as_str() {
            "*" => "any repository",
            repository => repository,
        };
        format!(".github/workflows/env-kvstore-{name} in {repository}")
    }

    fn header(&self, goes_to: &str) -> String {
        let mut text = format!(
            "# Made by env-kvstore generate workflows from kvstore.json. Do not edit: copy it to\n# {}\n#\n# The binding {}",
            inert(goes_to),
            inert(&self.binding.name)
        );
        if let Some(because) = &self.binding.because {
            text.push_str(&format!(": {}", inert(because)));
        }
        text.push_str(&format!("\n# {} gives its values to jobs with these claims alone:\n", self.side.name()));
        let of_role = ("event_name", self.side.events());
        let own = self.binding.when.iter().map(|(claim, values)| (claim.as_str(), values.values()));
        let repository = ("repository", std::slice::from_ref(&self.binding.repository));
        let wanted = own.filter(|(claim, _)| *claim != "event_name").chain([of_role]);
        for (claim, values) in [repository].into_iter().filter(|(_, values)| *values != ["*"]).chain(wanted) {
            text.push_str(&format!("#   {}: {}\n", inert(claim), inert(&values.join(" or "))));
        }
        text
    }

    /// What starts it: the events that the binding wants, or else by hand, if the role lets that in.
    fn on(&self) -> String {
        let by_hand = "workflow_dispatch".to_owned();
        let events = match self.wanted("event_name") {
            [] if self.side.events().contains(&by_hand) => std::slice::from_ref(&by_hand),
            [] => self.side.events(),
            wanted => wanted,
        };
        // What an author of a pull request controls starts it: zizmor says so, and here it is meant.
        let risky = events
            .iter()
            .any(|event| matches!(event.as_str(), "pull_request_target" | "workflow_run" | "issue_comment"));
        let reason = " # zizmor: ignore[dangerous-triggers] it checks nothing out and runs no code of a pull request";
        let mut text = format!("on:{}\n", if risky { reason } else { "" });
        for event in events {
            text.push_str(&format!("  {}:\n", scalar(event)));
            for line in self.filters(event) {
                text.push_str(&format!("    {line}\n"));
            }
        }
        text
    }

    /// What an event cannot do without, and what spares jobs that AWS would refuse.
    fn filters(&self, event: &str) -> Vec<String> {
        let list = |key: &str, values: Vec<&str>| {
            let items = values.into_iter().map(|value| format!("  - {}", scalar(&value.replace('+', "\\+"))));
            std::iter::once(format!("{key}:")).chain(items).collect::<Vec<_>>()
        };
        let stripped =
            |prefix: &str| self.wanted("ref").iter().filter_map(|text| text.strip_prefix(prefix)).collect::<Vec<_>>();
        match event {
            "schedule" => vec!["- cron: 17 5 * * 1".to_owned()],
            "repository_dispatch" => list("types", vec!["env-kvstore"]),
            "release" => list("types", vec!["published"]),
            "workflow_run" => [list("workflows", vec!["CI"]), list("types", vec!["completed"])].concat(),
            "push" => {
                let (branches, tags) = (stripped("refs/heads/"), stripped("refs/tags/"));
                let both = [("branches", branches), ("tags", tags)];
                both.into_iter()
                    .filter(|(_, values)| !values.is_empty())
                    .flat_map(|(key, values)| list(key, values))
                    .collect()
            }
            "pull_request" | "pull_request_target" if !self.wanted("base_ref").is_empty() => {
                list("branches", self.wanted("base_ref").iter().map(String::as_str).collect())
            }
            _ => vec![],
        }
    }

    /// One job that loads and counts.
    fn workflow(&self, goes_to: &str, on: &str) -> String {
        let mut text = self.header(goes_to);
        text.push_str(&format!("name: {}\n{on}", self.name()));
        text.push_str("permissions: {}\njobs:\n  load:\n");
        let environments = self.wanted("environment");
        if let [_, _, ..] = environments {
            text.push_str("    # One after the other, in the order of kvstore.json.\n    strategy:\n      max-parallel: 1\n      matrix:\n");
            match &self.side {
                Side::Vault { roles, .. } if roles.len() > 1 => {
                    text.push_str("        include:\n");
                    for (environment, role) in environments.iter().zip(roles) {
                        let (environment, role) = (scalar(environment), scalar(&role.name));
                        text.push_str(&format!("          - environment: {environment}\n            role: {role}\n"));
                    }
                }
                _ => {
                    text.push_str("        environment:\n");
                    environments.iter().for_each(|name| text.push_str(&format!("          - {}\n", scalar(name))));
                }
            }
        }
        let is_self_hosted = self.wanted("runner_environment") == ["self-hosted"];
        text.push_str(&format!("    runs-on: {}\n", if is_self_hosted { "self-hosted" } else { "ubuntu-latest" }));
        match environments {
            [] => {}
            [only] => text.push_str(&format!("    environment: {}\n", scalar(only))),
            _ => text.push_str("    environment: ${{ matrix.environment }}\n"),
        }
        text.push_str(&format!(
            "    timeout-minutes: 5\n    permissions:\n      id-token: write # for the token that {} is shown\n    steps:\n",
            self.side.name()
        ));
        text.push_str(&format!("      - id: values\n        uses: {}\n        with:\n", self.published.action.line()));
        let mut lines = match &self.side {
            Side::Aws { set_up, role } => {
                let (partition, account) = (set_up.region.partition(), set_up.account.digits());
                let arn = format!("arn:{partition}:iam::{account}:role/{}", role.name);
                let mut lines = identity_lines(set_up, self.merged, self.published);
                lines.insert(1, format!("cognito-role-arn: {}", scalar(&arn)));
                lines.extend(self.what(set_up, role));
                lines
            }
            Side::Vault { set_up, roles, .. } => self.on_vault(set_up, roles),
        };
        lines.push("export-env: false # nothing for later steps".to_owned());
        for line in lines {
            text.push_str(&format!("          {line}\n"));
        }
        text.push_str(
            "      - name: How many\n        env:\n          VALUES_LOADED: ${{ steps.values.outputs.values-loaded }}\n        run: echo \"Loaded $VALUES_LOADED values.\"\n",
        );
        text
    }

    /// The jobs that call each of the shared workflows.
    fn caller(&self, goes_to: &str, called: &[WorkflowRef<'_>]) -> String {
        let mut text = self.header(goes_to);
        text.push_str(&format!("name: {}\n{}permissions: {{}}\njobs:\n", self.name(), self.on()));
        for (place, workflow) in called.iter().enumerate() {
            let number = if place == 0 { String::new() } else { format!("-{}", place + 1) };
            text.push_str(&format!(
                "  call{number}:\n    permissions:\n      id-token: write # for the called workflow's job\n    uses: {} # zizmor: ignore[unpinned-uses] {} trusts the workflow at this ref\n",
                scalar(&workflow.uses()),
                self.side.name()
            ));
        }
        text
    }

    /// The workflow's name, which is a claim too.
    fn name(&self) -> String {
        match self.wanted("workflow") {
            [name, ..] => scalar(name),
            [] => scalar(&format!("Values of {}", inert(&self.binding.name))),
        }
    }

    /// What is loaded: all secrets, or where that would ask for stores of other bindings too, the binding's stores by their ARNs.
    fn what(&self, set_up: &SetUp, role: &Role) -> Vec<String> {
        let grants: Vec<_> = role.grants.iter().filter(|grant| grant.binding == self.binding.name).collect();
        if self.stars_suffice(set_up, role, &grants) {
            return vec![
                "# Each key of the secrets; `*,variable` does the same for the variables, once there are some."
                    .to_owned(),
                format!("values: {}", scalar("*,secret")),
            ];
        }
        let mut lines = vec!["secrets: |".to_owned()];
        let mut number = 0;
        for read in &self.binding.read {
            let Some(name) = self.secret(read) else { continue };
            number += 1;
            lines.push(format!("  STORE_{number}={}", set_up.store_arn(&name, "")));
        }
        lines
    }

    /// The inputs of a step that reads the binding's secrets on Vault, each key under its own name.
    fn on_vault(&self, set_up: &VaultSetUp, roles: &[&Role]) -> Vec<String> {
        let mut lines = vec![format!("vault-url: {}", scalar(&set_up.url))];
        let role = match roles {
            [only] => scalar(&only.name),
            _ => "${{ matrix.role }}".to_owned(),
        };
        lines.push(format!("vault-role: {role}"));
        if set_up.auth_path != "jwt" {
            lines.push(format!("vault-auth-path: {}", scalar(&set_up.auth_path)));
        }
        lines.extend(set_up.vault_namespace.as_ref().map(|name| format!("vault-namespace: {}", scalar(name))));
        if self.merged.file.vault.as_ref().is_some_and(|vault| vault.audience.is_some()) {
            lines.push(format!("vault-audience: {}", scalar(&set_up.audience)));
        }
        lines.extend(issuer_lines(&set_up.tenant, self.merged));
        lines.push("vault-secrets: |".to_owned());
        let names = self.binding.read.iter().filter_map(|read| self.secret(read));
        lines.extend(names.map(|name| format!("  {} ** ;", set_up.path(&name))));
        lines
    }

    /// The name of the secret that an entry of `read` means; of an environment of the matrix, by an expression.
    fn secret(&self, read: &str) -> Option<String> {
        let secrets = |environment: Option<&str>| {
            let [secrets, _] = stores_of(self.side.namespace(), &self.binding.repository, environment);
            secrets
        };
        Some(match Reading::parse(read)? {
            Reading::Repository => secrets(None),
            Reading::Environment(name) => secrets(Some(name)),
            Reading::Secret(name) => name.to_owned(),
            Reading::OwnEnvironment => match self.wanted("environment") {
                [only] => secrets(Some(only)),
                _ => secrets(Some("${{ matrix.environment }}")),
            },
        })
    }

    /// Whether `*` asks only for stores that the binding reads, or that are not there.
    fn stars_suffice(&self, set_up: &SetUp, role: &Role, grants: &[&Grant]) -> bool {
        // A role of its own reads what it names, and of what is not there AWS says AccessDenied to it.
        if !role.is_shared {
            return false;
        }
        let asks = |environment: Option<&str>| {
            let [name, _] = stores_of(&set_up.namespace, &self.binding.repository, environment);
            let is_granted = |grant: &&Grant| {
                let is_of_job = grant
                    .claims
                    .get("environment")
                    .is_none_or(|values| environment.is_none_or(|one| values.iter().any(|value| value == one)));
                is_of_job && grant.stores.contains(&name)
            };
            grants.iter().any(is_granted) || !set_up.stores.contains_key(&name)
        };
        let environments = self.wanted("environment");
        asks(None) && environments.iter().all(|environment| asks(Some(environment)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain_and_no_two_are_one_on_any_file_system() {
        let mut names = Names::default();
        let taken: Vec<_> = ["Main", "main", "../../etc/passwd", "", "日本", "aux", "COM1", "a b\n- c", "main-2"]
            .into_iter()
            .map(|name| names.take(name, ""))
            .collect();
        assert_eq!(
            taken,
            [
                "main.yml",
                "main-2.yml",
                "etc-passwd.yml",
                "binding.yml",
                "binding-2.yml",
                "binding-aux.yml",
                "binding-com1.yml",
                "a-b-c.yml",
                "main-2-2.yml"
            ]
        );
        assert!(names.take(&"x".repeat(500), "-caller").len() < 80);
        assert_eq!(names.take("main", "-caller"), "main-caller.yml");
    }

    #[test]
    fn a_workflow_is_called_by_the_ref_that_its_claim_has() {
        let parsed = WorkflowRef::parse("o/platform/.github/workflows/deploy.yml@refs/tags/v1").unwrap();
        assert_eq!(parsed.uses(), "o/platform/.github/workflows/deploy.yml@v1");
        assert_eq!(parsed.file(), ".github/workflows/deploy.yml in o/platform");
        for wrong in [
            "o/p/.github/workflows/d.yml",
            "o/.github/workflows/d.yml@x",
            "o/p/.github/workflows/../d.yml@x",
            "o/p/.github/workflows/d.sh@x",
            "o/p/.github/workflows/d.yml@a b",
        ] {
            assert_eq!(WorkflowRef::parse(wrong), None, "{wrong}");
        }
    }
}
