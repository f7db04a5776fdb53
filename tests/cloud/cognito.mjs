// Amazon Cognito identity pools. Basic (classic) flow: a GitHub token in, a token with session tags out. Enhanced flow:
// credentials of a role out, which Cognito gets from STS for that very token.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html

import { createHash, randomUUID } from 'node:crypto';
import { decodeJwt, hasValidSignature, signJwt } from './jwt.mjs';
import { AwsError, awsJson } from './protocols.mjs';
import { requireValid } from './validation.mjs';

export const COGNITO_ISSUER = 'https://cognito-identity.amazonaws.com';
const TARGET = 'AWSCognitoIdentityService.';
const TOKEN_LIFE_SECONDS = 600;
const ID_PATTERN = '[\\w-]+:[0-9a-f-]+';
const ENHANCED_SESSION_NAME = 'CognitoIdentityCredentials';

export class Cognito {
  protocol = awsJson('message');

  /** What each identity is: its pool and login. @type {Map<string, { poolId: string, login?: string }>} */
  #identities = new Map();

  /**
   * @param {object} options
   * @param {import('./setup.mjs').Setup} options.setup
   * @param {import('./jwt.mjs').SigningKey} options.key signs Cognito's own tokens
   * @param {(url: string) => import('./jwt.mjs').SigningKey[]} options.issuerKeys what an OIDC provider publishes now
   * @param {import('./sts.mjs').Sts} options.sts
   * @param {() => number} options.now milliseconds
   */
  constructor({ setup, key, issuerKeys, sts, now }) {
    Object.assign(this, { setup, key, issuerKeys, sts, now });
  }

  operationOf({ method, headers }) {
    const target = headers['x-amz-target'];
    return method === 'POST' && target?.startsWith(TARGET) ? target.slice(TARGET.length) : undefined;
  }

  detail({ IdentityPoolId, IdentityId, AccountId, CustomRoleArn, Logins }) {
    return { IdentityPoolId, IdentityId, AccountId, CustomRoleArn, Logins: Logins && Object.keys(Logins) };
  }

  operations = {
    GetId: (input) => this.#getId(input),
    GetOpenIdToken: (input) => this.#getOpenIdToken(input),
    GetCredentialsForIdentity: (input) => this.#getCredentialsForIdentity(input),
  };

