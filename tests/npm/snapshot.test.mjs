// `env-kvstore snapshot`: the script that it prints, run by sh with the real AWS CLI. The local cloud, which asks IAM for every
// call, has the stacks of docs/use-cases/kvstore.json deployed; what the script collects there is tests/vectors/snapshot.json, which
// admin/tests/snapshot.rs reads as the account that the file plans. UPDATE_VECTORS=1 writes it again.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/snapshot.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from '../cloud/cloud.mjs';
import { role } from '../cloud/setup.mjs';
import { startMinistack } from '../ministack/server.mjs';
import { startMoto } from '../moto/server.mjs';
import { runCli, runProgram } from '../runner/command.mjs';
import { inVenv, VENV_BIN } from '../runner/venv.mjs';

const POSIX = { skip: process.platform === 'win32' && 'the script is for a POSIX shell', concurrency: 2 };
const EXAMPLE = fileURLToPath(new URL('../../docs/use-cases/kvstore.json', import.meta.url));
const VECTOR = new URL('../vectors/snapshot.json', import.meta.url);
const ACCOUNT = '123456789012';
const POOL = 'us-west-2:12345678-1234-1234-1234-1234567890ab';
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
/** A call of the AWS CLI takes a second or more. */
const HANGS_AFTER_MS = 900_000;

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-snapshot-'));
after(() => rm(folder, { recursive: true }));

