//! What the command line asks for; `host/admin.d.ts` says the same in TypeScript.

use env_kvstore::text::secret::Secret;
use serde::Deserialize;

/// One task.
#[derive(Debug, Deserialize)]
#[serde(tag = "task", rename_all = "lowercase")]
pub enum Task {
    /// Writes keys.
    Change(Change),
    /// Reads all keys and values.
    Read {
        /// Of what.
        source: Source,
    },
    /// Compares keys.
    Diff {
        /// With what.
        left: Source,
        /// What.
        right: Source,
    },
    /// Lists keys.
    List {
        /// Of this store.
        store: StoreName,
        /// Whether of all levels that a job of its environment may have values from.
        effective: bool,
        /// Whether variables and secrets.
        both: bool,
    },
    /// Lists stores.
    Stores {
        /// Of one repository only.
        repository: Option<String>,
    },
    /// Lists versions.
    History {
        /// Of this store.
        store: StoreName,
        /// The newest ones, so many.
        limit: usize,
    },
    /// Makes an older version current.
    Rollback(Rollback),
    /// Marks a whole store for deletion.
    #[serde(rename_all = "camelCase")]
    Delete {
        /// This one.
        store: StoreName,
        /// How long it can be restored.
        recovery_window_in_days: u32,
        /// Whether nothing is done.
        dry_run: bool,
    },
    /// Takes that back.
    Restore {
        /// This one.
        store: StoreName,
    },
    /// Lists objects of a bucket.
    Objects {
        /// This one.
        bucket: String,
        /// What their keys begin with.
        prefix: String,
    },
    /// Reads an object of a bucket.
    Object {
        /// This one.
        bucket: String,
        /// Its key.
        key: String,
    },
}

/// A store by what it is named after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct StoreName {
    /// `OWNER/NAME`; none is the job's own.
    pub repository: Option<String>,
    /// None is the repository's own store.
    pub environment: Option<String>,
    /// Whether it is the one for variables.
    #[serde(default)]
    pub variable: bool,
}

/// A version of a store; the current one unless it is named.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct VersionName {
    /// By its id.
    pub id: Option<String>,
    /// By a staging label.
    pub stage: Option<String>,
}

/// Where keys and values come from.
#[derive(Debug, Deserialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum Source {
    /// A store.
    Store {
        /// Which.
        store: StoreName,
        /// In which version.
        #[serde(default)]
        version: VersionName,
    },
    /// Keys and texts.
    Entries {
        /// In order.
        entries: Vec<(String, Secret)>,
    },
    /// A JSON object.
    Json {
        /// Its text.
        text: Secret,
    },
}

/// What to write into a store.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Which.
    pub store: StoreName,
    /// Keys to be set.
    pub set: Option<Source>,
    /// These of them only.
    pub keys: Option<Vec<String>>,
    /// Keys to be removed.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Whether all other keys are removed.
    #[serde(default)]
    pub replace: bool,
    /// The version that the user's plan is about; empty if there was none.
    pub base: Option<String>,
    /// Whether nothing is written.
    #[serde(default)]
    pub dry_run: bool,
    /// How to make the store if it does not exist; otherwise it must.
    pub create: Option<Creation>,
    /// Whether keys may have names that no variable can have.
    #[serde(default)]
    pub allow_any_key: bool,
    /// Whether keys whose names no variable can have are left out, where they would otherwise stop the write.
    #[serde(default)]
    pub skip_unusable: bool,
}

/// What a new store is made with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Creation {
    /// Another key than AWS's own.
    pub kms_key_id: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<(String, String)>,
    /// The `kvstore.json` that says which more.
    pub file: Option<CreationFile>,
}

/// A `kvstore.json` and the files beside it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationFile {
    /// Names and texts, the root first.
    pub texts: Vec<(String, String)>,
    /// Whether the user has named it, and not only the folder has it.
    pub is_named: bool,
}

/// Which version to go back to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// Of which store.
    pub store: StoreName,
    /// None is the one that was current before.
    pub version: Option<String>,
    /// The version that the user's plan starts from.
    pub base: Option<String>,
    /// Whether nothing is done.
    #[serde(default)]
    pub dry_run: bool,
}
