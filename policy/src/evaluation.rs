//! The decision, and for each statement whether it matched and if not, why.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>

use serde::Serialize;

use crate::arn;
use crate::context::Context;
use crate::difference::Difference;
use crate::document::{Effect, Policy, Scope, Statement};
use crate::mismatch::{Element, Mismatch};
use crate::pattern::{Pattern, Template};
use crate::principal::Principal;
use crate::request::Request;

/// Evaluates `request` against all `policies` together: a statement that denies wins, then one that allows; without either
/// the request is denied implicitly.
pub fn evaluate(policies: &[Policy], request: &Request) -> Evaluation {
    let statements: Vec<StatementResult> =
        policies.iter().flat_map(|policy| statement_results(policy, request)).collect();
    let first = |effect| {
        statements
            .iter()
            .find(|result| result.matches && result.statement.effect == effect)
            .map(|result| result.statement.clone())
    };
    let (decision, decided_by, nearest) = match (first(Effect::Deny), first(Effect::Allow)) {
        (Some(deny), _) => (Decision::ExplicitDeny, Some(deny), None),
        (None, Some(allow)) => (Decision::Allow, Some(allow), None),
        (None, None) => (Decision::ImplicitDeny, None, nearest(&statements)),
    };
    Evaluation { decision, decided_by, statements, nearest }
}

/// Whether the request is allowed, as [`evaluate`] decides, without the reasons: these take most of its time.
pub fn allows(policies: &[Policy], request: &Request) -> bool {
    let statements = policies.iter().flat_map(|policy| &policy.statements);
    let mut is_allowed = false;
    for statement in statements.filter(|statement| statement.matches(request)) {
        match statement.effect {
            Effect::Deny => return false,
            Effect::Allow => is_allowed = true,
        }
    }
    is_allowed
}

/// The answer to a [`Request`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// What AWS would decide.
    pub decision: Decision,
    /// The first statement that made the decision; nothing on an implicit deny.
    pub decided_by: Option<StatementId>,
    /// Every statement, in the order of the policies.
    pub statements: Vec<StatementResult>,
    /// On an implicit deny the index in `statements` of the `Allow` that came nearest.
    pub nearest: Option<usize>,
}

/// Whether the request is allowed, and if not, in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// A statement allows and none denies.
    Allow,
    /// A statement denies.
    ExplicitDeny,
    /// No statement matches.
    ImplicitDeny,
}

/// Where a statement stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StatementId {
    /// The policy's name.
    pub policy: String,
    /// In its policy, counted from 0.
    pub index: usize,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
    /// Its `Effect`.
    pub effect: Effect,
}

/// What became of one statement.
#[derive(Debug, Serialize)]
pub struct StatementResult {
    /// Which statement.
    #[serde(flatten)]
    pub statement: StatementId,
    /// Whether it is for this request.
    pub matches: bool,
    /// Everything that does not match, not only the first.
    pub mismatches: Vec<Mismatch>,
}

fn statement_results(policy: &Policy, request: &Request) -> impl Iterator<Item = StatementResult> {
    policy.statements.iter().enumerate().map(|(index, statement)| {
        let mismatches = mismatches(statement, request);
        StatementResult { statement: policy.statement_id(index, statement), matches: mismatches.is_empty(), mismatches }
    })
}

/// A statement that fails only in conditions is nearer than one for another principal, action or resource.
fn nearest(statements: &[StatementResult]) -> Option<usize> {
    let distance = |result: &StatementResult| {
        let elsewhere = result.mismatches.iter().any(|mismatch| mismatch.element != Element::Condition);
        (elsewhere, result.mismatches.len())
    };
    let (index, _) = statements
        .iter()
        .enumerate()
        .filter(|(_, result)| result.statement.effect == Effect::Allow)
        .min_by_key(|(_, result)| distance(result))?;
    Some(index)
}

/// Everything that does not match.
fn mismatches(statement: &Statement, request: &Request) -> Vec<Mismatch> {
    let principals = statement.principals.as_ref();
    let principal = principals.and_then(|principals| principal_mismatch(principals, request.principal.as_ref()));
    let action = action_mismatch(&statement.actions, &request.action);
    let resources = statement.resources.as_ref();
    let resource =
        resources.and_then(|resources| resource_mismatch(resources, request.resource.as_deref(), &request.context));
    let conditions = statement.conditions.iter().filter_map(|condition| condition.mismatch(&request.context));
    [principal, action, resource].into_iter().flatten().chain(conditions).collect()
}

