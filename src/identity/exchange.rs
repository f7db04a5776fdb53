//! The way from the job's token, or the environment's credentials, to a session.

use crate::aws::cognito::{GetCredentialsForIdentity, GetId, GetOpenIdToken, IdentityId, OpenIdToken, PoolId};
use crate::aws::names::{AccountId, RoleArn};
use crate::aws::session::{RoleSessionName, Session, TagSource, check_session_tags};
use crate::aws::sts::{AssumeRole, AssumeRoleWithWebIdentity, WebIdentity};
use crate::call::client::Client;
use crate::call::operation::Operation;
use crate::error::Error;
use crate::github::claims::Claims;
use crate::github::job_token::JobToken;
use crate::host::http::{Host, Log};
use crate::host::url::BaseUrl;
use crate::identity::{Chain, Flow, Identity, tags_of};
use crate::inputs::Inputs;
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// The way from the job's token, or the environment's credentials, to a session.
pub(crate) struct Exchange<'a, H> {
    pub(crate) host: &'a H,
    pub(crate) client: &'a Client<'a, H>,
    pub(crate) inputs: &'a Inputs,
    pub(crate) job: Option<&'a JobToken<'a, H>>,
    pub(crate) claims: &'a Claims,
}

/// The tags of a session, if they are known.
type Tags = Option<Vec<(String, String)>>;

impl<H: Host> Exchange<'_, H> {
    /// The name of the session that STS is asked for.
    pub(crate) fn session_name(&self) -> Result<Option<RoleSessionName>, Error> {
        self.inputs.assumes_role().then(|| self.inputs.role_session_name.fill(self.claims)).transpose()
    }

    /// The token that STS takes.
    pub(crate) async fn web_identity_token(&self) -> Result<Secret, Error> {
        match &self.inputs.identity {
            Identity::Cognito { pool, account, endpoint, .. } => {
                let (token, _) = self.open_id_token(pool, account.as_ref(), endpoint).await?;
                Ok(token.token().clone())
            }
            _ => Ok(self.job()?.login().token.borrow().clone()),
        }
    }

    /// The session that reads.
    pub(crate) async fn session(&self, name: Option<&RoleSessionName>) -> Result<(Session, Tags), Error> {
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
