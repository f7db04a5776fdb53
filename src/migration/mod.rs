//! The way out of GitHub's own secrets and variables: encrypted to a bucket, or straight into the stores.
//!
//! A job has all of them in the contexts `secrets` and `vars`. This runs before values are loaded, so that a step finds in
//! the stores what it has just put there.

use crate::aws::names::{AccountId, Region};
use crate::aws::s3::Bucket;
use crate::aws::secrets_manager::Access;
use crate::call::client::Client;
use crate::error::Error;
use crate::github::claims::Claims;
use crate::host::http::{Host, Log};
use crate::host::url::BaseUrl;
use crate::lines::values::Kind;
use crate::migration::recipient::Recipient;
use crate::stores::StoreOptions;
use crate::text::members::{MemberChange, Members};
use crate::text::printable::printable;
use crate::text::secret::Secret;

mod bucket;
pub mod recipient;
mod stores;

/// The token of the job itself: in the context it is `github_token`.
const JOB_TOKEN: &str = "GITHUB_TOKEN";

const NOTHING_GIVEN: &str = "Nothing was migrated: `existing-gh-secrets` and `existing-gh-variables` name nothing. Set them to \
    ${{ toJSON(secrets) }} and ${{ toJSON(vars) }}.";

/// What is migrated, and where to.
#[derive(Debug)]
pub struct MigrationOptions {
    /// `existing-gh-secrets`
    pub secrets: Context,
    /// `existing-gh-variables`
    pub variables: Context,
    /// `migrate-to`, and what belongs to it
    pub destination: Destination,
}

/// Where to.
#[derive(Debug)]
pub enum Destination {
    /// Encrypted, as an object of a bucket.
    Bucket {
        /// `migrate-age-recipient` and `migrate-s3-bucket`
        place: Option<BucketPlace>,
        /// `migrate-config-from-store`
        config_from_store: bool,
        /// Whose bucket it must be: otherwise whoever names a bucket could name one of their own. There is one if any bucket may be
        /// written to.
        owner: Option<AccountId>,
    },
    /// Into the stores of the job.
    Stores {
        /// `migrate-overwrite`
        overwrite: bool,
        /// `migrate-keys`; none is all of them
        keys: Option<Vec<String>>,
    },
}

/// A bucket, and for whom what is in it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketPlace {
    recipient: Recipient,
    bucket: Bucket,
}

impl BucketPlace {
    /// Both go together.
    pub fn new(recipient: Recipient, bucket: Bucket) -> Self {
        Self { recipient, bucket }
    }
}

/// The text of a context that names nothing, as of nearly every step.
const NO_ENTRIES: &str = "{}";

/// A context of GitHub: an object of strings.
#[derive(Debug)]
pub struct Context(Secret);

impl Context {
    /// Of the text that `toJSON` gives; none if it is no object of strings. The job's token is left out.
    pub fn parse(text: &str) -> Option<Self> {
        if ["", NO_ENTRIES].contains(&text.trim()) {
            return Some(Self(Secret::new(NO_ENTRIES)));
        }
        let members = Members::parse(text)?;
        if !members.names().iter().all(|name| members.json(name).is_some_and(|json| json.starts_with('"'))) {
            return None;
        }
        let tokens = members.names().into_iter().filter(|name| name.eq_ignore_ascii_case(JOB_TOKEN));
        let without = members.changed(&tokens.map(|name| (name, MemberChange::Remove)).collect::<Vec<_>>())?;
        Some(Self(Secret::new(without)))
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.0.secret() == NO_ENTRIES || self.entries().is_empty()
    }

    /// Names and the JSON of their texts, in the order of GitHub.
    fn entries(&self) -> Vec<(String, Secret)> {
        let Some(members) = Members::parse(self.0.secret()) else { return vec![] };
        let entry = |name: &str| Some((name.to_owned(), Secret::new(members.json(name)?)));
        members.names().into_iter().filter_map(entry).collect()
    }
}

impl MigrationOptions {
    fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.variables.is_empty()
    }

    /// Whether nothing is asked for: no context, and no place for one.
    pub fn wants_nothing(&self) -> bool {
        let is_placed = match &self.destination {
            Destination::Bucket { place, config_from_store, .. } => place.is_some() || *config_from_store,
            Destination::Stores { .. } => true,
        };
        self.is_empty() && !is_placed
    }

    fn context(&self, kind: Kind) -> &Context {
        match kind {
            Kind::Secret => &self.secrets,
            Kind::Variable => &self.variables,
        }
    }
}

/// Who migrates, and whose job it is.
pub struct Mover<'a, H> {
    /// Says what is done, and encrypts.
    pub host: &'a H,
    /// Makes the calls.
    pub client: &'a Client<'a, H>,
    /// The session, at Secrets Manager.
    pub access: Access<'a>,
    /// The job's claims.
    pub claims: &'a Claims,
    /// Where its stores are.
    pub stores: &'a StoreOptions,
    /// Where S3 is, in the bucket's region.
    pub s3: &'a BaseUrl,
    /// Where the bucket is.
    pub region: &'a Region,
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The key.
    pub key: String,
    /// Secret or variable.
    pub kind: Kind,
    /// Where to: the name of a store, or the address of an object.
    pub to: String,
    /// What was done; see [`MoveResult`].
    pub result: MoveResult,
}

/// What was done with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveResult {
    /// It is encrypted in the bucket.
    Encrypted,
    /// It is new in the store.
    Added,
    /// It has another value now.
    Overwritten,
    /// The store had it already, with this value.
    AlreadyThere,
    /// The store has another value, which stays.
    Kept,
    /// The repository's store has it with this value, so the environment's does not need it.
    SameInRepository,
    /// It cannot be a variable.
    Refused(String),
}

impl MoveResult {
    /// As the log and the summary have it.
    pub fn told(&self) -> String {
        match self {
            Self::Encrypted => "encrypted".to_owned(),
            Self::Added => "added".to_owned(),
            Self::Overwritten => "overwritten".to_owned(),
            Self::AlreadyThere => "already there".to_owned(),
            Self::Kept => "kept: the store has another value".to_owned(),
            Self::SameInRepository => "in the repository's store".to_owned(),
            Self::Refused(problem) => format!("not migrated: the name {problem}"),
        }
    }
}

impl Migrated {
    /// A line for the log.
    pub fn line(&self) -> String {
        format!("{} {}: {}", self.kind.name(), printable(&self.key), self.result.told())
    }
}

impl<H: Host> Mover<'_, H> {
    /// Migrates what the contexts hold; says in words when there is nothing to do.
    pub async fn migrate(&self, options: &MigrationOptions) -> Result<Vec<Migrated>, Error> {
        if options.is_empty() {
            self.host.log(Log::Notice(NOTHING_GIVEN.to_owned()));
            return Ok(vec![]);
        }
        match &options.destination {
            Destination::Bucket { place, config_from_store, owner } => {
                self.to_bucket(options, place.as_ref(), *config_from_store, owner.as_ref()).await
            }
            Destination::Stores { overwrite, keys } => self.to_stores(options, *overwrite, keys.as_deref()).await,
        }
    }

    /// As soon as it is done: what comes next may fail.
    fn report(&self, to: &str, migrated: &[Migrated]) {
        let lines = migrated.iter().map(Migrated::line).collect();
        self.host.log(Log::Group(format!("Migrated from GitHub to {to}"), lines));
    }
}

#[cfg(test)]
mod tests;
