//! Who reads which path of Vault by which role: a bound claim is a clause, and a role the conjunction of its clauses.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::vault::policy::{PathRule, Policy, decisive};
use crate::vault::{Role, Vault, matches};

/// Of one auth method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultReport {
    /// Where the method is enabled.
    pub auth_path: String,
    /// Whose tokens it takes, if that is known.
    pub issuer: Option<String>,
    /// In the order of their names in the rules.
    pub roles: Vec<RoleReport>,
    /// In the order of the paths. A pattern of a policy is a path too.
    pub paths: Vec<PathReport>,
    /// How the roles differ from others, if there are any to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Vec<Difference>>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleReport {
    /// Its name.
    pub name: String,
    /// What a token must be for, one of these.
    pub audiences: Vec<String>,
    /// What a token must say, by claim: one of the values, or with `glob` of the patterns.
    pub claims: BTreeMap<String, Vec<String>>,
    /// `string` or `glob`.
    pub claims_type: &'static str,
    /// The same as a sentence.
    pub requires: String,
    /// The claim that names the entity.
    pub user_claim: String,
    /// Its policies.
    pub policies: Vec<String>,
    /// What it reads.
    pub reads: Vec<String>,
}

/// A path, and who reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathReport {
    /// Or a pattern.
    pub path: String,
    /// None if nobody does.
    pub readers: Vec<Reader>,
}

/// Jobs that log in by a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// The role.
    pub role: String,
    /// The policy whose rule decides.
    pub policy: String,
    /// What its jobs are.
    pub sentence: String,
}

/// What is otherwise than it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The role.
    pub role: String,
    /// `missing`, `further`, or what of it differs.
    pub what: &'static str,
    /// What is expected.
    pub expected: String,
    /// What there is.
    pub actual: String,
}

/// Asks everything of a Vault, or what is for one role or one repository, and how it differs from `expected`.
pub fn report(vault: &Vault, expected: Option<&Vault>, role: Option<&str>, repository: Option<&str>) -> VaultReport {
    let is_asked = |known: &&Role| {
        role.is_none_or(|name| known.name.eq_ignore_ascii_case(name))
            && repository.is_none_or(|name| admits(known, name))
    };
    let roles: Vec<&Role> = vault.roles.iter().filter(is_asked).collect();
    let mut paths: BTreeMap<String, Vec<Reader>> = BTreeMap::new();
    let rules: Vec<_> = roles.iter().map(|role| (*role, role.rules(vault))).collect();
    for (_, policies) in &rules {
        for rule in own_rules(policies).filter(|rule| rule.capabilities.contains("read")) {
            paths.entry(rule.path.clone()).or_default();
        }
    }
    for (path, readers) in &mut paths {
        readers.extend(rules.iter().filter_map(|(role, policies)| {
            let found = decisive(policies, path).filter(|found| found.reads && found.policy != DEFAULT)?;
            Some(Reader { role: role.name.clone(), policy: found.policy.to_owned(), sentence: sentence(role) })
        }));
    }
    let of = |role: &&Role| RoleReport {
        name: role.name.clone(),
        audiences: role.audiences.clone(),
        claims: bound(role),
        claims_type: if role.is_glob { "glob" } else { "string" },
        requires: sentence(role),
        user_claim: role.user_claim.clone(),
        policies: role.policies.clone(),
        reads: paths
            .iter()
            .filter(|(_, readers)| readers.iter().any(|reader| reader.role == role.name))
            .map(|(path, _)| path.clone())
            .collect(),
    };
    let reports = roles.iter().map(of).collect();
    VaultReport {
        auth_path: vault.auth_path.clone(),
        issuer: vault.issuer.clone(),
        roles: reports,
        paths: paths.into_iter().map(|(path, readers)| PathReport { path, readers }).collect(),
        differences: expected.map(|expected| differences(expected, vault)),
    }
}

/// What the server gives every token, about the token itself.
const DEFAULT: &str = "default";

fn own_rules<'p>(policies: &[(&str, &'p Policy)]) -> impl Iterator<Item = &'p PathRule> {
    policies.iter().filter(|(name, _)| *name != DEFAULT).flat_map(|(_, policy)| &policy.rules)
}

/// Bound claims, with the subject among them.
fn bound(role: &Role) -> BTreeMap<String, Vec<String>> {
    let mut claims = role.claims.clone();
    if let Some(subject) = &role.subject {
        claims.insert("sub".to_owned(), vec![subject.clone()]);
    }
    claims
}

fn sentence(role: &Role) -> String {
    let clause = |(claim, values): (String, Vec<String>)| {
        let is_pattern = role.is_glob && values.iter().any(|value| value.contains('*'));
        format!("{claim} {} {}", if is_pattern { "is like" } else { "is" }, values.join(" or "))
    };
    match bound(role).into_iter().map(clause).collect::<Vec<_>>().join(" and ") {
        clauses if clauses.is_empty() => "any job".to_owned(),
        clauses => clauses,
    }
}

/// Whether jobs of a repository may be among those that log in.
fn admits(role: &Role, repository: &str) -> bool {
    role.claims.get("repository").is_none_or(|values| {
        values.iter().any(|value| value == repository || (role.is_glob && matches(value, repository)))
    })
}

fn differences(expected: &Vault, actual: &Vault) -> Vec<Difference> {
    let names: BTreeSet<_> = expected.roles.iter().chain(&actual.roles).map(|role| role.name.to_lowercase()).collect();
    let mut found = Vec::new();
    for name in names {
        let mut differs = |what, expected: String, actual: String| {
            if expected != actual {
                found.push(Difference { role: name.clone(), what, expected, actual });
            }
        };
        const ABSENT: &str = "no role";
        let (wanted, is) = match (expected.role(&name), actual.role(&name)) {
            (Some(wanted), Some(is)) => (wanted, is),
            (Some(wanted), None) => {
                differs("missing", sentence(wanted), ABSENT.to_owned());
                continue;
            }
            (None, Some(is)) => {
                differs("further", ABSENT.to_owned(), sentence(is));
                continue;
            }
            (None, None) => continue,
        };
        differs("bound claims", sentence(wanted), sentence(is));
        differs("bound audiences", wanted.audiences.join(" or "), is.audiences.join(" or "));
        let reads = |vault: &Vault, role: &Role| {
            let rules = role.rules(vault);
            let paths = own_rules(&rules).map(|rule| {
                let capabilities: Vec<_> = rule.capabilities.iter().map(String::as_str).collect();
                format!("{} ({})", rule.path, capabilities.join(", "))
            });
            paths.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; ")
        };
        differs("paths", reads(expected, wanted), reads(actual, is));
        let token = |role: &Role| format!("{} for {} seconds, named by {}", role.token_type, role.ttl, role.user_claim);
        differs("tokens", token(wanted), token(is));
    }
    found
}
