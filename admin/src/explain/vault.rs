//! The walk of a job through the gates of Vault: the login by a role, and its policies.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use env_kvstore::text::printable::printable;

use crate::explain::phrase::listed;
use crate::explain::{Answer, Explanation, Failure, Gate, GateName, GateResult, Question};
use crate::vault::policy::decisive;
use crate::vault::{Refusal, Role, Vault, refusals};

/// Answers a question whose store is a path; the error says what cannot be asked.
pub fn explain(
    vault: &Vault,
    question: &Question,
    assumed: BTreeMap<String, String>,
    is_planned: bool,
) -> Result<Explanation, String> {
    let roles = match &question.role {
        None => vault.roles.iter().collect(),
        Some(name) => vec![vault.role(name).ok_or_else(|| {
            let known: Vec<_> = vault.roles.iter().map(|role| role.name.as_str()).collect();
            format!("no role of Vault is called `{}`: {}", printable(name), known.join(", "))
        })?],
    };
    let walks = roles.into_iter().map(|role| {
        let refusals = refusals(role, &question.job.claims, question.job.claims.contains_key("aud"));
        Walk { vault, question, role, refusals, is_planned }.walked()
    });
    let Some((_, gates, role)) = walks.min_by_key(|(rank, ..)| *rank) else {
        return Err("the auth method has no role".to_owned());
    };
    let stopped = gates.iter().any(|gate| gate.result == GateResult::Failed);
    let open = gates.iter().filter(|gate| gate.result == GateResult::NotEvaluated).map(|gate| gate.text.clone());
    Ok(Explanation {
        answer: if stopped { Answer::Deny } else { Answer::Allow },
        role: Some(role),
        store: question.store.clone(),
        assumed,
        not_evaluated: open.chain(vault.not_evaluated.iter().cloned()).collect(),
        not_explained: vec![],
        gates,
    })
}

struct Walk<'a> {
    vault: &'a Vault,
    question: &'a Question,
    role: &'a Role,
    refusals: Vec<Refusal<'a>>,
    is_planned: bool,
}

/// The role that arrives; else one whose policies are about the path, that comes farthest, with the fewest failures.
type Rank = (bool, bool, Reverse<usize>, usize);

