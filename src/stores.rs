//! Stores: which secrets of AWS Secrets Manager a job's values are in, and what is read from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::aws::{AccountId, Answer, BaseUrl, Credentials, Region, RoleArn, Service, json_request, signed};
use crate::claims::Claims;
use crate::error::{Diagnosis, Error, ValueProblem};
use crate::http::{Request, Response};
use crate::identity::list_of_tags;
use crate::printable::printable;
use crate::retry::Operation;
use crate::secret::Secret;
use crate::values::Kind;

/// What happens when an environment has no store of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EnvironmentStore {
    /// It must have one.
    Required,
    /// The repository's values are taken, with a warning, if Secrets Manager says that there is none.
    #[default]
    NotFoundOk,
    /// The same if it says AccessDenied, as policies on resource tags answer for a store that does not exist.
    Optional,
}

impl EnvironmentStore {
    /// As in `action.yml`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "required" => Some(Self::Required),
            "not-found-ok" => Some(Self::NotFoundOk),
            "optional" => Some(Self::Optional),
            _ => None,
        }
    }
}

/// The level that a store belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All jobs of the repository.
    Repository,
    /// Jobs of one environment.
    Environment,
}

impl Scope {
    /// `repository` or `environment`
    pub fn name(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Environment => "environment",
        }
    }
}

/// One store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its level.
    pub scope: Scope,
    /// What it holds.
    pub kind: Kind,
    /// The secret's name.
    pub name: String,
}

/// Whether Secrets Manager takes the text in the name of a secret.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html#SecretsManager-CreateSecret-request-Name>
pub fn is_name_of_a_store(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte))
}

/// The stores that values of `kinds` may be in, for the job of `claims`.
pub fn stores_of(claims: &Claims, namespace: Option<&str>, kinds: &BTreeSet<Kind>) -> Result<Vec<Store>, Error> {
    let usable = |claim: &str, text: &str| match is_name_of_a_store(text) {
        true => Ok(()),
        false => Err(Error::ClaimUnusable {
            claim: claim.to_owned(),
            problem: format!("is `{}`, which the name of a secret cannot hold", printable(text)),
            hint: "Secrets Manager takes letters, digits and /_+=.@- in names: rename it (an environment: in the \
                   repository's settings)."
                .to_owned(),
        }),
    };
    let namespace = match (namespace, claims.text("enterprise")) {
        (Some(namespace), _) => namespace,
        (None, Some(enterprise)) => usable("enterprise", enterprise).map(|()| enterprise)?,
        (None, None) => {
            claims.required("repository_owner").and_then(|owner| usable("repository_owner", owner).map(|()| owner))?
        }
    };
    let repository = claims.required("repository")?;
    usable("repository", repository)?;
    let environment = claims.text("environment");
    environment.map_or(Ok(()), |environment| usable("environment", environment))?;

    let base = format!("{namespace}/repo/{repository}");
    let mut stores = Vec::new();
    for kind in kinds {
        let leaf = match kind {
            Kind::Secret => "secrets",
            Kind::Variable => "variables",
        };
        if let Some(environment) = environment {
            let name = format!("{base}/env/{environment}/{leaf}");
            stores.push(Store { scope: Scope::Environment, kind: *kind, name });
        }
        stores.push(Store { scope: Scope::Repository, kind: *kind, name: format!("{base}/{leaf}") });
    }
    Ok(stores)
}

/// Reads one store.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>
pub struct GetSecretValue<'a> {
    /// Where.
    pub endpoint: &'a BaseUrl,
    /// The region of the stores.
    pub region: &'a Region,
    /// The account of the stores.
    pub account: &'a AccountId,
    /// The role, for its account and for what a refusal means.
    pub role: &'a RoleArn,
    /// The session.
    pub credentials: &'a Credentials,
    /// The session's tags if they are known, for what a refusal means.
    pub session_tags: Option<&'a [(String, String)]>,
    /// The store.
    pub store: &'a Store,
}

impl GetSecretValue<'_> {
    /// A name is enough in the session's own account; another account's secret needs an ARN. One without the suffix of
    /// six characters is understood.
    fn secret_id(&self) -> String {
        if self.account == self.role.account() {
            return self.store.name.clone();
        }
        let (partition, name) = (self.role.partition(), &self.store.name);
        format!("arn:{partition}:secretsmanager:{}:{}:secret:{name}", self.region, self.account)
    }
}

