//! Parameter Store of AWS Systems Manager: GetParameters and GetParametersByPath. Both are signed.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/Welcome.html>

use std::time::SystemTime;

use crate::aws::endpoints::Service;
use crate::aws::names::{AccountId, RoleArn};
use crate::aws::parameter_id::{ParameterId, ParameterVersion, Parameters};
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

/// Reads parameters, decrypted.
pub struct ReadParameters<'a> {
    /// As whom, and where.
    pub access: &'a Access<'a>,
    /// Which.
    pub asked: Asked<'a>,
}

/// What is asked for. These are two operations, which are called and answered alike.
pub enum Asked<'a> {
    /// Up to [`MAX_NAMES`] names, and no parameter twice.
    /// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
    Named(Vec<&'a ParameterVersion>),
    /// A page of those below a path, at any depth. It begins where the page before said; none is the first.
    /// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html>
    Below(&'a ParameterId, Option<String>),
}

/// A parameter that was read.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub value: SecretValue,
}

/// What an answer has.
pub struct Page {
    /// Names and values.
    pub parameters: Vec<Parameter>,
    /// Names that were asked for and are none.
    pub invalid: Vec<String>,
    /// What is said of these.
    pub refusal: Answer,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Operation for ReadParameters<'_> {
    const NAME: &'static str = "GetParameters";
    const PROTOCOL: &'static dyn Protocol = &Aws;
    type Output = Page;

