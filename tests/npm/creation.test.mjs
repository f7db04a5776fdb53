// Stores that `put`, `import` and `copy` create by kvstore.json: each gets the tags that the file demands, so that the jobs which the
// file allows read it, and no others.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/creation.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from '../cloud/cloud.mjs';
import { answersOf, answerTo, deployed, stacksIn } from '../cloud/deployed.mjs';
import { runCli } from '../runner/command.mjs';
import { platformAt } from './platform.mjs';

const EXAMPLE = fileURLToPath(new URL('../../docs/use-cases/kvstore.json', import.meta.url));
const APP = 'octo-enterprise/repo/octo-org/app/env/production/secrets';
const APP_TAGS = { 'github:ref': 'refs/heads/main', 'github:repository_id': '456789' };
const AT_APP = ['--repository', 'octo-org/app', '--environment', 'production', '--namespace', 'octo-enterprise'];

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-creation-'));
after(() => rm(folder, { recursive: true }));
/** A folder that has a kvstore.json. */
const WITH_FILE = path.join(folder, 'with');
/** One that has none. */
const WITHOUT = path.join(folder, 'without');
await Promise.all([WITH_FILE, WITHOUT].map((place) => mkdir(place)));
await cp(EXAMPLE, path.join(WITH_FILE, 'kvstore.json'));
for (const target of ['cloudformation', 'matrix']) {
  const { exitCode, stderr } = await runCli(['generate', target], { environment: {}, cwd: WITH_FILE });
  assert.equal(exitCode, 0, stderr);
}
const load = async (name) => JSON.parse(await readFile(path.join(WITH_FILE, 'generated', name), 'utf8'));
const [stacks, { cases }] = await Promise.all([stacksIn(path.join(WITH_FILE, 'generated')), load('matrix.json')]);

