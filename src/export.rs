//! The export plan: every mask, and each file's whole addition. It is complete before the first write.

use std::fmt::Write;

use crate::error::Error;
use crate::masks::{is_short, masks};
use crate::secret::Secret;
use crate::values::{Kind, Value};

/// What the host has to do, in the order of the fields. It decides nothing.
#[derive(Debug, Clone)]
pub struct ExportPlan {
    /// To be masked before anything is written.
    pub masks: Vec<Secret>,
    /// To be appended to `GITHUB_ENV`; may be empty.
    pub environment: Secret,
    /// To be appended to `GITHUB_OUTPUT`.
    pub outputs: Secret,
    /// To be appended to `GITHUB_STEP_SUMMARY`: Markdown without values.
    pub summary: String,
}

/// What the plan is made from.
pub struct Export<'a> {
    /// All of them.
    pub values: &'a [Value],
    /// `export-env`
    pub to_environment: bool,
    /// `export-outputs`
    pub to_outputs: bool,
    /// `min-mask-length`
    pub min_mask_length: usize,
    /// The output `aws-account-id`
    pub account: &'a str,
    /// The output `role-session-name`
    pub session_name: &'a str,
}

impl Export<'_> {
    /// The plan, and warnings for the log.
    pub fn plan(&self) -> Result<(ExportPlan, Vec<String>), Error> {
        let secrets = || self.values.iter().filter(|value| value.kind == Kind::Secret);
        let warnings = secrets().filter_map(|value| self.warning(value)).collect();

        let pairs = || self.values.iter().map(|value| (value.name.as_str(), value.text.secret()));
        let count = self.values.len().to_string();
        let mut outputs = vec![
            ("aws-account-id", self.account),
            ("role-session-name", self.session_name),
            ("values-loaded", count.as_str()),
        ];
        if self.to_outputs {
            outputs.extend(pairs());
        }
        let environment = if self.to_environment { pairs().collect() } else { Vec::new() };
        let plan = ExportPlan {
            masks: masks(
                secrets().flat_map(|value| [&value.text].into_iter().chain(&value.decoded)),
                self.min_mask_length,
            ),
            environment: file_commands(&environment)?,
            outputs: file_commands(&outputs)?,
            summary: self.summary(),
        };
        Ok((plan, warnings))
    }

    fn warning(&self, value: &Value) -> Option<String> {
        if value.text.secret().trim().is_empty() {
            return Some(format!("{} is empty or white space, which cannot be masked.", value.name));
        }
        is_short(&value.text, self.min_mask_length).then(|| {
            format!(
                "{} has fewer than {} characters: its mask will hide ordinary text of the log. Is it a secret?",
                value.name, self.min_mask_length
            )
        })
    }

    fn summary(&self) -> String {
        let mut summary = String::from("### Values from AWS Secrets Manager\n\n");
        summary.push_str("| variable | type | from | version | masked |\n|---|---|---|---|---|\n");
        for value in self.values {
            let masked = match value.kind {
                Kind::Secret if value.text.secret().trim().is_empty() => "no (empty)",
                Kind::Secret => "yes",
                Kind::Variable => "no",
            };
            // Writing to a String cannot fail. Names and stores are of characters that Markdown and HTML leave alone
            // within a code span; a version id is Secrets Manager's.
            let _ = writeln!(
                summary,
                "| `{}` | {} | {}: `{}` | {} | {masked} |",
                value.name,
                value.kind.name(),
                value.level(),
                value.secret_name,
                html_escaped(&value.version_id),
            );
        }
        summary.push('\n');
        summary
    }
}

/// What failed and what to do, for `GITHUB_STEP_SUMMARY`; nothing for wrong inputs, which are told before anything is done.
pub fn failure_summary(error: &Error) -> String {
    if let Error::InvalidInput(_) = error {
        return String::new();
    }
    format!(
        "### Values from AWS Secrets Manager\n\nNo value was exported: `{}`\n\n<pre>{}\n\n{}</pre>\n\n",
        error.code(),
        html_escaped(&error.to_string()),
        html_escaped(&error.hint()),
    )
}

/// `NAME<<DELIMITER`, value, `DELIMITER` for each pair.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings>
fn file_commands(pairs: &[(&str, &str)]) -> Result<Secret, Error> {
    let mut text = String::new();
    for (name, value) in pairs {
        let delimiter = delimiter()?;
        if value.contains(&delimiter) {
            return Err(Error::Internal("a random delimiter occurs in a value"));
        }
        let _ = writeln!(text, "{name}<<{delimiter}\n{value}\n{delimiter}");
    }
    Ok(Secret::new(text))
}

