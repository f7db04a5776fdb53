// AWS Security Token Service: credentials of a role for a token or for another role's credentials, if the role's trust
// policy agrees.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html

import { COGNITO_ISSUER, withoutScheme } from './cognito.mjs';
import { decodeJwt, hasValidSignature } from './jwt.mjs';
import { requireWellFormed } from './policy.mjs';
import { AwsError, stsQuery } from './protocols.mjs';
import { tagsOfRequest, tagsOfToken } from './session-tags.mjs';
import { verifySignature } from './sigv4.mjs';
import { requireValid } from './validation.mjs';

const COGNITO = withoutScheme(COGNITO_ISSUER);
const ROLE_ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const CHAINED_SECONDS = 3600;
const NOT_IMPLEMENTED =
  /^(PolicyArns\.|ProvidedContexts\.|(ProviderId|ExternalId|SourceIdentity|SerialNumber|TokenCode)$)/;

/**
 * The claims of a GitHub token that trust policies can ask for, `event_name` not among them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */
const GITHUB_CLAIMS = [
  'actor',
  'actor_id',
  'enterprise_id',
  'environment',
  'job_workflow_ref',
  'ref',
  'repository',
  'repository_id',
  'workflow',
];

/** What the JSON services call a bad signature, as STS calls it. */
const SIGNATURE_CODES = {
  ExpiredTokenException: 'ExpiredToken',
  IncompleteSignatureException: 'IncompleteSignature',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidClientTokenId',
};

/**
 * @typedef {object} WebIdentity who a token says is calling
 * @property {string} provider as a trust policy's principal names it
 * @property {string} subject
 * @property {string} audience
 * @property {Record<string, string[]>} conditionKeys the claims that a trust policy can ask for
 * @property {Record<string, string>} tags
 * @property {string[]} transitiveKeys of the tags
 */

export class Sts {
  protocol = stsQuery;

  /**
   * @param {object} options
   * @param {import('./setup.mjs').Setup} options.setup
   * @param {import('./jwt.mjs').SigningKey} options.cognitoKey
   * @param {(url: string) => import('./jwt.mjs').SigningKey[]} options.issuerKeys what an OIDC provider publishes now
   * @param {(url: string) => boolean} options.isGithub whether AWS knows the provider's tokens as GitHub's
   * @param {import('./sessions.mjs').Sessions} options.sessions
   * @param {import('./authorize.mjs').Authorizer} options.authorizer
   * @param {() => number} options.now milliseconds
   */
  constructor({ setup, cognitoKey, issuerKeys, isGithub, sessions, authorizer, now }) {
    Object.assign(this, { setup, cognitoKey, issuerKeys, isGithub, sessions, authorizer, now });
  }

  operationOf({ method, headers, body }) {
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    return method === 'POST' && isForm ? (new URLSearchParams(body).get('Action') ?? '') : undefined;
  }

  detail({ RoleArn, RoleSessionName, DurationSeconds }) {
    return { RoleArn, RoleSessionName, DurationSeconds };
  }

  operations = {
    AssumeRole: (input, call) => this.#assumeRole(input, this.#caller(call)),
    AssumeRoleWithWebIdentity: (input) => this.assumeRoleWithWebIdentity(input),
    GetCallerIdentity: (_input, call) => callerIdentity(this.#caller(call).session),
  };

  /** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
  assumeRoleWithWebIdentity(input) {
    const { WebIdentityToken: token } = input;
    const { roleArn, sessionName, durationSeconds, sessionPolicy } = validParameters(input, [
      { member: 'webIdentityToken', value: token, min: 4, max: 20_000 },
    ]);
    const identity = this.#verifiedIdentity(token, roleArn);

    // A role that does not exist and one that does not trust the caller get the same answer.
    const role = this.setup.roles[roleArn];
    const denied = this.authorizer.refusedTrust({ role, roleArn, sessionName, identity });
    if (denied) throw accessDenied(`Not authorized to perform ${denied}`);
    if (durationSeconds > role.maxSessionDurationSeconds) {
      throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
    }
    const session = this.sessions.issue(roleArn, {
      sessionName,
      tags: identity.tags,
      transitiveTagKeys: identity.transitiveKeys,
      durationSeconds,
      federatedProvider: identity.provider,
      sessionPolicy,
    });
    return {
      SubjectFromWebIdentityToken: identity.subject,
      Audience: identity.audience,
      Provider: identity.provider,
      // How AWS packs tags is not known, so nothing is said unless a test says it.
      ...(this.setup.packedPolicySize !== undefined && { PackedPolicySize: this.setup.packedPolicySize }),
      ...credentialsOf(session),
    };
  }

  /** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
  #assumeRole(input, { session: caller, region }) {
    const { roleArn, sessionName, durationSeconds, sessionPolicy } = validParameters(input);
    const { requested, inherited, transitiveKeys } = tagsOfRequest(input, caller);
    const role = this.setup.roles[roleArn];
    const question = { caller, region, role, roleArn, sessionName, requested, inherited, transitiveKeys };
    const denied = this.authorizer.refusedRole(question);
    if (denied) {
      throw accessDenied(`User: ${caller.arn} is not authorized to perform: ${denied} on resource: ${roleArn}`);
    }
    if (caller.roleArn && durationSeconds > CHAINED_SECONDS) {
      throw invalid(
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
      );
    }
    if (durationSeconds > role.maxSessionDurationSeconds) {
      throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
    }
    const session = this.sessions.issue(roleArn, {
      sessionName,
      tags: { ...inherited, ...requested },
      transitiveTagKeys: [...Object.keys(inherited), ...transitiveKeys],
      durationSeconds,
      sessionPolicy,
    });
    return credentialsOf(session);
  }

  #caller(call) {
    try {
      return verifySignature(call, 'sts', this.sessions, this.now());
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (error.code === 'MissingAuthenticationTokenException') {
        throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
      }
      throw new AwsError(SIGNATURE_CODES[error.code], error.message, 403);
    }
  }

  /** @returns {WebIdentity} */
  #verifiedIdentity(token, roleArn) {
    const jwt = decodeJwt(token);
    if (!jwt) {
      throw invalidToken(
        'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
      );
    }
    const { claims } = jwt;
    const { provider, algorithm, keys, audiences, keyPrefix, keyClaims } = this.#issuer(claims.iss, roleArn);
    if (!hasValidSignature(jwt, algorithm, keys)) throw invalidToken('Token signature is invalid');
    const now = Math.floor(this.now() / 1000);
    if (!(now < claims.exp)) {
      const reason = `current date/time ${now} must be before the expiration date/time ${claims.exp}`;
      throw new AwsError('ExpiredTokenException', `Token expired: ${reason}`);
    }
    if (now < claims.nbf) throw invalidToken(`Token is not yet valid: ${now} < ${claims.nbf}`);
    if (audiences && !audiences.includes(claims.aud)) throw invalidToken('Incorrect token audience');
    const present = ['aud', 'sub', ...keyClaims].filter((name) => claims[name] !== undefined);
    return {
      provider,
      subject: claims.sub,
      audience: claims.aud,
      conditionKeys: Object.fromEntries(present.map((name) => [`${keyPrefix}:${name}`, [claims[name]].flat()])),
      ...tagsOfToken(claims),
    };
  }

