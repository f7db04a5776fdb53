//! What holds for every config file, and for every token server that one names.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use env_kvstore::aws::config_file::{File, ProfileName, merge};
use env_kvstore_admin::configure::configure;
use env_kvstore_admin::profile::profile;
use env_kvstore_admin::token_server::TokenServer;
use proptest::prelude::*;

/// Text that leans towards what a reader of such files trips over.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-zA-Z0-9_]{1,12}",
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\"\\".to_owned()),
        "[\\[\\]=:#; \t]{1,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A file as people and tools write it, with some of what they get wrong.
fn config_file() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "\\[(profile )?(default|a|\"a\"|'b'|b|sso-session a)\\]( # note)?",
        "( |\t){0,3}(region|role_arn|ROLE_ARN|role_session_name|output|s3|aws_security_token) ?[=:] ?[a-z0-9:/]{0,6}( ;x)?",
        "web_identity_token_server = (GitHub|U,T)(,[a-z '&]{0,8})?",
        "[ \t]{0,2}[#;][ -~]{0,6}",
        "[ \t]{0,2}",
        text(),
    ];
    (prop::collection::vec((line, prop_oneof![Just("\n"), Just("\r\n")]), 0..14), any::<bool>()).prop_map(
        |(lines, ends)| {
            let text: String = lines.into_iter().map(|(line, end)| line + end).collect();
            if ends { text } else { text.trim_end_matches(['\r', '\n']).to_owned() }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_token_server_gives_its_parts_back(url in "[A-Z_][A-Z0-9_]{0,9}", token in "[a-zA-Z_][a-zA-Z0-9_]{0,9}", audience in text()) {
        let trimmed = Some(audience.trim()).filter(|audience| !audience.is_empty());
        let server = TokenServer::parse(&format!("{url} , {token},{audience}")).unwrap();
        prop_assert_eq!((server.url_variable, server.token_variable, server.audience.as_deref()), (url, token, trimmed));
        let server = TokenServer::parse(&format!("GitHub,{audience}")).unwrap();
        prop_assert_eq!(server.audience.as_deref(), trimmed);
        let _ = TokenServer::parse(&audience);
    }

    #[test]
    fn what_is_merged_into_a_file_is_read_from_it_and_changes_nothing_else(
        text in config_file(),
        name in "(default|a|b|[a-zA-Z0-9_.@+/:-]{1,64})",
        values in prop::array::uniform2("[A-Za-z0-9+/=:_.@,!$&()*<>?^{|}~%`-]{1,40}"),
        in_config in any::<bool>(),
    ) {
        let file = if in_config { File::Config } else { File::Credentials };
        let settings = [("region", values[0].as_str()), ("role_arn", values[1].as_str())];
        let Some(named) = ProfileName::parse(&name) else { return Ok(()) };
        let exists = profile(&text, file, &name).is_some();
        let appended = merge(&text, file, &named, &settings, false);
        prop_assert_eq!(appended.is_err(), exists);
        prop_assert!(appended.is_ok_and(|merged| merged.secret().starts_with(&text)) || exists);
        let merge = |text: &str| merge(text, file, &named, &settings, true).unwrap().secret().to_owned();
        let merged = &merge(&text);
        prop_assert_eq!(&merge(merged), merged);
        let ours = profile(merged, file, &name).unwrap();
        prop_assert_eq!((ours.get("region"), ours.get("role_arn")), (Some(&*values[0]), Some(&*values[1])));
        prop_assert_eq!(ours.get("role_session_name"), None, "nothing else decides who one is");
        for other in ["default", "a", "b"].into_iter().filter(|other| *other != name) {
            prop_assert_eq!(profile(merged, file, other), profile(&text, file, other));
        }
    }

    #[test]
    fn a_translated_file_is_one_that_has_nothing_left_to_translate(text in config_file(), value in "[ -~]{0,3}") {
        let Ok(configured) = configure(&text, "command", &[("audience", &value)]) else { return Ok(()) };
        let after = configured.text.secret();
        prop_assert!(configure(after, "command", &[]).is_err());
        for name in ["default", "a", "b"] {
            let (before, after) = (profile(&text, File::Config, name), profile(after, File::Config, name));
            let translated = configured.profiles.iter().any(|changed| changed == name);
            prop_assert_eq!(before.is_some(), after.is_some());
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            prop_assert_eq!(before.get("region"), after.get("region"));
            prop_assert_eq!(after.get("role_arn"), before.get("role_arn").filter(|_| !translated));
        }
    }
}
