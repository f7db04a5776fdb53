//! What a file comes to on Vault or OpenBao: a role of the JWT auth method for each binding, with exact bound claims, and a policy that
//! reads the binding's stores and nothing else.
//!
//! No policy is a template: OpenBao refuses one that fills in a value with a slash, such as a repository's name.

use std::collections::{BTreeMap, BTreeSet};

use env_kvstore::host::url::BaseUrl;
use env_kvstore::text::nearest::nearest;
use env_kvstore::text::printable::printable;

use crate::kvstore::file;
use crate::kvstore::problem::Problem;
use crate::kvstore::reader::{Merged, Place};
use crate::kvstore::reading::Reading;
use crate::kvstore::set_up::{Grant, Planned, Role, Tenant, is_of_pull_request, pull_request_problems};
use crate::vault;
use crate::vault::policy::Policy;

/// How long a token lives, in seconds: the step reads everything at once.
pub const TOKEN_TTL: u64 = 300;

/// Claims of every job by which Vault can name it.
pub const USER_CLAIMS: [&str; 7] =
    ["repository_id", "repository", "repository_owner_id", "sub", "actor_id", "job_workflow_ref", "workflow_ref"];

/// Claims that Vault notes beside a login, for its audit log. They make no clients.
pub const METADATA: [&str; 4] = ["actor", "repository", "run_id", "sha"];

/// The set-up.
#[derive(Debug)]
pub struct VaultSetUp {
    /// Whose jobs are let in.
    pub tenant: Tenant,
    /// The issuer of the tokens, with the enterprise's slug.
    pub issuer: String,
    /// The first segment of the stores' names.
    pub namespace: String,
    /// The ids of the repositories, by OWNER/NAME.
    pub repositories: BTreeMap<String, String>,
    /// The events whose jobs are let in where a binding names none.
    pub events: Vec<String>,
    /// Where jobs reach it.
    pub url: String,
    /// Where the KV engine is.
    pub mount: String,
    /// Where the auth method is.
    pub auth_path: String,
    /// The namespace of Vault that has both.
    pub vault_namespace: Option<String>,
    /// What a token must be for.
    pub audience: String,
    /// The claim that names the entity.
    pub user_claim: String,
    /// One for each binding, or for each environment of `env:$environment`.
    pub roles: Vec<Role>,
    /// The names of all stores.
    pub stores: BTreeSet<String>,
}

impl VaultSetUp {
    /// What a token must say.
    pub fn bound_claims(&self, role: &Role) -> BTreeMap<String, Vec<String>> {
        let mut claims: BTreeMap<_, _> = role.grants.iter().flat_map(|grant| grant.claims.clone()).collect();
        claims.insert("event_name".to_owned(), role.events.clone());
        claims.insert(self.tenant.claim.to_owned(), vec![self.tenant.id.clone()]);
        claims
    }

    /// Policies are of the whole namespace, so their names begin with the auth method's.
    pub fn policy_name(&self, role: &Role) -> String {
        format!("{}-{}", slug(&self.auth_path), role.name)
    }

    /// The policy as HCL: what the data of each store is, and nothing of its metadata.
    pub fn policy(&self, role: &Role) -> String {
        let rule = |name: &String| format!("path \"{}\" {{\n  capabilities = [\"read\"]\n}}\n", self.path(name));
        role.grants.iter().flat_map(|grant| &grant.stores).map(rule).collect::<Vec<_>>().join("\n")
    }

    /// Where a store is read.
    pub fn path(&self, store: &str) -> String {
        format!("{}/data/{store}", self.mount)
    }

    /// The roles of a binding, each with the environment that it is for, if there is one for each.
    pub fn roles_of<'s>(&'s self, binding: &'s str) -> impl Iterator<Item = &'s Role> {
        self.roles.iter().filter(move |role| role.grants.iter().any(|grant| grant.binding == binding))
    }

    /// What the server then has.
    pub fn server(&self) -> Result<vault::Vault, String> {
        let role = |role: &Role| vault::Role {
            name: role.name.clone(),
            audiences: vec![self.audience.clone()],
            subject: None,
            claims: self.bound_claims(role),
            is_glob: false,
            user_claim: self.user_claim.clone(),
            policies: vec![self.policy_name(role)],
            no_default_policy: true,
            token_type: "batch".to_owned(),
            ttl: TOKEN_TTL,
        };
        let policy = |role: &Role| Ok((self.policy_name(role), Policy::parse(&self.policy(role))?));
        Ok(vault::Vault {
            auth_path: self.auth_path.clone(),
            issuer: Some(self.issuer.clone()),
            roles: self.roles.iter().map(role).collect(),
            policies: self.roles.iter().map(policy).collect::<Result<_, String>>()?,
            not_evaluated: NOT_IN_A_FILE.map(str::to_owned).to_vec(),
        })
    }
}

