// Jobs of the committed bundle whose token goes to a token exchange before it goes to STS: what they may read by the exchange's tags,
// each way in which an exchange or STS refuses them, and the tags that pass on to a second role.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/token-exchange.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { credentialsIn, decode, jobClient, loginKey } from '../cloud/job.mjs';
import { listening } from '../cloud/proxy.mjs';
import { principalTrust, role, withTokenExchange } from '../cloud/setup.mjs';
import { withTags } from '../cloud/token-exchange.mjs';
import { runCli } from '../runner/command.mjs';
import { addRole, CANARY, cloud, failed, newRepository, ONE_SECRET, ownCloud, run, storesOf, succeeded, TOGETHER } from './jobs.mjs';

const roleArn = withTokenExchange(cloud.setup);
const { documents } = cloud.setup;
const { exchange } = cloud;
const EXCHANGE = `${exchange.origin}/exchange?issuerId=github`;
const REGION = { AWS_REGION: cloud.setup.region };
const TAGS = 'https://aws.amazon.com/tags';
const VALUE = { TOKEN: `${CANARY}-token` };

// Which is asked for by each test that changes them.
const { mapping } = exchange;
const mappings = new Map();
exchange.mapping = (claims) => (mappings.get(claims.repository) ?? mapping)(claims);

