//! What a `kvstore.json` comes to: roles, session tags, and stores with their tags. Whatever cannot be built is a problem here.

use std::collections::{BTreeMap, BTreeSet};

use env_kvstore::aws::names::{AccountId, Region};
use env_kvstore::aws::secret_id::{NamePart, SecretName};
use env_kvstore::text::nearest::nearest;
use env_kvstore::text::printable::printable;

use crate::kvstore::file::{Aws, Binding, File};
use crate::kvstore::problem::Problem;
use crate::kvstore::reader::{Merged, Place};
use crate::kvstore::reading::{FORMS, Reading, stores_of};

/// The claims of a GitHub token that can say who a job is.
/// <https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims>
pub const CLAIMS: [&str; 28] = [
    "actor",
    "actor_id",
    "base_ref",
    "check_run_id",
    "enterprise",
    "enterprise_id",
    "environment",
    "event_name",
    "head_ref",
    "job_workflow_ref",
    "job_workflow_sha",
    "ref",
    "ref_protected",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "repository_visibility",
    "run_attempt",
    "run_id",
    "run_number",
    "runner_environment",
    "sha",
    "workflow",
    "workflow_ref",
    "workflow_sha",
    "sub",
];

/// Claims of custom properties begin so.
pub(crate) const PROPERTY: &str = "repo_property_";

/// The events that run what is in the repository already, and what a role lets in unless told.
pub const DEFAULT_EVENTS: [&str; 7] =
    ["push", "workflow_dispatch", "repository_dispatch", "schedule", "release", "merge_group", "deployment"];

/// The events that run the code of a pull request.
pub const PULL_REQUEST_EVENTS: [&str; 3] = ["pull_request", "pull_request_review", "pull_request_review_comment"];

/// Other events that start a workflow with secrets: of the default branch, by whoever writes the comment or the pull request.
const OTHER_EVENTS: [&str; 21] = [
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "create",
    "delete",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "issue_comment",
    "issues",
    "label",
    "milestone",
    "page_build",
    "public",
    "pull_request_target",
    "registry_package",
    "status",
    "watch",
    "workflow_run",
];

/// What a claim of no job can be, in place of an absent one: policies have it as the default of a variable.
pub const ABSENT: &str = "-";

/// The longest value of a session tag, in characters.
const MAX_TAG: usize = 256;

/// The claims that the trust policies and the names of sessions need, whatever bindings say.
const ALWAYS_MAPPED: [&str; 7] =
    ["actor_id", "environment", "event_name", "repository", "repository_id", "run_id", "sha"];

/// Whose jobs are let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// `enterprise_id` or `repository_owner_id`
    pub claim: &'static str,
    /// Its value.
    pub id: String,
    /// The slug or name, as claims have it.
    pub name: String,
    /// Whether it is an enterprise.
    pub is_enterprise: bool,
}

/// A role and what it is for.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// The events whose jobs may assume it.
    pub events: Vec<String>,
    /// By the places of its bindings; none is the role of all repositories.
    pub grants: Vec<Grant>,
    /// Whether it is the role of all repositories.
    pub is_shared: bool,
}

/// What jobs of one kind may read.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The binding's name.
    pub binding: String,
    /// Claims, each with the values of which the job has one.
    pub claims: BTreeMap<String, Vec<String>>,
    /// Names of secrets, without the six characters.
    pub stores: Vec<String>,
}

/// A store, made by the set-up as an empty container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The secret's name.
    pub name: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// The whole set-up.
#[derive(Debug)]
pub struct SetUp {
    /// Whose jobs are let in.
    pub tenant: Tenant,
    /// The issuer of the tokens, with the enterprise's slug.
    pub issuer: String,
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// The name of the identity pool.
    pub pool: String,
    /// The key of the stores, if it is not AWS's own.
    pub kms_key: Option<String>,
    /// The first segment of the stores' names.
    pub namespace: String,
    /// The claims that become session tags, under the same names.
    pub mapped: BTreeSet<String>,
    /// The claims that guard stores of the shared role, beside `repository_id`.
    pub guards: BTreeSet<String>,
    /// The role of all repositories first.
    pub roles: Vec<Role>,
    /// By name.
    pub stores: BTreeMap<String, Store>,
    /// The ids of the repositories, by OWNER/NAME.
    pub repositories: BTreeMap<String, String>,
}

