//! The runner's files: `GITHUB_ENV` and `GITHUB_OUTPUT`.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files>

use std::fmt::Write;

use crate::error::Error;
use crate::text::hex::push_hex;
use crate::text::secret::Secret;

/// `NAME<<DELIMITER`, value, `DELIMITER` for each pair.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings>
///
/// A runner for Windows takes CR LF for one line break, so that a CR at the end of a value would go with an LF after it.
/// <https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs>
pub(crate) fn file_commands(pairs: &[(&str, &str)], windows: bool) -> Result<Secret, Error> {
    let line_break = if windows { "\r\n" } else { "\n" };
    let mut text = String::new();
    for ((name, value), delimiter) in pairs.iter().zip(delimiters(pairs.len())?) {
        if value.contains(&delimiter) {
            return Err(Error::Internal("a random delimiter occurs in a value"));
        }
        let _ = write!(text, "{name}<<{delimiter}{line_break}{value}{line_break}{delimiter}{line_break}");
    }
    Ok(Secret::new(text))
}

const DELIMITER_BYTES: usize = 16;

/// Unknown to whoever wrote the values, so that no value can end itself and set another variable.
fn delimiters(count: usize) -> Result<Vec<String>, Error> {
    let mut bytes = vec![0_u8; DELIMITER_BYTES * count];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal("the host gives no random bytes"))?;
    let delimiter = |bytes: &[u8]| {
        let mut text = String::from("ghadelimiter_");
        bytes.iter().for_each(|byte| push_hex(&mut text, *byte, false));
        text
    };
    Ok(bytes.chunks(DELIMITER_BYTES).map(delimiter).collect())
}

#[cfg(test)]
mod tests;
