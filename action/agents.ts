import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { getProxyUrl } from '@actions/http-client/lib/proxy';
import { trustedAuthorities } from './certificates.ts';

/** As many connections to one host as a region's requests need; Secrets Manager answers each in one round trip. */
const MAX_SOCKETS = 8;
/** Node gives an address of a dual-stack host 250 ms before it tries the next, too little from far away. */
const ADDRESS_ATTEMPT_TIMEOUT_MS = 1000;

export interface Agents {
  agentFor(url: URL): Promise<http.Agent>;
  connectEarly(url: URL): Promise<void>;
  destroy(): void;
}

/** One pool of connections for each way out: direct, and each proxy. Which way is `@actions/http-client`'s rule. */
export function createAgents(): Agents {
  net.setDefaultAutoSelectFamilyAttemptTimeout(ADDRESS_ATTEMPT_TIMEOUT_MS);
  const agents = new Map<string, Promise<http.Agent>>();
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, ...trustedAuthorities() };

  const agentFor = (url: URL) => {
    const proxy = getProxyUrl(url)?.href;
    const way = `${url.protocol} ${proxy ?? ''}`;
    const agent = agents.get(way) ?? create(url.protocol, proxy);
    agents.set(way, agent);
    return agent;
  };
  const create = async (protocol: string, proxy: string | undefined) => {
    if (protocol === 'http:') {
      return new http.Agent(options);
    }
    if (proxy === undefined) {
      return takingEarlyConnections(new https.Agent(options));
    }
    const { HttpsProxyAgent } = await import('hpagent');
    return takingEarlyConnections(new HttpsProxyAgent({ ...options, proxy }));
  };
  return {
    agentFor,
    async connectEarly(url) {
      const agent = await agentFor(url);
      early.get(agent)?.(url);
    },
    destroy: () => agents.forEach((agent) => void agent.then((ready) => ready.destroy())),
  };
}

type Callback = (error: Error | null, socket: Duplex) => void;

/** How a connection is opened early in an agent's name. */
const early = new WeakMap<http.Agent, (url: URL) => void>();

/** Makes an agent take a connection that was opened early, if it is still good, before it opens one. */
function takingEarlyConnections<T extends https.Agent>(agent: T): T {
  const waiting = new Map<string, Promise<Duplex>>();
  const create = agent.createConnection.bind(agent) as (options: object, callback: Callback) => Duplex | undefined;
  const connect = (options: object) =>
    new Promise<Duplex>((resolve, reject) => {
      const socket = create(options, (error, made) => (error ? reject(error) : resolve(made)));
      if (socket) {
        resolve(socket);
      }
    });
  early.set(agent, (url) => {
    const port = Number(url.port || 443);
    const opened = connect({ ...agent.options, host: url.hostname, port, servername: servername(url.hostname) });
    // What goes wrong here goes wrong again, and is reported, when a request wants the connection.
    opened.then((socket) => socket.on('error', () => {})).catch(() => {});
    waiting.set(`${url.hostname}:${port}`, opened);
  });
  agent.createConnection = ((options: { host: string; port: number }, callback: Callback) => {
    const key = `${options.host}:${options.port}`;
    const opened = waiting.get(key);
    waiting.delete(key);
    const fresh = () => connect(options);
    const usable = opened?.then((socket) => (socket.destroyed ? fresh() : socket), fresh) ?? fresh();
    usable.then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, undefined as never),
    );
  }) as typeof agent.createConnection;
  return agent;
}

/** RFC 6066 allows no address in the server name of TLS. */
function servername(hostname: string): string {
  return net.isIP(hostname.replace(/^\[|\]$/g, '')) ? '' : hostname;
}
