//! The engineering tasks that a team has, and what each comes to in the file.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::kvstore::init::checks;
use crate::kvstore::init::interview::{Interview, Question};
use crate::kvstore::reading::stores_of;
use crate::kvstore::set_up::problem_of_value;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    PullRequests,
    Main,
    Stages,
    Monorepo,
    SharedWorkflow,
}

/// Their answers, and what the terminal shows.
const TASKS: [(&str, &str, Task); 5] = [
    ("pull-requests", "Test pull requests", Task::PullRequests),
    ("main", "Deploy from main", Task::Main),
    ("stages", "Deploy to staging, then production", Task::Stages),
    ("monorepo", "Deploy the teams of a monorepo", Task::Monorepo),
    ("shared-workflow", "Run a workflow that repositories share", Task::SharedWorkflow),
];

/// What a task adds to the file.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) task: Task,
    /// The jobs' repository, or that of the shared workflow.
    pub(crate) repository: String,
    /// The repository's id, if it is not in the file yet.
    pub(crate) id: Option<String>,
    pub(crate) bindings: Vec<Binding>,
}

/// A binding, as it is written.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) name: String,
    pub(crate) role: Option<String>,
    pub(crate) repository: String,
    because: &'static str,
    when: Vec<(&'static str, Value)>,
    /// Of the store, unless it is a secret of another name.
    pub(crate) environments: Vec<String>,
    pub(crate) secret: Option<String>,
    /// The branch or tag that is deployed.
    pub(crate) git_ref: Option<String>,
    /// The file of the workflow that runs the jobs, if it is known.
    pub(crate) workflow: Option<String>,
}

impl Binding {
    pub(crate) fn json(&self) -> Value {
        let mut members = Map::new();
        members.insert("name".to_owned(), json!(self.name));
        if let Some(role) = &self.role {
            members.insert("role".to_owned(), json!(role));
        }
        members.insert("repository".to_owned(), json!(self.repository));
        members.insert("because".to_owned(), json!(self.because));
        let when: Map<_, _> = self.when.iter().map(|(claim, value)| ((*claim).to_owned(), value.clone())).collect();
        members.insert("when".to_owned(), Value::Object(when));
        let read = match (&self.secret, self.environments.as_slice()) {
            (Some(secret), _) => format!("secret:{secret}"),
            (None, [environment]) => format!("env:{environment}"),
            (None, _) => "env:$environment".to_owned(),
        };
        members.insert("read".to_owned(), json!([read]));
        Value::Object(members)
    }
}

/// Whose jobs are let in, as far as it has been answered.
pub(crate) struct Whose<'a> {
    /// The organization that all repositories are of; none for an enterprise, which has several.
    pub(crate) organization: Option<&'a str>,
    /// The role of all repositories.
    pub(crate) role: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
}

