//! Audiences of tokens that AWS itself takes.

use http::Uri;

use crate::aws::names::PARTITIONS;

/// What a pool's login asks for.
pub const COGNITO_AUDIENCE: &str = "cognito-identity.amazonaws.com";

/// What AWS's own action asks for, and its guides list in the OIDC provider.
pub const STS_AUDIENCE: &str = "sts.amazonaws.com";

/// Whether a token of this audience is one for AWS: anybody who receives it could show it there as the job. It is so for every
/// name below a domain of AWS, but for hosts of API Gateway, which belong to AWS's customers.
pub fn is_for_aws(audience: &str) -> bool {
    let name = audience.trim().to_ascii_lowercase();
    let uri: Option<Uri> = name.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or(&name).trim_end_matches('.');
    let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let of_aws = PARTITIONS.iter().any(|each| is_below(each.suffix) || is_below(each.dual_stack_suffix));
    let of_customer = host.split('.').nth(1) == Some("execute-api");
    of_aws && !of_customer
}

#[cfg(test)]
mod tests;
