//! Text of a policy that may hold variables (`${aws:PrincipalTag/repository}`) and wildcards (`*`, `?`).
//!
//! A [`Template`] is the text as written, taken apart; [`Template::expand`] puts the request's values into it and gives
//! a [`Pattern`]. Wildcards are recognized before values come in, so a `*` in a value is only ever the character.
//!
//! Rules: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::fmt;

use crate::context::{Context, Knowledge, Knows};

/// Whether `${...}` in a document is a variable.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub(crate) enum Version {
    /// Also the version of a document that names none.
    #[serde(rename = "2008-10-17")]
    WithoutVariables,
    #[serde(rename = "2012-10-17")]
    WithVariables,
}

/// Text as the policy has it.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    source: String,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Glyph(Glyph),
    Variable { key: String, default: Option<String> },
}

impl Template {
    pub(crate) fn parse(source: &str, version: Version) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut rest = source;
        loop {
            if version == Version::WithVariables
                && let Some(opened) = rest.strip_prefix("${")
            {
                let (inner, closed) = opened
                    .split_once('}')
                    .ok_or_else(|| format!("`{source}` opens a variable and does not close it"))?;
                tokens.push(Token::variable(inner)?);
                rest = closed;
                continue;
            }
            let mut chars = rest.chars();
            let Some(char) = chars.next() else { break };
            tokens.push(Token::Glyph(Glyph::written(char)));
            rest = chars.as_str();
        }
        Ok(Self { source: source.to_owned(), tokens })
    }

    /// Text in which every character is only that.
    pub(crate) fn literal(text: &str) -> Self {
        let tokens = text.chars().map(|char| Token::Glyph(Glyph::Char(char))).collect();
        Self { source: text.to_owned(), tokens }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn expand(&self, context: &Context) -> Result<Pattern, Unresolved> {
        let mut glyphs = Vec::new();
        for token in &self.tokens {
            match token {
                Token::Glyph(glyph) => glyphs.push(*glyph),
                Token::Variable { key, default } => {
                    let value = resolve(key, default.as_deref(), context)?;
                    glyphs.extend(value.chars().map(Glyph::Char));
                }
            }
        }
        Ok(Pattern(glyphs))
    }

    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Each variable's key and default.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Glyph(_) => None,
            Token::Variable { key, default } => Some((key.as_str(), default.as_deref())),
        })
    }

    /// As [`Self::expand`], but variables whose key is unknown stay.
    pub(crate) fn expand_known(&self, known: &impl Knows) -> Result<Self, Unresolved> {
        let mut tokens = Vec::with_capacity(self.tokens.len());
        for token in &self.tokens {
            match token {
                Token::Variable { key, default } => match known.knowledge(key) {
                    Knowledge::Unknown => tokens.push(token.clone()),
                    Knowledge::Known(values) => {
                        let value = value_of(key, default.as_deref(), values.unwrap_or_default())?;
                        tokens.extend(value.chars().map(|char| Token::Glyph(Glyph::Char(char))));
                    }
                },
                glyph => tokens.push(glyph.clone()),
            }
        }
        Ok(Self { source: self.source.clone(), tokens })
    }

    /// This text with variables of other keys.
    pub(crate) fn rename(&self, name: &dyn Fn(&str) -> String) -> Self {
        let tokens = self.tokens.iter().map(|token| match token {
            Token::Variable { key, default } => Token::Variable { key: name(key), default: default.clone() },
            glyph => glyph.clone(),
        });
        Self { source: self.source.clone(), tokens: tokens.collect() }
    }

    /// The pattern of which a variable without a value is any text.
    pub(crate) fn widest(&self, context: &Context) -> Pattern {
        let mut glyphs = Vec::new();
        for token in &self.tokens {
            match token {
                Token::Glyph(glyph) => glyphs.push(*glyph),
                Token::Variable { key, default } => match resolve(key, default.as_deref(), context) {
                    Ok(value) => glyphs.extend(value.chars().map(Glyph::Char)),
                    Err(_) => glyphs.push(Glyph::AnyRun),
                },
            }
        }
        Pattern(glyphs)
    }
}

