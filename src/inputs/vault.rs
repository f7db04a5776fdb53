//! The inputs of a step that reads from Vault.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::aws::audience::is_for_aws;
use crate::export::{ExportCredentials, ExportOptions};
use crate::github::job_token::TokenOptions;
use crate::host::url::BaseUrl;
use crate::inputs::Goal;
use crate::inputs::reader::Reader;
use crate::inputs::table::{INPUT_DEFAULTS, INPUT_NAMES};
use crate::inputs::vault_action::VAULT_NOTATION;
use crate::lines::vault::{self, VaultLine};
use crate::text::printable::printable;
use crate::vault::cluster::Cluster;
use crate::vault::login::VaultRole;

/// The inputs of a step that reads from Vault, each valid by itself and with the others, defaults filled in.
#[derive(Debug)]
pub struct VaultInputs {
    /// What for.
    pub goal: Goal,
    /// `vault-url` and `vault-namespace`
    pub cluster: Cluster,
    /// `vault-role` and `vault-auth-path`
    pub role: VaultRole,
    /// For the GitHub token, `vault-audience` among it.
    pub token: TokenOptions,
    /// `vault-ca-certificate`, as PEM
    pub ca_certificate: Option<String>,
    /// `vault-secrets`
    pub lines: Vec<VaultLine>,
    /// `export-vault-token`
    pub export_token: bool,
    /// For later steps.
    pub export: ExportOptions,
    /// `timeout-seconds`
    pub timeout: Duration,
}

impl VaultInputs {
    /// Whether a step has neither values to load nor a token to export.
    pub fn wants_nothing(&self) -> bool {
        self.lines.is_empty() && !self.export_token
    }
}

/// The inputs that a step has whatever it reads from.
const OF_BOTH: [&str; 7] = [
    "github-enterprise-name",
    "oidc-issuer",
    "github-token",
    "export-env",
    "export-outputs",
    "min-mask-length",
    "timeout-seconds",
];

/// Said of an input of the other backend.
const ONE_BACKEND: &str = "is for AWS, and ‹vault-url› for Vault: a step reads from one of them, so that its values, errors and \
     rules are those of one place. Use a step for each";

