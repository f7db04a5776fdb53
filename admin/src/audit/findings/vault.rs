//! Roles of Vault's JWT auth method that let in more than anybody meant, and policies that give too much.

use crate::audit::findings::{Finding, Place, Rule, Severity, some};
use crate::kvstore::set_up::{PULL_REQUEST_EVENTS, is_of_pull_request};
use crate::vault::{Role, Vault};

pub(super) static TENANT_MISSING: Rule = Rule {
    id: "vault-tenant-missing",
    title: "Anybody's jobs may log in by the role",
    remedy: "Bind enterprise_id, repository_owner_id or repository_id to your own id.",
};

pub(super) static TENANT_BY_NAME: Rule = Rule {
    id: "vault-tenant-by-name",
    title: "The role knows its jobs by a name that can change hands",
    remedy: "Bind repository_id, repository_owner_id or enterprise_id too: a name can be given up, and taken by others.",
};

pub(super) static PULL_REQUESTS_LET_IN: Rule = Rule {
    id: "vault-pull-requests-let-in",
    title: "Jobs of pull requests may log in by the role",
    remedy: "Bind event_name to the events that are meant, or ref or sub to exact values that no pull request has. Give pull \
             requests a role and paths of their own.",
};

pub(super) static WILDCARD_IN_CLAIM: Rule = Rule {
    id: "vault-wildcard-in-claim",
    title: "A bound claim has a wildcard",
    remedy: "Set bound_claims_type to string and list the values: * stands for any text, also for slashes and colons.",
};

pub(super) static NOBODY_LOGS_IN: Rule = Rule {
    id: "vault-role-nobody-uses",
    title: "No job can log in by the role",
    remedy: "Set bound_audiences to what the step requests: the input vault-audience.",
};

pub(super) static AUDIENCE_OF_OTHERS: Rule = Rule {
    id: "vault-audience-of-others",
    title: "The role takes tokens that were made for others",
    remedy: "Bind the audience to the address of Vault, and request tokens for it: the input vault-audience.",
};

pub(super) static POLICY_IS_WIDE: Rule = Rule {
    id: "vault-policy-is-wide",
    title: "A policy of the role reads by a pattern",
    remedy: "Name the paths: what is put below a pattern later is read too.",
};

pub(super) static MAY_WRITE: Rule = Rule {
    id: "vault-job-may-write",
    title: "The role may do more than read",
    remedy: "Give the role read alone. A job that writes what other jobs read can run code in them.",
};

pub(super) static POLICY_IS_TEMPLATE: Rule = Rule {
    id: "vault-policy-is-template",
    title: "A policy of the role is a template",
    remedy: "Name the paths. OpenBao from 2.6 refuses every request if the value has a slash, as a repository's name has.",
};

pub(super) static TOKEN_LIVES_LONG: Rule = Rule {
    id: "vault-token-lives-long",
    title: "The role's tokens live longer than a job reads",
    remedy: "Set token_type to batch, and token_ttl to 300 seconds.",
};

/// So many seconds are enough for any step.
const LONG: u64 = 3600;

pub(crate) fn look(vault: &Vault) -> Vec<Finding> {
    vault.roles.iter().flat_map(|role| of_role(vault, role)).collect()
}

