// `npm run build`: makes dist/ and the local cloud's policy evaluator from their sources.
// `npm run build -- --check [FOLDER]`: fails unless a build makes the very bytes that are in FOLDER, this checkout or another
// of the same commit. That takes the toolchain that dist/build.json names. With another only the hashes are compared; the
// check then says so, and fails where CI is set: an attacker would have changed the hashes too.
//
// The toolchain stays the one that dist/build.json names, if rustup has it. `RUSTUP_TOOLCHAIN=1.2.3 npm run build` changes it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { compiledFrom, differing, inputsHash, MADE, madeFiles, notHashed, recordedBuild, untruths } from './freshness.mjs';
import { wasmToolchain } from './toolchain.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [mode, folder = root] = process.argv.slice(2);
const scratch = path.join(root, 'target/wasm-bindgen');

/**
 * Both build std themselves, for size and without the texts of panics and of `Debug`: nothing shows them, and they are a
 * quarter of the wasm. These options are unstable, and a release compiler takes them when told so by RUSTC_BOOTSTRAP.
 */
const UNSTABLE = {
  arguments: ['-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size'],
  flags: ['-Zunstable-options', '-Cpanic=immediate-abort', '-Zfmt-debug=none', '-Zlocation-detail=none'],
};

/** `action/http-client.ts` says why. Its `lib/auth` stays the original's. */
const ownHttpClient = {
  name: 'own-http-client',
  setup: (build) =>
    build.onResolve({ filter: /^@actions\/http-client$/ }, () => ({ path: path.join(root, 'action/http-client.ts') })),
};

/**
 * `@actions/core` imports them for what is not used here, and esbuild cannot know that importing them does nothing, or in the
 * summary's case no more than to load `fs.promises`.
 */
const nothingByImport = {
  name: 'nothing-by-import',
  setup: (build) =>
    build.onResolve({ filter: /^(@actions\/(exec|io)|\.\/summary\.js)$/ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === nothingByImport) return undefined;
      const resolved = await build.resolve(path, { ...options, pluginData: nothingByImport });
      return { ...resolved, sideEffects: false };
    }),
};

/** What few runs need is a file of its own, loaded when it is needed. */
const loadedWhenNeeded = (file) => ({
  name: 'loaded-when-needed',
  setup: (build) =>
    build.onResolve({ filter: /^hpagent$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: file, external: true } : undefined,
    ),
});

