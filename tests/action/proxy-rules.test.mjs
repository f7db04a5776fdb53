// Which proxy leads to a host (host/proxy.ts), as docs/runners-and-networks.md says it: a table of the rules, and curl, asked the same.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { build } from 'esbuild';
import { listening } from '../cloud/proxy.mjs';

const { outputFiles } = await build({
  entryPoints: [new URL('../../host/proxy.ts', import.meta.url).pathname],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const { proxyRules } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);

const CANARY = 'canary';
const NOT_CURL = Symbol('not curl');
const STS = 'https://sts.us-west-2.amazonaws.com/';
const PROXY = 'http://proxy.example:3128';
const isDirect = (url, list) => proxyRules({ HTTPS_PROXY: PROXY, NO_PROXY: list })(new URL(url)) === undefined;

/** NO_PROXY, URL, whether the connection is direct, and a mark where curl has it otherwise, or by its version. */
const TABLE = [
  ['', STS, false],
  ['*', STS, true],
  ['x.example,*', STS, true, NOT_CURL],
  ['sts.us-west-2.amazonaws.com', STS, true],
  ['STS.US-WEST-2.AmazonAWS.com', STS, true],
  ['sts.us-west-2.amazonaws.com.', STS, true],
  ['sts.us-west-2.amazonaws.com', 'https://sts.us-west-2.amazonaws.com./', true],
  ['amazonaws.com', STS, true],
  ['.amazonaws.com', STS, true],
  ['.amazonaws.com', 'https://amazonaws.com/', true],
  ['*.amazonaws.com', STS, true, NOT_CURL],
  ['*.amazonaws.com.', STS, true, NOT_CURL],
  ['amazonaws.com.', STS, true],
  ['azonaws.com', STS, false],
  ['*azonaws.com', STS, false],
  ['sts.*.amazonaws.com', STS, false],
  ['com', STS, true],
  ['.', STS, false],
  ['x.example,amazonaws.com', STS, true],
  [' x.example , amazonaws.com ', STS, true],
  ['x.example amazonaws.com', STS, true],
  ['x.example\tamazonaws.com,', STS, true],
  [',,', STS, false],
  ['amazonaws.com.cn', STS, false],
  ['https://amazonaws.com', STS, false],
  ['amazonaws.com:443', STS, true, NOT_CURL],
  ['amazonaws.com:8443', STS, false],
  ['amazonaws.com:8443', 'https://sts.us-west-2.amazonaws.com:8443/', true, NOT_CURL],
  ['amazonaws.com:x', STS, false],
  ['192.0.2.77', 'https://192.0.2.77/', true],
  ['0.2.77', 'https://192.0.2.77/', false],
  ['.2.77', 'https://192.0.2.77/', false],
  ['77', 'https://192.0.2.77/', false],
  ['192.0.2.7', 'https://192.0.2.77/', false],
  ['192.0.2.77:443', 'https://192.0.2.77/', true, NOT_CURL],
  ['192.0.2.77:80', 'https://192.0.2.77/', false],
  ['192.0.2.0/24', 'https://192.0.2.77/', true],
  ['192.0.2.0/24', 'https://192.0.3.77/', false],
  ['192.0.2.99/24', 'https://192.0.2.77/', true],
  ['192.0.2.64/27', 'https://192.0.2.96/', false],
  ['192.0.2.77/32', 'https://192.0.2.77/', true],
  ['192.0.2.0/33', 'https://192.0.2.77/', false],
  ['192.0.2.0/x', 'https://192.0.2.77/', false],
  ['192.0.2.0/', 'https://192.0.2.77/', false],
  ['192.0.2.0/24', 'https://192.0.2.77.example/', false],
  ['2001:db8::1', 'https://[2001:db8::1]/', true],
  ['[2001:db8::1]', 'https://[2001:db8::1]/', true, NOT_CURL],
  ['2001:DB8:0:0::1', 'https://[2001:db8::1]/', true, NOT_CURL],
  ['[2001:db8::1]:443', 'https://[2001:db8::1]/', true, NOT_CURL],
  ['[2001:db8::1]:80', 'https://[2001:db8::1]/', false],
  ['2001:db8::/32', 'https://[2001:db8:7::1]/', true, NOT_CURL],
  ['2001:db8::/48', 'https://[2001:db8:7::1]/', false],
  ['2001:db8::/129', 'https://[2001:db8::1]/', false],
  ['::1', 'https://[2001:db8::1]/', false],
  ['10.0.0.0/8', STS, false],
];

describe('NO_PROXY', () => {
  for (const [list, url, expected] of TABLE) {
    test(`${JSON.stringify(list)}: ${url} is ${expected ? 'direct' : 'by proxy'}`, () => {
      assert.equal(isDirect(url, list), expected);
    });
  }

  test('is as curl has it, but for what docs/runners-and-networks.md names', { skip: withoutCurl() }, async (t) => {
    const asked = new Set();
    const server = createServer().on('connect', (request, socket) => {
      asked.add(request.url);
      socket.end('HTTP/1.1 403 No\r\n\r\n');
    });
    await listening(t, server);
    const proxy = `http://127.0.0.1:${server.address().port}`;
    const unlike = [];
    for (const [list, url, expected] of TABLE.filter((row) => !row.includes(NOT_CURL))) {
      asked.clear();
      // Whatever is direct leads to a port of this machine that nobody listens on.
      const { hostname, port } = new URL(url);
      const environment = { HTTPS_PROXY: proxy, NO_PROXY: list };
      await curl(['--connect-to', `${hostname}:${port}:127.0.0.1:1`, '--max-time', '5', url], environment);
      if ((asked.size === 0) !== expected) unlike.push([list, url]);
    }
    assert.deepEqual(unlike, []);
  });

  test('never hides this machine behind a proxy, nor another behind its name', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '0x7f.1', '[::1]', '[0:0:0:0:0:0:0:1]']) {
      assert.ok(isDirect(`https://${host}/`, ''), host);
    }
    for (const host of ['127.0.0.1.example', '127.example', 'localhost.example', '[::1:1]', '0.0.0.0', '128.0.0.1']) {
      assert.ok(!isDirect(`https://${host}/`, ''), host);
    }
  });

  test('matches an address by all of its bits or by a prefix, never by its text (5,000 by chance)', () => {
    const random = seeded(10);
    const octets = () => Array.from({ length: 4 }, () => random(256));
    const asNumber = (parts) => parts.reduce((sum, part) => sum * 256 + part, 0);
    for (let i = 0; i < 5000; i += 1) {
      const host = [random(2) ? 10 : 11 + random(100), ...octets().slice(1)];
      const [network, bits] = [random(2) ? host.map((part, at) => (at === 3 ? random(256) : part)) : octets(), random(33)];
      const mask = 2 ** (32 - bits);
      const expected = Math.floor(asNumber(host) / mask) === Math.floor(asNumber(network) / mask);
      const [entry, url] = [`${network.join('.')}/${bits}`, `https://${host.join('.')}/`];
      assert.equal(isDirect(url, entry), expected, `${entry} ${url}`);
      const tail = host.slice(1 + random(3)).join('.');
      assert.equal(isDirect(url, tail), false, `${tail} ${url}`);
    }
  });

  test('throws at nothing (5,000 by chance)', () => {
    const random = seeded(11);
    const pieces = ['.', '*', ':', '/', '[', ']', ',', ' ', '1', '255', 'a', '::', '10.0.0.0', 'fe80::1%eth0', '%', '-', 'ü', '\0'];
    for (let i = 0; i < 5000; i += 1) {
      const list = Array.from({ length: random(8) }, () => pieces[random(pieces.length)]).join('');
      for (const url of [STS, 'https://10.0.0.1/', 'https://[fe80::1]/']) assert.equal(typeof isDirect(url, list), 'boolean', list);
    }
  });
});

