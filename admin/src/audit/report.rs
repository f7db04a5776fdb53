//! The audit as data: what the table, JSON, SARIF and the page show.

use std::collections::{BTreeMap, BTreeSet};

use env_kvstore_policy::{Case, Values};
use serde::{Deserialize, Serialize};

use crate::account::Route;
use crate::account::rules::Ruled;
use crate::audit::Audit;
use crate::audit::access::{Access, Door};
use crate::audit::claims::{Environment, Whose, admits_environment, admits_repository, environments, whose};
use crate::audit::difference::{Difference, differences};
use crate::audit::findings::{self, Finding, findings};
use crate::audit::vault::{self, VaultReport};

/// What a report is about.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Question {
    /// Only what jobs of this repository could read, by OWNER/NAME.
    pub repository: Option<String>,
    /// Only by this role, by name or ARN.
    pub role: Option<String>,
}

/// Who can read what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The account's 12 digits.
    pub account: String,
    /// Every role that jobs may assume, in the order of the account.
    pub roles: Vec<RoleReport>,
    /// Every secret, in the order of their names.
    pub stores: Vec<StoreReport>,
    /// What each repository reads that some condition names, in the order of their names.
    pub repositories: Vec<RepositoryReport>,
    /// What is wrong, the worst first.
    pub findings: Vec<Finding>,
    /// How the rules differ from others, if there are any to compare with.
    pub differences: Option<Vec<Difference>>,
    /// What could deny too, and is not known.
    pub not_evaluated: Vec<String>,
    /// Who reads what on Vault, if the rules are about Vault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<VaultReport>,
}

/// A way to a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleReport {
    /// The role's name.
    pub name: String,
    /// The identity pool that makes the session, or the OIDC provider.
    pub through: String,
    /// The pool's name; none with GitHub's own token.
    pub pool: Option<String>,
    /// Who may assume it, whole: one of these must hold.
    pub cases: Vec<CaseReport>,
    /// What every job must be that assumes it. Sentences of readers leave this out.
    pub requires: String,
    /// The secrets that it opens, by name.
    pub stores: Vec<String>,
}

/// Who can read a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreReport {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// None if nobody can.
    pub readers: Vec<Reader>,
}

impl StoreReport {
    /// Whether the same jobs read both, as far as sentences say. Secrets and variables mostly have the same readers.
    pub(crate) fn is_read_like(&self, other: &Self) -> bool {
        let alike = |one: &Reader, other: &Reader| {
            one.role == other.role && one.sentence == other.sentence && one.notes == other.notes
        };
        self.readers.len() == other.readers.len()
            && self.readers.iter().zip(&other.readers).all(|(one, other)| alike(one, other))
    }
}

/// Jobs that can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// By this role.
    pub role: String,
    /// The identity pool that makes the session, or the OIDC provider.
    pub through: String,
    /// One of these must hold.
    pub cases: Vec<CaseReport>,
    /// The same as a sentence, but for what the role requires of all jobs.
    pub sentence: String,
    /// Whether more is counted as open than is sure to be.
    pub approximate: bool,
    /// What could not be decided.
    pub notes: Vec<String>,
}

/// One kind of jobs: all of it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseReport {
    /// By claim, or by the key of a policy if it is none.
    pub clauses: Vec<Clause>,
    /// The statements that allow it, as `POLICY, statement N (Sid)`.
    pub allowed_by: Vec<String>,
}

/// What one claim must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// Its name.
    pub claim: String,
    /// `ref is refs/heads/main`.
    pub text: String,
    /// The values, if it must be one of a list.
    pub values: Option<Vec<String>>,
    /// Whether it may be absent.
    pub absent: bool,
}

/// What the jobs of a repository read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepositoryReport {
    /// OWNER/NAME, `repository_id N`, or `*` for what jobs of more repositories read than can be listed.
    pub name: String,
    /// None, those that conditions name, and any other one.
    pub environments: Vec<Environment>,
    /// In the order of the secrets' names.
    pub reads: Vec<Read>,
}

/// A secret that jobs of a repository read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Its name.
    pub store: String,
    /// By this role.
    pub role: String,
    /// The identity pool that makes the session, or the OIDC provider.
    pub through: String,
    /// What such a job must be beside, but for what the role requires of all jobs.
    pub sentence: String,
    /// The jobs that read it, by their environments. Environments that are not here do not read it.
    pub jobs: Vec<Jobs>,
}

/// Jobs of a repository that read a secret, under one condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Jobs {
    /// Of any of these.
    pub environments: Vec<Environment>,
    /// How many of them.
    pub extent: Extent,
    /// What such a job must be beside.
    pub sentence: String,
    /// The statements that allow it, as `POLICY, statement N (Sid)`.
    pub allowed_by: BTreeSet<String>,
}

