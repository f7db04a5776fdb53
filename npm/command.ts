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
  /** Paragraphs. */
  about: string[];
  /** Which inputs of the action it takes. */
  inputs: Group[];
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
  return INPUT_FLAGS.filter(({ of }) => inputs.includes(of));
}