describe('put --create with kvstore.json', () => {
  test('creates stores that the jobs read which the file allows, and no others: all questions of the matrix', async (t) => {
    const { cloud, run } = await account(t);
    const stores = stacks.stores.flatMap(({ Resources }) => Object.values(Resources)).map(({ Properties }) => Properties);
    const named = stores.map(({ Name, Tags = [] }) => ({ parts: /^octo-enterprise\/repo\/([^/]+\/[^/]+)(?:\/env\/([^/]+))?\/(secrets|variables)$/.exec(Name), Name, Tags }));
    const puts = named.filter(({ parts }) => parts).map(async ({ parts: [, repository, environment, leaf], Name, Tags }) => {
      const at = ['--repository', repository, '--namespace', 'octo-enterprise', ...(environment ? ['--environment', environment] : []), ...(leaf === 'variables' ? ['--variable'] : [])];
      const { exitCode, stderr } = await run(['put', 'KEY', '--create', ...at]);
      assert.deepEqual([exitCode, stderr], [0, ''], Name);
      assert.deepEqual(cloud.secret(Name).tags, Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])), Name);
    });
    await Promise.all(puts);
    assert.ok(puts.length >= 10, `${puts.length}`);
    cloud.putSecret('platform/deploy', { KEY: 'value' }, { tags: {} });
    const counts = await answersOf(cloud, cases);
    t.diagnostic(`${puts.length} stores put: ${counts.allowed} allowed and ${counts.denied} denied`);
    assert.ok(counts.allowed > 5 && counts.denied > 100);
  });

  test('without the file, creates a store that no job reads', async (t) => {
    const { cloud, run } = await account(t);
    assert.equal((await run(['put', 'KEY', '--create', ...AT_APP], { cwd: WITHOUT })).exitCode, 0);
    assert.deepEqual(cloud.secret(APP).tags, {});
    const [allowed] = cases.filter((one) => one.allowed && one.store === APP);
    assert.equal(await answerTo(cloud, allowed), 'no store');
  });

  test('adds --tag to the tags of the file, lets it win, and says which tags the file gave', async (t) => {
    const { cloud, run } = await account(t);
    const file = path.join(WITH_FILE, 'kvstore.json');
    const dry = await run(['put', 'KEY', '--create', '--dry-run', '--file', file, ...AT_APP], { cwd: WITHOUT });
    assert.match(dry.stdout, /this was a dry run\. 1 added\.\nTags from kvstore\.json: github:ref=refs\/heads\/main, github:repository_id=456789\n$/);
    assert.equal(cloud.secret(APP), undefined);
    const tags = ['--tag', 'team=web', '--tag', 'github:ref=refs/heads/next'];
    const made = await run(['put', 'KEY', '--create', '--file', file, ...tags, ...AT_APP, '--json'], { cwd: WITHOUT });
    assert.deepEqual(JSON.parse(made.stdout).tagsFromFile, { 'github:repository_id': '456789' });
    assert.deepEqual(cloud.secret(APP).tags, { ...APP_TAGS, team: 'web', 'github:ref': 'refs/heads/next' });
    // A store that exists keeps its own.
    const again = await run(['put', 'KEY', '--create', '--json', ...AT_APP], { input: 'other' });
    assert.deepEqual([again.exitCode, JSON.parse(again.stdout).tagsFromFile], [0, undefined]);
    assert.equal(cloud.secret(APP).tags['github:ref'], 'refs/heads/next');
  });

  test('encrypts the store with the key of the file', async (t) => {
    const { cloud, run } = await account(t);
    const key = 'arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555';
    const document = JSON.parse(await readFile(EXAMPLE, 'utf8'));
    document.aws.kms_key = key;
    const file = path.join(folder, 'with-key.json');
    await writeFile(file, JSON.stringify(document));
    assert.equal((await run(['put', 'KEY', '--create', '--file', file, ...AT_APP])).exitCode, 0);
    assert.equal(cloud.secret(APP).kmsKeyId, key);
  });

  test('refuses a store that a named file does not have, and names the nearest; of the folder’s file it says so and goes on', async (t) => {
    const { cloud, run } = await account(t);
    const at = ['--repository', 'octo-org/app', '--environment', 'productoin', '--namespace', 'octo-enterprise'];
    failed(await run(['put', 'KEY', '--create', '--file', 'kvstore.json', ...at]), /--file: kvstore\.json: it names no store \S+productoin\/secrets\. Did you mean octo-enterprise\/repo\/octo-org\/app\/env\/production\/secrets\?/);
    assert.deepEqual(cloud.requests, []);
    const made = await run(['put', 'KEY', '--create', ...at]);
    assert.equal(made.exitCode, 0);
    assert.match(made.stderr, /^env-kvstore: kvstore\.json: it names no store [\s\S]*let no job read it\.\n$/);
    assert.deepEqual(cloud.secret(APP.replace('production', 'productoin')).tags, {});
  });

  test('beside a file whose stores are on Vault, says so and creates a store that no job reads', async (t) => {
    const { cloud, run } = await account(t);
    const place = path.join(folder, 'vault');
    await mkdir(place);
    await cp(fileURLToPath(new URL('../../docs/use-cases/vault.json', import.meta.url)), path.join(place, 'kvstore.json'));
    failed(await run(['put', 'KEY', '--create', '--file', 'kvstore.json', ...AT_APP], { cwd: place }), /--file: kvstore\.json: its stores are on Vault alone/);
    assert.deepEqual(cloud.requests, []);
    const made = await run(['put', 'KEY', '--create', ...AT_APP], { cwd: place });
    assert.equal(made.exitCode, 0, made.stderr);
    assert.match(made.stderr, /^env-kvstore: kvstore\.json: its stores are on Vault alone\. /);
    assert.deepEqual(cloud.secret(APP).tags, {});
  });

  test('refuses a store of another namespace than the file’s, and says which it is', async (t) => {
    const { cloud, run } = await account(t);
    failed(await run(['put', 'KEY', '--create', ...AT_APP.slice(0, 4)]), /pass `--namespace octo-enterprise`/);
    assert.deepEqual(cloud.requests, []);
  });

  test('refuses a file that is wrong before anything is sent, and flags that go with --create alone', async (t) => {
    const { cloud, run } = await account(t);
    const file = path.join(folder, 'wrong.json');
    await writeFile(file, '{\n "version": 1,\n "githup": {} }');
    failed(await run(['put', 'KEY', '--create', '--file', file, ...AT_APP]), /wrong\.json:3 \/githup: `githup` is not known here/);
    failed(await run(['put', 'KEY', '--create', '--file', path.join(folder, 'nowhere.json'), ...AT_APP]), /no such file/);
    failed(await run(['put', 'KEY', '--file', 'kvstore.json', ...AT_APP]), /go with --create/);
    assert.deepEqual(cloud.requests, []);
  });

  test('import and copy create stores by the file too', async (t) => {
    const { cloud, run } = await account(t);
    const file = path.join(folder, 'values.env');
    await writeFile(file, 'KEY=value\n');
    const imported = await run(['import', file, '--create', '--yes', ...AT_APP]);
    assert.deepEqual([imported.exitCode, imported.stderr], [0, '']);
    assert.deepEqual(cloud.secret(APP).tags, APP_TAGS);
    const copied = await run(['copy', 'octo-org/app:env:production', 'octo-org/web:env:staging', '--create', '--yes', '--namespace', 'octo-enterprise']);
    assert.equal(copied.exitCode, 0, copied.stderr);
    assert.deepEqual(cloud.secret('octo-enterprise/repo/octo-org/web/env/staging/secrets').tags, { 'github:repository_id': '456790' });
    // The plan has said it, and the write does not say it again.
    const notice = await run(['copy', 'octo-org/app:env:production', 'octo-org/none:repo', '--create', '--yes', '--namespace', 'octo-enterprise']);
    assert.deepEqual([notice.exitCode, notice.stderr.match(/names no store/g).length], [0, 1]);
  });
});

/** A cloud where the stack of the example is deployed, and the command line of its platform team. */
async function account(t) {
  const cloud = await startCloud({ setupAt: (origin) => deployed(stacks, origin) });
  t.after(() => cloud.close());
  const environment = platformAt(cloud, folder);
  return { cloud, run: (args, { cwd = WITH_FILE, input = 'value' } = {}) => runCli(args, { environment, cwd, input }) };
}

function failed({ exitCode, stdout, stderr }, message) {
  assert.deepEqual([exitCode, stdout], [2, ''], stderr);
  assert.match(stderr, message);
}
