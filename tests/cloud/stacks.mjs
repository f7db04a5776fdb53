// An AWS account where what `env-kvstore generate cloudformation` makes has been deployed, by hand: no CloudFormation is here.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { role } from './setup.mjs';

const ACCOUNT = '123456789012';
const POOL = 'us-west-2:12345678-1234-1234-1234-1234567890ab';

/** The templates in a folder: that of the pool and the roles, and those of the stores. */
export function readStacks(folder) {
  const template = (name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  const stores = readdirSync(folder).filter((name) => /^stores-\d+\.json$/.test(name)).sort();
  return { base: template('base.json'), stores: stores.map(template) };
}

/**
 * What the base stack makes, in an account whose GitHub is the cloud itself.
 * @returns {import('./setup.mjs').Setup}
 */
export function stackSetup({ Resources }, origin) {
  const { Url, ClientIdList } = Resources.OidcProvider.Properties;
  const issuer = Url.replace('https://token.actions.githubusercontent.com', origin);
  const providerArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer.replace(/^https?:\/\//, '')}`;
  const references = { IdentityPool: POOL, OidcProvider: providerArn };
  const resolve = (value) => JSON.parse(JSON.stringify(value, (_, part) => references[part?.Ref] ?? part));
  const { PrincipalTags, UseDefaults } = Resources.PrincipalTags.Properties;
  const roles = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role').map(({ Properties }) => resolve(Properties));
  return {
    documents: {},
    region: POOL.split(':')[0],
    accountId: ACCOUNT,
    providerArn,
    poolId: POOL,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/${Resources.Role.Properties.RoleName}`,
    oidcProviders: { [providerArn]: { Url: issuer, ClientIDList: ClientIdList } },
    identityPools: { [POOL]: { AccountId: ACCOUNT, ...resolve(Resources.IdentityPool.Properties), roles: {}, tagMaps: { [providerArn]: { UseDefaults, PrincipalTags } } } },
    roles: Object.fromEntries(roles.map(({ RoleName, AssumeRolePolicyDocument, Policies }) => [`arn:aws:iam::${ACCOUNT}:role/${RoleName}`, role(AssumeRolePolicyDocument, Policies[0].PolicyDocument)])),
    users: {},
    buckets: {},
    batchPageSize: 20,
    listPageSize: 100,
    versionQuota: true,
  };
}

/** The stores of a stack by their names, each with its tags. */
export function storesIn({ Resources }) {
  return Object.values(Resources).map(({ Properties: { Name, Tags = [] } }) => ({ name: Name, tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) }));
}
