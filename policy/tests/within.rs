//! Whether one residual admits all that another does: by what they admit, however they are written.

#![allow(clippy::unwrap_used)]

use env_kvstore_policy::{PartialContext, PartialRequest, Policy, Residual, residual};

/// What is left of statements that allow by these conditions, each a list of keys with their values, and deny by others.
fn left(allowed: &[&str], denied: &[&str]) -> Residual {
    let statement = |effect: &str, condition: &&str| {
        format!(r#"{{"Effect":"{effect}","Action":"*","Resource":"*","Condition":{condition}}}"#)
    };
    let allowing = allowed.iter().map(|condition| statement("Allow", condition));
    let denying = denied.iter().map(|condition| statement("Deny", condition));
    let statements: Vec<_> = allowing.chain(denying).collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let policy = Policy::parse("p", &text).unwrap();
    let context = PartialContext::default().single_valued_under("k:");
    let request = PartialRequest {
        action: "s3:GetObject".to_owned(),
        resource: Some("arn:aws:s3:::b/o".to_owned()),
        context,
        ..PartialRequest::default()
    };
    residual(&[policy], &request)
}

fn assert_same(one: &Residual, other: &Residual) {
    assert!(one.is_within(other), "{one} / {other}");
    assert!(other.is_within(one), "{one} / {other}");
}

#[test]
fn what_is_written_otherwise_and_admits_the_same_is_within_both_ways() {
    let list = left(&[r#"{"StringEquals":{"k:a":["x","y"]}}"#], &[]);
    let each = left(&[r#"{"StringEquals":{"k:a":"x"}}"#, r#"{"StringLike":{"k:a":"y"}}"#], &[]);
    assert_same(&list, &each);
    let denied = left(&[r#"{"StringEquals":{"k:a":["x","y","z"]}}"#], &[r#"{"StringEquals":{"k:a":"z"}}"#]);
    assert_same(&list, &denied);
}

#[test]
fn a_case_that_is_spread_over_several_is_within_them() {
    let whole = left(&[r#"{"StringEquals":{"k:a":["x","y"],"k:b":"1"}}"#], &[]);
    let parts = left(
        &[r#"{"StringEquals":{"k:a":"x","k:b":["1","2"]}}"#, r#"{"StringEquals":{"k:a":"y","k:b":["1","3"]}}"#],
        &[],
    );
    assert!(whole.is_within(&parts));
    assert!(!parts.is_within(&whole));
}

#[test]
fn what_admits_more_or_another_is_not_within() {
    let one = left(&[r#"{"StringEquals":{"k:a":"x","k:b":"1"}}"#], &[]);
    let wider = left(&[r#"{"StringEquals":{"k:a":"x"}}"#], &[]);
    let other = left(&[r#"{"StringEquals":{"k:a":"y","k:b":"1"}}"#], &[]);
    assert!(one.is_within(&wider) && !wider.is_within(&one));
    assert!(!one.is_within(&other) && !other.is_within(&one));
    let absent = left(&[r#"{"StringEqualsIfExists":{"k:a":"x"},"StringEquals":{"k:b":"1"}}"#], &[]);
    assert!(one.is_within(&absent) && !absent.is_within(&one));
    let never = left(&[], &[]);
    assert!(never.is_within(&one) && !one.is_within(&never));
}
