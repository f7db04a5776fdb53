use super::MemberChange::{Remove, Set};
use super::*;

fn changed(text: &str, changes: &[(&str, MemberChange<'_>)]) -> String {
    Members::parse(text).unwrap().changed(changes).unwrap()
}

#[test]
fn what_is_not_changed_stays_byte_for_byte() {
    let text = "\u{feff} {\n  \"a\" : 1.10,\n  \"\\u0062\": {\"x\": [1, 2e3]} ,\n  \"c\":\"\\/\"\n}\n";
    assert_eq!(changed(text, &[]), text);
    assert_eq!(changed(text, &[("b", Set("2"))]), text.replace("{\"x\": [1, 2e3]}", "2"));
    assert_eq!(changed(text, &[("a", Remove)]), text.replacen("\n  \"a\" : 1.10,", "", 1));
    assert_eq!(changed(text, &[("c", Remove)]), text.replace(" ,\n  \"c\":\"\\/\"", ""));
    assert_eq!(changed(text, &[("absent", Remove)]), text);
}

#[test]
fn new_members_come_last_and_look_like_the_last_one() {
    assert_eq!(changed("{}", &[("a", Set("1")), ("\"", Set("\"x\""))]), r#"{"a":1,"\"":"x"}"#);
    assert_eq!(changed("{ }", &[("a", Set("1"))]), r#"{"a":1 }"#);
    assert_eq!(changed("{\n  \"a\": 1\n}", &[("b", Set("2"))]), "{\n  \"a\": 1,\n  \"b\": 2\n}");
    assert_eq!(changed(r#"{"a":1}"#, &[("a", Remove), ("b", Set("2"))]), r#"{"b":2}"#);
    assert_eq!(changed(r#"{"a":1,"b":2}"#, &[("b", Remove), ("a", Remove)]), "{}");
}

#[test]
fn of_two_members_with_one_name_the_last_one_counts() {
    let text = r#"{"a":1,"b":2,"a":3}"#;
    let members = Members::parse(text).unwrap();
    assert_eq!((members.json("a"), members.names()), (Some("3"), vec!["a", "b"]));
    assert_eq!(changed(text, &[("a", Set("4"))]), r#"{"a":1,"b":2,"a":4}"#);
    assert_eq!(changed(text, &[("a", Remove)]), r#"{"b":2}"#);
}

#[test]
fn what_is_no_object_is_refused() {
    for text in ["", "[]", "\"{}\"", "{", "{} {}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "null"] {
        assert!(Members::parse(text).is_none(), "{text}");
    }
}

#[test]
fn debug_shows_no_member() {
    assert!(!format!("{:?}", Members::parse(r#"{"a":"canary"}"#)).contains("canary"));
}
