//! What is left of a condition on one unknown key, in a form that can be joined, compared and negated.
//!
//! A key is absent, or has no value, one value or several. A [`Constraint`] says which of the four it admits, and of the
//! last two, with which values. So every operator, with its prefix, suffix and negation, comes to the same few fields.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::condition::{Comparison, Operator, Set};
use crate::context::Context;
use crate::operand::{Kind, Operand, TextKind};
use crate::pattern::{Glyph, Pattern};
use crate::source::{Source, collect};

/// What one key must be.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Constraint {
    /// The key, as the policy writes it.
    pub key: String,
    /// Whether it was assumed that the key, if present, has exactly one value. Then `empty` is false and `several` is nothing.
    pub single_valued: bool,
    /// Whether the key may be absent.
    pub absent: bool,
    /// Whether the key may be present without a value.
    pub empty: bool,
    /// What the value may be, if there is one.
    pub one: Values,
    /// Of several values: all of these must hold. Nothing if several are not admitted.
    pub several: Option<Vec<Quantified>>,
    /// The conditions and resources that want this.
    #[serde(serialize_with = "collect")]
    pub because: BTreeSet<Arc<Source>>,
}

/// A test of several values.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quantified {
    /// Whether every value must be one of these, or at least one.
    pub every: bool,
    /// These.
    pub values: Values,
}

/// A set of texts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Values {
    /// One of these texts; nothing is one of none.
    OneOf(BTreeSet<String>),
    /// What all tests admit, except these texts; without either, every text.
    #[serde(rename_all = "camelCase")]
    Matching {
        /// Texts that are not in the set.
        except: BTreeSet<String>,
        /// Tests that all must hold.
        tests: Vec<Matcher>,
    },
}

/// A comparison that a list of texts cannot stand for.
#[derive(Debug, Clone)]
pub struct Matcher {
    operator: Operator,
    /// Whether the operator must *not* hold. Other than under a negated operator, a text that it cannot compare is admitted.
    inverted: bool,
    operands: Arc<[Operand<Pattern>]>,
}

impl Matcher {
    fn new(operator: Operator, operands: Vec<Operand<Pattern>>) -> Self {
        let operator = Operator { set: None, if_exists: false, ..operator };
        Self { operator, inverted: false, operands: operands.into() }
    }

    /// The operator without prefix and suffix, such as `StringLike`.
    pub fn operator(&self) -> &'static str {
        self.operator.base_name()
    }

    /// Whether the operator must not hold.
    pub fn is_inverted(&self) -> bool {
        self.inverted
    }

    /// What the operator compares with.
    pub fn expected(&self) -> Vec<String> {
        self.operands.iter().map(Operand::written).collect()
    }

    fn admits(&self, text: &str) -> bool {
        self.operator.admits(text, &self.operands) != self.inverted
    }

    fn complement(&self) -> Self {
        let mut complement = self.clone();
        match self.operator.kind {
            // Any text can be compared, so that the negated operator is the complement.
            Kind::Text(_) => complement.operator.negated = !self.operator.negated,
            _ => complement.inverted = !self.inverted,
        }
        complement
    }

    /// Whether no text passes both. It is not always seen.
    fn excludes(&self, other: &Self) -> bool {
        /// So many pairs of patterns are compared at most.
        const MAX_PAIRS: usize = 64;
        *other == self.complement()
            || self.patterns().zip(other.patterns()).is_some_and(|(these, those)| {
                these.len().saturating_mul(those.len()) <= MAX_PAIRS
                    && these.iter().all(|this| those.iter().all(|that| !this.overlaps(that)))
            })
    }

    /// Patterns of which a text must match one; nothing if this is another test.
    fn patterns(&self) -> Option<Vec<&Pattern>> {
        let like = self.operator.kind == Kind::Text(TextKind::Like) && !self.operator.negated;
        like.then(|| self.operands.iter().map(Operand::pattern).collect())?
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        let within =
            |these: &[Operand<Pattern>], those: &[Operand<Pattern>]| these.iter().all(|this| those.contains(this));
        self.operator == other.operator
            && self.inverted == other.inverted
            && within(&self.operands, &other.operands)
            && within(&other.operands, &self.operands)
    }
}

impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown {
            operator: &'static str,
            inverted: bool,
            expected: Vec<String>,
        }
        let Self { inverted, .. } = *self;
        Shown { operator: self.operator(), inverted, expected: self.expected() }.serialize(serializer)
    }
}

