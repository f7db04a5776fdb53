import { createReadStream, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Admin, Problem } from '../host/admin.d.ts';
import { printable, systemReason } from './errors.ts';
import { wrongUsage } from './usage.ts';

/** CloudTrail writes files of some megabytes; a gzipped file of a few kilobytes can hold gigabytes of the same byte. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Gives each of CloudTrail's files to the core, one at a time, and stops at the first that is not one. `paths` are files, or folders of them. */
export async function addCloudTrailFiles(admin: Admin, paths: string[]): Promise<Problem | undefined> {
  for (const file of paths.flatMap(filesBelow).sort(byTime)) {
    const problem = admin.addToTrail(file, await textOf(file));
    if (problem) return problem;
  }
  return undefined;
}

function filesBelow(from: string): string[] {
  if (!statSync(from, { throwIfNoEntry: false })?.isDirectory()) return [from];
  const entries = readdirSync(from, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.json(\.gz)?$/.test(entry.name));
  return files.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

/** By the time in `ACCOUNT_CloudTrail_REGION_20261126T1015Z_ID.json.gz`: sessions and their reads lie near each other. */
function byTime(one: string, other: string): number {
  const key = (file: string) => `${/_(\d{8}T\d{4}Z)_/.exec(path.basename(file))?.[1] ?? ''} ${file}`;
  return key(one) < key(other) ? -1 : 1;
}

async function textOf(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) return;
      chunks.push(chunk);
    }
  };
  const source = createReadStream(file);
  try {
    await (file.endsWith('.gz') ? pipeline(source, createGunzip(), collect) : pipeline(source, collect));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Whoever reads no further ends the streams, which is no fault of the file's.
    if (bytes <= MAX_BYTES) {
      const reason = code?.startsWith('Z_') ? 'is not gzip, or was cut short' : systemReason(error as NodeJS.ErrnoException);
      throw wrongUsage(`${printable(file)}: ${reason}`, 'Check the path and its permissions.');
    }
  }
  if (bytes > MAX_BYTES) throw wrongUsage(`${printable(file)} has more than ${MAX_BYTES} bytes`, 'CloudTrail writes no such file.');
  return Buffer.concat(chunks).toString('utf8');
}
