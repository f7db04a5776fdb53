//! Lists keys and stores, and shows no value.

use std::collections::BTreeSet;

use env_kvstore::aws::secret_id::SecretVersion;
use env_kvstore::aws::secrets_manager::GetSecretValue;
use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::error::problem::WriteProblem;
use env_kvstore::host::http::Host;
use env_kvstore::stores::document::Document;
use futures_util::future::join_all;

use crate::Desk;
use crate::place::Place;
use crate::report::{List, Listed, Stores};
use crate::secrets_manager::{GetDatedValue, ListSecrets};
use crate::task::StoreName;

/// What the names of stores end in.
const LEAVES: [&str; 2] = ["/secrets", "/variables"];

/// A store that was read, and when its current version was made.
struct Dated {
    document: Document,
    created: Option<String>,
}

impl<H: Host> Desk<'_, H> {
    /// Of one store, or of all those that a job of its environment may have values from.
    pub(crate) async fn list(&self, store: &StoreName, effective: bool, both: bool) -> Result<List, Error> {
        let kinds = if both { vec![false, true] } else { vec![store.variable] };
        let environment = store.environment.clone();
        let shared = (effective || environment.is_none()).then_some(None);
        let environments = [environment.map(Some), shared];
        let mut places = Vec::new();
        for variable in kinds {
            for environment in environments.iter().flatten() {
                let (repository, environment) = (store.repository.clone(), environment.clone());
                places.push(self.place(&StoreName { repository, environment, variable })?);
            }
        }
        let read = join_all(places.iter().map(|place| self.dated(place))).await;
        let (mut stores, mut missing, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        let mut taken = BTreeSet::new();
        for (place, dated) in places.iter().zip(read) {
            let Some(Dated { document, created }) = dated? else {
                missing.push(place.shown(None));
                continue;
            };
            stores.push(place.shown(Some(document.arn())));
            let not_an_object = |problem| Error::NotWritten {
                store: place.secret.to_string(),
                problem: WriteProblem::NotAnObject(problem),
            };
            for key in document.keys().map_err(not_an_object)? {
                keys.push(Listed {
                    key: key.to_owned(),
                    kind: place.kind.name(),
                    level: if place.environment.is_some() { "environment" } else { "repository" },
                    // The environment's store comes first.
                    effective: taken.insert((place.kind.name(), key.to_owned())),
                    empty: document.is_null(key),
                    version: document.version_id().to_owned(),
                    created: created.clone(),
                });
            }
        }
        keys.sort_by(|one, other| (one.kind, &one.key, one.level).cmp(&(other.kind, &other.key, other.level)));
        Ok(List { stores, missing, keys })
    }

    /// None if the store does not exist, or has no value.
    async fn dated(&self, place: &Place) -> Result<Option<Dated>, Error> {
        let wanted = SecretVersion::current(place.secret.clone());
        let get = GetDatedValue(GetSecretValue { access: &self.access, wanted: &wanted });
        match self.client.call(&get).await {
            Ok((value, created)) => {
                Ok(Some(Dated { document: Document::new(place.secret.name.clone(), value), created }))
            }
            Err(error) if error.code() == Code::StoreNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn stores(&self, repository: Option<&str>) -> Result<Stores, Error> {
        let repository = repository.map(|repository| self.places.repository(Some(repository))).transpose()?;
        let prefix = self.places.prefix(repository.as_deref());
        let mut stores = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let list = ListSecrets { access: &self.access, prefix: prefix.as_deref(), next: next.as_deref() };
            let page = self.client.call(&list).await?;
            stores.extend(page.items);
            match page.next {
                // A list that comes again would never end.
                Some(token) if next.as_ref() != Some(&token) => next = Some(token),
                _ => break,
            }
        }
        let is_store = |name: &str| {
            let is_below = prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix));
            is_below && name.contains("/repo/") && LEAVES.iter().any(|leaf| name.ends_with(leaf))
        };
        stores.retain(|store| is_store(&store.name));
        stores.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Stores { stores })
    }
}
