//! The versions of a store, and the way back to one of them.

use env_kvstore::aws::secret_versions::{CURRENT, PREVIOUS};
use env_kvstore::error::Error;
use env_kvstore::error::problem::{Problem, WriteProblem};
use env_kvstore::host::http::Host;
use env_kvstore::stores::change::Mark;
use futures_util::future::join_all;

use crate::Desk;
use crate::report::{History, Rollback, Version, key_changes};
use crate::secrets_manager::ListSecretVersionIds;
use crate::task::{self, StoreName};

impl<H: Host> Desk<'_, H> {
    pub(crate) async fn history(&self, store: &StoreName, limit: usize) -> Result<History, Error> {
        let place = self.place(store)?;
        let mut versions = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let list = ListSecretVersionIds { access: &self.access, secret: &place.secret, next: next.as_deref() };
            let page = self.client.call(&list).await?;
            versions.extend(page.items);
            match page.next {
                Some(token) if next.as_ref() != Some(&token) => next = Some(token),
                _ => break,
            }
        }
        // The current one first, then the one before it, then by date: some servers date to the second only.
        let has = |version: &Version, wanted: &str| version.stages.iter().any(|stage| stage == wanted);
        let order = |version: &Version| (has(version, CURRENT), has(version, PREVIOUS), version.created_ms);
        versions.sort_by_key(|version| std::cmp::Reverse(order(version)));
        let writer = self.writer(&place.secret);
        let read = versions.iter().take(limit.saturating_add(1)).map(|version| writer.version(Some(&version.id), None));
        // What was deprecated may be gone at any time, and older versions may be closed to the reader.
        let read: Vec<_> = join_all(read).await.into_iter().map(Result::ok).collect();
        let arn = read.iter().flatten().map(|snapshot| snapshot.arn.clone()).next();
        let oldest = versions.len();
        versions.truncate(limit);
        for (place, version) in versions.iter_mut().enumerate() {
            let empty = env_kvstore::stores::change::Snapshot::of_text("{}");
            let before =
                if place + 1 == oldest { empty.as_ref() } else { read.get(place + 1).and_then(Option::as_ref) };
            let (Some(before), Some(Some(after))) = (before, read.get(place)) else { continue };
            let mut changed = before.diff(after);
            changed.retain(|(_, mark)| *mark != Mark::Same);
            version.keys = Some(key_changes(changed));
        }
        Ok(History { store: place.shown(arn.as_deref()), versions })
    }

    pub(crate) async fn rollback(&self, task: task::Rollback) -> Result<Rollback, Error> {
        let place = self.place(&task.store)?;
        let writer = self.writer(&place.secret);
        let description = writer.describe().await?;
        let not_written = |problem| Error::NotWritten { store: place.secret.to_string(), problem };
        let missing = |version: &str| not_written(WriteProblem::VersionMissing(version.to_owned()));
        let from = description.version_of(CURRENT).ok_or_else(|| missing(CURRENT))?;
        if task.base.as_deref().is_some_and(|base| base != from) {
            return Err(not_written(WriteProblem::Changed(vec![])));
        }
        let to = match task.version.as_deref() {
            Some(version) => version,
            None => description.version_of(PREVIOUS).ok_or_else(|| missing(PREVIOUS))?,
        };
        if to == from {
            let message = "is the current version already".to_owned();
            return Err(Error::InvalidInput(vec![Problem { input: "VERSION".to_owned(), message }]));
        }
        let (now, then) = (writer.version(Some(from), None).await?, writer.version(Some(to), None).await?);
        let mut keys = now.diff(&then);
        keys.retain(|(_, mark)| *mark != Mark::Same);
        if !task.dry_run {
            writer.move_current(Some(from), to).await?;
        }
        Ok(Rollback {
            store: place.shown(Some(&description.arn)),
            from: from.to_owned(),
            to: to.to_owned(),
            keys: key_changes(keys),
            moved: !task.dry_run,
        })
    }
}
