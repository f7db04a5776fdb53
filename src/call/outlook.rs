//! Whether a failure can pass.

use crate::host::answer::Answer;
use crate::host::http::SendFailure;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outlook {
    Permanent,
    Transient,
    Throttled,
    /// The clock was set right; the same request signed anew will do.
    ClockCorrected,
}

pub(crate) fn outlook_of_failure(failure: &SendFailure) -> Outlook {
    match failure {
        SendFailure::TimedOut | SendFailure::Connection(_) | SendFailure::NoToken | SendFailure::TooLarge => {
            Outlook::Transient
        }
        SendFailure::Status(429) => Outlook::Throttled,
        SendFailure::Status(status) | SendFailure::Proxy(status) if *status >= 500 => Outlook::Transient,
        _ => Outlook::Permanent,
    }
}

pub(crate) fn outlook_of_answer(answer: &Answer) -> Outlook {
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
        | "TransactionInProgressException" => Outlook::Throttled,
        "IDPCommunicationError"
        | "InternalServiceError"
        | "PriorRequestNotComplete"
        | "RequestTimeout"
        | "RequestTimeoutException" => Outlook::Transient,
        "InvalidIdentityToken" if answer.message.contains("retrieve verification key") => Outlook::Transient,
        _ => match answer.status {
            429 => Outlook::Throttled,
            500 | 502 | 503 | 504 => Outlook::Transient,
            _ => Outlook::Permanent,
        },
    }
}

pub(crate) fn is_clock_error(code: &str) -> bool {
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
