//! The type of every value that must not be printed.

use std::fmt;

use serde::Deserialize;

/// A token, key or value: text that no log, error or `Debug` output may show.
///
/// It has no `Display` and no `Serialize`; the one way to the text is [`Secret::secret`], which is easy to find in review.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Each caller answers for where it goes.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests;
