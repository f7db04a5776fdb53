//! Reads what a migration has put into a bucket.

use env_kvstore::aws::names::RoleArn;
use env_kvstore::aws::s3::Bucket;
use env_kvstore::error::Error;
use env_kvstore::error::problem::Problem;
use env_kvstore::host::http::Host;

use crate::Desk;
use crate::report::{Object, Objects};
use crate::s3::{BucketAccess, GetObject, ListObjects};

impl<H: Host> Desk<'_, H> {
    pub(crate) async fn objects(&self, bucket: &str, prefix: &str) -> Result<Objects, Error> {
        let bucket = parsed(bucket)?;
        let access = self.bucket_access(&bucket);
        let mut keys = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = self.client.call(&ListObjects { access: &access, prefix, next: next.as_deref() }).await?;
            keys.extend(page.items);
            match page.next {
                // A list that comes again would never end.
                Some(token) if next.as_ref() != Some(&token) => next = Some(token),
                _ => return Ok(Objects { keys }),
            }
        }
    }

    pub(crate) async fn object(&self, bucket: &str, key: &str) -> Result<Object, Error> {
        let bucket = parsed(bucket)?;
        let text = self.client.call(&GetObject { access: &self.bucket_access(&bucket), key }).await?;
        Ok(Object { text })
    }

    fn bucket_access<'d>(&'d self, bucket: &'d Bucket) -> BucketAccess<'d> {
        let home = self.places.home;
        BucketAccess {
            endpoint: self.s3,
            region: self.region,
            credentials: self.access.credentials,
            bucket,
            owner: home.role.map(RoleArn::account).or(home.account),
        }
    }
}

fn parsed(bucket: &str) -> Result<Bucket, Error> {
    let wrong = || {
        Error::InvalidInput(vec![Problem {
            input: "bucket".to_owned(),
            message: "is not the name of a bucket".to_owned(),
        }])
    };
    Bucket::parse(bucket).ok_or_else(wrong)
}
