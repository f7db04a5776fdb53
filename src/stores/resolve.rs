//! What the step asks for, line by line, and what the stores have for it.

use crate::error::Error;
use crate::error::problem::ValueProblem;
use crate::lines::env_name::{DIFFERS_IN_CASE, EnvName};
use crate::lines::secrets::SecretLine;
use crate::lines::star_names::{NoName, StarNames};
use crate::lines::values::{Kind, ValueLine};
use crate::stores::document::Document;
use crate::stores::naming::Scope;
use crate::stores::settle::{Layer, Layers};
use crate::text::nearest::nearest;
use crate::text::printable::printable;
use crate::text::secret::Secret;
use crate::text::table::Names;

/// A value with the name to export it by, and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The variable.
    pub name: EnvName,
    /// Whether it is masked.
    pub kind: Kind,
    /// What it is set to.
    pub text: Secret,
    /// Another text that shows what it holds, to be masked like it: what it is Base64 of, or the items of a list, one a line.
    pub also: Option<Secret>,
    /// Where it is from.
    pub level: Level,
    /// The name of its secret or parameter.
    pub secret_name: String,
    /// The ARN of that, safe to print.
    pub secret_arn: String,
    /// The version of that, safe to print.
    pub version_id: String,
}

/// Where a value is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A store of the job.
    Store(Scope),
    /// A secret that a line of `secrets`, or an entry of `vault-secrets`, names.
    Secret,
    /// A parameter that a line of `secrets` names.
    Parameter,
}

impl Level {
    /// `environment`, `repository`, `secret` or `parameter`
    pub fn name(self) -> &'static str {
        match self {
            Self::Store(scope) => scope.name(),
            Self::Secret => "secret",
            Self::Parameter => "parameter",
        }
    }
}

impl Value {
    /// What it is and where it is from, for the log.
    pub fn origin(&self) -> String {
        let Self { name, kind, level, secret_name, version_id, .. } = self;
        let version = if *level == Level::Parameter { format!(", version {version_id}") } else { String::new() };
        format!("{name} ({}) from {} {secret_name}{version}", kind.name(), level.name())
    }
}

/// The services that values of AWS are from, as people call them.
pub(crate) fn services_of(values: &[Value]) -> &'static str {
    let of_parameters = values.iter().filter(|value| value.level == Level::Parameter).count();
    match of_parameters {
        0 => "AWS Secrets Manager",
        _ if of_parameters == values.len() => "AWS Parameter Store",
        _ => "AWS Secrets Manager and Parameter Store",
    }
}

/// What a step asks for, and what was read for it.
pub struct Lookup<'a> {
    /// `values`
    pub lines: &'a [ValueLine],
    /// What the stores of each kind gave.
    pub layers: &'a [(Kind, Layers)],
    /// `secrets`
    pub secret_lines: &'a [SecretLine],
    /// Those lines whose secrets were read.
    pub secrets: &'a [(&'a SecretLine, &'a Document)],
}

/// What a step gets.
#[derive(Debug)]
pub struct Resolved {
    /// The values.
    pub values: Vec<Value>,
    /// For the log.
    pub notices: Vec<String>,
}

