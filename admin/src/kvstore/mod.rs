//! `kvstore.json`: who reads what, written down once. The set-up of AWS and its proof follow from it.
//!
//! ```text
//! kvstore.json, kvstore.d/*.json → file (checked) → set-up (roles, tags, stores) → policies → proof
//! ```

mod cloudformation;
pub mod file;
pub mod generate;
pub mod init;
pub mod made;
pub mod plan;
pub mod policies;
pub mod problem;
pub mod proof;
pub mod published;
pub mod reader;
pub(crate) mod reading;
pub mod set_up;
mod terraform;
pub mod vault;
mod vault_files;
mod workflows;
mod wrapper;
mod yaml;
