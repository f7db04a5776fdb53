use super::*;

#[test]
fn the_name_that_differs_least_is_found() {
    let of = |wanted: &str| nearest(wanted, ["DATABASE_URL", "database_uri", "API_KEY", "X"].into_iter());
    assert_eq!(of("database_url"), Some("DATABASE_URL"));
    assert_eq!(of("DATABSE_URL"), Some("DATABASE_URL"));
    assert_eq!(of("APIKEY"), Some("API_KEY"));
    assert_eq!(of("API_TOKEN"), None);
    assert_eq!(of("Y"), None);
    assert_eq!(of("x"), Some("X"));
    assert_eq!(of(""), None);
}

#[test]
fn a_distance_counts_characters_added_taken_away_and_replaced() {
    let between =
        |one: &str, other: &str| distance(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>());
    assert_eq!(between("kitten", "sitting"), 3);
    assert_eq!(between("", "abc"), 3);
    assert_eq!(between("abc", "abc"), 0);
}