impl Lookup<'_> {
    /// The values, an environment's before the repository's, or every reason why not.
    ///
    /// A repository store that could not be read is an error only if a line is left that the environment's store does
    /// not answer.
    pub fn resolve(&self) -> Result<Resolved, Error> {
        let mut values = Vec::new();
        let mut problems = Vec::new();
        let mut by_star = ByStar { names: StarNames::beside(self.names()), notices: Vec::new() };
        for line in self.lines {
            let layers = self.layers.iter().find(|(kind, _)| *kind == line.kind());
            let (_, layers) = layers.ok_or(Error::Internal("a store was not planned"))?;
            match line {
                ValueLine::One { name, key, optional, kind } => match find(key, layers)? {
                    Some((scope, document)) => match document.text(key) {
                        Ok(text) => values.push(value(name.clone(), *kind, text, Level::Store(scope), document)),
                        Err(problem) => problems.push(unusable(name, key, document, problem)),
                    },
                    None if *optional => {}
                    None => problems.push(self.missing(name, *kind, key, layers)),
                },
                ValueLine::All(kind) => by_star.load(*kind, layers, &mut values, &mut problems)?,
            }
        }
        for (line, document) in self.secrets {
            match by_star.load_secret(line, document) {
                Ok(value) => values.extend(value),
                Err(problem) => problems.push(problem),
            }
        }
        problems.dedup();
        match problems.is_empty() {
            true => Ok(Resolved { values, notices: by_star.notices }),
            false => Err(Error::ValuesUnusable(problems)),
        }
    }

    #[inline(never)]
    fn missing(&self, name: &EnvName, kind: Kind, key: &str, layers: &Layers) -> ValueProblem {
        let stores = layers.stores_read();
        if stores.is_empty() {
            return ValueProblem::StoreNotFound { stores: layers.stores_not_found() };
        }
        let others = self.layers.iter().filter(|(other, _)| *other != kind);
        let in_other = others.filter(|(_, layers)| layers.documents().any(|document| document.has(key)));
        let other_kind = in_other
            .map(|(other, _)| format!("it is a {0}: write `{name},{0},{1}`", other.name(), printable(key)))
            .next();
        let instead = other_kind.or_else(|| did_you_mean(key, &layers.documents().collect::<Vec<_>>()));
        ValueProblem::KeyMissing { variable: name.to_string(), key: printable(key), stores, instead }
    }

    /// The variables that have lines of their own.
    fn names(&self) -> impl Iterator<Item = &EnvName> {
        let of_values = self.lines.iter().filter_map(|line| match line {
            ValueLine::One { name, .. } => Some(name),
            ValueLine::All(_) => None,
        });
        let of_secrets = self.secret_lines.iter().filter_map(|line| line.name.as_ref());
        of_values.chain(of_secrets)
    }
}

pub(crate) fn find<'a>(key: &str, layers: &'a Layers) -> Result<Option<(Scope, &'a Document)>, Error> {
    for (scope, layer) in layers.by_precedence() {
        match layer {
            Layer::Read(document) if document.has(key) => return Ok(Some((scope, document))),
            Layer::Denied(error) => return Err(error.clone()),
            Layer::Read(_) | Layer::NotFound { .. } | Layer::NotApplicable => {}
        }
    }
    Ok(None)
}

fn secret_text(name: &EnvName, key: Option<&str>, document: &Document) -> Result<Secret, ValueProblem> {
    let Some(key) = key else {
        return document.whole().map_err(|problem| unusable(name, "", document, problem));
    };
    let store = || document.name.clone();
    match document.keys() {
        Err(problem) => Err(ValueProblem::StoreNotAnObject { store: store(), problem }),
        Ok(_) if !document.has(key) => {
            let variable = name.to_string();
            let instead = did_you_mean(key, &[document]);
            Err(ValueProblem::KeyMissing { variable, key: printable(key), stores: vec![store()], instead })
        }
        Ok(_) => document.text(key).map_err(|problem| unusable(name, key, document, problem)),
    }
}

#[inline(never)]
fn unusable(name: &EnvName, key: &str, document: &Document, problem: &'static str) -> ValueProblem {
    ValueProblem::ValueUnusable {
        variable: name.to_string(),
        key: printable(key),
        store: document.name.clone(),
        problem,
    }
}

/// The key that was probably meant.
fn did_you_mean(key: &str, documents: &[&Document]) -> Option<String> {
    let keys = documents.iter().flat_map(|document| document.keys().into_iter().flatten());
    nearest(key, keys).map(|key| format!("did you mean `{}`?", printable(key)))
}

/// What lines with a `*` load, and notices about it.
struct ByStar {
    names: StarNames,
    notices: Vec<String>,
}

