//! A role session: its name, its tags, its credentials.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::aws::sigv4::Credentials;
use crate::error::Error;
use crate::github::claims::claims_in;
use crate::text::printable::printable;
use crate::text::secret::Secret;

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
    if let Some(end) = utc_date_time(text) {
        return Ok(Some(end));
    }
    // Not by `str::parse`, which would bring tables of 10 KB that serde_json does without.
    let seconds = serde_json::from_str(text).map_err(|_| "the session's expiration is not a time")?;
    Ok(DateTime::from_secs(DateTime::from_secs_f64(seconds).secs()).fmt(Format::DateTime).ok())
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
            _ if !text.bytes().all(allowed) => Err("can only have letters, digits and _+=,.@-".to_owned()),
            2..=64 => Ok(Self(text)),
            length => Err(format!("must have 2 to 64 characters and has {length}")),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The tags of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionTags {
    /// Keys and values.
    pub pairs: Vec<(String, String)>,
    /// The keys of those that pass on to the sessions that this one begins, in any case.
    pub transitive_keys: Vec<String>,
}

impl SessionTags {
    /// Those that a token for STS carries, in the order of their keys; none if it cannot be read, as with emulators of Cognito.
    /// They are shown and never trusted: what counts is what STS reads.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp>
    pub fn of_token(token: &Secret) -> Option<Self> {
        const TAGS: &str = "https://aws.amazon.com/tags";
        let claims = claims_in(token)?;
        // Issuers without nested claims write one claim for each tag.
        let (tags, prefix, transitive_keys) = match claims.json(TAGS) {
            None => (
                &claims,
                "https://aws.amazon.com/tags/principal_tags/",
                claims.texts("https://aws.amazon.com/tags/transitive_tag_keys"),
            ),
            Some(_) => {
                let claim = claims.object(TAGS)?;
                (&claim.object("principal_tags")?, "", claim.texts("transitive_tag_keys"))
            }
        };
        let mut pairs = Vec::new();
        for name in tags.names() {
            if let Some(key) = name.strip_prefix(prefix) {
                pairs.push((key.to_owned(), tags.text_or_texts(name)?));
            }
        }
        Some(Self { pairs, transitive_keys: transitive_keys.unwrap_or_default() })
    }

    /// The tags that the sessions have which this one begins.
    pub fn transitive(&self) -> Vec<(String, String)> {
        self.pairs.iter().filter(|(key, _)| self.is_transitive(key)).cloned().collect()
    }

    /// `key: value` of each, safe to print.
    pub fn lines(&self) -> Vec<String> {
        let line = |(key, value): &(String, String)| {
            let transitive = if self.is_transitive(key) { " (transitive)" } else { "" };
            format!("{}: {}{transitive}", printable(key), printable(value))
        };
        self.pairs.iter().map(line).collect()
    }

    fn is_transitive(&self, key: &str) -> bool {
        self.transitive_keys.iter().any(|transitive| is_same_key(transitive, key))
    }
}

/// Whether IAM takes two keys of tags for one. (Those of letters beyond ASCII would be 15 KB of tables.)
pub fn is_same_key(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Session tags as an error lists them, safe to print.
pub fn list_of_tags(tags: &[(String, String)]) -> String {
    let pairs: Vec<_> = tags.iter().map(|(key, value)| format!("{}={}", printable(key), printable(value))).collect();
    pairs.join(", ")
}

/// Who says what becomes session tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagSource {
    /// The pool's principal tag map.
    Pool,
    /// The input `chain-session-tags`.
    Input,
    /// The mapping of a token exchange.
    Exchange,
}

/// Finds the tag that STS would refuse with no more than `ValidationError`, before STS is called.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html>
pub fn check_session_tags(tags: &[(String, String)], source: TagSource) -> Result<(), Error> {
    // STS allows \p{L}\p{Z}\p{N}_.:/=+-@; Rust's classes are a little wider, so what is refused here is refused there.
    let allowed = |c: char| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c);
    let problem = |key: &str, value: &str| {
        let strange = key.chars().chain(value.chars()).find(|character| !allowed(*character));
        match (key.chars().count(), value.chars().count()) {
            (1..=128, 0..=256) => strange.map(|character| format!("has the character `{character}`")),
            (1..=128, length) => Some(format!("has {length} characters, more than 256")),
            (length, _) => Some(format!("has a key of {length} characters, not 1 to 128")),
        }
    };
    for (key, value) in tags {
        if let Some(problem) = problem(key, value) {
            return Err(unusable_tag(key, value, &problem, source));
        }
    }
    Ok(())
}

#[inline(never)]
fn unusable_tag(key: &str, value: &str, problem: &str, source: TagSource) -> Error {
    let (value, problem) = (printable(value), printable(problem));
    let (mapped, take_out) = match source {
        TagSource::Pool => ("mapped to a session tag by the pool", "the pool's principal tag map"),
        TagSource::Input => ("made a session tag by ‹chain-session-tags›", "it"),
        TagSource::Exchange => {
            let problem = format!("has the value `{value}`, which {problem}, and STS refuses it");
            return Error::TagUnusable { key: printable(key), problem };
        }
    };
    Error::ClaimUnusable {
        claim: printable(key),
        problem: format!("is {mapped}, and its value `{value}` {problem}, which STS refuses"),
        hint: format!(
            "Remove the claim from {take_out}, or choose one that has only letters, digits, spaces and _.:/=+-@: `actor_id` \
             instead of `actor` (`dependabot[bot]`), `workflow_ref` instead of `workflow`."
        ),
    }
}

#[cfg(test)]
mod tests;
