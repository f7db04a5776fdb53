import type { Writable } from 'node:stream';
import { maskCommands } from '../host/mask-commands.ts';
import { EnvKvstoreError, systemReason } from './errors.ts';

export function writeMasks(stream: Writable, masks: string): Promise<void> {
  // The runner takes for commands what lines begin with, and would show what follows a line that someone left open.
  return written(stream, masks === '' ? '' : `\n${maskCommands(masks)}`);
}

/** Resolves once the text is out; rejects if it cannot be. */
export function written(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: NodeJS.ErrnoException | null) => {
      if (!error) return resolve();
      const [message, hint] = [`the output cannot be written: ${systemReason(error)}`, 'Check where the output goes.'];
      reject(new EnvKvstoreError({ code: 'file-failed', message, hint }));
    };
    // Without a handler Node would end the process, and print the error its own way. It comes after the callback.
    stream.once('error', settle);
    stream.write(text, (error) => {
      if (!error) stream.off('error', settle);
      settle(error);
    });
  });
}
