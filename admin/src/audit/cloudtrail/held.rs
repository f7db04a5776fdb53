//! A session before it is over.

use std::collections::{BTreeMap, HashSet};

use crate::audit::cloudtrail::event::Assumed;

/// What is known of a session before it is over.
#[derive(Default)]
pub(super) struct Held {
    /// None if its beginning was not seen.
    pub(super) session: Option<Assumed>,
    pub(super) started: String,
    /// Who reads, by the reads.
    pub(super) arn: String,
    pub(super) role: Option<String>,
    pub(super) stores: BTreeMap<String, Counts>,
    /// Batches that named no secret, but a filter.
    pub(super) filtered: u64,
    /// Asked for beyond what is counted.
    pub(super) beyond: u64,
    /// Of events, to count each once.
    pub(super) seen: HashSet<u64>,
    /// Seconds since 1970 of the last event.
    pub(super) last: i64,
}

/// How often a session came for a secret.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) reads: u64,
    pub(super) denied: u64,
    /// In batches, of which the outcome is not told.
    pub(super) batches: u64,
    pub(super) last_read: String,
    pub(super) last_denied: String,
    pub(super) last_batch: String,
}
