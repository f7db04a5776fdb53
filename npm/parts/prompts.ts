// Questions at a terminal: yes or no, a value that is not shown, a text, and one of several answers.
import { setTimeout as sleep } from 'node:timers/promises';
import confirmPrompt from '@inquirer/confirm';
import inputPrompt from '@inquirer/input';
import passwordPrompt from '@inquirer/password';
import selectPrompt from '@inquirer/select';
import { asked, Interrupted, TERMINAL } from '../terminal-question.ts';

export { Interrupted };

/** Within this time the rest of a paste arrives. */
const PASTE_MS = 80;

export function confirm(message: string): Promise<boolean> {
  return asked((signal) => confirmPrompt({ message, default: false }, { ...TERMINAL, signal }));
}

/** Resolves to undefined if more than one line was pasted: the rest of it would go to the shell, which runs and remembers it. */
export async function hidden(message: string): Promise<string | undefined> {
  const lines = watchForMoreLines();
  try {
    // Without `toggleMask: false` a key would show the value.
    const text = await asked((signal) => passwordPrompt({ message, toggleMask: false }, { ...TERMINAL, signal }));
    return (await lines.areMore()) ? undefined : text;
  } finally {
    lines.forget();
  }
}

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

const LINE_END = /\r\n|\r|\n/;

function watchForMoreLines() {
  let text = '';
  const onData = (bytes: Buffer) => void (text += bytes.toString('latin1'));
  process.stdin.on('data', onData);
  return {
    async areMore() {
      // Raw, so that what comes is not echoed meanwhile.
      process.stdin.setRawMode?.(true);
      process.stdin.resume();
      await sleep(PASTE_MS);
      process.stdin.setRawMode?.(false);
      process.stdin.pause();
      const [, ...more] = text.split(LINE_END);
      return more.some((line) => line !== '');
    },
    forget: () => void process.stdin.off('data', onData),
  };
}
