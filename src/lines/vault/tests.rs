use super::*;

fn one(entry: &str) -> (String, String, Vec<String>) {
    match parse(entry).unwrap().as_slice() {
        [VaultLine { path, taken: Taken::One { name, keys } }] => (path.encoded(), name.to_string(), keys.clone()),
        other => panic!("{other:?}"),
    }
}

fn problem(entry: &str) -> String {
    parse(entry).unwrap_err().join("\n")
}

#[test]
fn an_entry_has_a_path_a_key_and_perhaps_a_name() {
    let expected = |path: &str, name: &str, keys: &[&str]| {
        (path.to_owned(), name.to_owned(), keys.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(one("secret/data/ci/aws accessKey | ID ;"), expected("secret/data/ci/aws", "ID", &["accessKey"]));
    assert_eq!(one("/secret/data/x\n  token"), expected("secret/data/x", "TOKEN", &["token"]));
    assert_eq!(one("s/x?version=3 a.b.c|A"), expected("s/x?version=3", "A", &["a", "b", "c"]));
    assert_eq!(one("s/x \"a.b\" | A"), expected("s/x", "A", &["a.b"]));
    assert_eq!(one("s/x a.\"b c\".`d` | A"), expected("s/x", "A", &["a", "b c", "d"]));
    assert_eq!(one("s/ä{ my-key | A"), expected("s/%C3%A4%7B", "A", &["my-key"]));
}

#[test]
fn a_key_gives_the_name_that_vault_action_gives() {
    for (key, name) in [("accessKey", "ACCESSKEY"), ("a.b", "A__B"), ("a.b.c", "A__BC"), ("my-key", "MYKEY")] {
        assert_eq!(one(&format!("s/x {key}")).1, name);
    }
    assert!(problem("s/x path").contains("`PATH`"), "a name that is refused is refused here too");
    assert!(problem("s/x 1st").contains("Name it"));
}

#[test]
fn entries_are_separated_by_semicolons_and_by_nothing_else() {
    assert_eq!(parse("s/x a | A;s/x b | B ;\n\n; # no\n s/y * ;").map_err(|told| told.len()), Err(1));
    assert_eq!(parse("s/x a | A;s/x b | B ;\n\n;\n# a; comment\n s/y * ;").unwrap().len(), 3);
    assert!(problem("s/x a | A\ns/x b | B").contains("separated by `;`"));
    assert!(parse(" \n ; ").unwrap().is_empty());
}

#[test]
fn a_star_has_a_prefix_and_two_keep_the_case() {
    let all = |entry: &str| match parse(entry).unwrap().remove(0).taken {
        Taken::All { prefix, capitals } => (prefix, capitals),
        one => panic!("{one:?}"),
    };
    assert_eq!(all("s/x *"), (String::new(), true));
    assert_eq!(all("s/x * | CI_"), ("CI_".to_owned(), true));
    assert_eq!(all("s/x ** | ci_"), ("ci_".to_owned(), false));
}

#[test]
fn what_is_more_than_a_plain_path_is_refused() {
    for selector in
        ["$.a", "a[0]", "a[b=1].c", "$count(a)", "a.*", "a.**", "a & b", "a.", ".a", "\"a\"b", "\"a", "a=b", "*.a"]
    {
        assert!(parse(&format!("s/x {selector} | A")).is_err(), "{selector}");
    }
    assert!(problem("s/x $count(a) | A").contains("not supported"));
}

#[test]
fn a_path_stays_where_it_is() {
    for path in
        ["s/../sys/x", "s/./x", "s/%2E%2e/x", "s//x", "s/x#y", "s/x?list=true", "s/x?version=", "s/x?version=-1", "/"]
    {
        assert!(parse(&format!("{path} k | A")).is_err(), "{path}");
    }
}

#[test]
fn two_entries_of_one_name_are_an_error() {
    assert!(problem("s/x a | A; s/y a | A").contains("`A` is already set"));
    assert!(problem("s/x a | A; s/y a | a").contains("differs only in case"));
}

#[test]
fn vaults_notation_is_told_from_that_of_ecs() {
    for text in ["secret/data/ci token | TOKEN ;", "s/x?version=2 k", "A=b\nsecret/data/ci token"] {
        assert!(looks_like_vault(text), "{text}");
    }
    for text in ["A=b", "A=team/b:key", "A = team/b", "# secret/data a", ""] {
        assert!(!looks_like_vault(text), "{text}");
    }
}
