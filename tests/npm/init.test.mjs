// `env-kvstore init`: at a terminal and by a file of answers, which come to the same files. The transcript in docs/init.md is that of
// the dialogue here: `UPDATE=1 node --test tests/npm/init.test.mjs` writes it anew.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/init.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, open, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from '../runner/command.mjs';
import { screenOf } from '../runner/screen.mjs';
import { atTerminal } from '../runner/terminal.mjs';
import { parseYaml } from '../runner/workflow.mjs';

const EXAMPLE = fileURLToPath(new URL('../../docs/use-cases/kvstore.json', import.meta.url));
const PAGE = fileURLToPath(new URL('../../docs/init.md', import.meta.url));
const POSIX = { skip: process.platform === 'win32' && 'Windows has no terminal and no FIFO of this kind' };
const CTRL_C = '\x03';
const DOWN = '\x1b[B';

const HEAD = { tenant: 'organization', organization: 'octo-org', organization_id: '9919', account: '123456789012', region: 'us-west-2' };
const APP = { repository: 'octo-org/app', repository_id: '456789' };
/** The answers of each task that have no default. */
const TASKS = {
  'pull-requests': APP,
  main: APP,
  stages: { repository: 'octo-org/web', repository_id: '456790' },
  monorepo: { repository: 'octo-org/mono', repository_id: '456791', teams: ['billing', 'search'] },
  'shared-workflow': { workflow_repository: 'octo-org/platform' },
};
const MAIN = { ...HEAD, task: 'main', ...APP };

/** What is waited for, and typed, from the first question to the last. */
const DIALOGUE = [
  ['Who owns the workflows?', '\r'],
  ['Name of the organization', 'octo-org\r'],
  ['Id of octo-org', '9919\r'],
  ['AWS account', '123456789012\r'],
  ['Region of the stores', 'us-west-2\r'],
  ['Name of the identity pool', '\r'],
  ['Name of the role of all repositories', '\r'],
  ['How do you deploy to AWS?', '\r'],
  ['Which task needs values?', `${DOWN}\r`],
  ['Repository, as OWNER/NAME', 'octo-org/app\r'],
  ['Id of octo-org/app', '456789\r'],
  ['Environment that is deployed to', '\r'],
  ['Branch or tag that is deployed', '\r'],
];
const WRITES = 'Write kvstore.json and 4 files in generated?';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-init-'));
after(() => rm(folder, { recursive: true }));

