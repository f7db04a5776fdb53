//! Stores: which secrets of AWS Secrets Manager a job's values are in, and what is read from them.

use std::fmt;

use crate::claims::Claims;
use crate::error::{Error, ValueProblem};
use crate::json::Object;
use crate::printable::printable;
use crate::secret::Secret;
use crate::secrets_manager::{STORE_ACCESS_DENIED, STORE_NOT_FOUND, SecretValue, is_secret_name};
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

/// The stores that a job's values may be in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stores {
    /// Those to be read.
    pub stores: Vec<Store>,
    /// Said if the job's environment can have none.
    pub warning: Option<String>,
}

/// The stores that values of `kinds` may be in, for the job of `claims`.
pub fn stores_of(
    claims: &Claims,
    namespace: Option<&str>,
    kinds: &[Kind],
    environment_store: EnvironmentStore,
) -> Result<Stores, Error> {
    if kinds.is_empty() {
        return Ok(Stores::default());
    }
    let usable = |claim: &str, text: &str| match is_secret_name(text) {
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
        (Some(namespace), _) => namespace.to_owned(),
        (None, Some(enterprise)) => usable("enterprise", &enterprise).map(|()| enterprise)?,
        (None, None) => {
            let owner = claims.required("repository_owner")?;
            usable("repository_owner", &owner).map(|()| owner)?
        }
    };
    let repository = claims.required("repository")?;
    usable("repository", &repository)?;
    let mut environment = claims.text("environment");
    let mut warning = None;
    if let Some(name) = environment.take_if(|name| !is_secret_name(name)) {
        if environment_store == EnvironmentStore::Required {
            usable("environment", &name)?;
        }
        // No secret can have that name, so to ask for it would be answered no otherwise than by ResourceNotFound.
        warning = Some(format!(
            "Environment `{}` has no store, as no secret can be named after it (letters, digits, /_+=.@-); the \
             repository's values are used.",
            printable(&name)
        ));
    }

    let base = format!("{namespace}/repo/{repository}");
    let mut stores = Vec::new();
    for kind in kinds {
        let leaf = match kind {
            Kind::Secret => "secrets",
            Kind::Variable => "variables",
        };
        if let Some(environment) = &environment {
            let name = format!("{base}/env/{environment}/{leaf}");
            stores.push(Store { scope: Scope::Environment, kind: *kind, name });
        }
        stores.push(Store { scope: Scope::Repository, kind: *kind, name: format!("{base}/{leaf}") });
    }
    Ok(Stores { stores, warning })
}

/// A secret that was read, and the keys of the JSON object that it may be.
#[derive(Clone)]
pub struct Document {
    /// Its name.
    pub name: String,
    value: SecretValue,
    entries: Result<Object, &'static str>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({}, version {})", self.name, self.version_id())
    }
}

impl Document {
    /// A secret as a document.
    pub fn new(name: String, value: SecretValue) -> Self {
        let entries = entries(value.text().secret());
        Self { name, value, entries }
    }

    /// The ARN, safe to print.
    pub fn arn(&self) -> &str {
        &self.value.arn
    }

    /// The version that was read, safe to print.
    pub fn version_id(&self) -> &str {
        &self.value.version_id
    }

    /// Its keys; an error if it is not an object of keys and values.
    pub fn keys(&self) -> Result<impl Iterator<Item = &str>, &'static str> {
        self.entries.as_ref().map(Object::names).map_err(|problem| *problem)
    }

    /// Whether it has a key.
    pub fn has(&self, key: &str) -> bool {
        self.entries.as_ref().is_ok_and(|entries| entries.json(key).is_some())
    }

    /// Whether a key is there without a value.
    pub fn is_null(&self, key: &str) -> bool {
        self.entries.as_ref().is_ok_and(|entries| entries.json(key) == Some("null"))
    }

    /// The whole secret as it is exported: text as it is, binary in Base64.
    pub fn whole(&self) -> Result<Secret, &'static str> {
        exportable(self.value.whole().secret().to_owned())
    }

    /// The text of a binary secret, if it is one.
    pub fn decoded(&self) -> Option<Secret> {
        let text = self.value.text();
        (text != *self.value.whole() && !text.secret().is_empty()).then_some(text)
    }

    /// The text that a key's value is exported as.
    pub fn text(&self, key: &str) -> Result<Secret, &'static str> {
        let json = self.entries.as_ref().ok().and_then(|entries| entries.json(key)).ok_or("is missing")?;
        exportable(match json.bytes().next() {
            Some(b'"') => serde_json::from_str(json).map_err(|_| "is a string with half a surrogate pair")?,
            Some(b'{' | b'[') => compact(json),
            Some(b'n') => return Err("is null"),
            _ => json.to_owned(),
        })
    }
}