impl Values {
    /// Every text.
    pub(crate) fn any() -> Self {
        Self::Matching { except: BTreeSet::new(), tests: Vec::new() }
    }

    /// No text.
    pub(crate) fn none() -> Self {
        Self::OneOf(BTreeSet::new())
    }

    /// What a comparison admits whose operands hold no variable.
    fn admitted(operator: Operator, operands: Vec<Operand<Pattern>>) -> Self {
        let texts: Option<BTreeSet<String>> = operands.iter().map(exact).collect();
        let everything = operands.iter().any(|operand| match operand {
            Operand::Text(TextKind::Like | TextKind::Arn, pattern) => pattern.glyphs() == [Glyph::AnyRun],
            _ => false,
        });
        match (texts, operator.negated) {
            (Some(texts), false) => Self::OneOf(texts),
            (Some(except), true) => Self::Matching { except, tests: Vec::new() },
            (None, false) if everything => Self::any(),
            (None, true) if everything => Self::none(),
            (None, _) => Self::Matching { except: BTreeSet::new(), tests: vec![Matcher::new(operator, operands)] },
        }
    }

    /// Whether `text` is in the set.
    pub fn admits(&self, text: &str) -> bool {
        match self {
            Self::OneOf(texts) => texts.contains(text),
            Self::Matching { except, tests } => !except.contains(text) && tests.iter().all(|test| test.admits(text)),
        }
    }

    /// Whether it is certain that the set holds every text.
    pub fn is_any(&self) -> bool {
        matches!(self, Self::Matching { except, tests } if except.is_empty() && tests.is_empty())
    }

    /// Whether it is certain that the set is empty.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::OneOf(texts) if texts.is_empty())
    }

    fn intersection(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::OneOf(texts), set) | (set, Self::OneOf(texts)) => {
                Self::OneOf(texts.iter().filter(|text| set.admits(text)).cloned().collect())
            }
            (Self::Matching { except, tests }, Self::Matching { except: more, tests: others }) => {
                let new: Vec<&Matcher> = others.iter().filter(|test| !tests.contains(test)).collect();
                if new.iter().any(|test| tests.iter().any(|other| other.excludes(test))) {
                    return Self::none();
                }
                let tests: Vec<Matcher> = tests.iter().chain(new).cloned().collect();
                let admitted = |text: &&String| tests.iter().all(|test| test.admits(text));
                let except = except.union(more).filter(admitted).cloned().collect();
                Self::Matching { except, tests }
            }
        }
    }

    /// The set of what is in either, if it has a form.
    fn union(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::OneOf(these), Self::OneOf(those)) => Some(Self::OneOf(these.union(those).cloned().collect())),
            (Self::OneOf(texts), Self::Matching { except, tests })
            | (Self::Matching { except, tests }, Self::OneOf(texts)) => {
                let rest = || except.difference(texts).cloned().collect();
                let set = Self::Matching { except: rest(), tests: tests.clone() };
                texts.iter().all(|text| set.admits(text)).then_some(set)
            }
            (Self::Matching { except, tests }, Self::Matching { except: others, tests: same }) => {
                let matching = |tests: &Vec<Matcher>| Self::Matching {
                    except: except.intersection(others).cloned().collect(),
                    tests: tests.clone(),
                };
                if tests == same {
                    return Some(matching(tests));
                }
                if self.is_within(other) {
                    return Some(other.clone());
                }
                other.is_within(self).then(|| self.clone())
            }
        }
    }

    /// The set of every other text, if it has a form; that of a single condition has one.
    fn complement(&self) -> Option<Self> {
        match self {
            Self::OneOf(texts) => Some(Self::Matching { except: texts.clone(), tests: Vec::new() }),
            Self::Matching { except, tests } => match tests.as_slice() {
                [] => Some(Self::OneOf(except.clone())),
                [test] if except.is_empty() => {
                    Some(Self::Matching { except: BTreeSet::new(), tests: vec![test.complement()] })
                }
                _ => None,
            },
        }
    }

    /// Whether it is certain that every text of this set is one of `other`.
    fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OneOf(texts), other) => texts.iter().all(|text| other.admits(text)),
            (Self::Matching { .. }, Self::OneOf(_)) => false,
            (Self::Matching { tests, .. }, Self::Matching { except, tests: fewer }) => {
                fewer.iter().all(|test| tests.contains(test)) && except.iter().all(|text| !self.admits(text))
            }
        }
    }
}

