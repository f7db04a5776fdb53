//! One way to call anything: attempts, outlook, deadline.

pub(crate) mod apart;
pub mod client;
pub mod operation;
pub mod outlook;
pub mod protocol;
pub mod redirect;
pub mod together;
