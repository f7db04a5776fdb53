//! The files of the AWS CLI and SDKs, `~/.aws/config` and `~/.aws/credentials`: read, merged into, translated.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
//!
//! Tools differ. What is read here is what any of them reads: a line continues a setting if it is indented deeper
//! (botocore; elsewhere if at all), and `:` separates as `=` does (botocore, Go). A value ends at ` #` or ` ;`, as in the
//! SDKs' shared tests; botocore reads on, Go stops at any `#` or `;`. What is written is what all of them read the same.

use crate::github::token_server::TokenServer;
use crate::text::printable::printable;
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

/// A key of the proposal with the flag of `credential-process` that takes its value.
const SETTINGS: [(&str, &str); 5] = [
    (SERVER, "web-identity-token-server"),
    ("role_arn", "cognito-role-arn"),
    ("role_session_name", "role-session-name"),
    ("duration_seconds", "role-duration-seconds"),
    (REGION, "aws-region"),
];

const SERVER: &str = "web_identity_token_server";

const REGION: &str = "region";

const PROCESS: &str = "credential_process";

/// What a profile says of where its credentials come from. Nothing else is read, so it holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile([String; SETTINGS.len()]);

impl Profile {
    /// The value of `web_identity_token_server`, `role_arn`, `role_session_name`, `duration_seconds` or `region`; an
    /// empty one is none.
    pub fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = SETTINGS.iter().zip(&self.0).find(|((name, _), _)| *name == key)?;
        (!value.is_empty()).then_some(value)
    }
}

/// Reads one profile; none if the text has no section for it. Of several with that name, the last to set a key wins.
pub fn profile(text: &str, file: File, name: &str) -> Option<Profile> {
    let mut profile = None;
    for section in sections(text, file).iter().filter(|section| section.profile == Some(name)) {
        section.read_into(profile.get_or_insert_default());
    }
    profile
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
    REGION,
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
    Ok(Secret::new(merged.text))
}

/// A config file in which `credential_process` stands for `web_identity_token_server`.
#[derive(Debug)]
pub struct Configured {
    /// The file's text.
    pub text: Secret,
    /// The names of the profiles that are changed, fit to be shown.
    pub profiles: Vec<String>,
}

/// Makes a config file that was written for the proposal one that every AWS tool reads: each profile that names a token
/// server runs `COMMAND credential-process` with its settings as flags. All else stays as it is, byte for byte.
///
/// `command` is quoted already. `flags` (names without dashes) are given to each command, and beat the profile's.
/// An error has a message for each thing that is wrong.
pub fn configure(text: &str, command: &str, flags: &[(&str, &str)]) -> Result<Configured, Vec<String>> {
    let mut problems = Vec::new();
    if command.trim().is_empty() || command.contains(|c: char| c.is_control() || c == '#' || c == ';') {
        problems.push("the command is empty or has a line break, `#` or `;`".to_owned());
    }
    let mut common = String::new();
    for (flag, value) in flags {
        if let Err(problem) = push_flag(&mut common, flag, value) {
            problems.push(format!("--{flag} {problem}"));
        }
    }
    let sections = sections(text, File::Config);
    let mut configured = Output::like(text);
    let mut profiles: Vec<String> = Vec::new();
    for section in &sections {
        let Some(name) = section.profile.filter(|_| section.has(SERVER)) else {
            configured.copy(section);
            continue;
        };
        let mut problem = |what: &str, problem: &str| {
            problems.push(format!("profile `{}`: {what} {problem}", printable(name)));
        };
        let mut settings = Profile::default();
        section.read_into(&mut settings);
        if let Err(wrong) = TokenServer::parse(settings.get(SERVER).unwrap_or_default()) {
            problem(&format!("{SERVER}:"), wrong);
        }
        // What would be left beside the command: botocore refuses the one, and takes the other before it.
        for key in [PROCESS, "web_identity_token_file", "aws_access_key_id"] {
            if section.has(key) {
                problem(key, "is already set");
            }
        }
        // Nobody could say which section's role goes with which server, and botocore refuses the file.
        if sections.iter().filter(|other| other.profile == Some(name)).count() > 1 {
            problem("it", "has several sections");
        }
        let mut process = format!("{} credential-process", command.trim());
        for ((key, flag), value) in SETTINGS.iter().zip(&settings.0) {
            if value.is_empty() || flags.iter().any(|(given, _)| given == flag) {
                continue;
            }
            if let Err(wrong) = push_flag(&mut process, flag, value) {
                problem(key, wrong);
            }
        }
        process.push_str(&common);
        if process.starts_with('"') && process.ends_with('"') {
            // The SDK for Go takes quotes off the ends of a value, though they are not a pair.
            problem("its last flag", "must not need quotes, because the command starts with one");
        }
        let replaced = |key: &str| SETTINGS.iter().any(|(name, _)| *name != REGION && key.eq_ignore_ascii_case(name));
        configured.replace(section, &replaced, &[(PROCESS, &process)]);
        profiles.push(printable(name));
    }
    if profiles.is_empty() {
        problems.push(format!("no profile has a {SERVER}"));
    }
    if problems.is_empty() { Ok(Configured { text: Secret::new(configured.text), profiles }) } else { Err(problems) }
}

