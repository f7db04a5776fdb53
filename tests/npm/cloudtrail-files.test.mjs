// CloudTrail's files on their way to the core: unpacked, one at a time, in the order of their times.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-cloudtrail-'));
after(() => rm(folder, { recursive: true }));
const module = path.join(folder, 'cloudtrail-files.mjs');
const source = fileURLToPath(new URL('../../npm/cloudtrail-files.ts', import.meta.url));
await build({ entryPoints: [source], outfile: module, bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'silent' });
const { addCloudTrailFiles } = await import(module);

/** In place of the core: takes what comes, and finds fault with one file. */
function core(bad) {
  const added = [];
  const addToTrail = (name, text) => {
    added.push([path.basename(name), text]);
    return path.basename(name) === bad ? { file: name, pointer: '', line: 1, message: 'is wrong' } : undefined;
  };
  return { added, addToTrail };
}

async function folderOf(name, files) {
  const at = path.join(folder, name);
  for (const [file, bytes] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(at, file)), { recursive: true });
    await writeFile(path.join(at, file), bytes);
  }
  return at;
}

const nameAt = (region, time) => `123456789012_CloudTrail_${region}_${time}_AbCdEf.json.gz`;

test('files of several regions come unpacked, in the order of their times, and nothing else of the folder', async () => {
  const [first, second, third] = [nameAt('us-west-2', '20261126T1000Z'), nameAt('eu-west-1', '20261126T1005Z'), nameAt('us-west-2', '20261126T1010Z')];
  const at = await folderOf('regions', {
    [`us-west-2/2026/11/26/${third}`]: gzipSync('three'),
    [`us-west-2/2026/11/26/${first}`]: gzipSync('öne'),
    [`eu-west-1/2026/11/26/${second}`]: gzipSync('two'),
    'digest.txt': 'other',
  });
  const { added, addToTrail } = core();
  assert.equal(await addCloudTrailFiles({ addToTrail }, [at]), undefined);
  assert.deepEqual(added, [[first, 'öne'], [second, 'two'], [third, 'three']]);
});

test('a file that was unpacked already is read as it is', async () => {
  const at = await folderOf('plain', { 'events.json': '{}' });
  const { added, addToTrail } = core();
  await addCloudTrailFiles({ addToTrail }, [path.join(at, 'events.json')]);
  assert.deepEqual(added, [['events.json', '{}']]);
});

test('the first file that is wrong ends it', async () => {
  const at = await folderOf('wrong', { 'a.json': '1', 'b.json': '2', 'c.json': '3' });
  const { added, addToTrail } = core('b.json');
  const problem = await addCloudTrailFiles({ addToTrail }, [at]);
  assert.deepEqual([path.basename(problem.file), problem.message], ['b.json', 'is wrong']);
  assert.equal(added.length, 2);
});

test('what is absent, not gzip, cut short, or unpacks to more than CloudTrail writes is refused by its name', async () => {
  const whole = gzipSync('{"Records": []}');
  const at = await folderOf('refused', {
    'text.json.gz': 'no gzip',
    'cut.json.gz': whole.subarray(0, whole.length - 9),
    'bomb.json.gz': gzipSync(Buffer.alloc(257 * 1024 * 1024)),
  });
  for (const [name, message] of [
    ['nowhere.json', /nowhere\.json: no such file or directory/],
    ['text.json.gz', /text\.json\.gz: is not gzip/],
    ['cut.json.gz', /cut\.json\.gz: is not gzip/],
    ['bomb.json.gz', /bomb\.json\.gz has more than 268435456 bytes/],
  ]) {
    const { added, addToTrail } = core();
    await assert.rejects(addCloudTrailFiles({ addToTrail }, [path.join(at, name)]), { code: 'invalid-input', message });
    assert.deepEqual(added, []);
  }
});
