//! Which values of its variables make a text of a given one: every split of it.

use std::collections::BTreeSet;

use crate::arn::FIELDS;
use crate::operand::TextKind;
use crate::pattern::{Glyph, Template, Token};

/// The size at most of the table of what is possible.
const MAX_TABLE: usize = 1 << 22;
/// The work at most of the search, in steps.
const MAX_STEPS: usize = 1 << 17;
/// The alternatives at most that are kept while they are looked for.
const MAX_STATES: usize = 1 << 10;

/// A key, and the one value that it must have, or nothing if it must have none and the default stands for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Binding {
    pub(crate) key: String,
    pub(crate) value: Option<String>,
}

/// Every way to make `text` of `template`, each with a binding of every key; nothing if that is too much work.
pub(crate) fn solve(template: &Template, kind: TextKind, text: &str) -> Option<BTreeSet<Vec<Binding>>> {
    let by_fields = matches!(kind, TextKind::Arn);
    let template: Vec<Token> = template.tokens().iter().map(|token| meaning(token, kind)).collect();
    let mut solutions = Search::new(&template, text, by_fields).run()?;
    // A pattern that is only `*` matches everything, also after variables that leave nothing else of it.
    let runs = template.iter().filter(|token| **token == Token::Glyph(Glyph::AnyRun)).count();
    let others = template.iter().filter(|token| matches!(token, Token::Glyph(_))).count() - runs;
    if by_fields && (runs, others) == (1, 0) {
        solutions.extend(Search::new(&template, "", false).run()?);
    }
    Some(solutions)
}

/// What a token means to an operator of this kind.
fn meaning(token: &Token, kind: TextKind) -> Token {
    match (token, kind) {
        (Token::Glyph(Glyph::AnyRun), TextKind::Equals) => Token::Glyph(Glyph::Char('*')),
        (Token::Glyph(Glyph::AnyOne), TextKind::Equals) => Token::Glyph(Glyph::Char('?')),
        (token, _) => token.clone(),
    }
}

struct Search<'t> {
    template: &'t [Token],
    text: Vec<char>,
    /// For each character: whether a wildcard may take it.
    wild: Vec<bool>,
    /// The keys of the template; they compare without case.
    keys: Vec<&'t str>,
    steps: usize,
    impossible: bool,
}

/// What has been made of a key so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Open,
    Default,
    Span { start: usize, end: usize },
}

type State = (usize, Vec<Slot>);

impl<'t> Search<'t> {
    fn new(template: &'t [Token], text: &str, by_fields: bool) -> Self {
        let text: Vec<char> = text.chars().collect();
        let mut colons = 0;
        let mut wild = Vec::with_capacity(text.len());
        for char in &text {
            let separator = *char == ':' && colons < FIELDS - 1;
            colons += usize::from(*char == ':');
            wild.push(!(by_fields && separator));
        }
        let mut impossible = by_fields && colons < FIELDS - 1;
        // What stands before the first variable or run and after the last one fits in one way, or not at all. Most patterns of an
        // account are for other names, and of the others little is left to search.
        let fits = |token: &Token, place: usize| match token {
            Token::Glyph(Glyph::Char(char)) => text.get(place) == Some(char),
            Token::Glyph(Glyph::AnyOne) => wild.get(place) == Some(&true),
            _ => false,
        };
        let is_fixed = |token: &&Token| matches!(token, Token::Glyph(Glyph::Char(_) | Glyph::AnyOne));
        let head = template.iter().take_while(is_fixed).count();
        let (fixed, template) = template.split_at_checked(head).unwrap_or((template, &[]));
        impossible |= !fixed.iter().enumerate().all(|(place, token)| fits(token, place));
        let tail = template.iter().rev().take_while(is_fixed).count();
        let (template, fixed) = template.split_at_checked(template.len() - tail).unwrap_or((&[], template));
        let end = text.len().checked_sub(tail).filter(|end| *end >= head);
        impossible |= !end.is_some_and(|end| fixed.iter().enumerate().all(|(place, token)| fits(token, end + place)));
        let between = head..end.unwrap_or(head);
        let text = text.get(between.clone()).map(<[char]>::to_vec).unwrap_or_default();
        let wild = wild.get(between).map(<[bool]>::to_vec).unwrap_or_default();
        let mut keys: Vec<&str> = Vec::new();
        for token in template {
            if let Token::Variable { key, .. } = token
                && !keys.iter().any(|known| is_same(known, key))
            {
                keys.push(key);
            }
        }
        Self { template, text, wild, keys, steps: 0, impossible }
    }

