//! A host that follows a script: it asserts each request before it answers it, and keeps its own time.
//!
//! Time is virtual: it moves only when the run waits for an answer or a pause, so that a minute of retries takes no time
//! and every duration can be asserted. Every token, key and value holds [`MARKER`] or is remembered as forbidden;
//! [`Script::run`] asserts after each run, whatever its end, that none of it can be read anywhere.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use env_kvstore::error::Error;
use env_kvstore::export::ExportPlan;
use env_kvstore::export::Outcome;
use env_kvstore::host::http::{Host, Log, Request, Response, Rs256, SendFailure};
use env_kvstore::inputs::{Goal, RawInputs};
use env_kvstore::pipeline;
use env_kvstore::text::secret::Secret;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::DecodePrivateKey;
use rsa::sha2::Sha256;
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use signature::{SignatureEncoding, Signer, Verifier};
use time::OffsetDateTime;

/// In every token, key and value that a script gives out.
pub const MARKER: &str = "CANARY";

/// The true time at which every run begins, in seconds: 2026-11-22 03:00:00 UTC.
pub const START: u64 = 1_795_316_400;
pub const ISSUER: &str = "https://token.actions.githubusercontent.com";
pub const JWKS: &str = "https://token.actions.githubusercontent.com/.well-known/jwks";
pub const AUDIENCE: &str = "cognito-identity.amazonaws.com";
pub const POOL: &str = "us-west-2:12345678-1234-1234-1234-1234567890ab";
pub const IDENTITY: &str = "us-west-2:00000000-aaaa-bbbb-cccc-000000000001";
pub const ROLE: &str = "arn:aws:iam::123456789012:role/github-actions";
pub const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
pub const SESSION_NAME: &str = "7001@0123456789abcdef0123456789abcdef01234567";
pub const ACCESS_KEY_ID: &str = "ASIACANARYACCESSKEY1";
pub const SECRET_ACCESS_KEY: &str = "CANARYsecret/access+key0123456789abcdefg";
pub const SESSION_TOKEN: &str = "CANARYsession/token+0123456789/ABCDEFGHIJKLMNOPQRSTUVWXYZ==";
/// Of the role's session.
pub const SESSION: Keys = Keys { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, token: Some(SESSION_TOKEN) };
/// The role that [`SESSION`] assumes.
pub const CHAINED_ROLE: &str = "arn:aws:iam::222222222222:role/reader";
/// Of that role's session.
pub const CHAINED: Keys = Keys {
    id: "ASIACANARYACCESSKEY2",
    secret: "CANARYchained/secret+key0123456789abcdefg",
    token: Some("CANARYchained/session+token/0123456789/abcdefghijklmnopqrstuvwxyz=="),
};
/// What the environment has.
pub const ENVIRONMENT: Keys = Keys {
    id: "ASIACANARYACCESSKEY3",
    secret: "CANARYof/environment+key0123456789abcdefg",
    token: Some("CANARYof/environment+token/0123456789/abcdefghijklmnopqrstuvwxyz=="),
};
/// When sessions of STS and Cognito end.
pub const EXPIRATION: &str = "2026-11-22T03:15:00Z";
/// `token-exchange-url`.
pub const EXCHANGE: &str = "https://jwtex.example.com/exchange?issuerId=github";
/// The exchange's issuer, and the audience of GitHub's tokens that it takes.
pub const EXCHANGE_ORIGIN: &str = "https://jwtex.example.com";
/// The id of the key that the issuer signs with.
pub const KEY_ID: &str = "key-1";

/// A public key of age.
pub const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// What the host makes of a text that it is to encrypt to [`RECIPIENT`].
pub fn encrypted(text: &str) -> String {
    format!("for {RECIPIENT}: {}", base64url(text))
}

/// How long an answer takes unless the script says otherwise.
const LATENCY: Duration = Duration::from_millis(10);

pub fn private_key(pem: &str) -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_pem(pem).unwrap()
}

pub fn github_key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| private_key(include_str!("../vectors/github-signing-key.pem")))
}

pub fn forger_key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| private_key(include_str!("../vectors/forger-key.pem")))
}

pub fn short_key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| private_key(include_str!("../vectors/short-key.pem")))
}

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A public key as a JWK Set holds it.
pub fn jwk(key_id: &str, key: &RsaPublicKey) -> Value {
    let (n, e) = (base64url(key.n().to_bytes_be()), base64url(key.e().to_bytes_be()));
    json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": key_id, "n": n, "e": e, "x5t": "unused" })
}

/// The JWK Set with GitHub's key under its id.
pub fn github_keys() -> Value {
    json!({ "keys": [jwk(KEY_ID, &github_key().to_public_key())] })
}

/// A JWT of RS256.
pub fn sign(header: &Value, claims: &Value, key: &RsaPrivateKey) -> String {
    let message = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    let signature = SigningKey::<Sha256>::new(key.clone()).sign(message.as_bytes()).to_vec();
    format!("{message}.{}", base64url(signature))
}

/// A moment as HTTP headers write it.
pub fn http_date(seconds: u64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap();
    let short = |name: String| name.chars().take(3).collect::<String>();
    let (weekday, month) = (short(at.weekday().to_string()), short(at.month().to_string()));
    let (day, year, hour, minute, second) = (at.day(), at.year(), at.hour(), at.minute(), at.second());
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

/// A moment as `x-amz-date` writes it.
pub fn amz_date(seconds: u64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap()).unwrap();
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year}{month:02}{day:02}T{:02}{:02}{:02}Z", at.hour(), at.minute(), at.second())
}

/// Credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    pub id: &'static str,
    pub secret: &'static str,
    /// A user's have none.
    pub token: Option<&'static str>,
}

/// A job of GitHub Actions, and what each service expects of it and answers to it.
#[derive(Clone)]
pub struct Job {
    pub claims: Value,
    pub header: Value,
    issuer: String,
    token: OnceLock<String>,
}

/// Of [`Job::push`], in the order of the default of `chain-session-tags`.
pub const TAGS: [(&str, &str); 5] = [
    ("event_name", "push"),
    ("ref", "refs/heads/main"),
    ("repository", "octo-org/app"),
    ("run_id", "7001"),
    ("sha", SHA),
];

