use super::*;

fn effect(name: &str) -> Option<Effect> {
    rule_of(name).map(|rule| rule.effect)
}

#[test]
fn every_pattern_is_written_once_in_capitals_and_has_a_reason() {
    let mut seen = Vec::new();
    for rule in RULES {
        let is_clause = ["it ", "git ", "shells ", "make ", "the ", "an ", "a ", "Node.js ", "Python ", "Perl "]
            .iter()
            .chain(&["Ruby ", ".NET ", "Cargo ", "Go ", "OpenSSL ", "AWS "])
            .any(|start| rule.reason.starts_with(start));
        assert!(is_clause && rule.reason.len() > 20 && !rule.reason.ends_with('.'), "{}", rule.reason);
        assert!(!rule.patterns.is_empty(), "{}", rule.reason);
        for pattern in rule.patterns.split(' ') {
            let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_*".contains(&byte);
            assert!(pattern.bytes().all(plain) && pattern.len() > 1, "{pattern}");
            assert!(!seen.contains(&pattern), "{pattern} is there twice");
            seen.push(pattern);
        }
    }
    assert!(RULES.is_sorted_by_key(|rule| rule.effect == Effect::Redirects), "the stricter ones come first");
}

/// A name of each pattern, and the same in other cases, is of a rule at least as strict as the pattern's.
#[test]
fn every_pattern_holds_for_its_names_in_any_case() {
    for rule in RULES {
        for pattern in rule.patterns.split(' ') {
            for name in [pattern.replace('*', ""), pattern.replace('*', "X"), pattern.replace('*', "A_B")] {
                for name in [name.clone(), name.to_ascii_lowercase()] {
                    let found = effect(&name);
                    let strict = found == Some(rule.effect) || found == Some(Effect::RunsCode);
                    assert!(strict, "{name} of {pattern}: {found:?}");
                }
            }
        }
    }
}

#[test]
fn a_star_stands_for_any_text_and_everything_else_for_itself() {
    for (pattern, name, expected) in [
        ("A", "A", true),
        ("A", "AA", false),
        ("A*", "A", true),
        ("A*", "AB", true),
        ("A*", "BA", false),
        ("*_A", "_A", true),
        ("*_A", "X_A_A", true),
        ("*_A", "X_AB", false),
        ("A_*_B", "A_X_B", true),
        ("A_*_B", "A_B", false),
        ("A*B*C", "AXBXBXC", true),
        ("A*B*C", "AXCXB", false),
        ("A*B*", "AB", true),
        ("AB*BA", "ABA", false),
    ] {
        assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
    }
}

#[test]
fn what_runs_code_is_told_from_what_redirects() {
    use Effect::{Redirects, RunsCode};
    let run = "STATE_isPost MAKEFLAGS PERLLIB npm_config_script_shell PYTHONUSERBASE PYTHONWARNINGS PYTHONBREAKPOINT \
               BROWSER RUSTC_WRAPPER CARGO_BUILD_RUSTC_WRAPPER CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER GIT_DIR \
               GIT_SSH_COMMAND GIT_PAGER GIT_ASKPASS GIT_CONFIG_COUNT EDITOR PAGER LESSOPEN OPENSSL_CONF \
               DOTNET_STARTUP_HOOKS CORECLR_PROFILER_PATH COR_PROFILER CORECLR_ENABLE_PROFILING MAVEN_OPTS \
               GRADLE_OPTS SBT_OPTS CURL_HOME ZDOTDIR ENV TMPDIR XDG_CONFIG_HOME PHPRC LUA_INIT_5_4 GCONV_PATH \
               AWS_CA_BUNDLE AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_PAGER PATH \
               LD_PRELOAD NODE_OPTIONS BASH_ENV BASH_FUNC_ls GITHUB_ENV ACTIONS_X _JAVA_OPTIONS JAVA_OPTS \
               YARN_YARN_PATH CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS GOFLAGS GOAUTH TF_CLI_ARGS_plan";
    for name in run.split_whitespace() {
        assert_eq!(effect(name), Some(RunsCode), "{name}");
    }
    let redirect = "http_proxy HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR DOCKER_HOST DOCKER_CONFIG \
                    KUBECONFIG CC GOPROXY JAVA_HOME JAVA_HOME_17_X64 AWS_PROFILE PIP_INDEX_URL UV_DEFAULT_INDEX \
                    CARGO_REGISTRIES_OURS_INDEX REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS GIT_SSL_CAINFO HOSTALIASES";
    for name in redirect.split_whitespace() {
        assert_eq!(effect(name), Some(Redirects), "{name}");
    }
}

#[test]
fn ordinary_names_are_free() {
    let free = "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_DEFAULT_REGION AWS_ACCOUNT_ID \
                GITHUB_TOKEN GH_TOKEN NPM_TOKEN NODE_AUTH_TOKEN NODE_ENV NODE_VERSION DATABASE_URL ENVIRONMENT \
                PYTHON_VERSION PYTHONUNBUFFERED CARGO_REGISTRY_TOKEN CARGO_REGISTRIES_OURS_TOKEN CARGO_TERM_COLOR \
                GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_TOKEN GIT_SHA MAVEN_USERNAME MAVEN_PASSWORD \
                DOCKER_USERNAME DOCKER_PASSWORD DOCKERHUB_TOKEN UV_PUBLISH_TOKEN UV_INDEX_OURS_PASSWORD \
                YARN_NPM_AUTH_TOKEN HOMEBREW_GITHUB_API_TOKEN TWINE_PASSWORD TF_VAR_region TF_TOKEN_app BUNDLE_GITHUB__COM \
                ORG_GRADLE_PROJECT_signingKey RAILS_ENV MIX_ENV DOTNET_ENVIRONMENT ASPNETCORE_URLS RUST_LOG \
                JAVA_VERSION GOOS CGO_ENABLED PGPASSWORD VAULT_ADDR SENTRY_DSN STATE PATH_TO LDAP HOMEPAGE LESSON \
                TEMPERATURE SHELLY ENV_NAME _ a1 SSH_PRIVATE_KEY GPG_PRIVATE_KEY COMPOSER_AUTH EDITOR_URL PROXY_USER \
                SLACK_WEBHOOK_URL ANSIBLE_VAULT_PASSWORD KUBE_TOKEN JULIAN CODECOV_TOKEN RENOVATE_PRIVATE_KEY CCC";
    for name in free.split_whitespace() {
        assert_eq!(rule_of(name), None, "{name}");
    }
}
