// What others decide that a command shows, runs or writes: names and labels in a store, documents, git remotes, files, servers that
// answer about something else. Each must come to nothing, or to an error that says what is wrong.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/hostile-stores.test.mjs` runs it on another Node, if that runs this file too.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { link, lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { documentsIn } from '../cloud/pages.mjs';
import { runCli } from '../runner/command.mjs';
import { commandLineIn } from './command-line.mjs';

const TOGETHER = { concurrency: 4 };
const POSIX = { skip: process.platform === 'win32' && 'Windows has no links of this kind without a right for it' };
const CANARY = 'canary';
/** What a terminal or the runner would obey. */
const OBEYED = /\x1b|\x07|\x9b|\r|^\s*::|^##\[|[\u200b-\u200f\u2028-\u202e\u2066-\u2069]/m;
const NASTY = ['\x1b[2J\x1b[31mred', `a\n::add-mask::x\n::set-env name=A::b`, '\r\n##[error]x', '\u{202e}gnp.exe', '__proto__', 'constructor', '\x9b31m', `k${'x'.repeat(3000)}`, '\u{2028}::stop-commands::x', '\x07\x00'];

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-hostile-'));
const commandLine = await commandLineIn(path.join(folder, 'dist'));
const cloud = await startCloud();
after(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});
const ENVIRONMENT = environmentOf(cloud);

