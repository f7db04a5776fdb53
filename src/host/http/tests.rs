use super::*;

#[test]
fn debug_of_a_request_shows_no_header_value_and_no_body() {
    let request = Request {
        method: Method::Post,
        url: "https://sts.us-west-2.amazonaws.com/".to_owned(),
        headers: vec![("authorization", "canary".to_owned())],
        body: Secret::new("canary"),
        max_body_bytes: 1,
        credentials: vec![Secret::new("canary")],
    };
    assert_eq!(format!("{request:?}"), r#"POST https://sts.us-west-2.amazonaws.com/ ["authorization"]"#);
}

#[test]
fn debug_of_a_response_shows_no_body() {
    let response = Response { status: 200, headers: vec![], body: b"canary".to_vec() };
    assert_eq!(format!("{response:?}"), "HTTP 200 [6 bytes]");
}

#[test]
fn a_byte_order_mark_before_json_means_nothing() {
    let response = |body: &str| Response { status: 200, headers: vec![], body: body.as_bytes().to_vec() };
    assert_eq!(response("\u{feff}{\"a\":\"b\"}").json().unwrap().text("a").as_deref(), Some("b"));
    assert!(response("\u{feff}\u{feff}{}").json().is_none());
}

#[test]
fn host_reports_become_kinds() {
    assert_eq!(SendFailure::from_host("timed-out"), SendFailure::TimedOut);
    assert_eq!(SendFailure::from_host("proxy:407"), SendFailure::Proxy(407));
    assert_eq!(SendFailure::from_host("status:500"), SendFailure::Status(500));
    assert_eq!(
        SendFailure::from_host("DEPTH_ZERO_SELF_SIGNED_CERT"),
        SendFailure::Tls("DEPTH_ZERO_SELF_SIGNED_CERT".to_owned())
    );
    assert_eq!(SendFailure::from_host("ECONNRESET"), SendFailure::Connection("ECONNRESET".to_owned()));
    assert_eq!(SendFailure::from_host("a message\n"), SendFailure::Connection("unknown".to_owned()));
}
