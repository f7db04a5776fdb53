// The committed bundle against moto, an emulator of AWS that nobody here wrote, with its check of signatures on. GitHub's
// part is the local cloud's. moto evaluates no conditions, so isolation is shown by tests/cloud/cloud.test.mjs instead.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { startMoto } from '../moto/server.mjs';
import { runStep } from '../runner/step.mjs';

const node = process.env.NODE_UNDER_TEST;
const cloud = await startCloud();
const moto = await startMoto();
const { setup } = moto;
after(async () => {
  moto.stop();
  await cloud.close();
});

/** A step whose Cognito and STS calls, which are unsigned, go unchecked, and whose signed calls are checked. */
async function step(inputs, claims) {
  await checkSignaturesAfter(3);
  return runStep({
    node,
    inputs: {
      'cognito-identity-pool-id': setup.poolId,
      'cognito-role-arn': setup.roleArn,
      'github-enterprise-name': 'octo-enterprise',
      'oidc-issuer': cloud.url,
      ...inputs,
    },
    environment: { ...cloud.jobEnvironment(claims), AWS_ENDPOINT_URL: moto.url },
  });
}

test('moto accepts every call, signature included', async () => {
  const { exitCode, env, log } = await step({
    values: 'PASSWORD,secret\nKEY,secret\nREPLICAS,variable\nBINARY,variable',
  });
  assert.equal(exitCode, 0, log.join('\n'));
  assert.deepEqual(env, {
    PASSWORD: 'canary-of-the-environment',
    KEY: 'line one\nline two',
    REPLICAS: '1.10',
    BINARY: 'true',
  });
});

test('moto gives secrets by name and ARN, whole and by key, by stage and as bytes', async () => {
  const { S2, S3 } = setup.shared;
  const lines = ['PREVIOUS=shared/1::AWSPREVIOUS', `ARN=${S2}`, `PART=${S3.slice(0, -7)}`, 'PORT=shared/document:port', 'BYTES=shared/bytes'];
  const { exitCode, env, log } = await step({ secrets: lines.join('\n') });
  assert.equal(exitCode, 0, log.join('\n'));
  assert.deepEqual(env, { PREVIOUS: 'canary-1', ARN: 'canary-2', PART: 'canary-3', PORT: '5432', BYTES: 'AP8=' });
});

test('moto gives many secrets in a batch, named by name and by ARN', async () => {
  const names = Object.keys(setup.shared);
  const lines = names.map((name, i) => `${name}=${i % 2 ? setup.shared[name] : `shared/${name.slice(1)}`}`);
  const { exitCode, env, log } = await step({ secrets: lines.join('\n') });
  assert.equal(exitCode, 0, log.join('\n'));
  const values = names.map((name) => [name, `canary-${name.slice(1)}`]);
  assert.deepEqual(env, { ...Object.fromEntries(values), S1: 'canary-1, the second' });
  assert.doesNotMatch(log.join('\n'), /one by one/);
});

test('moto names the secret that a batch lacks, and the step fails by its name', async () => {
  const lines = ['ABSENT=shared/absent', ...Object.keys(setup.shared).map((name) => `${name}=shared/${name.slice(1)}`)];
  const { exitCode, log, files } = await step({ secrets: lines.join('\n') });
  assert.equal(exitCode, 1);
  assert.match(log.join('\n'), /Error: store-not-found: GetSecretValue for shared\/absent /);
  assert.equal(files.GITHUB_ENV, '');
});

test('moto gives parameters: decrypted, by version and label, without a hierarchy, and all below a path', async () => {
  const arn = 'arn:aws:ssm:us-west-2:123456789012:parameter';
  const lines = [`KEY=${arn}/moto/KEY`, `OLD=${arn}/moto/KEY:1`, `LIVE=${arn}/moto/KEY:live`, `PLAIN=${arn}/PLAIN`, `*=${arn}/moto/*`];
  const { exitCode, env, log } = await step({ secrets: lines.join('\n') });
  assert.equal(exitCode, 0, log.join('\n'));
  const { KEY, OLD, LIVE, PLAIN, LIST, ...many } = env;
  const read = { KEY: 'canary-2', OLD: 'canary-1', LIVE: 'canary-1', PLAIN: 'canary-plain', LIST: 'canary-a,canary-b' };
  assert.deepEqual({ KEY, OLD, LIVE, PLAIN, LIST }, read);
  assert.deepEqual(many, Object.fromEntries(Array.from({ length: 23 }, (_, i) => [`M${i + 1}`, `canary-${i + 1}`])));
});

test('moto lists the parameters that it does not have, and the step names each', async () => {
  const arn = 'arn:aws:ssm:us-west-2:123456789012:parameter';
  const lines = [`KEY=${arn}/moto/KEY`, `A=${arn}/moto/absent`, `B=${arn}/absent`, `C=${arn}/moto/KEY:9`];
  const { exitCode, log, files } = await step({ secrets: lines.join('\n') });
  assert.equal(exitCode, 1);
  const named = log.filter((line) => line.startsWith('- GetParameters')).map((line) => /for (\S+) /.exec(line)[1]);
  assert.deepEqual(named.sort(), ['/moto/KEY', '/moto/absent', 'absent']);
  assert.match(log.join('\n'), /Error: store-not-found: /);
  assert.equal(files.GITHUB_ENV, '');
});

test("moto's S3 takes what a migration encrypts, under a key with any characters", async () => {
  const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
  const inputs = { 'migrate-age-recipient': recipient, 'migrate-s3-bucket': 'octo-migration', 'existing-gh-secrets': '{"KEY":"canary"}' };
  const { exitCode, log } = await step(inputs, { workflow: 'Über uns / a+b&c=d', environment: 'prod/eu', run_id: '1' });
  assert.equal(exitCode, 0, log.join('\n'));
  await checkSignaturesAfter(100);
  const key = 'octo-enterprise/octo-org/octo-repo/Über uns / a+b&c=d/prod%2Feu/1.json';
  const { agePublicKey, secrets } = JSON.parse(await moto.object('octo-migration', key));
  assert.equal(agePublicKey, recipient);
  assert.match(secrets, /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
});

test('moto would not have accepted another signature', async () => {
  await checkSignaturesAfter(0);
  const scope = 'AKIAIOSFODNN7EXAMPLE/20261122/us-west-2/secretsmanager/aws4_request';
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
  const headers = { authorization, 'x-amz-target': 'secretsmanager.GetSecretValue' };
  const { status } = await fetch(moto.url, { method: 'POST', headers, body: '{}' });
  assert.equal(status, 403);
});

test('moto says that a store does not exist, and the step names it', async () => {
  const { exitCode, log, files } = await step({ namespace: 'nowhere', values: 'PASSWORD,secret' });
  assert.equal(exitCode, 1);
  assert.match(log.join('\n'), /Error: store-not-found: .*nowhere\/repo\/octo-org\/octo-repo\/secrets/s);
  assert.equal(files.GITHUB_ENV, '');
});

/** @param {number} calls that moto lets pass before it checks each */
async function checkSignaturesAfter(calls) {
  const headers = { 'content-type': 'text/plain' };
  const { ok } = await fetch(`${moto.url}/moto-api/reset-auth`, { method: 'POST', headers, body: String(calls) });
  assert.ok(ok);
}
