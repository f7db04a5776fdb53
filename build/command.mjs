// Runs a program of the build in the project's folder.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** What the command writes to stdout, if that is a pipe. */
export function run(command, args, environment = {}, stdout = 'inherit') {
  const { status, error, stdout: text } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['inherit', stdout, 'inherit'],
  });
  if (status !== 0) {
    throw error ?? new Error(`${command} ${args.join(' ')} failed with ${status}`);
  }
  return text;
}
