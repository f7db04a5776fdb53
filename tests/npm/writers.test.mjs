// Many writers of one store at once, and writers that are killed, against the local cloud: no update is lost, and none is made
// twice. The numbers are printed.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/writers.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from '../cloud/cloud.mjs';
import { NODE, runCli } from '../runner/command.mjs';
import { platformAt } from './platform.mjs';

const WRITERS = fileURLToPath(new URL('writers.mjs', import.meta.url));
const CANARY = 'canary';
const BEFORE = '{ "KEPT" : 1.10, "ESCAPED":"\\u00e9\\/" }';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-writers-'));
after(() => rm(folder, { recursive: true }));

// What takes time is the pauses.
describe('writers at the same time', { concurrency: 2 }, () => {
  test('two hundred lose no update and make none twice', async (t) => {
    const { cloud, environment } = await writable(t, { versionQuota: false });
    const { name, flags } = store('two-hundred');
    cloud.putSecret(name, BEFORE);
    const { ended, seconds } = await atOnce(200, environment, flags);
    const succeeded = ended.filter(({ exitCode }) => exitCode === 0);
    const gaveUp = ended.filter(({ exitCode }) => exitCode !== 0);
    for (const { exitCode, code, stderr } of gaveUp) {
      assert.deepEqual([exitCode, code], [1, 'store-changed'], stderr);
      assert.match(stderr, /was changed by others 8 times/);
    }
    const { versions } = cloud.secret(name);
    const lostRaces = succeeded.reduce((sum, { report }) => sum + report.lostRaces, 0);
    const burned = versions.length - 1 - succeeded.length;
    t.diagnostic(`200 writers, ${seconds} s: ${succeeded.length} wrote, ${gaveUp.length} gave up, ${lostRaces} races lost by those who wrote, ${burned} versions burned`);
    assert.equal(burned, lostRaces + 8 * gaveUp.length);
    assert.ok(succeeded.length >= 150, `${succeeded.length}`);
    assert.ok(lostRaces > 100, 'they were not at the same time');

    // The document: what was reported and nothing else, and what was there is there byte for byte.
    const current = versions.find(({ stages }) => stages.includes('AWSCURRENT'));
    const { KEPT, ESCAPED, ...rest } = JSON.parse(current.value);
    assert.deepEqual(rest, Object.fromEntries(succeeded.map(({ writer }) => [`KEY_${writer}`, valueOf(writer)])));
    assert.ok(current.value.startsWith(BEFORE.slice(0, -2)));

    // Each move of AWSCURRENT added one key, and no two the same.
    const moves = cloud.requests.filter(({ operation, status }) => operation === 'UpdateSecretVersionStage' && status === 200);
    const document = (id) => JSON.parse(versions.find((version) => version.id === id).value);
    const added = moves.flatMap(({ detail: { RemoveFromVersionId: from, MoveToVersionId: to } }) => {
      const [before, now] = [document(from), document(to)];
      assert.ok(Object.keys(before).every((key) => now[key] === before[key]));
      return Object.keys(now).filter((key) => !(key in before));
    });
    assert.deepEqual(added.toSorted(), succeeded.map(({ writer }) => `KEY_${writer}`).toSorted());
    assert.deepEqual(moves.slice(1).map(({ detail }) => detail.RemoveFromVersionId), moves.slice(0, -1).map(({ detail }) => detail.MoveToVersionId));
  });

  test('first writers of an empty store lose nothing either', async (t) => {
    const { cloud, environment } = await writable(t);
    const { name, flags } = store('empty');
    cloud.createSecret(name);
    const { ended } = await atOnce(12, environment, flags);
    assert.deepEqual(ended.map(({ exitCode, stderr }) => [exitCode, stderr]), ended.map(() => [0, '']));
    assert.deepEqual(currentOf(cloud, name), Object.fromEntries(ended.map(({ writer }) => [`KEY_${writer}`, valueOf(writer)])));
  });

  test('writers who create the store at once make one, and lose nothing', async (t) => {
    const { cloud, environment } = await writable(t);
    const { name, flags } = store('created');
    const { ended } = await atOnce(8, environment, [...flags, '--create', '--tag', 'a=b']);
    assert.deepEqual(ended.map(({ exitCode, stderr }) => [exitCode, stderr]), ended.map(() => [0, '']));
    assert.equal(ended.filter(({ report }) => report.created).length, 1);
    assert.deepEqual(currentOf(cloud, name), Object.fromEntries(ended.map(({ writer }) => [`KEY_${writer}`, valueOf(writer)])));
    assert.deepEqual(cloud.secret(name).tags, { a: 'b' });
  });

  test('with the quota of versions, those who come too late are told so, and nothing is lost', async (t) => {
    const { cloud, environment } = await writable(t);
    const { name, flags } = store('quota');
    for (let version = 0; version < 85; version += 1) cloud.putSecret(name, { VERSION: version });
    const { ended } = await atOnce(24, environment, flags);
    const succeeded = ended.filter(({ exitCode }) => exitCode === 0);
    const refused = ended.filter(({ exitCode }) => exitCode !== 0);
    t.diagnostic(`24 writers, room for 15 versions: ${succeeded.length} wrote, ${refused.length} were refused`);
    for (const { exitCode, code, stderr } of refused) {
      assert.deepEqual([exitCode, code], [1, 'store-version-quota'], stderr);
      assert.match(stderr, /keeps about 100 versions, and each of the last 24 hours/);
    }
    assert.ok(succeeded.length > 0 && refused.length > 0);
    assert.equal(cloud.secret(name).versions.length, 100);
    assert.deepEqual(currentOf(cloud, name), { VERSION: 84, ...Object.fromEntries(succeeded.map(({ writer }) => [`KEY_${writer}`, valueOf(writer)])) });
  });
});

