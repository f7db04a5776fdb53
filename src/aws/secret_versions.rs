//! AWS Secrets Manager: how a secret gets a new version, and which version is current. All calls are signed.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version>

use std::time::SystemTime;

use crate::aws::protocols::Aws;
use crate::aws::secret_id::SecretId;
use crate::aws::secrets_manager::{Access, diagnose_session};
use crate::call::operation::Operation;
use crate::call::outlook::Outlook;
use crate::call::protocol::Protocol;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::host::answer::Answer;
use crate::host::http::{MAX_BODY_BYTES, Request, Response};
use crate::host::url::BaseUrl;
use crate::text::json::{Object, object_of, string};
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// The staging label of the version that readers get.
pub const CURRENT: &str = "AWSCURRENT";

/// The staging label of the version that was current before.
pub const PREVIOUS: &str = "AWSPREVIOUS";

/// The staging label of a version until it is current. One for all writes: a secret has at most 20 labels.
pub const PENDING: &str = "env-kvstore-pending";

/// The longest secret, in bytes.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
pub const MAX_SECRET_BYTES: usize = 65_536;

/// How AWS refuses a request that holds values.
pub struct OfValues;

impl Protocol for OfValues {
    /// Without AWS's words: they may quote what was sent.
    fn refusal(&self, response: &Response, sent: &[Secret]) -> Answer {
        Answer { message: String::new(), ..Aws.refusal(response, sent) }
    }

    /// The quota of versions has the code that other services throttle by. It does not pass within a day.
    fn outlook(&self, answer: &Answer) -> Outlook {
        if answer.code == QUOTA { Outlook::Permanent } else { Aws.outlook(answer) }
    }

    fn diagnose(&self, answer: &Answer) -> Option<Diagnosis> {
        if answer.code == QUOTA { None } else { Aws.diagnose(answer) }
    }
}

/// The code for too many versions.
const QUOTA: &str = "LimitExceededException";

/// Adds a version that is not current yet, unless the secret has none: its first version is current at once.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>
pub struct PutSecretValue<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// The secret.
    pub secret: &'a SecretId,
    /// `ClientRequestToken`: the new version's id. A request with the same id and text is the same write.
    pub version_id: &'a str,
    /// `SecretString`
    pub text: &'a Secret,
}

impl Operation for PutSecretValue<'_> {
    const NAME: &'static str = "PutSecretValue";
    const PROTOCOL: &'static dyn Protocol = &OfValues;
    type Output = ();

    fn subject(&self) -> String {
        self.secret.to_string()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let body = format!(
            r#"{{"SecretId":{},"ClientRequestToken":{},"SecretString":{},"VersionStages":[{}]}}"#,
            string(self.secret.as_parameter()),
            string(self.version_id),
            string(self.text.secret()),
            string(PENDING),
        );
        self.access.request("secretsmanager.PutSecretValue", body, MAX_BODY_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<(), &'static str> {
        let version = response.json().and_then(|body| body.text("VersionId"));
        (version.as_deref() == Some(self.version_id)).then_some(()).ok_or("not the version that was sent")
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        diagnose_write("PutSecretValue", self.access, self.secret, answer)
    }
}

/// Makes a version the current one if another one, which is named, still is.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>
pub struct MoveCurrent<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// The secret.
    pub secret: &'a SecretId,
    /// `RemoveFromVersionId`; none if no version is current.
    pub from: Option<&'a str>,
    /// `MoveToVersionId`
    pub to: &'a str,
}

impl Operation for MoveCurrent<'_> {
    const NAME: &'static str = "UpdateSecretVersionStage";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = ();

    fn subject(&self) -> String {
        format!("{}, {CURRENT} to version {}", self.secret, printable(self.to))
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let mut members = vec![("SecretId", self.secret.as_parameter()), ("VersionStage", CURRENT)];
        members.push(("MoveToVersionId", self.to));
        members.extend(self.from.map(|from| ("RemoveFromVersionId", from)));
        self.access.request("secretsmanager.UpdateSecretVersionStage", object_of(&members), MAX_BODY_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<(), &'static str> {
        response.json().map(drop).ok_or("not JSON")
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            // Before it says so to the user, the caller asks which version is current.
            "InvalidParameterException" | "InvalidRequestException" => Diagnosis::new(
                Code::StoreChanged,
                "Another version became the current one in the meantime, or the version is gone.",
                "Nothing was changed. Look at the versions (env-kvstore history) and try again.",
            ),
            _ => diagnose_write("UpdateSecretVersionStage", self.access, self.secret, answer),
        }
    }
}

