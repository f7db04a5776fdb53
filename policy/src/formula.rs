//! Conditions and resources with unknown keys as a formula over what single keys must be.
//!
//! A formula is as deep as a statement, however long that is, and never deeper.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::condition::{Comparison, Condition, Operator, Set, Test};
use crate::constraint::{Constraint, Values};
use crate::context::{Context, Knowledge, Knows};
use crate::document::Scope;
use crate::operand::{Kind, Operand, TextKind};
use crate::pattern::{Template, Token};
use crate::relation::{Relation, Subject};
use crate::source::Source;
use crate::split;
use crate::split::Binding;

/// The splits of a text at most that are listed if they bind several keys, and if they bind one.
const MAX_SPLITS: usize = 64;
const MAX_VALUES: usize = 1024;

#[derive(Debug, Clone)]
pub(crate) enum Formula {
    Always,
    Never,
    Key(Constraint),
    Relation(Relation),
    /// A relation, and what it comes to: the one to be used if the other is too large.
    Solved(Box<Formula>, Relation),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

impl Formula {
    fn of(holds: bool) -> Self {
        if holds { Self::Always } else { Self::Never }
    }

    fn key(constraint: Constraint) -> Self {
        match constraint {
            constraint if constraint.is_always() => Self::Always,
            constraint if constraint.is_never() => Self::Never,
            constraint => Self::Key(constraint),
        }
    }

    fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Always => {}
                Self::Never => return Self::Never,
                part => kept.push(part),
            }
        }
        if kept.is_empty() { Self::Always } else { Self::All(kept) }
    }

    fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Never => {}
                Self::Always => return Self::Always,
                part => kept.push(part),
            }
        }
        if kept.is_empty() { Self::Never } else { Self::Any(kept) }
    }

    /// What holds when this does not.
    pub(crate) fn negated(&self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            // What comes of a single condition has a complement.
            Self::Key(constraint) => constraint.complement().map_or(Self::Always, Self::key),
            Self::Relation(relation) => Self::Relation(relation.complement()),
            Self::Solved(solution, relation) => Self::Solved(Box::new(solution.negated()), relation.complement()),
            Self::All(parts) => Self::any(parts.iter().map(Self::negated)),
            Self::Any(parts) => Self::all(parts.iter().map(Self::negated)),
        }
    }

    /// What a condition wants of the keys that are not known.
    pub(crate) fn condition(condition: &Condition, known: &impl Knows, source: &Arc<Source>) -> Self {
        let Condition { key, test, .. } = condition;
        match test {
            Test::Null(absent) => match known.knowledge(key) {
                Knowledge::Known(values) => Self::of(absent.contains(&values.unwrap_or_default().is_empty())),
                Knowledge::Unknown => {
                    let mut constraint = Constraint::null(key, known.is_single(key), absent);
                    constraint.because.insert(Arc::clone(source));
                    Self::key(constraint)
                }
            },
            Test::Comparison(comparison) => {
                let relation = Relation::new(Subject::Key(key.clone()), comparison.clone(), known, source);
                Self::relation(&relation, known)
            }
        }
    }

    /// What a `Resource` or `NotResource` wants of the keys that are not known. One with a variable that cannot be resolved
    /// covers nothing, and excludes everything.
    pub(crate) fn resources(
        resources: &Scope<Template>,
        resource: Option<&str>,
        known: &impl Knows,
        source: &Arc<Source>,
    ) -> Self {
        let kind = Kind::Text(TextKind::Arn);
        let operator = Operator { set: None, kind, negated: false, if_exists: false };
        let covered = |template: &Template| {
            let operands = vec![Operand::Text(TextKind::Arn, template.clone())];
            let subject = Subject::Known("Resource".to_owned(), Some(vec![resource.unwrap_or("*").to_owned()]));
            let relation = Relation::new(subject, Comparison { operator, operands }, known, source);
            Self::relation(&relation, known)
        };
        match resources {
            Scope::Only(listed) => Self::any(listed.iter().map(covered)),
            Scope::AllBut(listed) => {
                let resolved = |template: &Template| match template.expand_known(known) {
                    Ok(template) => {
                        resolved(&template, |key| known.is_single(key), &BTreeSet::from([Arc::clone(source)]))
                    }
                    Err(_) => Self::Never,
                };
                Self::all(listed.iter().map(|template| covered(template).negated()).chain(listed.iter().map(resolved)))
            }
        }
    }

    /// What a relation comes to when these keys are known.
    pub(crate) fn relation(relation: &Relation, known: &impl Knows) -> Self {
        let positive = reduced(relation, known);
        if relation.inverted { positive.negated() } else { positive }
    }
}

