// `export-aws-credentials`: the session's credentials for later steps, in the environment or in a profile.

import assert from 'node:assert/strict';
import { chmodSync, lstatSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { homeFolder } from '../runner/home-folder.mjs';
import { stalledReader } from '../runner/stalled-reader.mjs';
import {
  addReader,
  areOfTheRole,
  CANARY,
  failed,
  hex,
  keysIn,
  newRepository,
  ONE_SECRET,
  run,
  settings,
  storesAskedFor,
  succeeded,
  TOGETHER,
} from './jobs.mjs';

const NOTHING = { GITHUB_ENV: '', GITHUB_OUTPUT: '', GITHUB_STEP_SUMMARY: '' };

describe('credentials for later steps', TOGETHER, () => {
  // A profile alone needs no values.
  const toProfile = (name, more) => ({ 'export-aws-credentials': `profile:${name}`, values: '', ...more });

  test('env needs no values, and then no store is read', async () => {
    const repository = newRepository({});
    const step = await run({ repository, inputs: { 'export-aws-credentials': 'env', values: '' } });
    assert.equal(step.exitCode, 0, step.log.join('\n'));
    assert.equal(Object.keys(step.env).length, 5);
    assert.deepEqual(storesAskedFor(repository), []);
  });

  test('env writes nothing before the runner has every mask', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`K_${i}`, hex(600)]));
    const half = (rest) => Object.fromEntries(Object.entries(many).filter((_, i) => i % 2 === rest));
    const repository = newRepository({ secrets: half(0), 'env/production/secrets': half(1) });
    const reader = stalledReader();
    const inputs = { values: '*,secret', 'export-aws-credentials': 'env' };
    const step = await run({ repository, inputs, onLine: reader.onLine });
    assert.equal(step.exitCode, 0, step.log.join('\n'));
    assert.match(step.stdout, /^::add-mask::ASIA/m);
    assert.deepEqual(reader.found, ['', '', '']);
  });

  test('env refuses a value that would take the place of one of them', async () => {
    const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
    const inputs = { 'export-aws-credentials': 'env', values: 'AWS_SESSION_TOKEN,secret,TOKEN' };
    failed(await run({ repository, inputs }), 'value-unusable', /AWS_SESSION_TOKEN.*`export-aws-credentials`/);
  });

  test('env and profile give those of the second role', async (t) => {
    const home = homeFolder(t);
    const reader = addReader();
    const chain = { 'chain-role-arn': reader, values: '' };
    const step = await run({ inputs: { ...chain, 'export-aws-credentials': 'env' } });
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = step.env;
    await areOfTheRole({ id, key, token }, reader);
    succeeded(await run({ inputs: toProfile('ci', chain), environment: { HOME: home.path } }), {});
    await areOfTheRole(keysIn(home.files()['.aws/credentials']), reader);
  });

  test('profile:NAME makes both files in the home folder, for this user alone', async (t) => {
    const home = homeFolder(t);
    const step = await run({ inputs: toProfile('ci'), environment: { HOME: home.path } });
    succeeded(step, {});
    const { id, key, token } = keysIn(home.files()['.aws/credentials']);
    assert.deepEqual(home.files(), {
      '.aws/config': '[profile ci]\nregion = us-west-2\n',
      '.aws/credentials': `[ci]\n${settings(id, key, token)}`,
    });
    if (process.platform !== 'win32') {
      const modes = ['.aws', '.aws/config', '.aws/credentials'].map(home.mode);
      assert.deepEqual(modes, ['700', '600', '600']);
    }
    for (const secret of [id, key, token]) assert.equal(step.masker.mask(secret), '***');
    await areOfTheRole({ id, key, token });
    assert.match(step.summary, /^Credentials of .* in profile `ci`\.$/m);
    assert.ok(!step.log.some((line) => line.startsWith('Warning: ')), step.log.join('\n'));
  });

  test('profile:default is the one that tools take unasked', async (t) => {
    const home = homeFolder(t);
    succeeded(await run({ inputs: toProfile('default'), environment: { HOME: home.path } }), {});
    assert.equal(home.files()['.aws/config'], '[default]\nregion = us-west-2\n');
    assert.match(home.files()['.aws/credentials'], /^\[default\]\n/);
  });

  test('profile:NAME is merged into files that are there, whose every other byte stays', async (t) => {
    // Latin-1, a line end of each kind, no last one, a section that others call by the same name.
    const credentials = '# Schl\xfcssel \xff\r\n[other]\naws_access_key_id=AKIA1\n\taws_secret_access_key = x ; y';
    const config = '[ci]\nx=1\n\n[profile other]\n  region = r\n';
    const home = homeFolder(t, { '.aws/credentials': credentials, '.aws/config': config });
    const environment = { HOME: home.path };
    succeeded(await run({ inputs: toProfile('ci'), environment }), {});
    succeeded(await run({ inputs: toProfile('team/cd'), environment }), {});
    const files = home.files();
    const added = ['ci', 'team/cd'].map((name) => `\n[profile ${name}]\nregion = us-west-2\n`);
    assert.equal(files['.aws/config'], config + added.join(''));
    assert.ok(files['.aws/credentials'].startsWith(`${credentials}\r\n\r\n[ci]\r\n`), files['.aws/credentials']);
    assert.equal(files['.aws/credentials'].split('[team/cd]').length, 2);
    assert.deepEqual(Object.keys(files), ['.aws/config', '.aws/credentials']);
  });

  test('profile:NAME goes where AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say', async (t) => {
    const home = homeFolder(t);
    const named = { AWS_CONFIG_FILE: '~/a/config.ini', AWS_SHARED_CREDENTIALS_FILE: home.at('b/c/keys.ini') };
    succeeded(await run({ inputs: toProfile('ci'), environment: { HOME: home.path, ...named } }), {});
    assert.deepEqual(Object.keys(home.files()), ['a/config.ini', 'b/c/keys.ini']);
    const one = { AWS_CONFIG_FILE: home.at('one'), AWS_SHARED_CREDENTIALS_FILE: home.at('one') };
    succeeded(await run({ inputs: toProfile('ci'), environment: { HOME: home.path, ...one } }), {});
    assert.match(home.files().one, /^\[profile ci\]\nregion = us-west-2\n\n\[ci\]\naws_access_key_id = /);
  });

  test('profile:NAME follows a link and leaves it one', async (t) => {
    const home = homeFolder(t, { 'dotfiles/credentials': '[other]\nx = 1\n', '.aws/config': '' });
    symlinkSync(home.at('dotfiles/credentials'), home.at('.aws/credentials'));
    succeeded(await run({ inputs: toProfile('ci'), environment: { HOME: home.path } }), {});
    assert.ok(lstatSync(home.at('.aws/credentials')).isSymbolicLink());
    assert.match(home.files()['dotfiles/credentials'], /^\[other\]\nx = 1\n\n\[ci\]\n/);
  });

  test('profile:NAME is refused if either file has it, and both stay as they are, and so does all else', async (t) => {
    for (const [file, header] of [['.aws/credentials', '[ci]'], ['.aws/config', '[profile "ci"] # x']]) {
      const home = homeFolder(t, { '.aws/credentials': '[x]\n', '.aws/config': '', [file]: `${header}\nx = 1` });
      const before = home.files();
      const step = await run({ inputs: toProfile('ci', { values: ONE_SECRET }), environment: { HOME: home.path } });
      failed(step, 'profile-not-written', /`ci` .*already exists[\s\S]*overwrite-aws-profile: true/);
      assert.deepEqual(home.files(), before);
    }
  });

  test('profile:NAME comes to nothing if the run does', async (t) => {
    const home = homeFolder(t);
    const inputs = toProfile('ci', { values: ONE_SECRET });
    failed(await run({ repository: newRepository({}), inputs, environment: { HOME: home.path } }), 'store-not-found');
    assert.deepEqual(home.files(), {});
  });

  test('profile:NAME comes to nothing if the values cannot be exported', async (t) => {
    const home = homeFolder(t, { '.aws/credentials': '[x]\ny = 1\n' });
    const before = { files: home.files(), mode: home.mode('.aws/credentials') };
    const inputs = toProfile('ci', { values: ONE_SECRET });
    const full = process.platform === 'linux' ? [['/dev/full', /ENOSPC/]] : [];
    for (const variable of Object.keys(NOTHING)) {
      for (const [target, reason] of [[tmpdir(), /EISDIR/], ...full]) {
        const step = await run({ inputs, environment: { HOME: home.path, [variable]: target } });
        failed(step, 'export-failed', reason);
        assert.deepEqual({ files: home.files(), mode: home.mode('.aws/credentials') }, before);
      }
    }
  });

  test('profile:NAME that cannot be written exports nothing, and the error names the file', async (t) => {
    const home = homeFolder(t, { '.aws': 'a file where the folder should be' });
    const inputs = toProfile('ci', { values: ONE_SECRET });
    failed(await run({ inputs, environment: { HOME: home.path } }), 'export-failed', /(EEXIST|ENOTDIR) \(.*\.aws/);
    assert.deepEqual(Object.keys(home.files()), ['.aws']);
  });

  test('profile:NAME of which one file cannot be written is not in the other', async (t) => {
    if (process.platform !== 'linux') return t.skip('only Linux has a folder that nobody can write to');
    const home = homeFolder(t, { '.aws/credentials': '[x]\n# \xfc\n' });
    chmodSync(home.at('.aws/credentials'), 0o644);
    const inputs = toProfile('ci', { values: ONE_SECRET });
    const environment = { HOME: home.path, AWS_CONFIG_FILE: '/proc/config' };
    const before = { GITHUB_ENV: 'EARLIER=1', GITHUB_OUTPUT: 'other=1\n' };
    failed(await run({ inputs, environment, before }), 'export-failed', /\(\/proc\/config/, before);
    assert.deepEqual(home.files(), { '.aws/credentials': '[x]\n# \xfc\n' });
    assert.equal(home.mode('.aws/credentials'), '644');
    rmSync(home.at('.aws'), { recursive: true });
    failed(await run({ inputs, environment }), 'export-failed');
    assert.deepEqual(home.files(), {});
  });

  test('profile:NAME beside AWS_ACCESS_KEY_ID is warned about', async (t) => {
    const home = homeFolder(t);
    const environment = { HOME: home.path, AWS_ACCESS_KEY_ID: 'AKIAOLD' };
    const step = await run({ inputs: toProfile('ci'), environment });
    succeeded(step, {});
    assert.match(step.log.join('\n'), /^Warning: AWS_ACCESS_KEY_ID is set: AWS tools use it instead of profile ci/m);
  });
});