describe('the script of snapshot', POSIX, () => {
  test('is the same every time, and shellcheck finds nothing wrong with it', async (t) => {
    const args = ['--region', 'us-west-2', '--to', "it's $(here)", '--secret-prefix', 'octo-enterprise/', '--secret-prefix', 'platform/'];
    const first = await snapshot(args);
    assert.deepEqual([first.exitCode, first.stderr], [0, '']);
    assert.equal((await snapshot(args)).stdout, first.stdout);
    assert.ok(first.stdout.startsWith('#!/bin/sh\n'));
    // Somebody reads it.
    assert.ok(first.stdout.split('\n').filter((line) => /^ *[^#\s]/.test(line)).length < 120);
    for (const script of [first.stdout, (await snapshot(['--pool-id', POOL, '--no-secret-policies'])).stdout]) {
      assert.equal(spawnSync('sh', ['-n'], { input: script }).status, 0);
      const checked = spawnSync('shellcheck', ['--severity=warning', '-'], { input: script, encoding: 'utf8' });
      if (checked.error) t.diagnostic('shellcheck is not here: apt-get install shellcheck');
      else assert.equal(checked.stdout, '');
    }
  });

  test('collects with the rights of its policy what the file plans, and reads no value', async (t) => {
    const cloud = await deployedCloud(t);
    const { stdout: policy } = await snapshot(['--region', 'us-west-2', '--policy']);
    const at = path.join(folder, 'collected with "quotes" and spaces');
    const ran = await snapshot(['--region', 'us-west-2', '--run', '--to', at, '--json'], auditor(cloud, JSON.parse(policy)));
    assert.equal(ran.exitCode, 0, ran.stderr);
    const { version, account, region, providers, pools, roles, secrets, keys, notEvaluated } = JSON.parse(ran.stdout);
    assert.deepEqual([version, account, region, providers, pools, roles, secrets, keys], [1, ACCOUNT, 'us-west-2', 1, 1, 4, 12, 1]);
    assert.ok(notEvaluated.includes('service and resource control policies of AWS Organizations'));
    const asked = [...new Set(cloud.requests.map(({ operation }) => operation))];
    assert.deepEqual(asked.filter((name) => !/^(Get|List|Describe)/.test(name) || name.includes('SecretValue')), []);
    assert.deepEqual(cloud.requests.filter(({ status }) => status !== 200), []);
    // Page by page.
    assert.ok(cloud.requests.filter(({ operation }) => operation === 'ListSecrets').length === 4);
    assert.ok(cloud.requests.filter(({ operation }) => operation === 'ListRoles').length === 2);
    const found = { ...(await contents(at)) };
    found['snapshot.json'] = found['snapshot.json'].replace(/"takenAt": ".*"/, '"takenAt": "2026-11-26T00:00:00Z"');
    const text = `${JSON.stringify(found, null, 1)}\n`;
    if (process.env.UPDATE_VECTORS) await writeFile(VECTOR, text);
    assert.deepEqual(found, JSON.parse(await readFile(VECTOR, 'utf8')));
    assert.doesNotMatch(text, /canary/);
    const modes = [at, path.join(at, 'secrets.json')].map((file) => statSync(file).mode & 0o777);
    assert.deepEqual(modes, [0o700, 0o600]);
  });

  test('ends where a call fails, and what it has by then is no snapshot', async (t) => {
    const cloud = await deployedCloud(t);
    cloud.setup.listPageSize = 1;
    for (const number of [1, 2]) cloud.setup.identityPools[`us-west-2:0000000${number}`] = { ...cloud.setup.identityPools[POOL], OpenIdConnectProviderARNs: [] };
    cloud.fail({ operation: 'ListRoles', fault: { awsError: 'AccessDenied', status: 403 }, times: Infinity });
    const at = path.join(folder, 'interrupted');
    const environment = auditor(cloud, EVERYTHING);
    failed(await snapshot(['--region', 'us-west-2', '--run', '--to', at], environment), 1, /ListRoles[\s\S]*^env-kvstore: snapshot-failed: .*not complete/m);
    assert.equal((await readFile(path.join(at, 'pools.txt'), 'utf8')).split('\n').length, 4);
    failed(await snapshot(['--check', at]), 2, /snapshot\.json:1: is missing: .*interrupted/);
    failed(await snapshot(['--region', 'us-west-2', '--run', '--to', at], environment), 2, /is not an empty folder/);
    const again = await runScript(['--region', 'us-west-2', '--to', at], environment);
    assert.deepEqual([again.exitCode, again.stderr], [1, `snapshot.sh: ${at} is not empty\n`]);
  });

  test('goes on where AWS does not show a policy, and says so', async (t) => {
    const cloud = await deployedCloud(t, ['legacy/token']);
    const policy = structuredClone(EVERYTHING);
    policy.Statement.push({ Effect: 'Deny', Action: ['secretsmanager:GetResourcePolicy', 'kms:GetKeyPolicy'], Resource: '*' });
    const at = path.join(folder, 'refused');
    const ran = await snapshot(['--pool-id', POOL, '--secret-prefix', 'legacy/', '--run', '--to', at], auditor(cloud, policy));
    assert.equal(ran.exitCode, 0, ran.stderr);
    assert.match(ran.stdout, /- the resource policy of arn:aws:secretsmanager:\S+legacy\/token-AbCdEf, which AWS does not show/);
    assert.match(ran.stdout, /- the policy of the KMS key arn:aws:kms:\S+, which AWS does not show/);
    assert.match(ran.stdout, /- secrets whose names do not begin with legacy\//);
    assert.match(await readFile(path.join(at, 'secret-1-policy.error.txt'), 'utf8'), /AccessDenied/);
  });

  test('runs against moto, whose IAM, Secrets Manager and KMS are nobody of ours', async (t) => {
    const moto = await startMoto();
    t.after(() => moto.stop());
    const cloud = await deployedCloud(t);
    // moto has no GetIdentityPoolRoles of pools without roles and no principal tag maps.
    const environment = { ...auditor(cloud, EVERYTHING), AWS_ENDPOINT_URL: moto.url, AWS_ENDPOINT_URL_COGNITO_IDENTITY: cloud.url };
    const at = path.join(folder, 'moto');
    const ran = await snapshot(['--pool-id', POOL, '--secret-prefix', 'shared/', '--run', '--to', at, '--json'], environment);
    assert.equal(ran.exitCode, 0, ran.stderr);
    const { pools, roles, secrets } = JSON.parse(ran.stdout);
    assert.deepEqual([pools, roles, secrets], [1, 1, 9]);
  });

  test('runs against ministack, which lists and describes as it does', async (t) => {
    const ministack = await startMinistack();
    t.after(() => ministack.stop());
    const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_SESSION_TOKEN: undefined };
    const cloud = await deployedCloud(t);
    const environment = { ...auditor(cloud, EVERYTHING), ...keys, AWS_ENDPOINT_URL: ministack.url };
    const trust = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Federated: 'cognito-identity.amazonaws.com' }, Action: 'sts:AssumeRoleWithWebIdentity' }] });
    aws(environment, 'iam', 'create-role', '--role-name', 'jobs', '--assume-role-policy-document', trust);
    aws(environment, 'iam', 'create-role', '--role-name', 'other', '--assume-role-policy-document', trust.replace('cognito-identity', 'ec2'));
    aws(environment, 'secretsmanager', 'create-secret', '--name', 'a/b', '--secret-string', 'canary', '--tags', 'Key=github:ref,Value=refs/heads/main');
    const at = path.join(folder, 'ministack');
    const ran = await snapshot(['--region', 'us-west-2', '--run', '--to', at, '--json'], environment);
    assert.equal(ran.exitCode, 0, ran.stderr);
    const { roles, secrets } = JSON.parse(ran.stdout);
    assert.deepEqual([roles, secrets], [1, 1]);
    assert.doesNotMatch(JSON.stringify(await contents(at)), /canary/);
  });
});

