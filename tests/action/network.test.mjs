// The committed bundle on networks as runners have them: TLS with the real host names and an authority of one's own,
// connections that are opened before they are needed, proxies, and servers that send a client elsewhere. Certificates are
// made for the run; no host outside is asked.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/network.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import net from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCloud } from '../cloud/cloud.mjs';
import { newSigningKey } from '../cloud/jwt.mjs';
import { closeLater, listening, startProxy as startProxyTo } from '../cloud/proxy.mjs';
import { ANY_ADDRESS, AWS, DUAL_STACK, FIPS, GITHUB, makeCertificates, PIPELINES } from '../cloud/real-hosts.mjs';
import { closedPort, startTinyproxy, withoutTinyproxy } from '../cloud/tinyproxy.mjs';
import { assertNothingExported, assertNothingLeaked, MAIN, runStep } from '../runner/step.mjs';
import { turn } from '../runner/turns.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const TOGETHER = { concurrency: 8 };
/** What a test makes an answer, or the compiler, wait for: long enough for all that need not wait, on a busy machine too. */
const DELAY_MS = 1000;
/** A step that has not ended by then hangs; it is killed, and its test fails. */
const HANGS_AFTER_MS = 30_000;
const CANARY = 'canary';
const VALUE = `${CANARY}-value`;
const PASSWORD = `${CANARY}:p@ss/w%rd`;
const STORES = 'octo-enterprise/repo/octo-org/octo-repo';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-network-'));
after(() => rm(folder, { recursive: true }));
const certificates = await makeCertificates(folder);
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
        triedOnce(proxy);
      });
    }
  }

  for (const [what, prepare] of [
    ['of AWS and GitHub, through a proxy', async (t) => ({ proxy: await startProxy(t) })],
    ['of AWS and GitHub, directly', async (t) => ({ on: await ownTlsCloud(t) })],
    ['of a proxy', async (t) => ({ proxy: await startProxy(t, { tls: certificates.server }) })],
  ]) {
    for (const given of [true, false]) {
      test(`NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch the check of a certificate off: ${what} (${token(given)})`, async (t) => {
        const job = await prepare(t);
        const inputs = given ? { 'github-token': (job.on ?? cloud).mintGithubToken() } : {};
        // Node warns whenever it is set.
        const unchecked = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };
        const step = await run({ ...job, inputs, environment: { ...noAuthority, ...unchecked } });
        failed(step, 'tls-not-trusted');
        assert.deepEqual((job.on ?? { requests: [] }).requests, []);
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

describe('connections', TOGETHER, () => {
  test('are opened for the token, then for the issuer, while the core is not even compiled', async (t) => {
    const { cloud, connections, environment } = await startFronts(t);
    succeeded(await run({ on: cloud, environment: { ...environment, ...compilesSlowly(DELAY_MS) } }));
    const [token, issuer, ...others] = connections;
    assert.deepEqual([token.service, issuer.service], ['token', 'issuer']);
    const requests = cloud.requests.map(({ at }) => at);
    assert.ok(Math.min(...requests) - issuer.at > DELAY_MS - 100, `${requests[0] - issuer.at} ms`);
    assert.ok(others.every(({ at }) => at - issuer.at > DELAY_MS - 100), 'where AWS is, the core knows');
  });

  test('to AWS, and the request for the keys, do not wait for the token', async (t) => {
    const { cloud, connections, environment } = await startFronts(t);
    cloud.fail({ operation: 'GitHubToken', fault: { delayMs: DELAY_MS } });
    succeeded(await run({ on: cloud, environment }));
    const { at, answeredAt } = the('GitHubToken', cloud);
    assert.ok(answeredAt - at > DELAY_MS - 10);
    const early = connections.filter((connection) => connection.at < answeredAt - 100);
    assert.deepEqual(servicesOf(early), ['cognito', 'issuer', 'secretsManager', 'sts', 'token']);
    const keys = the('JWKS', cloud);
    assert.ok(keys.answeredAt < answeredAt - 100, 'the keys have come before the token');
    // What has been answered before the token is all that has been asked.
    const before = cloud.requests.filter((request) => request.at < answeredAt - 5).map(({ operation }) => operation);
    assert.deepEqual(before.sort(), ['GitHubToken', 'JWKS']);
  });

  test('are made, and the first requests have left, before anything is computed that holds them up', async (t) => {
    let passedOnAt;
    const fronts = await startFronts(t, {
      held: {
        // The issuer's handshake goes on when the other request has arrived.
        async issuer() {
          while (!fronts.cloud.requests.some(({ operation }) => operation === 'GitHubToken')) await sleep(10);
          await sleep(200);
          passedOnAt = Date.now();
        },
      },
    });
    // Until then the token is not answered, and nothing else could be computed.
    fronts.cloud.fail({ operation: 'GitHubToken', fault: { delayMs: DELAY_MS } });
    const file = path.join(folder, 'all-sent');
    succeeded(await run({ on: fronts.cloud, environment: { ...fronts.environment, ...notesWhenAllIsSent(file) } }));
    const allSentAt = Number(await readFile(file, 'utf8'));
    assert.ok(allSentAt >= passedOnAt, `${passedOnAt - allSentAt} ms too early`);
    assert.ok(allSentAt < the('GitHubToken', fronts.cloud).answeredAt, 'while the answers are waited for');
  });

  test('for four stores stand open before the session has credentials, and no others are opened', async (t) => {
    const { cloud, connections, environment } = await startFronts(t);
    cloud.fail({ operation: 'AssumeRoleWithWebIdentity', fault: { delayMs: DELAY_MS } });
    const step = await run({ on: cloud, environment, inputs: FOUR_STORES.inputs });
    succeeded(step, FOUR_STORES.expected);
    const { answeredAt } = the('AssumeRoleWithWebIdentity', cloud);
    const open = connections.filter(({ service, at }) => service === 'secretsManager' && at < answeredAt - 100);
    const used = cloud.requests.filter(({ operation }) => operation === 'GetSecretValue').map(({ port }) => port);
    assert.deepEqual(open.map(({ port }) => port).sort(), used.sort());
    assert.equal(new Set(used).size, 4);
    const all = ['cognito', 'issuer', ...Array(4).fill('secretsManager'), 'sts', 'token'];
    assert.deepEqual(servicesOf(connections), all);
  });

  test('to one service are opened by the TLS session of the first of them', async (t) => {
    const { cloud, environment } = await startFronts(t);
    cloud.fail({ operation: 'GitHubToken', fault: { delayMs: DELAY_MS } });
    succeeded(await run({ on: cloud, environment, inputs: FOUR_STORES.inputs }), FOUR_STORES.expected);
    const stores = cloud.requests.filter(({ operation }) => operation === 'GetSecretValue');
    assert.deepEqual(stores.map(({ resumed }) => resumed).sort(), [false, true, true, true]);
  });

  for (const [what, closing] of Object.entries({
    'resets at once': { afterMs: 0, reset: true },
    'ends at once': { afterMs: 0 },
    'resets when they are idle': { afterMs: 120, reset: true },
    'ends when they are idle': { afterMs: 120 },
  })) {
    test(`that a server ${what} are replaced without a word`, async (t) => {
      const { cloud, connections, environment } = await startFronts(t, { closing });
      const step = await runSlowly(cloud, { environment });
      succeededSilently(step);
      eachRequestOnce(cloud);
      // Each first connection was closed, and another taken in its place.
      const all = ['token', 'issuer', 'cognito', 'sts'].flatMap((service) => [service, service]);
      const stores = servicesOf(connections).filter((service) => service === 'secretsManager').length;
      assert.ok(stores === 5 || stores === 8, `${stores} connections for four stores`);
      assert.deepEqual(servicesOf(connections).filter((service) => service !== 'secretsManager'), all.sort());
    });

    test(`that a server ${what} are replaced without a word behind a proxy, too`, async (t) => {
      const cloud = await realNamesCloud(t);
      const proxy = await startProxy(t, { port: cloud.port, closing });
      const step = await runSlowly(cloud, { proxy });
      succeededSilently(step);
      eachRequestOnce(cloud);
      for (const host of proxy.hosts()) assert.ok(proxy.to(host).length >= 2, `${host} has closed no connection`);
    });
  }

  test('through a proxy are as many, in the same order and as early', async (t) => {
    const cloud = await realNamesCloud(t);
    cloud.fail({ operation: 'GitHubToken', fault: { delayMs: DELAY_MS } });
    cloud.fail({ operation: 'AssumeRoleWithWebIdentity', fault: { delayMs: DELAY_MS } });
    const proxy = await startProxy(t, { port: cloud.port });
    const step = await run({ on: cloud, proxy, inputs: FOUR_STORES.inputs });
    succeeded(step, FOUR_STORES.expected);
    assert.deepEqual(proxy.connections.slice(0, 2).map(({ host }) => host), [`${PIPELINES}:443`, `${GITHUB}:443`]);
    const [token, session] = ['GitHubToken', 'AssumeRoleWithWebIdentity'].map((operation) => the(operation, cloud));
    for (const host of AWS) assert.ok(proxy.to(`${host}:443`)[0].at < token.answeredAt - 100, host);
    const toStores = proxy.to(`${AWS[1]}:443`);
    assert.equal(toStores.length, 4);
    assert.ok(toStores.every(({ at }) => at < session.answeredAt - 100));
    const used = cloud.requests.filter(({ operation }) => operation === 'GetSecretValue').map(({ port }) => port);
    assert.equal(new Set(used).size, 4);
    assert.equal(proxy.connections.length, 8, JSON.stringify(proxy.connections));
  });

  for (const [what, inputs] of Object.entries({
    'a wrong input': { 'aws-region': 'Oregon' },
    'a wrong line of secrets': { secrets: 'A=two words' },
    'a line of values twice': { values: 'A,secret\nA,secret' },
  })) {
    test(`stay idle for ${what}: two are open at most, and nothing is asked`, async (t) => {
      const { cloud, connections, environment } = await startFronts(t);
      const step = await run({ on: cloud, environment: { ...environment, ...compilesSlowly(DELAY_MS) }, inputs });
      failed(step, 'invalid-input');
      assert.deepEqual(servicesOf(connections), ['issuer', 'token']);
      assert.deepEqual(cloud.requests, []);
    });
  }
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

  test('that is asked over TLS is trusted by AWS_CA_BUNDLE alone, as the hosts behind it', async (t) => {
    const proxy = await startProxy(t, { tls: certificates.server });
    succeeded(await run({ proxy, environment: { ...noAuthority, ...bundle() } }));
    const before = proxy.connections.length;
    const step = await run({ proxy, environment: { ...noAuthority, AWS_CA_BUNDLE: certificates.otherAuthority } });
    failed(step, 'tls-not-trusted', /`AWS_CA_BUNDLE` to the proxy's CA/);
    assert.equal(proxy.connections.length, before, 'nobody is asked for a tunnel whose certificate is not trusted');
  });

  for (const [status, hint] of [[407, /credentials.*HTTPS_PROXY/], [401, /credentials.*HTTPS_PROXY/], [403, /NO_PROXY/]]) {
    for (const given of [true, false]) {
      test(`that answers ${status} is named (${token(given)})`, async (t) => {
        const proxy = await startProxy(t, { status });
        const inputs = given ? { 'github-token': cloud.mintGithubToken() } : {};
        const step = await run({ proxy, inputs, credentials: credentials('user', PASSWORD) });
        failed(step, 'proxy-refused', new RegExp(`HTTP ${status}`));
        assert.match(step.log.join('\n'), hint);
        triedOnce(proxy);
      });
    }
  }

  test('that is down is an error of the connection', async () => {
    const step = await run({ environment: { HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` } });
    failed(step, /^(service-unreachable|github-token-unavailable)$/, /ECONNREFUSED/);
  });

  test('that cannot be used is an error that does not repeat its password, and nothing is sent round it', async (t) => {
    const direct = await anyAddressCloud(t);
    for (const [url, problem] of [
      [`user:${CANARY}@127.0.0.1:80800`, /HTTPS_PROXY: is not the URL of a proxy/],
      [`1user:${CANARY}@127.0.0.1:80800`, /HTTPS_PROXY: is not the URL of a proxy/],
      [`http://user:${CANARY}%@127.0.0.1:8080`, /HTTPS_PROXY: has a user or password with a `%`/],
      [`socks5://user:${CANARY}@127.0.0.1:1080`, /HTTPS_PROXY: names a SOCKS proxy/],
    ]) {
      const step = await run({ on: direct, environment: { HTTPS_PROXY: url } });
      failed(step, 'invalid-input', problem);
      assert.deepEqual(direct.requests, []);
      assert.ok(!`${step.log.join('\n')}${step.stderr}`.includes(CANARY), step.log.join('\n'));
    }
  });

  test('is all that hpagent.js is loaded for', async (t) => {
    const file = path.join(folder, 'loaded.cjs');
    const report = path.join(folder, 'loaded.json');
    await writeFile(
      file,
      `process.on('exit', () => {
        const loaded = [...Object.keys(require.cache), ...process.moduleLoadList.map((name) => name.replace(/^NativeModule /, ''))];
        require('node:fs').writeFileSync(${JSON.stringify(report)}, JSON.stringify(loaded));
      });`,
    );
    const environment = { NODE_OPTIONS: `--require=${JSON.stringify(file)}` };
    const loaded = async () => JSON.parse(await readFile(report, 'utf8'));
    const nowhere = await startTlsCloud();
    t.after(() => nowhere.close());
    succeeded(await run({ on: nowhere, environment }));
    const without = await loaded();
    assert.deepEqual(without.filter((name) => path.dirname(name) === path.dirname(MAIN)), [MAIN]);
    // What a run needs none of, and Node takes milliseconds to load.
    assert.deepEqual(without.filter((name) => /^(child_process|internal\/deps\/undici\/undici|perf_hooks)$/.test(name)), []);
    succeeded(await run({ proxy: await startProxy(t), environment }));
    assert.ok((await loaded()).includes(path.join(path.dirname(MAIN), 'hpagent.js')));
  });

  test('that never answers does not hold the step for longer than timeout-seconds', async (t) => {
    const proxy = await startProxy(t, { silent: true });
    const step = await run({ proxy, inputs: { 'timeout-seconds': '2' } });
    failed(step, 'deadline-exceeded', /reached its time limit, `timeout-seconds` \(2\)/);
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

  test('in ALL_PROXY is taken where there is no HTTPS_PROXY', async (t) => {
    const [proxy, other] = [await startProxy(t), await startProxy(t)];
    succeeded(await run({ environment: { ALL_PROXY: other.url, HTTPS_PROXY: proxy.url } }));
    assert.deepEqual(other.hosts(), []);
    succeeded(await run({ environment: { ALL_PROXY: other.url, HTTPS_PROXY: '' } }));
    assert.deepEqual(other.hosts(), onPort443([...AWS, PIPELINES, GITHUB]));
  });

  test('may be at an IPv6 address', { skip: withoutIpv6() }, async (t) => {
    const proxy = await startProxy(t);
    const front = net.createServer((socket) => {
      const upstream = net.connect(proxy.port, '127.0.0.1');
      socket.on('error', () => {}).on('close', () => upstream.destroy());
      upstream.on('error', () => {}).on('close', () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise((resolve) => front.listen(0, '::1', resolve));
    t.after(() => front.close());
    succeeded(await run({ environment: { HTTPS_PROXY: `http://[::1]:${front.address().port}` } }));
    assert.deepEqual(proxy.hosts(), onPort443([...AWS, PIPELINES, GITHUB]));
  });

  test('is not used for hosts in NO_PROXY', notOnWindows(), async (t) => {
    const cloud = await anyAddressCloud(t);
    const used = await startProxy(t, { port: cloud.port });
    succeeded(await run({ on: cloud, proxy: used }));
    assert.deepEqual(used.hosts(), [`${ANY_ADDRESS}:${cloud.port}`]);
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const unused = await startProxy(t, { port: cloud.port });
      for (const list of [`x.example, ${ANY_ADDRESS}`, `x.example ${ANY_ADDRESS}/31`, '*']) {
        succeeded(await run({ on: cloud, proxy: unused, environment: { [name]: list } }));
        assert.deepEqual(unused.hosts(), [], list);
      }
    }
    const named = await startProxy(t);
    succeeded(await run({ proxy: named, environment: { NO_PROXY: '*.example, amazonaws.com:8443, 0.0.1' } }));
    assert.deepEqual(named.hosts(), onPort443([...AWS, PIPELINES, GITHUB]));
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

describe('ACTIONS_ID_TOKEN_REQUEST_URL', TOGETHER, () => {
  test('that leads elsewhere by plain http gets no token of the runner', notOnWindows(), async (t) => {
    const visits = [];
    const server = createHttpServer((request, response) => {
      visits.push(request.headers);
      response.end(JSON.stringify({ value: 'x' }));
    });
    await listening(t, server);
    const { port } = server.address();
    for (const url of [`http://${ANY_ADDRESS}:${port}/?a=b`, 'ftp://127.0.0.1/', `http://127.0.0.1.nip.example:${port}/`, 'no url']) {
      const step = await run({ proxy: await startProxy(t), environment: { ACTIONS_ID_TOKEN_REQUEST_URL: url } });
      failed(step, 'invalid-input', /ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL/);
      assert.deepEqual(visits, [], url);
    }
  });

  test('does not matter to a job whose token is given', async (t) => {
    const inputs = { 'github-token': cloud.mintGithubToken() };
    const environment = { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://192.0.2.1/' };
    succeeded(await run({ proxy: await startProxy(t), inputs, environment }));
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

const FOUR_STORES = {
  inputs: { values: 'TOKEN,secret\nLEVEL,variable' },
  expected: { TOKEN: VALUE, LEVEL: 'debug' },
};

/** The core waits for so long before it is compiled. */
function compilesSlowly(delayMs) {
  const late = `const i=WebAssembly.instantiate;WebAssembly.instantiate=async(...a)=>{await new Promise(r=>setTimeout(r,${delayMs}));return i(...a)}`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(late)}` };
}

/** Writes down when the core, which then goes on with what takes long, is told that all its requests have left. */
function notesWhenAllIsSent(file) {
  const noting =
    `import{writeFileSync}from'node:fs';const i=WebAssembly.instantiate;WebAssembly.instantiate=(bytes,{'./env_kvstore_bg.js':glue})=>{` +
    `const[name,allSent]=Object.entries(glue).find(([name])=>name.startsWith('__wbg_allSent_'));` +
    `return i(bytes,{'./env_kvstore_bg.js':{...glue,[name]:host=>allSent(host).then(()=>{writeFileSync(${JSON.stringify(file)},String(Date.now()))})}})}`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(noting)}` };
}

/** Four stores, and between any two steps more time than `closing` needs. What is lost is not tried again. */
function runSlowly(cloud, { proxy, environment }) {
  for (const operation of ['GitHubToken', 'AssumeRoleWithWebIdentity']) {
    cloud.fail({ operation, fault: { delayMs: DELAY_MS } });
  }
  const once = { AWS_MAX_ATTEMPTS: '1', ...compilesSlowly(DELAY_MS) };
  return run({ on: cloud, proxy, environment: { ...environment, ...once }, inputs: FOUR_STORES.inputs });
}

function succeededSilently(step) {
  succeeded(step, FOUR_STORES.expected);
  const commands = step.commands.map(({ command }) => command);
  const said = commands.filter((command) => !['add-mask', 'group', 'endgroup', 'debug'].includes(command));
  assert.deepEqual(said, []);
}

/** No request was lost with a connection. */
function eachRequestOnce(cloud) {
  const operations = cloud.requests.map(({ operation }) => operation).sort();
  const expected = ['AssumeRoleWithWebIdentity', 'GetId', 'GetOpenIdToken', ...Array(4).fill('GetSecretValue')];
  assert.deepEqual(operations, [...expected, 'GitHubToken', 'JWKS']);
}

/** The one request of its kind. */
function the(operation, cloud) {
  const requests = cloud.requests.filter((request) => request.operation === operation);
  assert.equal(requests.length, 1, `${requests.length} requests ${operation}`);
  return requests[0];
}

function servicesOf(connections) {
  return connections.map(({ service }) => service).sort();
}

/** A host to which a request goes sees its connection, and before it the one that was opened early if that has failed. */
function triedOnce(proxy) {
  for (const host of proxy.hosts()) {
    const most = host.endsWith('.amazonaws.com:443') ? 1 : 2;
    assert.ok(proxy.to(host).length <= most, JSON.stringify(proxy.connections));
  }
}

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
  const real = on.issuer.startsWith(`https://${GITHUB}/`);
  const issuer = on.issuer.replace(/\/octo-enterprise$/, '');
  const release = await turn();
  const started = performance.now();
  try {
    const job = on.jobEnvironment();
    const step = await runStep({
      node: NODE,
      killAfterMs: HANGS_AFTER_MS,
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
    assertNothingLeaked(step, CANARY);
    return { ...step, seconds: (performance.now() - started) / 1000 };
  } finally {
    release();
  }
}

function succeeded(step, env = { TOKEN: VALUE }) {
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  assert.deepEqual(step.env, env);
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

/** A cloud under the real names that no other test uses. */
async function realNamesCloud(t) {
  const started = await startTlsCloud(`https://${GITHUB}/octo-enterprise`);
  t.after(() => started.close());
  return started;
}

/**
 * A cloud of which each service has a port of its own, where connections are seen before anything is asked.
 * @param {object} [options]
 * @param {import('../cloud/proxy.mjs').Closing} [options.closing]
 * @param {Record<string, () => Promise<void>>} [options.held] by service: until when nothing that a client sends is passed on
 */
async function startFronts(t, { closing, held = {} } = {}) {
  const services = ['token', 'issuer', 'cognito', 'sts', 'secretsManager'];
  const connections = [];
  let cloud;
  const urls = {};
  for (const service of services) {
    const front = net.createServer((socket) => {
      const isFirst = !connections.some((connection) => connection.service === service);
      const connection = { service, at: Date.now() };
      connections.push(connection);
      const upstream = net.connect(cloud.port, '127.0.0.1', () => (connection.port = upstream.localPort));
      socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
      upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      upstream.pipe(socket);
      Promise.resolve(held[service]?.()).then(() => socket.pipe(upstream));
      if (isFirst && closing) closeLater(socket, closing);
    });
    await listening(t, front);
    urls[service] = `https://127.0.0.1:${front.address().port}`;
  }
  cloud = await startTlsCloud(`${urls.issuer}/octo-enterprise`);
  t.after(() => cloud.close());
  const environment = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${urls.token}/_apis/token?api-version=2.0`,
    AWS_ENDPOINT_URL: undefined,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY: urls.cognito,
    AWS_ENDPOINT_URL_STS: urls.sts,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: urls.secretsManager,
  };
  return { cloud, connections, environment };
}

/** One that no other test asks. */
async function ownTlsCloud(t) {
  const started = await startTlsCloud();
  t.after(() => started.close());
  return started;
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
  started.putSecret(`${STORES}/variables`, { LEVEL: 'debug' });
  for (const kind of ['secrets', 'variables']) started.putSecret(`${STORES}/env/production/${kind}`, {});
  return started;
}

/** A proxy that leads every host to the cloud. */
function startProxy(t, options) {
  return startProxyTo(t, { port: cloud.port, ...options });
}

function withoutIpv6() {
  const addresses = Object.values(networkInterfaces()).flat().map(({ address }) => address);
  return addresses.includes('::1') ? false : 'this machine has no IPv6';
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