impl Reader<'_> {
    /// Whether an input of Vault's is given.
    pub(super) fn is_of_vault(&self) -> bool {
        let given = |name: &str| name.starts_with("vault-") && self.text(name).is_some();
        self.raw.inputs.names().any(given) || self.text("export-vault-token").is_some_and(|text| text != "false")
    }

    /// Says of each input of Vault's that nothing but values is read from there.
    pub(super) fn refuse_vault(&mut self) {
        let names: Vec<_> =
            self.raw.inputs.names().filter(|name| name.starts_with("vault-")).map(str::to_owned).collect();
        for name in names.iter().filter(|name| self.text(name).is_some()).cloned().collect::<Vec<_>>() {
            self.problem(&name, "is only for reading values: Vault has no credentials of AWS, and no stores");
        }
    }

    /// None if something is wrong; problems are in `problems`.
    #[inline(never)]
    pub(super) fn read_vault(&mut self) -> Option<VaultInputs> {
        self.check_names();
        if !matches!(self.raw.goal, Goal::Export | Goal::Values) {
            self.refuse_vault();
            return None;
        }
        self.refuse_aws();
        let nodes = self.nodes();
        let role = self.required("vault-role", "the name of a role of Vault's JWT auth method", part_of_path);
        let auth_path = self.optional("vault-auth-path", "the path of an auth method, such as `jwt`", |text| {
            path(text.trim_matches('/').strip_prefix("auth/").unwrap_or(text.trim_matches('/')))
        });
        let namespace =
            self.optional("vault-namespace", "the path of a namespace", |text| path(text.trim_matches('/')));
        let ca_certificate = self.ca_certificate();
        let lines = self.lines("vault-secrets", vault::parse);
        if self.raw.goal == Goal::Values && lines.as_deref().is_some_and(<[_]>::is_empty) {
            self.problem("vault-secrets", "names nothing to load: give entries `PATH KEY | NAME`, separated by `;`");
        }
        let export_token = self.boolean("export-vault-token", false);
        if export_token && self.raw.goal == Goal::Values {
            self.problem("export-vault-token", "is only for a step: a program gets values");
        }
        let credentials = if export_token { ExportCredentials::VaultToken } else { ExportCredentials::None };
        let export = self.export(Some(credentials))?;
        let timeout = self.timeout();
        let enterprise = self.enterprise();
        let issuer = self.issuer(enterprise.as_deref());
        let (first, others) = nodes?;
        let audience = self.vault_audience(&first)?;
        let (issuer_base, issuer) = issuer?;
        let token = TokenOptions { given: self.github_token(), issuer_base, issuer, audience };
        let role = VaultRole { name: role?, auth_path: auth_path.unwrap_or_else(|| "jwt".to_owned()) };
        let cluster = Cluster::new(first, others, namespace);
        Some(VaultInputs {
            goal: self.raw.goal,
            cluster,
            role,
            token,
            ca_certificate,
            lines: lines?,
            export_token,
            export,
            timeout,
        })
    }

    /// Says of each input of AWS's that is given why it cannot be. The action gives every input its default.
    fn refuse_aws(&mut self) {
        let is_default = |name: &str, text: &str| INPUT_DEFAULTS.contains(&(name, text));
        let is_of_aws = |name: &&str| {
            !name.starts_with("vault-")
                && *name != "export-vault-token"
                && !OF_BOTH.contains(name)
                && self.text(name).is_some_and(|text| !is_default(name, text))
        };
        let names: Vec<&str> = INPUT_NAMES.into_iter().filter(is_of_aws).collect();
        for name in names {
            match name {
                "audience" => self.problem(name, "is for AWS: with ‹vault-url›, give ‹vault-audience›"),
                "namespace" => {
                    self.problem(
                        name,
                        "is the first segment of AWS stores' names: Vault's namespace is ‹vault-namespace›",
                    );
                }
                "secrets" if self.text(name).is_some_and(vault::looks_like_vault) => self.problem(name, VAULT_NOTATION),
                _ => self.problem(name, ONE_BACKEND),
            }
        }
        let claims: Vec<_> = self.raw.claims.names().map(str::to_owned).collect();
        for name in claims {
            self.problem(&name, ONE_BACKEND);
        }
    }

    /// The address, and the further ones.
    fn nodes(&mut self) -> Option<(BaseUrl, Vec<BaseUrl>)> {
        const NAME: &str = "vault-url";
        let text = self.text(NAME).unwrap_or_default().to_owned();
        let mut nodes = Vec::new();
        for address in text.split([',', ' ', '\t', '\n', '\r']).filter(|address| !address.is_empty()) {
            match BaseUrl::parse(address) {
                Ok(node) => nodes.push(node),
                // What stands before an `@` may be a password.
                Err(problem) if address.contains('@') => self.problem(NAME, format!("an address {problem}")),
                Err(problem) => self.problem(NAME, format!("`{}` {problem}", printable(address))),
            }
        }
        if text.is_empty() {
            self.problem(NAME, "is required with the other inputs of Vault: its address, https://HOST:8200");
        }
        (!nodes.is_empty()).then(|| (nodes.remove(0), nodes))
    }

    /// Not shown if it is wrong: it may be a key.
    fn ca_certificate(&mut self) -> Option<String> {
        const NAME: &str = "vault-ca-certificate";
        let pem = certificate(self.text(NAME)?);
        if pem.is_none() {
            self.problem(NAME, "is not a certificate in PEM, or one in Base64");
        }
        pem
    }

    /// Whoever receives a token for an audience of AWS's could show it there.
    fn vault_audience(&mut self, vault: &BaseUrl) -> Option<String> {
        const NAME: &str = "vault-audience";
        let audience = self.text(NAME).unwrap_or(vault.origin()).to_owned();
        if is_for_aws(&audience) {
            let message = format!(
                "`{}` is an audience of AWS: Vault, or whoever reads its traffic, could use the token there. Choose another, such \
                 as Vault's own address, and add it to the role's `bound_audiences`",
                printable(&audience)
            );
            self.problem(NAME, message);
            return None;
        }
        Some(audience)
    }
}

/// A part of a URL's path that needs no encoding.
fn part_of_path(text: &str) -> Option<String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-.@:+".contains(character);
    (!text.is_empty() && text.chars().all(is_plain) && !matches!(text, "." | "..")).then(|| text.to_owned())
}

fn path(text: &str) -> Option<String> {
    text.split('/').all(|part| part_of_path(part).is_some()).then(|| text.to_owned())
}

/// PEM, by itself or in Base64 as vault-action takes it.
fn certificate(text: &str) -> Option<String> {
    let is_pem =
        |text: &str| text.contains("-----BEGIN CERTIFICATE-----") && text.contains("-----END CERTIFICATE-----");
    if is_pem(text) {
        return Some(text.to_owned());
    }
    let base64: String = text.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(base64).ok()?).ok().filter(|text| is_pem(text))
}
