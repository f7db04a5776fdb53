// The local cloud enforces the documented set-up: the right job reads its stores, and each way of not being that job is
// refused, with AWS's code and for the reason it should be. The client and its signer, in cloud/job.mjs,
// are the test's own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from './cloud.mjs';
import { COGNITO, credentialsIn, decode, jobClient, loginKey } from './job.mjs';
import { enhancedFlowTrust, principalTrust, role, webIdentityTrust } from './setup.mjs';

const STORES = 'octo-enterprise/repo/octo-org/octo-repo';
const TRUSTED_EVENTS = ['push', 'workflow_dispatch', 'repository_dispatch', 'schedule', 'release', 'merge_group', 'deployment'];
/** A pull request's events, with the ref of their runs. */
const PULL_REQUESTS = {
  pull_request: 'refs/pull/7/merge',
  pull_request_review: 'refs/pull/7/merge',
  pull_request_review_comment: 'refs/pull/7/merge',
};

let clockOffsetMs = 0;
const cloud = await startCloud({ now: () => Date.now() + clockOffsetMs });
const job = jobClient(cloud);
const { signIn, cognitoSignIn, githubToken, getId, getOpenIdToken, getCredentials } = job;
const { assumeRole, assumeNextRole, sts, getSecretValue, secretsManager } = job;

beforeEach(() => {
  clockOffsetMs = 0;
  cloud.requests.length = 0;
  cloud.decisions.length = 0;
  cloud.clearFaults();
  for (const store of ['secrets', 'variables', 'env/production/secrets', 'env/staging/secrets']) {
    cloud.putSecret(`${STORES}/${store}`, { FROM: store });
  }
  cloud.putSecret('octo-enterprise/repo/octo-org/other-repo/secrets', { FROM: 'other' });
});
after(() => cloud.close());

describe('the right job', () => {
  test('reads the stores of its repository and of its environment', async () => {
    const credentials = await signIn();
    for (const store of ['secrets', 'variables', 'env/production/secrets']) {
      const { status, json } = await getSecretValue(credentials, { SecretId: `${STORES}/${store}` });
      assert.equal(status, 200);
      assert.deepEqual(JSON.parse(json.SecretString), { FROM: store });
    }
  });

  test('is seen by the cloud without any of its tokens, keys or values', async () => {
    const credentials = await signIn();
    await getSecretValue(credentials, { SecretId: `${STORES}/secrets` });
    const operations = cloud.requests.map(({ operation, status }) => `${operation} ${status}`);
    const expected = [
      'GitHubToken 200',
      'GetId 200',
      'GetOpenIdToken 200',
      'AssumeRoleWithWebIdentity 200',
      'GetSecretValue 200',
    ];
    assert.deepEqual(operations, expected);
    const recorded = JSON.stringify(cloud.requests);
    for (const secret of [
      credentials.githubToken,
      credentials.cognitoToken,
      credentials.secretAccessKey,
      credentials.sessionToken,
    ]) {
      assert.ok(secret.length > 20 && !recorded.includes(secret));
    }
  });

  test('keeps its Cognito identity from one run to the next', async () => {
    assert.equal((await signIn({ run_id: '1' })).identityId, (await signIn({ run_id: '2' })).identityId);
    assert.notEqual((await signIn()).identityId, (await signIn({ environment: 'staging' })).identityId);
  });

  test('is signed in by a policy on resource tags as well', async (t) => {
    changeRole(t, { policies: [{ name: 'by tags', document: cloud.setup.documents['role-policy-by-tags'] }] });
    const ours = { 'github:enterprise': 'octo-enterprise', 'github:repository': 'octo-org/octo-repo' };
    cloud.putSecret('tagged/ours', 'value', { tags: ours });
    cloud.putSecret('tagged/production', 'value', { tags: { ...ours, 'github:environment': 'production' } });
    cloud.putSecret('tagged/staging', 'value', { tags: { ...ours, 'github:environment': 'staging' } });
    const credentials = await signIn();
    assert.equal((await getSecretValue(credentials, { SecretId: 'tagged/ours' })).status, 200);
    assert.equal((await getSecretValue(credentials, { SecretId: 'tagged/production' })).status, 200);
    await refuses(getSecretValue(credentials, { SecretId: 'tagged/staging' }), 'AccessDeniedException');
    assert.ok(conditionsThatRefused().includes('secretsmanager:ResourceTag/github:environment'));
    await refuses(getSecretValue(credentials, { SecretId: 'tagged/absent' }), 'AccessDeniedException');
  });
});

describe('GitHub', () => {
  test('publishes the key of its tokens under the issuer of the enterprise', async () => {
    const discovery = await (await fetch(`${cloud.issuer}/.well-known/openid-configuration`)).json();
    assert.equal(discovery.issuer, cloud.issuer);
    assert.equal(discovery.jwks_uri, `${cloud.url}/.well-known/jwks`);
    const { keys } = await (await fetch(discovery.jwks_uri)).json();
    const token = cloud.mintGithubToken();
    assert.equal(keys[0].kid, JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid);
  });

  test('gives no token for a request token that is not that of a job', async () => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url } = cloud.jobEnvironment();
    assert.equal((await fetch(url)).status, 401);
    assert.equal((await fetch(url, { headers: { authorization: 'Bearer forged' } })).status, 401);
  });

  test('gives each job its own claims and the audience it asks for', async () => {
    const staging = decode(await githubToken(cloud.jobEnvironment({ environment: 'staging' })));
    const none = decode(await githubToken(cloud.jobEnvironment({ environment: undefined }), 'https://example.com'));
    assert.equal(staging.environment, 'staging');
    assert.equal(staging.sub, 'repo:octo-org/octo-repo:environment:staging');
    assert.equal('environment' in none, false);
    assert.equal(none.sub, 'repo:octo-org/octo-repo:ref:refs/heads/main');
    assert.equal(none.aud, 'https://example.com');
  });
});

