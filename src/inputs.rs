//! The step's inputs: read once, validated whole, every problem reported at once.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::aws::{AccountId, AwsEnvironment, BaseUrl, Region, RoleArn, Service};
use crate::error::{Error, Problem};
use crate::identity::RoleSessionNameTemplate;
use crate::identity::cognito::PoolId;
use crate::printable::printable;
use crate::secret::Secret;
use crate::secrets_manager::is_secret_name;
use crate::stores::EnvironmentStore;
use crate::value_from::{self, Home, SecretLine};
use crate::values::{self, Kind, ValueLine};

/// The inputs of the action, by the names of `action.yml`; a test holds the two together.
pub const INPUT_NAMES: [&str; 22] = [
    "cognito-identity-pool-id",
    "cognito-role-arn",
    "values",
    "secrets",
    "namespace",
    "github-enterprise-name",
    "oidc-issuer",
    "audience",
    "github-token",
    "aws-account-id",
    "aws-region",
    "cognito-account-id",
    "cognito-region",
    "secrets-manager-account-id",
    "secrets-manager-region",
    "role-session-name",
    "role-duration-seconds",
    "environment-store",
    "export-env",
    "export-outputs",
    "min-mask-length",
    "timeout-seconds",
];

const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";
const DEFAULT_AUDIENCE: &str = "cognito-identity.amazonaws.com";
const DEFAULT_ROLE_SESSION_NAME: &str = "{run_id}@{sha}";

/// What the host hands over: inputs by name, and the AWS settings of the environment.
#[derive(Debug, Deserialize)]
pub struct RawInputs {
    /// Absent and empty mean the same.
    pub inputs: BTreeMap<String, Secret>,
    /// Those of [`AwsEnvironment::VARIABLES`] that are set.
    pub environment: AwsEnvironment,
}

/// The step's inputs, each valid by itself and with the others, defaults filled in.
#[derive(Debug)]
pub struct Inputs {
    /// `cognito-identity-pool-id`
    pub pool: PoolId,
    /// `cognito-role-arn`
    pub role: RoleArn,
    /// `values`
    pub values: Vec<ValueLine>,
    /// `secrets`
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
    /// `cognito-account-id`, `aws-account-id`, or the role's
    pub cognito_account: AccountId,
    /// `secrets-manager-account-id`, `aws-account-id`, or the role's
    pub secrets_manager_account: AccountId,
    /// `secrets-manager-region`, `aws-region`, or the pool's
    pub secrets_manager_region: Region,
    /// In `cognito-region`, or the pool's
    pub cognito_endpoint: BaseUrl,
    /// In `cognito-region`, or the pool's
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
    /// The kinds of store that `values` needs.
    pub fn kinds(&self) -> Vec<Kind> {
        let needed = |kind: &Kind| self.values.iter().any(|line| line.kind() == *kind);
        [Kind::Secret, Kind::Variable].into_iter().filter(needed).collect()
    }

