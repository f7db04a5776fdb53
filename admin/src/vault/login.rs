//! Whether a role lets a token in, and each reason why not.

use crate::vault::glob::matches;
use crate::vault::{Claims, Role};

/// One thing that a role wants and a token does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal<'r> {
    /// None of `bound_audiences`.
    Audience {
        /// What the token has; none if it says nothing.
        has: Option<&'r str>,
    },
    /// Not `bound_subject`.
    Subject {
        /// What is wanted.
        wants: &'r str,
        /// What the token has.
        has: Option<&'r str>,
    },
    /// None of the values of a bound claim.
    Claim {
        /// Which.
        claim: &'r str,
        /// What is wanted, one of these.
        wants: &'r [String],
        /// What the token has; none if the claim is absent.
        has: Option<&'r str>,
    },
    /// The claim that names the entity is absent.
    UserClaim {
        /// Which.
        claim: &'r str,
    },
}

/// Everything for which the server refuses this token, but for its signature, issuer and times. An audience is asked for only
/// if it is known.
pub fn refusals<'r>(role: &'r Role, claims: &'r Claims, knows_audience: bool) -> Vec<Refusal<'r>> {
    let has = |claim: &str| claims.get(claim).map(String::as_str);
    let mut refusals = Vec::new();
    // A token always has an audience, and a role without any takes none.
    let audience = has("aud");
    if knows_audience && !audience.is_some_and(|audience| role.audiences.iter().any(|wanted| wanted == audience)) {
        refusals.push(Refusal::Audience { has: audience });
    }
    if let Some(wants) = role.subject.as_deref().filter(|wants| has("sub") != Some(wants)) {
        refusals.push(Refusal::Subject { wants, has: has("sub") });
    }
    for (claim, wants) in &role.claims {
        let actual = has(name_of(claim));
        let is_one = |value: &str| {
            wants.iter().any(|wanted| if role.is_glob { matches(wanted, value) } else { wanted == value })
        };
        if !actual.is_some_and(is_one) {
            refusals.push(Refusal::Claim { claim, wants, has: actual });
        }
    }
    if !claims.contains_key(name_of(&role.user_claim)) {
        refusals.push(Refusal::UserClaim { claim: &role.user_claim });
    }
    refusals
}

/// A claim is also named by a JSON pointer; GitHub's are all at the top.
fn name_of(claim: &str) -> &str {
    claim.strip_prefix('/').unwrap_or(claim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn role(is_glob: bool, claims: &[(&str, &[&str])]) -> Role {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Role {
            audiences: vec!["https://vault.example.com".to_owned()],
            claims: claims.iter().map(|(claim, values)| ((*claim).to_owned(), owned(values))).collect(),
            is_glob,
            user_claim: "repository_id".to_owned(),
            ..Role::default()
        }
    }

    fn token(pairs: &[(&str, &str)]) -> Claims {
        let common = [("aud", "https://vault.example.com"), ("repository_id", "1"), ("ref", "refs/heads/main")];
        let all = common.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        all.collect::<BTreeMap<_, _>>()
    }

    #[test]
    fn each_bound_claim_needs_one_of_its_values() {
        let role = role(false, &[("ref", &["refs/heads/dev", "refs/heads/main"]), ("event_name", &["push"])]);
        assert_eq!(refusals(&role, &token(&[("event_name", "push")]), true), []);
        let wants = &["push".to_owned()];
        let absent = Refusal::Claim { claim: "event_name", wants, has: None };
        assert_eq!(refusals(&role, &token(&[]), true), [absent]);
        let other = Refusal::Claim { claim: "event_name", wants, has: Some("schedule") };
        assert_eq!(refusals(&role, &token(&[("event_name", "schedule")]), true), [other]);
    }

    #[test]
    fn a_star_is_a_character_unless_the_type_is_glob() {
        let claims: &[(&str, &[&str])] = &[("/ref", &["refs/heads/*"])];
        assert_eq!(refusals(&role(true, claims), &token(&[]), true), []);
        assert_eq!(refusals(&role(false, claims), &token(&[]), true).len(), 1);
    }

    #[test]
    fn audience_subject_and_user_claim_are_asked_for() {
        let mut wanting = role(false, &[]);
        wanting.subject = Some("repo:o/r:ref:refs/heads/main".to_owned());
        wanting.user_claim = "actor".to_owned();
        let token = token(&[("aud", "sts.amazonaws.com")]);
        assert_eq!(
            refusals(&wanting, &token, true),
            [
                Refusal::Audience { has: Some("sts.amazonaws.com") },
                Refusal::Subject { wants: "repo:o/r:ref:refs/heads/main", has: None },
                Refusal::UserClaim { claim: "actor" },
            ]
        );
        assert_eq!(refusals(&wanting, &token, false).len(), 2);
        assert_eq!(refusals(&Role { audiences: vec![], ..role(false, &[]) }, &token, true).len(), 1);
    }
}
