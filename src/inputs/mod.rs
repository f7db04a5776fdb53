//! The step's inputs: read once, validated whole, every problem reported at once.

use std::time::Duration;

use serde::Deserialize;

use crate::aws::environment::AwsEnvironment;
use crate::aws::names::Region;
use crate::error::Error;
use crate::export::{ExportCredentials, ExportOptions};
use crate::github::claims::Claims;
use crate::github::job_token::TokenOptions;
use crate::host::url::BaseUrl;
use crate::identity::{Identity, SessionOptions};
use crate::inputs::vault::VaultInputs;
use crate::migration::MigrationOptions;
use crate::stores::StoreOptions;
use crate::text::secret::Secret;
use crate::text::table::Table;

mod migration;
pub mod reader;
pub mod table;
pub mod vault;
pub mod vault_action;

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Values, and credentials if they are asked for, exported to later steps.
    Export,
    /// Values.
    Values,
    /// Credentials of the role.
    Credentials,
    /// The token that STS takes for them.
    WebIdentityToken,
    /// A session that looks after stores.
    Manage,
}

impl Goal {
    fn is_values(self) -> bool {
        matches!(self, Self::Export | Self::Values)
    }
}

/// What the host hands over: inputs by name, and the AWS settings of the environment.
#[derive(Debug, Deserialize)]
pub struct RawInputs {
    /// What for.
    pub goal: Goal,
    /// `repository` and `environment` where no token says them: on a developer's machine, with credentials of its own.
    pub claims: Table<Secret>,
    /// Absent and empty mean the same.
    pub inputs: Table<Secret>,
    /// Those of [`AwsEnvironment::variables`] that are set.
    pub environment: AwsEnvironment,
    /// Whether the runner is one for Windows, which reads its files by other lines.
    #[serde(default)]
    pub windows: bool,
    /// Whether nobody is told the masks of the plan, so that none are made, and nothing is said of what they would hide.
    #[serde(default)]
    pub unmasked: bool,
}

/// The inputs of any step, by where it reads from.
#[derive(Debug)]
pub enum Step {
    /// AWS, or what else takes a role of AWS.
    Aws(Box<Inputs>),
    /// Vault or OpenBao.
    Vault(Box<VaultInputs>),
}

impl Step {
    /// Reads and checks everything; nothing has been sent when this fails.
    pub fn parse(raw: RawInputs) -> Result<Self, Error> {
        reader::read_step(&raw).map_err(Error::InvalidInput)
    }
}

/// The inputs of a step that asks AWS, each valid by itself and with the others, defaults filled in.
#[derive(Debug)]
pub struct Inputs {
    /// What for.
    pub goal: Goal,
    /// Given instead of a token's
    pub claims: Option<Claims>,
    /// The way to a session.
    pub session: SessionOptions,
    /// For the GitHub token.
    pub token: TokenOptions,
    /// For the values.
    pub stores: StoreOptions,
    /// `aws-region`, or where the identity is
    pub region: Region,
    /// Where S3 is, in that region.
    pub s3: BaseUrl,
    /// Away from GitHub's own secrets, if that is asked for.
    pub migration: Option<MigrationOptions>,
    /// For later steps.
    pub export: ExportOptions,
    /// `timeout-seconds`
    pub timeout: Duration,
    /// `AWS_MAX_ATTEMPTS`
    pub max_attempts: Option<u32>,
}

impl Inputs {
    /// The same, for what only AWS can give.
    pub fn parse(raw: RawInputs) -> Result<Self, Error> {
        reader::read(&raw).map_err(Error::InvalidInput)
    }
}

impl Inputs {
    /// Whether a step has neither values to load nor credentials to export.
    pub fn wants_nothing(&self) -> bool {
        let exports = self.export.credentials != ExportCredentials::None;
        self.goal == Goal::Export && self.stores.is_empty() && !exports && self.migration.is_none()
    }

    /// Whether a request is signed: those of an exchange by tokens are not.
    pub fn signs(&self) -> bool {
        self.session.chain.is_some() || self.migration.is_some() || !self.stores.is_empty()
    }

    /// Whether anything is asked of STS at all.
    pub fn calls_sts(&self) -> bool {
        self.session.assumes_role() && self.goal != Goal::WebIdentityToken
    }

    /// Whether a GitHub token is needed: to show it, or for what its claims name.
    pub fn needs_token(&self) -> bool {
        let is_shown = !matches!(self.session.identity, Identity::Environment(_));
        is_shown
            || (self.claims.is_none()
                && (self.session.chain.is_some() || self.migration.is_some() || !self.stores.kinds().is_empty()))
    }
}

#[cfg(test)]
mod tests;