describe('snapshot', { concurrency: 2 }, () => {
  test('refuses wrong usage, and says all of it', async () => {
    for (const [args, message] of [
      [[], /requires --region/],
      [['--region', 'west', '--pool-id', 'x', '--secret-prefix', 'a b'], /--region: `west`.*\n.*--pool-id: `x`.*\n.*--secret-prefix: `a b`/],
      [['--region', 'us-west-2', '--run'], /requires --to with --run/],
      [['--region', 'us-west-2', '--json'], /--json needs/],
      [['--region', 'us-west-2', '--run', '--policy'], /exclude each other/],
      [['--check', path.join(folder, 'nowhere')], /is not a folder/],
    ]) {
      failed(await snapshot(args), 2, message);
    }
  });

  test('names every file that is wrong in a folder of somebody else', async () => {
    const at = path.join(folder, 'edited');
    await mkdir(at);
    const files = JSON.parse(await readFile(VECTOR, 'utf8'));
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(at, name), text);
    const good = await snapshot(['--check', at]);
    assert.equal(good.exitCode, 0, good.stderr);
    assert.match(good.stdout, /account 123456789012, us-west-2\n +1 OIDC providers\n +1 identity pools\n +4 roles that trust them\n +12 secrets\n/);
    await rm(path.join(at, 'role-2.json'));
    await writeFile(path.join(at, 'secrets.json'), '{\n"SecretList": [3]}');
    const bad = failed(await snapshot(['--check', at]), 2, /cannot be used:\n/);
    assert.match(bad.stderr, /^role-2\.json:1: is missing/m);
    assert.match(bad.stderr, /^secrets\.json:2: is not what the AWS CLI writes/m);
  });
});

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** A cloud with the stacks, and beside them a role, a secret and a key of every kind. `only` names the secrets, if not all. */
async function deployedCloud(t, only) {
  const { base, stores } = await stacks();
  const cloud = await startCloud({ setupAt: () => accountWith(base) });
  t.after(() => cloud.close());
  cloud.setup.listPageSize = 3;
  const named = [
    ...Object.values(stores.Resources).map(({ Properties: { Name, Tags = [] } }) => [Name, Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))]),
    ['platform/deploy', {}],
  ];
  for (const [name, tags] of only ? [] : named) cloud.putSecret(name, { KEY: 'canary' }, { tags, suffix: 'AbCdEf' });
  const legacy = cloud.createSecret('legacy/token', { tags: {}, suffix: 'AbCdEf', kmsKeyId: 'alias/stores', description: 'canary' });
  legacy.resourcePolicy = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*', Condition: { StringNotEquals: { 'aws:PrincipalTag/team': 'legacy' } } }] };
  return cloud;
}