/// Where the text comes from does not matter.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.tokens == other.tokens
    }
}

/// As a policy would write it, with what [`Template::expand_known`] put in.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokens.iter().try_for_each(|token| match token {
            Token::Glyph(glyph) => glyph.fmt(f),
            Token::Variable { key, default: None } => write!(f, "${{{key}}}"),
            Token::Variable { key, default: Some(default) } => write!(f, "${{{key}, '{default}'}}"),
        })
    }
}

impl Token {
    /// `inner` is what stands between the braces.
    fn variable(inner: &str) -> Result<Self, String> {
        match inner {
            "*" => return Ok(Self::Glyph(Glyph::Char('*'))),
            "?" => return Ok(Self::Glyph(Glyph::Char('?'))),
            "$" => return Ok(Self::Glyph(Glyph::Char('$'))),
            _ => {}
        }
        let (key, default) = match inner.split_once(',') {
            None => (inner, None),
            Some((key, default)) => {
                let default = default
                    .trim()
                    .strip_prefix('\'')
                    .and_then(|text| text.strip_suffix('\''))
                    .ok_or_else(|| format!("the default in `${{{inner}}}` is not in single quotes"))?;
                (key, Some(default.to_owned()))
            }
        };
        match key.trim() {
            "" => Err(format!("the variable `${{{inner}}}` names no key")),
            key => Ok(Self::Variable { key: key.to_owned(), default }),
        }
    }
}

fn resolve<'a>(key: &str, default: Option<&'a str>, context: &'a Context) -> Result<&'a str, Unresolved> {
    value_of(key, default, context.values(key).unwrap_or_default())
}

fn value_of<'a>(key: &str, default: Option<&'a str>, values: &'a [String]) -> Result<&'a str, Unresolved> {
    match (values, default) {
        ([value], _) => Ok(value),
        ([], Some(default)) => Ok(default),
        (values, _) => Err(Unresolved { key: key.to_owned(), values: values.len() }),
    }
}

/// A variable that stands for no text: its key is absent, or has several values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unresolved {
    key: String,
    values: usize,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, values } = self;
        write!(f, "`${{{key}}}` cannot be resolved: ")?;
        match values {
            0 => write!(f, "the request has no `{key}`"),
            _ => write!(f, "`{key}` has {values} values and a variable stands for one"),
        }
    }
}

/// Text without variables: characters, and wildcards that the policy's author wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Glyph>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glyph {
    Char(char),
    /// `?`: any one character.
    AnyOne,
    /// `*`: any characters, also none.
    AnyRun,
}

impl Glyph {
    /// What a character means that the policy's author wrote.
    fn written(char: char) -> Self {
        match char {
            '*' => Self::AnyRun,
            '?' => Self::AnyOne,
            char => Self::Char(char),
        }
    }
}

impl Pattern {
    /// Text in which only wildcards mean anything, as in `Action`.
    pub(crate) fn wildcards(text: &str) -> Self {
        Self(text.chars().map(Glyph::written).collect())
    }

    pub(crate) fn glyphs(&self) -> &[Glyph] {
        &self.0
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        matches(&self.0, text)
    }

