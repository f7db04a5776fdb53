// `npm run demo`: a job that gets its values, what a later step prints of them, and every denial by its code and cause.
// The local cloud enforces the documented set-up, and the committed bundle runs as the runner runs it. The demo fails if
// anything is not as it should be.
//
//   --verbose  show every log whole

import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { startCloud } from '../cloud/cloud.mjs';
import { assertNothingExported, runStep } from '../runner/step.mjs';
import { caption, fit, heading, paint, quote, say } from './terminal.mjs';

const { verbose } = parseArgs({ options: { verbose: { type: 'boolean', default: false } } }).values;
const began = performance.now();
const cloud = await startCloud();
const REPOSITORY = 'octo-org/octo-repo';
const STORES = `octo-enterprise/repo/${REPOSITORY}`;
const PASSWORD = 'correct-horse-battery-staple';
const PRIVATE_KEY = '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5LCBvbmx5IGEgZGVtbw==\n-----END PRIVATE KEY-----\n';
const CONTENTS = {
  secrets: { DATABASE_URL: 'postgres://dev@db.test/app', PRIVATE_KEY },
  variables: { REPLICAS: 1, LOG_LEVEL: 'debug' },
  'env/production/secrets': { DATABASE_URL: `postgres://app:${PASSWORD}@db.prod/app` },
  'env/production/variables': { REPLICAS: 12 },
};
for (const [store, document] of Object.entries(CONTENTS)) cloud.putSecret(`${STORES}/${store}`, document);

const VALUES = ['DATABASE_URL,secret', 'APP_KEY,secret,PRIVATE_KEY', 'REPLICAS,variable', 'LOG_LEVEL,variable'];
const INPUTS = {
  'cognito-identity-pool-id': cloud.setup.poolId,
  'cognito-role-arn': cloud.setup.roleArn,
  'github-enterprise-name': 'octo-enterprise',
  'oidc-issuer': cloud.url,
  values: VALUES.join('\n'),
};
let jobs = 0;

showSetting();
await showDeployment();
await showDenials();
await cloud.close();
const seconds = ((performance.now() - began) / 1000).toFixed(1);
say(`\n${paint('green', '✓')} ${jobs} jobs ended as they should, in ${seconds} s. ${verbose ? '' : paint('dim', '--verbose shows their logs.')}`);

function showSetting() {
  heading('One step of a workflow', 'and the stores in AWS Secrets Manager');
  quote([
    '- uses: org/env-kvstore@v1',
    '  with:',
    `    cognito-identity-pool-id: ${INPUTS['cognito-identity-pool-id']}`,
    `    cognito-role-arn: ${INPUTS['cognito-role-arn']}`,
    '    github-enterprise-name: octo-enterprise',
    '    values: |',
    ...VALUES.map((line) => `      ${line}`),
  ]);
  caption(`${STORES}/`);
  for (const [store, document] of Object.entries(CONTENTS)) {
    const isSecret = store.endsWith('secrets');
    const keys = Object.entries(document).map(([key, value]) => (isSecret ? key : `${key}=${value}`));
    quote([`${store.padEnd(26)}${keys.join(', ')}`]);
  }
}

async function showDeployment() {
  heading('A push to main deploys to production', `job of ${REPOSITORY}`);
  const step = await run({});
  assert.equal(step.exitCode, 0);
  assert.deepEqual(step.env, {
    DATABASE_URL: `postgres://app:${PASSWORD}@db.prod/app`,
    APP_KEY: PRIVATE_KEY,
    REPLICAS: '12',
    LOG_LEVEL: 'debug',
  });
  assert.equal(step.stderr, '');
  assert.doesNotMatch(step.log.join('\n') + step.summary, new RegExp(`${PASSWORD}|bm90IGEga2V5`));
  caption('The step says');
  quote(verbose ? step.log : step.folded, { whole: verbose });
  caption('A later step prints its environment');
  const printed = Object.entries(step.env).flatMap(([name, value]) => `${name}=${value.trim()}`.split('\n'));
  quote(printed.map((line) => step.masker.mask(line)));
  caption("The job's summary has");
  quote(rowsOf(step.summary.replaceAll(STORES, '…')));

  const without = await run({ claims: { environment: undefined } });
  assert.equal(without.env.DATABASE_URL, 'postgres://dev@db.test/app');
  assert.equal(without.env.REPLICAS, '1');
}

