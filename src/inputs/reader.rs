//! Reads and checks the inputs.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::aws::audience::{COGNITO_AUDIENCE, STS_AUDIENCE, is_for_aws};
use crate::aws::cognito::PoolId;
use crate::aws::config_file::ProfileName;
use crate::aws::endpoints::{Endpoints, Service};
use crate::aws::names::{AccountId, Region, RoleArn};
use crate::aws::secret_id::NamePart;
use crate::aws::sigv4::Credentials;
use crate::error::problem::Problem;
use crate::export::{ExportCredentials, ExportOptions};
use crate::github::claims::Claims;
use crate::github::job_token::TokenOptions;
use crate::github::token_exchange::TokenExchangeUrl;
use crate::host::url::BaseUrl;
use crate::identity::session_name::RoleSessionNameTemplate;
use crate::identity::{Chain, Flow, Identity, IdentityPool, SessionOptions};
use crate::inputs::table::INPUT_NAMES;
use crate::inputs::vault_action::{VAULT_NOTATION, instead_of};
use crate::inputs::{Goal, Inputs, RawInputs, Step};
use crate::lines::env_name::{DIFFERS_IN_CASE, EnvName};
use crate::lines::secrets::SecretLine;
use crate::lines::values::ValueLine;
use crate::lines::vault::looks_like_vault;
use crate::lines::{secrets, values};
use crate::stores::StoreOptions;
use crate::stores::backend::Backend;
use crate::stores::naming::EnvironmentStore;
use crate::text::printable::printable;
use crate::text::secret::Secret;

const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

const DEFAULT_ROLE_SESSION_NAME: &str = "{run_id}@{sha}";

/// The tags of the principal tag map in `docs/set-up-aws.md`.
const DEFAULT_CHAIN_SESSION_TAGS: &str =
    "actor_id,enterprise,environment,event_name,job_workflow_ref,ref,repository,repository_id,run_id,sha";

/// STS caps a session that another session's credentials assumed.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
const MAX_CHAINED_SECONDS: u32 = 3600;

const ROLE_ARN: &str = "the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME";

/// [`Identity`] as it is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IdentityKind {
    Cognito,
    CognitoEnhanced,
    WebIdentity,
    Environment,
}

impl IdentityKind {
    const ALL: [Self; 4] = [Self::Cognito, Self::CognitoEnhanced, Self::WebIdentity, Self::Environment];

    fn name(self) -> &'static str {
        match self {
            Self::Cognito => "cognito",
            Self::CognitoEnhanced => "cognito-enhanced",
            Self::WebIdentity => "web-identity",
            Self::Environment => "environment",
        }
    }

    fn uses_pool(self) -> bool {
        matches!(self, Self::Cognito | Self::CognitoEnhanced)
    }

    /// Whether it comes to a token that STS takes.
    fn has_token(self) -> bool {
        matches!(self, Self::Cognito | Self::WebIdentity)
    }
}

/// What says who the job is to AWS, as far as it is right by itself.
struct Who {
    kind: Option<IdentityKind>,
    credentials: Option<Credentials>,
    pool: Option<PoolId>,
    exchange: Option<TokenExchangeUrl>,
    role: Option<RoleArn>,
    chain: Option<Chain>,
}

impl Who {
    /// The role whose session reads.
    fn session_role(&self) -> Option<&RoleArn> {
        self.chain.as_ref().map(|chain| &chain.role).or(self.role.as_ref())
    }

    fn identity(&self, places: &Places, endpoint: BaseUrl) -> Option<Identity> {
        let account = places.account(places.cognito_account.as_ref(), self.role.as_ref());
        let cognito = |flow| {
            let id = self.pool.clone()?;
            Some(Identity::Cognito(IdentityPool { id, account, endpoint }, flow))
        };
        match self.kind? {
            IdentityKind::Cognito => cognito(Flow::Basic),
            IdentityKind::CognitoEnhanced => cognito(Flow::Enhanced),
            IdentityKind::WebIdentity => Some(self.exchange.clone().map_or(Identity::WebIdentity, Identity::Exchanged)),
            IdentityKind::Environment => self.credentials.clone().map(Identity::Environment),
        }
    }
}

/// Accounts and regions, as they are given.
struct Places {
    aws_account: Option<AccountId>,
    cognito_account: Option<AccountId>,
    secrets_manager_account: Option<AccountId>,
    aws_region: Option<Region>,
    cognito_region: Option<Region>,
    secrets_manager_region: Option<Region>,
}

