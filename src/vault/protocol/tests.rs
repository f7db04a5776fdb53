use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Vault.refusal(
        &Response { status, headers: vec![], body: body.as_bytes().to_vec() },
        &[Secret::new("s.canarytoken1")],
    )
}

#[test]
fn an_answer_is_read_by_the_members_that_it_has() {
    for (body, code, message) in [
        (r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#, "", "1 error occurred: * permission denied"),
        (r#"{"errors":[]}"#, "", ""),
        (
            r#"{"data":{"data":null,"metadata":{"deletion_time":"2026-11-26T06:12:52Z","destroyed":false}},"warnings":null}"#,
            "deletion_time",
            "2026-11-26T06:12:52Z",
        ),
        (r#"{"data":{"data":null,"metadata":{"deletion_time":"","destroyed":true}}}"#, "destroyed", ""),
        (
            r#"{"data":null,"warnings":["Invalid path for a versioned K/V secrets engine."]}"#,
            "warnings",
            "Invalid path for a versioned K/V secrets engine.",
        ),
        ("<html>", "unknown-body", ""),
        ("", "unknown-body", ""),
    ] {
        let answer = answer(404, body);
        assert_eq!((answer.code.as_str(), answer.message.as_str()), (code, message), "{body}");
    }
    assert!(answer(400, r#"{"errors":["token s.canarytoken1 is wrong"]}"#).message.contains("repeats a credential"));
}

#[test]
fn what_can_pass_is_tried_again() {
    for (status, body, outlook) in [
        (412, r#"{"errors":["required index state not present"]}"#, Outlook::Transient),
        (500, "", Outlook::Transient),
        (502, "<html>", Outlook::Transient),
        (503, r#"{"errors":["Vault is sealed"]}"#, Outlook::Transient),
        (504, "", Outlook::Transient),
        (429, r#"{"errors":["rate limit quota exceeded"]}"#, Outlook::Throttled),
        (
            400,
            r#"{"errors":["error verifying token signature: fetching keys oidc: get keys failed"]}"#,
            Outlook::Transient,
        ),
        (400, r#"{"errors":["Forbidden"]}"#, Outlook::Permanent),
        (403, r#"{"errors":["permission denied"]}"#, Outlook::Permanent),
        (404, r#"{"errors":[]}"#, Outlook::Permanent),
    ] {
        assert_eq!(Vault.outlook(&answer(status, body)), outlook, "{status} {body}");
    }
}
