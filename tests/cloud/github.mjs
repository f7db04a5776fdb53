// GitHub's OIDC provider: the token endpoint of a job, discovery and keys.
// https://docs.github.com/en/actions/reference/security/oidc

import { createPublicKey, randomUUID } from 'node:crypto';
import { newSigningKey, publicJwk, signJwt } from './jwt.mjs';
import { AwsError, githubJson } from './protocols.mjs';

const DISCOVERY = '/.well-known/openid-configuration';
const JWKS = '/.well-known/jwks';
const TOKEN = '/_apis/token';
const TOKEN_LIFE_SECONDS = 300;

/** @typedef {Record<string, string | undefined>} Claims */

export class GitHub {
  protocol = githubJson;

  /** Claims by request token: the runner gives each job one of its own. @type {Map<string, Claims>} */
  #jobs = new Map();

  /**
   * @param {object} options
   * @param {string} options.origin where the cloud listens
   * @param {string} options.issuer of a job's token, unless its claims name another
   * @param {import('./jwt.mjs').SigningKey} options.key
   * @param {() => number} options.now milliseconds
   */
  constructor({ origin, issuer, key, now }) {
    Object.assign(this, { origin, issuer, now });
    this.keys = [key];
  }

  /**
   * The environment variables that a runner gives to a job with `permissions: id-token: write`, and the one that sends
   * an AWS client here.
   * @param {Claims} [claims] what differs from `defaultClaims`; `undefined` takes a claim away
   */
  jobEnvironment(claims = {}) {
    const requestToken = `request-token-${randomUUID()}`;
    this.#jobs.set(requestToken, claims);
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.origin}${TOKEN}?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      AWS_ENDPOINT_URL: this.origin,
    };
  }

  /**
   * A token with these claims, true or forged.
   * @param {Claims & { aud?: string }} [claims]
   * @param {object} [options]
   * @param {Record<string, any>} [options.header] such as `{ alg: 'none' }`, or `HS256` with a secret as `key`
   * @param {import('node:crypto').KeyLike} [options.key] GitHub's own, unless forged; for HS256 its public half, which
   *   is what a verifier that lets the token choose the algorithm would take for the secret
   * @param {string} [options.kid]
   * @param {number} [options.expiresInSeconds] negative: it has expired already
   */
  mintToken(claims = {}, { header = {}, key, kid = this.#key.kid, expiresInSeconds = TOKEN_LIFE_SECONDS } = {}) {
    const issuedAt = Math.floor(this.now() / 1000);
    const times = { nbf: issuedAt - 600, iat: issuedAt, exp: issuedAt + expiresInSeconds, jti: randomUUID() };
    const fullHeader = { typ: 'JWT', alg: 'RS256', kid, ...header };
    const signer = key ?? (fullHeader.alg === 'HS256' ? this.#publicPem() : this.#key.privateKey);
    return signJwt(fullHeader, { ...this.#claims(claims), ...times }, signer);
  }

  /** New keys, as GitHub does from time to time: tokens signed by the old ones can no longer be verified. */
  async rotateKeys() {
    this.keys = [await newSigningKey()];
  }

  operationOf({ method, path }) {
    if (method !== 'GET') return undefined;
    if (path.endsWith(DISCOVERY)) return 'Discovery';
    if (path === JWKS || path === `/_services/token${JWKS}`) return 'JWKS';
    return path === TOKEN ? 'GitHubToken' : undefined;
  }

  detail(_input, { path, query }) {
    return { path, audience: query.get('audience') };
  }

  operations = {
    Discovery: (_input, { path }) => this.#discovery(path.slice(0, -DISCOVERY.length)),
    JWKS: () => ({ keys: this.keys.map(publicJwk) }),
    GitHubToken: (_input, call) => this.#jobToken(call),
  };

  /** An enterprise's issuer has a slug but no keys of its own; a GHES host has both below `/_services/token`. */
  #discovery(issuerPath) {
    const keysPath = issuerPath === '/_services/token' ? issuerPath : '';
    return {
      issuer: this.origin + issuerPath,
      jwks_uri: this.origin + keysPath + JWKS,
      response_types_supported: ['id_token'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    };
  }

  #jobToken({ headers, query }) {
    const [scheme, requestToken] = (headers.authorization ?? '').split(' ');
    const claims = scheme.toLowerCase() === 'bearer' ? this.#jobs.get(requestToken) : undefined;
    if (!claims) throw new AwsError('UnauthorizedRequest', 'The request token is not that of a running job.', 401);
    const owner = this.#claims(claims).repository_owner;
    return {
      count: 1,
      value: this.mintToken({ aud: query.get('audience') ?? `https://github.com/${owner}`, ...claims }),
    };
  }

  #claims(claims) {
    const merged = { iss: this.issuer, ...defaultClaims(), ...claims };
    return { sub: subject(merged), ...merged };
  }

  get #key() {
    return this.keys[0];
  }

  #publicPem() {
    return createPublicKey(this.#key.privateKey).export({ type: 'spki', format: 'pem' });
  }
}

/** A push to the main branch that deploys to production. */
export function defaultClaims() {
  const workflow = 'octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main';
  return {
    actor: 'octocat',
    actor_id: '583231',
    aud: 'cognito-identity.amazonaws.com',
    base_ref: '',
    check_run_id: '51234567890',
    enterprise: 'octo-enterprise',
    enterprise_id: '1234',
    environment: 'production',
    event_name: 'push',
    head_ref: '',
    job_workflow_ref: workflow,
    job_workflow_sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
    ref: 'refs/heads/main',
    ref_protected: 'true',
    ref_type: 'branch',
    repository: 'octo-org/octo-repo',
    repository_id: '1296269',
    repository_owner: 'octo-org',
    repository_owner_id: '9919',
    repository_visibility: 'private',
    run_attempt: '1',
    run_id: '17712345678',
    run_number: '42',
    runner_environment: 'github-hosted',
    sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
    workflow: 'deploy',
    workflow_ref: workflow,
    workflow_sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
  };
}

function subject({ repository, environment, event_name: event, ref }) {
  if (environment !== undefined) return `repo:${repository}:environment:${environment}`;
  return event === 'pull_request' ? `repo:${repository}:pull_request` : `repo:${repository}:ref:${ref}`;
}
