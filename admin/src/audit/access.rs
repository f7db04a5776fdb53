//! Who can read a secret: what is left of all policies together when a job's claims are not known.

use std::collections::BTreeSet;

use env_kvstore_policy::{Case, PartialContext, PartialRequest, Policy, Principal, Residual, Values, residual};

use crate::account::{Account, COGNITO, DIRECT_CLAIMS, Role, Route, Store};

pub(crate) const READ: &str = "secretsmanager:GetSecretValue";
const DECRYPT: &str = "kms:Decrypt";
pub(crate) const ASSUME: &str = "sts:AssumeRoleWithWebIdentity";
pub(crate) const TAG: &str = "sts:TagSession";

/// A way to a secret, and the condition under which a job may go it.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// By this role.
    pub role: &'a Role,
    /// Whose session comes about so.
    pub route: Route<'a>,
    /// On a job's claims, by their names; other keys have the names that policies know.
    pub when: Residual,
    /// What could not be decided, and counts as open.
    pub notes: Vec<String>,
}

/// A way to a role, whether or not a job may go it.
#[derive(Debug)]
pub struct Door<'a> {
    /// The role.
    pub role: &'a Role,
    /// Whose sessions.
    pub route: Route<'a>,
    /// When the trust policy lets a job assume the role, whatever tags it brings.
    pub assumes: Residual,
    /// When it lets a job bring session tags.
    pub tags: Residual,
    /// Both, on a job's claims.
    pub assumed_when: Residual,
    /// What is known of a session's keys.
    session: PartialContext,
    /// By what tags of the role its sessions may be open although the pool maps a claim to the same key.
    pub shadowed: Vec<String>,
    /// How the ARNs begin of what the role's own policies open.
    prefixes: BTreeSet<String>,
}

/// Every way to every role.
pub fn doors(account: &Account) -> Vec<Door<'_>> {
    let ways = |role| account.routes(role).into_iter().map(move |route| Door::new(account, role, route));
    account.roles.iter().flat_map(ways).collect()
}

impl<'a> Door<'a> {
    fn new(account: &'a Account, role: &'a Role, route: Route<'a>) -> Self {
        let context = trust_context(role, route);
        // Whoever has a token chooses the name of its session, and Cognito the subject.
        let is_chosen = |key: &str| {
            let key = key.to_lowercase();
            key == "sts:rolesessionname" || key == "cognito-identity.amazonaws.com:sub"
        };
        let ask = |action: &str| {
            let request = PartialRequest {
                action: action.to_owned(),
                principal: Some(route.principal()),
                resource: None,
                context: context.clone(),
            };
            residual([&role.trust.policy], &request).choosing(&is_chosen).rename(&|key| claim_of(key, route))
        };
        let (assumes, tags) = (ask(ASSUME), ask(TAG));
        // A session that brings tags needs both.
        let assumed_when = if brings_tags(route) { assumes.and(&tags) } else { assumes.clone() };
        let session = session_context(account, role, route);
        let mapped = |tag: &&String| {
            route.tag_map().is_some_and(|map| map.claims.keys().any(|key| key.eq_ignore_ascii_case(tag)))
        };
        let shadowed = role.tags.keys().filter(mapped).cloned().collect();
        let prefixes = role.policies.iter().flat_map(|document| document.policy.prefixes(READ)).collect();
        Self { role, route, assumes, tags, assumed_when, session, shadowed, prefixes }
    }

    /// Whether some policy could open a store. Most roles of an account have nothing to do with most of its secrets.
    fn leads_to(&self, store: &Store) -> bool {
        let could = |prefix: &String| store.arn.starts_with(prefix.as_str());
        store.policy.is_some() || self.prefixes.iter().any(could)
    }

    /// When a job of this way may do something, by the role's own policies.
    pub(crate) fn may(&self, account: &Account, action: &str, resource: &str) -> Residual {
        let request = |principal| PartialRequest {
            action: action.to_owned(),
            principal: Some(principal),
            resource: Some(resource.to_owned()),
            context: self.session.clone(),
        };
        let session = session_of(account, self.role);
        let own = self.role.policies.iter().map(|document| &document.policy);
        let mut may = residual(own, &request(session.clone()));
        if let Some(boundary) = &self.role.boundary {
            may = may.and(&residual([&boundary.policy], &request(session)));
        }
        self.assumed_when.and(&may.rename(&|key| claim_of(key, self.route)))
    }

