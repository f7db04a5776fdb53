use super::*;

#[test]
fn what_the_runner_encodes_is_not_encoded_again() {
    let alone = |text: &str| forms(text, true);
    assert_eq!(alone("abcdefghi").len(), 2);
    assert_eq!(alone("abcdefghij").len(), 2);
    assert!(!alone("abcdefghi").contains(&STANDARD.encode("abcdefghi")));
}

#[test]
fn a_password_is_found_in_each_line_of_basic_credentials() {
    let password: String = ('!'..='~').collect();
    let masks = forms(&password, true);
    for user_bytes in USER_BYTES {
        let user = "u".repeat(user_bytes - 1);
        let printed = STANDARD.encode(format!("{user}:{password}"));
        let lines: Vec<_> = printed.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        for (index, line) in lines.iter().enumerate() {
            let masked = masks.iter().filter(|mask| line.contains(mask.as_str())).map(String::len).max().unwrap_or(0);
            let of_user = if index == 0 { (user_bytes * 4).div_ceil(3) } else { 0 };
            assert!(masked + of_user + 6 >= line.len(), "{user_bytes}: {line}");
        }
    }
}

#[test]
fn text_is_told_from_bytes() {
    assert_eq!(decoded("Y29ycmVjdCBob3JzZQ==").as_deref(), Some("correct horse"));
    assert_eq!(decoded("Y29ycmVjdCBob3JzZQ").as_deref(), Some("correct horse"));
    assert_eq!(decoded("Y29ycmVj\ndCBob3JzZQ==\n").as_deref(), Some("correct horse"));
    assert_eq!(decoded("Pz8_Pj4-Pz8_Pj4-").as_deref(), Some("???>>>???>>>"));
    for text in ["", "c2hvcnQ=", "correct horse", "productionserver", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "===="]
    {
        assert_eq!(decoded(text), None, "{text}");
    }
}
