//! The answers of the AWS CLI, as far as they matter. Fields that are not here are passed over: AWS adds some.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) version: u64,
    pub(super) region: String,
    #[serde(default)]
    pub(super) pools: Vec<String>,
    #[serde(default)]
    pub(super) secret_prefixes: Vec<String>,
    pub(super) secret_policies: bool,
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Caller {
    pub(super) account: String,
    pub(super) arn: String,
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html>
#[derive(Debug, Deserialize)]
pub(super) struct Provider {
    #[serde(rename = "Url")]
    pub(super) url: String,
    #[serde(rename = "ClientIDList", default, deserialize_with = "absent_or_null")]
    pub(super) audiences: Vec<String>,
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DescribeIdentityPool.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Pool {
    pub(super) identity_pool_id: String,
    pub(super) identity_pool_name: String,
    pub(super) allow_unauthenticated_identities: bool,
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) allow_classic_flow: bool,
    #[serde(rename = "OpenIdConnectProviderARNs", default, deserialize_with = "absent_or_null")]
    pub(super) providers: Vec<String>,
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) cognito_identity_providers: Vec<UserPool>,
    #[serde(rename = "SamlProviderARNs", default, deserialize_with = "absent_or_null")]
    pub(super) saml_providers: Vec<String>,
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) supported_login_providers: BTreeMap<String, String>,
    pub(super) developer_provider_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserPool {
    pub(super) provider_name: Option<String>,
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetIdentityPoolRoles.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PoolRoles {
    pub(super) identity_pool_id: String,
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) roles: BTreeMap<String, String>,
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetPrincipalTagAttributeMap.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagMap {
    pub(super) identity_pool_id: String,
    pub(super) identity_provider_name: String,
    pub(super) use_defaults: bool,
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) principal_tags: BTreeMap<String, String>,
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleAnswer {
    pub(super) role: Role,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Role {
    pub(super) role_name: String,
    pub(super) arn: String,
    pub(super) assume_role_policy_document: Box<RawValue>,
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) tags: Vec<Tag>,
    pub(super) permissions_boundary: Option<Boundary>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Boundary {
    pub(super) permissions_boundary_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InlinePolicy {
    pub(super) role_name: String,
    pub(super) policy_name: String,
    pub(super) policy_document: Box<RawValue>,
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionAnswer {
    pub(super) policy_version: Version,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Version {
    pub(super) document: Box<RawValue>,
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Secrets {
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) secret_list: Vec<Secret>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Secret {
    #[serde(rename = "ARN")]
    pub(super) arn: String,
    pub(super) name: String,
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) tags: Vec<Tag>,
    pub(super) kms_key_id: Option<String>,
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetResourcePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResourcePolicy {
    #[serde(rename = "ARN")]
    pub(super) arn: String,
    pub(super) resource_policy: Option<Box<RawValue>>,
}

/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Key {
    pub(super) arn: String,
    pub(super) key_manager: String,
}

/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyPolicy {
    pub(super) policy: Box<RawValue>,
}

/// `--query` writes `null` for what an answer does not have.
fn absent_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
