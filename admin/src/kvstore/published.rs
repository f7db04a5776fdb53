//! What is known only when everything is in place: the commit of the action that workflows run, and the pool's id.

use env_kvstore::aws::cognito::PoolId;
use env_kvstore::text::printable::printable;

use crate::kvstore::problem::Problem;
use crate::kvstore::reader::Merged;

/// An action by the full SHA of a commit, as a workflow names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// `OWNER/REPO[/FOLDER]@SHA`
    pub uses: String,
    /// The version that this commit is, for the comment beside it.
    pub version: Option<String>,
}

impl Pinned {
    /// `OWNER/REPO[/FOLDER]@SHA`, or the same with ` # v1.2.3`, as workflows have it.
    pub fn parse(text: &str) -> Option<Self> {
        let (uses, version) = match text.split_once(" # ") {
            Some((uses, version)) => (uses, Some(version)),
            None => (text, None),
        };
        let (path, sha) = uses.split_once('@')?;
        let is_sha = sha.len() == 40 && sha.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let is_name = |part: &str| !part.trim_matches('.').is_empty() && plain(part);
        let is_path = path.split('/').count() >= 2 && path.split('/').all(is_name);
        let is_version = version.is_none_or(|version| version.starts_with('v') && plain(version));
        (is_sha && is_path && is_version).then(|| Self { uses: uses.to_owned(), version: version.map(str::to_owned) })
    }

    /// As it stands behind `uses:`.
    pub(crate) fn line(&self) -> String {
        let version = self.version.as_ref().map_or(String::new(), |version| format!(" # {version}"));
        format!("{}{version}", self.uses)
    }
}

/// Both.
#[derive(Debug)]
pub struct Published {
    /// The action that workflows run.
    pub action: Pinned,
    /// The identity pool, if stores are on AWS.
    pub pool: Option<PoolId>,
}

const ACTION_FORM: &str = "must be OWNER/REPO@SHA with the 40 characters of a commit: a tag or a branch can be moved. Get it: gh api repos/org/env-kvstore/commits/v1 --jq .sha";

/// The problems of what the file says of either, right or not needed.
pub(crate) fn problems(merged: &Merged) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |pointer: &str, message: String| problems.push(merged.problem(&Merged::at(pointer), message));
    if merged.file.action.as_ref().is_some_and(|action| Pinned::parse(action).is_none()) {
        problem("/action", ACTION_FORM.to_owned());
    }
    let Some(aws) = &merged.file.aws else { return problems };
    if let Some(id) = &aws.pool_id {
        match PoolId::parse(id) {
            None => problem(
                "/aws/pool_id",
                "must be REGION:UUID, as us-west-2:12345678-1234-1234-1234-1234567890ab".to_owned(),
            ),
            Some(pool) if pool.region().to_string() != aws.region => problem(
                "/aws/pool_id",
                format!("is a pool of {}, and `region` is `{}`", pool.region(), printable(&aws.region)),
            ),
            Some(_) => {}
        }
    }
    problems
}

impl Published {
    /// What a file says, or else, of the action, what this release of the command line knows of itself.
    pub(crate) fn of(merged: &Merged, released: Option<&str>) -> Result<Self, Vec<Problem>> {
        let said = merged.file.action.as_deref().or(released);
        let action = said.and_then(Pinned::parse);
        let pool_id = merged.file.aws.as_ref().map(|aws| aws.pool_id.as_deref());
        let pool = pool_id.flatten().and_then(PoolId::parse);
        let mut problems = problems(merged);
        if said.is_none() {
            let message = "`action` is missing, and this build of env-kvstore is no release that knows its commit: write \"action\": \"org/env-kvstore@SHA\", with the SHA from: gh api repos/org/env-kvstore/commits/v1 --jq .sha";
            problems.push(merged.problem(&Merged::at(""), message));
        }
        if pool_id == Some(None) {
            let message = "`pool_id` is missing: AWS hands it out when the set-up is deployed. It is the output IdentityPoolId of the stack base.json: aws cloudformation describe-stacks --stack-name NAME --query 'Stacks[0].Outputs'";
            problems.push(merged.problem(&Merged::at("/aws"), message));
        }
        match action {
            Some(action) if problems.is_empty() => Ok(Self { action, pool }),
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn an_action_is_pinned_by_a_full_sha_alone() {
        let pinned = Pinned::parse(&format!("org/env-kvstore@{SHA}")).unwrap();
        assert_eq!((pinned.line(), pinned.version), (format!("org/env-kvstore@{SHA}"), None));
        let with_version = format!("org/env-kvstore/node24@{SHA} # v1.2.3");
        assert_eq!(Pinned::parse(&with_version).unwrap().line(), with_version);
        for wrong in [
            "org/env-kvstore@v1",
            "org/env-kvstore@main",
            "org/env-kvstore@0123456",
            "org/env-kvstore",
            &format!("env-kvstore@{SHA}"),
            &format!("org/../env-kvstore@{SHA}"),
            &format!("org//env-kvstore@{SHA}"),
            &format!("./env-kvstore@{SHA}"),
            &format!("org/env-kvstore@{}", SHA.to_uppercase()),
            &format!("org/env-kvstore@{SHA}\n    with: x"),
            &format!("org/env-kvstore@{SHA} # v1\n      - run: x"),
            &format!("org/env-kvstore@{SHA} # ${{{{ x }}}}"),
            &format!("org/${{{{x}}}}@{SHA}"),
        ] {
            assert_eq!(Pinned::parse(wrong), None, "{wrong}");
        }
    }
}
