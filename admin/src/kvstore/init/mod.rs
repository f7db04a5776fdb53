//! `env-kvstore init`: answers become a `kvstore.json`, or one task more in it.
//!
//! A terminal asks what [`step`] says, one question at a time, until there is a plan; a file of answers has to lead there at once.
//! Both are this one function, so both come to the same bytes.

pub mod answers;
mod checks;
mod from;
mod insertion;
pub mod interview;
mod next;
mod tasks;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::kvstore::generate::Target;
use crate::kvstore::init::answers::Answers;
use crate::kvstore::init::from::Found;
use crate::kvstore::init::interview::{Interview, Known, Question};
use crate::kvstore::init::next::{Next, next, next_on_vault};
use crate::kvstore::init::tasks::{Whose, Work};
use crate::kvstore::plan::plan;
use crate::kvstore::problem::Problem;
use crate::kvstore::reader::{Text, read};
use crate::kvstore::set_up::set_up;

/// Where the schema of the file is, for editors.
const SCHEMA: &str = "https://raw.githubusercontent.com/org/env-kvstore/v1/docs/kvstore.schema.json";

/// What else can be made for AWS, if this version makes it.
const SET_UPS: [(&str, &str); 2] = [("cloudformation", "CloudFormation"), ("terraform", "Terraform or OpenTofu")];

/// The proof, which is always made.
const MATRIX: &str = "matrix";

/// Where it all takes place.
#[derive(Debug, Clone, Deserialize)]
pub struct Place {
    /// The path of `kvstore.json`.
    pub file: String,
    /// The folder of generated files.
    pub folder: String,
    /// The targets that were generated there before.
    pub made: Vec<String>,
    /// Files to be carried over, by name and text: see [`from`].
    #[serde(default)]
    pub from: Vec<(String, String)>,
}

/// What comes next: a question, or a plan, or problems.
#[derive(Debug, Default, Serialize)]
pub struct Step {
    /// The next question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<Question>,
    /// What is wrong with the file, or with answers.
    pub problems: Vec<Problem>,
    /// If nothing is to be asked any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// What is to be written.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// The whole text of `kvstore.json`.
    pub text: String,
    /// What is to be generated from it.
    pub targets: Vec<String>,
    /// The names of the bindings that are new.
    pub bindings: Vec<String>,
    /// Who does what then.
    pub next: Vec<Next>,
    /// What of files that were carried over is otherwise, or left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Problem>,
}

/// What comes after these answers. `texts` are the files that there are, `kvstore.json` first; none if there is none yet.
pub fn step(texts: &[Text], answers: &Answers, place: &Place) -> Step {
    match try_step(texts, answers, place) {
        Ok(step) => step,
        Err(problems) => Step { problems, ..Step::default() },
    }
}

fn try_step(texts: &[Text], answers: &Answers, place: &Place) -> Result<Step, Vec<Problem>> {
    if !place.from.is_empty() {
        return carried_over(texts, answers, place);
    }
    let known = if texts.is_empty() { Known::default() } else { known(texts)? };
    let mut interview = Interview::new(answers, &known);
    let draft = interview.draft(place);
    if let Some(question) = interview.end()? {
        return Ok(Step { question: Some(question), ..Step::default() });
    }
    let Some(draft) = draft else { return Ok(Step::default()) };
    let plan = draft.plan(texts, place)?;
    Ok(Step { plan: Some(plan), ..Step::default() })
}

/// The file that other files come to.
fn carried_over(texts: &[Text], answers: &Answers, place: &Place) -> Result<Step, Vec<Problem>> {
    let wrong = |message: String| Problem { file: place.file.clone(), pointer: String::new(), line: 1, message };
    if !texts.is_empty() {
        return Err(vec![wrong("is there already: --from makes a new file, so name another one by --file".to_owned())]);
    }
    let files: Vec<_> = place.from.iter().map(|(name, text)| Text { name: name.clone(), text: text.clone() }).collect();
    let mut found = from::read(&files)?;
    if found.bindings.is_empty() {
        return Err([vec![wrong("no binding can be carried over".to_owned())], found.notes].concat());
    }
    let known = Known::default();
    let mut interview = Interview::new(answers, &known);
    let github = interview.tenant();
    let vault = interview.vault(&found);
    let ids = interview.ids(&found);
    let choices = [
        ("terraform", "Terraform or OpenTofu"),
        ("vault", "Vault's or OpenBao's own command line"),
        (MATRIX, "Not yet: only prove who reads what"),
    ];
    let question = Question::choice("set_up", "How do you set up Vault?", &choices).default("terraform");
    let target = interview.ask(question, |text| Ok(text.to_owned()));
    if let Some(question) = interview.end()? {
        return Ok(Step { question: Some(question), ..Step::default() });
    }
    let (Some(github), Some(vault), Some(ids), Some(target)) = (github, vault, ids, target) else {
        return Ok(Step::default());
    };
    if let Some(organization) = github.get("organization").and_then(Value::as_str) {
        let is_of_others =
            |name: &&String| name.split('/').next().is_some_and(|owner| !owner.eq_ignore_ascii_case(organization));
        let message = |name: &String| {
            format!("`{name}` is not of {organization}, whose id every token must have: its jobs are refused")
        };
        found.notes.extend(found.repositories.keys().filter(is_of_others).map(|name| wrong(message(name))));
    }
    let bindings: Vec<_> = found.bindings.iter().map(from::Binding::json).collect();
    let text = insertion::document(&json!({
        "$schema": SCHEMA,
        "version": 1,
        "github": github,
        "vault": vault,
        "repositories": ids,
        "bindings": bindings
    }));
    let name = place.file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let merged = read(&[Text { name, text: text.clone() }])?;
    let set_up = plan(&merged)?.vault;
    let mut targets = vec![target, MATRIX.to_owned()];
    targets.dedup();
    let next = set_up.iter().flat_map(|set_up| next_on_vault(set_up, &targets, place)).collect();
    let bindings = found.bindings.into_iter().map(|binding| binding.name).collect();
    Ok(Step { plan: Some(Plan { text, targets, bindings, next, notes: found.notes }), ..Step::default() })
}

