//! The calls to AWS STS that only those make who examine a set-up.

use std::time::SystemTime;

use env_kvstore::aws::endpoints::Service;
use env_kvstore::aws::names::Region;
use env_kvstore::aws::protocols::{Aws, SigningFault, form_request};
use env_kvstore::aws::session::Session;
use env_kvstore::aws::sigv4::{Credentials, signed};
use env_kvstore::aws::sts::AssumeRoleWithWebIdentity;
use env_kvstore::call::operation::Operation;
use env_kvstore::call::protocol::Protocol;
use env_kvstore::error::Error;
use env_kvstore::error::code::Code;
use env_kvstore::error::refusal::Diagnosis;
use env_kvstore::host::answer::Answer;
use env_kvstore::host::http::{Request, Response};
use env_kvstore::host::url::BaseUrl;
use env_kvstore::text::printable::printable;
use env_kvstore::text::xml::Document;

/// Assumes the role, and reads what the session's tags take of the space that STS has for them, in percent.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
pub(crate) struct AssumeMeasured<'a>(pub(crate) AssumeRoleWithWebIdentity<'a>);

impl Operation for AssumeMeasured<'_> {
    const NAME: &'static str = "AssumeRoleWithWebIdentity";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = (Session, Option<u32>);

    fn subject(&self) -> String {
        self.0.subject()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.0.endpoint()
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        self.0.request(at)
    }

    fn parse(&self, response: &Response) -> Result<Self::Output, &'static str> {
        let packed = Document::parse(&response.body)
            .and_then(|document| document.text(&["PackedPolicySize"])?.secret().parse().ok());
        Ok((self.0.parse(response)?, packed))
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        self.0.diagnose(answer)
    }
}

/// Who the credentials are. It takes no permission.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
pub(crate) struct GetCallerIdentity<'a> {
    /// Where.
    pub(crate) endpoint: &'a BaseUrl,
    /// Of the endpoint, for the signature.
    pub(crate) region: &'a Region,
    /// Whose.
    pub(crate) credentials: &'a Credentials,
}

/// Who somebody is to AWS, safe to print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallerIdentity {
    /// Its account.
    pub(crate) account: String,
    /// Its ARN.
    pub(crate) arn: String,
}

impl Operation for GetCallerIdentity<'_> {
    const NAME: &'static str = "GetCallerIdentity";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = CallerIdentity;

    fn subject(&self) -> String {
        "these credentials".to_owned()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let request = form_request(self.endpoint, "Action=GetCallerIdentity&Version=2011-06-15".to_owned(), vec![]);
        signed(request, Service::Sts, self.region, self.credentials, at)
            .ok_or(Error::Internal("a request cannot be signed"))
    }

    fn parse(&self, response: &Response) -> Result<CallerIdentity, &'static str> {
        let document = Document::parse(&response.body).filter(|found| found.root() == "GetCallerIdentityResponse");
        let document = document.ok_or("not the XML of STS")?;
        let text = |name| document.text(&[name]).map(|text| printable(text.secret())).ok_or("no identity in it");
        Ok(CallerIdentity { account: text("Account")?, arn: text("Arn")? })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match SigningFault::of(answer) {
            Some(SigningFault::Signature) => Diagnosis::new(
                Code::SignatureRefused,
                "STS does not accept the request's signature.",
                "Check the secret access key and this machine's clock, and that no proxy changes requests.",
            ),
            _ => Diagnosis::new(
                Code::CredentialsRefused,
                "STS does not know these credentials, or they have expired.",
                "Sign in again, and check that they are of the partition that the region is in.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use env_kvstore::text::secret::Secret;

    fn parsed(body: &str) -> Result<CallerIdentity, &'static str> {
        let region = Region::parse("us-west-2").unwrap();
        let secret = |text: &str| Secret::new(text);
        let credentials =
            Credentials { access_key_id: secret("AKIA"), secret_access_key: secret("key"), session_token: None };
        let endpoint = BaseUrl::parse("https://sts.us-west-2.amazonaws.com").unwrap();
        let operation = GetCallerIdentity { endpoint: &endpoint, region: &region, credentials: &credentials };
        operation.parse(&Response { status: 200, headers: vec![], body: body.as_bytes().to_vec() })
    }

    #[test]
    fn the_caller_is_read_without_its_unique_id() {
        let answer = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/mona</Arn>\
            <UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
        let CallerIdentity { account, arn } = parsed(answer).unwrap();
        assert_eq!((account.as_str(), arn.as_str()), ("123456789012", "arn:aws:iam::123456789012:user/mona"));
        for wrong in ["", "<a/>", "<GetCallerIdentityResponse><Arn>a</Arn></GetCallerIdentityResponse>", "{}"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
