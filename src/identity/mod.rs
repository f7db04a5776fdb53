//! Who the job is to AWS: the GitHub token becomes an OpenID token of Cognito, and that becomes a role session. Or one of the
//! other ways to a session.

use crate::aws::cognito::PoolId;
use crate::aws::names::{AccountId, RoleArn};
use crate::aws::sigv4::Credentials;
use crate::github::claims::Claims;
use crate::host::url::BaseUrl;

pub mod exchange;
pub mod session_name;

/// The input `identity`: what the job shows to get a session.
#[derive(Debug)]
pub enum Identity {
    /// A token, or credentials, of an identity pool.
    Cognito {
        /// `cognito-identity-pool-id`
        pool: PoolId,
        /// `cognito-account-id`, `aws-account-id`, or the role's
        account: Option<AccountId>,
        /// In `cognito-region`, or the pool's
        endpoint: BaseUrl,
        /// Which calls lead there.
        flow: Flow,
    },
    /// The GitHub token itself.
    WebIdentity,
    /// Nothing: the environment has credentials.
    Environment(Credentials),
}

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
    pub tags: Vec<String>,
    /// `chain-transitive-tag-keys`: those of them that sessions get too which the second one begins
    pub transitive_keys: Vec<String>,
}

/// The claims that [`Chain::tags`] names, as tags. A claim that the job does not have gives none.
pub fn tags_of(claims: &Claims, names: &[String]) -> Vec<(String, String)> {
    names.iter().filter_map(|name| Some((name.clone(), claims.text(name)?))).collect()
}