impl Job {
    /// A push to a repository outside any environment and any enterprise.
    pub fn push() -> Self {
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "repo:octo-org/app:ref:refs/heads/main", "jti": "example-id",
            "iat": START - 5, "nbf": START - 305, "exp": START + 295,
            "repository": "octo-org/app", "repository_owner": "octo-org", "event_name": "push",
            "ref": "refs/heads/main", "run_id": "7001", "sha": SHA, "actor": "mona", "workflow": "deploy",
        });
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": KEY_ID, "x5t": "unused" });
        Self { claims, header, issuer: ISSUER.to_owned(), token: OnceLock::new() }
    }

    /// The same in an environment.
    pub fn production() -> Self {
        Self::push().claim("environment", "production")
    }

    /// With another claim, or without it if it is null.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        let claims = self.claims.as_object_mut().unwrap();
        match value.into() {
            Value::Null => claims.remove(name),
            value => claims.insert(name.to_owned(), value),
        };
        self
    }

    /// From another issuer, which the inputs name too.
    pub fn issued_by(mut self, issuer: &str) -> Self {
        self.issuer = issuer.to_owned();
        self.claim("iss", issuer)
    }

    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    /// The job's JWT, signed by GitHub.
    pub fn jwt(&self) -> &str {
        self.token.get_or_init(|| sign(&self.header, &self.claims, github_key()))
    }

    /// With a token that somebody else has made.
    pub fn with_jwt(self, jwt: String) -> Self {
        Self { token: OnceLock::from(jwt), ..self }
    }

    pub fn github_token(&self) -> Expectation {
        Expectation::new(&format!("GitHub token for {AUDIENCE}"), Reply::Token(self.jwt().to_owned()))
    }

    /// A request of Vault's API, as a script calls it: its method and URL.
    pub fn vault(name: &str, status: u16, body: &str) -> Expectation {
        Expectation::new(name, answer(status, body))
            .check(|request| assert_eq!(header(request, "x-vault-request"), Some("true")))
    }

    fn login_key(&self) -> &str {
        self.issuer.strip_prefix("https://").unwrap()
    }

    pub fn get_id(&self) -> Expectation {
        let wanted = json!({
            "AccountId": "123456789012", "IdentityPoolId": POOL, "Logins": { self.login_key(): self.jwt() },
        });
        Expectation::new("GetId", answer(200, json!({ "IdentityId": IDENTITY }).to_string()))
            .at("https://cognito-identity.us-west-2.amazonaws.com/")
            .body(wanted)
            .unsigned("application/x-amz-json-1.1", Some("AWSCognitoIdentityService.GetId"))
    }

    pub fn get_open_id_token(&self) -> Expectation {
        let wanted = json!({ "IdentityId": IDENTITY, "Logins": { self.login_key(): self.jwt() } });
        let given = json!({ "IdentityId": IDENTITY, "Token": self.cognito_token() }).to_string();
        Expectation::new("GetOpenIdToken", answer(200, given))
            .at("https://cognito-identity.us-west-2.amazonaws.com/")
            .body(wanted)
            .unsigned("application/x-amz-json-1.1", Some("AWSCognitoIdentityService.GetOpenIdToken"))
    }

    /// Cognito's token with the claims that the pool of `docs/set-up-aws.md` maps, as the session's tags.
    pub fn cognito_token(&self) -> String {
        let mut tags = serde_json::Map::new();
        for name in ["repository", "enterprise", "environment", "event_name", "run_id", "actor", "sha", "workflow"] {
            if let Some(value) = self.claims.get(name) {
                tags.insert(name.to_owned(), json!([value]));
            }
        }
        let claims = json!({ "aud": POOL, "https://aws.amazon.com/tags": { "principal_tags": tags } });
        let header = json!({ "alg": "RS512", "typ": "JWS", "kid": "us-west-21" });
        format!("{}.{}.{MARKER}-of-cognito", base64url(header.to_string()), base64url(claims.to_string()))
    }

    /// The exchange's call, and the token that it answers with.
    pub fn exchange(&self, token: &str) -> Expectation {
        Expectation::new("token exchange", answer(200, token))
            .at(EXCHANGE)
            .text(self.jwt())
            .unsigned("application/jwt", None)
            .check(|request| assert_eq!(header(request, "accept"), Some("application/jwt")))
            .header("content-type", "application/jwt")
    }

    /// A token of the exchange with tags of some claims, of which some are transitive.
    pub fn exchanged_token(&self, transitive: &[&str]) -> String {
        let mut claims = self.claims.clone();
        let names = ["repository", "environment", "event_name", "run_id", "sha"].into_iter();
        let tags: serde_json::Map<_, _> =
            names.filter_map(|name| Some((name.to_owned(), json!([claims.get(name)?])))).collect();
        claims["iss"] = EXCHANGE_ORIGIN.into();
        claims["https://aws.amazon.com/tags"] = json!({ "principal_tags": tags, "transitive_tag_keys": transitive });
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "of-the-exchange" });
        format!("{}.{}.{MARKER}-of-the-exchange", base64url(header.to_string()), base64url(claims.to_string()))
    }

    /// The enhanced flow's call after GetId.
    pub fn get_credentials(&self) -> Expectation {
        let logins = json!({ self.login_key(): self.jwt() });
        let wanted = format!(r#"{{"CustomRoleArn":"{ROLE}","IdentityId":"{IDENTITY}","Logins":{logins}}}"#);
        let credentials = json!({
            "AccessKeyId": SESSION.id, "SecretKey": SESSION.secret, "SessionToken": SESSION.token,
            // As Cognito writes times.
            "Expiration": (START + 900) as f64,
        });
        let given = json!({ "IdentityId": IDENTITY, "Credentials": credentials }).to_string();
        Expectation::new("GetCredentialsForIdentity", answer(200, given))
            .at("https://cognito-identity.us-west-2.amazonaws.com/")
            .text(&wanted)
            .unsigned("application/x-amz-json-1.1", Some("AWSCognitoIdentityService.GetCredentialsForIdentity"))
    }

    pub fn assume_role(&self) -> Expectation {
        self.assume_role_with(&self.cognito_token())
    }

    /// By Cognito's token, or GitHub's own.
    pub fn assume_role_with(&self, token: &str) -> Expectation {
        Expectation::new(
            "AssumeRoleWithWebIdentity",
            answer(200, session_xml("AssumeRoleWithWebIdentity", ROLE, SESSION)),
        )
        .at("https://sts.us-west-2.amazonaws.com/")
        .form(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("RoleArn", ROLE),
            ("RoleSessionName", SESSION_NAME),
            ("DurationSeconds", "900"),
            ("WebIdentityToken", token),
        ])
        .unsigned("application/x-www-form-urlencoded; charset=utf-8", None)
    }
}

