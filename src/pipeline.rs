//! The path of a run, in order: the only place that knows it whole.
//!
//! inputs → GitHub token → claims → identity (Cognito, STS) → stores (Secrets Manager, Parameter Store) → values → export
//!
//! A step that migrates does so between identity and stores. One that reads from Vault takes another path: [`vault::run`].

use futures_util::future::try_join;

use crate::aws::names::RoleArn;
use crate::aws::secrets_manager::Access;
use crate::aws::session::{RoleSessionName, Session};
use crate::aws::sigv4::rehearse_signing;
use crate::call::apart::apart;
use crate::call::client::Client;
use crate::error::Error;
use crate::export::{Export, Outcome};
use crate::github::claims::Claims;
use crate::github::job_token::JobToken;
use crate::host::http::{Host, Log};
use crate::identity::exchange::Exchange;
use crate::identity::{ENHANCED_SESSION_NAME, Identity};
use crate::inputs::{Goal, Inputs, RawInputs, Step};
use crate::migration::{Migrated, MigrationOptions, Mover};
use crate::run::{Run, planned, say_claims, say_loaded};
use crate::stores::backend::Caller;
use crate::stores::denied::explained;
use crate::stores::fetch::FetchPlan;
use crate::stores::naming::{Stores, stores_of};
use crate::stores::resolve::services_of;
use crate::stores::wanted::{Read, values, wanted};
use crate::vault;

/// Runs until the goal is reached and its export is planned; nothing has been written when it returns.
pub async fn run<H: Host>(host: &H, raw: RawInputs) -> Result<Run, Error> {
    match Step::parse(raw)? {
        Step::Aws(inputs) => apart(run_on_aws(host, &inputs)).await,
        Step::Vault(inputs) => apart(vault::run::run(host, &inputs)).await,
    }
}

async fn run_on_aws<H: Host>(host: &H, inputs: &Inputs) -> Result<Run, Error> {
    let client = &Client::new(host, inputs.timeout, inputs.max_attempts);
    let outcome = reach_goal(host, client, inputs).await?;
    let account = inputs.session.session_role().map(RoleArn::account);
    let (options, region) = (&inputs.export, Some(&inputs.region));
    let export = Export { options, region, account, source: services_of(&outcome.values), outcome: &outcome };
    let plan = planned(host, client, export).await?;
    Ok(Run { goal: inputs.goal, account: account.cloned(), outcome, plan })
}

async fn reach_goal<H: Host>(host: &H, client: &Client<'_, H>, inputs: &Inputs) -> Result<Outcome, Error> {
    if inputs.wants_nothing() {
        host.log(Log::Notice("No value was loaded: `values` and `secrets` name none. Nothing was sent.".to_owned()));
        return Ok(Outcome::default());
    }
    let (job, claims) = job(host, client, inputs).await?;
    let exchange = Exchange { host, client, options: &inputs.session, job: job.as_ref(), claims: &claims };
    let options = &inputs.stores;
    let Stores { stores, warning } =
        stores_of(&claims, options.namespace.as_ref(), &options.kinds(), options.environment_store)?;
    warning.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
    let role = inputs.session.session_role();
    let home = options.home(role);
    let plan = FetchPlan::new(&options.backend, wanted(stores, &options.secrets, home), role);
    let session_name = exchange.session_name()?;
    // Three answers are still to come: time to open a connection for each call, by the first one's TLS session.
    for (endpoint, connections) in plan.connections() {
        host.connect_early(endpoint.origin(), connections);
    }

    let fixed = matches!(inputs.session.identity, Identity::Cognito(..)).then_some(ENHANCED_SESSION_NAME);
    let name = session_name.as_ref().map(RoleSessionName::as_str).or(fixed).map(str::to_owned);
    let mut outcome = Outcome { session_name: name, ..Outcome::default() };
    if inputs.goal == Goal::WebIdentityToken {
        outcome.web_identity_token = Some(apart(exchange.web_identity_token()).await?);
        return Ok(outcome);
    }
    // A second role's rules are not those of the job, and what tags an exchange gives is in no kvstore.json.
    let is_exchanged = matches!(inputs.session.identity, Identity::Exchanged(_));
    let explained = |error, reads: &[Read]| match (&job, &inputs.session.chain) {
        (Some(_), None) if !is_exchanged => explained(error, &claims, role, reads),
        _ => error,
    };
    let (session, tags) = exchange.session(session_name.as_ref()).await.map_err(|error| explained(error, &[]))?;
    let session = outcome.session.insert(session);
    let caller = Caller { role, credentials: &session.credentials, session_tags: tags.as_deref() };
    if let Some(migration) = &inputs.migration {
        outcome.migrated = apart(migrate(host, client, inputs, migration, &claims, caller)).await?;
    }
    if plan.is_empty() {
        return Ok(outcome);
    }
    let (read, notices) = plan.run(client, caller).await;
    notices.into_iter().for_each(|notice| host.log(Log::Notice(notice)));
    for document in read.iter().filter_map(|read| read.documents.as_ref().ok()).flatten() {
        host.log(Log::Info(format!("Read {} ({})", document.name, document.arn())));
    }
    outcome.values = values(host, options, home, &read).map_err(|error| explained(error, &read))?;
    say_loaded(host, &outcome.values);
    Ok(outcome)
}

