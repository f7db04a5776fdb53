//! What is wrong with inputs and values.

use std::fmt;

use crate::text::spelling::Spelling;

/// One wrong input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its name, as in `action.yml`.
    pub input: String,
    /// What is wrong, with the offending line.
    pub message: String,
}

/// One thing about the stores that keeps values from being exported; `Display` names store and key, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueProblem {
    /// No store of the needed kind exists.
    StoreNotFound {
        /// The names that were looked up.
        stores: Vec<String>,
    },
    /// A store is not a JSON object.
    StoreNotAnObject {
        /// Its name.
        store: String,
        /// What it is instead; never an excerpt.
        problem: &'static str,
    },
    /// A key is in none of the stores.
    KeyMissing {
        /// The variable that wants it.
        variable: String,
        /// The key.
        key: String,
        /// The names of the stores that were read.
        stores: Vec<String>,
        /// What was probably meant, as the end of a sentence that begins with the key.
        instead: Option<String>,
    },
    /// A value cannot be exported.
    ValueUnusable {
        /// The variable that wants it.
        variable: String,
        /// The key; empty for a secret as a whole.
        key: String,
        /// The name of its store.
        store: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A key taken by `*` is no name for a variable, or a name that is refused or taken.
    NameUnusable {
        /// The key.
        key: String,
        /// The name of its store.
        store: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Problem {
    /// By the names of the inputs that a door has.
    pub(crate) fn told(&self, spelling: Spelling) -> String {
        format!("{}: {}", spelling.name(&self.input), spelling.of(&self.message))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Spelling::Input))
    }
}

impl fmt::Display for ValueProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StoreNotFound { stores } => write!(f, "no such store: {}", stores.join(", ")),
            Self::StoreNotAnObject { store, problem } => write!(f, "store {store} {problem}"),
            Self::KeyMissing { variable, key, stores, instead } => {
                write!(f, "{variable}: no key `{key}` in {}", stores.join(" or "))?;
                instead.as_ref().map_or(Ok(()), |instead| write!(f, "; {instead}"))
            }
            Self::ValueUnusable { variable, key, store, problem } if key.is_empty() => {
                write!(f, "{variable}: {store} {problem}")
            }
            Self::ValueUnusable { variable, key, store, problem } => {
                write!(f, "{variable}: key `{key}` of {store} {problem}")
            }
            Self::NameUnusable { key, store, problem } => write!(f, "key `{key}` of {store} {problem}"),
        }
    }
}
