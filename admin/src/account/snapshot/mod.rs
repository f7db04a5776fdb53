//! A snapshot: an account as a folder of the AWS CLI's answers, collected by a script of calls that only read.
//!
//! | file | what it is |
//! |---|---|
//! | `snapshot.json` | what was asked for; written last, so that a folder without it is not complete |
//! | `caller.json` | GetCallerIdentity |
//! | `providers.txt`, `provider-N.json` | ARNs of OIDC providers, and each in their order |
//! | `pools.txt`, `pool-N.json`, `pool-N-roles.json` | identity pools |
//! | `pool-N-providers.txt`, `pool-N-tags-M.json` | their OIDC providers, and the principal tag map for each |
//! | `roles.txt`, `role-N.json`, `role-N-boundary.txt` | roles that trust a provider or a pool |
//! | `role-N-inline.txt`, `role-N-inline-M.json`, `role-N-attached.txt` | their policies |
//! | `policies.txt`, `policy-N.json` | managed policies and boundaries, each in its default version |
//! | `secrets.json`, `secrets.txt`, `secret-N-policy.json` | secrets and their resource policies |
//! | `keys.txt`, `key-N.json`, `key-N-policy.json` | what encrypts them |
//!
//! An answer that AWS refused is `….error.txt` in place of `….json`.

mod answers;
mod reader;
pub mod script;

use serde::Serialize;

use crate::kvstore::problem::Problem;
use crate::kvstore::reader::Text;

pub(crate) use reader::account;

/// What is in a snapshot, or what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Everything that is wrong; what follows is then empty.
    pub problems: Vec<Problem>,
    /// The account's 12 digits.
    pub account: String,
    /// The region of its secrets.
    pub region: String,
    /// How many OIDC providers.
    pub providers: usize,
    /// How many identity pools.
    pub pools: usize,
    /// How many roles that trust one of these.
    pub roles: usize,
    /// How many secrets.
    pub secrets: usize,
    /// How many customer managed keys whose policy is known.
    pub keys: usize,
    /// What decides too, and is not in it.
    pub not_evaluated: Vec<String>,
}

/// Reads a snapshot for what is in it.
pub fn check(texts: &[Text]) -> Checked {
    match account(texts) {
        Err(problems) => Checked { problems, ..Checked::default() },
        Ok(account) => Checked {
            problems: Vec::new(),
            providers: account.providers.len(),
            pools: account.pools.len(),
            roles: account.roles.len(),
            secrets: account.stores.len(),
            keys: account.keys.len(),
            account: account.id,
            region: account.region,
            not_evaluated: account.not_evaluated,
        },
    }
}
