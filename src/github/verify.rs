//! The job's GitHub OIDC token: its check against the issuer's keys, and the claims that name things.
//!
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use rsa::traits::PublicKeyParts;

use crate::error::token_fault::TokenFault;
use crate::github::claims::{Claims, claims_in};
use crate::github::rs256::{MIN_MODULUS_BYTES, rsa_key, use_rs256_only};
use crate::host::url::BaseUrl;
use crate::text::json::Object;
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// A token may be this much older in its `nbf` than the runner's clock.
const NOT_BEFORE_LEEWAY: Duration = Duration::from_secs(60);

/// Each takes milliseconds to be tried, and an id should name one.
const MAX_KEYS_OF_AN_ID: usize = 4;

/// What a token must say to be this job's.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The issuer, to the letter.
    pub issuer: &'a BaseUrl,
    /// The audience that was asked for.
    pub audience: &'a str,
}

/// Verifies a token: RS256 by one of the issuer's keys, its times, its issuer and its audience.
///
/// The check guards against mistakes (a wrong audience, an old token) before the token leaves for AWS; what the job may
/// read is decided by Cognito and IAM alone.
pub fn verify(token: &Secret, keys: &KeySet, expected: &Expected<'_>, now: SystemTime) -> Result<Claims, TokenFault> {
    let key_id = key_id(token)?;
    let candidates = keys.0.iter().filter(|(id, _)| *id == key_id).take(MAX_KEYS_OF_AN_ID);

    use_rs256_only();
    // `jsonwebtoken::decode` would also read every header field there is, the machine's clock, and claims by rules of its own.
    let (message, signature) = token.secret().rsplit_once('.').ok_or(TokenFault::Malformed)?;
    let mut checked = Err(TokenFault::UnknownKey { key_id: printable(&key_id) });
    for (_, key) in candidates {
        checked = match jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, Algorithm::RS256) {
            Ok(true) => return claims_of(token, expected, now),
            Ok(false) => Err(TokenFault::Signature),
            Err(_) => Err(TokenFault::Malformed),
        };
    }
    checked
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
            let number = |name| URL_SAFE_NO_PAD.decode(key.text(name)?).ok();
            let (modulus, exponent) = (number("n")?, number("e")?);
            // Members that are absent leave it open; of these the first is not.
            let says = |name, wanted| key.json(name).is_none() || key.text(name).as_deref() == Some(wanted);
            let operations = key.json("key_ops").map(|_| key.texts("key_ops").unwrap_or_default());
            let verifies = operations.is_none_or(|operations| operations.iter().any(|one| one == "verify"));
            let signs = key.text("kty")? == "RSA" && says("alg", "RS256") && says("use", "sig") && verifies;
            let usable = signs && rsa_key(&modulus, &exponent).is_ok_and(|key| key.size() >= MIN_MODULUS_BYTES);
            let key_id = key.text("kid").unwrap_or_default();
            usable.then(|| (key_id, DecodingKey::from_rsa_raw_components(&modulus, &exponent)))
        });
        let keys = Self(keys.collect());
        (!keys.0.is_empty()).then_some(keys)
    }
}

/// Verifies a token that nobody signed, by a key of nobody's, so that the host has compiled what verifies when the job's own
/// token comes: V8 compiles a function when it is first called, and these take it longer than the check itself.
pub fn rehearse_verifying(issuer: &BaseUrl) {
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let modulus = encoded(&[0xff; MIN_MODULUS_BYTES]);
    let keys = format!(r#"{{"keys":[{{"kty":"RSA","n":"{modulus}","e":"Aw"}}]}}"#);
    let keys = Object::parse(keys.as_bytes()).and_then(|set| KeySet::of(&set));
    let token = [encoded(br#"{"alg":"RS256"}"#), encoded(b"{}"), encoded(&[0x55; MIN_MODULUS_BYTES])].join(".");
    let expected = Expected { issuer, audience: "" };
    black_box(keys.map(|keys| verify(&Secret::new(token), &keys, &expected, UNIX_EPOCH)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rehearsal_goes_as_far_as_the_signature() {
        let issuer = BaseUrl::parse("https://token.actions.githubusercontent.com").unwrap();
        rehearse_verifying(&issuer);
        let keys = format!(r#"{{"keys":[{{"kty":"RSA","n":"{}","e":"Aw"}}]}}"#, URL_SAFE_NO_PAD.encode([0xff; 256]));
        assert!(KeySet::of(&Object::parse(keys.as_bytes()).unwrap()).is_some());
    }
}
