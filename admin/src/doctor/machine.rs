//! The legs of a developer's machine: its region, its credentials, and the stores if they are named.

use env_kvstore::aws::session::Session;
use env_kvstore::aws::sigv4::Credentials;
use env_kvstore::call::client::Client;
use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::host::http::Host;
use env_kvstore::inputs::Inputs;
use env_kvstore::text::printable::printable;
use serde::Deserialize;

use crate::doctor::legs::{Ended, Found, Legs};
use crate::doctor::report::{Examination, Trouble};
use crate::doctor::session::Opened;
use crate::doctor::stores::{names_stores, reach};
use crate::doctor::token::token;
use crate::sts::{CallerIdentity, GetCallerIdentity};

/// What the command line found on the machine.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// The steps of the AWS SDK's search that gave the credentials, by the SDK's names for them.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The region, and what named it.
    pub region: Option<Region>,
    /// Why there are no credentials.
    pub problem: Option<Trouble>,
    /// Whether a runner of GitHub Actions is the machine.
    #[serde(default)]
    pub is_job: bool,
}

/// A region, and what named it.
#[derive(Debug, Deserialize)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// A flag, a variable or a profile.
    pub from: String,
}

impl Machine {
    /// Whether there is nothing to call AWS with.
    pub(crate) fn lacks_something(&self) -> bool {
        self.region.is_none() || self.problem.is_some()
    }
}

/// For whoever reads values by a repository that nobody has named.
const NO_REPOSITORY: &str =
    "This is not a job of GitHub Actions, whose token would name the repository. Pass ‹repository›.";

/// Goes as far as it can.
pub(crate) async fn examine<H: Host>(
    host: &H,
    mut legs: Legs<'_, H>,
    client: &Client<'_, H>,
    inputs: &Inputs,
    credentials: &Credentials,
    machine: &Machine,
) -> Examination {
    _ = go(host, &mut legs, client, inputs, credentials, machine).await;
    let needs_token = inputs.needs_token();
    let stores = names_stores(inputs, needs_token || inputs.claims.is_some());
    let more = [("token", needs_token), ("chain", inputs.session.chain.is_some()), ("stores", stores)];
    let more = more.into_iter().filter_map(|(leg, is_gone)| is_gone.then_some(leg));
    legs.end(&["region", "credentials"].into_iter().chain(more).collect::<Vec<_>>())
}

async fn go<H: Host>(
    host: &H,
    legs: &mut Legs<'_, H>,
    client: &Client<'_, H>,
    inputs: &Inputs,
    credentials: &Credentials,
    machine: &Machine,
) -> Result<(), Ended> {
    let region = region(legs, machine);
    // What is missing is said all at once.
    if let Some(problem) = &machine.problem {
        legs.failed("credentials", None, problem.clone());
        return Err(Ended);
    }
    region?;
    let session = legs.go("credentials", own_session(client, inputs, credentials, machine)).await?;
    let job = match inputs.needs_token() {
        true => Some(token(legs, client, inputs, (!machine.is_job).then_some(NO_REPOSITORY)).await?),
        false => None,
    };
    let claims = job.map(|job| job.claims().clone()).or_else(|| inputs.claims.clone());
    reach(legs, host, client, inputs, claims.as_ref(), Opened { session, tags: None }).await
}

fn region<H: Host>(legs: &mut Legs<'_, H>, machine: &Machine) -> Result<(), Ended> {
    let Some(Region { name, from }) = &machine.region else {
        let problem = Trouble {
            code: Code::InvalidInput.to_string(),
            message: "no region is set".to_owned(),
            hint: "Pass --aws-region, or set AWS_REGION or the region of the profile.".to_owned(),
        };
        legs.failed("region", None, problem);
        return Err(Ended);
    };
    let (name, from) = (printable(name), printable(from));
    let found = Found::new(format!("{name}, from {from}"));
    legs.ok("region", None, found.with("region", name).with("from", from));
    Ok(())
}

/// Whose the credentials are.
async fn own_session<H: Host>(
    client: &Client<'_, H>,
    inputs: &Inputs,
    credentials: &Credentials,
    machine: &Machine,
) -> Result<(Session, Found), Error> {
    let (endpoint, region) = (&inputs.session.sts_endpoint, &inputs.session.sts_region);
    let CallerIdentity { account, arn } = client.call(&GetCallerIdentity { endpoint, region, credentials }).await?;
    let source = source(&machine.sources);
    let found = Found::new(format!("{arn}, from {source}"))
        .with("account", account)
        .with("arn", arn.clone())
        .with("source", source);
    Ok((Session { credentials: credentials.clone(), arn, expiration: None, answered: None }, found))
}

/// Where the credentials are from, in words: the SDK names each step that it took, the last one first or not.
/// <https://github.com/smithy-lang/smithy-typescript/blob/main/packages/types/src/feature-ids.ts>
fn source(steps: &[String]) -> String {
    let words = |step: &String| match step.as_str() {
        "CREDENTIALS_ENV_VARS" => Some("the environment variable AWS_ACCESS_KEY_ID"),
        "CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN" => Some("the environment variable AWS_WEB_IDENTITY_TOKEN_FILE"),
        "CREDENTIALS_STS_ASSUME_ROLE" => Some("a role that was assumed"),
        "CREDENTIALS_STS_ASSUME_ROLE_WEB_ID" => Some("a role that was assumed by a web identity token"),
        "CREDENTIALS_PROFILE" => Some("keys of a profile"),
        "CREDENTIALS_PROFILE_SOURCE_PROFILE" => Some("a source_profile"),
        "CREDENTIALS_PROFILE_NAMED_PROVIDER" => Some("a credential_source"),
        "CREDENTIALS_PROFILE_STS_WEB_ID_TOKEN" => Some("a profile's web_identity_token_file"),
        "CREDENTIALS_PROFILE_SSO" | "CREDENTIALS_PROFILE_SSO_LEGACY" => Some("a profile's SSO session"),
        "CREDENTIALS_SSO" | "CREDENTIALS_SSO_LEGACY" => Some("IAM Identity Center"),
        "CREDENTIALS_PROFILE_PROCESS" => Some("a profile's credential_process"),
        "CREDENTIALS_PROCESS" => Some("a credential_process"),
        "CREDENTIALS_PROFILE_LOGIN" | "CREDENTIALS_LOGIN" => Some("aws login"),
        "CREDENTIALS_HTTP" => Some("the container's credentials endpoint"),
        "CREDENTIALS_IMDS" => Some("the instance's metadata service"),
        _ => None,
    };
    let mut known: Vec<_> = steps.iter().filter_map(words).collect();
    known.dedup();
    if known.is_empty() { "the AWS SDK's search".to_owned() } else { known.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_in_words_and_one_that_is_not_known_by_the_search() {
        let of = |steps: &[&str]| source(&steps.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            of(&["CREDENTIALS_PROFILE_PROCESS", "CREDENTIALS_PROCESS"]),
            "a profile's credential_process, a credential_process"
        );
        assert_eq!(of(&["CREDENTIALS_IMDS"]), "the instance's metadata service");
        assert_eq!(of(&["CREDENTIALS_OF_TOMORROW"]), "the AWS SDK's search");
        assert_eq!(of(&[]), "the AWS SDK's search");
    }
}
