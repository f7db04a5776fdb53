// Parameter Store of AWS Systems Manager: verifies who signed, asks IAM, decrypts as that caller, then answers.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html

import { tagKeys } from './authorize.mjs';
import { parameterArn } from './parameters.mjs';
import { AwsError, awsJson } from './protocols.mjs';
import { verifySignature } from './sigv4.mjs';
import { requireValid } from './validation.mjs';

const TARGET = 'AmazonSSM.';
/** What of a request is recorded: nothing that is secret. */
const RECORDED = ['Name', 'Names', 'Path', 'Recursive', 'WithDecryption', 'MaxResults', 'NextToken', 'Type', 'ParameterVersion', 'Labels'];
const MAX_NAMES = 10;
const NOT_YOURS =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access. ' +
  '(Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 00000000-0000-0000-0000-000000000000; Proxy: null)';

export class Ssm {
  protocol = awsJson('message');

  /**
   * @param {object} options
   * @param {import('./setup.mjs').Setup} options.setup
   * @param {import('./parameters.mjs').Parameters} options.parameters
   * @param {import('./sessions.mjs').Sessions} options.sessions
   * @param {import('./authorize.mjs').Authorizer} options.authorizer
   * @param {() => number} options.now milliseconds
   */
  constructor({ setup, parameters, sessions, authorizer, now }) {
    Object.assign(this, { setup, parameters, sessions, authorizer, now });
    const all = {
      GetParameters: (input, caller) => this.#get(input, caller),
      GetParametersByPath: (input, caller) => this.#byPath(input, caller),
      PutParameter: (input, caller) => this.#put(input, caller),
      LabelParameterVersion: (input, caller) => this.#label(input, caller),
    };
    this.operations = Object.fromEntries(Object.entries(all).map(([name, run]) => [name, (input, call) => run(input, this.#caller(call))]));
  }

  operationOf({ method, headers }) {
    const target = headers['x-amz-target'];
    return method === 'POST' && target?.startsWith(TARGET) ? target.slice(TARGET.length) : undefined;
  }

  detail(input) {
    return Object.fromEntries(RECORDED.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]));
  }

  #caller(call) {
    const { session, region } = verifySignature(call, 'ssm', this.sessions, this.now());
    return { session, region, accountId: session.accountId };
  }

  /**
   * Asks IAM about each name, and refuses all for one that is denied. What does not exist is listed.
   * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
   */
  #get({ Names: names, WithDecryption: isDecrypted = false }, caller) {
    if (!Array.isArray(names) || names.length < 1 || names.length > MAX_NAMES) {
      const bound = names?.length > MAX_NAMES ? `less than or equal to ${MAX_NAMES}` : 'greater than or equal to 1';
      throw failed(names, 'names', `have length ${bound}`);
    }
    if (new Set(names).size < names.length) throw failed(names, 'names', 'have unique values');
    requireValid('ValidationException', names.map((value, i) => ({ member: `names.${i + 1}.member`, value, min: 1, max: 2048 })));
    const found = names.map((asked) => ({ asked, ...this.parameters.find(asked, caller) }));
    for (const { arn, accountId, parameter } of found) this.#ask('GetParameters', { arn, accountId, parameter }, caller);
    const there = found.filter(({ version }) => version);
    return {
      Parameters: there.map(({ parameter, version, selector }) => this.#shown(parameter, version, { selector, isDecrypted, caller })).sort(byName),
      InvalidParameters: found.filter(({ version }) => !version).map(({ asked }) => asked),
    };
  }

  /**
   * Asks IAM about the path as it is written, and about nothing below it.
   * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
   */
  #byPath({ Path: path, Recursive: isRecursive = false, WithDecryption: isDecrypted = false, MaxResults = MAX_NAMES, NextToken }, caller) {
    requireValid('ValidationException', [{ member: 'path', value: path, min: 1, max: 2048 }]);
    if (!path.startsWith('/')) throw new AwsError('ValidationException', 'The parameter path must begin with a slash.');
    if (!(Number.isInteger(MaxResults) && MaxResults >= 1 && MaxResults <= MAX_NAMES)) {
      throw failed(MaxResults, 'maxResults', `have value ${MaxResults > MAX_NAMES ? `less than or equal to ${MAX_NAMES}` : 'greater than or equal to 1'}`);
    }
    const arn = parameterArn(caller.region, caller.accountId, path);
    this.#ask('GetParametersByPath', { arn, accountId: caller.accountId }, caller, { 'ssm:Recursive': [String(isRecursive)] });
    const start = NextToken === undefined ? 0 : startOf(NextToken, path);
    const all = this.parameters.below(path, isRecursive, caller);
    const end = start + MaxResults;
    return {
      Parameters: all.slice(start, end).map((parameter) => this.#shown(parameter, parameter.versions.at(-1), { isDecrypted, caller })),
      ...(end < all.length && { NextToken: Buffer.from(`${path} from ${end}`).toString('base64') }),
    };
  }

  /** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
  #put({ Name: name, Value: value, Type: type, KeyId: keyId, Overwrite: overwrite = false, Tier: tier }, caller) {
    requireValid('ValidationException', [
      { member: 'name', value: name, min: 1, max: 2048 },
      { member: 'value', value, min: 1 },
      { member: 'type', value: type, pattern: 'String|StringList|SecureString', optional: true },
    ]);
    const arn = parameterArn(caller.region, caller.accountId, name);
    const existing = this.parameters.named(name, caller);
    this.#ask('PutParameter', { arn, accountId: caller.accountId, parameter: existing }, caller, { 'ssm:Overwrite': [String(overwrite)] });
    if (!existing && type === undefined) throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.');
    const parameter = this.parameters.put(name, value, { type, keyId, overwrite, tier, region: caller.region, account: caller.accountId });
    return { Version: parameter.versions.length, Tier: parameter.tier };
  }

  /** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_LabelParameterVersion.html */
  #label({ Name: name, ParameterVersion: number, Labels: labels }, caller) {
    const parameter = this.parameters.named(name, caller);
    this.#ask('LabelParameterVersion', { arn: parameterArn(caller.region, caller.accountId, name), accountId: caller.accountId, parameter }, caller);
    if (!parameter) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
    const labelled = this.parameters.label(parameter, number, labels);
    return { InvalidLabels: labelled.invalid, ParameterVersion: labelled.number };
  }

