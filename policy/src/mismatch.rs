//! Why a statement does not match.

use std::fmt;

use serde::Serialize;

use crate::difference::Difference;

/// An element of a statement, or one condition of it, that does not match the request.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The element, or for one of its conditions `Condition`.
    pub element: Element,
    /// Of a condition, as written.
    pub operator: Option<String>,
    /// Of a condition, as written.
    pub key: Option<String>,
    /// What the statement asks for; variables are replaced as far as the request has them.
    pub expected: Vec<String>,
    /// What the request has; nothing if it has nothing of the kind.
    pub actual: Option<Vec<String>>,
    /// Of a resource that no pattern matches: where it and each pattern part, the pattern first that matches the most of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// One line for people, without a full stop.
    pub reason: String,
}

/// An element or its negation: `NotAction` is `Action`.
#[allow(missing_docs, reason = "the names are AWS's")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Element {
    Principal,
    Action,
    Resource,
    Condition,
}

/// As policies write it.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Principal => "Principal",
            Self::Action => "Action",
            Self::Resource => "Resource",
            Self::Condition => "Condition",
        })
    }
}
