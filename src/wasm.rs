//! The boundary to JavaScript: the only file that names `JsValue`. `action/core.d.ts` says the same in TypeScript.
//!
//! Rust does no I/O here either: it calls the host object that the shim gives it.

#![allow(unsafe_code, reason = "what #[wasm_bindgen] generates")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use js_sys::Reflect;
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::{from_value, to_value};
use wasm_bindgen::prelude::*;

use crate::aws::AwsEnvironment;
use crate::error::Error;
use crate::export::failure_summary;
use crate::http::{Host, Log, MAX_BODY_BYTES, Request, Response, SendFailure};
use crate::inputs::INPUT_NAMES;
use crate::pipeline;
use crate::secret::Secret;

#[wasm_bindgen]
extern "C" {
    /// `Host` of `action/core.d.ts`.
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

    #[wasm_bindgen(method, js_name = connectEarly)]
    fn connect_early(this: &JsHost, origin: &str, connections: usize);

    #[wasm_bindgen(method, js_name = nowMs)]
    fn now_ms(this: &JsHost) -> f64;

    #[wasm_bindgen(method, js_name = monotonicMs)]
    fn monotonic_ms(this: &JsHost) -> f64;

    #[wasm_bindgen(method)]
    fn log(this: &JsHost, kind: &str, text: &str, lines: Vec<String>);
}

/// The names of the action's inputs.
#[wasm_bindgen(js_name = inputNames)]
pub fn input_names() -> Vec<String> {
    INPUT_NAMES.iter().map(ToString::to_string).collect()
}

/// The environment variables that the core wants to know.
#[wasm_bindgen(js_name = environmentVariables)]
pub fn environment_variables() -> Vec<String> {
    AwsEnvironment::VARIABLES.iter().map(ToString::to_string).collect()
}

/// Runs the step; resolves to the `ExportPlan`, rejects with a `Failure` (both of `action/core.d.ts`).
#[wasm_bindgen]
pub async fn run(raw: JsValue, host: JsHost) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Plan<'a> {
        masks: Vec<&'a str>,
        environment: &'a str,
        outputs: &'a str,
        summary: &'a str,
    }
    let raw = from_value(raw).map_err(|_| failure(&Error::Internal("the shim's inputs are not as agreed")))?;
    let plan = pipeline::run(&host, raw).await.map_err(|error| failure(&error))?;
    let plan = Plan {
        masks: plan.masks.iter().map(Secret::secret).collect(),
        environment: plan.environment.secret(),
        outputs: plan.outputs.secret(),
        summary: &plan.summary,
    };
    to_value(&plan).map_err(|_| failure(&Error::Internal("the plan cannot be handed over")))
}

fn failure(error: &Error) -> JsValue {
    #[derive(Serialize)]
    struct Failure {
        code: &'static str,
        message: String,
        hint: String,
        summary: String,
    }
    let (message, hint, summary) = (error.to_string(), error.hint(), failure_summary(error));
    let failure = Failure { code: error.code(), message, hint, summary };
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

    fn connect_early(&self, origin: &str, connections: usize) {
        JsHost::connect_early(self, origin, connections);
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
