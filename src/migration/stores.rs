//! Writes what a job has from GitHub into its own stores, by a role that may do that for a while.

use crate::aws::secret_id::SecretId;
use crate::error::Error;
use crate::error::code::Code;
use crate::host::http::{Host, Log};
use crate::lines::env_name::EnvName;
use crate::lines::values::Kind;
use crate::migration::{Migrated, MigrationOptions, MoveResult, Mover};
use crate::stores::change::{Edit, Mark, Snapshot, Writer};
use crate::stores::document::is_same_value;
use crate::stores::naming::{EnvironmentStore, Scope, stores_of};
use crate::text::printable::printable;
use crate::text::secret::Secret;

impl<H: Host> Mover<'_, H> {
    pub(super) async fn to_stores(
        &self,
        options: &MigrationOptions,
        overwrite: bool,
        keys: Option<&[String]>,
    ) -> Result<Vec<Migrated>, Error> {
        if options.is_empty() {
            let text = "Nothing was migrated: `existing-gh-secrets` and `existing-gh-variables` name nothing. Set them to \
                ${{ toJSON(secrets) }} and ${{ toJSON(vars) }}.";
            self.host.log(Log::Notice(text.to_owned()));
            return Ok(vec![]);
        }
        let chosen = |key: &str| keys.is_none_or(|keys| keys.iter().any(|wanted| wanted.eq_ignore_ascii_case(key)));
        let known: Vec<_> =
            [Kind::Secret, Kind::Variable].into_iter().flat_map(|kind| options.context(kind).entries()).collect();
        let absent = |wanted: &&String| !known.iter().any(|(key, _)| key.eq_ignore_ascii_case(wanted));
        let absent: Vec<_> = keys.unwrap_or_default().iter().filter(absent).map(|key| printable(key)).collect();
        if !absent.is_empty() {
            let text = format!("`migrate-keys` names what this job does not have: {}", absent.join(", "));
            self.host.log(Log::Warning(text));
        }
        let mut migrated = Vec::new();
        for kind in [Kind::Secret, Kind::Variable] {
            let mut entries = options.context(kind).entries();
            entries.retain(|(key, _)| chosen(key));
            if !entries.is_empty() {
                migrated.extend(self.to_store(kind, entries, overwrite).await?);
            }
        }
        Ok(migrated)
    }

    async fn to_store(
        &self,
        kind: Kind,
        entries: Vec<(String, Secret)>,
        overwrite: bool,
    ) -> Result<Vec<Migrated>, Error> {
        let stores =
            stores_of(self.claims, self.stores.namespace.as_ref(), &[kind], EnvironmentStore::Required)?.stores;
        let home = self.stores.home(self.access.role);
        let secret_of = |scope| {
            let store = stores.iter().find(|store| store.scope == scope)?;
            Some(SecretId::by_name(&store.name, home))
        };
        let (of_environment, of_repository) = (secret_of(Scope::Environment), secret_of(Scope::Repository));
        let (target, shared) = match (&of_environment, &of_repository) {
            (Some(environment), Some(repository)) => (environment, Some(repository)),
            (_, repository) => (repository.as_ref().ok_or(Error::Internal("a store has no name"))?, None),
        };
        // GitHub merges the repository's values into the environment's, and so does loading them.
        let shared = match shared {
            Some(repository) => self.known(&self.writer(repository)).await?,
            None => vec![],
        };
        let writer = self.writer(target);
        let current = writer.current().await?;
        let there = current.entries();
        let has = |entries: &[(String, Secret)], key: &str| {
            entries.iter().find(|(known, _)| known == key).map(|(_, json)| json.clone())
        };

        let (mut edit, mut results) = (Edit::default(), Vec::new());
        for (key, json) in entries {
            let same = |known: Option<&Secret>| known.is_some_and(|known| is_same_value(known.secret(), json.secret()));
            let known = has(&there, &key);
            let result = match EnvName::parse(&key) {
                Err(problem) => MoveResult::Refused(problem),
                Ok(_) if same(known.as_ref()) => MoveResult::AlreadyThere,
                Ok(_) if known.is_none() && same(has(&shared, &key).as_ref()) => MoveResult::SameInRepository,
                Ok(_) if known.is_some() && !overwrite => MoveResult::Kept,
                Ok(_) => {
                    edit.set.push((key.clone(), json));
                    MoveResult::Added
                }
            };
            results.push((key, result));
        }
        let changed = writer.change(None, current, &edit).await?;
        let mark_of = |key: &str| changed.keys.iter().find(|(changed, _)| changed == key).map(|(_, mark)| *mark);
        let to = target.name.clone();
        let told = results.into_iter().map(|(key, result)| {
            let result = match mark_of(&key) {
                Some(Mark::Changed) => MoveResult::Overwritten,
                Some(Mark::Same) => MoveResult::AlreadyThere,
                _ => result,
            };
            Migrated { key, kind, to: to.clone(), result }
        });
        Ok(told.collect())
    }

    fn writer<'d>(&'d self, secret: &'d SecretId) -> Writer<'d, H> {
        Writer { host: self.host, client: self.client, access: &self.access, secret }
    }

    /// What a store holds that need not exist.
    async fn known(&self, writer: &Writer<'_, H>) -> Result<Vec<(String, Secret)>, Error> {
        match writer.current().await {
            Ok(snapshot) => Ok(Snapshot::entries(&snapshot)),
            Err(error) if error.code() == Code::StoreNotFound => Ok(vec![]),
            Err(error) => Err(error),
        }
    }
}
