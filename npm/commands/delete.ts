import { confirmed } from '../ask.ts';
import type { Command } from '../command.ts';
import { printable } from '../errors.ts';
import { declined, DRY_RUN, named, STORE_FLAGS, YES } from '../manage.ts';
import { print } from '../output.ts';
import { beginAsking } from '../plan.ts';
import { commandLine, dateOf, printJson, storeInJson } from '../report.ts';
import { wrongUsage } from '../usage.ts';

const MIN_DAYS = 7;
const MAX_DAYS = 30;

export const deleteStore: Command = {
  name: 'delete',
  summary: 'schedule the deletion of a whole store',
  usage: '[FLAGS]',
  about: [
    'Schedules the deletion of a whole store with all its versions. From then on nobody can read it. AWS deletes it after the recovery window. Until ' +
      'then `env-kvstore restore` brings it back, and no store of the same name can be created.',
  ],
  inputs: ['stores', 'connection'],
  flags: [
    { name: 'recovery-window-in-days', value: 'N', help: `How long the store can be restored. ${MIN_DAYS} to ${MAX_DAYS}. Default: ${MAX_DAYS}.` },
    ...STORE_FLAGS,
    YES,
    DRY_RUN,
  ],
  examples: [{ what: 'The secrets of an environment that is gone:', command: 'env-kvstore delete --repository octo-org/octo-repo --environment review-17' }],

  async run(args) {
    const { own, switches } = args;
    const text = own['recovery-window-in-days'] ?? String(MAX_DAYS);
    const days = Number(text);
    if (!/^\d{1,2}$/.test(text) || days < MIN_DAYS || days > MAX_DAYS) {
      throw wrongUsage(`--recovery-window-in-days: it is not a number from ${MIN_DAYS} to ${MAX_DAYS}`);
    }
    const session = await beginAsking(args);
    const task = { task: 'delete' as const, store: session.store, recoveryWindowInDays: days };
    const plan = await session.ask({ ...task, dryRun: true });
    const isDryRun = switches.has('dry-run');
    const window = `For ${days} days it can be restored, and its name cannot be used; then AWS deletes it for good.`;
    if (!isDryRun && !switches.has('yes')) process.stderr.write(`${named(plan.store, session)}\nOnce it is deleted, nobody can read it. ${window}\n`);
    if (!isDryRun && !(await confirmed('Delete the store?', switches.has('yes')))) {
      declined();
      return 1;
    }
    const { store, deletionDate } = isDryRun ? plan : await session.ask({ ...task, dryRun: false }, 'Deleting');
    const back = isDryRun ? undefined : commandLine(['restore', ...session.flagsTo(store)]);
    if (session.isJson) {
      await printJson({ command: 'delete', dryRun: isDryRun, store: storeInJson(store), recoveryWindowInDays: days, deletionDate, restore: back });
    } else if (isDryRun) {
      await print(`Nothing was written: this was a dry run. ${printable(store.arn ?? store.name)} would be deleted.\n${window}\n`);
    } else {
      const until = deletionDate === undefined ? window : `Until ${dateOf(deletionDate)} UTC it can be restored, and its name cannot be used.`;
      await print(`Deleted ${printable(store.arn ?? store.name)}\n${until}\nTo restore it: ${back}\n`);
    }
    return 0;
  },
};
