// Credentials: what STS hands out, and the keys of users. The signature of a later request leads back to them.

import { createHash, randomBytes } from 'node:crypto';

/**
 * @typedef {object} Session
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 * @property {string} [sessionToken] a user's keys have none
 * @property {number} expiresAt milliseconds; a user's keys: never
 * @property {string} [roleArn]
 * @property {string} [userArn] instead of the role
 * @property {string} accountId
 * @property {string} arn of the assumed role, with the session's name, or of the user
 * @property {string} userId
 * @property {Record<string, string>} tags session tags
 * @property {string[]} transitiveTagKeys of the tags that a role assumed from here gets too
 * @property {string | undefined} federatedProvider
 * @property {any} sessionPolicy narrows what the role may do
 */

export class Sessions {
  /** @type {Map<string, Session>} */
  #byAccessKeyId = new Map();

  constructor(now) {
    this.now = now;
  }

  /**
   * @param {string} roleArn
   * @param {object} options
   * @param {string} options.sessionName
   * @param {Record<string, string>} [options.tags]
   * @param {string[]} [options.transitiveTagKeys]
   * @param {number} [options.durationSeconds] negative: expired already
   * @param {string} [options.federatedProvider]
   * @param {any} [options.sessionPolicy]
   * @returns {Session}
   */
  issue(roleArn, options) {
    const { sessionName, tags = {}, transitiveTagKeys = [], durationSeconds = 3600 } = options;
    const { federatedProvider, sessionPolicy } = options;
    const [, partition, , , accountId, resource] = roleArn.split(':');
    const roleName = resource.split('/').at(-1);
    const session = {
      accessKeyId: `ASIA${base32Id(randomBytes(16))}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(300).toString('base64'),
      expiresAt: this.now() + durationSeconds * 1000,
      roleArn,
      accountId,
      arn: `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
      userId: `AROA${base32Id(createHash('sha256').update(roleArn).digest())}:${sessionName}`,
      tags,
      transitiveTagKeys,
      federatedProvider,
      sessionPolicy,
    };
    this.#byAccessKeyId.set(session.accessKeyId, session);
    return session;
  }

  /** Long-lived keys of an IAM user. @returns {Session} */
  issueUser(userArn) {
    const user = {
      accessKeyId: `AKIA${base32Id(randomBytes(16))}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      expiresAt: Infinity,
      userArn,
      accountId: userArn.split(':')[4],
      arn: userArn,
      userId: `AIDA${base32Id(createHash('sha256').update(userArn).digest())}`,
      tags: {},
      transitiveTagKeys: [],
    };
    this.#byAccessKeyId.set(user.accessKeyId, user);
    return user;
  }

  find(accessKeyId) {
    return this.#byAccessKeyId.get(accessKeyId);
  }
}

/** Sixteen characters, as they follow the prefix of an AWS id. */
function base32Id(bytes) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return [...bytes.subarray(0, 16)].map((byte) => alphabet[byte % 32]).join('');
}
