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

/// What is to become of one store.
struct Plan {
    kind: Kind,
    target: SecretId,
    current: Snapshot,
    edit: Edit,
    /// Of every key, also of those that are not written.
    results: Vec<(String, MoveResult)>,
}

impl<H: Host> Mover<'_, H> {
    pub(super) async fn to_stores(
        &self,
        options: &MigrationOptions,
        overwrite: bool,
        keys: Option<&[String]>,
    ) -> Result<Vec<Migrated>, Error> {
        let chosen = |key: &str| keys.is_none_or(|keys| keys.iter().any(|wanted| wanted.eq_ignore_ascii_case(key)));
        let known: Vec<_> =
            [Kind::Secret, Kind::Variable].into_iter().flat_map(|kind| options.context(kind).entries()).collect();
        let absent = |wanted: &&String| !known.iter().any(|(key, _)| key.eq_ignore_ascii_case(wanted));
        let absent: Vec<_> = keys.unwrap_or_default().iter().filter(absent).map(|key| printable(key)).collect();
        if !absent.is_empty() {
            let text = format!("`migrate-keys` names what this job does not have: {}", absent.join(", "));
            self.host.log(Log::Warning(text));
        }
        // All is read before anything is written: most of what can be wrong shows itself then.
        let mut plans = Vec::new();
        for kind in [Kind::Secret, Kind::Variable] {
            let mut entries = options.context(kind).entries();
            entries.retain(|(key, _)| chosen(key));
            if !entries.is_empty() {
                plans.push(self.plan(kind, entries, overwrite).await?);
            }
        }
        let mut migrated = Vec::new();
        for plan in plans {
            migrated.extend(self.write(plan).await?);
        }
        Ok(migrated)
    }

    async fn plan(&self, kind: Kind, entries: Vec<(String, Secret)>, overwrite: bool) -> Result<Plan, Error> {
        let stores =
            stores_of(self.claims, self.stores.namespace.as_ref(), &[kind], EnvironmentStore::Required)?.stores;
        let home = self.stores.home(self.access.role);
        let secret_of = |scope| {
            let store = stores.iter().find(|store| store.scope == scope)?;
            Some(SecretId::by_name(&store.name, home))
        };
        let repository = secret_of(Scope::Repository).ok_or(Error::Internal("a store has no name"))?;
        // GitHub merges the repository's values into the environment's, and so does loading them.
        let (target, shared) = match secret_of(Scope::Environment) {
            Some(environment) => (environment, self.known(&self.writer(&repository)).await?),
            None => (repository, vec![]),
        };
        let current = self.writer(&target).current().await?;
        let there = current.entries();
        let has = |entries: &[(String, Secret)], key: &str| {
            entries.iter().find(|(known, _)| known == key).map(|(_, json)| json.clone())
        };

        let (mut edit, mut results) = (Edit::default(), Vec::new());
        for (key, json) in entries {
            let same = |known: Option<&Secret>| known.is_some_and(|known| is_same_value(known.secret(), json.secret()));
            let known = has(&there, &key);
            let other = there.iter().find(|(name, _)| *name != key && name.eq_ignore_ascii_case(&key));
            let result = match (EnvName::parse(&key), other) {
                (Err(problem), _) => MoveResult::Refused(problem),
                (Ok(_), Some((other, _))) => MoveResult::Refused(format!(
                    "differs only in case from `{}`, which the store has",
                    printable(other)
                )),
                _ if same(known.as_ref()) => MoveResult::AlreadyThere,
                _ if known.is_none() && same(has(&shared, &key).as_ref()) => MoveResult::SameInRepository,
                _ if known.is_some() && !overwrite => MoveResult::Kept,
                _ => {
                    edit.set.push((key.clone(), json));
                    MoveResult::Added
                }
            };
            results.push((key, result));
        }
        Ok(Plan { kind, target, current, edit, results })
    }

    async fn write(&self, plan: Plan) -> Result<Vec<Migrated>, Error> {
        let Plan { kind, target, current, edit, results } = plan;
        let changed = self.writer(&target).change(None, current, &edit).await?;
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
        let migrated: Vec<_> = told.collect();
        self.report(&target.name, &migrated);
        Ok(migrated)
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
