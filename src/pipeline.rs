//! The path of a run, in order: the only place that knows it whole.
//!
//! inputs → GitHub token → claims → identity (Cognito, STS) → stores (Secrets Manager) → values → export

use std::cell::RefCell;
use std::time::Duration;

use futures_util::future::try_join;

use crate::aws::{Region, rehearse_signing};
use crate::claims::{Claims, Discover, Expected, FetchKeys, KeySet, TokenFault, rehearse_verifying, verify};
use crate::error::Error;
use crate::export::{Export, ExportPlan};
use crate::fetch::{FetchPlan, Reader};
use crate::http::{Host, Log, Response};
use crate::identity::RoleSessionName;
use crate::identity::cognito::{GetId, GetOpenIdToken, Login};
use crate::identity::sts::{AssumeRoleWithWebIdentity, Session, check_session_tags};
use crate::inputs::{Inputs, RawInputs};
use crate::printable::printable;
use crate::retry::{ATTEMPT_TIMEOUT, Client, name_of};
use crate::secret::Secret;
use crate::secrets_manager::{SecretId, SecretValue, SecretVersion};
use crate::stores::{Document, Settled, Store, settle, stores_of};
use crate::value_from::SecretLine;
use crate::values::{Request, Value};

/// Runs the step up to the plan of what is to be exported; nothing has been written when it returns.
pub async fn run<H: Host>(host: &H, raw: RawInputs) -> Result<ExportPlan, Error> {
    let inputs = Inputs::parse(raw)?;
    let client = Client::new(host, inputs.timeout, inputs.max_attempts);
    // In this order: the requests for the token and the keys have left when the first connection is opened.
    let (job, ()) = try_join(job_token(&client, &inputs), prepare(host, &client, &inputs)).await?;
    let claims = job.claims.clone();
    host.log(Log::Group("Claims of the GitHub token".to_owned(), claims.lines()));
    let session_name = inputs.role_session_name.fill(&claims)?;
    let stores = stores_of(&claims, inputs.namespace.as_deref(), &inputs.kinds())?;
    let wanted = Wanted::new(&inputs, &stores);
    let plan = FetchPlan::new(&wanted.secrets, stores.len(), &inputs.role);
    // Three answers are still to come: time to open a connection for each call, by the first one's TLS session.
    for (region, connections) in plan.connections() {
        host.connect_early(inputs.secrets_manager_endpoint(region).origin(), connections);
    }

    let (session, tags) = session(host, &client, &inputs, job, &session_name).await?;
    let reader = Reader { role: &inputs.role, credentials: &session.credentials, session_tags: tags.as_deref() };
    let endpoint = |region: &Region| inputs.secrets_manager_endpoint(region);
    let (outcomes, notices) = plan.run(&client, endpoint, &reader, &wanted.secrets).await;
    notices.into_iter().for_each(|notice| host.log(Log::Notice(notice)));
    let read = wanted.documents(outcomes);
    for document in read.iter().flatten() {
        host.log(Log::Info(format!("Read {} ({})", document.name, document.arn())));
    }
    let values = values(host, &inputs, stores, &wanted, &read)?;

    let (plan, warnings) = Export {
        values: &values,
        to_environment: inputs.export_env,
        to_outputs: inputs.export_outputs,
        min_mask_length: inputs.min_mask_length,
        account: inputs.role.account().digits(),
        session_name: session_name.as_str(),
    }
    .plan()?;
    warnings.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
    host.log(Log::Group(format!("{} values loaded", values.len()), values.iter().map(Value::origin).collect()));
    Ok(plan)
}

/// What is done while the first answers are waited for.
async fn prepare<H: Host>(host: &H, client: &Client<'_, H>, inputs: &Inputs) -> Result<(), Error> {
    host.connect_early(inputs.cognito_endpoint.origin(), 1);
    host.connect_early(inputs.sts_endpoint.origin(), 1);
    for region in inputs.regions() {
        host.connect_early(inputs.secrets_manager_endpoint(region).origin(), 1);
    }
    // Not before all of that is under way.
    host.sleep(Duration::ZERO).await;
    rehearse_verifying(&inputs.issuer);
    rehearse_signing(&inputs.secrets_manager_region, client.now());
    Ok(())
}

/// The job's verified token and its claims.
struct JobToken {
    token: Secret,
    claims: Claims,
}

/// Gets the token and verifies it. The issuer's keys are fetched beside it, not after it.
async fn job_token<H: Host>(client: &Client<'_, H>, inputs: &Inputs) -> Result<JobToken, Error> {
    let token = async {
        match &inputs.github_token {
            Some(token) => Ok(token.clone()),
            None => client.github_token(&inputs.audience).await,
        }
    };
    let (token, (mut keys, mut response)) = try_join(token, issuer_keys(client, inputs)).await?;
    let expected = Expected { issuer: &inputs.issuer, audience: &inputs.audience };
    let check = |keys: &KeySet| verify(&token, keys, &expected, client.now());
    let mut checked = check(&keys);
    if let Err(TokenFault::UnknownKey { .. }) = checked {
        // The issuer may have begun to sign with a key that a cache does not have yet.
        (keys, response) = issuer_keys(client, inputs).await?;
        checked = check(&keys);
    }
    if checked.as_ref().is_err_and(TokenFault::is_about_time) && client.correct_clock(&response) {
        // By the issuer's clock the token may be valid.
        checked = check(&keys);
    }
    let claims = checked.map_err(Error::GithubTokenRejected)?;
    Ok(JobToken { token, claims })
}

