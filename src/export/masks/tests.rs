use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

fn masks_of(text: &str) -> Vec<String> {
    let mut masks = Masks::new(4);
    masks.add(&Secret::new(text));
    masks.into_texts().iter().map(|mask| mask.secret().to_owned()).collect()
}

#[test]
fn a_single_line_secret_is_masked_however_short() {
    assert_eq!(masks_of("x"), ["x"]);
    assert!(Masks::new(4).add(&Secret::new(" abc ")));
}

#[test]
fn white_space_cannot_be_masked() {
    assert!(masks_of("").is_empty() && masks_of(" \n\t").is_empty());
}

#[test]
fn punctuation_alone_of_a_pretty_document_is_not_masked() {
    let masks = masks_of("{\n  \"key\": \"canary\"\n}\n");
    assert!(!masks.iter().any(|mask| mask == "{" || mask == "}"));
    assert!(masks.contains(&"\"key\": \"canary\"".to_owned()));
    assert!(masks.contains(&r#"{\n  \"key\": \"canary\"\n}\n"#.to_owned()));
    assert!(!masks.iter().any(|mask| mask.contains('\n')));
}

#[test]
fn base64_is_masked_wherever_the_secret_begins_in_it() {
    let mut masks = masks_of("correct horse?>");
    // What the runner adds.
    masks.push(STANDARD.encode("correct horse?>"));
    for prefix in ["", "a", "ab"] {
        let printed = STANDARD.encode(format!("{prefix}correct horse?>suffix"));
        assert!(masks.iter().any(|mask| printed.contains(mask.as_str())), "{prefix}");
        let url_safe = printed.replace('+', "-").replace('/', "_");
        assert!(masks.iter().any(|mask| url_safe.contains(mask.as_str())), "{prefix}");
    }
}

#[test]
fn the_strings_of_a_json_document_are_masked_like_secrets() {
    let masks = masks_of(r#"{"username":"app","password":"p4ss\nword","port":5432,"hosts":[{"name":"db.internal"}]}"#);
    let has = |text: &str| masks.iter().any(|mask| mask == text);
    assert!(has("p4ss") && has("word") && has("db.internal"));
    assert!(!has("app") && !has("5432") && !has("password") && !has("username"));
}

fn has(masks: &[String], text: &str) -> bool {
    masks.iter().any(|mask| mask == text)
}

#[test]
fn a_short_secret_that_ends_in_a_line_break_is_masked() {
    assert_eq!(masks_of("abc\n"), ["abc"]);
    assert_eq!(masks_of("\r\nx\r\n"), ["x"]);
}

#[test]
fn letters_and_digits_have_no_mask_but_themselves_and_base64() {
    assert_eq!(masks_of(&"aB3x".repeat(10)).len(), 3);
}

#[test]
fn no_mask_is_one_that_the_runner_makes() {
    for text in ["it's <a> \"b\" & c+/=", "a/b c", "p\u{e4}ss'w\u{f6}rd", "a\\b"] {
        let masks = masks_of(text);
        for form in forms::of_runner(text).into_iter().filter(|form| form != text) {
            assert!(!has(&masks, &form), "{form}");
        }
    }
}

#[test]
fn of_a_document_only_what_can_be_a_secret_is_masked() {
    let rds = r#"{"username":"admin","password":"correct-horse","engine":"postgres","host":"prod.example.com","port":5432,
        "dbname":"main","dbInstanceIdentifier":"prod-1","ssl":true,"other":null,"level":"default","stage-name":"beta"}"#;
    let masks = masks_of(&rds.replace('\n', ""));
    assert!(has(&masks, "correct-horse"));
    for text in ["admin", "postgres", "prod.example.com", "5432", "main", "prod-1", "true", "null", "default", "beta"] {
        assert!(!has(&masks, text), "{text}");
    }
    let masks =
        masks_of(r#"{"password":"postgres","pin":"4711","code":482913,"user":"u","in":"[{\"token\":12345678}]"}"#);
    for text in ["postgres", "4711", "482913", "12345678"] {
        assert!(has(&masks, text), "{text}");
    }
    let pretty = masks_of("{\n  \"list\": [\n    true,\n    \"main\",\n    5432,\n    \"s3cr3t\"\n  ]\n}");
    assert!(
        has(&pretty, "s3cr3t") && !pretty.iter().any(|mask| ["true,", "\"main\",", "5432,"].contains(&mask.as_str()))
    );
}

#[test]
fn text_in_base64_is_masked_as_text() {
    let masks = masks_of(&STANDARD.encode(r#"{"user":"app","password":"correct horse"}"#));
    assert!(has(&masks, "correct horse") && !has(&masks, "app"));
}

#[test]
fn a_long_secret_is_masked_in_base64_too() {
    let text = "aB3-".repeat(16 * 1024);
    let (masks, printed) = (masks_of(&text), STANDARD.encode(format!("id:{text}@host")));
    let longest = masks.iter().filter(|mask| printed.contains(mask.as_str())).map(String::len).max();
    assert!(longest.is_some_and(|length| length + 24 >= printed.len()));
    for line in STANDARD.encode(&text).as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()) {
        assert!(has(&masks, line) || line.len() < 8, "{line}");
    }
}

#[test]
fn so_many_secrets_that_encodings_are_left_out_are_all_masked_themselves() {
    let secrets: Vec<_> = (0..9000).map(|index| format!("secret number {index}/{index}")).collect();
    let mut masks = Masks::new(4);
    secrets.iter().for_each(|secret| _ = masks.add(&Secret::new(secret.as_str())));
    assert!(masks.is_cut());
    let texts = masks.into_texts();
    assert!(texts.len() <= MAX_ENCODINGS + secrets.len());
    let texts: BTreeSet<_> = texts.iter().map(Secret::secret).collect();
    assert!(secrets.iter().all(|secret| texts.contains(secret.as_str())));
}

#[test]
fn strings_that_use_up_the_encodings_of_their_document_take_none_from_others() {
    let document = format!("[{}]", (0..2000).map(|index| format!("\"value {index}/x\"")).collect::<Vec<_>>().join(","));
    let mut masks = Masks::new(4);
    masks.add(&Secret::new(document));
    masks.add(&Secret::new("a/b c"));
    assert!(!masks.is_cut());
    assert!(masks.into_texts().iter().any(|mask| mask.secret() == "a%2Fb+c"));
}
