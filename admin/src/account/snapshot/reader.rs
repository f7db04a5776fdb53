//! The account that a snapshot shows, or everything that is wrong with the snapshot.

use std::collections::BTreeMap;

use env_kvstore::aws::names::{AccountId, Region};
use env_kvstore::text::printable::printable;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::account::snapshot::answers::{
    Caller, InlinePolicy, Key, KeyPolicy, Manifest, Pool, PoolRoles, Provider, ResourcePolicy, RoleAnswer, Secrets,
    Tag, TagMap, VersionAnswer,
};
use crate::account::{self, Account, Document, Store};
use crate::kvstore::problem::Problem;
use crate::kvstore::reader::Text;

/// The form of the folder that is understood.
const VERSION: u64 = 1;

/// More no answer has: Secrets Manager keeps 500,000 secrets in a region, and a snapshot is meant for some thousands.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// So many problems are told; whoever sees them takes the snapshot again.
const MAX_PROBLEMS: usize = 100;

const AGAIN: &str = "Take the snapshot again.";

/// Reads the files of the folder, by their names in it.
pub(crate) fn account(texts: &[Text]) -> Result<Account, Vec<Problem>> {
    let by_name = texts.iter().map(|text| (text.name.as_str(), text.text.as_str())).collect();
    let mut files = Files { by_name, problems: Vec::new(), not_evaluated: Vec::new() };
    let account = files.account();
    files.problems.truncate(MAX_PROBLEMS);
    match account {
        Some(mut account) if files.problems.is_empty() => {
            account.not_evaluated = files.not_evaluated;
            Ok(account)
        }
        _ => Err(files.problems),
    }
}

/// What AWS asks too, and no snapshot has.
const NEVER_THERE: [&str; 4] = [
    "service and resource control policies of AWS Organizations",
    "endpoint policies of VPCs",
    "session policies, by which a job may limit its own session",
    "grants of KMS keys",
];

struct Files<'t> {
    by_name: BTreeMap<&'t str, &'t str>,
    problems: Vec<Problem>,
    not_evaluated: Vec<String>,
}

impl<'t> Files<'t> {
    fn account(&mut self) -> Option<Account> {
        let manifest = self.manifest()?;
        let caller: Option<Caller> = self.answer("caller.json");
        let (id, partition) = caller.and_then(|caller| self.identity(&caller)).unwrap_or_default();
        self.not_evaluated.extend(NEVER_THERE.map(str::to_owned));
        let providers = self.providers();
        let pools = self.pools();
        let roles = self.roles();
        let (kms_keys, keys) = self.keys();
        let stores = self.stores(&manifest, &kms_keys);
        if !manifest.pools.is_empty() {
            self.not_evaluated.push(format!("identity pools other than {}", listed(&manifest.pools)));
        }
        if !manifest.secret_prefixes.is_empty() {
            let prefixes = listed(&manifest.secret_prefixes);
            self.not_evaluated.push(format!("secrets whose names do not begin with {prefixes}"));
        }
        if !manifest.secret_policies {
            self.not_evaluated
                .push("resource policies of the secrets, which the snapshot was told to leave out".to_owned());
        }
        let region = manifest.region;
        Some(Account { id, partition, region, providers, pools, roles, stores, keys, not_evaluated: Vec::new() })
    }

    /// None ends the reading: nothing in a folder that is not complete, or of another form, is worth a message.
    fn manifest(&mut self) -> Option<Manifest> {
        const NAME: &str = "snapshot.json";
        if !self.by_name.contains_key(NAME) {
            let message = format!("is missing: this is not a snapshot, or the script was interrupted. {AGAIN}");
            self.problem(NAME, "", message);
            return None;
        }
        let manifest: Manifest = self.answer(NAME)?;
        if manifest.version != VERSION {
            let version = manifest.version;
            self.problem(NAME, "/version", format!("is {version}, and this version of env-kvstore reads {VERSION}"));
            return None;
        }
        if Region::parse(&manifest.region).is_none() {
            self.problem(NAME, "/region", format!("`{}` is not a region", printable(&manifest.region)));
        }
        Some(manifest)
    }

    fn identity(&mut self, caller: &Caller) -> Option<(String, String)> {
        let partition =
            caller.arn.strip_prefix("arn:").and_then(|rest| rest.split(':').next()).filter(|name| !name.is_empty());
        match (AccountId::parse(&caller.account), partition) {
            (Some(account), Some(partition)) => Some((account.digits().to_owned(), partition.to_owned())),
            _ => {
                self.problem("caller.json", "", "does not say which account this is".to_owned());
                None
            }
        }
    }

