// Jobs of the committed bundle as the runner starts it, against a local cloud of each file's own, and what every job is held to:
// one that fails, whatever the reason, writes nothing and shows nothing.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/values.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { jobClient } from '../cloud/job.mjs';
import { newSigningKey } from '../cloud/jwt.mjs';
import { principalTrust, role } from '../cloud/setup.mjs';
import { assertNothingExported, assertNothingLeaked, runStep } from '../runner/step.mjs';
import { turn } from '../runner/turns.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
/** A step that has not ended by then hangs; it is killed, and its test fails. */
const HANGS_AFTER_MS = 30_000;
const COGNITO = 'cognito-identity.amazonaws.com';

/** How many tests of a group run at the same time. */
export const TOGETHER = { concurrency: 8 };
/** Stands in every secret value; nothing but a mask or a file of the runner may hold it. */
export const CANARY = 'canary';
export const STS = 'sts.amazonaws.com';
export const ONE_SECRET = 'TOKEN,secret';

/** GitHub's, of every cloud. */
export const githubKey = await newSigningKey();
export const cloud = await newCloud();
// As the guides to STS without Cognito have it.
cloud.setup.oidcProviders[cloud.setup.providerArn].ClientIDList.push(STS);

let lastNumber = 0;

/** A cloud until the tests of the file have ended. */
export async function newCloud() {
  const started = await startCloud({ githubKey });
  after(() => started.close());
  return started;
}

/**
 * Runs a job and holds it to what every job must keep: nothing on stderr, no secret in anything that is said.
 * @param {object} job
 * @param {typeof cloud} [job.on]
 * @param {string} [job.repository] a new one with a secret TOKEN, unless given
 * @param {Record<string, string | undefined>} [job.claims]
 * @param {Record<string, string>} [job.inputs]
 * @param {Record<string, string | undefined>} [job.environment]
 */
export async function run({ on = cloud, repository, claims = {}, inputs = {}, environment = {}, ...rest }) {
  const runId = nextNumber();
  const name = repository ?? newRepository({ secrets: { TOKEN: `${CANARY}-token` } }, on);
  const release = await turn();
  try {
    const step = await runStep({
      node: NODE,
      inputs: {
        'cognito-identity-pool-id': on.setup.poolId,
        'cognito-role-arn': on.setup.roleArn,
        'github-enterprise-name': 'octo-enterprise',
        'oidc-issuer': on.url,
        values: ONE_SECRET,
        ...inputs,
      },
      environment: { ...on.jobEnvironment({ repository: name, run_id: runId, ...claims }), ...environment },
      killAfterMs: HANGS_AFTER_MS,
      ...rest,
    });
    assertNothingLeaked(step, CANARY);
    return { ...step, runId };
  } finally {
    release();
  }
}

export function succeeded(step, env) {
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  assert.deepEqual(step.env, env);
}

export function failed(step, code, reason = /./, before = {}) {
  const log = step.log.join('\n');
  assert.equal(step.exitCode, 1, log);
  assert.deepEqual(log.match(/^Error: [\w-]+: /gm), [`Error: ${code}: `], log);
  assert.match(log, reason);
  const [annotation] = step.commands.filter(({ command }) => command === 'error');
  assert.equal(annotation.properties.title, `env-kvstore: ${code}`);
  assertNothingExported(step, code, before);
  assert.doesNotMatch(Object.values(step.files).join('\n'), new RegExp(CANARY));
}

/** Commands that no run has a reason to give. */
export function unexpected(commands) {
  const expected = ['add-mask', 'group', 'endgroup', 'warning', 'error', 'debug'];
  return commands.filter(({ command }) => !expected.includes(command));
}

/** @param {Record<string, unknown>} stores documents by the last part of the store's name */
export function newRepository(stores, on = cloud) {
  const repository = `octo-org/repo-${nextNumber()}`;
  for (const [store, document] of Object.entries(stores)) on.putSecret(`${storesOf(repository)}/${store}`, document);
  return repository;
}

export function storesOf(repository) {
  return `octo-enterprise/repo/${repository}`;
}

export function tagsOf(repository) {
  return { 'github:enterprise': 'octo-enterprise', 'github:repository': repository, 'github:repository_id': '1296269' };
}

/** A role that lets everyone in to everything, but for what is given. */
export function addRole({ trust = anyoneMay(), policy = everything() } = {}) {
  const arn = `arn:aws:iam::${cloud.setup.accountId}:role/tests/role-${nextNumber()}`;
  cloud.setup.roles[arn] = role(trust, policy);
  return arn;
}

export function readmeTrust() {
  return { trust: cloud.setup.documents['trust-policy'] };
}

export function anyoneMay() {
  const Action = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'];
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Federated: COGNITO }, Action }] };
}

export function everything() {
  const Action = 'secretsmanager:GetSecretValue';
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] };
}

/** A pool of an OIDC provider of its own, and a role that trusts it. */
export function addPool({ Url = cloud.issuer, ClientIDList = [COGNITO], tagMap, ...pool } = {}) {
  const number = nextNumber();
  const providerArn = `arn:aws:iam::${cloud.setup.accountId}:oidc-provider/tests-${number}`;
  const poolId = `us-west-2:00000000-0000-0000-0000-${number.padStart(12, '0')}`;
  cloud.setup.oidcProviders[providerArn] = { Url, ClientIDList };
  cloud.setup.identityPools[poolId] = {
    ...cloud.setup.identityPools[cloud.setup.poolId],
    OpenIdConnectProviderARNs: [providerArn],
    tagMaps: { [providerArn]: tagMap ?? cloud.setup.documents['tag-map'] },
    ...pool,
  };
  return { poolId, roleArn: addRole(), issuer: Url };
}

/** A profile's lines. */
export function settings(id, key, token) {
  return `aws_access_key_id = ${id}\naws_secret_access_key = ${key}\naws_session_token = ${token}\n`;
}

/** Of the only profile with a session token. */
export function keysIn(text) {
  const [, id, key, token] = /id = (ASIA.*)\naws_secret_access_key = (.*)\naws_session_token = (.*)\n/.exec(text);
  return { id, key, token };
}

/** AWS's own answer to whose they are. */
export async function areOfTheRole({ id, key, token }, roleArn = cloud.setup.roleArn) {
  const credentials = { accessKeyId: id, secretAccessKey: key, sessionToken: token };
  const { status, text } = await jobClient(cloud).sts(credentials, 'GetCallerIdentity', {});
  assert.equal(status, 200, text);
  assert.ok(text.includes(`:assumed-role/${roleArn.split('/').at(-1)}/`), text);
}

/** A role that the first one may assume, with README.md's policy on the tags of its own session. */
export function addReader({ first = cloud.setup.roleArn, condition, policy = cloud.setup.documents['role-policy'] } = {}) {
  return addRole({ trust: principalTrust(first, condition), policy });
}

export async function ownCloud(t) {
  const own = await startCloud({ githubKey });
  t.after(() => own.close());
  return own;
}

export function storesAskedFor(repository) {
  const requests = cloud.requests.filter(({ operation }) => operation === 'GetSecretValue');
  const ids = requests.map(({ detail }) => detail.SecretId);
  return ids.filter((id) => id.includes(`${repository}/`)).sort();
}

export function nextNumber() {
  lastNumber += 1;
  return String(lastNumber);
}

export function hex(bytes) {
  return randomBytes(bytes).toString('hex');
}
