/** What the command line and the crate `admin` agree on, owned by hand; `admin/src/wasm.rs` is the other side of it. */
import type { Host, RawInputs, Spelling } from './core.d.ts';

/** A store by what it is named after. */
export interface StoreName {
  /** OWNER/NAME; in a job its own unless given. */
  repository?: string;
  /** None is the repository's own store. */
  environment?: string;
  /** Variables, else secrets. */
  variable?: boolean;
}

/** A version of a store: by id, by staging label, or the current one. */
export interface VersionName {
  id?: string;
  stage?: string;
}

/** Where keys and values come from. */
export type Source =
  | { from: 'store'; store: StoreName; version?: VersionName }
  /** Keys and texts, as of a dotenv file. */
  | { from: 'entries'; entries: [key: string, text: string][] }
  /** The text of a JSON object. Numbers and objects stay as they are written. */
  | { from: 'json'; text: string };

/** What a store that does not exist yet is made with. */
export interface Creation {
  kmsKeyId?: string;
  tags: [key: string, value: string][];
}

/** What to write into a store. */
export interface Change {
  task: 'change';
  store: StoreName;
  set?: Source;
  /** Of `set`, all if not given. */
  keys?: string[];
  remove?: string[];
  /** Whether keys that `set` does not have are removed. */
  replace?: boolean;
  /** The version that the plan was made from: what others have changed since in the same keys stops the write. '' is none. */
  base?: string;
  /** Whether nothing is written. */
  dryRun?: boolean;
  /** Makes the store if it does not exist. */
  create?: Creation;
  /** Whether keys may have names that no variable can. */
  allowAnyKey?: boolean;
  /** Leaves keys out whose names no variable can have; they would stop the write. */
  skipUnusable?: boolean;
}

export type Task =
  | Change
  | { task: 'read'; source: Source }
  | { task: 'diff'; left: Source; right: Source }
  | { task: 'list'; store: StoreName; effective: boolean; both: boolean }
  | { task: 'stores'; repository?: string }
  | { task: 'history'; store: StoreName; limit: number }
  | { task: 'rollback'; store: StoreName; version?: string; base?: string; dryRun: boolean }
  | { task: 'delete'; store: StoreName; recoveryWindowInDays: number; dryRun: boolean }
  | { task: 'restore'; store: StoreName }
  /** In the region of the session, and of its account if that is known. */
  | { task: 'objects'; bucket: string; prefix: string }
  | { task: 'object'; bucket: string; key: string };

/** `+` only on the right or new, `-` only on the left or gone, `~` another value, `=` the same. */
export type Mark = '+' | '-' | '~' | '=';

export interface KeyChange {
  key: string;
  change: Mark;
}

/** A store as it is shown: nothing in it is secret. */
export interface StoreShown {
  name: string;
  repository: string;
  environment?: string;
  kind: 'secret' | 'variable';
  region: string;
  account?: string;
  /** If it exists. */
  arn?: string;
}

export interface Changed {
  store: StoreShown;
  keys: KeyChange[];
  /** The version that was read; none if there was no value. */
  base?: string;
  /** The current version now. */
  version?: string;
  written: boolean;
  created: boolean;
  /** How often others' writes came first. */
  lostRaces: number;
  /** By `skipUnusable`. */
  skipped: { key: string; problem: string }[];
}

export interface Version {
  id: string;
  stages: string[];
  /** ISO 8601. */
  created?: string;
  /** Against the version before it; none if one of the two cannot be read. */
  keys?: KeyChange[];
}

export interface Listed {
  key: string;
  kind: 'secret' | 'variable';
  level: 'environment' | 'repository';
  /** Whether a job gets this one and not one of the same key at the other level. */
  effective: boolean;
  /** Whether it is there without a value. */
  empty: boolean;
  version: string;
  /** When the version that it is in was made, ISO 8601. */
  created?: string;
}

