// actionlint and zizmor over the workflows and the action, and the rules of this repository that they do not know.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { actionlint, zizmor } from '../runner/linters.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = new URL('../../.github/workflows/', import.meta.url);
const workflows = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]);
const [major] = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version.split('.');
const OURS = new RegExp(`^org/env-kvstore@v${major}$`);
const PINNED = /^[\w-]+\/[\w-]+(\/[\w-]+)*@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

test('actionlint would find a mistake', () => {
  assert.notDeepEqual(actionlint('on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nope.x }}\n', 'x.yml'), []);
});

test('zizmor has nothing to say of the workflows, the action and Dependabot, and would find what it found in them once', (t) => {
  const config = '.github/zizmor.yml';
  assert.deepEqual(zizmor(['.github', 'action.yml', 'node24/action.yml'], { cwd: root, config }), []);
  const before = mkdtempSync(path.join(tmpdir(), 'env-kvstore-zizmor-'));
  t.after(() => rmSync(before, { recursive: true }));
  const release = readFileSync(new URL('release.yml', folder), 'utf8');
  writeFileSync(path.join(before, 'release.yml'), release.replaceAll(/^ +package-manager-cache: false\n/gm, '').replaceAll(/^ +with:\n +persist-credentials: false\n/gm, '').replaceAll(/^ +persist-credentials: false\n/gm, ''));
  const found = zizmor(['release.yml'], { cwd: before }).map((finding) => finding.split(' ')[0]);
  assert.deepEqual([...new Set(found)].sort(), ['artipacked', 'cache-poisoning']);
});

for (const [name, text] of workflows) {
  test(`actionlint has nothing to say of ${name}`, () => {
    assert.deepEqual(actionlint(text, name), []);
  });

  test(`${name} names every action by the SHA of a commit, with its version, but this one by its major tag`, () => {
    for (const [, uses] of text.matchAll(/^ *(?:- )?uses: (.+)$/gm)) {
      // What is checked out already is of this very commit.
      if (!uses.startsWith('./')) assert.match(uses, uses.startsWith('org/env-kvstore@') ? OURS : PINNED);
    }
  });

  test(`${name} gives its jobs no more than it says`, () => {
    assert.match(text, /^permissions:\n {2}contents: read$/m);
  });
}
