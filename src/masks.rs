//! What the runner is told to mask for a secret, so that no form of it that a later step prints is readable.
//!
//! The runner masks each line of what it is given and adds encodings of its own (padded Base64 at three offsets, JSON,
//! URI, XML), but it masks a `{` as readily as a key: so a multi-line secret is never given whole.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log>

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::value::RawValue;

use crate::json::Object;
use crate::secret::Secret;

/// Shorter encodings are left to the runner's own: they would mask ordinary words.
const MIN_ENCODED_LENGTH: usize = 8;
/// Larger secrets get no masks for Base64 that is wrapped into lines: there would be thousands.
const MAX_WRAPPED_BYTES: usize = 16 * 1024;

/// The masks for all secrets together, none twice. White space alone cannot be masked and has none.
pub fn masks<'a>(secrets: impl IntoIterator<Item = &'a Secret>, min_mask_length: usize) -> Vec<Secret> {
    let mut masks = Masks::default();
    for secret in secrets {
        let text = secret.secret();
        if text.trim().is_empty() {
            continue;
        }
        if text.contains(['\r', '\n']) {
            masks.add_lines(text, min_mask_length);
            // As one line the whole is printed by `toJSON(env)`, by URL encoders and by Base64.
            masks.add(json_escaped(text));
            masks.add(uri_escaped(text, ""));
            masks.add(STANDARD.encode(text));
        } else {
            // The runner adds the three forms above by itself.
            masks.add(text);
        }
        masks.add_encodings(text);
        // What `jq -r .password` prints of it.
        for part in strings_in(text) {
            masks.add_lines(&part, min_mask_length);
            if part.chars().count() >= min_mask_length {
                masks.add_encodings(&part);
            }
        }
    }
    masks.list
}

/// The strings in a JSON object or list, without the names of keys; none in other text.
fn strings_in(json: &str) -> Vec<String> {
    let object = Object::parse(json.as_bytes());
    let members: Vec<Box<RawValue>> = match &object {
        Some(_) => Vec::new(),
        None => serde_json::from_str(json).unwrap_or_default(),
    };
    let of_object = object.iter().flat_map(|object| object.names().filter_map(|name| object.json(name)));
    let of_list = members.iter().map(|member| member.get());
    let mut strings = Vec::new();
    for member in of_object.chain(of_list) {
        match member.starts_with('"') {
            true => strings.extend(serde_json::from_str::<String>(member)),
            false => strings.extend(strings_in(member)),
        }
    }
    strings
}

/// Whether a secret is so short that its mask will hit ordinary text of the log.
pub fn is_short(secret: &Secret, min_mask_length: usize) -> bool {
    secret.secret().trim().chars().count() < min_mask_length
}

#[derive(Default)]
struct Masks {
    list: Vec<Secret>,
    seen: BTreeSet<String>,
}

impl Masks {
    fn add(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.trim().is_empty() && !self.seen.contains(&text) {
            self.seen.insert(text.clone());
            self.list.push(Secret::new(text));
        }
    }

    fn add_lines(&mut self, text: &str, min_mask_length: usize) {
        let lines = text.split(['\r', '\n']).map(str::trim);
        lines.filter(|line| line.chars().count() >= min_mask_length).for_each(|line| self.add(line));
    }

    /// What the runner does not think of. Most of these are the secret itself, unless it has characters to be escaped.
    fn add_encodings(&mut self, text: &str) {
        let json = json_escaped(text);
        self.add(html_safe(&json));
        self.add(ascii(&json));
        // JavaScript's encodeURIComponent, Python's quote, and HTML forms.
        self.add(uri_escaped(text, "!'()*"));
        self.add(uri_escaped(text, "/"));
        self.add(uri_escaped(text, "*").replace("%20", "+").replace('~', "%7E"));
        self.add_base64(text.as_bytes());
        self.add_wrapped_base64(text.as_bytes());
    }

