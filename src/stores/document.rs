//! A secret that was read, and its keys.

use std::fmt;

use crate::text::json::Object;
use crate::text::secret::Secret;
use crate::text::secret_value::SecretValue;

/// A secret that was read, and the keys of the JSON object that it may be.
#[derive(Clone)]
pub struct Document {
    /// Its name.
    pub name: String,
    value: SecretValue,
    entries: Result<Object, &'static str>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({}, version {})", self.name, self.version_id())
    }
}

impl Document {
    /// A secret as a document.
    pub fn new(name: String, value: SecretValue) -> Self {
        let entries = entries(value.text().secret());
        Self { name, value, entries }
    }

    /// The ARN, safe to print.
    pub fn arn(&self) -> &str {
        self.value.arn()
    }

    /// The version that was read, safe to print.
    pub fn version_id(&self) -> &str {
        self.value.version_id()
    }

    /// Its keys; an error if it is not an object of keys and values.
    pub fn keys(&self) -> Result<impl Iterator<Item = &str>, &'static str> {
        self.entries.as_ref().map(Object::names).map_err(|problem| *problem)
    }

    /// Whether it has a key.
    pub fn has(&self, key: &str) -> bool {
        self.entries.as_ref().is_ok_and(|entries| entries.json(key).is_some())
    }

    /// Whether a key is there without a value.
    pub fn is_null(&self, key: &str) -> bool {
        self.entries.as_ref().is_ok_and(|entries| entries.json(key) == Some("null"))
    }

    /// The whole secret as it is exported: text as it is, binary in Base64.
    pub fn whole(&self) -> Result<Secret, &'static str> {
        exportable(self.value.whole().secret().to_owned())
    }

    /// Another text that shows the whole secret: that which bytes are, or a list with an item a line.
    pub fn also(&self) -> Option<Secret> {
        self.value.also()
    }

    /// The text that a key's value is exported as.
    pub fn text(&self, key: &str) -> Result<Secret, &'static str> {
        text_of(self.entries.as_ref().ok().and_then(|entries| entries.json(key)).ok_or("is missing")?)
    }
}

/// The text that a value is exported as.
pub fn text_of(json: &str) -> Result<Secret, &'static str> {
    exportable(match json.bytes().next() {
        Some(b'"') => serde_json::from_str(json).map_err(|_| "is a string with half a surrogate pair")?,
        Some(b'{' | b'[') => compact(json),
        Some(b'n') => return Err("is null"),
        _ => json.to_owned(),
    })
}

/// Whether a job gets the same for both. An object is not the string that looks like it: their masks differ.
pub fn is_same_value(one: &str, other: &str) -> bool {
    let is_nested = |json: &str| json.starts_with(['{', '[']);
    one == other || (is_nested(one) == is_nested(other) && text_of(one).is_ok_and(|text| Ok(text) == text_of(other)))
}

fn exportable(text: String) -> Result<Secret, &'static str> {
    match text.contains('\0') {
        true => Err("has a NUL character, which an environment variable cannot have"),
        false => Ok(Secret::new(text)),
    }
}

/// An object's values by key, as they are written in it.
pub(crate) fn entries(text: &str) -> Result<Object, &'static str> {
    // PowerShell writes files with a byte order mark, and such files end up in secrets.
    let text = text.trim_start_matches('\u{feff}');
    match Object::parse(text.as_bytes()) {
        Some(entries) => Ok(entries),
        None if text.trim().is_empty() => Err("is empty: it must be a JSON object"),
        None if text.trim_start().starts_with(['{', '[', '"']) => Err("is not a JSON object of keys and values"),
        None => Err("is not JSON: it must be a JSON object"),
    }
}

/// JSON without the white space between its tokens; numbers, escapes and the order of keys stay as written.
fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_string = character == '"';
        }
        compact.push(character);
    }
    compact
}

#[cfg(test)]
mod tests;
