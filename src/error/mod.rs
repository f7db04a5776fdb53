//! Every situation that can end a run, as its user meets it.

use std::fmt;
use std::time::Duration;

use crate::error::code::Code;
use crate::error::problem::{Problem, ValueProblem, WriteProblem};
use crate::error::refusal::{Call, Refusal, Tried, Unanswered};
use crate::error::token_fault::{TokenFault, TokenSource};
use crate::host::http::SendFailure;
use crate::text::spelling::Spelling;

pub mod code;
pub mod problem;
pub mod refusal;
pub mod token_fault;

/// Why a run ended. `Display` says what happened; [`Error::code`] is stable; [`Error::hint`] says what to do.
///
/// No variant holds a token, key or value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Inputs that cannot be right, all of them, found before anything was sent.
    InvalidInput(Vec<Problem>),
    /// The runner offers no token endpoint to this job.
    IdTokenPermissionMissing,
    /// GitHub's token endpoint gave no token.
    GithubTokenUnavailable(Unanswered),
    /// The GitHub token does not stand up to the local check and was sent nowhere.
    GithubTokenRejected(TokenFault, TokenSource),
    /// A claim that the run needs is absent or unusable.
    ClaimUnusable {
        /// Its name.
        claim: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A session tag in the token of a token exchange that STS would refuse.
    TagUnusable {
        /// Its key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A service said no.
    Refused(Box<Refusal>),
    /// Secrets that could not be read, each for its own reason.
    SecretsUnread(Vec<Error>),
    /// A service gave no answer.
    Unreachable(Box<Call>, Unanswered),
    /// A service's answer is not what its API promises; the text says in what, and is never an excerpt.
    AnswerUnusable(Box<Call>, &'static str),
    /// Stores and values that are not as asked for, all of them.
    ValuesUnusable(Vec<ValueProblem>),
    /// A store that was not changed.
    NotWritten {
        /// Its name.
        store: String,
        /// Why not.
        problem: WriteProblem,
    },
    /// A recipient of age that nothing can be encrypted to.
    NotEncrypted(String),
    /// A store that asks for a migration in words that mean nothing.
    MigrationMisconfigured {
        /// Its name.
        store: String,
        /// Where.
        key: &'static str,
    },
    /// Credentials that do not go into a profile.
    ProfileNotWritten {
        /// Its name.
        profile: String,
        /// Why not.
        problem: &'static str,
    },
    /// The step's time, which is given, ran out while no answer was waited for.
    OutOfTime(Duration),
    /// A fault of this program.
    Internal(&'static str),
}

impl Error {
    /// Both.
    pub fn and(self, other: Self) -> Self {
        let several = |error| match error {
            Self::SecretsUnread(errors) => errors,
            error => vec![error],
        };
        let mut errors = several(self);
        for error in several(other) {
            if !errors.iter().any(|known| known.is_same(&error)) {
                errors.push(error);
            }
        }
        if errors.len() == 1 { errors.remove(0) } else { Self::SecretsUnread(errors) }
    }

    /// Whether they are of one answer, whatever more [`Error::with_next`] has added to one of them.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refused(one), Self::Refused(other)) => (&one.call, &one.answer) == (&other.call, &other.answer),
            (one, other) => one == other,
        }
    }

    /// The same, with one more thing to do next if a service said no; if several did, it is said once.
    pub fn with_next(mut self, next: &str) -> Self {
        let last = match &mut self {
            Self::SecretsUnread(errors) => errors.last_mut(),
            error => Some(error),
        };
        if let Some(Self::Refused(refusal)) = last {
            let known = &mut refusal.diagnosis.next;
            *known = format!("{known}\n{next}");
        }
        self
    }

    /// A stable name of the situation.
    pub fn code(&self) -> Code {
        match self {
            Self::InvalidInput(_) => Code::InvalidInput,
            Self::IdTokenPermissionMissing => Code::IdTokenPermissionMissing,
            Self::GithubTokenUnavailable(unanswered) => unanswered.code().unwrap_or(Code::GithubTokenUnavailable),
            Self::GithubTokenRejected(fault, _) => fault.code(),
            Self::ClaimUnusable { .. } | Self::TagUnusable { .. } => Code::ClaimUnusable,
            Self::Refused(refusal) => refusal.diagnosis.code,
            Self::SecretsUnread(errors) => errors.first().map_or(Code::StoreRefused, Self::code),
            Self::Unreachable(_, unanswered) => match unanswered.failure {
                SendFailure::TooLarge => Code::AnswerUnusable,
                _ => unanswered.code().unwrap_or(Code::ServiceUnreachable),
            },
            Self::AnswerUnusable(..) => Code::AnswerUnusable,
            Self::ValuesUnusable(problems) => match problems.first() {
                Some(ValueProblem::StoreNotFound { .. } | ValueProblem::PathEmpty { .. }) => Code::StoreNotFound,
                Some(ValueProblem::StoreNotAnObject { .. }) => Code::StoreNotAnObject,
                Some(ValueProblem::KeyMissing { .. }) | None => Code::KeyMissing,
                Some(ValueProblem::ValueUnusable { .. }) => Code::ValueUnusable,
                Some(ValueProblem::NameUnusable { .. }) => Code::NameUnusable,
            },
            Self::NotWritten { problem, .. } => problem.code(),
            Self::NotEncrypted(_) => Code::RecipientUnusable,
            Self::MigrationMisconfigured { .. } => Code::MigrationMisconfigured,
            Self::ProfileNotWritten { .. } => Code::ProfileNotWritten,
            Self::OutOfTime(_) => Code::DeadlineExceeded,
            Self::Internal(_) => Code::InternalError,
        }
    }

    /// What happened, by the names of the inputs that a door has.
    pub fn message_in(&self, spelling: Spelling) -> String {
        match self {
            Self::InvalidInput(problems) => {
                let problems: Vec<_> = problems.iter().map(|problem| problem.told(spelling)).collect();
                list(spelling.wrong(), &problems)
            }
            error => spelling.of(&error.marked_message()),
        }
    }

    /// What to do next, by the names of the action's inputs.
    pub fn hint(&self) -> String {
        self.hint_in(Spelling::Input)
    }

    /// The same, by the names of the inputs that a door has.
    pub fn hint_in(&self, spelling: Spelling) -> String {
        match self {
            Self::InvalidInput(_) => spelling.correct().to_owned(),
            error => spelling.of(&error.marked_hint()),
        }
    }

    fn marked_hint(&self) -> String {
        match self {
            Self::InvalidInput(_) => Spelling::Input.correct().to_owned(),
            Self::IdTokenPermissionMissing => {
                "Give the job `permissions: id-token: write` (and `contents: read` if it \
                 checks out). A called workflow needs it from its caller too; pull requests from forks never get it."
                    .to_owned()
            }
            Self::GithubTokenUnavailable(unanswered) | Self::Unreachable(_, unanswered) => unanswered.hint(),
            Self::GithubTokenRejected(fault, source) => fault.hint(*source),
            Self::ClaimUnusable { hint, .. } => hint.clone(),
            Self::TagUnusable { .. } => "Change the mapping of the token exchange: tags have only letters, digits, spaces and \
                 _.:/=+-@ (`actor_id` instead of `actor`, which may be `dependabot[bot]`)."
                .to_owned(),
            Self::Refused(refusal) => format!("{}\n{}", refusal.diagnosis.cause, refusal.diagnosis.next),
            Self::SecretsUnread(errors) => {
                let hints: Vec<_> = errors.iter().map(Self::marked_hint).collect();
                let mut lines: Vec<_> = Vec::new();
                for line in hints.iter().flat_map(|hint| hint.lines()) {
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                }
                lines.join("\n")
            }
            Self::AnswerUnusable(..) => "Something other than the service answered: a proxy, a captive portal, or a \
                 wrong `AWS_ENDPOINT_URL` or ‹vault-url›. Check for a proxy or firewall between the runner and this host."
                .to_owned(),
            Self::ValuesUnusable(problems) if matches!(problems.first(), Some(ValueProblem::StoreNotFound { .. })) => {
                "Nothing was exported. Create the store, or check ‹namespace› (the first part of its name), ‹aws-region› and \
                 ‹aws-account-id›."
                    .to_owned()
            }
            Self::ValuesUnusable(_) => {
                "Nothing was exported. Correct the secrets where they are kept, or the lines of ‹values›, ‹secrets› or ‹vault-secrets›."
                    .to_owned()
            }
            Self::NotWritten { problem, .. } => format!("The store was not changed. {}", problem.hint()),
            Self::NotEncrypted(_) => {
                "Nothing was migrated. Copy the public key again (age-keygen -y prints it)."
                    .to_owned()
            }
            Self::MigrationMisconfigured { .. } => {
                "Nothing was migrated. The recipient is a public key of age (age1…), the bucket a name without s3://."
                    .to_owned()
            }
            Self::ProfileNotWritten { .. } => {
                "Nothing was exported. Choose another name, or set ‹overwrite-aws-profile: true›.".to_owned()
            }
            Self::OutOfTime(limit) => format!(
                "The step reached its time limit, ‹timeout-seconds› ({}). Load fewer or smaller secrets, or raise the limit.",
                limit.as_secs()
            ),
            Self::Internal(_) => {
                "This is a fault of env-kvstore. Please report it with the lines above; they hold no secret.".to_owned()
            }
        }
    }

    fn marked_message(&self) -> String {
        match self {
            Self::InvalidInput(_) => self.message_in(Spelling::Input),
            Self::IdTokenPermissionMissing => {
                "the job is not allowed to request a GitHub OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL \
                 and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set"
                    .to_owned()
            }
            Self::GithubTokenUnavailable(unanswered) => format!("GitHub gave no OIDC token: {unanswered}"),
            Self::GithubTokenRejected(fault, _) => format!("the GitHub token was not used: {fault}"),
            Self::ClaimUnusable { claim, problem, .. } => format!("claim `{claim}` of the GitHub token {problem}"),
            Self::TagUnusable { key, problem } => format!("session tag `{key}` of the token exchange {problem}"),
            Self::Refused(refusal) => {
                format!("{} was refused: {}{}", refusal.call, refusal.answer, Tried(refusal.call.attempts))
            }
            Self::SecretsUnread(errors) => {
                list("secrets cannot be read", &errors.iter().map(Self::marked_message).collect::<Vec<_>>())
            }
            Self::Unreachable(call, unanswered) => format!("{call} failed: {unanswered}"),
            Self::AnswerUnusable(call, problem) => {
                format!("{call} got an unusable answer: {problem}{}", Tried(call.attempts))
            }
            Self::ValuesUnusable(problems) => {
                list("values cannot be loaded", &problems.iter().map(ToString::to_string).collect::<Vec<_>>())
            }
            Self::NotWritten { store, problem } => format!("store {store} {problem}"),
            Self::NotEncrypted(recipient) => format!("nothing can be encrypted to the age recipient `{recipient}`"),
            Self::MigrationMisconfigured { store, key } => {
                format!("key `{key}` of {store} is not what a migration needs")
            }
            Self::ProfileNotWritten { profile, problem } => format!("profile `{profile}` was not written: {problem}"),
            Self::OutOfTime(_) => "the step's time ran out while it computed the masks of the secrets".to_owned(),
            Self::Internal(what) => format!("internal fault: {what}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message_in(Spelling::Input))
    }
}

impl std::error::Error for Error {}

/// What is wrong, and each thing that is.
fn list(title: &str, items: &[String]) -> String {
    match items {
        [only] => format!("{title}: {only}"),
        several => format!("{title}\n- {}", several.join("\n- ")),
    }
}
