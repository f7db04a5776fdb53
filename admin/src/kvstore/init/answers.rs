//! What somebody has answered, at a terminal or in a file.

use std::collections::BTreeMap;

use env_kvstore::text::printable::printable;
use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;

use crate::kvstore::problem::Problem;
use crate::kvstore::reader::{Lines, Text, parse};

/// Answers by their keys.
#[derive(Debug, Default)]
pub struct Answers {
    given: BTreeMap<String, Given>,
    /// None if they come from a terminal.
    file: Option<String>,
}

#[derive(Debug)]
struct Given {
    text: String,
    line: usize,
}

impl Answers {
    /// Those that a terminal has so far. What is pasted often has white space around it.
    pub fn at_terminal(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let given =
            pairs.into_iter().map(|(key, text)| (key, Given { text: text.trim().to_owned(), line: 1 })).collect();
        Self { given, file: None }
    }

    /// A JSON object of strings and of lists of strings.
    pub fn read(file: &Text) -> Result<Self, Vec<Problem>> {
        let source = file.text.trim_start_matches('\u{feff}');
        let lines = Lines::of(source);
        let problem = |key: &str, line, message: &str| Problem {
            file: file.name.clone(),
            pointer: pointer(key),
            line,
            message: message.to_owned(),
        };
        let document = parse(&file.name, source).map_err(|problem| vec![problem])?;
        let Value::Object(object) = document else {
            return Err(vec![Problem { pointer: String::new(), ..problem("", 1, "must be an object") }]);
        };
        let (mut given, mut problems) = (BTreeMap::new(), Vec::new());
        for property in &object.properties {
            let key = property.name.as_str();
            let line = lines.line(property.value.range().start);
            let Some(text) = text_of(&property.value) else {
                problems.push(problem(key, line, "must be a string, or a list of strings without commas"));
                continue;
            };
            if given.insert(key.to_owned(), Given { text, line }).is_some() {
                problems.push(problem(key, line, "is there twice"));
            }
        }
        if problems.is_empty() { Ok(Self { given, file: Some(file.name.clone()) }) } else { Err(problems) }
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.given.get(key).map(|given| given.text.as_str())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.given.keys().map(String::as_str)
    }

    /// Whether nobody can be asked.
    pub(crate) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// What is wrong with the answer to a key, or with its absence.
    pub(crate) fn problem(&self, key: &str, message: String) -> Problem {
        let line = self.given.get(key).map_or(1, |given| given.line);
        Problem { file: self.file.clone().unwrap_or_default(), pointer: pointer(key), line, message }
    }
}

fn pointer(key: &str) -> String {
    format!("/{}", printable(key).replace('~', "~0").replace('/', "~1"))
}

/// A list as it is typed at a terminal.
fn text_of(value: &Value<'_>) -> Option<String> {
    match value {
        Value::StringLit(text) => Some(text.value.to_string()),
        Value::Array(array) => {
            let texts = array.elements.iter().map(|element| match element {
                Value::StringLit(text) if !text.value.contains(',') => Some(text.value.to_string()),
                _ => None,
            });
            Some(texts.collect::<Option<Vec<_>>>()?.join(", "))
        }
        _ => None,
    }
}
