//! The script that collects a snapshot with the AWS CLI, and the IAM policy that its calls need.

use env_kvstore::aws::names::Region;
use env_kvstore::text::printable::printable;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("collect.sh");
const ALL_POOLS: &str = include_str!("all-pools.sh");
const SECRET_POLICIES: &str = include_str!("secret-policies.sh");

/// ListSecrets takes so many values of a filter.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html>
const MAX_PREFIXES: usize = 10;

/// What was written on the command line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Asked {
    /// The folder, if the script is given none.
    pub to: String,
    /// The region of the secrets, and of pools that are not named.
    pub region: String,
    /// Only these pools; none are all of the region.
    pub pool_ids: Vec<String>,
    /// Only secrets whose names begin so.
    pub secret_prefixes: Vec<String>,
    /// Whether to leave out the resource policies of the secrets.
    pub no_secret_policies: bool,
}

/// A script, or else which flag is wrong, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Made {
    /// The script.
    pub script: String,
    /// The policy, as JSON.
    pub policy: String,
    /// What is wrong, by flag.
    pub wrong: Vec<(&'static str, String)>,
}

/// Makes the script. The same question always makes the same text.
pub fn script(asked: &Asked) -> Made {
    let mut wrong = Vec::new();
    let region = Region::parse(&asked.region);
    if region.is_none() {
        wrong
            .push(("region", format!("`{}` is not the name of a region, such as us-west-2", printable(&asked.region))));
    }
    for id in asked.pool_ids.iter().filter(|id| !is_pool(id)) {
        wrong.push(("pool-id", format!("`{}` is not the id of an identity pool: REGION:UUID", printable(id))));
    }
    for prefix in asked.secret_prefixes.iter().filter(|prefix| !is_prefix(prefix)) {
        let shown = printable(prefix);
        wrong.push((
            "secret-prefix",
            format!("`{shown}` cannot begin the name of a secret: it takes A-Z a-z 0-9 / _ + = . @ -"),
        ));
    }
    if asked.secret_prefixes.len() > MAX_PREFIXES {
        wrong.push(("secret-prefix", format!("Secrets Manager filters by at most {MAX_PREFIXES} prefixes at a time")));
    }
    if asked.to.is_empty() || asked.to.chars().any(char::is_control) {
        wrong.push(("to", "a folder is needed, without control characters in its name".to_owned()));
    }
    let Some(region) = region.filter(|_| wrong.is_empty()) else { return Made { wrong, ..Made::default() } };
    let policy = format!("{:#}", policy(asked, &region));
    let pools = match &asked.pool_ids[..] {
        [] => ALL_POOLS.trim_end().to_owned(),
        ids => format!("printf '%s\\n' {} >\"$to/pools.txt\"", words(ids)),
    };
    let filters = match &asked.secret_prefixes[..] {
        [] => String::new(),
        prefixes => format!(" \\\n  --filters {}", quoted(&format!("Key=name,Values={}", prefixes.join(",")))),
    };
    let lines: Vec<_> = policy.lines().map(|line| format!("#     {line}")).collect();
    let parts = [
        ("@REGION@", quoted(region.name())),
        ("@FOLDER@", quoted(&asked.to)),
        ("@POOLS@", pools),
        ("@FILTERS@", filters),
        ("@SECRET_POLICIES@", if asked.no_secret_policies { "" } else { SECRET_POLICIES }.to_owned()),
        ("@POOLS_JSON@", json!(asked.pool_ids).to_string()),
        ("@PREFIXES_JSON@", json!(asked.secret_prefixes).to_string()),
        ("@SECRET_POLICIES_JSON@", (!asked.no_secret_policies).to_string()),
        ("@POLICY@", lines.join("\n")),
    ];
    Made { script: filled(&parts), policy, wrong }
}

/// Each marker of the template, once, by its part: nothing in a part is a marker.
fn filled(parts: &[(&str, String)]) -> String {
    let mut script = String::new();
    let mut rest = SCRIPT;
    while let Some((before, marker, after)) = next_marker(rest, parts) {
        script.push_str(before);
        script.push_str(marker);
        rest = after;
    }
    script.push_str(rest);
    script
}

