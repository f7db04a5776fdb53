// The input `secrets`, read by the committed bundle as the runner starts it: by name and ARN, single and in batches, from
// other regions and accounts; and that one secret which cannot be read keeps all the others from being exported.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/secrets.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { newSigningKey } from '../cloud/jwt.mjs';
import { stalledReader } from '../runner/stalled-reader.mjs';
import { assertNothingExported, assertNothingLeaked, runStep } from '../runner/step.mjs';
import { turn } from '../runner/turns.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const TOGETHER = { concurrency: 8 };
/** A step that has not ended by then hangs; it is killed, and its test fails. */
const HANGS_AFTER_MS = 30_000;
/** Stands in every value; nothing but a mask or a file of the runner may hold it. */
const CANARY = 'canary';
const BATCH = 'BatchGetSecretValue';
const ELSEWHERE = { region: 'eu-central-1', account: '210987654321' };

const githubKey = await newSigningKey();

describe('a secret', TOGETHER, () => {
  test('is read by its name, its ARN, and its ARN without the six characters', async (t) => {
    const cloud = await ownCloud(t);
    const secrets = ['by-name', 'by-arn', 'by-part'].map((name) => cloud.putSecret(`shared/${name}`, `${CANARY} ${name}`));
    const [, whole, part] = secrets.map(({ arn }) => arn);
    const step = await run(cloud, [`NAME=shared/by-name`, `ARN=${whole}`, `PART=${part.slice(0, -7)}`]);
    succeeded(step, { NAME: `${CANARY} by-name`, ARN: `${CANARY} by-arn`, PART: `${CANARY} by-part` });
    const asked = ids(cloud);
    assert.deepEqual(asked.sort(), ['shared/by-name', whole, part.slice(0, -7)].sort());
  });

  test('gives its text as a whole, or one key of its document', async (t) => {
    const cloud = await ownCloud(t);
    const document = `{ "user": "${CANARY} user", "port": 5432.10, "deep": { "a": [1, "${CANARY}"] } }`;
    cloud.putSecret('shared/db', document);
    const lines = ['WHOLE=shared/db', 'DB_USER=shared/db:user', 'PORT=shared/db:port::', 'DEEP=shared/db:deep'];
    succeeded(await run(cloud, lines), {
      WHOLE: document,
      DB_USER: `${CANARY} user`,
      PORT: '5432.10',
      DEEP: `{"a":[1,"${CANARY}"]}`,
    });
  });

  test('gives the version that its line selects, by stage and by id', async (t) => {
    const cloud = await ownCloud(t);
    const [first, second] = ['1', '2'].map((digit) => digit.repeat(32));
    cloud.putSecret('shared/v', { key: `${CANARY} old` }, { versionId: first });
    cloud.putSecret('shared/v', { key: `${CANARY} new` }, { versionId: second });
    const lines = [
      'CURRENT=shared/v:key',
      'PREVIOUS=shared/v:key:AWSPREVIOUS',
      `FIRST=shared/v:key::${first}`,
      `BOTH=shared/v:key:AWSCURRENT:${second}`,
      'WHOLE=shared/v::AWSPREVIOUS:',
    ];
    const [old, current] = [`${CANARY} old`, `${CANARY} new`];
    const step = await run(cloud, lines);
    succeeded(step, { CURRENT: current, PREVIOUS: old, FIRST: old, BOTH: current, WHOLE: `{"key":"${old}"}` });
    assert.equal(ids(cloud).length, 4, 'two lines select the same version');
    const none = await run(cloud, ['NONE=shared/v::BLUE']);
    failed(none, 'store-not-found', /shared\/v \(account \d+, region us-west-2\), version stage BLUE/);
  });

  test('of bytes comes as Base64, or by the key of the document that the bytes are', async (t) => {
    const cloud = await ownCloud(t);
    const bytes = Buffer.concat([Buffer.from(CANARY), Buffer.from([0, 255, 254])]);
    cloud.putSecret('shared/bytes', bytes);
    cloud.putSecret('shared/json', Buffer.from(`{"key":"${CANARY} of bytes"}`));
    const step = await run(cloud, ['BYTES=shared/bytes', 'KEY=shared/json:key']);
    succeeded(step, { BYTES: bytes.toString('base64'), KEY: `${CANARY} of bytes` });
  });

  test('that a later step takes apart is masked in its parts: strings of a document, text of bytes', async (t) => {
    const cloud = await ownCloud(t);
    cloud.putSecret('shared/db', `{"username":"${CANARY}-user","password":"p4ss-${CANARY}","deep":[{"key":"k-${CANARY}"}]}`);
    cloud.putSecret('shared/bytes', Buffer.from(`text-of-${CANARY}`));
    const step = await run(cloud, ['DB=shared/db', 'BYTES=shared/bytes']);
    assert.equal(step.exitCode, 0, step.log.join('\n'));
    // A user's name is no secret, unless a line names its key.
    assert.equal(step.masker.mask(`${CANARY}-user`), `${CANARY}-user`);
    for (const part of [`p4ss-${CANARY}`, `k-${CANARY}`, `text-of-${CANARY}`]) {
      assert.equal(step.masker.mask(`a ${part} b`), 'a *** b', part);
    }
  });

  test('of another region or account is read where its ARN says, if its policy lets the role in', async (t) => {
    const cloud = await ownCloud(t);
    const { region, account } = ELSEWHERE;
    const { roleArn } = cloud.setup;
    const own = cloud.putSecret('shared/own', `${CANARY} own`);
    const far = cloud.putSecret('shared/far', `${CANARY} far`, { region });
    const theirs = cloud.putSecret('shared/theirs', `${CANARY} theirs`, { account, ...openTo(roleArn) });
    const both = cloud.putSecret('shared/both', `${CANARY} both`, { ...ELSEWHERE, ...openTo(roleArn) });
    const lines = [`OWN=${own.name}`, `FAR=${far.arn}`, `THEIRS=${theirs.arn}`, `BOTH=${both.arn.slice(0, -7)}`];
    const expected = { OWN: `${CANARY} own`, FAR: `${CANARY} far`, THEIRS: `${CANARY} theirs`, BOTH: `${CANARY} both` };
    succeeded(await run(cloud, lines), expected);
    const closed = cloud.putSecret('shared/closed', `${CANARY} closed`, { account });
    const step = await run(cloud, [...lines, `CLOSED=${closed.arn}`]);
    failed(step, 'store-access-denied', /The secret is in account 210987654321, the role in 123456789012/);
  });

  test('that two lines name is asked for once; by name and by ARN it is two', async (t) => {
    const cloud = await ownCloud(t);
    const { arn } = cloud.putSecret('shared/twice', { a: `${CANARY} a`, b: `${CANARY} b` });
    const lines = ['A=shared/twice:a', 'B=shared/twice:b', 'A2=shared/twice:a'];
    succeeded(await run(cloud, lines), { A: `${CANARY} a`, B: `${CANARY} b`, A2: `${CANARY} a` });
    assert.deepEqual(ids(cloud), ['shared/twice']);
    cloud.requests.length = 0;
    succeeded(await run(cloud, [...lines, `C=${arn}:b`]), { A: `${CANARY} a`, B: `${CANARY} b`, A2: `${CANARY} a`, C: `${CANARY} b` });
    assert.deepEqual(ids(cloud).sort(), [arn, 'shared/twice'].sort());
  });

  test('that is a store of the job, too, is asked for once', async (t) => {
    const cloud = await ownCloud(t);
    const store = 'octo-enterprise/repo/octo-org/octo-repo/secrets';
    cloud.putSecret(store, { TOKEN: `${CANARY} token` });
    const inputs = { values: 'TOKEN,secret' };
    const step = await run(cloud, [`SAME=${store}:TOKEN`], { inputs, claims: { environment: undefined } });
    succeeded(step, { TOKEN: `${CANARY} token`, SAME: `${CANARY} token` });
    assert.deepEqual(ids(cloud), [store]);
  });

  test('is named in log and summary with its key and version, and its value in neither', async (t) => {
    const cloud = await ownCloud(t);
    const { arn, versions } = cloud.putSecret('shared/named', { key: `${CANARY} v` });
    const step = await run(cloud, ['NAMED=shared/named:key']);
    succeeded(step, { NAMED: `${CANARY} v` });
    assert.ok(step.log.includes(`Read shared/named (${arn})`));
    assert.match(step.summary, new RegExp(`\`NAMED\` \\| secret \\| .*shared/named.* \\| \`${versions[0].id}\` \\| yes`));
  });

  test('without the key that its line names fails the step, and every such line is listed', async (t) => {
    const cloud = await ownCloud(t);
    cloud.putSecret('shared/some', { key: `${CANARY} v`, none: null });
    cloud.putSecret('shared/text', `${CANARY} no document`);
    const step = await run(cloud, ['A=shared/some:key', 'B=shared/some:typo', 'C=shared/text:key', 'D=shared/some:none']);
    assert.equal(step.exitCode, 1);
    const log = step.log.join('\n');
    for (const named of [/B: .*`typo`/, /shared\/text/, /D: .*`none`/]) assert.match(log, named);
    assert.deepEqual([step.files.GITHUB_ENV, step.files.GITHUB_OUTPUT], ['', '']);
  });

  test('is masked before anything is written, however many there are', async (t) => {
    const cloud = await ownCloud(t);
    // More than a pipe holds: whoever does not read on keeps the masks from leaving, and so the files from being written.
    const many = put(cloud, 45, { length: 8000 });
    const reader = stalledReader();
    const step = await run(cloud, many.lines, { onLine: reader.onLine });
    succeeded(step, many.expected);
    assert.deepEqual(reader.found, ['', '', '']);
    const masked = new Set(step.commands.filter(({ command }) => command === 'add-mask').map(({ data }) => data));
    for (const value of Object.values(many.expected)) {
      assert.ok(masked.has(value), value);
      assert.equal(step.masker.mask(`printed: ${value}.`), 'printed: ***.');
    }
  });
});

