//! What all AWS services share: partitions, regions, accounts, endpoints, signing, and how they say no.

use std::fmt;
use std::hint::black_box;
use std::time::SystemTime;

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::Uri;
use serde::Deserialize;

use crate::http::{MAX_BODY_BYTES, Method, Request, Response};
use crate::json::Object;
use crate::printable::{printable, without_secrets};
use crate::secret::Secret;
use crate::xml::Document;

/// An AWS service that a run talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Amazon Cognito Federated Identities
    CognitoIdentity,
    /// AWS Security Token Service
    Sts,
    /// AWS Secrets Manager
    SecretsManager,
}

impl Service {
    /// The first label of the service's host names, which is also its name in a signature.
    pub fn endpoint_prefix(self) -> &'static str {
        match self {
            Self::CognitoIdentity => "cognito-identity",
            Self::Sts => "sts",
            Self::SecretsManager => "secretsmanager",
        }
    }

    /// The suffix of the service's `AWS_ENDPOINT_URL_...` variable.
    fn endpoint_variable(self) -> &'static str {
        match self {
            Self::CognitoIdentity => "AWS_ENDPOINT_URL_COGNITO_IDENTITY",
            Self::Sts => "AWS_ENDPOINT_URL_STS",
            Self::SecretsManager => "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        }
    }
}

/// A separated group of regions with its own domains.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
struct Partition {
    name: &'static str,
    region_prefix: &'static str,
    suffix: &'static str,
    dual_stack_suffix: &'static str,
}

/// In the order of the search: a longer prefix stands before a shorter one. The last is the commercial partition.
/// Source: `partitions.json` of botocore.
const PARTITIONS: [Partition; 8] = [
    Partition {
        name: "aws-cn",
        region_prefix: "cn-",
        suffix: "amazonaws.com.cn",
        dual_stack_suffix: "api.amazonwebservices.com.cn",
    },
    Partition { name: "aws-us-gov", region_prefix: "us-gov-", suffix: "amazonaws.com", dual_stack_suffix: "api.aws" },
    Partition {
        name: "aws-iso-b",
        region_prefix: "us-isob-",
        suffix: "sc2s.sgov.gov",
        dual_stack_suffix: "api.aws.scloud",
    },
    Partition {
        name: "aws-iso-f",
        region_prefix: "us-isof-",
        suffix: "csp.hci.ic.gov",
        dual_stack_suffix: "api.aws.hci.ic.gov",
    },
    Partition {
        name: "aws-iso-e",
        region_prefix: "eu-isoe-",
        suffix: "cloud.adc-e.uk",
        dual_stack_suffix: "api.cloud-aws.adc-e.uk",
    },
    Partition { name: "aws-iso", region_prefix: "us-iso-", suffix: "c2s.ic.gov", dual_stack_suffix: "api.aws.ic.gov" },
    Partition {
        name: "aws-eusc",
        region_prefix: "eusc-",
        suffix: "amazonaws.eu",
        dual_stack_suffix: "api.amazonwebservices.eu",
    },
    COMMERCIAL,
];

const COMMERCIAL: Partition =
    Partition { name: "aws", region_prefix: "", suffix: "amazonaws.com", dual_stack_suffix: "api.aws" };

/// A region's name, as in `us-west-2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// Lower-case letters, digits and hyphens, ending in a number.
    pub fn parse(text: &str) -> Option<Self> {
        let labels: Vec<_> = text.split('-').collect();
        let plain = labels.iter().all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        let numbered = labels.last().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
        (plain && numbered && labels.len() >= 3 && text.len() <= 32).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The name of its partition, as in an ARN.
    pub fn partition(&self) -> &'static str {
        self.domains().name
    }

    fn domains(&self) -> &'static Partition {
        PARTITIONS.iter().find(|partition| self.0.starts_with(partition.region_prefix)).unwrap_or(&COMMERCIAL)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A 12-digit account id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountId(String);

impl AccountId {
    /// Exactly 12 digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ARN of an IAM role; it gives the account and the partition.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleArn {
    arn: String,
    partition: String,
    account: AccountId,
}

