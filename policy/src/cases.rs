//! A formula as a list of cases, of which one must hold: the form that people read, and that can be searched for a contradiction.
//!
//! Such a list can be exponentially longer than its formula. Nothing here makes one that is longer than it is told.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::constraint::{Constraint, Values};
use crate::context::{Context, Knowledge, Knows};
use crate::evaluation::StatementId;
use crate::formula::Formula;
use crate::relation::Relation;
use crate::source::collect;

/// One way to be allowed: all of it must hold.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// The statements that allow it.
    #[serde(serialize_with = "collect")]
    pub allowed_by: BTreeSet<Arc<StatementId>>,
    /// What each key must be. No key comes twice, also in another case.
    #[serde(rename = "all", serialize_with = "values")]
    pub(crate) constraints: BTreeMap<String, Constraint>,
    /// What ties keys to each other.
    pub relations: Vec<Relation>,
}

fn values<S: Serializer>(constraints: &BTreeMap<String, Constraint>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(constraints.values())
}

impl Case {
    /// What each key must be, by the names of the keys.
    pub fn constraints(&self) -> impl Iterator<Item = &Constraint> {
        self.constraints.values()
    }

    /// What `key` must be, in any case of the letters; nothing if it may be anything.
    pub fn constraint(&self, key: &str) -> Option<&Constraint> {
        self.constraints.get(&key.to_lowercase())
    }

    /// Whether nothing must hold.
    pub fn is_always(&self) -> bool {
        self.constraints.is_empty() && self.relations.is_empty()
    }

    /// Whether all of it holds.
    pub fn holds(&self, context: &Context) -> bool {
        self.constraints.values().all(|constraint| constraint.admits(context.values(&constraint.key)))
            && self.relations.iter().all(|relation| relation.holds(context))
    }

    /// The same with this too; nothing if that cannot be.
    pub(crate) fn with(mut self, constraint: Constraint) -> Option<Self> {
        let key = constraint.key.to_lowercase();
        let constraint = match self.constraints.get(&key) {
            None => constraint,
            Some(already) => already.intersection(&constraint),
        };
        if constraint.is_never() {
            return None;
        }
        if !constraint.is_always() {
            self.constraints.insert(key, constraint);
        }
        Some(self)
    }

    /// As [`Self::with`].
    pub(crate) fn with_relation(mut self, relation: Relation) -> Option<Self> {
        match self.relations.iter().find(|other| other.is_same_comparison(&relation)) {
            Some(other) => (other.inverted == relation.inverted).then_some(self),
            None => {
                self.relations.push(relation);
                Some(self)
            }
        }
    }

    fn size(&self) -> usize {
        1 + self.constraints.len() + self.relations.len()
    }

    fn and(&self, other: &Self) -> Option<Self> {
        let mut both = self.clone();
        both.allowed_by.extend(other.allowed_by.iter().cloned());
        for constraint in other.constraints.values() {
            both = both.with(constraint.clone())?;
        }
        for relation in &other.relations {
            both = both.with_relation(relation.clone())?;
        }
        Some(both)
    }

    /// Whether it is certain that `other` holds where this does.
    fn is_within(&self, other: &Self) -> bool {
        let constraint = |(key, wanted): (&String, &Constraint)| {
            self.constraints.get(key).is_some_and(|constraint| constraint.is_within(wanted))
        };
        let relation = |wanted: &Relation| self.relations.iter().any(|relation| relation.is_same(wanted));
        other.constraints.iter().all(constraint) && other.relations.iter().all(relation)
    }

    /// The case cut in two by what `other` wants of a key that has a list of values here; nothing if that cuts none.
    fn parts(&self, other: &Self) -> Option<Vec<Self>> {
        self.constraints.iter().find_map(|(key, constraint)| {
            let wanted = other.constraints.get(key)?;
            let Values::OneOf(texts) = &constraint.one else { return None };
            let (inside, outside): (BTreeSet<_>, BTreeSet<_>) =
                texts.iter().cloned().partition(|text| wanted.one.admits(text));
            if constraint.absent || constraint.several.is_some() || inside.is_empty() || outside.is_empty() {
                return None;
            }
            let part = |texts| {
                let mut part = self.clone();
                part.constraints.insert(key.clone(), Constraint { one: Values::OneOf(texts), ..constraint.clone() });
                part
            };
            Some(vec![part(inside), part(outside)])
        })
    }

