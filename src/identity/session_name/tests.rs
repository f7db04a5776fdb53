use super::*;

fn fill(template: &str, claims: &[(&str, &str)]) -> Result<String, Error> {
    let template = RoleSessionNameTemplate::parse(template).unwrap();
    template.fill(&Claims::given(claims)).map(|name| name.as_str().to_owned())
}

#[test]
fn claims_fill_the_template() {
    assert_eq!(fill("{run_id}@{sha}", &[("run_id", "7"), ("sha", "abc")]), Ok("7@abc".to_owned()));
    assert_eq!(fill("fixed", &[]), Ok("fixed".to_owned()));
}

#[test]
fn an_absent_claim_is_named() {
    let error = fill("{run_id}@{sha}", &[("run_id", "7")]).unwrap_err();
    assert_eq!(error.to_string(), "claim `sha` of the GitHub token is absent");
}

#[test]
fn a_claim_that_sts_refuses_is_named_with_the_session_name() {
    let error = fill("{repository}", &[("repository", "a/b")]).unwrap_err();
    assert_eq!(error.code().as_str(), "claim-unusable");
    assert!(error.to_string().contains("`repository`") && error.to_string().contains("`a/b`"), "{error}");
    assert!(fill("{run_id}", &[("run_id", "7")]).unwrap_err().to_string().contains("2 to 64"));
}

#[test]
fn unbalanced_braces_are_refused() {
    for wrong in ["{run_id", "run_id}", "{}", "{a b}", "{a{b}}"] {
        assert!(RoleSessionNameTemplate::parse(wrong).is_err(), "{wrong}");
    }
}
