//! What a case says of a job's claims: whose it is, of which repository, by which event.

use std::collections::BTreeSet;

use env_kvstore_policy::{Case, Constraint, Values};
use serde::Serialize;

use crate::account::{Provider, Route};
use crate::kvstore::set_up::{CLAIMS, PROPERTY, PULL_REQUEST_EVENTS};

/// The issuer of everybody's jobs on github.com.
const EVERYBODYS: &str = "token.actions.githubusercontent.com";

/// What `amr` of Cognito's tokens says of the subject follows this.
const SUBJECT: &str = ":OIDC:";

/// How well a case names the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tenancy {
    /// Not at all: anybody's jobs.
    Nobody,
    /// By a name that another account can get once its owner gives it up.
    ByName,
    /// By an id that never changes hands, or by a server of its own.
    ById,
}

/// Whether the name of a key is that of a claim in GitHub's tokens.
pub(crate) fn is_claim(name: &str) -> bool {
    CLAIMS.contains(&name) || name.starts_with(PROPERTY)
}

/// Whether the issuer is GitHub Actions, on github.com or another server.
/// <https://docs.github.com/en/enterprise-server/actions/reference/security/oidc>
pub(crate) fn is_github(provider: &Provider) -> bool {
    let host = provider.host();
    host.starts_with("token.actions.") || host.ends_with("/_services/token") || host.contains("/_services/token/")
}

/// Whose jobs a case lets in.
pub(crate) fn tenancy(case: &Case, route: Route<'_>) -> Tenancy {
    let host = route.provider().host();
    let by_issuer = match host.strip_prefix(EVERYBODYS) {
        Some("") => Tenancy::Nobody,
        // The slug of the enterprise.
        Some(_) => Tenancy::ByName,
        None => Tenancy::ById,
    };
    let by_claims = case.constraints().map(|constraint| by_claim(constraint).unwrap_or(Tenancy::Nobody)).max();
    by_issuer.max(by_claims.unwrap_or(Tenancy::Nobody))
}

/// Nothing if the claim says nothing of the tenant.
fn by_claim(constraint: &Constraint) -> Option<Tenancy> {
    let texts = wanted(constraint)?;
    let weakest = |of: &dyn Fn(&str) -> Tenancy| texts.iter().map(|text| of(text)).min();
    match constraint.key.as_str() {
        "enterprise_id" | "repository_owner_id" | "repository_id" => {
            weakest(&|text| if has_wildcard(text) { Tenancy::Nobody } else { Tenancy::ById })
        }
        "enterprise" | "repository_owner" => {
            weakest(&|text| if has_wildcard(text) { Tenancy::Nobody } else { Tenancy::ByName })
        }
        "repository" => weakest(&|text| match literal_prefix(text).contains('/') || !has_wildcard(text) {
            true => Tenancy::ByName,
            false => Tenancy::Nobody,
        }),
        "sub" => weakest(&by_subject),
        key if key.eq_ignore_ascii_case("cognito-identity.amazonaws.com:amr") => {
            weakest(&|text| text.split_once(SUBJECT).map_or(Tenancy::Nobody, |(_, subject)| by_subject(subject)))
        }
        _ => None,
    }
}

/// `repo:OWNER/NAME:…`, `repo:OWNER@ID/NAME@ID:…`, or the claims that an organization has put into its subjects.
/// <https://docs.github.com/en/actions/reference/security/oidc#customizing-the-token-claims>
fn by_subject(text: &str) -> Tenancy {
    let literal = literal_prefix(text);
    let is_id = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let id_after = |name: &str| literal.split_once(name).is_some_and(|(_, id)| is_id(id) && id.contains(':'));
    if ["enterprise_id:", "repository_owner_id:", "repository_id:"].into_iter().any(id_after) {
        return Tenancy::ById;
    }
    let Some(repository) = literal.strip_prefix("repo:") else {
        let named = ["repository_owner:", "repository:", "enterprise:"];
        let is_named = |name: &str| literal.split_once(name).is_some_and(|(_, rest)| rest.contains([':', '/']));
        return if named.into_iter().any(is_named) { Tenancy::ByName } else { Tenancy::Nobody };
    };
    match (repository.split_once('/'), repository.split_once('@')) {
        (Some((owner, _)), _) if owner.split_once('@').is_some_and(|(_, id)| is_id(id)) => Tenancy::ById,
        // No name has an @, so that the name before it is whole.
        (Some(_), _) | (None, Some(_)) => Tenancy::ByName,
        (None, None) => Tenancy::Nobody,
    }
}

