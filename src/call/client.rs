//! One way to call a service: each attempt bounded, what can pass tried again, all of it inside the step's deadline.
//!
//! The numbers are those of the AWS SDKs' standard mode.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use futures_util::future::LocalBoxFuture;

use crate::call::operation::{AnyOperation, Operation, Parsing};
use crate::call::outlook::{Outlook, outlook_of_failure};
use crate::call::redirect::Redirect;
use crate::error::Error;
use crate::error::refusal::{Call, Refusal, Unanswered};
use crate::host::answer::Answer;
use crate::host::http::{Host, Request, Response, Rs256, SendFailure};
use crate::text::secret::Secret;

/// The time of one attempt, from the connection to the last byte.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

const MAX_ATTEMPTS: u32 = 3;

const BASE_PAUSE: Duration = Duration::from_millis(50);

const BASE_PAUSE_THROTTLED: Duration = Duration::from_secs(1);

const MAX_PAUSE: Duration = Duration::from_secs(20);

/// `x-amz-retry-after` may lengthen a pause by this much at most.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(5);

const BUCKET_SIZE: u32 = 500;

const COST: u32 = 14;

const COST_THROTTLED: u32 = 5;

/// What a success without a retry adds.
const FIRST_SUCCESS: u32 = 1;

/// A clock that is off by less is not what a signature error is about.
const MIN_SKEW: Duration = Duration::from_secs(30);

/// What is to be done before an attempt.
pub type Prepare<'a> = dyn Fn() -> LocalBoxFuture<'a, Result<(), Error>> + 'a;

/// Calls services on behalf of one run: holds its deadline, its budget of retries and its idea of the time.
pub struct Client<'h, H> {
    host: &'h H,
    started: Duration,
    limit: Duration,
    max_attempts: u32,
    bucket: Cell<u32>,
    clock: Cell<Clock>,
}

/// How far the runner's clock is off, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Trusted,
    Behind(Duration),
    Ahead(Duration),
}

/// An attempt that failed, and whether another may do better.
struct Failed {
    error: Error,
    outlook: Outlook,
    retry_after: Option<Duration>,
}

/// One attempt. What becomes of it when it fails is apart from [`Client::attempt`], as [`apart`](crate::call::apart) says why.
struct Attempt<'a> {
    operation: &'a dyn AnyOperation,
    number: u32,
    /// What the request was signed by.
    clock: Clock,
    /// What must not be shown if the answer repeats it.
    credentials: Vec<Secret>,
}

impl<'h, H: Host> Client<'h, H> {
    /// A client whose calls all end within `limit` from now. `max_attempts` is `AWS_MAX_ATTEMPTS` if it is set.
    pub fn new(host: &'h H, limit: Duration, max_attempts: Option<u32>) -> Self {
        Self {
            host,
            started: host.monotonic(),
            limit,
            max_attempts: max_attempts.unwrap_or(MAX_ATTEMPTS),
            bucket: Cell::new(BUCKET_SIZE),
            clock: Cell::new(Clock::Trusted),
        }
    }

    /// The time, corrected by what servers said of it.
    pub fn now(&self) -> SystemTime {
        let now = self.host.now();
        match self.clock.get() {
            Clock::Trusted => now,
            Clock::Behind(skew) => now + skew,
            Clock::Ahead(skew) => now - skew,
        }
    }

    /// See [`Host::verify_rs256`].
    pub fn verify_rs256(&self, signed: &Rs256<'_>) -> bool {
        self.host.verify_rs256(signed)
    }

