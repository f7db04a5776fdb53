//! What the template shows, in its order.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::claims::Environment;
use crate::audit::difference::{self, Effect};
use crate::audit::findings::{Finding, Severity};
use crate::audit::page::data::Data;
use crate::audit::page::shown::Shown;
use crate::audit::report::{ANY, Extent, Jobs, Read, Report, RepositoryReport, RoleReport, StoreReport};
use crate::audit::sarif::DOCUMENTATION;

/// A number at the head of the page, with the section that says more.
pub(super) struct Count {
    pub(super) number: String,
    pub(super) label: &'static str,
    pub(super) section: &'static str,
    pub(super) severity: Option<&'static str>,
}

impl Count {
    pub(super) fn all(report: &Report) -> Vec<Self> {
        let findings = [
            (Severity::High, "high finding", "high findings"),
            (Severity::Medium, "medium finding", "medium findings"),
            (Severity::Low, "low finding", "low findings"),
        ];
        let findings = findings.map(|(severity, one, many)| {
            let number = report.findings.iter().filter(|finding| finding.severity == severity).count();
            Self {
                severity: (number > 0).then(|| severity.name()),
                ..Self::new(number, if number == 1 { one } else { many }, "findings")
            }
        });
        let repositories = report.repositories.iter().filter(|repository| repository.name != ANY).count();
        let closed = report.stores.iter().filter(|store| store.readers.is_empty()).count();
        let others = [
            Self::new(repositories, if repositories == 1 { "repository" } else { "repositories" }, "repositories"),
            Self::new(report.stores.len(), if report.stores.len() == 1 { "store" } else { "stores" }, "stores"),
            Self::new(closed, "read by no job", "stores"),
            Self::new(report.roles.len(), if report.roles.len() == 1 { "role" } else { "roles" }, "roles"),
        ];
        findings.into_iter().chain(others).collect()
    }

    fn new(number: usize, label: &'static str, section: &'static str) -> Self {
        Self { number: grouped(number), label, section, severity: None }
    }
}

/// `12,345`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// All that one rule found with one severity.
pub(super) struct Group {
    pub(super) anchor: String,
    pub(super) id: &'static str,
    pub(super) severity: &'static str,
    pub(super) symbol: &'static str,
    pub(super) title: &'static str,
    pub(super) remedy: &'static str,
    pub(super) page: String,
    /// Where, and the cause.
    pub(super) places: Vec<(Shown, Shown)>,
    stores: BTreeSet<String>,
}

impl Group {
    /// In the order of the findings.
    pub(super) fn all(findings: &[Finding]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for finding in findings {
            let anchor = format!("{}-{}", finding.severity.name(), finding.id);
            // Those of one rule and severity follow each other.
            if groups.last().is_none_or(|group| group.anchor != anchor) {
                groups.push(Self::new(anchor, finding));
            }
            if let Some(group) = groups.last_mut() {
                group.places.push((Shown::of(&finding.place.to_string()), Shown::of(&finding.cause)));
                group.stores.extend(finding.place.store.clone());
            }
        }
        groups
    }

    fn new(anchor: String, finding: &Finding) -> Self {
        Self {
            anchor,
            id: finding.id,
            severity: finding.severity.name(),
            symbol: match finding.severity {
                Severity::High => "▲",
                Severity::Medium => "◆",
                Severity::Low => "●",
            },
            title: finding.title,
            remedy: finding.remedy,
            page: format!("{DOCUMENTATION}{}", finding.page),
            places: vec![],
            stores: BTreeSet::new(),
        }
    }
}

/// How a cell says how many jobs read: by a word, a symbol and a colour.
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) symbol: &'static str,
    pub(super) word: &'static str,
    pub(super) meaning: &'static str,
}

static ALL: Mark =
    Mark { class: "all", symbol: "●", word: "yes", meaning: "every such job that may assume the role" };
static SOME: Mark = Mark { class: "some", symbol: "◐", word: "some", meaning: "under a further condition" };
static MAYBE: Mark = Mark { class: "maybe", symbol: "?", word: "maybe", meaning: "not decided, and counted as open" };
static NO: Mark = Mark { class: "no", symbol: "–", word: "no", meaning: "no such job" };

pub(super) static MARKS: [&Mark; 4] = [&ALL, &SOME, &MAYBE, &NO];

