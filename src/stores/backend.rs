//! Where secrets are kept, and the calls that read them. What is read, and in which order, is for the rest of `stores/`.

use crate::aws::endpoints::Endpoints;
use crate::aws::names::{Region, RoleArn};
use crate::aws::secret_id::{SecretId, SecretVersion};
use crate::aws::secrets_manager::{Access, BatchGetSecretValue, GetSecretValue, MAX_BATCH};
use crate::aws::sigv4::Credentials;
use crate::call::client::Client;
use crate::error::Error;
use crate::host::answer::Answer;
use crate::host::http::Host;
use crate::host::url::BaseUrl;
use crate::text::secret_value::SecretValue;

/// What keeps the secrets.
#[derive(Debug)]
pub enum Backend {
    /// AWS Secrets Manager, at these endpoints.
    SecretsManager(Endpoints),
}

/// Who reads.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The session's role, if it is known.
    pub role: Option<&'a RoleArn>,
    /// The session.
    pub credentials: &'a Credentials,
    /// The session's tags, if they are known.
    pub session_tags: Option<&'a [(String, String)]>,
}

/// What came of one secret.
pub(crate) type Fetched = Result<SecretValue, Error>;

/// What a batch says of each of its secrets, in their order; none of those that it left out.
pub(crate) type Batch = Vec<Option<Result<SecretValue, Answer>>>;

impl Backend {
    /// Where it is asked for the secrets of a region.
    pub fn endpoint(&self, region: &Region) -> BaseUrl {
        match self {
            Self::SecretsManager(endpoints) => endpoints.of(region),
        }
    }

    /// How many secrets one call may read.
    pub(crate) fn max_batch(&self) -> usize {
        match self {
            Self::SecretsManager(_) => MAX_BATCH,
        }
    }

    /// Whether a secret may come in a batch. Only current ones of the session's own account are known to.
    pub(crate) fn batches(&self, wanted: &SecretVersion, role: Option<&RoleArn>) -> bool {
        let SecretVersion { secret, stage, id } = wanted;
        match self {
            Self::SecretsManager(_) => {
                secret.account.as_ref() == role.map(RoleArn::account) && stage.is_none() && id.is_none()
            }
        }
    }

    /// Reads one secret; `told` is what a batch has answered for it already.
    pub(crate) async fn read<H: Host>(
        &self,
        client: &Client<'_, H>,
        region: &Region,
        caller: Caller<'_>,
        wanted: &SecretVersion,
        told: Option<Answer>,
    ) -> Fetched {
        match self {
            Self::SecretsManager(endpoints) => {
                let endpoint = &endpoints.of(region);
                let access = &access(endpoint, region, caller);
                client.call_after(told, &GetSecretValue { access, wanted }).await
            }
        }
    }

    /// Reads several that may be batched.
    pub(crate) async fn read_batch<H: Host>(
        &self,
        client: &Client<'_, H>,
        region: &Region,
        caller: Caller<'_>,
        secrets: Vec<&SecretId>,
    ) -> Result<Batch, Error> {
        match self {
            Self::SecretsManager(endpoints) => {
                let endpoint = &endpoints.of(region);
                let access = &access(endpoint, region, caller);
                client.call(&BatchGetSecretValue { access, secrets }).await
            }
        }
    }
}

fn access<'a>(endpoint: &'a BaseUrl, region: &'a Region, caller: Caller<'a>) -> Access<'a> {
    let Caller { role, credentials, session_tags } = caller;
    Access { endpoint, region, role, credentials, session_tags }
}
