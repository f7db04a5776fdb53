//! Policies that AWS will soon refuse.

use crate::account::{Document, Role};
use crate::audit::Audit;
use crate::audit::findings::{Finding, Place, Rule, Severity};
use crate::kvstore::policies::{MAX_POLICY, MAX_TRUST_POLICY};

pub(super) static POLICY_NEAR_LIMIT: Rule = Rule {
    id: "policy-near-limit",
    title: "A policy is nearly as long as AWS allows",
    remedy: "Let tags of the stores say who reads them instead of statements, divide the bindings among roles, or have the \
             quota raised.",
};

/// The most characters of a managed policy, white space not counted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_MANAGED: usize = 6144;

/// What a trust policy may have if the quota was raised.
const MAX_RAISED: usize = 4096;

pub(super) fn look(audit: &Audit<'_>) -> Vec<Finding> {
    audit.account.roles.iter().flat_map(of).collect()
}

fn of(role: &Role) -> Vec<Finding> {
    let is_managed = |document: &&Document| document.name.contains("managed policy");
    let inline = role.policies.iter().filter(|document| !is_managed(document)).map(Document::size).sum();
    let trust = role.trust.size();
    let most = if trust > MAX_TRUST_POLICY { MAX_RAISED } else { MAX_TRUST_POLICY };
    let mut found = vec![
        near(Place::document(role, &role.trust), "The trust policy has", trust, most),
        near(Place::role(role), "The inline policies together have", inline, MAX_POLICY),
    ];
    let managed = role.policies.iter().filter(is_managed);
    found.extend(
        managed.map(|document| near(Place::document(role, document), "The policy has", document.size(), MAX_MANAGED)),
    );
    found.into_iter().flatten().collect()
}

fn near(place: Place, what: &str, size: usize, most: usize) -> Option<Finding> {
    let is_near = size.saturating_mul(10) >= most.saturating_mul(9);
    is_near.then(|| {
        let cause = format!("{what} {size} of at most {most} characters, white space not counted.");
        POLICY_NEAR_LIMIT.finding(Severity::Low, place, cause)
    })
}