    /// Sets the clock by an answer's `Date`, once in a run. False if there is nothing to correct.
    pub fn correct_clock(&self, response: &Response) -> bool {
        let Clock::Trusted = self.clock.get() else { return false };
        let date = response.header("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let Some(theirs) = date.and_then(|date| SystemTime::try_from(date).ok()) else { return false };
        let ours = self.host.now();
        let clock = match theirs.duration_since(ours) {
            Ok(skew) if skew >= MIN_SKEW => Clock::Behind(skew),
            Err(before) if before.duration() >= MIN_SKEW => Clock::Ahead(before.duration()),
            _ => return false,
        };
        self.clock.set(clock);
        true
    }

    /// GitHub's token for `audience`.
    pub async fn github_token(&self, audience: &str) -> Result<Secret, Error> {
        self.retrying(async |attempts| {
            let (timeout, out_of_time) = self.attempt_time();
            self.host.github_token(audience, timeout).await.map_err(|failure| match failure {
                SendFailure::NoTokenEndpoint => permanent(Error::IdTokenPermissionMissing),
                failure => {
                    let outlook = outlook_of_failure(&failure);
                    let unanswered = unanswered(failure, attempts, out_of_time);
                    Failed { error: Error::GithubTokenUnavailable(unanswered), outlook, retry_after: None }
                }
            })
        })
        .await
    }

    /// Makes a call until it succeeds, cannot succeed, or the time is up.
    pub async fn call<O: Operation>(&self, operation: &O) -> Result<O::Output, Error> {
        self.call_for_response(operation).await.map(|(output, _)| output)
    }

    /// The same, and the answer itself for its headers.
    pub async fn call_for_response<O: Operation>(&self, operation: &O) -> Result<(O::Output, Response), Error> {
        let parsing = Parsing::new(operation);
        let response = self.drive(&parsing, None, None).await?;
        Ok((parsing.output()?, response))
    }

    /// The same as [`Client::call`], where `prepare` comes before each attempt.
    pub async fn call_prepared<O: Operation>(&self, operation: &O, prepare: &Prepare<'_>) -> Result<O::Output, Error> {
        let parsing = Parsing::new(operation);
        self.drive(&parsing, None, Some(prepare)).await?;
        parsing.output()
    }

    /// The same as [`Client::call`], where a batch has already answered for this operation: that counts as an attempt.
    pub async fn call_after<O: Operation>(&self, answer: Option<Answer>, operation: &O) -> Result<O::Output, Error> {
        let parsing = Parsing::new(operation);
        self.drive(&parsing, answer, None).await?;
        parsing.output()
    }

    /// Attempts one after the other, of any operation.
    async fn drive(
        &self,
        operation: &dyn AnyOperation,
        in_batch: Option<Answer>,
        prepare: Option<&Prepare<'_>>,
    ) -> Result<Response, Error> {
        let in_batch = RefCell::new(in_batch);
        self.retrying(async |number| {
            if let Some(answer) = in_batch.take() {
                let outlook = operation.protocol().outlook(&answer);
                return Err(refused(operation, number, answer, outlook));
            }
            if let Some(prepare) = prepare {
                prepare().await.map_err(permanent)?;
            }
            self.attempt(operation, number).await
        })
        .await
    }

    /// Sends a request, and on to where the operation lets it go, and reads the answer.
    async fn attempt(&self, operation: &dyn AnyOperation, number: u32) -> Result<Response, Failed> {
        let mut request = self.request(operation).map_err(permanent)?;
        let credentials = std::mem::take(&mut request.credentials);
        let attempt = Attempt { operation, number, clock: self.clock.get(), credentials };
        let mut hops = 0;
        loop {
            let (timeout, out_of_time) = self.attempt_time();
            let from = request.url.clone();
            let sent = match timeout.is_zero() {
                true => Err(SendFailure::TimedOut),
                false => self.host.send(request, timeout).await,
            };
            let response = sent.map_err(|failure| attempt.unanswered(failure, out_of_time))?;
            if (300..400).contains(&response.status)
                && let Some(url) = attempt.redirected(&from, hops, &response)?
            {
                request = Request { url, ..self.request(operation).map_err(permanent)? };
                hops += 1;
                continue;
            }
            if !operation.protocol().is_success(response.status) {
                return Err(self.refusal(&attempt, &response));
            }
            return match operation.parse(&response) {
                Ok(()) => Ok(response),
                Err(problem) => Err(attempt.malformed(&response, problem)),
            };
        }
    }

    fn request(&self, operation: &dyn AnyOperation) -> Result<Request, Error> {
        let mut request = operation.request(self.now())?;
        request.headers.push(("user-agent", concat!("env-kvstore/", env!("CARGO_PKG_VERSION")).to_owned()));
        Ok(request)
    }

    #[inline(never)]
    fn refusal(&self, attempt: &Attempt<'_>, response: &Response) -> Failed {
        let protocol = attempt.operation.protocol();
        let answer = protocol.refusal(response, &attempt.credentials);
        let outlook = match protocol.outlook(&answer) {
            // Another call that was under way may have corrected it since this one was signed.
            Outlook::WrongClock if attempt.clock != self.clock.get() || self.correct_clock(response) => {
                Outlook::ClockCorrected
            }
            outlook => outlook,
        };
        Failed {
            retry_after: protocol.retry_after(response),
            ..refused(attempt.operation, attempt.number, answer, outlook)
        }
    }

    async fn retrying<T>(&self, attempt: impl AsyncFn(u32) -> Result<T, Failed>) -> Result<T, Error> {
        let mut attempts = 1;
        let mut taken = 0_u32;
        loop {
            let failed = match attempt(attempts).await {
                Ok(output) => {
                    self.give_back(taken.max(FIRST_SUCCESS));
                    return Ok(output);
                }
                Err(failed) => failed,
            };
            let (pause, cost) = match self.pause_before(attempts + 1, &failed) {
                Some(retry) => retry,
                None => return Err(failed.error),
            };
            taken = taken.saturating_add(cost);
            self.host.sleep(pause).await;
            attempts += 1;
        }
    }

    /// What was taken for the retries of a call goes back when the call succeeds, so that only calls which fail for good
    /// use the budget up. The SDKs give back what the last retry took.
    fn give_back(&self, amount: u32) {
        self.bucket.set(self.bucket.get().saturating_add(amount).min(BUCKET_SIZE));
    }

    /// How long to wait before attempt number `next`, and what was taken from the budget for it; none if there is to be none.
    fn pause_before(&self, next: u32, failed: &Failed) -> Option<(Duration, u32)> {
        let (base, cost) = match failed.outlook {
            Outlook::Permanent | Outlook::WrongClock => return None,
            Outlook::ClockCorrected => return Some((Duration::ZERO, 0)),
            Outlook::Transient => (BASE_PAUSE, COST),
            Outlook::Throttled => (BASE_PAUSE_THROTTLED, COST_THROTTLED),
        };
        if next > self.max_attempts {
            return None;
        }
        let jittered = full_jitter(base, next.saturating_sub(2), MAX_PAUSE);
        let pause = match failed.retry_after {
            Some(wanted) => wanted.clamp(jittered, jittered + MAX_RETRY_AFTER),
            None => jittered,
        };
        if pause >= self.remaining() {
            return None;
        }
        self.bucket.set(self.bucket.get().checked_sub(cost)?);
        Some((pause, cost))
    }

    /// The time for one attempt, and the step's limit if that is what bounds it.
    fn attempt_time(&self) -> (Duration, Option<Duration>) {
        let remaining = self.remaining();
        if remaining <= ATTEMPT_TIMEOUT { (remaining, Some(self.limit)) } else { (ATTEMPT_TIMEOUT, None) }
    }

    /// Lets the host do what waits, signals among it, in the midst of a long computation; an error if the step's time is
    /// over.
    pub async fn give_way(&self) -> Result<(), Error> {
        self.host.sleep(Duration::ZERO).await;
        if self.remaining().is_zero() { Err(Error::OutOfTime(self.limit)) } else { Ok(()) }
    }

    fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.host.monotonic().saturating_sub(self.started))
    }
}