/// The keys are where all of GitHub's issuers have them, or where the issuer's configuration says.
async fn issuer_keys<H: Host>(client: &Client<'_, H>, inputs: &Inputs) -> Result<(KeySet, Response), Error> {
    let fetch = FetchKeys::of(&inputs.issuer_base).ok_or(Error::Internal("the issuer has no URL for keys"))?;
    match client.call_for_response(&fetch).await {
        Err(Error::Refused(refusal)) if refusal.answer.status == 404 => {
            let discover = Discover::of(&inputs.issuer).ok_or(Error::Internal("the issuer has no configuration"))?;
            let configuration = client.call(&discover).await?;
            let fetch = FetchKeys::named_by(&configuration, &inputs.issuer)
                .map_err(|problem| Error::AnswerUnusable(Box::new(name_of(&discover)), problem))?;
            client.call_for_response(&fetch).await
        }
        keys => keys,
    }
}

/// The role session, and its tags if Cognito's token can be read.
async fn session<H: Host>(
    host: &H,
    client: &Client<'_, H>,
    inputs: &Inputs,
    job: JobToken,
    session_name: &RoleSessionName,
) -> Result<(Session, Option<Vec<(String, String)>>), Error> {
    let job = RefCell::new(job);
    // A retry may come when the token is about to end; Cognito is then shown a new one.
    // A token that was given cannot be replaced, so it is used to its end.
    let margin = if inputs.github_token.is_none() { ATTEMPT_TIMEOUT } else { Duration::ZERO };
    let login = async || {
        if job.borrow().claims.expires() <= client.now() + margin {
            let renewed = job_token(client, inputs).await?;
            job.replace(renewed);
        }
        Ok(Login { issuer: &inputs.issuer, token: job.borrow().token.clone() })
    };
    let (endpoint, pool, account) = (&inputs.cognito_endpoint, &inputs.pool, &inputs.cognito_account);
    let get_id = async || Ok(GetId { endpoint, account, pool, login: login().await? });
    let identity = &client.call_made(get_id).await?;
    let get_token = async || Ok(GetOpenIdToken { endpoint, pool, identity, login: login().await? });
    let token = client.call_made(get_token).await?;
    let tags = token.session_tags();
    if let Some(tags) = &tags {
        let lines = tags.iter().map(|(key, value)| format!("{}: {}", printable(key), printable(value))).collect();
        host.log(Log::Group("Session tags in Cognito's token".to_owned(), lines));
        check_session_tags(tags)?;
    }
    let assume_role = AssumeRoleWithWebIdentity {
        endpoint: &inputs.sts_endpoint,
        role: &inputs.role,
        session_name,
        duration_seconds: inputs.role_duration_seconds,
        token: &token,
        pool,
    };
    let session = client.call(&assume_role).await?;
    host.log(Log::Info(format!("Assumed {} until {}", session.arn, session.expiration)));
    Ok((session, tags))
}

/// The secrets to be read, none twice: the stores first, then what the lines of `secrets` name.
struct Wanted {
    secrets: Vec<SecretVersion>,
    /// For each line its place.
    places: Vec<usize>,
}

impl Wanted {
    fn new(inputs: &Inputs, stores: &[Store]) -> Self {
        let home = inputs.home();
        let store = |store: &Store| {
            SecretVersion::current(SecretId::by_name(&store.name, home.region, home.account, home.role))
        };
        let mut secrets: Vec<_> = stores.iter().map(store).collect();
        let mut places = Vec::new();
        for line in &inputs.secrets {
            let wanted = line.wanted(home);
            let known = secrets.iter().position(|secret| *secret == wanted);
            places.push(known.unwrap_or(secrets.len()));
            if known.is_none() {
                secrets.push(wanted);
            }
        }
        Self { secrets, places }
    }

    fn documents(&self, outcomes: Vec<Result<SecretValue, Error>>) -> Vec<Result<Document, Error>> {
        let name = |wanted: &SecretVersion| wanted.secret.name.clone();
        let document = |(wanted, outcome): (&SecretVersion, Result<SecretValue, Error>)| {
            outcome.map(|value| Document::new(name(wanted), value))
        };
        self.secrets.iter().zip(outcomes).map(document).collect()
    }

    /// The lines with their secrets, as far as these were read, and why the others were not.
    fn lines<'a>(
        &self,
        lines: &'a [SecretLine],
        read: &'a [Result<Document, Error>],
    ) -> (Vec<(&'a SecretLine, &'a Document)>, Option<Error>) {
        let of_lines = || lines.iter().zip(&self.places).filter_map(|(line, place)| Some((line, read.get(*place)?)));
        let documents = of_lines().filter_map(|(line, outcome)| Some((line, outcome.as_ref().ok()?))).collect();
        let unread = of_lines().filter_map(|(_, outcome)| outcome.as_ref().err().cloned()).reduce(Error::and);
        (documents, unread)
    }
}

/// The values, or all that is wrong with what was read.
fn values<H: Host>(
    host: &H,
    inputs: &Inputs,
    stores: Vec<Store>,
    wanted: &Wanted,
    read: &[Result<Document, Error>],
) -> Result<Vec<Value>, Error> {
    let of_stores = stores.into_iter().zip(read.iter().cloned()).collect();
    let layers = settle(of_stores, inputs.environment_store).map(|Settled { layers, warnings }| {
        warnings.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
        layers
    });
    let (secrets, unread) = wanted.lines(&inputs.secrets, read);
    let request = |layers: &[_]| {
        Request { lines: &inputs.values, layers, secret_lines: &inputs.secrets, secrets: &secrets }.resolve()
    };
    match (layers.and_then(|layers| request(&layers)), unread) {
        (values, None) => values,
        (Ok(_), Some(unread)) => Err(unread),
        (Err(error), Some(unread)) => Err(error.and(unread)),
    }
}
