//! Text of others (claims, AWS messages, inputs) made safe for a log that the runner reads as commands.

use std::fmt::Write;

use crate::text::secret::Secret;

/// Longest text of others that is shown, in characters: an annotation holds 4096, and an error shows a few of these.
const MAX_CHARACTERS: usize = 600;

/// `text` on one line, without control and direction characters, without `##[` (the runner's old command syntax, found
/// anywhere in a line), cut at 600 characters.
///
/// A workflow's name or a branch is chosen by whoever opens a pull request: without this, a line break in it followed by
/// `::add-mask::` or `::stop-commands::` would be obeyed by the runner.
pub fn printable(text: &str) -> String {
    let mut shown = String::new();
    if text.trim_start().starts_with("::") {
        shown.push('\\');
    }
    for (count, character) in text.chars().enumerate() {
        if count == MAX_CHARACTERS {
            shown.push('…');
            break;
        }
        if character == '[' && shown.ends_with("##") {
            shown.push(' ');
        }
        if is_printable(character) {
            shown.push(character);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        }
    }
    shown
}

/// A service's message without what was sent to it: AWS quotes the canonical request, session token and all, in
/// `InvalidSignatureException`, and a hostile endpoint may echo anything, in whole or in part, URL-encoded or not.
pub fn without_secrets(message: &str, sent: &[Secret]) -> String {
    let first_line: String = message.lines().next().unwrap_or_default().chars().take(2 * MAX_CHARACTERS).collect();
    let decoded = percent_encoding::percent_decode_str(&first_line).decode_utf8_lossy();
    if sent.iter().any(|secret| shares_a_run(&first_line, secret) || shares_a_run(&decoded, secret)) {
        return "(message left out: it repeats a credential)".to_owned();
    }
    if first_line.contains("eyJ") {
        return "(message left out: it holds what looks like a token)".to_owned();
    }
    printable(&first_line)
}

/// Whether the text has a run of 12 bytes of the secret: too many to be ordinary words by chance.
///
/// The text is short and the secret may be long (a token): the runs of the first are sorted, and each of the second is looked
/// up, because to compare each with each takes a second of wasm.
fn shares_a_run(text: &str, secret: &Secret) -> bool {
    const RUN: usize = 12;
    let mut runs: Vec<_> = text.as_bytes().windows(RUN).collect();
    runs.sort_unstable();
    secret.secret().as_bytes().windows(RUN).any(|run| runs.binary_search(&run).is_ok())
}

fn is_printable(character: char) -> bool {
    let directs =
        matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    // What `Spelling` takes for the quotation marks of our own names.
    let marks = matches!(character, '‹' | '›');
    !character.is_control() && !directs && !marks
}

#[cfg(test)]
mod tests;
