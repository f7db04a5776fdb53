//! Changes keys of a store, and loses nobody else's change.
//!
//! A store is one JSON document, so a change is to read, modify and write it, and two people may do that at once. The new
//! version is written beside the current one, and becomes current only if the version that was read still is: that is one
//! call, `UpdateSecretVersionStage`, which fails otherwise. Whoever was slower reads again, and goes on if the other one
//! changed other keys. Interrupted at any point, readers see the old document or the new one.

use std::time::Duration;

use crate::aws::secret_id::{SecretId, SecretVersion, is_without_suffix};
use crate::aws::secret_versions::{
    CURRENT, DescribeSecret, Description, MAX_SECRET_BYTES, MoveCurrent, PREVIOUS, PutSecretValue,
};
use crate::aws::secrets_manager::{Access, GetSecretValue};
use crate::call::client::{Client, full_jitter};
use crate::call::operation::name_of;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::problem::WriteProblem;
use crate::host::http::Host;
use crate::lines::env_name::{DIFFERS_IN_CASE, EnvName};
use crate::stores::document::{entries, is_same_value, text_of};
use crate::text::members::{MemberChange, Members};
use crate::text::secret::Secret;
use crate::text::secret_value::SecretValue;
use crate::text::table::Names;

/// Each attempt that comes second adds a version, of which a secret has about a hundred.
const MAX_ATTEMPTS: u32 = 8;

/// As long that twenty writers at once make fewer versions than a secret may have: shorter pauses make more.
const BASE_PAUSE: Duration = Duration::from_millis(200);

/// As short that all pauses of a write fit into the minute that a command has.
const MAX_PAUSE: Duration = Duration::from_secs(20);

/// So many keys are named when a document is too long.
const LARGEST_NAMED: usize = 5;

/// What is to become of the keys of a store.
#[derive(Debug, Default)]
pub struct Edit {
    /// Keys, each with the JSON of its value.
    pub set: Vec<(String, Secret)>,
    /// Keys that go.
    pub remove: Vec<String>,
    /// Whether all keys go that are not in `set`.
    pub replace: bool,
    /// Whether keys may have names that no environment variable can have.
    pub allow_any_key: bool,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another value.
    Changed,
    /// It has the same value.
    Same,
}

impl Mark {
    /// `+`, `-`, `~` or `=`
    pub fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Changed => '~',
            Self::Same => '=',
        }
    }
}

/// A version of a store that was read.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The version; none if the store has no value yet.
    pub version: Option<String>,
    /// The ARN of the store.
    pub arn: String,
    text: Secret,
}

/// What became of a store.
#[derive(Debug)]
pub struct Changed {
    /// The keys of the edit, in its order.
    pub keys: Vec<(String, Mark)>,
    /// The version that was current before; none if the store had no value.
    pub base: Option<String>,
    /// The version that is current now.
    pub version: Option<String>,
    /// The store's ARN.
    pub arn: String,
    /// Whether a version was made.
    pub written: bool,
    /// How often another write came first.
    pub lost_races: u32,
}

/// What is known of a version that is to be the current one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    /// This write has made it.
    New,
    /// It was there before, and may have been current.
    Older,
}

/// A document after an edit.
struct Planned {
    keys: Vec<(String, Mark)>,
    /// None if nothing changes.
    text: Option<Secret>,
}

/// One store, and who changes it.
pub struct Writer<'a, H> {
    /// For the pauses between attempts.
    pub host: &'a H,
    /// Makes the calls.
    pub client: &'a Client<'a, H>,
    /// As whom.
    pub access: &'a Access<'a>,
    /// Which store.
    pub secret: &'a SecretId,
}

