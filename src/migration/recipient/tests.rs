use super::*;

#[test]
fn only_a_public_key_is_a_recipient() {
    // Of age's own specification.
    let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    assert!(Recipient::parse(recipient).is_some());
    let identity = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ";
    for wrong in [
        "",
        "age1",
        identity,
        recipient.trim_start_matches('a'),
        &recipient.to_uppercase(),
        &format!("{recipient}x"),
        "ssh-ed25519 A",
    ] {
        assert!(Recipient::parse(wrong).is_none(), "{wrong}");
    }
}
