//! The path of a run, in order: the only place that knows it whole.
//!
//! inputs → GitHub token → claims → identity (Cognito, STS) → stores (Secrets Manager) → values → export

use futures_util::future::try_join;

use crate::aws::{AccountId, BaseUrl, Region, RoleArn, rehearse_signing};
use crate::claims::{Claims, rehearse_verifying};
use crate::error::Error;
use crate::export::{Export, ExportPlan};
use crate::fetch::{FetchPlan, Reader};
use crate::http::{Host, Log};
use crate::identity::cognito::{GetCredentialsForIdentity, GetId, GetOpenIdToken, IdentityId, OpenIdToken, PoolId};
use crate::identity::sts::{AssumeRole, AssumeRoleWithWebIdentity, TagSource, WebIdentity, check_session_tags};
use crate::identity::{Chain, ENHANCED_SESSION_NAME, Flow, Identity, RoleSessionName, Session, tags_of};
use crate::inputs::{Goal, Inputs};
use crate::job_token::JobToken;
use crate::printable::printable;
use crate::retry::{Client, Operation};
use crate::secret::Secret;
use crate::secrets_manager::{SecretId, SecretValue, SecretVersion};
use crate::stores::{Document, Settled, Store, Stores, settle, stores_of};
use crate::value_from::SecretLine;
use crate::values::{Request, Resolved, Value};

/// What a run came to, as far as its [`Goal`] went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The token that STS takes.
    pub web_identity_token: Option<Secret>,
    /// The name that the role session has, or is to have with that token.
    pub session_name: Option<String>,
    /// The session.
    pub session: Option<Session>,
    /// What it read.
    pub values: Vec<Value>,
}

/// Runs until the goal is reached and its export is planned; nothing has been written when it returns.
pub async fn run<H: Host>(host: &H, inputs: &Inputs) -> Result<(Outcome, ExportPlan), Error> {
    let client = &Client::new(host, inputs.timeout, inputs.max_attempts);
    let outcome = reach_goal(host, client, inputs).await?;
    let (plan, warnings) = Export { inputs, outcome: &outcome }.plan(async || client.give_way().await).await?;
    warnings.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
    Ok((outcome, plan))
}

async fn reach_goal<H: Host>(host: &H, client: &Client<'_, H>, inputs: &Inputs) -> Result<Outcome, Error> {
    if inputs.wants_nothing() {
        host.log(Log::Notice("No value was loaded: `values` and `secrets` name none. Nothing was sent.".to_owned()));
        return Ok(Outcome::default());
    }
    let job = async {
        match inputs.needs_token() {
            true => JobToken::fetch(client, inputs).await.map(Some),
            false => Ok(None),
        }
    };
    // In this order: the requests for the token and the keys have left when the first connection is opened.
    let (job, ()) = try_join(job, prepare(host, client, inputs)).await?;
    let claims = match &job {
        Some(job) => {
            host.log(Log::Group("Claims of the GitHub token".to_owned(), job.claims().lines()));
            job.claims().clone()
        }
        None => inputs.claims.clone().unwrap_or_default(),
    };
    let exchange = Exchange { host, client, inputs, job: job.as_ref(), claims: &claims };
    let Stores { stores, warning } =
        stores_of(&claims, inputs.namespace.as_deref(), &inputs.kinds(), inputs.environment_store)?;
    warning.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
    let wanted = Wanted::new(inputs, &stores);
    let plan = FetchPlan::new(&wanted.secrets, stores.len(), inputs.reader());
    let session_name = exchange.session_name()?;
    // Three answers are still to come: time to open a connection for each call, by the first one's TLS session.
    for (region, connections) in plan.connections() {
        host.connect_early(inputs.secrets_manager_endpoint(region).origin(), connections);
    }

    let fixed = matches!(inputs.identity, Identity::Cognito { .. }).then_some(ENHANCED_SESSION_NAME);
    let name = session_name.as_ref().map(RoleSessionName::as_str).or(fixed).map(str::to_owned);
    let mut outcome = Outcome { session_name: name, ..Outcome::default() };
    if inputs.goal == Goal::WebIdentityToken {
        outcome.web_identity_token = Some(exchange.web_identity_token().await?);
        return Ok(outcome);
    }
    let (session, tags) = exchange.session(session_name.as_ref()).await?;
    let session = outcome.session.insert(session);
    if wanted.secrets.is_empty() {
        return Ok(outcome);
    }
    let (credentials, session_tags) = (&session.credentials, tags.as_deref());
    let reader = Reader { role: inputs.reader(), credentials, session_tags };
    let endpoint = |region: &Region| inputs.secrets_manager_endpoint(region);
    let (outcomes, notices) = plan.run(client, endpoint, &reader, &wanted.secrets).await;
    notices.into_iter().for_each(|notice| host.log(Log::Notice(notice)));
    let read = wanted.documents(outcomes);
    for document in read.iter().flatten() {
        host.log(Log::Info(format!("Read {} ({})", document.name, document.arn())));
    }
    outcome.values = values(host, inputs, stores, &wanted, &read)?;
    let origins = outcome.values.iter().map(Value::origin).collect();
    let count = match outcome.values.len() {
        1 => "1 value".to_owned(),
        count => format!("{count} values"),
    };
    host.log(Log::Group(format!("{count} loaded"), origins));
    Ok(outcome)
}

