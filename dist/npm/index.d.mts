/**
 * Credentials and values for a job of GitHub Actions, without a stored secret: the job's OIDC token is exchanged at an Amazon
 * Cognito identity pool, a role is assumed with it, and AWS Secrets Manager is read as that role. The same core as the
 * action's; nothing is written to `process.env`, to stdout or to a file unless it is asked for.
 *
 * @see https://docs.github.com/en/actions/reference/security/oidc
 * @packageDocumentation
 */

// Inputs of the action. Made by build/inputs.mjs from action.yml and build/inputs.yml. Do not edit.

/** Options of the connection, each for itself: {@link ConnectionOptions} says which must be given together. */
interface ConnectionInputs {
  /**
   * Id of the Cognito identity pool. Its prefix is the region of Cognito and STS. Required with the identities `cognito`
   * and `cognito-enhanced`.
   */
  cognitoIdentityPoolId?: string | undefined;
  /** @deprecated the older name of `cognitoIdentityPoolId` */
  identityPoolId?: string | undefined;
  /** ARN of the role to assume. It gives the account and the partition. Required unless the identity is `environment`. */
  cognitoRoleArn?: string | undefined;
  /** @deprecated the older name of `cognitoRoleArn` */
  roleArn?: string | undefined;
  /**
   * Slug of the enterprise, if it issues OIDC tokens under its own name. The issuer and Cognito's login key then end with
   * `/SLUG`.
   */
  githubEnterpriseName?: string | undefined;
  /**
   * Issuer of the OIDC tokens, without the enterprise's slug. GitHub Enterprise Server: `https://HOST/_services/token`.
   * Data residency: `https://token.actions.SUBDOMAIN.ghe.com`.
   * @defaultValue `'https://token.actions.githubusercontent.com'`
   */
  oidcIssuer?: string | undefined;
  /**
   * Audience to request the token for. It must be one of the client ids of the OIDC provider in IAM, or what the token
   * exchange accepts.
   * @defaultValue `cognito-identity.amazonaws.com`; with the identity `web-identity`, `sts.amazonaws.com`; with
   * `tokenExchangeUrl`, its origin
   */
  audience?: string | undefined;
  /** A GitHub OIDC token (a JWT) to use instead of requesting one. */
  githubToken?: string | undefined;
  /**
   * Account of the identity pool and of the stores.
   * @defaultValue the role's account
   */
  awsAccountId?: string | undefined;
  /**
   * Region of the stores.
   * @defaultValue the pool's region; without a pool, that of the variable AWS_REGION
   */
  awsRegion?: string | undefined;
  /**
   * Account of the identity pool, if it is not `awsAccountId`.
   * @defaultValue `awsAccountId`
   */
  cognitoAccountId?: string | undefined;
  /**
   * Region of Cognito and STS, if it is not the pool's.
   * @defaultValue the pool's region; without a pool, `awsRegion`
   */
  cognitoRegion?: string | undefined;
  /**
   * How the job identifies itself to AWS. `cognito` uses a token of the identity pool. `cognito-enhanced` lets Cognito
   * assume the role. `web-identity` uses the GitHub token itself, without session tags, or what a token exchange returns
   * for it. `environment` uses the credentials that are already in the environment.
   * @defaultValue `'cognito'`
   */
  identity?: 'cognito' | 'cognito-enhanced' | 'web-identity' | 'environment' | undefined;
  /**
   * URL of a token exchange, such as jwtex, to which the GitHub token is posted. The token that it returns goes to STS and
   * gives the session its tags. An https URL, whose query is kept. Only with the identity `web-identity`.
   */
  tokenExchangeUrl?: string | undefined;
  /** ARN of a second role to assume with the first role's session. The stores and secrets are then read as the second role. */
  chainRoleArn?: string | undefined;
  /**
   * Claims that become session tags of the second role's session, separated by commas. A claim that the job does not have
   * gives no tag. `none` sends no tags.
   * @defaultValue `'actor_id,enterprise,environment,event_name,job_workflow_ref,ref,repository,repository_id,run_id,sha'`
   */
  chainSessionTags?: string | undefined;
  /**
   * Those of `chainSessionTags` that are transitive, separated by commas. Roles that the second session assumes get them
   * too and cannot replace them (TransitiveTagKeys of AssumeRole).
   * @defaultValue `'none'`
   */
  chainTransitiveTagKeys?: string | undefined;
  /**
   * Name of the role session, a template of claims. Filled in, it has 2 to 64 letters, digits and characters of `_+=,.@-`.
   * The trust policy must allow it.
   * @defaultValue `'{run_id}@{sha}'`
   */
  roleSessionName?: string | undefined;
  /**
   * Lifetime of the session's credentials, in seconds. With `chainRoleArn` at most 3600. STS refuses more than the
   * role's maximum session duration. 900 to 43200.
   * @defaultValue 3600 for credentials, 900 for values
   */
  roleDurationSeconds?: number | undefined;
  /**
   * Time limit for all requests and retries together, in seconds. 1 to 3600.
   * @defaultValue `60`
   */
  timeoutSeconds?: number | undefined;
}