/** What `manage` resolves to, for each task. */
export interface Reports {
  change: Changed;
  /** Secret: what `export` and `get` write. Keys whose value cannot be text, as null, are left out and named. */
  read: { store?: StoreShown; version?: string; entries: [key: string, text: string][]; json: string; unusable: { key: string; problem: string }[] };
  diff: { left?: StoreShown; right?: StoreShown; leftVersion?: string; rightVersion?: string; keys: KeyChange[] };
  list: { stores: StoreShown[]; missing: StoreShown[]; keys: Listed[] };
  stores: { stores: { name: string; arn: string; tags: [key: string, value: string][]; changed?: string; deleted?: string }[] };
  history: { store: StoreShown; versions: Version[] };
  rollback: { store: StoreShown; from: string; to: string; keys: KeyChange[]; moved: boolean };
  delete: { store: StoreShown; deletionDate?: string };
  restore: { store: StoreShown };
  objects: { keys: string[] };
  object: { text: string };
}

/** What comes of a `kvstore.json`: files, or else why there are none. */
export interface Generated {
  files: { path: string; text: string }[];
  problems: Problem[];
  /** What the policies answer otherwise than the file says. */
  failed: { what: string; role: string; job: Record<string, string>; store: string; allowed: boolean }[];
  allowed: number;
  denied: number;
}

/** What is wrong with a file, and where. */
export interface Problem {
  file: string;
  pointer: string;
  line: number;
  message: string;
}

/** What a snapshot is to have. */
export interface SnapshotAsked {
  /** The folder that the script writes to, if it is given none. */
  to: string;
  region: string;
  /** None are all of the region. */
  poolIds: string[];
  /** None are all secrets. */
  secretPrefixes: string[];
  noSecretPolicies: boolean;
}

/** The script, and the policy that it needs as JSON; or which flags are wrong, and how. */
export interface SnapshotScript {
  script: string;
  policy: string;
  wrong: [flag: string, problem: string][];
}

export interface SnapshotChecked {
  problems: Problem[];
  account: string;
  region: string;
  providers: number;
  pools: number;
  roles: number;
  secrets: number;
  keys: number;
  /** What decides too, and is not in it. */
  notEvaluated: string[];
}

/** A secret, and who came for it: the jobs of one repository and environment by one role, or somebody who is not a job. */
export interface Use {
  store: string;
  /** The role's name, or the ARN of who is not a job. */
  principal: string;
  repository: string | null;
  environment: string | null;
  reads: number;
  denied: number;
  sessions: number;
  /** ISO 8601. */
  lastRead: string | null;
  lastDenied: string | null;
  /** Of the session that came last. */
  runId: string | null;
  workflow: string | null;
}

/** What CloudTrail's files come to. */
export interface Usage {
  /** The first and the last event that matters, ISO 8601. */
  from: string | null;
  to: string | null;
  events: number;
  uses: Use[];
  refused: { role: string; repository: string | null; error: string; count: number; last: string; runId: string | null }[];
  unused: { store: string; role: string; sentence: string }[];
  unexplained: (Use & { why: string })[];
  notes: string[];
}

export interface Admin {
  /** The environment variables that the core wants to know. */
  environmentVariables(): string[];
  /** Rejects with a `Failure`. The goal of `raw` is `manage`. */
  manage<T extends Task>(raw: RawInputs, task: T, host: Host, spelling?: Spelling): Promise<Reports[T['task']]>;
  /** The names of the variables for URL and bearer token, and the audience or ''; throws a text. */
  tokenServer(text: string): string[];
  /** What a profile in the text of a config file says under the keys, '' where nothing; none if there is no such profile. */
  profileSettings(text: string, name: string, keys: string[]): string[] | undefined;
  /** The text of a config file, translated; throws texts. `flags` are names and values in turn. */
  configure(text: string, command: string, flags: string[]): string;
  /** A program and its arguments as `command`; throws a text. */
  quotedCommand(words: string[]): string;
  /** Files made from `kvstore.json` and those beside it. */
  generate(names: string[], texts: string[], target: string): Generated;
  snapshotScript(asked: SnapshotAsked): SnapshotScript;
  /** `names` are those in the folder. */
  checkSnapshot(names: string[], texts: string[]): SnapshotChecked;
  /** Begins to read CloudTrail's files by the rules of a snapshot, or of `kvstore.json`; what is wrong with those. */
  beginTrail(names: string[], texts: string[], isSnapshot: boolean): Problem[];
  /** One log file, unpacked, in the order of their times; what is wrong with it. */
  addToTrail(name: string, text: string): Problem | undefined;
  finishTrail(): Usage | undefined;
}
