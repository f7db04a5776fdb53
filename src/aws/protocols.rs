//! AWS's two protocols on the wire: JSON 1.1 (Cognito, Secrets Manager, Parameter Store) and query with XML (STS).
//! <https://smithy.io/2.0/aws/protocols/index.html>

use crate::call::outlook::{Outlook, outlook_of_status};
use crate::call::protocol::Protocol;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::host::answer::Answer;
use crate::host::http::{MAX_BODY_BYTES, Method, Request, Response};
use crate::host::url::BaseUrl;
use crate::text::json::Object;
use crate::text::secret::Secret;
use crate::text::xml::Document;

/// A POST of AWS JSON 1.1 to `endpoint`, unsigned.
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>
pub fn json_request(endpoint: &BaseUrl, target: &str, body: String, credentials: Vec<Secret>) -> Request {
    Request {
        method: Method::Post,
        url: format!("{endpoint}/"),
        headers: vec![("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amz-target", target.to_owned())],
        body: Secret::new(body),
        max_body_bytes: MAX_BODY_BYTES,
        credentials,
    }
}

/// How AWS refuses, in AWS JSON and in the query protocol. The body says which of the two it is, and not the service: a front
/// end of AWS answers in its own protocol (`<UnknownOperationException/>` from a service of JSON).
///
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization>
pub struct Aws;

impl Protocol for Aws {
    fn refusal(&self, response: &Response, sent: &[Secret]) -> Answer {
        let is_xml = response.body.iter().find(|byte| b"<{".contains(byte)) == Some(&b'<');
        let body = if is_xml { ErrorBody::of_xml(response) } else { ErrorBody::of_json(response) };
        let ErrorBody { kind, message, request_id } = body.unwrap_or_default();
        let full = kind.as_deref().or(response.header("x-amzn-errortype")).unwrap_or_default();
        // `namespace#Code:http://...`; a header that came twice has a comma between.
        let code = full.split([':', ',']).next().unwrap_or_default().rsplit('#').next().unwrap_or_default();
        let request_id = request_id.as_deref().or(response.request_id());
        Answer::new(response, code.trim(), message.trim(), request_id, sent)
    }

    /// The codes are those of the SDKs' standard mode.
    fn outlook(&self, answer: &Answer) -> Outlook {
        match answer.code.as_str() {
            "BandwidthLimitExceeded"
            | "EC2ThrottledException"
            | "LimitExceededException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "SlowDown"
            | "ThrottledException"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "TooManyUpdates"
            | "TransactionInProgressException" => Outlook::Throttled,
            "IDPCommunicationError"
            | "InternalServerError"
            | "InternalServiceError"
            | "PriorRequestNotComplete"
            | "RequestTimeout"
            | "RequestTimeoutException" => Outlook::Transient,
            "InvalidIdentityToken" if answer.message.contains("retrieve verification key") => Outlook::Transient,
            code => match outlook_of_status(answer.status) {
                Outlook::Permanent if is_clock_error(code) => Outlook::WrongClock,
                outlook => outlook,
            },
        }
    }

    fn diagnose(&self, answer: &Answer) -> Option<Diagnosis> {
        match self.outlook(answer) {
            Outlook::Throttled => Some(throttled()),
            Outlook::Transient if matches!(answer.code.as_str(), "IDPCommunicationError" | "InvalidIdentityToken") => {
                Some(keys_unread())
            }
            Outlook::Transient => Some(service_fault()),
            _ if answer.code.is_empty() => Some(not_from_aws()),
            _ => None,
        }
    }
}

fn is_clock_error(code: &str) -> bool {
    matches!(
        code,
        "AuthFailure"
            | "InvalidSignatureException"
            | "RequestExpired"
            | "RequestInTheFuture"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch"
    )
}

fn throttled() -> Diagnosis {
    Diagnosis::new(
        Code::Throttled,
        "The account has exceeded its quota for this call.",
        "Run the job again later. If it recurs, spread the jobs, or raise the quota (GetId: 25 a second by default).",
    )
}

