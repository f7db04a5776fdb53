// `build.mjs --check` against whoever changes dist/, the sources or the record: what it finds on every machine, what with the
// toolchain of dist/ alone, and that it says when it could not look.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compiledFrom, inputsHash, MADE, madeFiles, notHashed, recordedBuild, sources, untruths } from '../../build/freshness.mjs';
import { wasmToolchain } from '../../build/toolchain.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const temporary = mkdtempSync(path.join(tmpdir(), 'env-kvstore-build-'));
after(() => rmSync(temporary, { recursive: true }));

const STALE = 'the sources are not those that dist/build.json records';
const OTHER = 'rustc 1.80.0 (051478957 2024-07-21)';

describe('the record', () => {
  /** What Cargo, rustup, esbuild or Node would read, and Git or the old hash would not have shown. */
  const slipped = {
    'src/target/slipped.rs': '',
    'action/node_modules/hpagent/index.js': '',
    'build/bindgen/target/slipped.rs': '',
    'build.rs': 'fn main() {}',
    'policy/build.rs': 'fn main() {}',
    '.cargo/config.toml': '[build]\nrustc-wrapper = "slipped"\n',
    'rust-toolchain.toml': '[toolchain]\nchannel = "nightly"\n',
  };
  for (const [file, text] of Object.entries(slipped)) {
    test(`shows ${file}`, () => {
      const copy = checkout();
      put(copy, file, text);
      assert.deepEqual(untruths(copy), [STALE]);
    });
  }

  for (const file of ['tsconfig.json', 'package.json', 'package-lock.json', 'Cargo.lock', 'src/lib.rs', 'action/main.ts', 'build/bindgen/src/main.rs']) {
    test(`shows that ${file} was changed`, () => {
      const copy = checkout();
      appendFileSync(path.join(copy, file), '\n');
      assert.deepEqual(untruths(copy), [STALE]);
    });
  }

  test('tells bytes apart that no text has', () => {
    const copy = checkout();
    const hashes = [[0xff], [0xfe], [0x0a], [0x0d, 0x0a]].map((bytes) => {
      put(copy, 'src/bytes', Buffer.from(bytes));
      return inputsHash(copy);
    });
    assert.equal(new Set(hashes).size, 4);
  });

  test('takes no link, which could lead to what is not hashed', () => {
    const copy = checkout();
    symlinkSync(path.join(copy, 'Cargo.toml'), path.join(copy, 'src/link.rs'));
    assert.throws(() => untruths(copy), /src\/link\.rs is neither a file nor a folder/);
  });

  test('shows what was changed, added and removed of what a build made', () => {
    const copy = checkout();
    appendFileSync(path.join(copy, 'dist/index.js'), ';');
    appendFileSync(path.join(copy, 'tests/cloud/generated/env_kvstore_policy_bg.js'), ';');
    put(copy, 'dist/npm/added.mjs', '');
    rmSync(path.join(copy, 'dist/hpagent.js'));
    const files = ['dist/hpagent.js', 'dist/index.js', 'dist/npm/added.mjs', 'tests/cloud/generated/env_kvstore_policy_bg.js'];
    assert.deepEqual(untruths(copy), files.map((file) => `${file} is not the file that dist/build.json records`));
  });

  test('is of a build: where there is none, that is said', () => {
    const copy = checkout();
    rmSync(path.join(copy, 'dist/build.json'));
    assert.deepEqual(untruths(copy), ['there is no dist/build.json']);
  });
});

describe('a build', () => {
  test('is refused if a tool has read what is not hashed', () => {
    const read = ['src/lib.rs', 'docs/slipped.rs', 'README.md', 'action/main.ts'].map((file) => path.join(root, file));
    assert.deepEqual(notHashed(root, read), [read[1], read[2]]);
    assert.deepEqual(notHashed(root, sources(root).map((file) => path.join(root, file))), []);
  });

  test('knows from Cargo what was compiled', () => {
    assert.deepEqual(compiledFrom('/w/a.wasm: /w/src/a.rs /w/my\\ docs/b.rs /w/c\n'), ['/w/src/a.rs', '/w/my docs/b.rs', '/w/c']);
    assert.deepEqual(compiledFrom('C:\\w\\a.wasm: C:\\w\\src\\a.rs\n'), ['C:\\w\\src\\a.rs']);
    assert.deepEqual(compiledFrom(''), []);
  });

  test('takes the toolchain of dist/ where rustup has it, and another where it has not', () => {
    const recorded = recordedBuild(root).toolchain;
    const lines = `import { wasmToolchain } from ${JSON.stringify(new URL('../../build/toolchain.mjs', import.meta.url).href)};
      const { name, environment } = wasmToolchain(${JSON.stringify(recorded)});
      console.log(JSON.stringify({ name, environment }));`;
    const chosen = (installed) => {
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', lines], { encoding: 'utf8', env: { PATH: rust(installed) } });
      assert.equal(stderr, '');
      return JSON.parse(stdout);
    };
    const [, release] = recorded.split(' ');
    assert.deepEqual(chosen({ active: OTHER, others: { [release]: recorded } }), { name: recorded, environment: { RUSTUP_TOOLCHAIN: release } });
    assert.deepEqual(chosen({ active: OTHER, others: {} }), { name: OTHER, environment: {} });
    assert.deepEqual(chosen({ active: recorded, others: {} }), { name: recorded, environment: {} });
  });
});

