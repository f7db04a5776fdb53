// `npm run demo`: what a person sees in the log of four jobs. The local cloud enforces README.md's set-up; the committed
// bundle runs as the runner runs it. Fails if anything is not as it should be.

import assert from 'node:assert/strict';
import { startCloud } from './cloud/cloud.mjs';
import { runStep } from './runner/step.mjs';

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

await cloud.close();
console.log('\nEvery job ended as it should.');

async function job(title, claims, inputs, check) {
  console.log(`\n${title}\n${'─'.repeat(title.length)}`);
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
  assert.deepEqual(step.files, { GITHUB_ENV: '', GITHUB_OUTPUT: '', GITHUB_STEP_SUMMARY: '' });
}