describe('names that others chose', TOGETHER, () => {
  test('keys with controls, workflow commands and names of prototypes are shown as text, and left as they are', async () => {
    const { name, flags } = store('keys');
    const document = JSON.stringify(Object.fromEntries(NASTY.map((key) => [key, CANARY])));
    // An object literal would set the prototype.
    assert.ok(document.includes('"constructor"'));
    const text = document.replace('"constructor"', `"__proto__":"${CANARY}","constructor"`);
    cloud.putSecret(name, text);
    cloud.putSecret(store('keys').of('env/e/secrets'), '{}');
    const commands = [['list'], ['list', '--effective'], ['history'], ['diff', 'repo', 'env:e'], ['copy', 'repo', 'env:e', '--dry-run', '--allow-any-key'], ['rm', NASTY[0], '--dry-run']];
    for (const args of commands) {
      for (const json of [[], ['--json']]) {
        const ended = await run([...args, ...json, ...flags]);
        assert.ok([0, 4].includes(ended.exitCode), `${args.join(' ')}: ${ended.stderr}`);
        assert.doesNotMatch(ended.stdout + ended.stderr, OBEYED, args.join(' '));
        assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(CANARY), args.join(' '));
        if (json.length > 0) JSON.parse(ended.stdout);
        else if (args[0] === 'list') assert.match(ended.stdout, / __proto__$/m);
      }
    }
    const refused = await run(['copy', 'repo', 'env:e', '--yes', ...flags]);
    assert.deepEqual([refused.exitCode, refused.code], [1, 'name-unusable']);
    assert.doesNotMatch(refused.stderr, OBEYED);
    const removed = await run(['rm', '__proto__', NASTY[0], NASTY[1], '--yes', ...flags]);
    assert.equal(removed.exitCode, 0, removed.stderr);
    assert.doesNotMatch(removed.stdout, OBEYED);
    const left = Object.keys(JSON.parse(currentOf(name).value));
    assert.deepEqual(left, NASTY.filter((key) => !['__proto__', NASTY[0], NASTY[1]].includes(key)));
  });

  test('__proto__ is a key like others, written and read', async () => {
    const { name, flags } = store('proto');
    cloud.putSecret(name, '{}');
    const file = await written('proto.json', `{"__proto__": "${CANARY}", "constructor": "c", "A": "a"}`);
    const imported = await run(['import', file, '--yes', '--json', ...flags]);
    assert.equal(imported.exitCode, 0, imported.stderr);
    assert.deepEqual(JSON.parse(imported.stdout).keys.map(({ key }) => key), ['__proto__', 'constructor', 'A']);
    assert.match(currentOf(name).value, /"__proto__": ?"canary"/);
    const dotenv = await written('proto.env', '__proto__=x\nB=b\n');
    const ended = await run(['import', dotenv, '--yes', ...flags]);
    // The package dotenv cannot hold it: that must not lose it without a word.
    if (ended.exitCode === 0) assert.match(currentOf(name).value, /"__proto__": ?"x"/);
    else assert.deepEqual([ended.exitCode, ended.code], [2, 'invalid-input']);
  });

  test('labels, tags and versions of the store are shown as text', async () => {
    const own = await startCloud({ versionQuota: false });
    try {
      const environment = environmentOf(own);
      const { name, flags } = store('labels');
      own.putSecret(name, { A: CANARY }, { tags: { 'x\x1b[31m': '\n::error::y', 'y\u{202e}': 'z' } });
      own.putSecret(name, { A: `${CANARY}2` });
      own.secret(name).versions[0].stages.push(...NASTY.slice(0, 4));
      for (const args of [['history'], ['history', '--json'], ['list', '--stores'], ['list', '--stores', '--json']]) {
        const ended = await run([...args, ...flags], environment);
        assert.equal(ended.exitCode, 0, ended.stderr);
        assert.doesNotMatch(ended.stdout + ended.stderr, OBEYED, args.join(' '));
        assert.doesNotMatch(ended.stdout, new RegExp(CANARY));
      }
    } finally {
      await own.close();
    }
  });

  test('flags and operands with anything in them are refused or named, and nothing of them is obeyed', async () => {
    const { name, flags } = store('flags');
    cloud.putSecret(name, { A: CANARY });
    // An argument has no NUL.
    for (const nasty of NASTY.map((text) => text.replaceAll('\0', ''))) {
      for (const args of [
        ['list', nasty, ...flags],
        ['list', '--environment', nasty, ...flags],
        ['list', '--repository', nasty],
        ['list', '--repository', `o/${nasty}`],
        ['list', '--namespace', nasty, '--repository', 'o/r'],
        ['get', 'A', `--version-stage=${nasty}`, '--yes', ...flags],
        ['get', 'A', `--version-id=${nasty}`, '--yes', ...flags],
        ['rollback', nasty, '--yes', ...flags],
        ['diff', `version:${nasty}`, 'repo', ...flags],
        ['diff', `env:${nasty}`, 'repo', ...flags],
        ['rm', nasty, '--yes', ...flags],
        ['put', '--from-file', `${nasty}=${path.join(folder, 'absent')}`, ...flags],
        ['import', nasty, '--yes', ...flags],
        ['export', '--format', 'json', '--to', path.join(folder, 'absent', nasty), ...flags],
        ['put', '--create', `--tag=${nasty}=v`, '--from-file', `B=${folder}`, ...flags],
      ]) {
        const ended = await run(args);
        assert.ok([1, 2, 4].includes(ended.exitCode) || ['list', 'export'].includes(args[0]), `${JSON.stringify(args)}: ${ended.exitCode} ${ended.stdout}`);
        assert.notEqual(ended.code, 'internal-error', JSON.stringify(args));
        // Our own messages have line breaks of \n only.
        assert.doesNotMatch(ended.stdout + ended.stderr, OBEYED, JSON.stringify(args));
      }
    }
    assert.equal(cloud.secret(name).versions.length, 1);
    // Files with such names, and something wrong in them.
    for (const content of ['no assignment', '{"A"', '["a"]', Buffer.from([0xff]), 'A=a\nA=b']) {
      const file = await written('\x1b[31m\n::error::x', content);
      for (const args of [['import', file, '--yes'], ['put', '--from-dotenv', file], ['diff', `file:${file}`, 'repo']]) {
        const ended = await run([...args, ...flags]);
        assert.equal(ended.code, 'invalid-input', ended.stderr);
        assert.doesNotMatch(ended.stderr, OBEYED);
      }
    }
  });
});

