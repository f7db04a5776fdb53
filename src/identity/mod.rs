//! Who the job is to AWS: the GitHub token becomes an OpenID token of Cognito, and that becomes a role session. Or one of the
//! other ways to a session.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::aws::{AccountId, BaseUrl, Credentials, RoleArn};
use crate::claims::Claims;
use crate::error::Error;
use crate::printable::printable;

use crate::identity::cognito::PoolId;

pub mod cognito;
pub mod sts;

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

/// A session.
#[derive(Debug, Clone)]
pub struct Session {
    /// What it signs with.
    pub credentials: Credentials,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, or the role's where no one says more; safe to print.
    pub arn: String,
    /// When it ends, as in `2026-11-22T04:00:00Z`; none if it is not known.
    pub expiration: Option<String>,
    /// The date of the answer that brought it, by the clock of the service; none if that is not known.
    pub answered: Option<String>,
}

/// The end of a session in whole seconds, from the forms in which AWS's protocols write a time: RFC 3339 in UTC, or seconds
/// since 1970 with or without a fraction and an exponent. None if it is further off than calendars go.
/// <https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait>
pub fn end_of_session(text: &str) -> Result<Option<String>, &'static str> {
    // Not by `str::parse`, which would bring tables of 10 KB that serde_json does without.
    if let Ok(seconds) = serde_json::from_str(text) {
        let end = DateTime::from_secs(DateTime::from_secs_f64(seconds).secs());
        return Ok(end.fmt(Format::DateTime).ok());
    }
    utc_date_time(text).map(Some).ok_or("the end of the session in it is no time")
}

/// `2026-11-22T04:00:00Z`, as it is but for a fraction. That it has the form is enough, for it is shown and handed on; to
/// parse it by a crate takes 20 KB of wasm.
fn utc_date_time(text: &str) -> Option<String> {
    const FORM: &str = "0000-00-00T00:00:00";
    let (seconds, rest) = text.split_at_checked(FORM.len())?;
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let has_form = seconds.bytes().zip(FORM.bytes()).all(|(byte, form)| match form {
        b'0' => is_digit(byte),
        form => byte == form,
    });
    let zone =
        rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    (has_form && ["Z", "+00:00"].contains(&zone)).then(|| format!("{seconds}Z"))
}

/// The name of a role session, as CloudTrail shows it and the trust policy demands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSessionName(String);

impl RoleSessionName {
    /// What STS takes: 2 to 64 of `[\w+=,.@-]`.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
    pub fn parse(text: String) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        match text.len() {
            _ if !text.bytes().all(allowed) => Err("may hold letters, digits and _+=,.@- only".to_owned()),
            2..=64 => Ok(Self(text)),
            length => Err(format!("must have 2 to 64 characters and has {length}")),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A template of claims for a role session's name, as in `{run_id}@{sha}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSessionNameTemplate(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Claim(String),
}

impl RoleSessionNameTemplate {
    /// Splits text from `{claim}`s.
    pub fn parse(template: &str) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some((text, after)) = rest.split_once('{') {
            let (claim, after) = after.split_once('}').ok_or("has a `{` without `}`")?;
            let is_name = !claim.is_empty() && claim.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            is_name.then_some(()).ok_or("has `{}` around something that is not the name of a claim")?;
            pieces.push(Piece::Text(text.to_owned()));
            pieces.push(Piece::Claim(claim.to_owned()));
            rest = after;
        }
        if rest.contains('}') {
            return Err("has a `}` without `{`");
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// Fills the claims in.
    pub fn fill(&self, claims: &Claims) -> Result<RoleSessionName, Error> {
        let mut name = String::new();
        let mut last_claim = "";
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => name.push_str(text),
                Piece::Claim(claim) => {
                    name.push_str(&claims.required(claim)?);
                    last_claim = claim;
                }
            }
        }
        RoleSessionName::parse(name.clone()).map_err(|problem| Error::ClaimUnusable {
            claim: last_claim.to_owned(),
            problem: format!("makes the role session name `{}`, which {problem}", printable(&name)),
            hint: "Choose other claims in `role-session-name`; the default is `{run_id}@{sha}`.".to_owned(),
        })
    }
}

/// Session tags as an error lists them, safe to print.
pub fn list_of_tags(tags: &[(String, String)]) -> String {
    let pairs: Vec<_> = tags.iter().map(|(key, value)| format!("{}={}", printable(key), printable(value))).collect();
    pairs.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str, claims: &[(&str, &str)]) -> Result<String, Error> {
        let template = RoleSessionNameTemplate::parse(template).unwrap();
        template.fill(&Claims::given(claims)).map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_session_ends_at_a_time_of_any_form() {
        for same in [
            "2026-11-22T04:00:00Z",
            "2026-11-22T04:00:00.5Z",
            "2026-11-22T04:00:00.123456+00:00",
            "1795320000",
            "1795320000.25",
            "1.79532E9",
            "1.79532e+9",
        ] {
            assert_eq!(end_of_session(same), Ok(Some("2026-11-22T04:00:00Z".to_owned())), "{same}");
        }
        assert_eq!(end_of_session("1e300"), Ok(None));
        for wrong in [
            "",
            "soon",
            "nan",
            "inf",
            "null",
            "true",
            "2026-11-22",
            "2026-11-22T04:00:00",
            "2026-11-22T04:00:0éZ",
            "2026-11-22T04:00:00Z[`x`](https://x)",
        ] {
            assert!(end_of_session(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn claims_fill_the_template() {
        assert_eq!(fill("{run_id}@{sha}", &[("run_id", "7"), ("sha", "abc")]), Ok("7@abc".to_owned()));
        assert_eq!(fill("fixed", &[]), Ok("fixed".to_owned()));
    }

    #[test]
    fn an_absent_claim_is_named() {
        let error = fill("{run_id}@{sha}", &[("run_id", "7")]).unwrap_err();
        assert_eq!(error.to_string(), "claim `sha` of the GitHub token is absent");
    }

    #[test]
    fn a_claim_that_sts_refuses_is_named_with_the_session_name() {
        let error = fill("{repository}", &[("repository", "a/b")]).unwrap_err();
        assert_eq!(error.code(), "claim-unusable");
        assert!(error.to_string().contains("`repository`") && error.to_string().contains("`a/b`"), "{error}");
        assert!(fill("{run_id}", &[("run_id", "7")]).unwrap_err().to_string().contains("2 to 64"));
    }

    #[test]
    fn unbalanced_braces_are_refused() {
        for wrong in ["{run_id", "run_id}", "{}", "{a b}", "{a{b}}"] {
            assert!(RoleSessionNameTemplate::parse(wrong).is_err(), "{wrong}");
        }
    }
}
