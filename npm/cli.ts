#!/usr/bin/env node
import { existsSync, fstatSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compileEachFunctionOnce } from '../host/load.ts';
import { followed, replaceFile } from '../host/aws-files.ts';
import { asError, EnvKvstoreError } from './errors.ts';
import { runCommand } from './exec.ts';
import { USAGE } from './help.ts';
import { writeMasks, written } from './masks.ts';
import { asFlag, kebab, OF_VALUES, OPTION_NAMES, type OptionName } from './options.ts';
import { core, run as runCore } from './run.ts';
import { settingsOfProposal } from './proposal.ts';

declare const VERSION: string;

/** Also what a shell says of wrong usage. */
const WRONG_USAGE = 2;
const REFUSED_TO_PRINT = 3;
/** Of `exec`, as `env` and `timeout` have it: told apart from what the command itself ends with. */
const EXEC_FAILED = 125;

/** Tools refresh credentials a quarter of an hour before their end: of a shorter session they would ask at every call. */
const ROLE_DURATION_SECONDS = '3600';

/** What a command takes beside the options of a connection. */
const OWN_FLAGS = {
  'credential-process': ['profile', 'web-identity-token-server'],
  configure: ['from', 'to', 'command', 'overwrite'],
  token: ['to', 'profile', 'web-identity-token-server'],
  exec: [],
  get: ['yes'],
} as const;
type Command = keyof typeof OWN_FLAGS;

const LINES = ['values', 'secrets'];
const BOOLEANS: string[] = ['overwrite', 'yes'];
/** Of a session, and so not of a token. */
const OF_SESSION: OptionName[] = ['chainRoleArn', 'chainSessionTags', 'chainTransitiveTagKeys', 'roleDurationSeconds'];
/** A token on a command line can be read by every user of the machine. */
const IN_NO_COMMAND: OptionName[] = ['githubToken', 'minMaskLength'];

interface Arguments {
  /** Options of the core. */
  options: Record<string, string | undefined>;
  /** The command's own. */
  own: Record<string, string | undefined>;
  overwrite: boolean;
  yes: boolean;
  positionals: string[];
}

const COMMANDS: Record<Command, (args: Arguments) => Promise<number>> = {
  async 'credential-process'({ options, own }) {
    const { settings, tokenVariables } = await settingsOfProposal(options, own);
    if (settings['identity'] !== 'environment') warnOfShadow();
    const withDuration = { ...settings, roleDurationSeconds: settings['roleDurationSeconds'] ?? ROLE_DURATION_SECONDS };
    const { credentials } = await runCore('credentials', { ...common, options: withDuration, tokenVariables });
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = credentials!;
    // https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    await print(
      `${JSON.stringify({
        Version: 1,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: expiration,
        AccountId: accountId,
      })}\n`,
    );
    return 0;
  },

  async configure({ options, own, overwrite }) {
    const from = own['from'] ?? missing('--from FILE');
    const flags = Object.entries(options).flatMap(([name, value]) => (value ? [kebab(name), value] : []));
    const { configure, quotedCommand } = await core();
    const program = thisProgram();
    const text = configure(textOf(from), own['command'] ?? quotedCommand(program), flags);
    if (!own['command']) warnOfCheckout(program[1]!);
    warnOfShadow();
    const to = own['to'];
    if (to && to !== from && !overwrite && holdsText(to)) {
      throw wrongUsage(`--to: ${to} is there already; --overwrite replaces all that is in it`);
    }
    if (to) replaceFile(followed(to), text);
    else await print(text);
    return 0;
  },

  async token({ options, own }) {
    const to = path.resolve(own['to'] || process.env['AWS_WEB_IDENTITY_TOKEN_FILE'] || missing('--to FILE'));
    if (/[\r\n]/.test(to)) missing('--to FILE, without line breaks');
    const { settings, tokenVariables } = await settingsOfProposal(options, own);
    const outcome = await runCore('web-identity-token', { ...common, options: settings, tokenVariables });
    await maskInLog([outcome.webIdentityToken!]);
    replaceFile(to, outcome.webIdentityToken!);
    // What an AWS tool needs beside the file, in the form of GITHUB_ENV. The trust policy may demand this session name.
    const variables = {
      AWS_WEB_IDENTITY_TOKEN_FILE: to,
      AWS_ROLE_ARN: settings['roleArn']?.trim(),
      AWS_ROLE_SESSION_NAME: outcome.sessionName,
    };
    const lines = Object.entries(variables).filter(([, value]) => value);
    await print(lines.map(([name, value]) => `${name}=${value}\n`).join(''));
    return 0;
  },

  async exec({ options, positionals: [command, ...args] }) {
    if (command === undefined) missing('a command after --');
    const { plan, values } = await runCore('values', { ...common, options });
    await maskInLog(plan.masks);
    return runCommand(command, args, Object.fromEntries(values.map(({ name, value }) => [name, value])));
  },

  async get({ options, yes, positionals: [name, ...more] }) {
    if (name === undefined || more.length > 0) missing('one NAME');
    if (!/^[A-Za-z_]\w*$/.test(name)) missing('a NAME of letters, digits and _: for another key, give a line of --values');
    if (!yes) refuseToShow();
    const isGiven = options['values'] || options['secrets'];
    const lines = isGiven ? options : { ...options, values: `${name},secret` };
    const { plan, values } = await runCore('values', { ...common, options: lines }).catch((error: EnvKvstoreError) => {
      if (isGiven || error.code !== 'key-missing') throw error;
      const hint = `${error.hint} A variable is read by \`--values ${name},variable\`.`;
      throw new EnvKvstoreError({ code: error.code, message: error.message, hint });
    });
    const found = values.find((value) => value.name === name);
    if (!found) {
      const message = `there is no value for ${name}`;
      throw new EnvKvstoreError({ code: 'key-missing', message, hint: 'Give it a line in --values or --secrets.' });
    }
    await maskInLog(plan.masks);
    await print(found.value);
    return 0;
  },
};

