//! The policies of a set-up: who may assume each role, and what it reads.
//!
//! The role of all repositories has a policy that does not grow with their number: its statements name stores by the
//! session's tags, and the tags of a store say what else a job must be.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::kvstore::set_up::{ABSENT, Grant, Role, SetUp};

/// The most characters of a role's inline policies together, white space not counted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const MAX_POLICY: usize = 10_240;

/// The most characters of a trust policy, unless the quota is raised.
pub const MAX_TRUST_POLICY: usize = 2048;

const READ: &str = "secretsmanager:GetSecretValue";

/// What AWS appends to the name of a secret in its ARN: a hyphen and six characters.
const SUFFIX: &str = "-??????";

/// How much of a policy counts.
pub fn size(policy: &Value) -> usize {
    // Of no string in these policies is white space a part.
    policy.to_string().chars().filter(|character| !character.is_whitespace()).count()
}

impl SetUp {
    /// Who may assume a role: jobs of the tenant, by the events of the role, through the pool `pool_id`.
    ///
    /// What every binding of a role of its own wants is wanted here already.
    pub fn trust_policy(&self, role: &Role, pool_id: &str) -> Value {
        let mut wanted = Map::new();
        wanted.insert("cognito-identity.amazonaws.com:aud".to_owned(), json!(pool_id));
        wanted.insert(request_tag(self.tenant.claim), json!(self.tenant.id));
        for (claim, values) in common_claims(role) {
            wanted.insert(request_tag(claim), one_or_more(&values));
        }
        wanted.insert(request_tag("event_name"), json!(role.events));
        wanted.insert("sts:RoleSessionName".to_owned(), json!("${aws:RequestTag/run_id}@${aws:RequestTag/sha}"));
        let principal = json!({ "Federated": "cognito-identity.amazonaws.com" });
        json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": if self.tenant.is_enterprise { "JobsOfOurEnterprise" } else { "JobsOfOurOrganization" },
                    "Effect": "Allow",
                    "Principal": principal,
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": { "StringEquals": wanted }
                },
                {
                    "Sid": "ClaimsAsSessionTags",
                    "Effect": "Allow",
                    "Principal": principal,
                    "Action": "sts:TagSession",
                    "Condition": { "StringEquals": { "cognito-identity.amazonaws.com:aud": pool_id } }
                }
            ]
        })
    }

    /// What a role reads.
    pub fn role_policy(&self, role: &Role) -> Value {
        let mut statements: Vec<Value> = if role.is_shared {
            self.shared_statements()
        } else {
            role.grants.iter().enumerate().map(|(place, grant)| self.own_statement(place, grant)).collect()
        };
        statements.extend(self.kms_key.as_deref().map(|key| self.key_statement(key)));
        json!({ "Version": "2012-10-17", "Statement": statements })
    }

    /// The ARN of a store, as policies name it; `suffix` is what stands for the six characters.
    pub fn store_arn(&self, name: &str, suffix: &str) -> String {
        let (partition, region, account) = (self.region.partition(), &self.region, self.account.digits());
        format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}{suffix}")
    }

    fn shared_statements(&self) -> Vec<Value> {
        let base = format!("{}/repo/${{aws:PrincipalTag/repository}}", self.namespace);
        let environment = format!("{base}/env/${{aws:PrincipalTag/environment}}");
        let names = |base: &str| ["secrets", "variables"].map(|leaf| format!("{base}/{leaf}"));
        let arns = |base: &str, suffix| names(base).map(|name| self.store_arn(&name, suffix)).to_vec();
        let mut condition = Map::new();
        let id = json!({ resource_tag("repository_id"): principal_tag_or_absent("repository_id") });
        condition.insert("StringEquals".to_owned(), id);
        if !self.guards.is_empty() {
            let guards = self.guards.iter().map(|claim| (resource_tag(claim), json!(principal_tag_or_absent(claim))));
            condition.insert("StringEqualsIfExists".to_owned(), Value::Object(guards.collect()));
        }
        let statement = |sid: &str, resources: Vec<String>| json!({ "Sid": sid, "Effect": "Allow", "Action": READ, "Resource": resources, "Condition": condition });
        let absent = [arns(&base, ""), arns(&environment, "")].concat();
        vec![
            statement("StoresOfThisRepository", arns(&base, SUFFIX)),
            statement("StoresOfThisEnvironment", arns(&environment, SUFFIX)),
            // Names without the six characters match no store that exists: AWS then says that there is none.
            json!({ "Sid": "StoresThatDoNotExist", "Effect": "Allow", "Action": READ, "Resource": absent }),
        ]
    }

    /// Secrets Manager decrypts in the name of the job. Which stores it may decrypt, the other statements say.
    fn key_statement(&self, key: &str) -> Value {
        json!({
            "Sid": "KeyOfTheStores",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": key,
            // What follows is the domain of the partition.
            "Condition": { "StringLike": { "kms:ViaService": format!("secretsmanager.{}.*", self.region) } }
        })
    }

    fn own_statement(&self, place: usize, grant: &Grant) -> Value {
        let arns = grant.stores.iter().flat_map(|name| [self.store_arn(name, ""), self.store_arn(name, SUFFIX)]);
        let wanted =
            grant.claims.iter().map(|(claim, values)| (format!("aws:PrincipalTag/{claim}"), one_or_more(values)));
        let wanted: Map<_, _> = wanted.collect();
        json!({
            "Sid": sid(&grant.binding, place),
            "Effect": "Allow",
            "Action": READ,
            "Resource": arns.collect::<Vec<_>>(),
            "Condition": { "StringEquals": wanted }
        })
    }
}

/// The claims that all grants of a role of its own want, each with all values that any of them takes. `event_name` is the role's.
fn common_claims(role: &Role) -> BTreeMap<&str, Vec<String>> {
    let mut common: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let Some((first, others)) = role.grants.split_first().filter(|_| !role.is_shared) else { return common };
    for (claim, values) in first.claims.iter().filter(|(claim, _)| *claim != "event_name") {
        let mut values = values.clone();
        let all = others.iter().map(|grant| grant.claims.get(claim));
        let Some(more) = all.collect::<Option<Vec<_>>>() else { continue };
        for value in more.into_iter().flatten() {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        common.insert(claim, values);
    }
    common
}

/// Letters and digits alone, and another one for each statement of a policy.
fn sid(binding: &str, place: usize) -> String {
    let plain: String = binding.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("Binding{}{plain}", place + 1)
}

fn one_or_more(values: &[String]) -> Value {
    match values {
        [only] => json!(only),
        several => json!(several),
    }
}

fn request_tag(claim: &str) -> String {
    format!("aws:RequestTag/{claim}")
}

fn resource_tag(claim: &str) -> String {
    format!("secretsmanager:ResourceTag/github:{claim}")
}

/// Of a job without the claim a value that no claim has, so that nothing rests on how AWS reads what it cannot resolve.
fn principal_tag_or_absent(claim: &str) -> String {
    format!("${{aws:PrincipalTag/{claim}, '{ABSENT}'}}")
}
