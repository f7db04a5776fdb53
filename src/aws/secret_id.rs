//! Which secret, in which version.

use std::fmt;

use crate::aws::names::{AccountId, Region, RoleArn};

/// What CreateSecret takes in a name.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html#SecretsManager-CreateSecret-request-Name>
fn is_in_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte)
}

/// Text that a secret can be named after, whole or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePart(String);

impl NamePart {
    /// Letters, digits and `/_+=.@-`. How long a name is made of parts is for Secrets Manager to say.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && text.bytes().all(is_in_names)).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NamePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a secret that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretName(String);

impl SecretName {
    /// 1 to 512 characters. Services of AWS put a `!` into the names of the secrets that they manage.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| is_in_names(byte) || byte == b'!');
        (plain && (1..=512).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A secret of an account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretId {
    /// Its region.
    pub region: Region,
    /// Its account.
    pub account: Option<AccountId>,
    /// Its name.
    pub name: String,
    /// Its ARN, if it is asked for by that.
    pub arn: Option<String>,
}

impl SecretId {
    /// A name is enough in the session's own account; another account's secret needs an ARN. One without the suffix of
    /// six characters is understood.
    pub fn by_name(name: &str, home: Home<'_>) -> Self {
        let Home { region, account, role } = home;
        let arn = account.filter(|account| role.is_none_or(|role| role.account() != *account)).map(|account| {
            let partition = role.map_or(region.partition(), RoleArn::partition);
            format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}")
        });
        Self { region: region.clone(), account: account.cloned(), name: name.to_owned(), arn }
    }

    /// The parameter `SecretId`.
    pub fn as_parameter(&self) -> &str {
        self.arn.as_deref().unwrap_or(&self.name)
    }

    /// Where it is.
    pub fn place(&self) -> String {
        match &self.account {
            Some(account) => format!("account {account}, region {}", self.region),
            None => format!("region {}", self.region),
        }
    }

    /// Whether an answer with this name and ARN is about this secret.
    pub(crate) fn is(&self, name: &str, arn: &str) -> bool {
        match &self.arn {
            None => self.name == name,
            Some(asked) => is_without_suffix(asked, arn),
        }
    }
}

/// Whether `asked` is the whole of an ARN, or of its last part, but for the hyphen and six characters that AWS appends.
pub(crate) fn is_without_suffix(asked: &str, whole: &str) -> bool {
    let suffix = whole.strip_prefix(asked);
    suffix.is_some_and(|suffix| suffix.is_empty() || (suffix.len() == 7 && suffix.starts_with('-')))
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.place())
    }
}

/// A version of a secret; the current one unless it is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretVersion {
    /// The secret.
    pub secret: SecretId,
    /// `VersionStage`, a staging label.
    pub stage: Option<String>,
    /// `VersionId`
    pub id: Option<String>,
}

impl SecretVersion {
    /// The current one.
    pub fn current(secret: SecretId) -> Self {
        Self { secret, stage: None, id: None }
    }
}

/// Where a secret is that is named without an ARN, and who reads it.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    /// `secrets-manager-region`
    pub region: &'a Region,
    /// `secrets-manager-account-id`; none is the session's own
    pub account: Option<&'a AccountId>,
    /// The role whose session reads, if it is known.
    pub role: Option<&'a RoleArn>,
}

#[cfg(test)]
mod tests;