describe('Cognito refuses', () => {
  const invalidTokens = {
    'an expired token': [() => cloud.mintGithubToken({}, { expiresInSeconds: -1 }), /Token expired: \d+ >= \d+/],
    'a wrong audience': [() => cloud.mintGithubToken({ aud: 'sts.amazonaws.com' }), /Incorrect token audience/],
    'the token of another enterprise': [
      () => cloud.mintGithubToken({ iss: `${cloud.url}/evil` }),
      /Issuer doesn't match/,
    ],
    'the token of no enterprise': [() => cloud.mintGithubToken({ iss: cloud.url }), /Issuer doesn't match/],
    'a token signed by another key': [() => cloud.mintGithubToken({}, { key: newKey() }), /verify signed token/],
    'an unknown key id': [() => cloud.mintGithubToken({}, { kid: 'unknown' }), /verify signed token/],
    'an unsigned token': [() => cloud.mintGithubToken({}, { header: { alg: 'none' } }), /verify signed token/],
    'the public key used as a shared secret': [
      () => cloud.mintGithubToken({}, { header: { alg: 'HS256' } }),
      /verify signed token/,
    ],
    'claims changed after signing': [
      () => tampered(cloud.mintGithubToken(), { repository: 'o/r' }),
      /verify signed token/,
    ],
    'what is no token': [() => 'not.a.token', /Not a valid OpenId Connect identity token/],
  };
  for (const [what, [token, message]] of Object.entries(invalidTokens)) {
    test(what, async () => {
      await refuses(getId({ Logins: { [loginKey(cloud.issuer)]: token() } }), 'NotAuthorizedException', message);
    });
  }

  test('a token whose key GitHub has withdrawn', async (t) => {
    const cloud = await startCloud();
    t.after(() => cloud.close());
    const { getId } = jobClient(cloud);
    const Logins = { [loginKey(cloud.issuer)]: cloud.mintGithubToken() };
    assert.equal((await getId({ Logins })).status, 200);
    await cloud.rotateKeys();
    await refuses(getId({ Logins }), 'NotAuthorizedException', /verify signed token/);
  });

  test('a provider that is not one of the pool', async () => {
    const token = cloud.mintGithubToken();
    await refuses(
      getId({ Logins: { 'accounts.google.com': token } }),
      'NotAuthorizedException',
      /not from a supported provider/,
    );
    await refuses(getId({ Logins: { [cloud.issuer]: token } }), 'InvalidParameterException', /valid public provider/);
    await refuses(getId({ Logins: {} }), 'NotAuthorizedException', /Unauthenticated access is not supported/);
  });

  test('a pool that is not there', async () => {
    const other = 'us-west-2:00000000-0000-0000-0000-000000000000';
    await refuses(getId({ IdentityPoolId: other }), 'ResourceNotFoundException', `IdentityPool '${other}' not found.`);
    await refuses(getId({ AccountId: '999999999999' }), 'ResourceNotFoundException');
    await refuses(
      getId({ IdentityPoolId: 'nonsense' }),
      'ValidationException',
      /at 'identityPoolId' failed to satisfy/,
    );
  });

  test('the basic flow where it is not enabled', async (t) => {
    cloud.setup.identityPools[cloud.setup.poolId].AllowClassicFlow = false;
    t.after(() => (cloud.setup.identityPools[cloud.setup.poolId].AllowClassicFlow = true));
    const { json } = await getId();
    await refuses(
      getOpenIdToken(json.IdentityId, cloud.mintGithubToken()),
      'InvalidParameterException',
      /^Basic \(classic\) flow is not enabled/,
    );
  });

  test('a token for the identity of another subject', async () => {
    const { json } = await getId();
    const stranger = cloud.mintGithubToken({ repository: 'octo-org/other-repo' });
    await refuses(getOpenIdToken(json.IdentityId, stranger), 'NotAuthorizedException', /Logins don't match/);
  });
});

describe('Cognito', () => {
  test('puts mapped claims that are present into the token as tags, and no others', async () => {
    const { cognitoToken, identityId } = await cognitoSignIn({ environment: undefined });
    const claims = decode(cognitoToken);
    const tags = claims['https://aws.amazon.com/tags'].principal_tags;
    assert.deepEqual(tags.repository, ['octo-org/octo-repo']);
    assert.equal('environment' in tags, false);
    assert.equal('actor' in tags, false);
    assert.deepEqual([claims.iss, claims.aud, claims.sub], [`https://${COGNITO}`, cloud.setup.poolId, identityId]);
    assert.equal(claims.amr[0], 'authenticated');
  });
});

describe('STS refuses', () => {
  const refusedByTrustPolicy = {
    ...Object.fromEntries(
      Object.entries(PULL_REQUESTS).map(([event_name, ref]) => [
        `a ${event_name} at ${ref}`,
        [{ event_name, ref }, 'aws:RequestTag/event_name'],
      ]),
    ),
    'the run for a merged pull request that was closed': [
      { event_name: 'pull_request', ref: 'refs/heads/main', head_ref: 'feature', base_ref: 'main' },
      'aws:RequestTag/event_name',
    ],
    'a pull_request_target': [{ event_name: 'pull_request_target' }, 'aws:RequestTag/event_name'],
    'a workflow_run': [{ event_name: 'workflow_run' }, 'aws:RequestTag/event_name'],
    'an issue_comment': [{ event_name: 'issue_comment' }, 'aws:RequestTag/event_name'],
    'another enterprise': [{ enterprise: 'evil', enterprise_id: '4321' }, 'aws:RequestTag/enterprise_id'],
    'another enterprise that took the name': [{ enterprise_id: '4321' }, 'aws:RequestTag/enterprise_id'],
    'a job of no enterprise': [
      { enterprise: undefined, enterprise_id: undefined },
      'aws:RequestTag/enterprise_id',
    ],
    'a token without an event': [{ event_name: undefined }, 'aws:RequestTag/event_name'],
    "another run's session name": [{}, 'sts:RoleSessionName', { RoleSessionName: '1@abc' }],
  };
  for (const [what, [claims, key, parameters]] of Object.entries(refusedByTrustPolicy)) {
    test(what, async () => {
      const { cognitoToken, sessionName } = await cognitoSignIn(claims);
      await refuses(
        assumeRole(cognitoToken, sessionName, parameters),
        'AccessDenied',
        'Not authorized to perform sts:AssumeRoleWithWebIdentity',
        403,
      );
      assert.ok(conditionsThatRefused().includes(key));
    });
  }

  test('none of the events that the trust policy lists', async () => {
    const listed = cloud.setup.documents['trust-policy'].Statement[0].Condition.StringEquals['aws:RequestTag/event_name'];
    assert.deepEqual(listed, TRUSTED_EVENTS);
    for (const event_name of TRUSTED_EVENTS) {
      const credentials = await signIn({ event_name, ref: event_name === 'deployment' ? undefined : 'refs/heads/main' });
      assert.equal((await getSecretValue(credentials, { SecretId: `${STORES}/secrets` })).status, 200, event_name);
    }
  });

  test('tags where the trust policy does not allow them', async (t) => {
    const { Statement, ...rest } = cloud.setup.documents['trust-policy'];
    changeRole(t, {
      trustPolicy: { ...rest, Statement: Statement.filter(({ Action }) => Action !== 'sts:TagSession') },
    });
    const { cognitoToken, sessionName } = await cognitoSignIn();
    await refuses(
      assumeRole(cognitoToken, sessionName),
      'AccessDenied',
      'Not authorized to perform sts:TagSession',
      403,
    );
    const { decision, request, statements } = cloud.decisions.at(-1);
    assert.equal(decision, 'implicit-deny');
    assert.equal(request.action, 'sts:TagSession');
    assert.ok(statements[0].mismatches.some(({ element }) => element === 'Action'));
  });

  test('the token of another pool', async (t) => {
    const other = 'us-west-2:00000000-0000-0000-0000-000000000000';
    cloud.setup.identityPools[other] = cloud.setup.identityPools[cloud.setup.poolId];
    t.after(() => delete cloud.setup.identityPools[other]);
    const { cognitoToken, sessionName } = await cognitoSignIn({}, { IdentityPoolId: other });
    await refuses(assumeRole(cognitoToken, sessionName), 'AccessDenied', undefined, 403);
    assert.ok(conditionsThatRefused().includes(`${COGNITO}:aud`));
  });

  test('a role that is not there in the same words as one that does not trust', async () => {
    const { cognitoToken, sessionName } = await cognitoSignIn();
    const missing = { RoleArn: 'arn:aws:iam::123456789012:role/missing' };
    await refuses(
      assumeRole(cognitoToken, sessionName, missing),
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      403,
    );
  });

  test('a token that Cognito did not sign', async () => {
    const { cognitoToken, sessionName } = await cognitoSignIn();
    const changed = tampered(cognitoToken, { sub: 'us-west-2:someone-else' });
    await refuses(assumeRole(changed, sessionName), 'InvalidIdentityToken', /signature/);
    await refuses(assumeRole('nothing', sessionName), 'InvalidIdentityToken', /not a valid JWT/);
    const foreign = cloud.mintGithubToken({ iss: 'https://example.com' });
    await refuses(
      assumeRole(foreign, sessionName),
      'InvalidIdentityToken',
      'No OpenIDConnect provider found in your account for https://example.com',
    );
  });

  test('a Cognito token after ten minutes', async () => {
    const { cognitoToken, sessionName } = await cognitoSignIn();
    clockOffsetMs = 601_000;
    await refuses(
      assumeRole(cognitoToken, sessionName),
      'ExpiredTokenException',
      /^Token expired: current date\/time \d+ must be before/,
    );
  });

  test('a tag with a character that tags must not have', async (t) => {
    const { PrincipalTags } = cloud.setup.identityPools[cloud.setup.poolId].tagMaps[cloud.setup.providerArn];
    PrincipalTags.actor = 'actor';
    t.after(() => delete PrincipalTags.actor);
    const { cognitoToken, sessionName } = await cognitoSignIn({ actor: 'dependabot[bot]' });
    await refuses(assumeRole(cognitoToken, sessionName), 'ValidationError', 'Unable to validate tags');
  });

  test('malformed parameters', async () => {
    const { cognitoToken, sessionName } = await cognitoSignIn();
    const wrong = (parameters, message) =>
      refuses(assumeRole(cognitoToken, sessionName, parameters), 'ValidationError', message);
    await wrong(
      { RoleSessionName: 'a b' },
      /^1 validation error detected: Value 'a b' at 'roleSessionName' .* pattern: \[\\w\+=,\.@-\]\*$/,
    );
    await wrong({ RoleSessionName: 'x'.repeat(65) }, /length less than or equal to 64/);
    await wrong({ RoleArn: 'arn:aws:iam::123456789012:user/someone' }, 'Request ARN is invalid');
    await refuses(assumeRole(cognitoToken, sessionName, { Policy: '{"Statement":{}}' }), 'MalformedPolicyDocument');
    await wrong({ DurationSeconds: '899' }, /value greater than or equal to 900/);
    await wrong(
      { DurationSeconds: '3601' },
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  });
});

describe('the enhanced flow', () => {
  const enhanced = 'arn:aws:iam::123456789012:role/enhanced';
  const { poolId, accountId, documents } = cloud.setup;
  const pool = cloud.setup.identityPools[poolId];
  cloud.setup.roles[enhanced] = role(enhancedFlowTrust(cloud.setup), documents['role-policy']);

  test("gives an hour's credentials of the role that is asked for, whose session has the job's tags", async () => {
    const { status, json } = await getCredentials({}, enhanced);
    assert.equal(status, 200);
    const { AccessKeyId: accessKeyId, SecretKey: secretAccessKey, SessionToken: sessionToken } = json.Credentials;
    const credentials = { accessKeyId, secretAccessKey, sessionToken };
    assert.equal((await getSecretValue(credentials, { SecretId: `${STORES}/env/production/secrets` })).status, 200);
    const denied = getSecretValue(credentials, { SecretId: `${STORES}/env/staging/secrets` });
    await refuses(denied, 'AccessDeniedException', /assumed-role\/enhanced\/CognitoIdentityCredentials is not/);
    const secondsLeft = json.Credentials.Expiration - Date.now() / 1000;
    assert.ok(secondsLeft > 3590 && secondsLeft <= 3600, `${secondsLeft} s`);
  });

  test("gives the pool's own role where none is asked for", async (t) => {
    await misconfigured(getCredentials({}));
    pool.roles.authenticated = enhanced;
    t.after(() => delete pool.roles.authenticated);
    assert.equal((await getCredentials({})).status, 200);
  });

  test('needs no classic flow', async (t) => {
    pool.AllowClassicFlow = false;
    t.after(() => (pool.AllowClassicFlow = true));
    assert.equal((await getCredentials({}, enhanced)).status, 200);
  });

  test("is refused by the documented trust policy, which wants a session named after the run", async () => {
    await misconfigured(getCredentials({}, cloud.setup.roleArn));
    assert.deepEqual(conditionsThatRefused(), ['sts:RoleSessionName']);
  });

  test('is refused to a job that the trust policy does not let in', async () => {
    await misconfigured(getCredentials({ event_name: 'pull_request' }, enhanced));
    assert.ok(conditionsThatRefused().includes('aws:RequestTag/event_name'));
  });

  test('is refused a role that does not let its sessions be tagged', async (t) => {
    const { trustPolicy } = cloud.setup.roles[enhanced];
    const untagged = { ...trustPolicy, Statement: trustPolicy.Statement.slice(0, 1) };
    addRole(t, 'untagged', { ...cloud.setup.roles[enhanced], trustPolicy: untagged });
    await misconfigured(getCredentials({}, `arn:aws:iam::${accountId}:role/untagged`));
    assert.equal(cloud.decisions.at(-1).request.action, 'sts:TagSession');
  });

  test("is refused a role that is missing, and one that is not of the pool's account", async (t) => {
    await misconfigured(getCredentials({}, `arn:aws:iam::${accountId}:role/missing`));
    await misconfigured(getCredentials({}, addRole(t, 'enhanced', cloud.setup.roles[enhanced], '210987654321')));
  });

  test('wants the logins that the identity was made with', async () => {
    const { json } = await getId();
    const login = (token) => ({ IdentityId: json.IdentityId, Logins: { [loginKey(cloud.issuer)]: token } });
    const stranger = login(cloud.mintGithubToken({ repository: 'octo-org/other-repo' }));
    await refuses(getCredentials({}, enhanced, stranger), 'NotAuthorizedException', /Logins don't match/);
    const expired = login(cloud.mintGithubToken({}, { expiresInSeconds: -1 }));
    await refuses(getCredentials({}, enhanced, expired), 'NotAuthorizedException', /Token expired/);
    await refuses(getCredentials({}, enhanced, { Logins: {} }), 'NotAuthorizedException', /not supported/);
    const unknown = { IdentityId: 'us-west-2:00000000-0000-0000-0000-000000000000' };
    await refuses(getCredentials({}, enhanced, unknown), 'ResourceNotFoundException');
  });

  function misconfigured(answer) {
    const message = 'Invalid identity pool configuration. Check assigned IAM roles for this pool.';
    return refuses(answer, 'InvalidIdentityPoolConfigurationException', message);
  }
});

describe('a GitHub token at STS', () => {
  const { ClientIDList: audiences } = cloud.setup.oidcProviders[cloud.setup.providerArn];
  const direct = 'arn:aws:iam::123456789012:role/direct';
  const repository = { aud: 'sts.amazonaws.com', repository: 'octo-org/octo-repo', environment: 'production' };
  const readsAll = policy('secretsmanager:GetSecretValue', '*', {
    StringEquals: { 'aws:FederatedProvider': cloud.setup.providerArn },
  });
  cloud.setup.roles[direct] = role(webIdentityTrust(cloud.setup, repository), readsAll);
  before(() => audiences.push('sts.amazonaws.com'));
  after(() => audiences.pop());

  const token = (claims, options) => cloud.mintGithubToken({ aud: 'sts.amazonaws.com', ...claims }, options);
  const assumeDirectly = (webIdentityToken, parameters) =>
    assumeRole(webIdentityToken, 'direct', { RoleArn: direct, ...parameters });

  test('is enough for a role that trusts the OIDC provider, by any claim that AWS knows', async () => {
    const jobToken = await githubToken(cloud.jobEnvironment(), 'sts.amazonaws.com');
    const { status, text } = await assumeDirectly(jobToken);
    assert.equal(status, 200, text);
    assert.match(text, new RegExp(`<Provider>${cloud.setup.providerArn}</Provider>`));
    assert.match(text, /<SubjectFromWebIdentityToken>repo:octo-org\/octo-repo:environment:production</);
    assert.equal((await getSecretValue(credentialsIn(text), { SecretId: `${STORES}/secrets` })).status, 200);
  });

  test('gives the session no tags', async () => {
    const { text } = await assumeDirectly(token());
    await getSecretValue(credentialsIn(text), { SecretId: `${STORES}/secrets` });
    const keys = Object.keys(cloud.decisions.at(-1).request.context);
    assert.deepEqual(
      keys.filter((key) => key.startsWith('aws:PrincipalTag/')),
      [],
    );
  });

  test('is refused by the claims that the trust policy names', async () => {
    for (const claims of [{ repository: 'octo-org/other-repo' }, { environment: undefined }]) {
      await refuses(
        assumeDirectly(token(claims)),
        'AccessDenied',
        'Not authorized to perform sts:AssumeRoleWithWebIdentity',
        403,
      );
      assert.deepEqual(conditionsThatRefused(), [`${loginKey(cloud.issuer)}:${Object.keys(claims)[0]}`]);
    }
  });

  test('is refused by a trust policy on a claim that AWS does not know', async (t) => {
    const trustPolicy = webIdentityTrust(cloud.setup, { event_name: 'push' });
    const RoleArn = addRole(t, 'by-event', role(trustPolicy, readsAll));
    await refuses(assumeDirectly(token(), { RoleArn }), 'AccessDenied', undefined, 403);
  });

  test('of a pull request gets in where the trust policy names no ref, and no environment that GitHub keeps it from', async (t) => {
    const pullRequest = { event_name: 'pull_request', ref: 'refs/pull/7/merge', environment: undefined };
    const trusted = { repository: 'octo-org/octo-repo' };
    const open = addRole(t, 'open', role(webIdentityTrust(cloud.setup, trusted), readsAll));
    assert.equal((await assumeDirectly(token(pullRequest), { RoleArn: open })).status, 200);
    for (const narrower of [{ ref: 'refs/heads/main' }, { environment: 'production' }]) {
      const trustPolicy = webIdentityTrust(cloud.setup, { ...trusted, ...narrower });
      const RoleArn = addRole(t, 'narrower', role(trustPolicy, readsAll));
      assert.equal((await assumeDirectly(token(), { RoleArn })).status, 200);
      await refuses(assumeDirectly(token(pullRequest), { RoleArn }), 'AccessDenied', undefined, 403);
      const unprotected = assumeDirectly(token({ ...pullRequest, environment: 'production' }), { RoleArn });
      assert.equal((await unprotected).status, narrower.ref ? 403 : 200);
    }
  });

  test('is refused by a role that trusts Cognito alone', async () => {
    const RoleArn = cloud.setup.roleArn;
    await refuses(assumeDirectly(token(), { RoleArn }), 'AccessDenied', undefined, 403);
  });

  test('is refused where it is not valid', async () => {
    const invalid = (refused, message) => refuses(assumeDirectly(refused), 'InvalidIdentityToken', message);
    await invalid(token({ aud: 'https://github.com/octo-org' }), 'Incorrect token audience');
    await invalid(token({}, { key: newKey() }), 'Token signature is invalid');
    await invalid(token({}, { header: { alg: 'none' } }), 'Token signature is invalid');
    await invalid(token({}, { header: { alg: 'HS256' } }), 'Token signature is invalid');
    await invalid(tampered(token(), { repository: 'octo-org/octo-repo ' }), 'Token signature is invalid');
    await invalid(
      token({ iss: `${cloud.url}/evil` }),
      `No OpenIDConnect provider found in your account for ${cloud.url}/evil`,
    );
    await refuses(assumeDirectly(token({}, { expiresInSeconds: -1 })), 'ExpiredTokenException', /^Token expired: /);
    const early = token();
    clockOffsetMs = -700_000;
    await invalid(early, /^Token is not yet valid/);
  });

  test('is refused by a role of an account that has no such provider', async (t) => {
    const RoleArn = addRole(t, 'direct', cloud.setup.roles[direct], '210987654321');
    await refuses(assumeDirectly(token(), { RoleArn }), 'InvalidIdentityToken', /No OpenIDConnect provider found/);
  });
});

const python = fileURLToPath(
  new URL(process.platform === 'win32' ? '../.venv/Scripts/python.exe' : '../.venv/bin/python', import.meta.url),
);
const skip =
  !existsSync(python) && 'no .venv: python3 -m venv .venv && .venv/bin/pip install -r tests/requirements.txt';

test('boto3 goes from a GitHub token to one role and on to the next', { skip }, async (t) => {
  const { providerArn, oidcProviders } = cloud.setup;
  const { ClientIDList: audiences } = oidcProviders[providerArn];
  audiences.push('sts.amazonaws.com');
  t.after(() => audiences.pop());
  const nothing = policy('sts:GetCallerIdentity', '*');
  const first = addRole(t, 'first', role(webIdentityTrust(cloud.setup, { repository: 'octo-org/octo-repo' }), nothing));
  const next = addRole(t, 'next', role(principalTrust(first), nothing));

  const script = fileURLToPath(new URL('sts.py', import.meta.url));
  const env = { ...process.env, NO_PROXY: '127.0.0.1', AWS_EC2_METADATA_DISABLED: 'true' };
  const client = spawn(python, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const token = cloud.mintGithubToken({ aud: 'sts.amazonaws.com' });
  client.stdin.end(JSON.stringify({ url: cloud.url, token, first, next }));
  assert.deepEqual(JSON.parse(await textOf(client.stdout)), [
    ['123456789012', 'arn:aws:sts::123456789012:assumed-role/first/first'],
    ['123456789012', 'arn:aws:sts::123456789012:assumed-role/next/next'],
    'AccessDenied',
  ]);
});

describe('a role that assumes the next', () => {
  const caller = 'arn:aws:iam::123456789012:role/caller';
  const root = 'arn:aws:iam::123456789012:root';
  const mayAssume = policy(['sts:AssumeRole', 'sts:TagSession'], '*');
  const nothing = policy('sts:GetCallerIdentity', '*');
  const readsAll = policy('secretsmanager:GetSecretValue', '*');
  const tags = { repository: 'octo-org/octo-repo', repository_id: '1296269' };

  test("reads what the next role's policies open to the tags that it passes", async (t) => {
    const next = addRole(t, 'next', role(principalTrust(caller), cloud.setup.documents['role-policy']));
    const { status, text } = await assumeNextRole(signedInAs(t, mayAssume), next, { tags, DurationSeconds: '900' });
    assert.equal(status, 200, text);
    assert.match(text, /<AssumeRoleResponse .*<AssumeRoleResult>.*:assumed-role\/next\/next<\/Arn>/s);
    const expiration = Date.parse(/<Expiration>(.*)<\/Expiration>/.exec(text)[1]);
    assert.ok(Math.abs(expiration - Date.now() - 900_000) < 10_000);
    const credentials = credentialsIn(text);
    assert.equal((await getSecretValue(credentials, { SecretId: `${STORES}/secrets` })).status, 200);
    const other = getSecretValue(credentials, { SecretId: 'octo-enterprise/repo/octo-org/other-repo/secrets' });
    await refuses(other, 'AccessDeniedException');
  });

  test('needs a permission of its own, unless the trust policy of its account names it', async (t) => {
    const named = addRole(t, 'named', role(principalTrust(caller), readsAll));
    const delegated = addRole(t, 'delegated', role(principalTrust(root), readsAll));
    const without = signedInAs(t, nothing);
    assert.equal((await assumeNextRole(without, named)).status, 200);
    assert.equal((await assumeNextRole(without, named, { tags })).status, 200);
    await denied(assumeNextRole(without, delegated), 'sts:AssumeRole', delegated, without);
    const allowed = signedInAs(t, mayAssume);
    assert.equal((await assumeNextRole(allowed, delegated, { tags })).status, 200);
    const onlyAssume = signedInAs(t, policy('sts:AssumeRole', delegated));
    assert.equal((await assumeNextRole(onlyAssume, delegated)).status, 200);
    await denied(assumeNextRole(onlyAssume, delegated, { tags }), 'sts:TagSession', delegated, onlyAssume);
  });

  test('needs both across accounts', async (t) => {
    const far = addRole(t, 'far', role(principalTrust(caller), readsAll), '210987654321');
    const closed = addRole(t, 'closed', role(principalTrust('210987654321'), readsAll), '210987654321');
    const allowed = signedInAs(t, mayAssume);
    assert.equal((await assumeNextRole(allowed, far)).status, 200);
    await denied(assumeNextRole(allowed, closed), 'sts:AssumeRole', closed, allowed);
    const without = signedInAs(t, nothing);
    await denied(assumeNextRole(without, far), 'sts:AssumeRole', far, without);
  });

  test('is refused by an explicit deny of its own, and by its session policy, though it is named', async (t) => {
    const named = addRole(t, 'named', role(principalTrust(caller), readsAll));
    const deny = policy('sts:*', '*');
    deny.Statement[0].Effect = 'Deny';
    const refused = signedInAs(t, deny);
    await denied(assumeNextRole(refused, named), 'sts:AssumeRole', named, refused);
    const narrowed = signedInAs(t, mayAssume, { sessionPolicy: nothing });
    await denied(assumeNextRole(narrowed, named), 'sts:AssumeRole', named, narrowed);
  });

  test('is refused a role that does not trust it in the same words as one that is missing', async (t) => {
    const other = addRole(t, 'other', role(principalTrust('arn:aws:iam::123456789012:role/someone'), readsAll));
    const credentials = signedInAs(t, mayAssume);
    const missing = 'arn:aws:iam::123456789012:role/missing';
    await denied(assumeNextRole(credentials, other), 'sts:AssumeRole', other, credentials);
    await denied(assumeNextRole(credentials, missing), 'sts:AssumeRole', missing, credentials);
  });

  test('is let in by the tags that it passes, its own tags and the name of the session', async (t) => {
    const condition = {
      StringEquals: {
        'aws:RequestTag/repository': '${aws:PrincipalTag/repository}',
        'sts:RoleSessionName': '${aws:PrincipalTag/run_id}',
      },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['repository'] },
    };
    const next = addRole(t, 'next', role(principalTrust(caller, condition), readsAll));
    const credentials = signedInAs(t, nothing, { tags: { repository: 'octo-org/octo-repo', run_id: '42' } });
    const good = { tags: { repository: 'octo-org/octo-repo' }, RoleSessionName: '42' };
    assert.equal((await assumeNextRole(credentials, next, good)).status, 200);
    const bad = {
      'aws:RequestTag/repository': { ...good, tags: { repository: 'octo-org/other-repo' } },
      'aws:TagKeys': { ...good, tags },
      'sts:RoleSessionName': { ...good, RoleSessionName: '43' },
    };
    for (const [key, parameters] of Object.entries(bad)) {
      await denied(assumeNextRole(credentials, next, parameters), 'sts:AssumeRole', next, credentials);
      assert.deepEqual(conditionsThatRefused(), [key]);
    }
  });

  test('hands on only the tags that it was given as transitive, and they need permission again', async (t) => {
    const next = addRole(t, 'next', role(principalTrust(caller), mayAssume));
    const last = addRole(t, 'last', role(principalTrust(next), cloud.setup.documents['role-policy']));
    const given = { tags: { ...tags, environment: 'production' }, transitive: Object.keys(tags) };
    const { text } = await assumeNextRole(signedInAs(t, nothing), next, given);
    const middle = credentialsIn(text);
    const end = credentialsIn((await assumeNextRole(middle, last)).text);
    assert.equal((await getSecretValue(end, { SecretId: `${STORES}/secrets` })).status, 200);
    await refuses(getSecretValue(end, { SecretId: `${STORES}/env/production/secrets` }), 'AccessDeniedException');
    const replaced = assumeNextRole(middle, last, { tags: { Repository: 'octo-org/other-repo' } });
    await refuses(replaced, 'InvalidParameterValue', /conflicts with a transitive tag key/);

    cloud.setup.roles[last].trustPolicy.Statement[0].Action = 'sts:AssumeRole';
    await refuses(assumeNextRole(middle, last), 'AccessDenied', /to perform: sts:TagSession on resource/, 403);
  });

  test('can pass on no more than its session policy', async (t) => {
    const next = addRole(t, 'next', role(principalTrust(caller), readsAll));
    const variables = 'arn:aws:secretsmanager:*:*:secret:*/variables-??????';
    const Policy = JSON.stringify(policy('secretsmanager:GetSecretValue', variables));
    const credentials = credentialsIn((await assumeNextRole(signedInAs(t, nothing), next, { Policy })).text);
    assert.equal((await getSecretValue(credentials, { SecretId: `${STORES}/variables` })).status, 200);
    await refuses(getSecretValue(credentials, { SecretId: `${STORES}/secrets` }), 'AccessDeniedException');
  });

  test('is refused malformed parameters and more than an hour', async (t) => {
    const next = addRole(t, 'next', { ...role(principalTrust(caller), readsAll), maxSessionDurationSeconds: 43_200 });
    const credentials = signedInAs(t, mayAssume);
    const wrong = (parameters, message) =>
      refuses(assumeNextRole(credentials, next, parameters), 'ValidationError', message);
    await wrong(
      { DurationSeconds: '3601' },
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
    await wrong({ DurationSeconds: '899' }, /value greater than or equal to 900/);
    await wrong({ RoleSessionName: 'a b' }, /at 'roleSessionName' failed to satisfy/);
    await wrong({ tags: { actor: 'dependabot[bot]' } }, /at 'tags\.1\.member\.value' failed to satisfy/);
    await wrong({ tags: { actor: 'x'.repeat(257) } }, /length less than or equal to 256/);
    await wrong({ 'Tags.member.1.Key': 'actor' }, /Value null at 'tags\.1\.member\.value'/);
    await wrong({ tags: { actor: '1', Actor: '2' } }, 'Unable to validate tags');
    await wrong(
      { tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`tag-${index}`, 'x'])) },
      'Unable to validate tags',
    );
    const stray = assumeNextRole(credentials, next, { transitive: ['repository'] });
    await refuses(stray, 'InvalidParameterValue', /must be included in the requested tags/);
  });

  /** Credentials of the calling role, which has this policy from now on. */
  function signedInAs(t, identityPolicy, options) {
    const roleArn = addRole(t, 'caller', role({}, identityPolicy));
    return cloud.issueCredentials(roleArn, { sessionName: 'job', ...options });
  }

  function denied(answer, action, resource, { arn }) {
    const message = `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}`;
    return refuses(answer, 'AccessDenied', message, 403);
  }
});

describe('STS and who calls', () => {
  const caller = cloud.setup.roleArn;
  const credentials = cloud.issueCredentials(caller, { sessionName: 'job' });

  test('knows a user by keys that need no token, and lets the user assume a role for as long as the role allows', async (t) => {
    const user = cloud.addUser('mona', policy('sts:AssumeRole', '*'));
    assert.match((await sts(user, 'GetCallerIdentity')).text, /<Arn>arn:aws:iam::123456789012:user\/mona<\/Arn>/);
    await refuses(sts({ ...user, sessionToken: 'x' }, 'GetCallerIdentity'), 'InvalidClientTokenId', undefined, 403);
    const next = addRole(t, 'next', { ...role(principalTrust(user.arn), {}), maxSessionDurationSeconds: 7200 });
    assert.equal((await assumeNextRole(user, next, { DurationSeconds: '7200' })).status, 200);
    await refuses(assumeNextRole(user, next, { DurationSeconds: '7201' }), 'ValidationError', /MaxSessionDuration/);
    const others = addRole(t, 'others', role(principalTrust(`${user.arn}x`), {}));
    await refuses(assumeNextRole(user, others), 'AccessDenied', undefined, 403);
  });

  test('tells a session its account, its ARN and its id, whatever its policies say', async () => {
    const { status, text } = await sts(credentials, 'GetCallerIdentity');
    assert.equal(status, 200, text);
    assert.match(text, /<GetCallerIdentityResponse .*<GetCallerIdentityResult>/s);
    assert.match(text, /<Account>123456789012<\/Account>/);
    assert.match(text, /<Arn>arn:aws:sts::123456789012:assumed-role\/github-actions\/job<\/Arn>/);
    assert.match(text, /<UserId>AROA[A-Z2-7]{16}:job<\/UserId>/);
  });

  const badSignatures = {
    'no signature': [{ unsigned: true }, 'MissingAuthenticationToken', 'Request is missing Authentication Token'],
    'a signature by another key': [{ secretAccessKey: 'another' }, 'SignatureDoesNotMatch', /does not match/],
    'a body changed after signing': [{ sentBody: 'Action=GetCallerIdentity' }, 'SignatureDoesNotMatch'],
    'a signature for another service': [{ service: 'secretsmanager' }, 'SignatureDoesNotMatch', /service: 'sts'/],
    'a signature of six minutes ago': [{ signedMsAgo: 360_000 }, 'SignatureDoesNotMatch', /^Signature expired: /],
    'a session token left out': [{ sessionToken: undefined }, 'InvalidClientTokenId', /token .* is invalid/],
    'an unknown access key': [{ accessKeyId: 'ASIAUNKNOWNUNKNOWN00' }, 'InvalidClientTokenId'],
  };
  for (const [what, [changes, code, message]] of Object.entries(badSignatures)) {
    test(`refuses ${what}`, async () => {
      await refuses(sts({ ...credentials, ...changes }, 'GetCallerIdentity'), code, message, 403);
      await refuses(assumeNextRole({ ...credentials, ...changes }, caller), code, message, 403);
    });
  }

  test('refuses credentials that have expired', async () => {
    const expired = cloud.issueCredentials(caller, { sessionName: 'late', durationSeconds: -1 });
    await refuses(
      sts(expired, 'GetCallerIdentity'),
      'ExpiredToken',
      'The security token included in the request is expired',
      403,
    );
  });
});

describe('a session', () => {
  test("cannot read another repository's store", async () => {
    const credentials = await signIn({ repository: 'octo-org/other-repo' });
    const answer = getSecretValue(credentials, { SecretId: `${STORES}/secrets` });
    await refuses(
      answer,
      'AccessDeniedException',
      /^User: arn:aws:sts::123456789012:assumed-role\/github-actions\/\S+ is not authorized to perform: secretsmanager:GetSecretValue on resource: \S+ because no identity-based policy allows/,
    );
    const { mismatches } = nearestStatement();
    assert.ok(
      mismatches.some(
        ({ element, expected }) => element === 'Resource' && JSON.stringify(expected).includes('octo-org/other-repo'),
      ),
    );
  });

  test("cannot read another environment's store", async () => {
    await refuses(
      getSecretValue(await signIn(), { SecretId: `${STORES}/env/staging/secrets` }),
      'AccessDeniedException',
    );
  });

  test("without an environment cannot read any environment's store, not even a nameless one's", async () => {
    cloud.putSecret(`${STORES}/env//secrets`, '{}');
    const credentials = await signIn({ environment: undefined });
    await refuses(
      getSecretValue(credentials, { SecretId: `${STORES}/env/production/secrets` }),
      'AccessDeniedException',
    );
    await refuses(getSecretValue(credentials, { SecretId: `${STORES}/env//secrets` }), 'AccessDeniedException');
  });

  test("lets the role's own tag show through where it has none, and hides it where it has", async (t) => {
    changeRole(t, { tags: { Environment: 'staging' } });
    const without = await signIn({ environment: undefined });
    assert.equal((await getSecretValue(without, { SecretId: `${STORES}/env/staging/secrets` })).status, 200);
    await refuses(
      getSecretValue(await signIn(), { SecretId: `${STORES}/env/staging/secrets` }),
      'AccessDeniedException',
    );
  });

  for (const key of ['environment', 'Environment', 'ENVIRONMENT']) {
    test(`without an environment reads production's stores where the role has the tag ${key}=production, by either policy`, async (t) => {
      const tags = { 'github:enterprise': 'octo-enterprise', 'github:repository': 'octo-org/octo-repo' };
      cloud.putSecret('tagged/production', 'value', { tags: { ...tags, 'github:environment': 'production' } });
      const production = [
        ['role-policy', `${STORES}/env/production/secrets`],
        ['role-policy-by-tags', 'tagged/production'],
      ];
      changeRole(t, {});
      const changed = cloud.setup.roles[cloud.setup.roleArn];
      for (const [name, SecretId] of production) {
        changed.policies = [{ name, document: cloud.setup.documents[name] }];
        changed.tags = {};
        await refuses(getSecretValue(await signIn({ environment: undefined }), { SecretId }), 'AccessDeniedException');
        // As the default_tags of Terraform's provider reach it.
        changed.tags = { [key]: 'production', Team: 'platform' };
        assert.equal((await getSecretValue(await signIn({ environment: undefined }), { SecretId })).status, 200);
        await refuses(getSecretValue(await signIn({ environment: 'staging' }), { SecretId }), 'AccessDeniedException');
      }
    });
  }

  test("is let in by its own tags, whatever tags the role has", async (t) => {
    changeRole(t, { tags: { enterprise_id: '1234', event_name: 'push' } });
    const { cognitoToken, sessionName } = await cognitoSignIn({ event_name: undefined, enterprise_id: undefined });
    await refuses(assumeRole(cognitoToken, sessionName), 'AccessDenied', undefined, 403);
  });

  test('of a repository that took the name of another cannot read what has the tag of its id, and nobody what has none', async (t) => {
    const ours = { 'github:repository_id': '1296269' };
    const { arn } = cloud.putSecret(`${STORES}/secrets`, { FROM: 'secrets' }, { tags: ours });
    t.after(() => cloud.putSecret(`${STORES}/secrets`, { FROM: 'secrets' }, { tags: ours }));
    assert.equal((await getSecretValue(await signIn(), { SecretId: arn })).status, 200);
    for (const repository_id of ['4321', undefined]) {
      await refuses(getSecretValue(await signIn({ repository_id }), { SecretId: arn }), 'AccessDeniedException');
      assert.deepEqual(conditionsThatRefused(), ['secretsmanager:ResourceTag/github:repository_id']);
    }
    cloud.putSecret(`${STORES}/secrets`, { FROM: 'secrets' }, { tags: {} });
    await refuses(getSecretValue(await signIn(), { SecretId: arn }), 'AccessDeniedException');
    // Whoever may change the tag opens it to another.
    cloud.putSecret(`${STORES}/secrets`, { FROM: 'secrets' }, { tags: { 'github:repository_id': '4321' } });
    assert.equal((await getSecretValue(await signIn({ repository_id: '4321' }), { SecretId: arn })).status, 200);
  });

  test('hears of a store that does not exist, also under the condition on its tag', async () => {
    const absent = getSecretValue(await signIn({ environment: 'new' }), { SecretId: `${STORES}/env/new/secrets` });
    await refuses(absent, 'ResourceNotFoundException');
  });

  test('in another spelling of an environment cannot read its stores, and passes a list of what is excluded', async (t) => {
    const SecretId = `${STORES}/env/production/secrets`;
    await refuses(getSecretValue(await signIn({ environment: 'Production' }), { SecretId }), 'AccessDeniedException');
    const negated = policy('secretsmanager:GetSecretValue', '*', {
      StringNotEquals: { 'aws:PrincipalTag/environment': 'production' },
    });
    changeRole(t, { policies: [{ name: 'negated', document: negated }] });
    await refuses(getSecretValue(await signIn(), { SecretId }), 'AccessDeniedException');
    assert.equal((await getSecretValue(await signIn({ environment: 'Production' }), { SecretId })).status, 200);
  });

  test("of a pull request reads, by a role of its own, the stores that the role names, and under the documented policy any environment's", async (t) => {
    const { documents } = cloud.setup;
    const trust = structuredClone(documents['trust-policy']);
    trust.Statement[0].Condition.StringEquals['aws:RequestTag/event_name'] = Object.keys(PULL_REQUESTS);
    const named = policy('secretsmanager:GetSecretValue', `arn:aws:secretsmanager:*:*:secret:${STORES}/env/staging/secrets-??????`);
    const RoleArn = addRole(t, 'pull-requests', role(trust, named));
    for (const [event_name, ref] of Object.entries(PULL_REQUESTS)) {
      const credentials = await signIn({ event_name, ref }, { RoleArn });
      assert.equal((await getSecretValue(credentials, { SecretId: `${STORES}/env/staging/secrets` })).status, 200);
      const production = { SecretId: `${STORES}/env/production/secrets` };
      await refuses(getSecretValue(credentials, production), 'AccessDeniedException');
      cloud.setup.roles[RoleArn].policies = [{ name: 'by name', document: documents['role-policy'] }];
      assert.equal((await getSecretValue(credentials, production)).status, 200);
      cloud.setup.roles[RoleArn].policies = [{ name: 'named', document: named }];
    }
    const { cognitoToken, sessionName } = await cognitoSignIn();
    await refuses(assumeRole(cognitoToken, sessionName, { RoleArn }), 'AccessDenied', undefined, 403);
  });

  test('can do no more than its session policy', async () => {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: '*', Resource: 'arn:aws:secretsmanager:*:*:secret:*/variables-??????' },
    });
    const credentials = await signIn({}, { Policy });
    await refuses(getSecretValue(credentials, { SecretId: `${STORES}/secrets` }), 'AccessDeniedException');
    assert.deepEqual(cloud.decisions.at(-1).policies, ['session policy']);
    assert.equal((await getSecretValue(credentials, { SecretId: `${STORES}/variables` })).status, 200);
  });
});

