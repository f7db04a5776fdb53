//! What is wrong with inputs and values.

use std::fmt;

use crate::error::code::Code;
use crate::text::printable::printable;
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
    /// No parameter is below a path.
    PathEmpty {
        /// The path with its account and region.
        path: String,
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

/// Why a store was not changed; `Display` is the rest of a sentence that begins with the store, and shows no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteProblem {
    /// What it holds is not an object of keys and values; the text is never an excerpt.
    NotAnObject(&'static str),
    /// Keys that may not be written, each with the reason.
    KeysUnusable(Vec<(String, String)>),
    /// Keys whose values no variable can have, each with the reason.
    ValuesUnusable(Vec<(String, &'static str)>),
    /// Keys that are to be removed, or copied, and are not there.
    KeysMissing(Vec<String>),
    /// It would be longer than a secret may be.
    TooLarge {
        /// The keys with the longest values, the longest first.
        largest: Vec<String>,
    },
    /// Somebody else changed the same keys.
    Changed(Vec<String>),
    /// Somebody else was faster as often as this.
    Busy(u32),
    /// It has no version of this id or staging label.
    VersionMissing(String),
}

impl WriteProblem {
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::NotAnObject(_) => Code::StoreNotAnObject,
            Self::KeysUnusable(_) => Code::NameUnusable,
            Self::ValuesUnusable(_) => Code::ValueUnusable,
            Self::KeysMissing(_) => Code::KeyMissing,
            Self::TooLarge { .. } => Code::StoreTooLarge,
            Self::Changed(_) | Self::Busy(_) => Code::StoreChanged,
            Self::VersionMissing(_) => Code::StoreNotFound,
        }
    }

    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::NotAnObject(_) => {
                "Look at it in Secrets Manager. To have a JSON object there, write one with the AWS CLI: \
                 aws secretsmanager put-secret-value."
            }
            Self::KeysUnusable(_) => {
                "Choose other names. A key that only programs of your own read may have any name: --allow-any-key."
            }
            Self::ValuesUnusable(_) => "Correct the values, or leave these keys out.",
            Self::KeysMissing(_) => "See env-kvstore list for the keys that are there.",
            Self::TooLarge { .. } => {
                "Secrets Manager takes 65,536 bytes for a secret. Move large values to secrets of their own, and load them by \
                 ‹secrets›."
            }
            Self::Changed(_) => "Look at what changed (env-kvstore history), and run the command again.",
            Self::Busy(_) => "Run the command again.",
            Self::VersionMissing(_) => "See env-kvstore history for the versions that are there.",
        }
    }
}

impl fmt::Display for WriteProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |keys: &[String]| {
            let keys: Vec<_> = keys.iter().map(|key| format!("`{}`", printable(key))).collect();
            keys.join(", ")
        };
        match self {
            Self::NotAnObject(problem) => f.write_str(problem),
            Self::KeysUnusable(keys) => {
                f.write_str("cannot take these keys:")?;
                keys.iter().try_for_each(|(key, problem)| write!(f, "\n- `{}` {problem}", printable(key)))
            }
            Self::ValuesUnusable(keys) => {
                f.write_str("cannot take the values of these keys:")?;
                keys.iter().try_for_each(|(key, problem)| write!(f, "\n- `{}` {problem}", printable(key)))
            }
            Self::KeysMissing(keys) => write!(f, "has no key {}", quoted(keys)),
            Self::TooLarge { largest } => {
                write!(f, "would be longer than 65,536 bytes; its longest values are those of {}", quoted(largest))
            }
            Self::Changed(keys) if keys.is_empty() => f.write_str("was changed by someone else in the meantime"),
            Self::Changed(keys) => write!(f, "was changed by someone else in the meantime, in {} too", quoted(keys)),
            Self::Busy(times) => write!(f, "was changed by others {times} times while this write was under way"),
            Self::VersionMissing(version) => write!(f, "has no version `{}`", printable(version)),
        }
    }
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
            Self::PathEmpty { path } => write!(f, "no parameter is below {path}"),
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
