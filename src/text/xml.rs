//! XML as AWS's query protocol writes it: elements in elements, and in the innermost ones text.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

use std::fmt;

use quick_xml::escape::unescape;
use quick_xml::events::Event;

use crate::text::secret::Secret;

/// Far more than any answer of AWS has. What has more was written by somebody else, and to remember it would cost memory.
const MAX_ELEMENTS: usize = 256;

const MAX_DEPTH: usize = 8;

const MAX_NAME_BYTES: usize = 64;

/// The elements without children of a document, each by its path from the root. Attributes and the prefixes of names mean
/// nothing. Answers of STS with credentials are read as one, so it cannot be printed.
pub struct Document {
    root: String,
    leaves: Vec<(Vec<String>, Secret)>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Document {
    /// None if the bytes are not well-formed XML, or XML that AWS would not write.
    ///
    /// Entities are the five of XML and numbers of characters: quick-xml knows no others, and a DTD is refused.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut reader = quick_xml::Reader::from_str(std::str::from_utf8(body).ok()?);
        let mut open = Vec::new();
        let mut elements = 0_usize;
        let mut leaf = None;
        let mut document: Option<Self> = None;
        loop {
            let event = reader.read_event().ok()?;
            if let Event::Start(tag) | Event::Empty(tag) = &event {
                let name = tag.local_name().as_ref().to_owned();
                elements += 1;
                // A second root is no XML.
                let is_second_root = open.is_empty() && document.is_some();
                if is_second_root || elements > MAX_ELEMENTS || open.len() >= MAX_DEPTH || name.len() > MAX_NAME_BYTES {
                    return None;
                }
                document.get_or_insert_with(|| Self { root: name.clone(), leaves: Vec::new() });
                open.push(name);
                leaf = Some(String::new());
            }
            let text = match &event {
                Event::Text(text) => Some(text.xml10_content()),
                Event::CData(text) => Some(text.xml10_content()),
                Event::GeneralRef(entity) => {
                    let text = unescape(&format!("&{};", entity.xml10_content())).ok()?.into_owned();
                    Some(text.into())
                }
                _ => None,
            };
            if let Some(text) = text {
                match &mut leaf {
                    Some(leaf) => leaf.push_str(&text),
                    None if open.is_empty() && !text.trim().is_empty() => return None,
                    // Between elements.
                    None => {}
                }
            }
            if let Event::End(_) | Event::Empty(_) = &event {
                if let (Some(text), Some(document)) = (leaf.take(), &mut document) {
                    document.leaves.push((open.clone(), Secret::new(text.trim())));
                }
                open.pop();
            }
            match event {
                Event::DocType(_) => return None,
                Event::Eof => break,
                _ => {}
            }
        }
        document.filter(|_| open.is_empty())
    }

    /// The name of the outermost element.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The text of the first element whose path ends like this, without the white space around it; an empty one counts as
    /// absent.
    pub fn text(&self, path: &[&str]) -> Option<&Secret> {
        self.texts(path).next()
    }

    /// The texts of all such elements, in their order.
    pub fn texts<'d, 'p>(&'d self, path: &'p [&'p str]) -> impl Iterator<Item = &'d Secret> + use<'d, 'p> {
        let is_it = move |leaf: &[String]| {
            let above = leaf.len().checked_sub(path.len()).and_then(|above| leaf.get(above..));
            above.is_some_and(|end| end.iter().zip(path).all(|(name, wanted)| name == wanted))
        };
        let found = self.leaves.iter().filter(move |(leaf, text)| is_it(leaf) && !text.secret().is_empty());
        found.map(|(_, text)| text)
    }
}

#[cfg(test)]
mod tests;