describe('Secrets Manager refuses a request', () => {
  const SecretId = `${STORES}/secrets`;
  const badSignatures = {
    'without a signature': [{ unsigned: true }, 'MissingAuthenticationTokenException'],
    'signed with another key': [
      { secretAccessKey: 'another' },
      'InvalidSignatureException',
      /does not match the signature you provided/,
    ],
    'whose body was changed after signing': [
      { sentBody: '{"SecretId":"other"}' },
      'InvalidSignatureException',
      /does not match/,
    ],
    'without its session token': [
      { sessionToken: undefined },
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    'of an unknown access key': [{ accessKeyId: 'ASIAUNKNOWNUNKNOWN00' }, 'UnrecognizedClientException'],
    'signed for another service': [
      { service: 'sts' },
      'InvalidSignatureException',
      /correct service: 'secretsmanager'/,
    ],
    'signed six minutes ago': [{ signedMsAgo: 360_000 }, 'InvalidSignatureException', /^Signature expired: /],
    'signed in the future': [{ signedMsAgo: -360_000 }, 'InvalidSignatureException', /^Signature not yet current: /],
    'whose target is not signed': [
      { unsignedHeader: 'x-amz-target' },
      'InvalidSignatureException',
      /'x-amz-target' must be a 'SignedHeader'/,
    ],
  };
  for (const [what, [changes, code, message]] of Object.entries(badSignatures)) {
    test(what, async () => {
      await refuses(getSecretValue({ ...(await signIn()), ...changes }, { SecretId }), code, message);
    });
  }

  test('with credentials that have expired', async () => {
    const expired = cloud.issueCredentials(cloud.setup.roleArn, { sessionName: 'late', durationSeconds: -1 });
    await refuses(
      getSecretValue(expired, { SecretId }),
      'ExpiredTokenException',
      'The security token included in the request is expired',
    );
  });

  test('for a secret that is not there: denied if it could not have been read, else not found', async () => {
    const credentials = await signIn({ environment: 'qa' });
    await refuses(getSecretValue(credentials, { SecretId: `${STORES}/absent` }), 'AccessDeniedException');
    await refuses(
      getSecretValue(credentials, { SecretId: `${STORES}/env/qa/secrets` }),
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    );
  });

  test('with a malformed id', async () => {
    const credentials = await signIn();
    await refuses(getSecretValue(credentials, { SecretId: 'no spaces' }), 'ValidationException', /^Invalid name\./);
    await refuses(getSecretValue(credentials, { SecretId: 'arn:aws:s3:::bucket' }), 'ValidationException');
    await refuses(getSecretValue(credentials, {}), 'ValidationException', /Value null at 'secretId'/);
  });
});

describe('Secrets Manager', () => {
  const anySecret = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }],
  };
  const reader = 'arn:aws:iam::123456789012:role/reader';
  cloud.setup.roles[reader] = role({}, anySecret);
  const credentials = cloud.issueCredentials(reader, { sessionName: 'reader' });

  test('finds a secret by name, by ARN and by ARN without its suffix', async () => {
    const { arn } = cloud.putSecret('plain/name', 'value');
    for (const SecretId of ['plain/name', arn, arn.slice(0, -7)]) {
      assert.equal((await getSecretValue(credentials, { SecretId })).json.ARN, arn);
    }
  });

  test('takes a name that ends in a hyphen and six characters for a whole ARN', async () => {
    const { arn } = cloud.putSecret('my-secret', 'value');
    await refuses(getSecretValue(credentials, { SecretId: arn.slice(0, -7) }), 'ResourceNotFoundException');
    assert.equal((await getSecretValue(credentials, { SecretId: 'my-secret' })).status, 200);
    assert.equal((await getSecretValue(credentials, { SecretId: arn })).status, 200);
  });

  test('keeps regions apart', async () => {
    const { arn } = cloud.putSecret('far', 'value', { region: 'eu-central-1' });
    await refuses(getSecretValue(credentials, { SecretId: arn }), 'ResourceNotFoundException');
    await refuses(getSecretValue(credentials, { SecretId: 'far' }), 'ResourceNotFoundException');
    assert.equal((await getSecretValue({ ...credentials, region: 'eu-central-1' }, { SecretId: 'far' })).status, 200);
  });

  test("opens another account's secret only by ARN and if both accounts allow it", async () => {
    const resourcePolicy = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: reader }, Action: 'secretsmanager:GetSecretValue', Resource: '*' },
      ],
    };
    const { arn } = cloud.putSecret('shared', 'value', { account: '210987654321', resourcePolicy });
    const { arn: closed } = cloud.putSecret('closed', 'value', { account: '210987654321' });
    assert.equal((await getSecretValue(credentials, { SecretId: arn })).status, 200);
    await refuses(getSecretValue(credentials, { SecretId: 'shared' }), 'ResourceNotFoundException');
    await refuses(
      getSecretValue(credentials, { SecretId: closed }),
      'AccessDeniedException',
      /because no resource-based policy allows/,
    );
    await refuses(
      getSecretValue(await signIn(), { SecretId: arn }),
      'AccessDeniedException',
      /because no identity-based policy allows/,
    );
  });

  test("lets a resource policy's explicit deny win", async () => {
    const resourcePolicy = {
      Version: '2012-10-17',
      Statement: [{ Sid: 'Never', Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }],
    };
    cloud.putSecret('denied', 'value', { resourcePolicy });
    await refuses(
      getSecretValue(credentials, { SecretId: 'denied' }),
      'AccessDeniedException',
      /with an explicit deny in a resource-based policy/,
    );
    assert.equal(cloud.decisions.at(-1).decidedBy.sid, 'Never');
  });

  test("lets a role's permissions boundary take away what its policies give", async () => {
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }] };
    const person = cloud.addPerson('bounded', policy);
    cloud.putSecret('inside', 'value');
    cloud.putSecret('outside', 'value');
    const document = structuredClone(policy);
    document.Statement[0].Resource = 'arn:aws:secretsmanager:*:*:secret:inside-??????';
    const bounded = cloud.setup.roles['arn:aws:iam::123456789012:role/bounded'];
    bounded.policies[0].arn = 'arn:aws:iam::123456789012:policy/managed';
    bounded.boundary = { name: 'limits', arn: 'arn:aws:iam::123456789012:policy/limits', document };
    assert.equal((await getSecretValue(person, { SecretId: 'inside' })).status, 200);
    await refuses(getSecretValue(person, { SecretId: 'outside' }), 'AccessDeniedException', /because no identity-based policy allows/);
  });

  test('selects versions by id and by stage', async () => {
    const [first, second] = ['1', '2'].map((digit) => digit.repeat(32));
    cloud.putSecret('versioned', 'old', { versionId: first });
    cloud.putSecret('versioned', 'new', { versionId: second });
    const value = async (selection) =>
      (await getSecretValue(credentials, { SecretId: 'versioned', ...selection })).json.SecretString;
    assert.equal(await value({}), 'new');
    assert.equal(await value({ VersionStage: 'AWSPREVIOUS' }), 'old');
    assert.equal(await value({ VersionId: first }), 'old');
    await refuses(
      getSecretValue(credentials, { SecretId: 'versioned', VersionStage: 'BLUE' }),
      'ResourceNotFoundException',
      /staging label: BLUE/,
    );
    await refuses(
      getSecretValue(credentials, { SecretId: 'versioned', VersionId: first, VersionStage: 'AWSCURRENT' }),
      'InvalidRequestException',
      /not associated/,
    );
  });

  test('gives bytes as SecretBinary and nothing of what is marked for deletion', async () => {
    cloud.putSecret('bytes', new Uint8Array([0, 255]));
    const { json } = await getSecretValue(credentials, { SecretId: 'bytes' });
    assert.equal(json.SecretBinary, 'AP8=');
    assert.equal('SecretString' in json, false);
    cloud.putSecret('gone', 'value').deleted = true;
    await refuses(getSecretValue(credentials, { SecretId: 'gone' }), 'InvalidRequestException', /marked for deletion/);
  });

  test('answers a batch with what it may give and an error for each of the rest', async () => {
    cloud.putSecret('one', '1');
    const { status, json } = await secretsManager(credentials, 'BatchGetSecretValue', {
      SecretIdList: ['one', 'absent'],
    });
    assert.equal(status, 200);
    assert.deepEqual(
      json.SecretValues.map(({ Name, SecretString }) => [Name, SecretString]),
      [['one', '1']],
    );
    assert.deepEqual(
      json.Errors.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode]),
      [['absent', 'ResourceNotFoundException']],
    );
    const tooMany = { SecretIdList: Array(21).fill('one') };
    await refuses(secretsManager(credentials, 'BatchGetSecretValue', tooMany), 'InvalidParameterException');
  });

  test('leaves to the next page of a batch what does not fit into one', async (t) => {
    ['page-1', 'page-2', 'page-3'].forEach((name) => cloud.putSecret(name, `of ${name}`));
    cloud.setup.batchPageSize = 2;
    t.after(() => (cloud.setup.batchPageSize = 20));
    const page = (NextToken) => {
      const input = { SecretIdList: ['page-1', 'page-2', 'page-3'], NextToken };
      return secretsManager(credentials, 'BatchGetSecretValue', input);
    };
    const names = ({ SecretValues }) => SecretValues.map(({ Name }) => Name);
    const { json: first } = await page();
    const { json: second } = await page(first.NextToken);
    assert.deepEqual([names(first), names(second), second.NextToken], [['page-1', 'page-2'], ['page-3'], undefined]);
    await refuses(page('x'), 'InvalidNextTokenException');
  });

  test('wants its own permission for a batch', async () => {
    const answer = secretsManager(await signIn(), 'BatchGetSecretValue', { SecretIdList: [`${STORES}/secrets`] });
    await refuses(answer, 'AccessDeniedException', /secretsmanager:BatchGetSecretValue on resource: \*/);
  });
});

