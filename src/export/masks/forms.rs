//! A text as programs escape it. Each form replaces single characters, so all of them leave letters and digits alone.

use std::cell::OnceCell;
use std::fmt::Write;
use std::rc::Rc;

use crate::text::hex::push_hex;

/// How many kinds of texts are remembered.
const MAX_KNOWN: usize = 64;

/// By `printf %q`: a comment, and somebody's home.
const ESCAPED_AT_START: [char; 2] = ['#', '~'];

/// A way to print a text. But for what [`ESCAPED_AT_START`], it replaces each character by itself.
pub type Form = fn(&str) -> String;

/// What the runner makes of each mask, but for Base64: see `ValueEncoders.cs` of actions/runner.
const OF_RUNNER: &[Form] = &[
    |text| json(text, Json { escaped: "\u{85}\u{2028}\u{2029}", ..JAVASCRIPT }),
    |text| text.replace('"', "\\\""),
    |text| text.replace('\'', "''"),
    |text| percent(text, "-_.~", Percent::Upper),
    |text| markup(text, "&quot;", "&apos;", "+"),
];

/// A text in each form of the runner's.
pub fn of_runner(text: &str) -> Vec<String> {
    OF_RUNNER.iter().map(|form| form(text)).collect()
}

/// The others.
const ALL: &[Form] = &[
    // JSON
    |text| json(text, JAVASCRIPT),
    // Go, Ruby on Rails.
    |text| json(text, Json { escaped: "<>&\u{2028}\u{2029}", ..JAVASCRIPT }),
    // PowerShell 5, Newtonsoft.Json for HTML.
    |text| json(text, Json { escaped: "<>&'\u{85}\u{2028}\u{2029}", ..JAVASCRIPT }),
    // Gson.
    |text| json(text, Json { escaped: "<>&='\u{2028}\u{2029}", ..JAVASCRIPT }),
    // Python, `jq --ascii-output`.
    |text| json(text, Json { is_ascii: true, ..JAVASCRIPT }),
    // PHP.
    |text| json(text, Json { is_ascii: true, ..JAVASCRIPT }).replace('/', "\\/"),
    // .NET's System.Text.Json.
    |text| json(text, Json { escaped: "\"&'+<>`\u{7f}", is_ascii: true, is_upper: true }),
    // Percent: JavaScript's encodeURIComponent and encodeURI, Python's quote, SQLAlchemy.
    |text| percent(text, "-_.~!*'()", Percent::Upper),
    |text| percent(text, "-_.~!*'();/?:@&=+$,#", Percent::Upper),
    |text| percent(text, "-_.~/", Percent::Upper),
    |text| percent(text, "-_.~ +", Percent::Upper),
    // In lower case.
    |text| percent(text, "-_.~", Percent::Lower),
    |text| percent(text, "-_.!*()", Percent::Lower).replace("%20", "+"),
    // Forms: JavaScript's URLSearchParams and Java, Go's QueryEscape and Python's quote_plus, PHP.
    |text| percent(text, "-_.*", Percent::Upper).replace("%20", "+"),
    |text| percent(text, "-_.~", Percent::Upper).replace("%20", "+"),
    |text| percent(text, "-_.", Percent::Upper).replace("%20", "+"),
    // User info and path in Go's net/url.
    |text| percent(text, "-_.~$&+,;=", Percent::Upper),
    |text| percent(text, "-_.~$&+=:@", Percent::Upper),
    // User info and query in the URL of Node and of browsers.
    |text| percent(text, "-_.~!$%&'()*+,", Percent::Upper),
    |text| percent(text, "-_.~!$%&()*+,/:;=?@[\\]^`{|}", Percent::Upper),
    // Markup: Go, html/template, Jinja.
    |text| markup(text, "&#34;", "&#39;", "+"),
    |text| markup(text, "&#34;", "&#39;", "&#43;"),
    // Rails, lodash; Python; PHP; text of XML.
    |text| markup(text, "&quot;", "&#39;", "+"),
    |text| markup(text, "&quot;", "&#x27;", "+"),
    |text| markup(text, "&quot;", "&#039;", "+"),
    |text| markup(text, "\"", "'", "+"),
    // Shells: single quotes of `set -x`, of `${x@Q}` and of `jq @sh`, then of Python's shlex.
    |text| text.replace('\'', "'\\''"),
    |text| text.replace('\'', "'\"'\"'"),
    // Double quotes of `declare -p` and `export -p`.
    |text| each(text, |c, out| with_backslash(c, "\"$`\\", out)),
    // `printf %q`.
    |text| {
        let quoted = each(text, |c, out| with_backslash(c, " \t!\"$&'()*,;<>?[\\]^`{|}", out));

        if text.starts_with(ESCAPED_AT_START) { format!("\\{quoted}") } else { quoted }
    },
    // `$'...'`, by bash and by Python's repr and JavaScript's console.log.
    |text| ansi_c(text, true),
    |text| ansi_c(text, false),
    // CSV.
    |text| text.replace('"', "\"\""),
];

