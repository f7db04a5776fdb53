//! Why is a job denied a secret, or let in: gate by gate, as AWS asks, with the condition that fails, what it wants, what the
//! job has, and whom else a remedy would let in.
//!
//! ```text
//! claims → issuer → audience → tag map → session tags → trust policy → role policy → store tags → key → secret
//! ```
//!
//! On Vault: issuer → audience → bound subject → bound claims → policies. What is not known is said to be not evaluated.

pub mod ask;
mod gates;
pub mod job;
mod phrase;
mod text;
mod vault;

use std::collections::BTreeMap;

use env_kvstore::text::printable::printable;
use env_kvstore_policy::{Mismatch, StatementId};
use serde::Serialize;

use crate::account::Account;
use crate::explain::gates::Walk;
use crate::explain::job::Job;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Who asks.
    pub job: Job,
    /// By this role, by name or ARN; none is any.
    pub role: Option<String>,
    /// The name or ARN of the secret; none asks for the role alone.
    pub store: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether AWS lets the job have it, as far as everything evaluated says.
    pub answer: Answer,
    /// The role that was asked.
    pub role: Option<String>,
    /// The secret.
    pub store: Option<String>,
    /// What was taken for granted: claims that nobody gave.
    pub assumed: BTreeMap<String, String>,
    /// In AWS's order.
    pub gates: Vec<Gate>,
    /// What could still deny, and is not known.
    #[serde(rename = "notEvaluated")]
    pub not_evaluated: Vec<String>,
    /// Ways to a role that a token exchange decides, and no claim of the job.
    #[serde(rename = "notExplained")]
    pub not_explained: Vec<String>,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It gets it.
    Allow,
    /// It does not.
    Deny,
}

/// One thing that AWS asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// Its name.
    pub gate: GateName,
    /// What came of it.
    pub result: GateResult,
    /// One sentence.
    pub text: String,
    /// The statement that decided, or came nearest.
    pub statement: Option<Place>,
    /// The conditions that fail.
    pub failures: Vec<Failure>,
    /// What would let the job in.
    pub remedy: Vec<String>,
    /// Whom else that would let in.
    pub also_admits: Option<String>,
}

/// The gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateName {
    /// Whose tokens the account takes.
    Issuer,
    /// Whom the token is for.
    Audience,
    /// Which claims become session tags.
    TagMap,
    /// Whether STS takes them.
    SessionTags,
    /// Who may assume the role.
    TrustPolicy,
    /// What the role may read.
    RolePolicy,
    /// Whether the store is open to the session.
    StoreTags,
    /// The limits of the role.
    PermissionsBoundary,
    /// What the secret's own policy says.
    ResourcePolicy,
    /// Whether the session may decrypt it.
    Kms,
    /// On Vault: the subject that a role is for.
    BoundSubject,
    /// On Vault: the claims that a role is for.
    BoundClaims,
    /// On Vault: what the role's policies read.
    Policies,
}

/// What came of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateResult {
    /// It lets the job through.
    Passed,
    /// It stops the job.
    Failed,
    /// What it asks is not known.
    NotEvaluated,
    /// An earlier one stopped the job.
    NotReached,
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The policy, for people.
    pub policy: String,
    /// From 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

impl Place {
    fn of(id: &StatementId) -> Self {
        Self { policy: id.policy.clone(), statement: id.index, sid: id.sid.clone() }
    }
}

/// A condition that fails, or another element that is for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// `Condition`, `Principal`, `Action` or `Resource`.
    pub element: String,
    /// Of a condition, as written.
    pub operator: Option<String>,
    /// Of a condition, as written.
    pub key: Option<String>,
    /// What it wants.
    pub wants: Vec<String>,
    /// What the job has; none if it has nothing of the kind.
    pub has: Option<Vec<String>>,
    /// Why that does not do.
    pub reason: String,
}

impl Failure {
    fn of(mismatch: &Mismatch) -> Self {
        Self {
            element: mismatch.element.to_string(),
            operator: mismatch.operator.clone(),
            key: mismatch.key.clone(),
            wants: mismatch.expected.clone(),
            has: mismatch.actual.clone(),
            reason: mismatch.reason.clone(),
        }
    }
}

/// Answers a question; the error says what cannot be asked.
pub fn explain(
    account: &Account,
    question: &Question,
    assumed: BTreeMap<String, String>,
) -> Result<Explanation, String> {
    let roles = match question.role.as_ref().or(question.job.role.as_ref()) {
        None => account.roles.iter().collect(),
        Some(name) => vec![account.role(name).ok_or_else(|| {
            let known: Vec<_> = account.roles.iter().map(|role| role.name.as_str()).collect();
            format!("no role is called `{name}`: {}", known.join(", "))
        })?],
    };
    let (mut walks, mut not_explained) = (Vec::new(), Vec::new());
    for role in roles {
        for route in account.routes(role) {
            match account.exchange_of(route) {
                None => walks.push(Walk::new(account, question, role, route)),
                Some(provider) if role.trust.text.contains(&provider.arn) => not_explained.push(format!(
                    "The role {} takes tokens of {}, which is not GitHub: a token exchange decides their session tags, and they follow \
                     from no claim of the job.",
                    printable(&role.name),
                    printable(&provider.issuer)
                )),
                Some(_) => {}
            }
        }
    }
    let Some((_, (gates, role))) = walks.into_iter().map(Walk::walked).min_by_key(|(rank, _)| *rank) else {
        return Err(match not_explained.is_empty() {
            true => "no role trusts an identity pool or an OIDC provider".to_owned(),
            false => format!("{} The log of the step shows the tags.", not_explained.join(" ")),
        });
    };
    let stopped = gates.iter().any(|gate: &Gate| gate.result == GateResult::Failed);
    let not_evaluated =
        gates.iter().filter(|gate| gate.result == GateResult::NotEvaluated).map(|gate| gate.text.clone());
    Ok(Explanation {
        answer: if stopped { Answer::Deny } else { Answer::Allow },
        role: Some(role),
        store: question.store.clone(),
        assumed,
        not_explained,
        not_evaluated: not_evaluated.chain(account.not_evaluated.iter().cloned()).collect(),
        gates,
    })
}
