//! The boundary to JavaScript: the only file that names `JsValue`. `host/core.d.ts` says the same in TypeScript.
//!
//! Rust does no I/O here either: it calls the host object that the shim gives it.
//!
//! Without the feature `exports` only the binding of that object is left, for a crate that has exports of its own.

#![allow(unsafe_code, reason = "what #[wasm_bindgen] generates")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use js_sys::Reflect;
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::{from_value, to_value};
use wasm_bindgen::prelude::*;

use crate::aws::config_file::{self, File, ProfileName};
use crate::aws::environment::AwsEnvironment;
use crate::aws::names::AccountId;
use crate::aws::session::Session;
use crate::error::Error;
use crate::export::ProfilePlan;
use crate::export::summary::failure_summary;
use crate::host::http::{Host, Log, MAX_BODY_BYTES, Request, Response, Rs256, SendFailure};
use crate::inputs::Goal;
use crate::inputs::table::INPUT_NAMES;
use crate::inputs::vault_action::OF_VAULT_ACTION;
use crate::pipeline;
use crate::run::Run;
use crate::stores::resolve::Value;
use crate::text::printable::printable;
use crate::text::secret::Secret;
use crate::text::spelling::Spelling;

#[wasm_bindgen]
extern "C" {
    /// `Host` of `host/core.d.ts`.
    pub type JsHost;

    #[wasm_bindgen(method, catch)]
    async fn send(this: &JsHost, request: JsValue, timeout_ms: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = githubToken)]
    async fn github_token(
        this: &JsHost,
        audience: &str,
        timeout_ms: f64,
        max_body_bytes: usize,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    async fn sleep(this: &JsHost, duration_ms: f64);

    #[wasm_bindgen(method, catch, js_name = encryptToAge)]
    async fn encrypt_to_age(this: &JsHost, recipient: &str, text: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, js_name = allSent)]
    async fn all_sent(this: &JsHost);

    #[wasm_bindgen(method, js_name = connectEarly)]
    fn connect_early(this: &JsHost, origin: &str, connections: usize);

    #[wasm_bindgen(method, catch)]
    fn trust(this: &JsHost, origin: &str, pem: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = verifyRs256)]
    fn verify_rs256(
        this: &JsHost,
        modulus: &[u8],
        exponent: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, JsValue>;

    #[wasm_bindgen(method, js_name = nowMs)]
    fn now_ms(this: &JsHost) -> f64;

    #[wasm_bindgen(method, js_name = monotonicMs)]
    fn monotonic_ms(this: &JsHost) -> f64;

    #[wasm_bindgen(method)]
    fn log(this: &JsHost, kind: &str, text: &str, lines: Vec<String>);
}

/// The names of the action's inputs, and those of vault-action's that are errors here: a step that has them was meant for it.
#[cfg_attr(feature = "exports", wasm_bindgen(js_name = inputNames))]
pub fn input_names() -> Vec<String> {
    let theirs = OF_VAULT_ACTION.iter().map(|(name, _)| name);
    INPUT_NAMES.iter().chain(theirs).map(ToString::to_string).collect()
}

/// The environment variables that the core wants to know.
#[cfg_attr(feature = "exports", wasm_bindgen(js_name = environmentVariables))]
pub fn environment_variables() -> Vec<String> {
    AwsEnvironment::variables().map(ToString::to_string).collect()
}

/// The text of a file with a profile merged into it. `settings` are names and values in turn.
#[cfg_attr(feature = "exports", wasm_bindgen(js_name = mergeProfile))]
pub fn merge_profile(
    text: &str,
    is_config: bool,
    name: &str,
    settings: Vec<String>,
    overwrite: bool,
) -> Result<String, JsValue> {
    let file = if is_config { File::Config } else { File::Credentials };
    let not_written =
        |problem| failure(&Error::ProfileNotWritten { profile: printable(name), problem }, Spelling::Input);
    let name = ProfileName::parse(name).ok_or_else(|| not_written("this is not a valid profile name"))?;
    let merged = config_file::merge(text, file, &name, &pairs(&settings), overwrite).map_err(not_written)?;
    Ok(merged.secret().to_owned())
}

