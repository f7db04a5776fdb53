// The secrets that exist, and how a SecretId finds one.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html

import { randomBytes, randomUUID } from 'node:crypto';

/**
 * @typedef {object} Secret
 * @property {string} arn
 * @property {string} name
 * @property {string} accountId
 * @property {Record<string, string>} tags
 * @property {any} [resourcePolicy]
 * @property {boolean} deleted marked for deletion: it exists but gives no value
 * @property {Version[]} versions newest last
 *
 * @typedef {{ id: string, stages: string[], createdAt: number, value: string | Uint8Array }} Version
 */

export class Secrets {
  /** @type {Secret[]} */
  #secrets = [];

  constructor(setup, now) {
    this.setup = setup;
    this.now = now;
  }

  /**
   * Creates a secret, or gives an existing one a new version.
   * @param {string} name
   * @param {string | Uint8Array | object} value an object is stored as its JSON, bytes as SecretBinary
   * @param {object} [options]
   * @param {Record<string, string>} [options.tags]
   * @param {string} [options.region]
   * @param {string} [options.account]
   * @param {any} [options.resourcePolicy]
   * @param {string} [options.suffix] of the ARN, random unless given
   * @param {string} [options.versionId]
   * @param {string} [options.versionStage] AWSCURRENT moves to the new version unless another label is named
   * @returns {Secret}
   */
  put(name, value, options = {}) {
    const { region = this.setup.region, account = this.setup.accountId, versionStage = 'AWSCURRENT' } = options;
    const arnOfName = secretArn(region, account, name);
    let secret = this.#secrets.find((existing) => arnOfName === withoutSuffix(existing.arn));
    if (!secret) {
      const suffix = options.suffix ?? randomSuffix();
      secret = { arn: `${arnOfName}-${suffix}`, name, accountId: account, tags: {}, deleted: false, versions: [] };
      this.#secrets.push(secret);
    }
    secret.tags = options.tags ?? secret.tags;
    secret.resourcePolicy = options.resourcePolicy ?? secret.resourcePolicy;
    moveStage(secret, versionStage);
    secret.versions.push({
      id: options.versionId ?? randomUUID(),
      stages: [versionStage],
      createdAt: this.now(),
      value: typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value),
    });
    return secret;
  }

  /**
   * A name is looked up in the caller's account. An ARN may lack its suffix, but one that ends in a hyphen and six
   * characters is taken for a whole ARN, even where those belong to the name. Secrets of another region are not here.
   * https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
   * @param {string} secretId
   * @param {{ region: string, accountId: string }} caller
   * @returns {{ arn: string, accountId: string, secret?: Secret }} without a secret: the ARN that IAM is asked about
   */
  find(secretId, { region, accountId }) {
    const isArn = secretId.startsWith('arn:');
    const arn = isArn ? secretId : secretArn(region, accountId, secretId);
    const isWhole = isArn && /-[A-Za-z0-9]{6}$/.test(arn);
    const [, , , arnRegion, arnAccountId] = arn.split(':');
    const secret = this.#secrets.find((candidate) => arn === (isWhole ? candidate.arn : withoutSuffix(candidate.arn)));
    return arnRegion === region && secret
      ? { arn: secret.arn, accountId: secret.accountId, secret }
      : { arn, accountId: arnAccountId };
  }
}

/** AWSCURRENT leaves AWSPREVIOUS behind; any other label simply moves. */
function moveStage(secret, stage) {
  const holder = secret.versions.find((version) => version.stages.includes(stage));
  if (!holder) return;
  holder.stages = holder.stages.filter((held) => held !== stage);
  if (stage !== 'AWSCURRENT') return;
  moveStage(secret, 'AWSPREVIOUS');
  holder.stages.push('AWSPREVIOUS');
}

function secretArn(region, accountId, name) {
  return `arn:${partitionOf(region)}:secretsmanager:${region}:${accountId}:secret:${name}`;
}

function partitionOf(region) {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function withoutSuffix(arn) {
  return arn.slice(0, -'-xxxxxx'.length);
}

function randomSuffix() {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return [...randomBytes(6)].map((byte) => alphabet[byte % alphabet.length]).join('');
}
