use super::*;
use crate::error::refusal::{Call, Diagnosis, Refusal};
use crate::host::answer::Answer;
use crate::lines::values::Kind;

fn settle_environment(code: Code, rule: EnvironmentStore) -> Result<usize, Code> {
    let store = Store { scope: Scope::Environment, kind: Kind::Secret, name: "e".to_owned() };
    settle(vec![(store, Err(refused(code)))], rule).map(|settled| settled.warnings.len()).map_err(|error| error.code())
}

fn refused(code: Code) -> Error {
    let call = Call { operation: "GetSecretValue", subject: String::new(), endpoint: String::new(), attempts: 1 };
    let answer = Answer { status: 400, code: code.to_string(), message: String::new(), request_id: None };
    Error::Refused(Box::new(Refusal { call, answer, diagnosis: Diagnosis::new(code, "", "") }))
}

#[test]
fn an_environment_without_a_store_falls_back_as_told() {
    use EnvironmentStore::{NotFoundOk, Optional, Required};
    assert_eq!(settle_environment(Code::StoreNotFound, Required), Err(Code::StoreNotFound));
    assert_eq!(settle_environment(Code::StoreNotFound, NotFoundOk), Ok(1));
    assert_eq!(settle_environment(Code::StoreNotFound, Optional), Ok(1));
    assert_eq!(settle_environment(Code::StoreAccessDenied, Required), Err(Code::StoreAccessDenied));
    assert_eq!(settle_environment(Code::StoreAccessDenied, NotFoundOk), Err(Code::StoreAccessDenied));
    assert_eq!(settle_environment(Code::StoreAccessDenied, Optional), Ok(1));
    for rule in [Required, NotFoundOk, Optional] {
        assert_eq!(settle_environment(Code::Throttled, rule), Err(Code::Throttled));
        assert_eq!(settle_environment(Code::ServiceFault, rule), Err(Code::ServiceFault));
    }
}

#[test]
fn only_a_denial_that_optional_would_pass_over_names_it() {
    use EnvironmentStore::{NotFoundOk, Optional, Required};
    let hint = |scope, code, rule| {
        let store = Store { scope, kind: Kind::Secret, name: "e".to_owned() };
        let settled = settle(vec![(store, Err(refused(code)))], rule);
        settled.map_or_else(|error| error.hint().contains("`environment-store: optional`"), |_| false)
    };
    assert!(hint(Scope::Environment, Code::StoreAccessDenied, NotFoundOk));
    assert!(!hint(Scope::Environment, Code::StoreAccessDenied, Required));
    assert!(!hint(Scope::Environment, Code::StoreAccessDenied, Optional));
    assert!(!hint(Scope::Environment, Code::Throttled, NotFoundOk));
    assert!(!hint(Scope::Repository, Code::StoreAccessDenied, NotFoundOk));
}