async fn migrate<H: Host>(
    host: &H,
    client: &Client<'_, H>,
    inputs: &Inputs,
    migration: &MigrationOptions,
    claims: &Claims,
    Caller { role, credentials, session_tags }: Caller<'_>,
) -> Result<Vec<Migrated>, Error> {
    let (stores, s3) = (&inputs.stores, &inputs.s3);
    let region = &stores.region;
    let endpoint = &stores.backend.secrets_manager.of(region);
    let access = Access { endpoint, region, role, credentials, session_tags };
    let mover = Mover { host, client, access, claims, stores, s3, region: &inputs.region };
    mover.migrate(migration).await
}

/// The job's token, if it is needed, and the claims that name things.
async fn job<'a, H: Host>(
    host: &H,
    client: &'a Client<'a, H>,
    inputs: &'a Inputs,
) -> Result<(Option<JobToken<'a, H>>, Claims), Error> {
    let job = async {
        match inputs.needs_token() {
            true => JobToken::fetch(client, &inputs.token).await.map(Some),
            false => Ok(None),
        }
    };
    // In this order: the requests for the token and the keys have left when the first connection is opened.
    let (job, ()) = try_join(job, prepare(host, client, inputs)).await?;
    let claims = match &job {
        Some(job) => {
            say_claims(host, job);
            job.claims().clone()
        }
        None => inputs.claims.clone().unwrap_or_default(),
    };
    Ok((job, claims))
}

/// A session that does something else than to load values.
#[derive(Debug)]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// Its tags, if they are known.
    pub tags: Option<Vec<(String, String)>>,
    /// Those of the job, or those that were given.
    pub claims: Claims,
}

/// Goes as far as the session.
pub async fn open_session<H: Host>(host: &H, client: &Client<'_, H>, inputs: &Inputs) -> Result<Opened, Error> {
    let (job, claims) = job(host, client, inputs).await?;
    let exchange = Exchange { host, client, options: &inputs.session, job: job.as_ref(), claims: &claims };
    let session_name = exchange.session_name()?;
    let (session, tags) = exchange.session(session_name.as_ref()).await?;
    Ok(Opened { session, tags, claims })
}

/// What is done while the first answers are waited for.
async fn prepare<H: Host>(host: &H, client: &Client<'_, H>, inputs: &Inputs) -> Result<(), Error> {
    match &inputs.session.identity {
        Identity::Cognito(pool, _) => host.connect_early(pool.endpoint.origin(), 1),
        Identity::Exchanged(url) => host.connect_early(url.origin(), 1),
        Identity::WebIdentity | Identity::Environment(_) => {}
    }
    if inputs.calls_sts() {
        host.connect_early(inputs.session.sts_endpoint.origin(), 1);
    }
    for endpoint in inputs.stores.endpoints() {
        host.connect_early(endpoint.origin(), 1);
    }
    // What follows holds the host up for some milliseconds: a handshake still under way would wait, and its request with it.
    host.all_sent().await;
    if inputs.signs() {
        rehearse_signing(&inputs.stores.region, client.now());
    }
    Ok(())
}
