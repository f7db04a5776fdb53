// The files and the log of the runner: what the committed bundle writes to them, what it leaves untouched when it fails or is
// ended, and that text of others gives it no commands.

import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { stalledReader } from '../runner/stalled-reader.mjs';
import { spoken } from '../runner/step.mjs';
import { CANARY, cloud, failed, hex, newRepository, ownCloud, run, storesOf, succeeded, TOGETHER, unexpected } from './jobs.mjs';

const NOTHING = { GITHUB_ENV: '', GITHUB_OUTPUT: '', GITHUB_STEP_SUMMARY: '' };

describe('the files of the runner', TOGETHER, () => {
  const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });

  test('keep what others wrote, whether or not it ends with a line break', async () => {
    for (const end of ['\n', '']) {
      const before = {
        GITHUB_ENV: `EARLIER=1${end}`,
        GITHUB_OUTPUT: `other<<EOF\nvalue\nEOF${end}`,
        GITHUB_STEP_SUMMARY: `# Theirs${end}`,
      };
      const step = await run({ repository, before });
      assert.equal(step.exitCode, 0);
      assert.deepEqual(step.env, { EARLIER: '1', TOKEN: `${CANARY}-t` });
      assert.equal(step.outputs.other, 'value');
      assert.equal(step.outputs['values-loaded'], '1');
      for (const [name, text] of Object.entries(before)) assert.ok(step.files[name].startsWith(text), name);
      assert.match(step.summary, /^# Theirs\n+### /);
    }
  });

  test('are written when the runner has taken every mask, not before', async () => {
    const many = (prefix) => Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${prefix}_${i}`, hex(600)]));
    const stores = [many('A'), many('B')];
    const repository = newRepository({
      secrets: stores[0],
      'env/production/secrets': stores[1],
    });
    const reader = stalledReader();
    const step = await run({ repository, inputs: { values: '*,secret' }, onLine: reader.onLine });
    succeeded(step, { ...stores[0], ...stores[1] });
    const size = step.stdout.split('\n').filter((line) => line.startsWith('::add-mask::')).join('\n').length;
    // A pipe or socket holds some 300 KB at most, of which this process has read a part: masks must still be waiting.
    assert.ok(size > 600_000, `${size} characters of masks are too few to fill the pipe`);
    assert.deepEqual(reader.found, ['', '', '']);
  });

  test('get a summary that names each value and where it is from, without any value', async () => {
    const repository = newRepository({
      secrets: { TOKEN: `${CANARY}-t` },
      'env/production/variables': { LEVEL: `${CANARY}-level` },
    });
    const secret = cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-new` });
    const { summary } = await run({ repository, inputs: { values: 'TOKEN,secret\nLEVEL,variable' } });
    assert.match(summary, /TOKEN.*secret.*repository.*\/secrets.*yes/);
    assert.match(summary, /LEVEL.*variable.*environment.*\/env\/production\/variables.*no/);
    assert.ok(summary.includes(secret.versions.at(-1).id), 'the version that was read');
    assert.doesNotMatch(summary, new RegExp(CANARY));
  });

  test('get the outputs account, session name and number of values', async () => {
    const step = await run({ repository });
    assert.deepEqual(step.outputs, {
      'aws-account-id': cloud.setup.accountId,
      'role-session-name': `${step.runId}@6dcb09b5b57875f334f61aebed695e2e4193db5e`,
      'values-loaded': '1',
    });
  });

  for (const variable of Object.keys(NOTHING)) {
    test(`stay untouched if ${variable} is a directory`, async () => {
      const step = await run({ repository, environment: { [variable]: tmpdir() } });
      failed(step, 'export-failed', /EISDIR/);
    });

    test(`stay untouched if ${variable} is not set`, async () => {
      const step = await run({ repository, environment: { [variable]: undefined } });
      failed(step, 'export-failed', new RegExp(variable));
    });

    test(`stay untouched if the disk is full when ${variable} is written`, onLinux(), async () => {
      const step = await run({ repository, environment: { [variable]: '/dev/full' } });
      failed(step, 'export-failed', /ENOSPC/);
    });
  }

  test('keep what others wrote when the export fails', async () => {
    const before = { GITHUB_ENV: 'EARLIER=1', GITHUB_OUTPUT: 'other=1\n' };
    const step = await run({ repository, before, environment: { GITHUB_STEP_SUMMARY: tmpdir() } });
    failed(step, 'export-failed', /EISDIR/, before);
  });
});