impl RoleArn {
    /// `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(6, ':');
        let (arn, partition, service) = (fields.next()?, fields.next()?, fields.next()?);
        let (region, account, resource) = (fields.next()?, fields.next()?, fields.next()?);
        let name = resource.strip_prefix("role/")?;
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte));
        let whole = arn == "arn" && service == "iam" && region.is_empty() && !name.ends_with('/') && !name.is_empty();
        let known = partition == "aws" || partition.starts_with("aws-");
        (whole && known && plain(name) && plain(partition) && text.len() <= 2048).then_some(())?;
        Some(Self { arn: text.to_owned(), partition: partition.to_owned(), account: AccountId::parse(account)? })
    }

    /// The role's account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// `aws`, `aws-cn`, ...
    pub fn partition(&self) -> &str {
        &self.partition
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

/// The URL of a server, without a path of its own: https, or plain http to this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Refuses everything but `https://host[:port][/path]` and `http://` to a loopback address; a trailing `/` is dropped.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let uri: Uri = text.parse().map_err(|_| "is not a URL")?;
        let authority = uri.authority().ok_or("is not an absolute URL")?;
        if authority.as_str().contains('@') || uri.query().is_some() || text.contains('#') {
            return Err("must have no user, query or fragment");
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_loopback(authority.host()) => {}
            Some("http") => return Err("must be https: plain http is allowed to this machine only"),
            _ => return Err("must be an https URL"),
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// `https://host[:port][/path]`, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `https://host[:port]`.
    pub fn origin(&self) -> &str {
        let host = self.0.find("://").map_or(0, |scheme| scheme + 3);
        let end = self.0.bytes().skip(host).position(|byte| byte == b'/').map_or(self.0.len(), |path| host + path);
        self.0.get(..end).unwrap_or(&self.0)
    }

    /// What follows `https://`.
    pub fn without_scheme(&self) -> &str {
        self.0.split_once("://").map_or(self.as_str(), |(_, rest)| rest)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1]"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// The settings that every AWS tool reads from the environment, as the host found them.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct AwsEnvironment(std::collections::BTreeMap<String, Secret>);

impl AwsEnvironment {
    /// The variables that the core reads; a host gives these and no others.
    pub const VARIABLES: [&'static str; 13] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "AWS_ENDPOINT_URL_STS",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_MAX_ATTEMPTS",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT",
    ];

    /// The value of a variable; an empty one counts as absent.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.secret().trim()).filter(|value| !value.is_empty())
    }

    fn is_true(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Where the environment says that a service is: `AWS_ENDPOINT_URL_...`, else `AWS_ENDPOINT_URL`.
    ///
    /// An error names the variable and what is wrong with it.
    pub fn configured_endpoint(&self, service: Service) -> Result<Option<BaseUrl>, (&'static str, &'static str)> {
        if self.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return Ok(None);
        }
        let variables = [service.endpoint_variable(), "AWS_ENDPOINT_URL"];
        match variables.into_iter().find_map(|variable| Some((variable, self.value(variable)?))) {
            Some((variable, url)) => BaseUrl::parse(url).map(Some).map_err(|problem| (variable, problem)),
            None => Ok(None),
        }
    }

    /// A service's public endpoint of the kind that the environment wants.
    pub fn public_endpoint(&self, service: Service, region: &Region) -> BaseUrl {
        let (fips, dual_stack) = (self.is_true("AWS_USE_FIPS_ENDPOINT"), self.is_true("AWS_USE_DUALSTACK_ENDPOINT"));
        public_endpoint(service, region, fips, dual_stack)
    }
}

/// The rules are AWS's endpoint rule sets; `tests/endpoints.rs` holds them to botocore's in every region.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
pub fn public_endpoint(service: Service, region: &Region, fips: bool, dual_stack: bool) -> BaseUrl {
    let partition = region.domains();
    let name = service.endpoint_prefix();
    let suffix = match dual_stack && !plain_name_is_dual_stack(service, region, fips) {
        true => partition.dual_stack_suffix,
        false => partition.suffix,
    };
    // STS in GovCloud is FIPS under its ordinary name.
    let plain_name_is_fips = service == Service::Sts && partition.region_prefix == "us-gov-" && !dual_stack;
    let mark = if fips && !plain_name_is_fips { "-fips" } else { "" };
    BaseUrl(format!("https://{name}{mark}.{region}.{suffix}"))
}

/// Where a service answers on IPv6 under its ordinary name and has no other.
fn plain_name_is_dual_stack(service: Service, region: &Region, fips: bool) -> bool {
    match (service, region.domains().region_prefix) {
        (Service::SecretsManager, "" | "us-gov-") => true,
        (Service::SecretsManager, "cn-") => !fips,
        (Service::CognitoIdentity, "") => {
            !fips || matches!(region.name(), "us-east-1" | "us-east-2" | "us-west-1" | "us-west-2")
        }
        _ => false,
    }
}

/// Credentials of a role session.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Names the key; not a secret by itself, but not shown either.
    pub access_key_id: Secret,
    /// Signs.
    pub secret_access_key: Secret,
    /// Goes with each request; credentials of a user have none.
    pub session_token: Option<Secret>,
}

