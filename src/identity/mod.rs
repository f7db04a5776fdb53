//! Who the job is to AWS: the GitHub token becomes an OpenID token of Cognito, and that becomes a role session. Or one of the
//! other ways to a session.

use crate::aws::cognito::PoolId;
use crate::aws::names::{AccountId, Region, RoleArn};
use crate::aws::session::{TagSource, check_session_tags, is_same_key};
use crate::aws::sigv4::Credentials;
use crate::error::Error;
use crate::github::claims::Claims;
use crate::github::token_exchange::TokenExchangeUrl;
use crate::host::url::BaseUrl;
use crate::identity::session_name::RoleSessionNameTemplate;
use crate::text::printable::printable;

pub mod exchange;
pub mod session_name;

/// The way to a session, and the session that is wanted.
#[derive(Debug)]
pub struct SessionOptions {
    /// `identity`, with what it takes
    pub identity: Identity,
    /// `cognito-role-arn`; there is one wherever a role is assumed by a token
    pub role: Option<RoleArn>,
    /// `chain-role-arn`
    pub chain: Option<Chain>,
    /// `cognito-region`, the pool's, or `aws-region`
    pub sts_region: Region,
    /// There
    pub sts_endpoint: BaseUrl,
    /// `role-session-name`
    pub role_session_name: RoleSessionNameTemplate,
    /// `role-duration-seconds`
    pub role_duration_seconds: u32,
}

impl SessionOptions {
    /// The role of the session that comes last, which is the one that reads.
    pub fn session_role(&self) -> Option<&RoleArn> {
        self.chain.as_ref().map(|chain| &chain.role).or(self.role.as_ref())
    }

    /// Whether STS gives the session, by this run or by whoever takes its token, and so one of the name that the inputs give.
    pub fn assumes_role(&self) -> bool {
        let by_token = match &self.identity {
            Identity::Cognito(_, flow) => *flow == Flow::Basic,
            Identity::WebIdentity | Identity::Exchanged(_) => true,
            Identity::Environment(_) => false,
        };
        by_token || self.chain.is_some()
    }
}

/// The input `identity`: what the job shows to get a session.
#[derive(Debug)]
pub enum Identity {
    /// A token, or credentials, of an identity pool.
    Cognito(IdentityPool, Flow),
    /// The GitHub token itself.
    WebIdentity,
    /// The token that `token-exchange-url` gives for the GitHub token.
    Exchanged(TokenExchangeUrl),
    /// Nothing: the environment has credentials.
    Environment(Credentials),
}

/// The pool that the GitHub token is shown to.
#[derive(Debug)]
pub struct IdentityPool {
    /// `cognito-identity-pool-id`
    pub id: PoolId,
    /// `cognito-account-id`, `aws-account-id`, or the role's
    pub account: Option<AccountId>,
    /// In `cognito-region`, or the pool's
    pub endpoint: BaseUrl,
}

/// Which calls lead from the pool to the session.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// GetOpenIdToken, then AssumeRoleWithWebIdentity: a session name of one's own.
    Basic,
    /// GetCredentialsForIdentity: one call less, and the session's name and life are Cognito's.
    Enhanced,
}

/// The name that Cognito gives to the sessions of its enhanced flow.
pub const ENHANCED_SESSION_NAME: &str = "CognitoIdentityCredentials";

/// A second role, which the first one's session assumes.
#[derive(Debug)]
pub struct Chain {
    /// `chain-role-arn`
    pub role: RoleArn,
    /// `chain-session-tags`: the claims that become its session tags
    pub claims: Vec<String>,
    /// Whether they are those of the default
    pub is_default: bool,
    /// `chain-transitive-tag-keys`: those of them that sessions get too which the second one begins
    pub transitive_keys: Vec<String>,
}

impl Chain {
    /// The tags to ask for: those claims that the job has. What the first session passes on nobody can replace: a claim of the
    /// default gives way to it, and one that was asked for is an error.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining>
    pub fn session_tags(
        &self,
        claims: &Claims,
        inherited: &[(String, String)],
    ) -> Result<Vec<(String, String)>, Error> {
        let is_inherited = |name: &str| inherited.iter().any(|(key, _)| is_same_key(key, name));
        let mut tags = Vec::new();
        for name in &self.claims {
            match claims.text(name) {
                Some(_) if is_inherited(name) && !self.is_default => return Err(not_replaced(name)),
                Some(value) if !is_inherited(name) => tags.push((name.clone(), value)),
                _ => {}
            }
        }
        check_session_tags(&tags, TagSource::Input)?;
        Ok(tags)
    }
}

fn not_replaced(name: &str) -> Error {
    Error::ClaimUnusable {
        claim: printable(name),
        problem:
            "is in ‹chain-session-tags›, but the first session passes on a transitive tag of this key, which no later \
                  session can replace"
                .to_owned(),
        hint:
            "Remove it from ‹chain-session-tags›: the second session has the tag anyway. Its trust policy finds it as \
               `aws:PrincipalTag/...` of the first session, not as `aws:RequestTag/...`."
                .to_owned(),
    }
}
