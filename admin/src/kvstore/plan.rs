//! What a file comes to, on AWS, on Vault, or on both.

use crate::kvstore::problem::Problem;
use crate::kvstore::reader::Merged;
use crate::kvstore::set_up::{SetUp, planned};
use crate::kvstore::vault::{VaultSetUp, on_vault};

/// One of the two at least.
#[derive(Debug)]
pub struct Plan {
    /// On AWS.
    pub aws: Option<SetUp>,
    /// On Vault.
    pub vault: Option<VaultSetUp>,
}

/// Works it out, or says everything that is wrong.
pub fn plan(merged: &Merged) -> Result<Plan, Vec<Problem>> {
    let (planned, mut problems) = planned(merged);
    let Some(planned) = planned else { return Err(problems) };
    let vault = on_vault(merged, &planned).unwrap_or_else(|others| {
        problems.extend(others);
        None
    });
    if problems.is_empty() { Ok(Plan { aws: planned.aws, vault }) } else { Err(problems) }
}
