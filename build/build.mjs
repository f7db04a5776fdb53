// `node build/build.mjs`: makes dist/ and the local cloud's policy evaluator from their sources.
// `node build/build.mjs --check`: makes them again elsewhere and fails unless they are what is committed.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { inputsHash, sha256 } from './freshness.mjs';
import { wasmToolchain } from './toolchain.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');
const out = mkdtempSync(path.join(tmpdir(), 'env-kvstore-dist-'));
const dist = path.join(out, 'dist');
const generated = path.join(out, 'tests/cloud/generated');
const scratch = path.join(root, 'target/wasm-bindgen');

/** `action/http-client.ts` says why. Its `lib/proxy` and `lib/auth` stay the original's. */
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

const toolchain = wasmToolchain();
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
writeFileSync(path.join(dist, 'build.json'), `${JSON.stringify(record(), null, 2)}\n`);
if (check) {
  compareWithCommitted();
} else {
  for (const folder of ['dist', 'tests/cloud/generated']) {
    rmSync(path.join(root, folder), { recursive: true, force: true });
    cpSync(path.join(out, folder), path.join(root, folder), { recursive: true });
  }
}
rmSync(out, { recursive: true });

/** Both crates for wasm32, without paths of this machine in them. */
function compile() {
  const cargoHome = process.env.CARGO_HOME ?? path.join(homedir(), '.cargo');
  run('cargo', ['fetch', '--locked']);
  // A registry's folder is named after its host, which is another where a mirror stands in for it.
  const sources = path.join(cargoHome, 'registry/src');
  const registries = readdirSync(sources).map((name) => path.join(sources, name));
  const remapped = [cargoHome, ...registries].map((folder) => [folder, '/cargo']);
  remapped.push([toolchain.sysroot, '/rust'], [root, '/env-kvstore']);
  const flags = [...toolchain.flags, ...remapped.map(([from, to]) => `--remap-path-prefix=${from}=${to}`)];
  run(toolchain.cargo, ['build', '--release', '--locked', '--target', 'wasm32-unknown-unknown', ...toolchain.arguments], {
    ...toolchain.environment,
    CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'),
    CARGO_TARGET_DIR: path.join(root, 'target/wasm'),
  });
}

function bindgen(crate, folder) {
  const wasm = path.join(root, `target/wasm/wasm32-unknown-unknown/release/${crate}.wasm`);
  const manifest = path.join(root, 'build/bindgen/Cargo.toml');
  run('cargo', ['run', '--release', '--locked', '--quiet', '--manifest-path', manifest, '--', wasm, folder], {
    CARGO_TARGET_DIR: path.join(root, 'target/bindgen'),
  });
  // The glue for bundlers that load wasm themselves; the loaders here are `action/load.ts` and `tests/cloud/policy.mjs`.
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
    inject: ['action/random.ts'],
    legalComments: 'none',
    metafile: true,
    minify: true,
    platform: 'node',
    target: 'node20',
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
  cpSync(path.join(root, 'npm/index.d.mts'), path.join(dist, 'npm/index.d.mts'));
  const bundled = packages([action, npm].flatMap(({ metafile }) => bundledFiles(metafile)));
  writeFileSync(path.join(dist, 'LICENSES.txt'), licenses([...bundled, ...crates()]));
}

function version() {
  return /^version = "(.+)"$/m.exec(readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))[1];
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
  const { packages, resolve } = JSON.parse(
    run('cargo', ['metadata', '--format-version', '1', '--locked', '--filter-platform', 'wasm32-unknown-unknown'], {}, 'pipe'),
  );
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

function record() {
  return {
    toolchain: toolchain.name,
    inputs: inputsHash(root),
    files: Object.fromEntries(
      [dist, generated].flatMap((folder) =>
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.join(entry.parentPath, entry.name))
          .sort()
          .map((file) => [path.relative(out, file).replaceAll('\\', '/'), sha256(readFileSync(file))]),
      ),
    ),
  };
}

function compareWithCommitted() {
  const committed = JSON.parse(readFileSync(path.join(root, 'dist/build.json'), 'utf8'));
  const built = record();
  delete built.files['dist/build.json'];
  if (committed.toolchain !== built.toolchain) {
    console.log(`built with ${built.toolchain}, committed from ${committed.toolchain}: bytes not compared`);
    return;
  }
  const differing = Object.keys({ ...committed.files, ...built.files }).filter(
    (name) => committed.files[name] !== built.files[name],
  );
  if (differing.length > 0) {
    throw new Error(`not what the sources build: ${differing.join(', ')}; run \`npm run build\` and commit`);
  }
  console.log(`${Object.keys(built.files).length} files are what the sources build, byte for byte`);
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
