//! Where keys and values come from.

use env_kvstore::error::Error;
use env_kvstore::error::problem::WriteProblem;
use env_kvstore::host::http::Host;
use env_kvstore::stores::change::Snapshot;
use env_kvstore::stores::document::text_of;
use env_kvstore::text::json::string;
use env_kvstore::text::secret::Secret;

use crate::Desk;
use crate::report::{Diff, Read, StoreShown, Unusable, key_changes};
use crate::task::Source;

/// What a source holds.
pub(crate) struct Found {
    /// If it is a store's.
    pub(crate) store: Option<StoreShown>,
    pub(crate) snapshot: Snapshot,
}

impl<H: Host> Desk<'_, H> {
    pub(crate) async fn found(&self, source: &Source) -> Result<Found, Error> {
        let not_an_object = || Error::NotWritten {
            store: "(the file)".to_owned(),
            problem: WriteProblem::NotAnObject("is not a JSON object of keys and values"),
        };
        match source {
            Source::Store { store, version } => {
                let place = self.place(store)?;
                let writer = self.writer(&place.secret);
                let snapshot = match (&version.id, &version.stage) {
                    (None, None) => writer.current().await?,
                    (id, stage) => writer.version(id.as_deref(), stage.as_deref()).await?,
                };
                Ok(Found { store: Some(place.shown(Some(&snapshot.arn))), snapshot })
            }
            Source::Entries { entries } => {
                let member = |(key, text): &(String, Secret)| format!("{}:{}", string(key), string(text.secret()));
                let text = format!("{{{}}}", entries.iter().map(member).collect::<Vec<_>>().join(","));
                Ok(Found { store: None, snapshot: Snapshot::of_text(&text).ok_or_else(not_an_object)? })
            }
            Source::Json { text } => {
                Ok(Found { store: None, snapshot: Snapshot::of_text(text.secret()).ok_or_else(not_an_object)? })
            }
        }
    }

    pub(crate) async fn read(&self, source: &Source) -> Result<Read, Error> {
        let Found { store, snapshot } = self.found(source).await?;
        let (mut entries, mut unusable) = (Vec::new(), Vec::new());
        for (key, json) in snapshot.entries() {
            match text_of(json.secret()) {
                Ok(text) => entries.push((key, text)),
                Err(problem) => unusable.push(Unusable { key, problem: problem.to_owned() }),
            }
        }
        Ok(Read { store, version: snapshot.version.clone(), entries, json: snapshot.text().clone(), unusable })
    }

    pub(crate) async fn diff(&self, left: &Source, right: &Source) -> Result<Diff, Error> {
        let (left, right) = (self.found(left).await?, self.found(right).await?);
        Ok(Diff {
            keys: key_changes(left.snapshot.diff(&right.snapshot)),
            left: left.store,
            right: right.store,
            left_version: left.snapshot.version,
            right_version: right.snapshot.version,
        })
    }
}
