//! Questions of `explain` about the first use case, whatever the rules.

use env_kvstore_admin::explain::{Answer, Explanation, Gate, GateResult};

/// A job that the file lets in.
pub const MAIN: [&str; 3] = ["repository=octo-org/app", "environment=production", "ref=refs/heads/main"];

/// The same job with other claims.
pub fn with(pairs: &[&str]) -> Vec<String> {
    MAIN.iter().chain(pairs).map(|pair| (*pair).to_owned()).collect()
}

/// The gate that stops a job.
pub fn stopped(explanation: &Explanation) -> &Gate {
    assert_eq!(explanation.answer, Answer::Deny);
    explanation.gates.iter().find(|gate| gate.result == GateResult::Failed).unwrap()
}