/// What a secret is, without what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its ARN, safe to print.
    pub arn: String,
    /// Whether it is marked for deletion.
    pub in_deletion: bool,
    /// `VersionIdsToStages`
    pub versions: Vec<(String, Vec<String>)>,
    /// `Tags`
    pub tags: Vec<(String, String)>,
}

impl Description {
    /// The version that has a staging label.
    pub fn version_of(&self, stage: &str) -> Option<&str> {
        let has = |stages: &Vec<String>| stages.iter().any(|known| known == stage);
        self.versions.iter().find(|(_, stages)| has(stages)).map(|(id, _)| id.as_str())
    }

    fn of(body: &Object) -> Option<Self> {
        let stages = body.object("VersionIdsToStages").unwrap_or_default();
        let versions = stages.names().map(|id| (id.to_owned(), stages.texts(id).unwrap_or_default())).collect();
        let tags = body.objects("Tags").unwrap_or_default();
        let tag = |tag: &Object| Some((tag.text("Key")?, tag.text("Value").unwrap_or_default()));
        Some(Self {
            arn: printable(&body.text("ARN")?),
            in_deletion: body.json("DeletedDate").is_some_and(|date| date != "null"),
            versions,
            tags: tags.iter().filter_map(tag).collect(),
        })
    }
}

/// Tells which versions a secret has. It decrypts nothing.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>
pub struct DescribeSecret<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// The secret.
    pub secret: &'a SecretId,
}

impl Operation for DescribeSecret<'_> {
    const NAME: &'static str = "DescribeSecret";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = Description;

    fn subject(&self) -> String {
        self.secret.to_string()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let body = object_of(&[("SecretId", self.secret.as_parameter())]);
        self.access.request("secretsmanager.DescribeSecret", body, MAX_BODY_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<Description, &'static str> {
        response.json().and_then(|body| Description::of(&body)).ok_or("no description of a secret in it")
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        diagnose_write("DescribeSecret", self.access, self.secret, answer)
    }
}

/// What a refusal of a call means that changes a secret, or looks at how it may be changed.
pub fn diagnose_write(operation: &str, access: &Access<'_>, secret: &SecretId, answer: &Answer) -> Diagnosis {
    let place = secret.place();
    match answer.code.as_str() {
        "ResourceNotFoundException" => Diagnosis::new(
            Code::StoreNotFound,
            format!("There is no secret of this name in {place}."),
            "Create it (env-kvstore put --create), or check its name, ‹namespace›, ‹secrets-manager-region› and \
             ‹secrets-manager-account-id›.",
        ),
        "AccessDeniedException" | "AccessDenied" => {
            let of_whom = access.role.map_or("the environment's credentials".to_owned(), ToString::to_string);
            Diagnosis::new(
                Code::StoreAccessDenied,
                format!(
                    "No policy of {of_whom} allows `secretsmanager:{operation}` on this secret, or it does not exist."
                ),
                "docs/managing-values.md has the policies that writers need. Compare their conditions with the secret's tags \
                 and with who you are (aws sts get-caller-identity).",
            )
        }
        QUOTA => Diagnosis::new(
            Code::StoreVersionQuota,
            "The secret has as many versions as it may have. Secrets Manager keeps about 100 versions, and each of the last \
             24 hours.",
            "Nothing was changed. Wait until the oldest of these versions are a day old, and write several keys at once: each \
             write, and each write that came second to another one, adds a version.",
        ),
        "InvalidRequestException" => Diagnosis::new(
            Code::StoreNotReadable,
            "The secret is marked for deletion, or another service manages it.",
            "If it is marked for deletion, restore it (env-kvstore restore).",
        ),
        "EncryptionFailure" | "DecryptionFailure" => Diagnosis::new(
            Code::StoreNotDecryptable,
            "The secret's KMS key cannot be used by these credentials.",
            "Allow `kms:GenerateDataKey` and `kms:Decrypt` with that key, in the key's policy too if it is another account's.",
        ),
        _ => diagnose_session("Secrets Manager", answer).unwrap_or_else(|| {
            Diagnosis::new(
                Code::StoreRefused,
                "Secrets Manager refused the request.",
                "Check the secret's name and region, and the flags of the command.",
            )
        }),
    }
}

#[cfg(test)]
mod tests;
