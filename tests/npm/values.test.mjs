// The commands that write and compare stores, as users start them, against the local cloud, with the policy that
// docs/managing-values.md gives to the platform team.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/values.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { parse as parseDotenv } from 'dotenv';
import { startCloud } from '../cloud/cloud.mjs';
import { documentsIn } from '../cloud/pages.mjs';
import { NODE, runCli, runProgram } from '../runner/command.mjs';
import { atTerminal } from '../runner/terminal.mjs';
import { inVenv } from '../runner/venv.mjs';

const TOGETHER = { concurrency: 4 };
const POSIX = { skip: process.platform === 'win32' && 'Windows has no terminal, modes and shells of this kind' };
const CANARY = 'canary';
const CTRL_C = '\x03';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-values-'));
const cloud = await startCloud();
after(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});
const POLICY = documentsIn(cloud.url, ['docs/managing-values.md'])['writers-platform-policy'];
const PLATFORM = environmentOf(cloud, cloud.addPerson('platform', POLICY));

describe('put', TOGETHER, () => {
  test('writes the value of stdin under its key, keeps the rest byte for byte, and says how to go back', async () => {
    const { name, flags, repository } = store('put');
    const before = '{ "A" : 1.10,\n  "KEY":"old", "B": {"c": [1e3]} }';
    const { versions: [old] } = cloud.putSecret(name, before);
    const { exitCode, stdout, stderr } = await run(['put', 'KEY', ...flags], { input: `${CANARY} "new"\n` });
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.equal(current(name).value, before.replace('"old"', JSON.stringify(`${CANARY} "new"`)));
    const { arn } = cloud.secret(name);
    const back = `env-kvstore rollback --repository ${repository} --namespace octo-enterprise ${old.id}`;
    assert.equal(stdout, `~ KEY\nChanged ${arn}\nVersion ${current(name).id}\nTo go back: ${back}\n`);
  });

  test('the printed way back goes back', async () => {
    const { name, flags } = store('way-back');
    cloud.putSecret(name, { KEY: 'old' });
    const { stdout } = await run(['put', 'KEY', ...flags], { input: 'new' });
    const [, words] = /^To go back: env-kvstore (.+)$/m.exec(stdout);
    const { exitCode, stderr } = await run([...words.split(' '), '--yes']);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(read(name), { KEY: 'old' });
  });

  test('drops one line break at the end of stdin, and none with --raw', async () => {
    const { name, flags } = store('line-breaks');
    cloud.putSecret(name, {});
    for (const [input, more, expected] of [
      ['a\n', [], 'a'],
      ['a\r\n', [], 'a'],
      ['a\n\n', [], 'a\n'],
      ['a', [], 'a'],
      ['\u{feff} a ', [], '\u{feff} a '],
      ['a\n', ['--raw'], 'a\n'],
    ]) {
      const { exitCode, stderr } = await run(['put', 'KEY', ...flags, ...more], { input });
      assert.equal(exitCode, 0, stderr);
      assert.equal(read(name).KEY, expected);
    }
  });

  test('writes nothing if nothing changes', async () => {
    const { name, flags } = store('unchanged');
    cloud.putSecret(name, { KEY: 'same' });
    const { exitCode, stdout } = await run(['put', 'KEY', ...flags], { input: 'same' });
    assert.deepEqual([exitCode, stdout], [0, '= KEY\nNothing was written: nothing would change.\n']);
    assert.equal(cloud.secret(name).versions.length, 1);
  });

  test('takes a prompt’s keys, files and a dotenv file in one write, and shows the marks in a dry run', async () => {
    const { name, flags } = store('one-write');
    cloud.putSecret(name, { SAME: 'same', CHANGED: 'old', OTHER: 'other' });
    const pem = await written('key.pem', `-----BEGIN\r\n${CANARY}\n-----END\n`);
    const dotenv = await written('one-write.env', `SAME=same\nexport CHANGED="${CANARY}\\nnew"\n`);
    const args = ['put', 'KEY', '--from-file', `PEM=${pem}`, '--from-file', `COPY=${pem}`, '--from-dotenv', dotenv, ...flags];
    const dry = await run([...args, '--dry-run'], { input: CANARY });
    assert.equal(dry.exitCode, 0, dry.stderr);
    assert.match(dry.stdout, /^\+ KEY\n\+ PEM\n\+ COPY\n= SAME\n~ CHANGED\nNothing was written: this was a dry run\. 3 added, 1 changed, 1 unchanged\.\n$/);
    assert.equal(cloud.secret(name).versions.length, 1);
    const { exitCode, stderr } = await run(args, { input: CANARY });
    assert.equal(exitCode, 0, stderr);
    const text = await readFile(pem, 'utf8');
    assert.deepEqual(read(name), { SAME: 'same', CHANGED: `${CANARY}\nnew`, OTHER: 'other', KEY: CANARY, PEM: text, COPY: text });
    assert.equal(cloud.secret(name).versions.length, 2);
  });

  test('creates a store with its tags if told to, and none otherwise', async () => {
    const { name, flags } = store('created');
    failed(await run(['put', 'KEY', ...flags], { input: CANARY }), 'store-not-found');
    const args = ['put', 'KEY', ...flags, '--create', '--tag', 'github:repository_id=1', '--tag', 'a=b=c', '--kms-key-id', 'alias/own'];
    const dry = await run([...args, '--dry-run'], { input: CANARY });
    assert.match(dry.stdout, /^\+ KEY\nThe store does not exist yet\. Nothing was written/);
    assert.equal(cloud.secret(name), undefined);
    const { exitCode, stdout, stderr } = await run(args, { input: 'new' });
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /^\+ KEY\nCreated arn:/);
    assert.doesNotMatch(stdout, /go back/);
    const { tags, kmsKeyId } = cloud.secret(name);
    assert.deepEqual([tags, kmsKeyId, read(name)], [{ 'github:repository_id': '1', a: 'b=c' }, 'alias/own', { KEY: 'new' }]);
  });

  test('refuses values in arguments, and never repeats them', async () => {
    for (const args of [[`KEY=${CANARY}`], ['KEY', `${CANARY}!`], ['KEY', CANARY], ['--from-file', CANARY], ['KEY', '--tag', 'a=b']]) {
      const ended = await run(['put', ...args, ...store('argv').flags], { input: 'x' });
      failed(ended, 'invalid-input', 2);
    }
    const { stderr } = await run(['put', `KEY=${CANARY}`, ...store('argv').flags], { input: 'x' });
    assert.match(stderr, /put takes no value as an argument.*read from stdin.*replace it/);
  });

  test('refuses what is no text, an empty value, a key twice, and stdin for two', async () => {
    const { name, flags } = store('refused');
    cloud.putSecret(name, {});
    const file = await written('refused', CANARY);
    const binary = path.join(folder, 'binary');
    await writeFile(binary, Buffer.from([0x61, 0xff, 0xfe]));
    for (const [args, input, message] of [
      [['KEY'], Buffer.from([0xff]), /stdin is not UTF-8/],
      [['KEY'], '', /the value is empty.*--allow-empty/],
      [['KEY'], '\n', /the value is empty/],
      [['KEY', '--from-file', `KEY=${file}`], 'x', /KEY is given twice/],
      [['KEY', '--from-dotenv', '-'], 'x', /stdin can be read once only/],
      [['--from-file', `KEY=${binary}`], '', /binary is not UTF-8/],
      [[], '', /this command requires a KEY/],
    ]) {
      const ended = await run(['put', ...args, ...flags], { input });
      failed(ended, 'invalid-input', 2);
      assert.match(ended.stderr, message);
    }
    for (const missing of [['put', '--from-file', `KEY=${folder}/nowhere`], ['import', `${folder}/nowhere`, '--yes'], ['diff', `file:${folder}/nowhere`, 'repo'], ['put', '--from-dotenv', folder]]) {
      const ended = await run([...missing, ...flags]);
      failed(ended, 'invalid-input', 2);
      assert.match(ended.stderr, /: (no such file or directory \(ENOENT\)|illegal operation on a directory \(EISDIR\))/);
    }
    const empty = await run(['put', 'KEY', '--allow-empty', ...flags], { input: '' });
    assert.deepEqual([empty.exitCode, empty.stderr, read(name)], [0, 'env-kvstore: empty value: KEY\n', { KEY: '' }]);
  });

  test('refuses keys that no job could get, unless told that any is right', async () => {
    const { name, flags } = store('any-key');
    cloud.putSecret(name, {});
    for (const key of ['PATH', 'with-hyphen']) {
      failed(await run(['put', key, ...flags], { input: CANARY }), 'name-unusable');
      const { exitCode, stderr } = await run(['put', key, '--allow-any-key', ...flags], { input: 'v' });
      assert.equal(exitCode, 0, stderr);
    }
    assert.deepEqual(read(name), { PATH: 'v', 'with-hyphen': 'v' });
  });

  test('writes what the AWS CLI reads, into what the AWS CLI has made', async () => {
    const { name, flags } = store('aws-cli');
    const environment = { ...PLATFORM, AWS_DEFAULT_REGION: 'us-west-2' };
    const aws = async (...args) => {
      const { exitCode, stdout, stderr } = await runProgram([inVenv('aws'), 'secretsmanager', ...args, '--output', 'json'], { environment, stdio: ['ignore', 'pipe', 'pipe'] });
      assert.equal(exitCode, 0, stderr);
      return JSON.parse(stdout);
    };
    await aws('create-secret', '--name', name, '--secret-string', '{"A":"a"}');
    const { exitCode, stderr } = await run(['put', 'B', ...flags], { input: 'b' });
    assert.equal(exitCode, 0, stderr);
    const { SecretString, VersionStages } = await aws('get-secret-value', '--secret-id', name);
    assert.deepEqual(JSON.parse(SecretString), { A: 'a', B: 'b' });
    assert.ok(VersionStages.includes('AWSCURRENT'));
    await aws('put-secret-value', '--secret-id', name, '--secret-string', '{"C":"c"}');
    assert.match((await run(['list', ...flags])).stdout, / C\n$/);
  });

  test('a job’s own session names the repository, and may not write', async () => {
    cloud.putSecret('octo-enterprise/repo/octo-org/octo-repo/secrets', { IN_JOB: CANARY });
    const job = { ...cloud.jobEnvironment(), GITHUB_ACTIONS: 'true' };
    const session = ['--cognito-identity-pool-id', cloud.setup.poolId, '--cognito-role-arn', cloud.setup.roleArn, '--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', cloud.url];
    const listed = await run(['list', ...session], { environment: job });
    assert.equal(listed.exitCode, 0, listed.stderr);
    assert.match(listed.stdout, / IN_JOB$/m);
    failed(await run(['put', 'KEY', ...session], { environment: job, input: CANARY }), 'store-access-denied');
  });
});

