use super::*;

#[test]
fn plain_http_goes_to_this_machine_only() {
    for right in
        ["https://sts.us-west-2.amazonaws.com/", "http://127.0.0.1:4566", "http://localhost:1", "http://[::1]:1"]
    {
        assert!(BaseUrl::parse(right).is_ok(), "{right}");
    }
    assert_eq!(BaseUrl::parse("https://h:1/a/b").unwrap().origin(), "https://h:1");
    assert_eq!(BaseUrl::parse("https://h").unwrap().origin(), "https://h");
    for wrong in [
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "ftp://localhost",
        "sts",
        "https://u:p@h",
        "https://h?q",
        "https://h/#f",
    ] {
        assert!(BaseUrl::parse(wrong).is_err(), "{wrong}");
    }
}
