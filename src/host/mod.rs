//! What the core knows of the outside: network, clock and log.

pub mod answer;
pub mod http;
pub mod url;
