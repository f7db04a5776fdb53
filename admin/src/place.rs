//! Which secret a store is.

use env_kvstore::aws::secret_id::{Home, NamePart, SecretId};
use env_kvstore::error::Error;
use env_kvstore::error::problem::Problem;
use env_kvstore::github::claims::Claims;
use env_kvstore::lines::values::Kind;
use env_kvstore::stores::naming::{EnvironmentStore, Scope, stores_of};

use crate::report::StoreShown;
use crate::task::StoreName;

/// What names of stores are made of, beside what a task says.
pub(crate) struct Places<'a> {
    /// The job's, if there is a job.
    pub(crate) claims: &'a Claims,
    pub(crate) namespace: Option<&'a NamePart>,
    pub(crate) home: Home<'a>,
}

/// A store and the secret that it is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) secret: SecretId,
    pub(crate) repository: String,
    pub(crate) environment: Option<String>,
    pub(crate) kind: Kind,
}

impl Places<'_> {
    /// The repository of a store, or else of the job.
    pub(crate) fn repository(&self, given: Option<&str>) -> Result<String, Error> {
        let wrong = |message: &str| {
            Error::InvalidInput(vec![Problem { input: "repository".to_owned(), message: message.to_owned() }])
        };
        let repository = given.map(str::to_owned).or_else(|| self.claims.text("repository"));
        let repository = repository.ok_or_else(|| wrong("is required: OWNER/NAME"))?;
        match repository.split_once('/') {
            Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => Ok(repository),
            _ => Err(wrong("is not OWNER/NAME")),
        }
    }

    /// The secret that a store is.
    pub(crate) fn of(&self, store: &StoreName) -> Result<Place, Error> {
        let repository = self.repository(store.repository.as_deref())?;
        let owner = repository.split('/').next().unwrap_or_default();
        let mut claims = vec![("repository", repository.as_str()), ("repository_owner", owner)];
        let enterprise = self.claims.text("enterprise");
        claims.extend(enterprise.as_deref().map(|enterprise| ("enterprise", enterprise)));
        claims.extend(store.environment.as_deref().map(|environment| ("environment", environment)));
        let kind = if store.variable { Kind::Variable } else { Kind::Secret };
        let stores = stores_of(&Claims::given(&claims), self.namespace, &[kind], EnvironmentStore::Required)?.stores;
        let scope = if store.environment.is_some() { Scope::Environment } else { Scope::Repository };
        let found = stores.into_iter().find(|store| store.scope == scope);
        let name = found.ok_or(Error::Internal("a store has no name"))?.name;
        let secret = SecretId::by_name(&name, self.home);
        Ok(Place { secret, repository, environment: store.environment.clone(), kind })
    }

    /// What the names of all stores begin with, or of one repository's.
    pub(crate) fn prefix(&self, repository: Option<&str>) -> Option<String> {
        let owner = || Some(repository?.split('/').next()?.to_owned());
        let given = self.namespace.map(|namespace| namespace.as_str().to_owned());
        let enterprise = || self.claims.text("enterprise");
        let namespace = given.or_else(enterprise).or_else(owner).or_else(|| self.claims.text("repository_owner"))?;
        Some(
            repository
                .map_or_else(|| format!("{namespace}/repo/"), |repository| format!("{namespace}/repo/{repository}/")),
        )
    }
}

impl Place {
    pub(crate) fn shown(&self, arn: Option<&str>) -> StoreShown {
        StoreShown {
            name: self.secret.name.clone(),
            repository: self.repository.clone(),
            environment: self.environment.clone(),
            kind: self.kind.name(),
            region: self.secret.region.to_string(),
            account: self.secret.account.as_ref().map(|account| account.digits().to_owned()),
            arn: arn.map(str::to_owned),
        }
    }
}
