//! A JSON object whose members are changed one by one, while every other byte of it stays as it is.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::text::json::string;
use crate::text::table::{Names, Table};

/// The text of a JSON object, and where its members are in it. It may be secret, so it cannot be printed.
pub struct Members<'t> {
    text: &'t str,
    members: Vec<Member>,
}

struct Member {
    name: String,
    /// From the `{` or the comma before it to the end of its value.
    whole: Range<usize>,
    /// With its quotation marks.
    quoted_name: Range<usize>,
    value: Range<usize>,
}

/// What becomes of one member.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MemberChange<'c> {
    /// It has this JSON.
    Set(&'c str),
    /// It is gone.
    Remove,
}

impl fmt::Debug for Members<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'t> Members<'t> {
    /// None if the text is not a JSON object. A byte order mark before it stays where it is.
    pub fn parse(text: &'t str) -> Option<Self> {
        let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
        let found = json.deserialize_map(RawMembers).ok()?;
        json.end().ok()?;
        let mut members = Vec::with_capacity(found.len());
        let mut start = text.find('{')? + 1;
        for (name, value) in found {
            let (quoted_name, value) = (span(text, name.get())?, span(text, value.get())?);
            // Between the value before and this name there is one comma, and white space.
            if let Some(Member { value: Range { end, .. }, .. }) = members.last() {
                start = *end + text.get(*end..quoted_name.start)?.find(',')? + 1;
            }
            let name = serde_json::from_str(name.get()).ok()?;
            members.push(Member { name, whole: start..value.end, quoted_name, value });
        }
        Some(Self { text, members })
    }

    /// The names, each once, in the order of the text.
    pub fn names(&self) -> Vec<&str> {
        let mut seen = Names::default();
        self.members.iter().map(|member| member.name.as_str()).filter(|name| seen.add((*name).to_owned(), ())).collect()
    }

    /// A member's JSON. Of two members with one name the last one counts, as for every reader.
    pub fn json(&self, name: &str) -> Option<&'t str> {
        let member = self.members.iter().rev().find(|member| member.name == name)?;
        self.text.get(member.value.clone())
    }

    /// The text with the changes in it. New members come last, in their order, with the white space of the last one.
    pub fn changed(&self, changes: &[(&str, MemberChange<'_>)]) -> Option<String> {
        let change_of: Table<_> = changes.iter().map(|(name, change)| ((*name).to_owned(), *change)).collect();
        let last_of: Table<_> =
            self.members.iter().enumerate().map(|(place, member)| (member.name.clone(), place)).collect();
        let part = |range: Range<usize>| self.text.get(range);

        let mut pieces = Vec::new();
        for (place, Member { name, whole, value, .. }) in self.members.iter().enumerate() {
            let is_last = last_of.get(name) == Some(&place);
            let piece = match change_of.get(name) {
                Some(MemberChange::Remove) => continue,
                Some(MemberChange::Set(json)) if is_last => format!("{}{json}", part(whole.start..value.start)?),
                _ => part(whole.clone())?.to_owned(),
            };
            // White space before the comma.
            let next = self.members.get(place + 1).map_or(value.end, |next| next.whole.start - 1);
            pieces.push((piece, part(value.end..next)?));
        }
        let (before_name, after_name) = match self.members.last() {
            Some(last) => {
                (part(last.whole.start..last.quoted_name.start)?, part(last.quoted_name.end..last.value.start)?)
            }
            None => ("", ":"),
        };
        for (name, change) in changes {
            if let MemberChange::Set(json) = change
                && !last_of.has(name)
            {
                pieces.push((format!("{before_name}{}{after_name}{json}", string(name)), ""));
            }
        }

        let begin = self.text.find('{')? + 1;
        let end = self.members.last().map_or(begin, |last| last.value.end);
        let mut text = part(0..begin)?.to_owned();
        let count = pieces.len();
        for (place, (piece, gap)) in pieces.into_iter().enumerate() {
            text.push_str(&piece);
            if place + 1 < count {
                text.push_str(gap);
                text.push(',');
            }
        }
        text.push_str(self.text.get(end..)?);
        Some(text)
    }
}

/// Where a part of a text is in it.
fn span(text: &str, part: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= text.len()).then_some(start..end)
}

/// Reads names and values as they are written.
struct RawMembers;

impl<'de> Visitor<'de> for RawMembers {
    type Value = Vec<(&'de RawValue, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests;
