//! The job's GitHub OIDC token: its check against the issuer's keys, and the claims that name things.
//!
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::fmt;
use std::hint::black_box;
use std::sync::Once;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPublicKey};
use sha2::{Digest, Sha256};
use signature::Verifier;

use crate::aws::{Answer, BaseUrl};
use crate::error::{Diagnosis, Error};
use crate::http::{MAX_BODY_BYTES, Method, Request, Response};
use crate::json::{Object, object_of};
use crate::printable::printable;
use crate::retry::Operation;
use crate::secret::Secret;

/// A token may be this much older in its `nbf` than the runner's clock.
const NOT_BEFORE_LEEWAY: Duration = Duration::from_secs(60);
/// RFC 7518 section 3.3 wants 2048 bits at least.
const MIN_MODULUS_BYTES: usize = 256;
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

/// The claims of a verified token.
#[derive(Debug, Clone, Default)]
pub struct Claims(Object);

impl Claims {
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
            hint: "Is this a token of a GitHub Actions job? If a `github-token` is given, take it from the job itself."
                .to_owned(),
        })
    }

    /// When the token ends.
    pub fn expires(&self) -> SystemTime {
        self.time("exp").and_then(|time| UNIX_EPOCH.checked_add(time)).unwrap_or(UNIX_EPOCH)
    }

    /// Seconds since 1970, of which a token may name fractions.
    fn time(&self, name: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(serde_json::from_str(self.0.json(name)?).ok()?).ok()
    }

    /// `name: value` of each claim, safe to print.
    pub fn lines(&self) -> Vec<String> {
        let shown = |name| self.0.text(name).or_else(|| self.0.json(name).map(str::to_owned)).unwrap_or_default();
        self.0.names().map(|name| format!("{}: {}", printable(name), printable(&shown(name)))).collect()
    }

    /// Claims that no token says.
    pub fn given(pairs: &[(&str, &str)]) -> Self {
        Self(Object::parse(object_of(pairs).as_bytes()).unwrap_or_default())
    }
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
    let claims = claims_in(token).map(Claims).ok_or(TokenFault::Malformed)?;
    check_times(&claims, now)?;
    check_issuer(&claims, expected.issuer)?;
    check_audience(&claims, expected.audience)?;
    Ok(claims)
}

/// The claims that a token holds, if it is a JWT at all (emulators of Cognito answer with opaque strings). It is not
/// verified here; [`verify`] does that, and no decision is made on claims that it has not passed.
pub fn claims_in(token: &Secret) -> Option<Object> {
    Object::parse(&URL_SAFE_NO_PAD.decode(token.secret().split('.').nth(1)?).ok()?)
}

/// How GitHub's tokens for its API begin; what follows may look like a JWT.
/// <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats>
const API_TOKENS: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

