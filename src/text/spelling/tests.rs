use super::*;
use crate::text::printable::printable;

#[test]
fn each_door_has_its_own_names() {
    let text = "Set ‹role-session-name›, or ‹identity: environment›.";
    assert_eq!(Spelling::Input.of(text), "Set `role-session-name`, or `identity: environment`.");
    assert_eq!(Spelling::Option.of(text), "Set `roleSessionName`, or `identity: environment`.");
    assert_eq!(Spelling::Flag.of(text), "Set `--role-session-name`, or `--identity environment`.");
}

#[test]
fn a_variable_has_one_name_for_all() {
    for spelling in [Spelling::Input, Spelling::Option, Spelling::Flag] {
        assert_eq!(spelling.name("AWS_DEFAULT_REGION"), "AWS_DEFAULT_REGION");
    }
}

#[test]
fn a_text_of_others_has_no_names() {
    let text = format!("a tag `{}` and ‹aws-region›", printable("‹values›"));
    assert_eq!(Spelling::Flag.of(&text), "a tag `\\u{2039}values\\u{203a}` and `--aws-region`");
}
