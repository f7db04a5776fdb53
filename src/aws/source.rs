//! What values are read from, in either of AWS's services that keep them.

use crate::aws::endpoints::Service;
use crate::aws::names::Region;
use crate::aws::parameter_id::{ParameterPath, ParameterVersion};
use crate::aws::secret_id::SecretVersion;

/// What values are read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A secret of Secrets Manager.
    Secret(SecretVersion),
    /// A parameter of Parameter Store.
    Parameter(ParameterVersion),
    /// All parameters below a path.
    Path(ParameterPath),
}

impl Source {
    /// The service that keeps it.
    pub fn service(&self) -> Service {
        match self {
            Self::Secret(_) => Service::SecretsManager,
            Self::Parameter(_) | Self::Path(_) => Service::Ssm,
        }
    }

    /// Where it is.
    pub fn region(&self) -> &Region {
        match self {
            Self::Secret(wanted) => &wanted.secret.region,
            Self::Parameter(wanted) => wanted.parameter.region(),
            Self::Path(path) => path.id().region(),
        }
    }
}
