//! The files of the AWS CLI and SDKs, `~/.aws/config` and `~/.aws/credentials`: read, and merged into.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
//!
//! Tools differ. What is read here is what any of them reads: a line continues a setting if it is indented deeper
//! (botocore; elsewhere if at all), and `:` separates as `=` does (botocore, Go). A value ends at ` #` or ` ;`, as in the
//! SDKs' shared tests; botocore reads on, Go stops at any `#` or `;`. What is written is what all of them read the same.

use crate::text::secret::Secret;

/// Which of the two files a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `~/.aws/config` or `AWS_CONFIG_FILE`
    Config,
    /// `~/.aws/credentials` or `AWS_SHARED_CREDENTIALS_FILE`
    Credentials,
}

/// The name of a profile that every AWS tool finds, without quotes, in both files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileName(String);

impl ProfileName {
    /// 1 to 64 letters, digits and `_.@+/:-`. The SDKs for JavaScript and Rust find no profile with a `,` or
    /// `=` in the config file.
    ///
    /// To botocore, `DEFAULT` is what all sections of the credentials file inherit from; the SDK for JavaScript gives up
    /// on a file with a `__proto__`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@+/:-".contains(&byte));
        let usable = plain && (1..=64).contains(&text.len()) && text != "DEFAULT" && text != "__proto__";
        usable.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Settings of a profile that say how requests are sent and how answers are shown, and nothing about who sends them. Those that
/// start with `cli_` are further ones.
///
/// A list of what to keep, because a tool may learn another way to find credentials at any time.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>
const HARMLESS: [&str; 34] = [
    "account_id_endpoint_mode",
    "api_versions",
    "auth_scheme_preference",
    "ca_bundle",
    "defaults_mode",
    "disable_host_prefix_injection",
    "disable_request_compression",
    "ec2_metadata_service_endpoint",
    "ec2_metadata_service_endpoint_mode",
    "ec2_metadata_v1_disabled",
    "endpoint_discovery_enabled",
    "endpoint_url",
    "ignore_configured_endpoint_urls",
    "imds_use_ipv6",
    "max_attempts",
    "metadata_service_num_attempts",
    "metadata_service_timeout",
    "output",
    "parameter_validation",
    "region",
    "request_checksum_calculation",
    "request_min_compression_size_bytes",
    "response_checksum_validation",
    "retry_mode",
    "s3",
    "s3_disable_express_session_auth",
    "s3_disable_multiregion_access_points",
    "s3_use_arn_region",
    "sdk_ua_app_id",
    "services",
    "sigv4a_signing_region_set",
    "tcp_keepalive",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
];

fn is_harmless(key: &str) -> bool {
    HARMLESS.iter().any(|name| key.eq_ignore_ascii_case(name)) || key.to_ascii_lowercase().starts_with("cli_")
}

/// The text with these settings in the section of this profile, which must be new unless `overwrite` is set. If several are
/// named so, all get them: which one wins is up to the tool.
///
/// Of a section that is overwritten stay comments and what is [harmless](HARMLESS): what else it says of where credentials
/// come from (`role_arn`, `credential_process`, `sso_session`, ...), tools would take before what is written here. It goes also
/// from sections that only some tools take for the profile, `[NAME]` in the config file and `[profile NAME]` in the other.
///
/// An error says what is wrong without the value.
pub fn merge(
    text: &str,
    file: File,
    name: &ProfileName,
    settings: &[(&str, &str)],
    overwrite: bool,
) -> Result<Secret, &'static str> {
    // Also without what the SDK for Go takes off or expands: quotes, `\n`, `#`, `;`.
    let plain = |value: &str| value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'\\#;".contains(&byte));
    if settings.iter().any(|(_, value)| value.is_empty() || !plain(value)) {
        return Err("a value cannot be written into a file that every AWS tool reads");
    }
    let sections = sections(text, file);
    let is_it = |section: &Section<'_>| section.profile == Some(name.as_str());
    let exists = sections.iter().any(is_it);
    if exists && !overwrite {
        return Err("the profile already exists");
    }
    let mut merged = Output::like(text);
    let is_set = |key: &str| settings.iter().any(|(name, _)| key.eq_ignore_ascii_case(name));
    let replaced = |key: &str| !key.is_empty() && (is_set(key) || !is_harmless(key));
    for section in &sections {
        if is_it(section) {
            merged.replace(section, &replaced, settings);
        } else if overwrite && section.looks_like(name, file) {
            merged.replace(section, &|key| !key.is_empty() && !is_harmless(key), &[]);
        } else {
            merged.copy(section);
        }
    }
    if !exists {
        let prefix = if file == File::Config && name.as_str() != "default" { "profile " } else { "" };
        if !text.is_empty() {
            merged.line(&[]);
        }
        merged.line(&["[", prefix, name.as_str(), "]"]);
        merged.settings("", settings);
    }
    Ok(merged.into_text())
}