/// A second role, [`CHAINED_ROLE`], assumed by whoever has the keys, with session tags in this order.
pub fn assume_chained_role(by: Keys, tags: &[(&str, &str)]) -> Expectation {
    let numbered = tags.iter().enumerate().flat_map(|(index, (key, value))| {
        let name = |part: &str| format!("Tags.member.{}.{part}", index + 1);
        [(name("Key"), (*key).to_owned()), (name("Value"), (*value).to_owned())]
    });
    let fixed = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", CHAINED_ROLE),
        ("RoleSessionName", SESSION_NAME),
        ("DurationSeconds", "900"),
    ];
    let mut expectation = Expectation::new("AssumeRole", answer(200, session_xml("AssumeRole", CHAINED_ROLE, CHAINED)))
        .at("https://sts.us-west-2.amazonaws.com/")
        .form(&fixed)
        .signed_by(by)
        .signed_for("us-west-2");
    let Some(Body::Form(fields)) = &mut expectation.body else { panic!("no form") };
    fields.extend(numbered);
    expectation
}

/// The same, where tags of these keys are transitive.
pub fn assume_chained_role_transitively(by: Keys, tags: &[(&str, &str)], transitive: &[&str]) -> Expectation {
    let mut expectation = assume_chained_role(by, tags);
    let Some(Body::Form(fields)) = &mut expectation.body else { panic!("no form") };
    let numbered = |(number, key): (usize, &&str)| (format!("TransitiveTagKeys.member.{number}"), (*key).to_owned());
    fields.extend((1..).zip(transitive).map(numbered));
    expectation
}

fn session_xml(operation: &str, role: &str, Keys { id, secret, token }: Keys) -> String {
    let fields: Vec<_> = role.split([':', '/']).collect();
    let (account, name, token) = (fields[4], fields[6], token.unwrap());
    format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>\
         <Audience>{POOL}</Audience><AssumedRoleUser><AssumedRoleId>AROAX:{SESSION_NAME}</AssumedRoleId>\
         <Arn>arn:aws:sts::{account}:assumed-role/{name}/{SESSION_NAME}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{EXPIRATION}</Expiration></Credentials>\
         </{operation}Result><ResponseMetadata><RequestId>sts-1</RequestId></ResponseMetadata></{operation}Response>"
    )
}

/// The issuer's keys.
pub fn jwks() -> Expectation {
    jwks_at(JWKS, &github_keys())
}

pub fn jwks_at(url: &str, keys: &Value) -> Expectation {
    Expectation::new(&format!("GET {url}"), answer(200, keys.to_string())).check(|request| {
        assert_eq!(header(request, "accept"), Some("application/json"));
        assert_eq!(header(request, "authorization"), None);
        assert_eq!(request.body.secret(), "");
    })
}

/// A store by its `SecretId`, and its document.
pub fn store(secret_id: &str, document: &str) -> Expectation {
    let name = secret_id.rsplit(":secret:").next().unwrap();
    let body = json!({
        "ARN": arn_of(name), "Name": name, "VersionId": "00000000-0000-0000-0000-00000000000a",
        "SecretString": document, "VersionStages": ["AWSCURRENT"], "CreatedDate": 1_795_000_000.5,
    });
    Expectation::new(&format!("GetSecretValue {secret_id}"), answer(200, body.to_string()))
        .at("https://secretsmanager.us-west-2.amazonaws.com/")
        .body(json!({ "SecretId": secret_id }))
        .signed_for("us-west-2")
}

/// A document that is written beside the current one.
pub fn put(secret_id: &str, document: Value) -> Expectation {
    Expectation::new(&format!("PutSecretValue {secret_id}"), Reply::Written)
        .at("https://secretsmanager.us-west-2.amazonaws.com/")
        .check(move |request| {
            let sent: Value = serde_json::from_str(request.body.secret()).unwrap();
            let text: Value = serde_json::from_str(sent["SecretString"].as_str().unwrap()).unwrap();
            assert_eq!(text, document);
            assert_ne!(sent["VersionStages"], json!(["AWSCURRENT"]));
        })
        .signed_for("us-west-2")
}

/// A store that is asked for once more, and does not exist.
pub fn absent(secret_id: &str) -> Expectation {
    Expectation::new(&format!("DescribeSecret {secret_id}"), answer(200, "{}"))
        .at("https://secretsmanager.us-west-2.amazonaws.com/")
        .signed_for("us-west-2")
        .refused(400, "ResourceNotFoundException", "none")
}

/// That document becomes the current one, in place of that of [`store`].
pub fn becomes_current(secret_id: &str) -> Expectation {
    let from = "00000000-0000-0000-0000-00000000000a";
    Expectation::new(&format!("UpdateSecretVersionStage {secret_id}, stage AWSCURRENT"), answer(200, "{}"))
        .at("https://secretsmanager.us-west-2.amazonaws.com/")
        .check(move |request| {
            let sent: Value = serde_json::from_str(request.body.secret()).unwrap();
            assert_eq!(sent["RemoveFromVersionId"], from);
        })
        .signed_for("us-west-2")
}

/// An object that is put into a bucket of the role's account.
pub fn put_object(url: &str, body: Value) -> Expectation {
    Expectation::new(&format!("PUT {url}"), answer(200, ""))
        .body(body)
        .check(|request| assert_eq!(header(request, "x-amz-expected-bucket-owner"), Some("123456789012")))
        .signed_for("us-west-2")
}

pub fn arn_of(name: &str) -> String {
    format!("arn:aws:secretsmanager:us-west-2:123456789012:secret:{name}-AbCdEf")
}

/// A version of a secret by its stage, its id or both, and its text.
pub fn version(secret_id: &str, stage: Option<&str>, id: Option<&str>, text: &str) -> Expectation {
    let mut wanted = json!({ "SecretId": secret_id });
    let members = [("VersionStage", stage), ("VersionId", id)];
    members.into_iter().for_each(|(member, value)| {
        if let Some(value) = value {
            wanted[member] = value.into();
        }
    });
    let mut expectation = store(secret_id, text).body(wanted.clone());
    expectation.name = name_of_secret("GetSecretValue", &wanted);
    expectation
}

/// What a batch answers for one of its secrets.
pub enum Item {
    Text(String),
    Refused(&'static str, &'static str),
    /// Neither a value nor an error: the answer goes on in another page.
    Missing,
}

