//! What a Vault or an OpenBao has of a set-up: the JWT auth method, its roles, and the policies that these give. A snapshot of the
//! server holds it, or `kvstore.json` says what it will be. The proof, `explain` and `audit` ask it.
//!
//! ```text
//! claims → issuer → bound_audiences → bound_subject → bound_claims → policies of the role → path
//! ```
//!
//! It answers as the server does: <https://developer.hashicorp.com/vault/api-docs/auth/jwt>, the same in OpenBao.

mod glob;
mod login;
pub mod policy;
pub mod snapshot;

use std::collections::BTreeMap;

pub use glob::matches;
pub use login::{Refusal, refusals};
use policy::Policy;

/// Claims of a token, by name. An absent claim is not among them.
pub type Claims = BTreeMap<String, String>;

/// One JWT auth method with its roles, and the policies of its server.
#[derive(Debug, Default, Clone)]
pub struct Vault {
    /// Where the method is enabled.
    pub auth_path: String,
    /// `bound_issuer`; none if it takes tokens of every issuer whose keys it has.
    pub issuer: Option<String>,
    /// In the order of their names.
    pub roles: Vec<Role>,
    /// By name.
    pub policies: BTreeMap<String, Policy>,
    /// What decides too, and is not known.
    pub not_evaluated: Vec<String>,
}

/// A role of the method: who may log in by it, and what that gives.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// `bound_audiences`
    pub audiences: Vec<String>,
    /// `bound_subject`
    pub subject: Option<String>,
    /// `bound_claims`
    pub claims: BTreeMap<String, Vec<String>>,
    /// Whether `bound_claims_type` is `glob`.
    pub is_glob: bool,
    /// The claim that names the entity.
    pub user_claim: String,
    /// `token_policies`
    pub policies: Vec<String>,
    /// `token_no_default_policy`
    pub no_default_policy: bool,
    /// `token_type`
    pub token_type: String,
    /// `token_ttl` in seconds; 0 is the default of the server.
    pub ttl: u64,
}

impl Role {
    /// What a token that a login gives may read, of the policies that are known.
    pub fn rules<'v>(&'v self, vault: &'v Vault) -> Vec<(&'v str, &'v Policy)> {
        let default = (!self.no_default_policy).then_some("default");
        let names = self.policies.iter().map(String::as_str).chain(default);
        names.filter_map(|name| Some((name, vault.policies.get(name)?))).collect()
    }
}

impl Vault {
    /// A role by its name. The server ignores case.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name.eq_ignore_ascii_case(name))
    }
}
