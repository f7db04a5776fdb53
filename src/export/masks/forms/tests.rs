use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn letters_digits_and_what_is_inert_have_no_other_form() {
    let text = "abcXYZ019-_.";
    assert!(is_inert(text));
    assert!(ALL.iter().chain(OF_RUNNER).all(|form| form(text) == text));
}

#[test]
fn forms_that_many_texts_share_are_all_the_forms_of_each() {
    let mut shared = Distinct::default();
    for text in [
        "a/b c",
        "A/9 z",
        "/a b",
        "#a b",
        "a# b",
        "~a b",
        "a~ b",
        "-a/b c",
        "\u{e9}/ c",
        "c \u{e9}/",
        "a'\"b",
        "a%+b",
        " ",
    ] {
        let of = |forms: &[Form]| forms.iter().map(|form| form(text)).collect::<Vec<_>>();
        let known: BTreeSet<_> = of(OF_RUNNER).into_iter().chain([text.to_owned()]).collect();
        let (distinct, all) = (shared.of(text).of(text), of(ALL));
        let expected: BTreeSet<_> = all.into_iter().filter(|form| !known.contains(form)).collect();
        assert_eq!(distinct.len(), expected.len(), "{text}: none twice");
        assert_eq!(distinct.into_iter().collect::<BTreeSet<_>>(), expected, "{text}");
    }
    assert!(shared.known.len() < 13, "some are shared");
}

proptest! {
    #[test]
    fn a_text_that_is_taken_apart_once_has_the_forms_that_are_made_of_it_whole(
        text in "(a|#|~|[ -/:-@\\[-`{-\u{7f}]|\\PC|[\r\n\t\u{1}\u{85}\u{2028}\u{e9}\u{1f600}]|[a-z0-9._-]{1,3}){0,12}",
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut distinct = Distinct::default();
        let (first, forms) = (distinct.of(&text), distinct.of(&text));
        prop_assert!(Rc::ptr_eq(&first, &forms) && forms.escaped.get().is_some());
        let places: Vec<_> = text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
        for part in [text.as_str(), text.get(*cut.get(&places)..).unwrap()] {
            let whole: Vec<_> = forms.forms.iter().map(|form| form(part)).collect();
            prop_assert_eq!(forms.of(part), whole);
        }
    }
}

#[test]
fn a_run_looks_random_if_the_kinds_of_its_characters_change_often() {
    let runs = |text| random_runs(text).collect::<Vec<_>>();
    assert_eq!(runs("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), ["wJalrXUtnFEMI", "bPxRfiCYEXAMPLEKEY"]);
    assert_eq!(runs("a1b2c3d4e5f6+9f86d081884c7d65/x"), ["a1b2c3d4e5f6", "9f86d081884c7d65"]);
    for text in ["DatabaseConnectionString", "production2024", "123456789012", "abcdefghijklmnop", "aB3dE5"] {
        assert!(runs(text).is_empty(), "{text}");
    }
}