fn exportable(text: String) -> Result<Secret, &'static str> {
    match text.contains('\0') {
        true => Err("holds a NUL character, which no environment variable can"),
        false => Ok(Secret::new(text)),
    }
}

/// An object's values by key, as they are written in it.
fn entries(text: &str) -> Result<Object, &'static str> {
    // PowerShell writes files with a byte order mark, and such files end up in secrets.
    let text = text.trim_start_matches('\u{feff}');
    match Object::parse(text.as_bytes()) {
        Some(entries) => Ok(entries),
        None if text.trim().is_empty() => Err("is empty: it must be a JSON object"),
        None if text.trim_start().starts_with(['{', '[', '"']) => Err("is not a JSON object of keys and values"),
        None => Err("is not JSON: it must be a JSON object"),
    }
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
    /// The first that has a key wins.
    pub fn by_precedence(&self) -> [(Scope, &Layer); 2] {
        [(Scope::Environment, &self.environment), (Scope::Repository, &self.repository)]
    }

    fn documents(&self) -> impl Iterator<Item = &Document> {
        self.by_precedence().into_iter().filter_map(|(_, layer)| match layer {
            Layer::Read(document) => Some(document),
            _ => None,
        })
    }

    /// The names of the stores that were read.
    pub fn stores_read(&self) -> Vec<String> {
        self.documents().map(|document| document.name.clone()).collect()
    }

    /// The names of the stores that do not exist.
    pub fn stores_not_found(&self) -> Vec<String> {
        self.by_precedence()
            .into_iter()
            .filter_map(|(_, layer)| match layer {
                Layer::NotFound { store } => Some(store.clone()),
                _ => None,
            })
            .collect()
    }
}

/// What all stores gave together.
#[derive(Debug)]
pub struct Settled {
    /// By kind.
    pub layers: Vec<(Kind, Layers)>,
    /// For the log.
    pub warnings: Vec<String>,
}

/// AccessDenied is no proof that there is no store: the repository's values instead of production's would go unnoticed.
const DENIED_MAY_BE_OPTIONAL: &str = "If this environment has no store, and policies on tags answer AccessDenied for what \
     does not exist, set `environment-store: optional`: the repository's values are then used, also if the store exists \
     and is denied.";

