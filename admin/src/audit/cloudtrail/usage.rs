//! What log files come to: who read what, grants that nobody used, and reads that no rule explains.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use env_kvstore::text::printable::printable;
use serde::Serialize;

use crate::account::{Account, Claims, Store};
use crate::audit::cloudtrail::event::Assumed;
use crate::audit::cloudtrail::held::{Counts, Held};
use crate::audit::report::{CaseReport, Report};
use crate::explain::job::Job;
use crate::explain::{Answer, GateResult, Question, explain};

/// Claims that differ from run to run and that no rule is about: sessions that differ in them alone are judged once.
const OF_THE_RUN: [&str; 5] = ["check_run_id", "run_attempt", "run_id", "run_number", "sha"];

/// So many judgements are remembered.
const MAX_JUDGED: usize = 50_000;

/// So many combinations of secret, role, repository and environment are listed.
const MAX_CELLS: usize = 200_000;

/// What became of secrets in the time that the files are of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// The first event that matters, ISO 8601; none if there is none.
    pub from: Option<String>,
    /// The last.
    pub to: Option<String>,
    /// All events in the files.
    pub events: u64,
    /// Who read what, or tried.
    pub uses: Vec<Use>,
    /// Sessions that were refused.
    pub refused: Vec<Refused>,
    /// What the rules allow and nobody did.
    pub unused: Vec<Unused>,
    /// What somebody did and the rules, as they are, do not allow.
    pub unexplained: Vec<Unexplained>,
    /// What the files do not say.
    pub notes: Vec<String>,
}

/// One secret, and the jobs of one repository and environment by one role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// The secret's name, or what was asked for if there is no such secret.
    pub store: String,
    /// The role's name, or the ARN of who is not a job.
    pub principal: String,
    /// The claim, if the session has it.
    pub repository: Option<String>,
    /// The claim, if the session has it.
    pub environment: Option<String>,
    /// Successful ones.
    pub reads: u64,
    /// Denied ones.
    pub denied: u64,
    /// How many sessions came for it.
    pub sessions: u64,
    /// ISO 8601.
    pub last_read: Option<String>,
    /// ISO 8601.
    pub last_denied: Option<String>,
    /// Of the session that came last.
    pub run_id: Option<String>,
    /// Of the session that came last.
    pub workflow: Option<String>,
}

/// A role that jobs wanted and did not get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Its name, or its ARN if the account has no such role.
    pub role: String,
    /// The claim, if the event has it.
    pub repository: Option<String>,
    /// AWS's code.
    pub error: String,
    /// How often.
    pub count: u64,
    /// ISO 8601.
    pub last: String,
    /// Of the last.
    pub run_id: Option<String>,
}

/// A grant that nobody used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unused {
    /// The secret's name.
    pub store: String,
    /// The role's name.
    pub role: String,
    /// Which jobs.
    pub sentence: String,
}

/// A read that the rules of today would deny.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unexplained {
    /// Who and what.
    #[serde(flatten)]
    pub by: Use,
    /// What would deny it.
    pub why: String,
}

/// Store, principal, repository, environment.
type Cell = (String, String, Option<String>, Option<String>);

/// Role, secret, and tags that rules are about.
type Judged = (String, String, Vec<(String, String)>);

/// What is known of closed sessions.
pub(super) struct Findings {
    pub(super) events: u64,
    from: Option<String>,
    to: Option<String>,
    cells: BTreeMap<Cell, Use>,
    refused: BTreeMap<(String, Option<String>, String), Refused>,
    refused_ids: BTreeSet<String>,
    unexplained: BTreeMap<(Cell, String), Use>,
    judged: HashMap<Judged, Option<String>>,
    /// Claims by the tag's key in lower case, for each pool and for all together under ''.
    claims: BTreeMap<String, BTreeMap<String, String>>,
    without_tags: u64,
    without_beginning: u64,
    filtered: u64,
    beyond: u64,
    /// Stores by name, by ARN, and by an ARN without its six characters.
    stores: HashMap<String, usize>,
}

