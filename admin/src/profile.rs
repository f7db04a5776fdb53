//! What a profile of the AWS CLI's and SDKs' files says about where its credentials come from, by the settings of the proposal.
//!
//! <https://github.com/benkehoe/github-actions-boto3-demo>

use env_kvstore::aws::config_file::{File, Section, sections};

/// Names the token server.
pub const SERVER: &str = "web_identity_token_server";

/// The one setting that every AWS tool reads as the proposal does.
pub const REGION: &str = "region";

/// A key of the proposal with the flag of `credential-process` that takes its value.
const SETTINGS: [(&str, &str); 5] = [
    (SERVER, "web-identity-token-server"),
    ("role_arn", "cognito-role-arn"),
    ("role_session_name", "role-session-name"),
    ("duration_seconds", "role-duration-seconds"),
    (REGION, "aws-region"),
];

/// What a profile says of where its credentials come from. Nothing else is read, so it holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile([String; SETTINGS.len()]);

impl Profile {
    /// The value of `web_identity_token_server`, `role_arn`, `role_session_name`, `duration_seconds` or `region`; an
    /// empty one is none.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.settings().find(|setting| setting.key == key).map(|setting| setting.value)
    }

    /// The settings that are not empty.
    pub fn settings(&self) -> impl Iterator<Item = Setting<'_>> {
        let all = SETTINGS.iter().zip(&self.0).map(|((key, flag), value)| Setting { key, flag, value });
        all.filter(|setting| !setting.value.is_empty())
    }

    /// Takes the settings of a section, which win over those read before.
    pub fn read(&mut self, section: &Section<'_>) {
        for line in &section.lines {
            for ((key, _), value) in SETTINGS.iter().zip(&mut self.0) {
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

/// One setting of a [`Profile`].
pub struct Setting<'a> {
    /// Its name in the file.
    pub key: &'static str,
    /// The flag of `credential-process` that takes its value, without dashes.
    pub flag: &'static str,
    /// Not empty.
    pub value: &'a str,
}

/// Whether a key, in any case, is of the proposal alone: not [`REGION`].
pub fn is_of_the_proposal(key: &str) -> bool {
    SETTINGS.iter().any(|(name, _)| *name != REGION && key.eq_ignore_ascii_case(name))
}

/// Reads one profile; none if the text has no section for it. Of several with that name, the last to set a key wins.
pub fn profile(text: &str, file: File, name: &str) -> Option<Profile> {
    let mut profile: Option<Profile> = None;
    for section in sections(text, file).iter().filter(|section| section.profile == Some(name)) {
        profile.get_or_insert_default().read(section);
    }
    profile
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, profile_name: &str, key: &str) -> Option<String> {
        profile(text, File::Config, profile_name).unwrap().get(key).map(str::to_owned)
    }

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
}
