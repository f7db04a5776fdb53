//! What a new store is made with: what `kvstore.json` demands of it, and what the command line says.

use std::collections::BTreeMap;

use env_kvstore::aws::secret_id::SecretId;
use env_kvstore::error::Error;
use env_kvstore::error::problem::Problem;
use env_kvstore::text::nearest::nearest;
use env_kvstore::text::printable::printable;

use crate::kvstore::reader::{Text, read};
use crate::kvstore::set_up::{SetUp, planned};
use crate::task::{Creation, CreationFile};

/// A creation with the tags and the key of the file in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) creation: Creation,
    /// Those of the tags that the file has demanded.
    pub(crate) of_file: Vec<(String, String)>,
    /// Said if the store is made all the same.
    pub(crate) notice: Option<String>,
}

/// Adds what the file demands of this store. What the command line says wins.
///
/// A file that was named by the user has to name the store; the one that happens to be in the folder need not, unless it has the
/// same store in another namespace: then the namespace was forgotten.
pub(crate) fn resolve(creation: &Creation, secret: &SecretId) -> Result<Resolved, Error> {
    let mut resolved =
        Resolved { creation: Creation { file: None, ..creation.clone() }, of_file: Vec::new(), notice: None };
    let Some(file) = &creation.file else { return Ok(resolved) };
    let set_up = read_file(file)?;
    match demanded(set_up.as_ref(), secret) {
        Ok((tags, kms_key)) => {
            let is_given = |key: &str| creation.tags.iter().any(|(given, _)| given == key);
            let wanted = tags.iter().filter(|(key, _)| !is_given(key));
            resolved.of_file = wanted.map(|(key, value)| (key.clone(), value.clone())).collect();
            resolved.creation.tags.extend(resolved.of_file.iter().cloned());
            resolved.creation.kms_key_id = creation.kms_key_id.clone().or(kms_key.clone());
            Ok(resolved)
        }
        Err(Unnamed { why, is_mistake }) if file.is_named || is_mistake => {
            Err(wrong(vec![format!("{}: {why}", name_of(file))]))
        }
        Err(Unnamed { why, .. }) => {
            let without =
                "The store gets no tags from it, so the policies that are generated from it let no job read it";
            resolved.notice = Some(format!("{}: {why}. {without}.", name_of(file)));
            Ok(resolved)
        }
    }
}

/// Why a file does not say what tags a store has.
struct Unnamed {
    why: String,
    /// Whether the user meant a store of the file.
    is_mistake: bool,
}

/// A store's tags, and the KMS key of all.
type Demanded<'s> = (&'s BTreeMap<String, String>, &'s Option<String>);

fn demanded<'s>(set_up: Option<&'s SetUp>, secret: &SecretId) -> Result<Demanded<'s>, Unnamed> {
    let elsewhere = |why| Err(Unnamed { why, is_mistake: false });
    let Some(set_up) = set_up else { return elsewhere("its stores are on Vault alone".to_owned()) };
    if set_up.region != secret.region {
        return elsewhere(format!("its stores are in {}, and this one is in {}", set_up.region, secret.region));
    }
    if let Some(account) = secret.account.as_ref().filter(|account| **account != set_up.account) {
        let own = set_up.account.digits();
        return elsewhere(format!("its stores are in account {own}, and this one is in {}", account.digits()));
    }
    if let Some(store) = set_up.stores.get(&secret.name) {
        return Ok((&store.tags, &set_up.kms_key));
    }
    let shown = printable(&secret.name);
    let below = |name: &str| name.split_once("/repo/").map(|(_, below)| below.to_owned());
    let wanted = below(&secret.name);
    let namesake = set_up.stores.keys().find(|name| wanted.is_some() && below(name) == wanted);
    if let Some(namesake) = namesake {
        let namespace = &set_up.namespace;
        let why = format!("it names no store {shown}, but {namesake}: pass ‹namespace: {namespace}›");
        return Err(Unnamed { why, is_mistake: true });
    }
    let all: Vec<_> = set_up.stores.keys().filter_map(|name| below(name)).collect();
    let near = wanted.and_then(|wanted| nearest(&wanted, all.iter().map(String::as_str)).map(str::to_owned));
    let near = near.map_or(String::new(), |near| format!(". Did you mean {}/repo/{near}?", set_up.namespace));
    elsewhere(format!("it names no store {shown}{near}"))
}

/// What the file comes to on AWS; nothing if its stores are on Vault.
fn read_file(file: &CreationFile) -> Result<Option<SetUp>, Error> {
    let texts: Vec<_> = file.texts.iter().map(|(name, text)| Text { name: name.clone(), text: text.clone() }).collect();
    let problems = match read(&texts).map(|merged| planned(&merged)) {
        Ok((planned, problems)) if problems.is_empty() => return Ok(planned.and_then(|planned| planned.aws)),
        Ok((_, problems)) | Err(problems) => problems,
    };
    Err(wrong(problems.iter().map(ToString::to_string).collect()))
}

fn name_of(file: &CreationFile) -> String {
    file.texts.first().map_or(String::new(), |(name, _)| printable(name))
}

