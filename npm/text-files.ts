import { readFileSync } from 'node:fs';
import { printable, systemReason } from './errors.ts';
import { wrongUsage } from './usage.ts';

/** What a text is for, and so how many bytes it may have. A store holds 65,536 bytes, and a value may be escaped. */
const MAX_BYTES = { values: 1024 * 1024, rules: 64 * 1024 * 1024 };
type For = keyof typeof MAX_BYTES;

/** A whole file as it is, which must be text; `-` is stdin. */
export async function readTextFile(file: string, use: For = 'values'): Promise<string> {
  return file === '-' ? readStdin('-', use) : decoded(bytesOf(file), file, use);
}

export async function readStdin(what = 'stdin', use: For = 'values'): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES[use]) throw tooLarge(what, use);
  }
  return decoded(Buffer.concat(chunks), what, use);
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw wrongUsage(`${printable(file)}: ${systemReason(error as NodeJS.ErrnoException)}`, 'Check the path and its permissions. Nothing was sent.');
  }
}

/** What is no text must not come out changed. */
function decoded(bytes: Buffer, what: string, use: For): string {
  if (bytes.length > MAX_BYTES[use]) throw tooLarge(what, use);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const [why, next] = use === 'values' ? [', and a value must be text', 'Encode it, for example with base64. '] : ['', ''];
    throw wrongUsage(`${printable(what)} is not UTF-8${why}`, `${next}Nothing was sent.`);
  }
}

function tooLarge(what: string, use: For) {
  const why = use === 'values' ? ', and a store takes 65536' : '';
  return wrongUsage(`${printable(what)} has more than ${MAX_BYTES[use]} bytes${why}`, 'Nothing was sent.');
}
