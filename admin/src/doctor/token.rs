//! The leg of the job's token.

use env_kvstore::call::client::Client;
use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::github::claims::Claims;
use env_kvstore::github::job_token::JobToken;
use env_kvstore::host::http::Host;
use env_kvstore::inputs::Inputs;
use env_kvstore::text::printable::printable;
use serde_json::Value;

use crate::doctor::legs::{Ended, Found, Legs};

/// The claims that the summary has, as far as a job has them.
const SHOWN: [&str; 4] = ["repository", "environment", "event_name", "ref"];

/// Gets the token and verifies it. `outside` is said to whoever is in no job.
pub(crate) async fn token<'c, H: Host>(
    legs: &mut Legs<'_, H>,
    client: &'c Client<'c, H>,
    inputs: &'c Inputs,
    outside: Option<&str>,
) -> Result<JobToken<'c, H>, Ended> {
    let gone = legs.go("token", fetched(client, inputs)).await;
    if let (Err(_), Some(outside)) = (&gone, outside) {
        legs.explain(Code::IdTokenPermissionMissing, outside);
    }
    gone
}

async fn fetched<'c, H: Host>(
    client: &'c Client<'c, H>,
    inputs: &'c Inputs,
) -> Result<(JobToken<'c, H>, Found), Error> {
    let options = &inputs.token;
    let job = JobToken::fetch(client, options).await?;
    let claims = job.claims().clone();
    let shown = SHOWN.iter().filter_map(|name| Some(format!("{name} {}", printable(&claims.text(name)?))));
    let said = format!(
        "verified: issuer {}, audience {}; {}",
        options.issuer,
        printable(&options.audience),
        shown.collect::<Vec<_>>().join(", ")
    );
    let found = Found::new(said)
        .with("issuer", options.issuer.to_string())
        .with("audience", printable(&options.audience))
        .with("claims", claims_of(&claims));
    Ok((job, found))
}

/// As the log of a step shows them.
fn claims_of(claims: &Claims) -> Value {
    let pair = |line: String| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_owned(), Value::from(value)))
    };
    Value::Object(claims.lines().into_iter().filter_map(pair).collect())
}
