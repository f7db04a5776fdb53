// What a platform team calls to set an account up: IAM, and the operations of Cognito that make things.
// Each is signed, and asked of IAM like everything else; what it makes is part of the set-up from the next request on.

import { randomUUID } from 'node:crypto';
import { describedRole, describingIam, describingPools } from './describing-account.mjs';
import { AwsError, awsJson, iamQuery } from './protocols.mjs';
import { role as newRole } from './setup.mjs';
import { verifySignature } from './sigv4.mjs';
import { requireValid } from './validation.mjs';

const IAM_VERSION = '2010-05-08';
const ROLE_NAME = { min: 1, max: 64, pattern: '[\\w+=,.@-]+' };

/** @typedef {{ setup: import('./setup.mjs').Setup, sessions: any, authorizer: any, now: () => number }} Account */

/** Signed by whom, and allowed? */
export class Administrators {
  /** @param {Account} account */
  constructor({ sessions, authorizer, now }, signingName) {
    Object.assign(this, { sessions, authorizer, now, signingName });
  }

  /** The session that calls, if its policies allow `action`. In the ARN of a resource of the caller's own account, `*` is the account. */
  admit(call, action, of = '*') {
    const { session, region } = verifySignature(call, this.signingName, this.sessions, this.now());
    const resource = of.replace(':*:', `:${session.accountId}:`);
    const question = { session, action, resource, accountId: session.accountId, context: { 'aws:RequestedRegion': [region] } };
    const refused = this.authorizer.refusedAccess(question);
    if (refused) throw new AwsError('AccessDenied', `User: ${session.arn} is not authorized to perform: ${action} ${refused}`, 403);
    return { session, region };
  }
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html */
export class Iam {
  protocol = iamQuery;

