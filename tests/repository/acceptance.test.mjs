// .github/workflows/acceptance.yml as far as it runs without AWS: its logic deploys into the local cloud with the real AWS CLI, whose
// user has the policy that the page prints, and the committed bundle is asked in jobs as GitHub would start them. CloudFormation alone is
// played: the stacks that it is given are loaded into the local cloud as they are.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { aws, deploy, deployPolicy, generate, providerArnOf, saidOfTags, tearDown } from '../acceptance/account.mjs';
import { main, untilItWorks } from '../acceptance/acceptance.mjs';
import { documentFor, ENVIRONMENTS, expected, questionsOf, SHARED_WORKFLOW, WORKFLOW } from '../acceptance/plan.mjs';
import { BY_HAND, JOBS, report } from '../acceptance/report.mjs';
import { startCloud } from '../cloud/cloud.mjs';
import { deployed, POOL, storesIn } from '../cloud/deployed.mjs';
import { organizationSetup } from '../cloud/setup.mjs';
import { inVenv } from '../runner/venv.mjs';
import { parseYaml } from '../runner/workflow.mjs';

const POSIX = { skip: process.platform === 'win32' && 'the workflow runs on Linux' };
const PREFIX = 'kv-acceptance';
const WHERE = { account: '123456789012', region: 'us-west-2', prefix: PREFIX };
const CLAIMS = {
  iss: 'https://token.actions.githubusercontent.com',
  repository: 'octo-org/env-kvstore',
  repository_id: '1296269',
  repository_owner: 'octo-org',
  repository_owner_id: '9919',
  ref: 'refs/heads/main',
};
const DEFAULT_EVENTS = ['push', 'workflow_dispatch', 'repository_dispatch', 'schedule', 'release', 'merge_group', 'deployment'];
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'env-kvstore-acceptance-'));
after(() => rmSync(folder, { recursive: true }));

const document = documentFor(CLAIMS, WHERE);
const workflow = parseYaml(readFileSync(path.join(root, WORKFLOW), 'utf8'));

describe('the plan', () => {
  test('is a kvstore.json that generates, of an organisation, an enterprise and a server', () => {
    for (const [name, claims] of Object.entries({
      organization: CLAIMS,
      enterprise: { ...CLAIMS, enterprise: 'octo', enterprise_id: '7', iss: `${CLAIMS.iss}/octo` },
      server: { ...CLAIMS, iss: 'https://ghes.example/_services/token' },
    })) {
      const { base } = generate(documentFor(claims, WHERE), path.join(folder, name));
      assert.equal(base.Resources.OidcProvider.Properties.Url, claims.iss);
    }
    // In an enterprise whose tokens come from the common issuer, it is the organisation that is trusted.
    assert.deepEqual(documentFor({ ...CLAIMS, enterprise: 'octo', enterprise_id: '7' }, WHERE).github, { organization: 'octo-org', organization_id: '9919' });
  });

  test('promises what the matrix says, of its own file and of the five use cases, and each code at least once', () => {
    const useCases = JSON.parse(readFileSync(path.join(root, 'docs/use-cases/kvstore.json'), 'utf8'));
    const codes = new Set();
    for (const [name, file] of Object.entries({ own: document, 'use-cases': useCases })) {
      generate(file, path.join(folder, name));
      const { cases } = JSON.parse(readFileSync(path.join(folder, name, 'matrix.json'), 'utf8'));
      assert.ok(cases.length > 100);
      for (const { what, role, job, store, allowed } of cases) {
        const answer = expected({ events: DEFAULT_EVENTS, namespace: file.github.enterprise, ...file }, job, { role, store });
        assert.equal(answer === 'loaded', allowed, `${what}: ${role} ${store} ${answer}`);
        codes.add(answer);
      }
    }
    assert.deepEqual([...codes].sort(), ['assume-role-denied', 'loaded', 'store-access-denied']);
    assert.equal(expected(document, undefined, questionsOf(document)[0]), 'id-token-permission-missing');
  });

  test('has the environments and the files of the workflow, which the report waits for', () => {
    const { ask, shared } = workflow.jobs;
    assert.deepEqual(ask.strategy.matrix.environment, ENVIRONMENTS);
    assert.equal(shared.uses, `./${SHARED_WORKFLOW}`);
    const uploaded = Object.values(workflow.jobs).flatMap(({ steps = [] }) => steps.map(({ with: given }) => given?.name)).filter((name) => name?.startsWith('result-'));
    assert.deepEqual(uploaded.map((name) => name.replace('result-', '')), ["${{ matrix.environment || 'no-environment' }}", 'without-permission', 'action']);
    assert.deepEqual(JOBS, [...ENVIRONMENTS.map((name) => name || 'no-environment'), 'shared', 'without-permission', 'action']);
  });
});

