#!/usr/bin/env node
// Node for Windows, which wine runs as a runner on Windows runs it: paths in its environment are Windows paths, and HOME is
// USERPROFILE. It takes the place of a Node: `NODE_UNDER_TEST=$PWD/tests/runner/windows-node.mjs node --test ...`. It is no
// shell script, because `sh` drops variables such as `INPUT_A-B`.

import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WINDOWS_NODE, WINE, wineEnvironment } from './wine.mjs';

/** Wine sets these itself; the preloaded script gives them the values of the step. */
const SET_BY_WINE = ['USERPROFILE', 'TEMP', 'TMP'];
const PRELOADED = fileURLToPath(new URL('windows-environment.cjs', import.meta.url));

const folder = mkdtempSync(path.join(tmpdir(), 'env-kvstore-wine-'));
// With pipes, Node under wine fails with EBADF.
const outputs = ['stdout', 'stderr'].map((name) => path.join(folder, name));
const files = outputs.map((file) => openSync(file, 'w'));
const child = spawn(WINE, [WINDOWS_NODE, '--require', PRELOADED, ...process.argv.slice(2)].map(windowsPath), {
  env: { ...windowsEnvironment(process.env), ...wineEnvironment() },
  stdio: ['ignore', ...files],
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (exitCode, signal) => {
  files.forEach(closeSync);
  const [stdout, stderr] = outputs.map((file) => readFileSync(file));
  rmSync(folder, { recursive: true });
  process.exitCode = exitCode ?? 128 + constants.signals[signal];
  process.stdout.write(stdout);
  process.stderr.write(stderr);
});

function windowsEnvironment({ PATH, HOME, ...others }) {
  const variables = HOME === undefined ? others : { ...others, USERPROFILE: HOME };
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [SET_BY_WINE.includes(name) ? `STEP_${name}` : name, windowsPath(value)]),
  );
}

/** Wine's drive Z: is this system. */
function windowsPath(text) {
  return text.startsWith('/') ? `Z:${text.replaceAll('/', '\\')}` : text;
}
