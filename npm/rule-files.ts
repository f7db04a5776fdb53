import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Generated, RuleFiles } from '../host/admin.d.ts';
import { printable } from './errors.ts';
import { readTextFile } from './text-files.ts';
import { wrongUsage } from './usage.ts';

/** The file, and the JSON files of `kvstore.d` beside it in the order of their names. */
export async function textsOf(file: string): Promise<[name: string, text: string][]> {
  const folder = path.join(path.dirname(file), 'kvstore.d');
  const parts = isFolder(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')).sort() : [];
  const names = [[path.basename(file), file], ...parts.map((name) => [`kvstore.d/${name}`, path.join(folder, name)])] as const;
  return Promise.all(names.map(async ([name, from]) => [name, await readTextFile(from)] as [string, string]));
}

/** Rules by the path of `kvstore.json`, or of the folder of a snapshot. */
export async function rulesAt(place: string): Promise<RuleFiles> {
  if (!isFolder(place)) return { kind: 'file', texts: await textsOf(place) };
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json')).sort();
  const texts = names.map(async (name) => [name.replaceAll(path.sep, '/'), await readTextFile(path.join(place, name))] as [string, string]);
  return { kind: 'snapshot', texts: await Promise.all(texts) };
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

export function refuseProblems(problems: Generated['problems'], place: string, hint: string): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ file, line, pointer, message }) => `${printable(file)}:${line}${pointer && ` ${printable(pointer)}`}: ${printable(message)}`);
  throw wrongUsage(`${printable(place)} cannot be used:\n${lines.join('\n')}`, hint);
}
