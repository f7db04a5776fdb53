use super::*;

#[test]
fn a_role_arn_gives_account_and_partition() {
    let role = RoleArn::parse("arn:aws-cn:iam::123456789012:role/ci/github-actions").unwrap();
    assert_eq!(role.account().digits(), "123456789012");
    assert_eq!(role.partition(), "aws-cn");
    for wrong in [
        "",
        "arn:aws:iam::123456789012:user/x",
        "arn:aws:iam::12345:role/x",
        "arn:aws:iam:us-east-1:123456789012:role/x",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/a b",
        "arn:amazon:iam::123456789012:role/x",
    ] {
        assert_eq!(RoleArn::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_region_is_labels_ending_in_a_number() {
    for right in ["us-west-2", "us-gov-west-1", "eusc-de-east-1", "us-isob-east-1", "ap-southeast-10"] {
        assert!(Region::parse(right).is_some(), "{right}");
    }
    for wrong in ["", "us-west", "US-WEST-2", "us_west_2", "us-west-2.evil.example", "us--2", "2"] {
        assert!(Region::parse(wrong).is_none(), "{wrong}");
    }
}
