//! The calls to AWS Secrets Manager that only those make who look after stores.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html>

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use env_kvstore::aws::protocols::Aws;
use env_kvstore::aws::secret_id::SecretId;
use env_kvstore::aws::secret_versions::{OfValues, diagnose_write};
use env_kvstore::aws::secrets_manager::{Access, GetSecretValue, diagnose_session};
use env_kvstore::call::operation::Operation;
use env_kvstore::call::protocol::Protocol;
use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::error::refusal::Diagnosis;
use env_kvstore::host::answer::Answer;
use env_kvstore::host::http::{MAX_BODY_BYTES, Request, Response};
use env_kvstore::host::url::BaseUrl;
use env_kvstore::text::json::{Object, object_of, string};
use env_kvstore::text::printable::printable;
use env_kvstore::text::secret::Secret;
use env_kvstore::text::secret_value::SecretValue;

use crate::report::{ListedStore, Version};
use crate::task::Creation;

/// As many as one answer has of a list.
const PAGE: usize = 100;

/// The moment under a name, which AWS writes in seconds since 1970, as ISO 8601.
fn date(body: &Object, name: &str) -> Option<String> {
    DateTime::from_secs_f64(seconds(body, name)?.trunc()).fmt(Format::DateTime).ok()
}

fn seconds(body: &Object, name: &str) -> Option<f64> {
    serde_json::from_str(body.json(name)?).ok()
}

fn page_request(
    access: &Access<'_>,
    target: &str,
    mut members: Vec<String>,
    next: Option<&str>,
    at: SystemTime,
) -> Result<Request, Error> {
    members.push(format!(r#""MaxResults":{PAGE}"#));
    members.extend(next.map(|next| format!(r#""NextToken":{}"#, string(next))));
    access.request(target, format!("{{{}}}", members.join(",")), PAGE * MAX_BODY_BYTES / 16, at)
}

/// One answer of several.
#[derive(Debug)]
pub struct Page<T> {
    /// What it has.
    pub items: Vec<T>,
    /// To ask for the next one by.
    pub next: Option<String>,
}

impl<T> Page<T> {
    fn of(response: &Response, name: &str, item: impl Fn(&Object) -> Option<T>) -> Result<Self, &'static str> {
        let body = response.json().ok_or("not JSON")?;
        let items = body.objects(name).ok_or("no list in it")?.iter().filter_map(item).collect();
        Ok(Self { items, next: body.text("NextToken").filter(|next| !next.is_empty()) })
    }
}

/// Reads a version, and when it was made.
pub struct GetDatedValue<'a>(pub GetSecretValue<'a>);

impl Operation for GetDatedValue<'_> {
    const NAME: &'static str = "GetSecretValue";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = (SecretValue, Option<String>);

    fn subject(&self) -> String {
        self.0.subject()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.0.endpoint()
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        self.0.request(at)
    }

    fn parse(&self, response: &Response) -> Result<Self::Output, &'static str> {
        let created = response.json().and_then(|body| date(&body, "CreatedDate"));
        Ok((self.0.parse(response)?, created))
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        self.0.diagnose(answer)
    }
}

/// Makes a secret with its first version, which is current at once.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
pub struct CreateSecret<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// Named so.
    pub secret: &'a SecretId,
    /// With these tags and this key.
    pub creation: &'a Creation,
    /// `ClientRequestToken`: the first version's id. A request with the same id and text is the same creation.
    pub version_id: &'a str,
    /// `SecretString`
    pub text: &'a Secret,
}

