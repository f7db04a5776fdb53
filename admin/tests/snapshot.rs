//! `Rules::Snapshot`: tests/vectors/snapshot.json is what the script of `snapshot` collected from an account with the stacks of
//! docs/use-cases/kvstore.json (tests/npm/snapshot.test.mjs holds it to that). It must be the account that the file plans.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use env_kvstore_admin::account::rules::Rules;
use env_kvstore_admin::account::snapshot::check;
use env_kvstore_admin::account::{Account, Document, Role};
use env_kvstore_admin::audit::readers;
use env_kvstore_admin::explain::job::Job;
use env_kvstore_admin::explain::{Answer, Question, explain};
use env_kvstore_admin::kvstore::generate::{Target, generate};
use env_kvstore_admin::kvstore::problem::Problem;
use env_kvstore_admin::kvstore::reader::Text;
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");
const SNAPSHOT: &str = include_str!("../../tests/vectors/snapshot.json");

/// Of the local cloud, and of a plan.
const POOLS: [&str; 2] = ["12345678-1234-1234-1234-1234567890ab", "00000000-0000-0000-0000-000000000000"];

/// What the account has beside the stacks, so that everything is read: a role that they do not make, a secret and a key.
const BESIDE: [&str; 2] = ["legacy-deploy", "legacy/token"];

fn folder() -> BTreeMap<String, String> {
    serde_json::from_str(&SNAPSHOT.replace(POOLS[0], POOLS[1])).unwrap()
}

fn texts(folder: &BTreeMap<String, String>) -> Vec<Text> {
    folder.iter().map(|(name, text)| Text { name: name.clone(), text: text.clone() }).collect()
}

fn read(folder: &BTreeMap<String, String>) -> Result<Account, Vec<Problem>> {
    Rules::Snapshot(texts(folder)).read().map(|ruled| ruled.account)
}

fn planned() -> Account {
    Rules::File(vec![Text { name: "kvstore.json".to_owned(), text: EXAMPLE.to_owned() }]).read().unwrap().account
}

fn problems(change: impl FnOnce(&mut BTreeMap<String, String>)) -> Vec<(String, String)> {
    let mut folder = folder();
    change(&mut folder);
    let problems = read(&folder).map(|_| ()).expect_err("a snapshot that is wrong");
    problems.into_iter().map(|problem| (problem.file, format!("{} {}", problem.pointer, problem.message))).collect()
}

/// The number of a name in a list of the folder.
fn number(list: &str, name: &str) -> usize {
    folder()[list].lines().position(|line| line == name).unwrap() + 1
}

fn edit(folder: &mut BTreeMap<String, String>, name: &str, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_str(&folder[name]).unwrap();
    change(&mut value);
    folder.insert(name.to_owned(), value.to_string());
}

fn compact(document: &Document) -> Value {
    serde_json::from_str(&document.text).unwrap()
}

fn shown(role: &Role) -> (String, String, Value, Vec<Value>, BTreeMap<String, String>) {
    (
        role.name.clone(),
        role.arn.clone(),
        compact(&role.trust),
        role.policies.iter().map(compact).collect(),
        role.tags.clone(),
    )
}

