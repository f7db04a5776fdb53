//! Whose jobs a trust policy lets in.

use env_kvstore_policy::{Case, Constraint, Written, WrittenCondition};

use crate::account::{COGNITO, Role, Route};
use crate::audit::Audit;
use crate::audit::access::{ASSUME, Door};
use crate::audit::claims::{Tenancy, has_wildcard, is_claim, is_github, tenancy, wanted};
use crate::audit::findings::conditions::is_had;
use crate::audit::findings::{Finding, Place, Rule, Severity};

pub(super) static TENANT_MISSING: Rule = Rule {
    id: "tenant-missing",
    title: "Anybody's jobs may assume the role",
    remedy: "Require the tenant by an id: enterprise_id or repository_owner_id as a session tag, or with GitHub's own token \
             enterprise_id, repository_id or an immutable sub (repo:OWNER@ID/NAME@ID:...).",
};

pub(super) static TENANT_BY_NAME: Rule = Rule {
    id: "tenant-by-name",
    title: "The tenant is known by a name that can change hands",
    remedy: "Require an id beside the name: enterprise_id, repository_owner_id or repository_id.",
};

pub(super) static ONLY_AUTHENTICATED: Rule = Rule {
    id: "only-authenticated",
    title: "The trust policy asks for nothing but an authenticated identity",
    remedy: "Require the tenant by an id, such as aws:RequestTag/enterprise_id: whoever has a job on GitHub is authenticated.",
};

pub(super) static AUDIENCE_MISSING: Rule = Rule {
    id: "audience-missing",
    title: "The trust policy does not ask for whom the token was made",
    remedy: "Require cognito-identity.amazonaws.com:aud to be the id of your pool, or for GitHub's own token the aud of its \
             provider.",
};

pub(super) static NOBODY_ASSUMES: Rule = Rule {
    id: "role-nobody-assumes",
    title: "No job can assume the role",
    remedy: "Correct the condition that is named. env-kvstore explain shows for a job what fails.",
};

pub(super) fn look(audit: &Audit<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for door in audit.doors.iter().filter(|door| is_github(door.route.provider())) {
        for case in door.assumes.cases() {
            let weakness = tenancy(case, door.route);
            let Some((rule, severity, cause)) = weak(door, case, weakness) else { continue };
            for id in &case.allowed_by {
                let is_of_amr = asks_for_amr_alone(door, id.index);
                let (rule, cause) = match weakness {
                    Tenancy::Nobody if is_of_amr => (&ONLY_AUTHENTICATED, AMR_ALONE.to_owned()),
                    _ => (rule, cause.clone()),
                };
                found.push(rule.finding(severity, Place::statement(door.role, id), cause));
            }
        }
        found.extend(without_audience(door));
    }
    found.extend(audit.account.roles.iter().flat_map(|role| locked(audit, role)));
    found
}

/// Statements that are for GitHub's jobs and let none in, if nothing else lets any in.
fn locked(audit: &Audit<'_>, role: &Role) -> Vec<Finding> {
    let doors: Vec<_> = audit.doors.iter().filter(|door| door.role.name == role.name).collect();
    if doors.iter().any(|door| !door.assumes.is_never()) {
        return vec![];
    }
    let mut found = Vec::new();
    for door in doors.into_iter().filter(|door| is_github(door.route.provider())) {
        let principal = door.route.principal();
        let statements = role.trust.policy.written();
        for written in statements.filter(|written| written.allows() && written.is_for(&principal, ASSUME)) {
            // A key that no session has is a finding of its own.
            if written.conditions().any(|condition| !is_had(door, &condition.key().to_lowercase())) {
                continue;
            }
            let fails = written.conditions().find_map(|condition| never_holds(door, &condition));
            let cause = fails.unwrap_or_else(|| "No token of a job can have all that it wants.".to_owned());
            found.push(NOBODY_ASSUMES.finding(Severity::Medium, Place::statement(role, &written.id()), cause));
        }
    }
    found
}

