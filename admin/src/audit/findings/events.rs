//! Jobs that run the code of a pull request: whoever may open one writes that code.

use std::collections::BTreeSet;

use crate::audit::Audit;
use crate::audit::access::{ASSUME, Access};
use crate::audit::claims::{PullRequests, is_for_pull_requests_alone, is_github, pull_requests};
use crate::audit::findings::{Finding, Place, Rule, Severity, some};

pub(super) static PULL_REQUESTS_LET_IN: Rule = Rule {
    id: "pull-requests-let-in",
    title: "Jobs of pull requests may assume the role",
    remedy: "List the events that are allowed, as event_name in the trust policy, or a ref or sub that no pull request has. \
             What pull requests need, give them by a role and stores of their own.",
};

pub(super) fn look(audit: &Audit<'_>) -> Vec<Finding> {
    let by_others = read_by_others(audit);
    let mut found = Vec::new();
    for door in audit.doors.iter().filter(|door| is_github(door.route.provider())) {
        let read = read_by_pull_requests(audit, &door.role.name);
        for case in door.assumed_when.cases() {
            let way_in = pull_requests(case);
            if way_in == PullRequests::Out {
                continue;
            }
            let shared: Vec<_> = read.intersection(&by_others).copied().collect();
            if is_for_pull_requests_alone(case) && shared.is_empty() {
                continue;
            }
            let (severity, how) = match way_in {
                PullRequests::Guarded => (
                    Severity::Medium,
                    "A job of a pull request may assume it, if it has the environment or workflow that is wanted",
                ),
                _ => (Severity::High, "A job that runs the code of a pull request may assume it"),
            };
            let what = match (&shared[..], read.len()) {
                ([], 0) => String::new(),
                ([], _) => format!(", and read {}", some(read.iter().copied())),
                (shared, _) => format!(", and read what other jobs read too: {}", some(shared.iter().copied())),
            };
            let places = case.allowed_by.iter().filter(|id| id.policy == door.role.trust.name);
            let asked = places.filter(|id| {
                let statement = door.role.trust.policy.written().nth(id.index);
                statement.is_some_and(|written| written.covers_action(ASSUME))
            });
            found.extend(asked.map(|id| {
                let cause = format!("{how}{what}.");
                PULL_REQUESTS_LET_IN.finding(severity, Place::statement(door.role, id), cause)
            }));
        }
    }
    found
}

/// The secrets that jobs of pull requests read by a role.
fn read_by_pull_requests<'a>(audit: &'a Audit<'_>, role: &str) -> BTreeSet<&'a str> {
    let reads = |way: &Access<'_>| {
        way.role.name == role && way.when.cases().iter().any(|case| pull_requests(case) != PullRequests::Out)
    };
    read_by(audit, &reads)
}

/// The secrets that other jobs read.
fn read_by_others<'a>(audit: &'a Audit<'_>) -> BTreeSet<&'a str> {
    read_by(audit, &|way| way.when.cases().iter().any(|case| !is_for_pull_requests_alone(case)))
}

fn read_by<'a>(audit: &'a Audit<'_>, reads: &dyn Fn(&Access<'_>) -> bool) -> BTreeSet<&'a str> {
    let read = audit.readers.iter().filter(|readers| readers.ways.iter().any(reads));
    read.map(|readers| readers.store.name.as_str()).collect()
}
