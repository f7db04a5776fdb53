// docs/set-up-aws.sh, run by sh with the AWS CLI in an account where nothing exists but an administrator. What it makes is what
// the pages show as JSON, so all that other tests say of those documents holds for it.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startMoto } from '../moto/server.mjs';
import { runProgram } from '../runner/command.mjs';
import { VENV_BIN } from '../runner/venv.mjs';
import { parseYaml } from '../runner/workflow.mjs';
import { ADMINISTRATOR, emptyAccount } from './account.mjs';
import { startCloud } from './cloud.mjs';
import { enterpriseSetup, organizationSetup, role } from './setup.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENTERPRISE = { GITHUB_ENTERPRISE: 'octo-enterprise', GITHUB_ENTERPRISE_ID: '1234' };
const ORGANIZATION = { GITHUB_OWNER: 'octo-org', GITHUB_OWNER_ID: '9919' };
const ROLE = 'arn:aws:iam::123456789012:role/github-actions';
const POSIX = { skip: process.platform === 'win32' && 'the script is for a POSIX shell', concurrency: 2 };

describe('docs/set-up-aws.sh', POSIX, () => {
  for (const [tenant, setupAt, commands] of [
    ['an enterprise', enterpriseSetup, blockOf('docs/set-up-aws.md', 'set-up-enterprise')],
    ['an organization', organizationSetup, blockOf('docs/organization.md', 'set-up-organization')],
  ]) {
    test(`makes for ${tenant} the documents of its page, and nothing more when it runs again`, async (t) => {
      const { cloud, documented } = await account(t, setupAt);
      const first = await setUp(cloud, {}, commands);
      assert.equal(first.exitCode, 0, first.stderr);
      const made = structuredClone(cloud.setup);
      assert.deepEqual(madeBy(made), madeBy(documented));
      const again = await setUp(cloud, {}, commands);
      assert.deepEqual([again.exitCode, again.stdout, again.stderr], [0, first.stdout, '']);
      assert.deepEqual(cloud.setup, made);

      const { uses, with: inputs } = printedStep(first.stdout);
      assert.equal(uses, 'org/env-kvstore@v1');
      const [poolId] = Object.keys(made.identityPools);
      const name = tenant === 'an enterprise' ? { 'github-enterprise-name': 'octo-enterprise' } : { namespace: 'octo-org' };
      const ids = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': ROLE };
      assert.deepEqual(inputs, { ...ids, 'oidc-issuer': cloud.url, ...name, values: '*,secret\n' });
    });
  }

  test('takes other names for the role, the pool and the stores', async (t) => {
    const { cloud } = await account(t, enterpriseSetup);
    const done = await setUp(cloud, { ...ENTERPRISE, ROLE_NAME: 'ci', STORES_NAMESPACE: 'ours' });
    assert.equal(done.exitCode, 0, done.stderr);
    const [{ document }] = cloud.setup.roles['arn:aws:iam::123456789012:role/ci'].policies;
    for (const resource of document.Statement.flatMap(({ Resource }) => Resource)) {
      assert.match(resource, /:secret:ours\/repo\/\$\{aws:PrincipalTag\/repository\}\//);
    }
    assert.deepEqual(Object.values(cloud.setup.identityPools).map(({ IdentityPoolName }) => IdentityPoolName), ['ci']);
    assert.equal(printedStep(done.stdout).with.namespace, 'ours');
  });

  test('adds its audience to a provider that exists, and finds its pool among hundreds', async (t) => {
    const { cloud, documented } = await account(t, organizationSetup);
    const { providerArn, oidcProviders } = documented;
    cloud.setup.oidcProviders[providerArn] = { ...oidcProviders[providerArn], ClientIDList: ['sts.amazonaws.com'] };
    const ours = documented.identityPools[documented.poolId];
    for (let place = 0; place < 130; place += 1) {
      const id = `us-west-2:00000000-0000-0000-0000-${String(place).padStart(12, '0')}`;
      cloud.setup.identityPools[id] = { ...structuredClone(ours), IdentityPoolName: place === 70 ? 'github-actions' : `other-${place}` };
    }
    const done = await setUp(cloud, ORGANIZATION);
    assert.equal(done.exitCode, 0, done.stderr);
    assert.match(printedStep(done.stdout).with['cognito-identity-pool-id'], /0070$/);
    assert.equal(Object.keys(cloud.setup.identityPools).length, 130);
    const audiences = ['sts.amazonaws.com', 'cognito-identity.amazonaws.com'];
    assert.deepEqual(cloud.setup.oidcProviders[providerArn].ClientIDList, audiences);
  });

  const without = (variables, name) => Object.fromEntries(Object.entries(variables).filter(([key]) => key !== name));
  const all = { AWS_REGION: 'us-west-2', ...ORGANIZATION };
  for (const [missing, variables, hint] of [
    ['AWS_REGION', without(all, 'AWS_REGION'), /such as us-west-2/],
    ['GITHUB_OWNER', without(all, 'GITHUB_OWNER'), /GITHUB_ENTERPRISE if/],
    ['GITHUB_OWNER_ID', without(all, 'GITHUB_OWNER_ID'), /gh api orgs\/octo-org --jq \.id$/],
    ['GITHUB_ENTERPRISE_ID', { ...all, ...without(ENTERPRISE, 'GITHUB_ENTERPRISE_ID') }, /the claim enterprise_id/],
  ]) {
    test(`says what ${missing} is before it asks AWS for anything`, async () => {
      const { exitCode, stdout, stderr } = await sh({ PATH: `${VENV_BIN}:${process.env.PATH}`, ...variables });
      assert.deepEqual([exitCode, stdout], [1, '']);
      assert.match(stderr.trim(), new RegExp(`^set-up-aws.sh: set ${missing}: .*$`));
      assert.match(stderr.trim(), hint);
    });
  }

  const pool = (change) => ({ setup, documented }) => {
    setup.identityPools[documented.poolId] = { ...structuredClone(documented.identityPools[documented.poolId]), ...change };
  };
  for (const [what, change, message] of [
    ['a pool without the classic flow', pool({ AllowClassicFlow: false }), /AllowClassicFlow of the pool is False, and must be True/],
    ['a pool for everyone', pool({ AllowUnauthenticatedIdentities: true }), /AllowUnauthenticatedIdentities of the pool is True, and/],
    ['a pool of another issuer', pool({ OpenIdConnectProviderARNs: ['arn:aws:iam::123456789012:oidc-provider/other'] }), /is arn:aws:iam::123456789012:oidc-provider\/other, and must be/],
    ['a pool of no issuer', pool({ OpenIdConnectProviderARNs: [] }), /OpenIdConnectProviderARNs of the pool is \[\], and must be arn:/],
    [
      'two pools of the name',
      (given) => {
        pool({})(given);
        given.setup.identityPools['us-west-2:00000000-0000-0000-0000-000000000000'] = { ...given.setup.identityPools[given.documented.poolId] };
      },
      /several identity pools are called github-actions; set ROLE_NAME/,
    ],
    [
      'a role of the name that something else uses',
      ({ setup }) => {
        setup.roles[ROLE] = role({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }] }, {});
      },
      /the role github-actions exists and does not trust the pool us-west-2:/,
    ],
    [
      'a role with a tag that shows through',
      ({ setup, documented }) => {
        pool({})({ setup, documented });
        setup.roles[ROLE] = { ...structuredClone(documented.roles[documented.roleArn]), tags: { Environment: 'production' } };
      },
      /the role has a tag environment, .*aws iam untag-role/,
    ],
  ]) {
    test(`stops at ${what}, and leaves it as it is`, async (t) => {
      const { cloud, documented } = await account(t, organizationSetup);
      change({ setup: cloud.setup, documented });
      const { identityPools, roles } = structuredClone(cloud.setup);
      const { exitCode, stdout, stderr } = await setUp(cloud, ORGANIZATION);
      assert.deepEqual([exitCode, stdout], [1, '']);
      assert.match(stderr, message);
      for (const [id, before] of Object.entries(identityPools)) {
        assert.deepEqual({ ...cloud.setup.identityPools[id], tagMaps: {} }, { ...before, tagMaps: {} });
      }
      for (const [arn, before] of Object.entries(roles)) assert.deepEqual(cloud.setup.roles[arn].trustPolicy, before.trustPolicy);
    });
  }

  test('sets up the account that the local cloud is, where a job then reads its first value', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'env-kvstore-account-'));
    try {
      for (const part of ['dist', 'docs', 'tests']) symlinkSync(path.join(ROOT, part), path.join(folder, part));
      const environment = { PATH: `${path.dirname(process.execPath)}:${VENV_BIN}:${process.env.PATH}` };
      const done = await sh(environment, blockOf('docs/set-up-aws.md', 'set-up-local'), folder);
      assert.equal(done.exitCode, 0, done.stderr);
      assert.equal(printedStep(done.stdout).with['cognito-role-arn'], ROLE);
      assert.match(done.stdout, /^hello$/m);
      assert.deepEqual(readdirSync(folder).toSorted(), ['dist', 'docs', 'tests']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('makes roles and providers that moto takes too, whose policies it checks', async (t) => {
    const { cloud } = await account(t, organizationSetup);
    const moto = await startMoto();
    t.after(() => moto.stop());
    // moto knows no principal tag maps.
    const done = await setUp(cloud, { ...ORGANIZATION, ROLE_NAME: 'set-up', AWS_ENDPOINT_URL: moto.url, AWS_ENDPOINT_URL_COGNITO_IDENTITY: cloud.url });
    assert.equal(done.exitCode, 0, done.stderr);
    assert.match(printedStep(done.stdout).with['cognito-role-arn'], /:role\/set-up$/);
  });
});

