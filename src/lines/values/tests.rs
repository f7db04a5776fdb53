use super::*;

#[test]
fn a_line_names_variable_type_key_and_whether_it_is_optional() {
    let name = EnvName::parse("A").unwrap();
    let one = |key: &str, kind, optional| ValueLine::One { name: name.clone(), kind, key: key.to_owned(), optional };
    assert_eq!(parse("A , Secret\r\n\n # x").unwrap(), [one("A", Kind::Secret, false)]);
    assert_eq!(parse("A,VARIABLE,b.c").unwrap(), [one("b.c", Kind::Variable, false)]);
    assert_eq!(parse("A,secret,,Optional").unwrap(), [one("A", Kind::Secret, true)]);
    assert_eq!(parse("*,secret\n*,variable").unwrap().len(), 2);
}

#[test]
fn wrong_lines_are_quoted_with_their_numbers() {
    let problems = parse("OK,secret\nA\nB,secrets\n*,secret,K\nC,secret,K,maybe\nOK,variable\n1X,secret\nPATH,secret")
        .unwrap_err();
    let numbers: Vec<_> = problems.iter().map(|problem| problem.split(',').next().unwrap()).collect();
    assert_eq!(numbers, ["line 2", "line 3", "line 4", "line 5", "line 6", "line 7", "line 8"]);
    assert_eq!(problems[4], "line 6, `OK,variable`: `OK` is already set on line 1");
}

#[test]
fn lines_whose_names_differ_in_case_only_are_one() {
    let told = parse("A,secret\nB,secret\na,variable").unwrap_err();
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("line 3, `a,variable`: `A` on line 1 differs only in case"), "{told:?}");
    assert_eq!(parse("A,secret,k\nB,secret,K").unwrap().len(), 2);
    assert_eq!(parse("*,SECRET\n*,secret").unwrap_err().len(), 1);
}