/// The one text that an operand matches, if it is one.
fn exact(operand: &Operand<Pattern>) -> Option<String> {
    match operand {
        Operand::Text(TextKind::Equals, text) => Some(text.literal()),
        Operand::Text(TextKind::Like, pattern) => {
            let literal = pattern.glyphs().iter().all(|glyph| matches!(glyph, Glyph::Char(_)));
            literal.then(|| pattern.literal())
        }
        _ => None,
    }
}

impl Constraint {
    /// That `key` has a single value, which is one of `one`.
    pub(crate) fn one(key: &str, single_valued: bool, one: Values) -> Self {
        Self {
            key: key.to_owned(),
            single_valued,
            absent: false,
            empty: false,
            one,
            several: None,
            because: BTreeSet::new(),
        }
    }

    /// Also an absent key and one without a value.
    pub(crate) fn or_without_value(mut self) -> Self {
        self.absent = true;
        self.empty = !self.single_valued;
        self
    }

    /// That the key is absent.
    pub(crate) fn only_absent(key: &str, single_valued: bool) -> Self {
        Self { absent: true, ..Self::one(key, single_valued, Values::none()) }
    }

    /// `Null`, of which `absent` is the list of values.
    pub(crate) fn null(key: &str, single_valued: bool, absent: &[bool]) -> Self {
        let (without, with) = (absent.contains(&true), absent.contains(&false));
        let one = if with { Values::any() } else { Values::none() };
        let mut constraint = Self::one(key, single_valued, one);
        (constraint.absent, constraint.empty) = (without, without);
        constraint.several = with.then(Vec::new);
        constraint.settled()
    }

    /// What is left of a comparison whose operands hold no variable.
    pub(crate) fn comparison(key: &str, single_valued: bool, comparison: &Comparison) -> Self {
        let Comparison { operator, operands } = comparison;
        let nothing = Context::default();
        let operands = operands.iter().filter_map(|operand| operand.expand(&nothing).ok()).collect();
        let values = Values::admitted(*operator, operands);
        let without_value = comparison.admits_key(Some(&[]), &nothing);
        let several =
            operator.set.map(|set| vec![Quantified { every: set == Set::ForAllValues, values: values.clone() }]);
        let constraint = Self {
            absent: without_value || operator.if_exists,
            empty: without_value,
            several,
            ..Self::one(key, single_valued, values)
        };
        constraint.settled()
    }

    /// Whether a key with these values, or an absent one, is as it must be.
    pub fn admits(&self, values: Option<&[String]>) -> bool {
        match values {
            None => self.absent,
            Some([]) => self.empty,
            Some([value]) => self.one.admits(value),
            Some(values) => self.several.as_ref().is_some_and(|tests| {
                tests.iter().all(|Quantified { every, values: set }| match every {
                    true => values.iter().all(|value| set.admits(value)),
                    false => values.iter().any(|value| set.admits(value)),
                })
            }),
        }
    }

    /// Whether it is certain that nothing is admitted.
    pub fn is_never(&self) -> bool {
        !self.absent && !self.empty && self.one.is_none() && self.several.is_none()
    }

    /// Whether it is certain that everything is admitted.
    pub fn is_always(&self) -> bool {
        let several = || self.several.as_ref().is_some_and(Vec::is_empty);
        self.absent && self.one.is_any() && (self.single_valued || self.empty && several())
    }

    /// All that the key can be, if it can be one thing only: its value, or nothing if it is absent.
    pub(crate) fn only(&self) -> Option<Option<&[String]>> {
        if self.empty || self.several.is_some() {
            return None;
        }
        match &self.one {
            one if self.absent => one.is_none().then_some(None),
            Values::OneOf(texts) if texts.len() == 1 => texts.first().map(|text| Some(std::slice::from_ref(text))),
            _ => None,
        }
    }

