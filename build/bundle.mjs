// The JavaScript of dist/: the action's, and the npm package's.
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { root } from './command.mjs';
import { expectOnlySources } from './freshness.mjs';

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

/** So is what encrypts, which only a migration needs. */
const ageLoadedWhenNeeded = {
  name: 'age-loaded-when-needed',
  setup: (build) =>
    build.onResolve({ filter: /^\.\/age\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './age.js', external: true } : undefined,
    ),
};

/**
 * Three quarters of age's library are for recipients of other kinds than X25519, which the core refuses (src/migration/recipient.rs),
 * and for platforms whose Web Crypto has no X25519, as every Node here has. Half of the rest is in Node too.
 */
const onlyX25519 = {
  name: 'only-x25519',
  setup: (build) => {
    const standIn = (filter, file) => build.onResolve({ filter }, () => ({ path: path.join(root, 'build', file) }));
    standIn(/^@noble\/(post-quantum\/hybrid|curves\/(nist|ed25519)|hashes\/scrypt)\.js$/, 'x25519-only.mjs');
    standIn(/^@noble\/(ciphers\/chacha|hashes\/(hkdf|hmac|sha2))\.js$/, 'age-by-node.mjs');
  },
};

/** What few commands need, by the file's name in `npm/parts/`: a file of its own, loaded when a command needs it. */
const PARTS = ['age', 'credential-chain', 'dotenv', 'prompts'];

const partsLoadedWhenNeeded = {
  name: 'parts-loaded-when-needed',
  setup: (build) =>
    build.onResolve({ filter: /\/parts\/[\w-]+\.ts$/ }, ({ kind, path: file }) =>
      kind === 'dynamic-import' ? { path: `./${path.basename(file, '.ts')}.cjs`, external: true } : undefined,
    ),
};

/** The glue keeps its instance in a variable of its module; made a function, it can serve another when one has trapped. */
const glueForEachInstance = {
  name: 'glue-for-each-instance',
  setup: (build) =>
    build.onLoad({ filter: /env_kvstore(_admin)?_bg\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const names = [...source.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
      const body = source.replace(/^export (?=function )/gm, '');
      return { contents: `export function createGlue() {\n${body}\nreturn { ${names.join(', ')} };\n}\n` };
    }),
};

/** Resolves to the files of which anything is left in the action, and in the npm package alone; `scratch` has the glue of the core and of the crate that writes stores. */
export async function bundle({ scratch, dist }) {
  const common = {
    absWorkingDir: root,
    alias: {
      '#admin-glue': path.join(scratch, 'env_kvstore_admin_bg.js'),
      '#glue': path.join(scratch, 'env_kvstore_bg.js'),
    },
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
    entryPoints: { index: 'action/main.ts', age: 'action/age.ts', hpagent: 'hpagent' },
    // Node starts a CommonJS program faster than a module: by more than the whole core takes to compile.
    format: 'cjs',
    // Loads by `require` what is loaded when it is needed: `import` would have Node 20 load its loader of modules for it.
    supported: { 'dynamic-import': false },
    outdir: dist,
    plugins: [glueForEachInstance, ownHttpClient, nothingByImport, loadedWhenNeeded('./hpagent.js'), ageLoadedWhenNeeded, onlyX25519],
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
    plugins: [glueForEachInstance, partsLoadedWhenNeeded, loadedWhenNeeded('../hpagent.js')],
  });
  const parts = await esbuild.build({
    ...common,
    entryPoints: Object.fromEntries(PARTS.map((name) => [name, `npm/parts/${name}.ts`])),
    // The SDK warns of the Node that its next versions need; which version is in this bundle does not depend on the user's Node.
    define: { ...common.define, 'process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED': '"true"' },
    // Some of what is in them calls `require`, which a module does not have.
    format: 'cjs',
    // The half of the AWS SDK that is never called is left out of its modules only.
    mainFields: ['module', 'main'],
    outdir: path.join(dist, 'npm'),
    outExtension: { '.js': '.cjs' },
    plugins: [onlyX25519],
  });
  for (const { metafile } of [action, npm, parts]) {
    const files = Object.keys(metafile.inputs).map((file) => path.resolve(root, file));
    expectOnlySources(root, files.filter((file) => !isBelow('node_modules', file) && !isBelow('target/wasm-bindgen', file)), 'the bundler');
  }
  cpSync(path.join(root, 'npm/index.d.mts'), path.join(dist, 'npm/index.d.mts'));
  return { action: bundledFiles(action.metafile), npm: [npm, parts].flatMap(({ metafile }) => bundledFiles(metafile)) };
}

function version() {
  return /^version = "(.+)"$/m.exec(readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))[1];
}

/** Of tsconfig.json what says how to read TypeScript, and nothing that says where modules are: no file replaces another. */
function languageOptions() {
  const { strict, target, verbatimModuleSyntax } = JSON.parse(readFileSync(path.join(root, 'tsconfig.json'), 'utf8')).compilerOptions;
  return { strict, target, verbatimModuleSyntax };
}

function isBelow(folder, file) {
  return file.startsWith(path.join(root, folder) + path.sep);
}

/** The files of which anything is left in the bundle. */
function bundledFiles({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
}
