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
mod tests {
    use super::*;

    /// A runner's reading: `ReadLine` of `FileCommandManager.cs`, with what is compiled in for Windows.
    fn read_line<'t>(text: &mut &'t str, windows: bool) -> Option<(&'t str, &'t str)> {
        if text.is_empty() {
            return None;
        }
        let Some((line, rest)) = text.split_once('\n') else { return Some((std::mem::take(text), "")) };
        *text = rest;
        Some(match line.strip_suffix('\r') {
            Some(line) if windows => (line, "\r\n"),
            _ => (line, "\n"),
        })
    }

    #[test]
    fn a_runner_of_either_kind_reads_back_every_end_of_a_value() {
        let ends = ["", "\r", "\n", "\r\n", "\n\r", "\r\r", "a\rb", "a\r\nb\r", "a\nb\r\n\r"];
        for (value, windows) in ends.iter().flat_map(|end| [(format!("x{end}"), false), (format!("x{end}"), true)]) {
            let commands = file_commands(&[("A", &value), ("B", "\r"), ("C", "")], windows).unwrap();
            let mut text = commands.secret();
            for expected in [("A", value.as_str()), ("B", "\r"), ("C", "")] {
                let (name, delimiter) = read_line(&mut text, windows).unwrap().0.split_once("<<").unwrap();
                let start = text;
                let mut length = 0;
                loop {
                    let (line, line_break) = read_line(&mut text, windows).expect("the delimiter is found");
                    if line == delimiter {
                        break;
                    }
                    length = start.len() - text.len() - line_break.len();
                }
                assert_eq!((name, start.get(..length).unwrap()), expected, "windows: {windows}, {value:?}");
            }
            assert_eq!(text, "");
        }
    }
}
