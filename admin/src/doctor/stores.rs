//! The last leg: may the session read the stores?

use env_kvstore::aws::names::RoleArn;
use env_kvstore::aws::secret_id::{SecretId, SecretVersion};
use env_kvstore::aws::secrets_manager::{Access, GetSecretValue};
use env_kvstore::aws::session::Session;
use env_kvstore::aws::source::Source;
use env_kvstore::call::client::Client;
use env_kvstore::error::Error;
use env_kvstore::github::claims::Claims;
use env_kvstore::host::http::Host;
use env_kvstore::inputs::Inputs;
use env_kvstore::lines::values::Kind;
use env_kvstore::stores::naming::{Store, Stores, stores_of};
use env_kvstore::text::spelling::Spelling;
use futures_util::stream::{StreamExt, iter};

use crate::doctor::legs::{Ended, Found, Legs, milliseconds};
use crate::doctor::probe::{Probe, Purpose, finding, of_no_version, outcome, verdict};
use crate::doctor::report::{StoreSeen, Trouble};
use crate::doctor::session::{Opened, chained};

/// As many at a time as in a run.
const MAX_CALLS: usize = 8;

/// Goes the second role's leg, if there is one, and the stores'. Without claims only the lines of `secrets` name any.
pub(crate) async fn reach<H: Host>(
    legs: &mut Legs<'_, H>,
    host: &H,
    client: &Client<'_, H>,
    inputs: &Inputs,
    claims: Option<&Claims>,
    first: Opened,
) -> Result<(), Ended> {
    let nobody = Claims::default();
    let Opened { session, tags } = match &inputs.session.chain {
        None => first,
        Some(chain) => {
            let claims = claims.unwrap_or(&nobody);
            legs.go("chain", chained(client, inputs, chain, claims, &first)).await?
        }
    };
    let (role, tags) = (inputs.session.session_role(), tags.as_ref().map(|tags| tags.pairs.as_slice()));
    if names_stores(inputs, claims.is_some()) {
        ask(legs, host, client, &Asking { inputs, claims, role, session: &session, tags }).await?;
    }
    Ok(())
}

/// Whether there is any secret to ask for.
pub(crate) fn names_stores(inputs: &Inputs, has_claims: bool) -> bool {
    has_claims || !inputs.stores.secrets.is_empty()
}

/// Who asks.
struct Asking<'a> {
    inputs: &'a Inputs,
    /// What names the stores; none asks for the lines of `secrets` alone.
    claims: Option<&'a Claims>,
    role: Option<&'a RoleArn>,
    session: &'a Session,
    tags: Option<&'a [(String, String)]>,
}

/// A secret to ask for.
struct Target {
    secret: SecretVersion,
    purpose: Purpose,
}

/// Asks for each, and says which of the answers keep the job from its values.
async fn ask<H: Host>(
    legs: &mut Legs<'_, H>,
    host: &H,
    client: &Client<'_, H>,
    asking: &Asking<'_>,
) -> Result<(), Ended> {
    let began = host.monotonic();
    let spelling = legs.spelling();
    let (targets, warning) = match targets(asking) {
        Ok(found) => found,
        Err(error) => {
            legs.failed("stores", Some(0.0), Trouble::of(&error, spelling));
            return Err(Ended);
        }
    };
    let asked = iter(&targets).map(|target| async {
        let began = host.monotonic();
        let answered = outcome(probe(client, asking, &target.secret).await);
        (answered, milliseconds(host.monotonic().saturating_sub(began)))
    });
    let answers: Vec<_> = asked.buffered(MAX_CALLS).collect().await;
    let took = milliseconds(host.monotonic().saturating_sub(began));

    let options = &asking.inputs.stores;
    let kinds = options.kinds();
    let needed = (!options.is_empty()).then_some(kinds.as_slice());
    let outcomes: Vec<_> =
        targets.iter().zip(&answers).map(|(target, (answer, _))| (target.purpose, answer.clone())).collect();
    let matters = verdict(&outcomes, needed, options.environment_store);
    let mut error: Option<Error> = None;
    for ((_, outcome), matters) in outcomes.iter().zip(&matters) {
        if let (Err(one), true) = (outcome, matters) {
            error = Some(error.map_or(one.clone(), |known| known.and(one.clone())));
        }
    }
    let readable = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    legs.stores = targets
        .iter()
        .zip(answers)
        .zip(matters)
        .map(|((target, answer), matters)| target.seen(answer, matters, spelling))
        .collect();
    match error {
        Some(error) => {
            legs.failed("stores", Some(took), Trouble::of(&error, spelling));
            Err(Ended)
        }
        None => {
            let said = format!("{readable} of {} can be read; no value was read, and none decrypted", targets.len());
            let said = warning.map_or(said.clone(), |warning| format!("{said}. {warning}"));
            let said = match options.secrets.iter().filter(|line| line.is_parameter()).count() {
                0 => said,
                count => format!("{said}. Not asked for: {count} of the lines of `secrets`, which name parameters"),
            };
            legs.ok("stores", Some(took), Found::new(said).with("readable", readable));
            Ok(())
        }
    }
}

fn targets(asking: &Asking<'_>) -> Result<(Vec<Target>, Option<String>), Error> {
    let options = &asking.inputs.stores;
    let home = options.home(asking.role);
    let kinds = if options.is_empty() { vec![Kind::Secret, Kind::Variable] } else { options.kinds() };
    let named = match asking.claims {
        Some(claims) => stores_of(claims, options.namespace.as_ref(), &kinds, options.environment_store)?,
        None => Stores::default(),
    };
    let of_store = |Store { scope, kind, name }: Store| Target {
        secret: of_no_version(SecretVersion::current(SecretId::by_name(&name, home))),
        purpose: Purpose::Store(scope, kind),
    };
    let mut targets: Vec<_> = named.stores.into_iter().map(of_store).collect();
    for line in &options.secrets {
        // A parameter cannot be asked for without its value: by a label that it does not have it looks as if it did not exist.
        let Source::Secret(wanted) = line.source(home) else { continue };
        let secret = of_no_version(wanted);
        if !targets.iter().any(|known| known.secret == secret) {
            targets.push(Target { secret, purpose: Purpose::Line });
        }
    }
    Ok((targets, named.warning))
}

async fn probe<H: Host>(client: &Client<'_, H>, asking: &Asking<'_>, wanted: &SecretVersion) -> Result<(), Error> {
    let region = &wanted.secret.region;
    let access = &Access {
        endpoint: &asking.inputs.stores.backend.secrets_manager.of(region),
        region,
        role: asking.role,
        credentials: &asking.session.credentials,
        session_tags: asking.tags,
    };
    client.call(&Probe(GetSecretValue { access, wanted })).await
}

impl Target {
    fn seen(&self, (answered, ms): (Result<(), Error>, f64), matters: bool, spelling: Spelling) -> StoreSeen {
        let (kind, level) = match self.purpose {
            Purpose::Store(scope, kind) => (Some(kind.name()), Some(scope.name())),
            Purpose::Line => (None, None),
        };
        let SecretId { name, region, .. } = &self.secret.secret;
        StoreSeen {
            name: name.clone(),
            region: region.to_string(),
            kind,
            level,
            finding: finding(&answered),
            matters,
            ms,
            problem: answered.err().map(|error| Trouble::of(&error, spelling)),
        }
    }
}