impl Findings {
    pub(super) fn new(account: &Account) -> Self {
        let mut claims: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for pool in &account.pools {
            for (tag, claim) in pool.tags.values().flat_map(|map| &map.claims) {
                for id in [pool.id.as_str(), ""] {
                    claims.entry(id.to_owned()).or_default().insert(tag.to_lowercase(), claim.clone());
                }
            }
        }
        Self {
            events: 0,
            from: None,
            to: None,
            cells: BTreeMap::new(),
            refused: BTreeMap::new(),
            refused_ids: BTreeSet::new(),
            unexplained: BTreeMap::new(),
            judged: HashMap::new(),
            claims,
            without_tags: 0,
            without_beginning: 0,
            filtered: 0,
            beyond: 0,
            stores: stores(account),
        }
    }

    pub(super) fn saw(&mut self, time: &str) {
        if self.from.as_deref().is_none_or(|from| time < from) {
            self.from = Some(time.to_owned());
        }
        if self.to.as_deref().is_none_or(|to| time > to) {
            self.to = Some(time.to_owned());
        }
    }

    pub(super) fn refused(&mut self, assumed: &Assumed, time: String, id: &str) {
        if self.refused_ids.len() < MAX_JUDGED && !id.is_empty() && !self.refused_ids.insert(id.to_owned()) {
            return;
        }
        let claims = self.claims_of(assumed);
        let (role, repository) = (role_name(&assumed.role), claims.get("repository").cloned());
        let error = assumed.error.clone().unwrap_or_default();
        let refused = self.refused.entry((role.clone(), repository.clone(), error.clone())).or_default();
        refused.count += 1;
        if refused.last <= time {
            *refused = Refused {
                role,
                repository,
                error,
                last: time,
                run_id: run_of(&claims, Some(assumed)),
                ..refused.clone()
            };
        }
    }

    /// Counts what a session did.
    pub(super) fn add(&mut self, account: &Account, held: &Held) {
        self.filtered += held.filtered;
        self.beyond += held.beyond;
        if held.stores.is_empty() {
            return;
        }
        let claims = held.session.as_ref().map(|session| self.claims_of(session)).unwrap_or_default();
        let role = held.session.as_ref().map(|session| session.role.clone()).or_else(|| held.role.clone());
        let principal = match &role {
            Some(role) if account.role(role).is_some() => role_name(role),
            Some(role) => role.clone(),
            None => held.arn.clone(),
        };
        let is_job = role.as_ref().is_some_and(|role| account.role(role).is_some());
        match &held.session {
            None if is_job => self.without_beginning += 1,
            Some(session) if session.tags.is_empty() => self.without_tags += 1,
            _ => {}
        }
        for (secret, counts) in &held.stores {
            let store = self.stores.get(secret).and_then(|place| account.stores.get(*place));
            let counted = counted(counts);
            let name = store.map_or_else(|| secret.clone(), |store| store.name.clone());
            let claim = |name: &str| claims.get(name).cloned();
            let cell = (name, principal.clone(), claim("repository"), claim("environment"));
            if self.cells.len() >= MAX_CELLS && !self.cells.contains_key(&cell) {
                self.beyond += 1;
                continue;
            }
            let run = (run_of(&claims, held.session.as_ref()), workflow_of(&claims));
            add_to(self.cells.entry(cell.clone()).or_default(), &cell, &counted, &run);
            let Some(session) = held.session.as_ref().filter(|session| !session.tags.is_empty()) else { continue };
            if counted.reads == 0 {
                continue;
            }
            if let Some(why) = self.judge(account, session, store, secret) {
                let unexplained = self.unexplained.entry((cell.clone(), why)).or_default();
                add_to(unexplained, &cell, &Counted { denied: 0, last_denied: String::new(), ..counted }, &run);
            }
        }
    }