impl Interview<'_> {
    pub(crate) fn work(&mut self, whose: &Whose<'_>) -> Option<Work> {
        let choices = TASKS.map(|(answer, shown, _)| (answer, shown));
        let question = Question::choice("task", "Which task needs values?", &choices);
        let task = self.ask(question, |text| {
            let found = TASKS.iter().find(|(answer, ..)| *answer == text);
            found.map(|(.., task)| *task).ok_or_else(String::new)
        })?;
        match task {
            Task::PullRequests => self.pull_requests(whose),
            Task::Main => self.main(whose),
            Task::Stages => self.stages(whose),
            Task::Monorepo => self.monorepo(whose),
            Task::SharedWorkflow => self.shared_workflow(whose),
        }
    }

    fn pull_requests(&mut self, whose: &Whose<'_>) -> Option<Work> {
        let repository = self.repository(whose);
        let question = Question::text("environment", "Environment of the jobs that test pull requests")
            .explain("It holds values that any author of a pull request may have: no production.")
            .default("pull-request");
        let environment = self.environment(question, whose, repository.as_ref());
        let role = self.own_role("Name of the role that pull requests assume", "pull-requests", whose);
        let (repository, environment) = (repository?, environment?);
        let binding = Binding {
            name: self.name(&repository, "pull requests"),
            role: Some(role?),
            repository: repository.name.clone(),
            because: "tests of pull requests run their authors' code",
            when: vec![("event_name", json!("pull_request")), ("environment", json!(environment))],
            environments: vec![environment],
            secret: None,
            git_ref: None,
            workflow: None,
        };
        Some(repository.work(Task::PullRequests, vec![binding]))
    }

    fn main(&mut self, whose: &Whose<'_>) -> Option<Work> {
        let repository = self.repository(whose);
        let question = Question::text("environment", "Environment that is deployed to").default("production");
        let environment = self.environment(question, whose, repository.as_ref());
        let question = Question::text("ref", "Branch or tag that is deployed").default("refs/heads/main");
        let git_ref = self.ask(question, checks::git_ref);
        let (repository, environment, git_ref) = (repository?, environment?, git_ref?);
        let binding = Binding {
            name: self.name(&repository, &environment),
            role: None,
            repository: repository.name.clone(),
            because: "only this branch or tag is deployed",
            when: vec![("environment", json!(environment)), ("ref", json!(git_ref))],
            environments: vec![environment],
            secret: None,
            git_ref: Some(git_ref),
            workflow: None,
        };
        Some(repository.work(Task::Main, vec![binding]))
    }

    fn stages(&mut self, whose: &Whose<'_>) -> Option<Work> {
        let repository = self.repository(whose);
        let question = Question::text("environments", "Environments, in their order, between commas")
            .explain("A job has one of them at a time, and reads the values of that one.")
            .default("staging, production");
        let environments = self.environments(question, 2, whose, repository.as_ref());
        let (repository, environments) = (repository?, environments?);
        let binding = Binding {
            name: self.name(&repository, "stages"),
            role: None,
            repository: repository.name.clone(),
            because: "each stage has its own values, and no job has two stages",
            when: vec![("environment", json!(environments))],
            environments,
            secret: None,
            git_ref: None,
            workflow: None,
        };
        Some(repository.work(Task::Stages, vec![binding]))
    }

    fn monorepo(&mut self, whose: &Whose<'_>) -> Option<Work> {
        let repository = self.repository(whose);
        let question = Question::text("teams", "Teams, between commas")
            .explain("Each has an environment of that name, and a workflow that nobody else's jobs run.");
        let teams = self.environments(question, 1, whose, repository.as_ref());
        let question = Question::text("ref", "Branch or tag that is deployed").default("refs/heads/main");
        let git_ref = self.ask(question, checks::git_ref);
        let mut used = BTreeSet::new();
        let mut workflows = Vec::new();
        for team in teams.iter().flatten() {
            let question = Question::text(format!("workflow.{team}"), format!("Workflow that deploys {team}"))
                .default(format!(".github/workflows/{}.yml", team.replace('/', "-")));
            let place = repository.as_ref().zip(git_ref.as_ref());
            workflows.push(self.ask(question, |text| {
                let workflow = checks::workflow(text)?;
                if !used.insert(workflow.clone()) {
                    return Err("is another team's workflow already".to_owned());
                }
                place.map_or(Ok(workflow.clone()), |(repository, git_ref)| {
                    run_by(&repository.name, &workflow, git_ref).map(|_| workflow)
                })
            }));
        }
        let (repository, teams, git_ref) = (repository?, teams?, git_ref?);
        let workflows = workflows.into_iter().collect::<Option<Vec<_>>>()?;
        let mut bindings = Vec::new();
        for (team, workflow) in teams.into_iter().zip(workflows) {
            let job_workflow_ref = run_by(&repository.name, &workflow, &git_ref).ok()?;
            bindings.push(Binding {
                name: self.name(&repository, &team),
                role: None,
                repository: repository.name.clone(),
                because: "only this team's own workflow deploys it",
                when: vec![("environment", json!(team)), ("job_workflow_ref", json!(job_workflow_ref))],
                environments: vec![team],
                secret: None,
                git_ref: Some(git_ref.clone()),
                workflow: Some(workflow),
            });
        }
        Some(repository.work(Task::Monorepo, bindings))
    }

    fn shared_workflow(&mut self, whose: &Whose<'_>) -> Option<Work> {
        let question = Question::text("workflow_repository", "Repository of the shared workflow, as OWNER/NAME");
        let repository = self.ask(question, |text| of_organization(text, whose));
        let question = Question::text("workflow", "Workflow that others call").default(".github/workflows/deploy.yml");
        let workflow = self.ask(question, checks::workflow);
        let question = Question::text("ref", "Branch or tag by which it is called")
            .explain("Protect it: whoever moves it changes what reads the secret.")
            .default("refs/tags/v1");
        let place = repository.as_ref().zip(workflow.as_ref());
        let job_workflow_ref = self.ask(question, |text| {
            let git_ref = checks::git_ref(text)?;
            place.map_or(Ok(git_ref.clone()), |(repository, workflow)| run_by(repository, workflow, &git_ref))
        });
        let question = Question::choice(
            "runners",
            "Which runners may it use?",
            &[("github-hosted", "Those of GitHub"), ("any", "Any, and our own with them")],
        );
        let runners = self.ask(question.default("github-hosted"), |text| Ok(text.to_owned()));
        let question = Question::text("secret", "Name of the secret that it reads").default("platform/deploy");
        let secret = self.ask(question, checks::secret);
        let role = self.own_role("Name of the role that it assumes", "deploy", whose);
        let repository = Repository { name: repository?, id: None };
        let mut when = vec![("job_workflow_ref", json!(job_workflow_ref?))];
        if runners? == "github-hosted" {
            when.push(("runner_environment", json!("github-hosted")));
        }
        let workflow = workflow?;
        let binding = Binding {
            name: self.name(&repository, workflow.trim_start_matches(".github/workflows/")),
            role: Some(role?),
            repository: "*".to_owned(),
            because: "the workflow is trusted, whoever calls it",
            when,
            environments: vec![],
            secret: Some(secret?),
            git_ref: None,
            workflow: Some(workflow),
        };
        Some(repository.work(Task::SharedWorkflow, vec![binding]))
    }

    fn repository(&mut self, whose: &Whose<'_>) -> Option<Repository> {
        let known = self.known.repositories();
        let name = self.ask(Question::text("repository", "Repository, as OWNER/NAME"), |text| {
            let name = of_organization(text, whose)?;
            match known.keys().find(|known| known.eq_ignore_ascii_case(&name) && **known != name) {
                Some(known) => Err(format!("is `{known}` in the file: write it the same")),
                None => Ok(name),
            }
        });
        if let Some(id) = name.as_ref().and_then(|name| known.get(name)) {
            self.settled("repository_id", id);
            return Some(Repository { name: name?, id: None });
        }
        let of = name.as_deref().unwrap_or("OWNER/NAME");
        let question = Question::text("repository_id", format!("Id of {of}"))
            .explain(format!("To print it: gh api repos/{of} --jq .id"));
        let id = self.ask(question, |text| match known.iter().find(|(_, id)| *id == text) {
            Some((other, _)) => Err(format!("is the id of `{other}`")),
            None => checks::id(text),
        });
        Some(Repository { name: name?, id: Some(id?) })
    }

    fn environment(
        &mut self,
        question: Question,
        whose: &Whose<'_>,
        repository: Option<&Repository>,
    ) -> Option<String> {
        let known = self.known;
        self.ask(question, |text| {
            let environment = checks::environment(text)?;
            free(known, whose, repository, &environment).map(|()| environment)
        })
    }

    fn environments(
        &mut self,
        question: Question,
        least: usize,
        whose: &Whose<'_>,
        repository: Option<&Repository>,
    ) -> Option<Vec<String>> {
        let known = self.known;
        self.ask(question, |text| {
            let names = checks::environments(text, least)?;
            names.iter().try_for_each(|name| free(known, whose, repository, name)).map(|()| names)
        })
    }

    /// A role that is not that of all repositories.
    fn own_role(&mut self, message: &str, suffix: &str, whose: &Whose<'_>) -> Option<String> {
        let shared = whose.role.unwrap_or("github-actions");
        // At most 64 characters.
        let default = if shared.len() + suffix.len() < 64 { format!("{shared}-{suffix}") } else { suffix.to_owned() };
        self.ask(Question::text("task_role", message).default(default), |text| match checks::role(text) {
            Ok(role) if role == shared => Err("is the role of all repositories: name another".to_owned()),
            checked => checked,
        })
    }

    /// A name that no other binding has.
    fn name(&self, repository: &Repository, what: &str) -> String {
        let (_, short) = repository.name.split_once('/').unwrap_or_default();
        let name = format!("{short} {what}");
        let others = (2..).map(|count| format!("{name} {count}"));
        let mut names = std::iter::once(name.clone()).chain(others);
        names.find(|name| !self.known.names.contains(name)).unwrap_or_default()
    }
}