impl Attempt<'_> {
    /// Where a redirect leads, if it is to be followed; nowhere if it is a refusal like others.
    #[inline(never)]
    fn redirected(&self, from: &str, hops: u32, response: &Response) -> Result<Option<String>, Failed> {
        match self.operation.redirect(from, hops, response) {
            Redirect::To(url) => Ok(Some(url)),
            Redirect::Refused(diagnosis) => {
                let location = response.header("location").unwrap_or_default();
                let answer = Answer::new(response, "", location, None, &self.credentials);
                let refusal = Refusal { call: call(self.operation, self.number), answer, diagnosis };
                Err(permanent(Error::Refused(Box::new(refusal))))
            }
            Redirect::Unexpected if self.operation.protocol().refuses_by_form() => Ok(None),
            Redirect::Unexpected => Err(permanent(self.unusable("a redirect, which is not followed"))),
        }
    }

    /// No answer, or not the whole of it.
    #[inline(never)]
    fn unanswered(&self, failure: SendFailure, out_of_time: Option<Duration>) -> Failed {
        if failure == SendFailure::TooLarge && self.operation.protocol().refuses_by_form() {
            return refused(self.operation, self.number, Answer::too_large(), Outlook::Permanent);
        }
        let outlook = outlook_of_failure(&failure);
        let unanswered = unanswered(failure, self.number, out_of_time);
        let error = Error::Unreachable(Box::new(call(self.operation, self.number)), unanswered);
        Failed { error, outlook, retry_after: None }
    }

    /// A success that is not what the operation promises.
    #[inline(never)]
    fn malformed(&self, response: &Response, problem: &'static str) -> Failed {
        if self.operation.protocol().refuses_by_form() {
            let answer = Answer::new(response, "", problem, None, &self.credentials);
            return refused(self.operation, self.number, answer, Outlook::Permanent);
        }
        Failed { error: self.unusable(problem), outlook: Outlook::Transient, retry_after: None }
    }

    fn unusable(&self, problem: &'static str) -> Error {
        Error::AnswerUnusable(Box::new(call(self.operation, self.number)), problem)
    }
}

fn permanent(error: Error) -> Failed {
    Failed { error, outlook: Outlook::Permanent, retry_after: None }
}

#[inline(never)]
fn refused(operation: &dyn AnyOperation, attempts: u32, answer: Answer, outlook: Outlook) -> Failed {
    let diagnosis = operation.protocol().diagnose(&answer).unwrap_or_else(|| operation.diagnose(&answer));
    let refusal = Refusal { call: call(operation, attempts), answer, diagnosis };
    Failed { error: Error::Refused(Box::new(refusal)), outlook, retry_after: None }
}

fn call(operation: &dyn AnyOperation, attempts: u32) -> Call {
    Call { attempts, ..operation.call() }
}

fn unanswered(failure: SendFailure, attempts: u32, out_of_time: Option<Duration>) -> Unanswered {
    let out_of_time = out_of_time.filter(|_| failure == SendFailure::TimedOut);
    Unanswered { failure, attempts, out_of_time }
}

/// A random pause, whose longest length is `base` and doubles with each step up to `most`: those that failed together do not
/// come again together. Without randomness (which no supported host lacks) it is the longest one.
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
pub(crate) fn full_jitter(base: Duration, doublings: u32, most: Duration) -> Duration {
    let longest = base.saturating_mul(1 << doublings.min(16)).min(most);
    longest.mul_f64(getrandom::u32().map_or(1.0, |number| f64::from(number) / f64::from(u32::MAX)))
}