describe('a fault', () => {
  const outcomes = {
    'with a status': [
      { status: 503, body: 'busy', headers: { 'retry-after': '1' } },
      { status: 503, text: 'busy' },
    ],
    'with an error of AWS': [
      { awsError: 'ThrottlingException' },
      { status: 400, text: /"__type":"ThrottlingException"/ },
    ],
    'that is empty': ['empty', { status: 200, text: '' }],
    'that is not JSON': ['notJson', { status: 200, text: /^[^{]+$/ }],
    'that is a page': ['htmlOk', { status: 200, text: /^<!doctype html>/ }],
    'that redirects': [{ redirect: 'http://127.0.0.1:9/' }, { status: 302, text: '' }],
    'that resets the connection': ['reset', { error: 'ECONNRESET' }],
    'that stops half way': ['halfAnswer', { error: 'UND_ERR_SOCKET' }],
    'that drips': ['drip', { error: 'TimeoutError' }],
    'that never answers': ['noAnswer', { error: 'TimeoutError' }],
    'that is huge': [{ huge: 1_000_000 }, { status: 200, text: /^x{1000000,}$/ }],
    'that is only late': [{ delayMs: 50 }, { status: 200, text: /IdentityId/ }],
  };
  for (const [what, [fault, expected]] of Object.entries(outcomes)) {
    test(`${what} strikes once`, async () => {
      cloud.fail({ operation: 'GetId', fault });
      matches(await outcome(), expected);
      matches(await outcome(), { status: 200, text: /IdentityId/ });
    });
  }

  test('strikes as often as it is told to, after as many calls as it is told to skip', async () => {
    cloud.fail({ operation: 'GetId', fault: { status: 500 }, skip: 1, times: 2 });
    const statuses = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await outcome()).status);
    assert.deepEqual(statuses, [200, 500, 500, 200]);
    cloud.fail({ operation: '*', fault: { status: 502 }, times: Infinity });
    assert.equal((await fetch(`${cloud.url}/.well-known/jwks`)).status, 502);
  });

  test('of STS is written as STS writes its errors', async () => {
    cloud.fail({ operation: 'AssumeRoleWithWebIdentity', fault: { awsError: 'IDPCommunicationError', status: 400 } });
    await refuses(assumeRole('token', 'session'), 'IDPCommunicationError');
  });

  test('is seen in the times of a request, which is recorded with the connection that it came over', async () => {
    cloud.fail({ operation: 'GetId', fault: { delayMs: 80 } });
    await Promise.all([outcome(), outcome()]);
    const [late, prompt] = cloud.requests.map(({ at, answeredAt }) => answeredAt - at).sort((a, b) => b - a);
    assert.ok(late >= 75 && prompt < late, `${late} ms and ${prompt} ms`);
    assert.equal(new Set(cloud.requests.map(({ port }) => port)).size, 2, 'two at the same time need two connections');
  });

  test('that does not exist is a mistake in the test', () => {
    assert.throws(() => cloud.fail({ operation: 'GetId', fault: 'typo' }), /no such fault/);
  });

  async function outcome() {
    const request = { ...job.getIdRequest(), redirect: 'manual', signal: AbortSignal.timeout(400) };
    try {
      const response = await fetch(cloud.url, request);
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { error: error.cause?.code ?? error.name };
    }
  }

  function matches(actual, { text, ...rest }) {
    assert.deepEqual({ status: actual.status, error: actual.error }, { status: undefined, error: undefined, ...rest });
    if (text instanceof RegExp) assert.match(actual.text, text);
    else assert.equal(actual.text, text);
  }
});

