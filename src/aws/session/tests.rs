use super::*;

#[test]
fn a_session_ends_at_a_time_of_any_form() {
    for same in [
        "2026-11-22T04:00:00Z",
        "2026-11-22T04:00:00.5Z",
        "2026-11-22T04:00:00.123456+00:00",
        "1795320000",
        "1795320000.25",
        "1.79532E9",
        "1.79532e+9",
    ] {
        assert_eq!(end_of_session(same), Ok(Some("2026-11-22T04:00:00Z".to_owned())), "{same}");
    }
    assert_eq!(end_of_session("1e300"), Ok(None));
    for wrong in [
        "",
        "soon",
        "nan",
        "inf",
        "null",
        "true",
        "2026-11-22",
        "2026-11-22T04:00:00",
        "2026-11-22T04:00:0éZ",
        "2026-11-22T04:00:00Z[`x`](https://x)",
    ] {
        assert!(end_of_session(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_tag_that_sts_refuses_is_found_before() {
    let check = |key: &str, value: &str| check_session_tags(&[(key.to_owned(), value.to_owned())], TagSource::Pool);
    for right in ["octo-org/octo-repo", "", "Größe 7: a=b+c@d", "refs/heads/main"] {
        assert!(check("ref", right).is_ok(), "{right}");
    }
    let error = check("actor", "dependabot[bot]").unwrap_err().to_string();
    assert!(error.contains("`actor`") && error.contains("`dependabot[bot]`") && error.contains("`[`"), "{error}");
    for (key, value) in [("a", "x".repeat(257)), ("", "x".to_owned()), ("a", "tab\t".to_owned())] {
        assert!(check(key, &value).is_err(), "{key} {value}");
    }
}
