//! ACL policies: which paths a token may read.
//! <https://developer.hashicorp.com/vault/docs/concepts/policies>

use std::cmp::Ordering;
use std::collections::BTreeSet;

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Body, Structure};

/// The rules of a policy.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Policy {
    /// In the order in which they are written.
    pub rules: Vec<PathRule>,
}

/// What may be done at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRule {
    /// As written: a path, perhaps with `+` for a segment and `*` at its end.
    pub path: String,
    /// `read` and others.
    pub capabilities: BTreeSet<String>,
}

impl Policy {
    /// Reads a policy of HCL or JSON.
    pub fn parse(text: &str) -> Result<Self, String> {
        let trimmed = text.trim_start();
        if trimmed.starts_with('{') { of_json(trimmed) } else { of_hcl(text) }
    }
}

fn of_hcl(text: &str) -> Result<Policy, String> {
    let body: Body = text.parse().map_err(|_| "is not HCL".to_owned())?;
    let mut rules = Vec::new();
    for structure in &body {
        let Structure::Block(block) = structure else { continue };
        let [label] = block.labels.as_slice() else { continue };
        if block.ident.as_str() != "path" {
            continue;
        }
        let texts = |name: &str| match block.body.get_attribute(name).map(|attribute| &attribute.value) {
            Some(Expression::Array(array)) => array.iter().filter_map(Expression::as_str).map(str::to_owned).collect(),
            Some(one) => one.as_str().map(str::to_owned).into_iter().collect(),
            None => BTreeSet::new(),
        };
        let mut capabilities = texts("capabilities");
        // What came before capabilities, and still counts.
        capabilities.extend(texts("policy").iter().flat_map(|old| of_old(old)).map(|one| (*one).to_owned()));
        rules.push(PathRule { path: without_slash(label.as_str()), capabilities });
    }
    Ok(Policy { rules })
}

fn of_json(text: &str) -> Result<Policy, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| "is not JSON".to_owned())?;
    let Some(paths) = value.get("path").and_then(serde_json::Value::as_object) else {
        return Err("has no object `path`".to_owned());
    };
    let rule = |(path, rule): (&String, &serde_json::Value)| {
        let listed = rule.get("capabilities").and_then(serde_json::Value::as_array).into_iter().flatten();
        let old = rule.get("policy").and_then(serde_json::Value::as_str).unwrap_or_default();
        let capabilities = listed.filter_map(serde_json::Value::as_str).chain(of_old(old).iter().copied());
        PathRule { path: without_slash(path), capabilities: capabilities.map(str::to_owned).collect() }
    };
    Ok(Policy { rules: paths.iter().map(rule).collect() })
}

/// <https://github.com/openbao/openbao/blob/main/vault/policy.go>
fn of_old(policy: &str) -> &'static [&'static str] {
    match policy {
        "read" => &["read", "list"],
        "write" => &["create", "read", "update", "delete", "list"],
        "sudo" => &["create", "read", "update", "delete", "list", "sudo"],
        "deny" => &["deny"],
        _ => &[],
    }
}

/// The server ignores one at the start.
fn without_slash(path: &str) -> String {
    path.strip_prefix('/').unwrap_or(path).to_owned()
}

impl PathRule {
    /// Whether it is for more than one path.
    pub fn is_pattern(&self) -> bool {
        self.path.ends_with('*') || has_segment_wildcard(&self.path)
    }

    /// Whether the server fills in what it knows of the entity.
    pub fn is_template(&self) -> bool {
        self.path.contains("{{")
    }

    fn covers(&self, path: &str) -> bool {
        if !has_segment_wildcard(&self.path) {
            return match self.path.strip_suffix('*') {
                Some(prefix) => path.starts_with(prefix),
                None => self.path == path,
            };
        }
        let (pattern, is_prefix) = match self.path.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (self.path.as_str(), false),
        };
        let (wanted, actual): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        if actual.len() < wanted.len() || (!is_prefix && actual.len() > wanted.len()) {
            return false;
        }
        let last = wanted.len() - 1;
        wanted.iter().zip(&actual).enumerate().all(|(place, (wanted, actual))| {
            *wanted == "+" || wanted == actual || (is_prefix && place == last && actual.starts_with(wanted))
        })
    }
}

fn has_segment_wildcard(path: &str) -> bool {
    path.split('/').any(|segment| segment == "+")
}