const stacks = {};
const cloud = await startCloud({ setupAt: organizationSetup });
after(() => cloud.close());
const partition = 'aws';
const providerArn = providerArnOf(document, partition);
Object.assign(cloud.setup, { oidcProviders: { [providerArn]: { Url: cloud.url, ClientIDList: ['sts.amazonaws.com', 'cognito-identity.amazonaws.com'] } }, identityPools: {}, roles: {} });
const policy = deployPolicy({ ...WHERE, partition, providerArn });
// The local cloud asks for the right to a call of IAM, not to one resource of it.
const anyOfIam = policy.Statement.map((statement) => (statement.Sid === 'Provider' ? { ...statement, Resource: '*' } : statement));
const { accessKeyId, secretAccessKey } = cloud.addUser('deployer', { ...policy, Statement: anyOfIam });
const env = { PATH: process.env.PATH, AWS_ENDPOINT_URL: cloud.url, AWS_REGION: WHERE.region, AWS_DEFAULT_REGION: WHERE.region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_EC2_METADATA_DISABLED: 'true' };
const run = (...args) => (args[0] === 'cloudformation' ? cloudFormation(args.slice(1)) : aws(args, { program: inVenv('aws'), env }));
let plan;

describe('a run against the local cloud', POSIX, () => {
  before(async () => {
    plan = await deploy({ document, partition, prefix: PREFIX, folder: path.join(folder, 'run'), run });
  });

  test('deploys what the tag map and the stores must be, and keeps no value', async () => {
    assert.deepEqual(plan.deployed.problems, []);
    assert.equal(plan.poolId, POOL);
    const here = structuredClone(plan);
    here.document.github.issuer = cloud.url;
    const claims = claimsOf('no-environment');
    assert.match(await untilItWorks(here, claims, cloud.jobEnvironment(claims)), /^the first value could be read \d+ s after/);
    const files = readdirSync(path.join(folder, 'run'));
    assert.ok(!files.includes('value.json'));
    assert.ok(Object.values(plan.hashes).every((hash) => /^[0-9a-f]{64}$/.test(hash)) && Object.keys(plan.hashes).length === 15, JSON.stringify(plan.hashes));
  });

  test('ends well if AWS answers as the file says, and uploads nothing secret', async () => {
    // Of each job's questions one for each answer: what the others would be answered, the matrix asks without the bundle.
    const oneOfEach = (questions, claims) => {
      const answers = questions.map((question) => expected(document, claims, question));
      return questions.filter((_, index) => answers.indexOf(answers[index]) === index);
    };
    const { exitCode, markdown, uploaded } = await runJobs('well', JOBS, oneOfEach);
    assert.equal(exitCode, 0, markdown);
    assert.match(markdown, /^All \d+ questions were answered as kvstore\.json says: /m);
    for (const code of ['loaded', 'store-access-denied', 'assume-role-denied', 'store-not-found', 'id-token-permission-missing']) assert.match(markdown, new RegExp(`\\| ${code} \\| ${code} \\|`));
    for (const step of BY_HAND) assert.ok(markdown.includes(step));
    for (const name of Object.keys(plan.hashes)) {
      const { KEY } = JSON.parse(cloud.secret(name).versions.at(-1).value);
      assert.ok(KEY.length === 48 && !uploaded.includes(KEY), name);
    }
    assert.doesNotMatch(uploaded, /eyJ[\w-]{10}|request-token-|ASIA[A-Z2-7]{12}/);
    assert.match(uploaded, /"said": "store-access-denied: [^"]*AccessDeniedException/);
  });

  test('fails and names the answer if a policy opens a store, a job says nothing, or a value is another', async (t) => {
    const [role] = Object.keys(cloud.setup.roles).filter((arn) => arn.endsWith('-all'));
    const original = structuredClone(cloud.setup.roles[role].policies);
    t.after(() => (cloud.setup.roles[role].policies = original));
    const statements = cloud.setup.roles[role].policies[0].document.Statement;
    const guards = statements.map(({ Condition }) => Condition?.StringEqualsIfExists).filter((guards) => guards?.['secretsmanager:ResourceTag/github:ref']);
    assert.equal(guards.length, 2);
    guards.forEach((guard) => delete guard['secretsmanager:ResourceTag/github:ref']);
    const name = `${PREFIX}/repo/${CLAIMS.repository}/secrets`;
    const before = cloud.secret(name).versions.at(-1).value;
    cloud.putSecret(name, { KEY: 'another' }, { tags: cloud.secret(name).tags });
    t.after(() => cloud.putSecret(name, JSON.parse(before), { tags: cloud.secret(name).tags }));
    const those = (questions) => questions.filter(({ role, store }) => role === `${PREFIX}-all` && (store === name || store.includes('other-branch')));
    const { exitCode, markdown } = await runJobs('badly', ['acceptance-other-branch', 'without-permission'], those);
    assert.equal(exitCode, 1);
    assert.match(markdown, /\* acceptance-other-branch: kv-acceptance-all \S+\/env\/acceptance-other-branch\/secrets: loaded instead of store-access-denied/);
    assert.match(markdown, /\* acceptance-other-branch: kv-acceptance-all \S+env-kvstore\/secrets: another value instead of loaded/);
    assert.match(markdown, /\* acceptance-main: no answer/);
  });

  test('takes everything away, whatever is missing already, and says what it could not', async () => {
    assert.equal(Object.keys(stacks).length, 2);
    const failures = await tearDown({ document, prefix: PREFIX, folder: path.join(folder, 'down'), run });
    assert.deepEqual([failures, stacks], [[], {}]);
    for (const name of Object.keys(plan.hashes)) assert.equal(cloud.secret(name)?.deleted ?? true, true, name);
    const refusing = (...args) => (args[0] === 'cloudformation' ? undefined : Promise.reject(new Error('AccessDenied\nmore')));
    const again = await tearDown({ document, prefix: PREFIX, folder: path.join(folder, 'again'), run: refusing });
    assert.ok(again.length === 15 && again[0].endsWith(': AccessDenied'));
  });
});

