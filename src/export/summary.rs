//! The job's summary: Markdown without values.

use std::fmt::Write;

use crate::error::Error;
use crate::export::{Export, ExportCredentials};
use crate::lines::values::Kind;
use crate::migration::Migrated;
use crate::stores::resolve::Value;
use crate::text::printable::printable;

/// GitHub drops a step's summary of more than 1 MiB, and other programs of the step may write to it too.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits>
const MAX_SUMMARY_BYTES: usize = 1_000_000;

/// Of a failure. Five bytes a character at most, when all are `&`.
const MAX_FAILURE_CHARACTERS: usize = 100_000;

impl Export<'_> {
    pub(crate) fn summary(&self) -> String {
        let mut summary = String::new();
        if let (Some(session), false) = (&self.outcome.session, self.credentials().is_empty()) {
            let until = session.expiration.as_deref().unwrap_or("their end");
            let to = match &self.options.credentials {
                ExportCredentials::Profile(name) => format!("profile {}", code_span(name.as_str())),
                _ => "the environment".to_owned(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(summary, "Credentials of {} until {until}, in {to}.\n", code_span(&session.arn));
        }
        if self.outcome.vault_token.is_some() {
            summary.push_str("Vault's token, in `VAULT_TOKEN` of the environment.\n\n");
        }
        if !self.outcome.migrated.is_empty() {
            summary.push_str("### Migrated from GitHub\n\n| name | type | to | result |\n|---|---|---|---|\n");
            add_rows(&mut summary, self.outcome.migrated.iter().map(migrated_row).collect(), "names");
        }
        if self.outcome.values.is_empty() {
            return summary;
        }
        let _ = writeln!(summary, "### Values from {}\n", self.source);
        summary.push_str("| variable | type | from | version | masked |\n|---|---|---|---|---|\n");
        add_rows(&mut summary, self.outcome.values.iter().map(summary_row).collect(), "values");
        summary
    }
}

/// As many rows as there is room for.
fn add_rows(summary: &mut String, rows: Vec<String>, of_what: &str) {
    let mut left_out = rows.len();
    for row in &rows {
        if summary.len() + row.len() > MAX_SUMMARY_BYTES {
            break;
        }
        summary.push_str(row);
        left_out -= 1;
    }
    summary.push('\n');
    if left_out > 0 {
        let _ = writeln!(summary, "{left_out} more {of_what} are not listed: a step's summary is limited to 1 MiB.\n");
    }
}

fn migrated_row(migrated: &Migrated) -> String {
    let Migrated { key, kind, to, result } = migrated;
    let to = code_span(to);
    format!("| {} | {} | {to} | {} |\n", code_span(key), kind.name(), html_escaped(&result.told()))
}

/// A row of the summary's table.
fn summary_row(value: &Value) -> String {
    let masked = match value.kind {
        Kind::Secret if value.text.secret().trim().is_empty() => "no (empty)",
        Kind::Secret => "yes",
        Kind::Variable => "no",
    };
    format!(
        "| {} | {} | {}: {} | {} | {masked} |\n",
        code_span(value.name.as_str()),
        value.kind.name(),
        value.level.name(),
        code_span(&value.secret_name),
        code_span(&value.version_id),
    )
}

/// Text of others as code, in which Markdown and HTML mean nothing and GitHub makes no links of names, numbers and addresses.
/// What could end the code or a table's cell is shown as `?`: a code span knows no escapes. Whoever may write a secret
/// chooses the ids of its versions.
fn code_span(text: &str) -> String {
    let inert = |c: char| if matches!(c, '`' | '|' | '\\') || c.is_control() { '?' } else { c };
    // Empty code is no code, and one space is dropped from both ends of it.
    let shown: String = printable(text).trim().chars().map(inert).collect();
    if shown.is_empty() { String::new() } else { format!("`{shown}`") }
}

/// What failed and what to do, for `GITHUB_STEP_SUMMARY`; nothing for wrong inputs, which are told before anything is done.
pub fn failure_summary(error: &Error) -> String {
    if let Error::InvalidInput(_) = error {
        return String::new();
    }
    let told = format!("{error}\n\n{}", error.hint());
    let shown: String = told.chars().take(MAX_FAILURE_CHARACTERS).collect();
    let rest = if shown.len() < told.len() { "\n…\n(The rest is in the log.)" } else { "" };
    format!("### Values\n\nNo value was exported: `{}`\n\n<pre>{}{rest}</pre>\n\n", error.code(), html_escaped(&shown),)
}

fn html_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
