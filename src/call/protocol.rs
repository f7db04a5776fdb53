//! How a service refuses: the part of its wire format that says no.

use std::time::Duration;

use crate::call::outlook::Outlook;
use crate::error::refusal::Diagnosis;
use crate::host::answer::Answer;
use crate::host::http::Response;
use crate::text::secret::Secret;

/// How the operations of a service say no, whatever they were asked for.
pub trait Protocol {
    /// Whether a status is that of a success, whose answer the operation reads.
    fn is_success(&self, status: u16) -> bool {
        status == 200
    }
    /// How long the service wants to be left alone.
    fn retry_after(&self, response: &Response) -> Option<Duration> {
        response.header("x-amz-retry-after").and_then(|text| text.parse().ok()).map(Duration::from_millis)
    }
    /// Reads an answer of another status than a success. What was `sent` must not be in it.
    fn refusal(&self, response: &Response, sent: &[Secret]) -> Answer;
    /// Whether another attempt may do better.
    fn outlook(&self, answer: &Answer) -> Outlook;
    /// What a refusal means that any operation may meet; none if the operation knows better.
    fn diagnose(&self, answer: &Answer) -> Option<Diagnosis>;
    /// Whether whatever is not the promised answer is a refusal, which nobody asks for again: a redirect, another type, too
    /// many bytes. Otherwise a proxy may have answered in the service's place.
    fn refuses_by_form(&self) -> bool {
        false
    }
}
