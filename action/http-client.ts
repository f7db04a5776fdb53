import type { Request, Response } from '../host/core.d.ts';

/**
 * Stands in for `@actions/http-client` in the bundle, where `@actions/core` asks for it: `getIDToken` then goes the way of
 * every other request. The original follows redirects with the request token, reads without limit, waits three minutes,
 * retries by rules of its own, and brings 440 KB of undici that nothing here uses.
 */
export class HttpClient {
  readonly #userAgent: string;
  readonly #handlers: RequestHandler[];

  constructor(userAgent: string, handlers: RequestHandler[]) {
    this.#userAgent = userAgent;
    this.#handlers = handlers;
  }

  /** As the original's: the parsed body of a 2xx; any other status is an error that has it as `statusCode`. */
  async getJson(url: string): Promise<{ statusCode: number; result: unknown }> {
    const options = { headers: { accept: 'application/json', 'user-agent': this.#userAgent } };
    this.#handlers.forEach((handler) => handler.prepareRequest(options));
    const headers = Object.entries<string>(options.headers);
    const { status, body } = await send({ method: 'GET', url, headers, body: '' });
    if (status < 200 || status > 299) {
      throw Object.assign(new Error('refused'), { statusCode: status });
    }
    return { statusCode: status, result: JSON.parse(new TextDecoder().decode(body)) };
  }
}

interface RequestHandler {
  prepareRequest(options: { headers: object }): void;
}

type Send = (request: Omit<Request, 'maxBodyBytes'>) => Promise<Response>;

let send: Send;

/** Says how the requests of the next `getIDToken` are sent. */
export function sendThrough(way: Send): void {
  send = way;
}
