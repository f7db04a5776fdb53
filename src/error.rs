//! Every situation that can end a run, as its user meets it.

use std::fmt;
use std::time::Duration;

use crate::aws::Answer;
use crate::claims::TokenFault;
use crate::http::SendFailure;

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
    GithubTokenRejected(TokenFault),
    /// A claim that the run needs is absent or unusable.
    ClaimUnusable {
        /// Its name.
        claim: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        hint: String,
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

/// One wrong input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its name, as in `action.yml`.
    pub input: String,
    /// What is wrong, with the offending line.
    pub message: String,
}

/// One thing about the stores that keeps values from being exported; `Display` names store and key, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueProblem {
    /// No store of the needed kind exists.
    StoreNotFound {
        /// The names that were looked up.
        stores: Vec<String>,
    },
    /// A store is not a JSON object.
    StoreNotAnObject {
        /// Its name.
        store: String,
        /// What it is instead; never an excerpt.
        problem: &'static str,
    },
    /// A key is in none of the stores.
    KeyMissing {
        /// The variable that wants it.
        variable: String,
        /// The key.
        key: String,
        /// The names of the stores that were read.
        stores: Vec<String>,
    },
    /// A value cannot be exported.
    ValueUnusable {
        /// The variable that wants it.
        variable: String,
        /// The key; empty for a secret as a whole.
        key: String,
        /// The name of its store.
        store: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A key taken by `*` is no name for a variable, or a name that is refused or taken.
    NameUnusable {
        /// The key.
        key: String,
        /// The name of its store.
        store: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A service's no, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked of whom.
    pub call: Call,
    /// What it answered.
    pub answer: Answer,
    /// What that means.
    pub diagnosis: Diagnosis,
}

/// A call as an error names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The API's name of the operation.
    pub operation: &'static str,
    /// What it was asked about: identifiers that are no secret.
    pub subject: String,
    /// Where it was sent.
    pub endpoint: String,
    /// How often.
    pub attempts: u32,
}

/// A request that got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// How the last attempt ended.
    pub failure: SendFailure,
    /// How often it was tried.
    pub attempts: u32,
    /// Set if the step's own time ran out.
    pub out_of_time: Option<Duration>,
}

/// What a refusal means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Stable, for scripts and for the table in the README.
    pub code: &'static str,
    /// The likely cause.
    pub cause: String,
    /// What to do next.
    pub next: String,
}

impl Diagnosis {
    /// A cause and a next step under a stable code.
    pub fn new(code: &'static str, cause: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), next: next.into() }
    }
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

    /// The same, with one more thing to do next if a service said no.
    pub fn with_next(mut self, next: &str) -> Self {
        if let Self::Refused(refusal) = &mut self {
            let known = &mut refusal.diagnosis.next;
            *known = format!("{known}\n{next}");
        }
        self
    }

