//! Who asks: a job's claims, from wherever people have them.

use std::collections::{BTreeMap, BTreeSet};

use env_kvstore::text::printable::printable;
use serde_json::{Map, Value};

use crate::account::Claims;

/// A job as somebody describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Job {
    /// By name. An empty claim is an absent one.
    pub claims: Claims,
    /// Claims that the job is said not to have.
    pub absent: BTreeSet<String>,
    /// Whether these are session tags, of CloudTrail, and not yet claims.
    pub are_tags: bool,
    /// Whether nobody wrote them by hand: what is not among them the job does not have.
    pub is_whole: bool,
    /// The role, if an event names it.
    pub role: Option<String>,
    /// The session's name, if an event has it.
    pub session_name: Option<String>,
}

impl Job {
    /// Reads claims as JSON, an event of CloudTrail, or the lines of the log's group `Claims of the GitHub token`, as they are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let trimmed = text.trim_start_matches('\u{feff}').trim();
        if trimmed.starts_with(['{', '[']) {
            let value = serde_json::from_str(trimmed)
                .map_err(|error| format!("is not JSON (line {}, column {})", error.line(), error.column()))?;
            return of_json(value);
        }
        of_log(trimmed)
    }

    /// Adds `NAME=VALUE` of the command line, which wins.
    pub fn say(&mut self, pair: &str) -> Result<(), String> {
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| is_name(name)) else {
            return Err(format!("`{}` is not NAME=VALUE", printable(pair)));
        };
        let (name, value) = (name.to_owned(), value.to_owned());
        if value.is_empty() {
            self.claims.remove(&name);
            self.absent.insert(name);
        } else {
            self.absent.remove(&name);
            self.claims.insert(name, value);
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte))
}