/// What jobs of a repository read, by their environments.
pub(super) struct Repository {
    pub(super) name: Shown,
    pub(super) about: Option<&'static str>,
    /// Of stores.
    pub(super) count: usize,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
}

/// An environment.
pub(super) struct Column {
    pub(super) prefix: &'static str,
    pub(super) name: Shown,
}

/// Stores that the same jobs read by the same role.
pub(super) struct Row {
    /// Among those of all repositories.
    pub(super) number: usize,
    pub(super) stores: Vec<StoreName>,
    pub(super) role: Shown,
    pub(super) sentence: Shown,
    pub(super) cells: Vec<Cell>,
}

/// What jobs of one environment can do.
pub(super) struct Cell {
    pub(super) mark: &'static Mark,
    /// The number of the jobs that can read, among those of the row.
    pub(super) jobs: Option<usize>,
}

/// The name of a store, whose start is that of many in a repository.
pub(super) struct StoreName {
    pub(super) start: Shown,
    pub(super) rest: Shown,
}

impl Repository {
    pub(super) fn new<'a>(repository: &'a RepositoryReport, data: &mut Data<'a>) -> Self {
        let is_any = repository.name == ANY;
        let environments = environments(repository);
        let rows = alike(repository, data).into_iter().map(|reads| {
            let jobs = reads.first().map(|read| read.jobs.as_slice()).unwrap_or_default();
            Row {
                number: data.row(&reads),
                cells: environments.iter().map(|environment| Cell::new(jobs, environment)).collect(),
                role: reads.first().map(|read| Shown::of(&read.role)).unwrap_or_default(),
                sentence: reads.first().map(|read| Shown::of(&read.sentence)).unwrap_or_default(),
                stores: reads.iter().map(|read| StoreName::new(&read.store, &repository.name)).collect(),
            }
        });
        let rows = rows.collect();
        let names: BTreeSet<_> = repository.reads.iter().map(|read| &read.store).collect();
        Self {
            name: if is_any { Shown::of("Any repository") } else { Shown::of(&repository.name) },
            about: is_any.then_some("Jobs of repositories that no condition lists. Those below can be among them."),
            count: names.len(),
            columns: environments.iter().map(|environment| Column::new(environment)).collect(),
            rows,
        }
    }
}

/// Other environments than those that are named are shown only if their jobs can read something.
fn environments(repository: &RepositoryReport) -> Vec<&Environment> {
    let mut jobs = repository.reads.iter().flat_map(|read| &read.jobs);
    let reads_other = jobs.any(|jobs| jobs.environments.contains(&Environment::Other));
    let is_shown = |environment: &&Environment| reads_other || **environment != Environment::Other;
    repository.environments.iter().filter(is_shown).collect()
}

/// Reads that are the same but for the last segment of the store's name, as those of secrets and variables mostly are.
fn alike<'a>(repository: &'a RepositoryReport, data: &Data<'a>) -> Vec<Vec<&'a Read>> {
    /// By how many roles a store is read at most, for its variables to be found beside its secrets.
    const NEAR: usize = 16;
    let parent = |read: &'a Read| read.store.rsplit_once('/').map(|(parent, _)| parent);
    let mut rows: Vec<Vec<&Read>> = Vec::new();
    for read in &repository.reads {
        let is_like = |row: &&mut Vec<&'a Read>| {
            row.first().is_some_and(|first| {
                parent(first).is_some()
                    && parent(first) == parent(read)
                    && (&first.role, &first.through) == (&read.role, &read.through)
                    && (&first.sentence, &first.jobs) == (&read.sentence, &read.jobs)
                    && data.notes(first) == data.notes(read)
            })
        };
        match rows.iter_mut().rev().take(NEAR).find(is_like) {
            Some(row) => row.push(read),
            None => rows.push(vec![read]),
        }
    }
    rows
}

impl Column {
    fn new(environment: &Environment) -> Self {
        match environment {
            Environment::None => Self { prefix: "no environment", name: Shown::default() },
            Environment::Named(name) => Self { prefix: "environment", name: Shown::of(name) },
            Environment::Other => Self { prefix: "any other environment", name: Shown::default() },
        }
    }
}

