//! What a page holds beside its HTML: data for its script, and the policy that lets in nothing but its own style and script.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// JSON that ends no `<script>`, begins no comment, and is JavaScript too. Each of these characters is in a string, where an
/// escape means the same.
pub(super) fn json_in_script(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Nothing is loaded, sent or framed. Of inline code only these two run, each known by its hash, and no text becomes HTML.
/// <https://www.w3.org/TR/CSP3/>
pub(super) fn content_security_policy(style: &str, script: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    [
        "default-src 'none'".to_owned(),
        format!("style-src {}", hash(style)),
        format!("script-src {}", hash(script)),
        "base-uri 'none'".to_owned(),
        "form-action 'none'".to_owned(),
        "require-trusted-types-for 'script'".to_owned(),
        "trusted-types 'none'".to_owned(),
    ]
    .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_a_script_means_the_same_and_closes_nothing() {
        let text = "</script><!--<script>&amp;\u{2028}\u{2029} \"é\u{202e}${x}";
        let json = serde_json::to_string(text).unwrap_or_default();
        let escaped = json_in_script(&json);
        assert_eq!(escaped.find(['<', '>', '&', '\u{2028}', '\u{2029}']), None);
        assert_eq!(serde_json::from_str::<String>(&escaped).ok().as_deref(), Some(text));
    }

    #[test]
    fn the_policy_knows_style_and_script_by_their_hashes() {
        // printf %s a | openssl dgst -sha256 -binary | base64
        let (a, b) = ("ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=", "PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0=");
        let policy = content_security_policy("a", "b");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains(&format!("; style-src 'sha256-{a}'; script-src 'sha256-{b}'; ")), "{policy}");
    }
}
