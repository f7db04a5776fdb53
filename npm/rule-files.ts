import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Problem, Rules } from '../host/admin.d.ts';
import { printable } from './errors.ts';
import { snapshotTexts } from './snapshot-folder.ts';
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
  const names = isFolder(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')).sort() : [];
  return Promise.all(names.map(async (name): Promise<Texts[number]> => [`kvstore.d/${name}`, await readTextFile(path.join(folder, name), 'rules')]));
}

/** The rules that `--file` or `--snapshot` names, and where they are from. */
export async function rulesOf({ file, snapshot }: Record<string, string | undefined>): Promise<Rules & { from: string }> {
  if (file !== undefined && snapshot !== undefined) throw wrongUsage('--file and --snapshot are both given', 'Leave out one of them.');
  const from = snapshot ?? file ?? KVSTORE_FILE;
  if (snapshot === undefined && isFolder(from)) throw wrongUsage(`${printable(from)} is a folder`, 'See --file and --snapshot.');
  // An account's is a folder, and Vault's a file.
  if (snapshot !== undefined && !isFolder(from)) return { kind: 'vault', texts: [[path.basename(from), await readTextFile(from, 'rules')]], from };
  return { ...(await rulesAt(from)), from };
}

/** Rules by the path of `kvstore.json`, or of the folder of a snapshot. */
export async function rulesAt(place: string): Promise<Rules> {
  if (!isFolder(place)) return { kind: 'file', texts: await textsOf(place) };
  return { kind: 'snapshot', texts: snapshotTexts(place) };
}

export function refuseProblems(problems: Problem[], place: string, hint = 'Correct the file. Nothing was written.'): void {
  if (problems.length > 0) throw wrongUsage(`${printable(place)} cannot be used:\n${listed(problems)}`, hint);
}

/** A line for each problem, with its place. */
export function listed(problems: Problem[]): string {
  const lines = problems.map(({ file, line, pointer, message }) => `${printable(file)}:${line}${pointer && ` ${printable(pointer)}`}: ${printable(message)}`);
  return lines.join('\n');
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
