import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants as access, statSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { isatty } from 'node:tty';
import { systemReason } from './errors.ts';

const SIGNALS = [
  ...(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const),
  ...(['SIGALRM', 'SIGVTALRM', 'SIGXCPU', 'SIGCONT', 'SIGWINCH'] as const),
];
/** Windows has few of them. */
const PASSED_ON = SIGNALS.filter((signal) => signal in constants.signals);
/** From a terminal these come to the command by themselves. */
const OF_A_TERMINAL: string[] = ['SIGINT', 'SIGQUIT'];
/** What shells end with. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** Runs a command with more variables, or with no others; resolves to its exit code, or ends this process by the signal that ended it. */
export function runCommand(command: string, args: string[], variables: Record<string, string>, isPristine = false): Promise<number> {
  const inherited = isPristine ? withoutWhichNothingStarts() : process.env;
  const file = isPristine ? found(command) : command;
  // Not asked of `process.stdin`, which would make reads of the command's stdin fail instead of wait.
  const hasTerminal = isatty(0);
  let child: ChildProcess | undefined;
  // Before the command is there: a signal that comes in between must not leave it alone.
  for (const signal of PASSED_ON) {
    const comesByItself = hasTerminal && OF_A_TERMINAL.includes(signal);
    process.on(signal, () => comesByItself || child?.kill(signal));
  }
  return new Promise((resolve) => {
    const cannotRun = (error: NodeJS.ErrnoException) => {
      console.error(`env-kvstore: ${command}: ${systemReason(error)}`);
      resolve(error.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE);
    };
    try {
      child = spawn(file, args, { argv0: command, env: { ...inherited, ...variables }, stdio: 'inherit' });
    } catch (error) {
      // Of some reasons Node tells so.
      return cannotRun(error as NodeJS.ErrnoException);
    }
    child.on('error', cannotRun);
    child.on('exit', (exitCode, signal) => {
      if (signal === null) return resolve(exitCode ?? 1);
      PASSED_ON.forEach((name) => process.removeAllListeners(name));
      process.kill(process.pid, signal);
      // Where a signal cannot end this process: on Windows, and SIGPIPE.
      setTimeout(() => resolve(128 + constants.signals[signal]), 200);
    });
  });
}

/** Programs of Windows cannot load their libraries without it. */
function withoutWhichNothingStarts(): Record<string, string> {
  const root = process.env['SystemRoot'];
  return process.platform === 'win32' && root !== undefined ? { SystemRoot: root } : {};
}

/** The command by the PATH of this process: the command's own environment has none. Windows searches this one by itself. */
function found(command: string): string {
  if (process.platform === 'win32' || command.includes('/')) return command;
  const files = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder || '.', command));
  return files.map((file) => path.resolve(file)).find(isProgram) ?? command;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, access.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
