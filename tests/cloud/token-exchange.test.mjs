// The local cloud's token exchange answers as jwtex does, and its STS checks the tags of a token by AWS's rules: transitive ones pass to
// the sessions that a session begins, and nobody replaces them.

import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, beforeEach, describe, test } from 'node:test';
import { startCloud } from './cloud.mjs';
import { credentialsIn, decode, jobClient, loginKey } from './job.mjs';
import { role, withTokenExchange } from './setup.mjs';
import { withTags } from './token-exchange.mjs';

const STORES = 'octo-enterprise/repo/octo-org/octo-repo';
const NEXT = 'arn:aws:iam::123456789012:role/next';
const cloud = await startCloud();
const { assumeRole, assumeNextRole, getSecretValue, getId } = jobClient(cloud);
const { exchange, setup } = cloud;
const roleArn = withTokenExchange(setup);
const { mapping } = exchange;
const { trustPolicy } = setup.roles[roleArn];
const { 'role-policy': policy, 'exchange-chain-trust-policy': chainTrust } = setup.documents;
setup.roles[NEXT] = role(chainTrust, policy);
setup.roles[roleArn].policies.push({
  name: 'chain',
  document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: '*' }] },
});
for (const store of ['secrets', 'env/production/secrets']) cloud.putSecret(`${STORES}/${store}`, { FROM: store });

beforeEach(() => {
  exchange.mapping = mapping;
  exchange.log.length = 0;
  setup.roles[roleArn].trustPolicy = trustPolicy;
  setup.roles[NEXT].trustPolicy = chainTrust;
});
after(() => cloud.close());

describe('the exchange', () => {
  test('publishes where its keys are, and signs with one of them', async () => {
    const configuration = await (await fetch(`${exchange.origin}/.well-known/openid-configuration`)).json();
    assert.equal(configuration.issuer, exchange.origin);
    const { keys } = await (await fetch(configuration.jwks_uri)).json();
    const token = await exchanged();
    const [header, payload, signature] = token.split('.');
    const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url'));
    const key = createPublicKey({ key: keys.find((each) => each.kid === kid), format: 'jwk' });
    assert.equal(alg, 'RS256');
    assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')));
  });

  test("answers with GitHub's claims, its own issuer, and tags", async () => {
    const response = await ask(forExchange());
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'application/jwt']);
    const { iss, aud, repository, 'https://aws.amazon.com/tags': tags } = decode(await response.text());
    assert.deepEqual([iss, aud, repository], [exchange.origin, exchange.origin, 'octo-org/octo-repo']);
    assert.deepEqual(tags.principal_tags.repository, ['octo-org/octo-repo']);
    assert.deepEqual(tags.transitive_tag_keys, ['enterprise', 'environment', 'repository', 'repository_id']);
    const ofNoEnvironment = decode(await exchanged({ environment: undefined }))['https://aws.amazon.com/tags'];
    assert.ok(!('environment' in ofNoEnvironment.principal_tags) && !ofNoEnvironment.transitive_tag_keys.includes('environment'));
  });

  test('refuses in the same words whatever is wrong, and keeps the reason in its log', async () => {
    const other = await startCloud();
    const refusals = [
      [forExchange(), '?issuerId=gitlab', /unrecognised issuerId: gitlab/],
      [forExchange(), '', /unrecognised issuerId/],
      [forExchange({ aud: 'sts.amazonaws.com' }), undefined, /expected audience/],
      [forExchange({ aud: 'cognito-identity.amazonaws.com' }), undefined, /expected audience/],
      [forExchange({ iss: `${cloud.url}/other` }), undefined, /different provider/],
      [forExchange({ enterprise_id: '4321' }), undefined, /disallowed by mapper/],
      [cloud.mintGithubToken({ aud: exchange.origin }, { expiresInSeconds: -1 }), undefined, /expired/],
      [other.mintGithubToken({ aud: exchange.origin, iss: cloud.issuer }), undefined, /signature/],
      ['not a token', undefined, /signature/],
      ['', undefined, /signature/],
    ];
    await other.close();
    for (const [token, query, reason] of refusals) {
      const response = await ask(token, query);
      assert.deepEqual([response.status, await response.text()], [400, 'unable to exchange\n'], String(reason));
      assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
      assert.match(exchange.log.at(-1), reason);
    }
  });

  test('cannot use the token that it gets at Cognito or at STS', async () => {
    const token = forExchange();
    const { status, json } = await getId({ Logins: { [loginKey(cloud.issuer)]: token } });
    assert.deepEqual([status, json.message], [400, 'Invalid login token. Incorrect token audience.']);
    await refused(assumeRole(token, 'direct'), 'InvalidIdentityToken', /Incorrect token audience/);
    // Nor by an account that lists every audience of AWS's own.
    const { ClientIDList: audiences } = setup.oidcProviders[setup.providerArn];
    audiences.push('sts.amazonaws.com');
    await refused(assumeRole(token, 'direct'), 'InvalidIdentityToken', /Incorrect token audience/);
    audiences.pop();
  });
});