/// What a file says, whoever holds the stores.
#[derive(Debug)]
pub struct Planned {
    /// Whose jobs are let in.
    pub tenant: Tenant,
    /// The issuer of the tokens, with the enterprise's slug.
    pub issuer: String,
    /// The first segment of the stores' names.
    pub namespace: String,
    /// The ids of the repositories, by OWNER/NAME.
    pub repositories: BTreeMap<String, String>,
    /// The events whose jobs are let in where a binding names none.
    pub events: Vec<String>,
    /// For each binding of the file what it grants; nothing if it is wrong.
    pub grants: Vec<Vec<Grant>>,
    /// What it comes to on AWS, if the stores are there.
    pub aws: Option<SetUp>,
}

/// Works out what a file comes to on AWS, or everything that is wrong with it.
pub fn set_up(merged: &Merged) -> Result<SetUp, Vec<Problem>> {
    match planned(merged) {
        (Some(Planned { aws: Some(set_up), .. }), problems) if problems.is_empty() => Ok(set_up),
        (_, problems) if problems.is_empty() => Err(vec![merged.problem(&Merged::at(""), NOT_ON_AWS)]),
        (_, problems) => Err(problems),
    }
}

pub(crate) const NOT_ON_AWS: &str = "`aws` is missing: this is about AWS, and the stores are on Vault alone";

/// Works out what a file comes to, as far as it is right, and everything that is wrong with it.
pub(crate) fn planned(merged: &Merged) -> (Option<Planned>, Vec<Problem>) {
    let mut planner = Planner { merged, problems: Vec::new() };
    let planned = planner.planned();
    (planned, planner.problems)
}

struct Planner<'m> {
    merged: &'m Merged,
    problems: Vec<Problem>,
}

/// What a store of the shared role is guarded by, and which binding says so.
type Guarded = BTreeMap<String, (String, BTreeMap<String, String>)>;

