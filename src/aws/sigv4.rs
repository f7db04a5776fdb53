//! Credentials, and requests signed with them by Signature Version 4.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::hint::black_box;
use std::time::SystemTime;

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;

use crate::aws::endpoints::{Service, public_endpoint};
use crate::aws::names::Region;
use crate::aws::protocols::json_request;
use crate::host::http::Request;
use crate::text::secret::Secret;

/// Credentials of a role session.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Names the key; not a secret by itself, but not shown either.
    pub access_key_id: Secret,
    /// Signs.
    pub secret_access_key: Secret,
    /// Goes with each request; credentials of a user have none.
    pub session_token: Option<Secret>,
}

/// Adds Signature Version 4 to a request, by crate `aws-sigv4`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
///
/// Returns nothing if the request cannot be signed, which is a fault of ours: its URL was parsed before.
pub fn signed(
    request: Request,
    service: Service,
    region: &Region,
    credentials: &Credentials,
    at: SystemTime,
) -> Option<Request> {
    signed_as(request, service.endpoint_prefix(), region, credentials, at)
}

/// [`signed`] for any name of a service: that of AWS's test suite is none of [`Service`].
pub fn signed_as(
    mut request: Request,
    signing_name: &str,
    region: &Region,
    credentials: &Credentials,
    at: SystemTime,
) -> Option<Request> {
    let identity = SigningCredentials::new(
        credentials.access_key_id.secret(),
        credentials.secret_access_key.secret(),
        credentials.session_token.as_ref().map(|token| token.secret().to_owned()),
        None,
        "env-kvstore",
    );
    // Not by `into()`, which keeps book of the features of the SDK that were used, in 8 KB of wasm.
    let identity = Identity::new(identity, None);
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region.name())
        .name(signing_name)
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let body = SignableBody::Bytes(request.body.secret().as_bytes());
    let signable = SignableRequest::new(request.method.name(), request.url.as_str(), headers, body).ok()?;
    let (instructions, _) = sign(signable, &params).ok()?.into_parts();
    let (added, _) = instructions.into_parts();
    for header in added {
        request.headers.push((header.name(), header.value().to_owned()));
    }
    let Credentials { access_key_id, secret_access_key, session_token } = credentials.clone();
    request.credentials.extend([access_key_id, secret_access_key]);
    request.credentials.extend(session_token);
    Some(request)
}

/// Signs a request that is sent nowhere, so that the host has compiled what signs when the session's credentials come: V8
/// compiles a function when it is first called, and these take it longer than the signature itself.
pub fn rehearse_signing(region: &Region, at: SystemTime) {
    let endpoint = public_endpoint(Service::SecretsManager, region, false, false);
    let none = || Secret::new("-");
    let credentials = Credentials { access_key_id: none(), secret_access_key: none(), session_token: Some(none()) };
    let request = json_request(&endpoint, "-", String::new(), vec![]);
    black_box(signed(request, Service::SecretsManager, region, &credentials, at));
}
