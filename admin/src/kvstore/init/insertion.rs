//! Adds items to a list or an object of a JSON text, of which every other byte stays as it is.

use jsonc_parser::ast::{ObjectProp, Value as Node};
use jsonc_parser::common::{Range, Ranged};
use serde_json::{Map, Value};

use crate::kvstore::reader::parse;

/// The longest line that is written where a value could be on several.
const WIDTH: usize = 120;

/// What an item that is added looks like: as the text has it.
struct Layout {
    /// One step of indentation.
    unit: String,
    line_break: &'static str,
    /// Whether the text is all on one line, so that nothing is broken.
    is_flat: bool,
}

/// A whole new document.
pub(crate) fn document(value: &Value) -> String {
    let layout = Layout { unit: "  ".to_owned(), line_break: "\n", is_flat: false };
    format!("{}\n", layout.value(value, ""))
}

/// Items with their names to the object that is the member `name` of the document.
pub(crate) fn with_members(text: &str, name: &str, items: Vec<(String, Value)>) -> Option<String> {
    let whole = || Value::Object(items.iter().cloned().collect::<Map<_, _>>());
    add(text, name, &whole, items.iter().map(|(name, value)| (Some(name.as_str()), value)))
}

/// Items to the list that is the member `name` of the document.
pub(crate) fn with_items(text: &str, name: &str, items: Vec<Value>) -> Option<String> {
    let whole = || Value::Array(items.clone());
    add(text, name, &whole, items.iter().map(|value| (None, value)))
}

/// `whole` is the member if there is none yet. None if the text is no document of that kind.
fn add<'v>(
    text: &str,
    name: &str,
    whole: &dyn Fn() -> Value,
    items: impl ExactSizeIterator<Item = (Option<&'v str>, &'v Value)>,
) -> Option<String> {
    if items.len() == 0 {
        return Some(text.to_owned());
    }
    // Places in the document are counted without it.
    let source = text.trim_start_matches('\u{feff}');
    let (mark, _) = text.split_at(text.len() - source.len());
    let Ok(Node::Object(root)) = parse("", source) else { return None };
    let layout = Layout::of(source, &root.properties, root.range);
    let found = root.properties.iter().find(|property| property.name.as_str() == name);
    let added = match found.map(|property| &property.value) {
        None => {
            let whole = whole();
            layout.add(source, root.range, &places(&root.properties), [(Some(name), &whole)].into_iter())
        }
        Some(Node::Object(object)) => layout.add(source, object.range, &places(&object.properties), items),
        Some(Node::Array(array)) => layout.add(source, array.range, &places(&array.elements), items),
        Some(_) => None,
    };
    Some(format!("{mark}{}", added?))
}

fn places(items: &[impl Ranged]) -> Vec<Range> {
    items.iter().map(Ranged::range).collect()
}

impl Layout {
    fn of(text: &str, members: &[ObjectProp<'_>], root: Range) -> Self {
        let before = members.first().and_then(|first| text.get(root.start + 1..first.range.start));
        let unit = before.and_then(|space| space.rsplit_once('\n')).map(|(_, unit)| unit.to_owned());
        Self {
            is_flat: unit.is_none() && !members.is_empty(),
            unit: unit.unwrap_or_else(|| "  ".to_owned()),
            line_break: if text.contains("\r\n") { "\r\n" } else { "\n" },
        }
    }

    fn add<'v>(
        &self,
        text: &str,
        container: Range,
        items: &[Range],
        new: impl Iterator<Item = (Option<&'v str>, &'v Value)>,
    ) -> Option<String> {
        let opening = container.start + 1;
        let Some(last) = items.last() else { return self.fill(text, container, new) };
        let previous = items.len().checked_sub(2).and_then(|at| items.get(at)).map_or(opening, |item| item.end);
        // White space, and after a previous item a comma.
        let between = text.get(previous..last.start)?;
        let gap = between.split_once(',').map_or(between, |(_, gap)| gap);
        let indent = gap.rsplit_once('\n').map(|(_, indent)| indent);
        let mut inserted = String::new();
        for (name, value) in new {
            inserted.push(',');
            inserted.push_str(gap);
            inserted.push_str(&self.item(name, value, indent));
        }
        let (before, after) = text.split_at_checked(last.end)?;
        Some(format!("{before}{inserted}{after}"))
    }

