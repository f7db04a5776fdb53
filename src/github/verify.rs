//! The job's GitHub OIDC token: its check against the issuer's keys, and the claims that name things.
//!
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;

use crate::error::token_fault::TokenFault;
use crate::github::claims::{Claims, claims_in};
use crate::github::rs256::{rsa_key, to_verify};
use crate::host::http::Rs256;
use crate::host::url::BaseUrl;
use crate::text::json::Object;
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// A token may be this much older in its `nbf` than the runner's clock.
const NOT_BEFORE_LEEWAY: Duration = Duration::from_secs(60);

/// Each takes time to be tried, and an id should name one.
const MAX_KEYS_OF_AN_ID: usize = 4;

/// What a token must say to be this job's.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The issuer, to the letter.
    pub issuer: &'a BaseUrl,
    /// The audience that was asked for.
    pub audience: &'a str,
}

/// Verifies a token: RS256 by one of the issuer's keys, its times, its issuer and its audience. `is_signed` is
/// [`Host::verify_rs256`](crate::host::http::Host::verify_rs256).
///
/// The check guards against mistakes (a wrong audience, an old token) before the token leaves for AWS; what the job may
/// read is decided by Cognito and IAM alone.
pub fn verify(
    token: &Secret,
    keys: &KeySet,
    expected: &Expected<'_>,
    now: SystemTime,
    is_signed: impl Fn(&Rs256<'_>) -> bool,
) -> Result<Claims, TokenFault> {
    let key_id = key_id(token)?;
    let candidates = keys.0.iter().filter(|(id, _)| *id == key_id).take(MAX_KEYS_OF_AN_ID);

    // `jsonwebtoken::decode` would also read every header field there is, the machine's clock, and claims by rules of its own.
    let (message, signature) = token.secret().rsplit_once('.').ok_or(TokenFault::Malformed)?;
    let mut fault = TokenFault::UnknownKey { key_id: printable(&key_id) };
    for (_, key) in candidates {
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenFault::Malformed)?;
        if to_verify(key, message.as_bytes(), &signature).is_some_and(|to_verify| is_signed(&to_verify)) {
            return claims_of(token, expected, now);
        }
        fault = TokenFault::Signature;
    }
    Err(fault)
}

/// The claims of a token whose signature is right, if they are what is expected.
fn claims_of(token: &Secret, expected: &Expected<'_>, now: SystemTime) -> Result<Claims, TokenFault> {
    let claims = claims_in(token).map(Claims::of).ok_or(TokenFault::Malformed)?;
    check_times(&claims, now)?;
    check_issuer(&claims, expected.issuer)?;
    check_audience(&claims, expected.audience)?;
    Ok(claims)
}

/// How GitHub's tokens for its API begin; what follows may look like a JWT.
/// <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats>
const API_TOKENS: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

/// The `kid` of a token that is signed with RS256.
pub(crate) fn key_id(token: &Secret) -> Result<String, TokenFault> {
    if API_TOKENS.iter().any(|prefix| token.secret().starts_with(prefix)) {
        return Err(TokenFault::ForApi);
    }
    let parts: Vec<_> = token.secret().split('.').collect();
    let [header, _, _] = parts.as_slice() else { return Err(TokenFault::Malformed) };
    let header = URL_SAFE_NO_PAD.decode(header).ok().and_then(|json| Object::parse(&json));
    let header = header.ok_or(TokenFault::Malformed)?;
    // Whoever does not know each extension that is named here has to refuse the token, and none is known.
    // <https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11>
    if header.json("crit").is_some() {
        return Err(TokenFault::Extension);
    }
    match header.text("alg").as_deref() {
        Some("RS256") => Ok(header.text("kid").unwrap_or_default()),
        Some(_) => Err(TokenFault::Algorithm),
        None => Err(TokenFault::Malformed),
    }
}

fn check_times(claims: &Claims, now: SystemTime) -> Result<(), TokenFault> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let expires = claims.time("exp").ok_or(TokenFault::NoTimes)?;
    if expires <= now {
        return Err(TokenFault::Expired { seconds_ago: (now - expires).as_secs() });
    }
    let not_before = match claims.has("nbf") {
        true => claims.time("nbf").ok_or(TokenFault::NoTimes)?,
        false => Duration::ZERO,
    };
    if not_before > now + NOT_BEFORE_LEEWAY {
        return Err(TokenFault::NotYetValid { in_seconds: (not_before - now).as_secs() });
    }
    Ok(())
}

fn check_issuer(claims: &Claims, expected: &BaseUrl) -> Result<(), TokenFault> {
    match claims.text("iss") {
        Some(issuer) if issuer == expected.as_str() => Ok(()),
        issuer => {
            let actual = printable(issuer.as_deref().unwrap_or("(none)"));
            Err(TokenFault::Issuer { expected: expected.to_string(), actual })
        }
    }
}

fn check_audience(claims: &Claims, expected: &str) -> Result<(), TokenFault> {
    let actual = claims.texts("aud");
    if actual.iter().any(|audience| audience == expected) {
        return Ok(());
    }
    Err(TokenFault::Audience { expected: printable(expected), actual: printable(&actual.join(", ")) })
}

/// The issuer's public RSA keys with their ids.
#[derive(Debug, Clone)]
pub struct KeySet(Vec<(String, DecodingKey)>);

impl KeySet {
    /// Reads a JWK Set, passing over keys of other kinds, algorithms and uses, and RSA keys that are too short or too long.
    /// <https://www.rfc-editor.org/rfc/rfc7517#section-5>
    pub(crate) fn of(set: &Object) -> Option<Self> {
        let keys = set.objects("keys")?.into_iter().filter_map(|key| {
            // Members that are absent leave it open; of these the first is not.
            let says = |name, wanted| key.json(name).is_none() || key.text(name).as_deref() == Some(wanted);
            let operations = key.json("key_ops").map(|_| key.texts("key_ops").unwrap_or_default());
            let verifies = operations.is_none_or(|operations| operations.iter().any(|one| one == "verify"));
            let signs = key.text("kty")? == "RSA" && says("alg", "RS256") && says("use", "sig") && verifies;
            let public = if signs { rsa_key(&key.text("n")?, &key.text("e")?)? } else { return None };
            Some((key.text("kid").unwrap_or_default(), public))
        });
        let keys = Self(keys.collect());
        (!keys.0.is_empty()).then_some(keys)
    }
}
