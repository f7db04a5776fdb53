//! Stores: which secrets of AWS Secrets Manager a job's values are in, and what is read from them.

use crate::error::Error;
use crate::error::code::Code;
use crate::error::problem::ValueProblem;
use crate::lines::values::Kind;
use crate::stores::document::Document;
use crate::stores::naming::{EnvironmentStore, Scope, Store};

/// What the stores of one kind gave.
#[derive(Debug)]
pub struct Layers {
    /// The job's environment's.
    pub environment: Layer,
    /// The repository's.
    pub repository: Layer,
}

/// What one store gave.
#[derive(Debug)]
pub enum Layer {
    /// The job has no environment.
    NotApplicable,
    /// Its document.
    Read(Document),
    /// It does not exist.
    NotFound {
        /// Its name, account and region.
        store: String,
    },
    /// This session may not read it, or it does not exist.
    Denied(Error),
}

impl Layers {
    /// The first that has a key wins.
    pub fn by_precedence(&self) -> [(Scope, &Layer); 2] {
        [(Scope::Environment, &self.environment), (Scope::Repository, &self.repository)]
    }

    /// Those that were read.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.by_precedence().into_iter().filter_map(|(_, layer)| match layer {
            Layer::Read(document) => Some(document),
            _ => None,
        })
    }

    /// The names of the stores that were read.
    pub fn stores_read(&self) -> Vec<String> {
        self.documents().map(|document| document.name.clone()).collect()
    }

    /// The names of the stores that do not exist.
    pub fn stores_not_found(&self) -> Vec<String> {
        self.by_precedence()
            .into_iter()
            .filter_map(|(_, layer)| match layer {
                Layer::NotFound { store } => Some(store.clone()),
                _ => None,
            })
            .collect()
    }
}

/// What all stores gave together.
#[derive(Debug)]
pub struct Settled {
    /// By kind.
    pub layers: Vec<(Kind, Layers)>,
    /// For the log.
    pub warnings: Vec<String>,
}

/// AccessDenied is no proof that there is no store: the repository's values instead of production's would go unnoticed.
const DENIED_MAY_BE_OPTIONAL: &str = "If this environment has no store, and the policies are on tags (AWS then answers AccessDenied \
     for a secret that does not exist), set ‹environment-store: optional›. The repository's values are then used, even if \
     the store exists and is denied.";

/// Decides what each store's outcome means: which end the run, and which leave it to the other level.
pub fn settle(
    outcomes: Vec<(Store, Result<Document, Error>)>,
    environment_store: EnvironmentStore,
) -> Result<Settled, Error> {
    let mut layers: Vec<(Kind, Layers)> = Vec::new();
    let mut warnings = Vec::new();
    let mut problems = Vec::new();
    for (store, outcome) in outcomes {
        let layer = match outcome {
            Ok(document) => {
                if let Some(problem) = document.keys().err() {
                    problems.push(ValueProblem::StoreNotAnObject { store: store.name.clone(), problem });
                }
                Layer::Read(document)
            }
            Err(error) => without_store(&store, error, environment_store, &mut warnings)?,
        };
        if layers.last().is_none_or(|(kind, _)| *kind != store.kind) {
            layers.push((store.kind, Layers { environment: Layer::NotApplicable, repository: Layer::NotApplicable }));
        }
        match (layers.last_mut(), store.scope) {
            (Some((_, layers)), Scope::Environment) => layers.environment = layer,
            (Some((_, layers)), Scope::Repository) => layers.repository = layer,
            (None, _) => {}
        }
    }
    if problems.is_empty() { Ok(Settled { layers, warnings }) } else { Err(Error::ValuesUnusable(problems)) }
}

/// What stands in for a store that was not read, with a warning; an error where nothing may.
#[inline(never)]
fn without_store(
    store: &Store,
    error: Error,
    environment_store: EnvironmentStore,
    warnings: &mut Vec<String>,
) -> Result<Layer, Error> {
    // With its account and region.
    let place = match &error {
        Error::Refused(refusal) => refusal.call.subject.clone(),
        _ => store.name.clone(),
    };
    let layer = match error.code() {
        Code::StoreNotFound => Layer::NotFound { store: place.clone() },
        Code::StoreAccessDenied => Layer::Denied(error.clone()),
        _ => return Err(error),
    };
    match (store.scope, environment_store, layer) {
        (Scope::Repository, _, layer) => Ok(layer),
        (
            Scope::Environment,
            EnvironmentStore::NotFoundOk | EnvironmentStore::Optional,
            layer @ Layer::NotFound { .. },
        ) => {
            warnings.push(format!("Store {} does not exist; the repository's values are used.", store.name));
            Ok(layer)
        }
        (Scope::Environment, EnvironmentStore::Optional, Layer::Denied(_)) => {
            warnings.push(format!(
                "Store {} does not exist or may not be read (AccessDenied); the repository's values are used.",
                store.name
            ));
            Ok(Layer::NotFound { store: place })
        }
        (Scope::Environment, EnvironmentStore::NotFoundOk, Layer::Denied(error)) => {
            Err(error.with_next(DENIED_MAY_BE_OPTIONAL))
        }
        (Scope::Environment, _, _) => Err(error),
    }
}

#[cfg(test)]
mod tests;
