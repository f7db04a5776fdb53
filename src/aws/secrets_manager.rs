//! AWS Secrets Manager: GetSecretValue and BatchGetSecretValue. Both are signed.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html>

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::aws::endpoints::Service;
use crate::aws::names::{Region, RoleArn};
use crate::aws::protocols::{Aws, SigningFault, json_request};
use crate::aws::secret_id::{SecretId, SecretVersion};
use crate::aws::session::list_of_tags;
use crate::aws::sigv4::{Credentials, signed};
use crate::call::operation::Operation;
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
use crate::text::secret_value::{Content, SecretValue};

/// As whom secrets of one region are read, and where.
pub struct Access<'a> {
    /// The region's endpoint.
    pub endpoint: &'a BaseUrl,
    /// The region.
    pub region: &'a Region,
    /// The session's role if it is known, for what a refusal means.
    pub role: Option<&'a RoleArn>,
    /// The session.
    pub credentials: &'a Credentials,
    /// The session's tags if they are known, for what a refusal means.
    pub session_tags: Option<&'a [(String, String)]>,
}

impl Access<'_> {
    /// A signed request for the operation `target` of Secrets Manager.
    pub fn request(&self, target: &str, body: String, max_body_bytes: usize, at: SystemTime) -> Result<Request, Error> {
        self.request_of(Service::SecretsManager, target, body, max_body_bytes, at)
    }

    /// The same of another service.
    pub(crate) fn request_of(
        &self,
        service: Service,
        target: &str,
        body: String,
        max_body_bytes: usize,
        at: SystemTime,
    ) -> Result<Request, Error> {
        let mut request = json_request(self.endpoint, target, body, vec![]);
        request.max_body_bytes = max_body_bytes;
        signed(request, service, self.region, self.credentials, at).ok_or(Error::Internal("a request cannot be signed"))
    }

    /// Whose policies count, in a sentence.
    pub(crate) fn whose(&self) -> String {
        self.role.map_or("the environment's credentials".to_owned(), RoleArn::to_string)
    }

    /// A sentence about the session's tags, with a space before it; empty if they are not known.
    pub(crate) fn tags(&self) -> String {
        match self.session_tags {
            None => String::new(),
            Some([]) => {
                " The session has no tags: check the pool's tag map or ‹chain-session-tags›, and that `sts:TagSession` \
                 is allowed."
                    .to_owned()
            }
            Some(tags) => format!(" The session has the tags {}.", list_of_tags(tags)),
        }
    }
}

/// Reads one secret.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>
pub struct GetSecretValue<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// Which.
    pub wanted: &'a SecretVersion,
}

impl Operation for GetSecretValue<'_> {
    const NAME: &'static str = "GetSecretValue";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = SecretValue;

    fn subject(&self) -> String {
        let SecretVersion { secret, stage, id } = self.wanted;
        let part = |name, text: &Option<String>| {
            text.as_ref().map_or(String::new(), |text| format!(", {name} {}", printable(text)))
        };
        format!("{secret}{}{}", part("version stage", stage), part("version id", id))
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let SecretVersion { secret, stage, id } = self.wanted;
        let mut members = vec![("SecretId", secret.as_parameter())];
        members.extend(id.as_deref().map(|id| ("VersionId", id)));
        members.extend(stage.as_deref().map(|stage| ("VersionStage", stage)));
        self.access.request("secretsmanager.GetSecretValue", object_of(&members), MAX_BODY_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<SecretValue, &'static str> {
        response.json().and_then(|body| secret_value(&body)).ok_or("no secret's value in it")
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        let place = self.wanted.secret.place();
        match answer.code.as_str() {
            "ResourceNotFoundException" if self.wanted.stage.is_some() || self.wanted.id.is_some() => Diagnosis::new(
                Code::StoreNotFound,
                format!("There is no such secret in {place}, or it has no such version."),
                "Check name and version (aws secretsmanager list-secret-version-ids).",
            ),
            "ResourceNotFoundException" => Diagnosis::new(
                Code::StoreNotFound,
                format!("There is no secret of this name in {place}."),
                "Create it, or check its name, ‹namespace›, ‹secrets-manager-region› and ‹secrets-manager-account-id›.",
            ),
            "AccessDeniedException" | "AccessDenied" => self.diagnose_denial(),
            "DecryptionFailure" => Diagnosis::new(
                Code::StoreNotDecryptable,
                "The role is not allowed to decrypt the secret with its KMS key.",
                "Allow `kms:Decrypt` on that key in the role's policy; if the key is in another account, in the key's policy too.",
            ),
            "InvalidRequestException" => Diagnosis::new(
                Code::StoreNotReadable,
                "The secret is scheduled for deletion, or has no version with this stage.",
                "Restore it (aws secretsmanager restore-secret), or give it a value.",
            ),
            _ => diagnose_session("Secrets Manager", answer).unwrap_or_else(|| {
                Diagnosis::new(
                    Code::StoreRefused,
                    "Secrets Manager refused the request.",
                    "Check the secret's name and region.",
                )
            }),
        }
    }
}

/// What a refusal of the session means, whatever it asks for.
pub fn diagnose_session(service: &str, answer: &Answer) -> Option<Diagnosis> {
    let diagnosis = match SigningFault::of(answer)? {
        SigningFault::Credentials => Diagnosis::new(
            Code::CredentialsRefused,
            format!("{service} does not know the session's credentials."),
            "Check that the region is in the role's partition, and that it is enabled for the account; with \
             ‹identity: environment›, that the environment's credentials are still valid.",
        ),
        SigningFault::Signature => Diagnosis::new(
            Code::SignatureRefused,
            format!("{service} does not accept the request's signature."),
            "Check the runner's clock, and that no proxy changes requests.",
        ),
    };
    Some(diagnosis)
}

