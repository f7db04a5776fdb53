//! The input `vault-secrets`, in the notation of vault-action: `PATH KEY | NAME`, separated by semicolons.
//!
//! <https://github.com/hashicorp/vault-action#simple-key>

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::lines::env_name::{DIFFERS_IN_CASE, EnvName};
use crate::text::printable::printable;
use crate::text::table::Names;

/// One entry: a path, and what of its secret is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultLine {
    /// Where the secret is.
    pub path: VaultPath,
    /// What of it is loaded.
    pub taken: Taken,
}

/// What is loaded of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The value that these keys lead to, each in the object of the one before.
    One {
        /// The variable to set.
        name: EnvName,
        /// At least one.
        keys: Vec<String>,
    },
    /// `*` and `**`: every key that no entry names.
    All {
        /// What stands before each key in the name of its variable.
        prefix: String,
        /// Whether the name is in capitals, as `*` has it.
        capitals: bool,
    },
}

/// A path below `/v1/` that is read, and the version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VaultPath {
    path: String,
    version: Option<u64>,
}

/// What a path cannot have as it is. A `%` begins an octet that the user has encoded.
const UNSAFE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

impl VaultPath {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        let version = match query.map(|query| query.strip_prefix("version=").unwrap_or_default()) {
            None => None,
            Some(digits) => Some(digits.parse().map_err(|_| "has a query that is not `?version=` and a number")?),
        };
        let path = path.trim_matches('/');
        // The URL parser of the host would leave these out, and what is around them.
        let is_dots = |part: &str| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "" | "." | "..");
        if path.contains('#') || path.split('/').any(is_dots) {
            return Err("has a path with an empty part, `.`, `..` or `#`");
        }
        Ok(Self { path: path.to_owned(), version })
    }

    /// As the entry has it, with the version: safe to print.
    pub fn shown(&self) -> String {
        let version = self.version.map_or(String::new(), |version| format!("?version={version}"));
        printable(&format!("{}{version}", self.path))
    }

    /// As a URL has it.
    pub fn encoded(&self) -> String {
        let version = self.version.map_or(String::new(), |version| format!("?version={version}"));
        format!("{}{version}", utf8_percent_encode(&self.path, UNSAFE))
    }

    /// The path of the same secret in an engine of version 2 whose mount has one part.
    pub fn with_data(&self) -> Option<String> {
        let (mount, rest) = self.path.split_once('/')?;
        Some(printable(&format!("{mount}/data/{rest}")))
    }

    /// Whether one of its parts is `data`, as in all paths of version 2.
    pub fn has_data(&self) -> bool {
        self.path.split('/').any(|part| part == "data")
    }
}

/// Reads all entries; an error has a message for each wrong one, with its text.
pub fn parse(text: &str) -> Result<Vec<VaultLine>, Vec<String>> {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    let mut lower_case = Names::default();
    for entry in lines.join("\n").split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
        let mut refuse = |problem: &str| problems.push(format!("`{}`: {problem}", one_line(entry)));
        match VaultLine::parse(entry) {
            Err(problem) => refuse(&problem),
            Ok(line) => {
                if let Taken::One { name, .. } = &line.taken
                    && !lower_case.add(name.as_str().to_ascii_lowercase(), ())
                {
                    refuse(&format!("`{name}` is already set by another entry, or one that {DIFFERS_IN_CASE}"));
                }
                entries.push(line);
            }
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

/// Whether `secrets` has what belongs into `vault-secrets`: a path and a key, which no line of its own notation has.
pub fn looks_like_vault(text: &str) -> bool {
    let is_entry = |entry: &str| {
        let mut words = entry.split_whitespace();
        let path = words.next().unwrap_or_default().split('?').next().unwrap_or_default();
        path.contains('/') && !path.contains('=') && words.next().is_some()
    };
    text.split([';', '\n']).any(is_entry)
}

fn one_line(entry: &str) -> String {
    printable(&entry.split_whitespace().collect::<Vec<_>>().join(" "))
}

impl VaultLine {
    fn parse(entry: &str) -> Result<Self, String> {
        const FORM: &str = "is not `PATH KEY | NAME`; entries are separated by `;`";
        let (source, name) = match entry.rsplit_once('|') {
            Some((source, name)) => (source.trim(), Some(name.trim())),
            None => (entry, None),
        };
        let (path, selector) = source.split_once(char::is_whitespace).ok_or(FORM)?;
        let selector = selector.trim();
        if name == Some("") {
            return Err("has no name after `|`".to_owned());
        }
        let taken = match selector {
            "*" | "**" => Taken::All { prefix: name.unwrap_or_default().to_owned(), capitals: selector == "*" },
            selector => {
                let keys = keys(selector).ok_or(match selector.contains(char::is_whitespace) {
                    true => FORM,
                    false => {
                        "has a selector that is not a plain path of keys (`KEY`, `KEY.KEY`, or `\"KEY\"` with quotation \
                         marks for other characters): functions, filters and indexes are not supported"
                    }
                })?;
                let name = match name {
                    Some(name) => EnvName::parse(name)?,
                    None => {
                        let name = variable(selector, true);
                        EnvName::parse(&name).map_err(|problem| {
                            format!("gives a variable `{}`, which {problem}. Name it: `| NAME`", printable(&name))
                        })?
                    }
                };
                Taken::One { name, keys }
            }
        };
        Ok(Self { path: VaultPath::parse(path)?, taken })
    }
}

/// The keys of a selector that is a plain path; none if it is something else.
fn keys(selector: &str) -> Option<Vec<String>> {
    let is_plain =
        |character: char| !character.is_ascii() || character.is_ascii_alphanumeric() || "_-/@:+".contains(character);
    let (mut keys, mut rest) = (Vec::new(), selector);
    loop {
        let quote = rest.chars().next().filter(|first| matches!(first, '"' | '`'));
        let (key, after) = match quote {
            Some(quote) => rest.get(1..)?.split_once(quote).filter(|(key, _)| !key.contains('\\'))?,
            None => {
                let (key, after) = rest.split_at_checked(rest.find('.').unwrap_or(rest.len()))?;
                key.chars().all(is_plain).then_some((key, after))?
            }
        };
        (!key.is_empty()).then_some(())?;
        keys.push(key.to_owned());
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None => return after.is_empty().then_some(keys),
        }
    }
}

/// The variable that vault-action makes of a key: its first dot becomes `__`, and what no name can have is left out.
pub(crate) fn variable(key: &str, capitals: bool) -> String {
    // Letters of other scripts stay, so that the name is refused and not another one.
    let kept = |character: &char| !character.is_ascii() || character.is_ascii_alphanumeric() || *character == '_';
    let name: String = key.replacen('.', "__", 1).chars().filter(kept).collect();
    if capitals { name.to_ascii_uppercase() } else { name }
}

#[cfg(test)]
mod tests;
