import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { printable } from './errors.ts';
import { wrongUsage } from './usage.ts';

/** More files no snapshot of some thousands of secrets has, nor more bytes: a folder that is something else is not read whole. */
const MAX_FILES = 200_000;
const MAX_BYTES = 512 * 1024 * 1024;

/** The files of a snapshot, by their names in its folder. */
export function snapshotTexts(folder: string): [name: string, text: string][] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw wrongUsage(`${printable(folder)} is not a folder`, 'Name the folder that env-kvstore snapshot wrote.');
  }
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && /\.(json|txt)$/.test(entry.name));
  const names = entries.map((entry) => entry.name).sort();
  if (names.length > MAX_FILES) throw tooLarge(folder, `${MAX_FILES} files`);
  let bytes = 0;
  return names.map((name) => {
    const file = path.join(folder, name);
    bytes += statSync(file).size;
    if (bytes > MAX_BYTES) throw tooLarge(folder, `${MAX_BYTES} bytes`);
    return [name, readFileSync(file, 'utf8')];
  });
}

/** Whether nothing would be mixed with what is collected. */
export function isEmptyOrAbsent(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found === undefined || (found.isDirectory() && readdirSync(folder).length === 0);
}

function tooLarge(folder: string, most: string) {
  return wrongUsage(`${printable(folder)} has more than ${most}`, 'Take the snapshot of fewer secrets: --secret-prefix.');
}