    /// What both admit; the key is this one's.
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let several = self.several.as_ref().zip(other.several.as_ref());
        let constraint = Self {
            key: self.key.clone(),
            single_valued: self.single_valued || other.single_valued,
            absent: self.absent && other.absent,
            empty: self.empty && other.empty,
            one: self.one.intersection(&other.one),
            several: several.map(|(these, those)| these.iter().chain(those).cloned().collect()),
            because: self.because.union(&other.because).cloned().collect(),
        };
        constraint.settled()
    }

    /// What either admits, if it has a form.
    pub(crate) fn union(&self, other: &Self) -> Option<Self> {
        let several = match (&self.several, &other.several) {
            (these, those) if are_within(these.as_deref(), those.as_deref()) => those.clone(),
            (these, those) if are_within(those.as_deref(), these.as_deref()) => these.clone(),
            _ => return None,
        };
        let constraint = Self {
            key: self.key.clone(),
            single_valued: self.single_valued && other.single_valued,
            absent: self.absent || other.absent,
            empty: self.empty || other.empty,
            one: self.one.union(&other.one)?,
            several,
            because: self.because.union(&other.because).cloned().collect(),
        };
        Some(constraint.settled())
    }

    /// What this does not admit, if it has a form; what comes of a single condition has one.
    pub(crate) fn complement(&self) -> Option<Self> {
        let several = match self.several.as_deref() {
            None => Some(Vec::new()),
            Some([]) => None,
            Some([Quantified { every, values }]) => {
                Some(vec![Quantified { every: !every, values: values.complement()? }])
            }
            Some(_) => return None,
        };
        let one = self.one.complement()?;
        let constraint = Self { absent: !self.absent, empty: !self.empty, one, several, ..self.clone() };
        Some(constraint.settled())
    }

    pub(crate) fn rename(&self, name: &dyn Fn(&str) -> String) -> Self {
        Self { key: name(&self.key), ..self.clone() }
    }

    /// Whether it is certain that `other` admits all that this does.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        (!self.absent || other.absent)
            && (!self.empty || other.empty)
            && self.one.is_within(&other.one)
            && are_within(self.several.as_deref(), other.several.as_deref())
    }

    /// The same in its only form: without what was assumed away, what holds anyway, and what cannot hold.
    fn settled(mut self) -> Self {
        if self.single_valued {
            (self.empty, self.several) = (false, None);
        }
        if let Some(tests) = self.several.take() {
            self.several = settled(tests);
        }
        self
    }
}

/// Nothing if no several values pass all tests.
fn settled(tests: Vec<Quantified>) -> Option<Vec<Quantified>> {
    let mut every = Values::any();
    let mut settled: Vec<Quantified> = Vec::new();
    for test in tests {
        if test.every {
            every = every.intersection(&test.values);
        } else if !test.values.is_any() && !settled.contains(&test) {
            settled.push(test);
        }
    }
    if every.is_none() || settled.iter().any(|some| some.values.intersection(&every).is_none()) {
        return None;
    }
    if !every.is_any() {
        settled.push(Quantified { every: true, values: every });
    }
    Some(settled)
}

/// Whether it is certain that several values that pass `these` pass `those`.
fn are_within(these: Option<&[Quantified]>, those: Option<&[Quantified]>) -> bool {
    let implies =
        |this: &Quantified, that: &Quantified| (this.every || !that.every) && this.values.is_within(&that.values);
    match (these, those) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(these), Some(those)) => those.iter().all(|that| these.iter().any(|this| implies(this, that))),
    }
}

/// Such as `k is absent or like refs/tags/*`.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut forms = Vec::new();
        match (self.absent, self.empty) {
            (true, true) => forms.push("absent or empty".to_owned()),
            (true, false) => forms.push("absent".to_owned()),
            (false, true) => forms.push("empty".to_owned()),
            (false, false) => {}
        }
        let any_several = self.several.as_ref().is_some_and(Vec::is_empty);
        match &self.one {
            one if one.is_none() => {}
            one if one.is_any() && (any_several || self.single_valued) => forms.push("present".to_owned()),
            one if one.is_any() => forms.push("a single value".to_owned()),
            one => forms.push(one.to_string()),
        }
        match &self.several {
            Some(tests) if !tests.is_empty() => {
                let tests: Vec<String> = tests.iter().map(ToString::to_string).collect();
                forms.push(format!("several values, {}", tests.join(" and ")));
            }
            Some(_) if !self.one.is_any() => forms.push("several values".to_owned()),
            _ => {}
        }
        let what = if forms.is_empty() { "nothing".to_owned() } else { forms.join(" or ") };
        write!(f, "{} is {what}", self.key)
    }
}

impl fmt::Display for Quantified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of them {}", if self.every { "each" } else { "one" }, self.values)
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |texts: &BTreeSet<String>| texts.iter().cloned().collect::<Vec<_>>().join(" or ");
        match self {
            Self::OneOf(texts) => f.write_str(&list(texts)),
            Self::Matching { except, tests } => {
                let tests = tests.iter().map(ToString::to_string);
                let except = (!except.is_empty()).then(|| format!("not {}", list(except)));
                f.write_str(&tests.chain(except).collect::<Vec<_>>().join(" and "))
            }
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inverted = if self.inverted { "not " } else { "" };
        write!(f, "{inverted}{} {}", self.operator(), self.expected().join(" or "))
    }
}
