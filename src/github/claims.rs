//! The claims of a GitHub token.
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Error;
use crate::text::json::{Object, object_of};
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// The claims of a verified token.
#[derive(Debug, Clone, Default)]
pub struct Claims(Object);

impl Claims {
    /// Those of a token, as [`claims_in`] found them.
    pub(crate) fn of(object: Object) -> Self {
        Self(object)
    }

    /// Whether a claim is there, of whatever type.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.json(name).is_some()
    }

    /// A claim that is a text or a list of texts; empty if it is neither.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        self.0.texts(name).unwrap_or_else(|| self.text(name).into_iter().collect())
    }

    /// A claim that is a string, as all of GitHub's but the times are, or a number or boolean as it is written; an empty one
    /// counts as absent.
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.scalar(name).filter(|text| !text.is_empty())
    }

    /// A claim that every GitHub token has.
    pub fn required(&self, name: &str) -> Result<String, Error> {
        self.text(name).ok_or_else(|| Error::ClaimUnusable {
            claim: name.to_owned(),
            problem: "is absent".to_owned(),
            hint: "Is this the token of a GitHub Actions job? A token that you pass in must come from the job itself."
                .to_owned(),
        })
    }

    /// When the token ends.
    pub fn expires(&self) -> SystemTime {
        self.time("exp").and_then(|time| UNIX_EPOCH.checked_add(time)).unwrap_or(UNIX_EPOCH)
    }

    /// Seconds since 1970, of which a token may name fractions.
    pub(crate) fn time(&self, name: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(serde_json::from_str(self.0.json(name)?).ok()?).ok()
    }

    /// `name: value` of each claim, safe to print.
    pub fn lines(&self) -> Vec<String> {
        let shown = |name| self.0.text(name).or_else(|| self.0.json(name).map(str::to_owned)).unwrap_or_default();
        self.0.names().map(|name| format!("{}: {}", printable(name), printable(&shown(name)))).collect()
    }

    /// Names and texts of the claims that have one.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.names().filter_map(|name| Some((name, self.text(name)?)))
    }

    /// Claims that no token says.
    pub fn given(pairs: &[(&str, &str)]) -> Self {
        Self(Object::parse(object_of(pairs).as_bytes()).unwrap_or_default())
    }
}

/// The claims that a token holds, if it is a JWT at all (emulators of Cognito answer with opaque strings). It is not
/// verified here; [`verify`] does that, and no decision is made on claims that it has not passed.
pub fn claims_in(token: &Secret) -> Option<Object> {
    Object::parse(&URL_SAFE_NO_PAD.decode(token.secret().split('.').nth(1)?).ok()?)
}
