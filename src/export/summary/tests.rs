use super::*;
use crate::error::problem::ValueProblem;

#[test]
fn a_summary_of_many_failures_is_shortened_too() {
    let problem = || ValueProblem::StoreNotFound { stores: vec!["&".repeat(500)] };
    let failure = |count| failure_summary(&Error::ValuesUnusable((0..count).map(|_| problem()).collect()));
    let summary = failure(5000);
    assert!(summary.len() < 1 << 20 && summary.ends_with("(The rest is in the log.)</pre>\n\n"), "{}", summary.len());
    assert!(failure(10).contains("Create the store") && !failure(10).contains("The rest"));
}

#[test]
fn a_failure_is_summed_up_as_text_and_not_as_html() {
    let error = Error::ClaimUnusable {
        claim: "ref".to_owned(),
        problem: "is `</pre><script>`".to_owned(),
        hint: "Rename it & go on.".to_owned(),
    };
    let summary = failure_summary(&error);
    assert!(summary.contains("`claim-unusable`") && summary.contains("Rename it &amp; go on."), "{summary}");
    assert!(!summary.contains("<script>") && summary.matches("</pre>").count() == 1, "{summary}");
    assert_eq!(failure_summary(&Error::InvalidInput(vec![])), "");
}
