//! Globs as `bound_claims_type: "glob"` has them: `*` stands for any text, also for none and for slashes; nothing else is special.
//! <https://github.com/ryanuber/go-glob>, by which both servers compare.

/// Whether a text is of a pattern.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        // The earliest place leaves the most to those that follow.
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_all_else_is_itself() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "refs/heads/main"),
            ("refs/*", "refs/heads/a/b"),
            ("*main", "refs/heads/main"),
            ("refs/*/main", "refs/heads/x/main"),
            ("a*b*b", "abb"),
            ("a**b", "ab"),
            ("*a*", "xax"),
            ("r?f", "r?f"),
            ("[a]*", "[a]b"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a", ""),
            ("refs/*", "xrefs/heads"),
            ("*main", "main2"),
            ("a*b*b", "ab"),
            ("a*a", "a"),
            ("r?f", "ref"),
            ("[a]*", "ab"),
            ("refs/*/main", "refs/main"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
