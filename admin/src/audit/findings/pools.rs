//! Identity pools: who may sign in, and what becomes of their claims.

use crate::account::{COGNITO, Pool, Provider, Route};
use crate::audit::Audit;
use crate::audit::access::brings_tags;
use crate::audit::claims::is_github;
use crate::audit::findings::{Finding, Place, Rule, Severity, some};

pub(super) static USES_DEFAULTS: Rule = Rule {
    id: "uses-defaults",
    title: "The pool maps Cognito's default attributes and not your claims",
    remedy: "Set the map with UseDefaults false: aws cognito-identity set-principal-tag-attribute-map --no-use-defaults. In \
             Terraform, use_defaults = false; it is true unless you say so.",
};

pub(super) static ROLE_TAG_SHADOWS_CLAIM: Rule = Rule {
    id: "role-tag-shadows-claim",
    title: "A tag of the role stands in for a claim",
    remedy: "Remove the tag from the role, or map the claim to another key. Keys of tags ignore case, and default_tags of \
             Terraform reach roles.",
};

pub(super) static TAG_SESSION_MISSING: Rule = Rule {
    id: "tag-session-missing",
    title: "The trust policy does not allow sts:TagSession",
    remedy: "Allow sts:TagSession for the same principal and audience.",
};

pub(super) static FURTHER_PROVIDERS: Rule = Rule {
    id: "further-providers",
    title: "Others than GitHub's jobs can sign in to the pool",
    remedy: "Give GitHub's jobs a pool of their own. Each provider's map makes the same tags, of claims that it chooses.",
};

pub(super) static FURTHER_AUDIENCES: Rule = Rule {
    id: "further-audiences",
    title: "The pool's provider takes tokens that were made for others",
    remedy: "Remove the audiences that nothing uses: aws iam remove-client-id-from-open-id-connect-provider.",
};

pub(super) static UNAUTHENTICATED_IDENTITIES: Rule = Rule {
    id: "unauthenticated-identities",
    title: "The pool gives out identities to anybody",
    remedy: "Turn off unauthenticated identities (AllowUnauthenticatedIdentities false).",
};

pub(super) fn look(audit: &Audit<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for pool in &audit.account.pools {
        let providers: Vec<_> = audit.account.providers_of(pool).collect();
        if providers.iter().any(|provider| is_github(provider)) {
            found.extend(of_pool(pool, &providers));
        }
    }
    found.extend(of_roles(audit));
    found
}

fn of_pool(pool: &Pool, providers: &[&Provider]) -> Vec<Finding> {
    let mut found = Vec::new();
    if pool.allows_unauthenticated {
        let cause =
            "Whoever knows the pool's id gets an identity without a token. Only trust policies keep it from roles.";
        found.push(UNAUTHENTICATED_IDENTITIES.finding(Severity::Medium, Place::pool(&pool.id), cause));
    }
    let others = providers.iter().filter(|provider| !is_github(provider)).map(|provider| provider.issuer.clone());
    let others: Vec<_> = others.chain(pool.other_providers.iter().cloned()).collect();
    if !others.is_empty() {
        let cause = format!("These can sign in too: {}. A trust policy sees only the pool and the tags.", some(others));
        found.push(FURTHER_PROVIDERS.finding(Severity::Medium, Place::pool(&pool.id), cause));
    }
    let of_github: Vec<_> = providers.iter().filter(|provider| is_github(provider)).collect();
    if of_github.len() > 1 {
        let issuers = of_github.iter().map(|provider| provider.issuer.clone());
        let cause =
            format!("Jobs of several issuers can sign in: {}. Ids of one server may be another's.", some(issuers));
        found.push(FURTHER_PROVIDERS.finding(Severity::Medium, Place::pool(&pool.id), cause));
    }
    for provider in of_github {
        if pool.tags.get(&provider.arn).is_some_and(|map| map.uses_defaults) {
            let cause = "With UseDefaults the tags are Cognito's username and client, so that no policy sees a job's claims: \
                         conditions on them never hold, and negations always do.";
            found.push(USES_DEFAULTS.finding(Severity::High, Place::pool(&pool.id).at(&provider.arn), cause));
        }
        let further: Vec<_> = provider.audiences.iter().filter(|audience| *audience != COGNITO).cloned().collect();
        if !further.is_empty() && provider.audiences.len() > 1 {
            let cause =
                format!("A token that was made for {} can be brought to the pool by whoever got it.", some(further));
            found.push(FURTHER_AUDIENCES.finding(Severity::Low, Place::pool(&provider.arn), cause));
        }
    }
    found
}

fn of_roles(audit: &Audit<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for door in audit.doors.iter().filter(|door| is_github(door.route.provider())) {
        for tag in &door.shadowed {
            let value = door.role.tags.get(tag).map(String::as_str).unwrap_or_default();
            let cause = format!(
                "A job without this claim counts as one that has it, with the value `{value}` of the role's own tag."
            );
            found.push(ROLE_TAG_SHADOWS_CLAIM.finding(Severity::High, Place::role(door.role).at(tag), cause));
        }
        let is_refused = brings_tags(door.route) && !door.assumes.is_never() && door.tags.is_never();
        if is_refused && matches!(door.route, Route::Pool(..)) {
            let place = Place::document(door.role, &door.role.trust);
            let cause = "The pool maps claims to session tags, and AWS refuses a session that brings tags without this right: \
                         no job can assume the role.";
            found.push(TAG_SESSION_MISSING.finding(Severity::Medium, place, cause));
        }
    }
    found
}
