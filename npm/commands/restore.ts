import type { Command } from '../command.ts';
import { printable } from '../errors.ts';
import { begin, STORE_FLAGS, YES } from '../manage.ts';
import { print } from '../output.ts';
import { printJson, storeInJson } from '../report.ts';

export const restore: Command = {
  name: 'restore',
  summary: 'bring back a store whose deletion is scheduled',
  usage: '[FLAGS]',
  about: ['Brings back a store that `env-kvstore delete` has deleted, with all its versions, as long as its recovery window lasts.'],
  inputs: ['stores', 'connection'],
  flags: [...STORE_FLAGS, { ...YES, help: 'Take the repository of the git remote without a question.' }],
  examples: [{ what: 'Bring back the secrets of an environment:', command: 'env-kvstore restore --repository octo-org/octo-repo --environment review-17' }],

  async run(args) {
    const session = await begin(args, { isWrite: true });
    if (session === undefined) return 1;
    const { store } = await session.ask({ task: 'restore', store: session.store }, 'Restoring');
    if (session.isJson) await printJson({ command: 'restore', store: storeInJson(store) });
    else await print(`Restored ${printable(store.arn ?? store.name)}\n`);
    return 0;
  },
};