describe('at a terminal', { ...TOGETHER, ...POSIX }, () => {
  test('put asks for values, and shows nothing of them', async () => {
    const { name, flags } = store('prompt');
    cloud.putSecret(name, {});
    const answers = [['Value of A', `${CANARY}-1\x14\r`], ['Value of B', `${CANARY}-2\r`]];
    const ended = await atTerminal(['put', 'A', 'B', ...flags], { environment: PLATFORM, answers });
    assert.deepEqual([ended.exitCode, ended.isRestored], [0, true], ended.text);
    assert.deepEqual(read(name), { A: `${CANARY}-1`, B: `${CANARY}-2` });
    // Not even by the key that the library has for it.
    assert.doesNotMatch(ended.said + ended.stdout, new RegExp(CANARY));
  });

  test('Ctrl-C and the end of the input end a question with 130, write nothing, and leave the terminal as it was', async () => {
    const { name, flags } = store('interrupted');
    cloud.putSecret(name, { KEY: 'old' });
    for (const [args, waitedFor] of [[['put', 'KEY'], 'Value of KEY'], [['rm', 'KEY'], '1 removed?']]) {
      for (const typed of [`x${CTRL_C}`, '\x04']) {
        const ended = await atTerminal([...args, ...flags], { environment: PLATFORM, answers: [[waitedFor, typed]] });
        assert.deepEqual([ended.exitCode, ended.stdout, ended.isRestored], [130, '', true], ended.text);
        assert.match(ended.text, /interrupted\. Nothing was written\./);
      }
    }
    assert.equal(cloud.secret(name).versions.length, 1);
  });

  test('a paste of several lines is refused, and none of it is left for the shell', async () => {
    const { name, flags } = store('paste');
    cloud.putSecret(name, {});
    const paste = `-----BEGIN-----\n${CANARY}\nrm -rf /\n`;
    const ended = await atTerminal(['put', 'KEY', ...flags], { environment: PLATFORM, answers: [['Value of KEY', paste]] });
    assert.equal(ended.exitCode, 2);
    assert.match(ended.text, /more than one line was pasted.*--from-file/);
    assert.doesNotMatch(ended.text, new RegExp(CANARY));
    assert.deepEqual(read(name), {});
  });

  test('the repository of the git remote is confirmed before a write', async () => {
    const { name, repository } = store('remote');
    cloud.putSecret(name, {});
    const cwd = await checkout(`https://x-access-token:${CANARY}@github.com/${repository}.git`);
    const args = ['put', 'KEY', '--namespace', 'octo-enterprise'];
    const question = `Write to ${repository}, the repository of the git remote origin?`;
    const no = await atTerminal(args, { environment: PLATFORM, cwd, answers: [[question, 'n\r']] });
    assert.deepEqual([no.exitCode, no.stdout], [1, '']);
    assert.match(no.text, /Nothing was written\./);
    const byDefault = await atTerminal(args, { environment: PLATFORM, cwd, answers: [[question, '\r']] });
    assert.equal(byDefault.exitCode, 1);
    const yes = await atTerminal(args, { environment: PLATFORM, cwd, answers: [[question, 'y\r'], ['Value of KEY', 'v\r']] });
    assert.equal(yes.exitCode, 0, yes.text);
    assert.deepEqual(read(name), { KEY: 'v' });
    assert.doesNotMatch(no.said + yes.said, new RegExp(CANARY));
  });

  test('the plan is shown before the question, in colours unless NO_COLOR is set', async () => {
    const { name, flags } = store('plan');
    cloud.putSecret(name, { KEY: CANARY, OTHER: CANARY });
    const declined = await atTerminal(['rm', 'KEY', ...flags], { environment: PLATFORM, answers: [['1 removed?', 'n\r']] });
    assert.deepEqual([declined.exitCode, declined.stdout], [1, '']);
    assert.match(declined.said, /\x1b\[31m- KEY\x1b\[39m/);
    assert.match(declined.text, /^octo-enterprise\/repo\/octo-org\/plan\/secrets \(us-west-2\)\r\n- KEY\r\n\? Change the store: 1 removed\? \(y\/N\)/);
    const plain = await atTerminal(['rm', 'KEY', ...flags], { environment: { ...PLATFORM, NO_COLOR: '1' }, answers: [['1 removed?', 'y\r']] });
    assert.equal(plain.exitCode, 0, plain.text);
    assert.match(plain.said, /\r\n- KEY\r\n/);
    assert.deepEqual(read(name), { OTHER: CANARY });
  });

  test('what takes long says so, and leaves no trace; nothing is said in a pipe', async (t) => {
    const own = await startCloud();
    t.after(() => own.close());
    const { name, flags } = store('slow');
    own.putSecret(name, { KEY: CANARY });
    own.fail({ operation: 'GetSecretValue', fault: { delayMs: 1800 }, times: Infinity });
    const environment = environmentOf(own, own.addPerson('platform', POLICY));
    const shown = await atTerminal(['list', ...flags], { environment });
    assert.equal(shown.exitCode, 0, shown.text);
    assert.match(shown.said, /\r\x1b\[2KReading … 1 s/);
    assert.ok(shown.said.endsWith('\r\x1b[2K'), JSON.stringify(shown.said));
    assert.deepEqual((await run(['list', ...flags], { environment })).stderr, '');
  });

  test('delete says what the recovery window means, and restore takes it back', async () => {
    const { name, flags } = store('deleted');
    cloud.putSecret(name, { KEY: CANARY });
    const args = ['delete', '--recovery-window-in-days', '7', ...flags];
    const no = await atTerminal(args, { environment: PLATFORM, answers: [['Delete the store?', 'n\r']] });
    assert.equal(no.exitCode, 1);
    assert.match(no.text, /nobody can read it\. For 7 days it can be restored, and its name cannot be used; then AWS deletes it for good\./);
    assert.equal(cloud.secret(name).deleted, false);
    const yes = await atTerminal(args, { environment: PLATFORM, answers: [['Delete the store?', 'y\r']] });
    assert.equal(yes.exitCode, 0, yes.text);
    const { deletionAt } = cloud.secret(name);
    assert.ok(Math.abs(deletionAt - Date.now() - 7 * 86_400_000) < 60_000);
    const until = new Date(deletionAt).toISOString().slice(0, 16).replace('T', ' ');
    assert.ok(yes.stdout.includes(`Until ${until} UTC it can be restored, and its name cannot be used.`), yes.stdout);
    failed(await run(['put', 'KEY', '--create', ...flags], { input: CANARY }), 'store-[a-z-]+');
    const [, words] = /^To restore it: env-kvstore (.+)$/m.exec(yes.stdout);
    const restored = await run(words.split(' '));
    assert.deepEqual([restored.exitCode, restored.stdout], [0, `Restored ${cloud.secret(name).arn}\n`], restored.stderr);
    assert.deepEqual([cloud.secret(name).deleted, read(name)], [false, { KEY: CANARY }]);
  });
});

describe('without a terminal', TOGETHER, () => {
  test('a command that asks needs --yes, and sends nothing without it', async () => {
    const { name, flags } = store('no-terminal');
    cloud.putSecret(name, { KEY: CANARY });
    const file = await written('no-terminal.env', 'KEY=new');
    for (const args of [['rm', 'KEY'], ['import', file], ['rollback'], ['delete'], ['copy', 'env:a', 'env:b']]) {
      const ended = await run([...args, ...flags]);
      failed(ended, 'invalid-input', 2);
      assert.match(ended.stderr, /there is no terminal to ask at.*--yes/);
    }
    assert.deepEqual(cloud.requests.filter(({ detail }) => detail.SecretId === name), []);
  });

  test('a write needs --repository, with --yes too, and a read takes the git remote', async () => {
    const { name, repository } = store('no-terminal-remote');
    cloud.putSecret(name, { KEY: CANARY });
    const namespace = ['--namespace', 'octo-enterprise'];
    const cwd = await checkout(`git@github.com:${repository}.git`);
    for (const args of [['put', 'KEY'], ['rm', 'KEY', '--yes'], ['restore', '--yes']]) {
      const ended = await run([...args, ...namespace], { cwd, input: CANARY });
      failed(ended, 'invalid-input', 2);
      assert.match(ended.stderr, /a write requires --repository/);
    }
    assert.equal((await run(['put', 'KEY', '--dry-run', ...namespace], { cwd, input: CANARY })).exitCode, 0);
    for (const url of [`https://github.com/${repository}`, `ssh://git@ssh.github.com:443/${repository}.git`, `https://ghes.example/${repository}.git/`, `ghes.example:${repository}`]) {
      execFileSync('git', ['-C', cwd, 'remote', 'set-url', 'origin', url]);
      const { exitCode, stdout, stderr } = await run(['list', ...namespace], { cwd });
      assert.equal(exitCode, 0, `${url}: ${stderr}`);
      assert.match(stdout, / KEY\n$/);
    }
    for (const url of ['https://github.com/one', `/srv/${CANARY}`, 'https://github.com/a/b/c', 'https://github.com/../..', `https://user:${CANARY}@github.com`]) {
      execFileSync('git', ['-C', cwd, 'remote', 'set-url', 'origin', url]);
      const ended = await run(['list', ...namespace], { cwd });
      failed(ended, 'invalid-input', 2);
      assert.match(ended.stderr, /names no repository/);
    }
    const bare = await mkdtemp(path.join(folder, 'no-git-'));
    failed(await run(['list', ...namespace], { cwd: bare }), 'invalid-input', 2);
  });
});

describe('get', TOGETHER, () => {
  test('reads an earlier version, by label and by id', async () => {
    const { name, flags } = store('get-version');
    cloud.putSecret(name, { KEY: `${CANARY}-1`, NULL: null });
    const { versions: [first] } = cloud.putSecret(name, { KEY: `${CANARY}-2` });
    for (const version of [['--version-stage', 'AWSPREVIOUS'], ['--version-id', first.id]]) {
      const { exitCode, stdout, stderr } = await run(['get', 'KEY', ...version, ...flags]);
      assert.deepEqual([exitCode, stdout, stderr], [0, `${CANARY}-1`, '']);
    }
    failed(await run(['get', 'ABSENT', '--version-id', first.id, ...flags]), 'key-missing');
    failed(await run(['get', 'NULL', '--version-id', first.id, ...flags]), 'value-unusable');
    failed(await run(['get', 'KEY', '--version-stage', 'NO_SUCH', ...flags]), 'store-not-found');
    failed(await run(['get', 'KEY', '--version-id', first.id, ...flags], { environment: { ...PLATFORM, CI: 'true' } }), 'would-be-shown', 3);
    failed(await run(['get', 'KEY', '--variable', ...flags]), 'invalid-input', 2);
    const masked = await run(['get', 'KEY', '--version-id', first.id, '--yes', ...flags], { environment: { ...PLATFORM, GITHUB_ACTIONS: 'true' } });
    assert.deepEqual([masked.stdout, masked.stderr], [`${CANARY}-1`, `\n::add-mask::${CANARY}-1\n`]);
  });
});

describe('list', TOGETHER, () => {
  test('shows keys with their level and version, and which a job gets, and never a value', async () => {
    const { name, flags, of } = store('list');
    cloud.putSecret(name, { BOTH: CANARY, OF_REPOSITORY: CANARY, NULL: null });
    cloud.putSecret(of('env/production/secrets'), { BOTH: CANARY });
    cloud.putSecret(of('variables'), { A_VARIABLE: CANARY });
    const environment = ['--environment', 'production'];
    const of_ = async (...args) => {
      const { exitCode, stdout, stderr } = await run(['list', ...flags, ...args]);
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stdout + stderr, new RegExp(CANARY));
      assert.deepEqual(stdout.split('\n').filter((line) => line.length > 80), []);
      return stdout.split('\n').slice(1, -1).map((line) => line.replace(/ +\d+ \w+ +[\w-]{8} +/, ' ').split(/ +/).join(' '));
    };
    assert.deepEqual(await of_(), ['secret repository BOTH', 'secret repository NULL (null)', 'secret repository OF_REPOSITORY']);
    assert.deepEqual(await of_(...environment), ['secret environment BOTH']);
    assert.deepEqual(await of_('--variable'), ['variable repository A_VARIABLE']);
    assert.deepEqual(await of_('--effective', ...environment), [
      'secret environment yes BOTH',
      'secret repository no BOTH',
      'secret repository yes NULL (null)',
      'secret repository yes OF_REPOSITORY',
      'variable repository yes A_VARIABLE',
    ]);
  });

  test('a key that is missing ends with 4', async () => {
    const { name, flags } = store('list-missing');
    cloud.putSecret(name, { A: CANARY });
    assert.equal((await run(['list', 'A', ...flags])).exitCode, 0);
    const { exitCode, stdout, stderr } = await run(['list', 'A', 'B', ...flags]);
    assert.deepEqual([exitCode, stderr], [4, 'env-kvstore: there is no key B\n']);
    assert.match(stdout, / A\n$/);
    const json = await run(['list', 'B', '--json', ...flags]);
    assert.deepEqual([json.exitCode, JSON.parse(json.stdout).missingKeys, json.stderr], [4, ['B'], '']);
  });

  test('--stores lists names and tags, and reads no value', async () => {
    const { name, flags, of } = store('list-stores');
    cloud.putSecret(name, CANARY, { tags: { 'github:team': 'web' } });
    cloud.putSecret(of('env/production/variables'), CANARY, { tags: {} });
    cloud.putSecret(of('something-else'), CANARY);
    const { exitCode, stdout, stderr } = await run(['list', '--stores', ...flags]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, new RegExp(`^CHANGED[^\\n]*\\n[^\\n]* ${of('env/production/variables')}\\n[^\\n]*  *${name}\\s+github:team=web\\n$`));
    assert.deepEqual(cloud.requests.filter(({ operation, detail }) => operation === 'GetSecretValue' && detail.SecretId?.startsWith(of(''))), []);
  });
});

describe('rm, history and rollback', TOGETHER, () => {
  test('keys go in one write, history says which, and rollback brings them back without a new version', async () => {
    const { name, flags } = store('history');
    const { versions: [first] } = cloud.putSecret(name, { A: CANARY, B: CANARY, C: CANARY });
    const removed = await run(['rm', 'A', 'B', '--yes', ...flags]);
    assert.equal(removed.exitCode, 0, removed.stderr);
    assert.match(removed.stdout, new RegExp(`^- A\\n- B\\nChanged arn:.*\\nTo go back: env-kvstore rollback .* ${first.id}\\n$`, 's'));
    assert.deepEqual(read(name), { C: CANARY });
    const second = current(name).id;
    const { stdout } = await run(['history', ...flags]);
    assert.match(stdout, new RegExp(`^${second}  \\d{4}-.{11}  AWSCURRENT\\n  - A\\n  - B\\n${first.id}  .*AWSPREVIOUS\\n  \\+ A\\n  \\+ B\\n  \\+ C\\n$`));
    const dry = await run(['rollback', '--dry-run', ...flags]);
    assert.match(dry.stdout, /^\+ A\n\+ B\nNothing was written: this was a dry run\. 2 added\.\n$/, dry.stderr);
    const back = await run(['rollback', '--yes', ...flags]);
    assert.equal(back.exitCode, 0, back.stderr);
    assert.deepEqual([current(name).id, cloud.secret(name).versions.length], [first.id, 2]);
    const [, words] = /^To go back: env-kvstore (.+)$/m.exec(back.stdout);
    assert.equal((await run([...words.split(' '), '--yes'])).exitCode, 0);
    assert.equal(current(name).id, second);
  });

  test('a key that is not there is an error, and nothing is removed', async () => {
    const { name, flags } = store('rm-missing');
    cloud.putSecret(name, { A: CANARY });
    const ended = await run(['rm', 'A', 'B', '--yes', ...flags]);
    failed(ended, 'key-missing');
    assert.match(ended.stderr, /no key `B`/);
    assert.deepEqual(read(name), { A: CANARY });
  });

  test('history takes a limit, and refuses what is none', async () => {
    const { name, flags } = store('limit');
    for (const KEY of ['1', '2', '3']) cloud.putSecret(name, { KEY });
    const { stdout } = await run(['history', '--limit', '1', ...flags]);
    assert.equal(stdout.match(/^[\w-]{36} /gm).length, 1);
    for (const limit of ['0', '101', '1e1', 'x']) failed(await run(['history', '--limit', limit, ...flags]), 'invalid-input', 2);
  });
});

describe('diff', TOGETHER, () => {
  test('compares environments, repositories, versions and files, shows no value, and ends with 4 if they differ', async () => {
    const { name, flags, of, repository } = store('diff');
    cloud.putSecret(name, { OLD: CANARY });
    const { versions: [old] } = cloud.putSecret(name, { SAME: `${CANARY}-1`, CHANGED: `${CANARY}-2`, LEFT: '' });
    cloud.putSecret(of('env/a/b/secrets'), { SAME: `${CANARY}-1`, CHANGED: `${CANARY}-3`, RIGHT: '' });
    const dotenv = await written('diff.env', `SAME=${CANARY}-1\nCHANGED=${CANARY}-2\nLEFT=\n`);
    const json = await written('diff.json', JSON.stringify({ SAME: `${CANARY}-1` }));
    for (const [operands, exitCode, stdout] of [
      [['repo', 'env:a/b'], 4, '~ CHANGED\n- LEFT\n+ RIGHT\n= SAME\n1 added, 1 changed, 1 removed, 1 unchanged\n'],
      [['repo', `${repository}:env:a/b`], 4, undefined],
      [[`${repository}:repo`, `file:${dotenv}`], 0, '= CHANGED\n= LEFT\n= SAME\n3 unchanged\n'],
      [[`file:${json}`, 'repo'], 4, '+ CHANGED\n+ LEFT\n= SAME\n2 added, 1 unchanged\n'],
      [[`version:${old.id}`, 'repo'], 4, '+ CHANGED\n+ LEFT\n- OLD\n+ SAME\n3 added, 1 removed\n'],
    ]) {
      const ended = await run(['diff', ...operands, ...flags]);
      assert.equal(ended.exitCode, exitCode, `${operands}: ${ended.stderr}`);
      if (stdout !== undefined) assert.equal(sorted(ended.stdout), sorted(stdout), operands.join(' '));
      assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(CANARY));
    }
    for (const operand of ['production', 'env:', 'a:repo', 'file:', 'version:']) failed(await run(['diff', operand, 'repo', ...flags]), 'invalid-input', 2);
  });
});

describe('copy and import', TOGETHER, () => {
  test('copies chosen keys, or all, and leaves the others', async () => {
    const { name, flags, of } = store('copy');
    cloud.putSecret(name, '{"NUMBER": 1.10, "A": "a", "B": "b"}');
    cloud.putSecret(of('env/production/secrets'), { B: 'other', C: 'c' });
    const some = await run(['copy', 'repo', 'env:production', 'NUMBER', 'A', '--yes', ...flags]);
    assert.equal(some.exitCode, 0, some.stderr);
    assert.equal(current(of('env/production/secrets')).value.replaceAll(' ', ''), '{"B":"other","C":"c","NUMBER":1.10,"A":"a"}');
    const all = await run(['copy', 'repo', 'env:new', '--create', '--yes', ...flags]);
    assert.equal(all.exitCode, 0, all.stderr);
    assert.match(all.stdout, /Created/);
    assert.deepEqual(Object.keys(read(of('env/new/secrets'))).toSorted(), ['A', 'B', 'NUMBER']);
    failed(await run(['copy', 'repo', 'env:new', 'ABSENT', '--yes', ...flags]), 'key-missing');
    failed(await run(['copy', 'repo', 'version:x', '--yes', ...flags]), 'invalid-input', 2);
  });

  test('a key that somebody else changes after the plan stops the write; other keys do not', async (t) => {
    const own = await startCloud();
    t.after(() => own.close());
    const environment = environmentOf(own, own.addPerson('platform', POLICY));
    for (const [theirs, isLost] of [[{ KEY: 'theirs', OTHER: '1' }, true], [{ KEY: 'old', OTHER: 'theirs' }, false]]) {
      const { name, flags } = store(`race-${isLost}`);
      own.putSecret(name, { KEY: 'old', OTHER: '1' });
      const file = await written(`race-${isLost}.env`, `KEY=${CANARY}`);
      own.clearFaults();
      // The first read is the plan's.
      own.fail({ operation: 'GetSecretValue', skip: 1, fault: { meanwhile: () => own.putSecret(name, theirs) } });
      const ended = await run(['import', file, '--yes', ...flags], { environment });
      const now = JSON.parse(own.secret(name).versions.find(({ stages }) => stages.includes('AWSCURRENT')).value);
      if (isLost) {
        failed(ended, 'store-changed');
        assert.match(ended.stderr, /`KEY`/);
        assert.deepEqual(now, theirs);
      } else {
        assert.equal(ended.exitCode, 0, ended.stderr);
        assert.deepEqual(now, { ...theirs, KEY: CANARY });
      }
    }
  });

  test('import merges, or replaces; JSON keeps its numbers', async () => {
    const { name, flags } = store('import');
    cloud.putSecret(name, { KEPT: 'kept' });
    const json = await written('import.json', '{"NUMBER": 1.10, "OBJECT": {"a": [1]}, "TEXT": "t"}');
    assert.equal((await run(['import', json, '--yes', ...flags])).exitCode, 0);
    assert.equal(current(name).value.replace(/\s/g, ''), '{"KEPT":"kept","NUMBER":1.10,"OBJECT":{"a":[1]},"TEXT":"t"}');
    const dotenv = await written('import.env', 'ONLY=this\n');
    const replaced = await run(['import', dotenv, '--replace', '--yes', ...flags]);
    assert.equal(replaced.exitCode, 0, replaced.stderr);
    assert.deepEqual(read(name), { ONLY: 'this' });
    const piped = await run(['import', '-', '--yes', ...flags], { input: 'PIPED=1' });
    assert.deepEqual([piped.exitCode, read(name)], [0, { ONLY: 'this', PIPED: '1' }]);
  });

  test('a file that would lose something on the way is refused by its line', async () => {
    const { name, flags } = store('lines');
    cloud.putSecret(name, {});
    for (const [text, message] of [
      [`A=1\n${CANARY}\n`, /line 2: it is neither an assignment/],
      [`A=1\n\n# comment\nB=${CANARY}#cut`, /line 4: the value has a # and no quotes/],
      [`A=#${CANARY}`, /line 1: the value has a #/],
      [`A="${CANARY}\nB=2\n`, /line 1: the quotation mark/],
      [`A='${CANARY}' more`, /line 1: the quotation mark/],
      [`A=1\nB="x\ny ${CANARY}"z"\nC=3`, /line 2: the quotation mark/],
      [`A=1\r\nA=${CANARY}`, /line 2: A is already set on line 1/],
      [`1+1=${CANARY}`, /line 1: it is neither/],
      [`{"A": "${CANARY}"`, /begins like JSON and is not valid JSON/],
      [`["${CANARY}"]`, /is JSON, but not an object/],
    ]) {
      const file = await written(`lines-${message.source.length}-${text.length}`, text);
      const ended = await run(['import', file, '--yes', ...flags]);
      failed(ended, 'invalid-input', 2);
      assert.match(ended.stderr, message);
    }
    assert.deepEqual(read(name), {});
  });

  test('what dotenv understands is taken as dotenv has it', async () => {
    const { name, flags } = store('dotenv');
    cloud.putSecret(name, {});
    const text = [
      '\u{feff}# a comment', '', 'PLAIN=value', 'export EXPORTED = spaced  ', 'EMPTY=', 'COMMENT=value # comment', "SINGLE='it # is \\n'",
      'DOUBLE="a\\nb # c" # comment', 'BACKTICK=`it\'s "q"`', 'LINES="first', '# second', 'third"', 'COLON: value', 'URL=https://h/p?a=b&c=d', 'EQUALS=a=b==',
    ].join('\r\n');
    const file = await written('all.env', text);
    const { exitCode, stderr } = await run(['import', file, '--yes', '--allow-any-key', ...flags]);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(read(name), parseDotenv(text));
    assert.equal(Object.keys(read(name)).length, 11);
    assert.equal(read(name).LINES, 'first\n# second\nthird');
  });
});

describe('export', { ...TOGETHER, ...POSIX }, () => {
  const VALUES = {
    PLAIN: 'value',
    SPACES: '  a  b ',
    QUOTES: `it's "double" \`back\` \\ \\n \\'`,
    LINES: 'a\nb\n\n',
    CRLF: 'a\r\nb\r',
    SHELL: '$HOME `id` $(id) !! ~ * # ; & | < > \\',
    UNICODE: 'grüße λ 🗝 \u{2028}',
    CONTROL: '\x01\x1b[31m\t\x7f',
    HASH: '#a # b',
    EMPTY: '',
  };

  test('shell lines give every value back, in bash and in sh', async () => {
    const { name, flags } = store('export-shell');
    cloud.putSecret(name, VALUES);
    const to = path.join(folder, 'values.sh');
    const { exitCode, stdout, stderr } = await run(['export', '--format', 'shell', '--to', to, ...flags]);
    assert.deepEqual([exitCode, stdout, stderr], [0, `Wrote 10 keys to ${to}\n`, '']);
    assert.equal((await stat(to)).mode & 0o777, 0o600);
    for (const shell of ['bash', 'sh']) {
      const seen = execFileSync(shell, ['-c', `. "$1"; exec env -0`, shell, to], { env: { PATH: process.env.PATH, HOME: '/wrong' } }).toString();
      const got = Object.fromEntries(seen.split('\0').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]));
      for (const [key, value] of Object.entries(VALUES)) assert.equal(got[key], value, `${shell}: ${key}`);
    }
  });

  test('dotenv gives every value back, or the key that it cannot hold is named', async () => {
    const { name, flags } = store('export-dotenv');
    const { QUOTES, CRLF, ...possible } = VALUES;
    cloud.putSecret(name, possible);
    const to = path.join(folder, 'values.env');
    const done = await run(['export', '--format', 'dotenv', '--to', to, ...flags]);
    assert.equal(done.exitCode, 0, done.stderr);
    assert.deepEqual({ ...parseDotenv(await readFile(to, 'utf8')) }, possible);
    cloud.putSecret(name, { ...possible, QUOTES: `${CANARY} ' " \`\n\\n` });
    const refused = await run(['export', '--format', 'dotenv', '--to', to, '--overwrite', ...flags]);
    failed(refused, 'invalid-input', 2);
    assert.match(refused.stderr, /--format dotenv cannot hold the key QUOTES/);
    assert.deepEqual({ ...parseDotenv(await readFile(to, 'utf8')) }, possible);
  });

  test('JSON is as the store has it, and goes in again', async () => {
    const { name, flags, of } = store('export-json');
    const document = '{"A": 1.10, "B": null, "C": {"d": "é"}}';
    cloud.putSecret(name, document);
    cloud.putSecret(of('env/copy/secrets'), {});
    const to = path.join(folder, 'values.json');
    assert.equal((await run(['export', '--format', 'json', '--to', to, ...flags])).exitCode, 0);
    assert.deepEqual(JSON.parse(await readFile(to, 'utf8')), JSON.parse(document));
    assert.match(await readFile(to, 'utf8'), /1\.10/);
    // A null is no value that a job could get.
    failed(await run(['import', to, '--yes', '--environment', 'copy', ...flags]), 'value-unusable');
    await writeFile(to, document.replace('"B": null, ', ''));
    const { exitCode, stderr } = await run(['import', to, '--yes', '--environment', 'copy', ...flags]);
    assert.equal(exitCode, 0, stderr);
    assert.match(current(of('env/copy/secrets')).value, /1\.10/);
    const shell = await run(['export', '--format', 'shell', '--to', path.join(folder, 'null.sh'), ...flags]);
    assert.equal(shell.exitCode, 0);
    assert.match(shell.stderr, /left out B: /);
  });

  test('writes to nothing but a file, and replaces one only if told to', async () => {
    const { name, flags } = store('export-to');
    cloud.putSecret(name, { A: CANARY });
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const link = path.join(folder, 'link');
    await symlink('/dev/stdout', link);
    for (const to of ['-', '/dev/stdout', '/dev/stderr', '/dev/fd/1', '/proc/self/fd/1', '/dev/tty', '/dev/null', pipe, link, folder]) {
      const ended = await run(['export', '--format', 'json', '--to', to, '--overwrite', ...flags]);
      failed(ended, 'invalid-input', 2);
      assert.match(ended.stderr, /--to: it is not a file.*env-kvstore exec/, to);
    }
    const there = await written('there.json', 'before');
    await chmod(there, 0o644);
    failed(await run(['export', '--format', 'json', '--to', there, ...flags]), 'invalid-input', 2);
    assert.equal(await readFile(there, 'utf8'), 'before');
    assert.equal((await run(['export', '--format', 'json', '--to', there, '--overwrite', ...flags])).exitCode, 0);
    assert.equal((await stat(there)).mode & 0o777, 0o600);
    const closed = path.join(folder, 'closed');
    await mkdir(closed);
    assert.ok(!existsSync(path.join(closed, 'x')));
    failed(await run(['export', '--to', path.join(closed, 'x'), ...flags]), 'invalid-input', 2);
  });
});

describe('exec --pristine', TOGETHER, () => {
  test('gives the command the values and nothing else, and finds it by the caller’s PATH', POSIX, async () => {
    const { name, flags } = store('pristine');
    cloud.putSecret(name, { A: CANARY });
    const bin = await mkdtemp(path.join(folder, 'bin-'));
    await writeFile(path.join(bin, 'shows-all'), '#!/usr/bin/env -S -i /bin/cat /proc/self/environ\n');
    await symlink(NODE, path.join(bin, 'own-node'));
    const environment = { ...PLATFORM, PATH: `${bin}${path.delimiter}${process.env.PATH}`, INHERITED: 'x' };
    const exec = (command, ...more) =>
      run(['exec', '--identity', 'environment', '--values', 'A,secret', ...flags, ...more, '--', command, '-p', 'JSON.stringify(process.env)'], { environment });
    const { exitCode, stdout, stderr } = await exec('own-node', '--pristine');
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { A: CANARY });
    assert.equal(JSON.parse((await exec('own-node')).stdout).INHERITED, 'x');
    assert.equal((await exec('no-such-command', '--pristine')).exitCode, 127);
  });
});

