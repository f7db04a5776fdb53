//! What CloudTrail shows, for people.

use std::fmt::Write;

use env_kvstore::text::printable::printable;

use crate::audit::cloudtrail::usage::{Usage, Use};

impl Usage {
    /// Lines, safe to print.
    pub fn text(&self) -> String {
        // Writing to a String cannot fail.
        let mut text = String::new();
        let period = match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!(", {from} to {to}"),
            _ => String::new(),
        };
        let _ = writeln!(text, "\nWhat CloudTrail shows ({} events{period})", self.events);
        if self.uses.is_empty() {
            let _ = writeln!(text, "  No job came for a store.");
        }
        for one in &self.uses {
            let _ = writeln!(text, "  {}\n    {}", printable(&one.store), one.line());
        }
        if !self.unused.is_empty() {
            let _ = writeln!(text, "\nAllowed, but never read");
        }
        for grant in &self.unused {
            let (store, role) = (printable(&grant.store), printable(&grant.role));
            let _ = writeln!(text, "  {store}\n    by {role}: {}", printable(&grant.sentence));
        }
        if !self.unexplained.is_empty() {
            let _ = writeln!(text, "\nRead, but not allowed by the rules of today");
        }
        for read in &self.unexplained {
            let (store, line) = (printable(&read.by.store), read.by.line());
            let _ = writeln!(text, "  {store}\n    {line}\n    {}", printable(&read.why));
        }
        if !self.refused.is_empty() {
            let _ = writeln!(text, "\nRefused by a trust policy");
        }
        for refused in &self.refused {
            let who = refused.repository.as_deref().map_or("a job without the tag `repository`".to_owned(), printable);
            let (role, error) = (printable(&refused.role), printable(&refused.error));
            let _ =
                writeln!(text, "  {role}: {who}, {} times, last {} ({error})", refused.count, printable(&refused.last));
        }
        for note in &self.notes {
            let _ = writeln!(text, "\nNote: {}", printable(note));
        }
        text
    }
}

impl Use {
    fn line(&self) -> String {
        let who = match (&self.repository, &self.environment) {
            (Some(repository), Some(environment)) => {
                format!("{} in {}", printable(repository), printable(environment))
            }
            (Some(repository), None) => printable(repository),
            (None, _) => "nobody with the tag `repository`".to_owned(),
        };
        let mut line = format!("{who} by {}: {} reads", printable(&self.principal), self.reads);
        let parts = [
            self.last_read.as_ref().map(|time| format!(", last {}", printable(time))),
            (self.denied > 0).then(|| format!(", {} denied", self.denied)),
            self.last_denied.as_ref().map(|time| format!(", last {}", printable(time))),
            self.run_id.as_ref().map(|run| format!(", run {}", printable(run))),
            self.workflow.as_ref().map(|workflow| format!(" of {}", printable(workflow))),
        ];
        line.extend(parts.into_iter().flatten());
        line
    }
}
