// The committed bundle on networks as runners have them: TLS with the real host names and an authority of one's own,
// proxies, and servers that send a client elsewhere. Certificates are made for the run; no host outside is asked.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/network.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startCloud } from './cloud/cloud.mjs';
import { newSigningKey } from './cloud/jwt.mjs';
import { assertNothingExported, runStep } from './runner/step.mjs';
import { turn } from './runner/turns.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const TOGETHER = { concurrency: 8 };
/** A step that has not ended by then hangs; it is killed, and its test fails. */
const HANGS_AFTER_MS = 30_000;
const CANARY = 'canary';
const VALUE = `${CANARY}-value`;
const PASSWORD = `${CANARY}:p@ss/w%rd`;
const STORES = 'octo-enterprise/repo/octo-org/octo-repo';

const GITHUB = 'token.actions.githubusercontent.com';
/** Where a hosted runner's token requests go. */
const PIPELINES = 'pipelinesghubeus1.actions.githubusercontent.com';
const AWS = ['cognito-identity', 'secretsmanager', 'sts'].map((service) => `${service}.us-west-2.amazonaws.com`);
const FIPS = ['cognito-identity', 'secretsmanager', 'sts'].map((service) => `${service}-fips.us-west-2.amazonaws.com`);
/** Cognito and Secrets Manager answer on IPv6 under their ordinary names here. */
const DUAL_STACK = [...AWS.slice(0, 2), 'sts.us-west-2.api.aws'];
/** Reaches this machine, but is no loopback name by the rule of `@actions/http-client`, so a proxy is used for it. */
const ANY_ADDRESS = '0.0.0.0';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-network-'));
after(() => rm(folder, { recursive: true }));
const certificates = await makeCertificates();
const githubKey = await newSigningKey();
/** Serves GitHub and AWS under their real names, for those that a proxy leads to it. */
const cloud = await startTlsCloud(`https://${GITHUB}/octo-enterprise`);
after(() => cloud.close());
const idleClouds = [];
after(() => Promise.all(idleClouds.map((idle) => idle.close())));

