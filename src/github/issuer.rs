//! The issuer of the tokens, and its keys.
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use std::time::SystemTime;

use crate::call::operation::Operation;
use crate::call::protocol::Protocol;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::github::by_status::ByStatus;
use crate::github::verify::KeySet;
use crate::host::answer::Answer;
use crate::host::http::{MAX_BODY_BYTES, Method, Request, Response};
use crate::host::url::BaseUrl;
use crate::text::json::Object;
use crate::text::secret::Secret;

/// GETs the issuer's keys from where all of GitHub's issuers have them: below the issuer, without the enterprise's slug.
pub struct FetchKeys {
    /// Where.
    pub url: BaseUrl,
}

impl FetchKeys {
    /// The keys of an issuer.
    pub fn of(issuer: &BaseUrl) -> Option<Self> {
        BaseUrl::parse(&format!("{issuer}/.well-known/jwks")).ok().map(|url| Self { url })
    }

    /// The keys that the configuration of `issuer` names.
    pub fn named_by(configuration: &Configuration, issuer: &BaseUrl) -> Result<Self, &'static str> {
        if configuration.issuer.trim_end_matches('/') != issuer.as_str() {
            return Err("the OpenID configuration of another issuer");
        }
        let url =
            BaseUrl::parse(&configuration.jwks_uri).map_err(|_| "an OpenID configuration without a safe jwks_uri")?;
        Ok(Self { url })
    }
}

impl Operation for FetchKeys {
    const NAME: &'static str = "GET JWKS";
    const PROTOCOL: &'static dyn Protocol = PROTOCOL;
    type Output = KeySet;

    fn subject(&self) -> String {
        "the keys of the token's issuer".to_owned()
    }

    fn endpoint(&self) -> &BaseUrl {
        &self.url
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        Ok(get(&self.url))
    }

    fn parse(&self, response: &Response) -> Result<KeySet, &'static str> {
        response.json().and_then(|set| KeySet::of(&set)).ok_or("not a JWK Set with an RSA key for RS256")
    }

    fn diagnose(&self, _answer: &Answer) -> Diagnosis {
        keys_unavailable()
    }
}

/// GETs the address of an issuer's keys, for issuers that are not GitHub's.
/// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig>
pub struct Discover {
    /// The issuer.
    issuer: BaseUrl,
    url: BaseUrl,
}

/// An issuer's configuration, as far as it is used.
#[derive(Debug)]
pub struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl Discover {
    /// The configuration of an issuer.
    pub fn of(issuer: &BaseUrl) -> Option<Self> {
        let url = BaseUrl::parse(&format!("{issuer}/.well-known/openid-configuration")).ok()?;
        Some(Self { issuer: issuer.clone(), url })
    }
}

impl Operation for Discover {
    const NAME: &'static str = "GET openid-configuration";
    const PROTOCOL: &'static dyn Protocol = PROTOCOL;
    type Output = Configuration;

    fn subject(&self) -> String {
        format!("issuer {}", self.issuer)
    }

    fn endpoint(&self) -> &BaseUrl {
        &self.url
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        Ok(get(&self.url))
    }

    fn parse(&self, response: &Response) -> Result<Configuration, &'static str> {
        let configuration =
            |body: Object| Some(Configuration { issuer: body.text("issuer")?, jwks_uri: body.text("jwks_uri")? });
        response.json().and_then(configuration).ok_or("not an OpenID configuration")
    }

    fn diagnose(&self, _answer: &Answer) -> Diagnosis {
        keys_unavailable()
    }
}

/// What its host writes is not shown.
const PROTOCOL: &dyn Protocol = &ByStatus { refuses_by_form: false };

fn get(url: &BaseUrl) -> Request {
    Request {
        method: Method::Get,
        url: url.to_string(),
        headers: vec![("accept", "application/json".to_owned())],
        body: Secret::new(""),
        max_body_bytes: MAX_BODY_BYTES,
        credentials: vec![],
    }
}

fn keys_unavailable() -> Diagnosis {
    Diagnosis::new(
        Code::IssuerKeysUnavailable,
        "The issuer's keys could not be read, so the token cannot be checked.",
        "Check ‹oidc-issuer›, and that the runner can reach it; if it is GitHub's, see githubstatus.com and run the job again.",
    )
}
