//! The path of a run, in order: the only place that knows it whole.
//!
//! inputs → GitHub token → claims → identity (Cognito, STS) → stores (Secrets Manager) → values → export

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::{join_all, try_join};

use crate::claims::{Claims, Discover, Expected, FetchKeys, KeySet, TokenFault, verify};
use crate::error::Error;
use crate::export::{Export, ExportPlan};
use crate::http::{Host, Log, Response};
use crate::identity::RoleSessionName;
use crate::identity::cognito::{GetId, GetOpenIdToken, Login};
use crate::identity::sts::{AssumeRoleWithWebIdentity, Session, check_session_tags};
use crate::inputs::{Inputs, RawInputs};
use crate::printable::printable;
use crate::retry::{ATTEMPT_TIMEOUT, Client, name_of};
use crate::secret::Secret;
use crate::stores::{Document, GetSecretValue, Store, settle, stores_of};
use crate::values::{Value, ValueLine, resolve};

/// Runs the step up to the plan of what is to be exported; nothing has been written when it returns.
pub async fn run<H: Host>(host: &H, raw: RawInputs) -> Result<ExportPlan, Error> {
    let inputs = Inputs::parse(raw)?;
    let client = Client::new(host, inputs.timeout, inputs.max_attempts);
    for endpoint in [&inputs.cognito_endpoint, &inputs.sts_endpoint, &inputs.secrets_manager_endpoint] {
        host.connect_early(endpoint.origin());
    }

    let job = job_token(&client, &inputs).await?;
    let claims = job.claims.clone();
    host.log(Log::Group("Claims of the GitHub token".to_owned(), claims.lines()));
    let session_name = inputs.role_session_name.fill(&claims)?;
    let kinds: BTreeSet<_> = inputs.values.iter().map(ValueLine::kind).collect();
    let stores = stores_of(&claims, inputs.namespace.as_deref(), &kinds)?;

    let (session, tags) = session(host, &client, &inputs, job, &session_name).await?;
    let outcomes = read(&client, &inputs, &session, tags.as_deref(), stores).await;
    for document in outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()) {
        host.log(Log::Info(format!("Read {} ({})", document.store, document.arn)));
    }
    let (layers, warnings) = settle(outcomes, inputs.environment_store)?;
    warnings.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
    let values = resolve(&inputs.values, &layers)?;

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
    host.log(Log::Group(format!("{} values loaded", values.len()), values.iter().map(describe).collect()));
    Ok(plan)
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
    let session = client
        .call(&AssumeRoleWithWebIdentity {
            endpoint: &inputs.sts_endpoint,
            role: &inputs.role,
            session_name,
            duration_seconds: inputs.role_duration_seconds,
            token: &token,
            pool,
        })
        .await?;
    host.log(Log::Info(format!("Assumed {} until {}", session.arn, session.expiration)));
    Ok((session, tags))
}

/// All stores at the same time.
async fn read<H: Host>(
    client: &Client<'_, H>,
    inputs: &Inputs,
    session: &Session,
    tags: Option<&[(String, String)]>,
    stores: Vec<Store>,
) -> Vec<(Store, Result<Document, Error>)> {
    join_all(stores.into_iter().map(async |store| {
        let operation = GetSecretValue {
            endpoint: &inputs.secrets_manager_endpoint,
            region: &inputs.secrets_manager_region,
            account: &inputs.secrets_manager_account,
            role: &inputs.role,
            credentials: &session.credentials,
            session_tags: tags,
            store: &store,
        };
        let outcome = client.call(&operation).await;
        (store, outcome)
    }))
    .await
}

fn describe(value: &Value) -> String {
    format!("{} ({}) from {} {}", value.name, value.kind.name(), value.scope.name(), value.store)
}
