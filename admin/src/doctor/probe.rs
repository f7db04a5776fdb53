//! Whether secrets can be read, without reading one: each is asked for by a staging label that no version has.
//!
//! A job may not describe its stores. But whoever may read a secret is told that the label is missing, whoever may not is
//! denied, and of a secret that does not exist that is said.

use std::time::SystemTime;

use env_kvstore::aws::protocols::Aws;
use env_kvstore::aws::secret_id::SecretVersion;
use env_kvstore::aws::secrets_manager::GetSecretValue;
use env_kvstore::call::operation::Operation;
use env_kvstore::call::protocol::Protocol;
use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::error::refusal::Diagnosis;
use env_kvstore::host::answer::Answer;
use env_kvstore::host::http::{Request, Response};
use env_kvstore::host::url::BaseUrl;
use env_kvstore::lines::values::Kind;
use env_kvstore::stores::naming::{EnvironmentStore, Scope};

/// The label.
const STAGE: &str = "env-kvstore-doctor";

/// Asks for a secret by that label.
pub(crate) struct Probe<'a>(pub(crate) GetSecretValue<'a>);

/// The version that no secret has.
pub(crate) fn of_no_version(wanted: SecretVersion) -> SecretVersion {
    SecretVersion { stage: Some(STAGE.to_owned()), id: None, ..wanted }
}

impl Operation for Probe<'_> {
    const NAME: &'static str = "GetSecretValue";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = ();

    fn subject(&self) -> String {
        self.0.wanted.secret.to_string()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.0.endpoint()
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        self.0.request(at)
    }

    /// An emulator that knows no labels answers with the value, which is none of our business.
    fn parse(&self, _response: &Response) -> Result<(), &'static str> {
        Ok(())
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        let is_denied = matches!(answer.code.as_str(), "AccessDeniedException" | "AccessDenied");
        match answer.code.as_str() {
            "ResourceNotFoundException" => Diagnosis::new(
                Code::StoreNotFound,
                format!("There is no secret of this name in {}.", self.0.wanted.secret.place()),
                "Create it (env-kvstore put --create), or check its name, ‹namespace›, ‹secrets-manager-region› and \
                 ‹secrets-manager-account-id›.",
            ),
            _ if is_denied && answer.message.contains("KMS") => Diagnosis::new(
                Code::StoreNotDecryptable,
                "The secret is there, but the session may not decrypt it with its KMS key.",
                "Allow `kms:Decrypt` on that key in the role's policy; if the key is in another account, in the key's policy too.",
            ),
            _ => self.0.diagnose(answer),
        }
    }
}

/// The answer of a secret that could have been read is a refusal too.
pub(crate) fn outcome(answered: Result<(), Error>) -> Result<(), Error> {
    match answered {
        Err(Error::Refused(refusal))
            if refusal.diagnosis.code == Code::StoreNotFound && refusal.answer.message.contains(STAGE) =>
        {
            Ok(())
        }
        answered => answered,
    }
}

/// What a secret is asked for, as far as the verdict needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A store that values may be in.
    Store(Scope, Kind),
    /// A line of `secrets` names it.
    Line,
}

/// What keeps a job from its values, in place of each outcome. `needed` is what `values` takes; if nothing is named, one store
/// that can be read is enough.
///
/// The rules are those of a run: an environment's store that is denied ends it, the repository's only if nothing stands in for it.
pub(crate) fn verdict(
    outcomes: &[(Purpose, Result<(), Error>)],
    needed: Option<&[Kind]>,
    rule: EnvironmentStore,
) -> Vec<bool> {
    let is_readable = |kind: Kind, scope: Option<Scope>| {
        outcomes.iter().any(|(purpose, outcome)| match purpose {
            Purpose::Store(its, known) => *known == kind && scope.is_none_or(|scope| scope == *its) && outcome.is_ok(),
            Purpose::Line => false,
        })
    };
    let is_any_readable = outcomes.iter().any(|(_, outcome)| outcome.is_ok());
    let matters = |(purpose, outcome): &(Purpose, Result<(), Error>)| {
        let (Err(error), Purpose::Store(scope, kind)) = (outcome, purpose) else { return outcome.is_err() };
        let lacks = match needed {
            Some(kinds) => kinds.contains(kind) && !is_readable(*kind, None),
            None => !is_any_readable,
        };
        match (error.code(), scope) {
            (Code::StoreNotFound, Scope::Environment) if rule == EnvironmentStore::Required => {
                lacks || needed.is_some_and(|kinds| kinds.contains(kind))
            }
            (Code::StoreNotFound, _) => lacks,
            (Code::StoreAccessDenied, Scope::Environment) => lacks || rule != EnvironmentStore::Optional,
            (Code::StoreAccessDenied, Scope::Repository) => !is_readable(*kind, Some(Scope::Environment)),
            _ => true,
        }
    };
    outcomes.iter().map(matters).collect()
}

