// An account of the local cloud in which the stacks of `env-kvstore generate cloudformation` are deployed, and the questions of
// `generate matrix` asked of it, each in a job's own way.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { GITHUB_HOST } from './pages.mjs';
import { defaultClaims } from './github.mjs';
import { credentialsIn, jobClient, loginKey } from './job.mjs';
import { role } from './setup.mjs';

/** AWS hands this id out; it is that of the pages. */
export const POOL = 'us-west-2:12345678-1234-1234-1234-1234567890ab';

/**
 * @typedef {object} Stacks
 * @property {any} base the template of the pool and of the roles
 * @property {any[]} stores the templates of the stores
 *
 * @param {string} folder of generated files
 * @returns {Promise<Stacks>}
 */
export async function stacksIn(folder) {
  const { cloudformation } = JSON.parse(await readFile(path.join(folder, '.env-kvstore.json'), 'utf8'));
  const load = async (name) => JSON.parse(await readFile(path.join(folder, name), 'utf8'));
  const [base, ...stores] = await Promise.all(Object.keys(cloudformation).map(load));
  return { base, stores };
}

/**
 * @param {Stacks} stacks
 * @param {string} origin where the cloud listens: it is the issuer in place of GitHub's host
 * @returns {import('./setup.mjs').Setup}
 */
export function deployed({ base: { Resources } }, origin) {
  const [accountId, region] = ['123456789012', 'us-west-2'];
  const { Url, ClientIdList: ClientIDList } = Resources.OidcProvider.Properties;
  const issuer = Url.replace(`https://${GITHUB_HOST}`, origin);
  const providerArn = `arn:aws:iam::${accountId}:oidc-provider/${loginKey(issuer)}`;
  const references = { IdentityPool: POOL, OidcProvider: providerArn };
  const resolved = ({ Properties }) => JSON.parse(JSON.stringify(Properties, (_key, value) => references[value?.Ref] ?? value));
  const { PrincipalTags, UseDefaults } = resolved(Resources.PrincipalTags);
  const roles = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role').map(resolved);
  const arnOf = (name) => `arn:aws:iam::${accountId}:role/${name}`;
  return {
    documents: {},
    region,
    accountId,
    providerArn,
    poolId: POOL,
    roleArn: arnOf(roles[0].RoleName),
    oidcProviders: { [providerArn]: { Url: issuer, ClientIDList } },
    identityPools: {
      [POOL]: { AccountId: accountId, ...resolved(Resources.IdentityPool), roles: {}, tagMaps: { [providerArn]: { UseDefaults, PrincipalTags } } },
    },
    roles: Object.fromEntries(
      roles.map(({ RoleName, AssumeRolePolicyDocument, Policies: [{ PolicyDocument }] }) => [arnOf(RoleName), role(AssumeRolePolicyDocument, PolicyDocument)]),
    ),
    users: {},
    buckets: {},
    batchPageSize: 20,
    listPageSize: 100,
    versionQuota: true,
  };
}

/**
 * The stores of the stacks by their names, each with its tags.
 * @param {Stacks} stacks
 */
export function storesIn({ stores }) {
  const all = stores.flatMap(({ Resources }) => Object.values(Resources));
  return all.map(({ Properties: { Name, Tags = [] } }) => ({ name: Name, tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) }));
}

/**
 * Makes the stores of the stacks, with values.
 * @param {Awaited<ReturnType<import('./cloud.mjs').startCloud>>} cloud
 * @param {Stacks} stacks
 * @param {(name: string) => object} valueOf
 */
export function fillStores(cloud, stacks, valueOf) {
  for (const { name, tags } of storesIn(stacks)) cloud.putSecret(name, valueOf(name), { tags });
}

/** What the default job of the cloud says of itself, all taken away: a job of the matrix is what the matrix says, and nothing else. */
const NOTHING = Object.fromEntries(Object.keys(defaultClaims()).filter((claim) => claim !== 'aud').map((claim) => [claim, undefined]));

/**
 * Whether a job gets a secret by a role, and if not, who refuses: the role's trust policy or Secrets Manager.
 * @param {Awaited<ReturnType<import('./cloud.mjs').startCloud>>} cloud
 * @param {{ role: string, job: Record<string, string | undefined>, store: string }} question
 * @returns {Promise<'read' | 'no role' | 'no store' | string>} otherwise what went wrong
 */
export async function answerTo(cloud, { role: name, job, store }) {
  const { cognitoSignIn, assumeRole, getSecretValue } = jobClient(cloud);
  const { cognitoToken, sessionName } = await cognitoSignIn({ ...NOTHING, ...job });
  const assumed = await assumeRole(cognitoToken, sessionName, { RoleArn: `arn:aws:iam::${cloud.setup.accountId}:role/${name}` });
  if (assumed.status !== 200) return assumed.text.includes('<Code>AccessDenied</Code>') ? 'no role' : assumed.text;
  const read = await getSecretValue(credentialsIn(assumed.text), { SecretId: store });
  if (read.status === 200) return 'read';
  return read.json.__type.endsWith('AccessDeniedException') ? 'no store' : read.text;
}

/**
 * Asks each question of the matrix, and fails where the cloud answers otherwise.
 * @param {Awaited<ReturnType<import('./cloud.mjs').startCloud>>} cloud
 * @param {{ what: string, role: string, job: Record<string, string>, store: string, allowed: boolean }[]} cases
 * @returns {Promise<{ allowed: number, denied: number }>} how many of each there were
 */
export async function answersOf(cloud, cases) {
  const counts = { allowed: 0, denied: 0 };
  for (const { what, allowed, ...question } of cases) {
    const answer = await answerTo(cloud, question);
    const expected = allowed ? ['read'] : ['no role', 'no store'];
    assert.ok(expected.includes(answer), `${what}: ${answer} ${JSON.stringify(question)}`);
    counts[allowed ? 'allowed' : 'denied'] += 1;
  }
  return counts;
}
