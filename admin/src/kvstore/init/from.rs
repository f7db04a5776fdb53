//! `init --from`: the JSON files of DigitalOcean's Terraform module for Vault and GitHub (`oidc_bindings`), and the policies that they
//! name, become a `kvstore.json` for Vault. What cannot be carried over is said with its line.
//! <https://github.com/digitalocean/terraform-vault-github-oidc>

use std::collections::{BTreeMap, BTreeSet};

use env_kvstore::text::printable::printable;
use jsonc_parser::ast::{Object, Value as Node};
use jsonc_parser::common::Ranged;
use serde_json::{Map, Value, json};

use crate::kvstore::init::checks;
use crate::kvstore::problem::Problem;
use crate::kvstore::reader::{Lines, Text, parse};
use crate::kvstore::set_up::{CLAIMS, PROPERTY, is_id, is_repository, problem_on_vault};
use crate::kvstore::vault::{TOKEN_TTL, USER_CLAIMS};
use crate::vault::policy::Policy;

/// What the files say.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) bindings: Vec<Binding>,
    /// Each repository, with its id if the files have it.
    pub(crate) repositories: BTreeMap<String, Option<String>>,
    /// The audience, if it is one and not that of AWS or the default of GitHub.
    pub(crate) audience: Option<String>,
    pub(crate) user_claim: Option<String>,
    /// The mount of the policies' paths.
    pub(crate) mount: Option<String>,
    /// What is otherwise in `kvstore.json`, or not in it.
    pub(crate) notes: Vec<Problem>,
}

/// A binding, as it is written.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) name: String,
    repository: String,
    when: BTreeMap<String, String>,
    read: Vec<String>,
}

impl Binding {
    pub(crate) fn json(&self) -> Value {
        let when: Map<_, _> = self.when.iter().map(|(claim, value)| (claim.clone(), json!(value))).collect();
        json!({ "name": self.name, "repository": self.repository, "when": when, "read": self.read })
    }
}

