// Runs the committed bundle as the runner runs a step: a process of its own with the step's inputs and file commands in
// its environment, stdout read line by line for commands and shown masked, the files read after it has ended.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileCommands } from './file-commands.mjs';
import { Masker } from './masker.mjs';
import { WorkflowCommands } from './workflow-commands.mjs';

/** The runner drops a summary that is longer. */
const MAX_SUMMARY_BYTES = 1024 * 1024;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** By patterns, because the demo runs right after a clone, without packages; a test compares it with what YAML says. */
const ACTION = (await readFile(path.join(ROOT, 'action.yml'), 'utf8')).replaceAll('\r\n', '\n');

/** The entry point, from where the runner takes it. */
export const MAIN = path.join(ROOT, /^ {2}main: (.+)$/m.exec(ACTION)[1]);

/** The runner gives an action every input that it declares: what `with:` leaves out by its default, or empty. */
export const DEFAULTS = Object.fromEntries(
  /^inputs:\n(.*?)^\S/ms.exec(ACTION)[1].split(/^ {2}(?=[a-z])/m).slice(1).map((input) => [
    input.split(':')[0],
    /^ {4}default: '?(.*?)'?$/m.exec(input)?.[1] ?? '',
  ]),
);

/**
 * @typedef {object} Step
 * @property {number | null} exitCode
 * @property {string[]} log what a person can see, masked
 * @property {string[]} folded what a person sees at first: groups are closed
 * @property {string} stdout
 * @property {string} stderr
 * @property {import('./workflow-commands.mjs').Command[]} commands
 * @property {Masker} masker
 * @property {Record<string, string>} env what later steps find in their environment
 * @property {Record<string, string>} outputs
 * @property {string} summary unmasked, and empty if the runner would not take it
 * @property {{ GITHUB_ENV: string, GITHUB_OUTPUT: string, GITHUB_STEP_SUMMARY: string }} files as they are
 */

/**
 * @param {object} options
 * @param {Record<string, string>} options.inputs as in `with:`
 * @param {Record<string, string>} [options.environment] of the job; nothing of this process but PATH is passed on
 * @param {string} [options.node] the Node to run with
 * @param {boolean} [options.windows] whether the files are read as on Windows
 * @param {string} [options.main] the entry point, where it is not this checkout's
 * @param {Partial<Step['files']>} [options.before] what earlier writers left in the files
 * @param {number} [options.killAfterMs] a step that has not ended by then hangs
 * @param {(child: import('node:child_process').ChildProcess) => void} [options.onStart]
 * @param {(child: import('node:child_process').ChildProcess, line: string, paths: Step['files']) => void} [options.onLine]
 *   for each line of stdout; `paths` are those of the files
 * @returns {Promise<Step>}
 */