fn not_from_aws() -> Diagnosis {
    Diagnosis::new(
        Code::AnswerUnusable,
        "The answer has no error code, so AWS did not send it: it came from a proxy, a captive portal or \
         another server.",
        "Check for a proxy or firewall between the runner and this host, and check `AWS_ENDPOINT_URL`.",
    )
}

fn service_fault() -> Diagnosis {
    Diagnosis::new(
        Code::ServiceFault,
        "The service itself failed.",
        "Run the job again; if it recurs, see health.aws.amazon.com and give AWS support the request id.",
    )
}

fn keys_unread() -> Diagnosis {
    Diagnosis::new(
        Code::ServiceFault,
        "STS could not read the keys of the token's issuer.",
        "Run the job again; if it recurs, check that AWS can read the issuer's `/.well-known/openid-configuration` and the keys \
         that it names.",
    )
}

/// What the body of an error says of it, as it stands there.
#[derive(Default)]
struct ErrorBody {
    kind: Option<String>,
    message: String,
    request_id: Option<String>,
}

impl ErrorBody {
    fn of_json(response: &Response) -> Option<Self> {
        let body = response.json()?;
        let inner = body.object("Error").or_else(|| body.object("error")).unwrap_or_default();
        let text = |names: &[&str]| {
            let found =
                |object: &Object| names.iter().find_map(|name| object.text(name).filter(|text| !text.is_empty()));
            found(&body).or_else(|| found(&inner))
        };
        Some(Self {
            kind: text(&["__type", "code", "Code"]),
            message: text(&["message", "Message", "errorMessage"]).unwrap_or_default(),
            request_id: text(&["RequestId"]),
        })
    }

    /// `ErrorResponse` or `Response`, `Errors` if there are several, `Error`; any but the last may be absent. Or an element
    /// that has the error's name.
    fn of_xml(response: &Response) -> Option<Self> {
        let document = Document::parse(&response.body)?;
        let named = document.root().ends_with("Exception").then_some(document.root());
        let text = |names: &[&str]| {
            let parents = ["Error"].into_iter().chain(named);
            let mut paths = parents.flat_map(|parent| names.iter().map(move |name| [parent, *name]));
            paths.find_map(|path| document.text(&path)).map(|text| text.secret().to_owned())
        };
        let request_id = ["RequestId", "RequestID"].into_iter().find_map(|name| document.text(&[name]));
        Some(Self {
            kind: text(&["Code", "code"]).or(named.map(str::to_owned)),
            message: text(&["Message", "message"]).unwrap_or_default(),
            request_id: request_id.map(|id| id.secret().to_owned()),
        })
    }
}

/// What may be wrong with a signed request, whatever it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningFault {
    /// The service does not know the credentials, or they have expired.
    Credentials,
    /// The signature is not theirs, or not of this time.
    Signature,
}

impl SigningFault {
    /// The fault that the code of a refusal stands for; the services spell it differently.
    pub fn of(answer: &Answer) -> Option<Self> {
        match answer.code.as_str() {
            "UnrecognizedClientException"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidToken"
            | "ExpiredToken"
            | "ExpiredTokenException" => Some(Self::Credentials),
            "InvalidSignatureException"
            | "RequestExpired"
            | "RequestInTheFuture"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch" => Some(Self::Signature),
            _ => None,
        }
    }
}

/// `&name=value` of each pair.
pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    pairs.iter().map(|(name, value)| format!("&{name}={}", encode(value))).collect()
}

/// A request of the query protocol, unsigned.
pub fn form_request(endpoint: &BaseUrl, body: String, credentials: Vec<Secret>) -> Request {
    Request {
        method: Method::Post,
        url: format!("{endpoint}/"),
        headers: vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())],
        body: Secret::new(body),
        max_body_bytes: MAX_BODY_BYTES,
        credentials,
    }
}

#[cfg(test)]
mod tests;
