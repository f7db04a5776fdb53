import type { Command } from '../command.ts';
import { EnvKvstoreError, printable } from '../errors.ts';
import { DRY_RUN, STORE_FLAGS, YES } from '../manage.ts';
import { beginAsking, changeAsPlanned } from '../plan.ts';
import { missing } from '../usage.ts';

export const rm: Command = {
  name: 'rm',
  summary: 'remove keys from a store',
  usage: 'KEY... [FLAGS]',
  operands: 'words',
  about: ['Removes keys from a store, all in one write. Asks first. Prints the command that brings them back.'],
  inputs: ['stores', 'connection'],
  flags: [...STORE_FLAGS, YES, DRY_RUN],
  examples: [{ what: 'Remove a key of an environment:', command: 'env-kvstore rm SENTRY_DSN --environment production' }],

  async run(args) {
    const remove = args.operands;
    if (remove.length === 0) missing('at least one KEY');
    const session = await beginAsking(args);
    return changeAsPlanned('rm', session, { task: 'change', store: session.store, remove, allowAnyKey: true }, args, ({ keys, store }) => {
      const removed = new Set(keys.filter(({ change }) => change === '-').map(({ key }) => key));
      const absent = remove.filter((key) => !removed.has(key));
      if (absent.length === 0) return;
      throw new EnvKvstoreError({
        code: 'key-missing',
        message: `${printable(store.name)} has no key ${absent.map(printable).join(', ')}`,
        hint: 'Nothing was written. `env-kvstore list` shows the keys.',
      });
    });
  },
};
