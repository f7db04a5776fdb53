//! The way from the job's token, or the environment's credentials, to a session.

use crate::aws::cognito::{GetCredentialsForIdentity, GetId, GetOpenIdToken, IdentityId, OpenIdToken};
use crate::aws::names::RoleArn;
use crate::aws::session::{RoleSessionName, Session, SessionTags, TagSource, check_session_tags};
use crate::aws::sts::{AssumeRole, AssumeRoleWithWebIdentity, WebIdentity};
use crate::call::apart::apart;
use crate::call::client::Client;
use crate::call::operation::Operation;
use crate::error::Error;
use crate::github::claims::Claims;
use crate::github::job_token::JobToken;
use crate::github::token_exchange::{ExchangeToken, ExchangedToken, TokenExchangeUrl};
use crate::host::http::{Host, Log};
use crate::identity::{Chain, Flow, Identity, IdentityPool, SessionOptions};
use crate::text::secret::Secret;

/// The way from the job's token, or the environment's credentials, to a session.
pub(crate) struct Exchange<'a, H> {
    pub(crate) host: &'a H,
    pub(crate) client: &'a Client<'a, H>,
    pub(crate) options: &'a SessionOptions,
    pub(crate) job: Option<&'a JobToken<'a, H>>,
    pub(crate) claims: &'a Claims,
}

/// A token or a session, with its tags if they are known.
type Tagged<T> = (T, Option<SessionTags>);

/// The tags of the session that reads, if they are known.
type Tags = Option<Vec<(String, String)>>;

