//! A token exchange: a service that takes the job's token and answers with one of its own, which STS takes with session tags in
//! it. <https://github.com/aidansteele/jwtex>

use std::fmt;
use std::time::SystemTime;

use crate::call::operation::Operation;
use crate::call::protocol::Protocol;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::github::Login;
use crate::github::by_status::ByStatus;
use crate::host::answer::Answer;
use crate::host::http::{Method, Request, Response};
use crate::host::url::BaseUrl;
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// What STS takes as `WebIdentityToken`.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
const MAX_TOKEN_BYTES: usize = 20_000;

/// White space around the token is not counted, but it is read.
const MAX_BODY_BYTES: usize = MAX_TOKEN_BYTES + 1024;

/// The media type of a JWT, as RFC 7519 registers it.
const JWT: &str = "application/jwt";

/// `token-exchange-url`: where the job's token is posted to.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenExchangeUrl {
    /// Without the query, which may hold a key and is not shown.
    shown: BaseUrl,
    whole: String,
}

impl TokenExchangeUrl {
    /// As [`BaseUrl::parse`], but with a query if there is one; to the letter.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&byte);
        if path.contains('@') || !text.bytes().all(plain) {
            return Err("must be a URL without user, fragment or spaces");
        }
        // A scheme and a host before the `?`, whatever comes after it.
        let shown = BaseUrl::parse(path)?;
        // Without a path the query would follow the host.
        let slash = if shown.origin() == path { "/" } else { "" };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Ok(Self { whole: format!("{path}{slash}{query}"), shown })
    }

    /// `https://host[:port]`.
    pub fn origin(&self) -> &str {
        self.shown.origin()
    }
}

impl fmt::Debug for TokenExchangeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown.as_str())
    }
}

/// Posts the job's token as the body, and gets the other token as the body.
pub struct ExchangeToken<'a> {
    /// Where.
    pub url: &'a TokenExchangeUrl,
    /// The job.
    pub login: Login<'a>,
    /// Of the job's token, for what a refusal means.
    pub audience: &'a str,
}

impl Operation for ExchangeToken<'_> {
    const NAME: &'static str = "token exchange";
    const PROTOCOL: &'static dyn Protocol = &ByStatus { refuses_by_form: true };
    type Output = ExchangedToken;

    fn subject(&self) -> String {
        format!("issuer {}", self.login.issuer.without_scheme())
    }

    fn endpoint(&self) -> &BaseUrl {
        &self.url.shown
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        let token = self.login.token.borrow().clone();
        Ok(Request {
            method: Method::Post,
            url: self.url.whole.clone(),
            headers: vec![("accept", JWT.to_owned()), ("content-type", JWT.to_owned())],
            body: token.clone(),
            max_body_bytes: MAX_BODY_BYTES,
            credentials: vec![token],
        })
    }

    fn parse(&self, response: &Response) -> Result<ExchangedToken, &'static str> {
        let media_type =
            response.header("content-type").and_then(|header| header.split(';').next()).unwrap_or_default();
        if !media_type.trim().eq_ignore_ascii_case(JWT) {
            return Err("the content type is not application/jwt");
        }
        let token = std::str::from_utf8(&response.body).unwrap_or_default().trim();
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_base64url);
        match token.split('.').collect::<Vec<_>>().as_slice() {
            _ if token.len() > MAX_TOKEN_BYTES => {
                Err("the token is longer than 20,000 characters, which STS does not take")
            }
            [header, claims, signature] if [header, claims, signature].into_iter().all(|part| is_part(part)) => {
                Ok(ExchangedToken(Secret::new(token)))
            }
            _ => Err("the body is not a JSON Web Token by itself"),
        }
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        let cause = match answer.status {
            // Of 0 no more is known than that it is too long.
            0 | 200 => {
                "Something other than a token exchange may have answered: it returns nothing but a JSON Web Token."
            }
            300..400 => "The exchange redirects, and the GitHub token is sent nowhere but to the URL that you set.",
            400 => {
                "The exchange does not take the job's token, or its mapping does not allow this job. It gives no reason to \
                 the job."
            }
            404 | 405 => "There is no token exchange at this address.",
            // jwtex's function panics as it refuses.
            500..600 => {
                "The exchange itself failed. jwtex behind API Gateway may answer 502 also to a job that it does not allow."
            }
            _ => "The exchange, or a gateway before it, does not let this request pass.",
        };
        let next = format!(
            "Check ‹token-exchange-url› with its query (of jwtex: /exchange?issuerId=…); that the exchange takes tokens of \
             {} for the audience `{}` (‹audience›); and the log of the exchange, which has the reason.",
            self.login.issuer,
            printable(self.audience)
        );
        Diagnosis::new(Code::TokenExchangeRefused, cause, next)
    }
}

/// What the exchange vouches for the job with. It is not verified here: STS does that, by the keys of its issuer.
#[derive(Debug, Clone)]
pub struct ExchangedToken(Secret);

impl ExchangedToken {
    /// For STS.
    pub fn token(&self) -> &Secret {
        &self.0
    }
}

#[cfg(test)]
mod tests;