impl Planner<'_> {
    fn file(&self) -> &File {
        &self.merged.file
    }

    fn problem(&mut self, pointer: &str, message: impl Into<String>) {
        self.problems.push(self.merged.problem(&Merged::at(pointer), message));
    }

    fn problem_at(&mut self, place: &Place, below: &str, message: impl Into<String>) {
        let place = Place { file: place.file, pointer: format!("{}{below}", place.pointer) };
        self.problems.push(self.merged.problem(&place, message));
    }

    fn planned(&mut self) -> Option<Planned> {
        let tenant = self.tenant();
        let issuer = self.issuer(tenant.as_ref());
        let aws = self.file().aws.clone();
        let place = aws.as_ref().map(|aws| self.place_of_stores(aws));
        let namespace = self.namespace(tenant.as_ref());
        let repositories = self.repositories();
        let events = self.events();
        let (tenant, namespace) = (tenant?, namespace?);
        let bindings: Vec<(Binding, Place)> =
            self.file().bindings.iter().cloned().zip(self.merged.bindings.iter().cloned()).collect();
        let mut names = BTreeSet::new();
        let mut grants = Vec::new();
        for (binding, place) in &bindings {
            if !names.insert(&binding.name) {
                self.problem_at(place, "/name", format!("another binding is called `{}`", printable(&binding.name)));
            }
            grants.push(self.grants(binding, place, &namespace, &repositories).unwrap_or_default());
        }
        // If it is wrong, that is a problem, and nothing is made.
        let issuer = issuer.unwrap_or_default();
        let mut planned = Planned { tenant, issuer, namespace, repositories, events, grants, aws: None };
        if let (Some(aws), Some(place)) = (aws, place) {
            planned.aws = self.on_aws(&planned, &bindings, &aws, place);
        }
        Some(planned)
    }

    fn on_aws(
        &mut self,
        planned: &Planned,
        bindings: &[(Binding, Place)],
        aws: &Aws,
        (account, region): (Option<AccountId>, Option<Region>),
    ) -> Option<SetUp> {
        let Planned { tenant, repositories, .. } = planned;
        let shared = Role { name: aws.role.clone(), events: planned.events.clone(), grants: vec![], is_shared: true };
        let mut roles = vec![shared];
        let mut guarded: Guarded = BTreeMap::new();
        let mut stores = BTreeMap::new();
        for ((binding, place), grants) in bindings.iter().zip(&planned.grants).filter(|(_, grants)| !grants.is_empty())
        {
            match &binding.role {
                None => self.guard(binding, place, grants, repositories, &mut guarded),
                Some(role) => self.own_role(binding, place, role, &mut roles),
            }
            let role = binding.role.as_deref();
            let found = roles.iter_mut().find(|known| role.map_or(known.is_shared, |name| known.name == name));
            for name in grants.iter().flat_map(|grant| &grant.stores) {
                stores.entry(name.clone()).or_insert_with(|| Store { name: name.clone(), tags: BTreeMap::new() });
            }
            if let Some(role) = found {
                role.grants.extend(grants.iter().cloned());
            }
        }
        for (name, (_, tags)) in &guarded {
            if let Some(store) = stores.get_mut(name) {
                store.tags = tags.iter().map(|(claim, value)| (format!("github:{claim}"), value.clone())).collect();
            }
        }
        self.problems.extend(pull_request_problems(self.merged, &roles));
        let claims = roles.iter().flat_map(|role| role.grants.iter().flat_map(|grant| grant.claims.keys().cloned()));
        let mut mapped: BTreeSet<String> = ALWAYS_MAPPED.map(str::to_owned).into_iter().chain(claims).collect();
        mapped.insert(tenant.claim.to_owned());
        if tenant.is_enterprise {
            mapped.insert("enterprise".to_owned());
        }
        let guards =
            guarded.values().flat_map(|(_, tags)| tags.keys().cloned()).filter(|claim| claim != "repository_id");
        Some(SetUp {
            tenant: tenant.clone(),
            issuer: planned.issuer.clone(),
            account: account?,
            region: region?,
            pool: aws.pool.clone(),
            kms_key: aws.kms_key.clone(),
            namespace: planned.namespace.clone(),
            mapped,
            guards: guards.collect(),
            roles,
            stores,
            repositories: repositories.clone(),
        })
    }

    fn tenant(&mut self) -> Option<Tenant> {
        let github = self.file().github.clone();
        let (name, id, claim, is_enterprise) = match (github.enterprise, github.organization) {
            (Some(_), Some(_)) => {
                self.problem("/github", "names an enterprise and an organization: name the one that issues the tokens");
                return None;
            }
            (Some(name), None) => (name, github.enterprise_id, "enterprise_id", true),
            (None, Some(name)) => (name, github.organization_id, "repository_owner_id", false),
            (None, None) => {
                self.problem(
                    "/github",
                    "must name an enterprise and enterprise_id, or an organization and organization_id",
                );
                return None;
            }
        };
        if !is_slug(&name) {
            let key = if is_enterprise { "enterprise" } else { "organization" };
            self.problem(&format!("/github/{key}"), "must have letters, digits and characters of ._-, as in its URL");
        }
        let key = if is_enterprise { "enterprise_id" } else { "organization_id" };
        match id {
            Some(id) if is_id(&id) => Some(Tenant { claim, id, name, is_enterprise }),
            Some(_) => {
                self.problem(&format!("/github/{key}"), "must be the digits of an id");
                None
            }
            None => {
                self.problem("/github", format!("`{key}` is missing: a name alone can be taken over by others"));
                None
            }
        }
    }

    fn issuer(&mut self, tenant: Option<&Tenant>) -> Option<String> {
        let base = self.file().github.issuer.clone();
        let base = base.unwrap_or_else(|| "https://token.actions.githubusercontent.com".to_owned());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte);
        if !base.starts_with("https://") || base.ends_with('/') || !base.bytes().all(plain) {
            self.problem("/github/issuer", "must be an https URL without a slash at its end, a query or escapes");
            return None;
        }
        let tenant = tenant?;
        Some(if tenant.is_enterprise { format!("{base}/{}", tenant.name) } else { base })
    }

    /// Where the stores are, and whether names are those of IAM and of Cognito.
    fn place_of_stores(&mut self, aws: &Aws) -> (Option<AccountId>, Option<Region>) {
        let (account, region) = (AccountId::parse(&aws.account), Region::parse(&aws.region));
        if account.is_none() && !aws.account.is_empty() {
            self.problem("/aws/account", ACCOUNT);
        }
        if region.is_none() && !aws.region.is_empty() {
            self.problem("/aws/region", REGION);
        }
        if !aws.role.is_empty() && !is_role_name(&aws.role) {
            self.problem("/aws/role", ROLE_NAME);
        }
        if !aws.pool.is_empty() && !is_pool_name(&aws.pool) {
            self.problem("/aws/pool", POOL_NAME);
        }
        if aws.kms_key.as_ref().is_some_and(|key| !is_key_of(key, &aws.region)) {
            self.problem("/aws/kms_key", "must be the ARN of a key in the region of the stores: arn:aws:kms:REGION:ACCOUNT:key/ID. Policies cannot name an alias");
        }
        (account, region)
    }

    fn namespace(&mut self, tenant: Option<&Tenant>) -> Option<String> {
        let (given, pointer) = (self.file().namespace.clone(), "/namespace");
        let namespace = given.or_else(|| tenant.map(|tenant| tenant.name.clone()))?;
        let is_part = NamePart::parse(&namespace).is_some() && namespace.trim_matches('/') == namespace;
        if !is_part {
            self.problem(pointer, "must have letters, digits and characters of /_+=.@-, and no slash at its ends");
        }
        is_part.then_some(namespace)
    }

    fn repositories(&mut self) -> BTreeMap<String, String> {
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        let repositories: Vec<_> = self.file().repositories.clone().into_iter().collect();
        for (name, repository) in repositories {
            let place = self.merged.repositories.get(&name).cloned().unwrap_or_default();
            if !is_repository(&name) {
                self.problem_at(&place, "", format!("`{}` is not OWNER/NAME", printable(&name)));
            }
            let is_id = is_id(&repository.id);
            if !is_id && !repository.id.is_empty() {
                self.problem_at(
                    &place,
                    "/id",
                    format!("must be the digits of an id: gh api repos/{} --jq .id", printable(&name)),
                );
            }
            if let Some((other, _)) = ids.iter().find(|(_, id)| is_id && **id == repository.id) {
                let message = format!("`{}` has this id too", printable(other));
                self.problem_at(&place, "/id", message);
            }
            ids.insert(name, repository.id);
        }
        ids
    }

    fn events(&mut self) -> Vec<String> {
        let Some(events) = self.file().events.clone() else { return DEFAULT_EVENTS.map(str::to_owned).to_vec() };
        for (place, event) in events.iter().enumerate() {
            let pointer = format!("/events/{place}");
            if PULL_REQUEST_EVENTS.contains(&event.as_str()) {
                self.problem(&pointer, format!("`{event}` runs the code of a pull request, with the role of all repositories: give a binding with \"event_name\": \"{event}\" a role of its own"));
            } else if let Some(message) = unknown_event(event) {
                self.problem(&pointer, message);
            }
        }
        if events.is_empty() {
            self.problem("/events", "is an empty list, which lets no job in");
        }
        events
    }

    /// Whether all that it may have on AWS is the role of all repositories.
    fn needs_role(&self, binding: &Binding) -> bool {
        self.file().aws.is_some() && binding.role.is_none()
    }

    /// What a binding grants: one grant, or one for each environment of `env:$environment`.
    fn grants(
        &mut self,
        binding: &Binding,
        place: &Place,
        namespace: &str,
        repositories: &BTreeMap<String, String>,
    ) -> Option<Vec<Grant>> {
        let before = self.problems.len();
        let mut claims = BTreeMap::new();
        for (claim, values) in &binding.when {
            self.check_claim(place, claim, values.values());
            claims.insert(claim.clone(), values.values().to_vec());
        }
        if let Some(role) = &binding.role {
            if !is_role_name(role) {
                self.problem_at(place, "/role", ROLE_NAME);
            }
            match &self.file().aws {
                Some(aws) if *role == aws.role => {
                    self.problem_at(place, "/role", "is the role of all repositories: leave it out");
                }
                Some(_) => {}
                None => self.problem_at(place, "/role", "is a role of AWS, and there is no `aws`: leave it out"),
            }
        }
        if binding.repository == "*" {
            if !binding.when.contains_key("job_workflow_ref") {
                self.problem_at(
                    place,
                    "/repository",
                    "* needs `job_workflow_ref` in `when`: it is then the called workflow that is trusted",
                );
            }
            if self.needs_role(binding) {
                self.problem_at(place, "/repository", "* needs a role of its own: add \"role\"");
            }
        } else if let Some(id) = repositories.get(&binding.repository) {
            claims.insert("repository".to_owned(), vec![binding.repository.clone()]);
            claims.insert("repository_id".to_owned(), vec![id.clone()]);
        } else {
            let near = nearest(&binding.repository, repositories.keys().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
            let message =
                format!("`{}` is not in `repositories`, so its id is not known.{near}", printable(&binding.repository));
            self.problem_at(place, "/repository", message);
        }
        let mut grants: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
        for (at, read) in binding.read.iter().enumerate() {
            for (environment, name) in self.targets(binding, place, &format!("/read/{at}"), read, namespace) {
                if SecretName::parse(&name).is_none() {
                    let message = format!(
                        "`{}` cannot be the name of a secret: at most 512 letters, digits and characters of /_+=.@-",
                        printable(&name)
                    );
                    self.problem_at(place, &format!("/read/{at}"), message);
                }
                grants.entry(environment).or_default().push(name);
            }
        }
        if binding.read.is_empty() {
            self.problem_at(place, "/read", "is an empty list: this binding is for nothing");
        }
        if self.problems.len() > before {
            return None;
        }
        let grant = |(environment, stores): (Option<String>, Vec<String>)| {
            let mut claims = claims.clone();
            if let Some(environment) = environment {
                claims.insert("environment".to_owned(), vec![environment]);
            }
            Grant { binding: binding.name.clone(), claims, stores }
        };
        Some(grants.into_iter().map(grant).collect())
    }

    /// The secrets that one entry of `read` names, and the environment that a job must then have, if there is one for each.
    fn targets(
        &mut self,
        binding: &Binding,
        place: &Place,
        below: &str,
        read: &str,
        namespace: &str,
    ) -> Vec<(Option<String>, String)> {
        let stores = |environment: Option<&str>| {
            let wanted = environment.map(str::to_owned);
            stores_of(namespace, &binding.repository, environment).map(|name| (wanted.clone(), name))
        };
        let of_any_job = |environment| stores(environment).map(|(_, name)| (None, name)).to_vec();
        let Some(reading) = Reading::parse(read) else {
            self.problem_at(place, below, format!("`{}` is none of {FORMS}", printable(read)));
            return vec![];
        };
        if !matches!(reading, Reading::Secret(_)) && binding.repository == "*" {
            self.problem_at(
                place,
                below,
                "is a store of one repository, and this binding is for all: read secret:NAME",
            );
            return vec![];
        }
        let environments = binding.when.get("environment").map(|values| values.values()).unwrap_or_default();
        match reading {
            Reading::Repository => of_any_job(None),
            Reading::OwnEnvironment => {
                if environments.is_empty() {
                    self.problem_at(place, below, "needs `environment` in `when`: which environments?");
                }
                environments.iter().flat_map(|environment| stores(Some(environment))).collect()
            }
            Reading::Environment(environment) => {
                if self.needs_role(binding) && environments != [environment] {
                    let message = format!(
                        "the role of all repositories reads only the environment that the job has: write \"environment\": \"{}\" in `when`, or give this binding a role of its own",
                        printable(environment)
                    );
                    self.problem_at(place, below, message);
                }
                of_any_job(Some(environment))
            }
            Reading::Secret(name) => {
                if self.needs_role(binding) {
                    self.problem_at(
                        place,
                        below,
                        "is no store of the repository, so it needs a role of its own: add \"role\"",
                    );
                    return vec![];
                }
                vec![(None, name.to_owned())]
            }
        }
    }

    fn check_claim(&mut self, place: &Place, claim: &str, values: &[String]) {
        let below = format!("/when/{}", claim.replace('~', "~0").replace('/', "~1"));
        let is_known = CLAIMS.contains(&claim) || claim.strip_prefix(PROPERTY).is_some_and(|name| !name.is_empty());
        if claim == "repository" || claim == "repository_id" {
            self.problem_at(place, &below, "stands in `repository` of the binding, and its id in `repositories`");
        } else if claim == "sub" || !is_known {
            let near =
                nearest(claim, CLAIMS.into_iter()).map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
            let message = format!("no token has a claim `{}` that can be compared.{near}", printable(claim));
            self.problem_at(place, &below, message);
        }
        let is_on_aws = self.file().aws.is_some();
        let is_on_vault = self.file().vault.is_some();
        for value in values {
            let on_aws = is_on_aws.then(|| problem_of_value(claim, value)).flatten();
            let problem = on_aws.or_else(|| is_on_vault.then(|| problem_on_vault(claim, value)).flatten());
            if let Some(message) = problem {
                self.problem_at(place, &below, message);
            }
        }
    }

    /// What the tags of a store must be for a binding of the shared role.
    fn guard(
        &mut self,
        binding: &Binding,
        place: &Place,
        grants: &[Grant],
        repositories: &BTreeMap<String, String>,
        guarded: &mut Guarded,
    ) {
        let events = self.file().events.clone().unwrap_or_else(|| DEFAULT_EVENTS.map(str::to_owned).to_vec());
        if let Some(wanted) = binding.when.get("event_name") {
            for event in wanted.values().iter().filter(|event| !events.contains(event)) {
                let message = format!(
                    "the role of all repositories does not let `{}` in: add it to `events`, or give this binding a role of its own",
                    printable(event)
                );
                self.problem_at(place, "/when/event_name", message);
            }
        }
        for (claim, values) in
            binding.when.iter().filter(|(claim, values)| *claim != "environment" && values.values().len() > 1)
        {
            let count = values.values().len();
            let message = format!(
                "a tag of the store holds one value and not {count}: give this binding a role of its own, or one value"
            );
            self.problem_at(place, &format!("/when/{claim}"), message);
        }
        let Some(id) = repositories.get(&binding.repository) else { return };
        for grant in grants {
            for name in &grant.stores {
                let mut tags = BTreeMap::from([("repository_id".to_owned(), id.clone())]);
                let is_of_environment = name.contains("/env/");
                for (claim, values) in &grant.claims {
                    let is_named = claim == "repository"
                        || claim == "repository_id"
                        || (claim == "environment" && is_of_environment);
                    if let (false, Some(value)) = (is_named, values.first()) {
                        tags.insert(claim.clone(), value.clone());
                    }
                    if claim == "environment" && !is_of_environment && values.len() > 1 {
                        let message = "a tag of the repository's store holds one environment: give this binding a role of its own";
                        self.problem_at(place, "/when/environment", message);
                    }
                }
                match guarded.get(name) {
                    Some((other, _)) => {
                        let message = format!(
                            "`{}` already says who reads {name} by this role: a store has one guard",
                            printable(other)
                        );
                        self.problem_at(place, "/read", message);
                    }
                    None => drop(guarded.insert(name.clone(), (binding.name.clone(), tags))),
                }
            }
        }
    }

    /// The role of a binding that has one of its own, or of several that share it.
    fn own_role(&mut self, binding: &Binding, place: &Place, name: &str, roles: &mut Vec<Role>) {
        let events = binding.when.get("event_name").map(|values| values.values().to_vec());
        let events = events.or_else(|| self.file().events.clone());
        let events = events.unwrap_or_else(|| DEFAULT_EVENTS.map(str::to_owned).to_vec());
        match roles.iter_mut().find(|role| role.name == name) {
            Some(role) => {
                let more: Vec<_> = events.into_iter().filter(|event| !role.events.contains(event)).collect();
                role.events.extend(more);
            }
            None => roles.push(Role { name: name.to_owned(), events, grants: vec![], is_shared: false }),
        }
        let is_mixed = roles.iter().find(|role| role.name == name).is_some_and(|role| {
            let is_of_request = |event: &String| is_of_pull_request(event);
            role.events.iter().any(is_of_request) && !role.events.iter().all(is_of_request)
        });
        if is_mixed {
            let message = format!(
                "the role `{}` would let in pull requests and other events: give each a role of its own",
                printable(name)
            );
            self.problem_at(place, "/role", message);
        }
    }
}

