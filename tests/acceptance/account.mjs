// The account: what is deployed, how it is taken away, and what whoever does both may do. By the AWS CLI, as a person would.

import { randomBytes } from 'node:crypto';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hashOf } from './ask.mjs';

const CLI = fileURLToPath(new URL('../../dist/npm/cli.mjs', import.meta.url));
const AUDIENCE = 'cognito-identity.amazonaws.com';

/** The AWS CLI. Resolves to its answer, if it is JSON. */
export async function aws(args, { program = 'aws', env = process.env } = {}) {
  const { stdout } = await promisify(execFile)(program, [...args, '--output', 'json'], { encoding: 'utf8', env });
  return stdout.startsWith('{') ? JSON.parse(stdout) : undefined;
}

/** The stacks that `generate` makes of the file, and the matrix, in a folder. */
export function generate(document, folder) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'kvstore.json');
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  for (const target of ['cloudformation', 'matrix']) {
    execFileSync(process.execPath, [CLI, 'generate', target, '--file', file, '--to', folder], { stdio: 'inherit' });
  }
  const read = (name) => JSON.parse(readFileSync(path.join(folder, 'cloudformation', name), 'utf8'));
  const stores = readdirSync(path.join(folder, 'cloudformation')).filter((name) => /^stores-\d+\.json$/.test(name)).sort();
  return { base: read('base.json'), stores: Object.fromEntries(stores.map((name) => [name.replace('.json', ''), read(name)])) };
}

/** An account has one OIDC provider for an issuer, and the deploying job came by it: the stack takes it as it is. */
export function withExistingProvider(base, providerArn) {
  const { OidcProvider, ...resources } = base.Resources;
  if (OidcProvider === undefined) return base;
  const text = JSON.stringify({ ...base, Resources: resources }).replaceAll('{"Ref":"OidcProvider"}', JSON.stringify(providerArn));
  return JSON.parse(text);
}

export function providerArnOf(document, partition) {
  const { issuer = 'https://token.actions.githubusercontent.com', enterprise } = document.github;
  return `arn:${partition}:iam::${document.aws.account}:oidc-provider/${issuer.replace('https://', '')}${enterprise ? `/${enterprise}` : ''}`;
}

export function storesOfStacks(stores) {
  return Object.values(stores).flatMap(({ Resources }) => Object.values(Resources).map(({ Properties }) => Properties.Name));
}

/** Deploys, puts a random value into each store, and says what AWS made of it. Resolves to the plan of the other jobs. */
export async function deploy({ document, partition, prefix, folder, run = (...args) => aws(args) }) {
  const { base, stores } = generate(document, folder);
  const providerArn = providerArnOf(document, partition);
  const { ClientIDList: audiences } = await run('iam', 'get-open-id-connect-provider', '--open-id-connect-provider-arn', providerArn);
  if (!audiences.includes(AUDIENCE)) throw new Error(`${providerArn} does not have the audience ${AUDIENCE}: aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${providerArn} --client-id ${AUDIENCE}`);
  const stacks = { base: withExistingProvider(base, providerArn), ...stores };
  for (const [name, template] of Object.entries(stacks)) {
    const file = path.join(folder, `${name}.template.json`);
    writeFileSync(file, JSON.stringify(template));
    await run('cloudformation', 'deploy', '--stack-name', `${prefix}-${name}`, '--template-file', file, '--capabilities', 'CAPABILITY_NAMED_IAM', '--no-fail-on-empty-changeset');
  }
  const { Stacks: [{ Outputs }] } = await run('cloudformation', 'describe-stacks', '--stack-name', `${prefix}-base`);
  const poolId = Outputs.find(({ OutputKey }) => OutputKey === 'IdentityPoolId').OutputValue;
  const hashes = {};
  for (const name of storesOfStacks(stores)) hashes[name] = await putValue(name, folder, run);
  const tagMap = await run('cognito-identity', 'get-principal-tag-attribute-map', '--identity-pool-id', poolId, '--identity-provider-name', providerArn);
  return { document, partition, prefix, poolId, hashes, deployed: saidOfTags(tagMap, base.Resources.PrincipalTags.Properties.PrincipalTags) };
}

