//! What the policies really do, by the evaluator: each binding reads what it says, and nothing else does.
//!
//! Each claim that a binding wants is changed and taken away, one at a time; each job asks for the stores of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::rc::Rc;

use env_kvstore_policy::{Context, Policy, Principal, Request, allows};
use serde::Serialize;

use crate::account::{Account, Document, Keys, Route, SUFFIX, Session, planned};
use crate::kvstore::policies::{MAX_POLICY, MAX_TRUST_POLICY, size};
use crate::kvstore::problem::Problem;
use crate::kvstore::reader::{Merged, Place};
use crate::kvstore::reading::{FORMS, Reading, stores_of};
use crate::kvstore::set_up::{Grant, PULL_REQUEST_EVENTS, Role, SetUp, Tenant};
use crate::kvstore::vault::VaultSetUp;
use crate::vault;
use crate::vault::policy::decisive;
use crate::vault::refusals;

/// Stands in for the pool's id, which AWS hands out.
const POOL: &str = "us-west-2:00000000-0000-0000-0000-000000000000";

/// So many stores of other repositories are asked for by all jobs together, and at least one by each; of more, an even choice.
/// The stores of the job's own repository, which lie nearest, are all asked for.
const MAX_FOREIGN: usize = 20_000;

/// Claims of a job, by name.
pub type Job = BTreeMap<String, String>;

/// One question, and the answer that the file promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// What it shows.
    pub what: String,
    /// `vault`, if that is asked and not AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<&'static str>,
    /// The role that the job assumes.
    pub role: String,
    /// The claims of its token.
    pub job: Rc<Job>,
    /// The store that it asks for.
    pub store: String,
    /// Whether it gets it.
    pub allowed: bool,
}

/// What was asked, and what came out otherwise than promised.
#[derive(Debug, Default)]
pub struct Proof {
    /// All questions.
    pub cases: Vec<Case>,
    /// Those whose answer is another one.
    pub failed: Vec<Case>,
}

impl Proof {
    /// How many are allowed, and how many denied.
    pub fn counts(&self) -> (usize, usize) {
        let allowed = self.cases.iter().filter(|case| case.allowed).count();
        (allowed, self.cases.len() - allowed)
    }
}

/// Whoever holds the stores: what its rules do to a job.
trait Keeper {
    /// What tells whether the job may read a store, once the role lets the job in.
    fn open<'k>(&'k self, role: &str, job: &Job) -> Option<Reads<'k>>;

    /// The roles that an expectation is about.
    fn expected<'s>(&self, roles: &'s [Role], merged: &Merged, role: Option<&str>) -> Vec<&'s Role>;
}

type Reads<'k> = Box<dyn Fn(&str) -> bool + 'k>;

/// What was set up, and for whom.
struct Rules<'s> {
    keeper: &'s dyn Keeper,
    on: Option<&'static str>,
    tenant: &'s Tenant,
    namespace: &'s str,
    repositories: &'s BTreeMap<String, String>,
    roles: &'s [Role],
    stores: BTreeSet<&'s str>,
    /// The roles and grants that open each store.
    granting: BTreeMap<&'s str, Vec<(&'s Role, &'s Grant)>>,
    /// How many grants there are.
    grants: usize,
}

/// A job that asks by a role.
struct Asker<'r> {
    role: &'r str,
    job: Rc<Job>,
    /// None if the role does not let the job in.
    reads: Option<Reads<'r>>,
}

/// Asks everything of AWS. Problems are policies that AWS would refuse, and expectations that name nothing.
pub fn prove(set_up: &SetUp, merged: &Merged) -> Result<Proof, Vec<Problem>> {
    let aws = OnAws::new(set_up).map_err(|message| vec![merged.problem(&Place::default(), message)])?;
    let SetUp { tenant, namespace, repositories, roles, .. } = set_up;
    let stores = set_up.stores.keys().map(String::as_str).collect();
    Rules::new(&aws, None, (tenant, namespace, repositories), roles, stores).prove(merged)
}