/// Unknown to whoever wrote the value, so that no value can end itself and set another variable.
fn delimiter() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal("the host gives no random bytes"))?;
    Ok(bytes.iter().fold(String::from("ghadelimiter_"), |text, byte| format!("{text}{byte:02x}")))
}

fn html_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('|', "&#124;").replace('`', "&#96;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::Scope;
    use crate::values::EnvName;

    fn value(name: &str, kind: Kind, text: &str) -> Value {
        Value {
            name: EnvName::parse(name).unwrap(),
            kind,
            text: Secret::new(text),
            decoded: None,
            scope: Some(Scope::Environment),
            secret_name: "o/repo/o/r/env/prod/secrets".to_owned(),
            version_id: "<v|1>".to_owned(),
        }
    }

    fn plan(values: &[Value], to_environment: bool, to_outputs: bool) -> (ExportPlan, Vec<String>) {
        Export {
            values,
            to_environment,
            to_outputs,
            min_mask_length: 4,
            account: "123456789012",
            session_name: "7@abc",
        }
        .plan()
        .unwrap()
    }

    /// The runner's reading of a file command, after `FileCommandManager.cs`.
    fn read(commands: &Secret) -> Vec<(String, String)> {
        let mut lines = commands.secret().split('\n');
        let mut pairs = Vec::new();
        while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
            let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            pairs.push((name.to_owned(), value.join("\n")));
        }
        pairs
    }

    #[test]
    fn the_runner_reads_back_what_was_planned() {
        let hard = "a\nGITHUB_PATH<<x\n=\nghadelimiter_\r\n\n";
        let values = [value("A", Kind::Secret, hard), value("B", Kind::Variable, "")];
        let (plan, _) = plan(&values, true, true);
        let expected = [("A", hard), ("B", "")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(read(&plan.environment), expected);
        let outputs = read(&plan.outputs);
        let names: Vec<_> = outputs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["aws-account-id", "role-session-name", "values-loaded", "A", "B"]);
        assert_eq!(outputs[2].1, "2");
    }

    #[test]
    fn nothing_goes_where_it_was_not_asked_for() {
        let (plan, _) = plan(&[value("A", Kind::Secret, "canary")], false, false);
        assert_eq!(plan.environment.secret(), "");
        assert!(!plan.outputs.secret().contains("canary"));
        assert!(plan.masks.iter().any(|mask| mask.secret() == "canary"));
    }

    #[test]
    fn variables_are_not_masked_and_no_value_is_in_the_summary() {
        let values = [value("A", Kind::Variable, "visible"), value("B", Kind::Secret, "canary")];
        let (plan, _) = plan(&values, true, true);
        assert!(!plan.masks.iter().any(|mask| mask.secret().contains("visible")));
        assert!(
            plan.summary
                .contains("| `B` | secret | environment: `o/repo/o/r/env/prod/secrets` | &lt;v&#124;1&gt; | yes |")
        );
        assert!(!plan.summary.contains("canary") && !plan.summary.contains("visible"));
        assert!(!format!("{plan:?}").contains("canary"));
    }

    #[test]
    fn a_failure_is_summed_up_as_text_and_not_as_html() {
        let error = Error::ClaimUnusable {
            claim: "ref".to_owned(),
            problem: "is `</pre><script>`".to_owned(),
            hint: "Rename it & go on.".to_owned(),
        };
        let summary = failure_summary(&error);
        assert!(summary.contains("`claim-unusable`") && summary.contains("Rename it &amp; go on."), "{summary}");
        assert!(!summary.contains("<script>") && summary.matches("</pre>").count() == 1, "{summary}");
        assert_eq!(failure_summary(&Error::InvalidInput(vec![])), "");
    }

    #[test]
    fn every_delimiter_is_new() {
        let (plan, _) = plan(&[value("A", Kind::Secret, "a"), value("B", Kind::Secret, "b")], true, false);
        let delimiters: Vec<_> = plan.environment.secret().lines().filter_map(|line| line.split_once("<<")).collect();
        assert_eq!(delimiters.len(), 2);
        assert_ne!(delimiters[0].1, delimiters[1].1);
    }

    #[test]
    fn a_short_or_empty_secret_is_warned_about_by_name() {
        let (_, warnings) = plan(&[value("A", Kind::Secret, "abc"), value("B", Kind::Secret, " ")], true, false);
        assert!(warnings[0].starts_with("A ") && warnings[1].starts_with("B "), "{warnings:?}");
    }
}
