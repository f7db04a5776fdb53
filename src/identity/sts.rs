//! AWS STS: AssumeRoleWithWebIdentity, with Cognito's token. Unsigned; a form goes out and XML comes back.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

use std::collections::BTreeMap;
use std::time::SystemTime;

use quick_xml::escape::unescape;
use quick_xml::events::Event;

use super::{RoleSessionName, list_of_tags};
use crate::aws::{Answer, BaseUrl, Credentials, RoleArn};
use crate::error::{Diagnosis, Error};
use crate::http::{MAX_BODY_BYTES, Method, Request, Response};
use crate::identity::cognito::{OpenIdToken, PoolId};
use crate::printable::printable;
use crate::retry::Operation;
use crate::secret::Secret;

/// A role session.
#[derive(Debug, Clone)]
pub struct Session {
    /// What it signs with.
    pub credentials: Credentials,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, safe to print.
    pub arn: String,
    /// When it ends, as AWS writes it, safe to print.
    pub expiration: String,
}

/// Finds the tag that STS would refuse with no more than `ValidationError`, before STS is called.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html>
pub fn check_session_tags(tags: &[(String, String)]) -> Result<(), Error> {
    // STS allows \p{L}\p{Z}\p{N}_.:/=+-@; Rust's classes are a little wider, so what is refused here is refused there.
    let allowed = |c: char| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c);
    let problem = |key: &str, value: &str| {
        let strange = key.chars().chain(value.chars()).find(|character| !allowed(*character));
        match (key.chars().count(), value.chars().count()) {
            (1..=128, 0..=256) => strange.map(|character| format!("has the character `{character}`")),
            (1..=128, length) => Some(format!("has {length} characters, more than 256")),
            (length, _) => Some(format!("has a key of {length} characters, not 1 to 128")),
        }
    };
    for (key, value) in tags {
        if let Some(problem) = problem(key, value) {
            return Err(Error::ClaimUnusable {
                claim: printable(key),
                problem: format!(
                    "is mapped to a session tag by the pool, and its value `{}` {}, which STS refuses",
                    printable(value),
                    printable(&problem)
                ),
                hint:
                    "Take the claim out of the pool's principal tag map, or map one that holds letters, digits, spaces \
                       and _.:/=+-@ only: `actor_id` instead of `actor` (`dependabot[bot]`), `workflow_ref` instead of \
                       `workflow`."
                        .to_owned(),
            });
        }
    }
    Ok(())
}

/// Assumes the role.
pub struct AssumeRoleWithWebIdentity<'a> {
    /// Where.
    pub endpoint: &'a BaseUrl,
    /// The role.
    pub role: &'a RoleArn,
    /// The session's name.
    pub session_name: &'a RoleSessionName,
    /// 900 to 43200.
    pub duration_seconds: u32,
    /// Who the job is.
    pub token: &'a OpenIdToken,
    /// The pool that the token is from, for what a refusal means.
    pub pool: &'a PoolId,
}

