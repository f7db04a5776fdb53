//! Every parser of the core, each as a function of bytes from outside: what the fuzz targets and the corpus test run.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use env_kvstore::aws::cognito::{GetId, GetOpenIdToken, OpenIdToken, PoolId};
use env_kvstore::aws::environment::AwsEnvironment;
use env_kvstore::aws::names::{AccountId, Region, RoleArn};
use env_kvstore::aws::parameter_id::Parameters;
use env_kvstore::aws::protocols::Aws;
use env_kvstore::aws::secret_id::Home;
use env_kvstore::aws::secret_id::{SecretId, SecretVersion};
use env_kvstore::aws::secrets_manager::{Access, BatchGetSecretValue, GetSecretValue};
use env_kvstore::aws::session::RoleSessionName;
use env_kvstore::aws::session::{SessionTags, TagSource, check_session_tags};
use env_kvstore::aws::sigv4::Credentials;
use env_kvstore::aws::source::Source;
use env_kvstore::aws::ssm::{Asked, ReadParameters};
use env_kvstore::aws::sts::{AssumeRoleWithWebIdentity, WebIdentity};
use env_kvstore::call::operation::Operation;
use env_kvstore::call::protocol::Protocol;
use env_kvstore::export::masks::Masks;
use env_kvstore::github::Login;
use env_kvstore::github::claims::claims_in;
use env_kvstore::github::issuer::{Discover, FetchKeys};
use env_kvstore::github::token_exchange::{ExchangeToken, TokenExchangeUrl};
use env_kvstore::github::verify::{Expected, verify};
use env_kvstore::host::http::{Response, SendFailure};
use env_kvstore::host::url::BaseUrl;
use env_kvstore::identity::session_name::RoleSessionNameTemplate;
use env_kvstore::inputs::table::INPUT_NAMES;
use env_kvstore::inputs::{Goal, Inputs, RawInputs};
use env_kvstore::lines::secrets;
use env_kvstore::lines::values;
use env_kvstore::stores::document::Document;
use env_kvstore::text::json::{Object, object_of};
use env_kvstore::text::printable::{printable, without_secrets};
use env_kvstore::text::secret::Secret;
use env_kvstore::text::table::Table;

/// The name of a fuzz target, which is that of its folder of the corpus too, and what it runs.
type Parser = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Parser; 11] = [
    ("inputs", inputs),
    ("values", value_lines),
    ("secret_lines", secret_lines),
    ("jwt", jwt),
    ("keys", keys),
    ("cognito", cognito),
    ("sts", sts),
    ("secret_value", secret_value),
    ("batch", batch),
    ("error_answer", error_answer),
    ("log_text", log_text),
];

fn inputs(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\u{1f}');
    let inputs = INPUT_NAMES.iter().filter_map(|name| Some(((*name).to_owned(), Secret::new(lines.next()?)))).collect();
    let _ = env_kvstore::inputs::Step::parse(RawInputs {
        goal: Goal::Export,
        claims: Table::default(),
        inputs,
        environment: AwsEnvironment::default(),
        windows: false,
        unmasked: false,
    });
    let _ = (PoolId::parse(&text), RoleArn::parse(&text), Region::parse(&text), AccountId::parse(&text));
    let _ = (BaseUrl::parse(&text), RoleSessionNameTemplate::parse(&text), SendFailure::from_host(&text));
}

/// Those of a step that makes outputs of its values.
#[allow(dead_code, reason = "for the properties")]
pub fn inputs_with_outputs() -> Inputs {
    let inputs = [
        ("cognito-identity-pool-id", "us-west-2:12345678-1234-1234-1234-1234567890ab"),
        ("cognito-role-arn", "arn:aws:iam::123456789012:role/r"),
        ("values", "*,secret"),
        ("export-outputs", "true"),
    ];
    let inputs = inputs.map(|(name, text)| (name.to_owned(), Secret::new(text))).into_iter().collect();
    let (goal, claims, environment) = (Goal::Export, Table::default(), AwsEnvironment::default());
    Inputs::parse(RawInputs { goal, claims, inputs, environment, windows: false, unmasked: false }).unwrap()
}

