// Made by build/inputs.mjs from action.yml and build/inputs.yml. Do not edit.
import type { InputFlag } from '../flag.ts';

/** The flags that are inputs of the action. */
export const INPUT_FLAGS: InputFlag[] = [
  { name: 'cognito-identity-pool-id', of: 'connection', value: 'POOL', help: 'Id of the Cognito identity pool.', older: 'identity-pool-id' },
  { name: 'cognito-role-arn', of: 'connection', value: 'ARN', help: 'ARN of the role to assume.', older: 'role-arn' },
  { name: 'values', of: 'values', value: 'LINES', help: 'What to load from the stores, one value per line: ENV_VAR,secret|variable[,KEY[,optional]].', repeated: true },
  { name: 'secrets', of: 'values', value: 'LINES', help: 'Secrets outside the naming convention, one per line: ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]].', repeated: true },
  { name: 'namespace', of: 'values', value: 'NAME', help: "First segment of the stores' names. Default: --github-enterprise-name, else the token's claim enterprise, else its repository_owner." },
  { name: 'github-enterprise-name', of: 'connection', value: 'SLUG', help: 'Slug of the enterprise, if it issues OIDC tokens under its own name.' },
  { name: 'oidc-issuer', of: 'connection', value: 'URL', help: "Issuer of the OIDC tokens, without the enterprise's slug. Default: https://token.actions.githubusercontent.com." },
  { name: 'audience', of: 'connection', value: 'TEXT', help: 'Audience to request the token for. Default: cognito-identity.amazonaws.com; with the identity web-identity, sts.amazonaws.com; with --token-exchange-url, its origin.' },
  { name: 'aws-account-id', of: 'connection', value: 'ID', help: "Account of the identity pool and of the stores. Default: the role's account." },
  { name: 'aws-region', of: 'connection', value: 'REGION', help: "Region of the stores. Default: the pool's region; without a pool, that of the variable AWS_REGION." },
  { name: 'cognito-account-id', of: 'connection', value: 'ID', help: 'Account of the identity pool, if it is not --aws-account-id. Default: --aws-account-id.' },
  { name: 'cognito-region', of: 'connection', value: 'REGION', help: "Region of Cognito and STS, if it is not the pool's. Default: the pool's region; without a pool, --aws-region." },
  { name: 'secrets-manager-account-id', of: 'values', value: 'ID', help: 'Account of the stores, if it is not --aws-account-id. Default: --aws-account-id, else the account of the role that reads.' },
  { name: 'secrets-manager-region', of: 'values', value: 'REGION', help: 'Region of the stores, if it is not --aws-region. Default: --aws-region.' },
  { name: 'identity', of: 'connection', value: 'KIND', help: 'How the job identifies itself to AWS. One of cognito, cognito-enhanced, web-identity, environment. Default: cognito.', choices: ['cognito', 'cognito-enhanced', 'web-identity', 'environment'] },
  { name: 'token-exchange-url', of: 'connection', value: 'URL', help: 'URL of a token exchange, such as jwtex, to which the GitHub token is posted.' },
  { name: 'chain-role-arn', of: 'session', value: 'ARN', help: "ARN of a second role to assume with the first role's session." },
  { name: 'chain-session-tags', of: 'session', value: 'CLAIMS', help: "Claims that become session tags of the second role's session, separated by commas. Default: actor_id,enterprise,environment,event_name,job_workflow_ref,ref,repository,repository_id,run_id,sha." },
  { name: 'chain-transitive-tag-keys', of: 'session', value: 'CLAIMS', help: 'Those of --chain-session-tags that are transitive, separated by commas. Default: none.' },
  { name: 'role-session-name', of: 'connection', value: 'TEMPLATE', help: 'Name of the role session, a template of claims. Default: {run_id}@{sha}.' },
  { name: 'role-duration-seconds', of: 'session', value: 'N', help: "Lifetime of the session's credentials, in seconds. 900 to 43200. Default: 3600 for credentials, 900 for values." },
  { name: 'environment-store', of: 'values', value: 'RULE', help: "What to do if the job's environment has no store. One of required, not-found-ok, optional. Default: not-found-ok.", choices: ['required', 'not-found-ok', 'optional'] },
  { name: 'timeout-seconds', of: 'connection', value: 'N', help: 'Time limit for all requests and retries together, in seconds. 1 to 3600. Default: 60.' },
  { name: 'repository', of: 'values', value: 'OWNER/NAME', help: 'Repository whose stores are read; only with the identity --environment.' },
  { name: 'environment', of: 'values', value: 'NAME', help: 'Environment whose stores are read too; only with --repository.' },
];
