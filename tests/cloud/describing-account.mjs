// What IAM, Cognito and KMS tell of an account without changing it: the calls of `env-kvstore snapshot` that nothing else needs.
// Each asks IAM for the resource of the Service Authorization Reference, so that a policy can allow no more than these.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

import { AwsError, awsJson } from './protocols.mjs';
import { requireValid } from './validation.mjs';

const POOL_ID = { min: 1, max: 55, pattern: '[\\w-]+:[0-9a-f-]+' };
const POLICY_NAME = { min: 1, max: 128, pattern: '[\\w+=,.@-]+' };
const POLICY_ARN = { min: 20, max: 2048 };
const KMS_TARGET = 'TrentService.';

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
 * @param {object} options
 * @param {import('./setup.mjs').Setup} options.setup
 * @param {(call: object, action: string, resource?: string) => { session: any }} options.admit
 * @param {(session: any, input: object) => { arn: string, role: import('./setup.mjs').Role }} options.roleOf
 */
export function describingIam({ setup, admit, roleOf }) {
  const admitToRole = (input, call, action) => {
    const { session } = admit(call, action, `arn:aws:iam::*:role/${input.RoleName}`);
    return roleOf(session, input);
  };
  return {
    ListOpenIDConnectProviders: (_, call) => {
      const { session } = admit(call, 'iam:ListOpenIDConnectProviders');
      return { OpenIDConnectProviderList: ofAccount(Object.keys(setup.oidcProviders), session).map((Arn) => ({ Arn })) };
    },
    ListRoles: (input, call) => {
      const { session } = admit(call, 'iam:ListRoles');
      // Without tags and boundary, as AWS says.
      const roles = ofAccount(Object.keys(setup.roles), session).sort().map((arn) => describedRole(arn, setup.roles[arn]));
      return pageOf('Roles', roles, input, setup.listPageSize);
    },
    GetRole: (input, call) => {
      const { arn, role } = admitToRole(input, call, 'iam:GetRole');
      const { tags, boundary } = role;
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const PermissionsBoundary = boundary && { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary.arn };
      return { Role: { ...describedRole(arn, role), ...(Tags.length > 0 && { Tags }), ...(boundary && { PermissionsBoundary }) } };
    },
    ListRolePolicies: (input, call) => {
      const { role } = admitToRole(input, call, 'iam:ListRolePolicies');
      return pageOf('PolicyNames', role.policies.filter(({ arn }) => !arn).map(({ name }) => name), input, setup.listPageSize);
    },
    GetRolePolicy: (input, call) => {
      const { role } = admitToRole(input, call, 'iam:GetRolePolicy');
      const { RoleName, PolicyName } = input;
      requireValid('ValidationError', [{ member: 'policyName', value: PolicyName, ...POLICY_NAME }]);
      const found = role.policies.find(({ name, arn }) => name === PolicyName && !arn);
      if (!found) throw noSuchEntity(`The role policy with name ${PolicyName} cannot be found.`);
      return { RoleName, PolicyName, PolicyDocument: encoded(found.document) };
    },
    ListAttachedRolePolicies: (input, call) => {
      const { role } = admitToRole(input, call, 'iam:ListAttachedRolePolicies');
      const attached = role.policies.filter(({ arn }) => arn).map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }));
      return pageOf('AttachedPolicies', attached, input, setup.listPageSize);
    },
    GetPolicy: ({ PolicyArn }, call) => {
      admit(call, 'iam:GetPolicy', PolicyArn);
      const { name } = managedPolicy(setup, PolicyArn);
      return { Policy: { PolicyName: name, Arn: PolicyArn, Path: '/', DefaultVersionId: 'v3', IsAttachable: true } };
    },
    GetPolicyVersion: ({ PolicyArn, VersionId }, call) => {
      admit(call, 'iam:GetPolicyVersion', PolicyArn);
      const { document } = managedPolicy(setup, PolicyArn);
      if (VersionId !== 'v3') throw noSuchEntity(`Policy ${PolicyArn} version ${VersionId} does not exist or is not attachable.`);
      return { PolicyVersion: { Document: encoded(document), VersionId, IsDefaultVersion: true } };
    },
  };
}

/** @param {{ admit: (call: object, action: string, resource?: string) => any, pool: (id: string) => import('./setup.mjs').IdentityPool }} options */
export function describingPools({ admit, pool }) {
  const admitToPool = (IdentityPoolId, call, action) => {
    const { session } = admit(call, action, `arn:aws:cognito-identity:${IdentityPoolId?.split(':')[0]}:*:identitypool/${IdentityPoolId}`);
    requireValid('ValidationException', [{ member: 'identityPoolId', value: IdentityPoolId, ...POOL_ID }]);
    const found = pool(IdentityPoolId);
    if (found.AccountId !== session.accountId) throw new AwsError('ResourceNotFoundException', `IdentityPool '${IdentityPoolId}' not found.`);
    return found;
  };
  return {
    DescribeIdentityPool: ({ IdentityPoolId }, call) => {
      const { AccountId, roles, tagMaps, ...described } = admitToPool(IdentityPoolId, call, 'cognito-identity:DescribeIdentityPool');
      return { IdentityPoolId, ...described };
    },
    GetIdentityPoolRoles: ({ IdentityPoolId }, call) => {
      const { roles } = admitToPool(IdentityPoolId, call, 'cognito-identity:GetIdentityPoolRoles');
      return { IdentityPoolId, ...(Object.keys(roles).length > 0 && { Roles: roles }) };
    },
    GetPrincipalTagAttributeMap: ({ IdentityPoolId, IdentityProviderName }, call) => {
      const { tagMaps } = admitToPool(IdentityPoolId, call, 'cognito-identity:GetPrincipalTagAttributeMap');
      const map = tagMaps[IdentityProviderName] ?? { UseDefaults: true, PrincipalTags: {} };
      return { IdentityPoolId, IdentityProviderName, ...map };
    },
  };
}