  /** Cognito is known in every account, an OIDC provider only in its own. */
  #issuer(url, roleArn) {
    if (url === COGNITO_ISSUER) {
      const keys = [this.cognitoKey];
      return { provider: COGNITO, algorithm: 'RS512', keys, keyPrefix: COGNITO, keyClaims: ['amr'] };
    }
    const found = Object.entries(this.setup.oidcProviders).find(
      ([arn, { Url }]) => Url === url && accountOf(arn) === accountOf(roleArn),
    );
    if (!found) throw invalidToken(`No OpenIDConnect provider found in your account for ${url}`);
    const [provider, { ClientIDList: audiences }] = found;
    const keyPrefix = withoutScheme(url);
    const keyClaims = this.isGithub(url) ? GITHUB_CLAIMS : [];
    return { provider, algorithm: 'RS256', keys: this.issuerKeys(url), audiences, keyPrefix, keyClaims };
  }
}

/** Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
function callerIdentity({ arn, userId, accountId }) {
  return { Arn: arn, UserId: userId, Account: accountId };
}

function validParameters(input, more = []) {
  const { RoleArn: roleArn, RoleSessionName: sessionName, Policy: policy } = input;
  requireValid('ValidationError', [
    { member: 'roleArn', value: roleArn, min: 20, max: 2048 },
    { member: 'roleSessionName', value: sessionName, min: 2, max: 64, pattern: '[\\w+=,.@-]*' },
    { member: 'policy', value: policy, min: 1, max: 2048, optional: true },
    ...more,
  ]);
  if (!ROLE_ARN.test(roleArn)) throw invalid('Request ARN is invalid');
  const unknown = Object.keys(input).find((name) => NOT_IMPLEMENTED.test(name));
  if (unknown) throw new AwsError('NotImplemented', `The local cloud has no ${unknown}.`, 501);
  return {
    roleArn,
    sessionName,
    durationSeconds: validDuration(input.DurationSeconds ?? '3600'),
    sessionPolicy: policy && validPolicy(policy),
  };
}

function validDuration(text) {
  const seconds = /^\d+$/.test(text) ? Number(text) : NaN;
  if (seconds >= 900 && seconds <= 43_200) return seconds;
  const rule = seconds > 43_200 ? 'less than or equal to 43200' : 'greater than or equal to 900';
  const message = `Value '${text}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${rule}`;
  throw invalid(`1 validation error detected: ${message}`);
}

function validPolicy(text) {
  try {
    const document = JSON.parse(text);
    requireWellFormed(document);
    return document;
  } catch (error) {
    throw new AwsError('MalformedPolicyDocument', `The policy is malformed: ${error.message}`);
  }
}

function credentialsOf(session) {
  return {
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: new Date(session.expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  };
}

function accountOf(arn) {
  return arn.split(':')[4];
}

function accessDenied(message) {
  return new AwsError('AccessDenied', message, 403);
}

function invalid(message) {
  return new AwsError('ValidationError', message);
}

function invalidToken(message) {
  return new AwsError('InvalidIdentityToken', message);
}