describe('init at a terminal', { concurrency: 2, ...POSIX }, () => {
  test('asks, writes and says what is next, as docs/init.md shows it, and answers in a file come to the same bytes', async () => {
    const [dialogue, byFile] = [await place('dialogue'), await place('by-file')];
    const ended = await atTerminal(['init'], { environment: { NO_COLOR: '1' }, cwd: dialogue, answers: [...DIALOGUE, [WRITES, 'y\r']] });
    assert.deepEqual([ended.exitCode, ended.isRestored], [0, true], ended.text);
    const page = await readFile(PAGE, 'utf8');
    const answers = blockOf(page, 'answers');
    await writeFile(path.join(byFile, 'answers.json'), answers);
    const done = await init(byFile, '--answers', 'answers.json');
    assert.equal(done.exitCode, 0, done.stderr);
    assert.equal(done.stdout, ended.stdout);
    await rm(path.join(byFile, 'answers.json'));
    assert.deepEqual(await contents(byFile), await contents(dialogue));

    const transcript = `$ env-kvstore init\n${await screenOf(ended.said)}${ended.stdout}`;
    if (process.env.UPDATE) await writeFile(PAGE, page.replace(/(<!-- transcript: [^>]*-->\s*```\n).*?```/s, (_, before) => `${before}${transcript}\`\`\``));
    assert.equal(blockOf(await readFile(PAGE, 'utf8'), 'transcript'), transcript, 'UPDATE=1 writes the page anew');
  });

  test('asks again after a wrong answer, and says what is wrong', async () => {
    const at = await place('wrong-answers');
    const clear = '\x15';
    const answers = DIALOGUE.flatMap(([question, typed]) =>
      question === 'AWS account' ? [[question, '$(touch ran)\r'], ['must be the 12 digits of an account', `${clear}${typed}`]]
      : question.startsWith('Branch') ? [[question, 'main\r'], ['must be refs/heads/BRANCH', `${clear}refs/heads/main\r`]]
      : [[question, typed]]);
    const ended = await atTerminal(['init', '--yes'], { environment: {}, cwd: at, answers });
    assert.equal(ended.exitCode, 0, ended.text);
    assert.equal(JSON.parse(await readFile(path.join(at, 'kvstore.json'), 'utf8')).aws.account, '123456789012');
    assert.deepEqual(await readdir(at), ['generated', 'kvstore.json']);
  });

  test('asks for no more than the task if the file says the rest, and keeps every other byte', async () => {
    const at = await place('again');
    const before = await readFile(EXAMPLE, 'utf8');
    await cp(EXAMPLE, path.join(at, 'kvstore.json'));
    await mustGenerate(at, 'cloudformation');
    const answers = [['Which task needs values?', `${DOWN}${DOWN}\r`], ['Repository, as OWNER/NAME', 'octo-org/app\r'], ['Environments, in their order', 'eu, us\r'], ['Write kvstore.json', 'y\r']];
    const ended = await atTerminal(['init'], { environment: {}, cwd: at, answers });
    assert.equal(ended.exitCode, 0, ended.text);
    assert.doesNotMatch(ended.text, /Who owns|AWS account|Id of|How do you/);
    const added = await readFile(path.join(at, 'kvstore.json'), 'utf8');
    const binding = JSON.parse(added).bindings.at(-1);
    assert.deepEqual([binding.name, binding.when], ['app stages', { environment: ['eu', 'us'] }]);
    const start = [...before].findIndex((character, index) => character !== added[index]);
    assert.equal(before, added.slice(0, start) + added.slice(added.length - before.length + start));
    assert.match(await readFile(path.join(at, 'generated/cloudformation/stores-1.json'), 'utf8'), /repo\/octo-org\/app\/env\/eu\/secrets/);
  });

  test('Ctrl-C, the end of the input and a no leave nothing', async () => {
    const at = await place('interrupted');
    for (const [steps, last, exitCode] of [[2, CTRL_C, 130], [8, CTRL_C, 130], [4, '\x04', 130], [DIALOGUE.length, 'n\r', 1], [DIALOGUE.length, CTRL_C, 130]]) {
      const [next] = DIALOGUE[steps] ?? [WRITES];
      const ended = await atTerminal(['init'], { environment: {}, cwd: at, answers: [...DIALOGUE.slice(0, steps), [next, last]] });
      assert.deepEqual([ended.exitCode, ended.stdout, ended.isRestored], [exitCode, '', true], ended.text);
      assert.match(ended.text, /Nothing was written\./);
      assert.deepEqual(await readdir(at), []);
    }
  });
});

describe('init by a file of answers', { concurrency: 2 }, () => {
  for (const [task, own] of Object.entries(TASKS)) {
    test(`sets up ${task}, which proves`, async () => {
      const at = await place(`task-${task}`);
      const done = await answered(at, { ...HEAD, task, ...own }, '--json');
      assert.equal(done.exitCode, 0, done.stderr);
      const { version, command, targets, files, allowed, denied, next } = JSON.parse(done.stdout);
      assert.deepEqual([version, command, targets], [1, 'init', ['cloudformation', 'matrix']]);
      assert.deepEqual(files.toSorted(), (await readdir(path.join(at, 'generated'), { recursive: true })).filter((name) => /\/|^matrix/.test(name)).toSorted());
      assert.ok(allowed > 0 && denied > allowed, `${allowed} ${denied}`);
      assert.match(done.stderr, new RegExp(`: ${allowed} allowed, ${denied} denied\\.`));
      for (const target of targets) await mustGenerate(at, target, '--check');
      // Each workflow is one, and names what was set up.
      const workflows = next.flatMap(({ workflow }) => (workflow === undefined ? [] : [parseYaml(workflow)]));
      assert.ok(workflows.length > 0);
      const document = JSON.parse(await readFile(path.join(at, 'kvstore.json'), 'utf8'));
      for (const { jobs } of workflows) {
        for (const { steps: [{ with: inputs }] } of Object.values(jobs)) {
          const roles = [document.aws.role, ...document.bindings.map(({ role }) => role)];
          assert.ok(roles.includes(inputs['cognito-role-arn'].split(':role/')[1]), inputs['cognito-role-arn']);
        }
      }
    });
  }

  test('adds all tasks, one after another, to a file that generates', async () => {
    const at = await place('all-tasks');
    const counts = [];
    for (const [task, own] of Object.entries(TASKS)) {
      const { repository_id: id, ...known } = own;
      // The id of a repository that is there already may be left out.
      const done = await answered(at, { ...(counts.length === 0 && HEAD), task, ...(task === 'main' ? known : own) }, '--json');
      assert.equal(done.exitCode, 0, done.stderr);
      counts.push(JSON.parse(done.stdout).allowed);
    }
    assert.deepEqual(counts, counts.toSorted((one, other) => one - other));
    assert.equal(JSON.parse(await readFile(path.join(at, 'kvstore.json'), 'utf8')).bindings.length, 6);
    for (const target of ['cloudformation', 'matrix']) await mustGenerate(at, target, '--check');
  });

  test('names every answer that is missing, unknown or wrong, with its line, and writes nothing', async () => {
    const at = await place('problems');
    failed(await answered(at, {}), 2, /`tenant` is missing: organization or enterprise[\s\S]*`account` is missing: AWS account\. To print it: aws sts get-caller-identity[\s\S]*`task` is missing: pull-requests, main,/);
    const { organization_id: id, ...without } = MAIN;
    failed(await answered(at, without), 2, /answers\.json:1: `organization_id` is missing: Id of octo-org\. To print it: gh api orgs\/octo-org --jq \.id\nNothing was written\./);
    failed(await answered(at, { ...MAIN, enviroment: 'production' }), 2, /answers\.json:10 \/enviroment: nothing asks for `enviroment` here\. Did you mean `environment`\?/);
    failed(await answered(at, { ...MAIN, account: 123456789012 }), 2, /answers\.json:5 \/account: must be a string/);
    await writeFile(path.join(at, 'answers.json'), '{ "task": }');
    failed(await init(at, '--answers', 'answers.json'), 2, /answers\.json:1: is not JSON/);
    failed(await init(at, '--answers', 'nowhere.json'), 2, /nowhere\.json: no such file/);
    assert.deepEqual(await readdir(at), ['answers.json']);
  });

  test('refuses what is hostile, or it comes to nothing', async () => {
    const at = await place('hostile');
    const texts = ['$(touch ran)', '`touch ran`', "'; touch ran; '", '"', 'a\nb', '\x1b[2J', '\u202e', '::add-mask::x', '${{ github.token }}', 'x'.repeat(100_000)];
    const keys = ['organization', 'organization_id', 'account', 'region', 'role', 'repository', 'repository_id', 'environment', 'ref'];
    for (const text of texts) {
      const ended = failed(await answered(at, { ...MAIN, ...Object.fromEntries(keys.map((key) => [key, text])) }), 2, /Nothing was written/);
      for (const key of keys) assert.match(ended.stderr, new RegExp(`^answers\\.json:\\d+ /${key}: `, 'm'));
      assert.doesNotMatch(ended.stderr, /\x1b|\u202e|^::/m);
      assert.ok(ended.stderr.length < 10_000);
      failed(await answered(at, { ...MAIN, task: text, [text]: text }), 2, /\/task: must be pull-requests, main,/);
    }
    assert.deepEqual(await readdir(at), ['answers.json']);
  });

  test('needs a terminal or answers', async () => {
    const at = await place('no-terminal');
    failed(await init(at), 2, /there is no terminal to ask at.*--answers FILE/);
    failed(await init(at, '--yes'), 2, /there is no terminal to ask at/);
    failed(await init(at, 'kvstore.json'), 2, /^env-kvstore: invalid-input: /);
    assert.deepEqual(await readdir(at), []);
  });

  test('takes the answers from stdin, and other places for both', async () => {
    const at = await place('stdin');
    const done = await runCli(['init', '--answers', '-', '--file', 'platform/values.json', '--to', 'out put'], { environment: {}, cwd: at, input: JSON.stringify(MAIN) });
    assert.equal(done.exitCode, 0, done.stderr);
    assert.deepEqual((await readdir(at)).toSorted(), ['out put', 'platform']);
    assert.match(done.stdout, /--template-file 'out put\/cloudformation\/base\.json'/);
    await mustGenerate(at, 'matrix', '--check', '--file', 'platform/values.json', '--to', 'out put');
  });

  test('keeps the mode of the file, and a link that leads to it', POSIX, async () => {
    const at = await place('link');
    await answered(at, MAIN);
    await mkdir(path.join(at, 'real'));
    await cp(path.join(at, 'kvstore.json'), path.join(at, 'real/file.json'));
    await rm(path.join(at, 'kvstore.json'));
    await symlink('real/file.json', path.join(at, 'kvstore.json'));
    execFileSync('chmod', ['640', path.join(at, 'real/file.json')]);
    assert.equal((await answered(at, { task: 'stages', ...TASKS.stages })).exitCode, 0);
    assert.match(await readFile(path.join(at, 'real/file.json'), 'utf8'), /web stages/);
    assert.equal((await stat(path.join(at, 'real/file.json'))).mode & 0o777, 0o640);
  });

  test('leaves all as it is if a generated file was edited, or is not its own', async () => {
    const at = await place('edited');
    await mkdir(path.join(at, 'generated'));
    await writeFile(path.join(at, 'generated/matrix.md'), 'mine');
    failed(await answered(at, MAIN), 1, /^env-kvstore: file-edited: [\s\S]*matrix\.md/m);
    assert.deepEqual(await contents(path.join(at, 'generated')), { 'matrix.md': 'mine' });
    assert.deepEqual((await readdir(at)).toSorted(), ['answers.json', 'generated']);
    await rm(path.join(at, 'generated/matrix.md'));
    assert.equal((await answered(at, MAIN)).exitCode, 0);
    const stack = path.join(at, 'generated/cloudformation/base.json');
    await writeFile(stack, `${await readFile(stack, 'utf8')} `);
    await rm(path.join(at, 'answers.json'));
    const before = await contents(at);
    // The matrix comes after the stacks; the base stack changes with a role of its own.
    failed(await answered(at, { task: 'pull-requests', repository: 'octo-org/app' }), 1, /file-edited/);
    await rm(path.join(at, 'answers.json'));
    assert.deepEqual(await contents(at), before);
  });

  test('refuses a file that is wrong, and a task that is there, with their places', async () => {
    const at = await place('invalid');
    const document = JSON.parse(await readFile(EXAMPLE, 'utf8'));
    await cp(EXAMPLE, path.join(at, 'kvstore.json'));
    failed(await answered(at, { task: 'main', repository: 'octo-org/app' }), 2, /\/environment: the binding `main` already says who reads the values of production/);
    document.bindings[1].when.ref = 'refs/heads/*';
    await writeFile(path.join(at, 'kvstore.json'), JSON.stringify(document, null, 2));
    const before = await readFile(path.join(at, 'kvstore.json'), 'utf8');
    failed(await answered(at, { task: 'stages', ...APP }), 2, /kvstore\.json:\d+ \/bindings\/1\/when\/ref: `refs\/heads\/\*` has a wildcard/);
    assert.equal(await readFile(path.join(at, 'kvstore.json'), 'utf8'), before);
    await assert.rejects(stat(path.join(at, 'generated')), { code: 'ENOENT' });
  });

  test('does not overwrite what somebody has edited meanwhile', POSIX, async () => {
    const at = await place('meanwhile');
    await cp(EXAMPLE, path.join(at, 'kvstore.json'));
    execFileSync('mkfifo', [path.join(at, 'answers')]);
    const running = init(at, '--answers', 'answers');
    // It can be opened once init reads it, which is after it has read the file.
    const answers = await open(path.join(at, 'answers'), 'w');
    const edited = (await readFile(EXAMPLE, 'utf8')).replace('"name": "pr"', '"name": "pull requests"');
    await writeFile(path.join(at, 'kvstore.json'), edited);
    await answers.writeFile(JSON.stringify({ task: 'stages', repository: 'octo-org/app', environments: ['eu', 'us'] }));
    await answers.close();
    failed(await running, 1, /^env-kvstore: file-edited: kvstore\.json was changed while init was running/m);
    assert.equal(await readFile(path.join(at, 'kvstore.json'), 'utf8'), edited);
    assert.deepEqual((await readdir(at)).toSorted(), ['answers', 'kvstore.json']);
  });
});

function init(cwd, ...args) {
  return runCli(['init', ...args], { environment: {}, cwd });
}

async function answered(at, answers, ...args) {
  await writeFile(path.join(at, 'answers.json'), JSON.stringify(answers, null, 2));
  return init(at, '--answers', 'answers.json', ...args);
}

async function mustGenerate(cwd, ...args) {
  const ended = await runCli(['generate', ...args], { environment: {}, cwd });
  assert.equal(ended.exitCode, 0, ended.stderr);
}

function failed(ended, exitCode, message) {
  assert.equal(ended.exitCode, exitCode, ended.stdout + ended.stderr);
  assert.match(ended.stderr, message);
  assert.equal(ended.stdout, '');
  return ended;
}

/** An empty folder. */
async function place(name) {
  const at = path.join(folder, name);
  await mkdir(at);
  return at;
}

/** The files below a folder, by their paths in it. */
async function contents(of) {
  const entries = (await readdir(of, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name)).sort();
  return Object.fromEntries(await Promise.all(files.map(async (file) => [path.relative(of, file), await readFile(file, 'utf8')])));
}

/** The block of a page below a comment that names it. */
function blockOf(page, name) {
  return new RegExp(`<!-- ${name}: [^>]*-->\\s*\`\`\`\\w*\\n(.*?)\`\`\``, 's').exec(page)[1];
}
