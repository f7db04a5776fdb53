// The library and the command line, with Vault in place of AWS, against a real OpenBao.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/vault/programs.test.mjs` runs them on another Node.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NODE, runCli, runProgram } from '../runner/command.mjs';
import { CANARY, addRole, cloud, newOpenBao } from './jobs.mjs';

const TOGETHER = { concurrency: 4 };
const LIBRARY = new URL('../../dist/npm/index.mjs', import.meta.url).href;

const bao = await newOpenBao();
await addRole(bao, 'deploy');
await bao.does('POST', 'secret/data/ci', { data: { token: `${CANARY}-token`, user: `${CANARY}-user` } });

const CONNECTION = ['--vault-url', bao.url, '--vault-role', 'deploy', `--vault-ca-certificate=${bao.certificate}`, '--oidc-issuer', cloud.url, '--github-enterprise-name', 'octo-enterprise'];
const ENTRIES = 'secret/data/ci token | TOKEN ; secret/data/ci user | DB_USER';

/** As a person with a job's token has it: neither in a job nor with anything of AWS. */
function environment() {
  const { AWS_ENDPOINT_URL: _, ...tokens } = cloud.jobEnvironment();
  return tokens;
}

describe('the command line', TOGETHER, () => {
  test('prints one value and runs a command with all', async () => {
    const got = await runCli(['get', 'TOKEN', '--yes', ...CONNECTION, '--vault-secrets', ENTRIES], { environment: environment() });
    assert.deepEqual([got.exitCode, got.stdout], [0, `${CANARY}-token`], got.stderr);
    const script = 'process.stdout.write(`${process.env.TOKEN} ${process.env.DB_USER}`)';
    const ran = await runCli(['exec', ...CONNECTION, '--vault-secrets', ENTRIES, '--', NODE, '-e', script], { environment: environment() });
    assert.deepEqual([ran.exitCode, ran.stdout], [0, `${CANARY}-token ${CANARY}-user`], ran.stderr);
  });

  test('takes entries of several flags together', async () => {
    const flags = ['--vault-secrets', 'secret/data/ci token | TOKEN;', '--vault-secrets', 'secret/data/ci user | DB_USER'];
    const got = await runCli(['get', 'DB_USER', '--yes', ...CONNECTION, ...flags], { environment: environment() });
    assert.deepEqual([got.exitCode, got.stdout], [0, `${CANARY}-user`], got.stderr);
  });

  test('names its flags in refusals', async () => {
    const refused = await runCli(['get', 'TOKEN', '--yes', ...CONNECTION, '--vault-secrets', ENTRIES, '--vault-audience', 'sts.amazonaws.com', '--values', 'A,secret'], { environment: environment() });
    assert.equal(refused.exitCode, 2, refused.stderr);
    assert.match(refused.stderr, /--vault-audience: `sts\.amazonaws\.com` is an audience of AWS/);
    assert.match(refused.stderr, /--values: is for AWS, and `--vault-url` for Vault/);
    const denied = await runCli(['get', 'A', '--yes', ...CONNECTION, '--vault-secrets', 'secret/data/none a | A'], { environment: environment() });
    assert.equal(denied.exitCode, 1);
    assert.match(denied.stderr, /vault-secret-not-found/);
  });

  test('looks after stores of AWS alone', async () => {
    const { exitCode, stderr } = await runCli(['doctor', ...CONNECTION, '--vault-secrets', ENTRIES], { environment: environment() });
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /--vault-url: is only for reading values/);
  });
});

test('the library loads values, and says where each is from', async () => {
  const options = { vaultUrl: bao.url, vaultRole: 'deploy', vaultCaCertificate: bao.certificate, vaultSecrets: ENTRIES, oidcIssuer: cloud.url, githubEnterpriseName: 'octo-enterprise' };
  const script = `
    import { loadValues } from ${JSON.stringify(LIBRARY)};
    const values = await loadValues(${JSON.stringify(options)});
    const { value, origin, type } = values.get('TOKEN');
    console.log(JSON.stringify({ value, origin, type, shown: String(values.size) }));
  `;
  const { exitCode, stdout, stderr } = await runProgram([NODE, '--input-type=module', '-e', script], { environment: environment() });
  assert.equal(exitCode, 0, stderr);
  const origin = { level: 'secret', secretName: 'secret/data/ci', secretArn: `${bao.url}/v1/secret/data/ci`, versionId: '1' };
  assert.deepEqual(JSON.parse(stdout), { value: `${CANARY}-token`, origin, type: 'secret', shown: '2' });
});
