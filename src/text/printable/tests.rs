use super::*;

#[test]
fn a_claim_cannot_start_a_command() {
    assert_eq!(printable("x\n::add-mask::y"), "x\\u{a}::add-mask::y");
    assert_eq!(printable("x ##[group]y ####[z"), "x ## [group]y #### [z");
    assert_eq!(printable(" ::stop-commands::x"), "\\ ::stop-commands::x");
    assert_eq!(printable("a\r\u{202e}b"), "a\\u{d}\\u{202e}b");
}

#[test]
fn long_text_is_cut_at_600_characters() {
    assert_eq!(printable(&"é".repeat(601)).chars().count(), 601);
    assert_eq!(printable(&"é".repeat(600)), "é".repeat(600));
}

#[test]
fn a_message_that_echoes_a_credential_is_left_out() {
    let token = Secret::new("IQoJb3JpZ2luX2VjEXAMPLETOKEN");
    for echo in ["x-amz-security-token:IQoJb3JpZ2luX2VjEX", "tail luX2VjEXAMPLETOKEN", "IQoJb3Jp%5A2luX2VjEX"] {
        let shown = without_secrets(echo, std::slice::from_ref(&token));
        assert!(shown.contains("repeats a credential"), "{shown}");
    }
    assert!(!without_secrets("got eyJhbGciOi", &[]).contains("eyJ"));
    let ordinary = "User is not authorized to perform: sts:AssumeRole";
    assert_eq!(without_secrets(ordinary, &[token, Secret::new("short")]), ordinary);
}

#[test]
fn a_long_message_is_held_against_a_long_credential_in_no_time() {
    // Each with each, these are 4,800 times a million comparisons of ten bytes and more.
    let (message, token) = ("a".repeat(1 << 20), Secret::new("a".repeat(11) + "b").secret().repeat(1 << 16));
    let begun = std::time::Instant::now();
    assert_eq!(without_secrets(&message, &[Secret::new(token)]).chars().count(), 601);
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn only_the_first_line_of_a_message_is_shown() {
    let message =
        "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been";
    assert_eq!(without_secrets(message, &[]), "The request signature we calculated does not match.");
}