impl<H: Host> Writer<'_, H> {
    /// Reads the current version; a store that exists without a value has an empty document.
    pub async fn current(&self) -> Result<Snapshot, Error> {
        let wanted = SecretVersion::current(self.secret.clone());
        match self.read(&wanted).await {
            Err(error) if error.code() == Code::StoreNotFound => match self.describe().await {
                Ok(description) if description.in_deletion => Err(error),
                // Its first version came between the two calls.
                Ok(description) if description.version_of(CURRENT).is_some() => self.read(&wanted).await,
                Ok(Description { arn, .. }) => Ok(Snapshot { arn, ..Snapshot::empty() }),
                Err(absent) if absent.code() == Code::StoreNotFound => Err(absent),
                Err(_) => Err(error),
            },
            read => read,
        }
    }

    /// Reads a version that is named.
    pub async fn version(&self, id: Option<&str>, stage: Option<&str>) -> Result<Snapshot, Error> {
        let (id, stage) = (id.map(str::to_owned), stage.map(str::to_owned));
        self.read(&SecretVersion { secret: self.secret.clone(), id, stage }).await
    }

    async fn read(&self, wanted: &SecretVersion) -> Result<Snapshot, Error> {
        let get = GetSecretValue { access: self.access, wanted };
        let value = self.client.call(&get).await?;
        // What is written back must not be a document of something else. Whoever only reads takes what AWS gives.
        if !is_of(&value, wanted) {
            let problem = "another secret or version than the one that was asked for";
            return Err(Error::AnswerUnusable(Box::new(name_of(&get)), problem));
        }
        if value.is_binary() {
            return Err(self.not_written(WriteProblem::NotAnObject("is binary: it must be a JSON object")));
        }
        let text = value.whole().clone();
        entries(text.secret()).map_err(|problem| self.not_written(WriteProblem::NotAnObject(problem)))?;
        Ok(Snapshot { version: Some(value.version_id().to_owned()), arn: value.arn().to_owned(), text })
    }

    /// What an edit would change; writes nothing.
    pub fn plan(&self, current: &Snapshot, edit: &Edit) -> Result<Vec<(String, Mark)>, Error> {
        self.planned(current, None, edit).map(|planned| planned.keys)
    }

    /// What an edit makes of a store that does not exist yet: its keys and its document.
    pub fn first_document(&self, edit: &Edit) -> Result<(Vec<(String, Mark)>, Secret), Error> {
        let empty = Snapshot::empty();
        let Planned { keys, text } = self.planned(&empty, None, edit)?;
        Ok((keys, text.unwrap_or(empty.text)))
    }

    /// Changes the store from what `base` was, which is what the user saw, or `current` if nobody saw anything.
    pub async fn change(&self, base: Option<&Snapshot>, current: Snapshot, edit: &Edit) -> Result<Changed, Error> {
        let base = base.unwrap_or(&current).clone();
        let mut current = current;
        let mut lost_races = 0;
        loop {
            let Planned { keys, text } = self.planned(&current, Some(&base), edit)?;
            let Some(text) = text else {
                let Snapshot { version, arn, .. } = current;
                let (base, version) = (version.clone(), version);
                return Ok(Changed { keys, base, version, arn, written: false, lost_races });
            };
            if let Some(version) = self.write(current.version.as_deref(), &text).await? {
                let Snapshot { version: base, arn, .. } = current;
                return Ok(Changed { keys, base, version: Some(version), arn, written: true, lost_races });
            }
            lost_races += 1;
            if lost_races == MAX_ATTEMPTS {
                return Err(self.not_written(WriteProblem::Busy(lost_races)));
            }
            self.host.sleep(full_jitter(BASE_PAUSE, lost_races, MAX_PAUSE)).await;
            self.client.give_way().await?;
            current = self.current().await?;
        }
    }

    /// Makes a version of the store current if `from` still is.
    pub async fn move_current(&self, from: Option<&str>, to: &str) -> Result<(), Error> {
        match self.is_moved(from, to, Age::Older).await? {
            true => Ok(()),
            false => Err(self.not_written(WriteProblem::Changed(vec![]))),
        }
    }

    /// Which versions the store has.
    pub async fn describe(&self) -> Result<Description, Error> {
        self.client.call(&DescribeSecret { access: self.access, secret: self.secret }).await
    }

    /// Adds a version and makes it current if `base` still is; none if another one came first.
    async fn write(&self, base: Option<&str>, text: &Secret) -> Result<Option<String>, Error> {
        let version_id = version_id()?;
        let put = PutSecretValue { access: self.access, secret: self.secret, version_id: &version_id, text };
        let sent = self.client.call(&put).await;
        let Some(base) = base else {
            // Which of two first versions is current, only Secrets Manager knows; and one that was not answered may be.
            let description = match (self.describe().await, sent) {
                (Ok(description), Ok(())) => description,
                (Ok(description), Err(_)) if description.version_of(CURRENT) == Some(&version_id) => description,
                (_, Err(error)) | (Err(error), Ok(())) => return Err(error),
            };
            return match description.version_of(CURRENT) {
                Some(current) => Ok((current == version_id).then_some(version_id)),
                None => Ok(self.is_moved(None, &version_id, Age::New).await?.then_some(version_id)),
            };
        };
        sent?;
        Ok(self.is_moved(Some(base), &version_id, Age::New).await?.then_some(version_id))
    }

    /// Moves the label of the current version; false if it was not at `from` any more.
    async fn is_moved(&self, from: Option<&str>, to: &str, age: Age) -> Result<bool, Error> {
        let Err(error) = self.client.call(&MoveCurrent { access: self.access, secret: self.secret, from, to }).await
        else {
            return Ok(true);
        };
        // A call that was not answered may have been heard, and its repetition is then refused. A version that is gone is one
        // that lost its label to a later write, and was removed.
        let may_have_moved = matches!(error.code(), Code::StoreChanged | Code::StoreNotFound)
            || matches!(error, Error::Unreachable(..) | Error::AnswerUnusable(..))
            || matches!(error.code(), Code::ServiceFault | Code::Throttled);
        if !may_have_moved {
            return Err(error);
        }
        let Ok(description) = self.describe().await else { return Err(error) };
        let has = |stage| description.version_of(stage) == Some(to);
        let is_still_there = description.version_of(CURRENT) == from;
        // A new version is the previous one only if it has been current. An older one may have been that before.
        if has(CURRENT) || has(PREVIOUS) && (age == Age::New || !is_still_there) {
            return Ok(true);
        }
        match error.code() {
            Code::StoreChanged | Code::StoreNotFound => Ok(false),
            // Nobody else moved it: the service does not answer, and an attempt more would add a version for nothing.
            _ if is_still_there => Err(error),
            _ => Ok(false),
        }
    }

    /// What `edit` makes of a document, if nobody has changed the same keys since `base`.
    fn planned(&self, current: &Snapshot, base: Option<&Snapshot>, edit: &Edit) -> Result<Planned, Error> {
        let members = self.members(current)?;
        let known = self.members(base.unwrap_or(current))?;
        let set: Names = edit.set.iter().map(|(key, _)| key.clone()).collect();
        let all: Names = known.names().into_iter().chain(members.names()).map(str::to_owned).collect();
        let mut removed: Vec<&str> = edit.remove.iter().map(String::as_str).collect();
        if edit.replace {
            removed.extend(all.names().filter(|key| !set.has(key)));
        }
        let missing: Vec<_> = edit.remove.iter().filter(|key| known.json(key).is_none()).cloned().collect();
        if !missing.is_empty() {
            return Err(self.not_written(WriteProblem::KeysMissing(missing)));
        }

        let wanted = edit.set.iter().map(|(key, json)| (key.as_str(), Some(json.secret())));
        let wanted: Vec<_> = wanted.chain(removed.into_iter().map(|key| (key, None))).collect();
        let same = |one: Option<&str>, other: Option<&str>| match (one, other) {
            (Some(one), Some(other)) => is_same_value(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let taken = wanted.iter().filter(|(key, json)| {
            let now = members.json(key);
            !same(now, known.json(key)) && !same(now, *json)
        });
        let taken: Vec<_> = taken.map(|(key, _)| (*key).to_owned()).collect();
        if !taken.is_empty() {
            return Err(self.not_written(WriteProblem::Changed(taken)));
        }

        let mut keys = Vec::new();
        let mut changes = Vec::new();
        for (key, json) in wanted {
            let (mark, change) = match (members.json(key), json) {
                (None, None) => (Mark::Same, None),
                (Some(_), None) => (Mark::Removed, Some(MemberChange::Remove)),
                (None, Some(json)) => (Mark::Added, Some(MemberChange::Set(json))),
                (Some(old), Some(json)) if is_same_value(old, json) => (Mark::Same, None),
                (Some(_), Some(json)) => (Mark::Changed, Some(MemberChange::Set(json))),
            };
            keys.push((key.to_owned(), mark));
            changes.extend(change.map(|change| (key, change)));
        }
        if changes.is_empty() {
            return Ok(Planned { keys, text: None });
        }
        self.check_values(&members, &changes, edit.allow_any_key)?;
        let text = members.changed(&changes).ok_or_else(|| self.not_an_object())?;
        self.check_length(&text)?;
        Ok(Planned { keys, text: Some(Secret::new(text)) })
    }

    /// No key goes in that does not come out.
    fn check_values(
        &self,
        members: &Members<'_>,
        changes: &[(&str, MemberChange<'_>)],
        allow_any_key: bool,
    ) -> Result<(), Error> {
        let is_removed = |name: &str| changes.contains(&(name, MemberChange::Remove));
        let mut kept: Vec<_> = members.names().into_iter().filter(|name| !is_removed(name)).collect();
        let (mut values, mut names) = (Vec::new(), Vec::new());
        for (key, change) in changes {
            let MemberChange::Set(json) = change else { continue };
            let other = kept.iter().find(|name| *name != key && name.eq_ignore_ascii_case(key));
            let problem = match EnvName::parse(key) {
                Err(problem) => Some(problem),
                Ok(_) => other.map(|other| format!("and `{other}`: the name {DIFFERS_IN_CASE}")),
            };
            values.extend(text_of(json).err().map(|problem| ((*key).to_owned(), problem)));
            names.extend(problem.filter(|_| !allow_any_key).map(|problem| ((*key).to_owned(), problem)));
            kept.push(key);
        }
        match (names.is_empty(), values.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(self.not_written(WriteProblem::ValuesUnusable(values))),
            (false, _) => Err(self.not_written(WriteProblem::KeysUnusable(names))),
        }
    }

    fn check_length(&self, text: &str) -> Result<(), Error> {
        if text.len() <= MAX_SECRET_BYTES {
            return Ok(());
        }
        let members = Members::parse(text).ok_or_else(|| self.not_an_object())?;
        let length = |key: &str| members.json(key).map_or(0, str::len);
        let mut largest: Vec<_> = members.names().into_iter().map(str::to_owned).collect();
        largest.sort_by_key(|key| std::cmp::Reverse(length(key)));
        largest.truncate(LARGEST_NAMED);
        Err(self.not_written(WriteProblem::TooLarge { largest }))
    }

    fn members<'s>(&self, snapshot: &'s Snapshot) -> Result<Members<'s>, Error> {
        Members::parse(snapshot.text.secret()).ok_or_else(|| self.not_an_object())
    }

    fn not_an_object(&self) -> Error {
        self.not_written(WriteProblem::NotAnObject("is not a JSON object of keys and values"))
    }

    fn not_written(&self, problem: WriteProblem) -> Error {
        Error::NotWritten { store: self.secret.to_string(), problem }
    }
}

impl Snapshot {
    /// The document of a store without a value, or of none.
    pub fn empty() -> Self {
        Self { version: None, arn: String::new(), text: Secret::new("{}") }
    }

    /// A document that is no store's, as of a file; none if the text is not a JSON object.
    pub fn of_text(text: &str) -> Option<Self> {
        Members::parse(text).map(|_| Self { version: None, arn: String::new(), text: Secret::new(text) })
    }

    /// Its keys, in its order, each with the JSON of its value.
    pub fn entries(&self) -> Vec<(String, Secret)> {
        let Some(members) = Members::parse(self.text.secret()) else { return vec![] };
        let entry = |key: &str| Some((key.to_owned(), Secret::new(members.json(key)?)));
        members.names().into_iter().filter_map(entry).collect()
    }

    /// The whole document.
    pub fn text(&self) -> &Secret {
        &self.text
    }

    /// What changes on the way from this document to another one, by key.
    pub fn diff(&self, other: &Self) -> Vec<(String, Mark)> {
        let (Some(left), Some(right)) = (Members::parse(self.text.secret()), Members::parse(other.text.secret()))
        else {
            return vec![];
        };
        let keys: Names = left.names().into_iter().chain(right.names()).map(str::to_owned).collect();
        let mark = |key: &str| match (left.json(key), right.json(key)) {
            (None, _) => Mark::Added,
            (_, None) => Mark::Removed,
            (Some(old), Some(new)) if is_same_value(old, new) => Mark::Same,
            _ => Mark::Changed,
        };
        keys.names().map(|key| (key.to_owned(), mark(key))).collect()
    }
}

/// An id for a new version, or for a request: a UUID of version 4, as AWS's own tools send it.
/// <https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4>
pub fn version_id() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal("the host gives no random bytes"))?;
    let number = (u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    Ok([part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-"))
}

/// Whether an answer is about the secret and the version that were asked for; an ARN that is none says nothing.
fn is_of(value: &SecretValue, wanted: &SecretVersion) -> bool {
    let name = &wanted.secret.name;
    let named = value.arn().split_once(":secret:").is_none_or(|(_, rest)| is_without_suffix(name, rest));
    named && wanted.id.as_deref().is_none_or(|id| id == value.version_id())
}