/// What is done while the first answers are waited for.
async fn prepare<H: Host>(host: &H, client: &Client<'_, H>, inputs: &Inputs) -> Result<(), Error> {
    if let Identity::Cognito { endpoint, .. } = &inputs.identity {
        host.connect_early(endpoint.origin(), 1);
    }
    if inputs.calls_sts() {
        host.connect_early(inputs.sts_endpoint.origin(), 1);
    }
    for region in inputs.regions() {
        host.connect_early(inputs.secrets_manager_endpoint(region).origin(), 1);
    }
    // What follows holds the host up for some milliseconds: a handshake still under way would wait, and its request with it.
    host.all_sent().await;
    if inputs.needs_token() {
        rehearse_verifying(&inputs.issuer);
    }
    if inputs.signs() {
        rehearse_signing(&inputs.secrets_manager_region, client.now());
    }
    Ok(())
}

/// The way from the job's token, or the environment's credentials, to a session.
struct Exchange<'a, H> {
    host: &'a H,
    client: &'a Client<'a, H>,
    inputs: &'a Inputs,
    job: Option<&'a JobToken<'a, H>>,
    claims: &'a Claims,
}

/// The tags of a session, if they are known.
type Tags = Option<Vec<(String, String)>>;

impl<H: Host> Exchange<'_, H> {
    /// The name of the session that STS is asked for.
    fn session_name(&self) -> Result<Option<RoleSessionName>, Error> {
        self.inputs.assumes_role().then(|| self.inputs.role_session_name.fill(self.claims)).transpose()
    }

    /// The token that STS takes.
    async fn web_identity_token(&self) -> Result<Secret, Error> {
        match &self.inputs.identity {
            Identity::Cognito { pool, account, endpoint, .. } => {
                let (token, _) = self.open_id_token(pool, account.as_ref(), endpoint).await?;
                Ok(token.token().clone())
            }
            _ => Ok(self.job()?.login().token.borrow().clone()),
        }
    }

    /// The session that reads.
    async fn session(&self, name: Option<&RoleSessionName>) -> Result<(Session, Tags), Error> {
        let (session, tags) = self.first_session(name).await?;
        match (&self.inputs.chain, name) {
            (Some(chain), Some(name)) => self.chained_session(chain, name, &session).await,
            _ => Ok((session, tags)),
        }
    }

    async fn first_session(&self, name: Option<&RoleSessionName>) -> Result<(Session, Tags), Error> {
        let role = || self.inputs.role.as_ref().ok_or(Error::Internal("there is no role"));
        let (session, tags) = match &self.inputs.identity {
            Identity::Environment(credentials) => {
                let arn = "the environment's credentials".to_owned();
                return Ok((Session { credentials: credentials.clone(), arn, expiration: None, answered: None }, None));
            }
            Identity::Cognito { pool, account, endpoint, flow: Flow::Enhanced } => {
                let identity = &self.identity_id(pool, account.as_ref(), endpoint).await?;
                let login = self.job()?.login();
                let get = GetCredentialsForIdentity { endpoint, pool, identity, role: role()?, login };
                (self.call_with_token(&get).await?, None)
            }
            Identity::Cognito { pool, account, endpoint, flow: Flow::Basic } => {
                let (token, tags) = self.open_id_token(pool, account.as_ref(), endpoint).await?;
                let identity = WebIdentity::Cognito { token: &token, pool };
                (self.assume(role()?, name, identity).await?, tags)
            }
            // GitHub's token carries no session tags.
            Identity::WebIdentity => {
                (self.assume(role()?, name, WebIdentity::GitHub(self.job()?.login())).await?, Some(vec![]))
            }
        };
        self.say_assumed(&session);
        Ok((session, tags))
    }

    async fn identity_id(
        &self,
        pool: &PoolId,
        account: Option<&AccountId>,
        endpoint: &BaseUrl,
    ) -> Result<IdentityId, Error> {
        self.call_with_token(&GetId { endpoint, account, pool, login: self.job()?.login() }).await
    }

    /// Cognito's token, and the tags in it if it can be read.
    async fn open_id_token(
        &self,
        pool: &PoolId,
        account: Option<&AccountId>,
        endpoint: &BaseUrl,
    ) -> Result<(OpenIdToken, Tags), Error> {
        let identity = &self.identity_id(pool, account, endpoint).await?;
        let token =
            self.call_with_token(&GetOpenIdToken { endpoint, pool, identity, login: self.job()?.login() }).await?;
        let tags = token.session_tags();
        if let Some(tags) = &tags {
            let lines = tags.iter().map(|(key, value)| format!("{}: {}", printable(key), printable(value))).collect();
            self.host.log(Log::Group("Session tags in Cognito's token".to_owned(), lines));
            check_session_tags(tags, TagSource::Pool)?;
        }
        Ok((token, tags))
    }

    async fn assume(
        &self,
        role: &RoleArn,
        name: Option<&RoleSessionName>,
        identity: WebIdentity<'_>,
    ) -> Result<Session, Error> {
        let assume_role = AssumeRoleWithWebIdentity {
            endpoint: &self.inputs.sts_endpoint,
            role,
            session_name: name.ok_or(Error::Internal("the session has no name"))?,
            duration_seconds: self.inputs.role_duration_seconds,
            identity,
        };
        self.call_with_token(&assume_role).await
    }

    async fn chained_session(
        &self,
        chain: &Chain,
        session_name: &RoleSessionName,
        first: &Session,
    ) -> Result<(Session, Tags), Error> {
        let tags = tags_of(self.claims, &chain.tags);
        check_session_tags(&tags, TagSource::Input)?;
        let assume_role = AssumeRole {
            endpoint: &self.inputs.sts_endpoint,
            region: &self.inputs.sts_region,
            credentials: &first.credentials,
            role: &chain.role,
            session_name,
            duration_seconds: self.inputs.role_duration_seconds,
            tags: &tags,
            transitive_keys: &chain.transitive_keys,
        };
        let session = self.client.call(&assume_role).await?;
        self.say_assumed(&session);
        Ok((session, Some(tags)))
    }

    fn job(&self) -> Result<&JobToken<'_, H>, Error> {
        self.job.ok_or(Error::Internal("there is no GitHub token"))
    }

    /// A call that shows the GitHub token, renewed if need be before each attempt.
    async fn call_with_token<O: Operation>(&self, operation: &O) -> Result<O::Output, Error> {
        let job = self.job()?;
        self.client.call_prepared(operation, &|| Box::pin(job.renew())).await
    }

    fn say_assumed(&self, session: &Session) {
        let until = session.expiration.as_deref().unwrap_or("its end");
        self.host.log(Log::Info(format!("Assumed {} until {until}", session.arn)));
    }
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
        let store = |store: &Store| SecretVersion::current(SecretId::by_name(&store.name, home));
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
    let resolved = layers.and_then(|layers| request(&layers)).map(|Resolved { values, notices }| {
        notices.into_iter().for_each(|notice| host.log(Log::Notice(notice)));
        values
    });
    match (resolved, unread) {
        (values, None) => values,
        (Ok(_), Some(unread)) => Err(unread),
        (Err(error), Some(unread)) => Err(error.and(unread)),
    }
}