/// The same of Vault.
pub fn prove_on_vault(set_up: &VaultSetUp, merged: &Merged) -> Result<Proof, Vec<Problem>> {
    let server = set_up.server().map_err(|message| vec![merged.problem(&Place::default(), message)])?;
    let vault = OnVault { set_up, server };
    let VaultSetUp { tenant, namespace, repositories, roles, .. } = set_up;
    let stores = set_up.stores.iter().map(String::as_str).collect();
    Rules::new(&vault, Some("vault"), (tenant, namespace, repositories), roles, stores).prove(merged)
}

struct OnAws<'s> {
    set_up: &'s SetUp,
    /// What AWS then has.
    account: Account,
}

impl<'s> OnAws<'s> {
    fn new(set_up: &'s SetUp) -> Result<Self, String> {
        for role in &set_up.roles {
            let (trust, policy) = (set_up.trust_policy(role, POOL), set_up.role_policy(role));
            for (what, policy, most) in [("trust policy", &trust, MAX_TRUST_POLICY), ("policy", &policy, MAX_POLICY)] {
                let size = size(policy);
                if size > most {
                    return Err(format!(
                        "the {what} of the role `{}` has {size} characters, and IAM takes {most}: give some of its bindings another role",
                        role.name
                    ));
                }
            }
        }
        let account = planned(set_up).map_err(|malformed| malformed.to_string())?;
        Ok(Self { set_up, account })
    }
}

impl Keeper for OnAws<'_> {
    /// The session and its role, if AWS lets the job assume that.
    fn open<'k>(&'k self, role: &str, job: &Job) -> Option<Reads<'k>> {
        let (pool, provider) = (self.account.pools.first()?, self.account.providers.first()?);
        let (session, role) = (Session::new(Route::Pool(pool, provider), job), self.account.role(role)?);
        let name = [job.get("run_id"), job.get("sha")].map(|part| part.cloned().unwrap_or_default()).join("@");
        let assume = |action: &str| {
            let principal = Some(session.route.principal());
            is_allowed(&role.trust.policy, action, principal, None, session.trust_keys(&name))
        };
        if !assume("sts:AssumeRoleWithWebIdentity") || !assume("sts:TagSession") {
            return None;
        }
        Some(Box::new(move |store| {
            let keys = session.read_keys(role, self.account.store(store));
            let arn = self.set_up.store_arn(store, SUFFIX);
            let reads = |policy: &Document| {
                let action = "secretsmanager:GetSecretValue";
                is_allowed(&policy.policy, action, None, Some(arn.clone()), keys.clone())
            };
            role.policies.iter().any(reads)
        }))
    }

    fn expected<'s>(&self, roles: &'s [Role], _: &Merged, role: Option<&str>) -> Vec<&'s Role> {
        roles.iter().filter(|known| role.map_or(known.is_shared, |role| known.name == role)).collect()
    }
}

struct OnVault<'s> {
    set_up: &'s VaultSetUp,
    server: vault::Vault,
}

impl Keeper for OnVault<'_> {
    fn open<'k>(&'k self, role: &str, job: &Job) -> Option<Reads<'k>> {
        let role = self.server.role(role)?;
        let mut claims = job.clone();
        // Every token has one, and no binding wants it.
        claims.entry("sub".to_owned()).or_insert_with(|| "repo".to_owned());
        if !refusals(role, &claims, false).is_empty() {
            return None;
        }
        let rules = role.rules(&self.server);
        Some(Box::new(move |store| decisive(&rules, &self.set_up.path(store)).is_some_and(|found| found.reads)))
    }

    /// A job may try every role that its binding could have: one denial is not enough. Beside AWS these are the bindings that have
    /// the AWS role in common.
    fn expected<'s>(&self, roles: &'s [Role], merged: &Merged, role: Option<&str>) -> Vec<&'s Role> {
        let is_of_role = |known: &&Role| match merged.file.aws {
            None => role.is_none_or(|role| known.name == role),
            Some(_) => known.grants.iter().any(|grant| {
                let binding = merged.file.bindings.iter().find(|binding| binding.name == grant.binding);
                binding.is_some_and(|binding| binding.role.as_deref() == role)
            }),
        };
        roles.iter().filter(is_of_role).collect()
    }
}