impl Operation for AssumeRoleWithWebIdentity<'_> {
    const NAME: &'static str = "AssumeRoleWithWebIdentity";
    type Output = Session;

    fn subject(&self) -> String {
        format!("{} as session {}", self.role, self.session_name.as_str())
    }

    fn endpoint(&self) -> &BaseUrl {
        self.endpoint
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "AssumeRoleWithWebIdentity")
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", &self.role.to_string())
            .append_pair("RoleSessionName", self.session_name.as_str())
            .append_pair("DurationSeconds", &self.duration_seconds.to_string())
            .append_pair("WebIdentityToken", self.token.token().secret())
            .finish();
        Ok(Request {
            method: Method::Post,
            url: format!("{}/", self.endpoint),
            headers: vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())],
            body: Secret::new(body),
            max_body_bytes: MAX_BODY_BYTES,
            credentials: vec![self.token.token().clone()],
        })
    }

    fn parse(&self, response: &Response) -> Result<Session, &'static str> {
        let leaves = leaves(&response.body, "AssumeRoleWithWebIdentityResponse")?;
        let take =
            |name| leaves.get(name).filter(|text| !text.secret().is_empty()).ok_or("credentials are missing in it");
        Ok(Session {
            credentials: Credentials {
                access_key_id: take("AccessKeyId")?.clone(),
                secret_access_key: take("SecretAccessKey")?.clone(),
                session_token: Some(take("SessionToken")?.clone()),
            },
            arn: printable(take("Arn")?.secret()),
            expiration: printable(take("Expiration")?.secret()),
        })
    }

    fn refusal(&self, response: &Response, sent: &[Secret]) -> Answer {
        let leaves = leaves(&response.body, "ErrorResponse").unwrap_or_default();
        let text = |name| leaves.get(name).map(Secret::secret);
        let request_id = text("RequestId").or(response.request_id());
        Answer::new(response, text("Code").unwrap_or(""), text("Message").unwrap_or(""), request_id, sent)
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            "AccessDenied" | "AccessDeniedException" if answer.message.contains("sts:TagSession") => Diagnosis::new(
                "assume-role-denied",
                format!("The trust policy of {} does not let a session have tags.", self.role),
                "Allow `sts:TagSession` in it, for the same principal and pool as `sts:AssumeRoleWithWebIdentity`.",
            ),
            "AccessDenied" | "AccessDeniedException" => self.diagnose_denial(),
            "ExpiredTokenException" => Diagnosis::new(
                "cognito-token-expired",
                "Cognito's token was ten minutes old.",
                "Run the job again; if it recurs, the runner is very slow or its clock is wrong.",
            ),
            "InvalidIdentityToken" => Diagnosis::new(
                "cognito-token-refused",
                format!("STS does not accept the token of pool {} in this region and partition.", self.pool),
                "Check that pool and role are in the same partition, and that `cognito-region` is the pool's region.",
            ),
            "PackedPolicyTooLarge" => Diagnosis::new(
                "session-tags-too-large",
                "The session tags together are more than a session may carry.",
                "Take claims that no policy uses out of the pool's principal tag map.",
            ),
            "RegionDisabledException" => Diagnosis::new(
                "sts-region-disabled",
                "STS is not active in this region for the role's account.",
                "Activate it in IAM's account settings, or use a pool of another region.",
            ),
            "ValidationError" if answer.message.contains("DurationSeconds") => Diagnosis::new(
                "role-duration-refused",
                "The role does not allow a session that long.",
                "Lower `role-duration-seconds`, or raise the role's maximum session duration.",
            ),
            _ => Diagnosis::new(
                "assume-role-refused",
                "STS refused the request itself, before it asked the role's trust policy.",
                "Check `cognito-role-arn` and `role-session-name`, and the claims that the pool maps to tags.",
            ),
        }
    }
}

