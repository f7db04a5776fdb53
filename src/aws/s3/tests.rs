use super::*;

#[test]
fn names_of_buckets_are_those_that_s3_takes() {
    for name in ["abc", "a.b-c.1", &"a".repeat(63)] {
        assert!(Bucket::parse(name).is_some(), "{name}");
    }
    for name in ["", "ab", "Abc", "a_b", "a..b", "a/b", "a b", &"a".repeat(64)] {
        assert!(Bucket::parse(name).is_none(), "{name}");
    }
}
