// `env-kvstore generate terraform`: the real tofu formats, validates, plans and applies the module, with a provider that has the
// schema of hashicorp/aws (tests/terraform/provider). The policies that it applies answer each question of `generate matrix`.

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { evaluate } from '../cloud/policy.mjs';
import { runCli } from '../runner/command.mjs';
import { tofuFor, withoutTofu } from '../runner/tofu.mjs';

const EXAMPLE = fileURLToPath(new URL('../../docs/use-cases/kvstore.json', import.meta.url));
/** How docs/kvstore.md calls the module. */
const DOCUMENTED = /<!-- terraform: module -->\n```hcl\n([^]*?)```/.exec(await readFile(new URL('../../docs/kvstore.md', import.meta.url), 'utf8'))[1];
const KEY = 'arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ISSUER = 'token.actions.githubusercontent.com/octo-enterprise';
const AUDIENCE = 'cognito-identity.amazonaws.com';
/** Exit codes of `plan -detailed-exitcode`. */
const NOTHING_TO_CHANGE = 0;
const CHANGES = 2;

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-terraform-'));
after(() => rm(folder, { recursive: true }));

describe('generate terraform', { skip: withoutTofu() }, () => {
  test('makes files that tofu fmt leaves as they are, again the same, and --check compares them', async () => {
    const { at, tofu, file } = await account('format');
    assert.deepEqual((await readdir(path.join(at, 'generated/terraform'))).sort(), ['outputs.tf', 'provider-and-pool.tf', 'roles.tf', 'stores.tf', 'variables.tf', 'versions.tf']);
    done(tofu(at, 'fmt', '-check', '-diff', '-recursive'));
    done(tofu(path.join(at, 'generated/terraform'), 'validate'));
    const checked = await runCli(['generate', 'terraform', '--file', file, '--check', '--json'], { environment: {} });
    assert.deepEqual([checked.exitCode, JSON.parse(checked.stdout).stale], [0, []], checked.stderr);
    const roles = path.join(at, 'generated/terraform/roles.tf');
    await writeFile(roles, (await readFile(roles, 'utf8')).replace('Effect = "Allow"', 'Effect  = "Allow"'));
    assert.equal(tofu(at, 'fmt', '-check', '-recursive').status, 3);
    assert.equal((await runCli(['generate', 'terraform', '--file', file, '--check'], { environment: {} })).exitCode, 4);
  });

  test('whatever the names and claims are, their text reaches AWS as it is', async () => {
    // Words of HCL, what it would evaluate, and what is no identifier.
    const { at, tofu } = await account('names', (document) => {
      document.aws.pool = 'for each, @null';
      document.bindings.push({ name: 'words', role: 'for', repository: 'octo-org/web', when: { workflow: 'true', actor: 'a b' }, read: ['secret:if'] });
      document.bindings.push({ name: 'dots', role: '1.x,y@z', repository: 'octo-org/web', when: { environment: 'a/b+c=d@e' }, read: ['env:a/b+c=d@e'] });
    });
    done(tofu(at, 'fmt', '-check', '-diff', '-recursive'));
    const { values } = applied(tofu, at);
    assert.deepEqual(Object.keys(values.roles).sort(), ['1.x,y@z', 'for', 'github-actions', 'github-pull-requests', 'platform-deploy']);
    assert.equal(values.pool.identity_pool_name, 'for each, @null');
    assert.ok('if' in values.stores && 'octo-enterprise/repo/octo-org/web/env/a/b+c=d@e/secrets' in values.stores);
    await answersTheMatrix(at, values);
  });

  for (const [what, change] of [
    ['the five use cases', () => {}],
    ['an organization without an enterprise', (document) => (document.github = { organization: 'octo-org', organization_id: '9919' })],
    ['a KMS key', (document) => (document.aws.kms_key = KEY)],
  ]) {
    test(`${what}: what is applied answers every question of the matrix as it says`, async () => {
      const { at, tofu } = await account(what.replaceAll(' ', '-'), change);
      // The pool's id is known only when the pool is there.
      assert.match(done(tofu(at, 'plan')).stdout, /identity_pool_id += \(known after apply\)/);
      const { values, outputs } = applied(tofu, at);
      assert.equal(tofu(at, 'plan', '-detailed-exitcode').status, NOTHING_TO_CHANGE);
      const { allowed, denied } = await answersTheMatrix(at, values);
      console.log(`${what}: ${allowed} allowed and ${denied} denied by what tofu applied`);
      assert.ok(allowed > 5 && denied > 100, `${allowed} ${denied}`);

      const { pool, claims, roles, stores } = values;
      assert.deepEqual([pool.allow_classic_flow, pool.allow_unauthenticated_identities, claims.use_defaults], [true, false, false]);
      assert.deepEqual([outputs.identity_pool_id, outputs.role_arn], [pool.id, 'arn:aws:iam::123456789012:role/github-actions']);
      assert.deepEqual(outputs.store_arns, Object.fromEntries(Object.entries(stores).map(([name, { arn }]) => [name, arn])));
      const key = what === 'a KMS key' ? KEY : null;
      assert.deepEqual(new Set(Object.values(stores).map(({ kms_key_id: id }) => id)), new Set([key]));
      for (const { policy } of Object.values(roles)) {
        const decrypts = (via) => isAllowed(policy, { action: 'kms:Decrypt', principal: null, resource: KEY, context: { 'kms:ViaService': [via] } });
        assert.equal(decrypts('secretsmanager.us-west-2.amazonaws.com'), key !== null);
        assert.equal(decrypts('s3.us-west-2.amazonaws.com'), false);
      }
    });
  }

  test('the state has containers of values, and no resource that could hold one', async () => {
    const { at, tofu } = await account('state');
    applied(tofu, at);
    const state = await readFile(path.join(at, 'terraform.tfstate'), 'utf8');
    const types = JSON.parse(state).resources.filter(({ mode }) => mode === 'managed').map(({ type }) => type);
    assert.deepEqual([...new Set(types)].sort(), [
      'aws_cognito_identity_pool',
      'aws_cognito_identity_pool_provider_principal_tag',
      'aws_iam_openid_connect_provider',
      'aws_iam_role',
      'aws_iam_role_policy',
      'aws_secretsmanager_secret',
    ]);
    assert.doesNotMatch(state, /secret_string|secret_binary/);
  });

  test('refuses default_tags that sessions would inherit or that would guard stores; others change nothing', async () => {
    const { at, tofu, configure } = await account('default-tags');
    for (const [tags, problem] of [
      ['Environment = "production"', /The role github-actions would have tags with the names of claims:\s*environment\./],
      ['REPOSITORY_ID = "456789"', /names of claims:\s*repository_id\./],
      ['"github:ref" = "refs\/heads\/main"', /The store platform\/deploy would get tags that say which jobs may read it/],
    ]) {
      await configure(`default_tags {\n    tags = { ${tags} }\n  }`);
      refused(tofu(at, 'plan'), problem);
    }
    await configure('default_tags {\n    tags = { Team = "platform", CostCenter = "42" }\n  }');
    const { values } = applied(tofu, at);
    assert.deepEqual(values.roles['github-actions'].tags, { Team: 'platform', CostCenter: '42' });
    await answersTheMatrix(at, values);
    // A tag that somebody gave the role by hand is taken away again.
    await changeAccount(at, ({ Resources }) => (Resources.aws_iam_role['github-actions'].tags_all.Environment = 'production'));
    assert.equal(tofu(at, 'plan', '-detailed-exitcode').status, CHANGES);
    done(tofu(at, 'apply', '-auto-approve'));
    assert.deepEqual((await contentsOf(at)).Resources.aws_iam_role['github-actions'].tags_all, { Team: 'platform', CostCenter: '42' });
  });

  test('takes the OIDC provider that an account has, if it is for this issuer and this audience', async () => {
    const arn = `arn:aws:iam::123456789012:oidc-provider/${ISSUER}`;
    const existing = (provider) => ({ Account: '123456789012', Resources: { aws_iam_openid_connect_provider: { [arn]: { id: arn, arn, ...provider } } } });
    const { at, tofu, configure } = await account('existing');
    const write = (provider) => writeFile(path.join(at, 'account.json'), JSON.stringify(existing(provider)));
    await write({ url: `https://${ISSUER}`, client_id_list: [AUDIENCE] });
    refused(tofu(at, 'apply', '-auto-approve'), /aws_iam_openid_connect_provider .* already exists/);
    await configure('', `oidc_provider_arn = ${JSON.stringify(arn)}`);
    await write({ url: `https://${ISSUER}`, client_id_list: ['sts.amazonaws.com'] });
    refused(tofu(at, 'plan'), /does not accept the audience\s+cognito-identity\.amazonaws\.com/);
    await write({ url: 'https://example.com', client_id_list: [AUDIENCE] });
    refused(tofu(at, 'plan'), /is for the issuer\s+example\.com,\s+but\s+kvstore\.json\s+names/);
    await write({ url: `https://${ISSUER}`, client_id_list: ['sts.amazonaws.com', AUDIENCE] });
    await rm(path.join(at, 'terraform.tfstate'), { force: true });
    const { values } = applied(tofu, at);
    assert.deepEqual([values.provider, values.claims.identity_provider_name], [undefined, arn]);
    await answersTheMatrix(at, values);
  });

  test('says so if AWS did not take use_defaults = false, and the next apply mends it', async () => {
    const { at, tofu } = await account('use-defaults');
    await changeAccount(at, (contents) => (contents.KeepsDefaults = true));
    refused(tofu(at, 'apply', '-auto-approve'), /maps Cognito's default claims/);
    const { values } = applied(tofu, at);
    assert.equal(values.claims.use_defaults, false);
    // What somebody changes by hand is changed back.
    await changeAccount(at, ({ Resources }) => Object.values(Resources.aws_cognito_identity_pool_provider_principal_tag).forEach((map) => (map.use_defaults = true)));
    assert.equal(tofu(at, 'plan', '-detailed-exitcode').status, CHANGES);
  });

  test('refuses another account and another region than those of kvstore.json', async () => {
    const { at, tofu, configure } = await account('elsewhere');
    await configure('', '', 'eu-west-1');
    refused(tofu(at, 'plan'), /configured for the region\s+eu-west-1,\s+but\s+kvstore\.json\s+names\s+us-west-2/);
    await configure();
    await changeAccount(at, (contents) => (contents.Account = '210987654321'));
    refused(tofu(at, 'plan'), /configured for the account\s+210987654321,\s+but\s+kvstore\.json\s+names\s+123456789012/);
  });

  test('never deletes a store, and takes over one that is there', async () => {
    const { at, tofu, file } = await account('keeps');
    const { values } = applied(tofu, at);
    const name = 'platform/deploy';
    const all = await readFile(file, 'utf8');
    const fewer = JSON.parse(all);
    fewer.bindings = fewer.bindings.filter(({ name }) => name !== 'platform');
    await generated(file, fewer);
    refused(tofu(at, 'plan'), /store\["platform\/deploy"\] has\s+prevent_destroy set/);
    const address = `module.env_kvstore.aws_secretsmanager_secret.store[${JSON.stringify(name)}]`;
    done(tofu(at, 'state', 'rm', address));
    done(tofu(at, 'apply', '-auto-approve'));
    assert.ok((await contentsOf(at)).Resources.aws_secretsmanager_secret[values.stores[name].arn]);
    await generated(file, JSON.parse(all));
    refused(tofu(at, 'apply', '-auto-approve'), /aws_secretsmanager_secret .* already exists/);
    await writeFile(path.join(at, 'import.tf'), `import {\n  to = ${address}\n  id = ${JSON.stringify(values.stores[name].arn)}\n}\n`);
    assert.match(done(tofu(at, 'apply', '-auto-approve')).stdout, /1 imported, 0 added, 0 changed, 0 destroyed/);
    assert.equal(tofu(at, 'plan', '-detailed-exitcode').status, NOTHING_TO_CHANGE);
  });

  test('the provider of this test refuses what the schema of hashicorp/aws does not have', async () => {
    const wrongs = [
      ['use_defaults = false', 'use_default = false', /Unsupported argument[\s\S]*named "use_default" is not expected here/],
      ['use_defaults = false', 'use_defaults = "perhaps"', /Inappropriate value for attribute "use_defaults": a bool is required/],
      ['principal_tags         = local.claims', 'principal_tags = keys(local.claims)', /Inappropriate value for attribute "principal_tags"/],
      ['identity_pool_id       = aws_cognito_identity_pool.pool.id', '', /The argument "identity_pool_id" is required/],
      ['aws_cognito_identity_pool_provider_principal_tag" "claims', 'aws_cognito_identity_pool_tags" "claims', /does not support resource type/],
      ['aws_cognito_identity_pool.pool.id\n', 'aws_cognito_identity_pool.pool.pool_id\n', /Unsupported attribute/],
    ];
    const { at, tofu } = await account('schema');
    const module = path.join(at, 'generated/terraform');
    const wrong = path.join(module, 'provider-and-pool.tf');
    const text = await readFile(wrong, 'utf8');
    for (const [from, to, problem] of wrongs) {
      assert.ok(text.includes(from), from);
      await writeFile(wrong, text.replace(from, to));
      refused(tofu(module, 'validate'), problem);
    }
  });

  test('a module for 1,000 repositories is generated in seconds and is clean', async () => {
    const repositories = Array.from({ length: 1000 }, (_, n) => `octo-org/r${n}`);
    const began = performance.now();
    const { at, tofu } = await account('many', (document) => {
      document.repositories = Object.fromEntries(repositories.map((name, n) => [name, { id: String(1000 + n) }]));
      document.bindings = repositories.map((name) => ({ name, repository: name, when: { environment: 'production', ref: 'refs/heads/main' }, read: ['env:production'] }));
      document.expect = [];
    });
    const seconds = (performance.now() - began) / 1000;
    console.log(`1,000 repositories: ${seconds.toFixed(1)} s`);
    assert.ok(seconds < 60, `${seconds}`);
    done(tofu(at, 'fmt', '-check', '-recursive'));
    done(tofu(path.join(at, 'generated/terraform'), 'validate'));
  });
});

/** A folder with a module that imports what is generated, and an account with nothing in it. */
async function account(name, change = () => {}) {
  const at = path.join(folder, name);
  await mkdir(at);
  const file = path.join(at, 'kvstore.json');
  await cp(EXAMPLE, file);
  const document = JSON.parse(await readFile(EXAMPLE, 'utf8'));
  change(document);
  await generated(file, document);
  await writeFile(path.join(at, 'account.json'), JSON.stringify({ Account: '123456789012' }));
  const configure = async (provider = '', variable = '', region = 'us-west-2') => {
    const main = DOCUMENTED.replace('region = "us-west-2"\n', `region = "${region}"\n${provider && `\n  ${provider}\n`}`);
    await writeFile(path.join(at, 'main.tf'), main.replace('terraform"\n', `terraform"\n${variable && `\n  ${variable}\n`}`));
  };
  await configure();
  const tofu = tofuFor(path.join(at, 'account.json'));
  done(tofu(at, 'get'));
  return { at, tofu, file, configure };
}

async function generated(file, document) {
  await writeFile(file, JSON.stringify(document));
  const made = await runCli(['generate', 'terraform', '--file', file], { environment: {} });
  assert.equal(made.exitCode, 0, made.stderr);
}

/** What tofu applied, as `show -json` has it. */
function applied(tofu, at) {
  done(tofu(at, 'apply', '-auto-approve'));
  const { values } = JSON.parse(done(tofu(at, 'show', '-json')).stdout);
  const resources = values.root_module.child_modules[0].resources.filter(({ mode }) => mode === 'managed');
  const all = (type) => resources.filter((resource) => resource.type === type);
  const one = (type) => all(type)[0]?.values;
  const policies = Object.fromEntries(all('aws_iam_role_policy').map((resource) => [resource.values.role, JSON.parse(resource.values.policy)]));
  const roles = all('aws_iam_role').map(({ values: { name, assume_role_policy: trust, tags_all: tags } }) => [name, { trust: JSON.parse(trust), policy: policies[name], tags: tags ?? {} }]);
  const stores = all('aws_secretsmanager_secret').map((resource) => [resource.values.name, resource.values]);
  return {
    values: {
      pool: one('aws_cognito_identity_pool'),
      claims: one('aws_cognito_identity_pool_provider_principal_tag'),
      provider: one('aws_iam_openid_connect_provider'),
      roles: Object.fromEntries(roles),
      stores: Object.fromEntries(stores),
    },
    outputs: values.outputs.env_kvstore.value,
  };
}

async function answersTheMatrix(at, values) {
  const made = await runCli(['generate', 'matrix', '--file', path.join(at, 'kvstore.json')], { environment: {} });
  assert.equal(made.exitCode, 0, made.stderr);
  const { cases } = JSON.parse(await readFile(path.join(at, 'generated/matrix.json'), 'utf8'));
  const counts = { allowed: 0, denied: 0 };
  for (const question of cases) {
    assert.equal(reads(values, question), question.allowed, `${question.what}: ${question.role} ${question.store} ${JSON.stringify(question.job)}`);
    counts[question.allowed ? 'allowed' : 'denied'] += 1;
  }
  return counts;
}

/** Whether AWS would give a job the store: its claims become tags by the pool's map, the role trusts them, its policy reads the store's. */
function reads({ pool, claims, roles, stores }, { role: name, job, store }) {
  const { trust, policy, tags: ofTheRole } = roles[name];
  const tags = Object.entries(claims.principal_tags).flatMap(([tag, claim]) => (claim in job ? [[tag, job[claim]]] : []));
  const keys = (prefix, entries) => Object.fromEntries(entries.map(([tag, value]) => [`${prefix}/${tag}`, [value]]));
  const session = { ...keys('aws:RequestTag', tags), [`${AUDIENCE}:aud`]: [pool.id], 'sts:RoleSessionName': [`${job.run_id}@${job.sha}`] };
  const assume = (action) => isAllowed(trust, { action, principal: { Federated: AUDIENCE }, resource: null, context: session });
  if (!assume('sts:AssumeRoleWithWebIdentity') || !assume('sts:TagSession')) return false;
  const isOverridden = (key) => tags.some(([tag]) => tag.toLowerCase() === key.toLowerCase());
  const inherited = Object.entries(ofTheRole).filter(([key]) => !isOverridden(key));
  const context = { ...keys('aws:PrincipalTag', [...tags, ...inherited]), ...keys('secretsmanager:ResourceTag', Object.entries(stores[store]?.tags_all ?? {})) };
  const resource = stores[store]?.arn ?? `arn:aws:secretsmanager:us-west-2:123456789012:secret:${store}-AbCdEf`;
  return isAllowed(policy, { action: 'secretsmanager:GetSecretValue', principal: null, resource, context });
}

function isAllowed(document, request) {
  return evaluate({ policies: [{ name: 'policy', document }], request }).decision === 'allow';
}

async function contentsOf(at) {
  return JSON.parse(await readFile(path.join(at, 'account.json'), 'utf8'));
}

async function changeAccount(at, change) {
  const contents = await contentsOf(at);
  change(contents);
  await writeFile(path.join(at, 'account.json'), JSON.stringify(contents));
}

function done(ended) {
  assert.equal(ended.status, 0, ended.stdout + ended.stderr);
  return ended;
}

/** tofu draws a box around messages, and breaks their lines. */
function refused(ended, problem) {
  assert.equal(ended.status, 1, ended.stdout + ended.stderr);
  assert.match(ended.stderr.replace(/^[│╷╵] ?/gm, ''), problem);
}