    /// A stable name of the situation.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidInput(_) => "invalid-input",
            Self::IdTokenPermissionMissing => "id-token-permission-missing",
            Self::GithubTokenUnavailable(unanswered) => unanswered.code().unwrap_or("github-token-unavailable"),
            Self::GithubTokenRejected(fault) => fault.code(),
            Self::ClaimUnusable { .. } => "claim-unusable",
            Self::Refused(refusal) => refusal.diagnosis.code,
            Self::SecretsUnread(errors) => errors.first().map_or("store-refused", Self::code),
            Self::Unreachable(_, unanswered) => match unanswered.failure {
                SendFailure::TooLarge => "answer-unusable",
                _ => unanswered.code().unwrap_or("service-unreachable"),
            },
            Self::AnswerUnusable(..) => "answer-unusable",
            Self::ValuesUnusable(problems) => match problems.first() {
                Some(ValueProblem::StoreNotFound { .. }) => "store-not-found",
                Some(ValueProblem::StoreNotAnObject { .. }) => "store-not-an-object",
                Some(ValueProblem::KeyMissing { .. }) | None => "key-missing",
                Some(ValueProblem::ValueUnusable { .. }) => "value-unusable",
                Some(ValueProblem::NameUnusable { .. }) => "name-unusable",
            },
            Self::ProfileNotWritten { .. } => "profile-not-written",
            Self::OutOfTime(_) => "deadline-exceeded",
            Self::Internal(_) => "internal-error",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::InvalidInput(_) => {
                "Correct the inputs of the step (`with:`). Nothing was sent or written.".to_owned()
            }
            Self::IdTokenPermissionMissing => {
                "Give the job `permissions: id-token: write` (and `contents: read` if it \
                 checks out). A called workflow needs it from its caller too; pull requests from forks never get it."
                    .to_owned()
            }
            Self::GithubTokenUnavailable(unanswered) | Self::Unreachable(_, unanswered) => unanswered.hint(),
            Self::GithubTokenRejected(fault) => fault.hint(),
            Self::ClaimUnusable { hint, .. } => hint.clone(),
            Self::Refused(refusal) => format!("{}\n{}", refusal.diagnosis.cause, refusal.diagnosis.next),
            Self::SecretsUnread(errors) => {
                let mut hints: Vec<_> = Vec::new();
                for hint in errors.iter().map(Self::hint) {
                    if !hints.contains(&hint) {
                        hints.push(hint);
                    }
                }
                hints.join("\n")
            }
            Self::AnswerUnusable(..) => "Something other than the service answered: a proxy, a captive portal, or a \
                 wrong `AWS_ENDPOINT_URL`. Check what stands between the runner and this host."
                .to_owned(),
            Self::ValuesUnusable(_) => {
                "Nothing was exported. Correct the secrets in Secrets Manager, or the lines of `values` and `secrets`."
                    .to_owned()
            }
            Self::ProfileNotWritten { .. } => {
                "Nothing was exported. Choose another name, or set `overwrite-aws-profile: true`.".to_owned()
            }
            Self::OutOfTime(limit) => format!(
                "The step's `timeout-seconds` ({}) ran out. Load fewer or smaller secrets, or give the step more time.",
                limit.as_secs()
            ),
            Self::Internal(_) => {
                "This is a fault of env-kvstore. Please report it with the lines above; they hold no secret.".to_owned()
            }
        }
    }
}

