//! What the log of a job is full of: a mask for it hides more than the secret.

/// Text of fewer characters is ordinary if it has letters alone, or the characters of a number alone.
const MIN_WORD_LENGTH: usize = 6;

/// Sorted, in lower case. Words of fewer than [`MIN_WORD_LENGTH`] letters need not be here.
const WORDS: &[&str] = &[
    "access",
    "account",
    "administrator",
    "application",
    "backend",
    "branch",
    "changeme",
    "cluster",
    "config",
    "database",
    "default",
    "deploy",
    "develop",
    "developer",
    "development",
    "disable",
    "disabled",
    "docker",
    "enable",
    "enabled",
    "environment",
    "example",
    "frontend",
    "github",
    "global",
    "internal",
    "localhost",
    "mariadb",
    "master",
    "mongodb",
    "oracle",
    "output",
    "password",
    "postgres",
    "postgresql",
    "preprod",
    "preview",
    "primary",
    "private",
    "production",
    "public",
    "readonly",
    "release",
    "replica",
    "require",
    "required",
    "secret",
    "server",
    "service",
    "sqlserver",
    "staging",
    "testing",
    "verify-full",
];

/// Whether logs have it for other reasons than this secret: a short word, a number such as a port or a version, or a
/// common word.
pub fn is_ordinary(text: &str) -> bool {
    let is_short = text.chars().nth(MIN_WORD_LENGTH - 1).is_none();
    let is_number = text.chars().all(|character| character.is_ascii_digit() || ".:+-".contains(character));
    (is_short && (is_number || text.chars().all(char::is_alphabetic)))
        || WORDS.binary_search(&text.to_ascii_lowercase().as_str()).is_ok()
}

/// A line of a document without the marks around a value: `"main",` is `main`.
pub fn bare(line: &str) -> &str {
    line.trim_matches(|character: char| character.is_whitespace() || "\",[]{}".contains(character))
}

#[cfg(test)]
mod tests;