/// The program and its arguments as one command that every AWS tool runs as it is meant.
///
/// botocore splits the command and starts no shell; the SDKs for JavaScript, Go, Java and Rust hand it to `sh -c` or `cmd.exe`.
pub fn command(words: &[&str]) -> Result<String, String> {
    let quoted: Result<Vec<String>, &str> = words.iter().map(|word| quoted(word)).collect();
    let problem = |problem| {
        format!(
            "the path of this program {problem}: `{}`. Install env-kvstore and Node.js in folders with plain names, or pass \
             --command",
            printable(&words.join(" "))
        )
    };
    quoted.map(|words| words.join(" ")).map_err(problem)
}

/// Appends ` --FLAG VALUE`.
fn push_flag(command: &mut String, flag: &str, value: &str) -> Result<(), &'static str> {
    command.extend([" --", flag, " ", &quoted(value)?]);
    Ok(())
}

/// A word, quoted so that botocore's splitter, `sh -c` and `cmd.exe` all take it for the same.
///
/// Refused is what means something to one of them in spite of double quotes, or to those who read the file (`#`, `;`, and what
/// is not ASCII, which some read by the machine's locale). `cmd.exe` may take the outer quotes off, so `&|<>^` are refused, too.
fn quoted(word: &str) -> Result<String, &'static str> {
    if !word.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\"$`\\!%#;&|<>^".contains(&byte)) {
        return Err("has a character that cannot be quoted the same way for all AWS tools");
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@+=:,./-".contains(&byte);
    let quote = if !word.is_empty() && word.bytes().all(plain) { "" } else { "\"" };
    Ok([quote, word, quote].concat())
}

/// A section, or what stands before the first.
struct Section<'a> {
    /// What stands between the brackets.
    header: &'a str,
    profile: Option<&'a str>,
    /// The header is the first of them.
    lines: Vec<Line<'a>>,
}

struct Line<'a> {
    /// The line as it is, with its end.
    text: &'a str,
    /// Of the setting that it is, or belongs to; empty for all else.
    key: &'a str,
    value: &'a str,
    continues: bool,
}

/// Takes a text apart without losing a byte of it.
fn sections(text: &str, file: File) -> Vec<Section<'_>> {
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

    fn has(&self, key: &str) -> bool {
        self.lines.iter().any(|line| line.key.eq_ignore_ascii_case(key))
    }

    fn read_into(&self, profile: &mut Profile) {
        for line in &self.lines {
            for ((key, _), value) in SETTINGS.iter().zip(&mut profile.0) {
                if line.key.eq_ignore_ascii_case(key) {
                    if line.continues {
                        value.push('\n');
                    } else {
                        value.clear();
                    }
                    value.push_str(line.value);
                }
            }
        }
    }
}

/// A text being written with the line ends of another.
struct Output {
    text: String,
    line_end: &'static str,
}

impl Output {
    fn like(text: &str) -> Self {
        Self { text: String::new(), line_end: if text.contains("\r\n") { "\r\n" } else { "\n" } }
    }

    fn copy(&mut self, section: &Section<'_>) {
        self.text.extend(section.lines.iter().map(|line| line.text));
    }

