//! What every run comes to and says, wherever its values are from.

use crate::aws::names::AccountId;
use crate::call::client::Client;
use crate::error::Error;
use crate::export::{Export, ExportPlan, Outcome};
use crate::github::job_token::JobToken;
use crate::host::http::{Host, Log};
use crate::inputs::Goal;
use crate::stores::resolve::Value;

/// A run that reached its goal.
#[derive(Debug)]
pub struct Run {
    /// What it was for.
    pub goal: Goal,
    /// The account of the role that read, if one did.
    pub account: Option<AccountId>,
    /// What came of it.
    pub outcome: Outcome,
    /// What is to be written.
    pub plan: ExportPlan,
}

/// The plan, once its warnings are said.
pub(crate) async fn planned<H: Host>(
    host: &H,
    client: &Client<'_, H>,
    export: Export<'_>,
) -> Result<ExportPlan, Error> {
    let (plan, warnings) = export.plan(async || client.give_way().await).await?;
    warnings.into_iter().for_each(|warning| host.log(Log::Warning(warning)));
    Ok(plan)
}

pub(crate) fn say_loaded<H: Host>(host: &H, values: &[Value]) {
    let count = match values.len() {
        1 => "1 value".to_owned(),
        count => format!("{count} values"),
    };
    host.log(Log::Group(format!("{count} loaded"), values.iter().map(Value::origin).collect()));
}

pub(crate) fn say_claims<H: Host>(host: &H, job: &JobToken<'_, H>) {
    host.log(Log::Group("Claims of the GitHub token".to_owned(), job.claims().lines()));
}
