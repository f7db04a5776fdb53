//! The secrets that a run reads, each with what it is read for.

use crate::aws::names::Region;
use crate::aws::secret_id::{Home, SecretId, SecretVersion};
use crate::error::Error;
use crate::host::http::{Host, Log};
use crate::lines::secrets::SecretLine;
use crate::stores::StoreOptions;
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
pub(crate) fn wanted(stores: Vec<Store>, lines: &[SecretLine], home: Home<'_>) -> Vec<Wanted> {
    let of_store = |store: Store| Wanted {
        secret: SecretVersion::current(SecretId::by_name(&store.name, home)),
        origin: Origin::Store(store),
    };
    let mut wanted: Vec<_> = stores.into_iter().map(of_store).collect();
    for secret in lines.iter().map(|line| line.wanted(home)) {
        if !wanted.iter().any(|known| known.secret == secret) {
            wanted.push(Wanted { secret, origin: Origin::Lines });
        }
    }
    wanted
}

/// The values, or all that is wrong with what was read.
pub(crate) fn values<H: Host>(
    host: &H,
    options: &StoreOptions,
    home: Home<'_>,
    read: &[Read],
) -> Result<Vec<Value>, Error> {
    let of_store = |Read { wanted, document }: &Read| match &wanted.origin {
        Origin::Store(store) => Some((store.clone(), document.clone())),
        Origin::Lines => None,
    };
    let of_stores = read.iter().filter_map(of_store).collect();
    let layers = settle(of_stores, options.environment_store).map(|Settled { layers, warnings }| {
        warnings.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
        layers
    });
    let (secrets, unread) = of_lines(&options.secrets, home, read);
    let resolve = |layers: &[_]| {
        Lookup { lines: &options.values, layers, secret_lines: &options.secrets, secrets: &secrets }.resolve()
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
fn of_lines<'a>(
    lines: &'a [SecretLine],
    home: Home<'_>,
    read: &'a [Read],
) -> (Vec<(&'a SecretLine, &'a Document)>, Option<Error>) {
    let (mut documents, mut unread) = (Vec::new(), Vec::new());
    for line in lines {
        let secret = line.wanted(home);
        match read.iter().find(|read| read.wanted.secret == secret).map(|read| &read.document) {
            Some(Ok(document)) => documents.push((line, document)),
            Some(Err(error)) => unread.push(error.clone()),
            None => unread.push(Error::Internal("a secret was not read")),
        }
    }
    (documents, unread.into_iter().reduce(Error::and))
}
