//! What the command line asks, made a question.

use std::collections::BTreeMap;

use env_kvstore::text::printable::printable;
use serde::{Deserialize, Serialize};

use crate::account::rules::{Ruled, Rules};
use crate::explain::job::Job;
use crate::explain::{Explanation, Question, explain, vault};
use crate::kvstore::problem::Problem;
use crate::kvstore::reading::{FORMS, Reading, stores_of};
use crate::kvstore::set_up::{SetUp, Tenant};
use crate::kvstore::vault::VaultSetUp;

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
    /// `repo`, `env:NAME`, `env:$environment` or `secret:NAME`; of a snapshot of Vault a whole path.
    pub read: Option<String>,
    /// Whether the store of variables is meant.
    pub variable: bool,
    /// The first segment of stores' names, where the rules do not say it.
    pub namespace: Option<String>,
    /// Whether Vault is asked, and not AWS, if the rules have both.
    pub vault: bool,
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
    let is_vault = asked.vault || !ruled.is_on_aws;
    let known = if is_vault { Known::on_vault(ruled, asked) } else { Known::on_aws(ruled, asked) };
    let assumed = if job.is_whole { BTreeMap::new() } else { assumed(&job, known.as_ref()) };
    job.claims.extend(assumed.clone());
    let named = || asked.read.as_ref().map(|read| store_of(read, &job, known.as_ref(), asked)).transpose();
    let role = asked.role.clone();
    let shown = |assumed: BTreeMap<String, String>| {
        assumed.into_iter().filter(|(claim, _)| !OF_THE_RUN.iter().any(|(other, _)| other == claim)).collect()
    };
    let explanation = match &ruled.vault {
        Some(server) if is_vault => {
            let store = match (&asked.read, &ruled.vault_set_up) {
                (_, Some(set_up)) => named()?.map(|name| set_up.path(&name)),
                (Some(path), None) if !path.contains('/') || path.contains(':') => {
                    let message = format!(
                        "`{}` is no path: of a snapshot of Vault name it whole, as secret/data/NAME",
                        printable(path)
                    );
                    return Err(("read", message));
                }
                (path, None) => path.clone(),
            };
            let is_planned = ruled.vault_set_up.is_some();
            vault::explain(server, &Question { job, role, store }, shown(assumed), is_planned)
        }
        None if is_vault => return Err(("vault", "the rules have no Vault".to_owned())),
        _ => {
            let store = named()?;
            explain(&ruled.account, &Question { job, role, store }, shown(assumed))
        }
    };
    explanation.map_err(|problem| ("role", problem))
}

/// What a file says that a job described by hand can be completed with.
struct Known<'r> {
    tenant: &'r Tenant,
    namespace: &'r str,
    repositories: &'r BTreeMap<String, String>,
    event: Option<&'r String>,
}

impl<'r> Known<'r> {
    fn on_aws(ruled: &'r Ruled, asked: &Asked) -> Option<Self> {
        let SetUp { tenant, namespace, repositories, roles, .. } = ruled.set_up.as_ref()?;
        let role = asked.role.as_deref();
        let role = roles.iter().find(|known| {
            role.map_or(known.is_shared, |role| known.name == role || role.ends_with(&format!("/{}", known.name)))
        });
        Some(Self { tenant, namespace, repositories, event: role.and_then(|role| role.events.first()) })
    }

    fn on_vault(ruled: &'r Ruled, asked: &Asked) -> Option<Self> {
        let VaultSetUp { tenant, namespace, repositories, roles, events, .. } = ruled.vault_set_up.as_ref()?;
        let role = roles.iter().find(|known| Some(known.name.as_str()) == asked.role.as_deref());
        let event = role.map_or(events, |role| &role.events).first();
        Some(Self { tenant, namespace, repositories, event })
    }
}

/// Claims that every job has and no rule is about: the session's name is made of them.
const OF_THE_RUN: [(&str, &str); 3] =
    [("run_id", "1"), ("sha", "0000000000000000000000000000000000000000"), ("actor_id", "1")];

/// What follows of a job from what was given. Any other claim that was not given counts as absent.
fn assumed(job: &Job, known: Option<&Known<'_>>) -> BTreeMap<String, String> {
    let given = |claim: &str| job.claims.get(claim);
    let mut assumed: BTreeMap<String, String> =
        OF_THE_RUN.map(|(claim, value)| (claim.to_owned(), value.to_owned())).into();
    let mut say = |claim: &str, value: &str| drop(assumed.insert(claim.to_owned(), value.to_owned()));
    if let Some((owner, _)) = given("repository").and_then(|repository| repository.split_once('/')) {
        say("repository_owner", owner);
    }
    if let Some(Known { tenant, repositories, event, .. }) = known {
        if let Some(id) = given("repository").and_then(|repository| repositories.get(repository)) {
            // The file says whose repository it is, and so whose jobs these are.
            say("repository_id", id);
            say(tenant.claim, &tenant.id);
            if tenant.is_enterprise {
                say("enterprise", &tenant.name);
            }
        }
        if let Some(event) = event {
            say("event_name", event);
        }
    }
    assumed.retain(|claim, _| given(claim).is_none() && !job.absent.contains(claim));
    assumed
}

fn store_of(read: &str, job: &Job, known: Option<&Known<'_>>, asked: &Asked) -> Result<String, (&'static str, String)> {
    let claim = |name: &str| {
        job.claims
            .get(name)
            .cloned()
            .ok_or_else(|| ("job", format!("the claim `{name}` is needed for `--read {}`", printable(read))))
    };
    let namespace = || match (&asked.namespace, known) {
        (Some(given), _) => Ok(given.clone()),
        (None, Some(known)) => Ok(known.namespace.to_owned()),
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
