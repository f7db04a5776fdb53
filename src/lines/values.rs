//! The lines of the input `values`.

use crate::lines::each_line;
use crate::lines::env_name::EnvName;

/// Whether a value is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// From a `secrets` store; masked.
    Secret,
    /// From a `variables` store; shown.
    Variable,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        [Self::Secret, Self::Variable].into_iter().find(|kind| text.eq_ignore_ascii_case(kind.name()))
    }

    /// `secret` or `variable`
    pub fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Variable => "variable",
        }
    }
}

/// One line of `values`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueLine {
    /// `ENV_VAR,secret|variable[,KEY[,optional]]`
    One {
        /// The variable to set.
        name: EnvName,
        /// Which stores to look in.
        kind: Kind,
        /// The key there.
        key: String,
        /// Whether it may be missing.
        optional: bool,
    },
    /// `*,secret|variable`: every key that no line names.
    All(Kind),
}

impl ValueLine {
    /// Which stores it needs.
    pub fn kind(&self) -> Kind {
        match self {
            Self::One { kind, .. } | Self::All(kind) => *kind,
        }
    }

    fn parse(line: &str) -> Result<Self, String> {
        let fields: Vec<_> = line.split(',').map(str::trim).collect();
        let (name, kind, key, optional) = match fields.as_slice() {
            [name, kind] => (*name, *kind, "", ""),
            [name, kind, key] => (*name, *kind, *key, ""),
            [name, kind, key, optional] => (*name, *kind, *key, *optional),
            _ => return Err("is not `ENV_VAR,secret|variable[,KEY[,optional]]`".to_owned()),
        };
        let kind = Kind::parse(kind).ok_or("has a type that is neither `secret` nor `variable`")?;
        if name == "*" {
            return if fields.len() == 2 {
                Ok(Self::All(kind))
            } else {
                Err("has a key, which `*` does not take".to_owned())
            };
        }
        let name = EnvName::parse(name)?;
        let optional = match optional {
            "" => false,
            word if word.eq_ignore_ascii_case("optional") => true,
            _ => return Err("has a fourth field that is not `optional`".to_owned()),
        };
        let key = if key.is_empty() { name.as_str().to_owned() } else { key.to_owned() };
        Ok(Self::One { name, kind, key, optional })
    }
}

/// Reads all lines; an error has a message for each wrong one, with its number and text.
pub fn parse(text: &str) -> Result<Vec<ValueLine>, Vec<String>> {
    let mut lines = Vec::new();
    each_line(text, &mut |line| {
        let line = ValueLine::parse(line)?;
        let taken = match &line {
            ValueLine::One { name, .. } => name.to_string(),
            ValueLine::All(kind) => format!("*,{}", kind.name()),
        };
        lines.push(line);
        Ok(taken)
    })?;
    Ok(lines)
}

#[cfg(test)]
mod tests;