/// A section, or what stands before the first.
pub struct Section<'a> {
    /// What stands between the brackets.
    header: &'a str,
    /// The profile that it is of.
    pub profile: Option<&'a str>,
    /// The header is the first of them.
    pub lines: Vec<Line<'a>>,
}

/// A line of a section.
pub struct Line<'a> {
    /// The line as it is, with its end.
    text: &'a str,
    /// Of the setting that it is, or belongs to; empty for all else.
    pub key: &'a str,
    /// Without a comment.
    pub value: &'a str,
    /// Whether it belongs to the setting of a line before it.
    pub continues: bool,
}

/// Takes a text apart without losing a byte of it.
pub fn sections(text: &str, file: File) -> Vec<Section<'_>> {
    let mut sections = vec![Section { header: "", profile: None, lines: Vec::new() }];
    // The last setting of the section, and how deep it is indented.
    let mut last: Option<(&str, usize)> = None;
    for text in text.split_inclusive('\n') {
        let line = text.trim();
        let indent = indent_of(text).len();
        let (mut key, mut value, mut continues) = ("", "", false);
        if line.is_empty() || line.starts_with(['#', ';']) {
            // Belongs to nothing.
        } else if let Some((of, _)) = last.filter(|(_, depth)| indent > *depth) {
            (key, value, continues) = (of, line, true);
        } else if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default().trim();
            sections.push(Section { header, profile: profile_of(header, file), lines: Vec::new() });
            last = None;
        } else {
            let (name, rest) = line.split_once(['=', ':']).unwrap_or((line, ""));
            (key, value) = (name.trim(), without_comment(rest));
            last = Some((key, indent));
        }
        if let Some(section) = sections.last_mut() {
            section.lines.push(Line { text, key, value, continues });
        }
    }
    sections
}

fn indent_of(line: &str) -> &str {
    line.strip_suffix(line.trim_start()).unwrap_or_default()
}

/// The profile that a section with this header is of.
fn profile_of(header: &str, file: File) -> Option<&str> {
    if file == File::Credentials || header == "default" {
        return Some(header);
    }
    let name = header.strip_prefix("profile").filter(|rest| rest.starts_with([' ', '\t']))?.trim();
    let unquoted = |quote| name.strip_prefix(quote)?.strip_suffix(quote);
    Some(unquoted('"').or_else(|| unquoted('\'')).unwrap_or(name))
}

fn without_comment(value: &str) -> &str {
    let mut after_space = false;
    let comment = value.find(|character: char| {
        let starts = after_space && matches!(character, '#' | ';');
        after_space = character.is_whitespace();
        starts
    });
    comment.and_then(|start| value.get(..start)).unwrap_or(value).trim()
}

impl Section<'_> {
    /// Whether it is the profile's to some tools: to version 1 of the SDKs for Go and Java the prefix is optional in both files.
    fn looks_like(&self, name: &ProfileName, file: File) -> bool {
        match file {
            File::Config => self.header == name.as_str(),
            File::Credentials => profile_of(self.header, File::Config) == Some(name.as_str()),
        }
    }
}

/// A text being written with the line ends of another.
pub struct Output {
    text: String,
    line_end: &'static str,
}

impl Output {
    /// Nothing yet.
    pub fn like(text: &str) -> Self {
        Self { text: String::new(), line_end: if text.contains("\r\n") { "\r\n" } else { "\n" } }
    }

    /// The section as it is.
    pub fn copy(&mut self, section: &Section<'_>) {
        self.text.extend(section.lines.iter().map(|line| line.text));
    }

    /// The section with `settings` in place of the first line that is replaced, as deep as that: deeper lines would belong to
    /// the setting before them.
    pub fn replace(&mut self, section: &Section<'_>, replaced: &dyn Fn(&str) -> bool, settings: &[(&str, &str)]) {
        let position = |wanted: &dyn Fn(&str) -> bool| section.lines.iter().position(|line| wanted(line.key));
        let place = position(replaced).or_else(|| position(&|key| !key.is_empty())).unwrap_or(1);
        for at in 0..=section.lines.len() {
            let line = section.lines.get(at);
            if at == place {
                let beside = line.filter(|line| !line.key.is_empty());
                self.settings(beside.map_or("", |line| indent_of(line.text)), settings);
            }
            if let Some(line) = line.filter(|line| !replaced(line.key)) {
                self.text.push_str(line.text);
            }
        }
    }

    /// All that is written, which may hold secrets.
    pub fn into_text(self) -> Secret {
        Secret::new(self.text)
    }

    fn settings(&mut self, indent: &str, settings: &[(&str, &str)]) {
        for (key, value) in settings {
            self.line(&[indent, key, " = ", value]);
        }
    }

    /// A line of its own, even if the one before has no end.
    fn line(&mut self, parts: &[&str]) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push_str(self.line_end);
        }
        self.text.extend(parts.iter().copied());
        self.text.push_str(self.line_end);
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            merged(text, File::Config, "ci", region, false),
            format!("{text}\n[profile ci]\nregion = us-west-2\n")
        );
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
}
