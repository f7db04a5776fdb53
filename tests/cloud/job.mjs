// A job's way to its stores, call by call, with every call open to being done wrong. Written for the tests of the cloud:
// it shares no code with the cloud, nor with the action.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';

export const COGNITO = 'cognito-identity.amazonaws.com';

/** @param {Awaited<ReturnType<import('./cloud.mjs').startCloud>>} cloud */
export function jobClient(cloud) {
  return {
    signIn,
    cognitoSignIn,
    githubToken,
    getId,
    getIdRequest,
    getOpenIdToken,
    getCredentials,
    assumeRole,
    assumeNextRole,
    sts,
    getSecretValue,
    secretsManager,
  };

  async function signIn(claims, assumeRoleParameters) {
    const signedIn = await cognitoSignIn(claims);
    const { status, text } = await assumeRole(signedIn.cognitoToken, signedIn.sessionName, assumeRoleParameters);
    assert.equal(status, 200, text);
    return { ...signedIn, ...credentialsIn(text) };
  }

  async function cognitoSignIn(claims, getIdParameters) {
    const token = await githubToken(cloud.jobEnvironment(claims));
    const { json } = await getId({ Logins: { [loginKey(cloud.issuer)]: token }, ...getIdParameters });
    const answer = await getOpenIdToken(json.IdentityId, token);
    assert.equal(answer.status, 200, answer.text);
    const { run_id: runId, sha } = decode(token);
    return {
      githubToken: token,
      identityId: json.IdentityId,
      cognitoToken: answer.json.Token,
      sessionName: `${runId}@${sha}`,
    };
  }

  async function githubToken(environment, audience = COGNITO) {
    const url = `${environment.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=${encodeURIComponent(audience)}`;
    const headers = { authorization: `Bearer ${environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
    const response = await fetch(url, { headers });
    return (await response.json()).value;
  }

  function getId(input) {
    return send(cloud.url, getIdRequest(input));
  }

  function getIdRequest(input) {
    const { poolId: IdentityPoolId, accountId: AccountId } = cloud.setup;
    const Logins = { [loginKey(cloud.issuer)]: cloud.mintGithubToken() };
    return cognitoRequest('GetId', { IdentityPoolId, AccountId, Logins, ...input });
  }

  function getOpenIdToken(IdentityId, token) {
    const Logins = { [loginKey(cloud.issuer)]: token };
    return send(cloud.url, cognitoRequest('GetOpenIdToken', { IdentityId, Logins }));
  }

  /** The enhanced flow's answer; without a role, the pool's own. */
  async function getCredentials(claims, CustomRoleArn, input) {
    const token = await githubToken(cloud.jobEnvironment(claims));
    const Logins = { [loginKey(cloud.issuer)]: token };
    const { json } = await getId({ Logins });
    const request = { IdentityId: json.IdentityId, Logins, CustomRoleArn, ...input };
    return send(cloud.url, cognitoRequest('GetCredentialsForIdentity', request));
  }

  function assumeRole(token, sessionName, parameters) {
    const body = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: cloud.setup.roleArn,
      RoleSessionName: sessionName,
      DurationSeconds: '900',
      WebIdentityToken: token,
      ...parameters,
    });
    return send(cloud.url, { method: 'POST', body });
  }

  /** Signed by one role to become the next; `tags` are written as the query protocol writes lists. */
  function assumeNextRole(credentials, RoleArn, { tags = {}, transitive = [], ...parameters } = {}) {
    const lists = [
      ...Object.entries(tags).flatMap(([key, value], index) => [
        [`Tags.member.${index + 1}.Key`, key],
        [`Tags.member.${index + 1}.Value`, value],
      ]),
      ...transitive.map((key, index) => [`TransitiveTagKeys.member.${index + 1}`, key]),
    ];
    return sts(credentials, 'AssumeRole', {
      RoleArn,
      RoleSessionName: 'next',
      ...Object.fromEntries(lists),
      ...parameters,
    });
  }

  function sts(credentials, Action, parameters) {
    const body = new URLSearchParams({ Action, Version: '2011-06-15', ...parameters }).toString();
    const contentType = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const headers = signedHeaders(cloud.url, { service: 'sts', ...credentials }, contentType, body);
    return send(cloud.url, { method: 'POST', headers, body: credentials.sentBody ?? body });
  }

  function getSecretValue(credentials, input) {
    return secretsManager(credentials, 'GetSecretValue', input);
  }

  function secretsManager(credentials, operation, input) {
    const body = JSON.stringify(input);
    const target = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `secretsmanager.${operation}` };
    const headers = signedHeaders(cloud.url, { service: 'secretsmanager', ...credentials }, target, body);
    return send(cloud.url, { method: 'POST', headers, body: credentials.sentBody ?? body });
  }
}

/** Of an answer of STS. */
export function credentialsIn(text) {
  const element = (name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)[1];
  return {
    accessKeyId: element('AccessKeyId'),
    secretAccessKey: element('SecretAccessKey'),
    sessionToken: element('SessionToken'),
  };
}

/** The key under which Cognito looks for the token: the issuer without its scheme. */
export function loginKey(issuer) {
  return issuer.replace(/^https?:\/\//, '');
}

/** The claims of a token, not verified. */
export function decode(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
}

function cognitoRequest(operation, input) {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `AWSCognitoIdentityService.${operation}`,
  };
  return { method: 'POST', headers, body: JSON.stringify(input) };
}

/** Signature Version 4 in one go; the credentials may carry what is to be wrong with it. */
function signedHeaders(url, { accessKeyId, secretAccessKey, sessionToken, service, ...wrong }, ofService, body) {
  const { region = 'us-west-2', signedMsAgo = 0 } = wrong;
  const time = new Date(Date.now() - signedMsAgo).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers = {
    ...ofService,
    host: new URL(url).host,
    'x-amz-date': time,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  if (wrong.unsigned) return headers;
  const names = Object.keys(headers)
    .filter((name) => name !== wrong.unsignedHeader)
    .sort();
  const headerLines = names.map((name) => `${name}:${headers[name]}`);
  const canonical = ['POST', '/', '', ...headerLines, '', names.join(';'), sha256(body)];
  const stringToSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical.join('\n'))].join('\n');
  const key = scope.split('/').reduce(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, stringToSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}

async function send(url, request) {
  const response = await fetch(url, request);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined };
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key, text) {
  return createHmac('sha256', key).update(text).digest();
}