async function refuses(answer, code, message, status = 400) {
  const { status: actualStatus, text, json } = await answer;
  assert.equal(json?.__type ?? /<Code>(.*)<\/Code>/.exec(text)?.[1], code, text);
  assert.equal(actualStatus, status);
  const actual = json ? (json.message ?? json.Message) : /<Message>(.*)<\/Message>/.exec(text)[1];
  if (message instanceof RegExp) assert.match(actual, message);
  else if (message !== undefined) assert.equal(actual, message);
}

/** Of the last decision, what the statement that came nearest to matching stumbled over. */
function conditionsThatRefused() {
  return nearestStatement().mismatches.map(({ key }) => key);
}

function nearestStatement() {
  const { statements, nearest } = cloud.decisions.at(-1);
  return statements[nearest];
}

/** @returns {string} the ARN of a role that exists for one test */
function addRole(t, name, added, accountId = cloud.setup.accountId) {
  const arn = `arn:aws:iam::${accountId}:role/${name}`;
  cloud.setup.roles[arn] = added;
  t.after(() => delete cloud.setup.roles[arn]);
  return arn;
}

function policy(Action, Resource, Condition = {}) {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource, Condition }] };
}

/** Changes the default role for one test. */
function changeRole(t, changes) {
  const { roles, roleArn } = cloud.setup;
  const original = roles[roleArn];
  roles[roleArn] = { ...original, ...changes };
  t.after(() => (roles[roleArn] = original));
}

function tampered(token, claims) {
  const [header, , signature] = token.split('.');
  return [header, Buffer.from(JSON.stringify({ ...decode(token), ...claims })).toString('base64url'), signature].join(
    '.',
  );
}

function newKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}
