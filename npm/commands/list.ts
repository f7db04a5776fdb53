import type { Listed, Reports, StoreShown } from '../../host/admin.d.ts';
import type { Command } from '../command.ts';
import { printable } from '../errors.ts';
import { begin, STORE_FLAGS, type Session } from '../manage.ts';
import { print } from '../output.ts';
import { ageOf, dateOf, printJson, storeInJson, table } from '../report.ts';
import { wrongUsage } from '../usage.ts';

const KEY_MISSING = 4;

export const list: Command = {
  name: 'list',
  summary: 'list the keys of a store, or the stores',
  usage: '[KEY...] [FLAGS]',
  operands: 'words',
  about: [
    'Lists keys, with the level and the version of their store and how old that version is. Shows no value and nothing derived from one. ' +
      'With KEYs, lists those, and ends with 4 if one is missing.',
    '--effective lists what a job gets: secrets and variables, with --environment those of the repository too, and which of them are used.',
    '--stores lists the stores of --repository, or of all repositories of the namespace without it, with their tags. It decrypts nothing.',
  ],
  inputs: ['stores', 'connection'],
  flags: [
    { name: 'effective', help: 'List all that a job gets: both kinds, both levels, and which of two keys of the same name is used.' },
    { name: 'stores', help: 'List stores and not keys.' },
    ...STORE_FLAGS,
  ],
  examples: [
    { what: 'What a job of an environment gets:', command: 'env-kvstore list --environment production --effective' },
    { what: 'In a script: fail unless both keys are there.', command: 'env-kvstore list DATABASE_URL SENTRY_DSN --repository octo-org/octo-repo' },
  ],
  exitCodes: [['4', 'diff: the two differ; list: a key is missing']],

  async run(args) {
    const { operands, switches } = args;
    if (switches.has('stores')) {
      if (operands.length > 0 || switches.has('effective')) throw wrongUsage('--stores takes neither KEYs nor --effective');
      const session = (await begin(args, { needsRepository: false }))!;
      const { repository } = session.store;
      await showStores(await session.ask({ task: 'stores', ...(repository !== undefined && { repository }) }), session);
      return 0;
    }
    const session = (await begin(args))!;
    const isEffective = switches.has('effective');
    const report = await session.ask({ task: 'list', store: session.store, effective: isEffective, both: isEffective && !switches.has('variable') });
    const isWanted = ({ environment }: { environment?: string }) => isEffective || environment === session.store.environment;
    const level = session.store.environment === undefined ? 'repository' : 'environment';
    const found = report.keys.filter((listed) => isEffective || listed.level === level);
    const keys = found.filter(({ key }) => operands.length === 0 || operands.includes(key));
    const absent = operands.filter((key) => !keys.some((listed) => listed.key === key));
    await showKeys({ stores: report.stores.filter(isWanted), missing: report.missing.filter(isWanted), keys }, absent, session, isEffective);
    return absent.length > 0 ? KEY_MISSING : 0;
  },
};

async function showKeys({ stores, missing, keys }: Reports['list'], absent: string[], session: Session, isEffective: boolean): Promise<void> {
  if (session.isJson) {
    const found = { stores: stores.map(storeInJson), missingStores: missing.map(storeInJson) };
    const listed = keys.map(({ version, ...key }) => ({ ...key, versionId: version }));
    await printJson({ command: 'list', ...found, keys: listed, missingKeys: absent });
    return;
  }
  missing.forEach((store: StoreShown) => console.error(`env-kvstore: there is no store ${printable(store.name)}`));
  absent.forEach((key) => console.error(`env-kvstore: there is no key ${printable(key)}`));
  const row = ({ key, kind, level, effective, empty, version, created }: Listed) => [
    kind,
    level,
    ...(isEffective ? [effective ? 'yes' : 'no'] : []),
    ageOf(created),
    version.slice(0, 8),
    `${key}${empty ? ' (null)' : ''}`,
  ];
  const titles = ['KIND', 'LEVEL', ...(isEffective ? ['USED'] : []), 'AGE', 'VERSION', 'KEY'];
  if (keys.length > 0) await print(table(titles, keys.map(row)));
}

async function showStores({ stores }: Reports['stores'], { isJson }: Session): Promise<void> {
  if (isJson) return printJson({ command: 'list', stores });
  const row = ({ name, tags, changed, deleted }: (typeof stores)[number]) => [
    deleted === undefined ? dateOf(changed) : `deleted ${dateOf(deleted)}`,
    [name, ...tags.map(([key, value]) => `${key}=${value}`)].join(' '),
  ];
  if (stores.length > 0) await print(table(['CHANGED (UTC)', 'STORE AND TAGS'], stores.map(row)));
  else console.error('There are no stores.');
}