    fn providers(&mut self) -> Vec<account::Provider> {
        let mut providers = Vec::new();
        for (number, arn) in self.numbered("providers.txt") {
            let Some(Provider { url, audiences }) = self.answer(&format!("provider-{number}.json")) else { continue };
            // IAM leaves the scheme out.
            let issuer = if url.contains("://") { url } else { format!("https://{url}") };
            providers.push(account::Provider { arn, issuer, audiences });
        }
        providers
    }

    fn pools(&mut self) -> Vec<account::Pool> {
        let mut pools = Vec::new();
        for (number, id) in self.numbered("pools.txt") {
            let name = format!("pool-{number}.json");
            let answer: Option<Pool> = self.answer(&name);
            self.unauthenticated(number, answer.as_ref());
            let tags = self.tag_maps(number, &id, answer.as_ref());
            let Some(pool) = answer else { continue };
            self.expect(&name, "/IdentityPoolId", &pool.identity_pool_id, &id);
            let user_pools = pool.cognito_identity_providers.into_iter().filter_map(|provider| provider.provider_name);
            let others = user_pools
                .chain(pool.saml_providers)
                .chain(pool.supported_login_providers.into_keys())
                .chain(pool.developer_provider_name);
            pools.push(account::Pool {
                id,
                name: pool.identity_pool_name,
                allows_classic_flow: pool.allow_classic_flow,
                allows_unauthenticated: pool.allow_unauthenticated_identities,
                tags,
                providers: pool.providers,
                other_providers: others.collect(),
            });
        }
        pools
    }

    /// Whoever has no token is not a job: what such a session may read is said to be open.
    fn unauthenticated(&mut self, number: usize, pool: Option<&Pool>) {
        let name = format!("pool-{number}-roles.json");
        let Some(roles) = self.answer::<PoolRoles>(&name) else { return };
        let Some(pool) = pool else { return };
        self.expect(&name, "/IdentityPoolId", &roles.identity_pool_id, &pool.identity_pool_id);
        if let (true, Some(role)) = (pool.allow_unauthenticated_identities, roles.roles.get("unauthenticated")) {
            let (pool, role) = (printable(&pool.identity_pool_name), printable(role));
            self.not_evaluated
                .push(format!("what anyone can read without a token, by the role {role} of the identity pool {pool}"));
        }
    }

    fn tag_maps(&mut self, number: usize, id: &str, pool: Option<&Pool>) -> BTreeMap<String, account::TagMap> {
        let list = format!("pool-{number}-providers.txt");
        let listed = self.numbered(&list);
        if let Some(missing) =
            pool.and_then(|pool| pool.providers.iter().find(|arn| !listed.iter().any(|(_, one)| one == *arn)))
        {
            self.problem(&list, "", format!("lacks {}, which pool-{number}.json has. {AGAIN}", printable(missing)));
        }
        let mut maps = BTreeMap::new();
        for (place, arn) in listed {
            let name = format!("pool-{number}-tags-{place}.json");
            let map = match self.answered::<TagMap>(&name) {
                Answered::Yes(map) => map,
                Answered::Refused => {
                    self.without_tag_map(&name);
                    continue;
                }
                Answered::No => continue,
            };
            self.expect(&name, "/IdentityPoolId", &map.identity_pool_id, id);
            self.expect(&name, "/IdentityProviderName", &map.identity_provider_name, &arn);
            maps.insert(arn, account::TagMap { uses_defaults: map.use_defaults, claims: map.principal_tags });
        }
        maps
    }

    /// A provider may have no map. One that could not be read would hide who can read what.
    fn without_tag_map(&mut self, name: &str) {
        let refusal = name.replace(".json", ".error.txt");
        let is_absent = self.by_name.get(refusal.as_str()).is_some_and(|text| text.contains("NotFoundException"));
        if !is_absent {
            let message = format!(
                "is AWS's refusal, and without the principal tag map nobody can tell who reads what: allow cognito-identity:GetPrincipalTagAttributeMap. {AGAIN}"
            );
            self.problem(&refusal, "", message);
        }
    }