/// As if the relation must hold.
fn reduced(relation: &Relation, known: &impl Knows) -> Formula {
    let operator = relation.comparison.operator;
    let mut operands = Vec::new();
    let mut unresolved = false;
    for operand in &relation.comparison.operands {
        match operand.map(|template| template.expand_known(known)) {
            Ok(operand) => operands.push(operand),
            Err(_) => unresolved = true,
        }
    }
    let subject = match &relation.subject {
        Subject::Key(key) => match known.knowledge(key) {
            Knowledge::Unknown => Subject::Key(key.clone()),
            Knowledge::Known(values) => Subject::Known(key.clone(), values.map(<[String]>::to_vec)),
        },
        subject => subject.clone(),
    };
    let open = operands.iter().any(is_open);
    // As in `Comparison::holds`: an operand that cannot be resolved matches nothing, or all, if the operator is negated.
    let fails = unresolved && (operator.negated || operands.is_empty());
    let comparison = Comparison { operator, operands };
    let rest = |subject| Relation {
        subject,
        comparison: comparison.clone(),
        inverted: false,
        single: relation.single.clone(),
        because: relation.because.clone(),
    };
    match subject {
        Subject::Key(key) if fails && operator.if_exists => {
            explained(Constraint::only_absent(&key, relation.is_single(&key)), &relation.because)
        }
        Subject::Known(_, None) if operator.if_exists => Formula::Always,
        _ if fails => Formula::Never,
        Subject::Key(key) if !open => {
            explained(Constraint::comparison(&key, relation.is_single(&key), &comparison), &relation.because)
        }
        Subject::Known(_, values) if !open => {
            Formula::of(comparison.admits_key(values.as_deref(), &Context::default()))
        }
        Subject::Key(key) => Formula::Relation(rest(Subject::Key(key))),
        Subject::Known(key, values) => {
            let rest = rest(Subject::Known(key, values.clone()));
            match solved(&rest, values.as_deref().unwrap_or_default()) {
                Some(solution @ (Formula::Always | Formula::Never)) => solution,
                Some(solution) => Formula::Solved(Box::new(solution), rest),
                None => Formula::Relation(rest),
            }
        }
    }
}

fn is_open(operand: &Operand<Template>) -> bool {
    operand.template().is_some_and(|template| template.variables().next().is_some())
}

fn explained(constraint: Constraint, because: &BTreeSet<Arc<Source>>) -> Formula {
    Formula::key(Constraint { because: because.clone(), ..constraint })
}

/// What the variables must be, so that the comparison holds of these values; nothing if that is too much to list.
fn solved(relation: &Relation, values: &[String]) -> Option<Formula> {
    let Comparison { operator, operands } = &relation.comparison;
    let admits = |value: &String| {
        let matches: Option<Vec<_>> = operands.iter().map(|operand| matching(operand, value, relation)).collect();
        let matches = Formula::any(matches?);
        Some(if operator.negated { matches.negated() } else { matches })
    };
    let each = || values.iter().map(admits).collect::<Option<Vec<_>>>();
    let holds = match (operator.set, values) {
        (Some(Set::ForAllValues), _) => Formula::all(each()?),
        (Some(Set::ForAnyValue), _) => Formula::any(each()?),
        (None, []) => Formula::of(operator.negated),
        (None, [value]) => admits(value)?,
        (None, _) => Formula::Never,
    };
    let is_single = |key: &str| relation.is_single(key);
    let templates = operands.iter().filter_map(Operand::template);
    let mut all_resolved = templates.map(|template| resolved(template, is_single, &relation.because));
    Some(match (operator.negated, values) {
        (true, _) => Formula::all(all_resolved.chain([holds])),
        (false, []) => Formula::all([Formula::any(all_resolved.by_ref()), holds]),
        // What matches is resolved.
        (false, _) => holds,
    })
}