describe('many secrets', TOGETHER, () => {
  test('are read twenty a call', async (t) => {
    const cloud = await ownCloud(t);
    const many = put(cloud, 45);
    succeeded(await run(cloud, many.lines), many.expected);
    const batches = cloud.requests.filter(({ operation }) => operation === BATCH);
    assert.deepEqual(batches.map(({ detail }) => detail.SecretIdList.length).sort((a, b) => a - b), [5, 20, 20]);
    assert.deepEqual(batches.flatMap(({ detail }) => detail.SecretIdList).sort(), [...many.names].sort());
    assert.deepEqual(ids(cloud), []);
  });

  test('are a handful up to five, which need no other permission than one does', async (t) => {
    const cloud = await ownCloud(t);
    const [five, six] = [put(cloud, 5), put(cloud, 6)];
    succeeded(await run(cloud, five.lines), five.expected);
    assert.deepEqual(operationsAtSecretsManager(cloud), { GetSecretValue: 5 });
    cloud.requests.length = 0;
    succeeded(await run(cloud, six.lines), six.expected);
    assert.deepEqual(operationsAtSecretsManager(cloud), { [BATCH]: 1 });
  });

  test('are batched by region; stores, other accounts and chosen versions never are', async (t) => {
    const cloud = await ownCloud(t);
    const { region, account } = ELSEWHERE;
    const store = 'octo-enterprise/repo/octo-org/octo-repo/secrets';
    cloud.putSecret(store, { TOKEN: `${CANARY} token` });
    const here = put(cloud, 7);
    const there = put(cloud, 6, { region });
    const theirs = put(cloud, 6, { account, ...openTo(cloud.setup.roleArn) });
    const versions = put(cloud, 6);
    const lines = [here, there, theirs].flatMap(({ lines }) => lines);
    const chosen = versions.lines.map((line) => `${line}::AWSCURRENT`);
    const inputs = { values: 'TOKEN,secret' };
    const step = await run(cloud, [...lines, ...chosen], { inputs, claims: { environment: undefined } });
    const expected = Object.assign({}, ...[here, there, theirs, versions].map((group) => group.expected));
    succeeded(step, { ...expected, TOKEN: `${CANARY} token` });
    assert.deepEqual(operationsAtSecretsManager(cloud), { [BATCH]: 2, GetSecretValue: 13 });
    const batches = cloud.requests.filter(({ operation }) => operation === BATCH);
    assert.deepEqual(batches.map(({ detail }) => [...detail.SecretIdList].sort()).sort(), [[...here.ids].sort(), [...there.ids].sort()].sort());
    assert.ok(ids(cloud).includes(store));
  });

  test('are read one by one if the role may not batch, and one notice says so', async (t) => {
    const cloud = await ownCloud(t, { mayBatch: false });
    const many = put(cloud, 45);
    const step = await run(cloud, many.lines);
    succeeded(step, many.expected);
    const notices = step.commands.filter(({ command }) => command === 'notice');
    assert.equal(notices.length, 1, step.log.join('\n'));
    assert.match(notices[0].data, /^45 secrets of us-west-2 are read one by one.*`secretsmanager:BatchGetSecretValue`/);
    assert.deepEqual(ids(cloud).sort(), [...many.names].sort());
    assert.equal(step.commands.filter(({ command }) => command === 'warning').length, 0);
  });

  test('that come on a second page are read one by one, without a word', async (t) => {
    const cloud = await ownCloud(t);
    cloud.setup.batchPageSize = 4;
    const many = put(cloud, 7);
    const step = await run(cloud, many.lines);
    succeeded(step, many.expected);
    assert.deepEqual(step.commands.filter(({ command }) => command === 'notice'), []);
    assert.deepEqual(ids(cloud).sort(), many.names.slice(4).sort());
  });

  test('of which some are refused fail the step; each of those is named, and nothing is exported', async (t) => {
    const cloud = await ownCloud(t);
    const many = put(cloud, 10);
    cloud.putSecret('private/one', `${CANARY} not for you`);
    const lines = [...many.lines, 'DENIED=private/one', 'ABSENT=shared/absent', 'AGAIN=shared/absent:key'];
    const step = await run(cloud, lines);
    const log = failed(step, 'store-access-denied', /secrets cannot be read/);
    assert.match(log, /^- GetSecretValue for private\/one .*AccessDeniedException/m);
    assert.match(log, /^- GetSecretValue for shared\/absent .*ResourceNotFoundException/m);
    assert.equal(log.match(/^- GetSecretValue for shared\/absent/gm).length, 1, 'two lines of one secret are one refusal');
    assert.deepEqual(ids(cloud), [], 'what is refused for good is not asked for again');
  });

  test('of which some are refused fail the step with the store that is refused, too', async (t) => {
    const cloud = await ownCloud(t);
    const many = put(cloud, 6);
    for (const [job, store] of [
      [{ inputs: { values: 'TOKEN,secret', 'environment-store': 'required' } }, 'octo-repo/env/production/secrets'],
      [{ inputs: { values: 'TOKEN,secret' }, claims: { environment: undefined } }, 'octo-repo/secrets'],
    ]) {
      const step = await run(cloud, [...many.lines, 'ABSENT=shared/absent'], job);
      const log = failed(step, 'store-not-found');
      for (const name of [store, 'shared/absent']) assert.match(log, new RegExp(`^- .*${name}( |$)`, 'm'));
    }
  });

  for (const code of ['ThrottlingException', 'InternalServiceError', 'RequestTimeoutException']) {
    test(`of which one is answered with ${code} in a batch are all read, that one a second time`, async (t) => {
      const cloud = await ownCloud(t);
      const many = put(cloud, 7);
      const [unlucky, ...others] = many.names;
      cloud.fail({ operation: BATCH, fault: batchAnswer(many, others, [[unlucky, code, `${CANARY}, as told`]]) });
      const step = await run(cloud, many.lines);
      succeeded(step, many.expected);
      assert.deepEqual(ids(cloud), [unlucky]);
      assert.deepEqual(step.commands.filter(({ command }) => ['notice', 'warning'].includes(command)), []);
    });
  }

  test('of which one is throttled for ever fail the step after three attempts at that one', async (t) => {
    const cloud = await ownCloud(t);
    const many = put(cloud, 7);
    const [unlucky, ...others] = many.names;
    cloud.fail({ operation: BATCH, fault: batchAnswer(many, others, [[unlucky, 'ThrottlingException', 'slower']]) });
    cloud.fail({ operation: 'GetSecretValue', times: Infinity, fault: { awsError: 'ThrottlingException' } });
    failed(await run(cloud, many.lines), 'throttled', new RegExp(unlucky));
    assert.deepEqual(ids(cloud), [unlucky, unlucky], 'the batch was the first attempt');
  });

  for (const [what, body] of Object.entries({
    'values that nobody asked for': { SecretValues: [{ ARN: 'arn:x', Name: 'x', SecretString: CANARY }], Errors: [] },
    'nothing at all': { SecretValues: [] },
  })) {
    test(`that a batch answers with ${what} are read one by one`, async (t) => {
      const cloud = await ownCloud(t);
      const many = put(cloud, 6);
      cloud.fail({ operation: BATCH, fault: jsonAnswer(body) });
      succeeded(await run(cloud, many.lines), many.expected);
      assert.deepEqual(ids(cloud).sort(), [...many.names].sort());
    });
  }

  for (const mayBatch of [true, false]) {
    test(`are asked for in eight calls at a time, and no more (${mayBatch ? '200 in batches' : '30 one by one'})`, async (t) => {
      const cloud = await ownCloud(t, { mayBatch });
      const many = put(cloud, mayBatch ? 200 : 30);
      for (const operation of [BATCH, 'GetSecretValue']) {
        // A refusal is not kept waiting: it is the calls after it that are counted.
        if (mayBatch || operation !== BATCH) cloud.fail({ operation, times: Infinity, fault: { delayMs: 300 } });
      }
      succeeded(await run(cloud, many.lines), many.expected);
      const calls = cloud.requests.filter(({ operation }) => operation === (mayBatch ? BATCH : 'GetSecretValue'));
      assert.equal(calls.length, mayBatch ? 10 : 30);
      assert.equal(mostAtATime(calls), 8);
      assert.ok(new Set(calls.map(({ port }) => port)).size <= 8, 'connections');
    });
  }
});

