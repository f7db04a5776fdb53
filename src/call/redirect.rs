//! What becomes of an answer that sends a request elsewhere.

use crate::error::refusal::Diagnosis;

/// What becomes of an answer that sends a request elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// The service has no reason to send one: something else answered.
    Unexpected,
    /// The same request goes to this URL, credentials and all.
    To(String),
    /// It goes nowhere.
    Refused(Diagnosis),
}
