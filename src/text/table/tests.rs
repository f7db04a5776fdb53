use super::*;

fn table(json: &str) -> Option<Table<String>> {
    serde_json::from_str(json).ok()
}

#[test]
fn the_last_of_two_values_with_one_name_counts() {
    let table = table(r#"{"b":"1","a":"2","b":"3"}"#).unwrap();
    let all: Vec<_> = table.iter().map(|(name, value)| (name, value.as_str())).collect();
    assert_eq!(all, [("a", "2"), ("b", "3")]);
    assert_eq!((table.len(), table.get("c")), (2, None));
}

#[test]
fn a_name_that_is_there_is_not_added() {
    let mut names: Names = ["a", "b", "a"].map(str::to_owned).into_iter().collect();
    assert!(names.len() == 2 && !names.add("a".to_owned(), ()) && names.add("c".to_owned(), ()));
    assert_eq!(names.names().collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[test]
fn only_an_object_is_a_table() {
    for other in ["[]", "null", r#""a""#, r#"{"a":1}"#] {
        assert!(table(other).is_none(), "{other}");
    }
}
