//! What is between a job, or a developer's machine, and its stores: each leg by itself, and what to fix first.
//!
//! The legs are those of [`env_kvstore::pipeline`], by the same operations; only the last one is another: it asks whether the
//! stores can be read, and reads none.

mod job;
mod legs;
pub mod machine;
mod probe;
pub mod report;
mod session;
mod stores;
mod token;

use env_kvstore::call::client::Client;
use env_kvstore::error::Error;
use env_kvstore::host::http::Host;
use env_kvstore::identity::Identity;
use env_kvstore::inputs::{Goal, Inputs, RawInputs};
use env_kvstore::text::secret::Secret;
use env_kvstore::text::spelling::Spelling;

use crate::doctor::legs::Legs;
use crate::doctor::machine::Machine;
use crate::doctor::report::Examination;

/// Goes all legs as far as they lead; an error only of inputs that are wrong.
pub async fn examine<H: Host>(
    host: &H,
    mut raw: RawInputs,
    machine: &Machine,
    spelling: Spelling,
) -> Result<Examination, Error> {
    let names = |input: &str| raw.inputs.get(input).is_some_and(|text| !text.secret().trim().is_empty());
    // Which stores matter depends on what is read of them, if that is said.
    raw.goal = if names("values") || names("secrets") { Goal::Values } else { Goal::Manage };
    let is_own = raw.inputs.get("identity").map(Secret::secret) == Some("environment");
    if is_own && machine.lacks_something() {
        raw.environment = placeholders();
    }
    let inputs = Inputs::parse(raw)?;
    let client = &Client::new(host, inputs.timeout, inputs.max_attempts);
    let legs = Legs::new(host, spelling);
    Ok(match &inputs.session.identity {
        Identity::Environment(credentials) => machine::examine(host, legs, client, &inputs, credentials, machine).await,
        _ => job::examine(host, legs, client, &inputs, machine.is_job).await,
    })
}

/// For the check of all other inputs, where the machine has no credentials or no region. They are sent nowhere.
fn placeholders() -> env_kvstore::aws::environment::AwsEnvironment {
    let variables =
        serde_json::json!({ "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1" });
    serde_json::from_value(variables).unwrap_or_default()
}
