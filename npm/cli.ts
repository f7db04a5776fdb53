#!/usr/bin/env node
import { pageOf } from '../host/documentation.ts';
import { compileEachFunctionOnce } from '../host/load.ts';
import { parseArguments } from './arguments.ts';
import { Interrupted } from './ask.ts';
import type { Arguments, Command } from './command.ts';
import { audit } from './commands/audit.ts';
import { completion } from './commands/completion.ts';
import { configure } from './commands/configure.ts';
import { copy } from './commands/copy.ts';
import { credentialProcess } from './commands/credential-process.ts';
import { deleteStore } from './commands/delete.ts';
import { diff } from './commands/diff.ts';
import { doctor } from './commands/doctor.ts';
import { exec } from './commands/exec.ts';
import { explain } from './commands/explain.ts';
import { exportValues } from './commands/export.ts';
import { generate } from './commands/generate.ts';
import { get } from './commands/get.ts';
import { history } from './commands/history.ts';
import { importFile } from './commands/import.ts';
import { init } from './commands/init.ts';
import { list } from './commands/list.ts';
import { put } from './commands/put.ts';
import { restore } from './commands/restore.ts';
import { rm } from './commands/rm.ts';
import { rollback } from './commands/rollback.ts';
import { snapshot } from './commands/snapshot.ts';
import { token } from './commands/token.ts';
import { asError, EnvKvstoreError, printable, repeated, systemReason } from './errors.ts';
import { generalHelp, helpOf } from './help.ts';
import { nearest } from './nearest.ts';
import { isInActions, print } from './output.ts';
import { WrongUsage, wrongUsage } from './usage.ts';

declare const VERSION: string;

/** Also what a shell says of wrong usage. */
const WRONG_USAGE = 2;
const REFUSED_TO_PRINT = 3;

/** What a shell says of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

const OF_A_JOB = [credentialProcess, configure, token];
const OF_STORES = [put, list, rm, diff, copy, importFile, exportValues, history, rollback, deleteStore, restore];
const OF_RULES = [init, generate, explain, audit, snapshot];
const COMMANDS: Command[] = [...OF_A_JOB, exec, get, ...OF_STORES, ...OF_RULES, doctor, completion];

async function main(args: string[]): Promise<number> {
  const [name = '--help', ...rest] = args;
  if (name === '--version' || name === '-v') {
    await print(`${VERSION}\n`);
    return 0;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const [topic] = name === 'help' ? rest : [];
    await print(topic === undefined || topic.startsWith('-') ? generalHelp(COMMANDS) : helpOf(named(topic)));
    return args.length === 0 ? WRONG_USAGE : 0;
  }
  const command = named(name);
  const parsed = parseArguments(command, rest);
  if (!parsed) {
    await print(helpOf(command));
    return 0;
  }
  // The rules of a large organization take seconds to work out.
  if (!OF_RULES.includes(command)) await compileEachFunctionOnce();
  return command.run(parsed, COMMANDS).catch((reason: unknown) => {
    throw withWayOutsideActions(reason, command, parsed);
  });
}

function named(name: string): Command {
  const command = COMMANDS.find((known) => known.name === name);
  if (command) return command;
  // What follows = is a value, which may be a secret.
  const [word = ''] = name.split('=');
  const near = nearest(word, [...COMMANDS.map((known) => known.name), 'help', '--help', '--version']);
  const hint = 'See env-kvstore --help.';
  throw wrongUsage(`there is no such command: ${repeated(word)}`, near ? `Did you mean ${near}? ${hint}` : hint);
}

/** What is shown of an error: nothing that another program or file wrote. */
function shown(reason: unknown): EnvKvstoreError {
  if (typeof reason === 'string') return wrongUsage(reason);
  if (Array.isArray(reason)) return wrongUsage(reason.join('\n'));
  const { path: file, errno, syscall } = reason as NodeJS.ErrnoException;
  // Of what fails once a file is open, Node does not say which file it was.
  if (file !== undefined || errno !== undefined) {
    const message = `${printable(file ?? syscall ?? '')}: ${systemReason(reason as NodeJS.ErrnoException)}`;
    return new EnvKvstoreError({ code: 'file-failed', message, hint: 'Check the path and its permissions.' });
  }
  return asError(reason);
}

/** Whoever tries it on a machine of their own has no token, and what a job needs is of no use there. */
function withWayOutsideActions(reason: unknown, { outsideActions }: Command, { options }: Arguments): unknown {
  const isOutside = !isInActions() && !process.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
  if (!outsideActions || !isOutside || !(reason instanceof EnvKvstoreError) || reason instanceof WrongUsage) return reason;
  const lacksAll = ['identity', 'cognitoIdentityPoolId', 'cognitoRoleArn'].every((name) => !options[name]);
  const { code, message, hint } = reason;
  if (code !== 'id-token-permission-missing' && !(code === 'invalid-input' && lacksAll)) return reason;
  return new EnvKvstoreError({ code, message, hint: `${outsideActions} ${hint}` });
}

const args = process.argv.slice(2);
main(args).then(
  (exitCode) => process.exit(exitCode),
  (reason: unknown) => {
    if (reason instanceof Interrupted) {
      process.stderr.write('env-kvstore: interrupted. Nothing was written.\n', () => process.exit(INTERRUPTED));
      return;
    }
    const error = shown(reason);
    const { code, message, hint } = error;
    const between = message.includes('\n') ? '\n' : '. ';
    // What is wrong with a command line, its help explains.
    const page = error instanceof WrongUsage ? '' : `${pageOf(code)}\n`;
    process.stderr.write(`env-kvstore: ${code}: ${message}${between}${hint}\n${page}`, () => process.exit(exitCodeOf(code)));
  },
);

function exitCodeOf(code: string): number {
  const failsWith = COMMANDS.find(({ name }) => name === args[0])?.failsWith;
  if (failsWith !== undefined) return failsWith;
  if (code === 'would-be-shown') return REFUSED_TO_PRINT;
  return code === 'invalid-input' ? WRONG_USAGE : 1;
}
