use super::*;
use crate::aws::endpoints::Service;
use crate::aws::environment::AwsEnvironment;
use crate::aws::names::AccountId;
use crate::aws::secret_id::{SecretId, SecretVersion};
use crate::lines::values::Kind;
use crate::stores::naming::{Scope, Store};

fn plan(secrets: &[(&str, &str, Option<&str>)], stores: usize) -> Vec<(String, Vec<Fetch>)> {
    let secret = |(region, account, stage): &(&str, &str, Option<&str>)| SecretVersion {
        secret: SecretId {
            region: Region::parse(region).unwrap(),
            account: AccountId::parse(account),
            name: "n".to_owned(),
            arn: None,
        },
        stage: stage.map(str::to_owned),
        id: None,
    };
    let store = || Store { scope: Scope::Repository, kind: Kind::Secret, name: "n".to_owned() };
    let origins = (0..stores).map(|_| Origin::Store(store())).chain(std::iter::repeat_with(|| Origin::Lines));
    let wanted = secrets.iter().map(secret).zip(origins).map(|(secret, origin)| Wanted { secret, origin }).collect();
    let role = RoleArn::parse("arn:aws:iam::123456789012:role/r");
    let endpoints = AwsEnvironment::default().endpoints(Service::SecretsManager).unwrap();
    let backend = Backend::SecretsManager(endpoints);
    let plan = FetchPlan::new(&backend, wanted, role.as_ref());
    plan.regions.into_iter().map(|RegionPlan { region, fetches }| (region.to_string(), fetches)).collect()
}

const OWN: (&str, &str, Option<&str>) = ("us-west-2", "123456789012", None);

fn ones(places: impl IntoIterator<Item = usize>) -> Vec<Fetch> {
    places.into_iter().map(|place| Fetch::One(place, None)).collect()
}

#[test]
fn a_handful_is_read_one_by_one() {
    assert_eq!(plan(&[OWN; 5], 0), [("us-west-2".to_owned(), ones(0..5))]);
    assert_eq!(plan(&[OWN; 9], 4), [("us-west-2".to_owned(), ones(0..9))]);
}

#[test]
fn more_are_read_twenty_a_call() {
    let calls = |secrets, stores| plan(secrets, stores).remove(0).1;
    assert_eq!(calls(&[OWN; 6], 0), [Fetch::Batch((0..6).collect())]);
    let of_45 = calls(&[OWN; 45], 4);
    assert_eq!(of_45[..4], ones(0..4));
    assert_eq!(of_45[4..], [Fetch::Batch((4..24).collect()), Fetch::Batch((24..44).collect()), Fetch::Batch(vec![44])]);
}

#[test]
fn versions_and_other_accounts_are_never_batched() {
    let version = ("us-west-2", "123456789012", Some("AWSPREVIOUS"));
    let elsewhere = ("us-west-2", "210987654321", None);
    let secrets: Vec<_> = [vec![version; 6], vec![elsewhere; 6], vec![OWN; 6]].concat();
    let calls = plan(&secrets, 0).remove(0).1;
    assert_eq!(calls[..12], ones(0..12));
    assert_eq!(calls[12..], [Fetch::Batch((12..18).collect())]);
}

#[test]
fn each_region_has_its_own_calls() {
    let other = ("eu-central-1", "123456789012", None);
    let expected = [("us-west-2".to_owned(), ones([0, 2])), ("eu-central-1".to_owned(), ones([1]))];
    assert_eq!(plan(&[OWN, other, OWN], 1), expected);
}
