// The runner's reading of `GITHUB_ENV`, `GITHUB_OUTPUT` and `GITHUB_STATE`, after `FileCommandManager.cs` of actions/runner.

import { Names } from './names.mjs';

/** The runner reports these names with an error and sets the others all the same. */
const BLOCKED_IN_ENVIRONMENT = ['NODE_OPTIONS'];

/**
 * @param {string} text of the file
 * @param {object} [options]
 * @param {'GITHUB_ENV' | 'GITHUB_OUTPUT' | 'GITHUB_STATE'} [options.of] the file
 * @param {boolean} [options.windows] read as a runner on Windows does
 * @param {(message: string) => void} [options.onError] told what the runner shows as an error without failing the step
 * @returns {Record<string, string>}
 */
export function readFileCommands(text, { of = 'GITHUB_ENV', windows = false, onError = () => {} } = {}) {
  const isEnvironment = of === 'GITHUB_ENV';
  const values = new Names({ ignoreCase: windows || !isEnvironment });
  for (const [name, value] of pairs(text.replace(/^\ufeff/, ''), windows)) {
    const blocked = BLOCKED_IN_ENVIRONMENT.find((known) => known === name.toUpperCase());
    if (isEnvironment && blocked) onError(`Can't store ${blocked} output parameter using '$${of}' command.`);
    else values.set(name, value);
  }
  return values.toObject();
}

function* pairs(text, windows) {
  const lines = new Lines(text, windows);
  for (let line = lines.next(); line; line = lines.next()) {
    if (line.text === '') continue;
    const equals = line.text.indexOf('=');
    const heredoc = line.text.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      yield [line.text.slice(0, equals), line.text.slice(equals + 1)];
    } else if (heredoc >= 0) {
      const [name, delimiter] = [line.text.slice(0, heredoc), line.text.slice(heredoc + 2)];
      if (name === '' || delimiter === '') {
        throw new Error(`Invalid format '${line.text}'. Name must not be empty and delimiter must not be empty`);
      }
      yield [name, heredocValue(lines, delimiter)];
    } else {
      throw new Error(`Invalid format '${line.text}'`);
    }
  }
}

/** All up to the delimiter's line, with its inner line ends as they are and without the last. */
function heredocValue(lines, delimiter) {
  const start = lines.at;
  let end = start;
  for (let line = lines.next(); line?.text !== delimiter; line = lines.next()) {
    if (!line) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
    if (line.lineEnd === '') throw new Error('Invalid value. EOF marker missing new line.');
    end = lines.at - line.lineEnd.length;
  }
  return lines.text.slice(start, Math.max(start, end));
}

/** A CR before LF belongs to the line end on Windows, and to the line elsewhere. */
class Lines {
  at = 0;

  constructor(text, windows) {
    this.text = text;
    this.windows = windows;
  }

  /** @returns {{ text: string, lineEnd: string } | undefined} */
  next() {
    if (this.at >= this.text.length) return undefined;
    const start = this.at;
    const lf = this.text.indexOf('\n', start);
    if (lf < 0) {
      this.at = this.text.length;
      return { text: this.text.slice(start), lineEnd: '' };
    }
    this.at = lf + 1;
    const isCrLf = this.windows && lf > start && this.text[lf - 1] === '\r';
    return isCrLf
      ? { text: this.text.slice(start, lf - 1), lineEnd: '\r\n' }
      : { text: this.text.slice(start, lf), lineEnd: '\n' };
  }
}