impl ByStar {
    #[inline(never)]
    fn load(
        &mut self,
        kind: Kind,
        layers: &Layers,
        values: &mut Vec<Value>,
        problems: &mut Vec<ValueProblem>,
    ) -> Result<(), Error> {
        let mut is_read = false;
        // What the environment's store has, in any case of letters, the repository's has not.
        let mut better = Names::default();
        for (scope, layer) in layers.by_precedence() {
            let document = match layer {
                Layer::Read(document) => document,
                Layer::Denied(error) => return Err(error.clone()),
                Layer::NotFound { .. } | Layer::NotApplicable => continue,
            };
            is_read = true;
            let keys: Vec<_> = document.keys().into_iter().flatten().collect();
            let mut nulls = Vec::new();
            for key in keys.iter().filter(|key| !better.has(&key.to_ascii_lowercase())) {
                match self.name(key, &document.name) {
                    Ok(None) => {}
                    Ok(Some(_)) if document.is_null(key) => nulls.push(format!("`{key}`")),
                    Ok(Some(name)) => match document.text(key) {
                        Ok(text) => values.push(value(name, kind, text, Level::Store(scope), document)),
                        Err(problem) => problems.push(unusable(&name, key, document, problem)),
                    },
                    Err(problem) => {
                        let store = document.name.clone();
                        problems.push(ValueProblem::NameUnusable { key: printable(key), store, problem });
                    }
                }
            }
            if !nulls.is_empty() {
                let keys = nulls.join(", ");
                self.notices.push(format!("`*` skipped keys of {} that are null: {keys}.", document.name));
            }
            keys.iter().for_each(|key| better.set(key.to_ascii_lowercase(), ()));
        }
        if !is_read {
            problems.push(ValueProblem::StoreNotFound { stores: layers.stores_not_found() });
        }
        Ok(())
    }

    /// What a line of `secrets` loads; nothing if it has a `*`, and a line of its own loads the parameter.
    #[inline(never)]
    fn load_secret(&mut self, line: &SecretLine, document: &Document) -> Result<Option<Value>, ValueProblem> {
        let name = match &line.name {
            Some(name) => Some(name.clone()),
            None => self.name_of_parameter(&document.name)?,
        };
        let Some(name) = name else { return Ok(None) };
        let text = secret_text(&name, line.key.as_deref(), document)?;
        let also = if line.key.is_none() { document.also() } else { None };
        let level = if line.is_parameter() { Level::Parameter } else { Level::Secret };
        Ok(Some(Value { also, ..value(name, Kind::Secret, text, level, document) }))
    }

    /// The name for a parameter, the last part of its own; none if a line of its own loads it.
    fn name_of_parameter(&mut self, parameter: &str) -> Result<Option<EnvName>, ValueProblem> {
        let key = parameter.rsplit('/').next().unwrap_or_default();
        let unusable =
            |problem| ValueProblem::NameUnusable { key: key.to_owned(), store: parameter.to_owned(), problem };
        self.name(key, parameter).map_err(unusable)
    }

    /// The name for a key; none if a line of its own loads it.
    fn name(&mut self, key: &str, from: &str) -> Result<Option<EnvName>, String> {
        self.names.give(key, key, from).map_err(|no_name| match no_name {
            NoName::Unusable(problem) => problem,
            NoName::Taken { key: other, from: store } if other == key => {
                format!("has the same name as a value that `*` loads from {store}")
            }
            NoName::Taken { key: other, from: store } if store == from => {
                format!("is there twice: key `{other}` {DIFFERS_IN_CASE}. Remove one of them")
            }
            NoName::Taken { key: other, from: store } => {
                format!("has a name that another `*` has loaded: key `{other}` of {store} {DIFFERS_IN_CASE}")
            }
        })
    }
}

pub(crate) fn value(name: EnvName, kind: Kind, text: Secret, level: Level, document: &Document) -> Value {
    let (secret_arn, version_id) = (document.arn().to_owned(), document.version_id().to_owned());
    Value { name, kind, text, also: None, level, secret_name: document.name.clone(), secret_arn, version_id }
}

#[cfg(test)]
mod tests;