/// How many jobs of a repository and an environment read a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// All that may assume the role.
    All,
    /// Those that are as the sentence says.
    Some,
    /// Those that are as the sentence says, or fewer: something could not be decided, and counts as open.
    AtMost,
}

/// Asks everything of the rules, and how they differ from `against`.
pub fn report(ruled: &Ruled, against: Option<&Ruled>, question: &Question) -> Report {
    let planned = ruled.set_up.as_ref();
    let set_up = planned.or(against.and_then(|against| against.set_up.as_ref()));
    let audit = Audit::new(&ruled.account, set_up, planned.is_some());
    let differences = against.filter(|against| ruled.is_on_aws && against.is_on_aws).map(|against| {
        let expected = Audit::new(&against.account, against.set_up.as_ref(), against.set_up.is_some());
        differences(&expected, &audit)
    });
    let mut report = of(&audit, differences, question);
    if let Some(server) = &ruled.vault {
        let expected = against.and_then(|against| against.vault.as_ref());
        let on_vault = vault::report(server, expected, question.role.as_deref(), question.repository.as_deref());
        let is_asked = |finding: &Finding| {
            finding.place.role.as_ref().is_none_or(|name| on_vault.roles.iter().any(|role| role.name == *name))
        };
        report.findings.extend(findings::on_vault(server).into_iter().filter(is_asked));
        report.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        report.not_evaluated.extend(server.not_evaluated.iter().cloned());
        report.vault = Some(on_vault);
    }
    report
}

/// What is known, put together.
pub fn of(audit: &Audit<'_>, differences: Option<Vec<Difference>>, question: &Question) -> Report {
    let scope = Scope::new(audit, question);
    let stores: Vec<_> = audit.readers.iter().map(|readers| scope.store(readers)).collect();
    let stores = match question.repository.is_some() || question.role.is_some() {
        true => stores.into_iter().filter(|store| !store.readers.is_empty()).collect(),
        false => stores,
    };
    let is_asked = |finding: &Finding| finding.place.role.as_ref().is_none_or(|role| scope.has_role(role));
    Report {
        account: audit.account.id.clone(),
        roles: scope.roles(&stores),
        repositories: scope.repositories(),
        stores,
        findings: findings(audit).into_iter().filter(is_asked).collect(),
        differences,
        not_evaluated: audit.account.not_evaluated.clone(),
        vault: None,
    }
}

/// What is asked, of what is known.
struct Scope<'a> {
    audit: &'a Audit<'a>,
    /// By name.
    repository: Option<&'a str>,
    repository_id: Option<&'a str>,
    role: Option<&'a str>,
    /// The clauses of what roles require of every job, by role and way.
    required: BTreeMap<(&'a str, String), BTreeSet<String>>,
}

impl<'a> Scope<'a> {
    fn new(audit: &'a Audit<'a>, question: &'a Question) -> Self {
        let repository = question.repository.as_deref();
        let ids = audit.set_up.map(|set_up| &set_up.repositories);
        let repository_id = repository.and_then(|name| ids?.get(name)).map(String::as_str);
        let role =
            question.role.as_deref().map(|name| audit.account.role(name).map_or(name, |role| role.name.as_str()));
        let key = |door: &Door<'a>| (door.role.name.as_str(), through(door.route));
        let required = audit.doors.iter().map(|door| (key(door), required(door))).collect();
        Self { audit, repository, repository_id, role, required }
    }

    fn has_role(&self, name: &str) -> bool {
        self.role.is_none_or(|role| role == name)
    }

    fn store(&self, readers: &crate::audit::Readers<'_>) -> StoreReport {
        let store = readers.store;
        StoreReport {
            name: store.name.clone(),
            arn: store.arn.clone(),
            tags: store.tags.clone(),
            readers: readers.ways.iter().filter_map(|access| self.reader(access)).collect(),
        }
    }

    fn reader(&self, access: &Access<'_>) -> Option<Reader> {
        let is_asked =
            |case: &&Case| self.repository.is_none_or(|name| admits_repository(case, name, self.repository_id));
        let cases: Vec<_> = access.when.cases().iter().filter(is_asked).collect();
        if !self.has_role(&access.role.name) || cases.is_empty() {
            return None;
        }
        Some(Reader {
            role: access.role.name.clone(),
            through: through(access.route),
            sentence: self.sentence(&cases, access, self.repository),
            cases: cases.into_iter().map(CaseReport::of).collect(),
            approximate: !access.notes.is_empty(),
            notes: access.notes.clone(),
        })
    }

    /// What jobs must be beside what the role requires, as a sentence.
    fn sentence(&self, cases: &[&Case], access: &Access<'_>, repository: Option<&str>) -> String {
        sentence(&self.remaining(cases, access, repository, None))
    }

