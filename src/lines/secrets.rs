//! The input `secrets`: values outside the naming convention, in the notation of `valueFrom` in ECS task definitions.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>

use crate::aws::names::{AccountId, Region};
use crate::aws::secret_id::{Home, SecretId, SecretName, SecretVersion};
use crate::lines::each_line;
use crate::lines::env_name::EnvName;

/// One line: `ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretLine {
    /// The variable to set.
    pub name: EnvName,
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
}

impl SecretLine {
    /// Reads one line. The fields after the secret may be empty or left out.
    pub fn parse(line: &str) -> Result<Self, String> {
        const FORM: &str = "is not `ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]]`";
        let (name, from) = line.split_once('=').ok_or(FORM)?;
        let (name, from) = (EnvName::parse(name.trim())?, from.trim());
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

    /// The partition, if the secret is named by an ARN.
    pub fn partition(&self) -> Option<&str> {
        match &self.secret {
            Named::Name(_) => None,
            Named::Arn { partition, .. } => Some(partition),
        }
    }

    /// The region, if the secret is named by an ARN.
    pub fn region(&self) -> Option<&Region> {
        match &self.secret {
            Named::Name(_) => None,
            Named::Arn { region, .. } => Some(region),
        }
    }

    /// What to ask Secrets Manager for.
    pub fn wanted(&self, home: Home<'_>) -> SecretVersion {
        let secret = match &self.secret {
            Named::Name(name) => SecretId::by_name(name.as_str(), home),
            Named::Arn { arn, region, account, name, .. } => SecretId {
                region: region.clone(),
                account: Some(account.clone()),
                name: name.as_str().to_owned(),
                arn: Some(arn.clone()),
            },
        };
        SecretVersion { secret, stage: self.stage.clone(), id: self.version_id.clone() }
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
    each_line(text, &mut |line| {
        let line = SecretLine::parse(line)?;
        let taken = line.name.to_string();
        lines.push(line);
        Ok(taken)
    })?;
    Ok(lines)
}

#[cfg(test)]
mod tests;
