//! The walk of a job through the gates.

use std::cmp::Reverse;

use env_kvstore::text::printable::printable;
use env_kvstore_policy::{Context, Decision, Effect, Element, Mismatch, Principal, Request, StatementId, evaluate};

use crate::account::{Account, Claims, Document, Role, Route, Session, Store, unusable};
use crate::explain::phrase::{condition_of, conditions, is_resource_tag, listed, statement_takes};
use crate::explain::{Failure, Gate, GateName, GateResult, Place, Question};

const READ: &str = "secretsmanager:GetSecretValue";
const ASSUME: &str = "sts:AssumeRoleWithWebIdentity";
const TAG: &str = "sts:TagSession";

/// Which of several walks tells most: the one that arrives, or else is about this store and comes farthest.
pub(crate) type Rank = (bool, bool, Reverse<usize>, usize);

/// A job on its way to one role.
pub(crate) struct Walk<'a> {
    account: &'a Account,
    question: &'a Question,
    role: &'a Role,
    session: Session<'a>,
    claims: Claims,
}

/// What policies answer together.
struct Verdict<'a> {
    decision: Decision,
    /// The statement that decided, or else the `Allow` that came nearest, with why it is for others.
    statement: Option<(&'a Document, StatementId, Vec<Mismatch>)>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(account: &'a Account, question: &'a Question, role: &'a Role, route: Route<'a>) -> Self {
        let claims = match route.tag_map().filter(|_| question.job.are_tags) {
            // The other way round: which claims must have been there for these tags.
            Some(map) => {
                let claim = |tag: &String| map.claims.get(tag).unwrap_or(tag).clone();
                question.job.claims.iter().map(|(tag, value)| (claim(tag), value.clone())).collect()
            }
            None => question.job.claims.clone(),
        };
        let session = Session::new(route, &claims);
        Self { account, question, role, session, claims }
    }

    /// The gates, and how much they tell.
    pub(crate) fn walked(self) -> (Rank, (Vec<Gate>, String)) {
        let mut gates = vec![self.issuer(), self.audience(), self.tag_map(), self.session_tags(), self.trust_policy()];
        let mut is_elsewhere = false;
        if self.question.store.is_some() {
            let (policy, tags, elsewhere) = self.role_policy();
            is_elsewhere = elsewhere;
            gates.extend([policy, tags]);
            gates.extend(self.permissions_boundary());
            gates.extend(self.resource_policy());
            gates.push(self.key());
        }
        self.blame_tag_map(&mut gates);
        let stop = gates.iter().position(|gate| gate.result == GateResult::Failed);
        for gate in gates.iter_mut().skip(stop.map_or(usize::MAX, |stop| stop + 1)) {
            *gate = Gate::new(gate.gate, GateResult::NotReached, String::new());
        }
        let failures = gates.iter().map(|gate| gate.failures.len()).sum();
        let rank = (stop.is_some(), is_elsewhere, Reverse(stop.unwrap_or(usize::MAX)), failures);
        (rank, (gates, self.role.name.clone()))
    }

    fn issuer(&self) -> Gate {
        let expected = &self.session.route.provider().issuer;
        let gate = |result, text: String| Gate::new(GateName::Issuer, result, text);
        if let Route::Pool(pool, _) = self.session.route
            && !pool.allows_classic_flow
        {
            let text = format!("The identity pool {} does not allow the classic flow.", pool.name);
            return gate(GateResult::Failed, text).remedy("Set AllowClassicFlow, or use `identity: cognito-enhanced`.");
        }
        match self.claims.get("iss").filter(|_| !self.question.job.are_tags) {
            None => gate(
                GateResult::NotEvaluated,
                format!("The issuer of the job's token is not known: it must be {expected}."),
            ),
            Some(issuer) if issuer == expected => {
                gate(GateResult::Passed, format!("The account takes tokens of {expected}."))
            }
            Some(issuer) => {
                let text = format!("The token's issuer is {}, and tokens of {expected} are taken.", printable(issuer));
                gate(GateResult::Failed, text).remedy(
                    "An enterprise that issues tokens under its own name needs an OIDC provider of that issuer: compare \
                     `github-enterprise-name` with the enterprise's setting.",
                )
            }
        }
    }

    fn audience(&self) -> Gate {
        let expected = listed(&self.session.route.provider().audiences);
        let gate = |result, text: String| Gate::new(GateName::Audience, result, text);
        match self.claims.get("aud").filter(|_| !self.question.job.are_tags) {
            None => gate(
                GateResult::NotEvaluated,
                format!("The audience of the job's token is not known: it must be {expected}."),
            ),
            Some(audience) if self.session.route.provider().audiences.contains(audience) => {
                gate(GateResult::Passed, format!("The OIDC provider takes the audience {}.", printable(audience)))
            }
            Some(audience) => {
                let text = format!("The token is for {}, and the OIDC provider takes {expected}.", printable(audience));
                gate(GateResult::Failed, text).remedy("Request the token for that audience (the input `audience`).")
            }
        }
    }

    fn tag_map(&self) -> Gate {
        let gate = |result, text: String| Gate::new(GateName::TagMap, result, text);
        let Route::Pool(pool, provider) = self.session.route else {
            return gate(GateResult::Passed, "Without an identity pool a session has no tags.".to_owned());
        };
        match pool.tags.get(&provider.arn) {
            Some(map) if map.uses_defaults => gate(
                GateResult::Failed,
                format!(
                    "The identity pool {} has Cognito's default map: no claim of a job becomes a session tag.",
                    pool.name
                ),
            )
            .remedy("Set a principal tag map of the claims that the policies use, with UseDefaults false."),
            None => gate(
                GateResult::Failed,
                format!(
                    "The identity pool {} has no principal tag map for {}: no claim becomes a session tag.",
                    pool.name,
                    provider.host()
                ),
            )
            .remedy("Set a principal tag map of the claims that the policies use, with UseDefaults false."),
            Some(map) => {
                let tags: Vec<_> = map.claims.keys().map(String::as_str).collect();
                gate(GateResult::Passed, format!("Session tags are made of {}.", tags.join(", ")))
            }
        }
    }

    /// A claim that the job has and the pool does not map is the cause of what the policies then miss.
    fn blame_tag_map(&self, gates: &mut [Gate]) {
        let Some(map) = self.session.route.tag_map() else { return };
        let failures: Vec<&Failure> = gates.iter().flat_map(|gate| &gate.failures).collect();
        let missed = self.claims.keys().filter(|claim| {
            let is_mapped = map.claims.values().any(|mapped| mapped == *claim);
            let tags = [format!("aws:RequestTag/{claim}"), format!("aws:PrincipalTag/{claim}")];
            let is_wanted = |failure: &&Failure| {
                let texts = failure.key.iter().chain(&failure.wants).chain([&failure.reason]);
                failure.has.is_none() && texts.into_iter().any(|text| tags.iter().any(|tag| names_tag(text, tag)))
            };
            !is_mapped && failures.iter().any(is_wanted)
        });
        let missed: Vec<_> = missed.map(String::as_str).collect();
        if missed.is_empty() {
            return;
        }
        let text = format!(
            "The policies use {}, which the identity pool does not map: no session has such a tag.",
            missed.join(", ")
        );
        let remedy = format!("Add to the principal tag map: {}.", missed.join(", "));
        if let Some(gate) = gates.iter_mut().find(|gate| gate.gate == GateName::TagMap) {
            *gate = Gate::new(GateName::TagMap, GateResult::Failed, text).remedy(remedy);
        }
    }

    fn session_tags(&self) -> Gate {
        let found = unusable(&self.session);
        if found.is_empty() {
            let text = match self.session.tags.len() {
                0 => "The session has no tags.".to_owned(),
                count => format!("STS takes the {count} session tags."),
            };
            return Gate::new(GateName::SessionTags, GateResult::Passed, text);
        }
        let problems: Vec<_> =
            found.iter().map(|tag| format!("{} (claim {}): {}", tag.tag, tag.claim, tag.problem)).collect();
        let text = format!("STS refuses the session: {}.", problems.join("; "));
        Gate::new(GateName::SessionTags, GateResult::Failed, text)
            .remedy("Change what the claim says, or take it out of the principal tag map if no policy needs it.")
    }

    fn trust_policy(&self) -> Gate {
        let part = |claim: &str| self.claims.get(claim).cloned().unwrap_or_default();
        let name =
            self.question.job.session_name.clone().unwrap_or_else(|| format!("{}@{}", part("run_id"), part("sha")));
        let keys = self.session.trust_keys(&name);
        let principal = Some(self.session.route.principal());
        let ask = |action| verdict([&self.role.trust], action, principal.as_ref(), None, &keys);
        let mut assumed = ask(ASSUME);
        let mut action = ASSUME;
        if assumed.decision == Decision::Allow && !self.session.tags.is_empty() {
            let tagged = ask(TAG);
            if tagged.decision != Decision::Allow {
                (assumed, action) = (tagged, TAG);
            }
        }
        let passed = format!("The role {} lets the job in.", self.role.name);
        let failed = format!("The role {} does not allow {action} to this job.", self.role.name);
        self.gate_of(GateName::TrustPolicy, assumed, passed, failed)
    }

    /// The gates of the role's policies and of the store's tags, and whether the policies are for other stores.
    fn role_policy(&self) -> (Gate, Gate, bool) {
        let store = self.store();
        let arn = self.arn();
        let keys = self.session.read_keys(self.role, store);
        let verdict = verdict(&self.role.policies, READ, None, Some(&arn), &keys);
        let by_the_secret = store
            .and_then(|store| store.policy.as_ref())
            .is_some_and(|policy| self.ask_resource(policy, READ, &arn, &keys).decision == Decision::Allow);
        let name = self.question.store.as_deref().unwrap_or_default();
        if by_the_secret && verdict.decision == Decision::ImplicitDeny {
            let text = format!("The secret's own policy lets the role {} read it.", self.role.name);
            let passed = |gate| Gate::new(gate, GateResult::Passed, text.clone());
            return (passed(GateName::RolePolicy), passed(GateName::StoreTags), false);
        }
        let is_of_tags = |mismatch: &Mismatch| mismatch.key.as_deref().is_some_and(is_resource_tag);
        let mismatches = verdict.statement.as_ref().map_or(&[][..], |(_, _, mismatches)| mismatches);
        let is_tags =
            verdict.decision == Decision::ImplicitDeny && !mismatches.is_empty() && mismatches.iter().all(is_of_tags);
        let is_elsewhere = mismatches.iter().any(|mismatch| mismatch.element == Element::Resource);
        let open = format!("The role {} may read {name}.", self.role.name);
        if !is_tags {
            let closed = format!("The role {} may not read {name} for this job.", self.role.name);
            let is_open = verdict.decision == Decision::Allow;
            let policy = self.gate_of(GateName::RolePolicy, verdict, open, closed);
            let text = match store {
                Some(_) if is_open => "The tags of the store let the job in.".to_owned(),
                _ => String::new(),
            };
            return (policy, Gate::new(GateName::StoreTags, GateResult::Passed, text), is_elsewhere);
        }
        let statement = verdict.statement.as_ref().map(|(_, id, _)| Place::of(id));
        let mut policy = Gate::new(GateName::RolePolicy, GateResult::Passed, open);
        policy.statement = statement;
        let closed = match store {
            Some(_) => format!("The tags of {name} are those of other jobs."),
            None => format!("There is no store {name}, so it has no tags that let a job in."),
        };
        let tags = self.gate_of(GateName::StoreTags, verdict, String::new(), closed);
        (policy, tags, is_elsewhere)
    }

    fn permissions_boundary(&self) -> Option<Gate> {
        let boundary = self.role.boundary.as_ref()?;
        let keys = self.session.read_keys(self.role, self.store());
        let verdict = verdict([boundary], READ, None, Some(&self.arn()), &keys);
        let passed = format!("The permissions boundary of the role {} includes it.", self.role.name);
        let failed = format!("The permissions boundary of the role {} does not include it.", self.role.name);
        Some(self.gate_of(GateName::PermissionsBoundary, verdict, passed, failed))
    }

    fn resource_policy(&self) -> Option<Gate> {
        let policy = self.store()?.policy.as_ref()?;
        let keys = self.session.read_keys(self.role, self.store());
        let verdict = self.ask_resource(policy, READ, &self.arn(), &keys);
        if verdict.decision != Decision::ExplicitDeny {
            let text = "The secret's own policy does not deny it.".to_owned();
            return Some(Gate::new(GateName::ResourcePolicy, GateResult::Passed, text));
        }
        Some(self.gate_of(
            GateName::ResourcePolicy,
            verdict,
            String::new(),
            "The secret's own policy denies it.".to_owned(),
        ))
    }

    fn key(&self) -> Gate {
        let gate = |result, text: String| Gate::new(GateName::Kms, result, text);
        let Some(store) = self.store() else {
            return gate(GateResult::NotEvaluated, "The store's key is not known.".to_owned());
        };
        let Some(arn) = &store.kms_key else {
            return gate(GateResult::Passed, "AWS's own key, aws/secretsmanager, is open to the account.".to_owned());
        };
        let Some(key) = self.account.key_of(store) else {
            return gate(
                GateResult::NotEvaluated,
                format!("The policy of the KMS key {} is not known.", printable(arn)),
            );
        };
        let mut keys = self.session.read_keys(self.role, None);
        let region = arn.split(':').nth(3).unwrap_or_default();
        keys.push(("kms:ViaService".to_owned(), vec![format!("secretsmanager.{region}.amazonaws.com")]));
        keys.push(("kms:CallerAccount".to_owned(), vec![self.account.id.clone()]));
        keys.push(("kms:EncryptionContext:SecretARN".to_owned(), vec![store.arn.clone()]));
        const DECRYPT: &str = "kms:Decrypt";
        let by_key = self.ask_resource(&key.policy, DECRYPT, arn, &keys);
        let by_role = verdict(&self.role.policies, DECRYPT, None, Some(arn), &keys);
        let root = Principal::Aws(format!("arn:aws:iam::{}:root", self.account.id));
        let by_account = verdict([&key.policy], DECRYPT, Some(&root), Some(arn), &keys);
        let is_denied = [&by_key, &by_role].iter().any(|verdict| verdict.decision == Decision::ExplicitDeny);
        let is_allowed = by_key.decision == Decision::Allow
            || (by_account.decision == Decision::Allow && by_role.decision == Decision::Allow);
        if is_allowed && !is_denied {
            return gate(GateResult::Passed, format!("The session may decrypt with {}.", printable(arn)));
        }
        let failed = format!("The session may not decrypt with {}.", printable(arn));
        let nearest = if by_role.decision == Decision::ExplicitDeny { by_role } else { by_key };
        self.gate_of(GateName::Kms, nearest, String::new(), failed)
            .remedy(format!("Allow kms:Decrypt to the role {}, in the key's policy or in its own.", self.role.name))
    }

    fn ask_resource(
        &self,
        policy: &'a Document,
        action: &str,
        arn: &str,
        keys: &[(String, Vec<String>)],
    ) -> Verdict<'a> {
        let session = format!("arn:aws:sts::{}:assumed-role/{}/session", self.account.id, self.role.name);
        verdict([policy], action, Some(&Principal::Aws(session)), Some(arn), keys)
    }

    fn store(&self) -> Option<&'a Store> {
        self.account.store(self.question.store.as_deref()?)
    }

    fn arn(&self) -> String {
        let name = self.question.store.as_deref().unwrap_or_default();
        self.store().map_or_else(|| self.account.store_arn(name), |store| store.arn.clone())
    }

    fn gate_of(&self, name: GateName, verdict: Verdict<'_>, passed: String, failed: String) -> Gate {
        let (result, text) = match verdict.decision {
            Decision::Allow => (GateResult::Passed, passed),
            _ => (GateResult::Failed, failed),
        };
        let mut gate = Gate::new(name, result, text);
        let Some((document, id, mismatches)) = verdict.statement else { return gate };
        gate.statement = Some(Place::of(&id));
        match verdict.decision {
            Decision::Allow => {}
            Decision::ExplicitDeny => {
                gate.remedy.push(format!(
                    "The statement denies, and a denial wins over whatever allows. It is for jobs for which {}.",
                    statement_takes(document, id.index, &[]).join(" and ")
                ));
            }
            Decision::ImplicitDeny => {
                gate.failures = mismatches.iter().map(Failure::of).collect();
                gate.remedy = mismatches.iter().map(|mismatch| self.remedy(mismatch)).collect();
                gate.also_admits = self.also_admits(document, id.index, &mismatches);
            }
        }
        gate
    }

    /// What would let the job in, by one of the conditions that stop it.
    fn remedy(&self, mismatch: &Mismatch) -> String {
        let has = |prefix: &str| mismatch.key.as_deref().is_some_and(|key| key.to_lowercase().starts_with(prefix));
        let wants = listed(&mismatch.expected);
        if mismatch.key.as_deref().is_some_and(is_resource_tag) {
            let tag = mismatch.key.as_deref().and_then(|key| key.split_once('/')).map_or("", |(_, tag)| tag);
            return match &mismatch.actual {
                None => format!(
                    "Set the tag `{tag}` of the store to {wants}: `env-kvstore put --create` and the generated set-up do so."
                ),
                Some(actual) => format!(
                    "Change the tag `{tag}` of the store to {wants} (it is {}): in kvstore.json, the binding's `when`.",
                    listed(actual)
                ),
            };
        }
        if has("aws:requesttag/") || has("aws:principaltag/") {
            let claim = mismatch.key.as_deref().and_then(|key| key.split_once('/')).map_or("", |(_, claim)| claim);
            let operator = mismatch.operator.as_deref().unwrap_or_default();
            return match claim {
                "event_name" => format!(
                    "Run the job for {wants}; or let this event in: `events` of kvstore.json, or a binding with a role of its own."
                ),
                _ => format!(
                    "Run a job for which {}; or add its value to the binding's `when`.",
                    condition_of(operator, claim, &mismatch.expected)
                ),
            };
        }
        match mismatch.element {
            Element::Resource => {
                "Read a secret that the statement names, or add this one to a binding's `read`.".to_owned()
            }
            Element::Principal => {
                "Name the identity pool or the OIDC provider as the `Principal` of the statement.".to_owned()
            }
            Element::Action => "Add the action to the statement.".to_owned(),
            Element::Condition if mismatch.key.as_deref() == Some("sts:RoleSessionName") => {
                format!("Name the session {wants} (the input `role-session-name`).")
            }
            Element::Condition => format!("Meet the condition: {}.", mismatch.reason),
        }
    }

    /// Whom a change would let in too: of the statement, so that it takes this job, or of the store's tags.
    fn also_admits(&self, document: &Document, index: usize, mismatches: &[Mismatch]) -> Option<String> {
        let keys: Vec<&str> = mismatches.iter().filter_map(|mismatch| mismatch.key.as_deref()).collect();
        if keys.is_empty() || mismatches.iter().any(|mismatch| mismatch.element != Element::Condition) {
            return None;
        }
        if keys.iter().all(|key| is_resource_tag(key)) {
            return self.store().map(|store| self.tagged_for_this_job(store, document, index, mismatches));
        }
        let own = mismatches.iter().filter_map(|mismatch| {
            let (key, actual) = (mismatch.key.as_deref()?, mismatch.actual.as_ref()?);
            let (_, name) = key.split_once('/')?;
            Some(format!("{name} is {}", listed(actual)))
        });
        let clauses: Vec<_> = own.chain(statement_takes(document, index, &keys)).collect();
        Some(match clauses.is_empty() {
            true => "every job".to_owned(),
            false => format!("every job for which {}", clauses.join(" and ")),
        })
    }

    /// Whom the store is open to once its tags are this job's.
    fn tagged_for_this_job(&self, store: &Store, document: &Document, index: usize, mismatches: &[Mismatch]) -> String {
        let clause = |(_, key, values): (String, String, Vec<String>)| {
            let failing = mismatches.iter().find(|mismatch| mismatch.key.as_deref() == Some(key.as_str()));
            let tag = key.split_once('/').map(|(_, tag)| tag)?;
            let now =
                || store.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(tag)).map(|(_, value)| value.clone());
            let value = failing.and_then(|mismatch| mismatch.expected.first().cloned()).or_else(now)?;
            let claim = values.first()?.strip_prefix("${aws:PrincipalTag/")?;
            let claim = claim.split([',', '}']).next()?;
            Some(format!("{claim} is {}", listed(&[value])))
        };
        let clauses: Vec<_> = conditions(document, index)
            .into_iter()
            .filter(|(_, key, _)| is_resource_tag(key))
            .filter_map(clause)
            .collect();
        let now = "and no longer the jobs that it is open to now";
        format!("every job of that name for which {}, {now}", clauses.join(" and "))
    }
}