describe('a writer that is killed', { concurrency: 2 }, () => {
  const STEPS = ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'];
  const OF_EMPTY = ['GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'DescribeSecret'];
  const OF_CREATION = ['GetSecretValue', 'DescribeSecret', 'CreateSecret'];

  for (const [what, steps, prepare, before, more] of [
    ['of a store', STEPS, (cloud, name) => cloud.putSecret(name, { OLD: '1' }), { OLD: '1' }, []],
    ['of an empty store', OF_EMPTY, (cloud, name) => cloud.createSecret(name), {}, []],
    ['of a store that it creates', OF_CREATION, () => {}, {}, ['--create', '--tag', 'a=b']],
  ]) {
    test(`${what} leaves the old document or the new one at every step, and can be run again`, async (t) => {
      const { cloud, environment } = await writable(t);
      const seen = { old: 0, new: 0 };
      for (const [index, operation] of steps.entries()) {
        for (const applied of [false, true]) {
          const { name, flags } = store(`killed-${what.replaceAll(' ', '-')}-${index}-${applied}`);
          prepare(cloud, name);
          cloud.clearFaults();
          let child;
          const meanwhile = () => child.kill('SIGKILL');
          const skip = steps.slice(0, index).filter((earlier) => earlier === operation).length;
          cloud.fail({ operation, skip, fault: { meanwhile, ...(applied && { applied: true, reset: true }) } });
          const args = ['put', 'NEW', '--json', ...flags, ...more];
          const killed = await runCli(args, { environment, input: CANARY, onStart: (started) => (child = started) });
          assert.deepEqual([killed.signal, killed.stdout, killed.stderr], ['SIGKILL', '', ''], `${operation} ${applied}`);
          cloud.clearFaults();

          const found = cloud.secret(name)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'));
          const now = found ? JSON.parse(found.value) : {};
          const isNew = 'NEW' in now;
          seen[isNew ? 'new' : 'old'] += 1;
          assert.deepEqual(now, isNew ? { ...before, NEW: CANARY } : before);
          // The first version of an empty store is current once it is there; of another, once the label has moved.
          const isWritten = ['UpdateSecretVersionStage', 'CreateSecret', ...(steps === STEPS ? [] : ['PutSecretValue'])].includes(operation);
          const isAfter = steps !== STEPS && index === steps.length - 1;
          // A call that has left the writer is heard, also by a server whose client is gone.
          if (isWritten || isAfter) assert.equal(isNew, true, `${operation} ${applied}`);

          const again = await runCli(args, { environment, input: CANARY });
          assert.equal(again.exitCode, 0, again.stderr);
          assert.deepEqual(JSON.parse(again.stdout).written, !isNew);
          assert.deepEqual(currentOf(cloud, name), { ...before, NEW: CANARY });
        }
      }
      t.diagnostic(`killed ${what}: ${seen.old} times the old document was left, ${seen.new} times the new one`);
      assert.ok(seen.old >= 2 && seen.new >= 2, JSON.stringify(seen));
    });
  }

  test('by a rollback leaves one of the two versions current', async (t) => {
    const { cloud, environment } = await writable(t);
    for (const applied of [false, true]) {
      const { name, flags } = store(`killed-rollback-${applied}`);
      cloud.putSecret(name, { V: '1' });
      cloud.putSecret(name, { V: '2' });
      let child;
      cloud.clearFaults();
      cloud.fail({ operation: 'UpdateSecretVersionStage', fault: { meanwhile: () => child.kill('SIGKILL'), ...(applied && { applied: true, reset: true }) } });
      const killed = await runCli(['rollback', '--yes', ...flags], { environment, onStart: (started) => (child = started) });
      assert.equal(killed.signal, 'SIGKILL');
      assert.deepEqual(currentOf(cloud, name), { V: '1' });
    }
  });
});

/** Writers in two processes, each the command line of dist/, that begin when all are ready. */
async function atOnce(count, environment, flags) {
  const own = await mkdtemp(path.join(folder, 'at-once-'));
  const half = Math.ceil(count / 2);
  const children = [[0, half], [half, count]].map(([from, to]) => {
    const env = { PATH: process.env.PATH, ...environment };
    const child = fork(WRITERS, [own, String(from), String(to), ...flags], { env, execPath: NODE, execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    return { child, text: child.stdout.setEncoding('utf8').toArray() };
  });
  await Promise.all(children.map(({ child }) => once(child, 'message')));
  const began = performance.now();
  children.forEach(({ child }) => child.send('begin'));
  const texts = await Promise.all(children.map(({ text }) => text));
  return { ended: texts.flatMap((chunks) => JSON.parse(chunks.join(''))), seconds: ((performance.now() - began) / 1000).toFixed(1) };
}

/** A cloud, and what the platform's people have there. */
async function writable(t, options) {
  const cloud = await startCloud(options);
  t.after(() => cloud.close());
  const environment = platformAt(cloud, folder);
  return { cloud, environment };
}

function store(name) {
  const repository = `octo-org/${name}`;
  return { name: `octo-enterprise/repo/${repository}/secrets`, flags: ['--repository', repository, '--namespace', 'octo-enterprise'] };
}

function currentOf(cloud, name) {
  return JSON.parse(cloud.secret(name).versions.find(({ stages }) => stages.includes('AWSCURRENT')).value);
}

function valueOf(writer) {
  return `value of ${writer}`;
}
