//! The core of env-kvstore: a GitHub Actions job's OIDC token becomes values from AWS Secrets Manager.
//!
//! ```text
//! inputs → GitHub token → claims → identity (Cognito, STS) → stores (Secrets Manager) → values → export
//! ```
//!
//! A step that reads from Vault takes another path, [`vault::run`]: a login in place of the identity, paths in place of stores.
//!
//! [`pipeline::run`] is that path, top to bottom. Every module but two is pure: [`call::client`] and [`pipeline`] drive an
//! [`host::http::Host`], which is all they know of network, clock and log. In the action the host is Node (`host/node-host.ts`,
//! bound in `wasm.rs`); in the tests it is a script.
//!
//! The client enforces nothing and can grant nothing: claims name things, AWS decides.

pub mod aws;
pub mod call;
pub mod error;
pub mod export;
pub mod github;
pub mod host;
pub mod identity;
pub mod inputs;
pub mod lines;
pub mod migration;
pub mod pipeline;
pub mod run;
pub mod stores;
pub mod text;
pub mod vault;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
