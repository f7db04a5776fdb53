// What a step does where Vault is more than one server in good health: redirects, nodes that are behind or slow, leases.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { assertNothingExported } from '../runner/step.mjs';
import { CANARY, run } from './jobs.mjs';
import { TOKEN, startStandIn } from './stand-in.mjs';

const ENTRY = 'kv/ci token | TOKEN';

async function standIn(answer) {
  const server = await startStandIn(answer);
  after(() => server.close());
  return server;
}

/** A standby node that sends every request on. */
function standbyOf(location) {
  return standIn(({ path }) => ({ status: 307, headers: { location: `${location}${path}` } }));
}

function succeeded(step) {
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  assert.deepEqual(step.env, { TOKEN: `${CANARY}-token` });
}

function failed(step, code, reason) {
  const log = step.log.join('\n');
  assert.equal(step.exitCode, 1, log);
  assert.match(log, new RegExp(`^Error: ${code}: `, 'm'));
  assert.match(log, reason);
  assertNothingExported(step, code);
}

const linesOf = ({ asked }) => asked.map(({ method, path }) => `${method} ${path}`);

describe('a standby node', { concurrency: 4 }, () => {
  test('is followed to a listed node with method, body and token, and asked no more', async () => {
    const active = await standIn();
    const standby = await standbyOf(active.url);
    succeeded(await run({ inputs: { 'vault-url': `${standby.url}, ${active.url}`, 'vault-secrets': ENTRY } }));
    assert.deepEqual(linesOf(standby), ['POST /v1/auth/jwt/login']);
    assert.deepEqual(linesOf(active), ['POST /v1/auth/jwt/login', 'GET /v1/kv/ci', 'POST /v1/auth/token/revoke-self']);
    assert.equal(active.asked[0].body, standby.asked[0].body);
    assert.equal(JSON.parse(active.asked[0].body).role, 'deploy');
    assert.deepEqual(active.asked.map(({ headers }) => headers['x-vault-token']), [undefined, TOKEN, TOKEN]);
  });

  test('that leads to a host which is not listed is refused, and nothing is sent there', async () => {
    const elsewhere = await standIn();
    const standby = await standbyOf(elsewhere.url);
    const step = await run({ inputs: { 'vault-url': standby.url, 'vault-secrets': ENTRY } });
    failed(step, 'vault-redirect-refused', /not an address of `vault-url`/);
    assert.deepEqual([elsewhere.asked, elsewhere.connections()], [[], 0]);
  });

  test('that leads to a listed host by another scheme is refused', async () => {
    const active = await standIn();
    const standby = await standbyOf(active.url.replace('http:', 'https:'));
    const step = await run({ inputs: { 'vault-url': `${standby.url} ${active.url}`, 'vault-secrets': ENTRY } });
    failed(step, 'vault-redirect-refused', /vault-redirect-refused/);
    assert.equal(active.connections(), 0);
  });

  test('that leads in a circle is left', async () => {
    const standby = await standbyOf('');
    failed(await run({ inputs: { 'vault-url': standby.url, 'vault-secrets': ENTRY } }), 'vault-redirect-refused', /more than 3 times/);
    assert.equal(standby.asked.length, 4);
  });
});

test('a node that is behind is asked again', async () => {
  const server = await standIn(({ path }, earlier) => {
    const isFirst = !earlier.some((other) => other.path === path);
    return path === '/v1/kv/ci' && isFirst ? { status: 412, body: { errors: ['required index state not present'] } } : undefined;
  });
  succeeded(await run({ inputs: { 'vault-url': server.url, 'vault-secrets': ENTRY } }));
  assert.equal(linesOf(server).filter((line) => line === 'GET /v1/kv/ci').length, 2);
});

test('a node that answers late ends the step in its time', async () => {
  const server = await standIn(({ path }) => (path === '/v1/kv/ci' ? { status: 200, body: {}, afterMs: 20_000 } : undefined));
  const step = await run({ inputs: { 'vault-url': server.url, 'vault-secrets': ENTRY, 'timeout-seconds': '2' } });
  failed(step, 'deadline-exceeded', /`timeout-seconds` \(2\)/);
});

test('reads go side by side over connections that were opened early, each path once', async () => {
  let most = 0;
  let reading = 0;
  const server = await standIn(({ path }) => {
    if (!path.startsWith('/v1/kv/')) return undefined;
    reading += 1;
    most = Math.max(most, reading);
    setTimeout(() => (reading -= 1), 150);
    return { status: 200, body: { data: { token: `${CANARY}-token` } }, afterMs: 150 };
  });
  const entries = Array.from({ length: 12 }, (_, index) => `kv/s${index} token | A${index} ; kv/s${index} token | B${index} ;`).join('\n');
  const step = await run({ inputs: { 'vault-url': server.url, 'vault-secrets': entries } });
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  assert.equal(Object.keys(step.env).length, 24);
  assert.equal(linesOf(server).filter((line) => line.startsWith('GET')).length, 12);
  assert.equal(most, 8);
});

test('a token that leases depend on is not revoked', async () => {
  const server = await standIn(({ path }) => {
    const data = { username: `${CANARY}-user`, password: `${CANARY}-token` };
    return path === '/v1/database/creds/ci' ? { status: 200, body: { lease_id: 'database/creds/ci/x1', data } } : undefined;
  });
  const step = await run({ inputs: { 'vault-url': server.url, 'vault-secrets': 'database/creds/ci password | TOKEN' } });
  succeeded(step);
  assert.match(step.log.join('\n'), /The Vault token was not revoked: the secrets of database\/creds\/ci would end with it/);
  assert.ok(!linesOf(server).some((line) => line.includes('revoke')));
});
