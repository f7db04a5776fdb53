// `env-kvstore generate`: docs/use-cases/kvstore.json becomes stacks and a matrix, and the local cloud, which is given the stacks,
// answers each question of the matrix as it says.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/generate.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from '../cloud/cloud.mjs';
import { jobClient } from '../cloud/job.mjs';
import { runCli } from '../runner/command.mjs';
import { inVenv } from '../runner/venv.mjs';
import { deployed, makeStores } from './deployed.mjs';

const EXAMPLE = fileURLToPath(new URL('../../docs/use-cases/kvstore.json', import.meta.url));

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-generate-'));
after(() => rm(folder, { recursive: true }));

describe('generate', () => {
  test('makes the same files again and again, and --check says whether they are there', async () => {
    const { file, generated } = await example('same');
    failed(await generate('matrix', '--file', file, '--check'), 4, /^Not up to date[\s\S]*- matrix\.json\n- matrix\.md\n/m);
    const made = await generate('matrix', '--file', file);
    assert.equal(made.exitCode, 0, made.stderr);
    assert.match(made.stderr, /206 questions as the file says: 11 allowed, 195 denied\.\nWrote 2 files/);
    const before = await contents(generated);
    assert.equal((await generate('matrix', '--file', file)).exitCode, 0);
    assert.deepEqual(await contents(generated), before);
    const checked = await generate('matrix', '--file', file, '--check', '--json');
    const { version, stale, allowed } = JSON.parse(checked.stdout);
    assert.deepEqual([checked.exitCode, version, stale, allowed], [0, 1, [], 11]);
    const document = JSON.parse(await readFile(file, 'utf8'));
    document.bindings[1].when.ref = 'refs/heads/next';
    await writeFile(file, JSON.stringify(document));
    failed(await generate('matrix', '--file', file, '--check'), 4, /matrix\.json/);
  });

  test('removes what it does not make any more, and touches nothing that somebody edited', async () => {
    const { file, generated } = await example('edited');
    assert.equal((await generate('cloudformation', '--file', file)).exitCode, 0);
    const stores = path.join(generated, 'cloudformation/stores-1.json');
    await writeFile(stores, `${await readFile(stores, 'utf8')} `);
    const before = await contents(generated);
    const document = JSON.parse(await readFile(file, 'utf8'));
    document.bindings.length = 1;
    document.expect = [];
    await writeFile(file, JSON.stringify(document));
    failed(await generate('cloudformation', '--file', file), 1, /^env-kvstore: file-edited: [\s\S]*stores-1\.json/);
    assert.deepEqual(await contents(generated), before);
    await rm(stores);
    assert.equal((await generate('cloudformation', '--file', file)).exitCode, 0);
    assert.deepEqual(Object.keys(JSON.parse(await readFile(stores, 'utf8')).Resources).length, 2);
  });

  test('refuses files that are not its own, a manifest that leads elsewhere, and wrong usage', async () => {
    const { file, generated } = await example('foreign');
    await mkdir(generated, { recursive: true });
    await writeFile(path.join(generated, 'matrix.md'), 'mine');
    failed(await generate('matrix', '--file', file), 1, /file-edited/);
    assert.equal(await readFile(path.join(generated, 'matrix.md'), 'utf8'), 'mine');
    await rm(path.join(generated, 'matrix.md'));
    const victim = path.join(path.dirname(generated), 'victim');
    await writeFile(victim, 'x');
    await writeFile(path.join(generated, '.env-kvstore.json'), JSON.stringify({ matrix: { '../victim': 'x', 'a/../../victim': 'x' } }));
    assert.equal((await generate('matrix', '--file', file)).exitCode, 0);
    assert.equal(await readFile(victim, 'utf8'), 'x');
    await writeFile(path.join(generated, '.env-kvstore.json'), '{');
    failed(await generate('matrix', '--file', file), 1, /is not what env-kvstore wrote/);
    for (const wrong of [[], ['terraforms'], ['matrix', 'cloudformation'], ['matrix', '--file', path.join(folder, 'nowhere.json')]]) {
      failed(await generate(...wrong), 2, /^env-kvstore: invalid-input: /);
    }
  });

  test('names everything that is wrong with a file, by line and pointer, and writes nothing', async () => {
    const { file, generated } = await example('wrong');
    const document = JSON.parse(await readFile(file, 'utf8'));
    document.bindings[1].when.ref = 'refs/heads/*';
    document.bindings[2].reads = [];
    delete document.github.enterprise_id;
    await writeFile(file, JSON.stringify(document, null, 2));
    const ended = failed(await generate('cloudformation', '--file', file), 2, /kvstore\.json:\d+ \/bindings\/2\/reads: `reads` is not known here\. Did you mean `read`\?/);
    assert.match(ended.stderr, /Nothing was written/);
    await assert.rejects(readdir(generated), { code: 'ENOENT' });
  });

  test('reads the files of kvstore.d beside the file', async () => {
    const { file, generated } = await example('teams');
    const document = JSON.parse(await readFile(file, 'utf8'));
    document.files = { 'kvstore.d/docs.json': ['octo-org/docs'] };
    await writeFile(file, JSON.stringify(document));
    const team = { repositories: { 'octo-org/docs': { id: '77' } }, bindings: [{ name: 'docs', repository: 'octo-org/docs', read: ['repo'] }] };
    await mkdir(path.join(path.dirname(file), 'kvstore.d'));
    await writeFile(path.join(path.dirname(file), 'kvstore.d/docs.json'), JSON.stringify(team));
    assert.equal((await generate('cloudformation', '--file', file)).exitCode, 0);
    assert.match(await readFile(path.join(generated, 'cloudformation/stores-1.json'), 'utf8'), /repo\/octo-org\/docs\/variables/);
    await writeFile(path.join(path.dirname(file), 'kvstore.d/docs.json'), JSON.stringify({ ...team, bindings: [{ ...team.bindings[0], role: 'x' }] }));
    failed(await generate('cloudformation', '--file', file), 2, /kvstore\.d\/docs\.json:1 \/bindings\/0\/role/);
  });
});