impl Operation for GetSecretValue<'_> {
    const NAME: &'static str = "GetSecretValue";
    type Output = Document;

    fn subject(&self) -> String {
        format!("{} (account {}, region {})", self.store.name, self.account, self.region)
    }

    fn endpoint(&self) -> &BaseUrl {
        self.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let body = serde_json::json!({ "SecretId": self.secret_id() }).to_string();
        let request = json_request(self.endpoint, "secretsmanager.GetSecretValue", body, vec![]);
        signed(request, Service::SecretsManager.endpoint_prefix(), self.region, self.credentials, at)
            .ok_or(Error::Internal("a request cannot be signed"))
    }

    fn parse(&self, response: &Response) -> Result<Document, &'static str> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(rename = "ARN")]
            arn: String,
            #[serde(rename = "VersionId", default)]
            version_id: String,
            #[serde(rename = "SecretString")]
            secret_string: Option<Secret>,
            #[serde(rename = "SecretBinary")]
            secret_binary: Option<Secret>,
        }
        let body: Body = response.json().ok_or("no secret's value in it")?;
        let text = match (body.secret_string, body.secret_binary) {
            (Some(text), _) => text,
            (None, Some(binary)) => {
                let bytes = STANDARD.decode(binary.secret()).map_err(|_| "a SecretBinary that is not Base64")?;
                // Bytes that are no text are no JSON object either, which is reported with the store's name.
                Secret::new(String::from_utf8(bytes).unwrap_or_default())
            }
            (None, None) => return Err("no secret's value in it"),
        };
        Ok(Document {
            scope: self.store.scope,
            store: self.store.name.clone(),
            arn: printable(&body.arn),
            version_id: printable(&body.version_id),
            entries: entries(text.secret()),
        })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            "ResourceNotFoundException" => Diagnosis::new(
                STORE_NOT_FOUND,
                format!("There is no secret of this name in account {}, region {}.", self.account, self.region),
                "Create the store, or check `namespace`, `secrets-manager-region` and `secrets-manager-account-id`.",
            ),
            "AccessDeniedException" | "AccessDenied" => self.diagnose_denial(),
            "UnrecognizedClientException" | "InvalidClientTokenId" | "ExpiredTokenException" => Diagnosis::new(
                "credentials-refused",
                "Secrets Manager does not know the session's credentials.",
                "Check that `secrets-manager-region` is a region of the role's partition, and that it is enabled for the \
                 account.",
            ),
            "InvalidSignatureException" | "SignatureDoesNotMatch" | "RequestExpired" | "RequestInTheFuture" => {
                Diagnosis::new(
                    "signature-refused",
                    "Secrets Manager does not accept the request's signature.",
                    "Check the runner's clock, and that no proxy changes requests.",
                )
            }
            "DecryptionFailure" => Diagnosis::new(
                "store-not-decryptable",
                "The store's KMS key does not decrypt it for this role.",
                "Allow the role `kms:Decrypt` with that key, in the key's policy too if it is another account's.",
            ),
            "InvalidRequestException" => Diagnosis::new(
                "store-not-readable",
                "The secret is marked for deletion, or has no current version.",
                "Restore it (aws secretsmanager restore-secret), or give it a value.",
            ),
            _ => Diagnosis::new(
                "store-refused",
                "Secrets Manager refused the request.",
                "Check the store's name and region.",
            ),
        }
    }
}

const STORE_NOT_FOUND: &str = "store-not-found";
const STORE_ACCESS_DENIED: &str = "store-access-denied";

impl GetSecretValue<'_> {
    fn diagnose_denial(&self) -> Diagnosis {
        let tags = match self.session_tags {
            None => String::new(),
            Some([]) => {
                " The session carries no tags at all: `sts:TagSession` and the pool's tag map give them.".to_owned()
            }
            Some(tags) => format!(" The session carries the tags {}.", list_of_tags(tags)),
        };
        let elsewhere = match self.account == self.role.account() {
            true => String::new(),
            false => format!(
                " The store is in account {}, the role in {}: the secret's resource policy and its KMS key must let the \
                 role in too.",
                self.account,
                self.role.account()
            ),
        };
        Diagnosis::new(
            STORE_ACCESS_DENIED,
            format!(
                "No policy of {} lets a session with this job's tags read this store, or the store does not exist.{tags}\
                 {elsewhere}",
                self.role
            ),
            "A job reads only the stores of its own repository and environment. Compare the store's name (and its tags, \
             if policies use them) with the session's tags; if an environment has no store of its own, see \
             `environment-store`.",
        )
    }
}

/// A store's content: a JSON object, each value kept as it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// The level of its store.
    pub scope: Scope,
    /// The name of its store.
    pub store: String,
    /// The ARN of its store.
    pub arn: String,
    /// The version that was read.
    pub version_id: String,
    entries: Result<BTreeMap<String, Secret>, &'static str>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({}, version {})", self.store, self.version_id)
    }
}

