//! Which parameter of Parameter Store, in which version, or which path of parameters.

use std::fmt;

use crate::aws::names::{AccountId, Region};

/// Of a parameter's ARN as AWS allows it.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html>
const MAX_ARN_BYTES: usize = 1011;

const MAX_LEVELS: usize = 15;

/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html>
const MAX_LABEL_BYTES: usize = 100;

/// A parameter, or a path of parameters, of an account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterId {
    partition: String,
    region: Region,
    account: AccountId,
    /// What follows `parameter/` in the ARN: `a/b` is the parameter `/a/b`, `b` is `b` or `/b`.
    resource: String,
}

/// A version of a parameter; the latest one unless it is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterVersion {
    /// The parameter.
    pub parameter: ParameterId,
    /// The number of the version, or a label of it.
    pub selector: Option<String>,
}

/// All parameters below a level of the hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterPath(ParameterId);

/// What an ARN of Parameter Store names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME[:VERSION-OR-LABEL]`
    One(ParameterVersion),
    /// `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/PATH/*`
    Path(ParameterPath),
}

impl Named {
    /// Whether a text is meant to be one.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("arn:") && text.split(':').nth(2) == Some("ssm")
    }

    /// Reads an ARN; an error is the rest of a sentence that begins with its line.
    pub fn parse(arn: &str) -> Result<Self, &'static str> {
        const FORM: &str = "has an ARN that is not arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME[:VERSION-OR-LABEL]";
        let place = || {
            let mut fields = arn.splitn(6, ':');
            let (_, partition, _) = (fields.next()?, fields.next()?, fields.next()?);
            let (region, account) = (Region::parse(fields.next()?)?, AccountId::parse(fields.next()?)?);
            let is_plain = partition.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            let resource = fields.next()?.strip_prefix("parameter/")?;
            (is_plain && !partition.is_empty()).then_some((partition.to_owned(), region, account, resource))
        };
        let (partition, region, account, resource) = place().ok_or(FORM)?;
        let (name, selector) = match resource.split_once(':') {
            Some((name, selector)) => (name, Some(selector)),
            None => (resource, None),
        };
        let path = if name == "*" { Some("") } else { name.strip_suffix("/*") };
        let resource = path.unwrap_or(name);
        if name != "*" {
            check_name(resource)?;
        }
        let id = ParameterId { partition, region, account, resource: resource.to_owned() };
        if id.arn().len() > MAX_ARN_BYTES {
            return Err("has an ARN of more than 1011 characters, which no parameter has");
        }
        match (path, selector) {
            (Some(_), Some(_)) => Err("has a version or label, which a path (`/*`) does not take"),
            (Some(_), None) => Ok(Self::Path(ParameterPath(id))),
            (None, Some(selector)) if !is_version(selector) && !is_label(selector) => {
                Err("has `:` before what is neither the number of a version nor a label")
            }
            (None, selector) => {
                Ok(Self::One(ParameterVersion { parameter: id, selector: selector.map(str::to_owned) }))
            }
        }
    }

    /// Where it is.
    pub fn id(&self) -> &ParameterId {
        match self {
            Self::One(wanted) => &wanted.parameter,
            Self::Path(path) => &path.0,
        }
    }
}

fn check_name(resource: &str) -> Result<(), &'static str> {
    let is_in_names = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if resource.split('/').any(str::is_empty) {
        return Err(
            "has a parameter's name with nothing before, after or between slashes: an ARN has one slash after \
                    `parameter`",
        );
    }
    if !resource.split('/').all(|level| level.bytes().all(is_in_names)) {
        return Err("has a parameter's name with other characters than letters, digits and `.-_/`");
    }
    if resource.split('/').count() > MAX_LEVELS {
        return Err("has a parameter's name of more than 15 levels");
    }
    Ok(())
}

