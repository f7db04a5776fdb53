//! The legs of a job: its token, the pool, the tags, the role, and the stores.

use env_kvstore::aws::cognito::{GetCredentialsForIdentity, GetId, GetOpenIdToken, IdentityId, OpenIdToken, PoolId};
use env_kvstore::aws::names::{AccountId, RoleArn};
use env_kvstore::aws::session::{RoleSessionName, Session, TagSource, check_session_tags};
use env_kvstore::aws::sts::{AssumeRole, AssumeRoleWithWebIdentity, WebIdentity};
use env_kvstore::call::client::Client;
use env_kvstore::call::operation::Operation;
use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::github::claims::Claims;
use env_kvstore::github::job_token::JobToken;
use env_kvstore::host::http::Host;
use env_kvstore::host::url::BaseUrl;
use env_kvstore::identity::{Chain, Flow, Identity, tags_of};
use env_kvstore::inputs::Inputs;
use env_kvstore::text::printable::printable;
use serde_json::{Map, Value};

use crate::doctor::legs::{Ended, Found, Legs};
use crate::doctor::report::Examination;
use crate::doctor::stores::{Asking, ask};
use crate::sts::AssumeMeasured;

/// How many session tags STS takes.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_know>
const MAX_TAGS: usize = 50;

/// The claims that the summary has, as far as a job has them.
const SHOWN: [&str; 4] = ["repository", "environment", "event_name", "ref"];

/// The tags of a session, if they are known.
type Tags = Option<Vec<(String, String)>>;

/// Who the job is to AWS.
struct Opened {
    session: Session,
    tags: Tags,
}

/// For whoever tries the flags of a job on a machine of their own.
const NO_JOB: &str = "This is not a job of GitHub Actions, so there is no token to request. To examine the credentials of this \
     machine, leave out ‹cognito-identity-pool-id› and ‹cognito-role-arn›.";

/// Goes as far as it can. `is_job` is whether a runner of GitHub Actions is the machine.
pub(crate) async fn examine<H: Host>(
    host: &H,
    mut legs: Legs<'_, H>,
    client: &Client<'_, H>,
    inputs: &Inputs,
    is_job: bool,
) -> Examination {
    // What ended the way is in the legs.
    _ = go(host, &mut legs, client, inputs, is_job).await;
    legs.end(&way(inputs))
}

fn way(inputs: &Inputs) -> Vec<&'static str> {
    let by_identity: &[&str] = match &inputs.session.identity {
        Identity::Cognito { flow: Flow::Basic, .. } => &["token", "pool", "tags", "role"],
        Identity::Cognito { flow: Flow::Enhanced, .. } => &["token", "pool", "role"],
        Identity::WebIdentity => &["token", "role"],
        Identity::Environment(_) => &[],
    };
    let chain = inputs.session.chain.as_ref().map(|_| "chain");
    by_identity.iter().copied().chain(chain).chain(["stores"]).collect()
}

async fn go<H: Host>(
    host: &H,
    legs: &mut Legs<'_, H>,
    client: &Client<'_, H>,
    inputs: &Inputs,
    is_job: bool,
) -> Result<(), Ended> {
    let options = &inputs.session;
    let gone = legs.go("token", token(client, inputs)).await;
    if gone.is_err() && !is_job {
        legs.explain(Code::IdTokenPermissionMissing, NO_JOB);
    }
    let job = &gone?;
    let claims = job.claims().clone();
    let role = options.role.as_ref().ok_or(Error::Internal("there is no role"));
    let with_token = WithToken { client, job };
    let first = match &options.identity {
        Identity::Cognito { pool, account, endpoint, flow: Flow::Basic } => {
            let pool = Pool { id: pool, account: account.as_ref(), endpoint };
            let token = legs.go("pool", with_token.open_id_token(&pool)).await?;
            let tags = legs.go("tags", async { tags(&token) }).await?;
            let identity = WebIdentity::Cognito { token: &token, pool: pool.id };
            let session = legs.go("role", with_token.assume(inputs, role, &claims, identity)).await?;
            Opened { session, tags }
        }
        Identity::Cognito { pool, account, endpoint, flow: Flow::Enhanced } => {
            let pool = Pool { id: pool, account: account.as_ref(), endpoint };
            let identity = legs.go("pool", with_token.identity(&pool)).await?;
            let session = legs.go("role", async {
                let login = job.login();
                let get =
                    GetCredentialsForIdentity { endpoint, pool: pool.id, identity: &identity, role: role?, login };
                let session = with_token.call(&get).await?;
                let found = assumed(&session, None);
                Ok((session, found))
            });
            Opened { session: session.await?, tags: None }
        }
        // Credentials that are there already need no job.
        Identity::WebIdentity | Identity::Environment(_) => {
            let identity = WebIdentity::GitHub(job.login());
            let session = legs.go("role", with_token.assume(inputs, role, &claims, identity)).await?;
            // GitHub's token carries no session tags.
            Opened { session, tags: Some(vec![]) }
        }
    };
    let Opened { session, tags } = match &options.chain {
        None => first,
        Some(chain) => legs.go("chain", chained(client, inputs, chain, &claims, &first.session)).await?,
    };
    let (role, tags) = (options.session_role(), tags.as_deref());
    let asking = Asking { inputs, claims: Some(&claims), role, session: &session, tags };
    ask(legs, host, client, &asking).await.map_err(|()| Ended)
}

