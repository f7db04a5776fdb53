//! Writes keys of a store, and makes, deletes and restores whole stores.

use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::error::problem::WriteProblem;
use env_kvstore::host::http::{Host, Log};
use env_kvstore::lines::env_name::EnvName;
use env_kvstore::stores::change::{self, Edit, Snapshot, version_id};

use crate::Desk;
use crate::creation::{Resolved, resolve};
use crate::place::Place;
use crate::report::{Changed, Delete, Restore, Unusable, key_changes};
use crate::secrets_manager::{CreateSecret, DeleteSecret, RestoreSecret};
use crate::task::{Change, Creation, StoreName};

impl<H: Host> Desk<'_, H> {
    pub(crate) async fn change(&self, task: Change) -> Result<Changed, Error> {
        let place = self.place(&task.store)?;
        let resolved = task.create.as_ref().map(|creation| resolve(creation, &place.secret)).transpose()?;
        let (edit, skipped) = self.edit(&task).await?;
        let writer = self.writer(&place.secret);
        let mut tags_from_file = Vec::new();
        let current = match (&resolved, writer.current().await) {
            (Some(Resolved { creation, of_file, notice }), Err(error)) if error.code() == Code::StoreNotFound => {
                // With a base, a plan was made before, and the notice was said then.
                let notice = notice.as_ref().filter(|_| task.base.is_none());
                notice.into_iter().for_each(|notice| self.host.log(Log::Notice(notice.clone())));
                if task.dry_run {
                    tags_from_file.clone_from(of_file);
                    Snapshot::empty()
                } else if let Some(created) = self.create(&place, creation, &edit).await? {
                    return Ok(Changed { skipped, tags_from_file: of_file.clone(), ..created });
                } else {
                    writer.current().await?
                }
            }
            (_, current) => current?,
        };
        let base = match task.base.as_deref() {
            Some("") => Some(Snapshot::empty()),
            Some(id) if current.version.as_deref() != Some(id) => Some(writer.version(Some(id), None).await?),
            _ => None,
        };
        if task.dry_run {
            let arn = Some(current.arn.as_str()).filter(|arn| !arn.is_empty());
            return Ok(Changed {
                store: place.shown(arn),
                keys: key_changes(writer.plan(&current, &edit)?),
                base: current.version.clone(),
                version: current.version,
                written: false,
                created: false,
                lost_races: 0,
                skipped,
                tags_from_file,
            });
        }
        let change::Changed { keys, base, version, arn, written, lost_races } =
            writer.change(base.as_ref(), current, &edit).await?;
        Ok(Changed {
            store: place.shown(Some(&arn)),
            keys: key_changes(keys),
            base,
            version,
            written,
            created: false,
            lost_races,
            skipped,
            tags_from_file,
        })
    }

    async fn edit(&self, task: &Change) -> Result<(Edit, Vec<Unusable>), Error> {
        let mut set = match &task.set {
            Some(source) => self.found(source).await?.snapshot.entries(),
            None => Vec::new(),
        };
        if let Some(keys) = &task.keys {
            let is_missing = |key: &&String| !set.iter().any(|(known, _)| known == *key);
            let missing: Vec<_> = keys.iter().filter(is_missing).cloned().collect();
            if !missing.is_empty() {
                let store = "that is to be copied".to_owned();
                return Err(Error::NotWritten { store, problem: WriteProblem::KeysMissing(missing) });
            }
            set.retain(|(key, _)| keys.contains(key));
        }
        let mut skipped = Vec::new();
        if task.skip_unusable {
            set.retain(|(key, _)| {
                let problem = EnvName::parse(key).err();
                skipped.extend(problem.map(|problem| Unusable { key: key.clone(), problem }));
                skipped.last().is_none_or(|last| last.key != *key)
            });
        }
        let edit = Edit { set, remove: task.remove.clone(), replace: task.replace, allow_any_key: task.allow_any_key };
        Ok((edit, skipped))
    }

    /// Makes the store with its first document. None if it exists by now: somebody else made it at the same time.
    async fn create(&self, place: &Place, creation: &Creation, edit: &Edit) -> Result<Option<Changed>, Error> {
        let (keys, text) = self.writer(&place.secret).first_document(edit)?;
        let version_id = version_id()?;
        let create = CreateSecret {
            access: &self.access,
            secret: &place.secret,
            creation,
            version_id: &version_id,
            text: &text,
        };
        match self.client.call(&create).await {
            Ok((arn, version)) => Ok(Some(Changed {
                store: place.shown(Some(&arn)),
                keys: key_changes(keys),
                base: None,
                version: Some(version),
                written: true,
                created: true,
                lost_races: 0,
                skipped: Vec::new(),
                tags_from_file: Vec::new(),
            })),
            Err(error) if error.code() == Code::StoreExists => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn delete(&self, store: &StoreName, days: u32, dry_run: bool) -> Result<Delete, Error> {
        let place = self.place(store)?;
        let writer = self.writer(&place.secret);
        let before = writer.describe().await?;
        let store = place.shown(Some(&before.arn));
        if dry_run {
            return Ok(Delete { store, deletion_date: None });
        }
        let delete = DeleteSecret { access: &self.access, secret: &place.secret, recovery_window_in_days: days };
        match self.client.call(&delete).await {
            Ok(deletion_date) => Ok(Delete { store, deletion_date }),
            // A call that was not answered may have been heard, and its repetition is then refused.
            Err(error) => match writer.describe().await {
                Ok(after) if after.in_deletion && !before.in_deletion => Ok(Delete { store, deletion_date: None }),
                _ => Err(error),
            },
        }
    }

    pub(crate) async fn restore(&self, store: &StoreName) -> Result<Restore, Error> {
        let place = self.place(store)?;
        let arn = self.client.call(&RestoreSecret { access: &self.access, secret: &place.secret }).await?;
        Ok(Restore { store: place.shown(Some(&arn)) })
    }
}
