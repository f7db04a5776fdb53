//! The environment variables that every AWS tool honours.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>

use serde::Deserialize;

use crate::aws::endpoints::{Endpoints, Service};
use crate::host::url::BaseUrl;
use crate::text::secret::Secret;
use crate::text::table::Table;

/// The settings that every AWS tool reads from the environment, as the host found them.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct AwsEnvironment(Table<Secret>);

impl AwsEnvironment {
    const OF_NO_SERVICE: [&'static str; 10] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_MAX_ATTEMPTS",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT",
    ];

    /// The variables that the core reads; a host gives these and no others.
    pub fn variables() -> impl Iterator<Item = &'static str> {
        Self::OF_NO_SERVICE.into_iter().chain(Service::ALL.map(Service::endpoint_variable))
    }

    /// The value of a variable; an empty one counts as absent.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.secret().trim()).filter(|value| !value.is_empty())
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        Self(variables.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect())
    }

    fn is_true(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Where a service is: by `AWS_ENDPOINT_URL_...`, else `AWS_ENDPOINT_URL`, else a public endpoint of the kind that the
    /// environment wants.
    ///
    /// An error names the variable and what is wrong with it.
    pub fn endpoints(&self, service: Service) -> Result<Endpoints, (&'static str, &'static str)> {
        let configured = self.configured_endpoint(service)?;
        let (fips, dual_stack) = (self.is_true("AWS_USE_FIPS_ENDPOINT"), self.is_true("AWS_USE_DUALSTACK_ENDPOINT"));
        Ok(Endpoints { service, configured, fips, dual_stack })
    }

    fn configured_endpoint(&self, service: Service) -> Result<Option<BaseUrl>, (&'static str, &'static str)> {
        if self.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return Ok(None);
        }
        let variables = [service.endpoint_variable(), "AWS_ENDPOINT_URL"];
        match variables.into_iter().find_map(|variable| Some((variable, self.value(variable)?))) {
            Some((variable, url)) => BaseUrl::parse(url).map(Some).map_err(|problem| (variable, problem)),
            None => Ok(None),
        }
    }
}
