//! Amazon Cognito identity pools: GetId, then GetOpenIdToken (the basic or classic flow) or GetCredentialsForIdentity (the
//! enhanced flow). The calls are unsigned.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html>

use std::fmt;
use std::time::SystemTime;

use crate::aws::names::{AccountId, Region, RoleArn};
use crate::aws::protocols::{Aws, json_request};
use crate::aws::session::{Session, SessionTags, end_of_session};
use crate::aws::sigv4::Credentials;
use crate::call::operation::Operation;
use crate::call::protocol::Protocol;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::github::Login;
use crate::host::answer::Answer;
use crate::host::http::{Request, Response};
use crate::host::url::BaseUrl;
use crate::text::json::string;
use crate::text::secret::Secret;

/// The id of an identity pool; what stands before its colon is its region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolId {
    id: String,
    region: Region,
}

impl PoolId {
    /// `REGION:UUID`, at most 55 characters.
    pub fn parse(text: &str) -> Option<Self> {
        let (region, id) = text.split_once(':')?;
        let hex = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        (hex && text.len() <= 55).then_some(())?;
        Some(Self { id: text.to_owned(), region: Region::parse(region)? })
    }

    /// The pool's region.
    pub fn region(&self) -> &Region {
        &self.region
    }
}

impl fmt::Display for PoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// The id of the identity that Cognito keeps for the token's `sub`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityId(String);

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html>
pub struct GetId<'a> {
    /// Where.
    pub endpoint: &'a BaseUrl,
    /// The pool's account, if it is known.
    pub account: Option<&'a AccountId>,
    /// The pool.
    pub pool: &'a PoolId,
    /// The job.
    pub login: Login<'a>,
}

impl Operation for GetId<'_> {
    const NAME: &'static str = "GetId";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = IdentityId;

    fn subject(&self) -> String {
        match self.account {
            Some(account) => format!("identity pool {} of account {account}", self.pool),
            None => format!("identity pool {}", self.pool),
        }
    }

    fn endpoint(&self) -> &BaseUrl {
        self.endpoint
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        let account = self.account.map(|account| format!(r#""AccountId":{},"#, string(account.digits())));
        let (account, pool) = (account.unwrap_or_default(), string(&self.pool.id));
        let body = format!(r#"{{{account}"IdentityPoolId":{pool},"Logins":{}}}"#, self.login.logins());
        Ok(unsigned(self.endpoint, "AWSCognitoIdentityService.GetId", body, &self.login))
    }

    fn parse(&self, response: &Response) -> Result<IdentityId, &'static str> {
        response.json().and_then(|body| body.text("IdentityId")).map(IdentityId).ok_or("no IdentityId in it")
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        diagnose(answer, self.pool, &self.login)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdToken.html>
pub struct GetOpenIdToken<'a> {
    /// Where.
    pub endpoint: &'a BaseUrl,
    /// The pool, for what a refusal means.
    pub pool: &'a PoolId,
    /// From [`GetId`].
    pub identity: &'a IdentityId,
    /// The job.
    pub login: Login<'a>,
}

impl Operation for GetOpenIdToken<'_> {
    const NAME: &'static str = "GetOpenIdToken";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = OpenIdToken;

    fn subject(&self) -> String {
        format!("identity pool {}", self.pool)
    }

    fn endpoint(&self) -> &BaseUrl {
        self.endpoint
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        let body = format!(r#"{{"IdentityId":{},"Logins":{}}}"#, string(&self.identity.0), self.login.logins());
        Ok(unsigned(self.endpoint, "AWSCognitoIdentityService.GetOpenIdToken", body, &self.login))
    }

    fn parse(&self, response: &Response) -> Result<OpenIdToken, &'static str> {
        let token = response.json().and_then(|body| body.text("Token")).ok_or("no Token in it")?;
        match token.len() {
            // The limits of WebIdentityToken, which this becomes.
            4..=20_000 => Ok(OpenIdToken(Secret::new(token))),
            _ => Err("a Token that STS does not take"),
        }
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        diagnose(answer, self.pool, &self.login)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html>
pub struct GetCredentialsForIdentity<'a> {
    /// Where.
    pub endpoint: &'a BaseUrl,
    /// The pool, for what a refusal means.
    pub pool: &'a PoolId,
    /// From [`GetId`].
    pub identity: &'a IdentityId,
    /// `CustomRoleArn`
    pub role: &'a RoleArn,
    /// The job.
    pub login: Login<'a>,
}

impl Operation for GetCredentialsForIdentity<'_> {
    const NAME: &'static str = "GetCredentialsForIdentity";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = Session;

    fn subject(&self) -> String {
        format!("{} by identity pool {}", self.role, self.pool)
    }

    fn endpoint(&self) -> &BaseUrl {
        self.endpoint
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        let (identity, role) = (string(&self.identity.0), string(&self.role.to_string()));
        let logins = self.login.logins();
        let body = format!(r#"{{"CustomRoleArn":{role},"IdentityId":{identity},"Logins":{logins}}}"#);
        Ok(unsigned(self.endpoint, "AWSCognitoIdentityService.GetCredentialsForIdentity", body, &self.login))
    }

    fn parse(&self, response: &Response) -> Result<Session, &'static str> {
        const MISSING: &str = "credentials are missing in it";
        let credentials = response.json().and_then(|body| body.object("Credentials")).ok_or(MISSING)?;
        let take = |name| credentials.text(name).filter(|text| !text.is_empty()).map(Secret::new).ok_or(MISSING);
        let expiration = credentials.scalar("Expiration").ok_or(MISSING)?;
        Ok(Session {
            credentials: Credentials {
                access_key_id: take("AccessKeyId")?,
                secret_access_key: take("SecretKey")?,
                session_token: Some(take("SessionToken")?),
            },
            arn: self.role.to_string(),
            expiration: end_of_session(&expiration)?,
            answered: response.date(),
        })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            "InvalidIdentityPoolConfigurationException" => Diagnosis::new(
                Code::AssumeRoleDenied,
                format!(
                    "Cognito may not assume {} for this identity: the role's trust policy does not allow pool {}, or the \
                     role is not in the pool's account.",
                    self.role, self.pool
                ),
                "In the enhanced flow Cognito names the session `CognitoIdentityCredentials`: a trust policy that requires \
                 another `sts:RoleSessionName` refuses it. Allow `sts:AssumeRoleWithWebIdentity` and `sts:TagSession`.",
            ),
            _ => diagnose(answer, self.pool, &self.login),
        }
    }
}

