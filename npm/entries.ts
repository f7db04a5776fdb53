// Keys with values in files: dotenv and JSON, read and written.
import type { Source } from '../host/admin.d.ts';
import { printable } from './errors.ts';
import { wrongUsage } from './usage.ts';

export type Entry = [key: string, text: string];

/** A dotenv file or a JSON object, by what it begins with. */
export async function sourceOfText(text: string, what: string): Promise<Source> {
  if (!/^[\s\uFEFF]*[{[]/.test(text)) return { from: 'entries', entries: await dotenvEntries(text, what) };
  const json = text.replace(/^\uFEFF/, '');
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // What the parser says has an excerpt in it.
    throw wrongUsage(`${printable(what)} begins like JSON and is not valid JSON`, 'Check it with `jq empty FILE`. Nothing was sent.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw wrongUsage(`${printable(what)} is JSON, but not an object of keys and values`, 'Nothing was sent.');
  }
  return { from: 'json', text: json };
}

const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)(.*)$/s;

/**
 * The entries of a dotenv file, by the package `dotenv`. That package skips what it does not understand, and drops what follows a
 * `#`; of a secret, nothing may be lost without a word. So each assignment is read by itself too, and both must agree.
 */
export async function dotenvEntries(text: string, what: string): Promise<Entry[]> {
  const { parseDotenv } = await import('./parts/dotenv.ts');
  const wrong = (line: number, why: string) => wrongUsage(`${printable(what)}: line ${line}: ${why}`, 'Nothing was sent.');
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const entries = new Map<string, string>();
  const seen = new Map<string, number>();
  for (let index = 0; index < lines.length; ) {
    const number = index + 1;
    const line = lines[index]!;
    if (/^\s*(#|$)/.test(line)) {
      index += 1;
      continue;
    }
    const [, key, written] = ASSIGNMENT.exec(line) ?? [];
    if (key === undefined || written === undefined) throw wrong(number, 'it is neither an assignment (KEY=VALUE) nor a comment');
    const rest = written.trimStart();
    const end = endOfValue(lines, index, rest);
    if (end === undefined) throw wrong(number, 'the quotation mark before the value is not closed, or something other than a comment follows it');
    // A comment after a value follows a space.
    if (!/^['"`]/.test(rest) && /^(?:[^#]*[^\s#])?#/.test(written)) throw wrong(number, 'the value has a # and no quotes: dotenv would cut it there');
    const alone = parseDotenv(lines.slice(index, end + 1).join('\n'));
    const value = alone[key];
    if (value === undefined || Object.keys(alone).length !== 1) throw wrong(number, 'dotenv does not read it as one assignment');
    const before = seen.get(key);
    if (before !== undefined) throw wrong(number, `${printable(key)} is already set on line ${before}`);
    seen.set(key, number);
    entries.set(key, value);
    index = end + 1;
  }
  const whole = parseDotenv(text);
  for (const [key, number] of seen) {
    if (whole[key] !== entries.get(key)) throw wrong(number, `dotenv reads ${printable(key)} in two ways; check the quotation marks before it`);
  }
  if (Object.keys(whole).length !== entries.size) throw wrongUsage(`${printable(what)}: dotenv reads other keys than the lines have; check the quotation marks`, 'Nothing was sent.');
  return [...entries];
}

/** The line on which a value ends; none if its quotation mark is not closed, or is followed by something else than a comment. */
function endOfValue(lines: string[], start: number, rest: string): number | undefined {
  const quote = /^['"`]/.exec(rest)?.[0];
  if (quote === undefined) return start;
  let afterBackslash: number | undefined;
  for (let index = start; index < lines.length; index += 1) {
    const text = index === start ? rest.slice(1) : lines[index]!;
    for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1)) {
      const isEnd = /^\s*(?:#.*)?$/.test(text.slice(at + 1));
      if (text[at - 1] !== '\\') return isEnd ? index : afterBackslash;
      // Dotenv takes such a mark for the end only if it finds no other.
      if (isEnd) afterBackslash ??= index;
    }
  }
  return afterBackslash;
}

/** A dotenv file that is read as these entries; throws for a key that it cannot hold. */
export async function asDotenv(entries: Entry[]): Promise<string> {
  let text = '';
  for (const [key, value] of entries) {
    const candidates = [
      ...(/^[\w./:@%+,=-]+$/.test(value) ? [value] : []),
      ...["'", '`', '"'].map((quote) => quote + value + quote),
      `"${value.replaceAll('\r', '\\r').replaceAll('\n', '\\n')}"`,
    ];
    const lines = await Promise.all(candidates.map(async (candidate) => ((await isReadAs(`${key}=${candidate}\n`, [[key, value]])) ? [`${key}=${candidate}\n`] : [])));
    const [line] = lines.flat();
    if (line === undefined) throw unwritable(key, 'dotenv');
    text += line;
  }
  // One line may change what another means.
  if (!(await isReadAs(text, entries))) throw unwritable(entries.map(([key]) => key).join(', '), 'dotenv');
  return text;
}

async function isReadAs(text: string, entries: Entry[]): Promise<boolean> {
  try {
    const found = await dotenvEntries(text, '');
    return found.length === entries.length && entries.every(([key, value], index) => found[index]![0] === key && found[index]![1] === value);
  } catch {
    return false;
  }
}

/** Lines for `. FILE` in a POSIX shell. */
export function asShell(entries: Entry[]): string {
  return entries
    .map(([key, value]) => {
      if (!/^[A-Za-z_]\w*$/.test(key) || value.includes('\0')) throw unwritable(key, 'shell');
      return `export ${key}='${value.replaceAll("'", `'\\''`)}'\n`;
    })
    .join('');
}

function unwritable(key: string, format: string) {
  return wrongUsage(`--format ${format} cannot hold the key ${printable(key)}: it would be read back as another key or value`, 'Use --format json. Nothing was written.');
}
