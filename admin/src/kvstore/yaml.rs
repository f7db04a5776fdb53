//! YAML as people write it, with comments, in which text of others stays text.
//!
//! No library that writes YAML writes comments, and a pinned action needs one. The structure is therefore literal, and whatever
//! comes from `kvstore.json` goes through [`scalar`] or [`inert`].

use env_kvstore::text::printable::printable;

/// A scalar that every parser of YAML 1.1 and 1.2 reads as this string: as it is where nothing in it can mean anything else, or
/// else as JSON in ASCII, which is a double-quoted scalar of YAML.
///
/// It says nothing of expressions: see [`inert`].
pub(crate) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Text for a comment or a name: on one line, without what a terminal or an editor obeys, and without the start of an expression.
pub(crate) fn inert(text: &str) -> String {
    printable(text).replace("${{", "$ {{")
}

/// Words that YAML 1.1 reads as a boolean or as null.
const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan"];

fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends_plainly =
        bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.last().is_some_and(u8::is_ascii_alphanumeric);
    // A colon means something only before a space.
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" _.:/+@=,-".contains(byte);
    ends_plainly
        && bytes.iter().all(plain)
        && !text.contains(": ")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    // A string can always be JSON.
    let json = serde_json::to_string(text).unwrap_or_default();
    json.chars()
        .map(|character| match u32::from(character) {
            // JSON leaves DEL as it is; in YAML 1.1 it cannot be printed.
            0x7f => "\\x7f".to_owned(),
            code if code > 0xffff => format!("\\U{code:08x}"),
            code if code > 0x7f => format!("\\u{code:04x}"),
            _ => character.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_else_can_be_meant_by_stays_as_it_is() {
        for text in
            ["production", "refs/heads/main", "arn:aws:iam::123456789012:role/r", "us-west-2:ab-1", "Values of a - b"]
        {
            assert_eq!(scalar(text), text);
        }
    }

    #[test]
    fn whatever_could_mean_something_is_quoted_in_ascii() {
        let cases = [
            ("", r#""""#),
            ("Yes", r#""Yes""#),
            ("1.10", r#""1.10""#),
            ("*,secret", r#""*,secret""#),
            ("a: b", r#""a: b""#),
            ("a #b", r#""a #b""#),
            ("a:", r#""a:""#),
            ("a\nb: c", r#""a\nb: c""#),
            ("\"; rm -rf ~", r#""\"; rm -rf ~""#),
            ("a\u{2028}b\u{85}\u{7f}", r#""a\u2028b\u0085\x7f""#),
            ("straße🔑", r#""stra\u00dfe\U0001f511""#),
        ];
        for (text, expected) in cases {
            assert_eq!(scalar(text), expected);
        }
    }

    #[test]
    fn a_comment_has_one_line_and_text_for_people_has_no_expression() {
        assert_eq!(inert("a\r\nb\u{2028}c"), "a\\u{d}\\u{a}b\\u{2028}c");
        assert_eq!(inert("${{ github.token }}"), "$ {{ github.token }}");
        assert!(!inert("$${{{ x").contains("${{"));
    }
}