fn is_version(text: &str) -> bool {
    !text.starts_with('0') && text.parse::<u64>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_label(text: &str) -> bool {
    let is_reserved = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    let starts = !text.is_empty() && !text.starts_with(|first: char| first.is_ascii_digit());
    is_plain && starts && text.len() <= MAX_LABEL_BYTES && !is_reserved("aws") && !is_reserved("ssm")
}

impl ParameterId {
    /// Its region.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Its account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Its partition, as in the ARN.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The ARN, which IAM is asked about.
    pub fn arn(&self) -> String {
        let Self { partition, region, account, resource } = self;
        format!("arn:{partition}:ssm:{region}:{account}:parameter/{resource}")
    }

    /// Its name. One without a hierarchy may begin with a slash too: the ARN does not say.
    pub fn name(&self) -> String {
        if self.resource.contains('/') { format!("/{}", self.resource) } else { self.resource.clone() }
    }

    /// Where it is.
    pub fn place(&self) -> String {
        format!("account {}, region {}", self.account, self.region)
    }
}

impl fmt::Display for ParameterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.place())
    }
}

impl ParameterVersion {
    /// The members of `Names` that ask for it, for a session of the account `own`.
    pub(crate) fn asked(&self, own: Option<&AccountId>) -> Vec<String> {
        let selector = self.selector.as_ref().map_or(String::new(), |selector| format!(":{selector}"));
        self.names(own).into_iter().map(|name| name + &selector).collect()
    }

    /// Whether the number of a version that was answered may be this one's.
    pub(crate) fn may_be(&self, version: &str) -> bool {
        self.selector.as_ref().is_none_or(|selector| !is_version(selector) || selector == version)
    }

    /// The names that it may have in an answer to that. A parameter of another account needs its ARN. For the session's own account, versions and labels are documented with
    /// names alone; `parameter/b` is the ARN of `b` and of `/b`, so both are asked for.
    pub(crate) fn names(&self, own: Option<&AccountId>) -> Vec<String> {
        let ParameterId { account, resource, .. } = &self.parameter;
        match own == Some(account) {
            true if resource.contains('/') => vec![format!("/{resource}")],
            true => vec![resource.clone(), format!("/{resource}")],
            false => vec![self.parameter.arn()],
        }
    }
}

impl fmt::Display for ParameterVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.selector {
            None => write!(f, "{}", self.parameter),
            Some(selector) => write!(f, "{}, version {selector}", self.parameter),
        }
    }
}

impl ParameterPath {
    /// The level as a parameter's ARN has it.
    pub fn id(&self) -> &ParameterId {
        &self.0
    }

    /// The parameter `Path`. By its slash at the end a policy for `PATH/*` allows it: IAM is asked about it as it is written.
    pub(crate) fn as_parameter(&self) -> String {
        format!("/{}", self.below())
    }

    /// The ARN that a policy allows, with the `*`.
    pub fn arn(&self) -> String {
        let ParameterId { partition, region, account, .. } = &self.0;
        format!("arn:{partition}:ssm:{region}:{account}:parameter/{}*", self.below())
    }

    /// Whether a parameter of an answer is below it, and has a name that can be shown.
    pub(crate) fn has(&self, name: &str) -> bool {
        let name = bare(name);
        name.strip_prefix(&self.below()).is_some_and(|rest| !rest.is_empty()) && check_name(name).is_ok()
    }

    /// Whether the ARN of an answer is of its account and region.
    pub(crate) fn is_of_account(&self, arn: &str) -> bool {
        let ParameterId { region, account, .. } = &self.0;
        arn.contains(&format!(":ssm:{region}:{account}:"))
    }

    fn below(&self) -> String {
        if self.0.resource.is_empty() { String::new() } else { format!("{}/", self.0.resource) }
    }
}

impl fmt::Display for ParameterPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}* ({})", self.as_parameter(), self.0.place())
    }
}

fn bare(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

#[cfg(test)]
mod tests;
