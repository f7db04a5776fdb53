// AWS Secrets Manager: verifies who signed, asks IAM, then answers. In that order: whoever may not read a secret
// does not learn whether it exists.

import { tagKeys } from './authorize.mjs';
import { AwsError, awsJson } from './protocols.mjs';
import { verifySignature } from './sigv4.mjs';
import { requireValid } from './validation.mjs';

const TARGET = 'secretsmanager.';
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@!-]+$/;
const SECRET_NAME = /^[\w/+=.@!-]+$/;

export class SecretsManager {
  protocol = awsJson('Message');

  /**
   * @param {object} options
   * @param {import('./setup.mjs').Setup} options.setup
   * @param {import('./secrets.mjs').Secrets} options.secrets
   * @param {import('./sessions.mjs').Sessions} options.sessions
   * @param {import('./authorize.mjs').Authorizer} options.authorizer
   * @param {() => number} options.now milliseconds
   */
  constructor({ setup, secrets, sessions, authorizer, now }) {
    Object.assign(this, { setup, secrets, sessions, authorizer, now });
  }

  operationOf({ method, headers }) {
    const target = headers['x-amz-target'];
    return method === 'POST' && target?.startsWith(TARGET) ? target.slice(TARGET.length) : undefined;
  }

  detail({ SecretId, SecretIdList, VersionId, VersionStage, NextToken }) {
    return { SecretId, SecretIdList, VersionId, VersionStage, NextToken };
  }

  operations = {
    GetSecretValue: (input, call) => this.#secretValue(input, this.#caller(call)),
    BatchGetSecretValue: (input, call) => this.#batch(input, this.#caller(call)),
  };

  #caller(call) {
    const { session, region } = verifySignature(call, 'secretsmanager', this.sessions, this.now());
    return { session, region, accountId: session.accountId };
  }

  /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
  #secretValue({ SecretId: secretId, VersionId: versionId, VersionStage: stage }, caller) {
    requireValid('ValidationException', [
      { member: 'secretId', value: secretId, min: 1, max: 2048 },
      { member: 'versionId', value: versionId, min: 32, max: 64, optional: true },
      { member: 'versionStage', value: stage, min: 1, max: 256, optional: true },
    ]);
    requireWellFormed(secretId);

    const found = this.secrets.find(secretId, caller);
    this.#authorize({ secretId, versionId, stage }, found, caller);
    if (!found.secret) throw notFound("Secrets Manager can't find the specified secret.");
    if (found.secret.deleted) {
      throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
    }
    return describe(found.secret, selectVersion(found.secret, versionId, stage));
  }

  /**
   * Answers 200 though some, or all, were refused. Its own action is asked for on `*`, then GetSecretValue for each. What
   * does not fit into one answer is left to the next, which NextToken asks for.
   * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
   */
  #batch({ SecretIdList: secretIds, Filters: filters, NextToken: nextToken }, caller) {
    if (filters) throw new AwsError('NotImplemented', 'The local cloud has no filters.', 501);
    if (!Array.isArray(secretIds) || secretIds.length < 1 || secretIds.length > 20) {
      throw new AwsError('InvalidParameterException', 'SecretIdList must have between 1 and 20 members.');
    }
    const action = 'secretsmanager:BatchGetSecretValue';
    const { session, region, accountId } = caller;
    const context = { 'aws:RequestedRegion': [region] };
    const refused = this.authorizer.refusedAccess({ session, action, resource: '*', accountId, context });
    if (refused) throw accessDenied(session, action, '*', refused);

    const start = nextToken === undefined ? 0 : pageOf(nextToken);
    const end = start + this.setup.batchPageSize;
    const answer = { SecretValues: [], Errors: [], ...(end < secretIds.length && { NextToken: tokenOf(end) }) };
    for (const SecretId of secretIds.slice(start, end)) {
      try {
        answer.SecretValues.push(this.#secretValue({ SecretId }, caller));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        answer.Errors.push({ SecretId, ErrorCode: error.code, Message: error.message });
      }
    }
    return answer;
  }

  #authorize({ secretId, versionId, stage }, { arn, accountId, secret }, { session, region }) {
    const action = 'secretsmanager:GetSecretValue';
    const context = {
      'aws:RequestedRegion': [region],
      'aws:ResourceAccount': [accountId],
      'secretsmanager:SecretId': [secretId],
      ...(versionId && { 'secretsmanager:VersionId': [versionId] }),
      ...(stage && { 'secretsmanager:VersionStage': [stage] }),
      ...(secret && tagKeys('aws:ResourceTag', secret.tags)),
      ...(secret && tagKeys('secretsmanager:ResourceTag', secret.tags)),
    };
    const question = { session, action, resource: arn, accountId, context, resourcePolicy: secret?.resourcePolicy };
    const refused = this.authorizer.refusedAccess(question);
    if (refused) throw accessDenied(session, action, secretId, refused);
  }
}

function tokenOf(start) {
  return Buffer.from(`page from ${start}`).toString('base64');
}

function pageOf(nextToken) {
  const start = /^page from (\d+)$/.exec(Buffer.from(String(nextToken), 'base64').toString())?.[1];
  if (start === undefined) throw new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.');
  return Number(start);
}

function requireWellFormed(secretId) {
  if (secretId.startsWith('arn:') ? SECRET_ARN.test(secretId) : SECRET_NAME.test(secretId)) return;
  throw new AwsError(
    'ValidationException',
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  );
}

function selectVersion(secret, versionId, stage) {
  const wantedStage = stage ?? (versionId ? undefined : 'AWSCURRENT');
  const version = secret.versions.find(({ id, stages }) =>
    versionId ? id === versionId : stages.includes(wantedStage),
  );
  if (!version) {
    const wanted = versionId ? `VersionId: ${versionId}` : `staging label: ${wantedStage}`;
    throw notFound(`Secrets Manager can't find the specified secret value for ${wanted}`);
  }
  if (wantedStage && !version.stages.includes(wantedStage)) {
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
  }
  return version;
}

function describe(secret, { id, stages, createdAt, value }) {
  const field =
    typeof value === 'string' ? { SecretString: value } : { SecretBinary: Buffer.from(value).toString('base64') };
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: id,
    ...field,
    VersionStages: stages,
    CreatedDate: createdAt / 1000,
  };
}

function accessDenied(session, action, resource, reason) {
  const message = `User: ${session.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
  return new AwsError('AccessDeniedException', message);
}

function notFound(message) {
  return new AwsError('ResourceNotFoundException', message);
}

function invalidRequest(message) {
  return new AwsError('InvalidRequestException', message);
}
