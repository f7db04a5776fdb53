//! The secrets and parameters that a run reads, each with what it is read for.

use std::collections::btree_map::{BTreeMap, Entry};

use crate::aws::secret_id::{Home, SecretId, SecretVersion};
use crate::aws::source::Source;
use crate::error::Error;
use crate::host::http::{Host, Log};
use crate::lines::secrets::SecretLine;
use crate::stores::StoreOptions;
use crate::stores::document::Document;
use crate::stores::naming::Store;
use crate::stores::resolve::{Lookup, Resolved, Value};
use crate::stores::settle::{Settled, settle};

/// What is to be read.
#[derive(Debug)]
pub struct Wanted {
    /// Which, in which version.
    pub source: Source,
    /// What for.
    pub origin: Origin,
}

/// What it is read for.
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
    /// Which, and what for.
    pub wanted: Wanted,
    /// What it holds, or why it could not be read: one document, or as many as a path has parameters.
    pub documents: Result<Vec<Document>, Error>,
}

/// Where in a list each source is.
#[derive(Default)]
struct Places(BTreeMap<Source, usize>);

impl Places {
    /// Whether it was not there yet; then this is its place.
    fn is_new(&mut self, source: &Source, place: usize) -> bool {
        match self.0.entry(source.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(place);
                true
            }
            Entry::Occupied(_) => false,
        }
    }
}

/// What is to be read, nothing twice: the stores first, then what the lines of `secrets` name.
pub(crate) fn wanted(stores: Vec<Store>, lines: &[SecretLine], home: Home<'_>) -> Vec<Wanted> {
    let of_store = |store: Store| Wanted {
        source: Source::Secret(SecretVersion::current(SecretId::by_name(&store.name, home))),
        origin: Origin::Store(store),
    };
    let mut wanted: Vec<_> = stores.into_iter().map(of_store).collect();
    let mut places = Places::default();
    wanted.iter().enumerate().for_each(|(place, wanted)| _ = places.is_new(&wanted.source, place));
    for source in lines.iter().map(|line| line.source(home)) {
        if places.is_new(&source, wanted.len()) {
            wanted.push(Wanted { source, origin: Origin::Lines });
        }
    }
    wanted
}

pub(crate) const NOT_READ: Error = Error::Internal("a secret was not read");

/// The values, or all that is wrong with what was read.
pub(crate) fn values<H: Host>(
    host: &H,
    options: &StoreOptions,
    home: Home<'_>,
    read: &[Read],
) -> Result<Vec<Value>, Error> {
    let of_store = |Read { wanted, documents }: &Read| match &wanted.origin {
        Origin::Store(store) => {
            let document = match documents {
                Ok(documents) => documents.first().cloned().ok_or(NOT_READ),
                Err(error) => Err(error.clone()),
            };
            Some((store.clone(), document))
        }
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
    let mut places = Places::default();
    read.iter().enumerate().for_each(|(place, read)| _ = places.is_new(&read.wanted.source, place));
    for line in lines {
        let place = places.0.get(&line.source(home));
        match place.and_then(|place| read.get(*place)).map(|read| &read.documents) {
            Some(Ok(found)) => documents.extend(found.iter().map(|document| (line, document))),
            Some(Err(error)) => unread.push(error.clone()),
            None => unread.push(NOT_READ),
        }
    }
    (documents, unread.into_iter().reduce(Error::and))
}

#[cfg(test)]
mod tests;
