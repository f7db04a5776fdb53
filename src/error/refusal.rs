//! A service's no, and what it means.

use std::fmt;
use std::time::Duration;

use crate::error::code::Code;
use crate::host::answer::Answer;
use crate::host::http::SendFailure;

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
    /// Stable, for scripts; `docs/troubleshooting.md` has a section for each.
    pub code: Code,
    /// The likely cause.
    pub cause: String,
    /// What to do next.
    pub next: String,
}

impl Diagnosis {
    /// A cause and a next step under a stable code.
    pub fn new(code: Code, cause: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), next: next.into() }
    }
}

impl Unanswered {
    /// The code that is the same for whatever was asked.
    pub(crate) fn code(&self) -> Option<Code> {
        match self.failure {
            _ if self.out_of_time.is_some() => Some(Code::DeadlineExceeded),
            SendFailure::Tls(_) => Some(Code::TlsNotTrusted),
            SendFailure::Proxy(_) => Some(Code::ProxyRefused),
            _ => None,
        }
    }

    pub(crate) fn hint(&self) -> String {
        if let Some(limit) = self.out_of_time {
            return format!(
                "The step reached its time limit, ‹timeout-seconds› ({}). Run the job again; if it recurs, check the \
                 runner's network, or raise the limit.",
                limit.as_secs()
            );
        }
        match &self.failure {
            SendFailure::Tls(_) => "The runner does not trust the certificate. Behind an inspecting proxy, set \
                 `NODE_EXTRA_CA_CERTS` or `AWS_CA_BUNDLE` to the proxy's CA. For a Vault with a CA of its own, set \
                 ‹vault-ca-certificate›."
                .to_owned(),
            // Some proxies answer with the status of a server.
            SendFailure::Proxy(401 | 407) => "The proxy requires credentials: set them in `HTTPS_PROXY` \
                 (http://user:password@host:port)."
                .to_owned(),
            SendFailure::Proxy(_) => {
                "The proxy blocks this host: allow it in the proxy, or add it to `NO_PROXY`.".to_owned()
            }
            SendFailure::TooLarge => {
                "The answer is far larger than any answer of this API. Something other than the service \
                 answered: check `HTTPS_PROXY`, `AWS_ENDPOINT_URL` and ‹vault-url›."
                    .to_owned()
            }
            SendFailure::Connection(code) if code == "ENOTFOUND" || code == "EAI_AGAIN" => {
                "The host's name does not resolve. Check the region or ‹vault-url›, and the runner's DNS.".to_owned()
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
                "Run the job again; if it recurs, check that the runner can reach this host (firewall, `HTTPS_PROXY`)."
                    .to_owned()
            }
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
            SendFailure::NoToken => f.write_str("the answer has no token")?,
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

/// How often, at the end of a sentence; nothing if it was once.
pub(crate) struct Tried(pub(crate) u32);

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_attempts(f, self.0)
    }
}
