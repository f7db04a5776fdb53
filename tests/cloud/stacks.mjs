// The stacks of `env-kvstore generate cloudformation`, deployed, and the questions of `generate matrix`, asked of a cloud with them.

import assert from 'node:assert/strict';
import { jobClient } from './job.mjs';
import { role } from './setup.mjs';

const POOL = 'us-west-2:12345678-1234-1234-1234-1234567890ab';

/** What the default job of the local cloud says that a job of the matrix may not. */
const EVERY_CLAIM = ['job_workflow_ref', 'ref', 'ref_protected', 'ref_type', 'runner_environment', 'workflow_ref', 'enterprise', 'repository', 'repository_id', 'event_name'];

/** An account where the stack has been deployed, whose issuer is the cloud itself. */
export function deployed({ Resources }, origin) {
  const own = origin.replace(/^https?:\/\//, '');
  const provider = Resources.OidcProvider.Properties;
  const issuer = provider.Url.replace('https://token.actions.githubusercontent.com', origin);
  const providerArn = `arn:aws:iam::123456789012:oidc-provider/${issuer.replace(/^https?:\/\//, '')}`;
  const resolve = (value) => JSON.parse(JSON.stringify(value, (_, part) => (part?.Ref === 'IdentityPool' ? POOL : part?.Ref === 'OidcProvider' ? providerArn : part)));
  const { PrincipalTags, UseDefaults } = Resources.PrincipalTags.Properties;
  const pool = resolve(Resources.IdentityPool.Properties);
  const roles = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role').map(({ Properties }) => resolve(Properties));
  assert.ok(own && roles.length === 3);
  return {
    documents: {},
    region: 'us-west-2',
    accountId: '123456789012',
    providerArn,
    poolId: POOL,
    roleArn: 'arn:aws:iam::123456789012:role/github-actions',
    oidcProviders: { [providerArn]: { Url: issuer, ClientIDList: provider.ClientIdList } },
    identityPools: { [POOL]: { AccountId: '123456789012', ...pool, roles: {}, tagMaps: { [providerArn]: { UseDefaults, PrincipalTags } } } },
    roles: Object.fromEntries(roles.map(({ RoleName, AssumeRolePolicyDocument, Policies }) => [`arn:aws:iam::123456789012:role/${RoleName}`, role(AssumeRolePolicyDocument, Policies[0].PolicyDocument)])),
    users: {},
    buckets: {},
    batchPageSize: 20,
    listPageSize: 100,
    versionQuota: true,
  };
}

/**
 * Asks the cloud each question of the matrix, and fails where it answers otherwise.
 * @returns {Promise<{ allowed: number, denied: number }>} how many of each there were
 */
export async function answersOf(cloud, cases) {
  const { cognitoSignIn, assumeRole, getSecretValue } = jobClient(cloud);
  const counts = { allowed: 0, denied: 0 };
  for (const { what, role: name, job, store, allowed } of cases) {
    // What the job does not say, the default job of the cloud says otherwise.
    const absent = Object.fromEntries(['environment', 'enterprise_id', 'actor_id', ...EVERY_CLAIM].map((claim) => [claim, undefined]));
    const signedIn = await cognitoSignIn({ ...absent, ...job });
    const roleArn = `arn:aws:iam::123456789012:role/${name}`;
    const assumed = await assumeRole(signedIn.cognitoToken, signedIn.sessionName, { RoleArn: roleArn });
    const session = assumed.status === 200 ? credentialsOf(assumed.text) : undefined;
    const read = session && (await getSecretValue(session, { SecretId: store }));
    assert.equal(read?.status === 200, allowed, `${what}: ${store} ${JSON.stringify(job)} ${read?.text ?? assumed.text}`);
    counts[allowed ? 'allowed' : 'denied'] += 1;
  }
  return counts;
}

function credentialsOf(text) {
  const element = (name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)[1];
  return { accessKeyId: element('AccessKeyId'), secretAccessKey: element('SecretAccessKey'), sessionToken: element('SessionToken') };
}
