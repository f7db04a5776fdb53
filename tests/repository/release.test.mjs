// .github/workflows/release.yml as far as it runs without GitHub: what build/release.mjs decides, which job may do what, and
// the steps that are shell lines, with a repository of their own and programs that stand for gh and npm.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { disagreements, majorToMove, notes, unpublishable } from '../../build/release.mjs';
import { rustupToolchain } from '../../build/toolchain.mjs';
import { parseYaml } from '../runner/workflow.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const { version } = JSON.parse(read('package.json'));
const { jobs, on, permissions } = parseYaml(read('.github/workflows/release.yml'));
const temporary = mkdtempSync(path.join(tmpdir(), 'env-kvstore-release-'));
after(() => rmSync(temporary, { recursive: true }));

/** The changelog as it is once all its changes have been released. */
function released(changelog) {
  return changelog.replace(/^## \[Unreleased\]\n[^]*?(?=^## \[\d)/m, '## [Unreleased]\n\n');
}

/** A folder with all that names a version, and this changelog. */
function copyWith(changelog) {
  const copy = mkdtempSync(path.join(temporary, 'copy-'));
  for (const file of ['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock']) cpSync(path.join(root, file), path.join(copy, file));
  writeFileSync(path.join(copy, 'CHANGELOG.md'), changelog);
  return copy;
}

describe('a tag', () => {
  test('of the version that this repository has agrees with all that names a version', () => {
    assert.deepEqual(disagreements(`v${version}`, copyWith(released(read('CHANGELOG.md')))), []);
    // Between two releases, changes may wait for the next.
    assert.deepEqual(disagreements(`v${version}`).filter((problem) => problem !== 'CHANGELOG.md still has changes under Unreleased'), []);
  });

  test('of another version is told all places that say otherwise', () => {
    const places = ['package.json', 'package-lock.json', 'package-lock.json, packages', 'Cargo.toml', 'Cargo.lock'];
    const expected = places.map((place) => `${place} says ${version}, the tag 9.8.7`);
    const copy = copyWith(released(read('CHANGELOG.md')));
    assert.deepEqual(disagreements('v9.8.7', copy), [...expected, `the newest version in CHANGELOG.md is ${version}, not 9.8.7`]);
  });

  test('that is no plain version is no release', () => {
    for (const tag of ['1.0.0', 'v1', 'v1.0', 'v1.0.0-rc.1', 'v01.0.0', 'v1.0.0 ', 'v1.0.0\nv1.0.0', undefined]) {
      assert.match(disagreements(tag).join(), /is not a version/, tag);
    }
  });

  test('is refused while the changelog is not ready', () => {
    const wrong = {
      'CHANGELOG.md still has changes under Unreleased': (text) => text.replace('## [Unreleased]\n', '## [Unreleased]\n\n* More\n'),
      [`CHANGELOG.md has no date for ${version}`]: (text) => text.replace(/^(## \[\d.*\]) - .*$/m, '$1'),
      [`CHANGELOG.md says nothing of ${version}`]: (text) => text.replace(/^(## \[\d.*\n)[^]*?(?=^\[)/m, '$1\n'),
    };
    for (const [problem, change] of Object.entries(wrong)) {
      assert.deepEqual(disagreements(`v${version}`, copyWith(change(released(read('CHANGELOG.md'))))), [problem]);
    }
  });

  test('moves its major tag, unless a higher version has it', () => {
    const tags = ['v1', 'v1.0.0', 'v1.2.0', 'v1.10.0', 'v2.0.0', 'nightly', ''];
    assert.equal(majorToMove('v1.10.0', tags), 'v1');
    assert.equal(majorToMove('v1.10.1', tags), 'v1');
    assert.equal(majorToMove('v1.9.9', tags), undefined);
    assert.equal(majorToMove('v1.2.1', tags), undefined);
    assert.equal(majorToMove('v2.0.0', tags), 'v2');
    assert.equal(majorToMove('v3.0.0', tags), 'v3');
    assert.throws(() => majorToMove('v1', tags), /not a version/);
  });
});

test('the notes of a release are its section of the changelog and no more', () => {
  const changelog = '# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-12-01\n\n### Fixed\n\n* A [link]\n\n## [1.0.0] - 2026-11-22\n\n* First\n\n[1.0.0]: https://x\n';
  assert.equal(notes(changelog, '1.1.0'), '### Fixed\n\n* A [link]');
  assert.equal(notes(changelog, '1.0.0'), '* First');
  assert.throws(() => notes(changelog, '1.2.0'), /says nothing of 1.2.0/);
  assert.throws(() => notes(changelog, 'Unreleased'), /says nothing/);
});

test('npm must be able to take the package, and provenance to name this repository', () => {
  const repository = { type: 'git', url: 'git+https://github.com/org/env-kvstore.git' };
  assert.deepEqual(unpublishable({ repository }, 'org/env-kvstore'), []);
  assert.deepEqual(unpublishable({ repository: { url: 'https://github.com/org/env-kvstore' } }), []);
  assert.match(unpublishable({ private: true, repository }).join(), /private/);
  assert.match(unpublishable({}).join(), /no repository.url/);
  assert.match(unpublishable({ repository }, 'fork/env-kvstore').join(), /fork\/env-kvstore publishes/);
});

test('dist/ is built by a toolchain that rustup can bring', () => {
  assert.match(rustupToolchain(JSON.parse(read('dist/build.json')).toolchain), /^\d+\.\d+\.\d+$/);
  assert.throws(() => rustupToolchain('rustc 1.85.0 (4d91de4e4 2025-02-17) (built from a source tarball) of Debian'), /rustup cannot bring/);
  assert.throws(() => rustupToolchain('rustc 1.97.0-nightly (59807616e 2026-04-14)'), /rustup cannot bring/);
});

test('the commands fail as the workflow needs it, and say what is wrong', () => {
  const command = (...args) => spawnSync(process.execPath, ['build/release.mjs', ...args], { cwd: root, encoding: 'utf8', input: 'v1\n' });
  const wrong = command('check', 'v9.8.7');
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /^package.json says .*\n(.*\n)*.*CHANGELOG.md/);
  assert.equal(command('major', 'v1.0.0').stdout, 'v1\n');
  assert.equal(command('notes', `v${version}`).status, 0);
  assert.equal(command('notes', 'v9.8.7').status, 1);
  assert.deepEqual([command('nope').status, command().status], [1, 1]);
});

describe('release.yml', () => {
  test('starts at a tag of a version and nothing else', () => {
    assert.deepEqual(on, { push: { tags: ['v*.*.*'] } });
  });

  test('gives each job what it needs, and code of dependencies nothing', () => {
    assert.deepEqual(permissions, { contents: 'read' });
    const granted = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]));
    assert.deepEqual(granted, {
      test: undefined,
      release: { attestations: 'write', contents: 'write', 'id-token': 'write' },
      npm: { attestations: 'read', contents: 'read', 'id-token': 'write' },
      major: { contents: 'write' },
    });
    const installing = Object.entries(jobs).filter(([, { steps }]) => steps.some(({ run }) => /npm (ci|install|test|run)|npx/.test(run)));
    assert.deepEqual(installing.map(([name]) => name), ['test']);
    for (const { run } of jobs.release.steps.concat(jobs.npm.steps).filter(({ run }) => /npm (pack|publish)/.test(run))) {
      assert.match(run, /npm (pack|publish) --ignore-scripts/);
    }
  });

  test('publishes after the tests, with approval, and moves the major tag last', () => {
    const needs = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.needs]));
    assert.deepEqual(needs, { test: undefined, release: 'test', npm: 'release', major: ['release', 'npm'] });
    assert.deepEqual([jobs.release.environment, jobs.npm.environment], ['release', 'release']);
  });

  test('stores no token, leaves none in a checkout, and restores no cache into what it publishes', () => {
    assert.doesNotMatch(JSON.stringify(jobs), /secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN/);
    const switchedOff = { 'actions/checkout': 'persist-credentials', 'actions/setup-node': 'package-manager-cache' };
    for (const [name, { steps }] of Object.entries(jobs)) {
      for (const { uses, with: inputs } of steps) {
        const input = switchedOff[uses?.split('@')[0]];
        if (input) assert.equal(inputs[input], false, `${name}: ${uses}`);
      }
    }
  });

  test('rebuilds dist/ before the tests, with its own toolchain', () => {
    const runs = jobs.test.steps.map(({ run }) => run ?? '');
    const at = (part) => runs.findIndex((run) => run.includes(part));
    assert.ok(0 <= at('release.mjs check') && at('release.mjs check') < at('release.mjs toolchain'));
    assert.ok(at('release.mjs toolchain') < at('build.mjs --check') && at('build.mjs --check') < at('npm test'));
  });
});

