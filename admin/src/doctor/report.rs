//! What was found, leg by leg; `host/admin.d.ts` says the same in TypeScript. Every text is safe to print.

use env_kvstore::error::Error;
use env_kvstore::text::spelling::Spelling;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Examination {
    /// Whether no leg failed.
    pub ok: bool,
    /// In the order in which a run takes them.
    pub legs: Vec<Leg>,
    /// The secrets that were asked for, if the last leg was reached.
    pub stores: Vec<StoreSeen>,
    /// What to fix first, if a leg failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// One leg of the way to the stores.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Leg {
    /// Its name.
    pub leg: &'static str,
    /// What came of it.
    pub status: Status,
    /// How long it took; nothing if it was not reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
    /// What was found, in one line.
    pub summary: String,
    /// The same for programs.
    pub facts: Map<String, Value>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Trouble>,
}

/// What came of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All is well.
    Ok,
    /// It ended the way.
    Failed,
    /// An earlier leg failed.
    NotReached,
}

/// A secret that was asked for, and what was answered. Its value was not read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreSeen {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// `secret` or `variable`; nothing for a line of `secrets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// `repository` or `environment`; nothing for a line of `secrets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'static str>,
    /// `readable`, `missing`, `denied` or `failed`
    pub finding: &'static str,
    /// Whether that keeps the job from its values.
    pub matters: bool,
    /// How long the answer took.
    pub ms: f64,
    /// Why it is not readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Trouble>,
}

/// An error as its user meets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Stable.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Trouble {
    /// By the names that the door has for inputs.
    pub fn of(error: &Error, spelling: Spelling) -> Self {
        let code = error.code().as_str().to_owned();
        Self { code, message: error.message_in(spelling), hint: error.hint_in(spelling) }
    }
}

/// What to fix first.
#[derive(Debug, Serialize)]
pub struct Fix {
    /// The leg that needs it.
    pub leg: &'static str,
    /// What is wrong, and what to do.
    #[serde(flatten)]
    pub problem: Trouble,
}
