//! The job's GitHub token: requested or given, checked against the issuer's keys, and renewed when it is about to end.

use std::cell::{Ref, RefCell};
use std::time::Duration;

use futures_util::future::try_join;

use crate::call::apart::apart;
use crate::call::client::{ATTEMPT_TIMEOUT, Client};
use crate::call::operation::name_of;
use crate::error::Error;
use crate::error::token_fault::{TokenFault, TokenSource};
use crate::github::Login;
use crate::github::claims::Claims;
use crate::github::issuer::{Discover, FetchKeys};
use crate::github::verify::{Expected, KeySet, verify};
use crate::host::http::{Host, Response};
use crate::host::url::BaseUrl;
use crate::text::secret::Secret;

/// Where the token is from, and what it must say.
#[derive(Debug)]
pub struct TokenOptions {
    /// The token, if it was given: `github-token`
    pub given: Option<Secret>,
    /// Where the issuer's keys are: `oidc-issuer`
    pub issuer_base: BaseUrl,
    /// What its `iss` must be: `oidc-issuer` and the slug of `github-enterprise-name`
    pub issuer: BaseUrl,
    /// `audience`
    pub audience: String,
}

/// A verified token and its claims.
pub struct JobToken<'c, H> {
    client: &'c Client<'c, H>,
    options: &'c TokenOptions,
    token: RefCell<Secret>,
    claims: RefCell<Claims>,
}

impl<'c, H: Host> JobToken<'c, H> {
    /// Gets the token and verifies it.
    pub async fn fetch(client: &'c Client<'c, H>, options: &'c TokenOptions) -> Result<Self, Error> {
        let (token, claims) = fetch(client, options).await?;
        Ok(Self { client, options, token: RefCell::new(token), claims: RefCell::new(claims) })
    }

    /// Its claims.
    pub fn claims(&self) -> Ref<'_, Claims> {
        self.claims.borrow()
    }

    /// The token itself, for whom the job shows it to.
    pub fn login(&self) -> Login<'_> {
        Login { issuer: &self.options.issuer, token: &self.token }
    }

    /// What it was asked for.
    pub fn audience(&self) -> &str {
        &self.options.audience
    }

    /// A retry may come when the token is about to end; AWS is then shown a new one.
    pub async fn renew(&self) -> Result<(), Error> {
        // A token that was given cannot be replaced, so it is used to its end.
        let margin = if self.options.given.is_none() { ATTEMPT_TIMEOUT } else { Duration::ZERO };
        if self.claims().expires() <= self.client.now() + margin {
            let (token, claims) = apart(fetch(self.client, self.options)).await?;
            self.token.replace(token);
            self.claims.replace(claims);
        }
        Ok(())
    }
}

/// The issuer's keys are fetched beside the token, not after it.
async fn fetch<H: Host>(client: &Client<'_, H>, options: &TokenOptions) -> Result<(Secret, Claims), Error> {
    let token = async {
        match &options.given {
            Some(token) => Ok(token.clone()),
            None => client.github_token(&options.audience).await,
        }
    };
    let (token, (mut keys, mut response)) = try_join(token, issuer_keys(client, options)).await?;
    let expected = Expected { issuer: &options.issuer, audience: &options.audience };
    let check = |keys: &KeySet| verify(&token, keys, &expected, client.now(), |signed| client.verify_rs256(signed));
    let mut checked = check(&keys);
    if let Err(TokenFault::UnknownKey { .. }) = checked {
        // The issuer may have begun to sign with a key that a cache does not have yet.
        (keys, response) = apart(issuer_keys(client, options)).await?;
        checked = check(&keys);
    }
    if checked.as_ref().is_err_and(TokenFault::is_about_time) && client.correct_clock(&response) {
        // By the issuer's clock the token may be valid.
        checked = check(&keys);
    }
    let source = if options.given.is_some() { TokenSource::Input } else { TokenSource::Requested };
    let claims = checked.map_err(|fault| Error::GithubTokenRejected(fault, source))?;
    Ok((token, claims))
}

/// The keys are where all of GitHub's issuers have them, or where the issuer's configuration says.
async fn issuer_keys<H: Host>(client: &Client<'_, H>, options: &TokenOptions) -> Result<(KeySet, Response), Error> {
    let fetch = FetchKeys::of(&options.issuer_base).ok_or(Error::Internal("the issuer has no URL for keys"))?;
    match client.call_for_response(&fetch).await {
        Err(Error::Refused(refusal)) if refusal.answer.status == 404 => {
            apart(discovered_keys(client, &options.issuer)).await
        }
        keys => keys,
    }
}

async fn discovered_keys<H: Host>(client: &Client<'_, H>, issuer: &BaseUrl) -> Result<(KeySet, Response), Error> {
    let discover = Discover::of(issuer).ok_or(Error::Internal("the issuer has no configuration"))?;
    let configuration = client.call(&discover).await?;
    let fetch = FetchKeys::named_by(&configuration, issuer)
        .map_err(|problem| Error::AnswerUnusable(Box::new(name_of(&discover)), problem))?;
    client.call_for_response(&fetch).await
}
