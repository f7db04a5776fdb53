//! A set-up as what Vault's own command line writes, for those who have no Terraform: a file for each role and policy, and a script
//! that writes them.

use serde_json::{Map, Value, json};

use crate::kvstore::made::{Made, json_text};
use crate::kvstore::set_up::Role;
use crate::kvstore::vault::{METADATA, TOKEN_TTL, VaultSetUp};

/// The files.
pub(crate) fn files(set_up: &VaultSetUp) -> Vec<Made> {
    let config = json!({ "oidc_discovery_url": set_up.issuer, "bound_issuer": set_up.issuer });
    let mut files = vec![
        Made { path: "vault/apply.sh".to_owned(), text: script(set_up) },
        Made { path: "vault/config.json".to_owned(), text: json_text(&config) },
    ];
    for role in &set_up.roles {
        let policy = format!("vault/policies/{}.hcl", set_up.policy_name(role));
        files.push(Made { path: policy, text: set_up.policy(role) });
        files.push(Made { path: format!("vault/roles/{}.json", role.name), text: json_text(&role_json(set_up, role)) });
    }
    files
}

/// <https://developer.hashicorp.com/vault/api-docs/auth/jwt#create-update-role>
fn role_json(set_up: &VaultSetUp, role: &Role) -> Value {
    let mappings: Map<_, _> = METADATA.iter().map(|claim| ((*claim).to_owned(), json!(claim))).collect();
    json!({
        "role_type": "jwt",
        "bound_audiences": [set_up.audience],
        "bound_claims_type": "string",
        "bound_claims": set_up.bound_claims(role),
        "user_claim": set_up.user_claim,
        "claim_mappings": mappings,
        "token_type": "batch",
        "token_ttl": TOKEN_TTL,
        "token_max_ttl": TOKEN_TTL,
        "token_policies": [set_up.policy_name(role)],
        "token_no_default_policy": true
    })
}

/// Names of roles, policies and paths have no character that a shell reads.
fn script(set_up: &VaultSetUp) -> String {
    let path = &set_up.auth_path;
    let namespace = set_up.vault_namespace.as_ref().map_or(String::new(), |name| {
        format!("# VAULT_NAMESPACE and BAO_NAMESPACE are the namespace that has the auth method and the stores.\nexport VAULT_NAMESPACE={name} BAO_NAMESPACE={name}\n")
    });
    let mut text = format!(
        "#!/bin/sh\n\
         # Made by env-kvstore generate vault from kvstore.json. Do not edit.\n\
         # Needs VAULT_ADDR and a token of an administrator. For OpenBao: VAULT_CLI=bao sh apply.sh\n\
         # It deletes nothing: roles and policies of bindings that are gone stay until you delete them.\n\
         set -eu\n\
         cd \"$(dirname \"$0\")\"\n\
         vault=${{VAULT_CLI:-vault}}\n\
         {namespace}\
         \"$vault\" read auth/{path}/config >/dev/null 2>&1 || \"$vault\" auth enable -path={path} jwt\n\
         \"$vault\" write auth/{path}/config @config.json\n"
    );
    for role in &set_up.roles {
        let (policy, name) = (set_up.policy_name(role), &role.name);
        text.push_str(&format!(
            "\"$vault\" policy write {policy} policies/{policy}.hcl\n\
             \"$vault\" write auth/{path}/role/{name} @roles/{name}.json\n"
        ));
    }
    text
}
