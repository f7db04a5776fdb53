//! Base64 of a secret as programs print it, and secrets that are Base64 of text.

use base64::Engine;
use base64::alphabet::{STANDARD as STANDARD_ALPHABET, URL_SAFE as URL_SAFE_ALPHABET};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD, STANDARD_NO_PAD};

/// Shorter encodings would mask ordinary words.
const MIN_LENGTH: usize = 8;

/// What a line of `openssl base64`, and one of `base64`, encodes: 64 and 76 characters.
const OPENSSL_LINE_BYTES: usize = 48;

const LINE_BYTES: usize = 57;

/// `user:` before the secret of HTTP's Basic authentication, where the whole is wrapped into lines.
const USER_BYTES: std::ops::RangeInclusive<usize> = 2..=17;

const MAX_PASSWORD_BYTES: usize = 1024;

/// Shorter Base64 is taken for ordinary text.
const MIN_ENCODED_TEXT: usize = 12;

/// The forms but those that the runner makes of a single line: padded, from the first, second and third byte on.
pub fn forms(text: &str, is_single_line: bool) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut forms = Vec::new();
    let mut add = |encoded: String| {
        if encoded.len() >= MIN_LENGTH {
            forms.push(encoded);
        }
    };
    // Wherever the secret begins in what is encoded, without what its neighbours share in: so that it is found with a
    // suffix, without padding, and in the URL-safe alphabet.
    for offset in 0..3 {
        let rest = bytes.get(offset..).unwrap_or_default();
        let encoded = STANDARD_NO_PAD.encode(whole_groups(rest));
        if encoded.contains(['+', '/']) {
            add(encoded.replace('+', "-").replace('/', "_"));
        }
        if !(is_single_line && rest.len().is_multiple_of(3)) {
            add(encoded);
        }
    }
    if !is_single_line {
        add(STANDARD.encode(bytes));
    }
    for line_bytes in [LINE_BYTES, OPENSSL_LINE_BYTES] {
        if bytes.len() > line_bytes {
            let lines = bytes.chunks(line_bytes);
            let last = lines.clone().next_back().unwrap_or_default();
            lines.for_each(|line| add(STANDARD_NO_PAD.encode(whole_groups(line))));
            // The rest of the last line, with and without the line break that `echo` puts after it.
            add(STANDARD.encode(last));
            add(STANDARD.encode([last, b"\n"].concat()));
        }
    }
    if is_single_line && bytes.len() <= MAX_PASSWORD_BYTES {
        for user_bytes in USER_BYTES.filter(|user_bytes| user_bytes + bytes.len() > LINE_BYTES) {
            let (first, rest) = bytes.split_at_checked(LINE_BYTES - user_bytes).unwrap_or((bytes, &[]));
            let first = first.get(user_bytes.next_multiple_of(3) - user_bytes..).unwrap_or_default();
            for line in std::iter::once(first).chain(rest.chunks(LINE_BYTES)) {
                add(STANDARD_NO_PAD.encode(whole_groups(line)));
            }
        }
    }
    forms
}

fn whole_groups(bytes: &[u8]) -> &[u8] {
    bytes.get(..bytes.len() - bytes.len() % 3).unwrap_or_default()
}

/// The text that this is Base64 of, in either alphabet, padded or not, in one line or several.
pub fn decoded(text: &str) -> Option<String> {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=\r\n ".contains(&byte);
    if text.len() < MIN_ENCODED_TEXT || !text.bytes().all(is_base64) {
        return None;
    }
    let compact: String = text.split_ascii_whitespace().collect();
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let alphabet = if compact.contains(['-', '_']) { URL_SAFE_ALPHABET } else { STANDARD_ALPHABET };
    let decoded = String::from_utf8(GeneralPurpose::new(&alphabet, config).decode(compact).ok()?).ok()?;
    let is_text = |character: char| !character.is_control() || "\t\r\n".contains(character);
    (!decoded.trim().is_empty() && decoded.chars().all(is_text)).then_some(decoded)
}

#[cfg(test)]
mod tests;