/// The values or patterns of which the claim must be one; nothing if it may be absent, or anything else.
pub(crate) fn wanted(constraint: &Constraint) -> Option<Vec<String>> {
    if may_be_absent(constraint) {
        return None;
    }
    // In a list no character is a wildcard.
    let literal = |text: &String| text.replace('*', "${*}").replace('?', "${?}");
    let of = |values: &Values| match values {
        Values::OneOf(texts) => Some(texts.iter().map(literal).collect::<Vec<_>>()),
        Values::Matching { tests, .. } => {
            let positive = tests.iter().find(|test| !test.is_inverted() && !test.operator().contains("Not"))?;
            Some(positive.expected())
        }
    };
    let several = constraint.several.iter().flatten().find(|test| !test.every);
    several.and_then(|test| of(&test.values)).or_else(|| of(&constraint.one))
}

/// Whether a job's token may lack the claim, and is let in then.
pub(crate) fn may_be_absent(constraint: &Constraint) -> bool {
    constraint.absent && !is_always_there(&constraint.key)
}

/// Whether every job's token has the claim.
pub(crate) fn is_always_there(claim: &str) -> bool {
    const ALWAYS: [&str; 16] = [
        "actor",
        "actor_id",
        "event_name",
        "repository",
        "repository_id",
        "repository_owner",
        "repository_owner_id",
        "repository_visibility",
        "run_attempt",
        "run_id",
        "run_number",
        "runner_environment",
        "sha",
        "sub",
        "workflow",
        "workflow_ref",
    ];
    ALWAYS.contains(&claim)
}

/// Whether a pattern has a wildcard: `${*}` and `${?}` are characters.
pub(crate) fn has_wildcard(text: &str) -> bool {
    literal_prefix(text).len() < text.len()
}

/// A pattern up to its first wildcard.
pub(crate) fn literal_prefix(text: &str) -> &str {
    let is_wildcard = |place: &usize| !text.get(..*place).is_some_and(|before| before.ends_with("${"));
    let wildcard = text.match_indices(['*', '?']).map(|(place, _)| place).find(is_wildcard);
    wildcard.and_then(|place| text.get(..place)).unwrap_or(text)
}

/// Of which repositories the jobs of a case are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    /// These, by OWNER/NAME.
    Named(BTreeSet<String>),
    /// These, by id.
    Numbered(BTreeSet<String>),
    /// More than can be listed.
    Any,
}

/// By what the case says of `repository`, `repository_id` or `sub`.
pub(crate) fn whose(case: &Case) -> Whose {
    let listed = |claim: &str| {
        let constraint = case.constraint(claim).filter(|constraint| !may_be_absent(constraint))?;
        match &constraint.one {
            Values::OneOf(texts) => Some(texts.clone()),
            Values::Matching { .. } => None,
        }
    };
    let of_subjects = || {
        let texts = wanted(case.constraint("sub")?)?;
        texts.iter().map(|text| repository_of(text)).collect::<Option<BTreeSet<_>>>()
    };
    let named = listed("repository").or_else(of_subjects);
    let numbered = listed("repository_id");
    match (named, numbered) {
        // Whatever its name, an id is one repository's.
        (Some(names), Some(ids)) if ids.len() < names.len() => Whose::Numbered(ids),
        (Some(names), _) => Whose::Named(names),
        (None, Some(ids)) => Whose::Numbered(ids),
        (None, None) => Whose::Any,
    }
}

