// The parameters that exist in Parameter Store: their versions and labels, and how a name or an ARN finds one.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html

import { AwsError } from './protocols.mjs';

const MAX_LEVELS = 15;
const MAX_LABELS = 10;
/** By tier. https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAX_BYTES = { Standard: 4096, Advanced: 8192 };
const NAME = /^[\w.\-/]+$/;
const ALREADY_EXISTS = 'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.';

/**
 * @typedef {object} ParameterVersion
 * @property {number} number
 * @property {'String' | 'StringList' | 'SecureString'} type
 * @property {string} value
 * @property {string} [keyId] of a SecureString: the ARN of a key of the set-up, if it is not the account's own for SSM
 * @property {string[]} labels
 * @property {number} createdAt milliseconds
 *
 * @typedef {object} Parameter
 * @property {string} name
 * @property {string} arn
 * @property {string} accountId
 * @property {string} region
 * @property {'Standard' | 'Advanced'} tier
 * @property {Record<string, string>} tags
 * @property {any} [resourcePolicy] as AWS RAM makes it when an advanced parameter is shared
 * @property {ParameterVersion[]} versions newest last
 */

export class Parameters {
  /** @type {Parameter[]} */
  #parameters = [];

  constructor(setup, now) {
    Object.assign(this, { setup, now });
  }

  /**
   * A new parameter, or a new version of one.
   * @param {string} name
   * @param {string} value
   * @param {{ type?: ParameterVersion['type'], keyId?: string, region?: string, account?: string, tier?: Parameter['tier'], tags?: Record<string, string>, resourcePolicy?: any, overwrite?: boolean }} [options]
   * @returns {Parameter}
   */
  put(name, value, options = {}) {
    const { region = this.setup.region, account: accountId = this.setup.accountId, tier = 'Standard', overwrite = true } = options;
    requireName(name);
    if (Buffer.byteLength(value) > MAX_BYTES[tier]) {
      throw invalid(`${tier} tier parameters support a maximum parameter value of ${MAX_BYTES[tier]} characters.`);
    }
    const arn = parameterArn(region, accountId, name);
    // One ARN is one parameter: `b` and `/b` are not both there.
    const existing = this.#parameters.find((parameter) => parameter.arn === arn);
    if (existing && (existing.name !== name || !overwrite)) throw new AwsError('ParameterAlreadyExists', ALREADY_EXISTS);
    const type = options.type ?? existing?.versions.at(-1).type ?? 'String';
    const parameter = existing ?? { name, arn, accountId, region, tier, tags: {}, versions: [] };
    parameter.tags = options.tags ?? parameter.tags;
    parameter.resourcePolicy = options.resourcePolicy ?? parameter.resourcePolicy;
    const keyId = type === 'SecureString' ? options.keyId : undefined;
    parameter.versions.push({ number: parameter.versions.length + 1, type, value, keyId, labels: [], createdAt: this.now() });
    if (!existing) this.#parameters.push(parameter);
    return parameter;
  }

  /** A label moves from the version that has it. @returns {{ invalid: string[], number: number }} */
  label(parameter, number, labels) {
    const version = number === undefined ? parameter.versions.at(-1) : parameter.versions.find((other) => other.number === number);
    if (!version) throw new AwsError('ParameterVersionNotFound', `Systems Manager could not find version ${number} of ${parameter.name}. Verify the version and try again.`);
    const invalidLabels = labels.filter((label) => !/^(?!\d)(?!aws)(?!ssm)[\w.-]{1,100}$/i.test(label));
    const taken = labels.filter((label) => !invalidLabels.includes(label));
    if (new Set([...version.labels, ...taken]).size > MAX_LABELS) {
      throw new AwsError('ParameterVersionLabelLimitExceeded', 'A parameter version can have maximum 10 labels.');
    }
    for (const other of parameter.versions) other.labels = other.labels.filter((label) => !taken.includes(label));
    version.labels.push(...taken);
    return { invalid: invalidLabels, number: version.number };
  }

  /** @returns {Parameter | undefined} */
  named(name, { region, accountId }) {
    return this.#parameters.find((parameter) => parameter.name === name && parameter.region === region && parameter.accountId === accountId);
  }

  /**
   * A name is looked up in the caller's account, an ARN where it says; `:VERSION` or `:LABEL` may follow either.
   * @param {string} asked
   * @param {{ region: string, accountId: string }} caller
   * @returns {{ arn: string, accountId: string, selector?: string, parameter?: Parameter, version?: ParameterVersion }}
   */
  find(asked, caller) {
    const isArn = asked.startsWith('arn:');
    const parts = asked.split(':');
    const base = parts.slice(0, isArn ? 6 : 1).join(':');
    const [selector] = parts.slice(isArn ? 6 : 1);
    const arn = isArn ? base : parameterArn(caller.region, caller.accountId, base);
    const parameter = isArn ? this.#parameters.find((other) => other.arn === arn && other.region === caller.region) : this.named(base, caller);
    const version = parameter?.versions.findLast(({ number, labels }) => selector === undefined || String(number) === selector || labels.includes(selector));
    return { arn, accountId: arn.split(':')[4], selector, parameter, version };
  }

  /** Those below a path, by name. @returns {Parameter[]} */
  below(path, isRecursive, { region, accountId }) {
    const start = path.endsWith('/') ? path : `${path}/`;
    const isBelow = ({ name }) => name.startsWith(start) && (isRecursive || !name.slice(start.length).includes('/'));
    const there = this.#parameters.filter((parameter) => parameter.region === region && parameter.accountId === accountId);
    return there.filter(isBelow).sort((one, other) => (one.name < other.name ? -1 : 1));
  }
}

/** What follows `parameter` has one slash, whether the name begins with one or not. */
export function parameterArn(region, accountId, name) {
  return `arn:aws:ssm:${region}:${accountId}:parameter/${name.replace(/^\//, '')}`;
}

function requireName(name) {
  if (!NAME.test(name) || /^\/?(aws|ssm)/i.test(name)) {
    throw invalid(
      'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by ' +
        'slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    );
  }
  if (name.includes('/') && !name.startsWith('/')) throw invalid('Parameter name must be a fully qualified name.');
  if (name.replace(/^\//, '').split('/').length > MAX_LEVELS) {
    throw new AwsError('HierarchyLevelLimitExceededException', 'Parameter name must have a maximum of 15 levels.');
  }
}

function invalid(message) {
  return new AwsError('ValidationException', message);
}
