// The commands that work on stores, against two emulators of AWS that nobody here wrote, and with the AWS CLI as the other who
// reads and writes: each row of docs/managing-values.md as it is written there. What an emulator does otherwise than AWS is in
// tests/cloud/secrets-manager.test.mjs.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/other-clouds.test.mjs` runs it on another Node, if that runs this file too.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startMinistack } from '../ministack/server.mjs';
import { startMoto } from '../moto/server.mjs';
import { NODE, runCli, runProgram } from '../runner/command.mjs';
import { inVenv } from '../runner/venv.mjs';
import { commandLineIn } from './command-line.mjs';

const POSIX = { skip: process.platform === 'win32' && 'ministack does not run there' };
const STORES = 'octo-org/repo/octo-org/octo-repo';
const FLAGS = ['--repository', 'octo-org/octo-repo'];
/** What must come through: order, numbers, escapes, white space, unknown types, a byte order mark. (The AWS CLI takes the CR from CR LF.) */
const DOCUMENT = '\u{feff}{ "N" : 1.10, "E":"\\u00e9\\/\\ud83d\\udddd",\t"O": {"b":1,"a":[1e3, null]} , "BIG":12345678901234567890, "NULL": null\n}';
const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-other-clouds-'));
const commandLine = await commandLineIn(path.join(folder, 'dist'));
after(() => rm(folder, { recursive: true }));

describe('ministack', { ...POSIX, concurrency: false }, () => {
  let other;
  let environment;
  const run = async (args, exitCode = 0) => ran(args, exitCode, environment);
  before(async () => {
    other = await startMinistack();
    environment = environmentOf(other, other.addUser('writer', EVERYTHING));
  });
  after(() => other?.stop());

  test('put creates a store with its tags; what the AWS CLI has made keeps its bytes, and the AWS CLI reads what was put', async () => {
    const created = await run(['put', '--from-file', `A=${await written('one')}`, '--create', '--tag', 'team=web']);
    assert.match(created, /^\+ A\nCreated arn:aws:secretsmanager:us-west-2:000000000000:secret:octo-org\/repo\/octo-org\/octo-repo\/secrets-\w+\nVersion \S+\n$/);
    assert.match(await run(['list', '--stores']), / octo-org\/repo\/octo-org\/octo-repo\/secrets\s+team=web\n/);
    assert.equal(await run(['put', '--from-file', `A=${await written('one')}`, '--create']), '= A\nNothing was written: nothing would change.\n');

    const secret = `${STORES}/env/e/secrets`;
    await aws(environment, 'create-secret', '--name', secret, '--secret-string', `file://${await written(DOCUMENT)}`);
    // By stdin, as a process of its own.
    const put = await runCli(['put', 'A', '--environment', 'e', ...FLAGS], { environment, input: 'two "2"\n' });
    assert.equal(put.exitCode, 0, put.stderr);
    const read = await aws(environment, 'get-secret-value', '--secret-id', secret);
    assert.equal(read.SecretString, DOCUMENT.replace('\n}', ', "A": "two \\"2\\""\n}'));
    assert.ok(read.VersionStages.includes('AWSCURRENT'));
    assert.equal((await aws(environment, 'get-secret-value', '--secret-id', secret, '--version-stage', 'AWSPREVIOUS')).SecretString, DOCUMENT);

    await aws(environment, 'put-secret-value', '--secret-id', secret, '--secret-string', '{"A":"of the AWS CLI"}');
    assert.equal(await run(['get', 'A', '--version-stage', 'AWSCURRENT', '--environment', 'e', '--yes']), 'of the AWS CLI');
  });

  test('history, rollback and get go to versions by the labels that the emulator has moved', async () => {
    const at = ['--environment', 'back'];
    const secret = `${STORES}/env/back/secrets`;
    const { VersionId: first } = await aws(environment, 'create-secret', '--name', secret, '--secret-string', '{"A":"one","B":"b"}');
    await run(['rm', 'B', '--yes', ...at]);
    assert.match(await run(['history', ...at]), new RegExp(`AWSCURRENT\\n  - B\\n${first} .*AWSPREVIOUS\\n  \\+ A\\n  \\+ B\\n$`));
    assert.match(await run(['rollback', '--yes', ...at]), /^\+ B\nThe current version of /);
    assert.equal((await aws(environment, 'get-secret-value', '--secret-id', secret)).VersionId, first);
    assert.equal(await run(['get', 'B', '--version-id', first, '--yes', ...at]), 'b');
    await run(['rollback', '--yes', ...at]);
    assert.equal((await aws(environment, 'get-secret-value', '--secret-id', secret)).SecretString, '{"A":"one"}');
  });

  test('import, diff, copy, list and export', async () => {
    const at = ['--environment', 'from'];
    await run(['import', await written('A=1\nB="x\ny"\n'), '--create', '--yes', ...at]);
    await run(['import', await written('{"N": 1.10, "A": "2"}'), '--yes', ...at]);
    assert.match(await run(['copy', 'env:from', 'env:to', 'N', 'A', '--create', '--yes']), /^\+ A\n\+ N\nCreated /);
    assert.equal(await run(['diff', 'env:from', 'env:to'], 4), '= A\n- B\n= N\n1 removed, 2 unchanged\n');
    assert.match(await run(['list', '--effective', '--environment', 'to']), /environment +yes .* A\n.*repository +no .* A\n.*environment +yes .* N\n$/);
    const to = path.join(folder, 'exported');
    await run(['export', '--format', 'json', '--to', to, ...at]);
    assert.match(await readFile(to, 'utf8'), /"N": ?1\.10/);
    assert.match(await run(['import', await written('ONLY=1\n'), '--replace', '--yes', ...at]), /^\+ ONLY\n- A\n- B\n- N\n/);
  });

  test('delete and restore', async () => {
    const at = ['--environment', 'gone'];
    await run(['import', await written('A=1\n'), '--create', '--yes', ...at]);
    assert.match(await run(['delete', '--yes', '--recovery-window-in-days', '7', ...at]), /^Deleted arn:.*\nUntil \d{4}-.* UTC it can be restored/);
    await run(['put', '--from-file', `A=${await written('2')}`, '--create', ...at], 1);
    await run(['restore', ...at]);
    assert.equal(await run(['get', 'A', '--version-stage', 'AWSCURRENT', '--yes', ...at]), '1');
  });

  test('writers at the same time lose nothing, where a version without a label is deleted at once', async () => {
    await aws(environment, 'create-secret', '--name', `${STORES}/env/race/secrets`, '--secret-string', '{"KEPT":1.10}');
    const files = await Promise.all(Array.from({ length: 6 }, (_, writer) => written(`value ${writer}`)));
    await Promise.all(files.map((file, writer) => run(['put', '--from-file', `KEY_${writer}=${file}`, '--environment', 'race'])));
    const { SecretString } = await aws(environment, 'get-secret-value', '--secret-id', `${STORES}/env/race/secrets`);
    assert.ok(SecretString.startsWith('{"KEPT":1.10'), SecretString);
    assert.deepEqual(JSON.parse(SecretString), { KEPT: 1.1, ...Object.fromEntries(files.map((_, writer) => [`KEY_${writer}`, `value ${writer}`])) });
  });

  test('who may read and not write is told so, and writes nothing', async () => {
    const reader = environmentOf(other, other.addUser('reader', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], Resource: '*' }] }));
    const ended = await commandLine(['put', '--from-file', `A=${await written('forbidden')}`, ...FLAGS], reader);
    assert.deepEqual([ended.exitCode, ended.code], [1, 'store-access-denied'], ended.stderr);
    assert.equal(await run(['get', 'A', '--version-stage', 'AWSCURRENT', '--yes']), 'one');
  });
});