describe('the proxy', () => {
  const proxyOf = (environment) => proxyRules(environment)(new URL(STS));

  test('is that of https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY, the first of them that is not empty', () => {
    const names = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
    const environment = Object.fromEntries(names.map((name, index) => [name, `http://p${index}.example`]));
    for (const [index, name] of names.entries()) {
      assert.equal(proxyOf(environment).hostname, `p${index}.example`);
      environment[name] = index % 2 ? '' : ' ';
    }
    assert.equal(proxyOf(environment), undefined);
    assert.equal(proxyOf({ HTTP_PROXY: PROXY, http_proxy: PROXY }), undefined);
    assert.equal(proxyOf({ HTTPS_PROXY: PROXY, no_proxy: 'x.example', NO_PROXY: '*' }).hostname, 'proxy.example');
    assert.equal(proxyOf({ HTTPS_PROXY: PROXY, no_proxy: '', NO_PROXY: '*' }), undefined);
  });

  test('may lack a scheme, and may be at an IPv6 address', () => {
    const whole = { protocol: 'http:', hostname: 'proxy.example', port: '3128', username: '', password: '' };
    assert.deepEqual(proxyOf({ HTTPS_PROXY: 'proxy.example:3128' }), whole);
    assert.deepEqual(proxyOf({ HTTPS_PROXY: 'u:p%40w@proxy.example:3128' }), { ...whole, username: 'u', password: 'p%40w' });
    assert.deepEqual(proxyOf({ ALL_PROXY: 'https://[2001:db8::1]:8443/' }), { ...whole, protocol: 'https:', hostname: '2001:db8::1', port: '8443' });
  });

  test('that cannot be used is told by its variable and what is wrong, without its URL', () => {
    for (const [text, problem] of [
      [`socks5://u:${CANARY}@proxy.example`, /names a SOCKS proxy/],
      [`socks5h://u:${CANARY}@proxy.example`, /names a SOCKS proxy/],
      [`socks4://${CANARY}.example`, /names a SOCKS proxy/],
      [`ftp://${CANARY}.example`, /is not an http:\/\/ or https:\/\/ URL/],
      [`http://u:${CANARY}%@proxy.example`, /`%` that does not begin/],
      [`http://u:%zz${CANARY}@proxy.example`, /`%` that does not begin/],
      [`http://u:%ff${CANARY}@proxy.example`, /`%` that does not begin/],
      [`http://u:${CANARY}@proxy.example:80800`, /is not the URL of a proxy/],
      [`http://u:${CANARY}/@proxy.example`, /is not the URL of a proxy/],
      ['http://', /is not the URL of a proxy/],
    ]) {
      for (const name of ['https_proxy', 'ALL_PROXY']) {
        assert.throws(
          () => proxyOf({ [name]: text }),
          ({ code, message, hint }) => {
            assert.equal(code, 'invalid-input');
            assert.ok(message.startsWith(`${name}: `) && problem.test(message), message);
            assert.ok(!`${message}${hint}`.includes(CANARY), message);
            return true;
          },
          text,
        );
      }
      assert.equal(proxyOf({ HTTPS_PROXY: text, NO_PROXY: '*' }), undefined);
    }
  });
});

/** Numbers below a limit, the same in each run. */
function seeded(seed) {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function withoutCurl() {
  return spawnSync('curl', ['--version']).error ? 'curl is missing: apt-get install -y curl' : false;
}

function curl(args, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn('curl', ['--silent', '--insecure', ...args], { env: { PATH: process.env.PATH, ...environment }, stdio: 'ignore' });
    child.on('error', reject).on('exit', resolve);
  });
}