/** The glue keeps its instance in a variable of its module; made a function, it can serve another when one has trapped. */
const glueForEachInstance = {
  name: 'glue-for-each-instance',
  setup: (build) =>
    build.onLoad({ filter: /env_kvstore_bg\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const names = [...source.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
      const body = source.replace(/^export (?=function )/gm, '');
      return { contents: `export function createGlue() {\n${body}\nreturn { ${names.join(', ')} };\n}\n` };
    }),
};

let toolchain, out, dist, generated;
process.exitCode = mode === '--check' ? await check() : await make();

async function make() {
  toolchain = wasmToolchain(process.env.RUSTUP_TOOLCHAIN ? undefined : recordedBuild(root)?.toolchain);
  await build(() => {
    for (const made of MADE) {
      rmSync(path.join(root, made), { recursive: true, force: true });
      cpSync(path.join(out, made), path.join(root, made), { recursive: true });
    }
  });
  console.log(`built with ${toolchain.name}`);
  return 0;
}

async function check() {
  const problems = untruths(folder);
  if (problems.length > 0) return no(`${problems.join('\n')}\nRun \`npm run build\` and commit what it makes.`);
  const committed = recordedBuild(folder);
  toolchain = wasmToolchain(committed.toolchain);
  if (toolchain.name !== committed.toolchain) {
    const inCi = !['', 'false', undefined].includes(process.env.CI);
    const what = `BYTES NOT COMPARED: dist/ was built with ${committed.toolchain}, and this is ${toolchain.name}.`;
    console.error(`${what}\nThe hashes agree, but whoever changes dist/ can change them too. Compare with that toolchain: CONTRIBUTING.md says how.`);
    return inCi ? 1 : 0;
  }
  const built = await build(() => madeFiles(out));
  const names = differing(committed.files, built);
  if (names.length > 0) return no(`not what the sources build: ${names.join(', ')}. Run \`npm run build\` and commit what it makes.`);
  console.log(`${Object.keys(built).length} files are what the sources build with ${toolchain.name}, byte for byte`);
  return 0;
}

function no(why) {
  console.error(`dist/: ${why}`);
  return 1;
}

/** Makes everything in a folder that lasts until `use` has ended. */
async function build(use) {
  out = mkdtempSync(path.join(tmpdir(), 'env-kvstore-dist-'));
  [dist, generated] = MADE.map((made) => path.join(out, made));
  try {
    for (const folder of [dist, generated, scratch]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    }
    compile();
    for (const [crate, folder] of [['env_kvstore', scratch], ['env_kvstore_policy', generated]]) {
      bindgen(crate, folder);
      optimize(path.join(folder, `${crate}_bg.wasm`), crate === 'env_kvstore' ? path.join(dist, `${crate}_bg.wasm`) : undefined);
    }
    await bundle();
    writeFileSync(path.join(dist, 'package.json'), '{ "type": "commonjs" }\n');
    const record = { toolchain: toolchain.name, inputs: inputsHash(root), files: madeFiles(out) };
    writeFileSync(path.join(dist, 'build.json'), `${JSON.stringify(record, null, 2)}\n`);
    return use();
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** Both crates for wasm32, without paths of this machine in them. */
function compile() {
  const cargoHome = process.env.CARGO_HOME ?? path.join(homedir(), '.cargo');
  run('cargo', ['fetch', '--locked'], toolchain.environment);
  // A registry's folder is named after its host, which is another where a mirror stands in for it.
  const sources = path.join(cargoHome, 'registry/src');
  const registries = readdirSync(sources).map((name) => path.join(sources, name));
  const remapped = [cargoHome, ...registries].map((folder) => [folder, '/cargo']);
  remapped.push([toolchain.sysroot, '/rust'], [root, '/env-kvstore']);
  const flags = [...UNSTABLE.flags, ...remapped.map(([from, to]) => `--remap-path-prefix=${from}=${to}`)];
  run(toolchain.cargo, ['build', '--release', '--locked', '--target', 'wasm32-unknown-unknown', ...UNSTABLE.arguments], {
    ...toolchain.environment,
    RUSTC_BOOTSTRAP: '1',
    CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'),
    CARGO_TARGET_DIR: path.join(root, 'target/wasm'),
  });
  const compiled = ['env_kvstore', 'env_kvstore_policy'].map((crate) => `target/wasm/wasm32-unknown-unknown/release/${crate}.d`);
  expectOnlySources(compiled.flatMap(filesCompiled), 'the compiler');
}

function bindgen(crate, folder) {
  const wasm = path.join(root, `target/wasm/wasm32-unknown-unknown/release/${crate}.wasm`);
  run('cargo', ['run', '--release', '--locked', '--quiet', '--manifest-path', 'build/bindgen/Cargo.toml', '--', wasm, folder], {
    ...(toolchain.environment.RUSTC ? {} : toolchain.environment),
    CARGO_TARGET_DIR: path.join(root, 'target/bindgen'),
  });
  expectOnlySources(filesCompiled('target/bindgen/release/bindgen.d'), 'the compiler');
  // The glue for bundlers that load wasm themselves; the loaders here are `host/load.ts` and `tests/cloud/policy.mjs`.
  rmSync(path.join(folder, `${crate}.js`), { force: true });
}

/** Without `--all-features`: with it, binaryen writes types that Node 20 does not know. */
function optimize(wasm, to = wasm) {
  const wasmOpt = path.join(root, 'node_modules/binaryen/bin/wasm-opt');
  const features = ['bulk-memory', 'mutable-globals', 'nontrapping-float-to-int', 'reference-types', 'sign-ext'];
  const enabled = features.map((feature) => `--enable-${feature}`);
  // V8 compiles a function when it is first called: large ones made of all that they call are compiled for nothing.
  const inlining = ['--one-caller-inline-max-function-size', '400'];
  run(process.execPath, [wasmOpt, '-Oz', '-Oz', '--reorder-functions', ...inlining, ...enabled, '--strip-debug', '--strip-producers', wasm, '-o', to]);
}

async function bundle() {
  const common = {
    absWorkingDir: root,
    alias: { '#glue': path.join(scratch, 'env_kvstore_bg.js') },
    bundle: true,
    define: { 'globalThis.crypto.getRandomValues': 'getRandomValues', VERSION: JSON.stringify(version()) },
    inject: ['host/random.ts'],
    legalComments: 'none',
    metafile: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    tsconfigRaw: { compilerOptions: languageOptions() },
  };
  const action = await esbuild.build({
    ...common,
    entryPoints: { index: 'action/main.ts', hpagent: 'hpagent' },
    // Node starts a CommonJS program faster than a module: by more than the whole core takes to compile.
    format: 'cjs',
    outdir: dist,
    plugins: [glueForEachInstance, ownHttpClient, nothingByImport, loadedWhenNeeded('./hpagent.js')],
  });
  const npm = await esbuild.build({
    ...common,
    entryPoints: { index: 'npm/index.ts', cli: 'npm/cli.ts' },
    format: 'esm',
    // What both are made of, once.
    chunkNames: 'core',
    splitting: true,
    // Whoever installs it may want to read it.
    minify: false,
    outdir: path.join(dist, 'npm'),
    outExtension: { '.js': '.mjs' },
    plugins: [glueForEachInstance, loadedWhenNeeded('../hpagent.js')],
  });
  for (const { metafile } of [action, npm]) {
    const files = Object.keys(metafile.inputs).map((file) => path.resolve(root, file));
    expectOnlySources(files.filter((file) => !isBelow('node_modules', file) && !isBelow('target/wasm-bindgen', file)), 'the bundler');
  }
  cpSync(path.join(root, 'npm/index.d.mts'), path.join(dist, 'npm/index.d.mts'));
  const bundled = packages([action, npm].flatMap(({ metafile }) => bundledFiles(metafile)));
  writeFileSync(path.join(dist, 'LICENSES.txt'), licenses([...bundled, ...crates()]));
}

function version() {
  return /^version = "(.+)"$/m.exec(readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))[1];
}

/** Of tsconfig.json what says how to read TypeScript, and nothing that says where modules are: no file replaces another. */
function languageOptions() {
  const { strict, target, verbatimModuleSyntax } = JSON.parse(readFileSync(path.join(root, 'tsconfig.json'), 'utf8')).compilerOptions;
  return { strict, target, verbatimModuleSyntax };
}

/** Fails if dist/ is made of a file whose change its hash of the sources would not show. */
function expectOnlySources(files, reader) {
  const others = notHashed(root, files);
  if (others.length > 0) throw new Error(`${reader} read ${others.join(', ')}, which build/freshness.mjs does not hash`);
}

/** The files that Cargo's list next to a program names: all that our own crates were compiled from. */
function filesCompiled(list) {
  const files = compiledFrom(readFileSync(path.join(root, list), 'utf8'));
  if (files.length === 0) throw new Error(`${list} names no file`);
  return files.map((file) => realpathSync(file));
}

function isBelow(folder, file) {
  return file.startsWith(path.join(root, folder) + path.sep);
}

/** The files of which anything is left in the bundle. */
function bundledFiles({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
}

/** The npm packages that are in the bundle. */
function packages(files) {
  const names = new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  return [...names].sort().map((name) => {
    const folder = path.join(root, 'node_modules', name);
    return { folder, ...JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) };
  });
}

/** The crates that are in the wasm: what the core depends on, and what those do, but for what only runs in the compiler. */
function crates() {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', 'wasm32-unknown-unknown'];
  const { packages, resolve } = JSON.parse(run('cargo', args, toolchain.environment, 'pipe'));
  const found = new Set();
  const visit = (id) => {
    const crate = packages.find((known) => known.id === id);
    if (found.has(crate) || crate.targets.some(({ kind }) => kind.includes('proc-macro'))) return;
    found.add(crate);
    const { deps } = resolve.nodes.find((node) => node.id === id);
    deps.filter((dep) => dep.dep_kinds.some(({ kind }) => kind === null)).forEach((dep) => visit(dep.pkg));
  };
  visit(packages.find(({ name }) => name === 'env-kvstore').id);
  return [...found]
    .filter(({ name }) => name !== 'env-kvstore')
    .map(({ manifest_path: manifest, ...crate }) => ({ folder: path.dirname(manifest), ...crate }))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** Who is to be named, by the text of the licence, each text once. */
function licenses(parts) {
  const byText = new Map();
  for (const { name, version, license, folder } of parts) {
    const files = readdirSync(folder).filter((entry) => /^(licen[cs]e|copying)/i.test(entry));
    // Of several to choose from, the shortest.
    const file = files.find((entry) => /mit/i.test(entry)) ?? files[0];
    const text = file ? readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim() : '';
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join('\n----\n\n');
}

/** What the command writes to stdout, if that is a pipe. */
function run(command, args, environment = {}, stdout = 'inherit') {
  const { status, error, stdout: text } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['inherit', stdout, 'inherit'],
  });
  if (status !== 0) {
    throw error ?? new Error(`${command} ${args.join(' ')} failed with ${status}`);
  }
  return text;
}
