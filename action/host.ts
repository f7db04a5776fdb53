import { endGroup, getIDToken, getInput, info, notice, startGroup, warning } from '@actions/core';
import { EOL } from 'node:os';
import type { Failure, Host } from '../host/core.d.ts';
import { sendThrough } from './http-client.ts';
import { nodeHost } from '../host/node-host.ts';
import { unsafeEndpoint } from '../host/token-endpoint.ts';
import type { Transport } from '../host/transport.ts';
import { HostError } from '../host/transport.ts';

/** Node and the runner, as the core sees them. */
export function createHost(transport: Transport): Host {
  return {
    ...nodeHost(transport),
    githubToken: (...options) => requestGithubToken(transport, ...options),
    encryptToAge: async (recipient, text) => (await import('./age.ts')).encryptToAge(recipient, text),
    log,
  };
}

/** Opens the connections that are used first, while the core is compiled: for the token, and for the issuer's keys. */
export function connectToGithub(transport: Transport): void {
  const token = getInput('github-token') ? '' : process.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
  const urls = [token, getInput('oidc-issuer')].filter((url) => url?.startsWith('https:') && URL.canParse(url));
  const origins = urls.map((url) => new URL(url!).origin);
  for (const origin of new Set(origins)) {
    transport.connectEarly(origin, origins.filter((other) => other === origin).length);
  }
}

let endpointFailure: Failure | undefined;

/** Why no token was asked for, if the runner leads to where none may be sent: of that the core is told only that there is none. */
export function whyNoToken(): Failure | undefined {
  return endpointFailure;
}

/** `getIDToken` masks the token before it hands it over. */
async function requestGithubToken(
  transport: Transport,
  audience: string,
  timeoutMs: number,
  maxBodyBytes: number,
): Promise<string> {
  endpointFailure = unsafeEndpoint('ACTIONS_ID_TOKEN_REQUEST_URL');
  if (endpointFailure || !process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] || !process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']) {
    throw new HostError('no-token-endpoint');
  }
  sendThrough((request) => transport.send({ ...request, maxBodyBytes }, timeoutMs));
  try {
    return await getIDToken(audience);
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

type Kind = 'info' | 'notice' | 'warning' | 'group';

const SAY = { info, notice, warning };

/** What was said since the event loop last went round: one text, or plain lines that came together. */
let unsaid: { kind: Kind; texts: string[]; lines: string[] }[] = [];

/** Says it when the core has sent its next request: writing to a log may take longer than to make one. */
function log(kind: Kind, text: string, lines: string[]): void {
  if (unsaid.length === 0) {
    setImmediate(sayAll);
  }
  const last = unsaid.at(-1);
  if (kind === 'info' && last?.kind === 'info') {
    // One write for all: there may be hundreds.
    last.texts.push(text);
  } else {
    unsaid.push({ kind, texts: [text], lines });
  }
}

/** Says what has not been said yet. */
export function sayAll(): void {
  const now = unsaid;
  unsaid = [];
  // One write for all.
  process.stdout.cork();
  for (const { kind, texts, lines } of now) {
    const text = texts.join(EOL);
    if (kind === 'group') {
      startGroup(text);
      info(lines.join(EOL));
      endGroup();
    } else {
      SAY[kind](text);
    }
  }
  process.stdout.uncork();
}
