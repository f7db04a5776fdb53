// A proxy that leads every host to one port of this machine, as DNS would.

import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import net from 'node:net';

/**
 * @typedef {object} Closing what becomes of the first connection of each service or host
 * @property {number} afterMs
 * @property {true} [reset] instead of an orderly end
 */

/**
 * @param {{ after: (close: () => void) => void }} t the test that it ends with
 * @param {object} options
 * @param {number} options.port of the cloud
 * @param {string} [options.authorization] that it wants
 * @param {number} [options.status] answers this to all
 * @param {true} [options.silent] answers nothing
 * @param {true} [options.hangsUp]
 * @param {Closing} [options.closing]
 * @param {{ key: string, cert: string }} [options.tls]
 */
export async function startProxy(t, { port, authorization, status, silent, hangsUp, closing, tls }) {
  const connections = [];
  const server = tls ? createHttpsServer(tls) : createHttpServer();
  server.on('connect', (request, socket) => {
    const isFirst = to(request.url).length === 0;
    connections.push({ host: request.url, at: Date.now(), authorization: request.headers['proxy-authorization'] });
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
      if (isFirst && closing) closeLater(socket, closing);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  await listening(t, server);
  const { port: own } = server.address();
  const hosts = () => [...new Set(connections.map(({ host }) => host))].sort();
  return { url: tls ? `https://localhost:${own}` : `http://127.0.0.1:${own}`, port: own, connections, hosts, to };

  function to(host) {
    return connections.filter((connection) => connection.host === host);
  }
}

export function closeLater(socket, { afterMs, reset }) {
  const close = () => (reset ? socket.resetAndDestroy() : socket.end());
  if (afterMs === 0) close();
  else setTimeout(close, afterMs);
}

/** Listens on loopback until the test ends, with all that is connected. */
export async function listening(t, server) {
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