  /** @param {Account} account */
  constructor(account) {
    this.setup = account.setup;
    this.administrators = new Administrators(account, 'iam');
    const admit = (...question) => this.administrators.admit(...question);
    const roleOf = (session, input) => ({ arn: roleArn(session, input), role: this.#role(session, input) });
    this.operations = { ...this.#changing(), ...describingIam({ setup: this.setup, admit, roleOf }) };
  }

  operationOf({ method, headers, body }) {
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    const form = new URLSearchParams(method === 'POST' && isForm ? body : '');
    return form.get('Version') === IAM_VERSION ? (form.get('Action') ?? '') : undefined;
  }

  detail({ RoleName, Url, PolicyName }) {
    return { RoleName, Url, PolicyName };
  }

  #changing() {
    return {
      CreateOpenIDConnectProvider: (input, call) => {
        const { session } = this.administrators.admit(call, 'iam:CreateOpenIDConnectProvider');
        const arn = `arn:aws:iam::${session.accountId}:oidc-provider/${String(input.Url).replace(/^https?:\/\//, '')}`;
        if (this.setup.oidcProviders[arn]) {
          throw new AwsError('EntityAlreadyExists', `Provider with url ${input.Url} already exists.`, 409);
        }
        this.setup.oidcProviders[arn] = { Url: input.Url, ClientIDList: members(input, 'ClientIDList') };
        return { OpenIDConnectProviderArn: arn };
      },
      GetOpenIDConnectProvider: (input, call) => {
        this.administrators.admit(call, 'iam:GetOpenIDConnectProvider', input.OpenIDConnectProviderArn);
        const provider = this.#provider(input);
        return { Url: provider.Url.replace(/^https?:\/\//, ''), ClientIDList: provider.ClientIDList };
      },
      AddClientIDToOpenIDConnectProvider: (input, call) => {
        this.administrators.admit(call, 'iam:AddClientIDToOpenIDConnectProvider');
        const provider = this.#provider(input);
        provider.ClientIDList = [...new Set([...provider.ClientIDList, input.ClientID])];
        return {};
      },
      CreateRole: (input, call) => {
        const { session } = this.administrators.admit(call, 'iam:CreateRole');
        requireValid('ValidationError', [{ member: 'roleName', value: input.RoleName, ...ROLE_NAME }]);
        const arn = roleArn(session, input);
        if (this.setup.roles[arn]) throw new AwsError('EntityAlreadyExists', `Role with name ${input.RoleName} already exists.`, 409);
        const made = { ...newRole(policyIn(input.AssumeRolePolicyDocument)), policies: [] };
        this.setup.roles[arn] = { ...made, maxSessionDurationSeconds: Number(input.MaxSessionDuration ?? 3600) };
        return { Role: describedRole(arn, this.setup.roles[arn]) };
      },
      UpdateAssumeRolePolicy: (input, call) => {
        const { session } = this.administrators.admit(call, 'iam:UpdateAssumeRolePolicy');
        this.#role(session, input).trustPolicy = policyIn(input.PolicyDocument);
        return {};
      },
      PutRolePolicy: (input, call) => {
        const { session } = this.administrators.admit(call, 'iam:PutRolePolicy');
        const role = this.#role(session, input);
        const others = role.policies.filter(({ name }) => name !== input.PolicyName);
        role.policies = [...others, { name: input.PolicyName, document: policyIn(input.PolicyDocument) }];
        return {};
      },
      ListRoleTags: (input, call) => {
        const { session } = this.administrators.admit(call, 'iam:ListRoleTags');
        const tags = Object.entries(this.#role(session, input).tags);
        return { IsTruncated: false, Tags: tags.map(([Key, Value]) => ({ Key, Value })) };
      },
    };
  }

  #provider({ OpenIDConnectProviderArn }) {
    const provider = this.setup.oidcProviders[OpenIDConnectProviderArn];
    if (!provider) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`);
    return provider;
  }

  #role(session, input) {
    const role = this.setup.roles[roleArn(session, input)];
    if (!role) throw noSuchEntity(`The role with name ${input.RoleName} cannot be found.`);
    return role;
  }
}

/** https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_Operations.html */
export class CognitoAdministration {
  protocol = awsJson('message');

  /** @param {Account} account */
  constructor(account) {
    this.setup = account.setup;
    this.administrators = new Administrators(account, 'cognito-identity');
    const admit = (...question) => this.administrators.admit(...question);
    this.operations = { ...this.#changing(), ...describingPools({ admit, pool: (id) => this.#pool(id) }) };
  }

  operationOf({ method, headers }) {
    const operation = headers['x-amz-target']?.split('AWSCognitoIdentityService.')[1];
    return method === 'POST' && Object.hasOwn(this.operations, operation) ? operation : undefined;
  }

  detail({ IdentityPoolName, IdentityPoolId }) {
    return { IdentityPoolName, IdentityPoolId };
  }

  #changing() {
    return {
      CreateIdentityPool: (input, call) => {
        const { session, region } = this.administrators.admit(call, 'cognito-identity:CreateIdentityPool');
        requireValid('ValidationException', [{ member: 'identityPoolName', value: input.IdentityPoolName, min: 1, max: 128 }]);
        const id = `${region}:${randomUUID()}`;
        const { IdentityPoolName, AllowUnauthenticatedIdentities, AllowClassicFlow = false, OpenIdConnectProviderARNs = [] } = input;
        const made = { IdentityPoolName, AllowUnauthenticatedIdentities, AllowClassicFlow, OpenIdConnectProviderARNs };
        this.setup.identityPools[id] = { AccountId: session.accountId, ...made, roles: {}, tagMaps: {} };
        return { IdentityPoolId: id, ...made };
      },
      UpdateIdentityPool: ({ IdentityPoolId, ...input }, call) => {
        this.administrators.admit(call, 'cognito-identity:UpdateIdentityPool');
        const { AccountId, roles, tagMaps } = this.#pool(IdentityPoolId);
        this.setup.identityPools[IdentityPoolId] = { AccountId, ...input, roles, tagMaps };
        return { IdentityPoolId, ...input };
      },
      ListIdentityPools: ({ MaxResults, NextToken }, call) => {
        const { session, region } = this.administrators.admit(call, 'cognito-identity:ListIdentityPools');
        if (!Number.isInteger(MaxResults) || MaxResults < 1 || MaxResults > 60) {
          throw new AwsError('ValidationException', `Value '${MaxResults}' at 'maxResults' failed to satisfy constraint: 1 to 60`);
        }
        const isHere = ([id, pool]) => pool.AccountId === session.accountId && id.startsWith(`${region}:`);
        const pools = Object.entries(this.setup.identityPools).filter(isHere);
        const from = Number(NextToken ?? 0);
        const end = from + Math.min(MaxResults, this.setup.listPageSize);
        const page = pools.slice(from, end);
        return {
          IdentityPools: page.map(([IdentityPoolId, { IdentityPoolName }]) => ({ IdentityPoolId, IdentityPoolName })),
          ...(end < pools.length && { NextToken: String(end) }),
        };
      },
      SetPrincipalTagAttributeMap: ({ IdentityPoolId, IdentityProviderName, UseDefaults = true, PrincipalTags = {} }, call) => {
        this.administrators.admit(call, 'cognito-identity:SetPrincipalTagAttributeMap');
        this.#pool(IdentityPoolId).tagMaps[IdentityProviderName] = { UseDefaults, PrincipalTags };
        return { IdentityPoolId, IdentityProviderName, UseDefaults, PrincipalTags };
      },
    };
  }

  #pool(id) {
    const pool = this.setup.identityPools[id];
    if (!pool) throw new AwsError('ResourceNotFoundException', `IdentityPool '${id}' not found.`);
    return pool;
  }
}

function roleArn({ accountId }, { RoleName }) {
  return `arn:aws:iam::${accountId}:role/${RoleName}`;
}

function policyIn(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('MalformedPolicyDocument', 'This policy contains invalid Json');
  }
}

/** `Name.member.1`, `Name.member.2`, ... of the query protocol. */
function members(input, name) {
  const found = [];
  for (let place = 1; input[`${name}.member.${place}`] !== undefined; place += 1) found.push(input[`${name}.member.${place}`]);
  return found;
}

function noSuchEntity(message) {
  return new AwsError('NoSuchEntity', message, 404);
}
