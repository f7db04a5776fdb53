use super::*;

#[test]
fn names_of_aws_are_found_in_every_spelling_and_partition() {
    for audience in [
        COGNITO_AUDIENCE,
        STS_AUDIENCE,
        "sts.amazonaws.com.cn",
        "cognito-identity.cn-north-1.amazonaws.com.cn",
        "cognito-identity-us-gov.amazonaws.com",
        "sts.us-gov-west-1.amazonaws.com",
        "sts.eusc-de-east-1.amazonaws.eu",
        "sts.us-east-1.api.aws",
        "sts.us-iso-east-1.c2s.ic.gov",
        "https://sts.amazonaws.com",
        "https://STS.AmazonAWS.com./path?x#y",
        "https://sts.amazonaws.com:443/",
        " sts.amazonaws.com ",
        "https://jwtex.example.com@sts.amazonaws.com",
        "amazonaws.com",
    ] {
        assert!(is_for_aws(audience), "{audience}");
    }
}

#[test]
fn other_names_are_not_those_of_aws() {
    for audience in [
        "",
        "https://jwtex.example.com",
        "https://github.com/octo-org",
        "https://notamazonaws.com",
        "https://amazonaws.com.evil.example",
        "https://jwtex.example.com/?for=sts.amazonaws.com",
        "https://a1b2c3.execute-api.us-east-1.amazonaws.com",
        "https://abcd.lambda-url.us-east-1.on.aws",
    ] {
        assert!(!is_for_aws(audience), "{audience}");
    }
}
