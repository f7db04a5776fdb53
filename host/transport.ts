import { type Agent, request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import type { Request, Response } from './core.d.ts';
import { createAgents } from './agents.ts';

/** A failure that the core understands by its code. */
export class HostError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export interface Transport {
  send(request: Request, timeoutMs: number): Promise<Response>;
  connectEarly(origin: string, connections: number): void;
  trust(origin: string, pem: string): void;
  /** Resolves when every request that was made so far has left, or failed. */
  allSent(): Promise<void>;
  /** What is under way fails, and what comes after: nothing is left that would keep a process alive. */
  close(): void;
}

/** How to end each request that is under way. */
type UnderWay = Set<(error: HostError) => void>;

/** HTTP/1.1 over connections that are kept, through the proxy that the environment names. */
export function createTransport(): Transport {
  const agents = createAgents();
  const underWay: UnderWay = new Set();
  const outbox = createOutbox();
  let closed = false;
  return {
    async send(request, timeoutMs) {
      const left = outbox.add();
      try {
        const url = new URL(request.url);
        const agent = await agents.agentFor(url);
        if (closed) {
          throw new HostError('closed');
        }
        return await exchange(url, request, agent, timeoutMs, underWay, left);
      } finally {
        left();
      }
    },
    // What goes wrong here goes wrong again, and is reported, when a request takes the same way.
    connectEarly: (origin, connections) => void agents.connectEarly(new URL(origin), connections).catch(() => {}),
    trust: agents.trust,
    allSent: () => outbox.empty(),
    close() {
      closed = true;
      underWay.forEach((fail) => fail(new HostError('closed')));
      agents.destroy();
    },
  };
}

/** Counts the requests that have still to leave. */
function createOutbox() {
  let unsent = 0;
  let waiting: (() => void)[] = [];
  const emptied = () => {
    const resolved = waiting;
    waiting = [];
    resolved.forEach((resolve) => resolve());
  };
  return {
    /** Says, when it is called first, that a request has left or failed. */
    add() {
      let isUnsent = true;
      unsent += 1;
      return () => {
        unsent -= isUnsent ? 1 : 0;
        isUnsent = false;
        if (unsent === 0) emptied();
      };
    },
    empty: () => new Promise<void>((resolve) => (unsent === 0 ? resolve() : void waiting.push(resolve))),
  };
}

function exchange(
  url: URL,
  request: Request,
  agent: Agent,
  timeoutMs: number,
  underWay: UnderWay,
  left: () => void,
): Promise<Response> {
  const open = url.protocol === 'https:' ? requestByHttps : requestByHttp;
  return new Promise((resolve, reject) => {
    const options = { method: request.method, headers: Object.fromEntries(request.headers), agent };
    const outgoing = open(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        chunks.push(chunk);
        if (length > request.maxBodyBytes) {
          fail(new HostError('too-large'));
        }
      });
      incoming.on('error', (error) => fail(coded(error)));
      incoming.on('end', () => {
        const headers: [string, string][] = [];
        for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
          headers.push([incoming.rawHeaders[i]!.toLowerCase(), incoming.rawHeaders[i + 1]!]);
        }
        over();
        resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
      });
    });
    // A request that waits for its connection says nothing when it is destroyed, so it is not asked.
    const fail = (error: HostError) => {
      over();
      reject(error);
      outgoing.destroy();
    };
    const over = () => {
      clearTimeout(timer);
      underWay.delete(fail);
    };
    underWay.add(fail);
    const timer = setTimeout(() => fail(new HostError('timed-out')), timeoutMs);
    outgoing.on('error', (error) => fail(coded(error)));
    // Over a connection whose handshake is done, and out of Node's hands.
    outgoing.on('finish', left);
    outgoing.end(request.body);
  });
}

/** hpagent says what the proxy answered in the message only. */
function coded(error: NodeJS.ErrnoException): HostError {
  const refused = /^Bad response: (\d{3})$/.exec(error.message)?.[1];
  return new HostError(refused ? `proxy:${refused}` : (error.code ?? 'unknown'));
}
