import type { Command } from '../command.ts';
import { CREATE_FLAGS, creationOf } from '../creation.ts';
import { sourceOfText } from '../entries.ts';
import { ANY_KEY, DRY_RUN, STORE_FLAGS, YES } from '../manage.ts';
import { beginAsking, changeAsPlanned } from '../plan.ts';
import { readTextFile } from '../text-files.ts';
import { importObjects, isBucket } from '../s3-import.ts';
import { missing, wrongUsage } from '../usage.ts';

export const importFile: Command = {
  name: 'import',
  summary: 'write the keys of a dotenv or JSON file into a store',
  usage: 'FILE|s3://BUCKET/PREFIX [FLAGS]',
  operands: 'words',
  takesFiles: true,
  about: [
    'Writes all keys of a file into a store, in one write. The file is dotenv, or a JSON object if it begins with {; - is stdin. Keys ' +
      'of the store that the file does not have stay, unless you pass --replace. Shows the plan and asks.',
    'A dotenv file is read as the npm package dotenv reads it. A line that this package would ignore, or cut at a #, is an error.',
    "s3://BUCKET/PREFIX is where the action's migration from GitHub's secrets has put them: each repository and environment goes into " +
      'its own stores. Requires --age-identity. --repository takes that repository alone.',
  ],
  inputs: ['stores', 'connection'],
  flags: [
    { name: 'replace', help: 'Remove the keys that the file does not have.' },
    { name: 'age-identity', value: 'FILE', isFile: true, help: 'With s3://: the file with the identity of age that decrypts; - is stdin.' },
    ...CREATE_FLAGS,
    ANY_KEY,
    ...STORE_FLAGS,
    YES,
    DRY_RUN,
  ],
  examples: [
    { what: 'See what would change:', command: 'env-kvstore import .env --repository octo-org/octo-repo --dry-run' },
    { what: "Take over GitHub's secrets, as the action has encrypted them:", command: 'env-kvstore import s3://octo-migration/ --age-identity migration.key' },
    { what: 'Fill the store of a new environment:', command: 'env-kvstore import production.json --create --environment production' },
  ],

  async run(args) {
    const { operands, switches } = args;
    const [file, ...more] = operands;
    if (file === undefined || more.length > 0) missing('one FILE');
    const create = await creationOf(args);
    if (isBucket(file)) return importObjects(file, args, create);
    if (args.own['age-identity'] !== undefined) throw wrongUsage('--age-identity goes with s3://BUCKET/PREFIX');
    // Before the file is read: from then on stdin may be used up.
    const session = await beginAsking(args);
    const set = await sourceOfText(await readTextFile(file), file);
    return changeAsPlanned(
      'import',
      session,
      {
        task: 'change',
        store: session.store,
        set,
        ...(switches.has('replace') && { replace: true }),
        ...(create && { create }),
        ...(switches.has('allow-any-key') && { allowAnyKey: true }),
      },
      args,
    );
  },
};