impl Walk<'_> {
    fn walked(self) -> (Rank, Vec<Gate>, String) {
        let mut gates = vec![self.issuer(), self.audience()];
        gates.extend(self.subject());
        gates.push(self.bound_claims());
        let policies = self.question.store.as_deref().map(|path| self.policies(path));
        let is_elsewhere = policies.as_ref().is_some_and(|gate| gate.result == GateResult::Failed);
        gates.extend(policies);
        let stop = gates.iter().position(|gate| gate.result == GateResult::Failed);
        for gate in gates.iter_mut().skip(stop.map_or(usize::MAX, |stop| stop + 1)) {
            *gate = Gate::new(gate.gate, GateResult::NotReached, String::new());
        }
        let failures = gates.iter().map(|gate| gate.failures.len()).sum();
        let rank = (stop.is_some(), is_elsewhere, Reverse(stop.unwrap_or(usize::MAX)), failures);
        (rank, gates, self.role.name.clone())
    }

    fn issuer(&self) -> Gate {
        let gate = |result, text: String| Gate::new(GateName::Issuer, result, text);
        let Some(wants) = &self.vault.issuer else {
            return gate(GateResult::NotEvaluated, "The issuer that the auth method takes is not known.".to_owned());
        };
        match self.question.job.claims.get("iss") {
            None => gate(
                GateResult::NotEvaluated,
                format!("The issuer of the job's token is not known: it must be {}.", printable(wants)),
            ),
            Some(issuer) if issuer == wants => {
                gate(GateResult::Passed, format!("The auth method takes tokens of {}.", printable(wants)))
            }
            Some(issuer) => {
                let text = format!(
                    "The token's issuer is {}, and the auth method takes tokens of {}.",
                    printable(issuer),
                    printable(wants)
                );
                gate(GateResult::Failed, text).remedy(
                    "An enterprise that issues tokens under its own name needs an auth method for that issuer: compare \
                     bound_issuer with the enterprise's setting.",
                )
            }
        }
    }

    fn audience(&self) -> Gate {
        let gate = |result, text: String| Gate::new(GateName::Audience, result, text);
        let wants = listed(&self.role.audiences);
        let Some(has) = self.question.job.claims.get("aud") else {
            let text = format!("The audience of the job's token is not known: it must be {wants}.");
            return gate(GateResult::NotEvaluated, text);
        };
        if !self.refusals.iter().any(|refusal| matches!(refusal, Refusal::Audience { .. })) {
            return gate(GateResult::Passed, format!("The role takes the audience {}.", printable(has)));
        }
        if self.role.audiences.is_empty() {
            let text = "The role has no bound_audiences, so Vault refuses every token that has an audience.".to_owned();
            return gate(GateResult::Failed, text).remedy("Set bound_audiences of the role.");
        }
        let text = format!("The token is for {}, and the role takes {wants}.", printable(has));
        gate(GateResult::Failed, text).remedy("Request the token for that audience (the input `vault-audience`).")
    }

    fn subject(&self) -> Option<Gate> {
        let wants = self.role.subject.as_deref()?;
        let refusal = self.refusals.iter().find_map(|refusal| match refusal {
            Refusal::Subject { has, .. } => Some(*has),
            _ => None,
        });
        let Some(has) = refusal else {
            let text = format!("The token's sub is {}.", printable(wants));
            return Some(Gate::new(GateName::BoundSubject, GateResult::Passed, text));
        };
        let text = format!("The role {} is for another subject.", printable(&self.role.name));
        let mut gate = Gate::new(GateName::BoundSubject, GateResult::Failed, text);
        gate.failures.push(failure("bound_subject", "string", "sub", &[wants.to_owned()], has));
        Some(
            gate.remedy(format!("Run the job with the sub {}, or change bound_subject of the role.", printable(wants))),
        )
    }

    fn bound_claims(&self) -> Gate {
        let name = printable(&self.role.name);
        let failing = self.refusals.iter().filter_map(|refusal| match refusal {
            Refusal::Claim { claim, wants, has } => Some((*claim, *wants, *has)),
            _ => None,
        });
        let failing: Vec<_> = failing.collect();
        // What nobody gave, a real token may have.
        let entity = self.refusals.iter().find_map(|refusal| match refusal {
            Refusal::UserClaim { claim } if self.question.job.is_whole => Some(*claim),
            _ => None,
        });
        if failing.is_empty() && entity.is_none() {
            let text = match self.role.claims.len() {
                0 => format!("The role {name} has no bound claims."),
                count => format!("The {count} bound claims of the role {name} are those of the job."),
            };
            return Gate::new(GateName::BoundClaims, GateResult::Passed, text);
        }
        let text = match failing.is_empty() {
            true => format!("The role {name} names the job by a claim that its token does not have."),
            false => format!("The bound claims of the role {name} are those of other jobs."),
        };
        let mut gate = Gate::new(GateName::BoundClaims, GateResult::Failed, text);
        let kind = if self.role.is_glob { "glob" } else { "string" };
        for (claim, wants, has) in &failing {
            gate.failures.push(failure("bound_claims", kind, claim, wants, *has));
            gate.remedy.push(self.remedy(claim, wants));
        }
        if let Some(claim) = entity {
            gate.failures.push(failure("user_claim", "string", claim, &["any value".to_owned()], None));
            gate.remedy.push(format!(
                "Name the job by a claim that every token has, such as repository_id, in place of {}.",
                printable(claim)
            ));
        }
        if !failing.is_empty() {
            gate.also_admits = Some(self.also_admits(&failing));
        }
        gate
    }

    fn remedy(&self, claim: &str, wants: &[String]) -> String {
        let (wants, claim) = (listed(wants), printable(claim));
        match (self.is_planned, claim.as_str()) {
            (true, "event_name") => format!(
                "Run the job for {wants}; or let this event in: `events` of kvstore.json, or a binding that names it."
            ),
            (true, _) => {
                format!("Run a job for which {claim} is {wants}; or add its value to the binding's `when`.")
            }
            (false, _) => {
                format!("Run a job for which {claim} is {wants}; or add its value to the role's bound_claims.")
            }
        }
    }

    /// Whom the role lets in once it takes what this job has.
    fn also_admits(&self, failing: &[(&str, &[String], Option<&str>)]) -> String {
        let own = failing
            .iter()
            .filter_map(|(claim, _, has)| Some(format!("{} is {}", printable(claim), printable((*has)?))));
        let others = self.role.claims.iter().filter(|(claim, _)| !failing.iter().any(|(other, ..)| other == claim));
        let verb = if self.role.is_glob { "is like" } else { "is" };
        let others = others.map(|(claim, values)| format!("{} {verb} {}", printable(claim), listed(values)));
        match own.chain(others).collect::<Vec<_>>().join(" and ") {
            clauses if clauses.is_empty() => "every job".to_owned(),
            clauses => format!("every job for which {clauses}"),
        }
    }

    fn policies(&self, path: &str) -> Gate {
        let gate = |result, text: String| Gate::new(GateName::Policies, result, text);
        let rules = self.role.rules(self.vault);
        let (name, shown) = (printable(&self.role.name), printable(path));
        match decisive(&rules, path) {
            Some(found) if found.reads => {
                let text = format!("The policy {} reads {}.", printable(found.policy), printable(found.path));
                return gate(GateResult::Passed, text);
            }
            Some(found) => {
                let text = format!(
                    "The policy {} does not let the role {name} read: its rule for {} decides.",
                    printable(found.policy),
                    printable(found.path)
                );
                return gate(GateResult::Failed, text)
                    .remedy("Add read to the capabilities of the rule, if that is meant.");
            }
            None => {}
        }
        let unknown: Vec<_> =
            self.role.policies.iter().filter(|name| !self.vault.policies.contains_key(*name)).cloned().collect();
        if !unknown.is_empty() {
            let text = format!("The policies {} of the role {name} are not known.", listed(&unknown));
            return gate(GateResult::NotEvaluated, text);
        }
        let all = || rules.iter().flat_map(|(policy, rules)| rules.rules.iter().map(move |rule| (policy, rule)));
        if let Some((policy, _)) = all().find(|(_, rule)| rule.is_template()) {
            let text = format!("The policy {} is a template, which is not evaluated.", printable(policy));
            return gate(GateResult::NotEvaluated, text);
        }
        let readable: Vec<_> =
            all().filter(|(_, rule)| rule.capabilities.contains("read")).map(|(_, rule)| rule.path.clone()).collect();
        let mut failed = gate(GateResult::Failed, format!("No policy of the role {name} reads {shown}."));
        failed.failures.push(Failure {
            element: "path".to_owned(),
            operator: None,
            key: None,
            wants: readable,
            has: Some(vec![path.to_owned()]),
            reason: "no rule covers the path".to_owned(),
        });
        let add = if self.is_planned { "a binding's `read`" } else { "a policy of the role" };
        failed.remedy(format!("Read a path that a policy names, or add this one to {add}."))
    }
}

fn failure(element: &str, operator: &str, key: &str, wants: &[String], has: Option<&str>) -> Failure {
    let reason = if has.is_none() { "the token has no such claim" } else { "the claim has another value" };
    Failure {
        element: element.to_owned(),
        operator: Some(operator.to_owned()),
        key: Some(key.to_owned()),
        wants: wants.to_vec(),
        has: has.map(|value| vec![value.to_owned()]),
        reason: reason.to_owned(),
    }
}
