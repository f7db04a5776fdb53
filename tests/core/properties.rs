//! What holds for every input: round trips, and no panic.

use crate::parsers;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use env_kvstore::aws::names::{AccountId, Region, RoleArn};
use env_kvstore::aws::protocols::Aws;
use env_kvstore::aws::secret_id::Home;
use env_kvstore::aws::source::Source;
use env_kvstore::call::protocol::Protocol;
use env_kvstore::export::Export;
use env_kvstore::export::Outcome;
use env_kvstore::export::masks::Masks;
use env_kvstore::host::http::Response;
use env_kvstore::host::url::BaseUrl;
use env_kvstore::lines::env_name::EnvName;
use env_kvstore::lines::secrets::SecretLine;
use env_kvstore::lines::values::{Kind, ValueLine, parse};
use env_kvstore::stores::naming::Scope;
use env_kvstore::stores::resolve::{Level, Value};
use env_kvstore::text::json::{Object, object_of};
use env_kvstore::text::secret::Secret;
use futures_util::FutureExt;
use proptest::prelude::*;

/// Text that leans towards what parsers trip over.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-zA-Z0-9_]{1,12}",
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("::add-mask::".to_owned()),
        Just("%0A".to_owned()),
        Just("##[".to_owned()),
        Just("<<".to_owned()),
        Just("ghadelimiter_".to_owned()),
        Just("\"\\".to_owned()),
        Just("{\"a\":1.10}".to_owned()),
        Just(",secret".to_owned()),
        Just("A=".to_owned()),
        Just(":".to_owned()),
        Just("arn:aws:secretsmanager:us-west-2:123456789012:secret:".to_owned()),
        Just("{\"SecretValues\":[],\"Errors\":[]}".to_owned()),
        Just("<a>&amp;".to_owned()),
        Just("eyJhbGciOiJSUzI1NiJ9.e30.".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        text().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map(text(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// What is hard to walk: deep, wide, escaped, broken, or long.
fn hostile() -> Vec<String> {
    let members: Vec<_> = (0..9000).map(|index| format!("\"{index:04}\"")).collect();
    let mut nested = "\"p4ss-word\"".to_owned();
    while nested.len() < 20_000 {
        nested = serde_json::json!({ "password": nested }).to_string();
    }
    [
        "[".repeat(65_536),
        "[".repeat(32_768) + &"]".repeat(32_768),
        "{\"a\":".repeat(10_922) + "1" + &"}".repeat(10_922),
        "{\"a\":".repeat(13_000),
        format!("[{}]", members.join(",")),
        format!("\"{}\"", "\\u0001".repeat(10_922)),
        "\\".repeat(65_536),
        "\u{1}".repeat(65_536),
        "\"".repeat(65_536),
        "://".repeat(21_845),
        "://a:b@".repeat(9_362),
        "a\n".repeat(32_768),
        "aB3-\n".repeat(13_107),
        "QUJD".repeat(16_384),
        "aB3x".repeat(16_384),
        "\u{10ffff}".repeat(16_384),
        " ".repeat(65_536),
        format!("[{}1]", " ".repeat(65_530)),
        nested,
    ]
    .into()
}

fn secret() -> impl Strategy<Value = String> {
    let deep = (0_usize..10_000, text()).prop_map(|(depth, text)| {
        let text = serde_json::to_string(&text).unwrap();
        format!("{}{text}{}", "[{\"password\":".repeat(depth / 8), "}]".repeat(depth / 8))
    });
    prop_oneof![text(), json().prop_map(|json| json.to_string()), deep, "[ -~]{1,80}", "([ -~\u{e9}]{1,70}\n){0,9}"]
}

/// The runner's reading of a file command, after `FileCommandManager.cs`.
fn read_file_commands(commands: &str) -> Vec<(String, String)> {
    let mut lines = commands.split('\n');
    let mut pairs = Vec::new();
    while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        pairs.push((name.to_owned(), value.join("\n")));
    }
    pairs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_parser_panics(text in text(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for (_, parse) in parsers::TARGETS {
            parse(text.as_bytes());
            parse(&bytes);
        }
    }

    #[test]
    fn a_documents_values_come_out_as_they_went_in(value in json(), pretty in any::<bool>()) {
        let document = serde_json::json!({ "K": value });
        let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }.unwrap();
        let body = serde_json::json!({ "ARN": "a", "VersionId": "v", "SecretString": text }).to_string();
        let read = parsers::read_document(body.as_bytes()).unwrap();
        let holds_nul = value.as_str().is_some_and(|text| text.contains('\0'));
        match read.text("K") {
            Ok(text) => match value.as_str() {
                Some(string) => prop_assert_eq!(text.secret(), string),
                None => prop_assert_eq!(text.secret(), serde_json::to_string(&value).unwrap()),
            },
            Err(_) => prop_assert!(holds_nul),
        }
    }

    #[test]
    fn a_binary_secret_is_read_like_a_string(value in text()) {
        use base64::Engine;
        let document = serde_json::json!({ "K": value }).to_string();
        let body = serde_json::json!({ "ARN": "a", "SecretBinary": base64::engine::general_purpose::STANDARD.encode(document) });
        let read = parsers::read_document(body.to_string().as_bytes()).unwrap();
        prop_assert!(read.text("K").is_ok_and(|text| text.secret() == value) || value.contains('\0'));
    }

    #[test]
    fn what_is_exported_is_what_the_runner_reads(texts in prop::collection::vec(text(), 1..6)) {
        let values: Vec<_> = texts.iter().enumerate().map(|(index, text)| Value {
            name: EnvName::parse(&format!("V{index}")).unwrap(),
            kind: Kind::Secret,
            text: Secret::new(text.as_str()),
            also: None,
            level: if index % 2 == 0 { Level::Store(Scope::Repository) } else { Level::Parameter },
            secret_name: "s".to_owned(),
            secret_arn: "a".to_owned(),
            version_id: "v".to_owned(),
        }).collect();
        let inputs = parsers::inputs_with_outputs();
        let (plan, _) = Export { options: &inputs.export, region: Some(&inputs.region), account: None, source: "AWS Secrets Manager", outcome: &Outcome { values, ..Outcome::default() } }
            .plan(async || Ok(()))
            .now_or_never()
            .unwrap()
            .unwrap();
        let expected: Vec<_> = texts.iter().enumerate().map(|(index, text)| (format!("V{index}"), text.clone())).collect();
        prop_assert_eq!(read_file_commands(plan.environment.secret()), expected.clone());
        prop_assert_eq!(&read_file_commands(plan.outputs.secret())[3..], expected.as_slice());
        prop_assert!(plan.masks.iter().all(|mask| !mask.secret().contains(['\r', '\n'])));
    }

    #[test]
    fn masks_are_bounded_by_the_secret(secret in secret(), min_length in 1_usize..6) {
        let value = Secret::new(secret.as_str());
        let mut masks = Masks::new(min_length);
        masks.add(&value);
        prop_assert!(!masks.is_cut());
        let masks = masks.into_texts();
        let bytes: usize = masks.iter().map(|mask| mask.secret().len()).sum();
        prop_assert!(masks.len() <= 500 + secret.len(), "{} masks of {} bytes", masks.len(), secret.len());
        prop_assert!(bytes <= 16 * 1024 + 300 * secret.len(), "{bytes} bytes of masks of {} bytes", secret.len());
        prop_assert!(masks.iter().all(|mask| !mask.secret().trim().is_empty() && !mask.secret().contains(['\r', '\n'])));
        let given: BTreeSet<_> = masks.iter().map(Secret::secret).collect();
        let whole = secret.trim_matches(['\r', '\n']);
        prop_assert!(whole.contains(['\r', '\n']) || whole.trim().is_empty() || given.contains(whole));
    }

    #[test]
    fn a_line_of_values_says_what_was_meant(name in "V[A-Z0-9_]{0,9}", key in "[a-zA-Z0-9. -]{0,10}", optional in any::<bool>(), space in "[ \t]{0,2}") {
        let last = if optional { ",OPTIONAL" } else { "" };
        let lines = parse(&format!("{space}{name}{space},{space}Secret,{key}{last}\r\n")).unwrap();
        let key = if key.trim().is_empty() { name.clone() } else { key.trim().to_owned() };
        prop_assert_eq!(lines, [ValueLine::One { name: EnvName::parse(&name).unwrap(), kind: Kind::Secret, key, optional }]);
    }

    #[test]
    fn a_line_of_secrets_gives_its_parts_back(
        name in "V[A-Z0-9_]{0,9}",
        secret in "[a-zA-Z0-9/_+=.@!-]{1,40}",
        partition in "aws(-cn|-us-gov|-eusc)?",
        place in prop::option::of(("(us|eu|ap|us-gov)-(west|central|southeast)-[1-9]", "[0-9]{12}")),
        key in "[^:\r\n]{0,12}",
        stage in "[A-Za-z0-9/_+=.@-]{0,20}",
        version in "([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-zA-Z0-9]{64})?",
        left_out in any::<bool>(),
        space in "[ \t]{0,2}",
    ) {
        let id = match &place {
            Some((region, account)) => format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}"),
            None => secret.clone(),
        };
        // A line's own end is not part of its last field.
        let is_last = left_out && stage.is_empty() && version.is_empty();
        let key = if is_last { key.trim_end() } else { &key };
        let mut from = format!("{id}:{key}:{stage}:{version}");
        if left_out {
            from.truncate(from.trim_end_matches(':').len());
        }
        let line = SecretLine::parse(&format!("{space}{name}{space}={space}{from}{space}")).unwrap();
        let role = RoleArn::parse("arn:aws:iam::123456789012:role/r").unwrap();
        let (region, account) = (Region::parse("us-west-2").unwrap(), AccountId::parse("123456789012").unwrap());
        let source = line.source(Home { region: &region, account: Some(&account), role: Some(&role) });
        let Source::Secret(wanted) = source else { panic!("{source:?}") };
        let field = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        prop_assert_eq!(line.name.as_ref().map(EnvName::as_str), Some(name.as_str()));
        prop_assert_eq!(line.key.clone(), field(key));
        prop_assert_eq!((wanted.stage, wanted.id), (field(&stage), field(&version)));
        prop_assert_eq!(wanted.secret.as_parameter(), id.as_str());
        prop_assert_eq!(&wanted.secret.name, &secret);
        let (here, ours) = ("us-west-2".to_owned(), "123456789012".to_owned());
        prop_assert_eq!(line.partition(), place.as_ref().map(|_| partition.as_str()));
        let (region, account) = place.unwrap_or((here, ours));
        prop_assert_eq!((wanted.secret.region.to_string(), wanted.secret.account), (region, AccountId::parse(&account)));
    }

    #[test]
    fn a_wrong_line_of_secrets_is_reported_once_and_keeps_the_others(good in "[A-Z]{3}_", bad in text()) {
        prop_assume!(!bad.contains(['\n', '\r']) && !bad.trim().is_empty() && !bad.trim().starts_with('#'));
        if let Err(problems) = env_kvstore::lines::secrets::parse(&format!("{good}=a\n{bad}")) {
            prop_assert_eq!(problems.len(), 1);
            prop_assert!(problems[0].starts_with("line 2, "));
        }
    }

    #[test]
    fn members_of_an_object_come_out_as_they_went_in(members in prop::collection::btree_map(text(), text(), 0..6)) {
        let pairs: Vec<_> = members.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let object = Object::parse(object_of(&pairs).as_bytes()).unwrap();
        prop_assert_eq!(object.names().collect::<Vec<_>>(), members.keys().collect::<Vec<_>>());
        for (name, text) in &members {
            prop_assert_eq!(object.text(name), Some(text.clone()));
        }
    }

    #[test]
    fn a_wrong_line_is_reported_once_and_keeps_the_others(good in "[A-Z]{3}_", bad in text()) {
        prop_assume!(!bad.contains(['\n', '\r']) && !bad.trim().is_empty() && !bad.trim().starts_with('#'));
        if let Err(problems) = parse(&format!("{good},secret\n{bad}")) {
            prop_assert_eq!(problems.len(), 1);
            prop_assert!(problems[0].starts_with("line 2, "));
        }
    }

    #[test]
    fn an_error_never_repeats_what_was_sent(before in text(), after in text(), cut in 16_usize..40) {
        let sent = Secret::new("FwoGZXIvYXdzEBYaDHqa0AP1canarycanarycanary");
        let echo = &sent.secret()[..cut];
        let body = serde_json::json!({ "__type": format!("X#{before}{echo}"), "message": format!("{before}{echo}{after}") });
        let response = Response { status: 400, headers: vec![("x-amzn-requestid".to_owned(), echo.to_owned())], body: body.to_string().into_bytes() };
        let shown = Aws.refusal(&response, std::slice::from_ref(&sent)).to_string();
        prop_assert!(!shown.contains(&sent.secret()[..16]), "{}", shown);
    }

    #[test]
    fn plain_http_is_for_this_machine(host in "[a-z0-9.-]{1,20}") {
        prop_assume!(host != "localhost" && !host.starts_with("127."));
        let url = format!("http://{host}/");
        prop_assert!(BaseUrl::parse(&url).is_err());
    }
}

#[test]
fn the_longest_secrets_of_every_shape_are_masked_in_no_time() {
    for secret in hostile() {
        let shape: String = secret.chars().take(12).collect();
        let started = Instant::now();
        let body = serde_json::json!({ "ARN": "a", "VersionId": "v", "SecretString": secret }).to_string();
        let document = parsers::read_document(body.as_bytes()).unwrap();
        let mut masks = Masks::new(4);
        masks.add(&document.whole().unwrap());
        let masks = masks.into_texts();
        // A debug build on a busy machine; a release build needs some milliseconds.
        assert!(started.elapsed() < Duration::from_secs(5), "{shape}: {:?}", started.elapsed());
        let bytes: usize = masks.iter().map(|mask| mask.secret().len()).sum();
        assert!(
            masks.len() <= secret.len() / 3 && bytes <= 16 * secret.len(),
            "{shape}: {} masks, {bytes} bytes",
            masks.len()
        );
    }
}

#[test]
fn a_store_may_be_as_deep_as_it_is_long() {
    let deep = format!("{}1.10{}", "[".repeat(30_000), "]".repeat(30_000));
    let body = serde_json::json!({ "ARN": "a", "SecretString": format!("{{\"A\":{deep}}}") }).to_string();
    let document = parsers::read_document(body.as_bytes()).unwrap();
    assert!(document.text("A").is_ok_and(|text| text.secret() == deep));
}
