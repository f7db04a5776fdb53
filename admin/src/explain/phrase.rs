//! Conditions of policies in words.

use env_kvstore::text::printable::printable;
use serde_json::{Map, Value};

use crate::account::Document;

/// `a`, `a or b`, `a, b or c`; each safe to print.
pub(crate) fn listed(values: &[String]) -> String {
    let shown: Vec<_> = values.iter().map(|value| printable(value)).collect();
    match shown.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// A condition as a clause: `event_name is push or schedule`.
pub(crate) fn condition_of(operator: &str, key: &str, values: &[String]) -> String {
    let name = name_of(key);
    let (operator, optional) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, " or absent"),
        None => (operator, ""),
    };
    let (quantifier, operator) = match operator.split_once(':') {
        Some(("ForAllValues", operator)) => ("each of ", operator),
        Some(("ForAnyValue", operator)) => ("one of ", operator),
        _ => ("", operator),
    };
    let values_listed = listed(values);
    let is_negated = operator.contains("Not");
    let verb = match operator {
        "Null" => {
            let is_absent = values.first().is_some_and(|value| value.eq_ignore_ascii_case("true"));
            return format!("{name} is {}", if is_absent { "absent" } else { "there" });
        }
        _ if operator.contains("Like") => {
            if is_negated {
                "is not like"
            } else {
                "is like"
            }
        }
        _ if is_negated => "is not",
        "NumericLessThan" | "DateLessThan" => "is less than",
        "NumericLessThanEquals" | "DateLessThanEquals" => "is at most",
        "NumericGreaterThan" | "DateGreaterThan" => "is greater than",
        "NumericGreaterThanEquals" | "DateGreaterThanEquals" => "is at least",
        _ => "is",
    };
    // A negation holds also for a job that has nothing of the kind.
    let optional = if is_negated { " (or absent)" } else { optional };
    format!("{quantifier}{name} {verb} {values_listed}{optional}")
}

/// What a statement asks of a job, but for some keys, as clauses.
pub(crate) fn statement_takes(document: &Document, index: usize, but: &[&str]) -> Vec<String> {
    let is_asked = |key: &str| !but.iter().any(|other| other.eq_ignore_ascii_case(key)) && !is_of_course(key);
    let asked = conditions(document, index).into_iter().filter(|(_, key, _)| is_asked(key));
    asked.map(|(operator, key, values)| condition_of(&operator, &key, &values)).collect()
}

/// Whether a key is a tag of what is read.
pub(crate) fn is_resource_tag(key: &str) -> bool {
    let key = key.to_lowercase();
    key.starts_with("secretsmanager:resourcetag/") || key.starts_with("aws:resourcetag/")
}

/// Whatever job it is, these can be met.
fn is_of_course(key: &str) -> bool {
    let key = key.to_lowercase();
    key == "sts:rolesessionname" || key == "cognito-identity.amazonaws.com:aud"
}

/// The conditions of a statement as they are written.
pub(crate) fn conditions(document: &Document, index: usize) -> Vec<(String, String, Vec<String>)> {
    let Ok(Value::Object(document)) = serde_json::from_str(&document.text) else { return vec![] };
    let statement = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.get(index),
        one => one,
    };
    let blocks = statement.and_then(|statement| statement.get("Condition")).and_then(Value::as_object);
    let entries = |block: &Value| block.as_object().cloned().unwrap_or_else(Map::new);
    let blocks = blocks.into_iter().flatten();
    blocks
        .flat_map(|(operator, block)| {
            entries(block).into_iter().map(move |(key, values)| (operator.clone(), key, texts(values)))
        })
        .collect()
}

fn texts(value: Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.into_iter().flat_map(|value| value.as_str().map(str::to_owned)).collect(),
        Value::String(text) => vec![text],
        other => vec![other.to_string()],
    }
}

/// The claim or tag in a key; other keys as they are.
fn name_of(key: &str) -> String {
    let lowercase = key.to_lowercase();
    let is_of_session = ["aws:requesttag/", "aws:principaltag/"].iter().any(|prefix| lowercase.starts_with(prefix));
    match key.split_once('/') {
        Some((_, name)) if is_of_session => printable(name),
        _ if lowercase.contains("resourcetag/") => {
            format!("the store's tag {}", printable(key.split_once('/').map_or("", |(_, tag)| tag)))
        }
        _ => match key.strip_prefix("token.actions.githubusercontent.com:") {
            Some(claim) => printable(claim),
            None => printable(key),
        },
    }
}
