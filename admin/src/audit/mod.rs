//! Who can read what: for every secret the jobs that policies let read it, with claims that are not known; what is wrong with
//! the rules; and how two sets of rules differ.
//!
//! ```text
//! account → doors (ways to roles) → readers (ways to secrets) → findings, differences → report → JSON, SARIF, page
//! ```
//!
//! What cannot be decided counts as readable, and says so.

pub mod access;
pub mod answer;
mod claims;
pub mod cloudtrail;
pub mod difference;
pub mod findings;
mod page;
pub mod report;
mod sarif;
mod text;
pub mod vault;

pub use page::page;
pub use sarif::sarif;
pub use text::{By, text};

use crate::account::{Account, Store};
use crate::audit::access::{Access, Door, doors};
use crate::kvstore::set_up::SetUp;

/// A secret and every way to it.
#[derive(Debug)]
pub struct Readers<'a> {
    /// Which.
    pub store: &'a Store,
    /// None if nobody can read it.
    pub ways: Vec<Access<'a>>,
}

/// Everything that the policies of an account were asked.
#[derive(Debug)]
pub struct Audit<'a> {
    /// The account.
    pub account: &'a Account,
    /// Every way to every role, also those that no job may go.
    pub doors: Vec<Door<'a>>,
    /// Every secret, in the order of their names.
    pub readers: Vec<Readers<'a>>,
    /// What `kvstore.json` comes to, if there is one.
    pub set_up: Option<&'a SetUp>,
    /// Whether the account is only what `kvstore.json` says.
    pub is_planned: bool,
}

impl<'a> Audit<'a> {
    /// Asks everything.
    pub fn new(account: &'a Account, set_up: Option<&'a SetUp>, is_planned: bool) -> Self {
        let doors = doors(account);
        let readers = readers_by(account, &doors);
        Self { account, doors, readers, set_up, is_planned }
    }
}

/// Every secret of an account, in the order of their names.
pub fn readers(account: &Account) -> Vec<Readers<'_>> {
    readers_by(account, &doors(account))
}

fn readers_by<'a>(account: &'a Account, doors: &[Door<'a>]) -> Vec<Readers<'a>> {
    let of = |store| Readers { store, ways: doors.iter().filter_map(|door| door.opens(account, store)).collect() };
    account.stores.iter().map(of).collect()
}