fn known(texts: &[Text]) -> Result<Known, Vec<Problem>> {
    let merged = read(texts)?;
    let names = merged.file.bindings.iter().map(|binding| binding.name.clone()).collect();
    Ok(Known { set_up: Some(set_up(&merged)?), names })
}

/// All that was asked.
struct Draft {
    /// Of a file that there is not yet.
    head: Option<Head>,
    targets: Vec<String>,
    work: Work,
}

struct Head {
    github: Map<String, Value>,
    aws: Map<String, Value>,
}

impl Interview<'_> {
    fn draft(&mut self, place: &Place) -> Option<Draft> {
        let known = self.known;
        if let Some(set_up) = &known.set_up {
            let tenant = &set_up.tenant;
            let kind = if tenant.is_enterprise { "enterprise" } else { "organization" };
            let role = set_up.roles.first().map(|role| role.name.as_str());
            self.settled("tenant", kind);
            self.settled(kind, &tenant.name);
            self.settled(&format!("{kind}_id"), &tenant.id);
            self.settled("account", set_up.account.digits());
            self.settled("region", set_up.region.name());
            self.settled("pool", &set_up.pool);
            self.settled("role", role.unwrap_or_default());
            let organization = (!tenant.is_enterprise).then_some(tenant.name.as_str());
            let targets = self.targets(place);
            let whose = Whose { organization, role, namespace: Some(&set_up.namespace) };
            let work = self.work(&whose);
            return Some(Draft { head: None, targets: targets?, work: work? });
        }
        let github = self.tenant();
        let aws = self.aws();
        let targets = self.targets(place);
        let text = |of: &Option<Map<String, Value>>, key| of.as_ref()?.get(key)?.as_str().map(str::to_owned);
        let (organization, role) = (text(&github, "organization"), text(&aws, "role"));
        let whose = Whose { organization: organization.as_deref(), role: role.as_deref(), namespace: None };
        let work = self.work(&whose);
        Some(Draft { head: Some(Head { github: github?, aws: aws? }), targets: targets?, work: work? })
    }

    fn tenant(&mut self) -> Option<Map<String, Value>> {
        let question = Question::choice(
            "tenant",
            "Who owns the workflows?",
            &[("organization", "An organization"), ("enterprise", "An enterprise")],
        );
        let question =
            question.explain("An enterprise must issue tokens under its own name: set include_enterprise_slug first");
        let kind = self.ask(question, |text| Ok(text.to_owned()))?;
        let is_enterprise = kind == "enterprise";
        let message = if is_enterprise { "Slug of the enterprise" } else { "Name of the organization" };
        let name = self.ask(Question::text(kind.as_str(), message), checks::owner);
        let id_key = format!("{kind}_id");
        let command = match name.as_deref().unwrap_or(if is_enterprise { "ENTERPRISE" } else { "ORGANIZATION" }) {
            name if is_enterprise => {
                format!(
                    "gh api graphql -f query='{{ enterprise(slug: \"{name}\") {{ databaseId }} }}' --jq .data.enterprise.databaseId"
                )
            }
            name => format!("gh api orgs/{name} --jq .id"),
        };
        let mut question = Question::text(id_key.as_str(), format!("Id of {}", name.as_deref().unwrap_or(&kind)))
            .explain(format!("To print it: {command}"));
        if is_enterprise {
            question = question.explain("It must be the claim enterprise_id of the tokens");
        }
        let id = self.ask(question, checks::id);
        Some(Map::from_iter([(kind, json!(name?)), (id_key, json!(id?))]))
    }

    fn aws(&mut self) -> Option<Map<String, Value>> {
        let question = Question::text("account", "AWS account")
            .explain("To print it: aws sts get-caller-identity --query Account --output text");
        let account = self.ask(question, checks::account);
        let region = self.ask(Question::text("region", "Region of the stores"), checks::region);
        let question = Question::text("pool", "Name of the identity pool").default("github-actions");
        let pool = self.ask(question, checks::pool);
        let question = Question::text("role", "Name of the role of all repositories").default("github-actions");
        let role = self.ask(question, checks::role);
        Some(Map::from_iter([
            ("account".to_owned(), json!(account?)),
            ("region".to_owned(), json!(region?)),
            ("pool".to_owned(), json!(pool?)),
            ("role".to_owned(), json!(role?)),
        ]))
    }

    fn vault(&mut self, found: &Found) -> Option<Map<String, Value>> {
        let question = Question::text("url", "Address of Vault, as jobs reach it")
            .explain("Such as https://vault.example.com:8200");
        let url = self.ask(question, checks::url);
        let question = Question::text("mount", "Mount of the KV engine of version 2")
            .default(found.mount.as_deref().unwrap_or("secret"));
        let mount = self.ask(question, checks::path);
        let question = Question::text("auth_path", "Path of the JWT auth method")
            .explain("DigitalOcean's module has github-actions")
            .default("github-actions");
        let auth_path = self.ask(question, checks::path);
        let own = [("url", url?), ("mount", mount?), ("auth_path", auth_path?)];
        let found = [("audience", found.audience.clone()), ("user_claim", found.user_claim.clone())];
        let found = found.into_iter().filter_map(|(key, text)| Some((key, text?)));
        Some(own.into_iter().chain(found).map(|(key, text)| (key.to_owned(), json!(text))).collect())
    }

    /// The ids of repositories, which no file of the kind has.
    fn ids(&mut self, found: &Found) -> Option<Map<String, Value>> {
        let mut ids = Map::new();
        let mut is_whole = true;
        for (name, known) in &found.repositories {
            let question = Question::text(format!("id of {name}"), format!("Id of {name}"))
                .explain(format!("To print it: gh api repos/{name} --jq .id"));
            let question = known.iter().fold(question, |question, id| question.default(id.as_str()));
            match self.ask(question, checks::id) {
                Some(id) => drop(ids.insert(name.clone(), json!({ "id": id }))),
                None => is_whole = false,
            }
        }
        is_whole.then_some(ids)
    }

    /// What was generated before is generated again.
    fn targets(&mut self, place: &Place) -> Option<Vec<String>> {
        let choices: Vec<_> = SET_UPS.into_iter().filter(|(target, _)| Target::parse(target).is_some()).collect();
        let before: Vec<_> =
            choices.iter().filter(|(target, _)| place.made.iter().any(|made| made == target)).collect();
        let mut targets: Vec<String> = before.iter().map(|(target, _)| (*target).to_owned()).collect();
        if let Some((target, _)) = before.first() {
            self.settled("set_up", target);
        } else {
            let choices: Vec<_> = choices.into_iter().chain([(MATRIX, "Not yet: only prove who reads what")]).collect();
            let question = Question::choice("set_up", "How do you deploy to AWS?", &choices).default("cloudformation");
            targets.push(self.ask(question, |text| Ok(text.to_owned()))?);
        }
        targets.push(MATRIX.to_owned());
        targets.dedup();
        Some(targets)
    }
}

