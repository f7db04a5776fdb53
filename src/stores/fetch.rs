//! Reads many secrets at once: every region beside the others, in each at most eight calls at a time, and twenty secrets a
//! call where that pays.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::Poll;

use crate::aws::names::{Region, RoleArn};
use crate::aws::secret_id::{SecretId, SecretVersion};
use crate::aws::secrets_manager::{Access, BATCH_REFUSED, BatchGetSecretValue, GetSecretValue, MAX_BATCH};
use crate::aws::sigv4::Credentials;
use crate::call::client::Client;
use crate::error::Error;
use crate::host::answer::Answer;
use crate::host::http::Host;
use crate::host::url::BaseUrl;
use crate::text::secret_value::SecretValue;

/// In a region, each over a connection of its own.
const MAX_CALLS: usize = 8;

/// So many are read one by one: all at once, and without the permission that a batch needs.
const HANDFUL: usize = 5;

/// Which calls read which secrets.
pub struct FetchPlan {
    regions: Vec<Calls>,
}

/// The calls to one region.
struct Calls {
    region: Region,
    calls: Vec<Call>,
}

/// A call, for secrets by their places in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Call {
    /// With what a batch was told of it, if there was one.
    One(usize, Option<Answer>),
    Batch(Vec<usize>),
}

/// As whom.
pub struct Reader<'a> {
    /// The session's role, if it is known.
    pub role: Option<&'a RoleArn>,
    /// The session.
    pub credentials: &'a Credentials,
    /// The session's tags, if they are known.
    pub session_tags: Option<&'a [(String, String)]>,
}

/// What came of one secret.
type Outcome = Result<SecretValue, Error>;

impl FetchPlan {
    /// A plan for `wanted`, of which none stands there twice. The first `stores` of them are stores, whose policies often
    /// grant GetSecretValue alone; and only secrets of the reader's own account are known to come in batches.
    pub fn new(wanted: &[SecretVersion], stores: usize, role: Option<&RoleArn>) -> Self {
        let batches = |place: usize, SecretVersion { secret, stage, id }: &SecretVersion| {
            let is_own = secret.account.as_ref() == role.map(RoleArn::account);
            place >= stores && stage.is_none() && id.is_none() && is_own
        };
        let calls = |region: &Region| {
            let of_region = wanted.iter().enumerate().filter(|(_, wanted)| wanted.secret.region == *region);
            let (mut batched, mut singly) = (Vec::new(), Vec::new());
            of_region.for_each(|(place, wanted)| {
                if batches(place, wanted) { &mut batched } else { &mut singly }.push(place)
            });
            if batched.len() <= HANDFUL {
                singly.append(&mut batched);
            }
            let ones = singly.into_iter().map(|place| Call::One(place, None));
            ones.chain(batched.chunks(MAX_BATCH).map(|places| Call::Batch(places.to_vec()))).collect()
        };
        let mut regions: Vec<Calls> = Vec::new();
        for SecretVersion { secret: SecretId { region, .. }, .. } in wanted {
            if !regions.iter().any(|known| known.region == *region) {
                regions.push(Calls { region: region.clone(), calls: calls(region) });
            }
        }
        Self { regions }
    }

    /// How many connections each region's calls can use.
    pub fn connections(&self) -> impl Iterator<Item = (&Region, usize)> {
        self.regions.iter().map(|Calls { region, calls }| (region, calls.len().min(MAX_CALLS)))
    }

    /// Makes the calls. What came of each secret, in the order of `wanted`, and notices for the log.
    pub async fn run<H: Host>(
        self,
        client: &Client<'_, H>,
        endpoint: impl Fn(&Region) -> BaseUrl,
        reader: &Reader<'_>,
        wanted: &[SecretVersion],
    ) -> (Vec<Outcome>, Vec<String>) {
        let unread = || Err(Error::Internal("a secret was not read"));
        let outcomes = RefCell::new(wanted.iter().map(|_| unread()).collect());
        let notices = RefCell::new(Vec::new());
        let regions = self.regions.into_iter().map(async |Calls { region, calls }| {
            let Reader { role, credentials, session_tags } = *reader;
            let access = Access { endpoint: &endpoint(&region), region: &region, role, credentials, session_tags };
            let fetch = RegionFetch { client, access: &access, wanted, outcomes: &outcomes, left: RefCell::default() };
            let notice = fetch.run(calls).await;
            notices.borrow_mut().extend(notice);
        });
        together(regions).await;
        (outcomes.into_inner(), notices.into_inner())
    }
}

struct RegionFetch<'a, H> {
    client: &'a Client<'a, H>,
    access: &'a Access<'a>,
    wanted: &'a [SecretVersion],
    outcomes: &'a RefCell<Vec<Outcome>>,
    /// What no batch answered for good.
    left: RefCell<Vec<Call>>,
}

