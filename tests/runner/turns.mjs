// Steps take turns: each is a process, and more of them than cores only make each other late.

import { availableParallelism } from 'node:os';

let running = 0;
const waiting = [];

/** As many steps at the same time as the machine can run; one that has not ended soon only waits and counts no more. */
export async function turn() {
  while (running >= availableParallelism() + 1) await new Promise((resolve) => waiting.push(resolve));
  running += 1;
  let released = false;
  const release = () => {
    if (released) return;
    released = true;
    running -= 1;
    waiting.shift()?.();
  };
  setTimeout(release, 1500).unref();
  return release;
}