/// Secrets in one call, by their `SecretId`s in the order asked; the answer has them in another.
pub fn batch<T: AsRef<str>>(secret_ids: &[T], item: impl Fn(&str) -> Item) -> Expectation {
    let (mut values, mut errors, mut is_whole) = (Vec::new(), Vec::new(), true);
    for secret_id in secret_ids.iter().map(AsRef::as_ref).rev() {
        let name = secret_id.rsplit(":secret:").next().unwrap();
        let arn = if name == secret_id { arn_of(name) } else { format!("{secret_id}-AbCdEf") };
        match item(secret_id) {
            Item::Text(text) => values.push(json!({
                "ARN": arn, "Name": name, "VersionId": "00000000-0000-0000-0000-00000000000b", "SecretString": text,
                "VersionStages": ["AWSCURRENT"], "CreatedDate": 1_795_000_000.5,
            })),
            Item::Refused(code, message) => {
                errors.push(json!({ "SecretId": secret_id, "ErrorCode": code, "Message": message }));
            }
            Item::Missing => is_whole = false,
        }
    }
    let mut body = json!({ "SecretValues": values, "Errors": errors });
    if !is_whole {
        body["NextToken"] = MARKER.into();
    }
    let ids: Vec<_> = secret_ids.iter().map(AsRef::as_ref).collect();
    let wanted = json!({ "SecretIdList": ids });
    Expectation::new(&name_of_secret("BatchGetSecretValue", &wanted), answer(200, body.to_string()))
        .at("https://secretsmanager.us-west-2.amazonaws.com/")
        .body(wanted)
        .signed_for("us-west-2")
}

/// A parameter as Parameter Store answers it: its name, type and value; its version is 3.
pub fn parameter(name: &str, kind: &str, value: &str) -> Value {
    let arn = format!("arn:aws:ssm:us-west-2:123456789012:parameter/{}", name.trim_start_matches('/'));
    json!({
        "ARN": arn, "DataType": "text", "LastModifiedDate": 1_795_000_000.5, "Name": name, "Type": kind, "Value": value,
        "Version": 3,
    })
}

/// Parameters in one call by the names that are asked for, what is found, and what is not.
pub fn parameters(names: &[&str], found: &[Value], invalid: &[&str]) -> Expectation {
    let wanted = json!({ "Names": names, "WithDecryption": true });
    let body = json!({ "Parameters": found, "InvalidParameters": invalid });
    Expectation::new(&name_of_parameters("GetParameters", &wanted), answer(200, body.to_string()))
        .at("https://ssm.us-west-2.amazonaws.com/")
        .body(wanted)
        .signed_for("us-west-2")
}

/// A page of the parameters below a path, by the mark that the page before gave.
pub fn page(path: &str, mark: Option<&str>, found: &[Value], next: Option<&str>) -> Expectation {
    let mut wanted = json!({ "Path": path, "Recursive": true, "WithDecryption": true, "MaxResults": 10 });
    mark.into_iter().for_each(|mark| wanted["NextToken"] = mark.into());
    let body = json!({ "Parameters": found, "NextToken": next });
    Expectation::new(&name_of_parameters("GetParametersByPath", &wanted), answer(200, body.to_string()))
        .at("https://ssm.us-west-2.amazonaws.com/")
        .body(wanted)
        .signed_for("us-west-2")
}

/// A document whose values all hold the marker.
pub fn document(keys: &[&str]) -> String {
    let values: serde_json::Map<_, _> = keys.iter().map(|key| ((*key).to_owned(), json!(value_of(key)))).collect();
    Value::Object(values).to_string()
}

/// The value of a key of [`document`].
pub fn value_of(key: &str) -> String {
    format!("{MARKER}-value-of-{key}")
}

pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
}

fn answer(status: u16, body: impl Into<String>) -> Reply {
    let headers = vec![("x-amzn-requestid".to_owned(), "req-1".to_owned())];
    Reply::Answer(Response { status, headers, body: body.into().into_bytes() })
}

/// What a request is answered with.
#[derive(Clone)]
pub enum Reply {
    Answer(Response),
    Token(String),
    Failure(SendFailure),
    /// As of a version that was written: the answer has the id that the request gave it.
    Written,
    /// Nothing until the attempt's timeout.
    Silence,
}

type Check = std::rc::Rc<dyn Fn(&Request)>;

/// One request that a script expects, and its answer.
#[derive(Clone)]
pub struct Expectation {
    name: String,
    url: Option<String>,
    body: Option<Body>,
    checks: Vec<Check>,
    region: Option<String>,
    /// Whose signature it must have, if it has a region.
    signer: Keys,
    /// The moment that it must be signed for; otherwise the host's.
    signed_at: Option<u64>,
    reply: Reply,
    after: Duration,
    again_and_again: bool,
}

#[derive(Clone)]
enum Body {
    Json(Value),
    Form(Vec<(String, String)>),
    /// To the byte.
    Text(String),
}

impl Expectation {
    fn new(name: &str, reply: Reply) -> Self {
        Self {
            name: name.to_owned(),
            url: None,
            body: None,
            checks: Vec::new(),
            region: None,
            signer: SESSION,
            signed_at: None,
            reply,
            after: LATENCY,
            again_and_again: false,
        }
    }

    /// GitHub's token for another audience than the default.
    pub fn for_audience(mut self, audience: &str) -> Self {
        self.name = format!("GitHub token for {audience}");
        self
    }

    pub fn at(mut self, url: &str) -> Self {
        self.url = Some(url.to_owned());
        self
    }

    pub fn body(mut self, wanted: Value) -> Self {
        self.body = Some(Body::Json(wanted));
        self
    }

    /// To the byte.
    pub fn text(mut self, wanted: &str) -> Self {
        self.body = Some(Body::Text(wanted.to_owned()));
        self
    }

    pub fn form(mut self, wanted: &[(&str, &str)]) -> Self {
        let owned = wanted.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.body = Some(Body::Form(owned));
        self
    }

    /// One field of the form, in place of what it was to be.
    pub fn form_field(mut self, name: &str, value: &str) -> Self {
        let Some(Body::Form(fields)) = &mut self.body else { panic!("no form") };
        fields.iter_mut().find(|(field, _)| field == name).unwrap().1 = value.to_owned();
        self
    }

    pub fn check(mut self, check: impl Fn(&Request) + 'static) -> Self {
        self.checks.push(std::rc::Rc::new(check));
        self
    }

    fn unsigned(self, content_type: &'static str, target: Option<&'static str>) -> Self {
        self.check(move |request| {
            assert_eq!(request.method.name(), "POST");
            assert_eq!(header(request, "content-type"), Some(content_type));
            assert_eq!(header(request, "x-amz-target"), target);
            assert_eq!(header(request, "authorization"), None);
            assert_eq!(header(request, "x-amz-security-token"), None);
        })
    }

