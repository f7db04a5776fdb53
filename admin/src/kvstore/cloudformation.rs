//! A set-up as stacks of CloudFormation: one for who may assume what, and others for the stores.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

use serde_json::{Map, Value, json};

use crate::kvstore::made::{Made, json_text};
use crate::kvstore::set_up::{Role, SetUp, Store};

/// So many stores are in a stack; CloudFormation takes 500 resources.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const STORES_IN_A_STACK: usize = 400;

/// Stands for the pool's id, which AWS hands out, until it is a reference.
const POOL: &str = "POOL";

/// The stacks, each in a file.
pub(crate) fn stacks(set_up: &SetUp) -> Vec<Made> {
    let stores: Vec<&Store> = set_up.stores.values().collect();
    let mut files = vec![file("cloudformation/base.json".to_owned(), &base(set_up))];
    for (place, stores) in stores.chunks(STORES_IN_A_STACK).enumerate() {
        let path = format!("cloudformation/stores-{}.json", place + 1);
        files.push(file(path, &stores_stack(set_up, stores)));
    }
    files
}

fn file(path: String, template: &Value) -> Made {
    Made { path, text: json_text(template) }
}

fn base(set_up: &SetUp) -> Value {
    let provider = json!({ "Ref": "OidcProvider" });
    let tags: Map<_, _> = set_up.mapped.iter().map(|claim| (claim.clone(), json!(claim))).collect();
    let mut resources = Map::new();
    resources.insert(
        "OidcProvider".to_owned(),
        json!({
            "Type": "AWS::IAM::OIDCProvider",
            "Properties": { "Url": set_up.issuer, "ClientIdList": ["cognito-identity.amazonaws.com"] }
        }),
    );
    resources.insert(
        "IdentityPool".to_owned(),
        json!({
            "Type": "AWS::Cognito::IdentityPool",
            "Properties": {
                "IdentityPoolName": set_up.pool,
                "AllowClassicFlow": true,
                "AllowUnauthenticatedIdentities": false,
                "OpenIdConnectProviderARNs": [provider]
            }
        }),
    );
    resources.insert(
        "PrincipalTags".to_owned(),
        json!({
            "Type": "AWS::Cognito::IdentityPoolPrincipalTag",
            "Properties": {
                "IdentityPoolId": { "Ref": "IdentityPool" },
                "IdentityProviderName": provider,
                "UseDefaults": false,
                "PrincipalTags": tags
            }
        }),
    );
    let mut outputs = Map::new();
    outputs.insert("IdentityPoolId".to_owned(), json!({ "Value": { "Ref": "IdentityPool" } }));
    for (place, role) in set_up.roles.iter().enumerate() {
        let id = if role.is_shared { "Role".to_owned() } else { format!("Role{}", logical(&role.name, place)) };
        outputs.insert(format!("{id}Arn"), json!({ "Value": { "Fn::GetAtt": [id, "Arn"] } }));
        resources.insert(id, role_resource(set_up, role));
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Who may read values with env-kvstore. Made by env-kvstore generate from kvstore.json. Do not edit.",
        "Resources": resources,
        "Outputs": outputs
    })
}

fn role_resource(set_up: &SetUp, role: &Role) -> Value {
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": role.name,
            "AssumeRolePolicyDocument": with_pool(set_up.trust_policy(role, POOL)),
            "Policies": [{ "PolicyName": "read-values", "PolicyDocument": set_up.role_policy(role) }]
        }
    })
}

fn stores_stack(set_up: &SetUp, stores: &[&Store]) -> Value {
    let resources: Map<_, _> = stores
        .iter()
        .enumerate()
        .map(|(place, store)| {
            let mut properties = Map::new();
            properties.insert("Name".to_owned(), json!(store.name));
            if let Some(key) = &set_up.kms_key {
                properties.insert("KmsKeyId".to_owned(), json!(key));
            }
            let tags: Vec<_> = store.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
            if !tags.is_empty() {
                properties.insert("Tags".to_owned(), json!(tags));
            }
            let resource = json!({
                "Type": "AWS::SecretsManager::Secret",
                // A store is an empty container: what is put into it outlives the stack.
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": properties
            });
            (format!("Store{}", logical(&store.name, place)), resource)
        })
        .collect();
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Stores of env-kvstore, without values. Made by env-kvstore generate from kvstore.json. Do not edit.",
        "Resources": resources
    })
}

/// A logical id is of letters and digits; the number keeps two names apart that differ in others.
fn logical(name: &str, place: usize) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).take(200).collect();
    format!("{}{plain}", place + 1)
}

/// The policy with a reference to the pool in place of its id.
fn with_pool(mut policy: Value) -> Value {
    // The depth of our own policies is known.
    for condition in policy.pointer_mut("/Statement").and_then(Value::as_array_mut).into_iter().flatten() {
        let wanted = condition.pointer_mut("/Condition/StringEquals/cognito-identity.amazonaws.com:aud");
        if let Some(wanted) = wanted {
            *wanted = json!({ "Ref": "IdentityPool" });
        }
    }
    policy
}
