//! Which secrets, and what of them is taken.

use crate::aws::endpoints::Service;
use crate::aws::names::{AccountId, Region, RoleArn};
use crate::aws::secret_id::{Home, NamePart};
use crate::host::url::BaseUrl;
use crate::lines::secrets::SecretLine;
use crate::lines::values::{Kind, ValueLine};
use crate::stores::backend::Backend;
use crate::stores::naming::EnvironmentStore;

pub mod backend;
pub mod change;
pub mod denied;
pub mod document;
pub mod fetch;
pub mod naming;
pub mod resolve;
pub mod settle;
pub mod wanted;

/// Which values are loaded, and where they are.
#[derive(Debug)]
pub struct StoreOptions {
    /// `values`, if values are what the run is for
    pub values: Vec<ValueLine>,
    /// `secrets`, likewise
    pub secrets: Vec<SecretLine>,
    /// `namespace`, or else `github-enterprise-name`; none means the claims give it
    pub namespace: Option<NamePart>,
    /// `environment-store`
    pub environment_store: EnvironmentStore,
    /// `secrets-manager-account-id`, `aws-account-id`, or that of the role that reads
    pub account: Option<AccountId>,
    /// `secrets-manager-region`, or `aws-region`
    pub region: Region,
    /// The services that keep them.
    pub backend: Backend,
}

impl StoreOptions {
    /// Whether no value is asked for.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.secrets.is_empty()
    }

    /// The kinds of store that `values` needs.
    pub fn kinds(&self) -> Vec<Kind> {
        let needed = |kind: &Kind| self.values.iter().any(|line| line.kind() == *kind);
        [Kind::Secret, Kind::Variable].into_iter().filter(needed).collect()
    }

    /// Where stores, and secrets without an ARN, are for a session of `role`.
    pub fn home<'a>(&'a self, role: Option<&'a RoleArn>) -> Home<'a> {
        Home { region: &self.region, account: self.account.as_ref(), role }
    }

    /// Where something is read: an endpoint for each service and region.
    pub fn endpoints(&self) -> Vec<BaseUrl> {
        let mut places = Vec::new();
        if !self.values.is_empty() {
            places.push((Service::SecretsManager, &self.region));
        }
        for (service, region) in self.secrets.iter().map(SecretLine::place) {
            let place = (service, region.unwrap_or(&self.region));
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places.iter().map(|(service, region)| self.backend.endpoint(*service, region)).collect()
    }
}