    fn roles(&mut self) -> Vec<account::Role> {
        let managed: BTreeMap<String, usize> =
            self.numbered("policies.txt").into_iter().map(|(number, arn)| (arn, number)).collect();
        let mut roles = Vec::new();
        for (number, role_name) in self.numbered("roles.txt") {
            let name = format!("role-{number}.json");
            let answer: Option<RoleAnswer> = self.answer(&name);
            let mut policies = Vec::new();
            for (place, policy) in self.numbered(&format!("role-{number}-inline.txt")) {
                policies.extend(self.inline(&format!("role-{number}-inline-{place}.json"), &role_name, &policy));
            }
            for (_, arn) in self.numbered(&format!("role-{number}-attached.txt")) {
                policies.extend(self.managed(&managed, &arn, format!("managed policy {arn} of the role {role_name}")));
            }
            let Some(RoleAnswer { role }) = answer else { continue };
            self.expect(&name, "/Role/RoleName", &role.role_name, &role_name);
            let what = format!("trust policy of the role {role_name}");
            let Some(trust) =
                self.document(&name, "/Role/AssumeRolePolicyDocument", what, &role.assume_role_policy_document)
            else {
                continue;
            };
            let boundary = role.permissions_boundary.and_then(|boundary| {
                let arn = boundary.permissions_boundary_arn;
                self.managed(&managed, &arn, format!("permissions boundary {arn} of the role {role_name}"))
            });
            roles.push(account::Role {
                name: role_name,
                arn: role.arn,
                trust,
                policies,
                tags: tags(role.tags),
                boundary,
            });
        }
        roles
    }

    fn inline(&mut self, name: &str, role: &str, policy: &str) -> Option<Document> {
        let answer: InlinePolicy = self.answer(name)?;
        self.expect(name, "/RoleName", &answer.role_name, role);
        self.expect(name, "/PolicyName", &answer.policy_name, policy);
        let what = format!("inline policy {policy} of the role {role}");
        self.document(name, "/PolicyDocument", what, &answer.policy_document)
    }

    fn managed(&mut self, managed: &BTreeMap<String, usize>, arn: &str, what: String) -> Option<Document> {
        let Some(number) = managed.get(arn) else {
            self.problem("policies.txt", "", format!("lacks {}. {AGAIN}", printable(arn)));
            return None;
        };
        let name = format!("policy-{number}.json");
        let VersionAnswer { policy_version } = self.answer(&name)?;
        self.document(&name, "/PolicyVersion/Document", what, &policy_version.document)
    }

    /// What secrets say of their keys, as ARN or as none if it is AWS's own, and the keys with their policies.
    fn keys(&mut self) -> (BTreeMap<String, Option<String>>, Vec<account::Key>) {
        let (mut resolved, mut keys): (_, Vec<account::Key>) = (BTreeMap::new(), Vec::new());
        for (number, key) in self.numbered("keys.txt") {
            let Answered::Yes(Key { arn, key_manager }) = self.answered::<Key>(&format!("key-{number}.json")) else {
                self.not_evaluated.push(format!("the KMS key {}, which AWS does not show", printable(&key)));
                continue;
            };
            if key_manager != "CUSTOMER" {
                resolved.insert(key, None);
                continue;
            }
            let name = format!("key-{number}-policy.json");
            match self.answered::<KeyPolicy>(&name) {
                Answered::Yes(KeyPolicy { policy }) => {
                    let document = self.document(&name, "/Policy", format!("policy of the KMS key {arn}"), &policy);
                    let is_known = keys.iter().any(|known| known.arn == arn);
                    keys.extend(document.filter(|_| !is_known).map(|policy| account::Key { arn: arn.clone(), policy }));
                }
                Answered::Refused => {
                    self.not_evaluated
                        .push(format!("the policy of the KMS key {}, which AWS does not show", printable(&arn)));
                }
                Answered::No => {}
            }
            resolved.insert(key, Some(arn));
        }
        (resolved, keys)
    }

    fn stores(&mut self, manifest: &Manifest, keys: &BTreeMap<String, Option<String>>) -> Vec<Store> {
        const NAME: &str = "secrets.json";
        let Some(Secrets { secret_list }) = self.answer(NAME) else { return Vec::new() };
        let mut policies = if manifest.secret_policies { self.resource_policies() } else { BTreeMap::new() };
        let mut stores = Vec::new();
        for secret in secret_list {
            let policy = policies.remove(&secret.arn);
            if manifest.secret_policies && policy.is_none() {
                self.problem("secrets.txt", "", format!("lacks {}, which {NAME} has. {AGAIN}", printable(&secret.arn)));
            }
            let kms_key = secret.kms_key_id.and_then(|id| match keys.get(&id) {
                Some(resolved) => resolved.clone(),
                None => Some(id),
            });
            let tags = tags(secret.tags);
            stores.push(Store { name: secret.name, arn: secret.arn, tags, kms_key, policy: policy.flatten() });
        }
        stores.sort_by(|one, other| (&one.name, &one.arn).cmp(&(&other.name, &other.arn)));
        stores
    }