    /// How a job comes to read a store, if any can.
    pub(crate) fn opens(&self, account: &Account, store: &Store) -> Option<Access<'a>> {
        if self.assumed_when.is_never() || !self.leads_to(store) {
            return None;
        }
        let mut notes = Vec::new();
        let context = with_store(self.session.clone(), account, store);
        let request = |action: &str, resource: &str, context: PartialContext| PartialRequest {
            action: action.to_owned(),
            principal: Some(session_of(account, self.role)),
            resource: Some(resource.to_owned()),
            context,
        };
        let own = self.role.policies.iter().chain(&store.policy).map(|document| &document.policy);
        let mut read = residual(own, &request(READ, &store.arn, context.clone()));
        if read.is_never() {
            return None;
        }
        if let Some(boundary) = &self.role.boundary {
            read = read.and(&residual([&boundary.policy], &request(READ, &store.arn, context.clone())));
        }
        if !self.shadowed.is_empty() {
            // A job without the claim has the role's tag in its place.
            let shown = self.shadowed.iter().fold(context.clone(), |context, tag| {
                context
                    .known(&format!("aws:PrincipalTag/{tag}"), self.role.tags.get(tag).cloned().into_iter().collect())
            });
            let own = self.role.policies.iter().chain(&store.policy).map(|document| &document.policy);
            read = read.or(&residual(own, &request(READ, &store.arn, shown)));
            notes.push(format!(
                "the role's own tag {} shows through where a job has no such claim; what it then opens is counted for all jobs",
                self.shadowed.join(", ")
            ));
        }
        if let Some(arn) = &store.kms_key {
            match account.key_of(store) {
                None => notes.push(format!("the policy of the KMS key {arn} is not known, and counts as open")),
                Some(key) => {
                    let context = with_key(context, account, store, arn);
                    let ask = |policies: Vec<&Policy>, principal| {
                        let request =
                            PartialRequest { principal: Some(principal), ..request(DECRYPT, arn, context.clone()) };
                        residual(policies, &request)
                    };
                    let role: Vec<_> = self.role.policies.iter().map(|document| &document.policy).collect();
                    let root = Principal::Aws(format!("arn:{}:iam::{}:root", account.partition, account.id));
                    let by_key = ask(vec![&key.policy.policy], session_of(account, self.role));
                    let by_role = ask(vec![&key.policy.policy], root).and(&ask(role, session_of(account, self.role)));
                    read = read.and(&by_key.or(&by_role));
                }
            }
        }
        let read = read.rename(&|key| claim_of(key, self.route)).ruling_out(&cannot_be);
        let when = self.assumed_when.and(&read);
        notes.extend(when.approximations().iter().map(|approximation| approximation.reason.clone()));
        (!when.is_never()).then_some(Access { role: self.role, route: self.route, when, notes })
    }
}

/// What AWS knows of the question who may assume a role, whatever the job.
fn trust_context(role: &Role, route: Route<'_>) -> PartialContext {
    let tags = "aws:RequestTag/";
    let context = PartialContext::default().single_valued_under(tags).absent_under(tags);
    match route {
        Route::Pool(pool, provider) => {
            let context = mapped(context, tags, route);
            let context = context
                .known(&format!("{COGNITO}:aud"), vec![pool.id.clone()])
                .known("aws:FederatedProvider", vec![COGNITO.to_owned()]);
            // Beside these two Cognito puts the login's subject there; who asks for more than these is not decided here.
            let known = vec!["authenticated".to_owned(), provider.host().to_owned()];
            let is_plain = !role.trust.text.contains(&format!("{}:", provider.host()));
            let amr = format!("{COGNITO}:amr");
            if is_plain { context.known(&amr, known) } else { context.unknown(&amr) }
        }
        Route::Direct(provider) => {
            let host = format!("{}:", provider.host());
            let claims = DIRECT_CLAIMS.into_iter().chain(["sub"]);
            let context = context.single_valued_under(&host).absent_under(&host);
            let context = claims.fold(context, |context, claim| context.unknown(&format!("{host}{claim}")));
            let context = context.known("aws:FederatedProvider", vec![provider.arn.clone()]);
            match &provider.audiences[..] {
                [only] => context.known(&format!("{host}aud"), vec![only.clone()]),
                _ => context.unknown(&format!("{host}aud")),
            }
        }
    }
}

