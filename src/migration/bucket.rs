//! Encrypts both contexts, and puts them where whoever has the identity of age can fetch them.

use crate::aws::names::AccountId;
use crate::aws::s3::{Bucket, PutObject};
use crate::aws::secret_id::{SecretId, SecretVersion};
use crate::aws::secrets_manager::GetSecretValue;
use crate::error::Error;
use crate::error::code::Code;
use crate::host::http::{Host, Log};
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

impl<H: Host> Mover<'_, H> {
    pub(super) async fn to_bucket(
        &self,
        options: &MigrationOptions,
        place: Option<&BucketPlace>,
        config_from_store: bool,
        owner: Option<&AccountId>,
    ) -> Result<Vec<Migrated>, Error> {
        let notice = |text: String| {
            self.host.log(Log::Notice(text));
            Ok(vec![])
        };
        let in_store = match place {
            Some(_) => Ok(None),
            None => self.config_in_store().await,
        };
        let place = match (place, in_store) {
            (Some(place), _) => place.clone(),
            (None, Ok(Some(place))) if config_from_store => place,
            (None, Err(error)) if config_from_store => return Err(error),
            (None, Ok(Some(_)) | Err(Error::MigrationMisconfigured { .. })) => {
                return notice(
                    "Nothing was migrated. The variables store names a recipient and a bucket for a migration. Whoever can \
                     write that store could send all secrets anywhere, so set `migrate-config-from-store: true` to allow it, \
                     or name both by `migrate-age-recipient` and `migrate-s3-bucket`."
                        .to_owned(),
                );
            }
            (None, Ok(None) | Err(_)) => {
                return notice(format!(
                    "Nothing was migrated: nothing says where to. Set `migrate-to: stores`, or `migrate-age-recipient` and \
                     `migrate-s3-bucket`. No variables store that this job can read has {} and {}.",
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
            endpoint: self.s3,
            region: self.region,
            credentials: self.access.credentials,
            bucket: &bucket,
            owner: owner.ok_or(Error::Internal("a bucket has no owner"))?,
            key: &key,
            body: &body,
        };
        self.client.call(&put).await?;
        let to = format!("s3://{}/{}", bucket.as_str(), printable(&key));
        let migrated = [Kind::Secret, Kind::Variable].into_iter().flat_map(|kind| {
            let keys = options.context(kind).entries().into_iter().map(|(key, _)| key);
            let to = &to;
            keys.map(move |key| Migrated { key, kind, to: to.clone(), result: MoveResult::Encrypted })
        });
        let migrated: Vec<_> = migrated.collect();
        self.report(&format!("{to}, for {recipient}"), &migrated);
        Ok(migrated)
    }

    async fn encrypted(&self, recipient: &Recipient, context: &Context) -> Result<Secret, Error> {
        let encrypted = self.host.encrypt_to_age(recipient.as_str(), &context.0).await;
        encrypted.ok_or_else(|| Error::NotEncrypted(recipient.to_string()))
    }

    /// `ENTERPRISE/REPOSITORY/WORKFLOW/ENVIRONMENT/RUN_ID.json`, as gravitational's action has it. A workflow's name may have
    /// slashes in it, so that of an environment must not: whoever reads the key takes it apart from both ends.
    fn object_key(&self) -> Result<String, Error> {
        let claims = self.claims;
        let required = |name| claims.required(name);
        let owner = || required("repository_owner");
        let enterprise = claims.text("enterprise").map_or_else(owner, Ok)?;
        let environment = claims.text("environment").map(|name| name.replace('%', "%25").replace('/', "%2F"));
        let environment = environment.unwrap_or_else(|| NO_ENVIRONMENT.to_owned());
        let (repository, workflow, run_id) = (required("repository")?, required("workflow")?, required("run_id")?);
        // URLs are sent without such segments, and the object would have another key.
        for (claim, text) in [("workflow", &workflow), ("environment", &environment)] {
            if text.split('/').any(|segment| matches!(segment, "." | "..")) {
                return Err(Error::ClaimUnusable {
                    claim: claim.to_owned(),
                    problem: format!("is `{}`, which the key of an object cannot hold", printable(text)),
                    hint: "Nothing was migrated. Choose a name without `.` and `..` between slashes.".to_owned(),
                });
            }
        }
        Ok(format!("{enterprise}/{repository}/{workflow}/{environment}/{run_id}.json"))
    }

    /// What the variables store of the environment says, or else that of the repository; none if neither says anything.
    async fn config_in_store(&self) -> Result<Option<BucketPlace>, Error> {
        let namespace = self.stores.namespace.as_ref();
        let stores = stores_of(self.claims, namespace, &[Kind::Variable], EnvironmentStore::Optional)?.stores;
        for store in stores {
            let secret = SecretId::by_name(&store.name, self.stores.home(self.access.role));
            let wanted = SecretVersion::current(secret);
            let value = match self.client.call(&GetSecretValue { access: &self.access, wanted: &wanted }).await {
                Ok(value) => value,
                Err(error) if error.code() == Code::StoreNotFound => continue,
                Err(error) => return Err(error),
            };
            let document = Document::new(store.name, value);
            let [recipient, bucket] = CONFIG.map(|key| document.text(key).ok());
            if recipient.is_none() && bucket.is_none() {
                continue;
            }
            let text = |found: Option<Secret>| found.map(|text| text.secret().trim().to_owned()).unwrap_or_default();
            let misconfigured = |key| Error::MigrationMisconfigured { store: document.name.clone(), key };
            let recipient = Recipient::parse(&text(recipient)).ok_or_else(|| misconfigured(CONFIG[0]))?;
            let bucket = Bucket::parse(&text(bucket)).ok_or_else(|| misconfigured(CONFIG[1]))?;
            return Ok(Some(BucketPlace { recipient, bucket }));
        }
        Ok(None)
    }
}
