//! What a leg found that ends in a session, and the leg of a second role.

use env_kvstore::aws::session::{RoleSessionName, Session, SessionTags};
use env_kvstore::aws::sts::AssumeRole;
use env_kvstore::call::client::Client;
use env_kvstore::error::Error;
use env_kvstore::github::claims::Claims;
use env_kvstore::host::http::Host;
use env_kvstore::identity::Chain;
use env_kvstore::inputs::Inputs;

use crate::doctor::legs::Found;

/// The tags of a session, if they are known.
pub(crate) type Tags = Option<SessionTags>;

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
    first: &Opened,
) -> Result<(Opened, Found), Error> {
    let options = &inputs.session;
    let inherited = first.tags.as_ref().map(SessionTags::transitive).unwrap_or_default();
    let tags = chain.session_tags(claims, &inherited)?;
    let session_name: &RoleSessionName = &options.role_session_name.fill(claims)?;
    let assume = AssumeRole {
        endpoint: &options.sts_endpoint,
        region: &options.sts_region,
        credentials: &first.session.credentials,
        role: &chain.role,
        session_name,
        duration_seconds: options.role_duration_seconds,
        tags: &tags,
        inherited: &inherited,
        transitive_keys: &chain.transitive_keys,
    };
    let session = client.call(&assume).await?;
    let found = assumed(&session, None);
    let pairs = tags.into_iter().chain(inherited).collect();
    Ok((Opened { session, tags: Some(SessionTags { pairs, ..SessionTags::default() }) }, found))
}
