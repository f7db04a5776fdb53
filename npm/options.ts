import { OPTIONS } from './generated/options.ts';

export type OptionName = keyof typeof OPTIONS;
export type Options = Partial<Record<OptionName, string>>;

interface Row {
  input: string;
  of: 'connection' | 'session' | 'values';
  kind?: 'number';
  isClaim?: boolean;
  older?: string;
}

const ROWS = Object.entries(OPTIONS) as [OptionName, Row][];
const CURRENT = new Map(ROWS.flatMap(([name, { older }]) => (older ? [[older, name] as const] : [])));

export const OPTION_NAMES = ROWS.map(([name]) => name);
/** Those that are of use to who wants credentials. */
export const OF_CREDENTIALS = ROWS.filter(([, { of }]) => of !== 'values').map(([name]) => name);
/** All others are strings. */
export const NUMBERS = ROWS.filter(([, { kind }]) => kind === 'number').map(([name]) => name);

/** What an option is called now. */
export function currentName(name: string): string {
  return CURRENT.get(name) ?? name;
}

/** The options by their current names, and the older names that say something else than the current ones. */
export function byCurrentNames<T>(options: Record<string, T>): { options: Record<string, T>; contradicting: string[] } {
  const current = new Map<string, T>();
  const contradicting: string[] = [];
  const isGiven = (value: T | undefined) => value !== undefined && value !== '';
  const isOlder = ([name]: [string, T]) => CURRENT.has(name);
  const entries = Object.entries(options);
  for (const [name, value] of [...entries.filter((entry) => !isOlder(entry)), ...entries.filter(isOlder)]) {
    const known = current.get(currentName(name));
    if (CURRENT.has(name) && isGiven(known)) {
      if (isGiven(value) && value !== known) contradicting.push(name);
    } else {
      current.set(currentName(name), value);
    }
  }
  return { options: Object.fromEntries(current), contradicting };
}

/** Options as the core takes them. */
export function asCoreTakesThem(options: Options) {
  const inputs: Record<string, string> = {};
  const claims: Record<string, string> = {};
  for (const [name, { input, isClaim }] of ROWS) {
    const text = options[name];
    if (text) (isClaim ? claims : inputs)[input] = text;
  }
  return { inputs, claims };
}

/** The option that a flag is. */
export function optionOf(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The flag that an option is. */
export function flagOf(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
