//! The account that a set-up of `kvstore.json` makes.

use std::collections::BTreeMap;

use env_kvstore_policy::Malformed;

use crate::account::{Account, COGNITO, Document, Pool, Provider, Role, Store, TagMap};
use crate::kvstore::set_up::SetUp;

/// In place of the pool's id, which AWS hands out.
const POOL_ID: &str = "00000000-0000-0000-0000-000000000000";

/// In place of the six characters that AWS appends to the name of a secret.
pub const SUFFIX: &str = "-AbCdEf";

/// What the account has once everything is deployed.
pub fn planned(set_up: &SetUp) -> Result<Account, Malformed> {
    let (account, partition) = (set_up.account.digits(), set_up.region.partition());
    let host = set_up.issuer.trim_start_matches("https://");
    let provider = Provider {
        arn: format!("arn:{partition}:iam::{account}:oidc-provider/{host}"),
        issuer: set_up.issuer.clone(),
        audiences: vec![COGNITO.to_owned()],
    };
    let claims: BTreeMap<_, _> = set_up.mapped.iter().map(|claim| (claim.clone(), claim.clone())).collect();
    let pool = Pool {
        id: format!("{}:{POOL_ID}", set_up.region),
        name: set_up.pool.clone(),
        allows_classic_flow: true,
        allows_unauthenticated: false,
        tags: BTreeMap::from([(provider.arn.clone(), TagMap { uses_defaults: false, claims })]),
        providers: vec![provider.arn.clone()],
        other_providers: vec![],
    };
    let role = |role: &crate::kvstore::set_up::Role| {
        let name = &role.name;
        Ok(Role {
            name: name.clone(),
            arn: format!("arn:{partition}:iam::{account}:role/{name}"),
            trust: Document::parse(
                format!("trust policy of the role {name}"),
                set_up.trust_policy(role, &pool.id).to_string(),
            )?,
            policies: vec![Document::parse(
                format!("policy of the role {name}"),
                set_up.role_policy(role).to_string(),
            )?],
            tags: BTreeMap::new(),
            boundary: None,
        })
    };
    let store = |store: &crate::kvstore::set_up::Store| Store {
        name: store.name.clone(),
        arn: set_up.store_arn(&store.name, SUFFIX),
        tags: store.tags.clone(),
        kms_key: set_up.kms_key.clone(),
        policy: None,
    };
    Ok(Account {
        id: account.to_owned(),
        partition: partition.to_owned(),
        region: set_up.region.to_string(),
        roles: set_up.roles.iter().map(role).collect::<Result<_, Malformed>>()?,
        stores: set_up.stores.values().map(store).collect(),
        providers: vec![provider],
        pools: vec![pool],
        keys: vec![],
        not_evaluated: NOT_IN_A_FILE.map(str::to_owned).to_vec(),
    })
}

/// What AWS asks too, and no file of ours says.
const NOT_IN_A_FILE: [&str; 3] = [
    "service and resource control policies of AWS Organizations",
    "permissions boundaries, and policies that others have attached to the roles",
    "resource policies of the secrets, and of a KMS key",
];
