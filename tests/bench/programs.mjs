// What is compared: this action, the floor, and the AWS SDK's clients in one bundle.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAIN } from '../runner/step.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PACKAGES = { node_modules: 'npm ci', 'tests/tools/node_modules': 'npm ci --prefix tests/tools' };

/** The versions that run the action: hosted runners have the later one, older self-hosted runners the other. */
export const RUNNERS_NODES = ['node-20', 'node-24'].map((name) => path.join(ROOT, 'tests/tools/node_modules', name, 'bin/node'));

/** @typedef {{ path: string, name: string, version: string }} NodeUnderTest */

/**
 * @param {string[]} paths
 * @returns {NodeUnderTest[]}
 */
export function findNodes(paths) {
  return paths.map((path) => {
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
    return { path, version, name: `Node ${version.slice(1).split('.')[0]}` };
  });
}

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {string} main
 * @property {number} bytes of all that Node can load of it
 *
 * @param {string} folder for the SDK's bundle
 * @returns {Promise<Record<'action' | 'floor' | 'sdk', Program>>}
 */
export async function loadPrograms(folder) {
  for (const [packages, remedy] of Object.entries(PACKAGES)) {
    if (!existsSync(path.join(ROOT, packages))) throw new Error(`${packages} is missing: ${remedy}`);
  }
  const floor = path.join(FOLDER, 'floor.cjs');
  const sdk = path.join(folder, 'sdk.cjs');
  await bundle(path.join(FOLDER, 'sdk.mjs'), sdk);
  return {
    action: { name: 'this action', main: MAIN, bytes: distSizes().loaded },
    floor: { name: 'floor', main: floor, bytes: statSync(floor).size },
    sdk: { name: 'AWS SDK', main: sdk, bytes: statSync(sdk).size },
  };
}

/** Bytes of dist/: of the wasm, and of all but its records. */
export function distSizes() {
  const dist = path.dirname(MAIN);
  const loaded = readdirSync(dist).filter((name) => !['LICENSES.txt', 'build.json'].includes(name));
  const total = (names) => names.reduce((sum, name) => sum + statSync(path.join(dist, name)).size, 0);
  return { wasm: total(loaded.filter((name) => name.endsWith('.wasm'))), loaded: total(loaded) };
}

async function bundle(entry, outfile) {
  const { build } = await import('esbuild');
  await build({
    bundle: true,
    entryPoints: [entry],
    logLevel: 'error',
    // The SDK's ES modules: what of them is not used stays out, which makes a bundle that is smaller and starts sooner.
    mainFields: ['module', 'main'],
    minify: true,
    nodePaths: [path.join(ROOT, 'tests/tools/node_modules')],
    outfile,
    platform: 'node',
    target: 'node20',
  });
}
