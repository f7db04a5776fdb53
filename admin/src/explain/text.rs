//! An explanation for people.

use std::fmt::Write;

use env_kvstore::text::printable::printable;

use crate::explain::phrase::listed;
use crate::explain::{Answer, Explanation, Failure, Gate, GateName, GateResult};

impl GateName {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::TagMap => "tag map",
            Self::SessionTags => "session tags",
            Self::TrustPolicy => "trust policy",
            Self::RolePolicy => "role policy",
            Self::StoreTags => "store tags",
            Self::PermissionsBoundary => "permissions boundary",
            Self::ResourcePolicy => "resource policy",
            Self::Kms => "KMS key",
            Self::BoundSubject => "bound subject",
            Self::BoundClaims => "bound claims",
            Self::Policies => "policies",
        }
    }
}

impl GateResult {
    fn title(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotEvaluated => "not evaluated",
            Self::NotReached => "not reached",
        }
    }
}

impl Explanation {
    /// Lines, safe to print.
    pub fn text(&self) -> String {
        // Writing to a String cannot fail.
        let mut text = String::new();
        let what = self.store.as_deref().map_or(String::new(), |store| format!("{} by ", printable(store)));
        let role = self.role.as_deref().map_or("no role".to_owned(), |role| format!("the role {}", printable(role)));
        let answer = if self.answer == Answer::Allow { "allowed" } else { "denied" };
        let _ = writeln!(text, "{answer}: {what}{role}");
        if !self.assumed.is_empty() {
            let pairs = self.assumed.iter().map(|(claim, value)| format!("{}={}", printable(claim), printable(value)));
            let _ = writeln!(text, "Not given, so assumed: {}", pairs.collect::<Vec<_>>().join(", "));
        }
        text.push('\n');
        for gate in &self.gates {
            let line = format!("{:<14} {:<21} {}", gate.result.title(), gate.gate.title(), gate.text);
            let _ = writeln!(text, "{}", line.trim_end());
            if gate.result == GateResult::Failed {
                text.push_str(&gate.details());
            }
        }
        if self.answer == Answer::Allow && !self.not_evaluated.is_empty() {
            text.push_str("\nNot evaluated, and could still deny:\n");
            self.not_evaluated.iter().for_each(|what| {
                let _ = writeln!(text, "- {}", printable(what));
            });
        }
        if !self.not_explained.is_empty() {
            text.push_str("\nNot explained:\n");
            self.not_explained.iter().for_each(|what| {
                let _ = writeln!(text, "- {what}");
            });
        }
        text
    }
}

impl Gate {
    fn details(&self) -> String {
        let mut text = String::new();
        if let Some(place) = &self.statement {
            let sid = place.sid.as_deref().map_or(String::new(), |sid| format!(" ({})", printable(sid)));
            let _ =
                writeln!(text, "    in statement {}{sid} of the {}:", place.statement + 1, printable(&place.policy));
        }
        for failure in &self.failures {
            let _ = writeln!(text, "    - {}", failure.line());
        }
        for remedy in &self.remedy {
            let _ = writeln!(text, "    To allow it: {remedy}");
        }
        if let Some(others) = &self.also_admits {
            let _ = writeln!(text, "    That would allow {others}.");
        }
        text
    }
}

impl Failure {
    fn line(&self) -> String {
        let what = match (&self.key, &self.operator) {
            (Some(key), Some(operator)) => format!("{} ({})", printable(key), printable(operator)),
            _ => self.element.clone(),
        };
        let expected = listed(&self.wants);
        match &self.has {
            None => format!("{what}: expected {expected}, found nothing: {}", printable(&self.reason)),
            Some(values) => format!("{what}: expected {expected}, found {}", listed(values)),
        }
    }
}