describe('moto, whose readers do not follow a moved AWSCURRENT', { concurrency: false }, () => {
  let moto;
  let environment;
  const run = async (args, exitCode = 0) => ran(args, exitCode, environment);
  before(async () => {
    moto = await startMoto();
    environment = environmentOf(moto, { accessKeyId: 'test', secretAccessKey: 'test' });
  });
  after(() => moto?.stop());

  test('creates, writes with a move, lists, compares, copies, exports, deletes and restores', async () => {
    assert.match(await run(['put', '--from-file', `A=${await written('one')}`, '--create', '--tag', 'team=web']), /\nCreated arn:/);
    assert.match(await run(['list', '--stores']), /secrets\s+team=web\n/);
    const secret = `${STORES}/env/e/secrets`;
    await aws(environment, 'create-secret', '--name', secret, '--secret-string', `file://${await written(DOCUMENT)}`);
    assert.match(await run(['put', '--from-file', `A=${await written('two')}`, '--environment', 'e']), /^\+ A\nChanged arn:.*\nVersion (\S+)\n/);
    const { VersionIdsToStages } = await aws(environment, 'describe-secret', '--secret-id', secret);
    const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'));
    const read = await aws(environment, 'get-secret-value', '--secret-id', secret, '--version-id', current);
    assert.equal(read.SecretString, DOCUMENT.replace('\n}', ', "A": "two"\n}'));
    assert.match(await run(['history', '--environment', 'e']), new RegExp(`^${current} .*AWSCURRENT\\n  \\+ A\\n`));
    assert.match(await run(['copy', 'repo', 'env:f', '--create', '--yes']), /^\+ A\nCreated /);
    assert.equal(await run(['diff', 'repo', 'env:f']), '= A\n1 unchanged\n');
    const to = path.join(folder, 'of-moto');
    await run(['export', '--format', 'dotenv', '--to', to, '--environment', 'f']);
    assert.equal(await readFile(to, 'utf8'), 'A=one\n');
    await run(['delete', '--yes', '--environment', 'f']);
    await run(['list', '--environment', 'f'], 1);
    await run(['restore', '--environment', 'f']);
    assert.match(await run(['list', '--environment', 'f']), / A\n$/);
  });
});

function environmentOf({ url }, { accessKeyId, secretAccessKey }) {
  const region = { AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-west-2' };
  return { PATH: process.env.PATH, HOME: folder, USERPROFILE: folder, AWS_ENDPOINT_URL: url, ...region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

async function ran(args, exitCode, environment) {
  const ended = await commandLine([...args, ...FLAGS], environment);
  assert.equal(ended.exitCode, exitCode, `${args.join(' ')} (Node ${NODE}): ${ended.stderr}`);
  return ended.stdout;
}

async function aws(environment, ...args) {
  const { exitCode, stdout, stderr } = await runProgram([inVenv('aws'), 'secretsmanager', ...args, '--output', 'json'], { environment, stdio: ['ignore', 'pipe', 'pipe'] });
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout);
}

async function written(text) {
  const file = path.join(await mkdtemp(path.join(folder, 'file-')), 'file');
  await writeFile(file, text);
  return file;
}
