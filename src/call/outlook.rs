//! Whether a failure can pass.

use crate::host::http::SendFailure;

/// Whether another attempt may do better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It will fail in the same way.
    Permanent,
    /// A fault that may have passed.
    Transient,
    /// Too many requests.
    Throttled,
    /// Only if the clock by which the request was signed is wrong.
    WrongClock,
    /// The clock was corrected; the same request signed anew will do.
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

/// By the status of an answer alone.
pub(crate) fn outlook_of_status(status: u16) -> Outlook {
    match status {
        429 => Outlook::Throttled,
        500 | 502 | 503 | 504 => Outlook::Transient,
        _ => Outlook::Permanent,
    }
}
