//! A snapshot of a Vault that exists: one JSON file of what its own command line says about an auth method and the policies of its roles.
//!
//! ```json
//! { "auth_path": "jwt", "config": { "bound_issuer": "…" }, "roles": { "NAME": { "bound_claims": … } }, "policies": { "NAME": "…" } }
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::kvstore::problem::Problem;
use crate::kvstore::reader::Text;
use crate::vault::policy::Policy;
use crate::vault::{Role, Vault};

#[derive(Deserialize)]
struct Snapshot {
    auth_path: String,
    #[serde(default)]
    config: Config,
    roles: BTreeMap<String, Read>,
    #[serde(default)]
    policies: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Config {
    bound_issuer: Option<String>,
    oidc_discovery_url: Option<String>,
}

/// What `read auth/PATH/role/NAME` says. Lists and texts stand for each other.
#[derive(Deserialize)]
struct Read {
    #[serde(default)]
    bound_audiences: Value,
    bound_subject: Option<String>,
    #[serde(default)]
    bound_claims: Value,
    bound_claims_type: Option<String>,
    #[serde(default)]
    user_claim: String,
    #[serde(default)]
    token_policies: Value,
    #[serde(default)]
    token_no_default_policy: bool,
    #[serde(default)]
    token_type: String,
    #[serde(default)]
    token_ttl: u64,
}

/// Whether a text is such a file, and not `kvstore.json`.
pub(crate) fn is_one(text: &str) -> bool {
    serde_json::from_str::<Value>(text)
        .is_ok_and(|value| value.get("auth_path").is_some() && value.get("roles").is_some())
}

/// Reads it, or says what is wrong with it.
pub(crate) fn read(text: &Text) -> Result<Vault, Vec<Problem>> {
    let problem = |line, pointer: &str, message: String| Problem {
        file: text.name.clone(),
        pointer: pointer.to_owned(),
        line,
        message,
    };
    let source = text.text.trim_start_matches('\u{feff}');
    let snapshot: Snapshot = serde_json::from_str(source).map_err(|error| {
        vec![problem(error.line(), "", format!("is no folder of a snapshot, and no snapshot of Vault: {error}"))]
    })?;
    let (mut policies, mut problems) = (BTreeMap::new(), Vec::new());
    for (name, policy) in snapshot.policies {
        match Policy::parse(&policy) {
            Ok(policy) => drop(policies.insert(name, policy)),
            Err(message) => problems.push(problem(1, &format!("/policies/{name}"), message)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let Config { bound_issuer, oidc_discovery_url } = snapshot.config;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let not_evaluated = [
        "policies that a group of Vault's identity store gives the entity, and Sentinel policies",
        "other auth methods of the same Vault",
        "bound CIDRs, quotas, and the network between the runner and Vault",
    ];
    Ok(Vault {
        auth_path: snapshot.auth_path,
        issuer: given(bound_issuer).or(given(oidc_discovery_url)),
        roles: snapshot.roles.into_iter().map(|(name, read)| read.role(name)).collect(),
        policies,
        not_evaluated: not_evaluated.map(str::to_owned).to_vec(),
    })
}

impl Read {
    fn role(self, name: String) -> Role {
        let claims = self.bound_claims.as_object().into_iter().flatten();
        Role {
            name,
            audiences: texts(&self.bound_audiences),
            subject: self.bound_subject.filter(|subject| !subject.is_empty()),
            claims: claims.map(|(claim, values)| (claim.clone(), texts(values))).collect(),
            is_glob: self.bound_claims_type.as_deref() == Some("glob"),
            user_claim: self.user_claim,
            policies: texts(&self.token_policies),
            no_default_policy: self.token_no_default_policy,
            token_type: self.token_type,
            ttl: self.token_ttl,
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    let several = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    several.iter().filter_map(text).collect()
}
