/** What the command line and the crate `admin` agree on, owned by hand; `admin/src/wasm.rs` is the other side of it. */
import type { Failure, Host, RawInputs, Spelling } from './core.d.ts';

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
  /** The kvstore.json, with the files beside it, that says which tags more and which key. */
  file?: { texts: [name: string, text: string][]; isNamed: boolean };
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
  /** Those that kvstore.json has demanded, if the store was made or would be. */
  tagsFromFile: [key: string, value: string][];
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

/** What is wrong with a file, and where: a JSON pointer and a line. */
export interface Problem {
  file: string;
  pointer: string;
  line: number;
  message: string;
}

/** What comes of a `kvstore.json`: files, or else why there are none. */
export interface Generated {
  files: { path: string; text: string }[];
  problems: Problem[];
  /** What the policies answer otherwise than the file says. */
  failed: { what: string; on?: 'vault'; role: string; job: Record<string, string>; store: string; allowed: boolean }[];
  allowed: number;
  denied: number;
}

/** Files with rules: `kvstore.json` and those beside it, or the files of a snapshot, or the file of one of Vault. */
export interface Rules {
  kind: 'file' | 'snapshot' | 'vault';
  texts: [name: string, text: string][];
}

/** What `explain` is asked. */
export interface Asked {
  /** A text with claims. */
  claims?: string;
  /** `NAME=VALUE` each. */
  pairs: string[];
  role?: string;
  read?: string;
  variable: boolean;
  namespace?: string;
  /** Whether Vault is asked, if the rules have AWS too. */
  vault: boolean;
}

/** The answer, or what is wrong with the rules or the question. */
export interface Explained {
  problems: Generated['problems'];
  wrong?: [part: 'claims' | 'job' | 'read' | 'role' | 'vault', problem: string];
  explanation?: {
    answer: 'allow' | 'deny';
    role: string;
    store?: string;
    /** Claims that nobody gave. */
    assumed: Record<string, string>;
    gates: {
      gate: string;
      result: 'passed' | 'failed' | 'not-evaluated' | 'not-reached';
      text: string;
      statement?: { policy: string; statement: number; sid?: string };
      failures: { element: string; operator?: string; key?: string; wants: string[]; has?: string[]; reason: string }[];
      remedy: string[];
      alsoAdmits?: string;
    }[];
    notEvaluated: string[];
    /** Ways to a role that a token exchange decides. */
    notExplained: string[];
  };
  /** The answer for people. */
  text: string;
}

/** What the command line found on the machine, for an identity that is there already. */
export interface Machine {
  /** The steps of the AWS SDK's search that gave the credentials, by its names for them. */
  sources: string[];
  region?: RegionFound;
  /** Why there are no credentials. */
  problem?: Trouble;
  /** Whether a runner of GitHub Actions is the machine. */
  isJob: boolean;
}

/** A region, and the flag, variable or profile that names it. */
export interface RegionFound {
  name: string;
  from: string;
}

export type Trouble = Pick<Failure, 'code' | 'message' | 'hint'>;

/** What `doctor` resolves to. Nothing in it is secret. */
export interface Examination {
  ok: boolean;
  legs: {
    leg: 'token' | 'pool' | 'exchange' | 'tags' | 'role' | 'chain' | 'region' | 'credentials' | 'stores';
    status: 'ok' | 'failed' | 'not-reached';
    ms?: number;
    /** In one line; '' if it was not reached. */
    summary: string;
    /** The same for programs: texts, numbers, and names with their texts. */
    facts: Record<string, unknown>;
    problem?: Trouble;
  }[];
  stores: {
    name: string;
    region: string;
    /** Neither of the two for a secret that a line of `secrets` names. */
    kind?: 'secret' | 'variable';
    level?: 'repository' | 'environment';
    finding: 'readable' | 'missing' | 'denied' | 'failed';
    /** Whether that keeps the job from its values. */
    matters: boolean;
    ms: number;
    problem?: Trouble;
  }[];
  /** What to fix first, if a leg failed. */
  fix?: Trouble & { leg: string };
}

/** Where `init` works. */
export interface InitPlace {
  /** The path of `kvstore.json`. */
  file: string;
  folder: string;
  /** The targets that were generated in the folder before. */
  made: string[];
  /** Files to be carried over. */
  from: [name: string, text: string][];
}

export interface InitQuestion {
  key: string;
  message: string;
  /** How to find the answer, a line each. */
  explain: string[];
  default?: string;
  /** None if the answer is a text. */
  choices: { value: string; name: string }[];
}

export interface InitPlan {
  /** The whole text of `kvstore.json`. */
  text: string;
  targets: string[];
  /** The names of the new bindings. */
  bindings: string[];
  /** Who does what then; commands in their words. */
  next: { who: string; what: string; commands: string[][]; workflow?: string }[];
  /** What of files that were carried over is otherwise, or left out. */
  notes?: Problem[];
}

/** What comes next: a question or a plan, unless something is wrong. */
export interface InitStep {
  question?: InitQuestion;
  problems: Problem[];
  plan?: InitPlan;
}

/** What `audit` is asked. */
export interface AuditQuestion {
  repository: string | undefined;
  role: string | undefined;
  format: string;
  by: string;
  columns: number;
  failOn: string | undefined;
  artifact: string;
  version: string;
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
  /** Rejects with a `Failure` only if inputs are wrong. The goal of `raw` does not count. */
  doctor(raw: RawInputs, machine: Machine, host: Host, spelling?: Spelling): Promise<Examination>;
  /** The names of the variables for URL and bearer token, and the audience or ''; throws a text. */
  tokenServer(text: string): string[];
  /** What a profile in the text of a config file says under the keys, '' where nothing; none if there is no such profile. */
  profileSettings(text: string, name: string, keys: string[]): string[] | undefined;
  /** The text of a config file, translated; throws texts. `flags` are names and values in turn. */
  configure(text: string, command: string, flags: string[]): string;
  /** A program and its arguments as `command`; throws a text. */
  quotedCommand(words: string[]): string;
  /** What is wrong with `kvstore.json` and those beside it. */
  problemsOf(names: string[], texts: string[]): Generated['problems'];
  /** Files made from `kvstore.json` and those beside it; `released` is the action of this release, by its commit. */
  generate(names: string[], texts: string[], target: string, released?: string): Generated;
  explain(rules: Rules, asked: Asked): Explained;
  /** What `init` does after these answers, which are keys and texts in turn. No texts: there is no `kvstore.json` yet. */
  initStep(names: string[], texts: string[], answers: string[], place: InitPlace): InitStep;
  /** The same of a file of answers, which is never asked for more. */
  initFromFile(names: string[], texts: string[], name: string, text: string, place: InitPlace): InitStep;
  /** `against` are other rules to compare with. */
  audit(rules: Rules, against: Rules | undefined, asked: AuditQuestion): { problems: Problem[]; unknownRole: string | null; text: string; fails: boolean };
  snapshotScript(asked: SnapshotAsked): SnapshotScript;
  /** `names` are those in the folder. */
  checkSnapshot(names: string[], texts: string[]): SnapshotChecked;
  /** Begins to read CloudTrail's files by these rules; what is wrong with them. */
  beginTrail(rules: Rules): Problem[];
  /** One log file, unpacked, in the order of their times; what is wrong with it. */
  addToTrail(name: string, text: string): Problem | undefined;
  /** By the same rules. */
  finishTrail(rules: Rules, columns: number): { usage: Usage; text: string };
}