impl AssumeRoleWithWebIdentity<'_> {
    /// STS says no more than AccessDenied, whatever the trust policy's reason: so all that it may be is held against
    /// what the token carries.
    fn diagnose_denial(&self) -> Diagnosis {
        let tags = self.token.session_tags();
        let tag = |name: &str| tags.iter().flatten().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if tag("event_name") == Some("pull_request") {
            return Diagnosis::new(
                "assume-role-denied",
                "The job runs for a pull_request, which the trust policy of the README refuses, as GitHub itself gives \
                 no secrets to pull requests of forks.",
                "Load values in jobs of `push` or of an environment, or let another role with a narrower policy trust \
                 pull requests.",
            );
        }
        let carried = match &tags {
            None => "Its tags cannot be read from the token.".to_owned(),
            Some(tags) if tags.is_empty() => {
                "The token carries no session tags: the pool has no principal tag map for this issuer.".to_owned()
            }
            Some(tags) => {
                let lack = self.what_tags_lack(tags);
                format!("The session would have carried the tags {}.{lack}", list_of_tags(tags))
            }
        };
        Diagnosis::new(
            "assume-role-denied",
            format!(
                "The trust policy of {} (account {}) does not let this session in, or there is no such role. {carried}",
                self.role,
                self.role.account()
            ),
            format!(
                "In the trust policy check that: the principal is `cognito-identity.amazonaws.com`; \
                 `cognito-identity.amazonaws.com:aud` is {}; both `sts:AssumeRoleWithWebIdentity` and \
                 `sts:TagSession` are allowed; `sts:RoleSessionName` is {}; each `aws:RequestTag/...` it names is among \
                 the tags above.",
                self.pool,
                self.session_name.as_str()
            ),
        )
    }

    /// What the trust policy of the README would miss in the tags.
    fn what_tags_lack(&self, tags: &[(String, String)]) -> String {
        let tag = |name: &str| tags.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let absent: Vec<_> = ["enterprise", "event_name", "repository", "run_id", "sha"]
            .into_iter()
            .filter(|name| tag(name).is_none())
            .collect();
        let mut lack = match absent.as_slice() {
            [] => String::new(),
            names => format!(
                " Not among them: {} (the pool does not map the claim, or the job does not have it).",
                names.join(", ")
            ),
        };
        if let (Some(run_id), Some(sha)) = (tag("run_id"), tag("sha")) {
            let wanted = format!("{run_id}@{sha}");
            if wanted != self.session_name.as_str() {
                lack.push_str(&format!(" Their run_id@sha is {}, not this session's name.", printable(&wanted)));
            }
        }
        lack
    }
}

