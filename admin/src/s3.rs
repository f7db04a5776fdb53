//! Amazon S3, as far as an import needs it: which objects there are, and what is in one.

use std::time::SystemTime;

use env_kvstore::aws::endpoints::Service;
use env_kvstore::aws::names::{AccountId, Region};
use env_kvstore::aws::protocols::Aws;
use env_kvstore::aws::s3::{Bucket, diagnose, object_url, refused};
use env_kvstore::aws::sigv4::{Credentials, signed};
use env_kvstore::call::operation::Operation;
use env_kvstore::call::protocol::Protocol;
use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::error::refusal::Diagnosis;
use env_kvstore::host::answer::Answer;
use env_kvstore::host::http::{MAX_BODY_BYTES, Method, Request, Response};
use env_kvstore::host::url::BaseUrl;
use env_kvstore::text::printable::printable;
use env_kvstore::text::secret::Secret;
use env_kvstore::text::xml::Document;

use crate::secrets_manager::Page;

/// As many as one answer lists: each is an element with at most nine others in it, and [`Document`] takes 256.
const PAGE: usize = 24;

/// A bucket, and as whom it is read.
pub struct BucketAccess<'a> {
    /// S3, in the bucket's region.
    pub endpoint: &'a BaseUrl,
    /// The bucket's region.
    pub region: &'a Region,
    /// The session.
    pub credentials: &'a Credentials,
    /// The bucket.
    pub bucket: &'a Bucket,
    /// Whose bucket it must be, if that is known.
    pub owner: Option<&'a AccountId>,
}

impl BucketAccess<'_> {
    fn request(&self, url: String, at: SystemTime) -> Result<Request, Error> {
        let owner = self.owner.map(|owner| ("x-amz-expected-bucket-owner", owner.digits().to_owned()));
        let headers = owner.into_iter().collect();
        let (body, max_body_bytes) = (Secret::new(""), MAX_BODY_BYTES);
        let request = Request { method: Method::Get, url, headers, body, max_body_bytes, credentials: vec![] };
        signed(request, Service::S3, self.region, self.credentials, at)
            .ok_or(Error::Internal("a request cannot be signed"))
    }

    fn diagnose(&self, answer: &Answer, action: &str) -> Diagnosis {
        let who = self.owner.map_or(String::new(), |owner| format!(" It must belong to account {}.", owner.digits()));
        diagnose(answer, self.region).unwrap_or_else(|| match answer.code.as_str() {
            "AccessDenied" => Diagnosis::new(
                Code::BucketRefused,
                format!(
                    "No policy of these credentials allows `{action}` here, or the bucket is another account's.{who}"
                ),
                "Compare the policy with that of docs/migrate.md, and the prefix with the policy's.",
            ),
            _ => refused(),
        })
    }
}

/// Lists objects by the beginning of their keys.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
pub struct ListObjects<'a> {
    /// Where, and as whom.
    pub access: &'a BucketAccess<'a>,
    /// What their keys begin with.
    pub prefix: &'a str,
    /// What the page before said.
    pub next: Option<&'a str>,
}

impl Operation for ListObjects<'_> {
    const NAME: &'static str = "ListObjectsV2";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    /// Their keys.
    type Output = Page<String>;

    fn subject(&self) -> String {
        let BucketAccess { bucket, region, .. } = self.access;
        format!("s3://{}/{} (region {region})", bucket.as_str(), printable(self.prefix))
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        // As it is signed: `form_urlencoded` would write a space as a plus.
        let part = |(name, value): (&str, &str)| format!("{name}={}", encoded(value));
        // Keys may have characters that XML has not.
        let fixed = [("encoding-type", "url"), ("list-type", "2"), ("prefix", self.prefix)];
        let mut query: Vec<_> = fixed.into_iter().map(part).collect();
        query.push(format!("max-keys={PAGE}"));
        query.extend(self.next.map(|next| part(("continuation-token", next))));
        query.sort();
        let url = format!("{}?{}", object_url(self.access.endpoint, self.access.bucket, ""), query.join("&"));
        self.access.request(url, at)
    }

    fn parse(&self, response: &Response) -> Result<Page<String>, &'static str> {
        let body = Document::parse(&response.body).ok_or("not XML")?;
        if body.root() != "ListBucketResult" {
            return Err("no list of objects in it");
        }
        let keys = body.texts(&["Contents", "Key"]).map(|key| decoded(key.secret())).collect();
        let next = body.text(&["ListBucketResult", "NextContinuationToken"]).map(|next| next.secret().to_owned());
        Ok(Page { items: keys, next })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        self.access.diagnose(answer, "s3:ListBucket")
    }
}

/// Reads an object.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
pub struct GetObject<'a> {
    /// Where, and as whom.
    pub access: &'a BucketAccess<'a>,
    /// Its key.
    pub key: &'a str,
}

impl Operation for GetObject<'_> {
    const NAME: &'static str = "GetObject";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = Secret;

    fn subject(&self) -> String {
        let BucketAccess { bucket, region, .. } = self.access;
        format!("s3://{}/{} (region {region})", bucket.as_str(), printable(self.key))
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        self.access.request(object_url(self.access.endpoint, self.access.bucket, self.key), at)
    }

    /// What is no text was not written by a migration, and is none of it: its caller finds that out.
    fn parse(&self, response: &Response) -> Result<Secret, &'static str> {
        Ok(Secret::new(String::from_utf8_lossy(&response.body)))
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            "NoSuchKey" => Diagnosis::new(
                Code::BucketRefused,
                "The object was there when the bucket was listed, and is not any more.",
                "Run the command again.",
            ),
            _ => self.access.diagnose(answer, "s3:GetObject"),
        }
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20").replace('*', "%2A")
}

/// As `encoding-type=url` writes keys: a plus is a space.
fn decoded(text: &str) -> String {
    let pair = format!("key={text}");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, key)| key.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_and_decoded_as_s3_does() {
        assert_eq!(encoded("a b/ü~*+&=%"), "a%20b%2F%C3%BC~%2A%2B%26%3D%25".replace('~', "%7E"));
        assert_eq!(decoded("a+b/%C3%BC%2B%26=%25"), "a b/ü+&=%");
    }
}