fn value_lines(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(problems) = values::parse(&text) {
        assert!(!problems.is_empty());
    }
}

fn secret_lines(bytes: &[u8]) {
    let setup = Setup::new();
    match secrets::parse(&String::from_utf8_lossy(bytes)) {
        Err(problems) => assert!(!problems.is_empty()),
        Ok(lines) => setup.with_access(|access| {
            for line in lines {
                let source = line.source(setup.home());
                let wanted = match source {
                    Source::Secret(wanted) => wanted,
                    Source::Parameters(Parameters::One(wanted)) => {
                        let operation = ReadParameters { access, asked: Asked::Named(vec![&wanted]) };
                        let body = operation.request(SystemTime::UNIX_EPOCH).unwrap().body;
                        let names = Object::parse(body.secret().as_bytes()).unwrap().texts("Names").unwrap();
                        let selector =
                            wanted.selector.as_ref().map_or(String::new(), |selector| format!(":{selector}"));
                        assert!(names.iter().all(|name| name.ends_with(&selector)) && names.len() <= 2, "{names:?}");
                        continue;
                    }
                    Source::Parameters(Parameters::Below(path)) => {
                        let operation = ReadParameters { access, asked: Asked::Below(&path, None) };
                        let body = operation.request(SystemTime::UNIX_EPOCH).unwrap().body;
                        let asked = Object::parse(body.secret().as_bytes()).unwrap().text("Path").unwrap();
                        assert!(asked.starts_with('/') && asked.ends_with('/') && line.name.is_none(), "{asked}");
                        continue;
                    }
                };
                if line.partition().is_none() {
                    assert_eq!(setup.pool.region(), &wanted.secret.region);
                }
                let request = GetSecretValue { access, wanted: &wanted }.request(SystemTime::UNIX_EPOCH).unwrap();
                let body = Object::parse(request.body.secret().as_bytes()).unwrap();
                assert_eq!(body.text("SecretId").as_deref(), Some(wanted.secret.as_parameter()));
                assert_eq!((body.text("VersionStage"), body.text("VersionId")), (wanted.stage, wanted.id));
            }
        }),
    }
}

fn jwt(bytes: &[u8]) {
    exchanged(bytes);
    let issuer = BaseUrl::parse("https://token.actions.githubusercontent.com").unwrap();
    let keys = FetchKeys::of(&issuer).unwrap().parse(&answer(200, include_bytes!("keys.json"))).unwrap();
    let token = Secret::new(String::from_utf8_lossy(bytes));
    let expected = Expected { issuer: &issuer, audience: "cognito-identity.amazonaws.com" };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    assert!(verify(&token, &keys, &expected, now, |_| false).is_err());
    // As if whoever wrote it had the key.
    if let Ok(claims) = verify(&token, &keys, &expected, now, |_| true) {
        assert_eq!(claims.text("iss").as_deref(), Some(issuer.as_str()));
        assert!(claims.expires() > now);
    }
    let _ = claims_in(&token);
}

fn keys(bytes: &[u8]) {
    let issuer = BaseUrl::parse("https://issuer.example").unwrap();
    if let Ok(configuration) = Discover::of(&issuer).unwrap().parse(&answer(200, bytes)) {
        let _ = FetchKeys::named_by(&configuration, &issuer);
    }
    let _ = FetchKeys::of(&issuer).unwrap().parse(&answer(200, bytes));
}

fn cognito(bytes: &[u8]) {
    let setup = Setup::new();
    let login = Login { issuer: &setup.endpoint, token: &setup.token };
    let get_id = GetId { endpoint: &setup.endpoint, account: Some(&setup.account), pool: &setup.pool, login };
    if let Ok(identity) = get_id.parse(&answer(200, bytes)) {
        let operation = GetOpenIdToken { endpoint: &setup.endpoint, pool: &setup.pool, identity: &identity, login };
        let _ = operation.request(SystemTime::UNIX_EPOCH);
    }
    let token = openid_token(&setup, login, bytes);
    if let Some(tags) = token.and_then(|token| token.session_tags()) {
        let _ = check_session_tags(&tags, TagSource::Pool);
    }
    let refusal = Aws.refusal(&answer(400, bytes), &[]);
    let _ = get_id.diagnose(&refusal);
}

