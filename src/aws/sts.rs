//! AWS STS: AssumeRoleWithWebIdentity with a token of Cognito, of GitHub or of a token exchange, unsigned, and AssumeRole for a
//! second role, signed. A form goes out and XML comes back.

use std::time::SystemTime;

use crate::aws::cognito::{OpenIdToken, PoolId};
use crate::aws::endpoints::Service;
use crate::aws::names::{Region, RoleArn};
use crate::aws::protocols::{Aws, SigningFault, encoded, form_request};
use crate::aws::session::{RoleSessionName, Session, SessionTags, end_of_session, list_of_tags};
use crate::aws::sigv4::{Credentials, signed};
use crate::call::operation::Operation;
use crate::call::protocol::Protocol;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::github::Login;
use crate::github::claims::{Claims, claims_in};
use crate::github::token_exchange::ExchangedToken;
use crate::host::answer::Answer;
use crate::host::http::{Request, Response};
use crate::host::url::BaseUrl;
use crate::text::printable::printable;
use crate::text::secret::Secret;
use crate::text::xml::Document;

/// The events that the trust policy of `docs/set-up-aws.md` lists.
const TRUSTED_EVENTS: [&str; 7] =
    ["push", "workflow_dispatch", "repository_dispatch", "schedule", "release", "merge_group", "deployment"];

/// What the job shows to STS.
#[derive(Debug, Clone, Copy)]
pub enum WebIdentity<'a> {
    /// Cognito's token.
    Cognito {
        /// Who the job is.
        token: &'a OpenIdToken,
        /// The pool that the token is from, for what a refusal means.
        pool: &'a PoolId,
    },
    /// GitHub's own token.
    GitHub(Login<'a>),
    /// That of a token exchange.
    Exchanged(&'a ExchangedToken),
}

impl WebIdentity<'_> {
    fn token(&self) -> Secret {
        match self {
            Self::Cognito { token, .. } => token.token().clone(),
            Self::GitHub(login) => login.token.borrow().clone(),
            Self::Exchanged(token) => token.token().clone(),
        }
    }
}

/// Assumes the role.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
pub struct AssumeRoleWithWebIdentity<'a> {
    /// Where.
    pub endpoint: &'a BaseUrl,
    /// The role.
    pub role: &'a RoleArn,
    /// The session's name.
    pub session_name: &'a RoleSessionName,
    /// 900 to 43200.
    pub duration_seconds: u32,
    /// Who the job is.
    pub identity: WebIdentity<'a>,
}

impl Operation for AssumeRoleWithWebIdentity<'_> {
    const NAME: &'static str = "AssumeRoleWithWebIdentity";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = Session;

    fn subject(&self) -> String {
        format!("{} as session {}", self.role, self.session_name.as_str())
    }

    fn endpoint(&self) -> &BaseUrl {
        self.endpoint
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        let token = self.identity.token();
        let parameters = parameters("AssumeRoleWithWebIdentity", self.role, self.session_name, self.duration_seconds);
        let body = parameters + &encoded(&[("WebIdentityToken", token.secret())]);
        Ok(form_request(self.endpoint, body, vec![token]))
    }

    fn parse(&self, response: &Response) -> Result<Session, &'static str> {
        parse_session(response, "AssumeRoleWithWebIdentityResponse")
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match (answer.code.as_str(), &self.identity) {
            ("AccessDenied" | "AccessDeniedException", WebIdentity::GitHub(login)) => {
                self.diagnose_direct_denial(login)
            }
            ("AccessDenied" | "AccessDeniedException", WebIdentity::Cognito { token, pool }) => {
                if answer.message.contains("sts:TagSession") {
                    self.tags_denied("principal and pool")
                } else {
                    self.diagnose_denial(token, pool)
                }
            }
            ("AccessDenied" | "AccessDeniedException", WebIdentity::Exchanged(token)) => {
                if answer.message.contains("sts:TagSession") {
                    self.tags_denied("principal")
                } else {
                    self.diagnose_exchanged_denial(token)
                }
            }
            ("ExpiredTokenException" | "InvalidIdentityToken", WebIdentity::Exchanged(token)) => {
                self.diagnose_exchanged_token(token)
            }
            ("ExpiredTokenException", WebIdentity::Cognito { .. }) => Diagnosis::new(
                Code::CognitoTokenExpired,
                "Cognito's token has expired: it is valid for ten minutes.",
                "Run the job again; if it recurs, the runner is very slow or its clock is wrong.",
            ),
            ("InvalidIdentityToken", WebIdentity::Cognito { pool, .. }) => Diagnosis::new(
                Code::CognitoTokenRefused,
                format!("STS does not accept the token of pool {pool} in this region and partition."),
                "Check that pool and role are in the same partition, and that ‹cognito-region› is the pool's region.",
            ),
            ("ExpiredTokenException" | "InvalidIdentityToken", WebIdentity::GitHub(login)) => {
                let provider = login.issuer.without_scheme();
                Diagnosis::new(
                    Code::GithubTokenRefused,
                    format!(
                        "STS does not accept the GitHub token as a login of {provider} in account {}.",
                        self.role.account()
                    ),
                    format!(
                        "The role's account needs an IAM OIDC provider for https://{provider} whose client ids list the \
                         token's audience (‹audience›)."
                    ),
                )
            }
            (code, _) => diagnose_request(code, answer, self.role),
        }
    }
}

