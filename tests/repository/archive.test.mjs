// What a runner downloads before it runs anything: the archive of the repository (`git archive`, as GitHub makes it). It is small,
// it runs, and it has the sources of what runs.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { sources } from '../../build/freshness.mjs';
import { startCloud } from '../cloud/cloud.mjs';
import { NODE } from '../runner/command.mjs';
import { assertNothingLeaked, runStep } from '../runner/step.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** 1 KB is 1000 bytes. A zip compresses each file by itself, and names each twice. */
const MOST_BYTES = { 'tar.gz': 470_000, zip: 570_000 };
const CANARY = 'canary';

/** Of every call of Git; `treeOfThisCheckout` adds to it. */
const gitEnvironment = {};
const temporary = mkdtempSync(path.join(tmpdir(), 'env-kvstore-archive-'));
after(() => rmSync(temporary, { recursive: true }));

const tree = treeOfThisCheckout();
const tar = archive('tar');
const unpacked = path.join(temporary, 'unpacked');
mkdirSync(unpacked);
execFileSync('tar', ['-x', '--strip-components=1', '-C', unpacked], { input: tar });
const inRepository = git('ls-tree', '-r', '--name-only', '-z', tree).split('\0').filter(Boolean);
const inArchive = inRepository.filter((file) => existsSync(path.join(unpacked, file)));

describe('the archive', () => {
  test('is small, for Linux and macOS and for Windows', () => {
    const sizes = { 'tar.gz': gzipSync(tar).length, zip: archive('zip').length };
    for (const [format, bytes] of Object.entries(sizes)) assert.ok(bytes <= MOST_BYTES[format], `${format}: ${bytes} bytes`);
  });

  test('has every source of what a runner loads, its licences, and the hashes that a build of a clone is compared with', () => {
    const missing = [...sources(root), 'LICENSE', 'dist/LICENSES.txt', 'dist/build.json'].filter(
      (file) => !inArchive.includes(file),
    );
    // The evaluator of the tests, and the command line: nothing of them is in what a runner loads. The build, which needs them all, as
    // its lock file names what they need; which crates are in the core, and in which versions, dist/LICENSES.txt says. Longer tests
    // of modules, and declarations of types, of which nothing runs.
    assert.deepEqual(missing.filter((file) => !/^(admin|build|npm|policy)\/|^(package|package-lock|tsconfig)\.json$|^Cargo\.lock$|^host\/\w+\.d\.ts$|^src\/.*\/tests\.rs$/.test(file)), []);
  });

  test('is without what neither a runner nor its auditor needs', () => {
    const left = inRepository.filter((file) => !inArchive.includes(file));
    assert.deepEqual([...new Set(left.map((file) => file.split('/')[0]))], [
      '.ci', '.gitattributes', '.github', '.gitignore', 'CHANGELOG.md', 'CONTRIBUTING.md', 'Cargo.lock', 'README.md', 'SECURITY.md', 'admin', 'build', 'clippy.toml', 'deny.toml', 'dist', 'docs', 'fuzz', 'host', 'npm', 'package-lock.json', 'package.json', 'policy', 'rustfmt.toml', 'src', 'tests', 'tsconfig.json',
    ]);
    assert.ok(left.every((file) => !file.startsWith('dist/') || file.startsWith('dist/npm/')), 'of dist/ only the npm package');
    assert.ok(left.every((file) => !file.startsWith('src/') || file.endsWith('/tests.rs')), 'of src/ only tests');
    assert.ok(inArchive.every((file) => !/^(tests|fuzz|docs|npm)\/|^dist\/npm\//.test(file)));
  });

  for (const folder of ['.', 'node24']) {
    test(`runs by its ${path.join(folder, 'action.yml')}, and exports the values`, async () => {
      const cloud = await startCloud();
      try {
        cloud.putSecret('octo-enterprise/repo/octo-org/octo-repo/secrets', { TOKEN: `${CANARY}-token` });
        const action = readFileSync(path.join(unpacked, folder, 'action.yml'), 'utf8');
        const step = await runStep({
          node: NODE,
          main: path.join(unpacked, folder, /^ {2}main: (.+)$/m.exec(action)[1]),
          inputs: {
            'cognito-identity-pool-id': cloud.setup.poolId,
            'cognito-role-arn': cloud.setup.roleArn,
            'github-enterprise-name': 'octo-enterprise',
            'oidc-issuer': cloud.url,
            values: 'TOKEN,secret',
          },
          environment: cloud.jobEnvironment({ environment: undefined }),
        });
        assertNothingLeaked(step, CANARY);
        assert.equal(step.exitCode, 0, step.log.join('\n'));
        assert.deepEqual(step.env, { TOKEN: `${CANARY}-token` });
      } finally {
        await cloud.close();
      }
    });
  }

  test('runs behind a proxy and migrates too: what is loaded for that alone is there', () => {
    for (const [file, name] of [['hpagent.js', 'HttpsProxyAgent'], ['age.js', 'encryptToAge']]) {
      const load = `typeof require(${JSON.stringify(path.join(unpacked, 'dist', file))}).${name}`;
      assert.equal(execFileSync(NODE, ['--print', load], { encoding: 'utf8' }), 'function\n');
    }
  });
});

/** What a commit of all that is here would hold. Index and objects are kept out of the repository's own. */
function treeOfThisCheckout() {
  const objects = path.join(temporary, 'objects');
  mkdirSync(objects);
  const shared = path.resolve(root, git('rev-parse', '--git-path', 'objects').trim());
  Object.assign(gitEnvironment, {
    GIT_ALTERNATE_OBJECT_DIRECTORIES: shared,
    GIT_INDEX_FILE: path.join(temporary, 'index'),
    GIT_OBJECT_DIRECTORY: objects,
  });
  git('add', '--all');
  return git('write-tree').trim();
}

/** Below a folder, as GitHub's. */
function archive(format) {
  return execFileSync('git', ['archive', `--format=${format}`, `--prefix=org-env-kvstore-${tree}/`, tree], {
    cwd: root,
    env: { ...process.env, ...gitEnvironment },
    maxBuffer: 64 * 1024 * 1024,
  });
}

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...gitEnvironment }, maxBuffer: 16 * 1024 * 1024 });
}