describe('documents that others wrote', TOGETHER, () => {
  test('a key that is there twice counts as readers have it, and is removed whole', async () => {
    const { name, flags } = store('twice');
    cloud.putSecret(name, '{"A":"first", "A" : "last","B":"b"}');
    const read = await run(['get', 'A', '--version-stage', 'AWSCURRENT', '--yes', ...flags]);
    assert.equal(read.stdout, 'last');
    const listed = await run(['list', '--json', ...flags]);
    assert.deepEqual(JSON.parse(listed.stdout).keys.map(({ key }) => key), ['A', 'B']);
    const file = await written('twice', 'new');
    assert.equal((await run(['put', '--from-file', `A=${file}`, ...flags])).exitCode, 0);
    assert.equal(currentOf(name).value, '{"A":"first", "A" : "new","B":"b"}');
    assert.equal((await run(['rm', 'A', '--yes', ...flags])).exitCode, 0);
    assert.deepEqual(JSON.parse(currentOf(name).value), { B: 'b' });
    assert.doesNotMatch(currentOf(name).value, /first|new/);
  });

  test('deep nesting is an error, or stays as it is, and breaks nothing', async () => {
    const { name, flags } = store('deep');
    const file = await written('deep-value', 'v');
    for (const [document, code] of [
      ['['.repeat(60_000), 'store-not-an-object'],
      ['{"a":'.repeat(10_000), 'store-not-an-object'],
      [`{"A":${'['.repeat(30_000)}`, 'store-not-an-object'],
    ]) {
      cloud.putSecret(name, document);
      for (const args of [['put', '--from-file', `B=${file}`], ['list'], ['export', '--format', 'dotenv', '--to', path.join(folder, 'deep.env')], ['rm', 'A', '--yes']]) {
        const ended = await run([...args, ...flags]);
        assert.deepEqual([ended.exitCode, ended.code], [1, code], `${args[0]}: ${ended.stderr}`);
      }
    }
    const nested = `{"A":${'['.repeat(25_000)}${']'.repeat(25_000)},"B":"b"}`;
    cloud.putSecret(name, nested);
    const put = await run(['put', '--from-file', `C=${file}`, ...flags]);
    if (put.exitCode === 0) assert.equal(currentOf(name).value, nested.replace(/}$/, ',"C":"v"}'));
    else assert.deepEqual([put.exitCode, put.code], [1, 'store-not-an-object']);
    for (const command of [['list'], ['history'], ['diff', 'repo', 'version:AWSPREVIOUS']]) {
      assert.notEqual((await run([...command, ...flags])).code, 'internal-error', command.join(' '));
    }
    for (const text of ['['.repeat(60_000), `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, '{"a":'.repeat(100_000)]) {
      const ended = await run(['import', await written('deep.json', text), '--yes', ...flags]);
      assert.ok([1, 2].includes(ended.exitCode), ended.stderr);
      assert.notEqual(ended.code, 'internal-error', ended.stderr);
    }
  });

  test('three thousand keys are written, listed, compared and exported in good time', async () => {
    const { name, flags, of } = store('many');
    cloud.putSecret(name, {});
    cloud.putSecret(of('env/e/secrets'), Object.fromEntries(Array.from({ length: 3000 }, (_, key) => [`KEY_${key}`, `w${key}`])));
    const lines = await written('many.env', Array.from({ length: 3000 }, (_, key) => `KEY_${key}=v${key}\n`).join(''));
    const to = path.join(folder, 'many.out');
    const began = performance.now();
    for (const [args, exitCode] of [
      [['import', lines, '--yes'], 0],
      [['import', lines, '--yes', '--replace'], 0],
      [['list', '--effective', '--environment', 'e'], 0],
      [['diff', 'repo', 'env:e'], 4],
      [['export', '--format', 'dotenv', '--to', to], 0],
      [['history'], 0],
    ]) {
      const ended = await run([...args, ...flags]);
      assert.equal(ended.exitCode, exitCode, `${args[0]}: ${ended.stderr}`);
    }
    assert.equal(await readFile(to, 'utf8'), await readFile(lines, 'utf8'));
    assert.ok(performance.now() - began < 20_000, `${performance.now() - began} ms`);
  });

  test('a binary secret, an empty one and text that is no object are refused and stay', async () => {
    const file = await written('not-an-object', 'v');
    for (const [what, value] of [['binary', Buffer.from([0, 255])], ['binary-json', Buffer.from('{"A":"a"}')], ['text', CANARY], ['list', `["${CANARY}"]`], ['null', 'null'], ['space', '  ']]) {
      const { name, flags } = store(`no-object-${what}`);
      cloud.putSecret(name, value);
      for (const args of [['put', '--from-file', `A=${file}`], ['put', '--from-file', `A=${file}`, '--create'], ['rm', 'A', '--yes'], ['import', await written('a.env', 'A=1'), '--yes', '--replace']]) {
        const ended = await run([...args, ...flags]);
        assert.deepEqual([ended.exitCode, ended.code], [1, 'store-not-an-object'], `${what}: ${ended.stderr}`);
        assert.doesNotMatch(ended.stderr, new RegExp(CANARY));
      }
      assert.equal(cloud.secret(name).versions.length, 1);
    }
  });
});

describe('a git remote', { ...TOGETHER, ...POSIX }, () => {
  test('runs nothing, and its credentials are said nowhere', async () => {
    const proof = path.join(folder, 'ran');
    for (const url of [
      `$(touch ${proof})/o/r`,
      `https://github.com/$(touch ${proof})/r`,
      `--upload-pack=touch ${proof}`,
      `ext::sh -c touch% ${proof}`,
      `https://user:${CANARY}@github.com/o/r$(touch ${proof}).git`,
      `git@github.com:o/r;touch ${proof}`,
      `https://github.com/o/r?x=${CANARY}#${CANARY}`,
      `https://${CANARY}@github.com/o/\x1b[31mr`,
      `https://github.com/o/..%2f..%2fr`,
      `https://github.com/__proto__/constructor`,
    ]) {
      const place = await mkdtemp(path.join(folder, 'remote-'));
      execFileSync('git', ['init', '--quiet', place]);
      await writeFile(path.join(place, '.git/config'), `${await readFile(path.join(place, '.git/config'), 'utf8')}[remote "origin"]\n\turl = "${url.replaceAll('"', '\\"')}"\n`);
      for (const args of [['list', '--namespace', 'octo-enterprise'], ['put', 'A', '--dry-run', '--namespace', 'octo-enterprise'], ['diff', 'repo', 'env:e']]) {
        const ended = await runCli(args, { environment: ENVIRONMENT, cwd: place, input: 'x' });
        assert.ok([0, 1, 2, 4].includes(ended.exitCode), `${url}: ${ended.stderr}`);
        assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(`${CANARY}|\x1b`), url);
        assert.equal(existsSync(proof), false, url);
      }
    }
  });

  test('a folder that is no repository of ours to trust runs no command of its configuration', async () => {
    const place = await mkdtemp(path.join(folder, 'fsmonitor-'));
    const proof = path.join(folder, 'monitored');
    execFileSync('git', ['init', '--quiet', place]);
    execFileSync('git', ['-C', place, 'remote', 'add', 'origin', 'https://github.com/octo-org/monitored']);
    for (const key of ['core.fsmonitor', 'core.sshCommand', 'core.pager', 'alias.remote', 'core.editor']) execFileSync('git', ['-C', place, 'config', key, `!touch ${proof}`]);
    cloud.putSecret('octo-enterprise/repo/octo-org/monitored/secrets', { A: CANARY });
    const ended = await runCli(['list', '--namespace', 'octo-enterprise'], { environment: ENVIRONMENT, cwd: place });
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.equal(existsSync(proof), false);
  });
});

