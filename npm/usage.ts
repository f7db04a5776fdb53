import { EnvKvstoreError } from './errors.ts';

/** A command was not used as its help says. */
export class WrongUsage extends EnvKvstoreError {}

export function wrongUsage(message: string, hint = 'See env-kvstore --help.'): WrongUsage {
  return new WrongUsage({ code: 'invalid-input', message, hint });
}

export function missing(what: string): never {
  throw wrongUsage(`this command requires ${what}`);
}