fn of_role(vault: &Vault, role: &Role) -> Vec<Finding> {
    let mut found = Vec::new();
    let place = || Place { role: Some(role.name.clone()), ..Place::default() };
    found.extend(tenancy(vault, role).map(|(rule, severity, cause)| rule.finding(severity, place(), cause)));
    found.extend(
        pull_requests(vault, role).map(|(severity, cause)| PULL_REQUESTS_LET_IN.finding(severity, place(), cause)),
    );
    for (claim, values) in role.claims.iter().filter(|_| role.is_glob) {
        let wild: Vec<_> = values.iter().filter(|value| value.contains('*')).cloned().collect();
        if wild.is_empty() {
            continue;
        }
        let is_any = wild.iter().any(|value| value.trim_matches('*').is_empty());
        let (severity, what) = match is_any {
            true => (Severity::Medium, "takes every value, so the claim must only be there".to_owned()),
            false => {
                (Severity::Low, format!("takes {}, and * stands for any text, also for slashes and colons", some(wild)))
            }
        };
        found.push(WILDCARD_IN_CLAIM.finding(severity, place().at(claim), format!("The bound claim {claim} {what}.")));
    }
    if role.audiences.is_empty() {
        let cause = "It has no bound_audiences, and Vault then refuses every token that has an audience.";
        found.push(NOBODY_LOGS_IN.finding(Severity::Medium, place(), cause));
    }
    for audience in &role.audiences {
        let host = audience.split_once("://").map_or(audience.as_str(), |(_, rest)| rest);
        let (severity, whose) = match host.split(['/', ':']).next().unwrap_or_default() {
            host if host.ends_with("amazonaws.com") || host.ends_with("amazonaws.com.cn") => {
                (Severity::High, "what AWS is shown: whoever gets such a token there can log in here, and the reverse")
            }
            "github.com" => (
                Severity::Low,
                "the default of GitHub: any step that requests a token without an audience gets one for Vault",
            ),
            _ => continue,
        };
        found.push(AUDIENCE_OF_OTHERS.finding(
            severity,
            place().at("bound_audiences"),
            format!("The audience {audience} is {whose}."),
        ));
    }
    for (policy, rules) in role.rules(vault) {
        // What the server itself gives every token is about the token.
        for rule in rules.rules.iter().filter(|_| policy != "default") {
            let place = Place { policy: Some(policy.to_owned()), ..place() }.at(&rule.path);
            if rule.is_template() {
                let cause = format!("The path {} is filled in with what Vault knows of the entity.", rule.path);
                found.push(POLICY_IS_TEMPLATE.finding(Severity::Medium, place.clone(), cause));
            } else if rule.is_pattern() && rule.capabilities.contains("read") {
                let cause = format!("It reads whatever {} covers.", rule.path);
                found.push(POLICY_IS_WIDE.finding(Severity::Medium, place.clone(), cause));
            }
            let more: Vec<_> = rule.capabilities.iter().filter(|one| WRITES.contains(&one.as_str())).cloned().collect();
            if !more.is_empty() {
                let cause = format!("At {} it also has {}.", rule.path, more.join(", "));
                found.push(MAY_WRITE.finding(Severity::High, place, cause));
            }
        }
    }
    let is_long = role.ttl > LONG || (role.ttl == 0 && role.token_type != "batch");
    if is_long {
        let cause = match role.ttl {
            0 => "It has no token_ttl, so a token lives as long as the server's default, often 32 days.".to_owned(),
            seconds => format!("A token lives {seconds} seconds, and whoever gets it can read until then."),
        };
        found.push(TOKEN_LIVES_LONG.finding(Severity::Low, place(), cause));
    }
    found
}

const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "sudo"];

/// What a claim must be exactly, if that is so.
fn exact<'r>(role: &'r Role, claim: &str) -> Option<&'r [String]> {
    let values = role.claims.get(claim).or_else(|| role.claims.get(&format!("/{claim}")))?;
    (!role.is_glob || !values.iter().any(|value| value.contains('*'))).then_some(values.as_slice())
}

/// The subjects that a role takes, and whether a star in them is one.
fn subjects(role: &Role) -> Vec<(&str, bool)> {
    let bound = role.subject.as_deref().map(|subject| (subject, false));
    let claims = role.claims.get("sub").or_else(|| role.claims.get("/sub")).into_iter().flatten();
    bound.into_iter().chain(claims.map(|value| (value.as_str(), role.is_glob))).collect()
}

/// What is before the first wildcard.
fn fixed((text, is_glob): (&str, bool)) -> &str {
    if is_glob { text.split('*').next().unwrap_or_default() } else { text }
}

fn tenancy(vault: &Vault, role: &Role) -> Option<(&'static Rule, Severity, String)> {
    const IDS: [&str; 3] = ["enterprise_id", "repository_owner_id", "repository_id"];
    const NAMES: [&str; 3] = ["enterprise", "repository_owner", "repository"];
    // `repo:OWNER@ID/NAME@ID:…` has ids that cannot be had by others.
    let owners = |is_of: fn(&str) -> bool| {
        let subjects = subjects(role);
        !subjects.is_empty()
            && subjects.iter().all(|subject| {
                let owner = fixed(*subject).strip_prefix("repo:").and_then(|rest| rest.split_once('/'));
                owner.is_some_and(|(owner, _)| !owner.is_empty() && is_of(owner))
            })
    };
    if IDS.iter().any(|claim| exact(role, claim).is_some()) || owners(|owner| owner.contains('@')) {
        return None;
    }
    let has_owner = |claim: &str| {
        let values = role.claims.get(claim);
        values.is_some_and(|values| values.iter().all(|value| fixed((value, role.is_glob)).contains('/')))
    };
    let named: Vec<_> = NAMES
        .iter()
        .filter(|claim| exact(role, claim).is_some() || (**claim == "repository" && has_owner(claim)))
        .collect();
    let by_workflow = has_owner("job_workflow_ref").then_some("job_workflow_ref");
    let by_subject = owners(|_| true).then_some("sub");
    // An enterprise that issues tokens under its own name has a path.
    let by_issuer = vault.issuer.as_ref().is_some_and(|issuer| issuer.trim_start_matches("https://").contains('/'));
    let names: Vec<_> = named.into_iter().copied().chain(by_subject).collect();
    match (&names[..], by_issuer) {
        ([], false) => {
            let cause = match by_workflow {
                Some(_) => {
                    "job_workflow_ref names the called workflow, and not who calls it: any repository on GitHub may."
                }
                None => "No bound claim says whose job it must be, so every repository on GitHub may log in.",
            };
            Some((&TENANT_MISSING, Severity::High, cause.to_owned()))
        }
        ([], true) => {
            let cause = "Only the issuer names the tenant. Whoever gets the name of the enterprise is let in.";
            Some((&TENANT_BY_NAME, Severity::Medium, cause.to_owned()))
        }
        (names, _) => {
            let cause = format!(
                "It is known by {} alone. Whoever gets the name once it is given up is let in.",
                names.join(" and ")
            );
            Some((&TENANT_BY_NAME, Severity::Medium, cause))
        }
    }
}

