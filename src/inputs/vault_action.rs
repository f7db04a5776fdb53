//! What a step that was written for vault-action gives, and what it is called here.
//! <https://github.com/hashicorp/vault-action#reference>

/// The inputs of vault-action that this action has under other names, or not at all.
pub const OF_VAULT_ACTION: [(&str, &str); 26] = [
    ("url", "vault-url"),
    ("role", "vault-role"),
    ("path", "vault-auth-path"),
    ("jwtGithubAudience", "vault-audience"),
    ("caCertificate", "vault-ca-certificate"),
    ("exportEnv", "export-env"),
    ("exportToken", "export-vault-token"),
    ("outputToken", ""),
    ("method", ""),
    ("token", ""),
    ("roleId", ""),
    ("secretId", ""),
    ("githubToken", ""),
    ("jwtPrivateKey", ""),
    ("jwtKeyPassword", ""),
    ("jwtTtl", ""),
    ("kubernetesTokenPath", ""),
    ("username", ""),
    ("password", ""),
    ("authPayload", ""),
    ("extraHeaders", ""),
    ("clientCertificate", ""),
    ("clientKey", ""),
    ("tlsSkipVerify", ""),
    ("ignoreNotFound", ""),
    ("secretEncodingType", ""),
];

/// Said of `secrets` in the notation of vault-action.
pub(super) const VAULT_NOTATION: &str =
    "is in Vault's notation (`PATH KEY | NAME ;`): give it as ‹vault-secrets›, with ‹vault-url› and ‹vault-role›";

/// What is wrong with a name that is not an input, if it is one of vault-action's.
pub(super) fn instead_of(name: &str) -> Option<String> {
    let (_, ours) = OF_VAULT_ACTION.iter().find(|(theirs, _)| *theirs == name)?;
    Some(match (*ours, name) {
        ("", "method") => {
            "is an input of vault-action: remove it. With ‹vault-url› a job logs in by its GitHub token (the JWT method) alone"
                .to_owned()
        }
        ("", "tlsSkipVerify") => {
            "is an input of vault-action: a certificate is always checked. Give Vault's CA as ‹vault-ca-certificate›".to_owned()
        }
        ("", "ignoreNotFound") => {
            "is an input of vault-action: here a secret that is missing is an error, and nothing is exported".to_owned()
        }
        ("", "outputToken") => {
            "is an input of vault-action: the token becomes no output. ‹export-vault-token: true› exports VAULT_TOKEN".to_owned()
        }
        ("", _) => {
            "is an input of vault-action that this action does not have: a job logs in as ‹vault-role› by its GitHub token".to_owned()
        }
        (ours, _) => format!("is an input of vault-action: here it is ‹{ours}›"),
    })
}
