use super::*;

fn names(claims: &[(&str, &str)], namespace: Option<&str>, kinds: &[Kind]) -> Result<Vec<String>, Error> {
    let namespace = namespace.map(|text| NamePart::parse(text).unwrap());
    let Stores { stores, warning } =
        stores_of(&Claims::given(claims), namespace.as_ref(), kinds, EnvironmentStore::Required)?;
    assert_eq!(warning, None);
    Ok(stores.into_iter().map(|store| store.name).collect())
}

#[test]
fn stores_are_named_by_claims() {
    let job = [("repository", "o/r"), ("repository_owner", "o"), ("environment", "prod")];
    assert_eq!(
        names(&job, None, &[Kind::Secret, Kind::Variable]).unwrap(),
        ["o/repo/o/r/env/prod/secrets", "o/repo/o/r/secrets", "o/repo/o/r/env/prod/variables", "o/repo/o/r/variables"]
    );
    assert_eq!(names(&job[..2], Some("ns"), &[Kind::Secret]).unwrap(), ["ns/repo/o/r/secrets"]);
    let enterprise = [("repository", "o/r"), ("repository_owner", "o"), ("enterprise", "e")];
    assert_eq!(names(&enterprise, None, &[Kind::Secret]).unwrap(), ["e/repo/o/r/secrets"]);
}

#[test]
fn an_environment_that_no_secret_can_be_named_after_is_an_error() {
    let job = [("repository", "o/r"), ("repository_owner", "o"), ("environment", "prod eu")];
    let error = names(&job, None, &[Kind::Secret]).unwrap_err();
    assert_eq!(error.code().as_str(), "claim-unusable");
    assert!(error.to_string().contains("`environment`") && error.to_string().contains("`prod eu`"));
}

#[test]
fn an_environment_that_no_secret_can_be_named_after_has_no_store() {
    for environment in ["prod eu", "prod:eu", "proéd", "a*", " ", "prod\n::add-mask::x"] {
        let job = [("repository", "o/r"), ("repository_owner", "o"), ("environment", environment)];
        for rule in [EnvironmentStore::NotFoundOk, EnvironmentStore::Optional] {
            let Stores { stores, warning } =
                stores_of(&Claims::given(&job), None, &[Kind::Secret, Kind::Variable], rule).unwrap();
            let names: Vec<_> = stores.iter().map(|store| store.name.as_str()).collect();
            assert_eq!(names, ["o/repo/o/r/secrets", "o/repo/o/r/variables"]);
            let warning = warning.unwrap();
            assert!(warning.contains("has no store") && warning.contains("repository's values"), "{warning}");
            assert!(!warning.contains('\n'), "{warning}");
        }
    }
    let job = [("repository", "o/r"), ("repository_owner", "o"), ("environment", "prod/eu")];
    let Stores { stores, warning } =
        stores_of(&Claims::given(&job), None, &[Kind::Secret], EnvironmentStore::NotFoundOk).unwrap();
    assert_eq!((stores.len(), warning), (2, None));
}