/** Options of values, each for itself: {@link LoadValuesOptions} says which must be given. */
interface ValueInputs {
  /**
   * What to load from the stores, one value per line: `ENV_VAR,secret|variable[,KEY[,optional]]`. KEY defaults to ENV_VAR.
   * `*,secret` loads every key of the store. Blank lines and lines that start with # are ignored.
   */
  values?: string | undefined;
  /**
   * Secrets outside the naming convention, one per line:
   * `ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]]`. This is the `valueFrom` notation of Amazon ECS.
   * The ARN of an SSM parameter may have `:VERSION-OR-LABEL` after it, and `*=ARN/*` loads all parameters below a path.
   * The role's policy must allow reading them.
   */
  secrets?: string | undefined;
  /**
   * First segment of the stores' names.
   * @defaultValue `githubEnterpriseName`, else the token's claim `enterprise`, else its `repository_owner`
   */
  namespace?: string | undefined;
  /**
   * Account of the stores, if it is not `awsAccountId`. The stores are then named by their ARNs.
   * @defaultValue `awsAccountId`, else the account of the role that reads
   */
  secretsManagerAccountId?: string | undefined;
  /**
   * Region of the stores, if it is not `awsRegion`.
   * @defaultValue `awsRegion`
   */
  secretsManagerRegion?: string | undefined;
  /**
   * What to do if the job's environment has no store. `required` fails. `not-found-ok` uses the repository's values, with
   * a warning. `optional` also does so on AccessDenied, which is what policies on resource tags answer for a store that
   * does not exist. Throttling and faults never fall back.
   * @defaultValue `'not-found-ok'`
   */
  environmentStore?: 'required' | 'not-found-ok' | 'optional' | undefined;
  /**
   * Lines of a multi-line secret with fewer characters get no mask of their own. A mask for a line such as `{` would hide
   * that character in the whole log. A single-line secret is always masked. 1 to 1000.
   * @defaultValue `4`
   */
  minMaskLength?: number | undefined;
  /**
   * Address of Vault or OpenBao; the values are then read from there, and not from AWS. Further addresses of the same
   * cluster may follow, separated by white space or commas: a standby node may send requests on to them.
   */
  vaultUrl?: string | undefined;
  /** Role of Vault's JWT auth method to log in as. Required with `vaultUrl`. */
  vaultRole?: string | undefined;
  /**
   * Path of the JWT auth method.
   * @defaultValue `jwt`
   */
  vaultAuthPath?: string | undefined;
  /** Namespace of Vault Enterprise, HCP Vault or OpenBao. Vault Community Edition ignores it. */
  vaultNamespace?: string | undefined;
  /**
   * Audience to request the GitHub token for; the role's `bound_audiences` must have it. An audience of AWS is refused:
   * whoever receives the token could use it there.
   * @defaultValue the first address in `vaultUrl`, without its path
   */
  vaultAudience?: string | undefined;
  /**
   * Certificate of the CA that Vault's certificate is from: PEM, or PEM in Base64. Vault's connections then trust it and
   * nothing else.
   */
  vaultCaCertificate?: string | undefined;
  /**
   * What to read from Vault: entries `PATH KEY | NAME`, separated by `;`. This is the notation of vault-action. `PATH *`
   * loads every key, with the name in capitals; `PATH **` keeps the case. A path of KV version 2 has `data/` after the
   * mount, and may end in `?version=N`.
   */
  vaultSecrets?: string | undefined;
  /**
   * Repository whose stores are read; only with the identity `environment`. Outside GitHub Actions it is required to read
   * stores. Elsewhere the token says it.
   */
  repository?: string | undefined;
  /** Environment whose stores are read too; only with `repository`. */
  environment?: string | undefined;
}

// Up to here.

/** Options that no action has. */
interface RunOptions {
  /** Aborts what is under way and refuses what comes after; promises reject with its reason. */
  signal?: AbortSignal | undefined;
  /** Is told what is done, claims and tags included, and no secret. `console` will do. */
  logger?: Logger | undefined;
}

type Given<Inputs, Name extends keyof Inputs> = { [Each in Name]-?: NonNullable<Inputs[Each]> };
type Absent<Name extends string> = { [Each in Name]?: undefined };