const common = {
  spelling: asFlag,
  log(kind: string, text: string) {
    if (kind === 'warning' || kind === 'notice') console.error(`env-kvstore: ${text}`);
  },
};

async function main(args: string[]): Promise<number> {
  const [command = '--help', ...rest] = args;
  if (command === '--version') {
    await print(`${VERSION}\n`);
    return 0;
  }
  if (command === '--help' || command === '-h' || command === 'help') {
    await print(USAGE.general);
    return args.length === 0 ? WRONG_USAGE : 0;
  }
  if (!Object.hasOwn(COMMANDS, command)) {
    throw wrongUsage('there is no such command; see env-kvstore --help');
  }
  const known = command as Command;
  const parsed = parse(known, rest);
  if (!parsed) {
    await print(USAGE[known]);
    return 0;
  }
  await compileEachFunctionOnce();
  return COMMANDS[known](parsed);
}

/** Undefined if help is asked for. */
function parse(command: Command, args: string[]): Arguments | undefined {
  const takesValues = command === 'exec' || command === 'get';
  const names = OPTION_NAMES.filter(
    (name) =>
      !IN_NO_COMMAND.includes(name) &&
      (takesValues || !OF_VALUES.includes(name)) &&
      (command !== 'token' || !OF_SESSION.includes(name)),
  );
  const own = OWN_FLAGS[command].filter((flag) => !BOOLEANS.includes(flag));
  // Lines may be given one by one; of any other flag the last counts, so that it can follow a set of flags.
  const text = (flag: string) => ({ type: 'string', multiple: LINES.includes(flag) }) as const;
  const flags = Object.fromEntries([...names.map(kebab), ...own].map((flag) => [flag, text(flag)]));
  const boolean = { type: 'boolean' } as const;
  const ofCommand = OWN_FLAGS[command].filter((flag) => BOOLEANS.includes(flag)).map((flag) => [flag, boolean]);
  const booleans = { ...Object.fromEntries(ofCommand), help: { ...boolean, short: 'h' } };
  const { values, positionals } = parseArgs({ args, options: { ...flags, ...booleans }, allowPositionals: takesValues });
  if ('help' in values) return undefined;
  // An empty text is none, as an input of the action that is empty.
  const given = (flag: string) => [(values as Record<string, string | string[] | undefined>)[flag]].flat().join('\n') || undefined;
  return {
    options: Object.fromEntries(names.map((name) => [name, given(kebab(name))])),
    own: Object.fromEntries(own.map((flag) => [flag, given(flag)])),
    overwrite: 'overwrite' in values,
    yes: 'yes' in values,
    positionals,
  };
}

function isInActions(): boolean {
  return process.env['GITHUB_ACTIONS'] === 'true';
}

/** By stderr: stdout is the command's, or may be read by something else than the runner. */
async function maskInLog(masks: string[]): Promise<void> {
  if (isInActions()) await writeMasks(process.stderr, masks);
}