/// `repo:OWNER/NAME:…`, also with ids.
fn repository_of(subject: &str) -> Option<String> {
    let (repository, _) = literal_prefix(subject).strip_prefix("repo:")?.split_once(':')?;
    let (owner, name) = repository.split_once('/')?;
    let without_id = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
    Some(format!("{}/{}", without_id(owner), without_id(name)))
}

/// Whether a job of this repository can be meant.
pub(crate) fn admits_repository(case: &Case, name: &str, id: Option<&str>) -> bool {
    let owner = name.split('/').next().unwrap_or_default();
    let admits = |claim: &str, value: &str| {
        case.constraint(claim).is_none_or(|constraint| constraint.admits(Some(&[value.to_owned()])))
    };
    let subject = |constraint: &Constraint| {
        let Some(texts) = wanted(constraint) else { return true };
        let starts = [format!("repo:{name}:"), format!("repo:{owner}@")];
        let fits = |literal: &str, start: &String| literal.starts_with(start.as_str()) || start.starts_with(literal);
        texts.iter().any(|text| {
            let literal = literal_prefix(text);
            !literal.starts_with("repo:") && !"repo:".starts_with(literal)
                || starts.iter().any(|start| fits(literal, start))
        })
    };
    admits("repository", name)
        && admits("repository_owner", owner)
        && id.is_none_or(|id| admits("repository_id", id))
        && case.constraint("sub").is_none_or(subject)
}

/// For which environment a job runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum Environment {
    /// For none.
    None,
    /// For this one.
    Named(String),
    /// For one that no condition names.
    Other,
}

/// The environments that a case names, to let them in or to keep them out.
pub(crate) fn environments(case: &Case) -> BTreeSet<String> {
    let listed = case.constraint("environment").map(|constraint| match &constraint.one {
        Values::OneOf(names) | Values::Matching { except: names, .. } => names.clone(),
    });
    let subjects = case.constraint("sub").and_then(wanted).unwrap_or_default();
    let of_subject = |text: &String| match environment_of(text) {
        OfSubject::Is(Environment::Named(name)) => Some(name),
        _ => None,
    };
    listed.into_iter().flatten().chain(subjects.iter().filter_map(of_subject)).collect()
}

/// Whether a job of this environment can be meant.
pub(crate) fn admits_environment(case: &Case, environment: &Environment) -> bool {
    let by_claim = case.constraint("environment").is_none_or(|constraint| match environment {
        Environment::None => constraint.admits(None),
        Environment::Named(name) => constraint.admits(Some(std::slice::from_ref(name))),
        Environment::Other => matches!(constraint.one, Values::Matching { .. }),
    });
    let subjects = case.constraint("sub").and_then(wanted);
    let fits = |text: &String| match (environment_of(text), environment) {
        (OfSubject::Any, _) => true,
        (OfSubject::Is(of_subject), environment) => of_subject == *environment,
        (OfSubject::From(_), Environment::None) => false,
        (OfSubject::From(start), Environment::Named(name)) => name.starts_with(&start),
        (OfSubject::From(_), Environment::Other) => true,
    };
    by_claim && subjects.is_none_or(|texts| texts.iter().any(fits))
}

/// What a subject says of its job's environment.
enum OfSubject {
    Is(Environment),
    /// It begins so, and goes on to a wildcard.
    From(String),
    /// Nothing, or nothing that is understood.
    Any,
}