/// A POST of AWS JSON 1.1 to `endpoint`, unsigned.
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>
pub fn json_request(endpoint: &BaseUrl, target: &str, body: String, credentials: Vec<Secret>) -> Request {
    Request {
        method: Method::Post,
        url: format!("{endpoint}/"),
        headers: vec![("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amz-target", target.to_owned())],
        body: Secret::new(body),
        max_body_bytes: MAX_BODY_BYTES,
        credentials,
    }
}

/// Adds Signature Version 4 to a request, by crate `aws-sigv4`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
///
/// Returns nothing if the request cannot be signed, which is a fault of ours: its URL was parsed before.
pub fn signed(
    mut request: Request,
    signing_name: &str,
    region: &Region,
    credentials: &Credentials,
    at: SystemTime,
) -> Option<Request> {
    let identity = SigningCredentials::new(
        credentials.access_key_id.secret(),
        credentials.secret_access_key.secret(),
        credentials.session_token.as_ref().map(|token| token.secret().to_owned()),
        None,
        "env-kvstore",
    );
    // Not by `into()`, which keeps book of the features of the SDK that were used, in 8 KB of wasm.
    let identity = Identity::new(identity, None);
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region.name())
        .name(signing_name)
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let body = SignableBody::Bytes(request.body.secret().as_bytes());
    let signable = SignableRequest::new(request.method.name(), request.url.as_str(), headers, body).ok()?;
    let (instructions, _) = sign(signable, &params).ok()?.into_parts();
    let (added, _) = instructions.into_parts();
    for header in added {
        request.headers.push((header.name(), header.value().to_owned()));
    }
    let Credentials { access_key_id, secret_access_key, session_token } = credentials.clone();
    request.credentials.extend([access_key_id, secret_access_key]);
    request.credentials.extend(session_token);
    Some(request)
}

/// Signs a request that is sent nowhere, so that the host has compiled what signs when the session's credentials come. See
/// [`crate::claims::rehearse_verifying`].
pub fn rehearse_signing(region: &Region, at: SystemTime) {
    let endpoint = public_endpoint(Service::SecretsManager, region, false, false);
    let none = || Secret::new("-");
    let credentials = Credentials { access_key_id: none(), secret_access_key: none(), session_token: Some(none()) };
    let request = json_request(&endpoint, "-", String::new(), vec![]);
    black_box(signed(request, Service::SecretsManager.endpoint_prefix(), region, &credentials, at));
}

/// A service's no. All texts are safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// AWS's error code, as in `AccessDeniedException`; empty if the body had none.
    pub code: String,
    /// AWS's words.
    pub message: String,
    /// For AWS support.
    pub request_id: Option<String>,
}

