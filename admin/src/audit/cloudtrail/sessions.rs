//! Sessions and their reads, brought together from events in any order.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use env_kvstore::text::printable::printable;

use crate::account::Account;
use crate::audit::cloudtrail::event::{Assumed, Event, Read, What, read};
use crate::audit::cloudtrail::held::Held;
use crate::audit::cloudtrail::usage::{Findings, Usage};
use crate::audit::report::Report;
use crate::kvstore::problem::Problem;

/// A session lives for 12 hours at most, and CloudTrail delivers within minutes.
const HELD_SECONDS: i64 = 24 * 60 * 60;

/// So many sessions are held at a time; a day of more jobs is asked about in parts.
const MAX_HELD: usize = 1_000_000;

/// So many secrets are counted for one of them; a quota of AWS is 500,000 in a region, and nobody is denied so many names by mistake.
const MAX_STORES: usize = 20_000;

/// Ids of events that are remembered for one access key: a user's key is never forgotten for long.
const MAX_REMEMBERED: usize = 100_000;

/// What log files say, as far as it is known yet.
pub struct Trail {
    account: Account,
    /// By access key, or by the ARN of the session where an event has no key.
    held: HashMap<String, Held>,
    /// The beginnings and access keys of sessions by the sessions' ARN: those of one run have the same, and all of Cognito's
    /// enhanced flow.
    keys: HashMap<String, BTreeSet<(String, String)>>,
    findings: Findings,
    /// Seconds since 1970 of the newest event.
    newest: i64,
    /// When sessions were last looked through.
    swept: i64,
}

impl Trail {
    /// Judges by these rules.
    pub fn new(account: Account) -> Self {
        let findings = Findings::new(&account);
        Self { account, held: HashMap::new(), keys: HashMap::new(), findings, newest: 0, swept: 0 }
    }

    /// Reads a log file, unpacked.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), Problem> {
        let problem =
            |line: usize, message: String| Problem { file: name.to_owned(), pointer: String::new(), line, message };
        let text = text.trim_start_matches('\u{feff}');
        let read = read(text, &mut |event| self.take(event));
        let count = read.map_err(|error| {
            let what = printable(&error.to_string());
            problem(error.line().max(1), format!("is not a log file of CloudTrail: {what}"))
        })?;
        self.findings.events += count;
        if self.newest - self.swept > HELD_SECONDS / 4 {
            self.settle(self.newest - HELD_SECONDS);
            self.swept = self.newest;
        }
        if self.held.len() > MAX_HELD {
            return Err(problem(
                1,
                format!("more than {MAX_HELD} sessions are open at a time: give the files of a shorter period"),
            ));
        }
        Ok(())
    }

    /// The rules that it judges by.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// How many sessions are held, those of other principals among them.
    pub fn open_sessions(&self) -> usize {
        self.held.len()
    }

    /// What it comes to, beside what the rules allow.
    pub fn finish(mut self, report: &Report) -> Usage {
        self.settle(i64::MAX);
        self.findings.usage(&self.account, report)
    }

    fn take(&mut self, Event { time, id, what }: Event) {
        let Ok(at) = DateTime::from_str(&time, Format::DateTime).map(|time| time.secs()) else { return };
        self.newest = self.newest.max(at);
        self.findings.saw(&time);
        match what {
            What::Assumed(assumed) => self.assumed(assumed, time, &id, at),
            What::Read(read) => self.read(read, time, &id, at),
        }
    }

    fn assumed(&mut self, assumed: Assumed, time: String, id: &str, at: i64) {
        match (assumed.access_key.clone(), &assumed.error) {
            (Some(key), None) => {
                if let Some(arn) = &assumed.arn {
                    self.keys.entry(arn.clone()).or_default().insert((time.clone(), key.clone()));
                }
                let held = self.held.entry(key).or_default();
                held.last = held.last.max(at);
                held.started = time;
                held.session = Some(assumed);
            }
            _ => self.findings.refused(&assumed, time, id),
        }
    }

    fn read(&mut self, read: Read, time: String, id: &str, at: i64) {
        let key = read.access_key.clone().unwrap_or_else(|| read.arn.clone());
        let held = self.held.entry(key).or_default();
        held.last = held.last.max(at);
        if held.seen.len() >= MAX_REMEMBERED {
            held.seen.clear();
        }
        // Delivered twice: AWS promises no less than once, and two trails may hold it.
        if !id.is_empty() && !held.seen.insert(hash(id)) {
            return;
        }
        held.arn = read.arn;
        held.role = read.role;
        let is_denied = read.error.as_deref().is_some_and(|code| code.starts_with("AccessDenied"));
        if read.error.is_some() && !is_denied {
            return;
        }
        if read.is_batch && read.secrets.is_empty() && !is_denied {
            held.filtered += 1;
        }
        for secret in read.secrets {
            if held.stores.len() >= MAX_STORES && !held.stores.contains_key(&secret) {
                held.beyond += 1;
                continue;
            }
            let counts = held.stores.entry(secret).or_default();
            let (count, last) = match (is_denied, read.is_batch) {
                (true, _) => (&mut counts.denied, &mut counts.last_denied),
                (false, true) => (&mut counts.batches, &mut counts.last_batch),
                (false, false) => (&mut counts.reads, &mut counts.last_read),
            };
            *count += 1;
            if *last < time {
                last.clone_from(&time);
            }
        }
    }

    /// Closes the sessions that have had no event since.
    fn settle(&mut self, since: i64) {
        // Those without a key first: they need the sessions of the others.
        let over = |held: &Held| held.last < since;
        let mut closed: Vec<_> = self.held.iter().filter(|(_, held)| over(held)).map(|(key, _)| key.clone()).collect();
        closed.sort_by_key(|key| !key.starts_with("arn:"));
        for key in closed {
            let Some(mut held) = self.held.remove(&key) else { continue };
            if held.session.is_none() && key.starts_with("arn:") {
                held.session = self.session_of(&key, &held);
            }
            if let Some(arn) = held.session.as_ref().and_then(|session| session.arn.as_ref())
                && let Some(keys) = self.keys.get_mut(arn)
            {
                keys.remove(&(held.started.clone(), key.clone()));
                if keys.is_empty() {
                    self.keys.remove(arn);
                }
            }
            self.findings.add(&self.account, &held);
        }
    }

    /// By the session's ARN and the time: the last that began before the last read.
    fn session_of(&self, arn: &str, held: &Held) -> Option<Assumed> {
        let times =
            held.stores.values().flat_map(|counts| [&counts.last_read, &counts.last_denied, &counts.last_batch]);
        let last = times.max()?;
        // Whatever the key: it sorts before every key of a later time.
        let mut began = self.keys.get(arn)?.range(..(format!("{last}~"), String::new()));
        let (_, key) = began.next_back()?;
        self.held.get(key)?.session.clone()
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
