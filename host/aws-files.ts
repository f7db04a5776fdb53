import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Core, ProfilePlan } from './core.d.ts';

/** Gives back every byte of others' profiles, whatever they are encoded in; ours are ASCII. */
const ANY_BYTES = 'latin1';

/** The last of the waits, which double, for a file that another program of Windows has open: 0.6 s in all. */
const MAX_BUSY_WAIT_MS = 320;

/** The two files of AWS's tools with a profile in them, ready to be written: what cannot be merged fails here. */
export function mergedFiles(core: Core, { name, overwrite, credentials, region }: ProfilePlan) {
  // By file: both may be one.
  const merged = new Map<string, { before: string | undefined; after: string }>();
  const merge = (file: string, isConfig: boolean, settings: string[]) => {
    const known = merged.get(file);
    const before = known ? known.before : read(file, ANY_BYTES);
    const after = core.mergeProfile(known?.after ?? before ?? '', isConfig, name, settings, overwrite);
    merged.set(file, { before, after });
  };
  // The credentials last: where both files are one, what the first of them wrote stays.
  merge(configFile(), true, ['region', region]);
  merge(credentialsFile(), false, credentials.flat());
  return [...merged].map(([file, { before, after }]) => replacement(file, before, after));
}

/** <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html> */
export function configFile(): string {
  return locate(process.env['AWS_CONFIG_FILE'], 'config');
}

function credentialsFile(): string {
  return locate(process.env['AWS_SHARED_CREDENTIALS_FILE'], 'credentials');
}

function locate(named: string | undefined, leaf: string): string {
  // A function, because `$` in a string would have a meaning.
  return followed(named ? named.replace(/^~(?=[/\\])/, () => homedir()) : path.join(homedir(), '.aws', leaf));
}

/** Undefined if there is none. */
export function read(file: string, encoding: BufferEncoding = 'utf8'): string | undefined {
  try {
    return readFileSync(file, encoding);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function replacement(file: string, before: string | undefined, after: string) {
  const mode = before === undefined ? undefined : statSync(file).mode;
  let isWritten = false;
  return {
    write() {
      replaceFile(file, after, ANY_BYTES);
      isWritten = true;
    },
    undo() {
      if (!isWritten) return;
      try {
        if (before === undefined) rmSync(file, { force: true });
        else replaceFile(file, before, ANY_BYTES, mode);
      } catch {
        // The failure that this is the end of is told.
      }
    },
  };
}

/**
 * Puts a whole file, which only this user can read unless told, in the place of another: no reader sees half of it. A link is
 * replaced and not followed: in a folder of many users it may be someone else's.
 */
export function replaceFile(file: string, text: string, encoding: BufferEncoding = 'utf8', mode = 0o600): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  writeFileSync(beside, text, { encoding, mode: 0o600, flag: 'wx' });
  try {
    // The umask may have taken more away than was meant.
    chmodSync(beside, mode);
    renameUnlessBusy(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** Windows refuses while anyone has the file open, such as a virus scanner: that passes. */
function renameUnlessBusy(from: string, to: string): void {
  for (let waitMs = process.platform === 'win32' ? 5 : Infinity; ; waitMs *= 2) {
    try {
      return renameSync(from, to);
    } catch (error) {
      const isBusy = ['EACCES', 'EBUSY', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!isBusy || waitMs > MAX_BUSY_WAIT_MS) throw error;
      // Not asynchronously: no signal handler may run between the writes of an export.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
    }
  }
}

/** The file that a link leads to: a user's own files may well be links. */
export function followed(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