fn of_json(value: Value) -> Result<Job, String> {
    match value {
        Value::Object(mut object) => match (object.remove("Records"), object.contains_key("eventName")) {
            (Some(Value::Array(events)), _) => of_events(events),
            (_, true) => of_events(vec![Value::Object(object)]),
            _ => Ok(Job { claims: texts(object), is_whole: true, ..Job::default() }),
        },
        Value::Array(events) => of_events(events),
        _ => Err("is neither claims nor an event of CloudTrail".to_owned()),
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>
fn of_events(events: Vec<Value>) -> Result<Job, String> {
    let is_wanted = |event: &Value| event.get("eventName").and_then(Value::as_str) == Some("AssumeRoleWithWebIdentity");
    let count = events.len();
    let mut wanted = events.into_iter().filter(is_wanted);
    let (Some(event), None) = (wanted.next(), wanted.next()) else {
        return Err(format!(
            "has {count} events of CloudTrail, of which exactly one must be AssumeRoleWithWebIdentity: only that one has the \
             job's session tags"
        ));
    };
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let Some(Value::Object(tags)) = event.pointer("/requestParameters/principalTags").cloned() else {
        return Err(
            "is an AssumeRoleWithWebIdentity without `requestParameters.principalTags`: the session has no tags"
                .to_owned(),
        );
    };
    Ok(Job {
        claims: texts(tags),
        are_tags: true,
        is_whole: true,
        role: text("/requestParameters/roleArn"),
        session_name: text("/requestParameters/roleSessionName"),
        ..Job::default()
    })
}

fn texts(object: Map<String, Value>) -> Claims {
    let text = |value: Value| match value {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    object.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

/// Lines `name: value`, each perhaps behind the time that the runner writes, and `##[group]` around them.
fn of_log(text: &str) -> Result<Job, String> {
    let mut claims = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = without_time(line.trim()).trim_start_matches(['▸', '▶', '▼', '▾', ' ']).trim();
        let is_frame = line.is_empty() || line.starts_with("##[") || line.starts_with("::") || line == TITLE;
        if is_frame {
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let is_claim = is_name(name) && !name.bytes().any(|byte| byte.is_ascii_uppercase());
        if !is_claim || (line.len() > name.len() && !value.is_empty() && !value.starts_with(' ')) {
            let (number, shown) = (number + 1, printable(line));
            return Err(format!(
                "has in line {number} `{shown}`, which is not `name: value`, as the log of the action has it"
            ));
        }
        if !value.trim().is_empty() {
            claims.insert(name.to_owned(), value.trim().to_owned());
        }
    }
    if claims.is_empty() {
        return Err("has no claims".to_owned());
    }
    Ok(Job { claims, is_whole: true, ..Job::default() })
}

/// The group's title in the log.
const TITLE: &str = "Claims of the GitHub token";

/// A line without the time that the runner writes before it, as in downloaded logs: `2026-11-26T10:00:00.1234567Z `.
fn without_time(line: &str) -> &str {
    match line.split_once(' ') {
        Some((time, rest))
            if time.ends_with('Z') && time.contains('T') && time.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            rest
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn claims_come_as_json() {
        let job = Job::parse(
            r#"{"ref": "refs/heads/main", "run_attempt": 1, "base_ref": "", "aud": ["x"], "ref_protected": true}"#,
        )
        .unwrap();
        let expected = [("ref", "refs/heads/main"), ("ref_protected", "true"), ("run_attempt", "1")];
        assert_eq!(job.claims, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert!(job.is_whole && !job.are_tags);
    }

    #[test]
    fn a_group_of_the_log_is_read_as_it_is() {
        let plain = "actor: octocat\nbase_ref: \nworkflow: deploy: now\nref: refs/heads/main";
        let downloaded = "2026-11-26T10:00:00.1234567Z ##[group]Claims of the GitHub token\n\
             2026-11-26T10:00:00.1234567Z actor: octocat\n2026-11-26T10:00:00.1234567Z base_ref: \n\
             2026-11-26T10:00:00.1234567Z workflow: deploy: now\r\n2026-11-26T10:00:00.1234567Z ref: refs/heads/main\n\
             2026-11-26T10:00:00.1234567Z ##[endgroup]\n";
        let shown = "▸ Claims of the GitHub token\n  actor: octocat\n  base_ref: \n  workflow: deploy: now\n  ref: refs/heads/main\n";
        for text in [plain, downloaded, shown] {
            let job = Job::parse(text).unwrap();
            assert_eq!(job.claims["workflow"], "deploy: now");
            assert_eq!(job.claims.keys().collect::<Vec<_>>(), ["actor", "ref", "workflow"]);
        }
    }

    #[test]
    fn an_event_of_cloudtrail_has_session_tags() {
        let event = r#"{"eventName": "AssumeRoleWithWebIdentity", "errorCode": "AccessDenied", "requestParameters": {
            "roleArn": "arn:aws:iam::123456789012:role/github-actions", "roleSessionName": "1@abc",
            "principalTags": {"ref": "refs/heads/main"}}}"#;
        let other = r#"{"eventName": "GetId"}"#;
        for text in [event.to_owned(), format!("{{\"Records\": [{other}, {event}]}}"), format!("[{event}]")] {
            let job = Job::parse(&text).unwrap();
            assert_eq!(job.claims["ref"], "refs/heads/main");
            assert_eq!(job.role.as_deref(), Some("arn:aws:iam::123456789012:role/github-actions"));
            assert!(job.are_tags);
        }
        for wrong in [other.to_owned(), format!("[{event}, {event}]"), event.replace("principalTags", "tags")] {
            assert!(Job::parse(&wrong).is_err());
        }
    }

    #[test]
    fn what_is_none_of_these_is_refused() {
        for text in ["", "hello world", "{", "3", "Error: x\n", "[]", "a:b"] {
            assert!(Job::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn pairs_win_and_an_empty_one_takes_a_claim_away() {
        let mut job = Job::parse("ref: refs/heads/main\nsha: 1").unwrap();
        job.say("ref=refs/heads/a=b").unwrap();
        job.say("sha=").unwrap();
        assert_eq!(job.claims, [("ref".to_owned(), "refs/heads/a=b".to_owned())].into());
        assert!(job.say("ref").is_err() && job.say("=x").is_err() && job.say("a b=x").is_err());
    }
}