    /// Signed with these, and not with [`SESSION`].
    pub fn signed_by(mut self, signer: Keys) -> Self {
        self.signer = signer;
        self
    }

    /// Signed in a region, with the session's credentials.
    pub fn signed_for(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    pub fn signed_at(mut self, seconds: u64) -> Self {
        self.signed_at = Some(seconds);
        self
    }

    pub fn answers(mut self, status: u16, body: &str) -> Self {
        self.reply = answer(status, body);
        self
    }

    /// Refused as JSON services refuse; the body holds more than may be shown.
    pub fn refused(self, status: u16, code: &str, message: &str) -> Self {
        let kind = format!("com.amazonaws.example#{code}");
        self.answers(status, &json!({ "__type": kind, "message": message, "detail": MARKER }).to_string())
    }

    /// Refused as STS refuses; the body holds more than may be shown.
    pub fn refused_by_sts(self, status: u16, code: &str, message: &str) -> Self {
        self.answers(
            status,
            &format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                 <Code>{code}</Code><Message>{message}</Message><Detail>{MARKER}</Detail></Error>\
                 <RequestId>sts-2</RequestId></ErrorResponse>"
            ),
        )
    }

    pub fn fails(mut self, failure: SendFailure) -> Self {
        self.reply = Reply::Failure(failure);
        self
    }

    pub fn silent(mut self) -> Self {
        self.reply = Reply::Silence;
        self
    }

    /// With a header in the answer.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let Reply::Answer(response) = &mut self.reply else { panic!("no answer to put a header in") };
        response.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn after(mut self, latency: Duration) -> Self {
        self.after = latency;
        self
    }

    /// Expected once or more often.
    pub fn again_and_again(mut self) -> Self {
        self.again_and_again = true;
        self
    }

    fn assert_request(&self, request: &Request, now: u64) {
        let name = &self.name;
        if let Some(url) = &self.url {
            assert_eq!(&request.url, url, "{name}");
        }
        match &self.body {
            None => {}
            Some(Body::Json(wanted)) => {
                let sent: Value = serde_json::from_str(request.body.secret()).unwrap();
                assert_eq!(&sent, wanted, "{name}");
            }
            Some(Body::Form(wanted)) => {
                let sent: Vec<_> = form_urlencoded::parse(request.body.secret().as_bytes()).into_owned().collect();
                assert_eq!(&sent, wanted, "{name}");
            }
            Some(Body::Text(wanted)) => assert_eq!(request.body.secret(), wanted, "{name}"),
        }
        let agent = header(request, "user-agent").unwrap_or_default();
        assert!(agent.starts_with("env-kvstore/"), "{name}: {agent}");
        if let Some(region) = &self.region {
            let operation = name.split(' ').next().unwrap();
            assert_signed(request, operation, region, self.signer, self.signed_at.unwrap_or(now));
        }
        self.checks.iter().for_each(|check| check(request));
    }
}

fn assert_signed(request: &Request, operation: &str, region: &str, signer: Keys, at: u64) {
    let date = amz_date(at);
    let (service, content_type, target) = match operation {
        "AssumeRole" => ("sts", "application/x-www-form-urlencoded; charset=utf-8", None),
        "PUT" => ("s3", "application/json", None),
        "GetParameters" | "GetParametersByPath" => {
            ("ssm", "application/x-amz-json-1.1", Some(format!("AmazonSSM.{operation}")))
        }
        _ => ("secretsmanager", "application/x-amz-json-1.1", Some(format!("secretsmanager.{operation}"))),
    };
    assert_eq!(header(request, "x-amz-date"), Some(date.as_str()));
    assert_eq!(header(request, "x-amz-security-token"), signer.token, "{operation}");
    assert_eq!(header(request, "content-type"), Some(content_type));
    assert_eq!(header(request, "x-amz-target"), target.as_deref());
    let authorization = header(request, "authorization").unwrap_or_default();
    let day = date.split('T').next().unwrap();
    let id = signer.id;
    let start = format!("AWS4-HMAC-SHA256 Credential={id}/{day}/{region}/{service}/aws4_request, SignedHeaders=");
    let rest = authorization.strip_prefix(&start).unwrap_or_else(|| panic!("{authorization}"));
    let (signed, signature) = rest.split_once(", Signature=").unwrap();
    let optional = [("x-amz-security-token", signer.token.is_some()), ("x-amz-target", target.is_some())];
    let wanted = optional.into_iter().filter_map(|(name, is_sent)| is_sent.then_some(name));
    let of_s3 = (service == "s3").then_some(["x-amz-content-sha256", "x-amz-expected-bucket-owner"]);
    for name in ["content-type", "host", "x-amz-date"].into_iter().chain(wanted).chain(of_s3.into_iter().flatten()) {
        assert!(signed.split(';').any(|header| header == name), "{name} is not signed: {signed}");
    }
    assert!(signature.len() == 64 && signature.bytes().all(|byte| byte.is_ascii_hexdigit()), "{signature}");
}

/// The inputs of a run, and the requests that it is to make.
#[derive(Clone)]
pub struct Script {
    goal: Goal,
    inputs: BTreeMap<String, String>,
    claims: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    groups: Vec<Vec<Expectation>>,
    clock_off_seconds: i64,
    turns_take: Duration,
    forbidden: Vec<String>,
    never_sent: Vec<String>,
}

impl Script {
    /// A script with the two required inputs and lines of `values`; nothing is expected yet.
    pub fn new(values: &str) -> Self {
        let inputs = [("cognito-identity-pool-id", POOL), ("cognito-role-arn", ROLE), ("values", values)];
        Self {
            inputs: inputs.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
            goal: Goal::Export,
            claims: BTreeMap::new(),
            environment: BTreeMap::new(),
            groups: Vec::new(),
            clock_off_seconds: 0,
            turns_take: Duration::ZERO,
            forbidden: Vec::new(),
            never_sent: Vec::new(),
        }
    }

    pub fn input(mut self, name: &str, text: &str) -> Self {
        self.inputs.insert(name.to_owned(), text.to_owned());
        self
    }

    pub fn goal(mut self, goal: Goal) -> Self {
        self.goal = goal;
        self
    }

    /// What no token says.
    pub fn claim(mut self, name: &str, text: &str) -> Self {
        self.claims.insert(name.to_owned(), text.to_owned());
        self
    }

    pub fn environment(mut self, name: &str, text: &str) -> Self {
        self.environment.insert(name.to_owned(), text.to_owned());
        self
    }

