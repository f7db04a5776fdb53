//! Reads much at once: each service and region beside the others, in each at most eight calls at a time, twenty secrets a call
//! where that pays, and ten parameters a call.

use std::cell::{OnceCell, RefCell};

use crate::aws::endpoints::Service;
use crate::aws::names::{Region, RoleArn};
use crate::aws::parameter_id::{ParameterId, Parameters};
use crate::aws::secret_id::SecretVersion;
use crate::aws::secrets_manager::MAX_BATCH;
use crate::aws::source::Source;
use crate::aws::ssm::MAX_NAMES;
use crate::call::apart::apart;
use crate::call::client::Client;
use crate::call::together::{MAX_CALLS, eight_at_a_time, together};
use crate::error::Error;
use crate::error::code::Code;
use crate::host::answer::Answer;
use crate::host::http::Host;
use crate::host::url::BaseUrl;
use crate::stores::backend::{Backend, Caller, Fetched};
use crate::stores::wanted::{NOT_READ, Origin, Read, Wanted};

/// So many secrets are read one by one: all at once, and without the permission that a batch needs.
const HANDFUL: usize = 5;

/// Which calls read what.
pub struct FetchPlan<'a> {
    backend: &'a Backend,
    slots: Vec<Slot>,
    regions: Vec<RegionPlan>,
}

/// A source of the plan, and what came of it.
struct Slot {
    wanted: Wanted,
    outcome: OnceCell<Fetched>,
}

/// The calls to one service in one region.
struct RegionPlan {
    service: Service,
    region: Region,
    fetches: Vec<Fetch>,
}

/// A call, for sources by their places in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fetch {
    /// With what a batch was told of it, if there was one.
    One(usize, Option<Answer>),
    Batch(Vec<usize>),
}

