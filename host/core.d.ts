/** What the Rust core and the shim agree on, owned by hand; `src/wasm.rs` is the other side of it. */

/** What for, inputs by name, and those of `environmentVariables()` that are set. */
export interface RawInputs {
  goal: Goal;
  /** `repository` and `environment` where no token says them. */
  claims: Record<string, string>;
  inputs: Record<string, string>;
  environment: Record<string, string>;
  /** Whether the runner is one for Windows, which takes CR LF for one line break in `GITHUB_ENV`. */
  windows?: boolean;
  /** Whether nobody is told the masks of the plan; then it has none. */
  unmasked?: boolean;
}

export type Goal = 'export' | 'values' | 'credentials' | 'web-identity-token' | 'manage';

/** How users write the names of inputs: `aws-region`, `awsRegion` or `--aws-region`. */
export type Spelling = 'input' | 'option' | 'flag';

/** What the core asks of the machine. A rejection's `code` is all that the core reads of it; see `SendFailure::from_host`. */
export interface Host {
  /** Sends one request and reads the whole answer: no redirect, no more than `maxBodyBytes`, within the time. */
  send(request: Request, timeoutMs: number): Promise<Response>;
  /** The job's OIDC token. */
  githubToken(audience: string, timeoutMs: number, maxBodyBytes: number): Promise<string>;
  /** Encrypts a text to a recipient of age, armored; rejects if the recipient is none. Hosts that never migrate do without. */
  encryptToAge?(recipient: string, text: string): Promise<string>;
  sleep(durationMs: number): Promise<void>;
  /** Resolves when every request that was made so far has left the machine, or failed. */
  allSent(): Promise<void>;
  /** Sees to it that so many connections stand open for later requests to the origin. */
  connectEarly(origin: string, connections: number): void;
  /** Lets connections to the origin that are opened from now on trust these certificates alone. Throws if there are none. */
  trust(origin: string, pem: string): void;
  /** Whether the RSA key made the signature: RSASSA-PKCS1-v1_5 with SHA-256. Numbers are big-endian. */
  verifyRs256(modulus: Uint8Array, exponent: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  nowMs(): number;
  monotonicMs(): number;
  /** Texts are safe to print. `lines` are for a group only. */
  log(kind: 'info' | 'notice' | 'warning' | 'group', text: string, lines: string[]): void;
}

export interface Request {
  method: 'GET' | 'POST' | 'PUT';
  url: string;
  headers: [name: string, value: string][];
  body: string;
  maxBodyBytes: number;
}

export interface Response {
  status: number;
  /** Names in lower case. */
  headers: [name: string, value: string][];
  body: Uint8Array;
}

/** What to do after a run that succeeded, in the order of the fields. */
export interface ExportPlan {
  /** One a line; may be empty. */
  masks: string;
  /** To append to `GITHUB_ENV`. */
  environment: string;
  /** To append to `GITHUB_OUTPUT`. */
  outputs: string;
  /** To append to `GITHUB_STEP_SUMMARY`. */
  summary: string;
  /** To merge into the files of AWS's tools. */
  profile?: ProfilePlan;
}

export interface ProfilePlan {
  name: string;
  overwrite: boolean;
  /** For the shared credentials file. */
  credentials: [name: string, value: string][];
  /** For the config file. */
  region: string;
}

/** What a run came to. */
export interface Outcome {
  plan: ExportPlan;
  /** For the goal `values`. */
  values: {
    name: string;
    kind: 'secret' | 'variable';
    value: string;
    level: 'environment' | 'repository' | 'secret' | 'parameter';
    secretName: string;
    secretArn: string;
    versionId: string;
  }[];
  /** For the goal `credentials`. */
  credentials?: {
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken?: string;
    /** ISO 8601. */
    expiration?: string;
    /** When the service gave them, by its own clock, as HTTP writes dates. */
    answered?: string;
    accountId?: string;
  };
  /** For the goal `web-identity-token`. */
  webIdentityToken?: string;
  sessionName?: string;
}

/** Why a run failed; no text in it is secret. */
export interface Failure {
  code: string;
  message: string;
  hint: string;
  /** To append to `GITHUB_STEP_SUMMARY`. */
  summary?: string;
}

export interface Core {
  /** Those of the action, and those that are errors because another action has them. */
  inputNames(): string[];
  environmentVariables(): string[];
  /** Rejects with a `Failure`, whose texts name inputs by the spelling: as the action does, unless told. */
  run(raw: RawInputs, host: Host, spelling?: Spelling): Promise<Outcome>;
  /** The text with the profile in it; throws a `Failure`. `settings` are names and values in turn. */
  mergeProfile(text: string, isConfig: boolean, name: string, settings: string[], overwrite: boolean): string;
}
