import * as actions from '@actions/core';
import type { Host } from './core.d.ts';
import { sendThrough } from './http-client.ts';
import type { Transport } from './transport.ts';
import { HostError } from './transport.ts';

/** Node and the runner, as the core sees them. */
export function createHost(transport: Transport): Host {
  return {
    send: (request, timeoutMs) => transport.send(request, timeoutMs),
    connectEarly: (origin) => transport.connectEarly(origin),
    githubToken: (...options) => requestGithubToken(transport, ...options),
    sleep: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    log,
  };
}

/** `getIDToken` masks the token before it hands it over. */
async function requestGithubToken(
  transport: Transport,
  audience: string,
  timeoutMs: number,
  maxBodyBytes: number,
): Promise<string> {
  if (!process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] || !process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']) {
    throw new HostError('no-token-endpoint');
  }
  sendThrough((request) => transport.send({ ...request, maxBodyBytes }, timeoutMs));
  try {
    return await actions.getIDToken(audience);
  } catch (error) {
    throw new HostError(tokenFailureCode(String(error)));
  }
}

/** `@actions/core` makes one message of the status and of what went wrong; words of the endpoint are not in it. */
function tokenFailureCode(message: string): string {
  const status = /Error Code : (\d{3})/.exec(message)?.[1];
  const code = /Error Message: ([\w:-]+)\s*$/.exec(message)?.[1];
  return status ? `status:${status}` : (code ?? 'no-token');
}

function log(kind: 'info' | 'warning' | 'group', text: string, lines: string[]): void {
  if (kind === 'group') {
    actions.startGroup(text);
    lines.forEach((line) => actions.info(line));
    actions.endGroup();
  } else {
    actions[kind](text);
  }
}