impl<'a> FetchPlan<'a> {
    /// A plan for `wanted`, which has nothing twice.
    pub fn new(backend: &'a Backend, wanted: Vec<Wanted>, role: Option<&RoleArn>) -> Self {
        let fetches = |service: Service, region: &Region| {
            let is_there = |source: &Source| source.service() == service && source.region() == region;
            let there: Vec<_> = wanted.iter().enumerate().filter(|(_, wanted)| is_there(&wanted.source)).collect();
            if service == Service::Ssm { of_parameters(&there, role) } else { of_secrets(&there, role) }
        };
        let mut regions: Vec<RegionPlan> = Vec::new();
        for Wanted { source, .. } in &wanted {
            let (service, region) = (source.service(), source.region());
            if !regions.iter().any(|known| known.service == service && known.region == *region) {
                regions.push(RegionPlan { service, region: region.clone(), fetches: fetches(service, region) });
            }
        }
        let slots = wanted.into_iter().map(|wanted| Slot { wanted, outcome: OnceCell::new() }).collect();
        Self { backend, slots, regions }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many connections the calls to each service in each region can use.
    pub fn connections(&self) -> impl Iterator<Item = (BaseUrl, usize)> {
        let of = |RegionPlan { service, region, fetches }: &RegionPlan| {
            (self.backend.endpoint(*service, region), fetches.len().min(MAX_CALLS))
        };
        self.regions.iter().map(of)
    }

    /// Makes the calls. What came of each source, in the order in which they were wanted, and notices for the log.
    pub async fn run<H: Host>(self, client: &Client<'_, H>, caller: Caller<'_>) -> (Vec<Read>, Vec<String>) {
        let Self { backend, slots, regions } = self;
        let notices = RefCell::new(Vec::new());
        let regions = regions.into_iter().map(async |RegionPlan { service, region, fetches }| {
            let (region, slots, left) = (&region, slots.as_slice(), RefCell::default());
            let fetch = RegionFetch { client, backend, service, region, caller, slots, left };
            let notice = fetch.run(fetches).await;
            notices.borrow_mut().extend(notice);
        });
        together(regions).await;
        (slots.into_iter().map(Slot::read).collect(), notices.into_inner())
    }
}

impl Slot {
    fn read(self) -> Read {
        let Self { wanted, outcome } = self;
        Read { wanted, documents: outcome.into_inner().unwrap_or(Err(NOT_READ)) }
    }
}

/// Policies often do not allow batches of stores, so these are read one by one. Only current secrets of the session's own
/// account are known to come in a batch.
fn of_secrets(wanted: &[(usize, &Wanted)], role: Option<&RoleArn>) -> Vec<Fetch> {
    let batches = |Wanted { source, origin }: &Wanted| match (source, origin) {
        (Source::Secret(SecretVersion { secret, stage: None, id: None }), Origin::Lines) => {
            secret.account.as_ref() == role.map(RoleArn::account)
        }
        _ => false,
    };
    let (mut batched, mut singly) = (Vec::new(), Vec::new());
    for (place, wanted) in wanted {
        if batches(wanted) { &mut batched } else { &mut singly }.push(*place);
    }
    if batched.len() <= HANDFUL {
        singly.append(&mut batched);
    }
    let ones = singly.into_iter().map(|place| Fetch::One(place, None));
    ones.chain(batched.chunks(MAX_BATCH).map(|places| Fetch::Batch(places.to_vec()))).collect()
}

/// As many parameters a call as it takes, and no two versions of one in a call: some servers do not say which is which.
#[inline(never)]
fn of_parameters(wanted: &[(usize, &Wanted)], role: Option<&RoleArn>) -> Vec<Fetch> {
    let own = role.map(RoleArn::account);
    let (mut fetches, mut places, mut asked) = (Vec::new(), Vec::new(), Vec::<&ParameterId>::new());
    let mut names = 0;
    for (place, Wanted { source, .. }) in wanted {
        let Source::Parameters(Parameters::One(wanted)) = source else {
            fetches.push(Fetch::One(*place, None));
            continue;
        };
        let more = wanted.names(own).len();
        if names + more > MAX_NAMES || asked.contains(&&wanted.parameter) {
            fetches.push(Fetch::Batch(std::mem::take(&mut places)));
            asked.clear();
            names = 0;
        }
        names += more;
        asked.push(&wanted.parameter);
        places.push(*place);
    }
    if !places.is_empty() {
        fetches.push(Fetch::Batch(places));
    }
    fetches
}

struct RegionFetch<'a, H> {
    client: &'a Client<'a, H>,
    backend: &'a Backend,
    service: Service,
    region: &'a Region,
    caller: Caller<'a>,
    slots: &'a [Slot],
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
                if let Some(why) = apart(self.batch(&places)).await {
                    refusal.replace(Some(why));
                }
            }
        })
        .await;
    }

    async fn one(&self, place: usize, answer: Option<Answer>) {
        let Some(Slot { wanted, .. }) = self.slots.get(place) else { return };
        let outcome = self.backend.read(self.client, self.caller, &wanted.source, answer).await;
        self.end(place, outcome);
    }

    /// Reads several. Why not, if they have to be read one by one.
    async fn batch(&self, places: &[usize]) -> Option<String> {
        let slots = places.iter().filter_map(|place| self.slots.get(*place));
        let sources: Vec<_> = slots.map(|slot| &slot.wanted.source).collect();
        match self.backend.read_batch(self.client, (self.service, self.region), self.caller, &sources).await {
            Ok(outcomes) => {
                for (place, outcome) in places.iter().zip(outcomes) {
                    match outcome {
                        Some(Ok(document)) => self.end(*place, Ok(vec![document])),
                        Some(Err(answer)) => self.left.borrow_mut().push(Fetch::One(*place, Some(answer))),
                        None => self.leave(&[*place]),
                    }
                }
                None
            }
            Err(Error::Refused(refusal)) if refusal.diagnosis.code == Code::BatchRefused => {
                self.leave(places);
                // Parameter Store refuses a call for one of its parameters, and other calls are none of its business.
                let is_of_role = self.service == Service::SecretsManager;
                is_of_role.then(|| {
                    format!("BatchGetSecretValue was refused ({}). {}", refusal.answer, refusal.diagnosis.next)
                })
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
        if let Some(slot) = self.slots.get(place) {
            // Each is read by one call, and by another only if that left it.
            _ = slot.outcome.set(outcome);
        }
    }
}

#[cfg(test)]
mod tests;
