//! What the command line asks, made a question.

use std::collections::BTreeMap;

use env_kvstore::text::printable::printable;
use serde::{Deserialize, Serialize};

use crate::account::rules::{Ruled, Rules};
use crate::explain::job::Job;
use crate::explain::{Explanation, Question, explain};
use crate::kvstore::problem::Problem;
use crate::kvstore::reading::{FORMS, Reading, stores_of};
use crate::kvstore::set_up::SetUp;

/// What was written on the command line.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Asked {
    /// The text of a file with claims.
    pub claims: Option<String>,
    /// `NAME=VALUE` each.
    pub pairs: Vec<String>,
    /// A role's name or ARN.
    pub role: Option<String>,
    /// `repo`, `env:NAME`, `env:$environment` or `secret:NAME`.
    pub read: Option<String>,
    /// Whether the store of variables is meant.
    pub variable: bool,
    /// The first segment of stores' names, where the rules do not say it.
    pub namespace: Option<String>,
}

/// What came of it: an explanation, or why there is none.
#[derive(Debug, Default, Serialize)]
pub struct Explained {
    /// What is wrong with the rules.
    pub problems: Vec<Problem>,
    /// What is wrong with the question: which part, and how.
    pub wrong: Option<(&'static str, String)>,
    /// The answer.
    pub explanation: Option<Explanation>,
    /// The answer for people.
    pub text: String,
}

/// Answers.
pub fn ask(rules: &Rules, asked: &Asked) -> Explained {
    let ruled = match rules.read() {
        Ok(ruled) => ruled,
        Err(problems) => return Explained { problems, ..Explained::default() },
    };
    match answer(&ruled, asked) {
        Ok(explanation) => {
            Explained { text: explanation.text(), explanation: Some(explanation), ..Explained::default() }
        }
        Err(wrong) => Explained { wrong: Some(wrong), ..Explained::default() },
    }
}

fn answer(ruled: &Ruled, asked: &Asked) -> Result<Explanation, (&'static str, String)> {
    let mut job = match &asked.claims {
        Some(text) => Job::parse(text).map_err(|problem| ("claims", problem))?,
        None => Job::default(),
    };
    for pair in &asked.pairs {
        job.say(pair).map_err(|problem| ("job", problem))?;
    }
    if job.claims.is_empty() && job.absent.is_empty() {
        return Err(("job", "no claim is given".to_owned()));
    }
    let assumed =
        if job.is_whole { BTreeMap::new() } else { assumed(&job, ruled.set_up.as_ref(), asked.role.as_deref()) };
    job.claims.extend(assumed.clone());
    let store = match &asked.read {
        Some(read) => Some(store_of(read, &job, ruled, asked)?),
        None => None,
    };
    let shown = assumed.into_iter().filter(|(claim, _)| !OF_THE_RUN.iter().any(|(other, _)| other == claim)).collect();
    explain(&ruled.account, &Question { job, role: asked.role.clone(), store }, shown)
        .map_err(|problem| ("role", problem))
}

/// Claims that every job has and no rule is about: the session's name is made of them.
const OF_THE_RUN: [(&str, &str); 3] =
    [("run_id", "1"), ("sha", "0000000000000000000000000000000000000000"), ("actor_id", "1")];

/// What follows of a job from what was given. Any other claim that was not given counts as absent.
fn assumed(job: &Job, set_up: Option<&SetUp>, role: Option<&str>) -> BTreeMap<String, String> {
    let given = |claim: &str| job.claims.get(claim);
    let mut assumed: BTreeMap<String, String> =
        OF_THE_RUN.map(|(claim, value)| (claim.to_owned(), value.to_owned())).into();
    let mut say = |claim: &str, value: &str| drop(assumed.insert(claim.to_owned(), value.to_owned()));
    if let Some((owner, _)) = given("repository").and_then(|repository| repository.split_once('/')) {
        say("repository_owner", owner);
    }
    if let Some(set_up) = set_up {
        if let Some(id) = given("repository").and_then(|repository| set_up.repositories.get(repository)) {
            // The file says whose repository it is, and so whose jobs these are.
            say("repository_id", id);
            say(set_up.tenant.claim, &set_up.tenant.id);
            if set_up.tenant.is_enterprise {
                say("enterprise", &set_up.tenant.name);
            }
        }
        let role = set_up.roles.iter().find(|known| {
            role.map_or(known.is_shared, |role| known.name == role || role.ends_with(&format!("/{}", known.name)))
        });
        if let Some(event) = role.and_then(|role| role.events.first()) {
            say("event_name", event);
        }
    }
    assumed.retain(|claim, _| given(claim).is_none() && !job.absent.contains(claim));
    assumed
}

fn store_of(read: &str, job: &Job, ruled: &Ruled, asked: &Asked) -> Result<String, (&'static str, String)> {
    let claim = |name: &str| {
        job.claims
            .get(name)
            .cloned()
            .ok_or_else(|| ("job", format!("the claim `{name}` is needed for `--read {}`", printable(read))))
    };
    let namespace = || match (&asked.namespace, &ruled.set_up) {
        (Some(given), _) => Ok(given.clone()),
        (None, Some(set_up)) => Ok(set_up.namespace.clone()),
        // As the action names stores.
        (None, None) => claim("enterprise").or_else(|_| claim("repository_owner")),
    };
    let environment = match Reading::parse(read) {
        Some(Reading::Secret(name)) if !name.is_empty() => return Ok(name.to_owned()),
        Some(Reading::Repository) => None,
        Some(Reading::Environment(name)) if !name.is_empty() => Some(name.to_owned()),
        Some(Reading::OwnEnvironment) => Some(claim("environment")?),
        _ => return Err(("read", format!("`{}` is none of {FORMS}", printable(read)))),
    };
    let [secrets, variables] = stores_of(&namespace()?, &claim("repository")?, environment.as_deref());
    Ok(if asked.variable { variables } else { secrets })
}
