//! Blocks `locals` of HCL, laid out as `terraform fmt` and `tofu fmt` want them: the library writes no line breaks into objects and
//! does not align `=`.
//! <https://developer.hashicorp.com/terraform/language/style#code-formatting>

use hcl_edit::expr::{
    Array, Expression, FuncArgs, FuncCall, Object, ObjectKey, ObjectValueTerminator, Traversal, TraversalOperator,
};
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use hcl_edit::{Decorate, Decorated, Ident};

/// One value, by its name.
pub(super) struct Local {
    name: &'static str,
    value: Expression,
    comment: &'static str,
}

impl Local {
    pub(super) fn new(name: &'static str, value: impl Into<Expression>) -> Self {
        Self { name, value: value.into(), comment: "" }
    }

    /// With lines of a comment above it.
    pub(super) fn because(self, comment: &'static str) -> Self {
        Self { comment, ..self }
    }
}

/// The block, ending with a line break.
pub(super) fn locals(locals: Vec<Local>) -> String {
    let mut values = locals;
    let are_lines: Vec<bool> = values.iter_mut().map(|local| lay_out(&mut local.value, 1)).collect();
    // Of the comment above a value, and of what surrounds one of several lines, an empty line is a part.
    let starts_group: Vec<bool> = values
        .iter()
        .zip(&are_lines)
        .scan(true, |after_lines, (local, is_line)| {
            let starts = *after_lines || !is_line || !local.comment.is_empty();
            *after_lines = !is_line;
            Some(starts)
        })
        .collect();
    let entries = values.iter().zip(are_lines.iter().zip(&starts_group));
    let widths =
        entries.map(|(local, (is_line, starts))| Entry { width: local.name.len(), is_line: *is_line, starts: *starts });
    let paddings = paddings(&widths.collect::<Vec<_>>());
    let mut block = Block::new(ident("locals"));
    for (place, ((local, padding), starts)) in values.into_iter().zip(paddings).zip(starts_group).enumerate() {
        let mut prefix = if starts && place > 0 { "\n".to_owned() } else { String::new() };
        local.comment.lines().for_each(|line| prefix.push_str(&format!("  # {line}\n")));
        let mut attribute = Attribute::new(ident(local.name), local.value);
        attribute.key.decor_mut().set_suffix(" ".repeat(padding + 1));
        attribute.decor_mut().set_prefix(format!("{prefix}  "));
        block.body.push(attribute);
    }
    Body::from(vec![Structure::Block(block)]).to_string()
}

/// An object whose keys are names of others, in quotes.
pub(super) fn by_name<'n>(entries: impl Iterator<Item = (&'n str, Expression)>) -> Expression {
    object(entries.map(|(name, value)| (Expression::from(name).into(), value)).collect())
}

/// Names and texts.
pub(super) fn map<'n>(entries: impl Iterator<Item = (&'n str, &'n str)>) -> Expression {
    by_name(entries.map(|(name, text)| (name, Expression::from(text))))
}

pub(super) fn object(entries: Vec<(ObjectKey, Expression)>) -> Expression {
    Expression::from(entries.into_iter().collect::<Object>())
}

/// A key of our own, without quotes.
pub(super) fn word(word: &str) -> ObjectKey {
    ident(word).into()
}

pub(super) fn call(function: &'static str, argument: Expression) -> Expression {
    Expression::from(FuncCall::new(ident(function), FuncArgs::from(vec![argument])))
}

