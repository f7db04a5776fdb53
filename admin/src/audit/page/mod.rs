//! The audit as one HTML file that loads nothing: complete without its script, which adds the search and the reasons of cells.
//!
//! ```text
//! report → view (what is shown, escaped by the template) + data (what the script shows, as text) → page.html, page.css, page.js
//! ```

mod data;
mod embedded;
mod shown;
mod view;

use askama::Template;

use crate::audit::page::data::Data;
use crate::audit::page::embedded::{content_security_policy, json_in_script};
use crate::audit::page::shown::Shown;
use crate::audit::page::view::{Count, Difference, Group, MARKS, Mark, Repository, Role, StoreRow};
use crate::audit::report::Report;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// With more repositories than this they are closed at first, and the list of stores too.
const SMALL: usize = 12;

#[derive(Template)]
#[template(path = "audit/page/page.html")]
struct Page<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    data: String,
    account: Shown,
    /// The file or folder of the rules.
    rules: Shown,
    version: &'a str,
    counts: Vec<Count>,
    groups: Vec<Group>,
    marks: [&'static Mark; 4],
    is_small: bool,
    repositories: Vec<Repository>,
    stores: Vec<StoreRow>,
    roles: Vec<Role>,
    differences: Option<Vec<Difference>>,
    not_evaluated: Vec<Shown>,
}

/// `rules` is the file or folder that the rules come from, `version` that of this program.
pub fn page(report: &Report, rules: &str, version: &str) -> Result<String, askama::Error> {
    let mut data = Data::new(report);
    let repositories: Vec<_> = report.repositories.iter().map(|one| Repository::new(one, &mut data)).collect();
    let groups = Group::all(&report.findings);
    let page = Page {
        policy: content_security_policy(STYLE, SCRIPT),
        style: STYLE,
        script: SCRIPT,
        data: json_in_script(&serde_json::to_string(&data.finish()).map_err(|_| askama::Error::Fmt)?),
        account: Shown::of(&report.account),
        rules: Shown::of(rules),
        version,
        counts: Count::all(report),
        stores: StoreRow::all(&report.stores, &groups),
        groups,
        marks: MARKS,
        is_small: repositories.len() <= SMALL,
        repositories,
        roles: report.roles.iter().map(Role::new).collect(),
        differences: report.differences.as_ref().map(|all| all.iter().map(Difference::new).collect()),
        not_evaluated: report.not_evaluated.iter().map(|what| Shown::of(what)).collect(),
    };
    page.render()
}