/// Names and values in turn, as pairs.
pub fn pairs(texts: &[String]) -> Vec<(&str, &str)> {
    texts.chunks_exact(2).filter_map(|pair| Some((pair.first()?.as_str(), pair.get(1)?.as_str()))).collect()
}

/// Runs until the goal is reached; resolves to an `Outcome`, rejects with a `Failure` (both of `host/core.d.ts`), which names
/// inputs by the spelling, as the action does if there is none.
#[cfg_attr(feature = "exports", wasm_bindgen)]
pub async fn run(raw: JsValue, host: JsHost, spelling: Option<String>) -> Result<JsValue, JsValue> {
    let spelling = spelling.as_deref().map(Spelling::named).unwrap_or_default();
    let not_agreed = |_| failure(&Error::Internal("the shim's inputs are not as agreed"), spelling);
    let raw = from_value(raw).map_err(not_agreed)?;
    let finished = async {
        let run = pipeline::run(&host, raw).await?;
        to_value(&Finished::of(&run, &one_a_line(&run.plan.masks)))
            .map_err(|_| Error::Internal("the outcome cannot be handed over"))
    };
    finished.await.map_err(|error| failure(&error, spelling))
}

/// `Outcome` of `host/core.d.ts`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finished<'a> {
    plan: Plan<'a>,
    values: Vec<LoadedValue<'a>>,
    credentials: Option<SessionCredentials<'a>>,
    web_identity_token: Option<&'a str>,
    session_name: Option<&'a str>,
}

#[derive(Serialize)]
struct Plan<'a> {
    masks: &'a str,
    environment: &'a str,
    outputs: &'a str,
    summary: &'a str,
    profile: Option<Profile<'a>>,
}

#[derive(Serialize)]
struct Profile<'a> {
    name: &'a str,
    overwrite: bool,
    credentials: Vec<(&'a str, &'a str)>,
    region: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoadedValue<'a> {
    name: &'a str,
    kind: &'a str,
    value: &'a str,
    level: &'a str,
    secret_name: &'a str,
    secret_arn: &'a str,
    version_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionCredentials<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: Option<&'a str>,
    expiration: Option<&'a str>,
    answered: Option<&'a str>,
    account_id: Option<&'a str>,
}

impl<'a> Finished<'a> {
    fn of(Run { goal, account, outcome, plan }: &'a Run, masks: &'a Secret) -> Self {
        let value = |value: &'a Value| LoadedValue {
            name: value.name.as_str(),
            kind: value.kind.name(),
            value: value.text.secret(),
            level: value.level.name(),
            secret_name: &value.secret_name,
            secret_arn: &value.secret_arn,
            version_id: &value.version_id,
        };
        let credentials = |session: &'a Session| SessionCredentials {
            access_key_id: session.credentials.access_key_id.secret(),
            secret_access_key: session.credentials.secret_access_key.secret(),
            session_token: session.credentials.session_token.as_ref().map(Secret::secret),
            expiration: session.expiration.as_deref(),
            answered: session.answered.as_deref(),
            account_id: account.as_ref().map(AccountId::digits),
        };
        let profile = |profile: &'a ProfilePlan| Profile {
            name: &profile.name,
            overwrite: profile.overwrite,
            credentials: profile.credentials.iter().map(|(name, text)| (name.as_str(), text.secret())).collect(),
            region: &profile.region,
        };
        Self {
            plan: Plan {
                masks: masks.secret(),
                environment: plan.environment.secret(),
                outputs: plan.outputs.secret(),
                summary: &plan.summary,
                profile: plan.profile.as_ref().map(profile),
            },
            values: outcome.values.iter().filter(|_| *goal == Goal::Values).map(value).collect(),
            credentials: outcome.session.as_ref().filter(|_| *goal == Goal::Credentials).map(credentials),
            web_identity_token: outcome.web_identity_token.as_ref().map(Secret::secret),
            session_name: outcome.session_name.as_deref(),
        }
    }
}

/// To hand thousands of texts over one by one takes longer than to make them. None of the masks has a line break.
fn one_a_line(masks: &[Secret]) -> Secret {
    Secret::new(masks.iter().map(Secret::secret).collect::<Vec<_>>().join("\n"))
}