describe("the exchange's token at STS", () => {
  test('opens the stores of its tags and no other', async () => {
    const session = await signedIn();
    for (const store of ['secrets', 'env/production/secrets']) assert.equal(await reads(session, store), 200);
    assert.equal(await reads(await signedIn({ repository: 'octo-org/other' }), 'secrets'), 400);
    assert.equal(await reads(await signedIn({ environment: undefined }), 'env/production/secrets'), 400);
  });

  test('may have its tags as a claim each', async () => {
    exchange.mapping = (claims) => flat(mapping(claims));
    const session = await signedIn();
    assert.equal(await reads(session, 'secrets'), 200);
    const next = credentialsIn((await assumeNextRole(session, NEXT)).text);
    assert.equal(await reads(next, 'secrets'), 200);
  });

  test('is refused where the account does not trust its issuer, its audience or its key', async () => {
    const providers = setup.oidcProviders;
    const provider = Object.keys(providers).find((arn) => providers[arn].Url === exchange.origin);
    const { [provider]: trusted } = providers;
    delete providers[provider];
    await refused(assume(await exchanged()), 'InvalidIdentityToken', /No OpenIDConnect provider found in your account/);
    providers[provider] = { ...trusted, ClientIDList: ['https://another.example'] };
    await refused(assume(await exchanged()), 'InvalidIdentityToken', /Incorrect token audience/);
    providers[provider] = trusted;
    const forged = cloud.mintGithubToken({ ...decode(await exchanged()), iss: exchange.origin });
    await refused(assume(forged), 'InvalidIdentityToken', /signature/);
    assert.equal((await assume(await exchanged())).status, 200);
  });

  test('is refused by each condition of the documented trust policy', async () => {
    const tag = 'Not authorized to perform sts:TagSession';
    const assumed = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';
    const without = (name) => (claims) => withTags(claims, Object.keys(tagsOf(mapping(claims))).filter((each) => each !== name));
    for (const [changes, message] of [
      [without('enterprise_id'), assumed],
      [without('event_name'), assumed],
      [without('run_id'), assumed],
      [(claims) => mapping({ ...claims, event_name: 'pull_request' }), assumed],
      // More may not be transitive than the policy lists.
      [(claims) => withTags(claims, Object.keys(tagsOf(mapping(claims))), ['sha']), tag],
    ]) {
      exchange.mapping = changes;
      await refused(assume(await exchanged()), 'AccessDenied', message);
    }
    exchange.mapping = mapping;
    await refused(assume(await exchanged(), 'another-name'), 'AccessDenied', assumed);
    await refused(assume(await exchanged({ aud: exchange.origin, event_name: 'issue_comment' })), 'AccessDenied', assumed);
  });

  test('is refused with tags that no session can have', async () => {
    for (const changes of [
      (claims) => withTags({ ...claims, sha: '[x]' }, ['sha']),
      (claims) => withTags({ ...claims, sha: 'x'.repeat(257) }, ['sha']),
      (claims) => withTags({ ...claims, SHA: 'x' }, ['sha', 'SHA']),
      // A transitive key is one of a tag.
      (claims) => ({ ...claims, 'https://aws.amazon.com/tags': { principal_tags: { sha: ['x'] }, transitive_tag_keys: ['ref'] } }),
    ]) {
      exchange.mapping = changes;
      await refused(assume(await exchanged()), 'ValidationError', 'Unable to validate tags');
    }
  });

  test('gives a policy the keys of GitHub that it knows of GitHub alone', async () => {
    const document = structuredClone(trustPolicy);
    document.Statement[0].Condition.StringEquals[`${loginKey(exchange.origin)}:repository`] = 'octo-org/octo-repo';
    setup.roles[roleArn].trustPolicy = document;
    await refused(assume(await exchanged()), 'AccessDenied', /AssumeRoleWithWebIdentity/);
  });
});