    /// Whether a text could match both. Of patterns too long to compare, it is said that one could.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        /// So much work at most.
        const MAX_CELLS: usize = 1 << 15;
        if self.0.len().saturating_mul(other.0.len()) > MAX_CELLS {
            return true;
        }
        // For each place in `other`: whether a text can bring both patterns to here and there.
        let mut reached = vec![false; other.0.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        skip_runs(&mut reached, &other.0);
        for glyph in &self.0 {
            let mut next = vec![false; reached.len()];
            for (place, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
                let theirs = other.0.get(place);
                if *glyph == Glyph::AnyRun {
                    // It takes nothing, or any of what the other pattern takes after this place.
                    next.iter_mut().skip(place).for_each(|reached| *reached = true);
                    break;
                }
                let step = match (theirs, *glyph) {
                    (None, _) => None,
                    (Some(Glyph::AnyRun), _) => Some(place),
                    (Some(Glyph::AnyOne), _) | (Some(_), Glyph::AnyOne) => Some(place + 1),
                    (Some(theirs), ours) => (*theirs == ours).then_some(place + 1),
                };
                if let Some(reached) = step.and_then(|place| next.get_mut(place)) {
                    *reached = true;
                }
            }
            skip_runs(&mut next, &other.0);
            reached = next;
        }
        reached.last().is_some_and(|end| *end)
    }

    /// The characters alone, for operators to which `*` and `?` are characters like any other.
    pub(crate) fn literal(&self) -> String {
        self.0
            .iter()
            .map(|glyph| match glyph {
                Glyph::Char(char) => *char,
                Glyph::AnyOne => '?',
                Glyph::AnyRun => '*',
            })
            .collect()
    }
}

/// As a policy would write it: a `*` that is only a character is `${*}`.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|glyph| glyph.fmt(f))
    }
}

impl fmt::Display for Glyph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Char(char @ ('*' | '?')) => write!(f, "${{{char}}}"),
            Self::Char(char) => write!(f, "{char}"),
            Self::AnyOne => f.write_str("?"),
            Self::AnyRun => f.write_str("*"),
        }
    }
}

/// A `*` may take nothing: what is reached before it is reached after it.
fn skip_runs(reached: &mut [bool], pattern: &[Glyph]) {
    let mut before = false;
    for (place, here) in reached.iter_mut().enumerate() {
        *here |= before;
        before = *here && pattern.get(place) == Some(&Glyph::AnyRun);
    }
}

