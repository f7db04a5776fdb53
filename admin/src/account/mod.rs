//! What AWS has of a set-up: identity pools, roles, stores and their policies. A snapshot of an account holds it, or
//! `kvstore.json` says what it will be. `explain` and `audit` ask it, and so does the proof.
//!
//! Nothing here is changed or sent: it answers questions that AWS would be asked.

mod planned;
pub mod rules;
mod session;
pub mod snapshot;

use std::collections::BTreeMap;

use env_kvstore_policy::{Malformed, Policy, Principal};

pub use planned::{SUFFIX, planned};
pub use session::{Claims, DIRECT_CLAIMS, Keys, Route, Session, Unusable, unusable};

/// The principal of every trust policy for Cognito's tokens.
pub const COGNITO: &str = "cognito-identity.amazonaws.com";

/// The resources of an account, as far as they decide who reads a secret.
#[derive(Debug, Default)]
pub struct Account {
    /// Its 12 digits.
    pub id: String,
    /// Such as `aws`.
    pub partition: String,
    /// The region of its stores.
    pub region: String,
    /// The issuers whose tokens it takes.
    pub providers: Vec<Provider>,
    /// Where they are exchanged.
    pub pools: Vec<Pool>,
    /// What is assumed with the result.
    pub roles: Vec<Role>,
    /// What is read, in the order of their names.
    pub stores: Vec<Store>,
    /// Customer managed keys that encrypt them.
    pub keys: Vec<Key>,
    /// What could decide too, and is not known: organizations' policies, or a part that a snapshot lacks.
    pub not_evaluated: Vec<String>,
}

/// An OIDC identity provider of IAM.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its ARN.
    pub arn: String,
    /// The claim `iss` of its tokens.
    pub issuer: String,
    /// `aud`, one of these.
    pub audiences: Vec<String>,
}

/// An identity pool.
/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DescribeIdentityPool.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// `REGION:UUID`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `AllowClassicFlow`.
    pub allows_classic_flow: bool,
    /// `AllowUnauthenticatedIdentities`.
    pub allows_unauthenticated: bool,
    /// By the provider's ARN; none if the provider has no map.
    pub tags: BTreeMap<String, TagMap>,
    /// The ARNs of its OIDC providers.
    pub providers: Vec<String>,
    /// Other kinds of providers: user pools, SAML, social ones.
    pub other_providers: Vec<String>,
}

/// Which claims become session tags.
/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetPrincipalTagAttributeMap.html>
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagMap {
    /// `UseDefaults`: Cognito's own map (`username`, `client`) and not this one.
    pub uses_defaults: bool,
    /// Claims by the tag's key.
    pub claims: BTreeMap<String, String>,
}

/// A role that jobs may assume.
#[derive(Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Who may assume it.
    pub trust: Document,
    /// What it may do: inline policies first, then managed ones.
    pub policies: Vec<Document>,
    /// Its own tags, which show through where a session has none of that key.
    pub tags: BTreeMap<String, String>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<Document>,
}

/// A secret.
#[derive(Debug)]
pub struct Store {
    /// Its name, without the six characters.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The key, if it is not AWS's own.
    pub kms_key: Option<String>,
    /// Its resource policy.
    pub policy: Option<Document>,
}

/// A customer managed key.
#[derive(Debug)]
pub struct Key {
    /// Its ARN.
    pub arn: String,
    /// Its policy.
    pub policy: Document,
}

/// A policy with its text.
#[derive(Debug)]
pub struct Document {
    /// Where it stands, for people: `role github-actions, inline policy read-values`.
    pub name: String,
    /// As AWS has it.
    pub text: String,
    /// What it says.
    pub policy: Policy,
}

impl Document {
    /// Parses a policy.
    pub fn parse(name: impl Into<String>, text: impl Into<String>) -> Result<Self, Malformed> {
        let (name, text) = (name.into(), text.into());
        Ok(Self { policy: Policy::parse(&name, &text)?, name, text })
    }

    /// How much of it counts for IAM's limits.
    pub fn size(&self) -> usize {
        self.policy.size()
    }
}

impl Account {
    /// The providers of a pool that the account still has.
    pub fn providers_of<'a>(&'a self, pool: &'a Pool) -> impl Iterator<Item = &'a Provider> {
        self.providers.iter().filter(|provider| pool.providers.contains(&provider.arn))
    }

    /// All ways that lead to a role: those that its trust policy names, or if that names none, all that there are.
    pub fn routes(&self, role: &Role) -> Vec<Route<'_>> {
        let pools = self.pools.iter().flat_map(|pool| self.providers_of(pool).map(move |from| Route::Pool(pool, from)));
        let all: Vec<_> = pools.chain(self.providers.iter().map(Route::Direct)).collect();
        let is_named = |route: &Route<'_>| match route.principal() {
            Principal::Federated(name) => role.trust.text.contains(&name),
            _ => false,
        };
        let named: Vec<_> = all.iter().copied().filter(is_named).collect();
        if named.is_empty() { all } else { named }
    }

    /// The issuer whose tokens a way takes as they are, if it may be a token exchange's: not GitHub's, and of no pool.
    pub fn exchange_of<'a>(&self, route: Route<'a>) -> Option<&'a Provider> {
        match route {
            Route::Direct(provider) if !provider.is_github() => {
                let is_pooled = self.pools.iter().any(|pool| pool.providers.contains(&provider.arn));
                (!is_pooled).then_some(provider)
            }
            _ => None,
        }
    }

    /// A role by its name or ARN.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name || role.arn == name)
    }

    /// A store by its name or ARN.
    pub fn store(&self, name: &str) -> Option<&Store> {
        let place = self.stores.partition_point(|store| store.name.as_str() < name);
        let by_name = self.stores.get(place).filter(|store| store.name == name);
        by_name.or_else(|| self.stores.iter().find(|store| name.starts_with("arn:") && store.arn == name))
    }

    /// The ARN of a store that may not exist.
    pub fn store_arn(&self, name: &str) -> String {
        let Self { partition, region, id, .. } = self;
        match name.starts_with("arn:") {
            true => name.to_owned(),
            false => format!("arn:{partition}:secretsmanager:{region}:{id}:secret:{name}{SUFFIX}"),
        }
    }

    /// The customer managed key of a store, if its policy is known.
    pub fn key_of(&self, store: &Store) -> Option<&Key> {
        self.keys.iter().find(|key| Some(&key.arn) == store.kms_key.as_ref())
    }
}
