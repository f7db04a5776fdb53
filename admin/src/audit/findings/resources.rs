//! Patterns of secrets that take more than their author meant.

use crate::account::Role;
use crate::audit::Audit;
use crate::audit::access::READ;
use crate::audit::claims::is_github;
use crate::audit::findings::{Finding, Place, Rule, Severity};
use env_kvstore_policy::Written;

pub(super) static WILDCARD_AFTER_ENVIRONMENT: Rule = Rule {
    id: "wildcard-after-environment",
    title: "A pattern goes on with a wildcard after the environment",
    remedy: "Name the stores: .../env/${aws:PrincipalTag/environment}/secrets-?????? and .../variables-??????.",
};

pub(super) static WILDCARD_OVER_SLASH: Rule = Rule {
    id: "wildcard-over-slash",
    title: "A wildcard in a secret's name takes slashes",
    remedy: "Name the stores, with -?????? for the six characters that AWS appends: .../secrets-??????, .../variables-??????.",
};

pub(super) fn look(audit: &Audit<'_>) -> Vec<Finding> {
    let of_github =
        |role: &&Role| audit.doors.iter().any(|door| door.role.name == role.name && is_github(door.route.provider()));
    let mut found = Vec::new();
    for role in audit.account.roles.iter().filter(of_github) {
        for written in role.policies.iter().flat_map(|document| document.policy.written()) {
            if written.allows() && written.covers_action(READ) && !is_by_tags(&written) {
                found.extend(written.resources().filter_map(|pattern| too_wide(role, &written, pattern)));
                if written.is_for_other_resources() {
                    let place = Place::statement(role, &written.id()).at("NotResource");
                    let cause = "It lets the role read every secret but those that it lists.";
                    found.push(WILDCARD_OVER_SLASH.finding(Severity::High, place, cause));
                }
            }
        }
    }
    found
}

/// Whether the tags of the store decide: then the name need not.
fn is_by_tags(written: &Written<'_>) -> bool {
    let is_tag = |key: &str| {
        let key = key.to_lowercase();
        key.starts_with("secretsmanager:resourcetag/") || key.starts_with("aws:resourcetag/")
    };
    written.conditions().any(|condition| is_tag(condition.key()) && !condition.holds_if_absent())
}

fn too_wide(role: &Role, written: &Written<'_>, pattern: &str) -> Option<Finding> {
    // The last field of an ARN for secrets is `secret:NAME-SUFFIX`; `*` alone, and what names no secret's name, is all of them.
    let name = match pattern.splitn(6, ':').nth(5) {
        None => "*",
        Some(last) => last.strip_prefix("secret:").unwrap_or(last),
    };
    // The six characters that AWS appends.
    let name = name.strip_suffix("-??????").unwrap_or(name);
    let wildcard = name.find('*').or_else(|| name.find('?'))?;
    let (before, after) = name.split_at_checked(wildcard)?;
    let place = Place::statement(role, &written.id()).at(pattern);
    let lowercase = before.to_lowercase();
    if let Some((_, between)) = lowercase.rsplit_once("${aws:principaltag/environment}") {
        let cause = match between {
            "/" => {
                "A job of the environment `prod` also reads the stores of `prod/eu`: GitHub's environments may have slashes."
            }
            _ => "A job of the environment `prod` also reads the stores of every environment whose name begins so.",
        };
        return Some(WILDCARD_AFTER_ENVIRONMENT.finding(Severity::High, place, cause));
    }
    let (severity, cause) = match (before, before.contains("${")) {
        ("", _) => (Severity::High, "It lets the role read every secret of the account.".to_owned()),
        (_, true) => (
            Severity::High,
            "A job without an environment, or of any, also reads the stores of every environment below that name."
                .to_owned(),
        ),
        // The usual way to leave the six characters open.
        (_, false) if after == "*" && before.ends_with('-') => {
            (Severity::Low, format!("It takes every secret whose name begins with `{before}`."))
        }
        (_, false) => (Severity::Medium, format!("It takes every secret below `{before}`, however deep.")),
    };
    Some(WILDCARD_OVER_SLASH.finding(severity, place, cause))
}