  /** https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html */
  #getId({ IdentityPoolId: poolId, AccountId: accountId, Logins: logins = {} }) {
    requireValid('ValidationException', [
      { member: 'identityPoolId', value: poolId, min: 1, max: 55, pattern: ID_PATTERN },
      { member: 'accountId', value: accountId, min: 1, max: 15, pattern: '\\d+', optional: true },
    ]);
    const pool = this.#pool(poolId, accountId);
    const [login] = this.#verifiedLogins(pool, logins);
    const id = login ? stableIdentityId(poolId, login) : `${regionOf(poolId)}:${randomUUID()}`;
    this.#identities.set(id, { poolId, login: login && loginName(login) });
    return { IdentityId: id };
  }

  /** https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdToken.html */
  #getOpenIdToken({ IdentityId: id, Logins: logins = {} }) {
    requireValid('ValidationException', [{ member: 'identityId', value: id, min: 1, max: 55, pattern: ID_PATTERN }]);
    const { identity, pool } = this.#identity(id);
    if (!pool.AllowClassicFlow) {
      throw new AwsError('InvalidParameterException', 'Basic (classic) flow is not enabled, please use enhanced flow.');
    }
    const verified = this.#loginsOf(identity, pool, logins);
    return { IdentityId: id, Token: this.#openIdToken(id, identity.poolId, pool, verified) };
  }

  /**
   * Why STS refuses the role Cognito does not say.
   * https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html
   */
  #getCredentialsForIdentity({ IdentityId: id, Logins: logins = {}, CustomRoleArn: customRoleArn }) {
    requireValid('ValidationException', [
      { member: 'identityId', value: id, min: 1, max: 55, pattern: ID_PATTERN },
      { member: 'customRoleArn', value: customRoleArn, min: 20, max: 2048, optional: true },
    ]);
    const { identity, pool } = this.#identity(id);
    const verified = this.#loginsOf(identity, pool, logins);
    const RoleArn = verified.length > 0 ? (customRoleArn ?? pool.roles.authenticated) : undefined;
    if (RoleArn?.split(':')[4] !== pool.AccountId) throw misconfigured();
    const WebIdentityToken = this.#openIdToken(id, identity.poolId, pool, verified);
    try {
      const request = { RoleArn, RoleSessionName: ENHANCED_SESSION_NAME, WebIdentityToken };
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } =
        this.sts.assumeRoleWithWebIdentity(request).Credentials;
      const credentials = { AccessKeyId, SecretKey: SecretAccessKey, SessionToken };
      return { IdentityId: id, Credentials: { ...credentials, Expiration: Date.parse(Expiration) / 1000 } };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw misconfigured();
    }
  }

  #identity(id) {
    const identity = this.#identities.get(id);
    if (!identity) throw new AwsError('ResourceNotFoundException', `Identity '${id}' not found.`);
    return { identity, pool: this.#pool(identity.poolId) };
  }

  #loginsOf(identity, pool, logins) {
    const verified = this.#verifiedLogins(pool, logins);
    if (identity.login && !verified.some((login) => loginName(login) === identity.login)) {
      throw notAuthorized(
        "Logins don't match. Please include at least one valid login for this identity or identity pool.",
      );
    }
    return verified;
  }

  /** Whether AWS says "not found" of another account's pool is not verified; nothing better is known. */
  #pool(poolId, accountId) {
    const pool = this.setup.identityPools[poolId];
    if (!pool || (accountId !== undefined && accountId !== pool.AccountId)) {
      throw new AwsError('ResourceNotFoundException', `IdentityPool '${poolId}' not found.`);
    }
    return pool;
  }

  #verifiedLogins(pool, logins) {
    const entries = Object.entries(logins);
    if (entries.length === 0 && !pool.AllowUnauthenticatedIdentities) {
      throw notAuthorized('Unauthenticated access is not supported for this identity pool.');
    }
    requireValid(
      'ValidationException',
      entries.flatMap(([name, token]) => [
        { member: 'logins', value: name, min: 1, max: 128 },
        { member: 'logins', value: token, min: 1, max: 50_000 },
      ]),
    );
    return entries.map(([name, token]) => this.#verifiedLogin(pool, name, token));
  }

  /** A login is trusted when the pool's provider of that name issued it, for this audience, and it is valid now. */
  #verifiedLogin(pool, providerName, token) {
    if (providerName.includes('://')) {
      throw new AwsError('InvalidParameterException', 'Please provide a valid public provider.');
    }
    const providerArn = pool.OpenIdConnectProviderARNs.find(
      (arn) => withoutScheme(this.setup.oidcProviders[arn]?.Url ?? '') === providerName,
    );
    if (!providerArn) throw notAuthorized('Token is not from a supported provider of this identity pool.');

    const jwt = decodeJwt(token);
    if (!jwt) throw invalidLogin('Not a valid OpenId Connect identity token.');
    const { claims } = jwt;
    const { Url: issuer, ClientIDList: audiences } = this.setup.oidcProviders[providerArn];
    if (claims.iss !== issuer) throw invalidLogin("Issuer doesn't match providerName");
    if (!hasValidSignature(jwt, 'RS256', this.issuerKeys(issuer))) throw invalidLogin("Couldn't verify signed token.");
    if (!audiences.includes(claims.aud)) throw invalidLogin('Incorrect token audience.');
    const now = Math.floor(this.now() / 1000);
    if (!(now < claims.exp)) throw invalidLogin(`Token expired: ${now} >= ${claims.exp}`);
    if (now < claims.nbf) throw invalidLogin(`Token is not yet valid: ${now} < ${claims.nbf}`);
    return { providerName, providerArn, claims };
  }

  #openIdToken(identityId, poolId, pool, logins) {
    const issuedAt = Math.floor(this.now() / 1000);
    const [login] = logins;
    const claims = {
      sub: identityId,
      aud: poolId,
      amr: login ? ['authenticated', login.providerName, loginName(login)] : ['unauthenticated'],
      iss: COGNITO_ISSUER,
      iat: issuedAt,
      exp: issuedAt + TOKEN_LIFE_SECONDS,
    };
    const tags = login ? principalTags(pool.tagMaps[login.providerArn], login.claims) : {};
    if (Object.keys(tags).length > 0) claims['https://aws.amazon.com/tags'] = { principal_tags: tags };
    return signJwt({ kid: this.key.kid, typ: 'JWS', alg: 'RS512' }, claims, this.key.privateKey);
  }
}

/**
 * A claim that is absent gives no tag.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
 */
function principalTags(tagMap, claims) {
  if (!tagMap) return {};
  const claimOfTag = tagMap.UseDefaults ? { username: 'sub', client: 'aud' } : tagMap.PrincipalTags;
  return Object.fromEntries(
    Object.entries(claimOfTag)
      .filter(([, claim]) => claims[claim] !== undefined)
      .map(([tag, claim]) => [tag, [String(claims[claim])]]),
  );
}

/** The same for every token of one subject, as in AWS, and here also after a restart. */
function stableIdentityId(poolId, login) {
  const hex = createHash('sha256')
    .update(`${poolId} ${loginName(login)}`)
    .digest('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  return `${regionOf(poolId)}:${uuid}`;
}

function loginName({ providerName, providerArn, claims }) {
  return `${providerName}:${providerArn}:${claims.sub}`;
}

function regionOf(poolId) {
  return poolId.split(':')[0];
}

/** As logins and condition keys name an issuer. */
export function withoutScheme(url) {
  return url.replace(/^https?:\/\//, '');
}

function misconfigured() {
  const message = 'Invalid identity pool configuration. Check assigned IAM roles for this pool.';
  return new AwsError('InvalidIdentityPoolConfigurationException', message);
}

function invalidLogin(reason) {
  return notAuthorized(`Invalid login token. ${reason}`);
}

function notAuthorized(message) {
  return new AwsError('NotAuthorizedException', message);
}