    /// The section with `settings` in place of the first line that is replaced, as deep as that: deeper lines would belong to
    /// the setting before them.
    fn replace(&mut self, section: &Section<'_>, replaced: &dyn Fn(&str) -> bool, settings: &[(&str, &str)]) {
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

    /// With a command and an extra flag.
    fn configured(text: &str) -> Result<String, Vec<String>> {
        let configured = configure(text, "npx env-kvstore", &[("cognito-identity-pool-id", "us-west-2:1")]);
        configured.map(|configured| configured.text.secret().to_owned())
    }

    fn value(text: &str, profile_name: &str, key: &str) -> Option<String> {
        profile(text, File::Config, profile_name).unwrap().get(key).map(str::to_owned)
    }

    const CREDENTIALS: &[(&str, &str)] =
        &[("aws_access_key_id", "AKIA"), ("aws_secret_access_key", "a/b+c"), ("aws_session_token", "IQo==")];

    const WRITTEN: &str = "aws_access_key_id = AKIA\naws_secret_access_key = a/b+c\naws_session_token = IQo==\n";

    #[test]
    fn a_profile_is_found_under_each_way_to_write_its_name() {
        for header in [
            "[profile a]",
            "[profile \"a\"]",
            "[profile 'a']",
            "[ profile\ta ]",
            "[profile   a] # theirs",
            "[profile a]; theirs",
            "  [profile a]  ",
        ] {
            assert_eq!(value(&format!("{header}\nregion = r"), "a", "region").as_deref(), Some("r"), "{header}");
        }
        for header in ["[default]", "[profile default]", "[profile \"default\"]"] {
            assert_eq!(value(&format!("{header}\r\nregion=r\r\n"), "default", "region").as_deref(), Some("r"));
        }
        assert_eq!(value("[profile \"a b\"]\nregion=r", "a b", "region").as_deref(), Some("r"));
    }

    #[test]
    fn other_sections_are_no_profiles() {
        for header in
            ["[a]", "[profilea]", "[sso-session a]", "[services a]", "[Profile a]", "[profile ab]", "profile a"]
        {
            assert_eq!(profile(&format!("{header}\nregion = r"), File::Config, "a"), None, "{header}");
        }
        assert_eq!(profile("", File::Config, "default"), None);
        assert_eq!(profile("region = r", File::Config, "default"), None);
    }

    #[test]
    fn a_credentials_file_has_no_prefix() {
        let text = "[a]\nregion = r\n[profile b]\nregion = s\n";
        assert_eq!(profile(text, File::Credentials, "a").unwrap().get("region"), Some("r"));
        assert_eq!(profile(text, File::Credentials, "b"), None);
    }

    #[test]
    fn values_are_trimmed_and_end_at_a_comment() {
        for (line, expected) in [
            ("role_arn=r", Some("r")),
            ("  Role_ARN \t=  r  ", Some("r")),
            ("role_arn = r # theirs", Some("r")),
            ("role_arn = r\t;theirs", Some("r")),
            ("role_arn = r#1;2", Some("r#1;2")),
            ("role_arn = a=b", Some("a=b")),
            ("role_arn: arn:aws:iam", Some("arn:aws:iam")),
            ("role_arn = # theirs", None),
            ("role_arn =", None),
            ("role_arn", None),
            ("# role_arn = r", None),
            ("  ; role_arn = r", None),
            ("s3 =\n  role_arn = r", None),
            ("s3 =\n\n# theirs\n  role_arn = r", None),
            ("role_arn =\n  r", Some("\nr")),
            ("role_arn = r\nrole_arn = s", Some("s")),
            ("s3 =\n  role_arn = r\nrole_arn = t", Some("t")),
            ("  s3 =\n    role_arn = r\n  role_arn = u", Some("u")),
        ] {
            assert_eq!(value(&format!("[profile a]\n{line}\n"), "a", "role_arn").as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn sections_of_one_profile_are_read_as_one() {
        let text = "[profile a]\nregion = r\nrole_arn = old\n[default]\nregion = d\n[profile \"a\"]\nrole_arn = new\n";
        assert_eq!(value(text, "a", "region").as_deref(), Some("r"));
        assert_eq!(value(text, "a", "role_arn").as_deref(), Some("new"));
    }

    #[test]
    fn a_profile_shows_no_secret() {
        let text = "[profile a]\naws_secret_access_key = canary\nregion = r\n";
        let profile = profile(text, File::Config, "a").unwrap();
        assert!(!format!("{profile:?}").contains("canary"));
        assert_eq!(profile.get("aws_secret_access_key"), None);
    }

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
        let text = "[profile ci]\naws_secret_access_key = canary\nweb_identity_token_server = GitHub\n";
        let settings = [("aws_secret_access_key", "canary")];
        let merged = merge(text, File::Config, &name("ci"), &settings, true);
        assert!(!format!("{merged:?} {:?}", configure(text, "c", &[])).contains("canary"));
        let bad = "[profile ci]\nweb_identity_token_server = canary\nrole_arn = $canary\n";
        assert!(!configure(bad, "c", &[("x", "$canary")]).unwrap_err().join("\n").contains("canary"));
    }

    #[test]
    fn the_file_of_the_proposals_demo_is_translated() {
        let text = "\
    [default]
    role_arn = arn:aws:iam::515709759869:role/Role1
    web_identity_token_server = GitHub
    role_session_name = DefaultProfile
    region = us-east-2

    [profile role-2]
    role_arn = arn:aws:iam::515709759869:role/Role2
    web_identity_token_server = ACTIONS_ID_TOKEN_REQUEST_URL,ACTIONS_ID_TOKEN_REQUEST_TOKEN,sigstore
    ";
        let expected = "\
    [default]
    credential_process = npx env-kvstore credential-process --web-identity-token-server GitHub \
    --cognito-role-arn arn:aws:iam::515709759869:role/Role1 --role-session-name DefaultProfile --aws-region us-east-2 \
    --cognito-identity-pool-id us-west-2:1
    region = us-east-2

    [profile role-2]
    credential_process = npx env-kvstore credential-process --web-identity-token-server \
    ACTIONS_ID_TOKEN_REQUEST_URL,ACTIONS_ID_TOKEN_REQUEST_TOKEN,sigstore \
    --cognito-role-arn arn:aws:iam::515709759869:role/Role2 --cognito-identity-pool-id us-west-2:1
    ";
        assert_eq!(configured(text).unwrap(), expected);
        let configured = configure(text, "c", &[]).unwrap();
        assert_eq!(configured.profiles, ["default", "role-2"]);
    }

    #[test]
    fn all_that_is_not_of_the_proposal_stays_byte_for_byte() {
        let text = "# top\r\n\r\n[profile \"a b\"] ; theirs\r\n  output=json\r\n  Duration_Seconds = 7200 # two hours\r\n  # note\r\n  \
                    s3 =\r\n    role_arn = nested\r\n  Web_Identity_Token_Server: GitHub, x\r\n\r\n[sso-session s]\r\nsso_region = r\r\n\
                    [profile b]\r\nrole_arn = r\r\nsource_profile = a b\r\n[services t]\r\nweb_identity_token_server = x";
        let expected = "# top\r\n\r\n[profile \"a b\"] ; theirs\r\n  output=json\r\n  credential_process = npx env-kvstore \
                        credential-process --web-identity-token-server \"GitHub, x\" --role-duration-seconds 7200 \
                        --cognito-identity-pool-id us-west-2:1\r\n  # note\r\n  \
                        s3 =\r\n    role_arn = nested\r\n\r\n[sso-session s]\r\nsso_region = r\r\n\
                        [profile b]\r\nrole_arn = r\r\nsource_profile = a b\r\n[services t]\r\nweb_identity_token_server = x";
        assert_eq!(configured(text).unwrap(), expected);
    }

    #[test]
    fn an_unterminated_last_line_is_replaced_by_a_whole_one() {
        let text = "[default]\nregion = r\nweb_identity_token_server = GitHub";
        let expected = "[default]\nregion = r\ncredential_process = c credential-process --web-identity-token-server \
                        GitHub --aws-region r\n";
        assert_eq!(configure(text, "c", &[]).unwrap().text.secret(), expected);
    }

    #[test]
    fn a_flag_given_beats_the_profile() {
        let text = "[default]\nweb_identity_token_server = GitHub\nrole_arn = theirs\n";
        let text = configure(text, " c ", &[("cognito-role-arn", "ours")]).unwrap().text;
        assert!(
            text.secret()
                .ends_with("= c credential-process --web-identity-token-server GitHub --cognito-role-arn ours\n")
        );
    }

    #[test]
    fn a_file_of_nothing_to_translate_is_told() {
        for text in ["", "[default]\nrole_arn = r\n", "web_identity_token_server = GitHub\n"] {
            assert_eq!(configured(text).unwrap_err(), ["no profile has a web_identity_token_server"]);
        }
        let once = configured("[default]\nweb_identity_token_server = GitHub\n").unwrap();
        assert!(configured(&once).is_err());
    }

    #[test]
    fn every_problem_is_told_with_its_profile_and_key() {
        let text = "\
    [default]
    web_identity_token_server = GitLab
    [profile a\u{1b}]
    web_identity_token_server = GitHub
    credential_process = x
    role_arn = $HOME
    role_session_name =
      two
    [profile b]
    web_identity_token_server = GitHub
    [profile \"b\"]
    role_arn = r
    ";
        let problems = configure(text, "", &[("audience", "100%")]).unwrap_err();
        for (problem, expected) in problems.iter().zip([
            "the command is empty",
            "--audience has a character",
            "profile `default`: web_identity_token_server: unknown server name",
            "profile `a\\u{1b}`: credential_process is already set",
            "profile `a\\u{1b}`: role_arn has a character",
            "profile `a\\u{1b}`: role_session_name has a character",
            "profile `b`: it has several sections",
        ]) {
            assert!(problem.starts_with(expected), "{problem}");
        }
        assert_eq!(problems.len(), 7, "{problems:#?}");
    }

    #[test]
    fn what_tools_would_quote_differently_is_refused() {
        for bad in ["\"", "$", "`", "\\", "!", "%", "#", ";", "&", "|", "<", ">", "^", "\n", "\t", "\0", "ü"] {
            let text = "[default]\nweb_identity_token_server = GitHub\n";
            assert!(configure(text, "c", &[("x", &format!("a{bad}b"))]).is_err(), "{bad:?}");
        }
        for bad in ["a\nb", "a #b", "a;b", " "] {
            assert!(configure("[default]\nweb_identity_token_server = GitHub\n", bad, &[]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_program_is_quoted_the_same_for_all_tools_or_refused() {
        assert_eq!(
            command(&["/opt/node/bin/node", "/srv/a+b/cli.mjs"]).unwrap(),
            "/opt/node/bin/node /srv/a+b/cli.mjs"
        );
        assert_eq!(
            command(&["C:/Program Files/node.exe", "/it's (x86)~/*?[a]{b}/cli.mjs"]).unwrap(),
            r#""C:/Program Files/node.exe" "/it's (x86)~/*?[a]{b}/cli.mjs""#
        );
        let hostile =
            ["$(touch x)", "`id`", "a\"b", "a\\b", "a;b", "a&b", "a|b", "a<b", "a>b", "a^b", "%PATH%", "a!b", "a#b"];
        for bad in hostile.into_iter().chain(["a\nb", "a\0b", "\u{1b}[2J", "ü"]) {
            let problem = command(&["/node", &format!("/{bad}/cli.mjs")]).unwrap_err();
            assert!(problem.starts_with("the path of this program has a character"), "{problem}");
            assert!(problem.contains("--command") && !problem.contains(['\n', '\0', '\u{1b}']), "{problem:?}");
        }
    }

    #[test]
    fn quotes_at_both_ends_are_refused_as_one_sdk_takes_them_off() {
        let text = "[default]\nweb_identity_token_server = GitHub,a b\n";
        let command = r#""C:\Program Files\env-kvstore.exe""#;
        assert!(configure(text, command, &[]).unwrap_err()[0].contains("must not need quotes"));
        let text = configure(text, command, &[("aws-region", "us-west-2")]).unwrap().text;
        assert!(text.secret().contains(r#"= "C:\Program Files\env-kvstore.exe" credential-process "#));
        assert!(text.secret().ends_with("--web-identity-token-server \"GitHub,a b\" --aws-region us-west-2\n"));
    }
}
