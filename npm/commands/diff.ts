import type { StoreShown } from '../../host/admin.d.ts';
import type { Command } from '../command.ts';
import { begin, ENVIRONMENT, OPERAND_FLAGS } from '../manage.ts';
import { isOfDefaultRepository, OPERANDS, sourceOf } from '../operands.ts';
import { print } from '../output.ts';
import { counted, isSame, marked, printJson, storeInJson } from '../report.ts';
import { missing, wrongUsage } from '../usage.ts';

const DIFFERENT = 4;

export const diff: Command = {
  name: 'diff',
  summary: 'compare the keys of two stores, versions or files',
  usage: 'A B [FLAGS]',
  operands: 'words',
  about: [
    `Shows the keys that are only in B (+), only in A (-), in both with another value (~), and in both with the same value (=). Shows no value. ${OPERANDS}`,
    'A and B can also be version:ID, a version of the store that --environment and --variable name (`env-kvstore history` lists the ids), or ' +
      'file:PATH, a dotenv file or a JSON object.',
  ],
  inputs: ['stores', 'connection'],
  flags: [{ ...ENVIRONMENT, help: "Environment of the store that version:ID is of. Default: none, which is the repository's own store." }, ...OPERAND_FLAGS],
  examples: [
    { what: 'Two environments:', command: 'env-kvstore diff env:staging env:production --repository octo-org/octo-repo' },
    { what: 'A file and a store:', command: 'env-kvstore diff file:.env repo' },
  ],
  exitCodes: [['4', 'diff: the two differ; list: a key is missing']],

  async run(args) {
    const { operands, own } = args;
    const [a, b, ...more] = operands;
    if (a === undefined || b === undefined || more.length > 0) missing('A and B');
    if (own['environment'] !== undefined && ![a, b].some((operand) => operand.startsWith('version:'))) {
      throw wrongUsage('--environment is for version:ID; an environment is compared as env:NAME');
    }
    const session = (await begin(args, { needsRepository: [a, b].some(isOfDefaultRepository) }))!;
    const left = await sourceOf(a, session.store);
    const right = await sourceOf(b, session.store);
    const report = await session.ask({ task: 'diff', left, right });
    const { keys, leftVersion, rightVersion } = report;
    if (session.isJson) {
      const side = (store: StoreShown | undefined, versionId: string | undefined) => ({ store: store && storeInJson(store), versionId });
      const sides = { left: side(report.left, leftVersion), right: side(report.right, rightVersion) };
      await printJson({ command: 'diff', different: !isSame(keys), ...sides, keys });
    } else {
      await print(`${marked(keys, process.stdout)}${counted(keys)}\n`);
    }
    return isSame(keys) ? 0 : DIFFERENT;
  },
};
