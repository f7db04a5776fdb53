//! The crate's interface for other languages: one JSON text in, one out.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::document::{Malformed, Policy};
use crate::evaluation::evaluate;
use crate::request::Request;

/// Evaluates `{"policies": [{"name", "document"}], "request": {"action", "principal", "resource", "context"}}` to the JSON
/// of an [`Evaluation`](crate::Evaluation).
pub fn evaluate_json(json: &str) -> Result<String, JsonError> {
    let question: Question = serde_json::from_str(json).map_err(JsonError::Question)?;
    let policies = question
        .policies
        .iter()
        .map(|policy| Policy::parse(&policy.name, policy.document.get()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(JsonError::Malformed)?;
    serde_json::to_string(&evaluate(&policies, &question.request)).map_err(JsonError::Answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    policies: Vec<NamedDocument>,
    request: Request,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedDocument {
    name: String,
    /// Stays text, so that the document's own errors name the policy.
    document: Box<RawValue>,
}

/// Why [`evaluate_json`] gives no answer.
#[derive(Debug)]
pub enum JsonError {
    /// The text is not of the form that is asked for.
    Question(serde_json::Error),
    /// AWS would not take one of the policies.
    Malformed(Malformed),
    /// The answer has no JSON.
    Answer(serde_json::Error),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Question(error) => write!(f, "this cannot be evaluated: {error}"),
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Answer(error) => write!(f, "the answer cannot be written: {error}"),
        }
    }
}

impl std::error::Error for JsonError {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn question(document: Value) -> String {
        let request = json!({
            "action": "sts:AssumeRoleWithWebIdentity",
            "principal": {"Federated": "cognito-identity.amazonaws.com"},
            "resource": null,
            "context": {"aws:RequestTag/enterprise": ["mallory"]},
        });
        json!({"policies": [{"name": "trust", "document": document}], "request": request}).to_string()
    }

    #[test]
    fn answer_has_the_documented_form() {
        let document = json!({"Version": "2012-10-17", "Statement": {
            "Sid": "Jobs",
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"aws:RequestTag/enterprise": "octo"}},
        }});
        let answer: Value = serde_json::from_str(&evaluate_json(&question(document)).unwrap()).unwrap();
        assert_eq!(
            answer,
            json!({
                "decision": "implicit-deny",
                "decidedBy": null,
                "statements": [{
                    "policy": "trust",
                    "index": 0,
                    "sid": "Jobs",
                    "effect": "Allow",
                    "matches": false,
                    "mismatches": [{
                        "element": "Condition",
                        "operator": "StringEquals",
                        "key": "aws:RequestTag/enterprise",
                        "expected": ["octo"],
                        "actual": ["mallory"],
                        "reason": "`aws:RequestTag/enterprise` has no value that `StringEquals` expects",
                    }],
                }],
                "nearest": 0,
            })
        );
    }

    #[test]
    fn malformed_document_is_an_error_with_its_place() {
        let error = evaluate_json(&question(json!({"Statement": [{"Effect": "Allow", "Action": 1}]})));
        let message = error.unwrap_err().to_string();
        assert!(message.starts_with("MalformedPolicyDocument: trust, statement 0, Action: "), "{message}");
    }

    #[test]
    fn question_of_another_form_is_an_error() {
        for json in ["", "{}", r#"{"policies":[],"request":{"action":"a:b","who":"x"}}"#] {
            assert!(matches!(evaluate_json(json), Err(JsonError::Question(_))), "{json}");
        }
    }
}
