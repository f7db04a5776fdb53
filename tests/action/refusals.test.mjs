// What a job is told when AWS refuses it, held against the condition by which the local cloud did.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addPool, addRole, CANARY, cloud, failed, newRepository, readmeTrust, run, storesOf, tagsOf, TOGETHER } from './jobs.mjs';

const COGNITO = 'cognito-identity.amazonaws.com';

describe('AWS refuses', TOGETHER, () => {
  const trustRefusals = {
    'a pull request': [{ claims: { event_name: 'pull_request' } }, 'aws:RequestTag/event_name', /pull_request/],
    'a review of a pull request': [
      { claims: { event_name: 'pull_request_review', ref: 'refs/pull/7/merge' } },
      'aws:RequestTag/event_name',
      /runs for pull_request_review, .* allows only push, workflow_dispatch/,
    ],
    'a job of another enterprise': [{ claims: { enterprise_id: '4321' } }, 'aws:RequestTag/enterprise_id', /enterprise_id=4321/],
    'a job of no enterprise': [
      { claims: { enterprise: undefined, enterprise_id: undefined } },
      'aws:RequestTag/enterprise_id',
      /has no tag enterprise_id: /,
    ],
    'a job without an event': [{ claims: { event_name: undefined } }, 'aws:RequestTag/event_name', /has no tag event_name: /],
    'a session name that is not run and commit': [
      { inputs: { 'role-session-name': '{run_id}' } },
      'sts:RoleSessionName',
      /sts:RoleSessionName/,
    ],
    'the token of another pool': [
      () => ({ inputs: { 'cognito-identity-pool-id': addPool().poolId } }),
      `${COGNITO}:aud`,
      /:aud/,
    ],
  };
  for (const [what, [job, condition, reason]] of Object.entries(trustRefusals)) {
    test(`${what}: the trust policy by ${condition}`, async () => {
      const step = await run(typeof job === 'function' ? job() : job);
      failed(step, 'assume-role-denied', reason);
      assert.match(step.log.join('\n'), /^Error: assume-role-denied: .*HTTP 403 AccessDenied: .*request id/m);
      assert.ok(conditionsThatRefused('aws:RequestTag/run_id', step).includes(condition));
    });
  }

  test('tags that the trust policy does not allow the session to have', async () => {
    const trust = structuredClone(cloud.setup.documents['trust-policy']);
    trust.Statement.splice(1);
    const step = await run({ inputs: { 'cognito-role-arn': addRole({ trust }) } });
    failed(step, 'assume-role-denied', /sts:TagSession/);
  });

  test('a pool without a tag map, and the error says that there are no tags', async () => {
    const { poolId } = addPool({ tagMap: { UseDefaults: false, PrincipalTags: {} } });
    const trust = JSON.parse(
      JSON.stringify(cloud.setup.documents['trust-policy']).replaceAll(cloud.setup.poolId, poolId),
    );
    const inputs = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': addRole({ trust }) };
    failed(await run({ inputs }), 'assume-role-denied', /carries no session tags/);
  });

  test('a pool without the classic flow', async () => {
    const { poolId } = addPool({ AllowClassicFlow: false });
    const step = await run({ inputs: { 'cognito-identity-pool-id': poolId } });
    failed(step, 'classic-flow-disabled', /AllowClassicFlow/);
  });

  test('an issuer that the pool does not know', async () => {
    const { poolId } = addPool({ Url: 'https://token.actions.githubusercontent.com' });
    const step = await run({ inputs: { 'cognito-identity-pool-id': poolId } });
    failed(step, 'issuer-not-in-identity-pool', /octo-enterprise/);
  });

  test('a pool that does not exist', async () => {
    const poolId = 'us-west-2:ffffffff-0000-0000-0000-000000000000';
    const step = await run({ inputs: { 'cognito-identity-pool-id': poolId } });
    failed(step, 'identity-pool-not-found', /ffffffff-0000/);
  });

  test('a claim with a character that no tag can have', async () => {
    const { PrincipalTags } = cloud.setup.documents['tag-map'];
    const tagMap = { UseDefaults: false, PrincipalTags: { ...PrincipalTags, actor: 'actor' } };
    const { poolId, roleArn } = addPool({ tagMap });
    const inputs = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn };
    const step = await run({ inputs, claims: { actor: 'dependabot[bot]' } });
    failed(step, 'claim-unusable', /`actor` .*`dependabot\[bot\]`/);
    assert.ok(!cloud.requests.some(({ operation, detail }) => operation === 'AssumeRoleWithWebIdentity' && detail?.RoleArn === roleArn));
  });

  test('stores of another repository, whose names the job may say but not read', async () => {
    const repository = newRepository({});
    cloud.putSecret(`other-enterprise/repo/${repository}/secrets`, { TOKEN: `${CANARY}-not-yours` });
    const step = await run({ repository, inputs: { namespace: 'other-enterprise' } });
    failed(step, 'store-access-denied', new RegExp(`repository=${repository}`));
    assert.match(step.log.join('\n'), /^Error: store-access-denied: .*HTTP 400 AccessDeniedException: .*request id/m);
    assert.ok(conditionsThatRefused('aws:PrincipalTag/run_id', step).includes('Resource'));
  });

  for (const tag of ['enterprise', 'repository', 'environment']) {
    test(`a store whose tag github:${tag} is another`, async () => {
      const repository = newRepository({});
      const roleArn = addRole({ policy: cloud.setup.documents['role-policy-by-tags'], ...readmeTrust() });
      const tags = { ...tagsOf(repository), 'github:environment': 'production', [`github:${tag}`]: 'another' };
      cloud.putSecret(`${storesOf(repository)}/env/production/secrets`, { TOKEN: `${CANARY}-other` }, { tags });
      const step = await run({ repository, inputs: { 'cognito-role-arn': roleArn } });
      failed(step, 'store-access-denied');
      const conditions = conditionsThatRefused('aws:PrincipalTag/run_id', step);
      assert.ok(conditions.includes(`secretsmanager:ResourceTag/github:${tag}`), conditions.join());
    });
  }
});

/** The keys of the conditions (or the elements) by which decisions on this run's session refused it. */
function conditionsThatRefused(runIdTag, { runId }) {
  return cloud.decisions
    .filter(({ decision, request }) => decision !== 'allow' && request.context[runIdTag]?.[0] === runId)
    .flatMap(({ statements }) => statements)
    .flatMap(({ mismatches }) => mismatches.map(({ key, element }) => key ?? element));
}
