//! A module for the provider of Vault, beside that for AWS: it has a state and credentials of its own.

use hcl_edit::expr::Expression;

use crate::kvstore::made::Made;
use crate::kvstore::terraform::file;
use crate::kvstore::terraform::locals::{Local, by_name, locals, map, object, word};
use crate::kvstore::vault::{METADATA, TOKEN_TTL, VaultSetUp};

/// The files of the module.
pub(super) fn module(set_up: &VaultSetUp) -> Vec<Made> {
    vec![
        file("vault/versions.tf", None, include_str!("versions.tf")),
        file("vault/variables.tf", None, include_str!("variables.tf")),
        file("vault/roles.tf", Some(roles(set_up)), include_str!("roles.tf")),
        file("vault/outputs.tf", None, include_str!("outputs.tf")),
    ]
}

fn roles(set_up: &VaultSetUp) -> String {
    let namespace = set_up.vault_namespace.as_deref().map_or_else(Expression::null, Expression::from);
    let roles = set_up.roles.iter().map(|role| {
        let claims = set_up.bound_claims(role);
        let claims = claims.iter().map(|(claim, values)| (claim.as_str(), values.iter().map(String::as_str).collect()));
        let paths = role.grants.iter().flat_map(|grant| &grant.stores).map(|name| set_up.path(name));
        let entry = object(vec![
            (word("policy_name"), set_up.policy_name(role).into()),
            (word("policy"), set_up.policy(role).into()),
            (word("paths"), paths.map(Expression::from).collect()),
            (word("bound_claims"), by_name(claims)),
        ]);
        (role.name.as_str(), entry)
    });
    locals(vec![
        Local::new("namespace", namespace),
        Local::new("auth_path", set_up.auth_path.as_str()),
        Local::new("issuer", set_up.issuer.as_str()),
        Local::new("audience", set_up.audience.as_str()),
        Local::new("token_ttl", TOKEN_TTL),
        Local::new("user_claim", set_up.user_claim.as_str()).because(
            "The name of a job's entity. Vault counts one client for each value: with repository_id one for each repository, with\n\
             sub one for each repository and environment or ref, with actor_id one for each person. user_claim in kvstore.json\n\
             changes it.",
        ),
        Local::new("claim_mappings", map(METADATA.iter().map(|claim| (*claim, *claim))))
            .because("Who ran which job, for the audit log. These make no clients."),
        Local::new("roles", by_name(roles))
            .because("Who may log in by each role, and what it reads. No policy is a template, and none has a wildcard."),
    ])
}
