//! How the users of each door write the names of inputs.
//!
//! Texts of the core name an input as `‹aws-region›`, or with a value as `‹identity: environment›`. [`printable`] lets these
//! quotation marks through in nobody else's text, so that [`Spelling::of`] changes our own names only.
//!
//! [`printable`]: crate::text::printable::printable

const BEGIN: char = '‹';
const END: char = '›';

/// Which door: the action, the library or the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spelling {
    /// `` `aws-region: us-west-2` ``
    #[default]
    Input,
    /// `` `awsRegion: us-west-2` ``
    Option,
    /// `` `--aws-region us-west-2` ``
    Flag,
}

impl Spelling {
    /// By the host's word for it.
    pub fn named(name: &str) -> Self {
        match name {
            "option" => Self::Option,
            "flag" => Self::Flag,
            _ => Self::Input,
        }
    }

    /// The name of an input. A variable of the environment, such as `AWS_REGION`, has one name for all.
    pub fn name(self, input: &str) -> String {
        let is_variable = input.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
        match self {
            _ if is_variable => input.to_owned(),
            Self::Input => input.to_owned(),
            Self::Option => {
                let mut name = String::new();
                let mut is_initial = false;
                for letter in input.chars() {
                    if letter != '-' {
                        name.push(if is_initial { letter.to_ascii_uppercase() } else { letter });
                    }
                    is_initial = letter == '-';
                }
                name
            }
            Self::Flag => format!("--{input}"),
        }
    }

    /// The text with the names in it as this door has them.
    pub fn of(self, text: &str) -> String {
        let mut spelled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(BEGIN) {
            let (quoted, after) = after.split_once(END).unwrap_or((after, ""));
            spelled.push_str(before);
            spelled.push('`');
            spelled.push_str(&self.quoted(quoted));
            spelled.push('`');
            rest = after;
        }
        spelled.push_str(rest);
        spelled
    }

    fn quoted(self, quoted: &str) -> String {
        match quoted.split_once(": ") {
            None => self.name(quoted),
            Some((input, value)) => {
                let between = if self == Self::Flag { " " } else { ": " };
                self.name(input) + between + value
            }
        }
    }

    /// What wrong inputs are called.
    pub(crate) fn wrong(self) -> &'static str {
        match self {
            Self::Input => "wrong input",
            Self::Option => "wrong option",
            Self::Flag => "wrong flag",
        }
    }

    /// What to do about them.
    pub(crate) fn correct(self) -> &'static str {
        match self {
            Self::Input => "Correct the inputs of the step (`with:`). Nothing was sent or written.",
            Self::Option => "Correct the options. Nothing was sent.",
            Self::Flag => "Correct the flags; see --help. Nothing was sent.",
        }
    }
}

#[cfg(test)]
mod tests;