/// What is known of the keys of a session, whatever the job.
fn session_context(account: &Account, role: &Role, route: Route<'_>) -> PartialContext {
    let tags = "aws:PrincipalTag/";
    let context = PartialContext::default().single_valued_under(tags).absent_under(tags);
    let context = role
        .tags
        .iter()
        .fold(context, |context, (key, value)| context.known(&format!("{tags}{key}"), vec![value.clone()]));
    mapped(context, tags, route)
        .known("aws:PrincipalAccount", vec![account.id.clone()])
        .known("aws:PrincipalArn", vec![role.arn.clone()])
        .known("aws:PrincipalType", vec!["AssumedRole".to_owned()])
        .known("aws:SecureTransport", vec!["true".to_owned()])
}

fn with_store(context: PartialContext, account: &Account, store: &Store) -> PartialContext {
    let prefixes = ["secretsmanager:ResourceTag/", "aws:ResourceTag/"];
    let context = prefixes.iter().fold(context, |context, prefix| {
        let context = context.absent_under(prefix);
        store
            .tags
            .iter()
            .fold(context, |context, (key, value)| context.known(&format!("{prefix}{key}"), vec![value.clone()]))
    });
    context
        .known("aws:ResourceAccount", vec![account.id.clone()])
        .known("aws:RequestedRegion", vec![store.arn.split(':').nth(3).unwrap_or_default().to_owned()])
        .known("secretsmanager:Name", vec![store.name.clone()])
}

fn with_key(context: PartialContext, account: &Account, store: &Store, key: &str) -> PartialContext {
    let region = key.split(':').nth(3).unwrap_or_default();
    let service = format!("secretsmanager.{region}.amazonaws.com");
    context
        .known("kms:ViaService", vec![service])
        .known("kms:CallerAccount", vec![account.id.clone()])
        .known("kms:EncryptionContext:SecretARN", vec![store.arn.clone()])
}

fn mapped(context: PartialContext, prefix: &str, route: Route<'_>) -> PartialContext {
    let tags = route.tag_map().into_iter().flat_map(|map| map.claims.keys());
    tags.fold(context, |context, tag| context.unknown(&format!("{prefix}{tag}")))
}

/// Whether a job that goes this way brings session tags.
pub(crate) fn brings_tags(route: Route<'_>) -> bool {
    route.tag_map().is_some_and(|map| !map.claims.is_empty())
}

/// The claim that a key stands for; other keys stay as they are.
pub(crate) fn claim_of(key: &str, route: Route<'_>) -> String {
    let lowercase = key.to_lowercase();
    let tag = ["aws:requesttag/", "aws:principaltag/"].iter().find_map(|prefix| lowercase.strip_prefix(prefix));
    if let Some(tag) = tag {
        let map = route.tag_map();
        let claim = map.and_then(|map| map.claims.iter().find(|(key, _)| key.to_lowercase() == tag));
        return claim.map_or(key.to_owned(), |(_, claim)| claim.clone());
    }
    match lowercase.strip_prefix(&format!("{}:", route.provider().host().to_lowercase())) {
        Some(claim) => claim.to_owned(),
        None => key.to_owned(),
    }
}

/// Whether no token says this: a name with slashes is cut in every way by a pattern with variables, and most are nobody's.
/// <https://docs.github.com/en/actions/reference/security/oidc>
fn cannot_be(case: &Case) -> bool {
    let slashes = [("repository", 1), ("repository_owner", 0), ("enterprise", 0), ("actor", 0)];
    slashes.iter().any(|(claim, count)| match case.constraint(claim) {
        Some(constraint) => match &constraint.one {
            Values::OneOf(names) => !constraint.absent && names.iter().all(|name| name.matches('/').count() != *count),
            Values::Matching { .. } => false,
        },
        None => false,
    })
}

fn session_of(account: &Account, role: &Role) -> Principal {
    Principal::Aws(format!("arn:{}:sts::{}:assumed-role/{}/session", account.partition, account.id, role.name))
}
