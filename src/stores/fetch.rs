//! Reads many secrets at once: every region beside the others, in each at most eight calls at a time, and twenty secrets a
//! call where that pays.

use std::cell::{OnceCell, RefCell};

use crate::aws::names::{Region, RoleArn};
use crate::call::client::Client;
use crate::call::together::{MAX_CALLS, eight_at_a_time, together};
use crate::error::Error;
use crate::error::code::Code;
use crate::host::answer::Answer;
use crate::host::http::Host;
use crate::stores::backend::{Backend, Caller, Fetched};
use crate::stores::document::Document;
use crate::stores::wanted::{Origin, Read, Wanted};

/// So many are read one by one: all at once, and without the permission that a batch needs.
const HANDFUL: usize = 5;

/// Which calls read which secrets.
pub struct FetchPlan<'a> {
    backend: &'a Backend,
    secrets: Vec<Slot>,
    regions: Vec<RegionPlan>,
}

/// A secret of the plan, and what came of it.
struct Slot {
    wanted: Wanted,
    outcome: OnceCell<Fetched>,
}

/// The calls to one region.
struct RegionPlan {
    region: Region,
    fetches: Vec<Fetch>,
}

/// A call, for secrets by their places in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fetch {
    /// With what a batch was told of it, if there was one.
    One(usize, Option<Answer>),
    Batch(Vec<usize>),
}

impl<'a> FetchPlan<'a> {
    /// A plan for `wanted`, which has no secret twice. Policies often do not allow batches of stores, so these are read
    /// one by one.
    pub fn new(backend: &'a Backend, wanted: Vec<Wanted>, role: Option<&RoleArn>) -> Self {
        let batches = |Wanted { secret, origin }: &Wanted| match origin {
            Origin::Lines => backend.batches(secret, role),
            Origin::Store(_) => false,
        };
        let fetches = |region: &Region| {
            let of_region = wanted.iter().enumerate().filter(|(_, wanted)| *wanted.region() == *region);
            let (mut batched, mut singly) = (Vec::new(), Vec::new());
            of_region.for_each(|(place, wanted)| if batches(wanted) { &mut batched } else { &mut singly }.push(place));
            if batched.len() <= HANDFUL {
                singly.append(&mut batched);
            }
            let ones = singly.into_iter().map(|place| Fetch::One(place, None));
            ones.chain(batched.chunks(backend.max_batch()).map(|places| Fetch::Batch(places.to_vec()))).collect()
        };
        let mut regions: Vec<RegionPlan> = Vec::new();
        for region in wanted.iter().map(Wanted::region) {
            if !regions.iter().any(|known| known.region == *region) {
                regions.push(RegionPlan { region: region.clone(), fetches: fetches(region) });
            }
        }
        let secrets = wanted.into_iter().map(|wanted| Slot { wanted, outcome: OnceCell::new() }).collect();
        Self { backend, secrets, regions }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// How many connections each region's calls can use.
    pub fn connections(&self) -> impl Iterator<Item = (&Region, usize)> {
        self.regions.iter().map(|RegionPlan { region, fetches }| (region, fetches.len().min(MAX_CALLS)))
    }

    /// Makes the calls. What came of each secret, in the order in which they were wanted, and notices for the log.
    pub async fn run<H: Host>(self, client: &Client<'_, H>, caller: Caller<'_>) -> (Vec<Read>, Vec<String>) {
        let Self { backend, secrets, regions } = self;
        let notices = RefCell::new(Vec::new());
        let regions = regions.into_iter().map(async |RegionPlan { region, fetches }| {
            let (region, secrets, left) = (&region, secrets.as_slice(), RefCell::default());
            let fetch = RegionFetch { client, backend, region, caller, secrets, left };
            let notice = fetch.run(fetches).await;
            notices.borrow_mut().extend(notice);
        });
        together(regions).await;
        (secrets.into_iter().map(Slot::read).collect(), notices.into_inner())
    }
}

impl Slot {
    fn read(self) -> Read {
        let Self { wanted, outcome } = self;
        let outcome = outcome.into_inner().unwrap_or(Err(Error::Internal("a secret was not read")));
        let document = outcome.map(|value| Document::new(wanted.secret.secret.name.clone(), value));
        Read { wanted, document }
    }
}

struct RegionFetch<'a, H> {
    client: &'a Client<'a, H>,
    backend: &'a Backend,
    region: &'a Region,
    caller: Caller<'a>,
    secrets: &'a [Slot],
    /// What no batch answered for good.
    left: RefCell<Vec<Fetch>>,
}

impl<H: Host> RegionFetch<'_, H> {
    /// Makes the calls, then reads what batches left; a notice if the role may not batch.
    async fn run(self, fetches: Vec<Fetch>) -> Option<String> {
        let refusal = RefCell::new(None);
        self.eight_at_a_time(fetches, &refusal).await;
        let left = self.left.take();
        let notice = refusal.borrow().as_ref().map(|why| {
            format!("{} secrets of {} are read one by one, which takes longer: {why}", left.len(), self.region)
        });
        self.eight_at_a_time(left, &refusal).await;
        notice
    }

    /// Makes calls in their order, each over a connection of its own.
    async fn eight_at_a_time(&self, fetches: Vec<Fetch>, refusal: &RefCell<Option<String>>) {
        eight_at_a_time(fetches, async |fetch| match fetch {
            Fetch::One(place, answer) => self.one(place, answer).await,
            // What one batch is refused, the next would be refused too.
            Fetch::Batch(places) if refusal.borrow().is_some() => self.leave(&places),
            Fetch::Batch(places) => {
                if let Some(why) = self.batch(&places).await {
                    refusal.replace(Some(why));
                }
            }
        })
        .await;
    }

    async fn one(&self, place: usize, answer: Option<Answer>) {
        let Some(Slot { wanted, .. }) = self.secrets.get(place) else { return };
        let outcome = self.backend.read(self.client, self.region, self.caller, &wanted.secret, answer).await;
        self.end(place, outcome);
    }

    /// Reads several. Why not, if they have to be read one by one.
    async fn batch(&self, places: &[usize]) -> Option<String> {
        let slots = places.iter().filter_map(|place| self.secrets.get(*place));
        let secrets = slots.map(|slot| &slot.wanted.secret.secret).collect();
        match self.backend.read_batch(self.client, self.region, self.caller, secrets).await {
            Ok(outcomes) => {
                for (place, outcome) in places.iter().zip(outcomes) {
                    match outcome {
                        Some(Ok(value)) => self.end(*place, Ok(value)),
                        Some(Err(answer)) => self.left.borrow_mut().push(Fetch::One(*place, Some(answer))),
                        None => self.leave(&[*place]),
                    }
                }
                None
            }
            Err(Error::Refused(refusal)) if refusal.diagnosis.code == Code::BatchRefused => {
                self.leave(places);
                Some(format!("BatchGetSecretValue was refused ({}). {}", refusal.answer, refusal.diagnosis.next))
            }
            Err(error) => {
                places.iter().for_each(|place| self.end(*place, Err(error.clone())));
                None
            }
        }
    }

    fn leave(&self, places: &[usize]) {
        self.left.borrow_mut().extend(places.iter().map(|place| Fetch::One(*place, None)));
    }

    fn end(&self, place: usize, outcome: Fetched) {
        if let Some(slot) = self.secrets.get(place) {
            // Each is read by one call, and by another only if that left it.
            _ = slot.outcome.set(outcome);
        }
    }
}

#[cfg(test)]
mod tests;
