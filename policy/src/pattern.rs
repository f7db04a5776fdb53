//! Text of a policy that may hold variables (`${aws:PrincipalTag/repository}`) and wildcards (`*`, `?`).
//!
//! A [`Template`] is the text as written, taken apart; [`Template::expand`] puts the request's values into it and gives
//! a [`Pattern`]. Wildcards are recognized before values come in, so a `*` in a value is only ever the character.
//!
//! Rules: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::fmt;

use crate::context::Context;

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
#[derive(Debug)]
pub(crate) struct Template {
    source: String,
    tokens: Vec<Token>,
}

#[derive(Debug)]
enum Token {
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
    match (context.values(key).unwrap_or_default(), default) {
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
#[derive(Debug)]
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
        self.0.iter().try_for_each(|glyph| match glyph {
            Glyph::Char(char @ ('*' | '?')) => write!(f, "${{{char}}}"),
            Glyph::Char(char) => write!(f, "{char}"),
            Glyph::AnyOne => f.write_str("?"),
            Glyph::AnyRun => f.write_str("*"),
        })
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
