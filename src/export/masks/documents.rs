//! The strings and numbers of a JSON secret, in one pass without recursion: whoever writes a secret chooses its depth.

use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;

use crate::export::masks::base64_text;

/// A text in a secret that a program may print by itself.
pub struct Part {
    /// The text.
    pub text: String,
    /// What is known of it.
    pub key: Key,
}

/// What the key of a value says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `password`, `apiKey`
    NamesSecret,
    /// Nothing.
    Unknown,
    /// `host`, `engine`
    NamesNoSecret,
}

/// Keys of what a secret is for and where it is used: of RDS's secrets, of Google's and Azure's credentials, of settings for
/// databases. In lower case, letters and digits alone; sorted.
const NO_SECRETS: &[&str] = &[
    "account",
    "accountid",
    "address",
    "algorithm",
    "authprovider",
    "authproviderx509certurl",
    "authuri",
    "awsregion",
    "bucket",
    "catalog",
    "charset",
    "clientemail",
    "clientid",
    "clientx509certurl",
    "cluster",
    "clusteridentifier",
    "clustername",
    "database",
    "databasename",
    "db",
    "dbclusteridentifier",
    "dbinstanceidentifier",
    "dbname",
    "dbuser",
    "dialect",
    "domain",
    "driver",
    "email",
    "endpoint",
    "engine",
    "engineversion",
    "env",
    "environment",
    "expires",
    "expiresin",
    "host",
    "hostname",
    "hosts",
    "instanceidentifier",
    "issuer",
    "kind",
    "location",
    "login",
    "masterarn",
    "namespace",
    "organization",
    "port",
    "project",
    "projectid",
    "protocol",
    "readerendpoint",
    "region",
    "resourceid",
    "role",
    "rolearn",
    "schema",
    "scheme",
    "scope",
    "server",
    "ssl",
    "sslmode",
    "stage",
    "subscriptionid",
    "tenantid",
    "tokentype",
    "tokenuri",
    "type",
    "universedomain",
    "user",
    "username",
    "version",
];

/// What the key of a secret has in it, by the same rule.
const SECRETS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "sharedkey",
    "accountkey",
];

impl Key {
    fn of(name: &str) -> Self {
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
        if NO_SECRETS.binary_search(&name.as_str()).is_ok() {
            Self::NamesNoSecret
        } else if name == "pin" || SECRETS.iter().any(|secret| name.contains(secret)) {
            Self::NamesSecret
        } else {
            Self::Unknown
        }
    }
}

/// What is in a secret: strings and numbers of a document, of documents in its strings, the text that a string is Base64
/// of, the passwords of URLs. The secret itself is not among them.
pub fn parts(secret: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    // Each text in here is shorter than the one that it was taken from, and all strings of a document together are.
    let mut waiting = inner(secret, Key::Unknown);
    while let Some(part) = waiting.pop() {
        waiting.extend(inner(&part.text, part.key));
        parts.push(part);
    }
    parts
}

/// What is in a text, one level deep.
fn inner(text: &str, key: Key) -> Vec<Part> {
    let mut parts = strings(text, key);
    parts.extend(base64_text::decoded(text).map(|text| Part { text, key }));
    for password in passwords(text) {
        let decoded = percent_decode_str(password).decode_utf8_lossy();
        // An ordinary word is no more a secret in a URL than under a key of which nothing is known.
        parts.extend((decoded != password).then(|| Part { text: decoded.into_owned(), key: Key::Unknown }));
        parts.push(Part { text: password.to_owned(), key: Key::Unknown });
    }
    parts
}

/// Whether a text is a JSON object, list or string. The check of `RawValue` is not recursive, and has no limit of depth.
pub fn is_document(text: &str) -> bool {
    let text = without_mark(text);
    text.trim_start().starts_with(['{', '[', '"']) && serde_json::from_str::<&RawValue>(text).is_ok()
}

fn without_mark(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

/// The strings and numbers of a document with what their keys say; none of other text. A list's items have its key.
fn strings(text: &str, key: Key) -> Vec<Part> {
    if is_document(text) { strings_of_document(text, key) } else { Vec::new() }
}

#[inline(never)]
fn strings_of_document(text: &str, key: Key) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = without_mark(text);
    let mut around = Vec::new();
    let mut key = key;
    while let Some(first) = rest.bytes().next() {
        let length = match first {
            b'{' | b'[' => {
                around.push(key);
                1
            }
            b'}' | b']' => {
                key = around.pop().unwrap_or(key);
                1
            }
            b'"' => string_length(rest),
            b'-' | b'0'..=b'9' => rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(rest.len()),
            _ => 1,
        };
        let Some((token, after)) = rest.split_at_checked(length) else { return parts };
        rest = after;
        match first {
            b'"' => {
                // None if it has half a surrogate pair: no program can print it either.
                let string = serde_json::from_str::<String>(token).ok();
                match after.trim_start().starts_with(':') {
                    true => key = string.map_or(Key::Unknown, |name| Key::of(&name)),
                    false => parts.extend(string.map(|text| Part { text, key })),
                }
            }
            b'-' | b'0'..=b'9' => parts.push(Part { text: token.to_owned(), key }),
            _ => {}
        }
    }
    parts
}

/// The length of the string that a valid document's rest begins with.
fn string_length(json: &str) -> usize {
    let mut escaped = true;
    let end = json.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 1)
}

/// The passwords of the URLs in a text, as they are written.
fn passwords(text: &str) -> impl Iterator<Item = &str> {
    text.split("://").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| "/?#\"'<>\\".contains(c) || c.is_whitespace()).unwrap_or(rest.len());
        let (user_info, _) = rest.get(..end)?.rsplit_once('@')?;
        user_info.split_once(':').map(|(_, password)| password)
    })
}

#[cfg(test)]
mod tests;
