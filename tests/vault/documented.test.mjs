// What README.md, docs/vault.md and docs/migrate.md say of Vault, done as it is written: by OpenBao's command line, and by the bundle.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/vault/documented.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CLI, NODE, runProgram } from '../runner/command.mjs';
import { inVenv } from '../runner/venv.mjs';
import { onlyJob, parseYaml } from '../runner/workflow.mjs';
import { CANARY, cloud, run } from './jobs.mjs';
import { startOpenBao } from './openbao.mjs';

const POSIX = { skip: process.platform === 'win32' && 'the commands are for a POSIX shell' };
const GITHUB = 'https://token.actions.githubusercontent.com';
const ADDRESS = 'https://vault.example.com:8200';
const read = (page) => readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8').then((text) => text.replaceAll('\r\n', '\n'));
const blocksOf = (page) => Object.fromEntries([...page.matchAll(/<!-- test: ([\w.-]+) -->\s*```\w+\n(.*?)```/gs)].map(([, name, text]) => [name, text]));
const blocks = blocksOf(await read('vault.md'));
/** README.md has blocks of AWS too. */
const [readme, ...others] = Object.entries(blocksOf(await read('../README.md'))).filter(([name]) => name.startsWith('vault-'));

const bao = await startOpenBao();
const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-vault-'));
after(async () => {
  await bao.stop();
  await rm(folder, { recursive: true });
});
/** The texts of the pages, with the addresses of here. */
const here = (text) => text.replaceAll(ADDRESS, bao.url).replaceAll(GITHUB, cloud.url);
/** A job of a GitHub that is the cloud, without an enterprise. */
const job = (claims = {}) => ({ iss: cloud.url, enterprise: undefined, enterprise_id: undefined, ...claims });
const inputsOf = (step) => Object.fromEntries(Object.entries(step.with).map(([name, value]) => [name, here(String(value))]));
const common = { 'github-enterprise-name': '', 'vault-ca-certificate': bao.certificate };

async function bash(script, environment) {
  const { exitCode, stdout, stderr } = await runProgram(['bash', '-euo', 'pipefail', '-c', script], {
    cwd: folder,
    environment: { HOME: folder, PATH: `${folder}:${process.env.PATH}`, ...environment },
  });
  assert.equal(exitCode, 0, stdout + stderr);
  return stdout;
}

describe('docs/vault.md', POSIX, () => {
  before(async () => {
    await symlink(inVenv('bao'), path.join(folder, 'vault'));
    await writeFile(path.join(folder, 'deploy.sh'), `#!/bin/sh\ntest "$NPM_TOKEN" = ${CANARY}-npm && echo deployed\n`, { mode: 0o755 });
    await bao.does('POST', 'secret/data/octo-repo/production', { data: { npm_token: `${CANARY}-npm`, database: { password: `${CANARY}-db` } } });
    await bao.does('POST', 'secret/data/ci/npm', { data: { token: `${CANARY}-npm` } });
    await bao.does('POST', 'secret/data/ci/datadog', { data: { api_key: `${CANARY}-api` } });
    await bao.does('POST', 'kv1/shared/datadog', { api_key: `${CANARY}-api`, site: 'eu' });
    const vault = { VAULT_ADDR: bao.url, VAULT_CACERT: bao.certificateFile, VAULT_TOKEN: bao.rootToken };
    for (const name of ['vault-auth', 'vault-role']) await bash(here(blocks[name]), vault);
  });

  test('has only blocks that are run here', () => {
    assert.deepEqual(Object.keys(blocks).toSorted(), ['vault-auth', 'vault-command', 'vault-role', 'vault-workflow']);
  });

  test('sets up a role for the jobs of one repository and environment, and for no others', async () => {
    const { steps: [step], environment } = onlyJob(parseYaml(blocks['vault-workflow']));
    const inputs = { ...common, ...inputsOf(step) };
    const done = await run({ claims: job({ environment }), inputs });
    assert.equal(done.exitCode, 0, done.log.join('\n'));
    assert.deepEqual(done.env, { NPM_TOKEN: `${CANARY}-npm`, DATABASE_PASSWORD: `${CANARY}-db`, API_KEY: `${CANARY}-api`, SITE: 'eu' });
    for (const claims of [{ environment: 'staging' }, { environment: undefined }, { environment, repository: 'octo-org/other' }, { environment, repository_id: '7' }]) {
      const refused = await run({ claims: job(claims), inputs });
      assert.equal(refused.exitCode, 1);
      assert.match(refused.log.join('\n'), /^Error: vault-claim-(refused|missing): /m);
      assert.deepEqual(refused.env, {});
    }
  });

  test('has the role and the secrets of the step in README.md', async () => {
    assert.deepEqual([readme[0], others], ['vault-recipe', []]);
    const [step] = parseYaml(readme[1]);
    const inputs = { ...common, ...inputsOf(step) };
    const done = await run({ claims: job(), inputs });
    assert.equal(done.exitCode, 0, done.log.join('\n'));
    assert.deepEqual(done.env, { NPM_TOKEN: `${CANARY}-npm`, API_KEY: `${CANARY}-api`, SITE: 'eu' });
    const refused = await run({ claims: job({ environment: 'staging' }), inputs });
    assert.match(refused.log.join('\n'), /^Error: vault-claim-refused: /m);
    assert.deepEqual(refused.env, {});
  });

  test('runs a command with values', async () => {
    const { AWS_ENDPOINT_URL: _, ...environment } = cloud.jobEnvironment(job());
    const command = here(blocks['vault-command']).replace('npx env-kvstore exec', `"${NODE}" "${CLI}" exec --oidc-issuer ${cloud.url}`);
    assert.equal(await bash(command, { ...environment, NODE_EXTRA_CA_CERTS: bao.certificateFile }), 'deployed\n');
  });
});

test('a step of vault-action is refused with our names, and works with them', async () => {
  const [, diff] = /## From `vault-action`.*?```diff\n(.*?)```/s.exec(await read('migrate.md'));
  const side = (left) => diff.split('\n').filter((line) => !line.startsWith(left ? '+' : '-')).map((line) => line.slice(1)).join('\n');
  const [theirs, ours] = [true, false].map((left) => parseYaml(side(left)).steps[0]);
  assert.match(theirs.uses, /^hashicorp\/vault-action@/);
  const refused = await run({ claims: job(), inputs: { 'vault-role': '', ...inputsOf(theirs) } });
  const log = refused.log.join('\n');
  for (const name of Object.keys(theirs.with)) assert.match(log, new RegExp(`^- ${name}: is (an input of vault-action|in Vault's notation)`, 'm'));
  for (const name of Object.keys(ours.with)) assert.ok(log.includes(`\`${name}\``), name);

  const policy = 'path "secret/data/ci/*" { capabilities = ["read"] }';
  await bao.does('POST', 'sys/policies/acl/octo-repo-ci', { policy });
  const { body } = await bao.call('GET', 'auth/jwt/role/octo-repo-production');
  await bao.does('POST', 'auth/jwt/role/octo-repo-production', { ...body.data, token_policies: ['octo-repo-ci'] });
  const done = await run({ claims: job(), inputs: { ...common, ...inputsOf(ours) } });
  assert.equal(done.exitCode, 0, done.log.join('\n'));
  assert.deepEqual(done.env, { NPM_TOKEN: `${CANARY}-npm`, API_KEY: `${CANARY}-api` });
});
