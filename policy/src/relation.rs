//! What is left of a comparison with unknown variables: it ties keys to each other.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::condition::Comparison;
use crate::context::{Context, Knows};
use crate::operand::Operand;
use crate::pattern::Template;
use crate::source::Source;

/// A comparison whose values hold variables of unknown keys, such as
/// `sts:RoleSessionName StringEquals ${aws:RequestTag/run_id}@${aws:RequestTag/sha}`.
///
/// Also one with a known subject, such as the ARN of the resource, of which there are too many splits to list.
#[derive(Debug, Clone)]
pub struct Relation {
    pub(crate) subject: Subject,
    pub(crate) comparison: Comparison,
    /// Whether it must not hold.
    pub(crate) inverted: bool,
    /// Those of its keys, in lower case, that were assumed to have exactly one value if they are present.
    pub(crate) single: BTreeSet<String>,
    pub(crate) because: BTreeSet<Arc<Source>>,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    Key(String),
    /// A key whose values are known, or that is known to be absent; or `Resource`.
    Known(String, Option<Vec<String>>),
}

impl Relation {
    pub(crate) fn new(subject: Subject, comparison: Comparison, known: &impl Knows, source: &Arc<Source>) -> Self {
        let because = BTreeSet::from([Arc::clone(source)]);
        let mut relation = Self { subject, comparison, inverted: false, single: BTreeSet::new(), because };
        let single = relation.keys().filter(|key| known.is_single(key)).map(str::to_lowercase).collect();
        relation.single = single;
        relation
    }

    /// The operator with its prefix and suffix, such as `ForAnyValue:StringLike`.
    pub fn operator(&self) -> String {
        self.comparison.operator.to_string()
    }

    /// The key that is compared; `Resource` for the ARN of the resource.
    pub fn key(&self) -> &str {
        match &self.subject {
            Subject::Key(key) | Subject::Known(key, _) => key,
        }
    }

    /// The values of the key that is compared, if they are known.
    pub fn actual(&self) -> Option<&[String]> {
        match &self.subject {
            Subject::Key(_) => None,
            Subject::Known(_, values) => Some(values.as_deref().unwrap_or_default()),
        }
    }

    /// What it is compared with, where known variables are replaced.
    pub fn expected(&self) -> Vec<String> {
        self.comparison.operands.iter().filter_map(Operand::template).map(ToString::to_string).collect()
    }

    /// Whether the comparison must not hold.
    pub fn is_inverted(&self) -> bool {
        self.inverted
    }

    /// The conditions and resources that want this.
    pub fn because(&self) -> impl Iterator<Item = &Source> {
        self.because.iter().map(AsRef::as_ref)
    }

    /// Every unknown key, also those of variables; one may come twice.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let subject = match &self.subject {
            Subject::Key(key) => Some(key.as_str()),
            Subject::Known(..) => None,
        };
        let templates = self.comparison.operands.iter().filter_map(Operand::template);
        subject.into_iter().chain(templates.flat_map(Template::variables).map(|(key, _)| key))
    }

    /// Whether this context is as it must be.
    pub fn holds(&self, context: &Context) -> bool {
        let values = match &self.subject {
            Subject::Key(key) => context.values(key),
            Subject::Known(_, values) => values.as_deref(),
        };
        self.comparison.admits_key(values, context) != self.inverted
    }

    pub(crate) fn complement(&self) -> Self {
        Self { inverted: !self.inverted, ..self.clone() }
    }

    /// Whether the comparison is the same, whether it must hold or not.
    pub(crate) fn is_same_comparison(&self, other: &Self) -> bool {
        let key = |subject: &Subject| match subject {
            Subject::Key(key) => Subject::Key(key.to_lowercase()),
            known => known.clone(),
        };
        key(&self.subject) == key(&other.subject)
            && self.comparison.operator == other.comparison.operator
            && self.comparison.operands == other.comparison.operands
    }

    /// Whether both must hold alike, and are the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.inverted == other.inverted && self.is_same_comparison(other)
    }

    pub(crate) fn rename(&self, name: &dyn Fn(&str) -> String) -> Self {
        let renamed = |template: &Template| Ok::<_, std::convert::Infallible>(template.rename(name));
        let operands = self.comparison.operands.iter().filter_map(|operand| operand.map(renamed).ok()).collect();
        let subject = match &self.subject {
            Subject::Key(key) => Subject::Key(name(key)),
            known => known.clone(),
        };
        let single = self.keys().filter(|key| self.is_single(key)).map(|key| name(key).to_lowercase()).collect();
        let comparison = Comparison { operands, ..self.comparison };
        Self { subject, comparison, single, inverted: self.inverted, because: self.because.clone() }
    }

    pub(crate) fn is_single(&self, key: &str) -> bool {
        self.single.contains(&key.to_lowercase())
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inverted = if self.inverted { "not " } else { "" };
        let subject = match self.actual() {
            None => self.key().to_owned(),
            Some(values) => format!("{} ({})", self.key(), values.join(", ")),
        };
        write!(f, "{inverted}{subject} {} {}", self.operator(), self.expected().join(" or "))
    }
}

impl Serialize for Relation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            operator: String,
            key: &'a str,
            actual: Option<&'a [String]>,
            inverted: bool,
            expected: Vec<String>,
            because: Vec<&'a Source>,
        }
        Shown {
            operator: self.operator(),
            key: self.key(),
            actual: self.actual(),
            inverted: self.inverted,
            expected: self.expected(),
            because: self.because().collect(),
        }
        .serialize(serializer)
    }
}
