//! The audit as data: what the table, JSON, SARIF and the page show.

use std::collections::BTreeMap;

use env_kvstore_policy::Values;
use serde::Serialize;

use crate::account::{Account, Route};
use crate::audit::access::Access;
use crate::audit::readers;

/// Who can read what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The account's 12 digits.
    pub account: String,
    /// Every secret, in the order of their names.
    pub stores: Vec<StoreReport>,
    /// What could deny too, and is not known.
    pub not_evaluated: Vec<String>,
}

/// Who can read a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreReport {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// None if nobody can.
    pub readers: Vec<Reader>,
}

/// Jobs that can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// By this role.
    pub role: String,
    /// The identity pool that makes the session, or the OIDC provider.
    pub through: String,
    /// One of these must hold.
    pub cases: Vec<CaseReport>,
    /// The same as a sentence.
    pub sentence: String,
    /// Whether more is counted as open than is sure to be.
    pub approximate: bool,
    /// What could not be decided.
    pub notes: Vec<String>,
}

/// One kind of jobs: all of it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseReport {
    /// By claim, or by the key of a policy if it is none.
    pub clauses: Vec<Clause>,
    /// The statements that allow it, as `POLICY, statement N (Sid)`.
    pub allowed_by: Vec<String>,
}

/// What one claim must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// Its name.
    pub claim: String,
    /// `ref is refs/heads/main`.
    pub text: String,
    /// The values, if it must be one of a list.
    pub values: Option<Vec<String>>,
    /// Whether it may be absent.
    pub absent: bool,
}

/// Asks everything.
pub fn report(account: &Account) -> Report {
    let stores = readers(account).into_iter().map(|readers| StoreReport {
        name: readers.store.name.clone(),
        arn: readers.store.arn.clone(),
        tags: readers.store.tags.clone(),
        readers: readers.ways.iter().map(Reader::of).collect(),
    });
    Report { account: account.id.clone(), stores: stores.collect(), not_evaluated: account.not_evaluated.clone() }
}

impl Reader {
    fn of(access: &Access<'_>) -> Self {
        let through = match access.route {
            Route::Pool(pool, _) => pool.id.clone(),
            Route::Direct(provider) => provider.arn.clone(),
        };
        let cases = access.when.cases().iter().map(|case| {
            let constraints = case.constraints().map(|constraint| Clause {
                claim: constraint.key.clone(),
                text: constraint.to_string(),
                values: match &constraint.one {
                    Values::OneOf(values) => Some(values.iter().cloned().collect()),
                    Values::Matching { .. } => None,
                },
                absent: constraint.absent,
            });
            let relations = case.relations.iter().map(|relation| Clause {
                claim: relation.key().to_owned(),
                text: relation.to_string(),
                values: None,
                absent: true,
            });
            let allowed_by = case.allowed_by.iter().map(|id| {
                let sid = id.sid.as_ref().map_or(String::new(), |sid| format!(" ({sid})"));
                format!("{}, statement {}{sid}", id.policy, id.index + 1)
            });
            CaseReport { clauses: constraints.chain(relations).collect(), allowed_by: allowed_by.collect() }
        });
        Self {
            role: access.role.name.clone(),
            through,
            cases: cases.collect(),
            sentence: access.when.to_string(),
            approximate: !access.notes.is_empty(),
            notes: access.notes.clone(),
        }
    }
}