impl<'s> Rules<'s> {
    fn new(
        keeper: &'s dyn Keeper,
        on: Option<&'static str>,
        (tenant, namespace, repositories): (&'s Tenant, &'s str, &'s BTreeMap<String, String>),
        roles: &'s [Role],
        stores: BTreeSet<&'s str>,
    ) -> Self {
        let mut granting: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        let mut grants = 0;
        for (role, grant) in roles.iter().flat_map(|role| role.grants.iter().map(move |grant| (role, grant))) {
            grants += 1;
            grant.stores.iter().for_each(|store| granting.entry(store).or_default().push((role, grant)));
        }
        Self { keeper, on, tenant, namespace, repositories, roles, stores, granting, grants }
    }

    fn prove(&self, merged: &Merged) -> Result<Proof, Vec<Problem>> {
        let mut proof = Proof::default();
        for role in self.roles {
            for grant in &role.grants {
                self.prove_grant(role, grant, &mut proof);
            }
        }
        self.prove_expectations(merged, &mut proof)?;
        Ok(proof)
    }

    fn prove_grant(&self, role: &'s Role, grant: &Grant, proof: &mut Proof) {
        let jobs = self.jobs_of(role, grant);
        let Some(first) = jobs.first().cloned() else { return };
        let near = self.neighbours(role, grant, &first).into_iter();
        let near: Vec<_> =
            near.map(|(what, job)| (format!("{}: {what}", grant.binding), self.asker(role, job))).collect();
        let jobs: Vec<_> = jobs.into_iter().map(|job| self.asker(role, job)).collect();
        for store in &grant.stores {
            for asker in &jobs {
                self.ask(proof, format!("{} reads what it says", grant.binding), asker, store, true);
            }
            for (what, asker) in &near {
                self.ask(proof, what.clone(), asker, store, self.is_granted(role, &asker.job, store));
            }
        }
        let own: BTreeSet<_> = grant.stores.iter().map(String::as_str).collect();
        for store in self.others(grant).into_iter().filter(|store| !own.contains(store)) {
            for asker in &jobs {
                let allowed = self.is_granted(role, &asker.job, store);
                let what = format!("{} asks for a store of another binding", grant.binding);
                self.ask(proof, what, asker, store, allowed);
            }
        }
        // What another role opens to a job of this kind, its own bindings say.
        for other in self.roles.iter().filter(|other| other.name != role.name) {
            let asker = self.asker(other, first.clone());
            for store in &grant.stores {
                let allowed = self.is_granted(other, &asker.job, store);
                self.ask(proof, format!("{} by the role {}", grant.binding, other.name), &asker, store, allowed);
            }
        }
    }

    /// Jobs that differ from one in a claim that the grant wants: it is another one, or is not there.
    fn neighbours(&self, role: &Role, grant: &Grant, job: &Job) -> Vec<(String, Job)> {
        let mut neighbours = Vec::new();
        for (claim, values) in self.wanted(role, grant) {
            let mut other = job.clone();
            other.insert(claim.clone(), another(&claim, &values));
            neighbours.push((format!("another {claim}"), other));
            let mut without = job.clone();
            without.remove(&claim);
            neighbours.push((format!("no {claim}"), without));
        }
        neighbours
    }

    fn prove_expectations(&self, merged: &Merged, proof: &mut Proof) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        for (place, expectation) in merged.file.expect.iter().enumerate() {
            let at = |below: &str| Merged::at(&format!("/expect/{place}{below}"));
            let roles = self.keeper.expected(self.roles, merged, expectation.role.as_deref());
            if roles.is_empty() && (self.on.is_none() || merged.file.aws.is_none()) {
                problems.push(merged.problem(&at("/role"), "no binding has this role"));
                continue;
            }
            let Some(repository) = expectation.job.get("repository") else {
                problems.push(merged.problem(&at("/job"), "`repository` is missing"));
                continue;
            };
            let asked = roles.into_iter().map(|role| {
                let mut job = self.job(repository, role);
                // What the job does not say, no binding's word is needed for.
                job.extend(expectation.job.clone());
                self.asker(role, job)
            });
            let askers: Vec<_> = asked.collect();
            for (key, reads, allowed) in [("allow", &expectation.allow, true), ("deny", &expectation.deny, false)] {
                for (number, read) in reads.iter().enumerate() {
                    let named = askers.iter().map(|asker| (asker, self.names(repository, &asker.job, read)));
                    let named: Vec<_> = named.collect();
                    if named.iter().any(|(_, names)| names.is_empty()) {
                        let message = format!("is none of {FORMS}");
                        problems.push(merged.problem(&at(&format!("/{key}/{number}")), message));
                    }
                    let before = proof.failed.len();
                    if let Some((_, names)) = named.first().filter(|_| allowed) {
                        // One role is enough.
                        for name in names {
                            let reading = askers.iter().find(|asker| asker.may_read(name)).or(askers.first());
                            reading.into_iter().for_each(|asker| {
                                self.ask(proof, format!("expectation {}", place + 1), asker, name, true);
                            });
                        }
                    } else {
                        for (asker, name) in
                            named.iter().flat_map(|(asker, names)| names.iter().map(move |name| (asker, name)))
                        {
                            self.ask(proof, format!("expectation {}", place + 1), asker, name, allowed);
                        }
                    }
                    if proof.failed.len() > before {
                        let whose = if self.on.is_some() { "Vault's policies" } else { "the policies" };
                        let message = format!("{whose} {}", if allowed { "deny it" } else { "allow it" });
                        problems.push(merged.problem(&at(&format!("/{key}/{number}")), message));
                    }
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn names(&self, repository: &str, job: &Job, read: &str) -> Vec<String> {
        let stores = |environment| stores_of(self.namespace, repository, environment).to_vec();
        match Reading::parse(read) {
            Some(Reading::Repository) => stores(None),
            Some(Reading::OwnEnvironment) => job.get("environment").map_or(vec![], |name| stores(Some(name))),
            Some(Reading::Environment(name)) => stores(Some(name)),
            Some(Reading::Secret(name)) => vec![name.to_owned()],
            None => vec![],
        }
    }

    fn ask(&self, proof: &mut Proof, what: String, asker: &Asker<'_>, store: &str, allowed: bool) {
        let (role, job) = (asker.role.to_owned(), Rc::clone(&asker.job));
        let case = Case { what, on: self.on, role, job, store: store.to_owned(), allowed };
        if asker.may_read(store) != allowed {
            proof.failed.push(case.clone());
        }
        proof.cases.push(case);
    }

    /// A job at the door of a role: asked once, whatever it then reads.
    fn asker(&self, role: &'s Role, job: Job) -> Asker<'s> {
        Asker { role: &role.name, reads: self.keeper.open(&role.name, &job), job: Rc::new(job) }
    }

    /// Whether the file says that a job reads a store: some binding of the role wants what the job is.
    fn is_granted(&self, role: &Role, job: &Job, store: &str) -> bool {
        let is_let_in = job.get("event_name").is_some_and(|event| role.events.contains(event))
            && job.get(self.tenant.claim) == Some(&self.tenant.id);
        let satisfied = |grant: &Grant| {
            let is_shared_environment = role.is_shared && store.contains("/env/");
            let by_name = !is_shared_environment
                || job.get("environment").is_some_and(|name| store.contains(&format!("/env/{name}/")));
            by_name
                && grant.claims.iter().all(|(claim, values)| job.get(claim).is_some_and(|value| values.contains(value)))
        };
        let granting = self.granting.get(store).map(Vec::as_slice).unwrap_or_default();
        is_let_in && granting.iter().any(|(by, grant)| by.name == role.name && satisfied(grant))
    }

    /// What a grant wants of a job, and what its role does.
    fn wanted(&self, role: &Role, grant: &Grant) -> BTreeMap<String, Vec<String>> {
        let mut wanted = grant.claims.clone();
        wanted.insert("event_name".to_owned(), role.events.clone());
        wanted.insert(self.tenant.claim.to_owned(), vec![self.tenant.id.clone()]);
        wanted
    }

    /// A job for each value that a grant takes, and one that has the first of each.
    fn jobs_of(&self, role: &Role, grant: &Grant) -> Vec<Job> {
        let repository = grant.claims.get("repository").and_then(|values| values.first()).cloned();
        let any = self.repositories.keys().next().cloned();
        let repository = repository.or(any).unwrap_or_else(|| format!("{}/any", self.tenant.name));
        let mut job = self.job(&repository, role);
        for (claim, values) in &grant.claims {
            job.extend(values.first().map(|value| (claim.clone(), value.clone())));
        }
        let mut jobs = vec![job.clone()];
        for (claim, values) in &grant.claims {
            jobs.extend(values.iter().skip(1).map(|value| {
                let mut other = job.clone();
                other.insert(claim.clone(), value.clone());
                other
            }));
        }
        jobs
    }

    /// A plain job of a repository, without an environment.
    fn job(&self, repository: &str, role: &Role) -> Job {
        let owner = repository.split('/').next().unwrap_or_default();
        let tenant = self.tenant;
        let id = self.repositories.get(repository).cloned().unwrap_or_else(|| "1".to_owned());
        let event = role.events.first().cloned().unwrap_or_default();
        let is_request = PULL_REQUEST_EVENTS.contains(&event.as_str());
        let reference = if is_request { "refs/pull/1/merge" } else { "refs/heads/main" };
        let workflow = format!("{repository}/.github/workflows/ci.yml@{reference}");
        let mut job: Job = [
            ("actor_id", "583231"),
            ("event_name", &event),
            ("job_workflow_ref", &workflow),
            ("ref", reference),
            ("ref_protected", "true"),
            ("ref_type", "branch"),
            ("repository", repository),
            ("repository_id", &id),
            ("repository_owner", owner),
            ("repository_owner_id", "9919"),
            ("repository_visibility", "private"),
            ("run_id", "16543210987"),
            ("runner_environment", "github-hosted"),
            ("sha", "8f3b1c2d4e5f60718293a4b5c6d7e8f901234567"),
            ("workflow_ref", &workflow),
        ]
        .map(|(claim, value)| (claim.to_owned(), value.to_owned()))
        .into();
        job.insert(tenant.claim.to_owned(), tenant.id.clone());
        if tenant.is_enterprise {
            job.insert("enterprise".to_owned(), tenant.name.clone());
        }
        job
    }

    /// Stores that a job may ask for: those of its own repository, and others in even steps.
    fn others(&self, grant: &Grant) -> Vec<&'s str> {
        let repository = grant.claims.get("repository").and_then(|values| values.first());
        let base = repository.map(|repository| format!("{}/repo/{repository}/", self.namespace));
        let near = base.iter().flat_map(|base| {
            let from_there = self.stores.range::<str, _>((Bound::Included(base.as_str()), Bound::Unbounded));
            from_there.take_while(move |store| store.starts_with(base.as_str())).copied()
        });
        let each = (MAX_FOREIGN / self.grants.max(1)).max(1);
        let step = self.stores.len().div_ceil(each).max(1);
        let is_near = |store: &&str| base.as_ref().is_some_and(|base| store.starts_with(base.as_str()));
        near.chain(self.stores.iter().copied().step_by(step).filter(|store| !is_near(store))).collect()
    }
}

impl Asker<'_> {
    fn may_read(&self, store: &str) -> bool {
        self.reads.as_ref().is_some_and(|reads| reads(store))
    }
}

fn is_allowed(
    policy: &Policy,
    action: &str,
    principal: Option<Principal>,
    resource: Option<String>,
    entries: Keys,
) -> bool {
    // Two claims whose names differ in case only are one tag: AWS refuses such a session.
    let Ok(context) = Context::try_from_iter(entries) else { return false };
    let request = Request { action: action.to_owned(), principal, resource, context };
    allows(std::slice::from_ref(policy), &request)
}

/// A value that is none of those wanted, and could be one of another job.
fn another(claim: &str, values: &[String]) -> String {
    match claim {
        "event_name" => {
            let mut events = PULL_REQUEST_EVENTS.into_iter().chain(["push", "workflow_run"]);
            events.find(|event| !values.iter().any(|value| value == event)).unwrap_or_default().to_owned()
        }
        // The nearest that is another one: what only begins like it.
        _ => format!("{}x", values.first().map(String::as_str).unwrap_or_default()),
    }
}
