use super::*;

#[test]
fn a_store_that_is_not_an_object_is_described_and_not_quoted() {
    for (text, problem) in [
        ("", "is empty"),
        ("canary", "is not JSON"),
        ("[\"canary\"]", "not a JSON object"),
        ("\"canary\"", "not a JSON object"),
        ("{\"canary\":}", "not a JSON object"),
        ("{\"a\":1} canary", "not a JSON object"),
    ] {
        let error = entries(text).unwrap_err();
        assert!(error.contains(problem), "{text}: {error}");
    }
    assert!(entries("\u{feff}{\"a\":1}").is_ok());
}

#[test]
fn debug_of_a_document_shows_no_value() {
    let value = SecretValue::of_text("v", r#"{"canary":"canary"}"#);
    let document = Document::new("s".to_owned(), value);
    assert_eq!(format!("{document:?}"), "Document(s, version v)");
}
