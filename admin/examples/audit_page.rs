//! `audit --format html` of an account that is not as `kvstore.json` has it, for tests/npm/page.test.mjs: `faulty` after changes
//! by hand, `hostile` where every name, tag and condition is an attempt to run as code.

#![allow(clippy::expect_used)]

use std::collections::BTreeMap;

use env_kvstore_admin::account::rules::{Ruled, Rules};
use env_kvstore_admin::account::{Account, Document, Pool, Provider, Role, Store, TagMap};
use env_kvstore_admin::audit::difference::{Difference, differences};
use env_kvstore_admin::audit::report::{Question, Report, of};
use env_kvstore_admin::audit::{Audit, page};
use env_kvstore_admin::kvstore::reader::Text;
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (report, rules) = match arguments.next().as_deref() {
        Some("faulty") => (faulty(), "account"),
        Some("hostile") => (hostile(&attempts()), HOSTILE_PATH),
        _ => ends("one of faulty, hostile is expected"),
    };
    print!("{}", page(&report, rules, "1.0.0").expect("a page is written to memory"));
}

fn ends(message: &str) -> ! {
    eprintln!("{message}");
    std::process::exit(2)
}

fn example() -> Ruled {
    let text = Text { name: "kvstore.json".to_owned(), text: EXAMPLE.to_owned() };
    Rules::File(vec![text]).read().expect("the example of the docs is right")
}

/// What the example comes to, after changes in the console.
fn faulty() -> Report {
    let (planned, Ruled { mut account, set_up, .. }) = (example(), example());
    for pool in &mut account.pools {
        pool.allows_unauthenticated = true;
    }
    for store in &mut account.stores {
        if store.name.contains("app/env/production/") {
            store.tags.remove("github:ref");
        }
        if store.name.contains("web/env/production/") {
            store.kms_key =
                Some("arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab".to_owned());
        }
    }
    account.stores.push(store(&account, "octo-enterprise/repo/octo-org/legacy/secrets", &[]));
    account.stores.sort_by(|one, other| one.name.cmp(&other.name));
    let expected = Audit::new(&planned.account, planned.set_up.as_ref(), true);
    let actual = Audit::new(&account, set_up.as_ref(), false);
    of(&actual, Some(differences(&expected, &actual)), &Question::default())
}

/// The name of the folder.
const HOSTILE_PATH: &str = "</title><script>hacked=1</script>/\u{202e}nosj.erotsvk";

/// Each runs as code if the page takes it for anything but text.
fn attempts() -> Vec<String> {
    let texts = [
        "<script>hacked=1</script>",
        "</script><script>hacked=1</script>",
        "\"><img src=https://attacker.example/x onerror=hacked=1>",
        "' onclick='hacked=1' x='",
        "<!--<script>",
        "]]></style><svg onload=hacked=1>",
        "{{hacked=1}}{% raw %}",
        "javascript:hacked=1",
        "&lt;script&gt;hacked=1&lt;/script&gt;",
        "\u{202e}txet\u{202c} \u{2067}\u{2028}\u{2029}\u{0}\u{7}",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}/\u{645}\u{631}\u{62d}\u{628}\u{627}",
    ];
    texts.map(str::to_owned).into_iter().chain(["long".repeat(500)]).collect()
}

/// One role, store and repository for each.
fn hostile(attempts: &[String]) -> Report {
    let provider = Provider {
        arn: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com".to_owned(),
        issuer: "https://token.actions.githubusercontent.com".to_owned(),
        audiences: vec!["cognito-identity.amazonaws.com".to_owned()],
    };
    let claims = ["repository", "environment", "ref", "event_name"].map(|claim| (claim.to_owned(), claim.to_owned()));
    let pool = Pool {
        id: format!("us-west-2:{}", attempts.join(" ")),
        name: "github-actions".to_owned(),
        allows_classic_flow: true,
        allows_unauthenticated: false,
        tags: BTreeMap::from([(provider.arn.clone(), TagMap { uses_defaults: false, claims: claims.into() })]),
        providers: vec![provider.arn.clone()],
        other_providers: attempts.to_vec(),
    };
    let mut account = Account {
        id: "123456789012".to_owned(),
        partition: "aws".to_owned(),
        region: "us-west-2".to_owned(),
        not_evaluated: attempts.to_vec(),
        providers: vec![provider],
        pools: vec![pool],
        ..Account::default()
    };
    account.roles = attempts.iter().map(|attempt| hostile_role(&account, attempt)).collect();
    account.stores = attempts.iter().map(|attempt| hostile_store(&account, attempt)).collect();
    account.stores.sort_by(|one, other| one.name.cmp(&other.name));
    let other = Account { id: account.id.clone(), ..Account::default() };
    let actual = Audit::new(&account, None, false);
    let found: Vec<Difference> = differences(&Audit::new(&other, None, false), &actual);
    of(&actual, Some(found), &Question::default())
}

fn hostile_role(account: &Account, attempt: &str) -> Role {
    let literal = attempt.replace('$', "${$}");
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": attempt,
        "Effect": "Allow",
        "Principal": { "Federated": "cognito-identity.amazonaws.com" },
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        "Condition": { "StringEquals": {
            "cognito-identity.amazonaws.com:aud": account.pools.first().map(|pool| &pool.id),
            "aws:RequestTag/repository": format!("octo-org/{}", literal.replace('/', "-")),
            "aws:RequestTag/environment": literal,
            "aws:RequestTag/ref": literal
        } }
    }] });
    let read = json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": attempt, "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"
    }] });
    Role {
        name: attempt.to_owned(),
        arn: format!("arn:aws:iam::123456789012:role/{attempt}"),
        trust: document(&format!("trust policy of the role {attempt}"), &trust),
        policies: vec![document(&format!("inline policy {attempt}"), &read)],
        tags: BTreeMap::from([(attempt.to_owned(), attempt.to_owned())]),
        boundary: None,
    }
}

fn hostile_store(account: &Account, attempt: &str) -> Store {
    let kms_key = Some(format!("arn:aws:kms:us-west-2:123456789012:key/{attempt}"));
    Store { kms_key, ..store(account, attempt, &[(attempt, attempt)]) }
}

fn store(account: &Account, name: &str, tags: &[(&str, &str)]) -> Store {
    Store {
        name: name.to_owned(),
        arn: account.store_arn(name),
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        kms_key: None,
        policy: None,
    }
}

fn document(name: &str, policy: &Value) -> Document {
    Document::parse(name, policy.to_string()).expect("a policy")
}
