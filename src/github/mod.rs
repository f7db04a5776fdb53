//! GitHub's side: the job's token, its check, its claims.

use std::cell::RefCell;

use crate::host::url::BaseUrl;
use crate::text::json::object_of;
use crate::text::secret::Secret;

mod by_status;
pub mod claims;
pub mod issuer;
pub mod job_token;
pub mod rs256;
pub mod token_exchange;
pub mod verify;

/// The job's login at the pool: the provider's name is the issuer without `https://`.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// The verified token's issuer.
    pub issuer: &'a BaseUrl,
    /// The verified token; it may be renewed between two attempts.
    pub token: &'a RefCell<Secret>,
}

impl Login<'_> {
    /// The parameter `Logins`.
    pub(crate) fn logins(&self) -> String {
        object_of(&[(self.issuer.without_scheme(), self.token.borrow().secret())])
    }
}
