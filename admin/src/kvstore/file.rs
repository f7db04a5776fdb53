//! What `kvstore.json` says, as it says it. Its JSON Schema is made of these types.

use std::collections::BTreeMap;

#[cfg(test)]
use schemars::JsonSchema;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(JsonSchema), schemars(title = "kvstore.json", deny_unknown_fields, extend("anyOf" = [{ "required": ["aws"] }, { "required": ["vault"] }])))]
pub struct File {
    /// Where this schema is, for editors.
    #[cfg_attr(test, schemars(rename = "$schema"))]
    pub schema: Option<String>,
    /// The version of this format: 1.
    #[cfg_attr(test, schemars(range(min = 1, max = 1)))]
    pub version: u32,
    /// Whose jobs are let in.
    pub github: GitHub,
    /// Where the stores are on AWS.
    pub aws: Option<Aws>,
    /// Where they are on HashiCorp Vault or OpenBao, beside AWS or in place of it.
    pub vault: Option<Vault>,
    /// The action that generated workflows run, by the full SHA of a commit: org/env-kvstore@SHA. Default: the commit that this release of the command line was built from.
    #[cfg_attr(test, schemars(regex(pattern = r"^[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}( # v[\w.-]+)?$")))]
    pub action: Option<String>,
    /// The events whose jobs may assume the role of all repositories. Default: push, workflow_dispatch, repository_dispatch, schedule, release, merge_group, deployment.
    pub events: Option<Vec<String>>,
    /// The first segment of the stores' names. Default: the enterprise, or else the organization.
    pub namespace: Option<String>,
    /// The repositories that have stores, by OWNER/NAME.
    #[cfg_attr(test, schemars(default))]
    pub repositories: BTreeMap<String, Repository>,
    /// Who reads what.
    #[cfg_attr(test, schemars(default))]
    pub bindings: Vec<Binding>,
    /// For each file in kvstore.d the repositories that it may speak for.
    #[cfg_attr(test, schemars(default))]
    pub files: BTreeMap<String, Vec<String>>,
    /// What must be allowed or denied, whatever else is in the file.
    #[cfg_attr(test, schemars(default))]
    pub expect: Vec<Expectation>,
}

/// The enterprise or the organization whose jobs are let in, by an id that nobody else can get.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(test, derive(JsonSchema), schemars(deny_unknown_fields))]
pub struct GitHub {
    /// The slug of the enterprise, which then issues the tokens under its own name.
    pub enterprise: Option<String>,
    /// Its id: the claim enterprise_id of any of its jobs' tokens.
    #[cfg_attr(test, schemars(regex(pattern = r"^[0-9]+$")))]
    pub enterprise_id: Option<String>,
    /// The organization, without an enterprise.
    pub organization: Option<String>,
    /// Its id: `gh api orgs/ORGANIZATION --jq .id`.
    #[cfg_attr(test, schemars(regex(pattern = r"^[0-9]+$")))]
    pub organization_id: Option<String>,
    /// The issuer of the tokens, for GitHub Enterprise Server and data residency. Default: https://token.actions.githubusercontent.com.
    pub issuer: Option<String>,
}

/// Where the stores are on AWS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(test, derive(JsonSchema), schemars(deny_unknown_fields))]
pub struct Aws {
    /// The account's id.
    #[cfg_attr(test, schemars(regex(pattern = r"^[0-9]{12}$")))]
    pub account: String,
    /// The region of the stores and of the identity pool.
    pub region: String,
    /// The name of the identity pool.
    pub pool: String,
    /// The id of the identity pool, which AWS hands out when the set-up is deployed. The wrapper action and the workflows need it.
    #[cfg_attr(test, schemars(regex(pattern = r"^[a-z0-9-]+:[0-9a-f-]+$")))]
    pub pool_id: Option<String>,
    /// The name of the role of all repositories.
    pub role: String,
    /// The ARN of a KMS key for the stores. Default: AWS's own key.
    pub kms_key: Option<String>,
}

/// Where the stores are on HashiCorp Vault or OpenBao.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(test, derive(JsonSchema), schemars(deny_unknown_fields))]
pub struct Vault {
    /// The address that jobs reach: https://HOST or https://HOST:PORT.
    #[cfg_attr(test, schemars(regex(pattern = r"^https://[^/?#]+$")))]
    pub url: String,
    /// Where the KV engine of version 2 is mounted that holds the stores.
    pub mount: String,
    /// Where the JWT auth method is enabled. Default: jwt.
    pub auth_path: Option<String>,
    /// The Vault namespace that has both, on Vault Enterprise or OpenBao. Default: none.
    pub namespace: Option<String>,
    /// What a job's token must be for. Default: the origin of `url`.
    pub audience: Option<String>,
    /// The claim that names the entity of a job in Vault, which counts one client for each value: repository_id, repository, repository_owner_id, sub, actor_id, job_workflow_ref or workflow_ref. Default: repository_id.
    pub user_claim: Option<String>,
}

/// A repository that has stores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(test, derive(JsonSchema), schemars(deny_unknown_fields))]
pub struct Repository {
    /// Its id, which no other repository of this name will have: `gh api repos/OWNER/NAME --jq .id`.
    #[cfg_attr(test, schemars(regex(pattern = r"^[0-9]+$")))]
    pub id: String,
}

/// Which jobs read which stores.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(JsonSchema), schemars(deny_unknown_fields))]
pub struct Binding {
    /// Its name, which no other binding has.
    pub name: String,
    /// On AWS, a role of its own. Needed for another event, for other repositories' jobs, for `secret:` and for lists that no tag can hold. Default: the role of all repositories.
    pub role: Option<String>,
    /// The repository of the jobs: OWNER/NAME, or * beside job_workflow_ref.
    pub repository: String,
    /// Why, for whoever reads this later.
    pub because: Option<String>,
    /// What the job's token must say: claims, each with one value or a list of them.
    #[cfg_attr(test, schemars(default))]
    pub when: BTreeMap<String, OneOrMore>,
    /// What they read: repo, env:NAME, env:$environment, secret:NAME.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub read: Vec<String>,
}

/// One value or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(JsonSchema), schemars(untagged))]
pub enum OneOrMore {
    /// This one.
    One(String),
    /// Any of these.
    More(#[cfg_attr(test, schemars(length(min = 1)))] Vec<String>),
}

impl OneOrMore {
    /// The values.
    pub fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::More(values) => values,
        }
    }
}

/// A job, and what it must and must not read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(JsonSchema), schemars(deny_unknown_fields))]
pub struct Expectation {
    /// Claims of the job: at least its repository.
    pub job: BTreeMap<String, String>,
    /// The role that it assumes. Default: the role of all repositories.
    pub role: Option<String>,
    /// What it must read.
    #[cfg_attr(test, schemars(default))]
    pub allow: Vec<String>,
    /// What it must not read.
    #[cfg_attr(test, schemars(default))]
    pub deny: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_SCHEMA=1 cargo test -p env-kvstore-admin` writes it anew.
    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let made = serde_json::to_string_pretty(&schemars::schema_for!(File)).unwrap() + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/kvstore.schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), made);
    }
}
