//! Where a resource and a pattern that does not match it part.

use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;

use crate::arn::FIELDS;
use crate::pattern;
use crate::pattern::{Glyph, Pattern};

/// The names of an ARN's fields.
const NAMES: [&str; FIELDS] = ["prefix", "partition", "service", "region", "account", "resource"];

/// The first part of an ARN that a pattern does not match.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The pattern; variables are replaced as far as the request has them.
    pub pattern: String,
    /// The field of the ARN: `partition`, `service`, `region`, `account` or `resource`.
    pub field: &'static str,
    /// Of the resource: which segment of it, counted from 1. Segments are what slashes separate.
    pub segment: Option<usize>,
    /// What the pattern wants there; nothing if the pattern has ended.
    pub wanted: Option<String>,
    /// What the ARN has there; nothing if the ARN has ended.
    pub actual: Option<String>,
    /// How many parts match before this one.
    #[serde(skip)]
    matched: (usize, usize),
}

impl Difference {
    /// Nothing if `arn` is not one, or if it is not seen where the two part. `shown` is how the pattern is written.
    pub(crate) fn find(pattern: &Pattern, shown: &str, arn: &str) -> Option<Self> {
        let wanted: Vec<&[Glyph]> = pattern.glyphs().splitn(FIELDS, |glyph| *glyph == Glyph::Char(':')).collect();
        let actual: Vec<&str> = arn.splitn(FIELDS, ':').collect();
        if wanted.len() != FIELDS || actual.len() != FIELDS {
            return None;
        }
        let mut fields = NAMES.into_iter().zip(wanted.into_iter().zip(actual)).enumerate();
        let (index, (field, (wanted, actual))) =
            fields.find(|(_, (_, (wanted, actual)))| !pattern::matches(wanted, actual))?;
        let pattern = shown.to_owned();
        if index + 1 < FIELDS {
            let (wanted, actual) = (Some(text(wanted)), Some(actual.to_owned()));
            return Some(Self { pattern, field, segment: None, wanted, actual, matched: (index, 0) });
        }
        let (segment, matched, wanted) = segment(wanted, actual)?;
        let actual = actual.split('/').nth(segment).map(str::to_owned);
        Some(Self { pattern, field, segment: Some(segment + 1), wanted, actual, matched: (index, matched) })
    }

    /// What matches further comes first.
    pub(crate) fn by_nearness(&self, other: &Self) -> Ordering {
        other.matched.cmp(&self.matched)
    }
}

/// The segment of `actual` that `wanted` does not match, how many segments of `wanted` match before it, and the next of them.
fn segment(wanted: &[Glyph], actual: &str) -> Option<(usize, usize, Option<String>)> {
    /// So many texts are compared at most.
    const MAX_COMPARED: usize = 1 << 14;
    let segments: Vec<&str> = actual.split('/').collect();
    let mut compared = 0;
    // The numbers of segments that what has been seen of the pattern can match.
    let mut reached = vec![0];
    let pattern = wanted.split(|glyph| *glyph == Glyph::Char('/'));
    for (matched, glyphs) in pattern.clone().enumerate() {
        let mut next = Vec::new();
        for start in &reached {
            // A wildcard may reach over slashes.
            let wild = glyphs.iter().any(|glyph| !matches!(glyph, Glyph::Char(_)));
            let last = if wild { segments.len() } else { (start + 1).min(segments.len()) };
            for end in start + 1..=last {
                compared += 1;
                if pattern::matches(glyphs, &segments.get(*start..end)?.join("/")) && !next.contains(&end) {
                    next.push(end);
                }
            }
            if compared > MAX_COMPARED {
                return None;
            }
        }
        if next.is_empty() {
            let within = reached.iter().filter(|start| **start < segments.len()).max();
            return Some((within.copied().unwrap_or(segments.len()), matched, Some(text(glyphs))));
        }
        reached = next;
    }
    Some((reached.into_iter().max()?, pattern.count(), None))
}

fn text(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(ToString::to_string).collect()
}

/// Such as ``segment 4 of the resource is `staging`, and `…` wants `production` ``.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pattern, field, segment, wanted, actual, .. } = self;
        let place = match segment {
            None => format!("the {field}"),
            Some(segment) => format!("segment {segment} of the {field}"),
        };
        match actual {
            Some(actual) => write!(f, "{place} is `{actual}`, and `{pattern}` ")?,
            None => write!(f, "the {field} has no segment {}, and `{pattern}` ", segment.unwrap_or_default())?,
        }
        match wanted {
            Some(wanted) => write!(f, "wants `{wanted}`"),
            None => f.write_str("ends before it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: &str =
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:octo/repo/octo/app/env/staging/secrets-AbCdEf";

    fn difference(pattern: &str) -> String {
        Difference::find(&Pattern::wildcards(pattern), pattern, STORE).unwrap().to_string()
    }

    #[test]
    fn first_field_that_differs_is_named() {
        let pattern = "arn:aws:secretsmanager:eu-*:123456789012:secret:x";
        assert_eq!(difference(pattern), format!("the region is `us-west-2`, and `{pattern}` wants `eu-*`"));
    }

    #[test]
    fn first_segment_that_differs_is_named() {
        for (resource, expected) in [
            (
                "secret:octo/repo/octo/app/env/production/secrets-??????",
                "segment 6 of the resource is `staging`, and `` wants `production`",
            ),
            ("secret:octo/repo/octo/web/*", "segment 4 of the resource is `app`, and `` wants `web`"),
            ("secret:*/env/production/*", "segment 6 of the resource is `staging`, and `` wants `production`"),
            (
                "secret:octo/repo/octo/app/env/staging/secrets-?????",
                "segment 7 of the resource is `secrets-AbCdEf`, and `` wants `secrets-?????`",
            ),
            ("secret:octo/repo/octo/app", "segment 5 of the resource is `env`, and `` ends before it"),
            (
                "secret:octo/repo/octo/app/env/staging/secrets-AbCdEf/x",
                "the resource has no segment 8, and `` wants `x`",
            ),
            ("secret:octo?repo/octo/app/env/x/*", "segment 6 of the resource is `staging`, and `` wants `x`"),
        ] {
            let pattern = format!("arn:aws:secretsmanager:*:*:{resource}");
            assert_eq!(difference(&pattern).replace(&pattern, ""), expected, "{pattern}");
        }
    }

    #[test]
    fn work_is_bounded() {
        let pattern = Pattern::wildcards(&format!("a:b:c:d:e:{}y", "*/".repeat(500)));
        let arn = format!("a:b:c:d:e:{}", "x/".repeat(1000));
        assert_eq!(Difference::find(&pattern, "", &arn), None);
    }
}