    /// A script without the inputs of AWS.
    pub fn without_aws() -> Self {
        Self { inputs: BTreeMap::new(), ..Self::new("") }
    }

    /// These are in the environment.
    pub fn environment_keys(self, Keys { id, secret, token }: Keys) -> Self {
        let script = self.environment("AWS_ACCESS_KEY_ID", id).environment("AWS_SECRET_ACCESS_KEY", secret);
        token.into_iter().fold(script, |script, token| script.environment("AWS_SESSION_TOKEN", token))
    }

    /// The job's keys are in the environment, in place of a pool and a role.
    pub fn with_environment_identity(self, keys: Keys) -> Self {
        let script = self.input("identity", "environment").input("cognito-identity-pool-id", "");
        script.input("cognito-role-arn", "").environment_keys(keys)
    }

    /// The runner's clock is ahead of the world by so much.
    pub fn clock_off(mut self, seconds: i64) -> Self {
        self.clock_off_seconds = seconds;
        self
    }

    /// What the run computes until it gives way to the host takes so long.
    pub fn turns_take(mut self, duration: Duration) -> Self {
        self.turns_take = duration;
        self
    }

    /// Nothing of this text may be readable after the run.
    pub fn forbid(mut self, text: &str) -> Self {
        self.forbidden.push(text.to_owned());
        self
    }

    /// Nothing of this text may be in a request, nor in what is encrypted, nor readable after the run.
    pub fn never_sends(mut self, text: &str) -> Self {
        self.never_sent.push(text.to_owned());
        self.forbid(text)
    }

    /// Then these requests, in any order, all of them before any of what comes after.
    pub fn together(mut self, expectations: impl IntoIterator<Item = Expectation>) -> Self {
        self.groups.push(expectations.into_iter().collect());
        self
    }

    pub fn then(self, expectation: Expectation) -> Self {
        self.together([expectation])
    }

    /// Then the job's token and the issuer's keys.
    pub fn signed_in(self, job: &Job) -> Self {
        self.together([job.github_token(), jwks()])
    }

    /// Then Cognito's token for the job's.
    pub fn with_cognito_token(self, job: &Job) -> Self {
        self.then(job.get_id()).then(job.get_open_id_token())
    }

    /// Then the whole exchange of the job's token for the role's session.
    pub fn exchanged(self, job: &Job) -> Self {
        self.with_cognito_token(job).then(job.assume_role())
    }

    /// Then everything up to the role session.
    pub fn with_session(self, job: &Job) -> Self {
        self.signed_in(job).exchanged(job)
    }

    /// Runs the step; asserts that everything expected has happened, and that no secret can be read anywhere.
    pub fn run(mut self) -> Run {
        for expectation in self.groups.iter().flatten() {
            if let Reply::Token(token) = &expectation.reply {
                self.forbidden.extend(token.rsplit('.').next().map(|signature| signature.chars().take(16).collect()));
            }
        }
        self.forbidden.retain(|text: &String| text.len() >= 4);
        let raw = RawInputs {
            goal: self.goal,
            claims: self.claims.into_iter().map(|(name, text)| (name, Secret::new(text))).collect(),
            inputs: self.inputs.into_iter().map(|(name, text)| (name, Secret::new(text))).collect(),
            environment: serde_json::from_value(json!(self.environment)).unwrap(),
            windows: false,
            unmasked: false,
        };
        let wall = UNIX_EPOCH + Duration::from_secs(START.checked_add_signed(self.clock_off_seconds).unwrap());
        let host = ScriptedHost {
            groups: self.groups.into_iter().map(|group| group.into_iter().map(Slot::new).collect()).collect(),
            group: Cell::new(0),
            wall,
            elapsed: Cell::new(Duration::ZERO),
            turns_take: self.turns_take,
            never_sent: self.never_sent,
            timers: RefCell::default(),
            seen: RefCell::default(),
        };
        let result = host.block_on(pipeline::run(&host, raw)).map(|run| (run.outcome, run.plan));
        let run = host.finish(result);
        run.assert_no_leak(&self.forbidden);
        run
    }
}

/// What a host saw of a run.
pub struct Run {
    pub result: Result<(Outcome, ExportPlan), Error>,
    pub requests: Vec<Sent>,
    /// Pauses; one of no time gives way to what waits, and is none.
    pub sleeps: Vec<Duration>,
    /// How many requests had left, for each time that the run gave way.
    pub gave_way_after: Vec<usize>,
    /// How many requests had been made, for each time that the run waited for all of them to leave.
    pub waited_for: Vec<usize>,
    pub logs: Vec<Log>,
    pub early_connections: Vec<EarlyConnections>,
    /// Origins, and the certificates that they are held to.
    pub trusted: Vec<(String, String)>,
    pub elapsed: Duration,
}

/// Connections that were to be opened before they are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyConnections {
    pub origin: String,
    pub count: usize,
    /// How many requests had left.
    pub after_requests: usize,
    pub at: Duration,
}

/// One request as it went out.
#[derive(Debug, Clone)]
pub struct Sent {
    pub name: String,
    /// Where to; empty for GitHub's token.
    pub url: String,
    /// How many requests to this URL were under way when it had left, itself counted.
    pub under_way: usize,
    pub at: Duration,
    pub answered_at: Option<Duration>,
    pub timeout: Duration,
}

impl Run {
    #[track_caller]
    pub fn plan(&self) -> &ExportPlan {
        match &self.result {
            Ok((_, plan)) => plan,
            Err(error) => panic!("{}: {error}\n{}", error.code(), error.hint()),
        }
    }

    #[track_caller]
    pub fn outcome(&self) -> &Outcome {
        self.plan();
        &self.result.as_ref().unwrap().0
    }

    #[track_caller]
    pub fn error(&self) -> &Error {
        match &self.result {
            Ok(plan) => panic!("the run succeeded: {plan:?}"),
            Err(error) => error,
        }
    }

    /// The error's code, which must be this one, and all that it says.
    #[track_caller]
    pub fn fails_with(&self, code: &str) -> String {
        let error = self.error();
        assert_eq!(error.code().as_str(), code, "{error}\n{}", error.hint());
        format!("{error}\n{}", error.hint())
    }

    pub fn names(&self) -> Vec<&str> {
        self.requests.iter().map(|sent| sent.name.as_str()).collect()
    }

    pub fn count(&self, name: &str) -> usize {
        self.requests.iter().filter(|sent| sent.name.starts_with(name)).count()
    }