export async function runStep(options) {
  const { inputs, environment = {}, node = process.execPath, before = {}, killAfterMs } = options;
  const { main = MAIN, onStart = () => {}, onLine = () => {}, windows = process.platform === 'win32' } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-step-'));
  const names = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'];
  const paths = Object.fromEntries(names.map((name) => [name, path.join(folder, name)]));
  await Promise.all(names.map((name) => writeFile(paths[name], before[name] ?? '')));

  const child = spawn(node, [main], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      GITHUB_ACTIONS: 'true',
      ...paths,
      ...inputVariables({ ...DEFAULTS, ...inputs }),
      // What the home folder is for Node and AWS's tools on Windows.
      ...(process.platform === 'win32' && environment.HOME ? { USERPROFILE: environment.HOME } : {}),
      ...environment,
    },
    timeout: killAfterMs,
    killSignal: 'SIGKILL',
  });
  onStart(child);
  const masker = new Masker();
  const reader = new WorkflowCommands(masker);
  const [log, folded, commands, stdout] = [[], [], [], []];
  let inGroup = false;
  const read = (line) => {
    stdout.push(line);
    const command = reader.read(line);
    if (command) commands.push(command);
    // The runner masks a message whole, before it has lines.
    const texts = shown(line, command).flatMap((text) => masker.mask(text).split('\n'));
    log.push(...texts);
    if (!inGroup) folded.push(...texts);
    inGroup = command?.command === 'group' || (inGroup && command?.command !== 'endgroup');
    onLine(child, line, paths);
  };
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [exitCode] = await Promise.all([
    new Promise((resolve) => child.on('close', resolve)),
    forEachLine(child.stdout, read),
  ]);

  const files = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(paths[name], 'utf8')])),
  );
  await rm(folder, { recursive: true });
  const onError = (message) => log.push(masker.mask(`Error: ${message}`));
  const env = readFileCommands(files.GITHUB_ENV, { windows, onError });
  const outputs = readFileCommands(files.GITHUB_OUTPUT, { of: 'GITHUB_OUTPUT', windows, onError });
  const summary = files.GITHUB_STEP_SUMMARY;
  const summaryIsTaken = Buffer.byteLength(summary) <= MAX_SUMMARY_BYTES;
  if (!summaryIsTaken) onError('$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k');
  return {
    exitCode,
    log,
    folded,
    stdout: stdout.join('\n'),
    stderr,
    commands,
    masker,
    env,
    outputs,
    summary: summaryIsTaken ? summary : '',
    files,
  };
}

/** Codes of failures that are told in the log alone: nothing had been done yet, or the files are what failed. */
const NOT_SUMMED_UP = ['invalid-input', 'export-failed', 'cancelled', 'internal-error'];

/**
 * Asserts that a failed step left the files as they were, but for a summary that says what failed.
 * @param {Step} step
 * @param {string} code of the failure
 * @param {Partial<Step['files']>} [before]
 */
export function assertNothingExported({ files }, code, before = {}) {
  const { GITHUB_STEP_SUMMARY: summary, ...others } = files;
  assert.deepEqual(others, { GITHUB_ENV: before.GITHUB_ENV ?? '', GITHUB_OUTPUT: before.GITHUB_OUTPUT ?? '' });
  const earlier = before.GITHUB_STEP_SUMMARY ?? '';
  assert.ok(summary.startsWith(earlier));
  const added = summary.slice(earlier.length);
  if (NOT_SUMMED_UP.includes(code)) assert.equal(added, '');
  else assert.ok(added.includes(`No value was exported: \`${code}\``), added);
}

/** All that a person or a log collector gets to see, as it leaves the process: the runner's masks are not relied on. */
export function spoken(step) {
  const lines = step.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  return [...lines, step.stderr, step.files.GITHUB_STEP_SUMMARY].join('\n');
}

/**
 * Asserts that a step has said nothing on stderr, and nowhere a value, a token or a key.
 * @param {Step} step
 * @param {string} canary stands in every value
 */
export function assertNothingLeaked(step, canary) {
  assert.equal(step.stderr, '');
  assert.doesNotMatch(spoken(step), new RegExp(`${canary}|eyJ[\\w-]{10}|request-token-|ASIA[A-Z2-7]{12}`));
}

/** `INPUT_` names: upper case, spaces become underscores, hyphens stay. */
function inputVariables(inputs) {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  );
}

/** Lines end as for .NET's `StreamReader.ReadLine`: U+2028, which `node:readline` takes for a line end too, is none. */
function forEachLine(stream, read) {
  let rest = '';
  return new Promise((resolve, reject) => {
    stream.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      try {
        lines.forEach(read);
      } catch (error) {
        reject(error);
      }
    });
    stream.on('close', () => {
      if (rest !== '') read(rest.replace(/\r$/, ''));
      resolve();
    });
  });
}

/** What the log shows for a line. */
function shown(line, command) {
  switch (command?.command) {
    case undefined:
      return [line];
    case 'stop-commands':
      return [line];
    case 'group':
      return [`▸ ${command.data}`];
    case 'error':
    case 'warning':
    case 'notice':
      return [`${command.command[0].toUpperCase()}${command.command.slice(1)}: ${command.data}`];
    default:
      return [];
  }
}