/// Those of the others that differ from the text, from what the runner makes of it, and from each other.
///
/// They are told apart by the characters that can be escaped, each once: long texts have few of them, and many texts the same.
#[derive(Default)]
pub struct Distinct {
    known: Vec<(String, Rc<Forms>)>,
}

impl Distinct {
    /// Those of a text, and of what is cut out of it.
    pub fn of(&mut self, text: &str) -> Rc<Forms> {
        let mut escapable: Vec<char> = text.chars().filter(|character| !is_never_escaped(*character)).collect();
        escapable.sort_unstable();
        escapable.dedup();
        // A letter before them: `#` and `~` are escaped at the start alone, by a form that escapes the rest as well.
        let first = text.chars().next().filter(|first| !is_never_escaped(*first)).unwrap_or('a');
        let sample: String = std::iter::once(first).chain(escapable.iter().copied()).collect();
        if let Some((_, forms)) = self.known.iter().find(|(known, _)| *known == sample) {
            forms.escaped.get_or_init(|| forms.escaped());
            return forms.clone();
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        let forms = Rc::new(Forms::new(&sample, escapable));
        self.known.push((sample, forms.clone()));
        forms
    }
}

/// Forms of texts that have the same characters which can be escaped.
pub struct Forms {
    escapable: Vec<char>,
    forms: Vec<Form>,
    /// What each form makes of each of these characters: known from the second such text on, or it would not pay.
    escaped: OnceCell<Vec<Vec<String>>>,
}

impl Forms {
    fn new(sample: &str, escapable: Vec<char>) -> Self {
        let mut seen = of_runner(sample);
        seen.push(sample.to_owned());
        let mut forms = Vec::new();
        for form in ALL {
            let made = form(sample);
            if !seen.contains(&made) {
                seen.push(made);
                forms.push(*form);
            }
        }
        Self { escapable, forms, escaped: OnceCell::new() }
    }

    fn escaped(&self) -> Vec<Vec<String>> {
        let of = |form: &Form| self.escapable.iter().map(|character| escaped_inside(*form, *character)).collect();
        self.forms.iter().map(of).collect()
    }

    /// A text in each form. It is taken apart once, not by each form character by character.
    pub fn of(&self, text: &str) -> Vec<String> {
        let escaped = match self.escaped.get() {
            Some(escaped) if !text.starts_with(ESCAPED_AT_START) => escaped,
            _ => return self.forms.iter().map(|form| form(text)).collect(),
        };
        let pieces: Vec<_> =
            text.split_inclusive(|character| !is_never_escaped(character)).map(|piece| self.piece(piece)).collect();
        let mut forms = Vec::new();
        for escaped in escaped {
            let mut form = String::with_capacity(text.len() + text.len() / 4);
            for (kept, place) in &pieces {
                form.push_str(kept);
                form.push_str(escaped.get(*place).map_or("", String::as_str));
            }
            forms.push(form);
        }
        forms
    }

