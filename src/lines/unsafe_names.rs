//! Which names of environment variables a value may not have, or may have only if a line of the step names it.
//!
//! Whoever fills a store decides what a value is, and whoever writes the workflow decides what it may be used for. A
//! variable of one of these names would let the first of them decide what later steps *run*, or whom they talk to.
//!
//! * [`Effect::RunsCode`]: later steps, or programs in them, would run, load or execute what the value says. Such a name is
//!   refused wherever it comes from.
//! * [`Effect::Redirects`]: programs would talk to another server, trust another authority, or use another tool chain. A
//!   line of `values` or `secrets` may say so, since the workflow's author then did; `*` may not.
//!
//! Windows ignores the case of names, and so do many of these tools (`http_proxy`, `npm_config_*`), so the rules do on
//! every system. In a pattern `*` stands for any text, also for none. Only programs that runners or build tools come with
//! are listed; what an application does with its own settings is its own affair.

use std::sync::OnceLock;

/// What a variable of that name would do in later steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It decides what runs there.
    RunsCode,
    /// It decides whom programs talk to, and what they trust.
    Redirects,
}

/// Names with the same effect for the same reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// In capitals, with spaces between; `*` stands for any text.
    pub patterns: &'static str,
    /// What they do.
    pub effect: Effect,
    /// Why, as the rest of a sentence that begins with "it".
    pub reason: &'static str,
}

/// The rule for a name, if there is one; the stricter one if there are two.
pub fn rule_of(name: &str) -> Option<&'static Rule> {
    let name = name.to_ascii_uppercase();
    let first = name.bytes().next().unwrap_or_default();
    let candidates = [first, b'*'].into_iter().filter_map(|first| index().get(usize::from(first))).flatten();
    candidates.filter(|candidate| matches(candidate.pattern, &name)).min_by_key(|candidate| candidate.rank)?.rule
}

/// A pattern, and how early it is looked at.
struct Candidate {
    pattern: &'static str,
    rank: usize,
    /// None for [`PLAIN`], which comes first.
    rule: Option<&'static Rule>,
}

/// All patterns by their first bytes, made once: a step may have hundreds of names.
fn index() -> &'static [Vec<Candidate>] {
    static INDEX: OnceLock<Vec<Vec<Candidate>>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index: Vec<_> = (0..=u8::MAX).map(|_| Vec::new()).collect();
        let rules = RULES.iter().map(|rule| (rule.patterns, Some(rule)));
        for (rank, (patterns, rule)) in std::iter::once((PLAIN, None)).chain(rules).enumerate() {
            for pattern in patterns.split(' ') {
                let first = pattern.bytes().next().unwrap_or_default();
                index
                    .get_mut(usize::from(first))
                    .into_iter()
                    .for_each(|those| those.push(Candidate { pattern, rank, rule }));
            }
        }
        index
    })
}

const fn runs_code(reason: &'static str, patterns: &'static str) -> Rule {
    Rule { patterns, effect: Effect::RunsCode, reason }
}

const fn redirects(reason: &'static str, patterns: &'static str) -> Rule {
    Rule { patterns, effect: Effect::Redirects, reason }
}

/// Credentials, and a version, that a pattern below would match. No program runs or follows them.
const PLAIN: &str = "GITHUB_TOKEN CARGO_REGISTRY_TOKEN CARGO_REGISTRIES_*_TOKEN DOCKER_PASSWORD DOCKER_TOKEN DOCKER_USER \
    DOCKER_USERNAME UV_INDEX_*_PASSWORD UV_INDEX_*_USERNAME UV_PUBLISH_PASSWORD UV_PUBLISH_TOKEN \
    UV_PUBLISH_USERNAME YARN_NPM_AUTH_IDENT YARN_NPM_AUTH_TOKEN YARN_VERSION";

