import { isatty } from 'node:tty';
import type { Change } from '../../host/admin.d.ts';
import { askHidden, hasTerminal } from '../ask.ts';
import type { Arguments, Command } from '../command.ts';
import { CREATE_FLAGS, creationOf } from '../creation.ts';
import { dotenvEntries, type Entry } from '../entries.ts';
import { printable } from '../errors.ts';
import { ANY_KEY, begin, DRY_RUN, STORE_FLAGS, YES } from '../manage.ts';
import { reportChange } from '../report.ts';
import { readStdin, readTextFile } from '../text-files.ts';
import { missing, wrongUsage } from '../usage.ts';

export const put: Command = {
  name: 'put',
  summary: 'write values into a store',
  usage: 'KEY... [FLAGS]',
  operands: 'words',
  about: [
    'Writes values into a store, all in one write, and leaves its other keys as they are. The value of KEY is read from stdin, without one line break at ' +
      'its end; on a terminal, a prompt asks for it and does not show it. No value is an argument, which other programs and the history of the shell could read.',
    'If nothing changes, nothing is written. If others write to the store at the same time, no change is lost: the write is repeated on top of theirs, or ' +
      'stops if they changed the same key.',
  ],
  inputs: ['stores', 'connection'],
  flags: [
    { name: 'raw', help: 'Keep the line break at the end of stdin.' },
    { name: 'allow-empty', help: 'Take an empty value from stdin or the prompt. Without it, that is an error, because a failed command before the pipe gives one.' },
    { name: 'from-dotenv', value: 'FILE', isFile: true, help: 'Write all keys of a dotenv file too. - is stdin.' },
    { name: 'from-file', value: 'KEY=PATH', repeated: true, help: 'Write a whole file, unchanged, under KEY. May be repeated.' },
    ...CREATE_FLAGS,
    ANY_KEY,
    ...STORE_FLAGS,
    { ...YES, help: 'Take the repository of the git remote without a question.' },
    DRY_RUN,
  ],
  examples: [
    { what: 'At a terminal, which asks for the value:', command: 'env-kvstore put DATABASE_URL --environment production' },
    { what: 'A key file and a dotenv file, in one write:', command: 'env-kvstore put --from-file SIGNING_KEY=key.pem --from-dotenv .env \\\n  --repository octo-org/octo-repo' },
  ],

  async run(args) {
    const { switches } = args;
    const create = await creationOf(args);
    const isDryRun = switches.has('dry-run');
    const files = filesOf(args);
    checkKeys(args, files);
    const session = await begin(args, { isWrite: !isDryRun });
    if (session === undefined) return 1;
    const entries = await entriesOf(args, files);
    const task: Change = {
      task: 'change',
      store: session.store,
      set: { from: 'entries', entries },
      ...(isDryRun && { dryRun: true }),
      ...(create && { create }),
      ...(switches.has('allow-any-key') && { allowAnyKey: true }),
    };
    await reportChange('put', await session.ask(task, isDryRun ? 'Reading' : 'Writing'), session, isDryRun);
    return 0;
  },
};

function filesOf({ own }: Arguments): Entry[] {
  const lines = own['from-file']?.split('\n') ?? [];
  return lines.map((line) => {
    const at = line.indexOf('=');
    if (at < 1 || at === line.length - 1) throw wrongUsage('--from-file: it is not KEY=PATH');
    return [line.slice(0, at), line.slice(at + 1)];
  });
}

/** Fails before anything is read or asked, and never repeats what may be a value. */
function checkKeys({ operands, own, switches }: Arguments, files: Entry[]): void {
  const hint = 'The value is read from stdin, or asked for at a terminal: env-kvstore put KEY < FILE. If this was a real value, other programs may have seen it: replace it.';
  if (operands.some((operand) => operand.includes('='))) throw wrongUsage('put takes no value as an argument, and KEY=VALUE has one', hint);
  if (!switches.has('allow-any-key') && operands.length > 1 && operands.some((operand) => !/^[A-Za-z_][\w.-]*$/.test(operand))) {
    throw wrongUsage('put takes no value as an argument, and one of the arguments is not a key', hint);
  }
  if (operands.length === 0 && files.length === 0 && own['from-dotenv'] === undefined) missing('a KEY, --from-dotenv FILE or --from-file KEY=PATH');
  if (operands.length > 0 && isatty(0) && !hasTerminal()) {
    throw wrongUsage('put asks for the value on stderr, which is not a terminal', 'What is typed would be shown. Do not redirect stderr, or pipe the value in.');
  }
  if (operands.length > 1 && !hasTerminal()) {
    throw wrongUsage('stdin holds the value of one KEY, and put was given several arguments', `Use --from-dotenv or --from-file for several keys. ${hint}`);
  }
  const readers = [operands.length > 0 && !hasTerminal(), own['from-dotenv'] === '-', ...files.map(([, file]) => file === '-')];
  if (readers.filter(Boolean).length > 1) throw wrongUsage('stdin can be read once only, and two of the values are to come from it');
  refuseTwice([...operands, ...files.map(([key]) => key)]);
}

async function entriesOf({ operands, own, switches }: Arguments, files: Entry[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const key of operands) {
    const text = hasTerminal() ? await askHidden(`Value of ${printable(key)}`) : withoutLineBreak(await readStdin(), switches.has('raw'));
    if (text === '' && !switches.has('allow-empty')) {
      throw wrongUsage('the value is empty', 'If a command before the pipe failed, correct it; if the value is to be empty, pass --allow-empty. Nothing was written.');
    }
    entries.push([key, text]);
  }
  for (const [key, file] of files) entries.push([key, await readTextFile(file)]);
  const dotenv = own['from-dotenv'];
  if (dotenv !== undefined) entries.push(...(await dotenvEntries(await readTextFile(dotenv), dotenv)));
  refuseTwice(entries.map(([key]) => key));
  if (entries.length === 0) throw wrongUsage('the file has no keys', 'Nothing was written.');
  const empty = entries.filter(([, text]) => text === '').map(([key]) => printable(key));
  if (empty.length > 0) console.error(`env-kvstore: empty ${empty.length > 1 ? 'values' : 'value'}: ${empty.join(', ')}`);
  return entries;
}

function withoutLineBreak(text: string, isRaw: boolean): string {
  return isRaw ? text : text.replace(/\r?\n$/, '');
}

function refuseTwice(keys: string[]): void {
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw wrongUsage(`${printable(twice)} is given twice`, 'Nothing was written.');
}