impl Answer {
    /// Puts an answer together from its untrusted parts.
    pub fn new(response: &Response, code: &str, message: &str, request_id: Option<&str>, sent: &[Secret]) -> Self {
        let plain =
            |code: &str| code.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && code.len() <= 80;
        Self {
            status: response.status,
            // A code is a word; what is none is no code.
            code: if plain(code) { without_secrets(code, sent) } else { String::new() },
            message: without_secrets(message, sent),
            request_id: request_id.map(|id| without_secrets(&id.chars().take(64).collect::<String>(), sent)),
        }
    }

    /// Reads an error of AWS JSON or of the query protocol. Which of the two is seen by the body and not by the service: a
    /// front end of AWS answers in its own protocol (`<UnknownOperationException/>` from a service of JSON).
    ///
    /// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization>
    pub fn read(response: &Response, sent: &[Secret]) -> Self {
        let is_xml = response.body.iter().find(|byte| b"<{".contains(byte)) == Some(&b'<');
        let body = if is_xml { ErrorBody::of_xml(response) } else { ErrorBody::of_json(response) };
        let ErrorBody { kind, message, request_id } = body.unwrap_or_default();
        let full = kind.as_deref().or(response.header("x-amzn-errortype")).unwrap_or_default();
        // `namespace#Code:http://...`; a header that came twice has a comma between.
        let code = full.split([':', ',']).next().unwrap_or_default().rsplit('#').next().unwrap_or_default();
        let request_id = request_id.as_deref().or(response.request_id());
        Self::new(response, code.trim(), message.trim(), request_id, sent)
    }
}

/// What the body of an error says of it, as it stands there.
#[derive(Default)]
struct ErrorBody {
    kind: Option<String>,
    message: String,
    request_id: Option<String>,
}

impl ErrorBody {
    fn of_json(response: &Response) -> Option<Self> {
        let body = response.json()?;
        let inner = body.object("Error").or_else(|| body.object("error")).unwrap_or_default();
        let text = |names: &[&str]| {
            let found =
                |object: &Object| names.iter().find_map(|name| object.text(name).filter(|text| !text.is_empty()));
            found(&body).or_else(|| found(&inner))
        };
        Some(Self {
            kind: text(&["__type", "code", "Code"]),
            message: text(&["message", "Message", "errorMessage"]).unwrap_or_default(),
            request_id: text(&["RequestId"]),
        })
    }

    /// `ErrorResponse` or `Response`, `Errors` if there are several, `Error`; any but the last may be absent. Or an element
    /// that has the error's name.
    fn of_xml(response: &Response) -> Option<Self> {
        let document = Document::parse(&response.body)?;
        let named = document.root().ends_with("Exception").then_some(document.root());
        let text = |names: &[&str]| {
            let parents = ["Error"].into_iter().chain(named);
            let mut paths = parents.flat_map(|parent| names.iter().map(move |name| [parent, *name]));
            paths.find_map(|path| document.text(&path)).map(|text| text.secret().to_owned())
        };
        let request_id = ["RequestId", "RequestID"].into_iter().find_map(|name| document.text(&[name]));
        Some(Self {
            kind: text(&["Code", "code"]).or(named.map(str::to_owned)),
            message: text(&["Message", "message"]).unwrap_or_default(),
            request_id: request_id.map(|id| id.secret().to_owned()),
        })
    }
}

/// What may be wrong with a signed request, whatever it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningFault {
    /// The service does not know the credentials, or they have expired.
    Credentials,
    /// The signature is not theirs, or not of this time.
    Signature,
}

impl Answer {
    /// The fault that the code stands for; the services spell it differently.
    pub fn signing_fault(&self) -> Option<SigningFault> {
        match self.code.as_str() {
            "UnrecognizedClientException" | "InvalidClientTokenId" | "ExpiredToken" | "ExpiredTokenException" => {
                Some(SigningFault::Credentials)
            }
            "InvalidSignatureException"
            | "RequestExpired"
            | "RequestInTheFuture"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch" => Some(SigningFault::Signature),
            _ => None,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.code.as_str()) {
            // One of several that a successful call answers.
            (200, code) => f.write_str(code)?,
            (status, "") => write!(f, "HTTP {status}")?,
            (status, code) => write!(f, "HTTP {status} {code}")?,
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request id {})", printable(id)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        Region::parse(name).unwrap()
    }

