//! A service's refusal, safe to print.

use std::fmt;

use crate::host::http::Response;
use crate::text::printable::{printable, without_secrets};
use crate::text::secret::Secret;

/// A service's no. All texts are safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status; 0 where it is not known.
    pub status: u16,
    /// AWS's error code, as in `AccessDeniedException`; empty if the body had none.
    pub code: String,
    /// AWS's words.
    pub message: String,
    /// For AWS support.
    pub request_id: Option<String>,
}

impl Answer {
    /// Puts an answer together from its untrusted parts.
    pub fn new(response: &Response, code: &str, message: &str, request_id: Option<&str>, sent: &[Secret]) -> Self {
        let plain =
            |code: &str| code.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && code.len() <= 80;
        Self {
            status: response.status,
            // A code is a word; what is none is no code.
            code: if plain(code) { without_secrets(code, sent) } else { String::new() },
            message: without_secrets(message, sent),
            request_id: request_id.map(|id| without_secrets(&id.chars().take(64).collect::<String>(), sent)),
        }
    }
}

impl Answer {
    /// One that was not read to its end.
    pub(crate) fn too_large() -> Self {
        let message = "the answer is too large".to_owned();
        Self { status: 0, code: String::new(), message, request_id: None }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.code.as_str()) {
            (0, _) => return f.write_str(&self.message),
            // One of several that a successful call answers.
            (200, code) if !code.is_empty() => f.write_str(code)?,
            (status, "") => write!(f, "HTTP {status}")?,
            (status, code) => write!(f, "HTTP {status} {code}")?,
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request id {})", printable(id)),
            None => Ok(()),
        }
    }
}