function blockOf(page, name) {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  return text.split(`<!-- test: ${name} -->\n\`\`\`sh\n`)[1].split('\n```')[0];
}

/** A cloud whose account is empty, and what its page would have in it. */
async function account(t, setupAt) {
  const cloud = await startCloud({ setupAt });
  t.after(() => cloud.close());
  const documented = structuredClone(cloud.setup);
  emptyAccount(cloud);
  return { cloud, documented };
}

function setUp(cloud, variables, commands) {
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.issueCredentials(ADMINISTRATOR, { sessionName: 'me' });
  return sh({
    PATH: `${VENV_BIN}:${process.env.PATH}`,
    AWS_ENDPOINT_URL: cloud.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_REGION: 'us-west-2',
    OIDC_ISSUER: cloud.url,
    ...variables,
  }, commands);
}

/** Runs commands of a page in a clone, or the script alone. */
function sh(environment, commands = 'sh docs/set-up-aws.sh', cwd = ROOT) {
  // A call of the AWS CLI takes a second or more, and the script makes about twenty.
  const options = { cwd, stdio: ['ignore', 'pipe', 'pipe'], hangsAfterMs: 600_000 };
  return runProgram(['sh', '-c', commands], { ...options, environment: { HOME: '/nonexistent', ...environment } });
}

/** What the script makes, without the pool's id, which AWS gives, and names of policies. */
function madeBy({ oidcProviders, identityPools, roles }) {
  const [[poolId, pool]] = Object.entries(identityPools);
  const { trustPolicy, policies, tags } = roles[ROLE];
  const documents = { oidcProviders, pool, trustPolicy, policies: policies.map(({ document }) => document), tags };
  return JSON.parse(JSON.stringify(documents).replaceAll(poolId, 'POOL'));
}

function printedStep(stdout) {
  const [, text] = /^AWS is set up\..*?\n\n(.*?)\n\n/s.exec(stdout);
  return parseYaml(text)[0];
}
