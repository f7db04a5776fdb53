//! The secrets that a run reads, each with what it is read for.

use crate::aws::names::Region;
use crate::aws::secret_id::{SecretId, SecretVersion};
use crate::error::Error;
use crate::host::http::{Host, Log};
use crate::inputs::Inputs;
use crate::lines::secrets::SecretLine;
use crate::stores::document::Document;
use crate::stores::naming::Store;
use crate::stores::resolve::{Lookup, Resolved, Value};
use crate::stores::settle::{Settled, settle};

/// A secret to be read.
#[derive(Debug)]
pub struct Wanted {
    /// Which, in which version.
    pub secret: SecretVersion,
    /// What for.
    pub origin: Origin,
}

impl Wanted {
    /// Where it is.
    pub fn region(&self) -> &Region {
        &self.secret.secret.region
    }
}

/// What a secret is read for.
#[derive(Debug)]
pub enum Origin {
    /// It is a store of the job; lines of `secrets` may name it too.
    Store(Store),
    /// Lines of `secrets` name it.
    Lines,
}

/// What came of a [`Wanted`].
#[derive(Debug)]
pub struct Read {
    /// Which secret, and what for.
    pub wanted: Wanted,
    /// What it holds, or why it could not be read.
    pub document: Result<Document, Error>,
}

/// The secrets to be read, none twice: the stores first, then what the lines of `secrets` name.
pub(crate) fn wanted(inputs: &Inputs, stores: Vec<Store>) -> Vec<Wanted> {
    let home = inputs.home();
    let of_store = |store: Store| Wanted {
        secret: SecretVersion::current(SecretId::by_name(&store.name, home)),
        origin: Origin::Store(store),
    };
    let mut wanted: Vec<_> = stores.into_iter().map(of_store).collect();
    for secret in inputs.secrets.iter().map(|line| line.wanted(home)) {
        if !wanted.iter().any(|known| known.secret == secret) {
            wanted.push(Wanted { secret, origin: Origin::Lines });
        }
    }
    wanted
}

/// The values, or all that is wrong with what was read.
pub(crate) fn values<H: Host>(host: &H, inputs: &Inputs, read: &[Read]) -> Result<Vec<Value>, Error> {
    let of_store = |Read { wanted, document }: &Read| match &wanted.origin {
        Origin::Store(store) => Some((store.clone(), document.clone())),
        Origin::Lines => None,
    };
    let of_stores = read.iter().filter_map(of_store).collect();
    let layers = settle(of_stores, inputs.environment_store).map(|Settled { layers, warnings }| {
        warnings.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
        layers
    });
    let (secrets, unread) = of_lines(inputs, read);
    let resolve = |layers: &[_]| {
        Lookup { lines: &inputs.values, layers, secret_lines: &inputs.secrets, secrets: &secrets }.resolve()
    };
    let resolved = layers.and_then(|layers| resolve(&layers)).map(|Resolved { values, notices }| {
        notices.into_iter().for_each(|notice| host.log(Log::Notice(notice)));
        values
    });
    match (resolved, unread) {
        (values, None) => values,
        (Ok(_), Some(unread)) => Err(unread),
        (Err(error), Some(unread)) => Err(error.and(unread)),
    }
}

/// The lines with their secrets, as far as these were read, and why the others were not.
fn of_lines<'a>(inputs: &'a Inputs, read: &'a [Read]) -> (Vec<(&'a SecretLine, &'a Document)>, Option<Error>) {
    let home = inputs.home();
    let (mut documents, mut unread) = (Vec::new(), Vec::new());
    for line in &inputs.secrets {
        let secret = line.wanted(home);
        match read.iter().find(|read| read.wanted.secret == secret).map(|read| &read.document) {
            Some(Ok(document)) => documents.push((line, document)),
            Some(Err(error)) => unread.push(error.clone()),
            None => unread.push(Error::Internal("a secret was not read")),
        }
    }
    (documents, unread.into_iter().reduce(Error::and))
}