impl Unanswered {
    /// The code that is the same for whatever was asked.
    fn code(&self) -> Option<&'static str> {
        match self.failure {
            _ if self.out_of_time.is_some() => Some("deadline-exceeded"),
            SendFailure::Tls(_) => Some("tls-not-trusted"),
            SendFailure::Proxy(_) => Some("proxy-refused"),
            _ => None,
        }
    }

    fn hint(&self) -> String {
        if let Some(limit) = self.out_of_time {
            return format!(
                "The step's `timeout-seconds` ({}) ran out. Run the job again; if it recurs, look at the runner's way \
                 to the network, or give the step more time.",
                limit.as_secs()
            );
        }
        match &self.failure {
            SendFailure::Tls(_) => "The runner does not trust the certificate. Behind an inspecting proxy, set \
                 `NODE_EXTRA_CA_CERTS` or `AWS_CA_BUNDLE` to the proxy's CA."
                .to_owned(),
            // Some proxies answer with the status of a server.
            SendFailure::Proxy(401 | 407) => "The proxy wants credentials: put them in `HTTPS_PROXY` \
                 (http://user:password@host:port)."
                .to_owned(),
            SendFailure::Proxy(_) => {
                "The proxy does not let this host through: allow it there, or name it in `NO_PROXY`.".to_owned()
            }
            SendFailure::TooLarge => "The answer is far larger than this API gives. Something other than the service \
                 answered: check `HTTPS_PROXY` and `AWS_ENDPOINT_URL`."
                .to_owned(),
            SendFailure::Connection(code) if code == "ENOTFOUND" || code == "EAI_AGAIN" => {
                "The host's name does not resolve. Check the region, and the runner's DNS.".to_owned()
            }
            SendFailure::Status(_) => {
                "GitHub's token service is failing; see githubstatus.com, and run the job again.".to_owned()
            }
            SendFailure::NoToken => {
                "Something other than GitHub's token service may have answered: check the runner's \
                 proxy, and run the job again."
                    .to_owned()
            }
            _ => {
                "Run the job again; if it recurs, check that the runner may reach this host (firewall, `HTTPS_PROXY`)."
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidInput(problems) => write_list(f, "wrong input", problems),
            Self::IdTokenPermissionMissing => f.write_str(
                "the job may not request a GitHub OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL and \
                 ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set",
            ),
            Self::GithubTokenUnavailable(unanswered) => write!(f, "GitHub gave no OIDC token: {unanswered}"),
            Self::GithubTokenRejected(fault) => write!(f, "the GitHub token was not used: {fault}"),
            Self::ClaimUnusable { claim, problem, .. } => write!(f, "claim `{claim}` of the GitHub token {problem}"),
            Self::Refused(refusal) => {
                write!(f, "{} was refused: {}", refusal.call, refusal.answer)?;
                write_attempts(f, refusal.call.attempts)
            }
            Self::SecretsUnread(errors) => write_list(f, "secrets cannot be read", errors),
            Self::Unreachable(call, unanswered) => write!(f, "{call} failed: {unanswered}"),
            Self::AnswerUnusable(call, problem) => {
                write!(f, "{call} got an unusable answer: {problem}")?;
                write_attempts(f, call.attempts)
            }
            Self::ValuesUnusable(problems) => write_list(f, "values cannot be loaded", problems),
            Self::ProfileNotWritten { profile, problem } => write!(f, "profile `{profile}` was not written: {problem}"),
            Self::OutOfTime(_) => f.write_str("the step's time ran out while the masks of the secrets were made"),
            Self::Internal(what) => write!(f, "internal fault: {what}"),
        }
    }
}

impl std::error::Error for Error {}

fn write_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, title: &str, items: &[T]) -> fmt::Result {
    f.write_str(title)?;
    match items {
        [only] => write!(f, ": {only}"),
        several => several.iter().try_for_each(|item| write!(f, "\n- {item}")),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.input, self.message)
    }
}

impl fmt::Display for ValueProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StoreNotFound { stores } => write!(f, "no such store: {}", stores.join(", ")),
            Self::StoreNotAnObject { store, problem } => write!(f, "store {store} {problem}"),
            Self::KeyMissing { variable, key, stores } => {
                write!(f, "{variable}: no key `{key}` in {}", stores.join(" or "))
            }
            Self::ValueUnusable { variable, key, store, problem } if key.is_empty() => {
                write!(f, "{variable}: {store} {problem}")
            }
            Self::ValueUnusable { variable, key, store, problem } => {
                write!(f, "{variable}: key `{key}` of {store} {problem}")
            }
            Self::NameUnusable { key, store, problem } => write!(f, "key `{key}` of {store} {problem}"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {} at {}", self.operation, self.subject, self.endpoint)
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            SendFailure::TimedOut => f.write_str("no answer in time")?,
            SendFailure::Connection(code) => write!(f, "connection failed ({code})")?,
            SendFailure::Tls(code) => write!(f, "certificate not trusted ({code})")?,
            SendFailure::Proxy(status) => write!(f, "the proxy refused the connection (HTTP {status})")?,
            SendFailure::TooLarge => f.write_str("the answer is too large")?,
            SendFailure::Status(status) => write!(f, "HTTP {status}")?,
            SendFailure::NoTokenEndpoint => f.write_str("there is no token endpoint")?,
            SendFailure::NoToken => f.write_str("the answer holds no token")?,
        }
        write_attempts(f, self.attempts)
    }
}

fn write_attempts(f: &mut fmt::Formatter<'_>, attempts: u32) -> fmt::Result {
    match attempts {
        0 | 1 => Ok(()),
        several => write!(f, ", tried {several} times"),
    }
}
