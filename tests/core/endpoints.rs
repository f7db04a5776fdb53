//! Every service in every region of every partition is called where botocore calls it; the vectors are its own
//! (`tests/vectors/endpoints.py`).

use env_kvstore::aws::endpoints::{Service, public_endpoint};
use env_kvstore::aws::names::Region;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    service: String,
    region: String,
    fips: bool,
    dual_stack: bool,
    url: Option<String>,
}

#[test]
fn endpoints_are_those_of_botocore() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors/endpoints.json")).unwrap();
    assert!(vectors.len() > 500);
    for vector in vectors {
        let service = Service::ALL.into_iter().find(|service| service.endpoint_prefix() == vector.service).unwrap();
        let region = Region::parse(&vector.region).unwrap();
        let url = public_endpoint(service, &region, vector.fips, vector.dual_stack);
        if let Some(expected) = &vector.url {
            assert_eq!(url.as_str(), expected, "fips {} dual stack {}", vector.fips, vector.dual_stack);
        }
    }
}
