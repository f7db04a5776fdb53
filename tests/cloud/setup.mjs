// What exists in the AWS account: OIDC providers, identity pools, roles. The default is the set-up of docs/set-up-aws.md, the other is
// that of docs/organization.md; a test changes it in place, before the first request or between two.

import { documentsIn } from './pages.mjs';

/**
 * @typedef {object} Setup
 * @property {Record<string, any>} documents the page's marked JSON blocks, by name
 * @property {string} region of the default pool
 * @property {string} accountId of the default pool and role
 * @property {string} providerArn the default OIDC provider
 * @property {string} poolId the default identity pool
 * @property {string} roleArn the default role
 * @property {Record<string, OidcProvider>} oidcProviders by ARN
 * @property {Record<string, IdentityPool>} identityPools by id
 * @property {Record<string, Role>} roles by ARN
 * @property {Record<string, User>} users by ARN
 * @property {Record<string, Bucket>} buckets by name
 * @property {Record<string, Key>} [keys] of KMS, by ARN
 * @property {number} batchPageSize how many secrets Secrets Manager puts into one answer to a batch
 * @property {number} listPageSize how many secrets, versions, roles, policies or pools a service lists in one answer at most
 * @property {boolean} versionQuota whether Secrets Manager keeps to about 100 versions and 20 labels of a secret
 * @property {number} [packedPolicySize] what STS says that a session's tags take of the space for them, in percent; it says nothing unless given
 *
 * @typedef {{ Url: string, ClientIDList: string[] }} OidcProvider
 *
 * @typedef {object} IdentityPool
 * @property {string} AccountId
 * @property {boolean} AllowUnauthenticatedIdentities
 * @property {boolean} AllowClassicFlow
 * @property {string[]} OpenIdConnectProviderARNs
 * @property {{ authenticated?: string }} roles ARNs of those that the enhanced flow gives, as SetIdentityPoolRoles sets them
 * @property {Record<string, { UseDefaults: boolean, PrincipalTags: Record<string, string> }>} tagMaps by provider ARN
 *
 * @typedef {object} Role
 * @property {any} trustPolicy
 * @property {{ name: string, document: any, arn?: string }[]} policies a managed one has an ARN
 * @property {{ name: string, document: any, arn: string }} [boundary] the permissions boundary
 * @property {Record<string, string>} tags the role's own; session tags of the same key hide them
 * @property {number} maxSessionDurationSeconds
 *
 * @typedef {object} User with keys that do not expire
 * @property {{ name: string, document: any }[]} policies
 * @property {Record<string, string>} tags
 *
 * @typedef {{ manager: 'CUSTOMER' | 'AWS', policy: any, alias?: string, state?: 'disabled' | 'pending deletion' }} Key `state` only if it cannot be used
 *
 * @typedef {object} Bucket of S3
 * @property {string} accountId
 * @property {string} region
 * @property {any} [policy]
 * @property {number} pageSize how many objects one answer lists at most
 * @property {Map<string, { bytes: Buffer, changedAt: number, contentType?: string }>} objects by key
 */

/**
 * @param {string} origin where the cloud listens
 * @param {string} [exchange] where its token exchange listens
 * @returns {Setup}
 */
export function enterpriseSetup(origin, exchange) {
  return setupOf(documentsIn(origin, undefined, exchange));
}

/** That of an organisation, whose page names its blocks after those of the other. */
export function organizationSetup(origin) {
  const documents = documentsIn(origin, ['docs/organization.md']);
  const named = Object.entries(documents).map(([name, document]) => [name.replace(/^organization-/, ''), document]);
  return setupOf(Object.fromEntries(named));
}

/** @returns {Setup} */
function setupOf(documents) {
  const pool = documents['identity-pool'];
  const { IdentityPoolId: poolId, IdentityProviderName: providerArn, ...tagMap } = documents['tag-map'];
  const accountId = providerArn.split(':')[4];
  const roleArn = `arn:aws:iam::${accountId}:role/github-actions`;
  return {
    documents,
    region: poolId.split(':')[0],
    accountId,
    providerArn,
    poolId,
    roleArn,
    oidcProviders: { [providerArn]: documents['oidc-provider'] },
    identityPools: { [poolId]: { AccountId: accountId, ...pool, roles: {}, tagMaps: { [providerArn]: tagMap } } },
    roles: { [roleArn]: role(documents['trust-policy'], documents['role-policy']) },
    users: {},
    buckets: {},
    batchPageSize: 20,
    listPageSize: 100,
    versionQuota: true,
  };
}

/** A role as `aws iam create-role` makes it: no tags, sessions of an hour at most. */
export function role(trustPolicy, policy) {
  return {
    trustPolicy,
    policies: [{ name: 'role policy', document: policy }],
    tags: {},
    maxSessionDurationSeconds: 3600,
  };
}

/** The documented trust policy, for sessions that Cognito's enhanced flow names. */
export function enhancedFlowTrust({ documents }) {
  const document = structuredClone(documents['trust-policy']);
  document.Statement[0].Condition.StringEquals['sts:RoleSessionName'] = 'CognitoIdentityCredentials';
  return document;
}

/**
 * Trusts tokens of the default OIDC provider as they are, without Cognito.
 * @param {Setup} setup
 * @param {Record<string, string>} claims that a token must have
 */
export function webIdentityTrust({ providerArn, oidcProviders }, claims) {
  const issuer = oidcProviders[providerArn].Url.replace(/^https?:\/\//, '');
  const conditions = Object.entries(claims).map(([claim, value]) => [`${issuer}:${claim}`, value]);
  return trust({ Federated: providerArn }, 'sts:AssumeRoleWithWebIdentity', {
    StringEquals: Object.fromEntries(conditions),
  });
}

/** Trusts a role, or the root of an account, to assume and to tag. */
export function principalTrust(arn, condition = {}) {
  return trust({ AWS: arn }, ['sts:AssumeRole', 'sts:TagSession'], condition);
}

function trust(Principal, Action, Condition) {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action, Condition }] };
}

/** The account trusts the token exchange too, as docs/other-identities.md sets it up: a provider, and a role for its tokens. */
export function withTokenExchange({ accountId, documents, oidcProviders, roles }) {
  const provider = documents['exchange-oidc-provider'];
  oidcProviders[`arn:aws:iam::${accountId}:oidc-provider/${new URL(provider.Url).host}`] = provider;
  const roleArn = `arn:aws:iam::${accountId}:role/github-actions-exchange`;
  roles[roleArn] = role(documents['exchange-trust-policy'], documents['role-policy']);
  return roleArn;
}
