// The stacks that `env-kvstore generate cloudformation` makes, in the local cloud.

import { role } from '../cloud/setup.mjs';

/** What AWS hands out. */
export const POOL = 'us-west-2:12345678-1234-1234-1234-1234567890ab';
const ACCOUNT = '123456789012';

/** An account where the stack has been deployed, whose issuer is the cloud itself. */
export function deployed({ Resources }, origin) {
  const provider = Resources.OidcProvider.Properties;
  const issuer = provider.Url.replace('https://token.actions.githubusercontent.com', origin);
  const providerArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer.replace(/^https?:\/\//, '')}`;
  const resolve = (value) => JSON.parse(JSON.stringify(value, (_, part) => (part?.Ref === 'IdentityPool' ? POOL : part?.Ref === 'OidcProvider' ? providerArn : part)));
  const { PrincipalTags, UseDefaults } = Resources.PrincipalTags.Properties;
  const pool = resolve(Resources.IdentityPool.Properties);
  const roles = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role').map(({ Properties }) => resolve(Properties));
  return {
    documents: {},
    region: 'us-west-2',
    accountId: ACCOUNT,
    providerArn,
    poolId: POOL,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/github-actions`,
    oidcProviders: { [providerArn]: { Url: issuer, ClientIDList: provider.ClientIdList } },
    identityPools: { [POOL]: { AccountId: ACCOUNT, ...pool, roles: {}, tagMaps: { [providerArn]: { UseDefaults, PrincipalTags } } } },
    roles: Object.fromEntries(roles.map(({ RoleName, AssumeRolePolicyDocument, Policies }) => [`arn:aws:iam::${ACCOUNT}:role/${RoleName}`, role(AssumeRolePolicyDocument, Policies[0].PolicyDocument)])),
    users: {},
    buckets: {},
    batchPageSize: 20,
    listPageSize: 100,
    versionQuota: true,
  };
}

/**
 * The stores of a stack, each with a value.
 * @param {(name: string) => Record<string, unknown>} valueOf
 */
export function makeStores(cloud, { Resources }, valueOf) {
  for (const { Properties: { Name, Tags = [] } } of Object.values(Resources)) {
    cloud.putSecret(Name, valueOf(Name), { tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) });
  }
}
