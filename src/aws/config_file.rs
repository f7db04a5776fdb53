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
    for (at, section) in sections.iter().enumerate() {
        if is_it(section) {
            merged.replace(section, sections.get(at + 1), &replaced, settings);
        } else if overwrite && section.looks_like(name, file) {
            merged.replace(section, None, &|key| !key.is_empty() && !is_harmless(key), &[]);
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
        if says_nothing(line) {
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

fn says_nothing(line: &str) -> bool {
    line.is_empty() || line.starts_with(['#', ';'])
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

    /// The section with `settings` in place of the first line that is replaced, as deep as that, or as what follows, which may be
    /// the header of the `next` section: deeper lines would belong to the setting before them.
    pub fn replace(
        &mut self,
        section: &Section<'_>,
        next: Option<&Section<'_>>,
        replaced: &dyn Fn(&str) -> bool,
        settings: &[(&str, &str)],
    ) {
        let position = |wanted: &dyn Fn(&str) -> bool| section.lines.iter().position(|line| wanted(line.key));
        let place = position(replaced).or_else(|| position(&|key| !key.is_empty())).unwrap_or(1);
        let header = next.and_then(|next| next.lines.first());
        let below = section.lines.iter().skip(place).chain(header).find(|line| !says_nothing(line.text.trim()));
        for at in 0..=section.lines.len() {
            let line = section.lines.get(at);
            if at == place {
                self.settings(below.map_or("", |line| indent_of(line.text)), settings);
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
mod tests;
