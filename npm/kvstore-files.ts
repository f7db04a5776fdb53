import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Generated } from '../host/admin.d.ts';
import { printable } from './errors.ts';
import { readTextFile } from './text-files.ts';
import { wrongUsage } from './usage.ts';

export const KVSTORE_FILE = 'kvstore.json';

/** The file, and the JSON files of `kvstore.d` beside it in the order of their names. */
export async function textsOf(file: string): Promise<[name: string, text: string][]> {
  const folder = path.join(path.dirname(file), 'kvstore.d');
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const parts = isFolder ? readdirSync(folder).filter((name) => name.endsWith('.json')).sort() : [];
  const names = [[path.basename(file), file], ...parts.map((name) => [`kvstore.d/${name}`, path.join(folder, name)])] as const;
  return Promise.all(names.map(async ([name, from]) => [name, await readTextFile(from)] as [string, string]));
}

export function refuseProblems(problems: Generated['problems'], file: string): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ file, line, pointer, message }) => `${printable(file)}:${line}${pointer && ` ${printable(pointer)}`}: ${printable(message)}`);
  throw wrongUsage(`${printable(file)} cannot be used:\n${lines.join('\n')}`, 'Correct the file. Nothing was written.');
}
