//! Partial evaluation: policies and a request of which not all is known come to a condition on the rest.
//!
//! The known part is put in; what remains is a list of [`Case`]s, of which one must hold. `Deny` statements are in it as what
//! must not be. A list that would get too long is cut, always so that it admits more, and says where.

use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::cases::{Case, Cases, Limits, TooMany};
use crate::context::{Context, PartialContext};
use crate::document::{Effect, Policy, Statement};
use crate::evaluation::StatementId;
use crate::formula::Formula;
use crate::principal::Principal;
use crate::source::Source;

/// The cases at most, unless [`residual_within`] is told another number.
pub const MAX_CASES: usize = 256;

/// One authorization question of which some keys are unknown.
#[derive(Debug, Clone, Default)]
pub struct PartialRequest {
    /// As in [`Request`](crate::Request).
    pub action: String,
    /// As in [`Request`](crate::Request).
    pub principal: Option<Principal>,
    /// As in [`Request`](crate::Request).
    pub resource: Option<String>,
    /// What is known of the condition keys.
    pub context: PartialContext,
}

/// When the request is allowed: if one of the cases holds.
#[derive(Debug, Clone)]
pub struct Residual {
    cases: Cases,
    most: usize,
    approximations: Vec<Approximation>,
}

/// Where a residual admits more than the policies do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approximation {
    /// The statement that counts only in part, or not at all; nothing if it is all of them together.
    pub statement: Option<StatementId>,
    /// One line for people, without a full stop.
    pub reason: String,
}

/// What is left of `policies`, taken together, for this request, in at most [`MAX_CASES`] cases.
///
/// ```
/// use env_kvstore_policy::{PartialContext, PartialRequest, Policy, residual};
///
/// let policy = Policy::parse(
///     "stores",
///     r#"{
///         "Version": "2012-10-17",
///         "Statement": {
///             "Effect": "Allow",
///             "Action": "secretsmanager:GetSecretValue",
///             "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/repository}/secrets-??????"
///         }
///     }"#,
/// )?;
/// let request = PartialRequest {
///     action: "secretsmanager:GetSecretValue".to_owned(),
///     resource: Some("arn:aws:secretsmanager:us-west-2:123456789012:secret:octo/app/secrets-AbCdEf".to_owned()),
///     context: PartialContext::default().single_valued_under("aws:PrincipalTag/"),
///     ..PartialRequest::default()
/// };
/// let residual = residual(&[policy], &request);
/// assert_eq!(residual.to_string(), "aws:PrincipalTag/repository is octo/app");
/// # Ok::<(), env_kvstore_policy::Malformed>(())
/// ```
pub fn residual<'p, P>(policies: P, request: &PartialRequest) -> Residual
where
    P: IntoIterator<Item = &'p Policy> + Clone,
{
    residual_within(policies, request, MAX_CASES)
}

/// As [`residual`], in at most so many cases.
pub fn residual_within<'p, P>(policies: P, request: &PartialRequest, most: usize) -> Residual
where
    P: IntoIterator<Item = &'p Policy> + Clone,
{
    let mut residual = Residual { cases: Cases::default(), most: most.max(1), approximations: Vec::new() };
    let of = |effect| {
        let statements = policies
            .clone()
            .into_iter()
            .flat_map(|policy| policy.statements.iter().enumerate().map(move |at| (policy, at)));
        let of_effect = statements.filter(move |(_, (_, statement))| statement.effect == effect);
        of_effect.filter_map(|(policy, (index, statement))| wanted(policy, index, statement, request))
    };
    let limits = Limits::new(residual.most);
    of(Effect::Allow).for_each(|wanted| residual.allow(wanted, &limits));
    // The list stays shortest if what adds the fewest alternatives comes first.
    let mut denials: Vec<_> = of(Effect::Deny).map(|wanted| wanted.denial(&limits)).collect();
    denials.sort_by_key(|(_, rest)| rest.as_ref().map_or(usize::MAX, |rest| rest.as_slice().len()));
    denials.into_iter().for_each(|(statement, rest)| residual.deny(&statement, rest, &limits));
    residual
}

/// What a statement wants so that it matches.
struct Wanted {
    statement: Arc<StatementId>,
    /// All of these.
    parts: Vec<(Arc<Source>, Formula)>,
}