    /// One case for both, if they differ in one key.
    fn union(&self, other: &Self) -> Option<Self> {
        let same_relations = self.relations.len() == other.relations.len()
            && self.relations.iter().all(|this| other.relations.iter().any(|that| this.is_same(that)));
        if !same_relations || self.constraints.len() != other.constraints.len() {
            return None;
        }
        let mut differing = None;
        for (key, constraint) in &self.constraints {
            let other = other.constraints.get(key)?;
            if constraint.is_within(other) && other.is_within(constraint) {
                continue;
            }
            if differing.replace((key, constraint, other)).is_some() {
                return None;
            }
        }
        let (key, constraint, counterpart) = differing?;
        let union = constraint.union(counterpart)?;
        let mut both = self.clone();
        both.allowed_by.extend(other.allowed_by.iter().cloned());
        match union.is_always() {
            true => drop(both.constraints.remove(key)),
            false => drop(both.constraints.insert(key.clone(), union)),
        }
        Some(both)
    }
}

/// What the constraints leave no choice about.
impl Knows for Case {
    fn knowledge(&self, key: &str) -> Knowledge<'_> {
        self.constraint(key).and_then(Constraint::only).map_or(Knowledge::Unknown, Knowledge::Known)
    }

    fn is_single(&self, key: &str) -> bool {
        self.constraint(key).is_some_and(|constraint| constraint.single_valued)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let constraints = self.constraints.values().map(ToString::to_string);
        let parts: Vec<String> = constraints.chain(self.relations.iter().map(ToString::to_string)).collect();
        f.write_str(if parts.is_empty() { "always" } else { "" })?;
        f.write_str(&parts.join(" and "))
    }
}

/// The list would be longer than it may be, or take longer to make.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// How long a list may be, and how much work is left for making it, in constraints looked at.
pub(crate) struct Limits {
    most: usize,
    work: Cell<usize>,
}

impl Limits {
    pub(crate) fn new(most: usize) -> Self {
        /// For seconds at the most, whatever the policies are.
        const MAX_WORK: usize = 1 << 21;
        Self { most, work: Cell::new(MAX_WORK) }
    }

    fn spend(&self, work: usize) -> Result<(), TooMany> {
        let left = self.work.get().checked_sub(work);
        self.work.set(left.unwrap_or_default());
        left.map(|_| ()).ok_or(TooMany)
    }
}

/// Cases of which none is within another.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cases(Vec<Case>);

impl Cases {
    /// One case that always holds.
    pub(crate) fn always() -> Self {
        Self(vec![Case::default()])
    }

    /// As [`Self::always`], by this statement.
    pub(crate) fn allowed_by(statement: &Arc<StatementId>) -> Self {
        Self(vec![Case { allowed_by: BTreeSet::from([Arc::clone(statement)]), ..Case::default() }])
    }

    pub(crate) fn as_slice(&self) -> &[Case] {
        &self.0
    }

    /// The cases of a formula.
    pub(crate) fn of(formula: &Formula, limits: &Limits) -> Result<Self, TooMany> {
        // As deep as a formula, which has a depth of its own, whatever it was made of.
        match formula {
            Formula::Always => Ok(Self::always()),
            Formula::Never => Ok(Self::default()),
            Formula::Key(constraint) => Ok(Self(Case::default().with(constraint.clone()).into_iter().collect())),
            Formula::Relation(relation) => {
                Ok(Self(Case::default().with_relation(relation.clone()).into_iter().collect()))
            }
            Formula::Solved(solution, relation) => {
                Self::of(solution, limits).or_else(|TooMany| Self::of(&Formula::Relation(relation.clone()), limits))
            }
            Formula::All(parts) => {
                let mut all = Self::always();
                for part in parts {
                    all = all.and(&Self::of(part, limits)?, limits)?;
                }
                Ok(all)
            }
            Formula::Any(parts) => {
                let mut any = Self::default();
                for part in parts {
                    any.extend(Self::of(part, limits)?, limits)?;
                }
                Ok(any.merged(limits))
            }
        }
    }

    /// Adds cases to choose from.
    pub(crate) fn extend(&mut self, others: Self, limits: &Limits) -> Result<(), TooMany> {
        others.0.into_iter().try_for_each(|case| self.push(case, limits))
    }

    fn push(&mut self, case: Case, limits: &Limits) -> Result<(), TooMany> {
        limits.spend(case.size().saturating_mul(self.0.len() + 1))?;
        if self.0.iter().any(|other| case.is_within(other)) {
            return Ok(());
        }
        self.0.retain(|other| !other.is_within(&case));
        if self.0.len() >= limits.most {
            return Err(TooMany);
        }
        self.0.push(case);
        Ok(())
    }

