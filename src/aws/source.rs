//! What values are read from, in either of AWS's services that keep them.

use crate::aws::endpoints::Service;
use crate::aws::names::Region;
use crate::aws::parameter_id::Parameters;
use crate::aws::secret_id::SecretVersion;

/// What values are read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A secret of Secrets Manager.
    Secret(SecretVersion),
    /// A parameter of Parameter Store, or all below a path.
    Parameters(Parameters),
}

impl Source {
    /// The service that keeps it.
    pub fn service(&self) -> Service {
        match self {
            Self::Secret(_) => Service::SecretsManager,
            Self::Parameters(_) => Service::Ssm,
        }
    }

    /// Where it is.
    pub fn region(&self) -> &Region {
        match self {
            Self::Secret(wanted) => &wanted.secret.region,
            Self::Parameters(parameters) => parameters.id().region(),
        }
    }
}