/** The rows of its table without Markdown, but for the versions, which are new each time. */
function rowsOf(summary) {
  const rows = summary.split('\n').filter((line) => line.startsWith('|') && !/^[|\s:-]+$/.test(line));
  const cells = rows.map((row) => row.split('|').slice(1, 4).map((cell) => cell.trim().replace(/<[^>]*>|`/g, '')));
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] + 2)).join('').trimEnd());
}

async function showDenials() {
  heading('Every denial has a code, a cause and a next step', 'nothing is exported');
  const { poolId, roleArn, providerArn, identityPools, roles } = cloud.setup;
  const pool = identityPools[poolId];
  const { trustPolicy } = roles[roleArn];
  const [enter, tag] = trustPolicy.Statement;
  const thief = { repository: 'octo-org/thief', job_workflow_ref: 'octo-org/thief/.github/workflows/steal.yml@refs/heads/main' };
  // The store exists, and the step may ask for it by name; the tags that IAM decides by come from the token.
  cloud.putSecret('other-enterprise/repo/octo-org/thief/secrets', { DATABASE_URL: 'postgres://not-for-you' });

  await denial('a pull request', 'assume-role-denied', {
    claims: { event_name: 'pull_request', ref: 'refs/pull/7/merge' },
    reason: /pull_request/,
  });
  await denial('another repository that asks for these stores', 'store-access-denied', {
    claims: thief,
    inputs: { namespace: 'other-enterprise', values: 'DATABASE_URL,secret' },
    reason: /repository=octo-org\/thief/,
  });
  assert.equal(cloud.decisions.at(-1).decision, 'implicit-deny');
  await denial('no `permissions: id-token: write`', 'id-token-permission-missing', { environment: { ACTIONS_ID_TOKEN_REQUEST_URL: '' } });
  await denial("another enterprise's token", 'github-token-issuer', { inputs: { 'github-enterprise-name': 'other' } });
  await denial('a pool that does not exist', 'identity-pool-not-found', {
    inputs: { 'cognito-identity-pool-id': poolId.replace(/.{4}$/, '0000') },
  });
  await denial('a pool without the issuer', 'issuer-not-in-identity-pool', { change: () => set(pool, 'OpenIdConnectProviderARNs', []) });
  await denial('a pool without the classic flow', 'classic-flow-disabled', { change: () => set(pool, 'AllowClassicFlow', false) });
  await denial('a pool that maps no claims', 'assume-role-denied', { change: () => set(pool.tagMaps[providerArn], 'PrincipalTags', {}) });
  await denial('a claim that no session tag can hold', 'claim-unusable', {
    change: () => set(pool.tagMaps[providerArn], 'PrincipalTags', { actor: 'actor' }),
    claims: { actor: 'dependabot[bot]' },
  });
  await denial('an environment that no store can be named after', 'claim-unusable', {
    inputs: { 'environment-store': 'required' },
    claims: { environment: 'prod eu' },
  });
  await denial('a trust policy without sts:TagSession', 'assume-role-denied', { change: () => set(trustPolicy, 'Statement', [enter]) });
  await denial('another session name than the policy wants', 'assume-role-denied', { inputs: { 'role-session-name': '{actor}' } });
  await denial("a session longer than the role's maximum", 'role-duration-refused', { inputs: { 'role-duration-seconds': '7200' } });
  await denial('stores of another account', 'store-access-denied', { inputs: { 'secrets-manager-account-id': '210987654321' } });
  await denial('an environment that must have a store', 'store-not-found', {
    inputs: { 'environment-store': 'required' },
    claims: { environment: 'staging' },
  });
  await denial('keys that no store has', 'key-missing', { inputs: { values: 'NEW_KEY,secret\nOTHER_KEY,variable,KEY' } });
  assert.deepEqual([enter, tag], trustPolicy.Statement);
}

/** A line for a job that is refused, with the cloud changed for it alone. */
async function denial(title, code, { inputs, claims = {}, environment, change = () => () => {}, reason = /./ }) {
  const undo = change();
  const step = await run({ inputs, claims: { environment: undefined, ...claims }, environment });
  undo();
  const log = step.log.join('\n');
  assert.equal(step.exitCode, 1);
  assert.match(log, new RegExp(`Error: ${code}: `));
  assert.match(log, reason);
  assertNothingExported(step, code);
  say(`  ${paint('green', '✓')} ${paint('red', code.padEnd(28))} ${fit(title, 33)}`);
  if (verbose) {
    quote(step.log, { whole: true });
    say();
  }
}

function run({ inputs = {}, claims = {}, environment = {} }) {
  jobs += 1;
  return runStep({ inputs: { ...INPUTS, ...inputs }, environment: { ...cloud.jobEnvironment(claims), ...environment } });
}

/** Sets a property; what it returns sets it back. */
function set(object, key, value) {
  const before = object[key];
  object[key] = value;
  return () => (object[key] = before);
}