/// The `kid` of a token that is signed with RS256.
fn key_id(token: &Secret) -> Result<String, TokenFault> {
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
    let not_before = match claims.0.json("nbf") {
        Some(_) => claims.time("nbf").ok_or(TokenFault::NoTimes)?,
        None => Duration::ZERO,
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
    let one = || claims.text("aud").into_iter().collect();
    let actual: Vec<String> = claims.0.texts("aud").unwrap_or_else(one);
    if actual.iter().any(|audience| audience == expected) {
        return Ok(());
    }
    Err(TokenFault::Audience { expected: printable(expected), actual: printable(&actual.join(", ")) })
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
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed | Self::ForApi | Self::NoTimes | Self::Extension => "github-token-malformed",
            Self::Algorithm => "github-token-algorithm",
            Self::UnknownKey { .. } | Self::Signature => "github-token-signature",
            Self::Expired { .. } | Self::NotYetValid { .. } => "github-token-expired",
            Self::Issuer { .. } => "github-token-issuer",
            Self::Audience { .. } => "github-token-audience",
        }
    }

    /// Whether the fault is one of time, which a wrong clock would explain.
    pub fn is_about_time(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::NotYetValid { .. })
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Malformed | Self::NoTimes | Self::Algorithm | Self::Extension => {
                "`github-token` takes the JWT of GitHub's OIDC \
                 service for this job, not a personal access token or `GITHUB_TOKEN`. Leave it out to have the token \
                 requested."
                    .to_owned()
            }
            Self::ForApi => "Remove `github-token` from the step: the OIDC token is then requested, which takes \
                 `permissions: id-token: write`. Actions that ignore this input are often given `${{ github.token }}` for it."
                .to_owned(),
            Self::UnknownKey { .. } | Self::Signature => {
                "The token is not from this issuer, or was changed. On GitHub \
                 Enterprise Server or with data residency, set `oidc-issuer`."
                    .to_owned()
            }
            Self::Expired { .. } | Self::NotYetValid { .. } => "GitHub's tokens live five minutes: request it in the \
                 step before, or leave `github-token` out. Otherwise the runner's clock is wrong."
                .to_owned(),
            Self::Issuer { expected, actual } => {
                let below = |base: &str| actual.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
                let beside = expected.rsplit_once('/').filter(|(base, _)| base.contains("://"));
                let slug = below(expected).or(beside.and_then(|(base, _)| below(base)));
                match slug.filter(|slug| !slug.contains('/')) {
                    Some(slug) => format!(
                        "The enterprise issues tokens under its own name: set `github-enterprise-name: {slug}`, and let \
                         the OIDC provider in IAM have that issuer."
                    ),
                    None if expected.starts_with(actual.as_str()) => {
                        "The enterprise does not issue tokens under its own \
                         name: leave `github-enterprise-name` out, or switch on `include_enterprise_slug` for the \
                         enterprise."
                            .to_owned()
                    }
                    None => "Set `oidc-issuer` to the issuer of this GitHub (GitHub Enterprise Server: \
                         https://HOST/_services/token; data residency: https://token.actions.SUBDOMAIN.ghe.com)."
                        .to_owned(),
                }
            }
            Self::Audience { expected, .. } => format!(
                "Request the token for an audience that the OIDC provider in IAM lists, and name it in `audience` if it is \
                 not `{expected}`."
            ),
        }
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("it is not a JSON Web Token"),
            Self::ForApi => {
                f.write_str("it is one for GitHub's API (`github.token`, a personal access token), not an OIDC token")
            }
            Self::Algorithm => f.write_str("it is not signed with RS256"),
            Self::Extension => f.write_str("its header demands an extension (`crit`), and none is supported"),
            Self::UnknownKey { key_id } => write!(f, "its key (kid `{key_id}`) is none of the issuer's"),
            Self::Signature => f.write_str("its signature is not the issuer's"),
            Self::NoTimes => f.write_str("claim `exp` is absent, or `exp` or `nbf` is not a time"),
            Self::Expired { seconds_ago } => write!(f, "it expired {seconds_ago} seconds ago (claim `exp`)"),
            Self::NotYetValid { in_seconds } => write!(f, "it is valid only in {in_seconds} seconds (claim `nbf`)"),
            Self::Issuer { expected, actual } => {
                write!(f, "its issuer (claim `iss`) is {actual}, expected {expected}")
            }
            Self::Audience { expected, actual } => {
                write!(f, "its audience (claim `aud`) is `{actual}`, expected `{expected}`")
            }
        }
    }
}

/// The issuer's public RSA keys with their ids.
#[derive(Debug, Clone)]
pub struct KeySet(Vec<(String, DecodingKey)>);

impl KeySet {
    /// Reads a JWK Set, passing over keys of other kinds, algorithms and uses, and RSA keys that are too short or too long.
    /// <https://www.rfc-editor.org/rfc/rfc7517#section-5>
    fn of(set: &Object) -> Option<Self> {
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

/// GETs the issuer's keys from where all of GitHub's issuers have them: below the issuer, without the enterprise's slug.
pub struct FetchKeys {
    /// Where.
    pub url: BaseUrl,
}

impl FetchKeys {
    /// The keys of an issuer.
    pub fn of(issuer: &BaseUrl) -> Option<Self> {
        BaseUrl::parse(&format!("{issuer}/.well-known/jwks")).ok().map(|url| Self { url })
    }

    /// The keys that the configuration of `issuer` names.
    pub fn named_by(configuration: &Configuration, issuer: &BaseUrl) -> Result<Self, &'static str> {
        if configuration.issuer.trim_end_matches('/') != issuer.as_str() {
            return Err("the OpenID configuration of another issuer");
        }
        let url =
            BaseUrl::parse(&configuration.jwks_uri).map_err(|_| "an OpenID configuration without a safe jwks_uri")?;
        Ok(Self { url })
    }
}

impl Operation for FetchKeys {
    const NAME: &'static str = "GET JWKS";
    const IS_AWS: bool = false;
    type Output = KeySet;

    fn subject(&self) -> String {
        "the keys of the token's issuer".to_owned()
    }

    fn endpoint(&self) -> &BaseUrl {
        &self.url
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        Ok(get(&self.url))
    }

