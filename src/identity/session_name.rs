//! The template of the role session's name.

use crate::aws::session::RoleSessionName;
use crate::error::Error;
use crate::github::claims::Claims;
use crate::text::printable::printable;

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
            hint: "Choose other claims in ‹role-session-name›; the default is `{run_id}@{sha}`.".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