/// Reads the files; problems are files that are nothing of the kind.
pub(crate) fn read(files: &[Text]) -> Result<Found, Vec<Problem>> {
    let mut reader = Reader::default();
    let mut problems = Vec::new();
    let (policies, bindings): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.name.ends_with(".hcl"));
    for file in policies {
        let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".hcl").to_owned();
        match Policy::parse(&file.text) {
            Ok(policy) => drop(reader.policies.insert(name, (file, policy))),
            Err(message) => problems.push(problem(file, 1, "", message)),
        }
    }
    for file in bindings {
        if let Err(problem) = reader.file(file) {
            problems.push(problem);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    reader.settle();
    Ok(reader.found)
}

fn problem(file: &Text, line: usize, pointer: &str, message: impl Into<String>) -> Problem {
    Problem { file: file.name.clone(), pointer: pointer.to_owned(), line, message: message.into() }
}

#[derive(Default)]
struct Reader<'t> {
    found: Found,
    policies: BTreeMap<String, (&'t Text, Policy)>,
    /// With where each is said.
    audiences: BTreeMap<String, (&'t Text, usize)>,
    user_claims: BTreeMap<String, (&'t Text, usize)>,
    names: BTreeSet<String>,
    /// Policies of which something was said already.
    said: BTreeSet<String>,
}

/// One object of `oidc_bindings`.
struct Source<'s, 't> {
    file: &'t Text,
    lines: &'s Lines,
    pointer: String,
    object: &'s Object<'s>,
}

impl Source<'_, '_> {
    fn line(&self, key: &str) -> usize {
        let place = self.object.get(key).map_or(self.object.range.start, |property| property.range.start);
        self.lines.line(place)
    }

    fn note(&self, key: &str, message: impl Into<String>) -> Problem {
        let below = if key.is_empty() { String::new() } else { format!("/{key}") };
        problem(self.file, self.line(key), &format!("{}{below}", self.pointer), message)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.object.get(key).and_then(|property| text_of(&property.value))
    }
}

fn text_of(value: &Node<'_>) -> Option<String> {
    match value {
        Node::StringLit(text) => Some(text.value.to_string()),
        Node::NumberLit(number) => Some(number.value.to_string()),
        Node::BooleanLit(yes) => Some(yes.value.to_string()),
        _ => None,
    }
}

/// Whose jobs a subject is of.
struct Subject {
    /// OWNER/NAME, or `*`.
    repository: String,
    id: Option<String>,
    when: Option<(&'static str, String)>,
    /// What is otherwise by claims than by the subject.
    note: &'static str,
}

impl<'t> Reader<'t> {
    fn file(&mut self, file: &'t Text) -> Result<(), Problem> {
        let source = file.text.trim_start_matches('\u{feff}');
        let document = parse(&file.name, source)?;
        let list = match &document {
            Node::Array(list) => Some((list, "")),
            Node::Object(object) => object.get("oidc_bindings").and_then(|property| match &property.value {
                Node::Array(list) => Some((list, "/oidc_bindings")),
                _ => None,
            }),
            _ => None,
        };
        let Some((list, pointer)) = list else {
            return Err(problem(file, 1, "", "is no list of oidc_bindings"));
        };
        let lines = Lines::of(source);
        for (place, element) in list.elements.iter().enumerate() {
            let pointer = format!("{pointer}/{place}");
            let Node::Object(object) = element else {
                let line = lines.line(element.range().start);
                return Err(problem(file, line, &pointer, "is no object"));
            };
            self.binding(&Source { file, lines: &lines, pointer, object });
        }
        Ok(())
    }

    fn binding(&mut self, source: &Source<'_, 't>) {
        if let Err(note) = self.carried(source) {
            self.found.notes.push(Problem { message: format!("{}: the binding is left out", note.message), ..note });
        }
    }

    /// Adds the binding; the error is why it is left out, because without that it would let in other jobs.
    fn carried(&mut self, source: &Source<'_, 't>) -> Result<(), Problem> {
        const KNOWN: [&str; 7] = [
            "audience",
            "vault_role_name",
            "bound_subject",
            "vault_policies",
            "user_claim",
            "additional_claims",
            "ttl",
        ];
        let name = source.text("vault_role_name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| source.note("", "`vault_role_name` is missing"))?;
        let subject = source.text("bound_subject").ok_or_else(|| source.note("", "`bound_subject` is missing"))?;
        let mut when = self.claims(source)?;
        let by_workflow = when.contains_key("job_workflow_ref");
        let Subject { repository, id, when: own, note } =
            subject_of(&subject, by_workflow).map_err(|message| source.note("bound_subject", message))?;
        if let Some((claim, value)) = own {
            if when.get(claim).is_some_and(|other| *other != value) {
                return Err(source.note("additional_claims", format!("wants another `{claim}` than bound_subject")));
            }
            when.insert(claim.to_owned(), value);
        }
        let is_same = when.remove("repository").is_none_or(|other| other == repository);
        if !is_same {
            return Err(source.note("additional_claims", "wants another `repository` than bound_subject"));
        }
        if repository == "*" && when.contains_key("repository_id") {
            return Err(source.note("additional_claims", "wants one `repository_id` of every repository"));
        }
        let id = when.remove("repository_id").filter(|id| is_id(id)).or(id);
        for (claim, value) in &when {
            if let Some(message) = problem_on_vault(claim, value) {
                let key = if own_claim(&subject, claim) { "bound_subject" } else { "additional_claims" };
                return Err(source.note(key, message));
            }
        }
        let read = self.reads(source, &repository, when.get("environment"))?;
        if !self.names.insert(name.to_lowercase()) {
            return Err(source.note("vault_role_name", format!("`{}` is there twice", printable(&name))));
        }
        if !note.is_empty() {
            self.found.notes.push(source.note("bound_subject", note));
        }
        for property in source.object.properties.iter().filter(|property| !KNOWN.contains(&property.name.as_str())) {
            let key = property.name.as_str();
            self.found.notes.push(source.note(key, format!("`{}` is not known, and is left out", printable(key))));
        }
        if let Some(ttl) = source.text("ttl").filter(|ttl| *ttl != TOKEN_TTL.to_string()) {
            let message = format!("{} seconds become {TOKEN_TTL}: the step reads everything at once", printable(&ttl));
            self.found.notes.push(source.note("ttl", message));
        }
        if let Some(audience) = source.text("audience") {
            self.audiences.entry(audience).or_insert((source.file, source.line("audience")));
        }
        if let Some(claim) = source.text("user_claim") {
            self.user_claims.entry(claim).or_insert((source.file, source.line("user_claim")));
        }
        if repository != "*" {
            let known = self.found.repositories.entry(repository.clone()).or_default();
            *known = known.take().or(id);
        }
        self.found.bindings.push(Binding { name, repository, when, read });
        Ok(())
    }

    /// `additional_claims`: an object, or a list of objects as the module's README has it.
    fn claims(&self, source: &Source<'_, 't>) -> Result<BTreeMap<String, String>, Problem> {
        let key = "additional_claims";
        let Some(property) = source.object.get(key) else { return Ok(BTreeMap::new()) };
        let objects: Option<Vec<_>> = match &property.value {
            Node::NullKeyword(_) => return Ok(BTreeMap::new()),
            Node::Object(object) => Some(vec![object]),
            Node::Array(list) => list.elements.iter().map(|element| element.as_object()).collect(),
            _ => None,
        };
        let objects = objects.ok_or_else(|| source.note(key, "is no object"))?;
        let mut claims = BTreeMap::new();
        for property in objects.iter().flat_map(|object| &object.properties) {
            let claim = property.name.as_str();
            let is_known = CLAIMS.contains(&claim) || claim.starts_with(PROPERTY);
            if !is_known {
                return Err(source.note(key, format!("no token has a claim `{}`", printable(claim))));
            }
            // The module lets bound_subject win.
            if claim == "sub" {
                continue;
            }
            let value = text_of(&property.value).ok_or_else(|| source.note(key, format!("`{claim}` is no text")))?;
            claims.insert(claim.to_owned(), value);
        }
        Ok(claims)
    }

    /// What the policies of a binding read, or what the convention has for it.
    fn reads(
        &mut self,
        source: &Source<'_, 't>,
        repository: &str,
        environment: Option<&String>,
    ) -> Result<Vec<String>, Problem> {
        let key = "vault_policies";
        let names: Vec<String> = match source.object.get(key).map(|property| &property.value) {
            Some(Node::Array(list)) => list.elements.iter().filter_map(text_of).collect(),
            _ => return Err(source.note(key, "is no list")),
        };
        let mut read: Vec<String> = Vec::new();
        for name in &names {
            let Some((file, policy)) = self.policies.get(name) else { continue };
            let mut said = Vec::new();
            for rule in &policy.rules {
                let place = file.text.find(&rule.path).unwrap_or_default();
                let line = Lines::of(&file.text).line(place);
                let mut say = |message: String| {
                    said.push(problem(file, line, "", format!("`{}`: {message}", printable(&rule.path))));
                };
                let more: Vec<_> = rule.capabilities.iter().filter(|one| *one != "read").cloned().collect();
                if !more.is_empty() {
                    say(format!("{} is left out: jobs only read", more.join(", ")));
                }
                if !rule.capabilities.contains("read") {
                    continue;
                }
                let Some((mount, store)) =
                    rule.path.split_once("/data/").filter(|_| !rule.is_pattern() && !rule.is_template())
                else {
                    say("is left out: only a whole path of a KV engine of version 2 can be named".to_owned());
                    continue;
                };
                let own = self.found.mount.get_or_insert_with(|| mount.to_owned());
                if own != mount {
                    say(format!("is left out: kvstore.json has one mount, and that is `{}`", printable(own)));
                    continue;
                }
                let entry = format!("secret:{store}");
                if checks::secret(store).is_err() {
                    say("is left out: a store has letters, digits and characters of /_+=.@-".to_owned());
                } else if !read.contains(&entry) {
                    read.push(entry);
                }
            }
            if self.said.insert(name.clone()) {
                self.found.notes.extend(said);
            }
        }
        let missing: Vec<_> = names.iter().filter(|name| !self.policies.contains_key(*name)).cloned().collect();
        if read.is_empty() && repository == "*" {
            return Err(source.note(key, "what it reads is not known: give --from the policy too, as NAME.hcl"));
        }
        if !missing.is_empty() {
            let shown: Vec<_> = missing.iter().map(|name| printable(name)).collect();
            let instead = match (read.is_empty(), environment) {
                (false, _) => "what they read is left out".to_owned(),
                (true, Some(environment)) => format!("`read` is env:{} by convention", printable(environment)),
                (true, None) => "`read` is repo by convention".to_owned(),
            };
            let message = format!(
                "{} {instead}: move the values there, or give --from the policy too, as NAME.hcl",
                shown.join(", ")
            );
            self.found.notes.push(source.note(key, message));
        }
        if read.is_empty() {
            read.push(environment.map_or("repo".to_owned(), |environment| format!("env:{environment}")));
        }
        Ok(read)
    }

    /// What is one for all roles of `kvstore.json`.
    fn settle(&mut self) {
        let chosen: Vec<_> = self.audiences.keys().filter(|audience| !is_of_others(audience)).cloned().collect();
        self.found.audience = match (chosen.as_slice(), self.audiences.len()) {
            ([only], 1) => Some(only.clone()),
            _ => None,
        };
        if self.found.audience.is_none() {
            for (audience, (file, line)) in &self.audiences {
                let why = if is_of_others(audience) { "is requested for others too" } else { "is one of several" };
                let message = format!(
                    "the audience `{}` {why}: the roles take the address of Vault, as the step requests it",
                    printable(audience)
                );
                self.found.notes.push(problem(file, *line, "", message));
            }
        }
        let claims: Vec<_> = self.user_claims.keys().map(String::as_str).collect();
        match claims.as_slice() {
            [only] if USER_CLAIMS.contains(only) => self.found.user_claim = Some((*only).to_owned()),
            _ => {
                for (claim, (file, line)) in &self.user_claims {
                    let message = format!(
                        "the user_claim `{}` becomes repository_id: who ran a job is in the metadata of its login",
                        printable(claim)
                    );
                    self.found.notes.push(problem(file, *line, "", message));
                }
            }
        }
    }
}

/// A token for these is one that other steps and services have.
fn is_of_others(audience: &str) -> bool {
    audience.starts_with("https://github.com/") || audience.to_lowercase().contains("amazonaws.")
}

/// Whether a subject says something of a claim.
fn own_claim(subject: &str, claim: &str) -> bool {
    subject.contains(&format!(":{claim}:"))
}

/// `repo:OWNER/NAME:environment:ENV`, `…:ref:REF`, `…:pull_request`, `repo:OWNER/NAME:*`, `repo:OWNER/*`.
fn subject_of(subject: &str, by_workflow: bool) -> Result<Subject, String> {
    let shown = printable(subject);
    let unknown = || format!("`{shown}` is no subject of a repository, an environment, a ref or pull requests");
    let rest = subject.strip_prefix("repo:").ok_or_else(unknown)?;
    let (name, kind) = rest.split_once(':').map_or((rest, None), |(name, kind)| (name, Some(kind)));
    let (owner, repository) = name.split_once('/').ok_or_else(unknown)?;
    if owner.contains('*') {
        return Err(format!("`{shown}` is for any owner"));
    }
    if repository == "*" && matches!(kind, None | Some("*")) {
        if !by_workflow {
            return Err(format!("`{shown}` is for every repository of an owner, which needs a job_workflow_ref"));
        }
        let note = "every repository of the owner becomes every repository of the tenant, with the same job_workflow_ref; jobs of pull requests are kept out";
        return Ok(Subject { repository: "*".to_owned(), id: None, when: None, note });
    }
    // An immutable subject has ids: `OWNER@ID/NAME@ID`.
    let (owner, (repository, id)) = (without_id(owner).0, without_id(repository));
    let name = format!("{owner}/{repository}");
    if !is_repository(&name) {
        return Err(format!("`{shown}` names no single repository"));
    }
    let found = |when, note| Ok(Subject { repository: name.clone(), id: id.map(str::to_owned), when, note });
    let is_exact = |value: &str| !value.is_empty() && !value.contains('*');
    match kind.and_then(|kind| kind.split_once(':')).map_or((kind, None), |(kind, value)| (Some(kind), Some(value))) {
        (Some("environment"), Some(value)) if is_exact(value) => {
            let value = value.replace("%3A", ":").replace("%3a", ":");
            found(
                Some(("environment", value)),
                "jobs of pull requests in this environment are kept out: a binding for them names `event_name`",
            )
        }
        (Some("ref"), Some(value)) if is_exact(value) => found(
            Some(("ref", value.to_owned())),
            "a job on this ref that has an environment is let in too: its subject was another one",
        ),
        (Some("pull_request"), None) => {
            let when = Some(("event_name", "pull_request".to_owned()));
            found(when, "a job of a pull request that has an environment is let in too: its subject was another one")
        }
        (Some("*"), None) => found(None, "every job becomes every job but those of pull requests"),
        (Some(_), Some(value)) if value.contains('*') => {
            Err(format!("`{shown}` has a wildcard: name each value in a binding of your own"))
        }
        _ => Err(unknown()),
    }
}

fn without_id(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('@') {
        Some((name, id)) if is_id(id) => (name, Some(id)),
        _ => (name, None),
    }
}
