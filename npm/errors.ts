import { getSystemErrorMap } from 'node:util';
import type { Failure } from '../host/core.d.ts';

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
export function asError(reason: unknown): EnvKvstoreError {
  if (reason instanceof EnvKvstoreError) return reason;
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'hint' in reason) {
    return new EnvKvstoreError(reason as Failure);
  }
  // A trap in the core, or a fault of ours: its message may be anyone's, so only its kind is shown.
  const kind = reason instanceof Error ? reason.name : typeof reason;
  return new EnvKvstoreError({
    code: 'internal-error',
    message: kind,
    hint: 'This is a fault of env-kvstore. Please report it with the line above; it holds no secret.',
  });
}

/** What is wrong with options, all of it, as the core says it. */
export function wrongOptions(problems: string[]): EnvKvstoreError {
  const list = problems.length === 1 ? `: ${problems[0]}` : problems.map((problem) => `\n- ${problem}`).join('');
  return new EnvKvstoreError({ code: 'invalid-input', message: `wrong option${list}`, hint: 'Correct the options. Nothing was sent.' });
}

/** Why the operating system refused, in words: `no such file or directory (ENOENT)`. */
export function systemReason({ errno, code, name }: NodeJS.ErrnoException): string {
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return words === undefined ? (code ?? name) : `${words} (${code})`;
}

/** The longest text of others that is repeated, in characters. */
const MAX_REPEATED = 40;

/** A text of the user's as a message can repeat it: printable, and cut. */
export function repeated(text: string): string {
  const characters = [...text];
  return printable(characters.slice(0, MAX_REPEATED).join('')) + (characters.length > MAX_REPEATED ? '…' : '');
}

/** A text on one line, without what a terminal or a runner would obey. */
export function printable(text: string): string {
  return [...text].map((each) => (/[\p{C}\p{Zl}\p{Zp}]/u.test(each) ? `\\u{${each.codePointAt(0)!.toString(16)}}` : each)).join('');
}
