import { closeSync, fstatSync, openSync, readSync, truncateSync, writeSync } from 'node:fs';
import type { Core, ExportPlan, Failure } from '../host/core.d.ts';
import { mergedFiles } from '../host/aws-files.ts';
import { maskCommands } from '../host/mask-commands.ts';

/**
 * Carries a plan out: every mask is with the runner before a file is touched, and the files are written all or not at all.
 *
 * From the first `open` to the last `close` nothing yields to the event loop, so no signal handler runs in between.
 */
export async function exportPlan(core: Core, plan: ExportPlan, isEnding: () => boolean): Promise<void> {
  await flushed(maskCommands(plan.masks));
  if (isEnding()) {
    throw new Error('the step is ending');
  }

  const additions = [
    ['GITHUB_ENV', plan.environment],
    ['GITHUB_OUTPUT', plan.outputs],
    ['GITHUB_STEP_SUMMARY', plan.summary],
  ] as const;
  const files: { write(): void; undo(): void; close?(): void }[] = [];
  try {
    additions.forEach(([variable, text]) => text && files.push(openToAppend(variable, text)));
    // Last, because to undo it takes room on the disk; to cut off what was appended takes none.
    files.push(...(plan.profile ? mergedFiles(core, plan.profile) : []));
    files.forEach((file) => file.write());
  } catch (error) {
    files.forEach((file) => file.undo());
    throw error instanceof Error ? unwritable(error) : error;
  } finally {
    files.forEach((file) => file.close?.());
  }
}

/** Adds what failed to the summary, if there is one to add to; that it cannot be written is not told beside the failure. */
export function appendToSummary(text: string): void {
  try {
    const file = openToAppend('GITHUB_STEP_SUMMARY', text);
    file.write();
    file.close();
  } catch {
    // The log says it all.
  }
}

/** Resolves when what was written to stdout, and this text, has left the process. */
export function flushed(text = ''): Promise<void> {
  return new Promise((resolve) => void process.stdout.write(text, () => resolve()));
}

function unwritable(error: NodeJS.ErrnoException): Failure {
  return {
    code: 'export-failed',
    message: `a file cannot be written: ${error.code ?? error.message}${error.path ? ` (${error.path})` : ''}`,
    hint: 'Check the disk and the permissions of the runner. Nothing was exported.',
  };
}

function openToAppend(variable: string, text: string) {
  const path = process.env[variable];
  if (!path) {
    throw new Error(`${variable} is not set`);
  }
  const file = openSync(path, 'a+');
  const size = fstatSync(file).size;
  return {
    write() {
      const bytes = Buffer.from(endsOpen(file, size) ? `\n${text}` : text);
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(file, bytes, written);
      }
    },
    undo() {
      try {
        // By its path: Windows refuses to cut off a file that is open to append <https://github.com/nodejs/node/issues/3177>.
        truncateSync(path, size);
      } catch {
        // Not a regular file: what was written to it is gone.
      }
    },
    close: () => closeSync(file),
  };
}

/** Whether what others wrote lacks its last line break, which would run into ours. */
function endsOpen(file: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
}
