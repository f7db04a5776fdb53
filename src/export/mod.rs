//! The export plan: every mask, and each file's whole addition. It is complete before the first write.

use crate::aws::config_file::ProfileName;
use crate::aws::names::{AccountId, Region};
use crate::aws::session::Session;
use crate::aws::sigv4::Credentials;
use crate::error::Error;
use crate::error::problem::ValueProblem;
use crate::export::file_commands::file_commands;
use crate::export::masks::Masks;
use crate::lines::values::Kind;
use crate::migration::Migrated;
use crate::stores::resolve::Value;
use crate::text::secret::Secret;

pub mod file_commands;
pub mod masks;
pub mod summary;

/// Where credentials go that later steps may use: `export-aws-credentials`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportCredentials {
    /// Nowhere.
    None,
    /// To the environment.
    Environment,
    /// To a profile of the files that AWS's tools read.
    Profile(ProfileName),
    /// Vault's token and no credentials of AWS, to the environment: `export-vault-token`
    VaultToken,
}

/// What is exported, and where to.
#[derive(Debug)]
pub struct ExportOptions {
    /// `export-aws-credentials`
    pub credentials: ExportCredentials,
    /// `overwrite-aws-profile`
    pub overwrite_profile: bool,
    /// A profile is of no use to tools that find these.
    pub has_environment_credentials: bool,
    /// `export-env`
    pub env: bool,
    /// `export-outputs`
    pub outputs: bool,
    /// `min-mask-length`, in characters
    pub min_mask_length: usize,
    /// Whether nobody is told the masks.
    pub unmasked: bool,
    /// Whether the runner is one for Windows.
    pub windows: bool,
}

/// What the host has to do, in the order of the fields. It decides nothing.
#[derive(Debug, Clone)]
pub struct ExportPlan {
    /// To be masked before anything is written.
    pub masks: Vec<Secret>,
    /// To be appended to `GITHUB_ENV`; may be empty.
    pub environment: Secret,
    /// To be appended to `GITHUB_OUTPUT`.
    pub outputs: Secret,
    /// To be appended to `GITHUB_STEP_SUMMARY`: Markdown without values.
    pub summary: String,
    /// To be merged into the files of AWS's tools.
    pub profile: Option<ProfilePlan>,
}

/// A profile with credentials.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
#[derive(Debug, Clone)]
pub struct ProfilePlan {
    /// Its name.
    pub name: String,
    /// `overwrite-aws-profile`
    pub overwrite: bool,
    /// For the shared credentials file.
    pub credentials: Vec<(String, Secret)>,
    /// For the config file.
    pub region: String,
}

/// Masks for so many bytes of secrets are made before the host gets its turn: some milliseconds.
const BYTES_BETWEEN_TURNS: usize = 64 * 1024;

/// What the plan is made from.
pub struct Export<'a> {
    /// What was asked for.
    pub options: &'a ExportOptions,
    /// `aws-region`, or where the identity is: where later steps use the credentials.
    pub region: Option<&'a Region>,
    /// The account of the session's role.
    pub account: Option<&'a AccountId>,
    /// What the values are from.
    pub source: &'static str,
    /// What came of it.
    pub outcome: &'a Outcome,
}

