use super::*;
use crate::aws::source::Source;
use crate::lines::secrets::SecretLine;

const ARN: &str = "arn:aws:secretsmanager:eu-central-1:210987654321:secret:shared/datadog-AbCdEf";

fn wanted(line: &str) -> (Option<String>, SecretVersion) {
    let role = RoleArn::parse("arn:aws:iam::123456789012:role/r").unwrap();
    let (region, account) = (Region::parse("us-west-2").unwrap(), AccountId::parse("123456789012").unwrap());
    let line = SecretLine::parse(line).unwrap();
    let source = line.source(Home { region: &region, account: Some(&account), role: Some(&role) });
    let Source::Secret(wanted) = source else { panic!("{source:?}") };
    (line.key.clone(), wanted)
}

#[test]
fn region_and_account_are_from_an_arn() {
    let (_, SecretVersion { secret, .. }) = wanted(&format!(" A = {ARN}:k "));
    assert_eq!(secret.to_string(), "shared/datadog-AbCdEf (account 210987654321, region eu-central-1)");
    let (_, SecretVersion { secret, .. }) = wanted("A=shared/datadog");
    assert_eq!(secret.to_string(), "shared/datadog (account 123456789012, region us-west-2)");
}
