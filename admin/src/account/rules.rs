//! Where rules come from: `kvstore.json`, or a snapshot of an account.

use crate::account::{Account, planned, snapshot};
use crate::kvstore::problem::Problem;
use crate::kvstore::reader::{Text, read};
use crate::kvstore::set_up::{SetUp, set_up};

/// Files with rules.
#[derive(Debug)]
pub enum Rules {
    /// `kvstore.json` and those beside it.
    File(Vec<Text>),
    /// The files of a snapshot, by their names in its folder.
    Snapshot(Vec<Text>),
}

/// Rules as they are understood.
#[derive(Debug)]
pub struct Ruled {
    /// What AWS has by them.
    pub account: Account,
    /// Of a file: what it comes to.
    pub set_up: Option<SetUp>,
}

impl Rules {
    /// Files by the name of what they are; nothing if there is no such kind.
    pub fn of(kind: &str, texts: Vec<Text>) -> Option<Self> {
        match kind {
            "file" => Some(Self::File(texts)),
            "snapshot" => Some(Self::Snapshot(texts)),
            _ => None,
        }
    }

    /// Reads the files, or says everything that is wrong with them.
    pub fn read(&self) -> Result<Ruled, Vec<Problem>> {
        match self {
            Self::File(texts) => {
                let merged = read(texts)?;
                let set_up = set_up(&merged)?;
                let account = planned(&set_up).map_err(|malformed| {
                    vec![merged.problem(&crate::kvstore::reader::Place::default(), malformed.to_string())]
                })?;
                Ok(Ruled { account, set_up: Some(set_up) })
            }
            Self::Snapshot(texts) => Ok(Ruled { account: snapshot::account(texts)?, set_up: None }),
        }
    }
}