    /// Why the rules as they are would deny it; none if they would not.
    fn judge(&mut self, account: &Account, session: &Assumed, store: Option<&Store>, secret: &str) -> Option<String> {
        let Some(store) = store else { return Some(format!("There is no secret {} today.", printable(secret))) };
        if account.role(&session.role).is_none() {
            return Some(format!("There is no role {} today that trusts GitHub's tokens.", printable(&session.role)));
        }
        let kept = |tag: &&String| !OF_THE_RUN.iter().any(|claim| self.claim(session, tag).as_str() == *claim);
        let tags = session
            .tags
            .keys()
            .filter(kept)
            .filter_map(|tag| Some((tag.clone(), session.tags.get(tag)?.clone())))
            .collect();
        let question = (session.role.clone(), store.arn.clone(), tags);
        if let Some(known) = self.judged.get(&question) {
            return known.clone();
        }
        let job = Job {
            claims: session.tags.clone(),
            are_tags: true,
            is_whole: true,
            role: Some(session.role.clone()),
            session_name: Some(session.session_name.clone()),
            ..Job::default()
        };
        let asked = Question { job, role: Some(session.role.clone()), store: Some(store.arn.clone()) };
        let why = match explain(account, &asked, BTreeMap::new()) {
            Ok(explanation) if explanation.answer == Answer::Allow => None,
            Ok(explanation) => {
                let failed = explanation.gates.into_iter().find(|gate| gate.result == GateResult::Failed);
                Some(failed.map_or_else(String::new, |gate| gate.text))
            }
            Err(problem) => Some(problem),
        };
        if self.judged.len() >= MAX_JUDGED {
            self.judged.clear();
        }
        self.judged.insert(question, why.clone());
        why
    }

    pub(super) fn usage(self, account: &Account, report: &Report) -> Usage {
        let unused = unused(report, &self.cells);
        let unexplained = self.unexplained.into_iter().map(|((_, why), by)| Unexplained { by, why });
        let notes = [
            (self.without_tags, "sessions have no session tags: CloudTrail does not say which repository they are of"),
            (
                self.without_beginning,
                "sessions of roles for jobs have no AssumeRoleWithWebIdentity in these files: whose they are is not known",
            ),
            (
                self.filtered,
                "batches of secrets were chosen by a filter: CloudTrail does not say which secrets were read",
            ),
            (self.beyond, "more secrets were asked for than are listed: give the files of a shorter period"),
        ];
        let mut notes: Vec<_> =
            notes.into_iter().filter(|(count, _)| *count > 0).map(|(count, note)| format!("{count} {note}")).collect();
        if account.pools.iter().all(|pool| pool.tags.is_empty()) {
            notes.push("no identity pool maps claims to session tags".to_owned());
        }
        Usage {
            from: self.from,
            to: self.to,
            events: self.events,
            uses: self.cells.into_values().collect(),
            refused: self.refused.into_values().collect(),
            unused,
            unexplained: unexplained.collect(),
            notes,
        }
    }

    /// The claims that a session's tags were made of.
    fn claims_of(&self, session: &Assumed) -> Claims {
        session.tags.iter().map(|(tag, value)| (self.claim(session, tag), value.clone())).collect()
    }

    fn claim(&self, session: &Assumed, tag: &str) -> String {
        let tag = tag.to_lowercase();
        let of_the_pool = session.audience.as_ref().and_then(|pool| self.claims.get(pool));
        let claim = of_the_pool.or_else(|| self.claims.get("")).and_then(|map| map.get(&tag));
        claim.cloned().unwrap_or(tag)
    }
}

/// What a session did with one secret.
#[derive(Clone)]
struct Counted {
    reads: u64,
    denied: u64,
    last_read: String,
    last_denied: String,
}