    /// What no form changes, and the place of the character after it, if there is one: the last piece may have none.
    fn piece<'t>(&self, piece: &'t str) -> (&'t str, usize) {
        let mut kept = piece.chars();
        match kept.next_back().and_then(|last| self.escapable.binary_search(&last).ok()) {
            Some(place) => (kept.as_str(), place),
            None => (piece, usize::MAX),
        }
    }
}

/// What a form makes of a character that is not the first.
fn escaped_inside(form: Form, character: char) -> String {
    form(&format!("a{character}")).strip_prefix('a').unwrap_or_default().to_owned()
}

fn is_never_escaped(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

/// Whether no form differs from the text itself.
pub fn is_inert(text: &str) -> bool {
    text.chars().all(is_never_escaped)
}

/// Runs of letters and digits that no other text of a log is likely to have, and that no escaping changes.
///
/// A run counts from 12 characters on, if at least at every fourth place an upper-case letter, a lower-case letter or a
/// digit follows one of another kind: half of the places do so in random text, few in words, names and numbers.
pub fn random_runs(text: &str) -> impl Iterator<Item = &str> {
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    text.split(|character: char| !character.is_ascii_alphanumeric()).filter(move |run| {
        let changes = run.bytes().zip(run.bytes().skip(1)).filter(|(one, next)| kind(*one) != kind(*next)).count();
        run.len() >= 12 && changes * 4 >= run.len()
    })
}

/// No form escapes letters and digits, so they are copied together.
fn each(text: &str, escape: impl Fn(char, &mut String)) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !byte.is_ascii_alphanumeric()) {
        let (copied, others) = rest.split_at_checked(at).unwrap_or(("", rest));
        escaped.push_str(copied);
        let mut characters = others.chars();
        characters.next().into_iter().for_each(|character| escape(character, &mut escaped));
        rest = characters.as_str();
    }
    escaped.push_str(rest);
    escaped
}

fn with_backslash(character: char, escaped: &str, out: &mut String) {
    if escaped.contains(character) {
        out.push('\\');
    }
    out.push(character);
}

/// What a writer of JSON escapes beside what the standard wants.
#[derive(Clone, Copy)]
struct Json {
    escaped: &'static str,
    is_ascii: bool,
    is_upper: bool,
}

const JAVASCRIPT: Json = Json { escaped: "", is_ascii: false, is_upper: false };

fn json(text: &str, writer: Json) -> String {
    each(text, |character, out| {
        let short = match character {
            '"' => '"',
            '\\' => '\\',
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ => '\0',
        };
        if character < ' ' && short == '\0'
            || writer.escaped.contains(character)
            || (writer.is_ascii && !character.is_ascii())
        {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = if writer.is_upper { write!(out, "\\u{unit:04X}") } else { write!(out, "\\u{unit:04x}") };
            }
        } else if short != '\0' {
            out.extend(['\\', short]);
        } else {
            out.push(character);
        }
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Percent {
    Upper,
    Lower,
}

/// Every byte as `%XX` but ASCII's letters and digits and what is `kept`.
fn percent(text: &str, kept: &str, digits: Percent) -> String {
    each(text, |character, out| {
        if character.is_ascii_alphanumeric() || kept.contains(character) {
            out.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                out.push('%');
                push_hex(out, byte, digits == Percent::Upper);
            }
        }
    })
}

fn markup(text: &str, double_quote: &str, single_quote: &str, plus: &str) -> String {
    each(text, |character, out| match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str(double_quote),
        '\'' => out.push_str(single_quote),
        '+' => out.push_str(plus),
        other => out.push(other),
    })
}

/// What bash puts between `$'` and `'`. In the locale C only ASCII is printable.
fn ansi_c(text: &str, is_unicode: bool) -> String {
    each(text, |character, out| {
        let short = match character {
            '\'' => '\'',
            '\\' => '\\',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\u{1b}' => 'E',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\u{b}' => 'v',
            _ => '\0',
        };
        if short != '\0' {
            out.extend(['\\', short]);
        } else if character.is_control() || !(is_unicode || character.is_ascii()) {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "\\{byte:03o}");
            }
        } else {
            out.push(character);
        }
    })
}

#[cfg(test)]
mod tests;
