import { HostError, type Transport } from '../host/transport.ts';

/** The environment variables that lead to a token: GitHub's own, unless a token server is named. */
export interface TokenVariables {
  url: string;
  token: string;
}

export const GITHUB: TokenVariables = {
  url: 'ACTIONS_ID_TOKEN_REQUEST_URL',
  token: 'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
};

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

function tokenIn(body: Uint8Array): string | undefined {
  try {
    const { value } = JSON.parse(new TextDecoder().decode(body)) as { value?: unknown };
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
