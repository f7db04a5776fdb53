import { isatty } from 'node:tty';
import { wrongUsage } from './usage.ts';

/** The user has ended a question with Ctrl-C, or with the end of the input. */
export class Interrupted extends Error {}

/** Questions are written to stderr and answered by stdin. */
export function hasTerminal(): boolean {
  return isatty(0) && isatty(2);
}

/** Fails before anything is sent if a question could not be asked later. */
export function requireAnswers(isYes: boolean): void {
  if (isYes || hasTerminal()) return;
  throw wrongUsage(
    'the command asks before it writes, and there is no terminal to ask at',
    'Pass --yes to write without a question, or --dry-run to see what would be written. Nothing was sent.',
  );
}

export async function confirmed(question: string, isYes: boolean): Promise<boolean> {
  if (isYes) return true;
  requireAnswers(isYes);
  const prompts = await import('./parts/prompts.ts');
  return ended(prompts, prompts.confirm(question));
}

/** One line that the terminal does not show. */
export async function askHidden(question: string): Promise<string> {
  const prompts = await import('./parts/prompts.ts');
  const text = await ended(prompts, prompts.hidden(question));
  if (text !== undefined) return text;
  throw wrongUsage('more than one line was pasted, and the prompt takes one', 'Pass longer values by stdin, or by --from-file KEY=PATH. Nothing was written.');
}

/** A text that `validate` takes, or one of the choices. */
export async function askFor(
  { message, choices, default: byDefault }: { message: string; choices: { value: string; name: string }[]; default?: string },
  validate: (answer: string) => true | string,
): Promise<string> {
  const prompts = await import('./parts/prompts.ts');
  return ended(prompts, choices.length > 0 ? prompts.choice(message, choices, byDefault) : prompts.text(message, byDefault, validate));
}

async function ended<T>(prompts: { Interrupted: new () => Error }, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof prompts.Interrupted ? new Interrupted() : error;
  }
}
