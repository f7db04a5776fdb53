//! Parameter Store of AWS Systems Manager: GetParameters and GetParametersByPath. Both are signed.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/Welcome.html>

use std::time::SystemTime;

use crate::aws::endpoints::Service;
use crate::aws::names::{AccountId, RoleArn};
use crate::aws::parameter_id::{ParameterId, ParameterPath, ParameterVersion};
use crate::aws::protocols::Aws;
use crate::aws::secrets_manager::{Access, diagnose_session};
use crate::call::operation::Operation;
use crate::call::protocol::Protocol;
use crate::error::Error;
use crate::error::code::Code;
use crate::error::refusal::Diagnosis;
use crate::host::answer::Answer;
use crate::host::http::{Request, Response};
use crate::host::url::BaseUrl;
use crate::text::json::{Object, string};
use crate::text::secret::Secret;
use crate::text::secret_value::{Content, SecretValue};

/// As many as one GetParameters takes in `Names`, and one page of GetParametersByPath has.
pub const MAX_NAMES: usize = 10;

/// Ten values of 8 KB, each byte of them escaped, and what is said of each.
const MAX_ANSWER_BYTES: usize = MAX_NAMES * 52 * 1024;

/// The code of an answer for what GetParameters lists there: the answer itself is a success.
const INVALID: &str = "InvalidParameters";

/// A parameter that was read.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name, safe to print.
    pub name: String,
    /// What it holds.
    pub value: SecretValue,
}

/// Reads parameters: up to [`MAX_NAMES`] names, and no parameter twice.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
pub struct GetParameters<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// Which.
    pub parameters: Vec<&'a ParameterVersion>,
}

impl GetParameters<'_> {
    fn own(&self) -> Option<&AccountId> {
        self.access.role.map(RoleArn::account)
    }
}

impl Operation for GetParameters<'_> {
    const NAME: &'static str = "GetParameters";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    /// For each parameter what it is, or that it is invalid; nothing if the answer has neither.
    type Output = Vec<Option<Result<Parameter, Answer>>>;

    fn subject(&self) -> String {
        match self.parameters.as_slice() {
            [one] => one.to_string(),
            several => format!("{} parameters (region {})", several.len(), self.access.region),
        }
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let names = self.parameters.iter().flat_map(|wanted| wanted.asked(self.own()));
        let names: Vec<_> = names.map(|name| string(&name)).collect();
        let body = format!(r#"{{"Names":[{}],"WithDecryption":true}}"#, names.join(","));
        self.access.request_of(Service::Ssm, "AmazonSSM.GetParameters", body, MAX_ANSWER_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<Self::Output, &'static str> {
        let (found, body) = parameters_in(response)?;
        let invalid = body.texts(INVALID).unwrap_or_default();
        let outcome = |wanted: &&ParameterVersion| {
            let (names, arn) = (wanted.names(self.own()), wanted.parameter.arn());
            let by_name = names.iter().find_map(|name| found.iter().find(|parameter| parameter.name == *name));
            let by_arn = || found.iter().find(|parameter| parameter.value.arn() == arn);
            let is_invalid = || wanted.asked(self.own()).iter().any(|name| invalid.contains(name));
            let told = || Answer::new(response, INVALID, "", response.request_id(), &[]);
            match by_name.or_else(by_arn) {
                Some(Parameter { name, value }) => wanted.may_be(value.version_id()).then(|| {
                    // Where two names were asked for, the answer says which; no other text of it is shown.
                    let is_one_of_two = names.len() > 1 && names.contains(name);
                    let name = if is_one_of_two { name.clone() } else { wanted.parameter.name() };
                    Ok(Parameter { name, value: value.clone() })
                }),
                None => is_invalid().then(|| Err(told())),
            }
        };
        Ok(self.parameters.iter().map(outcome).collect())
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        let [wanted] = self.parameters.as_slice() else {
            // One of them is the reason, and the answer does not say which.
            return diagnose_session("Parameter Store", answer)
                .unwrap_or_else(|| Diagnosis::new(Code::BatchRefused, "Parameter Store refused them together.", ""));
        };
        let ParameterVersion { parameter, selector } = *wanted;
        let place = parameter.place();
        match answer.code.as_str() {
            INVALID | "ParameterNotFound" | "ParameterVersionNotFound" if selector.is_some() => Diagnosis::new(
                Code::StoreNotFound,
                format!("There is no such parameter in {place}, or it has no such version or label."),
                "Check the ARN, and the versions and labels (aws ssm get-parameter-history).",
            ),
            INVALID | "ParameterNotFound" | "ParameterVersionNotFound" => Diagnosis::new(
                Code::StoreNotFound,
                format!("There is no parameter of this name in {place}.{}", self.elsewhere(parameter)),
                "Create it, or check the ARN.",
            ),
            _ => diagnose(answer, self.access, &self.elsewhere(parameter), "ssm:GetParameters", &parameter.arn()),
        }
    }
}

impl GetParameters<'_> {
    /// What another account must do.
    fn elsewhere(&self, parameter: &ParameterId) -> String {
        let account = parameter.account();
        match self.own() {
            Some(own) if own != account => format!(
                " The parameter is in account {account}, the role in {own}: it must be an advanced parameter that is shared by \
                 AWS RAM, and its KMS key must allow the role too."
            ),
            _ => String::new(),
        }
    }
}