/// `first.second.third`
pub(super) fn reference(path: &[&'static str]) -> Expression {
    let Some((first, others)) = path.split_first() else { return Expression::null() };
    let operators = others.iter().map(|name| Decorated::new(TraversalOperator::GetAttr(ident(name))));
    Expression::from(Traversal::new(ident(first), operators.collect()))
}

/// For words of our own alone: nothing else is known to be an identifier.
fn ident(word: &str) -> Decorated<Ident> {
    Decorated::new(Ident::new_unchecked(word))
}

/// Gives a value its line breaks; says whether it needs none. `depth` is that of the line which it begins on.
fn lay_out(value: &mut Expression, depth: usize) -> bool {
    match value {
        Expression::Object(object) if !object.is_empty() => {
            lay_out_object(object, depth);
            false
        }
        Expression::Array(array) => lay_out_array(array, depth),
        // The brackets of a call and of its argument open in the same line, and indent it once.
        Expression::FuncCall(call) => call.args.iter_mut().all(|argument| lay_out(argument, depth)),
        _ => true,
    }
}

fn lay_out_object(object: &mut Object, depth: usize) {
    let mut entries = Vec::with_capacity(object.len());
    for (key, value) in object.iter() {
        entries.push(Entry { width: written(key).chars().count(), is_line: is_line(value.expr()), starts: false });
    }
    let paddings = paddings(&entries);
    for (place, ((mut key, value), padding)) in object.iter_mut().zip(paddings).enumerate() {
        lay_out(value.expr_mut(), depth + 1);
        value.set_terminator(ObjectValueTerminator::Newline);
        let line_break = if place == 0 { "\n" } else { "" };
        key.decor_mut().set_prefix(format!("{line_break}{}", indent(depth + 1)));
        key.decor_mut().set_suffix(" ".repeat(padding + 1));
    }
    object.set_trailing(indent(depth));
}

fn lay_out_array(array: &mut Array, depth: usize) -> bool {
    if is_short(array) {
        return true;
    }
    for value in array.iter_mut() {
        lay_out(value, depth + 1);
        value.decor_mut().set_prefix(format!("\n{}", indent(depth + 1)));
    }
    array.set_trailing_comma(true);
    array.set_trailing(format!("\n{}", indent(depth)));
    false
}

fn is_line(value: &Expression) -> bool {
    match value {
        Expression::Object(object) => object.is_empty(),
        Expression::Array(array) => is_short(array),
        Expression::FuncCall(call) => call.args.iter().all(is_line),
        _ => true,
    }
}

fn is_short(array: &Array) -> bool {
    array.len() <= 1 && array.iter().all(is_line)
}

/// What of an entry decides how its `=` is aligned.
struct Entry {
    width: usize,
    is_line: bool,
    /// Whether an empty line or a comment is above it.
    starts: bool,
}

/// For each entry the spaces that align its `=` with the neighbours': those in one row, each on one line.
fn paddings(entries: &[Entry]) -> Vec<usize> {
    let mut paddings = Vec::with_capacity(entries.len());
    for row in entries.chunk_by(|one, next| one.is_line && next.is_line && !next.starts) {
        let widest = row.iter().map(|entry| entry.width).max().unwrap_or_default();
        paddings.extend(row.iter().map(|entry| widest - entry.width));
    }
    paddings
}

fn written(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Ident(ident) => ident.as_str().to_owned(),
        ObjectKey::Expression(expression) => expression.to_string(),
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_signs_are_aligned_within_a_row_of_lines_only() {
        let long =
            object(vec![(word("Sid"), Expression::from("x")), (word("Resource"), Expression::from(vec!["a", "b"]))]);
        let entries = by_name(
            [("a", Expression::from("1")), ("bcd", Expression::from("2")), ("long", long), ("e", Expression::null())]
                .into_iter(),
        );
        let made = locals(vec![
            Local::new("one", "1"),
            Local::new("eleven", "11"),
            Local::new("all", entries).because("Why.\nTwice."),
        ]);
        let expected = r#"locals {
  one    = "1"
  eleven = "11"

  # Why.
  # Twice.
  all = {
    "a"   = "1"
    "bcd" = "2"
    "long" = {
      Sid = "x"
      Resource = [
        "a",
        "b",
      ]
    }
    "e" = null
  }
}
"#;
        assert_eq!(made, expected);
    }

    #[test]
    fn what_terraform_would_evaluate_is_text() {
        let made = locals(vec![Local::new("text", "${aws:PrincipalTag/ref, '-'} %{if} \"quoted\" \\ \n")]);
        assert_eq!(made, "locals {\n  text = \"$${aws:PrincipalTag/ref, '-'} %%{if} \\\"quoted\\\" \\\\ \\n\"\n}\n");
        assert_eq!(made.parse::<Body>().unwrap().to_string(), made);
    }

    #[test]
    fn a_reference_inside_a_call_is_no_text() {
        let argument = object(vec![(Expression::from("a:aud").into(), reference(&["pool", "this", "id"]))]);
        let made = locals(vec![Local::new("policy", call("jsonencode", argument))]);
        assert_eq!(made, "locals {\n  policy = jsonencode({\n    \"a:aud\" = pool.this.id\n  })\n}\n");
    }
}