    /// The most requests to a URL that were under way at once.
    pub fn most_under_way(&self, url: &str) -> usize {
        self.requests.iter().filter(|sent| sent.url == url).map(|sent| sent.under_way).max().unwrap_or_default()
    }

    pub fn warnings(&self) -> Vec<&str> {
        self.logs
            .iter()
            .filter_map(|log| match log {
                Log::Warning(text) => Some(text.as_str()),
                Log::Info(_) | Log::Notice(_) | Log::Group(..) => None,
            })
            .collect()
    }

    pub fn notices(&self) -> Vec<&str> {
        self.logs
            .iter()
            .filter_map(|log| match log {
                Log::Notice(text) => Some(text.as_str()),
                Log::Info(_) | Log::Warning(_) | Log::Group(..) => None,
            })
            .collect()
    }

    /// All that the job's log shows.
    pub fn log_text(&self) -> String {
        self.logs
            .iter()
            .map(|log| match log {
                Log::Info(text) | Log::Notice(text) | Log::Warning(text) => format!("{text}\n"),
                Log::Group(title, lines) => format!("{title}\n{}\n", lines.join("\n")),
            })
            .collect()
    }

    /// No token, key or value is in anything that is shown: the one check that every run of every test goes through.
    fn assert_no_leak(&self, forbidden: &[String]) {
        let mut shown = vec![self.log_text(), format!("{:?}", self.logs)];
        match &self.result {
            Ok(all) => shown.extend([all.1.summary.clone(), format!("{all:?}"), format!("{all:#?}")]),
            Err(error) => {
                shown.extend([error.to_string(), error.hint(), format!("{error:?}"), format!("{error:#?}")]);
                shown.push(error.code().to_string());
            }
        }
        for text in &shown {
            // Every JWT begins with `{"`, which is this in Base64.
            for secret in [MARKER, "eyJ"].into_iter().chain(forbidden.iter().map(String::as_str)) {
                assert!(!text.contains(secret), "`{secret}` can be read in: {text}");
            }
        }
    }
}

/// `NAME<<DELIMITER` blocks as the runner reads them.
pub fn read_file_commands(text: &Secret) -> Vec<(String, String)> {
    let mut lines = text.secret().split('\n');
    let mut pairs = Vec::new();
    while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
        let (name, delimiter) = line.split_once("<<").unwrap();
        assert!(!name.contains('='), "the runner would read {name} otherwise");
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        pairs.push((name.to_owned(), value.join("\n")));
    }
    assert_eq!(lines.next(), None);
    pairs
}

struct Slot {
    expectation: Expectation,
    taken: Cell<u32>,
    answered: Cell<u32>,
}

impl Slot {
    fn new(expectation: Expectation) -> Self {
        Self { expectation, taken: Cell::new(0), answered: Cell::new(0) }
    }

    fn is_open(&self) -> bool {
        self.taken.get() == 0 || self.expectation.again_and_again
    }

    fn is_done(&self) -> bool {
        self.taken.get() > 0 && self.answered.get() == self.taken.get()
    }
}

#[derive(Default)]
struct Seen {
    requests: Vec<Sent>,
    sleeps: Vec<Duration>,
    gave_way_after: Vec<usize>,
    waited_for: Vec<usize>,
    logs: Vec<Log>,
    early_connections: Vec<EarlyConnections>,
    trusted: Vec<(String, String)>,
}

pub struct ScriptedHost {
    groups: Vec<Vec<Slot>>,
    group: Cell<usize>,
    wall: SystemTime,
    elapsed: Cell<Duration>,
    turns_take: Duration,
    never_sent: Vec<String>,
    timers: RefCell<Vec<(Duration, Waker)>>,
    seen: RefCell<Seen>,
}

impl ScriptedHost {
    /// Polls until the future is done, moving the clock to the next moment at which something happens.
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return output;
            }
            let timers = self.timers.take();
            let next = timers.iter().map(|(at, _)| *at).min().expect("the run waits for something that never comes");
            self.elapsed.set(next.max(self.elapsed.get()));
            let (due, later): (Vec<_>, Vec<_>) = timers.into_iter().partition(|(at, _)| *at <= next);
            self.timers.borrow_mut().extend(later);
            due.into_iter().for_each(|(_, waker)| waker.wake());
        }
    }

    fn until(&self, at: Duration) -> Until<'_> {
        Until { host: self, at, has_waited: false }
    }

    /// The slot that a request of this name fills. All requests of a group come before any of the next.
    fn slot(&self, name: &str) -> &Slot {
        loop {
            let Some(group) = self.groups.get(self.group.get()) else { panic!("unexpected request: {name}") };
            if let Some(slot) = group.iter().find(|slot| slot.is_open() && slot.expectation.name == name) {
                slot.taken.set(slot.taken.get() + 1);
                return slot;
            }
            let open: Vec<_> = group.iter().filter(|slot| !slot.is_done()).map(|slot| &slot.expectation.name).collect();
            assert!(open.is_empty(), "unexpected request: {name}; the script is at {open:?}");
            self.group.set(self.group.get() + 1);
        }
    }

    async fn exchange(&self, name: String, request: Option<&Request>, timeout: Duration) -> Reply {
        let slot = self.slot(&name);
        let now = self.now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        if let Some(request) = request {
            slot.expectation.assert_request(request, now);
            self.assert_may_leave(&format!("{}{:?}{}", request.url, request.headers, request.body.secret()));
            for text in [format!("{request:?}"), request.url.clone()] {
                assert!(!text.contains(MARKER) && !text.contains("eyJ"), "{text}");
            }
        }
        let url = request.map(|request| request.url.clone()).unwrap_or_default();
        let (index, at) = (self.seen.borrow().requests.len(), self.elapsed.get());
        let under_way = {
            let requests = &self.seen.borrow().requests;
            1 + requests.iter().filter(|sent| sent.url == url && sent.answered_at.is_none()).count()
        };
        self.seen.borrow_mut().requests.push(Sent { name, url, under_way, at, answered_at: None, timeout });
        let silent = matches!(slot.expectation.reply, Reply::Silence) || slot.expectation.after >= timeout;
        self.until(at + if silent { timeout } else { slot.expectation.after }).await;
        slot.answered.set(slot.answered.get() + 1);
        self.seen.borrow_mut().requests[index].answered_at = Some(self.elapsed.get());
        if silent { Reply::Failure(SendFailure::TimedOut) } else { slot.expectation.reply.clone() }
    }

    fn assert_may_leave(&self, text: &str) {
        assert!(!self.never_sent.iter().any(|forbidden| text.contains(forbidden)), "what must not leave was sent");
    }

    fn finish(self, result: Result<(Outcome, ExportPlan), Error>) -> Run {
        let unused: Vec<_> = self.groups.iter().flatten().filter(|slot| slot.taken.get() == 0).collect();
        let names: Vec<_> = unused.iter().map(|slot| &slot.expectation.name).collect();
        assert!(names.is_empty(), "never requested: {names:?}; the run ended with {result:?}");
        let Seen { requests, sleeps, gave_way_after, waited_for, logs, early_connections, trusted } =
            self.seen.into_inner();
        Run {
            result,
            requests,
            sleeps,
            gave_way_after,
            waited_for,
            logs,
            early_connections,
            trusted,
            elapsed: self.elapsed.get(),
        }
    }
}

