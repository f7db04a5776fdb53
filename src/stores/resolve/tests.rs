use super::*;
use crate::lines::values::parse;
use crate::text::secret_value::SecretValue;

fn document(name: &str, text: &str) -> Document {
    Document::new(name.to_owned(), SecretValue::of_text("v1", text))
}

fn environment(json: &str) -> Layer {
    Layer::Read(document("o/repo/o/r/env/prod/secrets", json))
}

fn repository(json: &str) -> Layer {
    Layer::Read(document("o/repo/o/r/secrets", json))
}

fn not_found(store: &str) -> Layer {
    Layer::NotFound { store: store.to_owned() }
}

fn denied() -> Layer {
    Layer::Denied(Error::Internal("denied"))
}

fn load(lines: &str, environment: Layer, repository: Layer) -> Result<Vec<(String, String)>, Error> {
    let layers = [(Kind::Secret, Layers { environment, repository })];
    let lines = parse(lines).unwrap();
    let resolved = Lookup { lines: &lines, layers: &layers, secret_lines: &[], secrets: &[] }.resolve()?;
    let pair = |value: Value| (value.name.to_string(), value.text.secret().to_owned());
    Ok(resolved.values.into_iter().map(pair).collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>, Error> {
    Ok(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

#[test]
fn an_environments_value_beats_the_repositorys() {
    let loaded = load("A,secret\nB,secret", environment(r#"{"A":"e"}"#), repository(r#"{"A":"r","B":"r"}"#));
    assert_eq!(loaded, pairs(&[("A", "e"), ("B", "r")]));
}

#[test]
fn every_missing_key_is_listed() {
    let error = load("A,secret\nB,secret,K\nC,secret", not_found("e"), repository(r#"{"C":"r"}"#)).unwrap_err();
    assert_eq!(error.code().as_str(), "key-missing");
    let text = error.to_string();
    assert!(text.contains("A: no key `A`") && text.contains("B: no key `K`") && !text.contains("C:"), "{text}");
}

#[test]
fn an_optional_key_may_be_missing_and_may_not_be_null() {
    assert_eq!(load("A,secret,,optional", Layer::NotApplicable, repository("{}")), pairs(&[]));
    let error = load("A,secret,,optional", Layer::NotApplicable, repository(r#"{"A":null}"#)).unwrap_err();
    assert_eq!(error.code().as_str(), "value-unusable");
}

#[test]
fn a_star_takes_every_key_that_no_line_names() {
    let loaded = load("B,secret,A\n*,secret", environment(r#"{"A":"e"}"#), repository(r#"{"A":"r","B":"r","C":"r"}"#));
    assert_eq!(loaded, pairs(&[("B", "e"), ("A", "e"), ("C", "r")]));
    let error = load("*,secret", Layer::NotApplicable, repository(r#"{"a-b":"canary","PATH":"canary"}"#)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("`a-b`") && text.contains("`PATH`") && !text.contains("canary"), "{text}");
}

#[test]
fn a_name_that_redirects_must_have_a_line_of_its_own() {
    let store = || repository(r#"{"HTTPS_PROXY":"p","no_proxy":"n","A":"a"}"#);
    let error = load("*,secret", Layer::NotApplicable, store()).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code().as_str(), "name-unusable");
    for says in ["key `HTTPS_PROXY` of o/repo/o/r/secrets", "`no_proxy`", "another server", "a line of its own"] {
        assert!(text.contains(says), "{says} is not in: {text}");
    }
    let named = "https_proxy,secret,HTTPS_PROXY\nNO_PROXY,secret,no_proxy\n*,secret";
    assert_eq!(
        load(named, Layer::NotApplicable, store()),
        pairs(&[("https_proxy", "p"), ("NO_PROXY", "n"), ("A", "a")])
    );
}

#[test]
fn a_star_passes_over_null_and_says_so() {
    let resolve = |environment: Layer, repository: Layer| {
        let layers = [(Kind::Secret, Layers { environment, repository })];
        let lines = parse("*,secret").unwrap();
        let resolved = Lookup { lines: &lines, layers: &layers, secret_lines: &[], secrets: &[] }.resolve().unwrap();
        let names: Vec<_> = resolved.values.iter().map(|value| value.name.to_string()).collect();
        (names, resolved.notices)
    };
    let (names, notices) = resolve(Layer::NotApplicable, repository(r#"{"A":null,"B":"b","C": null }"#));
    assert_eq!(names, ["B"]);
    assert_eq!(notices, ["`*` skipped keys of o/repo/o/r/secrets that are null: `A`, `C`."]);
    // Production has no `A`, and not the repository's.
    let (names, notices) = resolve(environment(r#"{"A":null}"#), repository(r#"{"A":"a","a":"a","B":"b"}"#));
    assert_eq!(names, ["B"]);
    assert_eq!(notices, ["`*` skipped keys of o/repo/o/r/env/prod/secrets that are null: `A`."]);
}

#[test]
fn under_a_star_names_that_differ_in_case_only_are_one() {
    let loaded = load(
        "*,secret",
        environment(r#"{"DATABASE_URL":"production"}"#),
        repository(r#"{"database_url":"repository","B":"b"}"#),
    );
    assert_eq!(loaded, pairs(&[("DATABASE_URL", "production"), ("B", "b")]));
    let named = load("Token,secret,B\n*,secret", Layer::NotApplicable, repository(r#"{"B":"b","TOKEN":"t"}"#));
    assert_eq!(named, pairs(&[("Token", "b"), ("B", "b")]));

    let error = load("*,secret", Layer::NotApplicable, repository(r#"{"TOKEN":"1","Token":"2"}"#)).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code().as_str(), "name-unusable");
    assert!(text.contains("`TOKEN`") && text.contains("`Token`") && text.contains("only in case"), "{text}");
    let covered = load("*,secret", environment(r#"{"a":"e"}"#), repository(r#"{"A":"1","a":"2"}"#));
    assert_eq!(covered, pairs(&[("a", "e")]));
}

#[test]
fn a_line_of_secrets_is_a_whole_secret_or_a_key_of_it() {
    let resolve = |line: &str, text: &str| {
        let (line, document) = (SecretLine::parse(line).unwrap(), document("shared/x", text));
        let values =
            Lookup { lines: &[], layers: &[], secret_lines: &[], secrets: &[(&line, &document)] }.resolve()?.values;
        Ok(values[0].text.secret().to_owned())
    };
    let code = |result: Result<String, Error>| result.unwrap_err().code().as_str();
    assert_eq!(resolve("A=shared/x", "plain text"), Ok("plain text".to_owned()));
    assert_eq!(resolve("A=shared/x", r#"{ "k": 1 }"#), Ok(r#"{ "k": 1 }"#.to_owned()));
    assert_eq!(resolve("A=shared/x:k", r#"{"k":1.10}"#), Ok("1.10".to_owned()));
    assert_eq!(code(resolve("A=shared/x:j", r#"{"k":1}"#)), "key-missing");
    assert_eq!(code(resolve("A=shared/x:k", r#"{"k":null}"#)), "value-unusable");
    assert_eq!(code(resolve("A=shared/x:k", "canary")), "store-not-an-object");
    let error = resolve("A=shared/x", "a\0b").unwrap_err();
    let expected =
        "values cannot be loaded: A: shared/x has a NUL character, which an environment variable cannot have";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_star_leaves_names_of_secrets_alone() {
    let line = SecretLine::parse("A=shared/x").unwrap();
    let document = document("shared/x", "given");
    let layers =
        [(Kind::Secret, Layers { environment: Layer::NotApplicable, repository: repository(r#"{"A":"s","B":"s"}"#) })];
    let secrets = [(&line, &document)];
    let values = Lookup {
        lines: &parse("*,secret").unwrap(),
        layers: &layers,
        secret_lines: &[SecretLine::parse("A=shared/x").unwrap()],
        secrets: &secrets,
    }
    .resolve()
    .unwrap()
    .values;
    let texts: Vec<_> =
        values.iter().map(|value| (value.name.as_str(), value.text.secret(), value.level.name())).collect();
    assert_eq!(texts, [("B", "s", "repository"), ("A", "given", "secret")]);
}

#[test]
fn a_repository_store_is_missed_only_by_keys_that_the_environment_lacks() {
    let full = || environment(r#"{"A":"e"}"#);
    assert_eq!(load("A,secret", full(), denied()), pairs(&[("A", "e")]));
    assert_eq!(load("A,secret", full(), not_found("r")), pairs(&[("A", "e")]));
    assert_eq!(load("B,secret", full(), denied()), Err(Error::Internal("denied")));
    assert_eq!(load("B,secret,,optional", full(), denied()), Err(Error::Internal("denied")));
    assert_eq!(load("*,secret", full(), denied()), Err(Error::Internal("denied")));
    assert_eq!(load("*,secret", full(), not_found("r")), pairs(&[("A", "e")]));
}

#[test]
fn a_store_that_does_not_exist_is_named_once() {
    let error = load("A,secret\nB,secret", Layer::NotApplicable, not_found("o/repo/o/r/secrets")).unwrap_err();
    assert_eq!(error.to_string(), "values cannot be loaded: no such store: o/repo/o/r/secrets");
    assert_eq!(error.code().as_str(), "store-not-found");
}

#[test]
fn values_keep_what_the_document_says() {
    let json = r#"{"S":" a\nb ","N":1.10,"E":1E5,"T":true,"O": { "b" : [ 1.10, "x y" ], "a" : "\u00e9 \" }" },"L":[ ],"Z":null}"#;
    let expected = [
        ("S", " a\nb "),
        ("N", "1.10"),
        ("E", "1E5"),
        ("T", "true"),
        ("O", r#"{"b":[1.10,"x y"],"a":"\u00e9 \" }"}"#),
        ("L", "[]"),
    ];
    let loaded =
        load("S,secret\nN,secret\nE,secret\nT,secret\nO,secret\nL,secret", Layer::NotApplicable, repository(json));
    assert_eq!(loaded, pairs(&expected));
}

#[test]
fn a_value_that_no_environment_can_hold_is_refused_without_being_shown() {
    for json in [r#"{"A":"canary\u0000"}"#, r#"{"A":"canary\ud800"}"#, r#"{"A":null}"#] {
        let error = load("A,secret", Layer::NotApplicable, repository(json)).unwrap_err();
        assert_eq!(error.code().as_str(), "value-unusable");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[test]
fn a_name_that_runs_code_is_refused_with_its_reason_and_a_way_out() {
    let told = parse("MAKEFLAGS,secret").unwrap_err();
    let expected = "line 1, `MAKEFLAGS,secret`: is refused as a name for a variable: make or another build tool runs what \
                    it says. Choose another name, and set this one with `env:` in the step that needs it";
    assert_eq!(told, [expected]);
    let error = load("*,secret", Layer::NotApplicable, repository(r#"{"A":"a","makeflags":"canary"}"#)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("key `makeflags` of o/repo/o/r/secrets is refused") && text.contains("Rename the key"));
}

#[test]
fn two_stars_that_give_the_same_name_clash() {
    let layers = |json| Layers { environment: Layer::NotApplicable, repository: repository(json) };
    let layers = [(Kind::Secret, layers(r#"{"A":"s"}"#)), (Kind::Variable, layers(r#"{"A":"v"}"#))];
    let resolve =
        |lines| Lookup { lines: &parse(lines).unwrap(), layers: &layers, secret_lines: &[], secrets: &[] }.resolve();
    assert_eq!(resolve("*,secret\n*,variable").unwrap_err().code().as_str(), "name-unusable");
    assert_eq!(resolve("A,variable\n*,secret").unwrap().values.len(), 1);
    let layers =
        |json| Layers { environment: Layer::NotApplicable, repository: Layer::Read(document("o/variables", json)) };
    let layers = [
        (Kind::Secret, Layers { environment: Layer::NotApplicable, repository: repository(r#"{"A":"s"}"#) }),
        (Kind::Variable, layers(r#"{"a":"v"}"#)),
    ];
    let lines = parse("*,secret\n*,variable").unwrap();
    let error = Lookup { lines: &lines, layers: &layers, secret_lines: &[], secrets: &[] }.resolve().unwrap_err();
    assert!(error.to_string().contains("key `A` of o/repo/o/r/secrets differs only in case"), "{error}");
}
