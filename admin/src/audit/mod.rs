//! Who can read what: for every secret the jobs that policies let read it, with claims that are not known.
//!
//! What cannot be decided counts as readable, and says so.

pub mod access;
pub mod cloudtrail;
pub mod report;

use crate::account::{Account, Store};
use crate::audit::access::{Access, doors};

/// A secret and every way to it.
#[derive(Debug)]
pub struct Readers<'a> {
    /// Which.
    pub store: &'a Store,
    /// None if nobody can read it.
    pub ways: Vec<Access<'a>>,
}

/// Every secret of an account, in the order of their names.
pub fn readers(account: &Account) -> Vec<Readers<'_>> {
    let doors = doors(account);
    let of = |store| Readers { store, ways: doors.iter().filter_map(|door| door.opens(account, store)).collect() };
    account.stores.iter().map(of).collect()
}
