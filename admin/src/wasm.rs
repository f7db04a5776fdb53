//! The boundary to JavaScript: the only file of this crate that names `JsValue`. `host/admin.d.ts` says the same in TypeScript.

#![allow(unsafe_code, reason = "what #[wasm_bindgen] generates")]

use env_kvstore::aws::environment::AwsEnvironment;
use env_kvstore::error::Error;
use env_kvstore::text::spelling::Spelling;
use env_kvstore::wasm::{JsHost, failure};
use serde_wasm_bindgen::{from_value, to_value};
use wasm_bindgen::prelude::*;

/// The environment variables that the core wants to know.
#[wasm_bindgen(js_name = environmentVariables)]
pub fn environment_variables() -> Vec<String> {
    AwsEnvironment::variables().map(ToString::to_string).collect()
}

/// Does one task; rejects with a `Failure` of `host/core.d.ts`.
#[wasm_bindgen]
pub async fn manage(raw: JsValue, task: JsValue, host: JsHost, spelling: Option<String>) -> Result<JsValue, JsValue> {
    let spelling = spelling.as_deref().map(Spelling::named).unwrap_or_default();
    let not_agreed = |_| failure(&Error::Internal("the inputs or the task are not as agreed"), spelling);
    let (raw, task) = (from_value(raw).map_err(not_agreed)?, from_value(task).map_err(not_agreed)?);
    let report = crate::manage(&host, raw, task).await.map_err(|error| failure(&error, spelling))?;
    to_value(&report).map_err(|_| failure(&Error::Internal("the report cannot be handed over"), spelling))
}