impl Document {
    #[cfg(test)]
    pub(crate) fn parse(
        scope: Scope,
        store: &str,
        version_id: &str,
        arn: &str,
        text: &str,
    ) -> Result<Self, &'static str> {
        let entries = Ok(entries(text)?);
        let owned = |text: &str| text.to_owned();
        Ok(Self { scope, store: owned(store), arn: owned(arn), version_id: owned(version_id), entries })
    }

    /// Whether it has a key.
    pub fn has(&self, key: &str) -> bool {
        self.entries.as_ref().is_ok_and(|entries| entries.contains_key(key))
    }

    /// Its keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().flat_map(|entries| entries.keys().map(String::as_str))
    }

    /// The text that a key's value is exported as.
    pub fn text(&self, key: &str) -> Result<Secret, &'static str> {
        let raw = self.entries.as_ref().ok().and_then(|entries| entries.get(key)).ok_or("is missing")?.secret();
        let text = match raw.bytes().next() {
            Some(b'"') => serde_json::from_str(raw).map_err(|_| "is a string with half a surrogate pair")?,
            Some(b'{' | b'[') => compact(raw),
            Some(b'n') => return Err("is null"),
            _ => raw.to_owned(),
        };
        if text.contains('\0') {
            return Err("holds a NUL character, which no environment variable can");
        }
        Ok(Secret::new(text))
    }
}

/// An object's values by key, as they are written in it.
fn entries(text: &str) -> Result<BTreeMap<String, Secret>, &'static str> {
    // PowerShell writes files with a byte order mark, and such files end up in secrets.
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err("is empty: it must be a JSON object");
    }
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| "is not JSON: it must be a JSON object")?;
    let entries: BTreeMap<String, &RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| "is JSON but not an object of keys and values")?;
    Ok(entries.into_iter().map(|(key, value)| (key, Secret::new(value.get()))).collect())
}

/// JSON without the white space between its tokens; numbers, escapes and the order of keys stay as written.
fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_string = character == '"';
        }
        compact.push(character);
    }
    compact
}

/// What the stores of one kind gave.
#[derive(Debug)]
pub struct Layers {
    /// The job's environment's.
    pub environment: Layer,
    /// The repository's.
    pub repository: Layer,
}

/// What one store gave.
#[derive(Debug)]
pub enum Layer {
    /// The job has no environment.
    NotApplicable,
    /// Its document.
    Read(Document),
    /// It does not exist.
    NotFound {
        /// Its name.
        store: String,
    },
    /// This session may not read it, or it does not exist.
    Denied(Error),
}

impl Layers {
    fn documents(&self) -> impl Iterator<Item = &Document> {
        [&self.environment, &self.repository].into_iter().filter_map(|layer| match layer {
            Layer::Read(document) => Some(document),
            _ => None,
        })
    }

    /// The names of the stores that were read.
    pub fn stores_read(&self) -> Vec<String> {
        self.documents().map(|document| document.store.clone()).collect()
    }

    /// The names of the stores that do not exist.
    pub fn stores_not_found(&self) -> Vec<String> {
        [&self.environment, &self.repository]
            .into_iter()
            .filter_map(|layer| match layer {
                Layer::NotFound { store } => Some(store.clone()),
                _ => None,
            })
            .collect()
    }
}

