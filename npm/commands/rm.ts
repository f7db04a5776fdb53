import type { Command } from '../command.ts';
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
    return changeAsPlanned('rm', session, { task: 'change', store: session.store, remove, allowAnyKey: true }, args);
  },
};