describe('files', { ...TOGETHER, ...POSIX }, () => {
  test('a dotenv file with NUL, controls, a BOM, CRLF and quotes over lines loses nothing', async () => {
    const { name, flags } = store('dotenv');
    cloud.putSecret(name, {});
    for (const [text, expected] of [
      ['\u{feff}export A="one\r\ntwo"\r\nB=\'three\nfour\'\r\n', { A: 'one\ntwo', B: 'three\nfour' }],
      ['A=\x1b[31m\n', { A: '\x1b[31m' }],
      ['A=one\rB=two\r', { A: 'one', B: 'two' }],
      [`A=${CANARY}\x00x\n`, undefined],
      [`A="${CANARY}\n`, undefined],
      [`A=${CANARY}\nexport\n`, undefined],
      [`A=${CANARY}\nexport B\n`, undefined],
      [`A='${CANARY}' # c\n=x\n`, undefined],
      [`A=${CANARY}\nA=${CANARY}\n`, undefined],
    ]) {
      const { versions: { length } } = cloud.secret(name);
      const ended = await run(['import', await written('hostile.env', text), '--replace', '--yes', ...flags]);
      assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(CANARY), JSON.stringify(text));
      if (expected) {
        assert.equal(ended.exitCode, 0, `${JSON.stringify(text)}: ${ended.stderr}`);
        assert.deepEqual(JSON.parse(currentOf(name).value), expected);
      } else {
        assert.ok([1, 2].includes(ended.exitCode), JSON.stringify(text));
        assert.equal(cloud.secret(name).versions.length, length, JSON.stringify(text));
      }
    }
  });

  test('export replaces a link, never what it leads to, and keeps a file that it may not replace', async () => {
    const { name, flags } = store('links');
    cloud.putSecret(name, { A: CANARY });
    const args = (to, ...more) => ['export', '--format', 'json', '--to', to, ...more, ...flags];
    const target = await written('target', 'target');
    const [symbolic, hard, dangling, inside] = ['symbolic', 'hard', 'dangling', 'folder-link'].map((file) => path.join(folder, file));
    await symlink(target, symbolic);
    await link(target, hard);
    await symlink(path.join(folder, 'nowhere'), dangling);
    for (const to of [symbolic, hard, dangling]) {
      const refused = await run(args(to));
      assert.deepEqual([refused.exitCode, refused.code], [2, 'invalid-input'], to);
    }
    assert.equal(existsSync(path.join(folder, 'nowhere')), false);
    const overwritten = await run(args(hard, '--overwrite'));
    assert.equal(overwritten.exitCode, 0, overwritten.stderr);
    assert.deepEqual([await readFile(target, 'utf8'), (await lstat(hard)).mode & 0o777, (await lstat(hard)).nlink], ['target', 0o600, 1]);
    await mkdir(path.join(folder, 'real'));
    await symlink(path.join(folder, 'real'), inside);
    assert.equal((await run(args(path.join(inside, 'values.json')))).exitCode, 0);
    assert.equal((await lstat(path.join(folder, 'real/values.json'))).mode & 0o777, 0o600);
    for (const link of [symbolic, dangling]) {
      const ended = await run(args(link, '--overwrite'));
      const led = link === symbolic ? target : path.join(folder, 'nowhere');
      const values = (await readFile(led, 'utf8').catch(() => '')).includes(CANARY);
      // Either the link is replaced, or what it names is, as a whole and for its owner alone.
      if (ended.exitCode === 0 && values) assert.equal((await lstat(led)).mode & 0o777, 0o600, link);
      if (ended.exitCode === 0 && !values) assert.equal((await lstat(link)).isSymbolicLink(), false, link);
    }
  });
});

