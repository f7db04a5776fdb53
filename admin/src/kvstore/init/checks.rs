//! What an answer must be. The rules are those of the file that is made of them.

use std::collections::BTreeSet;

use env_kvstore::aws::names::{AccountId, Region};
use env_kvstore::aws::secret_id::SecretName;
use env_kvstore::host::url::BaseUrl;

use crate::kvstore::set_up::{
    ACCOUNT, POOL_NAME, REGION, ROLE_NAME, is_id, is_pool_name, is_repository, is_role_name, problem_of_value,
};
use crate::kvstore::vault::is_path;

/// The longest name of an environment, a branch or a tag, in characters, as GitHub takes them.
const MAX_NAME: usize = 255;

/// So many teams are asked about.
const MAX_NAMES: usize = 50;

type Checked = Result<String, String>;

fn checked(text: &str, is_right: bool, message: &str) -> Checked {
    if is_right { Ok(text.to_owned()) } else { Err(message.to_owned()) }
}

/// A login of an organization, or the slug of an enterprise.
pub(crate) fn owner(text: &str) -> Checked {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let is_right = plain && (1..=100).contains(&text.len()) && !text.starts_with('-');
    checked(text, is_right, "must have letters, digits and hyphens: the name in its URL")
}

pub(crate) fn id(text: &str) -> Checked {
    checked(text, is_id(text), "must be the digits of an id")
}

pub(crate) fn account(text: &str) -> Checked {
    checked(text, AccountId::parse(text).is_some(), ACCOUNT)
}

pub(crate) fn region(text: &str) -> Checked {
    checked(text, Region::parse(text).is_some(), REGION)
}

pub(crate) fn pool(text: &str) -> Checked {
    checked(text, is_pool_name(text), POOL_NAME)
}

pub(crate) fn role(text: &str) -> Checked {
    checked(text, is_role_name(text), ROLE_NAME)
}

/// The address of Vault.
pub(crate) fn url(text: &str) -> Checked {
    BaseUrl::parse(text).map(|url| url.as_str().to_owned()).map_err(str::to_owned)
}

/// Where Vault has something.
pub(crate) fn path(text: &str) -> Checked {
    checked(text, is_path(text), "must be a path of letters, digits and characters of _.-, without a slash at its ends")
}

pub(crate) fn repository(text: &str) -> Checked {
    checked(text, is_repository(text) && text.len() <= 140, "must be OWNER/NAME")
}

pub(crate) fn secret(text: &str) -> Checked {
    let message = "must be the name of a secret: at most 512 letters, digits and characters of /_+=.@-";
    checked(text, SecretName::parse(text).is_some(), message)
}

/// A name that a job has as a claim.
fn name(claim: &str, text: &str) -> Checked {
    match problem_of_value(claim, text) {
        _ if text.is_empty() => Err("must not be empty".to_owned()),
        _ if text.chars().count() > MAX_NAME => Err(format!("must have at most {MAX_NAME} characters")),
        Some(message) => Err(message),
        None => Ok(text.to_owned()),
    }
}

pub(crate) fn environment(text: &str) -> Checked {
    name("environment", text)
}

/// A branch or a tag, as the claim `ref` has it.
pub(crate) fn git_ref(text: &str) -> Checked {
    let named = ["refs/heads/", "refs/tags/"].iter().find_map(|prefix| text.strip_prefix(prefix));
    match named {
        Some(short) if !short.is_empty() => name("ref", text),
        _ => Err("must be refs/heads/BRANCH or refs/tags/TAG".to_owned()),
    }
}

/// A workflow's file, as the claim `job_workflow_ref` has it.
pub(crate) fn workflow(text: &str) -> Checked {
    let file = text.strip_prefix(".github/workflows/").filter(|file| !file.contains('/'));
    let stem = file.and_then(|file| file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml")));
    match stem {
        Some(stem) if !stem.is_empty() => name("job_workflow_ref", text),
        _ => Err("must be .github/workflows/NAME.yml".to_owned()),
    }
}

/// Names of environments between commas.
pub(crate) fn environments(text: &str, least: usize) -> Result<Vec<String>, String> {
    let names = text.split(',').map(|name| environment(name.trim())).collect::<Result<Vec<_>, _>>()?;
    // GitHub's names of environments ignore case.
    let different: BTreeSet<_> = names.iter().map(|name| name.to_lowercase()).collect();
    match names.len() {
        count if different.len() < count => Err("names an environment twice".to_owned()),
        count if count < least => Err(format!("must be at least {least} names, between commas")),
        count if count > MAX_NAMES => Err(format!("must be at most {MAX_NAMES} names")),
        _ => Ok(names),
    }
}
