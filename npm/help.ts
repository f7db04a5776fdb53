const CONNECTION = `To reach AWS:
  --identity-pool-id REGION:UUID   the Cognito identity pool
  --role-arn ARN                   the role that is assumed
  --identity KIND                  cognito (default), cognito-enhanced, web-identity, environment
  --github-enterprise-name SLUG    if the enterprise issues tokens under its own name
  --oidc-issuer URL                GitHub Enterprise Server, data residency
  --audience TEXT                  of the GitHub token
  --role-session-name TEMPLATE     of claims, {run_id}@{sha} by default
  --aws-account-id ID, --aws-region REGION
  --cognito-account-id ID, --cognito-region REGION
  --timeout-seconds N              for all requests together, 60 by default
`;

const SESSION = `  --role-duration-seconds N        900 to 43200
  --chain-role-arn ARN             a second role, assumed by the first one's session
  --chain-session-tags CLAIMS      claims that become its session tags, with commas between, or none
  --chain-transitive-tag-keys CLAIMS
                                   those of them that pass on to roles which that session assumes
`;

const VALUES = `What to read:
  --values LINES                   ENV_VAR,secret|variable[,KEY[,optional]]; may be given several times
  --secrets LINES                  ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]]; the same
  --namespace NAME                 first part of the stores' names
  --environment-store RULE         required, not-found-ok (default), optional
  --secrets-manager-account-id ID, --secrets-manager-region REGION
  --repository OWNER/NAME          outside GitHub Actions, with --identity environment
  --environment NAME               the same
`;

const PROPOSAL = `  --web-identity-token-server S    GitHub[,AUDIENCE] or URL_VARIABLE,TOKEN_VARIABLE[,AUDIENCE]
  --profile NAME                   of AWS_CONFIG_FILE, whose web_identity_token_server, role_arn, role_session_name,
                                   duration_seconds and region are taken
  Without --profile, AWS_WEB_IDENTITY_TOKEN_SERVER, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME beat the profile.
`;

/** What `--help` says, by command. */
export const USAGE = {
  general: `Usage: env-kvstore COMMAND [FLAGS]

  credential-process   credentials of a role, for credential_process in an AWS config file
  configure            translates a config file with web_identity_token_server
  token                the web identity token to a file, for AWS_WEB_IDENTITY_TOKEN_FILE
  exec                 runs a command with values in its environment
  get                  prints one value

  env-kvstore COMMAND --help tells a command's flags. Of one that is given twice the last counts; --values and --secrets add up.

Exit codes: 0 done; 1 failed; 2 wrong usage or flags; 3 get would have shown the value. exec ends as its command does, with
125 if it fails itself, 126 if the command cannot be run, 127 if there is none.
`,

  'credential-process': `Usage: env-kvstore credential-process --identity-pool-id POOL --role-arn ROLE [FLAGS]

Writes the role's credentials to stdout as AWS tools read them from credential_process. They live 3600 seconds.

${CONNECTION}${SESSION}
In place of them:
${PROPOSAL}`,

  configure: `Usage: env-kvstore configure --from FILE [--to FILE] [--command COMMAND] [FLAGS]

Translates an AWS config file: each profile with web_identity_token_server gets a credential_process that every AWS tool
runs. Everything else stays as it is. Writes to stdout unless --to names a file.

  --overwrite                      a file of that name that is there already, which is not the one that is translated

  --command COMMAND                what is run, quoted for a shell; this program by its path unless given

Flags to add to each command:
${CONNECTION}${SESSION}`,

  token: `Usage: env-kvstore token [--to FILE] [FLAGS]

Writes the token that STS takes to a file which only you can read, and to stdout the variables for it, as GITHUB_ENV has them.
In GitHub Actions the token is masked, by stderr.

  --to FILE                        AWS_WEB_IDENTITY_TOKEN_FILE unless given

${CONNECTION}
In place of them:
${PROPOSAL}`,

  exec: `Usage: env-kvstore exec --values LINES [FLAGS] -- COMMAND [ARGUMENTS]

Runs a command with the values in its environment, and in no other. Signals and the exit code are passed on. In GitHub Actions
the secrets are masked first, by stderr, because stdout is the command's.

${VALUES}
${CONNECTION}${SESSION}`,

  get: `Usage: env-kvstore get NAME [--yes] [FLAGS]

Prints one value as it is, without a line break after it. Reads the key NAME of the secrets stores, unless --values or
--secrets has a line for NAME.

  --yes                            also to a terminal or to the pipe of a CI job, which may lead to its log

${VALUES}
${CONNECTION}${SESSION}`,
};
