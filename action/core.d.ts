/** What the Rust core and the shim agree on, owned by hand; `src/wasm.rs` is the other side of it. */

/** Inputs by name, and those of `environmentVariables()` that are set. */
export interface RawInputs {
  inputs: Record<string, string>;
  environment: Record<string, string>;
}

/** What the core asks of the machine. A rejection's `code` is all that the core reads of it; see `SendFailure::from_host`. */
export interface Host {
  /** Sends one request and reads the whole answer: no redirect, no more than `maxBodyBytes`, within the time. */
  send(request: Request, timeoutMs: number): Promise<Response>;
  /** The job's OIDC token. */
  githubToken(audience: string, timeoutMs: number, maxBodyBytes: number): Promise<string>;
  sleep(durationMs: number): Promise<void>;
  /** Sees to it that so many connections stand open for later requests to the origin. */
  connectEarly(origin: string, connections: number): void;
  nowMs(): number;
  monotonicMs(): number;
  /** Texts are safe to print. `lines` are for a group only. */
  log(kind: 'info' | 'notice' | 'warning' | 'group', text: string, lines: string[]): void;
}

export interface Request {
  method: 'GET' | 'POST';
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
  masks: string[];
  /** To append to `GITHUB_ENV`. */
  environment: string;
  /** To append to `GITHUB_OUTPUT`. */
  outputs: string;
  /** To append to `GITHUB_STEP_SUMMARY`. */
  summary: string;
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
  inputNames(): string[];
  environmentVariables(): string[];
  /** Resolves to the plan, rejects with a `Failure`. */
  run(raw: RawInputs, host: Host): Promise<ExportPlan>;
}
