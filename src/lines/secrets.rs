//! The input `secrets`: values outside the naming convention, in the notation of `valueFrom` in ECS task definitions.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html>

use crate::aws::endpoints::Service;
use crate::aws::names::{AccountId, Region, RoleArn};
use crate::aws::parameter_id::Parameters;
use crate::aws::secret_id::{Home, SecretId, SecretName, SecretVersion};
use crate::aws::source::Source;
use crate::lines::each_line;
use crate::lines::env_name::EnvName;
use crate::text::table::Names;

/// One line: `ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]]`, `ENV_VAR=ARN_OF_PARAMETER[:version-or-label]`
/// or `*=ARN_OF_PATH/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretLine {
    /// The variable to set; none is `*`, which names each parameter of a path by the last part of its own name.
    pub name: Option<EnvName>,
    /// The key of the secret's JSON object; none means the whole secret.
    pub key: Option<String>,
    secret: Named,
    stage: Option<String>,
    version_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    Name(SecretName),
    Arn { arn: String, partition: String, region: Region, account: AccountId, name: SecretName },
    Parameters(Parameters),
}

impl SecretLine {
    /// Reads one line. The fields after the secret may be empty or left out.
    pub fn parse(line: &str) -> Result<Self, String> {
        const FORM: &str = "is not `ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]]`";
        let (name, from) = line.split_once('=').ok_or(FORM)?;
        let (name, from) = (name.trim(), from.trim());
        if Parameters::is_meant(from) || name == "*" {
            return Self::of_parameters(name, from);
        }
        let name = Some(EnvName::parse(name)?);
        // The colons of an ARN: arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME
        let colons = if from.starts_with("arn:") { 6 } else { 0 };
        let end = from.match_indices(':').nth(colons).map_or(from.len(), |(colon, _)| colon);
        let (secret, rest) = from.split_at_checked(end).ok_or(FORM)?;
        let secret = Named::parse(secret)?;
        let mut fields = rest.split(':').skip(1);
        let mut field = || fields.next().filter(|field| !field.is_empty()).map(str::to_owned);
        let (key, stage, version_id) = (field(), field(), field());
        if fields.next().is_some() {
            return Err("has more than three fields after the secret".to_owned());
        }
        if version_id.as_ref().is_some_and(|id| !(32..=64).contains(&id.len())) {
            return Err("has a version id that is not 32 to 64 characters".to_owned());
        }
        if stage.as_ref().is_some_and(|stage| stage.len() > 256) {
            return Err("has a version stage of more than 256 characters".to_owned());
        }
        Ok(Self { name, key, secret, stage, version_id })
    }

    fn of_parameters(name: &str, from: &str) -> Result<Self, String> {
        const STAR: &str = "has `*`, which takes the parameters below a path: write \
                            `*=arn:PARTITION:ssm:REGION:ACCOUNT:parameter/PATH/*`";
        let name = if name == "*" { None } else { Some(EnvName::parse(name)?) };
        if !Parameters::is_meant(from) {
            return Err(STAR.to_owned());
        }
        let named = Parameters::parse(from)?;
        match (&name, &named) {
            (None, Parameters::One(_)) => return Err(STAR.to_owned()),
            (Some(_), Parameters::Below(_)) => {
                return Err(format!("has a path (`/*`) for one variable: write `*={from}`, or name the parameter"));
            }
            _ => {}
        }
        Ok(Self { name, key: None, secret: Named::Parameters(named), stage: None, version_id: None })
    }

    /// Whether it is from Parameter Store.
    pub fn is_parameter(&self) -> bool {
        matches!(self.secret, Named::Parameters(_))
    }

    /// The partition, if it has an ARN.
    pub fn partition(&self) -> Option<&str> {
        match &self.secret {
            Named::Name(_) => None,
            Named::Arn { partition, .. } => Some(partition),
            Named::Parameters(named) => Some(named.id().partition()),
        }
    }

    /// The service and the region, if the region is not that of the stores.
    pub fn place(&self) -> (Service, Option<&Region>) {
        match &self.secret {
            Named::Name(_) => (Service::SecretsManager, None),
            Named::Arn { region, .. } => (Service::SecretsManager, Some(region)),
            Named::Parameters(named) => (Service::Ssm, Some(named.id().region())),
        }
    }

    /// The account of a path that a session of `role` cannot load: Parameter Store takes paths of the session's own alone.
    pub fn account_out_of_reach(&self, role: &RoleArn) -> Option<&AccountId> {
        match &self.secret {
            Named::Parameters(Parameters::Below(path)) => {
                Some(path.account()).filter(|account| *account != role.account())
            }
            _ => None,
        }
    }

    /// What to read.
    pub fn source(&self, home: Home<'_>) -> Source {
        let secret = match &self.secret {
            Named::Parameters(parameters) => return Source::Parameters(parameters.clone()),
            Named::Name(name) => SecretId::by_name(name.as_str(), home),
            Named::Arn { arn, region, account, name, .. } => SecretId {
                region: region.clone(),
                account: Some(account.clone()),
                name: name.as_str().to_owned(),
                arn: Some(arn.clone()),
            },
        };
        Source::Secret(SecretVersion { secret, stage: self.stage.clone(), id: self.version_id.clone() })
    }
}

impl Named {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.starts_with("arn:") {
            return SecretName::parse(text).map(Self::Name).ok_or("has no secret's name or ARN");
        }
        let arn = || {
            let mut fields = text.split(':').skip(1);
            let (partition, service) = (fields.next()?, fields.next()?);
            let (region, account) = (Region::parse(fields.next()?)?, AccountId::parse(fields.next()?)?);
            let (kind, name) = (fields.next()?, SecretName::parse(fields.next()?)?);
            let whole = service == "secretsmanager" && kind == "secret" && !partition.is_empty();
            let (arn, partition) = (text.to_owned(), partition.to_owned());
            whole.then_some(Self::Arn { arn, partition, region, account, name })
        };
        arn().ok_or("has an ARN that is not arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME")
    }
}

/// Reads all lines; an error has a message for each wrong one, with its number and text.
pub fn parse(text: &str) -> Result<Vec<SecretLine>, Vec<String>> {
    let mut lines = Vec::new();
    let mut paths = Names::default();
    each_line(text, &mut |text| {
        let line = SecretLine::parse(text)?;
        let taken = match &line.name {
            Some(name) => name.to_string(),
            // The names of parameters have a case, so paths are compared here.
            None if paths.add(text.to_owned(), ()) => format!("*{}", paths.len()),
            None => return Err("is there twice".to_owned()),
        };
        lines.push(line);
        Ok(taken)
    })?;
    Ok(lines)
}

#[cfg(test)]
mod tests;
