//! What jobs may do beside reading. What decides who reads, no job should be able to change.

use std::collections::BTreeSet;

use env_kvstore_policy::Written;

use crate::audit::Audit;
use crate::audit::access::Door;
use crate::audit::claims::is_github;
use crate::audit::findings::{Finding, Place, Rule, Severity, some};

pub(super) static JOB_MAY_OPEN_ACCESS: Rule = Rule {
    id: "job-may-open-access",
    title: "Jobs may change who reads what",
    remedy: "Take these actions from the role. Give them to the platform's own role, which no job of a repository assumes.",
};

pub(super) static JOB_MAY_WRITE: Rule = Rule {
    id: "job-may-write",
    title: "Jobs may change or delete secrets",
    remedy: "Give the role secretsmanager:GetSecretValue alone, and write by a role of its own.",
};

/// Each opens a store, or a role, to whoever has it.
const OPENING: [&str; 27] = [
    "secretsmanager:TagResource",
    "secretsmanager:UntagResource",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:DeleteResourcePolicy",
    "iam:AttachRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:CreateRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PassRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:AddClientIDToOpenIDConnectProvider",
    "iam:CreateAccessKey",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreateUser",
    "iam:UpdateOpenIDConnectProviderThumbprint",
    "cognito-identity:SetIdentityPoolRoles",
    "cognito-identity:SetPrincipalTagAttributeMap",
    "cognito-identity:UpdateIdentityPool",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
];

const WRITING: [&str; 12] = [
    "secretsmanager:CancelRotateSecret",
    "secretsmanager:CreateSecret",
    "secretsmanager:DeleteSecret",
    "secretsmanager:PutSecretValue",
    "secretsmanager:RemoveRegionsFromReplication",
    "secretsmanager:ReplicateSecretToRegions",
    "secretsmanager:RestoreSecret",
    "secretsmanager:RotateSecret",
    "secretsmanager:StopReplicationToReplica",
    "secretsmanager:UpdateSecret",
    "secretsmanager:UpdateSecretVersionStage",
    "kms:ScheduleKeyDeletion",
];

pub(super) fn look(audit: &Audit<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for door in audit.doors.iter().filter(|door| is_github(door.route.provider()) && !door.assumed_when.is_never()) {
        for document in &door.role.policies {
            for written in document.policy.written().filter(Written::allows) {
                let of = |actions: &[&str]| {
                    let covered = actions.iter().filter(|action| written.covers_action(action));
                    let may = |action: &&&str| may(audit, door, &written, action);
                    covered.filter(may).map(|action| (*action).to_owned()).collect::<BTreeSet<_>>()
                };
                let place = Place::statement(door.role, &written.id());
                let opening = of(&OPENING);
                if !opening.is_empty() {
                    let cause = format!("A job that assumes the role may {}.", some(opening));
                    found.push(JOB_MAY_OPEN_ACCESS.finding(Severity::High, place.clone(), cause));
                }
                let writing = of(&WRITING);
                if !writing.is_empty() {
                    let cause = format!("A job that assumes the role may {}.", some(writing));
                    found.push(JOB_MAY_WRITE.finding(Severity::Medium, place, cause));
                }
            }
        }
    }
    found
}

/// Whether all policies of the role together let some job do it to something that the statement covers.
fn may(audit: &Audit<'_>, door: &Door<'_>, written: &Written<'_>, action: &str) -> bool {
    let is_of_service = |resource: &str| is_of(resource, action);
    let mut witnesses: Vec<String> =
        written.resources().filter(|resource| is_of_service(resource)).map(witness).collect();
    if written.is_for_other_resources() {
        let stores = audit.account.stores.iter().map(|store| store.arn.clone());
        let all = stores.chain(audit.account.roles.iter().map(|role| role.arn.clone()));
        witnesses.extend(all.filter(|arn| is_of_service(arn)));
    }
    witnesses.iter().any(|resource| !door.may(audit.account, action, resource).is_never())
}

/// Whether an ARN or a pattern can be one of a service's.
fn is_of(resource: &str, action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    match resource.split(':').nth(2) {
        None => resource == "*",
        Some(named) => named == service || named.contains('*'),
    }
}

/// Some text that the pattern covers, if variables stand for themselves.
fn witness(pattern: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(place) = rest.find(['*', '?', '$']) {
        let (before, from) = rest.split_at_checked(place).unwrap_or((rest, ""));
        text.push_str(before);
        let variable = from.strip_prefix("${").and_then(|inner| inner.split_once('}'));
        rest = match variable {
            Some((inner, after)) => {
                text.push_str(match inner {
                    "*" | "?" | "$" => inner,
                    _ => "x",
                });
                after
            }
            None => {
                let mut chars = from.chars();
                text.push_str(match chars.next() {
                    Some('$') => "$",
                    _ => "x",
                });
                chars.as_str()
            }
        };
    }
    text.push_str(rest);
    // `*` alone covers every ARN.
    if pattern == "*" { "*".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::witness;

    #[test]
    fn witness_has_no_wildcard_and_no_variable() {
        for (pattern, expected) in [
            ("arn:aws:iam::1:role/*", "arn:aws:iam::1:role/x"),
            ("secret:${aws:PrincipalTag/repository}/secrets-??", "secret:x/secrets-xx"),
            ("a${*}b$c", "a*b$c"),
            ("*", "*"),
        ] {
            assert_eq!(witness(pattern), expected);
        }
    }
}