impl Wanted {
    /// The cases in which the statement does not match.
    fn denial(self, limits: &Limits) -> (Arc<StatementId>, Result<Cases, TooMany>) {
        let matches = Formula::All(self.parts.into_iter().map(|(_, formula)| formula).collect());
        (self.statement, Cases::of(&matches.negated(), limits))
    }
}

/// Nothing if the statement cannot match.
fn wanted(policy: &Policy, index: usize, statement: &Statement, request: &PartialRequest) -> Option<Wanted> {
    if !statement.is_for(request.principal.as_ref(), &request.action) {
        return None;
    }
    let id = policy.statement_id(index, statement);
    let known = &request.context;
    let mut parts = Vec::new();
    if let Some(resources) = &statement.resources {
        let source = Arc::new(Source::of_resources(&id, resources));
        let formula = Formula::resources(resources, request.resource.as_deref(), known, &source);
        parts.push((source, formula));
    }
    // Most statements of an account are for other resources.
    if !parts.iter().any(|(_, formula)| matches!(formula, Formula::Never)) {
        for condition in &statement.conditions {
            let source = Arc::new(Source::of_condition(&id, condition));
            let formula = Formula::condition(condition, known, &source);
            parts.push((source, formula));
        }
    }
    let never = parts.iter().any(|(_, formula)| matches!(formula, Formula::Never));
    (!never).then(|| Wanted { statement: Arc::new(id), parts })
}

impl Residual {
    fn allow(&mut self, Wanted { statement, parts }: Wanted, limits: &Limits) {
        let mut cases = Cases::allowed_by(&statement);
        for (source, formula) in parts {
            let both = Cases::of(&formula, limits).and_then(|part| cases.and(&part, limits));
            match both {
                Ok(both) => cases = both,
                Err(TooMany) => {
                    self.approximate(Some(&statement), format!("{source} has too many alternatives and is left out"))
                }
            }
        }
        if self.cases.extend(cases, limits) == Err(TooMany) {
            self.cases = Cases::always();
            let reason = format!(
                "together the statements allow in too many ways, more than {}, so that everything counts as allowed",
                self.most
            );
            self.approximate(None, reason);
        }
        self.cases = std::mem::take(&mut self.cases).merged(limits);
    }

    fn deny(&mut self, statement: &StatementId, rest: Result<Cases, TooMany>, limits: &Limits) {
        match rest.and_then(|rest| self.cases.and(&rest, limits)) {
            Ok(rest) => self.cases = rest,
            Err(TooMany) => {
                let reason =
                    "the statement can fail to match in too many ways, so that it counts as not denying".to_owned();
                self.approximate(Some(statement), reason);
            }
        }
    }

    fn approximate(&mut self, statement: Option<&StatementId>, reason: String) {
        let approximation = Approximation { statement: statement.cloned(), reason };
        if !self.approximations.contains(&approximation) {
            self.approximations.push(approximation);
        }
    }

    /// The cases, of which one must hold. Without any, the request is denied.
    pub fn cases(&self) -> &[Case] {
        self.cases.as_slice()
    }

    /// Whether the request is denied, whatever the unknown keys are.
    pub fn is_never(&self) -> bool {
        self.cases().is_empty()
    }

    /// Whether it is certain that the request is allowed, whatever the unknown keys are. Of an approximation, nothing is.
    pub fn is_always(&self) -> bool {
        !self.is_approximate() && self.cases().iter().any(Case::is_always)
    }

    /// Whether more is admitted than the policies allow. Never is less.
    pub fn is_approximate(&self) -> bool {
        !self.approximations.is_empty()
    }

    /// Where more is admitted, and why.
    pub fn approximations(&self) -> &[Approximation] {
        &self.approximations
    }

    /// Whether the request is allowed when the unknown keys are these. Known keys may be among them, and do not count.
    pub fn evaluate(&self, context: &Context) -> bool {
        self.cases.hold(context)
    }

    /// The same with other names of keys, such as the claim `ref` for `aws:RequestTag/ref`. Keys that get one name become one key.
    #[must_use]
    pub fn rename(&self, name: &dyn Fn(&str) -> String) -> Self {
        let mut renamed = Self { cases: Cases::default(), ..self.clone() };
        match self.cases.rename(name, &Limits::new(self.most)) {
            Ok(cases) => renamed.cases = cases,
            Err(TooMany) => renamed.give_up(),
        }
        renamed
    }

