// A server that speaks as much of Vault's API as a step asks of it, and does on demand what a single OpenBao does not: a standby
// node's redirect, a node that is behind, one that is slow.

import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

/** The token of every login. */
export const TOKEN = 'hvs.stand-in-token-0123456789abcdef';

/**
 * @typedef {{ method: string, path: string, headers: http.IncomingHttpHeaders, body: string }} Asked
 * @param {(asked: Asked, earlier: Asked[]) => { status: number, body?: unknown, headers?: Record<string, string>, afterMs?: number } | undefined} [answer]
 *   undefined: as an active node with any secret `{ token: 'canary-token' }`
 * @param {{ key: string, cert: string }} [tls] serves https instead of http
 * @returns {Promise<{ url: string, asked: Asked[], connections: () => number, close: () => Promise<void> }>}
 */
export async function startStandIn(answer = () => undefined, tls) {
  const asked = [];
  let connections = 0;
  const serve = async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const { method, url: path, headers } = request;
    const now = { method, path, headers, body };
    const { status, body: said, headers: more = {}, afterMs = 0 } = answer(now, [...asked]) ?? asActiveNode(now);
    asked.push(now);
    setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json', ...more });
      response.end(said === undefined ? '' : JSON.stringify(said));
    }, afterMs);
  };
  const server = tls ? https.createServer(tls, serve) : http.createServer(serve);
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`,
    asked,
    connections: () => connections,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function asActiveNode({ path }) {
  if (path === '/v1/auth/jwt/login') {
    const auth = { client_token: TOKEN, accessor: 'accessor', policies: ['default'], lease_duration: 300, token_type: 'service' };
    return { status: 200, body: { auth } };
  }
  if (path === '/v1/auth/token/revoke-self') return { status: 204 };
  return { status: 200, body: { lease_id: '', data: { token: 'canary-token' } } };
}
