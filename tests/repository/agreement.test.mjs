// One word per concept: the inputs of action.yml, node24/action.yml, the core that reads them and the table of docs/ are
// the same; and what is committed in dist/ belongs to the sources beside it, and is no larger than it has to be.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { untruths } from '../../build/freshness.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const action = read('action.yml');

test('the core reads the inputs that action.yml names', () => {
  const constant = /INPUT_NAMES: \[&str; \d+\] = \[(.*?)\];/s.exec(read('src/inputs/table.rs'))[1];
  assert.deepEqual([...constant.matchAll(/"([^"]+)"/g)].map(([, name]) => name), keysOf(action, 'inputs'));
});

test('the core takes for left out what action.yml gives as default', () => {
  const source = read('src/inputs/reader.rs');
  for (const [name, value] of Object.entries(defaultsOf(action))) {
    const written = /^(\d+|true|false)$/.test(value) ? `("${name}", ${value}` : `"${value}"`;
    const isThere = name === 'environment-store' ? read('src/stores/naming.rs').includes('#[default]\n    NotFoundOk') : source.includes(written);
    assert.ok(isThere, `${name}: ${value}`);
  }
});

test("docs/inputs.md has the inputs of action.yml with their defaults", () => {
  const section = read('docs/inputs.md').split('\n## Outputs\n')[0];
  const rows = [...section.matchAll(/^\| `([a-z-]+)`( \*)? \| (.*?) \|(.*?)\|$/gm)];
  assert.deepEqual(rows.map(([, name]) => name), keysOf(action, 'inputs'));
  const required = rows.filter(([, , star]) => star).map(([, name]) => name);
  assert.deepEqual(required, ['cognito-identity-pool-id', 'cognito-role-arn']);
  for (const [name, value] of Object.entries(defaultsOf(action))) {
    const row = rows.find(([, rowName]) => rowName === name);
    assert.ok(row[4].includes(`\`${value}\``), `${name}: ${row[4]} is not ${value}`);
  }
});

test('docs/migrate.md names as inputs of this action what is one, and as none what is none', () => {
  const section = read('docs/migrate.md').split('### Inputs\n')[1].split('\n### ')[0];
  const rows = [...section.matchAll(/^\| `([a-z0-9-]+)` \| .*? \| (.*?) \|$/gm)];
  assert.ok(rows.length >= 14);
  const inputs = keysOf(action, 'inputs');
  for (const [, name, here] of rows) assert.equal(inputs.includes(name), !here.startsWith('not an input'), name);
});

test("the table of outputs in docs/inputs.md is action.yml's", () => {
  const section = read('docs/inputs.md').split('\n## Outputs\n')[1].split('\n## ')[0];
  const names = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(names, keysOf(action, 'outputs'));
});

test('every error code of the core has a heading in docs/troubleshooting.md, and no other has', () => {
  const ofThePackage = ['file-failed', 'would-be-shown'];
  assert.deepEqual(documentedCodes().toSorted(), [...codesOfTheSources(), ...ofThePackage].toSorted());
});

test('the codes that README.md names are documented', () => {
  const section = read('README.md').split('## When it fails\n')[1].split('\n## ')[0];
  const named = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
  assert.equal(named.length, 6);
  assert.deepEqual(named.filter((code) => !documentedCodes().includes(code)), []);
});

test('the types of the npm package name the same codes, but those of the action alone', () => {
  const ofTheAction = ['cancelled', 'export-failed', 'profile-not-written', 'would-be-shown'];
  const typed = [...read('npm/index.d.mts').split('type ErrorCode =')[1].matchAll(/\| '([a-z-]+)'/g)].map(([, code]) => code);
  const expected = documentedCodes().filter((code) => !ofTheAction.includes(code));
  assert.deepEqual(typed, expected.toSorted());
});

test('the options of the npm package are the inputs, but those of exporting, and the claims of a laptop', () => {
  const exporting = ['export-aws-credentials', 'overwrite-aws-profile', 'export-env', 'export-outputs'];
  const inputs = keysOf(action, 'inputs').filter((name) => !exporting.includes(name));
  const options = [...read('npm/options.ts').split('const INPUTS = {')[1].split('}')[0].matchAll(/^ {2}(\w+): '([a-z-]+)',$/gm)];
  assert.deepEqual(options.map(([, , input]) => input), inputs);
  const typed = [...read('npm/index.d.mts').matchAll(/^ {2}(\w+)\?: /gm)].map(([, name]) => name);
  const ownOfJavaScript = ['signal', 'logger', 'mask', 'env'];
  const expected = [...options.map(([, option]) => option), 'repository', 'environment', ...ownOfJavaScript];
  assert.deepEqual(typed.toSorted(), expected.toSorted());
});

test('the help of the command line names every flag', () => {
  const help = read('npm/help.ts');
  const options = [...read('npm/options.ts').split('const INPUTS = {')[1].split('}')[0].matchAll(/^ {2}(\w+): /gm)].map(([, option]) => option);
  const flags = options.map((option) => option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
  const inNoCommand = ['github-token', 'min-mask-length'];
  for (const flag of [...flags, 'repository', 'environment', 'from', 'to', 'command', 'profile', 'web-identity-token-server', 'yes']) {
    assert.equal(new RegExp(`--${flag}\\b(?!-)`).test(help), !inNoCommand.includes(flag), flag);
  }
});

test('node24/action.yml differs from action.yml in the Node alone', () => {
  const [comment, ...lines] = read('node24/action.yml').split('\n');
  assert.match(comment, /^# /);
  const expected = action.replace('using: node20', 'using: node24').replace('main: dist/', 'main: ../dist/');
  assert.equal(lines.join('\n'), expected);
});

test('dist/ is built from the sources beside it', () => {
  assert.deepEqual(untruths(root), [], 'run `npm run build` and commit what it makes');
});

test('the bundle has nothing of the packages that it does without', () => {
  const bundle = read('dist/index.js');
  const core = literalsOf('@actions/core/lib/oidc-utils.js');
  assert.ok(core.length > 5 && core.every((literal) => bundle.includes(literal)), 'a literal is in the bundle as it is in its source');
  const ours = literalsOf('@actions/core/lib');
  for (const name of ['undici', 'tunnel', '@actions/exec', '@actions/io', '@actions/http-client/lib/index.js']) {
    const literals = literalsOf(name).filter((literal) => !ours.includes(literal));
    assert.ok(literals.length >= 3, `${name}: ${literals.length} literals`);
    assert.deepEqual(literals.filter((literal) => bundle.includes(literal)), [], name);
  }
});

test('the bundle starts no process, and takes hpagent from a file of its own', () => {
  const bundle = read('dist/index.js');
  const required = [...bundle.matchAll(/(?:require|import)\("([^"]+)"\)/g)].map(([, name]) => name.replace(/^node:/, ''));
  const expected = ['crypto', 'events', 'fs', 'http', 'https', 'net', 'os', 'path', 'tls', 'v8'];
  assert.deepEqual([...new Set(required)].sort(), ['./hpagent.js', ...expected].sort());
});

test('what is in dist/ may be passed on, and names whom it is from', () => {
  const named = [...read('dist/LICENSES.txt').matchAll(/^(@?[\w/-]+) (\d[\w.+-]*) \((.+)\)$/gm)];
  for (const expected of ['@actions/core', 'hpagent', 'aws-sigv4', 'jsonwebtoken', 'rsa', 'wasm-bindgen']) {
    assert.ok(named.some(([, name]) => name === expected), expected);
  }
  const permissive = /^(MIT|Apache-2\.0|BSD-[23]-Clause|BSL-1\.0|Unlicense|Unicode-3\.0|ISC)$/;
  for (const [, name, , license] of named) {
    const terms = license.replace(/[()]/g, '').split(/ OR | AND |\//);
    assert.ok(terms.every((term) => permissive.test(term)), `${name}: ${license}`);
  }
});

test('what a runner fetches and compiles stays small', () => {
  const size = (file) => statSync(path.join(root, 'dist', file)).size;
  assert.ok(size('env_kvstore_bg.wasm') <= 500_000, `the core has ${size('env_kvstore_bg.wasm')} bytes`);
  const loadable = readdirSync(path.join(root, 'dist')).filter((file) => /\.(wasm|js|cjs|mjs)$/.test(file));
  const all = loadable.reduce((sum, file) => sum + size(file), 0);
  assert.ok(all <= 700_000, `${loadable.join(', ')} have ${all} bytes`);
});

/** The longer literals in the sources of an installed package, or in one file of it: no minifier changes them. */
function literalsOf(name) {
  const place = path.join(root, 'node_modules', name);
  const files = statSync(place).isDirectory()
    ? readdirSync(place, { recursive: true }).filter((file) => /\.js$/.test(file) && !/node_modules|test|types/.test(file)).map((file) => path.join(place, file))
    : [place];
  const literals = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/['`}]([\w .,:;/()-]{18,})['`$]/g)].map(([, literal]) => literal));
  return [...new Set(literals)];
}

/** By the headings that links to a code lead to. */
function documentedCodes() {
  return [...read('docs/troubleshooting.md').matchAll(/^### `([a-z-]+)`$/gm)].map(([, code]) => code);
}

/** The keys below a top-level key of a YAML file as plain as ours. */
function keysOf(yaml, section) {
  return [...sectionOf(yaml, section).matchAll(/^ {2}([a-z0-9-]+):$/gm)].map(([, key]) => key);
}

function defaultsOf(yaml) {
  const inputs = sectionOf(yaml, 'inputs').split(/^ {2}(?=[a-z])/m).slice(1);
  const pairs = inputs.map((input) => [input.split(':')[0], /^ {4}default: '?(.*?)'?$/m.exec(input)?.[1]]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

function sectionOf(yaml, section) {
  return yaml.split(new RegExp(`^${section}:\n`, 'm'))[1].split(/^(?=\S)/m)[0];
}

/** A batch that is refused ends no step, so its code is told to nobody. The shim's own codes are in its failures. */
function codesOfTheSources() {
  const codes = [...read('src/error/code.rs').matchAll(/=> "([a-z-]+)"/g)].map(([, code]) => code).filter((code) => code !== 'batch-refused');
  const shim = readdirSync(path.join(root, 'action')).flatMap((file) =>
    [...read(`action/${file}`).matchAll(/^ *code: '([a-z-]+)'|\{ code: '([a-z-]+)'/gm)].map(([, a, b]) => a ?? b),
  );
  return [...new Set([...codes, ...shim])];
}
