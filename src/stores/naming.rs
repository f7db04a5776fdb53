//! The names of the stores of a job.

use crate::aws::secret_id::NamePart;
use crate::error::Error;
use crate::github::claims::Claims;
use crate::lines::values::Kind;
use crate::text::printable::printable;

/// What happens when an environment has no store of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EnvironmentStore {
    /// It must have one.
    Required,
    /// The repository's values are taken, with a warning, if Secrets Manager says that there is none.
    #[default]
    NotFoundOk,
    /// The same if it says AccessDenied, as policies on resource tags answer for a store that does not exist.
    Optional,
}

impl EnvironmentStore {
    /// As in `action.yml`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "required" => Some(Self::Required),
            "not-found-ok" => Some(Self::NotFoundOk),
            "optional" => Some(Self::Optional),
            _ => None,
        }
    }
}

/// The level that a store belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All jobs of the repository.
    Repository,
    /// Jobs of one environment.
    Environment,
}

impl Scope {
    /// `repository` or `environment`
    pub fn name(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Environment => "environment",
        }
    }
}

/// One store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its level.
    pub scope: Scope,
    /// What it holds.
    pub kind: Kind,
    /// The secret's name.
    pub name: String,
}

/// The stores that a job's values may be in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stores {
    /// Those to be read.
    pub stores: Vec<Store>,
    /// Said if the job's environment can have none.
    pub warning: Option<String>,
}

/// The stores that values of `kinds` may be in, for the job of `claims`.
pub fn stores_of(
    claims: &Claims,
    namespace: Option<&NamePart>,
    kinds: &[Kind],
    environment_store: EnvironmentStore,
) -> Result<Stores, Error> {
    if kinds.is_empty() {
        return Ok(Stores::default());
    }
    let part = |claim: &str, text: &str| NamePart::parse(text).ok_or_else(|| not_in_names(claim, text));
    let namespace = match (namespace, claims.text("enterprise")) {
        (Some(namespace), _) => namespace.clone(),
        (None, Some(enterprise)) => part("enterprise", &enterprise)?,
        (None, None) => part("repository_owner", &claims.required("repository_owner")?)?,
    };
    let repository = part("repository", &claims.required("repository")?)?;
    let environment = claims.text("environment").map(|name| part("environment", &name).map_err(|error| (name, error)));
    let (environment, warning) = match environment.transpose() {
        Ok(environment) => (environment, None),
        Err((_, error)) if environment_store == EnvironmentStore::Required => return Err(error),
        // No secret can have that name, so the answer to a request for it could only be ResourceNotFound.
        Err((name, _)) => {
            let warning = format!(
                "Environment `{}` has no store, because the name of a secret can only have letters, digits and \
                 /_+=.@-; the repository's values are used.",
                printable(&name)
            );
            (None, Some(warning))
        }
    };

    let base = format!("{namespace}/repo/{repository}");
    let mut stores = Vec::new();
    for kind in kinds {
        let leaf = match kind {
            Kind::Secret => "secrets",
            Kind::Variable => "variables",
        };
        if let Some(environment) = &environment {
            let name = format!("{base}/env/{environment}/{leaf}");
            stores.push(Store { scope: Scope::Environment, kind: *kind, name });
        }
        stores.push(Store { scope: Scope::Repository, kind: *kind, name: format!("{base}/{leaf}") });
    }
    Ok(Stores { stores, warning })
}

#[inline(never)]
fn not_in_names(claim: &str, text: &str) -> Error {
    Error::ClaimUnusable {
        claim: claim.to_owned(),
        problem: format!("is `{}`, which the name of a secret cannot hold", printable(text)),
        hint: "Secrets Manager allows letters, digits and /_+=.@- in names. Rename it (an environment: in the \
               repository's settings)."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests;
