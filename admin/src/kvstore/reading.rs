//! What an entry of `read`, `allow` or `deny` names.

/// All forms that there are, for messages.
pub(crate) const FORMS: &str = "repo, env:NAME, env:$environment, secret:NAME";

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading<'r> {
    /// The stores of the repository.
    Repository,
    /// Those of the environment that the job has.
    OwnEnvironment,
    /// Those of one environment.
    Environment(&'r str),
    /// A secret of any name.
    Secret(&'r str),
}

impl<'r> Reading<'r> {
    pub(crate) fn parse(text: &'r str) -> Option<Self> {
        match (text, text.strip_prefix("env:"), text.strip_prefix("secret:")) {
            ("repo", ..) => Some(Self::Repository),
            (_, Some("$environment"), _) => Some(Self::OwnEnvironment),
            (_, Some(name), _) => Some(Self::Environment(name)),
            (_, _, Some(name)) => Some(Self::Secret(name)),
            _ => None,
        }
    }
}

/// The names of the stores of a repository, or of one of its environments.
pub(crate) fn stores_of(namespace: &str, repository: &str, environment: Option<&str>) -> [String; 2] {
    let base = format!("{namespace}/repo/{repository}");
    let base = environment.map_or(base.clone(), |environment| format!("{base}/env/{environment}"));
    ["secrets", "variables"].map(|leaf| format!("{base}/{leaf}"))
}
