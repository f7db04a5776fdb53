// One word per concept: the inputs of action.yml, node24/action.yml, the core that reads them and the table of docs/ are
// the same; and what is committed in dist/ belongs to the sources beside it, and is no larger than it has to be.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { DEFAULTS, MAIN } from '../runner/step.mjs';
import { untruths } from '../../build/freshness.mjs';
import { generated, outdated, readInputs } from '../../build/inputs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const action = parse(read('action.yml'));
const inputs = Object.keys(action.inputs);
const defaults = Object.entries(action.inputs).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]]));

test('the emulated runner, which has no parser of YAML, reads action.yml as it is', () => {
  const { inputs, runs } = parse(read('action.yml'));
  const defaults = Object.entries(inputs).map(([name, input]) => [name, String(input.default ?? '')]);
  assert.deepEqual(DEFAULTS, Object.fromEntries(defaults));
  assert.equal(MAIN, path.join(root, runs.main));
});

test('the core reads the inputs that action.yml names', () => {
  const constant = /INPUT_NAMES: \[&str; \d+\] = \[(.*?)\];/s.exec(read('src/inputs/table.rs'))[1];
  assert.deepEqual([...constant.matchAll(/"([^"]+)"/g)].map(([, name]) => name), inputs);
});

test('the core takes for left out what action.yml gives as default', () => {
  const sources = ['src/inputs/reader.rs', 'src/inputs/migration.rs', 'src/inputs/vault.rs', 'src/migration/mod.rs'].map(read).join('\n');
  const constants = [...sources.matchAll(/^const (\w+): &str = ("[\w-]+");$/gm)];
  const source = constants.reduce((text, [, name, literal]) => text.replaceAll(`(${name},`, `(${literal},`), sources);
  for (const [name, value] of defaults) {
    const written = /^(\d+|true|false)$/.test(value) ? `("${name}", ${value}` : `"${value}"`;
    const isThere = name === 'environment-store' ? read('src/stores/naming.rs').includes('#[default]\n    NotFoundOk') : source.includes(written);
    assert.ok(isThere, `${name}: ${value}`);
  }
});

test('what is made of the table of inputs is as the table has it', () => {
  assert.deepEqual(outdated(root), [], 'run `node build/inputs.mjs` and commit what it makes');
});

test('every input is an option, a flag and a row of docs/inputs.md, or of the action alone, and the table says which', () => {
  const made = generated(root);
  const page = made.get('docs/inputs.md');
  for (const { name, of, flag, isClaim, older, workflow } of readInputs(root)) {
    const isThere = (file, text) => made.get(file).includes(text);
    const isOption = of !== 'action';
    assert.equal(isThere('npm/generated/options.ts', `input: '${name}'`), isOption, name);
    assert.equal(isThere('npm/index.d.mts', `  ${name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase())}?: `), isOption, name);
    assert.equal(isThere('npm/generated/flags.ts', `name: '${name}'`), isOption && flag, name);
    assert.match(page, new RegExp(`^\\| \`${name}\` \\| \\w`, 'm'));
    assert.equal(inputs.includes(name), !isClaim, name);
    if (!isClaim) assert.equal(isThere('.github/workflows/with-values.yml', `${name}: \${{ inputs.${name} }}`), workflow !== undefined, name);
    if (older) assert.ok(page.includes(`\`--${older}\``), older);
  }
});

test("README.md's inputs are action.yml's, with their defaults", () => {
  const section = read('README.md').split('## Inputs and outputs\n')[1].split('\n## ')[0];
  const rows = [...section.matchAll(/^\| `([a-z-]+)`(?: \*)? \| (.*?) \|(?:(.*?)\|)?$/gm)];
  assert.ok(rows.length >= 8);
  for (const [row, name] of rows) {
    assert.ok(inputs.includes(name), name);
    const [, byDefault] = /`([^`]*)` \(default\)/.exec(row) ?? [];
    if (byDefault !== undefined) assert.equal(byDefault, action.inputs[name].default, name);
  }
});

test('a text of the core marks the names of inputs, so that each door can write them its own way', () => {
  const quoted = new RegExp(`\`(${inputs.join('|')})(: [^\`]*)?\``);
  const files = readdirSync(path.join(root, 'src'), { recursive: true }).filter((file) => file.endsWith('.rs') && !file.endsWith('spelling.rs') && path.basename(file) !== 'tests.rs');
  const texts = files.flatMap((file) => read(path.join('src', file)).split('mod tests {')[0].split('\n').map((line) => `${file}: ${line.trim()}`));
  // The log of the action, which alone has a step with nothing to load, and a migration.
  const unmarked = texts.filter((line) => quoted.test(line.replace(/\/\/.*/, '')) && !line.includes('Log::Notice(') && !line.startsWith('migration/'));
  assert.deepEqual(unmarked, []);
  const marked = texts.flatMap((line) => [...line.matchAll(/‹([a-z][^›]*)›/g)].map(([, text]) => text.split(': ')[0]));
  assert.ok(marked.length > 30);
  assert.deepEqual(marked.filter((name) => !inputs.includes(name)), []);
});

