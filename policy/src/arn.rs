//! Amazon Resource Names: `arn:partition:service:region:account:resource`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>

use crate::pattern;
use crate::pattern::{Glyph, Pattern, Version};

/// The fields of an ARN; only the last one may hold colons of its own.
pub(crate) const FIELDS: usize = 6;

/// Fields of the ARN of a principal.
pub(crate) struct Arn<'a> {
    pub(crate) service: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.splitn(FIELDS, ':');
        let (arn, _partition) = (fields.next()?, fields.next()?);
        let (service, _region) = (fields.next()?, fields.next()?);
        let (account, resource) = (fields.next()?, fields.next()?);
        (arn == "arn").then_some(Self { service, account, resource })
    }
}

/// Whether `pattern` matches `arn` field by field, so that no wildcard of one field reaches into the next.
/// A pattern that is only `*` matches everything.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
pub(crate) fn matches(pattern: &Pattern, arn: &str) -> bool {
    if pattern.glyphs() == [Glyph::AnyRun] {
        return true;
    }
    let expected: Vec<&[Glyph]> = pattern.glyphs().splitn(FIELDS, |glyph| *glyph == Glyph::Char(':')).collect();
    let actual: Vec<&str> = arn.splitn(FIELDS, ':').collect();
    expected.len() == FIELDS
        && actual.len() == FIELDS
        && expected.iter().zip(&actual).all(|(expected, actual)| pattern::matches(expected, actual))
}

/// The text of a `Resource` with the fields that it leaves out as `*`: `arn:aws:sqs` is `arn:aws:sqs:*:*:*`.
///
/// Variables are for the last field only.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement>
pub(crate) fn complete(resource: &str, version: Version) -> Result<String, String> {
    if resource == "*" {
        return Ok(resource.to_owned());
    }
    let fields: Vec<&str> = resource.splitn(FIELDS, ':').collect();
    if fields.first() != Some(&"arn") {
        return Err(format!("`{resource}` is neither an ARN nor `*`"));
    }
    if version == Version::WithVariables && fields.iter().take(FIELDS - 1).any(|field| field.contains("${")) {
        return Err(format!("`{resource}` has a variable before its fifth colon"));
    }
    Ok(resource.to_owned() + &":*".repeat(FIELDS - fields.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{Pattern, Version};

    const SECRET: &str = "arn:aws:secretsmanager:us-west-2:123456789012:secret:octo/repo/octo/app/secrets-AbCdEf";

    fn resource_matches(resource: &str, arn: &str) -> bool {
        matches(&Pattern::wildcards(&complete(resource, Version::WithVariables).unwrap()), arn)
    }

    #[test]
    fn wildcard_crosses_colons_and_slashes_only_in_the_last_field() {
        for (resource, expected) in [
            ("arn:aws:secretsmanager:us-west-2:123456789012:*", true),
            ("arn:aws:secretsmanager:*:*:secret:octo/*", true),
            ("arn:aws:secretsmanager:*:*:*/app/secrets-??????", true),
            ("arn:aws:secretsmanager:us-*-2:1234567890??:secret:*", true),
            ("arn:aws:secretsmanager:*:secret:*", false),
            ("arn:*:secret:octo/repo/octo/app/secrets-AbCdEf", false),
        ] {
            assert_eq!(resource_matches(resource, SECRET), expected, "{resource}");
        }
    }

    #[test]
    fn resource_compares_with_case() {
        assert!(!resource_matches(&SECRET.replace("octo", "Octo"), SECRET));
    }

    #[test]
    fn star_alone_matches_also_what_is_no_arn() {
        assert!(resource_matches("*", SECRET));
        assert!(resource_matches("*", "*"));
        assert!(!resource_matches("arn:aws:s3:::*", "*"));
    }

    #[test]
    fn fields_left_out_of_a_resource_are_stars() {
        assert_eq!(complete("arn:aws:sqs", Version::WithVariables).unwrap(), "arn:aws:sqs:*:*:*");
        assert!(resource_matches("arn:aws:secretsmanager", SECRET));
        assert!(!resource_matches("arn:aws:sqs", SECRET));
    }

    #[test]
    fn resource_that_is_no_arn_is_refused() {
        assert!(complete("secret:octo/*", Version::WithVariables).is_err());
    }

    #[test]
    fn variable_before_the_fifth_colon_is_refused() {
        let resource = "arn:aws:s3:::${aws:PrincipalTag/bucket}";
        assert_eq!(complete(resource, Version::WithVariables).unwrap(), resource);
        assert!(complete("arn:aws:s3:${aws:RequestedRegion}:x:y", Version::WithVariables).is_err());
        assert!(complete("arn:aws:s3:${aws:RequestedRegion}:x:y", Version::WithoutVariables).is_ok());
    }
}
