// Jobs of the bundle that read from a real OpenBao, and what each is held to: one that fails writes nothing and shows nothing.

import { after } from 'node:test';
import { createPublicKey } from 'node:crypto';
import { startCloud } from '../cloud/cloud.mjs';
import { newSigningKey } from '../cloud/jwt.mjs';
import { assertNothingLeaked, runStep } from '../runner/step.mjs';
import { turn } from '../runner/turns.mjs';
import { startOpenBao, trustGitHub } from './openbao.mjs';

export const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
/** Stands in every value. */
export const CANARY = 'canary';
/** A step that has not ended by then hangs; it is killed, and its test fails. */
const HANGS_AFTER_MS = 30_000;

export const githubKey = await newSigningKey();
export const githubPem = pemOf(githubKey);
/** GitHub, of which alone something is asked. */
export const cloud = await startCloud({ githubKey });
after(() => cloud.close());

/** A server of the test file's own, which trusts the jobs' tokens at `auth/jwt`. */
export async function newOpenBao() {
  const bao = await startOpenBao();
  after(() => bao.stop());
  await trustGitHub(bao, { issuer: cloud.issuer, pem: githubPem });
  return bao;
}

/** A role for the jobs of octo-org/octo-repo in production, and what it may read. */
export async function addRole(bao, name, { at = 'jwt', namespace, policy = 'path "secret/data/*" { capabilities = ["read"] }\npath "kv1/*" { capabilities = ["read"] }', ...more } = {}) {
  const headers = namespace ? { 'x-vault-namespace': namespace } : {};
  await bao.does('POST', `sys/policies/acl/${name}`, { policy }, headers);
  const role = {
    role_type: 'jwt',
    user_claim: 'repository',
    bound_audiences: [bao.url],
    bound_claims_type: 'string',
    bound_claims: { repository: 'octo-org/octo-repo', environment: 'production' },
    token_policies: [name],
    token_ttl: 300,
    ...more,
  };
  await bao.does('POST', `auth/${at}/role/${name}`, role, headers);
}

/**
 * Runs a step. Whatever it ends in, nothing secret is said.
 * @param {object} job
 * @param {Awaited<ReturnType<typeof startOpenBao>>} [job.bao]
 * @param {Record<string, string | undefined>} [job.claims]
 * @param {Record<string, string>} [job.inputs]
 */
export async function run({ bao, claims = {}, inputs = {}, environment = {}, ...rest }) {
  const release = await turn();
  try {
    const step = await runStep({
      node: NODE,
      inputs: {
        'oidc-issuer': cloud.url,
        'github-enterprise-name': 'octo-enterprise',
        'vault-role': 'deploy',
        ...(bao && { 'vault-url': bao.url, 'vault-ca-certificate': bao.certificate }),
        ...inputs,
      },
      environment: { ...cloud.jobEnvironment(claims), ...environment },
      killAfterMs: HANGS_AFTER_MS,
      ...rest,
    });
    assertNothingLeaked(step, CANARY);
    assertNoVaultToken(step);
    return step;
  } finally {
    release();
  }
}

export function pemOf({ privateKey }) {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
}

/** Tokens of Vault and OpenBao begin so. */
function assertNoVaultToken(step) {
  const said = [...step.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::')), step.files.GITHUB_STEP_SUMMARY].join('\n');
  const found = /\b(hvs|hvb|s|b)\.[A-Za-z0-9_-]{20,}/.exec(said);
  if (found) throw new Error(`a token of Vault is shown: ${found[0].slice(0, 8)}…`);
}
