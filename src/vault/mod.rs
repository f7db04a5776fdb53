//! Vault and OpenBao: a login by the job's token, reads, and the token's end.

pub mod cluster;
pub mod login;
pub mod protocol;
pub mod read;
pub mod revoke;
pub mod run;
pub mod values;
