import type { Failure } from '../host/core.d.ts';
import { respelled, type Spelling } from './options.ts';

export class EnvKvstoreError extends Error {
  readonly code: string;
  readonly hint: string;

  static {
    // Before there is an instance: the first line of a stack says what its error is called when it is made.
    Object.defineProperty(this.prototype, 'name', { value: 'EnvKvstoreError' });
  }

  constructor({ code, message, hint }: Failure) {
    super(message);
    this.code = code;
    this.hint = hint;
  }

  /** Lets a chain of the SDK's credential providers go on where no job of GitHub Actions could have a token. */
  get tryNextLink(): boolean {
    return this.code === 'id-token-permission-missing';
  }
}

/** What a run rejects with, as its user may see it. */
export function asError(reason: unknown, spelling: Spelling): EnvKvstoreError {
  if (reason instanceof EnvKvstoreError) return reason;
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'hint' in reason) {
    return new EnvKvstoreError(respelled(reason as Failure, spelling));
  }
  // A trap in the core, or a fault of ours: its message may be anyone's, so only its kind is shown.
  const kind = reason instanceof Error ? reason.name : typeof reason;
  return new EnvKvstoreError({
    code: 'internal-error',
    message: kind,
    hint: 'This is a fault of env-kvstore. Please report it with the line above; it holds no secret.',
  });
}

/** What is wrong with options or flags, all of it, in the form of the core. */
export function invalidInput(problems: string[], spelling: Spelling): EnvKvstoreError {
  const list = problems.length === 1 ? `: ${problems[0]}` : problems.map((problem) => `\n- ${problem}`).join('');
  return new EnvKvstoreError({ code: 'invalid-input', message: spelling.wrong + list, hint: spelling.correct });
}
