//! Requests, answers, and the [`Host`] that carries them: all that the core knows of the outside.

use std::fmt;
use std::future::Future;
use std::time::{Duration, SystemTime};

use crate::text::json::Object;
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// The largest body that is read of most answers. The largest true one is a secret of 65,536 bytes, each byte escaped at
/// worst as six.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// What the core asks of the machine it runs on. The Node shim implements it in the action, a script in the tests.
///
/// Nothing in the core reads a clock, an environment variable or a file; it all comes through here.
#[allow(async_fn_in_trait, reason = "one thread, no Send: the host is Node's event loop or a test")]
pub trait Host {
    /// Sends one request and reads the whole answer, within `timeout`. Never follows a redirect, never reads more than
    /// [`Request::max_body_bytes`].
    async fn send(&self, request: Request, timeout: Duration) -> Result<Response, SendFailure>;

    /// Asks GitHub for the job's OIDC token, within `timeout`.
    /// <https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token>
    async fn github_token(&self, audience: &str, timeout: Duration) -> Result<Secret, SendFailure>;

    /// Resolves after `duration`.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()>;

    /// Resolves when every request that was made so far has left the machine, or failed.
    fn all_sent(&self) -> impl Future<Output = ()>;

    /// Sees to it that `connections` to `origin` (`https://host[:port]`) stand open for requests that will come; failures
    /// are ignored.
    fn connect_early(&self, origin: &str, connections: usize);

    /// Lets connections to `origin` that are opened from now on trust the certificates in `pem`, and no others. False if it has
    /// none.
    fn trust(&self, origin: &str, pem: &str) -> bool;

    /// Whether the key made the signature of the message: RSASSA-PKCS1-v1_5 with SHA-256. Nothing else is decided there, and
    /// nothing is remembered.
    /// <https://www.rfc-editor.org/rfc/rfc8017#section-8.2.2>
    fn verify_rs256(&self, signed: &Rs256<'_>) -> bool;

    /// Encrypts `text` to a recipient of age, armored; none if the recipient is none.
    /// <https://age-encryption.org/v1>
    async fn encrypt_to_age(&self, recipient: &str, text: &Secret) -> Option<Secret>;

    /// The wall clock.
    fn now(&self) -> SystemTime;

    /// Time since some fixed moment; it never goes back.
    fn monotonic(&self) -> Duration;

    /// Says something to whoever reads the job's log.
    fn log(&self, entry: Log);
}

/// One thing to say in the job's log. Texts are safe to print: see [`crate::printable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Log {
    /// A plain line.
    Info(String),
    /// An annotation of the job.
    Notice(String),
    /// An annotation of the job that asks for a change.
    Warning(String),
    /// Lines folded under a title.
    Group(String, Vec<String>),
}

/// A message, and the signature that a key is said to have made of it.
pub struct Rs256<'a> {
    /// Of the RSA key, as big-endian numbers.
    pub modulus: &'a [u8],
    /// The public one.
    pub exponent: &'a [u8],
    /// What was signed.
    pub message: &'a [u8],
    /// As many bytes as the modulus.
    pub signature: &'a [u8],
}

/// An HTTP method that the core uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
}

impl Method {
    /// The method as it stands in the request line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// A request. Its `Debug` shows the method, the URL and the names of the headers.
#[derive(Clone)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Absolute; holds nothing secret.
    pub url: String,
    /// In the order to be sent; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Empty for GET.
    pub body: Secret,
    /// An answer with a larger body fails.
    pub max_body_bytes: usize,
    /// The credentials in this request, so that an answer which repeats one is not shown.
    pub credentials: Vec<Secret>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        write!(f, "{} {} {names:?}", self.method.name(), self.url)
    }
}

/// An answer. Its `Debug` shows the status and the size.
#[derive(Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name (given in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as a JSON object. A byte order mark before it, which RFC 8259 lets a parser pass over, means nothing.
    pub fn json(&self) -> Option<Object> {
        Object::parse(self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body))
    }

    /// When the server answered, by its own clock and fit to be shown.
    pub fn date(&self) -> Option<String> {
        self.header("date").map(printable)
    }

    /// AWS's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-amzn-requestid").or(self.header("x-amz-request-id"))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {} [{} bytes]", self.status, self.body.len())
    }
}

/// Why a request has no answer, by what a user would do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendFailure {
    /// No whole answer within the time of one attempt.
    TimedOut,
    /// The connection could not be opened or broke; the code is the system's (`ECONNRESET`, `ENOTFOUND`, ...).
    Connection(String),
    /// The server's certificate is not trusted; the code is Node's (`DEPTH_ZERO_SELF_SIGNED_CERT`, ...).
    Tls(String),
    /// The proxy answered CONNECT with this status.
    Proxy(u16),
    /// The answer is larger than [`Request::max_body_bytes`].
    TooLarge,
    /// GitHub's token endpoint answered with this status.
    Status(u16),
    /// The runner gave the job no token endpoint: `ACTIONS_ID_TOKEN_REQUEST_URL` and `_TOKEN` are absent.
    NoTokenEndpoint,
    /// GitHub's token endpoint answered something that is not a token.
    NoToken,
}

impl SendFailure {
    /// Reads what the host reports: a kind, or else a system's or Node's error code.
    ///
    /// Kinds: `timed-out`, `too-large`, `no-token-endpoint`, `no-token`, `proxy:407`, `status:500`.
    pub fn from_host(report: &str) -> Self {
        let status = |text: &str| text.parse().unwrap_or_default();
        match report.split_once(':') {
            Some(("proxy", text)) => return Self::Proxy(status(text)),
            Some(("status", text)) => return Self::Status(status(text)),
            _ => {}
        }
        match report {
            "timed-out" | "ETIMEDOUT" | "ESOCKETTIMEDOUT" => Self::TimedOut,
            "too-large" => Self::TooLarge,
            "no-token-endpoint" => Self::NoTokenEndpoint,
            "no-token" => Self::NoToken,
            code if is_certificate_code(code) => Self::Tls(code.to_owned()),
            code => {
                let plain = !code.is_empty()
                    && code.len() <= 60
                    && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
                Self::Connection(if plain { code.to_owned() } else { "unknown".to_owned() })
            }
        }
    }
}

/// Codes of OpenSSL's certificate check as Node names them.
/// <https://nodejs.org/docs/latest-v24.x/api/tls.html#x509-certificate-error-codes>
fn is_certificate_code(code: &str) -> bool {
    code.contains("CERT")
        || code.starts_with("ERR_TLS_")
        || matches!(code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE" | "HOSTNAME_MISMATCH" | "INVALID_CA" | "INVALID_PURPOSE")
}

#[cfg(test)]
mod tests;