impl Cell {
    fn new(jobs: &[Jobs], environment: &Environment) -> Self {
        match jobs.iter().enumerate().find(|(_, jobs)| jobs.environments.contains(environment)) {
            None => Self { mark: &NO, jobs: None },
            Some((number, jobs)) => Self {
                mark: match jobs.extent {
                    Extent::All => &ALL,
                    Extent::Some => &SOME,
                    Extent::AtMost => &MAYBE,
                },
                jobs: Some(number),
            },
        }
    }
}

impl StoreName {
    fn new(name: &str, repository: &str) -> Self {
        let own = format!("/repo/{repository}/");
        let (start, rest) = match name.find(&own) {
            Some(place) => name.split_at_checked(place + own.len()).unwrap_or(("", name)),
            None => ("", name),
        };
        Self { start: Shown::of(start), rest: Shown::of(rest) }
    }
}

/// Stores that the same jobs read.
pub(super) struct StoreRow {
    pub(super) names: Vec<Shown>,
    pub(super) findings: Vec<Flag>,
    pub(super) readers: Vec<Reader>,
    pub(super) tags: Vec<(Shown, Shown)>,
}

/// A finding about a store.
#[derive(Clone)]
pub(super) struct Flag {
    pub(super) anchor: String,
    pub(super) severity: &'static str,
    pub(super) symbol: &'static str,
    pub(super) title: &'static str,
}

/// Who can read a store by a role.
pub(super) struct Reader {
    pub(super) role: Shown,
    pub(super) sentence: Shown,
    pub(super) notes: Vec<Shown>,
}

impl StoreRow {
    pub(super) fn all(stores: &[StoreReport], groups: &[Group]) -> Vec<Self> {
        let mut flags: BTreeMap<&str, Vec<Flag>> = BTreeMap::new();
        for group in groups {
            let Group { severity, symbol, title, .. } = *group;
            let flag = Flag { anchor: group.anchor.clone(), severity, symbol, title };
            for store in &group.stores {
                flags.entry(store).or_default().push(flag.clone());
            }
        }
        let found = |store: &StoreReport| flags.get(store.name.as_str()).cloned().unwrap_or_default();
        let is_like = |one: &StoreReport, other: &StoreReport| {
            one.is_read_like(other) && one.tags == other.tags && found(one).is_empty() && found(other).is_empty()
        };
        stores.chunk_by(is_like).filter_map(|alike| Some(Self::new(alike, found(alike.first()?)))).collect()
    }

    fn new(alike: &[StoreReport], findings: Vec<Flag>) -> Self {
        let first = alike.first();
        let readers = first.map(|store| store.readers.as_slice()).unwrap_or_default();
        let shown = |texts: &[String]| texts.iter().map(|text| Shown::of(text)).collect();
        Self {
            names: alike.iter().map(|store| Shown::of(&store.name)).collect(),
            findings,
            readers: readers
                .iter()
                .map(|reader| Reader {
                    role: Shown::of(&reader.role),
                    sentence: Shown::of(&reader.sentence),
                    notes: shown(&reader.notes),
                })
                .collect(),
            tags: first
                .into_iter()
                .flat_map(|store| &store.tags)
                .map(|(key, value)| (Shown::of(key), Shown::of(value)))
                .collect(),
        }
    }
}

/// A role that jobs may assume.
pub(super) struct Role {
    pub(super) name: Shown,
    pub(super) through: Shown,
    pub(super) requires: Option<Shown>,
    /// How many it opens.
    pub(super) stores: usize,
}

impl Role {
    pub(super) fn new(role: &RoleReport) -> Self {
        Self {
            name: Shown::of(&role.name),
            through: Shown::of(&role.through),
            requires: (!role.requires.is_empty()).then(|| Shown::of(&role.requires)),
            stores: role.stores.len(),
        }
    }
}

/// Something that is not as in the other rules.
pub(super) struct Difference {
    pub(super) effect: &'static str,
    pub(super) what: &'static str,
    pub(super) place: Shown,
    pub(super) expected: Shown,
    pub(super) actual: Shown,
}

impl Difference {
    pub(super) fn new(difference: &difference::Difference) -> Self {
        let or_none = |text: &Option<String>| Shown::of(text.as_deref().unwrap_or("none"));
        Self {
            effect: match difference.effect {
                Effect::Wider => "▲ wider",
                Effect::Narrower => "▽ narrower",
                Effect::Other => "other",
            },
            what: difference.what.title(),
            place: Shown::of(&difference.place),
            expected: or_none(&difference.expected),
            actual: or_none(&difference.actual),
        }
    }
}