let made;
/** The templates of `generate cloudformation`. */
function stacks() {
  made ??= (async () => {
    const at = path.join(folder, 'stacks');
    await mkdir(at);
    await cp(EXAMPLE, path.join(at, 'kvstore.json'));
    const ended = await runCli(['generate', 'cloudformation', '--file', path.join(at, 'kvstore.json')], { environment: {} });
    assert.equal(ended.exitCode, 0, ended.stderr);
    const load = async (name) => JSON.parse(await readFile(path.join(at, 'generated/cloudformation', name), 'utf8'));
    return { base: await load('base.json'), stores: await load('stores-1.json') };
  })();
  return made;
}

/** Where the stack has been deployed, with GitHub's own issuer: no job comes. */
function accountWith({ Resources }) {
  const { Url, ClientIdList: ClientIDList } = Resources.OidcProvider.Properties;
  const providerArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/${Url.replace('https://', '')}`;
  const references = { IdentityPool: POOL, OidcProvider: providerArn };
  const resolved = ({ Properties }) => JSON.parse(JSON.stringify(Properties, (_key, value) => references[value?.Ref] ?? value));
  const { PrincipalTags, UseDefaults } = resolved(Resources.PrincipalTags);
  const roles = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role').map(resolved);
  const arnOf = (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
  const read = (name) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: `arn:aws:secretsmanager:*:*:secret:${name}` }] });
  const managed = (name, document) => ({ name, arn: `arn:aws:iam::${ACCOUNT}:policy/${name}`, document });
  const legacy = {
    ...role(roles[0].AssumeRolePolicyDocument),
    policies: [{ name: 'first', document: read('legacy/*') }, managed('read-legacy', read('legacy/token-??????'))],
    tags: { Team: 'döner & "ARN": "x"' },
    boundary: managed('limits', read('*')),
  };
  const key = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }] };
  return {
    documents: {},
    region: 'us-west-2',
    accountId: ACCOUNT,
    providerArn,
    poolId: POOL,
    roleArn: arnOf(roles[0].RoleName),
    oidcProviders: { [providerArn]: { Url, ClientIDList } },
    identityPools: { [POOL]: { AccountId: ACCOUNT, ...resolved(Resources.IdentityPool), roles: {}, tagMaps: { [providerArn]: { UseDefaults, PrincipalTags } } } },
    roles: {
      ...Object.fromEntries(roles.map(({ RoleName, AssumeRolePolicyDocument, Policies }) => [
        arnOf(RoleName),
        { ...role(AssumeRolePolicyDocument), policies: Policies.map(({ PolicyName: name, PolicyDocument: document }) => ({ name, document })) },
      ])),
      [arnOf('legacy-deploy')]: legacy,
      // For others: not in a snapshot.
      [arnOf('ec2')]: role({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }] }, EVERYTHING),
    },
    users: {},
    buckets: {},
    keys: { [KEY]: { manager: 'CUSTOMER', alias: 'alias/stores', policy: key } },
    batchPageSize: 20,
    listPageSize: 100,
    versionQuota: true,
  };
}

/** Somebody with this policy, and the AWS CLI. */
function auditor(cloud, policy) {
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.addPerson('auditor', policy);
  return {
    PATH: `${VENV_BIN}:${process.env.PATH}`,
    HOME: '/nonexistent',
    AWS_ENDPOINT_URL: cloud.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}

function snapshot(args, environment = {}) {
  return runCli(['snapshot', ...args], { environment, hangsAfterMs: HANGS_AFTER_MS });
}

/** As whoever has reviewed it does. */
async function runScript(args, environment) {
  const { stdout } = await snapshot(args);
  const file = path.join(folder, 'snapshot.sh');
  await writeFile(file, stdout);
  return runProgram(['sh', file], { environment, stdio: ['ignore', 'pipe', 'pipe'], hangsAfterMs: HANGS_AFTER_MS });
}

function aws(environment, ...args) {
  const env = { ...environment, AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-west-2' };
  return execFileSync(inVenv('aws'), args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function failed(ended, exitCode, message) {
  assert.equal(ended.exitCode, exitCode, ended.stderr);
  assert.match(ended.stderr, message);
  return ended;
}

async function contents(of) {
  const names = (await readdir(of)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(path.join(of, name), 'utf8')])));
}
