import type { Host } from '../action/core.d.ts';
import { EnvKvstoreError } from './errors.ts';
import type * as published from './index.d.mts';
import { asOption } from './options.ts';
import { run } from './run.ts';
import { writeMasks } from './masks.ts';

export { EnvKvstoreError };

/** The SDK asks again when less is left; credentials that it would refuse are none. */
const REFRESHED_BEFORE_MS = 5 * 60 * 1000;
/** A session of an hour is asked for once where one of fifteen minutes would be five times. */
const ROLE_DURATION_SECONDS = 3600;

export const fromGitHubActions: typeof published.fromGitHubActions = ({ signal, logger, ...options }) => {
  let current: published.Credentials | undefined;
  let pending: Promise<published.Credentials> | undefined;

  const exchange = async (): Promise<published.Credentials> => {
    const texts = asTexts({ roleDurationSeconds: ROLE_DURATION_SECONDS, ...options });
    const { credentials } = await run('credentials', { options: texts, spelling: asOption, log: logTo(logger), signal });
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = credentials!;
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
      ...(expiration && { expiration: new Date(expiration) }),
      ...(accountId && { accountId }),
    };
  };
  return async (properties) => {
    signal?.throwIfAborted();
    if (current && !properties?.forceRefresh && isFresh(current)) {
      return current;
    }
    pending ??= exchange().finally(() => (pending = undefined));
    return (current = await pending);
  };
};

function isFresh({ expiration }: published.Credentials): boolean {
  return expiration === undefined || expiration.getTime() - Date.now() > REFRESHED_BEFORE_MS;
}

export const loadValues: typeof published.loadValues = async ({ signal, logger, mask, env, ...options }) => {
  const settings = { options: asTexts(options), spelling: asOption, log: logTo(logger), signal };
  const { plan, values } = await run('values', settings);
  if (mask) {
    await writeMasks(process.stdout, plan.masks);
  }
  if (env) {
    values.forEach(({ name, value }) => (env[name] = value));
  }
  return new Map(values.map((value) => [value.name, new LoadedValue(value)]));
};

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
}

function asTexts(options: object): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, value === undefined ? undefined : String(value)]),
  );
}

function logTo(logger: published.Logger | undefined): Host['log'] {
  return (kind, text, lines) => {
    const whole = [text, ...lines].join('\n');
    if (kind === 'warning') logger?.warn?.(whole);
    else logger?.info?.(whole);
  };
}