describe('text of others', TOGETHER, () => {
  const COMMAND = '\n::add-mask::injected\r\n::stop-commands::injected';
  const OLD_COMMAND = '##[group]injected ##[add-mask]injected';

  test('in a claim is no command to the runner', async () => {
    const names = { workflow: `w${COMMAND}`, actor: '::add-mask::injected' };
    const claims = { ...names, head_ref: OLD_COMMAND, base_ref: '%0A::x::y' };
    const step = await run({ claims });
    assert.equal(step.exitCode, 0);
    noneInjected(step);
    assert.ok(step.stdout.includes('injected'), 'the claims are shown');
  });

  for (const [what, environment] of [['a line break', `p${COMMAND}`], ['the old syntax', `p${OLD_COMMAND}`]]) {
    test(`in an environment's name, with ${what}, is no command to the runner and names no store`, async () => {
      const step = await run({ claims: { environment } });
      failed(step, 'claim-unusable', /claim `environment`/);
      noneInjected(step);
    });
  }

  test('in a session tag that is shown in a refusal is no command to the runner', async () => {
    const ref = `refs/heads/x${OLD_COMMAND}`;
    const step = await run({ claims: { ref, job_workflow_ref: `a${COMMAND}` } });
    failed(step, 'claim-unusable');
    noneInjected(step);
  });

  test('in a service\'s answer is no command to the runner', async (t) => {
    for (const operation of ['GetId', 'AssumeRoleWithWebIdentity', 'GetSecretValue']) {
      const cloud = await ownCloud(t);
      const fault = { awsError: 'AccessDeniedException', message: `no ${OLD_COMMAND}${COMMAND}` };
      cloud.fail({ operation, times: Infinity, fault });
      const step = await run({ on: cloud });
      assert.equal(step.exitCode, 1);
      noneInjected(step);
    }
  });

  test('in an error of AWS is read in every form that the protocols allow', async (t) => {
    const status = 400;
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    const code = 'com.amazonaws.secretsmanager#ResourceNotFoundException:http://internal.amazon.com/coral/';
    const denial = '<Code>\n AccessDenied </Code><!-- x --><Message><![CDATA[not today]]></Message>';
    for (const [operation, fault, expected, says] of [
      ['GetSecretValue', { status, headers: { ...headers, 'x-amzn-ErrorType': code } }, 'store-not-found', /no secret of this name/],
      ['GetSecretValue', { status, headers, body: JSON.stringify({ code, Message: 'gone' }) }, 'store-not-found', /gone/],
      ['GetSecretValue', { status, headers, body: '\ufeff{"__type":"DecryptionFailure"}' }, 'store-not-decryptable', /KMS/],
      ['GetSecretValue', { status: 404, body: '<UnknownOperationException/>\n' }, 'store-refused', /UnknownOperationException/],
      ['AssumeRoleWithWebIdentity', { status: 403, body: `<Error>${denial}</Error>` }, 'assume-role-denied', /not today/],
      [
        'AssumeRoleWithWebIdentity',
        { status: 403, body: `<a:Response xmlns:a="urn:a"><Errors><Error a:b="c">${denial}</Error></Errors></a:Response>` },
        'assume-role-denied',
        /not today/,
      ],
    ]) {
      const cloud = await ownCloud(t);
      cloud.fail({ operation, times: Infinity, fault });
      failed(await run({ on: cloud, inputs: { 'environment-store': 'required' } }), expected, says);
    }
  });

  test('in an input is no command to the runner', async () => {
    const inputs = { 'aws-region': `x${COMMAND}`, namespace: OLD_COMMAND, values: 'A,##[add-mask]injected\nB,::x::y' };
    const step = await run({ inputs });
    failed(step, 'invalid-input');
    noneInjected(step);
  });

  test('that repeats the job\'s tokens is not shown', async (t) => {
    const cloud = await ownCloud(t);
    const token = cloud.mintGithubToken();
    const message = `cannot read ${token}`;
    cloud.fail({ operation: 'GetId', times: Infinity, fault: { awsError: 'NotAuthorizedException', message } });
    const step = await run({ on: cloud, inputs: { 'github-token': token } });
    failed(step, 'github-token-refused');
    assert.ok(!spoken(step).includes(token.slice(0, 16)));
  });

  function noneInjected(step) {
    assert.deepEqual(unexpected(step.commands), []);
    assert.deepEqual([...step.masker.masks].filter((mask) => mask.includes('injected')), []);
  }
});

describe('a signal', { ...TOGETHER, skip: process.platform === 'win32' && 'Windows has no such signals' }, () => {
  for (const [signal, exitCode] of [['SIGTERM', 143], ['SIGINT', 130]]) {
    for (const operation of ['GitHubToken', 'GetId', 'GetSecretValue']) {
      test(`${signal} while ${operation} is waited for: ends with ${exitCode} and writes nothing`, async (t) => {
        const cloud = await ownCloud(t);
        cloud.fail({ operation, times: Infinity, fault: 'noAnswer' });
        const onStart = async (child) => {
          await until(() => cloud.requests.some((request) => request.operation === operation));
          child.kill(signal);
        };
        const step = await run({ on: cloud, onStart });
        assert.equal(step.exitCode, exitCode);
        assert.match(step.log.join('\n'), new RegExp(`^Error: cancelled: .*${signal}`, 'm'));
        assert.deepEqual(step.files, NOTHING);
      });
    }
  }
});

async function until(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

function onLinux() {
  return { skip: process.platform !== 'linux' && 'only Linux has /dev/full' };
}
