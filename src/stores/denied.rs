//! The command line that explains a denial.

use crate::aws::names::RoleArn;
use crate::aws::source::Source;
use crate::error::Error;
use crate::error::code::Code;
use crate::github::claims::Claims;
use crate::lines::values::Kind;
use crate::stores::naming::Scope;
use crate::stores::wanted::{Origin, Read};
use crate::text::printable::printable;

/// Claims that change from token to token, and that no policy can ask for.
const PASSING: [&str; 4] = ["exp", "iat", "jti", "nbf"];

/// The denial with the command to be pasted, claims included, where the rules are: beside kvstore.json or a snapshot.
pub(crate) fn explained(error: Error, claims: &Claims, role: Option<&RoleArn>, reads: &[Read]) -> Error {
    let mut reads = reads.iter().filter(|read| read.documents.as_ref().is_err_and(is_denial)).peekable();
    // The command knows no parameters.
    let secret = |read: &&Read| matches!(read.wanted.source, Source::Secret(_));
    let (any, read) = (reads.peek().is_some(), reads.find(secret));
    if !is_denial(&error) || (any && read.is_none()) {
        return error;
    }
    let mut command = "To see which condition fails, run this beside kvstore.json:\n  env-kvstore explain".to_owned();
    for (name, value) in claims.pairs().filter(|(name, _)| !PASSING.contains(name)) {
        command += &format!(" --job {}", quoted(&format!("{name}={value}")));
    }
    if let Some(role) = role {
        command += &format!(" --role {}", quoted(&role.to_string()));
    }
    if let Some(Read { wanted, .. }) = read {
        let (what, is_variable) = match &wanted.origin {
            Origin::Store(store) => {
                let environment = claims.text("environment").filter(|_| store.scope == Scope::Environment);
                (environment.map_or("repo".to_owned(), |name| format!("env:{name}")), store.kind == Kind::Variable)
            }
            Origin::Lines => match &wanted.source {
                Source::Secret(wanted) => (format!("secret:{}", wanted.secret.name), false),
                Source::Parameters(_) => return error,
            },
        };
        command += &format!(" --read {}{}", quoted(&what), if is_variable { " --variable" } else { "" });
    }
    error.with_next(&command)
}

fn is_denial(error: &Error) -> bool {
    matches!(error.code(), Code::AssumeRoleDenied | Code::StoreAccessDenied | Code::StoreNotDecryptable)
}

/// One word for a shell: nothing in it is taken for anything else, and control characters are shown and not sent.
fn quoted(word: &str) -> String {
    format!("'{}'", printable(word).replace('\'', r"'\''"))
}