    fn resource_policies(&mut self) -> BTreeMap<String, Option<Document>> {
        let mut policies = BTreeMap::new();
        for (number, arn) in self.numbered("secrets.txt") {
            let name = format!("secret-{number}-policy.json");
            let policy = match self.answered::<ResourcePolicy>(&name) {
                Answered::Yes(answer) => {
                    self.expect(&name, "/ARN", &answer.arn, &arn);
                    let what = format!("resource policy of the secret {arn}");
                    answer.resource_policy.and_then(|policy| self.document(&name, "/ResourcePolicy", what, &policy))
                }
                Answered::Refused => {
                    self.not_evaluated
                        .push(format!("the resource policy of {}, which AWS does not show", printable(&arn)));
                    None
                }
                Answered::No => None,
            };
            policies.insert(arn, policy);
        }
        policies
    }

    /// A policy as the AWS CLI prints it, an object, or as a text: JSON, or URL-encoded as IAM sends it and other tools keep it.
    fn document(&mut self, file: &str, pointer: &str, what: String, raw: &RawValue) -> Option<Document> {
        let text = match serde_json::from_str::<String>(raw.get()) {
            Ok(text) if text.trim_start().starts_with('%') => match percent_decode_str(&text).decode_utf8() {
                Ok(decoded) => decoded.into_owned(),
                Err(_) => text,
            },
            Ok(text) => text,
            Err(_) => raw.get().to_owned(),
        };
        match Document::parse(what, text) {
            Ok(document) => Some(document),
            Err(malformed) => {
                self.problem(file, pointer, printable(&malformed.to_string()));
                None
            }
        }
    }

    /// The names in a list, with the numbers that the script gave them.
    fn numbered(&mut self, name: &str) -> Vec<(usize, String)> {
        let Some(text) = self.text(name) else { return Vec::new() };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "None");
        lines.enumerate().map(|(place, line)| (place + 1, line.to_owned())).collect()
    }

    fn answer<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        match serde_json::from_str(text) {
            Ok(answer) => Some(answer),
            Err(error) => {
                let message = format!("is not what the AWS CLI writes: {}", printable(&error.to_string()));
                self.problems.push(Problem {
                    file: name.to_owned(),
                    pointer: String::new(),
                    line: error.line().max(1),
                    message,
                });
                None
            }
        }
    }

    /// The same for what AWS may have refused.
    fn answered<T: DeserializeOwned>(&mut self, name: &str) -> Answered<T> {
        let refusal = name.strip_suffix(".json").map(|stem| format!("{stem}.error.txt"));
        if !self.by_name.contains_key(name)
            && refusal.is_some_and(|refusal| self.by_name.contains_key(refusal.as_str()))
        {
            return Answered::Refused;
        }
        self.answer(name).map_or(Answered::No, Answered::Yes)
    }

    fn text(&mut self, name: &str) -> Option<&'t str> {
        match self.by_name.get(name).copied() {
            Some(text) if text.len() > MAX_BYTES => {
                self.problem(
                    name,
                    "",
                    format!("has more than {MAX_BYTES} bytes: give --secret-prefix to the snapshot"),
                );
                None
            }
            Some(text) => Some(text.trim_start_matches('\u{feff}')),
            None => {
                self.problem(name, "", format!("is missing: the snapshot is not complete. {AGAIN}"));
                None
            }
        }
    }

    /// Files that were mixed up would give one role another's rights.
    fn expect(&mut self, file: &str, pointer: &str, found: &str, expected: &str) {
        if found != expected {
            let (found, expected) = (printable(found), printable(expected));
            self.problem(file, pointer, format!("is `{found}`, and the list has `{expected}` in its place. {AGAIN}"));
        }
    }

    fn problem(&mut self, file: &str, pointer: &str, message: String) {
        self.problems.push(Problem { file: file.to_owned(), pointer: pointer.to_owned(), line: 1, message });
    }
}

/// What became of an answer.
enum Answered<T> {
    Yes(T),
    /// AWS refused it, and the script kept that.
    Refused,
    /// It is missing or malformed, which is told.
    No,
}

fn tags(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|Tag { key, value }| (key, value)).collect()
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| printable(name)).collect::<Vec<_>>().join(", ")
}