/// Reads a page of the parameters below a path, at any depth.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html>
pub struct GetParametersByPath<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// Below which.
    pub path: &'a ParameterPath,
    /// Where the page begins: what the one before said; none is the first.
    pub next: Option<String>,
}

/// A page of parameters.
pub struct Page {
    /// What it has.
    pub parameters: Vec<Parameter>,
    /// Where the next one begins, if there is one.
    pub next: Option<String>,
}

impl Operation for GetParametersByPath<'_> {
    const NAME: &'static str = "GetParametersByPath";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = Page;

    fn subject(&self) -> String {
        self.path.to_string()
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let path = string(&self.path.as_parameter());
        let next = self.next.as_ref().map_or(String::new(), |next| format!(r#","NextToken":{}"#, string(next)));
        let rest = format!(r#""Recursive":true,"WithDecryption":true,"MaxResults":{MAX_NAMES}{next}"#);
        let body = format!(r#"{{"Path":{path},{rest}}}"#);
        self.access.request_of(Service::Ssm, "AmazonSSM.GetParametersByPath", body, MAX_ANSWER_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<Page, &'static str> {
        let (parameters, body) = parameters_in(response)?;
        if !parameters.iter().all(|parameter| self.path.has(&parameter.name)) {
            return Err("a parameter that is not below the path in it");
        }
        // moto gives a null.
        Ok(Page { parameters, next: body.text("NextToken").filter(|next| !next.is_empty()) })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        match answer.code.as_str() {
            "InvalidNextToken" => Diagnosis::new(
                Code::StoreRefused,
                "Parameter Store does not know its own mark of the next page any more.",
                "Run the job again.",
            ),
            _ => diagnose(answer, self.access, "", "ssm:GetParametersByPath", &self.path.arn()),
        }
    }
}

fn diagnose(answer: &Answer, access: &Access<'_>, elsewhere: &str, action: &str, arn: &str) -> Diagnosis {
    match answer.code.as_str() {
        "AccessDeniedException" | "AccessDenied" if is_of_kms(&answer.message) => Diagnosis::new(
            Code::StoreNotDecryptable,
            "The role is not allowed to decrypt the parameter with its KMS key.",
            "Allow `kms:Decrypt` on that key in the role's policy; if the key is in another account, in the key's policy too.",
        ),
        "AccessDeniedException" | "AccessDenied" => Diagnosis::new(
            Code::StoreAccessDenied,
            format!(
                "No policy of {} allows a session with this job's tags to read this.{}{elsewhere}",
                access.whose(),
                access.tags()
            ),
            format!("Allow `{action}` on {arn} in the role's policy (`ssm:GetParameter` is another action)."),
        ),
        "InvalidKeyId" => Diagnosis::new(
            Code::StoreNotDecryptable,
            "The KMS key of the parameter is disabled, marked for deletion or gone.",
            "Enable the key, or write the parameter again with another one (aws ssm put-parameter --key-id).",
        ),
        _ => diagnose_session("Parameter Store", answer).unwrap_or_else(|| {
            Diagnosis::new(Code::StoreRefused, "Parameter Store refused the request.", "Check the ARN and its region.")
        }),
    }
}

/// Parameter Store hands on what KMS refuses, under the same code as its own refusals. No name of a parameter has these
/// characters.
fn is_of_kms(message: &str) -> bool {
    ["kms:", "ciphertext refers to", "(Service: AWSKMS", "(Service: Kms"].iter().any(|words| message.contains(words))
}

/// What an answer has, and the answer itself.
fn parameters_in(response: &Response) -> Result<(Vec<Parameter>, Object), &'static str> {
    const NONE: &str = "no parameters in it";
    let body = response.json().ok_or(NONE)?;
    let parameters = body.objects("Parameters");
    if parameters.is_none() && body.json(INVALID).is_none() {
        return Err(NONE);
    }
    let parameters: Option<Vec<_>> = parameters.unwrap_or_default().iter().map(parameter).collect();
    Ok((parameters.ok_or("a parameter without a value in it")?, body))
}

fn parameter(body: &Object) -> Option<Parameter> {
    let value = Secret::new(body.text("Value")?);
    let content = match body.text("Type").as_deref() {
        Some("StringList") => Content::List(value),
        _ => Content::Text(value),
    };
    let (arn, version) = (body.text("ARN").unwrap_or_default(), body.scalar("Version").unwrap_or_default());
    Some(Parameter { name: body.text("Name")?, value: SecretValue::new(&arn, &version, content) })
}

#[cfg(test)]
mod tests;
