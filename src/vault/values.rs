//! What the entries of `vault-secrets` take of the secrets that were read.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use crate::error::Error;
use crate::error::problem::ValueProblem;
use crate::lines::env_name::{DIFFERS_IN_CASE, EnvName, WantedBy};
use crate::lines::values::Kind;
use crate::lines::vault::{Taken, VaultLine, VaultPath, variable};
use crate::stores::document::text_of;
use crate::stores::resolve::Value;
use crate::text::json::Object;
use crate::text::nearest::nearest;
use crate::text::printable::printable;
use crate::vault::read::Kept;

/// What was read, each path once.
pub type Reads = Vec<(VaultPath, Result<Kept, Error>)>;

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
        Taken::One { name, .. } => Some(name.as_str().to_ascii_lowercase()),
        Taken::All { .. } => None,
    });
    let mut loading = Loading {
        at,
        named: named.collect(),
        taken: BTreeMap::new(),
        loaded: Loaded::default(),
        problems: Vec::new(),
        numbers: Vec::new(),
    };
    let mut unread = None;
    for line in lines {
        match reads.iter().find(|(path, _)| *path == line.path).map(|(_, kept)| kept) {
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
    /// The names of entries of their own, in lower case: `*` leaves them alone.
    named: BTreeSet<String>,
    /// Those that `*` took, with the key and the path.
    taken: BTreeMap<String, (String, String)>,
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
        let folded = name.to_ascii_lowercase();
        if self.named.contains(&folded) {
            return Ok(None);
        }
        let name = EnvName::wanted_by(WantedBy::Star, name)
            .map_err(|problem| format!("gives a variable `{}`, which {problem}", printable(name)))?;
        match self.taken.entry(folded) {
            Entry::Vacant(entry) => {
                entry.insert((printable(key), path.shown()));
                Ok(Some(name))
            }
            Entry::Occupied(entry) => {
                let (other, store) = entry.get();
                Err(format!(
                    "gives the variable `{name}`, as key `{other}` of {store} does, or one that {DIFFERS_IN_CASE}"
                ))
            }
        }
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
            decoded: None,
            scope: None,
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
mod tests {
    use super::*;
    use crate::lines::vault::parse;

    fn loaded(entries: &str, secret: &str, version: Option<&str>) -> Result<Loaded, Error> {
        let lines = parse(entries).unwrap();
        let values = Object::parse(secret.as_bytes()).unwrap();
        let kept = || Kept { values: values.clone(), version: version.map(str::to_owned), is_leased: false };
        let reads = lines.iter().map(|line| (line.path.clone(), Ok(kept()))).collect();
        load(&lines, &reads, "https://vault.example")
    }

    fn values(entries: &str, secret: &str) -> Vec<(String, String)> {
        let loaded = loaded(entries, secret, None).unwrap_or_else(|error| panic!("{error}"));
        loaded.values.iter().map(|value| (value.name.to_string(), value.text.secret().to_owned())).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn keys_lead_through_objects_and_through_strings_that_hold_one() {
        let secret =
            r#"{"a":{"b":{"c":"x"}},"j":"{\"k\":{\"l\":1.50}}","a.b":"dotted","n":1.10,"t":true,"o":{"k": [1, 2]}}"#;
        let entries = "s a.b.c | A; s j.k.l | B; s \"a.b\" | C; s n; s t; s o; s j.k | D";
        let expected = [
            ("A", "x"),
            ("B", "1.50"),
            ("C", "dotted"),
            ("N", "1.10"),
            ("T", "true"),
            ("O", r#"{"k":[1,2]}"#),
            ("D", r#"{"l":1.50}"#),
        ];
        assert_eq!(values(entries, secret), pairs(&expected));
    }

    #[test]
    fn a_star_takes_what_no_entry_names() {
        let secret = r#"{"token":"a","db.user":"b","my-key":"c","gone":null}"#;
        assert_eq!(
            values("s * ; s token | X", secret),
            pairs(&[("DB__USER", "b"), ("MYKEY", "c"), ("TOKEN", "a"), ("X", "a")])
        );
        assert_eq!(values("s ** | ci_", secret), pairs(&[("ci_db__user", "b"), ("ci_mykey", "c"), ("ci_token", "a")]));
        assert_eq!(
            values("s * | ci_ ; s my-key | CI_TOKEN", secret),
            pairs(&[("CI_DB__USER", "b"), ("CI_MYKEY", "c"), ("CI_TOKEN", "c")])
        );
        let notices = loaded("s *", secret, None).unwrap().notices;
        assert!(notices.len() == 1 && notices[0].contains("null: `gone`"), "{notices:?}");
    }

    #[test]
    fn keys_of_one_name_are_an_error_under_a_star() {
        let told = loaded("s *", r#"{"a-b":"1","ab":"2"}"#, None).unwrap_err().to_string();
        assert!(told.contains("`ab`") && told.contains("`AB`") && told.contains("`a-b`"), "{told}");
        assert!(loaded("s * ; s/x *", r#"{"a":"1"}"#, None).is_err());
        let told = loaded("s *", r#"{"path":"1"}"#, None).unwrap_err();
        assert_eq!(told.code().as_str(), "name-unusable");
    }

    #[test]
    fn a_missing_key_is_told_with_what_may_be_meant() {
        let secret = r#"{"token":"a","a.b":"x","n":null,"t":"text"}"#;
        for (entry, code, told) in [
            ("s tokem | A", "key-missing", "did you mean `token`?"),
            ("s a.b | A", "key-missing", "write `\"a.b\"`"),
            ("s t.x | A", "key-missing", "`t` is not an object"),
            ("s n | A", "value-unusable", "is null"),
        ] {
            let error = loaded(entry, secret, None).unwrap_err();
            assert!(error.code().as_str() == code && error.to_string().contains(told), "{entry}: {error}");
        }
        let both = loaded("s x1 | A; s y1 | B", secret, None).unwrap_err().to_string();
        assert!(both.contains("`x1`") && both.contains("`y1`"), "{both}");
    }

    #[test]
    fn numbers_that_vault_may_have_rewritten_are_told_once() {
        let secret = r#"{"a":1.1,"b":12345678901234567000,"c":3,"d":"1.10","e":2e3}"#;
        let notices = loaded("s *", secret, Some("3")).unwrap().notices;
        assert!(notices.len() == 1 && notices[0].starts_with("A, B, E: "), "{notices:?}");
        assert!(loaded("s *", secret, None).unwrap().notices.is_empty());
    }
}