test('docs/migrate.md names as inputs of this action what is one, and as none what is none', () => {
  const section = read('docs/migrate.md').split('### Inputs\n')[1].split('\n### ')[0];
  const rows = [...section.matchAll(/^\| `([a-z0-9-]+)` \| .*? \| (.*?) \|$/gm)];
  assert.ok(rows.length >= 14);
  for (const [, name, here] of rows) assert.equal(inputs.includes(name), !here.startsWith('not an input'), name);
});

test("the table of outputs in docs/inputs.md is action.yml's", () => {
  const section = read('docs/inputs.md').split('\n## Outputs\n')[1].split('\n## ')[0];
  const names = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(names, Object.keys(action.outputs));
});

test('every error code of the core has a heading in docs/troubleshooting.md, and no other has', () => {
  const ofThePackage = ['credentials-unavailable', 'file-edited', 'file-failed', 'proof-failed', 'snapshot-failed', 'sso-session-expired', 'would-be-shown'];
  assert.deepEqual(documentedCodes().toSorted(), [...codesOfTheSources(), ...ofThePackage].toSorted());
});

test('every finding of audit has a heading in docs/findings.md, and no other has', () => {
  const folder = 'admin/src/audit/findings';
  const sources = readdirSync(path.join(root, folder)).map((file) => read(`${folder}/${file}`)).join('\n');
  const ids = [...sources.matchAll(/^    id: "([a-z-]+)",$/gm)].map(([, id]) => id);
  assert.ok(ids.length > 20);
  const headings = [...read('docs/findings.md').matchAll(/^### ([a-z-]+)$/gm)].map(([, id]) => id);
  assert.deepEqual(headings.toSorted(), ids.toSorted());
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

test('node24/action.yml differs from action.yml in the Node alone', () => {
  const expected = { ...action, runs: { using: 'node24', main: `../${action.runs.main}` } };
  assert.deepEqual(parse(read('node24/action.yml')), expected);
  assert.equal(action.runs.using, 'node20');
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

test('the bundle starts no process, and takes hpagent and age from files of their own', () => {
  const bundle = read('dist/index.js');
  const required = [...bundle.matchAll(/(?:require|import)\("([^"]+)"\)/g)].map(([, name]) => name.replace(/^node:/, ''));
  const expected = ['crypto', 'events', 'fs', 'http', 'https', 'net', 'os', 'path', 'tls', 'v8'];
  assert.deepEqual([...new Set(required)].sort(), ['./age.js', './hpagent.js', ...expected].sort());
});

test('what encrypts is in no other file, and has nothing of the library that X25519 does without', () => {
  const age = read('dist/age.js');
  assert.ok(['age-encryption.org/v1/X25519', '-----BEGIN AGE ENCRYPTED FILE-----'].every((literal) => age.includes(literal) && !read('dist/index.js').includes(literal)));
  const used = ['@noble/hashes/utils.js', '@scure/base/index.js', 'age-encryption/dist/recipients.js'].map((file) => read(`node_modules/${file}`)).join('\n');
  for (const name of ['@noble/post-quantum', '@noble/curves', '@noble/ciphers', '@noble/hashes/scrypt.js']) {
    const literals = literalsOf(name).filter((literal) => !used.includes(literal));
    assert.ok(literals.length >= 2, `${name}: ${literals.length} literals`);
    assert.deepEqual(literals.filter((literal) => age.includes(literal)), [], name);
  }
});

test('what is in dist/ may be passed on, and names whom it is from', () => {
  const [named, ofNpm] = ['dist/LICENSES.txt', 'dist/npm/LICENSES.txt'].map((file) => [...read(file).matchAll(/^(@?[\w/-]+) (\d[\w.+-]*) \((.+)\)$/gm)]);
  for (const expected of ['@actions/core', '@noble/hashes', 'age-encryption', 'hpagent', 'aws-sigv4', 'wasm-bindgen']) {
    assert.ok(named.some(([, name]) => name === expected), expected);
    assert.ok(ofNpm.every(([, name]) => name !== expected), `${expected} is named once`);
  }
  for (const expected of ['@aws-sdk/credential-providers', '@inquirer/core', 'dotenv']) {
    assert.ok(ofNpm.some(([, name]) => name === expected), expected);
    assert.ok(named.every(([, name]) => name !== expected), `${expected} is not what a runner loads`);
  }
  for (const file of ['dist/LICENSES.txt', 'dist/npm/LICENSES.txt']) {
    const texts = read(file).split('\n----\n').map((part) => part.split('\n\n').slice(1).join('\n\n').trim());
    assert.ok(texts.every((text) => text.length > 50), `${file}: a licence has no text`);
    assert.equal(new Set(texts).size, texts.length, `${file}: each text once`);
  }
  const permissive = /^(0BSD|MIT|Apache-2\.0|BSD-[23]-Clause|BSL-1\.0|Unlicense|Unicode-3\.0|ISC|Zlib)$/;
  for (const [, name, , license] of [...named, ...ofNpm]) {
    const terms = license.replace(/[()]/g, '').split(/ OR | AND | ?\/ ?/);
    assert.ok(terms.every((term) => permissive.test(term)), `${name}: ${license}`);
  }
});

test('what a runner fetches and compiles stays small', () => {
  const size = (file) => statSync(path.join(root, 'dist', file)).size;
  assert.ok(size('env_kvstore_bg.wasm') <= 620_000, `the core has ${size('env_kvstore_bg.wasm')} bytes`);
  const loadable = readdirSync(path.join(root, 'dist')).filter((file) => /\.(wasm|js|cjs|mjs)$/.test(file));
  const all = loadable.reduce((sum, file) => sum + size(file), 0);
  assert.ok(all <= 700_000, `${loadable.join(', ')} have ${all} bytes`);
});

test('no message is made by Debug, which writes nothing in the wasm that is built', () => {
  const folders = ['admin/src', 'policy/src'];
  const files = folders.flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true }).filter((file) => file.endsWith('.rs')).map((file) => `${folder}/${file}`));
  for (const file of files) {
    const [source] = read(file).split('#[cfg(test)]\nmod tests');
    assert.doesNotMatch(source, /\{[a-z_.]*:#?\?\}/, file);
  }
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

/** A batch that is refused ends no step, so its code is told to nobody. The shim's own codes are in its failures. */
function codesOfTheSources() {
  const codes = [...read('src/error/code.rs').matchAll(/=> "([a-z-]+)"/g)].map(([, code]) => code).filter((code) => code !== 'batch-refused');
  const shim = readdirSync(path.join(root, 'action')).flatMap((file) =>
    [...read(`action/${file}`).matchAll(/^ *code: '([a-z-]+)'|\{ code: '([a-z-]+)'/gm)].map(([, a, b]) => a ?? b),
  );
  return [...new Set([...codes, ...shim])];
}
