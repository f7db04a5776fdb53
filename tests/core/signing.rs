//! Signature Version 4 against AWS's published test suite.
//!
//! `vectors/sigv4.json` is taken from it: the requests whose body is not signed by a header of its own, and whose URLs are
//! encoded and normalized, as ours are. <https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite>

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use env_kvstore::aws::names::Region;
use env_kvstore::aws::sigv4::{Credentials, signed};
use env_kvstore::host::http::{Method, Request};
use env_kvstore::text::secret::Secret;
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
        let request = signed(request, &vector.service, &region, &credentials, at_2015_08_30_12_36()).unwrap();
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