/// What a script calls a request.
fn name_of(request: &Request) -> String {
    if request.method.name() != "POST" || header(request, "x-vault-request").is_some() {
        return format!("{} {}", request.method.name(), request.url);
    }
    let body = request.body.secret();
    match header(request, "x-amz-target").and_then(|target| target.split_once('.')) {
        Some(("secretsmanager", operation)) => name_of_secret(operation, &serde_json::from_str(body).unwrap()),
        Some(("AmazonSSM", operation)) => name_of_parameters(operation, &serde_json::from_str(body).unwrap()),
        Some((_, operation)) => operation.to_owned(),
        None if header(request, "content-type") == Some("application/jwt") => "token exchange".to_owned(),
        None => form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "Action").unwrap().1.into_owned(),
    }
}

/// `GetSecretValue ID[, stage STAGE][, id ID]`, or `BatchGetSecretValue ID ID ...`
fn name_of_secret(operation: &str, body: &Value) -> String {
    let part = |title: &str, member: &str| body[member].as_str().map(|text| format!("{title}{text}"));
    let ids = body["SecretIdList"].as_array().into_iter().flatten().map(|id| format!(" {}", id.as_str().unwrap()));
    let parts = [part(" ", "SecretId"), part(", stage ", "VersionStage"), part(", id ", "VersionId")];
    parts.into_iter().flatten().chain(ids).fold(operation.to_owned(), |name, part| name + &part)
}

/// `GetParameters NAME NAME ...`, or `GetParametersByPath PATH[, page NEXT]`
fn name_of_parameters(operation: &str, body: &Value) -> String {
    let names = body["Names"].as_array().into_iter().flatten().map(|name| format!(" {}", name.as_str().unwrap()));
    let part = |title: &str, member: &str| body[member].as_str().map(|text| format!("{title}{text}"));
    let parts = [part(" ", "Path"), part(", page ", "NextToken")];
    names.chain(parts.into_iter().flatten()).fold(operation.to_owned(), |name, part| name + &part)
}

struct Until<'a> {
    host: &'a ScriptedHost,
    at: Duration,
    /// Even what takes no time lets everything else go first.
    has_waited: bool,
}

impl Future for Until<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.has_waited && self.host.elapsed.get() >= self.at {
            return Poll::Ready(());
        }
        self.has_waited = true;
        self.host.timers.borrow_mut().push((self.at, context.waker().clone()));
        Poll::Pending
    }
}

impl Host for ScriptedHost {
    async fn send(&self, request: Request, timeout: Duration) -> Result<Response, SendFailure> {
        match self.exchange(name_of(&request), Some(&request), timeout).await {
            Reply::Answer(response) if response.body.len() > request.max_body_bytes => Err(SendFailure::TooLarge),
            Reply::Answer(response) => Ok(response),
            Reply::Written => {
                let sent: Value = serde_json::from_str(request.body.secret()).unwrap();
                let body = json!({ "VersionId": sent["ClientRequestToken"] }).to_string();
                Ok(Response { status: 200, headers: vec![], body: body.into_bytes() })
            }
            Reply::Failure(failure) => Err(failure),
            Reply::Token(_) | Reply::Silence => panic!("not an answer to {request:?}"),
        }
    }

    async fn github_token(&self, audience: &str, timeout: Duration) -> Result<Secret, SendFailure> {
        match self.exchange(format!("GitHub token for {audience}"), None, timeout).await {
            Reply::Token(token) => Ok(Secret::new(token)),
            Reply::Failure(failure) => Err(failure),
            Reply::Answer(_) | Reply::Written | Reply::Silence => panic!("not an answer to a request for a token"),
        }
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let mut seen = self.seen.borrow_mut();
        let requests = seen.requests.len();
        if duration.is_zero() {
            seen.gave_way_after.push(requests);
            self.elapsed.set(self.elapsed.get() + self.turns_take);
        } else {
            seen.sleeps.push(duration)
        }
        self.until(self.elapsed.get() + duration)
    }

    /// Not by age, which Node has: what a run makes of it is what is tested here.
    async fn encrypt_to_age(&self, recipient: &str, text: &Secret) -> Option<Secret> {
        self.assert_may_leave(text.secret());
        (recipient == RECIPIENT).then(|| Secret::new(encrypted(text.secret())))
    }

    async fn all_sent(&self) {
        let mut seen = self.seen.borrow_mut();
        let requests = seen.requests.len();
        seen.waited_for.push(requests);
    }

    fn connect_early(&self, origin: &str, count: usize) {
        let mut seen = self.seen.borrow_mut();
        let is_late = seen.requests.iter().any(|sent| sent.url.starts_with(&format!("{origin}/")));
        assert!(!is_late, "{origin}: a connection is early only before the first request");
        let (origin, after_requests, at) = (origin.to_owned(), seen.requests.len(), self.elapsed.get());
        seen.early_connections.push(EarlyConnections { origin, count, after_requests, at });
    }

    fn trust(&self, origin: &str, pem: &str) -> bool {
        let is_readable = !pem.contains("unreadable");
        self.seen.borrow_mut().trusted.push((origin.to_owned(), pem.to_owned()));
        is_readable
    }

    fn verify_rs256(&self, signed: &Rs256<'_>) -> bool {
        let number = rsa::BigUint::from_bytes_be;
        let key = RsaPublicKey::new(number(signed.modulus), number(signed.exponent)).unwrap();
        let signature = Signature::try_from(signed.signature).unwrap();
        VerifyingKey::<Sha256>::new(key).verify(signed.message, &signature).is_ok()
    }

    fn now(&self) -> SystemTime {
        self.wall + self.elapsed.get()
    }

    fn monotonic(&self) -> Duration {
        self.elapsed.get()
    }

    fn log(&self, entry: Log) {
        self.seen.borrow_mut().logs.push(entry);
    }
}
