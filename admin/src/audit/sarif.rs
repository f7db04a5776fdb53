//! Findings as SARIF, for GitHub's code scanning and other viewers.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use serde_json::{Value, json};

use crate::audit::findings::{Finding, RULES, Severity};
use crate::audit::report::Report;

/// Where the pages are.
pub(super) const DOCUMENTATION: &str = "https://github.com/org/env-kvstore/blob/v1/";

/// A log with one run. `artifact` is the file or folder that the rules come from, as a path with slashes.
pub fn sarif(report: &Report, artifact: &str, version: &str) -> Value {
    let rules = RULES.iter().map(|rule| {
        json!({
            "id": rule.id,
            "shortDescription": { "text": rule.title },
            "help": { "text": rule.remedy },
            "helpUri": format!("{DOCUMENTATION}docs/findings.md#{}", rule.id)
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "env-kvstore audit",
                "informationUri": "https://github.com/org/env-kvstore",
                "version": version,
                "rules": rules.collect::<Vec<_>>()
            } },
            "columnKind": "unicodeCodePoints",
            "results": report.findings.iter().map(|finding| result(finding, artifact)).collect::<Vec<_>>()
        }]
    })
}

fn result(finding: &Finding, artifact: &str) -> Value {
    let place = finding.place.to_string();
    let level = match finding.severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    };
    json!({
        "ruleId": finding.id,
        "ruleIndex": RULES.iter().position(|rule| rule.id == finding.id),
        "level": level,
        "message": { "text": format!("{place}: {}. {} {}", finding.title, finding.cause, finding.remedy) },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": encoded(artifact) }, "region": { "startLine": 1 } },
            "logicalLocations": [{ "fullyQualifiedName": place }]
        }],
        // The same finding at the same place is the same alert, whatever its text says by then.
        "partialFingerprints": { "findingAndPlace/v1": format!("{}: {place}", finding.id) }
    })
}

/// A path as a relative reference of a URI.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
