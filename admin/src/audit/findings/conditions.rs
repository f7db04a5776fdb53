//! Conditions on claims that hold, or fail, otherwise than whoever wrote them meant.

use std::collections::BTreeSet;

use env_kvstore_policy::{Case, Effect, Source, Written, WrittenCondition};

use crate::account::{DIRECT_CLAIMS, Route};
use crate::audit::Audit;
use crate::audit::access::{ASSUME, Door, claim_of};
use crate::audit::claims::{Tenancy, has_wildcard, is_always_there, is_claim, is_github, literal_prefix, tenancy};
use crate::audit::findings::{Finding, Place, Rule, Severity};

pub(super) static ABSENT_CLAIM_PASSES: Rule = Rule {
    id: "absent-claim-passes",
    title: "A condition also holds for a job without the claim",
    remedy: "List what is allowed (StringEquals) instead of what is refused. If it must be a negation, require the claim \
             beside it: \"Null\": { \"KEY\": \"false\" }. Leave out IfExists and ForAllValues.",
};

pub(super) static CLAIM_NOT_MAPPED: Rule = Rule {
    id: "claim-not-mapped",
    title: "A policy uses a claim that its sessions never have",
    remedy: "Map the claim to this tag in the pool (set-principal-tag-attribute-map), or take the condition out. With \
             GitHub's own token only the claims that AWS knows can be used, and none is a session tag.",
};

pub(super) static WILDCARD_IN_CLAIM: Rule = Rule {
    id: "wildcard-in-claim",
    title: "A condition on a claim has a wildcard",
    remedy: "List the values with StringEquals. A * also takes slashes and colons, and names that somebody makes tomorrow.",
};

pub(super) static WILDCARD_WITHOUT_LIKE: Rule = Rule {
    id: "wildcard-without-like",
    title: "A wildcard stands where it is a character like any other",
    remedy: "List the values without wildcards. If it must be a pattern, use StringLike.",
};

pub(super) fn look(audit: &Audit<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for door in audit.doors.iter().filter(|door| is_github(door.route.provider())) {
        for case in door.assumes.cases() {
            found.extend(absent_claims(door, case));
        }
    }
    for readers in &audit.readers {
        for way in &readers.ways {
            let door = audit.doors.iter().find(|door| door.role.name == way.role.name && door.route == way.route);
            for (door, case) in door.iter().flat_map(|door| way.when.cases().iter().map(move |case| (door, case))) {
                found.extend(absent_claims(door, case));
            }
        }
    }
    for role in &audit.account.roles {
        let doors: Vec<_> = audit.doors.iter().filter(|door| door.role.name == role.name).collect();
        if doors.iter().any(|door| is_github(door.route.provider())) {
            found.extend(not_mapped(&doors));
            found.extend(wildcards(&doors));
        }
    }
    found
}

/// Conditions that leave a claim a choice of values, or to be absent.
fn absent_claims(door: &Door<'_>, case: &Case) -> Vec<Finding> {
    let open = case.constraints().filter(|constraint| {
        // Of a claim that may be anything, or must be absent, no condition wants a value.
        is_claim(&constraint.key) && constraint.absent && !constraint.one.is_any() && !constraint.one.is_none()
    });
    let mut found = Vec::new();
    for constraint in open {
        for source in &constraint.because {
            let Some((how, key, lists_what_is_refused)) = passes(source) else { continue };
            let place = Place::statement(door.role, &source.statement).at(key);
            let claim = &constraint.key;
            let (severity, cause) = match (is_always_there(claim), lists_what_is_refused) {
                (false, _) => (Severity::Medium, format!("{how} lets a job pass whose token has no {claim}.")),
                (true, true) => (
                    Severity::Medium,
                    format!(
                        "{how} lets every {claim} pass that it does not list, and all jobs if the claim is not mapped."
                    ),
                ),
                (true, false) => (
                    Severity::Low,
                    format!("{how} lets all jobs pass once the claim is not mapped, or its key is misspelt."),
                ),
            };
            found.push(ABSENT_CLAIM_PASSES.finding(severity, place, cause));
        }
    }
    found
}

/// By what a condition lets an absent key pass, the key, and whether the condition lists what is refused.
fn passes(source: &Source) -> Option<(String, &str, bool)> {
    let (operator, key) = (source.operator.as_deref()?, source.key.as_deref()?);
    let is_negated = operator.contains("Not");
    let how = match source.statement.effect {
        Effect::Deny if !is_negated => format!("A statement that denies by {operator} what is listed"),
        Effect::Deny => return None,
        Effect::Allow if operator.ends_with("IfExists") => operator.to_owned(),
        Effect::Allow if operator.starts_with("ForAllValues:") => format!("{operator}, which holds for an absent key,"),
        Effect::Allow if is_negated => format!("{operator}, a negation,"),
        Effect::Allow => return None,
    };
    Some((how, key, is_negated != (source.statement.effect == Effect::Deny)))
}

/// Keys that no way to a role has.
fn not_mapped(doors: &[&Door<'_>]) -> Vec<Finding> {
    let Some(role) = doors.first().map(|door| door.role) else { return vec![] };
    // What Cognito maps by itself is a finding of its own.
    let uses_defaults = |door: &&&Door<'_>| match door.route {
        Route::Pool(pool, provider) => pool.tags.get(&provider.arn).is_some_and(|map| map.uses_defaults),
        Route::Direct(_) => false,
    };
    let doors: Vec<_> = doors.iter().filter(|door| !uses_defaults(door)).copied().collect();
    if doors.is_empty() {
        return vec![];
    }
    let has = |key: &str, lets_in: &dyn Fn(&Door<'_>) -> bool| {
        let key = key.to_lowercase();
        let mut asked = doors.iter().filter(|door| lets_in(door)).peekable();
        asked.peek().is_none() || asked.any(|door| is_had(door, &key))
    };
    let mut found = Vec::new();
    for written in role.trust.policy.written() {
        let lets_in = |door: &Door<'_>| written.is_for(&door.route.principal(), ASSUME);
        found.extend(unknown(role, &written, &|key| has(key, &lets_in)));
    }
    for written in role.policies.iter().flat_map(|document| document.policy.written()) {
        found.extend(unknown(role, &written, &|key| has(key, &|_| true)));
    }
    found
}

