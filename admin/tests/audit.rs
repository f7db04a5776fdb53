//! `audit`: who can read each store of docs/use-cases/kvstore.json.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use env_kvstore_admin::account::rules::Rules;
use env_kvstore_admin::audit::readers;
use env_kvstore_admin::kvstore::reader::Text;

const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");

#[test]
fn each_store_is_read_by_the_jobs_of_its_binding() {
    let rules = Rules::File(vec![Text { name: "kvstore.json".to_owned(), text: EXAMPLE.to_owned() }]);
    let ruled = rules.read().unwrap();
    let all = readers(&ruled.account);
    let one_way = |name: &str, role: &str, expected: &str| {
        let found = all.iter().find(|readers| readers.store.name == name).unwrap();
        let [way] = &found.ways[..] else { panic!("{name}: {}", found.ways.len()) };
        assert_eq!((way.role.name.as_str(), way.when.to_string().as_str(), &way.notes[..]), (role, expected, &[][..]));
    };
    const EVENTS: &str =
        "deployment or merge_group or push or release or repository_dispatch or schedule or workflow_dispatch";
    one_way(
        "octo-enterprise/repo/octo-org/app/env/production/secrets",
        "github-actions",
        &format!(
            "enterprise_id is 9266 and environment is production and event_name is {EVENTS} and ref is refs/heads/main and repository is octo-org/app and repository_id is 456789"
        ),
    );
    one_way(
        "octo-enterprise/repo/octo-org/app/env/pull-request/variables",
        "github-pull-requests",
        "enterprise_id is 9266 and environment is pull-request and event_name is pull_request and repository is octo-org/app and repository_id is 456789",
    );
    one_way(
        "platform/deploy",
        "platform-deploy",
        &format!(
            "enterprise_id is 9266 and event_name is {EVENTS} and job_workflow_ref is octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1 and runner_environment is github-hosted"
        ),
    );
    assert!(all.iter().all(|readers| readers.ways.len() == 1));
}
