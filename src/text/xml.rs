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
mod tests {
    use super::*;

    fn text(body: &str, path: &[&str]) -> Option<String> {
        Document::parse(body.as_bytes())?.text(path).map(|text| text.secret().to_owned())
    }

    #[test]
    fn an_element_is_found_by_the_end_of_its_path() {
        let body = "<R><A><Detail><C>1</C></Detail><C>2</C></A><C>3</C></R>";
        assert_eq!(text(body, &["A", "C"]).as_deref(), Some("2"));
        assert_eq!(text(body, &["R", "C"]).as_deref(), Some("3"));
        assert_eq!(text(body, &["C"]).as_deref(), Some("1"));
        let document = Document::parse(body.as_bytes()).unwrap();
        assert_eq!(document.texts(&["C"]).map(|text| text.secret()).collect::<Vec<_>>(), ["1", "2", "3"]);
        for absent in [&["A"][..], &["R", "A", "Detail", "C", "D"], &["X", "R", "C"], &["Detail"]] {
            assert_eq!(text(body, absent), None, "{absent:?}");
        }
    }

    #[test]
    fn text_is_what_all_its_parts_say() {
        for (body, expected) in [
            ("<C>a&lt;b&#38;&#x63;&quot;</C>", "a<b&c\""),
            ("<C>\r\n  a b\t\n</C>", "a b"),
            ("<C><![CDATA[a<b]]>&amp;c</C>", "a<b&c"),
            ("<C>a<!-- no -->b<?no?>c</C>", "abc"),
            ("<x:C xmlns:x='urn:x' x:type=\"x:string\">a</x:C>", "a"),
            ("\u{feff}<?xml version='1.0' encoding='UTF-8'?>\n<!-- no -->\n<C>a</C>\n<!-- no -->\n", "a"),
        ] {
            assert_eq!(text(body, &["C"]).as_deref(), Some(expected), "{body}");
        }
        for empty in ["<C/>", "<C></C>", "<C> \n</C>", "<C><!-- a --></C>"] {
            assert_eq!(text(empty, &["C"]), None, "{empty}");
            assert_eq!(Document::parse(empty.as_bytes()).unwrap().root(), "C");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for wrong in [
            "",
            "canary",
            "<C>",
            "</C>",
            "<C></D>",
            "<C/><C/>",
            "<C/>canary",
            "canary<C/>",
            "<C>&unknown;</C>",
            "<C>&#0;</C>",
            "<C>&</C>",
            "<C><![CDATA[</C>",
            "<!DOCTYPE C [<!ENTITY a 'b'>]><C>&a;</C>",
            "<!DOCTYPE C><C>a</C>",
            r#"{"C":"a"}"#,
        ] {
            assert!(Document::parse(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(Document::parse(b"<C>\xff</C>").is_none());
    }

    #[test]
    fn what_has_far_more_elements_than_an_answer_is_refused_at_once() {
        let nested = |depth: usize| format!("{}{}", "<C>".repeat(depth), "</C>".repeat(depth));
        assert!(Document::parse(nested(MAX_DEPTH).as_bytes()).is_some());
        let many = |count: usize| format!("<R>{}</R>", "<C/>".repeat(count));
        assert!(Document::parse(many(MAX_ELEMENTS - 1).as_bytes()).is_some());
        let long = format!("<{0}></{0}>", "C".repeat(MAX_NAME_BYTES + 1));
        for body in [nested(MAX_DEPTH + 1), nested(150_000), many(MAX_ELEMENTS), many(200_000), long] {
            assert!(Document::parse(body.as_bytes()).is_none(), "{} bytes", body.len());
        }
    }

    #[test]
    fn debug_shows_no_text() {
        assert!(!format!("{:?}", Document::parse(b"<C>canary</C>")).contains("canary"));
    }
}
