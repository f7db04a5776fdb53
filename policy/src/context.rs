//! The keys that conditions and variables are answered from.

use std::collections::HashMap;

use serde::Deserialize;

/// Condition keys with their values. Keys, also the tag key in `aws:RequestTag/key`, compare without case.
///
/// A key may be present and have no value (an empty `aws:TagKeys`).
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "HashMap<String, Vec<String>>")]
pub struct Context(HashMap<String, Vec<String>>);

impl Context {
    /// Refuses a key that comes twice, also in another case.
    pub fn try_from_iter(entries: impl IntoIterator<Item = (String, Vec<String>)>) -> Result<Self, DuplicateKey> {
        let mut context = HashMap::new();
        for (key, values) in entries {
            if context.insert(key.to_lowercase(), values).is_some() {
                return Err(DuplicateKey(key));
            }
        }
        Ok(Self(context))
    }

    pub(crate) fn values(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }
}

impl TryFrom<HashMap<String, Vec<String>>> for Context {
    type Error = DuplicateKey;

    fn try_from(entries: HashMap<String, Vec<String>>) -> Result<Self, DuplicateKey> {
        Self::try_from_iter(entries)
    }
}

/// What is known of one key.
pub(crate) enum Knowledge<'a> {
    Unknown,
    /// Its values, or that it is absent.
    Known(Option<&'a [String]>),
}

/// Knows some keys, and not others.
pub(crate) trait Knows {
    fn knowledge(&self, key: &str) -> Knowledge<'_>;

    /// Whether the key, if it is present, has exactly one value.
    fn is_single(&self, key: &str) -> bool;
}

/// What is known before a request is made: the values of some keys, and that others are absent. Every other key is unknown.
///
/// What is said of one key goes before what is said of a prefix, and of two things said of one key the last counts.
#[derive(Debug, Clone, Default)]
pub struct PartialContext {
    /// Nothing for an unknown key, else its values, or that it is absent.
    keys: HashMap<String, Option<Option<Vec<String>>>>,
    absent: Vec<String>,
    single: Vec<String>,
}

impl PartialContext {
    /// `key` has these values.
    #[must_use]
    pub fn known(self, key: &str, values: Vec<String>) -> Self {
        self.with(key, Some(Some(values)))
    }

    /// `key` is absent.
    #[must_use]
    pub fn absent(self, key: &str) -> Self {
        self.with(key, Some(None))
    }

    /// `key` is unknown, whatever is said of a prefix.
    #[must_use]
    pub fn unknown(self, key: &str) -> Self {
        self.with(key, None)
    }

    /// Every other key that begins with `prefix`, such as `secretsmanager:ResourceTag/`, is absent.
    #[must_use]
    pub fn absent_under(mut self, prefix: &str) -> Self {
        self.absent.push(prefix.to_lowercase());
        self
    }

    /// Every key that begins with `prefix` has exactly one value if it is present, as tags have.
    ///
    /// What comes of it holds only of contexts in which this is so.
    #[must_use]
    pub fn single_valued_under(mut self, prefix: &str) -> Self {
        self.single.push(prefix.to_lowercase());
        self
    }

    fn with(mut self, key: &str, knowledge: Option<Option<Vec<String>>>) -> Self {
        self.keys.insert(key.to_lowercase(), knowledge);
        self
    }
}

impl Knows for PartialContext {
    fn knowledge(&self, key: &str) -> Knowledge<'_> {
        let key = key.to_lowercase();
        match self.keys.get(&key) {
            Some(Some(known)) => Knowledge::Known(known.as_deref()),
            None if self.absent.iter().any(|prefix| key.starts_with(prefix)) => Knowledge::Known(None),
            Some(None) | None => Knowledge::Unknown,
        }
    }

    fn is_single(&self, key: &str) -> bool {
        let key = key.to_lowercase();
        self.single.iter().any(|prefix| key.starts_with(prefix))
    }
}

/// A context holds this key twice.
#[derive(Debug, PartialEq, Eq)]
pub struct DuplicateKey(String);

impl std::fmt::Display for DuplicateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the context has `{}` twice (keys have no case)", self.0)
    }
}

impl std::error::Error for DuplicateKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_compare_without_case() {
        let context: Context = serde_json::from_str(r#"{"AWS:requesttag/Enterprise":["Octo"]}"#).unwrap();
        assert_eq!(context.values("aws:RequestTag/enterprise"), Some(["Octo".to_owned()].as_slice()));
    }

    #[test]
    fn key_that_comes_twice_is_refused() {
        let context = serde_json::from_str::<Context>(r#"{"aws:A":["x"],"aws:a":["y"]}"#);
        assert!(context.unwrap_err().to_string().contains("twice"));
    }
}
