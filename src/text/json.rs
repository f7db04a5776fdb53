//! JSON objects whose members stay as they are written: `1.10` is not 1.1, and no member is looked at that is not asked for.

use std::fmt;

use serde_json::value::RawValue;

use crate::text::table::Table;

/// A JSON object. Tokens, credentials and stores are read as one, so it cannot be printed.
#[derive(Clone, Default)]
pub struct Object(Table<Box<RawValue>>);

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Object {
    /// None if the bytes are not JSON, or JSON of another kind. The last of two members of one name counts.
    pub fn parse(json: &[u8]) -> Option<Self> {
        // By text and not by bytes, as all else is read: serde_json has its code once for each.
        let text = std::str::from_utf8(json).ok()?;
        // An error of serde_json's takes longer to make than an object to read.
        if !text.trim_ascii_start().starts_with('{') {
            return None;
        }
        serde_json::from_str(text).ok().map(Self)
    }

    /// A member's JSON.
    pub fn json(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|json| json.get())
    }

    /// A member that is a string; none if it is anything else, or has half a surrogate pair.
    pub fn text(&self, name: &str) -> Option<String> {
        let json = self.json(name)?;
        if json.starts_with('"') { scalar(json) } else { None }
    }

    /// A member that is a string, or a number or boolean as it is written.
    pub fn scalar(&self, name: &str) -> Option<String> {
        scalar(self.json(name)?)
    }

    /// A member that is a list, each item that is a string, number or boolean as text; what is none in it is passed over.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        Some(list(self.json(name)?)?.iter().filter_map(|json| scalar(json.get())).collect())
    }

    /// The same as one text, with commas between, or a member that is a scalar.
    pub fn text_or_texts(&self, name: &str) -> Option<String> {
        self.texts(name).map(|texts| texts.join(",")).or_else(|| self.scalar(name))
    }

    /// A member that is an object.
    pub fn object(&self, name: &str) -> Option<Self> {
        Self::parse(self.json(name)?.as_bytes())
    }

    /// A member that is a list of objects; what is none in it is passed over.
    pub fn objects(&self, name: &str) -> Option<Vec<Self>> {
        Some(list(self.json(name)?)?.iter().filter_map(|json| Self::parse(json.get().as_bytes())).collect())
    }

    /// The names of its members, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names()
    }
}

fn list(json: &str) -> Option<Vec<Box<RawValue>>> {
    if !json.starts_with('[') {
        return None;
    }
    serde_json::from_str(json).ok()
}

fn scalar(json: &str) -> Option<String> {
    match json.bytes().next()? {
        b'"' => serde_json::from_str(json).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(json.to_owned()),
    }
}

/// An object of strings, in the order given.
pub fn object_of(members: &[(&str, &str)]) -> String {
    let members: Vec<_> = members.iter().map(|(name, text)| format!("{}:{}", string(name), string(text))).collect();
    format!("{{{}}}", members.join(","))
}

/// Text as a JSON string.
pub fn string(text: &str) -> String {
    // Writing a string to memory cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