describe('a token exchange', TOGETHER, () => {
  test('gives the session tags by which the role reads its stores, and no other', async () => {
    const repository = newRepository({ secrets: VALUE });
    const step = await exchanged({ repository });
    succeeded(step, VALUE);
    assert.match(step.log.join('\n'), new RegExp(`Session tags in the exchange's token\\n(.*\\n)*repository: ${repository} \\(transitive\\)`));
    const calls = operationsOf(step);
    assert.deepEqual(calls, ['AssumeRoleWithWebIdentity', 'GetSecretValue']);
    // By its own tags it has no right to another's.
    const denied = await exchanged({ inputs: { values: '', secrets: `TOKEN=${storesOf(repository)}/secrets` } });
    failed(denied, 'store-access-denied', /TOKEN|secrets/);
    assert.doesNotMatch(denied.log.join('\n'), /env-kvstore explain/);
  });

  test('is asked for by the token of its own audience, with the query, and at no other time', async (t) => {
    const on = await quiet(t);
    succeeded(await exchanged({ on }), VALUE);
    const of = (operation) => on.requests.filter((request) => request.operation === operation).map(({ detail }) => detail);
    assert.deepEqual(of('GitHubToken').map(({ audience }) => audience), [on.exchange.origin]);
    assert.deepEqual(of('TokenExchange'), [{ method: 'POST', issuerId: 'github', contentType: 'application/jwt' }]);
    assert.deepEqual(of('GetId'), []);
  });

  test('may take another audience, which the account then lists', async (t) => {
    const on = await quiet(t);
    // An exchange that takes this one, as its configuration says.
    const front = await answering(t, (body, response) => {
      const token = on.mintGithubToken({ ...decode(body), aud: on.exchange.origin });
      return relay(`${on.exchange.origin}/exchange?issuerId=github`, token, response);
    });
    const step = await exchanged({ on, inputs: { 'token-exchange-url': `${front.url}/any/path/`, audience: 'https://github.com/octo-org' } });
    succeeded(step, VALUE);
    assert.deepEqual(front.seen.map(({ url, aud }) => [url, aud]), [['/any/path/', 'https://github.com/octo-org']]);
  });

  test('is got over as it fails for a moment, with the token that is valid then', async (t) => {
    const on = await quiet(t);
    on.fail({ operation: 'TokenExchange', fault: { status: 503, body: CANARY } });
    on.fail({ operation: 'TokenExchange', fault: 'reset' });
    succeeded(await exchanged({ on }), VALUE);
    assert.equal(on.requests.filter(({ operation }) => operation === 'TokenExchange').length, 3);
  });

  test('that fails for good ends the step with its status', async (t) => {
    const on = await quiet(t);
    on.fail({ operation: 'TokenExchange', times: Infinity, fault: { status: 502, body: CANARY } });
    failed(await exchanged({ on }), 'token-exchange-refused', /HTTP 502, tried 3 times[\s\S]*log of the exchange/);
  });

  for (const [what, changes] of Object.entries({
    'an issuer that it does not have': { inputs: { 'token-exchange-url': `${exchange.origin}/exchange?issuerId=gitlab` } },
    'no issuer': { inputs: { 'token-exchange-url': `${exchange.origin}/exchange` } },
    'a job that its mapping does not allow': { claims: { enterprise_id: '4321' } },
    'another audience': { inputs: { audience: 'https://another.example' } },
  })) {
    test(`refuses ${what} in words that are not shown`, async () => {
      const step = await exchanged(changes);
      failed(step, 'token-exchange-refused', /HTTP 400\n.*does not take the job's token[\s\S]*issuerId/);
      assert.doesNotMatch(step.stdout + step.summary, /unable to exchange/);
      assert.doesNotMatch(step.stdout, /issuerId=git/);
      assert.deepEqual(operationsOf(step), []);
    });
  }

  const page = `<!doctype html><p>${CANARY}</p>`;
  const jwt = { 'content-type': 'application/jwt' };
  for (const [what, [status, headers, body, reason]] of Object.entries({
    'a page': [200, { 'content-type': 'text/html' }, page, /HTTP 200: the content type is not application\/jwt/],
    'JSON with a token in it': [200, { 'content-type': 'application/json' }, `{"token":"e30.e30.${CANARY}"}`, /content type is not/],
    'a page that says it is a token': [200, jwt, page, /not a JSON Web Token by itself/],
    'a token in quotation marks': [200, jwt, `"e30.e30.${CANARY}"`, /not a JSON Web Token by itself/],
    'a token without a signature': [200, jwt, 'e30.e30.', /not a JSON Web Token by itself/],
    nothing: [200, jwt, '', /not a JSON Web Token by itself/],
    '2 MB': [200, jwt, `e30.e30.${CANARY.repeat(350_000)}`, /too large/],
    'a token longer than STS takes': [200, jwt, `e30.e30.${'A'.repeat(20_000)}`, /20,000/],
    'a redirect': [307, { location: `${cloud.url}/exchange?${CANARY}` }, CANARY, /HTTP 307\nThe exchange redirects/],
    'another redirect': [302, { location: EXCHANGE }, CANARY, /HTTP 302/],
    '201': [201, jwt, 'e30.e30.c2ln', /HTTP 201/],
    '403': [403, { 'content-type': 'application/json' }, `{"message":"${CANARY}"}`, /HTTP 403/],
    '404': [404, {}, page, /HTTP 404\nThere is no token exchange at this address/],
  })) {
    test(`that answers ${what} is refused at once`, async (t) => {
      const front = await answering(t, (_body, response) => response.writeHead(status, headers).end(body));
      const step = await exchanged({ inputs: { 'token-exchange-url': `${front.url}/exchange?issuerId=github` } });
      failed(step, 'token-exchange-refused', reason);
      assert.equal(front.seen.length, 1);
      assert.deepEqual(operationsOf(step), []);
    });
  }

  test('that repeats the token has nothing of it shown', async (t) => {
    const front = await answering(t, (body, response) => response.writeHead(400, { 'x-amzn-requestid': body.slice(-40) }).end(body));
    const step = await exchanged({ inputs: { 'token-exchange-url': front.url } });
    failed(step, 'token-exchange-refused');
    const [sent] = front.seen;
    // The first line of all masks it.
    const said = step.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::')).join('\n');
    for (const part of sent.body.split('.')) assert.ok(!(said + step.stderr + step.summary).includes(part.slice(-30)));
  });

  test('that returns the token of the job itself gets nothing from STS by it', async (t) => {
    const front = await answering(t, (body, response) => response.writeHead(200, jwt).end(body));
    failed(await exchanged({ inputs: { 'token-exchange-url': front.url } }), 'exchanged-token-refused', /its issuer is .*, its audience/);
  });

  test('cannot use what it is sent at Cognito or at STS', async (t) => {
    const front = await answering(t, (_body, response) => response.writeHead(400).end());
    await exchanged({ inputs: { 'token-exchange-url': front.url } });
    const [{ body: token, aud }] = front.seen;
    assert.equal(aud, front.url);
    const { getId, assumeRole } = jobClient(cloud);
    const cognito = await getId({ Logins: { [loginKey(cloud.issuer)]: token } });
    assert.deepEqual([cognito.status, cognito.json.message], [400, 'Invalid login token. Incorrect token audience.']);
    const sts = await assumeRole(token, 'replayed');
    assert.match(sts.text, /<Code>InvalidIdentityToken<.*\n.*Incorrect token audience/);
  });

  for (const [what, inputs, reason] of [
    ["Cognito's audience", { audience: 'cognito-identity.amazonaws.com' }, /wrong input: audience: `cognito-identity.amazonaws.com` is an audience of AWS: whoever/],
    ["STS's audience", { audience: 'sts.amazonaws.com' }, /wrong input: audience: `sts.amazonaws.com` is an audience of AWS/],
    ["STS's audience of China", { audience: 'https://sts.cn-north-1.amazonaws.com.cn/' }, /wrong input: audience: .* is an audience of AWS/],
    ['plain http to another machine', { 'token-exchange-url': 'http://jwtex.example.com/exchange' }, /wrong input: token-exchange-url: `\S+` must be https/],
    ['a user', { 'token-exchange-url': `https://me:${CANARY}@jwtex.example.com/` }, /wrong input: token-exchange-url: it must be a URL without user/],
    ['a fragment', { 'token-exchange-url': `https://jwtex.example.com/#${CANARY}` }, /wrong input: token-exchange-url: `\S+` must be a URL without/],
    ['the identity cognito', { identity: 'cognito', 'cognito-identity-pool-id': cloud.setup.poolId }, /wrong input: token-exchange-url: is only for `identity: web-identity`/],
    ['the identity environment', { identity: 'environment' }, /wrong input: token-exchange-url: is only for `identity: web-identity`/],
  ]) {
    test(`with ${what} is wrong input, and nothing is sent`, async () => {
      const step = await exchanged({ inputs, environment: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' } });
      failed(step, 'invalid-input', reason);
      assert.ok(!cloud.requests.some(({ operation, detail }) => operation === 'GitHubToken' && detail.audience?.includes('amazonaws')));
    });
  }
});

describe('STS refuses', TOGETHER, () => {
  test('an issuer that the account has no provider for, and the error names both', async (t) => {
    const on = await quiet(t);
    const { oidcProviders } = on.setup;
    delete oidcProviders[Object.keys(oidcProviders).find((arn) => oidcProviders[arn].Url === on.exchange.origin)];
    const reason = new RegExp(`No OpenIDConnect provider[\\s\\S]*OIDC provider for ${on.exchange.origin} whose client ids list \`${on.exchange.origin}\``);
    failed(await exchanged({ on }), 'exchanged-token-refused', reason);
  });

  test('a job of another event, whose tags the error lists', async () => {
    const step = await exchanged({ claims: { event_name: 'pull_request' } });
    failed(step, 'assume-role-denied', /principal is the OIDC provider of http[\s\S]*The session's tags:\n(.*\n)* {2}event_name: pull_request/);
    assert.doesNotMatch(step.log.join('\n'), /env-kvstore explain|pool/);
  });

  test('a transitive tag that the trust policy does not list', async () => {
    const step = await exchanged({ mapped: (claims) => withTags(claims, Object.keys(mapping(claims)[TAGS].principal_tags), ['sha']) });
    failed(step, 'assume-role-denied', /Allow `sts:TagSession` in the trust policy.*sts:TransitiveTagKeys/);
  });

  test('a token that the exchange has signed with a key that it does not publish', async (t) => {
    const on = await quiet(t);
    const token = on.mintGithubToken({ aud: on.exchange.origin, iss: on.exchange.origin });
    on.fail({ operation: 'TokenExchange', fault: { status: 200, headers: { 'content-type': 'application/jwt' }, body: token } });
    failed(await exchanged({ on }), 'exchanged-token-refused', /Token signature is invalid/);
  });

  test('a tag with a character that none can have, which the step finds before', async () => {
    const step = await exchanged({ mapped: (claims) => withTags(claims, ['actor', 'sha']), claims: { actor: 'dependabot[bot]' } });
    failed(step, 'claim-unusable', /session tag `actor` of the token exchange has the value `dependabot\[bot\]`/);
    assert.deepEqual(operationsOf(step), []);
  });
});

describe('a second role', TOGETHER, () => {
  const chained = (name, trust, policy = documents['role-policy']) => {
    const arn = `arn:aws:iam::${cloud.setup.accountId}:role/${name}`;
    cloud.setup.roles[arn] = role(trust, policy);
    return arn;
  };
  const reader = chained('exchange-reader', documents['exchange-chain-trust-policy']);

  test('inherits the transitive tags and reads by them, with the documented trust policy', async () => {
    const inputs = { 'chain-role-arn': reader, 'chain-session-tags': 'none' };
    succeeded(await exchanged({ inputs }), VALUE);
    const other = newRepository({ secrets: VALUE });
    failed(await exchanged({ inputs: { ...inputs, values: '', secrets: `TOKEN=${storesOf(other)}/secrets` } }), 'store-access-denied', /repository=octo-org/);
  });

  test('gets the other claims of the default as tags, and the inherited ones once', async () => {
    const anyTags = chained('exchange-any-tags', principalTrust(roleArn));
    const step = await exchanged({ inputs: { 'chain-role-arn': anyTags } });
    succeeded(step, VALUE);
    const [{ request }] = cloud.decisions.filter(({ request: { action, context } }) => action === 'sts:AssumeRole' && context['aws:RequestTag/run_id']?.[0] === step.runId);
    const requested = Object.keys(request.context).filter((key) => key.startsWith('aws:RequestTag/')).map((key) => key.split('/')[1]);
    assert.deepEqual(requested.sort(), ['actor_id', 'event_name', 'job_workflow_ref', 'ref', 'run_id', 'sha']);
  });

  test('with a claim that is inherited is an error that names it', async () => {
    const inputs = { 'chain-role-arn': reader, 'chain-session-tags': 'sha,repository' };
    failed(await exchanged({ inputs }), 'claim-unusable', /claim `repository` of the GitHub token is in `chain-session-tags`, but the first session passes on/);
  });

  test('without transitive tags has none of the first session', async () => {
    const anyTags = chained('exchange-no-tags', principalTrust(roleArn));
    const mapped = (claims) => withTags(claims, Object.keys(mapping(claims)[TAGS].principal_tags));
    const inputs = { 'chain-role-arn': anyTags, 'chain-session-tags': 'sha' };
    failed(await exchanged({ mapped, inputs }), 'store-access-denied', /has the tags sha=\w+\.|sha=/);
  });

  test('that does not trust the first one is told the tags that are inherited', async () => {
    const closed = chained('exchange-closed', principalTrust(addRole()));
    failed(await exchanged({ inputs: { 'chain-role-arn': closed } }), 'chain-role-denied', /From the first session it inherits .*repository=octo-org/);
  });
});

test('the command token writes the exchanged token, by which other programs assume the role', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-exchange-'));
  t.after(() => rm(folder, { recursive: true }));
  const to = path.join(folder, 'token');
  const repository = newRepository({ secrets: VALUE });
  const flags = ['--identity', 'web-identity', '--token-exchange-url', EXCHANGE, '--cognito-role-arn', roleArn, '--aws-region', 'us-west-2'];
  const issuer = ['--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', cloud.url];
  const environment = { ...cloud.jobEnvironment({ repository }), HOME: folder };
  const { exitCode, stdout, stderr } = await runCli(['token', ...flags, ...issuer, '--to', to], { environment });
  assert.equal(exitCode, 0, stderr);
  const token = await readFile(to, 'utf8');
  assert.equal(decode(token).iss, exchange.origin);
  const variables = Object.fromEntries(stdout.trim().split('\n').map((line) => line.split('=')));
  assert.deepEqual([variables.AWS_WEB_IDENTITY_TOKEN_FILE, variables.AWS_ROLE_ARN], [to, roleArn]);
  const { assumeRole, getSecretValue } = jobClient(cloud);
  const { status, text } = await assumeRole(token, variables.AWS_ROLE_SESSION_NAME, { RoleArn: roleArn });
  assert.equal(status, 200, text);
  assert.equal((await getSecretValue(credentialsIn(text), { SecretId: `${storesOf(repository)}/secrets` })).status, 200);
  const wrong = await runCli(['token', ...flags, ...issuer, '--audience', 'sts.amazonaws.com', '--to', to], { environment });
  assert.deepEqual([wrong.exitCode, /--audience: `sts.amazonaws.com` is an audience of AWS/.test(wrong.stderr)], [2, true], wrong.stderr);
});

/**
 * A job with an exchange in place of a pool.
 * @param {Parameters<typeof run>[0] & { mapped?: (claims: any) => any }} [job] `mapped` is what becomes of its claims
 */
function exchanged({ on = cloud, repository = newRepository({ secrets: VALUE }, on), mapped, inputs, environment, claims } = {}) {
  if (mapped) mappings.set(repository, mapped);
  return run({
    on,
    repository,
    claims: { environment: undefined, ...claims },
    inputs: {
      identity: 'web-identity',
      'token-exchange-url': `${on.exchange.origin}/exchange?issuerId=github`,
      'cognito-identity-pool-id': '',
      'cognito-role-arn': roleArn,
      values: ONE_SECRET,
      ...inputs,
    },
    environment: { ...REGION, ...environment },
  });
}

/** A cloud whose requests are one test's. */
async function quiet(t) {
  const on = await ownCloud(t);
  assert.equal(withTokenExchange(on.setup), roleArn);
  return on;
}

/** What was asked of AWS for a run, as far as its session's name says it. */
function operationsOf({ runId, log }) {
  const assumed = cloud.requests.filter(({ detail }) => detail.RoleSessionName?.startsWith(`${runId}@`)).map(({ operation }) => operation);
  const read = log.some((line) => line.startsWith('Read ')) ? ['GetSecretValue'] : [];
  return [...assumed, ...read];
}

/** Another exchange; `seen` are the requests, each with the audience of the token in it. */
async function answering(t, answer) {
  const seen = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    seen.push({ url: request.url, body, aud: decode(body).aud });
    await answer(body, response);
  });
  await listening(t, server);
  return { url: `http://127.0.0.1:${server.address().port}`, seen };
}

async function relay(url, token, response) {
  const answer = await fetch(url, { method: 'POST', body: token });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') }).end(await answer.text());
}
