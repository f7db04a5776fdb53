//! Signature Version 4 against AWS's published test suite.
//!
//! `vectors/sigv4.json` is taken from it: the requests whose body is not signed by a header of its own, and whose URLs are
//! encoded and normalized, as ours are. <https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use env_kvstore::aws::names::Region;
use env_kvstore::aws::sigv4::{Credentials, signed_as};
use env_kvstore::host::http::{Method, Request};
use env_kvstore::text::secret::Secret;
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    name: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Secret,
    access_key_id: Secret,
    secret_access_key: Secret,
    session_token: Option<Secret>,
    region: String,
    service: String,
    timestamp: String,
    signature: String,
}

#[test]
fn signatures_are_those_of_awss_test_suite() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors/sigv4.json")).unwrap();
    assert!(vectors.len() >= 15, "{}", vectors.len());
    for vector in vectors {
        assert_eq!(vector.timestamp, "2015-08-30T12:36:00Z", "{}", vector.name);
        let request = Request {
            method: if vector.method == "GET" { Method::Get } else { Method::Post },
            url: vector.url,
            // Names of headers are static in the core; a test may leak a few.
            headers: vector.headers.into_iter().map(|(name, value)| (&*name.leak(), value)).collect(),
            body: vector.body,
            max_body_bytes: 0,
            credentials: vec![],
        };
        let credentials = Credentials {
            access_key_id: vector.access_key_id,
            secret_access_key: vector.secret_access_key,
            session_token: vector.session_token,
        };
        let region = Region::parse(&vector.region).unwrap();
        let request = signed_as(request, &vector.service, &region, &credentials, at_2015_08_30_12_36()).unwrap();
        let (_, authorization) = request.headers.iter().find(|(name, _)| *name == "authorization").unwrap();
        assert!(
            authorization.ends_with(&format!("Signature={}", vector.signature)),
            "{}: {authorization}",
            vector.name
        );
    }
}

fn at_2015_08_30_12_36() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_440_938_160)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_is_signed_as_by_the_aws_sdk(
        origin in "(https://[a-z.]{1,9}[a-z]|http://127\\.0\\.0\\.1)(:(1|80|443|8443))?",
        path in "(/|/\\.|/\\.\\.|[a-zA-Z0-9._~!$&'()*+,;=:@%-]){0,9}",
        query in prop::option::of("[a-zA-Z0-9._~!$'()*+,;:@/?&=-]{0,12}"),
        headers in prop::collection::vec(("(my-header[12]|content-type|x-amz-target)", "[ -~\\t]{0,9}\n?|\u{e9}"), 0..5),
        body in "[ -~\u{e9}\n]{0,40}",
        token in prop::option::of("[A-Za-z0-9+/=]{1,40}\n?"),
        service in prop::sample::select(vec!["secretsmanager", "s3"]),
        seconds in 0_u64..4_102_444_800,
        nanoseconds in 0_u32..1_000_000_000,
    ) {
        let url = format!("{origin}/{path}{}", query.map(|query| format!("?{query}")).unwrap_or_default());
        let headers: Vec<(&'static str, String)> =
            headers.into_iter().map(|(name, value)| (&*name.leak(), value)).collect();
        let credentials = Credentials {
            access_key_id: Secret::new("AKIDEXAMPLE"),
            secret_access_key: Secret::new("wJalrXUtnFEMI"),
            session_token: token.clone().map(Secret::new),
        };
        let at = UNIX_EPOCH + Duration::new(seconds, nanoseconds);
        let request = Request {
            method: Method::Post,
            url: url.clone(),
            headers: headers.clone(),
            body: Secret::new(body.clone()),
            max_body_bytes: 0,
            credentials: vec![],
        };
        let region = Region::parse("us-west-2").unwrap();
        let ours = signed_as(request, service, &region, &credentials, at);

        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let identity = Identity::new(SigningCredentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI", token, None, "test"), None);
        let parameters = v4::SigningParams::builder().identity(&identity).region("us-west-2").name(service);
        let parameters = parameters.time(at).settings(settings).build().unwrap().into();
        let texts = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new("POST", url.as_str(), texts, SignableBody::Bytes(body.as_bytes()));
        let theirs = signable.map(|signable| sign(signable, &parameters));
        let theirs = theirs.ok().and_then(Result::ok).map(|signed| signed.into_parts().0.into_parts().0);
        let sorted = |mut headers: Vec<(String, String)>| { headers.sort(); headers };
        let added = |request: Request| request.headers.into_iter().skip(headers.len()).map(|(name, value)| (name.to_owned(), value)).collect();
        let ours = ours.map(|request| sorted(added(request)));
        let theirs = theirs.map(|headers| sorted(headers.iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect()));
        prop_assert_eq!(ours, theirs, "{}", url);
    }
}