  /** A parameter of another account is named by its ARN. */
  #shown(parameter, version, { selector, isDecrypted, caller }) {
    return {
      Name: parameter.accountId === caller.accountId ? parameter.name : parameter.arn,
      Type: version.type,
      Value: version.type === 'SecureString' ? this.#plain(parameter, version, isDecrypted, caller) : version.value,
      Version: version.number,
      ...(selector && { Selector: `:${selector}` }),
      LastModifiedDate: version.createdAt / 1000,
      ARN: parameter.arn,
      DataType: 'text',
    };
  }

  /**
   * By the account's own key for SSM every caller that may read may decrypt; a key of the customer's must be allowed too, here
   * by the caller's policies, as key policies that name the account leave it.
   * https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
   */
  #plain(parameter, { value, keyId }, isDecrypted, { session, region }) {
    if (!isDecrypted) return `AQICAH${Buffer.from(parameter.arn).toString('base64')}`;
    if (keyId === undefined) return value;
    const key = this.setup.keys?.[keyId];
    if (key?.state) throw new AwsError('InvalidKeyId', `${keyId} is ${key.state}. (Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Proxy: null)`);
    const context = {
      'aws:RequestedRegion': [region],
      'kms:ViaService': [`ssm.${region}.amazonaws.com`],
      'kms:EncryptionContext:PARAMETER_ARN': [parameter.arn],
    };
    const refused = this.authorizer.refusedAccess({ session, action: 'kms:Decrypt', resource: keyId, accountId: keyId.split(':')[4], context });
    if (!key || refused) throw new AwsError('AccessDeniedException', NOT_YOURS);
    return value;
  }

  #ask(action, { arn, accountId, parameter }, { session, region }, keys = {}) {
    const context = {
      'aws:RequestedRegion': [region],
      'aws:ResourceAccount': [accountId],
      ...(parameter && tagKeys('aws:ResourceTag', parameter.tags)),
      ...keys,
    };
    const name = `ssm:${action}`;
    const refused = this.authorizer.refusedAccess({ session, action: name, resource: arn, accountId, context, resourcePolicy: parameter?.resourcePolicy });
    if (refused) throw new AwsError('AccessDeniedException', `User: ${session.arn} is not authorized to perform: ${name} on resource: ${arn} ${refused}`);
  }
}

function byName(one, other) {
  return one.Name < other.Name ? -1 : 1;
}

function startOf(token, path) {
  const [, of, start] = /^(.*) from (\d+)$/.exec(Buffer.from(String(token), 'base64').toString()) ?? [];
  if (of !== path) throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
  return Number(start);
}

function failed(value, member, rule) {
  const shown = Array.isArray(value) ? `[${value.join(', ')}]` : value;
  return new AwsError('ValidationException', `1 validation error detected: Value '${shown}' at '${member}' failed to satisfy constraint: Member must ${rule}`);
}