    /// Base64 of the bytes wherever they begin in what is encoded, without what the neighbours share in: so that it is
    /// found with a suffix, without padding, and in the URL-safe alphabet.
    fn add_base64(&mut self, bytes: &[u8]) {
        for offset in 0..3 {
            let rest = bytes.get(offset..).unwrap_or_default();
            self.add_encoded(STANDARD_NO_PAD.encode(whole_groups(rest)));
        }
    }

    /// Line by line, as `base64` (76 characters) and `openssl base64` (64) print it.
    fn add_wrapped_base64(&mut self, bytes: &[u8]) {
        if bytes.len() > MAX_WRAPPED_BYTES {
            return;
        }
        for line_bytes in [57, 48] {
            if bytes.len() > line_bytes {
                let lines = bytes.chunks(line_bytes);
                let last = lines.clone().next_back().unwrap_or_default();
                lines.for_each(|line| self.add_encoded(STANDARD_NO_PAD.encode(whole_groups(line))));
                // The rest of the last line, with and without the line break that `echo` puts after it.
                self.add_encoded(STANDARD.encode(last));
                self.add_encoded(STANDARD.encode([last, b"\n"].concat()));
            }
        }
    }

    fn add_encoded(&mut self, encoded: String) {
        if encoded.len() >= MIN_ENCODED_LENGTH {
            self.add(encoded.replace('+', "-").replace('/', "_"));
            self.add(encoded);
        }
    }
}

fn whole_groups(bytes: &[u8]) -> &[u8] {
    bytes.get(..bytes.len() - bytes.len() % 3).unwrap_or_default()
}

fn json_escaped(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// JSON as Go and .NET write it.
fn html_safe(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// JSON as Python writes it.
fn ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

/// Every byte as `%XX` but RFC 3986's unreserved ones and `kept`.
fn uri_escaped(text: &str, kept: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.as_bytes().contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masks_of(text: &str) -> Vec<String> {
        masks(&[Secret::new(text)], 4).iter().map(|mask| mask.secret().to_owned()).collect()
    }

    #[test]
    fn a_single_line_secret_is_masked_however_short() {
        assert_eq!(masks_of("x"), ["x"]);
        assert!(is_short(&Secret::new(" abc "), 4));
    }

    #[test]
    fn white_space_cannot_be_masked() {
        assert!(masks_of("").is_empty() && masks_of(" \n\t").is_empty());
    }

    #[test]
    fn punctuation_alone_of_a_pretty_document_is_not_masked() {
        let masks = masks_of("{\n  \"key\": \"canary\"\n}\n");
        assert!(!masks.iter().any(|mask| mask == "{" || mask == "}"));
        assert!(masks.contains(&"\"key\": \"canary\"".to_owned()));
        assert!(masks.contains(&r#"{\n  \"key\": \"canary\"\n}\n"#.to_owned()));
        assert!(!masks.iter().any(|mask| mask.contains('\n')));
    }

    #[test]
    fn base64_is_masked_wherever_the_secret_begins_in_it() {
        let masks = masks_of("correct horse?>");
        for prefix in ["", "a", "ab"] {
            let printed = STANDARD.encode(format!("{prefix}correct horse?>suffix"));
            assert!(masks.iter().any(|mask| printed.contains(mask.as_str())), "{prefix}");
            let url_safe = printed.replace('+', "-").replace('/', "_");
            assert!(masks.iter().any(|mask| url_safe.contains(mask.as_str())), "{prefix}");
        }
    }

    #[test]
    fn the_strings_of_a_json_document_are_masked_like_secrets() {
        let secret =
            Secret::new(r#"{"username":"app","password":"p4ss\nword","port":5432,"hosts":[{"name":"db.internal"}]}"#);
        let masks = masks([&secret], 4);
        let has = |text: &str| masks.iter().any(|mask| mask.secret() == text);
        assert!(has("p4ss") && has("word") && has("db.internal"));
        assert!(!has("app") && !has("5432") && !has("password") && !has("username"));
        assert!(strings_in("[\"half").is_empty() && strings_in("text").is_empty());
    }
}
