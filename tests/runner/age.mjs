// Debian's `age`: what others decrypt and encrypt with.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Why tests of it are skipped; false if it is installed. */
export function withoutAge() {
  const isInstalled = spawnSync('age', ['--version']).status === 0 && spawnSync('age-keygen', ['--version']).status === 0;
  return !isInstalled && 'age is not installed: apt-get install -y age';
}

/** A new identity in a file, and its recipient. */
export function newIdentity(file) {
  run('age-keygen', ['-o', file]);
  return { file, identity: /^AGE-SECRET-KEY-1\w+$/m.exec(readFileSync(file, 'utf8'))[0], recipient: run('age-keygen', ['-y', file]).trim() };
}

export function decrypted(armored, { file }) {
  return run('age', ['--decrypt', '--identity', file], armored);
}

export function encryptedByAge(text, recipient) {
  return run('age', ['--encrypt', '--armor', '--recipient', recipient], text);
}

function run(program, args, input = '') {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}
