import type { Flag, Group, InputFlag } from './flag.ts';
import { INPUT_FLAGS } from './generated/flags.ts';

/** What a command was called with. */
export interface Arguments {
  /** Options of the core, by their current names. */
  options: Record<string, string | undefined>;
  /** The command's own flags that have a value. */
  own: Record<string, string | undefined>;
  /** The command's own flags that have none. */
  switches: Set<string>;
  operands: string[];
}

/** A group of inputs, or `stores`: where stores are, for commands that name one themselves. */
export type InputGroup = Group | 'stores';

/** A command: what it does, and all that help and completion say of it. */
export interface Command {
  name: string;
  /** In the list of commands. */
  summary: string;
  /** What the usage line has between the command's name and `[FLAGS]`. */
  usage: string;
  /** Whether it takes words that are no flags: by their names, or a whole command. */
  operands?: 'words' | 'command';
  /** The words that it takes, if they are known. */
  choices?: string[];
  /** Whether the words are files. */
  takesFiles?: boolean;
  /** Paragraphs. */
  about: string[];
  /** Which inputs of the action it takes. */
  inputs: InputGroup[];
  /** Its own flags. */
  flags: Flag[];
  examples: { what: string; command: string }[];
  /** Exit codes beside those that all commands have. */
  exitCodes?: [code: string, meaning: string][];
  /** What it ends with if it fails itself. */
  failsWith?: number;
  /** The way for whoever calls it where no job could have a token. */
  outsideActions?: string;
  /** Resolves to the exit code. */
  run(args: Arguments, commands: Command[]): Promise<number>;
}

/** All flags that a command takes but `--help`, its own first. */
export function flagsOf(command: Command): Flag[] {
  return [...command.flags, ...inputFlagsOf(command)];
}

export function inputFlagsOf({ inputs }: Command): InputFlag[] {
  return INPUT_FLAGS.filter((flag) => inputs.some((group) => isOf(flag, group)));
}

export function isOf({ name, of }: InputFlag, group: InputGroup): boolean {
  return group === 'stores' ? OF_STORES.includes(name) : of === group;
}

/** Those of the values' inputs that say where stores are, and not what to read of them. */
const OF_STORES = ['namespace', 'secrets-manager-account-id', 'secrets-manager-region'];
