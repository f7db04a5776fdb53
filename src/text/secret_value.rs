//! What a secret holds.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::text::printable::printable;
use crate::text::secret::Secret;

/// What a secret holds.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue {
    arn: String,
    version_id: String,
    content: Content,
}

/// What a secret holds, as its service hands it over.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// As it is.
    Text(Secret),
    /// In Base64.
    Binary(Secret),
    /// Items with commas between them.
    List(Secret),
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretValue({}, version {})", self.arn, self.version_id)
    }
}

impl SecretValue {
    /// A version of the secret with this ARN, or another name that is its alone.
    pub fn new(arn: &str, version_id: &str, content: Content) -> Self {
        Self { arn: printable(arn), version_id: printable(version_id), content }
    }

    /// The secret's ARN, safe to print.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The version, safe to print.
    pub fn version_id(&self) -> &str {
        &self.version_id
    }

    /// The text, or the bytes in Base64.
    pub fn whole(&self) -> &Secret {
        match &self.content {
            Content::Text(text) | Content::List(text) => text,
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
            Content::Text(text) | Content::List(text) => text.clone(),
            Content::Binary(base64) => {
                let bytes = STANDARD.decode(base64.secret()).unwrap_or_default();
                Secret::new(String::from_utf8(bytes).unwrap_or_default())
            }
        }
    }

    /// Another text that shows what it holds: that which bytes are, or a list with an item a line.
    pub(crate) fn also(&self) -> Option<Secret> {
        match &self.content {
            Content::Text(_) => None,
            Content::Binary(_) => Some(self.text()).filter(|text| !text.secret().is_empty()),
            Content::List(items) => Some(Secret::new(items.secret().replace(',', "\n"))),
        }
    }

    #[cfg(test)]
    pub(crate) fn of_text(version_id: &str, text: &str) -> Self {
        Self::new("arn", version_id, Content::Text(Secret::new(text)))
    }
}
