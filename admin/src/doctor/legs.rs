//! The legs of a way, each timed; after the first that fails the others are not reached.

use std::time::Duration;

use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::host::http::Host;
use env_kvstore::text::spelling::Spelling;
use serde_json::{Map, Value};

use crate::doctor::report::{Examination, Fix, Leg, Status, StoreSeen, Trouble};

/// What a leg found.
#[derive(Default)]
pub(crate) struct Found {
    summary: String,
    facts: Map<String, Value>,
}

impl Found {
    /// In one line.
    pub(crate) fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), facts: Map::new() }
    }

    /// With one more fact for programs; nothing if it is not known.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.facts.insert(name.to_owned(), value);
        }
        self
    }
}

/// Why the way ends here. The leg has said it.
pub(crate) struct Ended;

pub(crate) struct Legs<'a, H> {
    host: &'a H,
    spelling: Spelling,
    legs: Vec<Leg>,
    pub(crate) stores: Vec<StoreSeen>,
}

impl<'a, H: Host> Legs<'a, H> {
    pub(crate) fn new(host: &'a H, spelling: Spelling) -> Self {
        Self { host, spelling, legs: Vec::new(), stores: Vec::new() }
    }

    pub(crate) fn spelling(&self) -> Spelling {
        self.spelling
    }

    /// Goes one leg.
    pub(crate) async fn go<T>(
        &mut self,
        leg: &'static str,
        work: impl Future<Output = Result<(T, Found), Error>>,
    ) -> Result<T, Ended> {
        let began = self.host.monotonic();
        let done = work.await;
        let took = milliseconds(self.host.monotonic().saturating_sub(began));
        match done {
            Ok((output, found)) => {
                self.ok(leg, Some(took), found);
                Ok(output)
            }
            Err(error) => {
                self.failed(leg, Some(took), Trouble::of(&error, self.spelling));
                Err(Ended)
            }
        }
    }

    pub(crate) fn ok(&mut self, leg: &'static str, ms: Option<f64>, Found { summary, facts }: Found) {
        self.legs.push(Leg { leg, status: Status::Ok, ms, summary, facts, problem: None });
    }

    pub(crate) fn failed(&mut self, leg: &'static str, ms: Option<f64>, problem: Trouble) {
        // The lines below the first are a list of details, which belong to the problem.
        let first = problem.message.lines().next().unwrap_or_default();
        let summary = format!("{}: {first}", problem.code);
        let (status, facts) = (Status::Failed, Map::new());
        self.legs.push(Leg { leg, status, ms, summary, facts, problem: Some(problem) });
    }

    /// Says more of the last leg if it failed by this code.
    pub(crate) fn explain(&mut self, code: Code, more: &str) {
        let last = self.legs.last_mut().and_then(|leg| leg.problem.as_mut());
        if let Some(problem) = last.filter(|problem| problem.code == code.as_str()) {
            problem.hint = self.spelling.of(more);
        }
    }

    /// What came of all legs of the way.
    pub(crate) fn end(mut self, way: &[&'static str]) -> Examination {
        for leg in way {
            if !self.legs.iter().any(|known| known.leg == *leg) {
                let (summary, facts) = (String::new(), Map::new());
                self.legs.push(Leg { leg, status: Status::NotReached, ms: None, summary, facts, problem: None });
            }
        }
        let fix = self.legs.iter().find_map(|Leg { leg, problem, .. }| Some(Fix { leg, problem: problem.clone()? }));
        Examination { ok: fix.is_none(), legs: self.legs, stores: self.stores, fix }
    }
}

/// To the tenth.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