impl Gate {
    pub(crate) fn new(gate: GateName, result: GateResult, text: String) -> Self {
        Self { gate, result, text, statement: None, failures: vec![], remedy: vec![], also_admits: None }
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy.push(remedy.into());
        self
    }
}

fn verdict<'a>(
    documents: impl IntoIterator<Item = &'a Document>,
    action: &str,
    principal: Option<&Principal>,
    resource: Option<&str>,
    keys: &[(String, Vec<String>)],
) -> Verdict<'a> {
    let mut best = Verdict { decision: Decision::ImplicitDeny, statement: None };
    // Two tags whose keys differ in case only are one: STS refuses the session, and nothing is allowed.
    let Ok(context) = Context::try_from_iter(keys.iter().cloned()) else { return best };
    let request = Request {
        action: action.to_owned(),
        principal: principal.cloned(),
        resource: resource.map(str::to_owned),
        context,
    };
    let elsewhere = |mismatches: &[Mismatch]| {
        let count = mismatches.iter().filter(|mismatch| mismatch.element != Element::Condition).count();
        (count, mismatches.len())
    };
    for document in documents {
        let evaluation = evaluate(std::slice::from_ref(&document.policy), &request);
        let decided = evaluation.decided_by.map(|id| (document, id, vec![]));
        match evaluation.decision {
            Decision::ExplicitDeny => return Verdict { decision: Decision::ExplicitDeny, statement: decided },
            Decision::Allow => best = Verdict { decision: Decision::Allow, statement: decided },
            Decision::ImplicitDeny if best.decision == Decision::ImplicitDeny => {
                let nearest = evaluation.nearest;
                let found = evaluation.statements.into_iter().enumerate().find(|(place, _)| Some(*place) == nearest);
                let Some((_, result)) = found.filter(|(_, result)| result.statement.effect == Effect::Allow) else {
                    continue;
                };
                let is_nearer = best
                    .statement
                    .as_ref()
                    .is_none_or(|(_, _, mismatches)| elsewhere(&result.mismatches) < elsewhere(mismatches));
                if is_nearer {
                    best.statement = Some((document, result.statement, result.mismatches));
                }
            }
            Decision::ImplicitDeny => {}
        }
    }
    best
}

/// Whether a condition key, or a text with variables, names a tag; `ref` is not `ref_type`.
fn names_tag(text: &str, tag: &str) -> bool {
    let (text, tag) = (text.to_lowercase(), tag.to_lowercase());
    text.match_indices(&tag).any(|(at, _)| {
        let next = text.get(at + tag.len()..).and_then(|rest| rest.chars().next());
        next.is_none_or(|next| !(next.is_alphanumeric() || "_-".contains(next)))
    })
}