impl AssumeRoleWithWebIdentity<'_> {
    fn tags_denied(&self, principal: &str) -> Diagnosis {
        Diagnosis::new(
            Code::AssumeRoleDenied,
            format!("The trust policy of {} does not allow session tags.", self.role),
            format!(
                "Allow `sts:TagSession` in the trust policy, for the same {principal} as `sts:AssumeRoleWithWebIdentity`; a \
                 condition on `sts:TransitiveTagKeys` or `aws:TagKeys` must allow the tags of the token."
            ),
        )
    }

    fn diagnose_exchanged_token(&self, token: &ExchangedToken) -> Diagnosis {
        let (issuer, audience) = issuer_and_audience(token);
        Diagnosis::new(
            Code::ExchangedTokenRefused,
            format!(
                "STS does not accept the token of the exchange in account {}: its issuer is {issuer}, its audience `{audience}`.",
                self.role.account()
            ),
            format!(
                "The role's account needs an IAM OIDC provider for {issuer} whose client ids list `{audience}`, and the exchange \
                 must publish the key that it signs with. If the token has expired, check the exchange's clock."
            ),
        )
    }

    fn diagnose_exchanged_denial(&self, token: &ExchangedToken) -> Diagnosis {
        let (issuer, audience) = issuer_and_audience(token);
        let provider = issuer.split_once("://").map_or(issuer.as_str(), |(_, rest)| rest);
        let mut next = format!(
            "Check in the trust policy:\n\
             - the principal is the OIDC provider of {issuer}\n\
             - `{provider}:aud` is {audience}, and each other `{provider}:...` is as in the token\n\
             - `sts:AssumeRoleWithWebIdentity` and `sts:TagSession` are both allowed\n\
             - a condition on `sts:RoleSessionName`, if there is one, allows {}\n\
             - each `aws:RequestTag/...` is among the tags of the session, which the exchange decides",
            self.session_name.as_str()
        );
        match SessionTags::of_token(token.token()) {
            None => next.push_str("\nThe session's tags cannot be read from the token."),
            Some(tags) if tags.pairs.is_empty() => next.push_str("\nThe token carries no session tags."),
            Some(tags) => {
                next.push_str("\nThe session's tags:");
                tags.lines().iter().for_each(|line| next.push_str(&format!("\n  {line}")));
            }
        }
        let cause = format!(
            "The trust policy of {} does not allow the token of the exchange, or the role does not exist.",
            self.role
        );
        Diagnosis::new(Code::AssumeRoleDenied, cause, next)
    }

    fn diagnose_direct_denial(&self, login: &Login<'_>) -> Diagnosis {
        let provider = login.issuer.without_scheme();
        Diagnosis::new(
            Code::AssumeRoleDenied,
            format!(
                "The trust policy of {} does not allow this job's GitHub token, or the role does not exist.",
                self.role
            ),
            format!(
                "In the trust policy, check that the principal is the OIDC provider of {provider}; that \
                 `sts:AssumeRoleWithWebIdentity` is allowed; that each condition on `{provider}:...` matches the claims \
                 above; and that a condition on `sts:RoleSessionName`, if there is one, allows {}.",
                self.session_name.as_str()
            ),
        )
    }

    /// STS answers AccessDenied whatever the reason, so each condition of the documented trust policy is compared with
    /// the token. The likeliest cause comes first, then one check and one tag a line.
    fn diagnose_denial(&self, token: &OpenIdToken, pool: &PoolId) -> Diagnosis {
        let tags = token.session_tags();
        let tag = |name: &str| tags.iter().flatten().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let unlisted = tag("event_name").filter(|event| !TRUSTED_EVENTS.contains(event));
        let lack = tags.as_ref().map(|tags| self.what_tags_lack(tags)).unwrap_or_default();
        let likely = match (unlisted, &tags) {
            (Some(event), _) => format!(
                "The job runs for {}, but the documented trust policy allows only {}. Load values in jobs of those events, or \
                 create a separate role with a narrower policy that trusts this event.",
                printable(event),
                TRUSTED_EVENTS.join(", ")
            ),
            (None, None) => "The session tags cannot be read from the token.".to_owned(),
            (None, Some(tags)) if tags.is_empty() => {
                "The token carries no session tags: the pool has no principal tag map for this issuer.".to_owned()
            }
            (None, Some(_)) => lack.clone(),
        };
        let denied = format!(
            "The trust policy of {} (account {}) does not allow this session, or the role does not exist.",
            self.role,
            self.role.account()
        );
        let cause = if likely.is_empty() { denied } else { format!("{likely}\n{denied}") };
        let mut next = format!(
            "Check in the trust policy:\n\
             - the principal is `cognito-identity.amazonaws.com`\n\
             - `cognito-identity.amazonaws.com:aud` is {pool}\n\
             - `sts:AssumeRoleWithWebIdentity` and `sts:TagSession` are both allowed\n\
             - `sts:RoleSessionName` is {}\n\
             - each `aws:RequestTag/...` is among the tags of the session",
            self.session_name.as_str()
        );
        if unlisted.is_some() && !lack.is_empty() {
            next.push_str(&format!("\n{lack}"));
        }
        if let Some(tags) = tags.filter(|tags| !tags.is_empty()) {
            next.push_str("\nThe session's tags:");
            for tag in &tags {
                next.push_str(&format!("\n  {}", list_of_tags(std::slice::from_ref(tag))));
            }
        }
        Diagnosis::new(Code::AssumeRoleDenied, cause, next)
    }

    /// What the trust policy of `docs/set-up-aws.md`, or that of `docs/organization.md`, would not find in the tags.
    fn what_tags_lack(&self, tags: &[(String, String)]) -> String {
        let tag = |name: &str| tags.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let tenant = match tag("repository_owner_id") {
            Some(_) => "repository_owner_id",
            None => "enterprise_id",
        };
        let absent: Vec<_> = [tenant, "event_name", "repository", "run_id", "sha"]
            .into_iter()
            .filter(|name| tag(name).is_none())
            .collect();
        let mut lack = match absent.as_slice() {
            [] => String::new(),
            [name] => format!(
                "The session has no tag {name}: the pool's tag map does not have this claim, or the job's token does not \
                 have it."
            ),
            names => format!(
                "The session has no tags {}: the pool's tag map does not have these claims, or the job's token does not \
                 have them.",
                names.join(", ")
            ),
        };
        if let (Some(run_id), Some(sha)) = (tag("run_id"), tag("sha")) {
            let wanted = format!("{run_id}@{sha}");
            if wanted != self.session_name.as_str() {
                let separator = if lack.is_empty() { "" } else { " " };
                let wanted = printable(&wanted);
                lack.push_str(&format!(
                    "{separator}The tags give run_id@sha as {wanted}, but the session has another name."
                ));
            }
        }
        lack
    }
}

