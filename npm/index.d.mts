/**
 * Credentials and values for a job of GitHub Actions, without a stored secret: the job's OIDC token is exchanged at an Amazon
 * Cognito identity pool, a role is assumed with it, and AWS Secrets Manager is read as that role. The same core as the
 * action's; nothing is written to `process.env`, to stdout or to a file unless it is asked for.
 *
 * @see https://docs.github.com/en/actions/reference/security/oidc
 * @packageDocumentation
 */

/**
 * What leads to AWS. Lines and numbers are those of the action's inputs of the same name; see the README.
 */
export interface ConnectionOptions {
  /** Id of the identity pool, `REGION:UUID`; its prefix is the region of Cognito and STS. Required with identity `cognito`. */
  identityPoolId?: string | undefined;
  /** ARN of the role that is assumed. Required unless the identity is `environment`. */
  roleArn?: string | undefined;
  /**
   * What the job shows to AWS: a token of the pool (`cognito`), the pool's own credentials (`cognito-enhanced`), the GitHub
   * token (`web-identity`), or the credentials in `AWS_ACCESS_KEY_ID` and so on (`environment`).
   * @defaultValue `'cognito'`
   */
  identity?: 'cognito' | 'cognito-enhanced' | 'web-identity' | 'environment' | undefined;
  /** Slug of the enterprise, if it issues tokens under its own name. */
  githubEnterpriseName?: string | undefined;
  /**
   * Issuer of the tokens, without the enterprise's slug.
   * @defaultValue `'https://token.actions.githubusercontent.com'`
   */
  oidcIssuer?: string | undefined;
  /**
   * Audience of the token.
   * @defaultValue `'cognito-identity.amazonaws.com'`, with identity `web-identity` `'sts.amazonaws.com'`
   */
  audience?: string | undefined;
  /** A GitHub OIDC token (a JWT) to use instead of requesting one; credentials from it are not refreshed past its end. */
  githubToken?: string | undefined;
  /** Account of the pool and of the stores, 12 digits. @defaultValue the role's */
  awsAccountId?: string | undefined;
  /** Region of the stores. @defaultValue the pool's, or without a pool `AWS_REGION`'s */
  awsRegion?: string | undefined;
  /** Account of the pool, where it is not `awsAccountId`. */
  cognitoAccountId?: string | undefined;
  /** Region of Cognito and STS, where it is not the pool's. */
  cognitoRegion?: string | undefined;
  /** ARN of a second role, which the first one's session assumes. */
  chainRoleArn?: string | undefined;
  /** Claims that become session tags of the second session, with commas between; `'none'` gives none. */
  chainSessionTags?: string | undefined;
  /** Those of `chainSessionTags` that pass on to roles which the second session assumes. @defaultValue `'none'` */
  chainTransitiveTagKeys?: string | undefined;
  /**
   * Template of claims for the name of the role session, 2 to 64 characters when filled.
   * @defaultValue `'{run_id}@{sha}'`
   */
  roleSessionName?: string | undefined;
  /**
   * Life of the session in seconds, 900 to 43200, with `chainRoleArn` to 3600. STS refuses more than the role's maximum.
   * @defaultValue 3600 for credentials, 900 for values
   */
  roleDurationSeconds?: number | undefined;
  /** Time for one exchange with all its requests and retries, in seconds, 1 to 3600. @defaultValue 60 */
  timeoutSeconds?: number | undefined;
  /** Ends what is under way, and refuses what comes after; promises reject with its reason. */
  signal?: AbortSignal | undefined;
  /** Hears what is done, claims and tags included, and no secret. `console` will do. */
  logger?: Logger | undefined;
}

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
 *   identityPoolId: 'us-west-2:12345678-1234-1234-1234-1234567890ab',
 *   roleArn: 'arn:aws:iam::123456789012:role/github-actions',
 * });
 * const s3 = new S3Client({ region: 'us-west-2', credentials });
 * ```
 *
 * @returns a provider that rejects with an {@link EnvKvstoreError}, or with the reason of `signal`
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/setting-credentials-node.html
 */
export function fromGitHubActions(options: ConnectionOptions): CredentialProvider;

/** What to read, and where it goes. */
export interface LoadValuesOptions extends ConnectionOptions {
  /** Lines `ENV_VAR,secret|variable[,KEY[,optional]]` */
  values?: string | undefined;
  /** Lines `ENV_VAR=SECRET_ID_OR_ARN[:json-key[:version-stage[:version-id]]]` */
  secrets?: string | undefined;
  /** First part of the stores' names. */
  namespace?: string | undefined;
  /** Account of the stores, where it is not `awsAccountId`. */
  secretsManagerAccountId?: string | undefined;
  /** Region of the stores, where it is not `awsRegion`. */
  secretsManagerRegion?: string | undefined;
  /** What to do if the job's environment has no store. @defaultValue `'not-found-ok'` */
  environmentStore?: 'required' | 'not-found-ok' | 'optional' | undefined;
  /** `OWNER/NAME`, with identity `environment` and outside GitHub Actions, instead of a token's claim. */
  repository?: string | undefined;
  /** The same for the environment. */
  environment?: string | undefined;
  /** Writes `::add-mask::` commands for every secret to stdout, before anything else is done with them. @defaultValue false */
  mask?: boolean | undefined;
  /** Lines of a multi-line secret with fewer characters get no mask of their own, 1 to 1000. @defaultValue 4 */
  minMaskLength?: number | undefined;
  /** Gets the values under their names, all or none: `process.env`, for instance. */
  env?: Record<string, string | undefined> | undefined;
}

/** Where a value is from. */
export interface Origin {
  /** The level of its store, or `secret` for one that `secrets` names. */
  readonly level: 'environment' | 'repository' | 'secret';
  readonly secretName: string;
  readonly secretArn: string;
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
 * Reads values of the job's repository and environment from AWS Secrets Manager.
 *
 * ```js
 * import { loadValues } from 'env-kvstore';
 *
 * const values = await loadValues({
 *   identityPoolId: 'us-west-2:12345678-1234-1234-1234-1234567890ab',
 *   roleArn: 'arn:aws:iam::123456789012:role/github-actions',
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
  /** Stable; each is explained in the README's section Troubleshooting. */
  readonly code: ErrorCode;
  /** What to do next. */
  readonly hint: string;
  /** Whether the SDK's `chain` of providers may go on: outside a job that may request a token. */
  readonly tryNextLink: boolean;
}

/** The codes of the README's section Troubleshooting, and `file-failed`: masks could not be written to stdout. */
export type ErrorCode =
  | 'answer-unusable'
  | 'assume-role-denied'
  | 'assume-role-refused'
  | 'chain-role-denied'
  | 'claim-unusable'
  | 'classic-flow-disabled'
  | 'cognito-refused'
  | 'cognito-token-expired'
  | 'cognito-token-refused'
  | 'credentials-refused'
  | 'deadline-exceeded'
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
  | 'name-unusable'
  | 'proxy-refused'
  | 'role-duration-refused'
  | 'service-fault'
  | 'service-unreachable'
  | 'session-tags-too-large'
  | 'signature-refused'
  | 'store-access-denied'
  | 'store-not-an-object'
  | 'store-not-decryptable'
  | 'store-not-found'
  | 'store-not-readable'
  | 'store-refused'
  | 'sts-region-disabled'
  | 'throttled'
  | 'tls-not-trusted'
  | 'value-unusable';