/// `repo:OWNER/NAME:environment:ENVIRONMENT`; the subject of a job without one has its ref, or `pull_request`.
/// <https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims>
fn environment_of(subject: &str) -> OfSubject {
    let literal = literal_prefix(subject);
    let context = literal.strip_prefix("repo:").and_then(|rest| rest.split_once(':')).map(|(_, context)| context);
    match (context.map(|context| (context, context.strip_prefix("environment:"))), has_wildcard(subject)) {
        (Some((_, Some(name))), false) => OfSubject::Is(Environment::Named(unescaped(name))),
        (Some((_, Some(start))), true) => OfSubject::From(unescaped(start)),
        (Some((context, None)), _) if context == "pull_request" || context.starts_with("ref:") => {
            OfSubject::Is(Environment::None)
        }
        _ => OfSubject::Any,
    }
}

/// What [`wanted`] escaped.
fn unescaped(text: &str) -> String {
    text.replace("${*}", "*").replace("${?}", "?")
}

/// What a case says of jobs that run the code of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PullRequests {
    /// They are kept out.
    Out,
    /// They are let in, with others or alone, but need an environment or run a workflow that the case names.
    Guarded,
    /// They are let in.
    In,
}

pub(crate) fn pull_requests(case: &Case) -> PullRequests {
    let admits = |claim: &str, value: &str| {
        case.constraint(claim).is_none_or(|constraint| constraint.admits(Some(&[value.to_owned()])))
    };
    // Of a pull request the number is not known: any list of refs that has none of a pull request keeps it out.
    let admits_some = |claim: &str, marks: &[&str]| {
        case.constraint(claim).and_then(wanted).is_none_or(|texts| {
            texts.iter().any(|text| {
                has_wildcard(text) && can_reach(text, marks) || marks.iter().any(|mark| text.contains(mark))
            })
        })
    };
    let by_event = PULL_REQUEST_EVENTS.iter().any(|event| admits("event_name", event));
    let by_ref = admits_some("ref", &["refs/pull/"]) && admits("ref_type", "branch");
    let by_subject = admits_some("sub", &[":pull_request", ":environment:"]);
    if !by_event || !by_ref || !by_subject {
        return PullRequests::Out;
    }
    let subjects = case.constraint("sub").and_then(wanted).unwrap_or_default();
    let needs_environment = case.constraint("environment").and_then(wanted).is_some()
        || !subjects.is_empty() && subjects.iter().all(|text| literal_prefix(text).contains(":environment:"));
    let of_pull_request = |text: &String| text.contains("@refs/pull/") || has_wildcard(text);
    let workflows = case.constraint("job_workflow_ref").and_then(wanted);
    let is_known_workflow = workflows.is_some_and(|texts| !texts.iter().any(of_pull_request));
    if needs_environment || is_known_workflow { PullRequests::Guarded } else { PullRequests::In }
}

/// Whether what a pattern's first wildcard stands for can have one of these texts in it, or continue to it.
fn can_reach(pattern: &str, marks: &[&str]) -> bool {
    let literal = literal_prefix(pattern);
    // Only jobs without an environment, and of no pull request, have a ref in their subject.
    if pattern.starts_with("repo:") && pattern.contains(":ref:refs/") && !pattern.contains("refs/pull/") {
        return false;
    }
    let after = literal.strip_prefix("repo:").and_then(|rest| rest.split_once(':')).map(|(_, context)| context);
    match after {
        // `repo:O/R:ref:refs/heads/*` is for branches alone.
        Some(context) => marks.iter().any(|mark| {
            let mark = mark.trim_start_matches(':');
            mark.starts_with(context) || context.starts_with(mark)
        }),
        None if literal.starts_with("refs/") || "refs/".starts_with(literal) => {
            marks.iter().any(|mark| mark.starts_with(literal) || literal.starts_with(mark))
        }
        None => true,
    }
}

/// Whether every job of a case runs the code of a pull request.
pub(crate) fn is_for_pull_requests_alone(case: &Case) -> bool {
    let wanted = case.constraint("event_name").and_then(wanted);
    wanted.is_some_and(|events| events.iter().all(|event| PULL_REQUEST_EVENTS.contains(&event.as_str())))
}