fn principal_mismatch(principals: &Scope<Principal>, actual: Option<&Principal>) -> Option<Mismatch> {
    let listed = principals.listed();
    let reason = principals.refusal(principals.covers(actual))?;
    Some(Mismatch {
        element: Element::Principal,
        operator: None,
        key: None,
        expected: listed.iter().map(ToString::to_string).collect(),
        actual: actual.map(|principal| vec![principal.to_string()]),
        differences: Vec::new(),
        reason: reason.to_owned(),
    })
}

fn action_mismatch(actions: &Scope<String>, actual: &str) -> Option<Mismatch> {
    let reason = actions.refusal(actions.cover(actual))?;
    Some(Mismatch {
        element: Element::Action,
        operator: None,
        key: None,
        expected: actions.listed().to_vec(),
        actual: Some(vec![actual.to_owned()]),
        differences: Vec::new(),
        reason: reason.to_owned(),
    })
}

/// A `Resource` whose variable is absent covers nothing, a `NotResource` with one excludes everything.
/// A request without a resource is covered by `*` only.
fn resource_mismatch(resources: &Scope<Template>, actual: Option<&str>, context: &Context) -> Option<Mismatch> {
    let arn = actual.unwrap_or("*");
    let mut expected = Vec::new();
    let mut covered = false;
    let mut differences = Vec::new();
    // A variable that is all that is missing, and any other.
    let (mut missing, mut unresolved) = (None, None);
    for template in resources.listed() {
        let (pattern, shown) = match template.expand(context) {
            Ok(pattern) => {
                covered |= arn::matches(&pattern, arn);
                let shown = pattern.to_string();
                (pattern, shown)
            }
            Err(variable) => {
                let pattern = template.widest(context);
                let last = if arn::matches(&pattern, arn) { &mut missing } else { &mut unresolved };
                *last = Some(variable);
                (pattern, template.source().to_owned())
            }
        };
        differences.extend(Difference::find(&pattern, &shown, arn));
        expected.push(shown);
    }
    differences.sort_by(Difference::by_nearness);
    let reason = match (resources, covered) {
        (Scope::Only(_), false) => match (missing, differences.first(), unresolved) {
            (Some(variable), ..) => variable.to_string(),
            (None, Some(difference), _) => difference.to_string(),
            (None, None, Some(variable)) => variable.to_string(),
            (None, None, None) => resources.refusal(covered)?.to_owned(),
        },
        (Scope::AllBut(_), false) => {
            differences.clear();
            missing.or(unresolved)?.to_string()
        }
        (_, true) => {
            differences.clear();
            resources.refusal(covered)?.to_owned()
        }
    };
    Some(Mismatch {
        element: Element::Resource,
        operator: None,
        key: None,
        expected,
        actual: actual.map(|arn| vec![arn.to_owned()]),
        differences,
        reason,
    })
}

/// As [`resource_mismatch`].
fn resources_cover(resources: &Scope<Template>, arn: &str, context: &Context) -> bool {
    let covers = |template: &Template| template.expand(context).map(|pattern| arn::matches(&pattern, arn));
    match resources {
        Scope::Only(listed) => listed.iter().any(|template| covers(template) == Ok(true)),
        Scope::AllBut(listed) => listed.iter().all(|template| covers(template) == Ok(false)),
    }
}

impl Scope<Principal> {
    fn covers(&self, actual: Option<&Principal>) -> bool {
        self.listed().iter().any(|principal| principal.covers(actual))
    }
}

impl Scope<String> {
    /// Actions compare without case.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
    pub(crate) fn cover(&self, actual: &str) -> bool {
        let actual = actual.to_ascii_lowercase();
        self.listed().iter().any(|action| Pattern::wildcards(&action.to_ascii_lowercase()).matches(&actual))
    }
}

impl Policy {
    pub(crate) fn statement_id(&self, index: usize, statement: &Statement) -> StatementId {
        StatementId { policy: self.name.clone(), index, sid: statement.sid.clone(), effect: statement.effect }
    }
}

