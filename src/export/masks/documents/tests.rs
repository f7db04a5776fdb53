use super::*;

fn texts(secret: &str) -> Vec<(String, Key)> {
    let mut texts: Vec<_> = parts(secret).into_iter().map(|part| (part.text, part.key)).collect();
    texts.sort_by(|(one, _), (other, _)| one.cmp(other));
    texts
}

#[test]
fn keys_that_name_no_secrets_are_sorted() {
    assert!(NO_SECRETS.is_sorted());
}

#[test]
fn a_key_says_whether_its_value_is_a_secret() {
    for name in ["password", "DB_PASS", "apiKey", "api-key", "private_key", "client_secret", "PIN", "authToken"] {
        assert_eq!(Key::of(name), Key::NamesSecret, "{name}");
    }
    for name in ["host", "Port", "dbInstanceIdentifier", "project_id", "token_uri", "client_x509_cert_url", "type"] {
        assert_eq!(Key::of(name), Key::NamesNoSecret, "{name}");
    }
    for name in ["", "key", "url", "spinning", "\u{e9}", "connection_string"] {
        assert_eq!(Key::of(name), Key::Unknown, "{name}");
    }
}

#[test]
fn a_value_has_the_key_that_is_next_to_it() {
    use Key::{NamesNoSecret, NamesSecret, Unknown};
    let text =
        r#" {"host":["a",{"password":"b\"\\"},"c"], "x" : {"port" : 1.50} , "y":-2e3,"z":true,"n":null,"e":"" } "#;
    let expected = [
        ("", Unknown),
        ("-2e3", Unknown),
        ("1.50", NamesNoSecret),
        ("a", NamesNoSecret),
        ("b\"\\", NamesSecret),
        ("c", NamesNoSecret),
    ];
    assert_eq!(texts(text), expected.map(|(text, key)| (text.to_owned(), key)));
    assert_eq!(texts("\u{feff}[\"a\"]"), [("a".to_owned(), Unknown)]);
    assert_eq!(texts("\"a: b\""), [("a: b".to_owned(), Unknown)]);
}

#[test]
fn text_that_is_no_document_has_no_strings() {
    for text in ["", "text", "[\"half", "{\"a\":}", "5432", "[\"\\ud800\"]"] {
        assert!(texts(text).is_empty(), "{text}");
    }
}

#[test]
fn documents_in_strings_and_text_in_base64_are_read_too() {
    let deepest = r#"{"password":"p4ss-word"}"#;
    let base64 = "eyJwYXNzd29yZCI6InA0c3Mtd29yZCJ9";
    let nested = serde_json::json!({ "config": serde_json::json!([deepest]).to_string() }).to_string();
    for text in [deepest, &nested, base64, &serde_json::json!({ "host": base64 }).to_string()] {
        assert!(texts(text).contains(&("p4ss-word".to_owned(), Key::NamesSecret)), "{text}");
    }
}

#[test]
fn the_password_of_a_url_is_a_part() {
    let text = "postgres://app:p%40ss@db:5432/main mysql://u:x:y@z@h https://h/?a=b:c@d redis://:only@h";
    let found: Vec<_> = texts(text).into_iter().map(|(text, _)| text).collect();
    assert_eq!(found, ["only", "p%40ss", "p@ss", "x:y@z"]);
}
