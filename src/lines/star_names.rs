//! The names that `*` gives.

use crate::lines::env_name::{EnvName, WantedBy};
use crate::text::table::{Names, Table};

/// The names around each `*` of a step, in any case of letters.
pub(crate) struct StarNames {
    /// Those that lines of their own load, which `*` leaves alone.
    named: Names,
    /// Those that a `*` has taken, with the key and where it is.
    taken: Table<(String, String)>,
}

/// Why a key gets no name.
pub(crate) enum NoName<'a> {
    /// It cannot be a variable: the rest of a sentence about it.
    Unusable(String),
    /// Another key has it.
    Taken {
        /// The other key.
        key: &'a str,
        /// Where that is.
        from: &'a str,
    },
}

impl StarNames {
    /// Around lines that load `names` by themselves.
    pub(crate) fn beside<'a>(names: impl Iterator<Item = &'a EnvName>) -> Self {
        Self { named: names.map(|name| name.as_str().to_ascii_lowercase()).collect(), taken: Table::default() }
    }

    /// Gives `name` to a key; none if a line of its own loads it.
    pub(crate) fn give(&mut self, name: &str, key: &str, from: &str) -> Result<Option<EnvName>, NoName<'_>> {
        let folded = name.to_ascii_lowercase();
        if self.named.has(&folded) {
            return Ok(None);
        }
        let given = EnvName::wanted_by(WantedBy::Star, name).map_err(NoName::Unusable)?;
        if self.taken.add(folded.clone(), (key.to_owned(), from.to_owned())) {
            return Ok(Some(given));
        }
        let (key, from) = self.taken.get(&folded).map_or(("", ""), |(key, from)| (key, from));
        Err(NoName::Taken { key, from })
    }
}
