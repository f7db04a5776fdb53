//! An action of the organization's own: the ids are built in, the action is pinned once, and a caller names its values alone.

use crate::kvstore::made::{Made, code};
use crate::kvstore::published::Published;
use crate::kvstore::reader::Merged;
use crate::kvstore::set_up::SetUp;
use crate::kvstore::workflows::identity_lines;
use crate::kvstore::yaml::{inert, scalar};

/// What callers may say, beside the role; the descriptions are those of `action.yml`.
const INPUTS: [(&str, &str); 9] = [
    ("values", "What to load from the stores, one value per line: `ENV_VAR,secret|variable[,KEY[,optional]]`."),
    (
        "secrets",
        "Secrets outside the naming convention, one per line: `ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]]`.",
    ),
    ("environment-store", "What to do if the job's environment has no store."),
    ("export-env", "Whether later steps get the values as environment variables."),
    ("export-outputs", "Whether the values become outputs of this step, under the names of their variables."),
    ("export-aws-credentials", "Where to put the session's credentials for later steps."),
    ("role-duration-seconds", "Lifetime of the session's credentials, in seconds."),
    ("min-mask-length", "Lines of a multi-line secret with fewer characters get no mask of their own."),
    ("timeout-seconds", "Time limit for all requests and retries together, in seconds."),
];

/// The outputs of `action.yml`.
const OUTPUTS: [(&str, &str); 3] = [
    ("aws-account-id", "Account of the role."),
    ("role-session-name", "Name of the role session, as CloudTrail shows it."),
    ("values-loaded", "How many values were loaded."),
];

/// The action and its page.
pub(crate) fn wrapper(set_up: &SetUp, merged: &Merged, published: &Published) -> Vec<Made> {
    vec![
        Made { path: "wrapper/action.yml".to_owned(), text: action(set_up, merged, published) },
        Made { path: "wrapper/README.md".to_owned(), text: page(set_up, merged) },
    ]
}

fn action(set_up: &SetUp, merged: &Merged, published: &Published) -> String {
    let description = format!("Values from AWS Secrets Manager, with the ids of {}", inert(&set_up.tenant.name));
    let mut text = format!(
        "# Made by env-kvstore generate wrapper from kvstore.json. Do not edit.\nname: Load values\ndescription: {}\ninputs:\n",
        scalar(&description)
    );
    for (name, description) in INPUTS {
        text.push_str(&format!("  {name}:\n    description: {}\n", scalar(&described(name, description))));
    }
    let shared = set_up.roles.iter().find(|role| role.is_shared).map_or("", |role| role.name.as_str());
    text.push_str(&format!(
        "  role:\n    description: Name of the role to assume.\n    default: {}\noutputs:\n",
        scalar(shared)
    ));
    for (name, description) in OUTPUTS {
        text.push_str(&format!(
            "  {name}:\n    description: {}\n    value: ${{{{ steps.values.outputs.{name} }}}}\n",
            scalar(description)
        ));
    }
    // A composite action can only hand on outputs that it declares, and what the values are called its callers say.
    text.push_str("  values:\n    description: All outputs as a JSON object; with export-outputs, each value under its name.\n    value: ${{ toJSON(steps.values.outputs) }}\n");
    text.push_str(&format!(
        "runs:\n  using: composite\n  steps:\n    - id: values\n      uses: {}\n      with:\n",
        published.action.line()
    ));
    let prefix = format!("arn:{}:iam::{}:role/", set_up.region.partition(), set_up.account.digits());
    let mut lines = identity_lines(set_up, merged, published);
    // The name of a role has no quotation mark.
    lines.insert(1, format!("cognito-role-arn: {prefix}${{{{ inputs.role || '{shared}' }}}}"));
    lines.extend(INPUTS.map(|(name, _)| format!("{name}: ${{{{ inputs.{name} }}}}")));
    for line in lines {
        text.push_str(&format!("        {line}\n"));
    }
    text
}

fn described(name: &str, description: &str) -> String {
    match name {
        "export-outputs" => {
            "Whether the output `values` has the values, under the names of their variables.".to_owned()
        }
        _ => description.to_owned(),
    }
}

fn page(set_up: &SetUp, merged: &Merged) -> String {
    let first = merged.file.repositories.keys().next().and_then(|name| name.split_once('/')).map(|(owner, _)| owner);
    let owner = match (first, set_up.tenant.is_enterprise) {
        (_, false) => set_up.tenant.name.as_str(),
        (Some(owner), true) => owner,
        (None, true) => "OWNER",
    };
    let mut text = format!(
        "# Load values\n\n\
         Made by `env-kvstore generate wrapper` from kvstore.json. Do not edit.\n\n\
         An action with the ids of {tenant} built in. Put `action.yml` at the root of a repository, here {repository}, and give it a tag:\n\n\
         ```sh\n\
         git tag v1 && git push origin v1\n\
         ```\n\n\
         Every job of every repository then writes:\n\n\
         ```yaml\n\
         permissions:\n  id-token: write\n\
         steps:\n  - uses: {owner}/values@v1\n    with:\n      values: DATABASE_URL,secret\n\
         ```\n\n\
         It can also stay where it is generated: `uses: OWNER/REPO/generated/wrapper@REF`. If its repository is private or internal, allow\n\
         access in the repository's Actions settings. To update env-kvstore, generate it again and move the tag: protect the tag with a\n\
         ruleset, because whoever moves it changes every caller's job.\n\n\
         ## Roles\n\n\
         What a job of each binding writes as the input `role`, if anything:\n\n\
         | binding | repository | `role` |\n|---|---|---|\n",
        tenant = code(&inert(&set_up.tenant.name)),
        repository = code(&format!("{owner}/values")),
        owner = inert(owner),
    );
    for binding in &merged.file.bindings {
        let role = binding.role.as_ref().map_or(String::new(), |role| code(role));
        text.push_str(&format!("| {} | {} | {role} |\n", code(&inert(&binding.name)), code(&binding.repository)));
    }
    text.push_str(
        "\n## Outputs\n\n\
         `aws-account-id`, `role-session-name` and `values-loaded`. With `export-outputs: true` the output `values` is a JSON object that\n\
         also has each value: `${{ fromJSON(steps.ID.outputs.values).DATABASE_URL }}`. GitHub keeps it from other jobs, as it does with\n\
         everything that is masked.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_passes_on_the_action_has_and_describes_so() {
        let action = include_str!("../../../action.yml").replace("\r\n", "\n");
        let (inputs, outputs) = action.split_once("\noutputs:\n").unwrap();
        for (name, description) in INPUTS {
            assert!(inputs.contains(&format!("\n  {name}:\n    description: |\n      {description}\n")), "{name}");
        }
        for (name, description) in OUTPUTS {
            assert!(outputs.contains(&format!("  {name}:\n    description: {description}\n")), "{name}");
        }
        assert_eq!(outputs.matches("\n    description:").count(), OUTPUTS.len());
    }
}