/// What runs code first.
pub const RULES: &[Rule] = &[
    // The runner, the loader and the shell
    runs_code(
        "the runner passes it to actions, or actions keep state for later steps in it",
        "ACTIONS_* GITHUB_* INPUT_* RUNNER_* STATE_*",
    ),
    runs_code(
        "it names code that the system loads into every program",
        "DYLD_* GCONV_PATH GETCONF_DIR GIO_EXTRA_MODULES GIO_MODULE_DIR GLIBC_TUNABLES GST_PLUGIN_* GTK_MODULES \
         GTK_PATH LD_* LIBGL_DRIVERS_PATH LOCPATH MALLOC_* NLSPATH QT_PLUGIN_PATH QT_QPA_PLATFORM_PLUGIN_PATH \
         SASL_PATH VK_ICD_FILENAMES VK_LAYER_PATH",
    ),
    runs_code(
        "it says where the system looks for programs",
        "ALLUSERSPROFILE COMMONPROGRAMFILES* COMSPEC EXECIGNORE PATH PATHEXT PROGRAMDATA PROGRAMFILES* \
         PSMODULEPATH SHELL SYSTEMDRIVE SYSTEMROOT WINDIR",
    ),
    runs_code(
        "it names the folder from which programs read settings and start-up files",
        "APPDATA HOME HOMEDRIVE HOMEPATH LOCALAPPDATA USERPROFILE XDG_*",
    ),
    runs_code(
        "it names the folder where programs keep files that they run or read back later",
        "GOTMPDIR TEMP TEMPDIR TMP TMPDIR",
    ),
    runs_code(
        "shells run what it says, or parse words and choose files by it",
        "BASHOPTS BASH_* CDPATH ENV FISH_FUNCTION_PATH FPATH GLOBIGNORE IFS INPUTRC PROMPT_COMMAND PS0 PS4 \
         PSEXECUTIONPOLICYPREFERENCE SHELLOPTS ZDOTDIR __PSLOCKDOWNPOLICY",
    ),
    // Programs that other programs start
    runs_code(
        "it is a command that programs start to show, edit or open something, or to ask for a password",
        "*_ASKPASS *_PAGER BROWSER EDITOR FCEDIT GH_BROWSER GH_EDITOR HGEDITOR KUBECTL_EXTERNAL_DIFF KUBE_EDITOR \
         LESS LESSCLOSE LESSEDIT LESSKEY* LESSOPEN MANPAGER PAGER PSQL_EDITOR SUDO_EDITOR SVN_EDITOR \
         SYSTEMD_EDITOR VISUAL",
    ),
    runs_code(
        "git runs what it names, or reads its repository, settings or hooks from there",
        "GIT_ALLOW_PROTOCOL GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_* GIT_CEILING_DIRECTORIES GIT_COMMON_DIR \
         GIT_CONFIG* GIT_DIR GIT_DISCOVERY_ACROSS_FILESYSTEM GIT_EDITOR GIT_EXEC_PATH GIT_EXTERNAL_DIFF \
         GIT_GRAFT_FILE GIT_INDEX_FILE GIT_NAMESPACE GIT_OBJECT_DIRECTORY GIT_PROTOCOL_FROM_USER \
         GIT_PROXY_COMMAND GIT_REDIRECT_* GIT_REPLACE_REF_BASE GIT_SEQUENCE_EDITOR GIT_SHALLOW_FILE GIT_SSH \
         GIT_SSH_COMMAND GIT_SSH_VARIANT GIT_SSL_NO_VERIFY GIT_TEMPLATE_DIR GIT_TRACE* GIT_WORK_TREE",
    ),
    runs_code(
        "it has options of a program, or names its settings file, and either can make that program run commands",
        "APT_CONFIG AWKLIBPATH AWKPATH CURL_HOME CVS_RSH EMACSLOADPATH EXINIT FZF_DEFAULT_COMMAND \
         FZF_DEFAULT_OPTS* GH_CONFIG_DIR GH_PATH GNUPGHOME GUILE_LOAD_* HG HGRCPATH LIBMYSQL_PLUGIN* MAILCAPS \
         MYSQL_HOME MYVIMRC PASSWORD_STORE_* PSQLRC RIPGREP_CONFIG_PATH RSYNC_CONNECT_PROG RSYNC_RSH SVN_SSH \
         SYSTEM_WGETRC TAR_OPTIONS TCLLIBPATH TCL_LIBRARY VIMINIT VIMRUNTIME WGETRC",
    ),
    // Languages
    runs_code(
        "Node.js loads or runs what it says, or stops checking certificates",
        "BUN_CONFIG_PRELOAD BUN_INSTALL BUN_OPTIONS COREPACK_HOME COREPACK_INTEGRITY_KEYS DENO_DIR \
         ELECTRON_OVERRIDE_DIST_PATH ELECTRON_RUN_AS_NODE NODE_CHANNEL_FD NODE_COMPILE_CACHE \
         NODE_GYP_FORCE_PYTHON NODE_ICU_DATA NODE_OPTIONS NODE_PATH NODE_REDIRECT_WARNINGS NODE_REPL_* \
         NODE_TLS_REJECT_UNAUTHORIZED NODE_V8_COVERAGE NVM_DIR TS_NODE_* VOLTA_HOME",
    ),
    runs_code(
        "it is a setting of npm, pnpm or Yarn; some of these name programs to run",
        "NPM_CONFIG_* NPM_EXECPATH NPM_LIFECYCLE_* NPM_NODE_EXECPATH PNPM_CONFIG_* PNPM_HOME YARN_*",
    ),
    runs_code(
        "Python runs or imports what it says",
        "CONDARC CONDA_EXE CONDA_PREFIX PIP_CONFIG_FILE PIP_PYTHON PYENV_ROOT PYTEST_ADDOPTS PYTEST_PLUGINS \
         PYTHON PYTHONBREAKPOINT PYTHONCASEOK PYTHONEXECUTABLE PYTHONHOME PYTHONHTTPSVERIFY PYTHONINSPECT \
         PYTHONPATH PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX PYTHONSTARTUP PYTHONUSERBASE PYTHONWARNINGS \
         PYTHON_HISTORY PYTHON_PRESITE UV_CONFIG_FILE UV_PYTHON VIRTUAL_ENV",
    ),
    runs_code("Perl loads or runs what it says", "PERL5* PERLDB_OPTS PERLIO* PERLLIB PERL_*_OPT PERL_LOCAL_LIB_ROOT"),
    runs_code(
        "Ruby loads or runs what it says",
        "BUNDLE_APP_CONFIG BUNDLE_BIN* BUNDLE_BUILD__* BUNDLE_GEMFILE BUNDLE_ORIG_* BUNDLE_PATH* BUNDLE_PLUGINS \
         BUNDLE_USER_* GEM_HOME GEM_PATH GEM_SPEC_CACHE IRBRC RBENV_ROOT RUBYGEMS_GEMDEPS RUBYLIB* RUBYOPT \
         RUBYPATH RUBYSHELL",
    ),
    runs_code(
        "the Java virtual machine, or a build tool on it, runs or loads what it says",
        "*JAVA_OPTIONS *JAVA_OPTS *JVM_OPTS ANT_ARGS ANT_OPTS CATALINA_OPTS CLASSPATH GRADLE_OPTS \
         GRADLE_USER_HOME JAVACMD JAVA_TOOL_OPTIONS JDK_*_OPTIONS MAVEN_ARGS MAVEN_CONFIG MAVEN_DEBUG_OPTS \
         MAVEN_OPTS MAVEN_USER_HOME SBT_OPTS SCALA_OPTS",
    ),
    runs_code(
        ".NET or MSBuild loads what it says into programs",
        "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES COMPLUS_* COR*_PROFILER* CORECLR_* DOTNET_ADDITIONAL_DEPS \
         DOTNET_CLI_HOME DOTNET_GCNAME DOTNET_GCPATH DOTNET_HOST_PATH DOTNET_MSBUILD_SDK_RESOLVER_* DOTNET_ROOT* \
         DOTNET_SHARED_STORE DOTNET_STARTUP_HOOKS MSBUILD* NUGET_*_PATH NUGET_*_PATHS NUGET_PACKAGES",
    ),
    runs_code(
        "Cargo or rustc runs what it names, or builds with it",
        "CARGO CARGO_ALIAS_* CARGO_BUILD_RUST* CARGO_BUILD_TARGET_DIR CARGO_CREDENTIAL_ALIAS_* CARGO_DOC_BROWSER \
         CARGO_ENCODED_RUST* CARGO_HOME CARGO_REGISTRIES_*_CREDENTIAL_PROVIDER \
         CARGO_REGISTRY_*CREDENTIAL_PROVIDER* CARGO_TARGET_* RUSTC* RUSTDOC* RUSTFLAGS RUSTUP_HOME \
         RUSTUP_TOOLCHAIN",
    ),
    runs_code(
        "Go runs what it names, or builds with it",
        "CGO_*FLAGS* GCCGO GOAUTH GOCACHE GOCACHEPROG GOENV GOFLAGS GOMODCACHE GOTOOLCHAIN GOTOOLDIR GOVCS \
         GOWORK",
    ),
    runs_code(
        "an interpreter or package manager of another language loads or runs what it says",
        "COMPOSER COMPOSER_BIN_DIR COMPOSER_HOME COMPOSER_VENDOR_DIR DART_VM_OPTIONS ELIXIR_ERL_OPTIONS \
         ERLC_*OPTIONS ERL_*FLAGS ERL_LIBS GHC_ENVIRONMENT GHC_PACKAGE_PATH JULIA_* LUAROCKS_CONFIG LUA_CPATH* \
         LUA_INIT* LUA_PATH* MIX_ARCHIVES MIX_DEPS_PATH MIX_EXS MIX_HOME MIX_PATH MIX_REBAR* OCAMLLIB OPAMROOT \
         PHPRC PHP_INI_SCAN_DIR PUB_CACHE R_DEFAULT_PACKAGES R_ENVIRON* R_HOME R_LIBS* R_PROFILE* STACK_ROOT",
    ),
    runs_code(
        "make or another build tool runs what it says",
        "CCACHE_COMPILER CCACHE_CONFIGPATH CCACHE_PREFIX* CMAKE_*_LAUNCHER CMAKE_TOOLCHAIN_FILE COMPILER_PATH \
         CONFIG_SITE GCC_EXEC_PREFIX GNUMAKEFLAGS MAKE MAKEFILES MAKEFLAGS MAKESHELL MFLAGS PKG_CONFIG",
    ),
    // Tools of operations
    runs_code("OpenSSL loads the engines and modules that it names into programs", "OPENSSL_*"),
    runs_code(
        "AWS tools run what it names, or send credentials to the address in it",
        "AWS_CA_BUNDLE AWS_CONFIG_FILE AWS_CONTAINER_* AWS_DATA_PATH AWS_EC2_METADATA_SERVICE_ENDPOINT* \
         AWS_ENDPOINT_URL* AWS_SHARED_CREDENTIALS_FILE AWS_WEB_IDENTITY_TOKEN_SERVER BOTO_CONFIG",
    ),
    runs_code(
        "an operations tool loads plug-ins or runs commands from where it says",
        "ANSIBLE_*INTERPRETER* ANSIBLE_*_PATH ANSIBLE_*_PATHS ANSIBLE_*_PLUGINS ANSIBLE_CONFIG ANSIBLE_HOME \
         ANSIBLE_LIBRARY ANSIBLE_VAULT_PASSWORD_FILE AZURE_CONFIG_DIR AZURE_EXTENSION_DIR BUILDX_CONFIG \
         CLOUDSDK_CONFIG CLOUDSDK_PYTHON* CLOUDSDK_ROOT_DIR HELM_CONFIG_HOME HELM_DATA_HOME HELM_PLUGINS \
         HOMEBREW_*_PATH KREW_ROOT KUBERC PRE_COMMIT_HOME PULUMI_HOME TERRAFORM_CONFIG TERRAGRUNT_TFPATH \
         TF_CLI_ARGS* TF_CLI_CONFIG_FILE TF_DATA_DIR TF_PLUGIN_* TF_REATTACH_PROVIDERS TG_TF_PATH",
    ),
    // What redirects
    redirects("it sends programs' requests through another server", "*_PROXY"),
    redirects(
        "it says which certificate authorities programs trust, or where they log the keys of their connections",
        "*_CAFILE *_CAINFO *_CA_BUNDLE DENO_CERT DENO_TLS_CA_STORE GIT_SSL_* NODE_EXTRA_CA_CERTS SSLKEYLOGFILE \
         SSL_CERT_*",
    ),
    redirects(
        "it says where packages and tool chains come from",
        "*_INDEX_URL *_MIRROR BUNDLE_MIRROR__* BUN_CONFIG_REGISTRY CARGO_HTTP_* CARGO_NET_* CARGO_REGISTRIES_* \
         CARGO_REGISTRY_* CARGO_SOURCE_* COREPACK_NPM_REGISTRY FLUTTER_STORAGE_BASE_URL GOINSECURE GONOPROXY \
         GONOSUMCHECK GONOSUMDB GOPRIVATE GOPROXY GOSUMDB HEX_API_URL HOMEBREW_*_DOMAIN MVNW_REPOURL \
         NPM_REGISTRY* PIP_* POETRY_REPOSITORIES_* PUB_HOSTED_URL RUBYGEMS_HOST RUSTUP_DIST_* RUSTUP_UPDATE_ROOT \
         TWINE_REPOSITORY* UV_*",
    ),
    redirects(
        "it says which compiler or tool chain builds, or which files it includes",
        "ANDROID_HOME ANDROID_NDK_* ANDROID_SDK_ROOT ANT_HOME AR AS CC CFLAGS CL CMAKE_PREFIX_PATH CPATH \
         CPLUS_INCLUDE_PATH CPP CPPFLAGS CXX CXXFLAGS C_INCLUDE_PATH DEVELOPER_DIR FC FLUTTER_ROOT GOBIN GOPATH \
         GOROOT GRADLE_HOME INCLUDE JAVA_HOME* JRE_HOME LD LDFLAGS LIB LIBPATH LIBRARY_PATH LINK M2_HOME \
         MAVEN_HOME NM PKG_CONFIG_* RANLIB SDKROOT STRIP VCPKG_ROOT _CL_ _LINK_",
    ),
    redirects(
        "it says which Docker host, cluster or registry tools work on",
        "BUILDKIT_HOST CONTAINERS_CONF* CONTAINERS_REGISTRIES_CONF* CONTAINER_HOST DOCKER_* HELM_KUBE* \
         KUBECONFIG REGISTRY_AUTH_FILE",
    ),
    redirects(
        "it says which identity tools use, and where",
        "AWS_DEFAULT_PROFILE AWS_PROFILE AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE GCE_METADATA_* GH_HOST GH_REPO \
         GOOGLE_APPLICATION_CREDENTIALS KRB5CCNAME KRB5_CONFIG NETRC SSH_AUTH_SOCK TNS_ADMIN",
    ),
    redirects("it says how host names are resolved", "HOSTALIASES LOCALDOMAIN RES_OPTIONS"),
];

/// Whether a name, in capitals, is of a pattern.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, end)) = pattern.rsplit_once('*') else { return pattern == name };
    let mut parts = start.split('*');
    let rest = name.strip_suffix(end).and_then(|rest| rest.strip_prefix(parts.next().unwrap_or_default()));
    let Some(rest) = rest else { return false };
    // The first place of each part leaves most for the next one.
    parts.try_fold(rest, |rest, part| rest.split_once(part).map(|(_, after)| after)).is_some()
}

#[cfg(test)]
mod tests;
