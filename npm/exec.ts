import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const PASSED_ON = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;
/** From a terminal these come to the command by themselves. */
const OF_A_TERMINAL: string[] = ['SIGINT', 'SIGQUIT'];
/** What shells end with. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** Runs a command with more variables; resolves to its exit code, or ends this process by the signal that ended it. */
export function runCommand(command: string, args: string[], variables: Record<string, string>): Promise<number> {
  const child = spawn(command, args, { env: { ...process.env, ...variables }, stdio: 'inherit' });
  for (const signal of PASSED_ON) {
    const comesByItself = process.stdin.isTTY && OF_A_TERMINAL.includes(signal);
    process.on(signal, () => comesByItself || child.kill(signal));
  }
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      console.error(`env-kvstore: ${command}: ${error.code}`);
      resolve(error.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE);
    });
    child.on('exit', (exitCode, signal) => {
      if (signal === null) return resolve(exitCode ?? 1);
      PASSED_ON.forEach((name) => process.removeAllListeners(name));
      process.kill(process.pid, signal);
      // Where a signal cannot end this process, as on Windows.
      setTimeout(() => resolve(128 + constants.signals[signal]), 1000);
    });
  });
}