    #[test]
    fn a_role_arn_gives_account_and_partition() {
        let role = RoleArn::parse("arn:aws-cn:iam::123456789012:role/ci/github-actions").unwrap();
        assert_eq!(role.account().digits(), "123456789012");
        assert_eq!(role.partition(), "aws-cn");
        for wrong in [
            "",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::12345:role/x",
            "arn:aws:iam:us-east-1:123456789012:role/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/a b",
            "arn:amazon:iam::123456789012:role/x",
        ] {
            assert_eq!(RoleArn::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_region_is_labels_ending_in_a_number() {
        for right in ["us-west-2", "us-gov-west-1", "eusc-de-east-1", "us-isob-east-1", "ap-southeast-10"] {
            assert!(Region::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "us-west", "US-WEST-2", "us_west_2", "us-west-2.evil.example", "us--2", "2"] {
            assert!(Region::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for right in
            ["https://sts.us-west-2.amazonaws.com/", "http://127.0.0.1:4566", "http://localhost:1", "http://[::1]:1"]
        {
            assert!(BaseUrl::parse(right).is_ok(), "{right}");
        }
        assert_eq!(BaseUrl::parse("https://h:1/a/b").unwrap().origin(), "https://h:1");
        assert_eq!(BaseUrl::parse("https://h").unwrap().origin(), "https://h");
        for wrong in [
            "http://10.0.0.1",
            "http://localhost.evil.example",
            "ftp://localhost",
            "sts",
            "https://u:p@h",
            "https://h?q",
            "https://h/#f",
        ] {
            assert!(BaseUrl::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_services_own_endpoint_url_beats_the_general_one() {
        let variables = [("AWS_ENDPOINT_URL", "http://localhost:1/"), ("AWS_ENDPOINT_URL_STS", "http://localhost:2")];
        let mut environment =
            AwsEnvironment(variables.map(|(name, value)| (name.to_owned(), Secret::new(value))).into());
        let at = |environment: &AwsEnvironment, service| {
            let configured = environment.configured_endpoint(service).unwrap();
            configured.unwrap_or_else(|| environment.public_endpoint(service, &region("us-west-2")))
        };
        assert_eq!(at(&environment, Service::Sts).as_str(), "http://localhost:2");
        assert_eq!(at(&environment, Service::CognitoIdentity).as_str(), "http://localhost:1");
        environment.0.insert("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS".to_owned(), Secret::new("true"));
        assert_eq!(at(&environment, Service::Sts).as_str(), "https://sts.us-west-2.amazonaws.com");
    }

    fn response(headers: &[(&str, &str)], body: &str) -> Response {
        Response {
            status: 400,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn read(headers: &[(&str, &str)], body: &str) -> String {
        Answer::read(&response(headers, body), &[]).to_string()
    }

    #[test]
    fn json_errors_are_read_however_aws_spells_them() {
        assert_eq!(
            read(&[("x-amzn-requestid", "r-1")], r#"{"__type":"com.amazon#AccessDenied","Message":"no"}"#),
            "HTTP 400 AccessDenied: no (request id r-1)"
        );
        // The forms of Smithy's protocol tests, and those of AWS's front ends.
        const URI: &str = "http://internal.amazon.com/coral/com.amazon.coral.validate/";
        let code = [
            "FooError",
            &format!("FooError:{URI}"),
            "aws.x.y#FooError",
            &format!("aws.x#FooError:{URI}"),
            " FooError\n",
        ];
        for code in code {
            let json = crate::json::string(code);
            for (name, message) in [("__type", "message"), ("code", "Message"), ("Code", "errorMessage")] {
                let body = format!(r#"{{"{name}":{json},"{message}":"no"}}"#);
                assert_eq!(read(&[], &body), "HTTP 400 FooError: no", "{body}");
                assert_eq!(read(&[], &format!("\u{feff}\r\n {body}\n")), "HTTP 400 FooError: no", "{body}");
                for wrapper in ["Error", "error"] {
                    let wrapped = format!(r#"{{"{wrapper}":{body},"RequestId":"r-2"}}"#);
                    assert_eq!(read(&[], &wrapped), "HTTP 400 FooError: no (request id r-2)", "{wrapped}");
                }
            }
            let headers = [("x-amzn-errortype", code)];
            for body in ["", "{}", r#"{"__type":""}"#, r#"{"__type":null,"code":400}"#, r#"{"Error":"no"}"#, "<html>"] {
                assert_eq!(read(&headers, body), "HTTP 400 FooError", "{body}");
            }
        }
        assert_eq!(read(&[("x-amzn-errortype", "FooError, FooError")], ""), "HTTP 400 FooError");
        for none in ["<html>canary", r#"{"code":403,"message":{}}"#, r#"["canary"]"#, r#"{"__type":"two words"}"#] {
            assert_eq!(read(&[], none), "HTTP 400", "{none}");
        }
    }

    #[test]
    fn xml_errors_are_read_however_aws_wraps_them() {
        let error = "<Error><Type>Sender</Type><Code>FooError</Code><Message>no</Message><Detail/></Error>";
        let id = "<RequestId>r-1</RequestId>";
        for body in [
            format!("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">{error}{id}</ErrorResponse>"),
            format!("<Response><Errors>{error}</Errors><RequestID>r-1</RequestID></Response>"),
            format!("<ErrorResponse><Errors>{error}</Errors>{id}</ErrorResponse>"),
            format!("<ErrorResponse>{id}{error}</ErrorResponse>"),
            format!("<Error><Code>FooError</Code><Message>no</Message>{id}</Error>"),
            "<a:ErrorResponse xmlns:a='urn:a'><a:Error a:b=\"c\"><a:Code>FooError</a:Code><a:Message>no</a:Message></a:Error>\
             <a:RequestId>r-1</a:RequestId></a:ErrorResponse>"
                .to_owned(),
            "\u{feff}<?xml version=\"1.0\"?>\n<ErrorResponse>\n <Error>\n  <Detail><Code>X</Code></Detail>\n  <Code>\n   \
             FooError\n  </Code>\n  <!-- x --><Message><![CDATA[ no ]]></Message>\n </Error>\n <RequestId> r-1\n</RequestId>\n\
             </ErrorResponse>\n"
                .to_owned(),
        ] {
            assert_eq!(read(&[], &body), "HTTP 400 FooError: no (request id r-1)", "{body}");
        }
        assert_eq!(read(&[], "<UnknownOperationException/>\n"), "HTTP 400 UnknownOperationException");
        let named = format!("<FooException><message>no</message>{id}</FooException>");
        assert_eq!(read(&[], &named), "HTTP 400 FooException: no (request id r-1)");
        for none in
            ["<html><Code>X</Code></html>", "<ErrorResponse/>", "<Error>", "<Error><Code>two words</Code></Error>"]
        {
            assert_eq!(read(&[], none), "HTTP 400", "{none}");
        }
    }

    #[test]
    fn what_is_sent_is_in_no_form_of_an_error() {
        let token = Secret::new("canary-canary-canary");
        for body in [
            r#"{"code":"canary-canary-canary","errorMessage":"canary-canary-canary"}"#,
            r#"{"Error":{"Code":"canary-canary-canary"},"RequestId":"canary-canary-canary"}"#,
            "<Error><Code>canary-canary-canary</Code><Message>&#99;anary-canary-canary</Message></Error>",
            "<canary-canary-canaryException><RequestId>canary-canary-canary</RequestId></canary-canary-canaryException>",
        ] {
            let shown = Answer::read(&response(&[], body), std::slice::from_ref(&token)).to_string();
            assert!(!shown.contains("canary-canary"), "{shown}");
        }
    }
}
