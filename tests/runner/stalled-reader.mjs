// A runner that stops reading while masks are still on their way, and looks into the step's files meanwhile.

import { readFileSync } from 'node:fs';

const MASKS_READ = 3;
const STALLS_FOR_MS = 400;

/** @returns {{ onLine: Function, found: string[] | undefined }} for `runStep`; what the files held in the meantime */
export function stalledReader() {
  let masks = 0;
  const reader = {
    found: undefined,
    onLine(child, line, paths) {
      if (!line.startsWith('::add-mask::') || (masks += 1) !== MASKS_READ) return;
      child.stdout.pause();
      setTimeout(() => {
        reader.found = Object.values(paths).map((path) => readFileSync(path, 'utf8'));
        child.stdout.resume();
      }, STALLS_FOR_MS);
    },
  };
  return reader;
}
