//! The two services of AWS that keep values, and the calls that read them. What is read, and in which order, is for the rest
//! of `stores/`.

use crate::aws::endpoints::{Endpoints, Service};
use crate::aws::names::{Region, RoleArn};
use crate::aws::parameter_id::{ParameterId, ParameterVersion, Parameters};
use crate::aws::secrets_manager::{Access, BatchGetSecretValue, GetSecretValue};
use crate::aws::sigv4::Credentials;
use crate::aws::source::Source;
use crate::aws::ssm::{Asked, Page, Parameter, ReadParameters};
use crate::call::apart::apart;
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
            Source::Parameters(Parameters::One(wanted)) => {
                apart(read_parameter(client, access, wanted, source, told)).await
            }
            Source::Parameters(Parameters::Below(path)) => apart(read_path(client, access, path)).await,
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
            Service::Ssm => apart(read_parameters(client, access, sources)).await,
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
        Source::Parameters(_) => None,
    };
    let secrets: Vec<_> = sources.iter().filter_map(of_secret).collect();
    let found = client.call(&BatchGetSecretValue { access, secrets: secrets.iter().collect() }).await?;
    let named = secrets.into_iter().zip(found);
    Ok(named.map(|(secret, found)| found.map(|found| found.map(|value| Document::new(secret.name, value)))).collect())
}

/// The one place that asks Parameter Store, for a parameter, for ten and for a page: each such place is code of its own in the
/// wasm.
async fn ask<H: Host>(client: &Client<'_, H>, access: &Access<'_>, asked: Asked<'_>) -> Result<Page, Error> {
    client.call(&ReadParameters { access, asked }).await
}

async fn read_parameters<H: Host>(
    client: &Client<'_, H>,
    access: &Access<'_>,
    sources: &[&Source],
) -> Result<Batch, Error> {
    let of_parameter = |source: &&Source| match *source {
        Source::Parameters(Parameters::One(wanted)) => Some(wanted.clone()),
        _ => None,
    };
    let wanted: Vec<_> = sources.iter().filter_map(of_parameter).collect();
    let page = apart(ask(client, access, Asked::Named(wanted.iter().collect()))).await?;
    let own = access.role.map(RoleArn::account);
    Ok(wanted.iter().map(|wanted| page.outcome(wanted, own).map(|found| found.map(document))).collect())
}

async fn read_parameter<H: Host>(
    client: &Client<'_, H>,
    access: &Access<'_>,
    wanted: &ParameterVersion,
    source: &Source,
    told: Option<Answer>,
) -> Fetched {
    let outcome = match told {
        Some(answer) => Some(Err(answer)),
        None => read_parameters(client, access, &[source]).await?.pop().flatten(),
    };
    parameter_of(access, wanted, outcome).map(|document| vec![document])
}

/// What an outcome means for a parameter that was asked for by itself, or listed as invalid beside others.
fn parameter_of(
    access: &Access<'_>,
    wanted: &ParameterVersion,
    outcome: Option<Result<Document, Answer>>,
) -> Result<Document, Error> {
    let operation = ReadParameters { access, asked: Asked::Named(vec![wanted]) };
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
async fn read_path<H: Host>(client: &Client<'_, H>, access: &Access<'_>, path: &ParameterId) -> Fetched {
    let mut documents = Vec::new();
    let mut next = None;
    for _ in 0..MAX_PAGES {
        let page = apart(ask(client, access, Asked::Below(path, next))).await?;
        if page.parameters.iter().any(|parameter| !path.is_beside(parameter.value.arn())) {
            return Err(unusable(
                path,
                "is in another account or region than the session, which can load paths of its own alone",
            ));
        }
        documents.extend(page.parameters.into_iter().map(document));
        next = page.next;
        if next.is_none() {
            return if documents.is_empty() { Err(unusable(path, "")) } else { Ok(documents) };
        }
    }
    Err(unusable(path, "has more than 100 pages of parameters: name a longer path"))
}

/// Why a path gives nothing; an empty problem is that nothing is below it.
fn unusable(path: &ParameterId, problem: &'static str) -> Error {
    let path = Parameters::Below(path.clone()).to_string();
    Error::ValuesUnusable(vec![match problem {
        "" => ValueProblem::PathEmpty { path },
        _ => ValueProblem::ValueUnusable { variable: "*".to_owned(), key: String::new(), store: path, problem },
    }])
}

fn access<'a>(endpoint: &'a BaseUrl, region: &'a Region, caller: Caller<'a>) -> Access<'a> {
    let Caller { role, credentials, session_tags } = caller;
    Access { endpoint, region, role, credentials, session_tags }
}