/// What policies together allow at a path, and the rule that says so: of all that cover it the most specific counts, and rules for
/// the same path add up.
pub fn decisive<'p>(policies: &[(&'p str, &'p Policy)], path: &str) -> Option<Decisive<'p>> {
    let covering = policies
        .iter()
        .flat_map(|(name, policy)| policy.rules.iter().map(|rule| (*name, rule)))
        .filter(|(_, rule)| rule.covers(path));
    let covering: Vec<_> = covering.collect();
    let (policy, best) = covering.iter().copied().max_by(|(_, one), (_, other)| specific(&one.path, &other.path))?;
    let same = covering.iter().filter(|(_, rule)| rule.path == best.path);
    let capabilities: BTreeSet<&str> = same.flat_map(|(_, rule)| &rule.capabilities).map(String::as_str).collect();
    Some(Decisive { policy, path: &best.path, reads: capabilities.contains("read") && !capabilities.contains("deny") })
}

/// The rule that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decisive<'p> {
    /// The name of its policy.
    pub policy: &'p str,
    /// As written.
    pub path: &'p str,
    /// Whether it lets the token read.
    pub reads: bool,
}

/// The greater is the more specific: the server's order of patterns.
/// <https://developer.hashicorp.com/vault/docs/concepts/policies#priority-matching>
fn specific(one: &str, other: &str) -> Ordering {
    let is_exact = |path: &str| !path.ends_with('*') && !has_segment_wildcard(path);
    let first = |path: &str| {
        let plus = path.split('/').scan(0, |at, segment| {
            let start = *at;
            *at += segment.len() + 1;
            Some((start, segment))
        });
        let plus = plus.filter(|(_, segment)| *segment == "+").map(|(at, _)| at).next();
        plus.into_iter().chain(path.ends_with('*').then(|| path.len() - 1)).min().unwrap_or(usize::MAX)
    };
    let pluses = |path: &str| path.split('/').filter(|segment| *segment == "+").count();
    (is_exact(one).cmp(&is_exact(other)))
        .then_with(|| first(one).cmp(&first(other)))
        .then_with(|| other.ends_with('*').cmp(&one.ends_with('*')))
        .then_with(|| pluses(other).cmp(&pluses(one)))
        .then_with(|| one.len().cmp(&other.len()))
        .then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(policy: &str, path: &str) -> bool {
        let policy = Policy::parse(policy).unwrap();
        decisive(&[("p", &policy)], path).is_some_and(|found| found.reads)
    }

    #[test]
    fn a_path_is_that_path_alone() {
        let policy =
            "# why\npath \"secret/data/a\" {\n  capabilities = [\"read\"]\n}\npath \"kv/x\" { policy = \"read\" }\n";
        assert!(reads(policy, "secret/data/a") && reads(policy, "kv/x"));
        for path in ["secret/data/a/b", "secret/data/", "secret/metadata/a", "secret/data", "kv"] {
            assert!(!reads(policy, path), "{path}");
        }
        assert!(reads(r#"{"path": {"/secret/data/a": {"capabilities": ["read"]}}}"#, "secret/data/a"));
        assert!(Policy::parse("path {").is_err() && Policy::parse("{").is_err());
    }

    #[test]
    fn stars_and_pluses_cover_what_the_server_says() {
        let policy = |path: &str| format!("path \"{path}\" {{ capabilities = [\"read\", \"list\"] }}");
        for (pattern, path) in [
            ("secret/data/*", "secret/data/a/b"),
            ("secret/data/te*", "secret/data/team/x"),
            ("secret/+/a", "secret/data/a"),
            ("secret/data/+/te*", "secret/data/x/team/y"),
            ("+/data/a", "kv/data/a"),
        ] {
            assert!(reads(&policy(pattern), path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("secret/+/a", "secret/data/x/a"),
            ("secret/data/+", "secret/data/a/b"),
            ("secret/data/+/te*", "secret/data/x/y/team"),
            ("secret/da*ta/a", "secret/data/a"),
            ("secret/+x/a", "secret/yx/a"),
        ] {
            assert!(!reads(&policy(pattern), path), "{pattern} {path}");
        }
    }

    #[test]
    fn the_most_specific_rule_counts_and_a_denial_of_the_same_path_wins() {
        let rule = |path: &str, capability: &str| format!("path \"{path}\" {{ capabilities = [\"{capability}\"] }}\n");
        let both = |one: (&str, &str), other: (&str, &str)| rule(one.0, one.1) + &rule(other.0, other.1);
        assert!(!reads(&both(("secret/data/*", "read"), ("secret/data/a", "list")), "secret/data/a"));
        assert!(!reads(&both(("secret/data/*", "read"), ("secret/data/a*", "deny")), "secret/data/ab"));
        assert!(reads(&both(("secret/data/*", "deny"), ("secret/data/a", "read")), "secret/data/a"));
        assert!(!reads(&both(("secret/data/a", "read"), ("secret/data/a", "deny")), "secret/data/a"));
        // A wildcard that comes later is more specific.
        assert!(reads(&both(("secret/data/a/*", "read"), ("secret/+/a/b", "deny")), "secret/data/a/b"));
    }
}
