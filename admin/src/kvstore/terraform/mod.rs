//! A set-up as a module of Terraform and OpenTofu. What every set-up has in common are the `.tf` files beside this one, which
//! people can read and `tofu fmt` checks; what differs is data, written as `locals` above them.

mod locals;
mod vault;

use hcl_edit::expr::Expression;
use serde_json::Value;

use crate::kvstore::made::Made;
use crate::kvstore::plan::Plan;
use crate::kvstore::set_up::SetUp;
use crate::kvstore::terraform::locals::{Local, by_name, call, locals, map, object, reference, word};

const HEADER: &str = "# Made by env-kvstore generate terraform from kvstore.json. Do not edit.\n";

/// What a token must be for; the pool's id is the audience of the token that it gives.
const AUDIENCE: &str = "cognito-identity.amazonaws.com";
const POOL_AS_AUDIENCE: &str = "cognito-identity.amazonaws.com:aud";

/// A module for AWS, and one below it for Vault: each has a provider, credentials and a state of its own.
pub(crate) fn modules(plan: &Plan) -> Vec<Made> {
    let aws = plan.aws.iter().flat_map(module);
    aws.chain(plan.vault.iter().flat_map(vault::module)).collect()
}

/// The files of the module.
fn module(set_up: &SetUp) -> Vec<Made> {
    vec![
        file("versions.tf", None, include_str!("versions.tf")),
        file("variables.tf", None, include_str!("variables.tf")),
        file("provider-and-pool.tf", Some(provider_and_pool(set_up)), include_str!("provider-and-pool.tf")),
        file("roles.tf", Some(roles(set_up)), include_str!("roles.tf")),
        file("stores.tf", Some(stores(set_up)), include_str!("stores.tf")),
        file("outputs.tf", None, include_str!("outputs.tf")),
    ]
}

fn file(name: &str, data: Option<String>, common: &str) -> Made {
    let data = data.map_or(String::new(), |data| format!("{data}\n"));
    Made { path: format!("terraform/{name}"), text: format!("{HEADER}\n{data}{common}") }
}

fn provider_and_pool(set_up: &SetUp) -> String {
    locals(vec![
        Local::new("account", set_up.account.digits()),
        Local::new("region", set_up.region.to_string()),
        Local::new("issuer", set_up.issuer.as_str()),
        Local::new("audience", AUDIENCE),
        Local::new("pool", set_up.pool.as_str()),
        Local::new("claims", map(set_up.mapped.iter().map(|claim| (claim.as_str(), claim.as_str()))))
            .because("Claims of the job's token that become session tags, each under its own name."),
    ])
}

fn roles(set_up: &SetUp) -> String {
    let shared = set_up.roles.iter().find(|role| role.is_shared).map_or("", |role| role.name.as_str());
    let roles = set_up.roles.iter().map(|role| {
        let policies = object(vec![
            // The policies name the pool by a reference: AWS chooses its id.
            (word("trust_policy"), call("jsonencode", policy(&set_up.trust_policy(role, "")))),
            (word("policy"), call("jsonencode", policy(&set_up.role_policy(role)))),
        ]);
        (role.name.as_str(), policies)
    });
    locals(vec![
        Local::new("shared_role", shared).because("The role of all repositories."),
        Local::new("roles", by_name(roles)).because("Who may assume each role, and what it reads."),
    ])
}

fn stores(set_up: &SetUp) -> String {
    let stores = set_up
        .stores
        .values()
        .map(|store| (store.name.as_str(), map(store.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))));
    let kms_key = set_up.kms_key.as_deref().map_or_else(Expression::null, Expression::from);
    locals(vec![
        Local::new("kms_key", kms_key).because("The key of the stores; null is AWS's own."),
        Local::new("stores", by_name(stores)).because(
            "Empty containers, with the tags that say what a job must be to read them. Values are never in the state:\n\
             write them with env-kvstore put.",
        ),
    ])
}

/// A policy as an object of HCL. Its keys are words of IAM, or begin with a condition key's prefix.
fn policy(value: &Value) -> Expression {
    match value {
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| match key.as_str() {
                POOL_AS_AUDIENCE => {
                    (Expression::from(key.as_str()).into(), reference(&["aws_cognito_identity_pool", "pool", "id"]))
                }
                key if key.bytes().all(|byte| byte.is_ascii_alphabetic()) => (word(key), policy(value)),
                key => (Expression::from(key).into(), policy(value)),
            });
            object(entries.collect())
        }
        Value::Array(values) => values.iter().map(policy).collect(),
        Value::String(text) => Expression::from(text.as_str()),
        Value::Bool(yes) => Expression::from(*yes),
        // No policy has numbers.
        Value::Null | Value::Number(_) => Expression::null(),
    }
}