describe('over TLS, by the real names of hosts', TOGETHER, () => {
  test('a job reads its values from the default endpoints, by an authority in NODE_EXTRA_CA_CERTS', async (t) => {
    const proxy = await startProxy(t);
    const step = await run({ proxy });
    succeeded(step);
    assert.deepEqual(proxy.hosts(), onPort443([...AWS, PIPELINES, GITHUB]));
  });

  test('AWS_CA_BUNDLE is as good, for every call', async (t) => {
    const step = await run({ proxy: await startProxy(t), environment: { ...noAuthority, ...bundle() } });
    succeeded(step);
  });

  test('AWS_CA_BUNDLE is as good for a token that is given', async (t) => {
    const inputs = { 'github-token': cloud.mintGithubToken() };
    const step = await run({ proxy: await startProxy(t), environment: { ...noAuthority, ...bundle() }, inputs });
    succeeded(step);
  });

  test('AWS_CA_BUNDLE does not switch NODE_EXTRA_CA_CERTS off', async (t) => {
    const environment = { AWS_CA_BUNDLE: certificates.otherAuthority };
    succeeded(await run({ proxy: await startProxy(t), environment }));
  });

  for (const [what, environment] of [
    ['no authority', {}],
    ['another authority', { AWS_CA_BUNDLE: () => certificates.otherAuthority }],
  ]) {
    for (const given of [true, false]) {
      test(`${what}: the certificate is not trusted, and tried once (${token(given)})`, async (t) => {
        const proxy = await startProxy(t);
        const inputs = given ? { 'github-token': cloud.mintGithubToken() } : {};
        const resolved = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value()]));
        const step = await run({ proxy, inputs, environment: { ...noAuthority, ...resolved } });
        failed(step, 'tls-not-trusted', /NODE_EXTRA_CA_CERTS/);
        assert.match(step.log.join('\n'), /UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT_LOCALLY)|SELF_SIGNED_CERT/);
        assert.equal(proxy.connections.length, proxy.hosts().length, JSON.stringify(proxy.connections));
      });
    }
  }

  test('a certificate for another host is not trusted', async (t) => {
    const step = await run({ proxy: await startProxy(t), inputs: { 'cognito-region': 'eu-central-1' } });
    failed(step, 'tls-not-trusted', /ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  test('AWS_USE_FIPS_ENDPOINT asks the FIPS hosts and no others', async (t) => {
    const proxy = await startProxy(t);
    succeeded(await run({ proxy, environment: { AWS_USE_FIPS_ENDPOINT: 'true' } }));
    assert.deepEqual(proxy.hosts(), onPort443([...FIPS, PIPELINES, GITHUB]));
  });

  test('AWS_USE_DUALSTACK_ENDPOINT asks the hosts that answer on IPv6', async (t) => {
    const proxy = await startProxy(t);
    succeeded(await run({ proxy, environment: { AWS_USE_DUALSTACK_ENDPOINT: 'true' } }));
    assert.deepEqual(proxy.hosts(), onPort443([...DUAL_STACK, PIPELINES, GITHUB]));
  });
});

describe('a proxy', TOGETHER, () => {
  test('gets the credentials of its URL, percent-encoded there, with every connection', async (t) => {
    const authorization = basic('us@er', PASSWORD);
    const proxy = await startProxy(t, { authorization });
    succeeded(await run({ proxy, credentials: credentials('us@er', PASSWORD) }));
    assert.deepEqual([...new Set(proxy.connections.map((connection) => connection.authorization))], [authorization]);
  });

  test('may itself be asked over TLS', async (t) => {
    const proxy = await startProxy(t, { tls: certificates.server });
    succeeded(await run({ proxy }));
  });

  for (const [status, hint] of [[407, /credentials.*HTTPS_PROXY/], [403, /NO_PROXY/]]) {
    for (const given of [true, false]) {
      test(`that answers ${status} is named (${token(given)})`, async (t) => {
        const proxy = await startProxy(t, { status });
        const inputs = given ? { 'github-token': cloud.mintGithubToken() } : {};
        const step = await run({ proxy, inputs, credentials: credentials('user', PASSWORD) });
        failed(step, 'proxy-refused', new RegExp(`HTTP ${status}`));
        assert.match(step.log.join('\n'), hint);
        assert.equal(proxy.connections.length, proxy.hosts().length, JSON.stringify(proxy.connections));
      });
    }
  }

  test('that is down is an error of the connection', async () => {
    const step = await run({ environment: { HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` } });
    failed(step, /^(service-unreachable|github-token-unavailable)$/, /ECONNREFUSED/);
  });

  test('that never answers does not hold the step for longer than timeout-seconds', async (t) => {
    const proxy = await startProxy(t, { silent: true });
    const step = await run({ proxy, inputs: { 'timeout-seconds': '2' } });
    failed(step, 'deadline-exceeded', /`timeout-seconds` \(2\) ran out/);
    assert.ok(step.seconds < 12, `it took ${step.seconds} s`);
  });

  test('that closes connections without a word is an error of the connection', async (t) => {
    const proxy = await startProxy(t, { hangsUp: true });
    const step = await run({ proxy, inputs: { 'github-token': cloud.mintGithubToken() } });
    failed(step, 'service-unreachable', /ECONNRESET/);
  });

  test('in https_proxy is taken before one in HTTPS_PROXY', notOnWindows(), async (t) => {
    const proxy = await startProxy(t);
    const HTTPS_PROXY = `http://127.0.0.1:${await closedPort()}`;
    succeeded(await run({ environment: { https_proxy: proxy.url, HTTPS_PROXY } }));
    assert.ok(proxy.connections.length > 0);
  });

  test('is not used for hosts in NO_PROXY', notOnWindows(), async (t) => {
    const cloud = await anyAddressCloud(t);
    const used = await startProxy(t, { port: cloud.port });
    succeeded(await run({ on: cloud, proxy: used }));
    assert.deepEqual(used.hosts(), [`${ANY_ADDRESS}:${cloud.port}`]);
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const unused = await startProxy(t, { port: cloud.port });
      succeeded(await run({ on: cloud, proxy: unused, environment: { [name]: `x.example, ${ANY_ADDRESS}` } }));
      assert.deepEqual(unused.hosts(), []);
    }
  });

  test('is not used for this machine', async (t) => {
    const cloud = await startTlsCloud();
    t.after(() => cloud.close());
    const proxy = await startProxy(t);
    succeeded(await run({ on: cloud, proxy }));
    assert.deepEqual(proxy.hosts(), []);
  });
});

describe('tinyproxy', { ...TOGETHER, skip: withoutTinyproxy() }, () => {
  test('leads a job to the default endpoints', async (t) => {
    const upstream = await startProxy(t);
    const proxy = await startTinyproxy(t, [`Upstream http 127.0.0.1:${upstream.port}`]);
    succeeded(await run({ proxy }));
    assert.deepEqual(upstream.hosts(), onPort443([...AWS, PIPELINES, GITHUB]));
  });

  test('lets in who has its credentials, and no one else', async (t) => {
    const cloud = await anyAddressCloud(t);
    const proxy = await startTinyproxy(t, ['BasicAuth user pass-word_1']);
    succeeded(await run({ on: cloud, proxy, credentials: 'user:%70ass-word%5F1@' }));
    for (const given of [true, false]) {
      const inputs = given ? { 'github-token': cloud.mintGithubToken() } : {};
      const step = await run({ on: cloud, proxy, inputs });
      failed(step, 'proxy-refused', /HTTP 407/);
    }
  });

  test('refuses ports that it is not to connect to', async (t) => {
    const cloud = await anyAddressCloud(t);
    const proxy = await startTinyproxy(t, ['ConnectPort 1']);
    const inputs = { 'github-token': cloud.mintGithubToken() };
    failed(await run({ on: cloud, proxy, inputs }), 'proxy-refused', /HTTP 403/);
  });
});

const STRUCK = ['GitHubToken', 'JWKS', 'GetId', 'AssumeRoleWithWebIdentity', 'GetSecretValue'];

describe('a redirect', TOGETHER, () => {
  for (const operation of STRUCK) {
    test(`of ${operation} is not followed: no token goes where a server sends it`, async (t) => {
      const visits = [];
      const elsewhere = createHttpsServer(certificates.server, ({ method, headers }, response) => {
        visits.push({ method, authorization: headers.authorization });
        response.end(JSON.stringify({ value: 'x' }));
      });
      await listening(t, elsewhere);
      // Another name of this machine: to a client it is another host.
      const redirect = `https://localhost:${elsewhere.address().port}/`;
      const cloud = await faultyCloud(t, { operation, fault: { redirect }, times: Infinity });
      const step = await run({ on: cloud, inputs: { 'timeout-seconds': '5' } });
      assert.deepEqual(visits, []);
      failed(step, operation === 'GitHubToken' ? 'github-token-unavailable' : 'answer-unusable');
    });
  }
});

const noAuthority = { NODE_EXTRA_CA_CERTS: undefined };

function bundle() {
  return { AWS_CA_BUNDLE: certificates.authority };
}

/**
 * Runs a job that deploys to production and wants one secret.
 * @param {object} job
 * @param {typeof cloud} [job.on]
 * @param {{ url: string }} [job.proxy]
 * @param {string} [job.credentials] for the proxy, as in its URL
 */
async function run({ on = cloud, proxy, credentials = '', inputs = {}, environment = {} }) {
  const real = on === cloud;
  const issuer = on.issuer.replace(/\/octo-enterprise$/, '');
  const release = await turn();
  const started = performance.now();
  try {
    const job = on.jobEnvironment();
    const step = await runStep({
      node: NODE,
      onStart(child) {
        const timer = setTimeout(() => child.kill('SIGKILL'), HANGS_AFTER_MS);
        child.on('close', () => clearTimeout(timer));
      },
      inputs: {
        'cognito-identity-pool-id': on.setup.poolId,
        'cognito-role-arn': on.setup.roleArn,
        'github-enterprise-name': 'octo-enterprise',
        ...(!real && { 'oidc-issuer': issuer }),
        values: 'TOKEN,secret',
        ...inputs,
      },
      environment: {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${real ? `https://${PIPELINES}` : issuer}/_apis/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: job.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
        AWS_ENDPOINT_URL: real ? undefined : issuer,
        NODE_EXTRA_CA_CERTS: certificates.authority,
        // Node warns that the address which stands for a host is no name for a certificate.
        NODE_NO_WARNINGS: issuer.includes(ANY_ADDRESS) ? '1' : undefined,
        HTTPS_PROXY: proxy?.url.replace('//', `//${credentials}`),
        ...environment,
      },
    });
    assert.equal(step.stderr, '');
    const lines = step.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    const said = [...lines, step.summary].join('\n');
    assert.doesNotMatch(said, new RegExp(`${CANARY}|eyJ[\\w-]{10}|request-token-|ASIA[A-Z2-7]{12}`));
    return { ...step, seconds: (performance.now() - started) / 1000 };
  } finally {
    release();
  }
}

function succeeded(step) {
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  assert.deepEqual(step.env, { TOKEN: VALUE });
}

function failed(step, code, reason = /./) {
  const log = step.log.join('\n');
  assert.equal(step.exitCode, 1, log);
  const codes = [...log.matchAll(/^Error: ([\w-]+): /gm)].map(([, found]) => found);
  assert.equal(codes.length, 1, log);
  if (code instanceof RegExp) assert.match(codes[0], code);
  else assert.equal(codes[0], code, log);
  assert.match(log, reason);
  assertNothingExported(step, codes[0]);
}

/** @param {string} [issuer] where it is not the cloud's own address */
async function startTlsCloud(issuer) {
  const configure = (setup) => {
    if (issuer) setup.oidcProviders[setup.providerArn].Url = issuer;
  };
  return withStore(await startCloud({ tls: certificates.server, githubKey, configure }));
}

/** A cloud at an address for which a proxy is used. */
async function anyAddressCloud(t) {
  const configure = (setup) => {
    const provider = setup.oidcProviders[setup.providerArn];
    provider.Url = provider.Url.replace('127.0.0.1', ANY_ADDRESS);
  };
  const started = withStore(await startCloud({ tls: certificates.server, githubKey, configure }));
  t.after(() => started.close());
  return started;
}

/** One that no other test uses at the same time. */
async function faultyCloud(t, rule) {
  const faulty = idleClouds.pop() ?? (await startTlsCloud());
  t.after(() => {
    faulty.clearFaults();
    faulty.requests.length = 0;
    idleClouds.push(faulty);
  });
  faulty.fail(rule);
  return faulty;
}

function withStore(started) {
  started.putSecret(`${STORES}/secrets`, { TOKEN: VALUE });
  return started;
}

/**
 * A proxy that leads every host to the cloud, as DNS would.
 * @param {object} [options]
 * @param {number} [options.port] of the cloud
 * @param {string} [options.authorization] that it wants
 * @param {number} [options.status] answers this to all
 * @param {true} [options.silent] answers nothing
 * @param {true} [options.hangsUp]
 * @param {{ key: string, cert: string }} [options.tls]
 */
async function startProxy(t, { port = cloud.port, authorization, status, silent, hangsUp, tls } = {}) {
  const connections = [];
  const server = tls ? createHttpsServer(tls) : createHttpServer();
  server.on('connect', (request, socket) => {
    connections.push({ host: request.url, authorization: request.headers['proxy-authorization'] });
    socket.on('error', () => {});
    if (silent) return;
    if (hangsUp) return void socket.destroy();
    const refusal = status ?? (authorization !== request.headers['proxy-authorization'] ? 407 : undefined);
    if (refusal) {
      socket.end(`HTTP/1.1 ${refusal} No\r\nproxy-authenticate: Basic realm="x"\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = net.connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  await listening(t, server);
  const { port: own } = server.address();
  const hosts = () => [...new Set(connections.map(({ host }) => host))].sort();
  return { url: tls ? `https://localhost:${own}` : `http://127.0.0.1:${own}`, port: own, connections, hosts };
}

/** A proxy that nobody here wrote. https://tinyproxy.github.io */
async function startTinyproxy(t, settings) {
  const port = await closedPort();
  const file = path.join(folder, `tinyproxy-${port}.conf`);
  const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 60', 'MaxClients 50', 'LogLevel Warning', ...settings];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child = spawn('tinyproxy', ['-d', '-c', file], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  t.after(() => {
    child.kill();
    return ended;
  });
  for (let tries = 0; !(await accepts(port)); tries += 1) {
    assert.ok(tries < 200 && child.exitCode === null, `tinyproxy does not start with ${lines.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { url: `http://127.0.0.1:${port}` };
}

function withoutTinyproxy() {
  if (process.platform === 'win32') return 'tinyproxy is not made for Windows';
  return spawnSync('tinyproxy', ['-v']).error ? 'tinyproxy is missing: apt-get install -y tinyproxy' : false;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function closedPort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(t, server) {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
}

/** An authority, its certificate for the hosts of GitHub, AWS and this machine, and an authority that made nothing. */
async function makeCertificates() {
  const hosts = [GITHUB, '*.actions.githubusercontent.com', ...AWS, ...FIPS, ...DUAL_STACK, 'localhost'];
  const names = [...hosts.map((host) => `DNS:${host}`), 'IP:127.0.0.1', `IP:${ANY_ADDRESS}`];
  const file = (name) => path.join(folder, name);
  const keyOptions = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = (name) =>
    openssl('req', '-x509', ...keyOptions, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), '-days', '2',
      '-subj', `/CN=env-kvstore test ${name}`, '-addext', 'keyUsage=critical,keyCertSign');
  await Promise.all([
    authority('authority'),
    authority('other'),
    openssl('req', ...keyOptions, '-keyout', file('server.key'), '-out', file('server.csr'), '-subj', '/CN=server'),
    writeFile(file('names'), `subjectAltName=${names.join(',')}\n`),
  ]);
  const signedBy = ['-CA', file('authority.pem'), '-CAkey', file('authority.key'), '-CAcreateserial'];
  await openssl('x509', '-req', '-in', file('server.csr'), ...signedBy, '-out', file('server.pem'),
    '-days', '2', '-extfile', file('names'));
  return {
    authority: file('authority.pem'),
    otherAuthority: file('other.pem'),
    server: {
      key: await readFile(file('server.key'), 'utf8'),
      cert: await readFile(file('server.pem'), 'utf8'),
    },
  };
}

async function openssl(...options) {
  try {
    await promisify(execFile)('openssl', options);
  } catch (error) {
    throw error.code === 'ENOENT' ? new Error('openssl is missing: apt-get install -y openssl') : error;
  }
}

function token(given) {
  return given ? 'a token that is given' : 'a token that is requested';
}

function onPort443(hosts) {
  return hosts.map((host) => `${host}:443`).sort();
}

function basic(user, password) {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function credentials(user, password) {
  return `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
}

function notOnWindows() {
  return { skip: process.platform === 'win32' && 'Windows has neither two cases of a variable nor 0.0.0.0' };
}
