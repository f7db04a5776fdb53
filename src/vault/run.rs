//! The path of a run that reads from Vault.
//!
//! inputs → GitHub token → login → reads → values → export, and the token's end

use std::cell::RefCell;

use futures_util::future::{join, try_join};

use crate::call::client::Client;
use crate::call::together::{MAX_CALLS, eight_at_a_time};
use crate::error::Error;
use crate::error::problem::Problem;
use crate::export::{Export, Outcome};
use crate::github::job_token::JobToken;
use crate::host::http::{Host, Log};
use crate::inputs::vault::VaultInputs;
use crate::lines::vault::VaultPath;
use crate::run::{Run, planned, say_claims, say_loaded};
use crate::text::printable::printable;
use crate::text::table::Names;
use crate::vault::login::{VaultLogin, VaultToken};
use crate::vault::read::VaultRead;
use crate::vault::revoke::RevokeSelf;
use crate::vault::values::{Loaded, Reads, load};

/// Runs until the values are read and their export is planned; nothing has been written when it returns.
pub(crate) async fn run<H: Host>(host: &H, inputs: &VaultInputs) -> Result<Run, Error> {
    let client = &Client::new(host, inputs.timeout, None);
    if inputs.wants_nothing() {
        host.log(Log::Notice("No value was loaded: `vault-secrets` names none. Nothing was sent.".to_owned()));
        return finished(host, client, inputs, Outcome::default()).await;
    }
    trust(host, inputs)?;
    let token = log_in(host, client, inputs).await?;
    let reads = read(client, inputs, &token).await;
    let values = load(&inputs.lines, &reads, inputs.cluster.node().as_str());
    let is_loaded = values.is_ok();
    // The masks of many values take as long as an answer.
    let ((), ran) = join(end(host, client, inputs, &token, is_loaded, leased(&reads)), async {
        host.all_sent().await;
        let Loaded { values, notices } = values?;
        say_read(host, &reads);
        notices.into_iter().for_each(|notice| host.log(Log::Notice(notice)));
        say_loaded(host, &values);
        let vault_token = inputs.export_token.then(|| token.token.clone());
        finished(host, client, inputs, Outcome { values, vault_token, ..Outcome::default() }).await
    })
    .await;
    if ran.is_err() && is_loaded && inputs.export_token {
        // It was kept for later steps, which get nothing.
        end(host, client, inputs, &token, false, None).await;
    }
    ran
}

/// The certificate that Vault's connections are held to, in place of the ones that the machine trusts.
fn trust<H: Host>(host: &H, inputs: &VaultInputs) -> Result<(), Error> {
    let Some(pem) = &inputs.ca_certificate else { return Ok(()) };
    match inputs.cluster.nodes().all(|node| host.trust(node.origin(), pem)) {
        true => Ok(()),
        false => Err(Error::InvalidInput(vec![Problem {
            input: "vault-ca-certificate".to_owned(),
            message: "is not a certificate that OpenSSL can read".to_owned(),
        }])),
    }
}

async fn log_in<H: Host>(host: &H, client: &Client<'_, H>, inputs: &VaultInputs) -> Result<VaultToken, Error> {
    let VaultInputs { cluster, role, .. } = inputs;
    let origin = || cluster.node().origin();
    // In this order: the requests for the token and the keys have left when the connection is opened.
    let (job, ()) = try_join(JobToken::fetch(client, &inputs.token), async {
        host.connect_early(origin(), 1);
        Ok(())
    })
    .await?;
    say_claims(host, &job);
    // For the reads, while the login is under way.
    host.connect_early(origin(), paths(inputs).len().min(MAX_CALLS));
    let claims = &job.claims().clone();
    let login = VaultLogin { cluster, role, login: job.login(), claims };
    let token = client.call_prepared(&login, &|| Box::pin(job.renew())).await?;
    let VaultToken { seconds, policies, is_batch, .. } = &token;
    let kind = if *is_batch { ", a batch token" } else { "" };
    host.log(Log::Info(format!(
        "Logged in to {} as role {} for {seconds} seconds{kind} (policies {policies})",
        cluster.node(),
        printable(&role.name),
    )));
    Ok(token)
}

/// Each path once, whatever number of entries it has.
fn paths(inputs: &VaultInputs) -> Vec<&VaultPath> {
    let mut seen = Names::default();
    inputs.lines.iter().map(|line| &line.path).filter(|path| seen.add(path.encoded(), ())).collect()
}

async fn read<H: Host>(client: &Client<'_, H>, inputs: &VaultInputs, token: &VaultToken) -> Reads {
    let VaultInputs { cluster, role, .. } = inputs;
    let reads = RefCell::new(Reads::default());
    eight_at_a_time(paths(inputs), async |path| {
        let kept = client.call(&VaultRead { cluster, path, token, role }).await;
        reads.borrow_mut().set(path.encoded(), (path.clone(), kept));
    })
    .await;
    reads.into_inner()
}

/// The paths whose secrets end with the token, if there are any.
fn leased(reads: &Reads) -> Option<String> {
    let leased = reads.iter().filter(|(_, (_, kept))| kept.as_ref().is_ok_and(|kept| kept.is_leased));
    leased.map(|(_, (path, _))| path.shown()).reduce(|paths, path| format!("{paths}, {path}"))
}

/// Ends the token, where that is right: it is of no more use, and lives for minutes or hours. What later steps get keeps
/// it alive; after a failure they get nothing.
async fn end<H: Host>(
    host: &H,
    client: &Client<'_, H>,
    inputs: &VaultInputs,
    token: &VaultToken,
    is_loaded: bool,
    leased: Option<String>,
) {
    if token.is_batch || (inputs.export_token && is_loaded) {
        return;
    }
    if let (Some(paths), true) = (leased, is_loaded) {
        host.log(Log::Info(format!("The Vault token was not revoked: the secrets of {paths} would end with it.")));
        return;
    }
    if let Err(error) = client.call(&RevokeSelf { cluster: &inputs.cluster, token: &token.token }).await {
        let why = error.to_string();
        host.log(Log::Notice(format!(
            "The Vault token was not revoked, and ends in {} seconds: {why}.",
            token.seconds
        )));
    }
}

fn say_read<H: Host>(host: &H, reads: &Reads) {
    for (path, kept) in reads.iter().filter_map(|(_, (path, kept))| Some((path, kept.as_ref().ok()?))) {
        let version = kept.version.as_ref().map_or(String::new(), |version| format!(" (version {version})"));
        host.log(Log::Info(format!("Read {}{version}", path.shown())));
    }
}

async fn finished<H: Host>(
    host: &H,
    client: &Client<'_, H>,
    inputs: &VaultInputs,
    outcome: Outcome,
) -> Result<Run, Error> {
    let export = Export { options: &inputs.export, region: None, account: None, source: "Vault", outcome: &outcome };
    let plan = planned(host, client, export).await?;
    Ok(Run { goal: inputs.goal, account: None, outcome, plan })
}
