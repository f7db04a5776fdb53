use super::*;
use crate::aws::names::AccountId;
use crate::aws::secret_id::NamePart;
use crate::identity::IdentityPool;

fn parse(pairs: &[(&str, &str)]) -> Result<Inputs, Vec<String>> {
    parse_for(Goal::Export, pairs)
}

fn parse_for(goal: Goal, pairs: &[(&str, &str)]) -> Result<Inputs, Vec<String>> {
    let given = [
        ("cognito-identity-pool-id", "us-west-2:12345678-1234-1234-1234-1234567890ab"),
        ("cognito-role-arn", "arn:aws:iam::123456789012:role/github-actions"),
        ("values", "A,secret"),
    ];
    let inputs = given.iter().chain(pairs).map(|(name, text)| ((*name).to_owned(), Secret::new(*text))).collect();
    let (environment, claims) = (AwsEnvironment::default(), Table::default());
    match Inputs::parse(RawInputs { goal, claims, inputs, environment, windows: false, unmasked: false }) {
        Ok(inputs) => Ok(inputs),
        Err(Error::InvalidInput(problems)) => Err(problems.iter().map(ToString::to_string).collect()),
        Err(other) => panic!("{other}"),
    }
}

fn cognito(inputs: &Inputs) -> (Option<String>, String) {
    let Identity::Cognito(IdentityPool { account, endpoint, .. }, _) = &inputs.session.identity else {
        panic!("{:?}", inputs.session.identity)
    };
    (account.as_ref().map(|account| account.digits().to_owned()), endpoint.to_string())
}

#[test]
fn pool_and_role_give_regions_and_accounts() {
    let inputs = parse(&[]).unwrap();
    let (account, endpoint) = cognito(&inputs);
    assert_eq!(endpoint, "https://cognito-identity.us-west-2.amazonaws.com");
    assert_eq!(inputs.session.sts_endpoint.as_str(), "https://sts.us-west-2.amazonaws.com");
    assert_eq!(
        inputs.stores.backend.secrets_manager.of(&inputs.stores.region).as_str(),
        "https://secretsmanager.us-west-2.amazonaws.com"
    );
    assert_eq!(account.as_deref(), Some("123456789012"));
    assert_eq!(inputs.stores.account, AccountId::parse("123456789012"));
}

#[test]
fn the_general_account_and_region_yield_to_the_particular_ones() {
    let inputs = parse(&[
        ("aws-account-id", "111111111111"),
        ("cognito-account-id", "222222222222"),
        ("aws-region", "eu-west-1"),
        ("cognito-region", "eu-central-1"),
    ])
    .unwrap();
    assert_eq!(cognito(&inputs).0.as_deref(), Some("222222222222"));
    assert_eq!(inputs.stores.account, AccountId::parse("111111111111"));
    assert_eq!(inputs.stores.region.name(), "eu-west-1");
    assert_eq!(inputs.session.sts_endpoint.as_str(), "https://sts.eu-central-1.amazonaws.com");
    let inputs = parse(&[("aws-region", "eu-west-1"), ("secrets-manager-region", "ap-south-1")]).unwrap();
    assert_eq!(inputs.stores.region.name(), "ap-south-1");
    assert_eq!(cognito(&inputs).1, "https://cognito-identity.us-west-2.amazonaws.com");
}

#[test]
fn an_enterprise_is_part_of_the_issuer_and_names_the_stores() {
    let inputs = parse(&[("github-enterprise-name", "octo")]).unwrap();
    assert_eq!(inputs.token.issuer.as_str(), "https://token.actions.githubusercontent.com/octo");
    assert_eq!(inputs.token.issuer_base.as_str(), "https://token.actions.githubusercontent.com");
    assert_eq!(inputs.stores.namespace.as_ref().map(NamePart::as_str), Some("octo"));
    let inputs = parse(&[("github-enterprise-name", "octo"), ("namespace", "stores/prod")]).unwrap();
    assert_eq!(inputs.stores.namespace.as_ref().map(NamePart::as_str), Some("stores/prod"));
}

#[test]
fn every_problem_is_reported_at_once() {
    let problems = parse(&[
        ("cognito-role-arn", "github-actions"),
        ("cognito-identity-pool-id", ""),
        ("values", "A,secret\nB,secrt\n\n# C\nA,variable\n9D,secret"),
        ("role-duration-seconds", "60"),
        ("export-env", "yes"),
        ("environment-store", "maybe"),
        ("oidc-issuer", "http://ghes.example"),
        ("aws-region", "Oregon"),
        ("github-token", "two words"),
        ("value", "x"),
    ])
    .unwrap_err();
    let inputs: Vec<_> = problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
    assert_eq!(
        inputs,
        [
            "value",
            "cognito-identity-pool-id",
            "cognito-role-arn",
            "values",
            "values",
            "values",
            "oidc-issuer",
            "aws-region",
            "role-duration-seconds",
            "environment-store",
            "export-env",
            "github-token",
        ]
    );
    assert!(problems.iter().any(|problem| problem.contains("line 2") && problem.contains("B,secrt")), "{problems:?}");
    assert!(!problems.iter().any(|problem| problem.contains("two words")));
}

#[test]
fn only_a_program_must_ask_for_a_value() {
    for nothing in ["", " \n# only a comment\n"] {
        assert!(parse(&[("values", nothing)]).unwrap().wants_nothing());
        assert!(!parse(&[("values", nothing), ("secrets", "A=shared/a")]).unwrap().wants_nothing());
        assert!(!parse(&[("values", nothing), ("export-aws-credentials", "env")]).unwrap().wants_nothing());
        let problems = parse_for(Goal::Values, &[("values", nothing)]).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains("names nothing to load"), "{problems:?}");
    }
}

#[test]
fn a_namespace_has_more_than_slashes() {
    for (text, namespace) in [("/stores/prod/", "stores/prod"), ("octo", "octo")] {
        let inputs = parse(&[("namespace", text)]).unwrap();
        assert_eq!(inputs.stores.namespace.as_ref().map(NamePart::as_str), Some(namespace));
    }
    for text in ["/", "//", "a b"] {
        let problems = parse(&[("namespace", text), ("github-enterprise-name", "octo")]).unwrap_err();
        assert!(problems.len() == 1 && problems[0].starts_with("namespace: `"), "{problems:?}");
    }
}

#[test]
fn names_that_differ_in_case_only_are_one_name_for_values_and_secrets_together() {
    let problems = parse(&[("values", "A,secret\nb,variable"), ("secrets", "a=shared/a\nB=shared/b")]).unwrap_err();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].starts_with("secrets: `a`: `A` in `values` differs only in case"), "{problems:?}");
}
