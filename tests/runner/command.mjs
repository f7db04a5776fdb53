// Runs the committed command line, or any program, as a process of its own.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The Node that is tested. */
export const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
export const CLI = fileURLToPath(new URL('../../dist/npm/cli.mjs', import.meta.url));

/** A program that has not ended by then hangs. */
const HANGS_AFTER_MS = 60_000;

/**
 * @typedef {object} Ended
 * @property {number | null} exitCode
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * @param {string[]} command and its arguments
 * @param {object} options
 * @param {Record<string, string | undefined>} options.environment nothing of this process but PATH is added
 * @param {string} [options.cwd]
 * @param {import('node:child_process').StdioOptions} [options.stdio]
 * @param {string} [options.input]
 * @param {number} [options.hangsAfterMs] a program that has not ended by then hangs
 * @param {(child: import('node:child_process').ChildProcess) => void} [options.onStart]
 * @returns {Promise<Ended>}
 */
export function runProgram([program, ...args], { environment, cwd, stdio, input, hangsAfterMs = HANGS_AFTER_MS, onStart = () => {} }) {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(program, args, { cwd, env, stdio, timeout: hangsAfterMs, killSignal: 'SIGKILL' });
  const texts = [child.stdout, child.stderr].map((stream) => stream?.setEncoding('utf8').toArray() ?? []);
  onStart(child);
  if (input !== undefined) child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', async (exitCode, signal) => {
      const [stdout, stderr] = (await Promise.all(texts)).map((chunks) => chunks.join(''));
      resolve({ exitCode, signal, stdout, stderr });
    });
  });
}

/** Of `env-kvstore`; its stdin is empty unless something else is said. */
export function runCli(args, options) {
  const stdio = options.input === undefined && !options.stdio ? ['ignore', 'pipe', 'pipe'] : options.stdio;
  return runProgram([NODE, CLI, ...args], { ...options, stdio });
}