    fn parse(&self, response: &Response) -> Result<KeySet, &'static str> {
        response.json().and_then(|set| KeySet::of(&set)).ok_or("not a JWK Set with an RSA key for RS256")
    }

    fn refusal(&self, response: &Response, sent: &[Secret]) -> Answer {
        // What the issuer's host writes is not shown.
        Answer::new(response, "", "", None, sent)
    }

    fn diagnose(&self, _answer: &Answer) -> Diagnosis {
        keys_unavailable()
    }
}

/// GETs the address of an issuer's keys, for issuers that are not GitHub's.
/// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig>
pub struct Discover {
    /// The issuer.
    issuer: BaseUrl,
    url: BaseUrl,
}

/// An issuer's configuration, as far as it is used.
#[derive(Debug)]
pub struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl Discover {
    /// The configuration of an issuer.
    pub fn of(issuer: &BaseUrl) -> Option<Self> {
        let url = BaseUrl::parse(&format!("{issuer}/.well-known/openid-configuration")).ok()?;
        Some(Self { issuer: issuer.clone(), url })
    }
}

impl Operation for Discover {
    const NAME: &'static str = "GET openid-configuration";
    const IS_AWS: bool = false;
    type Output = Configuration;

    fn subject(&self) -> String {
        format!("issuer {}", self.issuer)
    }

    fn endpoint(&self) -> &BaseUrl {
        &self.url
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        Ok(get(&self.url))
    }

    fn parse(&self, response: &Response) -> Result<Configuration, &'static str> {
        let configuration =
            |body: Object| Some(Configuration { issuer: body.text("issuer")?, jwks_uri: body.text("jwks_uri")? });
        response.json().and_then(configuration).ok_or("not an OpenID configuration")
    }

    fn refusal(&self, response: &Response, sent: &[Secret]) -> Answer {
        // What the issuer's host writes is not shown.
        Answer::new(response, "", "", None, sent)
    }

    fn diagnose(&self, _answer: &Answer) -> Diagnosis {
        keys_unavailable()
    }
}

fn get(url: &BaseUrl) -> Request {
    Request {
        method: Method::Get,
        url: url.to_string(),
        headers: vec![("accept", "application/json".to_owned())],
        body: Secret::new(""),
        max_body_bytes: MAX_BODY_BYTES,
        credentials: vec![],
    }
}

fn keys_unavailable() -> Diagnosis {
    Diagnosis::new(
        "issuer-keys-unavailable",
        "The issuer's keys could not be read, so the token cannot be checked.",
        "Check `oidc-issuer`, and that the runner may reach it; if it is GitHub's, see githubstatus.com and run the job again.",
    )
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

/// Installs RS256 as all the cryptography that `jsonwebtoken` has.
fn use_rs256_only() {
    static INSTALLED: Once = Once::new();
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
        verifier_factory: |algorithm, key| match (algorithm, key.kind()) {
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let key = rsa_key(n, e).map_err(|_| ErrorKind::InvalidKeyFormat)?;
                Ok(Box::new(Rs256(key)))
            }
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        },
        key_utils: KeyUtils::new_unimplemented(),
    };
    INSTALLED.call_once(|| {
        // It fails if a program that links this crate has installed its own before; that one is then used.
        let _ = PROVIDER.install_default();
    });
}

fn rsa_key(modulus: &[u8], exponent: &[u8]) -> rsa::Result<RsaPublicKey> {
    RsaPublicKey::new(BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent))
}

/// RSASSA-PKCS1-v1_5 using SHA-256.
struct Rs256(RsaPublicKey);

/// What precedes a SHA-256 hash under the signature.
/// <https://www.rfc-editor.org/rfc/rfc8017#section-9.2> (note 1)
const SHA_256_DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

impl Verifier<Vec<u8>> for Rs256 {
    /// <https://www.rfc-editor.org/rfc/rfc8017#section-8.2.2>: what was signed is not parsed but compared whole with the only
    /// encoding that there is of the message.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let Self(key) = self;
        let representative = BigUint::from_bytes_be(signature);
        if signature.len() != key.size() || representative >= *key.n() {
            return Err(signature::Error::new());
        }
        let signed = power(&representative, key);
        match encoded(message, key.size()).is_some_and(|encoded| signed == BigUint::from_bytes_be(&encoded)) {
            true => Ok(()),
            false => Err(signature::Error::new()),
        }
    }
}

