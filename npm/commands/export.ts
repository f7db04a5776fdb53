import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { replaceFile } from '../../host/aws-files.ts';
import type { Command } from '../command.ts';
import { asDotenv, asShell } from '../entries.ts';
import { printable } from '../errors.ts';
import { begin, STORE_FLAGS } from '../manage.ts';
import { maskInLog, print } from '../output.ts';
import { printJson, storeInJson } from '../report.ts';
import { masksOf } from '../value-masks.ts';
import { missing, wrongUsage } from '../usage.ts';

const FORMATS = ['dotenv', 'json', 'shell'];

export const exportValues: Command = {
  name: 'export',
  summary: 'write the values of a store to a file',
  usage: '--format dotenv|json|shell --to FILE [FLAGS]',
  about: [
    'Writes all values of a store to a file that only you can read. Writes to no terminal and to no pipe. A file with secrets is easily forgotten: to give ' +
      'values to a command, use `env-kvstore exec`, which leaves no file.',
    'dotenv is for the npm package dotenv, shell for `. FILE` in a POSIX shell, json as the store has it. A key that the format cannot hold is an error.',
  ],
  inputs: ['stores', 'connection'],
  flags: [
    { name: 'format', value: 'FORMAT', choices: FORMATS, help: `One of ${FORMATS.join(', ')}.` },
    { name: 'to', value: 'FILE', isFile: true, help: 'The file to write.' },
    { name: 'overwrite', help: 'Replace a file that exists.' },
    ...STORE_FLAGS,
  ],
  examples: [{ what: 'A copy to edit, and to import again:', command: 'env-kvstore export --format json --to production.json --environment production' }],

  async run(args) {
    const { own, switches } = args;
    const format = FORMATS.find((name) => name === own['format']) ?? missing(`--format, one of ${FORMATS.join(', ')}`);
    const to = path.resolve(own['to'] ?? missing('--to FILE'));
    refuseTarget(own['to'] ?? '', to, switches.has('overwrite'));
    const session = (await begin(args))!;
    const { store, version, entries, json, unusable } = await session.ask({ task: 'read', source: { from: 'store', store: session.store } });
    const text = format === 'json' ? `${json.trimEnd()}\n` : format === 'dotenv' ? await asDotenv(entries) : asShell(entries);
    if (session.store.variable !== true) await maskInLog(masksOf(entries.map(([, value]) => value)));
    // In a JSON document they are as the store has them.
    const left = format === 'json' ? [] : unusable;
    replaceFile(to, text);
    left.forEach(({ key, problem }) => console.error(`env-kvstore: left out ${printable(key)}: ${printable(problem)}`));
    const keys = format === 'json' ? [...entries.map(([key]) => key), ...unusable.map(({ key }) => key)] : entries.map(([key]) => key);
    if (session.isJson) {
      await printJson({ command: 'export', store: store && storeInJson(store), versionId: version, format, file: to, keys, leftOut: left });
    } else {
      await print(`Wrote ${keys.length} ${keys.length === 1 ? 'key' : 'keys'} to ${printable(to)}\n`);
    }
    return 0;
  },
};

/** Before anything is read: what is no file would show the values, or pass them to who knows whom. */
function refuseTarget(given: string, to: string, isOverwrite: boolean): void {
  const device = [given, to, followed(to)].some((name) => name === '-' || /^\/(dev|proc)\//.test(name));
  const found = lstatSync(to, { throwIfNoEntry: false });
  if (device || (found && !found.isFile() && !found.isSymbolicLink())) {
    throw wrongUsage('--to: it is not a file', 'To give values to a command, use `env-kvstore exec`; to print one, `env-kvstore get`.');
  }
  if (found && !isOverwrite) throw wrongUsage('--to: the file already exists; pass --overwrite to replace it', 'Nothing was written.');
}

function followed(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
