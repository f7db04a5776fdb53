//! What is asked: who wants to do what, to which resource, and what AWS knows about it.

use serde::Deserialize;

use crate::context::Context;
use crate::principal::Principal;

/// One authorization question.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `service:Operation`, such as `secretsmanager:GetSecretValue`.
    pub action: String,
    /// Who asks; tested only by statements that have a `Principal` or `NotPrincipal`.
    #[serde(default)]
    pub principal: Option<Principal>,
    /// An ARN; tested only by statements that have a `Resource` or `NotResource`. Without one only `*` matches.
    #[serde(default)]
    pub resource: Option<String>,
    /// Condition keys with their values.
    #[serde(default)]
    pub context: Context,
}
