//! What the script shows of a cell. Texts that come again and again are listed once, and named by their numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::page::shown::Shown;
use crate::audit::report::{Jobs, Read, Reader, Report};

/// As `page.js` reads it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Embedded {
    rows: Vec<Row>,
    stores: Vec<Store>,
    roles: Vec<Role>,
    texts: Vec<Shown>,
}

#[derive(Debug, Serialize)]
struct Row {
    stores: Vec<usize>,
    role: usize,
    sentence: usize,
    notes: Vec<usize>,
    jobs: Vec<JobsOfRow>,
}

#[derive(Debug, Serialize)]
struct JobsOfRow {
    sentence: usize,
    by: Vec<usize>,
}

#[derive(Debug, Serialize)]
struct Store {
    name: Shown,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<Shown>,
    tags: Vec<(Shown, Shown)>,
}

#[derive(Debug, Serialize)]
struct Role {
    name: Shown,
    through: Shown,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires: Option<Shown>,
}

/// Collects it.
pub(super) struct Data<'a> {
    embedded: Embedded,
    readers: BTreeMap<(&'a str, &'a str, &'a str), &'a Reader>,
    stores: BTreeMap<&'a str, usize>,
    roles: BTreeMap<(&'a str, &'a str), usize>,
    texts: BTreeMap<&'a str, usize>,
}

impl<'a> Data<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let mut data = Self {
            embedded: Embedded::default(),
            readers: BTreeMap::new(),
            stores: BTreeMap::new(),
            roles: BTreeMap::new(),
            texts: BTreeMap::new(),
        };
        for store in &report.stores {
            data.stores.insert(&store.name, data.embedded.stores.len());
            data.embedded.stores.push(Store {
                name: Shown::of(&store.name),
                arn: Some(Shown::of(&store.arn)),
                tags: store.tags.iter().map(|(key, value)| (Shown::of(key), Shown::of(value))).collect(),
            });
            for reader in &store.readers {
                data.readers.insert((&store.name, &reader.role, &reader.through), reader);
            }
        }
        for role in &report.roles {
            data.roles.insert((&role.name, &role.through), data.embedded.roles.len());
            data.embedded.roles.push(Role {
                name: Shown::of(&role.name),
                through: Shown::of(&role.through),
                requires: (!role.requires.is_empty()).then(|| Shown::of(&role.requires)),
            });
        }
        data
    }

    /// What could not be decided of a read.
    pub(super) fn notes(&self, read: &Read) -> &'a [String] {
        let key = (read.store.as_str(), read.role.as_str(), read.through.as_str());
        self.readers.get(&key).map_or(&[], |reader| &reader.notes)
    }

    /// Adds a row, and says its number. Its reads are alike but for their stores.
    pub(super) fn row(&mut self, reads: &[&'a Read]) -> usize {
        let number = self.embedded.rows.len();
        let Some(first) = reads.first() else { return number };
        let row = Row {
            stores: reads.iter().map(|read| self.store(&read.store)).collect(),
            role: self.role(&first.role, &first.through),
            sentence: self.text(&first.sentence),
            notes: self.notes(first).iter().map(|note| self.text(note)).collect(),
            jobs: first.jobs.iter().map(|jobs| self.jobs(jobs)).collect(),
        };
        self.embedded.rows.push(row);
        number
    }

    pub(super) fn finish(self) -> Embedded {
        self.embedded
    }

    fn jobs(&mut self, jobs: &'a Jobs) -> JobsOfRow {
        let by = jobs.allowed_by.iter().map(|statement| self.text(statement)).collect();
        JobsOfRow { sentence: self.text(&jobs.sentence), by }
    }

    fn text(&mut self, text: &'a str) -> usize {
        let texts = &mut self.embedded.texts;
        *self.texts.entry(text).or_insert_with(|| {
            texts.push(Shown::of(text));
            texts.len() - 1
        })
    }

    /// One that the report leaves out has only its name.
    fn store(&mut self, name: &'a str) -> usize {
        let stores = &mut self.embedded.stores;
        *self.stores.entry(name).or_insert_with(|| {
            stores.push(Store { name: Shown::of(name), arn: None, tags: vec![] });
            stores.len() - 1
        })
    }

    fn role(&mut self, name: &'a str, through: &'a str) -> usize {
        let roles = &mut self.embedded.roles;
        *self.roles.entry((name, through)).or_insert_with(|| {
            roles.push(Role { name: Shown::of(name), through: Shown::of(through), requires: None });
            roles.len() - 1
        })
    }
}
