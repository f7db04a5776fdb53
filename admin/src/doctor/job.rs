//! The legs of a job: its token, the pool, the tags, the role, and the stores.

use env_kvstore::aws::cognito::{GetCredentialsForIdentity, GetId, GetOpenIdToken, IdentityId, OpenIdToken};
use env_kvstore::aws::names::RoleArn;
use env_kvstore::aws::session::{Session, SessionTags, TagSource, check_session_tags, list_of_tags};
use env_kvstore::aws::sts::{AssumeRoleWithWebIdentity, WebIdentity};
use env_kvstore::call::client::Client;
use env_kvstore::call::operation::Operation;
use env_kvstore::error::Error;
use env_kvstore::github::claims::Claims;
use env_kvstore::github::job_token::JobToken;
use env_kvstore::github::token_exchange::ExchangeToken;
use env_kvstore::host::http::Host;
use env_kvstore::identity::{Flow, Identity, IdentityPool};
use env_kvstore::inputs::Inputs;
use env_kvstore::text::printable::printable;
use env_kvstore::text::secret::Secret;
use serde_json::{Map, Value};

use crate::doctor::legs::{Ended, Found, Legs};
use crate::doctor::report::Examination;
use crate::doctor::session::{Opened, Tags, assumed};
use crate::doctor::stores::reach;
use crate::doctor::token::token;
use crate::sts::AssumeMeasured;

/// How many session tags STS takes.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_know>
const MAX_TAGS: usize = 50;

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
        Identity::Cognito(_, Flow::Basic) => &["token", "pool", "tags", "role"],
        Identity::Cognito(_, Flow::Enhanced) => &["token", "pool", "role"],
        Identity::WebIdentity => &["token", "role"],
        Identity::Exchanged(_) => &["token", "exchange", "tags", "role"],
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
    let job = &token(legs, client, inputs, (!is_job).then_some(NO_JOB)).await?;
    let claims = job.claims().clone();
    let role = options.role.as_ref().ok_or(Error::Internal("there is no role"));
    let with_token = WithToken { client, job };
    let first = match &options.identity {
        Identity::Cognito(pool, Flow::Basic) => {
            let token = legs.go("pool", with_token.open_id_token(pool)).await?;
            let tags = legs.go("tags", async { tags(token.token(), TagSource::Pool) }).await?;
            let identity = WebIdentity::Cognito { token: &token, pool: &pool.id };
            let session = legs.go("role", with_token.assume(inputs, role, &claims, identity)).await?;
            Opened { session, tags }
        }
        Identity::Cognito(pool, Flow::Enhanced) => {
            let identity = &legs.go("pool", with_token.identity(pool)).await?;
            let IdentityPool { id: pool, endpoint, .. } = pool;
            let session = legs.go("role", async {
                let get = GetCredentialsForIdentity { endpoint, pool, identity, role: role?, login: job.login() };
                let session = with_token.call(&get).await?;
                let found = assumed(&session, None);
                Ok((session, found))
            });
            Opened { session: session.await?, tags: None }
        }
        Identity::Exchanged(url) => {
            let token = legs.go("exchange", async {
                let exchange = ExchangeToken { url, login: job.login(), audience: job.audience() };
                let token = with_token.call(&exchange).await?;
                let found = Found::new(format!("{} takes the token", url.origin())).with("origin", url.origin());
                Ok((token, found))
            });
            let token = token.await?;
            let tags = legs.go("tags", async { tags(token.token(), TagSource::Exchange) }).await?;
            let identity = WebIdentity::Exchanged(&token);
            let session = legs.go("role", with_token.assume(inputs, role, &claims, identity)).await?;
            Opened { session, tags }
        }
        // Credentials that are there already need no job.
        Identity::WebIdentity | Identity::Environment(_) => {
            let identity = WebIdentity::GitHub(job.login());
            let session = legs.go("role", with_token.assume(inputs, role, &claims, identity)).await?;
            // GitHub's token carries no session tags.
            Opened { session, tags: Some(SessionTags::default()) }
        }
    };
    reach(legs, host, client, inputs, Some(&claims), first).await
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

    async fn identity(&self, pool: &IdentityPool) -> Result<(IdentityId, Found), Error> {
        let IdentityPool { id: pool, account, endpoint } = pool;
        let get = GetId { endpoint, account: account.as_ref(), pool, login: self.job.login() };
        let identity = self.call(&get).await?;
        let found = Found::new(format!("{pool} takes the token")).with("pool", pool.to_string());
        Ok((identity, found))
    }

    async fn open_id_token(&self, pool: &IdentityPool) -> Result<(OpenIdToken, Found), Error> {
        let (identity, found) = self.identity(pool).await?;
        let IdentityPool { id: pool, endpoint, .. } = pool;
        let get = GetOpenIdToken { endpoint, pool, identity: &identity, login: self.job.login() };
        let token = self.call(&get).await?;
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

/// The tags of the session, none of which STS would refuse.
fn tags(token: &Secret, source: TagSource) -> Result<(Tags, Found), Error> {
    let Some(tags) = SessionTags::of_token(token) else {
        return Ok((None, Found::new("the token is opaque: its session tags cannot be read")));
    };
    let pairs = &tags.pairs;
    let refused = pairs.iter().filter_map(|tag| check_session_tags(std::slice::from_ref(tag), source).err());
    let refused = refused.chain((pairs.len() > MAX_TAGS).then(|| too_many(pairs.len())));
    if let Some(error) = refused.reduce(Error::and) {
        return Err(error);
    }
    let said = match (pairs.as_slice(), source) {
        ([], TagSource::Exchange) => {
            "none: the exchange's token carries none, so no policy can tell jobs apart".to_owned()
        }
        ([], _) => {
            "none: the pool has no principal tag map for this issuer, so no policy can tell jobs apart".to_owned()
        }
        (pairs, _) => list_of_tags(pairs),
    };
    let members: Map<_, _> = pairs.iter().map(|(key, value)| (printable(key), Value::from(printable(value)))).collect();
    let mut found = Found::new(said).with("tags", Value::Object(members));
    if source == TagSource::Exchange {
        found = found.with(
            "transitiveTagKeys",
            tags.transitive().into_iter().map(|(key, _)| printable(&key)).collect::<Vec<_>>(),
        );
    }
    Ok((Some(tags), found))
}

fn too_many(count: usize) -> Error {
    Error::ClaimUnusable {
        claim: "https://aws.amazon.com/tags".to_owned(),
        problem: format!("gives {count} session tags, and STS takes {MAX_TAGS}"),
        hint: "Remove tags that no policy uses from the pool's principal tag map, or from the exchange's mapping."
            .to_owned(),
    }
}
