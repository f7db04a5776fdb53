// The stacks of `env-kvstore generate cloudformation`, deployed by the AWS CLI to ministack, an emulator of CloudFormation and IAM that
// nobody here wrote: what exists is compared with the templates, and the exchange runs as far as ministack goes.
//
// ministack makes no AWS::IAM::OIDCProvider, so the provider is made by IAM's API before, and the template refers to it. It puts no tags
// into Cognito's tokens, knows no policy variables, and verifies no GitHub token; what that leaves untested is the local cloud's.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from '../cloud/cloud.mjs';
import { credentialsIn, jobClient } from '../cloud/job.mjs';
import { makeCertificates } from '../cloud/real-hosts.mjs';
import { runCli, runProgram } from '../runner/command.mjs';
import { runStep } from '../runner/step.mjs';
import { inVenv } from '../runner/venv.mjs';
import { startMinistack } from './server.mjs';

const POSIX = { skip: process.platform === 'win32' && 'ministack does not run there', concurrency: false };
const EXAMPLE = fileURLToPath(new URL('../../docs/use-cases/kvstore.json', import.meta.url));
const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const STACKS = ['base', 'stores-1'];
const MAIN_JOB = { repository: 'octo-org/app', repository_id: '456789', enterprise_id: '9266', environment: 'production', ref: 'refs/heads/main' };