describe('--json', TOGETHER, () => {
  test('prints one object with "version": 1 and no value, whatever the command', async () => {
    const { name, flags, of } = store('json');
    cloud.putSecret(name, { A: CANARY, B: CANARY });
    cloud.putSecret(of('env/e/secrets'), {});
    const file = await written('json.env', `A=${CANARY}-2`);
    const to = path.join(folder, 'json-export');
    const commands = [
      [['put', 'A'], 0, ({ keys, written: isWritten, versionId, rollback }) => [keys, isWritten, typeof versionId, rollback.startsWith('env-kvstore rollback ')], [[{ key: 'A', change: '~' }], true, 'string', true]],
      [['list'], 0, ({ keys }) => keys.map(({ key }) => key), ['A', 'B']],
      [['list', '--stores'], 0, ({ stores }) => stores.length, 2],
      [['rm', 'B', '--yes'], 0, ({ keys }) => keys, [{ key: 'B', change: '-' }]],
      [['import', file, '--yes', '--dry-run'], 0, ({ dryRun, written: isWritten }) => [dryRun, isWritten], [true, false]],
      [['diff', 'repo', 'env:e'], 4, ({ different, left }) => [different, left.store.name], [true, name]],
      [['copy', 'repo', 'env:e', '--yes'], 0, ({ store: { environment } }) => environment, 'e'],
      [['export', '--format', 'json', '--to', to], 0, ({ file: written_, keys }) => [written_, keys], [to, ['A']]],
      [['history'], 0, ({ versions }) => versions.length, 3],
      [['rollback', '--yes'], 0, ({ moved }) => moved, true],
      [['delete', '--yes'], 0, ({ recoveryWindowInDays }) => recoveryWindowInDays, 30],
      [['restore'], 0, ({ store: { arn } }) => arn, cloud.secret(name).arn],
    ];
    for (const [args, exitCode, pick, expected] of commands) {
      const ended = await run([...args, '--json', ...flags], { input: 'new' });
      assert.deepEqual([ended.exitCode, ended.stderr], [exitCode, ''], args.join(' '));
      const report = JSON.parse(ended.stdout);
      assert.deepEqual([report.version, report.command], [1, args[0]]);
      assert.deepEqual(pick(report), expected, args.join(' '));
      assert.doesNotMatch(ended.stdout, new RegExp(CANARY));
    }
  });
});

