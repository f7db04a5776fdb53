//! Files that are made, not yet on disk.

use serde::Serialize;
use serde_json::Value;

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// Its path below the folder of generated files, with slashes.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// JSON as it is committed: two spaces, and a line break at its end.
pub(crate) fn json_text(value: &Value) -> String {
    // Writing to memory cannot fail.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Text of others as code, in which Markdown means nothing. None of these texts may hold a backtick or a bar: they are checked.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", text.replace(['`', '|'], "?"))
}
