import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Problem, Rules } from '../host/admin.d.ts';
import { printable } from './errors.ts';
import { readTextFile } from './text-files.ts';
import { wrongUsage } from './usage.ts';

export const KVSTORE_FILE = 'kvstore.json';

/** Files by their names, `kvstore.json` first. */
export type Texts = [name: string, text: string][];

/** The file, and those beside it. */
export async function textsOf(file: string): Promise<Texts> {
  return [[path.basename(file), await readTextFile(file, 'rules')], ...(await partsOf(file))];
}

/** The JSON files of `kvstore.d` beside the file, in the order of their names. */
export async function partsOf(file: string): Promise<Texts> {
  const folder = path.join(path.dirname(file), 'kvstore.d');
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const names = isFolder ? readdirSync(folder).filter((name) => name.endsWith('.json')).sort() : [];
  return Promise.all(names.map(async (name): Promise<Texts[number]> => [`kvstore.d/${name}`, await readTextFile(path.join(folder, name), 'rules')]));
}

/** The rules that `--file` names, and where they are from. */
export async function rulesOf(own: Record<string, string | undefined>): Promise<Rules & { from: string }> {
  const from = own['file'] ?? KVSTORE_FILE;
  return { kind: 'file', texts: (await textsOf(from)).map(([name, text]) => ({ name, text })), from };
}

export function refuseProblems(problems: Problem[], file: string): void {
  if (problems.length > 0) throw wrongUsage(`${printable(file)} cannot be used:\n${listed(problems)}`, 'Correct the file. Nothing was written.');
}

/** A line for each problem, with its place. */
export function listed(problems: Problem[]): string {
  const lines = problems.map(({ file, line, pointer, message }) => `${printable(file)}:${line}${pointer && ` ${printable(pointer)}`}: ${printable(message)}`);
  return lines.join('\n');
}
