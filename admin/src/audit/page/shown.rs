//! Names, tags and conditions: text of others, which a page shows and nobody may take for anything else.

use std::fmt;

use env_kvstore::text::printable::printable;
use serde::Serialize;

/// Text without control and direction characters, which are shown by their numbers: a name that reads backwards would be taken
/// for another. The template escapes it for HTML, and the script sets it as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Shown(String);

impl Shown {
    pub(super) fn of(text: &str) -> Self {
        // A word at a time: a sentence may be longer than what is printable at once.
        Self(text.split(' ').map(printable).collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_and_control_characters_are_shown_by_their_numbers() {
        let shown = Shown::of("prod\u{202e}gnp \u{2067}x\u{7}\n").to_string();
        assert_eq!(shown, "prod\\u{202e}gnp \\u{2067}x\\u{7}\\u{a}");
        let long = "event ".repeat(500);
        assert_eq!(Shown::of(&long).to_string(), long);
    }
}
