//! The boundary to JavaScript: the only file of this crate that names `JsValue`. `host/admin.d.ts` says the same in TypeScript.

#![allow(unsafe_code, reason = "what #[wasm_bindgen] generates")]

use crate::account::rules::Rules;
use crate::audit::answer::{self, Asked, Files};
use crate::kvstore;
use crate::kvstore::generate::Target;
use crate::kvstore::reader::Text;
use crate::token_server::TokenServer;
use env_kvstore::aws::config_file::File;
use env_kvstore::aws::environment::AwsEnvironment;
use env_kvstore::error::Error;
use env_kvstore::text::spelling::Spelling;
use env_kvstore::wasm::{JsHost, failure, pairs};
use serde::Serialize;
use serde_wasm_bindgen::{Serializer, from_value, to_value};
use wasm_bindgen::prelude::*;

use crate::{configure, profile};

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

/// Where a text of `AWS_WEB_IDENTITY_TOKEN_SERVER` says that tokens are: the names of two variables, and the audience.
#[wasm_bindgen(js_name = tokenServer)]
pub fn token_server(text: &str) -> Result<Vec<String>, JsValue> {
    let TokenServer { url_variable, token_variable, audience } = TokenServer::parse(text)?;
    Ok(vec![url_variable, token_variable, audience.unwrap_or_default()])
}

/// What the profile in the text of a config file says under each of the keys; empty if nothing.
#[wasm_bindgen(js_name = profileSettings)]
pub fn profile_settings(text: &str, name: &str, keys: Vec<String>) -> Option<Vec<String>> {
    let profile = profile::profile(text, File::Config, name)?;
    Some(keys.iter().map(|key| profile.get(key).unwrap_or_default().to_owned()).collect())
}

/// The text of a config file for the proposal, made one that every tool reads. `flags` are names and values in turn.
#[wasm_bindgen(js_name = configure)]
pub fn configured(text: &str, command: &str, flags: Vec<String>) -> Result<String, Vec<String>> {
    Ok(configure::configure(text, command, &pairs(&flags))?.text.secret().to_owned())
}

/// A program and its arguments as the `command` of [`configured`]; throws a text.
#[wasm_bindgen(js_name = quotedCommand)]
pub fn quoted_command(words: Vec<String>) -> Result<String, String> {
    configure::command(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Makes files from `kvstore.json`; `names` and `texts` are those of the files that are read. Resolves to `Generated` of
/// `host/admin.d.ts`; undefined if nothing of that name is made.
#[wasm_bindgen]
pub fn generate(names: Vec<String>, texts: Vec<String>, target: &str) -> JsValue {
    let read = names.into_iter().zip(texts).map(|(name, text)| Text { name, text }).collect::<Vec<_>>();
    let Some(target) = Target::parse(target) else { return JsValue::UNDEFINED };
    // As JSON has it, or else the claims of a job would be a Map.
    let generated = kvstore::generate::generate(&read, target);
    generated.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::UNDEFINED)
}

/// Who can read what, by `Asked` of `host/admin.d.ts`; undefined if rules are of a kind that is not known.
#[wasm_bindgen]
pub fn audit(rules: JsValue, against: JsValue, asked: JsValue) -> Result<JsValue, JsValue> {
    let not_agreed = |_| failure(&Error::Internal("the rules or the question are not as agreed"), Spelling::default());
    let rules: Files = from_value(rules).map_err(not_agreed)?;
    let against: Option<Files> = from_value(against).map_err(not_agreed)?;
    let asked: Asked = from_value(asked).map_err(not_agreed)?;
    let of = |Files { kind, texts }: Files| {
        Rules::of(&kind, texts.into_iter().map(|(name, text)| Text { name, text }).collect())
    };
    let (Some(rules), Ok(against)) = (of(rules), against.map(of).map_or(Ok(None), |rules| rules.ok_or(()).map(Some)))
    else {
        return Ok(JsValue::UNDEFINED);
    };
    let answer = answer::answer(&rules, against.as_ref(), &asked);
    Ok(answer.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::UNDEFINED))
}