/// Bytes as the answer of a token exchange.
fn exchanged(bytes: &[u8]) {
    let setup = Setup::new();
    let url = TokenExchangeUrl::parse("https://exchange.example/?q").unwrap();
    let login = Login { issuer: &setup.endpoint, token: &setup.token };
    let exchange = ExchangeToken { url: &url, login, audience: "https://exchange.example" };
    let headers = vec![("content-type".to_owned(), "application/jwt".to_owned())];
    let Ok(token) = exchange.parse(&Response { headers, ..answer(200, bytes) }) else { return };
    if let Some(tags) = SessionTags::of_token(token.token()) {
        assert!(tags.transitive().len() <= tags.pairs.len() && tags.lines().len() == tags.pairs.len());
        let _ = check_session_tags(&tags.pairs, TagSource::Exchange);
    }
    let assume = AssumeRoleWithWebIdentity {
        endpoint: &setup.endpoint,
        role: &setup.role,
        session_name: &RoleSessionName::parse("7@abc".to_owned()).unwrap(),
        duration_seconds: 900,
        identity: WebIdentity::Exchanged(&token),
    };
    for code in ["AccessDenied", "InvalidIdentityToken"] {
        let body = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        let _ = assume.diagnose(&Aws.refusal(&answer(403, body.as_bytes()), &[]));
    }
}

