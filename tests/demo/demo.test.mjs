// The demo as people run it: on a terminal, in a pipe, and as the picture of the README. It checks itself what the jobs do.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/demo/demo.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NODE, runProgram } from '../runner/command.mjs';

const DEMO = fileURLToPath(new URL('demo.mjs', import.meta.url));
const PICTURE = fileURLToPath(new URL('picture.mjs', import.meta.url));
const COMMITTED = new URL('../../docs/demo.svg', import.meta.url);
/** Gives a program a terminal, and ends as it does. */
const ON_A_TERMINAL = ['python3', '-c', 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'];
const TERMINAL = { skip: process.platform === 'win32' && 'Python has no terminals there' };
const ESCAPE = /\x1b\[\d+m/g;

describe('the demo', { concurrency: 2 }, () => {
  test('runs right after a clone, without any package', async () => {
    const clone = await mkdtemp(path.join(tmpdir(), 'env-kvstore-clone-'));
    const root = fileURLToPath(new URL('../..', import.meta.url));
    try {
      // README.md and docs/ hold the set-up that the local cloud enforces.
      for (const place of ['action.yml', 'dist', 'docs', 'package.json', 'README.md', 'tests/cloud', 'tests/demo', 'tests/runner']) {
        await cp(path.join(root, place), path.join(clone, place), { recursive: true });
      }
      await ended([NODE, path.join(clone, 'tests/demo/demo.mjs')]);
    } finally {
      await rm(clone, { recursive: true });
    }
  });

  test('has colours on a terminal, 80 columns, and about two screens', TERMINAL, async () => {
    const { stdout } = await ended([...ON_A_TERMINAL, NODE, DEMO]);
    assert.ok(stdout.match(ESCAPE).length > 100);
    const lines = stdout.replaceAll(ESCAPE, '').trim().split(/\r?\n/);
    assert.deepEqual(lines.filter((line) => line.length > 80), []);
    assert.ok(lines.length <= 80, `${lines.length} lines`);
    assert.equal(lines.filter((line) => /^ {2}✓ [a-z-]+ +\S/.test(line)).length, 16, 'a line for each denial');
    assert.match(lines.at(-1), /^✓ 18 jobs ended as they should, in \d+\.\d s\./);
  });

  test('is plain on a terminal with NO_COLOR', TERMINAL, async () => {
    const { stdout } = await ended([...ON_A_TERMINAL, NODE, DEMO], { NO_COLOR: '1' });
    assert.equal(stdout.match(ESCAPE), null);
  });

  test('is plain in a pipe, and shows every log whole with --verbose', async () => {
    const { stdout, stderr } = await ended([NODE, DEMO, '--verbose']);
    assert.equal(stdout.match(ESCAPE), null);
    assert.equal(stderr, '');
    const told = [...stdout.matchAll(/^ {2}✓ ([a-z-]+) (?:.*\n(?! {2}✓))+? {2}│ Error: ([a-z-]+): /gm)];
    assert.deepEqual(told.map(([, code]) => code), told.map(([, , code]) => code));
    assert.equal(told.length, 16);
    assert.match(stdout, /Read octo-enterprise\/repo\/octo-org\/octo-repo\/secrets \(arn:aws:secretsmanager:us-west-2:123456789012:secret:\S+\)$/m);
  });

  test('looks as the picture of the README, which is made of it', async (t) => {
    await ended([NODE, PICTURE, '--check']);
    const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-picture-'));
    t.after(() => rm(folder, { recursive: true }));
    const other = path.join(folder, 'demo.svg');
    await writeFile(other, (await readFile(COMMITTED, 'utf8')).replace('key-missing', 'key-found'));
    const { exitCode, stderr } = await runProgram([NODE, PICTURE, '--check', other], options());
    assert.equal(exitCode, 1);
    assert.match(stderr, /is not of the demo as it is now/);
  });
});

async function ended(command, environment) {
  const done = await runProgram(command, options(environment));
  assert.equal(done.exitCode, 0, done.stdout + done.stderr);
  return done;
}

function options(environment = {}) {
  const { NO_COLOR, FORCE_COLOR, ...inherited } = process.env;
  return { environment: { ...inherited, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] };
}
