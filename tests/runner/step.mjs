// Runs the committed bundle as the runner runs a step: a process of its own with the step's inputs and file commands in
// its environment, stdout read line by line for commands and shown masked, the files read after it has ended.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readFileCommands } from './file-commands.mjs';
import { Masker } from './masker.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const ACTION = (await readFile(path.join(ROOT, 'action.yml'), 'utf8')).replaceAll('\r\n', '\n');

/** The entry point, from where the runner takes it. */
export const MAIN = path.join(ROOT, /^ {2}main: (.+)$/m.exec(ACTION)[1]);

/** The runner gives an action every input that it declares: what `with:` leaves out by its default, or empty. */
const DEFAULTS = Object.fromEntries(
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
 * @property {{ command: string, properties: Record<string, string>, data: string }[]} commands
 * @property {Masker} masker
 * @property {Record<string, string>} env what later steps find in their environment
 * @property {Record<string, string>} outputs
 * @property {string} summary
 * @property {{ GITHUB_ENV: string, GITHUB_OUTPUT: string, GITHUB_STEP_SUMMARY: string }} files as they are
 */

/**
 * @param {object} options
 * @param {Record<string, string>} options.inputs as in `with:`
 * @param {Record<string, string>} [options.environment] of the job; nothing of this process but PATH is passed on
 * @param {string} [options.node] the Node to run with
 * @param {Partial<Step['files']>} [options.before] what earlier writers left in the files
 * @param {number} [options.killAfterMs] a step that has not ended by then hangs
 * @param {(child: import('node:child_process').ChildProcess) => void} [options.onStart]
 * @param {(child: import('node:child_process').ChildProcess, line: string, paths: Step['files']) => void} [options.onLine]
 *   for each line of stdout; `paths` are those of the files
 * @returns {Promise<Step>}
 */
export async function runStep(options) {
  const { inputs, environment = {}, node = process.execPath, before = {}, killAfterMs } = options;
  const { onStart = () => {}, onLine = () => {} } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-step-'));
  const names = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'];
  const paths = Object.fromEntries(names.map((name) => [name, path.join(folder, name)]));
  await Promise.all(names.map((name) => writeFile(paths[name], before[name] ?? '')));

  const child = spawn(node, [MAIN], {
    cwd: folder,
    env: { PATH: process.env.PATH, GITHUB_ACTIONS: 'true', ...paths, ...inputVariables({ ...DEFAULTS, ...inputs }), ...environment },
    timeout: killAfterMs,
    killSignal: 'SIGKILL',
  });
  onStart(child);
  const masker = new Masker();
  const [log, folded, commands, stdout] = [[], [], [], []];
  let inGroup = false;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    stdout.push(line);
    const command = parseCommand(line);
    if (command) commands.push(command);
    if (command?.command === 'add-mask') masker.add(command.data);
    const texts = shown(line, command).map((text) => masker.mask(text));
    log.push(...texts);
    if (!inGroup) folded.push(...texts);
    inGroup = command?.command === 'group' || (inGroup && command?.command !== 'endgroup');
    onLine(child, line, paths);
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [exitCode] = await Promise.all([
    new Promise((resolve) => child.on('close', resolve)),
    new Promise((resolve) => lines.on('close', resolve)),
  ]);

  const files = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(paths[name], 'utf8')])),
  );
  await rm(folder, { recursive: true });
  return {
    exitCode,
    log,
    folded,
    stdout: stdout.join('\n'),
    stderr,
    commands,
    masker,
    env: readFileCommands(files.GITHUB_ENV),
    outputs: readFileCommands(files.GITHUB_OUTPUT),
    summary: files.GITHUB_STEP_SUMMARY,
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
  return [...lines, step.stderr, step.summary].join('\n');
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

/** `::command key=value,key=value::data`, or the old `##[command key=value;key=value]data`, as `ActionCommand.cs` reads. */
function parseCommand(line) {
  const current = /^\s*::([^\s:]+)(?: (.*?))?::(.*)$/s.exec(line);
  if (current) return command(current, ',', unescapeProperty, unescapeData);
  // Anywhere in the line.
  const old = /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/s.exec(line);
  return old ? command(old, ';', unescapeOld, unescapeOld) : undefined;
}

function command([, name, properties = '', data], separator, unescapeValue, unescape) {
  const pairs = properties.split(separator).map((pair) => /^([^=]+)=(.+)$/s.exec(pair.trim())).filter(Boolean);
  return {
    command: name,
    properties: Object.fromEntries(pairs.map(([, key, value]) => [key, unescapeValue(value)])),
    data: unescape(data),
  };
}

function unescapeOld(text) {
  return unescapeData(text.replaceAll('%3B', ';').replaceAll('%5D', ']'));
}

function unescapeData(text) {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text) {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}

/** What the log shows for a line. */
function shown(line, command) {
  switch (command?.command) {
    case undefined:
      return [line];
    case 'group':
      return [`▸ ${command.data}`];
    case 'error':
    case 'warning':
    case 'notice':
      return `${command.command[0].toUpperCase()}${command.command.slice(1)}: ${command.data}`.split('\n');
    default:
      return [];
  }
}
