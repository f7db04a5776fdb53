//! Which parameter of Parameter Store, in which version, or below which path.

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
    /// Up to the name, and without the `/*` of a path: `parameter/a/b` is the parameter `/a/b`, `parameter/b` is `b` or `/b`.
    arn: String,
    region: Region,
    account: AccountId,
}

/// A version of a parameter; the latest one unless it is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterVersion {
    /// The parameter.
    pub parameter: ParameterId,
    /// The number of the version, or a label of it.
    pub selector: Option<String>,
}

/// What an ARN of Parameter Store names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parameters {
    /// `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME[:VERSION-OR-LABEL]`
    One(ParameterVersion),
    /// `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/PATH/*`
    Below(ParameterId),
}

impl Parameters {
    /// Whether a text is meant to be one.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("arn:") && text.split(':').nth(2) == Some("ssm")
    }

    /// Reads an ARN; an error is the rest of a sentence that begins with its line.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "has an ARN that is not arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME[:VERSION-OR-LABEL]";
        let fields: Vec<_> = text.split(':').collect();
        let (partition, region, account, resource, selector) = match fields.as_slice() {
            [_, partition, _, region, account, resource] => (partition, region, account, resource, None),
            [_, partition, _, region, account, resource, selector] => {
                (partition, region, account, resource, Some(*selector))
            }
            _ => return Err(FORM),
        };
        let is_plain = partition.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let name = resource.strip_prefix("parameter/").filter(|_| is_plain && !partition.is_empty()).ok_or(FORM)?;
        let (region, account) = (Region::parse(region).ok_or(FORM)?, AccountId::parse(account).ok_or(FORM)?);
        let path = if name == "*" { Some("") } else { name.strip_suffix("/*") };
        let name = path.unwrap_or(name);
        if !resource.ends_with("parameter/*") {
            check_name(name)?;
        }
        let arn = format!("arn:{partition}:ssm:{region}:{account}:parameter/{name}");
        if arn.len() > MAX_ARN_BYTES {
            return Err("has an ARN of more than 1011 characters, which no parameter has");
        }
        let parameter = ParameterId { arn, region, account };
        match (path, selector) {
            (Some(_), Some(_)) => Err("has a version or label, which a path (`/*`) does not take"),
            (Some(_), None) => Ok(Self::Below(parameter)),
            (None, Some(selector)) if !is_version(selector) && !is_label(selector) => {
                Err("has `:` before what is neither the number of a version nor a label")
            }
            (None, selector) => Ok(Self::One(ParameterVersion { parameter, selector: selector.map(str::to_owned) })),
        }
    }

    /// Where it is.
    pub fn id(&self) -> &ParameterId {
        match self {
            Self::One(wanted) => &wanted.parameter,
            Self::Below(path) => path,
        }
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(wanted) => wanted.fmt(f),
            Self::Below(path) => write!(f, "{}* ({})", path.as_path(), path.place()),
        }
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    let mut levels = 0;
    for level in name.split('/') {
        levels += 1;
        if level.is_empty() {
            return Err(
                "has a parameter's name with nothing before, after or between slashes: an ARN has one slash after \
                        `parameter`",
            );
        }
        if !level.bytes().all(is_in_names) {
            return Err("has a parameter's name with other characters than letters, digits and `.-_/`");
        }
    }
    if levels > MAX_LEVELS { Err("has a parameter's name of more than 15 levels") } else { Ok(()) }
}

fn is_in_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_".contains(&byte)
}

fn is_version(text: &str) -> bool {
    !text.starts_with('0') && (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_label(text: &str) -> bool {
    let is_reserved = text.get(..3).is_some_and(|start| matches!(&*start.to_ascii_lowercase(), "aws" | "ssm"));
    let starts = text.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    starts && !is_reserved && text.bytes().all(is_in_names) && text.len() <= MAX_LABEL_BYTES
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
        self.arn.split(':').nth(1).unwrap_or_default()
    }

    /// The ARN, which IAM is asked about.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The ARN that a policy allows for a path.
    pub fn arn_of_path(&self) -> String {
        if self.resource().is_empty() { format!("{}*", self.arn) } else { format!("{}/*", self.arn) }
    }

    /// Its name. One without a hierarchy may begin with a slash too: the ARN does not say.
    pub fn name(&self) -> String {
        let resource = self.resource();
        if resource.contains('/') { format!("/{resource}") } else { resource.to_owned() }
    }

    /// Where it is.
    pub fn place(&self) -> String {
        format!("account {}, region {}", self.account, self.region)
    }

    fn resource(&self) -> &str {
        self.arn.split_once('/').map_or("", |(_, resource)| resource)
    }

    /// The parameter `Path`. By its slash at the end a policy for `PATH/*` allows it: IAM is asked about it as it is written.
    pub(crate) fn as_path(&self) -> String {
        let resource = self.resource();
        if resource.is_empty() { "/".to_owned() } else { format!("/{resource}/") }
    }

    /// Whether a parameter of an answer is below this path, and has a name that can be shown.
    pub(crate) fn has(&self, name: &str) -> bool {
        let bare = name.strip_prefix('/').unwrap_or(name);
        check_name(bare).is_ok() && format!("/{bare}").starts_with(&self.as_path())
    }

    /// Whether the ARN of an answer is of the same account and region.
    pub(crate) fn is_beside(&self, arn: &str) -> bool {
        self.arn.split_once('/').is_some_and(|(start, _)| arn.starts_with(start))
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
        let mut names = self.names(own);
        if let Some(selector) = &self.selector {
            names.iter_mut().for_each(|name| *name = format!("{name}:{selector}"));
        }
        names
    }

    /// Whether the number of a version that was answered may be this one's.
    pub(crate) fn may_be(&self, version: &str) -> bool {
        self.selector.as_ref().is_none_or(|selector| !is_version(selector) || selector == version)
    }

    /// The names that it may have in an answer to that. A parameter of another account needs its ARN. For the session's own
    /// account, versions and labels are documented with names alone; `parameter/b` is the ARN of `b` and of `/b`, so both are
    /// asked for.
    pub(crate) fn names(&self, own: Option<&AccountId>) -> Vec<String> {
        if own != Some(&self.parameter.account) {
            return vec![self.parameter.arn.clone()];
        }
        let name = self.parameter.name();
        if name.starts_with('/') { vec![name] } else { vec![name.clone(), format!("/{name}")] }
    }
}

impl fmt::Display for ParameterVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parameter.fmt(f)?;
        self.selector.as_ref().map_or(Ok(()), |selector| write!(f, ", version {selector}"))
    }
}

#[cfg(test)]
mod tests;