/// Whether a session of this way can have a key; of others than claims it is not asked.
pub(super) fn is_had(door: &Door<'_>, key: &str) -> bool {
    let map = door.route.tag_map();
    let is_mapped = |tag: &str| map.is_some_and(|map| map.claims.keys().any(|mapped| mapped.to_lowercase() == tag));
    let is_tag_of_role = |tag: &str| door.role.tags.keys().any(|own| own.to_lowercase() == tag);
    if let Some(tag) = key.strip_prefix("aws:requesttag/") {
        return is_mapped(tag);
    }
    if let Some(tag) = key.strip_prefix("aws:principaltag/") {
        return is_mapped(tag) || is_tag_of_role(tag);
    }
    match (door.route, key.strip_prefix(&format!("{}:", door.route.provider().host().to_lowercase()))) {
        (Route::Direct(_), Some(claim)) => claim == "aud" || claim == "sub" || DIRECT_CLAIMS.contains(&claim),
        // Cognito's token has none of the issuer's keys.
        (Route::Pool(..), Some(_)) => false,
        (_, None) => true,
    }
}

fn unknown(role: &crate::account::Role, written: &Written<'_>, has: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let place = |key: &str| Place::statement(role, &written.id()).at(key);
    let mut found = Vec::new();
    let mut said = BTreeSet::new();
    for condition in written.conditions().filter(|condition| !has(condition.key())) {
        let key = condition.key();
        said.insert(key.to_lowercase());
        let (severity, what) = match (written.allows(), condition.holds_if_absent()) {
            (true, true) => (Severity::High, "always holds"),
            (true, false) => (Severity::Medium, "never holds, so that the statement allows nothing"),
            (false, true) => (Severity::Medium, "always holds"),
            (false, false) => (Severity::High, "never holds, so that the statement denies nothing"),
        };
        let cause = format!("No session has {key}: the condition {what}.");
        found.push(CLAIM_NOT_MAPPED.finding(severity, place(key), cause));
    }
    for key in written.variables().into_iter().filter(|key| !has(key) && !said.contains(&key.to_lowercase())) {
        let cause = format!("No session has {key}: what the variable is part of matches nothing.");
        found.push(CLAIM_NOT_MAPPED.finding(Severity::Medium, place(key), cause));
    }
    found
}

/// Patterns for claims, but those that make the tenant unknown, which is a finding of its own.
fn wildcards(doors: &[&Door<'_>]) -> Vec<Finding> {
    let Some(door) = doors.first() else { return vec![] };
    let role = door.role;
    let is_anybodys = |statement: usize| {
        let is_of = |case: &&Case| case.allowed_by.iter().any(|id| id.index == statement);
        let of = |door: &&&Door<'_>| {
            door.assumes.cases().iter().filter(is_of).any(|case| tenancy(case, door.route) == Tenancy::Nobody)
        };
        doors.iter().any(|door| of(&door))
    };
    let documents = std::iter::once((&role.trust, true)).chain(role.policies.iter().map(|document| (document, false)));
    let mut found = Vec::new();
    for (document, is_trust) in documents {
        for written in document.policy.written().filter(Written::allows) {
            let id = written.id();
            for condition in written.conditions() {
                let claim =
                    doors.iter().map(|door| claim_of(condition.key(), door.route)).find(|claim| is_claim(claim));
                let Some(claim) = claim else { continue };
                for text in condition.literal_wildcards() {
                    let place = Place::statement(role, &id).at(condition.key());
                    let cause = format!(
                        "{} compares `{text}` character by character, and no {claim} has a wildcard in it.",
                        condition.operator()
                    );
                    found.push(WILDCARD_WITHOUT_LIKE.finding(Severity::Medium, place, cause));
                }
                let names_tenant = ["sub", "repository", "repository_owner", "enterprise"].contains(&claim.as_str());
                if is_trust && names_tenant && is_anybodys(id.index) {
                    continue;
                }
                for pattern in wild(&condition) {
                    let place = Place::statement(role, &id).at(condition.key());
                    let cause = format!("`{pattern}` takes every {claim} {}.", reach(pattern));
                    found.push(WILDCARD_IN_CLAIM.finding(Severity::Medium, place, cause));
                }
            }
        }
    }
    found
}

/// A `*` alone only says that the claim is there.
fn wild<'p>(condition: &WrittenCondition<'p>) -> impl Iterator<Item = &'p str> {
    condition.patterns().filter(|pattern| *pattern != "*" && has_wildcard(pattern))
}

fn reach(pattern: &str) -> String {
    let literal = literal_prefix(pattern);
    let what = match literal.strip_prefix("repo:") {
        Some(repository) if repository.contains(':') => {
            "of that repository: any branch, tag, environment or event that fits"
        }
        Some(_) => "of every repository that fits",
        None => "that fits, also one that somebody makes tomorrow",
    };
    match literal {
        "" => what.to_owned(),
        literal => format!("that begins with `{literal}`, {what}"),
    }
}
