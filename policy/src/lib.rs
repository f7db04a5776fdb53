//! Evaluates AWS IAM policy documents as AWS does, and says which statement and which condition decided.
//!
//! ```
//! use env_kvstore_policy::{Context, Decision, Policy, Request, evaluate};
//!
//! let policy = Policy::parse(
//!     "stores of this repository",
//!     r#"{
//!         "Version": "2012-10-17",
//!         "Statement": {
//!             "Effect": "Allow",
//!             "Action": "secretsmanager:GetSecretValue",
//!             "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/repository}/*"
//!         }
//!     }"#,
//! )?;
//! let request = Request {
//!     action: "secretsmanager:GetSecretValue".to_owned(),
//!     principal: None,
//!     resource: Some("arn:aws:secretsmanager:us-west-2:123456789012:secret:octo/app/x".to_owned()),
//!     context: Context::default(),
//! };
//! let evaluation = evaluate(&[policy], &request);
//! assert_eq!(evaluation.decision, Decision::ImplicitDeny);
//! for mismatch in evaluation.statements.iter().flat_map(|statement| &statement.mismatches) {
//!     println!("{}", mismatch.reason); // `${aws:PrincipalTag/repository}` cannot be resolved: ...
//! }
//! # Ok::<(), env_kvstore_policy::Malformed>(())
//! ```
//!
//! What AWS leaves open is decided so that a statement matches less: a key with several values needs `ForAllValues:` or
//! `ForAnyValue:`, a value that an operator cannot read fails also when the operator is negated, and a wildcard never
//! reaches over the first five colons of an ARN. `BinaryEquals` is not known. Permissions boundaries, session policies
//! and the rules between accounts are not here: a caller evaluates each kind of policy by itself.
//!
//! | module | what it is |
//! |---|---|
//! | `json` | a question and its answer as JSON |
//! | `residual`, `cases` | partial evaluation: what is left of policies when not every key is known |
//! | `written` | statements and conditions as their author wrote them |
//! | `formula`, `split`, `constraint`, `relation`, `source` | what is left of a condition or a resource, and where it comes from |
//! | `evaluation`, `mismatch`, `difference` | the decision, and why each statement does not match |
//! | `document` | policy documents, or why AWS would refuse them |
//! | `condition`, `operand` | operators, and the values they compare |
//! | `principal`, `arn`, `pattern` | how names match: who, what, variables and wildcards |
//! | `request`, `context` | what is asked, and the keys that answer conditions |

mod arn;
mod cases;
mod condition;
mod constraint;
mod context;
mod difference;
mod document;
mod evaluation;
mod formula;
mod json;
mod mismatch;
mod operand;
mod pattern;
mod principal;
mod relation;
mod request;
mod residual;
mod source;
mod split;
#[cfg(target_arch = "wasm32")]
mod wasm;
mod written;

pub use cases::Case;
pub use constraint::{Constraint, Matcher, Quantified, Values};
pub use context::{Context, DuplicateKey, PartialContext};
pub use difference::Difference;
pub use document::{Effect, Malformed, Policy};
pub use evaluation::{Decision, Evaluation, StatementId, StatementResult, allows, evaluate};
pub use json::{JsonError, evaluate_json};
pub use mismatch::{Element, Mismatch};
pub use principal::Principal;
pub use relation::Relation;
pub use request::Request;
pub use residual::{Approximation, MAX_CASES, PartialRequest, Residual, residual, residual_within};
pub use source::Source;
pub use written::{Written, WrittenCondition};
