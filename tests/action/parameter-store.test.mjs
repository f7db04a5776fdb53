// Parameters of SSM Parameter Store, named in the input `secrets` and read by the committed bundle as the runner starts it: by
// name, version, label and path, from other regions and accounts, decrypted by keys that the role may use or not; and that one
// parameter which cannot be read keeps all the others from being exported.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/parameter-store.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runCli } from '../runner/command.mjs';
import { CANARY, TOGETHER, failed, newCloud, run, succeeded } from './jobs.mjs';

const HERE = 'arn:aws:ssm:us-west-2:123456789012:parameter';
const KEY = 'arn:aws:kms:us-west-2:123456789012:key/00000000-0000-4000-8000-000000000001';
const OTHER_KEY = KEY.replace(/1$/, '2');
const OTHER_ACCOUNT = '210987654321';

describe('a parameter', TOGETHER, () => {
  test('is read whatever its type, with one call, signed, beside the stores and the secrets', async () => {
    const cloud = await ownCloud();
    cloud.putParameter('/app/key', `${CANARY} of a key`, { type: 'SecureString' });
    cloud.putParameter('/app/url', `https://${CANARY}.example`);
    cloud.putParameter('plain', `${CANARY} plain`);
    cloud.putParameter('/root', `${CANARY} root`);
    cloud.putSecret('shared/s', `${CANARY} secret`);
    const step = await load(cloud, ['KEY=@/app/key', 'URL=@/app/url', 'PLAIN=@/plain', 'ROOT=@/root', 'S=shared/s'], 'TOKEN,secret');
    succeeded(step, {
      TOKEN: `${CANARY}-token`,
      KEY: `${CANARY} of a key`,
      URL: `https://${CANARY}.example`,
      PLAIN: `${CANARY} plain`,
      ROOT: `${CANARY} root`,
      S: `${CANARY} secret`,
    });
    assert.deepEqual(asked(cloud), [['/app/key', '/app/url', 'plain', '/plain', 'root', '/root']]);
    assert.match(step.log.join('\n'), /KEY \(secret\) from parameter \/app\/key, version 1$/m);
    assert.match(step.summary, /### Values from AWS Secrets Manager and Parameter Store/);
    assert.match(step.summary, /\| `ROOT` \| secret \| parameter: `\/root` \| `1` \| yes \|/);
  });

  test('is read in the version or by the label that its line names', async () => {
    const cloud = await ownCloud();
    const parameter = ['first', 'second', 'third'].map((value) => cloud.putParameter('/app/v', `${CANARY} ${value}`, { type: 'SecureString' }))[0];
    cloud.labelParameter(parameter, 1, 'live', 'stable-1');
    succeeded(await load(cloud, ['NOW=@/app/v', 'TWO=@/app/v:2', 'LIVE=@/app/v:live']), {
      NOW: `${CANARY} third`,
      TWO: `${CANARY} second`,
      LIVE: `${CANARY} first`,
    });
    for (const [selector, shown] of [['4', 'version 4'], ['gone', 'version gone']]) {
      failed(await load(cloud, [`V=@/app/v:${selector}`]), 'store-not-found', new RegExp(`/app/v \\(account 123456789012, region us-west-2\\), ${shown}`));
    }
  });

  test('of another region or account is read where its ARN says, if it is shared', async () => {
    const cloud = await ownCloud();
    const [region, account] = ['eu-central-1', OTHER_ACCOUNT];
    cloud.putParameter('/shared/far', `${CANARY} far`, { region });
    cloud.putParameter('/shared/theirs', `${CANARY} theirs`, { account, tier: 'Advanced', resourcePolicy: sharedWith(cloud) });
    cloud.putParameter('/shared/closed', `${CANARY} closed`, { account });
    const theirs = HERE.replace('123456789012', account);
    const lines = [`FAR=${HERE.replace('us-west-2', region)}/shared/far`, `THEIRS=${theirs}/shared/theirs`];
    succeeded(await load(cloud, lines), { FAR: `${CANARY} far`, THEIRS: `${CANARY} theirs` });
    const step = await load(cloud, [...lines, `CLOSED=${theirs}/shared/closed`]);
    failed(step, 'store-access-denied', /for \/shared\/closed \(account 210987654321.*\n(?:.*\n)*.*the role in 123456789012.*AWS RAM/);
  });

  test('that is a list comes as it is written, and its items are masked', async () => {
    const cloud = await ownCloud();
    cloud.putParameter('/app/list', `one-${CANARY},abc,two-${CANARY}`, { type: 'StringList' });
    const step = await load(cloud, ['LIST=@/app/list']);
    succeeded(step, { LIST: `one-${CANARY},abc,two-${CANARY}` });
    for (const item of [`one-${CANARY}`, `two-${CANARY}`, `one-${CANARY},abc,two-${CANARY}`]) assert.equal(step.masker.mask(`a ${item} b`), 'a *** b');
    assert.equal(step.masker.mask('an abc of it'), 'an abc of it', 'shorter than min-mask-length');
  });

  test('is one of many: ten a call, eight calls at a time', async () => {
    const cloud = await ownCloud();
    const names = Array.from({ length: 95 }, (_, i) => `P${i}`);
    for (const name of names) cloud.putParameter(`/app/${name}`, `${CANARY} ${name}`, { type: 'SecureString' });
    cloud.fail({ operation: 'GetParameters', times: Infinity, fault: { delayMs: 200 } });
    succeeded(await load(cloud, names.map((name) => `${name}=@/app/${name}`)), Object.fromEntries(names.map((name) => [name, `${CANARY} ${name}`])));
    const calls = cloud.requests.filter(({ operation }) => operation === 'GetParameters');
    assert.equal(calls.length, 10);
    const under = calls.map(({ at }) => calls.filter((other) => other.at <= at && other.answeredAt > at).length);
    assert.equal(Math.max(...under), 8);
  });

  test('is asked for by get and exec, too', async () => {
    const cloud = await ownCloud();
    cloud.putParameter('/app/key', `${CANARY}-of-a-key`, { type: 'SecureString' });
    const session = cloud.issueCredentials(cloud.setup.roleArn, { sessionName: 'laptop' });
    const environment = {
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      AWS_SESSION_TOKEN: session.sessionToken,
      AWS_ENDPOINT_URL: cloud.url,
    };
    const flags = ['--identity', 'environment', '--aws-region', 'us-west-2', '--secrets', `KEY=${HERE}/app/key`];
    const got = await runCli(['get', ...flags, 'KEY'], { environment });
    assert.deepEqual([got.exitCode, got.stdout.trim()], [0, `${CANARY}-of-a-key`], got.stderr);
    const script = 'process.stdout.write(process.env.KEY.toUpperCase())';
    const ran = await runCli(['exec', ...flags, '--', process.execPath, '-e', script], { environment });
    assert.deepEqual([ran.exitCode, ran.stdout], [0, `${CANARY}-OF-A-KEY`.toUpperCase()], ran.stderr);
    // Whose account these credentials are of is not known, so the ARN is sent.
    assert.deepEqual(asked(cloud), [[`${HERE}/app/key`], [`${HERE}/app/key`]]);
  });
});

describe('parameters that cannot be read', TOGETHER, () => {
  test('are all named, those that do not exist and those that are denied, and nothing is exported', async () => {
    const cloud = await ownCloud();
    for (const name of ['/app/a', '/app/b', '/private/x', '/private/y']) cloud.putParameter(name, `${CANARY} ${name}`);
    const lines = ['A=@/app/a', 'X=@/private/x', 'B=@/app/b', 'Y=@/private/y', 'GONE=@/app/gone', 'NONE=shared/none'];
    const step = await load(cloud, lines);
    failed(step, 'store-access-denied', /secrets cannot be read/);
    const refused = step.log.filter((line) => line.startsWith('- Get'));
    assert.deepEqual(refused.map((line) => /^- \w+ for (\S+) /.exec(line)[1]).sort(), ['/app/gone', '/private/x', '/private/y', 'shared/none']);
    assert.match(step.log.join('\n'), /Allow `ssm:GetParameters` on arn:aws:ssm:us-west-2:123456789012:parameter\/private\/x in the role's policy/);
    // One for all, then each by itself: the answer names one of those that are denied.
    assert.equal(asked(cloud).length, 6);
  });

  test('that are missing are told by the answer that lists them', async () => {
    const cloud = await ownCloud();
    cloud.putParameter('/app/a', `${CANARY} a`);
    const step = await load(cloud, ['A=@/app/a', 'B=@/app/b', 'C=@/app/c:3', 'D=@/d']);
    failed(step, 'store-not-found');
    const refused = step.log.filter((line) => line.startsWith('- Get'));
    assert.deepEqual(refused.map((line) => /^- GetParameters for (\S+) /.exec(line)[1]), ['/app/b', '/app/c', 'd']);
    assert.equal(asked(cloud).length, 1);
  });

  test('because of their KMS key are told from those that a policy denies', async () => {
    const cloud = await ownCloud();
    cloud.setup.keys = { [KEY]: { manager: 'CUSTOMER' }, [OTHER_KEY]: { manager: 'CUSTOMER', state: 'disabled' } };
    cloud.putParameter('/app/a', `${CANARY} a`);
    cloud.putParameter('/app/kms', `${CANARY} kms`, { type: 'SecureString', keyId: KEY });
    const lines = ['A=@/app/a', 'K=@/app/kms'];
    failed(await load(cloud, lines), 'store-not-decryptable', /for \/app\/kms .*ciphertext refers to[^\n]*\n[^\n]*not allowed to decrypt[^\n]*\n.*`kms:Decrypt`/);
    allow(cloud, 'kms:Decrypt', KEY);
    succeeded(await load(cloud, lines), { A: `${CANARY} a`, K: `${CANARY} kms` });
    cloud.putParameter('/app/off', `${CANARY} off`, { type: 'SecureString', keyId: OTHER_KEY });
    failed(await load(cloud, [...lines, 'OFF=@/app/off']), 'store-not-decryptable', /for \/app\/off .*InvalidKeyId[^\n]*\n.*disabled/);
  });

  test('because of throttling are read at the next attempt, or fail the step as throttled', async () => {
    const cloud = await ownCloud();
    cloud.putParameter('/app/a', `${CANARY} a`);
    cloud.fail({ operation: 'GetParameters', times: 2, fault: { awsError: 'ThrottlingException', message: 'Rate exceeded' } });
    succeeded(await load(cloud, ['A=@/app/a']), { A: `${CANARY} a` });
    cloud.fail({ operation: 'GetParameters', times: Infinity, fault: { awsError: 'ThrottlingException', message: 'Rate exceeded' } });
    failed(await load(cloud, ['A=@/app/a']), 'throttled', /tried 3 times/);
  });
});

describe('a path', TOGETHER, () => {
  test('gives all parameters below it by the last parts of their names, page by page', async () => {
    const cloud = await ownCloud();
    const names = Array.from({ length: 23 }, (_, i) => `P${i}`);
    for (const name of names) cloud.putParameter(`/app/prod/${name.endsWith('1') ? 'deep/er/' : ''}${name}`, `${CANARY} ${name}`, { type: 'SecureString' });
    cloud.putParameter('/app/production/OTHER', 'of a path that only begins the same');
    cloud.putParameter('/app/prod', 'of the path itself');
    const step = await load(cloud, ['*=@/app/prod/*', 'P3=@/app/prod/P4']);
    const expected = Object.fromEntries(names.map((name) => [name, `${CANARY} ${name}`]));
    succeeded(step, { ...expected, P3: `${CANARY} P4` });
    const pages = cloud.requests.filter(({ operation }) => operation === 'GetParametersByPath').map(({ detail }) => detail);
    assert.deepEqual(pages.map(({ NextToken }) => NextToken !== undefined), [false, true, true]);
    for (const { NextToken: _, ...page } of pages) assert.deepEqual(page, { Path: '/app/prod/', Recursive: true, WithDecryption: true, MaxResults: 10 });
  });

  test('is allowed by a policy for what is below it, and denied without one', async () => {
    const cloud = await ownCloud();
    cloud.putParameter('/team/octo-org/KEY', `${CANARY} key`);
    cloud.putParameter('/team/other/KEY', `${CANARY} of others`);
    allow(cloud, 'ssm:GetParametersByPath', `${HERE}/team/\${aws:PrincipalTag/enterprise}/*`);
    const lines = ['*=@/team/octo-enterprise/*'];
    cloud.putParameter('/team/octo-enterprise/KEY', `${CANARY} ours`);
    succeeded(await load(cloud, lines), { KEY: `${CANARY} ours` });
    failed(await load(cloud, ['*=@/team/other/*']), 'store-access-denied', /Allow `ssm:GetParametersByPath` on arn:aws:ssm:us-west-2:123456789012:parameter\/team\/other\/\* /);
  });

  test('with nothing below it is an error, and so are names that are refused or come twice', async () => {
    const cloud = await ownCloud();
    failed(await load(cloud, ['*=@/app/none/*']), 'store-not-found', /no parameter is below \/app\/none\/\* /);
    for (const name of ['A', 'x/a', 'y/A', 'PATH', 'no-name']) cloud.putParameter(`/app/some/${name}`, `${CANARY} ${name}`);
    const step = await load(cloud, ['*=@/app/some/*']);
    failed(step, 'name-unusable', /`a` of \/app\/some\/x\/a .*`A` of \/app\/some\/A differs only in case/);
    for (const named of [/of \/app\/some\/y\/A has the same name as a value that `\*` loads from \/app\/some\/A/, /`PATH` of/, /`no-name` of/]) assert.match(step.log.join('\n'), named);
  });

  test('that one page of fails is got over or ends the step', async () => {
    const cloud = await ownCloud();
    for (let i = 0; i < 12; i++) cloud.putParameter(`/app/q/Q${i}`, `${CANARY} ${i}`);
    cloud.fail({ operation: 'GetParametersByPath', skip: 1, fault: { awsError: 'InternalServerError', status: 500 } });
    const step = await load(cloud, ['*=@/app/q/*']);
    assert.equal(Object.keys(step.env).length, 12, step.log.join('\n'));
    cloud.clearFaults();
    cloud.fail({ operation: 'GetParametersByPath', skip: 1, fault: { awsError: 'InvalidNextToken' } });
    failed(await load(cloud, ['*=@/app/q/*']), 'store-refused', /Run the job again/);
  });
});

test('wrong lines are all reported with what to write, and nobody is asked for anything', async () => {
  const cloud = await ownCloud();
  const wrong = [
    ['A=@/a/*', /write `\*=arn:aws:ssm:us-west-2:123456789012:parameter\/a\/\*`, or name the parameter/],
    ['*=@/a', /parameter\/PATH\/\*`/],
    ['*=shared/a', /parameter\/PATH\/\*`/],
    ['*=@/a/*:3', /a path \(`\/\*`\) does not take/],
    ['B=@//a', /one slash after `parameter`/],
    ['C=@/a b', /other characters/],
    ['D=@/a:aws-1', /neither the number of a version nor a label/],
    ['PATH=@/a', /refused/],
    ['E=arn:aws:ssm:us-west-2:parameter/a', /arn:PARTITION:ssm:REGION:ACCOUNT:parameter\/NAME/],
    [`*=${HERE.replace('123456789012', OTHER_ACCOUNT)}/a/*`, undefined],
  ];
  const step = await load(cloud, wrong.slice(0, -1).map(([line]) => line));
  failed(step, 'invalid-input');
  wrong.slice(0, -1).forEach(([line, problem], index) => {
    const reported = step.log.filter((told) => told.startsWith(`- secrets: line ${index + 1}, \`${line.replace('@', HERE)}\`: `));
    assert.equal(reported.length, 1, line);
    assert.match(reported[0], problem);
  });
  failed(await load(cloud, [wrong.at(-1)[0]]), 'invalid-input', /`\*` has a path of account 210987654321/);
  assert.deepEqual(cloud.requests, []);
});

/** A job that wants these lines of `secrets`, where `@` stands for an ARN up to `parameter`. */
function load(on, lines, values = '') {
  return run({ on, inputs: { values, secrets: lines.join('\n').replaceAll('@', HERE) } });
}

/** The names of each GetParameters. */
function asked(cloud) {
  return cloud.requests.filter(({ operation }) => operation === 'GetParameters').map(({ detail }) => detail.Names);
}

/** A cloud whose role may read parameters below `/app` and `/shared`, and without a hierarchy. */
async function ownCloud() {
  const cloud = await newCloud();
  const all = 'arn:aws:ssm:*:*:parameter';
  allow(cloud, ['ssm:GetParameters', 'ssm:GetParametersByPath'], [`${all}/app/*`, `${all}/shared/*`, `${all}/plain`, `${all}/root`, `${all}/d`]);
  allow(cloud, 'secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:*:*:secret:shared/*');
  return cloud;
}

function allow({ setup: { roles, roleArn } }, Action, Resource) {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] };
  roles[roleArn].policies.push({ name: 'parameters', document });
}

function sharedWith({ setup: { roleArn } }) {
  const Condition = { ArnEquals: { 'aws:PrincipalArn': roleArn } };
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'ssm:GetParameters', Resource: '*', Condition }] };
}
