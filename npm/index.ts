import { inspect, type InspectOptions } from 'node:util';
import type { Host } from '../host/core.d.ts';
import { EnvKvstoreError, wrongOptions } from './errors.ts';
import type * as published from './index.d.mts';
import { byCurrentNames, currentName, NUMBERS, OF_CREDENTIALS, OPTION_NAMES, type OptionName, type Options } from './options.ts';
import { run } from './run.ts';
import { writeMasks } from './masks.ts';

export { EnvKvstoreError };

/** The SDK asks again when less is left; credentials that it would refuse are none. */
const REFRESHED_BEFORE_MS = 5 * 60 * 1000;
/** A session of an hour is asked for once where one of fifteen minutes would be five times. */
const ROLE_DURATION_SECONDS = 3600;

export const fromGitHubActions: typeof published.fromGitHubActions = (given) => {
  const { signal, logger, ...options } = given ?? {};
  let current: { credentials: published.Credentials; isFresh: () => boolean } | undefined;
  let pending: Promise<NonNullable<typeof current>> | undefined;

  const exchange = async () => {
    const texts = checked(options, OF_CREDENTIALS, { signal });
    texts.roleDurationSeconds ??= String(ROLE_DURATION_SECONDS);
    const asked = bothClocks();
    const outcome = await run('credentials', { options: texts, spelling: 'option', log: logTo(logger), signal });
    const { accessKeyId, secretAccessKey, sessionToken, expiration, answered, accountId } = outcome.credentials!;
    // By how long they live, and not by when they end: this machine's clock may be another than AWS's. Less may be given than
    // was asked for; of Cognito's own credentials nothing is asked.
    const answeredMs = Date.parse(answered ?? '') || Date.now();
    const toEndMs = expiration ? Date.parse(expiration) - answeredMs : Infinity;
    const isAsked = expiration !== undefined && texts.identity !== 'cognito-enhanced';
    const askedMs = isAsked ? Number(texts.roleDurationSeconds) * 1000 : Infinity;
    const isFresh = lasting(Math.min(toEndMs, askedMs) - REFRESHED_BEFORE_MS, asked);
    const credentials: published.Credentials = {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
      ...(expiration && { expiration: new Date(expiration) }),
      ...(accountId && { accountId }),
    };
    return { credentials, isFresh };
  };
  return async (properties) => {
    if (signal?.aborted) throw signal.reason;
    if (current && !properties?.forceRefresh && current.isFresh()) {
      return current.credentials;
    }
    pending ??= exchange().finally(() => (pending = undefined));
    current = await pending;
    return current.credentials;
  };
};

/** The wall clock may be set at any time; the other may stand still while the machine sleeps. */
function bothClocks(): [number, number] {
  return [Date.now(), Number(process.hrtime.bigint()) / 1e6];
}

/** Whether so much time has passed by neither clock. */
function lasting(durationMs: number, since: [number, number]): () => boolean {
  return () => bothClocks().every((now, index) => now - since[index]! < durationMs);
}

export const loadValues: typeof published.loadValues = async (given) => {
  const { signal, logger, mask, env, ...options } = given ?? {};
  const texts = checked(options, OPTION_NAMES, { signal, mask, env });
  const { plan, values } = await run('values', { options: texts, spelling: 'option', log: logTo(logger), masked: mask === true, signal });
  if (mask) {
    await writeMasks(process.stdout, plan.masks);
  }
  if (env) {
    assignAll(env, Object.fromEntries(values.map(({ name, value }) => [name, value])));
  }
  return new Map(values.map((value) => [value.name, new LoadedValue(value)]));
};

/** All or nothing, of an object too that takes no properties. */
function assignAll(env: Record<string, string | undefined>, values: Record<string, string>): void {
  const before = Object.keys(values).map((name) => [name, env[name], name in env] as const);
  try {
    Object.assign(env, values);
  } catch {
    before.forEach(([name, value, wasThere]) => (wasThere ? Reflect.set(env, name, value) : Reflect.deleteProperty(env, name)));
    throw wrongOptions(['env: is an object that does not take the values']);
  }
}

/** The value is in no property, so that neither `console.log` nor `JSON.stringify` shows it. */
class LoadedValue implements published.LoadedValue {
  readonly name: string;
  readonly type: 'secret' | 'variable';
  readonly origin: published.Origin;
  readonly #value: string;

  constructor({ name, kind, value, ...origin }: Awaited<ReturnType<typeof run>>['values'][number]) {
    this.name = name;
    this.type = kind;
    this.origin = origin;
    this.#value = value;
  }

  get value(): string {
    return this.#value;
  }

  /** Or else those who ask for hidden properties and for getters would be shown it. */
  [inspect.custom](_depth: number, options: InspectOptions, print: typeof inspect): string {
    return `LoadedValue ${print({ ...this }, options)}`;
  }
}

/** What an option that is no text must be. */
const OTHERS = {
  signal: { wanted: 'an AbortSignal', is: (value: unknown) => typeof (value as AbortSignal)?.throwIfAborted === 'function' },
  mask: { wanted: 'a boolean', is: (value: unknown) => typeof value === 'boolean' },
  env: { wanted: 'an object', is: (value: unknown) => typeof value === 'object' && value !== null },
};

/** Options as texts, if each is known and of its type: a compiler has not seen all programs. */
function checked(options: object, known: OptionName[], others: Partial<Record<keyof typeof OTHERS, unknown>>): Options {
  const texts: Options = {};
  const given = byCurrentNames(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)));
  const problems = given.contradicting.map((older) => `${older}: is an older name of ${currentName(older)}, which has another value`);
  for (const [key, value] of Object.entries(given.options)) {
    const name = known.find((name) => name === key);
    const wanted = name && NUMBERS.includes(name) ? 'number' : 'string';
    if (name === undefined) problems.push(`${key}: there is no such option`);
    else if (typeof value !== wanted) problems.push(`${key}: is not a ${wanted}`);
    else texts[name] = String(value);
  }
  for (const [name, value] of Object.entries(others).filter(([, value]) => value !== undefined)) {
    const { wanted, is } = OTHERS[name as keyof typeof OTHERS];
    if (!is(value)) problems.push(`${name}: is not ${wanted}`);
  }
  if (problems.length > 0) throw wrongOptions(problems);
  return texts;
}

function logTo(logger: published.Logger | undefined): Host['log'] {
  return (kind, text, lines) => {
    const whole = [text, ...lines].join('\n');
    try {
      if (kind === 'warning') logger?.warn?.(whole);
      else logger?.info?.(whole);
    } catch {
      // Nothing may be thrown through the core, and what was not logged is no reason to fail.
    }
  };
}