/// Decides what each store's outcome means: which end the run, and which leave it to the other level. The second part are
/// warnings.
pub fn settle(
    outcomes: Vec<(Store, Result<Document, Error>)>,
    environment_store: EnvironmentStore,
) -> Result<(BTreeMap<Kind, Layers>, Vec<String>), Error> {
    let mut by_kind: BTreeMap<Kind, Layers> = BTreeMap::new();
    let mut warnings = Vec::new();
    let mut problems = Vec::new();
    for (store, outcome) in outcomes {
        let layer = match outcome {
            Ok(document) => {
                if let Err(problem) = document.entries {
                    problems.push(ValueProblem::StoreNotAnObject { store: store.name.clone(), problem });
                }
                Layer::Read(document)
            }
            Err(error) => {
                let layer = match error.code() {
                    STORE_NOT_FOUND => Layer::NotFound { store: store.name.clone() },
                    STORE_ACCESS_DENIED => Layer::Denied(error.clone()),
                    _ => return Err(error),
                };
                match (store.scope, environment_store, layer) {
                    (Scope::Repository, _, layer) => layer,
                    (
                        Scope::Environment,
                        EnvironmentStore::NotFoundOk | EnvironmentStore::Optional,
                        layer @ Layer::NotFound { .. },
                    ) => {
                        warnings
                            .push(format!("Store {} does not exist; the repository's values are used.", store.name));
                        layer
                    }
                    (Scope::Environment, EnvironmentStore::Optional, Layer::Denied(_)) => {
                        warnings.push(format!(
                            "Store {} does not exist or may not be read (AccessDenied); the repository's values are used.",
                            store.name
                        ));
                        Layer::NotFound { store: store.name.clone() }
                    }
                    (Scope::Environment, _, _) => return Err(error),
                }
            }
        };
        let layers = by_kind
            .entry(store.kind)
            .or_insert(Layers { environment: Layer::NotApplicable, repository: Layer::NotApplicable });
        match store.scope {
            Scope::Environment => layers.environment = layer,
            Scope::Repository => layers.repository = layer,
        }
    }
    if problems.is_empty() { Ok((by_kind, warnings)) } else { Err(Error::ValuesUnusable(problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Call, Refusal};

    fn names(claims: &[(&str, &str)], namespace: Option<&str>, kinds: &[Kind]) -> Result<Vec<String>, Error> {
        let stores = stores_of(&Claims::of(claims), namespace, &kinds.iter().copied().collect())?;
        Ok(stores.into_iter().map(|store| store.name).collect())
    }

    #[test]
    fn stores_are_named_by_claims() {
        let job = [("repository", "o/r"), ("repository_owner", "o"), ("environment", "prod")];
        assert_eq!(
            names(&job, None, &[Kind::Variable, Kind::Secret]).unwrap(),
            [
                "o/repo/o/r/env/prod/secrets",
                "o/repo/o/r/secrets",
                "o/repo/o/r/env/prod/variables",
                "o/repo/o/r/variables"
            ]
        );
        assert_eq!(names(&job[..2], Some("ns"), &[Kind::Secret]).unwrap(), ["ns/repo/o/r/secrets"]);
        let enterprise = [("repository", "o/r"), ("repository_owner", "o"), ("enterprise", "e")];
        assert_eq!(names(&enterprise, None, &[Kind::Secret]).unwrap(), ["e/repo/o/r/secrets"]);
    }

    #[test]
    fn an_environment_that_no_secret_can_be_named_after_is_an_error() {
        let job = [("repository", "o/r"), ("repository_owner", "o"), ("environment", "prod eu")];
        let error = names(&job, None, &[Kind::Secret]).unwrap_err();
        assert_eq!(error.code(), "claim-unusable");
        assert!(error.to_string().contains("`environment`") && error.to_string().contains("`prod eu`"));
    }

    fn refused(code: &'static str) -> Error {
        let call = Call { operation: "GetSecretValue", subject: String::new(), endpoint: String::new(), attempts: 1 };
        let answer = Answer { status: 400, code: code.to_owned(), message: String::new(), request_id: None };
        Error::Refused(Box::new(Refusal { call, answer, diagnosis: Diagnosis::new(code, "", "") }))
    }

    fn settle_environment(code: &'static str, rule: EnvironmentStore) -> Result<usize, &'static str> {
        let store = Store { scope: Scope::Environment, kind: Kind::Secret, name: "e".to_owned() };
        settle(vec![(store, Err(refused(code)))], rule)
            .map(|(_, warnings)| warnings.len())
            .map_err(|error| error.code())
    }

    #[test]
    fn an_environment_without_a_store_falls_back_as_told() {
        use EnvironmentStore::{NotFoundOk, Optional, Required};
        assert_eq!(settle_environment(STORE_NOT_FOUND, Required), Err(STORE_NOT_FOUND));
        assert_eq!(settle_environment(STORE_NOT_FOUND, NotFoundOk), Ok(1));
        assert_eq!(settle_environment(STORE_NOT_FOUND, Optional), Ok(1));
        assert_eq!(settle_environment(STORE_ACCESS_DENIED, Required), Err(STORE_ACCESS_DENIED));
        assert_eq!(settle_environment(STORE_ACCESS_DENIED, NotFoundOk), Err(STORE_ACCESS_DENIED));
        assert_eq!(settle_environment(STORE_ACCESS_DENIED, Optional), Ok(1));
        for rule in [Required, NotFoundOk, Optional] {
            assert_eq!(settle_environment("throttled", rule), Err("throttled"));
            assert_eq!(settle_environment("service-fault", rule), Err("service-fault"));
        }
    }

    #[test]
    fn a_store_that_is_not_an_object_is_described_and_not_quoted() {
        for (text, problem) in [
            ("", "is empty"),
            ("canary", "is not JSON"),
            ("[\"canary\"]", "not an object"),
            ("\"canary\"", "not an object"),
            ("{\"canary\":}", "is not JSON"),
            ("{\"a\":1} canary", "is not JSON"),
        ] {
            let error = entries(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
        assert_eq!(entries("\u{feff}{\"a\":1}").unwrap().len(), 1);
    }

    #[test]
    fn debug_of_a_document_shows_no_value() {
        let document = Document::parse(Scope::Repository, "s", "v", "a", r#"{"canary":"canary"}"#).unwrap();
        assert_eq!(format!("{document:?}"), "Document(s, version v)");
    }
}
