import type { Failure } from './core.d.ts';

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/** Whether a bearer token may be sent there. */
export function isEndpoint(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

/** Why no token is to be asked for where an environment variable leads, if so. */
export function unsafeEndpoint(variable: string): Failure | undefined {
  const url = process.env[variable];
  if (!url || isEndpoint(url)) return undefined;
  const message = `${variable} is not an https URL: a token sent there could be intercepted`;
  return { code: 'invalid-input', message, hint: 'Correct the variable. No token was sent.' };
}
