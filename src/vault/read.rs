//! A read of a path: of a KV engine of either version, or of any other engine that answers GET.
//! <https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version>

use std::time::SystemTime;

use crate::call::operation::Operation;
use crate::call::protocol::Protocol;
use crate::call::redirect::Redirect;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::host::answer::Answer;
use crate::host::http::{Method, Request, Response};
use crate::host::url::BaseUrl;
use crate::lines::vault::VaultPath;
use crate::text::json::Object;
use crate::text::printable::printable;
use crate::vault::cluster::Cluster;
use crate::vault::login::{VaultRole, VaultToken};
use crate::vault::protocol::Vault;

/// Reads a path.
pub struct VaultRead<'a> {
    /// Where.
    pub cluster: &'a Cluster,
    /// Which.
    pub path: &'a VaultPath,
    /// As whom.
    pub token: &'a VaultToken,
    /// Whose role the token is of, for what a refusal means.
    pub role: &'a VaultRole,
}

/// What is at a path.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// By key, as Vault writes it.
    pub values: Object,
    /// The version, if the engine counts them: KV version 2.
    pub version: Option<String>,
    /// Whether it was made for this token, and ends with it.
    pub is_leased: bool,
}

impl Operation for VaultRead<'_> {
    const NAME: &'static str = "Vault read";
    const PROTOCOL: &'static dyn Protocol = &Vault;
    type Output = Kept;

    fn subject(&self) -> String {
        self.path.shown()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.cluster.node()
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        Ok(self.cluster.request(Method::Get, &self.path.encoded(), String::new(), Some(&self.token.token)))
    }

    fn redirect(&self, from: &str, hops: u32, response: &Response) -> Redirect {
        self.cluster.redirect(from, hops, response)
    }

    fn parse(&self, response: &Response) -> Result<Kept, &'static str> {
        let body = response.json().ok_or("no secret in it")?;
        let is_leased = body.text("lease_id").is_some_and(|id| !id.is_empty());
        let data = match body.json("data") {
            Some("null") => Object::default(),
            _ => body.object("data").ok_or("no secret in it")?,
        };
        // Version 2 has the secret one level deeper. A secret of version 1 may have a key `data` too.
        let version = data.object("metadata").and_then(|metadata| metadata.scalar("version"));
        let values = match data.json("data") {
            Some("null") => Some(Object::default()),
            _ => data.object("data"),
        };
        Ok(match (values, version) {
            (Some(values), Some(version)) => Kept { values, version: Some(printable(&version)), is_leased },
            _ => Kept { values: data, version: None, is_leased },
        })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        let (path, hint) = (self.path, self.cluster.namespace_hint());
        match (answer.status, answer.code.as_str()) {
            (403, _) => {
                let with_data = match path.with_data() {
                    Some(other) if !path.has_data() => {
                        format!(" In a KV engine of version 2 the path has `data/` after the mount: `{other}`.")
                    }
                    _ => String::new(),
                };
                let VaultToken { policies, .. } = self.token;
                Diagnosis::new(
                    Code::VaultAccessDenied,
                    format!(
                        "No policy of the role {} (policies {policies}) allows this path to be read.",
                        printable(&self.role.name)
                    ),
                    format!(
                        "Check the path, or allow it in a policy of the role: path \"{}\" {{ capabilities = [\"read\"] }}.\
                         {with_data}{hint}",
                        path.shown().split('?').next().unwrap_or_default()
                    ),
                )
            }
            (404, "deletion_time") => Diagnosis::new(
                Code::VaultSecretDeleted,
                "This version of the secret was deleted, at the time that Vault says.",
                "Restore it (vault kv undelete), write a new version, or name another with `?version=`.",
            ),
            (404, "destroyed") => Diagnosis::new(
                Code::VaultSecretDeleted,
                "This version of the secret was destroyed, for good.",
                "Write a new version (vault kv put), or name another with `?version=`.",
            ),
            (404, "warnings") => Diagnosis::new(
                Code::VaultPathWrong,
                "The path is in a KV engine of version 2, whose secrets are below `data/`.",
                format!(
                    "Put `data/` after the mount: `{}`, if the mount has one part.",
                    path.with_data().unwrap_or_else(|| format!("{}/data/…", path.shown()))
                ),
            ),
            (404, _) if answer.message.contains("no handler for route") => Diagnosis::new(
                Code::VaultPathWrong,
                "Vault has no secrets engine at this path.",
                format!("Check the beginning of the path, the mount (vault secrets list).{hint}"),
            ),
            (404, _) => {
                let with_data = match path.has_data() {
                    true => " A KV engine of version 1 has no `data/` in its paths.",
                    false => "",
                };
                Diagnosis::new(
                    Code::VaultSecretNotFound,
                    "There is no secret at this path, or it has no such version.",
                    format!("Check the path and the version (vault kv get, vault kv metadata get).{with_data}{hint}"),
                )
            }
            (405, _) => Diagnosis::new(
                Code::VaultPathWrong,
                "This path of Vault cannot be read.",
                "Check the path: in a KV engine of version 2 secrets are read at `MOUNT/data/NAME`.",
            ),
            _ => Diagnosis::new(
                Code::VaultRefused,
                "Vault refused to read this path.",
                "See Vault's words above. Paths that need POST (PKI, SSH, transit) cannot be read by this step.",
            ),
        }
    }
}
