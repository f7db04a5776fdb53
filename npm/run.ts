import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Core, Goal, Host, Outcome, RawInputs, Spelling } from '../host/core.d.ts';
import { loadCore } from '../host/load.ts';
import { awsEnvironment, nodeHost } from '../host/node-host.ts';
import { unsafeEndpoint } from '../host/token-endpoint.ts';
import { createTransport, HostError, type Transport } from '../host/transport.ts';
import { asError, EnvKvstoreError, systemReason } from './errors.ts';
import { GITHUB, requestGithubToken, type TokenVariables } from './github-token.ts';
import { asCoreTakesThem } from './options.ts';

export interface Settings {
  options: Record<string, string | undefined>;
  spelling: Spelling;
  log: Host['log'];
  /** Whether the masks of the plan are written for the runner. */
  masked?: boolean;
  tokenVariables?: TokenVariables;
  /** What beats the variables of this process; undefined is one that is not set. */
  environment?: Record<string, string | undefined> | undefined;
  signal?: AbortSignal | undefined;
}

/** An instance of a wasm, and the signal that it is one no more. */
interface Instance<T> {
  wasm: T;
  trapped: AbortSignal;
}

/** The instance of a wasm of this package. After a trap its memory is anyone's guess: all runs in it end, and the next one gets another. */
export function instanceOf<T>(url: URL, load: (wasm: URL, onTrap: (reason: unknown) => void) => Promise<T>): () => Promise<Instance<T>> {
  let loading: Promise<Instance<T>> | undefined;
  const instantiate = async () => {
    const trap = new AbortController();
    try {
      const wasm = await load(url, (reason) => {
        loading = undefined;
        trap.abort(reason);
      });
      return { wasm, trapped: trap.signal };
    } catch (reason) {
      loading = undefined;
      throw new EnvKvstoreError({
        code: 'internal-error',
        message: `${url.pathname.split('/').at(-1)} cannot be loaded: ${systemReason(reason as NodeJS.ErrnoException)}`,
        hint: 'Install env-kvstore anew. A bundler must leave it out of the bundle: it reads files of its own folder.',
      });
    }
  };
  return () => (loading ??= instantiate());
}

const instance = instanceOf(new URL('../env_kvstore_bg.wasm', import.meta.url), loadCore);

/** Runs until the goal is reached. Rejects with an `EnvKvstoreError`, or with the reason of the signal. */
export async function run(goal: Goal, settings: Settings): Promise<Outcome> {
  settings.signal?.throwIfAborted();
  const { wasm: core, trapped } = await instance();
  const raw = rawInputs(goal, settings, core);
  return withHost(settings, trapped, (host) => core.run(raw, host, settings.spelling));
}

export function rawInputs(goal: Goal, { options, masked = false, environment = {} }: Settings, wasm: Pick<Core, 'environmentVariables'>): RawInputs {
  const variables = { ...awsEnvironment(wasm), ...environment };
  const set = Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { goal, ...asCoreTakesThem(options), environment: Object.fromEntries(set), unmasked: !masked };
}

/** Runs something of a wasm with this machine as its host, and ends with it all that it has begun. */
export async function withHost<T>(settings: Settings, trapped: AbortSignal, use: (host: Host) => Promise<T>): Promise<T> {
  const { log, tokenVariables = GITHUB, signal } = settings;
  signal?.throwIfAborted();
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  const aborted = whenAborted(signal, trapped);
  let transport: Transport | undefined;
  let unsafe: EnvKvstoreError | undefined;
  try {
    const connection = (transport = createTransport());
    const host: Host = {
      ...nodeHost(connection),
      // A run that has ended is not to wait any more: it finds every way closed, and gives up.
      sleep: (durationMs) => sleep(durationMs, undefined, { signal: over.signal }).catch(() => {}),
      githubToken(...rest) {
        const problem = unsafeEndpoint(tokenVariables.url);
        unsafe = problem && new EnvKvstoreError(problem);
        if (unsafe) throw new HostError('no-token-endpoint');
        return requestGithubToken(connection, tokenVariables, ...rest);
      },
      log: (...entry) => over.signal.aborted || log(...entry),
    };
    return await Promise.race([aborted.promise, use(host)]);
  } catch (reason) {
    signal?.throwIfAborted();
    throw unsafe ?? asError(reason);
  } finally {
    aborted.forget();
    over.abort();
    transport?.close();
  }
}

/** Rejects with the reason of the first signal that comes, or has come. */
function whenAborted(...signals: (AbortSignal | undefined)[]) {
  let abort = (_signal: AbortSignal) => {};
  const promise = new Promise<never>((_resolve, reject) => (abort = (signal) => reject(signal.reason)));
  promise.catch(() => {});
  const forgets = signals.map((signal) => (signal ? onAbort(signal, () => abort(signal)) : () => {}));
  return { promise, forget: () => forgets.forEach((forget) => forget()) };
}

const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/** Listens once to each signal, however many runs it may end: of more than ten listeners Node warns. */
function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) listener();
  const known = listeners.get(signal);
  const ofSignal = known ?? new Set();
  if (!known) {
    listeners.set(signal, ofSignal);
    signal.addEventListener('abort', () => ofSignal.forEach((listener) => listener()), { once: true });
  }
  ofSignal.add(listener);
  return () => ofSignal.delete(listener);
}
