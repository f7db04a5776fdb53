use super::*;
use crate::aws::environment::AwsEnvironment;

fn region(name: &str) -> Region {
    Region::parse(name).unwrap()
}

#[test]
fn a_services_own_endpoint_url_beats_the_general_one() {
    let variables = [("AWS_ENDPOINT_URL", "http://localhost:1/"), ("AWS_ENDPOINT_URL_STS", "http://localhost:2")];
    let environment = AwsEnvironment::of(&variables);
    let at = |environment: &AwsEnvironment, service| environment.endpoints(service).unwrap().of(&region("us-west-2"));
    assert_eq!(at(&environment, Service::Sts).as_str(), "http://localhost:2");
    assert_eq!(at(&environment, Service::CognitoIdentity).as_str(), "http://localhost:1");
    let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let environment = AwsEnvironment::of(&[variables.as_slice(), &[ignored]].concat());
    assert_eq!(at(&environment, Service::Sts).as_str(), "https://sts.us-west-2.amazonaws.com");
}