impl Statement {
    /// Whether nothing of it is for others: what [`mismatches`] finds, without a word of why.
    fn matches(&self, request: &Request) -> bool {
        let Request { action, principal, resource, context } = request;
        let covers =
            |resources: &Scope<Template>| resources_cover(resources, resource.as_deref().unwrap_or("*"), context);
        self.is_for(principal.as_ref(), action)
            && self.resources.as_ref().is_none_or(covers)
            && self.conditions.iter().all(|condition| condition.holds(context))
    }

    /// Whether the statement is for this principal and action.
    pub(crate) fn is_for(&self, principal: Option<&Principal>, action: &str) -> bool {
        let principals = self.principals.as_ref();
        principals.is_none_or(|principals| principals.refusal(principals.covers(principal)).is_none())
            && self.actions.refusal(self.actions.cover(action)).is_none()
    }
}

impl<T> Scope<T> {
    /// Why something that the list covers, or does not, is outside this scope, if it is.
    fn refusal(&self, covered: bool) -> Option<&'static str> {
        match (self, covered) {
            (Self::Only(_), true) | (Self::AllBut(_), false) => None,
            (Self::Only(_), false) => Some("the statement is for others"),
            (Self::AllBut(_), true) => Some("the statement is for all but these"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Policy;
    use crate::mismatch::Element;

    use serde_json::{Value, json};

    const ARN: &str = "arn:aws:s3:::bucket/home/ann/file";

    /// Evaluates statements of one identity policy, `s3:GetObject` on [`ARN`] by `ann`.
    fn ask(statements: Value, change: &[(&str, Value)]) -> Evaluation {
        ask_version("2012-10-17", statements, change)
    }

    fn ask_version(version: &str, statements: Value, change: &[(&str, Value)]) -> Evaluation {
        let document = json!({"Version": version, "Statement": statements}).to_string();
        let mut request = json!({
            "action": "s3:GetObject",
            "resource": ARN,
            "context": {"aws:username": ["ann"]},
        });
        for (field, value) in change {
            request[*field] = value.clone();
        }
        let (policies, request) = ([Policy::parse("p", &document).unwrap()], serde_json::from_value(request).unwrap());
        let evaluation = evaluate(&policies, &request);
        assert_eq!(allows(&policies, &request), allowed(&evaluation), "{evaluation:?}");
        evaluation
    }

    fn allow(change: &[(&str, Value)]) -> Value {
        let mut statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        for (element, value) in change {
            statement[*element] = value.clone();
        }
        statement
    }

    fn without(mut statement: Value, element: &str) -> Value {
        statement.as_object_mut().unwrap().remove(element);
        statement
    }

    fn allowed(evaluation: &Evaluation) -> bool {
        evaluation.decision == Decision::Allow
    }

    #[test]
    fn nothing_that_matches_is_an_implicit_deny() {
        let evaluation = ask(json!([]), &[]);
        assert_eq!(evaluation.decision, Decision::ImplicitDeny);
        assert_eq!(evaluation.decided_by, None);
        assert_eq!(evaluation.nearest, None);
    }

    #[test]
    fn explicit_deny_wins_over_allow() {
        let deny = json!({"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "*"});
        let evaluation = ask(json!([allow(&[]), deny]), &[]);
        assert_eq!(evaluation.decision, Decision::ExplicitDeny);
        let decided_by = evaluation.decided_by.unwrap();
        assert_eq!((decided_by.index, decided_by.sid.as_deref()), (1, Some("No")));
        assert_eq!(evaluation.nearest, None);
    }

    #[test]
    fn deny_that_does_not_match_denies_nothing() {
        let deny = json!({"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"});
        assert!(allowed(&ask(json!([deny, allow(&[])]), &[])));
    }

    #[test]
    fn deny_of_one_policy_wins_over_allow_of_another() {
        let policy = |name, effect| {
            let statement = json!({"Effect": effect, "Action": "*", "Resource": "*"});
            Policy::parse(name, &json!({"Statement": statement}).to_string()).unwrap()
        };
        let request = json!({"action": "s3:GetObject", "resource": ARN});
        let evaluation =
            evaluate(&[policy("a", "Allow"), policy("b", "Deny")], &serde_json::from_value(request).unwrap());
        assert_eq!(evaluation.decided_by.unwrap().policy, "b");
    }

    #[test]
    fn actions_compare_without_case_and_with_wildcards() {
        for (action, expected) in [
            ("S3:getobject", true),
            ("s3:Get*", true),
            ("s3:GetObjec?", true),
            ("*", true),
            ("s3:GetObject?", false),
            ("s4:*", false),
        ] {
            let evaluation = ask(allow(&[("Action", json!(["x:y", action]))]), &[]);
            assert_eq!(allowed(&evaluation), expected, "{action}");
        }
    }

    #[test]
    fn not_action_is_every_other_action() {
        let statement = |actions| without(allow(&[("NotAction", actions)]), "Action");
        assert!(allowed(&ask(statement(json!("s3:Put*")), &[])));
        let evaluation = ask(statement(json!(["s3:Put*", "s3:Get*"])), &[]);
        let mismatch = &evaluation.statements[0].mismatches[0];
        assert_eq!(mismatch.element, Element::Action);
        assert_eq!(mismatch.reason, "the statement is for all but these");
    }

    #[test]
    fn not_resource_is_every_other_resource() {
        let statement = |resource| without(allow(&[("NotResource", json!(resource))]), "Resource");
        assert!(allowed(&ask(statement("arn:aws:s3:::other/*"), &[])));
        assert!(!allowed(&ask(statement("arn:aws:s3:::bucket/*"), &[])));
    }

    #[test]
    fn absent_variable_in_a_resource_never_matches() {
        let home = json!("arn:aws:s3:::bucket/home/${aws:username}/*");
        let only = allow(&[("Resource", home.clone())]);
        let all_but = without(allow(&[("NotResource", home)]), "Resource");
        let nobody = [("context", json!({}))];
        assert!(allowed(&ask(only.clone(), &[])));
        let in_root = ("resource", json!("arn:aws:s3:::bucket/home//file"));
        for statement in [only.clone(), all_but] {
            let evaluation = ask(statement, &nobody);
            let mismatch = &evaluation.statements[0].mismatches[0];
            assert!(mismatch.reason.contains("the request has no `aws:username`"));
            assert_eq!(mismatch.expected, ["arn:aws:s3:::bucket/home/${aws:username}/*"]);
        }
        let [nobody] = nobody;
        assert!(!allowed(&ask(only, &[nobody, in_root])));
    }

    #[test]
    fn absent_variable_leaves_the_other_resources() {
        let resources = json!(["arn:aws:s3:::${absent}", "arn:aws:s3:::bucket/*"]);
        assert!(allowed(&ask(allow(&[("Resource", resources)]), &[])));
    }

    #[test]
    fn resource_that_no_pattern_matches_says_where_it_parts_from_the_nearest() {
        let resources = json!([
            "arn:aws:s3:::other/*",
            "arn:aws:s3:::bucket/home/bob/*",
            "arn:aws:s3:::bucket/home/ann/${absent}/x",
            "arn:aws:sqs:*:*:x",
        ]);
        let evaluation = ask(allow(&[("Resource", resources)]), &[]);
        let mismatch = &evaluation.statements[0].mismatches[0];
        let expected = "the resource has no segment 5, and `arn:aws:s3:::bucket/home/ann/${absent}/x` wants `x`";
        assert_eq!(mismatch.reason, expected);
        let segments: Vec<_> = mismatch.differences.iter().map(|it| (it.field, it.segment)).collect();
        assert_eq!(segments, [("resource", Some(5)), ("resource", Some(3)), ("resource", Some(1)), ("service", None)]);
    }

    #[test]
    fn variable_that_is_all_that_is_missing_is_the_reason() {
        let resources = json!(["arn:aws:s3:::bucket/home/${absent}/*", "arn:aws:s3:::bucket/home/ann/other"]);
        let evaluation = ask(allow(&[("Resource", resources)]), &[]);
        assert!(evaluation.statements[0].mismatches[0].reason.contains("the request has no `absent`"));
    }

    #[test]
    fn variables_need_version_2012_10_17() {
        let statement = allow(&[("Resource", json!("arn:aws:s3:::bucket/home/${aws:username}/*"))]);
        assert!(allowed(&ask(statement.clone(), &[])));
        assert!(!allowed(&ask_version("2008-10-17", statement.clone(), &[])));
        let literal = ("resource", json!("arn:aws:s3:::bucket/home/${aws:username}/x"));
        assert!(allowed(&ask_version("2008-10-17", statement.clone(), std::slice::from_ref(&literal))));
        let unversioned = json!({"Statement": statement}).to_string();
        let request = json!({"action": "s3:GetObject", literal.0: literal.1});
        let evaluation =
            evaluate(&[Policy::parse("p", &unversioned).unwrap()], &serde_json::from_value(request).unwrap());
        assert!(allowed(&evaluation));
    }

    #[test]
    fn identity_policy_does_not_test_the_principal() {
        let principal = ("principal", json!({"AWS": "arn:aws:iam::123456789012:user/ann"}));
        assert!(allowed(&ask(allow(&[]), &[principal])));
    }

    #[test]
    fn trust_policy_does_not_test_the_resource() {
        let trust = allow(&[("Principal", json!({"Service": ["a.amazonaws.com", "b.amazonaws.com"]}))]);
        let trust = without(trust, "Resource");
        let service = |name| [("principal", json!({"Service": name}))];
        assert!(allowed(&ask(trust.clone(), &service("b.amazonaws.com"))));
        let evaluation = ask(trust, &service("c.amazonaws.com"));
        let mismatch = &evaluation.statements[0].mismatches[0];
        assert_eq!(mismatch.element, Element::Principal);
        assert_eq!(mismatch.expected, ["Service:a.amazonaws.com", "Service:b.amazonaws.com"]);
        assert_eq!(mismatch.actual, Some(vec!["Service:c.amazonaws.com".to_owned()]));
    }

    #[test]
    fn not_principal_is_every_other_principal() {
        let mut deny = allow(&[("NotPrincipal", json!({"AWS": "arn:aws:iam::123456789012:user/ann"}))]);
        deny["Effect"] = json!("Deny");
        let decision = |user: &str| {
            let arn = format!("arn:aws:iam::123456789012:user/{user}");
            ask(deny.clone(), &[("principal", json!({"AWS": arn}))]).decision
        };
        assert_eq!(decision("ann"), Decision::ImplicitDeny);
        assert_eq!(decision("bob"), Decision::ExplicitDeny);
    }

    #[test]
    fn request_without_a_resource_is_covered_by_star_only() {
        let nothing = [("resource", Value::Null)];
        assert!(allowed(&ask(allow(&[]), &nothing)));
        let evaluation = ask(allow(&[("Resource", json!("arn:aws:s3:::*"))]), &nothing);
        assert_eq!(evaluation.statements[0].mismatches[0].actual, None);
    }

    #[test]
    fn conditions_and_keys_must_all_hold() {
        let condition = |user, region, secure| {
            let equals = json!({"aws:username": user, "aws:RequestedRegion": region});
            let condition = json!({"StringEquals": equals, "Bool": {"aws:SecureTransport": secure}});
            allow(&[("Condition", condition)])
        };
        let context = json!({
            "aws:username": ["ann"], "aws:RequestedRegion": ["us-west-2"], "aws:SecureTransport": ["true"],
        });
        let context = [("context", context)];
        assert!(allowed(&ask(condition("ann", "us-west-2", "true"), &context)));
        assert!(!allowed(&ask(condition("bob", "us-west-2", "true"), &context)));
        assert!(!allowed(&ask(condition("ann", "us-east-1", "true"), &context)));
        let evaluation = ask(condition("bob", "us-east-1", "false"), &context);
        assert_eq!(evaluation.statements[0].mismatches.len(), 3);
    }

    #[test]
    fn nearest_allow_fails_in_conditions_only_and_in_the_fewest() {
        let failing = |users: &[&str]| {
            let keys = users.iter().map(|key| ((*key).to_owned(), json!("x")));
            let keys: serde_json::Map<_, _> = keys.collect();
            allow(&[("Condition", json!({"StringEquals": keys}))])
        };
        let other_action = allow(&[("Action", json!("sts:*"))]);
        let mut deny = failing(&["a"]);
        deny["Effect"] = json!("Deny");
        let statements = [other_action.clone(), failing(&["a", "b"]), deny, failing(&["a"]), failing(&["b"])];
        assert_eq!(ask(json!(statements), &[]).nearest, Some(3));
        assert_eq!(ask(json!([other_action, failing(&["a", "b"])]), &[]).nearest, Some(1));
    }
}