/// What a pull request reads, nothing else may: its author chooses what runs.
pub(crate) fn pull_request_problems(merged: &Merged, roles: &[Role]) -> Vec<Problem> {
    let is_open = |role: &&Role| role.events.iter().any(|event| is_of_pull_request(event));
    let (open, closed): (Vec<_>, Vec<_>) = roles.iter().partition(is_open);
    let stores_of = |role: &Role| role.grants.iter().flat_map(|grant| grant.stores.clone()).collect::<BTreeSet<_>>();
    let guarded: BTreeSet<_> = closed.into_iter().flat_map(stores_of).collect();
    let problem = |grant: &Grant| {
        let name = grant.stores.iter().find(|name| guarded.contains(*name))?;
        let bindings = merged.file.bindings.iter().zip(&merged.bindings);
        let place = bindings.filter(|(binding, _)| binding.name == grant.binding).map(|(_, place)| place).next()?;
        let place = Place { pointer: format!("{}/read", place.pointer), ..place.clone() };
        let message =
            format!("pull requests would read {name}, which other events read too: give them a store of their own");
        Some(merged.problem(&place, message))
    };
    open.iter().flat_map(|role| &role.grants).filter_map(problem).collect()
}

pub(crate) fn is_of_pull_request(event: &str) -> bool {
    PULL_REQUEST_EVENTS.contains(&event)
}