    /// What is left if whoever asks chooses the values of some keys, such as the name of a session: these are as they must be.
    ///
    /// What ties such a key to others is left out, so that this admits more if the others can have no value that fits.
    #[must_use]
    pub fn choosing(&self, chosen: &dyn Fn(&str) -> bool) -> Self {
        let mut rest = Self { cases: Cases::default(), ..self.clone() };
        match self.cases.choosing(chosen, &Limits::new(self.most)) {
            Ok(cases) => rest.cases = cases,
            Err(TooMany) => rest.give_up(),
        }
        rest
    }

    /// What is left if some cases cannot be, by something that the caller knows and no policy says: of what form a key's value is.
    #[must_use]
    pub fn ruling_out(&self, cannot_be: &dyn Fn(&Case) -> bool) -> Self {
        Self { cases: self.cases.ruling_out(cannot_be), ..self.clone() }
    }

    /// What both admit, such as a role's trust policy and its policy once their keys have the same names.
    ///
    /// If [`Residual::is_never`] of the result, the two have nothing in common. If it is not, they may still have nothing in
    /// common: numbers, dates, addresses and what ties keys to each other are compared only if they are the same.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for approximation in &other.approximations {
            both.approximate(approximation.statement.as_ref(), approximation.reason.clone());
        }
        match self.cases.and(&other.cases, &Limits::new(self.most)) {
            Ok(cases) => both.cases = cases,
            Err(TooMany) => {
                let reason = "the two conditions together have too many alternatives, so that the second is left out";
                both.approximate(None, reason.to_owned());
            }
        }
        both
    }

    /// What either admits, such as two roles that open the same secret.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut either = self.clone();
        for approximation in &other.approximations {
            either.approximate(approximation.statement.as_ref(), approximation.reason.clone());
        }
        let limits = Limits::new(self.most);
        match either.cases.extend(other.cases.clone(), &limits) {
            Ok(()) => either.cases = either.cases.merged(&limits),
            Err(TooMany) => either.give_up(),
        }
        either
    }

    /// Whether it is certain that the other admits all that this does. If not, it may still be so.
    pub fn is_within(&self, other: &Self) -> bool {
        self.cases().iter().all(|case| other.cases.hold_where(case, self.most))
    }

    fn give_up(&mut self) {
        self.cases = Cases::always();
        self.approximate(
            None,
            format!("there are more than {} alternatives, so that everything counts as allowed", self.most),
        );
    }
}

/// Such as `a is x and b is y, or c is absent`; `never` and `always` of what has no condition.
impl fmt::Display for Residual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cases: Vec<String> = self.cases().iter().map(ToString::to_string).collect();
        f.write_str(if cases.is_empty() { "never" } else { "" })?;
        f.write_str(&cases.join(", or "))
    }
}

impl Serialize for Residual {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut residual = serializer.serialize_struct("Residual", 3)?;
        residual.serialize_field("any", self.cases())?;
        residual.serialize_field("approximate", &self.is_approximate())?;
        residual.serialize_field("approximations", &self.approximations)?;
        residual.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const STORE: &str = "arn:aws:s3:::b/octo/app/env/prod/x";

