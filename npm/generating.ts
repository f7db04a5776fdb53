// What all commands have in common that make files from kvstore.json.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Generated, Problem } from '../host/admin.d.ts';
import { EnvKvstoreError, printable } from './errors.ts';
import { readTextFile } from './text-files.ts';
import { wrongUsage } from './usage.ts';

/** Files by their names, `kvstore.json` first. */
export type Texts = [name: string, text: string][];

/** So many cases are shown of a proof that failed. */
const SHOWN = 10;

/** The file, and those beside it. */
export async function textsOf(file: string): Promise<Texts> {
  return [[path.basename(file), await readTextFile(file)], ...(await partsOf(file))];
}

/** The JSON files of `kvstore.d` beside the file, in the order of their names. */
export async function partsOf(file: string): Promise<Texts> {
  const folder = path.join(path.dirname(file), 'kvstore.d');
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const names = isFolder ? readdirSync(folder).filter((name) => name.endsWith('.json')).sort() : [];
  return Promise.all(names.map(async (name): Promise<Texts[number]> => [`kvstore.d/${name}`, await readTextFile(path.join(folder, name))]));
}

export function refuseWrong({ problems, failed }: Generated, file: string): void {
  if (problems.length > 0) {
    throw wrongUsage(`${printable(file)} cannot be used:\n${listed(problems)}`, 'Correct the file. Nothing was written.');
  }
  if (failed.length > 0) {
    const lines = failed.slice(0, SHOWN).map(({ what, store, allowed }) => `- ${printable(what)}: ${printable(store)} is ${allowed ? 'denied' : 'allowed'}`);
    throw new EnvKvstoreError({
      code: 'proof-failed',
      message: `the policies do not do what ${printable(file)} says, in ${failed.length} of their answers:\n${lines.join('\n')}`,
      hint: 'Nothing was written. This is a fault of env-kvstore: please report it with the file.',
    });
  }
}

/** A line for each problem, with its place. */
export function listed(problems: Problem[]): string {
  const lines = problems.map(({ file, line, pointer, message }) => `${printable(file)}:${line}${pointer && ` ${printable(pointer)}`}: ${printable(message)}`);
  return lines.join('\n');
}

export function proved({ allowed, denied }: Generated): string {
  return `The policies answer ${allowed + denied} questions as the file says: ${allowed} allowed, ${denied} denied.`;
}
