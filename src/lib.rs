//! The core of env-kvstore: a GitHub Actions job's OIDC token becomes values from AWS Secrets Manager.
//!
//! ```text
//! inputs → GitHub token → claims → identity (Cognito, STS) → stores (Secrets Manager) → values → export
//! ```
//!
//! [`pipeline::run`] is that path, top to bottom. Every module but two is pure: [`retry`] and [`pipeline`] drive an
//! [`http::Host`], which is all they know of network, clock and log. In the action the host is Node (`action/host.ts`,
//! bound in `wasm.rs`); in the tests it is a script.
//!
//! The client enforces nothing and can grant nothing: claims name things, AWS decides.

pub mod aws;
pub mod aws_config;
pub mod claims;
pub mod env_names;
pub mod error;
pub mod export;
pub mod fetch;
pub mod http;
pub mod identity;
pub mod inputs;
pub mod job_token;
pub mod json;
pub mod masks;
pub mod pipeline;
pub mod printable;
pub mod retry;
pub mod secret;
pub mod secrets_manager;
pub mod stores;
pub mod token_server;
pub mod value_from;
pub mod values;
#[cfg(target_arch = "wasm32")]
mod wasm;
pub mod xml;