    /// What jobs must be beside what the role requires, and beside being of the repository and the environment that are asked
    /// about: one of these. Nothing if nothing else is wanted.
    fn remaining(
        &self,
        cases: &[&Case],
        access: &Access<'_>,
        repository: Option<&str>,
        environment: Option<&Environment>,
    ) -> Vec<String> {
        let known = self.required.get(&(access.role.name.as_str(), through(access.route)));
        let is_said = |clause: &Clause| {
            known.is_some_and(|known| known.contains(&clause.text))
                || repository.is_some()
                    && (OF_REPOSITORY.contains(&clause.claim.as_str())
                        || clause.claim == "repository_id" && self.id_of(repository) == single(clause))
                || clause.claim == "environment" && environment.is_some_and(|one| *one != Environment::Other)
        };
        let mut parts: Vec<String> = Vec::new();
        for case in cases {
            let mut clauses = CaseReport::of(case).clauses;
            clauses.retain(|clause| !is_said(clause));
            clauses.sort_by_key(|clause| rank(&clause.claim));
            let part = clauses.iter().map(|clause| clause.text.as_str()).collect::<Vec<_>>().join(" and ");
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        if parts.iter().any(String::is_empty) { vec![] } else { parts }
    }

    fn id_of(&self, repository: Option<&str>) -> Option<&str> {
        repository.and_then(|name| self.audit.set_up?.repositories.get(name)).map(String::as_str)
    }

    fn roles(&self, stores: &[StoreReport]) -> Vec<RoleReport> {
        let open =
            self.audit.doors.iter().filter(|door| !door.assumed_when.is_never() && self.has_role(&door.role.name));
        let mut opened: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for store in stores {
            for reader in &store.readers {
                opened.entry((reader.role.clone(), reader.through.clone())).or_default().push(store.name.clone());
            }
        }
        let of = |door: &Door<'_>| {
            let through = through(door.route);
            let required = self.required.get(&(door.role.name.as_str(), through.clone()));
            let stores = opened.get(&(door.role.name.clone(), through.clone()));
            RoleReport {
                name: door.role.name.clone(),
                pool: match door.route {
                    Route::Pool(pool, _) => Some(pool.name.clone()),
                    Route::Direct(_) => None,
                },
                cases: door.assumed_when.cases().iter().map(CaseReport::of).collect(),
                requires: required.map(in_order).unwrap_or_default().join(" and "),
                stores: stores.cloned().unwrap_or_default(),
                through,
            }
        };
        open.map(of).collect()
    }

    fn repositories(&self) -> Vec<RepositoryReport> {
        let mut ways: BTreeMap<String, Vec<Way<'_>>> = BTreeMap::new();
        for readers in &self.audit.readers {
            for access in readers.ways.iter().filter(|access| self.has_role(&access.role.name)) {
                let mut cases: BTreeMap<String, Vec<&Case>> = BTreeMap::new();
                for case in access.when.cases() {
                    let names = match whose(case) {
                        Whose::Named(names) => names,
                        Whose::Numbered(ids) => ids.iter().map(|id| self.name_of(id)).collect(),
                        Whose::Any => BTreeSet::from([ANY.to_owned()]),
                    };
                    for name in names {
                        cases.entry(name).or_default().push(case);
                    }
                }
                for (name, cases) in cases {
                    ways.entry(name).or_default().push(Way { store: &readers.store.name, access, cases });
                }
            }
        }
        let is_asked = |name: &String| self.repository.is_none_or(|asked| name == asked || name == ANY);
        ways.into_iter().filter(|(name, _)| is_asked(name)).map(|(name, ways)| self.repository(name, &ways)).collect()
    }

    fn repository(&self, name: String, ways: &[Way<'_>]) -> RepositoryReport {
        let known = Some(name.as_str()).filter(|name| *name != ANY);
        let named: BTreeSet<String> =
            ways.iter().flat_map(|way| &way.cases).flat_map(|case| environments(case)).collect();
        let columns: Vec<_> = std::iter::once(Environment::None)
            .chain(named.into_iter().map(Environment::Named))
            .chain([Environment::Other])
            .collect();
        let read = |way: &Way<'_>| Read {
            store: way.store.to_owned(),
            role: way.access.role.name.clone(),
            through: through(way.access.route),
            sentence: self.sentence(&way.cases, way.access, known),
            jobs: self.jobs(way, known, &columns),
        };
        RepositoryReport { reads: ways.iter().map(read).collect(), environments: columns, name }
    }

