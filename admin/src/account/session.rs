//! A job's session: which of its claims become tags, and the keys that AWS then answers conditions from.

use std::collections::BTreeMap;

use crate::account::{COGNITO, Pool, Provider, Role, Store};

/// The longest key of a session tag, in characters, and its longest value.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html>
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Claims by name.
pub type Claims = BTreeMap<String, String>;

/// What condition keys say, by key.
pub type Keys = Vec<(String, Vec<String>)>;

/// A job that comes through a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session<'a> {
    /// Through this one.
    pub pool: &'a Pool,
    /// With tokens of this one.
    pub provider: &'a Provider,
    /// Session tags.
    pub tags: BTreeMap<String, String>,
}

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
    /// The session tags that the pool makes of claims. An absent claim makes none.
    pub fn new(pool: &'a Pool, provider: &'a Provider, claims: &Claims) -> Self {
        let map = pool.tags.get(&provider.arn).filter(|map| !map.uses_defaults);
        let mapped = map.into_iter().flat_map(|map| &map.claims);
        let tags = mapped.filter_map(|(tag, claim)| Some((tag.clone(), claims.get(claim)?.clone()))).collect();
        Self { pool, provider, tags }
    }

    /// The keys of `sts:AssumeRoleWithWebIdentity` and `sts:TagSession`.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
    pub fn trust_keys(&self, session_name: &str) -> Keys {
        let mut keys = tagged("aws:RequestTag", &self.tags);
        keys.push(("aws:TagKeys".to_owned(), self.tags.keys().cloned().collect()));
        keys.push((format!("{COGNITO}:aud"), vec![self.pool.id.clone()]));
        keys.push((format!("{COGNITO}:amr"), vec!["authenticated".to_owned(), self.provider_name().to_owned()]));
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

    /// The issuer without its scheme, as Cognito names a login.
    fn provider_name(&self) -> &str {
        self.provider.issuer.trim_start_matches("https://")
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
    let map = session.pool.tags.get(&session.provider.arn);
    let claim = |tag: &String| map.and_then(|map| map.claims.get(tag)).cloned().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c);
    let mut found = Vec::new();
    for (tag, value) in &session.tags {
        let problem = if tag.chars().count() > MAX_KEY {
            format!("the tag's key is longer than {MAX_KEY} characters")
        } else if value.chars().count() > MAX_VALUE {
            format!("its value is longer than {MAX_VALUE} characters")
        } else if let Some(character) = value.chars().find(|c| !plain(*c)) {
            format!("its value has the character {character:?}, which session tags cannot hold")
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