impl Draft {
    fn plan(self, texts: &[Text], place: &Place) -> Result<Plan, Vec<Problem>> {
        let Self { head, targets, work } = self;
        let name = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
        let before = match (head, texts.first()) {
            (Some(Head { github, aws }), _) => insertion::document(&json!({
                "$schema": SCHEMA,
                "version": 1,
                "github": github,
                "aws": aws,
                "repositories": {},
                "bindings": []
            })),
            (None, Some(text)) => text.text.clone(),
            (None, None) => String::new(),
        };
        let repositories = work.id.iter().map(|id| (work.repository.clone(), json!({ "id": id }))).collect::<Vec<_>>();
        let bindings = work.bindings.iter().map(tasks::Binding::json).collect();
        let after = insertion::with_members(&before, "repositories", repositories)
            .and_then(|text| insertion::with_items(&text, "bindings", bindings));
        let text = after.unwrap_or(before);
        let root = Text { name: name.to_owned(), text };
        let others = texts.iter().skip(1).cloned();
        let merged = read(&[root.clone()].into_iter().chain(others).collect::<Vec<_>>())?;
        let set_up = set_up(&merged)?;
        let next = next(&set_up, &work, &targets, place);
        let bindings = work.bindings.into_iter().map(|binding| binding.name).collect();
        Ok(Plan { text: root.text, targets, bindings, next, notes: vec![] })
    }
}