describe('build.mjs --check', () => {
  test('says that bytes were not compared where the toolchain is another, and fails in CI', () => {
    const copy = checkout();
    for (const [CI, status] of [['true', 1], ['1', 1], [undefined, 0], ['', 0], ['false', 0]]) {
      const checked = check(copy, { CI, PATH: rust({ active: OTHER, others: {} }) });
      assert.match(checked.stderr, /^BYTES NOT COMPARED: dist\/ was built with rustc .*, and this is rustc 1\.80\.0/);
      assert.equal(checked.status, status, `CI=${CI}`);
    }
  });

  test('finds a changed file without the toolchain of dist/', () => {
    const copy = checkout();
    appendFileSync(path.join(copy, 'dist/index.js'), ';');
    const { status, stderr } = check(copy, { PATH: rust({ active: OTHER, others: {} }) });
    assert.equal(status, 1);
    assert.match(stderr, /dist\/index\.js is not the file that dist\/build\.json records/);
  });

  test('finds a file that was changed together with its hash, by the bytes that the sources make', (t) => {
    const recorded = recordedBuild(root);
    if (wasmToolchain(recorded.toolchain).name !== recorded.toolchain && !process.env.CI) return t.skip(`needs ${recorded.toolchain}`);
    const copy = checkout();
    const wasm = path.join(copy, 'dist/env_kvstore_bg.wasm');
    // A custom section without a name: the wasm works as before.
    appendFileSync(wasm, Buffer.from([0, 1, 0]));
    record(copy);
    assert.deepEqual(untruths(copy), []);
    const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'build/build.mjs'), '--check', copy], { cwd: root, encoding: 'utf8' });
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^dist\/: not what the sources build: dist\/env_kvstore_bg\.wasm\. /m);
  });
});

test('every lock names each dependency by its hash, and no folder or Git repository', () => {
  for (const file of ['Cargo.lock', 'build/bindgen/Cargo.lock', 'fuzz/Cargo.lock']) {
    const packages = readFileSync(path.join(root, file), 'utf8').split('[[package]]\n').slice(1);
    const others = packages.filter((text) => !/^source = "registry\+.*crates\.io-index"\nchecksum = "[0-9a-f]{64}"$/m.test(text));
    const names = others.map((text) => /^name = "(.+)"/.exec(text)[1]);
    assert.ok(packages.length > names.length && names.every((name) => ['bindgen', 'env-kvstore', 'env-kvstore-admin', 'env-kvstore-fuzz', 'env-kvstore-policy'].includes(name)), `${file}: ${names}`);
    assert.ok(others.every((text) => !/^source = /m.test(text)), file);
  }
  for (const file of ['package-lock.json', 'tests/tools/package-lock.json']) {
    const { '': _, ...packages } = JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
    const others = Object.entries(packages).filter(([, { integrity, link }]) => link || !/^sha512-/.test(integrity));
    assert.deepEqual(others, [], file);
  }
});

/** What a build reads and makes, in a folder of its own, with a record that is true of it. */
function checkout() {
  const copy = mkdtempSync(path.join(temporary, 'checkout-'));
  for (const file of sources(root)) cpSync(path.join(root, file), path.join(copy, file));
  for (const made of MADE) cpSync(path.join(root, made), path.join(copy, made), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), 'junction');
  record(copy);
  assert.deepEqual(untruths(copy), []);
  return copy;
}

function record(copy) {
  const { toolchain } = recordedBuild(copy);
  put(copy, 'dist/build.json', JSON.stringify({ toolchain, inputs: inputsHash(copy), files: madeFiles(copy) }));
}

function put(copy, file, text) {
  mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
  writeFileSync(path.join(copy, file), text);
}

function check(copy, environment) {
  return spawnSync(process.execPath, [path.join(copy, 'build/build.mjs'), '--check'], { cwd: copy, encoding: 'utf8', env: environment });
}

/** A PATH on which rustc and rustup are programs that know these toolchains, and their sources of std. */
function rust({ active, others }) {
  const folder = mkdtempSync(path.join(temporary, 'rust-'));
  mkdirSync(path.join(folder, 'lib/rustlib/src/rust/library/std'), { recursive: true });
  const names = Object.entries(others).map(([release, name]) => `${release}) name="${name}" ;;`);
  const select = (release) => `case "${release}" in '') name="${active}" ;; ${names.join(' ')} *) exit 1 ;; esac\n`;
  const rustc = `${select('$RUSTUP_TOOLCHAIN')}[ "$1" = --version ] && echo "$name" || echo "${folder}"\n`;
  const rustup = `[ "$1 $3 $4" = 'run rustc --version' ] || exit 1\n${select('$2')}echo "$name"\n`;
  for (const [program, lines] of Object.entries({ rustc, rustup })) {
    writeFileSync(path.join(folder, program), `#!/bin/sh\n${lines}`, { mode: 0o755 });
  }
  return `${folder}${path.delimiter}/usr/bin${path.delimiter}/bin`;
}
