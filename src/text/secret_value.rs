//! What Secrets Manager has given.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::text::secret::Secret;

/// What a secret holds.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue {
    /// The secret's ARN, safe to print.
    pub arn: String,
    /// The version, safe to print.
    pub version_id: String,
    pub(crate) content: Content,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Text(Secret),
    /// In Base64.
    Binary(Secret),
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretValue({}, version {})", self.arn, self.version_id)
    }
}

impl SecretValue {
    /// The text, or the bytes in Base64.
    pub fn whole(&self) -> &Secret {
        match &self.content {
            Content::Text(text) => text,
            Content::Binary(base64) => base64,
        }
    }

    /// Whether it is bytes.
    pub fn is_binary(&self) -> bool {
        matches!(self.content, Content::Binary(_))
    }

    /// The text, or the bytes as text; empty if they are none.
    pub fn text(&self) -> Secret {
        match &self.content {
            Content::Text(text) => text.clone(),
            Content::Binary(base64) => {
                let bytes = STANDARD.decode(base64.secret()).unwrap_or_default();
                Secret::new(String::from_utf8(bytes).unwrap_or_default())
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn of_text(version_id: &str, text: &str) -> Self {
        let content = Content::Text(Secret::new(text));
        Self { arn: "arn".to_owned(), version_id: version_id.to_owned(), content }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::json::Object;

    #[test]
    fn binary_is_base64_as_a_whole_and_text_for_its_keys() {
        let value = |body: &str| SecretValue::of(&Object::parse(body.as_bytes()).unwrap());
        let binary = value(r#"{"ARN":"a","SecretBinary":"eyJrIjoxfQ=="}"#).unwrap();
        assert_eq!((binary.whole().secret(), binary.text().secret()), ("eyJrIjoxfQ==", r#"{"k":1}"#));
        let no_text = value(r#"{"ARN":"a","SecretBinary":"/w=="}"#).unwrap();
        assert_eq!((no_text.whole().secret(), no_text.text().secret()), ("/w==", ""));
        for wrong in [r#"{"ARN":"a"}"#, r#"{"SecretString":"s"}"#, r#"{"ARN":"a","SecretBinary":"?"}"#] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }
}