/// Assumes a second role as the session of the first.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub struct AssumeRole<'a> {
    /// Where.
    pub endpoint: &'a BaseUrl,
    /// Of the endpoint, for the signature.
    pub region: &'a Region,
    /// Of the first session.
    pub credentials: &'a Credentials,
    /// The second role.
    pub role: &'a RoleArn,
    /// The second session's name.
    pub session_name: &'a RoleSessionName,
    /// 900 to 3600.
    pub duration_seconds: u32,
    /// The second session's tags.
    pub tags: &'a [(String, String)],
    /// The tags that it has from the first one, which passes them on.
    pub inherited: &'a [(String, String)],
    /// `TransitiveTagKeys`: of the tags those that pass on to the roles that the second session assumes.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining>
    pub transitive_keys: &'a [String],
}

impl Operation for AssumeRole<'_> {
    const NAME: &'static str = "AssumeRole";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = Session;

    fn subject(&self) -> String {
        format!("{} as session {}", self.role, self.session_name.as_str())
    }

    fn endpoint(&self) -> &BaseUrl {
        self.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let mut body = parameters("AssumeRole", self.role, self.session_name, self.duration_seconds);
        for (number, (key, value)) in (1..).zip(self.tags) {
            let name = |part: &str| format!("Tags.member.{number}.{part}");
            body.push_str(&encoded(&[(&name("Key"), key), (&name("Value"), value)]));
        }
        // STS refuses a key of no tag, and a claim that the job does not have gives none.
        let is_sent = |key: &&String| self.tags.iter().any(|(sent, _)| sent == *key);
        for (number, key) in (1..).zip(self.transitive_keys.iter().filter(is_sent)) {
            body.push_str(&encoded(&[(&format!("TransitiveTagKeys.member.{number}"), key)]));
        }
        let request = form_request(self.endpoint, body, vec![]);
        signed(request, Service::Sts, self.region, self.credentials, at)
            .ok_or(Error::Internal("a request cannot be signed"))
    }

    fn parse(&self, response: &Response) -> Result<Session, &'static str> {
        parse_session(response, "AssumeRoleResponse")
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match (answer.code.as_str(), SigningFault::of(answer)) {
            ("AccessDenied" | "AccessDeniedException", _) => Diagnosis::new(
                Code::ChainRoleDenied,
                format!(
                    "The first session is not allowed to assume {}, or the role does not exist. The second session was to \
                     have the tags {}.{}",
                    self.role,
                    list_of_tags(self.tags),
                    match self.inherited {
                        [] => String::new(),
                        tags => format!(
                            " From the first session it inherits {}, which a trust policy finds as `aws:PrincipalTag/...`.",
                            list_of_tags(tags)
                        ),
                    }
                ),
                "The first role's policy must allow `sts:AssumeRole` and `sts:TagSession` on this role, and this role's \
                 trust policy must allow both to the first role; each `aws:RequestTag/...` in that trust policy must be among the tags \
                 above (‹chain-session-tags›).",
            ),
            (_, Some(SigningFault::Credentials)) => Diagnosis::new(
                Code::CredentialsRefused,
                "STS does not know the credentials of the first session.",
                "Check that both roles are in one partition; with ‹identity: environment›, that the environment's \
                 credentials are still valid.",
            ),
            (_, Some(SigningFault::Signature)) => Diagnosis::new(
                Code::SignatureRefused,
                "STS does not accept the request's signature.",
                "Check the runner's clock, and that no proxy changes requests.",
            ),
            // The tags of a session that was there before are not known.
            ("InvalidParameterValue", _) if answer.message.contains("transitive") => Diagnosis::new(
                Code::AssumeRoleRefused,
                "The first session passes on a transitive tag with the key of one of the second session's tags, and no session \
                 can replace it.",
                "Remove that claim from ‹chain-session-tags›: the second session has the tag anyway.",
            ),
            (code, None) => diagnose_request(code, answer, self.role),
        }
    }
}

