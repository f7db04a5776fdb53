//! The boundary to JavaScript: the only file of this crate that names `JsValue`. `host/admin.d.ts` says the same in TypeScript.

#![allow(unsafe_code, reason = "what #[wasm_bindgen] generates")]

use std::cell::RefCell;

use crate::account::rules::Rules;
use crate::account::snapshot;
use crate::audit::cloudtrail::Trail;
use crate::audit::report::report;
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
    let read = texts_of(names, texts);
    let Some(target) = Target::parse(target) else { return JsValue::UNDEFINED };
    as_json(&kvstore::generate::generate(&read, target))
}

/// The script that collects a snapshot: `SnapshotScript` of `host/admin.d.ts`, for a `SnapshotAsked`.
#[wasm_bindgen(js_name = snapshotScript)]
pub fn snapshot_script(asked: JsValue) -> JsValue {
    let Ok(asked) = from_value(asked) else { return JsValue::UNDEFINED };
    as_json(&snapshot::script::script(&asked))
}

/// What is in a snapshot: `SnapshotChecked` of `host/admin.d.ts`.
#[wasm_bindgen(js_name = checkSnapshot)]
pub fn check_snapshot(names: Vec<String>, texts: Vec<String>) -> JsValue {
    as_json(&snapshot::check(&texts_of(names, texts)))
}

thread_local! {
    /// CloudTrail's files come one at a time; what is known of them stays here in between.
    static TRAIL: RefCell<Option<Trail>> = const { RefCell::new(None) };
}

/// Begins to read CloudTrail's files, by the rules of a snapshot or of `kvstore.json`. Resolves to what is wrong with these.
#[wasm_bindgen(js_name = beginTrail)]
pub fn begin_trail(names: Vec<String>, texts: Vec<String>, is_snapshot: bool) -> JsValue {
    let texts = texts_of(names, texts);
    let rules = if is_snapshot { Rules::Snapshot(texts) } else { Rules::File(texts) };
    match rules.read() {
        Ok(ruled) => {
            TRAIL.with_borrow_mut(|trail| *trail = Some(Trail::new(ruled.account)));
            as_json(&Vec::<kvstore::problem::Problem>::new())
        }
        Err(problems) => as_json(&problems),
    }
}

/// Reads one log file, unpacked; what is wrong with it, if anything is.
#[wasm_bindgen(js_name = addToTrail)]
pub fn add_to_trail(name: &str, text: &str) -> JsValue {
    TRAIL.with_borrow_mut(|trail| match trail.as_mut().map(|trail| trail.add(name, text)) {
        Some(Err(problem)) => as_json(&problem),
        _ => JsValue::UNDEFINED,
    })
}

/// What the files come to: `Usage` of `host/admin.d.ts`.
#[wasm_bindgen(js_name = finishTrail)]
pub fn finish_trail() -> JsValue {
    let Some(trail) = TRAIL.take() else { return JsValue::UNDEFINED };
    let report = report(trail.account());
    as_json(&trail.finish(&report))
}

fn texts_of(names: Vec<String>, texts: Vec<String>) -> Vec<Text> {
    names.into_iter().zip(texts).map(|(name, text)| Text { name, text }).collect()
}

/// Objects, and not a Map.
fn as_json<T: Serialize>(value: &T) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::UNDEFINED)
}
