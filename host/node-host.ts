import { constants, createPublicKey, verify } from 'node:crypto';
import type { Core, Host } from './core.d.ts';
import type { Transport } from './transport.ts';

/** What Node gives the core, whoever runs it. */
export function nodeHost(transport: Transport): Omit<Host, 'githubToken' | 'log'> {
  return {
    send: (request, timeoutMs) => transport.send(request, timeoutMs),
    // After what is sent in this turn of the event loop: that is what somebody waits for.
    connectEarly: (origin, connections) => void setImmediate(() => transport.connectEarly(origin, connections)),
    trust: (origin, pem) => transport.trust(origin, pem),
    allSent: () => transport.allSent(),
    sleep: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
    verifyRs256,
    nowMs: () => Date.now(),
    // `performance` would do, were it not for the 5 ms that Node takes to load it.
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  };
}

/** By OpenSSL. It throws for what OpenSSL takes for no key. */
export function verifyRs256(modulus: Uint8Array, exponent: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) }, format: 'jwk' });
  return verify('RSA-SHA256', message, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** Those of the variables that the core wants to know which are set. */
export function awsEnvironment(core: Pick<Core, 'environmentVariables'>): Record<string, string> {
  const set = core.environmentVariables().filter((name) => process.env[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, process.env[name] ?? '']));
}