/// `base` to the public exponent, by squaring. `BigUint::modpow`, by which `rsa` verifies, is made for long and secret
/// exponents: it takes a hundred multiplications where 65537 needs seventeen, which was a tenth of all that a run computes.
fn power(base: &BigUint, key: &RsaPublicKey) -> BigUint {
    let bits = key.e().to_bytes_be().into_iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    bits.fold(BigUint::from(1_u8), |power, is_set| {
        let squared = &power * &power % key.n();
        if is_set { squared * base % key.n() } else { squared }
    })
}

/// EMSA-PKCS1-v1_5 in `size` bytes, if they are enough.
/// <https://www.rfc-editor.org/rfc/rfc8017#section-9.2>
fn encoded(message: &[u8], size: usize) -> Option<Vec<u8>> {
    let hash = Sha256::digest(message);
    let filled = size.checked_sub(3 + SHA_256_DIGEST_INFO.len() + hash.len()).filter(|filled| *filled >= 8)?;
    Some([&[0, 1], vec![0xff; filled].as_slice(), &[0], &SHA_256_DIGEST_INFO, &hash].concat())
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
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

    /// What the holder of the key signs when the encoding is not as it has to be.
    #[test]
    fn only_the_one_encoding_of_the_message_is_a_signature() {
        use rsa::pkcs8::DecodePrivateKey;
        use rsa::traits::PrivateKeyParts;

        let private =
            rsa::RsaPrivateKey::from_pkcs8_pem(include_str!("../tests/vectors/github-signing-key.pem")).unwrap();
        let verifier = Rs256(private.to_public_key());
        let (size, modulus) = (private.size(), private.n());
        let bytes = |number: &BigUint| {
            let digits = number.to_bytes_be();
            [vec![0; size - digits.len()], digits].concat()
        };
        let signed = |encoded: &[u8]| bytes(&BigUint::from_bytes_be(encoded).modpow(private.d(), modulus));
        let is_right = |signature: Vec<u8>| verifier.verify(b"message", &signature).is_ok();

        let right = encoded(b"message", size).unwrap();
        let hash = &right[size - 32..];
        let by_the_library = private.sign(rsa::Pkcs1v15Sign::new::<rsa::sha2::Sha256>(), hash).unwrap();
        assert_eq!(signed(&right), by_the_library);
        assert!(is_right(by_the_library.clone()));

        let with = |place: usize, byte: u8| {
            let mut changed = right.clone();
            changed[place] = byte;
            changed
        };
        let short = [&right[..10], &right[size - 52..], &vec![7; size - 62]].concat();
        let long_info = [&right[..size - 32 - 19], &[0x30, 0x2f], &SHA_256_DIGEST_INFO[2..], hash].concat();
        let without_info = [&right[..2], &vec![0xff; size - 35], &[0], hash].concat();
        let other = encoded(b"another message", size).unwrap();
        for encoded in [with(0, 1), with(1, 2), with(2, 0xfe), with(size - 52, 1), with(size - 1, !hash[31])]
            .iter()
            .chain([&short, &long_info, &without_info, &other])
        {
            assert_eq!(encoded.len(), size);
            assert!(!is_right(signed(encoded)), "{encoded:02x?}");
        }

        assert!(!is_right(by_the_library[1..].to_vec()), "a byte less");
        assert!(!is_right([&[0], by_the_library.as_slice()].concat()), "a byte more");
        for number in [BigUint::from(0_u8), BigUint::from(1_u8), modulus - 1_u8, modulus.clone()] {
            assert!(!is_right(bytes(&number)), "{number}");
        }
        let above = BigUint::from_bytes_be(&by_the_library) + modulus;
        assert!(!is_right(above.to_bytes_be()), "the same number modulo the key");
        assert!(!is_right(vec![]));
    }

    #[test]
    fn a_wrong_issuer_is_told_by_what_differs() {
        let hint = |expected: &str, actual: &str| {
            TokenFault::Issuer { expected: expected.to_owned(), actual: actual.to_owned() }.hint()
        };
        let base = "https://token.actions.githubusercontent.com";
        assert!(hint(base, &format!("{base}/octo")).contains("`github-enterprise-name: octo`"));
        assert!(hint(&format!("{base}/other"), &format!("{base}/octo")).contains("`github-enterprise-name: octo`"));
        assert!(hint(&format!("{base}/octo"), base).contains("leave `github-enterprise-name` out"));
        assert!(hint(base, "https://ghes.example/_services/token").contains("`oidc-issuer`"));
        assert!(hint(base, "https://token.actions.octo.ghe.com").contains("`oidc-issuer`"));
    }
}