#[test]
fn an_account_with_the_stacks_is_the_account_that_the_file_plans() {
    let (found, planned) = (read(&folder()).unwrap(), planned());
    assert_eq!((&found.id, &found.partition, &found.region), (&planned.id, &planned.partition, &planned.region));
    assert_eq!((&found.providers, &found.pools), (&planned.providers, &planned.pools));
    let sorted = |account: &Account| {
        let roles = account.roles.iter().filter(|role| !BESIDE.contains(&role.name.as_str())).map(shown);
        roles.map(|role| (role.0.clone(), role)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(sorted(&found), sorted(&planned));
    let stores = |account: &Account| {
        let stores = account.stores.iter().filter(|store| !BESIDE.contains(&store.name.as_str()));
        stores.map(|store| (store.name.clone(), store.arn.clone(), store.tags.clone())).collect::<Vec<_>>()
    };
    assert_eq!(stores(&found), stores(&planned));
    assert_eq!(stores(&found).len(), 11);
}

#[test]
fn every_question_of_the_matrix_has_the_same_answer_in_both() {
    let texts = [Text { name: "kvstore.json".to_owned(), text: EXAMPLE.to_owned() }];
    let generated = generate(&texts, Target::Matrix, None);
    let matrix = generated.files.iter().find(|file| file.path == "matrix.json").unwrap();
    let matrix: Value = serde_json::from_str(&matrix.text).unwrap();
    let accounts = [read(&folder()).unwrap(), planned()];
    let cases = matrix["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 206);
    for case in cases {
        let claims = serde_json::from_value(case["job"].clone()).unwrap();
        let question = Question {
            job: Job { claims, is_whole: true, ..Job::default() },
            role: case["role"].as_str().map(str::to_owned),
            store: case["store"].as_str().map(str::to_owned),
        };
        let expected = if case["allowed"] == json!(true) { Answer::Allow } else { Answer::Deny };
        for account in &accounts {
            let answer = explain(account, &question, BTreeMap::new()).unwrap().answer;
            assert_eq!(answer, expected, "{case}");
        }
    }
}

#[test]
fn who_can_read_each_store_is_the_same_in_both() {
    let sentences = |account: &Account| {
        let all = readers(account).into_iter().filter(|readers| !BESIDE.contains(&readers.store.name.as_str()));
        all.map(|readers| {
            let ways = readers.ways.iter().filter(|way| !BESIDE.contains(&way.role.name.as_str()));
            (
                readers.store.name.clone(),
                ways.map(|way| (way.role.name.clone(), way.when.to_string())).collect::<BTreeMap<_, _>>(),
            )
        })
        .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(sentences(&read(&folder()).unwrap()), sentences(&planned()));
}

#[test]
fn managed_policies_boundaries_keys_and_resource_policies_are_read() {
    let account = read(&folder()).unwrap();
    let role = account.role(BESIDE[0]).unwrap();
    let names: Vec<_> = role.policies.iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "inline policy first of the role legacy-deploy",
            "managed policy arn:aws:iam::123456789012:policy/read-legacy of the role legacy-deploy",
        ]
    );
    let boundary = role.boundary.as_ref().unwrap();
    assert_eq!(boundary.name, "permissions boundary arn:aws:iam::123456789012:policy/limits of the role legacy-deploy");
    assert_eq!(role.tags, BTreeMap::from([("Team".to_owned(), "döner & \"ARN\": \"x\"".to_owned())]));
    let store = account.store(BESIDE[1]).unwrap();
    assert_eq!(compact(store.policy.as_ref().unwrap())["Statement"][0]["Effect"], "Deny");
    let key = account.key_of(store).unwrap();
    assert_eq!(key.arn, "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    assert_eq!(compact(&key.policy)["Statement"][0]["Action"], "kms:*");
    // By an alias; one that is AWS's own is no key of the account.
    assert_eq!(account.keys.len(), 1);
    let checked = check(&texts(&folder()));
    assert_eq!((checked.roles, checked.secrets, checked.keys, checked.problems), (4, 12, 1, vec![]));
}

#[test]
fn policies_may_be_url_encoded_as_other_tools_keep_them() {
    let name = format!("role-{}.json", number("roles.txt", "github-actions"));
    let mut folder = folder();
    edit(&mut folder, &name, |role| {
        let document = role["Role"]["AssumeRolePolicyDocument"].to_string();
        let encoded: String = document
            .bytes()
            .map(
                |byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") },
            )
            .collect();
        role["Role"]["AssumeRolePolicyDocument"] = json!(encoded);
    });
    let found = read(&folder).unwrap();
    assert_eq!(
        compact(&found.role("github-actions").unwrap().trust),
        compact(&planned().role("github-actions").unwrap().trust)
    );
    edit(&mut folder, &name, |role| {
        let document = compact(&planned().role("github-actions").unwrap().trust);
        role["Role"]["AssumeRolePolicyDocument"] = json!(document.to_string());
    });
    assert_eq!(
        shown(read(&folder).unwrap().role("github-actions").unwrap()),
        shown(planned().role("github-actions").unwrap())
    );
}

#[test]
fn fields_that_aws_adds_are_passed_over() {
    let mut folder = folder();
    for name in folder.keys().filter(|name| name.ends_with(".json")).cloned().collect::<Vec<_>>() {
        edit(&mut folder, &name, |answer| answer["New"] = json!({ "A": [1, null] }));
    }
    assert_eq!(read(&folder).unwrap().stores.len(), 12);
}

#[test]
fn an_interrupted_snapshot_is_refused_whatever_it_has() {
    let found = problems(|folder| drop(folder.remove("snapshot.json")));
    let [(file, message)] = &found[..] else { panic!("{found:?}") };
    assert!(file == "snapshot.json" && message.contains("interrupted"), "{message}");
    assert_eq!(read(&BTreeMap::new()).unwrap_err().len(), 1);
}

#[test]
fn every_file_that_is_missing_is_named_and_all_of_them_at_once() {
    let files: Vec<_> = folder().into_keys().filter(|name| name != "snapshot.json").collect();
    // Those that the script alone needs, to go on from.
    let unread = ["attached.txt"];
    let is_unread = |name: &str| unread.contains(&name) || name.ends_with("-boundary.txt");
    for file in files.iter().filter(|name| !is_unread(name)) {
        let found = problems(|folder| drop(folder.remove(file)));
        assert!(
            found.iter().any(|(name, message)| name == file && message.contains("is missing")),
            "{file}: {found:?}"
        );
    }
    let found = problems(|folder| {
        folder.remove("role-1.json");
        folder.remove("pool-1.json");
        folder.insert("provider-1.json".to_owned(), "{".to_owned());
    });
    assert_eq!(
        found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["provider-1.json", "pool-1.json", "role-1.json"]
    );
}

#[test]
fn a_list_that_is_cut_short_is_missed() {
    for (list, what) in [
        ("secrets.txt", "lacks arn:aws:secretsmanager"),
        ("policies.txt", "lacks arn:aws:iam"),
        ("pool-1-providers.txt", "lacks arn:aws:iam"),
    ] {
        let found = problems(|folder| drop(folder.insert(list.to_owned(), String::new())));
        assert!(found.iter().any(|(file, message)| file == list && message.contains(what)), "{list}: {found:?}");
    }
}

#[test]
fn files_that_were_mixed_up_are_refused() {
    for (one, other) in [("role-1.json", "role-2.json"), ("secret-1-policy.json", "secret-2-policy.json")] {
        let found = problems(|folder| {
            let (first, second) = (folder[one].clone(), folder[other].clone());
            folder.insert(one.to_owned(), second);
            folder.insert(other.to_owned(), first);
        });
        assert!(found.iter().any(|(file, message)| file == one && message.contains("in its place")), "{found:?}");
    }
}

type Change<'c> = &'c dyn Fn(&mut Value);

#[test]
fn what_is_malformed_is_named_with_its_place() {
    let role = format!("role-{}.json", number("roles.txt", "github-actions"));
    let cases: [(&str, &str, Change<'_>); 7] = [
        (&role, "/Role/AssumeRolePolicyDocument", &|role| {
            role["Role"]["AssumeRolePolicyDocument"] = json!({ "Statement": [{ "Effect": "Perhaps" }] })
        }),
        (&role, "/Role/AssumeRolePolicyDocument", &|role| {
            role["Role"]["AssumeRolePolicyDocument"] = json!("%7B%22Version%22")
        }),
        (&role, "is not what the AWS CLI writes", &|role| role["Role"]["Tags"] = json!([{ "Key": 3 }])),
        ("snapshot.json", "/version is 2", &|manifest| manifest["version"] = json!(2)),
        ("snapshot.json", "/region", &|manifest| manifest["region"] = json!("nowhere")),
        ("caller.json", "which account", &|caller| caller["Account"] = json!("12")),
        ("secrets.json", "is not what the AWS CLI writes", &|secrets| secrets["SecretList"][0] = json!({})),
    ];
    for (file, message, change) in cases {
        let found = problems(|folder| edit(folder, file, change));
        assert!(found.iter().any(|(name, text)| name == file && text.contains(message)), "{file} {message}: {found:?}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let found = problems(|folder| {
        folder.insert(role.clone(), format!("{{\"Role\": {{\"RoleName\": \"github-actions\", \"Arn\": \"a\", \"AssumeRolePolicyDocument\": {deep}}}}}"));
        folder.insert("caller.json".to_owned(), format!("{{\"Account\": {deep}}}"));
    });
    assert!(
        found.iter().any(|(name, _)| *name == role) && found.iter().any(|(name, _)| name == "caller.json"),
        "{found:?}"
    );
}

#[test]
fn a_tag_map_that_aws_does_not_show_is_an_error_and_one_that_is_not_there_is_none() {
    let name = folder().keys().find(|name| name.contains("-tags-")).unwrap().trim_end_matches(".json").to_owned();
    let refused = |error: &str| {
        let mut folder = folder();
        folder.remove(&format!("{name}.json")).unwrap();
        folder.insert(format!("{name}.error.txt"), format!("An error occurred ({error}) when calling"));
        read(&folder)
    };
    let problems = refused("AccessDeniedException").unwrap_err();
    assert!(problems.iter().any(|problem| problem.file == format!("{name}.error.txt")), "{problems:?}");
    assert!(refused("ResourceNotFoundException").unwrap().pools.iter().any(|pool| pool.tags.is_empty()));
}

#[test]
fn what_aws_does_not_show_is_said_to_be_not_evaluated() {
    let mut folder = folder();
    let refused = |folder: &mut BTreeMap<String, String>, name: &str| {
        folder.remove(&format!("{name}.json")).unwrap();
        folder.insert(format!("{name}.error.txt"), "An error occurred (AccessDeniedException)".to_owned());
    };
    let store = format!(
        "secret-{}-policy",
        folder["secrets.txt"].lines().position(|arn| arn.contains("legacy/token")).unwrap() + 1
    );
    let key = format!("key-{}-policy", number("keys.txt", "alias/stores"));
    refused(&mut folder, &store);
    refused(&mut folder, &key);
    edit(&mut folder, "snapshot.json", |manifest| {
        manifest["pools"] = json!(["us-west-2:1-2"]);
        manifest["secretPrefixes"] = json!(["octo-enterprise/"]);
    });
    let account = read(&folder).unwrap();
    assert!(account.store("legacy/token").unwrap().policy.is_none());
    assert!(account.store("legacy/token").unwrap().kms_key.is_some() && account.keys.is_empty());
    for part in [
        "resource policy of arn:aws:secretsmanager:us-west-2:123456789012:secret:legacy/token",
        "policy of the KMS key",
        "other than us-west-2:1-2",
        "begin with octo-enterprise/",
        "AWS Organizations",
    ] {
        assert!(account.not_evaluated.iter().any(|text| text.contains(part)), "{part}: {:?}", account.not_evaluated);
    }
    // Told to leave them out: none is missed.
    edit(&mut folder, "snapshot.json", |manifest| manifest["secretPolicies"] = json!(false));
    folder.retain(|name, _| !name.starts_with("secret-") && name != "secrets.txt");
    assert!(read(&folder).unwrap().not_evaluated.iter().any(|text| text.contains("told to leave out")));
}