    fn jobs(&self, way: &Way<'_>, repository: Option<&str>, columns: &[Environment]) -> Vec<Jobs> {
        let mut all: Vec<Jobs> = Vec::new();
        for environment in columns {
            let cases = way.cases.iter().copied().filter(|case| admits_environment(case, environment));
            let cases: Vec<_> = cases.collect();
            if cases.is_empty() {
                continue;
            }
            let remaining = self.remaining(&cases, way.access, repository, Some(environment));
            let jobs = Jobs {
                environments: vec![environment.clone()],
                extent: match (way.access.notes.is_empty(), remaining.is_empty()) {
                    (false, _) => Extent::AtMost,
                    (true, true) => Extent::All,
                    (true, false) => Extent::Some,
                },
                sentence: sentence(&remaining),
                allowed_by: cases.iter().flat_map(|case| CaseReport::of(case).allowed_by).collect(),
            };
            match all.iter_mut().find(|known| jobs.is_like(known)) {
                Some(known) => known.environments.extend(jobs.environments),
                None => all.push(jobs),
            }
        }
        all
    }

    fn name_of(&self, id: &str) -> String {
        let named = self.audit.set_up.and_then(|set_up| set_up.repositories.iter().find(|(_, known)| *known == id));
        named.map_or_else(|| format!("repository_id {id}"), |(name, _)| name.clone())
    }
}

/// A way to a secret, for jobs of one repository.
struct Way<'a> {
    store: &'a str,
    access: &'a Access<'a>,
    cases: Vec<&'a Case>,
}

impl Jobs {
    /// But for the environments.
    fn is_like(&self, other: &Self) -> bool {
        self.extent == other.extent && self.sentence == other.sentence && self.allowed_by == other.allowed_by
    }
}

fn sentence(remaining: &[String]) -> String {
    match remaining {
        [] => "every job that may assume the role".to_owned(),
        parts => parts.join("; or "),
    }
}

/// In place of a repository's name: more repositories than can be listed.
pub(crate) const ANY: &str = "*";

/// What is told of a repository by its name.
const OF_REPOSITORY: [&str; 2] = ["repository", "repository_owner"];

/// In this order claims are named in sentences; others follow by name.
const ORDER: [&str; 14] = [
    "enterprise_id",
    "repository_owner_id",
    "enterprise",
    "repository_owner",
    "repository",
    "repository_id",
    "sub",
    "environment",
    "ref",
    "ref_type",
    "ref_protected",
    "job_workflow_ref",
    "workflow_ref",
    "event_name",
];

fn rank(claim: &str) -> usize {
    ORDER.iter().position(|known| *known == claim).unwrap_or(ORDER.len())
}

/// Texts of clauses, each of which begins with its claim.
fn in_order(texts: &BTreeSet<String>) -> Vec<&str> {
    let mut texts: Vec<_> = texts.iter().map(String::as_str).collect();
    texts.sort_by_key(|text| rank(text.split(' ').next().unwrap_or_default()));
    texts
}

/// What a role requires of every job, and does not tell one store's readers from another's: the tenant and the event.
const OF_ROLES: [&str; 5] = ["enterprise_id", "repository_owner_id", "enterprise", "repository_owner", "event_name"];

fn required(door: &Door<'_>) -> BTreeSet<String> {
    let mut cases = door.assumed_when.cases().iter().map(|case| {
        let clauses = CaseReport::of(case).clauses.into_iter();
        clauses.filter(|clause| OF_ROLES.contains(&clause.claim.as_str())).map(|clause| clause.text).collect()
    });
    let first: BTreeSet<String> = cases.next().unwrap_or_default();
    cases.fold(first, |common, others: BTreeSet<String>| common.intersection(&others).cloned().collect())
}

fn single(clause: &Clause) -> Option<&str> {
    match clause.values.as_deref() {
        Some([value]) => Some(value),
        _ => None,
    }
}

/// The pool's id, or the provider's ARN.
pub(crate) fn through(route: Route<'_>) -> String {
    match route {
        Route::Pool(pool, _) => pool.id.clone(),
        Route::Direct(provider) => provider.arn.clone(),
    }
}

impl CaseReport {
    fn of(case: &Case) -> Self {
        let constraints = case.constraints().map(|constraint| Clause {
            claim: constraint.key.clone(),
            text: constraint.to_string(),
            values: match &constraint.one {
                Values::OneOf(values) => Some(values.iter().cloned().collect()),
                Values::Matching { .. } => None,
            },
            absent: constraint.absent,
        });
        let relations = case.relations.iter().map(|relation| Clause {
            claim: relation.key().to_owned(),
            text: relation.to_string(),
            values: None,
            absent: true,
        });
        let allowed_by = case.allowed_by.iter().map(|id| {
            let sid = id.sid.as_ref().map_or(String::new(), |sid| format!(" ({sid})"));
            format!("{}, statement {}{sid}", id.policy, id.index + 1)
        });
        Self { clauses: constraints.chain(relations).collect(), allowed_by: allowed_by.collect() }
    }
}