/// What Vault asks too, and no file of ours says.
const NOT_IN_A_FILE: [&str; 3] = [
    "policies that a group of Vault's identity store gives the entity, and Sentinel policies",
    "other roles and auth methods of the same Vault, and policies that others have changed",
    "quotas, and the network between the runner and Vault",
];

/// Works out what a file comes to on Vault, if its stores are there.
pub(crate) fn on_vault(merged: &Merged, planned: &Planned) -> Result<Option<VaultSetUp>, Vec<Problem>> {
    let Some(vault) = &merged.file.vault else { return Ok(None) };
    let mut problems = problems_of(merged, vault);
    let mut problem_at = |place: &Place, below: &str, message: String| {
        let place = Place { pointer: format!("{}{below}", place.pointer), ..place.clone() };
        problems.push(merged.problem(&place, message));
    };
    let mut roles: Vec<Role> = Vec::new();
    for ((binding, place), grants) in merged.file.bindings.iter().zip(&merged.bindings).zip(&planned.grants) {
        let own = binding.when.get("event_name").map(|values| values.values().to_vec());
        let events = own.unwrap_or_else(|| planned.events.clone());
        let is_mixed = |events: &[String]| {
            events.iter().any(|event| is_of_pull_request(event))
                && !events.iter().all(|event| is_of_pull_request(event))
        };
        if is_mixed(&events) {
            let message = "names events of pull requests and others: make a binding for each";
            problem_at(place, "/when/event_name", message.to_owned());
        }
        for (name, grant) in named(binding, grants) {
            if !is_role_name(&name) {
                let message =
                    format!("`{}` has no letter or digit that a role of Vault could be named by", printable(&name));
                problem_at(place, "/name", message);
            }
            if let Some(other) = roles.iter().find(|role| role.name == name) {
                let other = other.grants.first().map_or("", |grant| grant.binding.as_str());
                let message = format!("gives the Vault role `{name}`, as `{}` does: rename one", printable(other));
                problem_at(place, "/name", message);
            }
            if let Some(store) = grant.stores.iter().find(|store| !is_path(store)) {
                let message = format!(
                    "`{}` is no path of Vault: no part of it may be empty, `.` or `..`, or begin with `+`",
                    printable(store)
                );
                problem_at(place, "/read", message);
            }
            roles.push(Role { name, events: events.clone(), grants: vec![grant], is_shared: false });
        }
    }
    if merged.file.aws.is_none() {
        problems.extend(pull_request_problems(merged, &roles));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let stores = roles.iter().flat_map(|role| role.grants.iter().flat_map(|grant| grant.stores.clone())).collect();
    Ok(Some(VaultSetUp {
        tenant: planned.tenant.clone(),
        issuer: planned.issuer.clone(),
        namespace: planned.namespace.clone(),
        repositories: planned.repositories.clone(),
        events: planned.events.clone(),
        url: vault.url.trim_end_matches('/').to_owned(),
        mount: vault.mount.clone(),
        auth_path: auth_path(vault).to_owned(),
        vault_namespace: vault.namespace.clone(),
        audience: audience(vault),
        user_claim: vault.user_claim.clone().unwrap_or_else(|| "repository_id".to_owned()),
        roles,
        stores,
    }))
}

/// The roles of a binding. A job logs in by one role, so that of an environment also reads what all jobs of the binding read.
fn named(binding: &file::Binding, grants: &[Grant]) -> Vec<(String, Grant)> {
    let is_of_each = binding.read.iter().any(|read| Reading::parse(read) == Some(Reading::OwnEnvironment));
    if !is_of_each {
        return grants.iter().map(|grant| (slug(&binding.name), grant.clone())).collect();
    }
    let environments = binding.when.get("environment").map(|values| values.values()).unwrap_or_default();
    let is_own = |grant: &&Grant, environment: &String| {
        grant.claims.get("environment").is_some_and(|values| values.contains(environment))
    };
    let of = |environment: &String| {
        let mut own = grants.iter().filter(|grant| is_own(grant, environment));
        let mut grant = own.next()?.clone();
        grant.stores.extend(own.flat_map(|other| other.stores.clone()));
        grant.claims.insert("environment".to_owned(), vec![environment.clone()]);
        Some((slug(&format!("{}-{environment}", binding.name)), grant))
    };
    environments.iter().filter_map(of).collect()
}

/// What the server makes of a name, and takes in one: it ignores case.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.to_lowercase().chars() {
        match character {
            'a'..='z' | '0'..='9' | '_' | '.' | '-' => slug.push(character),
            _ if slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_matches(['-', '.']).to_owned()
}

fn is_role_name(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a path means itself alone, in a policy and in a URL.
pub(crate) fn is_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-+=@".contains(&byte);
    let is_segment = |segment: &str| {
        !segment.trim_matches('.').is_empty() && !segment.starts_with('+') && segment.bytes().all(plain)
    };
    path.split('/').all(is_segment)
}

fn auth_path(vault: &file::Vault) -> &str {
    vault.auth_path.as_deref().unwrap_or("jwt")
}

fn audience(vault: &file::Vault) -> String {
    let origin = || BaseUrl::parse(&vault.url).map_or(String::new(), |url| url.origin().to_owned());
    vault.audience.clone().unwrap_or_else(origin)
}

fn problems_of(merged: &Merged, vault: &file::Vault) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |key: &str, message: String| {
        problems.push(merged.problem(&Merged::at(&format!("/vault/{key}")), message));
    };
    if let (false, Err(message)) = (vault.url.is_empty(), BaseUrl::parse(&vault.url)) {
        problem("url", format!("{message}: write it as https://vault.example.com:8200"));
    }
    for (key, path) in [
        ("mount", Some(vault.mount.as_str())),
        ("auth_path", vault.auth_path.as_deref()),
        ("namespace", vault.namespace.as_deref()),
    ] {
        if path.is_some_and(|path| !path.is_empty() && !is_path(path)) {
            let message = "must be a path of letters, digits and characters of _.-, without a slash at its ends";
            problem(key, message.to_owned());
        }
    }
    if vault.auth_path.as_ref().is_some_and(|path| path.starts_with("auth/")) {
        problem("auth_path", "is what follows auth/: leave that out".to_owned());
    }
    if vault.mount.ends_with("/data") {
        problem("mount", "is the path of the engine: leave out /data, which follows it in each path".to_owned());
    }
    let audience = audience(vault);
    if is_of_aws(&audience) {
        problem(
            "audience",
            "is an audience of AWS: whoever runs Vault could show the token there. Leave it out, or name Vault"
                .to_owned(),
        );
    } else if audience.chars().any(|c| c.is_control() || c.is_whitespace()) {
        problem("audience", "must have no spaces".to_owned());
    }
    if let Some(claim) = vault.user_claim.as_deref().filter(|claim| !USER_CLAIMS.contains(claim)) {
        let near =
            nearest(claim, USER_CLAIMS.into_iter()).map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
        problem("user_claim", format!("must be one of {}.{near}", USER_CLAIMS.join(", ")));
    }
    problems
}