fn wrong(messages: Vec<String>) -> Error {
    Error::InvalidInput(messages.into_iter().map(|message| Problem { input: "file".to_owned(), message }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use env_kvstore::aws::names::{AccountId, Region};
    use env_kvstore::text::spelling::Spelling;

    const EXAMPLE: &str = include_str!("../../docs/use-cases/kvstore.json");
    const PRODUCTION: &str = "octo-enterprise/repo/octo-org/app/env/production/secrets";

    fn secret(name: &str) -> SecretId {
        let (region, account) = (Region::parse("us-west-2").unwrap(), None);
        SecretId { region, account, name: name.to_owned(), arn: None }
    }

    fn creation(is_named: bool, tags: &[(&str, &str)]) -> Creation {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let texts = vec![("kvstore.json".to_owned(), EXAMPLE.to_owned())];
        Creation { kms_key_id: None, tags, file: Some(CreationFile { texts, is_named }) }
    }

    fn refused(resolved: Result<Resolved, Error>) -> String {
        resolved.unwrap_err().message_in(Spelling::Flag)
    }

    #[test]
    fn a_store_gets_the_tags_that_the_file_demands_and_those_that_are_given_win() {
        let Resolved { creation, of_file, notice } =
            resolve(&creation(true, &[("team", "web"), ("github:ref", "refs/heads/next")]), &secret(PRODUCTION))
                .unwrap();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(of_file, [pair("github:repository_id", "456789")]);
        let expected = [("team", "web"), ("github:ref", "refs/heads/next"), ("github:repository_id", "456789")];
        assert_eq!(creation.tags, expected.map(|(key, value)| pair(key, value)));
        assert_eq!((creation.file, notice), (None, None));
    }

    #[test]
    fn the_files_key_encrypts_the_store_unless_another_is_given() {
        let key = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555";
        let mut wanted = creation(true, &[]);
        let text = EXAMPLE
            .replace(r#""role": "github-actions" },"#, &format!(r#""role": "github-actions", "kms_key": "{key}" }},"#));
        assert_ne!(text, EXAMPLE);
        wanted.file.as_mut().unwrap().texts[0].1 = text;
        let of = |wanted: &Creation| resolve(wanted, &secret(PRODUCTION)).unwrap().creation.kms_key_id;
        assert_eq!(of(&wanted).as_deref(), Some(key));
        wanted.kms_key_id = Some("alias/mine".to_owned());
        assert_eq!(of(&wanted).as_deref(), Some("alias/mine"));
    }

    #[test]
    fn a_store_that_the_file_does_not_name_is_an_error_if_the_file_was_named_and_else_a_notice() {
        let unnamed = secret("octo-enterprise/repo/octo-org/app/env/productoin/secrets");
        let message = refused(resolve(&creation(true, &[]), &unnamed));
        assert!(message.contains(&format!("names no store {}. Did you mean {PRODUCTION}?", unnamed.name)), "{message}");
        let Resolved { creation, of_file, notice } = resolve(&creation(false, &[("a", "b")]), &unnamed).unwrap();
        assert_eq!((creation.tags.len(), of_file.len()), (1, 0));
        assert!(notice.unwrap().ends_with("let no job read it."));
    }

    #[test]
    fn a_forgotten_namespace_is_an_error_whichever_file_it_is() {
        let other = secret("octo-org/repo/octo-org/app/env/production/secrets");
        for is_named in [false, true] {
            let message = refused(resolve(&creation(is_named, &[]), &other));
            assert!(message.contains("pass `--namespace octo-enterprise`"), "{message}");
        }
    }

    #[test]
    fn a_file_of_another_region_or_account_says_nothing_of_this_store() {
        let mut elsewhere = secret(PRODUCTION);
        elsewhere.region = Region::parse("eu-west-1").unwrap();
        assert!(
            refused(resolve(&creation(true, &[]), &elsewhere)).contains("in us-west-2, and this one is in eu-west-1")
        );
        assert!(resolve(&creation(false, &[]), &elsewhere).unwrap().notice.is_some());
        let other = SecretId { account: AccountId::parse("999999999999"), ..secret(PRODUCTION) };
        assert!(refused(resolve(&creation(true, &[]), &other)).contains("account 123456789012"));
    }

    #[test]
    fn a_file_about_vault_alone_says_nothing_of_this_store() {
        let of_vault = |is_named| {
            let mut wanted = creation(is_named, &[]);
            wanted.file.as_mut().unwrap().texts[0].1 = include_str!("../../docs/use-cases/vault.json").to_owned();
            resolve(&wanted, &secret(PRODUCTION))
        };
        assert!(refused(of_vault(true)).contains("kvstore.json: its stores are on Vault alone"));
        let Resolved { creation, notice, .. } = of_vault(false).unwrap();
        assert_eq!(
            (creation.tags.len(), notice.unwrap().contains("its stores are on Vault alone. The store gets")),
            (0, true)
        );
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_with_its_places() {
        let mut wanted = creation(false, &[]);
        wanted.file.as_mut().unwrap().texts[0].1 = "{\n \"version\": 2 }".to_owned();
        assert!(refused(resolve(&wanted, &secret(PRODUCTION))).contains("--file: kvstore.json:2 /version"));
    }
}
