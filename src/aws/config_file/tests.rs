use super::*;

fn name(text: &str) -> ProfileName {
    ProfileName::parse(text).unwrap()
}

fn merged(text: &str, file: File, profile: &str, settings: &[(&'static str, &str)], overwrite: bool) -> String {
    merge(text, file, &name(profile), settings, overwrite).unwrap().secret().to_owned()
}

const CREDENTIALS: &[(&str, &str)] =
    &[("aws_access_key_id", "AKIA"), ("aws_secret_access_key", "a/b+c"), ("aws_session_token", "IQo==")];

const WRITTEN: &str = "aws_access_key_id = AKIA\naws_secret_access_key = a/b+c\naws_session_token = IQo==\n";

#[test]
fn a_name_is_what_every_tool_reads_without_quotes() {
    for good in ["a", "default", "team/prod-1.eu_west@x+y:z", &"a".repeat(64)] {
        assert_eq!(ProfileName::parse(good).unwrap().as_str(), good);
    }
    let long = "a".repeat(65);
    for bad in [
        "",
        " ",
        "a b",
        "a\tb",
        "a\n",
        "a]\n[default]",
        "[a]",
        "a]",
        "\"a\"",
        "'a'",
        "a#b",
        "a;b",
        "a=b",
        "a,b",
        "a%b",
        "a\\b",
        "ü",
        "a\0",
        "DEFAULT",
        "__proto__",
        &long,
    ] {
        assert_eq!(ProfileName::parse(bad), None, "{bad:?}");
    }
}

#[test]
fn a_new_profile_is_appended() {
    let merged = |text: &str| merged(text, File::Credentials, "ci", CREDENTIALS, false);
    assert_eq!(merged(""), format!("[ci]\n{WRITTEN}"));
    for (text, between) in [("[a]\nx = 1\n", "\n"), ("[a]\nx = 1", "\n\n"), ("# mine", "\n\n")] {
        assert_eq!(merged(text), format!("{text}{between}[ci]\n{WRITTEN}"));
    }
}

#[test]
fn line_ends_are_those_of_the_file() {
    let crlf = WRITTEN.replace('\n', "\r\n");
    let text = "[a]\r\nx = 1";
    assert_eq!(merged(text, File::Credentials, "ci", CREDENTIALS, false), format!("{text}\r\n\r\n[ci]\r\n{crlf}"));
    let text = "[ci]\r\naws_access_key_id = old\r\n# mine\r\n";
    let expected = format!("[ci]\r\n{crlf}# mine\r\n");
    assert_eq!(merged(text, File::Credentials, "ci", CREDENTIALS, true), expected);
}

#[test]
fn in_the_config_file_the_section_has_the_prefix() {
    let region = &[("region", "us-west-2")];
    assert_eq!(merged("", File::Config, "ci", region, false), "[profile ci]\nregion = us-west-2\n");
    assert_eq!(merged("", File::Config, "default", region, false), "[default]\nregion = us-west-2\n");
    assert_eq!(merged("", File::Credentials, "default", region, false), "[default]\nregion = us-west-2\n");
    // What has another meaning in this file is not in the way.
    let text = "[ci]\nx = 1\n[sso-session ci]\nsso_region = r\n";
    assert_eq!(merged(text, File::Config, "ci", region, false), format!("{text}\n[profile ci]\nregion = us-west-2\n"));
}

#[test]
fn an_existing_profile_is_left_alone_unless_told() {
    let text = "[ci]\naws_secret_access_key = canary\n";
    let problem = merge(text, File::Credentials, &name("ci"), CREDENTIALS, false).unwrap_err();
    assert_eq!(problem, "the profile already exists");
    for header in ["[profile ci]", "[profile \"ci\"]", "[ profile ci ] # theirs"] {
        assert!(merge(header, File::Config, &name("ci"), &[("region", "r")], false).is_err(), "{header}");
    }
    for header in ["[default]", "[profile default]"] {
        assert!(merge(header, File::Config, &name("default"), &[("region", "r")], false).is_err(), "{header}");
    }
}

#[test]
fn overwriting_keeps_other_profiles_comments_and_harmless_settings() {
    let text = "# top\n[a]\naws_access_key_id = keep\n\n[ci] # theirs\noutput = json\nAWS_Secret_Access_Key=old1\n# note\ns3 =\n  \
                aws_access_key_id = nested\naws_access_key_id = old2\naws_session_token = old3\n  old4\n\n[b]\nx = 1";
    let expected = format!(
        "# top\n[a]\naws_access_key_id = keep\n\n[ci] # theirs\noutput = json\n{WRITTEN}# note\ns3 =\n  \
         aws_access_key_id = nested\n\n[b]\nx = 1"
    );
    assert_eq!(merged(text, File::Credentials, "ci", CREDENTIALS, true), expected);
    assert_eq!(merged(&expected, File::Credentials, "ci", CREDENTIALS, true), expected);
}

#[test]
fn settings_that_are_new_to_a_section_stand_first_and_as_deep_as_its_others() {
    for (text, expected) in [
        ("[ci]", "[ci]\nregion = r\n"),
        ("[ci]\n# note\n", "[ci]\nregion = r\n# note\n"),
        ("[ci]\n# note\noutput = 1", "[ci]\n# note\nregion = r\noutput = 1"),
        ("[ci]\n  s3 = 1\n  output = 2\n", "[ci]\n  region = r\n  s3 = 1\n  output = 2\n"),
        ("[ci]\n\ts3 = 1\n\tregion = old", "[ci]\n\ts3 = 1\n\tregion = r\n"),
    ] {
        assert_eq!(merged(text, File::Credentials, "ci", &[("region", "r")], true), expected);
    }
}

#[test]
fn no_second_section_or_legacy_key_lets_an_old_value_win() {
    let text = "[ci]\naws_security_token = old\noutput = 1\n[a]\n[ci]\naws_access_key_id = old\ns3 = 2\n";
    let merged = merged(text, File::Credentials, "ci", CREDENTIALS, true);
    assert_eq!(merged, format!("[ci]\n{WRITTEN}output = 1\n[a]\n[ci]\n{WRITTEN}s3 = 2\n"));
}

#[test]
fn nothing_else_that_decides_who_one_is_stays_in_a_profile_that_is_overwritten() {
    let others = [
        "role_arn = old",
        "Source_Profile: old",
        "credential_source = Environment",
        "credential_process = old",
        "web_identity_token_file = old",
        "web_identity_token_server = old",
        "sso_session = old",
        "sso_account_id = old",
        "sso_role_name = old",
        "sso_start_url = old",
        "login_session = old",
        "mfa_serial = old",
        "external_id = old",
        "role_session_name = old",
        "duration_seconds = old",
        "aws_access_key_id = old",
        "aws_secret_access_key = old",
        "aws_session_token = old",
        "aws_account_id = old",
        "aws_credential_scope = old",
        "a_setting_of_tomorrow = old",
        "role_arn =\n    old\n    old",
        "role_arn = old\n    deeper: old",
    ];
    let kept = "output = json\nCLI_Pager =\ns3 =\n  role_arn = nested\nservices = mine\n# role_arn = comment\n";
    for other in others {
        for (file, header) in [(File::Config, "[profile ci]"), (File::Credentials, "[ci]")] {
            for indent in ["", "  "] {
                let text = format!("{header}\n{indent}{other}\n{kept}\n[x]\n{other}\n");
                let expected = format!("{header}\n{indent}region = r\n{kept}\n[x]\n{other}\n");
                assert_eq!(merged(&text, file, "ci", &[("region", "r")], true), expected);
            }
        }
    }
}

#[test]
fn what_is_indented_below_settings_that_were_added_stays_what_it_is() {
    let text = "[ci]\n# empty\n  [other]\nregion = x\n";
    let expected = "[ci]\n  region = r\n# empty\n  [other]\nregion = x\n";
    assert_eq!(merged(text, File::Credentials, "ci", &[("region", "r")], true), expected);
    assert_eq!(merged(expected, File::Credentials, "ci", &[("region", "r")], true), expected);
    let nameless = ("[ci]\n\t= x\n", "[ci]\n\tregion = r\n\t= x\n");
    assert_eq!(merged(nameless.0, File::Credentials, "ci", &[("region", "r")], true), nameless.1);
}

#[test]
fn sections_that_some_tools_take_for_the_profile_say_nothing_of_who_one_is_either() {
    let region = &[("region", "r")];
    let text = "[ci]\nrole_arn = old\noutput = json\n[profile cd]\nrole_arn = theirs\n";
    let stripped = "[ci]\noutput = json\n[profile cd]\nrole_arn = theirs\n";
    assert_eq!(merged(text, File::Config, "ci", region, true), format!("{stripped}\n[profile ci]\nregion = r\n"));
    assert_eq!(merged(text, File::Config, "ci", region, false), format!("{text}\n[profile ci]\nregion = r\n"));
    let text = "[profile \"ci\"]\nrole_arn = old\noutput = json\n[profile default]\nrole_arn = theirs\n";
    let stripped = "[profile \"ci\"]\noutput = json\n[profile default]\nrole_arn = theirs\n";
    assert_eq!(merged(text, File::Credentials, "ci", region, true), format!("{stripped}\n[ci]\nregion = r\n"));
}

#[test]
fn no_old_session_token_stays_beside_credentials_of_a_user() {
    let text = "[ci]\naws_access_key_id = old\nAWS_Session_Token = old\noutput = 1\n";
    let merged = merged(text, File::Credentials, "ci", &CREDENTIALS[..2], true);
    assert_eq!(merged, "[ci]\naws_access_key_id = AKIA\naws_secret_access_key = a/b+c\noutput = 1\n");
}

#[test]
fn a_value_cannot_bring_in_a_line_or_be_cut_short() {
    for bad in ["", "r\n[default]", "r\rx = 1", "a b", " a", "r #x", "#x", "a;b", "\"a\"", "a\\nb", "ü", "a\0"] {
        let settings = &[("aws_session_token", bad)];
        let problem = merge("", File::Credentials, &name("ci"), settings, false).unwrap_err();
        assert!(problem.contains("cannot be written"), "{bad:?}");
    }
}

#[test]
fn no_error_or_debug_output_shows_a_value() {
    let text = "[profile ci]\naws_secret_access_key = canary\n";
    let settings = [("aws_secret_access_key", "canary")];
    for overwrite in [true, false] {
        let merged = merge(text, File::Config, &name("ci"), &settings, overwrite);
        assert!(!format!("{merged:?}").contains("canary"));
    }
}