impl Places {
    /// The particular account, or the general one, or the role's.
    fn account(&self, particular: Option<&AccountId>, role: Option<&RoleArn>) -> Option<AccountId> {
        particular.or(self.aws_account.as_ref()).or(role.map(RoleArn::account)).cloned()
    }
}

/// The inputs of a step that asks AWS, or all that is wrong with them.
pub(crate) fn read(raw: &RawInputs) -> Result<Inputs, Vec<Problem>> {
    read_by(raw, |reader| {
        reader.refuse_vault();
        reader.read()
    })
}

/// The inputs of any step.
pub(crate) fn read_step(raw: &RawInputs) -> Result<Step, Vec<Problem>> {
    read_by(raw, |reader| match reader.is_of_vault() {
        true => reader.read_vault().map(|inputs| Step::Vault(Box::new(inputs))),
        false => reader.read().map(|inputs| Step::Aws(Box::new(inputs))),
    })
}

fn read_by<T>(raw: &RawInputs, read: impl Fn(&mut Reader<'_>) -> Option<T>) -> Result<T, Vec<Problem>> {
    let mut reader = Reader { raw, problems: Vec::new() };
    match read(&mut reader) {
        Some(inputs) if reader.problems.is_empty() => Ok(inputs),
        _ => Err(reader.problems),
    }
}

pub(super) struct Reader<'a> {
    pub(super) raw: &'a RawInputs,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// None if something that the rest is derived from is wrong; problems are in `problems` either way.
    ///
    /// Problems are reported in the order in which the inputs are read here.
    fn read(&mut self) -> Option<Inputs> {
        self.check_names();
        let who = self.who();
        let export_credentials = self.export_credentials();
        let lines = self.value_lines(who.session_role());
        let enterprise = self.enterprise();
        let namespace = self.namespace().or(enterprise.as_deref().and_then(NamePart::parse));
        let issuer = self.issuer(enterprise.as_deref());
        let places = self.places();
        let role_session_name = self.role_session_name();
        let role_duration_seconds = self.role_duration_seconds(who.chain.is_some());
        let environment_store = self
            .optional("environment-store", "required, not-found-ok or optional", EnvironmentStore::parse)
            .unwrap_or_default();
        let export = self.export(export_credentials);
        let timeout = self.timeout();
        let max_attempts = self.max_attempts();
        let token = self.token(&who, issuer);
        let claims = if self.raw.claims.is_empty() { None } else { self.given_claims(who.kind) };
        let owner = who.session_role().map(RoleArn::account).or(places.aws_account.as_ref()).cloned();
        let migration = self.migration(owner, who.kind == Some(IdentityKind::Environment));
        let cognito = self.endpoints(Service::CognitoIdentity);
        let sts = self.endpoints(Service::Sts);
        let secrets_manager = self.endpoints(Service::SecretsManager);
        let parameter_store = self.endpoints(Service::Ssm);
        let s3 = self.endpoints(Service::S3);
        let region = self.region(&who, &places)?;

        let (values, secrets) = lines?;
        let stores = StoreOptions {
            values,
            secrets,
            namespace,
            environment_store,
            account: places.account(places.secrets_manager_account.as_ref(), who.session_role()),
            region: places.secrets_manager_region.clone().unwrap_or_else(|| region.clone()),
            backend: Backend { secrets_manager: secrets_manager?, parameter_store: parameter_store? },
        };
        let sts_region = places.cognito_region.as_ref().or(who.pool.as_ref().map(PoolId::region)).unwrap_or(&region);
        let session = SessionOptions {
            sts_region: sts_region.clone(),
            sts_endpoint: sts?.of(sts_region),
            identity: who.identity(&places, cognito?.of(sts_region))?,
            role: who.role,
            chain: who.chain,
            role_session_name: role_session_name?,
            role_duration_seconds,
        };
        let (goal, token, export, s3) = (self.raw.goal, token?, export?, s3?.of(&region));
        Some(Inputs { goal, claims, session, token, stores, region, s3, migration, export, timeout, max_attempts })
    }

    pub(super) fn check_names(&mut self) {
        for (name, text) in self.raw.inputs.iter().filter(|(name, _)| !INPUT_NAMES.contains(name)) {
            let message = match instead_of(name) {
                // The action asks for these too, and is given nothing where they are not set.
                Some(_) if text.secret().trim().is_empty() => continue,
                Some(message) => message,
                None => "is not an input of this action".to_owned(),
            };
            self.problems.push(Problem { input: printable(name), message });
        }
    }

    pub(super) fn enterprise(&mut self) -> Option<String> {
        self.optional("github-enterprise-name", "an enterprise's slug (letters, digits, hyphens)", slug)
    }

    pub(super) fn timeout(&mut self) -> Duration {
        Duration::from_secs(self.number("timeout-seconds", 60, 1..=3600).into())
    }

    fn who(&mut self) -> Who {
        let kind = self.identity_kind();
        let credentials = match kind {
            Some(IdentityKind::Environment) => self.environment_credentials(),
            _ => None,
        };
        let (pool, exchange, role) = (self.pool(kind), self.exchange(kind), self.role(kind));
        Who { kind, credentials, pool, exchange, role, chain: self.chain() }
    }

    fn namespace(&mut self) -> Option<NamePart> {
        let wanted = "the first part of a store's name: letters, digits, /_+=.@-";
        self.optional("namespace", wanted, |text| NamePart::parse(text.trim_matches('/')))
    }

    fn places(&mut self) -> Places {
        let (account, region) = ("12 digits", "a region's name, such as us-west-2");
        Places {
            aws_account: self.optional("aws-account-id", account, AccountId::parse),
            cognito_account: self.optional("cognito-account-id", account, AccountId::parse),
            secrets_manager_account: self.optional("secrets-manager-account-id", account, AccountId::parse),
            aws_region: self.optional("aws-region", region, Region::parse),
            cognito_region: self.optional("cognito-region", region, Region::parse),
            secrets_manager_region: self.optional("secrets-manager-region", region, Region::parse),
        }
    }

    fn role_duration_seconds(&mut self, is_chained: bool) -> u32 {
        let seconds = self.number("role-duration-seconds", 900, 900..=43_200);
        if is_chained && seconds > MAX_CHAINED_SECONDS {
            self.problem("role-duration-seconds", "is 3600 at most with ‹chain-role-arn›");
        }
        seconds
    }

    pub(super) fn export(&mut self, credentials: Option<ExportCredentials>) -> Option<ExportOptions> {
        let overwrite_profile = self.boolean("overwrite-aws-profile", false);
        let env = self.boolean("export-env", true);
        let outputs = self.boolean("export-outputs", false);
        let min_mask_length = self.number("min-mask-length", 4, 1..=1000) as usize;
        let has_environment_credentials = self.raw.environment.value("AWS_ACCESS_KEY_ID").is_some();
        let (credentials, windows) = (credentials?, self.raw.windows);
        Some(ExportOptions {
            credentials,
            overwrite_profile,
            has_environment_credentials,
            env,
            outputs,
            min_mask_length,
            unmasked: self.raw.unmasked,
            windows,
        })
    }

    /// `aws-region`, or where the identity is. A pool answers in its own region only, so `aws-region` does not move it.
    fn region(&mut self, who: &Who, places: &Places) -> Option<Region> {
        let home = match (who.kind?, &who.pool) {
            (_, Some(pool)) => Some(pool.region().clone()),
            (kind, None) if kind.uses_pool() => None,
            (kind, None) => self.region_without_pool(kind, places.cognito_region.clone()),
        };
        places.aws_region.clone().or(home)
    }

    /// None if it is wrong: nobody knows then what else is required.
    fn identity_kind(&mut self) -> Option<IdentityKind> {
        const NAME: &str = "identity";
        if self.text(NAME).is_none() {
            return Some(IdentityKind::Cognito);
        }
        let kind = self.optional(NAME, "cognito, cognito-enhanced, web-identity or environment", |text| {
            IdentityKind::ALL.into_iter().find(|kind| kind.name() == text)
        })?;
        if self.raw.goal == Goal::WebIdentityToken && !kind.has_token() {
            self.problem(NAME, format!("`{}` has no web identity token", kind.name()));
        }
        Some(kind)
    }

    fn pool(&mut self, kind: Option<IdentityKind>) -> Option<PoolId> {
        const NAME: &str = "cognito-identity-pool-id";
        const WANTED: &str = "an identity pool's id, REGION:UUID";
        match kind {
            Some(kind) if kind.uses_pool() => self.required(NAME, WANTED, PoolId::parse),
            Some(_) => None,
            None => self.optional(NAME, WANTED, PoolId::parse),
        }
    }

    fn exchange(&mut self, kind: Option<IdentityKind>) -> Option<TokenExchangeUrl> {
        const NAME: &str = "token-exchange-url";
        self.text(NAME)?;
        self.given_exchange(NAME, kind)
    }

    #[inline(never)]
    fn given_exchange(&mut self, name: &str, kind: Option<IdentityKind>) -> Option<TokenExchangeUrl> {
        let text = self.text(name)?;
        match TokenExchangeUrl::parse(text) {
            Err(problem) => {
                // What is before an `@` may be a password, and the query may hold a key.
                let path = text.split(['?', '#']).next().unwrap_or_default();
                let shown = if text.contains('@') { "it".to_owned() } else { format!("`{}`", printable(path)) };
                self.problem(name, format!("{shown} {problem}"));
            }
            Ok(url) if kind.is_none_or(|kind| kind == IdentityKind::WebIdentity) => return Some(url),
            Ok(_) => {
                self.problem(name, "is only for ‹identity: web-identity›: what the exchange returns goes to STS itself")
            }
        }
        None
    }

    fn role(&mut self, kind: Option<IdentityKind>) -> Option<RoleArn> {
        let name = "cognito-role-arn";
        if kind.is_none_or(|kind| kind == IdentityKind::Environment) || self.raw.goal == Goal::WebIdentityToken {
            return self.optional(name, ROLE_ARN, RoleArn::parse);
        }
        self.required(name, ROLE_ARN, RoleArn::parse)
    }

    fn chain(&mut self) -> Option<Chain> {
        let role = self.optional("chain-role-arn", ROLE_ARN, RoleArn::parse);
        const WANTED: &str = "names of claims, separated by commas, or `none`";
        const TRANSITIVE: &str = "chain-transitive-tag-keys";
        let tags = self.optional("chain-session-tags", WANTED, claim_names);
        let default = claim_names(DEFAULT_CHAIN_SESSION_TAGS).unwrap_or_default();
        // GitHub gives a step the default as its input.
        let is_default = tags.as_ref().is_none_or(|tags| *tags == default);
        let claims = tags.unwrap_or(default);
        let transitive_keys = self.optional(TRANSITIVE, WANTED, claim_names).unwrap_or_default();
        // STS would refuse it with no more than InvalidParameterValue.
        if let Some(key) = transitive_keys.iter().find(|key| !claims.contains(key)) {
            self.problem(TRANSITIVE, format!("`{key}` is not among the claims of ‹chain-session-tags›"));
        }
        role.map(|role| Chain { role, claims, is_default, transitive_keys })
    }

    #[inline(never)]
    fn environment_credentials(&mut self) -> Option<Credentials> {
        let text = |name| self.raw.environment.value(name).map(Secret::new);
        let (access_key_id, secret_access_key) = (text("AWS_ACCESS_KEY_ID"), text("AWS_SECRET_ACCESS_KEY"));
        let session_token = text("AWS_SESSION_TOKEN");
        if access_key_id.is_none() || secret_access_key.is_none() {
            let message = "`environment` needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment";
            self.problem("identity", message);
        }
        Some(Credentials { access_key_id: access_key_id?, secret_access_key: secret_access_key?, session_token })
    }

    /// What stands in for a pool's region, with an identity that has none.
    #[inline(never)]
    fn region_without_pool(&mut self, kind: IdentityKind, cognito_region: Option<Region>) -> Option<Region> {
        let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let found = variables.into_iter().find_map(|name| Some((name, self.raw.environment.value(name)?)));
        let Some((name, text)) = found else {
            if ["aws-region", "cognito-region"].iter().all(|name| self.text(name).is_none()) {
                self.problem("aws-region", format!("is required with ‹identity: {}›, or AWS_REGION", kind.name()));
            }
            return cognito_region;
        };
        let region = Region::parse(text);
        if region.is_none() {
            self.problem(name, "is not a region's name");
        }
        region
    }

    /// What stands in for the claims of a token.
    #[inline(never)]
    fn given_claims(&mut self, kind: Option<IdentityKind>) -> Option<Claims> {
        let given = &self.raw.claims;
        let repository = given.get("repository").and_then(|text| text.secret().split_once('/'));
        let (owner, name) = repository.unwrap_or_default();
        if kind.is_some_and(|kind| kind != IdentityKind::Environment) {
            self.problem("repository", "is only for ‹identity: environment›; otherwise the GitHub token has it");
        } else if owner.is_empty() || name.is_empty() || name.contains('/') {
            self.problem("repository", "is not OWNER/NAME");
        }
        let pairs = given.iter().map(|(name, text)| (name, text.secret()));
        Some(Claims::given(&pairs.chain([("repository_owner", owner)]).collect::<Vec<_>>()))
    }

    /// None if it is wrong.
    fn export_credentials(&mut self) -> Option<ExportCredentials> {
        const NAME: &str = "export-aws-credentials";
        if self.text(NAME).is_none() {
            return Some(ExportCredentials::None);
        }
        let wanted = "none, env or profile:NAME (letters, digits and _.@+/:-)";
        self.optional(NAME, wanted, |text| match text {
            "none" => Some(ExportCredentials::None),
            "env" => Some(ExportCredentials::Environment),
            _ => Some(ExportCredentials::Profile(ProfileName::parse(text.strip_prefix("profile:")?)?)),
        })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.raw.inputs.get(name).map(|text| text.secret().trim()).filter(|text| !text.is_empty())
    }

    pub(super) fn problem(&mut self, input: &str, message: impl Into<String>) {
        self.problems.push(Problem { input: input.to_owned(), message: message.into() });
    }

    pub(super) fn optional<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(text);
        if parsed.is_none() {
            self.not_as_wanted(name, wanted);
        }
        parsed
    }

    /// Apart, so that it is there once and not for each type.
    #[inline(never)]
    fn not_as_wanted(&mut self, name: &str, wanted: &str) {
        let message = format!("`{}` is not {wanted}", printable(self.text(name).unwrap_or_default()));
        self.problem(name, message);
    }

    pub(super) fn required<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        if self.text(name).is_none() {
            self.problem(name, format!("is required: {wanted}"));
        }
        self.optional(name, wanted, parse)
    }

    fn number(&mut self, name: &str, default: u32, range: RangeInclusive<u32>) -> u32 {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.optional(name, &wanted, |text| text.parse().ok().filter(|number| range.contains(number)))
            .unwrap_or(default)
    }

    /// The spellings of YAML 1.2's core schema, as `core.getBooleanInput` takes them.
    pub(super) fn boolean(&mut self, name: &str, default: bool) -> bool {
        self.optional(name, "true or false", |text| match text {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        })
        .unwrap_or(default)
    }

    /// `values` and `secrets`: none if they are wrong, and empty if values are not what the run is for.
    fn value_lines(&mut self, role: Option<&RoleArn>) -> Option<(Vec<ValueLine>, Vec<SecretLine>)> {
        let values = self.lines("values", values::parse);
        let secrets = match self.text("secrets") {
            Some(text) if looks_like_vault(text) => {
                self.problem("secrets", VAULT_NOTATION);
                None
            }
            _ => self.lines("secrets", secrets::parse),
        };
        self.check_lines(values.as_deref(), secrets.as_deref(), role);
        self.check_some(values.as_deref(), secrets.as_deref());
        let lines = (values?, secrets?);
        Some(if self.raw.goal.is_values() { lines } else { (vec![], vec![]) })
    }

    pub(super) fn lines<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<Vec<T>, Vec<String>>,
    ) -> Option<Vec<T>> {
        let text = self.text(name).unwrap_or_default();
        match parse(text) {
            Ok(lines) => Some(lines),
            Err(problems) => {
                problems.into_iter().for_each(|problem| self.problem(name, problem));
                None
            }
        }
    }

    /// A program that asks for no value has a mistake; a step may be given none by the workflow that calls its own.
    fn check_some(&mut self, values: Option<&[ValueLine]>, secrets: Option<&[SecretLine]>) {
        if self.raw.goal == Goal::Values && values.is_some_and(<[_]>::is_empty) && secrets.is_some_and(<[_]>::is_empty)
        {
            let message = "names nothing to load: give lines `ENV_VAR,secret|variable[,KEY[,optional]]`, or ‹secrets›";
            self.problem("values", message);
        }
    }

    /// What is wrong with lines together that are right by themselves.
    fn check_lines(&mut self, values: Option<&[ValueLine]>, secrets: Option<&[SecretLine]>, role: Option<&RoleArn>) {
        for line in secrets.unwrap_or_default() {
            self.check_secret_line(line, values.unwrap_or_default(), role);
        }
    }

    #[inline(never)]
    fn check_secret_line(&mut self, line: &SecretLine, values: &[ValueLine], role: Option<&RoleArn>) {
        if let Some(name) = &line.name {
            let other = values.iter().find_map(|line| match line {
                ValueLine::One { name: other, .. } if name.is_same(other.as_str()) => Some(other),
                ValueLine::One { .. } | ValueLine::All(_) => None,
            });
            match other {
                Some(other) if other == name => self.problem("secrets", format!("`{name}` is already set in ‹values›")),
                Some(other) => self.problem("secrets", format!("`{name}`: `{other}` in ‹values› {DIFFERS_IN_CASE}")),
                None => {}
            }
        }
        let Some(role) = role else { return };
        if let Some(partition) = line.partition().filter(|partition| *partition != role.partition()) {
            let partition = printable(partition);
            let name = line.name.as_ref().map_or("*", EnvName::as_str);
            self.problem("secrets", format!("`{name}` is in partition {partition}, the role in {}", role.partition()));
        }
        if let Some(account) = line.account_out_of_reach(role) {
            let message = format!(
                "`*` has a path of account {account}, the role is in {}: Parameter Store shares single parameters and no \
                 paths. Give each parameter a line",
                role.account()
            );
            self.problem("secrets", message);
        }
    }

    fn token(&mut self, who: &Who, issuer: Option<(BaseUrl, BaseUrl)>) -> Option<TokenOptions> {
        let given = self.github_token();
        let default_audience = match (&who.exchange, who.kind) {
            (Some(url), _) => url.origin(),
            (None, Some(IdentityKind::WebIdentity)) => STS_AUDIENCE,
            _ => COGNITO_AUDIENCE,
        };
        let audience = self.text("audience").unwrap_or(default_audience).to_owned();
        if who.exchange.is_some() && is_for_aws(&audience) {
            let why = "whoever runs the token exchange could use the token there as this job; choose one of the exchange's own";
            self.problem("audience", format!("`{}` is an audience of AWS: {why}", printable(&audience)));
        }
        let (issuer_base, issuer) = issuer?;
        Some(TokenOptions { given, issuer_base, issuer, audience })
    }

    /// `oidc-issuer` by itself and with the enterprise's slug; none if it is wrong.
    pub(super) fn issuer(&mut self, enterprise: Option<&str>) -> Option<(BaseUrl, BaseUrl)> {
        let text = self.text("oidc-issuer").unwrap_or(GITHUB_ISSUER).to_owned();
        let base = match BaseUrl::parse(&text) {
            Ok(base) => base,
            Err(problem) => {
                // What stands before an `@` may be a password.
                let shown = if text.contains('@') { "it".to_owned() } else { format!("`{}`", printable(&text)) };
                self.problem("oidc-issuer", format!("{shown} {problem}"));
                return None;
            }
        };
        let issuer = match enterprise {
            Some(slug) => BaseUrl::parse(&format!("{base}/{slug}")).ok()?,
            None => base.clone(),
        };
        Some((base, issuer))
    }

    fn role_session_name(&mut self) -> Option<RoleSessionNameTemplate> {
        let text = self.text("role-session-name").unwrap_or(DEFAULT_ROLE_SESSION_NAME).to_owned();
        RoleSessionNameTemplate::parse(&text)
            .map_err(|problem| self.problem("role-session-name", format!("`{}` {problem}", printable(&text))))
            .ok()
    }

    /// The one input whose text is never shown.
    pub(super) fn github_token(&mut self) -> Option<Secret> {
        let token = self.text("github-token")?.to_owned();
        if token.bytes().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control()) {
            self.problem("github-token", "has spaces or line breaks: it takes one JSON Web Token");
        }
        Some(Secret::new(token))
    }

    /// None if the variable is wrong.
    fn endpoints(&mut self, service: Service) -> Option<Endpoints> {
        let endpoints = self.raw.environment.endpoints(service);
        endpoints.map_err(|(variable, problem)| self.problem(variable, problem)).ok()
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

/// Each name once. An input that is empty means its default on GitHub, so `none` is the word for no names.
fn claim_names(text: &str) -> Option<Vec<String>> {
    if text == "none" {
        return Some(Vec::new());
    }
    let is_claim = |name: &str| name != "none" && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut distinct = Vec::new();
    for name in text.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty()) {
        is_claim(name).then_some(())?;
        if !distinct.iter().any(|other| other == name) {
            distinct.push(name.to_owned());
        }
    }
    (!distinct.is_empty()).then_some(distinct)
}

fn slug(text: &str) -> Option<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    plain.then(|| text.to_owned())
}
