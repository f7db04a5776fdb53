import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { followed, replaceFile } from '../../host/aws-files.ts';
import type { Command } from '../command.ts';
import { admin } from '../load-admin.ts';
import { flagOf } from '../options.ts';
import { print, warnOfShadow } from '../output.ts';
import { missing, wrongUsage } from '../usage.ts';

export const configure: Command = {
  name: 'configure',
  summary: 'translate an AWS config file that has web_identity_token_server',
  usage: '--from FILE [--to FILE] [--command COMMAND]',
  about: [
    'Translates an AWS config file: each profile with web_identity_token_server gets a credential_process, which every AWS tool ' +
      'can run. Everything else stays as it is. All other flags are added to each credential_process.',
  ],
  inputs: ['connection', 'session'],
  flags: [
    { name: 'from', value: 'FILE', isFile: true, help: 'The file to translate.' },
    { name: 'to', value: 'FILE', isFile: true, help: 'The file to write, which may be the same. Default: stdout.' },
    { name: 'overwrite', help: 'Replace a non-empty file at --to that is not the source.' },
    { name: 'command', value: 'COMMAND', help: 'The command to run, quoted for a shell. Default: this program by its absolute path.' },
  ],
  examples: [{ what: 'Translate the file in place:', command: 'env-kvstore configure --from ~/.aws/config --to ~/.aws/config' }],

  async run({ options, own, switches }) {
    const from = own['from'] ?? missing('--from FILE');
    const flags = Object.entries(options).flatMap(([name, value]) => (value ? [flagOf(name), value] : []));
    const { configure, quotedCommand } = await admin();
    const program = thisProgram();
    const text = configure(textOf(from), own['command'] ?? quotedCommand(program), flags);
    if (!own['command']) warnOfCheckout(program[1]!);
    warnOfShadow();
    const to = own['to'];
    if (to && to !== from && !switches.has('overwrite') && holdsText(to)) {
      throw wrongUsage(`--to: ${to} already exists; pass --overwrite to replace it`);
    }
    if (to) replaceFile(followed(to), text);
    else await print(text);
    return 0;
  },
};

/** An empty file is one that `mktemp` made for this. */
function holdsText(file: string): boolean {
  return existsSync(file) && statSync(file).size > 0;
}

/** What is no text must not come out changed. */
function textOf(file: string): string {
  const bytes = bytesOf(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrongUsage(`--from: ${file} is not UTF-8`);
  }
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    // Of a folder Node does not say which one it was.
    throw Object.assign(error as NodeJS.ErrnoException, { path: file });
  }
}

/** This program as `credential_process` can call it: by absolute paths, which no PATH and no folder decides. */
function thisProgram(): string[] {
  // No POSIX path has a backslash for a separator, and no tool that splits a command keeps one.
  const slashes = (file: string) => (process.platform === 'win32' ? file.replaceAll('\\', '/') : file);
  return [process.execPath, process.argv[1]!].map(slashes);
}

/** The author of a pull request can change what is in the checkout. */
function warnOfCheckout(program: string): void {
  const workspace = process.env['GITHUB_WORKSPACE'];
  const isBelow = (folder: string, file: string) => !/^\.\.(?:[/\\]|$)/.test(path.relative(folder, file)) && !path.isAbsolute(path.relative(folder, file));
  if (workspace && isBelow(followed(workspace), followed(program))) {
    console.error(
      'env-kvstore: this program is in the checkout (GITHUB_WORKSPACE), and AWS tools will run it from there: whoever can change ' +
        'it there gets the token of the job. Install it elsewhere, for example with `npm install --global env-kvstore`.',
    );
  }
}