    fn run(mut self) -> Option<BTreeSet<Vec<Binding>>> {
        if self.impossible {
            return Some(BTreeSet::new());
        }
        let possible = self.possible()?;
        let mut states: BTreeSet<State> = BTreeSet::from([(0, vec![Slot::Open; self.keys.len()])]);
        for (token, possible) in self.template.iter().zip(possible.iter().skip(1)) {
            let mut next = BTreeSet::new();
            for (place, slots) in states {
                self.follow(token, place, &slots, possible, &mut next)?;
                if next.len() > MAX_STATES {
                    return None;
                }
            }
            states = next;
        }
        let ends = states.into_iter().filter(|(place, _)| *place == self.text.len());
        Some(ends.map(|(_, slots)| self.bindings(&slots)).collect())
    }

    /// For each place in the template and each in the text: whether the rest could match the rest, if each variable were
    /// free. Without this, a search would follow splits that lead nowhere.
    fn possible(&mut self) -> Option<Vec<Vec<bool>>> {
        if self.template.len().saturating_mul(self.text.len() + 1) > MAX_TABLE {
            return None;
        }
        let mut rows = Vec::with_capacity(self.template.len() + 1);
        let mut below = vec![false; self.text.len()];
        below.push(true);
        for token in self.template.iter().rev() {
            let mut row = vec![false; self.text.len() + 1];
            // From the end of the text: what is possible one character on, in this row and below.
            let (mut here_after, mut below_after) = (false, false);
            for (place, (here, below)) in row.iter_mut().zip(&below).enumerate().rev() {
                let wild = self.wild.get(place).copied().unwrap_or(false);
                *here = match token {
                    Token::Glyph(Glyph::Char(char)) => self.text.get(place) == Some(char) && below_after,
                    Token::Glyph(Glyph::AnyOne) => wild && below_after,
                    Token::Glyph(Glyph::AnyRun) => *below || wild && here_after,
                    Token::Variable { .. } => *below || here_after,
                };
                (here_after, below_after) = (*here, *below);
            }
            rows.push(std::mem::replace(&mut below, row));
        }
        rows.push(below);
        rows.reverse();
        Some(rows)
    }

    /// Adds the states that `token` leads to from here, as far as the rest of the text is `possible` after it.
    fn follow(
        &mut self,
        token: &Token,
        place: usize,
        slots: &[Slot],
        possible: &[bool],
        next: &mut BTreeSet<State>,
    ) -> Option<()> {
        let mut reach = |end: usize, slots: &[Slot]| {
            if possible.get(end) == Some(&true) {
                next.insert((end, slots.to_vec()));
            }
        };
        self.steps += 1;
        match token {
            Token::Glyph(Glyph::Char(_) | Glyph::AnyOne) => {
                // `possible` at this place has shown that the character fits only together with what follows.
                if self.fits(token, place) {
                    reach(place + 1, slots);
                }
            }
            Token::Glyph(Glyph::AnyRun) => {
                let taken = self.wild.iter().skip(place).take_while(|wild| **wild).count();
                (place..=place + taken).for_each(|end| reach(end, slots));
                self.spend(taken)?;
            }
            Token::Variable { key, default } => {
                let index = self.keys.iter().position(|known| is_same(known, key))?;
                let default = default.as_ref().map(|default| default.chars().collect::<Vec<_>>());
                let default_end =
                    default.filter(|default| self.stands(default, place)).map(|default| place + default.len());
                match *slots.get(index)? {
                    Slot::Span { start, end } => {
                        let value = self.text.get(start..end)?;
                        if self.stands(value, place) {
                            reach(place + value.len(), slots);
                        }
                    }
                    Slot::Default => default_end.into_iter().for_each(|end| reach(end, slots)),
                    Slot::Open => {
                        let mut bound = slots.to_vec();
                        let mut bind = |end, slot| {
                            if let Some(open) = bound.get_mut(index) {
                                *open = slot;
                                reach(end, &bound);
                            }
                        };
                        default_end.into_iter().for_each(|end| bind(end, Slot::Default));
                        (place..=self.text.len()).for_each(|end| bind(end, Slot::Span { start: place, end }));
                        self.spend(self.text.len() - place)?;
                    }
                }
            }
        }
        self.spend(0)
    }

