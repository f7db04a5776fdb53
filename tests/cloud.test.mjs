// The local cloud enforces README.md's set-up: the right job reads its stores, and each way of not being that job is
// refused, with AWS's code and for the reason it should be. The client and its signer, in cloud/job.mjs,
// are the test's own.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, beforeEach, describe, test } from 'node:test';
import { startCloud } from './cloud/cloud.mjs';
import { COGNITO, decode, jobClient, loginKey } from './cloud/job.mjs';
import { role } from './cloud/setup.mjs';

const STORES = 'octo-enterprise/repo/octo-org/octo-repo';

let clockOffsetMs = 0;
const cloud = await startCloud({ now: () => Date.now() + clockOffsetMs });
const job = jobClient(cloud);
const { signIn, cognitoSignIn, githubToken, getId, getOpenIdToken, assumeRole, getSecretValue, secretsManager } = job;

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
    'a pull request': [{ event_name: 'pull_request' }, 'aws:RequestTag/event_name'],
    'another enterprise': [{ enterprise: 'evil' }, 'aws:RequestTag/enterprise'],
    'a job of no enterprise': [{ enterprise: undefined }, 'aws:RequestTag/enterprise'],
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
    await refuses(
      assumeRole(cloud.mintGithubToken(), sessionName),
      'InvalidIdentityToken',
      /No OpenIDConnect provider found/,
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
