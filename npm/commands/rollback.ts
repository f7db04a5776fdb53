import { confirmed } from '../ask.ts';
import type { Command } from '../command.ts';
import { printable } from '../errors.ts';
import { declined, DRY_RUN, named, STORE_FLAGS, YES } from '../manage.ts';
import { print } from '../output.ts';
import { beginAsking } from '../plan.ts';
import { commandLine, counted, marked, printJson, storeInJson } from '../report.ts';
import { missing } from '../usage.ts';

export const rollback: Command = {
  name: 'rollback',
  summary: 'make an earlier version of a store the current one',
  usage: '[VERSION] [FLAGS]',
  operands: 'words',
  about: [
    'Makes a version of a store the current one again: the one before, or that with the id VERSION. It moves the label AWSCURRENT and writes no new version. Shows the keys ' +
      'that change, and asks.',
  ],
  inputs: ['stores', 'connection'],
  flags: [...STORE_FLAGS, YES, DRY_RUN],
  examples: [{ what: 'Undo the last change:', command: 'env-kvstore rollback --repository octo-org/octo-repo --environment production' }],

  async run(args) {
    const [version, ...more] = args.operands;
    if (more.length > 0) missing('at most one VERSION');
    const session = await beginAsking(args);
    const { switches } = args;
    const task = { task: 'rollback' as const, store: session.store, ...(version !== undefined && { version }) };
    const plan = await session.ask({ ...task, dryRun: true });
    const isDryRun = switches.has('dry-run');
    if (!isDryRun) {
      if (!switches.has('yes')) process.stderr.write(`${named(plan.store, session)}\nVersion ${printable(plan.to)}\n${marked(plan.keys, process.stderr)}`);
      const question = `Make it the current version: ${counted(plan.keys)}?`;
      if (!(await confirmed(question, switches.has('yes')))) {
        declined();
        return 1;
      }
    }
    // The version of the plan, and not the one before by then.
    const done = isDryRun ? plan : await session.ask({ ...task, version: plan.to, base: plan.from, dryRun: false }, 'Writing');
    const back = done.moved ? commandLine(['rollback', ...session.flagsTo(done.store), done.from]) : undefined;
    if (session.isJson) {
      const { store, from, to, keys, moved } = done;
      await printJson({ command: 'rollback', dryRun: isDryRun, store: storeInJson(store), previousVersionId: from, versionId: to, keys, moved, rollback: back });
      return 0;
    }
    const said = done.moved
      ? `The current version of ${printable(done.store.arn ?? done.store.name)} is ${done.to}\nTo go back: ${back}\n`
      : `Nothing was written: this was a dry run. ${counted(done.keys)}.\n`;
    await print(`${marked(done.keys, process.stdout)}${said}`);
    return 0;
  },
};