/// The word for an outcome.
pub(crate) fn finding(outcome: &Result<(), Error>) -> &'static str {
    match outcome.as_ref().map_err(Error::code) {
        Ok(()) => "readable",
        Err(Code::StoreNotFound) => "missing",
        Err(Code::StoreAccessDenied) => "denied",
        Err(_) => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use env_kvstore::error::refusal::{Call, Refusal};

    const ENVIRONMENT: Purpose = Purpose::Store(Scope::Environment, Kind::Secret);
    const REPOSITORY: Purpose = Purpose::Store(Scope::Repository, Kind::Secret);
    const VARIABLES: Purpose = Purpose::Store(Scope::Repository, Kind::Variable);

    fn refused(code: Code, message: &str) -> Result<(), Error> {
        let call = Call { operation: "GetSecretValue", subject: "s".into(), endpoint: "e".into(), attempts: 1 };
        let answer = Answer { status: 400, code: "x".into(), message: message.into(), request_id: None };
        Err(Error::Refused(Box::new(Refusal { call, answer, diagnosis: Diagnosis::new(code, "", "") })))
    }

    fn missing() -> Result<(), Error> {
        refused(Code::StoreNotFound, "")
    }

    fn denied() -> Result<(), Error> {
        refused(Code::StoreAccessDenied, "")
    }

    fn judged(
        outcomes: Vec<(Purpose, Result<(), Error>)>,
        needed: Option<&[Kind]>,
        rule: EnvironmentStore,
    ) -> Vec<bool> {
        verdict(&outcomes, needed, rule)
    }

    #[test]
    fn only_the_answer_about_the_label_means_that_a_secret_is_there() {
        assert_eq!(outcome(refused(Code::StoreNotFound, "no value for staging label: env-kvstore-doctor")), Ok(()));
        assert!(outcome(missing()).is_err());
        assert!(outcome(refused(Code::StoreAccessDenied, "env-kvstore-doctor")).is_err());
        assert_eq!(outcome(Ok(())), Ok(()));
    }

    #[test]
    fn an_environments_store_may_be_missing_unless_it_is_required_but_not_denied_unless_it_is_optional() {
        let of =
            |outcome, rule| judged(vec![(ENVIRONMENT, outcome), (REPOSITORY, Ok(()))], Some(&[Kind::Secret]), rule);
        assert_eq!(of(missing(), EnvironmentStore::NotFoundOk), [false, false]);
        assert_eq!(of(missing(), EnvironmentStore::Required), [true, false]);
        assert_eq!(of(denied(), EnvironmentStore::NotFoundOk), [true, false]);
        assert_eq!(of(denied(), EnvironmentStore::Optional), [false, false]);
    }

    #[test]
    fn the_repositorys_store_may_be_denied_where_the_environments_is_readable() {
        let of = |environment| {
            let outcomes = vec![(ENVIRONMENT, environment), (REPOSITORY, denied())];
            judged(outcomes, None, EnvironmentStore::NotFoundOk)
        };
        assert_eq!(of(Ok(())), [false, false]);
        assert_eq!(of(missing()), [true, true]);
    }

    #[test]
    fn each_kind_that_values_take_needs_a_store_and_otherwise_one_store_is_enough() {
        let outcomes = || vec![(REPOSITORY, Ok(())), (VARIABLES, missing())];
        let of = |needed| judged(outcomes(), needed, EnvironmentStore::NotFoundOk);
        assert_eq!(of(None), [false, false]);
        assert_eq!(of(Some(&[Kind::Secret])), [false, false]);
        assert_eq!(of(Some(&[Kind::Secret, Kind::Variable])), [false, true]);
        let none = vec![(REPOSITORY, missing()), (VARIABLES, missing())];
        assert_eq!(judged(none, None, EnvironmentStore::NotFoundOk), [true, true]);
    }

    #[test]
    fn a_secret_that_a_line_names_must_be_readable() {
        for outcome in [missing(), denied(), refused(Code::Throttled, "")] {
            let outcomes = vec![(REPOSITORY, Ok(())), (Purpose::Line, outcome)];
            assert_eq!(judged(outcomes, None, EnvironmentStore::Optional), [false, true]);
        }
    }
}
