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
