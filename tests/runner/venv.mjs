// Programs of the virtual environments that `npm test` makes.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const BIN = process.platform === 'win32' ? 'Scripts' : 'bin';
export const VENV_BIN = path.join(root, '.venv', BIN);

export function inVenv(program) {
  const file = path.join(VENV_BIN, program);
  const remedy = 'node tests/run.mjs install';
  assert.ok(existsSync(file) || existsSync(`${file}.exe`), `${program} is not here: ${remedy}`);
  return file;
}

/** ministack wants a botocore of its own, so it has an environment of its own. */
export function inMinistackVenv(program) {
  const file = path.join(root, '.venv-ministack', BIN, program);
  const remedy = 'node tests/run.mjs install';
  assert.ok(existsSync(file) || existsSync(`${file}.exe`), `${program} is not here: ${remedy}`);
  return file;
}
