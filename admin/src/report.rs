//! What came of a task; `host/admin.d.ts` says the same in TypeScript.

use env_kvstore::stores::change::Mark;
use env_kvstore::text::secret::Secret;
use serde::{Serialize, Serializer};

/// What came of a task.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Report {
    /// Of `change`.
    Changed(Changed),
    /// Of `read`.
    Read(Read),
    /// Of `diff`.
    Diff(Diff),
    /// Of `list`.
    List(List),
    /// Of `stores`.
    Stores(Stores),
    /// Of `history`.
    History(History),
    /// Of `rollback`.
    Rollback(Rollback),
    /// Of `delete`.
    Delete(Delete),
    /// Of `restore`.
    Restore(Restore),
    /// Of `objects`.
    Objects(Objects),
    /// Of `object`.
    Object(Object),
}

/// A store as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreShown {
    /// The secret's name.
    pub name: String,
    /// `OWNER/NAME`
    pub repository: String,
    /// None is the repository's own store.
    pub environment: Option<String>,
    /// `secret` or `variable`
    pub kind: &'static str,
    /// Where it is.
    pub region: String,
    /// Whose it is, if that is known.
    pub account: Option<String>,
    /// Its ARN, if it exists.
    pub arn: Option<String>,
}

/// A key, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyChange {
    /// The key.
    pub key: String,
    /// `+`, `-`, `~` or `=`
    pub change: char,
}

/// Keys as they are shown.
pub fn key_changes(keys: Vec<(String, Mark)>) -> Vec<KeyChange> {
    keys.into_iter().map(|(key, mark)| KeyChange { key, change: mark.sign() }).collect()
}

/// What became of a store.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// Which.
    pub store: StoreShown,
    /// The keys that were named.
    pub keys: Vec<KeyChange>,
    /// The version that was current before.
    pub base: Option<String>,
    /// The version that is current now.
    pub version: Option<String>,
    /// Whether a version was written.
    pub written: bool,
    /// Whether the store was made.
    pub created: bool,
    /// How often another write came first.
    pub lost_races: u32,
    /// Keys that were left out.
    pub skipped: Vec<Unusable>,
    /// Those that `kvstore.json` has demanded, if the store was made or would be.
    pub tags_from_file: Vec<(String, String)>,
}

/// Keys and values.
#[derive(Debug, Serialize)]
pub struct Read {
    /// If they are a store's.
    pub store: Option<StoreShown>,
    /// The version that was read.
    pub version: Option<String>,
    /// Keys and the texts that a job would get.
    #[serde(serialize_with = "entries")]
    pub entries: Vec<(String, Secret)>,
    /// The whole document.
    #[serde(serialize_with = "text")]
    pub json: Secret,
    /// Keys whose values have no text.
    pub unusable: Vec<Unusable>,
}

/// A key that no job can load.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Unusable {
    /// The key.
    pub key: String,
    /// Why.
    pub problem: String,
}

fn text<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.secret())
}

fn entries<S: Serializer>(entries: &[(String, Secret)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(entries.iter().map(|(key, text)| (key, text.secret())))
}

/// Two documents compared.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// If it is a store's.
    pub left: Option<StoreShown>,
    /// If it is a store's.
    pub right: Option<StoreShown>,
    /// Likewise.
    pub left_version: Option<String>,
    /// Likewise.
    pub right_version: Option<String>,
    /// All keys of both.
    pub keys: Vec<KeyChange>,
}

/// The keys of a job's stores.
#[derive(Debug, Serialize)]
pub struct List {
    /// That were read.
    pub stores: Vec<StoreShown>,
    /// That do not exist, or have no value.
    pub missing: Vec<StoreShown>,
    /// By kind, key and level.
    pub keys: Vec<Listed>,
}

/// A key of a store.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The key.
    pub key: String,
    /// `secret` or `variable`
    pub kind: &'static str,
    /// `environment` or `repository`
    pub level: &'static str,
    /// Whether a job of the environment gets this one.
    pub effective: bool,
    /// Whether it has no value.
    pub empty: bool,
    /// The version that it was read in.
    pub version: String,
    /// When that version was made.
    pub created: Option<String>,
}

/// Stores.
#[derive(Debug, Serialize)]
pub struct Stores {
    /// By name.
    pub stores: Vec<ListedStore>,
}

/// A store that was found by its name.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ListedStore {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// When it was changed last.
    pub changed: Option<String>,
    /// When it was marked for deletion, if it was.
    pub deleted: Option<String>,
}

/// The versions of a store.
#[derive(Debug, Serialize)]
pub struct History {
    /// Which store.
    pub store: StoreShown,
    /// The newest first.
    pub versions: Vec<Version>,
}

/// A version of a store.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// Its staging labels.
    pub stages: Vec<String>,
    /// When it was made.
    pub created: Option<String>,
    /// The same in milliseconds since 1970, to sort by.
    #[serde(skip)]
    pub created_ms: u64,
    /// What changed since the version before it, if both could be read.
    pub keys: Option<Vec<KeyChange>>,
}

/// A way back.
#[derive(Debug, Serialize)]
pub struct Rollback {
    /// Of which store.
    pub store: StoreShown,
    /// The version that was current.
    pub from: String,
    /// The version that is current then.
    pub to: String,
    /// What changes by it.
    pub keys: Vec<KeyChange>,
    /// Whether it was done.
    pub moved: bool,
}

/// A store that is marked for deletion.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delete {
    /// Which.
    pub store: StoreShown,
    /// When it will be gone; none if nothing was done.
    pub deletion_date: Option<String>,
}

/// A store that is not marked for deletion any more.
#[derive(Debug, Serialize)]
pub struct Restore {
    /// Which.
    pub store: StoreShown,
}

/// Objects of a bucket.
#[derive(Debug, Serialize)]
pub struct Objects {
    /// Their keys.
    pub keys: Vec<String>,
}

/// An object of a bucket.
#[derive(Debug, Serialize)]
pub struct Object {
    /// What is in it.
    #[serde(serialize_with = "text")]
    pub text: Secret,
}
