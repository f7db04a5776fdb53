//! A job's session: which of its claims become tags, and the keys that AWS then answers conditions from.

use std::collections::BTreeMap;

use env_kvstore::text::printable::printable;
use env_kvstore_policy::Principal;

use crate::account::{COGNITO, Pool, Provider, Role, Store, TagMap};

/// The longest key of a session tag, in characters, and its longest value.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html>
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Claims by name.
pub type Claims = BTreeMap<String, String>;

/// What condition keys say, by key.
pub type Keys = Vec<(String, Vec<String>)>;

/// How a job comes to a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route<'a> {
    /// Through a pool, which makes session tags of claims.
    Pool(&'a Pool, &'a Provider),
    /// With GitHub's token itself, which brings no session tags.
    Direct(&'a Provider),
}

/// A job that comes to a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session<'a> {
    /// Its way.
    pub route: Route<'a>,
    /// Session tags.
    pub tags: BTreeMap<String, String>,
    /// Claims that trust policies can ask for without a pool.
    direct: Keys,
}

/// Beside `aud` and `sub`, what of GitHub's token a trust policy can ask for.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
pub const DIRECT_CLAIMS: [&str; 9] = [
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "workflow",
];

/// A tag that STS refuses, and with it the whole session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Its key.
    pub tag: String,
    /// The claim that it comes from.
    pub claim: String,
    /// What is wrong with it, without the value.
    pub problem: String,
}

impl<'a> Session<'a> {
    /// What a job with these claims brings. An absent claim makes no tag.
    pub fn new(route: Route<'a>, claims: &Claims) -> Self {
        match route {
            Route::Pool(..) => {
                let mapped = route.tag_map().into_iter().flat_map(|map| &map.claims);
                let tags = mapped.filter_map(|(tag, claim)| Some((tag.clone(), claims.get(claim)?.clone()))).collect();
                Self { route, tags, direct: vec![] }
            }
            Route::Direct(provider) => {
                let asked = ["aud", "sub"].into_iter().chain(DIRECT_CLAIMS);
                let host = provider.host();
                let key = |claim: &str| Some((format!("{host}:{claim}"), vec![claims.get(claim)?.clone()]));
                Self { route, tags: BTreeMap::new(), direct: asked.filter_map(key).collect() }
            }
        }
    }

    /// The keys of `sts:AssumeRoleWithWebIdentity` and `sts:TagSession`.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
    pub fn trust_keys(&self, session_name: &str) -> Keys {
        let mut keys = tagged("aws:RequestTag", &self.tags);
        keys.extend(self.direct.clone());
        if let Route::Pool(pool, provider) = self.route {
            keys.push(("aws:TagKeys".to_owned(), self.tags.keys().cloned().collect()));
            keys.push((format!("{COGNITO}:aud"), vec![pool.id.clone()]));
            keys.push((format!("{COGNITO}:amr"), vec!["authenticated".to_owned(), provider.host().to_owned()]));
        }
        keys.push(("sts:RoleSessionName".to_owned(), vec![session_name.to_owned()]));
        keys
    }

    /// The keys of `secretsmanager:GetSecretValue`: a role's own tags show through where the session has none of that key, in
    /// any case of letters.
    pub fn read_keys(&self, role: &Role, store: Option<&Store>) -> Keys {
        let mut keys = tagged("aws:PrincipalTag", &principal_tags(&self.tags, &role.tags));
        keys.extend(store.into_iter().flat_map(|store| tagged("secretsmanager:ResourceTag", &store.tags)));
        keys
    }
}

impl<'a> Route<'a> {
    /// Whose tokens are taken.
    pub fn provider(&self) -> &'a Provider {
        match self {
            Self::Pool(_, provider) | Self::Direct(provider) => provider,
        }
    }

    /// Which claims become session tags: none without a pool, and none of the job's with Cognito's defaults.
    pub fn tag_map(&self) -> Option<&'a TagMap> {
        match self {
            Self::Pool(pool, provider) => pool.tags.get(&provider.arn).filter(|map| !map.uses_defaults),
            Self::Direct(_) => None,
        }
    }

    /// Who AWS takes the job for.
    pub fn principal(&self) -> Principal {
        Principal::Federated(match self {
            Self::Pool(..) => COGNITO.to_owned(),
            Self::Direct(provider) => provider.arn.clone(),
        })
    }
}

impl Provider {
    /// Whether the issuer is a GitHub: github.com, one with data residency, or a GitHub Enterprise Server. Of other issuers nobody
    /// here knows what their tokens say of a job.
    pub fn is_github(&self) -> bool {
        let host = self.host();
        host.starts_with("token.actions.") || host.contains("/_services/token")
    }

    /// The issuer without its scheme, as condition keys and Cognito's logins name it.
    pub fn host(&self) -> &str {
        self.issuer.trim_start_matches("https://")
    }
}

/// Session tags, and those of the role whose keys no session tag has.
fn principal_tags(session: &BTreeMap<String, String>, role: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_hidden = |key: &String| session.keys().any(|tag| tag.to_lowercase() == key.to_lowercase());
    let shown = role.iter().filter(|(key, _)| !is_hidden(key));
    session.iter().chain(shown).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The tags that STS would refuse.
pub fn unusable(session: &Session<'_>) -> Vec<Unusable> {
    let map = session.route.tag_map();
    let claim = |tag: &String| map.and_then(|map| map.claims.get(tag)).cloned().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c);
    let mut found = Vec::new();
    for (tag, value) in &session.tags {
        let problem = if tag.chars().count() > MAX_KEY {
            format!("the tag's key is longer than {MAX_KEY} characters")
        } else if value.chars().count() > MAX_VALUE {
            format!("its value is longer than {MAX_VALUE} characters")
        } else if let Some(character) = value.chars().find(|c| !plain(*c)) {
            format!(
                "its value has the character `{}`, which session tags cannot hold",
                printable(&character.to_string())
            )
        } else {
            continue;
        };
        found.push(Unusable { tag: tag.clone(), claim: claim(tag), problem });
    }
    found
}

fn tagged(prefix: &str, tags: &BTreeMap<String, String>) -> Keys {
    tags.iter().map(|(key, value)| (format!("{prefix}/{key}"), vec![value.clone()])).collect()
}