/// `Failure` of `host/core.d.ts`.
pub fn failure(error: &Error, spelling: Spelling) -> JsValue {
    #[derive(Serialize)]
    struct Failure {
        code: &'static str,
        message: String,
        hint: String,
        summary: String,
    }
    let (message, hint) = (error.message_in(spelling), error.hint_in(spelling));
    let summary = failure_summary(error);
    let failure = Failure { code: error.code().as_str(), message, hint, summary };
    to_value(&failure).unwrap_or(JsValue::NULL)
}

impl Host for JsHost {
    async fn send(&self, request: Request, timeout: Duration) -> Result<Response, SendFailure> {
        #[derive(Serialize)]
        struct Outgoing<'a> {
            method: &'static str,
            url: &'a str,
            headers: &'a [(&'static str, String)],
            body: &'a str,
            #[serde(rename = "maxBodyBytes")]
            max_body_bytes: usize,
        }
        #[derive(Deserialize)]
        struct Incoming {
            status: u16,
            headers: Vec<(String, String)>,
            #[serde(with = "serde_bytes")]
            body: Vec<u8>,
        }
        let outgoing = Outgoing {
            method: request.method.name(),
            url: &request.url,
            headers: &request.headers,
            body: request.body.secret(),
            max_body_bytes: request.max_body_bytes,
        };
        let outgoing = to_value(&outgoing).map_err(|_| not_as_agreed())?;
        let incoming =
            JsHost::send(self, outgoing, milliseconds(timeout)).await.map_err(|error| send_failure(&error))?;
        let Incoming { status, headers, body } = from_value(incoming).map_err(|_| not_as_agreed())?;
        Ok(Response { status, headers, body })
    }

    async fn github_token(&self, audience: &str, timeout: Duration) -> Result<Secret, SendFailure> {
        let token = JsHost::github_token(self, audience, milliseconds(timeout), MAX_BODY_BYTES).await;
        token.map_err(|error| send_failure(&error))?.as_string().map(Secret::new).ok_or(SendFailure::NoToken)
    }

    async fn sleep(&self, duration: Duration) {
        JsHost::sleep(self, milliseconds(duration)).await;
    }

    async fn encrypt_to_age(&self, recipient: &str, text: &Secret) -> Option<Secret> {
        JsHost::encrypt_to_age(self, recipient, text.secret()).await.ok()?.as_string().map(Secret::new)
    }

    async fn all_sent(&self) {
        JsHost::all_sent(self).await;
    }

    fn connect_early(&self, origin: &str, connections: usize) {
        JsHost::connect_early(self, origin, connections);
    }

    fn trust(&self, origin: &str, pem: &str) -> bool {
        JsHost::trust(self, origin, pem).is_ok()
    }

    fn verify_rs256(&self, signed: &Rs256<'_>) -> bool {
        let Rs256 { modulus, exponent, message, signature } = *signed;
        // It throws for a key that OpenSSL does not take.
        JsHost::verify_rs256(self, modulus, exponent, message, signature).unwrap_or(false)
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + duration(self.now_ms())
    }

    fn monotonic(&self) -> Duration {
        duration(self.monotonic_ms())
    }

    fn log(&self, entry: Log) {
        match entry {
            Log::Info(text) => JsHost::log(self, "info", &text, vec![]),
            Log::Notice(text) => JsHost::log(self, "notice", &text, vec![]),
            Log::Warning(text) => JsHost::log(self, "warning", &text, vec![]),
            Log::Group(title, lines) => JsHost::log(self, "group", &title, lines),
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn duration(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}

/// Only the report's `code` is read: messages of the host may quote what must not be shown.
fn send_failure(error: &JsValue) -> SendFailure {
    let code = Reflect::get(error, &JsValue::from_str("code")).ok().and_then(|code| code.as_string());
    SendFailure::from_host(code.as_deref().unwrap_or_default())
}

fn not_as_agreed() -> SendFailure {
    SendFailure::Connection("host-not-as-agreed".to_owned())
}