    /// Adds to a container that is empty, on lines of its own.
    fn fill<'v>(
        &self,
        text: &str,
        container: Range,
        new: impl Iterator<Item = (Option<&'v str>, &'v Value)>,
    ) -> Option<String> {
        let (before, after) = text.split_at_checked(container.start + 1)?;
        let is_open = after.get(..container.end.checked_sub(container.start + 2)?)?.contains('\n');
        if self.is_flat {
            let items: Vec<_> = new.map(|(name, value)| self.item(name, value, None)).collect();
            return Some(format!("{before}{}{after}", items.join(", ")));
        }
        let line = before.rsplit('\n').next().unwrap_or_default();
        let outer: String = line.chars().take_while(|character| matches!(character, ' ' | '\t')).collect();
        let inner = format!("{outer}{}", self.unit);
        let items: Vec<_> =
            new.map(|(name, value)| format!("{inner}{}", self.item(name, value, Some(&inner)))).collect();
        let items = items.join(&format!(",{}", self.line_break));
        let end = if is_open { String::new() } else { format!("{}{outer}", self.line_break) };
        Some(format!("{before}{}{items}{end}{after}", self.line_break))
    }

    /// `indent` is that of its line; none if it must stay on one line.
    fn item(&self, name: Option<&str>, value: &Value, indent: Option<&str>) -> String {
        let name = name.map_or(String::new(), |name| format!("{}: ", Value::from(name)));
        let value = match indent {
            // The name takes a part of the line.
            Some(indent) if one_line(value).len() + name.len() + indent.len() > WIDTH => self.broken(value, indent),
            _ => one_line(value),
        };
        format!("{name}{value}")
    }

    fn value(&self, value: &Value, indent: &str) -> String {
        self.item(None, value, Some(indent))
    }

    /// On several lines. How deep our own documents are is known.
    fn broken(&self, value: &Value, indent: &str) -> String {
        let inner = format!("{indent}{}", self.unit);
        let (items, [open, close]): (Vec<_>, _) = match value {
            Value::Object(members) => {
                (members.iter().map(|(name, value)| self.item(Some(name), value, Some(&inner))).collect(), ["{", "}"])
            }
            Value::Array(items) => (items.iter().map(|value| self.value(value, &inner)).collect(), ["[", "]"]),
            plain => return plain.to_string(),
        };
        let (line_break, separator) = (self.line_break, format!(",{}{inner}", self.line_break));
        format!("{open}{line_break}{inner}{}{line_break}{indent}{close}", items.join(&separator))
    }
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), one_line(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn added(text: &str) -> String {
        let text = with_members(text, "repositories", vec![("b".to_owned(), json!({ "id": "2" }))]).unwrap();
        with_items(&text, "bindings", vec![json!({ "name": "n", "read": ["repo"] })]).unwrap()
    }

    #[test]
    fn an_item_is_added_as_the_items_before_it_are_written() {
        for (before, after) in [
            (
                "{\n\t\"repositories\": {\n\t\t\"a\":{\"id\":\"1\"}\n\t},\n\t\"bindings\": [ {\"x\" : 1e0} ]\n}",
                "{\n\t\"repositories\": {\n\t\t\"a\":{\"id\":\"1\"},\n\t\t\"b\": { \"id\": \"2\" }\n\t},\n\t\"bindings\": [ {\"x\" : 1e0}, { \"name\": \"n\", \"read\": [\"repo\"] } ]\n}",
            ),
            (
                "\u{feff}{\r\n  \"bindings\" : [\r\n  ] , \"repositories\":{ \"a\": {}, \"\\u0062\":{} }\r\n}\r\n",
                "\u{feff}{\r\n  \"bindings\" : [\r\n    { \"name\": \"n\", \"read\": [\"repo\"] }\r\n  ] , \"repositories\":{ \"a\": {}, \"\\u0062\":{}, \"b\": { \"id\": \"2\" } }\r\n}\r\n",
            ),
            (
                "{}",
                "{\n  \"repositories\": { \"b\": { \"id\": \"2\" } },\n  \"bindings\": [{ \"name\": \"n\", \"read\": [\"repo\"] }]\n}",
            ),
            (
                r#"{"repositories":{"a":{}},"bindings":[]}"#,
                r#"{"repositories":{"a":{},"b": { "id": "2" }},"bindings":[{ "name": "n", "read": ["repo"] }]}"#,
            ),
        ] {
            assert_eq!(added(before), after);
        }
    }

    #[test]
    fn what_was_there_is_there_byte_for_byte() {
        let text = include_str!("../../../../docs/use-cases/kvstore.json");
        let long = "x".repeat(130);
        let added = with_items(text, "bindings", vec![json!({ "name": long, "when": { "ref": "r" } })]).unwrap();
        let start = text.bytes().zip(added.bytes()).take_while(|(one, other)| one == other).count();
        let (before, after) = text.split_at(start);
        let inserted = added.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap();
        let expected = format!(",\n    {{\n      \"name\": \"{long}\",\n      \"when\": {{ \"ref\": \"r\" }}\n    }}");
        assert_eq!(inserted, expected);
    }

    #[test]
    fn what_is_no_document_of_that_kind_is_refused() {
        for text in ["", "[]", "{", "{\"bindings\": 1}", "{\"bindings\": \"[]\"}"] {
            assert_eq!(with_items(text, "bindings", vec![json!(1)]), None, "{text}");
        }
    }
}
