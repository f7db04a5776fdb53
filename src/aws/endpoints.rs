//! Where AWS's services are.
//! <https://docs.aws.amazon.com/general/latest/gr/rande.html>

use crate::aws::names::Region;
use crate::host::url::BaseUrl;

/// An AWS service that a run talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Amazon Cognito Federated Identities
    CognitoIdentity,
    /// AWS Security Token Service
    Sts,
    /// AWS Secrets Manager
    SecretsManager,
    /// AWS Systems Manager, for its Parameter Store
    Ssm,
    /// Amazon S3
    S3,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::CognitoIdentity, Self::Sts, Self::SecretsManager, Self::Ssm, Self::S3];

    /// The first label of the service's host names, which is also its name in a signature.
    pub fn endpoint_prefix(self) -> &'static str {
        match self {
            Self::CognitoIdentity => "cognito-identity",
            Self::Sts => "sts",
            Self::SecretsManager => "secretsmanager",
            Self::Ssm => "ssm",
            Self::S3 => "s3",
        }
    }

    /// The suffix of the service's `AWS_ENDPOINT_URL_...` variable.
    pub(crate) fn endpoint_variable(self) -> &'static str {
        match self {
            Self::CognitoIdentity => "AWS_ENDPOINT_URL_COGNITO_IDENTITY",
            Self::Sts => "AWS_ENDPOINT_URL_STS",
            Self::SecretsManager => "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            Self::Ssm => "AWS_ENDPOINT_URL_SSM",
            Self::S3 => "AWS_ENDPOINT_URL_S3",
        }
    }
}

/// Where a service is, in each region.
#[derive(Debug, Clone)]
pub struct Endpoints {
    pub(crate) service: Service,
    pub(crate) configured: Option<BaseUrl>,
    pub(crate) fips: bool,
    pub(crate) dual_stack: bool,
}

impl Endpoints {
    /// The configured endpoint, which is that of all regions, or else the region's public one.
    pub fn of(&self, region: &Region) -> BaseUrl {
        let public = || public_endpoint(self.service, region, self.fips, self.dual_stack);
        self.configured.clone().unwrap_or_else(public)
    }
}

/// The rules are AWS's endpoint rule sets; `tests/core/endpoints.rs` holds them to botocore's in every region.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
pub fn public_endpoint(service: Service, region: &Region, fips: bool, dual_stack: bool) -> BaseUrl {
    let partition = region.domains();
    let name = service.endpoint_prefix();
    // S3 has a label of its own for IPv6, where others have another domain.
    let (label, dual_stack) = match (service, dual_stack) {
        (Service::S3, true) => (".dualstack", false),
        (_, dual_stack) => ("", dual_stack),
    };
    let suffix = match dual_stack && !plain_name_is_dual_stack(service, region, fips) {
        true => partition.dual_stack_suffix,
        false => partition.suffix,
    };
    // In GovCloud these are FIPS under their ordinary names.
    let plain_name_is_fips =
        matches!(service, Service::Sts | Service::Ssm) && partition.region_prefix == "us-gov-" && !dual_stack;
    let mark = if fips && !plain_name_is_fips { "-fips" } else { "" };
    BaseUrl::https(&format!("{name}{mark}{label}.{region}.{suffix}"))
}

/// Where a service answers on IPv6 under its ordinary name and has no other.
fn plain_name_is_dual_stack(service: Service, region: &Region, fips: bool) -> bool {
    match (service, region.domains().region_prefix) {
        (Service::SecretsManager, "" | "us-gov-") => true,
        (Service::SecretsManager, "cn-") => !fips,
        (Service::CognitoIdentity, "") => {
            !fips || matches!(region.name(), "us-east-1" | "us-east-2" | "us-west-1" | "us-west-2")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
