//! Amazon S3: PutObject. It is signed.

use std::time::SystemTime;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::aws::endpoints::Service;
use crate::aws::names::{AccountId, Region};
use crate::aws::protocols::{Aws, SigningFault};
use crate::aws::sigv4::{Credentials, signed};
use crate::call::operation::Operation;
use crate::call::protocol::Protocol;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::host::answer::Answer;
use crate::host::http::{MAX_BODY_BYTES, Method, Request, Response};
use crate::host::url::BaseUrl;
use crate::text::printable::printable;
use crate::text::secret::Secret;

/// What a path says as it is: the unreserved characters, and the slash between its segments.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request>
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The name of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket(String);

impl Bucket {
    /// 3 to 63 lower-case letters, digits, dots and hyphens.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'));
        (plain && (3..=63).contains(&text.len()) && !text.contains("..")).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The URL of an object, or of the whole bucket if `key` is empty. It is path style, which takes bucket names with dots in them too.
pub fn object_url(endpoint: &BaseUrl, bucket: &Bucket, key: &str) -> String {
    format!("{endpoint}/{}/{}", bucket.as_str(), utf8_percent_encode(key, ENCODED))
}

/// Puts an object into a bucket, if the bucket is who it should be.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
pub struct PutObject<'a> {
    /// S3, in the bucket's region.
    pub endpoint: &'a BaseUrl,
    /// The bucket's region.
    pub region: &'a Region,
    /// The session.
    pub credentials: &'a Credentials,
    /// The bucket.
    pub bucket: &'a Bucket,
    /// Whose bucket it must be: otherwise whoever names a bucket could name one of their own.
    pub owner: &'a AccountId,
    /// The object's key.
    pub key: &'a str,
    /// JSON.
    pub body: &'a Secret,
}

impl Operation for PutObject<'_> {
    const NAME: &'static str = "PutObject";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = ();

    fn subject(&self) -> String {
        format!("s3://{}/{} (region {})", self.bucket.as_str(), printable(self.key), self.region)
    }

    fn endpoint(&self) -> &BaseUrl {
        self.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-amz-expected-bucket-owner", self.owner.digits().to_owned()),
        ];
        let request = Request {
            method: Method::Put,
            url: object_url(self.endpoint, self.bucket, self.key),
            headers,
            body: self.body.clone(),
            max_body_bytes: MAX_BODY_BYTES,
            credentials: vec![],
        };
        signed(request, Service::S3, self.region, self.credentials, at)
            .ok_or(Error::Internal("a request cannot be signed"))
    }

    fn parse(&self, _: &Response) -> Result<(), &'static str> {
        Ok(())
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        let who = format!("The bucket must belong to account {}.", self.owner.digits());
        diagnose(answer, self.region).unwrap_or_else(|| match answer.code.as_str() {
            "AccessDenied" => Diagnosis::new(
                Code::BucketRefused,
                format!("The role may not write this object, or the bucket belongs to another account. {who}"),
                "Allow the role `s3:PutObject` for this key, in the bucket's policy too if it has one.",
            ),
            _ => refused(),
        })
    }
}

/// What a refusal of S3 means, whatever was asked for; none if that depends on it.
pub fn diagnose(answer: &Answer, region: &Region) -> Option<Diagnosis> {
    let diagnosis = match answer.code.as_str() {
        "NoSuchBucket" => Diagnosis::new(
            Code::BucketRefused,
            "There is no bucket of this name.",
            "Check the name, and who wrote it: whoever creates a bucket of that name would get what is meant for yours.",
        ),
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => Diagnosis::new(
            Code::BucketRefused,
            format!("The bucket is not in region {region}."),
            "Set ‹aws-region› to the bucket's region.",
        ),
        _ => match SigningFault::of(answer)? {
            SigningFault::Credentials => Diagnosis::new(
                Code::CredentialsRefused,
                "S3 does not know the session's credentials.",
                "Check that the bucket's region is in the role's partition and is enabled for the account.",
            ),
            SigningFault::Signature => Diagnosis::new(
                Code::SignatureRefused,
                "S3 does not accept the request's signature.",
                "Check the runner's clock, and that no proxy changes requests.",
            ),
        },
    };
    Some(diagnosis)
}

/// A refusal that nothing more is known of.
pub fn refused() -> Diagnosis {
    Diagnosis::new(Code::BucketRefused, "S3 refused the request.", "Check the bucket's name, region and policy.")
}

#[cfg(test)]
mod tests;
