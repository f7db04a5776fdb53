//! The step's inputs: read once, validated whole, every problem reported at once.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::aws::config_file::ProfileName;
use crate::aws::endpoints::Service;
use crate::aws::environment::AwsEnvironment;
use crate::aws::names::{AccountId, Region, RoleArn};
use crate::aws::secret_id::Home;
use crate::error::Error;
use crate::github::claims::Claims;
use crate::host::url::BaseUrl;
use crate::identity::session_name::RoleSessionNameTemplate;
use crate::identity::{Chain, Flow, Identity};
use crate::inputs::reader::Reader;
use crate::lines::secrets::SecretLine;
use crate::lines::values::{Kind, ValueLine};
use crate::stores::naming::EnvironmentStore;
use crate::text::secret::Secret;

pub mod reader;
pub mod table;

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
    pub claims: BTreeMap<String, Secret>,
    /// Absent and empty mean the same.
    pub inputs: BTreeMap<String, Secret>,
    /// Those of [`AwsEnvironment::VARIABLES`] that are set.
    pub environment: AwsEnvironment,
    /// Whether the runner is one for Windows, which reads its files by other lines.
    #[serde(default)]
    pub windows: bool,
}

/// Where credentials go that later steps may use: `export-aws-credentials`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportCredentials {
    /// Nowhere.
    None,
    /// To the environment.
    Environment,
    /// To a profile of the files that AWS's tools read.
    Profile(ProfileName),
}

/// The step's inputs, each valid by itself and with the others, defaults filled in.
#[derive(Debug)]
pub struct Inputs {
    /// What for.
    pub goal: Goal,
    /// `identity`, with what it takes
    pub identity: Identity,
    /// `cognito-role-arn`; there is one wherever a role is assumed by a token
    pub role: Option<RoleArn>,
    /// `chain-role-arn`
    pub chain: Option<Chain>,
    /// Given instead of a token's
    pub claims: Option<Claims>,
    /// `values`, if values are what the run is for
    pub values: Vec<ValueLine>,
    /// `secrets`, likewise
    pub secrets: Vec<SecretLine>,
    /// `namespace`, or else `github-enterprise-name`; none means the claims give it
    pub namespace: Option<String>,
    /// Where the issuer's keys are: `oidc-issuer`
    pub issuer_base: BaseUrl,
    /// What the token's `iss` must be: `oidc-issuer` and the slug of `github-enterprise-name`
    pub issuer: BaseUrl,
    /// `audience`
    pub audience: String,
    /// `github-token`
    pub github_token: Option<Secret>,
    /// `secrets-manager-account-id`, `aws-account-id`, or that of the role that reads
    pub secrets_manager_account: Option<AccountId>,
    /// `aws-region`, or where the identity is
    pub region: Region,
    /// `secrets-manager-region`, or [`Inputs::region`]
    pub secrets_manager_region: Region,
    /// `cognito-region`, the pool's, or [`Inputs::region`]
    pub sts_region: Region,
    /// There
    pub sts_endpoint: BaseUrl,
    /// Where secrets of all regions are read, if the environment says so
    secrets_manager_endpoint: Option<BaseUrl>,
    environment: AwsEnvironment,
    /// `role-session-name`
    pub role_session_name: RoleSessionNameTemplate,
    /// `role-duration-seconds`
    pub role_duration_seconds: u32,
    /// `environment-store`
    pub environment_store: EnvironmentStore,
    /// `export-aws-credentials`
    pub export_credentials: ExportCredentials,
    /// `overwrite-aws-profile`
    pub overwrite_profile: bool,
    /// A profile is of no use to tools that find these
    pub has_environment_credentials: bool,
    /// `export-env`
    pub export_env: bool,
    /// `export-outputs`
    pub export_outputs: bool,
    /// `min-mask-length`, in characters
    pub min_mask_length: usize,
    /// `timeout-seconds`
    pub timeout: Duration,
    /// `AWS_MAX_ATTEMPTS`
    pub max_attempts: Option<u32>,
    /// Whether the runner is one for Windows
    pub windows: bool,
}

impl Inputs {
    /// Reads and checks everything; nothing has been sent when this fails.
    pub fn parse(raw: RawInputs) -> Result<Self, Error> {
        let mut reader = Reader { raw: &raw, problems: Vec::new() };
        let inputs = reader.read();
        match inputs {
            Some(inputs) if reader.problems.is_empty() => Ok(inputs),
            _ => Err(Error::InvalidInput(reader.problems)),
        }
    }
}

