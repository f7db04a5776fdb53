//! What the command `audit` asks, and the text that it prints.

use serde::{Deserialize, Serialize};

use crate::account::rules::Rules;
use crate::audit::findings::Severity;
use crate::audit::report::{Question, Report, report};
use crate::audit::{By, page, sarif, text};
use crate::kvstore::problem::Problem;

/// Files with rules, by name and text.
#[derive(Debug, Clone, Deserialize)]
pub struct Files {
    /// As [`Rules::of`] knows it.
    pub kind: String,
    /// In the order in which they are read.
    pub texts: Vec<(String, String)>,
}

/// What is asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Asked {
    /// What the report is about.
    #[serde(flatten)]
    pub question: Question,
    /// In which form it is wanted.
    pub format: Format,
    /// Of a table: by what secrets are listed.
    pub by: By,
    /// Of a table: the width of the terminal.
    pub columns: usize,
    /// The severity from which findings count.
    pub fail_on: Option<Severity>,
    /// Of SARIF and the page: the file or folder of the rules, with slashes.
    pub artifact: String,
    /// Of SARIF and the page: that of this program.
    pub version: String,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For code scanning.
    Sarif,
    /// To look at.
    Html,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What is wrong with the files; then there is no report.
    pub problems: Vec<Problem>,
    /// The role that is asked about and that the rules do not have.
    pub unknown_role: Option<String>,
    /// The report.
    pub text: String,
    /// Whether a finding is as severe as asked.
    pub fails: bool,
}

/// Reads the rules, and asks everything of them.
pub fn answer(rules: &Rules, against: Option<&Rules>, asked: &Asked) -> Answer {
    let (ruled, against) = (rules.read(), against.map(Rules::read).transpose());
    match (ruled, against) {
        (Ok(ruled), Ok(against)) => {
            // Nobody reads anything by it, and that would look like an answer.
            let is_known = |role: &String| {
                ruled.account.role(role).is_some()
                    || ruled.vault.as_ref().is_some_and(|vault| vault.role(role).is_some())
            };
            let unknown_role = asked.question.role.clone().filter(|role| !is_known(role));
            if unknown_role.is_some() {
                return Answer { unknown_role, ..Answer::default() };
            }
            if asked.format == Format::Html && !ruled.is_on_aws {
                let message = "the page shows AWS, and the rules are about Vault alone: use the table, JSON or SARIF";
                return Answer { problems: vec![rules.problem(message)], ..Answer::default() };
            }
            let report = report(&ruled, against.as_ref(), &asked.question);
            Answer { fails: fails(&report, asked.fail_on), text: shown(&report, asked), ..Answer::default() }
        }
        (ruled, against) => {
            let problems = ruled.err().into_iter().chain(against.err()).flatten().collect();
            Answer { problems, ..Answer::default() }
        }
    }
}

fn fails(report: &Report, from: Option<Severity>) -> bool {
    from.is_some_and(|from| report.findings.iter().any(|finding| finding.severity >= from))
}

fn shown(report: &Report, asked: &Asked) -> String {
    // Writing to memory cannot fail.
    match asked.format {
        Format::Table => text(report, asked.by, asked.columns),
        Format::Json => serde_json::to_string(report).unwrap_or_default(),
        Format::Sarif => serde_json::to_string(&sarif(report, &asked.artifact, &asked.version)).unwrap_or_default(),
        Format::Html => page(report, &asked.artifact, &asked.version).unwrap_or_default(),
    }
}