/// The text of each element without children, by its name, the first of a name; the root must be `root`.
///
/// Entities are the five of XML: quick-xml knows no others and reads no DTD.
fn leaves(body: &[u8], root: &str) -> Result<BTreeMap<String, Secret>, &'static str> {
    const NOT_XML: &str = "not the XML of STS";
    let text = std::str::from_utf8(body).map_err(|_| NOT_XML)?;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut leaves = BTreeMap::new();
    let mut depth = 0_usize;
    let mut seen_root = false;
    let mut open: Option<String> = None;
    let mut content = String::new();
    loop {
        match reader.read_event().map_err(|_| NOT_XML)? {
            Event::Start(start) => {
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                if depth == 0 && (seen_root || name != root) {
                    return Err(NOT_XML);
                }
                seen_root = true;
                depth += 1;
                open = Some(name);
                content.clear();
            }
            Event::Text(text) => content.push_str(&text.decode().map_err(|_| NOT_XML)?),
            Event::GeneralRef(entity) => {
                let entity = entity.decode().map_err(|_| NOT_XML)?;
                content.push_str(&unescape(&format!("&{entity};")).map_err(|_| NOT_XML)?);
            }
            Event::CData(data) => content.push_str(&data.decode().map_err(|_| NOT_XML)?),
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some(name) = open.take() {
                    leaves.entry(name).or_insert_with(|| Secret::new(std::mem::take(&mut content)));
                }
            }
            Event::DocType(_) => return Err(NOT_XML),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if seen_root && depth == 0 { Ok(leaves) } else { Err(NOT_XML) }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0"?>
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <Credentials>
      <AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>a/b+c&amp;d</SecretAccessKey>
      <SessionToken>token==</SessionToken><Expiration>2026-11-22T04:00:00Z</Expiration>
    </Credentials>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/7@abc</Arn><AssumedRoleId>AROA:7@abc</AssumedRoleId></AssumedRoleUser>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>"#;

    fn with_operation<T>(token: &str, check: impl FnOnce(&AssumeRoleWithWebIdentity<'_>) -> T) -> T {
        check(&AssumeRoleWithWebIdentity {
            endpoint: &BaseUrl::parse("https://sts.us-west-2.amazonaws.com").unwrap(),
            role: &RoleArn::parse("arn:aws:iam::123456789012:role/r").unwrap(),
            session_name: &RoleSessionName::parse("7@abc".to_owned()).unwrap(),
            duration_seconds: 900,
            token: &OpenIdToken::of(token),
            pool: &PoolId::parse("us-west-2:ab").unwrap(),
        })
    }

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: vec![], body: body.as_bytes().to_vec() }
    }

    #[test]
    fn the_form_is_encoded_as_sts_reads_it() {
        let request = with_operation("a+b", |operation| operation.request(SystemTime::UNIX_EPOCH).unwrap());
        assert_eq!(
            request.body.secret(),
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr\
             &RoleSessionName=7%40abc&DurationSeconds=900&WebIdentityToken=a%2Bb"
        );
    }

    #[test]
    fn credentials_are_read_with_their_entities() {
        let session = with_operation("opaque", |operation| operation.parse(&response(200, ANSWER)).unwrap());
        assert_eq!(session.credentials.secret_access_key.secret(), "a/b+c&d");
        assert_eq!(session.arn, "arn:aws:sts::123456789012:assumed-role/r/7@abc");
        assert!(!format!("{session:?}").contains("ASIAX"));
    }

    #[test]
    fn an_answer_that_is_not_the_promised_xml_is_refused() {
        for wrong in [
            "",
            "canary",
            "<html></html>",
            "<AssumeRoleWithWebIdentityResponse>",
            "<!DOCTYPE x [<!ENTITY a 'b'>]><AssumeRoleWithWebIdentityResponse/>",
            "<AssumeRoleWithWebIdentityResponse></AssumeRoleWithWebIdentityResponse>",
            r#"{"AccessKeyId":"x"}"#,
        ] {
            let parsed = with_operation("opaque", |operation| operation.parse(&response(200, wrong)).is_err());
            assert!(parsed, "{wrong}");
        }
    }

    #[test]
    fn a_denial_says_what_the_tags_lack() {
        let payload = r#"{"https://aws.amazon.com/tags":{"principal_tags":{"run_id":["8"],"sha":["abc"],"event_name":["push"]}}}"#;
        let token = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload));
        let body = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
        let diagnosis =
            with_operation(&token, |operation| operation.diagnose(&operation.refusal(&response(403, body), &[])));
        assert_eq!(diagnosis.code, "assume-role-denied");
        assert!(diagnosis.cause.contains("event_name=push, run_id=8, sha=abc"), "{}", diagnosis.cause);
        assert!(diagnosis.cause.contains("Not among them: enterprise, repository ("), "{}", diagnosis.cause);
        assert!(diagnosis.cause.contains("run_id@sha is 8@abc, not this session's name"), "{}", diagnosis.cause);
    }

    #[test]
    fn a_denial_of_tag_session_says_so() {
        let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized to perform sts:TagSession</Message></Error></ErrorResponse>";
        let diagnosis =
            with_operation("opaque", |operation| operation.diagnose(&operation.refusal(&response(403, body), &[])));
        assert!(diagnosis.next.starts_with("Allow `sts:TagSession`"), "{}", diagnosis.next);
    }

    #[test]
    fn a_tag_that_sts_refuses_is_found_before() {
        let check = |key: &str, value: &str| check_session_tags(&[(key.to_owned(), value.to_owned())]);
        for right in ["octo-org/octo-repo", "", "Größe 7: a=b+c@d", "refs/heads/main"] {
            assert!(check("ref", right).is_ok(), "{right}");
        }
        let error = check("actor", "dependabot[bot]").unwrap_err().to_string();
        assert!(error.contains("`actor`") && error.contains("`dependabot[bot]`") && error.contains("`[`"), "{error}");
        for (key, value) in [("a", "x".repeat(257)), ("", "x".to_owned()), ("a", "tab\t".to_owned())] {
            assert!(check(key, &value).is_err(), "{key} {value}");
        }
    }

    #[test]
    fn a_refusal_is_read_from_xml() {
        let body = r#"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized</Message></Error><RequestId>id-2</RequestId></ErrorResponse>"#;
        let answer = with_operation("opaque", |operation| operation.refusal(&response(403, body), &[]));
        assert_eq!(answer.to_string(), "HTTP 403 AccessDenied: Not authorized (request id id-2)");
    }
}
