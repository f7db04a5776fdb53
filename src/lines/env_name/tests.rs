use super::*;

#[test]
fn names_that_change_how_later_steps_run_are_refused() {
    for name in [
        "PATH",
        "Path",
        "LD_PRELOAD",
        "DYLD_X",
        "BASH_ENV",
        "AWS_CONFIG_FILE",
        "AWS_ENDPOINT_URL_STS",
        "NODE_OPTIONS",
        "GITHUB_ENV",
        "RUNNER_TEMP",
        "ACTIONS_X",
        "INPUT_X",
        "GIT_CONFIG_COUNT",
    ] {
        assert!(EnvName::parse(name).is_err(), "{name}");
    }
    for name in ["GITHUB_TOKEN", "_", "a1", "PATH_TO", "LDAP"] {
        assert!(EnvName::parse(name).is_ok(), "{name}");
    }
    for name in ["", "1A", "A-B", "A B", "É", "A=B", "A\n"] {
        assert!(EnvName::parse(name).is_err(), "{name}");
    }
}
