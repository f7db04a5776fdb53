import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

/** Files that lie beside their places, complete, until all others do too. */
export interface Prepared {
  /** What will have changed. */
  stale: string[];
  commit(): void;
  /** Leaves nothing of what was not there before. */
  discard(): void;
}

/**
 * Writes the files of a target, all or none, and removes those that are not made any more. A file that somebody has edited, or that
 * is nobody's of ours, is not touched. Returns what has changed.
 */
export function keep(folder: string, target: string, files: Made[]): string[] {
  const prepared = prepare(folder, target, files);
  prepared.commit();
  return prepared.stale;
}

/** The same in two steps, for whoever writes more than one target or none. */
export function prepare(folder: string, target: string, files: Made[]): Prepared {
  const known = manifestOf(folder)[target] ?? {};
  const stale = staleness(folder, target, files);
  refuseEdited(folder, stale, known);
  const beside = prepareFiles(files.filter((file) => stale.includes(file.path)).map(({ path: name, text }) => [path.join(folder, name), text]));
  return {
    stale,
    discard: beside.discard,
    commit() {
      beside.commit();
      stale.filter((name) => !files.some((file) => file.path === name)).forEach((name) => rmSync(path.join(folder, name)));
      const manifest = { ...manifestOf(folder), [target]: Object.fromEntries(files.map((file) => [file.path, sha256(file.text)])) };
      const sorted = Object.fromEntries(Object.entries(manifest).sort(([one], [other]) => (one < other ? -1 : 1)));
      writeFileSync(path.join(folder, MANIFEST), `${JSON.stringify(sorted, null, 2)}\n`);
    },
  };
}

/** Writes texts beside the places of their files. */
export function prepareFiles(files: [file: string, text: string][]): Omit<Prepared, 'stale'> {
  const written = files.map(([file]) => [`${file}.new`, file] as const);
  const folders: string[] = [];
  const discard = () => {
    written.forEach(([temporary]) => rmSync(temporary, { force: true }));
    folders.reverse().forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  };
  try {
    files.forEach(([file, text]) => {
      const made = mkdirSync(path.dirname(file), { recursive: true });
      if (made !== undefined) folders.push(made);
      writeFileSync(`${file}.new`, text);
      const before = statSync(file, { throwIfNoEntry: false });
      if (before !== undefined) chmodSync(`${file}.new`, before.mode);
    });
  } catch (error) {
    discard();
    throw error;
  }
  return { commit: () => written.forEach(([temporary, final]) => renameSync(temporary, final)), discard };
}

/** The targets that were made in a folder. */
export function targetsIn(folder: string): string[] {
  return Object.keys(manifestOf(folder));
}

function refuseEdited(folder: string, stale: string[], known: Record<string, string>): void {
  const isEdited = (name: string) => {
    const hash = hashOnDisk(folder, name);
    return hash !== undefined && hash !== known[name];
  };
  const edited = stale.filter(isEdited);
  if (edited.length === 0) return;
  const list = edited.map((name) => `- ${printable(path.join(folder, name))}\n`).join('');
  throw new EnvKvstoreError({
    code: 'file-edited',
    message: `files were edited after they were made, or are not of env-kvstore:\n${list.trimEnd()}`,
    hint: 'Move what you need elsewhere and delete them, or choose another folder (--to). Nothing was written.',
  });
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
