// How a question is asked at a terminal, by whichever prompt of the library.

/** The user has ended the question, and with it the command. */
export class Interrupted extends Error {}

/** On stderr: stdout is for what a command comes to. */
export const TERMINAL = { input: process.stdin, output: process.stderr };

const CTRL_D = 0x04;

/** At the end of its input the library neither resolves nor rejects. */
export async function asked<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const onData = (bytes: Buffer) => bytes.includes(CTRL_D) && end();
  process.stdin.on('end', end).on('data', onData);
  try {
    return await ask(ending.signal);
  } catch (error) {
    if (['ExitPromptError', 'AbortPromptError'].includes((error as Error).name)) throw new Interrupted();
    throw error;
  } finally {
    process.stdin.off('end', end).off('data', onData).pause();
  }
}