/// Whether `pattern` covers the whole of `text`.
///
/// Only the last `*` is ever given more text: whatever an earlier one took, the later one can make up for. So the work is
/// at most the product of both lengths, whatever the pattern.
pub(crate) fn matches(pattern: &[Glyph], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut glyph, mut char) = (0, 0);
    // The glyph after the last `*`, and the first character which that `*` has not taken.
    let mut last_run: Option<(usize, usize)> = None;
    while let Some(actual) = text.get(char) {
        match pattern.get(glyph) {
            Some(Glyph::AnyRun) => {
                glyph += 1;
                last_run = Some((glyph, char));
            }
            Some(Glyph::AnyOne) => (glyph, char) = (glyph + 1, char + 1),
            Some(Glyph::Char(expected)) if expected == actual => {
                (glyph, char) = (glyph + 1, char + 1);
            }
            _ => {
                let Some((after, taken)) = last_run else {
                    return false;
                };
                (glyph, char) = (after, taken + 1);
                last_run = Some((after, taken + 1));
            }
        }
    }
    pattern.iter().skip(glyph).all(|rest| *rest == Glyph::AnyRun)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;

    fn context(entries: &[(&str, &[&str])]) -> Context {
        Context::try_from_iter(entries.iter().map(|(key, values)| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            ((*key).to_owned(), values)
        }))
        .unwrap()
    }

    fn expand(source: &str, entries: &[(&str, &[&str])]) -> Result<Pattern, Unresolved> {
        Template::parse(source, Version::WithVariables).unwrap().expand(&context(entries))
    }

    #[test]
    fn star_takes_any_run_and_question_mark_exactly_one() {
        let cases = [
            ("*", "", true),
            ("*", "anything/at:all", true),
            ("", "", true),
            ("", "a", false),
            ("?", "", false),
            ("?", "é", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbcd", false),
            ("a*b*c", "a-b-b-c", true),
            ("*secrets-??????", "x/secrets-AbCdEf", true),
            ("*secrets-??????", "x/secrets-AbCdE", false),
            ("**", "a", true),
            ("ab", "abc", false),
            ("abc", "ab", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Pattern::wildcards(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let pattern = Pattern::wildcards(&"a*".repeat(500));
        assert!(!pattern.matches(&format!("{}b", "ab".repeat(400))));
        assert!(pattern.matches(&"a".repeat(2000)));
    }

    #[test]
    fn patterns_overlap_if_a_text_matches_both() {
        let patterns =
            ["", "*", "?", "a", "b", "ab", "a*", "*b", "a*b", "?b", "a?", "**", "*a*", "b?*", "??", "aab", "a*a"];
        let mut texts = vec![String::new()];
        for length in 0..5 {
            let longer = texts
                .iter()
                .filter(|text| text.len() == length)
                .flat_map(|text| [format!("{text}a"), format!("{text}b")]);
            texts.extend(longer.collect::<Vec<_>>());
        }
        for (one, other) in patterns.iter().flat_map(|one| patterns.map(|other| (*one, other))) {
            let (first, second) = (Pattern::wildcards(one), Pattern::wildcards(other));
            let overlap = texts.iter().any(|text| first.matches(text) && second.matches(text));
            assert_eq!(first.overlaps(&second), overlap, "{one} and {other}");
        }
    }

    #[test]
    fn wildcard_from_a_variable_is_a_character() {
        let pattern = expand("repo/${tag}/*", &[("tag", &["*"])]).unwrap();
        assert!(pattern.matches("repo/*/secrets"));
        assert!(!pattern.matches("repo/app/secrets"));
        assert_eq!(pattern.to_string(), "repo/${*}/*");
    }

    #[test]
    fn variable_inside_a_value_is_not_expanded_again() {
        let pattern = expand("${a}", &[("a", &["${b}"]), ("b", &["secret"])]).unwrap();
        assert!(pattern.matches("${b}"));
        assert!(!pattern.matches("secret"));
    }

    #[test]
    fn escaped_star_question_mark_and_dollar_are_characters() {
        let pattern = expand("${*}${?}${$}{x}", &[]).unwrap();
        assert!(pattern.matches("*?${x}"));
        assert!(!pattern.matches("ab${x}"));
    }

    #[test]
    fn default_is_used_only_when_the_key_is_absent() {
        let source = "${aws:PrincipalTag/team, 'company-wide'}";
        assert!(expand(source, &[]).unwrap().matches("company-wide"));
        assert!(expand(source, &[("aws:PrincipalTag/team", &["red"])]).unwrap().matches("red"));
    }

    #[test]
    fn absent_key_leaves_a_variable_unresolved() {
        let unresolved = expand("env/${aws:PrincipalTag/environment}/*", &[]).unwrap_err();
        assert_eq!(
            unresolved.to_string(),
            "`${aws:PrincipalTag/environment}` cannot be resolved: the request has no `aws:PrincipalTag/environment`"
        );
    }

    #[test]
    fn key_with_several_values_leaves_a_variable_unresolved() {
        let unresolved = expand("${aws:TagKeys}", &[("aws:TagKeys", &["a", "b"])]).unwrap_err();
        assert!(unresolved.to_string().contains("has 2 values"));
        assert!(expand("${aws:TagKeys, 'x'}", &[("aws:TagKeys", &["a", "b"])]).is_err());
    }

    #[test]
    fn variables_are_text_where_the_version_has_none() {
        let pattern =
            Template::parse("${a}/*", Version::WithoutVariables).unwrap().expand(&context(&[("a", &["x"])])).unwrap();
        assert!(pattern.matches("${a}/b"));
        assert!(!pattern.matches("x/b"));
    }

    #[test]
    fn variable_that_is_not_written_right_is_refused() {
        for source in ["${a", "${}", "${ , 'x'}", "${a, x}", "${a, '}"] {
            assert!(Template::parse(source, Version::WithVariables).is_err(), "{source}");
        }
    }
}