/** Every AWS tool does so, and few users know. */
function warnOfShadow(): void {
  if (process.env['AWS_ACCESS_KEY_ID']) {
    console.error(
      'env-kvstore: AWS_ACCESS_KEY_ID is set: AWS tools take it, and not a profile, unless the profile is named on their ' +
        'command line or in their code. Unset it where the profile is to be used.',
    );
  }
}

/** A pipe of a CI job may lead to its log; a file does not. */
function refuseToShow(): void {
  const isCi = isInActions() || !['', 'false', undefined].includes(process.env['CI']);
  const isLog = isCi && !isRegularFile();
  if (process.stdout.isTTY || isLog) {
    throw new EnvKvstoreError({
      code: 'would-be-shown',
      message: `stdout is ${process.stdout.isTTY ? 'a terminal' : 'that of a CI job'}, where others may read the value`,
      hint: 'Give it to one command with `env-kvstore exec`, write it to a file, or say --yes.',
    });
  }
}

function isRegularFile(): boolean {
  try {
    return fstatSync(1).isFile();
  } catch {
    return false;
  }
}

/** An empty file is one that `mktemp` made for this. */
function holdsText(file: string): boolean {
  return existsSync(file) && statSync(file).size > 0;
}

/** What is no text must not come out changed. */
function textOf(file: string): string {
  const bytes = readFileSync(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrongUsage(`--from: ${file} is not UTF-8`);
  }
}

/** This program as `credential_process` can call it: by absolute paths, which no PATH and no folder decides. */
function thisProgram(): string[] {
  // No POSIX path has a backslash for a separator, and no tool that splits a command keeps one.
  const slashes = (file: string) => (process.platform === 'win32' ? file.replaceAll('\\', '/') : file);
  return [process.execPath, process.argv[1]!].map(slashes);
}

/** What lies in the checkout is what the workflow's author, or the author of a pull request, has put there. */
function warnOfCheckout(program: string): void {
  const workspace = process.env['GITHUB_WORKSPACE'];
  const isBelow = (folder: string, file: string) => !/^\.\.(?:[/\\]|$)/.test(path.relative(folder, file)) && !path.isAbsolute(path.relative(folder, file));
  if (workspace && isBelow(followed(workspace), followed(program))) {
    console.error(
      'env-kvstore: this program lies in the checkout (GITHUB_WORKSPACE), and so will be what AWS tools run: whoever changes it ' +
        'there gets the token of the job. Install it elsewhere, as by `npm install --global env-kvstore`.',
    );
  }
}

function missing(what: string): never {
  throw wrongUsage(`it takes ${what}`);
}

function wrongUsage(message: string): EnvKvstoreError {
  return new EnvKvstoreError({ code: 'invalid-input', message, hint: 'See env-kvstore --help.' });
}

function print(text: string): Promise<void> {
  return written(process.stdout, text);
}

/** What is shown of an error: nothing that another program or file wrote. */
function shown(reason: unknown): EnvKvstoreError {
  if (typeof reason === 'string') return wrongUsage(reason);
  if (Array.isArray(reason)) return wrongUsage(reason.join('\n'));
  const { code = '', path: file } = reason as NodeJS.ErrnoException;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    return wrongUsage(`there is no flag ${/'(-[\w-]*)/.exec(String(reason))?.[1] ?? ''}`);
  }
  if (code.startsWith('ERR_PARSE_ARGS')) return wrongUsage('a flag lacks its value, or stands without --');
  if (file !== undefined) {
    const hint = 'Check the path and its permissions.';
    return new EnvKvstoreError({ code: 'file-failed', message: `${file}: ${code}`, hint });
  }
  return asError(reason, asFlag);
}

const args = process.argv.slice(2);
main(args).then(
  (exitCode) => process.exit(exitCode),
  (reason: unknown) => {
    const { code, message, hint } = shown(reason);
    const between = message.includes('\n') ? '\n' : '. ';
    process.stderr.write(`env-kvstore: ${code}: ${message}${between}${hint}\n`, () => process.exit(exitCodeOf(code)));
  },
);

function exitCodeOf(code: string): number {
  if (args[0] === 'exec') return EXEC_FAILED;
  if (code === 'would-be-shown') return REFUSED_TO_PRINT;
  return code === 'invalid-input' ? WRONG_USAGE : 1;
}
