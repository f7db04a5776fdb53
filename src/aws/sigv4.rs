//! Credentials, and requests signed with them by Signature Version 4.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::hint::black_box;
use std::time::SystemTime;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::aws::endpoints::{Service, public_endpoint};
use crate::aws::names::Region;
use crate::aws::protocols::json_request;
use crate::host::http::Request;
use crate::text::secret::Secret;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const OF_A_PATH: &AsciiSet = &RESERVED.remove(b'/');

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

/// Adds Signature Version 4 to a request. Its key and its signature are made by crate `aws-sigv4`; what is signed is written
/// here, because that crate brings a table of all known headers and one of all letters' cases for it, a tenth of the wasm.
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
    let uri: Uri = request.url.parse().ok()?;
    let timestamp = timestamp(at)?;
    let scope = format!("{}/{}/{signing_name}/aws4_request", timestamp.get(..8)?, region.name());
    request.headers.push(("x-amz-date", timestamp.clone()));
    // S3 wants the hash of the body in a header too, and takes a path as it is.
    // <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
    let is_s3 = signing_name == Service::S3.endpoint_prefix();
    if is_s3 {
        let hash = sha256(request.body.secret().as_bytes());
        request.headers.push(("x-amz-content-sha256", hash));
    }
    if let Some(token) = &credentials.session_token {
        request.headers.push(("x-amz-security-token", token.secret().to_owned()));
    }
    let headers = canonical_headers(&uri, &request.headers)?;
    let signed_headers = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let path = if is_s3 { uri.path().to_owned() } else { canonical_path(&uri) };
    let canonical_request = canonical_request(&request, &path, &uri, &headers, &signed_headers);
    let to_sign = format!("{ALGORITHM}\n{timestamp}\n{scope}\n{}", sha256(canonical_request.as_bytes()));
    let key = generate_signing_key(credentials.secret_access_key.secret(), at, region.name(), signing_name);
    let signature = calculate_signature(key, to_sign.as_bytes());
    let key_id = credentials.access_key_id.secret();
    let authorization =
        format!("{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={signed_headers}, Signature={signature}");
    request.headers.push(("authorization", authorization));
    let Credentials { access_key_id, secret_access_key, session_token } = credentials.clone();
    request.credentials.extend([access_key_id, secret_access_key]);
    request.credentials.extend(session_token);
    Some(request)
}

/// `20150830T123600Z`
fn timestamp(at: SystemTime) -> Option<String> {
    let second = DateTime::from_secs(DateTime::from(at).secs()).fmt(Format::DateTime).ok()?;
    Some(second.replace(['-', ':'], ""))
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Steps 1 to 6 of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.
fn canonical_request(
    request: &Request,
    path: &str,
    uri: &Uri,
    headers: &[(&str, String)],
    signed_headers: &str,
) -> String {
    let mut text = format!("{}\n{path}\n{}\n", request.method.name(), canonical_query(uri));
    for (name, value) in headers {
        text.extend([name, ":", value, "\n"]);
    }
    text.extend(["\n", signed_headers, "\n", &sha256(request.body.secret().as_bytes())]);
    text
}

/// All headers and the host, by name; of one that comes several times, the values in their order. Nothing if a value cannot be
/// in a header.
fn canonical_headers<'a>(uri: &Uri, headers: &'a [(&'static str, String)]) -> Option<Vec<(&'a str, String)>> {
    let authority = uri.authority()?;
    // No client sends the port that the scheme has anyway.
    let port = match (uri.scheme_str(), uri.port_u16()) {
        (Some("https"), Some(443)) | (Some("http"), Some(80)) => None,
        (_, port) => port,
    };
    let host = port.map_or_else(|| authority.host().to_owned(), |_| authority.as_str().to_owned());
    let mut canonical: Vec<(&str, String)> = vec![("host", host)];
    for (name, value) in headers {
        if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return None;
        }
        let value = value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        match canonical.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.extend([",", &value]),
            None => canonical.push((name, value)),
        }
    }
    canonical.sort_unstable_by_key(|(name, _)| *name);
    Some(canonical)
}

/// Without `.`, `..` and empty segments. It is encoded twice, as all services but S3 want it.
fn canonical_path(uri: &Uri) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in uri.path().split('/') {
        match segment {
            "" | "." => {}
            ".." => _ = segments.pop(),
            segment => segments.push(segment),
        }
    }
    let ends_in_folder = matches!(uri.path().rsplit('/').next(), Some("" | "." | ".."));
    let is_folder = ends_in_folder && !segments.is_empty();
    let path = format!("/{}{}", segments.join("/"), if is_folder { "/" } else { "" });
    utf8_percent_encode(&path, OF_A_PATH).to_string()
}

/// The parameters, each encoded, in their order when encoded.
fn canonical_query(uri: &Uri) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut parameters: Vec<_> = query.map(|(name, value)| (encoded(&name), encoded(&value))).collect();
    parameters.sort_unstable();
    parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
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
