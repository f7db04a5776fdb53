// AWS Secrets Manager: verifies who signed, asks IAM, then answers. In that order: whoever may not read a secret
// does not learn whether it exists.

import { AwsError, awsJson } from './protocols.mjs';
import { SecretsAccess, invalidRequest, keyOf, notFound, requireNotDeleted } from './secrets-access.mjs';
import { describing } from './secrets-describing.mjs';
import { dayOf, pageOf, tokenOf } from './secrets-pages.mjs';
import { writing } from './secrets-writing.mjs';
import { verifySignature } from './sigv4.mjs';
import { requireValid } from './validation.mjs';

const TARGET = 'secretsmanager.';
/** What of a request is recorded: nothing that is secret. */
const RECORDED = [
  ...['SecretId', 'SecretIdList', 'VersionId', 'VersionStage', 'VersionStages', 'NextToken', 'Name', 'ClientRequestToken'],
  ...['MoveToVersionId', 'RemoveFromVersionId', 'Filters', 'MaxResults', 'Tags', 'TagKeys', 'KmsKeyId'],
  ...['RecoveryWindowInDays', 'ForceDeleteWithoutRecovery', 'IncludePlannedDeletion', 'IncludeDeprecated'],
];

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
    const access = new SecretsAccess({ secrets, authorizer });
    this.access = access;
    const all = { ...this.#reading(), ...writing({ setup, secrets, access, now }), ...describing({ setup, secrets, access }) };
    /** Each is handed who calls, instead of the call. */
    this.operations = Object.fromEntries(
      Object.entries(all).map(([name, run]) => [name, (input, call) => run(input, this.#caller(call))]),
    );
  }

  operationOf({ method, headers }) {
    const target = headers['x-amz-target'];
    return method === 'POST' && target?.startsWith(TARGET) ? target.slice(TARGET.length) : undefined;
  }

  detail(input) {
    return Object.fromEntries(RECORDED.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]));
  }

  #reading() {
    return {
      GetSecretValue: (input, caller) => this.#secretValue(input, caller),
      BatchGetSecretValue: (input, caller) => this.#batch(input, caller),
    };
  }

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
    const keys = { ...keyOf('VersionId', versionId), ...keyOf('VersionStage', stage) };
    const secret = this.access.open('GetSecretValue', secretId, caller, keys);
    requireNotDeleted(secret);
    const version = selectVersion(secret, versionId, stage);
    secret.accessedAt = version.accessedAt = dayOf(this.now());
    return valueOf(secret, version);
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
    this.access.askForAll('BatchGetSecretValue', caller);

    const start = pageOf(nextToken);
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

function valueOf(secret, { id, stages, createdAt, value }) {
  const field =
    typeof value === 'string' ? { SecretString: value } : { SecretBinary: Buffer.from(value).toString('base64') };
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: id,
    ...field,
    ...(stages.length > 0 && { VersionStages: stages }),
    CreatedDate: createdAt / 1000,
  };
}
