// Programs of the virtual environment that `npm test` makes.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const VENV_BIN = path.join(root, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin');

export function inVenv(program) {
  const file = path.join(VENV_BIN, program);
  const remedy = 'python3 -m venv .venv && .venv/bin/pip install -r tests/requirements.txt';
  assert.ok(existsSync(file) || existsSync(`${file}.exe`), `${program} is not here: ${remedy}`);
  return file;
}