describe('wrong lines of secrets', TOGETHER, () => {
  const arn = (text) => `arn:aws:secretsmanager:us-west-2:123456789012:${text}`;
  const wrong = [
    ['no equals sign', /ENV_VAR=/],
    ['A,secret', /ENV_VAR=/],
    ['B=', /no secret's name/],
    ['C=two words', /no secret's name/],
    ['9D=shared/x', /\[A-Za-z_\]/],
    ['PATH=shared/x', /refused/],
    ['GITHUB_ENV=shared/x', /refused/],
    ['E=shared/x:k:AWSCURRENT:v:more', /more than three fields/],
    ['F=shared/x:::short', /version id/],
    [`G=shared/x::${'s'.repeat(257)}`, /version stage/],
    [`H=${arn('secret:')}`, /an ARN that is not/],
    [`I=${arn('parameter:x')}`, /an ARN that is not/],
    ['J=arn:aws:secretsmanager:us-west-2:1234:secret:x', /an ARN that is not/],
    ['K=arn:aws:s3:us-west-2:123456789012:secret:x', /an ARN that is not/],
    ['FINE=shared/other', /`FINE` is already set on line 1/],
  ];

  test('are all reported, each with its number and its text, and nobody is asked for anything', async (t) => {
    const cloud = await ownCloud(t);
    const step = await run(cloud, ['FINE=shared/x', '', '# a comment', ...wrong.map(([line]) => line)]);
    failed(step, 'invalid-input');
    wrong.forEach(([line, problem], index) => {
      const reported = step.log.filter((candidate) => candidate.startsWith(`- secrets: line ${index + 4}, \`${line}\`: `));
      assert.equal(reported.length, 1, line);
      assert.match(reported[0], problem);
    });
    assert.equal(step.log.filter((line) => line.startsWith('- secrets: ')).length, wrong.length);
    assert.deepEqual(cloud.requests, []);
  });

  test('are those that set what a line of values sets, and ARNs of another partition than the role', async (t) => {
    const cloud = await ownCloud(t);
    const lines = ['TOKEN=shared/x', `CHINA=arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x`];
    const step = await run(cloud, lines, { inputs: { values: 'TOKEN,secret' } });
    const log = failed(step, 'invalid-input');
    for (const named of [/^- secrets: .*TOKEN/m, /^- secrets: .*aws-cn/m]) assert.match(log, named);
    assert.deepEqual(cloud.requests, []);
  });
});

/** A cloud whose role may read `shared/`, whoever's and wherever it is. */
async function ownCloud(t, { mayBatch = true } = {}) {
  const configure = ({ roles, roleArn }) => {
    const shared = 'arn:aws:secretsmanager:*:*:secret:shared/*';
    const Statement = [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: shared }];
    if (mayBatch) Statement.push({ Effect: 'Allow', Action: `secretsmanager:${BATCH}`, Resource: '*' });
    roles[roleArn].policies.push({ name: 'shared', document: { Version: '2012-10-17', Statement } });
  };
  const cloud = await startCloud({ githubKey, configure });
  t.after(() => cloud.close());
  return cloud;
}

/** The resource policy of a secret that lets a role in. */
function openTo(roleArn) {
  const Condition = { ArnEquals: { 'aws:PrincipalArn': roleArn } };
  const Action = 'secretsmanager:GetSecretValue';
  const Statement = [{ Effect: 'Allow', Principal: { AWS: '*' }, Action, Resource: '*', Condition }];
  return { resourcePolicy: { Version: '2012-10-17', Statement } };
}

let lastGroup = 0;

/** So many secrets, and the lines that ask for them: by name where that is enough, else by ARN. */
function put(cloud, count, { length = 1, ...options } = {}) {
  lastGroup += 1;
  const group = `G${lastGroup}`;
  const secrets = Array.from({ length: count }, (_, i) => {
    const value = `${CANARY} ${group} ${i} ${'x'.repeat(length)}`;
    return { value, variable: `${group}_${i}`, ...cloud.putSecret(`shared/${group}/${i}`, value, options) };
  });
  const ids = secrets.map(({ name, arn }) => (options.region || options.account ? arn : name));
  return {
    secrets,
    ids,
    names: secrets.map(({ name }) => name),
    lines: secrets.map(({ variable }, i) => `${variable}=${ids[i]}`),
    expected: Object.fromEntries(secrets.map(({ variable, value }) => [variable, value])),
  };
}

function batchAnswer({ secrets }, names, errors) {
  const values = secrets.filter(({ name }) => names.includes(name));
  return jsonAnswer({
    SecretValues: values.map(({ arn, name, value }) => ({ ARN: arn, Name: name, VersionId: 'v', SecretString: value })),
    Errors: errors.map(([SecretId, ErrorCode, Message]) => ({ SecretId, ErrorCode, Message })),
  });
}

function jsonAnswer(body) {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) };
}