test('a tag map with defaults, or with others than were asked for, is a problem', () => {
  assert.deepEqual(saidOfTags({ UseDefaults: false, PrincipalTags: { b: 'b', a: 'a' } }, { a: 'a', b: 'b' }).problems, []);
  assert.equal(saidOfTags({ UseDefaults: true, PrincipalTags: { a: 'a' } }, { a: 'a', b: 'b' }).problems.length, 2);
});

test('a report without answers fails for each job', () => {
  assert.equal(report({}, { deployed: { problems: [], notes: [] } }).problems.length, JOBS.length);
});

/** Where the stacks say what is there, it is there. */
function cloudFormation([verb, ...args]) {
  const option = (name) => args[args.indexOf(`--${name}`) + 1];
  const name = option('stack-name');
  if (verb === 'wait') return undefined;
  if (verb === 'delete-stack') return void delete stacks[name];
  if (verb === 'describe-stacks') return { Stacks: [{ Outputs: Object.entries(stacks[name].Outputs).map(([OutputKey]) => ({ OutputKey, OutputValue: OutputKey === 'IdentityPoolId' ? POOL : 'x' })) }] };
  assert.deepEqual([verb, option('capabilities')], ['deploy', 'CAPABILITY_NAMED_IAM']);
  const template = JSON.parse(readFileSync(option('template-file'), 'utf8'));
  stacks[name] = template;
  if (name.endsWith('-base')) {
    assert.equal(template.Resources.OidcProvider, undefined);
    assert.doesNotMatch(JSON.stringify(template), /"OidcProvider"/);
    const provider = { Properties: { Url: CLAIMS.iss, ClientIdList: ['cognito-identity.amazonaws.com'] } };
    const { identityPools, roles } = deployed({ base: { Resources: { ...template.Resources, OidcProvider: provider } }, stores: [] }, CLAIMS.iss);
    Object.assign(cloud.setup, { identityPools, roles });
  } else {
    for (const { name, tags } of storesIn({ base: template, stores: [template] })) cloud.createSecret(name, { tags });
  }
}

/** The claims of a job of the workflow. */
function claimsOf(job) {
  const file = job === 'shared' ? SHARED_WORKFLOW : WORKFLOW;
  const environment = ENVIRONMENTS.includes(job) ? job : undefined;
  const none = { enterprise: undefined, enterprise_id: undefined };
  return { ...CLAIMS, ...none, iss: cloud.url, event_name: 'workflow_dispatch', runner_environment: 'github-hosted', environment, job_workflow_ref: `${CLAIMS.repository}/${file}@${CLAIMS.ref}`, workflow_ref: `${CLAIMS.repository}/${WORKFLOW}@${CLAIMS.ref}` };
}

/** A run of the workflow's jobs, which ask what `select` leaves. */
async function runJobs(name, jobs, select) {
  const at = path.join(folder, name);
  const written = structuredClone(plan);
  written.document.github.issuer = cloud.url;
  await main(['compare'], { folder: at, print: () => {} }).catch(() => {});
  writeFileSync(path.join(at, 'plan.json'), JSON.stringify(written));
  const said = [];
  for (const job of jobs) {
    const environment = job === 'without-permission' ? {} : cloud.jobEnvironment(claimsOf(job));
    if (job === 'action') {
      const measured = { ...environment, OUTCOME: 'success', VALUES_LOADED: '1', BEGAN_AT_MS: '1000', ENDED_AT_MS: '1600' };
      assert.equal(await main(['measured'], { environment: measured, folder: at }), 0);
    } else {
      assert.equal(await main(['ask', job], { environment, folder: at, print: (line) => said.push(line), select }), 0);
    }
  }
  const lines = [];
  const exitCode = await main(['compare'], { environment: {}, folder: at, print: (line) => lines.push(line) });
  const uploaded = readdirSync(at).map((file) => readFileSync(path.join(at, file), 'utf8')).join('\n');
  return { exitCode, markdown: lines.join('\n'), said: said.join('\n'), uploaded };
}
