//! Files made from `kvstore.json`: all of them, or none and why.

use serde::Serialize;
use serde_json::{Value, json};

use crate::kvstore::cloudformation;
use crate::kvstore::made::{Made, code, json_text};
use crate::kvstore::plan::{Plan, plan};
use crate::kvstore::problem::Problem;
use crate::kvstore::proof::{Case, Proof, prove, prove_on_vault};
use crate::kvstore::published::{self, Published};
use crate::kvstore::reader::{Merged, Text, read};
use crate::kvstore::set_up::{NOT_ON_AWS, Role, SetUp};
use crate::kvstore::terraform;
use crate::kvstore::vault_files;
use crate::kvstore::workflows::workflows;
use crate::kvstore::wrapper::wrapper;

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Stacks of CloudFormation.
    CloudFormation,
    /// A module of Terraform.
    Terraform,
    /// Every question that the proof asks, and its answer.
    Matrix,
    /// A workflow for each binding that shows that it works.
    Workflows,
    /// An action of the organization's own, with its ids built in.
    Wrapper,
    /// What Vault's own command line writes.
    Vault,
}

impl Target {
    /// As the command line names it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "cloudformation" => Some(Self::CloudFormation),
            "terraform" => Some(Self::Terraform),
            "matrix" => Some(Self::Matrix),
            "workflows" => Some(Self::Workflows),
            "wrapper" => Some(Self::Wrapper),
            "vault" => Some(Self::Vault),
            _ => None,
        }
    }
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Generated {
    /// None if anything is wrong.
    pub files: Vec<Made>,
    /// What is wrong with the file.
    pub problems: Vec<Problem>,
    /// What the policies answer otherwise than the file says.
    pub failed: Vec<Case>,
    /// How many questions the policies allow.
    pub allowed: usize,
    /// How many they deny.
    pub denied: usize,
}

/// Reads, works out and proves; makes files only if all of that holds. `released` is the action of this release, as
/// `kvstore.json` has it under `action`.
pub fn generate(texts: &[Text], target: Target, released: Option<&str>) -> Generated {
    match made(texts, target, released) {
        Err(problems) => Generated { problems, ..Generated::default() },
        Ok((files, proof)) => {
            let (allowed, denied) = proof.counts();
            let files = if proof.failed.is_empty() { files } else { vec![] };
            Generated { files, problems: vec![], failed: proof.failed, allowed, denied }
        }
    }
}

fn made(texts: &[Text], target: Target, released: Option<&str>) -> Result<(Vec<Made>, Proof), Vec<Problem>> {
    let merged = read(texts)?;
    let (plan, proof) = proved(&merged)?;
    let absent = |message: &str| vec![merged.problem(&Merged::at(""), message)];
    let aws = || plan.aws.as_ref().ok_or_else(|| absent(NOT_ON_AWS));
    let files = match target {
        Target::CloudFormation => cloudformation::stacks(aws()?),
        Target::Terraform => terraform::modules(&plan),
        Target::Matrix => vec![matrix(&proof), table(&plan, &proof)],
        Target::Workflows => workflows(&plan, &merged, &Published::of(&merged, released)?),
        Target::Wrapper => wrapper(aws()?, &merged, &Published::of(&merged, released)?),
        Target::Vault => match &plan.vault {
            Some(set_up) => vault_files::files(set_up),
            None => return Err(absent("`vault` is missing: where is Vault?")),
        },
    };
    Ok((files, proof))
}

fn proved(merged: &Merged) -> Result<(Plan, Proof), Vec<Problem>> {
    let problems = published::problems(merged);
    let plan = match plan(merged) {
        Ok(plan) if problems.is_empty() => plan,
        Ok(_) => return Err(problems),
        Err(others) => return Err([problems, others].concat()),
    };
    let proofs = [
        plan.aws.as_ref().map(|set_up| prove(set_up, merged)),
        plan.vault.as_ref().map(|set_up| prove_on_vault(set_up, merged)),
    ];
    let (mut whole, mut problems) = (Proof::default(), Vec::new());
    for proof in proofs.into_iter().flatten() {
        match proof {
            Ok(proof) => {
                whole.cases.extend(proof.cases);
                whole.failed.extend(proof.failed);
            }
            Err(others) => problems.extend(others),
        }
    }
    if problems.is_empty() { Ok((plan, whole)) } else { Err(problems) }
}

fn matrix(proof: &Proof) -> Made {
    let cases = proof.cases.iter().map(|case| json!(case)).collect();
    Made { path: "matrix.json".to_owned(), text: json_text(&json!({ "version": 1, "cases": Value::Array(cases) })) }
}

/// A page for people: who reads each store.
fn table(plan: &Plan, proof: &Proof) -> Made {
    let (allowed, denied) = proof.counts();
    let mut text = String::from("# Who reads what\n\n");
    text.push_str("Made by `env-kvstore generate matrix` from kvstore.json. Do not edit.\n\n");
    text.push_str(&format!(
        "The policies were asked {} questions: {allowed} are allowed, {denied} denied.\n\n",
        allowed + denied
    ));
    if let Some(SetUp { stores, roles, .. }) = &plan.aws {
        rows(&mut text, "role", stores.keys(), roles);
    }
    if let Some(set_up) = &plan.vault {
        if plan.aws.is_some() {
            text.push_str(&format!("\n## On Vault, in {}\n\n", code(&set_up.mount)));
        }
        rows(&mut text, "Vault role", set_up.stores.iter(), &set_up.roles);
    }
    Made { path: "matrix.md".to_owned(), text }
}

fn rows<'s>(text: &mut String, kind: &str, stores: impl Iterator<Item = &'s String>, roles: &[Role]) {
    text.push_str(&format!("| store | {kind} | jobs |\n|---|---|---|\n"));
    for store in stores {
        for role in roles {
            for grant in role.grants.iter().filter(|grant| grant.stores.contains(store)) {
                let claims =
                    grant.claims.iter().map(|(claim, values)| format!("{claim} {}", code(&values.join(" or "))));
                let events = format!("event_name {}", code(&role.events.join(" or ")));
                let wanted: Vec<_> = claims.filter(|claim| !claim.starts_with("event_name ")).chain([events]).collect();
                text.push_str(&format!("| {} | {} | {} |\n", code(store), code(&role.name), wanted.join("<br>")));
            }
        }
    }
}
