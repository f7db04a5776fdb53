//! An audit for people, in lines of a terminal's width. A word that is longer than a line stays whole.

use env_kvstore::text::printable::printable;
use serde::Deserialize;

use crate::audit::difference::{Difference, Effect};
use crate::audit::findings::{Finding, Severity};
use crate::audit::report::{ANY, Report};
use crate::audit::vault::VaultReport;

/// By what secrets are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Each secret with who reads it.
    #[default]
    Store,
    /// Each repository with what it reads.
    Repository,
    /// Each role with who may assume it, and what it opens.
    Role,
}

/// Lines of so many columns, where they can be; safe to print.
pub fn text(report: &Report, by: By, columns: usize) -> String {
    let mut page = Page::new(columns);
    match by {
        _ if report.account.is_empty() => {}
        By::Store => page.stores(report),
        By::Repository => page.repositories(report),
        By::Role => page.roles(report, true),
    }
    if let Some(vault) = &report.vault {
        page.vault(vault, by);
    }
    if let Some(differences) = &report.differences {
        page.differences(differences);
    }
    page.findings(&report.findings);
    if !report.not_evaluated.is_empty() {
        page.title("Not evaluated");
        for what in &report.not_evaluated {
            page.line("- ", "  ", what);
        }
    }
    page.text
}

/// Lines of a terminal's width.
pub(crate) struct Page {
    columns: usize,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn new(columns: usize) -> Self {
        Self { columns: columns.max(30), text: String::new() }
    }

    fn stores(&mut self, report: &Report) {
        self.roles(report, false);
        self.title(&format!("Stores: {}", report.stores.len()));
        let mut stores = report.stores.iter().peekable();
        while let Some(store) = stores.next() {
            self.line("", "    ", &store.name);
            // Secrets and variables mostly have the same readers.
            if stores.peek().is_some_and(|next| store.is_read_like(next)) {
                continue;
            }
            for reader in &store.readers {
                self.line("  ", "    ", &format!("{}: {}", reader.role, reader.sentence));
                for note in &reader.notes {
                    self.line("    Note: ", "    ", note);
                }
            }
            if store.readers.is_empty() {
                self.line("  ", "    ", "no job");
            }
        }
    }

    fn repositories(&mut self, report: &Report) {
        self.roles(report, false);
        self.title(&format!("Repositories: {}", report.repositories.len()));
        for repository in &report.repositories {
            let name = match repository.name.as_str() {
                ANY => "More repositories than can be listed",
                name => name,
            };
            self.line("", "    ", name);
            for read in &repository.reads {
                self.line("  ", "    ", &format!("{} by {}: {}", read.store, read.role, read.sentence));
            }
        }
    }

    fn roles(&mut self, report: &Report, with_stores: bool) {
        self.title(&format!("Roles: {}", report.roles.len()));
        for role in &report.roles {
            let through = match &role.pool {
                Some(pool) => format!("the pool {pool}"),
                None => format!("{}, with GitHub's own token", role.through),
            };
            self.line("", "    ", &format!("{}, through {through}", role.name));
            let requires = match role.requires.as_str() {
                "" => "no condition that all jobs share",
                requires => requires,
            };
            self.line("  requires: ", "    ", requires);
            for store in role.stores.iter().filter(|_| with_stores) {
                self.line("  reads ", "    ", store);
            }
        }
    }

    fn vault(&mut self, vault: &VaultReport, by: By) {
        self.title(&format!("Roles of Vault, at auth/{}: {}", vault.auth_path, vault.roles.len()));
        for role in &vault.roles {
            self.line("", "    ", &role.name);
            self.line("  requires: ", "    ", &role.requires);
            for path in role.reads.iter().filter(|_| by != By::Store) {
                self.line("  reads ", "    ", path);
            }
        }
        if by == By::Store {
            self.title(&format!("Paths of Vault: {}", vault.paths.len()));
            for path in &vault.paths {
                self.line("", "    ", &path.path);
                for reader in &path.readers {
                    self.line("  ", "    ", &format!("{} by the policy {}", reader.role, reader.policy));
                }
            }
        }
        let Some(differences) = &vault.differences else { return };
        if differences.is_empty() {
            return self.heading("Differences on Vault: none");
        }
        self.title(&format!("Differences on Vault: {}", differences.len()));
        for difference in differences {
            self.line("", "    ", &format!("{}: {}", difference.role, difference.what));
            self.line("  expected: ", "    ", &difference.expected);
            self.line("  actual:   ", "    ", &difference.actual);
        }
    }

    fn differences(&mut self, differences: &[Difference]) {
        if differences.is_empty() {
            return self.heading("Differences: none");
        }
        self.title(&format!("Differences: {}", differences.len()));
        for difference in differences {
            let what = difference.what.title();
            let effect = match difference.effect {
                Effect::Wider => "wider: ",
                Effect::Narrower => "narrower: ",
                Effect::Other => "",
            };
            self.line("", "    ", &format!("{effect}{what} {}", difference.place));
            let absent = "none";
            self.line("  expected: ", "    ", difference.expected.as_deref().unwrap_or(absent));
            self.line("  actual:   ", "    ", difference.actual.as_deref().unwrap_or(absent));
        }
    }

    fn findings(&mut self, findings: &[Finding]) {
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let counts = [Severity::High, Severity::Medium, Severity::Low];
        let counts: Vec<_> = counts.map(|severity| format!("{} {}", count(severity), severity.name())).into();
        if findings.is_empty() {
            return self.heading("Findings: none");
        }
        self.title(&format!("Findings: {}", counts.join(", ")));
        for finding in findings {
            self.line("", "    ", &format!("{}: {} ({})", finding.severity.name(), finding.title, finding.id));
            self.line("  at ", "    ", &finding.place.to_string());
            self.line("  ", "    ", &finding.cause);
            self.line("  Remedy: ", "    ", finding.remedy);
        }
    }

    pub(crate) fn title(&mut self, title: &str) {
        self.heading(title);
        self.text.push('\n');
    }

    fn heading(&mut self, title: &str) {
        self.blank();
        self.line("", "", title);
    }

    /// An empty line, except at the beginning.
    pub(crate) fn blank(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Words after `first`, on further lines after `rest`.
    pub(crate) fn line(&mut self, first: &str, rest: &str, text: &str) {
        let mut column = first.chars().count();
        self.text.push_str(first);
        let mut is_begun = false;
        for word in text.split(' ').map(printable) {
            let length = word.chars().count();
            if is_begun && column + 1 + length > self.columns {
                self.text.push('\n');
                self.text.push_str(rest);
                column = rest.chars().count();
            } else if is_begun {
                self.text.push(' ');
                column += 1;
            }
            self.text.push_str(&word);
            column += length;
            is_begun = true;
        }
        self.text.push('\n');
    }
}