/** Whether the tag map is the one that was asked for, without the defaults that AWS would add. */
export function saidOfTags({ UseDefaults, PrincipalTags }, wanted) {
  const sorted = (tags) => JSON.stringify(Object.entries(tags ?? {}).sort());
  const problems = [];
  if (UseDefaults !== false) problems.push(`the tag map has UseDefaults ${UseDefaults}`);
  if (sorted(PrincipalTags) !== sorted(wanted)) problems.push(`the tag map is ${JSON.stringify(PrincipalTags)}`);
  return { problems, notes: [`GetPrincipalTagAttributeMap: UseDefaults ${UseDefaults}, ${Object.keys(PrincipalTags ?? {}).length} tags`] };
}

/** The value is in a file that only this user can read, for as long as the call lasts; its hash is what is kept. */
async function putValue(name, folder, run) {
  const value = randomBytes(24).toString('hex');
  const file = path.join(folder, 'value.json');
  writeFileSync(file, JSON.stringify({ SecretId: name, SecretString: JSON.stringify({ KEY: value }) }), { mode: 0o600 });
  try {
    await run('secretsmanager', 'put-secret-value', '--cli-input-json', `file://${file}`);
  } finally {
    rmSync(file);
  }
  return hashOf(value);
}

/** Takes away whatever of it is there. The stores outlive their stacks, so that they are deleted by their names. */
export async function tearDown({ document, prefix, folder, run = (...args) => aws(args) }) {
  const { stores } = generate(document, folder);
  const failures = [];
  const attempt = async (...args) => {
    try {
      await run(...args);
    } catch (error) {
      failures.push(`aws ${args.slice(0, 4).join(' ')}: ${error.message.split('\n')[0]}`);
    }
  };
  for (const name of [...Object.keys(stores), 'base']) {
    await attempt('cloudformation', 'delete-stack', '--stack-name', `${prefix}-${name}`);
    await attempt('cloudformation', 'wait', 'stack-delete-complete', '--stack-name', `${prefix}-${name}`);
  }
  for (const name of storesOfStacks(stores)) await attempt('secretsmanager', 'delete-secret', '--secret-id', name, '--force-delete-without-recovery');
  return failures;
}

/** What the deploying role needs, and no more than that, for one prefix. */
export function deployPolicy({ account, region, prefix, partition, providerArn }) {
  const arn = (service, where, resource) => `arn:${partition}:${service}:${where}:${account}:${resource}`;
  const allow = (Sid, Action, Resource, more = {}) => ({ Sid, Effect: 'Allow', Action, Resource, ...more });
  return {
    Version: '2012-10-17',
    Statement: [
      allow(
        'Stacks',
        ['CreateChangeSet', 'DeleteChangeSet', 'DeleteStack', 'DescribeChangeSet', 'DescribeStackEvents', 'DescribeStacks', 'ExecuteChangeSet'].map((action) => `cloudformation:${action}`),
        arn('cloudformation', region, `stack/${prefix}-*/*`),
      ),
      allow('Templates', 'cloudformation:GetTemplateSummary', '*', { Condition: { StringEquals: { 'aws:RequestedRegion': region } } }),
      allow('Provider', 'iam:GetOpenIDConnectProvider', providerArn),
      allow('Roles', ['CreateRole', 'DeleteRole', 'DeleteRolePolicy', 'GetRole', 'GetRolePolicy', 'ListAttachedRolePolicies', 'ListRolePolicies', 'PutRolePolicy', 'UpdateAssumeRolePolicy'].map((action) => `iam:${action}`), arn('iam', '', `role/${prefix}-*`)),
      // A pool has its id from AWS, so no name can be asked for.
      allow(
        'Pool',
        ['CreateIdentityPool', 'DeleteIdentityPool', 'DescribeIdentityPool', 'GetPrincipalTagAttributeMap', 'SetPrincipalTagAttributeMap', 'UpdateIdentityPool'].map((action) => `cognito-identity:${action}`),
        '*',
        { Condition: { StringEquals: { 'aws:RequestedRegion': region } } },
      ),
      allow('Stores', ['CreateSecret', 'DeleteSecret', 'DescribeSecret', 'PutSecretValue', 'TagResource', 'UntagResource', 'UpdateSecret'].map((action) => `secretsmanager:${action}`), arn('secretsmanager', region, `secret:${prefix}/*`)),
    ],
  };
}