/// Why no job can have this claim, or no policy can want it.
pub(crate) fn problem_of_value(claim: &str, value: &str) -> Option<String> {
    let shown = printable(value);
    let tag = |c: char| c.is_alphanumeric() || c.is_whitespace() && !c.is_control() || "_.:/=+-@".contains(c);
    if value == ABSENT {
        Some("`-` stands for an absent claim in the policies, and cannot be wanted".to_owned())
    } else if value.contains(['*', '?', '$']) {
        Some(format!("`{shown}` has a wildcard or a variable: name each value"))
    } else if value.chars().count() > MAX_TAG {
        Some(format!("`{shown}` is longer than a session tag, {MAX_TAG} characters"))
    } else if !value.chars().all(tag) {
        Some(format!(
            "`{shown}` has a character that STS refuses in session tags: letters, digits, spaces and _.:/=+-@ are allowed"
        ))
    } else if claim == "event_name" {
        unknown_event(value)
    } else if claim == "environment" && NamePart::parse(value).is_none() {
        Some(format!("no secret can be named after `{shown}`: letters, digits and /_+=.@- are allowed"))
    } else {
        None
    }
}

/// Why no bound claim of Vault can want this value and no other.
///
/// The Terraform provider splits a value at commas, and trims each part.
pub(crate) fn problem_on_vault(claim: &str, value: &str) -> Option<String> {
    let shown = printable(value);
    if value.contains('*') {
        Some(format!("`{shown}` has a wildcard: name each value"))
    } else if value.contains(|c: char| c == ',' || c.is_control()) || value.trim() != value {
        Some(format!(
            "`{shown}` has a comma, a control character or spaces at an end, which Terraform does not hand to Vault as they are"
        ))
    } else if claim == "event_name" {
        unknown_event(value)
    } else if claim == "environment" && NamePart::parse(value).is_none() {
        Some(format!("no store can be named after `{shown}`: letters, digits and /_+=.@- are allowed"))
    } else {
        None
    }
}

