// The wasm of the core, of the command line's admin crate and of the local cloud's policy evaluator, with the glue that calls
// them.
import { readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'fflate';
import { root, run } from './command.mjs';
import { compiledFrom, expectOnlySources } from './freshness.mjs';

/**
 * All build std themselves, for size and without the texts of panics and of `Debug`: nothing shows them, and they are a
 * quarter of the wasm. These options are unstable, and a release compiler takes them when told so by RUSTC_BOOTSTRAP.
 */
const UNSTABLE = {
  arguments: ['-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size'],
  flags: ['-Zunstable-options', '-Cpanic=immediate-abort', '-Zfmt-debug=none', '-Zlocation-detail=none'],
};

/** SHA-256 as loops: unrolled, it is 7 KB more, which V8 compiles for the few kilobytes that a run hashes. */
const COMPACT = ['--cfg=sha2_backend_soft="compact"'];

/**
 * @param {object} options
 * @param {ReturnType<import('./toolchain.mjs').wasmToolchain>} options.toolchain
 * @param {string} options.scratch where the core's glue goes, for the bundler
 * @param {string} options.dist where the core goes, and below `npm/` the admin crate
 * @param {string} options.generated where the policy evaluator goes, with its glue
 */
export function makeWasm({ toolchain, scratch, dist, generated }) {
  compile(toolchain);
  const crates = [
    ['env_kvstore', scratch, dist],
    ['env_kvstore_admin', scratch, path.join(dist, 'npm')],
    ['env_kvstore_policy', generated, generated],
  ];
  for (const [crate, folder, to] of crates) {
    bindgen(toolchain, crate, folder);
    const passes = crate === 'env_kvstore_admin' ? SMALL : FAST;
    optimize(path.join(folder, `${crate}_bg.wasm`), path.join(to, `${crate}_bg.wasm`), passes);
  }
  compress(path.join(dist, 'npm/env_kvstore_admin_bg.wasm'));
}

/** For the command line, which every user of the package installs, and few run: a third of the bytes. Not by zlib, whose output is another with another Node. */
function compress(wasm) {
  writeFileSync(`${wasm}.gz`, gzipSync(readFileSync(wasm), { level: 9, mtime: 0 }));
  rmSync(wasm);
}

/** All crates for wasm32, without paths of this machine in them. */
function compile(toolchain) {
  const cargoHome = process.env.CARGO_HOME ?? path.join(homedir(), '.cargo');
  run('cargo', ['fetch', '--locked'], toolchain.environment);
  // A registry's folder is named after its host, which is another where a mirror stands in for it.
  const sources = path.join(cargoHome, 'registry/src');
  const registries = readdirSync(sources).map((name) => path.join(sources, name));
  const remapped = [cargoHome, ...registries].map((folder) => [folder, '/cargo']);
  remapped.push([toolchain.sysroot, '/rust'], [root, '/env-kvstore']);
  const flags = [...UNSTABLE.flags, ...COMPACT, ...remapped.map(([from, to]) => `--remap-path-prefix=${from}=${to}`)];
  const build = (...packages) => {
    const chosen = packages.flatMap((name) => ['--package', name]);
    run(toolchain.cargo, ['build', '--release', '--locked', '--target', 'wasm32-unknown-unknown', ...UNSTABLE.arguments, ...chosen], {
      ...toolchain.environment,
      RUSTC_BOOTSTRAP: '1',
      CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'),
      CARGO_TARGET_DIR: path.join(root, 'target/wasm'),
    });
  };
  // By itself: built together with the core, it would be given the core's exports too.
  build('env-kvstore-admin');
  build('env-kvstore', 'env-kvstore-policy');
  const compiled = ['env_kvstore', 'env_kvstore_admin', 'env_kvstore_policy'].map((crate) => `target/wasm/wasm32-unknown-unknown/release/${crate}.d`);
  expectOnlySources(root, compiled.flatMap(filesCompiled), 'the compiler');
}

function bindgen(toolchain, crate, folder) {
  const wasm = path.join(root, `target/wasm/wasm32-unknown-unknown/release/${crate}.wasm`);
  run('cargo', ['run', '--release', '--locked', '--quiet', '--manifest-path', 'build/bindgen/Cargo.toml', '--', wasm, folder], {
    ...(toolchain.environment.RUSTC ? {} : toolchain.environment),
    CARGO_TARGET_DIR: path.join(root, 'target/bindgen'),
  });
  expectOnlySources(root, filesCompiled('target/bindgen/release/bindgen.d'), 'the compiler');
  // The glue for bundlers that load wasm themselves; the loaders here are `host/load.ts` and `tests/cloud/policy.mjs`.
  rmSync(path.join(folder, `${crate}.js`), { force: true });
}

/** V8 compiles a function when it is first called: large ones made of all that they call are compiled for nothing. */
const inliningUpTo = (size) => ['--one-caller-inline-max-function-size', `${size}`];

/** For the command line: fewer bytes and more calls. */
const SMALL = ['--merge-similar-functions', '-Oz', '-Oz', ...inliningUpTo(20)];

/**
 * For the action: control flow that is taken apart and put together anew, as binaryen's -O4 begins, is less to compile. More
 * inlining would be faster by one percent, and too large for the archive that a runner downloads.
 */
const FAST = ['--flatten', '--rereloop', '-Oz', '-Oz', ...inliningUpTo(40)];

/** Without `--all-features`: with it, binaryen writes types that Node 20 does not know. */
function optimize(wasm, to, passes) {
  const wasmOpt = path.join(root, 'node_modules/binaryen/bin/wasm-opt');
  const features = ['bulk-memory', 'mutable-globals', 'nontrapping-float-to-int', 'reference-types', 'sign-ext'];
  const enabled = features.map((feature) => `--enable-${feature}`);
  run(process.execPath, [wasmOpt, ...passes, ...enabled, '--strip-debug', '--strip-producers', wasm, '-o', to]);
}

/** The files that Cargo's list next to a program names: all that our own crates were compiled from. */
function filesCompiled(list) {
  const files = compiledFrom(readFileSync(path.join(root, list), 'utf8'));
  if (files.length === 0) throw new Error(`${list} names no file`);
  return files.map((file) => realpathSync(file));
}
