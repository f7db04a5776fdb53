// The runner's reading of commands in a step's output, after `ActionCommand.cs` and `ActionCommandManager.cs` of
// actions/runner: which lines are commands, in either syntax and any case, and which are not while commands are stopped.

import { Names } from './names.mjs';

/** All that the runner registers. A line with any other name is ordinary output. */
const REGISTERED = [
  ...['add-mask', 'add-matcher', 'add-path', 'debug', 'echo', 'endgroup', 'error', 'group', 'notice', 'remove-matcher'],
  ...['save-state', 'set-env', 'set-output', 'stop-commands', 'warning'],
];
/** Shorter tokens are not masked. */
const MASKED_TOKEN_LENGTH = 7;

/** @typedef {{ command: string, properties: Record<string, string>, data: string }} Command `command` in lower case */

/** What a step's lines are to the runner, in their order. */
export class WorkflowCommands {
  #stopToken;
  #masker;

  /** @param {import('./masker.mjs').Masker} masker takes what is to be masked */
  constructor(masker) {
    this.#masker = masker;
  }

  /**
   * @param {string} line
   * @returns {Command | undefined} none for ordinary output, and for the line that starts commands again
   */
  read(line) {
    if (this.#stopToken !== undefined) {
      const resume = parseCommand(line, [...REGISTERED, this.#stopToken]);
      if (resume?.command === this.#stopToken) this.#stopToken = undefined;
      return undefined;
    }
    const command = parseCommand(line);
    if (command?.command === 'stop-commands') this.#stop(command.data);
    if (command?.command === 'add-mask') this.#masker.add(command.data);
    return command;
  }

  #stop(token) {
    const name = token.toLowerCase();
    if (name === '' || name === 'pause-logging' || REGISTERED.includes(name)) {
      throw new Error(`You cannot use \`${token}\` as the token of stop-commands`);
    }
    if (token.length >= MASKED_TOKEN_LENGTH) this.#masker.add(token);
    this.#stopToken = name;
  }
}

/**
 * @param {string} line
 * @param {string[]} [registered] names of commands, in lower case
 * @returns {Command | undefined}
 */
export function parseCommand(line, registered = REGISTERED) {
  return parseCurrent(line.trimStart(), registered) ?? parseOld(line, registered);
}

/** `::name key=value,key=value::data`, after white space at most. */
function parseCurrent(line, registered) {
  const end = line.startsWith('::') ? line.indexOf('::', 2) : -1;
  if (end < 0) return undefined;
  const [name, properties] = cut(line.slice(2, end));
  return command(name, properties.trim().split(','), line.slice(end + 2), registered, [unescapeProperty, unescapeData]);
}

/** `##[name key=value;key=value]data`, anywhere in the line. */
function parseOld(line, registered) {
  const start = line.indexOf('##[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  if (end < 0) return undefined;
  const [name, properties] = cut(line.slice(start + 3, end));
  return command(name, properties.split(';'), line.slice(end + 1), registered, [unescapeOld, unescapeOld]);
}

function cut(info) {
  const space = info.indexOf(' ');
  return space < 0 ? [info, ''] : [info.slice(0, space), info.slice(space + 1)];
}

function command(name, pairs, data, registered, [unescapeValue, unescape]) {
  if (!registered.includes(name.toLowerCase())) return undefined;
  const properties = new Names({ ignoreCase: true });
  for (const pair of pairs) {
    // .NET's split without empty parts: equals signs at the start and beside the first count for nothing.
    const [, key, value] = /^=*([^=]+)=+([^=].*)$/s.exec(pair) ?? [];
    if (key !== undefined) properties.set(key, unescapeValue(value));
  }
  return { command: name.toLowerCase(), properties: properties.toObject(), data: unescape(data) };
}

function unescapeOld(text) {
  return text.replaceAll('%3B', ';').replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%5D', ']').replaceAll('%25', '%');
}

function unescapeData(text) {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text) {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%');
}
