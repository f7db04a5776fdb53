// The secrets that exist, and how a SecretId finds one.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html

import { randomBytes, randomUUID } from 'node:crypto';
import { addVersion } from './versions.mjs';

/**
 * @typedef {object} Secret
 * @property {string} arn
 * @property {string} name
 * @property {string} accountId
 * @property {string} region
 * @property {string} [description]
 * @property {string} [kmsKeyId]
 * @property {Record<string, string>} tags
 * @property {any} [resourcePolicy]
 * @property {number} createdAt milliseconds
 * @property {number} changedAt milliseconds
 * @property {number} [accessedAt] milliseconds: the day, as AWS tells no more of it
 * @property {boolean} deleted marked for deletion: it exists but gives no value
 * @property {number} [deletionAt] milliseconds: when it is gone for good, if it is marked for deletion
 * @property {import('./versions.mjs').Version[]} versions newest last
 */

export class Secrets {
  /** @type {Secret[]} */
  #secrets = [];

  constructor(setup, now) {
    this.setup = setup;
    this.now = now;
  }

  /**
   * Creates a secret, or gives an existing one a new version, whatever the quotas say.
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
    const secret = this.named(name, { region, accountId: account }) ?? this.create(name, { region, accountId: account, suffix: options.suffix });
    secret.tags = options.tags ?? secret.tags;
    secret.resourcePolicy = options.resourcePolicy ?? secret.resourcePolicy;
    addVersion(secret, {
      id: options.versionId ?? randomUUID(),
      value: typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value),
      stages: [versionStage],
      now: this.now(),
      quota: false,
    });
    secret.changedAt = this.now();
    return secret;
  }

  /**
   * A secret without a value.
   * @param {string} name
   * @param {{ region?: string, accountId?: string, suffix?: string, tags?: Record<string, string>, description?: string, kmsKeyId?: string }} [options]
   * @returns {Secret}
   */
  create(name, options = {}) {
    const { region = this.setup.region, accountId = this.setup.accountId, suffix = randomSuffix(), tags = {}, ...described } = options;
    const now = this.now();
    const place = { arn: `${secretArn(region, accountId, name)}-${suffix}`, name, accountId, region };
    const secret = { ...place, ...described, tags, createdAt: now, changedAt: now, deleted: false, versions: [] };
    this.#secrets.push(secret);
    return secret;
  }

  /** The secret of exactly this name, marked for deletion or not. @returns {Secret | undefined} */
  named(name, { region, accountId }) {
    return this.of({ region, accountId }).find((secret) => secret.name === name);
  }

  /** All of an account and region, oldest first. @returns {Secret[]} */
  of({ region, accountId }) {
    this.#forgetDeleted();
    return this.#secrets.filter((secret) => secret.region === region && secret.accountId === accountId);
  }

  remove(secret) {
    this.#secrets = this.#secrets.filter((other) => other !== secret);
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
    this.#forgetDeleted();
    const isArn = secretId.startsWith('arn:');
    const arn = isArn ? secretId : secretArn(region, accountId, secretId);
    const isWhole = isArn && /-[A-Za-z0-9]{6}$/.test(arn);
    const [, , , arnRegion, arnAccountId] = arn.split(':');
    const secret = this.#secrets.find((candidate) => arn === (isWhole ? candidate.arn : withoutSuffix(candidate.arn)));
    return arnRegion === region && secret
      ? { arn: secret.arn, accountId: secret.accountId, secret }
      : { arn, accountId: arnAccountId };
  }

  /** What is past its recovery window. */
  #forgetDeleted() {
    const now = this.now();
    if (this.#secrets.some((secret) => isPast(secret, now))) this.#secrets = this.#secrets.filter((secret) => !isPast(secret, now));
  }
}

function isPast({ deleted, deletionAt = Infinity }, now) {
  return deleted && now >= deletionAt;
}

export function secretArn(region, accountId, name) {
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
