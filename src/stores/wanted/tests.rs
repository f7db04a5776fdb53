use super::*;
use crate::aws::names::Region;
use crate::lines::secrets::parse;
use crate::lines::values::Kind;
use crate::stores::naming::Scope;

fn wanted_by(stores: Vec<Store>, lines: &str) -> Vec<(String, bool)> {
    let region = Region::parse("us-west-2").unwrap();
    let wanted = wanted(stores, &parse(lines).unwrap(), Home { region: &region, account: None, role: None });
    wanted
        .iter()
        .map(|wanted| {
            let name = match &wanted.source {
                Source::Secret(wanted) => wanted.secret.name.clone(),
                Source::Parameters(parameters) => parameters.to_string(),
            };
            (name, matches!(wanted.origin, Origin::Store(_)))
        })
        .collect()
}

#[test]
fn no_secret_is_wanted_twice() {
    let store = |name: &str| Store { scope: Scope::Repository, kind: Kind::Secret, name: name.to_owned() };
    let lines = "A=b\nB=o/r/secrets:k\nC=b:k\nD=a\nE=b::AWSPREVIOUS\nF=a";
    let expected = [("o/r/secrets", true), ("b", false), ("a", false), ("b", false)];
    assert_eq!(wanted_by(vec![store("o/r/secrets")], lines), expected.map(|(name, store)| (name.to_owned(), store)));
}

#[test]
fn twenty_thousand_lines_are_compared_in_no_time() {
    let lines: String = (0..20_000).map(|number| format!("V{number}=shared/secret-{number}\n")).collect();
    let begun = std::time::Instant::now();
    assert_eq!(wanted_by(vec![], &lines).len(), 20_000);
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
}
