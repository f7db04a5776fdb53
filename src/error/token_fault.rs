//! Why a GitHub token is not used.

use crate::error::code::Code;
use std::fmt;

/// Where a token is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSource {
    /// The input ‹github-token›, which no command has as a flag.
    Input,
    /// The job's token endpoint.
    Requested,
}

/// Why a GitHub token was not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenFault {
    /// Not three parts of Base64url and JSON.
    Malformed,
    /// One for GitHub's API.
    ForApi,
    /// Signed with something else than RS256, or not at all.
    Algorithm,
    /// Its header demands an extension of JWS.
    Extension,
    /// Its key is none of the issuer's.
    UnknownKey {
        /// The header's `kid`.
        key_id: String,
    },
    /// The signature is not the key's.
    Signature,
    /// `exp` is absent, or a time is not a number.
    NoTimes,
    /// `exp` is past.
    Expired {
        /// How long, in seconds.
        seconds_ago: u64,
    },
    /// `nbf` is to come.
    NotYetValid {
        /// When, in seconds.
        in_seconds: u64,
    },
    /// `iss` is another.
    Issuer {
        /// What the inputs say.
        expected: String,
        /// What the token says.
        actual: String,
    },
    /// `aud` is another.
    Audience {
        /// What the inputs say.
        expected: String,
        /// What the token says.
        actual: String,
    },
}

impl TokenFault {
    /// A stable name of the fault.
    pub fn code(&self) -> Code {
        match self {
            Self::Malformed | Self::ForApi | Self::NoTimes | Self::Extension => Code::GithubTokenMalformed,
            Self::Algorithm => Code::GithubTokenAlgorithm,
            Self::UnknownKey { .. } | Self::Signature => Code::GithubTokenSignature,
            Self::Expired { .. } | Self::NotYetValid { .. } => Code::GithubTokenExpired,
            Self::Issuer { .. } => Code::GithubTokenIssuer,
            Self::Audience { .. } => Code::GithubTokenAudience,
        }
    }

    /// Whether the fault is one of time, which a wrong clock would explain.
    pub fn is_about_time(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::NotYetValid { .. })
    }

    /// What to do next about a token from `source`.
    pub fn hint(&self, source: TokenSource) -> String {
        match (self, source) {
            (Self::ForApi, TokenSource::Input) => "Remove ‹github-token›: the OIDC token is then requested, which \
                 requires `permissions: id-token: write`. `${{ github.token }}` is a token for GitHub's API, and not what \
                 this input takes."
                .to_owned(),
            (Self::Malformed | Self::NoTimes | Self::Algorithm | Self::Extension, TokenSource::Input) => {
                "‹github-token› takes the JWT of GitHub's OIDC \
                 service for this job, not a personal access token or `GITHUB_TOKEN`. Without this input, the token is \
                 requested."
                    .to_owned()
            }
            (
                Self::Malformed | Self::NoTimes | Self::Algorithm | Self::Extension | Self::ForApi,
                TokenSource::Requested,
            ) => "Something other than GitHub's token service may have answered: check the runner's proxy, and where the \
                 token is requested (ACTIONS_ID_TOKEN_REQUEST_URL)."
                .to_owned(),
            (Self::UnknownKey { .. } | Self::Signature, _) => {
                "The token is not from this issuer, or was changed. On GitHub \
                 Enterprise Server or with data residency, set ‹oidc-issuer›."
                    .to_owned()
            }
            (Self::Expired { .. } | Self::NotYetValid { .. }, TokenSource::Input) => {
                "GitHub's tokens are valid for five minutes: \
                 request it in the step before, or remove ‹github-token›. Otherwise the runner's clock is wrong."
                    .to_owned()
            }
            (Self::Expired { .. } | Self::NotYetValid { .. }, TokenSource::Requested) => {
                "The token is new, so the runner's clock is wrong: correct it.".to_owned()
            }
            (Self::Issuer { expected, actual }, _) => {
                let below = |base: &str| actual.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
                let beside = expected.rsplit_once('/').filter(|(base, _)| base.contains("://"));
                let slug = below(expected).or(beside.and_then(|(base, _)| below(base)));
                match slug.filter(|slug| !slug.contains('/')) {
                    Some(slug) => format!(
                        "The enterprise issues tokens under its own name: set ‹github-enterprise-name: {slug}›, and \
                         create the OIDC provider in IAM for that issuer."
                    ),
                    None if expected.starts_with(actual.as_str()) => {
                        "The enterprise does not issue tokens under its own \
                         name: remove ‹github-enterprise-name›, or turn on `include_enterprise_slug` for the \
                         enterprise."
                            .to_owned()
                    }
                    None => "Set ‹oidc-issuer› to the issuer of this GitHub (GitHub Enterprise Server: \
                         https://HOST/_services/token; data residency: https://token.actions.SUBDOMAIN.ghe.com)."
                        .to_owned(),
                }
            }
            (Self::Audience { expected, .. }, _) => format!(
                "Request the token for `{expected}`, or set ‹audience› (‹vault-audience› with ‹vault-url›) to an audience that \
                 the OIDC provider in IAM, or Vault's role, lists."
            ),
        }
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("it is not a JSON Web Token"),
            Self::ForApi => f.write_str(
                "it is a token for GitHub's API (`github.token`, a personal access token), not an OIDC token",
            ),
            Self::Algorithm => f.write_str("it is not signed with RS256"),
            Self::Extension => f.write_str("its header requires an extension (`crit`), and none is supported"),
            Self::UnknownKey { key_id } => write!(f, "the issuer has no key `{key_id}` (header `kid`)"),
            Self::Signature => f.write_str("it was not signed with the issuer's key"),
            Self::NoTimes => f.write_str("claim `exp` is absent, or `exp` or `nbf` is not a time"),
            Self::Expired { seconds_ago } => write!(f, "it expired {seconds_ago} seconds ago (claim `exp`)"),
            Self::NotYetValid { in_seconds } => {
                write!(f, "it is not valid before {in_seconds} seconds from now (claim `nbf`)")
            }
            Self::Issuer { expected, actual } => {
                write!(f, "its issuer (claim `iss`) is {actual}, expected {expected}")
            }
            Self::Audience { expected, actual } => {
                write!(f, "its audience (claim `aud`) is `{actual}`, expected `{expected}`")
            }
        }
    }
}

#[cfg(test)]
mod tests;
