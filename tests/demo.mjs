// `npm run demo`: what a person sees in the log of four jobs, and what each denial says. The local cloud enforces README.md's set-up; the committed
// bundle runs as the runner runs it. Fails if anything is not as it should be.

import assert from 'node:assert/strict';
import { startCloud } from './cloud/cloud.mjs';
import { assertNothingExported, runStep } from './runner/step.mjs';

const cloud = await startCloud();
const STORES = 'octo-enterprise/repo/octo-org/octo-repo';
const PASSWORD = 'correct-horse-battery-staple';
const PRIVATE_KEY = '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5LCBvbmx5IGEgZGVtbw==\n-----END PRIVATE KEY-----\n';
cloud.putSecret(`${STORES}/secrets`, { DATABASE_URL: 'postgres://dev@db.test/app', PRIVATE_KEY });
cloud.putSecret(`${STORES}/variables`, { REPLICAS: 1, LOG_LEVEL: 'debug' });
cloud.putSecret(`${STORES}/env/production/secrets`, { DATABASE_URL: `postgres://app:${PASSWORD}@db.prod/app` });
cloud.putSecret(`${STORES}/env/production/variables`, { REPLICAS: 12 });

const INPUTS = {
  'cognito-identity-pool-id': cloud.setup.poolId,
  'cognito-role-arn': cloud.setup.roleArn,
  'github-enterprise-name': 'octo-enterprise',
  'oidc-issuer': cloud.url,
  values: 'DATABASE_URL,secret\nAPP_KEY,secret,PRIVATE_KEY\nREPLICAS,variable\nLOG_LEVEL,variable\n',
};

await job('A push that deploys to production: the environment beats the repository', {}, {}, (step) => {
  assert.equal(step.exitCode, 0);
  assert.deepEqual(step.env, {
    DATABASE_URL: `postgres://app:${PASSWORD}@db.prod/app`,
    APP_KEY: PRIVATE_KEY,
    REPLICAS: '12',
    LOG_LEVEL: 'debug',
  });
  console.log('  and a later step that prints what it has:');
  for (const line of Object.entries(step.env).flatMap(([name, value]) => `${name}=${value.trim()}`.split('\n'))) {
    console.log(`  │ ${step.masker.mask(line)}`);
  }
});

await job('A job without an environment: the repository alone', { environment: undefined }, {}, (step) => {
  assert.equal(step.exitCode, 0);
  assert.equal(step.env.DATABASE_URL, 'postgres://dev@db.test/app');
  assert.equal(step.env.REPLICAS, '1');
});

const pullRequest = { environment: undefined, event_name: 'pull_request', ref: 'refs/pull/7/merge' };
await job('A pull_request: the trust policy refuses it', pullRequest, {}, (step) => {
  refused(step, 'assume-role-denied', /pull_request/);
});

// The store exists, and the step may ask for it by name; the tags that IAM decides by come from the token.
cloud.putSecret('other-enterprise/repo/octo-org/thief/secrets', { DATABASE_URL: 'postgres://not-for-you' });
const thief = { environment: undefined, repository: 'octo-org/thief' };
const elsewhere = { namespace: 'other-enterprise', values: 'DATABASE_URL,secret' };
await job('Another repository, asking for stores that are not its own: ABAC refuses it', thief, elsewhere, (step) => {
  refused(step, 'store-access-denied', /repository=octo-org\/thief/);
  assert.equal(cloud.decisions.at(-1).decision, 'implicit-deny');
});

heading('Every other denial, by its last lines');
const { poolId, roleArn, providerArn, identityPools, roles } = cloud.setup;
const pool = identityPools[poolId];
const role = roles[roleArn];
const [enter, tag] = role.trustPolicy.Statement;
const push = { environment: undefined };
const staging = { environment: 'prod eu' };

await denial('the job may not request a token', 'id-token-permission-missing', { environment: { ACTIONS_ID_TOKEN_REQUEST_URL: '' } });
await denial('the token is another enterprise\'s', 'github-token-issuer', { inputs: { 'github-enterprise-name': 'other' } });
await denial('there is no such pool', 'identity-pool-not-found', {
  inputs: { 'cognito-identity-pool-id': poolId.replace(/.{4}$/, '0000') },
});
await denial('the pool does not know the issuer', 'issuer-not-in-identity-pool', {
  change: () => set(pool, 'OpenIdConnectProviderARNs', []),
});
await denial('the pool has no classic flow', 'classic-flow-disabled', { change: () => set(pool, 'AllowClassicFlow', false) });
await denial('the pool maps no claims', 'assume-role-denied', { change: () => set(pool.tagMaps[providerArn], 'PrincipalTags', {}) });
await denial('a mapped claim is none for a session tag', 'claim-unusable', {
  change: () => set(pool.tagMaps[providerArn], 'PrincipalTags', { actor: 'actor' }),
  claims: { ...push, actor: 'dependabot[bot]' },
});
await denial('the trust policy lacks sts:TagSession', 'assume-role-denied', { change: () => set(role.trustPolicy, 'Statement', [enter]) });
await denial('the session has another name', 'assume-role-denied', { inputs: { 'role-session-name': '{actor}' } });
await denial('the session is too long', 'role-duration-refused', { inputs: { 'role-duration-seconds': '7200' } });
await denial('an environment that no store can be named after', 'claim-unusable', {
  inputs: { 'environment-store': 'required' },
  claims: staging,
});
await denial('the stores are another account\'s', 'store-access-denied', {
  inputs: { 'secrets-manager-account-id': '210987654321' },
});
await denial('the environment must have stores', 'store-not-found', {
  inputs: { 'environment-store': 'required' },
  claims: { environment: 'staging' },
});
await denial('keys are missing', 'key-missing', { inputs: { values: 'NEW_KEY,secret\nOTHER_KEY,variable,KEY' } });
assert.deepEqual([enter, tag], role.trustPolicy.Statement);

await cloud.close();
console.log('\nEvery job ended as it should.');

/** Shows what a denial says, with the cloud changed for this one job. */
async function denial(title, code, { inputs = {}, claims = push, environment = {}, change = () => () => {} }) {
  const undo = change();
  const step = await runStep({
    inputs: { ...INPUTS, ...inputs },
    environment: { ...cloud.jobEnvironment(claims), ...environment },
  });
  undo();
  console.log(`\n  ${title}`);
  const from = step.folded.findIndex((line) => line.startsWith('Error: '));
  step.folded.slice(from).forEach((line) => console.log(`  │ ${line}`));
  refused(step, code, /./);
}

/** Sets a property; what it returns sets it back. */
function set(object, key, value) {
  const before = object[key];
  object[key] = value;
  return () => (object[key] = before);
}

function heading(title) {
  console.log(`\n${title}\n${'─'.repeat(title.length)}`);
}

async function job(title, claims, inputs, check) {
  heading(title);
  const step = await runStep({ inputs: { ...INPUTS, ...inputs }, environment: cloud.jobEnvironment(claims) });
  step.folded.forEach((line) => console.log(`  │ ${line}`));
  assert.equal(step.stderr, '');
  assert.doesNotMatch(step.log.join('\n'), new RegExp(`${PASSWORD}|bm90IGEga2V5`));
  check(step);
}

function refused(step, code, reason) {
  const log = step.log.join('\n');
  assert.equal(step.exitCode, 1);
  assert.match(log, new RegExp(`Error: ${code}: `));
  assert.match(log, reason);
  assertNothingExported(step, code);
}
