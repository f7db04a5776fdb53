//! Encrypts both contexts, and puts them where whoever has the identity of age can fetch them.

use crate::aws::s3::{Bucket, PutObject};
use crate::aws::secret_id::{SecretId, SecretVersion};
use crate::aws::secrets_manager::GetSecretValue;
use crate::error::Error;
use crate::host::http::{Host, Log};
use crate::host::url::BaseUrl;
use crate::lines::values::Kind;
use crate::migration::recipient::Recipient;
use crate::migration::{BucketPlace, Context, Migrated, MigrationOptions, MoveResult, Mover};
use crate::stores::document::Document;
use crate::stores::naming::{EnvironmentStore, stores_of};
use crate::text::json::object_of;
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// The keys of the variables store in which gravitational's action looks for the recipient and the bucket.
const CONFIG: [&str; 2] = ["kvstore_migrate_age_public", "kvstore_migrate_s3_bucket"];

/// What stands for the environment of a job without one.
const NO_ENVIRONMENT: &str = "__noenv__";

const NOTHING_GIVEN: &str = "Nothing was migrated: `existing-gh-secrets` and `existing-gh-variables` name nothing. Set them to \
    ${{ toJSON(secrets) }} and ${{ toJSON(vars) }}.";

impl<H: Host> Mover<'_, H> {
    pub(super) async fn to_bucket(
        &self,
        options: &MigrationOptions,
        place: Option<&BucketPlace>,
        config_from_store: bool,
        endpoint: &BaseUrl,
    ) -> Result<Vec<Migrated>, Error> {
        let notice = |text: String| {
            self.host.log(Log::Notice(text));
            Ok(vec![])
        };
        if options.is_empty() {
            return notice(NOTHING_GIVEN.to_owned());
        }
        let place = match (place, self.config_in_store(place.is_none()).await) {
            (Some(place), _) => place.clone(),
            (None, Some(config)) if config_from_store => config?,
            (None, Some(_)) => {
                return notice(
                    "Nothing was migrated. The variables store names a recipient and a bucket for a migration. Whoever can \
                     write that store could send all secrets anywhere, so set `migrate-config-from-store: true` to allow it, \
                     or name both by `migrate-age-recipient` and `migrate-s3-bucket`."
                        .to_owned(),
                );
            }
            (None, None) => {
                return notice(format!(
                    "Nothing was migrated: nothing says where to. Set `migrate-to: stores`, or `migrate-age-recipient` and \
                     `migrate-s3-bucket`. The variables store has no {} and {}.",
                    CONFIG[0], CONFIG[1]
                ));
            }
        };
        let BucketPlace { recipient, bucket } = place;
        let secrets = self.encrypted(&recipient, &options.secrets).await?;
        let variables = self.encrypted(&recipient, &options.variables).await?;
        let members =
            [("agePublicKey", recipient.as_str()), ("vars", variables.secret()), ("secrets", secrets.secret())];
        let (key, body) = (self.object_key()?, Secret::new(object_of(&members)));
        let put = PutObject {
            endpoint,
            region: self.region,
            credentials: self.access.credentials,
            bucket: &bucket,
            owner: self.account,
            key: &key,
            body: &body,
        };
        self.client.call(&put).await?;
        let to = format!("s3://{}/{}", bucket.as_str(), printable(&key));
        self.host.log(Log::Info(format!("Encrypted GitHub's secrets and variables for {recipient} to {to}")));
        let migrated = [Kind::Secret, Kind::Variable].into_iter().flat_map(|kind| {
            let keys = options.context(kind).entries().into_iter().map(|(key, _)| key);
            let to = &to;
            keys.map(move |key| Migrated { key, kind, to: to.clone(), result: MoveResult::Encrypted })
        });
        Ok(migrated.collect())
    }

    async fn encrypted(&self, recipient: &Recipient, context: &Context) -> Result<Secret, Error> {
        let encrypted = self.host.encrypt_to_age(recipient.as_str(), &context.0).await;
        encrypted.ok_or_else(|| Error::NotEncrypted(recipient.to_string()))
    }

    /// `ENTERPRISE/REPOSITORY/WORKFLOW/ENVIRONMENT/RUN_ID.json`, as gravitational's action has it.
    fn object_key(&self) -> Result<String, Error> {
        let claims = self.claims;
        let required = |name| claims.required(name);
        let owner = || required("repository_owner");
        let enterprise = claims.text("enterprise").map_or_else(owner, Ok)?;
        let environment = claims.text("environment").unwrap_or_else(|| NO_ENVIRONMENT.to_owned());
        let (repository, workflow, run_id) = (required("repository")?, required("workflow")?, required("run_id")?);
        Ok(format!("{enterprise}/{repository}/{workflow}/{environment}/{run_id}.json"))
    }

    /// What the variables store of the environment, or else of the repository, says; none if it says nothing, or cannot be read.
    async fn config_in_store(&self, is_needed: bool) -> Option<Result<BucketPlace, Error>> {
        if !is_needed {
            return None;
        }
        let namespace = self.stores.namespace.as_ref();
        let stores = stores_of(self.claims, namespace, &[Kind::Variable], EnvironmentStore::Optional).ok()?.stores;
        for store in stores {
            let secret = SecretId::by_name(&store.name, self.stores.home(self.access.role));
            let wanted = SecretVersion::current(secret);
            let Ok(value) = self.client.call(&GetSecretValue { access: &self.access, wanted: &wanted }).await else {
                continue;
            };
            let document = Document::new(store.name, value);
            let [Ok(recipient), Ok(bucket)] = CONFIG.map(|key| document.text(key)) else { continue };
            let place = (Recipient::parse(recipient.secret().trim()), Bucket::parse(bucket.secret().trim()));
            return Some(match place {
                (Some(recipient), Some(bucket)) => Ok(BucketPlace { recipient, bucket }),
                (None, _) => Err(misconfigured(document.name, CONFIG[0])),
                (_, None) => Err(misconfigured(document.name, CONFIG[1])),
            });
        }
        None
    }
}

fn misconfigured(store: String, key: &'static str) -> Error {
    Error::MigrationMisconfigured { store, key }
}
