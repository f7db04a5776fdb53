//! What is wrong with `kvstore.json`, and where.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// Where in it, as a JSON pointer; empty for the whole.
    /// <https://www.rfc-editor.org/rfc/rfc6901>
    pub pointer: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, pointer, line, message } = self;
        let place = if pointer.is_empty() { "" } else { " " };
        write!(f, "{file}:{line}{place}{pointer}: {message}")
    }
}
