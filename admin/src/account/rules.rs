//! Where rules come from: `kvstore.json`, or a snapshot of an account or of a Vault.

use crate::account::{Account, planned, snapshot};
use crate::kvstore::plan::plan;
use crate::kvstore::problem::Problem;
use crate::kvstore::reader::{Place, Text, read};
use crate::kvstore::set_up::SetUp;
use crate::kvstore::vault::VaultSetUp;
use crate::vault::{Vault, snapshot as snapshot_of_vault};

/// Files with rules.
#[derive(Debug)]
pub enum Rules {
    /// `kvstore.json` and those beside it.
    File(Vec<Text>),
    /// The files of a snapshot, by their names in its folder.
    Snapshot(Vec<Text>),
    /// The file of a snapshot of Vault.
    Vault(Text),
}

/// Rules as they are understood.
#[derive(Debug)]
pub struct Ruled {
    /// What AWS has by them; nothing at all if they are about Vault alone.
    pub account: Account,
    /// Whether they are about AWS.
    pub is_on_aws: bool,
    /// Of a file: what it comes to.
    pub set_up: Option<SetUp>,
    /// What Vault has by them, if they are about Vault.
    pub vault: Option<Vault>,
    /// Of a file: what it comes to on Vault.
    pub vault_set_up: Option<VaultSetUp>,
}

impl Ruled {
    /// Of an account, and of no Vault.
    pub fn on_aws(account: Account, set_up: Option<SetUp>) -> Self {
        Self { account, is_on_aws: true, set_up, vault: None, vault_set_up: None }
    }
}

impl Rules {
    /// Files by the name of what they are; nothing if there is no such kind. A snapshot of Vault is a file too, and known by what is in it.
    pub fn of(kind: &str, texts: Vec<Text>) -> Option<Self> {
        match (kind, texts.first()) {
            ("vault", Some(text)) => Some(Self::Vault(text.clone())),
            ("file", Some(text)) if snapshot_of_vault::is_one(&text.text) => Some(Self::Vault(text.clone())),
            ("file", _) => Some(Self::File(texts)),
            ("snapshot", _) => Some(Self::Snapshot(texts)),
            _ => None,
        }
    }

    /// Something that the rules as a whole cannot be used for.
    pub(crate) fn problem(&self, message: &str) -> Problem {
        let file = match self {
            Self::File(texts) | Self::Snapshot(texts) => {
                texts.first().map(|text| text.name.clone()).unwrap_or_default()
            }
            Self::Vault(text) => text.name.clone(),
        };
        Problem { file, pointer: String::new(), line: 1, message: message.to_owned() }
    }

    /// Reads the files, or says everything that is wrong with them.
    pub fn read(&self) -> Result<Ruled, Vec<Problem>> {
        match self {
            Self::File(texts) => {
                let merged = read(texts)?;
                let plan = plan(&merged)?;
                let malformed = |message: String| vec![merged.problem(&Place::default(), message)];
                let account =
                    plan.aws.as_ref().map(planned).transpose().map_err(|error| malformed(error.to_string()))?;
                let vault = plan.vault.as_ref().map(VaultSetUp::server).transpose().map_err(malformed)?;
                let is_on_aws = account.is_some();
                Ok(Ruled {
                    account: account.unwrap_or_default(),
                    is_on_aws,
                    set_up: plan.aws,
                    vault,
                    vault_set_up: plan.vault,
                })
            }
            Self::Snapshot(texts) => Ok(Ruled::on_aws(snapshot::account(texts)?, None)),
            Self::Vault(text) => {
                let vault = snapshot_of_vault::read(text)?;
                Ok(Ruled { is_on_aws: false, vault: Some(vault), ..Ruled::on_aws(Account::default(), None) })
            }
        }
    }
}