impl<H: Host> Exchange<'_, H> {
    /// The name of the session that STS is asked for.
    pub(crate) fn session_name(&self) -> Result<Option<RoleSessionName>, Error> {
        self.options.assumes_role().then(|| self.options.role_session_name.fill(self.claims)).transpose()
    }

    /// The token that STS takes.
    pub(crate) async fn web_identity_token(&self) -> Result<Secret, Error> {
        match &self.options.identity {
            Identity::Cognito(pool, _) => Ok(self.open_id_token(pool).await?.0.token().clone()),
            Identity::Exchanged(url) => Ok(self.exchanged_token(url).await?.0.token().clone()),
            _ => Ok(self.job()?.login().token.borrow().clone()),
        }
    }

    /// The session that reads.
    pub(crate) async fn session(&self, name: Option<&RoleSessionName>) -> Result<(Session, Tags), Error> {
        let (session, tags) = self.first_session(name).await?;
        match (&self.options.chain, name) {
            (Some(chain), Some(name)) => apart(self.chained_session(chain, name, &session, tags)).await,
            _ => Ok((session, tags.map(|tags| tags.pairs))),
        }
    }

    async fn first_session(&self, name: Option<&RoleSessionName>) -> Result<Tagged<Session>, Error> {
        let (session, tags) = match &self.options.identity {
            Identity::Environment(credentials) => {
                let arn = "the environment's credentials".to_owned();
                return Ok((Session { credentials: credentials.clone(), arn, expiration: None, answered: None }, None));
            }
            Identity::Cognito(pool, Flow::Basic) => apart(self.basic_flow(pool, name)),
            Identity::Cognito(pool, Flow::Enhanced) => apart(self.enhanced_flow(pool)),
            Identity::WebIdentity => apart(self.web_identity(name)),
            Identity::Exchanged(url) => apart(self.exchanged(url, name)),
        }
        .await?;
        self.say_assumed(&session);
        Ok((session, tags))
    }

    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html>
    async fn basic_flow(&self, pool: &IdentityPool, name: Option<&RoleSessionName>) -> Result<Tagged<Session>, Error> {
        let (token, tags) = self.open_id_token(pool).await?;
        Ok((self.assume(name, WebIdentity::Cognito { token: &token, pool: &pool.id }).await?, tags))
    }

    async fn enhanced_flow(&self, pool: &IdentityPool) -> Result<Tagged<Session>, Error> {
        let identity = &self.identity_id(pool).await?;
        let IdentityPool { id: pool, endpoint, .. } = pool;
        let login = self.job()?.login();
        let get = GetCredentialsForIdentity { endpoint, pool, identity, role: self.role()?, login };
        Ok((self.call_with_token(&get).await?, None))
    }

    /// GitHub's token carries no session tags.
    async fn web_identity(&self, name: Option<&RoleSessionName>) -> Result<Tagged<Session>, Error> {
        let identity = WebIdentity::GitHub(self.job()?.login());
        Ok((self.assume(name, identity).await?, Some(SessionTags::default())))
    }

    async fn exchanged(
        &self,
        url: &TokenExchangeUrl,
        name: Option<&RoleSessionName>,
    ) -> Result<Tagged<Session>, Error> {
        let (token, tags) = self.exchanged_token(url).await?;
        Ok((self.assume(name, WebIdentity::Exchanged(&token)).await?, tags))
    }

    async fn identity_id(&self, pool: &IdentityPool) -> Result<IdentityId, Error> {
        let IdentityPool { id: pool, account, endpoint } = pool;
        let get = GetId { endpoint, account: account.as_ref(), pool, login: self.job()?.login() };
        self.call_with_token(&get).await
    }

    /// Cognito's token, and the tags in it if it can be read.
    async fn open_id_token(&self, pool: &IdentityPool) -> Result<Tagged<OpenIdToken>, Error> {
        let identity = &self.identity_id(pool).await?;
        let IdentityPool { id: pool, endpoint, .. } = pool;
        let get = GetOpenIdToken { endpoint, pool, identity, login: self.job()?.login() };
        let token = self.call_with_token(&get).await?;
        let tags = self.tags_in(token.token(), "Session tags in Cognito's token", TagSource::Pool)?;
        Ok((token, tags))
    }

    /// The exchange's token, and the tags in it if it can be read.
    async fn exchanged_token(&self, url: &TokenExchangeUrl) -> Result<Tagged<ExchangedToken>, Error> {
        let job = self.job()?;
        let exchange = ExchangeToken { url, login: job.login(), audience: job.audience() };
        let token = self.call_with_token(&exchange).await?;
        let tags = self.tags_in(token.token(), "Session tags in the exchange's token", TagSource::Exchange)?;
        Ok((token, tags))
    }

    /// Says what the tags of a token are, and finds those that STS would refuse.
    fn tags_in(&self, token: &Secret, title: &str, source: TagSource) -> Result<Option<SessionTags>, Error> {
        let tags = SessionTags::of_token(token);
        if let Some(tags) = &tags {
            self.host.log(Log::Group(title.to_owned(), tags.lines()));
            check_session_tags(&tags.pairs, source)?;
        }
        Ok(tags)
    }

    async fn assume(&self, name: Option<&RoleSessionName>, identity: WebIdentity<'_>) -> Result<Session, Error> {
        let assume_role = AssumeRoleWithWebIdentity {
            endpoint: &self.options.sts_endpoint,
            role: self.role()?,
            session_name: name.ok_or(Error::Internal("the session has no name"))?,
            duration_seconds: self.options.role_duration_seconds,
            identity,
        };
        self.call_with_token(&assume_role).await
    }

    async fn chained_session(
        &self,
        chain: &Chain,
        session_name: &RoleSessionName,
        first: &Session,
        first_tags: Option<SessionTags>,
    ) -> Result<(Session, Tags), Error> {
        let inherited = first_tags.unwrap_or_default().transitive();
        let mut tags = chain.session_tags(self.claims, &inherited)?;
        let assume_role = AssumeRole {
            endpoint: &self.options.sts_endpoint,
            region: &self.options.sts_region,
            credentials: &first.credentials,
            role: &chain.role,
            session_name,
            duration_seconds: self.options.role_duration_seconds,
            tags: &tags,
            inherited: &inherited,
            transitive_keys: &chain.transitive_keys,
        };
        let session = self.client.call(&assume_role).await?;
        self.say_assumed(&session);
        tags.extend(inherited);
        Ok((session, Some(tags)))
    }

    fn role(&self) -> Result<&RoleArn, Error> {
        self.options.role.as_ref().ok_or(Error::Internal("there is no role"))
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
