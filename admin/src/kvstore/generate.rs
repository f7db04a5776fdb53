//! Files made from `kvstore.json`: all of them, or none and why.

use serde::Serialize;
use serde_json::{Value, json};

use crate::kvstore::cloudformation;
use crate::kvstore::made::{Made, code, json_text};
use crate::kvstore::problem::Problem;
use crate::kvstore::proof::{Case, Proof, prove};
use crate::kvstore::published::{self, Published};
use crate::kvstore::reader::{Merged, Text, read};
use crate::kvstore::set_up::{SetUp, set_up};
use crate::kvstore::terraform;
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
    let (set_up, proof) = proved(&merged)?;
    let files = match target {
        Target::CloudFormation => cloudformation::stacks(&set_up),
        Target::Terraform => terraform::module(&set_up),
        Target::Matrix => vec![matrix(&proof), table(&set_up, &proof)],
        Target::Workflows => workflows(&set_up, &merged, &Published::of(&merged, released)?),
        Target::Wrapper => wrapper(&set_up, &merged, &Published::of(&merged, released)?),
    };
    Ok((files, proof))
}

fn proved(merged: &Merged) -> Result<(SetUp, Proof), Vec<Problem>> {
    let problems = published::problems(merged);
    let set_up = match set_up(merged) {
        Ok(set_up) if problems.is_empty() => set_up,
        Ok(_) => return Err(problems),
        Err(others) => return Err([problems, others].concat()),
    };
    let proof = prove(&set_up, merged)?;
    Ok((set_up, proof))
}

fn matrix(proof: &Proof) -> Made {
    let cases = proof.cases.iter().map(|case| json!(case)).collect();
    Made { path: "matrix.json".to_owned(), text: json_text(&json!({ "version": 1, "cases": Value::Array(cases) })) }
}

/// A page for people: who reads each store.
fn table(set_up: &SetUp, proof: &Proof) -> Made {
    let (allowed, denied) = proof.counts();
    let mut text = String::from("# Who reads what\n\n");
    text.push_str("Made by `env-kvstore generate matrix` from kvstore.json. Do not edit.\n\n");
    text.push_str(&format!(
        "The policies were asked {} questions: {allowed} are allowed, {denied} denied.\n\n",
        allowed + denied
    ));
    text.push_str("| store | role | jobs |\n|---|---|---|\n");
    for store in set_up.stores.keys() {
        for role in &set_up.roles {
            for grant in role.grants.iter().filter(|grant| grant.stores.contains(store)) {
                let claims =
                    grant.claims.iter().map(|(claim, values)| format!("{claim} {}", code(&values.join(" or "))));
                let events = format!("event_name {}", code(&role.events.join(" or ")));
                let wanted: Vec<_> = claims.filter(|claim| !claim.starts_with("event_name ")).chain([events]).collect();
                text.push_str(&format!("| {} | {} | {} |\n", code(store), code(&role.name), wanted.join("<br>")));
            }
        }
    }
    Made { path: "matrix.md".to_owned(), text }
}
