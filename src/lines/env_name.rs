//! Names of environment variables, and those that are refused.

use std::fmt;

use crate::lines::unsafe_names;
use crate::lines::unsafe_names::{Effect, Rule};

/// The name of an environment variable that a step may set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvName(String);

/// Who wants a variable of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WantedBy {
    /// A line of the step, which spells it out.
    Line,
    /// `*`, which takes what the store has.
    Star,
}

impl EnvName {
    /// `[A-Za-z_][A-Za-z0-9_]*`, but none that decides what later steps run; see [`env_names`].
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::wanted_by(WantedBy::Line, text)
    }

    pub(crate) fn wanted_by(who: WantedBy, text: &str) -> Result<Self, String> {
        let mut bytes = text.bytes();
        let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        if !starts || !bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err("is not a name for an environment variable ([A-Za-z_][A-Za-z0-9_]*)".to_owned());
        }
        let Some(Rule { effect, reason, .. }) = unsafe_names::rule_of(text) else { return Ok(Self(text.to_owned())) };
        match (effect, who) {
            (Effect::Redirects, WantedBy::Line) => Ok(Self(text.to_owned())),
            (Effect::Redirects, WantedBy::Star) => Err(format!(
                "is refused under `*` as a name for a variable: {reason}. To load it anyway, give it a line of its own"
            )),
            (Effect::RunsCode, WantedBy::Line) => Err(format!(
                "is refused as a name for a variable: {reason}. Choose another name, and set this one with `env:` in \
                 the step that needs it"
            )),
            (Effect::RunsCode, WantedBy::Star) => Err(format!(
                "is refused as a name for a variable: {reason}. Rename the key, or name the values one by one"
            )),
        }
    }

    /// Names that differ only in case are the same name: to the runner for outputs, to Windows for the environment.
    pub fn is_same(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Said of another name.
pub const DIFFERS_IN_CASE: &str = "differs only in case, and outputs and Windows treat both as the same name";

#[cfg(test)]
mod tests;