impl Inputs {
    /// Whether a step has neither values to load nor credentials to export.
    pub fn wants_nothing(&self) -> bool {
        let wants_values = !self.values.is_empty() || !self.secrets.is_empty();
        self.goal == Goal::Export && !wants_values && self.export_credentials == ExportCredentials::None
    }

    /// The kinds of store that `values` needs.
    pub fn kinds(&self) -> Vec<Kind> {
        let needed = |kind: &Kind| self.values.iter().any(|line| line.kind() == *kind);
        [Kind::Secret, Kind::Variable].into_iter().filter(needed).collect()
    }

    /// The role that reads.
    pub fn reader(&self) -> Option<&RoleArn> {
        self.chain.as_ref().map(|chain| &chain.role).or(self.role.as_ref())
    }

    /// Where stores, and secrets without an ARN, are.
    pub fn home(&self) -> Home<'_> {
        let account = self.secrets_manager_account.as_ref();
        Home { region: &self.secrets_manager_region, account, reader: self.reader() }
    }

    /// Whether STS gives the session, by this run or by whoever takes its token, and so one of the name that the inputs give.
    pub fn assumes_role(&self) -> bool {
        let by_token = match &self.identity {
            Identity::Cognito { flow, .. } => *flow == Flow::Basic,
            Identity::WebIdentity => true,
            Identity::Environment(_) => false,
        };
        by_token || self.chain.is_some()
    }

    /// Whether a request is signed: those of an exchange by tokens are not.
    pub fn signs(&self) -> bool {
        self.chain.is_some() || !self.regions().is_empty()
    }

    /// Whether anything is asked of STS at all.
    pub fn calls_sts(&self) -> bool {
        self.assumes_role() && self.goal != Goal::WebIdentityToken
    }

    /// Whether a GitHub token is needed: to show it, or for what its claims name.
    pub fn needs_token(&self) -> bool {
        let is_shown = !matches!(self.identity, Identity::Environment(_));
        is_shown || (self.claims.is_none() && (self.chain.is_some() || !self.kinds().is_empty()))
    }

    /// The regions that something is read in.
    pub fn regions(&self) -> Vec<&Region> {
        let stores = (!self.values.is_empty()).then_some(&self.secrets_manager_region);
        let secrets = self.secrets.iter().map(|line| line.region().unwrap_or(&self.secrets_manager_region));
        let mut regions = Vec::new();
        for region in stores.into_iter().chain(secrets) {
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        regions
    }

    /// Where a region's secrets are read.
    pub fn secrets_manager_endpoint(&self, region: &Region) -> BaseUrl {
        let configured = self.secrets_manager_endpoint.clone();
        configured.unwrap_or_else(|| self.environment.public_endpoint(Service::SecretsManager, region))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Inputs, Vec<String>> {
        parse_for(Goal::Export, pairs)
    }

    fn parse_for(goal: Goal, pairs: &[(&str, &str)]) -> Result<Inputs, Vec<String>> {
        let given = [
            ("cognito-identity-pool-id", "us-west-2:12345678-1234-1234-1234-1234567890ab"),
            ("cognito-role-arn", "arn:aws:iam::123456789012:role/github-actions"),
            ("values", "A,secret"),
        ];
        let inputs = given.iter().chain(pairs).map(|(name, text)| ((*name).to_owned(), Secret::new(*text))).collect();
        let (environment, claims) = (AwsEnvironment::default(), BTreeMap::new());
        match Inputs::parse(RawInputs { goal, claims, inputs, environment, windows: false }) {
            Ok(inputs) => Ok(inputs),
            Err(Error::InvalidInput(problems)) => Err(problems.iter().map(ToString::to_string).collect()),
            Err(other) => panic!("{other}"),
        }
    }

    fn cognito(inputs: &Inputs) -> (Option<String>, String) {
        let Identity::Cognito { account, endpoint, .. } = &inputs.identity else { panic!("{:?}", inputs.identity) };
        (account.as_ref().map(|account| account.digits().to_owned()), endpoint.to_string())
    }

    #[test]
    fn pool_and_role_give_regions_and_accounts() {
        let inputs = parse(&[]).unwrap();
        let (account, endpoint) = cognito(&inputs);
        assert_eq!(endpoint, "https://cognito-identity.us-west-2.amazonaws.com");
        assert_eq!(inputs.sts_endpoint.as_str(), "https://sts.us-west-2.amazonaws.com");
        assert_eq!(
            inputs.secrets_manager_endpoint(&inputs.secrets_manager_region).as_str(),
            "https://secretsmanager.us-west-2.amazonaws.com"
        );
        assert_eq!(account.as_deref(), Some("123456789012"));
        assert_eq!(inputs.secrets_manager_account, AccountId::parse("123456789012"));
    }

    #[test]
    fn the_general_account_and_region_yield_to_the_particular_ones() {
        let inputs = parse(&[
            ("aws-account-id", "111111111111"),
            ("cognito-account-id", "222222222222"),
            ("aws-region", "eu-west-1"),
            ("cognito-region", "eu-central-1"),
        ])
        .unwrap();
        assert_eq!(cognito(&inputs).0.as_deref(), Some("222222222222"));
        assert_eq!(inputs.secrets_manager_account, AccountId::parse("111111111111"));
        assert_eq!(inputs.secrets_manager_region.name(), "eu-west-1");
        assert_eq!(inputs.sts_endpoint.as_str(), "https://sts.eu-central-1.amazonaws.com");
        let inputs = parse(&[("aws-region", "eu-west-1"), ("secrets-manager-region", "ap-south-1")]).unwrap();
        assert_eq!(inputs.secrets_manager_region.name(), "ap-south-1");
        assert_eq!(cognito(&inputs).1, "https://cognito-identity.us-west-2.amazonaws.com");
    }

    #[test]
    fn an_enterprise_is_part_of_the_issuer_and_names_the_stores() {
        let inputs = parse(&[("github-enterprise-name", "octo")]).unwrap();
        assert_eq!(inputs.issuer.as_str(), "https://token.actions.githubusercontent.com/octo");
        assert_eq!(inputs.issuer_base.as_str(), "https://token.actions.githubusercontent.com");
        assert_eq!(inputs.namespace.as_deref(), Some("octo"));
        let inputs = parse(&[("github-enterprise-name", "octo"), ("namespace", "stores/prod")]).unwrap();
        assert_eq!(inputs.namespace.as_deref(), Some("stores/prod"));
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let problems = parse(&[
            ("cognito-role-arn", "github-actions"),
            ("cognito-identity-pool-id", ""),
            ("values", "A,secret\nB,secrt\n\n# C\nA,variable\n9D,secret"),
            ("role-duration-seconds", "60"),
            ("export-env", "yes"),
            ("environment-store", "maybe"),
            ("oidc-issuer", "http://ghes.example"),
            ("aws-region", "Oregon"),
            ("github-token", "two words"),
            ("value", "x"),
        ])
        .unwrap_err();
        let inputs: Vec<_> = problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
        assert_eq!(
            inputs,
            [
                "value",
                "cognito-identity-pool-id",
                "cognito-role-arn",
                "values",
                "values",
                "values",
                "oidc-issuer",
                "aws-region",
                "role-duration-seconds",
                "environment-store",
                "export-env",
                "github-token",
            ]
        );
        assert!(
            problems.iter().any(|problem| problem.contains("line 2") && problem.contains("B,secrt")),
            "{problems:?}"
        );
        assert!(!problems.iter().any(|problem| problem.contains("two words")));
    }

    #[test]
    fn only_a_program_must_ask_for_a_value() {
        for nothing in ["", " \n# only a comment\n"] {
            assert!(parse(&[("values", nothing)]).unwrap().wants_nothing());
            assert!(!parse(&[("values", nothing), ("secrets", "A=shared/a")]).unwrap().wants_nothing());
            assert!(!parse(&[("values", nothing), ("export-aws-credentials", "env")]).unwrap().wants_nothing());
            let problems = parse_for(Goal::Values, &[("values", nothing)]).unwrap_err();
            assert!(problems.len() == 1 && problems[0].contains("names nothing to load"), "{problems:?}");
        }
    }

    #[test]
    fn names_that_differ_in_case_only_are_one_name_for_values_and_secrets_together() {
        let problems = parse(&[("values", "A,secret\nb,variable"), ("secrets", "a=shared/a\nB=shared/b")]).unwrap_err();
        assert_eq!(problems.len(), 2);
        assert!(problems[0].starts_with("secrets: `a`: `A` in `values` differs in case only"), "{problems:?}");
    }
}
