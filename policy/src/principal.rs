//! Who asks, and the `Principal` element that names who may.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::fmt;

use serde::Deserialize;

use crate::arn::Arn;

/// A principal, of a request or of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub enum Principal {
    /// The ARN of a user, role or role session; in a statement also an account id, an account's root, or `*`.
    #[serde(rename = "AWS")]
    Aws(String),
    /// An identity provider: `cognito-identity.amazonaws.com`, or the ARN of an OIDC or SAML provider.
    Federated(String),
    /// An AWS service, such as `lambda.amazonaws.com`.
    Service(String),
    /// An S3 canonical user id.
    CanonicalUser(String),
}

impl Principal {
    /// Whether this principal of a statement stands for `actual`. No wildcard covers a part of a name.
    pub(crate) fn covers(&self, actual: Option<&Self>) -> bool {
        match (self, actual) {
            (Self::Aws(expected), _) if expected == "*" => true,
            (Self::Aws(expected), Some(Self::Aws(actual))) => {
                expected == actual || covers_account(expected, actual) || covers_role_session(expected, actual)
            }
            (expected, actual) => Some(expected) == actual,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws(name) => write!(f, "AWS:{name}"),
            Self::Federated(name) => write!(f, "Federated:{name}"),
            Self::Service(name) => write!(f, "Service:{name}"),
            Self::CanonicalUser(name) => write!(f, "CanonicalUser:{name}"),
        }
    }
}

/// `123456789012` and `arn:aws:iam::123456789012:root` are every principal of the account.
fn covers_account(expected: &str, actual: &str) -> bool {
    let account = match Arn::parse(expected) {
        Some(arn) if arn.service == "iam" && arn.resource == "root" => arn.account,
        Some(_) => return false,
        None => expected,
    };
    Arn::parse(actual).is_some_and(|actual| actual.account == account)
}

/// `arn:aws:iam::ACCOUNT:role/PATH/ROLE` is every session `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
/// A session's ARN has no path; a role's name is unique in its account without it.
fn covers_role_session(expected: &str, actual: &str) -> bool {
    let role = Arn::parse(expected).filter(|arn| arn.service == "iam").and_then(|arn| {
        let name = arn.resource.strip_prefix("role/")?.rsplit('/').next()?;
        Some((arn.account, name))
    });
    let session = Arn::parse(actual).filter(|arn| arn.service == "sts").and_then(|arn| {
        let (name, _session) = arn.resource.strip_prefix("assumed-role/")?.split_once('/')?;
        Some((arn.account, name))
    });
    role.is_some() && role == session
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/github-actions/1@abc";

    fn aws(name: &str) -> Principal {
        Principal::Aws(name.to_owned())
    }

    #[test]
    fn star_covers_every_principal_and_none() {
        assert!(aws("*").covers(Some(&aws(SESSION))));
        assert!(aws("*").covers(Some(&Principal::Service("x.amazonaws.com".to_owned()))));
        assert!(aws("*").covers(None));
    }

    #[test]
    fn account_covers_its_principals_and_no_others() {
        for account in ["123456789012", "arn:aws:iam::123456789012:root"] {
            assert!(aws(account).covers(Some(&aws(SESSION))));
            assert!(aws(account).covers(Some(&aws("arn:aws:iam::123456789012:user/a"))));
            assert!(!aws(account).covers(Some(&aws("arn:aws:iam::210987654321:user/a"))));
        }
    }

    #[test]
    fn role_covers_its_sessions_also_with_a_path() {
        for role in [
            "arn:aws:iam::123456789012:role/github-actions",
            "arn:aws:iam::123456789012:role/ci/github-actions",
            SESSION,
        ] {
            assert!(aws(role).covers(Some(&aws(SESSION))), "{role}");
        }
        for role in [
            "arn:aws:iam::210987654321:role/github-actions",
            "arn:aws:iam::123456789012:role/github",
            "arn:aws:iam::123456789012:role/*",
            "arn:aws:iam::123456789012:user/github-actions",
            "arn:aws:sts::123456789012:role/github-actions",
            "arn:aws:sts::123456789012:assumed-role/github-actions/other",
        ] {
            assert!(!aws(role).covers(Some(&aws(SESSION))), "{role}");
        }
    }

    #[test]
    fn principals_of_different_kinds_never_match() {
        let federated = Principal::Federated("cognito-identity.amazonaws.com".to_owned());
        let service = Principal::Service("cognito-identity.amazonaws.com".to_owned());
        assert!(federated.covers(Some(&federated)));
        assert!(!federated.covers(Some(&service)));
        assert!(!federated.covers(None));
    }
}