describe('the shell lines of release.yml', () => {
  test('pack the npm package and dist/, and take the notes from the changelog', () => {
    const folder = path.join(temporary, 'pack');
    const files = ['CHANGELOG.md', 'package.json', 'package-lock.json', 'action.yml', 'build/release.mjs', 'build/toolchain.mjs', 'dist'];
    files.forEach((file) => cpSync(path.join(root, file), path.join(folder, file), { recursive: true }));
    const GITHUB_SHA = '0123456789abcdef0123456789abcdef01234567';
    const { status, stderr } = step('release', 'Pack', { cwd: folder, GITHUB_REF_NAME: `v${version}`, GITHUB_SHA, RUNNER_TEMP: folder });
    assert.equal(status, 0, stderr);
    const packed = spawnSync('tar', ['-xzOf', `assets/env-kvstore-${version}.tgz`, 'package/package.json'], { cwd: folder, encoding: 'utf8' }).stdout;
    const { gitHead, ...manifest } = JSON.parse(packed);
    assert.deepEqual([gitHead, manifest], [GITHUB_SHA, JSON.parse(read('package.json'))]);
    const dist = readdirSync(path.join(root, 'dist'), { withFileTypes: true }).filter((entry) => entry.isFile());
    const expected = [...dist.map(({ name }) => name), `env-kvstore-${version}.tgz`];
    assert.deepEqual(readdirSync(path.join(folder, 'assets')).toSorted(), expected.toSorted());
    assert.equal(readFileSync(path.join(folder, 'notes.md'), 'utf8'), `${notes(read('CHANGELOG.md'), version)}\n`);
  });

  test('publish a draft that has all assets, after one that an earlier attempt left is gone', () => {
    const folder = path.join(temporary, 'publish');
    mkdirSync(path.join(folder, 'assets'), { recursive: true });
    writeFileSync(path.join(folder, 'assets/a'), '');
    const create = 'release create v1.2.3 --draft --verify-tag --title v1.2.3 --notes-file /tmp/notes.md assets/a';
    const expected = [create, 'release edit v1.2.3 --draft=false'];
    for (const [isDraft, first] of [
      ['true', ['release delete v1.2.3 --yes']],
      ['false', []],
      ['', []],
    ]) {
      const gh = program('gh', `[ "$1" != api ] || { echo tested; exit; }\n[ "$2" = view ] || echo "$*" >>calls\n[ "$2" != view ] || echo "${isDraft}"\n[ "$2" != view ] || [ -n "${isDraft}" ]`);
      const { status, stderr } = step('release', 'Publish', { cwd: folder, PATH: gh, GITHUB_REF_NAME: 'v1.2.3', GITHUB_SHA: 'tested', RUNNER_TEMP: '/tmp' });
      assert.equal(status, 0, stderr);
      assert.deepEqual(readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n'), [...first, ...expected]);
      rmSync(path.join(folder, 'calls'));
    }
  });

  test('publish nothing if the tag was moved since its commit was tested', () => {
    const gh = program('gh', `[ "$*" = "api repos/org/env-kvstore/commits/v1.2.3 --jq .sha" ] && echo another || echo "$*" >>calls`);
    const environment = { GITHUB_REPOSITORY: 'org/env-kvstore', GITHUB_REF_NAME: 'v1.2.3', GITHUB_SHA: 'tested', RUNNER_TEMP: '/tmp' };
    assert.equal(step('release', 'Publish', { ...environment, cwd: temporary, PATH: gh }).status, 1);
    assert.equal(existsSync(path.join(temporary, 'calls')), false);
  });

  test('fail if the release can still be changed', () => {
    const environment = { GITHUB_REPOSITORY: 'org/env-kvstore', GITHUB_REF_NAME: 'v1.2.3' };
    for (const [immutable, status] of [['true', 0], ['false', 1], ['null', 1], ['', 1]]) {
      const gh = program('gh', `[ "$*" = "api repos/org/env-kvstore/releases/tags/v1.2.3 --jq .immutable" ] && echo "${immutable}"`);
      assert.equal(step('release', 'It is immutable', { ...environment, PATH: gh }).status, status, immutable);
    }
  });

  test('take a commit of main and no other', () => {
    const { clone, git } = repositories('branches');
    const main = git('rev-parse', 'HEAD');
    git('checkout', '--quiet', '-b', 'side');
    git('commit', '--quiet', '--allow-empty', '-m', 'side');
    const take = (GITHUB_SHA) => step('test', 'The commit is one of main', { cwd: clone, GITHUB_SHA }).status;
    assert.deepEqual([take(main), take(git('rev-parse', 'side'))], [0, 1]);
  });

  test('move the major tag to the release, and leave it where a higher version is', () => {
    const { clone, origin, git } = repositories('tags');
    const commits = ['v1.0.0', 'v1.1.0', 'v1.0.1', 'v2.0.0'].map((tag) => {
      git('commit', '--quiet', '--allow-empty', '-m', tag);
      git('tag', tag);
      const commit = git('rev-parse', 'HEAD');
      const { status, stderr } = step('major', 'Move the major tag', { cwd: clone, GITHUB_REF_NAME: tag, GITHUB_SHA: commit });
      assert.equal(status, 0, stderr);
      return commit;
    });
    assert.match(jobs.major.steps.at(-1).run, /git -c credential\.helper='!gh auth git-credential' push /);
    const at = (tag) => spawnSync('git', ['rev-parse', `refs/tags/${tag}`], { cwd: origin, encoding: 'utf8' }).stdout.trim();
    assert.deepEqual([at('v1'), at('v2')], [commits[1], commits[3]]);
  });
});

test('Dependabot keeps every lock and every pin, grouped, weekly, and not on the first day', () => {
  const { updates } = parseYaml(read('.github/dependabot.yml'));
  const where = updates.flatMap((update) => (update.directories ?? [update.directory]).map((folder) => `${update['package-ecosystem']} ${folder}`));
  assert.deepEqual(where, ['cargo /', 'cargo /build/bindgen', 'cargo /fuzz', 'npm /', 'npm /tests/tools', 'pip /tests', 'gomod /tests/terraform/tofu', 'gomod /tests/terraform/provider', 'github-actions /']);
  const manifests = { cargo: 'Cargo.toml', npm: 'package.json', pip: 'requirements.txt', gomod: 'go.mod', 'github-actions': '.github/workflows' };
  for (const place of where) {
    const [ecosystem, folder] = place.split(' ');
    assert.ok(existsSync(path.join(root, folder, manifests[ecosystem])), place);
  }
  for (const { schedule, cooldown, groups } of updates) {
    assert.deepEqual([schedule.interval, cooldown['default-days'], groups.all.patterns], ['weekly', 7, ['*']]);
  }
  // Dependabot refuses them.
  assert.doesNotMatch(read('.github/dependabot.yml'), /: [&*]\w/);
});

test('advisories are looked for every week, and when a lock of what dist/ is made of changes', () => {
  const { on: when, jobs: { advisories } } = parseYaml(read('.github/workflows/advisories.yml'));
  assert.match(when.schedule[0].cron, /^\d+ \d+ \* \* [0-6]$/);
  for (const event of ['push', 'pull_request']) {
    for (const lock of ['Cargo.lock', 'build/bindgen/Cargo.lock', 'package-lock.json']) assert.ok(when[event].paths.includes(lock), lock);
  }
  const commands = advisories.steps.map(({ run }) => run ?? '').filter((run) => /check advisories|npm audit/.test(run));
  assert.equal(commands.length, 3);
  for (const command of commands) assert.ok(read('CONTRIBUTING.md').includes(command), `CONTRIBUTING.md has \`${command}\``);
});

/** Runs the shell lines of a step as the runner does where no shell is named. */
function step(job, name, { cwd = temporary, ...environment }) {
  const { run } = jobs[job].steps.find((candidate) => candidate.name === name);
  const env = { PATH: process.env.PATH, HOME: temporary, ...environment };
  return spawnSync('bash', ['-e', '-c', run], { cwd, encoding: 'utf8', env });
}

/** PATH with a program of this name before all others. */
function program(name, lines) {
  const folder = mkdtempSync(path.join(temporary, 'bin-'));
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return `${folder}${path.delimiter}${process.env.PATH}`;
}

/** A clone with one commit on main, as actions/checkout would make it, and where it came from. */
function repositories(name) {
  const [origin, clone] = ['origin', 'clone'].map((folder) => path.join(temporary, name, folder));
  const git = (...args) => {
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'tag.gpgSign=false', '-c', 'commit.gpgSign=false'];
    const { status, stdout, stderr } = spawnSync('git', [...identity, ...args], { cwd: clone, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  mkdirSync(clone, { recursive: true });
  mkdirSync(path.join(clone, 'build'));
  for (const file of ['release.mjs', 'toolchain.mjs']) cpSync(path.join(root, 'build', file), path.join(clone, 'build', file));
  spawnSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', origin]);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'first');
  git('remote', 'add', 'origin', origin);
  git('push', '--quiet', 'origin', 'main');
  return { clone, origin, git };
}