    /// Where stores, and secrets without an ARN, are.
    pub fn home(&self) -> Home<'_> {
        Home { region: &self.secrets_manager_region, account: &self.secrets_manager_account, role: &self.role }
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

struct Reader<'a> {
    raw: &'a RawInputs,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// None if something that the rest is derived from is wrong; problems are in `problems` either way.
    fn read(&mut self) -> Option<Inputs> {
        for name in self.raw.inputs.keys().filter(|name| !INPUT_NAMES.contains(&name.as_str())) {
            let message = "is not an input of this action".to_owned();
            self.problems.push(Problem { input: printable(name), message });
        }
        let pool = self.required("cognito-identity-pool-id", "an identity pool's id, REGION:UUID", PoolId::parse);
        let role =
            self.required("cognito-role-arn", "the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME", RoleArn::parse);
        let values = self.lines("values", values::parse);
        let secrets = self.lines("secrets", value_from::parse);
        self.check_lines(values.as_deref(), secrets.as_deref(), role.as_ref());
        let enterprise =
            self.optional("github-enterprise-name", "an enterprise's slug (letters, digits, hyphens)", slug);
        let namespace =
            self.optional("namespace", "the first part of a store's name: letters, digits, /_+=.@-", |text| {
                is_secret_name(text).then(|| text.trim_matches('/').to_owned())
            });
        let (issuer_base, issuer) = self.issuer(enterprise.as_deref());
        let account = "12 digits";
        let aws_account = self.optional("aws-account-id", account, AccountId::parse);
        let cognito_account = self.optional("cognito-account-id", account, AccountId::parse);
        let secrets_manager_account = self.optional("secrets-manager-account-id", account, AccountId::parse);
        let region = "a region's name, as us-west-2";
        let aws_region = self.optional("aws-region", region, Region::parse);
        let cognito_region = self.optional("cognito-region", region, Region::parse);
        let secrets_manager_region = self.optional("secrets-manager-region", region, Region::parse);
        let role_session_name = self.role_session_name();
        let role_duration_seconds = self.number("role-duration-seconds", 900, 900..=43_200);
        let environment_store = self
            .optional("environment-store", "required, not-found-ok or optional", EnvironmentStore::parse)
            .unwrap_or_default();
        let export_env = self.boolean("export-env", true);
        let export_outputs = self.boolean("export-outputs", false);
        let min_mask_length = self.number("min-mask-length", 4, 1..=1000);
        let timeout = Duration::from_secs(self.number("timeout-seconds", 60, 1..=3600));
        let max_attempts = self.max_attempts();
        let github_token = self.github_token();
        let audience = self.text("audience").unwrap_or(DEFAULT_AUDIENCE).to_owned();

        let cognito_endpoint = self.configured_endpoint(Service::CognitoIdentity);
        let sts_endpoint = self.configured_endpoint(Service::Sts);
        let secrets_manager_endpoint = self.configured_endpoint(Service::SecretsManager);

        let (pool, role) = (pool?, role?);
        // A pool answers in its own region only, so `aws-region` does not move it.
        let cognito_region = cognito_region.unwrap_or_else(|| pool.region().clone());
        let secrets_manager_region = secrets_manager_region.or(aws_region).unwrap_or_else(|| pool.region().clone());
        let account = aws_account.unwrap_or_else(|| role.account().clone());
        let environment = &self.raw.environment;
        let at = |configured: Option<BaseUrl>, service, region: &Region| {
            configured.unwrap_or_else(|| environment.public_endpoint(service, region))
        };
        Some(Inputs {
            pool,
            role,
            values: values?,
            secrets: secrets?,
            namespace: namespace.or(enterprise),
            issuer_base: issuer_base?,
            issuer: issuer?,
            audience,
            github_token,
            cognito_account: cognito_account.unwrap_or_else(|| account.clone()),
            secrets_manager_account: secrets_manager_account.unwrap_or(account),
            cognito_endpoint: at(cognito_endpoint?, Service::CognitoIdentity, &cognito_region),
            sts_endpoint: at(sts_endpoint?, Service::Sts, &cognito_region),
            secrets_manager_endpoint: secrets_manager_endpoint?,
            environment: environment.clone(),
            secrets_manager_region,
            role_session_name: role_session_name?,
            role_duration_seconds,
            environment_store,
            export_env,
            export_outputs,
            min_mask_length,
            timeout,
            max_attempts,
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.raw.inputs.get(name).map(|text| text.secret().trim()).filter(|text| !text.is_empty())
    }

    fn problem(&mut self, input: &str, message: impl Into<String>) {
        self.problems.push(Problem { input: input.to_owned(), message: message.into() });
    }

    fn optional<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(text);
        if parsed.is_none() {
            let message = format!("`{}` is not {wanted}", printable(text));
            self.problem(name, message);
        }
        parsed
    }

    fn required<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        if self.text(name).is_none() {
            self.problem(name, format!("is required: {wanted}"));
        }
        self.optional(name, wanted, parse)
    }

    fn number<T: FromStr + PartialOrd + std::fmt::Display>(
        &mut self,
        name: &str,
        default: T,
        range: std::ops::RangeInclusive<T>,
    ) -> T {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.optional(name, &wanted, |text| text.parse().ok().filter(|number| range.contains(number)))
            .unwrap_or(default)
    }

    /// The spellings of YAML 1.2's core schema, as `core.getBooleanInput` takes them.
    fn boolean(&mut self, name: &str, default: bool) -> bool {
        self.optional(name, "true or false", |text| match text {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        })
        .unwrap_or(default)
    }

