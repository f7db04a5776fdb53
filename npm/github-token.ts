import { HostError, type Transport } from '../action/transport.ts';
import { EnvKvstoreError } from './errors.ts';

/** The environment variables that lead to a token: GitHub's own, unless a token server is named. */
export interface TokenVariables {
  url: string;
  token: string;
}

export const GITHUB: TokenVariables = {
  url: 'ACTIONS_ID_TOKEN_REQUEST_URL',
  token: 'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
};

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/**
 * As `getIDToken` of `@actions/core`, which would write the token to stdout to have it masked: of a library, or of a program
 * whose stdout is read, that is not to be expected.
 */
export async function requestGithubToken(
  transport: Transport,
  variables: TokenVariables,
  audience: string,
  timeoutMs: number,
  maxBodyBytes: number,
): Promise<string> {
  const url = process.env[variables.url];
  const bearer = process.env[variables.token];
  if (!url || !bearer) {
    throw new HostError('no-token-endpoint');
  }
  const headers: [string, string][] = [
    ['accept', 'application/json'],
    ['authorization', `Bearer ${bearer}`],
  ];
  const asked = `${url}${url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`;
  const response = await transport.send({ method: 'GET', url: asked, headers, body: '', maxBodyBytes }, timeoutMs);
  if (response.status !== 200) {
    throw new HostError(`status:${response.status}`);
  }
  const token = tokenIn(response.body);
  if (!token) {
    throw new HostError('no-token');
  }
  return token;
}

/** Why no token is to be asked for where the variable leads, if so. */
export function unsafeEndpoint(variables: TokenVariables): EnvKvstoreError | undefined {
  const url = process.env[variables.url];
  if (!url || isEndpoint(url)) return undefined;
  const message = `${variables.url} holds no https URL: the token that is sent there could be read on the way`;
  return new EnvKvstoreError({ code: 'invalid-input', message, hint: 'Nothing was sent.' });
}

/** Whether a bearer token may be sent there. */
export function isEndpoint(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

function tokenIn(body: Uint8Array): string | undefined {
  try {
    const { value } = JSON.parse(new TextDecoder().decode(body)) as { value?: unknown };
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