describe('the five use cases', async () => {
  const { file, generated } = await example('use-cases');
  for (const target of ['cloudformation', 'matrix']) assert.equal((await generate(target, '--file', file)).exitCode, 0);
  const load = async (name) => JSON.parse(await readFile(path.join(generated, name), 'utf8'));
  const [base, stores, { cases }] = await Promise.all(['cloudformation/base.json', 'cloudformation/stores-1.json', 'matrix.json'].map(load));

  test('are stacks that cfn-lint finds nothing wrong with', () => {
    const names = ['base', 'stores-1'].map((name) => path.join(generated, `cloudformation/${name}.json`));
    execFileSync(inVenv('cfn-lint'), ['--non-zero-exit-code', 'warning', '--regions', 'us-west-2', '--', ...names], { encoding: 'utf8' });
  });

  test('are answered by a cloud with these stacks as the matrix says', async () => {
    const cloud = await startCloud({ setupAt: (origin) => deployed(base, origin) });
    try {
      assert.equal(Object.keys(cloud.setup.roles).length, 3);
      makeStores(cloud, stores, () => ({ KEY: 'value' }));
      cloud.putSecret('platform/deploy', { KEY: 'value' }, { tags: {} });
      const { cognitoSignIn, assumeRole, getSecretValue } = jobClient(cloud);
      const counts = { allowed: 0, denied: 0 };
      for (const { what, role: name, job, store, allowed } of cases) {
        // What the job does not say, the default job of the cloud says otherwise.
        const absent = Object.fromEntries(['environment', 'enterprise_id', 'actor_id'].map((claim) => [claim, undefined]));
        const signedIn = await cognitoSignIn({ ...absent, ...Object.fromEntries(EVERY_CLAIM.map((claim) => [claim, undefined])), ...job });
        const roleArn = `arn:aws:iam::123456789012:role/${name}`;
        const assumed = await assumeRole(signedIn.cognitoToken, signedIn.sessionName, { RoleArn: roleArn });
        const session = assumed.status === 200 ? credentialsOf(assumed.text) : undefined;
        const read = session && (await getSecretValue(session, { SecretId: store }));
        assert.equal(read?.status === 200, allowed, `${what}: ${store} ${JSON.stringify(job)} ${read?.text ?? assumed.text}`);
        counts[allowed ? 'allowed' : 'denied'] += 1;
      }
      console.log(`${counts.allowed} allowed and ${counts.denied} denied in the local cloud`);
      assert.ok(counts.allowed > 5 && counts.denied > 100);
    } finally {
      await cloud.close();
    }
  });
});

/** What the default job of the local cloud says that a job of the matrix may not. */
const EVERY_CLAIM = ['job_workflow_ref', 'ref', 'ref_protected', 'ref_type', 'runner_environment', 'workflow_ref', 'enterprise', 'repository', 'repository_id', 'event_name'];

function credentialsOf(text) {
  const element = (name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)[1];
  return { accessKeyId: element('AccessKeyId'), secretAccessKey: element('SecretAccessKey'), sessionToken: element('SessionToken') };
}

/** A folder of its own with the example in it. */
async function example(name) {
  const at = path.join(folder, name);
  await mkdir(at);
  await cp(EXAMPLE, path.join(at, 'kvstore.json'));
  return { file: path.join(at, 'kvstore.json'), generated: path.join(at, 'generated') };
}

function generate(...args) {
  return runCli(['generate', ...args], { environment: {} });
}

function failed(ended, exitCode, message) {
  assert.equal(ended.exitCode, exitCode, ended.stderr);
  assert.match(ended.stderr, message);
  return ended;
}

async function contents(of) {
  const names = (await readdir(of, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = await Promise.all(names.map(async (entry) => [path.join(entry.parentPath ?? entry.path, entry.name), await readFile(path.join(entry.parentPath ?? entry.path, entry.name), 'utf8')]));
  return Object.fromEntries(texts.sort());
}