impl Export<'_> {
    /// The plan, and warnings for the log. `give_way` is called again and again where much is to be masked, and may end it.
    pub async fn plan(
        &self,
        give_way: impl AsyncFn() -> Result<(), Error>,
    ) -> Result<(ExportPlan, Vec<String>), Error> {
        let Self { options, account, outcome, .. } = *self;
        let region = self.region.map_or("", Region::name);
        let (masks, mut warnings) = self.masks(give_way).await?;
        let values = || outcome.values.iter().map(|value| (value.name.as_str(), value.text.secret()));
        let exported = self.credentials();
        let mut environment = Vec::new();
        let mut profile = None;
        match &options.credentials {
            ExportCredentials::None => {}
            ExportCredentials::Environment => {
                environment.extend(exported.iter().map(|(name, text)| (*name, text.secret())));
                environment.extend(["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name, region)));
            }
            ExportCredentials::VaultToken => {
                environment.extend(exported.iter().map(|(name, text)| (*name, text.secret())));
            }
            ExportCredentials::Profile(name) => {
                if options.has_environment_credentials {
                    warnings.push(shadowed(name.as_str()));
                }
                profile = Some(self.profile(name, &exported));
            }
        }
        if options.env {
            let is_taken = |value: &&Value| environment.iter().any(|(other, _)| value.name.is_same(other));
            if let Some(value) = outcome.values.iter().find(is_taken) {
                return Err(self.taken(value));
            }
            environment.extend(values());
        }

        let count = outcome.values.len().to_string();
        let mut outputs = vec![
            ("aws-account-id", account.map_or("", AccountId::digits)),
            ("role-session-name", outcome.session_name.as_deref().unwrap_or("")),
            ("values-loaded", count.as_str()),
        ];
        if options.outputs {
            outputs.extend(values());
        }
        let plan = ExportPlan {
            masks,
            environment: file_commands(&environment, options.windows)?,
            outputs: file_commands(&outputs, options.windows)?,
            summary: self.summary(),
            profile,
        };
        Ok((plan, warnings))
    }

    #[inline(never)]
    fn profile(&self, name: &ProfileName, exported: &[(&str, Secret)]) -> ProfilePlan {
        ProfilePlan {
            name: name.as_str().to_owned(),
            overwrite: self.options.overwrite_profile,
            // A setting is called as its variable, in lower case.
            credentials: exported.iter().map(|(name, text)| (name.to_ascii_lowercase(), text.clone())).collect(),
            region: self.region.map_or("", Region::name).to_owned(),
        }
    }

    #[inline(never)]
    fn taken(&self, value: &Value) -> Error {
        Error::ValuesUnusable(vec![ValueProblem::ValueUnusable {
            variable: value.name.to_string(),
            key: String::new(),
            store: value.secret_name.clone(),
            problem: match self.options.credentials {
                ExportCredentials::VaultToken => "would set what ‹export-vault-token› sets",
                _ => "would set what ‹export-aws-credentials› sets",
            },
        }])
    }

    /// The session's credentials, if they are exported, by the names of their variables.
    fn credentials(&self) -> Vec<(&'static str, Secret)> {
        if let Some(token) = &self.outcome.vault_token {
            return vec![("VAULT_TOKEN", token.clone())];
        }
        let Some(session) = self.outcome.session.as_ref() else { return vec![] };
        if self.options.credentials == ExportCredentials::None {
            return vec![];
        }
        let Credentials { access_key_id, secret_access_key, session_token } = session.credentials.clone();
        let mut exported = vec![("AWS_ACCESS_KEY_ID", access_key_id), ("AWS_SECRET_ACCESS_KEY", secret_access_key)];
        exported.extend(session_token.map(|token| ("AWS_SESSION_TOKEN", token)));
        exported
    }

    /// The masks of all that is exported, and warnings about them.
    async fn masks(&self, give_way: impl AsyncFn() -> Result<(), Error>) -> Result<(Vec<Secret>, Vec<String>), Error> {
        let mut masks = Masks::new(self.options.min_mask_length);
        let mut warnings = Vec::new();
        if self.options.unmasked {
            return Ok((Vec::new(), warnings));
        }
        let mut ordinary = Vec::new();
        let mut bytes_since = 0;
        self.credentials().iter().for_each(|(_, text)| _ = masks.add(text));
        for Value { name, text, also, .. } in self.outcome.values.iter().filter(|value| value.kind == Kind::Secret) {
            bytes_since += text.secret().len();
            if bytes_since > BYTES_BETWEEN_TURNS {
                give_way().await?;
                bytes_since = 0;
            }
            if text.secret().trim().is_empty() {
                warnings.push(format!("{name} is empty or white space, which cannot be masked."));
                continue;
            }
            let mut hits_ordinary = masks.add(text);
            if let Some(also) = also {
                hits_ordinary |= masks.add(also);
            }
            if hits_ordinary {
                ordinary.push(name.as_str());
            }
        }
        if !ordinary.is_empty() {
            warnings.push(hides_ordinary(&ordinary));
        }
        if masks.is_cut() {
            warnings.push(
                "There are so many secrets that encodings of some (Base64, URLs, quoting) are not masked. The secrets \
                 themselves are masked."
                    .to_owned(),
            );
        }
        Ok((masks.into_texts(), warnings))
    }
}

#[inline(never)]
fn hides_ordinary(names: &[&str]) -> String {
    format!(
        "{} can be masked only with ordinary text: a short text, a number or a common word. The log then shows `***` \
         wherever it has that text, and GitHub drops each output of the job that contains it. If it is not a secret, \
         load it as a variable; if it is, choose a longer value.",
        names.join(", ")
    )
}

/// What every AWS tool does when it finds both, and few users know.
#[inline(never)]
pub fn shadowed(profile: &str) -> String {
    format!(
        "AWS_ACCESS_KEY_ID is set: AWS tools use it instead of profile {profile}, unless their command line or code names \
         the profile. Unset it for the steps that use the profile."
    )
}

/// What a run came to, as far as its [`Goal`] went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The token that STS takes.
    pub web_identity_token: Option<Secret>,
    /// The name that the role session has, or is to have with that token.
    pub session_name: Option<String>,
    /// The session.
    pub session: Option<Session>,
    /// Vault's token, if it is exported.
    pub vault_token: Option<Secret>,
    /// What it took from GitHub.
    pub migrated: Vec<Migrated>,
    /// What it read.
    pub values: Vec<Value>,
}

#[cfg(test)]
mod tests;
