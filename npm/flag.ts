/** A flag of a command. */
export interface Flag {
  /** Without the hyphens. */
  name: string;
  /** What stands for its value in help; a flag without one is either there or not. */
  value?: string;
  help: string;
  /** All that the value may be. */
  choices?: string[];
  /** Whether the value is a file. */
  isFile?: boolean;
  /** Whether it can be repeated, a line each. Of any other flag the last one wins. */
  repeated?: boolean;
  /** What it was called before. */
  older?: string;
}

/** What a flag is about: how to reach AWS, a role's session, or what to read. */
export type Group = 'connection' | 'session' | 'values';

/** A flag that is an input of the action. */
export interface InputFlag extends Flag {
  value: string;
  of: Group;
}
