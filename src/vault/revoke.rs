//! The end of a token.
//! <https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self>

use std::time::SystemTime;

use crate::call::operation::Operation;
use crate::call::protocol::Protocol;
use crate::call::redirect::Redirect;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::host::answer::Answer;
use crate::host::http::{Method, Request, Response};
use crate::host::url::BaseUrl;
use crate::text::secret::Secret;
use crate::vault::cluster::Cluster;
use crate::vault::protocol::Vault;

/// Ends a token, and with it whatever was leased to it.
pub struct RevokeSelf<'a> {
    /// Where.
    pub cluster: &'a Cluster,
    /// Which.
    pub token: &'a Secret,
}

impl Operation for RevokeSelf<'_> {
    const NAME: &'static str = "Vault revoke-self";
    const PROTOCOL: &'static dyn Protocol = &Vault;
    type Output = ();

    fn subject(&self) -> String {
        "the job's token".to_owned()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.cluster.node()
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        Ok(self.cluster.request(Method::Post, "auth/token/revoke-self", String::new(), Some(self.token)))
    }

    fn redirect(&self, from: &str, hops: u32, response: &Response) -> Redirect {
        self.cluster.redirect(from, hops, response)
    }

    fn parse(&self, _response: &Response) -> Result<(), &'static str> {
        Ok(())
    }

    /// It only becomes a notice.
    fn diagnose(&self, _answer: &Answer) -> Diagnosis {
        Diagnosis::new(
            Code::VaultRefused,
            "No policy of the token allows its revocation.",
            "Allow `update` on `auth/token/revoke-self`, as the policy `default` does.",
        )
    }
}
