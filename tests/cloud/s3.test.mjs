// S3 in the local cloud, asked by the AWS CLI.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { runProgram } from '../runner/command.mjs';
import { inVenv } from '../runner/venv.mjs';
import { startCloud } from './cloud.mjs';
import { startProxy } from './proxy.mjs';
import { makeCertificates } from './real-hosts.mjs';

const OURS = '123456789012';
const THEIRS = '210987654321';
const OBJECTS = 'arn:aws:s3:::migration/octo-enterprise/*';
const allow = (...statements) => ({ Version: '2012-10-17', Statement: statements.map(([Action, Resource, Condition = {}]) => ({ Effect: 'Allow', Action, Resource, Condition })) });

const cloud = await startCloud();
const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-s3-'));
const file = path.join(folder, 'body');
const BODY = Buffer.from([0, 255, 10, 13, 10, 0xc3, 0x28]);
await writeFile(file, BODY);
const writer = cloud.addUser('writer', allow(['s3:PutObject', OBJECTS]));
const reader = cloud.addUser('reader', allow(['s3:GetObject', OBJECTS], ['s3:ListBucket', 'arn:aws:s3:::migration', { StringLike: { 's3:prefix': 'octo-enterprise/*' } }]));
after(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  cloud.setup.buckets = {};
  cloud.addBucket('migration');
  cloud.requests.length = 0;
});

const put = (key, keys = writer, ...more) => s3(keys, 'put-object', '--key', key, '--body', file, ...more);

