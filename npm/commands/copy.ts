import type { Command } from '../command.ts';
import { CREATE_FLAGS, creationOf } from '../creation.ts';
import { ANY_KEY, DRY_RUN, OPERAND_FLAGS, YES } from '../manage.ts';
import { isOfDefaultRepository, OPERANDS, sourceOf, storeOf } from '../operands.ts';
import { beginAsking, changeAsPlanned } from '../plan.ts';
import { missing } from '../usage.ts';

export const copy: Command = {
  name: 'copy',
  summary: 'copy keys from one store to another',
  usage: 'FROM TO [KEY...] [FLAGS]',
  operands: 'words',
  about: [
    `Copies keys, or all if none is named, from one store to another in one write. Other keys stay. Shows the plan and asks. ${OPERANDS}`,
    'FROM can also be version:ID of the repository\'s own store, or file:PATH.',
  ],
  inputs: ['stores', 'connection'],
  flags: [...CREATE_FLAGS, ANY_KEY, ...OPERAND_FLAGS, YES, DRY_RUN],
  examples: [
    { what: 'One key of staging to production:', command: 'env-kvstore copy env:staging env:production DATABASE_URL' },
    { what: "All keys of another repository's own store:", command: 'env-kvstore copy octo-org/old-name:repo octo-org/octo-repo:repo --create' },
  ],

  async run(args) {
    const { operands, switches } = args;
    const [from, to, ...keys] = operands;
    if (from === undefined || to === undefined) missing('FROM and TO');
    const create = await creationOf(args);
    storeOf(to, {});
    const session = await beginAsking(args, [from, to].some(isOfDefaultRepository));
    const set = await sourceOf(from, session.store);
    return changeAsPlanned(
      'copy',
      session,
      {
        task: 'change',
        store: storeOf(to, session.store),
        set,
        ...(keys.length > 0 && { keys }),
        ...(create && { create }),
        ...(switches.has('allow-any-key') && { allowAnyKey: true }),
      },
      args,
    );
  },
};
