//! What CloudTrail shows, for people.

use crate::audit::cloudtrail::usage::{Refused, Usage, Use};
use crate::audit::text::Page;

impl Usage {
    /// Lines of so many columns, where they can be; safe to print.
    pub fn text(&self, columns: usize) -> String {
        let mut page = Page::new(columns);
        let period = match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!(", {from} to {to}"),
            _ => String::new(),
        };
        page.title(&format!("What CloudTrail shows ({}{period})", counted(self.events, "event")));
        if self.uses.is_empty() {
            page.line("", "", "No job requested a store.");
        }
        page.by_store(self.uses.iter().map(|one| (one.store.as_str(), one.sentence())));
        if !self.unused.is_empty() {
            page.title("Allowed, but never read");
            page.by_store(
                self.unused.iter().map(|one| (one.store.as_str(), format!("{}: {}", one.role, one.sentence))),
            );
        }
        if !self.unexplained.is_empty() {
            page.title("Read, but not allowed by the rules of today");
            let sentence = |by: &Use, why| format!("{}: {why}", by.sentence());
            page.by_store(self.unexplained.iter().map(|one| (one.by.store.as_str(), sentence(&one.by, &one.why))));
        }
        if !self.refused.is_empty() {
            page.title("Refused by a trust policy");
        }
        for refused in &self.refused {
            page.line("", "    ", &refused.sentence());
        }
        for note in &self.notes {
            page.blank();
            page.line("Note: ", "    ", note);
        }
        // It follows the report.
        format!("\n{}", page.text)
    }
}

impl Page {
    /// Each store once, with what there is to say of it.
    fn by_store<'a>(&mut self, sentences: impl Iterator<Item = (&'a str, String)>) {
        let mut last = None;
        for (store, sentence) in sentences {
            if last != Some(store) {
                self.line("", "    ", store);
                last = Some(store);
            }
            self.line("  ", "    ", &sentence);
        }
    }
}

impl Use {
    fn sentence(&self) -> String {
        let principal = &self.principal;
        let who = match (&self.repository, &self.environment) {
            (Some(repository), Some(environment)) => format!("{repository} in {environment} by {principal}"),
            (Some(repository), None) => format!("{repository} by {principal}"),
            (None, _) => format!("{principal}, without the tag `repository`"),
        };
        let last = |time: &Option<String>| time.as_ref().map_or(String::new(), |time| format!(", last {time}"));
        let reads = (self.reads > 0).then(|| counted(self.reads, "read") + &last(&self.last_read));
        let denied = (self.denied > 0).then(|| counted(self.denied, "denial") + &last(&self.last_denied));
        let run = self.run_id.as_ref().map(|run| match &self.workflow {
            Some(workflow) => format!("run {run} of {workflow}"),
            None => format!("run {run}"),
        });
        let parts: Vec<_> = [reads, denied, run].into_iter().flatten().collect();
        format!("{who}: {}", parts.join(", "))
    }
}

impl Refused {
    fn sentence(&self) -> String {
        let Self { role, repository, error, count, last, .. } = self;
        let who = repository.as_deref().unwrap_or("a job without the tag `repository`");
        format!("{role}: {who}, {}, last {last} ({error})", counted(*count, "time"))
    }
}

fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}