/** The role, by its name or by the older one. */
type Role =
  | (Given<ConnectionInputs, 'cognitoRoleArn'> & Pick<ConnectionInputs, 'roleArn'>)
  | (Given<ConnectionInputs, 'roleArn'> & Absent<'cognitoRoleArn'>);

/** The pool, likewise. */
type Pool =
  | (Given<ConnectionInputs, 'cognitoIdentityPoolId'> & Pick<ConnectionInputs, 'identityPoolId'>)
  | (Given<ConnectionInputs, 'identityPoolId'> & Absent<'cognitoIdentityPoolId'>);

/** Both, where they may be given. */
type PoolAndRole = Pick<ConnectionInputs, 'cognitoIdentityPoolId' | 'identityPoolId' | 'cognitoRoleArn' | 'roleArn'>;
type PoolIfAny = Pick<PoolAndRole, 'cognitoIdentityPoolId' | 'identityPoolId'>;
type NoExchange = Absent<'tokenExchangeUrl'>;

/** What each identity needs. */
type Identity =
  | ({ identity?: 'cognito' | 'cognito-enhanced' | undefined } & Pool & Role & NoExchange)
  | ({ identity: 'web-identity' } & PoolIfAny & Role & Pick<ConnectionInputs, 'tokenExchangeUrl'>)
  | ({ identity: 'environment' } & PoolAndRole & NoExchange);

/**
 * How to reach AWS. With identity `cognito`, the default, and `cognito-enhanced` a pool and a role are required; with
 * `web-identity` a role; with `environment` neither.
 */
export type ConnectionOptions = Identity & Omit<ConnectionInputs, keyof PoolAndRole | 'identity' | 'tokenExchangeUrl'> & RunOptions;

/** As the AWS SDK's clients take it. */
export interface Logger {
  info?(text: string): void;
  warn?(text: string): void;
}

/** What the AWS SDK for JavaScript v3 calls an `AwsCredentialIdentity`. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they end. */
  readonly expiration?: Date;
  /** The role's account. */
  readonly accountId?: string;
}

/** What the AWS SDK calls an `AwsCredentialIdentityProvider`. */
export type CredentialProvider = (properties?: { forceRefresh?: boolean }) => Promise<Credentials>;

/**
 * Credentials of a role for the clients of the AWS SDK for JavaScript v3.
 *
 * Nothing is sent before the first use. Calls that come at the same time share one exchange. Credentials are used until five
 * minutes before their end, and then fetched anew with a new GitHub token.
 *
 * ```js
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { fromGitHubActions } from 'env-kvstore';
 *
 * const credentials = fromGitHubActions({
 *   cognitoIdentityPoolId: 'us-west-2:12345678-1234-1234-1234-1234567890ab',
 *   cognitoRoleArn: 'arn:aws:iam::123456789012:role/github-actions',
 * });
 * const s3 = new S3Client({ region: 'us-west-2', credentials });
 * ```
 *
 * @returns a provider that rejects with an {@link EnvKvstoreError}, or with the reason of `signal`
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/setting-credentials-node.html
 */
export function fromGitHubActions(options: ConnectionOptions): CredentialProvider;

/** Lines of at least one kind. */
type Lines =
  | (Given<ValueInputs, 'values'> & Pick<ValueInputs, 'secrets'>)
  | (Given<ValueInputs, 'secrets'> & Pick<ValueInputs, 'values'>);

type OfVault = 'vaultUrl' | 'vaultRole' | 'vaultAuthPath' | 'vaultNamespace' | 'vaultAudience' | 'vaultCaCertificate' | 'vaultSecrets';

/** `values`, `secrets` or both are required. */
type FromAws = ConnectionOptions & Lines & Omit<ValueInputs, keyof Lines | OfVault> & Absent<OfVault>;

/** `vaultUrl`, `vaultRole` and `vaultSecrets` are required, and nothing of AWS may be given. */
type FromVault = Given<ValueInputs, 'vaultUrl' | 'vaultRole' | 'vaultSecrets'> &
  Pick<ValueInputs, Exclude<OfVault, 'vaultUrl' | 'vaultRole' | 'vaultSecrets'> | 'minMaskLength'> &
  Pick<ConnectionInputs, 'githubEnterpriseName' | 'oidcIssuer' | 'githubToken' | 'timeoutSeconds'> &
  Absent<'identity' | 'cognitoIdentityPoolId' | 'cognitoRoleArn' | keyof Lines> &
  RunOptions;

/** What to read, from AWS or from Vault, and where it goes. */
export type LoadValuesOptions = (FromAws | FromVault) & {
  /** Whether to write `::add-mask::` commands for every secret to stdout before anything else is done with it. @defaultValue false */
  mask?: boolean | undefined;
  /** Gets the values under their names, all or none: `process.env`, for instance. */
  env?: Record<string, string | undefined> | undefined;
};

