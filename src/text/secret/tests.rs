use super::*;

#[test]
fn debug_shows_nothing_of_the_text() {
    assert_eq!(format!("{:?}", Secret::new("canary")), "[redacted]");
    assert_eq!(format!("{:#?}", Some(Secret::new(""))), "Some(\n    [redacted],\n)");
}
