// Runs the command line at a terminal, which Python's `pty` makes.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { CLI, NODE, runProgram } from './command.mjs';
import { inVenv } from './venv.mjs';

const SCRIPT = fileURLToPath(new URL('terminal.py', import.meta.url));

/**
 * @param {string[]} args of `env-kvstore`
 * @param {object} options
 * @param {Record<string, string | undefined>} options.environment
 * @param {string} [options.cwd]
 * @param {[waitedFor: string, typed: string][]} [options.answers] in this order
 * @returns {Promise<{ exitCode: number, stdout: string, said: string, text: string, isRestored: boolean }>} `said` is what was written
 *   to the terminal, `text` the same without what only moves and colours
 */
export async function atTerminal(args, { environment, cwd, answers = [] }) {
  const command = [inVenv('python'), SCRIPT, JSON.stringify(answers), NODE, CLI, ...args];
  const { stdout, stderr, exitCode } = await runProgram(command, { environment: { TERM: 'xterm', ...environment }, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  assert.equal(exitCode, 0, stderr);
  const { unused, ...ended } = JSON.parse(stdout);
  assert.deepEqual(unused, [], `not asked: ${ended.said}`);
  return { ...ended, text: ended.said.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '') };
}
