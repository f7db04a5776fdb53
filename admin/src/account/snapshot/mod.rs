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

pub(crate) use reader::account;
