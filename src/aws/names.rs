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
const PARTITIONS: [Partition; 8] = [
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

/// Whether an audience is a host of AWS's, in any partition, or a URL of one.
pub(crate) fn is_of_aws(audience: &str) -> bool {
    let rest = audience.split_once("://").map_or(audience, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    PARTITIONS.iter().any(|partition| is_below(partition.suffix) || is_below(partition.dual_stack_suffix))
}

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
mod tests {
    use super::*;

    #[test]
    fn a_role_arn_gives_account_and_partition() {
        let role = RoleArn::parse("arn:aws-cn:iam::123456789012:role/ci/github-actions").unwrap();
        assert_eq!(role.account().digits(), "123456789012");
        assert_eq!(role.partition(), "aws-cn");
        for wrong in [
            "",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::12345:role/x",
            "arn:aws:iam:us-east-1:123456789012:role/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/a b",
            "arn:amazon:iam::123456789012:role/x",
        ] {
            assert_eq!(RoleArn::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_region_is_labels_ending_in_a_number() {
        for right in ["us-west-2", "us-gov-west-1", "eusc-de-east-1", "us-isob-east-1", "ap-southeast-10"] {
            assert!(Region::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "us-west", "US-WEST-2", "us_west_2", "us-west-2.evil.example", "us--2", "2"] {
            assert!(Region::parse(wrong).is_none(), "{wrong}");
        }
    }
}
