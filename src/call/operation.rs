//! What a call of a service is: a request, and how its answer is read.

use std::cell::RefCell;
use std::time::SystemTime;

use crate::call::protocol::Protocol;
use crate::call::redirect::Redirect;
use crate::error::Error;
use crate::error::refusal::{Call, Diagnosis, Refusal};
use crate::host::answer::Answer;
use crate::host::http::{Request, Response};
use crate::host::url::BaseUrl;

/// One operation of a service: a pure request, a pure parser, and what its refusals mean.
pub trait Operation {
    /// The API's name of it.
    const NAME: &'static str;
    /// How it is refused.
    const PROTOCOL: &'static dyn Protocol;
    /// What its answer is parsed to.
    type Output;
    /// The API's name of it, where that is one of several.
    fn name(&self) -> &'static str {
        Self::NAME
    }
    /// What it is about, in identifiers that are no secret.
    fn subject(&self) -> String;
    /// Where it is sent.
    fn endpoint(&self) -> &BaseUrl;
    /// The request, signed for the moment `at` if the operation is a signed one.
    fn request(&self, at: SystemTime) -> Result<Request, Error>;
    /// Whether the answer to a request to `from`, which has been sent elsewhere `hops` times, is to be followed.
    fn redirect(&self, _from: &str, _hops: u32, _response: &Response) -> Redirect {
        Redirect::Unexpected
    }
    /// Reads the answer of a success; an error says what is wrong with it, without an excerpt.
    fn parse(&self, response: &Response) -> Result<Self::Output, &'static str>;
    /// What a refusal means that no repetition will change, if [`Protocol::diagnose`] does not know.
    fn diagnose(&self, answer: &Answer) -> Diagnosis;
}

/// An operation without the type of its output: the code that makes calls then exists once and not once for each
/// operation, which was a twentieth of the wasm.
pub(crate) trait AnyOperation {
    fn protocol(&self) -> &'static dyn Protocol;
    fn call(&self) -> Call;
    fn request(&self, at: SystemTime) -> Result<Request, Error>;
    fn redirect(&self, from: &str, hops: u32, response: &Response) -> Redirect;
    /// Keeps what is parsed.
    fn parse(&self, response: &Response) -> Result<(), &'static str>;
    fn diagnose(&self, answer: &Answer) -> Diagnosis;
}

/// An operation, and what its answer was parsed to.
pub(crate) struct Parsing<'a, O: Operation> {
    operation: &'a O,
    output: RefCell<Option<O::Output>>,
}

impl<'a, O: Operation> Parsing<'a, O> {
    pub(crate) fn new(operation: &'a O) -> Self {
        Self { operation, output: RefCell::new(None) }
    }

    pub(crate) fn output(self) -> Result<O::Output, Error> {
        self.output.into_inner().ok_or(Error::Internal("an answer was not parsed"))
    }
}

impl<O: Operation> AnyOperation for Parsing<'_, O> {
    fn protocol(&self) -> &'static dyn Protocol {
        O::PROTOCOL
    }

    fn call(&self) -> Call {
        name_of(self.operation)
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        self.operation.request(at)
    }

    fn redirect(&self, from: &str, hops: u32, response: &Response) -> Redirect {
        self.operation.redirect(from, hops, response)
    }

    fn parse(&self, response: &Response) -> Result<(), &'static str> {
        self.output.replace(Some(self.operation.parse(response)?));
        Ok(())
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        self.operation.diagnose(answer)
    }
}

/// What an answer means that is a refusal of the operation for good, though it came with a success.
pub(crate) fn refusal<O: Operation>(operation: &O, answer: Answer) -> Error {
    let diagnosis = operation.diagnose(&answer);
    Error::Refused(Box::new(Refusal { call: name_of(operation), answer, diagnosis }))
}

/// A call as an error names it.
pub fn name_of<O: Operation>(operation: &O) -> Call {
    Call {
        operation: operation.name(),
        subject: operation.subject(),
        endpoint: operation.endpoint().without_scheme().to_owned(),
        attempts: 1,
    }
}