describe('a server that answers about something else', TOGETHER, () => {
  const ARN = 'arn:aws:secretsmanager:us-west-2:123456789012:secret:';
  const VERSION = '00000000-0000-4000-8000-000000000000';
  for (const [what, operation, body, args] of [
    ['another secret', 'GetSecretValue', { ARN: `${ARN}other-AbCdEf`, Name: 'other', VersionId: VERSION, SecretString: `{"A":"${CANARY}"}` }, ['put']],
    ['another version', 'GetSecretValue', { ARN: `${ARN}NAME-AbCdEf`, Name: 'NAME', VersionId: VERSION, SecretString: `{"A":"${CANARY}"}` }, ['get', 'A', '--yes', '--version-id', '11111111-1111-4111-8111-111111111111']],
    ['a version that was not put', 'PutSecretValue', { ARN: `${ARN}NAME-AbCdEf`, Name: 'NAME', VersionId: VERSION }, ['put']],
    ['no version', 'PutSecretValue', {}, ['put']],
    ['nothing', 'UpdateSecretVersionStage', [], ['put']],
  ]) {
    test(what, async () => {
      const own = await startCloud();
      try {
        const { name, flags } = store('answers');
        own.putSecret(name, { KEPT: '1' });
        own.fail({ operation, times: Infinity, fault: { status: 200, body: JSON.stringify(body).replaceAll('NAME', name), headers: { 'content-type': 'application/x-amz-json-1.1' } } });
        const file = await written('answer', 'v');
        const ended = await run([...(args[0] === 'put' ? ['put', '--from-file', `A=${file}`] : args), ...flags], environmentOf(own));
        assert.deepEqual([ended.exitCode, ended.code, ended.stdout], [1, 'answer-unusable', ''], ended.stderr);
        assert.doesNotMatch(ended.stderr, new RegExp(CANARY));
        const current = own.secret(name).versions.find(({ stages }) => stages.includes('AWSCURRENT'));
        assert.deepEqual(JSON.parse(current.value), { KEPT: '1' });
      } finally {
        await own.close();
      }
    });
  }

  test('pages of a list that never end are left', async () => {
    const own = await startCloud();
    try {
      let pages = 0;
      own.fail({ operation: 'ListSecrets', times: Infinity, fault: { meanwhile: () => (pages += 1), status: 200, body: '{"SecretList":[],"NextToken":"again"}', headers: { 'content-type': 'application/x-amz-json-1.1' } } });
      const ended = await run(['list', '--stores', ...store('pages').flags], environmentOf(own));
      assert.ok(pages <= 3, `${pages}`);
      assert.notEqual(ended.code, 'internal-error');
    } finally {
      await own.close();
    }
  });

  test('labels that move while a command runs leave whole documents, and the truth is told', async () => {
    const own = await startCloud({ versionQuota: false });
    try {
      const environment = environmentOf(own);
      const { name, flags } = store('moving');
      const [one, two] = [{ V: '1', OURS: 'no' }, { V: '2', OURS: 'no' }];
      own.putSecret(name, one);
      own.putSecret(name, two);
      // Before our move somebody rolls back; our change goes on top of what is current then.
      const rolledBack = () => {
        const { versions } = own.secret(name);
        versions[1].stages = ['AWSPREVIOUS'];
        versions[0].stages = ['AWSCURRENT'];
      };
      own.fail({ operation: 'UpdateSecretVersionStage', fault: { meanwhile: rolledBack } });
      const ended = await run(['put', '--from-file', `OURS=${await written('ours', 'yes')}`, '--json', ...flags], environment);
      assert.equal(ended.exitCode, 0, ended.stderr);
      assert.equal(JSON.parse(ended.stdout).lostRaces, 1);
      const current = own.secret(name).versions.find(({ stages }) => stages.includes('AWSCURRENT'));
      assert.deepEqual(JSON.parse(current.value), { V: '1', OURS: 'yes' });
      // Before our rollback somebody writes: it is not undone.
      own.fail({ operation: 'UpdateSecretVersionStage', fault: { meanwhile: () => own.putSecret(name, { V: '3' }) } });
      const back = await run(['rollback', '--yes', ...flags], environment);
      assert.deepEqual([back.exitCode, back.code], [1, 'store-changed']);
      assert.deepEqual(JSON.parse(own.secret(name).versions.find(({ stages }) => stages.includes('AWSCURRENT')).value), { V: '3' });
    } finally {
      await own.close();
    }
  });
});

function run(args, environment = ENVIRONMENT) {
  return commandLine(args, environment);
}

function store(name) {
  const repository = `octo-org/${name}`;
  const of = (rest) => `octo-enterprise/repo/${repository}/${rest}`;
  return { of, name: of('secrets'), flags: ['--repository', repository, '--namespace', 'octo-enterprise'] };
}

function currentOf(name) {
  return cloud.secret(name).versions.find(({ stages }) => stages.includes('AWSCURRENT'));
}

async function written(name, text) {
  const file = path.join(await mkdtemp(path.join(folder, 'file-')), name);
  await writeFile(file, text);
  return file;
}

function environmentOf(of) {
  const { accessKeyId, secretAccessKey, sessionToken } = of.addPerson('platform', documentsIn(of.url, ['docs/managing-values.md'])['writers-platform-policy']);
  return {
    PATH: process.env.PATH,
    HOME: folder,
    USERPROFILE: folder,
    AWS_ENDPOINT_URL: of.url,
    AWS_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}
