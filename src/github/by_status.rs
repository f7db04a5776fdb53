//! Servers that refuse by the status alone.

use crate::call::outlook::{Outlook, outlook_of_status};
use crate::call::protocol::Protocol;
use crate::error::refusal::Diagnosis;
use crate::host::answer::Answer;
use crate::host::http::Response;
use crate::text::secret::Secret;

/// How an issuer and a token exchange refuse. What their hosts write is not shown, for it may quote the token.
pub(super) struct ByStatus {
    /// See [`Protocol::refuses_by_form`].
    pub refuses_by_form: bool,
}

impl Protocol for ByStatus {
    fn refusal(&self, response: &Response, sent: &[Secret]) -> Answer {
        Answer::new(response, "", "", None, sent)
    }

    fn outlook(&self, answer: &Answer) -> Outlook {
        outlook_of_status(answer.status)
    }

    fn diagnose(&self, _answer: &Answer) -> Option<Diagnosis> {
        None
    }

    fn refuses_by_form(&self) -> bool {
        self.refuses_by_form
    }
}