/** The secrets that were asked for one by one. */
function ids(cloud) {
  return cloud.requests.filter(({ operation }) => operation === 'GetSecretValue').map(({ detail }) => detail.SecretId);
}

function operationsAtSecretsManager(cloud) {
  const counts = {};
  for (const { operation } of cloud.requests) {
    if ([BATCH, 'GetSecretValue'].includes(operation)) counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}

/** Of requests, how many were unanswered at the same time. */
function mostAtATime(requests) {
  return Math.max(...requests.map(({ at }) => requests.filter((other) => other.at <= at && other.answeredAt > at).length));
}

/** Runs a job that wants these lines and holds it to what every job must keep. */
async function run(cloud, lines, { inputs = {}, claims = {}, ...options } = {}) {
  const release = await turn();
  try {
    const step = await runStep({
      node: NODE,
      inputs: {
        'cognito-identity-pool-id': cloud.setup.poolId,
        'cognito-role-arn': cloud.setup.roleArn,
        'github-enterprise-name': 'octo-enterprise',
        'oidc-issuer': cloud.url,
        secrets: lines.join('\n'),
        ...inputs,
      },
      environment: cloud.jobEnvironment(claims),
      killAfterMs: HANGS_AFTER_MS,
      ...options,
    });
    assertNothingLeaked(step, CANARY);
    return step;
  } finally {
    release();
  }
}

function succeeded(step, env) {
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  assert.deepEqual(step.env, env);
  assert.equal(step.outputs['values-loaded'], String(Object.keys(env).length));
}

/** @returns {string} the log */
function failed(step, code, reason = /./) {
  const log = step.log.join('\n');
  assert.equal(step.exitCode, 1, log);
  assert.deepEqual(log.match(/^Error: [\w-]+: /gm), [`Error: ${code}: `], log);
  assert.match(log, reason);
  assertNothingExported(step, code);
  return log;
}
