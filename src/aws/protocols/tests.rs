use super::*;

fn response(headers: &[(&str, &str)], body: &str) -> Response {
    Response {
        status: 400,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.as_bytes().to_vec(),
    }
}

fn read(headers: &[(&str, &str)], body: &str) -> String {
    Aws.refusal(&response(headers, body), &[]).to_string()
}

#[test]
fn json_errors_are_read_however_aws_spells_them() {
    assert_eq!(
        read(&[("x-amzn-requestid", "r-1")], r#"{"__type":"com.amazon#AccessDenied","Message":"no"}"#),
        "HTTP 400 AccessDenied: no (request id r-1)"
    );
    // The forms of Smithy's protocol tests, and those of AWS's front ends.
    const URI: &str = "http://internal.amazon.com/coral/com.amazon.coral.validate/";
    let code =
        ["FooError", &format!("FooError:{URI}"), "aws.x.y#FooError", &format!("aws.x#FooError:{URI}"), " FooError\n"];
    for code in code {
        let json = crate::text::json::string(code);
        for (name, message) in [("__type", "message"), ("code", "Message"), ("Code", "errorMessage")] {
            let body = format!(r#"{{"{name}":{json},"{message}":"no"}}"#);
            assert_eq!(read(&[], &body), "HTTP 400 FooError: no", "{body}");
            assert_eq!(read(&[], &format!("\u{feff}\r\n {body}\n")), "HTTP 400 FooError: no", "{body}");
            for wrapper in ["Error", "error"] {
                let wrapped = format!(r#"{{"{wrapper}":{body},"RequestId":"r-2"}}"#);
                assert_eq!(read(&[], &wrapped), "HTTP 400 FooError: no (request id r-2)", "{wrapped}");
            }
        }
        let headers = [("x-amzn-errortype", code)];
        for body in ["", "{}", r#"{"__type":""}"#, r#"{"__type":null,"code":400}"#, r#"{"Error":"no"}"#, "<html>"] {
            assert_eq!(read(&headers, body), "HTTP 400 FooError", "{body}");
        }
    }
    assert_eq!(read(&[("x-amzn-errortype", "FooError, FooError")], ""), "HTTP 400 FooError");
    for none in ["<html>canary", r#"{"code":403,"message":{}}"#, r#"["canary"]"#, r#"{"__type":"two words"}"#] {
        assert_eq!(read(&[], none), "HTTP 400", "{none}");
    }
}

#[test]
fn xml_errors_are_read_however_aws_wraps_them() {
    let error = "<Error><Type>Sender</Type><Code>FooError</Code><Message>no</Message><Detail/></Error>";
    let id = "<RequestId>r-1</RequestId>";
    for body in [
        format!("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">{error}{id}</ErrorResponse>"),
        format!("<Response><Errors>{error}</Errors><RequestID>r-1</RequestID></Response>"),
        format!("<ErrorResponse><Errors>{error}</Errors>{id}</ErrorResponse>"),
        format!("<ErrorResponse>{id}{error}</ErrorResponse>"),
        format!("<Error><Code>FooError</Code><Message>no</Message>{id}</Error>"),
        "<a:ErrorResponse xmlns:a='urn:a'><a:Error a:b=\"c\"><a:Code>FooError</a:Code><a:Message>no</a:Message></a:Error>\
         <a:RequestId>r-1</a:RequestId></a:ErrorResponse>"
            .to_owned(),
        "\u{feff}<?xml version=\"1.0\"?>\n<ErrorResponse>\n <Error>\n  <Detail><Code>X</Code></Detail>\n  <Code>\n   \
         FooError\n  </Code>\n  <!-- x --><Message><![CDATA[ no ]]></Message>\n </Error>\n <RequestId> r-1\n</RequestId>\n\
         </ErrorResponse>\n"
            .to_owned(),
    ] {
        assert_eq!(read(&[], &body), "HTTP 400 FooError: no (request id r-1)", "{body}");
    }
    assert_eq!(read(&[], "<UnknownOperationException/>\n"), "HTTP 400 UnknownOperationException");
    let named = format!("<FooException><message>no</message>{id}</FooException>");
    assert_eq!(read(&[], &named), "HTTP 400 FooException: no (request id r-1)");
    for none in ["<html><Code>X</Code></html>", "<ErrorResponse/>", "<Error>", "<Error><Code>two words</Code></Error>"]
    {
        assert_eq!(read(&[], none), "HTTP 400", "{none}");
    }
}

#[test]
fn what_is_sent_is_in_no_form_of_an_error() {
    let token = Secret::new("canary-canary-canary");
    for body in [
        r#"{"code":"canary-canary-canary","errorMessage":"canary-canary-canary"}"#,
        r#"{"Error":{"Code":"canary-canary-canary"},"RequestId":"canary-canary-canary"}"#,
        "<Error><Code>canary-canary-canary</Code><Message>&#99;anary-canary-canary</Message></Error>",
        "<canary-canary-canaryException><RequestId>canary-canary-canary</RequestId></canary-canary-canaryException>",
    ] {
        let shown = Aws.refusal(&response(&[], body), std::slice::from_ref(&token)).to_string();
        assert!(!shown.contains("canary-canary"), "{shown}");
    }
}
