import type { Core, Goal, Host, Outcome } from '../action/core.d.ts';
import { loadCore } from '../action/load.ts';
import { awsEnvironment, nodeHost } from '../action/node-host.ts';
import { createTransport } from '../action/transport.ts';
import { asError, type EnvKvstoreError } from './errors.ts';
import { GITHUB, requestGithubToken, type TokenVariables } from './github-token.ts';
import { asCoreTakesThem, type Spelling } from './options.ts';

export interface Settings {
  options: Record<string, string | undefined>;
  spelling: Spelling;
  log: Host['log'];
  tokenVariables?: TokenVariables;
  signal?: AbortSignal | undefined;
}

let loading: Promise<Core> | undefined;

/** The core of this process. */
export function core(): Promise<Core> {
  return (loading ??= loadCore(new URL('../env_kvstore_bg.wasm', import.meta.url)));
}

/** Runs until the goal is reached. Rejects with an `EnvKvstoreError`, or with the reason of the signal. */
export async function run(goal: Goal, settings: Settings): Promise<Outcome> {
  const { options, spelling, log, tokenVariables = GITHUB, signal } = settings;
  signal?.throwIfAborted();
  const loaded = await core();
  const raw = { goal, ...asCoreTakesThem(options), environment: awsEnvironment(loaded) };
  let transport;
  const aborted = whenAborted(signal);
  try {
    transport = createTransport();
    const connection = transport;
    const host: Host = {
      ...nodeHost(connection),
      // What was cut off is not to be waited for, and tried again to no avail.
      sleep: (durationMs) => (signal?.aborted ? Promise.resolve() : nodeHost(connection).sleep(durationMs)),
      send: (request, timeoutMs) => aborted.or(connection.send(request, timeoutMs)),
      githubToken: (...rest) => aborted.or(requestGithubToken(connection, tokenVariables, ...rest)),
      log,
    };
    return await aborted.or(loaded.run(raw, host));
  } catch (reason) {
    signal?.throwIfAborted();
    throw forgettingBroken(asError(reason, spelling));
  } finally {
    aborted.forget();
    transport?.close();
  }
}

/** After a trap the core's memory is anyone's guess: the next run gets another core. */
function forgettingBroken(error: EnvKvstoreError): EnvKvstoreError {
  if (error.code === 'internal-error') loading = undefined;
  return error;
}

/** Lets promises end when the signal comes. */
function whenAborted(signal: AbortSignal | undefined) {
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal?.reason);
  });
  aborted.catch(() => {});
  signal?.addEventListener('abort', abort, { once: true });
  return {
    or: <T>(promise: Promise<T>): Promise<T> => Promise.race([promise, aborted]),
    forget: () => signal?.removeEventListener('abort', abort),
  };
}
