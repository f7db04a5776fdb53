import { readFileSync } from 'node:fs';
import { printable, systemReason } from './errors.ts';
import { wrongUsage } from './usage.ts';

/** The most that is read of a file or of stdin; a store holds 65,536 bytes, and a value may be escaped. */
const MAX_BYTES = 1024 * 1024;

/** A whole file as it is, which must be text; `-` is stdin. */
export async function readTextFile(file: string): Promise<string> {
  return file === '-' ? readStdin('-') : decoded(bytesOf(file), file);
}

export async function readStdin(what = 'stdin'): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) throw tooLarge(what);
  }
  return decoded(Buffer.concat(chunks), what);
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw wrongUsage(`${printable(file)}: ${systemReason(error as NodeJS.ErrnoException)}`, 'Check the path and its permissions. Nothing was sent.');
  }
}

/** What is no text must not come out changed. */
function decoded(bytes: Buffer, what: string): string {
  if (bytes.length > MAX_BYTES) throw tooLarge(what);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrongUsage(`${printable(what)} is not UTF-8, and a value must be text`, 'Encode it, for example with base64. Nothing was sent.');
  }
}

function tooLarge(what: string) {
  return wrongUsage(`${printable(what)} has more than ${MAX_BYTES} bytes, and a store takes 65536`, 'Nothing was sent.');
}
