import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EnvKvstoreError, printable } from './errors.ts';

/** A file that is made, by its path below the folder, with slashes. */
interface Made {
  path: string;
  text: string;
}

/** In each folder of generated files: which of them were made for what, and their hashes. */
const MANIFEST = '.env-kvstore.json';

type Manifest = Record<string, Record<string, string>>;

/** What of the target is missing, differs, or is left from before. */
export function staleness(folder: string, target: string, files: Made[]): string[] {
  const differs = files.filter((made) => hashOnDisk(folder, made.path) !== sha256(made.text)).map((made) => made.path);
  const left = Object.keys(manifestOf(folder)[target] ?? {}).filter((name) => !files.some((made) => made.path === name));
  return [...differs, ...left.filter((name) => existsSync(path.join(folder, name)))].sort();
}

/**
 * Writes the files of a target, all or none, and removes those that are not made any more. A file that somebody has edited, or that
 * is nobody's of ours, is not touched. Returns what has changed.
 */
export function keep(folder: string, target: string, files: Made[]): string[] {
  const manifest = manifestOf(folder);
  const known = manifest[target] ?? {};
  const stale = staleness(folder, target, files);
  const isEdited = (name: string) => {
    const hash = hashOnDisk(folder, name);
    return hash !== undefined && hash !== known[name];
  };
  const edited = stale.filter(isEdited);
  if (edited.length > 0) {
    const list = edited.map((name) => `- ${printable(path.join(folder, name))}\n`).join('');
    throw new EnvKvstoreError({
      code: 'file-edited',
      message: `files were edited after they were made, or are not of env-kvstore:\n${list.trimEnd()}`,
      hint: 'Move what you need elsewhere and delete them, or choose another folder (--to). Nothing was written.',
    });
  }
  const made = files.filter((file) => stale.includes(file.path));
  const written = made.map((file) => [`${path.join(folder, file.path)}.new`, path.join(folder, file.path)] as const);
  try {
    made.forEach((file, index) => {
      mkdirSync(path.dirname(written[index]![1]), { recursive: true });
      writeFileSync(written[index]![0], file.text);
    });
  } catch (error) {
    written.forEach(([temporary]) => rmSync(temporary, { force: true }));
    throw error;
  }
  written.forEach(([temporary, final]) => renameSync(temporary, final));
  stale.filter((name) => !files.some((file) => file.path === name)).forEach((name) => rmSync(path.join(folder, name)));
  manifest[target] = Object.fromEntries(files.map((file) => [file.path, sha256(file.text)]));
  const sorted = Object.fromEntries(Object.entries(manifest).sort(([one], [other]) => (one < other ? -1 : 1)));
  writeFileSync(path.join(folder, MANIFEST), `${JSON.stringify(sorted, null, 2)}\n`);
  return stale;
}

function manifestOf(folder: string): Manifest {
  const file = path.join(folder, MANIFEST);
  if (!existsSync(file)) return {};
  const isPath = (name: string) => !path.isAbsolute(name) && !name.split(/[\\/]/).includes('..');
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    // Whoever wrote it could have anything below or above the folder removed.
    const own = Object.entries(manifest).map(([target, files]) => [target, Object.entries(files).filter(([name]) => isPath(name))] as const);
    return Object.fromEntries(own.map(([target, files]) => [target, Object.fromEntries(files)]));
  } catch {
    throw new EnvKvstoreError({
      code: 'file-edited',
      message: `${printable(file)} is not what env-kvstore wrote`,
      hint: 'Restore it, or delete the folder and generate it again. Nothing was written.',
    });
  }
}

function hashOnDisk(folder: string, name: string): string | undefined {
  const file = path.join(folder, name);
  return existsSync(file) ? sha256(readFileSync(file)) : undefined;
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