fn openid_token(setup: &Setup, login: Login<'_>, bytes: &[u8]) -> Option<OpenIdToken> {
    let get_id = GetId { endpoint: &setup.endpoint, account: Some(&setup.account), pool: &setup.pool, login };
    let identity = get_id.parse(&answer(200, br#"{"IdentityId":"us-west-2:id"}"#)).unwrap();
    let operation = GetOpenIdToken { endpoint: &setup.endpoint, pool: &setup.pool, identity: &identity, login };
    operation.parse(&answer(200, bytes)).ok()
}

fn sts(bytes: &[u8]) {
    let setup = Setup::new();
    let login = Login { issuer: &setup.endpoint, token: &setup.token };
    let body =
        r#"{"Token":"e30.eyJodHRwczovL2F3cy5hbWF6b24uY29tL3RhZ3MiOnsicHJpbmNpcGFsX3RhZ3MiOnsic2hhIjpbIjEiXX19fQ.x"}"#;
    let token = openid_token(&setup, login, body.as_bytes()).unwrap();
    let operation = AssumeRoleWithWebIdentity {
        endpoint: &setup.endpoint,
        role: &setup.role,
        session_name: &RoleSessionName::parse("7@abc".to_owned()).unwrap(),
        duration_seconds: 900,
        identity: WebIdentity::Cognito { token: &token, pool: &setup.pool },
    };
    let _ = operation.parse(&answer(200, bytes));
    let refusal = Aws.refusal(&answer(400, bytes), &[]);
    let _ = operation.diagnose(&refusal);
}

fn secret_value(bytes: &[u8]) {
    let body = serde_json::json!({ "ARN": "a", "VersionId": "v", "SecretString": String::from_utf8_lossy(bytes) });
    for body in [bytes.to_vec(), serde_json::to_vec(&body).unwrap()] {
        if let Some(document) = read_document(&body) {
            let texts = document.keys().into_iter().flatten().map(|key| document.text(key));
            let mut masks = Masks::new(4);
            texts.chain([document.whole()]).flatten().for_each(|text| _ = masks.add(&text));
            assert!(masks.into_texts().iter().all(|mask| !mask.secret().trim().is_empty()));
        }
    }
}

/// What Secrets Manager's answer of this body holds.
pub fn read_document(body: &[u8]) -> Option<Document> {
    let setup = Setup::new();
    let wanted = SecretVersion::current(setup.secret("o/repo/o/r/secrets"));
    let value = setup.with_access(|access| GetSecretValue { access, wanted: &wanted }.parse(&answer(200, body)));
    value.ok().map(|value| Document::new(wanted.secret.name.clone(), value))
}

/// As a whole, and as what is answered for one secret.
fn batch(bytes: &[u8]) {
    let setup = Setup::new();
    let mut secrets = [setup.secret("a"), setup.secret("b"), setup.secret("c")];
    secrets[1].arn = Some("arn:aws:secretsmanager:us-west-2:123456789012:secret:b".to_owned());
    let text = String::from_utf8_lossy(bytes);
    let value = object_of(&[("ARN", &*text), ("Name", "a"), ("SecretString", &*text), ("VersionId", &*text)]);
    let error = object_of(&[("SecretId", "c"), ("ErrorCode", &*text), ("Message", &*text)]);
    let around = format!("{{\"SecretValues\":[{value}],\"Errors\":[{error}]}}");
    setup.with_access(|access| {
        let operation = BatchGetSecretValue { access, secrets: secrets.iter().collect() };
        for body in [bytes, around.as_bytes()] {
            let Ok(outcomes) = operation.parse(&answer(200, body)) else { continue };
            assert_eq!(outcomes.len(), secrets.len());
            for (secret, outcome) in secrets.iter().zip(outcomes) {
                match outcome {
                    Some(Ok(value)) => {
                        let _ = Document::new(secret.name.clone(), value).whole();
                    }
                    Some(Err(refusal)) => {
                        let wanted = SecretVersion::current(secret.clone());
                        let _ = GetSecretValue { access, wanted: &wanted }.diagnose(&refusal);
                        assert!(!refusal.to_string().contains(access.credentials.secret_access_key.secret()));
                    }
                    None => {}
                }
            }
        }
        let _ = operation.diagnose(&Aws.refusal(&answer(400, bytes), &[]));
    });
}

fn error_answer(bytes: &[u8]) {
    let token = Secret::new("canary-canary-canary");
    let shown = Aws.refusal(&answer(400, bytes), std::slice::from_ref(&token)).to_string();
    assert!(!shown.contains(token.secret()), "{shown}");
}

fn log_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for shown in [printable(&text), without_secrets(&text, &[])] {
        assert!(!shown.chars().any(char::is_control) && !shown.contains("##["), "{shown}");
        assert!(!shown.trim_start().starts_with("::"), "{shown}");
        assert!(shown.chars().count() <= 8 * 602, "{shown}");
    }
}

fn answer(status: u16, body: &[u8]) -> Response {
    Response { status, headers: vec![], body: body.to_vec() }
}

struct Setup {
    endpoint: BaseUrl,
    account: AccountId,
    pool: PoolId,
    role: RoleArn,
    token: RefCell<Secret>,
}

impl Setup {
    fn new() -> Self {
        Self {
            endpoint: BaseUrl::parse("https://endpoint.example").unwrap(),
            account: AccountId::parse("123456789012").unwrap(),
            pool: PoolId::parse("us-west-2:ab").unwrap(),
            role: RoleArn::parse("arn:aws:iam::123456789012:role/r").unwrap(),
            token: RefCell::new(Secret::new("e30.e30.x")),
        }
    }

    fn home(&self) -> Home<'_> {
        Home { region: self.pool.region(), account: Some(&self.account), role: Some(&self.role) }
    }

    fn secret(&self, name: &str) -> SecretId {
        SecretId::by_name(name, self.home())
    }

    fn with_access<T>(&self, use_it: impl FnOnce(&Access<'_>) -> T) -> T {
        let credentials = Credentials {
            access_key_id: Secret::new("canary-access-key"),
            secret_access_key: Secret::new("canary-secret-access-key"),
            session_token: Some(Secret::new("canary-session-token")),
        };
        use_it(&Access {
            endpoint: &self.endpoint,
            region: self.pool.region(),
            role: Some(&self.role),
            credentials: &credentials,
            session_tags: None,
        })
    }
}

/// Runs one target by its name.
#[allow(dead_code, reason = "for the fuzz targets")]
pub fn feed(target: &str, bytes: &[u8]) {
    let (_, parse) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    parse(bytes);
}