/// What a condition wants of a key whose value is known beforehand, if it is another one.
fn never_holds(door: &Door<'_>, condition: &WrittenCondition<'_>) -> Option<String> {
    let key = condition.key().to_lowercase();
    let has = match door.route {
        Route::Pool(pool, _) if key == format!("{COGNITO}:aud") => vec![pool.id.clone()],
        Route::Pool(_, provider) if key == format!("{COGNITO}:amr") => {
            vec!["authenticated".to_owned(), provider.host().to_owned()]
        }
        Route::Direct(provider) if key == format!("{}:aud", provider.host()).to_lowercase() => {
            provider.audiences.clone()
        }
        _ => return None,
    };
    let wants = condition.expected();
    let is_other =
        !condition.holds_if_absent() && wants.iter().all(|value| !has.contains(value) && !has_wildcard(value));
    is_other.then(|| {
        format!("{} must be {}, and of a job it is {}.", condition.key(), wants.join(" or "), has.join(" and "))
    })
}

const AMR_ALONE: &str = "Of the token it only wants that somebody has signed in to the pool. Any job of any repository on \
                         GitHub can sign in: the pool's id is no secret.";

fn weak(door: &Door<'_>, case: &Case, tenancy: Tenancy) -> Option<(&'static Rule, Severity, String)> {
    let claims: Vec<_> = case.constraints().filter(|constraint| is_claim(&constraint.key)).collect();
    match tenancy {
        Tenancy::ById => None,
        Tenancy::ByName => {
            let named = claims.iter().filter(|constraint| NAMES.contains(&constraint.key.as_str()));
            let named: Vec<_> = named.map(ToString::to_string).collect();
            let what = match &named[..] {
                [] => format!("Only the issuer {} names the tenant", door.route.provider().issuer),
                named => format!("It is enough that {}", named.join(" and ")),
            };
            let cause = format!("{what}. Whoever gets the name once it is given up, or changed, is let in.");
            Some((&TENANT_BY_NAME, Severity::Medium, cause))
        }
        Tenancy::Nobody => {
            let says = |constraint: &&&Constraint| wanted(constraint).is_some();
            let cause = match &claims.iter().filter(says).map(ToString::to_string).collect::<Vec<_>>()[..] {
                [] => "No condition says whose job it must be, so that every repository on GitHub may assume the role."
                    .to_owned(),
                said => format!(
                    "It is enough that {}. That does not say whose job it is: a job of another owner can be the same.",
                    said.join(" and ")
                ),
            };
            Some((&TENANT_MISSING, Severity::High, cause))
        }
    }
}

/// Claims that name a tenant.
const NAMES: [&str; 4] = ["enterprise", "repository", "repository_owner", "sub"];

fn asks_for_amr_alone(door: &Door<'_>, index: usize) -> bool {
    let statement = door.role.trust.policy.written().nth(index);
    let keys: Vec<_> =
        statement.iter().flat_map(|statement| statement.conditions()).map(|of| of.key().to_lowercase()).collect();
    let amr = format!("{COGNITO}:amr");
    let is_of_cognito = |key: &String| key.starts_with(&format!("{COGNITO}:")) || key == "sts:rolesessionname";
    keys.contains(&amr) && keys.iter().all(is_of_cognito)
}

/// A pool of any account can make a token for any name.
fn without_audience(door: &Door<'_>) -> Vec<Finding> {
    let principal = door.route.principal();
    let statements = door.role.trust.policy.written();
    let letting_in = statements.filter(|written| written.allows() && written.is_for(&principal, ASSUME));
    let key = match door.route {
        Route::Pool(..) => format!("{COGNITO}:aud"),
        Route::Direct(provider) => format!("{}:aud", provider.host()),
    };
    let asks =
        |condition: WrittenCondition<'_>| condition.key().eq_ignore_ascii_case(&key) && !condition.holds_if_absent();
    let silent = letting_in.filter(|written| !written.conditions().any(asks));
    let finding = |written: Written<'_>| {
        let place = Place::statement(door.role, &written.id()).at(&key);
        match door.route {
            Route::Pool(..) => AUDIENCE_MISSING.finding(
                Severity::High,
                place,
                "An identity pool of any AWS account can make a token that this statement takes, with any session tags.",
            ),
            Route::Direct(_) => AUDIENCE_MISSING.finding(
                Severity::Low,
                place,
                "Every audience that the OIDC provider takes will do, also one that is added for something else.",
            ),
        }
    };
    silent.map(finding).collect()
}