impl GetSecretValue<'_> {
    fn diagnose_denial(&self) -> Diagnosis {
        let Access { role, session_tags, .. } = self.access;
        let (of_whom, tags) = (self.access.whose(), self.access.tags());
        let own = role.map(RoleArn::account);
        let elsewhere = match (&self.wanted.secret.account, own) {
            (Some(account), Some(own)) if account != own => format!(
                " The secret is in account {account}, the role in {own}: the secret's resource policy and its KMS key \
                 must allow the role too."
            ),
            _ => String::new(),
        };
        let namespace = session_tags.map_or_else(String::new, |tags| namespace_hint(&self.wanted.secret.name, tags));
        Diagnosis::new(
            Code::StoreAccessDenied,
            format!(
                "No policy of {of_whom} allows a session with this job's tags to read this secret, or it does not exist.{tags}\
                 {elsewhere}{namespace}"
            ),
            "A job reads the stores of its own repository and environment, and other secrets only if the role's policy \
             names them. Compare the secret's name (and its tags, if policies use them) with the session's tags; if an \
             environment has no store of its own, see ‹environment-store›.",
        )
    }
}

/// What to say of a store that is named by another word than the one that tags the session, and so policies, know.
fn namespace_hint(store: &str, tags: &[(String, String)]) -> String {
    let Some((namespace, _)) = store.split_once("/repo/") else { return String::new() };
    // IAM takes the case of a tag's key for none, and that of its value for some.
    let of_whom = |wanted: &str| tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted));
    let owners: Vec<_> = ["enterprise", "repository_owner"].into_iter().filter_map(of_whom).collect();
    match owners.first() {
        Some((key, value)) if owners.iter().all(|(_, value)| value != namespace) => format!(
            " The store's name begins with {namespace}, the session's tag {key} is {value}: if the role's policy names \
             stores by that tag, set ‹namespace: {value}›.",
            value = printable(value),
        ),
        _ => String::new(),
    }
}

/// As many as one BatchGetSecretValue takes.
pub const MAX_BATCH: usize = 20;

/// Reads the current versions of up to [`MAX_BATCH`] secrets.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html>
pub struct BatchGetSecretValue<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// Which.
    pub secrets: Vec<&'a SecretId>,
}

impl Operation for BatchGetSecretValue<'_> {
    const NAME: &'static str = "BatchGetSecretValue";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    /// For each secret its value, or what was answered for it alone; nothing if there is neither, as when the answer
    /// goes on in another page.
    type Output = Vec<Option<Result<SecretValue, Answer>>>;

    fn subject(&self) -> String {
        format!("{} secrets (region {})", self.secrets.len(), self.access.region)
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let ids: Vec<_> = self.secrets.iter().map(|secret| string(secret.as_parameter())).collect();
        let body = format!("{{\"SecretIdList\":[{}]}}", ids.join(","));
        self.access.request("secretsmanager.BatchGetSecretValue", body, MAX_BATCH * MAX_BODY_BYTES / 2, at)
    }

    fn parse(&self, response: &Response) -> Result<Self::Output, &'static str> {
        let body = response.json().ok_or("no secrets' values in it")?;
        let (entries, errors) = (body.objects("SecretValues"), body.objects("Errors"));
        if entries.is_none() && errors.is_none() {
            return Err("no secrets' values in it");
        }
        let errors = errors.unwrap_or_default();
        let mut values = Vec::new();
        for entry in entries.unwrap_or_default() {
            let value = secret_value(&entry).ok_or("a secret without a value in it")?;
            values.push((entry.text("Name").unwrap_or_default(), entry.text("ARN").unwrap_or_default(), value));
        }
        let sent = &self.access.credentials;
        let sent = [&sent.access_key_id, &sent.secret_access_key].into_iter().chain(&sent.session_token);
        let sent: Vec<_> = sent.cloned().collect();
        let outcome = |secret: &&SecretId| {
            let value = values.iter().find(|(name, arn, _)| secret.is(name, arn));
            let refused = || {
                let asked = Some(secret.as_parameter());
                let error = errors.iter().find(|error| error.text("SecretId").as_deref() == asked)?;
                let text = |name| error.text(name).unwrap_or_default();
                Some(Err(Answer::new(response, &text("ErrorCode"), &text("Message"), response.request_id(), &sent)))
            };
            value.map(|(_, _, value)| Ok(value.clone())).or_else(refused)
        };
        Ok(self.secrets.iter().map(outcome).collect())
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            "AccessDeniedException" | "AccessDenied" => Diagnosis::new(
                Code::BatchRefused,
                "The role is not allowed to call BatchGetSecretValue.",
                "Allow `secretsmanager:BatchGetSecretValue` on `*`: it opens no secret by itself.",
            ),
            _ => diagnose_session("Secrets Manager", answer).unwrap_or_else(|| {
                Diagnosis::new(
                    Code::BatchRefused,
                    "Secrets Manager does not take these secrets in one call.",
                    "One of the secrets is not allowed in a batch, or this endpoint has no such operation.",
                )
            }),
        }
    }
}

/// A secret as both operations answer it.
fn secret_value(body: &Object) -> Option<SecretValue> {
    let content = match (body.text("SecretString"), body.text("SecretBinary")) {
        (Some(text), _) => Content::Text(Secret::new(text)),
        (None, Some(base64)) if STANDARD.decode(&base64).is_ok() => Content::Binary(Secret::new(base64)),
        _ => return None,
    };
    Some(SecretValue::new(&body.text("ARN")?, &body.text("VersionId").unwrap_or_default(), content))
}

#[cfg(test)]
mod tests;