fn next_marker<'t>(text: &'t str, parts: &'t [(&str, String)]) -> Option<(&'t str, &'t str, &'t str)> {
    let found = parts.iter().filter_map(|(marker, part)| Some((text.split_once(marker)?, part)));
    let ((before, after), part) = found.min_by_key(|((before, _), _)| before.len())?;
    Some((before, part, after))
}

/// `[\w-]+:[0-9a-f-]+`
/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DescribeIdentityPool.html>
fn is_pool(id: &str) -> bool {
    let Some((region, uuid)) = id.split_once(':') else { return false };
    let is_uuid = !uuid.is_empty() && uuid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    Region::parse(region).is_some() && is_uuid && id.len() <= 55
}

/// A comma would end it in the shorthand of `--filters`, and `!` would negate it; names have neither, for `!` begins those of
/// AWS's own services.
fn is_prefix(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    !text.is_empty() && text.len() <= 512 && text.bytes().all(plain)
}

/// A word as a POSIX shell takes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn words(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" ")
}

/// Least privilege for the calls of the script.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
fn policy(asked: &Asked, region: &Region) -> Value {
    let partition = region.partition();
    let arn = |rest: &str| format!("arn:{partition}:{rest}");
    let allow = |sid: &str, action: &[&str], resource: Vec<String>| json!({ "Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource });
    let pools = match &asked.pool_ids[..] {
        [] => vec![arn(&format!("cognito-identity:{region}:*:identitypool/*"))],
        ids => ids
            .iter()
            .map(|id| {
                arn(&format!("cognito-identity:{}:*:identitypool/{id}", id.split(':').next().unwrap_or_default()))
            })
            .collect(),
    };
    let secrets = match &asked.secret_prefixes[..] {
        [] => vec![arn(&format!("secretsmanager:{region}:*:secret:*"))],
        prefixes => prefixes.iter().map(|prefix| arn(&format!("secretsmanager:{region}:*:secret:{prefix}*"))).collect(),
    };
    let mut lists = vec!["iam:ListOpenIDConnectProviders", "iam:ListRoles", "secretsmanager:ListSecrets"];
    if asked.pool_ids.is_empty() {
        lists.push("cognito-identity:ListIdentityPools");
    }
    let describing = ["DescribeIdentityPool", "GetIdentityPoolRoles", "GetPrincipalTagAttributeMap"]
        .map(|name| format!("cognito-identity:{name}"));
    let describing: Vec<_> = describing.iter().map(String::as_str).collect();
    let mut statements = vec![
        allow("Lists", &lists, vec!["*".to_owned()]),
        allow("Providers", &["iam:GetOpenIDConnectProvider"], vec![arn("iam::*:oidc-provider/*")]),
        allow("Pools", &describing, pools),
        allow(
            "Roles",
            &["iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"],
            vec![arn("iam::*:role/*")],
        ),
        allow("Policies", &["iam:GetPolicy", "iam:GetPolicyVersion"], vec![arn("iam::*:policy/*")]),
        allow("Keys", &["kms:DescribeKey", "kms:GetKeyPolicy"], vec![arn(&format!("kms:{region}:*:key/*"))]),
    ];
    if !asked.no_secret_policies {
        statements.push(allow("SecretPolicies", &["secretsmanager:GetResourcePolicy"], secrets));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn asked() -> Asked {
        Asked { to: "snapshot".to_owned(), region: "us-west-2".to_owned(), ..Asked::default() }
    }

    /// What a shell runs: no comments, and lines that go on joined.
    fn commands(script: &str) -> Vec<String> {
        let joined = script.replace("\\\n", " ");
        joined.lines().map(|line| line.trim().to_owned()).filter(|line| !line.starts_with('#')).collect()
    }

    /// `service operation` of every call.
    fn calls(script: &str) -> Vec<String> {
        let services = ["sts", "iam", "cognito-identity", "secretsmanager", "kms"];
        let mut calls = Vec::new();
        for line in commands(script) {
            let words: Vec<_> = line.split_whitespace().collect();
            calls.extend(words.windows(2).filter(|pair| services.contains(&pair[0])).map(|pair| pair.join(" ")));
        }
        calls.sort();
        calls.dedup();
        calls
    }

    #[test]
    fn every_call_only_reads_and_none_reads_a_value() {
        let Made { script, wrong, .. } = script(&asked());
        assert!(wrong.is_empty());
        let calls = calls(&script);
        assert_eq!(calls.len(), 18, "{calls:?}");
        for call in &calls {
            let name = call.split(' ').next_back().unwrap();
            assert!(["get-", "list-", "describe-"].iter().any(|prefix| name.starts_with(prefix)), "{call}");
        }
        assert!(!calls.iter().any(|call| call.contains("secret-value")), "{calls:?}");
    }

    #[test]
    fn the_policy_allows_the_calls_and_nothing_else() {
        for asked in [
            asked(),
            Asked { no_secret_policies: true, ..asked() },
            Asked { pool_ids: vec!["us-west-2:0-1".to_owned()], ..asked() },
        ] {
            let made = script(&asked);
            let policy: Value = serde_json::from_str(&made.policy).unwrap();
            let actions = policy["Statement"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|statement| statement["Action"].as_array().unwrap());
            let mut allowed: Vec<_> = actions.map(|action| action.as_str().unwrap().to_lowercase()).collect();
            allowed.sort();
            let needed = calls(&made.script).into_iter().filter(|call| !call.starts_with("sts "));
            let mut needed: Vec<_> = needed
                .map(|call| call.replace(' ', ":").replace('-', "").replace("cognitoidentity", "cognito-identity"))
                .collect();
            needed.sort();
            assert_eq!(allowed, needed);
            let as_comment: Vec<_> = made.script.lines().filter_map(|line| line.strip_prefix("#     ")).collect();
            assert_eq!(as_comment.join("\n"), made.policy);
        }
    }

    fn folder_part() -> &'static str {
        "s @POLICY@ $("
    }

    #[test]
    fn no_marker_is_left_and_what_is_given_is_one_word_of_the_shell() {
        let folder = "it's @POLICY@ $(touch x) `y` \"z\" }";
        let prefixes = vec!["octo-enterprise/repo/".to_owned(), "platform/".to_owned()];
        let made = script(&Asked { to: folder.to_owned(), secret_prefixes: prefixes, ..asked() });
        assert!(made.script.contains("folder='it'\\''s @POLICY@ $(touch x) `y` \"z\" }'\n"), "{}", made.script);
        let markers = SCRIPT
            .split('@')
            .filter(|word| word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
        let left: Vec<_> =
            markers.filter(|marker| made.script.replace(folder_part(), "").contains(&format!("@{marker}@"))).collect();
        assert_eq!(left, Vec::<&str>::new());
        assert!(made.script.contains("--filters 'Key=name,Values=octo-enterprise/repo/,platform/' \\\n"));
        assert!(made.policy.contains("secretsmanager:us-west-2:*:secret:platform/*"));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let made = script(&Asked {
            to: String::new(),
            region: "here'".to_owned(),
            pool_ids: vec!["us-west-2:0-1; id".to_owned(), "us-west-2:0-1".to_owned()],
            secret_prefixes: vec!["a,b".to_owned(), "!a".to_owned()],
            ..asked()
        });
        let flags: Vec<_> = made.wrong.iter().map(|(flag, _)| *flag).collect();
        assert_eq!(flags, ["region", "pool-id", "secret-prefix", "secret-prefix", "to"]);
        assert_eq!(made.script, "");
    }

    #[test]
    fn pools_of_another_region_are_asked_there() {
        let made = script(&Asked { pool_ids: vec!["eu-west-1:0-1".to_owned()], ..asked() });
        assert!(made.script.contains("printf '%s\\n' 'eu-west-1:0-1' >\"$to/pools.txt\""));
        assert!(made.policy.contains("cognito-identity:eu-west-1:*:identitypool/eu-west-1:0-1"));
        assert!(!made.policy.contains("ListIdentityPools"));
    }
}
