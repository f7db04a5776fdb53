import type { Command } from '../command.ts';
import { begin, STORE_FLAGS } from '../manage.ts';
import { print } from '../output.ts';
import { counted, dateOf, isSame, marked, printJson, storeInJson } from '../report.ts';
import { wrongUsage } from '../usage.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
/** Under this label each version is written before it becomes the current one, so it says nothing about a version. */
const PENDING = 'env-kvstore-pending';

export const history: Command = {
  name: 'history',
  summary: 'list the versions of a store, and the keys that each changed',
  usage: '[FLAGS]',
  about: [
    'Lists the versions of a store, newest first, with their labels, their dates and the keys that differ from the version before. AWS keeps about 100 ' +
      'versions, and those of the last 24 hours.',
  ],
  inputs: ['stores', 'connection'],
  flags: [{ name: 'limit', value: 'N', help: `How many versions to list. 1 to ${MAX_LIMIT}. Default: ${DEFAULT_LIMIT}.` }, ...STORE_FLAGS],
  examples: [{ what: 'The last five versions:', command: 'env-kvstore history --limit 5 --environment production' }],

  async run(args) {
    const text = args.own['limit'] ?? String(DEFAULT_LIMIT);
    const limit = Number(text);
    if (!/^\d{1,3}$/.test(text) || limit < 1 || limit > MAX_LIMIT) throw wrongUsage(`--limit: it is not a number from 1 to ${MAX_LIMIT}`);
    const session = (await begin(args))!;
    const { store, versions } = await session.ask({ task: 'history', store: session.store, limit });
    if (session.isJson) {
      await printJson({ command: 'history', store: storeInJson(store), versions });
      return 0;
    }
    const shown = versions.map(({ id, stages, created, keys }) => {
      const labels = stages.filter((stage) => stage !== PENDING).join(', ');
      const head = [id, dateOf(created), labels].filter(Boolean).join('  ');
      const changed = keys?.filter(({ change }) => change !== '=') ?? [];
      const below = keys === undefined ? '  (not compared)\n' : isSame(keys) ? '  (no key differs)\n' : marked(changed, process.stdout).replace(/^/gm, '  ').trimEnd() + '\n';
      return `${head}\n${below}`;
    });
    await print(shown.join('') || `${counted([])}\n`);
    return 0;
  },
};