pub(crate) const ACCOUNT: &str = "must be the 12 digits of an account";
pub(crate) const REGION: &str = "must be a region's name, as us-west-2";
pub(crate) const ROLE_NAME: &str = "must have at most 64 letters, digits and characters of _+=,.@-";

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
pub(crate) fn is_role_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

pub(crate) const POOL_NAME: &str = "must have at most 128 letters, digits, spaces and characters of _+=,.@-";

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CreateIdentityPool.html>
pub(crate) fn is_pool_name(name: &str) -> bool {
    let plain = |character: char| character.is_alphanumeric() || " _+=,.@-".contains(character);
    (1..=128).contains(&name.chars().count()) && name.chars().all(plain)
}

/// GitHub's ids, as text: no number of 64 bits is longer.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) fn is_repository(name: &str) -> bool {
    name.split_once('/').is_some_and(|(owner, name)| is_slug(owner) && is_slug(name))
}

/// As GitHub names owners, enterprises and repositories.
fn is_slug(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN>
fn is_key_of(arn: &str, region: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let [scheme, partition, service, place, account, resource] = parts.as_slice() else { return false };
    let is_key = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    *scheme == "arn"
        && Region::parse(region).is_some_and(|region| region.partition() == *partition)
        && *service == "kms"
        && *place == region
        && AccountId::parse(account).is_some()
        && resource.strip_prefix("key/").is_some_and(is_key)
}

fn unknown_event(event: &str) -> Option<String> {
    let known = || DEFAULT_EVENTS.into_iter().chain(PULL_REQUEST_EVENTS).chain(OTHER_EVENTS);
    if known().any(|known| known == event) {
        return None;
    }
    let near = nearest(event, known()).map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
    Some(format!("no event is called `{}`.{near}", printable(event)))
}
