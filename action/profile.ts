import { chmodSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Core, ProfilePlan } from './core.d.ts';

/** The two files of AWS's tools with a profile in them, ready to be written: what cannot be merged fails here. */
export function mergedFiles(core: Core, { name, overwrite, credentials, region }: ProfilePlan) {
  const merged = (file: string, isConfig: boolean, settings: string[]) => {
    const before = read(file);
    return replacement(file, before, core.mergeProfile(before ?? '', isConfig, name, settings, overwrite));
  };
  return [
    merged(credentialsFile(), false, credentials.flat()),
    merged(configFile(), true, ['region', region]),
  ];
}

/** <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html> */
export function configFile(): string {
  return locate(process.env['AWS_CONFIG_FILE'], 'config');
}

function credentialsFile(): string {
  return locate(process.env['AWS_SHARED_CREDENTIALS_FILE'], 'credentials');
}

function locate(named: string | undefined, leaf: string): string {
  return named ? named.replace(/^~(?=[/\\])/, homedir()) : path.join(homedir(), '.aws', leaf);
}

/** Undefined if there is none. */
export function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function replacement(file: string, before: string | undefined, after: string) {
  return {
    write: () => replaceFile(file, after),
    undo() {
      try {
        if (before === undefined) rmSync(file, { force: true });
        else replaceFile(file, before);
      } catch {
        // What kept it from being written keeps it as it was.
      }
    },
  };
}

/** Puts a whole file, which only this user can read, in the place of another: no reader sees half of it. */
export function replaceFile(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const place = followed(file);
  const beside = `${place}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, text, { mode: 0o600, flag: 'wx' });
    // The umask may have taken more away than was meant.
    chmodSync(beside, 0o600);
    renameSync(beside, place);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** A link stays one. */
function followed(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