/// What Cognito vouches for the job with. It lives ten minutes.
#[derive(Debug, Clone)]
pub struct OpenIdToken(Secret);

impl OpenIdToken {
    /// For STS.
    pub fn token(&self) -> &Secret {
        &self.0
    }

    /// The session tags that it carries; none if it cannot be read.
    pub fn session_tags(&self) -> Option<Vec<(String, String)>> {
        SessionTags::of_token(&self.0).map(|tags| tags.pairs)
    }

    #[cfg(test)]
    pub(crate) fn of(token: &str) -> Self {
        Self(Secret::new(token))
    }
}

fn unsigned(endpoint: &BaseUrl, target: &str, body: String, login: &Login<'_>) -> Request {
    json_request(endpoint, target, body, vec![login.token.borrow().clone()])
}

fn diagnose(answer: &Answer, pool: &PoolId, login: &Login<'_>) -> Diagnosis {
    let says = |text: &str| answer.message.to_ascii_lowercase().contains(text);
    let provider = login.issuer.without_scheme();
    match answer.code.as_str() {
        "ResourceNotFoundException" => Diagnosis::new(
            Code::IdentityPoolNotFound,
            format!("There is no identity pool {pool} in this account and region."),
            "Check ‹cognito-identity-pool-id›, and ‹cognito-account-id› if the pool is not in the role's account.",
        ),
        "NotAuthorizedException" | "InvalidParameterException" if says("classic") => Diagnosis::new(
            Code::ClassicFlowDisabled,
            "The pool does not allow the basic (classic) flow, which is required to assume your own role with session tags.",
            "Set `AllowClassicFlow` on the pool (aws cognito-identity update-identity-pool --allow-classic-flow).",
        ),
        "NotAuthorizedException" | "InvalidParameterException"
            if says("supported provider") || says("providername") || says("logins") =>
        {
            Diagnosis::new(
                Code::IssuerNotInIdentityPool,
                format!("The pool does not know the issuer {provider} as a login provider."),
                format!(
                    "Create an IAM OIDC provider for https://{provider} and add it to the pool's \
                     `OpenIdConnectProviderARNs`. If the enterprise issues tokens under its own name, set \
                     ‹github-enterprise-name›."
                ),
            )
        }
        "NotAuthorizedException" if says("audience") => Diagnosis::new(
            Code::IssuerNotInIdentityPool,
            format!("The OIDC provider of {provider} does not list this token's audience."),
            "Add `cognito-identity.amazonaws.com` (or the value of ‹audience›) to its client ids.",
        ),
        "NotAuthorizedException" if says("unauthenticated") => Diagnosis::new(
            Code::IssuerNotInIdentityPool,
            "Cognito saw no login in the request and the pool has no unauthenticated identities.",
            format!("Check that the pool has the provider {provider}."),
        ),
        "NotAuthorizedException" => Diagnosis::new(
            Code::GithubTokenRefused,
            format!("Cognito does not accept the GitHub token as a login of {provider}."),
            "Check that the IAM OIDC provider's URL and client ids are this token's issuer and audience.",
        ),
        "ExternalServiceException" => Diagnosis::new(
            Code::IssuerNotReachableByCognito,
            format!("Cognito could not read the keys of {provider}."),
            "On GitHub Enterprise Server, its OIDC endpoints must be reachable from AWS.",
        ),
        "InvalidIdentityPoolConfigurationException" => Diagnosis::new(
            Code::IdentityPoolMisconfigured,
            format!("Pool {pool} is not configured for this login."),
            "Check the pool's providers and its principal tag map.",
        ),
        _ => Diagnosis::new(
            Code::CognitoRefused,
            format!("Cognito refused the login of {provider} at pool {pool}."),
            "Compare the pool with the set-up in docs/set-up-aws.md.",
        ),
    }
}

#[cfg(test)]
mod tests;