describe('transitive tags of the token', () => {
  test('pass to the second session, which reads by them', async () => {
    const { text, status } = await assumeNextRole(await signedIn(), NEXT);
    assert.equal(status, 200, text);
    const next = credentialsIn(text);
    for (const store of ['secrets', 'env/production/secrets']) assert.equal(await reads(next, store), 200);
    const keys = Object.keys(cloud.decisions.at(-1).request.context).filter((key) => key.startsWith('aws:PrincipalTag/'));
    assert.deepEqual(keys.sort(), ['enterprise', 'environment', 'repository', 'repository_id'].map((key) => `aws:PrincipalTag/${key}`));
    assert.equal(await reads(credentialsIn((await assumeNextRole(await signedIn({ repository: 'octo-org/other' }), NEXT)).text), 'secrets'), 400);
  });

  test('cannot be replaced, in any case of the key', async () => {
    const session = await signedIn();
    for (const key of ['repository', 'Repository']) {
      await refused(assumeNextRole(session, NEXT, { tags: { [key]: 'octo-org/other' } }), 'InvalidParameterValue', /conflicts with a transitive tag key/);
    }
  });

  test('count among the fifty of the second session', async () => {
    setup.roles[NEXT].trustPolicy = { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: roleArn }, Action: ['sts:AssumeRole', 'sts:TagSession'] } };
    const tags = (count) => ({ tags: Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, 'x'])) });
    const session = await signedIn();
    assert.equal((await assumeNextRole(session, NEXT, tags(46))).status, 200);
    await refused(assumeNextRole(session, NEXT, tags(47)), 'ValidationError', 'Unable to validate tags');
  });

  test('need sts:TagSession, and the documented trust policy allows no other tags', async () => {
    const session = await signedIn();
    await refused(assumeNextRole(session, NEXT, { tags: { team: 'x' } }), 'AccessDenied', /sts:AssumeRole/);
    const document = structuredClone(chainTrust);
    document.Statement[0].Action = 'sts:AssumeRole';
    setup.roles[NEXT].trustPolicy = document;
    await refused(assumeNextRole(session, NEXT), 'AccessDenied', /sts:TagSession/);
  });

  test('are none of a session whose token lists none', async () => {
    exchange.mapping = (claims) => withTags(claims, Object.keys(tagsOf(mapping(claims))));
    setup.roles[NEXT].trustPolicy = { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: roleArn }, Action: ['sts:AssumeRole', 'sts:TagSession'] } };
    const session = await signedIn();
    assert.equal(await reads(session, 'secrets'), 200);
    const { status, text } = await assumeNextRole(session, NEXT, { tags: { repository: 'octo-org/other' } });
    assert.equal(status, 200, text);
  });
});

function forExchange(claims) {
  return cloud.mintGithubToken({ aud: exchange.origin, ...claims });
}

function ask(token, query = '?issuerId=github') {
  return fetch(`${exchange.origin}/exchange${query}`, { method: 'POST', body: token });
}

async function exchanged(claims) {
  const response = await ask(forExchange(claims));
  const text = await response.text();
  assert.equal(response.status, 200, exchange.log.at(-1));
  return text;
}

function assume(token, sessionName = nameOf(token)) {
  return assumeRole(token, sessionName, { RoleArn: roleArn });
}

function nameOf(token) {
  const { run_id: runId, sha } = decode(token);
  return `${runId}@${sha}`.replace(/[^\w+=,.@-]/g, '').slice(0, 64);
}

async function signedIn(claims) {
  const { status, text } = await assume(await exchanged(claims));
  assert.equal(status, 200, text);
  return credentialsIn(text);
}

async function reads(session, store) {
  return (await getSecretValue(session, { SecretId: `${STORES}/${store}` })).status;
}

async function refused(answer, code, message) {
  const { status, text } = await answer;
  assert.equal(/<Code>(.*)<\/Code>/.exec(text)?.[1], code, text);
  assert.ok(status >= 400);
  const said = /<Message>(.*)<\/Message>/.exec(text)[1];
  if (message instanceof RegExp) assert.match(said, message);
  else assert.equal(said, message);
}

function tagsOf(claims) {
  return claims['https://aws.amazon.com/tags'].principal_tags;
}

/** The same tags, each as a claim. */
function flat({ 'https://aws.amazon.com/tags': tags, ...claims }) {
  const each = Object.entries(tags.principal_tags).map(([key, [value]]) => [`https://aws.amazon.com/tags/principal_tags/${key}`, value]);
  return { ...claims, ...Object.fromEntries(each), 'https://aws.amazon.com/tags/transitive_tag_keys': tags.transitive_tag_keys };
}
