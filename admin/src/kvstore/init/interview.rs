//! Asks: of what has been answered so far, which question comes next, and what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use env_kvstore::text::nearest::nearest;
use env_kvstore::text::printable::printable;
use serde::Serialize;

use crate::kvstore::init::answers::Answers;
use crate::kvstore::problem::Problem;
use crate::kvstore::set_up::SetUp;

/// A question to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// By which the answer is known in a file.
    pub key: String,
    /// What is asked.
    pub message: String,
    /// How to find the answer, a line each.
    pub explain: Vec<String>,
    /// What is taken for no answer.
    pub default: Option<String>,
    /// All answers that there are; none if it is a text.
    pub choices: Vec<Choice>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The answer.
    pub value: String,
    /// What the terminal shows.
    pub name: String,
}

impl Question {
    pub(crate) fn text(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into(), explain: vec![], default: None, choices: vec![] }
    }

    pub(crate) fn choice(key: &str, message: &str, choices: &[(&str, &str)]) -> Self {
        let choice = |(value, name): &(&str, &str)| Choice { value: (*value).to_owned(), name: (*name).to_owned() };
        Self { choices: choices.iter().map(choice).collect(), ..Self::text(key, message) }
    }

    pub(crate) fn explain(mut self, line: impl Into<String>) -> Self {
        self.explain.push(line.into());
        self
    }

    pub(crate) fn default(mut self, answer: impl Into<String>) -> Self {
        self.default = Some(answer.into());
        self
    }
}

/// What is in a file already.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) set_up: Option<SetUp>,
    /// The names of bindings.
    pub(crate) names: BTreeSet<String>,
}

impl Known {
    pub(crate) fn repositories(&self) -> BTreeMap<String, String> {
        self.set_up.as_ref().map(|set_up| set_up.repositories.clone()).unwrap_or_default()
    }

    /// The binding that reads a store already, if there is one.
    pub(crate) fn reader_of(&self, store: &str) -> Option<&str> {
        let grants = self.set_up.iter().flat_map(|set_up| set_up.roles.iter().flat_map(|role| &role.grants));
        let mut readers = grants.filter(|grant| grant.stores.iter().any(|name| name == store));
        readers.next().map(|grant| grant.binding.as_str())
    }
}

/// Questions and their answers, in one pass.
pub(crate) struct Interview<'a> {
    answers: &'a Answers,
    pub(crate) known: &'a Known,
    asked: BTreeSet<String>,
    open: Vec<Question>,
    problems: Vec<Problem>,
    /// Whether all questions are known: others may follow from a choice.
    is_complete: bool,
}

impl<'a> Interview<'a> {
    pub(crate) fn new(answers: &'a Answers, known: &'a Known) -> Self {
        Self { answers, known, asked: BTreeSet::new(), open: vec![], problems: vec![], is_complete: true }
    }

    /// The answer, if there is one and nothing is wrong with it. A file may leave out what has a default.
    pub(crate) fn ask<T>(&mut self, question: Question, check: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.asked.insert(question.key.clone());
        let by_default = || question.default.as_deref().filter(|_| self.answers.is_file());
        let Some(text) = self.answers.text(&question.key).or_else(by_default) else {
            self.is_complete &= question.choices.is_empty();
            self.open.push(question);
            return None;
        };
        let is_one = question.choices.is_empty() || question.choices.iter().any(|choice| choice.value == text);
        match if is_one { check(text) } else { Err(format!("must be {}", one_of(&question.choices))) } {
            Ok(answer) => Some(answer),
            Err(message) => {
                self.is_complete &= question.choices.is_empty();
                self.problem(&question.key, message);
                None
            }
        }
    }

    /// What is in the file is not asked. An answer to it is taken if it is the same.
    pub(crate) fn settled(&mut self, key: &str, value: &str) {
        self.asked.insert(key.to_owned());
        if self.answers.text(key).is_some_and(|text| text != value) {
            self.problem(key, format!("is already `{}`", printable(value)));
        }
    }

    fn problem(&mut self, key: &str, message: String) {
        self.problems.push(self.answers.problem(key, message));
    }

    /// What comes next, or what is wrong. At a terminal one question is asked at a time; of a file everything is said at once.
    pub(crate) fn end(mut self) -> Result<Option<Question>, Vec<Problem>> {
        let missing: Vec<_> = if self.answers.is_file() { std::mem::take(&mut self.open) } else { vec![] };
        let unknown = self.answers.keys().filter(|key| self.is_complete && !self.asked.contains(*key));
        for key in unknown {
            let near = nearest(key, self.asked.iter().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
            let message = format!("nothing asks for `{}` here.{near}", printable(key));
            self.problems.push(self.answers.problem(key, message));
        }
        for question in missing {
            let wanted = if question.choices.is_empty() { question.message.clone() } else { one_of(&question.choices) };
            let explained: String = question.explain.iter().map(|line| format!(". {line}")).collect();
            let message = format!("`{}` is missing: {wanted}{explained}", question.key);
            self.problems.push(Problem { pointer: String::new(), ..self.answers.problem(&question.key, message) });
        }
        match self.problems {
            problems if problems.is_empty() => Ok(self.open.into_iter().next()),
            problems => Err(problems),
        }
    }
}

fn one_of(choices: &[Choice]) -> String {
    let values: Vec<_> = choices.iter().map(|choice| choice.value.as_str()).collect();
    match values.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