/** Describes keys. What they encrypt is open to whoever may read the secret: the local cloud has no encryption. */
export class Kms {
  protocol = awsJson('message');

  /** @param {{ setup: import('./setup.mjs').Setup, admit: (call: object, action: string, resource?: string) => any }} options */
  constructor({ setup, admit }) {
    Object.assign(this, { setup, admit });
  }

  operationOf({ method, headers }) {
    const target = headers['x-amz-target'];
    return method === 'POST' && target?.startsWith(KMS_TARGET) ? target.slice(KMS_TARGET.length) : undefined;
  }

  detail({ KeyId, PolicyName }) {
    return { KeyId, PolicyName };
  }

  operations = {
    /** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
    DescribeKey: ({ KeyId }, call) => {
      requireValid('ValidationException', [{ member: 'keyId', value: KeyId, min: 1, max: 2048 }]);
      const [arn, key] = this.#found(KeyId, ({ alias }) => alias === KeyId || KeyId.endsWith(`:${alias}`)) ?? [];
      // Nobody is told whether a key exists that they may not see.
      this.admit(call, 'kms:DescribeKey', arn ?? KeyId);
      if (!key) throw notFound(KeyId);
      return { KeyMetadata: { KeyId: arn.split('/')[1], Arn: arn, KeyManager: key.manager, KeyState: 'Enabled', Enabled: true } };
    },
    /** Takes no alias. https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html */
    GetKeyPolicy: ({ KeyId, PolicyName = 'default' }, call) => {
      requireValid('ValidationException', [{ member: 'keyId', value: KeyId, min: 1, max: 2048 }]);
      const [arn, key] = this.#found(KeyId, () => false) ?? [];
      this.admit(call, 'kms:GetKeyPolicy', arn ?? KeyId);
      if (!key || PolicyName !== 'default') throw notFound(KeyId);
      return { Policy: JSON.stringify(key.policy), PolicyName };
    },
  };

  #found(id, isAlias) {
    return Object.entries(this.setup.keys ?? {}).find(([arn, key]) => arn === id || arn.endsWith(`:key/${id}`) || isAlias(key));
  }
}

/** A role as lists have it. */
export function describedRole(arn, { trustPolicy, maxSessionDurationSeconds }) {
  return {
    Path: '/',
    RoleName: arn.split('/').at(-1),
    RoleId: 'AROAEXAMPLE',
    Arn: arn,
    CreateDate: '2026-01-01T00:00:00Z',
    AssumeRolePolicyDocument: encoded(trustPolicy),
    MaxSessionDuration: maxSessionDurationSeconds,
  };
}

/** Attached to some role, or the boundary of one. */
function managedPolicy({ roles }, wanted) {
  requireValid('ValidationError', [{ member: 'policyArn', value: wanted, ...POLICY_ARN }]);
  const all = Object.values(roles).flatMap(({ policies, boundary }) => [...policies, ...(boundary ? [boundary] : [])]);
  const found = all.find(({ arn }) => arn === wanted);
  if (!found) throw noSuchEntity(`Policy ${wanted} was not found.`);
  return found;
}

function ofAccount(arns, { accountId }) {
  return arns.filter((arn) => arn.split(':')[4] === accountId);
}

/** A page of IAM: 100 entries unless `MaxItems` says otherwise, or fewer, and a marker if there are more. */
function pageOf(name, all, { Marker, MaxItems = '100' }, largest) {
  const asked = Number(MaxItems);
  const most = Math.min(asked, largest);
  if (!Number.isInteger(asked) || asked < 1 || asked > 1000) {
    const rule = asked > 1000 ? 'less than or equal to 1000' : 'greater than or equal to 1';
    throw new AwsError('ValidationError', `1 validation error detected: Value '${MaxItems}' at 'maxItems' failed to satisfy constraint: Member must have value ${rule}`);
  }
  const start = Marker === undefined ? 0 : Number(Buffer.from(Marker, 'base64').toString());
  if (!Number.isInteger(start)) throw new AwsError('ValidationError', 'Invalid Marker.');
  const isTruncated = start + most < all.length;
  const next = isTruncated && { Marker: Buffer.from(String(start + most)).toString('base64') };
  return { IsTruncated: isTruncated, ...next, [name]: all.slice(start, start + most) };
}

function encoded(document) {
  return encodeURIComponent(JSON.stringify(document));
}

function noSuchEntity(message) {
  return new AwsError('NoSuchEntity', message, 404);
}

function notFound(id) {
  return new AwsError('NotFoundException', `Key '${id}' does not exist`);
}
