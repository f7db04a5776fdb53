// The committed bundle on Windows, as far as wine is Windows: paths, line ends, the home folder, files that are busy or cannot
// be cut off, exit codes. The files that use jobs.mjs run there too, but for what they need of Linux (a full disk,
// pipes, links): `NODE_UNDER_TEST=$PWD/tests/runner/windows-node.mjs node --test tests/action/values.test.mjs`, with a Windows
// that runner/wine.mjs has made.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from '../cloud/cloud.mjs';
import { homeFolder } from '../runner/home-folder.mjs';
import { assertNothingExported, assertNothingLeaked, runStep } from '../runner/step.mjs';
import { startWindows, wineIsInstalled, WINDOWS_NODE } from '../runner/wine.mjs';

const NODE = fileURLToPath(new URL('../runner/windows-node.mjs', import.meta.url));
/** Stands in every secret value. */
const CANARY = 'canary';
const HANGS_AFTER_MS = 60_000;
const STORE = 'octo-enterprise/repo/octo-org/octo-repo/secrets';
const TO_PROFILE = { 'export-aws-credentials': 'profile:ci', values: 'TOKEN,secret' };

const installed = wineIsInstalled() && existsSync(WINDOWS_NODE);

describe('the bundle on Windows', { skip: !installed && 'it needs wine and tests/tools/windows, as tests/run.mjs says' }, () => {
  let cloud;
  let endWindows;

  before(async () => {
    endWindows = startWindows();
    cloud = await startCloud();
  });
  after(async () => {
    await cloud?.close();
    endWindows?.();
  });

  test('hands values on as they are: line breaks of both kinds, every script, and names without case', async () => {
    const secrets = { TOKEN: `${CANARY}-token`, LF: `${CANARY}\nb\n`, CRLF: `${CANARY}\r\nb`, SCRIPTS: `${CANARY} ü 密 🔑` };
    const step = await run({ secrets, inputs: { values: 'TOKEN,secret\r\nLF,secret\r\nCRLF,secret\r\nSCRIPTS,secret\r\n' } });
    succeeded(step, secrets);
    assert.equal(step.outputs['values-loaded'], '4');
    for (const secret of Object.values(secrets)) assert.ok(!step.masker.mask(secret).includes(CANARY), secret);
    assert.ok(step.log.every((line) => !line.includes('\r')), JSON.stringify(step.log));
    assert.match(step.summary, /`TOKEN`/);
  });

  test('keeps what others wrote to the files, with the line ends of Windows or none', async () => {
    const written = { GITHUB_ENV: 'A=1\r\nB<<EOF\r\nx\r\ny\r\nEOF\r\n', GITHUB_OUTPUT: 'other=1', GITHUB_STEP_SUMMARY: '# Theirs' };
    const step = await run({ before: written });
    succeeded(step, { A: '1', B: 'x\r\ny', TOKEN: `${CANARY}-token` });
    assert.equal(step.outputs.other, '1');
    for (const [name, text] of Object.entries(written)) assert.ok(step.files[name].startsWith(text), name);
  });

  test('ends with 1 and exports nothing if an input is wrong', async () => {
    failed(await run({ inputs: { values: 'TOKEN,key' } }), 'invalid-input');
  });

  test('makes a profile in the home folder, which is USERPROFILE, and adds one to files with line ends of Windows', async (t) => {
    const home = homeFolder(t);
    succeeded(await run({ inputs: TO_PROFILE, environment: { HOME: home.path } }), { TOKEN: `${CANARY}-token` });
    assert.equal(home.files()['.aws/config'], '[profile ci]\nregion = us-west-2\n');
    assert.match(home.files()['.aws/credentials'], /^\[ci\]\naws_access_key_id = ASIA\w+\n/);
    assert.deepEqual(Object.keys(home.files()), ['.aws/config', '.aws/credentials']);

    const theirs = homeFolder(t, { '.aws/credentials': '[other]\r\nx = \xfc\r\n', '.aws/config': '[default]\r\nregion = r\r\n' });
    succeeded(await run({ inputs: TO_PROFILE, environment: { HOME: theirs.path } }), { TOKEN: `${CANARY}-token` });
    const files = theirs.files();
    assert.match(files['.aws/credentials'], /^\[other\]\r\nx = \xfc\r\n\r\n\[ci\]\r\naws_access_key_id = ASIA\w+\r\n/);
    assert.equal(files['.aws/config'], '[default]\r\nregion = r\r\n\r\n[profile ci]\r\nregion = us-west-2\r\n');
  });

  test('takes `~` for the home folder in either notation, whatever signs its name has', async (t) => {
    const home = homeFolder(t, { "user$&$'$1/x": '' });
    const named = { AWS_CONFIG_FILE: '~/a/config.ini', AWS_SHARED_CREDENTIALS_FILE: '~\\b\\keys.ini' };
    succeeded(await run({ inputs: TO_PROFILE, environment: { HOME: home.at("user$&$'$1"), ...named } }), { TOKEN: `${CANARY}-token` });
    assert.deepEqual(Object.keys(home.files()), ["user$&$'$1/a/config.ini", "user$&$'$1/b/keys.ini", "user$&$'$1/x"]);
  });

  test('waits for a profile that another program has open, and not for ever', async (t) => {
    const home = homeFolder(t, { '.aws/credentials': '[x]\n', '.aws/config': '' });
    const environment = { HOME: home.path, BUSY_RENAMES: '1000' };
    const untouched = home.files();
    failed(await run({ inputs: TO_PROFILE, environment }), 'export-failed', /EPERM/);
    assert.deepEqual(home.files(), untouched);
    const passing = { ...environment, BUSY_RENAMES: '3' };
    succeeded(await run({ inputs: TO_PROFILE, environment: passing }), { TOKEN: `${CANARY}-token` });
    assert.deepEqual(Object.keys(home.files()), ['.aws/config', '.aws/credentials']);
  });

  test('takes back what it wrote to the files if the profile cannot be written after them', async (t) => {
    const home = homeFolder(t, { '.aws': 'a file where the folder should be' });
    const written = { GITHUB_ENV: 'EARLIER=1\r\n', GITHUB_OUTPUT: 'other=1', GITHUB_STEP_SUMMARY: '' };
    const step = await run({ inputs: TO_PROFILE, environment: { HOME: home.path }, before: written });
    failed(step, 'export-failed', /\(Z:\\.*\.aws/, written);
  });

  test('exports nothing if a file of the runner is a folder', async (t) => {
    const folder = homeFolder(t);
    const environment = { GITHUB_OUTPUT: folder.path };
    // EISDIR on Windows; wine opens the folder, and what is written to it fails.
    failed(await run({ environment }), 'export-failed', /EISDIR|EBADF/);
    assert.deepEqual(folder.files(), {});
  });

  async function run({ secrets = { TOKEN: `${CANARY}-token` }, inputs = {}, environment = {}, ...rest }) {
    cloud.putSecret(STORE, secrets);
    const step = await runStep({
      node: NODE,
      windows: true,
      inputs: {
        'cognito-identity-pool-id': cloud.setup.poolId,
        'cognito-role-arn': cloud.setup.roleArn,
        'github-enterprise-name': 'octo-enterprise',
        'oidc-issuer': cloud.url,
        values: 'TOKEN,secret',
        ...inputs,
      },
      environment: { ...cloud.jobEnvironment({ environment: undefined }), ...environment },
      killAfterMs: HANGS_AFTER_MS,
      ...rest,
    });
    assertNothingLeaked(step, CANARY);
    return step;
  }
});

function succeeded(step, env) {
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  assert.deepEqual(step.env, env);
}

function failed(step, code, reason = /./, written = {}) {
  const log = step.log.join('\n');
  assert.equal(step.exitCode, 1, log);
  assert.deepEqual(log.match(/^Error: [\w-]+: /gm), [`Error: ${code}: `], log);
  assert.match(log, reason);
  assertNothingExported(step, code, written);
}
