use super::*;

const HERE: &str = "arn:aws:ssm:us-west-2:123456789012:parameter/";

fn parse(resource: &str) -> Result<Parameters, &'static str> {
    Parameters::parse(&format!("{HERE}{resource}"))
}

fn one(resource: &str) -> ParameterVersion {
    match parse(resource).unwrap() {
        Parameters::One(wanted) => wanted,
        Parameters::Below(path) => panic!("{path}"),
    }
}

fn path(resource: &str) -> ParameterId {
    match parse(resource).unwrap() {
        Parameters::Below(path) => path,
        Parameters::One(wanted) => panic!("{wanted}"),
    }
}

#[test]
fn an_arn_gives_name_version_and_place() {
    let shown = |resource| one(resource).to_string();
    assert_eq!(shown("a/b"), "/a/b (account 123456789012, region us-west-2)");
    assert_eq!(shown("b:3"), "b (account 123456789012, region us-west-2), version 3");
    assert_eq!(shown("a/b.c_d-E:prod-1"), "/a/b.c_d-E (account 123456789012, region us-west-2), version prod-1");
    assert_eq!(one("a/b:3").parameter.arn(), format!("{HERE}a/b"));
}

#[test]
fn the_sessions_own_account_is_asked_by_name_and_another_one_by_arn() {
    let (own, other) = (AccountId::parse("123456789012"), AccountId::parse("210987654321"));
    assert_eq!(one("a/b").asked(own.as_ref()), ["/a/b"]);
    assert_eq!(one("a/b:prod").asked(own.as_ref()), ["/a/b:prod"]);
    assert_eq!(one("b:2").asked(own.as_ref()), ["b:2", "/b:2"]);
    for account in [other.as_ref(), None] {
        assert_eq!(one("b").asked(account), [format!("{HERE}b")]);
        assert_eq!(one("a/b:2").asked(account), [format!("{HERE}a/b:2")]);
    }
}

#[test]
fn a_path_is_asked_for_as_a_policy_allows_it() {
    let asked = |resource| (path(resource).as_path(), path(resource).arn_of_path());
    assert_eq!(asked("a/b/*"), ("/a/b/".to_owned(), format!("{HERE}a/b/*")));
    assert_eq!(asked("*"), ("/".to_owned(), format!("{HERE}*")));
    assert_eq!(parse("a/b/*").unwrap().to_string(), "/a/b/* (account 123456789012, region us-west-2)");
}

#[test]
fn only_what_is_below_a_path_is_taken_for_its_parameter() {
    let has = |resource, name| path(resource).has(name);
    assert!(has("a/*", "/a/b") && has("a/*", "/a/b/c") && has("*", "b") && has("*", "/b/c"));
    for name in ["/ab", "/a", "/a/", "/b/a/c", "/a//b", "/a/b\n::x", "", "/a/b c"] {
        assert!(!has("a/*", name), "{name}");
    }
    let arn = |account: &str| format!("arn:aws:ssm:us-west-2:{account}:parameter/a/b");
    assert!(path("a/*").is_beside(&arn("123456789012")) && !path("a/*").is_beside(&arn("210987654321")));
    assert!(!path("a/*").is_beside("") && !path("a/*").is_beside(&arn("123456789012").replace("us-", "eu-")));
}

#[test]
fn a_selector_is_the_number_of_a_version_or_a_label() {
    for right in ["1", "1844674407370955161", "prod", "A.b_c-1", "laws"] {
        assert!(parse(&format!("a:{right}")).is_ok(), "{right}");
    }
    let long = "l".repeat(101);
    for wrong in ["", "0", "01", "+1", "1a", "aws-x", "SSMx", "a b", "a:b", "é", "*", &long] {
        assert!(parse(&format!("a:{wrong}")).is_err(), "{wrong}");
    }
    assert!(one("a:2").may_be("2") && !one("a:2").may_be("3") && one("a:prod").may_be("3") && one("a").may_be("3"));
}

#[test]
fn names_are_held_to_the_rules_of_parameter_store() {
    let (deep, long) = (["a"; 15].join("/"), "n".repeat(1011 - HERE.len()));
    assert!(parse(&deep).is_ok() && parse(&long).is_ok());
    for (wrong, problem) in [
        ("", "nothing before, after or between slashes"),
        ("/a", "nothing before"),
        ("a/", "nothing before"),
        ("a//b", "nothing before"),
        ("/*", "nothing before"),
        ("a b", "other characters"),
        ("a,b", "other characters"),
        ("a*", "other characters"),
        ("a/*/b", "other characters"),
        ("a/*:1", "does not take"),
        (&format!("{deep}/a"), "15 levels"),
        (&format!("{long}n"), "1011"),
    ] {
        let told = parse(wrong).unwrap_err();
        assert!(told.contains(problem), "{wrong}: {told}");
    }
    for wrong in [
        "arn:aws:ssm:us-west-2:123:parameter/a",
        "arn:aws:ssm:us-west-2::parameter/a",
        "arn:aws:ssm::123456789012:parameter/a",
        "arn:aws:ssm:us-west-2:123456789012:parameter",
        "arn:aws:ssm:us-west-2:123456789012:document/a",
        "arn::ssm:us-west-2:123456789012:parameter/a",
        "arn:a\u{1b}:ssm:us-west-2:123456789012:parameter/a",
        "arn:aws:ssm",
    ] {
        assert!(Parameters::is_meant(wrong));
        assert!(Parameters::parse(wrong).unwrap_err().contains("arn:PARTITION:ssm:"), "{wrong}");
    }
    assert!(
        !Parameters::is_meant("ssm:a")
            && !Parameters::is_meant("arn:aws:secretsmanager:us-west-2:123456789012:secret:ssm")
    );
}