/** Where a value is from. */
export interface Origin {
  /** The level of its store; `secret` for one that `secrets` or `vaultSecrets` names, or `parameter`. */
  readonly level: 'environment' | 'repository' | 'secret' | 'parameter';
  /** In Vault, the path. */
  readonly secretName: string;
  /** In Vault, the URL that was read. */
  readonly secretArn: string;
  /** In Vault, the version's number; empty where there are no versions. */
  readonly versionId: string;
}

/** A value. Neither `console.log` nor `JSON.stringify` shows it. */
export interface LoadedValue {
  readonly name: string;
  readonly type: 'secret' | 'variable';
  readonly value: string;
  readonly origin: Origin;
}

/**
 * Reads values of the job's repository and environment from AWS Secrets Manager, or secrets from Vault.
 *
 * ```js
 * import { loadValues } from 'env-kvstore';
 *
 * const values = await loadValues({
 *   cognitoIdentityPoolId: 'us-west-2:12345678-1234-1234-1234-1234567890ab',
 *   cognitoRoleArn: 'arn:aws:iam::123456789012:role/github-actions',
 *   values: 'DATABASE_URL,secret',
 * });
 * const url = values.get('DATABASE_URL')?.value;
 * ```
 *
 * @returns all of the values by name; it rejects with an {@link EnvKvstoreError} that lists every one that is missing, or with
 *   the reason of `signal`
 */
export function loadValues(options: LoadValuesOptions): Promise<Map<string, LoadedValue>>;

/** Why something failed. No text of it is secret. */
export class EnvKvstoreError extends Error {
  private constructor();
  readonly name: 'EnvKvstoreError';
  /** Stable; docs/troubleshooting.md has a section for each. */
  readonly code: ErrorCode;
  /** What to do next. */
  readonly hint: string;
  /** Whether the SDK's `chain` of providers may go on: outside a job that may request a token. */
  readonly tryNextLink: boolean;
}

// Codes of errors. Made by build/inputs.mjs from docs/troubleshooting.md. Do not edit.

/** The codes of docs/troubleshooting.md. Of `file-failed`: masks could not be written to stdout. */
export type ErrorCode =
  | 'answer-unusable'
  | 'assume-role-denied'
  | 'assume-role-refused'
  | 'bucket-refused'
  | 'chain-role-denied'
  | 'claim-unusable'
  | 'classic-flow-disabled'
  | 'cognito-refused'
  | 'cognito-token-expired'
  | 'cognito-token-refused'
  | 'credentials-refused'
  | 'credentials-unavailable'
  | 'deadline-exceeded'
  | 'exchanged-token-refused'
  | 'file-edited'
  | 'file-failed'
  | 'github-token-algorithm'
  | 'github-token-audience'
  | 'github-token-expired'
  | 'github-token-issuer'
  | 'github-token-malformed'
  | 'github-token-refused'
  | 'github-token-signature'
  | 'github-token-unavailable'
  | 'id-token-permission-missing'
  | 'identity-pool-misconfigured'
  | 'identity-pool-not-found'
  | 'internal-error'
  | 'invalid-input'
  | 'issuer-keys-unavailable'
  | 'issuer-not-in-identity-pool'
  | 'issuer-not-reachable-by-cognito'
  | 'key-missing'
  | 'migration-misconfigured'
  | 'name-unusable'
  | 'proof-failed'
  | 'proxy-refused'
  | 'recipient-unusable'
  | 'role-duration-refused'
  | 'service-fault'
  | 'service-unreachable'
  | 'session-tags-too-large'
  | 'signature-refused'
  | 'snapshot-failed'
  | 'sso-session-expired'
  | 'store-access-denied'
  | 'store-changed'
  | 'store-exists'
  | 'store-not-an-object'
  | 'store-not-decryptable'
  | 'store-not-found'
  | 'store-not-readable'
  | 'store-refused'
  | 'store-too-large'
  | 'store-version-quota'
  | 'sts-region-disabled'
  | 'throttled'
  | 'tls-not-trusted'
  | 'token-exchange-refused'
  | 'value-unusable'
  | 'vault-access-denied'
  | 'vault-audience-refused'
  | 'vault-auth-not-found'
  | 'vault-claim-missing'
  | 'vault-claim-refused'
  | 'vault-issuer-unreachable'
  | 'vault-login-refused'
  | 'vault-path-wrong'
  | 'vault-policy-refused'
  | 'vault-redirect-refused'
  | 'vault-refused'
  | 'vault-role-not-found'
  | 'vault-sealed'
  | 'vault-secret-deleted'
  | 'vault-secret-not-found'
  | 'vault-token-refused';

// Up to here.

// What is not exported by name is not exported.
export {};