struct Repository {
    name: String,
    id: Option<String>,
}

impl Repository {
    fn work(self, task: Task, bindings: Vec<Binding>) -> Work {
        Work { task, repository: self.name, id: self.id, bindings }
    }
}

/// Of an organization's set-up the jobs of other owners' repositories would be refused.
fn of_organization(text: &str, whose: &Whose<'_>) -> Result<String, String> {
    let name = checks::repository(text)?;
    let owner = name.split('/').next().unwrap_or_default();
    match whose.organization {
        Some(organization) if owner != organization => {
            Err(format!("must be a repository of {organization}, whose jobs alone are let in: {organization}/NAME"))
        }
        _ => Ok(name),
    }
}

/// The claim `job_workflow_ref` of a job that runs a workflow.
fn run_by(repository: &str, workflow: &str, git_ref: &str) -> Result<String, String> {
    let claim = format!("{repository}/{workflow}@{git_ref}");
    problem_of_value("job_workflow_ref", &claim).map_or(Ok(claim), Err)
}

/// A store has one guard.
fn free(
    known: &super::interview::Known,
    whose: &Whose<'_>,
    repository: Option<&Repository>,
    environment: &str,
) -> Result<(), String> {
    let Some((namespace, repository)) = whose.namespace.zip(repository) else { return Ok(()) };
    let stores = stores_of(namespace, &repository.name, Some(environment));
    match stores.iter().find_map(|store| known.reader_of(store)) {
        Some(binding) => Err(format!("the binding `{binding}` already says who reads the values of {environment}")),
        None => Ok(()),
    }
}