describe('the generated stacks on ministack', POSIX, () => {
  let folder;
  let github;
  let certificates;
  let other;
  let environment;
  let administrator;
  let templates;
  let cases;
  let poolId;
  let providerArn;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-ministack-'));
    certificates = await makeCertificates(folder);
    [github, other] = await Promise.all([startCloud({ tls: certificates.server }), startMinistack()]);
    administrator = other.addUser('administrator', EVERYTHING);
    environment = {
      HOME: folder,
      USERPROFILE: folder,
      AWS_ENDPOINT_URL: other.url,
      AWS_REGION: other.region,
      AWS_DEFAULT_REGION: other.region,
      AWS_ACCESS_KEY_ID: administrator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: administrator.secretAccessKey,
    };
    const document = JSON.parse(await readFile(EXAMPLE, 'utf8'));
    document.aws.account = other.accountId;
    document.github.issuer = github.url;
    await writeFile(path.join(folder, 'kvstore.json'), JSON.stringify(document));
    for (const target of ['cloudformation', 'matrix']) {
      const { exitCode, stderr } = await runCli(['generate', target], { environment: {}, cwd: folder });
      assert.equal(exitCode, 0, stderr);
    }
    const load = async (name) => JSON.parse(await readFile(path.join(folder, 'generated', name), 'utf8'));
    templates = Object.fromEntries(await Promise.all(STACKS.map(async (name) => [name, await load(`cloudformation/${name}.json`)])));
    ({ cases } = await load('matrix.json'));
  });
  after(async () => {
    await Promise.all([other?.stop(), github?.close()]);
    if (folder) await rm(folder, { recursive: true });
  });

  test('cannot be made with the OIDC provider in them, or this test has become simpler', async () => {
    const file = path.join(folder, 'generated/cloudformation/base.json');
    const args = ['cloudformation', 'create-stack', '--stack-name', 'whole', '--template-body', `file://${file}`, '--capabilities', 'CAPABILITY_NAMED_IAM'];
    const { exitCode, stderr } = await runProgram([inVenv('aws'), ...args], { environment });
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /Unrecognized resource types: \[AWS::IAM::OIDCProvider\]/);
  });

  test('are made by CloudFormation, with a provider that is there already', async () => {
    const { Url, ClientIdList } = templates.base.Resources.OidcProvider.Properties;
    const made = await aws('iam', 'create-open-id-connect-provider', '--url', Url, '--client-id-list', ...ClientIdList, '--thumbprint-list', '0'.repeat(40));
    providerArn = made.OpenIDConnectProviderArn;
    const base = JSON.parse(JSON.stringify(templates.base, (_, part) => (part?.Ref === 'OidcProvider' ? providerArn : part)));
    delete base.Resources.OidcProvider;
    for (const [name, template] of [['base', base], ['stores-1', templates['stores-1']]]) {
      const stack = await deploy(name, template);
      assert.equal(stack.StackStatus, 'CREATE_COMPLETE', JSON.stringify(stack));
      if (name === 'base') poolId = stack.Outputs.find(({ OutputKey }) => OutputKey === 'IdentityPoolId').OutputValue;
    }
    assert.match(poolId, /^us-west-2:[0-9a-f-]{36}$/);
  });

  test('leave what the set-up says: the pool and its tag map, the roles with both policies', async () => {
    const { IdentityPool, PrincipalTags } = templates.base.Resources;
    const pool = await aws('cognito-identity', 'describe-identity-pool', '--identity-pool-id', poolId);
    const { IdentityPoolName, AllowClassicFlow, AllowUnauthenticatedIdentities, OpenIdConnectProviderARNs } = pool;
    const { OpenIdConnectProviderARNs: _, ...wanted } = IdentityPool.Properties;
    assert.deepEqual({ IdentityPoolName, AllowClassicFlow, AllowUnauthenticatedIdentities }, wanted);
    assert.deepEqual(OpenIdConnectProviderARNs, [providerArn]);
    const map = await aws('cognito-identity', 'get-principal-tag-attribute-map', '--identity-pool-id', poolId, '--identity-provider-name', providerArn);
    assert.deepEqual([map.UseDefaults, map.PrincipalTags], [false, PrincipalTags.Properties.PrincipalTags]);
    const roles = rolesOf(templates.base);
    assert.deepEqual(roles.map(({ RoleName }) => RoleName).sort(), ['github-actions', 'github-pull-requests', 'platform-deploy']);
    for (const { RoleName, AssumeRolePolicyDocument, Policies } of roles) {
      const { Role } = await aws('iam', 'get-role', '--role-name', RoleName);
      assert.deepEqual(Role.AssumeRolePolicyDocument, withPool(AssumeRolePolicyDocument), RoleName);
      const { PolicyDocument } = await aws('iam', 'get-role-policy', '--role-name', RoleName, '--policy-name', Policies[0].PolicyName);
      assert.deepEqual(PolicyDocument, Policies[0].PolicyDocument, RoleName);
    }
  });

  test('leave the stores, empty and with their tags', async () => {
    const { SecretList } = await aws('secretsmanager', 'list-secrets');
    const found = SecretList.map(({ Name, Tags = [], ARN }) => {
      assert.ok(ARN.startsWith(`arn:aws:secretsmanager:us-west-2:${other.accountId}:secret:${Name}-`));
      // CloudFormation's own tags are among them, as in AWS.
      return [Name, tagsIn(Tags.filter(({ Key }) => !Key.startsWith('aws:')))];
    });
    const wanted = storesOf(templates['stores-1']).map(({ Name, Tags = [] }) => [Name, tagsIn(Tags)]);
    assert.deepEqual(Object.fromEntries(found), Object.fromEntries(wanted));
    assert.ok(wanted.length >= 10);
    for (const { Name, VersionIdsToStages = {} } of SecretList) assert.deepEqual(VersionIdsToStages, {}, Name);
  });

  test('are filled by put, which keeps the tags', async () => {
    const at = ['--repository', 'octo-org/app', '--environment', 'production', '--namespace', 'octo-enterprise'];
    const name = 'octo-enterprise/repo/octo-org/app/env/production/secrets';
    // AWS makes a secret without a version of such a resource; ministack gives it an empty one, which is no document.
    assert.equal((await aws('secretsmanager', 'get-secret-value', '--secret-id', name)).SecretString, '');
    await aws('secretsmanager', 'put-secret-value', '--secret-id', name, '--secret-string', '{}');
    const put = await runCli(['put', 'KEY', '--create', ...at], { environment, cwd: folder, input: 'value' });
    assert.equal(put.exitCode, 0, put.stderr);
    assert.match(put.stdout, /^\+ KEY\nChanged /);
    const { Tags } = await aws('secretsmanager', 'describe-secret', '--secret-id', name);
    assert.equal(tagsIn(Tags)['github:repository_id'], '456789');
  });

  test('take the bundle through Cognito, and their trust policies refuse its token, which has no tags here', async () => {
    const { exitCode, log, files } = await step();
    assert.equal(exitCode, 1);
    assert.match(log.join('\n'), /Error: assume-role-denied: AssumeRoleWithWebIdentity for arn:aws:iam::000000000000:role\/github-actions /);
    assert.match(log.join('\n'), /The token carries no session tags/);
    assert.equal(files.GITHUB_ENV, '');
    const report = await doctor();
    assert.deepEqual(report.legs.map(({ leg, status }) => [leg, status]), [['token', 'ok'], ['pool', 'ok'], ['tags', 'ok'], ['role', 'failed'], ['stores', 'not-reached']]);
    assert.equal(report.fix.code, 'assume-role-denied');
  });

  test('with a trust policy that wants no tags, give the bundle a session, which reads nothing without tags', async () => {
    const [shared] = rolesOf(templates.base);
    const open = withPool(shared.AssumeRolePolicyDocument);
    for (const { Condition } of open.Statement) {
      const kept = ([key]) => key === 'cognito-identity.amazonaws.com:aud';
      for (const operator of Object.keys(Condition)) Condition[operator] = Object.fromEntries(Object.entries(Condition[operator]).filter(kept));
    }
    await trust(shared.RoleName, open);
    try {
      const { exitCode, log, files } = await step();
      assert.equal(exitCode, 1);
      assert.match(log.join('\n'), /Assumed arn:aws:sts::000000000000:assumed-role\/github-actions\//);
      assert.match(log.join('\n'), /Error: store-access-denied: /);
      assert.equal(files.GITHUB_ENV, '');
      const report = await doctor();
      assert.deepEqual([report.fix.leg, report.fix.code], ['stores', 'store-access-denied']);
    } finally {
      await trust(shared.RoleName, withPool(shared.AssumeRolePolicyDocument));
    }
  });

  test('answer the questions of the matrix about roles of their own as it says, by the policies of another evaluator', async (t) => {
    await Promise.all(storesOf(templates['stores-1']).map(({ Name }) => aws('secretsmanager', 'put-secret-value', '--secret-id', Name, '--secret-string', '{"KEY":"value"}')));
    const { assumeNextRole, getSecretValue } = jobClient({ url: other.url });
    const own = rolesOf(templates.base).filter(({ RoleName }) => RoleName !== 'github-actions');
    const counts = { allowed: 0, refusedByTrust: 0, deniedByPolicy: 0 };
    for (const { RoleName, AssumeRolePolicyDocument } of own) {
      // The tags come with AssumeRole here, by a user; what the trust policy wants of them stays as it was deployed.
      await trust(RoleName, forUser(AssumeRolePolicyDocument));
      for (const { what, job, store, allowed } of cases.filter(({ role }) => role === RoleName)) {
        const assumed = await assumeNextRole(administrator, `arn:aws:iam::${other.accountId}:role/${RoleName}`, { tags: job, RoleSessionName: `${job.run_id ?? 1}@${job.sha ?? 1}` });
        const read = assumed.status === 200 && (await getSecretValue(credentialsIn(assumed.text), { SecretId: store }));
        assert.equal(read && read.status === 200, allowed, `${what}: ${store} ${JSON.stringify(job)} ${read ? read.text : assumed.text}`);
        counts[allowed ? 'allowed' : read ? 'deniedByPolicy' : 'refusedByTrust'] += 1;
      }
    }
    t.diagnostic(`${counts.allowed} allowed, ${counts.refusedByTrust} refused by trust policies and ${counts.deniedByPolicy} denied by role policies on ministack`);
    assert.ok(counts.allowed >= 2 && counts.refusedByTrust >= 10 && counts.deniedByPolicy >= 10, JSON.stringify(counts));
  });

  test('leave the stores behind when their stack is deleted', async () => {
    await aws('cloudformation', 'delete-stack', '--stack-name', 'stores-1');
    await aws('cloudformation', 'wait', 'stack-delete-complete', '--stack-name', 'stores-1');
    const { SecretList } = await aws('secretsmanager', 'list-secrets');
    const names = SecretList.map(({ Name }) => Name);
    for (const { Name } of storesOf(templates['stores-1'])) assert.ok(names.includes(Name), Name);
  });

  /** The stack as it ended. */
  async function deploy(name, template) {
    const file = path.join(folder, `${name}.json`);
    await writeFile(file, JSON.stringify(template));
    await aws('cloudformation', 'create-stack', '--stack-name', name, '--template-body', `file://${file}`, '--capabilities', 'CAPABILITY_NAMED_IAM');
    for (const until = Date.now() + 30_000; ; ) {
      const { Stacks: [stack] } = await aws('cloudformation', 'describe-stacks', '--stack-name', name);
      if (!/IN_PROGRESS$/.test(stack.StackStatus)) return stack;
      assert.ok(Date.now() < until, `${name} is still ${stack.StackStatus}`);
    }
  }

  async function trust(name, document) {
    await aws('iam', 'update-assume-role-policy', '--role-name', name, '--policy-document', JSON.stringify(document));
  }

  async function aws(...args) {
    const { exitCode, stdout, stderr } = await runProgram([inVenv('aws'), ...args, '--output', 'json'], { environment });
    assert.equal(exitCode, 0, `aws ${args.join(' ')}: ${stderr}`);
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }

  function withPool(document) {
    return JSON.parse(JSON.stringify(document, (_, part) => (part?.Ref === 'IdentityPool' ? poolId : part)));
  }

  /** The same for a user who brings the tags, without what only Cognito's token has, and without the variables that ministack lacks. */
  function forUser(document) {
    const changed = withPool(document);
    for (const statement of changed.Statement) {
      statement.Principal = { AWS: `arn:aws:iam::${other.accountId}:user/administrator` };
      statement.Action = [statement.Action].flat().map((action) => action.replace('AssumeRoleWithWebIdentity', 'AssumeRole'));
      for (const operator of Object.keys(statement.Condition ?? {})) {
        const kept = ([key]) => !/^cognito-identity|^sts:RoleSessionName$/.test(key);
        statement.Condition[operator] = Object.fromEntries(Object.entries(statement.Condition[operator]).filter(kept));
      }
    }
    return changed;
  }

  function job() {
    const { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN } = github.jobEnvironment(MAIN_JOB);
    return { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, AWS_ENDPOINT_URL: other.url, NODE_EXTRA_CA_CERTS: certificates.authority, HOME: folder, USERPROFILE: folder };
  }

  function step() {
    const inputs = {
      'cognito-identity-pool-id': poolId,
      'cognito-role-arn': `arn:aws:iam::${other.accountId}:role/github-actions`,
      'github-enterprise-name': 'octo-enterprise',
      'oidc-issuer': github.url,
      values: 'KEY,secret',
    };
    return runStep({ inputs, environment: job() });
  }

  async function doctor() {
    const flags = ['--cognito-identity-pool-id', poolId, '--cognito-role-arn', `arn:aws:iam::${other.accountId}:role/github-actions`, '--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', github.url];
    const { exitCode, stdout, stderr } = await runCli(['doctor', '--json', ...flags], { environment: job() });
    assert.deepEqual([exitCode, stderr], [1, '']);
    return JSON.parse(stdout);
  }
});

function rolesOf({ Resources }) {
  return Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role').map(({ Properties }) => Properties);
}

function storesOf({ Resources }) {
  return Object.values(Resources).map(({ Properties }) => Properties);
}

function tagsIn(tags) {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