/// CloudTrail may have an event for each secret of a batch beside the batch's own; if it has none, the batch is what is known.
fn counted(counts: &Counts) -> Counted {
    let is_told = counts.reads + counts.denied > 0 || counts.batches == 0;
    let (reads, last_read) =
        if is_told { (counts.reads, &counts.last_read) } else { (counts.batches, &counts.last_batch) };
    Counted { reads, denied: counts.denied, last_read: last_read.clone(), last_denied: counts.last_denied.clone() }
}

fn add_to(sum: &mut Use, cell: &Cell, counted: &Counted, (run_id, workflow): &(Option<String>, Option<String>)) {
    let newest = counted.last_read.as_str().max(&counted.last_denied);
    let before = sum.last_read.as_deref().max(sum.last_denied.as_deref());
    if before.is_none_or(|before| before <= newest) {
        (sum.run_id, sum.workflow) = (run_id.clone(), workflow.clone());
    }
    (sum.store, sum.principal, sum.repository, sum.environment) = cell.clone();
    sum.reads += counted.reads;
    sum.denied += counted.denied;
    sum.sessions += 1;
    for (last, time) in [(&mut sum.last_read, &counted.last_read), (&mut sum.last_denied, &counted.last_denied)] {
        if !time.is_empty() && last.as_ref().is_none_or(|last| last < time) {
            *last = Some(time.clone());
        }
    }
}

/// Cases of which no read is.
fn unused(report: &Report, cells: &BTreeMap<Cell, Use>) -> Vec<Unused> {
    let mut by_way: BTreeMap<(&str, &str), Vec<&Use>> = BTreeMap::new();
    for sum in cells.values().filter(|sum| sum.reads > 0) {
        by_way.entry((&sum.store, &sum.principal)).or_default().push(sum);
    }
    let mut unused = Vec::new();
    for store in &report.stores {
        for reader in &store.readers {
            let reads = by_way.get(&(store.name.as_str(), reader.role.as_str())).map(Vec::as_slice).unwrap_or_default();
            for case in reader.cases.iter().filter(|case| !reads.iter().any(|sum| may_be_of(sum, case))) {
                let clauses: Vec<_> = case.clauses.iter().map(|clause| clause.text.as_str()).collect();
                let sentence = if clauses.is_empty() { "any job".to_owned() } else { clauses.join(" and ") };
                unused.push(Unused { store: store.name.clone(), role: reader.role.clone(), sentence });
            }
        }
    }
    unused
}

/// Whether a read could have been by this grant, as far as its repository and environment say.
fn may_be_of(sum: &Use, case: &CaseReport) -> bool {
    case.clauses.iter().all(|clause| {
        let has = match clause.claim.as_str() {
            "repository" => &sum.repository,
            "environment" => &sum.environment,
            _ => return true,
        };
        match (has, &clause.values) {
            (Some(has), Some(values)) => values.contains(has),
            (Some(_), None) => true,
            // Whose read it was is not known.
            (None, _) => clause.absent || sum.repository.is_none(),
        }
    })
}

/// As they may be asked for.
fn stores(account: &Account) -> HashMap<String, usize> {
    let mut places = HashMap::new();
    for (place, store) in account.stores.iter().enumerate() {
        let without_suffix = store.arn.rsplit_once('-').map_or("", |(rest, _)| rest);
        for name in [without_suffix, &store.arn, &store.name] {
            places.insert(name.to_owned(), place);
        }
    }
    places
}

fn role_name(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

/// The claim, or else what the action names its sessions after: `RUN_ID@SHA`.
fn run_of(claims: &Claims, session: Option<&Assumed>) -> Option<String> {
    let by_name = || {
        let (run_id, _) = session?.session_name.split_once('@')?;
        run_id.bytes().all(|byte| byte.is_ascii_digit()).then(|| run_id.to_owned())
    };
    claims.get("run_id").cloned().or_else(by_name)
}

fn workflow_of(claims: &Claims) -> Option<String> {
    ["workflow_ref", "job_workflow_ref", "workflow"].iter().find_map(|claim| claims.get(*claim)).cloned()
}