    fn fits(&self, token: &Token, place: usize) -> bool {
        match token {
            Token::Glyph(Glyph::Char(char)) => self.text.get(place) == Some(char),
            _ => self.wild.get(place) == Some(&true),
        }
    }

    fn stands(&self, value: &[char], place: usize) -> bool {
        self.text.get(place..).is_some_and(|rest| rest.starts_with(value))
    }

    fn spend(&mut self, steps: usize) -> Option<()> {
        self.steps = self.steps.saturating_add(steps);
        (self.steps <= MAX_STEPS).then_some(())
    }

    fn bindings(&self, slots: &[Slot]) -> Vec<Binding> {
        let value = |slot: &Slot| match *slot {
            Slot::Span { start, end } => Some(self.text.get(start..end).unwrap_or_default().iter().collect()),
            Slot::Open | Slot::Default => None,
        };
        self.keys.iter().zip(slots).map(|(key, slot)| Binding { key: (*key).to_owned(), value: value(slot) }).collect()
    }
}

fn is_same(key: &str, other: &str) -> bool {
    key.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Version;

    fn splits(template: &str, kind: TextKind, text: &str) -> Vec<String> {
        let template = Template::parse(template, Version::WithVariables).unwrap();
        let shown = |binding: &Binding| format!("{}={}", binding.key, binding.value.as_deref().unwrap_or("(none)"));
        let solutions = solve(&template, kind, text).unwrap();
        solutions.iter().map(|bindings| bindings.iter().map(shown).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn every_split_of_a_text_is_found() {
        let like = |template, text| splits(template, TextKind::Like, text);
        assert_eq!(like("${a}/x/${b}", "p/x/q/x/r"), ["a=p b=q/x/r", "a=p/x/q b=r"]);
        assert_eq!(like("${a}/x/${b}", "p/y/q"), [""; 0]);
        assert_eq!(like("${a}-??", "ab-cd"), ["a=ab"]);
        assert_eq!(like("${a}*", "xy"), ["a=", "a=x", "a=xy"]);
        assert_eq!(like("*${a}*", "xx"), ["a=", "a=x", "a=xx"]);
        assert_eq!(like("x", "x"), [""]);
    }

    #[test]
    fn key_that_comes_twice_has_one_value() {
        assert_eq!(splits("${a}/${A}", TextKind::Like, "x/y/x/y"), ["a=x/y"]);
        assert_eq!(splits("${a}/${a}", TextKind::Like, "x/y"), [""; 0]);
        assert_eq!(splits("${a, 'x'}/${a, 'y'}", TextKind::Like, "x/y"), ["a=(none)"]);
        assert_eq!(splits("${a, 'x'}/${a}", TextKind::Like, "x/x"), ["a=x"]);
    }

    #[test]
    fn default_stands_for_a_key_without_value() {
        assert_eq!(splits("${a, '-'}", TextKind::Equals, "-"), ["a=(none)", "a=-"]);
        assert_eq!(splits("${a, '-'}", TextKind::Equals, "1"), ["a=1"]);
    }

    #[test]
    fn wildcards_are_characters_to_equals() {
        assert_eq!(splits("${a}*", TextKind::Equals, "xy"), [""; 0]);
        assert_eq!(splits("${a}*", TextKind::Equals, "xy*"), ["a=xy"]);
    }

    #[test]
    fn wildcard_of_a_field_does_not_take_the_next() {
        let arn = "arn:aws:s3:::b/x:y";
        assert_eq!(splits("arn:*:s3:::${a}:*", TextKind::Arn, arn), ["a=b/x"]);
        assert_eq!(splits("arn:*:${a}", TextKind::Arn, arn), ["a=s3:::b/x:y"]);
        assert_eq!(
            splits("arn:*${a}", TextKind::Arn, arn),
            ["a=:s3:::b/x:y", "a=aws:s3:::b/x:y", "a=s:s3:::b/x:y", "a=ws:s3:::b/x:y"]
        );
        assert_eq!(splits("*${a}", TextKind::Arn, "no arn"), ["a="]);
    }

    #[test]
    fn work_is_bounded() {
        let many = Template::parse(&"${a}${b}${c}*".repeat(20), Version::WithVariables).unwrap();
        assert_eq!(solve(&many, TextKind::Like, &"x".repeat(400)), None);
        let dead_ends = Template::parse(&format!("{}y", "${a}*${b}*".repeat(50)), Version::WithVariables).unwrap();
        assert_eq!(solve(&dead_ends, TextKind::Like, &"x".repeat(1000)), Some(BTreeSet::new()));
    }
}
