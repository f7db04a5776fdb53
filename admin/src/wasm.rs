//! The boundary to JavaScript: the only file of this crate that names `JsValue`. `host/admin.d.ts` says the same in TypeScript.

#![allow(unsafe_code, reason = "what #[wasm_bindgen] generates")]

use std::cell::RefCell;

use crate::account::rules::Rules;
use crate::account::snapshot;
use crate::audit::answer::{self, Files};
use crate::audit::cloudtrail::{Trail, Usage};
use crate::audit::report::{Question, report};
use crate::kvstore;
use crate::kvstore::generate::Target;
use crate::kvstore::init::answers::Answers;
use crate::kvstore::init::{Place, Step, step};
use crate::kvstore::plan::plan;
use crate::kvstore::problem::Problem;
use crate::kvstore::reader::{Text, read};
use crate::token_server::TokenServer;
use env_kvstore::aws::config_file::File;
use env_kvstore::aws::environment::AwsEnvironment;
use env_kvstore::error::Error;
use env_kvstore::text::spelling::Spelling;
use env_kvstore::wasm::{JsHost, failure, pairs};
use serde::Serialize;
use serde_wasm_bindgen::{Serializer, from_value, to_value};
use wasm_bindgen::prelude::*;

use crate::{configure, explain, profile};

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

