//! Stores that are read by too many, by nobody, or otherwise than `kvstore.json` says.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Store;
use crate::audit::claims::{Whose, is_github, whose};
use crate::audit::findings::{Finding, Place, Rule, Severity, some};
use crate::audit::{Audit, Readers};
use crate::kvstore::set_up::SetUp;

pub(super) static GUARD_MISSING: Rule = Rule {
    id: "guard-missing",
    title: "A store lacks a tag that its binding demands",
    remedy: "Tag the store as kvstore.json says: apply what generate makes, or aws secretsmanager tag-resource. Until then \
             rotate what jobs could read that should not.",
};

pub(super) static SHARED_BY_REPOSITORIES: Rule = Rule {
    id: "store-shared-by-repositories",
    title: "Jobs of several repositories read a store",
    remedy: "Say so in kvstore.json, by a binding for each repository or one with job_workflow_ref; or tie the store to one \
             repository by the tag github:repository_id.",
};

pub(super) static STORE_WITHOUT_BINDING: Rule = Rule {
    id: "store-without-binding",
    title: "No binding of kvstore.json names a store",
    remedy: "Add a binding, or delete the store.",
};

pub(super) static NOBODY_READS: Rule = Rule {
    id: "store-nobody-reads",
    title: "No job can read a store",
    remedy: "If it is for jobs, ask env-kvstore explain why they are denied; if not, nothing is wrong.",
};

pub(super) static ENVIRONMENTS_DIFFER_IN_CASE: Rule = Rule {
    id: "environments-differ-in-case",
    title: "Two stores are those of one environment",
    remedy: "Keep the one whose name is spelt as on GitHub. GitHub's environments ignore case, and policies do not.",
};

pub(super) fn look(audit: &Audit<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for readers in &audit.readers {
        found.extend(nobody(readers));
        found.extend(shared(audit, readers));
        if let Some(set_up) = audit.set_up.filter(|_| !audit.is_planned) {
            found.extend(guard(set_up, readers.store));
            found.extend(without_binding(set_up, readers));
        }
    }
    found.extend(alike(audit));
    found
}

fn nobody(readers: &Readers<'_>) -> Option<Finding> {
    let cause = "No way leads to it from any of the roles and pools that are known.";
    readers.ways.is_empty().then(|| NOBODY_READS.finding(Severity::Low, Place::store(&readers.store.name), cause))
}

fn guard(set_up: &SetUp, store: &Store) -> Vec<Finding> {
    let demanded = set_up.stores.get(&store.name).map(|planned| &planned.tags);
    let missing = demanded.into_iter().flatten().filter(|(key, value)| store.tags.get(*key) != Some(value));
    let finding = |(key, value): (&String, &String)| {
        let cause = match store.tags.get(key) {
            None => format!(
                "It has no tag {key}; its binding demands `{value}`. What the tag guards is open to other jobs."
            ),
            Some(actual) => format!("Its tag {key} is `{actual}`, and its binding demands `{value}`."),
        };
        GUARD_MISSING.finding(Severity::High, Place::store(&store.name).at(key), cause)
    };
    missing.map(finding).collect()
}

fn without_binding(set_up: &SetUp, readers: &Readers<'_>) -> Option<Finding> {
    let store = readers.store;
    if set_up.stores.contains_key(&store.name) || set_up.roles.iter().any(|role| grants(role, &store.name)) {
        return None;
    }
    let place = Place::store(&store.name);
    match readers.ways.first() {
        Some(way) => {
            let cause = format!("It is read by the role {} all the same.", way.role.name);
            Some(STORE_WITHOUT_BINDING.finding(Severity::Medium, place, cause))
        }
        // Secrets of others are in an account too.
        None => store.name.starts_with(&format!("{}/repo/", set_up.namespace)).then(|| {
            STORE_WITHOUT_BINDING.finding(
                Severity::Low,
                place,
                "It is in the namespace of the stores, and nobody reads it.",
            )
        }),
    }
}

fn grants(role: &crate::kvstore::set_up::Role, store: &str) -> bool {
    role.grants.iter().any(|grant| grant.stores.iter().any(|name| name == store))
}

fn shared(audit: &Audit<'_>, readers: &Readers<'_>) -> Option<Finding> {
    let ways = readers.ways.iter().filter(|way| is_github(way.route.provider()));
    let found: BTreeSet<Whose> = ways.flat_map(|way| way.when.cases()).map(whose).collect();
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut is_any = false;
    for whose in &found {
        match whose {
            Whose::Named(names) => named.extend(names.iter().cloned()),
            Whose::Numbered(ids) => named.extend(ids.iter().map(|id| format!("repository_id {id}"))),
            Whose::Any => is_any = true,
        }
    }
    if !is_any && named.len() < 2 || audit.set_up.is_some_and(|set_up| is_meant(set_up, readers.store, &named, is_any))
    {
        return None;
    }
    let cause = match is_any {
        true => "More than one repository can read it: nothing in the policies ties it to one.".to_owned(),
        false => format!("These can read it: {}.", some(named)),
    };
    Some(SHARED_BY_REPOSITORIES.finding(Severity::Medium, Place::store(&readers.store.name), cause))
}

/// Whether bindings say that these may read the store.
fn is_meant(set_up: &SetUp, store: &Store, named: &BTreeSet<String>, is_any: bool) -> bool {
    let grants = set_up.roles.iter().flat_map(|role| &role.grants);
    let mut meant: BTreeSet<String> = BTreeSet::new();
    for grant in grants.filter(|grant| grant.stores.contains(&store.name)) {
        match grant.claims.get("repository") {
            None => return true,
            Some(names) => {
                let ids = names.iter().filter_map(|name| set_up.repositories.get(name));
                meant.extend(ids.map(|id| format!("repository_id {id}")));
                meant.extend(names.iter().cloned());
            }
        }
    }
    !is_any && named.iter().all(|name| meant.contains(name))
}

fn alike(audit: &Audit<'_>) -> Vec<Finding> {
    let of_environments = audit.account.stores.iter().filter(|store| store.name.contains("/env/"));
    let mut by_name: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for store in of_environments {
        by_name.entry(store.name.to_lowercase()).or_default().push(&store.name);
    }
    let several = by_name.into_values().filter(|names| names.len() > 1);
    let finding = |names: Vec<&str>| {
        let (first, others) = names.split_first()?;
        let cause = format!(
            "It differs in case alone from {}. Which of them a job reads depends on how its workflow spells the environment.",
            others.join(", ")
        );
        Some(ENVIRONMENTS_DIFFER_IN_CASE.finding(Severity::Medium, Place::store(first), cause))
    };
    several.filter_map(finding).collect()
}
