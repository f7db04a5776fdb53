// Questions at a terminal: a text, and one of several answers. `init` alone loads them.
import inputPrompt from '@inquirer/input';
import selectPrompt from '@inquirer/select';
import { asked, Interrupted, TERMINAL } from '../terminal-question.ts';

export { Interrupted };

/** True, or what is wrong. */
type Check = (answer: string) => true | string;

export function text(message: string, byDefault: string | undefined, validate: Check): Promise<string> {
  const config = { message, validate, ...(byDefault !== undefined && { default: byDefault }) };
  return asked((signal) => inputPrompt(config, { ...TERMINAL, signal }));
}

export function choice(message: string, choices: { value: string; name: string }[], byDefault: string | undefined): Promise<string> {
  const config = { message, choices, loop: false, ...(byDefault !== undefined && { default: byDefault }) };
  return asked((signal) => selectPrompt(config, { ...TERMINAL, signal }));
}