    /// The cases of which one of these holds and one of those.
    pub(crate) fn and(&self, others: &Self, limits: &Limits) -> Result<Self, TooMany> {
        /// Of the pairs that are looked at, so many may fall away for each that stays.
        const LOSS: usize = 16;
        if self.0.len().saturating_mul(others.0.len()) > limits.most.saturating_mul(LOSS) {
            return Err(TooMany);
        }
        limits.spend(
            self.size().saturating_mul(others.0.len()).saturating_add(others.size().saturating_mul(self.0.len())),
        )?;
        let mut both = Self::default();
        for pair in self.0.iter().flat_map(|case| others.0.iter().filter_map(|other| case.and(other))) {
            both.extend(resolved(pair, limits), limits)?;
        }
        Ok(both.merged(limits))
    }

    /// Whether it holds here.
    pub(crate) fn hold(&self, context: &Context) -> bool {
        self.0.iter().any(|case| case.holds(context))
    }

    /// Whether it is certain that one of these holds where `case` does. What is spread over several of these is looked at value
    /// by value, in at most so many steps.
    pub(crate) fn hold_where(&self, case: &Case, most: usize) -> bool {
        let mut open = vec![case.clone()];
        let mut steps = 0;
        while let Some(case) = open.pop() {
            if self.0.iter().any(|other| case.is_within(other)) {
                continue;
            }
            steps += 1;
            let parts = self.0.iter().find_map(|other| case.parts(other)).unwrap_or_default();
            if parts.is_empty() || steps > most {
                return false;
            }
            open.extend(parts);
        }
        true
    }

    /// Without cases that cannot be.
    pub(crate) fn ruling_out(&self, cannot_be: &dyn Fn(&Case) -> bool) -> Self {
        Self(self.0.iter().filter(|case| !cannot_be(case)).cloned().collect())
    }

    /// Without what is asked of keys whose values the asking side chooses.
    pub(crate) fn choosing(&self, chosen: &dyn Fn(&str) -> bool, limits: &Limits) -> Result<Self, TooMany> {
        let mut rest = Self::default();
        for case in &self.0 {
            let mut case = case.clone();
            case.constraints.retain(|key, _| !chosen(key));
            case.relations.retain(|relation| !relation.keys().any(chosen));
            rest.push(case, limits)?;
        }
        Ok(rest.merged(limits))
    }

    /// The same with other keys. Keys that get one name must be the same.
    pub(crate) fn rename(&self, name: &dyn Fn(&str) -> String, limits: &Limits) -> Result<Self, TooMany> {
        let mut renamed = Self::default();
        for case in &self.0 {
            let start = Case { allowed_by: case.allowed_by.clone(), ..Case::default() };
            let constraints = case.constraints.values().map(|constraint| constraint.rename(name));
            let case_of = |constraints: Vec<Constraint>| {
                let with = constraints.into_iter().try_fold(start, Case::with)?;
                case.relations.iter().map(|relation| relation.rename(name)).try_fold(with, Case::with_relation)
            };
            if let Some(case) = case_of(constraints.collect()) {
                renamed.extend(resolved(case, limits), limits)?;
            }
        }
        Ok(renamed.merged(limits))
    }

    fn size(&self) -> usize {
        self.0.iter().map(Case::size).sum()
    }

    /// With one case in the place of several that differ in one key.
    pub(crate) fn merged(self, limits: &Limits) -> Self {
        if limits.spend(self.size().saturating_mul(self.0.len())).is_err() {
            return self;
        }
        let mut open = self.0;
        let mut done: Vec<Case> = Vec::new();
        while let Some(case) = open.pop() {
            let union = done.iter().enumerate().find_map(|(index, other)| Some((index, case.union(other)?)));
            let Some((index, union)) = union else {
                done.push(case);
                continue;
            };
            done.swap_remove(index);
            done.retain(|case| !case.is_within(&union));
            open.push(union);
        }
        done.reverse();
        Self(done)
    }
}

/// The case without relations whose keys it leaves no choice about: what they come to is a constraint like others.
fn resolved(case: Case, limits: &Limits) -> Cases {
    let mut done = Cases::default();
    let mut open = vec![case.clone()];
    while let Some(mut next) = open.pop() {
        let known = |relation: &Relation| relation.keys().any(|key| matches!(next.knowledge(key), Knowledge::Known(_)));
        let Some(index) = next.relations.iter().position(known) else {
            if done.push(next, limits).is_err() {
                return Cases(vec![case]);
            }
            continue;
        };
        let relation = next.relations.swap_remove(index);
        // Each relation that comes of it has fewer keys, so that this ends.
        let Ok(rest) = Cases::of(&Formula::relation(&relation, &next), limits) else { return Cases(vec![case]) };
        open.extend(rest.0.iter().filter_map(|rest| next.and(rest)));
        if open.len() > limits.most {
            return Cases(vec![case]);
        }
    }
    done
}
