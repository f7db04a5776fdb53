use super::*;
use crate::lines::vault::parse;

fn loaded(entries: &str, secret: &str, version: Option<&str>) -> Result<Loaded, Error> {
    let lines = parse(entries).unwrap();
    let values = Object::parse(secret.as_bytes()).unwrap();
    let kept = || Kept { values: values.clone(), version: version.map(str::to_owned), is_leased: false };
    let reads = lines.iter().map(|line| (line.path.encoded(), (line.path.clone(), Ok(kept())))).collect();
    load(&lines, &reads, "https://vault.example")
}

fn values(entries: &str, secret: &str) -> Vec<(String, String)> {
    let loaded = loaded(entries, secret, None).unwrap_or_else(|error| panic!("{error}"));
    loaded.values.iter().map(|value| (value.name.to_string(), value.text.secret().to_owned())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn keys_lead_through_objects_and_through_strings_that_hold_one() {
    let secret =
        r#"{"a":{"b":{"c":"x"}},"j":"{\"k\":{\"l\":1.50}}","a.b":"dotted","n":1.10,"t":true,"o":{"k": [1, 2]}}"#;
    let entries = "s a.b.c | A; s j.k.l | B; s \"a.b\" | C; s n; s t; s o; s j.k | D";
    let expected = [
        ("A", "x"),
        ("B", "1.50"),
        ("C", "dotted"),
        ("N", "1.10"),
        ("T", "true"),
        ("O", r#"{"k":[1,2]}"#),
        ("D", r#"{"l":1.50}"#),
    ];
    assert_eq!(values(entries, secret), pairs(&expected));
}

#[test]
fn a_star_takes_what_no_entry_names() {
    let secret = r#"{"token":"a","db.user":"b","my-key":"c","gone":null}"#;
    assert_eq!(
        values("s * ; s token | X", secret),
        pairs(&[("DB__USER", "b"), ("MYKEY", "c"), ("TOKEN", "a"), ("X", "a")])
    );
    assert_eq!(values("s ** | ci_", secret), pairs(&[("ci_db__user", "b"), ("ci_mykey", "c"), ("ci_token", "a")]));
    assert_eq!(
        values("s * | ci_ ; s my-key | CI_TOKEN", secret),
        pairs(&[("CI_DB__USER", "b"), ("CI_MYKEY", "c"), ("CI_TOKEN", "c")])
    );
    let notices = loaded("s *", secret, None).unwrap().notices;
    assert!(notices.len() == 1 && notices[0].contains("null: `gone`"), "{notices:?}");
}

#[test]
fn keys_of_one_name_are_an_error_under_a_star() {
    let told = loaded("s *", r#"{"a-b":"1","ab":"2"}"#, None).unwrap_err().to_string();
    assert!(told.contains("`ab`") && told.contains("`AB`") && told.contains("`a-b`"), "{told}");
    assert!(loaded("s * ; s/x *", r#"{"a":"1"}"#, None).is_err());
    let told = loaded("s *", r#"{"path":"1"}"#, None).unwrap_err();
    assert_eq!(told.code().as_str(), "name-unusable");
}

#[test]
fn a_missing_key_is_told_with_what_may_be_meant() {
    let secret = r#"{"token":"a","a.b":"x","n":null,"t":"text"}"#;
    for (entry, code, told) in [
        ("s tokem | A", "key-missing", "did you mean `token`?"),
        ("s a.b | A", "key-missing", "write `\"a.b\"`"),
        ("s t.x | A", "key-missing", "`t` is not an object"),
        ("s n | A", "value-unusable", "is null"),
    ] {
        let error = loaded(entry, secret, None).unwrap_err();
        assert!(error.code().as_str() == code && error.to_string().contains(told), "{entry}: {error}");
    }
    let both = loaded("s x1 | A; s y1 | B", secret, None).unwrap_err().to_string();
    assert!(both.contains("`x1`") && both.contains("`y1`"), "{both}");
}

#[test]
fn numbers_that_vault_may_have_rewritten_are_told_once() {
    let secret = r#"{"a":1.1,"b":12345678901234567000,"c":3,"d":"1.10","e":2e3}"#;
    let notices = loaded("s *", secret, Some("3")).unwrap().notices;
    assert!(notices.len() == 1 && notices[0].starts_with("A, B, E: "), "{notices:?}");
    assert!(loaded("s *", secret, None).unwrap().notices.is_empty());
}