    fn policy(name: &str, statements: &Value) -> Policy {
        Policy::parse(name, &json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
    }

    fn asked(context: PartialContext) -> PartialRequest {
        PartialRequest {
            action: "s3:GetObject".to_owned(),
            resource: Some(STORE.to_owned()),
            context,
            ..PartialRequest::default()
        }
    }

    fn tags() -> PartialContext {
        PartialContext::default().single_valued_under("tag/")
    }

    fn statement(effect: &str, resource: &str, condition: Value) -> Value {
        json!({"Effect": effect, "Action": "s3:*", "Resource": resource, "Condition": condition})
    }

    fn allow(condition: Value) -> Value {
        statement("Allow", "*", condition)
    }

    /// What is left of these statements, when keys that begin with `tag/` have at most one value.
    fn left(statements: Value) -> Residual {
        residual(&[policy("p", &statements)], &asked(tags()))
    }

    fn context(entries: &[(&str, &str)]) -> Context {
        Context::try_from_iter(entries.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])))
            .unwrap()
    }

    #[test]
    fn resource_is_solved_for_its_variables() {
        let of = |resource| left(statement("Allow", resource, json!({}))).to_string();
        assert_eq!(of("arn:aws:s3:::b/${tag/repo}/env/${tag/env}/x"), "tag/env is prod and tag/repo is octo/app");
        assert_eq!(of("arn:aws:s3:::b/${tag/repo}/x"), "tag/repo is octo/app/env/prod");
        assert_eq!(of("arn:aws:s3:::b/${tag/repo}/env/*"), "tag/repo is octo/app");
        assert_eq!(
            of("arn:aws:s3:::b/${tag/a}/${tag/b}/prod/x"),
            "tag/a is octo and tag/b is app/env, or tag/a is octo/app and tag/b is env"
        );
        assert_eq!(of("arn:aws:s3:::b/octo/${tag/a, 'app'}/env/prod/x"), "tag/a is absent or app");
        assert_eq!(of("arn:aws:s3:::c/${tag/a}"), "never");
        assert_eq!(of("*"), "always");
    }

    #[test]
    fn resource_with_too_many_splits_stays_as_it_is_and_is_still_exact() {
        let resource = "arn:aws:s3:::*${tag/a}*${tag/b}*${tag/c}*";
        let left = left(statement("Allow", resource, json!({})));
        assert_eq!(left.to_string(), format!("Resource ({STORE}) ArnLike {resource}"));
        assert!(!left.is_approximate());
        assert!(left.evaluate(&context(&[("tag/a", "octo"), ("tag/b", "app"), ("tag/c", "x")])));
        assert!(!left.evaluate(&context(&[("tag/a", "app"), ("tag/b", "octo"), ("tag/c", "x")])));
    }

    #[test]
    fn denials_are_in_it_as_what_must_not_be() {
        let allow = allow(json!({"StringEquals": {"tag/repo": ["a", "b"]}}));
        let with = |condition| left(json!([allow, statement("Deny", "*", condition)])).to_string();
        assert_eq!(with(json!({"StringEquals": {"tag/repo": "b"}})), "tag/repo is a");
        assert_eq!(with(json!({"StringNotEquals": {"tag/repo": "b"}})), "tag/repo is b");
        assert_eq!(with(json!({"Null": {"tag/event": "true"}})), "tag/event is present and tag/repo is a or b");
        assert_eq!(
            with(json!({"StringLike": {"tag/event": "pull_*"}})),
            "tag/event is absent or StringNotLike pull_* and tag/repo is a or b"
        );
        assert_eq!(
            with(json!({"StringEquals": {"tag/event": "x", "tag/repo": "b"}})),
            "tag/event is absent or not x and tag/repo is a or b, or tag/repo is a"
        );
        assert_eq!(with(json!({})), "never");
    }

    #[test]
    fn negation_without_null_admits_an_absent_key() {
        let of = |condition| left(allow(condition)).to_string();
        assert_eq!(of(json!({"StringNotEquals": {"tag/event": "x"}})), "tag/event is absent or not x");
        assert_eq!(
            of(json!({"StringNotEquals": {"tag/event": "x"}, "Null": {"tag/event": "false"}})),
            "tag/event is not x"
        );
        assert_eq!(of(json!({"StringEqualsIfExists": {"tag/event": "x"}})), "tag/event is absent or x");
        let of = |condition| residual(&[policy("p", &allow(condition))], &asked(PartialContext::default())).to_string();
        assert_eq!(
            of(json!({"ForAllValues:StringEquals": {"k": "x"}})),
            "k is absent or empty or x or several values, each of them x"
        );
        assert_eq!(of(json!({"StringEquals": {"k": "x"}})), "k is x");
    }

    #[test]
    fn contradictions_are_found() {
        for condition in [
            json!({"StringEquals": {"tag/a": "x"}, "StringLike": {"tag/a": "y*"}}),
            json!({"StringLike": {"tag/a": "refs/heads/*"}, "ForAnyValue:StringLike": {"tag/a": "refs/tags/*"}}),
            json!({"StringLike": {"tag/a": "x*"}, "StringNotLike": {"tag/a": "x*"}}),
            json!({"StringEquals": {"tag/a": "x"}, "Null": {"tag/a": "true"}}),
            json!({"StringEquals": {"tag/a": ["x", "y"]}, "StringNotEquals": {"tag/a": ["y", "x"]}}),
            json!({"StringEquals": {"tag/a": "x", "tag/b": "y"}, "StringLike": {"tag/a": "${tag/b}"}}),
        ] {
            assert!(left(allow(condition.clone())).is_never(), "{condition}");
        }
    }

    #[test]
    fn relation_that_must_and_must_not_hold_is_a_contradiction() {
        let same = json!({"StringEquals": {"tag/a": "${tag/b}"}});
        let other = json!({"StringEquals": {"tag/a": "${tag/c}"}});
        let without = |denied| left(json!([allow(same.clone()), statement("Deny", "*", denied)]));
        assert!(without(same.clone()).is_never());
        assert_eq!(without(other).to_string(), "tag/a StringEquals ${tag/b} and not tag/a StringEquals ${tag/c}");
    }

    #[test]
    fn alternatives_of_one_key_are_one_case() {
        let events =
            ["push", "schedule"].map(|event| allow(json!({"StringEquals": {"tag/event": event, "tag/repo": "a"}})));
        let all = left(json!(events));
        assert_eq!(all.to_string(), "tag/event is push or schedule and tag/repo is a");
        let [case] = all.cases() else { panic!() };
        assert_eq!(case.allowed_by.iter().map(|id| id.index).collect::<Vec<_>>(), [0, 1]);
        let absorbed = left(json!([events[0], allow(json!({"StringEquals": {"tag/event": "push"}}))]));
        assert_eq!(absorbed.to_string(), "tag/event is push");
        let either =
            left(json!([allow(json!({"Null": {"tag/a": "true"}})), allow(json!({"Null": {"tag/a": "false"}}))]));
        assert!(either.is_always());
    }

    #[test]
    fn known_keys_are_put_into_conditions_and_variables() {
        let guard = allow(
            json!({"StringEquals": {"store/id": "${tag/id, '-'}"}, "StringEqualsIfExists": {"store/ref": "${tag/ref, '-'}"}}),
        );
        let of =
            |known: PartialContext| residual(&[policy("p", &guard)], &asked(known.absent_under("store/"))).to_string();
        assert_eq!(of(tags().known("store/id", vec!["7".to_owned()])), "tag/id is 7");
        let both = tags().known("store/id", vec!["7".to_owned()]).known("store/ref", vec!["main".to_owned()]);
        assert_eq!(of(both.clone()), "tag/id is 7 and tag/ref is main");
        assert_eq!(of(both.absent("tag/ref")), "never");
        assert_eq!(of(tags()), "never");
        assert_eq!(of(tags().known("store/id", vec!["-".to_owned()])), "tag/id is absent or -");
    }

    #[test]
    fn trust_policy_and_role_policy_are_joined_by_the_names_of_claims() {
        let trust = policy(
            "trust",
            &json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Condition": {
                "StringEquals": {
                    "aws:RequestTag/event": ["push", "schedule"],
                    "sts:RoleSessionName": "${aws:RequestTag/run}@${aws:RequestTag/sha}",
                },
                "StringLike": {"aws:RequestTag/repo": "octo/*"},
            }}),
        );
        let role = policy(
            "role",
            &statement("Allow", "arn:aws:s3:::b/${aws:PrincipalTag/repo}/env/${aws:PrincipalTag/env}/x", json!({})),
        );
        let tags = PartialContext::default().single_valued_under("aws:");
        let claim = |key: &str| key.rsplit('/').next().unwrap_or_default().to_owned();
        let [trust, role] = [trust, role].map(|policy| residual(&[policy], &asked(tags.clone())).rename(&claim));
        let both = trust.and(&role);
        let relation = "sts:RoleSessionName StringEquals ${run}@${sha}";
        assert_eq!(
            both.to_string(),
            format!("env is prod and event is push or schedule and repo is octo/app and {relation}")
        );
        let job = [
            ("repo", "octo/app"),
            ("env", "prod"),
            ("event", "push"),
            ("run", "7"),
            ("sha", "abc"),
            ("sts:RoleSessionName", "7@abc"),
        ];
        assert!(both.evaluate(&context(&job)));
        let known = context(&[
            ("repo", "octo/app"),
            ("env", "prod"),
            ("event", "push"),
            ("run", "7"),
            ("sha", "abd"),
            ("sts:RoleSessionName", "7@abc"),
        ]);
        assert!(!both.evaluate(&known));

        let [case] = both.cases() else { panic!() };
        let because = &case.constraint("REPO").unwrap().because;
        let sources: Vec<_> =
            because.iter().map(|source| (source.statement.policy.as_str(), source.to_string())).collect();
        assert_eq!(
            sources,
            [("role", "Resource".to_owned()), ("trust", "Condition StringLike aws:RequestTag/repo".to_owned())]
        );

        let elsewhere = left(allow(json!({"StringLike": {"tag/repo": "other/*"}}))).rename(&claim);
        assert!(both.and(&elsewhere).is_never());
    }

    #[test]
    fn relation_is_resolved_once_its_keys_are_known() {
        let session = left(allow(json!({"StringEquals": {"tag/name": "${tag/run}@${tag/sha}"}})));
        let named = left(allow(json!({"StringEquals": {"tag/name": "7@abc"}})));
        assert_eq!(session.and(&named).to_string(), "tag/name is 7@abc and tag/run is 7 and tag/sha is abc");
    }

    #[test]
    fn what_is_too_large_admits_more_and_says_so() {
        let allow = allow(json!({"StringEquals": {"tag/repo": "a"}}));
        let denials = (0..6).map(|index| {
            let tag = |half: &str| format!("tag/{index}{half}");
            statement("Deny", "*", json!({"StringEquals": {tag("a"): "x", tag("b"): "y", tag("c"): "z"}}))
        });
        let statements: Vec<Value> = [allow].into_iter().chain(denials).collect();
        let left = left(json!(statements));
        assert!(left.is_approximate());
        assert!(left.cases().len() <= MAX_CASES);
        let [approximation] = left.approximations() else { panic!("{:?}", left.approximations()) };
        assert_eq!(approximation.statement.as_ref().unwrap().index, 6);
        assert!(approximation.reason.contains("counts as not denying"));
        assert!(left.evaluate(&context(&[("tag/repo", "a"), ("tag/5a", "x"), ("tag/5b", "y"), ("tag/5c", "z")])));
        assert!(!left.evaluate(&context(&[("tag/repo", "a"), ("tag/0a", "x"), ("tag/0b", "y"), ("tag/0c", "z")])));
        assert!(!left.evaluate(&context(&[("tag/repo", "b")])));
    }

    #[test]
    fn huge_policies_take_bounded_time() {
        let pairs = |index: usize| {
            statement("Deny", "*", json!({"StringEquals": {format!("a{index}"): "x", format!("b{index}"): "y"}}))
        };
        let statements: Vec<Value> = [allow(json!({}))].into_iter().chain((0..3000).map(pairs)).collect();
        assert!(left(json!(statements)).is_approximate());
        let keys: serde_json::Map<String, Value> = (0..20_000).map(|index| (format!("k{index}"), json!("x"))).collect();
        let started = std::time::Instant::now();
        let left = left(allow(json!({"StringEquals": keys})));
        assert!(left.is_approximate() || left.cases()[0].constraints().count() == 20_000);
        assert!(started.elapsed().as_secs() < 60);
    }

    #[test]
    fn residual_is_data() {
        let left = left(allow(json!({"StringLike": {"tag/ref": "refs/tags/*"}})));
        let because = json!([{
            "policy": "p", "index": 0, "sid": null, "effect": "Allow",
            "element": "Condition", "operator": "StringLike", "key": "tag/ref", "written": ["refs/tags/*"],
        }]);
        let one = json!({"matching": {"except": [], "tests": [{"operator": "StringLike", "inverted": false, "expected": ["refs/tags/*"]}]}});
        let constraint = json!({
            "key": "tag/ref", "singleValued": true, "absent": false, "empty": false, "one": one, "several": null, "because": because,
        });
        let allowed_by = json!([{"policy": "p", "index": 0, "sid": null, "effect": "Allow"}]);
        let case = json!({"allowedBy": allowed_by, "all": [constraint], "relations": []});
        assert_eq!(
            serde_json::to_value(left).unwrap(),
            json!({"any": [case], "approximate": false, "approximations": []})
        );
    }
}