impl<H: Host> RegionFetch<'_, H> {
    /// Makes the calls, then reads what batches left; a notice if the role may not batch.
    async fn run(self, calls: Vec<Call>) -> Option<String> {
        let refusal = RefCell::new(None);
        self.eight_at_a_time(calls, &refusal).await;
        let left = self.left.take();
        let notice = refusal.borrow().as_ref().map(|why| {
            format!("{} secrets of {} are read one by one, which takes longer: {why}", left.len(), self.access.region)
        });
        self.eight_at_a_time(left, &refusal).await;
        notice
    }

    /// Makes calls in their order, each over a connection of its own.
    async fn eight_at_a_time(&self, calls: Vec<Call>, refusal: &RefCell<Option<String>>) {
        let queue = RefCell::new(calls.into_iter());
        let worker = async |_| loop {
            let call = queue.borrow_mut().next();
            match call {
                None => break,
                Some(Call::One(place, answer)) => self.one(place, answer).await,
                // What one batch is refused, the next would be refused too.
                Some(Call::Batch(places)) if refusal.borrow().is_some() => self.leave(&places),
                Some(Call::Batch(places)) => {
                    if let Some(why) = self.batch(&places).await {
                        refusal.replace(Some(why));
                    }
                }
            }
        };
        together((0..MAX_CALLS).map(worker)).await;
    }

    async fn one(&self, place: usize, answer: Option<Answer>) {
        let Some(wanted) = self.wanted.get(place) else { return };
        let operation = GetSecretValue { access: self.access, wanted };
        let outcome = self.client.call_after(answer, &operation).await;
        self.end(place, outcome);
    }

    /// Reads several. Why not, if they have to be read one by one.
    async fn batch(&self, places: &[usize]) -> Option<String> {
        let secrets = places.iter().filter_map(|place| self.wanted.get(*place)).map(|wanted| &wanted.secret).collect();
        match self.client.call(&BatchGetSecretValue { access: self.access, secrets }).await {
            Ok(outcomes) => {
                for (place, outcome) in places.iter().zip(outcomes) {
                    match outcome {
                        Some(Ok(value)) => self.end(*place, Ok(value)),
                        Some(Err(answer)) => self.left.borrow_mut().push(Call::One(*place, Some(answer))),
                        None => self.leave(&[*place]),
                    }
                }
                None
            }
            Err(Error::Refused(refusal)) if refusal.diagnosis.code == BATCH_REFUSED => {
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
        self.left.borrow_mut().extend(places.iter().map(|place| Call::One(*place, None)));
    }

    fn end(&self, place: usize, outcome: Outcome) {
        if let Some(slot) = self.outcomes.borrow_mut().get_mut(place) {
            *slot = outcome;
        }
    }
}

/// Runs a few futures side by side. `futures_util`'s `join_all` brings what thousands need, and 10 KB of it in wasm.
async fn together(futures: impl Iterator<Item: Future<Output = ()>>) {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    poll_fn(|context| {
        running.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::names::AccountId;

    fn plan(secrets: &[(&str, &str, Option<&str>)], stores: usize) -> Vec<(String, Vec<Call>)> {
        let wanted: Vec<_> = secrets
            .iter()
            .map(|(region, account, stage)| SecretVersion {
                secret: SecretId {
                    region: Region::parse(region).unwrap(),
                    account: AccountId::parse(account),
                    name: "n".to_owned(),
                    arn: None,
                },
                stage: stage.map(str::to_owned),
                id: None,
            })
            .collect();
        let role = RoleArn::parse("arn:aws:iam::123456789012:role/r");
        let plan = FetchPlan::new(&wanted, stores, role.as_ref());
        plan.regions.into_iter().map(|Calls { region, calls }| (region.to_string(), calls)).collect()
    }

    const OWN: (&str, &str, Option<&str>) = ("us-west-2", "123456789012", None);

    fn ones(places: impl IntoIterator<Item = usize>) -> Vec<Call> {
        places.into_iter().map(|place| Call::One(place, None)).collect()
    }

    #[test]
    fn a_handful_is_read_one_by_one() {
        assert_eq!(plan(&[OWN; 5], 0), [("us-west-2".to_owned(), ones(0..5))]);
        assert_eq!(plan(&[OWN; 9], 4), [("us-west-2".to_owned(), ones(0..9))]);
    }

    #[test]
    fn more_are_read_twenty_a_call() {
        let calls = |secrets, stores| plan(secrets, stores).remove(0).1;
        assert_eq!(calls(&[OWN; 6], 0), [Call::Batch((0..6).collect())]);
        let of_45 = calls(&[OWN; 45], 4);
        assert_eq!(of_45[..4], ones(0..4));
        assert_eq!(
            of_45[4..],
            [Call::Batch((4..24).collect()), Call::Batch((24..44).collect()), Call::Batch(vec![44])]
        );
    }

    #[test]
    fn versions_and_other_accounts_are_never_batched() {
        let version = ("us-west-2", "123456789012", Some("AWSPREVIOUS"));
        let elsewhere = ("us-west-2", "210987654321", None);
        let secrets: Vec<_> = [vec![version; 6], vec![elsewhere; 6], vec![OWN; 6]].concat();
        let calls = plan(&secrets, 0).remove(0).1;
        assert_eq!(calls[..12], ones(0..12));
        assert_eq!(calls[12..], [Call::Batch((12..18).collect())]);
    }

    #[test]
    fn each_region_has_its_own_calls() {
        let other = ("eu-central-1", "123456789012", None);
        let expected = [("us-west-2".to_owned(), ones([0, 2])), ("eu-central-1".to_owned(), ones([1]))];
        assert_eq!(plan(&[OWN, other, OWN], 1), expected);
    }
}
