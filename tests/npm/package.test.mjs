// The npm package as a release packs it and a project installs it: what is in it, that it needs nothing else, its types, and
// that it starts. No registry is asked.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/package.test.mjs` runs what is installed on another Node.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NODE, runProgram } from '../runner/command.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOOLS = path.join(ROOT, 'tests/tools/node_modules');
const MANIFEST = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
const WINDOWS = process.platform === 'win32';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-package-'));
after(() => rm(folder, { recursive: true }));
const project = path.join(folder, 'project');
const installed = path.join(project, 'node_modules/env-kvstore');
const [packed] = JSON.parse(await npm(ROOT, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder));
const tarball = path.join(folder, packed.filename);
await mkdir(project);
await writeFile(path.join(project, 'package.json'), '{ "private": true }\n');
await npm(project, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball);

describe('the package', () => {
  test('has what it needs, and nothing else', () => {
    assert.deepEqual(packed.files.map((file) => file.path).toSorted(), [
      'LICENSE',
      'README.md',
      'dist/LICENSES.txt',
      'dist/env_kvstore_bg.wasm',
      'dist/hpagent.js',
      'dist/npm/LICENSES.txt',
      'dist/npm/age.cjs',
      'dist/npm/cli.mjs',
      'dist/npm/core.mjs',
      'dist/npm/credential-chain.cjs',
      'dist/npm/dotenv.cjs',
      'dist/npm/env_kvstore_admin_bg.wasm.gz',
      'dist/npm/index.d.mts',
      'dist/npm/index.mjs',
      'dist/npm/prompts.cjs',
      'dist/package.json',
      'package.json',
    ]);
    assert.ok(packed.size < 1_300_000, `${packed.size} bytes`);
    assert.ok(packed.unpackedSize < 3_000_000, `${packed.unpackedSize} bytes`);
  });

  test('has the files that are committed, byte for byte', async () => {
    for (const { path: file } of packed.files) {
      assert.ok((await readFile(path.join(installed, file))).equals(await readFile(path.join(ROOT, file))), file);
    }
  });

  test('depends on nothing, and runs nothing when it is installed', async () => {
    const manifest = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies', 'gypfile', 'binary']) {
      assert.equal(manifest[kind], undefined, kind);
    }
    const byItself = Object.keys(manifest.scripts).filter((name) => /^(pre|post)?(install|pack|publish|prepare)|prepublish|preprepare|postprepare/.test(name));
    assert.deepEqual(byItself, []);
    const { packages } = JSON.parse(await readFile(path.join(project, 'node_modules/.package-lock.json'), 'utf8'));
    assert.deepEqual(Object.keys(packages), ['node_modules/env-kvstore']);
    assert.equal(packages['node_modules/env-kvstore'].hasInstallScript, undefined);
  });

  const PARTS = ['age', 'credential-chain', 'dotenv', 'prompts'].map((name) => `dist/npm/${name}.cjs`);

  test('imports nothing but Node and its own files', async () => {
    for (const file of ['dist/npm/core.mjs', 'dist/npm/index.mjs', 'dist/npm/cli.mjs', ...PARTS, 'dist/hpagent.js']) {
      const source = await readFile(path.join(installed, file), 'utf8');
      // In brackets, a text of the SDK's shows how others would load something.
      const names = [...source.matchAll(/(?:^import [^"]*?from |^import |\bimport\(|(?<!\[)\brequire\()"([^"]+)"/gm)].map(([, name]) => name);
      assert.ok(names.length > 0 || file.endsWith('/age.cjs'), file);
      assert.deepEqual(names.filter((name) => !isBuiltin(name) && !['./core.mjs', '../hpagent.js', ...PARTS.map((part) => `./${path.basename(part)}`)].includes(name)), [], file);
    }
  });

  test('names nothing of the machine that built it', async () => {
    for (const file of await readdir(path.join(installed, 'dist'), { recursive: true })) {
      if (!/\.(cjs|js|mjs|mts|wasm|txt)$/.test(file)) continue;
      const bytes = await readFile(path.join(installed, 'dist', file), 'latin1');
      assert.ok(!bytes.includes(ROOT) && !/\/(home|root|Users)\/\w/.test(bytes), file);
    }
  });

  test('is what publint calls right', async () => {
    const { exitCode, stdout } = await runProgram([process.execPath, path.join(TOOLS, 'publint/src/cli.js'), 'run', tarball, '--strict'], {
      environment: { NO_COLOR: '1' },
    });
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /All good!/);
  });

  test('has the version of the core', async () => {
    assert.match(await readFile(path.join(ROOT, 'Cargo.toml'), 'utf8'), new RegExp(`^version = "${MANIFEST.version}"$`, 'm'));
  });
});

describe('an installed package', () => {
  test('is imported, and exports what its types say', async () => {
    const { stdout, stderr, exitCode } = await run('use.mjs', `
      import * as library from 'env-kvstore';
      console.log(Object.keys(library).join());
      console.log(await library.loadValues({}).catch((error) => error instanceof library.EnvKvstoreError && error.code));
    `);
    assert.equal(stderr, '');
    assert.equal(exitCode, 0);
    assert.equal(stdout, 'EnvKvstoreError,fromGitHubActions,loadValues\ninvalid-input\n');
  });

  test('is the same by require(), where Node requires ES modules: 20.19 and newer', async () => {
    const { stdout, stderr, exitCode } = await run('use.cjs', `
      if (!process.features.require_module) return console.log('true');
      const { EnvKvstoreError } = require('env-kvstore');
      import('env-kvstore').then((library) => console.log(library.EnvKvstoreError === EnvKvstoreError));
    `);
    assert.equal(exitCode, 0, stderr);
    assert.equal(stdout, 'true\n');
  });

  test('shows no file but its entry and its manifest', async () => {
    const { stdout } = await run('deep.mjs', `
      const names = ['env-kvstore/package.json', 'env-kvstore/dist/npm/cli.mjs', 'env-kvstore/dist/hpagent.js'];
      for (const name of names) {
        try { import.meta.resolve(name); console.log('found'); } catch ({ code }) { console.log(code); }
      }
    `);
    assert.equal(stdout, 'found\nERR_PACKAGE_PATH_NOT_EXPORTED\nERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  test('has its command line where npx finds it', { skip: WINDOWS && 'a program of Windows is a script around it' }, async () => {
    const bin = path.join(project, 'node_modules/.bin/env-kvstore');
    const PATH = `${path.dirname(NODE)}${path.delimiter}${process.env.PATH}`;
    assert.deepEqual(await runProgram([bin, '--version'], { environment: { PATH } }), {
      exitCode: 0,
      signal: null,
      stdout: `${MANIFEST.version}\n`,
      stderr: '',
    });
    const { exitCode, stderr } = await runProgram([bin, 'credential-process'], { environment: { PATH } });
    assert.equal(exitCode, 2);
    assert.match(stderr, /--cognito-identity-pool-id: is required/);
  });
});

describe('types', () => {
  const PROGRAM = `
    import { STSClient } from '@aws-sdk/client-sts';
    import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@aws-sdk/types';
    import { EnvKvstoreError, fromGitHubActions, loadValues } from 'env-kvstore';
    import type {
      ConnectionOptions, CredentialProvider, Credentials, ErrorCode, LoadedValue, LoadValuesOptions, Logger, Origin,
    } from 'env-kvstore';

    const logger: Logger = console;
    const { signal } = new AbortController();
    const connection: ConnectionOptions = {
      cognitoIdentityPoolId: 'us-west-2:12345678-1234-1234-1234-1234567890ab',
      cognitoRoleArn: 'arn:aws:iam::123456789012:role/github-actions',
      identity: 'cognito', githubEnterpriseName: 'octo', oidcIssuer: 'https://x', audience: 'x', githubToken: 'x',
      awsAccountId: '1', awsRegion: 'x', cognitoAccountId: '1', cognitoRegion: 'x', chainRoleArn: 'x', chainSessionTags: 'x',
      chainTransitiveTagKeys: 'x',
      roleSessionName: 'x', roleDurationSeconds: 3600, timeoutSeconds: 60, signal, logger,
    };

    const provider: CredentialProvider = fromGitHubActions(connection);
    const ofSdk: AwsCredentialIdentityProvider = provider;
    const identity: AwsCredentialIdentity = await provider({ forceRefresh: true });
    new STSClient({ region: 'us-west-2', credentials: provider });
    new STSClient({ credentials: ofSdk });
    const credentials: Credentials = await provider();
    const expiration: Date | undefined = credentials.expiration;

    const options: LoadValuesOptions = {
      ...connection, values: 'A,secret', secrets: 'B=id', namespace: 'n', secretsManagerAccountId: '1',
      secretsManagerRegion: 'x', environmentStore: 'required', repository: 'o/r', environment: 'e', mask: true,
      minMaskLength: 4, env: process.env,
    };
    const values: Map<string, LoadedValue> = await loadValues(options);
    const origin: Origin | undefined = values.get('A')?.origin;
    const text: string | undefined = values.get('A')?.value;
    const level: 'environment' | 'repository' | 'secret' | 'parameter' | undefined = origin?.level;

    export function advice(error: unknown): string {
      if (!(error instanceof EnvKvstoreError)) throw error;
      const code: ErrorCode = error.code;
      switch (error.code) {
        case 'store-not-found': {
          const narrowed: 'store-not-found' = error.code;
          return narrowed;
        }
        case 'throttled':
          return error.hint;
      }
      const rest: Exclude<ErrorCode, 'store-not-found' | 'throttled'> = error.code;
      return \`\${error.name} \${code} \${rest} \${error.message} \${error.tryNextLink}\`;
    }

    export function misspelt(error: EnvKvstoreError): boolean {
      // @ts-expect-error: there is no such code
      return error.code === 'store-not-there';
    }

    // What each identity needs, by the names of now and by the older ones.
    const pool = { cognitoIdentityPoolId: 'p' };
    const role = { cognitoRoleArn: 'r' };
    const needed = { ...pool, ...role };
    const chosen: 'web-identity' | 'environment' = Math.random() > 0.5 ? 'web-identity' : 'environment';
    fromGitHubActions(needed);
    fromGitHubActions({ ...needed, identity: undefined, audience: undefined });
    fromGitHubActions({ ...needed, identity: 'cognito-enhanced' });
    fromGitHubActions({ identityPoolId: 'p', roleArn: 'r' });
    fromGitHubActions({ ...pool, roleArn: 'r' });
    fromGitHubActions({ ...needed, identityPoolId: 'p', roleArn: 'r' });
    fromGitHubActions({ ...role, identity: 'web-identity' });
    fromGitHubActions({ roleArn: 'r', identity: 'web-identity', cognitoIdentityPoolId: undefined });
    fromGitHubActions({ ...role, identity: chosen });
    fromGitHubActions({ identity: 'environment' });
    fromGitHubActions({ ...role, identity: 'web-identity', tokenExchangeUrl: 'https://x/exchange?issuerId=github' });
    loadValues({ identity: 'environment', repository: 'o/r', secrets: 'A=b' });
    loadValues({ ...needed, values: 'A,secret', secrets: undefined });

    // @ts-expect-error: the pool and the role are missing
    fromGitHubActions({});
    // @ts-expect-error: the role is missing
    fromGitHubActions(pool);
    // @ts-expect-error: the pool is missing
    fromGitHubActions(role);
    // @ts-expect-error: the pool is missing
    fromGitHubActions({ ...role, identity: 'cognito-enhanced' });
    // @ts-expect-error: the role is missing
    fromGitHubActions({ identity: 'web-identity' });
    // @ts-expect-error: what an exchange returns goes to STS itself
    fromGitHubActions({ ...needed, tokenExchangeUrl: 'https://x' });
    // @ts-expect-error: undefined is no role
    fromGitHubActions({ ...pool, cognitoRoleArn: undefined });
    // @ts-expect-error: undefined is no pool, by its older name either
    fromGitHubActions({ ...role, identityPoolId: undefined });
    // @ts-expect-error: neither values nor secrets
    loadValues(needed);
    // @ts-expect-error: undefined is no line
    loadValues({ ...needed, values: undefined });
    // @ts-expect-error: the role is missing
    loadValues({ ...pool, values: 'A,secret' });
    // @ts-expect-error: there is no such option
    fromGitHubActions({ ...needed, rolearn: 'x' });
    // @ts-expect-error: credentials have no values
    fromGitHubActions({ ...needed, values: 'A,secret' });
    // @ts-expect-error: nor has an action's input a place here
    fromGitHubActions({ ...needed, 'aws-region': 'x' });
    // @ts-expect-error: options must be given
    fromGitHubActions();
    // @ts-expect-error: a number
    fromGitHubActions({ ...needed, roleDurationSeconds: '3600' });
    // @ts-expect-error: a string
    fromGitHubActions({ ...needed, awsAccountId: 123456789012 });
    // @ts-expect-error: there is no such identity
    fromGitHubActions({ ...needed, identity: 'oidc' });
    // @ts-expect-error: there is no such rule
    loadValues({ ...needed, values: 'A,secret', environmentStore: 'maybe' });
    // @ts-expect-error: lines are one string
    loadValues({ ...needed, values: ['A,secret'] });
    // @ts-expect-error: a boolean
    loadValues({ ...needed, values: 'A,secret', mask: 'true' });
    // @ts-expect-error: how the options are made up is nobody's business
    type Hidden = import('env-kvstore').ConnectionInputs;
    // @ts-expect-error: a value may be missing
    values.get('A').value;
    // @ts-expect-error: values are read only
    values.forEach((value) => (value.value = ''));
    // @ts-expect-error: made by the library alone
    new EnvKvstoreError('x');
    // @ts-expect-error: not exported
    import('env-kvstore/dist/npm/index.mjs');
    void [identity, expiration, text, level];
  `;

  for (const [moduleResolution, module] of [['nodenext', 'nodenext'], ['bundler', 'esnext']]) {
    test(`hold a program to its word, by the SDK's types (${moduleResolution})`, async () => {
      const sdk = await projectWith(moduleResolution, { 'program.mts': PROGRAM }, ['@aws-sdk', '@smithy']);
      assert.equal(await compile(sdk, { module, moduleResolution, skipLibCheck: true }), '');
    });

    test(`compile the examples of the types and of the documents under strict (${moduleResolution})`, async () => {
      const documents = ['dist/npm/index.d.mts', 'README.md', ...(await readdir(path.join(ROOT, 'docs'))).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];
      const texts = await Promise.all(documents.map((file) => readFile(path.join(ROOT, file), 'utf8')));
      const blocks = texts.flatMap((text) => [...text.matchAll(/```(?:js|ts)\n(.*?)```/gs)].map(([, lines]) => lines.replace(/^ \* ?/gm, '')));
      const examples = blocks.filter((lines) => lines.includes("from 'env-kvstore'"));
      assert.ok(examples.length >= 4);
      const sdk = "import { STSClient as S3Client } from '@aws-sdk/client-sts';";
      const files = examples.map((lines, index) => [`example-${index}.mts`, lines.replace(/import \{ S3Client \} from '@aws-sdk\/client-s3';/, sdk)]);
      const place = await projectWith(`${moduleResolution}-examples`, Object.fromEntries(files), ['@aws-sdk', '@smithy']);
      assert.equal(await compile(place, { module, moduleResolution, skipLibCheck: true }), '');
    });

    test(`are right by themselves, and need no other types than the platform's (${moduleResolution})`, async () => {
      const lines = `
        import { fromGitHubActions, loadValues } from 'env-kvstore';
        const { accessKeyId } = await fromGitHubActions({ identity: 'environment', signal: AbortSignal.timeout(1) })();
        export const all: [string, number] = [accessKeyId, (await loadValues({ identity: 'environment', values: '' })).size];
      `;
      const alone = await projectWith(`${moduleResolution}-alone`, { 'program.mts': lines }, []);
      const options = { module, moduleResolution, lib: ['es2022', 'dom'], types: [], skipLibCheck: false, exactOptionalPropertyTypes: true };
      assert.equal(await compile(alone, options), '');
    });
  }
});

async function npm(cwd, ...args) {
  // A cache of its own: what this machine's has is not what a fresh one has.
  const env = { ...process.env, npm_config_cache: path.join(folder, 'cache'), npm_config_update_notifier: 'false' };
  const { stdout } = await promisify(execFile)(WINDOWS ? 'npm.cmd' : 'npm', args, { cwd, env, shell: WINDOWS });
  return stdout;
}

/** Runs a program of the project. */
async function run(file, lines) {
  await writeFile(path.join(project, file), lines);
  return runProgram([NODE, path.join(project, file)], { environment: {} });
}

/** A project that has the package, Node's types if others are there, and packages of the test tools. */
async function projectWith(name, files, packages) {
  const place = path.join(folder, name);
  const modules = path.join(place, 'node_modules');
  await mkdir(path.join(modules, '@types'), { recursive: true });
  const links = [[installed, 'env-kvstore'], ...packages.map((each) => [path.join(TOOLS, each), each])];
  if (packages.length > 0) links.push([path.join(ROOT, 'node_modules/@types/node'), '@types/node']);
  await Promise.all([
    ...links.map(([target, link]) => symlink(target, path.join(modules, link), 'junction')),
    ...Object.entries(files).map(([file, text]) => writeFile(path.join(place, file), text)),
    writeFile(path.join(place, 'package.json'), '{ "type": "module" }\n'),
  ]);
  return place;
}

/** What tsc has to say. */
async function compile(place, options) {
  const compilerOptions = { strict: true, noEmit: true, target: 'es2022', noUncheckedIndexedAccess: true, verbatimModuleSyntax: true, ...options };
  await writeFile(path.join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
  const { stdout } = await runProgram([process.execPath, path.join(ROOT, 'node_modules/typescript/bin/tsc'), '--project', place], { environment: {} });
  return stdout;
}
