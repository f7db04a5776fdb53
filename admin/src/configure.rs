//! Makes a config file that was written for the proposal one that every AWS tool reads, and quotes the command for it.
//!
//! <https://github.com/benkehoe/github-actions-boto3-demo>

use crate::token_server::TokenServer;
use env_kvstore::aws::config_file::{File, Output, Section, sections};
use env_kvstore::text::printable::printable;
use env_kvstore::text::secret::Secret;

use crate::profile::{Profile, SERVER, Setting, is_of_the_proposal};

const PROCESS: &str = "credential_process";

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
        let Some(name) = section.profile.filter(|_| has(section, SERVER)) else {
            configured.copy(section);
            continue;
        };
        let mut problem = |what: &str, problem: &str| {
            problems.push(format!("profile `{}`: {what} {problem}", printable(name)));
        };
        let mut settings = Profile::default();
        settings.read(section);
        if let Err(wrong) = TokenServer::parse(settings.get(SERVER).unwrap_or_default()) {
            problem(&format!("{SERVER}:"), wrong);
        }
        // What would be left beside the command: botocore refuses the one, and takes the other before it.
        for key in [PROCESS, "web_identity_token_file", "aws_access_key_id"] {
            if has(section, key) {
                problem(key, "is already set");
            }
        }
        // Nobody could say which section's role goes with which server, and botocore refuses the file.
        if sections.iter().filter(|other| other.profile == Some(name)).count() > 1 {
            problem("it", "has several sections");
        }
        let mut process = format!("{} credential-process", command.trim());
        for Setting { key, flag, value } in settings.settings() {
            if flags.iter().any(|(given, _)| *given == flag) {
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
        configured.replace(section, None, &is_of_the_proposal, &[(PROCESS, &process)]);
        profiles.push(printable(name));
    }
    if profiles.is_empty() {
        problems.push(format!("no profile has a {SERVER}"));
    }
    if problems.is_empty() { Ok(Configured { text: configured.into_text(), profiles }) } else { Err(problems) }
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

fn has(section: &Section<'_>, key: &str) -> bool {
    section.lines.iter().any(|line| line.key.eq_ignore_ascii_case(key))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// With a command and an extra flag.
    fn configured(text: &str) -> Result<String, Vec<String>> {
        let configured = configure(text, "npx env-kvstore", &[("cognito-identity-pool-id", "us-west-2:1")]);
        configured.map(|configured| configured.text.secret().to_owned())
    }

    #[test]
    fn no_error_or_debug_output_shows_a_value() {
        let text = "[profile ci]\naws_secret_access_key = canary\nweb_identity_token_server = GitHub\n";
        assert!(!format!("{:?}", configure(text, "c", &[]).unwrap()).contains("canary"));
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
