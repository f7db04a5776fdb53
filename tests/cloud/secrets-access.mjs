// May this caller do this to this secret? Each action with the resource and the condition keys of the Service Authorization
// Reference. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html

import { tagKeys } from './authorize.mjs';
import { AwsError } from './protocols.mjs';
import { secretArn } from './secrets.mjs';
import { requireValid } from './validation.mjs';

const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@!-]+$/;
const SECRET_NAME = /^[\w/+=.@!-]+$/;

/** @typedef {{ session: import('./sessions.mjs').Session, region: string, accountId: string }} Caller */

export class SecretsAccess {
  /** @param {{ secrets: import('./secrets.mjs').Secrets, authorizer: import('./authorize.mjs').Authorizer }} options */
  constructor({ secrets, authorizer }) {
    Object.assign(this, { secrets, authorizer });
  }

  /**
   * The secret, if the caller may do this to it. Whoever may not does not learn whether it exists.
   * @param {string} action
   * @param {string} secretId
   * @param {Caller} caller
   * @param {Record<string, string[]>} [keys] condition keys of this request
   * @returns {import('./secrets.mjs').Secret}
   */
  open(action, secretId, caller, keys = {}) {
    const { secret } = this.look(action, secretId, caller, keys);
    if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
    return secret;
  }

  /** The same for what need not exist. @returns {{ arn: string, secret?: import('./secrets.mjs').Secret }} */
  look(action, secretId, caller, keys = {}) {
    requireValid('ValidationException', [{ member: 'secretId', value: secretId, min: 1, max: 2048 }]);
    requireWellFormed(secretId);
    const found = this.secrets.find(secretId, caller);
    const { arn, accountId, secret } = found;
    this.#ask(action, { resource: arn, shown: secretId, accountId, secret }, caller, { 'secretsmanager:SecretId': [secretId], ...keys });
    return found;
  }

  /**
   * For a secret that is to be made. AWS does not say whether its ARN has the six characters by then, so both must be
   * allowed: a policy that passes here works either way.
   */
  askForNew(action, name, caller, keys) {
    const arn = secretArn(caller.region, caller.accountId, name);
    for (const resource of [arn, `${arn}-AbCdEf`]) {
      this.#ask(action, { resource, shown: name, accountId: caller.accountId }, caller, keys);
    }
  }

  /** For an action that has no resource. */
  askForAll(action, caller) {
    this.#ask(action, { resource: '*', shown: '*', accountId: caller.accountId }, caller, {});
  }

  /** Tags that would take the caller's own permission away are not set: AWS says that it denies this. */
  askAfterwards(action, secret, tags, caller, keys) {
    const changed = { ...secret, tags };
    this.#ask(action, { resource: secret.arn, shown: secret.arn, accountId: secret.accountId, secret: changed }, caller, keys);
  }

  #ask(action, { resource, shown, accountId, secret }, { session, region }, keys) {
    const context = {
      'aws:RequestedRegion': [region],
      'aws:ResourceAccount': [accountId],
      ...(secret && { 'secretsmanager:SecretPrimaryRegion': [secret.region] }),
      ...(secret && tagKeys('aws:ResourceTag', secret.tags)),
      ...(secret && tagKeys('secretsmanager:ResourceTag', secret.tags)),
      ...keys,
    };
    const name = `secretsmanager:${action}`;
    const refused = this.authorizer.refusedAccess({ session, action: name, resource, accountId, context, resourcePolicy: secret?.resourcePolicy });
    if (!refused) return;
    throw new AwsError('AccessDeniedException', `User: ${session.arn} is not authorized to perform: ${name} on resource: ${shown} ${refused}`);
  }
}

/** Condition keys of a request's tags. */
export function requestTagKeys(tags) {
  const keys = Object.keys(tags);
  return keys.length === 0 ? {} : { ...tagKeys('aws:RequestTag', tags), 'aws:TagKeys': keys };
}

/** A condition key that is there if the request has the parameter. */
export function keyOf(name, value) {
  return value === undefined ? {} : { [`secretsmanager:${name}`]: [String(value)] };
}

export function requireWellFormed(secretId) {
  if (secretId.startsWith('arn:') ? SECRET_ARN.test(secretId) : SECRET_NAME.test(secretId)) return;
  throw new AwsError(
    'ValidationException',
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  );
}

export function requireNotDeleted({ deleted }) {
  if (deleted) throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
}

export function notFound(message) {
  return new AwsError('ResourceNotFoundException', message);
}

export function invalidRequest(message) {
  return new AwsError('InvalidRequestException', message);
}

export function invalidParameter(message) {
  return new AwsError('InvalidParameterException', message);
}
