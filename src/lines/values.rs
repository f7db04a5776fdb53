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
mod tests {
    use super::*;

    #[test]
    fn a_line_names_variable_type_key_and_whether_it_is_optional() {
        let name = EnvName::parse("A").unwrap();
        let one =
            |key: &str, kind, optional| ValueLine::One { name: name.clone(), kind, key: key.to_owned(), optional };
        assert_eq!(parse("A , Secret\r\n\n # x").unwrap(), [one("A", Kind::Secret, false)]);
        assert_eq!(parse("A,VARIABLE,b.c").unwrap(), [one("b.c", Kind::Variable, false)]);
        assert_eq!(parse("A,secret,,Optional").unwrap(), [one("A", Kind::Secret, true)]);
        assert_eq!(parse("*,secret\n*,variable").unwrap().len(), 2);
    }

    #[test]
    fn wrong_lines_are_quoted_with_their_numbers() {
        let problems =
            parse("OK,secret\nA\nB,secrets\n*,secret,K\nC,secret,K,maybe\nOK,variable\n1X,secret\nPATH,secret")
                .unwrap_err();
        let numbers: Vec<_> = problems.iter().map(|problem| problem.split(',').next().unwrap()).collect();
        assert_eq!(numbers, ["line 2", "line 3", "line 4", "line 5", "line 6", "line 7", "line 8"]);
        assert_eq!(problems[4], "line 6, `OK,variable`: `OK` is already set on line 1");
    }

    #[test]
    fn lines_whose_names_differ_in_case_only_are_one() {
        let told = parse("A,secret\nB,secret\na,variable").unwrap_err();
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("line 3, `a,variable`: `A` on line 1 differs only in case"), "{told:?}");
        assert_eq!(parse("A,secret,k\nB,secret,K").unwrap().len(), 2);
        assert_eq!(parse("*,SECRET\n*,secret").unwrap_err().len(), 1);
    }
}
