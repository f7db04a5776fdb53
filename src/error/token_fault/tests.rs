use super::*;

#[test]
fn a_wrong_issuer_is_told_by_what_differs() {
    let hint = |expected: &str, actual: &str| {
        TokenFault::Issuer { expected: expected.to_owned(), actual: actual.to_owned() }.hint(TokenSource::Requested)
    };
    let base = "https://token.actions.githubusercontent.com";
    assert!(hint(base, &format!("{base}/octo")).contains("‹github-enterprise-name: octo›"));
    assert!(hint(&format!("{base}/other"), &format!("{base}/octo")).contains("‹github-enterprise-name: octo›"));
    assert!(hint(&format!("{base}/octo"), base).contains("remove ‹github-enterprise-name›"));
    assert!(hint(base, "https://ghes.example/_services/token").contains("‹oidc-issuer›"));
    assert!(hint(base, "https://token.actions.octo.ghe.com").contains("‹oidc-issuer›"));
}

#[test]
fn only_a_token_that_was_given_is_explained_by_the_input() {
    let faults = [
        TokenFault::Malformed,
        TokenFault::ForApi,
        TokenFault::Algorithm,
        TokenFault::Extension,
        TokenFault::NoTimes,
        TokenFault::Expired { seconds_ago: 1 },
        TokenFault::NotYetValid { in_seconds: 90 },
    ];
    for fault in faults {
        assert!(fault.hint(TokenSource::Input).contains("‹github-token›"), "{fault}");
        assert!(!fault.hint(TokenSource::Requested).contains("‹github-token›"), "{fault}");
    }
}
