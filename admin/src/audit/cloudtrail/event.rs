//! Events as CloudTrail writes them, as far as they matter.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>,
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html>

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Longer texts are cut: no name, ARN or tag of AWS is as long.
const MAX_TEXT: usize = 2048;

/// STS takes so many tags for a session, and BatchGetSecretValue so many secrets; more, no event has.
const MAX_TAGS: usize = 50;
const MAX_BATCH: usize = 20;

/// An event of which anything is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// `2026-11-26T10:00:00Z`; the form sorts as the time does.
    pub(super) time: String,
    /// Of this event alone, and the same if it is delivered twice.
    pub(super) id: String,
    pub(super) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A job asked for a session.
    Assumed(Assumed),
    /// Somebody read a secret, or tried.
    Read(Read),
}

/// AssumeRoleWithWebIdentity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Assumed {
    /// The role, as it was asked for.
    pub(super) role: String,
    pub(super) session_name: String,
    /// `principalTags`; empty if there are none.
    pub(super) tags: BTreeMap<String, String>,
    /// None if it was refused.
    pub(super) access_key: Option<String>,
    /// `arn:aws:sts::…:assumed-role/ROLE/SESSION`
    pub(super) arn: Option<String>,
    /// The pool's id, if the token is Cognito's.
    pub(super) audience: Option<String>,
    /// AWS's code.
    pub(super) error: Option<String>,
}

/// GetSecretValue, or BatchGetSecretValue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// Of the session; none if the event does not have it.
    pub(super) access_key: Option<String>,
    /// Who: the session, or a user.
    pub(super) arn: String,
    /// The role of the session.
    pub(super) role: Option<String>,
    /// By names or ARNs.
    pub(super) secrets: Vec<String>,
    /// Of a batch CloudTrail does not say what became of each secret.
    pub(super) is_batch: bool,
    /// AWS's code.
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    event_time: Option<String>,
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    event_source: Option<String>,
    event_name: Option<String>,
    error_code: Option<String>,
    #[serde(borrow)]
    user_identity: Option<&'a RawValue>,
    #[serde(borrow)]
    request_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    response_elements: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Identity {
    arn: Option<String>,
    access_key_id: Option<String>,
    session_context: Option<SessionContext>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SessionContext {
    session_issuer: Option<Issuer>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Issuer {
    arn: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    role_arn: Option<String>,
    role_session_name: Option<String>,
    principal_tags: Option<BTreeMap<String, String>>,
    secret_id: Option<String>,
    secret_id_list: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Elements {
    credentials: Option<Credentials>,
    assumed_role_user: Option<Issuer>,
    audience: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Credentials {
    access_key_id: Option<String>,
}

/// Hands each event that matters to `take`, in the order of the file, and counts all. Other fields are passed over without
/// being built, however deep or long they are.
pub(super) fn read(text: &str, take: &mut dyn FnMut(Event)) -> Result<u64, serde_json::Error> {
    let mut count = 0;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let file = File { take, count: &mut count };
    file.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(count)
}

/// `{"Records": […]}`
struct File<'f> {
    take: &'f mut dyn FnMut(Event),
    count: &'f mut u64,
}

impl<'de> DeserializeSeed<'de> for File<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for File<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a log file of CloudTrail, an object with `Records`")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut has_records = false;
        while let Some(name) = map.next_key::<String>()? {
            if name == "Records" {
                has_records = true;
                map.next_value_seed(Records(&mut self))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if has_records { Ok(()) } else { Err(serde::de::Error::missing_field("Records")) }
    }
}

struct Records<'r, 'f>(&'r mut File<'f>);

impl<'de> DeserializeSeed<'de> for Records<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Records<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while let Some(record) = events.next_element::<Record<'de>>()? {
            *self.0.count += 1;
            if let Some(event) = event(record) {
                (self.0.take)(event);
            }
        }
        Ok(())
    }
}

fn event(record: Record<'_>) -> Option<Event> {
    let what = match (record.event_source?.as_str(), record.event_name?.as_str()) {
        ("sts.amazonaws.com", "AssumeRoleWithWebIdentity") => {
            let parameters: Parameters = parsed(record.request_parameters);
            let elements: Elements = parsed(record.response_elements);
            let tags = parameters.principal_tags.unwrap_or_default().into_iter().take(MAX_TAGS);
            What::Assumed(Assumed {
                role: cut(parameters.role_arn?),
                session_name: cut(parameters.role_session_name.unwrap_or_default()),
                tags: tags.map(|(key, value)| (cut(key), cut(value))).collect(),
                access_key: elements.credentials.and_then(|credentials| credentials.access_key_id).map(cut),
                arn: elements.assumed_role_user.and_then(|user| user.arn).map(cut),
                audience: elements.audience.map(cut),
                error: record.error_code.map(cut),
            })
        }
        ("secretsmanager.amazonaws.com", name @ ("GetSecretValue" | "BatchGetSecretValue")) => {
            let parameters: Parameters = parsed(record.request_parameters);
            let identity: Identity = parsed(record.user_identity);
            let listed = parameters.secret_id_list.unwrap_or_default().into_iter().take(MAX_BATCH);
            let issuer = identity.session_context.and_then(|context| context.session_issuer);
            What::Read(Read {
                access_key: identity.access_key_id.filter(|key| !key.is_empty()).map(cut),
                arn: cut(identity.arn.unwrap_or_default()),
                role: issuer.and_then(|issuer| issuer.arn).map(cut),
                secrets: parameters.secret_id.into_iter().chain(listed).map(cut).collect(),
                is_batch: name == "BatchGetSecretValue",
                error: record.error_code.map(cut),
            })
        }
        _ => return None,
    };
    let time = record.event_time.filter(|time| is_time(time))?;
    Some(Event { time, id: cut(record.event_id.unwrap_or_default()), what })
}

/// What is not of the expected form says nothing: CloudTrail leaves out parameters that are too long.
fn parsed<T: Default + for<'de> Deserialize<'de>>(raw: Option<&RawValue>) -> T {
    raw.and_then(|raw| serde_json::from_str::<Option<T>>(raw.get()).ok().flatten()).unwrap_or_default()
}

/// `2026-11-26T10:00:00Z`
fn is_time(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00Z";
    text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form })
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let end = text.floor_char_boundary(MAX_TEXT);
        text.truncate(end);
        text.shrink_to_fit();
    }
    text
}
