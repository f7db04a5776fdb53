//! Looks after stores: who may, writes keys, lists and compares them, and goes back to older versions. It also reads and
//! translates the profiles of AWS's config file.
//!
//! The command line alone loads it. It calls AWS as the action does, by [`env_kvstore::call::client::Client`], and changes a
//! store by [`env_kvstore::stores::change`].

pub mod account;
pub mod audit;
pub mod configure;
mod creation;
pub mod doctor;
pub mod explain;
pub mod kvstore;
pub mod listing;
mod objects;
pub mod place;
pub mod profile;
pub mod report;
pub mod s3;
pub mod secrets_manager;
pub mod source;
mod sts;
pub mod task;
pub mod token_server;
pub mod vault;
pub mod versions;
#[cfg(target_arch = "wasm32")]
mod wasm;
mod writing;

use env_kvstore::aws::names::Region;
use env_kvstore::aws::secret_id::SecretId;
use env_kvstore::aws::secrets_manager::Access;
use env_kvstore::call::client::Client;
use env_kvstore::error::Error;
use env_kvstore::host::http::Host;
use env_kvstore::host::url::BaseUrl;
use env_kvstore::inputs::{Inputs, RawInputs};
use env_kvstore::pipeline::{Opened, open_session};
use env_kvstore::stores::change::Writer;

use crate::place::{Place, Places};
use crate::report::Report;
use crate::task::Task;

/// Does one task, by the session that the inputs lead to.
pub async fn manage<H: Host>(host: &H, raw: RawInputs, task: Task) -> Result<Report, Error> {
    let inputs = Inputs::parse(raw)?;
    let client = &Client::new(host, inputs.timeout, inputs.max_attempts);
    let Opened { session, tags, claims } = open_session(host, client, &inputs).await?;
    let region = &inputs.stores.region;
    let role = inputs.session.session_role();
    let desk = Desk {
        host,
        client,
        s3: &inputs.s3,
        region: &inputs.region,
        access: Access {
            endpoint: &inputs.stores.backend.secrets_manager.of(region),
            region,
            role,
            credentials: &session.credentials,
            session_tags: tags.as_deref(),
        },
        places: Places { claims: &claims, namespace: inputs.stores.namespace.as_ref(), home: inputs.stores.home(role) },
    };
    match task {
        Task::Change(change) => desk.change(change).await.map(Report::Changed),
        Task::Read { source } => desk.read(&source).await.map(Report::Read),
        Task::Diff { left, right } => desk.diff(&left, &right).await.map(Report::Diff),
        Task::List { store, effective, both } => desk.list(&store, effective, both).await.map(Report::List),
        Task::Stores { repository } => desk.stores(repository.as_deref()).await.map(Report::Stores),
        Task::History { store, limit } => desk.history(&store, limit).await.map(Report::History),
        Task::Rollback(rollback) => desk.rollback(rollback).await.map(Report::Rollback),
        Task::Delete { store, recovery_window_in_days, dry_run } => {
            desk.delete(&store, recovery_window_in_days, dry_run).await.map(Report::Delete)
        }
        Task::Restore { store } => desk.restore(&store).await.map(Report::Restore),
        Task::Objects { bucket, prefix } => desk.objects(&bucket, &prefix).await.map(Report::Objects),
        Task::Object { bucket, key } => desk.object(&bucket, &key).await.map(Report::Object),
    }
}

/// Who works on stores, and where they are.
struct Desk<'a, H> {
    host: &'a H,
    client: &'a Client<'a, H>,
    /// Where buckets are.
    s3: &'a BaseUrl,
    region: &'a Region,
    access: Access<'a>,
    places: Places<'a>,
}

impl<H: Host> Desk<'_, H> {
    fn writer<'d>(&'d self, secret: &'d SecretId) -> Writer<'d, H> {
        Writer { host: self.host, client: self.client, access: &self.access, secret }
    }

    fn place(&self, store: &task::StoreName) -> Result<Place, Error> {
        self.places.of(store)
    }
}
