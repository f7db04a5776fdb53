//! What a leg found that ends in a session, and the leg of a second role.

use env_kvstore::aws::session::{RoleSessionName, Session, TagSource, check_session_tags};
use env_kvstore::aws::sts::AssumeRole;
use env_kvstore::call::client::Client;
use env_kvstore::error::Error;
use env_kvstore::github::claims::Claims;
use env_kvstore::host::http::Host;
use env_kvstore::identity::{Chain, tags_of};
use env_kvstore::inputs::Inputs;

use crate::doctor::legs::Found;

/// The tags of a session, if they are known.
pub(crate) type Tags = Option<Vec<(String, String)>>;

/// Who the job is to AWS.
pub(crate) struct Opened {
    pub(crate) session: Session,
    pub(crate) tags: Tags,
}

pub(crate) fn assumed(session: &Session, packed: Option<u32>) -> Found {
    let size = packed.map_or(String::new(), |percent| format!("; its tags take {percent} % of the space for them"));
    let until = session.expiration.as_deref().unwrap_or("its end");
    Found::new(format!("{} until {until}{size}", session.arn))
        .with("arn", session.arn.clone())
        .with("expiration", session.expiration.clone())
        .with("packedPolicySizePercent", packed)
}

/// Assumes the second role.
pub(crate) async fn chained<H: Host>(
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