/// Cognito, STS, and whatever else is a host of AWS.
fn is_of_aws(audience: &str) -> bool {
    let lowercase = audience.to_lowercase();
    let host = lowercase.split_once("://").map_or(lowercase.as_str(), |(_, rest)| rest);
    let host = host.split(['/', ':', '?']).next().unwrap_or_default().trim_end_matches('.');
    ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu"]
        .iter()
        .any(|domain| host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_the_server_takes() {
        for (name, role) in [
            ("main", "main"),
            ("all jobs", "all-jobs"),
            ("OIDC_Dev.Role", "oidc_dev.role"),
            ("  --a // b--", "a-b"),
            ("Ü", ""),
        ] {
            assert_eq!(slug(name), role);
        }
        assert!(!is_role_name("") && !is_role_name("_") && is_role_name("a"));
    }

    #[test]
    fn a_path_means_itself_alone() {
        for path in ["secret", "octo/repo/a/env/x+y=@z/secrets", "a/.b"] {
            assert!(is_path(path), "{path}");
        }
        for path in ["", "/a", "a/", "a//b", "a/./b", "a/../b", "a/+/b", "a/+x", "a*", "a/{{b}}", "a b", "a%2fb", "é"]
        {
            assert!(!is_path(path), "{path}");
        }
    }

    #[test]
    fn audiences_of_aws_are_known() {
        for audience in [
            "cognito-identity.amazonaws.com",
            "sts.amazonaws.com",
            "https://STS.us-east-1.amazonaws.com/",
            "sts.cn-north-1.amazonaws.com.cn",
            "amazonaws.com",
        ] {
            assert!(is_of_aws(audience), "{audience}");
        }
        for audience in ["https://vault.example.com", "https://notamazonaws.com", "amazonaws.com.example.com", "vault"]
        {
            assert!(!is_of_aws(audience), "{audience}");
        }
    }
}
