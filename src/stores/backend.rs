//! The two services of AWS that keep values, and the calls that read them. What is read, and in which order, is for the rest
//! of `stores/`.

use crate::aws::endpoints::{Endpoints, Service};
use crate::aws::names::{Region, RoleArn};
use crate::aws::parameter_id::{ParameterPath, ParameterVersion};
use crate::aws::secrets_manager::{Access, BatchGetSecretValue, GetSecretValue};
use crate::aws::sigv4::Credentials;
use crate::aws::source::Source;
use crate::aws::ssm::{GetParameters, GetParametersByPath, Parameter};
use crate::call::client::Client;
use crate::call::operation::{name_of, refusal};
use crate::error::Error;
use crate::error::problem::ValueProblem;
use crate::host::answer::Answer;
use crate::host::http::Host;
use crate::host::url::BaseUrl;
use crate::stores::document::Document;

/// Pages of a path, with ten parameters each.
const MAX_PAGES: usize = 100;

/// Where the two services are.
#[derive(Debug)]
pub struct Backend {
    /// AWS Secrets Manager
    pub secrets_manager: Endpoints,
    /// Parameter Store of AWS Systems Manager
    pub parameter_store: Endpoints,
}

/// Who reads.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The session's role, if it is known.
    pub role: Option<&'a RoleArn>,
    /// The session.
    pub credentials: &'a Credentials,
    /// The session's tags, if they are known.
    pub session_tags: Option<&'a [(String, String)]>,
}

/// What came of one source.
pub(crate) type Fetched = Result<Vec<Document>, Error>;

/// What a batch says of each of its sources, in their order; none of those that it left out.
pub(crate) type Batch = Vec<Option<Result<Document, Answer>>>;

impl Backend {
    /// Where a service is asked in a region.
    pub fn endpoint(&self, service: Service, region: &Region) -> BaseUrl {
        match service {
            Service::Ssm => self.parameter_store.of(region),
            _ => self.secrets_manager.of(region),
        }
    }

    /// Reads one source; `told` is what a batch has answered for it already.
    pub(crate) async fn read<H: Host>(
        &self,
        client: &Client<'_, H>,
        caller: Caller<'_>,
        source: &Source,
        told: Option<Answer>,
    ) -> Fetched {
        let endpoint = &self.endpoint(source.service(), source.region());
        let access = &access(endpoint, source.region(), caller);
        match source {
            Source::Secret(wanted) => {
                let value = client.call_after(told, &GetSecretValue { access, wanted }).await?;
                Ok(vec![Document::new(wanted.secret.name.clone(), value)])
            }
            Source::Parameter(wanted) => {
                let outcome = match told {
                    Some(answer) => Some(Err(answer)),
                    None => Box::pin(read_parameters(client, access, &[source])).await?.pop().flatten(),
                };
                parameter_of(access, wanted, outcome).map(|document| vec![document])
            }
            Source::Path(path) => Box::pin(read_path(client, access, path)).await,
        }
    }

    /// Reads several sources of one service and region that may be batched.
    pub(crate) async fn read_batch<H: Host>(
        &self,
        client: &Client<'_, H>,
        (service, region): (Service, &Region),
        caller: Caller<'_>,
        sources: &[&Source],
    ) -> Result<Batch, Error> {
        let endpoint = &self.endpoint(service, region);
        let access = &access(endpoint, region, caller);
        match service {
            Service::Ssm => Box::pin(read_parameters(client, access, sources)).await,
            _ => read_secrets(client, access, sources).await,
        }
    }
}

async fn read_secrets<H: Host>(
    client: &Client<'_, H>,
    access: &Access<'_>,
    sources: &[&Source],
) -> Result<Batch, Error> {
    let of_secret = |source: &&Source| match *source {
        Source::Secret(wanted) => Some(wanted.secret.clone()),
        Source::Parameter(_) | Source::Path(_) => None,
    };
    let secrets: Vec<_> = sources.iter().filter_map(of_secret).collect();
    let found = client.call(&BatchGetSecretValue { access, secrets: secrets.iter().collect() }).await?;
    let named = secrets.into_iter().zip(found);
    Ok(named.map(|(secret, found)| found.map(|found| found.map(|value| Document::new(secret.name, value)))).collect())
}

/// The one place that calls GetParameters, for a single parameter as for ten: each such call is code of its own in the wasm.
async fn read_parameters<H: Host>(
    client: &Client<'_, H>,
    access: &Access<'_>,
    sources: &[&Source],
) -> Result<Batch, Error> {
    let of_parameter = |source: &&Source| match *source {
        Source::Parameter(wanted) => Some(wanted.clone()),
        Source::Secret(_) | Source::Path(_) => None,
    };
    let wanted: Vec<_> = sources.iter().filter_map(of_parameter).collect();
    let found = client.call(&GetParameters { access, parameters: wanted.iter().collect() }).await?;
    Ok(found.into_iter().map(|found| found.map(|found| found.map(document))).collect())
}

/// What an answer with `outcome` means for a parameter that was asked for by itself, or listed as invalid beside others.
fn parameter_of(
    access: &Access<'_>,
    wanted: &ParameterVersion,
    outcome: Option<Result<Document, Answer>>,
) -> Result<Document, Error> {
    let operation = GetParameters { access, parameters: vec![wanted] };
    match outcome {
        Some(Ok(document)) => Ok(document),
        Some(Err(answer)) => Err(refusal(&operation, answer)),
        None => {
            Err(Error::AnswerUnusable(Box::new(name_of(&operation)), "neither the parameter nor its absence in it"))
        }
    }
}

fn document(Parameter { name, value }: Parameter) -> Document {
    Document::new(name, value)
}

/// All pages, one after the other: each says where the next begins.
async fn read_path<H: Host>(client: &Client<'_, H>, access: &Access<'_>, path: &ParameterPath) -> Fetched {
    let unusable = |problem| {
        let (variable, key, store) = ("*".to_owned(), String::new(), path.to_string());
        Err(Error::ValuesUnusable(vec![ValueProblem::ValueUnusable { variable, key, store, problem }]))
    };
    let mut documents = Vec::new();
    let mut next = None;
    for _ in 0..MAX_PAGES {
        let page = client.call(&GetParametersByPath { access, path, next }).await?;
        if page.parameters.iter().any(|parameter| !path.is_of_account(parameter.value.arn())) {
            return unusable("is in another account or region than the session, which can load paths of its own alone");
        }
        documents.extend(page.parameters.into_iter().map(document));
        next = page.next;
        match next {
            None if documents.is_empty() => {
                return Err(Error::ValuesUnusable(vec![ValueProblem::PathEmpty { path: path.to_string() }]));
            }
            None => return Ok(documents),
            Some(_) => {}
        }
    }
    unusable("has more than 100 pages of parameters: name a longer path")
}

fn access<'a>(endpoint: &'a BaseUrl, region: &'a Region, caller: Caller<'a>) -> Access<'a> {
    let Caller { role, credentials, session_tags } = caller;
    Access { endpoint, region, role, credentials, session_tags }
}
