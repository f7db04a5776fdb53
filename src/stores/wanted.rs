//! The secrets that a run reads.

use crate::aws::secret_id::{SecretId, SecretVersion};
use crate::error::Error;
use crate::host::http::{Host, Log};
use crate::inputs::Inputs;
use crate::lines::secrets::SecretLine;
use crate::stores::document::Document;
use crate::stores::naming::Store;
use crate::stores::resolve::{Request, Resolved, Value};
use crate::stores::settle::{Settled, settle};
use crate::text::secret_value::SecretValue;

/// The secrets to be read, none twice: the stores first, then what the lines of `secrets` name.
pub(crate) struct Wanted {
    pub(crate) secrets: Vec<SecretVersion>,
    /// For each line its place.
    places: Vec<usize>,
}

impl Wanted {
    pub(crate) fn new(inputs: &Inputs, stores: &[Store]) -> Self {
        let home = inputs.home();
        let store = |store: &Store| SecretVersion::current(SecretId::by_name(&store.name, home));
        let mut secrets: Vec<_> = stores.iter().map(store).collect();
        let mut places = Vec::new();
        for line in &inputs.secrets {
            let wanted = line.wanted(home);
            let known = secrets.iter().position(|secret| *secret == wanted);
            places.push(known.unwrap_or(secrets.len()));
            if known.is_none() {
                secrets.push(wanted);
            }
        }
        Self { secrets, places }
    }

    pub(crate) fn documents(&self, outcomes: Vec<Result<SecretValue, Error>>) -> Vec<Result<Document, Error>> {
        let name = |wanted: &SecretVersion| wanted.secret.name.clone();
        let document = |(wanted, outcome): (&SecretVersion, Result<SecretValue, Error>)| {
            outcome.map(|value| Document::new(name(wanted), value))
        };
        self.secrets.iter().zip(outcomes).map(document).collect()
    }

    /// The lines with their secrets, as far as these were read, and why the others were not.
    fn lines<'a>(
        &self,
        lines: &'a [SecretLine],
        read: &'a [Result<Document, Error>],
    ) -> (Vec<(&'a SecretLine, &'a Document)>, Option<Error>) {
        let of_lines = || lines.iter().zip(&self.places).filter_map(|(line, place)| Some((line, read.get(*place)?)));
        let documents = of_lines().filter_map(|(line, outcome)| Some((line, outcome.as_ref().ok()?))).collect();
        let unread = of_lines().filter_map(|(_, outcome)| outcome.as_ref().err().cloned()).reduce(Error::and);
        (documents, unread)
    }
}

/// The values, or all that is wrong with what was read.
pub(crate) fn values<H: Host>(
    host: &H,
    inputs: &Inputs,
    stores: Vec<Store>,
    wanted: &Wanted,
    read: &[Result<Document, Error>],
) -> Result<Vec<Value>, Error> {
    let of_stores = stores.into_iter().zip(read.iter().cloned()).collect();
    let layers = settle(of_stores, inputs.environment_store).map(|Settled { layers, warnings }| {
        warnings.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
        layers
    });
    let (secrets, unread) = wanted.lines(&inputs.secrets, read);
    let request = |layers: &[_]| {
        Request { lines: &inputs.values, layers, secret_lines: &inputs.secrets, secrets: &secrets }.resolve()
    };
    let resolved = layers.and_then(|layers| request(&layers)).map(|Resolved { values, notices }| {
        notices.into_iter().for_each(|notice| host.log(Log::Notice(notice)));
        values
    });
    match (resolved, unread) {
        (values, None) => values,
        (Ok(_), Some(unread)) => Err(unread),
        (Err(error), Some(unread)) => Err(error.and(unread)),
    }
}
