//! AWS's names: partitions, regions, accounts, roles.

use std::fmt;

/// A separated group of regions with its own domains.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
pub(crate) struct Partition {
    pub(crate) name: &'static str,
    pub(crate) region_prefix: &'static str,
    pub(crate) suffix: &'static str,
    pub(crate) dual_stack_suffix: &'static str,
}

/// In the order of the search: a longer prefix stands before a shorter one. The last is the commercial partition.
/// Source: `partitions.json` of botocore.
pub(crate) const PARTITIONS: [Partition; 8] = [
    Partition {
        name: "aws-cn",
        region_prefix: "cn-",
        suffix: "amazonaws.com.cn",
        dual_stack_suffix: "api.amazonwebservices.com.cn",
    },
    Partition { name: "aws-us-gov", region_prefix: "us-gov-", suffix: "amazonaws.com", dual_stack_suffix: "api.aws" },
    Partition {
        name: "aws-iso-b",
        region_prefix: "us-isob-",
        suffix: "sc2s.sgov.gov",
        dual_stack_suffix: "api.aws.scloud",
    },
    Partition {
        name: "aws-iso-f",
        region_prefix: "us-isof-",
        suffix: "csp.hci.ic.gov",
        dual_stack_suffix: "api.aws.hci.ic.gov",
    },
    Partition {
        name: "aws-iso-e",
        region_prefix: "eu-isoe-",
        suffix: "cloud.adc-e.uk",
        dual_stack_suffix: "api.cloud-aws.adc-e.uk",
    },
    Partition { name: "aws-iso", region_prefix: "us-iso-", suffix: "c2s.ic.gov", dual_stack_suffix: "api.aws.ic.gov" },
    Partition {
        name: "aws-eusc",
        region_prefix: "eusc-",
        suffix: "amazonaws.eu",
        dual_stack_suffix: "api.amazonwebservices.eu",
    },
    COMMERCIAL,
];

const COMMERCIAL: Partition =
    Partition { name: "aws", region_prefix: "", suffix: "amazonaws.com", dual_stack_suffix: "api.aws" };

/// A region's name, as in `us-west-2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

impl Region {
    /// Lower-case letters, digits and hyphens, ending in a number.
    pub fn parse(text: &str) -> Option<Self> {
        let labels: Vec<_> = text.split('-').collect();
        let plain = labels.iter().all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        let numbered = labels.last().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
        (plain && numbered && labels.len() >= 3 && text.len() <= 32).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The name of its partition, as in an ARN.
    pub fn partition(&self) -> &'static str {
        self.domains().name
    }

    pub(crate) fn domains(&self) -> &'static Partition {
        PARTITIONS.iter().find(|partition| self.0.starts_with(partition.region_prefix)).unwrap_or(&COMMERCIAL)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A 12-digit account id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId(String);

impl AccountId {
    /// Exactly 12 digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ARN of an IAM role; it gives the account and the partition.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleArn {
    arn: String,
    partition: String,
    account: AccountId,
}

impl RoleArn {
    /// `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(6, ':');
        let (arn, partition, service) = (fields.next()?, fields.next()?, fields.next()?);
        let (region, account, resource) = (fields.next()?, fields.next()?, fields.next()?);
        let name = resource.strip_prefix("role/")?;
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte));
        let whole = arn == "arn" && service == "iam" && region.is_empty() && !name.ends_with('/') && !name.is_empty();
        let known = partition == "aws" || partition.starts_with("aws-");
        (whole && known && plain(name) && plain(partition) && text.len() <= 2048).then_some(())?;
        Some(Self { arn: text.to_owned(), partition: partition.to_owned(), account: AccountId::parse(account)? })
    }

    /// The role's account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// `aws`, `aws-cn`, ...
    pub fn partition(&self) -> &str {
        &self.partition
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

#[cfg(test)]
mod tests;
