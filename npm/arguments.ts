import { parseArgs } from 'node:util';
import { flagsOf, inputFlagsOf, type Arguments, type Command } from './command.ts';
import { repeated } from './errors.ts';
import type { Flag } from './flag.ts';
import { nearest } from './nearest.ts';
import { byCurrentNames, currentName, flagOf, optionOf } from './options.ts';
import { wrongUsage } from './usage.ts';

/** What follows a command's name; undefined if help is asked for. */
export function parseArguments(command: Command, args: string[]): Arguments | undefined {
  const flags = flagsOf(command);
  const byName = new Map<string, Flag>(flags.flatMap((flag) => [flag.name, flag.older].flatMap((name) => (name ? [[name, flag] as const] : []))));
  const options = Object.fromEntries([...byName].map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' } as const]));
  const { tokens } = parseArgs({
    args,
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  const hint = `See env-kvstore ${command.name} --help.`;
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const flag = byName.get(name);
    // By its raw name too: `-help` is none.
    const isKnown = rawName === `--${name}` && (flag !== undefined || name === 'help');
    if (!isKnown && rawName !== '-h') throw unknownFlag(rawName, [...flags.map((known) => known.name), 'help'], hint);
    if (flag?.value === undefined) {
      if (value !== undefined) throw wrongUsage(`the flag ${rawName} takes no value`, hint);
    } else if (value === undefined || (!inlineValue && value.length > 1 && value.startsWith('-'))) {
      throw wrongUsage(`the flag ${rawName} has no value. Write a value that begins with - after =, as in ${rawName}=-1`, hint);
    }
    given.set(name, [...(given.get(name) ?? []), value ?? '']);
  }
  if (given.has('help')) return undefined;
  if (operands.length > 0 && !command.operands) throw wrongUsage('an argument is neither a flag nor the value of one', hint);
  // An empty text counts as absent, as with an empty input of the action. If a flag is repeated, the last one wins, so that it
  // can follow a set of flags; lines add up.
  const textOf = (name: string) => (byName.get(name)?.repeated ? given.get(name)?.join('\n') : given.get(name)?.at(-1)) || undefined;
  const names = inputFlagsOf(command).flatMap(({ name, older }) => (older ? [name, older] : [name]));
  const inputs = byCurrentNames(Object.fromEntries(names.map((name) => [optionOf(name), textOf(name)])));
  const [older] = inputs.contradicting;
  if (older !== undefined) {
    throw wrongUsage(`--${flagOf(older)} is an older name of --${flagOf(currentName(older))}, which has another value`, hint);
  }
  const isSwitch = ({ value }: Flag) => value === undefined;
  return {
    options: inputs.options,
    own: Object.fromEntries(command.flags.filter((flag) => !isSwitch(flag)).map(({ name }) => [name, textOf(name)])),
    switches: new Set(command.flags.filter(isSwitch).filter(({ name }) => given.has(name)).map(({ name }) => name)),
    operands,
  };
}

function unknownFlag(rawName: string, known: string[], hint: string) {
  const near = nearest(rawName.replace(/^-+/, ''), known);
  return wrongUsage(`there is no flag ${repeated(rawName)}`, near ? `Did you mean --${near}? ${hint}` : hint);
}
