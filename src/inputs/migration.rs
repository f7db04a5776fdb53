//! The inputs of a migration away from GitHub's own secrets.

use crate::aws::names::AccountId;
use crate::aws::s3::Bucket;
use crate::inputs::Goal;
use crate::inputs::reader::Reader;
use crate::migration::recipient::Recipient;
use crate::migration::{BucketPlace, Context, Destination, MigrationOptions};

const RECIPIENT: &str = "migrate-age-recipient";
const BUCKET: &str = "migrate-s3-bucket";
const CONFIG_FROM_STORE: &str = "migrate-config-from-store";
const OVERWRITE: &str = "migrate-overwrite";
const KEYS: &str = "migrate-keys";

impl Reader<'_> {
    /// None if nothing is to be migrated, or if what is asked for is wrong.
    pub(super) fn migration(&mut self, owner: Option<AccountId>, is_without_role: bool) -> Option<MigrationOptions> {
        let (secrets, variables) = (self.context("existing-gh-secrets"), self.context("existing-gh-variables"));
        let to_stores = self.optional("migrate-to", "bucket or stores", |text| match text {
            "bucket" => Some(false),
            "stores" => Some(true),
            _ => None,
        });
        let (bucket, stores) = (self.bucket(owner, is_without_role), self.stores());
        let destination = if to_stores == Some(true) { stores } else { bucket };
        let (not_for, other) = match to_stores {
            Some(true) => (&[RECIPIENT, BUCKET, CONFIG_FROM_STORE][..], "is for ‹migrate-to: bucket›"),
            _ => (&[KEYS, OVERWRITE][..], "is for ‹migrate-to: stores›"),
        };
        // A workflow may pass on what is false anyway.
        for name in not_for {
            if self.text(name).is_some_and(|text| !text.eq_ignore_ascii_case("false")) {
                self.problem(name, other);
            }
        }
        let options = MigrationOptions { secrets: secrets?, variables: variables?, destination };
        (self.raw.goal == Goal::Export && !options.wants_nothing()).then_some(options)
    }

    fn bucket(&mut self, owner: Option<AccountId>, is_without_role: bool) -> Destination {
        let recipient = self.optional(RECIPIENT, "a public key of age, age1…", Recipient::parse);
        let bucket = self.optional(BUCKET, "the name of a bucket", Bucket::parse);
        let config_from_store = self.boolean(CONFIG_FROM_STORE, false);
        match [RECIPIENT, BUCKET].map(|name| self.text(name).is_some()) {
            [true, false] => self.problem(BUCKET, "is required with ‹migrate-age-recipient›"),
            [false, true] => self.problem(RECIPIENT, "is required with ‹migrate-s3-bucket›"),
            _ => {}
        }
        let place = recipient.zip(bucket).map(|(recipient, bucket)| BucketPlace::new(recipient, bucket));
        if is_without_role && owner.is_none() && (place.is_some() || config_from_store) {
            let message =
                "is required for a migration to a bucket if no role is assumed: the bucket must belong to that account";
            self.problem("aws-account-id", message);
        }
        Destination::Bucket { place, config_from_store, owner }
    }

    fn stores(&mut self) -> Destination {
        let overwrite = self.boolean(OVERWRITE, false);
        let keys = self.optional(KEYS, "names with commas or line breaks between", key_names);
        Destination::Stores { overwrite, keys }
    }

    /// The text of a context is not shown: it is secret, even if it is wrong.
    fn context(&mut self, name: &str) -> Option<Context> {
        let context = Context::parse(self.text(name).unwrap_or_default());
        if context.is_none() {
            let of = if name.ends_with("secrets") { "secrets" } else { "vars" };
            self.problem(name, format!("is not a JSON object of strings: set it to ${{{{ toJSON({of}) }}}}"));
        }
        context
    }
}

/// Names of secrets and variables of GitHub.
#[inline(never)]
fn key_names(text: &str) -> Option<Vec<String>> {
    let names: Vec<_> = text.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty()).collect();
    let plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!names.is_empty() && names.iter().all(plain)).then(|| names.into_iter().map(str::to_owned).collect())
}
