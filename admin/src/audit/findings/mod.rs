//! What is wrong with the rules, as data: an id that stays, a severity, a place, the cause, the remedy, and a page.
//!
//! A rule is a constant of the file of its theme, and its section in docs/findings.md; [`RULES`] lists them all.

mod conditions;
mod events;
mod pools;
mod resources;
mod rights;
mod sizes;
mod stores;
mod tenant;
mod vault;

use std::collections::BTreeSet;

use env_kvstore_policy::StatementId;
use serde::{Deserialize, Serialize};

use crate::account::{Document, Role};
use crate::audit::Audit;
use crate::vault::Vault;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It may be as it should, or will be a nuisance.
    Low,
    /// It opens something once something else changes, or keeps out who should come in.
    Medium,
    /// Somebody can read what nobody meant them to.
    High,
}

impl Severity {
    /// As the command line and JSON name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What is looked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// It never changes.
    pub id: &'static str,
    /// In one line.
    pub title: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// All that is looked for.
pub static RULES: [&Rule; 36] = [
    &tenant::TENANT_MISSING,
    &tenant::TENANT_BY_NAME,
    &tenant::ONLY_AUTHENTICATED,
    &tenant::AUDIENCE_MISSING,
    &tenant::NOBODY_ASSUMES,
    &events::PULL_REQUESTS_LET_IN,
    &conditions::ABSENT_CLAIM_PASSES,
    &conditions::CLAIM_NOT_MAPPED,
    &conditions::WILDCARD_IN_CLAIM,
    &conditions::WILDCARD_WITHOUT_LIKE,
    &resources::WILDCARD_AFTER_ENVIRONMENT,
    &resources::WILDCARD_OVER_SLASH,
    &pools::USES_DEFAULTS,
    &pools::ROLE_TAG_SHADOWS_CLAIM,
    &pools::TAG_SESSION_MISSING,
    &pools::FURTHER_PROVIDERS,
    &pools::FURTHER_AUDIENCES,
    &pools::UNAUTHENTICATED_IDENTITIES,
    &rights::JOB_MAY_OPEN_ACCESS,
    &rights::JOB_MAY_WRITE,
    &stores::GUARD_MISSING,
    &stores::SHARED_BY_REPOSITORIES,
    &stores::STORE_WITHOUT_BINDING,
    &stores::NOBODY_READS,
    &stores::ENVIRONMENTS_DIFFER_IN_CASE,
    &sizes::POLICY_NEAR_LIMIT,
    &vault::TENANT_MISSING,
    &vault::TENANT_BY_NAME,
    &vault::PULL_REQUESTS_LET_IN,
    &vault::WILDCARD_IN_CLAIM,
    &vault::NOBODY_LOGS_IN,
    &vault::AUDIENCE_OF_OTHERS,
    &vault::POLICY_IS_WIDE,
    &vault::MAY_WRITE,
    &vault::POLICY_IS_TEMPLATE,
    &vault::TOKEN_LIVES_LONG,
];

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// That of its rule.
    pub id: &'static str,
    /// Worse ones come first in a report.
    pub severity: Severity,
    /// The title of its rule.
    pub title: &'static str,
    /// Where.
    pub place: Place,
    /// What is so, and what comes of it.
    pub cause: String,
    /// What to do.
    pub remedy: &'static str,
    /// The section that says more.
    pub page: String,
}

/// Where something is wrong. What does not apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// A role's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// A policy's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Its statement, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<usize>,
    /// The statement's Sid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// A condition's key, a pattern or a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// An identity pool's id, or an OIDC provider's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// A secret's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
}

impl Place {
    fn role(role: &Role) -> Self {
        Self { role: Some(role.name.clone()), ..Self::default() }
    }

    fn pool(id: &str) -> Self {
        Self { pool: Some(id.to_owned()), ..Self::default() }
    }

    fn store(name: &str) -> Self {
        Self { store: Some(name.to_owned()), ..Self::default() }
    }

    fn document(role: &Role, document: &Document) -> Self {
        Self { policy: Some(document.name.clone()), ..Self::role(role) }
    }

    fn statement(role: &Role, id: &StatementId) -> Self {
        Self {
            policy: Some(id.policy.clone()),
            statement: Some(id.index + 1),
            sid: id.sid.clone().filter(|sid| !sid.is_empty()),
            ..Self::role(role)
        }
    }

    fn at(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }
}

/// Such as `trust policy of the role r, statement 1 (Jobs), aws:RequestTag/ref`.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let role = self.role.as_ref().map(|role| format!("role {role}"));
        let is_named = |role: &String| self.policy.as_ref().is_some_and(|policy| policy.contains(role.as_str()));
        let parts = [
            role.filter(|_| !self.role.as_ref().is_some_and(is_named)),
            self.policy.clone(),
            self.statement.map(|number| {
                format!("statement {number}{}", self.sid.as_ref().map_or(String::new(), |sid| format!(" ({sid})")))
            }),
            self.pool.clone(),
            self.store.clone(),
            self.key.clone(),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl Rule {
    fn finding(&self, severity: Severity, place: Place, cause: impl Into<String>) -> Finding
    where
        Self: 'static,
    {
        let page = format!("docs/findings.md#{}", self.id);
        let Self { id, title, remedy } = *self;
        Finding { id, severity, title, place, cause: cause.into(), remedy, page }
    }
}

/// Everything that is wrong, the worst first, each once.
pub fn findings(audit: &Audit<'_>) -> Vec<Finding> {
    let all = [
        tenant::look(audit),
        events::look(audit),
        conditions::look(audit),
        resources::look(audit),
        pools::look(audit),
        rights::look(audit),
        stores::look(audit),
        sizes::look(audit),
    ];
    in_order(all.into_iter().flatten())
}

/// The same of a Vault.
pub fn on_vault(server: &Vault) -> Vec<Finding> {
    in_order(vault::look(server))
}

fn in_order(found: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    let each: BTreeSet<Finding> = found.into_iter().collect();
    let mut each: Vec<_> = each.into_iter().collect();
    let rank = |finding: &Finding| RULES.iter().position(|rule| rule.id == finding.id);
    each.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), rank(finding)));
    each
}

/// Some of a list, and how many more there are.
fn some(names: impl IntoIterator<Item = impl Into<String>>) -> String {
    const SHOWN: usize = 3;
    let names: Vec<String> = names.into_iter().map(Into::into).collect();
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
