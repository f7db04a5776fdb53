import type { Failure } from '../action/core.d.ts';
import { asFlag, asOption, respelled, type Spelling } from './options.ts';

export class EnvKvstoreError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor({ code, message, hint }: Failure) {
    super(message);
    this.name = 'EnvKvstoreError';
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
    const { code, message, hint } = reason as Failure;
    const ownHint = code === 'invalid-input' ? INVALID.get(spelling) : undefined;
    return new EnvKvstoreError({ code, message: respelled(message, spelling), hint: ownHint ?? respelled(hint, spelling) });
  }
  // A trap in the core, or a fault of ours: its message may be anyone's, so only its kind is shown.
  const kind = reason instanceof Error ? reason.name : typeof reason;
  return new EnvKvstoreError({
    code: 'internal-error',
    message: kind,
    hint: 'This is a fault of env-kvstore. Please report it with the line above; it holds no secret.',
  });
}

const INVALID = new Map([
  [asOption, 'Correct the options. Nothing was sent.'],
  [asFlag, 'Correct the flags; see --help. Nothing was sent.'],
]);
