//! What the entries of `vault-secrets` take of the secrets that were read.

use crate::error::Error;
use crate::error::problem::ValueProblem;
use crate::lines::env_name::{DIFFERS_IN_CASE, EnvName};
use crate::lines::star_names::{NoName, StarNames};
use crate::lines::values::Kind;
use crate::lines::vault::{Taken, VaultLine, VaultPath, variable};
use crate::stores::document::text_of;
use crate::stores::resolve::{Level, Value};
use crate::text::json::Object;
use crate::text::nearest::nearest;
use crate::text::printable::printable;
use crate::text::table::Table;
use crate::vault::read::Kept;

/// What was read, by the encoded path.
pub type Reads = Table<(VaultPath, Result<Kept, Error>)>;

/// The values, with notices for the log.
#[derive(Debug, Default)]
pub struct Loaded {
    /// In the order of the entries.
    pub values: Vec<Value>,
    /// For the log.
    pub notices: Vec<String>,
}

/// The values, or all that is wrong with what was read. `at` is the address of Vault.
pub fn load(lines: &[VaultLine], reads: &Reads, at: &str) -> Result<Loaded, Error> {
    let named = lines.iter().filter_map(|line| match &line.taken {
        Taken::One { name, .. } => Some(name),
        Taken::All { .. } => None,
    });
    let mut loading = Loading {
        at,
        names: StarNames::beside(named),
        loaded: Loaded::default(),
        problems: Vec::new(),
        numbers: Vec::new(),
    };
    let mut unread = None;
    for line in lines {
        match reads.get(&line.path.encoded()).map(|(_, kept)| kept) {
            Some(Ok(kept)) => loading.take(line, kept),
            Some(Err(error)) => unread = Some(unread.map_or(error.clone(), |others: Error| others.and(error.clone()))),
            None => return Err(Error::Internal("a path was not read")),
        }
    }
    let Loading { mut loaded, mut problems, numbers, .. } = loading;
    problems.dedup();
    let unusable = (!problems.is_empty()).then_some(Error::ValuesUnusable(problems));
    if let Some(error) = unread.into_iter().chain(unusable).reduce(Error::and) {
        return Err(error);
    }
    if !numbers.is_empty() {
        loaded.notices.push(format!(
            "{}: Vault's KV engine of version 2 rewrites numbers (1.10 becomes 1.1, and the last digits of long ones change). \
             Keep what has to stay as it is as a string.",
            numbers.join(", ")
        ));
    }
    Ok(loaded)
}

struct Loading<'a> {
    at: &'a str,
    names: StarNames,
    loaded: Loaded,
    problems: Vec<ValueProblem>,
    /// The variables whose numbers Vault may have rewritten.
    numbers: Vec<String>,
}

impl Loading<'_> {
    fn take(&mut self, line: &VaultLine, kept: &Kept) {
        match &line.taken {
            Taken::One { name, keys } => self.one(name, keys, &line.path, kept),
            Taken::All { prefix, capitals } => self.all(prefix, *capitals, &line.path, kept),
        }
    }

    fn one(&mut self, name: &EnvName, keys: &[String], path: &VaultPath, kept: &Kept) {
        match member(&kept.values, keys) {
            Ok(json) => self.add(name.clone(), &keys.join("."), &json, path, kept),
            Err(instead) => self.problems.push(ValueProblem::KeyMissing {
                variable: name.to_string(),
                key: printable(&keys.join(".")),
                stores: vec![path.shown()],
                instead,
            }),
        }
    }

    fn all(&mut self, prefix: &str, capitals: bool, path: &VaultPath, kept: &Kept) {
        let mut nulls = Vec::new();
        for key in kept.values.names() {
            let json = kept.values.json(key).unwrap_or_default();
            match self.name(key, &variable(&format!("{prefix}{key}"), capitals), path) {
                Ok(None) => {}
                Ok(Some(_)) if json == "null" => nulls.push(format!("`{}`", printable(key))),
                Ok(Some(name)) => self.add(name, key, json, path, kept),
                Err(problem) => {
                    self.problems.push(ValueProblem::NameUnusable {
                        key: printable(key),
                        store: path.shown(),
                        problem,
                    });
                }
            }
        }
        if !nulls.is_empty() {
            self.loaded.notices.push(format!(
                "`*` skipped keys of {} that are null: {}.",
                path.shown(),
                nulls.join(", ")
            ));
        }
    }

    /// The name for a key; none if an entry of its own loads it.
    fn name(&mut self, key: &str, name: &str, path: &VaultPath) -> Result<Option<EnvName>, String> {
        self.names.give(name, &printable(key), &path.shown()).map_err(|no_name| match no_name {
            NoName::Unusable(problem) => format!("gives a variable `{}`, which {problem}", printable(name)),
            NoName::Taken { key: other, from } => {
                format!("gives the variable `{name}`, as key `{other}` of {from} does, or one that {DIFFERS_IN_CASE}")
            }
        })
    }

    fn add(&mut self, name: EnvName, key: &str, json: &str, path: &VaultPath, kept: &Kept) {
        let secret_name = path.shown();
        let text = match text_of(json) {
            Ok(text) => text,
            Err(problem) => {
                let (variable, key) = (name.to_string(), printable(key));
                self.problems.push(ValueProblem::ValueUnusable { variable, key, store: secret_name, problem });
                return;
            }
        };
        if kept.version.is_some() && may_be_rewritten(json) {
            self.numbers.push(name.to_string());
        }
        self.loaded.values.push(Value {
            name,
            kind: Kind::Secret,
            text,
            also: None,
            level: Level::Secret,
            secret_arn: format!("{}/v1/{secret_name}", self.at),
            secret_name,
            version_id: kept.version.clone().unwrap_or_default(),
        });
    }
}

/// The JSON that the keys lead to, through objects and through strings that hold one; or else what may have been meant.
fn member(values: &Object, keys: &[String]) -> Result<String, Option<String>> {
    let mut object = values.clone();
    let mut keys_left = keys.iter();
    while let Some(key) = keys_left.next() {
        let Some(json) = object.json(key) else {
            let whole = keys.join(".");
            let quoted = (values.json(&whole).is_some())
                .then(|| format!("write `\"{}\"`, in quotation marks", printable(&whole)));
            let near = || nearest(key, object.names()).map(|key| format!("did you mean `{}`?", printable(key)));
            return Err(quoted.or_else(near));
        };
        if keys_left.len() == 0 {
            return Ok(json.to_owned());
        }
        let inner = object.object(key).or_else(|| Object::parse(object.text(key)?.as_bytes()));
        object = inner.ok_or_else(|| Some(format!("`{}` is not an object", printable(key))))?;
    }
    Err(None)
}

/// A number with a fraction or an exponent, or one with more digits than a double keeps.
fn may_be_rewritten(json: &str) -> bool {
    const DIGITS: usize = 15;
    json.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && (json.contains(['.', 'e', 'E']) || json.len() > DIGITS)
}

#[cfg(test)]
mod tests;