/// Decides what each store's outcome means: which end the run, and which leave it to the other level.
pub fn settle(
    outcomes: Vec<(Store, Result<Document, Error>)>,
    environment_store: EnvironmentStore,
) -> Result<Settled, Error> {
    let mut layers: Vec<(Kind, Layers)> = Vec::new();
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
                    (Scope::Environment, EnvironmentStore::NotFoundOk, Layer::Denied(error)) => {
                        return Err(error.with_next(DENIED_MAY_BE_OPTIONAL));
                    }
                    (Scope::Environment, _, _) => return Err(error),
                }
            }
        };
        if layers.last().is_none_or(|(kind, _)| *kind != store.kind) {
            layers.push((store.kind, Layers { environment: Layer::NotApplicable, repository: Layer::NotApplicable }));
        }
        match (layers.last_mut(), store.scope) {
            (Some((_, layers)), Scope::Environment) => layers.environment = layer,
            (Some((_, layers)), Scope::Repository) => layers.repository = layer,
            (None, _) => {}
        }
    }
    if problems.is_empty() { Ok(Settled { layers, warnings }) } else { Err(Error::ValuesUnusable(problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Answer;
    use crate::error::{Call, Diagnosis, Refusal};

    fn names(claims: &[(&str, &str)], namespace: Option<&str>, kinds: &[Kind]) -> Result<Vec<String>, Error> {
        let Stores { stores, warning } =
            stores_of(&Claims::given(claims), namespace, kinds, EnvironmentStore::Required)?;
        assert_eq!(warning, None);
        Ok(stores.into_iter().map(|store| store.name).collect())
    }

    #[test]
    fn stores_are_named_by_claims() {
        let job = [("repository", "o/r"), ("repository_owner", "o"), ("environment", "prod")];
        assert_eq!(
            names(&job, None, &[Kind::Secret, Kind::Variable]).unwrap(),
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

    #[test]
    fn an_environment_that_no_secret_can_be_named_after_has_no_store() {
        for environment in ["prod eu", "prod:eu", "proéd", "a*", " ", "prod\n::add-mask::x"] {
            let job = [("repository", "o/r"), ("repository_owner", "o"), ("environment", environment)];
            for rule in [EnvironmentStore::NotFoundOk, EnvironmentStore::Optional] {
                let Stores { stores, warning } =
                    stores_of(&Claims::given(&job), None, &[Kind::Secret, Kind::Variable], rule).unwrap();
                let names: Vec<_> = stores.iter().map(|store| store.name.as_str()).collect();
                assert_eq!(names, ["o/repo/o/r/secrets", "o/repo/o/r/variables"]);
                let warning = warning.unwrap();
                assert!(warning.contains("has no store") && warning.contains("repository's values"), "{warning}");
                assert!(!warning.contains('\n'), "{warning}");
            }
        }
        let job = [("repository", "o/r"), ("repository_owner", "o"), ("environment", "prod/eu")];
        let Stores { stores, warning } =
            stores_of(&Claims::given(&job), None, &[Kind::Secret], EnvironmentStore::NotFoundOk).unwrap();
        assert_eq!((stores.len(), warning), (2, None));
    }

    fn refused(code: &'static str) -> Error {
        let call = Call { operation: "GetSecretValue", subject: String::new(), endpoint: String::new(), attempts: 1 };
        let answer = Answer { status: 400, code: code.to_owned(), message: String::new(), request_id: None };
        Error::Refused(Box::new(Refusal { call, answer, diagnosis: Diagnosis::new(code, "", "") }))
    }

    fn settle_environment(code: &'static str, rule: EnvironmentStore) -> Result<usize, &'static str> {
        let store = Store { scope: Scope::Environment, kind: Kind::Secret, name: "e".to_owned() };
        settle(vec![(store, Err(refused(code)))], rule)
            .map(|settled| settled.warnings.len())
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
    fn only_a_denial_that_optional_would_pass_over_names_it() {
        use EnvironmentStore::{NotFoundOk, Optional, Required};
        let hint = |scope, code, rule| {
            let store = Store { scope, kind: Kind::Secret, name: "e".to_owned() };
            let settled = settle(vec![(store, Err(refused(code)))], rule);
            settled.map_or_else(|error| error.hint().contains("`environment-store: optional`"), |_| false)
        };
        assert!(hint(Scope::Environment, STORE_ACCESS_DENIED, NotFoundOk));
        assert!(!hint(Scope::Environment, STORE_ACCESS_DENIED, Required));
        assert!(!hint(Scope::Environment, STORE_ACCESS_DENIED, Optional));
        assert!(!hint(Scope::Environment, "throttled", NotFoundOk));
        assert!(!hint(Scope::Repository, STORE_ACCESS_DENIED, NotFoundOk));
    }

    #[test]
    fn a_store_that_is_not_an_object_is_described_and_not_quoted() {
        for (text, problem) in [
            ("", "is empty"),
            ("canary", "is not JSON"),
            ("[\"canary\"]", "not a JSON object"),
            ("\"canary\"", "not a JSON object"),
            ("{\"canary\":}", "not a JSON object"),
            ("{\"a\":1} canary", "not a JSON object"),
        ] {
            let error = entries(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
        assert!(entries("\u{feff}{\"a\":1}").is_ok());
    }

    #[test]
    fn debug_of_a_document_shows_no_value() {
        let value = SecretValue::of_text("v", r#"{"canary":"canary"}"#);
        let document = Document::new("s".to_owned(), value);
        assert_eq!(format!("{document:?}"), "Document(s, version v)");
    }
}
