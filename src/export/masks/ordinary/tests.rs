use super::*;

#[test]
fn words_are_sorted_and_long() {
    assert!(WORDS.is_sorted());
    assert!(WORDS.iter().all(|word| word.len() >= MIN_WORD_LENGTH));
}

#[test]
fn words_ports_and_versions_are_ordinary() {
    for text in ["main", "true", "admin", "Admin", "postgres", "POSTGRES", "5432", "13.4", "x", "-1", ""] {
        assert!(is_ordinary(text), "{text}");
    }
    for text in ["482913", "p4ss", "hunter2", "swordfish", "a-b", "us-west-2", "10.0.0.1", "\u{a7}\u{a7}"] {
        assert!(!is_ordinary(text), "{text}");
    }
}
