//! Who the job is to AWS: the GitHub token becomes an OpenID token of Cognito, and that becomes a role session.

use crate::claims::Claims;
use crate::error::Error;
use crate::printable::printable;

pub mod cognito;
pub mod sts;

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
        template.fill(&Claims::of(claims)).map(|name| name.as_str().to_owned())
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
