// AWS Security Token Service: a Cognito token in, credentials of a role out, if the role's trust policy agrees.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

import { COGNITO_ISSUER } from './cognito.mjs';
import { decodeJwt, hasValidSignature } from './jwt.mjs';
import { requireWellFormed } from './policy.mjs';
import { AwsError, stsQuery } from './protocols.mjs';
import { requireValid } from './validation.mjs';

const COGNITO = new URL(COGNITO_ISSUER).host;
const TAGS_CLAIM = 'https://aws.amazon.com/tags';
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const ROLE_ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

export class Sts {
  protocol = stsQuery;

  /**
   * @param {object} options
   * @param {import('./setup.mjs').Setup} options.setup
   * @param {import('./jwt.mjs').SigningKey} options.cognitoKey
   * @param {import('./sessions.mjs').Sessions} options.sessions
   * @param {import('./authorize.mjs').Authorizer} options.authorizer
   * @param {() => number} options.now milliseconds
   */
  constructor({ setup, cognitoKey, sessions, authorizer, now }) {
    Object.assign(this, { setup, cognitoKey, sessions, authorizer, now });
  }

  operationOf({ method, headers, body }) {
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    return method === 'POST' && isForm ? (new URLSearchParams(body).get('Action') ?? '') : undefined;
  }

  detail({ RoleArn, RoleSessionName, DurationSeconds }) {
    return { RoleArn, RoleSessionName, DurationSeconds };
  }

  operations = {
    AssumeRoleWithWebIdentity: (input) => this.#assumeRoleWithWebIdentity(input),
  };

  #assumeRoleWithWebIdentity(input) {
    const { roleArn, sessionName, durationSeconds, token, sessionPolicy } = validParameters(input);
    const identity = this.#verifiedIdentity(token);
    requireValidTags(identity.tags);

    // A role that does not exist and one that does not trust the caller get the same answer.
    const role = this.setup.roles[roleArn];
    const denied = this.authorizer.refusedTrust({ role, roleArn, sessionName, identity });
    if (denied) throw new AwsError('AccessDenied', `Not authorized to perform ${denied}`, 403);
    if (durationSeconds > role.maxSessionDurationSeconds) {
      throw new AwsError(
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );
    }
    const session = this.sessions.issue(roleArn, {
      sessionName,
      tags: identity.tags,
      durationSeconds,
      federatedProvider: identity.provider,
      sessionPolicy,
    });
    return answer(session, identity);
  }

  /**
   * Who the token says is calling. Tokens of other issuers would have to come from an OIDC provider of the role's
   * account; there is none that a role here trusts directly.
   */
  #verifiedIdentity(token) {
    const jwt = decodeJwt(token);
    if (!jwt) {
      throw invalidToken(
        'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
      );
    }
    const { iss: issuer, sub, aud, amr = [], exp } = jwt.claims;
    if (issuer !== COGNITO_ISSUER) throw invalidToken(`No OpenIDConnect provider found in your account for ${issuer}`);
    if (!hasValidSignature(jwt, 'RS512', [this.cognitoKey])) throw invalidToken('Token signature is invalid');
    const now = Math.floor(this.now() / 1000);
    if (!(now < exp)) {
      const reason = `current date/time ${now} must be before the expiration date/time ${exp}`;
      throw new AwsError('ExpiredTokenException', `Token expired: ${reason}`);
    }
    return { provider: COGNITO, subject: sub, audience: aud, methods: amr, tags: sessionTags(jwt.claims) };
  }
}

function validParameters(input) {
  const { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: token, Policy: policy } = input;
  requireValid('ValidationError', [
    { member: 'roleArn', value: roleArn, min: 20, max: 2048 },
    { member: 'roleSessionName', value: sessionName, min: 2, max: 64, pattern: '[\\w+=,.@-]*' },
    { member: 'webIdentityToken', value: token, min: 4, max: 20_000 },
    { member: 'policy', value: policy, min: 1, max: 2048, optional: true },
  ]);
  if (!ROLE_ARN.test(roleArn)) throw new AwsError('ValidationError', 'Request ARN is invalid');
  if (Object.keys(input).some((name) => name.startsWith('PolicyArns.'))) {
    throw new AwsError('NotImplemented', 'The local cloud has no managed policies.', 501);
  }
  return {
    roleArn,
    sessionName,
    token,
    durationSeconds: validDuration(input.DurationSeconds ?? '3600'),
    sessionPolicy: policy && validPolicy(policy),
  };
}

function validDuration(text) {
  const seconds = /^\d+$/.test(text) ? Number(text) : NaN;
  if (seconds >= 900 && seconds <= 43_200) return seconds;
  const rule = seconds > 43_200 ? 'less than or equal to 43200' : 'greater than or equal to 900';
  const message = `Value '${text}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${rule}`;
  throw new AwsError('ValidationError', `1 validation error detected: ${message}`);
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

function sessionTags(claims) {
  const tags = claims[TAGS_CLAIM]?.principal_tags ?? {};
  return Object.fromEntries(Object.entries(tags).map(([key, [value]]) => [key, value]));
}

/**
 * Keys differ in more than case; AWS does not say which tag it refuses.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
function requireValidTags(tags) {
  const entries = Object.entries(tags);
  const valid = entries.every(
    ([key, value]) => key.length <= 128 && value.length <= 256 && TAG_TEXT.test(key) && TAG_TEXT.test(value),
  );
  const distinct = new Set(entries.map(([key]) => key.toLowerCase())).size;
  if (!valid || distinct < entries.length || entries.length > 50)
    throw new AwsError('ValidationError', 'Unable to validate tags');
}

function answer(session, identity) {
  return {
    SubjectFromWebIdentityToken: identity.subject,
    Audience: identity.audience,
    Provider: identity.provider,
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: new Date(session.expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  };
}

function invalidToken(message) {
  return new AwsError('InvalidIdentityToken', message);
}