/// That each variable stands for a text.
fn resolved(template: &Template, is_single: impl Fn(&str) -> bool, because: &BTreeSet<Arc<Source>>) -> Formula {
    Formula::all(template.variables().map(|(key, default)| {
        let value = Constraint::one(key, is_single(key), Values::any());
        explained(if default.is_some() { value.or_without_value() } else { value }, because)
    }))
}

/// What the variables must be, so that an operand matches `value`.
fn matching(operand: &Operand<Template>, value: &str, relation: &Relation) -> Option<Formula> {
    let Operand::Text(kind, template) = operand else { return None };
    if !is_open(operand) {
        let operand = operand.expand(&Context::default()).ok()?;
        return Some(Formula::of(operand.admits(value) == Some(true)));
    }
    if matches!(kind, TextKind::EqualsIgnoreCase) {
        return ignoring_case(template, value, relation);
    }
    let solutions = split::solve(template, *kind, value)?;
    let is_of_one_key = |bindings: &&Vec<Binding>| bindings.len() == 1;
    let most = if solutions.iter().all(|bindings| is_of_one_key(&bindings)) { MAX_VALUES } else { MAX_SPLITS };
    if solutions.len() > most {
        return None;
    }
    // All solutions bind the same keys. What binds one key is one list of its values.
    let mut texts = BTreeSet::new();
    let mut without_value = false;
    let mut of_one_key = None;
    for Binding { key, value } in solutions.iter().filter(is_of_one_key).flatten() {
        of_one_key = Some(key);
        match value {
            Some(value) => drop(texts.insert(value.clone())),
            None => without_value = true,
        }
    }
    let of_one_key = of_one_key.map(|key| {
        let constraint = Constraint::one(key, relation.is_single(key), Values::OneOf(texts));
        explained(if without_value { constraint.or_without_value() } else { constraint }, &relation.because)
    });
    let of_several = solutions.iter().filter(|bindings| !is_of_one_key(bindings)).map(|bindings| {
        Formula::all(bindings.iter().map(|binding| explained(bound(binding, relation), &relation.because)))
    });
    Some(Formula::any(of_one_key.into_iter().chain(of_several)))
}

fn bound(Binding { key, value }: &Binding, relation: &Relation) -> Constraint {
    let one = |values| Constraint::one(key, relation.is_single(key), values);
    match value {
        Some(value) => one(Values::OneOf(BTreeSet::from([value.clone()]))),
        None => one(Values::none()).or_without_value(),
    }
}

/// Only of a variable alone: what part of a text changes with case depends on the other parts.
fn ignoring_case(template: &Template, value: &str, relation: &Relation) -> Option<Formula> {
    let [Token::Variable { key, default }] = template.tokens() else { return None };
    let kind = TextKind::EqualsIgnoreCase;
    let value = Operand::Text(kind, Template::literal(value));
    let operator = Operator { set: None, kind: Kind::Text(kind), negated: false, if_exists: false };
    let fits = default.as_deref().is_some_and(|default| {
        value.expand(&Context::default()).ok().and_then(|value| value.admits(default)) == Some(true)
    });
    let comparison = Comparison { operator, operands: vec![value] };
    let constraint = Constraint::comparison(key, relation.is_single(key), &comparison);
    Some(explained(if fits { constraint.or_without_value() } else { constraint }, &relation.because))
}