    fn name(&self) -> &'static str {
        match self.asked {
            Asked::Named(_) => Self::NAME,
            Asked::Below(..) => "GetParametersByPath",
        }
    }

    fn subject(&self) -> String {
        match &self.asked {
            Asked::Named(parameters) => match parameters.as_slice() {
                [one] => one.to_string(),
                several => format!("{} parameters (region {})", several.len(), self.access.region),
            },
            Asked::Below(path, _) => Parameters::Below((*path).clone()).to_string(),
        }
    }

    fn endpoint(&self) -> &BaseUrl {
        self.access.endpoint
    }

    fn request(&self, at: SystemTime) -> Result<Request, Error> {
        let mut body = r#"{"WithDecryption":true,"#.to_owned();
        match &self.asked {
            Asked::Named(parameters) => {
                let names = parameters.iter().flat_map(|wanted| wanted.asked(self.own()));
                let names: Vec<_> = names.map(|name| string(&name)).collect();
                body += &format!(r#""Names":[{}]}}"#, names.join(","));
            }
            Asked::Below(path, next) => {
                body += &format!(r#""Path":{},"Recursive":true,"MaxResults":{MAX_NAMES}"#, string(&path.as_path()));
                if let Some(next) = next {
                    body += &format!(r#","NextToken":{}"#, string(next));
                }
                body.push('}');
            }
        }
        let target = format!("AmazonSSM.{}", self.name());
        self.access.request_of(Service::Ssm, &target, body, MAX_ANSWER_BYTES, at)
    }

    fn parse(&self, response: &Response) -> Result<Page, &'static str> {
        const NONE: &str = "no parameters in it";
        let body = response.json().ok_or(NONE)?;
        let (found, invalid) = (body.objects("Parameters"), body.texts(INVALID));
        if found.is_none() && invalid.is_none() {
            return Err(NONE);
        }
        let mut parameters = Vec::new();
        for found in found.unwrap_or_default() {
            let parameter = parameter(&found).ok_or("a parameter without a value in it")?;
            if let Asked::Below(path, _) = self.asked
                && !path.has(&parameter.name)
            {
                return Err("a parameter that is not below the path in it");
            }
            parameters.push(parameter);
        }
        Ok(Page {
            parameters,
            invalid: invalid.unwrap_or_default(),
            refusal: Answer::new(response, INVALID, "", response.request_id(), &[]),
            // moto gives a null.
            next: body.text("NextToken").filter(|next| !next.is_empty()),
        })
    }

    fn diagnose(&self, answer: &Answer) -> Diagnosis {
        let access = self.access;
        let (parameter, selector) = match &self.asked {
            Asked::Below(path, _) => (*path, &None),
            Asked::Named(parameters) => match parameters.as_slice() {
                [one] => (&one.parameter, &one.selector),
                // One of them is the reason, and the answer does not say which.
                _ => {
                    return diagnose_session("Parameter Store", answer).unwrap_or_else(|| {
                        Diagnosis::new(Code::BatchRefused, "Parameter Store refused them together.", "")
                    });
                }
            },
        };
        let place = parameter.place();
        match answer.code.as_str() {
            INVALID | "ParameterNotFound" | "ParameterVersionNotFound" => {
                let (which, next) = match selector {
                    Some(_) => (
                        ", or it has no such version or label",
                        ", and the versions and labels (aws ssm get-parameter-history)",
                    ),
                    None => ("", ""),
                };
                Diagnosis::new(
                    Code::StoreNotFound,
                    format!("There is no parameter of this name in {place}{which}.{}", self.elsewhere(parameter)),
                    format!("Create it, or check the ARN{next}."),
                )
            }
            "AccessDeniedException" | "AccessDenied" if is_of_kms(&answer.message) => Diagnosis::new(
                Code::StoreNotDecryptable,
                "The role is not allowed to decrypt the parameter with its KMS key.",
                "Allow `kms:Decrypt` on that key in the role's policy; if the key is in another account, in the key's policy too.",
            ),
            "AccessDeniedException" | "AccessDenied" => {
                let arn = match self.asked {
                    Asked::Named(_) => parameter.arn().to_owned(),
                    Asked::Below(..) => parameter.arn_of_path(),
                };
                Diagnosis::new(
                    Code::StoreAccessDenied,
                    format!(
                        "No policy of {} allows a session with this job's tags to read this.{}{}",
                        access.whose(),
                        access.tags(),
                        self.elsewhere(parameter)
                    ),
                    format!("Allow `ssm:{}` on {arn} in the role's policy.", self.name()),
                )
            }
            "InvalidKeyId" => Diagnosis::new(
                Code::StoreNotDecryptable,
                "The KMS key of the parameter is disabled, marked for deletion or gone.",
                "Enable the key, or write the parameter again with another one (aws ssm put-parameter --key-id).",
            ),
            "InvalidNextToken" => Diagnosis::new(
                Code::StoreRefused,
                "Parameter Store rejected the NextToken that it had given.",
                "Run the job again.",
            ),
            _ => diagnose_session("Parameter Store", answer).unwrap_or_else(|| {
                let next = "Check the ARN and its region.";
                Diagnosis::new(Code::StoreRefused, "Parameter Store refused the request.", next)
            }),
        }
    }
}

impl ReadParameters<'_> {
    fn own(&self) -> Option<&AccountId> {
        self.access.role.map(RoleArn::account)
    }

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

impl Page {
    /// What it says of a parameter that was asked for by a session of the account `own`: its value, or that it is invalid;
    /// nothing if it says neither.
    pub fn outcome(&self, wanted: &ParameterVersion, own: Option<&AccountId>) -> Option<Result<Parameter, Answer>> {
        let names = wanted.names(own);
        let by_name = names.iter().find_map(|name| self.parameters.iter().find(|found| found.name == *name));
        let by_arn = || self.parameters.iter().find(|found| found.value.arn() == wanted.parameter.arn());
        match by_name.or_else(by_arn) {
            Some(Parameter { name, value }) => wanted.may_be(value.version_id()).then(|| {
                // Where two names were asked for, the answer says which; no other text of it is shown.
                let is_one_of_two = names.len() > 1 && names.contains(name);
                let name = if is_one_of_two { name.clone() } else { wanted.parameter.name() };
                Ok(Parameter { name, value: value.clone() })
            }),
            None => {
                let is_invalid = wanted.asked(own).iter().any(|name| self.invalid.contains(name));
                is_invalid.then(|| Err(self.refusal.clone()))
            }
        }
    }
}

/// Parameter Store hands on what KMS refuses, under the same code as its own refusals. No name of a parameter has these
/// characters.
fn is_of_kms(message: &str) -> bool {
    ["kms:", "ciphertext refers to", "(Service: AWSKMS", "(Service: Kms"].iter().any(|words| message.contains(words))
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