async fn token<'c, H: Host>(client: &'c Client<'c, H>, inputs: &'c Inputs) -> Result<(JobToken<'c, H>, Found), Error> {
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

/// An identity pool.
struct Pool<'a> {
    id: &'a PoolId,
    account: Option<&'a AccountId>,
    endpoint: &'a BaseUrl,
}

/// Calls that show the GitHub token, renewed if need be before each attempt.
struct WithToken<'a, H> {
    client: &'a Client<'a, H>,
    job: &'a JobToken<'a, H>,
}

impl<H: Host> WithToken<'_, H> {
    async fn call<O: Operation>(&self, operation: &O) -> Result<O::Output, Error> {
        self.client.call_prepared(operation, &|| Box::pin(self.job.renew())).await
    }

    async fn identity(&self, pool: &Pool<'_>) -> Result<(IdentityId, Found), Error> {
        let Pool { id, account, endpoint } = *pool;
        let identity = self.call(&GetId { endpoint, account, pool: id, login: self.job.login() }).await?;
        let found = Found::new(format!("{id} knows the issuer")).with("pool", id.to_string());
        Ok((identity, found))
    }

    async fn open_id_token(&self, pool: &Pool<'_>) -> Result<(OpenIdToken, Found), Error> {
        let (identity, found) = self.identity(pool).await?;
        let (endpoint, login) = (pool.endpoint, self.job.login());
        let token = self.call(&GetOpenIdToken { endpoint, pool: pool.id, identity: &identity, login }).await?;
        Ok((token, found))
    }

    async fn assume(
        &self,
        inputs: &Inputs,
        role: Result<&RoleArn, Error>,
        claims: &Claims,
        identity: WebIdentity<'_>,
    ) -> Result<(Session, Found), Error> {
        let options = &inputs.session;
        let assume = AssumeMeasured(AssumeRoleWithWebIdentity {
            endpoint: &options.sts_endpoint,
            role: role?,
            session_name: &options.role_session_name.fill(claims)?,
            duration_seconds: options.role_duration_seconds,
            identity,
        });
        let (session, packed) = self.call(&assume).await?;
        let found = assumed(&session, packed);
        Ok((session, found))
    }
}

fn assumed(session: &Session, packed: Option<u32>) -> Found {
    let size = packed.map_or(String::new(), |percent| format!("; its tags take {percent} % of the space for them"));
    let until = session.expiration.as_deref().unwrap_or("its end");
    Found::new(format!("{} until {until}{size}", session.arn))
        .with("arn", session.arn.clone())
        .with("expiration", session.expiration.clone())
        .with("packedPolicySizePercent", packed)
}

/// The tags of the session, none of which STS would refuse.
fn tags(token: &OpenIdToken) -> Result<(Tags, Found), Error> {
    let Some(tags) = token.session_tags() else {
        return Ok((None, Found::new("Cognito's token is opaque: its session tags cannot be read")));
    };
    let refused = tags.iter().filter_map(|tag| check_session_tags(std::slice::from_ref(tag), TagSource::Pool).err());
    let refused = refused.chain((tags.len() > MAX_TAGS).then(|| too_many(tags.len())));
    if let Some(error) = refused.reduce(Error::and) {
        return Err(error);
    }
    let pairs: Map<_, _> = tags.iter().map(|(key, value)| (printable(key), Value::from(printable(value)))).collect();
    let said = match tags.as_slice() {
        [] => "none: the pool has no principal tag map for this issuer, so no policy can tell jobs apart".to_owned(),
        tags => tags
            .iter()
            .map(|(key, value)| format!("{}={}", printable(key), printable(value)))
            .collect::<Vec<_>>()
            .join(", "),
    };
    Ok((Some(tags), Found::new(said).with("tags", Value::Object(pairs))))
}

fn too_many(count: usize) -> Error {
    Error::ClaimUnusable {
        claim: "https://aws.amazon.com/tags".to_owned(),
        problem: format!("gives {count} session tags, and STS takes {MAX_TAGS}"),
        hint: "Remove claims that no policy uses from the pool's principal tag map.".to_owned(),
    }
}

async fn chained<H: Host>(
    client: &Client<'_, H>,
    inputs: &Inputs,
    chain: &Chain,
    claims: &Claims,
    first: &Session,
) -> Result<(Opened, Found), Error> {
    let options = &inputs.session;
    let tags = tags_of(claims, &chain.tags);
    check_session_tags(&tags, TagSource::Input)?;
    let session_name: &RoleSessionName = &options.role_session_name.fill(claims)?;
    let assume = AssumeRole {
        endpoint: &options.sts_endpoint,
        region: &options.sts_region,
        credentials: &first.credentials,
        role: &chain.role,
        session_name,
        duration_seconds: options.role_duration_seconds,
        tags: &tags,
        transitive_keys: &chain.transitive_keys,
    };
    let session = client.call(&assume).await?;
    let found = assumed(&session, None);
    Ok((Opened { session, tags: Some(tags) }, found))
}
