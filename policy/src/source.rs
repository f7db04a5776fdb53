//! Where a part of a residual comes from.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::condition::Condition;
use crate::document::Scope;
use crate::evaluation::StatementId;
use crate::mismatch::Element;
use crate::pattern::Template;

/// An element of a statement, or one condition of it, as the policy writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// The statement.
    #[serde(flatten)]
    pub statement: StatementId,
    /// The element.
    pub element: Element,
    /// Of a condition.
    pub operator: Option<String>,
    /// Of a condition.
    pub key: Option<String>,
    /// The values of the condition, or the patterns of the element.
    pub written: Vec<String>,
}

impl Source {
    pub(crate) fn of_resources(statement: &StatementId, resources: &Scope<Template>) -> Self {
        let written = resources.listed().iter().map(|template| template.source().to_owned()).collect();
        Self { statement: statement.clone(), element: Element::Resource, operator: None, key: None, written }
    }

    pub(crate) fn of_condition(statement: &StatementId, condition: &Condition) -> Self {
        Self {
            statement: statement.clone(),
            element: Element::Condition,
            operator: Some(condition.operator.clone()),
            key: Some(condition.key.clone()),
            written: condition.expected.clone(),
        }
    }
}

/// Such as `Condition StringLike aws:RequestTag/ref`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.element)?;
        [&self.operator, &self.key].into_iter().flatten().try_for_each(|name| write!(f, " {name}"))
    }
}

/// As a list: `serde` counts references only with a feature that every crate would get.
pub(crate) fn collect<T: Serialize, S: Serializer>(set: &BTreeSet<Arc<T>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(set.iter().map(AsRef::as_ref))
}
