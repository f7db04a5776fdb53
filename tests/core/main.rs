//! The core from outside: a run against a scripted host, and its parsers against vectors of others.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod change;
mod corpus;
mod endpoints;
mod hostile;
mod identity;
mod migration;
mod parameters;
mod parsers;
mod pipeline;
mod properties;
mod retry;
mod scripted_host;
mod secrets;
mod signing;
mod token_exchange;
mod vault;