/// What a token says of where it is from and whom it is for, safe to print.
fn issuer_and_audience(token: &ExchangedToken) -> (String, String) {
    let claims = claims_in(token.token()).map(Claims::of).unwrap_or_default();
    let issuer = claims.text("iss").unwrap_or_else(|| "its issuer".to_owned());
    (printable(&issuer), printable(&claims.texts("aud").join(", ")))
}

/// What is wrong with a request, whoever makes it.
fn diagnose_request(code: &str, answer: &Answer, role: &RoleArn) -> Diagnosis {
    match code {
        "PackedPolicyTooLarge" => Diagnosis::new(
            Code::SessionTagsTooLarge,
            "The session tags are larger than STS allows.",
            "Remove claims that no policy uses from the pool's principal tag map or the exchange's mapping, or from \
             ‹chain-session-tags›.",
        ),
        "RegionDisabledException" => Diagnosis::new(
            Code::StsRegionDisabled,
            "STS is not active in this region for the role's account.",
            "Activate it in IAM's account settings, or use a pool of another region.",
        ),
        "ValidationError" if answer.message.contains("DurationSeconds") => Diagnosis::new(
            Code::RoleDurationRefused,
            "The role does not allow sessions of this length.",
            "Lower ‹role-duration-seconds›, or raise the role's maximum session duration.",
        ),
        _ => Diagnosis::new(
            Code::AssumeRoleRefused,
            format!("STS refused the request itself, before it evaluated the trust policy of {role}."),
            "Check the role's ARN and ‹role-session-name›, and the claims that become tags.",
        ),
    }
}

/// What both calls are made with.
fn parameters(action: &str, role: &RoleArn, session_name: &RoleSessionName, duration_seconds: u32) -> String {
    let (role, duration) = (role.to_string(), duration_seconds.to_string());
    let fixed = format!("Action={action}&Version=2011-06-15");
    fixed + &encoded(&[("RoleArn", &role), ("RoleSessionName", session_name.as_str()), ("DurationSeconds", &duration)])
}

fn parse_session(response: &Response, root: &str) -> Result<Session, &'static str> {
    let document = Document::parse(&response.body).filter(|document| document.root() == root);
    let document = document.ok_or("not the XML of STS")?;
    let take = |parent, name| document.text(&[parent, name]).ok_or("credentials are missing in it");
    let credential = |name| take("Credentials", name);
    Ok(Session {
        credentials: Credentials {
            access_key_id: credential("AccessKeyId")?.clone(),
            secret_access_key: credential("SecretAccessKey")?.clone(),
            session_token: Some(credential("SessionToken")?.clone()),
        },
        arn: printable(take("AssumedRoleUser", "Arn")?.secret()),
        expiration: end_of_session(credential("Expiration")?.secret())?,
        answered: response.date(),
    })
}

#[cfg(test)]
mod tests;