impl Operation for CreateSecret<'_> {
    const NAME: &'static str = "CreateSecret";
    const PROTOCOL: &'static dyn Protocol = &OfValues;
    /// Its ARN and its version, safe to print.
    type Output = (String, String);

    fn subject(&self) -> String {
        self.secret.to_string()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let Creation { kms_key_id, tags, .. } = self.creation;
        let tag = |(key, value): &(String, String)| object_of(&[("Key", key), ("Value", value)]);
        let mut members = vec![format!(r#""Name":{}"#, string(&self.secret.name))];
        members.push(format!(r#""ClientRequestToken":{}"#, string(self.version_id)));
        members.push(format!(r#""SecretString":{}"#, string(self.text.secret())));
        members.extend(kms_key_id.as_deref().map(|key| format!(r#""KmsKeyId":{}"#, string(key))));
        if !tags.is_empty() {
            members.push(format!(r#""Tags":[{}]"#, tags.iter().map(tag).collect::<Vec<_>>().join(",")));
        }
        let body = format!("{{{}}}", members.join(","));
        self.access.request("secretsmanager.CreateSecret", body, MAX_BODY_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<Self::Output, &'static str> {
        let body = response.json().ok_or("not JSON")?;
        let text = |name| body.text(name).map(|text| printable(&text));
        Ok((text("ARN").ok_or("no ARN in it")?, text("VersionId").ok_or("no version in it")?))
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            "LimitExceededException" => Diagnosis::new(
                Code::StoreRefused,
                "The account has as many secrets as it may have in this region.",
                "Delete secrets that nobody needs, or request a higher quota.",
            ),
            "ResourceExistsException" => {
                Diagnosis::new(Code::StoreExists, "There is a secret of this name already.", "Leave out --create.")
            }
            "InvalidRequestException" => Diagnosis::new(
                Code::StoreNotReadable,
                "A secret of this name is marked for deletion. Until it is gone, no other can have its name.",
                "Restore it (env-kvstore restore), or wait until its deletion date.",
            ),
            "AccessDeniedException" | "AccessDenied" => Diagnosis::new(
                Code::StoreAccessDenied,
                "No policy of these credentials allows `secretsmanager:CreateSecret` for a secret with this name and these \
                 tags. To create one with tags, `secretsmanager:TagResource` is needed too.",
                "Creating and tagging stores is for the platform's role alone: ask there, or see docs/managing-values.md.",
            ),
            _ => diagnose_write("CreateSecret", self.access, self.secret, answer),
        }
    }
}

/// Lists the versions of a secret, those without a staging label too. It decrypts nothing.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html>
pub struct ListSecretVersionIds<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// Of which secret.
    pub secret: &'a SecretId,
    /// What the page before said.
    pub next: Option<&'a str>,
}

impl Operation for ListSecretVersionIds<'_> {
    const NAME: &'static str = "ListSecretVersionIds";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = Page<Version>;

    fn subject(&self) -> String {
        self.secret.to_string()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let secret = format!(r#""SecretId":{}"#, string(self.secret.as_parameter()));
        let members = vec![secret, r#""IncludeDeprecated":true"#.to_owned()];
        page_request(self.access, "secretsmanager.ListSecretVersionIds", members, self.next, at)
    }

    fn parse(&self, response: &Response) -> Result<Page<Version>, &'static str> {
        Page::of(response, "Versions", |version| {
            let mut stages = version.texts("VersionStages").unwrap_or_default();
            stages.iter_mut().for_each(|stage| *stage = printable(stage));
            let id = printable(&version.text("VersionId")?);
            let created_ms = seconds(version, "CreatedDate").map_or(0, |seconds| (seconds * 1000.0) as u64);
            Some(Version { id, stages, created: date(version, "CreatedDate"), created_ms, keys: None })
        })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        diagnose_write("ListSecretVersionIds", self.access, self.secret, answer)
    }
}

/// Lists secrets, those that are marked for deletion too. It decrypts nothing.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html>
pub struct ListSecrets<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// What their names begin with, or part of it.
    pub prefix: Option<&'a str>,
    /// What the page before said.
    pub next: Option<&'a str>,
}

impl Operation for ListSecrets<'_> {
    const NAME: &'static str = "ListSecrets";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = Page<ListedStore>;

    fn subject(&self) -> String {
        format!("region {}", self.access.region)
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let filter = |prefix| format!(r#""Filters":[{{"Key":"name","Values":[{}]}}]"#, string(prefix));
        let mut members = vec![r#""IncludePlannedDeletion":true"#.to_owned()];
        members.extend(self.prefix.map(filter));
        page_request(self.access, "secretsmanager.ListSecrets", members, self.next, at)
    }

    fn parse(&self, response: &Response) -> Result<Page<ListedStore>, &'static str> {
        Page::of(response, "SecretList", |secret| {
            let tag =
                |tag: &Object| Some((printable(&tag.text("Key")?), printable(&tag.text("Value").unwrap_or_default())));
            Some(ListedStore {
                name: printable(&secret.text("Name")?),
                arn: printable(&secret.text("ARN")?),
                tags: secret.objects("Tags").unwrap_or_default().iter().filter_map(tag).collect(),
                changed: date(secret, "LastChangedDate"),
                deleted: date(secret, "DeletedDate"),
            })
        })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            "AccessDeniedException" | "AccessDenied" => Diagnosis::new(
                Code::StoreAccessDenied,
                "No policy of these credentials allows `secretsmanager:ListSecrets`.",
                "Allow it on `*`, the only resource that it takes: it shows names and tags of all secrets, and no value.",
            ),
            _ => diagnose_session("Secrets Manager", answer).unwrap_or_else(|| {
                let next = "Check the region and the endpoint.";
                Diagnosis::new(Code::StoreRefused, "Secrets Manager refused the request.", next)
            }),
        }
    }
}

/// Marks a secret for deletion.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>
pub struct DeleteSecret<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// Which.
    pub secret: &'a SecretId,
    /// `RecoveryWindowInDays`, 7 to 30
    pub recovery_window_in_days: u32,
}

impl Operation for DeleteSecret<'_> {
    const NAME: &'static str = "DeleteSecret";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    /// When it will be gone.
    type Output = Option<String>;

    fn subject(&self) -> String {
        self.secret.to_string()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let secret = string(self.secret.as_parameter());
        let body = format!(r#"{{"SecretId":{secret},"RecoveryWindowInDays":{}}}"#, self.recovery_window_in_days);
        self.access.request("secretsmanager.DeleteSecret", body, MAX_BODY_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<Self::Output, &'static str> {
        response.json().map(|body| date(&body, "DeletionDate")).ok_or("not JSON")
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            "InvalidRequestException" => Diagnosis::new(
                Code::StoreNotReadable,
                "The secret is already marked for deletion, has replicas in other regions, or another service manages it.",
                "See env-kvstore list --stores.",
            ),
            _ => diagnose_write("DeleteSecret", self.access, self.secret, answer),
        }
    }
}

/// Takes a mark for deletion back.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RestoreSecret.html>
pub struct RestoreSecret<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// Which.
    pub secret: &'a SecretId,
}

impl Operation for RestoreSecret<'_> {
    const NAME: &'static str = "RestoreSecret";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    /// Its ARN, safe to print.
    type Output = String;

    fn subject(&self) -> String {
        self.secret.to_string()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let body = object_of(&[("SecretId", self.secret.as_parameter())]);
        self.access.request("secretsmanager.RestoreSecret", body, MAX_BODY_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<String, &'static str> {
        response.json().and_then(|body| body.text("ARN")).map(|arn| printable(&arn)).ok_or("no ARN in it")
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        diagnose_write("RestoreSecret", self.access, self.secret, answer)
    }
}
