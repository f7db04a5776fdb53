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
    let secrets = secrets.iter().map(secret).map(Source::Secret);
    plan_of(secrets.zip(origins).map(|(source, origin)| Wanted { source, origin }).collect())
}

fn plan_of(wanted: Vec<Wanted>) -> Vec<(String, Vec<Fetch>)> {
    let role = RoleArn::parse("arn:aws:iam::123456789012:role/r");
    let at = |service| AwsEnvironment::default().endpoints(service).unwrap();
    let backend = Backend { secrets_manager: at(Service::SecretsManager), parameter_store: at(Service::Ssm) };
    let plan = FetchPlan::new(&backend, wanted, role.as_ref());
    let calls = |RegionPlan { service, region, fetches }| match service {
        Service::Ssm => (format!("parameters in {region}"), fetches),
        _ => (region.to_string(), fetches),
    };
    plan.regions.into_iter().map(calls).collect()
}

/// What an ARN names, in the role's account unless it says another.
fn parameter(resource: &str) -> Wanted {
    let arn = if resource.starts_with("arn:") {
        resource.to_owned()
    } else {
        format!("arn:aws:ssm:us-west-2:123456789012:parameter/{resource}")
    };
    Wanted { source: Source::Parameters(Parameters::parse(&arn).unwrap()), origin: Origin::Lines }
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

#[test]
fn parameters_are_read_ten_names_a_call() {
    let calls = |resources: Vec<String>| plan_of(resources.iter().map(|text| parameter(text)).collect()).remove(0).1;
    assert_eq!(calls(vec!["a/b".to_owned()]), [Fetch::Batch(vec![0])]);
    let of_23 = calls((0..23).map(|number| format!("a/p{number}")).collect());
    assert_eq!(
        of_23,
        [Fetch::Batch((0..10).collect()), Fetch::Batch((10..20).collect()), Fetch::Batch(vec![20, 21, 22])]
    );
    // Without a hierarchy each has two names.
    let of_6 = calls((0..6).map(|number| format!("p{number}")).collect());
    assert_eq!(of_6, [Fetch::Batch((0..5).collect()), Fetch::Batch(vec![5])]);
}

#[test]
fn versions_of_one_parameter_are_in_calls_of_their_own() {
    let resources = ["a/b", "a/b:1", "a/c", "a/b:prod", "a/c:2"];
    let calls = plan_of(resources.into_iter().map(parameter).collect()).remove(0).1;
    assert_eq!(calls, [Fetch::Batch(vec![0]), Fetch::Batch(vec![1, 2]), Fetch::Batch(vec![3, 4])]);
}

#[test]
fn paths_and_secrets_have_calls_of_their_own() {
    let region = "arn:aws:ssm:eu-central-1:210987654321:parameter/x/y";
    let secret = SecretVersion::current(SecretId {
        region: Region::parse("us-west-2").unwrap(),
        account: AccountId::parse("123456789012"),
        name: "n".to_owned(),
        arn: None,
    });
    let secret = Wanted { source: Source::Secret(secret), origin: Origin::Lines };
    let wanted = vec![parameter("a/b"), secret, parameter("a/*"), parameter(region)];
    let expected = [
        ("parameters in us-west-2".to_owned(), vec![Fetch::One(2, None), Fetch::Batch(vec![0])]),
        ("us-west-2".to_owned(), ones([1])),
        ("parameters in eu-central-1".to_owned(), vec![Fetch::Batch(vec![3])]),
    ];
    assert_eq!(plan_of(wanted), expected);
}

#[test]
fn twenty_thousand_parameters_are_planned_in_no_time() {
    let wanted: Vec<_> = (0..20_000).map(|number| parameter(&format!("a/p{number}"))).collect();
    let begun = std::time::Instant::now();
    assert_eq!(plan_of(wanted).remove(0).1.len(), 2000);
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
}
