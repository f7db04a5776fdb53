import { X509Certificate } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext } from 'node:tls';
import { trustedAuthorities } from './certificates.ts';
import { proxyRules, type Proxy } from './proxy.ts';

/** As many connections to one host as a region's requests need; Secrets Manager answers each in one round trip. */
const MAX_SOCKETS = 8;
/** Node gives an address of a dual-stack host 250 ms before it tries the next, too little from far away. */
const autoSelectFamilyAttemptTimeout = 1000;

export interface Agents {
  agentFor(url: URL): Promise<HttpAgent>;
  connectEarly(url: URL, connections: number): Promise<void>;
  /** Lets connections to the origin trust these certificates and no others. Throws if OpenSSL finds none. */
  trust(origin: string, pem: string): void;
  destroy(): void;
}

/** One pool of connections for each way out: direct, and through the proxy; and for each set of certificates. */
export function createAgents(): Agents {
  const agents = new Map<string, Promise<HttpAgent>>();
  let isEnding = false;
  /** Of requests to a proxy, which may take long to answer, or for ever. */
  let proxyRequests: AbortController | undefined;
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, autoSelectFamilyAttemptTimeout };
  const authorities = trustedAuthorities();
  const proxyFor = proxyRules(process.env);
  /** One for all connections: to make one takes as long as a handshake. */
  let secureContext: SecureContext | undefined;
  /** For the origins that have one of their own. */
  const contexts = new Map<string, SecureContext>();
  const secureOptions = (context = (secureContext ??= createSecureContext(authorities))) => ({
    // Or else NODE_TLS_REJECT_UNAUTHORIZED=0 would hand tokens to whoever is in between.
    rejectUnauthorized: true,
    secureContext: context,
  });

  const agentFor = (url: URL) => {
    // Plain http leads to this machine only.
    const proxy = url.protocol === 'https:' ? proxyFor(url) : undefined;
    const context = contexts.get(url.origin);
    const way = `${url.protocol} ${proxy ? 'by proxy' : ''} ${context ? url.origin : ''}`;
    const agent = agents.get(way) ?? create(url.protocol, proxy, context);
    agents.set(way, agent);
    return agent;
  };
  const create = async (protocol: string, proxy: Proxy | undefined, context: SecureContext | undefined) => {
    if (protocol === 'http:') {
      return new HttpAgent(options);
    }
    if (proxy === undefined) {
      return withEarlyConnections(new HttpsAgent({ ...options, ...secureOptions(context) }), () => isEnding);
    }
    const { HttpsProxyAgent } = await import('hpagent');
    const { signal } = (proxyRequests ??= new AbortController());
    if (isEnding) proxyRequests.abort();
    setMaxListeners(0, signal);
    // The types of hpagent know only a few of Node's options.
    const proxyRequestOptions = { ...secureOptions(), autoSelectFamilyAttemptTimeout, signal } as object;
    const tunnelled = { ...options, ...secureOptions(context), proxy: proxy as URL, proxyRequestOptions };
    return withEarlyConnections(new HttpsProxyAgent(tunnelled), () => isEnding);
  };
  return {
    agentFor,
    async connectEarly(url, connections) {
      const agent = await agentFor(url);
      if (!isEnding) {
        early.get(agent)?.open(url, connections);
      }
    },
    trust(origin, pem) {
      // Of what is not a certificate, `createSecureContext` says nothing.
      new X509Certificate(pem);
      contexts.set(new URL(origin).origin, createSecureContext({ ca: pem }));
    },
    destroy() {
      isEnding = true;
      proxyRequests?.abort();
      agents.forEach((agent) =>
        agent.then(
          (ready) => {
            early.get(ready)?.destroy();
            ready.destroy();
          },
          () => {},
        ),
      );
    },
  };
}

type Callback = (error: Error | null, socket: Duplex) => void;

/** The connections that were opened early in an agent's name. */
const early = new WeakMap<HttpAgent, { open(url: URL, connections: number): void; destroy(): void }>();

/**
 * Makes an agent take connections that were opened early, as far as they are still good, before it opens any; and none once
 * it is to end, which Node's own would for requests that waited.
 */
function withEarlyConnections<T extends HttpsAgent>(agent: T, isEnding: () => boolean): T {
  const waiting = new Map<string, Promise<Duplex>[]>();
  /** How many connections requests have opened themselves: where one came first, none need be opened for it. */
  const opened = new Map<string, number>();
  /** Those who open a connection later need not go through the whole handshake again. */
  const sessions = new Map<string, Buffer>();
  const create = agent.createConnection.bind(agent) as (options: object, callback: Callback) => Duplex | undefined;
  const connect = (key: string, options: object) =>
    new Promise<Duplex>((resolve, reject) => {
      const session = sessions.get(key);
      const socket = create({ ...options, session }, (error, made) => (error ? reject(error) : resolve(made)));
      if (socket) {
        resolve(socket);
      }
    }).then((socket) => (sessions.has(key) ? socket : socket.once('session', (session: Buffer) => sessions.set(key, session))));

  early.set(agent, {
    open(url, connections) {
      const port = Number(url.port || 443);
      const key = `${url.hostname}:${port}`;
      const unused = waiting.get(key) ?? [];
      waiting.set(key, unused);
      while (unused.length + (opened.get(key) ?? 0) < Math.min(connections, MAX_SOCKETS)) {
        const options = { ...agent.options, host: url.hostname, port, servername: servername(url.hostname) };
        const connection = connect(key, options);
        // What goes wrong here goes wrong again, and is reported, when a request wants the connection.
        connection.then((socket) => socket.on('error', () => {})).catch(() => {});
        unused.push(connection);
      }
    },
    destroy: () => [...waiting.values()].flat().forEach((connection) => connection.then((socket) => socket.destroy(), () => {})),
  });
  agent.createConnection = ((options: { host: string; port: number }, callback: Callback) => {
    const key = `${options.host}:${options.port}`;
    const fresh = () => {
      opened.set(key, (opened.get(key) ?? 0) + 1);
      return connect(key, options);
    };
    const unused = waiting.get(key)?.shift();
    const usable = unused?.then((socket) => (socket.destroyed ? fresh() : socket), fresh) ?? fresh();
    usable.then(
      (socket) => {
        if (isEnding()) socket.destroy();
        callback(null, socket);
      },
      (error: Error) => callback(error, undefined as never),
    );
  }) as typeof agent.createConnection;
  return agent;
}

/** RFC 6066 allows no address in the server name of TLS. */
function servername(hostname: string): string {
  return isIP(hostname.replace(/^\[|\]$/g, '')) ? '' : hostname;
}
