use super::*;

fn text(body: &str, path: &[&str]) -> Option<String> {
    Document::parse(body.as_bytes())?.text(path).map(|text| text.secret().to_owned())
}

#[test]
fn an_element_is_found_by_the_end_of_its_path() {
    let body = "<R><A><Detail><C>1</C></Detail><C>2</C></A><C>3</C></R>";
    assert_eq!(text(body, &["A", "C"]).as_deref(), Some("2"));
    assert_eq!(text(body, &["R", "C"]).as_deref(), Some("3"));
    assert_eq!(text(body, &["C"]).as_deref(), Some("1"));
    let document = Document::parse(body.as_bytes()).unwrap();
    assert_eq!(document.texts(&["C"]).map(|text| text.secret()).collect::<Vec<_>>(), ["1", "2", "3"]);
    for absent in [&["A"][..], &["R", "A", "Detail", "C", "D"], &["X", "R", "C"], &["Detail"]] {
        assert_eq!(text(body, absent), None, "{absent:?}");
    }
}

#[test]
fn text_is_what_all_its_parts_say() {
    for (body, expected) in [
        ("<C>a&lt;b&#38;&#x63;&quot;</C>", "a<b&c\""),
        ("<C>\r\n  a b\t\n</C>", "a b"),
        ("<C><![CDATA[a<b]]>&amp;c</C>", "a<b&c"),
        ("<C>a<!-- no -->b<?no?>c</C>", "abc"),
        ("<x:C xmlns:x='urn:x' x:type=\"x:string\">a</x:C>", "a"),
        ("\u{feff}<?xml version='1.0' encoding='UTF-8'?>\n<!-- no -->\n<C>a</C>\n<!-- no -->\n", "a"),
    ] {
        assert_eq!(text(body, &["C"]).as_deref(), Some(expected), "{body}");
    }
    for empty in ["<C/>", "<C></C>", "<C> \n</C>", "<C><!-- a --></C>"] {
        assert_eq!(text(empty, &["C"]), None, "{empty}");
        assert_eq!(Document::parse(empty.as_bytes()).unwrap().root(), "C");
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for wrong in [
        "",
        "canary",
        "<C>",
        "</C>",
        "<C></D>",
        "<C/><C/>",
        "<C/>canary",
        "canary<C/>",
        "<C>&unknown;</C>",
        "<C>&#0;</C>",
        "<C>&</C>",
        "<C><![CDATA[</C>",
        "<!DOCTYPE C [<!ENTITY a 'b'>]><C>&a;</C>",
        "<!DOCTYPE C><C>a</C>",
        r#"{"C":"a"}"#,
    ] {
        assert!(Document::parse(wrong.as_bytes()).is_none(), "{wrong}");
    }
    assert!(Document::parse(b"<C>\xff</C>").is_none());
}

#[test]
fn what_has_far_more_elements_than_an_answer_is_refused_at_once() {
    let nested = |depth: usize| format!("{}{}", "<C>".repeat(depth), "</C>".repeat(depth));
    assert!(Document::parse(nested(MAX_DEPTH).as_bytes()).is_some());
    let many = |count: usize| format!("<R>{}</R>", "<C/>".repeat(count));
    assert!(Document::parse(many(MAX_ELEMENTS - 1).as_bytes()).is_some());
    let long = format!("<{0}></{0}>", "C".repeat(MAX_NAME_BYTES + 1));
    for body in [nested(MAX_DEPTH + 1), nested(150_000), many(MAX_ELEMENTS), many(200_000), long] {
        assert!(Document::parse(body.as_bytes()).is_none(), "{} bytes", body.len());
    }
}

#[test]
fn debug_shows_no_text() {
    assert!(!format!("{:?}", Document::parse(b"<C>canary</C>")).contains("canary"));
}
