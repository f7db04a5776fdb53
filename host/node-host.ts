import type { Core, Host } from './core.d.ts';
import type { Transport } from './transport.ts';

/** What Node gives the core, whoever runs it. */
export function nodeHost(transport: Transport): Omit<Host, 'githubToken' | 'log'> {
  return {
    send: (request, timeoutMs) => transport.send(request, timeoutMs),
    // After what is sent in this turn of the event loop: that is what somebody waits for.
    connectEarly: (origin, connections) => void setImmediate(() => transport.connectEarly(origin, connections)),
    allSent: () => transport.allSent(),
    sleep: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
    nowMs: () => Date.now(),
    // `performance` would do, were it not for the 5 ms that Node takes to load it.
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  };
}

/** Those of the variables that the core wants to know which are set. */
export function awsEnvironment(core: Pick<Core, 'environmentVariables'>): Record<string, string> {
  const set = core.environmentVariables().filter((name) => process.env[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, process.env[name] ?? '']));
}