describe('S3', { concurrency: false }, () => {
  test('keeps the bytes of an object, under a key with any characters', async () => {
    const key = 'octo-enterprise/octo-org/octo repo+é/__noenv__/1.json';
    done(await put(key, writer, '--expected-bucket-owner', OURS));
    assert.deepEqual(cloud.setup.buckets.migration.objects.get(key).bytes, BODY);
    const copy = path.join(folder, 'copy');
    done(await s3(reader, 'get-object', '--key', key, copy));
    assert.deepEqual(await readFile(copy), BODY);
    assert.deepEqual(cloud.requests.map(({ operation, status }) => [operation, status]), [['PutObject', 200], ['GetObject', 200]]);
    assert.equal(cloud.requests[0].detail.expectedBucketOwner, OURS);
  });

  test('refuses a write to a bucket of another account than was expected', async () => {
    cloud.addBucket('migration', { account: THEIRS, policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }] } });
    refused(await put('octo-enterprise/1.json', writer, '--expected-bucket-owner', OURS), /\(AccessDenied\)/);
    assert.equal(cloud.setup.buckets.migration.objects.size, 0);
    // Without the header the policies of both accounts let it through: the header is what protects.
    done(await put('octo-enterprise/1.json'));
    assert.equal(cloud.setup.buckets.migration.objects.size, 1);
  });

  test('does what policies allow, and tells only those who may list that an object is missing', async () => {
    refused(await put('other/1.json'), /\(AccessDenied\)/);
    refused(await put('octo-enterprise/1.json', reader), /\(AccessDenied\)/);
    refused(await s3(reader, 'get-object', '--key', 'octo-enterprise/none', path.join(folder, 'none')), /\(AccessDenied\)/);
    const lister = cloud.addUser('lister', allow(['s3:*', '*']));
    refused(await s3(lister, 'get-object', '--key', 'octo-enterprise/none', path.join(folder, 'none')), /\(NoSuchKey\)/);
    refused(await s3(reader, 'list-objects-v2', '--prefix', 'other/'), /\(AccessDenied\)/);
  });

  test('lists by prefix, in the order of bytes, over several pages', async () => {
    const { objects } = cloud.addBucket('migration', { pageSize: 2 });
    const keys = ['octo-enterprise/B', 'octo-enterprise/a b&<c>', 'octo-enterprise/é', 'octo-enterprise/z', 'other'];
    for (const key of keys.toReversed()) objects.set(key, { bytes: BODY, changedAt: 0 });
    const { Contents } = JSON.parse(done(await s3(reader, 'list-objects-v2', '--prefix', 'octo-enterprise/')));
    assert.deepEqual(Contents.map(({ Key }) => Key), ['octo-enterprise/B', 'octo-enterprise/a b&<c>', 'octo-enterprise/z', 'octo-enterprise/é']);
    assert.deepEqual([Contents[0].Size, cloud.requests.length], [BODY.length, 2]);
    const empty = JSON.parse(done(await s3(reader, 'list-objects-v2', '--prefix', 'octo-enterprise/none')));
    assert.equal('Contents' in empty, false);
  });

  test('verifies the signature, and that the body is the one that was signed', async () => {
    refused(await put('octo-enterprise/1.json', { ...writer, secretAccessKey: 'x'.repeat(40) }), /\(SignatureDoesNotMatch\)/);
    refused(await put('octo-enterprise/1.json', { ...writer, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }), /\(InvalidAccessKeyId\)/);
    cloud.fail({ operation: 'PutObject', fault: { meanwhile: (call) => (call.bytes = Buffer.from('another')) } });
    refused(await put('octo-enterprise/1.json'), /\(XAmzContentSHA256Mismatch\)/);
    assert.equal(cloud.setup.buckets.migration.objects.size, 0);
    const response = await fetch(`${cloud.url}/migration/octo-enterprise/1.json`, { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } });
    assert.equal(response.status, 403);
    assert.match(await response.text(), /<Code>AccessDenied<\/Code>/);
  });

  test('has no bucket of another name, nor in another region', async () => {
    cloud.setup.buckets = {};
    refused(await put('octo-enterprise/1.json'), /\(NoSuchBucket\)/);
    cloud.addBucket('migration', { region: 'eu-central-1' });
    refused(await put('octo-enterprise/1.json'), /\(AuthorizationHeaderMalformed\).*expecting 'eu-central-1'/s);
  });

  test('answers to its real names, where each bucket is a host, over TLS', async (t) => {
    const certificates = await makeCertificates(folder);
    const secure = await startCloud({ tls: certificates.server });
    t.after(() => secure.close());
    const proxy = await startProxy(t, { port: secure.port });
    const { objects } = secure.addBucket('migration');
    const keys = secure.addUser('everyone', allow(['s3:*', '*']));
    const real = { AWS_ENDPOINT_URL_S3: undefined, HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: certificates.authority };
    const run = async (...command) => done(await s3({ ...keys, variables: real }, ...command));
    await run('put-object', '--key', 'a b/1.json', '--body', file);
    assert.deepEqual(objects.get('a b/1.json').bytes, BODY);
    const { Contents } = JSON.parse(await run('list-objects-v2'));
    assert.deepEqual(Contents.map(({ Key }) => Key), ['a b/1.json']);
    const hosts = proxy.connections.map(({ host }) => host);
    assert.deepEqual([...new Set(hosts)], ['migration.s3.us-west-2.amazonaws.com:443']);
  });

  test('loses the answer to a write that was done', async () => {
    cloud.fail({ operation: 'PutObject', times: Infinity, fault: 'answerLost' });
    assert.notEqual((await put('octo-enterprise/1.json')).exitCode, 0);
    assert.equal(cloud.setup.buckets.migration.objects.size, 1);
    cloud.clearFaults();
  });
});

function s3({ accessKeyId, secretAccessKey, variables = {} }, command, ...args) {
  const environment = {
    HOME: folder,
    AWS_ENDPOINT_URL_S3: cloud.url,
    AWS_DEFAULT_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
    ...variables,
  };
  return runProgram([inVenv('aws'), 's3api', command, '--bucket', 'migration', ...args], { environment });
}

function done({ exitCode, stdout, stderr }) {
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

function refused({ exitCode, stderr }, message) {
  assert.notEqual(exitCode, 0);
  assert.match(stderr, message);
}
