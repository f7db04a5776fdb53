//! How two sets of rules differ: in what they let jobs read, not in how they are written.

use std::collections::{BTreeMap, BTreeSet};

use env_kvstore_policy::Residual;
use serde::Serialize;

use crate::audit::Audit;
use crate::audit::access::Door;

/// One thing that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// What it is about.
    pub what: What,
    /// Its name: of a secret, a role or a pool; a role's name follows a secret's.
    pub place: String,
    /// What comes of it.
    pub effect: Effect,
    /// As the rules that are compared with have it.
    pub expected: Option<String>,
    /// As these rules have it.
    pub actual: Option<String>,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Who reads a secret by a role.
    Readers,
    /// Who may assume a role.
    Role,
    /// Whether a secret is there.
    Store,
    /// A tag of a secret.
    Tag,
    /// A session tag of a pool.
    Map,
}

impl What {
    /// As the table and the page say it, before the place.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Readers => "readers of",
            Self::Role => "who may assume",
            Self::Store => "store",
            Self::Tag => "tag of",
            Self::Map => "session tag of the pool",
        }
    }
}

/// Whether more or fewer jobs can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// More than is expected.
    Wider,
    /// Fewer.
    Narrower,
    /// Others, or it cannot be said.
    Other,
}

/// All differences, what opens more first.
pub fn differences(expected: &Audit<'_>, actual: &Audit<'_>) -> Vec<Difference> {
    let mut found = readers(expected, actual);
    found.extend(roles(expected, actual));
    found.extend(stores(expected, actual));
    found.extend(maps(expected, actual));
    found.sort_by(|one, other| (one.effect, one).cmp(&(other.effect, other)));
    found
}

/// Conditions by what they are of: one for all ways to it.
type Conditions = BTreeMap<String, Residual>;

fn joined(conditions: impl Iterator<Item = (String, Residual)>) -> Conditions {
    let mut all = Conditions::new();
    for (name, condition) in conditions {
        let both = all.get(&name).map(|already| already.or(&condition));
        all.insert(name, both.unwrap_or(condition));
    }
    all
}

fn readers(expected: &Audit<'_>, actual: &Audit<'_>) -> Vec<Difference> {
    let of = |audit: &Audit<'_>| {
        let ways = audit.readers.iter().flat_map(|readers| {
            let name = &readers.store.name;
            readers.ways.iter().map(move |way| (format!("{name}, role {}", way.role.name), way.when.clone()))
        });
        joined(ways)
    };
    compared(What::Readers, &of(expected), &of(actual))
}

fn roles(expected: &Audit<'_>, actual: &Audit<'_>) -> Vec<Difference> {
    let of = |audit: &Audit<'_>| {
        let open = audit.doors.iter().filter(|door| !door.assumed_when.is_never());
        joined(open.map(|door: &Door<'_>| (door.role.name.clone(), door.assumed_when.clone())))
    };
    compared(What::Role, &of(expected), &of(actual))
}

/// Compares what is admitted: two texts may differ that admit the same.
fn compared(what: What, expected: &Conditions, actual: &Conditions) -> Vec<Difference> {
    let places: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    let difference = |place: &String| {
        let (before, after) = (expected.get(place), actual.get(place));
        let effect = match (before, after) {
            (None, _) => Effect::Wider,
            (_, None) => Effect::Narrower,
            (Some(before), Some(after)) => match (before.is_within(after), after.is_within(before)) {
                (true, true) => return None,
                (true, false) => Effect::Wider,
                (false, true) => Effect::Narrower,
                (false, false) => Effect::Other,
            },
        };
        let text = |condition: Option<&Residual>| condition.map(ToString::to_string);
        Some(Difference { what, place: place.clone(), effect, expected: text(before), actual: text(after) })
    };
    places.into_iter().filter_map(difference).collect()
}

fn stores(expected: &Audit<'_>, actual: &Audit<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    let named =
        |audit: &Audit<'_>| audit.account.stores.iter().map(|store| store.name.clone()).collect::<BTreeSet<_>>();
    let there = || Some("there".to_owned());
    let whether = |place: &String, expected, actual| Difference {
        what: What::Store,
        place: place.clone(),
        effect: Effect::Other,
        expected,
        actual,
    };
    let (before, after) = (named(expected), named(actual));
    found.extend(before.difference(&after).map(|name| whether(name, there(), None)));
    // What is in an account beside the stores of kvstore.json is of others.
    let is_ours = |name: &&String| {
        let set_up = expected.set_up.filter(|_| expected.is_planned);
        set_up.is_none_or(|set_up| name.starts_with(&format!("{}/repo/", set_up.namespace)))
    };
    found.extend(after.difference(&before).filter(is_ours).map(|name| whether(name, None, there())));
    for name in before.intersection(&after) {
        let tags = |audit: &Audit<'_>| audit.account.store(name).map(|store| store.tags.clone()).unwrap_or_default();
        found.extend(entries(What::Tag, name, &tags(expected), &tags(actual), expected.is_planned));
    }
    found
}

fn maps(expected: &Audit<'_>, actual: &Audit<'_>) -> Vec<Difference> {
    let of = |audit: &Audit<'_>| {
        let pools = audit.account.pools.iter().map(|pool| {
            let claims = pool.tags.values().filter(|map| !map.uses_defaults).flat_map(|map| map.claims.clone());
            (pool.name.clone(), claims.collect::<BTreeMap<_, _>>())
        });
        pools.collect::<BTreeMap<_, _>>()
    };
    let (before, after) = (of(expected), of(actual));
    let both = before.iter().filter_map(|(name, map)| Some((name, map, after.get(name)?)));
    both.flat_map(|(name, before, after)| entries(What::Map, name, before, after, false)).collect()
}

/// Keys with their values. Of a plan, what is there beside it counts only if the plan could have made it.
fn entries(
    what: What,
    name: &str,
    expected: &BTreeMap<String, String>,
    actual: &BTreeMap<String, String>,
    is_plan: bool,
) -> Vec<Difference> {
    let keys: BTreeSet<_> = expected.keys().chain(actual.keys()).collect();
    let differing = keys.into_iter().filter(|key| {
        let is_others = is_plan && !expected.contains_key(*key) && !key.starts_with("github:");
        expected.get(*key) != actual.get(*key) && !is_others
    });
    let difference = |key: &String| Difference {
        what,
        place: format!("{name}, {key}"),
        effect: Effect::Other,
        expected: expected.get(key).cloned(),
        actual: actual.get(key).cloned(),
    };
    differing.map(difference).collect()
}