/** A repository that no other test has. */
function store(name) {
  const repository = `octo-org/${name}`;
  const of = (rest) => `octo-enterprise/repo/${repository}/${rest}`;
  return { repository, of, name: of('secrets'), flags: ['--repository', repository, '--namespace', 'octo-enterprise'] };
}

function environmentOf({ url }, { accessKeyId, secretAccessKey, sessionToken }) {
  return {
    HOME: folder,
    USERPROFILE: folder,
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}

function run(args, { environment = PLATFORM, ...options } = {}) {
  return runCli(args, { environment, ...options });
}

function current(name) {
  return cloud.secret(name).versions.find(({ stages }) => stages.includes('AWSCURRENT'));
}

function read(name) {
  return JSON.parse(current(name).value);
}

async function written(name, text) {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

/** A folder with a git remote. */
async function checkout(url) {
  const place = await mkdtemp(path.join(folder, 'checkout-'));
  execFileSync('git', ['init', '--quiet', place]);
  execFileSync('git', ['-C', place, 'remote', 'add', 'origin', url]);
  return place;
}

function sorted(text) {
  return text.split('\n').toSorted().join('\n');
}

/** Asserts a failure that is told on stderr alone, and tells no value. */
function failed({ exitCode, stdout, stderr }, code, expectedExitCode = 1) {
  assert.match(stderr, new RegExp(`^env-kvstore: (${code}): `));
  assert.deepEqual([exitCode, stdout], [expectedExitCode, ''], stderr);
  assert.doesNotMatch(stderr, new RegExp(`${CANARY}|ASIA[A-Z2-7]{12}`));
}
