use super::*;

#[test]
fn a_context_is_an_object_of_strings_without_the_jobs_token() {
    let context =
        Context::parse("{\n  \"A\": \"1\",\n  \"github_token\": \"ghs_canary\",\n  \"B\": \"x\\ny\"\n}").unwrap();
    let names: Vec<_> = context.entries().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["A", "B"]);
    assert!(!context.0.secret().contains("canary"));
    assert!(!format!("{context:?}").contains('1'));
    let mixed = Context::parse(r#"{"GitHub_Token":"ghs_canary","GITHUB_TOKEN_2":"kept"}"#).unwrap();
    assert_eq!(mixed.0.secret(), r#"{"GITHUB_TOKEN_2":"kept"}"#);
    for empty in ["", " ", "{}", "{ }", r#"{"GITHUB_TOKEN":"t"}"#] {
        assert!(Context::parse(empty).unwrap().is_empty(), "{empty}");
    }
    for wrong in ["null", "[]", "{\"A\":1}", "{\"A\":{}}", "A=1", "{\"A\":\"1\""] {
        assert!(Context::parse(wrong).is_none(), "{wrong}");
    }
}