    fn lines<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<Vec<T>, Vec<String>>) -> Option<Vec<T>> {
        let text = self.text(name).unwrap_or_default();
        match parse(text) {
            Ok(lines) => Some(lines),
            Err(problems) => {
                problems.into_iter().for_each(|problem| self.problem(name, problem));
                None
            }
        }
    }

    /// What is wrong with lines together that are right by themselves.
    fn check_lines(&mut self, values: Option<&[ValueLine]>, secrets: Option<&[SecretLine]>, role: Option<&RoleArn>) {
        if values.is_some_and(<[_]>::is_empty) && secrets.is_some_and(<[_]>::is_empty) {
            let message = "names nothing to load: give lines `ENV_VAR,secret|variable[,KEY[,optional]]`, or `secrets`";
            self.problem("values", message);
        }
        for SecretLine { name, .. } in secrets.unwrap_or_default() {
            let is_same = |line: &ValueLine| matches!(line, ValueLine::One { name: other, .. } if other == name);
            if values.unwrap_or_default().iter().any(is_same) {
                self.problem("secrets", format!("`{name}` stands in `values` already"));
            }
        }
        let Some(role) = role else { return };
        for line in secrets.unwrap_or_default() {
            if let Some(partition) = line.partition().filter(|partition| *partition != role.partition()) {
                let partition = printable(partition);
                let message = format!("`{}` is in partition {partition}, the role in {}", line.name, role.partition());
                self.problem("secrets", message);
            }
        }
    }

    fn issuer(&mut self, enterprise: Option<&str>) -> (Option<BaseUrl>, Option<BaseUrl>) {
        let text = self.text("oidc-issuer").unwrap_or(GITHUB_ISSUER).to_owned();
        let base = match BaseUrl::parse(&text) {
            Ok(base) => base,
            Err(problem) => {
                // What stands before an `@` may be a password.
                let shown = if text.contains('@') { "it".to_owned() } else { format!("`{}`", printable(&text)) };
                self.problem("oidc-issuer", format!("{shown} {problem}"));
                return (None, None);
            }
        };
        let issuer = match enterprise {
            Some(slug) => BaseUrl::parse(&format!("{base}/{slug}")).ok(),
            None => Some(base.clone()),
        };
        (Some(base), issuer)
    }

    fn role_session_name(&mut self) -> Option<RoleSessionNameTemplate> {
        let text = self.text("role-session-name").unwrap_or(DEFAULT_ROLE_SESSION_NAME).to_owned();
        RoleSessionNameTemplate::parse(&text)
            .map_err(|problem| self.problem("role-session-name", format!("`{}` {problem}", printable(&text))))
            .ok()
    }

    /// The one input whose text is never shown.
    fn github_token(&mut self) -> Option<Secret> {
        let token = self.text("github-token")?.to_owned();
        if token.bytes().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control()) {
            self.problem("github-token", "has spaces or line breaks: it takes one JSON Web Token");
        }
        Some(Secret::new(token))
    }

    /// None if the variable is wrong.
    fn configured_endpoint(&mut self, service: Service) -> Option<Option<BaseUrl>> {
        let configured = self.raw.environment.configured_endpoint(service);
        configured.map_err(|(variable, problem)| self.problem(variable, problem)).ok()
    }

    fn max_attempts(&mut self) -> Option<u32> {
        const NAME: &str = "AWS_MAX_ATTEMPTS";
        let text = self.raw.environment.value(NAME)?;
        let number = text.parse().ok().filter(|number| (1..=100).contains(number));
        if number.is_none() {
            self.problem(NAME, "is not a whole number from 1 to 100");
        }
        number
    }
}

fn slug(text: &str) -> Option<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    plain.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Inputs, Vec<String>> {
        let given = [
            ("cognito-identity-pool-id", "us-west-2:12345678-1234-1234-1234-1234567890ab"),
            ("cognito-role-arn", "arn:aws:iam::123456789012:role/github-actions"),
            ("values", "A,secret"),
        ];
        let inputs = given.iter().chain(pairs).map(|(name, text)| ((*name).to_owned(), Secret::new(*text))).collect();
        match Inputs::parse(RawInputs { inputs, environment: AwsEnvironment::default() }) {
            Ok(inputs) => Ok(inputs),
            Err(Error::InvalidInput(problems)) => Err(problems.iter().map(ToString::to_string).collect()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn pool_and_role_give_regions_and_accounts() {
        let inputs = parse(&[]).unwrap();
        assert_eq!(inputs.cognito_endpoint.as_str(), "https://cognito-identity.us-west-2.amazonaws.com");
        assert_eq!(inputs.sts_endpoint.as_str(), "https://sts.us-west-2.amazonaws.com");
        assert_eq!(
            inputs.secrets_manager_endpoint(&inputs.secrets_manager_region).as_str(),
            "https://secretsmanager.us-west-2.amazonaws.com"
        );
        assert_eq!(inputs.cognito_account.digits(), "123456789012");
        assert_eq!(inputs.secrets_manager_account.digits(), "123456789012");
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
        assert_eq!(inputs.cognito_account.digits(), "222222222222");
        assert_eq!(inputs.secrets_manager_account.digits(), "111111111111");
        assert_eq!(inputs.secrets_manager_region.name(), "eu-west-1");
        assert_eq!(inputs.sts_endpoint.as_str(), "https://sts.eu-central-1.amazonaws.com");
        let inputs = parse(&[("aws-region", "eu-west-1"), ("secrets-manager-region", "ap-south-1")]).unwrap();
        assert_eq!(inputs.secrets_manager_region.name(), "ap-south-1");
        assert_eq!(inputs.cognito_endpoint.as_str(), "https://cognito-identity.us-west-2.amazonaws.com");
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
    fn a_step_without_values_is_a_mistake() {
        let problems = parse(&[("values", " \n# only a comment\n")]).unwrap_err();
        assert_eq!(problems.len(), 1);
    }
}
