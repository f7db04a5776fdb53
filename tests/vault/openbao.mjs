// OpenBao, the real server: a dev server over TLS, with a KV engine of each version and the JWT method that GitHub's token is shown to.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../runner/ports.mjs';
import { inVenv } from '../runner/venv.mjs';

const ROOT_TOKEN = 'openbao-root-token';
const STARTS_WITHIN_MS = 20_000;

/** @typedef {{ status: number, body: any }} Answered */

/**
 * A server in memory. `secret/` is a KV engine of version 2, `kv1/` one of version 1.
 * @returns {Promise<{
 *   url: string, certificate: string, certificateFile: string, rootToken: string,
 *   call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>,
 *   does: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<any>,
 *   stop: () => Promise<void>,
 * }>} `call` asks as root, at a path below /v1/; `does` fails unless the answer is of the class 2xx, and gives its body
 */
export async function startOpenBao() {
  const [port, folder] = [await freePort(), await mkdtemp(path.join(tmpdir(), 'env-kvstore-openbao-'))];
  const address = `127.0.0.1:${port}`;
  const options = [`-dev-root-token-id=${ROOT_TOKEN}`, `-dev-listen-address=${address}`, '-dev-no-store-token', '-dev-tls', `-dev-tls-cert-dir=${folder}`];
  const server = spawn(inVenv('bao'), ['server', '-dev', ...options], { stdio: 'ignore', env: { ...process.env, HOME: folder } });
  const ended = once(server, 'exit');
  const certificateFile = path.join(folder, 'vault-ca.pem');
  const url = `https://${address}`;
  let certificate = '';
  const call = (method, at, body, headers = {}) => ask({ method, url: `${url}/v1/${at}`, body, ca: certificate, headers: { 'x-vault-token': ROOT_TOKEN, ...headers } });
  const does = async (method, at, body, headers) => {
    const answered = await call(method, at, body, headers);
    if (answered.status >= 300) throw new Error(`${method} ${at}: ${answered.status} ${JSON.stringify(answered.body)}`);
    return answered.body;
  };
  const stop = async () => {
    server.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const started = Promise.race([
    untilUnsealed(async () => {
      certificate = await readFile(certificateFile, 'utf8');
      return (await call('GET', 'sys/health')).status === 200;
    }),
    ended.then(() => false),
  ]);
  if (!(await started)) {
    await stop();
    throw new Error(`OpenBao did not start (${server.exitCode})`);
  }
  await does('POST', 'sys/mounts/kv1', { type: 'kv', options: { version: '1' } });
  return { url, certificate, certificateFile, rootToken: ROOT_TOKEN, call, does, stop };
}

/**
 * Enables `auth/jwt` (or another path) for the tokens of a local GitHub.
 * @param {Awaited<ReturnType<typeof startOpenBao>>} bao
 * @param {{ issuer: string, pem?: string, jwksUrl?: string, at?: string }} options `pem`: the public keys of the issuer; `jwksUrl`: where they are
 */
export async function trustGitHub(bao, { issuer, pem, jwksUrl, at = 'jwt' }) {
  await bao.does('POST', `sys/auth/${at}`, { type: 'jwt' });
  const keys = pem === undefined ? { jwks_url: jwksUrl } : { jwt_validation_pubkeys: [pem] };
  await bao.does('POST', `auth/${at}/config`, { bound_issuer: issuer, ...keys });
}

async function untilUnsealed(isUnsealed) {
  const until = Date.now() + STARTS_WITHIN_MS;
  while (Date.now() < until) {
    if (await isUnsealed().catch(() => false)) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}

/** @returns {Promise<Answered>} */
async function ask({ method, url, body, ca, headers }) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const request = https.request(url, { method, ca, headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }, agent: false });
  request.end(text);
  const [response] = await once(request, 'response');
  const chunks = await response.toArray();
  const answer = Buffer.concat(chunks).toString();
  return { status: response.statusCode, body: answer === '' ? undefined : JSON.parse(answer) };
}
