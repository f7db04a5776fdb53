import { styleText } from 'node:util';
import type { Changed, KeyChange, Mark, StoreShown } from '../host/admin.d.ts';
import { printable } from './errors.ts';
import type { Session } from './manage.ts';
import { print } from './output.ts';

const COLUMNS = 80;
const COLOURS: Record<Mark, Parameters<typeof styleText>[0]> = { '+': 'green', '-': 'red', '~': 'yellow', '=': 'dim' };

/** One object on stdout. `version` is that of its form, and never that of a store. */
export function printJson(report: object): Promise<void> {
  return print(jsonText(report, { version: 1 }));
}

/** An object as JSON, after these members. */
export function jsonText(report: object, first: object): string {
  const json = JSON.stringify({ ...first, ...report }, null, 2);
  // What a terminal would obey, JSON may have as it is.
  const escaped = (text: string) => [...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  return `${json.replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, escaped)}\n`;
}

/** What a store is in JSON: as it is shown. */
export function storeInJson({ name, repository, environment, kind, region, account, arn }: StoreShown) {
  return { name, repository, environment, kind, region, account, arn };
}

/** Keys with their marks, a line each. */
export function marked(keys: KeyChange[], stream: NodeJS.WriteStream): string {
  return keys.map(({ key, change }) => `${coloured(`${change} ${printable(key)}`, COLOURS[change], stream)}\n`).join('');
}

/** `2 added, 1 changed, 1 removed, 4 unchanged`, without what there is none of. */
export function counted(keys: KeyChange[]): string {
  const names: [Mark, string][] = [['+', 'added'], ['~', 'changed'], ['-', 'removed'], ['=', 'unchanged']];
  const counts = names.map(([mark, name]) => [keys.filter(({ change }) => change === mark).length, name] as const);
  return counts.flatMap(([count, name]) => (count > 0 ? [`${count} ${name}`] : [])).join(', ') || 'no keys';
}

export function isSame(keys: KeyChange[]): boolean {
  return keys.every(({ change }) => change === '=');
}

function coloured(text: string, colour: Parameters<typeof styleText>[0], stream: NodeJS.WriteStream): string {
  const isPlain = !stream.isTTY || !['', undefined].includes(process.env['NO_COLOR']) || process.env['TERM'] === 'dumb';
  return isPlain ? text : styleText(colour, text, { stream });
}

/**
 * Columns under their titles. The last column takes what is left of 80 columns; what does not fit there goes to lines of its own,
 * and nothing is cut.
 */
export function table(titles: string[], rows: string[][]): string {
  const texts = rows.map((row) => row.map(printable));
  const widths = titles.map((title, index) => Math.max(title.length, ...texts.map((row) => [...(row[index] ?? '')].length)));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const left = Math.max(COLUMNS - before, 20);
  const line = (row: string[]) => {
    const cells = row.slice(0, -1).map((cell, index) => cell + ' '.repeat(widths[index]! + 2 - [...cell].length));
    return `${cells.join('')}${wrapped(row.at(-1) ?? '', left).join(`\n${' '.repeat(before)}`)}`.replace(/ +$/gm, '');
  };
  return `${[titles, ...texts].map(line).join('\n')}\n`;
}

/** A word that is longer than a line stays whole. */
function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
    if (longer.length <= width || lines.at(-1) === '') lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** `2026-11-25 14:03` in UTC. */
export function dateOf(iso: string | undefined): string {
  return iso === undefined ? '' : iso.slice(0, 16).replace('T', ' ');
}

/** How long ago, in the largest unit that fits. */
export function ageOf(iso: string | undefined, now = Date.now()): string {
  const seconds = (now - Date.parse(iso ?? '')) / 1000;
  if (!(seconds >= 0)) return '';
  const units: [number, string][] = [[86_400 * 365, 'y'], [86_400, 'd'], [3600, 'h'], [60, 'min']];
  const [unit, name] = units.find(([length]) => seconds >= length) ?? [1, 's'];
  return `${Math.floor(seconds / unit)} ${name}`;
}

/** A command of this program, as a POSIX shell takes it. */
export function commandLine(words: string[]): string {
  return shellLine(['env-kvstore', ...words]);
}

/** A command in its words, as a POSIX shell takes it. */
export function shellLine(words: string[]): string {
  const quoted = (word: string) => (/^[\w./:@+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
  return words.map(quoted).join(' ');
}

/** What a change came to, and the way back. */
export async function reportChange(command: string, changed: Changed, session: Session, isDryRun = false): Promise<void> {
  const { store, keys, base, version, written, created, lostRaces, tagsFromFile } = changed;
  const back = written && base ? commandLine(['rollback', ...session.flagsTo(store), base]) : undefined;
  if (session.isJson) {
    return printJson({
      command,
      dryRun: isDryRun,
      store: storeInJson(store),
      keys,
      written,
      created,
      previousVersionId: base || undefined,
      versionId: version,
      lostRaces,
      ...(tagsFromFile.length > 0 && { tagsFromFile: Object.fromEntries(tagsFromFile) }),
      rollback: back,
    });
  }
  const lines = [marked(keys, process.stdout)];
  const tags = tagsFromFile.length > 0 ? `Tags from kvstore.json: ${tagsFromFile.map(([key, value]) => `${printable(key)}=${printable(value)}`).join(', ')}\n` : '';
  if (isDryRun) lines.push(`${store.arn ? '' : 'The store does not exist yet. '}Nothing was written: this was a dry run. ${counted(keys)}.\n${tags}`);
  else if (!written) lines.push('Nothing was written: nothing would change.\n');
  else {
    lines.push(`${created ? 'Created' : 'Changed'} ${printable(store.arn ?? store.name)}\nVersion ${version}${lostRaces > 0 ? `, written after ${lostRaces} other ${lostRaces === 1 ? 'write' : 'writes'} at the same time` : ''}\n${tags}`);
    if (back) lines.push(`To go back: ${back}\n`);
  }
  await print(lines.join(''));
}
