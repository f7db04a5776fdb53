//! The login by a JWT.
//! <https://developer.hashicorp.com/vault/api-docs/auth/jwt#jwt-login>

use std::time::SystemTime;

use crate::call::operation::Operation;
use crate::call::protocol::Protocol;
use crate::call::redirect::Redirect;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::github::Login;
use crate::github::claims::Claims;
use crate::host::answer::Answer;
use crate::host::http::{Method, Request, Response};
use crate::host::url::BaseUrl;
use crate::text::json::object_of;
use crate::text::printable::printable;
use crate::text::secret::Secret;
use crate::vault::cluster::Cluster;
use crate::vault::protocol::Vault;

/// A role of an auth method.
#[derive(Debug, Clone)]
pub struct VaultRole {
    /// `vault-role`
    pub name: String,
    /// `vault-auth-path`, without `auth/`
    pub auth_path: String,
}

/// Exchanges the GitHub token for one of Vault.
pub struct VaultLogin<'a> {
    /// Where.
    pub cluster: &'a Cluster,
    /// As whom.
    pub role: &'a VaultRole,
    /// What is shown.
    pub login: Login<'a>,
    /// What it says, for what a refusal means.
    pub claims: &'a Claims,
}

/// A token of Vault.
#[derive(Debug, Clone)]
pub struct VaultToken {
    /// The token itself.
    pub token: Secret,
    /// Whether it is a batch token, which nobody can revoke.
    pub is_batch: bool,
    /// How long it lives.
    pub seconds: String,
    /// What it may do, safe to print.
    pub policies: String,
}

impl Operation for VaultLogin<'_> {
    const NAME: &'static str = "Vault login";
    const PROTOCOL: &'static dyn Protocol = &Vault;
    type Output = VaultToken;

    fn subject(&self) -> String {
        format!("role {} of auth/{}", printable(&self.role.name), printable(&self.role.auth_path))
    }

    fn endpoint(&self) -> &BaseUrl {
        self.cluster.node()
    }

    fn request(&self, _at: SystemTime) -> Result<Request, Error> {
        let token = self.login.token.borrow();
        let body = object_of(&[("jwt", token.secret()), ("role", &self.role.name)]);
        let path = format!("auth/{}/login", self.role.auth_path);
        let request = self.cluster.request(Method::Post, &path, body, None);
        Ok(Request { credentials: vec![token.clone()], ..request })
    }

    fn redirect(&self, from: &str, hops: u32, response: &Response) -> Redirect {
        self.cluster.redirect(from, hops, response)
    }

    fn parse(&self, response: &Response) -> Result<VaultToken, &'static str> {
        let auth = response.json().and_then(|body| body.object("auth")).ok_or("no token in it")?;
        let token = auth.text("client_token").filter(|token| !token.is_empty()).ok_or("no token in it")?;
        // It becomes a header, and a line of a file.
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a token in it that no header can have");
        }
        Ok(VaultToken {
            token: Secret::new(token),
            is_batch: auth.text("token_type").as_deref() == Some("batch"),
            seconds: printable(auth.json("lease_duration").unwrap_or_default()),
            policies: printable(&auth.texts("policies").unwrap_or_default().join(", ")),
        })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        let diagnosis = self.diagnosis(answer);
        match diagnosis.code {
            Code::VaultAuthNotFound | Code::VaultRoleNotFound => {
                Diagnosis { next: diagnosis.next + self.cluster.namespace_hint(), ..diagnosis }
            }
            _ => diagnosis,
        }
    }
}

impl VaultLogin<'_> {
    /// By the texts of the JWT method, which are the same in Vault and OpenBao.
    fn diagnosis(&self, answer: &Answer) -> Diagnosis {
        let VaultRole { name, auth_path } = self.role;
        let (role, path, message) = (printable(name), printable(auth_path), answer.message.as_str());
        let read_role = format!("vault read auth/{path}/role/{role}");
        let has = |part: &str| message.contains(part);
        if matches!(answer.status, 403 | 404) {
            return Diagnosis::new(
                Code::VaultAuthNotFound,
                format!(
                    "Vault has no JWT auth method at auth/{path}, or the role does not admit the runner's address."
                ),
                "Check ‹vault-auth-path› (vault auth list shows the paths; the default is `jwt`), and the role's \
                 `token_bound_cidrs`.",
            );
        }
        // `role "NAME" could not be found`
        if has("could not be found") && has("role") {
            return Diagnosis::new(
                Code::VaultRoleNotFound,
                format!("auth/{path} has no role {role}."),
                format!("Check ‹vault-role› (vault list auth/{path}/role)."),
            );
        }
        if has("(aud) claim") || has("no audiences bound") {
            let audience = printable(&self.claims.texts("aud").join(", "));
            return Diagnosis::new(
                Code::VaultAudienceRefused,
                format!("The role {role} does not accept the token's audience, {audience}."),
                format!(
                    "Add `{audience}` to the role's `bound_audiences`, or set ‹vault-audience› to one that is there \
                     ({read_role})."
                ),
            );
        }
        if let Some(claim) = refused_claim(message) {
            return self.diagnose_claim(&claim, has("is missing") || has("not found in token"), &read_role);
        }
        if has("signature") || has("claim: token") || has("(iss) claim") || has("(exp) claim") || has("(nbf) claim") {
            return Diagnosis::new(
                Code::VaultTokenRefused,
                "Vault does not accept the GitHub token, though its signature, its times and its issuer are right for this step.",
                format!(
                    "Compare with vault read auth/{path}/config: `bound_issuer` and `oidc_discovery_url` (or the keys) must be those of \
                     the issuer {}. If Vault speaks of times, its clock is wrong.",
                    self.login.issuer
                ),
            );
        }
        Diagnosis::new(
            Code::VaultLoginRefused,
            format!("auth/{path} refused the login as role {role}."),
            format!("See Vault's words above, and the role ({read_role})."),
        )
    }

    fn diagnose_claim(&self, claim: &str, is_missing: bool, read_role: &str) -> Diagnosis {
        let role = printable(&self.role.name);
        let claim_shown = printable(claim);
        if is_missing {
            return Diagnosis::new(
                Code::VaultClaimMissing,
                format!("The role {role} wants the claim `{claim_shown}`, which this job's token does not have."),
                format!(
                    "A job has the claim `environment` only with `environment:`, and `enterprise` only in an enterprise. \
                     Otherwise correct the role's `bound_claims`, `user_claim` or `claim_mappings` ({read_role})."
                ),
            );
        }
        let value = printable(&self.claims.texts(claim).join(", "));
        let subject = match claim {
            "sub" => {
                " GitHub writes `sub` in two forms: bind `repository` and `environment`, which have one, in its place."
            }
            _ => "",
        };
        Diagnosis::new(
            Code::VaultClaimRefused,
            format!(
                "The role {role} is bound to other values of the claim `{claim_shown}` than this job's, `{value}`."
            ),
            format!(
                "Run the job where the role admits it (branch, environment, repository), or add `{value}` to the role's \
                 bound claims ({read_role}).{subject}"
            ),
        )
    }
}

/// The claim that Vault names: `claim "NAME" …`, or `invalid subject (sub) claim`.
fn refused_claim(message: &str) -> Option<String> {
    if message.contains("(sub) claim") {
        return Some("sub".to_owned());
    }
    let (_, rest) = message.split_once("claim \"")?;
    rest.split_once('"').map(|(name, _)| name.trim_start_matches('/').to_owned())
}
