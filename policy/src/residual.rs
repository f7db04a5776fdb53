//! Partial evaluation: policies and a request of which not all is known come to a condition on the rest.
//!
//! The known part is put in; what remains is a list of [`Case`]s, of which one must hold. `Deny` statements are in it as what
//! must not be. A list that would get too long is cut, always so that it admits more, and says where.

use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::cases::{Case, Cases, TooMany};
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
    let statements = || {
        policies.clone().into_iter().flat_map(|policy| policy.statements.iter().enumerate().map(move |at| (policy, at)))
    };
    for (policy, (index, statement)) in statements() {
        if statement.effect == Effect::Allow
            && let Some(wanted) = wanted(policy, index, statement, request)
        {
            residual.allow(wanted);
        }
    }
    for (policy, (index, statement)) in statements() {
        if statement.effect == Effect::Deny
            && let Some(wanted) = wanted(policy, index, statement, request)
        {
            residual.deny(wanted);
        }
    }
    residual
}

/// What a statement wants so that it matches.
struct Wanted {
    statement: Arc<StatementId>,
    /// All of these.
    parts: Vec<(Arc<Source>, Formula)>,
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
    fn allow(&mut self, Wanted { statement, parts }: Wanted) {
        let mut cases = Cases::allowed_by(&statement);
        for (source, formula) in parts {
            let both = Cases::of(&formula, self.most).and_then(|part| cases.and(&part, self.most));
            match both {
                Ok(both) => cases = both,
                Err(TooMany) => {
                    self.approximate(Some(&statement), format!("{source} has too many alternatives and is left out"))
                }
            }
        }
        if self.cases.extend(cases, self.most) == Err(TooMany) {
            self.cases = Cases::always();
            let reason = format!(
                "together the statements allow in more than {} ways, so that everything counts as allowed",
                self.most
            );
            self.approximate(None, reason);
        }
        self.cases = std::mem::take(&mut self.cases).merged();
    }

    fn deny(&mut self, Wanted { statement, parts }: Wanted) {
        let matches = Formula::All(parts.into_iter().map(|(_, formula)| formula).collect());
        let rest = Cases::of(&matches.negated(), self.most).and_then(|rest| self.cases.and(&rest, self.most));
        match rest {
            Ok(rest) => self.cases = rest,
            Err(TooMany) => {
                let reason =
                    "the statement can fail to match in too many ways, so that it counts as not denying".to_owned();
                self.approximate(Some(&statement), reason);
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
        match self.cases.rename(name, self.most) {
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
        match self.cases.choosing(chosen, self.most) {
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
        match self.cases.and(&other.cases, self.most) {
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
        match either.cases.extend(other.cases.clone(), self.most) {
            Ok(()) => either.cases = either.cases.merged(),
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