/// Examines the way to the stores; resolves to `Examination` of `host/admin.d.ts`, and rejects with a `Failure` only for inputs
/// that are wrong.
#[wasm_bindgen]
pub async fn doctor(
    raw: JsValue,
    machine: JsValue,
    host: JsHost,
    spelling: Option<String>,
) -> Result<JsValue, JsValue> {
    let spelling = spelling.as_deref().map(Spelling::named).unwrap_or_default();
    let not_agreed = |_| failure(&Error::Internal("the inputs or the machine are not as agreed"), spelling);
    let (raw, machine) = (from_value(raw).map_err(not_agreed)?, from_value(machine).map_err(not_agreed)?);
    let examined = crate::doctor::examine(&host, raw, &machine, spelling).await;
    let examined = examined.map_err(|error| failure(&error, spelling))?;
    // As JSON has it, or else claims and tags would be a Map.
    let handed = examined.serialize(&Serializer::json_compatible());
    handed.map_err(|_| failure(&Error::Internal("the report cannot be handed over"), spelling))
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

/// What is wrong with `kvstore.json` and the files beside it, as `problems` of `Generated`.
#[wasm_bindgen(js_name = problemsOf)]
pub fn problems_of(names: Vec<String>, texts: Vec<String>) -> JsValue {
    let problems = read(&texts_of(names, texts)).and_then(|merged| plan(&merged)).err();
    to_value(&problems.unwrap_or_default()).unwrap_or(JsValue::UNDEFINED)
}

fn texts_of(names: Vec<String>, texts: Vec<String>) -> Vec<Text> {
    names.into_iter().zip(texts).map(|(name, text)| Text { name, text }).collect()
}

/// Makes files from `kvstore.json`; `names` and `texts` are those of the files that are read, `released` is the action of this
/// release by its commit. Resolves to `Generated` of `host/admin.d.ts`; undefined if nothing of that name is made.
#[wasm_bindgen]
pub fn generate(names: Vec<String>, texts: Vec<String>, target: &str, released: Option<String>) -> JsValue {
    let Some(target) = Target::parse(target) else { return JsValue::UNDEFINED };
    let generated = kvstore::generate::generate(&texts_of(names, texts), target, released.as_deref());
    as_json(&generated)
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

/// Begins to read CloudTrail's files, by these rules. Resolves to what is wrong with them.
#[wasm_bindgen(js_name = beginTrail)]
pub fn begin_trail(rules: JsValue) -> Result<JsValue, JsValue> {
    let rules = rules_of(rules).ok_or_else(not_agreed)?;
    match rules.read() {
        Ok(ruled) if !ruled.is_on_aws => {
            Ok(as_json(&[rules.problem("CloudTrail says nothing of Vault, and the rules are about Vault alone")]))
        }
        Ok(ruled) => {
            TRAIL.with_borrow_mut(|trail| *trail = Some(Trail::new(ruled.account)));
            Ok(as_json(&Vec::<Problem>::new()))
        }
        Err(problems) => Ok(as_json(&problems)),
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

/// What the files come to, by the same rules: `TrailEnd` of `host/admin.d.ts`.
#[wasm_bindgen(js_name = finishTrail)]
pub fn finish_trail(rules: JsValue, columns: usize) -> Result<JsValue, JsValue> {
    let (Some(trail), Some(rules)) = (TRAIL.take(), rules_of(rules)) else { return Err(not_agreed()) };
    let Ok(ruled) = rules.read() else { return Err(not_agreed()) };
    let usage = trail.finish(&report(&ruled, None, &Question::default()));
    let text = usage.text(columns);
    Ok(as_json(&TrailEnd { usage, text }))
}

/// What CloudTrail's files come to, and the same for people.
#[derive(Serialize)]
struct TrailEnd {
    usage: Usage,
    text: String,
}

/// Objects, and not a Map.
fn as_json<T: Serialize>(value: &T) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::UNDEFINED)
}

/// Explains one job's way to one secret; resolves to `Explained` of `host/admin.d.ts`.
#[wasm_bindgen]
pub fn explain(rules: JsValue, asked: JsValue) -> Result<JsValue, JsValue> {
    let (Some(rules), Ok(asked)) = (rules_of(rules), from_value(asked)) else { return Err(not_agreed()) };
    let explained = explain::ask::ask(&rules, &asked);
    explained.serialize(&Serializer::json_compatible()).map_err(|_| not_agreed())
}

/// What `init` does after these answers, which are keys and texts in turn. `names` and `texts` are those of the files that there
/// are. Resolves to `InitStep` of `host/admin.d.ts`.
#[wasm_bindgen(js_name = initStep)]
pub fn init_step(names: Vec<String>, texts: Vec<String>, answers: Vec<String>, place: JsValue) -> JsValue {
    let answers = pairs(&answers).into_iter().map(|(key, text)| (key.to_owned(), text.to_owned()));
    stepped(names, texts, Ok(Answers::at_terminal(answers)), place)
}

/// The same of all answers at once, from a file.
#[wasm_bindgen(js_name = initFromFile)]
pub fn init_from_file(names: Vec<String>, texts: Vec<String>, name: String, text: String, place: JsValue) -> JsValue {
    stepped(names, texts, Answers::read(&Text { name, text }), place)
}

fn stepped(names: Vec<String>, texts: Vec<String>, answers: Result<Answers, Vec<Problem>>, place: JsValue) -> JsValue {
    let Ok(place) = from_value::<Place>(place) else { return JsValue::UNDEFINED };
    let stepped = match answers {
        Ok(answers) => step(&texts_of(names, texts), &answers, &place),
        Err(problems) => Step { problems, ..Step::default() },
    };
    stepped.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::UNDEFINED)
}

/// Who can read what; resolves to `Audited` of `host/admin.d.ts`. `against` may be undefined.
#[wasm_bindgen]
pub fn audit(rules: JsValue, against: JsValue, asked: JsValue) -> Result<JsValue, JsValue> {
    let against = if against.is_undefined() { Some(None) } else { rules_of(against).map(Some) };
    let (Some(rules), Some(against), Ok(asked)) = (rules_of(rules), against, from_value(asked)) else {
        return Err(not_agreed());
    };
    let answer = answer::answer(&rules, against.as_ref(), &asked);
    answer.serialize(&Serializer::json_compatible()).map_err(|_| not_agreed())
}

fn rules_of(files: JsValue) -> Option<Rules> {
    let Files { kind, texts } = from_value(files).ok()?;
    Rules::of(&kind, texts.into_iter().map(|(name, text)| Text { name, text }).collect())
}

fn not_agreed() -> JsValue {
    failure(&Error::Internal("the rules or the question are not as agreed"), Spelling::default())
}