/// Whether a job that runs the code of a pull request may log in, and how bad that is.
fn pull_requests(vault: &Vault, role: &Role) -> Option<(Severity, String)> {
    let events = exact(role, "event_name");
    if let Some(events) = events {
        let let_in: Vec<_> = events.iter().filter(|event| is_of_pull_request(event)).cloned().collect();
        if let_in.is_empty() {
            return None;
        }
        let shared: Vec<_> = shared_paths(vault, role);
        if let_in.len() == events.len() && shared.is_empty() {
            return None;
        }
        let cause = match shared.is_empty() {
            true => format!("It lets in {}, beside other events.", some(let_in)),
            false => format!("It lets in {}, and reads what other roles read too: {}.", some(let_in), some(shared)),
        };
        return Some((Severity::High, cause));
    }
    let is_of_branch = |value: &str| value.starts_with("refs/heads/") || value.starts_with("refs/tags/");
    let refs = role.claims.get("ref").or_else(|| role.claims.get("/ref"));
    if refs.is_some_and(|values| values.iter().all(|value| is_of_branch(fixed((value, role.is_glob))))) {
        // Once a pull request is merged and closed, its jobs have the branch as ref, and run what was merged.
        return None;
    }
    let subjects = subjects(role);
    let kind = |subject: &(&str, bool)| fixed(*subject).splitn(3, ':').nth(2).map(str::to_owned);
    let kinds: Vec<_> = subjects.iter().map(kind).collect();
    if !kinds.is_empty()
        && kinds.iter().all(|kind| {
            kind.as_ref().is_some_and(|kind| kind.starts_with("ref:refs/heads/") || kind.starts_with("ref:refs/tags/"))
        })
    {
        return None;
    }
    let is_request = |kind: &Option<String>| kind.as_deref() == Some("pull_request");
    if !kinds.is_empty() && kinds.iter().all(is_request) && shared_paths(vault, role).is_empty() {
        return None;
    }
    let is_guarded = exact(role, "environment").is_some()
        || exact(role, "job_workflow_ref").is_some()
        || (!kinds.is_empty()
            && kinds.iter().all(|kind| kind.as_ref().is_some_and(|kind| kind.starts_with("environment:"))));
    Some(match is_guarded {
        true => (
            Severity::Medium,
            "A job of a pull request may log in, if it has the environment or workflow that is wanted.".to_owned(),
        ),
        false => (
            Severity::High,
            format!(
                "No bound claim keeps out the events {}: their jobs run the code of a pull request.",
                PULL_REQUEST_EVENTS.join(", ")
            ),
        ),
    })
}

/// Paths of a role that another role reads, which other events may use.
fn shared_paths(vault: &Vault, role: &Role) -> Vec<String> {
    let paths = |role: &Role| -> Vec<String> {
        let rules = role.rules(vault);
        let all = rules.iter().filter(|(name, _)| *name != "default").flat_map(|(_, policy)| &policy.rules);
        all.filter(|rule| rule.capabilities.contains("read")).map(|rule| rule.path.clone()).collect()
    };
    let is_for_requests = |other: &&Role| {
        exact(other, "event_name").is_some_and(|events| events.iter().all(|event| is_of_pull_request(event)))
    };
    let others: Vec<_> =
        vault.roles.iter().filter(|other| other.name != role.name && !is_for_requests(other)).flat_map(paths).collect();
    paths(role).into_iter().filter(|path| others.contains(path)).collect()
}
